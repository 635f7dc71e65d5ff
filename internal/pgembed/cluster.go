//go:build unix

package pgembed

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/jackc/pgx/v5"
)

// ErrNoRuntimeGroup is wrapped by GrantRuntime when no migration has made the group yet.
var ErrNoRuntimeGroup = errors.New("the group " + RuntimeGroup + " does not exist: apply the migrations first")

const scratchPrefix = "initdb-"

// dataMajor is the major version that made the data, "" when there is none.
func dataMajor(data string) string {
	b, _ := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	return strings.TrimSpace(string(b))
}

// checkOwner gives an ordinary user a plain reason, where PostgreSQL would fail half way through a start.
func checkOwner(data string) error {
	st, err := os.Stat(data)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if uid := ownerOf(st); os.Geteuid() != 0 && uid != os.Geteuid() {
		return fmt.Errorf("%s belongs to the user with id %d, this server runs as %d: start it as that user, or give the directory to this one (chown -R)", data, uid, os.Geteuid())
	}
	return nil
}

// loadSecret reads the secret, or makes it while there is no data that needs the old one.
func loadSecret(dir string) ([]byte, error) {
	path := filepath.Join(dir, "secret")
	b, err := os.ReadFile(path)
	if err == nil && len(b) > 0 {
		return b, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if dataMajor(dataDir(dir)) != "" {
		return nil, fmt.Errorf("%s is missing or empty, and the passwords of the data beside it derive from it: restore it from a backup", path)
	}
	secret := []byte(rand.Text())
	return secret, writeDurably(path, secret)
}

// writeDurably replaces a file so that after a power cut it is whole, or not there.
func writeDurably(path string, b []byte) error {
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// makeCluster runs initdb in a scratch directory and renames the result, so that data is either absent or complete.
func (s *Server) makeCluster(ctx context.Context) error {
	s.clearScratch()
	if dataMajor(s.data()) != "" {
		return s.as.own(s.data())
	}
	if entries, _ := os.ReadDir(s.data()); len(entries) > 0 {
		return fmt.Errorf("%s is not empty and holds no PostgreSQL data: it was not touched; move it away or choose another directory", s.data())
	}
	scratch, err := os.MkdirTemp(s.opt.Dir, scratchPrefix)
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	if err := s.initdb(ctx, scratch); err != nil {
		return err
	}
	if err := os.Remove(s.data()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(filepath.Join(scratch, "data"), s.data()); err != nil {
		return err
	}
	return syncDir(s.opt.Dir)
}

// clearScratch removes what starts killed within initdb left; none of it was ever a cluster in use.
func (s *Server) clearScratch() {
	left, _ := filepath.Glob(filepath.Join(s.opt.Dir, scratchPrefix+"*"))
	for _, dir := range left {
		_ = os.RemoveAll(dir)
	}
}

func (s *Server) initdb(ctx context.Context, scratch string) error {
	pwfile := filepath.Join(scratch, "password")
	if err := os.WriteFile(pwfile, []byte(s.password(Superuser)), 0o600); err != nil {
		return err
	}
	if err := s.as.own(scratch); err != nil {
		return err
	}
	args := append([]string{
		"-D", filepath.Join(scratch, "data"), "-U", Superuser, "--pwfile=" + pwfile, "-A", "scram-sha-256", "-E", "UTF8",
	}, localeArgs(s.programs.Major)...)
	if s.opt.Fast {
		args = append(args, "--no-sync")
	}
	cmd := exec.CommandContext(ctx, filepath.Join(s.programs.Dir, "initdb"), args...)
	out, err := s.as.run(cmd)
	if err != nil {
		return fmt.Errorf("initdb as %s: %w: %s", s.as, err, strings.TrimSpace(string(out)))
	}
	return nil
}

// localeArgs ask for code point order and Unicode character classes, the same on every machine. From 17 on PostgreSQL
// brings them itself; before, the C library must have C.UTF-8, which Linux has.
func localeArgs(major string) []string {
	switch {
	case major >= "17":
		return []string{"--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"}
	case runtime.GOOS == "linux":
		return []string{"--locale=C.UTF-8"}
	default:
		return []string{"--locale=C"}
	}
}

// makeRoles makes the login roles and the database where they are missing: each start asks, as the first may have been
// killed half way.
func (s *Server) makeRoles(ctx context.Context) error {
	return s.asSuperuser(ctx, "postgres", func(c *pgx.Conn) error {
		for role, attributes := range map[string]string{OwnerRole: "CREATEROLE", AppRole: ""} {
			create := fmt.Sprintf("CREATE ROLE %s LOGIN %s PASSWORD '%s'", role, attributes, s.password(role))
			if err := unless(ctx, c, "SELECT FROM pg_roles WHERE rolname = $1", role, create); err != nil {
				return fmt.Errorf("role %s: %w", role, err)
			}
		}
		create := "CREATE DATABASE " + pgx.Identifier{s.opt.Database}.Sanitize() + " OWNER " + OwnerRole
		if s.opt.Template != "" {
			create += " TEMPLATE " + pgx.Identifier{s.opt.Template}.Sanitize()
		}
		if err := unless(ctx, c, "SELECT FROM pg_database WHERE datname = $1", s.opt.Database, create); err != nil {
			return fmt.Errorf("database %s: %w", s.opt.Database, err)
		}
		return nil
	})
}

// unless runs create when query finds no row for name.
func unless(ctx context.Context, c *pgx.Conn, query, name, create string) error {
	var found bool
	if err := c.QueryRow(ctx, "SELECT EXISTS ("+query+")", name).Scan(&found); err != nil || found {
		return err
	}
	_, err := c.Exec(ctx, create)
	return err
}

// GrantRuntime makes the runtime role a member of the group that the migrations of db created. Doing it again changes
// nothing. Errors: ErrNoRuntimeGroup, or the database's.
func (s *Server) GrantRuntime(ctx context.Context, db string) error {
	if db == "" {
		db = s.opt.Database
	}
	return s.asSuperuser(ctx, db, func(c *pgx.Conn) error {
		var made, member bool
		err := c.QueryRow(ctx, `SELECT count(g.oid) > 0, coalesce(bool_or(m.member IS NOT NULL), false)
			FROM pg_roles g LEFT JOIN pg_auth_members m ON m.roleid = g.oid AND m.member = $2::regrole
			WHERE g.rolname = $1`, RuntimeGroup, AppRole).Scan(&made, &member)
		switch {
		case err != nil:
			return fmt.Errorf("grant %s: %w", RuntimeGroup, err)
		case !made:
			return ErrNoRuntimeGroup
		case member:
			return nil
		}
		if _, err := c.Exec(ctx, "GRANT "+RuntimeGroup+" TO "+AppRole); err != nil {
			return fmt.Errorf("grant %s: %w", RuntimeGroup, err)
		}
		return nil
	})
}

func (s *Server) asSuperuser(ctx context.Context, db string, do func(*pgx.Conn) error) error {
	c, err := pgx.Connect(ctx, s.DSN(Superuser, db))
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
	return do(c)
}
