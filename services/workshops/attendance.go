package workshops

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
	"homefront/services/tasks"
)

// CodeNotStarted is the code of attendance at what has not begun.
const CodeNotStarted services.Code = "session_not_started"

// AttendanceSheet is who was there, for any part of a roster.
type AttendanceSheet struct {
	Entries []AttendanceEntry `json:"entries" minItems:"1" maxItems:"1000"`
}

// AttendanceEntry is one person at one session.
type AttendanceEntry struct {
	AttendeeID uuid.UUID               `json:"attendee_id"`
	Status     models.AttendanceStatus `json:"status" enum:"present,late,excused,absent" example:"present"`
	Minutes    *int                    `json:"minutes,omitempty" minimum:"0" maximum:"1440" doc:"How long they stayed" example:"75"`
}

// SavedAttendance is what was entered.
type SavedAttendance struct {
	SessionID uuid.UUID           `json:"session_id"`
	Entries   []models.Attendance `json:"entries" nullable:"false"`
}

// RecordAttendance enters the attendance of a whole roster in one call. Each entry stands for itself and replaces what was
// known of that person; who is not in the sheet stays as they are. It also corrects a session that is completed: the sums
// follow.
// Errors: not_found; invalid with every entry that is not of the roster; conflict session_not_started for anything but
// excused before the start, wrong_state for a cancelled session.
func (s *Service) RecordAttendance(ctx context.Context, sessionID uuid.UUID, in AttendanceSheet) (*SavedAttendance, error) {
	return services.Mutate(ctx, s.core, "attendance.record", func(tx *services.Tx) (*SavedAttendance, error) {
		session, err := ledSession(tx.DB, tx.Actor(), sessionID, alone)
		if err != nil {
			return nil, err
		}
		known, err := onRoster(tx, session, in)
		if err != nil {
			return nil, err
		}
		if err := checkSheet(session, in, known, tx.Now()); err != nil {
			return nil, err
		}
		return saveSheet(tx, session, in)
	})
}

// onRoster reads who of a sheet has, or had, a place in the session.
func onRoster(tx *services.Tx, session *models.WorkshopSession, in AttendanceSheet) (map[uuid.UUID]bool, error) {
	ids := make([]uuid.UUID, len(in.Entries))
	for i := range in.Entries {
		ids[i] = in.Entries[i].AttendeeID
	}
	known := map[uuid.UUID]bool{}
	err := tx.Batch(services.Statement{
		SQL: `select a.id from attendees a join registrations r on r.id = a.registration_id where a.id = any($1) and r.workshop_id = $2
			and (r.session_id is null or r.session_id = $3) and r.confirmed_at is not null and a.joined_at is not null and a.state in ('attending', 'removed')`,
		Args: []any{ids, session.WorkshopID, session.ID},
		Scan: func(rows pgx.Rows) error {
			found, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
			for _, id := range found {
				known[id] = true
			}
			return err
		},
	})
	return known, err
}

func checkSheet(session *models.WorkshopSession, in AttendanceSheet, known map[uuid.UUID]bool, now time.Time) error {
	var faults []services.FieldError
	seen := map[uuid.UUID]bool{}
	early := false
	for i, e := range in.Entries {
		at := fmt.Sprintf("/entries/%d/attendee_id", i)
		switch {
		case !known[e.AttendeeID]:
			faults = append(faults, services.FieldError{Field: at, Code: "unknown_attendee", Message: "This person is not on the roster."})
		case seen[e.AttendeeID]:
			faults = append(faults, services.FieldError{Field: at, Code: "listed_twice", Message: "This person is in the sheet twice."})
		}
		if most := session.EndsAt.Sub(session.StartsAt) + doorsBefore; e.Minutes != nil && time.Duration(*e.Minutes)*time.Minute > most {
			faults = append(faults, services.FieldError{Field: fmt.Sprintf("/entries/%d/minutes", i), Code: "out_of_range", Message: fmt.Sprintf("The session lasts %d minutes. Nobody stayed %d.",
				session.EndsAt.Sub(session.StartsAt)/time.Minute, *e.Minutes)})
		}
		seen[e.AttendeeID] = true
		early = early || e.Status != models.AttendanceExcused
	}
	switch {
	case len(faults) > 0:
		return services.Invalid(faults...)
	case session.Status == models.SessionCancelled:
		return services.Conflict(CodeWrongState, "This session was cancelled.")
	case early && now.Before(session.StartsAt):
		return services.Conflict(CodeNotStarted, "The session has not begun. Until then people can only be excused.")
	}
	return nil
}

func saveSheet(tx *services.Tx, session *models.WorkshopSession, in AttendanceSheet) (*SavedAttendance, error) {
	var had []models.Attendance
	if err := tx.DB.Where("session_id = ?", session.ID).Find(&had).Error; err != nil {
		return nil, err
	}
	before := map[uuid.UUID]models.Attendance{}
	for _, a := range had {
		before[a.AttendeeID] = a
	}
	by, out := tx.Actor().MemberID, &SavedAttendance{SessionID: session.ID, Entries: []models.Attendance{}}
	ids := make([]uuid.UUID, len(in.Entries))
	for i, e := range in.Entries {
		was, known := before[e.AttendeeID]
		row := models.Attendance{ID: services.NewID(), SessionID: session.ID, AttendeeID: e.AttendeeID, Status: e.Status, Minutes: e.Minutes,
			Source: models.FromStaff, RecordedBy: &by, RecordedAt: tx.Now()}
		if known {
			row.ID = was.ID
			tx.Changed(was, row)
		} else {
			tx.Changed(nil, row)
		}
		ids[i] = e.AttendeeID
		out.Entries = append(out.Entries, row)
	}
	saveAttendance(tx, out.Entries)
	if err := sumUp(tx, ids); err != nil || session.Status != models.SessionCompleted {
		return out, err
	}
	return out, tellPrograms(tx, session.ID)
}

// saveAttendance queues all rows as one statement.
func saveAttendance(tx *services.Tx, rows []models.Attendance) {
	var ids, sessions, attendees []uuid.UUID
	var statuses, sources []string
	var minutes []*int
	var by []*uuid.UUID
	for _, r := range rows {
		ids, sessions, attendees = append(ids, r.ID), append(sessions, r.SessionID), append(attendees, r.AttendeeID)
		statuses, sources, minutes, by = append(statuses, string(r.Status)), append(sources, string(r.Source)), append(minutes, r.Minutes), append(by, r.RecordedBy)
	}
	tx.Queue(`insert into attendance (id, session_id, attendee_id, status, minutes, source, recorded_by, recorded_at)
		select u.id, u.session_id, u.attendee_id, u.status, u.minutes, u.source, u.recorded_by, $8
		from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::int[], $6::text[], $7::uuid[]) u(id, session_id, attendee_id, status, minutes, source, recorded_by)
		on conflict (session_id, attendee_id) do update set status = excluded.status, minutes = excluded.minutes, source = excluded.source,
			recorded_by = excluded.recorded_by, recorded_at = excluded.recorded_at`,
		ids, sessions, attendees, statuses, minutes, sources, by, tx.Now())
}

// CompleteSession closes a session: who has a place and of whom nothing is known was absent, and the sums of attendance
// take the session in. Who still waits for a drop-in session that has ended waits for nothing, and is told so. Completing it
// again changes nothing.
// Errors: not_found; conflict not_published, session_not_started, wrong_state for a cancelled one.
func (s *Service) CompleteSession(ctx context.Context, sessionID uuid.UUID) (*WorkshopSessionDetail, error) {
	return services.Mutate(ctx, s.core, "session.complete", func(tx *services.Tx) (*WorkshopSessionDetail, error) {
		before, err := ledSession(tx.DB, tx.Actor(), sessionID, alone)
		if err != nil {
			return nil, err
		}
		switch {
		case before.Status == models.SessionCompleted:
			tx.Unchanged()
			return sessionDetail(tx.DB, tx.Actor(), sessionID)
		case before.Status == models.SessionCancelled:
			return nil, services.Conflict(CodeWrongState, "This session was cancelled.")
		case tx.Now().Before(before.StartsAt):
			return nil, services.Conflict(CodeNotStarted, "The session has not begun.")
		}
		if err := published(tx, before); err != nil {
			return nil, err
		}
		if err := expireSession(tx, before); err != nil {
			return nil, err
		}
		if err := fillAbsent(tx, before); err != nil {
			return nil, err
		}
		after := *before
		after.Status = models.SessionCompleted
		if err := saveSession(tx, *before, &after, "status"); err != nil {
			return nil, err
		}
		day := models.DayIn(before.EndsAt, before.TimeZone)
		if err := sessionPlacesEnded(tx, before, &day); err != nil {
			return nil, err
		}
		if err := sumUpSessions(tx, sessionID); err != nil {
			return nil, err
		}
		if err := tellPrograms(tx, sessionID); err != nil {
			return nil, err
		}
		if err := tasks.CloseFor(tx, sourceSession, sessionID, models.TaskCompleteSession); err != nil {
			return nil, err
		}
		if err := tx.Enqueue(AskFeedback{sessionID}, time.Time{}); err != nil {
			return nil, err
		}
		return sessionDetail(tx.DB, tx.Actor(), sessionID)
	})
}

// fillAbsent marks those of whom nothing is known. Somebody who got their place after the session was not offered it.
func fillAbsent(tx *services.Tx, session *models.WorkshopSession) error {
	var missing []uuid.UUID
	err := tx.Batch(services.Statement{
		SQL: `select a.id from attendees a join registrations r on r.id = a.registration_id
			where r.workshop_id = $1 and (r.session_id is null or r.session_id = $2) and r.state = 'confirmed' and a.state = 'attending'
				and a.joined_at < $3 and r.confirmed_at < $3 and not exists (select from attendance t where t.session_id = $2 and t.attendee_id = a.id) order by a.id`,
		Args: []any{session.WorkshopID, session.ID, session.EndsAt},
		Scan: idsInto(&missing),
	})
	if err != nil || len(missing) == 0 {
		return err
	}
	rows := make([]models.Attendance, len(missing))
	for i, id := range missing {
		rows[i] = models.Attendance{ID: services.NewID(), SessionID: session.ID, AttendeeID: id, Status: models.AttendanceAbsent, Source: models.FromCompletion, RecordedAt: tx.Now()}
		tx.Changed(nil, rows[i])
	}
	saveAttendance(tx, rows)
	return nil
}

// ReopenSession takes the completion of a session back: those who were marked absent only by it are unknown again.
// Errors: not_found; conflict wrong_state for one that is not completed.
func (s *Service) ReopenSession(ctx context.Context, sessionID uuid.UUID, in Justification) (*WorkshopSessionDetail, error) {
	return services.Mutate(ctx, s.core, "session.reopen", func(tx *services.Tx) (*WorkshopSessionDetail, error) {
		before, err := ledSession(tx.DB, tx.Actor(), sessionID, alone)
		if err != nil {
			return nil, err
		}
		if before.Status != models.SessionCompleted {
			return nil, services.Conflict(CodeWrongState, "Only a completed session can be reopened.")
		}
		if err := tx.Reason(tx.Actor().MemberID, in.Reason); err != nil {
			return nil, err
		}
		everybody, err := unfillAbsent(tx, sessionID)
		if err != nil {
			return nil, err
		}
		after := *before
		after.Status = models.SessionScheduled
		if err := saveSession(tx, *before, &after, "status"); err != nil {
			return nil, err
		}
		if err := sessionPlacesEnded(tx, before, nil); err != nil {
			return nil, err
		}
		if err := sumUp(tx, everybody); err != nil {
			return nil, err
		}
		if err := tellPrograms(tx, sessionID); err != nil {
			return nil, err
		}
		return sessionDetail(tx.DB, tx.Actor(), sessionID)
	})
}

// unfillAbsent takes back what fillAbsent entered, and answers of whom anything was known.
func unfillAbsent(tx *services.Tx, sessionID uuid.UUID) (everybody []uuid.UUID, err error) {
	var had []models.Attendance
	if err := tx.DB.Where("session_id = ?", sessionID).Order("attendee_id").Find(&had).Error; err != nil {
		return nil, err
	}
	for _, a := range had {
		everybody = append(everybody, a.AttendeeID)
		if a.Source == models.FromCompletion {
			tx.Changed(a, nil)
		}
	}
	tx.Queue(`delete from attendance where session_id = $1 and source = 'completion'`, sessionID)
	return everybody, nil
}

func sumUpSessions(tx *services.Tx, ids ...uuid.UUID) error {
	var everybody []uuid.UUID
	err := tx.Batch(services.Statement{SQL: `select distinct attendee_id from attendance where session_id = any($1)`, Args: []any{ids}, Scan: idsInto(&everybody)})
	if err != nil {
		return err
	}
	return sumUp(tx, everybody)
}

// sumUp rewrites the sums of attendees from their completed sessions. They follow from rows that the audit log shows, and
// are no change of their own. The attendees are locked before the rows are read: whoever changes another session of theirs
// meanwhile comes after us, and counts what we did.
func sumUp(tx *services.Tx, attendees []uuid.UUID) error {
	if len(attendees) == 0 {
		return nil
	}
	var rows []struct {
		AttendeeID uuid.UUID
		Status     models.AttendanceStatus
		StartsAt   time.Time
	}
	tx.Locks(services.LockAttendees)
	tx.Queue(`select from attendees where id = any($1) order by id for no key update`, attendees)
	err := tx.Batch(services.Statement{
		SQL: `select t.attendee_id, t.status, s.starts_at from attendance t join workshop_sessions s on s.id = t.session_id
			where t.attendee_id = any($1) and s.status = 'completed' order by s.starts_at, s.id`,
		Args: []any{attendees}, Scan: services.RowsInto(&rows),
	})
	if err != nil {
		return err
	}
	sums := map[uuid.UUID]*models.RollUp{}
	for _, id := range attendees {
		sums[id] = &models.RollUp{}
	}
	for _, r := range rows {
		sums[r.AttendeeID].Add(r.Status, r.StartsAt)
	}
	var ids []uuid.UUID
	var offered, attended, excused, missed, absences []int
	var seen []*time.Time
	for id, r := range sums {
		ids, seen = append(ids, id), append(seen, r.LastSeenAt)
		offered, attended, excused = append(offered, r.Offered), append(attended, r.Attended), append(excused, r.Excused)
		missed, absences = append(missed, r.Missed), append(absences, r.ConsecutiveAbsences)
	}
	tx.Queue(`update attendees a set sessions_offered = u.offered, sessions_attended = u.attended, sessions_excused = u.excused, sessions_missed = u.missed,
			consecutive_absences = u.absences, last_seen_at = u.seen
		from unnest($1::uuid[], $2::int[], $3::int[], $4::int[], $5::int[], $6::int[], $7::timestamptz[]) u(id, offered, attended, excused, missed, absences, seen)
		where a.id = u.id`, ids, offered, attended, excused, missed, absences, seen)
	return nil
}

// Excuse says that somebody does not come to a session.
type Excuse struct {
	SessionID uuid.UUID `json:"session_id" doc:"The session they miss"`
}

// NotThisTime excuses one attendee from one session to come. The place stays theirs, and the session does not count
// against them.
// Errors: not_found; forbidden not_yours_to_change; invalid for a session that is not of the place; conflict not_confirmed,
// wrong_state once it has begun or they are there.
func (s *Service) NotThisTime(ctx context.Context, id, attendeeID uuid.UUID, in Excuse) (*models.Attendance, error) {
	return services.Mutate(ctx, s.core, "attendance.excuse", func(tx *services.Tx) (*models.Attendance, error) {
		p, err := readParty(tx.DB, tx.Actor(), id, tx.Now())
		if err != nil {
			return nil, err
		}
		a, err := showable(tx.Actor(), p, attendeeID)
		if err != nil {
			return nil, err
		}
		session, err := excusable(tx, p, in.SessionID)
		if err != nil {
			return nil, err
		}
		was, err := knownAttendance(tx, session.ID, a.ID)
		switch {
		case err != nil:
			return nil, err
		case was != nil && was.Status == models.AttendanceExcused:
			tx.Unchanged()
			return was, nil
		case was != nil:
			return nil, services.Conflict(CodeWrongState, "They are here already. Ask who leads the session to change that.")
		}
		by := tx.Actor().MemberID
		row := models.Attendance{ID: services.NewID(), SessionID: session.ID, AttendeeID: a.ID, Status: models.AttendanceExcused, Source: models.FromMember,
			RecordedBy: &by, RecordedAt: tx.Now()}
		return &row, enterOne(tx, session, nil, row)
	})
}

// excusable reads a session that the party has a place in and that is still to come.
// Errors: invalid; conflict wrong_state.
func excusable(tx *services.Tx, p *party, sessionID uuid.UUID) (*models.WorkshopSession, error) {
	var found []models.WorkshopSession
	err := tx.DB.Clauses(clause.Locking{Strength: alone}).Where("id = ? and workshop_id = ?", sessionID, p.WorkshopID).Limit(1).Find(&found).Error
	switch {
	case err != nil:
		return nil, err
	case len(found) == 0 || p.SessionID != nil && *p.SessionID != sessionID:
		return nil, services.InvalidField("/session_id", "unknown_session", "Their place is not for such a session.")
	case found[0].Status != models.SessionScheduled || !tx.Now().Before(found[0].StartsAt):
		return nil, services.Conflict(CodeWrongState, "One can only be excused from a session that is still to come.")
	}
	return &found[0], nil
}
