package models

import (
	"slices"
	"time"
)

// Slot is a time at which a session with a coach can begin.
type Slot struct {
	StartsAt time.Time
	EndsAt   time.Time
	Moved    bool // the coach's hours were to begin at a wall time that the clocks skip that day, and begin later by the gap
}

// TimeSpan is from when to when, the end not counted.
type TimeSpan struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
}

func (s TimeSpan) meets(from, until time.Time) bool {
	return s.From.Before(until) && from.Before(s.Until)
}

// Availability is all that decides when sessions with a coach can begin.
type Availability struct {
	Coach       Coach            `json:"-"`
	Schedules   []ScheduledHours `json:"schedules"`
	Overrides   []CoachOverride  `json:"overrides"`
	TimeOff     []TimeSpan       `json:"time_off"` // no session then; buffers may reach into it
	Busy        []TimeSpan       `json:"busy"`     // booked, with its buffers: neither a session nor its buffers then
	Counted     []time.Time      `json:"counted"`  // starts of the sessions that the limits per day and week count
	Needed      []CredentialKind `json:"-"`        // each of which they must hold on the day of a session
	Credentials []Credential     `json:"credentials"`
}

// ScheduledHours is a schedule with its rules.
type ScheduledHours struct {
	CoachSchedule
	Hours []CoachHours `json:"hours"`
}

// Why a time is none at which a session can begin.
type Why string

// The reasons, in the order in which they are looked for.
const (
	WhyTooSoon  Why = "too_soon"
	WhyTooFar   Why = "too_far"
	WhyNotASlot Why = "not_a_slot"
	WhyDayFull  Why = "day_full"
	WhyWeekFull Why = "week_full"
)

// Slots lists, in order, when sessions can begin from one time until before another: the first of them, or all when most is 0.
//
// The hours of the schedules hold by the clock on the wall of their zones, each end read as LocalTime does; on the days of
// overrides, days of their zones, the windows of the override hold in their stead. Windows that overlap or touch are one.
// Sessions begin every SlotMinutes from the start of each window, and anew from each midnight of the coach's zone within one,
// and end before the window does. limits asks for the notice, the horizon, the credentials of the day and the limits per
// day and week too: what a client can book; without, it is when the coach works and is free.
func (a *Availability) Slots(from, until, now time.Time, limits bool, most int) ([]Slot, error) {
	p, err := a.plan(from, until, now)
	if err != nil {
		return nil, err
	}
	var out []Slot
	for i := range p.days {
		if limits && p.open(&p.days[i]) != "" {
			continue
		}
		out = p.ofDay(out, &p.days[i], from, until, limits)
		if most > 0 && len(out) >= most {
			return out[:most], nil
		}
	}
	return out, nil
}

// Check says why no session can begin at a time, or nothing when it can. What is booked does not count here: the calendar
// decides that.
func (a *Availability) Check(at, now time.Time) (Why, error) {
	p, err := a.plan(at, at.Add(1), now)
	if err != nil {
		return "", err
	}
	p.busy = nil
	switch {
	case at.Before(p.earliest):
		return WhyTooSoon, nil
	case !at.Before(p.latest):
		return WhyTooFar, nil
	}
	for i := range p.days {
		if d := &p.days[i]; len(p.ofDay(nil, d, at, at.Add(1), true)) > 0 {
			return p.open(d), nil
		}
	}
	return WhyNotASlot, nil
}

// Takes says why the coach does not take over a session that was booked with another, or nothing when they do: it has to lie in
// their hours and in no time off, on a day and in a week that have room. Their notice, horizon and the starts of their slots bind
// nobody who has booked already. What is booked does not count here, as in Check.
func (a *Availability) Takes(session TimeSpan, now time.Time) (Why, error) {
	outside, err := a.Outside([]TimeSpan{session})
	if err != nil {
		return "", err
	}
	if outside[0] != "" {
		return WhyNotASlot, nil
	}
	p, err := a.plan(session.From, session.From.Add(1), now)
	if err != nil {
		return "", err
	}
	for i := range p.days {
		if why := p.open(&p.days[i]); why != "" {
			return why, nil
		}
	}
	return "", nil
}

// Bookable is from when until before when clients can book at all.
func (a *Availability) Bookable(now time.Time) (from, until time.Time, err error) {
	loc, err := loadZone(a.Coach.TimeZone)
	if err != nil {
		return from, until, err
	}
	from = now.Add(time.Duration(a.Coach.NoticeHours) * time.Hour)
	return from, dayStart(DateOf(now.In(loc)), a.Coach.HorizonDays+1, loc), nil
}

// plan is an availability worked out for some days.
type plan struct {
	*Availability
	loc                         *time.Location
	length, step, before, after time.Duration
	earliest, latest            time.Time // for clients
	stretches                   []stretch
	days                        []planDay
	timeOff, busy               []TimeSpan
}

// stretch is hours without a gap.
type stretch struct {
	TimeSpan
	moved bool
}

// planDay is a day of the coach's zone.
type planDay struct {
	TimeSpan
	day Date
}

func (a *Availability) plan(from, until, now time.Time) (*plan, error) {
	minutes := func(n int) time.Duration { return time.Duration(n) * time.Minute }
	p := &plan{Availability: a, length: minutes(a.Coach.SessionMinutes), step: minutes(max(a.Coach.SlotMinutes, 1)), before: minutes(a.Coach.BeforeMinutes), after: minutes(a.Coach.AfterMinutes)}
	var err error
	if p.loc, err = loadZone(a.Coach.TimeZone); err != nil {
		return nil, err
	}
	if p.earliest, p.latest, err = a.Bookable(now); err != nil {
		return nil, err
	}
	p.days = daysOf(from, until, p.loc)
	if len(p.days) == 0 {
		return p, nil
	}
	windows, err := a.windows(TimeSpan{p.days[0].From.Add(-1), until.Add(p.length)}) // those that touch the first day, too: they are one with its own
	if err != nil {
		return nil, err
	}
	p.stretches = joinedUp(windows)
	p.timeOff, p.busy = spansInOrder(a.TimeOff), spansInOrder(a.Busy)
	return p, nil
}

// daysOf are the days of a zone that a span touches. One that the zone skipped is not among them.
func daysOf(from, until time.Time, loc *time.Location) (days []planDay) {
	if !from.Before(until) {
		return nil
	}
	first := DateOf(from.In(loc))
	start := dayStart(first, -1, loc) // where clocks are set back over midnight, the day may have begun before
	for n := -1; start.Before(until); n++ {
		end := dayStart(first, n+1, loc)
		if start.Before(end) && from.Before(end) {
			days = append(days, planDay{TimeSpan{start, end}, Date{first.AddDate(0, 0, n)}})
		}
		start = end
	}
	return days
}

func dayStart(d Date, plus int, loc *time.Location) time.Time {
	at, _, _ := resolveWall(d.AddDate(0, 0, plus), loc)
	return at
}

// open says why nothing can be booked on a day, for all that its slots are.
func (p *plan) open(d *planDay) Why {
	for _, kind := range p.Needed {
		if !slices.ContainsFunc(p.Credentials, func(c Credential) bool { return c.Kind == kind && c.CountsOn(d.day) }) {
			return WhyNotASlot
		}
	}
	if most := p.Coach.MaxPerDay; most != nil && p.counted(d.TimeSpan) >= *most {
		return WhyDayFull
	}
	if most := p.Coach.MaxPerWeek; most != nil {
		monday := -int(d.day.Weekday()+6) % 7
		if p.counted(TimeSpan{dayStart(d.day, monday, p.loc), dayStart(d.day, monday+7, p.loc)}) >= *most {
			return WhyWeekFull
		}
	}
	return ""
}

func (p *plan) counted(in TimeSpan) (n int) {
	for _, at := range p.Counted {
		if !at.Before(in.From) && at.Before(in.Until) {
			n++
		}
	}
	return n
}

// ofDay adds the slots of one day that begin from a time until before another.
func (p *plan) ofDay(out []Slot, d *planDay, from, until time.Time, limits bool) []Slot {
	from, until = Later(from, d.From), Earlier(until, d.Until)
	if limits {
		from, until = Later(from, p.earliest), Earlier(until, p.latest)
	}
	i, _ := slices.BinarySearchFunc(p.stretches, d.From, func(s stretch, t time.Time) int {
		if s.Until.After(t) {
			return 1
		}
		return -1
	})
	for ; i < len(p.stretches) && p.stretches[i].From.Before(until); i++ {
		s := &p.stretches[i]
		first := Later(s.From, d.From)
		at := first
		if wait := from.Sub(first); wait > 0 {
			at = first.Add((wait + p.step - 1) / p.step * p.step)
		}
		for ; at.Before(until) && !at.Add(p.length).After(s.Until); at = at.Add(p.step) {
			if p.free(at) {
				out = append(out, Slot{StartsAt: at, EndsAt: at.Add(p.length), Moved: s.moved && first.Equal(s.From)})
			}
		}
	}
	return out
}

// free says whether nothing stands in the way of a session at a time.
func (p *plan) free(at time.Time) bool {
	return !anyMeets(p.timeOff, at, at.Add(p.length)) && !anyMeets(p.busy, at.Add(-p.before), at.Add(p.length+p.after))
}

// anyMeets looks among spans that are in order and apart.
func anyMeets(spans []TimeSpan, from, until time.Time) bool {
	i, _ := slices.BinarySearchFunc(spans, from, func(s TimeSpan, t time.Time) int {
		if s.Until.After(t) {
			return 1
		}
		return -1
	})
	return i < len(spans) && spans[i].meets(from, until)
}

// spansInOrder sorts spans and joins those that overlap or touch.
func spansInOrder(spans []TimeSpan) []TimeSpan {
	all := make([]stretch, len(spans))
	for i, s := range spans {
		all[i].TimeSpan = s
	}
	var out []TimeSpan
	for _, s := range joinedUp(all) {
		out = append(out, s.TimeSpan)
	}
	return out
}

// joinedUp sorts stretches and joins those that overlap or touch; empty ones are left out.
func joinedUp(all []stretch) (out []stretch) {
	slices.SortFunc(all, func(a, b stretch) int { return a.From.Compare(b.From) })
	for _, s := range all {
		last := len(out) - 1
		switch {
		case !s.From.Before(s.Until):
		case last < 0 || out[last].Until.Before(s.From):
			out = append(out, s)
		default:
			out[last].moved = out[last].moved || s.moved && s.From.Equal(out[last].From)
			out[last].Until = Later(out[last].Until, s.Until)
		}
	}
	return out
}
