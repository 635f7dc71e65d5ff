package coaching

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/internal/coretest"
	"homefront/models"
	"homefront/services"
)

// SlotsAsked asks for slots as the use cases do.
type SlotsAsked struct {
	Coaches         []uuid.UUID
	From, Till, Now time.Time
	Limits, Minors  bool
	Members, Except []uuid.UUID
	Most            int // of all coaches together
}

func (q *SlotsAsked) asked() slotsAsked {
	return slotsAsked{coaches: q.Coaches, from: q.From, till: q.Till, now: q.Now, limits: q.Limits, minors: q.Minors, members: q.Members, except: q.Except, most: q.Most}
}

// SlotsOf answers each question with the slots of its coaches.
func (s *Service) SlotsOf(ctx context.Context, questions []SlotsAsked) ([]map[uuid.UUID][]Slot, error) {
	return services.Read(ctx, s.core, func(db *gorm.DB) (out []map[uuid.UUID][]Slot, err error) {
		for i := range questions {
			one, err := questions[i].asked().find(db)
			if err != nil {
				return nil, err
			}
			out = append(out, one)
		}
		return out, nil
	})
}

// AnySlot is a slot of one of several coaches, by number.
type AnySlot struct {
	Slot
	Coach int
}

// SlotsOfAny are those of any of the coaches, in order.
func (s *Service) SlotsOfAny(ctx context.Context, q SlotsAsked) ([]AnySlot, error) {
	return services.Read(ctx, s.core, func(db *gorm.DB) ([]AnySlot, error) {
		all, err := q.asked().ofAll(db)
		out := make([]AnySlot, len(all))
		for i := range all {
			out[i] = AnySlot{all[i].Slot, all[i].coach}
		}
		return out, err
	})
}

// Booked asks whether a session of a coach can be booked at a time by those who are coached, or one of another coach taken over.
type Booked struct {
	Coach   models.Coach
	At, Now time.Time
	Until   time.Time // of one that is taken over
	Except  []uuid.UUID
}

// BookedAnswer is why it cannot be booked, and whether it is taken over.
type BookedAnswer struct {
	Why   services.Code
	Takes bool
}

// WhyNotBooked answers questions of bookings.
func (s *Service) WhyNotBooked(ctx context.Context, questions []Booked) ([]BookedAnswer, error) {
	return services.Mutate(ctx, s.core, "test.slots", func(tx *services.Tx) (out []BookedAnswer, err error) {
		tx.Unchanged()
		for i := range questions {
			q := &questions[i]
			check := slotCheck{c: &q.Coach, now: q.Now}
			reads, err := check.read(tx.DB, []time.Time{q.At}, q.Except)
			if err == nil {
				err = tx.Batch(reads...)
			}
			if err != nil {
				return nil, err
			}
			var one BookedAnswer
			if one.Takes, err = check.takes(&models.CoachingSession{StartsAt: q.At, EndsAt: q.Until}); err != nil {
				return nil, err
			}
			check.a = nil // what was taken over counts no more
			if err = check.at(q.At); err != nil && !refusal(err) {
				return nil, err
			}
			one.Why = coretest.CodeOf(err)
			out = append(out, one)
		}
		return out, nil
	})
}
