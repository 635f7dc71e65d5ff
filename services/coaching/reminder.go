package coaching

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
)

// betweenLooks keeps everybody's own hours from making a job for each.
const betweenLooks = 5 * time.Minute

// RemindCoaching is the job that reminds those who are coached of a session, a day before. A session that is called off or moved
// is not live, and reminds nobody.
type RemindCoaching struct {
	SessionID uuid.UUID `json:"session_id"`
}

// Kind implements services.JobArgs.
func (RemindCoaching) Kind() string { return "coaching_session.remind" }

// planReminder puts a reminder in line. What begins sooner than a day from now has none: the mail of the booking says it all.
func planReminder(tx *services.Tx, r RemindCoaching, startsAt time.Time) error {
	at := startsAt.Add(-remindBefore)
	if !at.After(tx.Now()) {
		return nil
	}
	return tx.Enqueue(r, at)
}

// remind writes to everybody a session is for, or to the guardian who entered them, once and outside the hours in which they do not
// want to be written to. It says nothing of a session that waits for the coach's yes, or for staff to find another time, nor while
// the engagement rests.
func (s *Service) remind(ctx context.Context, args RemindCoaching) error {
	due, err := services.Read(ctx, s.core, func(db *gorm.DB) (due bool, err error) {
		return due, db.Raw(`select exists (select from coaching_sessions s join engagements e on e.id = s.engagement_id
			where s.id = ? and s.state = 'booked' and s.to_staff_at is null and s.starts_at > ? and e.state = 'active')`, args.SessionID, s.core.Clock.Now()).Scan(&due).Error
	})
	if err != nil || !due {
		return err
	}
	_, err = services.Mutate(ctx, s.core, "coaching_session.remind", func(tx *services.Tx) (*struct{}, error) {
		tx.Unchanged()
		v, err := openSession(tx, args.SessionID)
		if err != nil {
			return nil, err
		}
		if v.session.State != models.CoachingBooked || v.session.ToStaffAt != nil || !v.session.StartsAt.After(tx.Now()) || v.e.State != models.EngagementActive {
			return nil, nil
		}
		t, err := readTeller(tx, v.e, v.participants, v.session.CoachID)
		if err != nil {
			return nil, err
		}
		return nil, t.remindAll(args, v.session)
	})
	return err
}

// remindAll reminds those who may be written to now, and comes back for the next of the others.
func (t *teller) remindAll(args RemindCoaching, session models.CoachingSession) error {
	to := make([]uuid.UUID, len(t.readers))
	keys := make([]string, len(t.readers))
	for i, r := range t.readers {
		to[i], keys[i] = r.to, fmt.Sprintf("%s:%s:%s:%s", models.NoticeCoachingReminder, session.ID, r.to, r.about)
	}
	hours, err := notices.HoursOf(t.tx, to)
	if err != nil {
		return err
	}
	var sent []struct{ Key string }
	if err := t.tx.Batch(services.Statement{SQL: `select key from messages where key = any($1) and key is not null`, Args: []any{keys}, Scan: services.RowsInto(&sent)}); err != nil {
		return err
	}
	told := map[string]bool{}
	for _, m := range sent {
		told[m.Key] = true
	}
	var next time.Time
	for i, r := range t.readers {
		due := hours[r.to].Due(session.StartsAt.Add(-remindBefore), session.StartsAt)
		switch {
		case told[keys[i]]:
		case due.After(t.tx.Now()):
			if next.IsZero() || due.Before(next) {
				next = due
			}
		default:
			if err := t.sendReminder(r, session, keys[i]); err != nil {
				return err
			}
		}
	}
	if next.IsZero() {
		return nil
	}
	if soonest := t.tx.Now().Add(betweenLooks); next.Before(soonest) && soonest.Before(session.StartsAt) {
		next = soonest
	}
	return t.tx.Enqueue(args, next)
}

func (t *teller) sendReminder(r correspondent, session models.CoachingSession, key string) error {
	return notices.Send(t.tx, notices.Notice{
		Event: models.NoticeCoachingReminder, MemberID: r.to, Record: sourceSession, RecordID: session.ID, Key: key, Data: t.details(r, []models.CoachingSession{session}),
	})
}
