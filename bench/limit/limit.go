// Package limit is what the product is measured against: a server written by hand on Fiber and pgx that answers the same
// requests with the same bytes from the same tables, and does nothing else. It shares the product's check of access
// tokens with its cache, and the plain predicates of models; queries, encoding and headers are its own.
package limit

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/time/rate"

	"homefront/services"
	"homefront/services/accounts"
)

// Settings are those that the product runs with.
type Settings struct {
	DatabaseURL string
	Secret      []byte
	PublicURL   string
	Conns       int // of each pool
	PerSecond   int
}

// Server is the running limit.
type Server struct {
	App *fiber.App

	core          *services.Core // for the check of tokens alone
	accounts      *accounts.Service
	reads, writes *pgxpool.Pool
	cursorKey     []byte
	idempotentKey []byte
	buckets       *lru.Cache[uuid.UUID, *rate.Limiter]
	perSecond     int
	policy        string
	watching      sync.WaitGroup
	endWatching   func()
}

// New connects and declares the routes.
func New(ctx context.Context, s Settings) (*Server, error) {
	core, err := services.Open(ctx, services.Settings{DatabaseURL: s.DatabaseURL, Secret: s.Secret, ReadConns: 1, WriteConns: 1, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	l := &Server{core: core, perSecond: s.PerSecond}
	l.accounts = accounts.New(core, accounts.Settings{Issuer: s.PublicURL, Audience: s.PublicURL})
	var errs [5]error
	l.reads, errs[0] = pool(ctx, s)
	l.writes, errs[1] = pool(ctx, s)
	l.cursorKey, errs[2] = hkdf.Key(sha256.New, s.Secret, nil, "homefront/cursors", 32)
	l.idempotentKey, errs[3] = hkdf.Key(sha256.New, s.Secret, nil, "homefront/idempotency", 32)
	l.buckets, errs[4] = lru.New[uuid.UUID, *rate.Limiter](20_000)
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	l.policy = `"general";q=` + strconv.Itoa(4*s.PerSecond) + `;w=4`
	watch, end := context.WithCancel(context.WithoutCancel(ctx))
	l.endWatching = end
	l.watching.Go(func() { l.accounts.Watch(watch) })
	l.routes()
	return l, nil
}

func pool(ctx context.Context, s Settings) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(s.DatabaseURL)
	if err != nil {
		return nil, err
	}
	cfg.MaxConns, cfg.MinConns = int32(s.Conns), int32(s.Conns) //nolint:gosec // a handful
	for name, value := range map[string]string{"lock_timeout": "2000", "statement_timeout": "5000", "timezone": "UTC", "application_name": "limit",
		// Planning these queries takes longer than running them, and no argument changes the best plan.
		"plan_cache_mode": "force_generic_plan"} {
		cfg.ConnConfig.RuntimeParams[name] = value
	}
	return pgxpool.NewWithConfig(ctx, cfg)
}

// Shutdown ends it.
func (l *Server) Shutdown(ctx context.Context) error {
	err := l.App.ShutdownWithContext(ctx)
	l.endWatching()
	l.watching.Wait()
	l.reads.Close()
	l.writes.Close()
	l.core.Close()
	return err
}

func (l *Server) routes() {
	l.App = fiber.New(fiber.Config{
		DisableStartupMessage: true, StrictRouting: true, CaseSensitive: true, BodyLimit: 1 << 20, ReadBufferSize: 16 << 10,
		ReadTimeout: 15 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 75 * time.Second,
	})
	l.App.Get("/v1/workshops", l.signedIn(l.list))
	l.App.Get("/v1/workshops/:id", l.signedIn(l.get))
	l.App.Post("/v1/workshops/:id/registrations", l.signedIn(l.register))
	l.App.Post("/bare/v1/workshops/:id/registrations", l.signedIn(l.registerBare))
}

type handler func(*fiber.Ctx, *services.Actor) error

// signedIn sets the headers that every answer has, and asks who it is.
func (l *Server) signedIn(next handler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		h := &c.Response().Header
		h.Set("X-Request-Id", uuid.NewString())
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		scheme, token, _ := strings.Cut(c.Get("Authorization"), " ")
		if scheme != "Bearer" {
			return fiber.ErrUnauthorized
		}
		actor, err := l.accounts.Authenticate(context.Background(), token)
		if err != nil {
			return fiber.ErrUnauthorized
		}
		if !l.take(c, actor.AccountID) {
			return fiber.ErrTooManyRequests
		}
		err = next(c, actor)
		if errors.Is(err, pgx.ErrNoRows) {
			return fiber.ErrNotFound
		}
		return err
	}
}

func (l *Server) take(c *fiber.Ctx, account uuid.UUID) bool {
	bucket, ok := l.buckets.Get(account)
	if !ok {
		bucket = rate.NewLimiter(rate.Limit(l.perSecond), 4*l.perSecond)
		l.buckets.Add(account, bucket)
	}
	allowed := bucket.Allow()
	left := max(0, int(bucket.Tokens()))
	var b [64]byte
	text := strconv.AppendInt(append(b[:0], `"general";r=`...), int64(left), 10)
	text = strconv.AppendInt(append(text, `;t=`...), int64((4*l.perSecond-left+l.perSecond-1)/l.perSecond), 10)
	c.Response().Header.Set("RateLimit-Policy", l.policy)
	c.Response().Header.SetBytesV("RateLimit", text)
	return allowed
}

func send(c *fiber.Ctx, status int, body []byte) error {
	c.Response().SetStatusCode(status)
	c.Response().Header.SetContentType("application/json; charset=utf-8")
	c.Response().SetBodyRaw(body)
	return nil
}
