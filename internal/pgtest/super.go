//go:build unix

package pgtest

import (
	"context"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
)

// connections are the superuser's to one database that nobody uses just now. To open one costs more than nearly all that a
// test asks on it.
type connections struct {
	sync.Mutex
	over bool
	idle []*pgx.Conn
}

// Super runs do as the superuser, and once more where its connection was cut since it was last used. As many run side by side
// as call it.
func (db *DB) Super(t testing.TB, do func(*pgx.Conn) error) {
	t.Helper()
	for {
		c := db.super.take()
		kept := c != nil
		if !kept {
			c = db.connect(t)
		}
		cut, err := func() (bool, error) {
			defer db.super.giveBack(c) // also when do ends the test
			err := do(c)
			return c.IsClosed(), err
		}()
		if err == nil {
			return
		}
		if !kept || !cut {
			t.Fatal(err)
		}
	}
}

func (db *DB) connect(t testing.TB) *pgx.Conn {
	t.Helper()
	config, err := pgx.ParseConfig(db.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeDescribeExec // a test may change a table between two statements
	c, err := pgx.ConnectConfig(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (s *connections) take() (c *pgx.Conn) {
	if s == nil {
		return nil
	}
	s.Lock()
	defer s.Unlock()
	if last := len(s.idle) - 1; last >= 0 {
		c, s.idle = s.idle[last], s.idle[:last]
	}
	return c
}

// giveBack keeps a connection as good as new until the test is over.
func (s *connections) giveBack(c *pgx.Conn) {
	if s != nil && !c.IsClosed() && !c.PgConn().IsBusy() && c.PgConn().TxStatus() == 'I' {
		if _, err := c.Exec(context.Background(), "DISCARD ALL"); err == nil && s.keep(c) {
			return
		}
	}
	_ = c.Close(context.Background())
}

func (s *connections) keep(c *pgx.Conn) bool {
	s.Lock()
	defer s.Unlock()
	if !s.over {
		s.idle = append(s.idle, c)
	}
	return !s.over
}

func (s *connections) end() {
	s.Lock()
	defer s.Unlock()
	s.over = true
	for _, c := range s.idle {
		_ = c.Close(context.Background())
	}
	s.idle = nil
}
