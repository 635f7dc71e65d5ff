package coaching_test

import (
	"testing"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
	"homefront/services/tasks"
)

// What a coach cannot hold goes to staff: one task, one mail, and no reminder; and it comes back as it was.
func TestSessionsGoToStaff(t *testing.T) {
	p := openPractice(t)
	coach, mia, e := p.coachAndClient()
	var ids []uuid.UUID
	for i := range 3 {
		ids = append(ids, p.bookAt(mia, e, slot.AddDate(0, 0, 7*i)).ID)
	}
	give := func() int { return must[int](t)(p.ToStaff(p.desk(), e)) }
	if n := give(); n != 3 || p.openTasks(models.TaskFindNewTime, e) != 1 || p.mails(models.NoticeCoachingNewTime, mia) != 1 || p.mails(models.NoticeCoachingNewTime, coach) != 0 {
		t.Errorf("%d sessions", n)
	}
	if n := give(); n != 0 || p.mails(models.NoticeCoachingNewTime, mia) != 1 {
		t.Errorf("%d sessions go to staff twice", n)
	}
	p.later(slot)
	if p.mails(models.NoticeCoachingReminder, mia) != 0 {
		t.Error("they are reminded of what does not take place so")
	}
	moved := p.shows(p.RescheduleSession(p.as(mia), ids[1], coaching.RescheduleCoaching{StartsAt: slot.AddDate(0, 0, 8)}))
	if moved.Moves != 0 || moved.ToStaffAt != nil || p.openTasks(models.TaskFindNewTime, e) != 1 {
		t.Errorf("%+v", moved)
	}
	if v := p.shows(p.CancelSession(p.as(mia), ids[2], coaching.CancelCoaching{})); v.Late {
		t.Error("what the coach cannot hold is late")
	}
	if n := must[int](t)(p.BackFromStaff(p.desk(), e)); n != 0 {
		t.Errorf("%d come back, though the first has begun", n)
	}
	if n := give(); n != 1 {
		t.Errorf("%d: what was moved to", n)
	}
	if n := must[int](t)(p.BackFromStaff(p.desk(), e)); n != 1 || p.openTasks(models.TaskFindNewTime, e) != 0 {
		t.Errorf("%d come back", n)
	}
}

// All that is ahead is called off at once; told or not.
func TestAllAheadIsCalledOff(t *testing.T) {
	for _, tell := range []bool{true, false} {
		p := openPractice(t)
		coach, mia, e := p.coachAndClient()
		for i := range 3 {
			p.bookAt(mia, e, slot.AddDate(0, 0, 7*i))
		}
		p.core.Clock.Set(slot.AddDate(0, 0, 1))
		n := must[int](t)(p.CallOffAhead(p.desk(), e, models.CoachingCancelledByStaff, tell))
		told := 0
		if tell {
			told = 1
		}
		if n != 2 || p.mails(models.NoticeCoachingCancelled, mia) != told || p.mails(models.NoticeCoachingCancelled, coach) != told || p.count(`select count(*) from commitments where starts_at > $1`, p.core.Clock.Now()) != 0 {
			t.Errorf("tell %v: %d", tell, n)
		}
		if n := p.count(`select count(*) from coaching_sessions where state = 'cancelled_by_staff' and sequence = 1 and closed_at is not null`); n != 2 {
			t.Errorf("%d called off", n)
		}
	}
}

// A booking that does not fit after another leaves the rest of the use case standing.
func TestTheNextBookingMayFail(t *testing.T) {
	p := openPractice(t)
	coach, mia, e := p.coachAndClient()
	luis := p.member("Luis")
	p.bookAt(luis, p.engagement(coach, luis), slot)
	id, err := p.BookNext(p.coaches(coach), at(e, slot), func(tx *services.Tx) error {
		_, err := tasks.Open(tx, tasks.New{Kind: models.TaskFollowUp, MemberID: &mia, Queue: "coordinators", Title: "Call", DueAt: tx.Now()})
		return err
	})
	refused(t, err, "double_booked")
	if id != uuid.Nil || p.count(`select count(*) from tasks where kind = 'follow_up'`) != 1 || p.count(`select count(*) from coaching_sessions where engagement_id = $1`, e) != 0 {
		t.Error("it is half done")
	}
	if id, err = p.BookNext(p.coaches(coach), at(e, slot.AddDate(0, 0, 1)), func(*services.Tx) error { return nil }); err != nil || p.stateOf(id) != models.CoachingBooked {
		t.Errorf("%v", err)
	}
}
