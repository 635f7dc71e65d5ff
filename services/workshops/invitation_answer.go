package workshops

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/tasks"
)

// accept makes the invited person one who comes. The rest of the party is told nothing but that.
func (at *asked) accept(tx *services.Tx, member *uuid.UUID) (*Invitation, error) {
	var answering []uuid.UUID
	if member != nil {
		answering = append(answering, *member)
	}
	d, p, a, err := at.open(tx, answering...)
	if err != nil {
		return nil, err
	}
	if a.Goes() || at.byLink && a.Accepted() {
		tx.Unchanged()
		return d.invitation(p, a)
	}
	now, looked := tx.Now(), a.Accepted()
	if a.State != models.AttendeeInvited || !looked && !now.Before(*a.InviteExpiresAt) || !p.State.Live() || d.over() {
		return nil, services.Conflict(CodeInvitationOver, "This invitation is over. You can register yourself.")
	}
	if err := d.checkFree(member); err != nil {
		return nil, err
	}
	why, err := at.lookAt(d, p, member)
	if err != nil {
		return nil, err
	}
	if looked {
		if err := closeReview(tx, a); err != nil {
			return nil, err
		}
	}
	if len(why) > 0 && member == nil {
		return at.acceptUnknown(d, p, a)
	}
	if len(why) > 0 {
		return at.acceptAlone(d, p, a, *member, why)
	}
	d.change(p, func() { a.State, a.MemberID, a.JoinedAt = models.AttendeeAttending, member, &now })
	d.shrunk = false
	if err := at.answer(d, a); err != nil {
		return nil, err
	}
	if err := d.close(p); err != nil {
		return nil, err
	}
	if err := d.answered(a); err != nil {
		return nil, err
	}
	if err := d.lookForClashes(p); err != nil {
		return nil, err
	}
	if err := d.tellOne(p, eventOf(p.State), a); err != nil {
		return nil, err
	}
	return d.invitation(p, a)
}

// apartInside says whether somebody of the party is kept apart from who accepts, who is protected and would be served at
// once elsewhere.
func (d *desk) apartInside(p *party, member uuid.UUID) bool {
	from := d.apart.Of(member).From
	return slices.ContainsFunc(p.members(), func(m uuid.UUID) bool { return slices.Contains(from, m) })
}

// acceptAlone has staff look at who accepts before they come along: with a party of their own, on the seat that was held
// for them or at the place in line that it had. Who invited them sees no answer, as after a no, and neither sees the
// other's party.
func (at *asked) acceptAlone(d *desk, p *party, a *models.Attendee, member uuid.UUID, why models.Texts[models.ReviewReason]) (*Invitation, error) {
	out, err := d.invitation(p, a)
	if err != nil {
		return nil, err
	}
	now := d.tx.Now()
	q := &party{people: p.people, Registration: models.Registration{Record: models.Record{ID: services.NewID(), Version: 1, CreatedAt: now, UpdatedAt: now},
		WorkshopID: p.WorkshopID, SessionID: p.SessionID, LeadMemberID: member, EnteredBy: member, Review: why}}
	q.attendees = []models.Attendee{{ID: services.NewID(), CreatedAt: now, UpdatedAt: now, RegistrationID: q.ID, PoolID: a.PoolID, Mode: a.Mode, Kind: a.Kind,
		State: models.AttendeeAttending, MemberID: &member, EnteredBy: member, CodeVersion: 1, JoinedAt: &now}}
	if err := at.answer(d, &q.attendees[0]); err != nil {
		return nil, err
	}
	held := p.State.HoldsSeats()
	p.quiet = true
	d.change(p, func() { a.State, a.JoinedAt, a.LeftAt = models.AttendeeRefused, &now, &now })
	d.change(q, func() {
		if q.State = models.RegistrationPending; !held {
			q.State, q.QueuedAt, q.MovedAheadAt = models.RegistrationWaitlisted, p.QueuedAt, p.MovedAheadAt
		}
	})
	if err := d.close(p, q); err != nil {
		return nil, err
	}
	if err := d.answered(a); err != nil {
		return nil, err
	}
	if err := d.askToReview(q); err != nil {
		return nil, err
	}
	if err := d.tellState(q); err != nil {
		return nil, err
	}
	out.State = string(models.AttendeeAttending)
	if !at.byLink { // who holds it may be anybody, and is told no more than where nobody looks
		out.AttendeeID, out.RegistrationID = q.attendees[0].ID, q.ID
	}
	return out, nil
}

// acceptUnknown has staff look at somebody whom nobody on record can be before they come along. There is no member to lead a
// party of their own, so that they keep the seat, or the place in line, that is held for them, past the time of the
// invitation, until staff accept for them or refuse. Who invited them sees no answer, and they are written to as anybody is
// at whom staff look.
func (at *asked) acceptUnknown(d *desk, p *party, a *models.Attendee) (*Invitation, error) {
	now := d.tx.Now()
	p.quiet = true
	d.change(p, func() { a.JoinedAt = &now })
	if err := d.close(p); err != nil {
		return nil, err
	}
	due := now.Add(24 * time.Hour)
	if start := d.starts(); start.Before(due) {
		due = start
	}
	if _, err := tasks.Open(d.tx, tasks.New{Kind: models.TaskReviewRegistration, MemberID: &p.LeadMemberID, Record: "attendee", RecordID: &a.ID, Queue: "coordinators",
		Title: "Look at somebody who accepted an invitation: accept for them, or refuse", DueAt: due}); err != nil {
		return nil, err
	}
	state := models.RegistrationPending
	if !p.State.HoldsSeats() {
		state = models.RegistrationWaitlisted
	}
	if err := d.writeToInvited(p, a, state); err != nil {
		return nil, err
	}
	return d.invitation(p, a)
}

// writeToInvited tells somebody who accepted, and whom we know by their address alone, what became of it. The others of the
// party are none of it.
func (d *desk) writeToInvited(p *party, a *models.Attendee, state models.RegistrationState) error {
	r, ok := readerOf(a)
	if !ok {
		return nil
	}
	alone := &party{Registration: p.Registration, people: p.people, attendees: []models.Attendee{*a}}
	alone.State = state
	return d.write(alone, eventOf(state), r, d.meetings)
}

// closeReview: somebody who accepted and was unknown is looked at no longer.
func closeReview(tx *services.Tx, a *models.Attendee) error {
	return tasks.CloseFor(tx, "attendee", a.ID, models.TaskReviewRegistration)
}

// checkFree: of somebody we know it can be said whether they are old enough, and whether they have a place already. In a
// hybrid workshop that may be on other seats than those that the index compares.
func (d *desk) checkFree(member *uuid.UUID) error {
	if member == nil {
		return nil
	}
	var had []place
	var known []models.Member
	if err := d.tx.Batch(
		services.Statement{SQL: placesSQL, Args: []any{d.workshop.ID, d.sessionID, []uuid.UUID{*member}}, Scan: services.RowsInto(&had)},
		services.Statement{SQL: `select ` + personColumns + ` from members m where m.id = $1 and m.status not in ('merged', 'deceased')`, Args: []any{*member}, Scan: services.RowsInto(&known)},
	); err != nil {
		return err
	}
	if len(known) == 0 {
		return services.InvalidField("/member_id", "unknown_member", "There is no such person.")
	}
	if len(had) > 0 {
		return services.Conflict(CodeAlreadyRegistered, "You already have a place here, or wait for one.")
	}
	for _, m := range known {
		least := max(models.AdultAge, or(d.workshop.MinimumAge, 0))
		if m.MinorOn(d.firstDay()) || m.BirthDate != nil && m.BirthDate.Age(d.firstDay()) < least {
			return services.Conflict(CodeAdultRequired, "Who comes by invitation must be %d or older on the first day.", least)
		}
	}
	return nil
}

func (at *asked) refuse(tx *services.Tx) (*Invitation, error) {
	d, p, a, err := at.open(tx)
	if err != nil {
		return nil, err
	}
	if at.byLink && a.Accepted() {
		return nil, services.Conflict(CodeInvitationOver, "This invitation is over.")
	}
	if a.State == models.AttendeeRefused {
		tx.Unchanged()
		return d.invitation(p, a)
	}
	if a.State != models.AttendeeInvited || !p.State.Live() {
		return nil, services.Conflict(CodeInvitationOver, "This invitation is over.")
	}
	looked := a.Accepted()
	if err := d.giveBack(p, a, models.AttendeeRefused); err != nil {
		return nil, err
	}
	if looked {
		if err := d.writeToInvited(p, a, models.RegistrationDeclined); err != nil {
			return nil, err
		}
	}
	return d.invitation(p, a)
}

// giveBack frees the seat of somebody who does not come after all. Nothing of it shows in the registration, so that who
// invited cannot tell a no from silence: a party of which nobody is left ends when the time to answer has passed.
func (d *desk) giveBack(p *party, a *models.Attendee, state models.AttendeeState) error {
	now := d.tx.Now()
	p.quiet = true
	d.change(p, func() { a.State, a.LeftAt = state, &now })
	if err := d.close(p); err != nil {
		return err
	}
	return d.answered(a)
}

// answered withdraws what still asks.
func (d *desk) answered(a *models.Attendee) error {
	if a.InviteID != nil && a.MemberID == nil && a.JoinedAt != nil {
		if err := closeReview(d.tx, a); err != nil {
			return err
		}
	}
	if a.InvitePhone == nil {
		return nil
	}
	return tasks.CloseFor(d.tx, "attendee", a.ID, models.TaskCall)
}
