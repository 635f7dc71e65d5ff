package demodata

import (
	"time"

	"homefront/models"
	"homefront/services/coaching"
)

// ending is how it ends, or rests, once it is booked.
func (l *loader) ending(c *client, booked []coaching.CoachingBooked) {
	nth := func(n int) time.Time { return booked[min(n, len(booked)-1)].EndsAt }
	switch c.fate {
	case reached:
		l.finishes(c, nth(len(booked)-1).Add(30*time.Hour))
	case left:
		l.leaves(c, nth(4).Add(20*time.Hour))
	case rests:
		l.restsFrom(c, nth(map[bool]int{true: 6, false: 2}[c.fast]).Add(21*time.Hour))
	}
}

// stops is a step after which nothing more happens.
func (l *loader) stops(c *client, at time.Time, what string, do func(at time.Time) error) {
	l.goesOn(c, at, what, func(at time.Time) error {
		c.over = at
		return do(at)
	})
}

func (l *loader) finishes(c *client, at time.Time) {
	l.stops(c, at, "has reached it", func(at time.Time) error {
		in := coaching.CompleteEngagement{}
		if c.n%3 == 1 {
			in.Reason = models.EngagementEndPackageUsed
		}
		_, err := l.s.Coaching.CompleteEngagement(l.at(at, c.with.who), c.id, in)
		return err
	})
}

// leaves: who is coached says so, or staff and the coach know why. Of a couple one leaves, and staff talk with the other.
func (l *loader) leaves(c *client, at time.Time) {
	l.stops(c, at, "ends it", func(at time.Time) error {
		by, in := c.acts(), coaching.EndEngagement{}
		switch {
		case c.joint():
			if _, err := l.s.Coaching.LeaveEngagement(l.at(at, c.who[1]), c.id); err != nil {
				return err
			}
			at, by, in = at.AddDate(0, 0, 3), l.desk(c.n), coaching.EndEngagement{Reason: models.EngagementEndOther, Words: "Talked with both. Each goes on alone, later."}
		case c.n%4 == 1:
			by, in = l.desk(c.n), coaching.EndEngagement{Reason: models.EngagementEndMoved}
		case c.n%4 == 2:
			by, in = l.desk(c.n), coaching.EndEngagement{Reason: models.EngagementEndNoContact, Words: "Four calls, a letter."}
		case c.n%4 == 3:
			by, in = c.with.who, coaching.EndEngagement{Reason: models.EngagementEndReferred, Words: "Needs more than coaching; walked over to the Vet Center together."}
		}
		_, err := l.s.Coaching.EndEngagement(l.at(at, by), c.id, in)
		return err
	})
}

func (l *loader) restsFrom(c *client, at time.Time) {
	l.stops(c, at, "rests", func(at time.Time) error {
		by, in := c.acts(), coaching.PauseEngagement{}
		switch c.n % 3 {
		case 1:
			by, in.ResumeOn = c.with.who, ptr(l.day(16))
		case 2:
			by = l.desk(c.n)
		}
		_, err := l.s.Coaching.PauseEngagement(l.at(at, by), c.id, in)
		return err
	})
}
