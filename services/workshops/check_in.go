package workshops

import (
	"context"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// lateAfter is how long after the start somebody who is scanned still counts as having been there from the start.
const lateAfter = 15 * time.Minute

// Scan is one look of a scanner at a code.
type Scan struct {
	Code      string     `json:"code" maxLength:"300" doc:"The text of the QR code, whatever it was" example:"HF1.AZnB8o9rejSw0WovDJvgAQABc2lnbmF0dXJlLTE2LWI"`
	Nonce     string     `json:"nonce" minLength:"8" maxLength:"64" pattern:"^[A-Za-z0-9._-]+$" doc:"Made by the scanner for this scan, and sent again with it: the same nonce counts once" example:"s7-000142-9f31"`
	ScannedAt *time.Time `json:"scanned_at,omitempty" doc:"When it was scanned, when that was earlier: a scanner without connection sends its queue later"`
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
	CountsAs          uuid.UUID // the first booking of a child who was booked twice
	GivenName         *string
	FamilyName        *string
	MemberStatus      *models.MemberStatus
}

const readScanned = `select ` + attendeeColumns + `, r.state as registration_state, r.workshop_id, r.session_id,
		coalesce((select f.id from attendees f where a.second and f.pool_id = a.pool_id and f.member_id = a.member_id and f.live and f.state = 'attending' and not f.second), a.id) as counts_as,
		coalesce(nullif(m.preferred_name, ''), m.given_name) as given_name, m.family_name, m.status as member_status
	from attendees a join registrations r on r.id = a.registration_id left join members m on m.id = a.member_id where a.id = $1`

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

// CheckIn takes a scan. It answers ok once for each attendee and session, whichever scanner was first; and the same to the
// same nonce, however often it is sent. Who is checked in is present, or late a quarter of an hour after the start, unless
// staff have entered something else.
// Errors: not_found for a session that the caller does not lead.
func (s *Service) CheckIn(ctx context.Context, sessionID uuid.UUID, in Scan) (*ScanAnswer, error) {
	return services.Mutate(ctx, s.core, "session.check_in", func(tx *services.Tx) (*ScanAnswer, error) {
		session, err := ledSession(tx.DB, tx.Actor(), sessionID, false)
		if err != nil {
			return nil, err
		}
		attendeeID, version, genuine := readCheckInCode(tx.Keys(), in.Code)
		var before []models.CheckIn
		var found []scanned
		err = tx.Batch(
			services.Statement{SQL: `select id, session_id, attendee_id, nonce, result, scanned_at, recorded_at, scanned_by, undone_at from check_ins
				where session_id = $1 and scanned_by = $2 and nonce = $3`, Args: []any{sessionID, tx.Actor().MemberID, in.Nonce}, Scan: rowsInto(&before)},
			services.Statement{SQL: readScanned, Args: []any{attendeeID}, Scan: rowsInto(&found)},
		)
		if err != nil {
			return nil, err
		}
		var who *scanned
		if genuine && len(found) == 1 {
			who = &found[0]
		}
		if len(before) > 0 {
			tx.Unchanged()
			return answerScan(tx, &before[0], who)
		}
		row := models.CheckIn{ID: services.NewID(), SessionID: sessionID, Nonce: in.Nonce, Result: judge(session, who, version),
			ScannedAt: scanTime(in.ScannedAt, tx.Now()), RecordedAt: tx.Now(), ScannedBy: tx.Actor().MemberID}
		if who != nil {
			row.AttendeeID = &who.CountsAs
		}
		return takeScan(tx, session, row, who)
	})
}

// scanTime believes a scanner's clock about the past alone.
func scanTime(at *time.Time, now time.Time) time.Time {
	if at == nil || at.After(now) {
		return now
	}
	return at.UTC().Truncate(time.Microsecond)
}

// judge says what a scan comes to, but for somebody who is checked in already.
func judge(session *models.WorkshopSession, who *scanned, version int) models.ScanResult {
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
	case session.Status == models.SessionCancelled, who.MemberStatus != nil && (*who.MemberStatus == models.MemberDeceased || *who.MemberStatus == models.MemberMerged):
		return models.ScanSeeStaff
	}
	return models.ScanOK
}

const insertScan = `insert into check_ins (id, session_id, attendee_id, nonce, result, scanned_at, recorded_at, scanned_by)
	values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing returning id`

// takeScan stores a scan. The index decides who was first: whoever comes second waits for the first to commit, and is
// told so.
func takeScan(tx *services.Tx, session *models.WorkshopSession, row models.CheckIn, who *scanned) (*ScanAnswer, error) {
	stored, err := insertedScan(tx, row)
	if err != nil {
		return nil, err
	}
	if !stored && row.Result == models.ScanOK {
		row.Result = models.ScanAlready
		if stored, err = insertedScan(tx, row); err != nil {
			return nil, err
		}
	}
	if !stored { // the same nonce at the same moment
		var twin []models.CheckIn
		if err := tx.Batch(services.Statement{SQL: `select id, session_id, attendee_id, nonce, result, scanned_at from check_ins where session_id = $1 and scanned_by = $2 and nonce = $3`,
			Args: []any{row.SessionID, row.ScannedBy, row.Nonce}, Scan: rowsInto(&twin)}); err != nil {
			return nil, err
		}
		tx.Unchanged()
		return answerScan(tx, &twin[0], who)
	}
	tx.Changed(nil, row)
	if who != nil && who.MemberID != nil {
		tx.Subject(*who.MemberID)
	}
	if row.Result == models.ScanOK {
		if err := attendByScan(tx, session, row); err != nil {
			return nil, err
		}
	}
	return answerScan(tx, &row, who)
}

func insertedScan(tx *services.Tx, row models.CheckIn) (bool, error) {
	var ids []struct{ ID uuid.UUID }
	err := tx.Batch(services.Statement{SQL: insertScan,
		Args: []any{row.ID, row.SessionID, row.AttendeeID, row.Nonce, string(row.Result), row.ScannedAt, row.RecordedAt, row.ScannedBy}, Scan: rowsInto(&ids)})
	return len(ids) > 0, err
}

// attendByScan has somebody who was checked in be there. What staff entered stands.
func attendByScan(tx *services.Tx, session *models.WorkshopSession, row models.CheckIn) error {
	status := models.AttendancePresent
	if row.ScannedAt.After(session.StartsAt.Add(lateAfter)) {
		status = models.AttendanceLate
	}
	tx.Queue(`insert into attendance as t (id, session_id, attendee_id, status, source, recorded_by, recorded_at) values ($1, $2, $3, $4, 'check_in', $5, $6)
		on conflict (session_id, attendee_id) do update set status = excluded.status, source = excluded.source, recorded_by = excluded.recorded_by, recorded_at = excluded.recorded_at
		where t.source <> 'staff'`, services.NewID(), row.SessionID, row.AttendeeID, string(status), row.ScannedBy, row.RecordedAt)
	return sumUp(tx, []uuid.UUID{*row.AttendeeID})
}

func answerScan(tx *services.Tx, row *models.CheckIn, who *scanned) (*ScanAnswer, error) {
	out := &ScanAnswer{ID: row.ID, Result: row.Result, ScannedAt: row.ScannedAt}
	if who == nil {
		return out, nil
	}
	name := who.name()
	out.Name, out.Kind = &name, &who.Kind
	if row.Result != models.ScanOK && row.Result != models.ScanAlready {
		return out, nil
	}
	var first []models.CheckIn
	err := tx.Batch(services.Statement{SQL: `select scanned_at from check_ins where session_id = $1 and attendee_id = $2 and result = 'ok' and undone_at is null`,
		Args: []any{row.SessionID, who.CountsAs}, Scan: rowsInto(&first)})
	if len(first) > 0 {
		out.Since = &first[0].ScannedAt
	}
	return out, err
}

// UndoCheckIn takes back a check-in that was a mistake. What followed from it for the attendance is taken back, too.
// Errors: not_found; conflict wrong_state when they are not checked in.
func (s *Service) UndoCheckIn(ctx context.Context, sessionID, attendeeID uuid.UUID, in Justification) (*models.CheckIn, error) {
	return services.Mutate(ctx, s.core, "session.undo_check_in", func(tx *services.Tx) (*models.CheckIn, error) {
		session, err := ledSession(tx.DB, tx.Actor(), sessionID, true)
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
		if session.Status == models.SessionCompleted {
			tx.Queue(`update attendance set status = 'absent', source = 'completion', recorded_at = $3 where session_id = $1 and attendee_id = $2 and source = 'check_in'`, sessionID, attendeeID, now)
		} else {
			tx.Queue(`delete from attendance where session_id = $1 and attendee_id = $2 and source = 'check_in'`, sessionID, attendeeID)
		}
		return &after, sumUp(tx, []uuid.UUID{attendeeID})
	})
}
