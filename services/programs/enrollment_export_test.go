package programs

import (
	"context"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// RunResume runs the job that ends pauses.
func (s *Service) RunResume() error {
	return s.resume(services.AsSystem(context.Background(), resumePaused{}.Kind()), resumePaused{})
}

// ByItself takes a step as a death or a merge does.
func (s *Service) ByItself(ctx context.Context, id uuid.UUID, step models.EnrollmentStep, reason models.EnrollmentEnd) (*EnrollmentView, error) {
	return services.Mutate(ctx, s.core, "enrollment."+string(step), func(tx *services.Tx) (*EnrollmentView, error) {
		return takeStep(tx, id, nil, step, StepInput{Reason: reason, Itself: true, Quiet: true})
	})
}
