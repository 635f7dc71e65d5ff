package workshops_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/url"
	"path/filepath"
	"sync"
	"testing"

	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
	"homefront/services/workshops"
)

// turns stands between the program and PostgreSQL and counts how often the program speaks after PostgreSQL has: each
// time is a round trip.
type turns struct {
	mu     sync.Mutex
	n      int
	spoken bool // PostgreSQL was the last to speak
}

func (c *turns) said(program bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if program && c.spoken {
		c.n++
	}
	c.spoken = !program
}

func (c *turns) taken() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer func() { c.n = 0 }()
	return c.n
}

// between is the address of a way to the database on which turns are counted. It serves one connection at a time.
func between(t *testing.T, database string, c *turns) string {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	socket := filepath.Join(q.Get("host"), ".s.PGSQL."+q.Get("port"))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
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
	return u.String()
}

func (c *turns) carry(to io.WriteCloser, from io.Reader, program bool) {
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

// A party of one takes four round trips at most, the transaction itself and its key included.
func TestRegisteringAloneTakesFewRoundTrips(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{Capacity: number(3)})
	c := &turns{}
	core, err := services.Open(t.Context(), services.Settings{DatabaseURL: between(t, h.db.AppURL, c), Secret: []byte("0123456789abcdefghijklmnopqrstuv"), ReadConns: 1, WriteConns: 1,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(core.Close)
	core.Clock.Set(planningDay)
	notices.New(core, nil, notices.Config{BaseURL: "https://homefront.example", From: "hello@homefront.example"})
	counted := workshops.New(core, workshops.Config{BaseURL: "https://homefront.example"})
	for i, want := range []models.RegistrationState{models.RegistrationConfirmed, models.RegistrationConfirmed, models.RegistrationConfirmed, models.RegistrationWaitlisted, models.RegistrationWaitlisted} {
		who := h.person("Luis", false)
		call := &services.Call{Method: "POST", Path: "/v1/x", IdempotencyKey: "key", BodyMAC: []byte("body"),
			Actor: &services.Actor{Kind: models.ActorAccount, AccountID: who, MemberID: who, Roles: []models.Role{models.RoleMember}}}
		c.taken()
		r, err := counted.Register(services.WithCall(context.Background(), call), w, workshops.Register{})
		if err != nil {
			t.Fatal(err)
		}
		h.want(r, want)
		if n := c.taken(); i > 0 && i != 3 && n > 4 { // the first of each kind also prepares its statements
			t.Errorf("number %d took %d round trips", i+1, n)
		} else {
			t.Logf("number %d took %d round trips", i+1, n)
		}
	}
}
