// Package programs keeps the organization's lines of work: programs, the cohorts that go through them, who is enrolled, who
// may be, and what became of it.
package programs

import "homefront/services"

// Service has the use cases of programs.
type Service struct {
	core *services.Core
	cfg  Config
}

// Config is what programs need to know of the organization.
type Config struct {
	OrgName     string // as it stands on certificates
	ReviewShare int    // per cent of all applications that staff look at by lot
}

// New makes the service and declares its jobs.
func New(core *services.Core, cfg Config) *Service {
	s := &Service{core: core, cfg: cfg}
	services.Handle(core.Jobs, 3, s.checkRollUps)
	services.Every(core.Jobs, CheckEvery, checkRollUps{})
	services.Handle(core.Jobs, 5, s.lookAtEnrollment)
	services.Handle(core.Jobs, 1, s.resume)
	services.Every(core.Jobs, resumeEvery, resumePaused{})
	return s
}
