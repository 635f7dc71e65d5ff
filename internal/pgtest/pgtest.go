//go:build unix

// Package pgtest gives each test a freshly migrated PostgreSQL database of its own, in tens of milliseconds.
//
// A migrated cluster is built once and kept in the user's cache directory, by the content of the migrations and the
// version of PostgreSQL. Each test process copies it into memory, runs PostgreSQL on the copy and clones a database per
// test.
//
// Two environment variables steer it: HOMEFRONT_CACHE names another cache directory, HOMEFRONT_TEST_PROGRAMS the directory
// of the PostgreSQL programs to test with, in place of the newest installed.
package pgtest

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"homefront/internal/pgembed"
)

// DB is a database that one test has for itself.
type DB struct {
	Name     string
	AppURL   string // the runtime role, as the program uses it
	OwnerURL string // the owner of the schema, as migrations use it
	SuperURL string // the superuser

	super *connections // none are kept of a database that New did not make
}

// dropWithin bounds the removal of a test's database.
const dropWithin = 30 * time.Second

var created atomic.Int64

// New gives t its own freshly migrated database and drops it at the end, whoever is still connected. The first call in a
// process starts PostgreSQL, and the first after a change of the migrations applies them.
func New(t testing.TB) *DB {
	t.Helper()
	c, err := ours()
	if err != nil {
		t.Fatalf("test database: %v", err)
	}
	name := databaseName(t.Name())
	if err := c.clone(t.Context(), name); err != nil {
		t.Fatalf("test database: %v", err)
	}
	db := describe(c.server, name)
	db.super = &connections{}
	t.Cleanup(func() {
		db.super.end()
		ctx, cancel := context.WithTimeout(context.Background(), dropWithin)
		defer cancel()
		if err := c.drop(ctx, name); err != nil {
			t.Errorf("test database: %v", err)
		}
	})
	return db
}

// Durable gives t a cluster of its own with the settings of production, for tests that kill it. Its database, the
// server's default one, is migrated.
func Durable(t testing.TB) *pgembed.Server {
	t.Helper()
	c, err := openDurable(t.Context())
	if err != nil {
		t.Fatalf("durable test cluster: %v", err)
	}
	t.Cleanup(func() {
		if err := c.close(); err != nil {
			t.Errorf("durable test cluster: %v", err)
		}
	})
	return c.server
}

// Main runs the tests of a package and stops its PostgreSQL after them: func TestMain(m *testing.M) { pgtest.Main(m) }.
// Without it PostgreSQL ends with the process all the same, but its files wait for the next test process to remove them.
func Main(m *testing.M) {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetGCPercent(400) // as production has it: what stays, as the description of the API, is marked less often
		debug.SetMemoryLimit(1 << 30)
	}
	code := m.Run()
	if err := closeOurs(); err != nil {
		fmt.Fprintln(os.Stderr, "test cluster:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

func describe(s *pgembed.Server, name string) *DB {
	return &DB{
		Name:     name,
		AppURL:   s.DSN(pgembed.AppRole, name),
		OwnerURL: s.DSN(pgembed.OwnerRole, name),
		SuperURL: s.DSN(pgembed.Superuser, name),
	}
}

// databaseName keeps enough of the test's name to find it in a list of sessions; PostgreSQL takes 63 bytes.
func databaseName(test string) string {
	plain := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToLower(test))
	return fmt.Sprintf("t%d_%s", created.Add(1), plain[:min(len(plain), 40)])
}
