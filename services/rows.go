package services

import (
	"context"
	"database/sql"
	"errors"
	"reflect"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// Rows runs a query that GORM has built, and collects what GORM's Find would, at most so many: a column goes to the field
// of its name, what has no field is left out, and NULL leaves a field as it is. The rows come from pgx itself: through
// database/sql and GORM's own scanning a list costs twice the processor time.
func Rows[T any](q *gorm.DB, most int) ([]T, error) {
	out := make([]T, 0, most)
	query, err := built(q.Limit(most), &out)
	if err != nil {
		return nil, err
	}
	rows, err := q.Statement.ConnPool.(speaksPGX).rows(query.Context, query.SQL.String(), query.Vars...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	return collected(query, rows, out)
}

// Find is a Statement of a Batch for a query that GORM has built: it collects what Rows would.
func Find[T any](q *gorm.DB, into *[]T) (Statement, error) {
	query, err := built(q, into)
	return Statement{SQL: query.SQL.String(), Args: query.Vars, Scan: func(rows pgx.Rows) (err error) {
		*into, err = collected(query, rows, (*into)[:0])
		return err
	}}, err
}

// built is what GORM would send to fill a list.
func built[T any](q *gorm.DB, list *[]T) (*gorm.Statement, error) {
	dry := q.Session(&gorm.Session{DryRun: true}).Find(list)
	return dry.Statement, errors.Join(dry.Error, dry.Statement.Parse(list)) // the query may have been built on another model
}

// collected adds rows to a list.
func collected[T any](query *gorm.Statement, rows pgx.Rows, out []T) ([]T, error) {
	columns := rows.FieldDescriptions()
	fields := make([]*schema.Field, len(columns))
	for i := range columns {
		fields[i] = query.Schema.LookUpField(columns[i].Name)
	}
	into := make([]any, len(columns))
	for rows.Next() {
		out = append(out, *new(T))
		row := reflect.ValueOf(&out[len(out)-1]).Elem()
		for i, value := range rows.RawValues() {
			into[i] = nil // pgx leaves it out
			if fields[i] != nil && value != nil {
				into[i] = fields[i].ReflectValueOf(query.Context, row).Addr().Interface()
			}
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
	}
	return out, rows.Err()
}

// speaksPGX is a connection as GORM sees it that also hands out pgx's own rows.
type speaksPGX interface {
	gorm.ConnPool
	rows(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// pooled is the pool.
type pooled struct {
	*sql.DB
	pool *pgxpool.Pool
}

func (p pooled) rows(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return p.pool.Query(ctx, sql, args...)
}

// BeginTx implements gorm.ConnPoolBeginner, for reads that need a setting of their own. Their statements keep ctx's deadline;
// the transaction does not have it, as database/sql would roll back at that moment, from another goroutine, on the
// connection that rows reads from.
func (p pooled) BeginTx(ctx context.Context, options *sql.TxOptions) (gorm.ConnPool, error) {
	conn, err := p.Conn(ctx)
	if err != nil {
		return nil, err
	}
	tx := &pooledTx{conn: conn}
	err = conn.Raw(func(driver any) error {
		tx.below = driver.(*stdlib.Conn).Conn()
		return nil
	})
	if err == nil {
		tx.Tx, err = conn.BeginTx(context.WithoutCancel(ctx), options)
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return tx, nil
}

// pooledTx is a transaction on a connection of the pool.
type pooledTx struct {
	*sql.Tx
	conn  *sql.Conn
	below *pgx.Conn // the same connection
}

func (t *pooledTx) rows(ctx context.Context, query string, args ...any) (pgx.Rows, error) {
	return t.below.Query(ctx, query, args...)
}

// Commit ends the transaction and gives the connection back.
func (t *pooledTx) Commit() error { return errors.Join(t.Tx.Commit(), t.conn.Close()) }

// Rollback ends the transaction and gives the connection back.
func (t *pooledTx) Rollback() error { return errors.Join(t.Tx.Rollback(), t.conn.Close()) }
