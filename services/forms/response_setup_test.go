package forms_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/internal/coretest"
	"homefront/internal/pgtest"
	"homefront/models"
	"homefront/services"
	"homefront/services/forms"
)

var morning = time.Date(2026, time.March, 2, 15, 0, 0, 0, time.UTC) // ten o'clock in New York

// desk is where forms are asked and answered.
type desk struct {
	testing.TB
	*forms.Service
	core *services.Core
	db   *pgtest.DB
}

// soul is somebody with an account, or a member without one.
type soul struct {
	member uuid.UUID
	roles  []models.Role
}

func openDesk(t testing.TB) *desk {
	t.Helper()
	return deskOn(t, pgtest.New(t), morning)
}

func deskOn(t testing.TB, db *pgtest.DB, at time.Time) *desk {
	t.Helper()
	core := coretest.On(t, db)
	core.Clock.Set(at)
	return &desk{TB: t, Service: forms.New(core), core: core, db: db}
}

func (d *desk) sql(do func(*pgx.Conn) error) {
	d.Helper()
	d.db.Super(d.TB, do)
}

func (d *desk) exec(query string, args ...any) {
	d.Helper()
	d.sql(func(c *pgx.Conn) error {
		_, err := c.Exec(context.Background(), query, args...)
		return err
	})
}

func (d *desk) count(query string, args ...any) (n int) {
	d.Helper()
	d.sql(func(c *pgx.Conn) error { return c.QueryRow(context.Background(), query, args...).Scan(&n) })
	return n
}

func (d *desk) person(name, born string, roles ...models.Role) soul {
	d.Helper()
	if roles == nil {
		roles = []models.Role{models.RoleMember}
	}
	s := soul{services.NewID(), roles}
	given, family, _ := strings.Cut(name, " ")
	d.exec(`insert into members (id, version, created_at, updated_at, given_name, family_name, birth_date, kinds, status, language, time_zone, email_opt_in, sms_opt_in, push_opt_in, program_words)
		values ($1, 1, $2, $2, $3, $4, $5::text::date, '{veteran}', 'active', 'en', 'America/New_York', true, false, false, false)`, s.member, morning, given, family, born)
	return s
}

// guard makes a guardian of somebody for a child.
func (d *desk) guard(guardian, child soul) {
	d.Helper()
	d.exec(`insert into guardianships (id, version, created_at, updated_at, guardian_id, child_id, status, evidence) values ($1, 1, $2, $2, $3, $4, 'claimed', '')`, services.NewID(), morning, guardian.member, child.member)
}

// as is a request of somebody. more changes it.
func (d *desk) as(s soul, more ...func(*services.Call)) context.Context {
	call := &services.Call{RequestID: "test", Method: "POST", Path: "/v1/" + services.NewID().String(),
		Actor: &services.Actor{Kind: models.ActorAccount, AccountID: s.member, MemberID: s.member, Roles: s.roles}}
	for _, do := range more {
		do(call)
	}
	return services.WithCall(context.Background(), call)
}

func matching(version int) func(*services.Call) {
	return func(c *services.Call) { c.Method, c.IfMatch = "PATCH", services.ETag(version) }
}

// form publishes a version with these questions, of a new form.
func (d *desk) form(fields ...models.FormField) uuid.UUID {
	d.Helper()
	id := services.NewID()
	d.exec(`insert into forms (id, version, created_at, updated_at, title, purpose) values ($1, 1, $2, $2, 'Before you come', 'registration')`, id, morning)
	d.publish(id, 1, fields...)
	return id
}

func (d *desk) publish(form uuid.UUID, number int, fields ...models.FormField) uuid.UUID {
	d.Helper()
	id := services.NewID()
	all := models.FormFields(fields)
	asked, err := json.Marshal(all)
	if err != nil {
		d.Fatal(err)
	}
	schema, err := json.Marshal(all.Schema())
	if err != nil {
		d.Fatal(err)
	}
	d.exec(`insert into form_versions (id, version, created_at, updated_at, form_id, number, fields, schema, published_at) values ($1, 1, $2, $2, $3, $4, $5, $6, $2)`, id, morning, form, number, asked, schema)
	return id
}

// asked is a form asked for a place in a workshop.
func asked(form uuid.UUID, about, by soul, answers map[string]any) forms.Asked {
	return forms.Asked{FormID: form, MemberID: about.member, EnteredBy: by.member, Record: models.FormRecordAttendee, RecordID: services.NewID(), Answers: answers, Pointer: "/answers"}
}

func (d *desk) ask(all ...forms.Asked) error {
	_, err := services.Mutate(services.AsSystem(context.Background(), "test"), d.core, "test.ask", func(tx *services.Tx) (int, error) {
		tx.Unchanged()
		return 0, forms.Ask(tx, all...)
	})
	return err
}

func (d *desk) end(on *models.Date, ids ...uuid.UUID) {
	d.Helper()
	_, err := services.Mutate(services.AsSystem(context.Background(), "test"), d.core, "test.end", func(tx *services.Tx) (int, error) {
		tx.Unchanged()
		return 0, forms.End(tx, models.FormRecordAttendee, on, ids...)
	})
	d.ok(err)
}

// response is the id of what was asked.
func (d *desk) response(a forms.Asked) (id uuid.UUID) {
	d.Helper()
	d.sql(func(c *pgx.Conn) error {
		return c.QueryRow(context.Background(), `select id from form_responses where record_id = $1 and form_id = $2`, a.RecordID, a.FormID).Scan(&id)
	})
	return id
}

func (d *desk) asks(a forms.Asked) uuid.UUID {
	d.Helper()
	d.ok(d.ask(a))
	return d.response(a)
}

func (d *desk) ok(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

// want fails unless the error has this code.
func (d *desk) want(err error, code services.Code) {
	d.Helper()
	e, ok := err.(*services.Error)
	if !ok || e.Code != code {
		d.Fatalf("%v, want %s", err, code)
	}
}

// purge runs the hourly job.
func (d *desk) purge() {
	d.Helper()
	d.exec(`insert into river_job (args, kind, max_attempts, priority, queue, scheduled_at, state, created_at) values ('{}', 'form_answer.purge', 3, 1, 'default', $1, 'available', $1)`, d.core.Clock.Now())
	_, err := d.core.RunDue(context.Background(), d.core.Clock.Now())
	d.ok(err)
}

// states is what somebody sees of each answer, in words.
func (d *desk) states(s soul, response uuid.UUID) string {
	d.Helper()
	v, err := d.Response(d.as(s), response)
	if err != nil {
		e, ok := err.(*services.Error)
		if !ok {
			return "broken"
		}
		return string(e.Code)
	}
	var out []string
	for _, a := range v.Answers {
		line := a.Field + ":" + string(a.State)
		if a.Value != nil {
			line += fmt.Sprintf("=%v", a.Value)
		}
		out = append(out, line)
	}
	return strings.Join(out, " ")
}

// holds names the tables in which a text stands.
func holds(tables map[string]string, text string) (in []string) {
	for table, rows := range tables {
		if strings.Contains(rows, text) {
			in = append(in, table)
		}
	}
	slices.Sort(in)
	return in
}

func no() *bool { b := false; return &b }

func days(n int) *int { return &n }

func question(key string, more ...func(*models.FormField)) models.FormField {
	f := models.FormField{Key: key, Type: models.FieldText, Label: "Tell us about " + key}
	for _, do := range more {
		do(&f)
	}
	return f
}

func open(f *models.FormField) { f.Sensitive = no() }

func readBy(roles ...models.Role) func(*models.FormField) {
	return func(f *models.FormField) { f.Readers = roles }
}

func kept(n int, from string) func(*models.FormField) {
	return func(f *models.FormField) { f.RetentionDays, f.RetentionFrom = days(n), from }
}

func scanInto(query string, arg, into any) func(*pgx.Conn) error {
	return func(c *pgx.Conn) error { return c.QueryRow(context.Background(), query, arg).Scan(into) }
}
