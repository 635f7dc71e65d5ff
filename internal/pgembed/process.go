//go:build unix

package pgembed

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	firstPause = 100 * time.Millisecond // before the first restart; doubles
	longest    = 10 * time.Second       // pause between restarts
	settled    = time.Minute            // a postmaster that lived so long starts the count anew
	stopWithin = 8 * time.Second        // for the last checkpoint, before PostgreSQL is stopped at once; containers give 10
	orphanTime = 10 * time.Second       // the same for the PostgreSQL of a killed server
	pollEvery  = 10 * time.Millisecond
)

// postmaster is one life of the main PostgreSQL process.
type postmaster struct {
	pid     int
	process *os.Process
	exited  chan struct{} // closed when it has been reaped
	logged  chan struct{} // closed when its last process has closed the log
	tail    tail
}

func (s *Server) current() *postmaster {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.main
}

func (s *Server) setMain(p *postmaster) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.main = p
}

// spawn starts the postmaster in a process group of its own, so that Ctrl-C in a terminal reaches the program alone,
// which then stops it in order.
func (s *Server) spawn() (*postmaster, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(filepath.Join(s.programs.Dir, "postgres"), append([]string{"-D", s.data()}, s.settings()...)...)
	cmd.Stdout, cmd.Stderr = w, w
	s.as.prepare(cmd)
	s.dieWithUs(cmd)
	p := &postmaster{exited: make(chan struct{}), logged: make(chan struct{})}
	started := make(chan error)
	go keep(cmd, started, p.exited)
	err = <-started
	_ = w.Close()
	if err != nil {
		_ = r.Close()
		return nil, fmt.Errorf("start postgres as %s: %w", s.as, err)
	}
	p.process, p.pid = cmd.Process, cmd.Process.Pid
	go func() {
		defer close(p.logged)
		defer func() { _ = r.Close() }()
		relay(r, s.log, &p.tail)
	}()
	return p, nil
}

// keep starts the command and waits for its end on one thread: Linux sends the parent-death signal when the thread that
// forked ends, not the process.
func keep(cmd *exec.Cmd, started chan<- error, exited chan<- struct{}) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := cmd.Start()
	started <- err
	if err == nil {
		_ = cmd.Wait()
		close(exited)
	}
}

// awaitReady waits until the pid file says that p accepts connections.
func (s *Server) awaitReady(ctx context.Context, p *postmaster) error {
	for {
		if pid, status := readPidFile(s.pidFile()); pid == p.pid && status == "ready" {
			return nil
		}
		select {
		case <-p.exited:
			p.drain()
			return fmt.Errorf("PostgreSQL ended while it started: %s", &p.tail)
		case <-s.stopping:
			return errors.New("stopped while PostgreSQL started")
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL is not ready: %w: %s", ctx.Err(), &p.tail)
		case <-time.After(pollEvery):
		}
	}
}

// drain waits for the end of the log, but not for a process that keeps it open.
func (p *postmaster) drain() {
	select {
	case <-p.logged:
	case <-time.After(time.Second):
	}
}

func (s *Server) pidFile() string { return filepath.Join(s.data(), "postmaster.pid") }

// readPidFile returns the process id and the status ("starting", "ready", …) of a postmaster.pid; zero when there is none.
func readPidFile(path string) (pid int, status string) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, ""
	}
	lines := bufio.NewScanner(bytes.NewReader(b))
	for n := 1; lines.Scan(); n++ {
		switch n {
		case 1:
			pid, _ = strconv.Atoi(strings.TrimSpace(lines.Text()))
		case 8:
			status = strings.TrimSpace(lines.Text())
		}
	}
	return pid, status
}

// clearLeftovers ends the processes that a killed server or postmaster left, and makes their pid file harmless: the id in
// it may be a zombie that nobody reaps, or belong to another program by now. The file is not removed but made to name us:
// PostgreSQL takes its parent's id for a stale one and still checks the shared memory it names, its own last guard
// against two servers on one directory.
func (s *Server) clearLeftovers() error {
	if err := endAll(s.data(), s.log, orphanTime); err != nil {
		return err
	}
	for _, name := range []string{socketFile, socketFile + ".lock"} {
		if err := os.Remove(filepath.Join(s.socket.path, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	b, err := os.ReadFile(s.pidFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, rest, _ := bytes.Cut(b, []byte("\n"))
	return os.WriteFile(s.pidFile(), append([]byte(strconv.Itoa(os.Getpid())+"\n"), rest...), 0o600)
}

// endAll ends every process of the cluster: the postmaster in order, if patience is left for that, then all at once, then
// by force. The caller holds the directory's lock, so none of them has a living owner but the caller.
func endAll(data string, log *slog.Logger, patience time.Duration) error {
	left := clusterProcesses(data)
	if len(left) == 0 {
		return nil
	}
	log.Warn("ending PostgreSQL processes left behind", "processes", len(left))
	if pid, _ := readPidFile(filepath.Join(data, "postmaster.pid")); patience > 0 && slices.Contains(left, pid) {
		_ = syscall.Kill(pid, syscall.SIGINT)
		left = awaitEnd(data, patience)
	}
	for _, sig := range []syscall.Signal{syscall.SIGQUIT, syscall.SIGKILL} {
		for _, pid := range left {
			_ = syscall.Kill(pid, sig)
		}
		if left = awaitEnd(data, 5*time.Second); len(left) == 0 {
			return nil
		}
	}
	return fmt.Errorf("processes %v still use %s", left, data)
}

// awaitEnd waits for the end of all processes of the cluster and returns those that remain.
func awaitEnd(data string, atMost time.Duration) []int {
	for end := time.Now().Add(atMost); ; time.Sleep(pollEvery) {
		left := clusterProcesses(data)
		if len(left) == 0 || time.Now().After(end) {
			return left
		}
	}
}

// ofCluster tells by its arguments whether a process belongs to the cluster: the postmaster names the directory, its
// children carry the cluster's name in their title.
func ofCluster(args []string, data string) bool {
	if strings.HasPrefix(args[0], "postgres: "+clusterName(data)+": ") {
		return true
	}
	return len(args) > 2 && filepath.Base(args[0]) == "postgres" && args[1] == "-D" && args[2] == data
}

// supervise starts PostgreSQL again whenever it ends unasked, with growing pauses.
func (s *Server) supervise() {
	defer close(s.supervised)
	pause := firstPause
	for {
		began := time.Now()
		p := s.current()
		select {
		case <-p.exited:
		case <-s.stopping:
			return
		}
		if time.Since(began) > settled {
			pause = firstPause
		}
		s.log.Error("PostgreSQL ended; it is started again", "pid", p.pid, "pause", pause.String())
		select {
		case <-time.After(pause):
		case <-s.stopping:
			return
		}
		pause = min(2*pause, longest)
		if err := s.restart(); err != nil {
			s.log.Error("PostgreSQL was not started", "error", err)
		}
	}
}

// restart waits as long as recovery takes: giving up on it would only begin it anew.
func (s *Server) restart() error {
	if err := s.startMain(context.Background()); err != nil {
		return err
	}
	s.mu.Lock()
	s.restarts++
	s.mu.Unlock()
	s.log.Info("PostgreSQL runs again", "pid", s.PID())
	return nil
}

// Stop ends PostgreSQL: sessions are broken off, everything is written, and the directory is free for another start. When
// ctx ends first it stops at once instead, which costs the next start a recovery but no data. Calling it again is safe.
func (s *Server) Stop(ctx context.Context) error {
	s.stopOnce.Do(func() {
		close(s.stopping)
		<-s.supervised
		s.stopErr = s.end(ctx)
		if s.socket.borrow {
			_ = os.RemoveAll(s.socket.path)
		}
		s.lock.Unlock()
	})
	return s.stopErr
}

// end asks the postmaster to stop in order, and whatever remains after that to stop at once.
func (s *Server) end(ctx context.Context) error {
	p := s.current()
	if p == nil {
		return nil
	}
	_ = p.process.Signal(syscall.SIGINT)
	select {
	case <-p.exited:
	case <-ctx.Done():
	case <-time.After(stopWithin):
	}
	if err := endAll(s.data(), s.log, 0); err != nil {
		return err
	}
	p.drain()
	return nil
}
