// Package coaching is one-on-one coaching: who coaches and when they are free, who is coached, their sessions, and what is
// written down about them.
package coaching

import (
	"gorm.io/gorm/clause"

	"homefront/services"
	"homefront/services/online"
)

// Config is what the service needs of the configuration.
type Config struct {
	BaseURL     string // of the app, without a slash at the end; links in mails begin with it
	OrgName     string
	ReviewShare int // per cent of all requests that staff look at by lot, so that being looked at says nothing
	Jitsi       online.Jitsi
}

// Service has the use cases of coaching.
type Service struct {
	core *services.Core
	cfg  Config
}

// New declares the jobs of coaching, too.
func New(core *services.Core, cfg Config) *Service {
	s := &Service{core: core, cfg: cfg}
	s.coachJobs()
	s.engagementJobs()
	s.sessionJobs()
	s.glassJobs()
	s.logJobs()
	return s
}

var forUpdate = clause.Locking{Strength: "NO KEY UPDATE"}
