package coaching_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/calendar"
	"homefront/services/coaching"
)

// toLog is a session that a coach and those they coach have had booked, from a time on for 50 minutes.
func (p *practice) toLog(coach, engagement uuid.UUID, at time.Time) uuid.UUID {
	p.t.Helper()
	p.core.Clock.Set(practiceDay)
	b := must[*coaching.CoachingBooking](p.t)(p.BookSession(p.coaches(coach), coaching.BookCoaching{EngagementID: engagement, StartsAt: at, Modality: models.ModalityOnline}))
	return b.ID
}

func (p *practice) log(coach, session uuid.UUID, in coaching.LogCoaching) *coaching.LoggedCoaching {
	p.t.Helper()
	if in.LogID == uuid.Nil {
		in.LogID = services.NewID()
	}
	if in.Outcome == "" {
		in.Outcome = "completed"
	}
	return must[*coaching.LoggedCoaching](p.t)(p.LogSession(p.coaches(coach), session, in))
}

// two o'clock in New York on the first day.
var atTwo = time.Date(2026, time.September, 1, 18, 0, 0, 0, time.UTC)

func TestALogWritesEverythingDownAtOnce(t *testing.T) {
	p := openPractice(t)
	mia, dana := p.member(), p.coach()
	e := p.engagement(dana, mia)
	goal := p.goal(mia, e, "Sleep")
	s := p.toLog(dana, e, atTwo)
	p.core.Clock.Set(atTwo.Add(time.Hour))
	in := coaching.LogCoaching{LogID: services.NewID(), Outcome: "completed", SharedSummary: &coaching.LogNote{Text: "We looked at the evenings."}, PrivateNote: &coaching.LogNote{Text: "Ask about the anniversary."},
		SupervisionNote: &coaching.LogNote{Text: "How do I ask?"}, NextSteps: []coaching.NewAction{{Text: "Phone away", GoalID: &goal.ID, DueOn: on(2026, time.September, 9)}},
		Goals: []coaching.GoalProgress{{GoalID: goal.ID, Progress: 30}}, Next: &coaching.NextCoaching{StartsAt: atTwo.AddDate(0, 0, 14)}}
	out := p.log(dana, s, in)
	if out.State != models.CoachingCompleted || out.Minutes != 50 || len(out.Notes) != 3 || len(out.StepIDs) != 1 || out.Next == nil || !out.Next.Booked || !out.LoggedAt.Equal(p.core.Clock.Now()) {
		t.Fatalf("logged: %+v %+v", out, out.Next)
	}
	if n := p.count(`select count(*) from coaching_sessions where engagement_id = $1 and live and starts_at = $2`, e, atTwo.AddDate(0, 0, 14)); n != 1 {
		t.Fatalf("%d next sessions", n)
	}
	if n := p.count(`select count(*) from coaching_attendance where session_id = $1 and status = 'present'`, s); n != 1 {
		t.Fatal("she was there")
	}
	if n := p.count(`select count(*) from program_attendance where source = 'coaching_session' and member_id = $1 and status = 'present'`, mia); n != 1 {
		t.Fatal("the program does not know that she was there")
	}
	if h := must[*coaching.GoalHistory](t)(p.Goal(p.as(mia), goal.ID)); h.Progress != 30 || len(h.History) != 1 || !h.History[0].At.Equal(atTwo) {
		t.Fatalf("the goal: %+v", h)
	}
	// The same log again is answered the same, and does nothing: now, and a year later.
	for _, later := range []time.Duration{time.Minute, 365 * 24 * time.Hour} {
		p.core.Clock.Set(atTwo.Add(time.Hour + later))
		again := p.log(dana, s, in)
		if fmt.Sprint(again.LoggedFacts, again.StepIDs, *again.Next.SessionID) != fmt.Sprint(out.LoggedFacts, out.StepIDs, *out.Next.SessionID) {
			t.Fatalf("again: %+v, first %+v", again, out)
		}
	}
	// What tells it from another is made of its words, and is gone after a month; what it says of its session is not to be had under another.
	forget := func(at time.Time) int {
		p.exec(`insert into river_job (state, queue, kind, args, max_attempts, scheduled_at, priority) values ('available', 'default', 'coaching_log.forget', '{}', 3, $1, 1)`, at)
		p.later(at)
		return p.count(`select count(*) from coaching_logs where body_mac is not null`)
	}
	if n := forget(atTwo.Add(30 * 24 * time.Hour)); n != 1 {
		t.Fatalf("on the last day %d logs are told from others", n)
	}
	kept := p.text(`select encode(body_mac, 'hex') from coaching_logs`)
	if n := forget(atTwo.Add(30*24*time.Hour + 2*time.Hour)); n != 0 {
		t.Fatalf("after a month %d logs are told from others", n)
	}
	if again := p.log(dana, s, in); fmt.Sprint(again.LoggedFacts, again.StepIDs) != fmt.Sprint(out.LoggedFacts, out.StepIDs) {
		t.Fatalf("after a month: %+v, first %+v", again, out)
	}
	_, err := p.LogSession(p.coaches(dana), *out.Next.SessionID, in)
	refused(t, err, coaching.CodeLogIDTaken)
	p.exec(`update coaching_logs set body_mac = decode($1, 'hex')`, kept)

	p.core.Clock.Set(atTwo.Add(time.Hour))
	if n := p.count(`select count(*) from coaching_notes where session_id = $1`, s); n != 3 {
		t.Fatalf("%d notes", n)
	}
	other := in
	other.SharedSummary = &coaching.LogNote{Text: "Something else"}
	_, err = p.LogSession(p.coaches(dana), s, other)
	refused(t, err, coaching.CodeLogIDTaken)
	other.LogID = services.NewID()
	_, err = p.LogSession(p.coaches(dana), s, other)
	refused(t, err, coaching.CodeAlreadyLogged)
	if n := p.count(`select count(*) from coaching_logs where answer::text ~ 'evenings|anniversary|Phone|ask'`); n != 0 {
		t.Fatal("an answer holds words")
	}
}

func TestANextSessionThatDoesNotFitLosesNothing(t *testing.T) {
	p := openPractice(t)
	mia, luis, dana := p.member(), p.member("Luis"), p.coach()
	e, his := p.engagement(dana, mia), p.engagement(dana, luis)
	s := p.toLog(dana, e, atTwo)
	taken := atTwo.AddDate(0, 0, 14)
	p.toLog(dana, his, taken)
	for at, code := range map[time.Time]services.Code{taken: calendar.CodeDoubleBooked, practiceDay: coaching.CodeSessionBegun} {
		p.core.Clock.Set(atTwo.Add(time.Hour))
		jobs := p.count(`select count(*) from river_job where kind like 'coaching_session.%'`)
		out := p.log(dana, s, coaching.LogCoaching{SharedSummary: &coaching.LogNote{Text: "Well."}, Next: &coaching.NextCoaching{StartsAt: at}})
		if out.Next.Booked || out.Next.Code != code || out.Next.Reason == "" || len(out.Notes) != 1 {
			t.Fatalf("logged: %+v %+v", out, out.Next)
		}
		if n := p.count(`select count(*) from river_job where kind like 'coaching_session.%'`); n != jobs {
			t.Fatalf("%d jobs, %d before: %s", n, jobs, p.text(`select string_agg(kind || ' ' || args::text, ', ' order by id) from river_job where kind like 'coaching_session.%'`))
		}
		if n := p.count(`select count(*) from audit_log a, jsonb_array_elements(a.changes) c where c->>'table' = 'coaching_sessions' and not exists (select from coaching_sessions s where s.id = (c->>'id')::uuid)`); n != 0 {
			t.Fatal("the log tells of a session that was never booked")
		}
		if n := p.count(`select count(*) from coaching_sessions where engagement_id = $1`, e); n != 1 {
			t.Fatalf("%d sessions", n)
		}
		p.exec(`update coaching_sessions set logged_at = null, logged_by = null where id = $1`, s)
	}
}

func TestLogsComeInAnyOrder(t *testing.T) {
	p := openPractice(t)
	mia, dana := p.member(), p.coach()
	e := p.engagement(dana, mia)
	goal := p.goal(mia, e, "Sleep")
	first, second := p.toLog(dana, e, atTwo), p.toLog(dana, e, atTwo.AddDate(0, 0, 7))
	p.core.Clock.Set(atTwo.AddDate(0, 0, 9))
	p.log(dana, second, coaching.LogCoaching{Goals: []coaching.GoalProgress{{GoalID: goal.ID, Progress: 80}}})
	p.log(dana, first, coaching.LogCoaching{Goals: []coaching.GoalProgress{{GoalID: goal.ID, Progress: 20}}, NextSteps: []coaching.NewAction{{Text: "Phone away"}}})
	h := must[*coaching.GoalHistory](t)(p.Goal(p.as(mia), goal.ID))
	if h.Progress != 80 || len(h.History) != 2 || h.History[0].Progress != 80 || h.History[1].Progress != 20 {
		t.Fatalf("the goal: %+v", h)
	}
	_, err := p.LogSession(p.coaches(dana), p.toLog(dana, e, atTwo.AddDate(0, 0, 2)), coaching.LogCoaching{LogID: services.NewID(), Outcome: "completed"})
	refused(t, err, coaching.CodeTooEarly)

	// One that was called off meanwhile is kept by the phone.
	third := p.toLog(dana, e, atTwo.AddDate(0, 0, 3))
	p.exec(`update coaching_sessions set state = 'cancelled_by_member', closed_at = $2 where id = $1`, third, practiceDay)
	p.core.Clock.Set(atTwo.AddDate(0, 0, 9))
	in := coaching.LogCoaching{LogID: services.NewID(), Outcome: "completed", SharedSummary: &coaching.LogNote{Text: "Well."}}
	_, err = p.LogSession(p.coaches(dana), third, in)
	refused(t, err, coaching.CodeNotLoggable)
	if !slices.Equal(fieldsOf(err), []string{"path/coaching_session_id cancelled_by_member"}) {
		t.Fatalf("it says %v", fieldsOf(err))
	}
	p.exec(`update coaching_sessions set state = 'booked', closed_at = null where id = $1`, third)
	p.log(dana, third, in)
}

func TestALogBySeveralTapsAtOnce(t *testing.T) {
	p := openPractice(t)
	mia, dana := p.member(), p.coach()
	e := p.engagement(dana, mia)
	s := p.toLog(dana, e, atTwo)
	p.core.Clock.Set(atTwo.Add(time.Hour))
	replica := p.replica()
	in := coaching.LogCoaching{LogID: services.NewID(), Outcome: "completed", SharedSummary: &coaching.LogNote{Text: "Well."}, NextSteps: []coaching.NewAction{{Text: "Phone away"}}}
	var all sync.WaitGroup
	for i := range 10 {
		all.Go(func() {
			on := p.Service
			if i%2 == 1 {
				on = replica
			}
			err := patiently(func() error { _, err := on.LogSession(p.coaches(dana), s, in); return err })
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := p.count(`select (select count(*) from coaching_notes) + (select count(*) from coaching_actions) + (select count(*) from coaching_logs)`); n != 3 {
		t.Fatalf("%d rows, want a note, a step and a log", n)
	}
}

func TestWhoMayLog(t *testing.T) {
	p := openPractice(t)
	mia, dana, other := p.member(), p.coach(), p.coach("Olga")
	e := p.engagement(dana, mia)
	s := p.toLog(dana, e, atTwo)
	p.core.Clock.Set(atTwo.Add(time.Hour))
	in := func() coaching.LogCoaching {
		return coaching.LogCoaching{LogID: services.NewID(), Outcome: "completed", SharedSummary: &coaching.LogNote{Text: "Well."}, NextSteps: []coaching.NewAction{{Text: "Read"}}, Next: &coaching.NextCoaching{StartsAt: atTwo.AddDate(0, 0, 7)}}
	}
	for _, who := range []context.Context{p.coaches(other), p.as(mia), p.desk(), p.as(p.boss, models.RoleAdmin, models.RoleCoach)} {
		_, err := p.LogSession(who, s, in())
		refused(t, err, services.CodeNotFound)
	}
	p.exec(`update coaches set suspended_at = $2 where id = $1`, dana, practiceDay)
	_, err := p.LogSession(p.coaches(dana), s, coaching.LogCoaching{LogID: services.NewID(), Outcome: "completed"})
	refused(t, err, coaching.CodeCoachSuspended)
	p.exec(`update coaches set suspended_at = null`)

	// Handed over since: who held it writes it down, and books nothing.
	p.exec(`update engagement_coaches set ends_at = $2, outcome = 'handed_over' where engagement_id = $1`, e, atTwo.Add(50*time.Minute))
	p.exec(`update engagements set coach_id = $2 where id = $1`, e, other)
	p.exec(`insert into engagement_coaches (id, engagement_id, coach_id, starts_at, history) values ($1, $2, $3, $4, false)`, services.NewID(), e, other, atTwo.Add(50*time.Minute))
	_, err = p.LogSession(p.coaches(other), s, in())
	refused(t, err, services.CodeNotFound)
	p.core.Clock.Set(atTwo.AddDate(0, 0, 31))
	_, err = p.LogSession(p.coaches(dana), s, in())
	refused(t, err, services.CodeNotFound)
	p.core.Clock.Set(atTwo.AddDate(0, 0, 2))
	out := p.log(dana, s, in())
	if out.Next.Booked || out.Next.Code != coaching.CodeNotActive || len(out.Notes) != 1 {
		t.Fatalf("logged: %+v %+v", out, out.Next)
	}
	steps := must[services.Page[coaching.ActionView]](t)(p.Actions(p.coaches(other), e, coaching.ActionQuery{PageQuery: all}))
	if len(steps.Data) != 0 {
		t.Fatal("the new coach reads what was agreed before them")
	}
	if steps = must[services.Page[coaching.ActionView]](t)(p.Actions(p.as(mia), e, coaching.ActionQuery{PageQuery: all})); len(steps.Data) != 1 {
		t.Fatal("she does not read her step")
	}
}

func TestALogOfACoupleAndItsCorrection(t *testing.T) {
	p := openPractice(t)
	mia, luis, dana := p.member(), p.member("Luis"), p.coach()
	e := p.engagement(dana, mia, luis)
	s := p.toLog(dana, e, atTwo)
	p.core.Clock.Set(atTwo.Add(time.Hour))
	_, err := p.LogSession(p.coaches(dana), s, coaching.LogCoaching{LogID: services.NewID(), Outcome: "completed", PrivateNote: &coaching.LogNote{Text: "About whom?"}})
	refused(t, err, services.CodeInvalid)
	_, err = p.LogSession(p.coaches(dana), s, coaching.LogCoaching{LogID: services.NewID(), Outcome: "completed", Attendance: []coaching.LogAttendance{{MemberID: mia, Status: "absent"}, {MemberID: luis, Status: "excused"}}})
	refused(t, err, services.CodeInvalid)
	in := coaching.LogCoaching{LogID: services.NewID(), Outcome: "completed", Minutes: new(int)}
	_, err = p.LogSession(p.coaches(dana), s, in)
	if f := fieldsOf(err); len(f) != 1 || f[0] != "/minutes out_of_range" {
		t.Fatalf("it took no time: %v", err)
	}
	out := p.log(dana, s, coaching.LogCoaching{SharedSummary: &coaching.LogNote{Text: "Sundays."}, Notes: []coaching.LogTieredNote{{Tier: models.NoteShared, LogNote: coaching.LogNote{Text: "Yours alone.", MemberID: &mia}}},
		Attendance: []coaching.LogAttendance{{MemberID: luis, Status: models.AttendanceLate}}, NextSteps: []coaching.NewAction{{Text: "Talk"}, {Text: "Write", MemberID: &mia}, {Text: "Call the school", OwnerID: &luis}}})
	if len(out.Notes) != 2 || out.Notes[0].MemberID != nil || *out.Notes[1].MemberID != mia || len(out.StepIDs) != 3 {
		t.Fatalf("logged: %+v", out)
	}
	for who, n := range map[uuid.UUID]int{mia: 3, luis: 2} {
		if got := must[services.Page[coaching.ActionView]](t)(p.Actions(p.as(who), e, coaching.ActionQuery{PageQuery: all})); len(got.Data) != n {
			t.Fatalf("%d steps, want %d", len(got.Data), n)
		}
	}
	status := func(who uuid.UUID) string {
		return p.text(`select coalesce((select status from program_attendance where source_id = $1 and member_id = $2), 'unknown')`, s, who)
	}
	if status(mia) != "present" || status(luis) != "late" {
		t.Fatalf("she was %s, he %s", status(mia), status(luis))
	}
	_, err = p.LogSession(p.coaches(p.coach("Omar")), s, coaching.LogCoaching{LogID: out.LogID, Outcome: "completed"})
	refused(t, err, services.CodeNotFound) // what others logged is nothing to a coach who does not see the session
	_, err = p.CorrectLog(p.coaches(dana), s, coaching.EditLog{Minutes: services.Some(0)})
	refused(t, err, services.CodeInvalid)
	facts := must[*coaching.LoggedFacts](t)(p.CorrectLog(p.coaches(dana), s, coaching.EditLog{Minutes: services.Some(40), Attendance: services.Some([]coaching.LogAttendance{{MemberID: mia, Status: models.AttendanceAbsent}})}))
	if facts.Minutes != 40 || facts.LogID != out.LogID || status(mia) != "absent" || status(luis) != "present" {
		t.Fatalf("corrected: %+v, she was %s", facts, status(mia))
	}
	_, err = p.CorrectLog(p.desk(), s, coaching.EditLog{Outcome: services.Some(coaching.CoachingOutcome("no_show_member"))})
	refused(t, err, services.CodeInvalid) // staff say why
	_, err = p.CorrectLog(p.as(mia), s, coaching.EditLog{Minutes: services.Some(1)})
	refused(t, err, coaching.CodeNotTheirCoach)
	facts = must[*coaching.LoggedFacts](t)(p.CorrectLog(p.desk(), s, coaching.EditLog{Outcome: services.Some(coaching.CoachingOutcome("no_show_member")), Reason: "They called"}))
	if facts.Minutes != 0 || facts.State != models.CoachingNoShowMember || status(luis) != "absent" {
		t.Fatalf("corrected: %+v", facts)
	}
	must[*coaching.LoggedFacts](t)(p.CorrectLog(p.coaches(dana), s, coaching.EditLog{Outcome: services.Some(coaching.CoachingOutcome("no_show_coach"))}))
	if status(luis) != "unknown" {
		t.Fatalf("he was %s", status(luis))
	}
	// Something stands between them: what is said to both from now on reaches neither, and a log brings no steps.
	p.exec(`update coaching_actions set created_at = $2 where id = $1`, out.StepIDs[2], atTwo.Add(2*time.Hour))
	p.exec(`update engagements set state = 'paused', pause_reason = 'held', paused_at = $2 where id = $1`, e, atTwo.Add(90*time.Minute))
	p.exec(`update coaching_sessions set state = 'booked', closed_at = null, logged_at = null, logged_by = null where id = $1`, s)
	p.core.Clock.Set(atTwo.Add(2 * time.Hour))
	_, err = p.LogSession(p.coaches(dana), s, coaching.LogCoaching{LogID: services.NewID(), Outcome: "completed", NextSteps: []coaching.NewAction{{Text: "He told me"}}})
	refused(t, err, coaching.CodeNotActive)
	p.log(dana, s, coaching.LogCoaching{})
	for who, n := range map[uuid.UUID]int{mia: 2, luis: 1} {
		if got := must[services.Page[coaching.ActionView]](t)(p.Actions(p.as(who), e, coaching.ActionQuery{PageQuery: all})); len(got.Data) != n {
			t.Fatalf("%d steps, want %d", len(got.Data), n)
		}
	}
	_, err = p.SetGoal(p.as(luis), e, coaching.NewGoal{Words: "I know where you are"})
	refused(t, err, coaching.CodeNotActive)
	_, err = p.DoneAction(p.as(luis), out.StepIDs[0])
	refused(t, err, coaching.CodeNotActive)
	must[*models.CoachingAction](t)(p.DoneAction(p.as(mia), out.StepIDs[1]))
}

// What an earlier session said comes in late, and changes nothing of what a later one said: not even that nothing had moved.
func TestALateLogOutweighsNoLaterOne(t *testing.T) {
	p := openPractice(t)
	mia, dana := p.member(), p.coach()
	e := p.engagement(dana, mia)
	still, reached := p.goal(mia, e, "Sleep"), p.goal(mia, e, "Run")
	first, second, third := p.toLog(dana, e, atTwo), p.toLog(dana, e, atTwo.AddDate(0, 0, 1)), p.toLog(dana, e, atTwo.AddDate(0, 0, 2))
	p.core.Clock.Set(atTwo.AddDate(0, 0, 9))
	achieved := models.GoalAchieved
	p.log(dana, third, coaching.LogCoaching{Goals: []coaching.GoalProgress{{GoalID: still.ID, Progress: 0}, {GoalID: reached.ID, Progress: 100, State: &achieved}}})
	p.log(dana, second, coaching.LogCoaching{Goals: []coaching.GoalProgress{{GoalID: still.ID, Progress: 30}, {GoalID: reached.ID, Progress: 40}}})
	p.log(dana, first, coaching.LogCoaching{Goals: []coaching.GoalProgress{{GoalID: reached.ID, Progress: 20}}})
	if h := must[*coaching.GoalHistory](t)(p.Goal(p.as(mia), still.ID)); h.Progress != 0 || len(h.History) != 2 || h.History[1].Progress != 30 {
		t.Errorf("still: %+v", h)
	}
	h := must[*coaching.GoalHistory](t)(p.Goal(p.as(mia), reached.ID))
	if h.State != models.GoalAchieved || len(h.History) != 3 || h.History[1].State != models.GoalOpen || h.History[2].State != models.GoalOpen {
		t.Errorf("reached: %+v", h)
	}
}

// What a coach may not read, their log does not change.
func TestALogMovesOnlyGoalsThatItsCoachReads(t *testing.T) {
	p := openPractice(t)
	mia, dana, other := p.member(), p.coach(), p.coach("Olga")
	e := p.engagement(dana, mia)
	old := p.goal(mia, e, "Sleep")
	p.exec(`update engagement_coaches set ends_at = $2, outcome = 'handed_over' where engagement_id = $1`, e, practiceDay)
	p.exec(`update engagements set coach_id = $2 where id = $1`, e, other)
	p.exec(`insert into engagement_coaches (id, engagement_id, coach_id, starts_at, history) values ($1, $2, $3, $4, false)`, services.NewID(), e, other, practiceDay.Add(time.Minute))
	s := p.toLog(other, e, atTwo)
	p.core.Clock.Set(atTwo.Add(time.Hour))
	dropped := models.GoalDropped
	for name, in := range map[string]coaching.LogCoaching{
		"its state":     {Goals: []coaching.GoalProgress{{GoalID: old.ID, Progress: 5, State: &dropped}}},
		"a step to it":  {NextSteps: []coaching.NewAction{{Text: "Lights out", GoalID: &old.ID}}},
		"an unknown id": {Goals: []coaching.GoalProgress{{GoalID: services.NewID()}}},
	} {
		in.LogID, in.Outcome = services.NewID(), "completed"
		if _, err := p.LogSession(p.coaches(other), s, in); codeOf(err) != services.CodeInvalid || !strings.HasSuffix(fieldsOf(err)[0], "goal_id unknown_goal") {
			t.Errorf("%s: %v %v", name, err, fieldsOf(err))
		}
	}
}

// A log that a phone sent before an update of the server is the same log after it: the bytes that its MAC is made of never change.
func TestALogIsTheSameAcrossVersions(t *testing.T) {
	const sent = `{"log_id": "019c21a0-5e11-7c33-9d10-2b3c4d5e6f01", "outcome": "completed", "minutes": 0, "sign": false, "attendance": [],
		"shared_summary": {"text": "Well <b>."}, "notes": [{"tier": "private", "member_id": "019c21a0-5e11-7c33-9d10-2b3c4d5e6f02", "text": "Ask."}],
		"next_steps": [{"text": "Phone away", "due_on": "2026-09-09"}], "goals": [{"goal_id": "019c21a0-5e11-7c33-9d10-2b3c4d5e6f03", "progress": 0, "state": "open"}],
		"next": {"starts_at": "2026-12-15T23:00:00Z"}}`
	const golden = `{"goals":[{"goal_id":"019c21a0-5e11-7c33-9d10-2b3c4d5e6f03","progress":0,"state":"open"}],"log_id":"019c21a0-5e11-7c33-9d10-2b3c4d5e6f01","minutes":0,` +
		`"next":{"starts_at":"2026-12-15T23:00:00Z"},"next_steps":[{"due_on":"2026-09-09","text":"Phone away"}],` +
		`"notes":[{"member_id":"019c21a0-5e11-7c33-9d10-2b3c4d5e6f02","text":"Ask.","tier":"private"}],"outcome":"completed","shared_summary":{"text":"Well \u003cb\u003e."},"sign":false}`
	var in coaching.LogCoaching
	if err := json.Unmarshal([]byte(sent), &in); err != nil {
		t.Fatal(err)
	}
	if got := coaching.CanonicalLog(in); got != golden {
		t.Errorf("the canonical log is %s, and was %s", got, golden)
	}
	// A later version has fields that this phone does not know.
	later := struct {
		coaching.LogCoaching
		Mood  string         `json:"mood"`
		Tags  []string       `json:"tags"`
		Place *string        `json:"place"`
		Kept  map[string]any `json:"kept"`
	}{LogCoaching: in, Kept: map[string]any{"by": nil}}
	if got := coaching.CanonicalLog(later); got != golden {
		t.Errorf("with fields of a later version it is %s", got)
	}
}
