package models

import "time"

// Offered is for how long a coach works in a span: the hours of the schedules and overrides, without time off. What is booked
// in them is not taken out.
func (a *Availability) Offered(in TimeSpan) (time.Duration, error) {
	all, err := a.windows(in)
	if err != nil {
		return 0, err
	}
	for _, off := range a.TimeOff {
		all = withoutSpan(all, off)
	}
	var sum time.Duration
	for _, s := range joinedUp(all) {
		from, until := Later(s.From, in.From), Earlier(s.Until, in.Until)
		if from.Before(until) {
			sum += until.Sub(from)
		}
	}
	return sum, nil
}
