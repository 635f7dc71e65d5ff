package workshops

import (
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/programs"
)

// sourceOccasion is what programs call a session of a workshop.
const sourceOccasion = "workshop_session"

// told is a row of what programs are told: a session with one person whose attendance is known, or with nobody.
type told struct {
	ID        uuid.UUID
	ProgramID *uuid.UUID
	StartsAt  time.Time
	TimeZone  string
	MemberID  *uuid.UUID
	Status    *models.AttendanceStatus
}

// whatIsKnown selects it. Of a session that is not completed nothing is known yet; guests are nobody whom programs know.
// Who was there stays known when their place is gone since.
const whatIsKnown = `select s.id, case when s.status = 'completed' then w.program_id end as program_id, s.starts_at, s.time_zone, t.member_id, t.status
	from workshop_sessions s join workshops w on w.id = s.workshop_id
		left join (select a.member_id, t.session_id, t.status from attendance t join attendees a on a.id = t.attendee_id where a.member_id is not null) t
			on t.session_id = s.id and s.status = 'completed' and w.program_id is not null
	where s.id = any($1)`

// tellPrograms says to the workshop's program who was at its sessions: all that is known, or nothing where a session is not
// completed. Every write that can change it says so as the last thing it does, once the attendees are locked and summed up:
// programs and enrollments are locked after these. It reads under the occasions' locks, since of two who change different
// rows of one roster each sees the other's only then.
func tellPrograms(tx *services.Tx, sessions ...uuid.UUID) error {
	if len(sessions) == 0 {
		return nil
	}
	var rows []told
	programs.LockOccasions(tx, sourceOccasion, sessions...)
	if err := tx.Batch(services.Statement{SQL: whatIsKnown, Args: []any{sessions}, Scan: services.RowsInto(&rows)}); err != nil {
		return err
	}
	return programs.RecordSheets(tx, sheets(rows)...)
}

// sheets makes one sheet of the rows of each session.
func sheets(rows []told) (out []programs.Sheet) {
	at := map[uuid.UUID]int{}
	for _, r := range rows {
		i, there := at[r.ID]
		if !there {
			i = len(out)
			at[r.ID] = i
			out = append(out, programs.Sheet{Occasion: programs.Occasion{Source: sourceOccasion, SourceID: r.ID, ProgramID: r.ProgramID,
				StartsAt: r.StartsAt, Day: models.DayIn(r.StartsAt, r.TimeZone)}})
		}
		if r.MemberID != nil {
			out[i].There = append(out[i].There, programs.Presence{MemberID: *r.MemberID, Status: *r.Status})
		}
	}
	return out
}

// tellAnew says it all again of a workshop that is another program's now. All its sessions are taken: one that is being
// completed meanwhile is told after us, to the new program.
func tellAnew(tx *services.Tx, workshopID uuid.UUID) error {
	var sessions []uuid.UUID
	err := tx.Batch(services.Statement{SQL: `select id from workshop_sessions where workshop_id = $1 order by id`, Args: []any{workshopID}, Scan: idsInto(&sessions)})
	if err != nil {
		return err
	}
	return tellPrograms(tx, sessions...)
}
