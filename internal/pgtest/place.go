//go:build unix

package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"homefront/internal/pgembed"
)

const memory = "/dev/shm"

// enough is the free space in bytes that a place in memory must have: a copy, a database per running test, the log.
const enough = 1 << 30

// place is a directory of this process, in a directory that all test processes of the user share. Its lock tells the
// others whether the process still lives.
type place struct {
	dir  string
	lock *pgembed.Lock
}

// inMemory takes a place in memory, or among the temporary files when there is too little.
func inMemory(ctx context.Context) (*place, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(memory, &st); err == nil && uint64(st.Bavail)*uint64(st.Bsize) >= enough {
		if p, err := take(ctx, memory); err == nil {
			return p, nil
		}
	}
	return onDisk(ctx)
}

func onDisk(ctx context.Context) (*place, error) { return take(ctx, os.TempDir()) }

// take makes a place below parent, and removes those whose processes are gone. Both happen under one lock, so that no
// place is seen between its making and its locking.
func take(ctx context.Context, parent string) (*place, error) {
	shared := filepath.Join(parent, fmt.Sprintf("homefront-test-%d", os.Geteuid()))
	if err := makeShared(shared); err != nil {
		return nil, err
	}
	gate, err := pgembed.WaitLock(ctx, filepath.Join(shared, "gate"))
	if err != nil {
		return nil, err
	}
	defer gate.Unlock()
	if err := sweep(shared); err != nil {
		return nil, err
	}
	return settle(shared)
}

// settle makes the lock before the directory, so that a process killed between them leaves nothing unnoticed.
func settle(shared string) (*place, error) {
	f, err := os.CreateTemp(shared, "p*"+lockSuffix)
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	lock, err := pgembed.TryLock(f.Name())
	if err != nil {
		return nil, err
	}
	dir := strings.TrimSuffix(f.Name(), lockSuffix)
	return &place{dir, lock}, os.Mkdir(dir, 0o700)
}

const lockSuffix = ".lock"

// makeShared makes the directory, passable for the user as whom root runs PostgreSQL, and refuses another user's.
func makeShared(dir string) error {
	if err := os.Mkdir(dir, 0o711); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	st, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if !st.IsDir() || int(st.Sys().(*syscall.Stat_t).Uid) != os.Geteuid() {
		return fmt.Errorf("%s is not a directory of this user", dir)
	}
	return os.Chmod(dir, 0o711)
}

// sweep removes the places of processes that are gone, and ends a PostgreSQL that may have outlived one.
func sweep(shared string) error {
	locks, err := filepath.Glob(filepath.Join(shared, "p*"+lockSuffix))
	if err != nil {
		return err
	}
	for _, path := range locks {
		lock, err := pgembed.TryLock(path)
		if errors.Is(err, pgembed.ErrLocked) {
			continue
		}
		if err != nil {
			return err
		}
		p := &place{strings.TrimSuffix(path, lockSuffix), lock}
		if err := errors.Join(pgembed.EndOrphan(p.dir), p.leave()); err != nil {
			return err
		}
	}
	return nil
}

// leave removes the place. A process that is just ending may add a file meanwhile, so it tries more than once.
func (p *place) leave() error {
	var err error
	for range 20 {
		if err = os.RemoveAll(p.dir); err == nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	err = errors.Join(err, os.Remove(p.dir+lockSuffix))
	p.lock.Unlock()
	return err
}
