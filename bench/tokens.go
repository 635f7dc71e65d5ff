package main

import (
	"context"
	"crypto/ed25519"
	"log/slog"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/services"
	"homefront/services/accounts"
)

// signTokens has the product make its signing key, and signs an access token for each person with it, as the product
// does: to sign in thousands would take minutes of argon2id.
func signTokens(ctx context.Context, app, super string, secret []byte, people []person, role string) ([]string, error) {
	core, err := services.Open(ctx, services.Settings{DatabaseURL: app, Secret: secret, ReadConns: 1, WriteConns: 1, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	defer core.Close()
	id, err := accounts.New(core, accounts.Settings{Issuer: publicURL, Audience: publicURL}).RotateKeys(ctx)
	if err != nil {
		return nil, err
	}
	var sealed []byte
	conn, err := pgx.Connect(ctx, super)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if err := conn.QueryRow(ctx, "select sealed from signing_keys where id = $1", id).Scan(&sealed); err != nil {
		return nil, err
	}
	seed, err := core.Keys.OpenSecret("signing key "+id.String(), sealed)
	if err != nil {
		return nil, err
	}
	key, now := ed25519.NewKeyFromSeed(seed), time.Now()
	tokens := make([]string, len(people))
	for i, p := range people {
		t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.MapClaims{
			"iss": publicURL, "aud": []string{publicURL}, "sub": p.Account, "jti": uuid.NewString(),
			"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(10 * time.Minute).Unix(), "auth_time": now.Unix(),
			"sid": p.Session, "roles": []string{role},
		})
		t.Header["typ"], t.Header["kid"] = "at+jwt", id.String()
		if tokens[i], err = t.SignedString(key); err != nil {
			return nil, err
		}
	}
	return tokens, nil
}
