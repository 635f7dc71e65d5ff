package outreach

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"homefront/models"
)

// Hours are those in which somebody of us reads help requests, on the clock of a zone.
type Hours struct {
	From, Until string // "09:00", "17:00"; within one day
	Days        []time.Weekday
	Zone        string // IANA name
}

// DefaultHours hold where nobody says otherwise.
var DefaultHours = Hours{From: "09:00", Until: "17:00", Zone: models.DefaultTimeZone,
	Days: []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}}

var weekdays = []string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}

// ParseHours reads "Mon-Fri 09:00-17:00 America/New_York"; days are a range or a list with commas.
func ParseHours(text string) (Hours, error) {
	parts := strings.Fields(text)
	if len(parts) != 3 {
		return Hours{}, fmt.Errorf("staffed hours are written like %q", "Mon-Fri 09:00-17:00 America/New_York")
	}
	h := Hours{Zone: parts[2]}
	if _, err := time.LoadLocation(h.Zone); err != nil {
		return Hours{}, fmt.Errorf("staffed hours: %q is no time zone", h.Zone)
	}
	h.From, h.Until, _ = strings.Cut(parts[1], "-")
	if !models.IsClock(h.From) || !models.IsClock(h.Until) || h.Until <= h.From {
		return Hours{}, fmt.Errorf("staffed hours: %q is no span of a day", parts[1])
	}
	for piece := range strings.SplitSeq(parts[0], ",") {
		from, to, span := strings.Cut(piece, "-")
		first, last := slices.Index(weekdays, from), slices.Index(weekdays, to)
		if !span {
			last = first
		}
		if first < 0 || last < 0 {
			return Hours{}, fmt.Errorf("staffed hours: %q is no day or span of days; days are %s", piece, strings.Join(weekdays, ", "))
		}
		for d := first; ; d = (d + 1) % 7 {
			h.Days = append(h.Days, time.Weekday(d))
			if d == last {
				break
			}
		}
	}
	return h, nil
}

func (h Hours) place() *time.Location {
	if place, err := time.LoadLocation(h.Zone); err == nil {
		return place
	}
	return time.UTC
}

// next is the first span of staffed time that has not ended at t.
func (h Hours) next(t time.Time) (from, until time.Time) {
	at := t.In(h.place())
	for day := range 8 {
		d := at.AddDate(0, 0, day)
		from, until = onDay(d, h.From), onDay(d, h.Until)
		if slices.Contains(h.Days, d.Weekday()) && until.After(t) {
			break
		}
	}
	return from, until
}

func onDay(day time.Time, clock string) time.Time {
	at, _ := time.Parse("15:04", clock)
	return time.Date(day.Year(), day.Month(), day.Day(), at.Hour(), at.Minute(), 0, 0, day.Location())
}

// Due is an hour of staffed time after t: asked at night it is an hour after the next morning's beginning.
func (h Hours) Due(t time.Time) time.Time {
	left := time.Hour
	for range 14 {
		from, until := h.next(t)
		if from.Before(t) {
			from = t
		}
		if room := until.Sub(from); room < left {
			left, t = left-room, until
			continue
		}
		return from.Add(left).UTC()
	}
	return t.Add(left).UTC()
}

// StaffedHours are the hours as members read them.
type StaffedHours struct {
	From     string    `json:"from" example:"09:00"`
	Until    string    `json:"until" example:"17:00"`
	Days     []string  `json:"days" nullable:"false" enum:"Sun,Mon,Tue,Wed,Thu,Fri,Sat" doc:"The days on which these hours hold"`
	TimeZone string    `json:"time_zone" example:"America/New_York"`
	OpenNow  bool      `json:"open_now" doc:"Somebody reads now"`
	NextFrom time.Time `json:"next_from" doc:"When somebody next begins to read; past while open_now"`
	Words    string    `json:"words" doc:"The same for people" example:"A person on our team reads this between 09:00 and 17:00, Mon to Fri (America/New_York)."`
}

func (h Hours) shown(now time.Time) StaffedHours {
	from, _ := h.next(now)
	s := StaffedHours{From: h.From, Until: h.Until, Days: []string{}, TimeZone: h.Zone, OpenNow: !from.After(now), NextFrom: from.UTC()}
	for _, d := range h.Days {
		s.Days = append(s.Days, weekdays[d])
	}
	days := strings.Join(s.Days, ", ")
	if len(s.Days) > 2 && (int(h.Days[len(h.Days)-1])-int(h.Days[0])+7)%7 == len(s.Days)-1 {
		days = s.Days[0] + " to " + s.Days[len(s.Days)-1]
	}
	s.Words = fmt.Sprintf("A person on our team reads this between %s and %s, %s (%s).", h.From, h.Until, days, h.Zone)
	return s
}

// CrisisLine is somebody who answers at any hour.
type CrisisLine struct {
	Name string `json:"name" example:"Veterans Crisis Line"`
	For  string `json:"for" example:"Veterans, service members and their families"`
	Call string `json:"call,omitempty" example:"988, then press 1"`
	Text string `json:"text,omitempty" example:"838255"`
	Chat string `json:"chat,omitempty" example:"https://www.veteranscrisisline.net/get-help-now/chat/"`
}

// CrisisLines are shown wherever somebody asks for help: nobody here reads at night, they do.
func CrisisLines() []CrisisLine {
	return []CrisisLine{
		{Name: "Veterans Crisis Line", For: "Veterans, service members and their families, whatever the discharge", Call: "988, then press 1", Text: "838255",
			Chat: "https://www.veteranscrisisline.net/get-help-now/chat/"},
		{Name: "988 Suicide & Crisis Lifeline", For: "Anyone", Call: "988", Text: "988"},
		{Name: "Emergency", For: "Somebody is in danger now", Call: "911", Text: "911, where available"},
	}
}
