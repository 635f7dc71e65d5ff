package notices_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/internal/coretest"
	"homefront/internal/pgtest"
	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const (
	base = "https://app.example.org"
	org  = "Valor House"
)

// start is 10:00 on a Thursday in New York.
var start = time.Date(2026, 10, 1, 14, 0, 0, 0, time.UTC)

// outbox is a mail server that takes what hook lets pass.
type outbox struct {
	mu    sync.Mutex
	mails []notices.Mail
	hook  func(notices.Mail) error
}

func (o *outbox) Send(_ context.Context, m notices.Mail) error {
	if o.hook != nil {
		if err := o.hook(m); err != nil {
			return err
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.mails = append(o.mails, m)
	return nil
}

func (o *outbox) taken() []notices.Mail {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := o.mails
	o.mails = nil
	return out
}

type world struct {
	*services.Core
	t   *testing.T
	out *outbox
	svc *notices.Service
	db  *pgx.Conn
}

func newWorld(t *testing.T) *world {
	t.Helper()
	d := pgtest.New(t)
	core := coretest.On(t, d)
	db, err := pgx.Connect(t.Context(), d.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close(context.Background()) })
	core.Clock.Set(start)
	w := &world{Core: core, t: t, out: &outbox{}, db: db}
	w.svc = notices.New(core, w.out, notices.Config{BaseURL: base, From: "Hello <hello@example.org>", OrgName: org})
	return w
}

// member adds somebody in Denver with an address; set changes columns.
func (w *world) member(name string, set map[string]any) uuid.UUID {
	w.t.Helper()
	id := services.NewID()
	w.exec(`insert into members (id, version, created_at, updated_at, given_name, status, email, language, time_zone, email_opt_in, sms_opt_in, push_opt_in, program_words)
		values ($1, 1, $2, $2, $3, 'active', $4, 'en', 'America/Denver', true, false, false, false)`, id, start, name, name+"@example.org")
	columns, values := []string{"id = $1"}, []any{id}
	for column, value := range set {
		values = append(values, value)
		columns = append(columns, fmt.Sprintf("%s = $%d", column, len(values)))
	}
	w.exec(`update members set `+strings.Join(columns, ", ")+` where id = $1`, values...)
	return id
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	if _, err := w.db.Exec(context.Background(), sql, args...); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) send(list ...notices.Notice) {
	w.t.Helper()
	if err := w.trySend(list...); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) trySend(list ...notices.Notice) error {
	_, err := services.Mutate(services.AsSystem(context.Background(), "test"), w.Core, "test.send", func(tx *services.Tx) (bool, error) {
		tx.Unchanged()
		for _, n := range list {
			if err := notices.Send(tx, n); err != nil {
				return false, err
			}
		}
		return true, nil
	})
	return err
}

// runUntil works everything that is due by then, the clock moving with it, so that retries wait as they would.
func (w *world) runUntil(end time.Time) {
	w.t.Helper()
	for {
		now := w.Clock.Now()
		if _, err := w.RunDue(context.Background(), now); err != nil {
			w.t.Fatal(err)
		}
		var next *time.Time
		if err := w.db.QueryRow(context.Background(), `select min(scheduled_at) from river_job where state = 'scheduled' and scheduled_at <= $1`, end).Scan(&next); err != nil {
			w.t.Fatal(err)
		}
		if next == nil {
			w.Clock.Set(end)
			return
		}
		w.Clock.Set(*next)
	}
}

func (w *world) run() { w.runUntil(w.Clock.Now()) }

// sent sends one notice and answers the mails that came of it.
func (w *world) sent(n notices.Notice) []notices.Mail {
	w.t.Helper()
	w.send(n)
	w.run()
	return w.out.taken()
}

// one is sent for exactly one mail.
func (w *world) one(n notices.Notice) notices.Mail {
	w.t.Helper()
	mails := w.sent(n)
	if len(mails) != 1 {
		w.t.Fatalf("%d mails, state %s", len(mails), w.fate())
	}
	return mails[0]
}

// fate is the state and last error of the newest message.
func (w *world) fate() string {
	w.t.Helper()
	var state, why string
	if err := w.db.QueryRow(context.Background(), `select state, last_error from messages order by id desc limit 1`).Scan(&state, &why); err != nil {
		w.t.Fatal(err)
	}
	if why == "" {
		return state
	}
	return state + " " + why
}

func (w *world) count(sql string, args ...any) (n int) {
	w.t.Helper()
	if err := w.db.QueryRow(context.Background(), sql, args...).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func (w *world) as(member uuid.UUID, roles ...models.Role) context.Context {
	return services.WithCall(context.Background(), &services.Call{Actor: &services.Actor{Kind: models.ActorAccount, AccountID: member, MemberID: member, Roles: roles}})
}

func (w *world) inbox(member uuid.UUID, in notices.Inbox) []notices.Notification {
	w.t.Helper()
	in.Limit = 100
	page, err := w.svc.Notifications(w.as(member), in)
	if err != nil {
		w.t.Fatal(err)
	}
	return page.Data
}

// details tell everything that a message could give away.
func details() map[string]any {
	return map[string]any{
		"title": "Moral Injury Retreat", "starts_at": "2026-10-06T22:00:00Z", "ends_at": "2026-10-06T23:30:00Z", "time_zone": "America/New_York",
		"place": "VFW Hall", "deadline": "2026-10-03T16:00:00Z", "seats": 3, "position": 2, "by": "Ana", "device": "Firefox on Android",
		"at": "2026-10-01T13:59:00Z", "link": "/workshops/0199c1f2-8f6b-7a34-b0d1-6a2f0c9be001",
	}
}

func sessions(n int) (out []notices.CalendarEvent) {
	for i := range n {
		at := time.Date(2026, 10, 6+7*i, 22, 0, 0, 0, time.UTC)
		out = append(out, notices.CalendarEvent{UID: services.NewID().String(), Sequence: i, Title: "Moral Injury Retreat", Description: "For veterans with PTSD",
			Location: "VFW Hall", URL: "https://meet.example.org/moral-injury", TimeZone: "America/New_York", StartsAt: at, EndsAt: at.Add(90 * time.Minute)})
	}
	return out
}

func notice(e models.NoticeEvent, to uuid.UUID) notices.Notice {
	return notices.Notice{Event: e, MemberID: to, Record: "registration", RecordID: services.NewID(), Data: details()}
}

func without(data map[string]any, keys ...string) map[string]any {
	for _, k := range keys {
		delete(data, k)
	}
	return data
}

func columnJSON(t *testing.T, w *world, sql string) string {
	t.Helper()
	var raw json.RawMessage
	if err := w.db.QueryRow(context.Background(), sql).Scan(&raw); err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
