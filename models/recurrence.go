package models

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

const (
	// MaxOccurrences bounds a series: four years of weekly sessions.
	MaxOccurrences = 200
	// maxSeriesYears keeps sparse rules ("every 29 February that is a Monday") from reaching years that JSON cannot hold.
	maxSeriesYears = 50
	// maxSessionMinutes is one week.
	maxSessionMinutes = 7 * 24 * 60
	// maxInterval bounds INTERVAL; with larger values the arithmetic of the rule library overflows.
	maxInterval = 366

	wallLayout = "2006-01-02T15:04"
	dateLayout = "2006-01-02"
)

// FieldError says which input is wrong. Field is the name as the client sent it ("rule", "except_dates/2"), Code is stable.
type FieldError struct{ Field, Code, Message string }

func (e FieldError) Error() string { return e.Field + ": " + e.Message }

// FieldErrors lists the field errors joined in err.
func FieldErrors(err error) []FieldError {
	if one, ok := err.(FieldError); ok {
		return []FieldError{one}
	}
	var out []FieldError
	switch e := err.(type) {
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			out = append(out, FieldErrors(inner)...)
		}
	case interface{ Unwrap() error }:
		out = FieldErrors(e.Unwrap())
	}
	return out
}

// Recurrence is an RFC 5545 RRULE with the wall-clock time of its first occurrence, the zone of that clock and a length.
type Recurrence struct {
	Rule        string   // "FREQ=WEEKLY;BYDAY=TU;COUNT=8"
	Start       string   // local wall time of the first occurrence, "2026-10-27T18:00"
	TimeZone    string   // IANA name
	Minutes     int      // elapsed length: an occurrence across a DST change lasts as long as the others
	ExceptDates []string // local dates on which the rule's occurrence does not take place
}

// Occurrence is one date of a series.
type Occurrence struct {
	StartsAt, EndsAt time.Time // UTC
	LocalStart       string    // what the clock on the wall shows at StartsAt
	Moved            bool      // the rule's wall time does not exist that day; the start moved forward by the gap
	Ambiguous        bool      // the wall time happens twice that day; this is the first
}

// LocalTime finds the instant of a wall-clock time as RFC 5545 §3.3.5 does: a time that does not exist is read with the
// offset in force before the gap, so it moves forward by the gap; of a time that happens twice the first is taken.
func LocalTime(wall, zone string) (t time.Time, moved, ambiguous bool, err error) {
	local, wallErr := parseWall("start", wall)
	loc, zoneErr := loadZone(zone)
	if err := errors.Join(wallErr, zoneErr); err != nil {
		return time.Time{}, false, false, err
	}
	t, moved, ambiguous = resolveWall(local, loc)
	return t, moved, ambiguous, nil
}

// Expand lists the occurrences in order, at most limit of them (0 means MaxOccurrences). A rule that gives more is
// refused, not cut: a silently shortened series would lose sessions.
func (r Recurrence) Expand(limit int) ([]Occurrence, error) {
	if limit <= 0 || limit > MaxOccurrences {
		limit = MaxOccurrences
	}
	s, err := r.parse()
	if err != nil {
		return nil, err
	}
	all, err := s.expand(limit)
	if err != nil {
		return nil, err
	}
	return r.withoutExceptions(all)
}

// CalendarRule gives the rule as an iCalendar VEVENT with DTSTART;TZID wants it, UNTIL in UTC (RFC 5545 §3.3.10).
// holds is false when calendar programs would not agree with Expand: §3.3.10 drops an occurrence whose wall time does not
// exist, which Expand moves, and programs differ on the end of one that is under way when the clocks change.
func (r Recurrence) CalendarRule() (rule string, holds bool, err error) {
	s, err := r.parse()
	if err != nil {
		return "", false, err
	}
	all, err := s.expand(MaxOccurrences)
	if err != nil {
		return "", false, err
	}
	for _, o := range all {
		_, before := o.StartsAt.In(s.loc).Zone()
		_, after := o.EndsAt.In(s.loc).Zone()
		if o.Moved || before != after {
			return "", false, nil
		}
	}
	return s.text(all[len(all)-1].StartsAt), true, nil
}

// series is a Recurrence that has been read and checked.
type series struct {
	parts   []string // NAME=VALUE, upper case, as given
	opts    rrule.ROption
	start   time.Time // wall clock written as UTC: rrule-go moves back at a gap in a real zone
	until   time.Time // an instant; set when UNTIL was given in UTC
	loc     *time.Location
	minutes int
}

func (r Recurrence) parse() (*series, error) {
	s := &series{minutes: r.Minutes}
	var startErr, zoneErr, ruleErr error
	s.start, startErr = parseWall("start", r.Start)
	s.loc, zoneErr = loadZone(r.TimeZone)
	s.parts, ruleErr = splitRule(r.Rule)
	err := errors.Join(ruleErr, startErr, zoneErr, r.checkMinutes())
	if err != nil {
		return nil, err
	}
	opts, optErr := rrule.StrToROptionInLocation(strings.Join(s.parts, ";"), time.UTC)
	if optErr != nil {
		return nil, ruleError("invalid", optErr.Error())
	}
	s.opts = *opts
	s.opts.Dtstart = s.start
	if err := s.checkOptions(); err != nil {
		return nil, err
	}
	s.setUntil()
	return s, nil
}

func (r Recurrence) checkMinutes() error {
	if r.Minutes < 1 || r.Minutes > maxSessionMinutes {
		return FieldError{"minutes", "out_of_range", fmt.Sprintf("must be between 1 and %d", maxSessionMinutes)}
	}
	return nil
}

// setUntil reads the three forms of UNTIL. A date means through the end of that local day, a local time is the wall clock's
// and a UTC time is an instant, compared once the occurrence has become one; the walk goes two days further, more than any
// wall clock differs from UTC.
func (s *series) setUntil() {
	switch value := s.value("UNTIL"); {
	case len(value) == len("20061231"):
		s.opts.Until = s.opts.Until.Add(24*time.Hour - time.Second)
	case strings.HasSuffix(value, "Z"):
		s.until = s.opts.Until
		s.opts.Until = s.until.Add(48 * time.Hour)
	}
}

// expand walks the rule on the wall clock, as if it were UTC, and finds each occurrence's instant afterwards: so 18:00 stays
// 18:00 whatever the offset.
func (s *series) expand(limit int) ([]Occurrence, error) {
	rule, err := rrule.NewRRule(s.opts)
	if err != nil {
		return nil, ruleError("invalid", err.Error())
	}
	next := rule.Iterator()
	if first, ok := next(); !ok || !first.Equal(s.start) {
		return nil, s.startError(first, ok)
	}
	out := []Occurrence{s.occurrence(s.start)}
	for local, ok := next(); ok; local, ok = next() {
		o := s.occurrence(local)
		if !s.until.IsZero() && o.StartsAt.After(s.until) {
			break
		}
		if local.Year() > s.start.Year()+maxSeriesYears {
			return nil, ruleError("too_long", fmt.Sprintf("must end within %d years of the start", maxSeriesYears))
		}
		out = appendOccurrence(out, o)
		if len(out) > limit {
			return nil, ruleError("too_many", fmt.Sprintf("gives more than %d occurrences; lower COUNT or UNTIL", limit))
		}
	}
	if !s.until.IsZero() && out[0].StartsAt.After(s.until) {
		return nil, s.startError(time.Time{}, false)
	}
	return out, nil
}

// appendOccurrence drops a duplicate: when a zone skips a whole day (Pacific/Apia, 2011-12-30) the missing day's occurrence
// moves onto the next day's.
func appendOccurrence(out []Occurrence, o Occurrence) []Occurrence {
	if last := len(out) - 1; out[last].StartsAt.Equal(o.StartsAt) {
		out[last] = o
		return out
	}
	return append(out, o)
}

func (s *series) occurrence(local time.Time) Occurrence {
	at, moved, ambiguous := resolveWall(local, s.loc)
	return Occurrence{
		StartsAt:   at,
		EndsAt:     at.Add(time.Duration(s.minutes) * time.Minute),
		LocalStart: at.In(s.loc).Format(wallLayout),
		Moved:      moved,
		Ambiguous:  ambiguous,
	}
}

// startError explains a start that the rule does not produce. RFC 5545 leaves such a series undefined, and calendar
// programs disagree on whether the start counts.
func (s *series) startError(first time.Time, ok bool) error {
	if !ok || first.Year() > s.start.Year()+maxSeriesYears {
		return ruleError("empty", "gives no occurrence on or after the start")
	}
	return FieldError{"start", "not_in_rule", "is not a date of the rule, whose first is " + first.Format(wallLayout)}
}

func (s *series) value(name string) string {
	for _, part := range s.parts {
		if v, ok := strings.CutPrefix(part, name+"="); ok {
			return v
		}
	}
	return ""
}

// text writes the rule back with UNTIL as the last start, in UTC, which every form of UNTIL comes to.
func (s *series) text(last time.Time) string {
	parts := slices.Clone(s.parts)
	for i, part := range parts {
		if strings.HasPrefix(part, "UNTIL=") {
			parts[i] = "UNTIL=" + last.UTC().Format(rrule.DateTimeFormat)
		}
	}
	return strings.Join(parts, ";")
}

// withoutExceptions drops the excepted dates. A date on which nothing happens is an error: it is most likely a typing
// mistake, and the session meant would take place.
func (r Recurrence) withoutExceptions(all []Occurrence) ([]Occurrence, error) {
	var errs []error
	for i, date := range r.ExceptDates {
		field := "except_dates/" + strconv.Itoa(i)
		if _, err := time.Parse(dateLayout, date); err != nil {
			errs = append(errs, FieldError{field, "invalid", "must be a date such as 2026-11-24"})
			continue
		}
		kept := slices.DeleteFunc(slices.Clone(all), func(o Occurrence) bool { return o.LocalStart[:len(dateLayout)] == date })
		if len(kept) == len(all) {
			errs = append(errs, FieldError{field, "not_an_occurrence", "nothing takes place on " + date})
		}
		all = kept
	}
	if len(errs) == 0 && len(all) == 0 {
		errs = append(errs, FieldError{"except_dates", "empty", "leave no occurrence"})
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return all, nil
}

// resolveWall finds the instant at which clocks in loc show what local shows as UTC.
func resolveWall(local time.Time, loc *time.Location) (at time.Time, moved, ambiguous bool) {
	// Offsets lie between -16 and +16 hours and the widest gap is a day, so two days around hold all that matters.
	from, to := local.Add(-48*time.Hour), local.Add(48*time.Hour)
	var found []time.Time
	var before time.Time // local read with the offset of the last period that ended before it
	for t := from; ; {
		start, end := t.In(loc).ZoneBounds()
		_, offset := t.In(loc).Zone()
		at := local.Add(-time.Duration(offset) * time.Second)
		afterStart := start.IsZero() || !at.Before(start)
		beforeEnd := end.IsZero() || at.Before(end)
		switch {
		case afterStart && beforeEnd:
			found = append(found, at)
		case afterStart:
			before = at
		}
		if end.IsZero() || end.After(to) {
			break
		}
		t = end
	}
	if len(found) == 0 {
		return before.UTC(), true, false
	}
	return found[0].UTC(), false, len(found) > 1
}

func parseWall(field, wall string) (time.Time, error) {
	t, err := time.Parse(wallLayout, wall)
	if err != nil {
		return time.Time{}, FieldError{field, "invalid", "must be a local date and time without offset, such as 2026-10-27T18:00"}
	}
	if t.Year() < 1900 || t.Year() > 2999 {
		return time.Time{}, FieldError{field, "out_of_range", "must be in a year from 1900 to 2999"}
	}
	return t, nil
}

// loadZone refuses what time.LoadLocation takes beyond IANA names: "" and "Local" mean the machine, and the right/ files
// count leap seconds.
func loadZone(name string) (*time.Location, error) {
	bad := FieldError{"time_zone", "unknown", "must be an IANA time zone such as America/New_York"}
	if name == "" || name == "Local" || strings.HasPrefix(name, "right/") || strings.HasPrefix(name, "posix/") {
		return nil, bad
	}
	if loc, ok := zones.Load(name); ok {
		return loc.(*time.Location), nil
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, bad
	}
	zones.Store(name, loc)
	return loc, nil
}

func ruleError(code, message string) error { return FieldError{"rule", code, message} }
