package workshops

import (
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
	"homefront/services/tasks"
)

// Work that the death of somebody leaves behind in parties and sessions.
const (
	TaskPartyWithoutLead models.TaskKind = "party_without_lead"
	TaskFindFacilitator  models.TaskKind = "find_facilitator"
)

// heldParty is what must be known of a registration to give it back.
type heldParty struct {
	State        models.RegistrationState `json:"state"`
	LeadMemberID uuid.UUID                `json:"lead_member_id"`
	Review       []models.ReviewReason    `json:"review,omitempty"`
	QueuedAt     *time.Time               `json:"queued_at,omitempty"`
	MovedAheadAt *time.Time               `json:"moved_ahead_at,omitempty"`
	ConfirmedAt  *time.Time               `json:"confirmed_at,omitempty"`
	LateCancel   bool                     `json:"late_cancel,omitempty"`
}

// heldSeat is what must be known of one attendee to give their place in a party back.
type heldSeat struct {
	RegistrationID uuid.UUID            `json:"registration_id"`
	State          models.AttendeeState `json:"state"`
	Led            bool                 `json:"led,omitempty"`
}

func heldOf(p *party) heldParty {
	return heldParty{State: p.State, LeadMemberID: p.LeadMemberID, Review: p.Review, QueuedAt: p.QueuedAt, MovedAheadAt: p.MovedAheadAt, ConfirmedAt: p.ConfirmedAt, LateCancel: p.LateCancel}
}

const groundsOf = `select distinct r.workshop_id, r.session_id from registrations r join workshops w on w.id = r.workshop_id left join workshop_sessions s on s.id = r.session_id
	where r.live and w.visibility = 'published' and coalesce(s.ends_at, w.ends_at) > $2 and (r.lead_member_id = $1
		or r.id in (select a.registration_id from attendees a where a.member_id = $1 and a.state = 'attending' and a.live))
	order by r.workshop_id, r.session_id`

// Whoever needs several pools locks all of them by their ids first: a merge does too.
const (
	lockGroundsIn = `select p.id from pools p join (`
	lockGroundsBy = `on g.workshop_id = p.workshop_id and g.session_id is not distinct from p.session_id order by p.id for no key update of p`
)

// Depart takes somebody who has died out of every party whose time has not passed, and says nothing to anybody: whom to
// call, and what to say, is for people. A party of which nobody is left ends and its seats go to those who wait. The
// others keep their places under the adult who leads it next; where there is none staff are asked. What they were to
// lead is staff's to hand on, too. The member's row is locked.
func Depart(tx *services.Tx, memberID uuid.UUID) (out []models.DeathEffect, err error) {
	var grounds []models.Pool
	tx.Locks(services.LockPools)
	tx.Queue(lockGroundsIn+groundsOf+`) g `+lockGroundsBy, memberID, tx.Now())
	if err := tx.Batch(services.Statement{SQL: groundsOf, Args: []any{memberID, tx.Now()}, Scan: services.RowsInto(&grounds)}); err != nil {
		return nil, err
	}
	for _, g := range grounds {
		left, err := departFrom(tx, g, memberID)
		if err != nil {
			return nil, err
		}
		out = append(out, left...)
	}
	led, err := findFacilitators(tx, memberID)
	return append(out, led...), err
}

func departFrom(tx *services.Tx, ground models.Pool, memberID uuid.UUID) (out []models.DeathEffect, err error) {
	set := &partySet{}
	d, err := openDesk(tx, ground.WorkshopID, ground.SessionID, set.statements(`r.workshop_id = $1 and r.session_id is not distinct from $2 and r.live and (r.lead_member_id = $3
		or r.id in (select a.registration_id from attendees a where a.member_id = $3 and a.state = 'attending' and a.live))`, "r.id", ground.WorkshopID, ground.SessionID, memberID)...)
	if err != nil || d.over() {
		return nil, err
	}
	parties := set.parties()
	for _, p := range parties {
		left, err := d.departed(p, memberID)
		if err != nil {
			return nil, err
		}
		out = append(out, left...)
	}
	return out, d.close(parties...)
}

// departed takes one person out of one party.
func (d *desk) departed(p *party, memberID uuid.UUID) (out []models.DeathEffect, err error) {
	now, held := d.tx.Now(), heldOf(p)
	theirs := func(a *models.Attendee) bool { return a.Goes() && a.MemberID != nil && *a.MemberID == memberID }
	if !slices.ContainsFunc(p.attendees, func(a models.Attendee) bool { return a.StillThere(now) && !theirs(&a) }) {
		out = append(out, models.NewDeathEffect("registration", p.ID, models.DeathEnded, held))
		d.change(p, func() {
			p.State, p.ClosedAt, p.OfferExpiresAt, p.LateCancel = models.RegistrationCancelled, &now, nil, false
		})
		return out, d.withdraw(p)
	}
	d.change(p, func() {
		for i := range p.attendees {
			if a := &p.attendees[i]; theirs(a) {
				out = append(out, models.NewDeathEffect("attendee", a.ID, models.DeathLeft, heldSeat{p.ID, a.State, p.LeadMemberID == memberID}))
				a.State, a.LeftAt = models.AttendeeRemoved, &now
			}
		}
	})
	if p.LeadMemberID != memberID && (!p.unaccompanied() || d.workshop.TeenProgram) {
		return out, nil
	}
	led, err := d.leadAnew(p, memberID, held)
	return append(out, led...), err
}

// leadAnew has another adult of the party lead it, or staff find one. Who leads it now was not asked what is asked at the
// moment, an offer: staff call.
func (d *desk) leadAnew(p *party, memberID uuid.UUID, held heldParty) (out []models.DeathEffect, err error) {
	next := nextLead(p)
	work := tasks.New{Kind: TaskPartyWithoutLead, AlsoAbout: []uuid.UUID{memberID}, Record: "registration", RecordID: &p.ID, Queue: "coordinators",
		Title: "A party is without an adult: see who can come with them", DueAt: soon(d.tx.Now(), d.starts())}
	switch {
	case next == nil || p.unaccompanied() && !d.workshop.TeenProgram:
		out = append(out, models.NewDeathEffect("registration", p.ID, models.DeathToStaff, held))
	default:
		p.LeadMemberID = *next
		out = append(out, models.NewDeathEffect("registration", p.ID, models.DeathLeft, held))
		again, err := tasks.Reaim(d.tx, "registration", p.ID, memberID, *next)
		if err != nil {
			return nil, err
		}
		if out = append(out, again...); p.State != models.RegistrationOffered {
			return out, nil
		}
		notices.Recall(d.tx, "registration", p.ID, models.NoticeRegistrationOffered)
		work.Kind, work.MemberID, work.Title, work.DueAt = models.TaskCall, next, "Call: seats are held for this person's party", soon(d.tx.Now(), *p.OfferExpiresAt)
	}
	task, err := tasks.Open(d.tx, work)
	return append(out, models.NewDeathEffect("task", task, models.DeathOpened, nil)), err
}

// findFacilitators asks staff to hand on what somebody was to lead.
func findFacilitators(tx *services.Tx, memberID uuid.UUID) (out []models.DeathEffect, err error) {
	var led []models.Workshop
	err = tx.Batch(services.Statement{SQL: `select w.id, w.starts_at from workshops w where w.visibility in ('draft', 'published') and w.ends_at > $2
			and (w.id in (select workshop_id from workshop_facilitators where member_id = $1)
				or w.id in (select s.workshop_id from session_facilitators f join workshop_sessions s on s.id = f.session_id where f.member_id = $1 and s.ends_at > $2)) order by w.id`,
		Args: []any{memberID, tx.Now()}, Scan: services.RowsInto(&led)})
	for i := range led {
		due := tx.Now().Add(24 * time.Hour)
		if at := led[i].StartsAt; at != nil {
			due = soon(tx.Now(), *at)
		}
		task, err := tasks.Open(tx, tasks.New{Kind: TaskFindFacilitator, AlsoAbout: []uuid.UUID{memberID}, Record: "workshop", RecordID: &led[i].ID, Queue: "coordinators",
			Title: "Find somebody else to lead this workshop", DueAt: due})
		if err != nil {
			return nil, err
		}
		out = append(out, models.NewDeathEffect("task", task, models.DeathOpened, nil))
	}
	return out, err
}

// GroundsOf locks the pools of effects on parties and places, and puts the effects in an order: those of one workshop, or of one
// session of a drop-in workshop, together, each registration before who left it.
func GroundsOf(tx *services.Tx, effects []*models.DeathEffect) error {
	if len(effects) == 0 {
		return nil
	}
	ids := make([]uuid.UUID, len(effects))
	for i, e := range effects {
		ids[i] = e.RecordID
	}
	tx.Locks(services.LockPools)
	tx.Queue(lockGroundsIn+`select distinct r.workshop_id, r.session_id from registrations r
		where r.id = any($1) or r.id in (select registration_id from attendees where id = any($1))) g `+lockGroundsBy, ids)
	place := map[uuid.UUID]int{}
	err := tx.Batch(services.Statement{SQL: `select t.id, row_number() over (order by r.workshop_id, r.session_id, r.id, t.seat)::int from registrations r join (
			select id, id as registration_id, false as seat from registrations where id = any($1) union all select id, registration_id, true from attendees where id = any($1)) t
			on t.registration_id = r.id`, Args: []any{ids}, Scan: func(rows pgx.Rows) error {
		var id uuid.UUID
		var n int
		_, err := pgx.ForEachRow(rows, []any{&id, &n}, func() error { place[id] = n; return nil })
		return err
	}})
	slices.SortStableFunc(effects, func(a, b *models.DeathEffect) int { return place[a.RecordID] - place[b.RecordID] })
	return err
}

// GiveBack undoes what Depart did to one party or one place in it: the seats when they are free, else the place in line, the
// first one for who had seats. Nobody is told: staff speak with the person. What is over, or goes on in another way by
// now, stays as it is.
func GiveBack(tx *services.Tx, e *models.DeathEffect) (models.DeathOutcome, error) {
	id := e.RecordID
	var seat heldSeat
	if e.About == "attendee" {
		if err := e.Held(&seat); err != nil {
			return "", err
		}
		id = seat.RegistrationID
	}
	var at []models.Registration
	err := tx.Batch(services.Statement{SQL: `select workshop_id, session_id from registrations where id = $1`, Args: []any{id}, Scan: services.RowsInto(&at)})
	if err != nil || len(at) == 0 {
		return models.DeathSettled, err
	}
	d, p, err := openKnown(tx, at[0].WorkshopID, at[0].SessionID, id)
	if err != nil {
		return "", err
	}
	if d.over() {
		return models.DeathNotPossible, nil
	}
	if e.About == "attendee" {
		return d.seatAgain(p, e.RecordID, seat)
	}
	var held heldParty
	if err := e.Held(&held); err != nil {
		return "", err
	}
	if e.Action != models.DeathEnded {
		return d.leadAgain(p, held)
	}
	return d.bringBack(p, held)
}

// leadAgain gives the lead of a party back to who had it.
func (d *desk) leadAgain(p *party, held heldParty) (models.DeathOutcome, error) {
	if !p.State.Live() || p.LeadMemberID == held.LeadMemberID {
		return models.DeathSettled, nil
	}
	p.LeadMemberID = held.LeadMemberID
	return models.DeathGivenBack, d.close(p)
}

// seatAgain seats one person in the party that they had left.
func (d *desk) seatAgain(p *party, id uuid.UUID, held heldSeat) (models.DeathOutcome, error) {
	a, err := p.attendee(id)
	if err != nil {
		return "", err
	}
	if a.State != models.AttendeeRemoved {
		return models.DeathSettled, nil
	}
	var had []place
	err = d.tx.Batch(services.Statement{SQL: placesSQL, Args: []any{d.workshop.ID, d.sessionID, []uuid.UUID{*a.MemberID}}, Scan: services.RowsInto(&had)})
	if err != nil {
		return "", err
	}
	if !p.State.Live() || len(had) > 0 {
		return models.DeathNotPossible, nil
	}
	was := *a
	d.change(p, func() { a.State, a.LeftAt = held.State, nil })
	if p.State.HoldsSeats() && d.oversold() {
		d.change(p, func() { *a = was })
		return models.DeathNotPossible, nil
	}
	d.shrunk = false
	return models.DeathGivenBack, d.close(p)
}

// bringBack makes a party that ended live again.
func (d *desk) bringBack(p *party, held heldParty) (models.DeathOutcome, error) {
	if p.State != models.RegistrationCancelled {
		return models.DeathSettled, nil
	}
	d.lapseLate(p)
	err := d.checkReturn(p)
	var taken *services.Error
	switch {
	case p.empty() || errors.As(err, &taken):
		return models.DeathNotPossible, nil
	case err != nil:
		return "", err
	}
	now := d.tx.Now()
	restore := func() {
		p.Review, p.LateCancel, p.ClosedAt, p.OfferExpiresAt = held.Review, held.LateCancel, nil, nil
	}
	if held.State.HoldsSeats() && held.State != models.RegistrationOffered && d.fits(p.need()) {
		d.change(p, func() { restore(); p.State, p.ConfirmedAt = held.State, held.ConfirmedAt })
		if err := d.close(p); err != nil {
			return "", err
		}
		return models.DeathGivenBack, d.askToReview(p)
	}
	outcome := models.DeathWaitlisted
	d.change(p, func() {
		restore()
		if held.State == models.RegistrationWaitlisted && held.QueuedAt != nil {
			p.State, p.QueuedAt, p.MovedAheadAt = models.RegistrationWaitlisted, held.QueuedAt, held.MovedAheadAt
			outcome = models.DeathGivenBack
			return
		}
		d.queue(p)
		p.MovedAheadAt = &now
	})
	d.shrunk = true // what is free is offered to them by the rules of the line
	return outcome, d.close(p)
}
