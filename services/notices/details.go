package notices

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"

	"homefront/models"
)

// Details are the keys of Notice.Data that the words are made of. All are optional; a key that is not here is kept and
// not used. Title, Place and the sender's name appear only to members who want program words.
type Details struct {
	Title    string     `json:"title"`
	StartsAt *time.Time `json:"starts_at"`
	EndsAt   *time.Time `json:"ends_at"`
	TimeZone string     `json:"time_zone"` // IANA zone of the place, whose clock those who come go by
	Online   bool       `json:"online"`    // the reader takes part from where they are, and goes by their own clock
	Place    string     `json:"place"`
	More     int        `json:"more"`    // how many more dates follow StartsAt
	LastAt   *time.Time `json:"last_at"` // start of the last of those
	Others   int        `json:"others"`  // dates of the booking still to come besides the one that is told of
	Begun    bool       `json:"begun"`   // some of its dates have been
	Pending  bool       `json:"pending"` // a person of ours looks at it before it is certain
	Own      bool       `json:"own"`     // it is about the reader themselves
	// Deadline is until when to answer, or until when the link works. A mail that asks for an answer is not sent after it.
	Deadline *time.Time `json:"deadline"`
	Seats    int        `json:"seats"`
	Position int        `json:"position"` // on the waiting list, from 1
	By       string     `json:"by"`       // who invites
	At       *time.Time `json:"at"`       // when it happened
	Device   string     `json:"device"`
	// FirstDay is the day on which something begins that has no hour.
	FirstDay *models.Date `json:"first_day"`
	Link     string       `json:"link"`     // a path below the base URL; each event has its own when this is empty
	TokenID  *uuid.UUID   `json:"token_id"` // of the one-time token that the link carries
	// Subject and Text are what somebody on staff wrote themselves; lines of the text stay lines.
	Subject string `json:"subject"`
	Text    string `json:"text"`
	Urgent  bool   `json:"urgent"` // it waits for no quiet hours, and takes no account of who wants less mail
	Join    *Join  `json:"join"`   // where the reader takes part online, while their place is confirmed
}

// parseDetails takes what a caller stored and makes every text one clean line.
func parseDetails(raw []byte) (d Details, err error) {
	if err = json.Unmarshal(raw, &d); err != nil {
		return d, fmt.Errorf("notice data: %w", err)
	}
	d.Title, d.Place, d.By, d.Device = oneLine(d.Title, 200), oneLine(d.Place, 300), oneLine(d.By, 100), oneLine(d.Device, 100)
	d.Subject, d.Text = oneLine(d.Subject, 120), lines(d.Text)
	return d, checkLink(d.Link)
}

// checkLink lets no mail of ours lead to another site.
func checkLink(path string) error {
	if path == "" {
		return nil
	}
	u, err := url.Parse(path)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(path, "//") ||
		strings.ContainsAny(path, "\\ \"<>") || strings.ContainsFunc(path, unicode.IsControl) {
		return fmt.Errorf("notice data: the link must be a path: %q", path)
	}
	return nil
}

// asksForAnswer says whether the person has something to do before a deadline.
func asksForAnswer(e models.NoticeEvent) bool {
	switch e {
	case models.NoticeRegistrationOffered, models.NoticeRegistrationInvited, models.NoticeWorkshopPass,
		models.NoticeAccountVerify, models.NoticeAccountReset, models.NoticeAccountInvited:
		return true
	}
	return false
}

// latest is the moment after which sending e is of no use; nil when it always is.
func (d *Details) latest(e models.NoticeEvent) *time.Time {
	switch {
	case e == models.NoticeSessionReminder, e == models.NoticeCoachingReminder:
		return d.StartsAt
	case asksForAnswer(e):
		return d.Deadline
	}
	return nil
}

// lines is a text of several lines as paragraphs, each one clean line.
func lines(s string) string {
	var out []string
	for line := range strings.Lines(s) {
		if line = oneLine(line, mostText); line != "" {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n\n")
}

// mostText is how long what somebody writes themselves may be.
const mostText = 4000

// oneLine makes s safe for a header and for one line of text: line breaks and other control characters become spaces,
// invisible direction marks, with which a text can pass for another, go.
func oneLine(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return ' '
		case unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	runes := []rune(strings.Join(strings.Fields(s), " "))
	return strings.TrimSpace(string(runes[:min(len(runes), most)]))
}
