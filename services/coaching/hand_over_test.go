package coaching_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
)

func TestAHandOverTakesAlongWhatFits(t *testing.T) {
	p := openPractice(t)
	from, to, mia, leo := p.coach(), p.coach("Sam"), p.member(), p.member("Leo")
	e := p.engagement(from, mia, leo)
	first, second := practiceDay.AddDate(0, 0, 7).Add(2*time.Hour), practiceDay.AddDate(0, 0, 14).Add(2*time.Hour)
	fits, clashes := p.appointment(e, from, first, mia, leo), p.appointment(e, from, second, mia, leo)
	p.commit(services.NewID(), to, second.Add(30*time.Minute)) // a workshop they lead, say
	must[*coaching.EngagementView](t)(p.AskForAnotherCoach(p.as(mia), e))

	h := p.proposed(e, to, true)
	_, err := p.HandOver(p.coaches(from), e, coaching.ProposeHandOver{ToCoachID: to})
	refused(t, err, "already_proposed")
	if p.mails(models.NoticeCoachingHandOver, mia) != 1 || p.mails(models.NoticeCoachingHandOver, leo) != 1 || p.mails(models.NoticeCoachingProposed, to) != 1 {
		t.Error("somebody who is to answer is not told")
	}
	if _, err := p.Engagement(p.coaches(to), e); codeOf(err) != services.CodeNotFound {
		t.Error("the new coach sees it before it is theirs")
	}
	if page := must[services.Page[coaching.HandOverView]](t)(p.HandOvers(p.coaches(to), coaching.HandOverQuery{PageQuery: services.PageQuery{Limit: 25}})); len(page.Data) != 1 || page.Data[0].FromCoach != "Dana O." {
		t.Errorf("%+v", page)
	}
	if _, err := p.GetHandOver(p.as(p.member("Eve")), h); codeOf(err) != services.CodeNotFound {
		t.Error(err)
	}
	yes, no := true, false
	_, err = p.AcceptHandOver(p.as(mia), h, coaching.AnswerHandOver{})
	if !slices.Equal(fieldsOf(err), []string{"/history required"}) {
		t.Error(err)
	}
	must[*coaching.HandOverView](t)(p.AcceptHandOver(p.as(mia), h, coaching.AnswerHandOver{History: &yes}))
	must[*coaching.HandOverView](t)(p.AcceptHandOver(p.coaches(to), h, coaching.AnswerHandOver{}))
	if seen := must[*coaching.HandOverView](t)(p.GetHandOver(p.as(leo), h)); seen.State != models.HandOverProposed || seen.People[0].History != nil {
		t.Errorf("%+v", seen)
	}
	done := must[*coaching.HandOverView](t)(p.AcceptHandOver(p.as(leo), h, coaching.AnswerHandOver{History: &no}))
	if done.State != models.HandOverDone || done.Moved != 1 || done.CalledOff != 1 {
		t.Fatalf("%+v", done)
	}
	v := p.sees(p.coaches(to), e)
	if v.As != "coach" || v.Next == nil || v.Next.ID != fits || v.ChangeAskedAt != nil || p.sees(p.as(mia), e).ChangeAskedAt != nil {
		t.Errorf("%+v", v)
	}
	if _, err := p.Engagement(p.coaches(from), e); codeOf(err) != services.CodeNotFound {
		t.Error("the coach until now still sees it")
	}
	if p.count(`select count(*) from engagement_coaches where engagement_id = $1 and coach_id = $2 and ends_at is null and not history`, e, to) != 1 ||
		p.count(`select count(*) from engagement_coaches where engagement_id = $1 and coach_id = $2 and outcome = 'handed_over'`, e, from) != 1 {
		t.Error("one of two said no to the history, and it goes along")
	}
	if p.count(`select count(*) from coaching_sessions where id = $1 and coach_id = $2 and state = 'booked' and sequence = 1`, fits, to) != 1 ||
		p.count(`select count(*) from coaching_sessions where id = $1 and state = 'cancelled_by_staff'`, clashes) != 1 {
		t.Error("the sessions are not where they belong")
	}
	if p.count(`select count(*) from commitments where resource_id = $1`, from) != 0 || p.count(`select count(*) from commitments where source_id = $1`, fits) != 3 {
		t.Error("the coach until now is still busy, or the new one is not")
	}
	if p.mails(models.NoticeCoachingMoved, mia) != 1 || p.mails(models.NoticeCoachingCancelled, leo) != 1 || p.mails(models.NoticeCoachingCancelled, from) == 0 {
		t.Error("somebody does not hear of the sessions")
	}
	if p.openTasks(models.TaskAnotherCoach, e) != 0 {
		t.Error("the task stays")
	}
}

// What the new coach was not asked about goes along only where a client could have booked it with them, but for notice, horizon and the
// starts of their slots.
func TestAHandOverTakesAlongNothingThatTheNewCoachDoesNotWork(t *testing.T) {
	const ten = 2 * time.Hour // in New York, from practiceDay
	p := openPractice(t)
	week := func(n int) time.Time { return practiceDay.AddDate(0, 0, 7*n).Add(ten) }
	for name, one := range map[string]struct {
		setUp string // of the new coach, $1
		at    []time.Time
		goes  int // so many of the first of them
	}{
		"time off": {`insert into coach_time_off (id, created_at, updated_at, coach_id, starts_at, ends_at) values (gen_random_uuid(), '2026-09-01', '2026-09-01', $1, '2026-09-15', '2026-09-16')`,
			[]time.Time{week(1), week(2)}, 1},
		"hours of another day":       {`update coach_hours set rule = 'FREQ=WEEKLY;BYDAY=TU' where schedule_id = (select id from coach_schedules where coach_id = $1)`, []time.Time{week(1), week(1).AddDate(0, 0, 1)}, 1},
		"hours that end within it":   {`update coach_hours set until_time = '10:50' where schedule_id = (select id from coach_schedules where coach_id = $1)`, []time.Time{week(1), week(2).Add(time.Minute)}, 1},
		"other hours that day":       {`insert into coach_overrides (id, created_at, updated_at, coach_id, day, time_zone, windows) values (gen_random_uuid(), '2026-09-01', '2026-09-01', $1, '2026-09-15', 'America/New_York', '{13:00-17:00}')`, []time.Time{week(1), week(2)}, 1},
		"a day with one left":        {`update coaches set max_per_day = 2 where id = $1`, []time.Time{week(1).Add(2 * time.Hour), week(1).Add(4 * time.Hour)}, 1},
		"a full day":                 {`update coaches set max_per_day = 1 where id = $1`, []time.Time{week(1).Add(2 * time.Hour)}, 0},
		"a week with one left":       {`update coaches set max_per_week = 2 where id = $1`, []time.Time{week(1).AddDate(0, 0, 1), week(1).AddDate(0, 0, 2)}, 1},
		"notice, horizon and starts": {`update coaches set notice_hours = 240, horizon_days = 1, slot_minutes = 240 where id = $1`, []time.Time{week(1).Add(95 * time.Minute), week(9).Add(7 * time.Minute)}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			from, to, mia := p.coach(), p.coach("Sam"), p.member()
			e, theirs := p.engagement(from, mia), p.engagement(to, p.member("Leo"))
			p.session(theirs, to, models.CoachingBooked, week(1).Add(-time.Hour)) // what the limits count
			p.exec(one.setUp, to)
			var ids []uuid.UUID
			for _, at := range one.at {
				ids = append(ids, p.appointment(e, from, at, mia))
			}
			h, yes := p.proposed(e, to, true), true
			must[*coaching.HandOverView](t)(p.AcceptHandOver(p.coaches(to), h, coaching.AnswerHandOver{}))
			done := must[*coaching.HandOverView](t)(p.AcceptHandOver(p.as(mia), h, coaching.AnswerHandOver{History: &yes}))
			if done.Moved != one.goes || done.CalledOff != len(ids)-one.goes {
				t.Errorf("%+v", done)
			}
			for i, id := range ids {
				if goes := i < one.goes; goes != (p.count(`select count(*) from coaching_sessions where id = $1 and coach_id = $2 and state = 'booked'`, id, to) == 1) || goes == (p.stateOf(id) == models.CoachingCancelledByStaff) {
					t.Errorf("the session at %s: %s", one.at[i], p.stateOf(id))
				}
			}
			if off := len(ids) > one.goes; off != (p.mails(models.NoticeCoachingCancelled, mia) > 0) {
				t.Error("what is called off is not told")
			}
		})
	}
}

func TestAHandOverThatSomebodyDoesNotWant(t *testing.T) {
	p := openPractice(t)
	from, to, mia := p.coach(), p.coach("Sam"), p.member()
	e := p.engagement(from, mia)
	h := must[*coaching.HandOverView](t)(p.HandOver(p.coaches(from), e, coaching.ProposeHandOver{ToCoachID: to})).ID
	_, err := p.CancelHandOver(p.coaches(to), h)
	refused(t, err, coaching.CodeNotNow)
	if v := must[*coaching.HandOverView](t)(p.DeclineHandOver(p.as(mia), h)); v.State != models.HandOverDeclined {
		t.Errorf("%+v", v)
	}
	_, err = p.AcceptHandOver(p.coaches(to), h, coaching.AnswerHandOver{})
	refused(t, err, services.CodeNotFound) // it is nothing to them any more
	again := p.proposed(e, to, false)
	must[*coaching.HandOverView](t)(p.CancelHandOver(p.coaches(from), again))
	last := p.proposed(e, to, false)
	must[*coaching.EngagementView](t)(p.EndEngagement(p.as(mia), e, coaching.EndEngagement{}))
	if v := must[*coaching.HandOverView](t)(p.GetHandOver(p.desk(), last)); v.State != models.HandOverCancelled {
		t.Errorf("the end leaves it open: %+v", v)
	}
	kept := p.coach("Kay")
	leo := p.member("Leo")
	other := p.engagement(from, leo)
	p.apart(leo, kept, models.SeparationMutual)
	_, err = p.HandOver(p.desk(), other, coaching.ProposeHandOver{ToCoachID: kept})
	refused(t, err, coaching.CodeCoachUnavailable)
}

// Staff take down what somebody told them, but for the two coaches, whatever else these are.
func TestTheCoachesOfAHandOverAnswerForNobodyElse(t *testing.T) {
	p := openPractice(t)
	from, to, mia := p.coach(), p.coach("Sam"), p.member()
	e := p.engagement(from, mia)
	h := p.proposed(e, to, false)
	yes := true
	said := coaching.AnswerHandOver{MemberID: &mia, History: &yes}
	for _, coach := range []uuid.UUID{from, to} {
		_, err := p.AcceptHandOver(p.as(coach, models.RoleCoach, models.RoleCoordinator), h, said)
		refused(t, err, coaching.CodeOwnHandOver)
	}
	if seen := must[*coaching.HandOverView](t)(p.GetHandOver(p.desk(), h)); seen.CoachAcceptedAt != nil || seen.People[0].AnsweredAt != nil {
		t.Errorf("a refused answer counts: %+v", seen)
	}
	must[*coaching.HandOverView](t)(p.AcceptHandOver(p.as(to, models.RoleCoach, models.RoleCoordinator), h, coaching.AnswerHandOver{}))
	if done := must[*coaching.HandOverView](t)(p.AcceptHandOver(p.desk(), h, said)); done.State != models.HandOverDone {
		t.Errorf("%+v", done)
	}
}

func TestAHandOverRacesABookingOfTheNewCoach(t *testing.T) {
	p := openPractice(t)
	from, to, mia := p.coach(), p.coach("Sam"), p.member()
	e := p.engagement(from, mia)
	when := practiceDay.AddDate(0, 0, 7).Add(2 * time.Hour)
	moved := p.appointment(e, from, when, mia)
	h := p.proposed(e, to, true)
	yes := true
	must[*coaching.HandOverView](t)(p.AcceptHandOver(p.as(mia), h, coaching.AnswerHandOver{History: &yes}))
	leo := p.member("Leo")
	theirs := p.engagement(to, leo)
	replica := p.replica()
	var wg sync.WaitGroup
	var booked, handed error
	wg.Go(func() {
		booked = patiently(func() error {
			_, err := replica.BookSession(p.as(leo), coaching.BookCoaching{EngagementID: theirs, StartsAt: when.Add(time.Hour), Modality: models.ModalityOnline})
			return err
		})
	})
	wg.Go(func() {
		handed = patiently(func() error {
			_, err := p.AcceptHandOver(p.coaches(to), h, coaching.AnswerHandOver{})
			return err
		})
	})
	wg.Wait()
	if handed != nil {
		t.Fatalf("the hand-over: %v; the booking: %v", handed, booked)
	}
	if n := p.count(`select count(*) from commitments a join commitments b on a.id < b.id and a.resource_kind = b.resource_kind and a.resource_id = b.resource_id and a.during && b.during`); n != 0 {
		t.Errorf("%d clashes", n)
	}
	if n := p.count(`select count(*) from coaching_sessions where id = $1 and live and coach_id <> $2`, moved, to); n != 0 {
		t.Error("a session stays with the coach until now")
	}
}

func TestTheClientsOfACoachWhoLeaves(t *testing.T) {
	p := openPractice(t)
	leaves, sam, kim := p.coach(), p.coach("Sam"), p.coach("Kim")
	p.exec(`update coaches set caseload_limit = 1 where id = $1`, kim)
	mia, leo, pat := p.member(), p.member("Leo"), p.member("Pat")
	p.apart(mia, sam, models.SeparationProtected)
	ids := []uuid.UUID{p.engagement(leaves, mia), p.engagement(leaves, leo), p.engagement(leaves, pat)}
	dry := must[*coaching.Reassignment](t)(p.ReassignClients(p.desk(), leaves, coaching.ReassignClients{DryRun: true}))
	if dry.Left != 3 || len(dry.Suggestions) != 3 {
		t.Fatalf("%+v", dry)
	}
	for _, s := range dry.Suggestions {
		for _, c := range s.Data {
			if c.CoachID == leaves || s.EngagementID == ids[0] && c.CoachID == sam {
				t.Errorf("%+v", s)
			}
		}
	}
	got := must[*coaching.Reassignment](t)(p.ReassignClients(p.desk(), leaves, coaching.ReassignClients{HandOvers: []coaching.ReassignedTo{{ids[0], sam}, {ids[1], kim}, {ids[2], kim}}, Reason: "Dana moves away."}))
	codes := map[services.Code]int{}
	for _, r := range got.Refused {
		codes[r.Code]++
	}
	if len(got.Proposed) != 1 || codes[coaching.CodeCoachUnavailable] != 1 || codes[coaching.CodeCaseloadFull] != 1 || got.Left != 2 {
		t.Errorf("%+v", got)
	}
	_, err := p.ReassignClients(p.desk(), services.NewID(), coaching.ReassignClients{DryRun: true})
	refused(t, err, services.CodeNotFound)
	_, err = p.ReassignClients(p.desk(), leaves, coaching.ReassignClients{})
	refused(t, err, services.CodeInvalid)
}

func TestWhoSaidNoToAHandOverSeesItNoMore(t *testing.T) {
	p := openPractice(t)
	from, to, mia := p.coach(), p.coach("Sam"), p.member()
	h := p.proposed(p.engagement(from, mia), to, false)
	must[*coaching.HandOverView](t)(p.DeclineHandOver(p.coaches(to), h))
	_, err := p.GetHandOver(p.coaches(to), h)
	refused(t, err, services.CodeNotFound)
}
