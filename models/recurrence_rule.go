package models

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/teambition/rrule-go"
)

// ruleParts are the parts a rule may have; other than these, RFC 5545 knows only those below daily frequency.
var ruleParts = []string{"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYDAY", "BYSETPOS"}

// zeroWeekday is "0MO", which the library takes for "MO".
var zeroWeekday = regexp.MustCompile(`(^|,)[+-]?0+[A-Z]`)

var (
	partValue = regexp.MustCompile(`^[A-Z0-9+,-]+$`) // and so no line break gets into a calendar file
	untilForm = regexp.MustCompile(`^\d{8}(T\d{6}Z?)?$`)
	wkstForm  = regexp.MustCompile(`^(MO|TU|WE|TH|FR|SA|SU)$`)
)

// splitRule reads the text of a rule, upper case, and refuses what the rule library would take in silence.
func splitRule(text string) ([]string, error) {
	text = strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(text)), "RRULE:")
	if text == "" {
		return nil, ruleError("required", "is required, such as FREQ=WEEKLY;COUNT=8")
	}
	if len(text) > 500 {
		return nil, ruleError("too_long", "must have at most 500 characters")
	}
	parts := strings.Split(text, ";")
	var names []string
	for _, part := range parts {
		name, value, ok := strings.Cut(part, "=")
		if err := checkPart(name, value, ok, names); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return parts, checkNames(names)
}

func checkPart(name, value string, ok bool, seen []string) error {
	switch {
	case !ok || value == "" || !partValue.MatchString(value):
		return ruleError("invalid", "must be NAME=VALUE parts joined by semicolons, such as FREQ=WEEKLY;COUNT=8")
	case slices.Contains([]string{"BYHOUR", "BYMINUTE", "BYSECOND"}, name):
		return ruleError("unsupported", name+" is not supported: the start gives the time of day")
	case !slices.Contains(ruleParts, name):
		return ruleError("unknown_part", fmt.Sprintf("%.20q is not a part of a recurrence rule", name))
	case slices.Contains(seen, name):
		return ruleError("duplicate_part", name+" is given twice")
	case name == "FREQ" && slices.Contains([]string{"HOURLY", "MINUTELY", "SECONDLY"}, value):
		return ruleError("unsupported", "FREQ must be DAILY, WEEKLY, MONTHLY or YEARLY")
	case name == "UNTIL" && !untilForm.MatchString(value):
		return ruleError("invalid", "UNTIL must be a date (20261231: through the end of that day), a local time (20261231T180000) or a UTC time (20261231T230000Z)")
	case name == "WKST" && !wkstForm.MatchString(value):
		return ruleError("invalid", "WKST must be a weekday such as MO")
	}
	return checkNumber(name, value)
}

func checkNumber(name, value string) error {
	limit := map[string]int{"COUNT": MaxOccurrences, "INTERVAL": maxInterval}[name]
	if limit == 0 {
		return nil
	}
	if n, err := strconv.Atoi(value); err != nil || n < 1 || n > limit {
		return ruleError("out_of_range", fmt.Sprintf("%s must be between 1 and %d", name, limit))
	}
	return nil
}

func checkNames(names []string) error {
	count, until := slices.Contains(names, "COUNT"), slices.Contains(names, "UNTIL")
	switch {
	case !slices.Contains(names, "FREQ"):
		return ruleError("required", "FREQ is required")
	case !count && !until:
		return ruleError("unbounded", fmt.Sprintf("needs COUNT or UNTIL; a series has at most %d occurrences", MaxOccurrences))
	case count && until:
		return ruleError("conflict", "COUNT and UNTIL exclude each other")
	}
	return nil
}

// checkOptions holds the rule against the table of RFC 5545 §3.3.10; the library takes the combinations it forbids, some
// for something else and some with a panic (FREQ=MONTHLY;BYDAY=9MO).
func (s *series) checkOptions() error {
	o := s.opts
	switch {
	case o.Freq == rrule.WEEKLY && len(o.Bymonthday) > 0:
		return ruleError("conflict", "BYMONTHDAY does not go with FREQ=WEEKLY")
	case o.Freq != rrule.YEARLY && len(o.Byyearday)+len(o.Byweekno) > 0:
		return ruleError("conflict", "BYYEARDAY and BYWEEKNO go with FREQ=YEARLY only")
	case len(o.Bysetpos) > 0 && len(o.Bymonth)+len(o.Bymonthday)+len(o.Byyearday)+len(o.Byweekno)+len(o.Byweekday) == 0:
		return ruleError("conflict", "BYSETPOS needs another BY part to choose from")
	}
	return s.checkWeekdays()
}

// checkWeekdays bounds the number before a weekday: the fifth Tuesday of a month, the 53rd of a year.
func (s *series) checkWeekdays() error {
	o := s.opts
	limit := 53
	switch {
	case o.Freq > rrule.MONTHLY:
		limit = 0
	case o.Freq == rrule.MONTHLY || len(o.Bymonth) > 0:
		limit = 5
	case len(o.Byweekno) > 0:
		limit = 0
	}
	for _, day := range o.Byweekday {
		if n := day.N(); n > limit || n < -limit {
			return ruleError("out_of_range", weekdayMessage(limit))
		}
	}
	if zeroWeekday.MatchString(s.value("BYDAY")) {
		return ruleError("out_of_range", weekdayMessage(limit))
	}
	return nil
}

func weekdayMessage(limit int) string {
	if limit == 0 {
		return "BYDAY takes no number before the weekday with this FREQ"
	}
	return fmt.Sprintf("the number before a weekday in BYDAY must be from 1 to %d or from -1 to -%d", limit, limit)
}
