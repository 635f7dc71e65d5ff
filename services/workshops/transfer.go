package workshops

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
	"homefront/services/people"
)

// Codes of moving a place.
const (
	CodePartFirst services.Code = "part_first"
	CodeTooLate   services.Code = "too_late"
)

// Transfer says where a party's place is to be instead.
type Transfer struct {
	WorkshopID  *uuid.UUID             `json:"workshop_id,omitempty" doc:"The other workshop; absent: that of session_id"`
	SessionID   *uuid.UUID             `json:"session_id,omitempty" doc:"Drop-in workshops: the session, of another workshop or of the same"`
	Mode        *models.AttendanceMode `json:"mode,omitempty" enum:"in_person,online" doc:"Hybrid workshops: how they take part there; absent: as they did, where they come from a hybrid workshop"`
	Reason      string                 `json:"reason,omitempty" maxLength:"500" doc:"Why; staff who act for somebody else must say it. Kept sealed" example:"Called: Tuesdays do not work any more"`
	WaiveReason string                 `json:"waive_reason,omitempty" maxLength:"500" doc:"Staff alone: why the window of registration, the age, the audience and the rules there do not count this time"`
}

// Transfer moves a party that has its seats to another workshop, or to another session, all in one: it has its seats there or
// keeps the ones here. The rules of the other place are asked as of anybody who registers, and staff look at it where they would
// then. Who leads the party moves it with those whom they entered, up to the deadline for cancelling; staff move anybody but those
// close to them, until it is over. Where another adult answers for themselves the party is split first: nobody else moves their seat.
// Errors: not_found; forbidden not_yours_to_change, own_record; invalid for an unknown place, the same place, a missing reason, and for every
// rule there that is broken; conflict wrong_state, workshop_over, too_late, part_first, full, registration_not_open,
// registration_closed, already_registered; too_many after many invitations, which are sent anew.
func (s *Service) Transfer(ctx context.Context, id uuid.UUID, in Transfer) (*RegistrationView, error) {
	if err := s.takeInvitationsOf(ctx, id); err != nil {
		return nil, err
	}
	return services.Mutate(ctx, s.core, "registration.transfer", func(tx *services.Tx) (*RegistrationView, error) {
		m, err := openMove(tx, id, in)
		if err != nil {
			return nil, err
		}
		if err := m.allowed(); err != nil {
			return nil, err
		}
		q, err := m.arrive(s.cfg.ReviewShare)
		if err != nil {
			return nil, err
		}
		if err := m.exchange(q); err != nil {
			return nil, err
		}
		return m.to.view(q)
	})
}

// partyMove is a party on its way from one set of pools to another, both of which are locked.
type partyMove struct {
	tx       *services.Tx
	in       Transfer
	from, to *desk
	party    *party
	toID     uuid.UUID
	toOne    *uuid.UUID // the session there, of a drop-in workshop
	staff    bool
}

const lockBothPools = `select p.id from pools p where p.workshop_id = $1 and p.session_id is not distinct from $2
	or p.workshop_id = $3 and p.session_id is not distinct from $4 order by p.id` + poolLock

// openMove opens the party here. The pools of both places are locked together by their ids: two parties that change places
// do not wait for one another.
func openMove(tx *services.Tx, id uuid.UUID, in Transfer) (*partyMove, error) {
	workshopID, sessionID, err := locate(tx, id)
	if err != nil {
		return nil, err
	}
	m := &partyMove{tx: tx, in: in}
	if m.toID, m.toOne, err = in.target(tx); err != nil {
		return nil, err
	}
	if m.toID == workshopID && sameID(m.toOne, sessionID) {
		return nil, services.InvalidField("/workshop_id", "same_place", "This is where the party has its place already.")
	}
	var locked []uuid.UUID
	apart := people.SeparationsAmong(tx, partyMembers+` union select $2::uuid`, id, tx.Actor().MemberID)
	first := []services.Statement{apart.Lock(), {SQL: lockBothPools, Args: []any{workshopID, sessionID, m.toID, m.toOne}, Scan: idsInto(&locked)}}
	m.from, m.party, err = openAfter(tx, first, workshopID, sessionID, id, apart.Read())
	if err != nil {
		return nil, err
	}
	if m.from.apart, m.staff = apart, forOthers(tx.Actor(), m.party); m.staff { // what they enter there needs no approval
		err = firstOf(decides(tx, m.party), m.from.mustNotKnow(m.party))
	}
	return m, err
}

// target is the place that is meant.
func (in Transfer) target(tx *services.Tx) (uuid.UUID, *uuid.UUID, error) {
	if in.SessionID == nil {
		if in.WorkshopID == nil {
			return uuid.Nil, nil, services.InvalidField("/workshop_id", "required", "Say where to: a workshop, or a session of a drop-in workshop.")
		}
		return *in.WorkshopID, nil, nil
	}
	var of []uuid.UUID
	err := tx.DB.Table("workshop_sessions as s").Joins("join workshops w on w.id = s.workshop_id").Scopes(visible(tx.Actor())).
		Where("s.id = ?", *in.SessionID).Limit(1).Pluck("s.workshop_id", &of).Error
	switch {
	case err != nil:
		return uuid.Nil, nil, err
	case len(of) == 0:
		return uuid.Nil, nil, services.NotFound("session")
	case in.WorkshopID != nil && *in.WorkshopID != of[0]:
		return uuid.Nil, nil, services.InvalidField("/session_id", "unknown_session", "This workshop has no such session.")
	}
	return of[0], in.SessionID, nil
}

// allowed says whether the caller may move the party now.
func (m *partyMove) allowed() error {
	p := m.party
	if err := m.mayMove(); err != nil {
		return err
	}
	switch {
	case p.State == models.RegistrationOffered:
		return services.Conflict(CodeWrongState, "Answer the offer first.")
	case !p.State.HoldsSeats():
		return services.Conflict(CodeWrongState, "This party has no seats that could be moved. Register it there.")
	case m.from.over():
		return services.Conflict(CodeWorkshopOver, "It is over; nothing can be changed any more.")
	case !m.staff && m.from.late():
		return services.Conflict(CodeTooLate, "The time to change plans by yourself has passed. Call us, and we see what we can do.")
	}
	reason, waive := strings.TrimSpace(m.in.Reason), strings.TrimSpace(m.in.WaiveReason)
	switch {
	case m.staff && reason == "":
		return services.InvalidField("/reason", "required", "Say why you move somebody else's place.")
	case m.staff && waive != "":
		reason += "\n\n" + waive
	}
	return m.tx.Reason(p.LeadMemberID, reason)
}

// mayMove: who leads the party decides for themselves and for whom they entered. An adult who answers for their own place is
// split off first, by the lead or by themselves, and then moves or stays.
func (m *partyMove) mayMove() error {
	actor, p := m.tx.Actor(), m.party
	if m.staff || actor.Kind == models.ActorSystem {
		return nil
	}
	others := slices.ContainsFunc(p.attendees, func(a models.Attendee) bool { return a.Goes() && !ownEntry(actor, p, &a) })
	comes := slices.ContainsFunc(p.attendees, func(a models.Attendee) bool { return a.Goes() && a.MemberID != nil && *a.MemberID == actor.MemberID })
	switch err := leads(actor, p); {
	case err != nil && comes:
		return services.Conflict(CodePartFirst, "You do not lead this party. Part from it with those whom you entered, then move your own place.")
	case err != nil:
		return err
	case others:
		return services.Conflict(CodePartFirst, "Somebody of this party answers for their own place. Split the party first; then each moves their own.")
	}
	return nil
}

// moving are those of the party who go along: all who are in it as far as it may know. Somebody who refused in silence seems to
// be asked still, here and there.
func (m *partyMove) moving() (out []models.Attendee) {
	for _, a := range m.party.attendees {
		if a.StillThere(m.tx.Now()) {
			out = append(out, a)
		}
	}
	return out
}

// arrive makes the party as it is to be there, or says everything that is wrong with it.
func (m *partyMove) arrive(share int) (*party, error) {
	p := m.party
	e := &entry{tx: m.tx, lead: p.LeadMemberID, staff: m.staff, share: share, apart: m.from.apart, moved: m.moving(),
		in: Register{LeadMemberID: &p.LeadMemberID, SessionID: m.toOne, Note: p.Note, WaiveReason: strings.TrimSpace(m.in.WaiveReason)}}
	for i := range e.moved {
		e.in.Attendees = append(e.in.Attendees, asInput(&e.moved[i]))
	}
	if err := e.authorize(); err != nil {
		return nil, err
	}
	to, err := openDesk(m.tx, m.toID, m.toOne, e.facts(m.toID, uuid.Nil)...)
	if err != nil {
		return nil, err
	}
	to.apart, to.closed, to.released, m.to = m.from.apart, m.from.closed, m.from.released, to
	if err := e.checkSeen(to); err != nil {
		if m.toOne != nil {
			err = hiddenSession(err)
		}
		return nil, err
	}
	for i := range e.in.Attendees {
		mode := m.modeOf(&e.moved[i])
		if mode == nil && to.workshop.Format == models.FormatHybrid {
			return nil, services.InvalidField("/mode", "required", "Say whether they come in person or online.")
		}
		e.in.Attendees[i].Mode = mode
	}
	q, err := e.party(to)
	if err != nil {
		return nil, err
	}
	q.EnteredBy, q.TransferredFrom = p.EnteredBy, &p.ID
	for _, why := range p.Review { // what staff had to look at here and have not yet
		if why != models.ReviewSecondBooking && (why != models.ReviewByRule || to.workshop.ApprovalRequired) {
			q.lookAt(why)
		}
	}
	return q, nil
}

// modeOf is how somebody takes part there.
func (m *partyMove) modeOf(a *models.Attendee) *models.AttendanceMode {
	switch {
	case m.to.workshop.Format != models.FormatHybrid:
		return nil
	case m.in.Mode != nil:
		return m.in.Mode
	}
	return a.Mode
}

// asInput is somebody of a party as they would be entered anew.
func asInput(a *models.Attendee) AttendeeInput {
	switch {
	case a.Goes() && a.MemberID != nil:
		return AttendeeInput{MemberID: a.MemberID}
	case a.GuestName != nil:
		return AttendeeInput{Guest: &GuestInput{Name: *a.GuestName, Kind: a.Kind}}
	case a.Goes(): // accepted by the link, and is no member
		return AttendeeInput{Guest: &GuestInput{Name: *a.InviteName, Kind: a.Kind}}
	}
	invite := &InviteInput{Name: *a.InviteName}
	if a.InviteEmail != nil {
		invite.Email = *a.InviteEmail
	}
	if a.InvitePhone != nil {
		invite.Phone = *a.InvitePhone
	}
	return AttendeeInput{Invite: invite}
}

// carryOver gives somebody who moved what they were in the party that they come from: whose entry they are, and that they were
// invited. An invitation itself is a new one, because it is to something else; but moving gives nobody longer to answer.
func (e *entry) carryOver(a *models.Attendee, was *models.Attendee) {
	now := e.tx.Now()
	a.EnteredBy = was.EnteredBy
	if a.InviteExpiresAt != nil && !was.Accepted() && was.InviteExpiresAt.Before(*a.InviteExpiresAt) {
		a.InviteExpiresAt = was.InviteExpiresAt
	}
	switch {
	case was.State == models.AttendeeRefused:
		a.State, a.LeftAt = models.AttendeeRefused, &now
	case was.Goes() && was.InviteID != nil:
		id := services.NewID()
		a.GuestName, a.InviteName, a.InviteEmail, a.InvitePhone = nil, was.InviteName, was.InviteEmail, was.InvitePhone
		a.InviteID, a.InviteExpiresAt = &id, was.InviteExpiresAt
	}
}

// exchange takes the seats there and then gives back the ones here. Who waits there and fits comes first.
// Errors: conflict full.
func (m *partyMove) exchange(q *party) error {
	p, now := m.party, m.tx.Now()
	if err := m.to.promote(); err != nil {
		return err
	}
	if seats, err := m.to.spare(q.need()); err != nil {
		return err
	} else if !seats {
		return services.Conflict(CodeFull, "There are not enough free seats there. The place here is kept; nothing was changed.")
	}
	m.to.change(q, func() {
		if q.State = models.RegistrationPending; len(q.Review) == 0 {
			q.State, q.ConfirmedAt = models.RegistrationConfirmed, &now
		}
	})
	if err := m.to.close(q); err != nil {
		return err
	}
	if err := m.from.end(p, models.RegistrationCancelled); err != nil {
		return err
	}
	p.TransferredTo, p.LateCancel = &q.ID, false
	return firstOf(m.from.close(p), m.from.withdraw(p), m.to.askToReview(q), m.to.inviteMoved(q), m.to.tellMoved(m.from, p, q))
}

// inviteMoved asks those who have not answered to come to what it is now. Who refused in silence is not asked again, but the time
// to answer runs for them, too.
func (d *desk) inviteMoved(q *party) error {
	for i := range q.attendees {
		if a := &q.attendees[i]; a.State == models.AttendeeRefused {
			if err := d.tx.Enqueue(LapseInvitation{a.ID}, *a.InviteExpiresAt); err != nil {
				return err
			}
		}
	}
	return d.invite(q)
}

// tellMoved tells each adult once: their calendar gives up what was, and takes what is.
func (d *desk) tellMoved(from *desk, was, q *party) error {
	readers, err := d.readers(q)
	if err != nil {
		return err
	}
	before := readersOf(was)
	for _, r := range readers {
		var events []notices.CalendarEvent
		if i := slices.IndexFunc(before, func(b reader) bool { return b.member == r.member && b.address == r.address }); i >= 0 {
			events = from.calendar(was, models.NoticeRegistrationCancelled, before[i], from.meetings)
			for j := range events {
				events[j].Cancelled = true
			}
		}
		if q.State == models.RegistrationConfirmed {
			events = append(events, d.calendar(q, models.NoticeRegistrationConfirmed, r, d.meetings)...)
		}
		data := d.detailsFor(q, models.NoticeRegistrationMoved, r.seat)
		data["pending"] = q.State == models.RegistrationPending
		if err := notices.Send(d.tx, notices.Notice{
			Event: models.NoticeRegistrationMoved, MemberID: r.member, Address: r.address, Name: r.name, Record: "registration", RecordID: q.ID,
			Key: fmt.Sprintf("%s:%s:%s", models.NoticeRegistrationMoved, q.ID, r.key(q)), Data: data, Events: events,
		}); err != nil {
			return err
		}
	}
	return nil
}
