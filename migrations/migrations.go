// Package migrations holds the schema, in order, and applies it. A migration that has been released is never edited:
// add the next number.
package migrations

import (
	"context"
	"database/sql"
	"embed"
	"fmt"

	_ "github.com/jackc/pgx/v5/stdlib" // the database/sql driver "pgx"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// Files are the migrations themselves; tests key their cached cluster by their content.
//
//go:embed *.sql
var Files embed.FS

// Status is one migration and whether the database has it.
type Status struct {
	Version int64
	Name    string
	Applied bool
}

// Up applies what is missing. The url is that of the owner role, which may create tables, roles and extensions.
// A session lock makes two starts at once safe: the second waits and finds nothing to do.
func Up(ctx context.Context, url string) error {
	return with(url, func(p *goose.Provider) error {
		_, err := p.Up(ctx)
		return err
	})
}

// List says for every migration in this binary whether the database has it.
func List(ctx context.Context, url string) ([]Status, error) {
	var out []Status
	err := with(url, func(p *goose.Provider) error {
		all, err := p.Status(ctx)
		for _, s := range all {
			out = append(out, Status{s.Source.Version, s.Source.Path, s.State == goose.StateApplied})
		}
		return err
	})
	return out, err
}

// Latest is the highest version in this binary.
func Latest() (int64, error) {
	sources, err := Files.ReadDir(".")
	if err != nil {
		return 0, err
	}
	return goose.NumericComponent(sources[len(sources)-1].Name())
}

func with(url string, do func(*goose.Provider) error) error {
	db, err := sql.Open("pgx", url)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, Files, goose.WithSessionLocker(locker))
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	return do(p)
}
