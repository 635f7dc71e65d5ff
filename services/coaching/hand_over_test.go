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
	first, second := practiceDay.AddDate(0, 0, 7), practiceDay.AddDate(0, 0, 14)
	fits, clashes := p.appointment(e, from, first, mia, leo), p.appointment(e, from, second, mia, leo)
	p.commit(services.NewID(), "staff", to, second.Add(30*time.Minute)) // a workshop they lead, say
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
	when := practiceDay.AddDate(0, 0, 7)
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
