package coaching_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
	"homefront/services/people"
	"homefront/services/programs"
)

// aged makes the program one for people of so many years.
func (p *practice) aged(least int) {
	p.t.Helper()
	rules, err := models.Rules{{Key: "grown", Rule: models.RuleAge, Min: &least}}.Value()
	if err != nil {
		p.t.Fatal(err)
	}
	p.exec(`update programs set rules = $2 where id = $1`, p.program, rules)
}

// Who does not meet the rules of the program asks as anybody does. Staff see it, and say why it does not count.
func TestRulesOfTheProgramAreStaffs(t *testing.T) {
	p := openPractice(t)
	coach, mia, leo := p.coach(), p.member(), p.member("Leo")
	p.couple(mia, leo)
	plain := p.member("Ann")
	p.couple(plain, p.member("Ben"))
	ben := p.text(`select other_id::text from relationships where member_id = $1`, plain)
	id := uuid.MustParse(ben)
	looks := shown(t, p.asks(p.as(plain), coaching.AskForCoach{PartnerMemberID: &id}))
	p.aged(50)
	e := p.asks(p.as(mia), coaching.AskForCoach{PartnerMemberID: &leo})
	if got := shown(t, e); got != looks {
		t.Errorf("it shows that rules are not met:\n%s\n%s", looks, got)
	}
	if p.mails(models.NoticeCoachingInvited, leo) != 1 {
		t.Error("a partner is not asked along because of rules")
	}
	must[*coaching.EngagementView](t)(p.JoinEngagement(p.as(leo), e.ID))
	queue := must[services.Page[coaching.EngagementView]](t)(p.Engagements(p.desk(), coaching.EngagementQuery{Waiting: true, MemberID: mia, PageQuery: services.PageQuery{Limit: 25}})).Data
	if len(queue) != 1 || !slices.Equal(queue[0].Review, []string{"eligibility"}) || len(p.sees(p.as(mia), e.ID).Review) != 0 {
		t.Errorf("the queue: %+v", queue)
	}
	beside := must[*coaching.MatchSuggestions](t)(p.MatchSuggestions(p.desk(), e.ID))
	if len(beside.Data) != 1 || len(beside.Eligibility) != 2 || beside.Eligibility[0].Verdict != models.VerdictNotMet || beside.Eligibility[0].Rules[0].Key != "grown" {
		t.Errorf("%+v", beside)
	}
	if own := must[*coaching.MatchSuggestions](t)(p.MatchSuggestions(p.as(mia), e.ID)); own.Eligibility != nil {
		t.Error("who asks is told of the rules")
	}

	_, err := p.Match(p.desk(), e.ID, coaching.MatchCoach{CoachID: coach, Reason: "Knows nights.", WaiveReason: " "})
	refused(t, err, programs.CodeNotEligible)
	if want := []string{"/waive_reason not_eligible", "/waive_reason not_eligible"}; !slices.Equal(fieldsOf(err), want) {
		t.Errorf("%v", fieldsOf(err))
	}
	v := must[*coaching.EngagementView](t)(p.Match(p.desk(), e.ID, coaching.MatchCoach{CoachID: coach, Reason: "Knows nights.", WaiveReason: "Heliotrope asked for them."}))
	if v.State != models.EngagementMatched || len(v.Review) != 0 || p.count(`select count(*) from eligibility_waivers where program_id = $1 and rule_key = 'grown'`, p.program) != 2 ||
		p.count(`select count(*) from audit_log where action = 'engagement.match' and reason is not null and outcome = 'done'`) != 1 {
		t.Errorf("%+v", v)
	}
	for table, rows := range p.db.Dump(t) {
		if strings.Contains(rows, "Heliotrope") {
			t.Errorf("%s holds why rules do not count", table)
		}
	}
	if p.count(`select count(*) from enrollments`) != 0 {
		t.Error("a match enrolls")
	}
	said := coaching.ActivateEngagement{StaffReason: people.StaffReason{Reason: "Both said yes."}}
	if v := must[*coaching.EngagementView](t)(p.ActivateEngagement(p.desk(), e.ID, said)); v.State != models.EngagementActive {
		t.Errorf("what was waived counts again: %+v", v)
	}
}

// The rules are asked anew when a coach is proposed, and when staff say that everybody agreed.
func TestRulesAreAskedAnewAtTheMatch(t *testing.T) {
	p := openPractice(t)
	coach, mia := p.coach(), p.member()
	p.aged(50)
	e := p.asks(p.as(mia), coaching.AskForCoach{})
	p.aged(40)
	if v := must[*coaching.EngagementView](t)(p.Match(p.desk(), e.ID, coaching.MatchCoach{CoachID: coach})); len(v.Review) != 0 {
		t.Errorf("%v", v.Review)
	}
	p.aged(50)
	said := coaching.ActivateEngagement{StaffReason: people.StaffReason{Reason: "Both said yes."}}
	_, err := p.ActivateEngagement(p.desk(), e.ID, said)
	refused(t, err, programs.CodeNotEligible)
	said.WaiveReason = "She has been with us for years."
	must[*coaching.EngagementView](t)(p.ActivateEngagement(p.desk(), e.ID, said))
}

// Whoever asks hears that we have it, and by when they hear more; nobody else does.
func TestWhoAsksHearsByWhen(t *testing.T) {
	p := openPractice(t)
	coach, mia, leo, ana := p.coach(), p.member(), p.member("Leo"), p.member("Ana")
	p.couple(mia, leo)
	maya := p.child(ana, true)
	told := func(who uuid.UUID, want int) {
		t.Helper()
		if n := p.mails(models.NoticeCoachingReceived, who); n != want {
			t.Errorf("%d notices, want %d", n, want)
		}
	}
	e := p.asks(p.as(mia), coaching.AskForCoach{PartnerMemberID: &leo})
	told(mia, 1)
	told(leo, 0)
	if e.AnswerBy == nil || !e.AnswerBy.Equal(practiceDay.Add(48*time.Hour)) {
		t.Errorf("%v", e.AnswerBy)
	}
	p.asks(p.as(ana), coaching.AskForCoach{MemberID: &maya})
	told(ana, 1)
	told(maya, 0)
	fay := p.member("Fay")
	p.asks(p.desk(), coaching.AskForCoach{MemberID: &fay})
	told(fay, 1)
	told(p.boss, 0)

	must[*coaching.EngagementView](t)(p.JoinEngagement(p.as(leo), e.ID))
	told(leo, 0)
	if v := must[*coaching.EngagementView](t)(p.Match(p.desk(), e.ID, coaching.MatchCoach{CoachID: coach})); v.AnswerBy != nil {
		t.Error("somebody to whom a coach is proposed waits")
	}
	p.core.Clock.Set(practiceDay.AddDate(0, 0, 4))
	must[*coaching.EngagementNow](t)(p.DeclineMatch(p.coaches(coach), e.ID))
	if by := p.sees(p.as(mia), e.ID).AnswerBy; by == nil || !by.After(p.core.Clock.Now()) {
		t.Errorf("they were to hear by %v", by)
	}
	told(mia, 1)
}
