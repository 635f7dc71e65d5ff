package demodata

import (
	"fmt"
	"time"

	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

// scanned is how many days back people at the door were scanned; before that the sheet was kept on paper.
const scanned = 25

// meets puts the sessions that have been on the agenda: who came, and in the end the closing of the workshop.
func (l *loader) meets(c *course) {
	leader := l.office[c.leaders[0]]
	if c.skips > 0 {
		l.when(l.now.Add(-26*time.Hour), func(at time.Time) error {
			_, err := l.s.Workshops.CancelSession(l.at(at, l.office["coordinator"]), c.meetings[c.skips].id, workshops.SessionCancellation{Reason: "The house is closed that day."})
			return err
		})
	}
	if c.moves > 0 {
		s := c.meetings[c.moves]
		l.when(l.ago(5), func(at time.Time) error {
			later, err := wall(s.start.Add(time.Hour), c.zone)
			if err != nil {
				return err
			}
			_, err = l.s.Workshops.UpdateSession(l.at(at, l.office["coordinator"]), s.id, workshops.SessionPatch{LocalStart: services.Field[string]{Set: true, Value: &later}})
			return err
		})
	}
	for _, s := range c.meetings {
		if s.start.After(l.ago(scanned)) {
			l.when(s.start.Add(4*time.Minute), func(at time.Time) error { return l.scan(c, s, leader, at) })
		}
		l.when(s.end.Add(20*time.Minute), func(at time.Time) error { return l.sheet(c, s, leader, at) })
	}
	l.when(c.last.Add(18*time.Hour), func(at time.Time) error {
		if err := l.due(at); err != nil {
			return err
		}
		_, err := l.s.Workshops.CompleteWorkshop(l.at(at, l.office["coordinator"]), c.workshop)
		return err
	})
}

func wall(t time.Time, zone string) (string, error) {
	in, err := time.LoadLocation(zone)
	return t.In(in).Format(wallClock), err
}

// scan checks people in by the codes on their phones. One scanner was without connection and sends its queue later.
func (l *loader) scan(c *course, s session, leader *person, at time.Time) error {
	roster, err := l.roster(c, s, leader, at)
	if err != nil {
		return err
	}
	for i, e := range roster {
		if l.away[e.AttendeeID] {
			continue
		}
		if l.rng.IntN(100) < 18 {
			continue // did not come, or had no phone
		}
		arrived := s.start.Add(time.Duration(-12*60+l.rng.IntN(20*60)+i) * time.Second)
		code, err := l.s.Workshops.CheckInCode(l.at(arrived, l.office["coordinator"]), e.RegistrationID, e.AttendeeID)
		if err != nil {
			return fmt.Errorf("code of %s: %w", e.Name, err)
		}
		in := workshops.Scan{Code: code.Code, Nonce: fmt.Sprintf("demo-%06d", l.rng.IntN(1_000_000)), ScannedAt: &arrived}
		if _, err := l.s.Workshops.CheckIn(l.at(arrived.Add(time.Duration(l.rng.IntN(2))*10*time.Minute), leader), s.id, in); err != nil {
			return fmt.Errorf("scan of %s: %w", e.Name, err)
		}
	}
	return nil
}

func (l *loader) roster(c *course, s session, leader *person, at time.Time) ([]workshops.RosterEntry, error) {
	page, err := l.s.Workshops.Roster(l.at(at, leader), c.workshop, workshops.RosterQuery{PageQuery: services.PageQuery{Limit: 100}, SessionID: s.id})
	return page.Data, err
}

// sheet enters the attendance of whom nothing is known, and closes the session: who is not on the sheet was absent.
func (l *loader) sheet(c *course, s session, leader *person, at time.Time) error {
	roster, err := l.roster(c, s, leader, at)
	if err != nil {
		return err
	}
	var in workshops.AttendanceSheet
	for _, e := range roster {
		if e.Status != nil || l.away[e.AttendeeID] {
			continue
		}
		entry := workshops.AttendanceEntry{AttendeeID: e.AttendeeID, Status: models.AttendancePresent}
		switch n := l.rng.IntN(100); {
		case l.theirs[e.AttendeeID]: // all of them were there
		case n < 11:
			continue
		case n < 17:
			entry.Status = models.AttendanceExcused
		case n < 24:
			entry.Status = models.AttendanceLate
			stayed := c.minutes - 20
			entry.Minutes = &stayed
		}
		in.Entries = append(in.Entries, entry)
	}
	ctx := l.at(at, leader)
	if len(in.Entries) > 0 {
		if _, err := l.s.Workshops.RecordAttendance(ctx, s.id, in); err != nil {
			return err
		}
	}
	_, err = l.s.Workshops.CompleteSession(l.at(at.Add(5*time.Minute), leader), s.id)
	return err
}
