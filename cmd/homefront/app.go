package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/mail"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"homefront/api"
	"homefront/internal/smtp"
	"homefront/migrations"
	"homefront/services"
	"homefront/services/notices"
	"homefront/services/outreach"
)

// stopWithin bounds a graceful end: requests in flight, then jobs.
const stopWithin = 15 * time.Second

// app is the program wired together.
type app struct {
	api.Services
	Server *api.Server
	config Config
	log    *slog.Logger
}

// assemble opens the database and wires everything to it. It starts nothing. Without a mail server no job may run.
func assemble(ctx context.Context, c Config, secret []byte, log *slog.Logger) (*app, error) {
	kek, others, err := c.keks(ctx)
	if err != nil {
		return nil, err
	}
	core, err := services.Open(ctx, services.Settings{DatabaseURL: c.DatabaseURL, Secret: secret, KEK: kek, OtherKEKs: others, ReadConns: c.ReadConns, WriteConns: c.WriteConns, Log: log})
	if err != nil {
		return nil, err
	}
	var mailer notices.Mailer
	if c.SMTPHost != "" {
		if mailer, err = c.mailer(); err != nil {
			core.Close()
			return nil, err
		}
	}
	latest, err := migrations.Latest()
	if err != nil {
		core.Close()
		return nil, err
	}
	all := api.Assemble(core, api.Outside{Mailer: mailer, PublicURL: c.PublicURL, OrgName: c.OrgName, MailFrom: c.sender(), RepliesRead: c.MailReplyTo != "", Jitsi: c.jitsi(), ReviewShare: c.ReviewShare, StaffedHours: c.staffedHours()})
	server := api.New(api.Settings{Version: version, TrustedProxies: c.Proxies, Origins: c.Origins, Migration: latest, PerSecond: c.PerSecond, Log: log}, all)
	return &app{Services: all, Server: server, config: c, log: log}, nil
}

// staffedHours are those of the configuration, which was checked.
func (c Config) staffedHours() outreach.Hours {
	h, _ := outreach.ParseHours(c.StaffedHours)
	return h
}

func (c Config) sender() string {
	return (&mail.Address{Name: c.MailFromName, Address: c.MailFrom}).String()
}

func (c Config) mailer() (*smtp.Sender, error) {
	return smtp.New(smtp.Config{Host: c.SMTPHost, Port: c.SMTPPort, Username: c.SMTPUser, Password: c.SMTPPassword, TLS: c.SMTPTLS,
		From: c.sender(), ReplyTo: c.MailReplyTo})
}

// describe makes the API's description. No database is asked: routes are declared, never called.
func describe() ([]byte, error) {
	core := &services.Core{Clock: &services.Clock{}, Jobs: services.NewJobs(slog.New(slog.NewTextHandler(io.Discard, nil)))}
	return api.New(api.Settings{Version: version, PerSecond: 1, Log: slog.Default()}, api.Assemble(core, api.Outside{})).Spec()
}

// withServices runs one command against the database of the configuration.
func withServices(ctx context.Context, c Config, n need, do func(*app) error) error {
	if err := c.check(n); err != nil {
		return err
	}
	secret, err := c.secret()
	if err != nil {
		return err
	}
	a, err := assemble(ctx, c, secret, c.logger(os.Stderr))
	if err != nil {
		return err
	}
	defer a.Core.Close()
	return do(a)
}

// run serves until ctx ends, then lets what is under way finish: first the requests, then the jobs. listening is
// called when the API answers.
func (a *app) run(ctx context.Context, listening func()) error {
	// Latency is worth more than memory here, up to a bound that keeps the process small.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(100 << 20)
	}
	l, err := net.Listen("tcp", a.config.Addr)
	if err != nil {
		return fmt.Errorf("HOMEFRONT_ADDR: %w", err)
	}
	if err := a.Core.Start(context.WithoutCancel(ctx), a.config.Workers); err != nil {
		return err
	}
	watching, endWatching := context.WithCancel(context.WithoutCancel(ctx))
	var watchers sync.WaitGroup
	watchers.Go(func() { a.Core.WatchAudit(watching) })
	watchers.Go(func() { a.Accounts.Watch(watching) })
	metrics := a.serveMetrics()
	served := make(chan error, 1)
	go func() { served <- a.Server.App.Listener(l) }()
	listening()

	select {
	case err = <-served:
	case <-ctx.Done():
	}
	stopping, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	err = errors.Join(err, a.Server.Shutdown(stopping), a.Core.Jobs.Stop(stopping))
	endWatching()
	watchers.Wait()
	if metrics != nil {
		err = errors.Join(err, metrics.Close())
	}
	a.Core.Close()
	return err
}

// serveMetrics listens on a port of its own, which needs no token and so must not be the public one.
func (a *app) serveMetrics() *http.Server {
	if a.config.MetricsAddr == "" {
		return nil
	}
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(a.Server.Metrics(), promhttp.HandlerOpts{}))
	s := &http.Server{Addr: a.config.MetricsAddr, Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		if err := s.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
			a.log.Error("metrics are not served", "err", err)
		}
	}()
	return s
}

type serveCmd struct{}

func (serveCmd) Run(ctx context.Context, c Config) error {
	log := c.logger(os.Stdout)
	return withServices(ctx, c, needAll, func(a *app) error {
		if err := a.checkDatabase(ctx); err != nil {
			return err
		}
		a.warn(ctx, log)
		return a.run(ctx, func() { log.Info("serving", "addr", c.Addr, "version", version) })
	})
}

// warn says at every start what an operator should not forget.
func (a *app) warn(ctx context.Context, log *slog.Logger) {
	if a.config.StaffMFA == "off" {
		log.Warn("staff sign in with a password alone: HOMEFRONT_STAFF_MFA is off")
	}
	if a.config.MailReplyTo == "" {
		log.Warn("nobody reads replies to our mails: HOMEFRONT_MAIL_REPLY_TO is not set")
	}
	if n, err := a.Coaching.GlassReviewers(services.AsSystem(ctx, "serve")); err == nil && n < 2 {
		log.Warn("nobody could review it when an admin opens a member's notes in an emergency: make a second admin or a privacy officer")
	}
}

// checkDatabase refuses a database on which our promises would not hold: a role that could rewrite the audit log, a
// server that may lose what it acknowledged, a schema of another version.
func (a *app) checkDatabase(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, a.config.DatabaseURL)
	if err != nil {
		return errors.New("DATABASE_URL: the database does not answer")
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if latest, err := migrations.Latest(); err != nil {
		return err
	} else if err := a.Core.Ready(ctx, latest); err != nil {
		return fmt.Errorf("run 'homefront migrate up' first: %w", err)
	}
	if err := a.Core.CheckKEKs(ctx); err != nil {
		return fmt.Errorf("HOMEFRONT_KEK_PREVIOUS: %w", err)
	}
	var super, rewrites bool
	var fsync, commit, pages string
	err = conn.QueryRow(ctx, `select rolsuper or rolbypassrls, has_table_privilege('audit_log', 'UPDATE') or has_table_privilege('audit_log', 'DELETE'),
		current_setting('fsync'), current_setting('synchronous_commit'), current_setting('full_page_writes') from pg_roles where rolname = current_user`).
		Scan(&super, &rewrites, &fsync, &commit, &pages)
	switch {
	case err != nil:
		return err
	case super:
		return errors.New("DATABASE_URL: this role is a superuser; use a member of homefront_runtime and nothing more")
	case rewrites:
		return errors.New("DATABASE_URL: this role could rewrite the audit log; use a member of homefront_runtime that owns no tables")
	case fsync != "on" || commit == "off" || pages != "on":
		return errors.New("this PostgreSQL may lose what it acknowledged: fsync, full_page_writes and synchronous_commit must be on")
	}
	return nil
}
