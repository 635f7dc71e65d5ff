package outreach_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/internal/coretest"
	"homefront/internal/pgtest"
	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
	"homefront/services/outreach"
	"homefront/services/people"
	"homefront/services/tasks"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// noon is a Tuesday at noon in New York, when the tests take place unless they move the clock.
var noon = time.Date(2026, time.March, 3, 17, 0, 0, 0, time.UTC)

// night is the same day at 23:30 in New York.
var night = time.Date(2026, time.March, 4, 4, 30, 0, 0, time.UTC)

type office struct {
	*testing.T
	db       *pgtest.DB
	core     *services.Core
	outreach *outreach.Service
	people   *people.Service
	tasks    *tasks.Service
	boss     person
}

type person struct {
	member uuid.UUID
	roles  []models.Role
}

type box struct{}

func (box) Send(context.Context, notices.Mail) error { return nil }

func open(t *testing.T) *office {
	t.Helper()
	db := pgtest.New(t)
	core := coretest.On(t, db)
	core.Clock.Set(noon)
	notices.New(core, box{}, notices.Config{BaseURL: "https://app.homefront.example", From: "hello@homefront.example"})
	services.Handle(core.Jobs, 1, func(context.Context, people.CredentialsChanged) error { return nil }) // of workshops
	o := &office{T: t, db: db, core: core, outreach: outreach.New(core, outreach.Config{}), people: people.New(core), tasks: tasks.NewService(core)}
	o.boss = o.person("Dana Whitfield", models.RoleCoordinator)
	return o
}

func (o *office) exec(sql string, args ...any) {
	o.Helper()
	if _, err := o.core.Writes().Exec(o.Context(), sql, args...); err != nil {
		o.Fatal(err)
	}
}

func (o *office) count(sql string, args ...any) (n int) {
	o.Helper()
	if err := o.core.Writes().QueryRow(o.Context(), sql, args...).Scan(&n); err != nil {
		o.Fatal(err)
	}
	return n
}

// member makes somebody of so many years without an account.
func (o *office) member(name string, years int) uuid.UUID {
	o.Helper()
	given, family, _ := strings.Cut(name, " ")
	id := services.NewID()
	o.exec(`insert into members (id, version, created_at, updated_at, given_name, family_name, birth_date, kinds, status, language, time_zone, email_opt_in, sms_opt_in, push_opt_in, program_words)
		values ($1, 1, $2, $2, $3, $4, $5::text::date, '{veteran}', 'active', 'en', 'America/New_York', true, false, true, false)`, id, noon, given, family, noon.AddDate(-years, 0, -1).Format(time.DateOnly))
	return id
}

// person makes somebody of 40 with an account; without roles it is a member's.
func (o *office) person(name string, roles ...models.Role) person {
	o.Helper()
	return o.signedUp(o.member(name, 40), roles...)
}

func (o *office) signedUp(id uuid.UUID, roles ...models.Role) person {
	o.Helper()
	p := person{id, append(roles, models.RoleMember)}
	o.exec(`insert into accounts (id, version, created_at, updated_at, member_id, email, roles, status, email_verified_at, auth_changed_at)
		values ($1, 1, $2, $2, $1, $1::uuid || '@example.org', $3, 'active', $2, $2)`, id, noon, p.roles)
	o.exec(`update members set email = $1::uuid || '@example.org' where id = $1`, id)
	return p
}

// kin makes two people siblings.
func (o *office) kin(a, b uuid.UUID) {
	o.Helper()
	o.exec(`insert into relationships (id, version, created_at, updated_at, member_id, kind, other_id, status) values ($1, 1, $2, $2, $3, 'sibling', $4, 'accepted')`, services.NewID(), noon, a, b)
}

// as is the context of one request. ifMatch is the version it names.
func (o *office) as(p person, ifMatch ...int) context.Context {
	c := &services.Call{Actor: &services.Actor{Kind: models.ActorAccount, AccountID: p.member, SessionID: services.NewID(), MemberID: p.member, Roles: p.roles, AuthTime: o.core.Clock.Now()}}
	if len(ifMatch) > 0 {
		c.IfMatch = services.ETag(ifMatch[0])
	}
	return services.WithCall(o.Context(), c)
}

// due runs the jobs due by a time, which it becomes.
func (o *office) due(at time.Time) {
	o.Helper()
	if _, err := o.core.RunDue(o.Context(), at); err != nil {
		o.Fatal(err)
	}
}

func (o *office) log(p person, member uuid.UUID) *models.Contact {
	o.Helper()
	return must[*models.Contact](o.T)(o.outreach.Log(o.as(p), member, call))
}

func (o *office) ask(p person, note string) *outreach.HelpAnswer {
	o.Helper()
	return must[*outreach.HelpAnswer](o.T)(o.outreach.Ask(o.as(p), outreach.AskForHelp{Note: note}))
}

// told is how many messages of an event somebody got.
func (o *office) told(event models.NoticeEvent, p person) int {
	o.Helper()
	return o.count(`select count(*) from messages where event = $1 and member_id = $2`, event, p.member)
}

var (
	all  = services.PageQuery{Limit: 100}
	call = outreach.LogContact{Kind: models.ContactCall, Outcome: models.OutcomeReached, Line: "We talked about Saturday."}
	why  = outreach.Reason{Reason: "It was a mistake"}
)

func ptr[T any](v T) *T { return &v }

// must is the answer of a call that has to succeed.
func must[T any](t *testing.T) func(T, error) T { return coretest.Must[T](t) }

var refused = coretest.Refused

// field checks that err is invalid at a field for a reason.
func field(t *testing.T, err error, name string, code services.Code) {
	t.Helper()
	var e *services.Error
	if !errors.As(err, &e) || len(e.Fields) == 0 || e.Fields[0].Field != name || e.Fields[0].Code != code {
		t.Errorf("got %v, want %s at %s", err, code, name)
	}
}
