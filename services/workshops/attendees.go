package workshops

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// AddAttendee adds one person to a party. With a seat free and nobody waiting for it they come along; else they wait as
// a party of their own with the same lead, which is what is answered then. A party that waits grows where it stands.
// Errors: not_found; forbidden when the caller does not lead the party; invalid with every rule that is broken; conflict
// wrong_state while an offer is open, workshop_over, registration_closed, already_registered, full; too_many after many
// invitations.
func (s *Service) AddAttendee(ctx context.Context, id uuid.UUID, in AttendeeInput) (*RegistrationView, error) {
	if err := s.takeInvitations(ctx, in); err != nil {
		return nil, err
	}
	return services.Mutate(ctx, s.core, "registration.add_attendee", func(tx *services.Tx) (*RegistrationView, error) {
		d, p, e, err := openEntry(tx, id, in, s.cfg.ReviewShare)
		if err != nil {
			return nil, err
		}
		if p.State == models.RegistrationOffered {
			return nil, services.Conflict(CodeWrongState, "Answer the offer first.")
		}
		if !e.staff {
			if err := e.checkWindow(d); err != nil {
				return nil, err
			}
		}
		added, err := e.joining(d, p)
		if err != nil {
			return nil, err
		}
		return d.join(p, added)
	})
}

// join seats somebody beside their party, or lets them wait.
func (d *desk) join(p, added *party) (*RegistrationView, error) {
	if p.State.HoldsSeats() { // a party that waits takes nobody's seat by growing
		if err := d.promote(); err != nil {
			return nil, err
		}
		if seat, err := d.spare(added.need()); err != nil {
			return nil, err
		} else if !seat {
			return d.admitBeside(p, added)
		}
	}
	was, nobody := p.State, p.need().size() == 0
	d.change(p, func() {
		p.attendees = append(p.attendees, added.attendees...)
		d.reviewAgain(p, added.Review)
	})
	d.shrunk = nobody // whoever it waited for has said no since: from now on it can be offered seats
	return d.finish(p, func(p *party) error { return d.tellJoined(p, was, &added.attendees[0]) })
}

// openEntry opens a party that one person is to be entered into.
func openEntry(tx *services.Tx, id uuid.UUID, in AttendeeInput, share int) (*desk, *party, *entry, error) {
	workshopID, sessionID, err := locate(tx, id)
	if err != nil {
		return nil, nil, nil, err
	}
	e := &entry{tx: tx, in: Register{Attendees: []AttendeeInput{in}, SessionID: sessionID, WaiveReason: strings.TrimSpace(in.WaiveReason)}, alone: true, lead: tx.Actor().MemberID, staff: tx.Actor().Coordinates(), share: share}
	if !e.staff { // whom staff act for is known with the party
		if err := e.authorize(); err != nil {
			return nil, nil, nil, err
		}
	}
	e.askApart(id)
	d, p, err := openKnownApart(tx, e.apart, workshopID, sessionID, id, e.facts(workshopID, id)...)
	if err != nil {
		return nil, nil, nil, err
	}
	if err := leads(tx.Actor(), p); err != nil {
		return nil, nil, nil, err
	}
	if e.staff && !forOthers(tx.Actor(), p) { // a coordinator's own party is one like any other
		e.staff = false
		if err := e.authorize(); err != nil {
			return nil, nil, nil, err
		}
	}
	e.lead = p.LeadMemberID
	if e.staff {
		if err := e.authorize(); err != nil {
			return nil, nil, nil, err
		}
	}
	return d, p, e, d.openForChange(p)
}

// joining makes the attendee as a party of one, and asks the rules of the party they are to join.
func (e *entry) joining(d *desk, p *party) (*party, error) {
	added := &party{Registration: models.Registration{Record: models.Record{ID: p.ID}, LeadMemberID: p.LeadMemberID}, people: p.people}
	e.add(d, added, 0)
	for _, m := range e.members {
		p.people[m.ID] = m
	}
	whole := &party{Registration: models.Registration{State: p.State}, attendees: append(slices.Clone(p.attendees), added.attendees...)}
	e.checkParty(d, whole)
	if len(e.faults) == 0 && p.State.HoldsSeats() { // they may have to wait by themselves
		e.checkCapacity(d, added)
	}
	if err := firstOf(e.judge(d, added), e.ask(d)); err != nil {
		return nil, err
	}
	if len(e.faults) > 0 {
		return nil, services.Invalid(e.faults...)
	}
	if err := e.needApproval(d, added); err != nil {
		return nil, err
	}
	e.hold(d, added)
	if e.staff && e.in.WaiveReason != "" {
		if err := e.tx.Reason(p.LeadMemberID, e.in.WaiveReason); err != nil {
			return nil, err
		}
	}
	return added, e.checkPlaces(added)
}

// reviewAgain has staff look at a party that somebody joined about whom there is something to look at.
func (d *desk) reviewAgain(p *party, why []models.ReviewReason) {
	for _, w := range why {
		p.lookAt(w)
	}
	if len(why) > 0 && p.State == models.RegistrationConfirmed {
		p.State = models.RegistrationPending
	}
}

// admitBeside lets somebody wait who found no seat beside their party.
func (d *desk) admitBeside(p, added *party) (*RegistrationView, error) {
	if err := d.checkListHasRoom(added); err != nil {
		return nil, err
	}
	now := d.tx.Now()
	added.Registration = models.Registration{Record: models.Record{ID: services.NewID(), Version: 1, CreatedAt: now, UpdatedAt: now},
		WorkshopID: p.WorkshopID, SessionID: p.SessionID, LeadMemberID: p.LeadMemberID, EnteredBy: d.tx.Actor().MemberID, Review: added.Review}
	added.attendees[0].RegistrationID = added.ID
	d.change(added, func() { d.queue(added) })
	return d.finish(added, func(q *party) error {
		if err := d.invite(q); err != nil {
			return err
		}
		if err := d.lookForClashes(q); err != nil {
			return err
		}
		return d.tellState(q)
	})
}

// tellJoined asks somebody who was invited, and writes to a member who was added; to all, when the party was confirmed and
// is looked at again.
func (d *desk) tellJoined(p *party, was models.RegistrationState, a *models.Attendee) error {
	if err := d.askToReview(p); err != nil {
		return err
	}
	if p.State != was {
		if err := d.tellState(p); err != nil || a.State == models.AttendeeAttending {
			return err
		}
	}
	if a.State == models.AttendeeInvited {
		return d.inviteOne(p, a)
	}
	return d.tellOne(p, eventOf(p.State), a)
}

// RemoveAttendee takes somebody out whom the caller entered: a child, a guest, somebody who has not answered. Another
// adult leaves only by themselves, or through staff. Their seat is offered to the next. If-Match holds the registration's
// ETag.
// Errors: not_found; forbidden not_yours_to_change; stale; conflict wrong_state, workshop_over, adult_required.
func (s *Service) RemoveAttendee(ctx context.Context, id, attendeeID uuid.UUID) error {
	_, err := services.Mutate(ctx, s.core, "registration.remove_attendee", func(tx *services.Tx) (*struct{}, error) {
		d, p, a, err := openAttendee(tx, id, attendeeID)
		if err != nil {
			return nil, err
		}
		removed := *a
		if err := d.takeOut(p, a); err != nil {
			return nil, err
		}
		_, err = d.finish(p, func(p *party) error { return d.tellGone(p, &removed) })
		return nil, err
	})
	return err
}

// SwapAttendee gives the seat of somebody the caller entered to somebody else.
// Errors: those of AddAttendee and RemoveAttendee; full when the other needs a kind of seat that is not free.
func (s *Service) SwapAttendee(ctx context.Context, id, attendeeID uuid.UUID, in AttendeeInput) (*RegistrationView, error) {
	if err := s.takeInvitations(ctx, in); err != nil {
		return nil, err
	}
	return services.Mutate(ctx, s.core, "registration.swap_attendee", func(tx *services.Tx) (*RegistrationView, error) {
		d, p, e, err := openEntry(tx, id, in, s.cfg.ReviewShare)
		if err != nil {
			return nil, err
		}
		a, err := p.attendee(attendeeID)
		if err != nil {
			return nil, err
		}
		if err := mayChange(tx, p, a); err != nil {
			return nil, err
		}
		if !a.StillThere(tx.Now()) {
			return nil, services.Conflict(CodeWrongState, "This person is not in the party any more.")
		}
		if e.in.Attendees[0].Mode == nil {
			e.in.Attendees[0].Mode = a.Mode
		}
		return d.swap(e, p, a)
	})
}

func (d *desk) swap(e *entry, p *party, a *models.Attendee) (*RegistrationView, error) {
	now, was, removed := d.tx.Now(), p.State, *a
	var added *party
	var err error
	d.change(p, func() {
		a.State, a.LeftAt = models.AttendeeRemoved, &now
		if added, err = e.joining(d, p); err == nil {
			p.attendees = append(p.attendees, added.attendees...)
			d.reviewAgain(p, added.Review)
		}
	})
	switch {
	case err != nil:
		return nil, err
	case p.State.HoldsSeats() && d.oversold():
		return nil, services.Conflict(CodeFull, "No seat of the kind that this person needs is free.")
	case p.unaccompanied() && !d.workshop.TeenProgram:
		return nil, services.Conflict(CodeAdultRequired, "Children come with an adult of their party.")
	}
	return d.finish(p, func(p *party) error {
		if err := d.tellGone(p, &removed); err != nil {
			return err
		}
		return d.tellJoined(p, was, &added.attendees[0])
	})
}

func openAttendee(tx *services.Tx, id, attendeeID uuid.UUID) (*desk, *party, *models.Attendee, error) {
	d, p, err := openParty(tx, id)
	if err != nil {
		return nil, nil, nil, err
	}
	a, err := p.attendee(attendeeID)
	if err != nil {
		return nil, nil, nil, err
	}
	if err := mayChange(tx, p, a); err != nil {
		return nil, nil, nil, err
	}
	return d, p, a, d.openForChange(p)
}

// mayChange says whether the attendee's place is the caller's to give, and whether they have seen its latest state.
func mayChange(tx *services.Tx, p *party, a *models.Attendee) error {
	if !ownEntry(tx.Actor(), p, a) {
		return services.Forbidden(CodeNotYours, "Only they themselves, or staff, can change the place of another adult.")
	}
	return tx.CheckVersion(p.Version)
}

// ownEntry says whether the caller answers for this one person: for themselves, for whom they entered, for guests and
// open invitations of a party that they lead. An adult who accepted answers for themselves.
func ownEntry(actor *services.Actor, p *party, a *models.Attendee) bool {
	switch {
	case p.hides(a):
		return false
	case forOthers(actor, p), a.MemberID != nil && *a.MemberID == actor.MemberID:
		return true
	case a.InviteID != nil:
		return !a.Goes() && p.LeadMemberID == actor.MemberID
	case a.GuestName != nil:
		return p.LeadMemberID == actor.MemberID || a.EnteredBy == actor.MemberID
	}
	return a.EnteredBy == actor.MemberID
}

// Split parts a party in two.
type Split struct {
	AttendeeIDs  []uuid.UUID `json:"attendee_ids" minItems:"1" maxItems:"20" doc:"Who goes into the new party"`
	LeadMemberID uuid.UUID   `json:"lead_member_id" doc:"The adult among them who leads it"`
}

// Split makes a second party of some of a party. Both keep their seats, or their place in line. The new one is answered.
// Errors: not_found; forbidden unless the caller leads the party, is to lead the new one, or is staff; invalid; conflict
// wrong_state, workshop_over, adult_required when children would be left without an adult.
func (s *Service) Split(ctx context.Context, id uuid.UUID, in Split) (*RegistrationView, error) {
	return services.Mutate(ctx, s.core, "registration.split", func(tx *services.Tx) (*RegistrationView, error) {
		d, p, err := openPartyApart(tx, id)
		if err != nil {
			return nil, err
		}
		if err := mayPart(tx.Actor(), p, in); err != nil {
			return nil, err
		}
		if err := d.openForChange(p); err != nil {
			return nil, err
		}
		q, err := d.part(p, in)
		if err != nil {
			return nil, err
		}
		if d.heldFor(q) {
			d.change(q, func() { d.reviewAgain(q, []models.ReviewReason{models.ReviewHeld}) })
		}
		if err := d.close(q, p); err != nil {
			return nil, err
		}
		return d.parted(q)
	})
}

// mayPart: who leads the party parts it as they like; another adult takes with them whom they entered.
func mayPart(actor *services.Actor, p *party, in Split) error {
	if leads(actor, p) == nil {
		return nil
	}
	theirs := in.LeadMemberID == actor.MemberID
	for i := range p.attendees {
		a := &p.attendees[i]
		theirs = theirs && (!slices.Contains(in.AttendeeIDs, a.ID) || ownEntry(actor, p, a))
	}
	if !theirs {
		return services.Forbidden(CodeNotYours, "Only who leads the party can part it. You can part from it with those whom you entered.")
	}
	return nil
}

// parted does for the new party what happened to the old one already, and answers it. Being smaller it may have been
// offered seats by now.
func (d *desk) parted(q *party) (*RegistrationView, error) {
	if q.State == models.RegistrationWaitlisted {
		fresh, err := d.again(q.ID)
		if err != nil {
			return nil, err
		}
		if fresh.State == models.RegistrationOffered {
			return d.view(fresh)
		}
	}
	if err := d.askToReview(q); err != nil {
		return nil, err
	}
	if q.State == models.RegistrationOffered {
		if err := d.tx.Enqueue(ExpireOffer{q.ID}, *q.OfferExpiresAt); err != nil {
			return nil, err
		}
	}
	if err := d.tellLead(q); err != nil {
		return nil, err
	}
	return d.view(q)
}

// part moves attendees into a new registration. Its version goes on from the old one's: calendars count on rising numbers. Who
// leads it decides anew who else sees it.
func (d *desk) part(p *party, in Split) (*party, error) {
	now := d.tx.Now()
	q := &party{Registration: p.Registration, people: p.people}
	q.Record = models.Record{ID: services.NewID(), Version: p.Version + 1, CreatedAt: now, UpdatedAt: now}
	q.LeadMemberID, q.EnteredBy, q.Note, q.SharedWithGuardians = in.LeadMemberID, d.tx.Actor().MemberID, "", false
	if p.State.HoldsSeats() && p.State != models.RegistrationOffered { // one pass seats one party, and one place is instead of another
		q.PassID, q.TransferredFrom = nil, nil
	}
	var stay []models.Attendee
	leadGoes := false
	waiting := p.State == models.RegistrationWaitlisted
	d.count(p, -1)
	for _, a := range p.attendees {
		if !slices.Contains(in.AttendeeIDs, a.ID) {
			stay = append(stay, a)
			continue
		}
		if !a.StillThere(now) {
			return nil, services.Conflict(CodeWrongState, "One of these people is not in the party any more.")
		}
		if a.MemberID != nil && *a.MemberID == p.LeadMemberID {
			return nil, services.InvalidField("/attendee_ids", "lead_stays", "Who leads the party stays in it. Split off the others.")
		}
		leadGoes = leadGoes || a.MemberID != nil && *a.MemberID == in.LeadMemberID && a.Goes() && a.Kind == models.SeatAdult
		a.RegistrationID = q.ID
		q.attendees = append(q.attendees, a)
	}
	// Theirs in the database until the statement that moves them, which follows the insert of the new registration.
	q.wasThere = movedFrom(p.wasThere, q.attendees)
	p.attendees, p.wasThere = stay, movedFrom(p.wasThere, stay)
	d.count(p, +1)
	d.count(q, +1)
	d.shrunk = d.shrunk || waiting
	switch {
	case len(q.attendees) != len(in.AttendeeIDs):
		return nil, services.InvalidField("/attendee_ids", "unknown_attendee", "One of these people is not in this party.")
	case !leadGoes:
		return nil, services.InvalidField("/lead_member_id", "unknown_member", "Name an adult among those who go, who has said that they come.")
	case p.empty():
		return nil, services.InvalidField("/attendee_ids", "nobody_stays", "Somebody must stay in the party.")
	case (p.unaccompanied() || q.unaccompanied()) && !d.workshop.TeenProgram:
		return nil, services.Conflict(CodeAdultRequired, "Children need an adult in their own party.")
	}
	return q, nil
}

func movedFrom(was, now []models.Attendee) []models.Attendee {
	return slices.DeleteFunc(slices.Clone(was), func(w models.Attendee) bool {
		return !slices.ContainsFunc(now, func(a models.Attendee) bool { return a.ID == w.ID })
	})
}
