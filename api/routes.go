package api

import (
	"context"

	"homefront/services"
	"homefront/services/accounts"
	"homefront/services/calendar"
	"homefront/services/notices"
	"homefront/services/people"
	"homefront/services/programs"
	"homefront/services/tasks"
	"homefront/services/workshops"
)

// Services are the use cases that the routes call.
type Services struct {
	Core *services.Core
	// Authenticate answers whose access token this is, or unauthenticated.
	Authenticate func(ctx context.Context, token string) (*services.Actor, error)

	Accounts  *accounts.Service
	Calendar  *calendar.Service
	Notices   *notices.Service
	People    *people.Service
	Programs  *programs.Service
	Tasks     *tasks.Service
	Workshops *workshops.Service
}

// Outside is what the use cases need of the world and of the organization.
type Outside struct {
	Mailer      notices.Mailer
	PublicURL   string // without a slash at its end
	OrgName     string
	MailFrom    string // as in mail.ParseAddress
	RepliesRead bool
}

// Assemble makes every domain's use cases on one core, and declares their jobs.
func Assemble(core *services.Core, o Outside) Services {
	core.Housekeeping()
	signIn := accounts.New(core, accounts.Settings{Issuer: o.PublicURL, Audience: o.PublicURL, Organization: o.OrgName})
	return Services{
		Core:         core,
		Authenticate: signIn.Authenticate,
		Accounts:     signIn,
		Calendar:     calendar.New(core),
		Notices:      notices.New(core, o.Mailer, notices.Config{BaseURL: o.PublicURL, From: o.MailFrom, OrgName: o.OrgName, RepliesRead: o.RepliesRead}),
		People:       people.New(core),
		Programs:     programs.New(core),
		Tasks:        tasks.NewService(core),
		Workshops:    workshops.New(core, workshops.Config{BaseURL: o.PublicURL}),
	}
}

// routes declares every domain's, below the version; what is outside it comes first.
func (s *Server) routes(r *router) {
	s.system(r)
	s.signingKeys(r)
	r.prefix = "/v1"
	s.auth(r)
	s.me(r)
	s.notices(r)
	s.people(r)
	s.programs(r)
	s.venues(r)
	s.workshops(r)
	s.workshopSessions(r)
	s.registrations(r)
	s.attendance(r)
	s.tasks(r)
	s.accounts(r)
	s.audit(r)
}
