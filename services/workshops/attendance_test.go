package workshops_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

// evening is a workshop of some sessions with parties, and a facilitator who leads it.
type evening struct {
	*hall
	workshop uuid.UUID
	sessions []workshops.WorkshopSessionDetail
	leader   uuid.UUID
}

func (h *hall) evenings(n string) *evening {
	h.t.Helper()
	e := &evening{hall: h, leader: h.person("Dana", true)}
	w := h.draft(workshops.NewWorkshop{FacilitatorIDs: []uuid.UUID{e.leader}, GuestsPerParty: 2})
	e.workshop = w.ID
	e.sessions = h.sessionsOf(w.ID, n)
	if _, err := h.Publish(h.staff(), w.ID); err != nil {
		h.t.Fatal(err)
	}
	return e
}

func (h *hall) sessionsOf(w uuid.UUID, n string) []workshops.WorkshopSessionDetail {
	return h.planner.sessions(w, workshops.NewSessions{LocalStart: startsOn, Minutes: 90, Recurrence: weekly("FREQ=WEEKLY;COUNT=" + n)})
}

func (e *evening) code(r *workshops.RegistrationView, i int) string {
	e.t.Helper()
	c, err := e.CheckInCode(e.staff(), r.ID, r.Attendees[i].ID)
	if err != nil {
		e.t.Fatal(err)
	}
	return c.Code
}

func (e *evening) scan(session uuid.UUID, code, nonce string) *workshops.ScanAnswer {
	e.t.Helper()
	a, err := e.CheckIn(e.as(e.leader, "", models.RoleFacilitator), session, workshops.Scan{Code: code, Nonce: nonce})
	if err != nil {
		e.t.Fatal(err)
	}
	return a
}

func TestFiftyScansCheckInOnce(t *testing.T) {
	e := openHall(t).evenings("1")
	r := e.register(e.me(e.member), e.workshop, workshops.Register{})
	session := e.sessions[0].ID
	e.core.Clock.Set(e.sessions[0].StartsAt)
	code := e.code(r, 0)
	results := make([]*workshops.ScanAnswer, 50)
	var all sync.WaitGroup
	for i := range results {
		all.Go(func() { results[i] = e.scan(session, code, "scanner-"+strings.Repeat("x", i)) })
	}
	all.Wait()
	ok := 0
	for _, a := range results {
		if a.Result == models.ScanOK {
			ok++
		} else if a.Result != models.ScanAlready {
			t.Errorf("%+v", a)
		}
		if a.Since == nil || *a.Name != "Mia R." {
			t.Errorf("%+v", a)
		}
	}
	if ok != 1 {
		t.Errorf("%d were checked in", ok)
	}
	if strings.Contains(code, "Mia R") || len(code) > 60 {
		t.Error(code)
	}
}

func TestTheSameScanSentTwiceCountsOnce(t *testing.T) {
	e := openHall(t).evenings("1")
	r := e.register(e.me(e.member), e.workshop, workshops.Register{})
	e.core.Clock.Set(e.sessions[0].EndsAt)
	at := e.sessions[0].StartsAt.Add(20 * time.Minute)
	ctx, in := e.as(e.leader, "", models.RoleFacilitator), workshops.Scan{Code: e.code(r, 0), Nonce: "offline-1", ScannedAt: &at}
	var answers []*workshops.ScanAnswer
	for range 3 {
		a, err := e.CheckIn(ctx, e.sessions[0].ID, in)
		if err != nil {
			t.Fatal(err)
		}
		answers = append(answers, a)
	}
	for _, a := range answers {
		if a.ID != answers[0].ID || a.Result != models.ScanOK || !a.Since.Equal(at) {
			t.Errorf("%+v", a)
		}
	}
	if n := e.count(`select count(*) from attendance where status = 'late' and source = 'check_in'`); n != 1 {
		t.Errorf("%d were late", n)
	}
}

func TestWhyAScanDoesNotCount(t *testing.T) {
	h := openHall(t)
	e, other := h.evenings("1"), h.workshop(workshops.NewWorkshop{})
	r := e.register(e.me(e.member), e.workshop, workshops.Register{})
	elsewhere := e.register(e.me(e.member), other, workshops.Register{})
	gone := e.register(e.me(e.ann), e.workshop, workshops.Register{})
	e.core.Clock.Set(e.sessions[0].StartsAt.Add(-48 * time.Hour))
	codes := map[models.ScanResult]string{models.ScanUnknown: "https://example.org/menu", models.ScanRevoked: e.code(r, 0), models.ScanWrongWorkshop: e.code(elsewhere, 0), models.ScanCancelled: e.code(gone, 0)}
	altered := []byte(codes[models.ScanCancelled])
	altered[10]++
	if _, err := e.RenewCheckInCode(e.me(e.member), r.ID, r.Attendees[0].ID); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Cancel(e.me(e.ann), gone.ID, workshops.Cancellation{}); err != nil {
		t.Fatal(err)
	}
	for want, code := range codes {
		if a := e.scan(e.sessions[0].ID, code, "nonce-"+string(want)); a.Result != want {
			t.Errorf("%s, want %s", a.Result, want)
		}
	}
	if a := e.scan(e.sessions[0].ID, string(altered), "altered-1"); a.Result != models.ScanUnknown || a.Name != nil {
		t.Errorf("%+v", a)
	}
	if _, err := e.CheckIn(e.as(e.bob, "", models.RoleFacilitator), e.sessions[0].ID, workshops.Scan{Code: "x", Nonce: "somebody"}); codeOf(err) != services.CodeNotFound {
		t.Errorf("a facilitator of other workshops: %v", err)
	}
}

func TestAttendanceIsSummedUp(t *testing.T) {
	e := openHall(t).evenings("4")
	r := e.register(e.me(e.member), e.workshop, guests(e.member, 1))
	me, guest := r.Attendees[0].ID, r.Attendees[1].ID
	leader := e.as(e.leader, "*", models.RoleFacilitator)
	if _, err := e.CompleteSession(leader, e.sessions[0].ID); codeOf(err) != workshops.CodeNotStarted {
		t.Errorf("too early: %v", err)
	}
	if _, err := e.NotThisTime(e.me(e.member), r.ID, me, workshops.Excuse{SessionID: e.sessions[1].ID}); err != nil {
		t.Fatal(err)
	}
	record := func(i int, entries ...workshops.AttendanceEntry) {
		t.Helper()
		if _, err := e.RecordAttendance(leader, e.sessions[i].ID, workshops.AttendanceSheet{Entries: entries}); err != nil {
			t.Fatalf("%v %v", err, fieldsOf(err))
		}
	}
	for i := range e.sessions {
		e.core.Clock.Set(e.sessions[i].EndsAt)
		switch i {
		case 0:
			record(0, workshops.AttendanceEntry{AttendeeID: me, Status: models.AttendancePresent, Minutes: number(75)}, workshops.AttendanceEntry{AttendeeID: guest, Status: models.AttendanceLate})
		case 1:
			record(1, workshops.AttendanceEntry{AttendeeID: guest, Status: models.AttendancePresent})
		}
		if _, err := e.CompleteSession(leader, e.sessions[i].ID); err != nil {
			t.Fatal(err)
		}
	}
	sums := func() (mine, theirs models.RollUp) {
		v := e.now(r.ID)
		return v.Attendees[0].Attendance.RollUp, v.Attendees[1].Attendance.RollUp
	}
	mine, theirs := sums()
	if mine.Offered != 4 || mine.Attended != 1 || mine.Excused != 1 || mine.Missed != 2 || mine.ConsecutiveAbsences != 2 || !mine.LastSeenAt.Equal(e.sessions[0].StartsAt) || *mine.Rate() != 1.0/3 {
		t.Errorf("%+v", mine)
	}
	if theirs.Attended != 2 || theirs.Missed != 2 || !theirs.LastSeenAt.Equal(e.sessions[1].StartsAt) {
		t.Errorf("%+v", theirs)
	}
	record(3, workshops.AttendanceEntry{AttendeeID: me, Status: models.AttendancePresent}) // a correction
	if mine, _ = sums(); mine.Attended != 2 || mine.ConsecutiveAbsences != 0 {
		t.Errorf("after the correction: %+v", mine)
	}
	roster, err := e.Roster(leader, e.workshop, workshops.RosterQuery{PageQuery: services.PageQuery{Limit: 50}, SessionID: e.sessions[3].ID})
	if err != nil || len(roster.Data) != 2 || roster.Data[0].Name != "Mia R." || *roster.Data[0].Status != models.AttendancePresent || roster.Data[0].Attendance.Attended != 2 {
		t.Errorf("%v %+v", err, roster.Data)
	}
	if roster.Data[1].Name != "Rosa O." {
		t.Errorf("the guest is %s", roster.Data[1].Name)
	}
	if _, err := e.ReopenSession(leader, e.sessions[3].ID, workshops.Justification{Reason: "Closed the wrong one"}); err != nil {
		t.Fatal(err)
	}
	if mine, theirs = sums(); mine.Offered != 3 || theirs.Offered != 3 {
		t.Errorf("after reopening: %+v %+v", mine, theirs)
	}
	if _, err := e.RecordAttendance(leader, e.sessions[0].ID, workshops.AttendanceSheet{Entries: []workshops.AttendanceEntry{{AttendeeID: services.NewID(), Status: models.AttendancePresent}}}); !slices.Equal(fieldsOf(err), []string{"/entries/0/attendee_id unknown_attendee"}) {
		t.Errorf("%v", err)
	}
}

func TestACheckInIsTakenBack(t *testing.T) {
	e := openHall(t).evenings("1")
	r := e.register(e.me(e.member), e.workshop, workshops.Register{})
	e.core.Clock.Set(e.sessions[0].StartsAt)
	session, code := e.sessions[0].ID, e.code(r, 0)
	if a := e.scan(session, code, "nonce-001"); a.Result != models.ScanOK {
		t.Fatal(a.Result)
	}
	leader := e.as(e.leader, "", models.RoleFacilitator)
	if _, err := e.UndoCheckIn(leader, session, r.Attendees[0].ID, workshops.Justification{Reason: "Wrong phone"}); err != nil {
		t.Fatal(err)
	}
	if n := e.count(`select count(*) from attendance`); n != 0 {
		t.Errorf("%d rows of attendance are left", n)
	}
	if a := e.scan(session, code, "nonce-002"); a.Result != models.ScanOK {
		t.Errorf("afterwards: %s", a.Result)
	}
}

func TestRemindersFollowTheSession(t *testing.T) {
	e := openHall(t).evenings("3")
	r := e.register(e.me(e.member), e.workshop, workshops.Register{})
	other := e.register(e.me(e.ann), e.workshop, workshops.Register{})
	if _, err := e.NotThisTime(e.me(e.ann), other.ID, other.Attendees[0].ID, workshops.Excuse{SessionID: e.sessions[0].ID}); err != nil {
		t.Fatal(err)
	}
	reminded := func(member uuid.UUID) int {
		return e.count(`select count(*) from messages where event = 'session.reminder' and member_id = $1`, member)
	}
	e.later(e.sessions[0].StartsAt.Add(-24 * time.Hour))
	if a, b := reminded(e.member), reminded(e.ann); a != 1 || b != 0 {
		t.Errorf("%d and %d reminders", a, b)
	}
	// The second is moved by two days; the third is called off.
	patch := workshops.SessionPatch{LocalStart: services.Some("2026-11-05T18:00")}
	moved, err := e.UpdateSession(e.staff(), e.sessions[1].ID, patch)
	if err != nil {
		t.Fatal(err)
	}
	if n := e.count(`select count(*) from messages where event = 'workshop.changed' and record_id = $1 and calendar is not null`, r.ID); n != 1 {
		t.Errorf("%d mails of the change", n)
	}
	if _, err := e.CancelSession(e.staff(), e.sessions[2].ID, workshops.SessionCancellation{Reason: "The hall is flooded"}); err != nil {
		t.Fatal(err)
	}
	if n := e.count(`select count(*) from messages where event = 'session.cancelled' and record_id = $1 and calendar->>'method' = 'CANCEL'`, r.ID); n != 1 {
		t.Errorf("%d mails take the third out of the calendar", n)
	}
	e.later(e.sessions[1].StartsAt.Add(-24 * time.Hour))
	if n := reminded(e.member); n != 1 {
		t.Errorf("%d reminders at the old time", n)
	}
	e.later(moved.StartsAt.Add(-24 * time.Hour))
	if n := reminded(e.member); n != 2 {
		t.Errorf("%d reminders at the new time", n)
	}
	e.later(e.sessions[2].StartsAt)
	if n := reminded(e.member); n != 2 {
		t.Errorf("%d reminders after the third was called off", n)
	}
}

// Moving a session and those that follow is told in one mail.
func TestASeriesThatMovesIsToldOnce(t *testing.T) {
	e := openHall(t).evenings("4")
	r := e.register(e.me(e.member), e.workshop, workshops.Register{})
	if _, err := e.UpdateSession(e.staff(), e.sessions[1].ID, workshops.SessionPatch{Scope: workshops.ScopeThisAndFollowing, LocalStart: services.Some("2026-11-03T19:00")}); err != nil {
		t.Fatal(err)
	}
	if n := e.count(`select count(*) from messages where event = 'workshop.changed' and record_id = $1`, r.ID); n != 1 {
		t.Errorf("%d mails", n)
	}
	if n := e.count(`select jsonb_array_length(calendar->'events') from messages where event = 'workshop.changed' and record_id = $1`, r.ID); n != 3 {
		t.Errorf("%d of three sessions are in its calendar file", n)
	}
}
