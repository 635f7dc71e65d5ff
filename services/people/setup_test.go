package people_test

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
	"homefront/services/people"
	"homefront/services/tasks"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// noon is when the tests take place, unless they move the clock.
var noon = time.Date(2026, time.March, 3, 17, 0, 0, 0, time.UTC)

// all is the page of a caller who gives no limit, as the edge fills it in.
var all = services.PageQuery{Limit: 25}

// office is the organization of one test.
type office struct {
	*testing.T
	core   *services.Core
	people *people.Service
	tasks  *tasks.Service
	boss   person
}

// person is somebody with an account.
type person struct {
	member, account uuid.UUID
	roles           []models.Role
	email           string
}

func open(t *testing.T) *office {
	t.Helper()
	core := coretest.New(t)
	core.Clock.Set(noon)
	services.Handle(core.Jobs, 1, func(context.Context, people.CredentialsChanged) error { return nil })  // of workshops
	services.Handle(core.Jobs, 1, func(context.Context, people.GuardianshipChanged) error { return nil }) // of workshops
	services.Handle(core.Jobs, 1, func(context.Context, people.TeenConsentEnded) error { return nil })    // of accounts
	o := &office{T: t, core: core, people: people.New(core), tasks: tasks.NewService(core)}
	o.boss = o.person("Carol Whitfield", models.RoleCoordinator)
	return o
}

// person makes an adult of 40 with an account whose address is proved.
func (o *office) person(name string, roles ...models.Role) person {
	o.Helper()
	given, family, _ := strings.Cut(name, " ")
	m := o.known(models.Member{GivenName: given, FamilyName: family, BirthDate: born(40)})
	p := person{member: m.ID, account: services.NewID(), roles: append(roles, models.RoleMember), email: strings.ToLower(given+"."+family) + "@example.org"}
	_, err := o.core.Writes().Exec(o.Context(), `insert into accounts (id, version, created_at, updated_at, member_id, email, roles, status, email_verified_at, auth_changed_at)
		values ($1, 1, $2, $2, $3, $4, $5, 'active', $2, $2)`, p.account, noon, p.member, p.email, p.roles)
	if err != nil {
		o.Fatal(err)
	}
	return p
}

// known makes a member through the step that sign-up uses.
func (o *office) known(m models.Member) models.Member {
	o.Helper()
	_, err := services.Mutate(services.AsSystem(o.Context(), "test"), o.core, "member.create", func(tx *services.Tx) (struct{}, error) {
		return struct{}{}, people.NewMember(tx, &m)
	})
	if err != nil {
		o.Fatal(err)
	}
	return m
}

// as is the context of one request of p. ifMatch is the version it names, when it is given.
func (o *office) as(p person, ifMatch ...int) context.Context {
	c := &services.Call{Actor: &services.Actor{Kind: models.ActorAccount, AccountID: p.account, SessionID: services.NewID(), MemberID: p.member, Roles: p.roles, AuthTime: o.core.Clock.Now()}}
	if len(ifMatch) > 0 {
		c.IfMatch = services.ETag(ifMatch[0])
	}
	return services.WithCall(o.Context(), c)
}

// child makes p add a child of so many years.
func (o *office) child(p person, name string, years int) people.DependentView {
	o.Helper()
	given, family, _ := strings.Cut(name, " ")
	v, err := o.people.AddDependent(o.as(p), people.AddDependent{GivenName: given, FamilyName: family, BirthDate: *born(years)})
	if err != nil {
		o.Fatal(err)
	}
	return *v
}

// authority asks what p may do for somebody.
func (o *office) authority(p person, id uuid.UUID) people.Authority {
	o.Helper()
	a, err := services.Mutate(o.as(p), o.core, "test.authority", func(tx *services.Tx) (map[uuid.UUID]people.Authority, error) {
		tx.Unchanged()
		return people.AuthorityOver(tx, tx.Actor(), []uuid.UUID{id})
	})
	if err != nil {
		o.Fatal(err)
	}
	return a[id]
}

func (o *office) count(sql string, args ...any) int {
	o.Helper()
	var n int
	if err := o.core.Writes().QueryRow(o.Context(), sql, args...).Scan(&n); err != nil {
		o.Fatal(err)
	}
	return n
}

// born is the birth date of somebody who turned years old yesterday.
func born(years int) *models.Date {
	d := models.DateOf(noon.AddDate(-years, 0, -1))
	return &d
}

func ptr[T any](v T) *T { return &v }

var refused = coretest.Refused

// names lists the fields and codes of an invalid error.
func fields(t *testing.T, err error) map[string]services.Code {
	t.Helper()
	var e *services.Error
	if !errors.As(err, &e) || e.Kind != services.KindInvalid {
		t.Fatalf("got %v, want invalid", err)
	}
	out := map[string]services.Code{}
	for _, f := range e.Fields {
		out[f.Field] = f.Code
	}
	return out
}

// must is the answer of a call that has to succeed.
func must[T any](t *testing.T) func(T, error) T { return coretest.Must[T](t) }
