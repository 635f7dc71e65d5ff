// Package slowslots finds slots as one would with a calendar and a pencil: minute by minute, everything in whole minutes since 1970, and
// the clocks of zones looked at once a minute. It shares nothing with the code that tests compare with it.
package slowslots

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"homefront/models"
)

// Slow is an availability drawn on paper.
type Slow struct {
	*Case
	origin   int // the first minute of open
	isOpen   []bool
	moved    map[int]bool
	days     []int // for the first minute of each day of the coach's zone, that day; minutes from earliest on
	earliest int
}

const (
	aDay = 24 * 60
	// clockReach is how far around the base the clocks are known.
	clockReach = 40 * aDay
)

// slowClock is what the clocks of a zone are ahead of UTC, minute by minute around a base.
type slowClock struct {
	from   int
	offset []int16
}

var clocks = struct {
	sync.Mutex
	known map[string]*slowClock
}{known: map[string]*slowClock{}}

func clockNear(zone string, base int) *slowClock {
	key := fmt.Sprint(zone, base)
	clocks.Lock()
	defer clocks.Unlock()
	if c := clocks.known[key]; c != nil {
		return c
	}
	loc, err := time.LoadLocation(zone)
	if err != nil {
		panic(err)
	}
	c := &slowClock{from: base - clockReach, offset: make([]int16, 2*clockReach)}
	for i := range c.offset {
		_, seconds := time.Unix(int64(c.from+i)*60, 0).In(loc).Zone()
		c.offset[i] = int16(seconds / 60)
	}
	clocks.known[key] = c
	return c
}

func (c *slowClock) wall(minute int) int { return minute + int(c.offset[minute-c.from]) }

// find goes through the minutes until the clock shows at least wall: it shows it for the first time, or has skipped it.
func (c *slowClock) find(wall int) (minute int, skipped bool) {
	for m := wall - 17*60; ; m++ {
		switch shows := c.wall(m); {
		case shows == wall:
			return m, false
		case shows > wall:
			return wall - int(c.offset[m-1-c.from]), true
		}
	}
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// Case is an availability, all of which lies around a minute, and the question for its slots, in minutes.
type Case struct {
	models.Availability
	Base             int
	From, Until, Now int
	Limits           bool
}

// Minute is that of a time.
func Minute(t time.Time) int { return int(t.Unix() / 60) }

// At is the time of a minute.
func At(m int) time.Time { return time.Unix(int64(m)*60, 0).UTC() }

func dayNumber(d models.Date) int {
	return int(d.Unix() / 86400)
}

func minutesOfDay(text string) int {
	var h, m int
	if _, err := fmt.Sscanf(text, "%d:%d", &h, &m); err != nil {
		panic(err)
	}
	return h*60 + m
}

// Slow draws the hours of a case.
func (r *Case) Slow() *Slow {
	s := &Slow{Case: r, origin: r.From - 4*aDay, moved: map[int]bool{}, earliest: r.Base - clockReach, days: make([]int, 2*clockReach)}
	s.isOpen = make([]bool, r.Until-r.From+10*aDay)
	for i := range r.Schedules {
		sched := &r.Schedules[i]
		c := clockNear(sched.TimeZone, r.Base)
		for day := floorDiv(s.origin, aDay) - 3; day < floorDiv(s.origin+len(s.isOpen), aDay)+3; day++ {
			for _, h := range sched.Hours {
				if onDay(sched, h.Rule, day) {
					s.openUp(c, day, h.FromTime, h.UntilTime)
				}
			}
		}
	}
	for _, o := range r.Overrides {
		c := clockNear(o.TimeZone, r.Base)
		from, _ := c.find(dayNumber(o.Day) * aDay)
		until, _ := c.find((dayNumber(o.Day) + 1) * aDay)
		for m := from; m < until; m++ {
			s.set(m, false)
			delete(s.moved, m)
		}
	}
	for _, o := range r.Overrides {
		for _, w := range o.Windows {
			from, until, _ := strings.Cut(w, "-")
			s.openUp(clockNear(o.TimeZone, r.Base), dayNumber(o.Day), from, until)
		}
	}
	c := clockNear(r.Coach.TimeZone, r.Base)
	for day := floorDiv(r.Base, aDay) - 30; day <= floorDiv(r.Base, aDay)+30; day++ {
		m, _ := c.find(day * aDay)
		s.days[m-s.earliest] = day
	}
	return s
}

func (s *Slow) set(minute int, open bool) {
	if i := minute - s.origin; i >= 0 && i < len(s.isOpen) {
		s.isOpen[i] = open
	}
}

func (s *Slow) open(minute int) bool {
	i := minute - s.origin
	return i >= 0 && i < len(s.isOpen) && s.isOpen[i]
}

func (s *Slow) openUp(c *slowClock, day int, from, until string) {
	first, skipped := c.find(day*aDay + minutesOfDay(from))
	last, _ := c.find(day*aDay + minutesOfDay(until))
	for m := first; m < last; m++ {
		s.set(m, true)
	}
	if skipped && first < last {
		s.moved[first] = true
	}
}

// onDay reads a weekly rule day by day.
func onDay(s *models.ScheduledHours, rule string, day int) bool {
	start := dayNumber(s.StartsOn)
	if day < start || s.EndsOn != nil && day > dayNumber(*s.EndsOn) {
		return false
	}
	parts := map[string]string{"INTERVAL": "1", "WKST": "MO", "COUNT": "0"}
	for _, p := range strings.Split(rule, ";") {
		name, value, _ := strings.Cut(p, "=")
		parts[name] = value
	}
	names := []string{"TH", "FR", "SA", "SU", "MO", "TU", "WE"} // 1970 began on a Thursday
	weekday := func(d int) string { return names[((d%7)+7)%7] }
	week := func(d int) int {
		for weekday(d) != parts["WKST"] {
			d--
		}
		return d
	}
	if parts["BYDAY"] == "" {
		parts["BYDAY"] = weekday(start)
	}
	var interval, count, until int
	_, _ = fmt.Sscan(parts["INTERVAL"], &interval)
	_, _ = fmt.Sscan(parts["COUNT"], &count)
	until = day
	if text := parts["UNTIL"]; text != "" {
		last, err := time.Parse("20060102", text)
		if err != nil {
			panic(err)
		}
		until = int(last.Unix() / 86400)
	}
	is := func(d int) bool {
		return strings.Contains(parts["BYDAY"], weekday(d)) && (week(d)-week(start))/7%interval == 0 && d <= until
	}
	if !is(day) || count == 0 {
		return is(day)
	}
	for d := start; d < day; d++ {
		if is(d) {
			count--
		}
	}
	return count > 0
}

// day is the day of the coach's zone that a minute is in.
func (s *Slow) day(minute int) (day int) {
	for m := minute; ; m-- {
		if d := s.days[m-s.earliest]; d != 0 {
			return d
		}
	}
}

func (s *Slow) countedOn(first, last int) (n int) {
	for _, at := range s.Counted {
		if d := s.day(Minute(at)); d >= first && d <= last {
			n++
		}
	}
	return n
}

// begun is the minute from which starts are counted, for a minute of open hours.
func (s *Slow) begun(minute int) int {
	for m := minute; ; m-- {
		if s.days[m-s.earliest] != 0 || !s.open(m-1) {
			return m
		}
	}
}

// inHours says whether a session can begin then for all that the hours and the time off say.
func (s *Slow) inHours(minute int) bool {
	for m := minute; m < minute+s.Coach.SessionMinutes; m++ {
		if !s.open(m) || covers(s.TimeOff, m) {
			return false
		}
	}
	return (minute-s.begun(minute))%s.Coach.SlotMinutes == 0
}

func covers(spans []models.TimeSpan, minute int) bool {
	return slices.ContainsFunc(spans, func(t models.TimeSpan) bool { return Minute(t.From) <= minute && minute < Minute(t.Until) })
}

func (s *Slow) busyAround(minute int) bool {
	for m := minute - s.Coach.BeforeMinutes; m < minute+s.Coach.SessionMinutes+s.Coach.AfterMinutes; m++ {
		if covers(s.Busy, m) {
			return true
		}
	}
	return false
}

// Why is why no client can book a minute, whatever is booked.
func (s *Slow) Why(minute int) models.Why {
	clock := clockNear(s.Coach.TimeZone, s.Base)
	tooFar, _ := clock.find((floorDiv(clock.wall(s.Now), aDay) + s.Coach.HorizonDays + 1) * aDay)
	switch {
	case minute < s.Now+s.Coach.NoticeHours*60:
		return models.WhyTooSoon
	case minute >= tooFar:
		return models.WhyTooFar
	case !s.inHours(minute):
		return models.WhyNotASlot
	}
	return s.full(minute)
}

// Takes is why a coach does not take over what was booked with another from a minute until another.
func (s *Slow) Takes(from, until int) models.Why {
	for m := from; m < until; m++ {
		if !s.open(m) || covers(s.TimeOff, m) {
			return models.WhyNotASlot
		}
	}
	return s.full(from)
}

// full is why nothing can be booked on the day of a minute.
func (s *Slow) full(minute int) models.Why {
	day := s.day(minute)
	for _, kind := range s.Needed {
		if !slices.ContainsFunc(s.Credentials, func(c models.Credential) bool {
			return c.Kind == kind && dayNumber(c.IssuedOn) <= day && (c.ExpiresOn == nil || day <= dayNumber(*c.ExpiresOn))
		}) {
			return models.WhyNotASlot
		}
	}
	if most := s.Coach.MaxPerDay; most != nil && s.countedOn(day, day) >= *most {
		return models.WhyDayFull
	}
	monday := day - ((day+3)%7+7)%7
	if most := s.Coach.MaxPerWeek; most != nil && s.countedOn(monday, monday+6) >= *most {
		return models.WhyWeekFull
	}
	return ""
}

// Slots are those of the case.
func (s *Slow) Slots() (out []models.Slot) {
	for m := s.From; m < s.Until; m++ {
		if s.inHours(m) && !s.busyAround(m) && (!s.Limits || s.Why(m) == "") {
			out = append(out, models.Slot{StartsAt: At(m), EndsAt: At(m + s.Coach.SessionMinutes), Moved: s.moved[s.begun(m)] && !s.open(s.begun(m)-1)})
		}
	}
	return out
}
