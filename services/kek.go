package services

import (
	"bytes"
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"gorm.io/gorm"

	"homefront/models"
)

// KEKBytes is the length of a key-encryption key.
const KEKBytes = 32

// CheckKEK says what is wrong with a key-encryption key.
func CheckKEK(kek []byte) error {
	if len(kek) != KEKBytes {
		return fmt.Errorf("a key-encryption key has %d bytes, not %d", KEKBytes, len(kek))
	}
	if !random(kek) {
		return errors.New("the key-encryption key is not random")
	}
	return nil
}

// KEKFingerprint names a key-encryption key and tells nothing of it. It stands beside every key that the key wraps.
func KEKFingerprint(kek []byte) string { return hex.EncodeToString(fromKEK(kek, "fingerprint")[:8]) }

func fromKEK(kek []byte, use string) []byte {
	key, err := hkdf.Key(sha256.New, kek, nil, "homefront/kek/"+use, 32)
	if err != nil {
		panic(err) // only for lengths that HKDF cannot give
	}
	return key
}

// wrapBy lets kek wrap the keys of people from now on, and it and others open them. What the key derived from the secret wrapped
// opens as before; without a kek that one goes on.
func (k *Keys) wrapBy(kek []byte, others [][]byte) error {
	if kek != nil {
		others = append(slices.Clone(others), kek)
		k.current = KEKFingerprint(kek)
	}
	for _, key := range others {
		if err := CheckKEK(key); err != nil {
			return err
		}
		if bytes.Equal(key, k.secret) {
			return errors.New("the key-encryption key is the secret itself: make one of its own")
		}
		wrap, err := subtle.NewAESGCM(fromKEK(key, "subject keys"))
		if err != nil {
			return err
		}
		k.keks[KEKFingerprint(key)] = wrap
	}
	return nil
}

// others are the fingerprints of what this process can open and the current key did not wrap.
func (k *Keys) others() models.Texts[string] {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(k.keks)), func(f string) bool { return f == k.current })
}

// KeysWrapped tells how many keys of people one key-encryption key wraps.
type KeysWrapped struct {
	KEK     string // fingerprint; empty for the key derived from the secret
	Known   bool   `gorm:"-"` // this process can open them
	Current bool   `gorm:"-"` // it wraps new ones
	Keys    int
}

// KeyStatus is how the keys of people stand.
type KeyStatus struct {
	Wrapped  []KeysWrapped
	Retired  int                 // keys that seal nothing new, and still open something
	Rotation *models.KeyRotation // the last one, or nil
}

// KeyStatus counts the keys of people. It needs no actor: it tells of nobody.
func (c *Core) KeyStatus(ctx context.Context) (*KeyStatus, error) {
	return Read(AsSystem(ctx, "keys.status"), c, func(db *gorm.DB) (*KeyStatus, error) {
		var s KeyStatus
		if err := db.Raw("select kek, count(*) as keys from subject_keys where wrapped is not null group by kek order by kek").Scan(&s.Wrapped).Error; err != nil {
			return nil, err
		}
		for i := range s.Wrapped {
			_, s.Wrapped[i].Known = c.Keys.keks[s.Wrapped[i].KEK]
			s.Wrapped[i].Current = s.Wrapped[i].KEK == c.Keys.current
		}
		if err := db.Raw("select count(*) from subject_keys where not current and wrapped is not null").Scan(&s.Retired).Error; err != nil {
			return nil, err
		}
		var last []models.KeyRotation
		if err := db.Order("started_at desc").Limit(1).Find(&last).Error; err != nil || len(last) == 0 {
			return &s, err
		}
		s.Rotation = &last[0]
		return &s, nil
	})
}

// CheckKEKs fails when the database holds keys of people that this process could not open, and names what is missing.
func (c *Core) CheckKEKs(ctx context.Context) error {
	status, err := c.KeyStatus(ctx)
	if err != nil {
		return err
	}
	var missing []string
	for _, w := range status.Wrapped {
		if !w.Known {
			missing = append(missing, fmt.Sprintf("%s (%d keys)", w.KEK, w.Keys))
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("keys of people are wrapped by key-encryption keys that were not given: %s", strings.Join(missing, ", "))
	}
	return nil
}
