//go:build unix

package pgtest

import (
	"io"
	"net"
	"net/url"
	"path/filepath"
	"sync"
	"testing"
)

// Turns stands between the program and PostgreSQL and counts how often the program speaks after PostgreSQL has: each time is
// a round trip. It counts one connection.
type Turns struct {
	mu     sync.Mutex
	n      int
	spoken bool // PostgreSQL was the last to speak
}

// Taken is how many there were since it was last asked.
func (c *Turns) Taken() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, c.n = c.n, 0
	return n
}

func (c *Turns) said(program bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if program && c.spoken {
		c.n++
	}
	c.spoken = !program
}

// Counted is the same database on a way on which round trips are counted. Give the pool that is looked at one connection.
func (db *DB) Counted(t testing.TB) (*DB, *Turns) {
	t.Helper()
	u, err := url.Parse(db.AppURL)
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(u.Query().Get("host"), ".s.PGSQL."+u.Query().Get("port"))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	c := &Turns{}
	go func() {
		for {
			program, err := l.Accept()
			if err != nil {
				return
			}
			database, err := net.Dial("unix", socket)
			if err != nil {
				_ = program.Close()
				return
			}
			go c.carry(database, program, true)
			go c.carry(program, database, false)
		}
	}()
	u.Host, u.RawQuery = l.Addr().String(), "sslmode=disable"
	counted := *db
	counted.AppURL = u.String()
	return &counted, c
}

func (c *Turns) carry(to io.WriteCloser, from io.Reader, program bool) {
	defer func() { _ = to.Close() }()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			c.said(program)
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
