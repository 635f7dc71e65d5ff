//go:build unix

package pgembed

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"
)

// TestMain lets the test binary play the server that is killed, and the ordinary user.
func TestMain(m *testing.M) {
	if dir := os.Getenv(serveDir); dir != "" {
		os.Exit(serveUntilKilled(dir))
	}
	goleak.VerifyTestMain(m)
}

// home is a directory that root's setuid children can reach; t.TempDir is closed to them.
func home(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "pgembed-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func start(t *testing.T, o Options) *Server {
	t.Helper()
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, s) })
	return s
}

func stop(t *testing.T, s *Server) {
	t.Helper()
	if err := s.Stop(context.Background()); err != nil {
		t.Error(err)
	}
}

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

// run executes statements as a role.
func run(t *testing.T, s *Server, role string, statements ...string) {
	t.Helper()
	c := connect(t, s.DSN(role, ""))
	for _, sql := range statements {
		if _, err := c.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

func ask[T any](t *testing.T, s *Server, role, query string) T {
	t.Helper()
	var answer T
	if err := connect(t, s.DSN(role, "")).QueryRow(t.Context(), query).Scan(&answer); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return answer
}

// treeHash is over the name, mode, owner and content of everything below dir.
func treeHash(t *testing.T, dir string) string {
	t.Helper()
	h := sha256.New()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		st, err := e.Info()
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintln(h, path, st.Mode(), ownerOf(st), st.ModTime().UnixNano())
		if !st.Mode().IsRegular() {
			return nil
		}
		b, err := os.ReadFile(path)
		h.Write(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func TestFirstStartMakesRolesAndDatabase(t *testing.T) {
	began := time.Now()
	s := start(t, Options{Dir: filepath.Join(home(t), "a", "b")})
	t.Logf("first start: %v, PostgreSQL %s as %s", time.Since(began).Round(time.Millisecond), s.Version(), s.as)

	if db := ask[string](t, s, AppRole, "SELECT current_database()"); db != "homefront" {
		t.Errorf("database %q", db)
	}
	if owner := ask[string](t, s, AppRole, "SELECT datdba::regrole::text FROM pg_database WHERE datname = current_database()"); owner != OwnerRole {
		t.Errorf("owner %q", owner)
	}
	run(t, s, OwnerRole,
		"CREATE EXTENSION pg_trgm", "CREATE EXTENSION unaccent", "CREATE EXTENSION btree_gist", "CREATE EXTENSION citext",
		"CREATE ROLE "+RuntimeGroup+" NOLOGIN", "CREATE TABLE t (n int)", "GRANT SELECT ON t TO "+RuntimeGroup)
	for _, setting := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
		if v := ask[string](t, s, AppRole, "SHOW "+setting); v != "on" {
			t.Errorf("%s is %s", setting, v)
		}
	}
	if v := ask[string](t, s, AppRole, "SHOW listen_addresses"); v != "" {
		t.Errorf("listens on %q", v)
	}
	if super := ask[bool](t, s, AppRole, "SELECT bool_or(rolsuper) FROM pg_roles WHERE rolname LIKE 'homefront%'"); super {
		t.Error("a role of ours is superuser")
	}
	if n := ask[int](t, s, AppRole, "SELECT length(lower('ÄÉ') || upper('ßñ')) + (lower('ÄÉ') = 'äé')::int"); n != 5 {
		t.Error("the locale knows no accents")
	}
}

func TestGrantRuntime(t *testing.T) {
	s := start(t, Options{Dir: home(t), Fast: true})
	if err := s.GrantRuntime(t.Context(), ""); !errors.Is(err, ErrNoRuntimeGroup) {
		t.Fatalf("before the migrations: %v", err)
	}
	run(t, s, OwnerRole, "CREATE ROLE "+RuntimeGroup+" NOLOGIN", "CREATE TABLE t (n int)", "GRANT SELECT ON t TO "+RuntimeGroup)
	for range 2 {
		if err := s.GrantRuntime(t.Context(), "homefront"); err != nil {
			t.Fatal(err)
		}
	}
	if n := ask[int](t, s, AppRole, "SELECT count(*) FROM t"); n != 0 {
		t.Errorf("%d rows", n)
	}
}

func TestRestartKeepsData(t *testing.T) {
	dir := home(t)
	s := start(t, Options{Dir: dir})
	run(t, s, OwnerRole, "CREATE TABLE t (n int)", "INSERT INTO t VALUES (42)")
	dsn := s.DSN(OwnerRole, "")
	stop(t, s)
	if left := clusterProcesses(s.data()); len(left) > 0 {
		t.Fatalf("still running: %v", left)
	}

	began := time.Now()
	s = start(t, Options{Dir: dir})
	t.Logf("restart: %v", time.Since(began).Round(time.Millisecond))
	if n := ask[int](t, s, OwnerRole, "SELECT n FROM t"); n != 42 {
		t.Errorf("n = %d", n)
	}
	if got := s.DSN(OwnerRole, ""); got != dsn {
		t.Errorf("the DSN changed from %s to %s", dsn, got)
	}
}

func TestSecondStartIsRefused(t *testing.T) {
	dir := home(t)
	s := start(t, Options{Dir: dir, Fast: true})
	_, err := Start(t.Context(), Options{Dir: dir, Fast: true})
	if !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
		t.Fatalf("second start: %v", err)
	}
	if err := EndOrphan(dir); !errors.Is(err, ErrInUse) {
		t.Fatalf("end orphan: %v", err)
	}
	if n := ask[int](t, s, AppRole, "SELECT 1"); n != 1 {
		t.Error("the first server was harmed")
	}
}

func TestTwoServersSideBySide(t *testing.T) {
	a := start(t, Options{Dir: home(t), Fast: true})
	b := start(t, Options{Dir: home(t), Fast: true})
	run(t, a, OwnerRole, "CREATE TABLE t (n int)")
	run(t, b, OwnerRole, "CREATE TABLE t (n int)")
}

func TestOtherMajorVersionChangesNothing(t *testing.T) {
	dir := home(t)
	s := start(t, Options{Dir: dir, Fast: true})
	stop(t, s)
	version := filepath.Join(dir, "data", "PG_VERSION")
	mine, err := os.ReadFile(version)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(version, []byte("13\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	before := treeHash(t, dir)
	for _, programs := range []string{"", s.programs.Dir} {
		_, err := Start(t.Context(), Options{Dir: dir, Programs: programs})
		if !errors.Is(err, ErrVersion) {
			t.Fatalf("start: %v", err)
		}
		for _, word := range []string{"PostgreSQL: 13", programs, "Install PostgreSQL 13", "Nothing was changed"} {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%q lacks %q", err, word)
			}
		}
	}
	if treeHash(t, dir) != before {
		t.Error("the directory was changed")
	}
	if err := os.WriteFile(version, mine, 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, Options{Dir: dir, Fast: true})
}

func TestForeignFilesAreNotTouched(t *testing.T) {
	dir := home(t)
	precious := filepath.Join(dir, "data", "letters.txt")
	if err := os.Mkdir(filepath.Dir(precious), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(precious, []byte("dear"), 0o600); err != nil {
		t.Fatal(err)
	}
	before := treeHash(t, filepath.Join(dir, "data"))
	_, err := Start(t.Context(), Options{Dir: dir, Log: slog.New(slog.DiscardHandler)})
	if err == nil || !strings.Contains(err.Error(), "not touched") {
		t.Fatalf("start: %v", err)
	}
	if treeHash(t, filepath.Join(dir, "data")) != before {
		t.Error("the files were changed")
	}
}

func TestLostSecretIsExplained(t *testing.T) {
	dir := home(t)
	stop(t, start(t, Options{Dir: dir, Fast: true}))
	if err := os.Remove(filepath.Join(dir, "secret")); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), Options{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), "restore it from a backup") {
		t.Fatalf("start: %v", err)
	}
}

func TestStartKilledWithinInitdb(t *testing.T) {
	dir := home(t)
	half := filepath.Join(dir, scratchPrefix+"123", "data")
	if err := os.MkdirAll(half, 0o700); err != nil {
		t.Fatal(err)
	}
	start(t, Options{Dir: dir, Fast: true})
	if _, err := os.Stat(half); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the half-made cluster is still there: %v", err)
	}
}

func TestPathsUnfitForASocket(t *testing.T) {
	for name, sub := range map[string]string{
		"long":      filepath.Join(strings.Repeat("long", 20), strings.Repeat("path", 20)),
		"separator": "it's, a 'dir' \\ with\tspaces",
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(home(t), sub)
			s := start(t, Options{Dir: dir, Fast: true})
			run(t, s, OwnerRole, "CREATE TABLE t (n int)")
			dsn := s.DSN(OwnerRole, "")
			stop(t, s)
			if _, err := os.Stat(s.socket.path); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the short directory was left: %v", err)
			}
			s = start(t, Options{Dir: dir, Fast: true})
			if s.DSN(OwnerRole, "") != dsn {
				t.Error("the DSN changed")
			}
			if n := ask[int](t, s, OwnerRole, "SELECT count(*) FROM t"); n != 0 {
				t.Error(n)
			}
		})
	}
}

func TestForeignSocketDirectoryIsRefused(t *testing.T) {
	dir, err := realDir(filepath.Join(home(t), strings.Repeat("long", 20), strings.Repeat("path", 20)))
	if err != nil {
		t.Fatal(err)
	}
	short, err := shortDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(short, 0o777); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.Remove(short) }()
	if err := os.Chmod(short, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "not a private directory") {
		t.Fatalf("start: %v", err)
	}
}

func TestNoProgramsThere(t *testing.T) {
	_, err := Start(t.Context(), Options{Dir: home(t), Programs: t.TempDir()})
	if !errors.Is(err, ErrNoPrograms) {
		t.Fatalf("start: %v", err)
	}
}

func TestPostmasterRefusalIsQuoted(t *testing.T) {
	dir := home(t)
	o := Options{Dir: dir, Fast: true, Settings: map[string]string{"shared_buffers": "nonsense"}, Log: slog.New(slog.DiscardHandler)}
	_, err := Start(t.Context(), o)
	if err == nil || !strings.Contains(err.Error(), "shared_buffers") {
		t.Fatalf("start: %v", err)
	}
	o.Settings = nil
	start(t, o)
}

func TestCancelledStartLeavesNothing(t *testing.T) {
	var dir string
	for within := 60 * time.Millisecond; ; within /= 2 { // shorter where a start takes no longer than that
		dir = home(t)
		ctx, cancel := context.WithTimeout(t.Context(), within)
		s, err := Start(ctx, Options{Dir: dir, Fast: true, Log: slog.New(slog.DiscardHandler)})
		cancel()
		if err != nil {
			break
		}
		if err := s.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	real, _ := realDir(dir)
	if left := awaitEnd(dataDir(real), 5*time.Second); len(left) > 0 {
		t.Errorf("still running: %v", left)
	}
	start(t, Options{Dir: dir, Fast: true})
}

func TestStopEndsEvenABusyServer(t *testing.T) {
	dir := home(t)
	s := start(t, Options{Dir: dir})
	run(t, s, OwnerRole, "CREATE TABLE t (n int)", "INSERT INTO t VALUES (1)")
	c := connect(t, s.DSN(OwnerRole, ""))
	go func() { _, _ = c.Exec(context.Background(), "SELECT pg_sleep(60)") }()
	now, cancel := context.WithCancel(t.Context())
	cancel()
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() { _ = s.Stop(now) })
	}
	wg.Wait()
	if left := clusterProcesses(s.data()); len(left) > 0 {
		t.Errorf("still running: %v", left)
	}
	s = start(t, Options{Dir: dir})
	if n := ask[int](t, s, OwnerRole, "SELECT n FROM t"); n != 1 {
		t.Error(n)
	}
}

// TestLogsHoldNoValues sends what people type through every kind of failing statement and looks for it in the log.
func TestLogsHoldNoValues(t *testing.T) {
	var log syncBuffer
	s := start(t, Options{Dir: home(t), Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	run(t, s, OwnerRole, "CREATE TABLE t (name text UNIQUE CHECK (name <> 'Bob-secret'), n int)", "INSERT INTO t VALUES ('Ann-secret', 1)")
	c := connect(t, s.DSN(OwnerRole, ""))
	for _, sql := range []string{
		"INSERT INTO t VALUES ('Ann-secret', 1)", "INSERT INTO t VALUES ('Bob-secret')", "SELECT 'Eve-secret'::int",
		"SELECT 'Eve-secret'::uuid", "SELECT * FROM \"Eve-secret\"", "SELEKT 'Eve-secret'",
		"DO $$ BEGIN RAISE WARNING 'line\nEve-secret'; END $$", "DO $$ BEGIN RAISE EXCEPTION E'line\nEve-secret'; END $$",
		"SET statement_timeout = 20; SELECT 'Eve-secret', pg_sleep(1)",
	} {
		_, _ = c.Exec(t.Context(), sql)
	}
	if _, err := c.Exec(t.Context(), "SELECT $1::int", "Eve-secret"); err == nil {
		t.Error("no error")
	}
	busy := connect(t, s.DSN(OwnerRole, ""))
	go func() { _, _ = busy.Exec(context.Background(), "SELECT 'Eve-secret', pg_sleep(5)") }()
	time.Sleep(100 * time.Millisecond)
	if err := syscall.Kill(int(busy.PgConn().PID()), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the crash in the log", func() bool { return strings.Contains(log.String(), "terminated by signal 9") })
	eventually(t, "the end of recovery", func() bool {
		c, err := pgx.Connect(t.Context(), s.DSN(OwnerRole, ""))
		return err == nil && c.Close(t.Context()) == nil
	})
	stop(t, s)
	if out := log.String(); strings.Contains(out, "secret") {
		t.Errorf("values in the log:\n%s", out)
	} else if !strings.Contains(out, "sqlstate=23505") {
		t.Errorf("no trace of the failures:\n%s", out)
	}
}

// syncBuffer is a buffer that a log and a test share.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}
