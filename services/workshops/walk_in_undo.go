package workshops

import (
	"context"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// UndoWalkIn takes a walk-in back that was a mistake: the check-in and the attendance that followed from it, and the place with
// it; a seat that is free by that goes to who waits. What staff entered as attendance stays, and so does the member. What has become
// more than that one evening of one person is no mistake at the door, and is changed as any registration.
// Errors: not_found for a session that the caller does not lead, and for what is no walk-in of it; conflict wrong_state when it has
// ended already, when others have joined the party, and when they were at another session.
func (s *Service) UndoWalkIn(ctx context.Context, sessionID, registrationID uuid.UUID, in Justification) (*WalkedIn, error) {
	return services.Mutate(ctx, s.core, "session.undo_walk_in", func(tx *services.Tx) (*WalkedIn, error) {
		session, err := ledSession(tx.DB, tx.Actor(), sessionID, alone)
		if err != nil {
			return nil, err
		}
		d, p, err := openWalkIn(tx, session, registrationID)
		if err != nil {
			return nil, err
		}
		if err := tx.Because(p.LeadMemberID, in.Reason); err != nil {
			return nil, err
		}
		if err := d.end(p, models.RegistrationCancelled); err != nil {
			return nil, err
		}
		if err := stillAlone(p); err != nil {
			return nil, err
		}
		if err := firstOf(d.close(p), d.withdraw(p)); err != nil {
			return nil, err
		}
		who := p.attendees[0].ID
		if err := cameOnce(tx, sessionID, who); err != nil {
			return nil, err
		}
		if err := forgetPresence(tx, sessionID, who); err != nil {
			return nil, err
		}
		return walkedIn(p, nil), sumsFollow(tx, session, who)
	})
}

// openWalkIn opens a walk-in of one session. Whoever leads that may take it back, whoever entered it.
// Errors: not_found.
func openWalkIn(tx *services.Tx, session *models.WorkshopSession, id uuid.UUID) (*desk, *party, error) {
	var found []models.Registration
	err := tx.DB.Select("id", "session_id").Where("id = ? and walk_in_session_id = ?", id, session.ID).Limit(1).Find(&found).Error
	if err != nil {
		return nil, nil, err
	}
	if len(found) == 0 {
		return nil, nil, services.NotFound("registration")
	}
	return openKnown(tx, session.WorkshopID, found[0].SessionID, id)
}

// stillAlone refuses a party that is not just who came to the door any more.
// Errors: conflict wrong_state.
func stillAlone(p *party) error {
	for i := range p.attendees {
		if p.attendees[i].State.HoldsSeat() != (i == 0) {
			return services.Conflict(CodeWrongState, "This party has changed since they came to the door. Cancel the registration, or remove or split off whom it is about.")
		}
	}
	return nil
}

// cameOnce refuses somebody who was at another session, too. Their row is locked before it is looked for: who checks them in
// elsewhere at the same time comes before or after.
// Errors: conflict wrong_state.
func cameOnce(tx *services.Tx, sessionID, attendeeID uuid.UUID) error {
	var elsewhere bool
	tx.Locks(services.LockAttendees)
	tx.Queue(lockScanned, []uuid.UUID{attendeeID})
	err := tx.Batch(services.Statement{SQL: `select exists (select from check_ins where attendee_id = $1 and session_id <> $2 and result = 'ok' and undone_at is null)
		or exists (select from attendance where attendee_id = $1 and session_id <> $2 and status in ('present', 'late'))`, Args: []any{attendeeID, sessionID}, Scan: services.ScanOne("attendance", &elsewhere)})
	if err == nil && elsewhere {
		err = services.Conflict(CodeWrongState, "They have been at another session since. Cancel the registration if they are not to come any more.")
	}
	return err
}

// forgetPresence takes back that somebody was checked in at a session, and was there by that.
func forgetPresence(tx *services.Tx, sessionID, attendeeID uuid.UUID) error {
	var scans []models.CheckIn
	err := tx.DB.Where("session_id = ? and attendee_id = ? and result = 'ok' and undone_at is null", sessionID, attendeeID).Find(&scans).Error
	if err != nil {
		return err
	}
	now := tx.Now()
	for _, scan := range scans {
		after := scan
		after.UndoneAt = &now
		tx.Changed(scan, after)
		tx.Queue(`update check_ins set undone_at = $2 where id = $1`, scan.ID, now)
	}
	was, err := knownAttendance(tx, sessionID, attendeeID)
	if err != nil || was == nil || was.Source == models.FromStaff {
		return err
	}
	tx.Changed(*was, nil)
	tx.Queue(`delete from attendance where id = $1`, was.ID)
	return nil
}
