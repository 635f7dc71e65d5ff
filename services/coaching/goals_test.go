package coaching_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
)

// all is a page that holds everything.
var all = services.PageQuery{Limit: 100}

// goal is one that a member has set.
func (p *practice) goal(member, engagement uuid.UUID, words string) *models.CoachingGoal {
	p.t.Helper()
	return must[*models.CoachingGoal](p.t)(p.SetGoal(p.as(member), engagement, coaching.NewGoal{Words: words, Measure: "Nights in the diary"}))
}

func TestGoalsMoveAndKeepTheirHistory(t *testing.T) {
	p := openPractice(t)
	mia, dana := p.member(), p.coach()
	e := p.engagement(dana, mia)
	goal := p.goal(mia, e, "Sleep six hours")
	if goal.MemberID == nil || *goal.MemberID != mia || goal.SetBy != mia || goal.State != models.GoalOpen {
		t.Fatalf("the goal is %+v", goal)
	}
	seen := must[services.Page[coaching.GoalView]](t)(p.Goals(p.coaches(dana), e, coaching.GoalQuery{PageQuery: all}))
	if len(seen.Data) != 1 || seen.Data[0].Words != "Sleep six hours" || seen.Data[0].Measure != "Nights in the diary" {
		t.Fatalf("the coach sees %+v", seen.Data)
	}
	p.core.Clock.Set(practiceDay.Add(time.Hour))
	must[*coaching.GoalView](t)(p.ChangeGoal(p.coaches(dana), goal.ID, coaching.EditGoal{Progress: services.Some(40)}))
	p.core.Clock.Set(practiceDay.Add(2 * time.Hour))
	view := must[*coaching.GoalView](t)(p.ChangeGoal(p.as(mia), goal.ID, coaching.EditGoal{State: services.Some(models.GoalDropped), Reason: services.Some("The baby came"), Words: services.Some("Sleep")}))
	if view.Version != 3 || view.ClosedAt == nil || view.Reason != "The baby came" || view.Words != "Sleep" || view.Progress != 40 {
		t.Fatalf("dropped: %+v", view)
	}
	view = must[*coaching.GoalView](t)(p.ChangeGoal(p.as(mia), goal.ID, coaching.EditGoal{State: services.Some(models.GoalOpen)}))
	if view.ClosedAt != nil || view.Reason != "" {
		t.Fatalf("opened again: %+v", view)
	}
	must[*coaching.GoalView](t)(p.ChangeGoal(p.coaches(dana), goal.ID, coaching.EditGoal{State: services.Some(models.GoalAchieved)}))
	whole := must[*coaching.GoalHistory](t)(p.Goal(p.coaches(dana), goal.ID))
	if len(whole.History) != 4 || whole.Progress != 100 || whole.History[0].State != models.GoalAchieved || whole.History[3].Progress != 40 || whole.Words != "Sleep" {
		t.Fatalf("the history is %+v", whole)
	}
	open := must[services.Page[coaching.GoalView]](t)(p.Goals(p.as(mia), e, coaching.GoalQuery{State: []models.GoalState{models.GoalOpen}, PageQuery: all}))
	if len(open.Data) != 0 {
		t.Fatalf("open: %+v", open.Data)
	}
}

func TestOfACoupleEachReadsTheirOwnAndWhatIsOfBoth(t *testing.T) {
	p := openPractice(t)
	mia, luis, dana := p.member(), p.member("Luis"), p.coach()
	p.couple(mia, luis)
	e := p.engagement(dana, mia, luis)
	both := p.goal(mia, e, "Talk on Sundays")
	hers := must[*models.CoachingGoal](t)(p.SetGoal(p.as(mia), e, coaching.NewGoal{Words: "Drink less", MemberID: &mia}))
	if both.MemberID != nil || *hers.MemberID != mia {
		t.Fatal("whose they are")
	}
	_, err := p.SetGoal(p.as(mia), e, coaching.NewGoal{Words: "Drink less", MemberID: &luis})
	refused(t, err, services.CodeInvalid)
	for who, n := range map[uuid.UUID]int{mia: 2, luis: 1} {
		if got := must[services.Page[coaching.GoalView]](t)(p.Goals(p.as(who), e, coaching.GoalQuery{PageQuery: all})); len(got.Data) != n {
			t.Fatalf("sees %d goals, want %d", len(got.Data), n)
		}
	}
	if got := must[services.Page[coaching.GoalView]](t)(p.Goals(p.coaches(dana), e, coaching.GoalQuery{PageQuery: all})); len(got.Data) != 2 || got.Data[1].Words != "Drink less" {
		t.Fatalf("the coach sees %+v", got.Data)
	}
	_, err = p.Goal(p.as(luis), hers.ID)
	refused(t, err, services.CodeNotFound)
	_, err = p.ChangeGoal(p.as(luis), hers.ID, coaching.EditGoal{Progress: services.Some(90)})
	refused(t, err, services.CodeNotFound)
	_, err = p.AddActionTo(p.as(luis), hers.ID, coaching.NewAction{Text: "Pour it out"})
	refused(t, err, services.CodeNotFound)
	_, err = p.AddAction(p.as(luis), e, coaching.NewAction{Text: "Pour it out", GoalID: &hers.ID})
	refused(t, err, services.CodeInvalid)

	// A step to her own goal is hers alone, whoever adds it.
	step := must[*models.CoachingAction](t)(p.AddActionTo(p.coaches(dana), hers.ID, coaching.NewAction{Text: "Pour it out"}))
	if step.MemberID == nil || *step.MemberID != mia || *step.OwnerID != mia {
		t.Fatalf("the step is %+v", step)
	}
	_, err = p.DoneAction(p.as(luis), step.ID)
	refused(t, err, services.CodeNotFound)
	_, err = p.AddAction(p.as(mia), e, coaching.NewAction{Text: "Call his mother", MemberID: &mia, OwnerID: &luis})
	refused(t, err, services.CodeInvalid)

	// Who left keeps what was theirs alone.
	p.exec(`update engagement_participants set state = 'left', left_at = $3 where engagement_id = $1 and member_id = $2`, e, mia, practiceDay)
	if got := must[services.Page[coaching.GoalView]](t)(p.Goals(p.as(mia), e, coaching.GoalQuery{PageQuery: all})); len(got.Data) != 1 || got.Data[0].ID != hers.ID {
		t.Fatalf("who left sees %+v", got.Data)
	}
	must[*coaching.GoalView](t)(p.ChangeGoal(p.as(luis), both.ID, coaching.EditGoal{Words: services.Some("Talk every day")}))
	if got := must[*coaching.GoalHistory](t)(p.Goal(p.coaches(dana), both.ID)); got.Words != "Talk every day" {
		t.Fatalf("the coach reads %q", got.Words)
	}
}

func TestNobodyElseReadsGoals(t *testing.T) {
	p := openPractice(t)
	mia, dana, other, guardian := p.member(), p.coach(), p.coach("Olga"), p.member("Gil")
	teen := p.child(guardian, true)
	p.signsFor(guardian, teen)
	e := p.engagement(dana, mia)
	his := p.engagement(dana, teen)
	p.enteredBy(his, teen, guardian)
	goal := p.goal(mia, e, "Sleep")
	teens := must[*models.CoachingGoal](t)(p.SetGoal(p.coaches(dana), his, coaching.NewGoal{Words: "Finish school"}))
	step := must[*models.CoachingAction](t)(p.AddAction(p.as(mia), e, coaching.NewAction{Text: "Lights out"}))

	_, unknown := p.Goal(p.desk(), services.NewID())
	_, err := p.Goal(p.desk(), goal.ID)
	if err == nil || err.Error() != unknown.Error() {
		t.Fatalf("a coordinator gets %v, want %v", err, unknown)
	}
	_, err = p.Goals(p.desk(), e, coaching.GoalQuery{PageQuery: all})
	refused(t, err, services.CodeNotFound)
	_, err = p.Goal(p.as(p.boss, models.RoleAdmin), goal.ID)
	refused(t, err, services.CodeNotFound)
	_, err = p.Action(p.coaches(other), step.ID)
	refused(t, err, services.CodeNotFound)
	_, err = p.DoneAction(p.coaches(other), step.ID)
	refused(t, err, services.CodeNotFound)
	_, err = p.Goal(p.as(guardian), teens.ID)
	refused(t, err, services.CodeNotFound)
	_, err = p.Goals(p.as(guardian), his, coaching.GoalQuery{PageQuery: all})
	refused(t, err, services.CodeNotFound)

	// A coach who took over reads what was before them only when they may.
	p.exec(`update engagement_coaches set ends_at = $2, outcome = 'handed_over' where engagement_id = $1`, e, practiceDay)
	p.exec(`update engagements set coach_id = $2 where id = $1`, e, other)
	p.exec(`insert into engagement_coaches (id, engagement_id, coach_id, starts_at, history) values ($1, $2, $3, $4, false)`, services.NewID(), e, other, practiceDay.Add(time.Minute))
	p.core.Clock.Set(practiceDay.Add(2 * time.Minute))
	p.goal(mia, e, "Run")
	if got := must[services.Page[coaching.GoalView]](t)(p.Goals(p.coaches(other), e, coaching.GoalQuery{PageQuery: all})); len(got.Data) != 1 || got.Data[0].Words != "Run" {
		t.Fatalf("the new coach sees %+v", got.Data)
	}
	_, err = p.Goal(p.coaches(dana), goal.ID)
	refused(t, err, services.CodeNotFound)
	p.exec(`update engagement_coaches set history = true where coach_id = $1`, other)
	if got := must[services.Page[coaching.GoalView]](t)(p.Goals(p.coaches(other), e, coaching.GoalQuery{PageQuery: all})); len(got.Data) != 2 {
		t.Fatalf("the new coach sees %+v", got.Data)
	}
	if n := p.count(`select count(*) from audit_log where action = 'coaching_goal.list' and outcome = 'read' and member_id = $1 and $2 = any(subjects)`, other, mia); n != 2 {
		t.Fatalf("%d looks are in the log", n)
	}
	p.exec(`update coaches set suspended_at = $2 where id = $1`, other, practiceDay)
	_, err = p.Goals(p.coaches(other), e, coaching.GoalQuery{PageQuery: all})
	refused(t, err, services.CodeNotFound)
	p.exec(`update coaches set suspended_at = null`)
	p.exec(`update engagements set state = 'completed', closed_at = $2 where id = $1`, e, practiceDay)
	_, err = p.Goals(p.coaches(other), e, coaching.GoalQuery{PageQuery: all})
	refused(t, err, services.CodeNotFound)

	// After the end they tick off what they like, and set nothing new.
	if done := must[*models.CoachingAction](t)(p.DoneAction(p.as(mia), step.ID)); done.DoneAt == nil || *done.DoneBy != mia {
		t.Fatalf("done: %+v", done)
	}
	_, err = p.SetGoal(p.as(mia), e, coaching.NewGoal{Words: "More"})
	refused(t, err, coaching.CodeNotActive)

	// Without their key nothing is left, for anybody.
	p.exec(`update subject_keys set wrapped = null, destroyed_at = $2, current = false where member_id = $1`, mia, practiceDay)
	if got := must[services.Page[coaching.GoalView]](t)(p.Goals(p.as(mia), e, coaching.GoalQuery{PageQuery: all})); len(got.Data) != 0 {
		t.Fatalf("after the key is gone: %+v", got.Data)
	}
}

func TestStepsAreTickedOffChangedAndDropped(t *testing.T) {
	p := openPractice(t)
	mia, dana := p.member(), p.coach()
	e := p.engagement(dana, mia)
	mine := services.NewID()
	step := must[*models.CoachingAction](t)(p.AddAction(p.coaches(dana), e, coaching.NewAction{ID: &mine, Text: "  Lights out at ten ", DueOn: on(2026, time.September, 9)}))
	if step.ID != mine || *step.OwnerID != mia || step.GoalID != nil {
		t.Fatalf("the step is %+v", step)
	}
	_, err := p.AddAction(p.coaches(dana), e, coaching.NewAction{ID: &mine, Text: "Again"})
	refused(t, err, coaching.CodeNoteTaken)
	done := must[*models.CoachingAction](t)(p.DoneAction(p.as(mia), mine))
	again := must[*models.CoachingAction](t)(p.DoneAction(p.as(mia), mine))
	if done.Version != 2 || again.Version != 2 {
		t.Fatal("ticking it off again changed it")
	}
	if got := must[services.Page[coaching.ActionView]](t)(p.Actions(p.as(mia), e, coaching.ActionQuery{State: []coaching.ActionState{"done", "dropped"}, PageQuery: all})); len(got.Data) != 1 || got.Data[0].Text != "Lights out at ten" {
		t.Fatalf("done: %+v", got.Data)
	}
	must[*models.CoachingAction](t)(p.UndoneAction(p.as(mia), mine))
	view := must[*coaching.ActionView](t)(p.ChangeAction(p.coaches(dana), mine, coaching.EditAction{Text: services.Some("Lights out at nine"), OwnerID: services.Some(dana), DueOn: services.Null[models.Date]()}))
	if view.Text != "Lights out at nine" || *view.OwnerID != dana || view.DueOn != nil {
		t.Fatalf("changed: %+v", view)
	}
	if read := must[*coaching.ActionView](t)(p.Action(p.as(mia), mine)); read.Text != view.Text {
		t.Fatalf("reads %q", read.Text)
	}
	must[*coaching.ActionView](t)(p.ChangeAction(p.as(mia), mine, coaching.EditAction{Dropped: services.Some(true)}))
	if got := must[services.Page[coaching.ActionView]](t)(p.Actions(p.as(mia), e, coaching.ActionQuery{State: []coaching.ActionState{"open"}, PageQuery: all})); len(got.Data) != 0 {
		t.Fatalf("open: %+v", got.Data)
	}
	if n := p.count(`select count(*) from coaching_words where action_id = $1`, mine); n != 1 {
		t.Fatalf("%d copies of the words", n)
	}
}

// A phone that got no answer sends the same again.
func TestWhatIsSetTwiceUnderOneIDIsSetOnce(t *testing.T) {
	p := openPractice(t)
	mia, luis, dana := p.member(), p.member("Luis"), p.coach()
	e, his := p.engagement(dana, mia), p.engagement(dana, luis)
	id, step := services.NewID(), services.NewID()
	for range 2 {
		if got := must[*models.CoachingGoal](t)(p.SetGoal(p.as(mia), e, coaching.NewGoal{ID: &id, Words: "Sleep ", Measure: "Diary"})); got.ID != id || got.Version != 1 {
			t.Fatalf("set: %+v", got)
		}
		if got := must[*models.CoachingAction](t)(p.AddActionTo(p.as(mia), id, coaching.NewAction{ID: &step, Text: "Lights out"})); got.ID != step || *got.GoalID != id {
			t.Fatalf("added: %+v", got)
		}
	}
	_, err := p.SetGoal(p.as(mia), e, coaching.NewGoal{ID: &id, Words: "Run"})
	refused(t, err, coaching.CodeNoteTaken)
	_, err = p.SetGoal(p.coaches(dana), e, coaching.NewGoal{ID: &id, Words: "Sleep", Measure: "Diary"})
	refused(t, err, coaching.CodeNoteTaken)
	_, err = p.SetGoal(p.as(luis), his, coaching.NewGoal{ID: &id, Words: "Sleep", Measure: "Diary"})
	refused(t, err, coaching.CodeNoteTaken)
	_, err = p.AddAction(p.as(luis), his, coaching.NewAction{ID: &step, Text: "Lights out"})
	refused(t, err, coaching.CodeNoteTaken)
}

func TestWhoLeftChangesWhatIsTheirs(t *testing.T) {
	p := openPractice(t)
	mia, luis, dana := p.member(), p.member("Luis"), p.coach()
	e := p.engagement(dana, mia, luis)
	goal := must[*models.CoachingGoal](t)(p.SetGoal(p.as(mia), e, coaching.NewGoal{Words: "Drink less", MemberID: &mia}))
	step := must[*models.CoachingAction](t)(p.AddActionTo(p.as(mia), goal.ID, coaching.NewAction{Text: "Pour it out"}))
	p.exec(`update engagement_participants set state = 'left', left_at = $3 where engagement_id = $1 and member_id = $2`, e, mia, practiceDay)
	must[*coaching.GoalView](t)(p.ChangeGoal(p.as(mia), goal.ID, coaching.EditGoal{Words: services.Some("Drink nothing")}))
	must[*coaching.ActionView](t)(p.ChangeAction(p.as(mia), step.ID, coaching.EditAction{Text: services.Some("Give it away")}))
	if got := must[*coaching.GoalHistory](t)(p.Goal(p.as(mia), goal.ID)); got.Words != "Drink nothing" {
		t.Errorf("the goal reads %q", got.Words)
	}
	if got := must[*coaching.ActionView](t)(p.Action(p.as(mia), step.ID)); got.Text != "Give it away" {
		t.Errorf("the step reads %q", got.Text)
	}
}

// A coach who is kept apart from their client writes to them neither by goals and steps nor by a log, and is told what anybody is told
// whose engagement our team lets stand still.
func TestACoachWhoIsKeptApartWritesToNobody(t *testing.T) {
	p := openPractice(t)
	mia, luis, dana := p.member(), p.member("Luis"), p.coach()
	e, other := p.engagement(dana, mia), p.engagement(dana, luis)
	goal, theirs := p.goal(mia, e, "Sleep"), p.goal(luis, other, "Run")
	step := must[*models.CoachingAction](t)(p.AddAction(p.as(mia), e, coaching.NewAction{Text: "Lights out"}))
	s := p.toLog(dana, e, atTwo)
	p.core.Clock.Set(atTwo.Add(time.Hour))
	separation := p.apart(mia, dana, models.SeparationProtected)
	_, err := services.Mutate(services.AsSystem(t.Context(), "test"), p.core, "test.hold", func(tx *services.Tx) (struct{}, error) {
		tx.Unchanged()
		return struct{}{}, coaching.HoldApart(tx, separation)
	})
	if err != nil {
		t.Fatal(err)
	}
	must[*coaching.EngagementView](t)(p.PauseEngagement(p.desk(), other, coaching.PauseEngagement{}))
	coach := p.coaches(dana)
	_, ordinary := p.ChangeGoal(coach, theirs.ID, coaching.EditGoal{Words: services.Some("Run far")})
	for name, err := range map[string]error{
		"a goal changed": second(p.ChangeGoal(coach, goal.ID, coaching.EditGoal{Words: services.Some("I know where you live")})),
		"a goal set":     second(p.SetGoal(coach, e, coaching.NewGoal{Words: "Answer my calls"})),
		"a step added":   second(p.AddAction(coach, e, coaching.NewAction{Text: "Answer my calls"})),
		"a step done":    second(p.DoneAction(coach, step.ID)),
	} {
		if codeOf(err) != coaching.CodeNotActive || err.Error() != ordinary.Error() {
			t.Errorf("%s: %v, want %v", name, err, ordinary)
		}
	}
	for _, id := range []uuid.UUID{e, other} { // as long as it stands still, whatever the reason
		refused(t, second(p.ExtendEngagement(coach, id, coaching.ExtendEngagement{Sessions: 2, Reason: "Doing well"})), coaching.CodeNotNow)
		refused(t, second(p.HandOver(coach, id, coaching.ProposeHandOver{ToCoachID: p.coach("Sam")})), coaching.CodeNotNow)
	}
	p.exec(`update coaching_sessions set state = 'booked', closed_at = null where id = $1`, s)
	in := coaching.LogCoaching{LogID: services.NewID(), Outcome: "completed", NextSteps: []coaching.NewAction{{Text: "Answer my calls"}}}
	_, err = p.LogSession(coach, s, in)
	refused(t, err, coaching.CodeNotActive)
	in.NextSteps, in.Goals = nil, []coaching.GoalProgress{{GoalID: goal.ID, Progress: 1}}
	_, err = p.LogSession(coach, s, in)
	refused(t, err, coaching.CodeNotActive)
	// Nor when another coaches there by now, and it goes on.
	p.exec(`update engagement_coaches set ends_at = $2, outcome = 'handed_over' where engagement_id = $1`, e, p.core.Clock.Now())
	p.exec(`update engagements set state = 'active', pause_reason = null, paused_at = null, coach_id = $2 where id = $1`, e, p.coach("Olga"))
	_, err = p.LogSession(coach, s, in)
	refused(t, err, coaching.CodeNotActive)
	in.Goals = nil
	p.log(dana, s, in)
	hers := must[*coaching.MyCoaching](t)(p.My(p.as(mia))).Engagements[0]
	if len(hers.Goals) != 1 || hers.Goals[0].Words != "Sleep" || hers.Goals[0].Version != 1 || len(hers.Steps) != 1 || hers.Steps[0].Text != "Lights out" {
		t.Errorf("she reads %+v", hers)
	}
	must[*coaching.GoalView](t)(p.ChangeGoal(p.as(mia), goal.ID, coaching.EditGoal{Progress: services.Some(50)}))
}

// A coach whose engagement our team lets stand still, as a separation does, reads what was agreed until then, and nothing that is
// written or ticked off since; when it goes on they read all of it.
func TestACoachReadsNothingNewWhileItStandsStill(t *testing.T) {
	p := openPractice(t)
	mia, dana := p.member(), p.coach()
	e := p.engagement(dana, mia)
	p.goal(mia, e, "Sleep")
	moved := p.goal(mia, e, "Run")
	for _, text := range []string{"Lights out", "Shoes on"} {
		must[*models.CoachingAction](t)(p.AddAction(p.as(mia), e, coaching.NewAction{Text: text, DueOn: on(2026, time.August, 30)}))
	}
	p.core.Clock.Set(p.core.Clock.Now().Add(time.Hour))
	must[*coaching.EngagementView](t)(p.PauseEngagement(p.desk(), e, coaching.PauseEngagement{}))
	p.core.Clock.Set(p.core.Clock.Now().Add(time.Hour))
	p.goal(mia, e, "Move to Elm Street")
	must[*coaching.GoalView](t)(p.ChangeGoal(p.as(mia), moved.ID, coaching.EditGoal{Words: services.Some("Run at the lake")}))
	must[*models.CoachingAction](t)(p.AddAction(p.as(mia), e, coaching.NewAction{Text: "New locks", DueOn: on(2026, time.August, 31)}))
	ticked := must[services.Page[coaching.ActionView]](t)(p.Actions(p.as(mia), e, coaching.ActionQuery{PageQuery: all})).Data
	must[*models.CoachingAction](t)(p.DoneAction(p.as(mia), ticked[slices.IndexFunc(ticked, func(a coaching.ActionView) bool { return a.Text == "Shoes on" })].ID))

	reads := func() []string {
		var texts []string
		for _, g := range must[services.Page[coaching.GoalView]](t)(p.Goals(p.coaches(dana), e, coaching.GoalQuery{PageQuery: all})).Data {
			texts = append(texts, g.Words)
		}
		for _, a := range must[services.Page[coaching.ActionView]](t)(p.Actions(p.coaches(dana), e, coaching.ActionQuery{PageQuery: all})).Data {
			texts = append(texts, a.Text)
		}
		for _, step := range must[*coaching.CoachToday](t)(p.Today(p.coaches(dana), coaching.TodayQuery{})).Overdue {
			texts = append(texts, "today: "+step.Text)
		}
		slices.Sort(texts)
		return texts
	}
	if got, want := reads(), []string{"Lights out", "Sleep", "today: Lights out"}; !slices.Equal(got, want) {
		t.Errorf("standing still the coach reads %q, want %q", got, want)
	}
	_, err := p.Goal(p.coaches(dana), moved.ID)
	refused(t, err, services.CodeNotFound)
	must[*coaching.EngagementView](t)(p.ResumeEngagement(p.desk(), e))
	if got := reads(); len(got) != 8 {
		t.Errorf("when it goes on the coach reads %q", got)
	}
}

// Of one row that was altered nothing is shown, and everything else is.
func TestAnAlteredRowHidesNothingElse(t *testing.T) {
	var logged bytes.Buffer
	p := openPractice(t, func(s *services.Settings) { s.Log = slog.New(slog.NewTextHandler(&logged, nil)) })
	mia, luis, dana := p.member(), p.member("Luis"), p.coach()
	e, his := p.engagement(dana, mia), p.engagement(dana, luis)
	good, bad := p.goal(mia, e, "Sleep"), p.goal(mia, e, "Run")
	for of, member := range map[uuid.UUID]uuid.UUID{e: mia, his: luis} {
		must[*models.CoachingAction](t)(p.AddAction(p.as(member), of, coaching.NewAction{Text: "Lights out", DueOn: on(2026, time.August, 30)}))
	}
	p.exec(`update coaching_words set edition = edition + 1 where goal_id = $1 or action_id in (select id from coaching_actions where engagement_id = $2)`, bad.ID, e)
	day := must[*coaching.CoachToday](t)(p.Today(p.coaches(dana), coaching.TodayQuery{}))
	texts := []string{}
	for _, step := range day.Overdue {
		texts = append(texts, fmt.Sprint(step.Text, step.Broken))
	}
	if slices.Sort(texts); !slices.Equal(texts, []string{"Lights outfalse", "true"}) {
		t.Errorf("the coach's day: %v", texts)
	}
	hers := must[*coaching.MyCoaching](t)(p.My(p.as(mia))).Engagements[0]
	if len(hers.Goals) != 2 || hers.Goals[0].Words != "Sleep" || hers.Goals[0].Broken || hers.Goals[1].Words != "" || !hers.Goals[1].Broken || len(hers.Steps) != 1 || !hers.Steps[0].Broken {
		t.Errorf("she reads %+v", hers)
	}
	if got := must[services.Page[coaching.GoalView]](t)(p.Goals(p.coaches(dana), e, coaching.GoalQuery{PageQuery: all})); len(got.Data) != 2 || got.Data[0].ID != good.ID || got.Data[0].Broken || !got.Data[1].Broken {
		t.Errorf("the coach reads %+v", got.Data)
	}
	words := p.text(`select id::text from coaching_words where goal_id = $1`, bad.ID)
	if !strings.Contains(logged.String(), "level=ERROR") || !strings.Contains(logged.String(), "coaching_words:"+words) {
		t.Errorf("the log says %s", logged.String())
	}
	must[*coaching.GoalView](t)(p.ChangeGoal(p.as(mia), bad.ID, coaching.EditGoal{Words: services.Some("Walk")}))
	if got := must[*coaching.GoalHistory](t)(p.Goal(p.as(mia), bad.ID)); got.Words != "Walk" || got.Broken {
		t.Errorf("set anew it is %+v", got.GoalView)
	}
}
