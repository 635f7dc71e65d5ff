package coaching_test

import (
	"testing"
	"time"

	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
)

// Which sessions begin later than asked for because the clock has no such hour is told of each by itself, whichever are booked.
func TestWhichSessionsOfASeriesTheClockMoves(t *testing.T) {
	p := openPractice(t)
	coach, mia := p.coach(), p.member()
	e := p.engagement(coach, mia)
	start := time.Date(2027, 3, 7, 7, 30, 0, 0, time.UTC) // half past two in New York, a week before the clocks go forward
	p.core.Clock.Set(start.AddDate(0, 0, -3))
	p.commit(services.NewID(), coach, start)
	id := services.NewID()
	in := coaching.BookCoaching{ID: &id, EngagementID: e, StartsAt: start, Modality: models.ModalityPhone, TimeZone: "America/New_York", Repeat: &coaching.CoachingRepeat{EveryWeeks: 1, Times: 3}}
	for _, sent := range []string{"first", "again"} {
		b := p.booking(p.BookSession(p.desk(), in)).Series.Booked
		if len(b) != 2 || b[0].LocalStart != "2027-03-14T03:30" || !b[0].Moved || b[1].LocalStart != "2027-03-21T02:30" || b[1].Moved {
			t.Errorf("%s: %+v", sent, b)
		}
	}
	session := p.text(`select id from coaching_sessions where starts_at = '2027-03-21T06:30:00Z'`)
	p.exec(`update coaching_sessions set starts_at = starts_at + interval '1 hour', ends_at = ends_at + interval '1 hour' where id = $1`, session)
	for _, c := range must[*coaching.CoachingSeriesCancelled](t)(p.CancelSeries(p.desk(), id, coaching.CancelCoaching{Reason: "The coach moves away"})).Cancelled {
		if c.Moved {
			t.Errorf("what people moved is told as moved by the clock: %+v", c)
		}
	}
}
