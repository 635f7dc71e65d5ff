package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// process is a server under measurement: this binary again, as a child. It ends when its standard input does, so that it
// never outlives the runner, however that one ends.
type process struct {
	name    string
	addr    string // of the API
	profile string // of net/http/pprof
	cmd     *exec.Cmd
	stdin   io.Closer
}

const startWithin = 20 * time.Second

// startProcess runs this binary with the given command, and waits for the line that says where it listens.
func startProcess(ctx context.Context, command string, env ...string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), self, command)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{name: command, cmd: cmd, stdin: stdin}
	said := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(stdout).ReadString('\n')
		said <- strings.TrimSpace(line)
	}()
	select {
	case line := <-said:
		p.addr, p.profile, _ = strings.Cut(line, " ")
	case <-time.After(startWithin):
	}
	if p.addr == "" {
		p.stop()
		return nil, fmt.Errorf("the %s did not start", command)
	}
	return p, nil
}

func (p *process) stop() {
	_ = p.stdin.Close()
	gone := make(chan struct{})
	go func() { _ = p.cmd.Wait(); close(gone) }()
	select {
	case <-gone:
	case <-time.After(10 * time.Second):
		_ = p.cmd.Process.Kill()
		<-gone
	}
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// untilStdinEnds is the child's side.
func untilStdinEnds() <-chan struct{} {
	done := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(done)
	}()
	return done
}

// clockTick is the unit of the times in /proc: USER_HZ, which Linux has fixed at 100.
const clockTick = 10 * time.Millisecond

// cpuOf is the processor time that processes have used so far.
func cpuOf(pids ...int) (sum time.Duration) {
	for _, pid := range pids {
		b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
		if err != nil {
			continue
		}
		f := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
		user, err1 := strconv.ParseInt(f[11], 10, 64)
		system, err2 := strconv.ParseInt(f[12], 10, 64)
		if errors.Join(err1, err2) == nil {
			sum += time.Duration(user+system) * clockTick
		}
	}
	return sum
}

// peakRSS is the most memory that a process has held at once, in bytes.
func peakRSS(pid int) int64 {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			var kb int64
			if _, err := fmt.Sscan(rest, &kb); err == nil {
				return kb << 10
			}
		}
	}
	return 0
}
