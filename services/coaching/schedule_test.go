package coaching_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
)

func TestWhenACoachWorks(t *testing.T) {
	p := openPractice(t)
	dana, alex := p.coach("Dana"), p.coach("Alex")
	e := p.engagement(dana, p.member())
	inside, evening := p.bookedAt(e, dana, practiceDay.Add(50*time.Hour)), p.bookedAt(e, dana, practiceDay.Add(58*time.Hour)) // Thursday 10:00 and 18:00
	outside := func(in []coaching.OutsideSession, want ...uuid.UUID) {
		t.Helper()
		got := []uuid.UUID{}
		for _, o := range in {
			got = append(got, o.SessionID)
		}
		if !slices.Equal(got, append([]uuid.UUID{}, want...)) {
			t.Errorf("outside are %v, want %v", got, want)
		}
	}
	ctx := p.coaches(dana)
	seen := must[*coaching.CoachAvailability](t)(p.Availability(ctx, dana))
	outside(seen.Outside, evening)
	if len(seen.Schedules) != 1 || len(seen.Schedules[0].Hours) != 1 || seen.Outside[0].Why != models.OutsideHours {
		t.Errorf("%+v", seen)
	}
	added := must[*coaching.CoachScheduleSaved](t)(p.CreateSchedule(ctx, dana, coaching.NewCoachSchedule{Name: " Evenings ", Hours: []coaching.CoachHoursInput{{Rule: "byday=th;freq=weekly", FromTime: "17:00", UntilTime: "20:00"}}}))
	outside(added.Outside)
	if added.Name != "Evenings" || added.TimeZone != "America/New_York" || added.StartsOn.String() != "2026-09-01" || added.Hours[0].Rule != "FREQ=WEEKLY;BYDAY=TH" {
		t.Errorf("%+v", added)
	}
	changed := must[*coaching.CoachScheduleSaved](t)(p.UpdateSchedule(ctx, added.ID, coaching.CoachSchedulePatch{EndsOn: services.Some(models.NewDate(2026, 9, 2))}))
	outside(changed.Outside, evening)
	if len(changed.Hours) != 1 || changed.Version != 2 {
		t.Errorf("%+v", changed)
	}
	must[*coaching.CoachScheduleSaved](t)(p.UpdateSchedule(p.desk(), added.ID, coaching.CoachSchedulePatch{EndsOn: services.Null[models.Date](), Hours: services.Some([]coaching.CoachHoursInput{})}))
	day := must[*coaching.CoachOverrideSaved](t)(p.PutOverride(ctx, dana, "2026-09-03", coaching.SetOverride{Windows: []string{"18:00-19:00"}}))
	outside(day.Outside, inside)
	same := must[*coaching.CoachOverrideSaved](t)(p.PutOverride(ctx, dana, "2026-09-03", coaching.SetOverride{Windows: []string{"18:00-18:30", "18:30-19:00"}}))
	if same.Version != 1 {
		t.Errorf("the same day again is version %d", same.Version)
	}
	off := must[*coaching.CoachTimeOffSaved](t)(p.CreateTimeOff(ctx, dana, coaching.NewCoachTimeOff{StartsAt: practiceDay.Add(48 * time.Hour), EndsAt: practiceDay.Add(72 * time.Hour), Note: "Away"}))
	outside(off.Outside, inside, evening)
	if off.Outside[1].Why != models.OutsideTimeOff || p.count(`select count(*) from coaching_sessions where state = 'booked'`) != 2 {
		t.Errorf("%+v", off.Outside)
	}
	if err := p.DeleteOverride(ctx, dana, "2026-09-03"); err != nil {
		t.Error(err)
	}
	refused(t, p.DeleteOverride(ctx, dana, "2026-09-03"), services.CodeNotFound)
	if err := p.DeleteTimeOff(ctx, off.ID); err != nil {
		t.Error(err)
	}
	if err := p.DeleteSchedule(ctx, added.ID); err != nil {
		t.Error(err)
	}
	outside(must[*coaching.CoachAvailability](t)(p.Availability(p.desk(), dana)).Outside, evening)
	if n := p.count(`select count(*) from audit_log where action = 'coach_hours.read' and outcome = 'read' and subjects = array[$1::uuid]`, dana); n != 1 {
		t.Errorf("%d looks of the coordinator", n)
	}

	// Another coach finds none of it, by no way.
	schedule := seen.Schedules[0].ID
	other := p.coaches(alex)
	_, err := p.Availability(other, dana)
	refused(t, err, services.CodeNotFound)
	_, err = p.Schedule(other, schedule)
	refused(t, err, services.CodeNotFound)
	_, err = p.UpdateSchedule(other, schedule, coaching.CoachSchedulePatch{Name: services.Some("Mine")})
	refused(t, err, services.CodeNotFound)
	refused(t, p.DeleteSchedule(other, schedule), services.CodeNotFound)
	_, err = p.CreateTimeOff(other, dana, coaching.NewCoachTimeOff{StartsAt: practiceDay, EndsAt: practiceDay.Add(time.Hour)})
	refused(t, err, services.CodeNotFound)
	p.couple(p.boss, dana)
	_, err = p.Availability(p.desk(), dana)
	refused(t, err, "own_record")
}

func TestAScheduleThatIsOver(t *testing.T) {
	p := openPractice(t)
	dana := p.coach("Dana")
	ctx, hours := p.coaches(dana), []coaching.CoachHoursInput{{Rule: "FREQ=WEEKLY;BYDAY=MO", FromTime: "09:00", UntilTime: "12:00"}}
	past := must[*coaching.CoachScheduleSaved](t)(p.CreateSchedule(ctx, dana, coaching.NewCoachSchedule{Name: "Spring", StartsOn: on(2026, 1, 1), EndsOn: on(2026, 6, 1), Hours: hours}))
	for range 18 {
		must[*coaching.CoachScheduleSaved](t)(p.CreateSchedule(ctx, dana, coaching.NewCoachSchedule{Name: "More"}))
	}
	last := must[*coaching.CoachScheduleSaved](t)(p.CreateSchedule(ctx, dana, coaching.NewCoachSchedule{Name: "Last", StartsOn: on(2026, 1, 1)}))
	_, err := p.UpdateSchedule(ctx, past.ID, coaching.CoachSchedulePatch{EndsOn: services.Null[models.Date]()}) // the 21st that is not over
	refused(t, err, coaching.CodeTooManyHours)
	over := must[*coaching.CoachScheduleSaved](t)(p.UpdateSchedule(ctx, last.ID, coaching.CoachSchedulePatch{EndsOn: services.Some(models.NewDate(2026, 6, 1))}))
	back := must[*coaching.CoachScheduleSaved](t)(p.UpdateSchedule(ctx, past.ID, coaching.CoachSchedulePatch{EndsOn: services.Null[models.Date]()}))
	if len(past.Hours) != 1 || over.Name != "Last" || over.EndsOn == nil || len(back.Hours) != 1 || back.EndsOn != nil {
		t.Errorf("%+v, %+v, %+v", past, over, back)
	}
}

func TestHoursThatAreNone(t *testing.T) {
	p := openPractice(t)
	dana := p.coach("Dana")
	ctx := p.coaches(dana)
	_, err := p.CreateSchedule(ctx, dana, coaching.NewCoachSchedule{Name: " ", TimeZone: "Mars", EndsOn: on(2026, 8, 1), Hours: []coaching.CoachHoursInput{
		{Rule: "FREQ=DAILY", FromTime: "09:00", UntilTime: "08:00"}, {Rule: "FREQ=WEEKLY;BYDAY=MO", FromTime: "09:00", UntilTime: "24:00"}}})
	if want := []string{"/ends_on before_start", "/hours/0/rule unsupported", "/hours/0/until_time before_start", "/name required", "/time_zone unknown"}; !slices.Equal(fieldsOf(err), want) {
		t.Error(fieldsOf(err))
	}
	for day, want := range map[string]string{"2026-08-31": "path/day out_of_range", "2028-09-02": "path/day out_of_range", "soon": "path/day bad_date", "2026-09-01": "/windows bad_window"} {
		if _, err := p.PutOverride(ctx, dana, day, coaching.SetOverride{Windows: []string{"12:00-09:00"}}); !slices.Contains(fieldsOf(err), want) {
			t.Errorf("%s: %v", day, fieldsOf(err))
		}
	}
	for _, in := range []coaching.NewCoachTimeOff{{StartsAt: practiceDay.Add(time.Hour), EndsAt: practiceDay.Add(time.Hour)}, {StartsAt: practiceDay.Add(-2 * time.Hour), EndsAt: practiceDay},
		{StartsAt: practiceDay, EndsAt: practiceDay.AddDate(1, 0, 2)}} {
		if _, err := p.CreateTimeOff(ctx, dana, in); codeOf(err) != services.CodeInvalid {
			t.Errorf("%+v: %v", in, err)
		}
	}
	for range 19 {
		must[*coaching.CoachScheduleSaved](t)(p.CreateSchedule(ctx, dana, coaching.NewCoachSchedule{Name: "More"}))
	}
	_, err = p.CreateSchedule(ctx, dana, coaching.NewCoachSchedule{Name: "Too many"})
	refused(t, err, coaching.CodeTooManyHours)
}

// When a coach is away is theirs to read, and coordinators', whose look is written down.
func TestWhoReadsWhenACoachIsAway(t *testing.T) {
	p := openPractice(t)
	dana := p.coach("Dana")
	off := must[*coaching.CoachTimeOffSaved](t)(p.CreateTimeOff(p.coaches(dana), dana, coaching.NewCoachTimeOff{StartsAt: practiceDay, EndsAt: practiceDay.Add(time.Hour), Note: "Away"}))
	for _, ctx := range []context.Context{p.coaches(dana), p.desk()} {
		if got := must[*models.CoachTimeOff](t)(p.TimeOff(ctx, off.ID)); got.CoachID != dana || got.Note != "Away" || !got.EndsAt.Equal(off.EndsAt) {
			t.Errorf("%+v", got)
		}
	}
	if n := p.count(`select count(*) from audit_log where action = 'coach_hours.read' and outcome = 'read' and $1 = any(subjects)`, dana); n != 1 {
		t.Errorf("%d looks", n)
	}
	for _, ctx := range []context.Context{p.coaches(p.coach("Omar")), p.as(p.member()), p.as(dana)} {
		_, err := p.TimeOff(ctx, off.ID)
		refused(t, err, services.CodeNotFound)
	}
	if err := p.DeleteTimeOff(p.coaches(dana), off.ID); err != nil {
		t.Error(err)
	}
	_, err := p.TimeOff(p.desk(), off.ID)
	refused(t, err, services.CodeNotFound)
}
