//go:build unix

package pgembed

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// ErrLocked is what TryLock answers when another process holds the lock.
var ErrLocked = errors.New("locked")

// Lock is a lock on a file among processes. The kernel frees it when the holder ends, killed or not; the file stays.
type Lock struct{ f *os.File }

// TryLock takes the exclusive lock on path, or answers ErrLocked at once.
func TryLock(path string) (*Lock, error) { return tryLock(path, unix.LOCK_EX) }

// WaitLock takes the exclusive lock on path, waiting until ctx ends.
func WaitLock(ctx context.Context, path string) (*Lock, error) {
	return waitLock(ctx, path, unix.LOCK_EX)
}

// WaitShared takes a lock that other shared ones do not exclude, waiting until ctx ends.
func WaitShared(ctx context.Context, path string) (*Lock, error) {
	return waitLock(ctx, path, unix.LOCK_SH)
}

// Unlock frees the lock.
func (l *Lock) Unlock() { _ = l.f.Close() }

// sign writes our process id into the file, for the message that a second server gives. Failing to is no harm.
func (l *Lock) sign() {
	if l.f.Truncate(0) == nil {
		_, _ = l.f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
}

func signer(path string) string {
	b, _ := os.ReadFile(path)
	pid := strings.TrimSpace(string(b))
	if pid == "" {
		return ""
	}
	return " (process " + pid + ")"
}

func tryLock(path string, kind int) (*Lock, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = unix.Flock(int(f.Fd()), kind|unix.LOCK_NB)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	if err == nil {
		return &Lock{f}, nil
	}
	_ = f.Close()
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, ErrLocked
	}
	return nil, fmt.Errorf("lock %s: %w", path, err)
}

// waitLock asks again and again: a blocking flock would pin a thread and outlive ctx.
func waitLock(ctx context.Context, path string, kind int) (*Lock, error) {
	for {
		l, err := tryLock(path, kind)
		if !errors.Is(err, ErrLocked) {
			return l, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("lock %s: %w", path, ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}
