package workshops

import (
	"context"

	"homefront/services"
)

// CompleteEnded works the job of that name.
func (s *Service) CompleteEnded() error {
	return s.completeEnded(services.AsSystem(context.Background(), completeEnded{}.Kind()), completeEnded{})
}
