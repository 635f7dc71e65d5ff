package imports_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/internal/coretest"
	"homefront/internal/pgtest"
	"homefront/models"
	"homefront/services"
	"homefront/services/imports"
	"homefront/services/people"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// noon is when the tests take place.
var noon = time.Date(2026, time.March, 3, 17, 0, 0, 0, time.UTC)

// office is the organization of one test.
type office struct {
	*testing.T
	db      *pgtest.DB
	core    *services.Core
	imports *imports.Service
	people  *people.Service
	boss    person
}

type person struct {
	member, account uuid.UUID
	roles           []models.Role
}

func open(t *testing.T) *office {
	t.Helper()
	o := &office{T: t, db: pgtest.New(t)}
	o.core = coretest.On(t, o.db)
	o.core.Clock.Set(noon)
	o.imports, o.people = imports.New(o.core), people.New(o.core)
	o.boss = o.person("Carol", "Whitfield", models.RoleCoordinator)
	return o
}

// second is another server on the same database.
func (o *office) second() *office {
	o.Helper()
	core := coretest.On(o.T, o.db)
	core.Clock.Set(noon)
	return &office{T: o.T, db: o.db, core: core, imports: imports.New(core), people: people.New(core), boss: o.boss}
}

func (o *office) person(given, family string, roles ...models.Role) person {
	o.Helper()
	p := person{member: o.known(models.Member{GivenName: given, FamilyName: family, Kinds: models.Texts[models.Kind]{models.KindStaff}}).ID, account: services.NewID(), roles: roles}
	if _, err := o.core.Writes().Exec(o.Context(), `insert into accounts (id, version, created_at, updated_at, member_id, email, roles, status, email_verified_at, auth_changed_at)
		values ($1, 1, $2, $2, $3, $4, $5, 'active', $2, $2)`, p.account, noon, p.member, given+"@homefront.example", p.roles); err != nil {
		o.Fatal(err)
	}
	return p
}

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

// as is the context of one request of p.
func (o *office) as(p person, ifMatch ...int) context.Context {
	c := &services.Call{Actor: &services.Actor{Kind: models.ActorAccount, AccountID: p.account, SessionID: services.NewID(), MemberID: p.member, Roles: p.roles, AuthTime: noon}}
	if len(ifMatch) > 0 {
		c.IfMatch = services.ETag(ifMatch[0])
	}
	return services.WithCall(o.Context(), c)
}

func (o *office) count(sql string, args ...any) (n int) {
	o.Helper()
	if err := o.core.Writes().QueryRow(o.Context(), sql, args...).Scan(&n); err != nil {
		o.Fatal(err)
	}
	return n
}

func (o *office) exec(sql string, args ...any) {
	o.Helper()
	if _, err := o.core.Writes().Exec(o.Context(), sql, args...); err != nil {
		o.Fatal(err)
	}
}

func (o *office) runDue() {
	o.Helper()
	if _, err := o.core.RunDue(o.Context(), o.core.Clock.Now()); err != nil {
		o.Fatal(err)
	}
}

// upload sends text and has it checked.
func (o *office) upload(text string) *imports.ImportView {
	o.Helper()
	v := must[*imports.ImportView](o.T)(o.imports.Upload(o.as(o.boss), imports.Upload{Format: imports.CSV, FileName: "people.csv", Bytes: []byte(text)}))
	return o.checked(v.ID)
}

func (o *office) checked(id uuid.UUID) *imports.ImportView {
	o.Helper()
	must[*imports.ImportView](o.T)(o.imports.Check(o.as(o.boss), id))
	o.runDue()
	return o.get(id)
}

func (o *office) get(id uuid.UUID) *imports.ImportView {
	o.Helper()
	return must[*imports.ImportView](o.T)(o.imports.Get(o.as(o.boss), id))
}

// run writes what was checked, to its end.
func (o *office) run(id uuid.UUID) *imports.ImportView {
	o.Helper()
	must[*imports.ImportView](o.T)(o.imports.Run(o.as(o.boss), id))
	o.runDue()
	return o.get(id)
}

func (o *office) rollBack(id uuid.UUID) *imports.ImportView {
	o.Helper()
	must[*imports.ImportView](o.T)(o.imports.RollBack(o.as(o.boss), id, imports.RollBackImport{Reason: "The wrong file"}))
	o.runDue()
	return o.get(id)
}

// rows are an import's rows by number.
func (o *office) rows(id uuid.UUID, f imports.RowFilter) map[int]imports.ImportRowView {
	o.Helper()
	out := map[int]imports.ImportRowView{}
	f.Limit = 100
	for {
		page := must[*services.Page[imports.ImportRowView]](o.T)(o.imports.Rows(o.as(o.boss), id, f))
		for _, r := range page.Data {
			out[r.Number] = r
		}
		if page.NextCursor == nil {
			return out
		}
		f.Cursor = *page.NextCursor
	}
}

// must is the answer of a call that has to succeed.
func must[T any](t *testing.T) func(T, error) T { return coretest.Must[T](t) }

func ptr[T any](v T) *T { return &v }
