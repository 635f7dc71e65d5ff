package services_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/models"
	"homefront/services"
)

func (f fixture) count(t *testing.T, sql string, args ...any) (n int) {
	t.Helper()
	f.db.Super(t, func(c *pgx.Conn) error { return c.QueryRow(t.Context(), sql, args...).Scan(&n) })
	return n
}

func (f fixture) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	f.db.Super(t, func(c *pgx.Conn) error { _, err := c.Exec(t.Context(), sql, args...); return err })
}

func create(ctx context.Context, c *services.Core, then func(tx *services.Tx) error) (*thing, error) {
	return services.Mutate(ctx, c, "thing.create", func(tx *services.Tx) (*thing, error) {
		row := newThing(tx.Now())
		if err := tx.DB.Create(&row).Error; err != nil {
			return nil, err
		}
		tx.Changed(nil, row)
		if err := tx.Enqueue(noop{row.ID}, time.Time{}); err != nil {
			return nil, err
		}
		if then != nil {
			if err := then(tx); err != nil {
				return nil, err
			}
		}
		return &row, nil
	})
}

func TestMutateCommitsEverythingTogether(t *testing.T) {
	f := open(t)
	row, err := create(call(&services.Call{RequestID: "r1", Address: "192.0.2.7"}), f.Core, nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := f.count(t, `select count(*) from subject_keys where id = $1`, row.ID); n != 1 {
		t.Errorf("%d rows, want 1", n)
	}
	if n := f.count(t, `select count(*) from river_job where args ->> 'id' = $1 and state = 'available'`, row.ID.String()); n != 1 {
		t.Errorf("%d jobs, want 1", n)
	}
	n := f.count(t, `select count(*) from audit_log where action = 'thing.create' and outcome = 'done' and request_id = 'r1' and address = '192.0.2.7'
		and objects = array[$1::uuid] and subjects = array[$2::uuid] and account_id = $3 and roles = '{coordinator}'
		and changes #>> '{0,table}' = 'subject_keys' and changes #>> '{0,values,current,1}' = 'true' and changes #>> '{0,columns,0}' = 'wrapped'`,
		row.ID, row.MemberID, alice.AccountID)
	if n != 1 {
		t.Errorf("%d audit rows that tell it right, want 1", n)
	}
	if n := f.count(t, `select count(*) from audit_log where changes::text like '%d3JhcHBlZA%'`); n != 0 {
		t.Error("the audit log holds a value that is not of class none")
	}
}

func TestMutateLeavesNothingBehind(t *testing.T) {
	f := open(t)
	boom := errors.New("boom")
	cases := map[string]func(tx *services.Tx) error{
		"error": func(*services.Tx) error { return boom },
		"a statement that fails at COMMIT": func(tx *services.Tx) error {
			tx.Queue(`insert into audit_chain (seq, audit_id, hash) values (1, $1, 'short')`, services.NewID())
			return nil
		},
	}
	for name, then := range cases {
		if _, err := create(call(&services.Call{}), f.Core, then); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	func() {
		defer func() { _ = recover() }()
		_, _ = create(call(&services.Call{}), f.Core, func(*services.Tx) error { panic("boom") })
	}()
	for _, table := range []string{"subject_keys", "river_job", "audit_log"} {
		if n := f.count(t, `select count(*) from `+table); n != 0 {
			t.Errorf("%s holds %d rows of failed use cases", table, n)
		}
	}
	if _, err := create(call(&services.Call{}), f.Core, nil); err != nil {
		t.Errorf("after failures: %v", err)
	}
}

func TestMutateMustTellWhatChanged(t *testing.T) {
	f := open(t)
	_, err := services.Mutate(call(&services.Call{}), f.Core, "thing.silent", func(*services.Tx) (int, error) { return 1, nil })
	if err == nil {
		t.Error("a use case that tells nothing was accepted")
	}
	if _, err := services.Mutate(context.Background(), f.Core, "thing.create", func(*services.Tx) (int, error) { return 1, nil }); err == nil {
		t.Error("a use case without an actor was accepted")
	}
}

func TestMutateInsideMutatePanics(t *testing.T) {
	f := open(t)
	ctx := call(&services.Call{})
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	_, _ = create(ctx, f.Core, func(*services.Tx) error {
		_, err := create(ctx, f.Core, nil)
		return err
	})
}

func TestQueuedStatementsKeepTheirOrder(t *testing.T) {
	f := open(t)
	row := newThing(f.Clock.Now())
	_, err := services.Mutate(call(&services.Call{}), f.Core, "thing.order", func(tx *services.Tx) (int, error) {
		tx.Queue(`insert into subject_keys (id, member_id, wrapped, created_at) values ($1, $2, $3, $4)`, row.ID, row.MemberID, row.Wrapped, tx.Now())
		var seen thing
		if err := tx.DB.Where("id = ?", row.ID).Take(&seen).Error; err != nil {
			return 0, err
		}
		tx.Queue(`delete from subject_keys where id = $1`, row.ID)
		var left int
		err := tx.Batch(services.Statement{SQL: `select count(*) from subject_keys where id = $1`, Args: []any{row.ID}, Scan: services.ScanOne("thing", &left)})
		tx.Unchanged()
		return left, err
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := f.count(t, `select count(*) from subject_keys`); n != 0 {
		t.Errorf("%d rows left, want 0", n)
	}
}

func TestSameKeyFiftyTimesAtOnce(t *testing.T) {
	f := open(t)
	answers, replays := make([]uuid.UUID, 50), atomic.Int32{}
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() {
			c := &services.Call{Method: "POST", Path: "/v1/things", IdempotencyKey: "k", BodyMAC: []byte("m")}
			row, err := create(call(c), f.Core, nil)
			if err != nil {
				t.Errorf("call %d: %v", i, err)
				return
			}
			answers[i] = row.ID
			if c.Replayed {
				replays.Add(1)
			}
		})
	}
	wg.Wait()
	for _, id := range answers {
		if id != answers[0] {
			t.Fatalf("answers differ: %s and %s", id, answers[0])
		}
	}
	if n := f.count(t, `select count(*) from subject_keys`); n != 1 || replays.Load() != 49 {
		t.Errorf("%d rows and %d replays, want 1 and 49", n, replays.Load())
	}
}

func TestIdempotencyKeys(t *testing.T) {
	f := open(t)
	post := func(key, mac, path string, who *services.Actor) (*thing, *services.Call, error) {
		c := &services.Call{Actor: who, Method: "POST", Path: path, IdempotencyKey: key, BodyMAC: []byte(mac)}
		row, err := create(call(c), f.Core, nil)
		return row, c, err
	}
	first, _, err := post("k", "m", "/v1/things", nil)
	if err != nil {
		t.Fatal(err)
	}
	if again, c, err := post("k", "m", "/v1/things", nil); err != nil || again.ID != first.ID || !c.Replayed {
		t.Errorf("replay: %v, %v, replayed %v", again, err, c.Replayed)
	}
	var e *services.Error
	if _, _, err := post("k", "other body", "/v1/things", nil); !errors.As(err, &e) || e.Code != services.CodeKeyReused {
		t.Errorf("another body: %v", err)
	}
	if row, _, err := post("k", "m", "/v1/other", nil); err != nil || row.ID == first.ID {
		t.Errorf("another path is another request: %v", err)
	}
	bob := &services.Actor{Kind: models.ActorAccount, AccountID: services.NewID(), MemberID: services.NewID()}
	if row, _, err := post("k", "m", "/v1/things", bob); err != nil || row.ID == first.ID {
		t.Errorf("another's key is another request: %v", err)
	}
	f.Clock.Set(time.Now().Add(25 * time.Hour))
	if row, c, err := post("k", "m", "/v1/things", nil); err != nil || row.ID == first.ID || c.Replayed {
		t.Errorf("a day later the key is free again: %v", err)
	}
}

func TestFailureIsNotStored(t *testing.T) {
	f := open(t)
	c := func() *services.Call {
		return &services.Call{Method: "POST", Path: "/v1/things", IdempotencyKey: "k", BodyMAC: []byte("m")}
	}
	if _, err := create(call(c()), f.Core, func(*services.Tx) error { return services.Conflict("no", "No.") }); err == nil {
		t.Fatal("no error")
	}
	again := c()
	if _, err := create(call(again), f.Core, nil); err != nil || again.Replayed {
		t.Errorf("after a failure the same key tries anew: %v, replayed %v", err, again.Replayed)
	}
}

func TestDeadlockIsTriedAgain(t *testing.T) {
	f := open(t)
	a, b := newThing(f.Clock.Now()), newThing(f.Clock.Now())
	f.exec(t, `insert into subject_keys (id, member_id, wrapped, created_at) values ($1, $2, 'x', now()), ($3, $4, 'x', now())`, a.ID, a.MemberID, b.ID, b.MemberID)
	var wg sync.WaitGroup
	var barrier sync.WaitGroup
	barrier.Add(2)
	var runs atomic.Int32
	for _, order := range [][]uuid.UUID{{a.ID, b.ID}, {b.ID, a.ID}} {
		wg.Go(func() {
			var once sync.Once
			_, err := services.Mutate(call(&services.Call{}), f.Core, "thing.lock", func(tx *services.Tx) (int, error) {
				runs.Add(1)
				for i, id := range order {
					if err := tx.DB.Exec(`update subject_keys set created_at = created_at where id = ?`, id).Error; err != nil {
						return 0, err
					}
					if i == 0 {
						once.Do(func() { barrier.Done(); barrier.Wait() })
					}
				}
				tx.Unchanged()
				return 0, nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if runs.Load() < 3 {
		t.Errorf("%d runs: there was no deadlock to survive", runs.Load())
	}
}

func TestAuditFailsClosed(t *testing.T) {
	f := open(t)
	f.exec(t, `revoke insert on audit_log from homefront_runtime`)
	var e *services.Error
	if _, err := create(call(&services.Call{}), f.Core, nil); !errors.As(err, &e) || e.Kind != services.KindUnavailable {
		t.Errorf("a write without its audit row: %v", err)
	}
	if _, err := services.Disclose(call(&services.Call{}), f.Core, "thing.read", func(*services.Disclosure) (int, error) { return 1, nil }); !errors.As(err, &e) || e.Kind != services.KindUnavailable {
		t.Errorf("a disclosure without its audit row: %v", err)
	}
	if n := f.count(t, `select count(*) from subject_keys`); n != 0 {
		t.Errorf("%d rows written", n)
	}
}

func TestDiscloseTellsOfWhatItDidNotFind(t *testing.T) {
	f := open(t)
	id := services.NewID()
	_, err := services.Disclose(call(&services.Call{}), f.Core, "thing.read", func(d *services.Disclosure) (*thing, error) {
		d.Object(id)
		return nil, services.NotFound("thing")
	})
	if !errors.Is(err, services.NotFound("")) {
		t.Error(err)
	}
	if n := f.count(t, `select count(*) from audit_log where outcome = 'not_found' and objects = array[$1::uuid]`, id); n != 1 {
		t.Errorf("%d rows tell of it, want 1", n)
	}
}

func TestCheckVersion(t *testing.T) {
	f := open(t)
	for ifMatch, want := range map[string]services.Kind{``: services.KindUnconditional, `"3"`: "", `"2"`: services.KindStale, `3`: services.KindStale, `W/"3"`: services.KindStale, `*`: ""} {
		_, err := services.Mutate(call(&services.Call{IfMatch: ifMatch}), f.Core, "thing.edit", func(tx *services.Tx) (int, error) {
			tx.Unchanged()
			return 0, tx.CheckVersion(3)
		})
		var e *services.Error
		errors.As(err, &e)
		if (err == nil) != (want == "") || (e != nil && e.Kind != want) {
			t.Errorf("If-Match %s: %v, want %q", ifMatch, err, want)
		}
	}
}

func TestLocksOutOfOrderPanic(t *testing.T) {
	f := open(t)
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	_, _ = services.Mutate(call(&services.Call{}), f.Core, "thing.lock", func(tx *services.Tx) (int, error) {
		tx.Locks(services.LockPools)
		tx.Locks(services.LockResources)
		return 0, nil
	})
}

func TestDatabaseGone(t *testing.T) {
	f := open(t)
	if _, err := create(call(&services.Call{}), f.Core, nil); err != nil {
		t.Fatal(err)
	}
	f.exec(t, `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`)
	var last error
	for range 20 { // each connection of the pool may be found dead once
		if _, last = create(call(&services.Call{}), f.Core, nil); last == nil {
			break
		}
		var e *services.Error
		if !errors.As(last, &e) || e.Kind != services.KindUnavailable {
			t.Fatalf("a cut connection is told as %v", fmt.Sprintf("%T %v", last, last))
		}
	}
	if last != nil {
		t.Errorf("never recovered: %v", last)
	}
}
