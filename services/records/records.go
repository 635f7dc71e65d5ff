// Package records keeps what touches one person everywhere: merge, separation, death, timeline and the first screen of
// the phone.
package records

import (
	"context"
	"time"

	"homefront/services"
)

// Service holds the use cases.
type Service struct{ core *services.Core }

// New makes the service and declares its jobs.
func New(core *services.Core) *Service {
	s := &Service{core: core}
	services.Handle(core.Jobs, 10, s.followMerge)
	services.Handle(core.Jobs, 3, func(ctx context.Context, _ FindDuplicates) error {
		_, err := s.RefreshDuplicates(ctx)
		return err
	})
	services.Every(core.Jobs, 24*time.Hour, FindDuplicates{})
	return s
}
