package slowslots

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"homefront/models"
)

var zones = []string{"America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "Africa/Cairo", "America/St_Johns", "America/Santiago",
	"America/Havana", "Asia/Tehran", "Antarctica/Troll", "Pacific/Kiritimati", "UTC"}

// Bases are days around which clocks change somewhere, or nowhere.
var Bases = []time.Time{
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

// Random is a case around a day.
func Random(r *rand.Rand, base time.Time) *Case {
	out := &Case{Base: Minute(base), Limits: r.IntN(4) > 0}
	near := func(days int) int { return out.Base + r.IntN(2*days*aDay) - days*aDay }
	day := func(days int) models.Date { return models.DateOf(At(near(days))) }
	home := zones[r.IntN(len(zones))]
	zone := func() string {
		if r.IntN(3) > 0 {
			return home
		}
		return zones[r.IntN(len(zones))]
	}
	out.From = near(3)
	out.Until = out.From + 1 + r.IntN(5*aDay)
	out.Now = out.From - r.IntN(8*aDay) + aDay
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
		s := models.ScheduledHours{CoachSchedule: models.CoachSchedule{TimeZone: zone(), StartsOn: models.Date{Time: day(4).AddDate(0, 0, -r.IntN(60))}}}
		if r.IntN(4) == 0 {
			ends := models.Date{Time: s.StartsOn.AddDate(0, 0, r.IntN(70))}
			s.EndsOn = &ends
		}
		for range 1 + r.IntN(3) {
			from, until := someHours(r)
			s.Hours = append(s.Hours, models.CoachHours{Rule: someRule(r, s.StartsOn), FromTime: from, UntilTime: until})
		}
		out.Schedules = append(out.Schedules, s)
	}
	taken := map[models.Date]bool{}
	for range r.IntN(4) {
		o := models.CoachOverride{Day: day(5), TimeZone: zone()}
		for range r.IntN(3) {
			from, until := someHours(r)
			o.Windows = append(o.Windows, from+"-"+until)
		}
		if !taken[o.Day] {
			out.Overrides = append(out.Overrides, o)
		}
		taken[o.Day] = true
	}
	spans := func(n, longest int) (out []models.TimeSpan) {
		for range n {
			at := near(6)
			out = append(out, models.TimeSpan{From: At(at), Until: At(at + 1 + r.IntN(longest))})
		}
		return out
	}
	out.TimeOff, out.Busy = spans(r.IntN(3), aDay), spans(r.IntN(20), 180)
	for range r.IntN(12) {
		out.Counted = append(out.Counted, At(near(10)))
	}
	if r.IntN(4) == 0 {
		out.Needed = models.ForCoachesOf(false)[:1]
		for range r.IntN(3) {
			ends := models.Date{Time: day(3).AddDate(0, 0, 2)}
			out.Credentials = append(out.Credentials, models.Credential{Kind: out.Needed[0], IssuedOn: models.Date{Time: ends.AddDate(0, 0, -r.IntN(8))}, ExpiresOn: &ends})
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

func someRule(r *rand.Rand, start models.Date) string {
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
