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

// lookAhead is how long before the start those are found who are to be reminded before their quiet hours begin: these last less than
// a day.
const lookAhead = 24 * time.Hour

// RemindCoaching is the job that reminds those who are coached of a session, and the coach who wants it, so many hours before. A
// session that is called off or moved is not live, and reminds nobody; nor does one whose coach reminds at that distance no more.
type RemindCoaching struct {
	SessionID uuid.UUID `json:"session_id"`
	Hours     int       `json:"hours,omitempty"` // 24 when absent
}

// Kind implements services.JobArgs.
func (RemindCoaching) Kind() string { return "coaching_session.remind" }

// before is the moment of the reminder of a session, for somebody without hours of their own.
func (r *RemindCoaching) before(s *models.CoachingSession) time.Time {
	return s.StartsAt.Add(-time.Duration(r.Hours) * time.Hour)
}

// key makes it one reminder per reader and distance.
func (r *RemindCoaching) key(to correspondent) string {
	key := fmt.Sprintf("%s:%s:%s:%s", models.NoticeCoachingReminder, r.SessionID, to.to, to.about)
	if r.Hours != 24 {
		key += fmt.Sprintf(":%d", r.Hours)
	}
	return key
}

// remindersOf are the reminders of a session with a coach, and of each that comes on the last day a look before, for whose quiet hours
// may last until after the start. What begins sooner than a reminder is due has none: the mail of the booking says it all.
func remindersOf(tx *services.Tx, c *models.Coach, s *models.CoachingSession) (jobs []services.Job) {
	for _, hours := range c.ReminderHours {
		r := RemindCoaching{s.ID, hours}
		at := r.before(s)
		if !at.After(tx.Now()) {
			continue
		}
		if early := s.StartsAt.Add(-lookAhead); early.Before(at) {
			if early.Before(tx.Now()) {
				early = tx.Now()
			}
			jobs = append(jobs, services.Job{Args: r, At: early})
		}
		jobs = append(jobs, services.Job{Args: r, At: at})
	}
	return jobs
}

// remindAnew plans the reminders of what is booked with a coach, who reminds at other times from now on.
func remindAnew(tx *services.Tx, c *models.Coach) error {
	var ahead []models.CoachingSession
	if err := tx.DB.Where("coach_id = ? and live and starts_at > ?", c.ID, tx.Now()).Order("starts_at, id").Find(&ahead).Error; err != nil {
		return err
	}
	return planReminders(tx, c, ahead)
}

func planReminders(tx *services.Tx, c *models.Coach, sessions []models.CoachingSession) error {
	var jobs []services.Job
	for i := range sessions {
		jobs = append(jobs, remindersOf(tx, c, &sessions[i])...)
	}
	return tx.EnqueueEach(jobs...)
}

// remind writes to everybody a session is for, or to the guardian who entered them, once and outside the hours in which they do not
// want to be written to. It says nothing of a session that waits for the coach's yes, or for staff to find another time, nor while
// the engagement rests.
func (s *Service) remind(ctx context.Context, args RemindCoaching) error {
	if args.Hours == 0 {
		args.Hours = 24
	}
	due, err := services.Read(ctx, s.core, func(db *gorm.DB) (due bool, err error) {
		return due, db.Raw(`select exists (select from coaching_sessions s join engagements e on e.id = s.engagement_id join coaches c on c.id = s.coach_id
			where s.id = ? and s.state = 'booked' and s.to_staff_at is null and s.starts_at > ? and e.state = 'active' and ? = any(c.reminder_hours))`,
			args.SessionID, s.core.Clock.Now(), args.Hours).Scan(&due).Error
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
		c, err := v.coach()
		if err != nil {
			return nil, err
		}
		if c.RemindCoach {
			t.readers = append(t.readers, correspondent{c.ID, c.ID})
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
		to[i], keys[i] = r.to, args.key(r)
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
		due := hours[r.to].Due(args.before(&session), session.StartsAt)
		wanted := due
		if args.before(&session).Before(due) {
			wanted = args.before(&session)
		}
		switch {
		case told[keys[i]] || !session.CreatedAt.Before(wanted):
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
