package programs

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

const (
	resumeEvery = 15 * time.Minute
	resumeBatch = 200
)

// resumePaused is the job that writes down which pauses have ended by themselves.
type resumePaused struct{}

// Kind implements services.JobArgs.
func (resumePaused) Kind() string { return "enrollment.resume_paused" }

const pausesOver = `select e.id from enrollments e join programs p on p.id = e.program_id
	where e.state = 'paused' and e.paused_until <= ? and e.paused_until <= (?::timestamptz at time zone p.time_zone)::date order by e.paused_until, e.id limit ?`

// resume goes by each program's own day. What it does not come to, the next run does.
func (s *Service) resume(ctx context.Context, job resumePaused) error {
	due, err := services.Read(ctx, s.core, func(db *gorm.DB) (ids []uuid.UUID, err error) {
		now := s.core.Clock.Now()
		return ids, db.Raw(pausesOver, models.DateOf(now.Add(14*time.Hour)), now, resumeBatch).Scan(&ids).Error // no zone is further ahead
	})
	for _, id := range due {
		_, failed := services.Mutate(services.AsSystem(ctx, job.Kind()), s.core, "enrollment.resume", func(tx *services.Tx) (*struct{}, error) {
			tx.Unchanged()
			_, err := openBench(tx, benchOf{Enrollments: []uuid.UUID{id}}) // which lets end what has ended
			return nil, err
		})
		err = errors.Join(err, failed)
	}
	return err
}
