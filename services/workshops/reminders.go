package workshops

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
)

// remindBefore is how long before the start people are reminded.
const remindBefore = 24 * time.Hour

// Remind is the job that reminds those who come to a session. StartsAt is the start it was made for: when the session has
// been moved since, another job has that start, and this one does nothing.
type Remind struct {
	SessionID uuid.UUID `json:"session_id"`
	StartsAt  time.Time `json:"starts_at"`
}

// Kind implements services.JobArgs.
func (Remind) Kind() string { return "session.remind" }

// sessionPlanned puts the reminder of a new session in line. Nobody is reminded of what starts within a day.
func sessionPlanned(tx *services.Tx, session models.WorkshopSession) error {
	at := session.StartsAt.Add(-remindBefore)
	if !at.After(tx.Now()) {
		return nil
	}
	return tx.Enqueue(Remind{session.ID, session.StartsAt.UTC()}, at)
}

// remind writes to everybody who has a place in the session, once for each start. What is called off, moved or not
// published reminds nobody; nor is somebody reminded who has said that they do not come this time. A look tells the first
// without a transaction.
func (s *Service) remind(ctx context.Context, args Remind) error {
	due, err := services.Read(ctx, s.core, func(db *gorm.DB) (due bool, err error) {
		return due, db.Raw(`select exists (select from workshop_sessions s join workshops w on w.id = s.workshop_id
			where s.id = ? and s.starts_at = ? and s.status = 'scheduled' and s.starts_at > ? and w.visibility = 'published')`,
			args.SessionID, args.StartsAt, s.core.Clock.Now()).Scan(&due).Error
	})
	if err != nil || !due {
		return err
	}
	_, err = services.Mutate(ctx, s.core, "session.remind", func(tx *services.Tx) (*struct{}, error) {
		tx.Unchanged()
		var sessions []models.WorkshopSession
		var excused []uuid.UUID
		err := tx.Batch(
			services.Statement{
				SQL: `select s.id, s.workshop_id, s.title, s.starts_at, s.ends_at, s.time_zone, s.venue_id, s.location_note, s.join_url, s.status, s.sequence
					from workshop_sessions s join workshops w on w.id = s.workshop_id
					where s.id = $1 and s.starts_at = $2 and s.status = 'scheduled' and s.starts_at > $3 and w.visibility = 'published'`,
				Args: []any{args.SessionID, args.StartsAt, tx.Now()}, Scan: rowsInto(&sessions),
			},
			services.Statement{SQL: `select attendee_id from attendance where session_id = $1 and status = 'excused'`, Args: []any{args.SessionID},
				Scan: func(rows pgx.Rows) (err error) {
					excused, err = pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
					return err
				}},
		)
		if err != nil || len(sessions) == 0 {
			return nil, err
		}
		tx.Object(sessions[0].ID)
		return nil, remindAll(tx, sessions[0], excused)
	})
	if errors.Is(err, services.NotFound("workshop")) {
		return nil
	}
	return err
}

func remindAll(tx *services.Tx, session models.WorkshopSession, excused []uuid.UUID) error {
	parties, err := placesFor(tx, session)
	if err != nil || len(parties) == 0 {
		return err
	}
	d, err := readDesk(tx, session)
	if err != nil {
		return err
	}
	told := map[string]bool{} // who is of two parties, as somebody who leads one and comes with another, is told once
	for _, p := range parties {
		if p.State != models.RegistrationConfirmed || excusedFrom(p, excused) {
			continue
		}
		readers, err := d.readers(p)
		if err != nil {
			return err
		}
		for _, r := range readers {
			to := r.address + r.member.String()
			if told[to] || r.seat != nil && slices.Contains(excused, r.seat.ID) {
				continue
			}
			told[to] = true
			if err := notices.Send(tx, notices.Notice{
				Event: models.NoticeSessionReminder, MemberID: r.member, Address: r.address, Name: r.name, Record: "session", RecordID: session.ID,
				Key:  fmt.Sprintf("%s:%s:%d:%s", models.NoticeSessionReminder, session.ID, session.StartsAt.Unix(), r.key(p)),
				Data: d.about(&d.meetings[0], r.seat),
			}); err != nil {
				return err
			}
		}
	}
	return nil
}
