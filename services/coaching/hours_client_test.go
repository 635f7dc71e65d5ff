package coaching_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
)

// hours is a log of hours of this September by client, with limit rows a page.
func (p *practice) hours(coach uuid.UUID, limit int) (out *coaching.HoursLog, rows []string) {
	p.t.Helper()
	september := coaching.HoursLogQuery{From: models.NewDate(2026, time.September, 1), To: models.NewDate(2026, time.September, 30)}
	page := coaching.HoursPage{PageQuery: services.PageQuery{Limit: limit}}
	for {
		out = must[*coaching.HoursLog](p.t)(p.Service.HoursLog(p.coaches(coach), coach, september, page))
		for _, c := range out.ByClient.Data {
			last := "on"
			if c.LastOn != nil {
				last = c.LastOn.Format("01-02")
			}
			rows = append(rows, fmt.Sprint(strings.Join(c.Clients, "+"), " ", c.Numbers, " of ", c.GroupSize, ", ", c.FirstOn.Format("01-02"), " ", last, ", ", c.Sessions, ": ", c.PaidMinutes, "+", c.ProBonoMinutes))
		}
		if out.ByClient.NextCursor == nil {
			return out, rows
		}
		page.ClientCursor = *out.ByClient.NextCursor
	}
}

// heldAt is a session of an engagement that its coach can log.
func (p *practice) heldAt(e uuid.UUID, day int) uuid.UUID {
	at := time.Date(2026, time.September, day, 14, 0, 0, 0, time.UTC)
	id := p.sat(e, models.CoachingBooked, at, nil)
	p.core.Clock.Set(at.Add(time.Hour))
	return id
}

func TestHoursByClient(t *testing.T) {
	p := openPractice(t)
	dana := p.coach("Dana")
	mia, max, ana := p.member("Mia"), p.member("Max"), p.member("Ana")
	one, two, both := p.engagement(dana, mia), p.engagement(dana, max), p.engagement(dana, mia, ana)
	logged := func(e uuid.UUID, day int, in coaching.LogCoaching) uuid.UUID {
		id := p.heldAt(e, day)
		in.LogID, in.Outcome = services.NewID(), "completed"
		must[*coaching.LoggedCoaching](t)(p.LogSession(p.coaches(dana), id, in))
		return id
	}
	no := false
	logged(two, 2, coaching.LogCoaching{})
	p.exec(`update coaches set paid = true`)
	first := logged(one, 3, coaching.LogCoaching{})
	logged(one, 4, coaching.LogCoaching{Paid: &no})
	logged(both, 7, coaching.LogCoaching{})
	logged(both, 8, coaching.LogCoaching{Attendance: []coaching.LogAttendance{{MemberID: mia, Status: models.AttendanceAbsent}}})
	p.exec(`update engagement_coaches set ends_at = '2026-09-20T12:00:00Z', outcome = 'ended' where engagement_id = $1`, two)
	want := []string{"M. R. [1] of 1, 08-01 09-20, 1: 0+50", "M. R. [2] of 1, 08-01 on, 2: 50+50", "M. R.+A. R. [2 3] of 2, 08-01 on, 1: 50+0", "A. R. [3] of 1, 08-01 on, 1: 50+0"}
	for _, limit := range []int{1, 3, 100} {
		log, rows := p.hours(dana, limit)
		if strings.Join(rows, "\n") != strings.Join(want, "\n") {
			t.Errorf("%d a page:\n%s", limit, strings.Join(rows, "\n"))
		}
		if s := log.Totals; s.PaidMinutes != 150 || s.ProBonoMinutes != 100 || s.Minutes != 250 || s.CoupleMinutes != 50 || s.Clients != 3 || s.PaidHours != 2.5 {
			t.Errorf("%+v", s)
		}
	}

	// What holds is what held when it was logged, until somebody corrects it.
	p.exec(`update coaches set paid = false`)
	facts := must[*coaching.LoggedFacts](t)(p.CorrectLog(p.coaches(dana), first, coaching.EditLog{Minutes: services.Some(40)}))
	if !facts.Paid || facts.Minutes != 40 {
		t.Errorf("%+v", facts)
	}
	if facts = must[*coaching.LoggedFacts](t)(p.CorrectLog(p.desk(), first, coaching.EditLog{Paid: services.Some(false), Reason: "She gave us this hour"})); facts.Paid {
		t.Errorf("%+v", facts)
	}
	if log, _ := p.hours(dana, 1); log.Totals.PaidMinutes != 100 || log.Totals.ProBonoMinutes != 140 {
		t.Errorf("%+v", log.Totals)
	}
}

// Whether they are paid is not for coaches to say of themselves, nor for clients to know.
func TestWhoSaysWhetherACoachIsPaid(t *testing.T) {
	p := openPractice(t)
	dana, mia := p.coach("Dana"), p.member()
	paid := coaching.CoachPatch{Paid: services.Some(true)}
	refused(t, second(p.UpdateCoach(p.coaches(dana), dana, paid)), services.CodeInvalid)
	if c := must[*coaching.CoachView](t)(p.UpdateCoach(p.desk(), dana, paid)); !c.Paid {
		t.Errorf("%+v", c.CoachWork)
	}
	if c := must[*coaching.CoachView](t)(p.Coach(p.as(mia), dana)); c.CoachWork != nil {
		t.Errorf("%+v", c.CoachWork)
	}
	if c := must[*coaching.CoachView](t)(p.UpdateCoach(p.coaches(dana), dana, coaching.CoachPatch{Bio: services.Some("Evenings, too.")})); !c.Paid {
		t.Errorf("%+v", c.CoachWork)
	}
}

// However many sessions are logged at once, each client has a number of their own.
func TestClientsAreNumberedAtOnce(t *testing.T) {
	p := openPractice(t)
	dana := p.coach("Dana")
	var sessions []uuid.UUID
	for i := range 8 {
		sessions = append(sessions, p.heldAt(p.engagement(dana, p.member()), 2+i))
	}
	var all sync.WaitGroup
	for _, id := range sessions {
		all.Go(func() {
			if _, err := p.LogSession(p.coaches(dana), id, coaching.LogCoaching{LogID: services.NewID(), Outcome: "completed"}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := p.text(`select string_agg(number::text, ' ' order by number) from coach_clients where coach_id = $1`, dana); got != "1 2 3 4 5 6 7 8" {
		t.Error(got)
	}
}
