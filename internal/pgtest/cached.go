//go:build unix

package pgtest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"homefront/internal/pgembed"
	"homefront/migrations"
)

// layout is part of the key; raise it when the way a cluster is built changes.
const layout = "1"

// keepClusters is how many clusters stay in the cache; the least recently used go.
const keepClusters = 4

const clusterPrefix = "cluster-"

// Fingerprint is a hash over the names and contents of migrations: equal when they make the same schema.
func Fingerprint(files fs.FS) (string, error) {
	h := sha256.New()
	err := fs.WalkDir(files, ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := fs.ReadFile(files, path)
		_, _ = fmt.Fprintf(h, "%d %s %d\n", len(path), path, len(b))
		h.Write(b)
		return err
	})
	return hex.EncodeToString(h.Sum(nil)), err
}

// copyCached fills dir with the cached cluster, building that first when there is none, and returns the programs to run
// it with.
func copyCached(ctx context.Context, dir string) (programs string, err error) {
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	p, err := pgembed.Find(ctx, pgembed.Options{Cache: os.Getenv(cacheVariable), Programs: os.Getenv("HOMEFRONT_TEST_PROGRAMS")})
	if err != nil {
		return "", err
	}
	schema, err := Fingerprint(migrations.Files)
	if err != nil {
		return "", err
	}
	key := sha256.Sum256([]byte(layout + "\n" + p.Dir + "\n" + p.Version + "\n" + schema))
	cached := filepath.Join(cache, clusterPrefix+hex.EncodeToString(key[:12]))
	for {
		copied, err := copyWhenThere(ctx, cached, dir)
		if copied || err != nil {
			return p.Dir, err
		}
		if err := buildOnce(ctx, cached, p.Dir); err != nil {
			return "", err
		}
	}
}

// cacheVariable names the cache directory, for clusters and fetched programs both.
const cacheVariable = "HOMEFRONT_CACHE"

// cacheDir is where clusters are kept.
func cacheDir() (string, error) {
	dir := os.Getenv(cacheVariable)
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			user = filepath.Join(os.TempDir(), fmt.Sprintf("homefront-cache-%d", os.Geteuid()))
		}
		dir = filepath.Join(user, "homefront")
	}
	return dir, os.MkdirAll(dir, 0o700)
}

func cacheLock(cached string) string { return filepath.Join(filepath.Dir(cached), "clusters.lock") }

// copyWhenThere copies the cached cluster under a lock that keeps others from removing it.
func copyWhenThere(ctx context.Context, cached, dir string) (bool, error) {
	lock, err := pgembed.WaitShared(ctx, cacheLock(cached))
	if err != nil {
		return false, err
	}
	defer lock.Unlock()
	if _, err := os.Stat(cached); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		return false, err
	}
	now := time.Now()
	_ = os.Chtimes(cached, now, now) // when it was last used
	return true, copyTree(ctx, cached, dir)
}

// buildOnce builds the cluster unless another process did while we waited, and renames it into place when complete.
func buildOnce(ctx context.Context, cached, programs string) error {
	lock, err := pgembed.WaitLock(ctx, cacheLock(cached))
	if err != nil {
		return err
	}
	defer lock.Unlock()
	if _, err := os.Stat(cached); err == nil {
		return nil
	}
	prune(filepath.Dir(cached))
	p, err := inMemory(ctx)
	if err != nil {
		return err
	}
	err = build(ctx, p.dir, programs)
	if err == nil {
		err = store(ctx, p.dir, cached)
	}
	return errors.Join(err, p.leave())
}

// store copies a stopped cluster into the cache.
func store(ctx context.Context, from, cached string) error {
	tmp, err := os.MkdirTemp(filepath.Dir(cached), "new-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(tmp) }()
	if err := copyTree(ctx, from, tmp); err != nil {
		return err
	}
	return os.Rename(tmp, cached)
}

// build makes a cluster in dir whose template database is migrated and closed to connections, and stops it.
func build(ctx context.Context, dir, programs string) (err error) {
	s, err := pgembed.Start(ctx, pgembed.Options{Dir: dir, Programs: programs, Database: template, Fast: true, Log: logger()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Stop(context.WithoutCancel(ctx))) }()
	if err := migrations.Up(ctx, s.DSN(pgembed.OwnerRole, template)); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if err := s.GrantRuntime(ctx, template); err != nil && !errors.Is(err, pgembed.ErrNoRuntimeGroup) {
		return err
	}
	return finish(ctx, s)
}

// finish gathers the planner's statistics, which no autovacuum will, and closes the template.
func finish(ctx context.Context, s *pgembed.Server) error {
	if err := execute(ctx, s, template, "VACUUM (ANALYZE, FREEZE)"); err != nil {
		return err
	}
	return execute(ctx, s, "postgres", "ALTER DATABASE "+template+" IS_TEMPLATE true ALLOW_CONNECTIONS false")
}

func execute(ctx context.Context, s *pgembed.Server, db, sql string) error {
	c, err := pgx.Connect(ctx, s.DSN(pgembed.Superuser, db))
	if err != nil {
		return err
	}
	_, err = c.Exec(ctx, sql)
	return errors.Join(err, c.Close(ctx))
}

// prune removes the clusters not used lately and what killed builds left. The caller holds the cache's lock.
func prune(cache string) {
	left, _ := filepath.Glob(filepath.Join(cache, "new-*"))
	all, _ := filepath.Glob(filepath.Join(cache, clusterPrefix+"*"))
	slices.SortFunc(all, func(a, b string) int { return cmp.Compare(usedAt(b), usedAt(a)) })
	if len(all) >= keepClusters {
		left = append(left, all[keepClusters-1:]...)
	}
	for _, dir := range left {
		_ = os.RemoveAll(dir)
	}
}

func usedAt(dir string) int64 {
	st, err := os.Stat(dir)
	if err != nil {
		return 0
	}
	return st.ModTime().UnixNano()
}

// transient are the parts of a cluster's directory that belong to one run.
func transient(rel string) bool {
	return rel == "lock" || rel == "run" || strings.HasPrefix(rel, "run"+string(filepath.Separator))
}

// copyTree copies directories and files below from into the directory to, which exists.
func copyTree(ctx context.Context, from, to string) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	err := filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil || rel == "." || transient(rel) {
			return err
		}
		target := filepath.Join(to, rel)
		if e.IsDir() {
			return os.Mkdir(target, 0o700)
		}
		g.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return copyFile(path, target)
		})
		return nil
	})
	return errors.Join(err, g.Wait())
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
