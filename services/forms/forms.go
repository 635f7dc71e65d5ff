// Package forms keeps what people are asked, in versions, and what they answered.
package forms

import (
	"time"

	"homefront/services"
)

// Service has the use cases of forms.
type Service struct{ core *services.Core }

// New makes the service and declares its jobs.
func New(core *services.Core) *Service {
	s := &Service{core: core}
	services.Handle(core.Jobs, 3, s.purge)
	services.Every(core.Jobs, time.Hour, Purge{})
	return s
}
