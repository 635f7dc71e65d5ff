package workshops_test

import (
	"context"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
	"homefront/services/people"
	"homefront/services/workshops"
)

// hall is where parties register: a planner's desk, and ways to bring people.
type hall struct{ *planner }

func openHall(t *testing.T) *hall { return &hall{plan(t)} }

// startsOn is the local start of what the tests register for: weeks after planningDay.
const startsOn = "2026-10-27T18:00"

// replica is the use cases of another server process on the same database.
func (h *hall) replica() *workshops.Service {
	h.t.Helper()
	c, err := services.Open(h.t.Context(), services.Settings{DatabaseURL: h.db.AppURL, Secret: []byte("0123456789abcdefghijklmnopqrstuv"), ReadConns: 4, WriteConns: 8,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), DecodeAnswers: true})
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(c.Close)
	c.Clock.Set(planningDay)
	notices.New(c, nil, notices.Config{BaseURL: "https://homefront.example", From: "hello@homefront.example", OrgName: "Homefront"})
	return workshops.New(c, workshops.Config{BaseURL: "https://homefront.example"})
}

func (h *hall) workshop(in workshops.NewWorkshop) uuid.UUID { return h.open(in, startsOn).ID }

func (h *hall) crowd(n int) []uuid.UUID {
	out := make([]uuid.UUID, n)
	for i := range out {
		out[i] = h.person("Guest", false)
	}
	return out
}

// me is a call of a member.
func (h *hall) me(member uuid.UUID) context.Context { return h.as(member, "*", models.RoleMember) }

// child is a child of a guardian, whose claim staff have confirmed or not.
func (h *hall) child(of uuid.UUID, confirmed bool) uuid.UUID {
	h.t.Helper()
	born := models.NewDate(2016, time.June, 1)
	m := models.Member{GivenName: "Maya", FamilyName: "Rivera", BirthDate: &born, Kinds: models.Texts[models.Kind]{models.KindChild}, Status: models.MemberActive}
	_, err := services.Mutate(services.AsSystem(context.Background(), "test"), h.core, "test.child", func(tx *services.Tx) (struct{}, error) {
		return struct{}{}, people.NewMember(tx, &m)
	})
	if err != nil {
		h.t.Fatal(err)
	}
	h.guard(of, m.ID, confirmed)
	return m.ID
}

func (h *hall) guard(guardian, child uuid.UUID, confirmed bool) {
	h.t.Helper()
	if confirmed {
		h.exec(`insert into guardianships (id, version, created_at, updated_at, guardian_id, child_id, status, evidence, confirmed_by, confirmed_at)
			values ($1, 1, $2, $2, $3, $4, 'confirmed', 'Birth certificate', $5, $2)`, services.NewID(), planningDay, guardian, child, h.boss)
		return
	}
	h.exec(`insert into guardianships (id, version, created_at, updated_at, guardian_id, child_id, status) values ($1, 1, $2, $2, $3, $4, 'claimed')`,
		services.NewID(), planningDay, guardian, child)
}

func (h *hall) super(do func(*pgx.Conn) error) {
	h.t.Helper()
	h.db.Super(h.t, do)
}

func (h *hall) exec(sql string, args ...any) {
	h.t.Helper()
	h.super(func(c *pgx.Conn) error { _, err := c.Exec(context.Background(), sql, args...); return err })
}

func (h *hall) count(sql string, args ...any) (n int) {
	h.t.Helper()
	h.super(func(c *pgx.Conn) error { return c.QueryRow(context.Background(), sql, args...).Scan(&n) })
	return n
}

// register is a party that must be taken.
func (h *hall) register(ctx context.Context, workshop uuid.UUID, in workshops.Register) *workshops.RegistrationView {
	h.t.Helper()
	r, err := h.Register(ctx, workshop, in)
	if err != nil {
		h.t.Fatalf("register: %v %v", err, fieldsOf(err))
	}
	return r
}

func (h *hall) want(r *workshops.RegistrationView, state models.RegistrationState) *workshops.RegistrationView {
	h.t.Helper()
	if r.State != state {
		h.t.Fatalf("the registration is %s, want %s", r.State, state)
	}
	return r
}

// now reads a registration as staff see it.
func (h *hall) now(id uuid.UUID) *workshops.RegistrationView {
	h.t.Helper()
	r, err := h.Registration(h.staff(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	return r
}

// later moves the clock and works what is due by then; mails are not ours to send.
func (h *hall) later(t time.Time) {
	h.t.Helper()
	h.exec(`delete from river_job where kind like 'message.%'`)
	if _, err := h.core.RunDue(h.t.Context(), t); err != nil {
		h.t.Fatal(err)
	}
}

// mails counts the mails of an event about a registration.
func (h *hall) mails(event models.NoticeEvent, registration uuid.UUID) int {
	h.t.Helper()
	return h.count(`select count(*) from messages where event = $1 and record_id = $2`, string(event), registration)
}

// members is a party of the given members.
func members(ids ...uuid.UUID) workshops.Register {
	var in workshops.Register
	for _, id := range ids {
		in.Attendees = append(in.Attendees, workshops.AttendeeInput{MemberID: &id})
	}
	return in
}

// guests is a party of oneself and so many named guests.
func guests(lead uuid.UUID, n int) workshops.Register {
	in := members(lead)
	for range n {
		in.Attendees = append(in.Attendees, workshops.AttendeeInput{Guest: &workshops.GuestInput{Name: "Rosa Ortega", Kind: models.SeatAdult}})
	}
	return in
}

// checkCounts recounts every pool from its attendees: the counters are never anything else.
func (h *hall) checkCounts() {
	h.t.Helper()
	wrong := h.count(`select count(*) from pools p where (p.taken, p.taken_children, p.waiting) <> (
		select count(*) filter (where r.state in ('pending_approval', 'confirmed', 'offered')),
			count(*) filter (where r.state in ('pending_approval', 'confirmed', 'offered') and a.kind = 'child'),
			count(distinct r.id) filter (where r.state = 'waitlisted')
		from attendees a join registrations r on r.id = a.registration_id
		where a.pool_id = p.id and a.state in ('invited', 'attending') and not a.beyond)`)
	if wrong > 0 {
		h.t.Fatalf("%d pools count something else than who sits on them", wrong)
	}
	if n := h.count(`select count(*) from attendees a join registrations r on r.id = a.registration_id where a.live <> r.live`); n > 0 {
		h.t.Fatalf("%d attendees are not as live as their registration", n)
	}
}
