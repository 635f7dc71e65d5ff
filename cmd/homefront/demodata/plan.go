package demodata

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services/calendar"
	"homefront/services/workshops"
)

// plan makes programs, venues and all workshops.
func (l *loader) plan() error {
	for _, part := range []func() error{l.asks, l.begin, l.ground} {
		if err := part(); err != nil {
			return err
		}
	}
	l.courses = courses()
	for _, c := range l.courses {
		if err := l.create(c); err != nil {
			return fmt.Errorf("%s%s: %w", c.title, c.suffix, err)
		}
	}
	return nil
}

// ground is what stands before the first workshop is planned.
func (l *loader) ground() error {
	ctx := l.at(l.ago(opened-1), l.office["coordinator"])
	l.venues, l.rooms, l.busy = map[string]uuid.UUID{}, map[string]uuid.UUID{}, map[string][]span{}
	for _, p := range places {
		made, err := l.s.Calendar.CreateVenue(ctx, calendar.NewVenue{Name: p.name, Address: p.address, TimeZone: homes[p.home].zone, Capacity: &p.capacity,
			Accessibility: p.accessibility, Notes: p.notes})
		if err != nil {
			return err
		}
		l.venues[p.name] = made.ID
	}
	for _, r := range rooms {
		made, err := l.s.Calendar.CreateRoom(ctx, l.venues[r.place], calendar.NewRoom{Name: r.name, Capacity: &r.capacity, Accessibility: r.accessibility})
		if err != nil {
			return err
		}
		l.rooms[r.name] = made.ID
	}
	old, err := l.s.Calendar.CreateVenue(ctx, calendar.NewVenue{Name: "Old Armory Annex", Address: "9 Drill Yard, Fayetteville, NC 28303", TimeZone: homes[0].zone})
	if err != nil {
		return err
	}
	_, err = l.s.Calendar.ArchiveVenue(l.at(l.ago(200), l.office["coordinator"]), old.ID)
	return err
}

func (c *course) home() int {
	for _, p := range places {
		if p.name == c.place {
			return p.home
		}
	}
	return -1
}

// create plans one workshop and publishes it, both when it was early enough for people to register.
func (l *loader) create(c *course) error {
	if h := c.home(); h >= 0 {
		c.zone = homes[h].zone
	}
	begins, err := l.begins(c)
	if err != nil {
		return err
	}
	planner := l.office["coordinator"]
	if c.home() == 2 {
		planner = l.office["carol.esposito"]
	}
	published := l.published(c, begins)
	made, err := l.s.Workshops.Create(l.at(published.Add(-50*time.Hour), planner), l.draft(c))
	if err != nil {
		return err
	}
	c.workshop = made.ID
	if !c.template {
		l.made.Workshops++
	}
	if c.weeks > 0 {
		series, err := l.s.Workshops.AddSessions(l.at(published.Add(-49*time.Hour), planner), c.workshop, c.sessions(begins))
		if err != nil {
			return err
		}
		for _, s := range series.Data {
			c.meetings = append(c.meetings, session{id: s.ID, start: s.StartsAt, end: s.EndsAt})
		}
		c.first, c.last = c.meetings[0].start, c.meetings[len(c.meetings)-1].end
	}
	if c.draft {
		return nil
	}
	_, err = l.s.Workshops.Publish(l.at(published, planner), c.workshop)
	return err
}

func (l *loader) published(c *course, begins time.Time) time.Time {
	switch {
	case c.template:
		return l.ago(opened - 5)
	case c.draft:
		return l.ago(4)
	}
	at := begins.AddDate(0, 0, -c.lead)
	if latest := l.ago(6); at.After(latest) {
		return latest
	}
	return at
}

// begins is the first start by the wall clock of its zone: on its day, or on the next that suits it and leaves its people
// and its place one thing at a time.
func (l *loader) begins(c *course) (time.Time, error) {
	zone, err := time.LoadLocation(c.zone)
	if err != nil {
		return time.Time{}, err
	}
	today := l.now.In(zone)
	if !c.begun.IsZero() {
		l.book(c, c.begun)
		return c.begun, nil
	}
	if c.clock == "" { // the next half hour that is at least three quarters of an hour away
		begins := today.Add(45 * time.Minute).Truncate(30 * time.Minute).Add(30 * time.Minute)
		if _, _, twice, err := models.LocalTime(begins.Format(wallClock), c.zone); err != nil || twice {
			begins = begins.Add(2 * time.Hour) // the clocks go back: that hour is a riddle
		}
		l.book(c, begins)
		return begins, nil
	}
	day := today.AddDate(0, 0, c.start)
	if c.dst {
		if change, ok := clocksChange(zone, today, 130); ok && change > c.start+14 {
			day = today.AddDate(0, 0, change-14)
		}
	}
	wall, err := time.Parse("15:04", c.clock)
	begins := time.Date(day.Year(), day.Month(), day.Day(), wall.Hour(), wall.Minute(), 0, 0, zone)
	for range 14 {
		if c.start == 1 || c.suits(begins.Weekday()) && l.free(c, begins) {
			break
		}
		begins = begins.AddDate(0, 0, 1)
	}
	l.book(c, begins)
	return begins, err
}

func (c *course) suits(day time.Weekday) bool {
	weekend := day == time.Saturday || day == time.Sunday
	return weekend == (c.minutes >= 180 && c.weeks == 1) && day != time.Friday
}

// span is when somebody or something is busy.
type span struct{ from, until time.Time }

func (l *loader) free(c *course, begins time.Time) bool {
	for week := range c.weeks {
		start := begins.AddDate(0, 0, 7*week)
		for _, what := range append([]string{c.place}, c.leaders...) {
			for _, s := range l.busy[what] {
				if what != "" && start.Before(s.until) && s.from.Before(start.Add(time.Duration(c.minutes)*time.Minute)) {
					return false
				}
			}
		}
	}
	return true
}

func (l *loader) book(c *course, begins time.Time) {
	for week := range c.weeks {
		start := begins.AddDate(0, 0, 7*week)
		for _, what := range append([]string{c.place}, c.leaders...) {
			l.busy[what] = append(l.busy[what], span{start, start.Add(time.Duration(c.minutes) * time.Minute)})
		}
	}
}

// wallClock is how a start is written.
const wallClock = "2006-01-02T15:04"

// clocksChange says in how many days the clocks of a zone are next put forward or back.
func clocksChange(zone *time.Location, from time.Time, within int) (int, bool) {
	_, now := from.Zone()
	for days := range within {
		if _, then := from.AddDate(0, 0, days).In(zone).Zone(); then != now {
			return days, true
		}
	}
	return 0, false
}

func (l *loader) draft(c *course) workshops.NewWorkshop {
	program := l.programs[c.program]
	in := workshops.NewWorkshop{Title: c.title + c.suffix, Summary: c.summary, Description: c.description, Materials: c.materials, ProgramID: &program, Format: c.format,
		AttendanceMode: models.AttendSeries, TimeZone: c.zone, AudienceKinds: c.audience, GuestsPerParty: c.guests, MaxParty: &c.party, TeenProgram: c.teens,
		ApprovalRequired: c.approval, IsTemplate: c.template, IsPublic: c.public, ReminderHours: c.remind}
	if c.seats > 0 {
		in.Capacity = &c.seats
		most := max(6, c.seats/2)
		in.WaitlistCapacity = &most
	}
	if c.dropIn {
		in.AttendanceMode = models.AttendDropIn
	}
	if c.minimumAge > 0 {
		in.MinimumAge = &c.minimumAge
	}
	if form, ok := l.forms[c.asks]; ok {
		in.RegistrationFormID = &form
	}
	if c.childSeats > 0 {
		in.ChildCapacity = &c.childSeats
	}
	if c.online > 0 {
		in.OnlineCapacity = &c.online
	}
	if c.place != "" {
		venue := l.venues[c.place]
		in.VenueID = &venue
	}
	if room, ok := l.rooms[c.room]; ok {
		in.RoomID = &room
	}
	if c.minimum > 0 {
		in.MinToRun = &c.minimum
	}
	if c.decide != 0 {
		in.DecideBy = ptr(l.now.Add(c.decide))
	}
	if c.format != models.FormatInPerson {
		in.JoinURL = "https://meet." + Domain + "/" + strings.ToLower(strings.ReplaceAll(strings.NewReplacer(",", "", ":", "", "'", "").Replace(c.title), " ", "-"))
	}
	if c.opensIn > 0 {
		opens := l.now.AddDate(0, 0, c.opensIn).Truncate(time.Hour)
		in.OpensAt = &opens
	}
	for _, name := range c.leaders {
		in.FacilitatorIDs = append(in.FacilitatorIDs, l.office[name].member)
	}
	return in
}

func (c *course) sessions(begins time.Time) workshops.NewSessions {
	in := workshops.NewSessions{LocalStart: begins.Format(wallClock), Minutes: c.minutes}
	if c.weeks > 1 {
		in.Recurrence = &workshops.SessionRule{Rule: fmt.Sprintf("FREQ=WEEKLY;COUNT=%d", c.weeks)}
	}
	return in
}
