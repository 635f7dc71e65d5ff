package coaching

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

func (s *Service) engagementJobs() {
	services.Handle(s.core.Jobs, 3, s.resumeDue)
	services.Every(s.core.Jobs, time.Hour, resumeDue{})
}

// resumeDue looks every hour for what was to go on by a day that has come.
type resumeDue struct{}

// Kind implements services.JobArgs.
func (resumeDue) Kind() string { return "engagement.resume_due" }

// mostResumed is how many engagements one run resumes; the others are found an hour later.
const mostResumed = 200

func (s *Service) resumeDue(ctx context.Context, _ resumeDue) error {
	ids, err := services.Read(services.AsSystem(ctx, "engagement.resume_due"), s.core, func(db *gorm.DB) ([]uuid.UUID, error) {
		var ids []uuid.UUID
		return ids, db.Raw(`select id from engagements where state = 'paused' and resume_on <= (cast(? as timestamptz) at time zone time_zone)::date order by resume_on, id limit ?`, s.core.Clock.Now(), mostResumed).Scan(&ids).Error
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		_, one := services.Mutate(services.AsSystem(ctx, "engagement.resume_due"), s.core, "engagement.resume_due", func(tx *services.Tx) (*struct{}, error) {
			return nil, resumeOnDay(tx, id)
		})
		err = errors.Join(err, one)
	}
	return err
}

// resumeOnDay lets an engagement go on whose day has come. Where something stands in the way, staff get a task, once: the day is taken out.
func resumeOnDay(tx *services.Tx, id uuid.UUID) error {
	tx.Unchanged()
	g, err := engageApart(tx, id)
	if err != nil {
		return err
	}
	if g.e.State != models.EngagementPaused || g.e.ResumeOn == nil || g.e.ResumeOn.After(models.DayIn(tx.Now(), g.e.TimeZone).Time) {
		return nil
	}
	held := g.e.PauseReason != nil && *g.e.PauseReason == models.PauseHeld
	err = g.mayGoOn()
	switch {
	case held || isConflict(err):
		g.e.ResumeOn = nil
		if err := g.askDesk(models.TaskHeldEngagement, "See to coaching that was to go on by today"); err != nil {
			return err
		}
		return g.save()
	case err != nil:
		return err
	}
	g.resume()
	if err := g.save(); err != nil {
		return err
	}
	if err := g.informCoach(models.NoticeCoachingResumed, *g.e.CoachID); err != nil {
		return err
	}
	return g.inform(models.NoticeCoachingResumed)
}
