package services_test

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"homefront/internal/coretest"
	"homefront/models"
	"homefront/services"
)

func seal(t *testing.T, f fixture, member uuid.UUID, record string, version int, text string) (sealed models.Sealed, key uuid.UUID) {
	t.Helper()
	_, err := services.Mutate(call(&services.Call{}), f.Core, "text.seal", func(tx *services.Tx) (int, error) {
		var err error
		sealed, key, err = tx.Seal(member, record, version, text)
		tx.Unchanged()
		return 0, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sealed, key
}

func unseal(f fixture, key uuid.UUID, record string, version int, sealed models.Sealed) (string, error) {
	return services.Disclose(call(&services.Call{}), f.Core, "text.read", func(d *services.Disclosure) (string, error) {
		return d.Tx().Unseal(key, record, version, sealed)
	})
}

func TestSealedTextOpensOnlyWhereItBelongs(t *testing.T) {
	f := open(t)
	member, other := services.NewID(), services.NewID()
	sealed, key := seal(t, f, member, "note/1", 2, "what was said")
	if bytes.Contains(sealed, []byte("said")) || sealed[0] != 1 {
		t.Errorf("sealed text begins with %x", sealed[:5])
	}
	if text, err := unseal(f, key, "note/1", 2, sealed); err != nil || text != "what was said" {
		t.Errorf("%q, %v", text, err)
	}
	_, otherKey := seal(t, f, other, "note/1", 2, "x")
	for name, try := range map[string]func() (string, error){
		"another person's key": func() (string, error) { return unseal(f, otherKey, "note/1", 2, sealed) },
		"another record":       func() (string, error) { return unseal(f, key, "note/2", 2, sealed) },
		"another version":      func() (string, error) { return unseal(f, key, "note/1", 3, sealed) },
	} {
		if text, err := try(); err == nil {
			t.Errorf("%s opened it: %q", name, text)
		}
	}
	f.exec(t, `update subject_keys set wrapped = null, destroyed_at = now() where id = $1`, key)
	if _, err := unseal(f, key, "note/1", 2, sealed); !errors.Is(err, services.NotFound("")) {
		t.Errorf("with the key destroyed: %v", err)
	}
}

func TestAPersonsKeyIsOfAES256(t *testing.T) {
	kind, value, err := open(t).Core.Keys.NewSubjectKeyInPlain()
	if err != nil || kind != "type.googleapis.com/google.crypto.tink.AesGcmKey" || len(value) != 34 || !bytes.HasPrefix(value, []byte{0x1a, 32}) { // field 3: 32 bytes
		t.Errorf("%s of %d bytes, %v", kind, len(value), err)
	}
}

// Of a key that another's stands in place of nothing opens, and nothing is sealed; others' texts open.
func TestASwappedKeyOpensAndSealsNothing(t *testing.T) {
	f := open(t)
	member, other := services.NewID(), services.NewID()
	sealed, key := seal(t, f, member, "note/1", 1, "what was said")
	theirs, otherKey := seal(t, f, other, "note/2", 1, "what they said")
	f.exec(t, `update subject_keys set wrapped = (select wrapped from subject_keys where id = $2) where id = $1`, key, otherKey)
	if _, err := unseal(f, key, "note/1", 1, sealed); !errors.Is(err, services.ErrDoesNotOpen) {
		t.Errorf("it opens: %v", err)
	}
	if text, err := unseal(f, otherKey, "note/2", 1, theirs); err != nil || text != "what they said" {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := services.Mutate(call(&services.Call{}), f.Core, "text.seal", func(tx *services.Tx) (int, error) {
		_, _, err := tx.Seal(member, "note/3", 1, "more")
		return 0, err
	}); err == nil {
		t.Error("it seals")
	}
}

func TestOnePersonHasOneCurrentKey(t *testing.T) {
	f := open(t)
	member := services.NewID()
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() { seal(t, f, member, "note", 1, "x") })
	}
	wg.Wait()
	if n := f.count(t, `select count(*) from subject_keys where member_id = $1`, member); n != 1 {
		t.Errorf("%d keys, want 1", n)
	}
}

func TestWeakSecretsAreRefused(t *testing.T) {
	for _, s := range []string{"", "short", strings.Repeat("a", 32), strings.Repeat("ab", 16), strings.Repeat("x", 33)} {
		if _, err := services.NewKeys([]byte(s)); err == nil {
			t.Errorf("%q was accepted", s)
		}
	}
}

func TestMACSeparatesUsesAndParts(t *testing.T) {
	k, err := services.NewKeys(coretest.Secret)
	if err != nil {
		t.Fatal(err)
	}
	a := k.MAC("use", []byte("ab"), []byte("c"))
	for name, b := range map[string][]byte{"another use": k.MAC("other", []byte("ab"), []byte("c")), "another cut": k.MAC("use", []byte("a"), []byte("bc")), "joined": k.MAC("use", []byte("abc"))} {
		if bytes.Equal(a, b) {
			t.Errorf("%s gives the same code", name)
		}
	}
}

func TestManyTextsOfManyPeopleAreSealedAtOnce(t *testing.T) {
	f := open(t)
	luis, ana := services.NewID(), services.NewID()
	texts := []services.Sealing{{luis, "note/1", 1, "one"}, {ana, "note/1", 1, "two"}, {luis, "note/2", 1, ""}, {ana, "note/2", 7, "four"}}
	var sealed []services.SealedText
	_, err := services.Mutate(call(&services.Call{}), f.Core, "text.seal", func(tx *services.Tx) (int, error) {
		tx.Unchanged()
		none, err := tx.SealAll()
		if err != nil || len(none) != 0 {
			t.Errorf("of nothing: %v, %v", none, err)
		}
		sealed, err = tx.SealAll(texts...)
		return 0, err
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := f.count(t, `select count(*) from subject_keys`); n != 2 || sealed[0].Key != sealed[2].Key || sealed[0].Key == sealed[1].Key {
		t.Errorf("%d keys for two people", n)
	}
	open := func(all ...services.SealedText) ([]string, error) {
		return services.Disclose(call(&services.Call{}), f.Core, "text.read", func(d *services.Disclosure) ([]string, error) {
			return d.Tx().UnsealAll(all...)
		})
	}
	if got, err := open(sealed...); err != nil || strings.Join(got, ",") != "one,two,,four" {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := open(); err != nil || len(got) != 0 {
		t.Errorf("of nothing: %v, %v", got, err)
	}
	swapped := []services.SealedText{sealed[0], sealed[1]}
	swapped[0].Sealed, swapped[1].Sealed = swapped[1].Sealed, swapped[0].Sealed
	if got, err := open(swapped...); err == nil {
		t.Errorf("swapped texts open: %q", got)
	}
	f.exec(t, `update subject_keys set wrapped = null, destroyed_at = now() where id = $1`, sealed[1].Key)
	if _, err := open(sealed...); !errors.Is(err, services.NotFound("")) {
		t.Errorf("with one key destroyed: %v", err)
	}
	if got, err := open(sealed[0], sealed[2]); err != nil || got[0] != "one" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestTwoWhoSealForTheSamePeopleWait(t *testing.T) {
	f := open(t)
	a, b := services.NewID(), services.NewID()
	var wg sync.WaitGroup
	for i := range 10 {
		wg.Go(func() {
			texts := []services.Sealing{{a, "note", 1, "x"}, {b, "note", 1, "y"}}
			if i%2 == 0 {
				texts[0], texts[1] = texts[1], texts[0]
			}
			_, err := services.Mutate(call(&services.Call{}), f.Core, "text.seal", func(tx *services.Tx) (int, error) {
				tx.Unchanged()
				_, err := tx.SealAll(texts...)
				return 0, err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := f.count(t, `select count(*) from subject_keys`); n != 2 {
		t.Errorf("%d keys, want 2", n)
	}
}
