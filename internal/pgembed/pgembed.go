//go:build unix

// Package pgembed runs a private PostgreSQL as a child process on a directory of its own. It opens no TCP port, runs as
// root and as an ordinary user, survives kill -9 of either side, and never deletes or converts a data directory.
//
// The directory holds: lock (held by the running server), secret (passwords derive from it), data (the cluster), run
// (the socket, when its path is short enough).
package pgembed

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// The login roles of every cluster. Superuser is for setting up and for tests; the program itself uses the other two.
const (
	Superuser = "postgres"
	OwnerRole = "homefront_owner"
	AppRole   = "homefront_app"
)

// RuntimeGroup is the NOLOGIN role that holds the runtime privileges; the first migration creates it.
const RuntimeGroup = "homefront_runtime"

const defaultDatabase = "homefront"

// readyWithin bounds a first or later start, recovery after a crash included.
const readyWithin = 2 * time.Minute

// Options say where the cluster lives and how it runs. Only Dir is required.
type Options struct {
	Dir      string            // created when missing; one running server at a time
	Programs string            // directory of initdb and postgres; "" looks in the usual places, then fetches
	Cache    string            // where fetched programs are kept; "" is homefront in the user's cache directory, for root the system's
	Database string            // created when missing, owned by OwnerRole; "" is homefront
	Template string            // database that a missing Database is copied from; "" is PostgreSQL's empty one
	Settings map[string]string // server settings, over those of this package
	Fast     bool              // a crash of the machine may lose everything; for tests
	Log      *slog.Logger      // nil is slog.Default()

	how string // tests: the one way to leave root behind, see runAs
}

// Server is a running PostgreSQL. Its methods are safe for concurrent use.
type Server struct {
	opt      Options
	programs Programs
	socket   socketDir
	secret   []byte
	as       runAs
	lock     *Lock
	log      *slog.Logger

	mu       sync.Mutex
	main     *postmaster
	restarts int

	stopOnce   sync.Once
	stopErr    error
	stopping   chan struct{} // closed by Stop
	supervised chan struct{} // closed when the supervisor has returned
}

// ErrInUse is wrapped by Start when another server runs on the directory.
var ErrInUse = errors.New("in use by another running server")

// ErrVersion is wrapped by Start when the data was made by another major version than the programs at hand.
var ErrVersion = errors.New("made by another major version of PostgreSQL")

// Start brings PostgreSQL up on o.Dir and returns when it accepts connections; ctx bounds the start only. What an earlier
// server left running there, having been killed, is ended first. Errors: ErrInUse, ErrVersion (nothing was changed),
// ErrNoPrograms, and whatever the system or PostgreSQL refused, with its last log lines.
func Start(ctx context.Context, o Options) (*Server, error) {
	s, err := open(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("private PostgreSQL: %w", err)
	}
	if err := s.boot(ctx); err != nil {
		close(s.supervised)
		_ = s.Stop(context.WithoutCancel(ctx))
		return nil, fmt.Errorf("private PostgreSQL: %w", err)
	}
	go s.supervise()
	return s, nil
}

// open takes the directory and finds out how to run; it writes nothing into a directory that it will refuse.
func open(ctx context.Context, o Options) (_ *Server, err error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Database == "" {
		o.Database = defaultDatabase
	}
	if o.Dir, err = realDir(o.Dir); err != nil {
		return nil, err
	}
	s := &Server{
		opt: o, log: o.Log.With("component", "postgres"),
		stopping: make(chan struct{}), supervised: make(chan struct{}),
	}
	if s.lock, err = claim(o.Dir); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.lock.Unlock()
		}
	}()
	if err = checkOwner(s.data()); err != nil {
		return nil, err
	}
	if s.programs, err = findPrograms(ctx, o, dataMajor(s.data())); err != nil {
		return nil, err
	}
	s.lock.sign()
	if s.as, err = chooseRunAs(o.Dir, s.programs.Dir, o.how); err != nil {
		return nil, err
	}
	if s.socket, err = s.makeSocketDir(); err != nil {
		return nil, err
	}
	s.secret, err = loadSecret(o.Dir)
	return s, err
}

// boot makes the cluster when there is none, starts it and sees to roles and database.
func (s *Server) boot(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	if err := s.makeCluster(ctx); err != nil {
		return err
	}
	if err := s.startMain(ctx); err != nil {
		return err
	}
	return s.makeRoles(ctx)
}

// leftoverWait is how long the last process of a killed PostgreSQL is given to let go of the shared memory.
const leftoverWait = 10 * time.Second

// startMain clears what a killed PostgreSQL left and starts a new one. A process that was killed is seen no more a moment
// before the kernel has taken its memory away; PostgreSQL then refuses to start, rightly, and is asked again.
func (s *Server) startMain(ctx context.Context) error {
	for began := time.Now(); ; {
		if err := s.clearLeftovers(); err != nil {
			return err
		}
		p, err := s.spawn()
		if err != nil {
			return err
		}
		s.setMain(p)
		err = s.awaitReady(ctx, p)
		if err == nil || !strings.Contains(err.Error(), "shared memory block") || time.Since(began) > leftoverWait {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// DSN is the connection URL of a role in a database, for pgx and everything built on libpq. An empty db is the database
// of the options. It stays valid over restarts of PostgreSQL and of the program.
func (s *Server) DSN(role, db string) string {
	if db == "" {
		db = s.opt.Database
	}
	q := url.Values{"host": {s.socket.path}, "port": {port}, "sslmode": {"disable"}}
	u := url.URL{Scheme: "postgres", User: url.UserPassword(role, s.password(role)), Path: "/" + db, RawQuery: q.Encode()}
	return u.String()
}

// password derives a role's password from the directory's secret, so that one file guards them all.
func (s *Server) password(role string) string {
	mac := hmac.New(sha256.New, s.secret)
	mac.Write([]byte("role:" + role))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// PID is the process id of the postmaster now running, or of the last one while a new one is awaited.
func (s *Server) PID() int { return s.current().pid }

// Restarts counts how often PostgreSQL ended by itself and was started again.
func (s *Server) Restarts() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.restarts
}

// Version is the version of the programs in use, such as "15.14".
func (s *Server) Version() string { return s.programs.Version }

func (s *Server) data() string { return dataDir(s.opt.Dir) }

func dataDir(dir string) string { return filepath.Join(dir, "data") }

// realDir makes the directory and returns its one true name, by which its processes are found again.
func realDir(dir string) (string, error) {
	if dir == "" {
		return "", errors.New("no directory given")
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(abs, 0o700); err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(abs)
}

// claim takes the directory's lock, which the kernel frees when the process ends in any way.
func claim(dir string) (*Lock, error) {
	l, err := TryLock(filepath.Join(dir, "lock"))
	if !errors.Is(err, ErrLocked) {
		return l, err
	}
	return nil, fmt.Errorf("%s is %w%s: stop that one, or choose another directory or a DATABASE_URL", dir, ErrInUse, signer(filepath.Join(dir, "lock")))
}

// EndOrphan ends at once what a killed server left running on dir, and leaves the data as it is. ErrInUse when the server
// lives.
func EndOrphan(dir string) error {
	if _, err := os.Stat(dataDir(dir)); err != nil {
		return nil
	}
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return err
	}
	l, err := claim(real)
	if err != nil {
		return err
	}
	defer l.Unlock()
	return endAll(dataDir(real), slog.New(slog.DiscardHandler), 0)
}
