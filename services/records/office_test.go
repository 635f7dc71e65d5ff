package records_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/internal/coretest"
	"homefront/internal/pgtest"
	"homefront/models"
	"homefront/services"
	"homefront/services/accounts"
	"homefront/services/forms"
	"homefront/services/notices"
	"homefront/services/outreach"
	"homefront/services/people"
	"homefront/services/programs"
	"homefront/services/records"
	"homefront/services/tasks"
	"homefront/services/workshops"
)

// noon is when these tests take place.
var noon = time.Date(2026, time.March, 3, 17, 0, 0, 0, time.UTC)

// page is that of a caller who gives no limit, as the edge fills it in.
var page = services.PageQuery{Limit: 25}

// house is the organization of one test, with every domain that a death touches.
type house struct {
	*testing.T
	db        *pgtest.DB
	core      *services.Core
	accounts  *accounts.Service
	people    *people.Service
	tasks     *tasks.Service
	workshops *workshops.Service
	outreach  *outreach.Service
	programs  *programs.Service
	forms     *forms.Service
	records   *records.Service
	cora, dan human // two coordinators
}

// human is somebody with an account.
type human struct {
	member, account uuid.UUID
	roles           []models.Role
	email           string
}

func build(t *testing.T) *house {
	t.Helper()
	h := &house{T: t, db: pgtest.New(t)}
	h.core = coretest.On(t, h.db)
	h.core.Clock.Set(noon)
	notices.New(h.core, nil, notices.Config{BaseURL: "https://homefront.example", From: "hello@homefront.example", OrgName: "Homefront"})
	h.accounts = accounts.New(h.core, accounts.Settings{Issuer: "https://homefront.example", Audience: "https://homefront.example", Organization: "Homefront"})
	h.people, h.tasks, h.records = people.New(h.core), tasks.NewService(h.core), records.New(h.core)
	h.workshops = workshops.New(h.core, workshops.Config{BaseURL: "https://homefront.example"})
	h.outreach = outreach.New(h.core, outreach.Config{})
	h.programs, h.forms = programs.New(h.core, programs.Config{OrgName: "Homefront"}), forms.New(h.core)
	h.cora, h.dan = h.human("Cora Diaz", models.RoleCoordinator), h.human("Dan Reyes", models.RoleCoordinator)
	return h
}

func (h *house) exec(sql string, args ...any) {
	h.Helper()
	if _, err := h.core.Writes().Exec(h.Context(), sql, args...); err != nil {
		h.Fatal(err)
	}
}

func (h *house) count(sql string, args ...any) (n int) {
	h.Helper()
	if err := h.core.Writes().QueryRow(h.Context(), sql, args...).Scan(&n); err != nil {
		h.Fatal(err)
	}
	return n
}

func (h *house) text(sql string, args ...any) (s string) {
	h.Helper()
	if err := h.core.Writes().QueryRow(h.Context(), sql, args...).Scan(&s); err != nil {
		h.Fatal(err)
	}
	return s
}

func (h *house) known(name string, years int, kinds ...models.Kind) uuid.UUID {
	h.Helper()
	given, family, _ := strings.Cut(name, " ")
	born := models.DateOf(noon.AddDate(-years, 0, -1))
	if kinds == nil {
		kinds = []models.Kind{models.KindVeteran}
	}
	m := models.Member{GivenName: given, FamilyName: family, BirthDate: &born, Kinds: kinds, Status: models.MemberActive}
	_, err := services.Mutate(services.AsSystem(h.Context(), "test"), h.core, "member.create", func(tx *services.Tx) (struct{}, error) {
		return struct{}{}, people.NewMember(tx, &m)
	})
	if err != nil {
		h.Fatal(err)
	}
	return m.ID
}

func (h *house) human(name string, roles ...models.Role) human {
	h.Helper()
	p := human{member: h.known(name, 40), account: services.NewID(), roles: roles, email: strings.ToLower(strings.ReplaceAll(name, " ", ".")) + "@example.org"}
	if roles == nil {
		p.roles = []models.Role{models.RoleMember}
	}
	h.exec(`insert into accounts (id, version, created_at, updated_at, member_id, email, roles, status, email_verified_at, auth_changed_at)
		values ($1, 1, $2, $2, $3, $4, $5, 'active', $2, $2)`, p.account, noon, p.member, p.email, p.roles)
	h.exec(`update members set email = $2 where id = $1`, p.member, p.email)
	return p
}

// as is the context of one request of p.
func (h *house) as(p human) context.Context {
	return services.WithCall(h.Context(), &services.Call{Actor: &services.Actor{Kind: models.ActorAccount, AccountID: p.account, SessionID: services.NewID(), MemberID: p.member,
		Roles: p.roles, AuthTime: noon}})
}

// workshop is one that is open, with so many seats, in a week.
func (h *house) workshop(title string, seats int) uuid.UUID {
	return h.workshopAt(title, seats, noon.AddDate(0, 0, 7))
}

func (h *house) workshopAt(title string, seats int, start time.Time) uuid.UUID {
	h.Helper()
	id := services.NewID()
	h.exec(`insert into workshops (id, version, created_at, updated_at, title, format, attendance_mode, time_zone, capacity, approval_required, cancel_deadline_hours, guests_per_party,
			max_party, teen_program, offer_hours, visibility, is_template, starts_at, ends_at, listed_until, published_at)
		values ($1, 1, $2, $2, $3, 'in_person', 'series', 'America/New_York', $4, false, 24, 4, 6, false, 24, 'published', false, $5, $6, $5, $2)`,
		id, noon, title, seats, start, start.Add(2*time.Hour))
	h.exec(`insert into workshop_sessions (id, version, created_at, updated_at, workshop_id, starts_at, ends_at, local_start, time_zone, status, sequence)
		values ($1, 1, $2, $2, $3, $4, $5, '2026-03-10T12:00', 'America/New_York', 'scheduled', 0)`, services.NewID(), noon, id, start, start.Add(2*time.Hour))
	h.exec(`insert into pools (id, workshop_id, capacity) values ($1, $2, $3)`, services.NewID(), id, seats)
	return id
}

func (h *house) register(p human, workshop uuid.UUID, with ...uuid.UUID) *workshops.RegistrationView {
	h.Helper()
	in := workshops.Register{Attendees: []workshops.AttendeeInput{{MemberID: &p.member}}}
	for _, id := range with {
		in.Attendees = append(in.Attendees, workshops.AttendeeInput{MemberID: &id})
	}
	r, err := h.workshops.Register(h.as(p), workshop, in)
	if err != nil {
		h.Fatal(err)
	}
	return r
}

func (h *house) guard(guardian, child uuid.UUID) uuid.UUID {
	h.Helper()
	id := services.NewID()
	h.exec(`insert into guardianships (id, version, created_at, updated_at, guardian_id, child_id, status, evidence, confirmed_by, confirmed_at)
		values ($1, 1, $2, $2, $3, $4, 'confirmed', 'Birth certificate', $5, $2)`, id, noon, guardian, child, h.cora.member)
	return id
}

func (h *house) link(a uuid.UUID, kind models.RelationshipKind, b uuid.UUID) {
	h.Helper()
	h.exec(`insert into relationships (id, version, created_at, updated_at, member_id, kind, other_id, status, asked_by, decided_at) values ($1, 1, $2, $2, $3, $4, $5, 'accepted', $3, $2)`,
		services.NewID(), noon, a, string(kind), b)
}

// report and confirm are the two of staff.
func (h *house) report(member uuid.UUID) uuid.UUID {
	h.Helper()
	d, err := h.records.Report(h.as(h.cora), member, records.ReportDeath{Source: "His sister called"})
	if err != nil {
		h.Fatal(err)
	}
	return d.ID
}

func (h *house) bury(member uuid.UUID) uuid.UUID {
	h.Helper()
	id := h.report(member)
	if _, err := h.records.Confirm(h.as(h.dan), id); err != nil {
		h.Fatal(err)
	}
	return id
}

// checkCounts recounts every pool from its attendees.
func (h *house) checkCounts() {
	h.Helper()
	if n := h.count(`select count(*) from pools p where (p.taken, p.taken_children, p.waiting) <> (
		select count(*) filter (where r.state in ('pending_approval', 'confirmed', 'offered')),
			count(*) filter (where r.state in ('pending_approval', 'confirmed', 'offered') and a.kind = 'child'), count(distinct r.id) filter (where r.state = 'waitlisted')
		from attendees a join registrations r on r.id = a.registration_id where a.pool_id = p.id and a.state in ('invited', 'attending'))`); n > 0 {
		h.Fatalf("%d pools count something else than who sits on them", n)
	}
}

var codeOf = coretest.CodeOf

func peopleNamed(name string) people.MemberFilter {
	return people.MemberFilter{Q: name, PageQuery: page}
}
