package notices

import (
	"bytes"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"
	"unicode/utf8"

	ics "github.com/arran4/golang-ical"
	"github.com/teambition/rrule-go"

	"homefront/models"
)

func instant(t *testing.T, wall, zone string) time.Time {
	t.Helper()
	at, _, _, err := models.LocalTime(wall, zone)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func event(t *testing.T, wall, zone string) CalendarEvent {
	at := instant(t, wall, zone)
	return CalendarEvent{
		UID: "w-1@homefront.example", Sequence: 2, Title: "Finding work", TimeZone: zone, StartsAt: at, EndsAt: at.Add(90 * time.Minute),
		Organizer: CalendarParty{"Homefront", "hello@homefront.example"},
		Attendee:  CalendarParty{"Ana Núñez", "ana@example.org"},
		Stamp:     time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC),
	}
}

func write(t *testing.T, method string, events ...CalendarEvent) (string, *ics.Calendar) {
	t.Helper()
	out, err := Calendar(method, events)
	if err != nil {
		t.Fatal(err)
	}
	cal, err := ics.ParseCalendar(bytes.NewReader(out))
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out), cal
}

func value(v *ics.VEvent, name ics.ComponentProperty) string {
	if p := v.GetProperty(name); p != nil {
		return p.Value
	}
	return ""
}

func TestSeriesStaysAtItsWallClock(t *testing.T) {
	e := event(t, "2026-10-25T18:00", "America/New_York")
	e.Rule, e.ExceptDates = "FREQ=WEEKLY;UNTIL=20270328", []string{"2026-11-22"}
	text, cal := write(t, MethodRequest, e)
	for _, want := range []string{
		"METHOD:REQUEST\r\n", "UID:w-1@homefront.example\r\n", "SEQUENCE:2\r\n", "STATUS:CONFIRMED\r\n",
		"DTSTART;TZID=America/New_York:20261025T180000\r\n", "DTEND;TZID=America/New_York:20261025T193000\r\n",
		"RRULE:FREQ=WEEKLY;UNTIL=20270328T220000Z\r\n", "EXDATE;TZID=America/New_York:20261122T180000\r\n", "DTSTAMP:20261001T120000Z\r\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	starts := expandEvent(t, cal, cal.Events()[0])
	if len(starts) != 22 {
		t.Errorf("%d occurrences", len(starts))
	}
	loc, _ := time.LoadLocation(e.TimeZone)
	for _, at := range starts {
		if got := at.In(loc).Format("15:04"); got != "18:00" {
			t.Errorf("%s is at %s in New York", at, got)
		}
	}
}

// expandEvent reads a series with nothing but what the file says: the rule, and the observances for the offsets.
func expandEvent(t *testing.T, cal *ics.Calendar, v *ics.VEvent) []time.Time {
	t.Helper()
	start := parse(t, icalLocal, value(v, ics.ComponentPropertyDtStart))
	opts, err := rrule.StrToROption(value(v, ics.ComponentPropertyRrule))
	if err != nil {
		t.Fatal(err)
	}
	until := opts.Until
	opts.Dtstart, opts.Until = start, until.Add(24*time.Hour)
	rule, err := rrule.NewRRule(*opts)
	if err != nil {
		t.Fatal(err)
	}
	var out []time.Time
	for _, local := range rule.All() {
		at := local.Add(-observed(t, cal.Timezones()[0], local))
		if at.After(until) || value(v, ics.ComponentPropertyExdate) == local.Format(icalLocal) {
			continue
		}
		out = append(out, at)
	}
	return out
}

// observed is the offset that a VTIMEZONE gives for a wall time: that of the latest onset not after it.
func observed(t *testing.T, tz *ics.VTimezone, local time.Time) time.Duration {
	t.Helper()
	var latest time.Time
	var offset time.Duration
	for _, c := range tz.Components {
		p, ok := c.(interface {
			GetProperty(ics.ComponentProperty) *ics.IANAProperty
		})
		if !ok {
			t.Fatalf("%T", c)
		}
		onset := parse(t, icalLocal, p.GetProperty(ics.ComponentPropertyDtStart).Value)
		if onset.After(local) || onset.Before(latest) {
			continue
		}
		latest = onset
		_, seconds := parse(t, "-0700", p.GetProperty(ics.ComponentProperty(ics.PropertyTzoffsetto)).Value).Zone()
		offset = time.Duration(seconds) * time.Second
	}
	if latest.IsZero() {
		t.Fatalf("no observance for %s", local)
	}
	return offset
}

func parse(t *testing.T, layout, text string) time.Time {
	t.Helper()
	at, err := time.Parse(layout, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// In zones of every kind, for each day of three years, the observances and the zone database must agree.
func TestTimezoneAgreesWithTheDatabase(t *testing.T) {
	zones := []string{"America/New_York", "America/Phoenix", "Australia/Lord_Howe", "Europe/Dublin", "Africa/Casablanca", "Asia/Kolkata",
		"Pacific/Apia", "America/Santiago", "Asia/Kathmandu", "Etc/GMT+5"}
	for _, zone := range zones {
		e := event(t, "2026-02-10T12:00", zone)
		later := event(t, "2028-11-10T12:00", zone)
		later.UID = "w-2@homefront.example"
		_, cal := write(t, MethodPublish, later, e)
		if n := len(cal.Timezones()); n != 1 {
			t.Fatalf("%s: %d zones", zone, n)
		}
		for day := parse(t, "2006-01-02T15", "2026-01-01T12"); day.Year() < 2029; day = day.AddDate(0, 0, 1) {
			at := instant(t, day.Format("2006-01-02T15:04"), zone)
			if got := day.Add(-observed(t, cal.Timezones()[0], day)); !got.Equal(at) {
				t.Fatalf("%s %s: %s, want %s", zone, day, got, at)
			}
		}
	}
}

func TestEventsOneByOne(t *testing.T) {
	a, b := event(t, "2027-03-09T18:00", "America/New_York"), event(t, "2027-03-16T18:00", "America/New_York")
	b.UID = "w-2@homefront.example"
	both := []CalendarEvent{a, b}
	if m := CalendarMethod(both, false); m != MethodPublish {
		t.Errorf("several events go out with %s", m)
	}
	if m := CalendarMethod(both, true); m != MethodCancel {
		t.Errorf("several cancelled events go out with %s", m)
	}
	if m := CalendarMethod(both[:1], true); m != MethodCancel {
		t.Errorf("one cancelled event goes out with %s", m)
	}
	text, cal := write(t, MethodPublish, both...)
	if strings.Contains(text, "ATTENDEE") {
		t.Error("PUBLISH has no attendees")
	}
	for i, v := range cal.Events() {
		at, err := v.GetStartAt()
		if err != nil || !at.Equal(both[i].StartsAt) {
			t.Errorf("event %d at %s: %v", i, at, err)
		}
	}
}

// RFC 5545 asks for a component, RFC 5546 for an event in what is published.
func TestACalendarWithoutEventsIsStillOne(t *testing.T) {
	text, cal := write(t, MethodPublish)
	if len(cal.Timezones()) != 1 || len(cal.Events()) != 0 || strings.Contains(text, "METHOD") || !strings.Contains(text, "TZID:UTC\r\nBEGIN:STANDARD\r\n") {
		t.Error(text)
	}
	if got := observed(t, cal.Timezones()[0], instant(t, "2026-10-25T18:00", "UTC")); got != 0 {
		t.Errorf("UTC is %s off itself", got)
	}
}

func TestCancel(t *testing.T) {
	e := event(t, "2027-03-09T18:00", "America/New_York")
	text, _ := write(t, MethodCancel, e)
	if !strings.Contains(text, "METHOD:CANCEL\r\n") || !strings.Contains(text, "STATUS:CANCELLED\r\n") {
		t.Error(text)
	}
	e.Cancelled = true
	if text, _ := write(t, MethodPublish, e); !strings.Contains(text, "STATUS:CANCELLED\r\n") {
		t.Error(text)
	}
}

// 01:30 in New York on 1 November 2026: the first is written on the wall clock, the second only UTC can name.
func TestSecondOfTwoEqualHours(t *testing.T) {
	e := event(t, "2026-11-01T01:30", "America/New_York")
	e.EndsAt = e.StartsAt.Add(3 * time.Hour)
	if text, _ := write(t, MethodRequest, e); !strings.Contains(text, "DTSTART;TZID=America/New_York:20261101T013000\r\n") {
		t.Error(text)
	}
	e.StartsAt = e.StartsAt.Add(time.Hour)
	text, cal := write(t, MethodRequest, e)
	if !strings.Contains(text, "DTSTART:20261101T063000Z\r\n") || len(cal.Timezones()) != 0 {
		t.Error(text)
	}
}

func TestUTC(t *testing.T) {
	e := event(t, "2026-11-01T01:30", "UTC")
	e.Rule, e.ExceptDates = "FREQ=DAILY;COUNT=3", []string{"2026-11-02"}
	text, cal := write(t, MethodRequest, e)
	if len(cal.Timezones()) != 0 || !strings.Contains(text, "DTSTART:20261101T013000Z\r\n") || !strings.Contains(text, "EXDATE:20261102T013000Z\r\n") {
		t.Error(text)
	}
}

func TestTextsAreEscapedAndFolded(t *testing.T) {
	e := event(t, "2026-11-10T18:00", "America/New_York")
	e.Title = "Work; life, and \\ more\r\nATTENDEE:mailto:evil@example.org"
	e.Description = strings.Repeat("Çok uzun bir açıklama 日本語 ", 20) + "\x00\x07end\xff"
	e.Location = "Room 4, 12 Main St; Denver"
	e.Organizer.Name = `O'Brien "Bo", Jr.; x:y` + "\r\nX-EVIL:1"
	text, cal := write(t, MethodRequest, e)
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\r\n"), "\r\n") {
		if len(line) > 75 || !utf8.ValidString(line) || strings.ContainsAny(line, "\r\n\x00\x07") {
			t.Errorf("%d octets: %q", len(line), line)
		}
		if strings.HasPrefix(line, "ATTENDEE:") || strings.HasPrefix(line, "X-EVIL") {
			t.Errorf("injected %q", line)
		}
	}
	v := cal.Events()[0]
	if got := value(v, ics.ComponentPropertySummary); got != "Work; life, and \\ more\nATTENDEE:mailto:evil@example.org" {
		t.Errorf("%q", got)
	}
	if got := value(v, ics.ComponentPropertyDescription); !strings.HasSuffix(got, "日本語 end\uFFFD") {
		t.Errorf("%q", got)
	}
	if got := v.GetProperty(ics.ComponentPropertyOrganizer).ICalParameters["CN"]; len(got) != 1 || got[0] != "O’Brien Bo Jr. x y X-EVIL 1" {
		t.Errorf("%q", got)
	}
}

func TestCalendarRefuses(t *testing.T) {
	good := event(t, "2026-11-10T18:00", "America/New_York")
	cases := map[string]func(*CalendarEvent){
		"no UID":                  func(e *CalendarEvent) { e.UID = "" },
		"control character":       func(e *CalendarEvent) { e.UID = "a\rb" },
		"no stamp":                func(e *CalendarEvent) { e.Stamp = time.Time{} },
		"ends before it starts":   func(e *CalendarEvent) { e.EndsAt = e.StartsAt },
		"unknown zone":            func(e *CalendarEvent) { e.TimeZone = "Mars/Olympus" },
		"no zone":                 func(e *CalendarEvent) { e.TimeZone = "" },
		"URL with a line break":   func(e *CalendarEvent) { e.URL = "https://x.example/\r\nX:1" },
		"URL of another scheme":   func(e *CalendarEvent) { e.URL = "javascript:alert(1)" },
		"no attendee":             func(e *CalendarEvent) { e.Attendee.Email = "" },
		"two addresses":           func(e *CalendarEvent) { e.Attendee.Email = "a@x.example, b@x.example" },
		"organizer with a break":  func(e *CalendarEvent) { e.Organizer.Email = "a@x.example\r\nX:1" },
		"cancelled":               func(e *CalendarEvent) { e.Cancelled = true },
		"unbounded rule":          func(e *CalendarEvent) { e.Rule = "FREQ=WEEKLY" },
		"a rule that moves a day": func(e *CalendarEvent) { *e = gapEvent(t) },
	}
	for name, change := range cases {
		e := good
		change(&e)
		if out, err := Calendar(MethodRequest, []CalendarEvent{e}); err == nil {
			t.Errorf("%s: accepted\n%s", name, out)
		}
	}
	other := good
	other.UID = "another"
	for _, method := range []string{MethodRequest, MethodCancel, "REPLY", ""} {
		if _, err := Calendar(method, []CalendarEvent{good, other}); err == nil {
			t.Errorf("%q with two UIDs passed", method)
		}
	}
}

func gapEvent(t *testing.T) CalendarEvent {
	e := event(t, "2027-03-13T02:30", "America/New_York")
	e.Rule = "FREQ=DAILY;COUNT=3"
	return e
}
