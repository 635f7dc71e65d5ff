//go:build unix

package pgtest

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Dump is every row of every table as text, by table: what somebody who holds the whole database reads.
func (db *DB) Dump(t testing.TB) map[string]string {
	t.Helper()
	c, err := pgx.Connect(context.Background(), db.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(context.Background()) }()
	rows, err := c.Query(context.Background(), `select quote_ident(schemaname) || '.' || quote_ident(tablename) from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, table := range tables {
		var all string
		if err := c.QueryRow(context.Background(), `select coalesce(string_agg(x::text, E'\n'), '') from `+table+` x`).Scan(&all); err != nil {
			t.Fatal(err)
		}
		out[table] = all
	}
	return out
}
