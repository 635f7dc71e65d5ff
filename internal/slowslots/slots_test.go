package slowslots_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"homefront/internal/slowslots"
	"homefront/models"
)

// Ten thousand availabilities have the same slots by both.
func TestSlotsAgainstTheSlowWay(t *testing.T) {
	const lots, each = 20, 500
	var found, refused sync.Map
	t.Run("lots", func(t *testing.T) {
		for lot := range lots {
			t.Run(fmt.Sprint(lot), func(t *testing.T) {
				t.Parallel()
				r := rand.New(rand.NewPCG(uint64(lot), 29))
				n := 0
				for i := range each {
					one := slowslots.Random(r, slowslots.Bases[r.IntN(len(slowslots.Bases))])
					n += compareSlots(t, r, one, &refused)
					if t.Failed() {
						t.Fatalf("lot %d, number %d: %+v", lot, i, one)
					}
				}
				found.Store(lot, n)
			})
		}
	})
	total := 0
	found.Range(func(_, n any) bool { total += n.(int); return true })
	if total < 100*lots {
		t.Errorf("only %d slots in all: the test does not test much", total)
	}
	for _, why := range []models.Why{"", models.WhyTooSoon, models.WhyTooFar, models.WhyNotASlot, models.WhyDayFull, models.WhyWeekFull, "takes ", "takes not_a_slot", "takes day_full", "takes week_full"} {
		if _, ok := refused.Load(why); !ok {
			t.Errorf("never %q", why)
		}
	}
}

func compareSlots(t *testing.T, r *rand.Rand, one *slowslots.Case, seen *sync.Map) int {
	s := one.Slow()
	want := s.Slots()
	got, err := one.Slots(slowslots.At(one.From), slowslots.At(one.Until), slowslots.At(one.Now), one.Limits, 0)
	if err != nil {
		t.Error(err)
		return 0
	}
	same := func(a, b models.Slot) bool {
		return a.StartsAt.Equal(b.StartsAt) && a.EndsAt.Equal(b.EndsAt) && a.Moved == b.Moved
	}
	if !slices.EqualFunc(got, want, same) {
		t.Errorf("fast %v\nslow %v", got, want)
	}
	most := 1 + r.IntN(10)
	if some, err := one.Slots(slowslots.At(one.From), slowslots.At(one.Until), slowslots.At(one.Now), one.Limits, most); err != nil || !slices.EqualFunc(some, want[:min(most, len(want))], same) {
		t.Errorf("the first %d: %v %v", most, some, err)
	}
	for i := range 4 {
		at := one.From + r.IntN(one.Until-one.From)
		if i > 0 && len(want) > 0 {
			at = slowslots.Minute(want[r.IntN(len(want))].StartsAt) + r.IntN(2)*r.IntN(2)
		}
		why, err := one.Check(slowslots.At(at), slowslots.At(one.Now))
		if wanted := s.Why(at); err != nil || why != wanted {
			t.Errorf("%s: %q, and by the slow way %q (%v)", slowslots.At(at), why, wanted, err)
		}
		seen.Store(why, true)
		until := at + 1 + r.IntN(one.Coach.SessionMinutes)
		takes, err := one.Takes(models.TimeSpan{From: slowslots.At(at), Until: slowslots.At(until)}, slowslots.At(one.Now))
		if wanted := s.Takes(at, until); err != nil || takes != wanted {
			t.Errorf("from %s until %s: %q, and by the slow way %q (%v)", slowslots.At(at), slowslots.At(until), takes, wanted, err)
		}
		seen.Store("takes "+takes, true)
	}
	return len(want)
}
