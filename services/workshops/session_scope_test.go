package workshops_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/calendar"
	"homefront/services/workshops"
)

// starts are the local starts of the sessions of the workshop that are scheduled.
func (e *evening) scheduled() (out []string) {
	e.t.Helper()
	page, err := e.Sessions(e.staff(), e.workshop, workshops.SessionQuery{PageQuery: services.PageQuery{Limit: 100}, Status: []models.SessionStatus{models.SessionScheduled}})
	if err != nil {
		e.t.Fatal(err)
	}
	for _, s := range page.Data {
		out = append(out, s.LocalStart)
	}
	return out
}

func (e *evening) wantScheduled(want ...string) {
	e.t.Helper()
	got := e.scheduled()
	if len(got) != len(want) {
		e.t.Fatalf("%q, want %q", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			e.t.Fatalf("%q, want %q", got, want)
		}
	}
}

func TestAllOfASeriesMoves(t *testing.T) {
	e := openHall(t).evenings("4")
	r := e.register(e.me(e.member), e.workshop, workshops.Register{})
	other := e.planner.sessions(e.workshop, workshops.NewSessions{LocalStart: "2026-12-01T10:00", Minutes: 60})
	e.core.Clock.Set(e.sessions[0].StartsAt.Add(time.Minute))
	mails := e.mails(models.NoticeWorkshopChanged, r.ID)
	moved, err := e.UpdateSession(e.staff(), e.sessions[2].ID, workshops.SessionPatch{Scope: workshops.ScopeAll, LocalStart: services.Some("2026-11-11T19:00")})
	if err != nil || moved.LocalStart != "2026-11-11T19:00" || len(moved.Following) != 2 {
		t.Fatalf("%+v %v", moved, err)
	}
	e.wantScheduled("2026-10-27T18:00", "2026-11-04T19:00", "2026-11-11T19:00", "2026-11-18T19:00", other[0].LocalStart)
	if n := e.mails(models.NoticeWorkshopChanged, r.ID) - mails; n != 1 {
		t.Errorf("%d mails of one move", n)
	}
	if l := e.lastLetter(r.ID, e.member); len(l.Calendar.Events) != 3 || l.Data.More != 2 {
		t.Errorf("%+v", l)
	}
	renamed, err := e.UpdateSession(e.staff(), other[0].ID, workshops.SessionPatch{Scope: workshops.ScopeAll, Title: services.Some("Sleep")})
	if err != nil || len(renamed.Following) != 3 {
		t.Errorf("one made by no rule reaches all of the workshop that have not begun: %+v %v", renamed, err)
	}
}

func TestASeriesIsCalledOffAndTakenUpAgain(t *testing.T) {
	e := openHall(t).evenings("5")
	r := e.register(e.me(e.member), e.workshop, workshops.Register{})
	snow := workshops.SessionCancellation{Reason: "Snow", Scope: workshops.ScopeThisAndFollowing}
	if _, err := e.CancelSession(e.staff(), e.sessions[3].ID, workshops.SessionCancellation{Reason: "Holiday"}); err != nil {
		t.Fatal(err)
	}
	off, err := e.CancelSession(e.staff(), e.sessions[1].ID, snow)
	if err != nil || off.ID != e.sessions[1].ID || off.Status != models.SessionCancelled || len(off.Following) != 2 {
		t.Fatalf("%+v %v", off, err)
	}
	e.wantScheduled("2026-10-27T18:00")
	if n := e.mails(models.NoticeSessionCancelled, r.ID); n != 2 {
		t.Errorf("%d mails: one for the holiday, one for the snow", n)
	}
	if l := e.lastLetter(r.ID, e.member); l.Data.More != 2 || l.Data.Others != 1 || l.Calendar.Method != "CANCEL" || len(l.Calendar.Events) != 3 {
		t.Errorf("%+v", l)
	}
	if _, err := e.CancelSession(e.staff(), e.sessions[0].ID, workshops.SessionCancellation{Reason: "Snow", Scope: workshops.ScopeAll}); codeOf(err) != workshops.CodeLastSession {
		t.Error(err)
	}
	rival := e.draft(workshops.NewWorkshop{})
	taken := e.planner.sessions(rival.ID, workshops.NewSessions{LocalStart: "2026-11-24T18:30", Minutes: 30, FacilitatorIDs: &[]uuid.UUID{e.leader}})
	if _, err := e.RestoreSession(e.staff(), e.sessions[1].ID, workshops.SessionRestoration{Scope: workshops.ScopeAll}); codeOf(err) != calendar.CodeDoubleBooked {
		t.Errorf("the leader is elsewhere on one of the days: %v", err)
	}
	e.wantScheduled("2026-10-27T18:00")
	if _, err := e.CancelSession(e.staff(), taken[0].ID, workshops.SessionCancellation{Reason: "Not needed"}); err != nil {
		t.Fatal(err)
	}
	back, err := e.RestoreSession(e.staff(), e.sessions[1].ID, workshops.SessionRestoration{Scope: workshops.ScopeAll})
	if err != nil || back.Status != models.SessionScheduled || len(back.Following) != 2 {
		t.Fatalf("%+v %v", back, err)
	}
	e.wantScheduled("2026-10-27T18:00", "2026-11-03T18:00", "2026-11-10T18:00", "2026-11-24T18:00")
	if n := e.mails(models.NoticeSessionRestored, r.ID); n != 1 {
		t.Errorf("%d mails of one restoration", n)
	}
}

// Those of a drop-in workshop have a place each: it ends with its session, and is told of by itself.
func TestDropInSessionsAreCalledOffTogether(t *testing.T) {
	h := openHall(t)
	w := h.draft(workshops.NewWorkshop{AttendanceMode: models.AttendDropIn, FacilitatorIDs: []uuid.UUID{h.ann}})
	sessions := h.sessionsOf(w.ID, "3")
	if _, err := h.Publish(h.staff(), w.ID); err != nil {
		t.Fatal(err)
	}
	var mine []*workshops.RegistrationView
	for i := range sessions {
		mine = append(mine, h.register(h.me(h.member), w.ID, workshops.Register{SessionID: &sessions[i].ID}))
	}
	if _, err := h.CancelSession(h.staff(), sessions[1].ID, workshops.SessionCancellation{Reason: "Snow", Scope: workshops.ScopeThisAndFollowing}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []models.RegistrationState{models.RegistrationConfirmed, models.RegistrationCancelled, models.RegistrationCancelled} {
		h.want(h.now(mine[i].ID), want)
		if n, told := h.mails(models.NoticeWorkshopCancelled, mine[i].ID), i > 0; (n == 1) != told {
			t.Errorf("session %d: %d mails", i, n)
		}
	}
	h.checkCounts()
}
