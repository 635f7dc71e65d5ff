package workshops

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/tasks"
)

// Approval is a yes to a party that staff looked at.
type Approval struct {
	Reason      string `json:"reason,omitempty" maxLength:"500" doc:"Why, where it is to be confirmed although somebody of it is kept apart from somebody who has a place. Kept sealed" example:"They come on different evenings; both know"`
	WaiveReason string `json:"waive_reason,omitempty" maxLength:"500" doc:"Why rules of the workshop that somebody of it does not meet do not count for them. Kept sealed" example:"Served with us for years as a contractor"`
}

// Reinstatement takes back the end of a registration.
type Reinstatement struct {
	Reason      string `json:"reason" minLength:"3" maxLength:"500" example:"Spoke on the telephone; the mail had come back"`
	WaiveReason string `json:"waive_reason,omitempty" maxLength:"500" doc:"Why rules of the workshop that somebody of it does not meet do not count for them. Kept sealed" example:"Served with us for years as a contractor"`
}

// Approve confirms a party that staff had to look at. Without a reason it stops where that brings people together who are
// kept apart; without one to waive them, where somebody does not meet the rules. Both are told at once.
// Errors: not_found; forbidden own_record for oneself and those close to one; invalid not_eligible; conflict wrong_state,
// workshop_over, separation_clash.
func (s *Service) Approve(ctx context.Context, id uuid.UUID, in Approval) (*RegistrationView, error) {
	return services.Mutate(ctx, s.core, "registration.approve", func(tx *services.Tx) (*RegistrationView, error) {
		return s.approve(tx, id, in, strings.TrimSpace(in.Reason))
	})
}

// approve confirms a party. Apart is why those who are kept apart stop nothing: staff say it of one party, never of many at once.
func (s *Service) approve(tx *services.Tx, id uuid.UUID, in Approval, apart string) (*RegistrationView, error) {
	reason := strings.TrimSpace(in.Reason)
	d, p, err := openDecision(tx, id, reason)
	if err != nil {
		return nil, err
	}
	if p.State != models.RegistrationPending {
		return nil, services.Conflict(CodeWrongState, "Only a registration that waits for approval can be approved.")
	}
	if d.over() {
		return nil, services.Conflict(CodeWorkshopOver, "It is over.")
	}
	var notMet []services.FieldError
	if slices.Contains(p.Review, models.ReviewEligibility) {
		if notMet, err = d.notEligible(p, in.WaiveReason); err != nil {
			return nil, err
		}
	}
	if err := firstOf(besides(notMet, d.checkClash(p, apart)), d.keepReasons(p, reason, in.WaiveReason)); err != nil {
		return nil, err
	}
	d.confirm(p)
	return d.finish(p, func(p *party) error { return d.settle(p, models.NoticeRegistrationConfirmed) })
}

// besides says which rules are not met together with the separations that clash.
func besides(notMet []services.FieldError, clash error) error {
	if len(notMet) == 0 {
		return clash
	}
	var apart *services.Error
	switch {
	case errors.As(clash, &apart) && apart.Code == CodeSeparationClash:
		notMet = append(notMet, apart.Fields...)
	case clash != nil:
		return clash
	}
	return services.Invalid(notMet...)
}

// keepReasons keeps why a party is confirmed together with why rules do not count for it: a row of the log has room for one.
func (d *desk) keepReasons(p *party, reason, waive string) error {
	if reason == "" || waive == "" {
		return nil // it is kept
	}
	return d.tx.Reason(p.LeadMemberID, reason+"\n\n"+waive)
}

// confirm makes the party's seats certain. What there was to look at has been looked at.
func (d *desk) confirm(p *party) {
	now := d.tx.Now()
	d.change(p, func() {
		p.State, p.ConfirmedAt, p.Review = models.RegistrationConfirmed, &now, nil
		p.ClosedAt, p.OfferExpiresAt, p.MovedAheadAt, p.LateCancel = nil, nil, nil, false
	})
}

// Decline tells a party that it gets no place. The reason stays with staff.
// Errors: not_found; forbidden own_record; conflict wrong_state.
func (s *Service) Decline(ctx context.Context, id uuid.UUID, in Justification) (*RegistrationView, error) {
	return services.Mutate(ctx, s.core, "registration.decline", func(tx *services.Tx) (*RegistrationView, error) { return s.decline(tx, id, in) })
}

func (s *Service) decline(tx *services.Tx, id uuid.UUID, in Justification) (*RegistrationView, error) {
	d, p, err := openDecision(tx, id, in.Reason)
	if err != nil {
		return nil, err
	}
	if err := d.end(p, models.RegistrationDeclined); err != nil {
		return nil, err
	}
	return d.finish(p, func(p *party) error { return d.settle(p, models.NoticeRegistrationDeclined) })
}

// Reinstate takes back the end of a registration: the party has its seats again if they are free, else it waits ahead of
// all who were not moved ahead themselves. Who does not meet the rules by now is not confirmed without a reason to waive them;
// where they wait, staff look before they are.
// Errors: not_found; forbidden own_record; invalid not_eligible; conflict wrong_state, workshop_over, already_registered when
// somebody of it has another place by now.
func (s *Service) Reinstate(ctx context.Context, id uuid.UUID, in Reinstatement) (*RegistrationView, error) {
	return services.Mutate(ctx, s.core, "registration.reinstate", func(tx *services.Tx) (*RegistrationView, error) {
		d, p, err := openDecision(tx, id, in.Reason)
		if err != nil {
			return nil, err
		}
		if p.State.Live() {
			return nil, services.Conflict(CodeWrongState, "This registration has not ended.")
		}
		if d.over() {
			return nil, services.Conflict(CodeWorkshopOver, "It is over.")
		}
		d.lapseLate(p)
		if p.empty() {
			return nil, services.Conflict(CodeWrongState, "Nobody is left in this party.")
		}
		if err := d.checkReturn(p); err != nil {
			return nil, err
		}
		if err := d.lookForClashes(p); err != nil {
			return nil, err
		}
		fits := d.fits(p.need())
		notMet, err := d.notEligible(p, in.WaiveReason)
		switch {
		case err != nil:
			return nil, err
		case len(notMet) > 0 && fits:
			return nil, services.Invalid(notMet...)
		case len(notMet) > 0:
			p.lookAt(models.ReviewEligibility)
		}
		if err := firstOf(d.keepReasons(p, in.Reason, in.WaiveReason), tasks.CloseFor(tx, "registration", p.ID, TaskComesBack)); err != nil {
			return nil, err
		}
		if fits {
			d.confirm(p)
			return d.finish(p, func(p *party) error { return d.tell(p, models.NoticeRegistrationReinstated) })
		}
		now := d.tx.Now()
		d.change(p, func() {
			d.queue(p)
			p.ClosedAt, p.MovedAheadAt, p.LateCancel = nil, &now, false
		})
		return d.finish(p, func(p *party) error { return d.tell(p, models.NoticeRegistrationWaitlisted) })
	})
}

// checkReturn: who comes back has no other place here by now, on whichever seats of a hybrid workshop. A child whom
// another guardian has booked is the exception, as ever.
func (d *desk) checkReturn(p *party) error {
	var coming []uuid.UUID
	for i := range p.attendees {
		if a := &p.attendees[i]; a.Goes() && a.MemberID != nil {
			coming = append(coming, *a.MemberID)
		}
	}
	var had []place
	if err := d.tx.Batch(services.Statement{SQL: placesSQL, Args: []any{d.workshop.ID, d.sessionID, coming}, Scan: services.RowsInto(&had)}); err != nil {
		return err
	}
	if slices.ContainsFunc(p.attendees, func(a models.Attendee) bool {
		return a.Goes() && a.MemberID != nil && slices.ContainsFunc(had, func(h place) bool {
			return h.MemberID == *a.MemberID && (h.EnteredBy == a.EnteredBy || !h.Second && !a.Second)
		})
	}) {
		return services.Conflict(CodeAlreadyRegistered, "Somebody of this party has another place here by now, or waits for one.")
	}
	return nil
}

// lapseLate ends the invitations of a party whose time has passed. A party that has ended holds no seats to give back.
func (d *desk) lapseLate(p *party) {
	now := d.tx.Now()
	for i := range p.attendees {
		if a := &p.attendees[i]; a.State == models.AttendeeInvited && !now.Before(*a.InviteExpiresAt) {
			a.State, a.LeftAt = models.AttendeeLapsed, &now
		}
	}
}

// MoveUp puts a waiting party ahead of all who were not moved ahead before it; free seats that fit are offered at once. Once there
// is no time for an offer staff have spoken with them, and it has the seats: for certain, or until what there is to look at has
// been looked at.
// Errors: not_found; forbidden own_record; conflict wrong_state; then also full, and workshop_over.
func (s *Service) MoveUp(ctx context.Context, id uuid.UUID, in Justification) (*RegistrationView, error) {
	return services.Mutate(ctx, s.core, "registration.move_up", func(tx *services.Tx) (*RegistrationView, error) {
		d, p, err := openDecision(tx, id, in.Reason)
		if err != nil {
			return nil, err
		}
		if p.State != models.RegistrationWaitlisted {
			return nil, services.Conflict(CodeWrongState, "This party is not on the waitlist.")
		}
		if d.workshop.Visibility == models.VisibilityPublished && !d.offering() {
			return d.seatNow(p)
		}
		now := tx.Now()
		d.change(p, func() { p.MovedAheadAt = &now })
		if err := d.close(p); err != nil {
			return nil, err
		}
		return d.reread(p.ID)
	})
}

// seatNow gives a waiting party the seats that are free.
// Errors: conflict full, workshop_over.
func (d *desk) seatNow(p *party) (*RegistrationView, error) {
	switch {
	case d.over():
		return nil, services.Conflict(CodeWorkshopOver, "It is over.")
	case !d.fits(p.need()):
		return nil, services.Conflict(CodeFull, "There are not enough free seats for this party, and no time to wait for some.")
	}
	if err := d.seat(p); err != nil {
		return nil, err
	}
	return d.finish(p, d.settleOffer)
}

// openDecision opens a party that staff decide about, and keeps their reason.
func openDecision(tx *services.Tx, id uuid.UUID, reason string) (*desk, *party, error) {
	d, p, err := openPartyApart(tx, id)
	if err != nil {
		return nil, nil, err
	}
	if err := decides(tx, p); err != nil {
		return nil, nil, err
	}
	if err := d.mustNotKnow(p); err != nil {
		return nil, nil, err
	}
	return d, p, tx.Reason(p.LeadMemberID, reason)
}

// reread answers a party that an offer may have changed meanwhile.
func (d *desk) reread(id uuid.UUID) (*RegistrationView, error) {
	p, err := d.again(id)
	if err != nil {
		return nil, err
	}
	return d.view(p)
}

// again reads a party as this transaction has stored it.
func (d *desk) again(id uuid.UUID) (*party, error) {
	set := &partySet{}
	if err := d.tx.Batch(set.statements("r.id = $1", "", id)...); err != nil {
		return nil, err
	}
	return set.parties()[0], nil
}
