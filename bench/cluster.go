package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"

	"homefront/internal/pgembed"
	"homefront/migrations"
)

// cluster is the private PostgreSQL that both servers use, as durable as in production.
type cluster struct {
	*pgembed.Server
	dir string
}

// startCluster makes an empty, migrated database. What a killed bench left in the same place is ended and removed first.
func startCluster(ctx context.Context) (*cluster, error) {
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("homefront-bench-%d", os.Geteuid()))
	if err := pgembed.EndOrphan(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err := os.RemoveAll(dir); err != nil {
		return nil, err
	}
	pg, err := pgembed.Start(ctx, pgembed.Options{Dir: dir, Log: slog.New(slog.DiscardHandler), Settings: map[string]string{
		// Room for all of a run's writes: a checkpoint in one server's round and not in the other's would be noise.
		"max_wal_size": "8GB", "checkpoint_timeout": "1h",
	}})
	if err != nil {
		return nil, err
	}
	c := &cluster{pg, dir}
	err = migrations.Up(ctx, c.DSN(pgembed.OwnerRole, ""))
	if err == nil {
		err = c.GrantRuntime(ctx, "")
	}
	if err != nil {
		c.stop()
		return nil, err
	}
	return c, nil
}

func (c *cluster) stop() {
	_ = c.Stop(context.Background())
	_ = os.RemoveAll(c.dir)
}

func (c *cluster) super() string { return c.DSN(pgembed.Superuser, "") }

func (c *cluster) app() string { return c.DSN(pgembed.AppRole, "") }

// exec runs SQL as the superuser.
func (c *cluster) exec(ctx context.Context, sql string, args ...any) error {
	return c.with(ctx, func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, sql, args...)
		return err
	})
}

func (c *cluster) scan(ctx context.Context, sql string, args []any, into ...any) error {
	return c.with(ctx, func(conn *pgx.Conn) error { return conn.QueryRow(ctx, sql, args...).Scan(into...) })
}

func (c *cluster) with(ctx context.Context, do func(*pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, c.super())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	return do(conn)
}

// backends lists PostgreSQL's processes: the children of its first one.
func (c *cluster) backends() (pids []int) {
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	want := fmt.Sprint(c.PID())
	for _, d := range dirs {
		b, err := os.ReadFile(filepath.Join(d, "stat"))
		if err != nil {
			continue
		}
		// pid (comm) state ppid …; the name in brackets may hold spaces.
		rest := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
		if len(rest) > 1 && rest[1] == want {
			var pid int
			if _, err := fmt.Sscan(filepath.Base(d), &pid); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return append(pids, c.PID())
}
