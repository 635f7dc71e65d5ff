package workshops_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/calendar"
	"homefront/services/workshops"
)

// signsIn gives somebody an account with the roles.
func (h *hall) signsIn(member uuid.UUID, status string, roles ...string) {
	h.t.Helper()
	h.exec(`insert into accounts (id, version, created_at, updated_at, member_id, email, roles, status, auth_changed_at) values ($1, 1, $2, $2, $1, $1::uuid || '@example.org', $3, $4, $2)`,
		member, planningDay, roles, status)
}

func namesOf(page services.Page[workshops.FreeFacilitator], err error) (out []string) {
	if err != nil {
		return []string{err.Error()}
	}
	for _, f := range page.Data {
		out = append(out, f.Name)
	}
	return out
}

var pageOf = services.PageQuery{Limit: 25}

func TestWhoIsFreeToLead(t *testing.T) {
	h := openHall(t)
	busy, unchecked, gone, suspended := h.person("Busy", true), h.person("Una", false), h.person("Gus", true), h.person("Sue", true)
	for _, m := range []uuid.UUID{h.ann, h.bob, busy, unchecked, gone} {
		h.signsIn(m, "active", "facilitator", "member")
	}
	h.signsIn(suspended, "suspended", "facilitator")
	h.signsIn(h.member, "active", "member")
	h.exec(`update members set status = 'deceased' where id = $1`, gone)
	w := h.draft(workshops.NewWorkshop{FacilitatorIDs: []uuid.UUID{h.ann}})
	s := h.planner.sessions(w.ID, oneEvening)[0]
	other := h.draft(workshops.NewWorkshop{})
	h.planner.sessions(other.ID, workshops.NewSessions{LocalStart: "2026-10-27T19:00", Minutes: 60, FacilitatorIDs: &[]uuid.UUID{busy}})

	free, err := h.FreeForSession(h.staff(), s.ID, workshops.FreeQuery{PageQuery: pageOf})
	if got := namesOf(free, err); !slices.Equal(got, []string{"Bob Rivera"}) || !free.Data[0].Free || free.Data[0].MemberID != h.bob {
		t.Errorf("%q %+v", got, free.Data)
	}
	all, err := h.FreeForSession(h.staff(), s.ID, workshops.FreeQuery{PageQuery: pageOf, All: true})
	if got := namesOf(all, err); !slices.Equal(got, []string{"Ann Rivera", "Bob Rivera", "Busy Rivera", "Una Rivera"}) {
		t.Fatalf("%q", got)
	}
	ann, bob, booked, una := all.Data[0], all.Data[1], all.Data[2], all.Data[3]
	if !ann.Leads || !ann.Free || !bob.Free || bob.Leads {
		t.Errorf("%+v %+v", ann, bob)
	}
	starts := time.Date(2026, 10, 27, 23, 0, 0, 0, time.UTC)
	if booked.Free || len(booked.Busy) != 1 || !booked.Busy[0].StartsAt.Equal(starts) || !booked.Busy[0].EndsAt.Equal(starts.Add(time.Hour)) || len(booked.Missing) != 0 {
		t.Errorf("%+v", booked)
	}
	if una.Free || len(una.Busy) != 0 || !slices.Equal(una.Missing, models.ForMinors()) {
		t.Errorf("%+v", una)
	}
	if _, err := h.FreeForSession(h.staff(), services.NewID(), workshops.FreeQuery{}); codeOf(err) != services.CodeNotFound {
		t.Error(err)
	}
	// Ann is ill: Bob takes over, and nobody who comes is written to.
	r, err := h.UpdateSession(h.staff(), s.ID, workshops.SessionPatch{FacilitatorIDs: services.Some([]uuid.UUID{h.bob})})
	if err != nil || r.Sequence != 0 || r.Facilitators[0].Name != "Bob R." {
		t.Errorf("%+v %v", r, err)
	}
	if got := namesOf(h.FreeForSession(h.staff(), s.ID, workshops.FreeQuery{PageQuery: pageOf})); !slices.Equal(got, []string{"Ann Rivera"}) {
		t.Errorf("%q", got)
	}
}

func TestWhoIsFreeAtATime(t *testing.T) {
	h := openHall(t)
	una := h.person("Una", false)
	for _, m := range []uuid.UUID{h.ann, h.bob, una} {
		h.signsIn(m, "active", "facilitator")
	}
	h.planner.sessions(h.draft(workshops.NewWorkshop{FacilitatorIDs: []uuid.UUID{h.ann}}).ID, oneEvening)
	evening := calendar.Span{StartsAt: time.Date(2026, 10, 27, 22, 30, 0, 0, time.UTC), EndsAt: time.Date(2026, 10, 27, 23, 0, 0, 0, time.UTC)}
	at := func(in workshops.FreeAtQuery) []string {
		if in.Limit == 0 {
			in.PageQuery = pageOf
		}
		return namesOf(h.FreeAt(h.staff(), in))
	}
	if got := at(workshops.FreeAtQuery{Span: evening}); !slices.Equal(got, []string{"Bob Rivera", "Una Rivera"}) {
		t.Errorf("%q", got)
	}
	if got := at(workshops.FreeAtQuery{Span: evening, Minors: true}); !slices.Equal(got, []string{"Bob Rivera"}) {
		t.Errorf("%q", got)
	}
	later := calendar.Span{StartsAt: time.Date(2028, 1, 1, 1, 0, 0, 0, time.UTC), EndsAt: time.Date(2028, 1, 1, 2, 0, 0, 0, time.UTC)} // the last evening of 2027 in New York
	if got := at(workshops.FreeAtQuery{Span: later, Minors: true}); !slices.Equal(got, []string{"Ann Rivera", "Bob Rivera"}) {
		t.Errorf("on the last day of their credentials: %q", got)
	}
	if got := at(workshops.FreeAtQuery{Span: later, Minors: true, TimeZone: "Europe/Berlin"}); len(got) != 0 {
		t.Errorf("the day after: %q", got)
	}
	first, err := h.FreeAt(h.staff(), workshops.FreeAtQuery{FreeQuery: workshops.FreeQuery{PageQuery: services.PageQuery{Limit: 1, Count: true}}, Span: later})
	if err != nil || len(first.Data) != 1 || *first.Total != 3 || first.NextCursor == nil {
		t.Fatalf("%+v %v", first, err)
	}
	second := workshops.FreeAtQuery{Span: later}
	second.PageQuery = services.PageQuery{Limit: 5, Cursor: *first.NextCursor}
	if got := at(second); !slices.Equal(got, []string{"Bob Rivera", "Una Rivera"}) {
		t.Errorf("the next page: %q", got)
	}
	if _, err := h.FreeAt(h.staff(), workshops.FreeAtQuery{Span: calendar.Span{StartsAt: later.EndsAt, EndsAt: later.StartsAt}}); codeOf(err) != services.CodeInvalid {
		t.Error(err)
	}
	if _, err := h.FreeAt(h.staff(), workshops.FreeAtQuery{Span: later, TimeZone: "Mars/Olympus"}); codeOf(err) != services.CodeInvalid {
		t.Error(err)
	}
}

// Ann is booked a thousand times in a month, and Bob once, on its last days: nobody's bookings hide another's.
func TestOneWhoIsBookedOftenHidesNobody(t *testing.T) {
	h := openHall(t)
	month := calendar.Span{StartsAt: time.Date(2026, 10, 1, 4, 0, 0, 0, time.UTC), EndsAt: time.Date(2026, 10, 29, 4, 0, 0, 0, time.UTC)}
	for _, m := range []uuid.UUID{h.ann, h.bob} {
		h.signsIn(m, "active", "facilitator")
	}
	h.exec(`insert into resources (kind, id) values ('person', $1), ('person', $2)`, h.ann, h.bob)
	h.exec(`insert into commitments (id, resource_kind, resource_id, during, starts_at, ends_at, source, source_id)
		select gen_random_uuid(), 'person', case when i > 1000 then $2::uuid else $1 end, tstzrange(at, at + interval '10 minutes'), at, at + interval '10 minutes', 'test', gen_random_uuid()
		from (select i, $3::timestamptz + i * interval '30 minutes' + case when i > 1000 then interval '5 days' else '0' end as at from generate_series(1, 1001) i) b`, h.ann, h.bob, month.StartsAt)
	all, err := h.FreeAt(h.staff(), workshops.FreeAtQuery{Span: month, FreeQuery: workshops.FreeQuery{PageQuery: pageOf, All: true}})
	if err != nil || len(all.Data) != 2 {
		t.Fatalf("%+v %v", all, err)
	}
	if ann, bob := all.Data[0], all.Data[1]; ann.Free || len(ann.Busy) != 100 || bob.Free || len(bob.Busy) != 1 {
		t.Errorf("ann %t %d, bob %t %d", ann.Free, len(ann.Busy), bob.Free, len(bob.Busy))
	}
	w := h.draft(workshops.NewWorkshop{FacilitatorIDs: []uuid.UUID{h.ann, h.bob}})
	weeks, err := h.Preview(h.staff(), w.ID, workshops.NewSessions{LocalStart: "2026-10-01T00:00", Minutes: 7 * 24 * 60, Recurrence: &workshops.SessionRule{Rule: "FREQ=WEEKLY;COUNT=4"}})
	if err != nil || len(weeks.Data) != 4 || !weeks.Data[3].Busy {
		t.Errorf("%+v %v", weeks, err)
	}
}
