package accounts

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
)

// Sign answers payload as a compact JWS (RFC 7515), signed with the key that access tokens are signed with: whoever reads our
// JWKS can verify it without asking us. typ says what it is, so that nothing that is signed here passes for an access token, nor
// one thing for another. It is no step of a transaction: the first use of the keys may read them.
func (s *Service) Sign(ctx context.Context, typ string, payload []byte) (string, error) {
	ring, err := s.ring(ctx)
	if err != nil {
		return "", err
	}
	header, err := json.Marshal(struct {
		Algorithm string `json:"alg"`
		KeyID     string `json:"kid"`
		Type      string `json:"typ"`
	}{"EdDSA", ring.current.String(), typ})
	if err != nil {
		return "", err
	}
	signed := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(payload)
	return signed + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(ring.private, []byte(signed))), nil
}
