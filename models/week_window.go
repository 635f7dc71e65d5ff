package models

import (
	"regexp"
	"slices"
	"time"
)

var weekWindow = regexp.MustCompile(`^(MO|TU|WE|TH|FR|SA|SU) ((?:[01][0-9]|2[0-3]):[0-5][0-9])-((?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)$`)

// weekDays are the days of RFC 5545, in the order of time.Weekday.
var weekDays = []string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"}

// WeekWindow is hours of one day of the week, by the clock on the wall.
type WeekWindow struct {
	Day         time.Weekday
	From, Until string // HH:MM, Until at most 24:00
}

// ParseWeekWindow reads a window such as "MO 18:00-20:00". It answers false for what is none.
func ParseWeekWindow(s string) (WeekWindow, bool) {
	m := weekWindow.FindStringSubmatch(s)
	if m == nil || m[2] >= m[3] {
		return WeekWindow{}, false
	}
	return WeekWindow{Day: time.Weekday(slices.Index(weekDays, m[1])), From: m[2], Until: m[3]}, true
}

// Holds says whether something lies within the window, in the zone of the given times.
func (w WeekWindow) Holds(starts, ends time.Time) bool {
	if starts.Weekday() != w.Day || starts.Format("15:04") < w.From {
		return false
	}
	until := ends.Format("15:04")
	switch days := DateOf(ends).Sub(DateOf(starts).Time); {
	case days == 0:
		return until <= w.Until
	case days == 24*time.Hour && until == "00:00":
		return w.Until == "24:00"
	}
	return false
}
