package accounts

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// keyring is what this replica signs and verifies with.
type keyring struct {
	current  uuid.UUID
	private  ed25519.PrivateKey
	accepted []models.SigningKey // newest first, those that may still verify
}

func (k *keyring) public(id uuid.UUID) *models.SigningKey {
	for i := range k.accepted {
		if k.accepted[i].ID == id {
			return &k.accepted[i]
		}
	}
	return nil
}

// JWKS is a JSON Web Key Set (RFC 7517).
type JWKS struct {
	Keys []JWK `json:"keys" nullable:"false" doc:"The keys that access tokens are verified with, newest first"`
}

// JWK is one Ed25519 key (RFC 8037).
type JWK struct {
	KeyType   string    `json:"kty" example:"OKP"`
	Curve     string    `json:"crv" example:"Ed25519"`
	X         string    `json:"x" doc:"The public key, base64url" example:"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"`
	KeyID     uuid.UUID `json:"kid"`
	Use       string    `json:"use" example:"sig"`
	Algorithm string    `json:"alg" example:"EdDSA"`
}

// JWKS lists the keys that access tokens are verified with: the one that signs, and those whose tokens may still live.
func (s *Service) JWKS(ctx context.Context) (*JWKS, error) {
	ring, err := s.ring(ctx)
	if err != nil {
		return nil, err
	}
	out := &JWKS{Keys: []JWK{}}
	for i := range ring.accepted {
		if k := &ring.accepted[i]; k.Verifies(s.core.Clock.Now()) {
			out.Keys = append(out.Keys, JWK{"OKP", "Ed25519", base64.RawURLEncoding.EncodeToString(k.Public), k.ID, "sig", "EdDSA"})
		}
	}
	return out, nil
}

// RotateKeys makes a new signing key and answers its id. Tokens of the old one verify until they end. Every replica
// signs with the new one within a second.
func (s *Service) RotateKeys(ctx context.Context) (uuid.UUID, error) {
	id, err := services.Mutate(services.AsSystem(ctx, "keys.rotate"), s.core, "signing_key.rotate", func(tx *services.Tx) (uuid.UUID, error) {
		var old models.SigningKey
		err := tx.DB.Raw(`select * from signing_keys where retired_at is null for update`).Scan(&old).Error
		if err != nil {
			return uuid.Nil, err
		}
		if old.ID != uuid.Nil {
			before, now := old, tx.Now()
			old.RetiredAt = &now
			tx.Changed(before, old)
			tx.Queue(`update signing_keys set retired_at = $2 where id = $1`, old.ID, now)
		}
		return s.newKey(tx)
	})
	if err != nil {
		return uuid.Nil, err
	}
	return id, s.loadKeys(ctx)
}

// newKey inserts a key unless another replica just did.
func (s *Service) newKey(tx *services.Tx) (uuid.UUID, error) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return uuid.Nil, err
	}
	k := models.SigningKey{ID: services.NewID(), CreatedAt: tx.Now(), Public: public}
	if k.Sealed, err = tx.Keys().SealSecret(sealName(k.ID), private.Seed()); err != nil {
		return uuid.Nil, err
	}
	tx.Queue(`insert into signing_keys (id, created_at, public, sealed) values ($1, $2, $3, $4) on conflict ((true)) where retired_at is null do nothing`,
		k.ID, k.CreatedAt, k.Public, k.Sealed)
	var id uuid.UUID
	err = tx.Batch(services.Statement{SQL: `select id from signing_keys where retired_at is null`, Scan: services.ScanOne("signing key", &id)})
	if err != nil {
		return uuid.Nil, err
	}
	if id == k.ID {
		tx.Changed(nil, k)
	} else {
		tx.Unchanged()
	}
	return id, nil
}

// ring is the keys as last loaded; the first use loads them, and the very first start makes one.
func (s *Service) ring(ctx context.Context) (*keyring, error) {
	if r := s.keys.Load(); r != nil {
		return r, nil
	}
	if err := s.loadKeys(ctx); err != nil {
		return nil, err
	}
	return s.keys.Load(), nil
}

func (s *Service) loadKeys(ctx context.Context) error {
	s.loading.Lock()
	defer s.loading.Unlock()
	ctx = services.AsSystem(context.WithoutCancel(ctx), "keys.load")
	ring, err := s.readKeys(ctx)
	if err != nil {
		return err
	}
	if ring.private == nil {
		if _, err := services.Mutate(ctx, s.core, "signing_key.create", s.newKey); err != nil {
			return err
		}
		if ring, err = s.readKeys(ctx); err != nil {
			return err
		}
		if ring.private == nil {
			return errors.New("no signing key")
		}
	}
	s.keys.Store(ring)
	return nil
}

// readKeys fails when the key that signs was sealed under another secret: a wrong secret must not pass for a new start.
func (s *Service) readKeys(ctx context.Context) (*keyring, error) {
	ring := &keyring{}
	since := s.core.Clock.Now().Add(-models.AccessTokenFor * 2)
	_, err := services.Read(ctx, s.core, func(db *gorm.DB) (struct{}, error) {
		return struct{}{}, db.Raw(`select * from signing_keys where retired_at is null or retired_at > ? order by created_at desc, id desc`, since).
			Scan(&ring.accepted).Error
	})
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, err
	}
	for _, k := range ring.accepted {
		if k.RetiredAt != nil {
			continue
		}
		seed, err := s.core.Keys.OpenSecret(sealName(k.ID), k.Sealed)
		if err != nil {
			return nil, fmt.Errorf("the signing key %s was sealed under another secret: %w", k.ID, err)
		}
		ring.current, ring.private = k.ID, ed25519.NewKeyFromSeed(seed)
	}
	return ring, nil
}

func sealName(id uuid.UUID) string { return "signing key " + id.String() }
