//go:build unix

package pgtest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"homefront/internal/pgembed"
)

// template is the migrated database that tests clone.
const template = "homefront_template"

// openWithin bounds the start of a test cluster, the build of the cached one by this or another process included.
const openWithin = 10 * time.Minute

// cluster is a running copy of the cached cluster.
type cluster struct {
	place  *place
	server *pgembed.Server
	admin  *pgxpool.Pool // the superuser's
}

// process holds the cluster of this process, which its first test opens.
var process struct {
	sync.Mutex
	opened  bool
	cluster *cluster
	err     error
}

func ours() (*cluster, error) {
	process.Lock()
	defer process.Unlock()
	if !process.opened {
		process.opened = true
		process.cluster, process.err = openFast(context.Background())
	}
	return process.cluster, process.err
}

func closeOurs() error {
	process.Lock()
	defer process.Unlock()
	if process.cluster == nil {
		return nil
	}
	err := process.cluster.close()
	process.cluster, process.err = nil, errors.New("the tests are over")
	return err
}

// openFast opens a cluster for New; its databases are made one by one.
func openFast(ctx context.Context) (*cluster, error) {
	return open(ctx, inMemory, pgembed.Options{Database: "postgres", Fast: true})
}

// openDurable opens a cluster with one migrated database. Its files are on disk, where syncing them means something.
func openDurable(ctx context.Context) (*cluster, error) {
	return open(ctx, onDisk, pgembed.Options{Template: template})
}

// open copies the cached cluster to a place and starts it there.
func open(ctx context.Context, where func(context.Context) (*place, error), o pgembed.Options) (_ *cluster, err error) {
	ctx, cancel := context.WithTimeout(ctx, openWithin)
	defer cancel()
	c := &cluster{}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.close())
		}
	}()
	if c.place, err = where(ctx); err != nil {
		return nil, err
	}
	if o.Programs, err = copyCached(ctx, c.place.dir); err != nil {
		return nil, err
	}
	o.Dir, o.Log = c.place.dir, logger()
	if c.server, err = pgembed.Start(ctx, o); err != nil {
		return nil, err
	}
	config, err := pgxpool.ParseConfig(c.server.DSN(pgembed.Superuser, "postgres"))
	if err != nil {
		return nil, err
	}
	config.MaxConns = 8
	c.admin, err = pgxpool.NewWithConfig(ctx, config)
	return c, err
}

// clone makes a database from the template. Copying files beats logging pages where nothing is synced.
func (c *cluster) clone(ctx context.Context, name string) error {
	_, err := c.admin.Exec(ctx, fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s STRATEGY file_copy OWNER %s", name, template, pgembed.OwnerRole))
	return err
}

func (c *cluster) drop(ctx context.Context, name string) error {
	_, err := c.admin.Exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
	return err
}

// close stops what was started and removes the files.
func (c *cluster) close() error {
	if c.admin != nil {
		c.admin.Close()
	}
	var err error
	if c.server != nil {
		err = c.server.Stop(context.Background())
	}
	if c.place != nil {
		err = errors.Join(err, c.place.leave())
	}
	return err
}

// logger shows what is wrong with PostgreSQL among the output of the tests.
func logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
}
