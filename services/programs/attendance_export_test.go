package programs

import (
	"context"

	"homefront/services"
)

// CheckRollUps works the job of that name.
func (s *Service) CheckRollUps() error {
	return s.checkRollUps(services.AsSystem(context.Background(), checkRollUps{}.Kind()), checkRollUps{})
}
