package api

import (
	"context"

	"homefront/services"
	"homefront/services/accounts"
	"homefront/services/calendar"
	"homefront/services/coaching"
	"homefront/services/forms"
	"homefront/services/imports"
	"homefront/services/notices"
	"homefront/services/outreach"
	"homefront/services/people"
	"homefront/services/programs"
	"homefront/services/records"
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
	Coaching  *coaching.Service
	Forms     *forms.Service
	Imports   *imports.Service
	Notices   *notices.Service
	Outreach  *outreach.Service
	People    *people.Service
	Programs  *programs.Service
	Records   *records.Service
	Tasks     *tasks.Service
	Workshops *workshops.Service
}

// Outside is what the use cases need of the world and of the organization.
type Outside struct {
	Mailer       notices.Mailer
	PublicURL    string // without a slash at its end
	OrgName      string
	MailFrom     string // as in mail.ParseAddress
	RepliesRead  bool
	Jitsi        workshops.Jitsi
	ReviewShare  int            // per cent of all registrations that staff look at by lot
	StaffedHours outreach.Hours // when somebody reads help requests; the zero value is the default
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
		Coaching:     coaching.New(core, coaching.Config{BaseURL: o.PublicURL, OrgName: o.OrgName, ReviewShare: o.ReviewShare, Jitsi: o.Jitsi}),
		Forms:        forms.New(core),
		Imports:      imports.New(core),
		Notices:      notices.New(core, o.Mailer, notices.Config{BaseURL: o.PublicURL, From: o.MailFrom, OrgName: o.OrgName, RepliesRead: o.RepliesRead}),
		Outreach:     outreach.New(core, outreach.Config{Hours: o.StaffedHours}),
		People:       people.New(core),
		Programs:     programs.New(core, programs.Config{OrgName: o.OrgName, ReviewShare: o.ReviewShare}),
		Records:      records.New(core),
		Tasks:        tasks.NewService(core),
		Workshops:    workshops.New(core, workshops.Config{BaseURL: o.PublicURL, OrgName: o.OrgName, Jitsi: o.Jitsi, Sign: signIn.Sign, ReviewShare: o.ReviewShare}),
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
	s.home(r)
	s.duplicates(r) // before people: /members/duplicates is no member's id
	s.people(r)
	s.savedSearches(r)
	s.consents(r)
	s.separations(r)
	s.deaths(r)
	s.timeline(r)
	s.imports(r)
	s.exports(r)
	s.forms(r)
	s.formResponses(r)
	s.programs(r)
	s.cohorts(r)
	s.enrollments(r)
	s.eligibility(r)
	s.rollUps(r)
	s.publicWorkshops(r)
	s.venues(r)
	s.rooms(r)
	s.workshops(r)
	s.workshopSessions(r)
	s.registrations(r)
	s.passes(r)
	s.attendance(r)
	s.doors(r)
	s.papers(r)
	s.certificates(r)
	s.workshopMessages(r)
	s.join(r)
	s.feedback(r)
	s.workshopReports(r)
	s.coaches(r)
	s.coachHours(r)
	s.coachingSlots(r)
	s.engagements(r)
	s.handOvers(r)
	s.coachingSessions(r)
	s.coachingLog(r)
	s.goals(r)
	s.coachingNotes(r)
	s.breakGlass(r)
	s.coachingReports(r)
	s.work(r)
	s.tasks(r)
	s.contacts(r)
	s.helpRequests(r)
	s.referrals(r)
	s.accounts(r)
	s.audit(r)
}
