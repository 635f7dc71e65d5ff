package coaching

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/tasks"
)

// logWithin is how long after the end of a session its coach has to write it down before they are asked to.
const logWithin = 24 * time.Hour

// UnansweredCoaching is the job that declines a requested session whose time has come. StartsAt is the start it was made for.
type UnansweredCoaching struct {
	SessionID uuid.UUID `json:"session_id"`
	StartsAt  time.Time `json:"starts_at"`
}

// Kind implements services.JobArgs.
func (UnansweredCoaching) Kind() string { return "coaching_session.unanswered" }

// UnloggedCoaching is the job that asks the coach to write down a session that is over.
type UnloggedCoaching struct {
	SessionID uuid.UUID `json:"session_id"`
}

// Kind implements services.JobArgs.
func (UnloggedCoaching) Kind() string { return "coaching_session.unlogged" }

func (s *Service) sessionJobs() {
	services.Handle(s.core.Jobs, 5, s.remind)
	services.Handle(s.core.Jobs, 5, s.unanswered)
	services.Handle(s.core.Jobs, 5, s.unlogged)
}

// planSessions puts in line what comes of sessions of a coach by itself. A session never moves: what takes its place is another.
func planSessions(tx *services.Tx, c *models.Coach, sessions ...models.CoachingSession) error {
	var jobs []services.Job
	for i := range sessions {
		s := &sessions[i]
		jobs = append(jobs, remindersOf(tx, c, s)...)
		if s.State == models.CoachingRequested {
			jobs = append(jobs, services.Job{Args: UnansweredCoaching{s.ID, s.StartsAt.UTC()}, At: s.StartsAt})
		}
		jobs = append(jobs, services.Job{Args: UnloggedCoaching{s.ID}, At: s.EndsAt.Add(logWithin)})
	}
	return tx.EnqueueEach(jobs...)
}

// in says whether a session is in one of the states still, without a transaction.
func (s *Service) sessionIn(ctx context.Context, id uuid.UUID, states ...models.CoachingState) (bool, error) {
	return services.Read(ctx, s.core, func(db *gorm.DB) (found bool, err error) {
		return found, db.Raw(`select exists (select from coaching_sessions where id = ? and state in ?)`, id, states).Scan(&found).Error
	})
}

// unanswered declines what the coach has not answered in time; it would begin now.
func (s *Service) unanswered(ctx context.Context, args UnansweredCoaching) error {
	waits, err := s.sessionIn(ctx, args.SessionID, models.CoachingRequested)
	if err != nil || !waits {
		return err
	}
	_, err = services.Mutate(ctx, s.core, "coaching_session.unanswered", func(tx *services.Tx) (*struct{}, error) {
		v, err := openSession(tx, args.SessionID)
		if err != nil {
			return nil, err
		}
		if v.session.State != models.CoachingRequested {
			tx.Unchanged()
			return nil, nil
		}
		return nil, v.declineIt()
	})
	return err
}

// unlogged opens the coach's task to write down a session that is over and of which nothing is known, once.
func (s *Service) unlogged(ctx context.Context, args UnloggedCoaching) error {
	waits, err := s.sessionIn(ctx, args.SessionID, models.CoachingBooked, models.CoachingInProgress)
	if err != nil || !waits {
		return err
	}
	_, err = services.Mutate(ctx, s.core, "coaching_session.unlogged", func(tx *services.Tx) (*struct{}, error) {
		v, err := openSession(tx, args.SessionID)
		if err != nil {
			return nil, err
		}
		tx.Unchanged()
		if state := v.session.State; state != models.CoachingBooked && state != models.CoachingInProgress || len(v.people) == 0 {
			return nil, nil
		}
		about := v.members()
		_, err = tasks.Open(tx, tasks.New{
			Kind: models.TaskLogSession, MemberID: &about[0], AlsoAbout: about[1:], Record: sourceSession, RecordID: &v.session.ID, Queue: "coaches", Owner: &v.session.CoachID,
			Title: "Write down a session that is over", DueAt: tx.Now().Add(logWithin),
		})
		return nil, err
	})
	return err
}
