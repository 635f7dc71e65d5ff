package workshops

import (
	"context"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

const (
	lateAfter    = 15 * time.Minute    // after the start, somebody who is scanned was late
	doorsBefore  = 3 * time.Hour       // the start, a scan counts
	doorsAfter   = 12 * time.Hour      // the end, it still does, for evenings that last
	clockAhead   = 5 * time.Minute     // a scanner's clock may be, of ours
	longestQueue = 14 * 24 * time.Hour // that a scanner may keep its scans
)

// Scan is one look of a scanner at a code.
type Scan struct {
	Code      string     `json:"code" maxLength:"300" doc:"The text of the QR code, whatever it was" example:"HF1.AZnB8o9rejSw0WovDJvgAQABc2lnbmF0dXJlLTE2LWI"`
	Nonce     string     `json:"nonce" minLength:"8" maxLength:"64" pattern:"^[A-Za-z0-9._-]+$" doc:"Made by the scanner for this scan, and sent again with it: the same nonce counts once, and only with the same code" example:"s7-000142-9f31"`
	ScannedAt *time.Time `json:"scanned_at,omitempty" doc:"When it was scanned, when that was earlier: a scanner without connection sends its queue later. At most 14 days ago"`
	Station   string     `json:"station,omitempty" maxLength:"40" doc:"Which door or desk" example:"Door 2"`
}

// ScanAnswer is what the person at the door needs to know.
type ScanAnswer struct {
	ID        uuid.UUID         `json:"id"`
	Result    models.ScanResult `json:"result" enum:"ok,unknown,wrong_workshop,cancelled,not_confirmed,already_checked_in,revoked,see_staff" example:"ok"`
	Name      *string           `json:"name" doc:"First name and initial, of a code of ours" example:"Luis O."`
	Kind      *models.SeatKind  `json:"kind" enum:"adult,child"`
	Since     *time.Time        `json:"since" doc:"When they were checked in"`
	ScannedAt time.Time         `json:"scanned_at"`
}

// scanned is whom a code is of.
type scanned struct {
	models.Attendee
	RegistrationState models.RegistrationState
	WorkshopID        uuid.UUID
	SessionID         *uuid.UUID
	GivenName         *string
	FamilyName        *string
	MemberStatus      *models.MemberStatus
}

const readScanned = `select ` + attendeeColumns + `, r.state as registration_state, r.workshop_id, r.session_id,
		coalesce(nullif(m.preferred_name, ''), m.given_name) as given_name, m.family_name, m.status as member_status
	from attendees a join registrations r on r.id = a.registration_id left join members m on m.id = a.member_id where a.id = any($1)`

func (a *scanned) name() string {
	switch {
	case a.GuestName != nil:
		return models.Initialed(*a.GuestName, "")
	case a.GivenName != nil:
		return models.Initialed(*a.GivenName, *a.FamilyName)
	case a.InviteName != nil:
		return models.Initialed(*a.InviteName, "")
	}
	return ""
}

// CheckIn takes a scan. It answers ok once for each attendee and session, whichever scanner was first. Who is checked in is
// present, or late a quarter of an hour after the start, unless staff have entered something else. A scan that comes later and
// was earlier is the check-in from then on: who scanned what counts, not whose connection came back first. The same nonce
// counts once and answers what holds now; see_staff once its check-in was undone, and so does a scan from before the undoing.
// By the scanner's time a scan counts from 3 hours before the start until 12 hours after the end; at any other it answers
// see_staff, who can still enter the attendance by hand; and so does every scan before the workshop is published.
// Errors: not_found for a session that the caller does not lead; invalid for a time over 5 minutes ahead of ours, or over 14
// days ago, and nonce_reused for a nonce that came with another code before.
func (s *Service) CheckIn(ctx context.Context, sessionID uuid.UUID, in Scan) (*ScanAnswer, error) {
	return services.Mutate(ctx, s.core, "session.check_in", func(tx *services.Tx) (*ScanAnswer, error) {
		l := look{code: in.Code, nonce: in.Nonce, station: in.Station, at: in.ScannedAt}
		return takeOne(tx, sessionID, &l)
	})
}

// scanTime believes a scanner's clock about the past alone, and a little ahead takes it for now.
// Errors: invalid.
func scanTime(at *time.Time, now time.Time) (time.Time, error) {
	switch {
	case at == nil:
		return now, nil
	case at.After(now.Add(clockAhead)):
		return now, services.InvalidField("/scanned_at", "out_of_range", "This time lies in the future. Set the scanner's clock.")
	case at.Before(now.Add(-longestQueue)):
		return now, services.InvalidField("/scanned_at", "out_of_range", "This was more than 14 days ago. Enter it in the attendance instead.")
	case at.After(now):
		return now, nil
	}
	return at.UTC().Truncate(time.Microsecond), nil
}

// judge says what a scan comes to, but for somebody who is checked in already.
func judge(session *models.WorkshopSession, who *scanned, version int, at time.Time) models.ScanResult {
	switch {
	case who == nil:
		return models.ScanUnknown
	case version != who.CodeVersion:
		return models.ScanRevoked
	case who.WorkshopID != session.WorkshopID || who.SessionID != nil && *who.SessionID != session.ID:
		return models.ScanWrongWorkshop
	case !who.RegistrationState.Live() || !who.State.HoldsSeat():
		return models.ScanCancelled
	case who.RegistrationState != models.RegistrationConfirmed || !who.Goes():
		return models.ScanNotConfirmed
	case at.Before(session.StartsAt.Add(-doorsBefore)), at.After(session.EndsAt.Add(doorsAfter)):
		return models.ScanSeeStaff
	case session.Status == models.SessionCancelled, who.MemberStatus != nil && (*who.MemberStatus == models.MemberDeceased || *who.MemberStatus == models.MemberMerged):
		return models.ScanSeeStaff
	}
	return models.ScanOK
}

// knownAttendance locks what is known of one person at one session; nil for nothing.
func knownAttendance(tx *services.Tx, sessionID, attendeeID uuid.UUID) (*models.Attendance, error) {
	var found []models.Attendance
	err := tx.Batch(services.Statement{SQL: `select id, session_id, attendee_id, status, minutes, source, recorded_by, recorded_at from attendance
		where session_id = $1 and attendee_id = $2 for no key update`, Args: []any{sessionID, attendeeID}, Scan: services.RowsInto(&found)})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// enterOne stores the attendance of one person in place of what was known. The sums follow when the session is in them.
func enterOne(tx *services.Tx, session *models.WorkshopSession, was *models.Attendance, now models.Attendance) error {
	if was != nil {
		now.ID = was.ID
		tx.Changed(*was, now)
	} else {
		tx.Changed(nil, now)
	}
	saveAttendance(tx, []models.Attendance{now})
	return sumsFollow(tx, session, now.AttendeeID)
}

// UndoCheckIn takes back a check-in that was a mistake. What followed from it for the attendance is taken back, too.
// Errors: not_found; conflict wrong_state when they are not checked in.
func (s *Service) UndoCheckIn(ctx context.Context, sessionID, attendeeID uuid.UUID, in Justification) (*models.CheckIn, error) {
	return services.Mutate(ctx, s.core, "session.undo_check_in", func(tx *services.Tx) (*models.CheckIn, error) {
		session, err := ledSession(tx.DB, tx.Actor(), sessionID, alone)
		if err != nil {
			return nil, err
		}
		var found []models.CheckIn
		err = tx.DB.Where("session_id = ? and attendee_id = ? and result = 'ok' and undone_at is null", sessionID, attendeeID).Limit(1).Find(&found).Error
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, services.Conflict(CodeWrongState, "This person is not checked in.")
		}
		now, after := tx.Now(), found[0]
		after.UndoneAt = &now
		if err := tx.Reason(tx.Actor().MemberID, in.Reason); err != nil {
			return nil, err
		}
		tx.Queue(`update check_ins set undone_at = $2 where id = $1`, after.ID, now)
		tx.Changed(found[0], after)
		return &after, unattend(tx, session, attendeeID)
	})
}

// unattend takes back the attendance that followed from a check-in: in a completed session they were absent then.
func unattend(tx *services.Tx, session *models.WorkshopSession, attendeeID uuid.UUID) error {
	was, err := knownAttendance(tx, session.ID, attendeeID)
	if err != nil || was == nil || was.Source != models.FromCheckIn {
		return err
	}
	if session.Status == models.SessionCompleted {
		now := *was
		now.Status, now.Source, now.RecordedBy, now.RecordedAt = models.AttendanceAbsent, models.FromCompletion, nil, tx.Now()
		return enterOne(tx, session, was, now)
	}
	tx.Changed(*was, nil)
	tx.Queue(`delete from attendance where id = $1`, was.ID)
	return nil
}
