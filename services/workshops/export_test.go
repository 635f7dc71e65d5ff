package workshops

import (
	"context"

	"homefront/services"
)

// CompleteEnded works the job of that name.
func (s *Service) CompleteEnded() error {
	return s.completeEnded(services.AsSystem(context.Background(), completeEnded{}.Kind()), completeEnded{})
}

// WithShare is the same use cases where staff look at so many per cent of all requests by lot.
func (s *Service) WithShare(percent int) *Service {
	cfg := s.cfg
	cfg.ReviewShare = percent
	return &Service{core: s.core, cfg: cfg}
}
