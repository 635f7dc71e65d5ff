package models

// WhyOutside is why a booked session is at a time at which its coach does not work.
type WhyOutside string

// The reasons.
const (
	OutsideTimeOff WhyOutside = "time_off"
	OutsideHours   WhyOutside = "outside_hours"
)

// Outside says of each span, in their order, why the coach does not work all of it; "" when they do.
func (a *Availability) Outside(spans []TimeSpan) ([]WhyOutside, error) {
	out := make([]WhyOutside, len(spans))
	if len(spans) == 0 {
		return out, nil
	}
	all := spans[0]
	for _, s := range spans {
		all.From, all.Until = Earlier(all.From, s.From), Later(all.Until, s.Until)
	}
	windows, err := a.windows(all)
	if err != nil {
		return nil, err
	}
	hours, off := joinedUp(windows), spansInOrder(a.TimeOff)
	for i, s := range spans {
		switch {
		case anyMeets(off, s.From, s.Until):
			out[i] = OutsideTimeOff
		case !within(hours, s):
			out[i] = OutsideHours
		}
	}
	return out, nil
}

// within says whether one of the stretches holds all of a span.
func within(hours []stretch, s TimeSpan) bool {
	for i := range hours {
		if !hours[i].From.After(s.From) && !hours[i].Until.Before(s.Until) {
			return true
		}
	}
	return false
}
