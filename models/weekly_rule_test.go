package models

import (
	"slices"
	"testing"
	"time"
)

func TestWeeklyRulesAreWrittenInOneForm(t *testing.T) {
	for in, want := range map[string]string{
		"freq=weekly;byday=we,mo,we":                      "FREQ=WEEKLY;BYDAY=MO,WE",
		"RRULE:BYDAY=SA;INTERVAL=2;FREQ=WEEKLY;WKST=SU":   "FREQ=WEEKLY;INTERVAL=2;BYDAY=SA;WKST=SU",
		" FREQ=WEEKLY;INTERVAL=1;BYDAY=MO,TU,FR;WKST=MO ": "FREQ=WEEKLY;BYDAY=MO,TU,FR",
		"FREQ=WEEKLY;INTERVAL=52;BYDAY=SU":                "FREQ=WEEKLY;INTERVAL=52;BYDAY=SU",
		"FREQ=WEEKLY":                                     "rule required",
		"FREQ=WEEKLY;BYDAY=":                              "rule invalid",
		"FREQ=WEEKLY;BYDAY=2MO":                           "rule required",
		"FREQ=WEEKLY;BYDAY=MO;COUNT=3":                    "rule unsupported",
		"FREQ=WEEKLY;BYDAY=MO;UNTIL=20261231":             "rule unsupported",
		"FREQ=WEEKLY;BYDAY=MO;BYHOUR=9":                   "rule unsupported",
		"FREQ=DAILY;BYDAY=MO":                             "rule unsupported",
		"FREQ=WEEKLY;FREQ=WEEKLY;BYDAY=MO":                "rule duplicate_part",
		"FREQ=WEEKLY;BYDAY=MO;INTERVAL=0":                 "rule out_of_range",
		"FREQ=WEEKLY;BYDAY=MO;INTERVAL=53":                "rule out_of_range",
		"FREQ=WEEKLY;BYDAY=MO\r\nX-EVIL:1":                "rule invalid",
		"":                                                "rule invalid",
	} {
		got, err := WeeklyRule(in)
		if errs := FieldErrors(err); len(errs) == 1 {
			got = errs[0].Field + " " + errs[0].Code
		}
		if got != want {
			t.Errorf("%q gives %q, want %q", in, got, want)
		}
	}
}

func TestWindowsOfADayAreJoined(t *testing.T) {
	got, ok := DayWindows([]string{"13:00-24:00", "09:00 - 11:00", "10:30-12:00", "12:00-12:30"})
	if want := []string{"09:00-12:30", "13:00-24:00"}; !ok || !slices.Equal(got, want) {
		t.Errorf("%v %v", got, ok)
	}
	if got, ok := DayWindows(nil); !ok || len(got) != 0 {
		t.Errorf("no window is %v %v", got, ok)
	}
	for _, bad := range []string{"9:00-12:00", "12:00-09:00", "12:00-12:00", "09:00", "24:00-24:00", "09:00-24:30", "09:00-10:00-11:00"} {
		if _, ok := DayWindows([]string{bad}); ok {
			t.Errorf("%q is taken", bad)
		}
	}
}

// What is booked must lie in hours that may be of several schedules, and clear of time off.
func TestWhatLiesOutsideTheHours(t *testing.T) {
	at := func(day, hour, minute int) time.Time {
		return time.Date(2026, time.October, day, hour, minute, 0, 0, time.UTC)
	}
	schedule := func(from, until string) ScheduledHours {
		return ScheduledHours{CoachSchedule: CoachSchedule{TimeZone: newYork, StartsOn: NewDate(2026, time.January, 5)}, Hours: []CoachHours{{Rule: "FREQ=WEEKLY;BYDAY=MO,TU,WE", FromTime: from, UntilTime: until}}}
	}
	a := &Availability{Schedules: []ScheduledHours{schedule("09:00", "12:00"), schedule("12:00", "15:00")},
		Overrides: []CoachOverride{{Day: NewDate(2026, time.October, 7), TimeZone: newYork}}, TimeOff: []TimeSpan{{at(6, 18, 0), at(6, 20, 0)}}}
	spans := []TimeSpan{{at(5, 15, 30), at(5, 16, 20)}, {at(5, 18, 30), at(5, 19, 20)}, {at(6, 17, 30), at(6, 18, 1)}, {at(6, 17, 0), at(6, 18, 0)}, {at(7, 15, 0), at(7, 15, 50)}, {at(8, 15, 0), at(8, 15, 50)}}
	got, err := a.Outside(spans)
	if want := []WhyOutside{"", OutsideHours, OutsideTimeOff, "", OutsideHours, OutsideHours}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v %v", got, err)
	}
	if got, err := a.Outside(nil); err != nil || len(got) != 0 {
		t.Errorf("%v %v", got, err)
	}
}

func TestCredentialsAreWarnedOfInStages(t *testing.T) {
	end := NewDate(2026, time.May, 31)
	c := Credential{IssuedOn: NewDate(2024, time.June, 1), ExpiresOn: &end}
	for day, want := range map[string]int{"2026-03-31": 0, "2026-04-01": 1, "2026-04-30": 1, "2026-05-01": 2, "2026-05-23": 2, "2026-05-24": 3, "2026-05-31": 3, "2026-06-01": Lapsed} {
		on, _ := ParseDate(day)
		if got := c.WarnStage(on); got != want {
			t.Errorf("on %s stage %d, want %d", day, got, want)
		}
	}
}
