// Package services is the spine: one way to read, one way to write, who may, what is audited.
// The use cases of each domain live in the packages below it.
package services

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// Deadlines of the runtime role. A write may wait this long for a lock, a statement may run this long, and no
// transaction of ours lives longer than transactionTimeout.
const (
	lockTimeout        = "2000" // milliseconds
	statementTimeout   = "5000" // milliseconds
	transactionTimeout = 5 * time.Second
	acquireTimeout     = 2 * time.Second
)

var errClosed = sql.ErrConnDone

// Settings is what Core needs of the configuration.
type Settings struct {
	DatabaseURL string
	Secret      []byte // 32 bytes
	// KEK wraps the keys of people, in place of one derived from the secret. OtherKEKs open what they wrapped: those before it, and
	// the next one, which every replica has to know before the first of them uses it.
	KEK        []byte
	OtherKEKs  [][]byte
	ReadConns  int // connections for reads; writes have as many of their own
	WriteConns int
	Log        *slog.Logger
	// DecodeAnswers makes Mutate return what its stored answer decodes to, first time and replay alike. Tests set it,
	// so that a result type that loses something in JSON fails everywhere and not only on a replay.
	DecodeAnswers bool
	// Tracer, when set, sees every statement of both pools.
	Tracer pgx.QueryTracer
}

// Core is what every use case stands on. Reads and writes have a pool each: with one pool, a crowd waiting for one
// workshop's lock takes every connection, and an unrelated read waits with them.
type Core struct {
	Clock *Clock
	Keys  *Keys
	Jobs  *Jobs
	Log   *slog.Logger

	reads, writes   *pgxpool.Pool
	readDB, writeDB *sql.DB
	readGorm        *gorm.DB
	writeGorm       *gorm.DB
	decodeAnswers   bool
}

// Open connects both pools. It fails when the secret is too short or the database does not answer within ctx.
func Open(ctx context.Context, s Settings) (*Core, error) {
	keys, err := NewKeys(s.Secret)
	if err != nil {
		return nil, err
	}
	if err := keys.wrapBy(s.KEK, s.OtherKEKs); err != nil {
		return nil, err
	}
	c := &Core{Clock: &Clock{}, Keys: keys, Jobs: NewJobs(s.Log), Log: s.Log, decodeAnswers: s.DecodeAnswers}
	if c.reads, c.readDB, c.readGorm, err = pool(ctx, s, s.ReadConns); err != nil {
		return nil, err
	}
	if c.writes, c.writeDB, c.writeGorm, err = pool(ctx, s, s.WriteConns); err != nil {
		c.reads.Close()
		return nil, err
	}
	return c, nil
}

// Close gives the connections back to the operating system.
func (c *Core) Close() {
	_ = c.readDB.Close()
	_ = c.writeDB.Close()
	c.reads.Close()
	c.writes.Close()
}

// Writes is the pool of writes, for what must speak pgx itself: the job queue.
func (c *Core) Writes() *pgxpool.Pool { return c.writes }

// Ready says whether the database answers and holds migration version.
func (c *Core) Ready(ctx context.Context, version int64) error {
	var have int64
	ctx, cancel := context.WithTimeout(ctx, acquireTimeout)
	defer cancel()
	if err := c.reads.QueryRow(ctx, "select coalesce(max(version_id), 0) from goose_db_version where is_applied").Scan(&have); err != nil {
		return err
	}
	if have < version {
		return fmt.Errorf("the database holds migration %d, this program needs %d", have, version)
	}
	return nil
}

// NewID makes an identifier whose order is that of time (UUIDv7, RFC 9562).
func NewID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

func pool(ctx context.Context, s Settings, conns int) (*pgxpool.Pool, *sql.DB, *gorm.DB, error) {
	cfg, err := pgxpool.ParseConfig(s.DatabaseURL)
	if err != nil {
		return nil, nil, nil, errors.New("the database URL cannot be read") // pgx's own words may hold the password
	}
	cfg.MaxConns, cfg.MinConns = int32(conns), int32(conns) //nolint:gosec // configuration bounds it to 1..100
	cfg.ConnConfig.RuntimeParams["lock_timeout"] = lockTimeout
	cfg.ConnConfig.RuntimeParams["statement_timeout"] = statementTimeout
	cfg.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "10000"
	cfg.ConnConfig.RuntimeParams["timezone"] = "UTC"
	cfg.ConnConfig.RuntimeParams["application_name"] = "homefront"
	// Each connection plans a statement once. To plan one workshop's page for its id takes five times as long as to run it.
	cfg.ConnConfig.RuntimeParams["plan_cache_mode"] = "force_generic_plan"
	cfg.ConnConfig.ConnectTimeout = acquireTimeout
	cfg.AfterConnect = teachTypes
	cfg.ConnConfig.Tracer = s.Tracer
	cfg.HealthCheckPeriod = time.Second // a database that came back is found within a second
	p, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, nil, nil, err
	}
	if err := p.Ping(ctx); err != nil {
		p.Close()
		return nil, nil, nil, fmt.Errorf("the database does not answer: %w", err)
	}
	db := stdlib.OpenDBFromPool(p)
	// The pool queues first come first served; database/sql would pick waiters at random.
	db.SetMaxOpenConns(0)
	db.SetMaxIdleConns(0)
	g, err := gorm.Open(postgres.New(postgres.Config{Conn: pooled{db, p}}), &gorm.Config{
		SkipDefaultTransaction: true,
		Logger:                 logger.Discard,
		NowFunc:                func() time.Time { panic("GORM must not take the time: set it from the clock") },
	})
	if err != nil {
		p.Close()
		return nil, nil, nil, err
	}
	return p, db, g, nil
}
