package coaching_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
)

// free lists the local starts of a coach's slots on one day.
func (p *practice) free(ctx context.Context, coach uuid.UUID, day, zone string) []string {
	p.t.Helper()
	return p.freeFor(ctx, coach, day, zone, uuid.Nil)
}

func (p *practice) freeFor(ctx context.Context, coach uuid.UUID, day, zone string, engagement uuid.UUID) []string {
	p.t.Helper()
	got, err := p.CoachSlots(ctx, coach, coaching.CoachSlotQuery{EngagementID: engagement, SlotDaysQuery: coaching.SlotDaysQuery{From: day, To: day, TimeZone: zone}})
	if err != nil {
		p.t.Fatal(err)
	}
	var out []string
	for _, d := range got.Days {
		if d.Day.String() != day {
			p.t.Errorf("asked for %s, got %s", day, d.Day)
		}
		for _, s := range d.Slots {
			out = append(out, s.LocalStart[len("2026-09-01T"):])
		}
	}
	return out
}

// busy books somebody as a workshop does.
func (p *practice) busy(kind models.ResourceKind, who uuid.UUID, from, until time.Time) {
	p.t.Helper()
	p.exec(`insert into resources (kind, id) values ($1, $2) on conflict do nothing`, string(kind), who)
	p.exec(`insert into commitments (id, resource_kind, resource_id, during, starts_at, ends_at, source, source_id) values ($1, $2, $3, tstzrange($4, $5), $4, $5, 'workshop_session', $1)`,
		services.NewID(), string(kind), who, from, until)
}

func (p *practice) session(engagement, coach uuid.UUID, state models.CoachingState, at time.Time) {
	p.t.Helper()
	var closed *time.Time
	if !state.Live() {
		closed = &at
	}
	p.exec(`insert into coaching_sessions (id, created_at, updated_at, engagement_id, coach_id, state, starts_at, ends_at, time_zone, modality, booked_by, chain_id, closed_at)
		values ($1, $2, $2, $3, $4, $5, $6, $7, 'America/New_York', 'online', $4, $1, $8)`, services.NewID(), practiceDay, engagement, coach, string(state), at, at.Add(50*time.Minute), closed)
}

// inNewYork is a time on the wall there.
func inNewYork(t *testing.T, wall string) time.Time {
	t.Helper()
	at, _, _, err := models.LocalTime(wall, "America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestSlotsAreWhatIsLeftOfTheHours(t *testing.T) {
	p := openPractice(t)
	dana, me := p.coach(), p.as(p.member())
	if got := p.free(me, dana, "2026-09-03", "America/New_York"); len(got) != 15 || got[0] != "09:00" || got[14] != "16:00" {
		t.Errorf("a day of eight hours: %v", got)
	}
	if got := p.free(me, dana, "2026-09-03", ""); len(got) != 15 || got[0] != "09:00" {
		t.Errorf("in one's own zone: %v", got)
	}
	if got := p.free(me, dana, "2026-09-03", "America/Los_Angeles"); len(got) != 15 || got[0] != "06:00" {
		t.Errorf("seen from Los Angeles: %v", got)
	}
	if got := p.free(me, dana, "2026-09-02", "America/New_York"); len(got) != 15 {
		t.Errorf("a day's notice: %v", got)
	}
	p.core.Clock.Set(practiceDay.Add(90 * time.Minute))
	if got := p.free(me, dana, "2026-09-02", "America/New_York"); len(got) != 14 || got[0] != "09:30" {
		t.Errorf("an hour and a half later: %v", got)
	}
	p.busy(models.ResourcePerson, dana, inNewYork(t, "2026-09-03T10:00"), inNewYork(t, "2026-09-03T15:00"))
	if got := p.free(me, dana, "2026-09-03", "America/New_York"); !slices.Equal(got, []string{"09:00", "15:00", "15:30", "16:00"}) {
		t.Errorf("around a workshop from ten to three, with ten minutes before it: %v", got)
	}
	p.exec(`insert into coach_time_off (id, created_at, updated_at, coach_id, starts_at, ends_at) values ($1, $2, $2, $3, $4, $5)`,
		services.NewID(), practiceDay, dana, inNewYork(t, "2026-09-03T16:30"), inNewYork(t, "2026-09-05T00:00"))
	if got := p.free(me, dana, "2026-09-03", "America/New_York"); !slices.Equal(got, []string{"09:00", "15:00", "15:30"}) {
		t.Errorf("off from half past four: %v", got)
	}
	p.exec(`insert into coach_overrides (id, created_at, updated_at, coach_id, day, time_zone, windows) values ($1, $2, $2, $3, '2026-09-06', 'America/New_York', '{10:15-12:00}')`, services.NewID(), practiceDay, dana)
	if got := p.free(me, dana, "2026-09-06", "America/New_York"); !slices.Equal(got, []string{"10:15", "10:45"}) {
		t.Errorf("one Sunday: %v", got)
	}
}

func TestSlotsKeepTheWallClockOfTheCoach(t *testing.T) {
	p := openPractice(t)
	dana, me := p.coach(), p.as(p.member())
	p.exec(`update coaches set horizon_days = 120 where id = $1`, dana)
	for day, first := range map[string]string{"2026-10-26": "13:00", "2026-10-30": "13:00", "2026-11-02": "14:00"} { // London left summer time on 25 October, New York on 1 November
		if got := p.free(me, dana, day, "Europe/London"); got[0] != first {
			t.Errorf("nine in New York on %s in London: %v", day, got)
		}
	}
	p.exec(`insert into coach_overrides (id, created_at, updated_at, coach_id, day, time_zone, windows) values ($1, $2, $2, $3, '2026-11-01', 'America/New_York', '{00:30-03:00}')`, services.NewID(), practiceDay, dana)
	got, err := p.CoachSlots(me, dana, coaching.CoachSlotQuery{SlotDaysQuery: coaching.SlotDaysQuery{From: "2026-11-01", To: "2026-11-01", TimeZone: "America/New_York"}})
	if err != nil || len(got.Days) != 1 {
		t.Fatal(err, got)
	}
	var seen []string
	for _, s := range got.Days[0].Slots {
		text := s.LocalStart[11:] + s.UTCOffset
		if s.Ambiguous {
			text += "?"
		}
		seen = append(seen, text)
	}
	if !slices.Equal(seen, []string{"00:30-04:00", "01:00-04:00?", "01:30-04:00?", "01:00-05:00?", "01:30-05:00?", "02:00-05:00"}) {
		t.Errorf("the night with an hour twice: %v", seen)
	}
}

func TestSlotsWithinTheLimits(t *testing.T) {
	p := openPractice(t)
	dana := p.coach()
	mia := p.member()
	e := p.engagement(dana, mia)
	me := p.as(mia)
	p.exec(`update coaches set max_per_day = 2, max_per_week = 3 where id = $1`, dana)
	p.session(e, dana, models.CoachingBooked, inNewYork(t, "2026-09-09T09:00"))
	p.session(e, dana, models.CoachingCancelledByMember, inNewYork(t, "2026-09-09T10:00"))
	if got := p.free(me, dana, "2026-09-09", ""); len(got) == 0 {
		t.Error("one session of two a day, and one that was called off")
	}
	p.session(e, dana, models.CoachingCompleted, inNewYork(t, "2026-09-09T11:00"))
	if got := p.free(me, dana, "2026-09-09", ""); len(got) != 0 {
		t.Errorf("two sessions a day: %v", got)
	}
	if got := p.free(me, dana, "2026-09-11", ""); len(got) == 0 {
		t.Error("two of three in the week")
	}
	p.session(e, dana, models.CoachingRequested, inNewYork(t, "2026-09-07T09:00"))
	for day, free := range map[string]bool{"2026-09-11": false, "2026-09-14": true, "2026-09-04": true} {
		if got := p.free(me, dana, day, ""); len(got) > 0 != free {
			t.Errorf("with the week from Monday 7 September full, %s: %v", day, got)
		}
	}
	p.exec(`update credentials set expires_on = '2026-09-15' where member_id = $1 and kind = 'coach_training'`, dana)
	if len(p.free(me, dana, "2026-09-15", "")) == 0 || len(p.free(me, dana, "2026-09-16", "")) != 0 {
		t.Error("the training counts through the fifteenth")
	}
}

func TestWhyThereAreNoSlots(t *testing.T) {
	p := openPractice(t)
	dana, me := p.coach(), p.as(p.member())
	p.exec(`update coaches set notice_hours = 72, horizon_days = 30 where id = $1`, dana)
	why := func(from, to string) (string, string) {
		t.Helper()
		got, err := p.CoachSlots(me, dana, coaching.CoachSlotQuery{SlotDaysQuery: coaching.SlotDaysQuery{From: from, To: to, TimeZone: "America/New_York"}})
		if err != nil || got.Empty == nil {
			t.Fatalf("%s to %s: %+v %v", from, to, got, err)
		}
		if got.Empty.NextDay == nil {
			return got.Empty.Why, ""
		}
		return got.Empty.Why, *got.Empty.NextDay
	}
	for _, one := range []struct{ from, to, why, next string }{
		{"2026-08-01", "2026-08-05", "over", "2026-09-04"},
		{"2026-09-02", "2026-09-03", "too_soon", "2026-09-04"},
		{"2026-09-05", "2026-09-06", "none_free", "2026-09-07"},
		{"2026-10-02", "2026-10-08", "too_far", "2026-09-04"},
	} {
		if why, next := why(one.from, one.to); why != one.why || next != one.next {
			t.Errorf("%s to %s: %s, next %s; want %s, %s", one.from, one.to, why, next, one.why, one.next)
		}
	}
	p.exec(`update coaches set suspended_at = $2 where id = $1`, dana, practiceDay)
	_, err := p.CoachSlots(me, dana, coaching.CoachSlotQuery{})
	refused(t, err, services.CodeNotFound)
	me = p.desk()
	if why, next := why("2026-09-07", "2026-09-08"); why != "none_free" || next != "" {
		t.Errorf("suspended: %s, next %s", why, next)
	}
	for _, in := range []coaching.SlotDaysQuery{{From: "2026-09-07", To: "2026-09-06"}, {From: "2026-09-07", To: "2026-11-08"}, {From: "7 September"}, {TimeZone: "Mars/Olympus"}} {
		if _, err := p.CoachSlots(me, dana, coaching.CoachSlotQuery{SlotDaysQuery: in}); !errors.Is(err, services.Invalid()) {
			t.Errorf("%+v: %v", in, err)
		}
	}
	if _, err := p.CoachSlots(me, services.NewID(), coaching.CoachSlotQuery{}); !errors.Is(err, services.NotFound("")) {
		t.Error(err)
	}
}

func TestSlotsOfAnEngagementLeaveOutItsPeoplesSessions(t *testing.T) {
	p := openPractice(t)
	dana, mia, ben := p.coach(), p.member(), p.member("Ben")
	couple := p.engagement(dana, mia, ben)
	p.busy(models.ResourcePerson, ben, inNewYork(t, "2026-09-03T09:00"), inNewYork(t, "2026-09-03T16:00"))
	if got := p.freeFor(p.as(mia), dana, "2026-09-03", "", couple); !slices.Equal(got, []string{"16:00"}) {
		t.Errorf("with Ben, who has a session until four: %v", got)
	}
	if got := p.free(p.as(mia), dana, "2026-09-03", ""); len(got) != 15 {
		t.Errorf("without him: %v", got)
	}
	if _, err := p.CoachSlots(p.as(p.member("Eve")), dana, coaching.CoachSlotQuery{EngagementID: couple}); !errors.Is(err, services.NotFound("")) {
		t.Errorf("somebody else's engagement: %v", err)
	}
	teen := p.child(mia, true)
	alone := p.engagement(dana, teen)
	p.exec(`delete from credentials where member_id = $1 and kind = 'child_safety_training'`, dana)
	if got := p.freeFor(p.desk(), dana, "2026-09-04", "", alone); len(got) != 0 {
		t.Errorf("a minor, and a coach who is not trained for minors: %v", got)
	}
}

func TestSlotsOfAnyCoach(t *testing.T) {
	p := openPractice(t)
	dana, eli := p.coach("Dana"), p.coach("Eli")
	mia := p.member()
	p.engagement(dana, p.member("Ann"))
	p.exec(`update coaches set specialties = '{grief}', languages = '{en,es}' where id = $1`, eli)
	ask := func(change func(*coaching.AnySlotQuery)) *coaching.AnySlots {
		t.Helper()
		in := coaching.AnySlotQuery{SlotDaysQuery: coaching.SlotDaysQuery{From: "2026-09-03", To: "2026-09-04", TimeZone: "America/New_York"}, Limit: 5}
		if change != nil {
			change(&in)
		}
		got, err := p.AnySlots(p.as(mia), in)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	got := ask(nil)
	if len(got.Slots) != 5 || !got.More || len(got.Coaches) != 2 || got.Slots[0].CoachID != eli || got.Slots[1].CoachID != dana || !got.Slots[0].StartsAt.Equal(got.Slots[1].StartsAt) ||
		got.Slots[4].LocalStart != "2026-09-03T10:00" || got.Coaches[0].Name != "Eli O." {
		t.Errorf("%+v", got)
	}
	only := func(who uuid.UUID, got *coaching.AnySlots) {
		t.Helper()
		if len(got.Coaches) != 1 || got.Coaches[0].ID != who {
			t.Errorf("%+v", got.Coaches)
		}
	}
	only(dana, ask(func(in *coaching.AnySlotQuery) { in.Specialty = "sleep" }))
	only(eli, ask(func(in *coaching.AnySlotQuery) { in.Language = "es" }))
	if all := ask(func(in *coaching.AnySlotQuery) { in.Limit = 100 }); len(all.Slots) != 60 || all.More {
		t.Errorf("two coaches, two days: %d", len(all.Slots))
	}
	p.exec(`update coaches set caseload_limit = 1 where id = $1`, dana)
	only(eli, ask(nil))
	p.exec(`update coaches set caseload_limit = 9 where id = $1`, dana)
	p.apart(mia, eli, models.SeparationMutual)
	only(dana, ask(nil))
	if _, err := p.CoachSlots(p.as(mia), eli, coaching.CoachSlotQuery{}); !errors.Is(err, services.NotFound("")) {
		t.Errorf("somebody one is kept apart from: %v", err)
	}
	p.couple(mia, dana)
	if none := ask(nil); len(none.Slots) != 0 || none.Empty == nil || none.Empty.Why != "none_free" || none.Empty.NextDay != nil {
		t.Errorf("a coach who is a spouse: %+v", none)
	}
}
