package models

import (
	"time"

	"github.com/google/uuid"
)

var _ = table(SigningKey{})

// AccessTokenFor is how long an access token lives.
const AccessTokenFor = 10 * time.Minute

// SigningKey signs access tokens (Ed25519). Its id is the kid of their headers; the seed is sealed under the deployment's secret.
type SigningKey struct {
	ID        uuid.UUID  `gorm:"primaryKey" privacy:"none,erase=keep"`
	CreatedAt time.Time  `privacy:"none,erase=keep"`
	Public    []byte     `privacy:"none,erase=keep"`
	Sealed    []byte     `json:"-" privacy:"secret,erase=keep"`
	RetiredAt *time.Time `privacy:"none,erase=keep"`
}

// TableName implements Model.
func (SigningKey) TableName() string { return "signing_keys" }

// Subjects implements Model.
func (SigningKey) Subjects() []string { return nil }

// Verifies says whether tokens that it signed can still be alive at now, with a minute for clocks that differ.
func (k *SigningKey) Verifies(now time.Time) bool {
	return k.RetiredAt == nil || now.Before(k.RetiredAt.Add(AccessTokenFor+time.Minute))
}
