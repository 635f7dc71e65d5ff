package workshops

import (
	"context"

	"homefront/services"
)

// GatherLeft works the job of that name.
func (s *Service) GatherLeft() error {
	return s.gatherLeft(services.AsSystem(context.Background(), gatherLeft{}.Kind()), gatherLeft{})
}

// AskDue works the job of that name.
func (s *Service) AskDue() error {
	return s.askDue(services.AsSystem(context.Background(), askDue{}.Kind()), askDue{})
}
