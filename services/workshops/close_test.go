package workshops_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

func TestAScanCountsAroundItsSessionOnly(t *testing.T) {
	e := openHall(t).evenings("1")
	session, leader := e.sessions[0], e.as(e.leader, "", models.RoleFacilitator)
	codes := map[uuid.UUID]string{}
	for _, m := range []uuid.UUID{e.member, e.ann, e.bob, e.boss} {
		codes[m] = e.code(e.register(e.me(m), e.workshop, workshops.Register{}), 0)
	}
	steps := []struct {
		who     uuid.UUID
		now     time.Time
		scanned time.Duration // before now; 0 for now
		want    models.ScanResult
		refused bool
	}{
		{e.member, session.StartsAt.Add(-21 * 24 * time.Hour), 0, models.ScanSeeStaff, false},
		{e.member, session.StartsAt.Add(-3*time.Hour - time.Second), 0, models.ScanSeeStaff, false},
		{e.member, session.StartsAt.Add(-3 * time.Hour), 0, models.ScanOK, false},
		{e.ann, session.StartsAt, -6 * time.Minute, "", true},
		{e.ann, session.StartsAt, -5 * time.Minute, models.ScanOK, false},
		{e.bob, session.EndsAt.Add(12 * time.Hour), 0, models.ScanOK, false},
		{e.boss, session.EndsAt.Add(12*time.Hour + time.Second), 0, models.ScanSeeStaff, false},
		{e.boss, session.EndsAt.Add(13 * 24 * time.Hour), 14*24*time.Hour + time.Second, "", true},
		{e.boss, session.EndsAt.Add(13 * 24 * time.Hour), 13*24*time.Hour + time.Hour, models.ScanOK, false}, // from the queue
	}
	for i, s := range steps {
		e.core.Clock.Set(s.now)
		at := s.now.Add(-s.scanned)
		got, err := e.CheckIn(leader, session.ID, workshops.Scan{Code: codes[s.who], Nonce: fmt.Sprintf("scanner-%d", i), ScannedAt: &at})
		switch {
		case s.refused && (len(fieldsOf(err)) != 1 || fieldsOf(err)[0] != "/scanned_at out_of_range"):
			t.Errorf("%d: %v %v", i, err, fieldsOf(err))
		case !s.refused && (err != nil || got.Result != s.want || got.ScannedAt.After(s.now)):
			t.Errorf("%d: %v %+v, want %s", i, err, got, s.want)
		}
	}
	if n := e.count(`select count(*) from attendance`); n != 4 {
		t.Errorf("%d were there", n)
	}
}

func TestAWorkshopWithOpenSessionsIsNotClosed(t *testing.T) {
	e := openHall(t).evenings("2")
	e.register(e.me(e.member), e.workshop, workshops.Register{})
	leader := e.as(e.leader, "*", models.RoleFacilitator)
	run := func() {
		t.Helper()
		if err := e.CompleteEnded(); err != nil {
			t.Fatal(err)
		}
	}
	is := func(want models.Visibility) {
		t.Helper()
		if w, err := e.Get(e.staff(), e.workshop); err != nil || w.Visibility != want {
			t.Fatalf("%v %+v", err, w.Visibility)
		}
	}
	tasks := func(where string) int {
		return e.count(`select count(*) from tasks where kind = 'complete_session' and record = 'session' and ` + where)
	}
	e.core.Clock.Set(e.sessions[0].EndsAt.Add(23 * time.Hour))
	run()
	if n := tasks(`true`); n != 0 {
		t.Errorf("%d tasks within a day", n)
	}
	e.core.Clock.Set(e.sessions[1].EndsAt.Add(25 * time.Hour))
	_, err := e.CompleteWorkshop(e.staff(), e.workshop)
	if codeOf(err) != "sessions_open" || len(fieldsOf(err)) != 2 {
		t.Errorf("%v %v", err, fieldsOf(err))
	}
	run()
	is(models.VisibilityPublished)
	if n := tasks(`status = 'open' and queue = 'coordinators'`); n != 2 {
		t.Errorf("%d tasks", n)
	}
	e.exec(`update tasks set status = 'dropped', closed_at = now() where record_id = $1`, e.sessions[0].ID)
	run()
	if n := tasks(`true`); n != 2 {
		t.Errorf("%d tasks after the second look", n)
	}
	for _, s := range e.sessions {
		if _, err := e.CompleteSession(leader, s.ID); err != nil {
			t.Fatal(err)
		}
	}
	if n := tasks(`status = 'open'`); n != 0 {
		t.Errorf("%d tasks are left", n)
	}
	run()
	is(models.VisibilityCompleted)
}

// partly is a workshop in which one party is confirmed, one waits for approval and one for a seat.
func (h *hall) partly() (w uuid.UUID, confirmed, pending, waiting *workshops.RegistrationView) {
	w = h.workshop(workshops.NewWorkshop{Capacity: number(3)})
	confirmed = h.want(h.register(h.me(h.bob), w, workshops.Register{}), models.RegistrationConfirmed)
	pending = h.want(h.register(h.me(h.member), w, members(h.member, h.child(h.member, false))), models.RegistrationPending)
	waiting = h.want(h.register(h.me(h.ann), w, workshops.Register{}), models.RegistrationWaitlisted)
	return w, confirmed, pending, waiting
}

func TestWhoWaitedToTheEndIsToldKindly(t *testing.T) {
	h := openHall(t)
	w, confirmed, pending, waiting := h.partly()
	check := func() {
		t.Helper()
		h.want(h.now(confirmed.ID), models.RegistrationConfirmed)
		for _, r := range []*workshops.RegistrationView{pending, waiting} {
			h.want(h.now(r.ID), models.RegistrationExpired)
			if n := h.mails("registration.missed", r.ID); n != 1 {
				t.Errorf("%d kind words", n)
			}
			if n := h.mails(models.NoticeRegistrationExpired, r.ID); n != 0 {
				t.Error("they are told that they did not answer")
			}
		}
		if n := h.count(`select count(*) from tasks where record_id = $1 and status = 'open'`, pending.ID); n != 0 {
			t.Errorf("%d tasks are left", n)
		}
		h.checkCounts()
	}
	h.core.Clock.Set(*confirmed.Workshop.EndsAt)
	if err := h.CompleteEnded(); err != nil {
		t.Fatal(err)
	}
	check() // though the session itself still is open
	if _, err := h.CompleteSession(h.staff(), h.session(w)); err != nil {
		t.Fatal(err)
	}
	if _, err := h.CompleteWorkshop(h.staff(), w); err != nil {
		t.Fatal(err)
	}
	check()
}

func (h *hall) session(w uuid.UUID) (id uuid.UUID) {
	h.scan(`select id from workshop_sessions where workshop_id = $1 order by starts_at limit 1`, w, &id)
	return id
}

func TestClosingByHandEndsWhatIsUndecided(t *testing.T) {
	h := openHall(t)
	w, confirmed, pending, waiting := h.partly()
	h.core.Clock.Set(*confirmed.Workshop.EndsAt)
	if _, err := h.CompleteSession(h.staff(), h.session(w)); err != nil {
		t.Fatal(err)
	}
	if _, err := h.CompleteWorkshop(h.staff(), w); err != nil {
		t.Fatal(err)
	}
	h.want(h.now(confirmed.ID), models.RegistrationConfirmed)
	h.want(h.now(pending.ID), models.RegistrationExpired)
	h.want(h.now(waiting.ID), models.RegistrationExpired)
	h.checkCounts()
}

// A drop-in session that is over ends its own line, and nobody else's.
func TestTheLineOfADropInSessionEndsWithIt(t *testing.T) {
	h := openHall(t)
	d := h.draft(workshops.NewWorkshop{AttendanceMode: models.AttendDropIn, Capacity: number(1), FacilitatorIDs: []uuid.UUID{h.ann}})
	sessions := h.sessionsOf(d.ID, "2")
	if _, err := h.Publish(h.staff(), d.ID); err != nil {
		t.Fatal(err)
	}
	var waiting []*workshops.RegistrationView
	for i := range sessions {
		h.register(h.me(h.member), d.ID, workshops.Register{SessionID: &sessions[i].ID})
		waiting = append(waiting, h.want(h.register(h.me(h.bob), d.ID, workshops.Register{SessionID: &sessions[i].ID}), models.RegistrationWaitlisted))
	}
	h.core.Clock.Set(sessions[0].EndsAt.Add(time.Hour))
	for range 2 {
		if err := h.CompleteEnded(); err != nil {
			t.Fatal(err)
		}
	}
	h.want(h.now(waiting[0].ID), models.RegistrationExpired)
	h.want(h.now(waiting[1].ID), models.RegistrationWaitlisted)
	if n := h.count(`select count(*) from audit_log where action = 'registration.expire_over'`); n != 1 {
		t.Errorf("%d traces in the log", n)
	}
	h.checkCounts()
}

// What was answered in time leaves nothing to do, and no trace of nothing done.
func TestJobsWithNothingToDoLeaveNoTrace(t *testing.T) {
	h := openHall(t)
	w, holders := h.full(1)
	waits := h.register(h.me(h.ann), w, workshops.Register{})
	if _, err := h.Cancel(h.me(h.member), holders.ID, workshops.Cancellation{}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.AcceptOffer(h.me(h.ann), waits.ID); err != nil {
		t.Fatal(err)
	}
	other := h.workshop(workshops.NewWorkshop{})
	r := h.register(h.me(h.member), other, invite(h.member, "ana@example.org"))
	if _, err := h.AcceptByLink(services.AsAnonymous(t.Context()), h.token(r.ID)); err != nil {
		t.Fatal(err)
	}
	if _, err := h.UpdateSession(h.staff(), h.session(other), workshops.SessionPatch{LocalStart: services.Some("2026-10-29T18:00")}); err != nil {
		t.Fatal(err)
	}
	h.later(r.Workshop.StartsAt.Add(-20 * time.Hour)) // past the reminder of the old time
	for action, want := range map[string]int{"invitation.lapse": 0, "registration.expire_offer": 0, "session.remind": 1} {
		if n := h.count(`select count(*) from audit_log where action = $1`, action); n != want {
			t.Errorf("%s left %d traces, want %d", action, n, want)
		}
	}
}

// Whoever was scanned while the session was closed was there.
func TestNoCheckInIsLostToTheClosing(t *testing.T) {
	e := openHall(t).evenings("6")
	type guest struct {
		code     string
		attendee uuid.UUID
	}
	var guests []guest
	for _, m := range e.crowd(12) {
		r := e.register(e.me(m), e.workshop, workshops.Register{})
		guests = append(guests, guest{e.code(r, 0), r.Attendees[0].ID})
	}
	leader := func() []error { return make([]error, 1) }
	for n, s := range e.sessions {
		e.core.Clock.Set(s.StartsAt)
		var all sync.WaitGroup
		failed := leader()
		for i, g := range guests {
			all.Go(func() { e.scan(s.ID, g.code, fmt.Sprintf("door-%d-%d", n, i)) })
			if i == len(guests)/2 {
				all.Go(func() {
					_, failed[0] = e.CompleteSession(e.as(e.leader, "*", models.RoleFacilitator), s.ID)
				})
			}
		}
		all.Wait()
		if failed[0] != nil {
			t.Fatal(failed[0])
		}
	}
	if n := e.count(`select count(*) from attendance where status = 'absent'`); n != 0 {
		t.Errorf("%d who were scanned were absent", n)
	}
	if n := e.count(`select count(*) from attendees where sessions_attended <> 6 or sessions_offered <> 6`); n != 0 {
		t.Errorf("%d sums are wrong", n)
	}
}

func TestAnExcuseDoesNotUnsayTheDoor(t *testing.T) {
	e := openHall(t).evenings("1")
	r := e.register(e.me(e.member), e.workshop, workshops.Register{})
	me, session := r.Attendees[0].ID, e.sessions[0]
	e.core.Clock.Set(session.StartsAt.Add(-2 * time.Hour))
	excuse := func() (*models.Attendance, error) {
		return e.NotThisTime(e.me(e.member), r.ID, me, workshops.Excuse{SessionID: session.ID})
	}
	first, err := excuse()
	if err != nil {
		t.Fatal(err)
	}
	again, err := excuse()
	if err != nil || again.ID != first.ID {
		t.Errorf("%v %+v, was %+v", err, again, first)
	}
	if a := e.scan(session.ID, e.code(r, 0), "nonce-001"); a.Result != models.ScanOK {
		t.Fatal(a.Result)
	}
	if _, err := excuse(); codeOf(err) != workshops.CodeWrongState {
		t.Errorf("from the foyer: %v", err)
	}
	if n := e.count(`select count(*) from attendance where status = 'present' and id = $1`, first.ID); n != 1 {
		t.Errorf("%d are present", n)
	}
}

// Every row of attendance that is changed or goes is in the log.
func TestTheLogKeepsWhatBecameOfAttendance(t *testing.T) {
	e := openHall(t).evenings("1")
	r := e.register(e.me(e.member), e.workshop, workshops.Register{})
	e.register(e.me(e.ann), e.workshop, workshops.Register{})
	leader, session := e.as(e.leader, "*", models.RoleFacilitator), e.sessions[0].ID
	e.core.Clock.Set(e.sessions[0].StartsAt)
	e.scan(session, e.code(r, 0), "nonce-001")
	if _, err := e.CompleteSession(leader, session); err != nil {
		t.Fatal(err)
	}
	if _, err := e.UndoCheckIn(leader, session, r.Attendees[0].ID, workshops.Justification{Reason: "Wrong phone"}); err != nil {
		t.Fatal(err)
	}
	if _, err := e.ReopenSession(leader, session, workshops.Justification{Reason: "Wrong evening"}); err != nil {
		t.Fatal(err)
	}
	for action, want := range map[string]int{"session.check_in": 1, "session.complete": 1, "session.undo_check_in": 1, "session.reopen": 2} {
		if n := e.count(`select count(*) from audit_log, jsonb_array_elements(changes) c where action = $1 and c->>'table' = 'attendance'`, action); n != want {
			t.Errorf("%s tells of %d rows, want %d", action, n, want)
		}
	}
}
