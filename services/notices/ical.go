package notices

import (
	"bytes"
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	ics "github.com/arran4/golang-ical"

	"homefront/models"
)

// Methods of a calendar object (RFC 5546).
const (
	MethodPublish = "PUBLISH"
	MethodRequest = "REQUEST"
	MethodCancel  = "CANCEL"
)

const (
	icalLocal = "20060102T150405"
	icalUTC   = "20060102T150405Z"
)

// CalendarParty is the organizer or the attendee of an event.
type CalendarParty struct{ Name, Email string }

// CalendarEvent is one event, or a series when it has a Rule, in one attendee's calendar.
type CalendarEvent struct {
	UID         string // the same for as long as the event exists
	Sequence    int    // rises with every change that the attendee must see
	Title       string
	Description string
	Location    string
	URL         string // absolute, http or https
	TimeZone    string // IANA name
	StartsAt    time.Time
	EndsAt      time.Time
	Rule        string   // RRULE; only one that models.Recurrence.CalendarRule says holds
	ExceptDates []string // local dates that Rule leaves out
	Organizer   CalendarParty
	Attendee    CalendarParty
	Stamp       time.Time // when this version was written
	Cancelled   bool
	Join        *Join `json:",omitempty"` // of somebody who takes part online: in place of URL
}

// CalendarMethod is the method to send events with. REQUEST and CANCEL carry one UID only (RFC 5546 §3.2.2 and §3.2.5), and
// mail programs show the first and lose the rest. Several new events are therefore published, in one file that a person
// opens once; but calendars take nothing out for PUBLISH, so that cancelled ones are sent with CANCEL, a file for each.
func CalendarMethod(events []CalendarEvent, cancel bool) string {
	switch {
	case cancel:
		return MethodCancel
	case !oneUID(events):
		return MethodPublish
	}
	return MethodRequest
}

// calendarFiles writes the events in as many files as the method asks for.
func calendarFiles(method string, events []CalendarEvent) (files []CalendarFile, err error) {
	var groups [][]CalendarEvent
	for _, e := range events {
		i := slices.IndexFunc(groups, func(g []CalendarEvent) bool { return method == MethodPublish || g[0].UID == e.UID })
		if i < 0 {
			groups = append(groups, []CalendarEvent{e})
			continue
		}
		groups[i] = append(groups[i], e)
	}
	for _, g := range groups {
		file, err := Calendar(method, g)
		if err != nil {
			return nil, err
		}
		files = append(files, CalendarFile{Method: method, Bytes: file})
	}
	return files, nil
}

// partedEvents are those that go out of a calendar, and those that go into it.
func partedEvents(events []CalendarEvent) (gone, live []CalendarEvent) {
	for _, e := range events {
		if e.Cancelled {
			gone = append(gone, e)
		} else {
			live = append(live, e)
		}
	}
	return gone, live
}

// Calendar writes the events as an iCalendar object (RFC 5545): times in their own zone, which is described in the object. An
// object must have a component (§3.6), and PUBLISH an event (RFC 5546 §3.2.1): without events it describes UTC and has no method.
func Calendar(method string, events []CalendarEvent) ([]byte, error) {
	if err := checkMethod(method, events); err != nil {
		return nil, err
	}
	cal := ics.NewCalendar()
	cal.SetProductId("-//Calendar//Appointments//EN")
	if len(events) == 0 {
		cal.AddVTimezone(vtimezone("UTC", zoneSpan{loc: time.UTC}))
	} else {
		cal.SetMethod(ics.Method(method))
	}
	zones := zoneSpans{}
	var vevents []*ics.VEvent
	for _, e := range events {
		v, err := e.vevent(method, zones)
		if err != nil {
			return nil, fmt.Errorf("calendar event %q: %w", e.UID, err)
		}
		vevents = append(vevents, v)
	}
	for _, name := range zones.names() {
		cal.AddVTimezone(vtimezone(name, zones[name]))
	}
	for _, v := range vevents {
		cal.AddVEvent(v)
	}
	var out bytes.Buffer
	err := cal.SerializeTo(&out, ics.WithNewLineWindows)
	return out.Bytes(), err
}

func checkMethod(method string, events []CalendarEvent) error {
	switch method {
	case MethodPublish:
	case MethodRequest, MethodCancel:
		if len(events) == 0 || !oneUID(events) {
			return fmt.Errorf("calendar: %s carries one UID (RFC 5546); use CalendarMethod", method)
		}
	default:
		return fmt.Errorf("calendar: unknown method %q", method)
	}
	return nil
}

func oneUID(events []CalendarEvent) bool {
	for _, e := range events {
		if e.UID != events[0].UID {
			return false
		}
	}
	return true
}

func (e CalendarEvent) vevent(method string, zones zoneSpans) (*ics.VEvent, error) {
	if err := e.check(method); err != nil {
		return nil, err
	}
	loc, err := time.LoadLocation(e.TimeZone)
	if err != nil || e.TimeZone == "" || e.TimeZone == "Local" {
		return nil, fmt.Errorf("unknown time zone %q", e.TimeZone)
	}
	v := ics.NewEvent(e.UID)
	v.SetProperty(ics.ComponentPropertyDtstamp, e.Stamp.UTC().Format(icalUTC))
	v.SetSequence(e.Sequence)
	if err := e.addTimes(v, loc, zones); err != nil {
		return nil, err
	}
	e.addTexts(v)
	e.addParties(v, method)
	return v, nil
}

func (e CalendarEvent) check(method string) error {
	switch {
	case e.UID == "" || e.UID != plain(e.UID):
		return errors.New("the UID is missing or has control characters")
	case e.Sequence < 0 || e.Stamp.IsZero():
		return errors.New("sequence and stamp are required")
	case !e.EndsAt.After(e.StartsAt):
		return errors.New("must end after it starts")
	case method == MethodRequest && e.Cancelled:
		return errors.New("a cancelled event is sent with CANCEL or PUBLISH")
	}
	if err := checkURL(e.URL); err != nil {
		return err
	}
	// RFC 5546 asks for both in REQUEST and CANCEL, and forbids attendees in PUBLISH.
	required := method != MethodPublish
	if err := e.Organizer.check(required); err != nil {
		return fmt.Errorf("organizer: %w", err)
	}
	if err := e.Attendee.check(required); err != nil {
		return fmt.Errorf("attendee: %w", err)
	}
	return nil
}

// checkURL matters because the value is written as it is: a line break in it would be a new property.
func checkURL(text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || strings.ContainsAny(text, " \"\r\n") {
		return errors.New("the URL must be absolute")
	}
	return nil
}

func (p CalendarParty) check(required bool) error {
	if p.Email == "" && !required {
		return nil
	}
	a, err := mail.ParseAddress(p.Email)
	if err != nil || a.Address != p.Email || strings.ContainsAny(p.Email, " \"\r\n") {
		return errors.New("needs one bare e-mail address")
	}
	return nil
}

// addTimes writes start and end as wall clock and zone, or in UTC where the wall clock would mean another instant: the
// second of two equal hours.
func (e CalendarEvent) addTimes(v *ics.VEvent, loc *time.Location, zones zoneSpans) error {
	local := e.TimeZone != "UTC" && wallIs(e.StartsAt, loc) && wallIs(e.EndsAt, loc)
	last := e.EndsAt
	if e.Rule != "" {
		rule, end, err := e.rule(loc)
		if err != nil {
			return err
		}
		last = end
		v.AddRrule(rule)
		e.addExceptions(v, loc)
	}
	if !local {
		if e.Rule != "" && e.TimeZone != "UTC" {
			return errors.New("the rule's start is not a time of its zone's clock")
		}
		v.SetProperty(ics.ComponentPropertyDtStart, e.StartsAt.UTC().Format(icalUTC))
		v.SetProperty(ics.ComponentPropertyDtEnd, e.EndsAt.UTC().Format(icalUTC))
		return nil
	}
	zones.cover(e.TimeZone, loc, e.StartsAt, last)
	v.SetProperty(ics.ComponentPropertyDtStart, e.StartsAt.In(loc).Format(icalLocal), ics.WithTZID(e.TimeZone))
	v.SetProperty(ics.ComponentPropertyDtEnd, e.EndsAt.In(loc).Format(icalLocal), ics.WithTZID(e.TimeZone))
	return nil
}

func wallIs(t time.Time, loc *time.Location) bool {
	at, _, _, err := models.LocalTime(t.In(loc).Format("2006-01-02T15:04"), loc.String())
	return err == nil && at.Equal(t.Truncate(time.Minute))
}

// rule gives the rule as calendars want it and the end of the last occurrence.
func (e CalendarEvent) rule(loc *time.Location) (string, time.Time, error) {
	r := models.Recurrence{
		Rule:        e.Rule,
		Start:       e.StartsAt.In(loc).Format("2006-01-02T15:04"),
		TimeZone:    e.TimeZone,
		Minutes:     int(e.EndsAt.Sub(e.StartsAt) / time.Minute),
		ExceptDates: e.ExceptDates,
	}
	rule, holds, err := r.CalendarRule()
	if err == nil && !holds {
		err = errors.New("calendars would read the rule otherwise; send its events one by one")
	}
	if err != nil {
		return "", time.Time{}, err
	}
	all, err := r.Expand(0)
	if err != nil {
		return "", time.Time{}, err
	}
	return rule, all[len(all)-1].EndsAt, nil
}

// addExceptions writes an EXDATE per date, at the time of day of the start, which is what EXDATE must equal.
func (e CalendarEvent) addExceptions(v *ics.VEvent, loc *time.Location) {
	clock := e.StartsAt.In(loc).Format("T150405")
	for _, date := range e.ExceptDates {
		value := strings.ReplaceAll(date, "-", "") + clock
		if e.TimeZone == "UTC" {
			v.AddExdate(value + "Z")
			continue
		}
		v.AddExdate(value, ics.WithTZID(e.TimeZone))
	}
}

func (e CalendarEvent) addTexts(v *ics.VEvent) {
	v.SetSummary(plain(e.Title))
	if e.Description != "" {
		v.SetDescription(plain(e.Description))
	}
	if e.Location != "" {
		v.SetLocation(plain(e.Location))
	}
	if e.URL != "" {
		v.SetURL(e.URL)
	}
}

// addParties marks the attendee as having accepted, because registering was the answer: no program then asks, nor mails a
// reply that nobody reads.
func (e CalendarEvent) addParties(v *ics.VEvent, method string) {
	status := ics.ObjectStatusConfirmed
	if e.Cancelled || method == MethodCancel {
		status = ics.ObjectStatusCancelled
	}
	v.SetStatus(status)
	if e.Organizer.Email != "" {
		v.SetOrganizer(e.Organizer.Email, e.Organizer.params()...)
	}
	if method != MethodPublish {
		params := append(e.Attendee.params(), ics.ParticipationStatusAccepted, ics.ParticipationRoleReqParticipant)
		v.AddAttendee(e.Attendee.Email, params...)
	}
}

func (p CalendarParty) params() []ics.PropertyParameter {
	if name := parameterText(p.Name); name != "" {
		return []ics.PropertyParameter{ics.WithCN(name)}
	}
	return nil
}

// parameterText replaces what the library would escape with a backslash: RFC 5545 §3.2 has no escapes in parameters, and
// programs would show the backslash.
func parameterText(s string) string {
	s = strings.NewReplacer("'", "’", "\"", "", "\\", "", "\n", " ", "\t", " ", ",", " ", ";", " ", ":", " ").Replace(plain(s))
	return strings.Join(strings.Fields(s), " ")
}

// plain drops what an iCalendar text cannot hold (RFC 5545 §3.1: no control characters) and makes every line break a \n,
// which the library escapes.
func plain(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.ToValidUTF8(s, "\uFFFD"))
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, s)
}

// zoneSpan is the time for which a zone must be described.
type zoneSpan struct {
	loc      *time.Location
	from, to time.Time
}

type zoneSpans map[string]zoneSpan

func (z zoneSpans) cover(name string, loc *time.Location, from, to time.Time) {
	span, ok := z[name]
	if !ok {
		span = zoneSpan{loc, from, to}
	}
	if from.Before(span.from) {
		span.from = from
	}
	if to.After(span.to) {
		span.to = to
	}
	z[name] = span
}

func (z zoneSpans) names() []string {
	names := make([]string, 0, len(z))
	for name := range z {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// vtimezone describes a zone from the start of the span's first year to the end of its last: one observance for each time
// that the offset changes. RFC 5545 §3.6.5 allows rules instead, but the zone database has none to give and no program needs
// more years than the events have.
func vtimezone(name string, span zoneSpan) *ics.VTimezone {
	tz := ics.NewTimezone(name)
	at := time.Date(span.from.In(span.loc).Year(), 1, 1, 0, 0, 0, 0, span.loc)
	end := time.Date(span.to.In(span.loc).Year()+1, 1, 1, 0, 0, 0, 0, span.loc)
	_, before := at.Zone()
	onset := time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
	for {
		addObservance(tz, at, onset, before)
		_, before = at.Zone()
		_, next := at.ZoneBounds()
		if next.IsZero() || !next.Before(end) {
			return tz
		}
		onset = next.UTC().Add(time.Duration(before) * time.Second)
		at = next
	}
}

// addObservance adds the offset in force at a time. Its onset is the wall time of the change on the clock before it.
func addObservance(tz *ics.VTimezone, at, onset time.Time, before int) {
	abbreviation, offset := at.Zone()
	var base *ics.ComponentBase
	if at.IsDST() {
		d := &ics.Daylight{}
		base, tz.Components = &d.ComponentBase, append(tz.Components, d)
	} else {
		base = &tz.AddStandard().ComponentBase
	}
	base.SetProperty(ics.ComponentPropertyDtStart, onset.Format(icalLocal))
	base.SetProperty(ics.ComponentProperty(ics.PropertyTzoffsetfrom), offsetText(before))
	base.SetProperty(ics.ComponentProperty(ics.PropertyTzoffsetto), offsetText(offset))
	base.SetProperty(ics.ComponentProperty(ics.PropertyTzname), abbreviation)
}

// offsetText writes seconds east of UTC as RFC 5545 §3.3.14 does: +0530, and with seconds where history has them.
func offsetText(seconds int) string {
	sign := "+"
	if seconds < 0 {
		sign, seconds = "-", -seconds
	}
	text := fmt.Sprintf("%s%02d%02d", sign, seconds/3600, seconds/60%60)
	if rest := seconds % 60; rest != 0 {
		text += fmt.Sprintf("%02d", rest)
	}
	return text
}
