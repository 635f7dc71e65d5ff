package coaching

import (
	"context"
	"time"

	"homefront/services"
)

// logsToldApart is how long two logs of one id are told apart by what they say. What that takes is made of their words: whoever has it
// and the deployment's secret could try words against it, so it does not stay.
const logsToldApart = 30 * 24 * time.Hour

// forgetLogs is the job that ends it.
type forgetLogs struct{}

// Kind implements services.JobArgs.
func (forgetLogs) Kind() string { return "coaching_log.forget" }

func (s *Service) logJobs() {
	services.Handle(s.core.Jobs, 3, s.forgetLogs)
	services.Every(s.core.Jobs, 24*time.Hour, forgetLogs{})
}

func (s *Service) forgetLogs(ctx context.Context, job forgetLogs) error {
	_, err := services.Mutate(ctx, s.core, job.Kind(), func(tx *services.Tx) (*struct{}, error) {
		tx.Unchanged()
		tx.Queue(`update coaching_logs set body_mac = null where body_mac is not null and logged_at < $1`, tx.Now().Add(-logsToldApart))
		return nil, nil
	})
	return err
}
