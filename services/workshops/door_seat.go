package workshops

import (
	"errors"
	"slices"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// readWaiting finds the party of somebody who waits, or is offered a seat, unless what is sent was sent before.
const readWaiting = `select r.id, r.workshop_id, r.session_id from attendees a join registrations r on r.id = a.registration_id
	where a.id = $1 and a.state = 'attending' and r.state in ('waitlisted', 'offered')
		and not exists (select from check_ins c where c.session_id = $2 and c.scanned_by = $3 and c.nonce = $4)`

// seatAtDoor confirms the party of somebody who waits and stands at the door, if all of it finds seats now. Nobody else who waits
// is asked first, as with a walk-in: they are not here. Whom it may not let in it leaves as they are, to be answered so.
// Errors: not_found for a session that the caller does not lead; invalid for its time.
func seatAtDoor(tx *services.Tx, sessionID, attendeeID uuid.UUID, in HandCheckIn) error {
	var found []models.Registration
	err := tx.Batch(services.Statement{SQL: readWaiting, Args: []any{attendeeID, sessionID, tx.Actor().MemberID, in.Nonce}, Scan: services.RowsInto(&found)})
	if err != nil || len(found) == 0 {
		return err
	}
	session, err := ledSession(tx.DB, tx.Actor(), sessionID, beside)
	if err != nil {
		return err
	}
	r := &found[0]
	if r.WorkshopID != session.WorkshopID || r.SessionID != nil && *r.SessionID != session.ID {
		return nil
	}
	apart := people.SeparationsAmong(tx, partyMembers+` union select $2::uuid`, r.ID, tx.Actor().MemberID)
	d, p, err := openKnownApart(tx, apart, r.WorkshopID, r.SessionID, r.ID)
	if err != nil {
		return unlessHidden(err)
	}
	if may, err := d.mayLetIn(p, session, attendeeID, in); err != nil || !may {
		return err
	}
	d.confirm(p)
	return firstOf(d.close(p), d.lookForClashes(p), d.settle(p, models.NoticeRegistrationConfirmed))
}

// unlessHidden: a party that is nobody's business of the caller's is told as one that is not confirmed.
func unlessHidden(err error) error {
	var known *services.Error
	if errors.As(err, &known) && known.Code == services.CodeNotFound || errors.Is(err, errOwnRecord) {
		return nil
	}
	return err
}

// mayLetIn says whether a party that waits is let in for one of it who is here. What staff would look at they still look at first;
// but for the approval that everybody needs, which those who lead the session give.
func (d *desk) mayLetIn(p *party, session *models.WorkshopSession, attendeeID uuid.UUID, in HandCheckIn) (bool, error) {
	at, err := scanTime(in.ScannedAt, d.tx.Now())
	if err != nil {
		return false, err
	}
	a, err := p.attendee(attendeeID)
	if err != nil {
		return false, err
	}
	who := scanned{Attendee: *a, RegistrationState: models.RegistrationConfirmed, WorkshopID: p.WorkshopID, SessionID: p.SessionID}
	if a.MemberID != nil {
		status := p.people[*a.MemberID].Status
		who.MemberStatus = &status
	}
	visible := d.workshop.Visibility
	waits := p.State == models.RegistrationOffered || p.State == models.RegistrationWaitlisted && d.fits(p.need())
	review := slices.ContainsFunc(p.Review, func(r models.ReviewReason) bool { return r != models.ReviewByRule })
	if visible != models.VisibilityPublished && visible != models.VisibilityCompleted || !waits || review || d.heldFor(p) || judge(session, &who, a.CodeVersion, at) != models.ScanOK {
		return false, nil
	}
	if err := firstOf(decides(d.tx, p), d.mustNotKnow(p)); err != nil {
		return false, unlessHidden(err)
	}
	unfit, err := d.unfit(p)
	return !unfit, err
}
