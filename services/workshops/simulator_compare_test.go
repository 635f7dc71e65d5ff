package workshops_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// simRows is what is stored of some workshops.
type simRows struct {
	pools   []simPoolRow
	parties []simPartyRow
	people  map[uuid.UUID][]simPersonRow
	links   map[uuid.UUID]uuid.UUID
}

type simPoolRow struct {
	ID            uuid.UUID
	WorkshopID    uuid.UUID
	SessionID     uuid.UUID
	Mode          string
	Capacity      int
	ChildCapacity int
	Taken         int
	TakenChildren int
	Waiting       int
}

type simPartyRow struct {
	ID             uuid.UUID
	WorkshopID     uuid.UUID
	SessionID      uuid.UUID
	LeadMemberID   uuid.UUID
	State          string
	QueuedAt       *time.Time
	MovedAheadAt   *time.Time
	OfferedAt      *time.Time
	OfferExpiresAt *time.Time
	LateCancel     bool
}

func (p *simPartyRow) holds() bool {
	return p.State == "pending_approval" || p.State == "confirmed" || p.State == "offered"
}

type simPersonRow struct {
	ID              uuid.UUID
	RegistrationID  uuid.UUID
	PoolID          uuid.UUID
	Kind            string
	State           string
	MemberID        *uuid.UUID
	InviteID        *uuid.UUID
	InviteExpiresAt *time.Time
}

func (s *simulation) read(lanes []*simLane) (*simRows, error) {
	ids := make([]uuid.UUID, len(lanes))
	for i, l := range lanes {
		ids[i] = l.was.id
	}
	const none = `'00000000-0000-0000-0000-000000000000'::uuid`
	var people []simPersonRow
	out := &simRows{people: map[uuid.UUID][]simPersonRow{}, links: map[uuid.UUID]uuid.UUID{}}
	batch := &pgx.Batch{}
	into := func(sql string, scan func(pgx.Rows) error) { batch.Queue(sql, ids).Query(scan) }
	into(`select id, workshop_id, coalesce(session_id, `+none+`) as session_id, coalesce(mode, '') as mode, capacity, coalesce(child_capacity, -1) as child_capacity, taken, taken_children, waiting
		from pools where workshop_id = any($1)`, collect(&out.pools))
	into(`select id, workshop_id, coalesce(session_id, `+none+`) as session_id, lead_member_id, state, queued_at, moved_ahead_at, offered_at, offer_expires_at, late_cancel
		from registrations where workshop_id = any($1)`, collect(&out.parties))
	into(`select a.id, a.registration_id, a.pool_id, a.kind, a.state, a.member_id, a.invite_id, a.invite_expires_at
		from attendees a join registrations r on r.id = a.registration_id where r.workshop_id = any($1) order by a.id`, collect(&people))
	if err := s.way.SendBatch(context.Background(), batch).Close(); err != nil {
		return nil, err
	}
	for _, a := range people {
		out.people[a.RegistrationID] = append(out.people[a.RegistrationID], a)
		if a.InviteID != nil {
			out.links[a.ID] = *a.InviteID
		}
	}
	return out, nil
}

func collect[T any](into *[]T) func(pgx.Rows) error {
	return func(rows pgx.Rows) (err error) {
		*into, err = pgx.CollectRows(rows, pgx.RowToStructByPos[T])
		return err
	}
}

// differences names everything in which a workshop is stored otherwise than it should be.
func (r *simRows) differences(w *simWorkshop, now time.Time) (out []string) {
	for _, l := range w.lines {
		of := &simStored{line: l, now: now, rows: r}
		for _, p := range r.parties {
			if p.WorkshopID == w.id && p.SessionID == l.session {
				of.parties = append(of.parties, p)
			}
		}
		of.comparePools()
		of.compareParties()
		of.compareLine()
		out = append(out, of.wrong...)
	}
	return out
}

// simStored is what is stored of one line, beside what should be.
type simStored struct {
	line    *simLine
	now     time.Time
	rows    *simRows
	parties []simPartyRow
	pools   []simPoolRow
	wrong   []string
}

func (s *simStored) say(format string, args ...any) {
	s.wrong = append(s.wrong, fmt.Sprintf(format, args...))
}

// taken counts the rows that hold seats in one pool, and the waiting parties that want some there.
func (s *simStored) taken(pool uuid.UUID) (adults, children, waiting int) {
	for i := range s.parties {
		p, wants := &s.parties[i], false
		for _, a := range s.rows.people[p.ID] {
			if a.PoolID != pool || a.State != "invited" && a.State != "attending" {
				continue
			}
			wants = true
			switch {
			case !p.holds():
			case a.Kind == "child":
				children++
			default:
				adults++
			}
		}
		if p.State == "waitlisted" && wants {
			waiting++
		}
	}
	return adults, children, waiting
}

// comparePools: the counters are the rows, the rows are the model's people, and none of them sits beyond capacity.
func (s *simStored) comparePools() {
	should := s.line.taken()
	for i, want := range s.line.pools {
		n := slices.IndexFunc(s.rows.pools, func(p simPoolRow) bool {
			return p.WorkshopID == s.line.workshop && p.SessionID == s.line.session && p.Mode == want.mode
		})
		if n < 0 {
			s.say("there is no pool for %q", want.mode)
			return
		}
		p := s.rows.pools[n]
		s.pools = append(s.pools, p)
		adults, children, waiting := s.taken(p.ID)
		if p.Capacity != want.seats || p.ChildCapacity != want.childSeats {
			s.say("pool %s has %d seats and %d for children, should be %+v", p.ID, p.Capacity, p.ChildCapacity, want)
		}
		if p.Taken != adults+children || p.TakenChildren != children || p.Waiting != waiting {
			s.say("pool %s counts %d taken, %d by children, %d waiting; there are %d, %d and %d", p.ID, p.Taken, p.TakenChildren, p.Waiting, adults+children, children, waiting)
		}
		if [2]int{adults, children} != should[i] {
			s.say("pool %s seats %d adults and %d children, should be %v", p.ID, adults, children, should[i])
		}
		if p.ChildCapacity < 0 && adults+children > p.Capacity || p.ChildCapacity >= 0 && (adults > p.Capacity || children > p.ChildCapacity) {
			s.say("pool %s is oversold: %d adults and %d children on %d seats and %d", p.ID, adults, children, p.Capacity, p.ChildCapacity)
		}
	}
}

func (s *simStored) compareParties() {
	if len(s.parties) != len(s.line.parties) {
		s.say("there are %d registrations, should be %d", len(s.parties), len(s.line.parties))
	}
	for i := range s.parties {
		got := &s.parties[i]
		want := s.line.party(got.ID)
		if want == nil {
			s.say("registration %s should not exist", got.ID)
			continue
		}
		if got.State != want.state {
			s.say("registration %s is %s, should be %s", got.ID, got.State, want.state)
		}
		if got.LeadMemberID != want.lead {
			s.say("registration %s is led by %s, should be by %s", got.ID, got.LeadMemberID, want.lead)
		}
		if got.LateCancel != want.late {
			s.say("registration %s is late: %v, should be %v", got.ID, got.LateCancel, want.late)
		}
		if until := or(got.OfferExpiresAt); want.state == "offered" && !until.Equal(want.until) {
			s.say("registration %s is offered until %s, should be until %s", got.ID, until.UTC(), want.until.UTC())
		}
		if !or(got.OfferedAt).Equal(want.offered) {
			s.say("registration %s was offered seats at %s, should have been at %s", got.ID, or(got.OfferedAt).UTC(), want.offered)
		}
		s.comparePeople(want)
	}
}

func (s *simStored) comparePeople(want *simParty) {
	rows := s.rows.people[want.id]
	if len(rows) != len(want.people) {
		s.say("registration %s has %d people, should have %d", want.id, len(rows), len(want.people))
		return
	}
	for i := range rows {
		got, a := &rows[i], want.person(rows[i].ID)
		switch {
		case a == nil:
			s.say("attendee %s should not be in registration %s", got.ID, want.id)
		case got.State != a.state || (got.Kind == "child") != a.child || or(got.MemberID) != a.member || a.pool >= len(s.pools) || got.PoolID != s.pools[a.pool].ID:
			s.say("attendee %s of registration %s is %+v, should be %+v", got.ID, want.id, *got, *a)
		case a.invited && !or(got.InviteExpiresAt).Equal(a.until):
			s.say("attendee %s of registration %s is invited until %s, should be until %s", got.ID, want.id, or(got.InviteExpiresAt).UTC(), a.until.UTC())
		}
	}
}

// compareLine: who waits stands in the order in which they should, and nobody waits for seats that are free.
func (s *simStored) compareLine() {
	var waiting []simPartyRow
	for _, p := range s.parties {
		if p.State == "waitlisted" {
			waiting = append(waiting, p)
		}
	}
	slices.SortFunc(waiting, func(a, b simPartyRow) int {
		switch {
		case (a.MovedAheadAt == nil) != (b.MovedAheadAt == nil):
			return index(a.MovedAheadAt == nil) - index(b.MovedAheadAt == nil)
		case a.MovedAheadAt != nil && !a.MovedAheadAt.Equal(*b.MovedAheadAt):
			return a.MovedAheadAt.Compare(*b.MovedAheadAt)
		}
		return cmp.Or(or(a.QueuedAt).Compare(or(b.QueuedAt)), bytes.Compare(a.ID[:], b.ID[:]))
	})
	var got, want []uuid.UUID
	for _, p := range waiting {
		got = append(got, p.ID)
		s.compareSkipped(p)
	}
	for _, p := range s.line.line() {
		want = append(want, p.id)
	}
	if !slices.Equal(got, want) {
		s.say("the line is %v, should be %v", got, want)
	}
}

func (s *simStored) compareSkipped(p simPartyRow) {
	if !s.now.Before(s.line.last().Add(-2 * time.Hour)) {
		return // there is no time to ask any more
	}
	need := false
	for _, pool := range s.pools {
		adults, children, _ := s.taken(pool.ID)
		wants := [2]int{}
		for _, a := range s.rows.people[p.ID] {
			if a.PoolID == pool.ID && (a.State == "invited" || a.State == "attending") {
				wants[index(a.Kind == "child")]++
			}
		}
		need = need || wants != [2]int{}
		if pool.ChildCapacity < 0 && wants != [2]int{} && adults+children+wants[0]+wants[1] > pool.Capacity ||
			pool.ChildCapacity >= 0 && (wants[0] > 0 && adults+wants[0] > pool.Capacity || wants[1] > 0 && children+wants[1] > pool.ChildCapacity) {
			return
		}
	}
	if need {
		s.say("registration %s is skipped: it waits for seats that are free", p.ID)
	}
}

func or[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
