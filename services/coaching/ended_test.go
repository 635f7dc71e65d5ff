package coaching_test

import (
	"slices"
	"testing"
	"time"

	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
	"homefront/services/tasks"
)

var (
	missed    = coaching.CoachingNoShow{Who: "coach"}
	didNot    = coaching.CoachingNoShow{Who: "member"}
	because   = coaching.RestoreCoaching{Reason: "I called both."}
	noWords   = coaching.RestoreCoaching{}
	completed = services.Some(coaching.CoachingOutcome("completed"))
)

// Once those who are coached said that the coach did not come, the coach alone does nothing about it: staff decide.
func TestACoachDoesNotSilenceWhoSaysThatTheyDidNotCome(t *testing.T) {
	p := openPractice(t)
	coach, mia, e := p.coachAndClient()
	s := p.bookAt(mia, e, slot).ID
	p.core.Clock.Set(slot.Add(20 * time.Minute))
	p.shows(p.MarkNoShow(p.coaches(coach), s, didNot)) // quicker than she was
	said := p.shows(p.MarkNoShow(p.as(mia), s, missed))
	if said.State != models.CoachingNoShowCoach || !said.WithTeam || said.People[0].Status != nil || !slices.Equal(said.Can, []string{"restore"}) || p.openTasks(models.TaskCall, s) != 1 {
		t.Errorf("said: %+v", said)
	}
	if v := p.shows(p.Session(p.coaches(coach), s)); !v.WithTeam || len(v.Can) != 0 {
		t.Errorf("the coach can %v", v.Can)
	}
	silence := func() {
		t.Helper()
		_, err := p.MarkNoShow(p.coaches(coach), s, didNot)
		refused(t, err, coaching.CodeWithOurTeam)
		_, err = p.RestoreSession(p.coaches(coach), s, because)
		refused(t, err, coaching.CodeWithOurTeam)
		_, err = p.LogSession(p.coaches(coach), s, coaching.LogCoaching{LogID: services.NewID(), Outcome: "completed"})
		refused(t, err, coaching.CodeWithOurTeam)
		_, err = p.CorrectLog(p.coaches(coach), s, coaching.EditLog{Outcome: completed})
		refused(t, err, coaching.CodeWithOurTeam)
		if n := p.openTasks(models.TaskCall, s); n != 1 {
			t.Errorf("%d tasks to call", n)
		}
	}
	silence()
	// She takes it back, and says it again. Staff hear of it all the same.
	if v := p.shows(p.RestoreSession(p.as(mia), s, noWords)); v.State != models.CoachingBooked || v.WithTeam || p.openTasks(models.TaskCall, s) != 1 {
		t.Errorf("taken back: %+v", v)
	}
	p.shows(p.MarkNoShow(p.coaches(coach), s, didNot))
	if p.openTasks(models.TaskCall, s) != 1 {
		t.Error("nobody calls any more")
	}
	p.shows(p.MarkNoShow(p.as(mia), s, missed))
	silence()
	_, err := p.MarkNoShow(p.desk(), s, didNot)
	refused(t, err, services.CodeInvalid)
	// Decided, it is not the coach's to change either, nor hers to say again; the way back is staff's.
	why := coaching.CoachingNoShow{Who: "member", Reason: "She mixed up the days."}
	if v := p.shows(p.MarkNoShow(p.desk(), s, why)); v.State != models.CoachingNoShowMember || v.WithTeam || p.openTasks(models.TaskCall, s) != 0 {
		t.Errorf("decided: %+v", v)
	}
	_, err = p.RestoreSession(p.coaches(coach), s, noWords)
	refused(t, err, coaching.CodeWithOurTeam)
	_, err = p.MarkNoShow(p.as(mia), s, missed)
	refused(t, err, coaching.CodeWithOurTeam)
	p.shows(p.RestoreSession(p.desk(), s, because))
	p.log(coach, s, coaching.LogCoaching{})
}

// Staff leave it at what was said, or write down what took place; the task to call is theirs to close.
func TestStaffDecideWhetherACoachCame(t *testing.T) {
	p := openPractice(t)
	coach, mia, e := p.coachAndClient()
	stays, took := p.bookAt(mia, e, slot).ID, p.bookAt(mia, e, slot.Add(2*time.Hour)).ID
	p.core.Clock.Set(slot.Add(3 * time.Hour))
	p.shows(p.MarkNoShow(p.as(mia), stays, missed))
	task := must[*services.Page[models.Task]](t)(p.tasks.List(p.desk(), tasks.Filter{PageQuery: services.PageQuery{Limit: 5}, Kind: string(models.TaskCall)}))
	must[*models.Task](t)(p.tasks.Complete(p.desk(), task.Data[0].ID, tasks.CompleteTask{Outcome: "Called her. A flat tire."}))
	_, err := p.MarkNoShow(p.coaches(coach), stays, didNot)
	refused(t, err, coaching.CodeWithOurTeam)
	if v := p.shows(p.MarkNoShow(p.desk(), stays, coaching.CoachingNoShow{Who: "coach", Reason: "A flat tire."})); v.State != models.CoachingNoShowCoach || v.WithTeam {
		t.Errorf("left at that: %+v", v)
	}
	p.shows(p.MarkNoShow(p.as(mia), took, missed))
	_, err = p.CorrectLog(p.desk(), took, coaching.EditLog{Reason: "They met by phone."})
	refused(t, err, services.CodeInvalid)
	facts := must[*coaching.LoggedFacts](t)(p.CorrectLog(p.desk(), took, coaching.EditLog{Outcome: completed, Minutes: services.Some(30), Reason: "They met by phone."}))
	if facts.State != models.CoachingCompleted || facts.Minutes != 30 || p.openTasks(models.TaskCall, took) != 0 ||
		p.count(`select count(*) from program_attendance where source_id = $1 and status = 'present'`, took) != 1 {
		t.Errorf("%+v", facts)
	}
	_, err = p.LogSession(p.coaches(coach), took, coaching.LogCoaching{LogID: services.NewID(), Outcome: "no_show_member"})
	refused(t, err, coaching.CodeWithOurTeam)
	facts = must[*coaching.LoggedFacts](t)(p.CorrectLog(p.desk(), took, coaching.EditLog{Minutes: services.Some(25), Reason: "25, he says."}))
	if facts.Minutes != 25 {
		t.Errorf("%+v", facts)
	}
}

// The wrong session was written down: it is booked again, and can be logged anew. The first log, sent again by a phone, changes nothing.
func TestALogIsTakenBack(t *testing.T) {
	p := openPractice(t)
	dana, mia := p.coach(), p.member()
	e := p.engagement(dana, mia)
	goal := p.goal(mia, e, "Sleep")
	s := p.toLog(dana, e, atTwo)
	p.core.Clock.Set(atTwo.Add(time.Hour))
	wrong := coaching.LogCoaching{LogID: services.NewID(), Outcome: "completed", SharedSummary: &coaching.LogNote{Text: "Words of another hour."}, Goals: []coaching.GoalProgress{{GoalID: goal.ID, Progress: 30}}}
	first := p.log(dana, s, wrong)
	_, err := p.RestoreSession(p.as(mia), s, noWords)
	refused(t, err, coaching.CodeNotTheirCoach)
	_, err = p.RestoreSession(p.desk(), s, noWords)
	refused(t, err, services.CodeInvalid)
	back := p.shows(p.RestoreSession(p.coaches(dana), s, noWords))
	if back.State != models.CoachingBooked || back.LoggedAt != nil || back.Minutes != nil || back.People[0].Status != nil || !slices.Contains(back.Can, "log") || !p.keepsTime(s) ||
		p.count(`select count(*) from program_attendance where source_id = $1`, s) != 0 || p.count(`select count(*) from coaching_notes where session_id = $1 and state = 'signed'`, s) != 1 {
		t.Errorf("%+v", back)
	}
	if again := p.log(dana, s, wrong); again.LogID != first.LogID || again.State != models.CoachingCompleted || p.stateOf(s) != models.CoachingBooked {
		t.Errorf("sent again, the log is answered %+v, and the session is %s", again, p.stateOf(s))
	}
	_, err = p.CorrectLog(p.coaches(dana), s, coaching.EditLog{Minutes: services.Some(40)})
	refused(t, err, coaching.CodeNotLogged)
	p.later(atTwo.Add(26 * time.Hour))
	if p.openTasks(models.TaskLogSession, s) != 1 {
		t.Error("nobody is asked to write it down")
	}
	second := p.log(dana, s, coaching.LogCoaching{Outcome: "no_show_member", Goals: []coaching.GoalProgress{{GoalID: goal.ID, Progress: 10}}})
	facts := must[*coaching.LoggedFacts](t)(p.CorrectLog(p.coaches(dana), s, coaching.EditLog{Outcome: services.Some(coaching.CoachingOutcome("no_show_coach"))}))
	if facts.LogID != second.LogID || p.openTasks(models.TaskLogSession, s) != 0 {
		t.Errorf("%+v, want that of the second log", facts)
	}
	// A log that was marked otherwise can be corrected all the same.
	p.shows(p.MarkNoShow(p.coaches(dana), s, didNot))
	must[*coaching.LoggedFacts](t)(p.CorrectLog(p.coaches(dana), s, coaching.EditLog{Outcome: completed}))
	p.core.Clock.Set(atTwo.AddDate(0, 0, 31))
	_, err = p.RestoreSession(p.coaches(dana), s, noWords)
	refused(t, err, coaching.CodeTooLate)
	p.shows(p.RestoreSession(p.desk(), s, because))
}

// What was called off comes back by who called it off, and by staff at any time, also when its hour has come: it took place all the same.
func TestStaffBringASessionBack(t *testing.T) {
	p := openPractice(t)
	coach, mia, e := p.coachAndClient()
	used := `select count(*) from coaching_sessions s where s.engagement_id = $1 and ` + models.UsesPackageSQL
	off := func(at time.Time) *coaching.CoachingBooking {
		p.core.Clock.Set(practiceDay)
		b := p.bookAt(mia, e, at)
		p.shows(p.CancelSession(p.as(mia), b.ID, coaching.CancelCoaching{}))
		return b
	}
	own := off(slot)
	if v := p.shows(p.RestoreSession(p.as(mia), own.ID, noWords)); v.State != models.CoachingBooked || !p.keepsTime(own.ID) {
		t.Errorf("her own: %+v", v)
	}
	_, err := p.CancelSession(p.desk(), own.ID, coaching.CancelCoaching{})
	refused(t, err, services.CodeInvalid)
	p.shows(p.CancelSession(p.desk(), own.ID, coaching.CancelCoaching{Reason: "Snow"}))
	_, err = p.RestoreSession(p.coaches(coach), own.ID, noWords)
	refused(t, err, coaching.CodeOthersCalledOff)
	p.core.Clock.Set(practiceDay.Add(50 * time.Hour)) // after a day it is staff's alone
	p.shows(p.RestoreSession(p.desk(), own.ID, because))

	p.core.Clock.Set(slot.Add(-2 * time.Hour))
	if v := p.shows(p.CancelSession(p.as(mia), own.ID, coaching.CancelCoaching{})); !v.Late {
		t.Errorf("%+v", v)
	}
	p.core.Clock.Set(slot.Add(time.Hour)) // she came all the same
	_, err = p.LogSession(p.coaches(coach), own.ID, coaching.LogCoaching{LogID: services.NewID(), Outcome: "completed"})
	refused(t, err, coaching.CodeNotLoggable)
	told := p.mails(models.NoticeCoachingBooked, mia)
	if v := p.shows(p.RestoreSession(p.desk(), own.ID, because)); v.Late || v.State != models.CoachingBooked || p.mails(models.NoticeCoachingBooked, mia) != told {
		t.Errorf("what has been: %+v", v)
	}
	p.log(coach, own.ID, coaching.LogCoaching{})
	if n := p.count(used, e); n != 1 {
		t.Errorf("one meeting uses %d of the package", n)
	}
	old := off(slot.AddDate(0, 0, 1))
	p.core.Clock.Set(slot.AddDate(0, 0, 9))
	_, err = p.RestoreSession(p.desk(), old.ID, because)
	refused(t, err, coaching.CodeTooSoon) // as for what staff enter afterwards
}

// A coordinator takes a late mark away, with a reason; the package follows.
func TestALateMarkIsTakenAway(t *testing.T) {
	p := openPractice(t)
	coach, mia, e := p.coachAndClient()
	s := p.bookAt(mia, e, slot).ID
	left := func() int {
		return must[*coaching.EngagementView](t)(p.Engagement(p.as(mia), e)).SessionsLeft
	}
	before := left()
	p.core.Clock.Set(slot.Add(-time.Hour))
	p.shows(p.CancelSession(p.as(mia), s, coaching.CancelCoaching{}))
	p.core.Clock.Set(slot.AddDate(0, 0, 60))
	no := coaching.LateCoaching{Reason: "Her son was taken to hospital."}
	for who, ctx := range map[string]func() error{
		"she":   func() error { _, err := p.SetLate(p.as(mia), s, no); return err },
		"coach": func() error { _, err := p.SetLate(p.coaches(coach), s, no); return err },
	} {
		if err := ctx(); codeOf(err) != coaching.CodeCoordinatorsOnly {
			t.Errorf("%s: %v", who, err)
		}
	}
	_, err := p.SetLate(p.desk(), s, coaching.LateCoaching{})
	refused(t, err, services.CodeInvalid)
	if v := p.shows(p.SetLate(p.desk(), s, no)); v.Late || left() != before+1 {
		t.Errorf("%+v, %d left", v, left())
	}
	no.Late = true
	if v := p.shows(p.SetLate(p.desk(), s, no)); !v.Late || left() != before {
		t.Errorf("%+v, %d left", v, left())
	}
}

// Begun by a slip of the thumb, it is as it was, and can be moved.
func TestASessionThatHasNotBegun(t *testing.T) {
	p := openPractice(t)
	coach, mia, e := p.coachAndClient()
	s := p.bookAt(mia, e, slot).ID
	p.core.Clock.Set(slot.Add(-50 * time.Minute))
	if v := p.shows(p.StartSession(p.coaches(coach), s)); !slices.Contains(v.Can, "restore") {
		t.Errorf("%v", v.Can)
	}
	if v := p.shows(p.RestoreSession(p.coaches(coach), s, noWords)); v.State != models.CoachingBooked || !slices.Contains(v.Can, "reschedule") {
		t.Errorf("%+v", v)
	}
}

// Who drops out of a conversation that runs over gets back in, as long as it is not written down.
func TestAConversationThatRunsOver(t *testing.T) {
	p := openPractice(t)
	coach, mia, e := p.coachAndClient()
	s := p.toLog(coach, e, slot)
	ends := slot.Add(50 * time.Minute)
	state := func() string {
		t.Helper()
		return must[*coaching.CoachingJoinState](t)(p.SessionJoinState(p.as(mia), s)).State
	}
	p.core.Clock.Set(ends.Add(14 * time.Minute)) // ten are kept free after it
	ticket := must[*coaching.CoachingTicket](t)(p.JoinSession(p.as(mia), s, coaching.JoinCoaching{}))
	if v := p.shows(p.Session(p.coaches(coach), s)); !ticket.ClosesAt.Equal(ends.Add(15*time.Minute)) || !slices.Contains(v.Can, "join") {
		t.Errorf("%+v %v", ticket, v.Can)
	}
	p.core.Clock.Set(ends.Add(15 * time.Minute))
	if state() != "over" {
		t.Error(state())
	}
	p.exec(`update coaches set after_minutes = 30 where id = $1`, coach)
	if state() != "open" {
		t.Error(state())
	}
	p.log(coach, s, coaching.LogCoaching{})
	if state() != "over" {
		t.Error(state())
	}
}

// People are reminded as their coach wants it, and the coach is who asks for it; new hours hold for what is booked, too.
func TestACoachSaysWhenPeopleAreReminded(t *testing.T) {
	p := openPractice(t)
	coach, mia, e := p.coachAndClient()
	_, err := p.UpdateCoach(p.coaches(coach), coach, coaching.CoachPatch{ReminderHours: services.Some([]int{0, 200})})
	if f := fieldsOf(err); !slices.Contains(f, "/reminder_hours out_of_range") {
		t.Errorf("%v", f)
	}
	p.bookAt(mia, e, slot)
	v := must[*coaching.CoachView](t)(p.UpdateCoach(p.coaches(coach), coach, coaching.CoachPatch{ReminderHours: services.Some([]int{2, 48, 2}), RemindCoach: services.Some(true)}))
	if !slices.Equal(v.ReminderHours, models.Hours{48, 2}) || !v.RemindCoach {
		t.Errorf("%+v", v.CoachWork)
	}
	for _, c := range []struct {
		before time.Duration
		want   int
	}{{49 * time.Hour, 0}, {47 * time.Hour, 1}, {3 * time.Hour, 1}, {time.Hour, 2}} {
		p.later(slot.Add(-c.before))
		if m, d := p.mails(models.NoticeCoachingReminder, mia), p.mails(models.NoticeCoachingReminder, coach); m != c.want || d != c.want {
			t.Errorf("%s before: %d and %d reminders, want %d", c.before, m, d, c.want)
		}
	}
	p.exec(`update members set quiet_from = '06:00', quiet_until = '20:30' where id = $1`, mia) // the session, too: two hours before it is too late for her
	next := p.bookAt(mia, e, slot.AddDate(0, 0, 5))
	p.later(next.StartsAt.Add(-4 * time.Hour))
	if n := p.count(`select count(*) from messages where event = 'coaching.reminder' and member_id = $1 and record_id = $2`, mia, next.ID); n != 2 {
		t.Errorf("%d reminders of a session that lies in quiet hours", n)
	}
}
