//go:build unix

package pgembed

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// serveDir is the environment variable that turns the test binary into a server on the directory it names; the others
// set its options.
const (
	serveDir  = "PGEMBED_TEST_SERVE"
	serveFast = "PGEMBED_TEST_FAST"
	serveHow  = "PGEMBED_TEST_HOW"
)

// serveUntilKilled says the owner's DSN, its own user and the postmaster's process, and serves until its input ends or it is killed.
func serveUntilKilled(dir string) int {
	s, err := Start(context.Background(), Options{
		Dir: dir, Fast: os.Getenv(serveFast) != "", how: os.Getenv(serveHow), Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	fmt.Println(s.DSN(OwnerRole, ""), os.Geteuid(), s.PID())
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := s.Stop(context.Background()); err != nil {
		fmt.Println("error", err)
		return 1
	}
	return 0
}

// child is a server in another process.
type child struct {
	cmd  *exec.Cmd
	quit io.Closer
	dsn  string
	uid  int
	pid  int // of the postmaster at first
}

func serve(t *testing.T, dir string, prepare ...func(*exec.Cmd)) *child {
	t.Helper()
	c, err := tryServe(dir, prepare...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.kill)
	return c
}

func tryServe(dir string, prepare ...func(*exec.Cmd)) (*child, error) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), serveDir+"="+dir)
	cmd.Stderr = os.Stderr
	for _, p := range prepare {
		p(cmd)
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
	c := &child{cmd: cmd, quit: in}
	line, err := bufio.NewReader(out).ReadString('\n')
	if f := strings.Fields(line); err == nil && len(f) == 3 && f[0] != "error" {
		c.dsn = f[0]
		c.uid, _ = strconv.Atoi(f[1])
		c.pid, _ = strconv.Atoi(f[2])
		return c, nil
	}
	c.kill()
	return nil, fmt.Errorf("the server said %q: %w", line, err)
}

// with sets an environment variable of the child.
func with(name, value string) func(*exec.Cmd) {
	return func(cmd *exec.Cmd) { cmd.Env = append(cmd.Env, name+"="+value) }
}

func (c *child) kill() {
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
}

// stop ends the server in order.
func (c *child) stop() error {
	_ = c.quit.Close()
	return c.cmd.Wait()
}

func killPostgres(data string) int {
	all := clusterProcesses(data)
	for _, pid := range all {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	return len(all)
}

func TestServerKilled(t *testing.T) {
	dir := home(t)
	c := serve(t, dir)
	insertOne(t, c.dsn)
	c.kill()
	c = serve(t, dir)
	if n := count(t, c.dsn); n != 1 {
		t.Errorf("%d rows", n)
	}
}

// TestOrphanIsEnded kills the server while its PostgreSQL is stopped, and so outlives it.
func TestOrphanIsEnded(t *testing.T) {
	dir := home(t)
	c := serve(t, dir)
	insertOne(t, c.dsn)
	if err := syscall.Kill(c.pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	c.kill()
	real, _ := realDir(dir)
	if len(clusterProcesses(dataDir(real))) == 0 {
		t.Fatal("PostgreSQL did not outlive the server")
	}
	go func() {
		time.Sleep(300 * time.Millisecond)
		_ = syscall.Kill(c.pid, syscall.SIGCONT)
	}()
	s := start(t, Options{Dir: dir})
	if s.PID() == c.pid {
		t.Error("the orphan still runs")
	}
	if n := count(t, s.DSN(OwnerRole, "")); n != 1 {
		t.Errorf("%d rows", n)
	}
}

// TestFastServerKilled: nobody waits for the PostgreSQL of a killed test.
func TestFastServerKilled(t *testing.T) {
	dir := home(t)
	c := serve(t, dir, with(serveFast, "1"))
	c.kill()
	if err := EndOrphan(dir); err != nil {
		t.Fatal(err)
	}
	real, _ := realDir(dir)
	if left := clusterProcesses(dataDir(real)); len(left) > 0 {
		t.Errorf("still running: %v", left)
	}
}

func TestPostmasterKilledIsStartedAgain(t *testing.T) {
	s := start(t, Options{Dir: home(t)})
	insertOne(t, s.DSN(OwnerRole, ""))
	open := connect(t, s.DSN(OwnerRole, "")) // a backend that outlives its postmaster for a while
	go func() { _, _ = open.Exec(context.Background(), "SELECT pg_sleep(60)") }()
	old := s.PID()
	if err := syscall.Kill(old, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a restart", func() bool { return s.Restarts() == 1 })
	if s.PID() == old {
		t.Error("the same process")
	}
	if n := count(t, s.DSN(OwnerRole, "")); n != 1 {
		t.Errorf("%d rows", n)
	}
}

// TestStalePidFile names a living stranger, as after a reboot; PostgreSQL alone would refuse to start.
func TestStalePidFile(t *testing.T) {
	dir := home(t)
	s := start(t, Options{Dir: dir})
	insertOne(t, s.DSN(OwnerRole, ""))
	stop(t, s)
	stranger := exec.Command("sleep", "60")
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = stranger.Process.Kill(), stranger.Wait() }()
	stale := fmt.Sprintf("%d\n%s\n1700000000\n5432\n\n\n  1234567  7654321\nready   \n", stranger.Process.Pid, s.data())
	if err := os.WriteFile(filepath.Join(dir, "data", "postmaster.pid"), []byte(stale), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.as.own(filepath.Join(dir, "data", "postmaster.pid")); err != nil {
		t.Fatal(err)
	}
	s = start(t, Options{Dir: dir})
	if n := count(t, s.DSN(OwnerRole, "")); n != 1 {
		t.Errorf("%d rows", n)
	}
	if err := stranger.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("the stranger was harmed: %v", err)
	}
}

// TestKillsUnderWrites kills the server, PostgreSQL and both while clients write; every row whose commit was
// acknowledged must be there at the end.
func TestKillsUnderWrites(t *testing.T) {
	dir := home(t)
	real, err := realDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	c := serve(t, dir)
	dsn := c.dsn
	insertOne(t, dsn)
	w := writers(t, dsn, 4)
	deadline := time.Now().Add(12 * time.Second)
	rounds := 0
	for ; rounds < 9 && time.Now().Before(deadline); rounds++ {
		w.awaitProgress(t, 50)
		switch rounds % 3 {
		case 0:
			c.kill()
		case 1:
			killPostgres(dataDir(real))
			continue // the server starts it again
		case 2:
			killPostgres(dataDir(real))
			c.kill()
		}
		c = serve(t, dir)
	}
	w.awaitProgress(t, 50)
	acked := w.stop()
	if rounds < 3 {
		t.Errorf("only %d rounds", rounds)
	}
	missing := missingRows(t, dsn, acked)
	t.Logf("%d rounds, %d rows acknowledged, %d missing", rounds, len(acked), len(missing))
	if len(missing) > 0 {
		t.Errorf("missing: %v", missing)
	}
	if err := c.stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
}

func insertOne(t *testing.T, dsn string) {
	t.Helper()
	if _, err := connect(t, dsn).Exec(t.Context(), "CREATE TABLE rows (id bigint PRIMARY KEY); INSERT INTO rows VALUES (0)"); err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, dsn string) (n int) {
	t.Helper()
	if err := connect(t, dsn).QueryRow(t.Context(), "SELECT count(*) FROM rows").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func missingRows(t *testing.T, dsn string, acked []int64) []int64 {
	t.Helper()
	rows, err := connect(t, dsn).Query(t.Context(), "SELECT a FROM unnest($1::bigint[]) a EXCEPT SELECT id FROM rows", acked)
	if err != nil {
		t.Fatal(err)
	}
	missing, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		t.Fatal(err)
	}
	return missing
}

// load is a set of clients that insert and remember what was acknowledged.
type load struct {
	cancel context.CancelFunc
	wg     sync.WaitGroup
	mu     sync.Mutex
	acked  []int64
}

func writers(t *testing.T, dsn string, n int) *load {
	ctx, cancel := context.WithCancel(context.Background())
	w := &load{cancel: cancel}
	t.Cleanup(func() { w.stop() })
	for i := range n {
		w.wg.Go(func() { w.write(ctx, dsn, int64(i+1)<<32) })
	}
	return w
}

// write inserts ever new ids and connects anew whenever that fails; an id whose fate is unknown is not used again.
func (w *load) write(ctx context.Context, dsn string, id int64) {
	for ctx.Err() == nil {
		c, err := pgx.Connect(ctx, dsn)
		if err != nil {
			time.Sleep(5 * time.Millisecond)
			continue
		}
		for err == nil {
			id++
			if _, err = c.Exec(ctx, "INSERT INTO rows VALUES ($1)", id); err == nil {
				w.mu.Lock()
				w.acked = append(w.acked, id)
				w.mu.Unlock()
			}
		}
		_ = c.Close(context.Background())
	}
}

func (w *load) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.acked)
}

func (w *load) awaitProgress(t *testing.T, rows int) {
	t.Helper()
	want := w.count() + rows
	eventually(t, "more rows", func() bool { return w.count() >= want })
}

func (w *load) stop() []int64 {
	w.cancel()
	w.wg.Wait()
	return w.acked
}
