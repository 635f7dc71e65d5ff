package models

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var slotZones = []string{"America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "Africa/Cairo", "America/St_Johns", "America/Santiago",
	"America/Havana", "Asia/Tehran", "Antarctica/Troll", "Pacific/Kiritimati", "UTC"}

// slotBases are days around which clocks change somewhere, or nowhere.
var slotBases = []time.Time{
	time.Date(2011, 12, 30, 0, 0, 0, 0, time.UTC), // Apia has no 30 December
	time.Date(2012, 4, 1, 0, 0, 0, 0, time.UTC),   // Apia, Lord Howe, Havana
	time.Date(2011, 11, 6, 0, 0, 0, 0, time.UTC),  // New York and St. John's, there a minute past midnight
	time.Date(2021, 3, 21, 0, 0, 0, 0, time.UTC),  // Tehran at midnight, Havana and New York the week before
	time.Date(2024, 4, 26, 0, 0, 0, 0, time.UTC),  // Cairo at midnight
	time.Date(2024, 10, 31, 0, 0, 0, 0, time.UTC), // Cairo back over midnight, New York days later
	time.Date(2026, 9, 5, 0, 0, 0, 0, time.UTC),   // Santiago at midnight
	time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC),  // Troll by two hours
	time.Date(2026, 10, 4, 0, 0, 0, 0, time.UTC),  // Lord Howe by half an hour
	time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC),
}

func someAvailability(r *rand.Rand) *rough {
	out := &rough{base: minuteOf(slotBases[r.IntN(len(slotBases))]), limits: r.IntN(4) > 0}
	near := func(days int) int { return out.base + r.IntN(2*days*aDay) - days*aDay }
	day := func(days int) Date { return DateOf(atMinute(near(days))) }
	home := slotZones[r.IntN(len(slotZones))]
	zone := func() string {
		if r.IntN(3) > 0 {
			return home
		}
		return slotZones[r.IntN(len(slotZones))]
	}
	out.from = near(3)
	out.until = out.from + 1 + r.IntN(5*aDay)
	out.now = out.from - r.IntN(8*aDay) + aDay
	c := &out.Coach
	c.TimeZone, c.SessionMinutes, c.SlotMinutes = home, 10+r.IntN(110), []int{5, 15, 20, 30, 45, 60, 50, 7}[r.IntN(8)]
	c.BeforeMinutes, c.AfterMinutes, c.NoticeHours, c.HorizonDays = r.IntN(3)*r.IntN(20), r.IntN(30), r.IntN(3)*r.IntN(30), 1+r.IntN(20)
	if r.IntN(3) == 0 {
		most := 1 + r.IntN(3)
		c.MaxPerDay = &most
	}
	if r.IntN(3) == 0 {
		most := 1 + r.IntN(8)
		c.MaxPerWeek = &most
	}
	for range r.IntN(4) {
		s := ScheduledHours{CoachSchedule: CoachSchedule{TimeZone: zone(), StartsOn: Date{Time: day(4).AddDate(0, 0, -r.IntN(60))}}}
		if r.IntN(4) == 0 {
			ends := Date{Time: s.StartsOn.AddDate(0, 0, r.IntN(70))}
			s.EndsOn = &ends
		}
		for range 1 + r.IntN(3) {
			from, until := someHours(r)
			s.Hours = append(s.Hours, CoachHours{Rule: someRule(r, s.StartsOn), FromTime: from, UntilTime: until})
		}
		out.Schedules = append(out.Schedules, s)
	}
	taken := map[Date]bool{}
	for range r.IntN(4) {
		o := CoachOverride{Day: day(5), TimeZone: zone()}
		for range r.IntN(3) {
			from, until := someHours(r)
			o.Windows = append(o.Windows, from+"-"+until)
		}
		if !taken[o.Day] {
			out.Overrides = append(out.Overrides, o)
		}
		taken[o.Day] = true
	}
	spans := func(n, longest int) (out []TimeSpan) {
		for range n {
			at := near(6)
			out = append(out, TimeSpan{From: atMinute(at), Until: atMinute(at + 1 + r.IntN(longest))})
		}
		return out
	}
	out.TimeOff, out.Busy = spans(r.IntN(3), aDay), spans(r.IntN(20), 180)
	for range r.IntN(12) {
		out.Counted = append(out.Counted, atMinute(near(10)))
	}
	if r.IntN(4) == 0 {
		out.Needed = ForCoachesOf(false)[:1]
		for range r.IntN(3) {
			ends := Date{Time: day(3).AddDate(0, 0, 2)}
			out.Credentials = append(out.Credentials, Credential{Kind: out.Needed[0], IssuedOn: Date{Time: ends.AddDate(0, 0, -r.IntN(8))}, ExpiresOn: &ends})
		}
	}
	return out
}

// someHours are round hours, odd ones, small hours in which clocks change, and whole days.
func someHours(r *rand.Rand) (from, until string) {
	text := func(m int) string { return fmt.Sprintf("%02d:%02d", m/60, m%60) }
	switch r.IntN(6) {
	case 0:
		return "00:00", "24:00"
	case 1:
		a := r.IntN(4 * 60)
		return text(a), text(a + 1 + r.IntN(120))
	case 2:
		return text(18*60 + r.IntN(300)), "24:00"
	}
	a := 15 * r.IntN(80)
	return text(a), text(a + 15*(1+r.IntN(96-a/15)))
}

func someRule(r *rand.Rand, start Date) string {
	names := []string{"MO", "TU", "WE", "TH", "FR", "SA", "SU"}
	rule := "FREQ=WEEKLY"
	if r.IntN(8) > 0 {
		r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		rule += ";BYDAY=" + strings.Join(names[:1+r.IntN(7)], ",")
	}
	if r.IntN(2) == 0 {
		rule += fmt.Sprintf(";INTERVAL=%d", 1+r.IntN(3))
	}
	if r.IntN(3) == 0 {
		rule += ";WKST=" + names[r.IntN(7)]
	}
	switch r.IntN(10) {
	case 0:
		rule += fmt.Sprintf(";COUNT=%d", 1+r.IntN(40))
	case 1:
		rule += ";UNTIL=" + start.AddDate(0, 0, r.IntN(70)).Format("20060102")
	}
	return rule
}

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
					one := someAvailability(r)
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
	for _, why := range []Why{"", WhyTooSoon, WhyTooFar, WhyNotASlot, WhyDayFull, WhyWeekFull} {
		if _, ok := refused.Load(why); !ok {
			t.Errorf("never %q", why)
		}
	}
}

func compareSlots(t *testing.T, r *rand.Rand, one *rough, seen *sync.Map) int {
	s := slow(one)
	want := s.slots(one)
	got, err := one.Slots(atMinute(one.from), atMinute(one.until), atMinute(one.now), one.limits, 0)
	if err != nil {
		t.Error(err)
		return 0
	}
	same := func(a, b Slot) bool {
		return a.StartsAt.Equal(b.StartsAt) && a.EndsAt.Equal(b.EndsAt) && a.Moved == b.Moved
	}
	if !slices.EqualFunc(got, want, same) {
		t.Errorf("fast %v\nslow %v", got, want)
	}
	most := 1 + r.IntN(10)
	if some, err := one.Slots(atMinute(one.from), atMinute(one.until), atMinute(one.now), one.limits, most); err != nil || !slices.EqualFunc(some, want[:min(most, len(want))], same) {
		t.Errorf("the first %d: %v %v", most, some, err)
	}
	for i := range 4 {
		at := one.from + r.IntN(one.until-one.from)
		if i > 0 && len(want) > 0 {
			at = minuteOf(want[r.IntN(len(want))].StartsAt) + r.IntN(2)*r.IntN(2)
		}
		why, err := one.Check(atMinute(at), atMinute(one.now))
		if wanted := s.why(at, one.base); err != nil || why != wanted {
			t.Errorf("%s: %q, and by the slow way %q (%v)", atMinute(at), why, wanted, err)
		}
		seen.Store(why, true)
	}
	return len(want)
}
