package accounts_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/internal/coretest"
	"homefront/internal/pgtest"
	"homefront/models"
	"homefront/services"
	"homefront/services/accounts"
	"homefront/services/notices"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const (
	password    = "homefront-demo-1775"
	newPassword = "four goats on a blue ferry"
	phone       = "Homefront/1.4 (iPhone; iOS 19.1)"
	home        = "203.0.113.7"
)

var start = time.Date(2026, 10, 1, 14, 0, 0, 0, time.UTC)

// world is one replica of the program on a database of the test's own, with the clock stopped.
type world struct {
	*accounts.Service
	t    *testing.T
	core *services.Core
	db   *pgtest.DB
	box  *mailbox
}

type mailbox struct {
	mu    sync.Mutex
	mails []notices.Mail
}

func (b *mailbox) Send(_ context.Context, m notices.Mail) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mails = append(b.mails, m)
	return nil
}

func newWorld(t *testing.T, with ...func(*accounts.Settings)) *world {
	t.Helper()
	return replica(t, pgtest.New(t), with...)
}

func replica(t *testing.T, db *pgtest.DB, with ...func(*accounts.Settings)) *world {
	t.Helper()
	core := coretest.On(t, db)
	core.Clock.Set(start)
	box := &mailbox{}
	notices.New(core, box, notices.Config{BaseURL: "https://app.homefront.example", From: "appointments@homefront.example", OrgName: "Heroes"})
	settings := accounts.Settings{Issuer: "https://app.homefront.example", Audience: "https://app.homefront.example", Organization: "Harvesting Happiness for Heroes"}
	for _, change := range with {
		change(&settings)
	}
	return &world{t: t, core: core, db: db, box: box, Service: accounts.New(core, settings)}
}

// nobody is the context of a POST without a token.
func (w *world) nobody(address ...string) context.Context {
	call := &services.Call{Actor: &services.Actor{Kind: models.ActorAnonymous}, Method: "POST", Address: home}
	if len(address) > 0 {
		call.Address = address[0]
	}
	return services.WithCall(w.t.Context(), call)
}

// as is the context of a request with an access token.
func (w *world) as(token string) context.Context {
	w.t.Helper()
	actor, err := w.Authenticate(w.t.Context(), token)
	if err != nil {
		w.t.Fatal(err)
	}
	return services.WithCall(w.t.Context(), &services.Call{Actor: actor, Method: "POST", Address: home})
}

// account makes an account with the given roles and the usual password.
func (w *world) account(email, name string, roles ...models.Role) *models.Account {
	w.t.Helper()
	a, err := w.CreateStaff(w.t.Context(), email, password, name, roles...)
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

func (w *world) login(email string) *accounts.SignedIn {
	w.t.Helper()
	in, err := w.Login(w.nobody(), accounts.Login{Email: email, Password: password}, phone)
	if err != nil {
		w.t.Fatal(err)
	}
	return in
}

func (w *world) refresh(token string) (*accounts.SignedIn, error) {
	return w.Refresh(w.nobody(), accounts.RefreshSession{RefreshToken: token})
}

func (w *world) refused(token string) {
	w.t.Helper()
	_, err := w.Authenticate(w.t.Context(), token)
	w.want(err, services.CodeUnauthenticated)
}

// want fails unless err has the code; of invalid it is the code of a field.
func (w *world) want(err error, code services.Code) {
	w.t.Helper()
	var e *services.Error
	if !errors.As(err, &e) {
		w.t.Fatalf("got %v, want %s", err, code)
	}
	if e.Code == code {
		return
	}
	for _, f := range e.Fields {
		if f.Code == code {
			return
		}
	}
	w.t.Fatalf("got %v %v, want %s", err, e.Fields, code)
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		var e *services.Error
		errors.As(err, &e)
		w.t.Fatalf("%v %+v", err, e)
	}
}

func (w *world) runDue() {
	w.t.Helper()
	_, err := w.core.RunDue(w.t.Context(), w.core.Clock.Now())
	w.ok(err)
}

func (w *world) super(do func(*pgx.Conn) error) {
	w.t.Helper()
	w.db.Super(w.t, do)
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	w.super(func(c *pgx.Conn) error {
		_, err := c.Exec(w.t.Context(), sql, args...)
		return err
	})
}

func (w *world) scan(sql string, args []any, into ...any) {
	w.t.Helper()
	w.super(func(c *pgx.Conn) error { return c.QueryRow(w.t.Context(), sql, args...).Scan(into...) })
}

func (w *world) count(sql string, args ...any) (n int) {
	w.t.Helper()
	w.scan(sql, args, &n)
	return n
}

// mailed is the one-time token of the last mail of an event to an address.
func (w *world) mailed(event models.NoticeEvent, address string) string {
	w.t.Helper()
	var id uuid.UUID
	w.scan(`select (data->>'token_id')::uuid from messages where event = $1 and address = $2 order by id desc limit 1`, []any{string(event), address}, &id)
	return services.OneTimeToken(w.core.Keys, id)
}

func (w *world) messages(event models.NoticeEvent) int {
	w.t.Helper()
	return w.count(`select count(*) from messages where event = $1`, string(event))
}

// together runs n calls at once and answers how many did not fail.
func together(n int, do func(i int) error) (done int) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	gate := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-gate
			if do(i) == nil {
				mu.Lock()
				done++
				mu.Unlock()
			}
		})
	}
	close(gate)
	wg.Wait()
	return done
}
