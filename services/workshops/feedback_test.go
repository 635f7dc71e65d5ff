package workshops_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

// canSignIn gives somebody an account.
func (h *hall) canSignIn(member uuid.UUID) {
	h.t.Helper()
	h.exec(`insert into accounts (id, version, created_at, updated_at, member_id, email, roles, status, auth_changed_at) values ($1, 1, $2, $2, $1, $1::uuid || '@example.org', '{member}', 'active', $2)`,
		member, planningDay)
}

// were enters who was at a session, by the members who came.
func (e *evening) were(session int, status models.AttendanceStatus, members ...uuid.UUID) {
	e.t.Helper()
	for _, m := range members {
		e.exec(`insert into attendance (id, session_id, attendee_id, status, source, recorded_at) select gen_random_uuid(), $1, a.id, $2, 'staff', $3
			from attendees a join registrations r on r.id = a.registration_id where r.workshop_id = $4 and a.member_id = $5`, e.sessions[session].ID, string(status), e.sessions[session].EndsAt, e.workshop, m)
	}
}

func (e *evening) says(m uuid.UUID, session int, in workshops.GiveFeedback) *workshops.MyFeedback {
	e.t.Helper()
	got, err := e.GiveFeedback(e.me(m), e.sessions[session].ID, in)
	if err != nil {
		e.t.Fatalf("%v %v", err, fieldsOf(err))
	}
	return got
}

func TestFeedbackIsOfThoseWhoWereThere(t *testing.T) {
	e := openHall(t).evenings("2")
	came, missed, child := e.person("Luis", false), e.person("Ana", false), e.child(e.member, true)
	e.register(e.me(came), e.workshop, workshops.Register{})
	e.register(e.me(missed), e.workshop, workshops.Register{})
	e.register(e.me(e.member), e.workshop, members(e.member, child))
	session := e.sessions[0]
	give := func(m uuid.UUID, session uuid.UUID) services.Code {
		_, err := e.GiveFeedback(e.me(m), session, workshops.GiveFeedback{Score: 8})
		return codeOf(err)
	}
	e.core.Clock.Set(session.EndsAt.Add(-time.Minute))
	e.were(0, models.AttendanceLate, came, child)
	e.were(0, models.AttendanceAbsent, missed)
	for _, c := range []struct {
		who  uuid.UUID
		of   uuid.UUID
		want services.Code
	}{{came, session.ID, workshops.CodeNotOver}, {missed, session.ID, workshops.CodeNotThere}, {came, e.sessions[1].ID, workshops.CodeNotThere},
		{child, session.ID, services.CodeNotFound}, {e.bob, session.ID, services.CodeNotFound}, {came, services.NewID(), services.CodeNotFound}} {
		if got := give(c.who, c.of); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
	e.core.Clock.Set(session.EndsAt)
	in := workshops.GiveFeedback{Score: 9, Word: "  The breathing helped\nme sleep "}
	first := e.says(came, 0, in)
	if *first.Score != 9 || first.Word != "The breathing helped\nme sleep" || first.GivenAt == nil || len(first.HelpNow) == 0 || !first.OpenUntil.Equal(session.EndsAt.Add(14*24*time.Hour)) {
		t.Errorf("%+v", first)
	}
	logged := e.count(`select count(*) from audit_log where action = 'feedback.give' and changes <> '[]'`)
	e.says(came, 0, in) // as a phone that lost the answer
	if n := e.count(`select count(*) from audit_log where action = 'feedback.give' and changes <> '[]'`); n != logged {
		t.Error("the same said twice changed something")
	}
	e.core.Clock.Set(session.EndsAt.Add(14*24*time.Hour - time.Second))
	if again := e.says(came, 0, workshops.GiveFeedback{Score: 3}); *again.Score != 3 || again.Word != "" || again.ChangedAt == nil {
		t.Errorf("%+v", again)
	}
	e.core.Clock.Set(session.EndsAt.Add(14 * 24 * time.Hour))
	if got := give(came, session.ID); got != workshops.CodeFeedbackClosed {
		t.Error(got)
	}
	if err := e.WithdrawFeedback(e.me(came), session.ID); err != nil {
		t.Fatal(err)
	}
	if mine, err := e.MyFeedback(e.me(came), session.ID); err != nil || mine.Score != nil || mine.GivenAt != nil {
		t.Errorf("%v %+v", err, mine)
	}
	if _, err := e.MyFeedback(e.me(e.bob), session.ID); codeOf(err) != services.CodeNotFound {
		t.Error(err)
	}
}

// Nothing that is stored or logged in plain tells what somebody said.
func TestWhatIsSaidIsSealed(t *testing.T) {
	e := openHall(t).evenings("1")
	people := e.crowd(5)
	for _, m := range people {
		e.register(e.me(m), e.workshop, workshops.Register{})
	}
	e.core.Clock.Set(e.sessions[0].EndsAt)
	e.were(0, models.AttendancePresent, people...)
	for _, m := range people {
		e.says(m, 0, workshops.GiveFeedback{Score: 4, Word: "zanzibar", Thanks: &workshops.SayThanks{Words: "zanzibar"}})
	}
	e.later(e.sessions[0].EndsAt.Add(time.Hour))
	got, err := e.WorkshopFeedback(e.staff(), e.workshop)
	if err != nil || got.Feedback == nil || *got.Feedback != (workshops.FeedbackNumbers{N: 5, Mean: 4, Low: 5}) || len(got.Words) != 5 || len(got.Sessions) != 1 {
		t.Fatalf("%v %+v", err, got)
	}
	for _, table := range []string{"session_feedback", "thanks", "feedback_groups", "audit_log", "messages", "river_job"} {
		if n := e.count(`select count(*) from ` + table + ` t where t::text ilike '%zanzibar%' or t::text ilike '%' || encode('zanzibar', 'hex') || '%'`); n > 0 {
			t.Errorf("%s tells it", table)
		}
	}
	if n := e.count(`select count(*) from audit_log where action in ('feedback.gather', 'feedback.read') and cardinality(subjects) > 0`); n > 0 {
		t.Error("the log tells whose answers came together")
	}
	if n := e.count(`select count(*) from audit_log where action = 'feedback.read' and $1 = any(objects)`, e.workshop); n != 1 {
		t.Errorf("%d looks are logged", n)
	}
}

func TestFiveWhoAnswerAtOnceMakeOneGroup(t *testing.T) {
	e := openHall(t).evenings("1")
	people := e.crowd(9)
	for _, m := range people {
		e.register(e.me(m), e.workshop, workshops.Register{})
	}
	e.core.Clock.Set(e.sessions[0].EndsAt)
	e.were(0, models.AttendancePresent, people...)
	var all sync.WaitGroup
	for _, m := range people {
		all.Go(func() {
			for range 2 {
				if err := patiently(func() error {
					_, err := e.GiveFeedback(e.me(m), e.sessions[0].ID, workshops.GiveFeedback{Score: 10})
					return err
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	for range 4 { // as four replicas at work
		all.Go(func() {
			if _, err := e.core.RunDue(t.Context(), e.sessions[0].EndsAt.Add(time.Minute)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := e.count(`select count(*) from session_feedback`); n != 9 {
		t.Errorf("%d answers", n)
	}
	if n, groups := e.count(`select coalesce(sum(n), 0) from feedback_groups`), e.count(`select count(*) from feedback_groups`); n != 9 || groups != 1 {
		t.Errorf("%d answers in %d groups", n, groups)
	}
}

func TestEverybodyWhoWasThereIsAskedOnce(t *testing.T) {
	e := openHall(t).evenings("2")
	came, missed, unknown, child := e.person("Luis", false), e.person("Ana", false), e.person("Rosa", false), e.child(e.member, true)
	for _, m := range []uuid.UUID{came, missed, e.member, e.leader} {
		e.canSignIn(m)
	}
	for _, m := range []uuid.UUID{came, missed, unknown} {
		e.register(e.me(m), e.workshop, workshops.Register{})
	}
	e.register(e.me(e.member), e.workshop, members(e.member, child))
	asked := func(want int) {
		t.Helper()
		if n := e.count(`select count(*) from messages where event = 'session.feedback'`); n != want {
			t.Fatalf("%d are asked, want %d", n, want)
		}
	}
	due := func(at time.Time) {
		t.Helper()
		e.core.Clock.Set(at)
		if err := e.AskDue(); err != nil {
			t.Fatal(err)
		}
	}
	first, second := e.sessions[0], e.sessions[1]
	e.were(0, models.AttendancePresent, came, unknown, child) // who has no account cannot answer, and children are not asked
	e.were(0, models.AttendanceAbsent, missed)
	due(first.EndsAt.Add(119 * time.Minute))
	asked(0)
	due(first.EndsAt.Add(2 * time.Hour))
	due(first.EndsAt.Add(3 * time.Hour))
	asked(1)
	e.were(0, models.AttendancePresent, e.member) // entered when the session is completed
	if _, err := e.CompleteSession(e.as(e.leader, "*", models.RoleFacilitator), first.ID); err != nil {
		t.Fatal(err)
	}
	e.later(first.EndsAt.Add(4 * time.Hour))
	due(first.EndsAt.Add(5 * time.Hour))
	asked(2)
	if n := e.count(`select count(*) from messages where event = 'session.feedback' and member_id in ($1, $2) and record = 'session' and record_id = $3`, came, e.member, first.ID); n != 2 {
		t.Errorf("%d of the two are asked", n)
	}
	// Who has said it already is not asked any more.
	e.core.Clock.Set(second.EndsAt)
	e.were(1, models.AttendancePresent, came)
	e.says(came, 1, workshops.GiveFeedback{Score: 10})
	due(second.EndsAt.Add(2 * time.Hour))
	asked(2)
	due(second.EndsAt.Add(30 * 24 * time.Hour))
	asked(2)
}

func TestFeedbackIsReadByThoseWhoseSessionsItIs(t *testing.T) {
	e := openHall(t).evenings("1")
	people := e.crowd(5)
	for _, m := range people {
		e.register(e.me(m), e.workshop, workshops.Register{})
	}
	e.core.Clock.Set(e.sessions[0].EndsAt)
	e.were(0, models.AttendancePresent, people...)
	for i, m := range people {
		e.says(m, 0, workshops.GiveFeedback{Score: 6 + i})
	}
	e.later(e.sessions[0].EndsAt.Add(time.Hour))
	leader, colleague := e.as(e.leader, "", models.RoleFacilitator), e.as(e.ann, "", models.RoleFacilitator)
	want := workshops.FeedbackNumbers{N: 5, Mean: 8, Low: 1, Middle: 2, High: 2}
	if got, err := e.WorkshopFeedback(leader, e.workshop); err != nil || got.Feedback == nil || *got.Feedback != want {
		t.Errorf("%v %+v", err, got)
	}
	if _, err := e.WorkshopFeedback(colleague, e.workshop); codeOf(err) != services.CodeNotFound {
		t.Error(err)
	}
	if got, err := e.FacilitatorFeedback(leader, e.leader); err != nil || *got.Feedback != want {
		t.Errorf("%v %+v", err, got)
	}
	if _, err := e.FacilitatorFeedback(colleague, e.leader); codeOf(err) != services.CodeNotFound {
		t.Error(err)
	}
	if _, err := e.FacilitatorFeedback(e.staff(), e.bob); codeOf(err) != services.CodeNotFound {
		t.Error("of somebody who led nothing:", err)
	}
	if got, err := e.FacilitatorFeedback(e.staff(), e.leader); err != nil || *got.Feedback != want {
		t.Errorf("%v %+v", err, got)
	}
	e.exec(`insert into relationships (id, version, created_at, updated_at, member_id, kind, other_id, status) values ($1, 1, $2, $2, $3, 'spouse', $4, 'accepted')`, services.NewID(), planningDay, e.boss, e.leader)
	if _, err := e.FacilitatorFeedback(e.staff(), e.leader); codeOf(err) != services.CodeNotFound {
		t.Error("of somebody close:", err)
	}
	if _, err := e.ProgramFeedback(e.staff(), services.NewID()); codeOf(err) != services.CodeNotFound {
		t.Error(err)
	}
	// Where a key is destroyed the answer is nobody's, and its group is not shown; the others may come into another one.
	e.exec(`update subject_keys set wrapped = null, destroyed_at = now() where member_id = $1`, people[0])
	if got, err := e.WorkshopFeedback(leader, e.workshop); err != nil || got.Feedback != nil {
		t.Errorf("%v %+v", err, got)
	}
	if err := e.GatherLeft(); err != nil {
		t.Fatal(err)
	}
	if n := e.count(`select count(*) from session_feedback where group_id is null and seen`); n != 5 {
		t.Errorf("%d answers are free", n)
	}
}

// roled gives somebody an account with a role that reads results.
func (h *hall) roled(member uuid.UUID, role models.Role) {
	h.t.Helper()
	h.canSignIn(member)
	h.exec(`update accounts set roles = $2 where member_id = $1`, member, []string{string(role)})
}

// Whoever reads results knows their own answer: with four others' it would tell what these four said.
func TestWhoReadsResultsIsNotOneOfTheFive(t *testing.T) {
	e := openHall(t).evenings("2")
	people := e.crowd(6)
	for _, m := range append(people, e.leader) {
		e.register(e.me(m), e.workshop, workshops.Register{})
	}
	e.roled(people[0], models.RoleCoordinator)
	e.core.Clock.Set(e.sessions[1].EndsAt)
	e.were(0, models.AttendancePresent, append(people, e.leader)...)
	e.were(1, models.AttendancePresent, people...)
	if _, err := e.GiveFeedback(e.me(e.leader), e.sessions[0].ID, workshops.GiveFeedback{Score: 10}); codeOf(err) != workshops.CodeLedIt {
		t.Errorf("of who led it: %v", err)
	}
	n := func(reader uuid.UUID) int {
		t.Helper()
		e.later(e.core.Clock.Now().Add(time.Minute))
		got, err := e.WorkshopFeedback(e.as(reader, "", models.RoleCoordinator), e.workshop)
		if err != nil {
			t.Fatal(err)
		}
		if got.Feedback == nil {
			return 0
		}
		return got.Feedback.N
	}
	for _, m := range people[:5] {
		e.says(m, 0, workshops.GiveFeedback{Score: 9})
	}
	if n(people[0]) != 0 || n(e.boss) != 0 {
		t.Error("a coordinator sees what four others said")
	}
	e.says(people[5], 0, workshops.GiveFeedback{Score: 2})
	if got := n(people[0]); got != 6 {
		t.Errorf("%d answers are shown to one who gave one, want 6", got)
	}
	// Who gets the role later has answered already.
	for _, m := range people[1:] {
		e.says(m, 1, workshops.GiveFeedback{Score: 9})
	}
	n(e.boss)
	e.roled(people[1], models.RoleCoordinator)
	if own, boss := n(people[1]), n(e.boss); own != 6 || boss != 11 {
		t.Errorf("%d and %d answers are shown, want 6 and 11", own, boss)
	}
}

func TestWhoSaysItTwiceAtOnceSaysItOnce(t *testing.T) {
	e := openHall(t).evenings("1")
	luis := e.person("Luis", false)
	e.register(e.me(luis), e.workshop, workshops.Register{})
	e.core.Clock.Set(e.sessions[0].EndsAt)
	e.were(0, models.AttendancePresent, luis)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if err := patiently(func() error {
				_, err := e.GiveFeedback(e.me(luis), e.sessions[0].ID, workshops.GiveFeedback{Score: 9, Thanks: &workshops.SayThanks{Words: "Thank you"}})
				return err
			}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if answers, thanks := e.count(`select count(*) from session_feedback where answer is not null`), e.count(`select count(*) from thanks`); answers != 1 || thanks != 1 {
		t.Errorf("%d answers and %d thanks", answers, thanks)
	}
}

func TestWhoIsKeptApartWithinTheTenMinutesSendsNoMail(t *testing.T) {
	e := openHall(t).evenings("1")
	luis := e.person("Luis", false)
	e.register(e.me(luis), e.workshop, workshops.Register{})
	e.core.Clock.Set(e.sessions[0].EndsAt)
	e.were(0, models.AttendancePresent, luis)
	e.says(luis, 0, workshops.GiveFeedback{Score: 9, Thanks: &workshops.SayThanks{Words: "Thank you"}})
	e.apart(models.SeparationProtected, e.leader, luis)
	e.later(e.sessions[0].EndsAt.Add(time.Hour))
	if n := e.count(`select count(*) from messages where event = 'thanks.received'`); n != 0 {
		t.Errorf("%d mails", n)
	}
}

// The log names neither the group of whom took their answer back, nor which words were theirs.
func TestTheLogTellsNoGroupOfAnybody(t *testing.T) {
	e := openHall(t).evenings("1")
	people := e.crowd(5)
	for _, m := range people {
		e.register(e.me(m), e.workshop, workshops.Register{})
	}
	e.core.Clock.Set(e.sessions[0].EndsAt)
	e.were(0, models.AttendancePresent, people...)
	for _, m := range people {
		e.says(m, 0, workshops.GiveFeedback{Score: 4, Word: "zanzibar"})
	}
	e.later(e.sessions[0].EndsAt.Add(time.Hour))
	var group, key string
	e.super(func(c *pgx.Conn) error {
		return c.QueryRow(t.Context(), `select group_id, shown_key from session_feedback where member_id = $1 and shown is not null`, people[0]).Scan(&group, &key)
	})
	if err := e.WithdrawFeedback(e.me(people[0]), e.sessions[0].ID); err != nil {
		t.Fatal(err)
	}
	e.later(e.sessions[0].EndsAt.Add(2 * time.Hour))
	if n := e.count(`select count(*) from session_feedback where group_id is not null`); n != 0 {
		t.Errorf("%d answers are in a group still", n)
	}
	if n := e.count(`select count(*) from audit_log l where action in ('feedback.withdraw', 'feedback.release') and (l::text like '%' || $1 || '%' or l::text like '%' || $2 || '%')`, group, key); n != 0 {
		t.Errorf("%d rows of the log tell it", n)
	}
}
