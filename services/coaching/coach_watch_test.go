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

// bookedAt is a session that is booked, put there past all rules.
func (p *practice) bookedAt(engagement, coach uuid.UUID, at time.Time) uuid.UUID {
	p.t.Helper()
	id := services.NewID()
	p.exec(`insert into coaching_sessions (id, created_at, updated_at, engagement_id, coach_id, state, starts_at, ends_at, time_zone, modality, booked_by, chain_id)
		values ($1, $2, $2, $3, $4, 'booked', $5, $6, 'America/New_York', 'phone', $7, $1)`, id, practiceDay, engagement, coach, at, at.Add(50*time.Minute), p.boss)
	p.exec(`insert into coaching_attendance (session_id, member_id) select $1, member_id from engagement_participants where engagement_id = $2`, id, engagement)
	return id
}

// watch runs what looks after coaches every ten minutes.
func (p *practice) watch(at time.Time) {
	p.t.Helper()
	p.exec(`insert into river_job (state, queue, kind, args, max_attempts, scheduled_at, priority) values ('available', 'default', 'coach.watch', '{}', 3, $1, 1)`, at)
	p.later(at)
}

func (p *practice) withStaff(sessions ...uuid.UUID) int {
	p.t.Helper()
	return p.count(`select count(*) from coaching_sessions where id = any($1) and to_staff_at is not null`, sessions)
}

func TestWhatIsBookedWithASuspendedCoachGoesToStaff(t *testing.T) {
	p := openPractice(t)
	dana, mia, max := p.coach("Dana"), p.member(), p.member("Max")
	one, other := p.engagement(dana, mia), p.engagement(dana, max)
	sessions := []uuid.UUID{p.bookedAt(one, dana, practiceDay.Add(50*time.Hour)), p.bookedAt(one, dana, practiceDay.Add(218*time.Hour)), p.bookedAt(other, dana, practiceDay.Add(74*time.Hour))}
	want := func(marked, tasks, mails int) {
		t.Helper()
		if got := p.withStaff(sessions...); got != marked {
			t.Errorf("%d sessions are with staff, want %d", got, marked)
		}
		if got := p.openTasks(models.TaskReassignClients, dana); got != tasks {
			t.Errorf("%d tasks about the clients, want %d", got, tasks)
		}
		for _, e := range []uuid.UUID{one, other} {
			if got := p.openTasks(models.TaskFindNewTime, e); got != tasks {
				t.Errorf("%d tasks about the sessions, want %d", got, tasks)
			}
		}
		for _, m := range []uuid.UUID{mia, max} {
			if got := p.mails(models.NoticeCoachingNewTime, m); got != mails {
				t.Errorf("%d mails of a new time, want %d", got, mails)
			}
		}
	}
	p.watch(practiceDay)
	want(0, 0, 0)
	why := people.StaffReason{Reason: "A complaint"}
	must[*coaching.CoachView](t)(p.SuspendCoach(p.desk(), dana, why))
	p.later(practiceDay.Add(time.Second))
	want(3, 1, 1)
	if n := p.count(`select count(*) from coaching_sessions where state = 'booked'`); n != 3 {
		t.Errorf("%d stay booked", n)
	}
	p.watch(practiceDay.Add(10 * time.Minute)) // once is enough
	want(3, 1, 1)
	p.exec(`update tasks set status = 'done', closed_at = $1, outcome = 'x' where kind = 'reassign_clients'`, practiceDay)
	p.watch(practiceDay.Add(20 * time.Minute))
	if n := p.openTasks(models.TaskReassignClients, dana); n != 0 {
		t.Error("staff are asked again what they have done")
	}
	p.exec(`update tasks set status = 'open', closed_at = null, outcome = null where kind = 'reassign_clients'`)
	must[*coaching.CoachView](t)(p.ReinstateCoach(p.desk(), dana, why))
	p.later(practiceDay.Add(21 * time.Minute))
	want(0, 0, 1)
	must[*coaching.CoachView](t)(p.ArchiveCoach(p.desk(), dana, why))
	p.later(practiceDay.Add(22 * time.Minute))
	want(3, 1, 2)
}

// Nobody tells when an account is suspended, a role is taken or a credential lapses: the watch finds it.
func TestTheWatchFindsWhoMayNotCoachAnyMore(t *testing.T) {
	p := openPractice(t)
	for name, c := range map[string]struct{ end, back string }{
		"the account is suspended": {`update accounts set status = 'suspended' where member_id = $1`, `update accounts set status = 'active' where member_id = $1`},
		"the role is gone":         {`update accounts set roles = '{member}' where member_id = $1`, `update accounts set roles = '{coach}' where member_id = $1`},
		"a check was revoked":      {`update credentials set revoked_at = now() where member_id = $1 and kind = 'background_check'`, `update credentials set revoked_at = null where member_id = $1`},
		"the training lapsed":      {`update credentials set expires_on = '2026-08-31' where member_id = $1 and kind = 'coach_training'`, `update credentials set expires_on = '2027-12-31' where member_id = $1`},
		"it ends before the session": {`update credentials set expires_on = '2026-09-02' where member_id = $1 and kind = 'coaching_agreement'`,
			`update credentials set expires_on = '2026-09-03' where member_id = $1`},
	} {
		dana := p.coach("Dana")
		session := p.bookedAt(p.engagement(dana, p.member()), dana, practiceDay.Add(50*time.Hour))
		p.exec(c.end, dana)
		p.watch(practiceDay)
		if p.withStaff(session) != 1 {
			t.Errorf("%s: it is not with staff", name)
		}
		p.exec(c.back, dana)
		p.watch(practiceDay)
		if p.withStaff(session) != 0 {
			t.Errorf("%s, and is back: it is still with staff", name)
		}
	}
	if n := p.count(`select count(*) from tasks where status = 'open' and kind in ('find_new_time', 'reassign_clients')`); n != 0 {
		t.Errorf("%d tasks are left", n)
	}
}

func TestMinorsAskMoreOfACoach(t *testing.T) {
	p := openPractice(t)
	dana, guardian := p.coach("Dana"), p.member()
	teen := p.child(guardian, true)
	of := p.bookedAt(p.engagement(dana, guardian), dana, practiceDay.Add(50*time.Hour))
	ofTeen := p.bookedAt(p.engagement(dana, teen), dana, practiceDay.Add(74*time.Hour))
	p.exec(`update credentials set expires_on = '2026-09-03' where member_id = $1 and kind = 'child_safety_training'`, dana)
	p.watch(practiceDay)
	if p.withStaff(ofTeen) != 1 || p.withStaff(of) != 0 {
		t.Errorf("%d and %d", p.withStaff(ofTeen), p.withStaff(of))
	}
	if p.openTasks(models.TaskReassignClients, dana) != 0 {
		t.Error("all clients are to be handed on")
	}
	p.exec(`update members set birth_date = '2008-09-04' where id = $1`, teen) // of age on the day of the session
	p.watch(practiceDay)
	if p.withStaff(ofTeen) != 0 {
		t.Error("somebody of 18 is a minor")
	}
	p.exec(`update members set birth_date = '2008-09-05' where id = $1`, teen)
	p.watch(practiceDay)
	if p.withStaff(ofTeen) != 1 {
		t.Error("somebody of 17 is none")
	}
}

// What an engagement is paused for may be the reason why its sessions are with staff.
func TestWhatIsPausedStaysWithStaff(t *testing.T) {
	p := openPractice(t)
	dana := p.coach("Dana")
	e := p.engagement(dana, p.member())
	session := p.bookedAt(e, dana, practiceDay.Add(50*time.Hour))
	p.exec(`update coaching_sessions set to_staff_at = $2 where id = $1`, session, practiceDay)
	p.exec(`update engagements set state = 'paused', paused_at = $2, pause_reason = 'held' where id = $1`, e, practiceDay)
	p.watch(practiceDay)
	if p.withStaff(session) != 1 {
		t.Error("it is back with the coach")
	}
}

// Whoever records a death has staff call the clients: nothing goes out by itself, and nobody is asked twice.
func TestTheWatchLeavesTheDeadAlone(t *testing.T) {
	p := openPractice(t)
	dana, mia := p.coach("Dana"), p.member()
	session := p.bookedAt(p.engagement(dana, mia), dana, practiceDay.Add(50*time.Hour))
	p.exec(`update coaching_sessions set to_staff_at = $2 where id = $1`, session, practiceDay)
	p.exec(`update members set status = 'deceased' where id = $1`, dana)
	p.exec(`update coaches set archived_at = $2 where id = $1`, dana, practiceDay)
	p.watch(practiceDay)
	if n := p.openTasks(models.TaskReassignClients, dana) + p.mails(models.NoticeCoachingNewTime, mia); n != 0 {
		t.Errorf("%d tasks and mails", n)
	}
}
