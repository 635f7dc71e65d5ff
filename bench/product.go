package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	_ "net/http/pprof" //nolint:gosec // on a loopback port of its own
	"os"
	"runtime/debug"
	"sync"
	"time"

	"homefront/api"
	"homefront/migrations"
	"homefront/services"
	"homefront/services/notices"
)

// What the runner tells its children.
const (
	envDatabase = "HOMEFRONT_BENCH_DATABASE"
	envSecret   = "HOMEFRONT_BENCH_SECRET"
	envJobs     = "HOMEFRONT_BENCH_JOBS"
)

// What both servers share.
const (
	publicURL  = "https://bench.homefront.example"
	poolConns  = 4         // of each pool, as the configuration's defaults have it
	perSecond  = 1_000_000 // the general limit stays out of the way
	gcPercent  = 400
	memoryTop  = 100 << 20
	proxiedBy  = "127.0.0.1" // whose X-Forwarded-For is believed: each sign-in comes from a network of its own
	stopWithin = 5 * time.Second
)

func childSecret() ([]byte, error) { return hex.DecodeString(os.Getenv(envSecret)) }

// noMail takes every mail at once: what a mail server takes is not the program's.
type noMail struct{}

func (noMail) Send(context.Context, notices.Mail) error { return nil }

// product runs the program as cmd/homefront puts it together: the same pools, services, server, watchers and runtime
// settings. It differs in that jobs are worked on demand only, and mail goes nowhere.
func product(ctx context.Context) error {
	secret, err := childSecret()
	if err != nil {
		return err
	}
	log := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	debug.SetGCPercent(gcPercent)
	debug.SetMemoryLimit(memoryTop)
	core, err := services.Open(ctx, services.Settings{DatabaseURL: os.Getenv(envDatabase), Secret: secret, ReadConns: poolConns, WriteConns: poolConns, Log: log})
	if err != nil {
		return err
	}
	defer core.Close()
	latest, err := migrations.Latest()
	if err != nil {
		return err
	}
	all := api.Assemble(core, api.Outside{Mailer: noMail{}, PublicURL: publicURL, OrgName: "Bench", MailFrom: "bench@homefront.example"})
	server := api.New(api.Settings{Version: "bench", TrustedProxies: []string{proxiedBy}, Migration: latest, PerSecond: perSecond, Log: log}, all)
	if os.Getenv(envJobs) != "" {
		if err := core.Start(context.WithoutCancel(ctx), poolConns); err != nil {
			return err
		}
	}
	ctx, end := context.WithCancel(ctx)
	defer end()
	var watchers sync.WaitGroup
	watchers.Go(func() { core.WatchAudit(ctx) })
	watchers.Go(func() { all.Accounts.Watch(ctx) })
	err = listenUntilStdinEnds(server.App.Listener, server.Shutdown)
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	err = errors.Join(err, core.Jobs.Stop(stopping))
	end()
	watchers.Wait()
	return err
}

// listenUntilStdinEnds serves on loopback ports that it prints: the API, and where Go's profiler is asked.
func listenUntilStdinEnds(serve func(net.Listener) error, shutdown func(context.Context) error) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	profile, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go func() { _ = http.Serve(profile, nil) }() //nolint:gosec // ends with the process
	served := make(chan error, 1)
	go func() { served <- serve(l) }()
	if _, err := fmt.Fprintln(os.Stdout, l.Addr(), profile.Addr()); err != nil && !errors.Is(err, io.ErrClosedPipe) {
		return err
	}
	select {
	case err = <-served:
		return err
	case <-untilStdinEnds():
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	_ = shutdown(ctx) // connections of the generator may still be open
	return nil
}
