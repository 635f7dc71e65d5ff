package models

import (
	"fmt"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"
)

const newYork = "America/New_York"

func expand(t *testing.T, r Recurrence) []Occurrence {
	t.Helper()
	if r.Minutes == 0 {
		r.Minutes = 90
	}
	if r.TimeZone == "" {
		r.TimeZone = newYork
	}
	out, err := r.Expand(0)
	if err != nil {
		t.Fatalf("%+v: %v", r, err)
	}
	return out
}

func starts(out []Occurrence) string {
	var s []string
	for _, o := range out {
		s = append(s, o.LocalStart)
	}
	return strings.Join(s, " ")
}

func TestWeeklyKeepsTheWallClock(t *testing.T) {
	out := expand(t, Recurrence{Rule: "FREQ=WEEKLY;COUNT=24", Start: "2026-10-25T18:00"})
	loc, err := time.LoadLocation(newYork)
	if err != nil {
		t.Fatal(err)
	}
	offsets := map[string]bool{}
	for i, o := range out {
		local := o.StartsAt.In(loc)
		if got := local.Format("15:04 Mon"); got != "18:00 Sun" {
			t.Errorf("occurrence %d is at %s", i, got)
		}
		if o.Moved || o.Ambiguous || o.EndsAt.Sub(o.StartsAt) != 90*time.Minute {
			t.Errorf("occurrence %d: %+v", i, o)
		}
		offsets[local.Format("-0700")] = true
	}
	if len(out) != 24 || !offsets["-0400"] || !offsets["-0500"] {
		t.Fatalf("%d occurrences with offsets %v", len(out), offsets)
	}
	for date, utc := range map[int]string{0: "2026-10-25T22:00:00Z", 1: "2026-11-01T23:00:00Z", 20: "2027-03-14T22:00:00Z"} {
		if got := out[date].StartsAt.Format(time.RFC3339); got != utc {
			t.Errorf("occurrence %d starts at %s, want %s", date, got, utc)
		}
	}
}

func TestLocalTime(t *testing.T) {
	cases := []struct {
		wall, zone, utc  string
		moved, ambiguous bool
	}{
		{"2027-03-14T01:59", newYork, "2027-03-14T06:59:00Z", false, false},
		{"2027-03-14T02:30", newYork, "2027-03-14T07:30:00Z", true, false}, // 03:30 EDT
		{"2027-03-14T03:00", newYork, "2027-03-14T07:00:00Z", false, false},
		{"2026-11-01T00:59", newYork, "2026-11-01T04:59:00Z", false, false},
		{"2026-11-01T01:30", newYork, "2026-11-01T05:30:00Z", false, true}, // EDT, the first
		{"2026-11-01T02:00", newYork, "2026-11-01T07:00:00Z", false, false},
		// Lord Howe Island moves by half an hour: 02:00 becomes 02:30 and back.
		{"2026-10-04T02:15", "Australia/Lord_Howe", "2026-10-03T15:45:00Z", true, false},
		{"2026-04-05T01:45", "Australia/Lord_Howe", "2026-04-04T14:45:00Z", false, true},
		// Samoa had no 30 December 2011.
		{"2011-12-29T18:00", "Pacific/Apia", "2011-12-30T04:00:00Z", false, false},
		{"2011-12-30T18:00", "Pacific/Apia", "2011-12-31T04:00:00Z", true, false},
		{"2011-12-31T18:00", "Pacific/Apia", "2011-12-31T04:00:00Z", false, false},
		// The easternmost offset.
		{"2026-06-01T12:00", "Pacific/Kiritimati", "2026-05-31T22:00:00Z", false, false},
		// The clocks of Dublin go by negative DST in winter; only the offsets count.
		{"2026-03-29T01:30", "Europe/Dublin", "2026-03-29T01:30:00Z", true, false},
		{"2026-07-01T12:00", "UTC", "2026-07-01T12:00:00Z", false, false},
		{"2950-07-01T12:00", newYork, "2950-07-01T16:00:00Z", false, false},
	}
	for _, c := range cases {
		at, moved, ambiguous, err := LocalTime(c.wall, c.zone)
		if err != nil {
			t.Errorf("%s %s: %v", c.wall, c.zone, err)
			continue
		}
		if at.Format(time.RFC3339) != c.utc || moved != c.moved || ambiguous != c.ambiguous || at.Location() != time.UTC {
			t.Errorf("%s %s = %s moved %v ambiguous %v", c.wall, c.zone, at.Format(time.RFC3339), moved, ambiguous)
		}
	}
}

// Every minute of the days around a change, in zones of every kind: reading the wall clock and showing it again must agree
// unless it moved, and then by the gap, and nothing earlier may show the same.
func TestLocalTimeRoundTrip(t *testing.T) {
	changes := map[string]string{
		newYork: "2027-03-13", "Europe/London": "2026-10-24", "Australia/Lord_Howe": "2026-10-03", "Pacific/Apia": "2011-12-29",
		"America/Sao_Paulo": "2018-11-03", "Africa/Casablanca": "2026-02-14", "Asia/Kathmandu": "2026-01-01", "Pacific/Chatham": "2026-04-04",
	}
	for zone, date := range changes {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		day, _ := time.Parse(dateLayout, date)
		for m := range 3 * 24 * 60 {
			wall := day.Add(time.Duration(m) * time.Minute).Format(wallLayout)
			at, moved, _, err := LocalTime(wall, zone)
			if err != nil {
				t.Fatal(err)
			}
			if shown := at.In(loc).Format(wallLayout); moved == (shown == wall) || shown < wall {
				t.Fatalf("%s %s: moved %v, shows %s", zone, wall, moved, shown)
			}
			if got := firstShowing(wall, at, loc); !moved && !got.Equal(at) {
				t.Fatalf("%s %s: %s is earlier than %s", zone, wall, got, at)
			}
		}
	}
}

// firstShowing searches the day before at, in quarter hours, for an instant that shows the same wall time.
func firstShowing(wall string, at time.Time, loc *time.Location) time.Time {
	for t := at.Add(-25 * time.Hour); t.Before(at); t = t.Add(15 * time.Minute) {
		if t.In(loc).Format(wallLayout) == wall {
			return t
		}
	}
	return at
}

func TestExpand(t *testing.T) {
	cases := []struct{ name, rule, start, zone, want string }{
		{"the gap moves forward", "FREQ=DAILY;COUNT=3", "2027-03-13T02:30", newYork, "2027-03-13T02:30 2027-03-14T03:30 2027-03-15T02:30"},
		{"leap days", "FREQ=YEARLY;COUNT=3", "2028-02-29T10:00", newYork, "2028-02-29T10:00 2032-02-29T10:00 2036-02-29T10:00"},
		{"last Tuesday", "FREQ=MONTHLY;BYDAY=-1TU;COUNT=4", "2026-09-29T18:00", newYork, "2026-09-29T18:00 2026-10-27T18:00 2026-11-24T18:00 2026-12-29T18:00"},
		{"the 31st", "FREQ=MONTHLY;COUNT=3", "2026-01-31T09:00", newYork, "2026-01-31T09:00 2026-03-31T09:00 2026-05-31T09:00"},
		{"last day of the month", "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3", "2026-01-31T09:00", newYork, "2026-01-31T09:00 2026-02-28T09:00 2026-03-31T09:00"},
		{"every other week on two days", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH;COUNT=4", "2026-10-27T18:00", newYork, "2026-10-27T18:00 2026-10-29T18:00 2026-11-10T18:00 2026-11-12T18:00"},
		{"week start matters (RFC 5545)", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "1997-08-05T09:00", newYork, "1997-08-05T09:00 1997-08-17T09:00 1997-08-19T09:00 1997-08-31T09:00"},
		{"second to last weekday (RFC 5545)", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2;COUNT=3", "1997-09-29T09:00", newYork, "1997-09-29T09:00 1997-10-30T09:00 1997-11-27T09:00"},
		{"Monday of week 20 (RFC 5545)", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO;COUNT=3", "1997-05-12T09:00", newYork, "1997-05-12T09:00 1998-05-11T09:00 1999-05-17T09:00"},
		{"a skipped day", "FREQ=DAILY;COUNT=4", "2011-12-28T18:00", "Pacific/Apia", "2011-12-28T18:00 2011-12-29T18:00 2011-12-31T18:00"},
		{"half-hour gap", "FREQ=WEEKLY;COUNT=3", "2026-09-27T02:15", "Australia/Lord_Howe", "2026-09-27T02:15 2026-10-04T02:45 2026-10-11T02:15"},
		{"until a date, that day included", "FREQ=WEEKLY;UNTIL=20261110", "2026-10-27T18:00", newYork, "2026-10-27T18:00 2026-11-03T18:00 2026-11-10T18:00"},
		{"until a local time", "FREQ=WEEKLY;UNTIL=20261110T175959", "2026-10-27T18:00", newYork, "2026-10-27T18:00 2026-11-03T18:00"},
		{"until the instant", "FREQ=WEEKLY;UNTIL=20261110T230000Z", "2026-10-27T18:00", newYork, "2026-10-27T18:00 2026-11-03T18:00 2026-11-10T18:00"},
		{"until a second before", "FREQ=WEEKLY;UNTIL=20261110T225959Z", "2026-10-27T18:00", newYork, "2026-10-27T18:00 2026-11-03T18:00"},
		{"lower case and prefix", "rrule:freq=daily;count=2", "2026-10-27T18:00", newYork, "2026-10-27T18:00 2026-10-28T18:00"},
		{"east of Greenwich, UTC until", "FREQ=DAILY;UNTIL=20261027T220000Z", "2026-10-27T12:00", "Pacific/Kiritimati", "2026-10-27T12:00 2026-10-28T12:00"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := starts(expand(t, Recurrence{Rule: c.rule, Start: c.start, TimeZone: c.zone})); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestExpandMarksMovedAndAmbiguous(t *testing.T) {
	gap := expand(t, Recurrence{Rule: "FREQ=DAILY;COUNT=3", Start: "2027-03-13T02:30"})
	if gap[0].Moved || !gap[1].Moved || gap[2].Moved {
		t.Errorf("moved: %+v", gap)
	}
	fold := expand(t, Recurrence{Rule: "FREQ=DAILY;COUNT=3", Start: "2026-10-31T01:30"})
	if fold[0].Ambiguous || !fold[1].Ambiguous || fold[1].StartsAt.Format(time.RFC3339) != "2026-11-01T05:30:00Z" {
		t.Errorf("ambiguous: %+v", fold)
	}
	if fold[1].EndsAt.Format(time.RFC3339) != "2026-11-01T07:00:00Z" {
		t.Errorf("ninety minutes across the change end at %s", fold[1].EndsAt)
	}
}

func TestExceptDates(t *testing.T) {
	r := Recurrence{Rule: "FREQ=WEEKLY;COUNT=4", Start: "2026-11-10T18:00", ExceptDates: []string{"2026-11-24"}}
	if got := starts(expand(t, r)); got != "2026-11-10T18:00 2026-11-17T18:00 2026-12-01T18:00" {
		t.Error(got)
	}
}

func TestRefusals(t *testing.T) {
	good := Recurrence{Rule: "FREQ=WEEKLY;COUNT=4", Start: "2026-11-10T18:00", TimeZone: newYork, Minutes: 60}
	with := func(change func(*Recurrence)) Recurrence {
		r := good
		change(&r)
		return r
	}
	rule := func(text string) Recurrence { return with(func(r *Recurrence) { r.Rule = text }) }
	cases := []struct {
		r    Recurrence
		want string
	}{
		{rule(""), "rule required"},
		{rule("COUNT=4"), "rule required"},
		{rule("FREQ=WEEKLY"), "rule unbounded"},
		{rule("FREQ=WEEKLY;COUNT=4;UNTIL=20270101"), "rule conflict"},
		{rule("FREQ=WEEKLY;COUNT=201"), "rule out_of_range"},
		{rule("FREQ=WEEKLY;COUNT=0"), "rule out_of_range"},
		{rule("FREQ=WEEKLY;COUNT=-1"), "rule out_of_range"},
		{rule("FREQ=WEEKLY;COUNT=4;INTERVAL=9223372036854775807"), "rule out_of_range"},
		{rule("FREQ=HOURLY;COUNT=4"), "rule unsupported"},
		{rule("FREQ=SECONDLY;COUNT=4"), "rule unsupported"},
		{rule("FREQ=DAILY;COUNT=4;BYHOUR=8,9"), "rule unsupported"},
		{rule("FREQ=DAILY;COUNT=4;BYMINUTE=8"), "rule unsupported"},
		{rule("FREQ=DAILY;COUNT=4;BYSECOND=8"), "rule unsupported"},
		{rule("FREQ=DAILY;COUNT=4;BYEASTER=1"), "rule unknown_part"},
		{rule("FREQ=DAILY;COUNT=4;DTSTART=20260101"), "rule unknown_part"},
		{rule("FREQ=DAILY;COUNT=4;COUNT=5"), "rule duplicate_part"},
		{rule("FREQ=DAILY;COUNT=4;"), "rule invalid"},
		{rule("FREQ=DAILY\nCOUNT=4"), "rule invalid"},
		{rule("FREQ=FORTNIGHTLY;COUNT=4"), "rule invalid"},
		{rule("FREQ=DAILY;UNTIL=2027-01-01"), "rule invalid"},
		{rule("FREQ=DAILY;UNTIL=20271301"), "rule invalid"},
		{rule("FREQ=WEEKLY;COUNT=4;BYMONTHDAY=1"), "rule conflict"},
		{rule("FREQ=MONTHLY;COUNT=4;BYWEEKNO=20"), "rule conflict"},
		{rule("FREQ=MONTHLY;COUNT=4;BYSETPOS=1"), "rule conflict"},
		{rule("FREQ=MONTHLY;COUNT=4;BYDAY=9MO"), "rule out_of_range"},
		{rule("FREQ=MONTHLY;COUNT=4;BYDAY=0TU"), "rule out_of_range"},
		{rule("FREQ=WEEKLY;COUNT=4;BYDAY=1TU"), "rule out_of_range"},
		{rule("FREQ=MONTHLY;COUNT=4;BYMONTHDAY=32"), "rule invalid"},
		{rule("FREQ=DAILY;UNTIL=20300101"), "rule too_many"},
		{rule("FREQ=YEARLY;COUNT=60"), "rule too_long"},
		{rule("FREQ=DAILY;UNTIL=20200101"), "rule empty"},
		{rule("FREQ=DAILY;UNTIL=20261110T225959Z"), "rule empty"},
		{rule("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=2"), "rule empty"},
		{rule("FREQ=WEEKLY;BYDAY=MO;COUNT=4"), "start not_in_rule"},
		{with(func(r *Recurrence) { r.Start = "2026-11-10T18:00Z" }), "start invalid"},
		{with(func(r *Recurrence) { r.Start = "9999-12-31T18:00" }), "start out_of_range"},
		{with(func(r *Recurrence) { r.TimeZone = "Mars/Olympus" }), "time_zone unknown"},
		{with(func(r *Recurrence) { r.TimeZone = "" }), "time_zone unknown"},
		{with(func(r *Recurrence) { r.TimeZone = "Local" }), "time_zone unknown"},
		{with(func(r *Recurrence) { r.TimeZone = "../etc/passwd" }), "time_zone unknown"},
		{with(func(r *Recurrence) { r.Minutes = 0 }), "minutes out_of_range"},
		{with(func(r *Recurrence) { r.ExceptDates = []string{"2026-11-17", "2026-11-18"} }), "except_dates/1 not_an_occurrence"},
		{with(func(r *Recurrence) { r.ExceptDates = []string{"tomorrow"} }), "except_dates/0 invalid"},
		{with(func(r *Recurrence) { r.Rule, r.ExceptDates = "FREQ=DAILY;COUNT=1", []string{"2026-11-10"} }), "except_dates empty"},
		{Recurrence{}, "rule required, start invalid, time_zone unknown, minutes out_of_range"},
	}
	for _, c := range cases {
		_, err := c.r.Expand(0)
		var got []string
		for _, e := range FieldErrors(err) {
			got = append(got, e.Field+" "+e.Code)
		}
		if s := strings.Join(got, ", "); s != c.want {
			t.Errorf("%+v: %q, want %q (%v)", c.r, s, c.want, err)
		}
	}
	if _, err := rule("FREQ=WEEKLY").Expand(0); !strings.Contains(err.Error(), "200") {
		t.Errorf("the bound is not named: %v", err)
	}
	if _, err := good.Expand(3); err == nil {
		t.Error("four occurrences passed a limit of three")
	}
}

func TestCalendarRule(t *testing.T) {
	cases := []struct {
		rule, start string
		holds       bool
		want        string
	}{
		{"FREQ=WEEKLY;COUNT=8", "2026-10-27T18:00", true, "FREQ=WEEKLY;COUNT=8"},
		{"freq=weekly;until=20261110", "2026-10-27T18:00", true, "FREQ=WEEKLY;UNTIL=20261110T230000Z"},
		{"FREQ=DAILY;COUNT=3", "2027-03-13T02:30", false, ""}, // one moved
		{"FREQ=DAILY;COUNT=3", "2026-10-31T00:30", false, ""}, // one lasts across the change
	}
	for _, c := range cases {
		got, holds, err := Recurrence{Rule: c.rule, Start: c.start, TimeZone: newYork, Minutes: 90}.CalendarRule()
		if err != nil || holds != c.holds || got != c.want {
			t.Errorf("%s: %q %v %v", c.rule, got, holds, err)
		}
	}
}

// slowSeries is daily and weekly recurrence by counting days, one by one, on a calendar, and its instants by trying every
// minute: nothing in it is shared with the code under test.
func slowSeries(start time.Time, weekly bool, interval, count int, days uint8, loc *time.Location) []time.Time {
	var out []time.Time
	monday := start.AddDate(0, 0, -(int(start.Weekday())+6)%7)
	for n := 0; len(out) < count; n++ {
		day := start.AddDate(0, 0, n)
		step := n
		if weekly {
			step = int(day.Sub(monday).Hours()/24) / 7
		}
		if step%interval != 0 || weekly && days&(1<<day.Weekday()) == 0 {
			continue
		}
		out = append(out, slowInstant(day, loc))
	}
	return out
}

func slowInstant(local time.Time, loc *time.Location) time.Time {
	want := local.Format(wallLayout)
	for t := local.Add(-15 * time.Hour); t.Before(local.Add(15 * time.Hour)); t = t.Add(time.Minute) {
		if t.In(loc).Format(wallLayout) == want {
			return t
		}
	}
	// Not shown that day: as long after the change as the wanted time is after the last minute shown before it.
	for back := 1; ; back++ {
		earlier := local.Add(-time.Duration(back) * time.Minute)
		if before, ok := shows(earlier, loc); ok {
			return before.Add(time.Duration(back) * time.Minute)
		}
	}
}

// shows finds the last instant that shows the wall time, which is the one next to the gap.
func shows(local time.Time, loc *time.Location) (time.Time, bool) {
	want := local.Format(wallLayout)
	for t := local.Add(15 * time.Hour); t.After(local.Add(-15 * time.Hour)); t = t.Add(-time.Minute) {
		if t.In(loc).Format(wallLayout) == want {
			return t, true
		}
	}
	return time.Time{}, false
}

var fuzzZones = []string{newYork, "Europe/London", "Australia/Lord_Howe", "America/Santiago", "Asia/Kolkata", "Pacific/Chatham", "Africa/Cairo", "UTC"}

func FuzzRecurrence(f *testing.F) {
	f.Add(uint16(310), uint16(18*60), uint8(0), uint8(1), uint8(8), uint8(0), true)
	f.Add(uint16(70), uint16(2*60+30), uint8(0), uint8(1), uint8(8), uint8(0), false)
	f.Add(uint16(300), uint16(60+30), uint8(0), uint8(1), uint8(8), uint8(0), false)
	f.Add(uint16(270), uint16(2*60+15), uint8(2), uint8(1), uint8(12), uint8(3), false)
	f.Add(uint16(90), uint16(60), uint8(1), uint8(3), uint8(20), uint8(0x55), true)
	f.Fuzz(func(t *testing.T, day, minute uint16, zone, interval, count, days uint8, weekly bool) {
		start := time.Date(2026, 1, 1, 0, int(minute%1440), 0, 0, time.UTC).AddDate(0, 0, int(day%1500))
		name := fuzzZones[int(zone)%len(fuzzZones)]
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		every, times := int(interval%5)+1, int(count%20)+1
		days |= 1 << start.Weekday()
		rule := fmt.Sprintf("FREQ=DAILY;INTERVAL=%d;COUNT=%d", every, times)
		if weekly {
			rule = fmt.Sprintf("FREQ=WEEKLY;INTERVAL=%d;COUNT=%d;BYDAY=%s", every, times, dayNames(days))
		}
		got, err := Recurrence{Rule: rule, Start: start.Format(wallLayout), TimeZone: name, Minutes: 60}.Expand(0)
		if err != nil {
			t.Fatalf("%s %s: %v", rule, start, err)
		}
		want := slowSeries(start, weekly, every, times, days, loc)
		if len(got) != len(want) {
			t.Fatalf("%s from %s in %s: %d occurrences, want %d", rule, start, name, len(got), len(want))
		}
		for i := range want {
			if !got[i].StartsAt.Equal(want[i]) {
				t.Fatalf("%s from %s in %s: occurrence %d at %s, want %s", rule, start.Format(wallLayout), name, i, got[i].StartsAt, want[i])
			}
		}
	})
}

func dayNames(days uint8) string {
	var out []string
	for i, name := range []string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"} {
		if days&(1<<i) != 0 {
			out = append(out, name)
		}
	}
	return strings.Join(out, ",")
}

// FuzzRule feeds any text as a rule: it must be refused or give a bounded, ordered series, and never panic.
func FuzzRule(f *testing.F) {
	for _, rule := range []string{
		"FREQ=WEEKLY;COUNT=4", "FREQ=MONTHLY;BYDAY=-5MO;COUNT=3", "FREQ=YEARLY;BYDAY=-53TU;COUNT=3", "FREQ=YEARLY;BYWEEKNO=-53,1,53;COUNT=9",
		"FREQ=MONTHLY;BYDAY=53MO;COUNT=2", "FREQ=YEARLY;BYYEARDAY=-366,366;BYSETPOS=-366;COUNT=2", "FREQ=DAILY;UNTIL=99991231T235959Z",
		"FREQ=YEARLY;BYMONTH=1,2;BYDAY=-5MO,5TU;COUNT=20", "FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO;WKST=SU;UNTIL=20401231",
	} {
		f.Add(rule, "2026-11-10T18:00")
	}
	f.Fuzz(func(t *testing.T, rule, start string) {
		out, err := Recurrence{Rule: rule, Start: start, TimeZone: newYork, Minutes: 60}.Expand(0)
		if err != nil {
			if len(FieldErrors(err)) == 0 {
				t.Fatalf("not a field error: %v", err)
			}
			return
		}
		if len(out) == 0 || len(out) > MaxOccurrences {
			t.Fatalf("%d occurrences", len(out))
		}
		for i := 1; i < len(out); i++ {
			if !out[i].StartsAt.After(out[i-1].StartsAt) {
				t.Fatalf("%s is not after %s", out[i].StartsAt, out[i-1].StartsAt)
			}
		}
	})
}
