package services_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"homefront/services"
)

func (f fixture) seal(t *testing.T) {
	t.Helper()
	if _, _, err := f.SealAudit(t.Context(), time.Time{}); err != nil {
		t.Fatal(err)
	}
}

func TestChainFindsTampering(t *testing.T) {
	for name, tamper := range map[string]string{
		"altered":   `update audit_log set action = 'thing.forge' where id = (select audit_id from audit_chain where seq = 3)`,
		"removed":   `delete from audit_log where id = (select audit_id from audit_chain where seq = 3)`,
		"reordered": `with a as (delete from audit_chain where seq in (3, 4) returning *) insert into audit_chain select 1007 - seq, audit_id, hash from a`,
		"cut out":   `delete from audit_chain where seq = 3`,
		"relinked":  `update audit_chain set hash = sha256('x') where seq = 3`,
	} {
		t.Run(name, func(t *testing.T) {
			f := open(t)
			for range 5 {
				if _, err := create(call(&services.Call{}), f.Core, nil); err != nil {
					t.Fatal(err)
				}
			}
			f.seal(t)
			head, err := f.VerifyAudit(t.Context(), nil)
			if err != nil || head.Seq != 5 {
				t.Fatalf("untouched: head %v, %v", head, err)
			}
			f.exec(t, tamper)
			f.exec(t, `update audit_chain set seq = seq - 1000 where seq > 1000`)
			_, err = f.VerifyAudit(t.Context(), nil)
			var fault *services.AuditFault
			if !errors.As(err, &fault) || fault.Seq != 3 {
				t.Errorf("found %v, want the fault at link 3", err)
			}
		})
	}
}

func TestChainCutAtItsEnd(t *testing.T) {
	f := open(t)
	for range 3 {
		if _, err := create(call(&services.Call{}), f.Core, nil); err != nil {
			t.Fatal(err)
		}
	}
	f.seal(t)
	head, err := f.VerifyAudit(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	f.exec(t, `delete from audit_log where id = (select audit_id from audit_chain where seq = 3)`)
	f.exec(t, `delete from audit_chain where seq = 3`)
	known, err := services.ParseChainHead(head.String())
	if err != nil {
		t.Fatal(err)
	}
	var fault *services.AuditFault
	if _, err := f.VerifyAudit(t.Context(), &known); !errors.As(err, &fault) || fault.Seq != 3 {
		t.Errorf("found %v, want the cut at link 3", err)
	}
}

func TestFiftyWritersLeaveOneChain(t *testing.T) {
	f := open(t)
	ctx, stop := context.WithCancel(t.Context())
	var sealers, writers sync.WaitGroup
	for range 2 {
		sealers.Go(func() {
			for ctx.Err() == nil {
				if _, _, err := f.SealAudit(context.Background(), time.Time{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 50 {
		writers.Go(func() {
			if _, err := create(call(&services.Call{}), f.Core, nil); err != nil {
				t.Error(err)
			}
		})
	}
	writers.Wait()
	stop()
	sealers.Wait()
	f.seal(t)
	if head, err := f.VerifyAudit(t.Context(), nil); err != nil || head.Seq != 50 {
		t.Errorf("head %v, %v; want 50 links", head, err)
	}
}

func TestRuntimeRoleCannotRewriteTheLog(t *testing.T) {
	f := open(t)
	conn, err := pgx.Connect(t.Context(), f.db.AppURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	for _, sql := range []string{"update audit_log set action = ''", "delete from audit_log", "truncate audit_log", "update audit_chain set seq = 0",
		"delete from audit_chain", "truncate audit_chain", "drop table audit_log", "alter table audit_log disable trigger all", "create table x (y int)"} {
		_, err := conn.Exec(t.Context(), sql)
		var pg *pgconn.PgError
		if !errors.As(err, &pg) || pg.Code != "42501" {
			t.Errorf("%s: %v, want 42501", sql, err)
		}
	}
}

func TestUnsealedRowIsFound(t *testing.T) {
	f := open(t)
	if _, err := create(call(&services.Call{}), f.Core, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := f.VerifyAudit(t.Context(), nil); err != nil {
		t.Errorf("a young row waits for the sealer: %v", err)
	}
	f.Clock.Set(time.Now().Add(2 * time.Hour))
	var fault *services.AuditFault
	if _, err := f.VerifyAudit(t.Context(), nil); !errors.As(err, &fault) {
		t.Errorf("an old one does not: %v", err)
	}
}

func ExampleParseChainHead() {
	head, err := services.ParseChainHead("7:00ff")
	fmt.Println(head, err)
	// Output: 7:00ff <nil>
}
