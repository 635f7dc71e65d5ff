package main

import (
	"bytes"
	"encoding/base64"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	_ "gocloud.dev/secrets/localsecrets" // base64key://, a key management service that needs no network

	"homefront/internal/apptest"
	"homefront/internal/pgtest"
	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

const localKMS = "base64key://smGbjm71Nxd1Ig5FS0wj9SlbzAIrnolCz9bQQ6uAhl4="

func TestKeyEncryptionKeysAreSetUpRight(t *testing.T) {
	good(t)
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var printed, beside bytes.Buffer
	if err := newKEK(t.Context(), "", &printed, &beside); err != nil {
		t.Fatal(err)
	}
	key := strings.TrimSpace(printed.String())
	raw, err := decodeKEK(key)
	if err != nil || !strings.Contains(beside.String(), services.KEKFingerprint(raw)) || strings.Contains(beside.String(), key) {
		t.Fatalf("%q %q %v", key, beside.String(), err)
	}
	weak := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("ab"), 16))
	for name, c := range map[string]struct{ kek, file, uri, previous, wrong string }{
		"none":                    {},
		"in the environment":      {kek: key},
		"in a file":               {file: file("kek", key+"\n")},
		"with one before it":      {kek: key, previous: key + ",file:" + file("old", key)},
		"only the next one":       {previous: key},
		"a comma too many":        {kek: key, previous: key + ", ,"},
		"sealed by a service":     {file: file("any", base64.StdEncoding.EncodeToString([]byte("sealed"))), uri: localKMS},
		"twice":                   {kek: key, file: file("kek", key), wrong: "_FILE"},
		"too short":               {kek: key[:20], wrong: ""},
		"not random":              {kek: weak, wrong: ""},
		"no such file":            {file: filepath.Join(dir, "nowhere"), wrong: "_FILE"},
		"a file with nonsense":    {file: file("bad", "nonsense!"), wrong: "_FILE"},
		"a service without a key": {kek: key, uri: localKMS, wrong: "_URI"},
		"an unknown service":      {file: file("kek", key), uri: "vault://homefront", wrong: "_URI"},
		"a bad one before":        {kek: key, previous: "nonsense!", wrong: "_PREVIOUS"},
	} {
		for setting, value := range map[string]string{"": c.kek, "_FILE": c.file, "_URI": c.uri, "_PREVIOUS": c.previous} {
			t.Setenv("HOMEFRONT_KEK"+setting, value)
		}
		err := load().check(needDatabase)
		bad := c.wrong != "" || strings.HasPrefix(name, "too short") || strings.HasPrefix(name, "not random")
		if bad != (err != nil) || bad && (strings.Count(err.Error(), "HOMEFRONT_KEK") < 1 || !strings.Contains(err.Error(), "HOMEFRONT_KEK"+c.wrong+":")) {
			t.Errorf("%s: %v", name, err)
		}
		var out bytes.Buffer
		if _ = load().print(&out); strings.Contains(out.String(), key) || err != nil && strings.Contains(err.Error(), key) {
			t.Errorf("%s: the key is shown", name)
		}
	}
}

func TestAKeyEncryptionKeyIsOpenedByItsService(t *testing.T) {
	good(t)
	path := filepath.Join(t.TempDir(), "kek")
	sealed := func() (text, fingerprint string) {
		var printed, beside bytes.Buffer
		if err := newKEK(t.Context(), localKMS, &printed, &beside); err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(printed.String()), strings.TrimSpace(strings.TrimPrefix(beside.String(), "Fingerprint "))
	}
	text, fingerprint := sealed()
	next, nextFingerprint := sealed()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOMEFRONT_KEK_FILE", path)
	t.Setenv("HOMEFRONT_KEK_URI", localKMS)
	t.Setenv("HOMEFRONT_KEK_PREVIOUS", next)
	c := load()
	kek, others, err := c.keks(t.Context())
	if err != nil || services.KEKFingerprint(kek) != fingerprint || len(others) != 1 || services.KEKFingerprint(others[0]) != nextFingerprint {
		t.Errorf("%d others, %v", len(others), err)
	}
	c.PreviousKEKs = append(c.PreviousKEKs, "")
	if _, others, err := c.keks(t.Context()); err != nil || len(others) != 1 {
		t.Errorf("a comma at the end: %d others, %v", len(others), err)
	}
	c.KEKURI = "base64key://AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	if _, _, err := c.keks(t.Context()); err == nil || !strings.Contains(err.Error(), "HOMEFRONT_KEK_FILE") {
		t.Errorf("another service's key opens it: %v", err)
	}
}

// The key that is in use moves to a service as it is: whatever it wrapped opens.
func TestAKeyInUseMovesToAService(t *testing.T) {
	good(t)
	dir := t.TempDir()
	var plain, sealed, was, is bytes.Buffer
	if err := newKEK(t.Context(), "", &plain, &was); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "plain"), plain.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := sealKEK(t.Context(), filepath.Join(dir, "plain"), "", &sealed, &is); err == nil || !strings.Contains(err.Error(), "HOMEFRONT_KEK_URI") || sealed.Len() > 0 {
		t.Errorf("without a service: %v", err)
	}
	if err := sealKEK(t.Context(), filepath.Join(dir, "plain"), localKMS, &sealed, &is); err != nil || is.String() != was.String() || strings.Contains(sealed.String(), strings.TrimSpace(plain.String())) {
		t.Fatalf("%v: %s, %s", err, was.String(), is.String())
	}
	if err := os.WriteFile(filepath.Join(dir, "sealed"), sealed.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOMEFRONT_KEK_FILE", filepath.Join(dir, "sealed"))
	t.Setenv("HOMEFRONT_KEK_URI", localKMS)
	kek, _, err := load().keks(t.Context())
	if want, _ := decodeKEK(plain.String()); err != nil || !bytes.Equal(kek, want) {
		t.Errorf("another key: %v", err)
	}
}

// A database whose keys of people are wrapped by a key that the configuration does not have is not served; with it they are wrapped anew.
// Whoever starts the server learns that an emergency look at notes would have no reviewer, as long as it is so.
func TestServeWarnsWhileNobodyReviews(t *testing.T) {
	db := pgtest.New(t)
	office := apptest.On(t, db)
	warned := func() bool {
		var log bytes.Buffer
		(&app{Services: office.Services}).warn(t.Context(), slog.New(slog.NewTextHandler(&log, nil)))
		return strings.Contains(log.String(), "nobody could review")
	}
	if !warned() {
		t.Error("no warning where nobody is")
	}
	office.As("Ada Stone", models.RoleAdmin)
	office.As("Cora Lane", models.RoleCoordinator)
	if !warned() {
		t.Error("no warning of a single admin")
	}
	office.As("Pia Lund", models.RolePrivacyOfficer)
	if warned() {
		t.Error("a warning though there is a privacy officer")
	}
}

func TestServeNamesTheMissingKeyAndResealTakesItAway(t *testing.T) {
	good(t)
	db := pgtest.New(t)
	var old, next bytes.Buffer
	for _, out := range []*bytes.Buffer{&old, &next} {
		if err := newKEK(t.Context(), "", out, io.Discard); err != nil {
			t.Fatal(err)
		}
	}
	with := func(kek, previous string) *app {
		c := load()
		c.DatabaseURL, c.KEK = db.AppURL, kek
		if previous != "" {
			c.PreviousKEKs = []string{previous}
		}
		a, err := assemble(t.Context(), c, apptest.Secret, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(a.Core.Close)
		return a
	}
	_, err := services.Mutate(services.AsSystem(t.Context(), "test"), with(old.String(), "").Core, "test.seal", func(tx *services.Tx) (int, error) {
		tx.Unchanged()
		_, err := tx.SealAll(services.Sealing{Member: services.NewID(), Record: "x", Version: 1, Text: "x"}, services.Sealing{Member: services.NewID(), Record: "x", Version: 1, Text: "x"})
		return 0, err
	})
	if err != nil {
		t.Fatal(err)
	}
	key, _ := decodeKEK(old.String())
	missing := services.KEKFingerprint(key)
	if err := with(next.String(), "").checkDatabase(t.Context()); err == nil || !strings.Contains(err.Error(), missing) || !strings.Contains(err.Error(), "HOMEFRONT_KEK_PREVIOUS") {
		t.Errorf("served without the key: %v", err)
	}
	both := with(next.String(), old.String())
	var seen bytes.Buffer
	show := func(a *app) string {
		seen.Reset()
		status, err := a.Core.KeyStatus(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := printKeys(&seen, status); err != nil {
			t.Fatal(err)
		}
		return seen.String()
	}
	if s := show(both); !strings.Contains(s, missing) || !strings.Contains(s, "wraps them anew") {
		t.Errorf("%s", s)
	}
	t.Setenv("DATABASE_URL", db.AppURL)
	t.Setenv("HOMEFRONT_KEK", next.String())
	t.Setenv("HOMEFRONT_KEK_PREVIOUS", old.String())
	if err := (keysResealCmd{}).Run(t.Context(), load()); err != nil {
		t.Fatal(err)
	}
	if err := with(next.String(), "").checkDatabase(t.Context()); err == nil || strings.Contains(err.Error(), "key-encryption") {
		t.Errorf("after it: %v", err)
	}
	if s := show(with(next.String(), "")); strings.Contains(s, missing) || !strings.Contains(s, "current") {
		t.Errorf("%s", s)
	}
}

// A text that does not open is an error of the command, as a key is.
func TestResealFailsForATextThatDoesNotOpen(t *testing.T) {
	good(t)
	db := pgtest.New(t)
	var kek bytes.Buffer
	if err := newKEK(t.Context(), "", &kek, io.Discard); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DATABASE_URL", db.AppURL)
	t.Setenv("HOMEFRONT_KEK", kek.String())
	a, err := assemble(t.Context(), load(), apptest.Secret, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Core.Close)
	mia, ada, glass := services.NewID(), services.NewID(), services.NewID()
	_, err = services.Mutate(services.AsSystem(t.Context(), "test"), a.Core, "test.seal", func(tx *services.Tx) (int, error) {
		tx.Unchanged()
		for _, id := range []uuid.UUID{mia, ada} {
			m := models.Member{GivenName: "Mia", FamilyName: "Rivera", Status: models.MemberActive}
			m.ID = id
			if err := people.NewMember(tx, &m); err != nil {
				return 0, err
			}
		}
		body, key, err := tx.Seal(mia, "another place", 1, "x")
		tx.Queue(`insert into break_glass (id, created_at, updated_at, member_id, opened_by, opened_at, until, reason, reason_key, notice_due_at)
			values ($1, now(), now(), $2, $3, now(), now() + interval '5 minutes', $4, $5, now())`, glass, mia, ada, []byte(body), key)
		tx.Queue(`update subject_keys set current = false, retired_at = now() - interval '1 hour' where id = $1`, key)
		tx.Queue(`insert into key_rotations (id, started_at, resealed_at) values ($1, now() - interval '1 hour', now() - interval '1 hour')`, services.NewID())
		return 0, err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := (keysResealCmd{Texts: true}).Run(t.Context(), load()); err == nil || !strings.Contains(err.Error(), "1 texts do not open") {
		t.Errorf("%v", err)
	}
}
