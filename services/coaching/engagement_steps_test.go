package coaching_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
	"homefront/services/people"
)

func TestAPauseKeepsThePlaceAndEndsByItself(t *testing.T) {
	p := openPractice(t)
	coach, mia := p.coach(), p.member()
	e := p.engagement(coach, mia)
	p.appointment(e, coach, practiceDay.AddDate(0, 0, 7), mia)
	yesterday, day := models.NewDate(2026, time.August, 31), models.NewDate(2026, time.September, 20)
	_, err := p.PauseEngagement(p.as(mia), e, coaching.PauseEngagement{ResumeOn: &yesterday})
	refused(t, err, services.CodeInvalid)
	v := must[*coaching.EngagementView](t)(p.PauseEngagement(p.as(mia), e, coaching.PauseEngagement{ResumeOn: &day}))
	if v.State != models.EngagementPaused || v.Next != nil || v.SessionsLeft != 6 || v.PausedByUs || p.mails(models.NoticeCoachingPaused, coach) != 1 || p.count(`select count(*) from commitments`) != 0 {
		t.Errorf("%+v", v)
	}
	p.resumes(time.Date(2026, 9, 20, 3, 0, 0, 0, time.UTC)) // still the 19th in New York
	if v := p.sees(p.as(mia), e); v.State != models.EngagementPaused {
		t.Error("it goes on a day early")
	}
	p.resumes(time.Date(2026, 9, 20, 6, 0, 0, 0, time.UTC))
	if v := p.sees(p.as(mia), e); v.State != models.EngagementActive || v.ResumeOn != nil || p.mails(models.NoticeCoachingResumed, mia) != 1 {
		t.Errorf("%+v", v)
	}
}

func TestWhatStandsBetweenPeopleKeepsAPauseInTheSameWords(t *testing.T) {
	p := openPractice(t)
	coach, mia, leo := p.coach(), p.member(), p.member("Leo")
	held, ours := p.engagement(coach, mia), p.engagement(coach, leo)
	must[*coaching.EngagementView](t)(p.PauseEngagement(p.as(mia), held, coaching.PauseEngagement{}))
	must[*coaching.EngagementView](t)(p.PauseEngagement(p.desk(), ours, coaching.PauseEngagement{}))
	p.apart(coach, mia, models.SeparationProtected)
	_, one := p.ResumeEngagement(p.as(mia), held)
	_, two := p.ResumeEngagement(p.as(leo), ours)
	if codeOf(one) != coaching.CodeStaffResume || one.Error() != two.Error() {
		t.Errorf("%v, %v", one, two)
	}
	day := models.NewDate(2026, time.September, 3)
	p.exec(`update engagements set resume_on = $2 where id = $1`, held, day.Time)
	p.resumes(practiceDay.AddDate(0, 0, 3))
	if p.openTasks(models.TaskHeldEngagement, held) != 1 || p.count(`select count(*) from engagements where id = $1 and state = 'paused' and resume_on is null`, held) != 1 {
		t.Error("staff are not asked to see to it, or it went on")
	}
}

func TestTheEndAndTheWayBack(t *testing.T) {
	p := openPractice(t)
	coach, mia := p.coach(), p.member()
	e := p.engagement(coach, mia)
	p.appointment(e, coach, practiceDay.AddDate(0, 0, 7), mia)
	_, err := p.CompleteEngagement(p.as(mia), e, coaching.CompleteEngagement{})
	refused(t, err, "coach_or_staff")
	if v := must[*coaching.EngagementView](t)(p.ExtendEngagement(p.coaches(coach), e, coaching.ExtendEngagement{Sessions: 4, Reason: "Two more months."})); v.PackageSessions != 10 {
		t.Errorf("%+v", v)
	}
	v := must[*coaching.EngagementView](t)(p.CompleteEngagement(p.coaches(coach), e, coaching.CompleteEngagement{}))
	if v.State != models.EngagementCompleted || *v.EndReason != models.EngagementEndGoalsReached || p.count(`select count(*) from coaching_sessions where state = 'cancelled_by_coach'`) != 1 ||
		p.count(`select count(*) from engagement_coaches where engagement_id = $1 and outcome = 'ended'`, e) != 1 {
		t.Errorf("%+v", v)
	}
	_, err = p.EndEngagement(p.as(mia), e, coaching.EndEngagement{})
	refused(t, err, coaching.CodeNotNow)
	_, err = p.ReopenEngagement(p.desk(), e, people.StaffReason{Reason: "   "})
	refused(t, err, services.CodeInvalid)
	back := must[*coaching.EngagementView](t)(p.ReopenEngagement(p.desk(), e, people.StaffReason{Reason: "Closed by mistake."}))
	if back.State != models.EngagementActive || back.CoachID == nil || back.EndReason != nil {
		t.Errorf("%+v", back)
	}
	// Ended by the member; by then the coach is full: it waits for another.
	must[*coaching.EngagementView](t)(p.EndEngagement(p.as(mia), e, coaching.EndEngagement{Reason: models.EngagementEndMoved}))
	if v := p.sees(p.desk(), e); *v.EndReason != models.EngagementEndAsked {
		t.Errorf("a member's reason is %s", *v.EndReason)
	}
	p.exec(`update coaches set caseload_limit = 0 where id = $1`, coach)
	if back := must[*coaching.EngagementView](t)(p.ReopenEngagement(p.desk(), e, people.StaffReason{Reason: "Came back."})); back.State != models.EngagementRequested || back.CoachID != nil {
		t.Errorf("%+v", back)
	}
	must[*coaching.EngagementView](t)(p.EndEngagement(p.as(mia), e, coaching.EndEngagement{}))
	p.asks(p.as(mia), coaching.AskForCoach{})
	_, err = p.ReopenEngagement(p.desk(), e, people.StaffReason{Reason: "Came back."})
	refused(t, err, coaching.CodeAlreadyAsked)
}

func TestAnotherCoachIsAskedForBehindTheCoachsBack(t *testing.T) {
	p := openPractice(t)
	coach, mia := p.coach(), p.member()
	e := p.engagement(coach, mia)
	for range 2 {
		must[*coaching.EngagementView](t)(p.AskForAnotherCoach(p.as(mia), e))
	}
	if p.openTasks(models.TaskAnotherCoach, e) != 1 || p.sees(p.as(mia), e).ChangeAskedAt == nil || p.sees(p.desk(), e).ChangeAskedAt == nil {
		t.Error("staff are not asked once, or do not see it")
	}
	if p.sees(p.coaches(coach), e).ChangeAskedAt != nil || p.count(`select count(*) from messages where member_id = $1`, coach) != 0 {
		t.Error("the coach learns of it")
	}
	page := must[services.Page[coaching.EngagementView]](t)(p.Engagements(p.coaches(coach), coaching.EngagementQuery{ChangeAsked: true, PageQuery: services.PageQuery{Limit: 25}}))
	if len(page.Data) != 0 {
		t.Error("the coach finds it by a filter")
	}
	_, err := p.KeepCoach(p.coaches(coach), e)
	refused(t, err, coaching.CodeNotNow)
	if v := must[*coaching.EngagementView](t)(p.KeepCoach(p.as(mia), e)); v.ChangeAskedAt != nil || p.openTasks(models.TaskAnotherCoach, e) != 0 {
		t.Errorf("%+v", v)
	}
}

func TestStaffActivateWhatWasAgreedOnThePhone(t *testing.T) {
	p := openPractice(t)
	coach, mia := p.coach(), p.member()
	id := p.matched(mia, coach)
	_, err := p.AcceptMatch(p.desk(), id, coaching.SayYes{})
	refused(t, err, services.CodeInvalid)
	v := must[*coaching.EngagementView](t)(p.ActivateEngagement(p.desk(), id, coaching.ActivateEngagement{StaffReason: people.StaffReason{Reason: "Both said yes."}}))
	if v.State != models.EngagementActive || v.CoachAcceptedAt == nil || v.People[0].AcceptedAt == nil {
		t.Errorf("%+v", v)
	}
	// A coach whose training lapsed between proposal and yes does not begin.
	leo := p.member("Leo")
	other := p.matched(leo, coach)
	must[*coaching.EngagementView](t)(p.AcceptMatch(p.as(leo), other, coaching.SayYes{}))
	p.exec(`update credentials set expires_on = '2026-08-31' where member_id = $1 and kind = 'coach_training'`, coach)
	_, err = p.AcceptMatch(p.coaches(coach), other, coaching.SayYes{})
	refused(t, err, coaching.CodeCoachUnavailable)
}

// resumes moves the clock and lets the job look that comes every hour.
func (p *practice) resumes(at time.Time) {
	p.t.Helper()
	p.exec(`insert into river_job (args, kind, max_attempts, priority, queue, scheduled_at, state, created_at) values ('{}', 'engagement.resume_due', 3, 1, 'default', $1, 'available', $1)`, at)
	p.later(at)
}

// proposed is a hand-over that waits for answers.
func (p *practice) proposed(engagement, to uuid.UUID, move bool) uuid.UUID {
	p.t.Helper()
	return must[*coaching.HandOverView](p.t)(p.HandOver(p.desk(), engagement, coaching.ProposeHandOver{ToCoachID: to, MoveSessions: move})).ID
}

// What is held stays held when one of two leaves, and hides what is of both from then on, not from an earlier pause on.
func TestWhatIsHeldStaysHeldWhenOneLeaves(t *testing.T) {
	p := openPractice(t)
	mia, luis, dana := p.member(), p.member("Luis"), p.coach()
	e := p.engagement(dana, mia, luis)
	must[*coaching.EngagementView](t)(p.PauseEngagement(p.as(mia), e, coaching.PauseEngagement{}))
	held := practiceDay.AddDate(0, 0, 3)
	p.core.Clock.Set(held)
	separation := p.apart(mia, luis, models.SeparationMutual)
	_, err := services.Mutate(services.AsSystem(t.Context(), "test"), p.core, "test.hold", func(tx *services.Tx) (struct{}, error) {
		tx.Unchanged()
		return struct{}{}, coaching.HoldApart(tx, separation)
	})
	if err != nil {
		t.Fatal(err)
	}
	p.core.Clock.Set(held.Add(time.Hour))
	must[*coaching.EngagementView](t)(p.LeaveEngagement(p.as(mia), e))
	if n := p.count(`select count(*) from engagements where id = $1 and state = 'paused' and pause_reason = 'held' and paused_at = $2 and resume_on is null`, e, held); n != 1 {
		t.Error("it is held no more, or since another day")
	}
}

// A pause because two are kept apart is told as any pause by our team: that nobody hears of it would say why it is one.
func TestAPauseThatIsHeldIsToldAsAnyOther(t *testing.T) {
	p := openPractice(t)
	mia, luis, dana := p.member(), p.member("Luis"), p.coach()
	p.engagement(dana, mia, luis)
	mails := func() int {
		return p.mails(models.NoticeCoachingPaused, mia) + p.mails(models.NoticeCoachingPaused, luis) + p.mails(models.NoticeCoachingPaused, dana)
	}
	separation := p.apart(mia, luis, models.SeparationMutual)
	for range 2 { // twice is once
		_, err := services.Mutate(services.AsSystem(t.Context(), "test"), p.core, "test.hold", func(tx *services.Tx) (struct{}, error) {
			tx.Unchanged()
			return struct{}{}, coaching.HoldApart(tx, separation)
		})
		if err != nil || mails() != 3 {
			t.Errorf("%d mails, %v", mails(), err)
		}
	}
}

// The coach hears of it too when one of two leaves: that it is paused, or of what had not begun that it is over.
func TestACoachHearsThatOneOfTwoLeft(t *testing.T) {
	p := openPractice(t)
	mia, luis, dana := p.member(), p.member("Luis"), p.coach()
	active := p.engagement(dana, mia, luis)
	must[*coaching.EngagementView](t)(p.LeaveEngagement(p.as(mia), active))
	if p.mails(models.NoticeCoachingPaused, dana) != 1 || p.mails(models.NoticeCoachingPaused, luis) != 1 || p.mails(models.NoticeCoachingPaused, mia) != 0 {
		t.Error("of a pause")
	}
	ann, bea := p.member("Ann"), p.member("Bea")
	p.couple(ann, bea)
	e := p.asks(p.as(ann), coaching.AskForCoach{PartnerMemberID: &bea}).ID
	must[*coaching.EngagementView](t)(p.JoinEngagement(p.as(bea), e))
	must[*coaching.EngagementView](t)(p.Match(p.desk(), e, coaching.MatchCoach{CoachID: dana}))
	must[*coaching.EngagementView](t)(p.LeaveEngagement(p.as(bea), e))
	if p.mails(models.NoticeCoachingEnded, dana) != 1 || p.mails(models.NoticeCoachingEnded, ann) != 1 {
		t.Error("of the end of what had not begun")
	}
}

// Why a coach does not come into question is not to be had from the words.

func TestACoachWhoIsNoneForThemIsRefusedInOneWord(t *testing.T) {
	p := openPractice(t)
	kept, away, mia := p.coach(), p.coach("Sam"), p.member()
	e := p.asks(p.as(mia), coaching.AskForCoach{})
	p.apart(mia, kept, models.SeparationMutual)
	p.exec(`update coaches set suspended_at = created_at where id = $1`, away)
	_, one := p.Match(p.desk(), e.ID, coaching.MatchCoach{CoachID: kept})
	_, two := p.Match(p.desk(), e.ID, coaching.MatchCoach{CoachID: away})
	if codeOf(one) != coaching.CodeCoachUnavailable || one.Error() != two.Error() {
		t.Errorf("%v, %v", one, two)
	}
}

func TestFromWhomAPartnerIsKeptApartDoesNotShowInAWish(t *testing.T) {
	p := openPractice(t)
	sam, ann, bea := p.coach("Sam"), p.member("Ann"), p.member("Bea")
	p.couple(ann, bea)
	e := p.asks(p.as(ann), coaching.AskForCoach{PartnerMemberID: &bea})
	p.apart(bea, sam, models.SeparationMutual)
	must[*coaching.EngagementView](t)(p.UpdateEngagement(p.as(ann), e.ID, coaching.EngagementPatch{WantedCoachID: services.Some(sam)}))
}

func TestTheWishOfASecondGuardianGoesOn(t *testing.T) {
	p := openPractice(t)
	coach, ana, luis := p.coach(), p.member("Ana"), p.member("Luis")
	maya := p.child(ana, true)
	p.exec(`insert into guardianships (id, version, created_at, updated_at, guardian_id, child_id, status, evidence, confirmed_by, confirmed_at)
		values ($1, 1, $2, $2, $3, $4, 'confirmed', 'Birth certificate', $5, $2)`, services.NewID(), practiceDay, luis, maya, p.boss)
	first, second := p.asks(p.as(ana), coaching.AskForCoach{MemberID: &maya}), p.asks(p.as(luis), coaching.AskForCoach{MemberID: &maya})
	_, err := p.AskPartner(p.desk(), second.ID, people.StaffReason{Reason: "They agree."})
	refused(t, err, coaching.CodeAlreadyAsked)
	must[*coaching.EngagementView](t)(p.EndEngagement(p.as(ana), first.ID, coaching.EndEngagement{}))
	must[*coaching.EngagementView](t)(p.AskPartner(p.desk(), second.ID, people.StaffReason{Reason: "They agree."}))
	if v := must[*coaching.EngagementView](t)(p.Match(p.desk(), second.ID, coaching.MatchCoach{CoachID: coach})); v.State != models.EngagementMatched || len(v.Review) != 0 {
		t.Errorf("%+v", v)
	}
}

func TestAPartnerWhoSaidNoIsAskedAgain(t *testing.T) {
	p := openPractice(t)
	mia, leo := p.member(), p.member("Leo")
	p.couple(mia, leo)
	e := p.asks(p.as(mia), coaching.AskForCoach{PartnerMemberID: &leo})
	must[*coaching.EngagementNow](t)(p.RefuseEngagement(p.as(leo), e.ID))
	p.core.Clock.Set(practiceDay.Add(time.Hour))
	must[*coaching.EngagementView](t)(p.AskPartner(p.desk(), e.ID, people.StaffReason{Reason: "Leo called."}))
	if n := p.mails(models.NoticeCoachingInvited, leo); n != 2 {
		t.Errorf("%d mails", n)
	}
}

func TestAnotherCoachIsAskedForBehindAPartnersBack(t *testing.T) {
	p := openPractice(t)
	coach, mia, leo := p.coach(), p.member(), p.member("Leo")
	e := p.engagement(coach, mia, leo)
	must[*coaching.EngagementView](t)(p.AskForAnotherCoach(p.as(mia), e))
	_, err := p.KeepCoach(p.as(leo), e)
	refused(t, err, coaching.CodeNotNow)
	if p.sees(p.as(leo), e).ChangeAskedAt != nil || p.sees(p.as(mia), e).ChangeAskedAt == nil || p.openTasks(models.TaskAnotherCoach, e) != 1 {
		t.Error("a partner sees it, or took it back")
	}
}

func TestTheLastCoachSeesWhatEndedForAWhile(t *testing.T) {
	p := openPractice(t)
	coach, mia := p.coach(), p.member()
	e := p.engagement(coach, mia)
	must[*coaching.EngagementView](t)(p.EndEngagement(p.as(mia), e, coaching.EndEngagement{}))
	p.sees(p.coaches(coach), e)
	p.core.Clock.Set(practiceDay.Add(models.NotesKeptOpen + time.Hour))
	_, err := p.Engagement(p.coaches(coach), e)
	refused(t, err, services.CodeNotFound)
}
