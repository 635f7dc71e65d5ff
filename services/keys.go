package services

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

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
	secret  []byte
	wrap    tink.AEAD
	current string               // fingerprint of the key-encryption key that wraps new keys of people
	keks    map[string]tink.AEAD // by fingerprint; the one derived from the secret has none
}

// NewKeys fails when the secret is not 32 bytes long or plainly not random.
func NewKeys(secret []byte) (*Keys, error) {
	if len(secret) != SecretBytes {
		return nil, fmt.Errorf("the secret must be %d bytes, not %d", SecretBytes, len(secret))
	}
	if !random(secret) {
		return nil, errors.New("the secret is not random")
	}
	k := &Keys{secret: bytes.Clone(secret)}
	var err error
	if k.wrap, err = subtle.NewAESGCM(k.derive("subject keys")); err != nil {
		return nil, err
	}
	k.keks = map[string]tink.AEAD{"": k.wrap}
	return k, nil
}

func random(key []byte) bool {
	seen := map[byte]bool{}
	for _, b := range key {
		seen[b] = true
	}
	return len(seen) >= 16 // 32 random bytes hold 30 distinct values on average, and 16 or fewer about never
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

// Sealing is a text to be sealed under a member's own key. Record and Version say where it belongs, and are bound in: a
// ciphertext copied to another place does not open.
type Sealing struct {
	Member  uuid.UUID
	Record  string
	Version int
	Text    string
}

// ErrDoesNotOpen is the error of a text that is not what was sealed for this place under this key.
var ErrDoesNotOpen = errors.New("a sealed text does not open")

// SealedText is what came of it. The id of the key is stored beside the text: a merge hands keys over, and the id still
// finds the right one.
type SealedText struct {
	Key     uuid.UUID
	Record  string
	Version int
	Sealed  models.Sealed
	Earlier *int // the version for which earlier releases sealed it, if that was another
}

// Padded fills up with spaces, to whole blocks of so many bytes, what is to be sealed: the length of a ciphertext would otherwise tell
// yes from no, or how much there was to say. JSON allows spaces after a value; of prose they are cut off again.
func Padded(text string, block int) string {
	return text + strings.Repeat(" ", (block-len(text)%block)%block)
}

// Seal is SealAll for one text. It answers the id of the key.
func (tx *Tx) Seal(member uuid.UUID, record string, version int, text string) (models.Sealed, uuid.UUID, error) {
	sealed, err := tx.SealAll(Sealing{member, record, version, text})
	if err != nil {
		return nil, uuid.Nil, err
	}
	return sealed[0].Sealed, sealed[0].Key, nil
}

// Unseal is UnsealAll for one text.
func (tx *Tx) Unseal(key uuid.UUID, record string, version int, sealed models.Sealed) (string, error) {
	texts, err := tx.UnsealAll(SealedText{Key: key, Record: record, Version: version, Sealed: sealed})
	if err != nil {
		return "", err
	}
	return texts[0], nil
}

// SealAll encrypts texts, each under the key of its member, made at first use. It takes one round trip, however many texts
// and members there are, and answers in the order of the texts.
func (tx *Tx) SealAll(texts ...Sealing) ([]SealedText, error) {
	members := make([]uuid.UUID, len(texts))
	for i := range texts {
		members[i] = texts[i].Member
	}
	keys, err := tx.subjectKeys(members)
	if err != nil {
		return nil, err
	}
	out := make([]SealedText, len(texts))
	for i := range texts {
		t := &texts[i]
		key, ok := keys[t.Member]
		if !ok || key.aead == nil {
			return nil, errors.New("a member has no key that could be used")
		}
		out[i] = SealedText{Key: key.id, Record: t.Record, Version: t.Version}
		if out[i].Sealed, err = key.aead.Encrypt([]byte(t.Text), sealedFor(key.id, t.Record, t.Version)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// UnsealAll decrypts what SealAll made, in one round trip. One text that does not open is an error for all of them.
// Errors: not_found when a person's keys were destroyed; ErrDoesNotOpen, which no caller of the API is told.
func (tx *Tx) UnsealAll(sealed ...SealedText) ([]string, error) {
	out := make([]string, len(sealed))
	var bad error
	err := tx.unsealEach(sealed, func(i int, text string, err error) {
		out[i] = text
		if bad == nil {
			bad = err
		}
	})
	if err == nil {
		err = bad
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// UnsealEach is UnsealAll that opens each text by itself: one that does not open is told in both logs by what it was sealed for, and
// keeps nobody from reading the others. take gets nil for what opened, and the errors of UnsealAll for what did not.
func (tx *Tx) UnsealEach(sealed []SealedText, take func(i int, text string, err error)) error {
	return tx.unsealEach(sealed, func(i int, text string, err error) {
		if errors.Is(err, ErrDoesNotOpen) {
			tx.core.Log.ErrorContext(tx.ctx, "a sealed text does not open", "record", sealed[i].Record, "version", sealed[i].Version)
			tx.unreadable(sealed[i].Record)
		}
		take(i, text, err)
	})
}

func (tx *Tx) unsealEach(sealed []SealedText, take func(i int, text string, err error)) error {
	ids := make([]uuid.UUID, len(sealed))
	for i := range sealed {
		ids[i] = sealed[i].Key
	}
	keys := map[uuid.UUID]subjectKey{}
	err := tx.readKeys(`select id, member_id, kek, wrapped from subject_keys where id = any($1) and wrapped is not null`, distinct(ids), func(k subjectKey, _ uuid.UUID) {
		keys[k.id] = k
	})
	if err != nil {
		return err
	}
	for i := range sealed {
		s := &sealed[i]
		key, ok := keys[s.Key]
		if !ok {
			take(i, "", NotFound("text"))
			continue
		}
		text, err := key.open(s)
		take(i, text, err)
	}
	return nil
}

// open decrypts a text.
// Errors: ErrDoesNotOpen.
func (k *subjectKey) open(s *SealedText) (string, error) {
	if k.aead == nil {
		return "", ErrDoesNotOpen
	}
	text, err := k.aead.Decrypt(s.Sealed, sealedFor(s.Key, s.Record, s.Version))
	if err != nil && s.Earlier != nil {
		text, err = k.aead.Decrypt(s.Sealed, sealedFor(s.Key, s.Record, *s.Earlier))
	}
	if err != nil {
		return "", errors.Join(ErrDoesNotOpen, err)
	}
	return string(text), nil
}

// subjectKey is a person's key, ready for use.
type subjectKey struct {
	id   uuid.UUID
	aead tink.AEAD // nil when what is stored of the key is not what was wrapped
}

// subjectKeys reads the current key of each member, and makes those that are missing. Members are taken by ascending id, so
// that two who make the same keys wait for one another.
func (tx *Tx) subjectKeys(members []uuid.UUID) (map[uuid.UUID]subjectKey, error) {
	if len(members) == 0 {
		return nil, nil
	}
	members = distinct(members)
	slices.SortFunc(members, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	for _, member := range members {
		id, wrapped, err := tx.core.Keys.newSubjectKey()
		if err != nil {
			return nil, err
		}
		tx.Queue(`insert into subject_keys (id, member_id, wrapped, kek, created_at) values ($1, $2, $3, $4, $5)
			on conflict (member_id) where current and destroyed_at is null do nothing`, id, member, wrapped, tx.core.Keys.current, tx.now)
	}
	keys := make(map[uuid.UUID]subjectKey, len(members))
	err := tx.readKeys(`select id, member_id, kek, wrapped from subject_keys where member_id = any($1) and current and destroyed_at is null`, members, func(k subjectKey, member uuid.UUID) {
		keys[member] = k
	})
	return keys, err
}

// readKeys hands over the keys that a query of id, member, key-encryption key and wrapped key finds. One that was altered or swapped is
// logged, and keeps nobody from the others; that this process lacks a key-encryption key is an error for all.
func (tx *Tx) readKeys(query string, ids []uuid.UUID, take func(subjectKey, uuid.UUID)) error {
	if len(ids) == 0 {
		return nil
	}
	return tx.Batch(Statement{SQL: query, Args: []any{ids}, Scan: func(rows pgx.Rows) error {
		for rows.Next() {
			var k subjectKey
			var member uuid.UUID
			var kek string
			var wrapped []byte
			if err := rows.Scan(&k.id, &member, &kek, &wrapped); err != nil {
				return err
			}
			handle, err := tx.core.Keys.unwrap(k.id, kek, wrapped)
			if errors.Is(err, errNoKEK) {
				return err
			}
			if err == nil {
				k.aead, err = aead.New(handle)
			}
			if err != nil {
				k.aead = nil
				tx.core.Log.ErrorContext(tx.ctx, "a key of a person does not open: what is stored is not what was wrapped", "table", "subject_keys", "id", k.id)
			}
			take(k, member)
		}
		return rows.Err()
	}})
}

// newSubjectKey makes a person's key, wrapped by the current key-encryption key.
func (k *Keys) newSubjectKey() (uuid.UUID, []byte, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return uuid.Nil, nil, err
	}
	id := NewID()
	wrapped, err := k.wrapped(id, handle)
	return id, wrapped, err
}

func (k *Keys) wrapped(id uuid.UUID, handle *keyset.Handle) ([]byte, error) {
	var out bytes.Buffer
	err := handle.WriteWithAssociatedData(keyset.NewBinaryWriter(&out), k.keks[k.current], id[:])
	return out.Bytes(), err
}

var errNoKEK = errors.New("this process was not given it")

func (k *Keys) unwrap(id uuid.UUID, kek string, wrapped []byte) (*keyset.Handle, error) {
	wrap, ok := k.keks[kek]
	if !ok {
		return nil, fmt.Errorf("key %s of a person is wrapped by the key-encryption key %s: %w", id, kek, errNoKEK)
	}
	return keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(wrapped)), wrap, id[:])
}

func sealedFor(key uuid.UUID, record string, version int) []byte {
	return fmt.Appendf(nil, "%s|%s|%d", key, record, version)
}
