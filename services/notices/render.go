package notices

import (
	"bytes"
	"encoding/json"
	"fmt"
	htmltemplate "html/template"
	"net/url"
	"strings"
	"text/template"
	"time"

	"homefront/models"
	"homefront/services"
)

var (
	htmlLayout = htmltemplate.Must(htmltemplate.ParseFS(files, "templates/layout.html"))
	textLayout = template.Must(template.ParseFS(files, "templates/layout.txt"))
)

// reader is whom a message is written for.
type reader struct {
	Name     string
	Address  string
	Language string
	TimeZone string
	Words    bool // they want to read what it is about
	Shared   bool // another member reads mail at this address
	Account  bool // they can sign in
}

// page is what the words may use.
type page struct {
	Words                                         bool
	Name, Title, Place, Org, By, Device           string
	When, Day, Deadline, DeadlineDay, At, LastDay string
	FirstDay                                      string
	Subject, Text                                 string
	Seats, Position, More, Others                 int
	Calendar, SeveralFiles, Replies, Begun        bool
	Pending, Own                                  bool
}

// wording is one message in words.
type wording struct {
	subject, preheader, action string
	body                       []string
}

// defaultPaths are where an event leads when its data names no link.
var defaultPaths = map[models.NoticeEvent]string{
	models.NoticeRegistrationInvited:    "/invitation",
	models.NoticeWorkshopPass:           "/pass",
	models.NoticeAccountVerify:          "/verify",
	models.NoticeAccountExists:          "/sign-in",
	models.NoticeAccountTeen:            "/sign-up",
	models.NoticeContactVerify:          "/verify",
	models.NoticeAccountReset:           "/reset",
	models.NoticeAccountInvited:         "/welcome",
	models.NoticeAccountNewLogin:        "/account/sessions",
	models.NoticeAccountSessionEnded:    "/account/sessions",
	models.NoticeAccountPasswordChanged: "/account/sessions",
	models.NoticeHelpAsked:              "/work",
	models.NoticeTaskAssigned:           "/work",
	models.NoticeCredentialExpiring:     "/account",
	models.NoticeCredentialLapsed:       "/account",
}

// inboxPath is where the app lists everything.
const inboxPath = "/notifications"

// pathOf is where a message leads.
func pathOf(m *models.Message, d *Details) string {
	if d.Link != "" {
		return d.Link
	}
	if d.Join != nil && m.Event == models.NoticeSessionReminder {
		return JoinPath(d.Join.SessionID)
	}
	if p, ok := defaultPaths[m.Event]; ok {
		return p
	}
	if m.Record == "registration" && m.RecordID != nil {
		return "/registrations/" + m.RecordID.String()
	}
	return inboxPath
}

// write puts a message into words. calendars is how many calendar files come with it.
func (s *Service) write(m *models.Message, d *Details, to *reader, calendars int) (w wording, err error) {
	l := languageFor(to.Language)
	p := s.page(m, d, to, l)
	p.Calendar, p.SeveralFiles = calendars > 0, calendars > 1
	name := string(m.Event)
	if to.Shared {
		name = "shared"
	}
	var body string
	for _, part := range []struct {
		name string
		into *string
	}{{".subject", &w.subject}, {".preheader", &w.preheader}, {".body", &body}, {".action", &w.action}} {
		if *part.into, err = l.part(name+part.name, p); err != nil {
			return w, err
		}
	}
	w.subject = oneLine(w.subject, 150)
	for paragraph := range strings.SplitSeq(body, "\n\n") {
		w.body = append(w.body, oneLine(paragraph, mostText))
	}
	return w, nil
}

func (s *Service) page(m *models.Message, d *Details, to *reader, l *language) *page {
	p := &page{Name: oneLine(to.Name, 100), By: d.By, Device: d.Device, Seats: d.Seats, Position: d.Position, Replies: s.cfg.RepliesRead,
		More: d.More, Others: d.Others, Begun: d.Begun, Pending: d.Pending, Own: d.Own}
	zone := zoneOf(to.TimeZone, d.TimeZone)
	if d.StartsAt != nil {
		there := zone
		if !d.Online {
			there = zoneOf(d.TimeZone, to.TimeZone)
		}
		p.When, p.Day = l.span(*d.StartsAt, d.EndsAt, there)+l.elsewhere(*d.StartsAt, there, zone), l.day(d.StartsAt.In(there))
		if d.More > 0 && d.LastAt != nil {
			p.LastDay = l.dayAfter(*d.StartsAt, *d.LastAt, there)
		}
	}
	if d.Deadline != nil {
		p.Deadline, p.DeadlineDay = l.moment(*d.Deadline, zone), l.day(d.Deadline.In(zone))
	}
	if d.FirstDay != nil {
		p.FirstDay = l.date(d.FirstDay.Time)
	}
	if d.At != nil {
		p.At = l.moment(*d.At, zone)
	}
	about := d.Title != "" || strings.HasPrefix(string(m.Event), "account.")
	if p.Words = to.Words && about && !to.Shared; p.Words {
		p.Title, p.Place, p.Org = d.Title, d.Place, oneLine(s.cfg.OrgName, 100)
		p.Subject, p.Text = d.Subject, d.Text
	}
	return p
}

// zoneOf is the first zone that is one.
func zoneOf(names ...string) *time.Location {
	for _, name := range names {
		if name == "" || name == "Local" {
			continue
		}
		if zone, err := time.LoadLocation(name); err == nil {
			return zone
		}
	}
	return time.UTC
}

// outerPath is where the mail leads: without program words not even its address may tell more than that there is
// something to read, and the inbox leads on.
func outerPath(m *models.Message, d *Details, words bool) string {
	if words || m.MemberID == nil || d.TokenID != nil || !m.Event.InInbox() {
		return pathOf(m, d)
	}
	return inboxPath + "/" + m.ID.String()
}

type fact struct{ Name, Value string }

// sheet is what the layouts lay out.
type sheet struct {
	Language, Subject, Preheader, Heading, Greeting string
	Body                                            []string
	Facts                                           []fact
	Action, Link, ByHand                            string
	Footer                                          []string
}

// compose makes the mail: the same words as text and as HTML, and the calendar file.
func (s *Service) compose(m *models.Message, to *reader) (*Mail, error) {
	d, err := parseDetails(m.Data)
	if err != nil {
		return nil, err
	}
	mail := &Mail{ID: m.ID.String(), To: to.Address, ToName: oneLine(to.Name, 100)}
	if mail.ICS, err = s.attachments(m, &d, to); err != nil {
		return nil, err
	}
	w, err := s.write(m, &d, to, len(mail.ICS))
	if err != nil {
		return nil, err
	}
	sh, err := s.sheet(m, &d, to, &w)
	if err != nil {
		return nil, err
	}
	var text, html bytes.Buffer
	if err := textLayout.Execute(&text, sh); err != nil {
		return nil, err
	}
	if err := htmlLayout.Execute(&html, sh); err != nil {
		return nil, err
	}
	mail.Subject, mail.Text, mail.HTML = w.subject, strings.TrimSpace(text.String())+"\n", html.String()
	return mail, nil
}

func (s *Service) sheet(m *models.Message, d *Details, to *reader, w *wording) (*sheet, error) {
	l := languageFor(to.Language)
	if to.Shared {
		named := *to
		named.Name = "" // which of the two it is for is content already
		to = &named
	}
	p := s.page(m, d, to, l)
	sh := &sheet{Language: l.tag, Subject: w.subject, Preheader: w.preheader, Heading: w.subject, Body: w.body, Action: w.action}
	sh.Link = s.way(m, d, to, p.Words)
	var err error
	text := func(name string) (out string) {
		if err == nil {
			out, err = l.part(name, p)
		}
		return out
	}
	sh.Greeting, sh.ByHand = text("hello"), text("by_hand")
	if !to.Shared {
		sh.Facts = facts(m, p, text)
	}
	sh.Footer = []string{text("replies"), text("password")}
	if p.Words && p.Org != "" {
		sh.Footer = append(sh.Footer, p.Org)
	}
	return sh, err
}

func facts(m *models.Message, p *page, text func(string) string) (out []fact) {
	if p.When != "" {
		label, when := "when", p.When
		switch m.Event {
		case models.NoticeSessionCancelled, models.NoticeWorkshopCancelled, models.NoticeCoachingCancelled, models.NoticeCoachingDeclined, models.NoticeCoachingNewTime:
			label = "planned" // "When" would read as if it took place
		}
		if p.LastDay != "" {
			when += text("more")
		}
		out = append(out, fact{text(label), when})
	}
	if p.Place != "" {
		out = append(out, fact{text("where"), p.Place})
	}
	if p.Seats > 1 && m.Event != models.NoticeRegistrationInvited { // who is invited would take them for their own
		out = append(out, fact{text("seats"), fmt.Sprint(p.Seats)})
	}
	if p.Deadline != "" && asksForAnswer(m.Event) {
		label := "deadline"
		if strings.HasPrefix(string(m.Event), "account.") || m.Event == models.NoticeWorkshopPass {
			label = "valid"
		}
		out = append(out, fact{text(label), p.Deadline})
	}
	return out
}

// link leads to our own site only; a token is made from its id and the deployment's secret, and stored nowhere.
func (s *Service) link(path string, d *Details) string {
	u := strings.TrimSuffix(s.cfg.BaseURL, "/") + path
	if d.TokenID == nil {
		return u
	}
	mark := "?"
	if strings.Contains(path, "?") {
		mark = "&"
	}
	return u + mark + "token=" + url.QueryEscape(services.OneTimeToken(s.core.Keys, *d.TokenID))
}

// attachments are the calendar files, if any. An address that two members read gets none.
func (s *Service) attachments(m *models.Message, d *Details, to *reader) ([]CalendarFile, error) {
	if len(m.Calendar) == 0 || to.Shared {
		return nil, nil
	}
	var part calendarPart
	if err := json.Unmarshal(m.Calendar, &part); err != nil {
		return nil, fmt.Errorf("notice calendar: %w", err)
	}
	organizer := s.organizer
	if !to.Words {
		organizer.Name = ""
	}
	if organizer.Email == "" {
		part.Method = MethodPublish // the other methods need an organizer
	}
	for i := range part.Events {
		e := &part.Events[i]
		e.Organizer, e.Attendee = organizer, CalendarParty{Email: to.Address}
		if !to.Words {
			e.Title, e.Description, e.Location, e.URL = languageFor(to.Language).busy, "", "", ""
		}
		if e.URL == "" && s.cfg.BaseURL != "" {
			e.URL = s.entryURL(e, m, d, to)
		}
	}
	if gone, live := partedEvents(part.Events); part.Method != MethodCancel && organizer.Email != "" && len(gone) > 0 && len(live) > 0 {
		files, err := calendarFiles(MethodCancel, gone)
		if err != nil {
			return nil, err
		}
		more, err := calendarFiles(CalendarMethod(live, false), live)
		return append(files, more...), err
	}
	return calendarFiles(part.Method, part.Events)
}

// Sample is how a notice reads in a language: its subject and its paragraphs, for somebody who wants program words or not.
func Sample(n Notice, language string, words bool) (subject string, body []string, err error) {
	data, _, err := n.encode(time.Time{})
	if err != nil {
		return "", nil, err
	}
	d, err := parseDetails(data)
	if err != nil {
		return "", nil, err
	}
	w, err := (&Service{}).write(&models.Message{Event: n.Event}, &d, &reader{Language: language, Words: words}, 0)
	return w.subject, w.body, err
}
