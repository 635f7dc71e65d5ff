package services_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"homefront/internal/coretest"
	"homefront/services"
)

var (
	firstKEK  = []byte("first-key-encryption-key-1234567")
	secondKEK = []byte("2nd-key-encryption-key-abcdefghi")
)

// wrapping is a process on the database of f that was given key-encryption keys.
func wrapping(t *testing.T, f fixture, kek []byte, others ...[]byte) fixture {
	t.Helper()
	return fixture{coretest.On(t, f.db, func(s *services.Settings) { s.KEK, s.OtherKEKs = kek, others }), f.db}
}

func TestAKeyEncryptionKeyTakesOverFromTheSecret(t *testing.T) {
	before := open(t)
	old, oldKey := seal(t, before, services.NewID(), "note/1", 1, "before")
	f := wrapping(t, before, firstKEK)
	if text, err := unseal(f, oldKey, "note/1", 1, old); err != nil || text != "before" {
		t.Errorf("what the secret's key wrapped: %q, %v", text, err)
	}
	now, nowKey := seal(t, f, services.NewID(), "note/2", 1, "after")
	if text, err := unseal(f, nowKey, "note/2", 1, now); err != nil || text != "after" {
		t.Errorf("%q, %v", text, err)
	}
	print := services.KEKFingerprint(firstKEK)
	if n := f.count(t, `select count(*) from subject_keys where id = $1 and kek = $2`, nowKey, print); n != 1 || len(print) != 16 || print == services.KEKFingerprint(secondKEK) {
		t.Errorf("the new key is wrapped by another than %s", print)
	}
	if err := f.CheckKEKs(t.Context()); err != nil {
		t.Error(err)
	}
	// A process that was not given the key opens nothing of it, and is told which one is missing.
	if text, err := unseal(before, nowKey, "note/2", 1, now); err == nil {
		t.Errorf("opens without its key-encryption key: %q", text)
	}
	if err := before.CheckKEKs(t.Context()); err == nil || !strings.Contains(err.Error(), print+" (1 keys)") || strings.Contains(err.Error(), string(firstKEK)) {
		t.Errorf("what is missing: %v", err)
	}
	if text, err := unseal(wrapping(t, before, secondKEK, firstKEK), nowKey, "note/2", 1, now); err != nil || text != "after" {
		t.Errorf("with it among the others: %q, %v", text, err)
	}
}

func TestWeakKeyEncryptionKeysAreRefused(t *testing.T) {
	f := open(t)
	for name, kek := range map[string][]byte{"short": []byte("short"), "not random": []byte(strings.Repeat("ab", 16)), "the secret": coretest.Secret, "empty": {}} {
		for _, s := range []services.Settings{{KEK: kek}, {OtherKEKs: [][]byte{kek}}} {
			s.DatabaseURL, s.Secret, s.ReadConns, s.WriteConns, s.Log = f.db.AppURL, coretest.Secret, 1, 1, f.Log
			c, err := services.Open(t.Context(), s)
			if err == nil {
				c.Close()
				t.Errorf("%s passes", name)
			}
		}
	}
}

type stored struct {
	sealed []byte
	key    uuid.UUID
	record string
}

// People read and write all the time, through a process that knows the new key-encryption key and does not use it yet, and through one
// that does, while every key is wrapped anew; and the run is broken off in the middle.
func TestKeysAreWrappedAnewUnderLoad(t *testing.T) {
	f := open(t)
	const people = 1200
	members := make([]uuid.UUID, people)
	for i := range members {
		members[i] = services.NewID()
	}
	first := wrapping(t, f, firstKEK, secondKEK)
	second := wrapping(t, f, secondKEK, firstKEK)
	var texts []stored
	_, err := services.Mutate(call(&services.Call{}), first.Core, "text.seal", func(tx *services.Tx) (int, error) {
		tx.Unchanged()
		texts = nil
		all := make([]services.Sealing, people)
		for i, m := range members {
			all[i] = services.Sealing{Member: m, Record: "note/" + m.String(), Version: 1, Text: m.String()}
		}
		sealed, err := tx.SealAll(all...)
		for _, s := range sealed {
			texts = append(texts, stored{s.Sealed, s.Key, s.Record})
		}
		return 0, err
	})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = seal(t, f, services.NewID(), "note", 1, "under the key derived from the secret")

	ctx, stop := context.WithCancel(context.Background())
	var load sync.WaitGroup
	var reads, writes atomic.Int32
	for i, replica := range []fixture{first, second, first, second} {
		load.Go(func() {
			for n := i; ctx.Err() == nil; n++ {
				s := texts[(n*37)%len(texts)]
				if text, err := unseal(replica, s.key, s.record, 1, s.sealed); err != nil || "note/"+text != s.record {
					t.Errorf("a read failed: %q, %v", text, err)
				}
				reads.Add(1)
				member := members[(n*53)%people]
				sealed, key := seal(t, replica, member, "new", n, "new words")
				if text, err := unseal(replica, key, "new", n, sealed); err != nil || text != "new words" {
					t.Errorf("what was just written: %q, %v", text, err)
				}
				writes.Add(1)
			}
		})
	}
	broken, cancel := context.WithCancel(t.Context())
	if _, err := second.RewrapKeys(broken, func(services.Resealed) { cancel() }); err == nil {
		t.Error("the run was not broken off")
	}
	var told []services.Resealed
	if unopened, err := second.RewrapKeys(t.Context(), func(r services.Resealed) { told = append(told, r) }); err != nil || len(unopened) > 0 {
		t.Errorf("%v, %v", unopened, err)
	}
	stop()
	load.Wait()
	if last := told[len(told)-1]; last.Left != 0 || last.Done != people+1-500 || told[0].Left != people+1-1000 {
		t.Errorf("told %+v", told)
	}
	if n := f.count(t, `select count(*) from subject_keys where kek <> $1`, services.KEKFingerprint(secondKEK)); n != 0 || reads.Load() < 20 || writes.Load() < 20 {
		t.Errorf("%d keys are wrapped by an old key; %d reads, %d writes meanwhile", n, reads.Load(), writes.Load())
	}
	alone := wrapping(t, f, secondKEK)
	for _, s := range texts {
		if text, err := unseal(alone, s.key, s.record, 1, s.sealed); err != nil || "note/"+text != s.record {
			t.Fatalf("with the new key alone: %q, %v", text, err)
		}
	}
	status, err := alone.KeyStatus(t.Context())
	if err != nil || len(status.Wrapped) != 1 || !status.Wrapped[0].Current || !status.Wrapped[0].Known || status.Wrapped[0].Keys != people+1 || status.Rotation != nil {
		t.Errorf("%+v, %v", status, err)
	}
	if n := f.count(t, `select count(*) from audit_log where action = 'keys.rewrap' and cardinality(objects) > 0 and cardinality(subjects) = 0`); n < 3 {
		t.Errorf("the log tells of %d batches", n)
	}
}

func TestAKeyThatDoesNotOpenKeepsNoOtherFromBeingWrapped(t *testing.T) {
	f := open(t)
	_, altered := seal(t, f, services.NewID(), "note", 1, "x")
	_, gone := seal(t, f, services.NewID(), "note", 1, "y")
	sealed, key := seal(t, f, services.NewID(), "note", 1, "z")
	f.exec(t, `update subject_keys set wrapped = set_byte(wrapped, 20, get_byte(wrapped, 20) # 1) where id = $1`, altered)
	f.exec(t, `update subject_keys set wrapped = null, destroyed_at = now() where id = $1`, gone)
	later := wrapping(t, f, firstKEK)
	broken, err := later.RewrapKeys(t.Context(), func(services.Resealed) {})
	if err != nil || len(broken) != 1 || broken[0] != altered {
		t.Errorf("%v, %v", broken, err)
	}
	if text, err := unseal(later, key, "note", 1, sealed); err != nil || text != "z" {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := unseal(later, gone, "note", 1, sealed); !errors.Is(err, services.NotFound("")) {
		t.Errorf("a destroyed key: %v", err)
	}
	if n := f.count(t, `select count(*) from subject_keys where kek <> '' or wrapped is null`); n != 2 {
		t.Errorf("%d keys", n)
	}
}
