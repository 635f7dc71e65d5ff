package services

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"homefront/models"
)

// SecretBytes is the length of the deployment's secret.
const SecretBytes = 32

// Keys derives every key of the deployment from one secret (HKDF-SHA256, RFC 5869), one per use, so that what signs a
// cursor can never be mistaken for what signs a check-in code.
type Keys struct {
	secret []byte
	wrap   tink.AEAD
}

// NewKeys fails when the secret is not 32 bytes long or plainly not random.
func NewKeys(secret []byte) (*Keys, error) {
	if len(secret) != SecretBytes {
		return nil, fmt.Errorf("the secret must be %d bytes, not %d", SecretBytes, len(secret))
	}
	seen := map[byte]bool{}
	for _, b := range secret {
		seen[b] = true
	}
	if len(seen) < 16 { // 32 random bytes hold 30 distinct values on average, and 16 or fewer about never
		return nil, errors.New("the secret is not random")
	}
	k := &Keys{secret: bytes.Clone(secret)}
	var err error
	k.wrap, err = subtle.NewAESGCM(k.derive("subject keys"))
	return k, err
}

func (k *Keys) derive(use string) []byte {
	key, err := hkdf.Key(sha256.New, k.secret, nil, "homefront/"+use, 32)
	if err != nil {
		panic(err) // only for lengths that HKDF cannot give
	}
	return key
}

// MAC authenticates parts for one use (HMAC-SHA256). Each part is length-prefixed: ("ab","c") is not ("a","bc").
func (k *Keys) MAC(use string, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, k.derive(use))
	for _, p := range parts {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(p)))
		h.Write(n[:])
		h.Write(p)
	}
	return h.Sum(nil)
}

// SealSecret encrypts something of the deployment's own, such as a signing key. name is bound in.
func (k *Keys) SealSecret(name string, secret []byte) ([]byte, error) {
	return k.wrap.Encrypt(secret, []byte(name))
}

// OpenSecret is the way back.
func (k *Keys) OpenSecret(name string, sealed []byte) ([]byte, error) {
	return k.wrap.Decrypt(sealed, []byte(name))
}

// Seal encrypts text under the member's own key, made at first use. record and version are bound in, so that a
// ciphertext copied to another place does not open. It answers the id of the key, to be stored beside the text:
// a merge hands keys over, and the id still finds the right one.
func (tx *Tx) Seal(member uuid.UUID, record string, version int, text string) (models.Sealed, uuid.UUID, error) {
	id, handle, err := tx.subjectKey(member)
	if err != nil {
		return nil, uuid.Nil, err
	}
	a, err := aead.New(handle)
	if err != nil {
		return nil, uuid.Nil, err
	}
	sealed, err := a.Encrypt([]byte(text), sealedFor(id, record, version))
	return sealed, id, err
}

// Unseal decrypts what Seal made. NotFound when the person's keys were destroyed.
func (tx *Tx) Unseal(key uuid.UUID, record string, version int, sealed models.Sealed) (string, error) {
	var wrapped []byte
	err := tx.Batch(Statement{
		SQL:  `select wrapped from subject_keys where id = $1 and wrapped is not null`,
		Args: []any{key},
		Scan: ScanOne("text", &wrapped),
	})
	if err != nil {
		return "", err
	}
	handle, err := tx.core.Keys.unwrap(key, wrapped)
	if err != nil {
		return "", err
	}
	a, err := aead.New(handle)
	if err != nil {
		return "", err
	}
	text, err := a.Decrypt(sealed, sealedFor(key, record, version))
	return string(text), err
}

func (tx *Tx) subjectKey(member uuid.UUID) (uuid.UUID, *keyset.Handle, error) {
	id, handle, err := tx.core.Keys.newSubjectKey()
	if err != nil {
		return uuid.Nil, nil, err
	}
	wrapped, err := tx.core.Keys.wrapped(id, handle)
	if err != nil {
		return uuid.Nil, nil, err
	}
	tx.Queue(`insert into subject_keys (id, member_id, wrapped, created_at) values ($1, $2, $3, $4)
		on conflict (member_id) where current and destroyed_at is null do nothing`, id, member, wrapped, tx.now)
	err = tx.Batch(Statement{
		SQL:  `select id, wrapped from subject_keys where member_id = $1 and current and destroyed_at is null`,
		Args: []any{member},
		Scan: func(rows pgx.Rows) error { return scanOne(rows, &id, &wrapped) },
	})
	if err != nil {
		return uuid.Nil, nil, err
	}
	handle, err = tx.core.Keys.unwrap(id, wrapped)
	return id, handle, err
}

func (k *Keys) newSubjectKey() (uuid.UUID, *keyset.Handle, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	return NewID(), handle, err
}

func (k *Keys) wrapped(id uuid.UUID, handle *keyset.Handle) ([]byte, error) {
	var out bytes.Buffer
	err := handle.WriteWithAssociatedData(keyset.NewBinaryWriter(&out), k.wrap, id[:])
	return out.Bytes(), err
}

func (k *Keys) unwrap(id uuid.UUID, wrapped []byte) (*keyset.Handle, error) {
	return keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(wrapped)), k.wrap, id[:])
}

func sealedFor(key uuid.UUID, record string, version int) []byte {
	return fmt.Appendf(nil, "%s|%s|%d", key, record, version)
}
