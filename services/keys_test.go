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
