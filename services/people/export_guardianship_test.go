package people

import (
	"context"

	"homefront/services"
)

// EndDue works the job that ends guardianships whose time has passed.
func (s *Service) EndDue(ctx context.Context) error {
	return s.endDue(services.AsSystem(ctx, endDue{}.Kind()), endDue{})
}
