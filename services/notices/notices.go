// Package notices tells people what happened: by mail, and in the inbox of the app. Words that could tell a bystander what
// a message is about appear only when its reader asked for them.
package notices

import (
	"net/mail"
	"time"

	"homefront/services"
)

// Config is how we write.
type Config struct {
	BaseURL     string // of the app that people open, without a path; every link leads below it
	From        string // the sender, as in mail.ParseAddress; organizer of calendar entries. Name it neutrally
	OrgName     string // shown only to those who want program words
	RepliesRead bool   // whether a person reads what is sent to the Reply-To, or else From, address
}

// Service holds the use cases and sends what is due.
type Service struct {
	core      *services.Core
	mailer    Mailer
	cfg       Config
	organizer CalendarParty
}

// New makes the service and declares its jobs. Without a From that can be read, calendar files carry no organizer.
func New(core *services.Core, mailer Mailer, cfg Config) *Service {
	s := &Service{core: core, mailer: mailer, cfg: cfg}
	if from, err := mail.ParseAddress(cfg.From); err == nil {
		s.organizer = CalendarParty{Name: cfg.OrgName, Email: from.Address}
	}
	services.Handle(core.Jobs, jobAttempts, s.deliver)
	services.Handle(core.Jobs, 1, s.sweep)
	services.Handle(core.Jobs, 3, s.purge)
	services.Every(core.Jobs, time.Minute, sweepArgs{})
	services.Every(core.Jobs, 24*time.Hour, purgeArgs{})
	return s
}
