package workshops_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

func TestWhoMayWriteToWhom(t *testing.T) {
	e := openHall(t).evenings("2")
	visits := e.person("Vera", true)
	e.exec(`insert into session_facilitators (session_id, member_id) values ($1, $2)`, e.sessions[0].ID, visits)
	e.register(e.me(e.reader("Luis", true)), e.workshop, workshops.Register{})
	leader, visitor, other := e.as(e.leader, "", models.RoleFacilitator), e.as(visits, "", models.RoleFacilitator), e.as(e.bob, "", models.RoleFacilitator)
	missing := services.NotFound("")
	whole := e.write(leader, e.workshop, parking)
	one, err := e.MessageSession(visitor, e.sessions[0].ID, parking)
	if err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"the whole workshop": func() error { _, err := e.MessageWorkshop(visitor, e.workshop, parking); return err }(),
		"another session":    func() error { _, err := e.MessageSession(visitor, e.sessions[1].ID, parking); return err }(),
		"its preview":        func() error { _, err := e.PreviewSessionMessage(visitor, e.sessions[1].ID, parking); return err }(),
		"another's message":  func() error { _, err := e.Message(visitor, whole.ID); return err }(),
		"its recall":         func() error { _, err := e.RecallMessage(visitor, whole.ID); return err }(),
		"its deliveries": func() error {
			_, err := e.MessageDeliveries(visitor, whole.ID, workshops.DeliveriesOfMessage{PageQuery: services.PageQuery{Limit: 5}})
			return err
		}(),
		"a stranger": func() error { _, err := e.MessageSession(other, e.sessions[0].ID, parking); return err }(),
		"a list":     func() error { _, err := e.Messages(other, e.workshop, workshops.MessagesQuery{}); return err }(),
	} {
		if !errors.Is(err, missing) {
			t.Errorf("%s: %v", name, err)
		}
	}
	list := func(ctx context.Context) (ids []uuid.UUID) {
		page, err := e.Messages(ctx, e.workshop, workshops.MessagesQuery{PageQuery: services.PageQuery{Limit: 10}})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page.Data {
			ids = append(ids, m.ID)
		}
		return ids
	}
	if got := list(visitor); !slices.Equal(got, []uuid.UUID{one.ID}) {
		t.Errorf("%v", got)
	}
	if got := list(leader); !slices.Equal(got, []uuid.UUID{one.ID, whole.ID}) {
		t.Errorf("%v", got)
	}
	if _, err := e.RecallMessage(leader, one.ID); err != nil {
		t.Error(err)
	}
	// Values that contradict one another, and nobody to write to.
	absent := to(workshops.MessageRecipients{Attendance: []models.AttendanceStatus{models.AttendanceAbsent}})
	if _, err := e.MessageWorkshop(e.staff(), e.workshop, absent); !slices.Equal(fieldsOf(err), []string{"/to/attendance session_only"}) {
		t.Errorf("%v", err)
	}
	if _, err := e.MessageSession(e.staff(), e.sessions[0].ID, absent); codeOf(err) != workshops.CodeNobody {
		t.Errorf("%v", err)
	}
	far := planningDay.AddDate(1, 0, 0)
	if _, err := e.MessageWorkshop(e.staff(), e.workshop, workshops.WriteToAttendees{Subject: " ", Body: "\n", SendAfter: &far}); !slices.Equal(fieldsOf(err), []string{"/body required", "/send_after out_of_range", "/subject required"}) {
		t.Errorf("%v", fieldsOf(err))
	}
	if _, err := e.MessageWorkshop(e.staff(), e.draft(workshops.NewWorkshop{}).ID, parking); codeOf(err) != workshops.CodeWrongState {
		t.Errorf("%v", err)
	}
	if err := func() (err error) {
		for i := 0; i < 40 && err == nil; i++ {
			_, err = e.MessageWorkshop(leader, e.workshop, parking)
		}
		return err
	}(); codeOf(err) != services.CodeTooMany {
		t.Errorf("no end to it: %v", err)
	}
}

func TestAMessageToOneEvening(t *testing.T) {
	e := openHall(t).evenings("2")
	p := e.post()
	came, absent, excused := e.reader("Cam", true), e.reader("Abe", true), e.reader("Exa", true)
	session := e.sessions[0].ID
	r := e.register(e.me(came), e.workshop, workshops.Register{})
	e.register(e.me(absent), e.workshop, workshops.Register{})
	x := e.register(e.me(excused), e.workshop, workshops.Register{})
	if _, err := e.NotThisTime(e.me(excused), x.ID, x.Attendees[0].ID, workshops.Excuse{SessionID: session}); err != nil {
		t.Fatal(err)
	}
	count := func(in workshops.MessageRecipients) int {
		t.Helper()
		got, err := e.PreviewSessionMessage(e.staff(), session, to(in))
		if err != nil {
			t.Fatal(err)
		}
		return got.People
	}
	if n := count(workshops.MessageRecipients{}); n != 2 {
		t.Errorf("%d, with who does not come this time", n)
	}
	e.core.Clock.Set(e.sessions[0].StartsAt)
	e.scan(session, e.code(r, 0), "nonce-0001")
	e.core.Clock.Set(e.sessions[0].EndsAt)
	if _, err := e.CompleteSession(e.staff(), session); err != nil {
		t.Fatal(err)
	}
	for status, want := range map[models.AttendanceStatus]int{models.AttendancePresent: 1, models.AttendanceAbsent: 1, models.AttendanceExcused: 1, models.AttendanceLate: 0} {
		if n := count(workshops.MessageRecipients{Attendance: []models.AttendanceStatus{status}}); n != want {
			t.Errorf("%s: %d", status, n)
		}
	}
	in := to(workshops.MessageRecipients{Attendance: []models.AttendanceStatus{models.AttendanceAbsent}})
	in.Subject = "We missed you"
	m, err := e.MessageSession(e.staff(), session, in)
	if err != nil {
		t.Fatal(err)
	}
	p.at(m.SendsAt)
	if a, b, c := p.mailsTo(absent, "We missed you"), p.mailsTo(came, "We missed you"), p.mailsTo(excused, "We missed you"); a != 1 || b != 0 || c != 0 {
		t.Errorf("%d %d %d", a, b, c)
	}
}

func TestWhoIsWrittenToWhereStatesAndModesDiffer(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{Format: models.FormatHybrid, Capacity: number(2), OnlineCapacity: number(1), JoinURL: "https://meet.example.org/x"})
	for _, mode := range []models.AttendanceMode{models.ModeInPerson, models.ModeOnline, models.ModeOnline, models.ModeOnline} {
		id := h.reader("Guest", true)
		h.register(h.me(id), w, workshops.Register{Attendees: []workshops.AttendeeInput{{MemberID: &id, Mode: &mode}}})
	}
	for i, c := range []struct {
		to   workshops.MessageRecipients
		want int
	}{
		{workshops.MessageRecipients{}, 2},
		{workshops.MessageRecipients{States: []models.RegistrationState{models.RegistrationWaitlisted}}, 2},
		{workshops.MessageRecipients{States: []models.RegistrationState{models.RegistrationWaitlisted, models.RegistrationConfirmed, models.RegistrationConfirmed}}, 4},
		{workshops.MessageRecipients{Modes: []models.AttendanceMode{models.ModeOnline}}, 1},
		{workshops.MessageRecipients{States: []models.RegistrationState{models.RegistrationCancelled}}, 0},
	} {
		if got := h.foretold(w, to(c.to)); got[0] != c.want {
			t.Errorf("%d: %v", i, got)
		}
	}
}

// Two guardians of one child each read their own; one who may act for the child no longer reads nothing.
func TestGuardiansReadWhatIsAboutTheirChildren(t *testing.T) {
	g := openTwo(t)
	all := to(workshops.MessageRecipients{States: []models.RegistrationState{models.RegistrationConfirmed, models.RegistrationPending}, Kinds: []models.SeatKind{models.SeatChild}})
	if got := g.foretold(g.workshop, all); got[0] != 2 {
		t.Errorf("%v", got)
	}
	f := openFamily(t)
	luis := f.reader("Luis", true)
	maya := f.child(luis, true)
	w := f.workshop(workshops.NewWorkshop{TeenProgram: true})
	f.want(f.register(f.me(luis), w, members(maya)), models.RegistrationConfirmed)
	if got := f.foretold(w, parking); got != [4]int{1, 1, 0, 0} {
		t.Errorf("%v", got)
	}
	f.exec(`update guardianships set until = '2026-08-01' where child_id = $1`, maya) // no job has seen it
	if got := f.foretold(w, parking); got != [4]int{} {
		t.Errorf("a former guardian: %v", got)
	}
	p := f.post()
	m := f.write(f.staff(), w, parking)
	p.at(m.SendsAt)
	if n := p.mailsTo(luis, "Parking"); n != 0 || f.messageNow(m.ID).People != 0 {
		t.Errorf("%d mails to a former guardian", n)
	}
}
