package accounts

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

const (
	tokenType = "at+jwt" // RFC 9068
	// tokenSkew forgives clocks of replicas that differ in when a token begins; never in when it ends.
	tokenSkew = 5 * time.Second
	// refreshBytes is the length of a refresh token: 256 random bits, or those of the MAC that derives a successor.
	refreshBytes = 32
)

// claims is what an access token says. Roles are for the eyes of a frontend: what counts is the account's row.
type claims struct {
	jwt.RegisteredClaims
	Session  uuid.UUID        `json:"sid"`
	Roles    []models.Role    `json:"roles"`
	AuthTime *jwt.NumericDate `json:"auth_time"`
}

// mint signs an access token for a session. It lives ten minutes, and never longer than the session.
func (s *Service) mint(ctx context.Context, a *models.Account, session *models.Session) (string, time.Duration, error) {
	ring, err := s.ring(ctx)
	if err != nil {
		return "", 0, err
	}
	now := s.core.Clock.Now()
	end := now.Add(models.AccessTokenFor)
	if latest := session.EndsAt(a.Staff()); latest.Before(end) {
		end = latest
	}
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: s.settings.Issuer, Audience: jwt.ClaimStrings{s.settings.Audience}, Subject: a.ID.String(),
			ID: uuid.NewString(), IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(end),
		},
		Session: session.ID, Roles: a.Roles, AuthTime: jwt.NewNumericDate(session.AuthTime),
	})
	token.Header["typ"] = tokenType
	token.Header["kid"] = ring.current.String()
	signed, err := token.SignedString(ring.private)
	return signed, end.Sub(now).Truncate(time.Second), err
}

// parse verifies everything that a token says of itself. Whether its session still lives is asked elsewhere.
func (s *Service) parse(ctx context.Context, token string) (*claims, error) {
	var c claims
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithIssuer(s.settings.Issuer), jwt.WithAudience(s.settings.Audience),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithNotBeforeRequired(), jwt.WithStrictDecoding(),
		jwt.WithLeeway(tokenSkew), jwt.WithTimeFunc(s.core.Clock.Now))
	_, err := parser.ParseWithClaims(token, &c, func(t *jwt.Token) (any, error) { return s.verifyKey(ctx, t) })
	if err != nil {
		return nil, err
	}
	if c.IssuedAt == nil || c.AuthTime == nil || c.ID == "" || c.Session == uuid.Nil || !s.core.Clock.Now().Before(c.ExpiresAt.Time) {
		return nil, jwt.ErrTokenInvalidClaims
	}
	return &c, nil
}

// verifyKey takes the key from our own table by its id, never from what the token brings along.
func (s *Service) verifyKey(ctx context.Context, t *jwt.Token) (any, error) {
	for name := range t.Header {
		if name != "alg" && name != "typ" && name != "kid" {
			return nil, jwt.ErrTokenUnverifiable
		}
	}
	kid, _ := t.Header["kid"].(string)
	id, err := uuid.Parse(kid)
	if err != nil || t.Header["typ"] != tokenType || kid != id.String() {
		return nil, jwt.ErrTokenUnverifiable
	}
	ring, err := s.ring(ctx)
	if err != nil {
		return nil, err
	}
	k := ring.public(id)
	if k == nil && s.reloads.Allow() {
		if err := s.loadKeys(ctx); err != nil {
			return nil, err
		}
		k = s.keys.Load().public(id)
	}
	if k == nil || !k.Verifies(s.core.Clock.Now()) {
		return nil, jwt.ErrTokenUnverifiable
	}
	return ed25519.PublicKey(k.Public), nil
}

func newRefreshToken() string {
	b := make([]byte, refreshBytes)
	_, _ = rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// successor derives the next refresh token from a spent one and the deployment's secret: the same answer can be given
// twice, although only hashes are stored.
func successor(k *services.Keys, token string) string {
	return base64.RawURLEncoding.EncodeToString(k.MAC("refresh", []byte(token)))
}

// refreshHash is what is stored. A fast hash will do: nobody guesses 256 bits. It answers false for what is no token of ours.
func refreshHash(token string) ([]byte, bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) != refreshBytes {
		return nil, false
	}
	sum := sha256.Sum256(raw)
	return sum[:], true
}
