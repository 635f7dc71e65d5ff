package models

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

// windows are the hours that touch a span, of schedules and overrides, neither sorted nor joined.
func (a *Availability) windows(in TimeSpan) (out []stretch, err error) {
	for i := range a.Schedules {
		if out, err = a.Schedules[i].windows(out, in); err != nil {
			return nil, err
		}
	}
	var own []stretch
	for i := range a.Overrides {
		o := &a.Overrides[i]
		loc, err := loadZone(o.TimeZone)
		if err != nil {
			return nil, err
		}
		out = withoutSpan(out, TimeSpan{dayStart(o.Day, 0, loc), dayStart(o.Day, 1, loc)})
		for _, w := range o.Windows {
			from, until, ok := strings.Cut(w, "-")
			if !ok {
				return nil, fmt.Errorf("window %q", w)
			}
			one, err := hoursOf(o.Day.Time, from, until, loc)
			if err != nil {
				return nil, err
			}
			own = append(own, one)
		}
	}
	return append(out, own...), nil
}

// withoutSpan takes a span out of stretches.
func withoutSpan(all []stretch, gone TimeSpan) (out []stretch) {
	for _, s := range all {
		if !s.meets(gone.From, gone.Until) {
			out = append(out, s)
			continue
		}
		if s.From.Before(gone.From) {
			out = append(out, stretch{TimeSpan{s.From, gone.From}, s.moved})
		}
		if gone.Until.Before(s.Until) {
			out = append(out, stretch{TimeSpan: TimeSpan{gone.Until, s.Until}})
		}
	}
	return out
}

// windows adds those of a schedule that touch a span.
func (s *ScheduledHours) windows(out []stretch, in TimeSpan) ([]stretch, error) {
	loc, err := loadZone(s.TimeZone)
	if err != nil {
		return nil, err
	}
	// A day more on both sides: where a zone skips a day, its hours are on the next.
	first, last := Later(s.StartsOn.Time, DateOf(in.From.In(loc)).AddDate(0, 0, -1)), DateOf(in.Until.In(loc)).AddDate(0, 0, 1)
	if s.EndsOn != nil {
		last = Earlier(last, s.EndsOn.Time)
	}
	if last.Before(first) {
		return out, nil
	}
	for i := range s.Hours {
		h := &s.Hours[i]
		days, err := weeklyDays(h.Rule, s.StartsOn.Time, first, last)
		if err != nil {
			return nil, err
		}
		for _, day := range days {
			one, err := hoursOf(day, h.FromTime, h.UntilTime, loc)
			if err != nil {
				return nil, err
			}
			if one.meets(in.From, in.Until) {
				out = append(out, one)
			}
		}
	}
	return out, nil
}

// hoursOf is from one time to another of a day, both on the wall.
func hoursOf(day time.Time, from, until string, loc *time.Location) (stretch, error) {
	begin, err := clockOf(from)
	if err != nil {
		return stretch{}, err
	}
	end, err := clockOf(until)
	if err != nil {
		return stretch{}, err
	}
	starts, moved, _ := resolveWall(day.Add(begin), loc)
	ends, _, _ := resolveWall(day.Add(end), loc)
	return stretch{TimeSpan{starts, ends}, moved}, nil
}

// clockOf reads HH:MM, 24:00 too.
func clockOf(text string) (time.Duration, error) {
	hours, minutes, _ := strings.Cut(text, ":")
	h, hErr := strconv.ParseUint(hours, 10, 8)
	m, mErr := strconv.ParseUint(minutes, 10, 8)
	if hErr != nil || mErr != nil || m > 59 || h*60+m > 24*60 {
		return 0, fmt.Errorf("time of day %q", text)
	}
	return time.Duration(h*60+m) * time.Minute, nil //nolint:gosec // at most a day
}

// weeklyDays lists the days of a weekly rule from first to last, both counted. The rule begins on start.
func weeklyDays(rule string, start, first, last time.Time) ([]time.Time, error) {
	opts, err := rrule.StrToROptionInLocation(rule, time.UTC)
	if err != nil {
		return nil, err
	}
	if opts.Freq != rrule.WEEKLY {
		return nil, fmt.Errorf("rule %q is not weekly", rule)
	}
	interval := max(opts.Interval, 1)
	opts.Dtstart = start
	if opts.Count == 0 {
		opts.Dtstart = ahead(start, first, interval, opts.Wkst.Day())
		if len(opts.Byweekday) == 0 {
			opts.Byweekday = []rrule.Weekday{weekdays[(start.Weekday()+6)%7]}
		}
	}
	if opts.Until.IsZero() || opts.Until.After(last) {
		opts.Until = last
	}
	r, err := rrule.NewRRule(*opts)
	if err != nil {
		return nil, err
	}
	var days []time.Time
	next := r.Iterator()
	for day, ok := next(); ok; day, ok = next() {
		if !day.Before(first) {
			days = append(days, day)
		}
	}
	return days, nil
}

var weekdays = []rrule.Weekday{rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR, rrule.SA, rrule.SU}

// ahead is a start of the same rule that is nearer to first: the first day of the last of its weeks that begins by then. So
// years that are over cost nothing. weekStart counts from Monday as 0.
func ahead(start, first time.Time, interval, weekStart int) time.Time {
	week := start.AddDate(0, 0, -((int(start.Weekday())+6-weekStart)%7+7)%7)
	weeks := int(first.Sub(week).Hours()) / (24 * 7)
	if skip := weeks / interval * interval; skip > 0 {
		return week.AddDate(0, 0, 7*skip)
	}
	return start
}
