// Package workshops plans workshops and fills them: catalog, sessions, registrations, waitlist, check-in, attendance.
package workshops

import (
	"context"

	"homefront/services"
	"homefront/services/programs"
)

// Config is what the service needs of the configuration.
type Config struct {
	BaseURL     string // of the API, without a slash at the end; links in mails begin with it
	OrgName     string // whose catalog it is
	Jitsi       Jitsi  // where rooms of our own are
	ReviewShare int    // per cent of all requests that staff look at by lot, so that being looked at says nothing
	// Sign answers a compact JWS of the payload, of the given type, that our public keys verify.
	Sign func(ctx context.Context, typ string, payload []byte) (string, error)
}

// Service has the use cases of workshops.
type Service struct {
	core *services.Core
	cfg  Config
}

// New declares the jobs of workshops, too.
func New(core *services.Core, cfg Config) *Service {
	s := &Service{core: core, cfg: cfg}
	s.followUps()
	s.feedbackJobs()
	s.messageJobs()
	services.Handle(core.Jobs, 10, s.followGuardian)
	services.Handle(core.Jobs, 3, s.completeEnded)
	services.Every(core.Jobs, completeEvery, completeEnded{})
	services.Handle(core.Jobs, 3, s.recheckTeam)
	services.Handle(core.Jobs, 10, s.askDecision)
	services.Handle(core.Jobs, 10, s.watchDecision)
	services.Handle(core.Jobs, 10, s.watchSeats)
	services.Handle(core.Jobs, 10, s.tellAgain)
	services.Handle(core.Jobs, 3, s.checkTold)
	services.Every(core.Jobs, programs.CheckEvery, checkTold{})
	return s
}
