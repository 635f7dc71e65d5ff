//go:build unix

package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"

	"homefront/internal/pgembed"
)

// playTest turns the test binary into a test process that takes a database, says so, and lives until its input ends.
const playTest = "PGTEST_TEST_PLAY"

func TestMain(m *testing.M) {
	if os.Getenv(playTest) != "" {
		os.Exit(play())
	}
	Main(m)
}

func play() int {
	c, err := ours()
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	if err := c.clone(context.Background(), "played"); err != nil {
		fmt.Println("error", err)
		return 1
	}
	fmt.Println("ready", c.place.dir)
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := closeOurs(); err != nil {
		fmt.Println("error", err)
		return 1
	}
	return 0
}

// player is a test process of its own.
type player struct {
	cmd  *exec.Cmd
	quit io.Closer
	dir  string
}

func startPlayer(prepare func(*exec.Cmd)) (*player, error) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), playTest+"=1")
	cmd.Stderr = os.Stderr
	if prepare != nil {
		prepare(cmd)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &player{cmd: cmd, quit: in}
	var word string
	if _, err := fmt.Fscan(out, &word, &p.dir); err == nil && word == "ready" {
		return p, nil
	}
	rest, _ := io.ReadAll(out)
	p.kill()
	return nil, fmt.Errorf("the test process said %s %s%s", word, p.dir, rest)
}

func (p *player) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

func (p *player) end() error {
	_ = p.quit.Close()
	return p.cmd.Wait()
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

func run(t *testing.T, url, sql string) {
	t.Helper()
	if _, err := connect(t, url).Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func ask[T any](t *testing.T, url, query string, args ...any) (answer T) {
	t.Helper()
	if err := connect(t, url).QueryRow(t.Context(), query, args...).Scan(&answer); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return answer
}

func gone(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}

func TestEachTestHasItsOwn(t *testing.T) {
	a, b := New(t), New(t)
	run(t, a.OwnerURL, "CREATE TABLE mine (n int)")
	if ask[bool](t, b.OwnerURL, "SELECT to_regclass('mine') IS NOT NULL") {
		t.Error("one test sees the other's table")
	}
	for url, role := range map[string]string{a.AppURL: pgembed.AppRole, a.OwnerURL: pgembed.OwnerRole, a.SuperURL: pgembed.Superuser} {
		if got := ask[string](t, url, "SELECT current_user || ' ' || current_database()"); got != role+" "+a.Name {
			t.Errorf("%s is %s", role, got)
		}
	}
}

func TestMigratedAndGranted(t *testing.T) {
	db := New(t)
	if n := ask[int](t, db.OwnerURL, "SELECT count(*) FROM goose_db_version WHERE version_id > 0 AND is_applied"); n == 0 {
		t.Error("no migration is applied")
	}
	if ask[bool](t, db.SuperURL, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", pgembed.RuntimeGroup) &&
		!ask[bool](t, db.AppURL, "SELECT pg_has_role(current_user, $1, 'member')", pgembed.RuntimeGroup) {
		t.Error("the runtime role is not in its group")
	}
}

func TestSuperIsKeptAsGoodAsNew(t *testing.T) {
	db := New(t)
	pid := func() (pid int, zone string) {
		db.Super(t, func(c *pgx.Conn) error {
			return c.QueryRow(t.Context(), "SELECT pg_backend_pid(), current_setting('timezone')").Scan(&pid, &zone)
		})
		return pid, zone
	}
	first, zone := pid()
	db.Super(t, func(c *pgx.Conn) error {
		_, err := c.Exec(t.Context(), "SET timezone = 'Asia/Tokyo'")
		return err
	})
	if again, now := pid(); again != first || now != zone {
		t.Errorf("connection %d in %s became %d in %s", first, zone, again, now)
	}
	db.Super(t, func(c *pgx.Conn) error {
		db.Super(t, func(*pgx.Conn) error { return nil }) // beside the other
		_, err := c.Exec(t.Context(), "BEGIN")
		return err
	})
	run(t, db.SuperURL, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
	if again, _ := pid(); again == first {
		t.Errorf("connection %d was cut", first)
	}
}

func TestDroppedAtTheEnd(t *testing.T) {
	var inner *DB
	t.Run("inner", func(t *testing.T) {
		inner = New(t)
		leaked, err := pgx.Connect(context.Background(), inner.AppURL)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := leaked.Exec(context.Background(), "BEGIN"); err != nil {
			t.Fatal(err)
		}
	})
	if ask[bool](t, New(t).SuperURL, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", inner.Name) {
		t.Error("the database is still there")
	}
}

func TestManyAtOnce(t *testing.T) {
	var mu sync.Mutex
	var took []time.Duration
	t.Run("group", func(t *testing.T) {
		for i := range 40 {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				if i%2 == 0 {
					t.Parallel()
				}
				began := time.Now()
				db := New(t)
				mu.Lock()
				took = append(took, time.Since(began))
				mu.Unlock()
				run(t, db.OwnerURL, "CREATE TABLE mine (n int)")
			})
		}
	})
	slices.Sort(took)
	t.Logf("New: median %v, slowest %v", took[len(took)/2].Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond))
}

func TestNameOfAnyTest(t *testing.T) {
	t.Run("Ünïcode/and \"quotes\"; DROP "+strings.Repeat("long", 30), func(t *testing.T) {
		db := New(t)
		if got := ask[string](t, db.AppURL, "SELECT current_database()"); got != db.Name {
			t.Errorf("%q became %q", db.Name, got)
		}
	})
}

func TestDurable(t *testing.T) {
	s := Durable(t)
	url := s.DSN(pgembed.OwnerRole, "")
	if got := ask[string](t, url, "SELECT concat_ws(' ', current_setting('fsync'), current_setting('synchronous_commit'), current_setting('full_page_writes'))"); got != "on on on" {
		t.Errorf("settings %s", got)
	}
	if n := ask[int](t, url, "SELECT count(*) FROM goose_db_version WHERE version_id > 0"); n == 0 {
		t.Error("no migration is applied")
	}
	run(t, url, "CREATE TABLE mine (n int); INSERT INTO mine VALUES (1)")
	if err := syscall.Kill(s.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); s.Restarts() == 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("not started again")
		}
	}
	if n := ask[int](t, url, "SELECT n FROM mine"); n != 1 {
		t.Error(n)
	}
}

// TestProcessesStartTogether has several processes find an empty cache at the same time.
func TestProcessesStartTogether(t *testing.T) {
	cache := t.TempDir()
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			p, err := startPlayer(func(cmd *exec.Cmd) { cmd.Env = append(cmd.Env, "HOMEFRONT_CACHE="+cache) })
			if err == nil {
				err = p.end()
			}
			if err != nil {
				t.Error(err)
			} else if !gone(p.dir) {
				t.Errorf("%s was left", p.dir)
			}
		})
	}
	wg.Wait()
	built, _ := filepath.Glob(filepath.Join(cache, clusterPrefix+"*"))
	if left, _ := filepath.Glob(filepath.Join(cache, "new-*")); len(built) != 1 || len(left) != 0 {
		t.Errorf("built %v, left %v", built, left)
	}
}

// TestKilledProcessIsSweptUp leaves the place of a living process alone and removes that of a killed one.
func TestKilledProcessIsSweptUp(t *testing.T) {
	killed, err := startPlayer(nil)
	if err != nil {
		t.Fatal(err)
	}
	living, err := startPlayer(nil)
	if err != nil {
		t.Fatal(err)
	}
	killed.kill()
	p, err := take(t.Context(), filepath.Dir(filepath.Dir(killed.dir)))
	if err != nil {
		t.Fatal(err)
	}
	if !gone(killed.dir) || !gone(killed.dir+lockSuffix) {
		t.Error("the killed process's place is still there")
	}
	if gone(filepath.Join(living.dir, "data", "PG_VERSION")) {
		t.Error("the living process's place was removed")
	}
	if err := p.leave(); err != nil {
		t.Error(err)
	}
	if err := living.end(); err != nil {
		t.Error(err)
	}
}

func TestOrdinaryUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("the other tests are run by one")
	}
	binary, cache := forNobody(t)
	p, err := startPlayer(func(cmd *exec.Cmd) {
		cmd.Path, cmd.Dir = binary, "/"
		cmd.Env = append(cmd.Env, "HOMEFRONT_CACHE="+cache, "HOME="+cache, "npm_config_cache="+cache+"/npm", "HOMEFRONT_TEST_PROGRAMS=")
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.end(); err != nil {
		t.Error(err)
	}
}

const nobody = 65534

// forNobody puts a copy of the test binary where nobody may read it, and an empty cache where nobody may write.
func forNobody(t *testing.T) (binary, cache string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "pgtest-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	b, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	binary, cache = filepath.Join(dir, "play"), filepath.Join(dir, "cache")
	err = errors.Join(os.Chmod(dir, 0o755), os.WriteFile(binary, b, 0o755), os.Mkdir(cache, 0o700), os.Chown(cache, nobody, nobody))
	if err != nil {
		t.Fatal(err)
	}
	return binary, cache
}

func TestFingerprint(t *testing.T) {
	base := fstest.MapFS{"0001_a.sql": {Data: []byte("a")}, "0002_b.sql": {Data: []byte("b")}}
	of := func(files fstest.MapFS) string {
		sum, err := Fingerprint(files)
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	if of(base) != of(fstest.MapFS{"0002_b.sql": {Data: []byte("b")}, "0001_a.sql": {Data: []byte("a")}}) {
		t.Error("equal files, different sums")
	}
	for what, files := range map[string]fstest.MapFS{
		"content": {"0001_a.sql": {Data: []byte("a2")}, "0002_b.sql": {Data: []byte("b")}},
		"name":    {"0001_c.sql": {Data: []byte("a")}, "0002_b.sql": {Data: []byte("b")}},
		"number":  {"0001_a.sql": {Data: []byte("a")}},
	} {
		if of(files) == of(base) {
			t.Errorf("another %s, the same sum", what)
		}
	}
}

func TestPruneKeepsTheRecentlyUsed(t *testing.T) {
	cache := t.TempDir()
	for i := range keepClusters + 2 {
		dir := filepath.Join(cache, fmt.Sprint(clusterPrefix, i))
		used := time.Now().Add(-time.Duration(i) * time.Hour)
		if err := errors.Join(os.Mkdir(dir, 0o700), os.Chtimes(dir, used, used)); err != nil {
			t.Fatal(err)
		}
	}
	prune(cache)
	left, _ := filepath.Glob(filepath.Join(cache, "*"))
	if len(left) != keepClusters-1 || !strings.HasSuffix(left[0], "-0") {
		t.Errorf("left %v", left)
	}
}

func BenchmarkNew(b *testing.B) {
	c, err := ours()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		name := databaseName(b.Name())
		if err := c.clone(b.Context(), name); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := c.drop(b.Context(), name); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}
