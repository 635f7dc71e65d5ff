package workshops

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
	"homefront/services/people"
	"homefront/services/tasks"
)

// Cancellation ends a party's registration.
type Cancellation struct {
	Reason string `json:"reason,omitempty" maxLength:"500" doc:"Why; staff who cancel for somebody else must say it. Kept sealed"`
	Late   *bool  `json:"late,omitempty" doc:"Staff alone: whether to mark it late, whatever the hour"`
}

// Justification is why staff do what they do. It is kept sealed, with the audit entry.
type Justification struct {
	Reason string `json:"reason" minLength:"3" maxLength:"500" example:"Spoke on the telephone; the mail had come back"`
}

// Cancel gives up all places of a party, or its place in line. What is free is offered to the next. Cancelling what is
// cancelled already changes nothing.
// Errors: not_found; forbidden when the caller does not lead the party; invalid when staff give no reason; conflict
// wrong_state, or workshop_over.
func (s *Service) Cancel(ctx context.Context, id uuid.UUID, in Cancellation) (*RegistrationView, error) {
	return services.Mutate(ctx, s.core, "registration.cancel", func(tx *services.Tx) (*RegistrationView, error) {
		d, p, err := openParty(tx, id)
		if err != nil {
			return nil, err
		}
		if err := leads(tx.Actor(), p); err != nil {
			return nil, err
		}
		switch {
		case p.State == models.RegistrationCancelled:
			tx.Unchanged()
			return d.view(p)
		case !p.State.Live():
			return nil, services.Conflict(CodeWrongState, "This registration has ended.")
		case d.over() && !forOthers(tx.Actor(), p):
			return nil, services.Conflict(CodeWorkshopOver, "It is over; nothing can be cancelled any more.")
		}
		if err := cancelReason(tx, p, in); err != nil {
			return nil, err
		}
		late := p.State == models.RegistrationConfirmed && d.late()
		if in.Late != nil && forOthers(tx.Actor(), p) {
			late = *in.Late
		}
		p.LateCancel = late
		if err := d.end(p, models.RegistrationCancelled); err != nil {
			return nil, err
		}
		return d.finish(p, func(p *party) error { return d.settle(p, models.NoticeRegistrationCancelled) })
	})
}

func cancelReason(tx *services.Tx, p *party, in Cancellation) error {
	reason := strings.TrimSpace(in.Reason)
	if reason == "" && forOthers(tx.Actor(), p) {
		return services.InvalidField("/reason", "required", "Say why you cancel for somebody else.")
	}
	return tx.Reason(p.LeadMemberID, reason)
}

// leads says whether the caller answers for the party: its lead, who looks after the lead, or staff.
// Errors: forbidden not_yours_to_change.
func leads(actor *services.Actor, p *party) error {
	if forOthers(actor, p) || actor.Kind == models.ActorSystem || p.LeadMemberID == actor.MemberID {
		return nil
	}
	if slices.ContainsFunc(p.attendees, func(a models.Attendee) bool {
		return a.MemberID != nil && *a.MemberID == p.LeadMemberID && a.EnteredBy == actor.MemberID && a.InviteID == nil
	}) {
		return nil
	}
	return services.Forbidden(CodeNotYours, "Only who leads the party can do this. You can leave it.")
}

// forOthers says whether staff act here on a party that they are not of: in their own they are like anybody.
func forOthers(actor *services.Actor, p *party) bool {
	return actor.Coordinates() && p.LeadMemberID != actor.MemberID && !slices.ContainsFunc(p.attendees, func(a models.Attendee) bool {
		return a.MemberID != nil && *a.MemberID == actor.MemberID
	})
}

// decides keeps staff from deciding about themselves, those close to them, and those whose records are kept to others.
// Errors: forbidden own_record.
func decides(tx *services.Tx, p *party) error {
	ids := []uuid.UUID{p.LeadMemberID}
	for i := range p.attendees {
		if id := p.attendees[i].MemberID; id != nil {
			ids = append(ids, *id)
		}
	}
	kin, err := people.Kin(tx, tx.Actor().MemberID, ids)
	if err != nil {
		return err
	}
	if len(kin) > 0 || p.closedToCaller() {
		return errOwnRecord
	}
	return nil
}

var errOwnRecord = services.Forbidden(CodeOwnRecord, "Somebody else decides about yourself and those close to you.")

// late says whether the deadline of the next session for cancelling has passed.
func (d *desk) late() bool {
	now := d.tx.Now()
	for i := range d.meetings {
		if start := d.meetings[i].StartsAt; now.Before(start) {
			return now.After(start.Add(-time.Duration(d.workshop.CancelDeadlineHours) * time.Hour))
		}
	}
	return true
}

// end closes a party; its attendees stay as they were, for those who want to know later and for coming back.
func (d *desk) end(p *party, state models.RegistrationState) error {
	if !p.State.Becomes(state) {
		return services.Conflict(CodeWrongState, "A registration that is %s cannot become %s.", strings.ReplaceAll(string(p.State), "_", " "), state)
	}
	now := d.tx.Now()
	d.change(p, func() { p.State, p.ClosedAt, p.OfferExpiresAt = state, &now, nil })
	return nil
}

// finish stores what a use case made of a party and answers it. A party that waits may have been offered seats by that.
func (d *desk) finish(p *party, then func(*party) error) (*RegistrationView, error) {
	moved := d.shrunk
	if err := d.close(p); err != nil {
		return nil, err
	}
	if err := then(p); err != nil {
		return nil, err
	}
	if moved && p.State == models.RegistrationWaitlisted {
		return d.reread(p.ID)
	}
	return d.view(p)
}

// settle withdraws what is moot once a party is decided, and tells it.
func (d *desk) settle(p *party, event models.NoticeEvent) error {
	if err := d.withdraw(p); err != nil {
		return err
	}
	return d.tell(p, event)
}

// withdraw takes back what still asks somebody about a party: the offer, and what staff were to do.
func (d *desk) withdraw(p *party) error {
	notices.Recall(d.tx, "registration", p.ID, models.NoticeRegistrationOffered)
	if err := tasks.CloseFor(d.tx, "registration", p.ID, models.TaskReviewRegistration, models.TaskCall, models.TaskGuardianGone); err != nil || p.State.Live() {
		return err
	}
	notices.Recall(d.tx, "registration", p.ID, models.NoticeRegistrationInvited)
	for i := range p.attendees {
		if a := &p.attendees[i]; a.State == models.AttendeeInvited {
			if err := d.answered(a); err != nil {
				return err
			}
		}
	}
	return nil
}

// tellGone closes what asked about somebody who is out of the party, or about the party that ended with them, and tells them.
func (d *desk) tellGone(p *party, gone *models.Attendee) error {
	if err := d.answered(gone); err != nil {
		return err
	}
	if !p.State.Live() {
		if err := d.withdraw(p); err != nil {
			return err
		}
	}
	return d.tellOne(p, models.NoticeRegistrationCancelled, gone)
}

// Leave takes one adult out of a party, alone. When the lead leaves, another adult leads. The last adult cannot leave
// children behind.
// Errors: not_found; forbidden when it is somebody else's place; conflict wrong_state, workshop_over, adult_required.
func (s *Service) Leave(ctx context.Context, id, attendeeID uuid.UUID) (*RegistrationView, error) {
	return services.Mutate(ctx, s.core, "registration.leave", func(tx *services.Tx) (*RegistrationView, error) {
		d, p, err := openParty(tx, id)
		if err != nil {
			return nil, err
		}
		a, err := p.attendee(attendeeID)
		if err != nil {
			return nil, err
		}
		if a.MemberID == nil || *a.MemberID != tx.Actor().MemberID {
			return nil, services.Forbidden(CodeNotYours, "Only they themselves can leave. Who leads the party can remove those they entered.")
		}
		if err := d.openForChange(p); err != nil {
			return nil, err
		}
		leaver := *a
		if err := d.takeOut(p, a); err != nil {
			return nil, err
		}
		return d.finish(p, func(p *party) error { return d.tellGone(p, &leaver) })
	})
}

// openForChange says whether a party's people may still change.
// Errors: conflict wrong_state, workshop_over.
func (d *desk) openForChange(p *party) error {
	if !p.State.Live() {
		return services.Conflict(CodeWrongState, "This registration has ended.")
	}
	if d.over() {
		return services.Conflict(CodeWorkshopOver, "It is over; nothing can be changed any more.")
	}
	return nil
}

// takeOut removes one person. Without anybody left the registration ends, late or in time as by cancelling.
func (d *desk) takeOut(p *party, a *models.Attendee) error {
	now := d.tx.Now()
	if !a.StillThere(now) {
		return services.Conflict(CodeWrongState, "This person is not in the party any more.")
	}
	d.change(p, func() { a.State, a.LeftAt = models.AttendeeRemoved, &now })
	if p.deserted(now) {
		p.LateCancel = p.State == models.RegistrationConfirmed && d.late()
		return d.end(p, models.RegistrationCancelled)
	}
	if a.MemberID != nil && *a.MemberID == p.LeadMemberID {
		next := nextLead(p)
		if next == nil {
			return services.Conflict(CodeAdultRequired, "No other adult of the party can lead it. Cancel the whole registration instead.")
		}
		p.LeadMemberID = *next
	}
	if p.unaccompanied() && !d.workshop.TeenProgram {
		return services.Conflict(CodeAdultRequired, "Children cannot stay in the party without an adult. Cancel the whole registration, or remove the children first.")
	}
	return nil
}

// nextLead is the adult of the party who joined first.
func nextLead(p *party) *uuid.UUID {
	for i := range p.attendees {
		if a := &p.attendees[i]; a.Goes() && a.Kind == models.SeatAdult && a.MemberID != nil {
			return a.MemberID
		}
	}
	return nil
}
