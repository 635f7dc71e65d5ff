package services

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/gorm"

	"homefront/models"
)

const (
	attempts = 3 // of a transaction that lost a serialization race or a deadlock
	keyFor   = 24 * time.Hour
)

// Tx is one use case's transaction: one connection, seen by GORM (DB) and by pgx. What a step of another domain needs
// is here too, so that its writes, audit and jobs are this use case's.
type Tx struct {
	DB *gorm.DB

	core   *Core
	call   *Call
	ctx    context.Context
	conn   *pgx.Conn
	now    time.Time
	queue  []queued
	entry  auditDraft
	rank   LockRank
	failed error // why the transaction is broken, when the statement that shows it is a later one
}

type queued struct {
	sql  string
	args []any
	// check sees the command tag, for statements that must have touched a row.
	check func(pgconn.CommandTag) error
}

// Context carries the transaction's deadline and the call.
func (tx *Tx) Context() context.Context { return tx.ctx }

// Actor is who acts.
func (tx *Tx) Actor() *Actor { return tx.call.Actor }

// Call is the request that is served.
func (tx *Tx) Call() *Call { return tx.call }

// Now is the time of the whole use case: one request has one time.
func (tx *Tx) Now() time.Time { return tx.now }

// Keys seals and opens.
func (tx *Tx) Keys() *Keys { return tx.core.Keys }

// Queue sends a statement with the next one that needs an answer, or with COMMIT: an insert whose answer nobody waits
// for costs no round trip of its own. Its order among the other statements is kept; its error surfaces with them.
func (tx *Tx) Queue(sql string, args ...any) {
	tx.queue = append(tx.queue, queued{sql: sql, args: args})
}

// Batch sends what is queued together with the given statements in one round trip, and hands each answer to its scan.
// Each statement sees what the ones before it did, and what other transactions committed before it began: a count
// that follows the lock it depends on is therefore right.
func (tx *Tx) Batch(reads ...Statement) error {
	return tx.send(reads, false)
}

// Statement is a query of a Batch and what takes its rows.
type Statement struct {
	SQL  string
	Args []any
	Scan func(pgx.Rows) error
}

// Mutate runs one use case in one transaction: the change, its audit row, its jobs and its idempotent answer commit
// together or not at all. There is no other way to write. It retries serialization failures and deadlocks, so do must
// keep no state of its own. Inside Mutate, Mutate panics: another domain writes through steps that take tx.
//
// Errors: those of do; conflict idempotency_key_in_use while a twin still runs; invalid idempotency_key_reused when
// the key came with another body; unavailable when the database is out of reach or too busy.
func Mutate[T any](ctx context.Context, c *Core, action string, do func(*Tx) (T, error)) (T, error) {
	return transact(ctx, c, auditDraft{action: action, outcome: models.OutcomeDone}, do)
}

func transact[T any](ctx context.Context, c *Core, draft auditDraft, do func(*Tx) (T, error)) (result T, err error) {
	call, err := CallFrom(ctx)
	if err != nil {
		return result, err
	}
	if call.inside {
		panic("Mutate inside Mutate: " + draft.action)
	}
	if call.mutated && call.Method == "POST" {
		panic("a second Mutate in one POST: " + draft.action)
	}
	call.inside = true
	defer func() { call.inside = false }()
	for attempt := 1; ; attempt++ {
		result, err = once(ctx, c, call, draft, do)
		if err == nil || attempt == attempts || !lostRace(err) {
			call.mutated = true
			return result, translate(err)
		}
		time.Sleep(time.Duration(attempt) * (5 + time.Duration(rand.IntN(20))) * time.Millisecond) //nolint:gosec // jitter
	}
}

func lostRace(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}

func once[T any](ctx context.Context, c *Core, call *Call, draft auditDraft, do func(*Tx) (T, error)) (result T, err error) {
	ctx, cancel := context.WithTimeout(ctx, transactionTimeout)
	defer cancel()
	tx, release, err := begin(ctx, c, call, draft)
	if err != nil {
		return result, err
	}
	defer release()

	replay, err := tx.claimKey()
	if err != nil {
		return result, err
	}
	if replay != nil {
		call.Replayed = true
		return result, json.Unmarshal(replay, &result)
	}
	result, err = do(tx)
	if err != nil && tx.failed != nil {
		return result, tx.failed
	}
	if err != nil && !tx.entry.keepOn(err) {
		return result, err
	}
	if tx.entry.changes == nil && tx.entry.outcome == models.OutcomeDone {
		return result, fmt.Errorf("%s: a use case tells what it changed, by Changed or Unchanged", draft.action)
	}
	return commit(tx, result, err)
}

// begin takes a connection. BEGIN itself travels with the first statement.
func begin(ctx context.Context, c *Core, call *Call, draft auditDraft) (*Tx, func(), error) {
	wait, cancel := context.WithTimeout(ctx, acquireTimeout)
	defer cancel()
	conn, err := c.writeDB.Conn(wait)
	if err != nil {
		if wait.Err() != nil && ctx.Err() == nil {
			err = Unavailable(CodeBusy, "Many people are writing at once. Try again shortly.")
		}
		return nil, nil, err
	}
	tx := &Tx{core: c, call: call, ctx: ctx, now: c.Clock.Now(), entry: draft}
	if err := conn.Raw(func(driver any) error {
		tx.conn = driver.(*stdlib.Conn).Conn()
		return nil
	}); err != nil {
		_ = conn.Close()
		return nil, nil, err
	}
	tx.Queue("begin")
	session := c.writeGorm.Session(&gorm.Session{NewDB: true, Context: ctx})
	session.Statement.ConnPool = &flushing{Conn: conn, tx: tx}
	session.NowFunc = func() time.Time { return tx.now }
	tx.DB = session
	return tx, func() { tx.release(conn) }, nil
}

// release rolls back what was not committed and gives the connection back, usable or not: the pool drops a broken one.
func (tx *Tx) release(conn *sql.Conn) {
	if !tx.conn.IsClosed() && tx.conn.PgConn().TxStatus() != 'I' {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(tx.ctx), transactionTimeout)
		defer cancel()
		_, _ = tx.conn.Exec(ctx, "rollback")
	}
	_ = conn.Close()
}

// claimKey inserts the row of the idempotency key first of all, so that a twin waits for us to commit and then
// replays. It answers the stored answer when there is one.
func (tx *Tx) claimKey() ([]byte, error) {
	call := tx.call
	if call.IdempotencyKey == "" {
		return nil, nil
	}
	var mac, answer []byte
	tx.queue = append(tx.queue, queued{
		sql: `insert into idempotency_keys as k (account_id, method, path, key, body_mac, created_at) values ($1, $2, $3, $4, $5, $6)
			on conflict (account_id, method, path, key) do update set body_mac = excluded.body_mac, answer = null, created_at = excluded.created_at
			where k.created_at < $7`,
		args: []any{call.Actor.AccountID, call.Method, call.Path, call.IdempotencyKey, call.BodyMAC, tx.now, tx.now.Add(-keyFor)},
	})
	err := tx.Batch(Statement{
		SQL:  `select body_mac, answer from idempotency_keys where account_id = $1 and method = $2 and path = $3 and key = $4`,
		Args: []any{call.Actor.AccountID, call.Method, call.Path, call.IdempotencyKey},
		Scan: func(rows pgx.Rows) error { return scanOne(rows, &mac, &answer) },
	})
	switch {
	case err != nil:
		var pg *pgconn.PgError
		if errors.As(err, &pg) && pg.Code == "55P03" {
			return nil, Conflict(CodeKeyInUse, "A request with this Idempotency-Key is still running. Ask again shortly.")
		}
		return nil, err
	case string(mac) != string(call.BodyMAC):
		return nil, &Error{Kind: KindInvalid, Code: CodeKeyReused, Message: "This Idempotency-Key was used with another body.",
			Fields: []FieldError{{"header/Idempotency-Key", CodeKeyReused, "Use a new key for a new request."}}}
	}
	return answer, nil
}

// commit sends the audit row, the stored answer and COMMIT in one round trip with whatever is still queued.
func commit[T any](tx *Tx, result T, outcome error) (T, error) {
	if err := tx.writeAudit(); err != nil {
		return result, err
	}
	if tx.call.IdempotencyKey != "" && outcome == nil {
		answer, err := json.Marshal(result)
		if err != nil {
			return result, err
		}
		tx.Queue(`update idempotency_keys set answer = $5 where account_id = $1 and method = $2 and path = $3 and key = $4`,
			tx.call.Actor.AccountID, tx.call.Method, tx.call.Path, tx.call.IdempotencyKey, answer)
	}
	tx.Queue("commit")
	if err := tx.send(nil, true); err != nil {
		return result, err
	}
	// A disclosure is replayed only under a key; a page's total travels beside its JSON, in a header.
	if tx.core.decodeAnswers && outcome == nil && (tx.entry.outcome != models.OutcomeRead || tx.call.IdempotencyKey != "") {
		answer, err := json.Marshal(result)
		if err != nil {
			return result, err
		}
		var decoded T
		return decoded, json.Unmarshal(answer, &decoded)
	}
	return result, outcome
}

// send is one round trip: the queue, then the reads.
func (tx *Tx) send(reads []Statement, last bool) (err error) {
	if len(tx.queue) == 0 && len(reads) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	sent := tx.queue
	tx.queue = nil
	for _, q := range sent {
		batch.Queue(q.sql, q.args...)
	}
	for _, r := range reads {
		batch.Queue(r.SQL, r.Args...)
	}
	results := tx.conn.SendBatch(tx.ctx, batch)
	defer func() {
		if closed := results.Close(); err == nil {
			err = closed
		}
	}()
	for _, q := range sent {
		tag, err := results.Exec()
		if err != nil {
			return err
		}
		if q.check != nil {
			if err := q.check(tag); err != nil {
				return err
			}
		}
		if last && q.sql == "commit" && tag.String() != "COMMIT" {
			return errors.New("the transaction had failed before COMMIT")
		}
	}
	for _, r := range reads {
		rows, err := results.Query()
		if err != nil {
			return err
		}
		err = r.Scan(rows)
		rows.Close()
		if err = errors.Join(err, rows.Err()); err != nil {
			return err
		}
	}
	return nil
}

// scanOne takes the only row of an answer, or fails with pgx.ErrNoRows.
func scanOne(rows pgx.Rows, into ...any) error {
	if !rows.Next() {
		return errors.Join(rows.Err(), pgx.ErrNoRows)
	}
	return rows.Scan(into...)
}

// ScanOne is a Statement's scan for exactly one row; no row is NotFound(what).
func ScanOne(what string, into ...any) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		err := scanOne(rows, into...)
		if errors.Is(err, pgx.ErrNoRows) && rows.Err() == nil {
			return NotFound(what)
		}
		return err
	}
}

// RowsInto is a Statement's scan that collects all rows by the names of their columns.
func RowsInto[T any](into *[]T) func(pgx.Rows) error {
	return func(rows pgx.Rows) (err error) {
		*into, err = pgx.CollectRows(rows, pgx.RowToStructByNameLax[T])
		return err
	}
}

// flushing is the connection as GORM sees it: whatever is queued goes first, so that statements keep their order.
type flushing struct {
	*sql.Conn
	tx *Tx
}

func (f *flushing) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	if err := f.tx.send(nil, false); err != nil {
		return nil, err
	}
	return f.Conn.PrepareContext(ctx, query)
}

func (f *flushing) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if err := f.tx.send(nil, false); err != nil {
		return nil, err
	}
	return f.Conn.ExecContext(ctx, query, args...)
}

func (f *flushing) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := f.tx.send(nil, false); err != nil {
		return nil, err
	}
	return f.Conn.QueryContext(ctx, query, args...)
}

func (f *flushing) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if err := f.tx.send(nil, false); err != nil {
		f.tx.failed = err // database/sql cannot make a failed Row; the query fails after it, and this is why
	}
	return f.Conn.QueryRowContext(ctx, query, args...)
}

func (f *flushing) rows(ctx context.Context, query string, args ...any) (pgx.Rows, error) {
	if err := f.tx.send(nil, false); err != nil {
		return nil, err
	}
	return f.tx.conn.Query(ctx, query, args...)
}

// BeginTx refuses GORM's nested transactions: one use case is one transaction.
func (f *flushing) BeginTx(context.Context, *sql.TxOptions) (gorm.ConnPool, error) {
	return nil, errors.New("one use case is one transaction")
}

// CheckVersion compares the If-Match of the call with the version of the row that was read for update. It comes after
// the row is found to be visible, so that it tells nothing of a hidden one.
// Errors: unconditional when the header is missing, stale when it names another version.
func (tx *Tx) CheckVersion(version int) error {
	switch tx.call.IfMatch {
	case "":
		return &Error{Kind: KindUnconditional, Code: CodeIfMatchRequired, Message: "Send the record's ETag in If-Match, so that nobody's change is overwritten unseen."}
	case ETag(version), "*":
		return nil
	default:
		return &Error{Kind: KindStale, Code: CodeStale, Message: "Somebody changed this since you read it. Read it again, then repeat your change."}
	}
}

// ETag is the strong entity tag of a version.
func ETag(version int) string { return fmt.Sprintf(`"%d"`, version) }

// Enqueue puts a job in line in this transaction. A zero at means now; args hold ids only, never what they name.
func (tx *Tx) Enqueue(args JobArgs, at time.Time) error {
	return tx.EnqueueEach(Job{args, at})
}

// Job is work that is put in line for a time.
type Job struct {
	Args JobArgs
	At   time.Time
}

// EnqueueEach is Enqueue of many, in one statement.
func (tx *Tx) EnqueueEach(jobs ...Job) error {
	var bodies, kinds, states []string
	var attempts []int
	var times []time.Time
	for _, j := range jobs {
		body, err := json.Marshal(j.Args)
		if err != nil {
			return err
		}
		state, at := "available", tx.now
		if j.At.After(tx.now) {
			state, at = "scheduled", j.At
		}
		bodies, kinds, states = append(bodies, string(body)), append(kinds, j.Args.Kind()), append(states, state)
		attempts, times = append(attempts, tx.core.Jobs.maxAttempts(j.Args.Kind())), append(times, at)
	}
	if len(jobs) > 0 {
		tx.Queue(`insert into river_job (args, kind, max_attempts, priority, queue, scheduled_at, state, created_at)
			select j.args::jsonb, j.kind, j.attempts, 1, 'default', j.at, j.state::river_job_state, $6
			from unnest($1::text[], $2::text[], $3::int[], $4::timestamptz[], $5::text[]) j(args, kind, attempts, at, state)`, bodies, kinds, attempts, times, states, tx.now)
	}
	return nil
}

// Object and Subject add to whom and what the audit row names.
func (tx *Tx) Object(ids ...uuid.UUID) { tx.entry.objects = append(tx.entry.objects, ids...) }

// Subject names members the act is about.
func (tx *Tx) Subject(ids ...uuid.UUID) { tx.entry.subjects = append(tx.entry.subjects, ids...) }
