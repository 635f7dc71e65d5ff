package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"path/filepath"
	"sync/atomic"

	"homefront/api"
	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

// line stands between the product and PostgreSQL and counts how often the product speaks after PostgreSQL has: each time
// is a round trip.
type line struct{ turns, answered atomic.Int64 }

func (l *line) carry(to io.WriteCloser, from io.Reader, product bool) {
	defer func() { _ = to.Close() }()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			switch {
			case !product:
				l.answered.Store(1)
			case l.answered.Swap(0) == 1:
				l.turns.Add(1)
			}
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// open answers the URL of a way to the same database that is counted on.
func (l *line) open(database string) (string, io.Closer, error) {
	u, err := url.Parse(database)
	if err != nil {
		return "", nil, err
	}
	socket := filepath.Join(u.Query().Get("host"), ".s.PGSQL."+u.Query().Get("port"))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	go func() {
		for {
			product, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("unix", socket)
			if err != nil {
				_ = product.Close()
				return
			}
			go l.carry(server, product, true)
			go l.carry(product, server, false)
		}
	}()
	u.Host, u.RawQuery = listener.Addr().String(), "sslmode=disable"
	return u.String(), listener, nil
}

// trips counts the round trips of a registration of one, once its statements are prepared.
func (b *bench) trips(ctx context.Context) error {
	l := &line{}
	database, listener, err := l.open(b.cluster.app())
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }()
	core, err := services.Open(ctx, services.Settings{DatabaseURL: database, Secret: b.secret, ReadConns: 1, WriteConns: 1, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer core.Close()
	register := api.Assemble(core, api.Outside{Mailer: noMail{}, PublicURL: publicURL, OrgName: "Bench", MailFrom: "bench@homefront.example"}).Workshops.Register
	last := b.world.Open[len(b.world.Open)-2]
	for _, who := range b.world.People[:3] {
		before := l.turns.Load()
		call := &services.Call{Method: "POST", Path: "/v1/workshops/" + last.String() + "/registrations", IdempotencyKey: "trips", BodyMAC: []byte("of no body"),
			Actor: &services.Actor{Kind: models.ActorAccount, AccountID: who.Account, SessionID: who.Session, MemberID: who.Member, Roles: []models.Role{models.RoleMember}}}
		if _, err := register(services.WithCall(ctx, call), last, workshops.Register{}); err != nil {
			return fmt.Errorf("round trips: %w", err)
		}
		b.results.trips = int(l.turns.Load() - before)
	}
	say("register: %d round trips", b.results.trips)
	return nil
}
