package models

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxWeeksApart bounds INTERVAL of weekly hours: once a year.
const maxWeeksApart = 52

var weekdayNames = []string{"MO", "TU", "WE", "TH", "FR", "SA", "SU"}

// WeeklyRule reads the RRULE of weekly hours and writes it in one form, as in FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;WKST=SU. From
// when it holds and until when is said by the schedule, so COUNT and UNTIL are refused, as is whatever else RFC 5545 knows.
// Errors: FieldError of "rule".
func WeeklyRule(text string) (string, error) {
	text = strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(text)), "RRULE:")
	parts := map[string]string{}
	var names []string
	for part := range strings.SplitSeq(text, ";") {
		name, value, ok := strings.Cut(part, "=")
		if err := checkPart(name, value, ok, names); err != nil {
			return "", err
		}
		names = append(names, name)
		parts[name] = value
	}
	for _, name := range names {
		if !slices.Contains([]string{"FREQ", "INTERVAL", "BYDAY", "WKST"}, name) {
			return "", ruleError("unsupported", name+" does not go with weekly hours: use FREQ=WEEKLY, BYDAY, INTERVAL and WKST, and the first and last day of the schedule")
		}
	}
	if parts["FREQ"] != "WEEKLY" {
		return "", ruleError("unsupported", "FREQ must be WEEKLY")
	}
	return weeklyText(parts)
}

func weeklyText(parts map[string]string) (string, error) {
	days := strings.Split(parts["BYDAY"], ",")
	for _, d := range days {
		if !slices.Contains(weekdayNames, d) {
			return "", ruleError("required", "BYDAY must list weekdays, such as BYDAY=MO,WE")
		}
	}
	out := "FREQ=WEEKLY"
	if n, _ := strconv.Atoi(parts["INTERVAL"]); n > maxWeeksApart {
		return "", ruleError("out_of_range", fmt.Sprintf("INTERVAL must be between 1 and %d", maxWeeksApart))
	} else if n > 1 {
		out += ";INTERVAL=" + strconv.Itoa(n)
	}
	out += ";BYDAY=" + strings.Join(slices.DeleteFunc(slices.Clone(weekdayNames), func(d string) bool { return !slices.Contains(days, d) }), ",")
	if first := parts["WKST"]; first != "" && first != "MO" {
		out += ";WKST=" + first
	}
	return out, nil
}

// DayWindows reads the windows of one day, HH:MM-HH:MM each, and writes them in order, joined where they overlap or touch.
// false for one that is none.
func DayWindows(texts []string) ([]string, bool) {
	type window struct{ from, until string }
	var all []window
	for _, text := range texts {
		from, until, ok := strings.Cut(strings.ReplaceAll(text, " ", ""), "-")
		if !ok || !IsWindow(from, until) {
			return nil, false
		}
		all = append(all, window{from, until})
	}
	slices.SortFunc(all, func(a, b window) int { return strings.Compare(a.from, b.from) })
	var joined []window
	for _, w := range all {
		if last := len(joined) - 1; last >= 0 && w.from <= joined[last].until {
			joined[last].until = max(joined[last].until, w.until)
			continue
		}
		joined = append(joined, w)
	}
	out := make([]string, len(joined))
	for i, w := range joined {
		out[i] = w.from + "-" + w.until
	}
	return out, true
}

// IsWindow says whether hours can be from one time of a day to another, which may be 24:00.
func IsWindow(from, until string) bool {
	return IsClock(from) && (IsClock(until) || until == "24:00") && from < until
}
