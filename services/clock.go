package services

import (
	"sync/atomic"
	"time"
)

// Clock is where services take the time from. The zero offset is real time; tests and RunDue set it.
type Clock struct{ fixed atomic.Pointer[time.Time] }

// Now is the current time in UTC, at the microsecond that PostgreSQL can keep.
func (c *Clock) Now() time.Time {
	if t := c.fixed.Load(); t != nil {
		return *t
	}
	return time.Now().UTC().Truncate(time.Microsecond)
}

// Set stops the clock at t.
func (c *Clock) Set(t time.Time) {
	t = t.UTC().Truncate(time.Microsecond)
	c.fixed.Store(&t)
}

// Advance moves a clock, stopping it.
func (c *Clock) Advance(d time.Duration) { c.Set(c.Now().Add(d)) }

// Reset lets real time go on, after time travel.
func (c *Clock) Reset() { c.fixed.Store(nil) }
