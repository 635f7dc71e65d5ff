package notices

import (
	"net/url"
	"strings"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// Join is where somebody takes part online: a page of the app, which leads on when it is time. Who has no account is let in
// by a token, which is made when the mail is written and stored nowhere.
type Join struct {
	SessionID  uuid.UUID `json:"session_id"`
	AttendeeID uuid.UUID `json:"attendee_id"`
	Version    int       `json:"version"` // of the attendee's secrets: a new one ends the links of old mails
}

// JoinPath is the page of a session for those who take part online.
func JoinPath(session uuid.UUID) string { return "/join/" + session.String() }

// way is where the mail leads.
func (s *Service) way(m *models.Message, d *Details, to *reader, words bool) string {
	if d.Join != nil && to.stranger() {
		return s.letIn(d.Join)
	}
	return s.link(outerPath(m, d, words), d)
}

// entryURL is where an entry in the calendar leads: to where one joins, or where the mail leads. What is neutral leads to the
// inbox, as the mail does.
func (s *Service) entryURL(e *CalendarEvent, m *models.Message, d *Details, to *reader) string {
	switch {
	case e.Join != nil && to.stranger():
		return s.letIn(e.Join)
	case e.Join != nil && to.Words:
		return strings.TrimSuffix(s.cfg.BaseURL, "/") + JoinPath(e.Join.SessionID)
	}
	return s.link(outerPath(m, d, to.Words), &Details{})
}

// letIn is the page with a token.
func (s *Service) letIn(j *Join) string {
	return strings.TrimSuffix(s.cfg.BaseURL, "/") + JoinPath(j.SessionID) + "?token=" + url.QueryEscape(services.JoinToken(s.core.Keys, j.AttendeeID, j.Version))
}

// stranger says whether they cannot sign in, and read their mail alone.
func (r *reader) stranger() bool { return !r.Account && !r.Shared }
