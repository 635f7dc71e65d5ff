package pgembed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestOrdinaryUser starts a server that is not root: as nobody where the test is.
func TestOrdinaryUser(t *testing.T) {
	dir := home(t)
	c := serve(t, dir, func(cmd *exec.Cmd) {
		if os.Geteuid() != 0 {
			return
		}
		asNobody(t, cmd, dir)
	})
	if c.uid == 0 {
		t.Fatal("the server is root")
	}
	insertOne(t, c.dsn)
	if err := c.stop(); err != nil {
		t.Fatal(err)
	}
}

// asNobody has the command run as nobody, from a copy of the test binary that nobody may read.
func asNobody(t *testing.T, cmd *exec.Cmd, dir string) {
	t.Helper()
	uid, gid := ordinaryUser("nobody")
	b, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(home(t), "server")
	if err := os.WriteFile(binary, b, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(dir, uid, gid); err != nil {
		t.Fatal(err)
	}
	cache := filepath.Join(filepath.Dir(binary), "home")
	if err := errors.Join(os.Mkdir(cache, 0o700), os.Chown(cache, uid, gid)); err != nil {
		t.Fatal(err)
	}
	cmd.Path, cmd.Dir = binary, "/"
	cmd.Env = append(cmd.Env, "HOME="+cache, "XDG_CACHE_HOME="+cache, "npm_config_cache="+cache+"/npm")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}

// TestWaysOutOfRoot runs a cluster in each way, twice, in a directory that root alone can enter where the way allows it.
func TestWaysOutOfRoot(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root needs them")
	}
	for how, reachable := range map[string]bool{"setuid": true, "userns": false, "caps": false} {
		t.Run(how, func(t *testing.T) {
			dir := filepath.Join(home(t), "closed", "cluster")
			mode := os.FileMode(0o700)
			if reachable {
				mode = 0o711
			}
			if err := os.Mkdir(filepath.Dir(dir), mode); err != nil {
				t.Fatal(err)
			}
			log := slog.New(slog.DiscardHandler)
			if r, err := tryWay(dir, how); err != nil {
				t.Skipf("this machine does not allow %s: %v", how, err)
			} else if r.how != how {
				t.Fatalf("runs as %s", r)
			}
			s := start(t, Options{Dir: dir, Fast: true, Log: log, how: how})
			insertOne(t, s.DSN(OwnerRole, ""))
			stop(t, s)
			s = start(t, Options{Dir: dir, Fast: true, Log: log, how: how})
			if n := count(t, s.DSN(OwnerRole, "")); n != 1 {
				t.Errorf("%d rows", n)
			}
			stop(t, s)
			endsWithItsServer(t, dir, how)
		})
	}
}

// endsWithItsServer proves that the kernel tells PostgreSQL of the server's death, whatever user it became.
func endsWithItsServer(t *testing.T, dir, how string) {
	t.Helper()
	c := serve(t, dir, with(serveHow, how))
	c.kill()
	real, err := realDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if left := awaitEnd(dataDir(real), 10*time.Second); len(left) > 0 {
		t.Errorf("still running: %v", left)
	}
}

func tryWay(dir, how string) (runAs, error) {
	real, err := realDir(dir)
	if err != nil {
		return runAs{}, err
	}
	p, err := Find(context.Background(), Options{})
	if err != nil {
		return runAs{}, err
	}
	return chooseRunAs(real, p.Dir, how)
}

// TestEnvironmentIsNotPassedOn: where the configuration is the environment, it holds the keys to everything.
func TestEnvironmentIsNotPassedOn(t *testing.T) {
	t.Setenv("HOMEFRONT_SECRET", "not-for-children")
	s := start(t, Options{Dir: home(t), Fast: true})
	env, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", s.PID()))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(env, []byte("not-for-children")) {
		t.Error("PostgreSQL has our environment")
	}
}
