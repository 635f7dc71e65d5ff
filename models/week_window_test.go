package models

import (
	"testing"
	"time"
)

func TestAWindowOfTheWeek(t *testing.T) {
	for _, bad := range []string{"", "MO 18:00", "XX 18:00-20:00", "MO 20:00-18:00", "MO 18:00-18:00", "MO 24:00-24:00", "mo 18:00-20:00", "MO 18:00-24:30"} {
		if _, ok := ParseWeekWindow(bad); ok {
			t.Errorf("%q is no window", bad)
		}
	}
	loc, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	at := func(day, hour, minute int) time.Time {
		return time.Date(2026, time.October, day, hour, minute, 0, 0, loc)
	} // the 26th is a Monday
	evening, _ := ParseWeekWindow("MO 18:00-20:00")
	late, _ := ParseWeekWindow("MO 22:00-24:00")
	for _, c := range []struct {
		window       WeekWindow
		starts, ends time.Time
		want         bool
	}{
		{evening, at(26, 18, 0), at(26, 18, 50), true},
		{evening, at(26, 19, 10), at(26, 20, 0), true},
		{evening, at(26, 19, 30), at(26, 20, 20), false},
		{evening, at(26, 17, 30), at(26, 18, 20), false},
		{evening, at(27, 18, 0), at(27, 18, 50), false},
		{late, at(26, 23, 0), at(27, 0, 0), true},
		{late, at(26, 23, 30), at(27, 0, 20), false},
		{evening, at(26, 19, 0), at(27, 0, 0), false},
	} {
		if got := c.window.Holds(c.starts, c.ends); got != c.want {
			t.Errorf("%v to %v within %v: %t", c.starts, c.ends, c.window, got)
		}
	}
}
