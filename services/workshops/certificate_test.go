package workshops_test

import (
	"bytes"
	"context"
	"image"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"homefront/internal/papertest"
	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

// readQR reads a code with a reader that is not ours.
func readQR(t *testing.T, picture image.Image) string {
	t.Helper()
	b, err := gozxing.NewBinaryBitmapFromImage(picture)
	if err != nil {
		t.Fatal(err)
	}
	found, err := qrcode.NewQRCodeReader().Decode(b, nil)
	if err != nil {
		t.Fatal(err)
	}
	return found.GetText()
}

// leads is a call of who leads the workshop.
func (e *evening) leads() context.Context { return e.as(e.leader, "*", models.RoleFacilitator) }

// was enters the attendance of one session, and completes it.
func (e *evening) was(session int, entries ...workshops.AttendanceEntry) {
	e.t.Helper()
	s := e.sessions[session]
	if e.core.Clock.Now().Before(s.EndsAt) {
		e.core.Clock.Set(s.EndsAt)
	}
	if len(entries) > 0 {
		if _, err := e.RecordAttendance(e.leads(), s.ID, workshops.AttendanceSheet{Entries: entries}); err != nil {
			e.t.Fatal(err)
		}
	}
	if _, err := e.CompleteSession(e.leads(), s.ID); err != nil {
		e.t.Fatal(err)
	}
}

func present(attendee uuid.UUID) workshops.AttendanceEntry {
	return workshops.AttendanceEntry{AttendeeID: attendee, Status: models.AttendancePresent}
}

func (e *evening) issue(in workshops.IssueCertificates) *workshops.IssuedCertificates {
	e.t.Helper()
	out, err := e.IssueCertificates(e.leads(), e.workshop, in)
	if err != nil {
		e.t.Fatal(err)
	}
	return out
}

func (e *evening) verify(code string) *workshops.CertificateCheck {
	e.t.Helper()
	out, err := e.VerifyCertificate(nobody(), code)
	if err != nil {
		e.t.Fatal(err)
	}
	return out
}

// nobody asks without signing in.
func nobody() context.Context {
	return services.WithCall(context.Background(), &services.Call{Address: "203.0.113.9", Actor: &services.Actor{Kind: models.ActorAnonymous}})
}

func TestACertificateStatesWhatTheSheetsSay(t *testing.T) {
	e := openHall(t).evenings("3")
	r := e.register(e.me(e.member), e.workshop, guests(e.member, 1))
	mia, guest := r.Attendees[0].ID, r.Attendees[1].ID
	if out := e.issue(workshops.IssueCertificates{All: true}); len(out.Data)+len(out.LeftOut) != 0 {
		t.Errorf("before anything: %+v", out)
	}
	minutes := 60
	e.was(0, present(mia), present(guest))
	e.was(1, workshops.AttendanceEntry{AttendeeID: mia, Status: models.AttendanceLate, Minutes: &minutes}, workshops.AttendanceEntry{AttendeeID: guest, Status: models.AttendanceAbsent})
	if _, err := e.Certificate(e.me(e.member), r.ID, mia); codeOf(err) != workshops.CodeNotIssued {
		t.Errorf("not issued yet: %v", err)
	}
	out := e.issue(workshops.IssueCertificates{All: true})
	if len(out.Data) != 2 || len(out.LeftOut) != 0 || out.More {
		t.Fatalf("%+v", out)
	}
	i := slices.IndexFunc(out.Data, func(c workshops.CertificateView) bool { return c.AttendeeID == mia })
	c := out.Data[i]
	if c.Minutes != 150 || c.Attended != 2 || c.Offered != 2 || c.FirstOn.String() != "2026-10-27" || c.LastOn.String() != "2026-11-03" || c.Status != models.CertificateValid || c.Name != "Mia R." || len(c.Code) != 26+6 {
		t.Errorf("%+v", c)
	}
	if again := e.issue(workshops.IssueCertificates{All: true}); len(again.Data) != 0 {
		t.Errorf("a second one: %+v", again)
	}
	if again := e.issue(workshops.IssueCertificates{AttendeeIDs: []uuid.UUID{mia}}); len(again.Data) != 1 || again.Data[0].ID != c.ID {
		t.Errorf("a second one: %+v", again)
	}

	file, err := e.Certificate(e.me(e.member), r.ID, mia)
	if err != nil {
		t.Fatal(err)
	}
	lines := papertest.Lines(t, file.Bytes)
	for _, want := range []string{"Certificate of Attendance", "Mia Rivera", "Living with Hypervigilance", "October 27, 2026 – November 3, 2026", "2 of 2 sessions, 2 hours 30 minutes", "Oct 27 (90 min), Nov 3 (60 min)", "No. " + c.Code} {
		if !slices.Contains(lines, want) {
			t.Errorf("%q is not in %q", want, lines)
		}
	}
	pictures := papertest.Pictures(t, file.Bytes)
	if len(pictures) != 1 {
		t.Fatalf("%d pictures", len(pictures))
	}
	at := readQR(t, pictures[0])
	code, ok := strings.CutPrefix(at, "https://homefront.example/v1/certificates/verify/")
	if !ok || !slices.Contains(lines, at) {
		t.Errorf("the code leads to %q", at)
	}
	if again, err := e.Certificate(e.staff(), r.ID, mia); err != nil || !bytes.Equal(again.Bytes, file.Bytes) {
		t.Errorf("staff get another: %v", err)
	}

	seen := e.verify(code)
	if seen.Status != models.CertificateValid || seen.Statement.Name != "Mia R." || seen.Statement.Hours != 2.5 || seen.Statement.Title != "Living with Hypervigilance" || len(seen.Statement.Sessions) != 2 {
		t.Errorf("%+v %+v", seen, seen.Statement)
	}
	for _, typed := range []string{c.Code, strings.ToLower(c.Code), " " + strings.ReplaceAll(strings.ReplaceAll(c.Code, "0", "o"), "1", "l")} {
		if e.verify(typed).Status != models.CertificateValid {
			t.Error(typed)
		}
	}
	for _, typed := range []string{"", "x", code[1:], code + "0", strings.Repeat("0", 26), strings.Repeat("Z", 26), "U" + code[1:]} {
		if _, err := e.VerifyCertificate(nobody(), typed); codeOf(err) != services.CodeNotFound || err.Error() != services.NotFound("certificate").Error() {
			t.Errorf("%q: %v", typed, err)
		}
	}
}

// What followed is no correction of what a certificate states.
func TestACertificateStandsWhenSessionsFollow(t *testing.T) {
	e := openHall(t).evenings("3")
	r := e.register(e.me(e.member), e.workshop, workshops.Register{})
	mia := r.Attendees[0].ID
	e.was(0, present(mia))
	c := e.issue(workshops.IssueCertificates{All: true}).Data[0]
	e.was(1, present(mia))
	e.was(2, workshops.AttendanceEntry{AttendeeID: mia, Status: models.AttendanceAbsent})
	if seen := e.verify(c.Code); seen.Status != models.CertificateValid {
		t.Errorf("%+v", seen)
	}
	if _, err := e.Certificate(e.me(e.member), r.ID, mia); err != nil {
		t.Error(err)
	}
	whole := e.issue(workshops.IssueCertificates{All: true}).Data[0]
	if whole.Attended != 2 || whole.Offered != 3 || whole.Status != models.CertificateValid || e.verify(c.Code).Status != models.CertificateSuperseded {
		t.Errorf("%+v", whole)
	}
	e.was(2, present(mia)) // that is one
	if seen := e.verify(whole.Code); seen.Status != models.CertificateChanged {
		t.Errorf("%+v", seen)
	}
}

// Of a workshop with thousands of attendees the last ones get theirs too, and more says so when there are more, and only then.
func TestEverybodyOfALargeWorkshopGetsACertificate(t *testing.T) {
	e := openHall(t).evenings("1")
	r := e.register(e.me(e.member), e.workshop, guests(e.member, 1))
	e.was(0, present(r.Attendees[0].ID), present(r.Attendees[1].ID))
	many := func(prefix, name string, n int) {
		e.exec(`insert into attendees select (jsonb_populate_record(a, jsonb_build_object('id', $2 || lpad(i::text, 12, '0'), 'guest_name', $3::text))).* from attendees a, generate_series(1, $4) i where a.id = $1`,
			r.Attendees[1].ID, prefix, name, n)
		e.exec(`insert into attendance select (jsonb_populate_record(t, jsonb_build_object('id', gen_random_uuid(), 'attendee_id', a.id))).* from attendance t, attendees a
			where t.attendee_id = $1 and a.id::text like $2 || '%'`, r.Attendees[1].ID, prefix)
	}
	many("00000000-0000-7000-8000-", "민수", 5_001) // none of these can be printed
	many("ffffffff-0000-7000-8000-", "Rosa", 998)
	for i, want := range []struct {
		made int
		more bool
	}{{500, true}, {500, false}, {0, false}} {
		if out := e.issue(workshops.IssueCertificates{All: true}); len(out.Data) != want.made || out.More != want.more || len(out.LeftOut) != 5_000 {
			t.Errorf("call %d: %d are made, %d left out, more %v", i, len(out.Data), len(out.LeftOut), out.More)
		}
	}
}

func TestACorrectedCertificateIsSupersededAndARevokedOneSaysNothing(t *testing.T) {
	e := openHall(t).evenings("2")
	r := e.register(e.me(e.member), e.workshop, workshops.Register{})
	mia := r.Attendees[0].ID
	e.was(0, present(mia))
	first := e.issue(workshops.IssueCertificates{AttendeeIDs: []uuid.UUID{mia}}).Data[0]

	minutes := 45
	e.was(0, workshops.AttendanceEntry{AttendeeID: mia, Status: models.AttendancePresent, Minutes: &minutes})
	if seen := e.verify(first.Code); seen.Status != models.CertificateChanged || seen.Statement.Minutes != 90 {
		t.Errorf("%+v", seen)
	}
	if _, err := e.Certificate(e.me(e.member), r.ID, mia); codeOf(err) != workshops.CodeCertificateChanged {
		t.Errorf("%v", err)
	}
	second := e.issue(workshops.IssueCertificates{All: true}).Data[0]
	if second.ID == first.ID || second.Minutes != 45 || e.verify(first.Code).Status != models.CertificateSuperseded || e.verify(second.Code).Status != models.CertificateValid {
		t.Errorf("%+v", second)
	}
	page, err := e.Certificates(e.leads(), e.workshop, services.PageQuery{Limit: 25})
	if err != nil || len(page.Data) != 2 || page.Data[0].ID != second.ID && page.Data[1].ID != second.ID {
		t.Fatalf("%+v %v", page, err)
	}
	for _, c := range page.Data {
		if c.ID == first.ID && (c.Status != models.CertificateSuperseded || *c.SupersededBy != second.ID) {
			t.Errorf("%+v", c)
		}
	}

	if _, err := e.RevokeCertificate(e.as(e.bob, "*", models.RoleFacilitator), second.ID, workshops.Justification{Reason: "Not mine"}); codeOf(err) != services.CodeNotFound {
		t.Errorf("by who does not lead it: %v", err)
	}
	for range 2 {
		gone, err := e.RevokeCertificate(e.leads(), second.ID, workshops.Justification{Reason: "Made for the wrong person"})
		if err != nil || gone.Status != models.CertificateRevoked || gone.RevokedReason != "Made for the wrong person" || *gone.RevokedBy != e.leader {
			t.Fatalf("%+v %v", gone, err)
		}
	}
	if seen := e.verify(second.Code); seen.Status != models.CertificateRevoked || seen.Statement != nil {
		t.Errorf("%+v", seen)
	}
	if _, err := e.Certificate(e.me(e.member), r.ID, mia); codeOf(err) != workshops.CodeNotIssued {
		t.Errorf("%v", err)
	}
	third := e.issue(workshops.IssueCertificates{All: true}).Data[0]
	if third.Code == second.Code || e.verify(third.Code).Status != models.CertificateValid {
		t.Errorf("%+v", third)
	}
	if _, err := e.ReopenSession(e.leads(), e.sessions[0].ID, workshops.Justification{Reason: "Closed the wrong evening"}); err != nil {
		t.Fatal(err)
	}
	if e.verify(third.Code).Status != models.CertificateChanged {
		t.Error("a certificate of a session that is open again is valid")
	}
	if out := e.issue(workshops.IssueCertificates{AttendeeIDs: []uuid.UUID{mia}}); len(out.Data) != 0 || out.LeftOut[0].Reason != "not_attended" {
		t.Errorf("%+v", out)
	}
}

func TestWhoMayHaveACertificateOfAttendance(t *testing.T) {
	h := openHall(t)
	e := h.evenings("1")
	maya := h.child(e.member, true)
	r := e.register(e.me(e.member), e.workshop, members(e.member, maya))
	sonja := h.person("Соня", false)
	min := h.person("민수", false)
	other := e.register(e.me(sonja), e.workshop, workshops.Register{})
	korean := e.register(e.me(min), e.workshop, workshops.Register{})
	child := r.Attendees[slices.IndexFunc(r.Attendees, func(a workshops.AttendeeView) bool { return a.Kind == models.SeatChild })].ID
	adult := r.Attendees[slices.IndexFunc(r.Attendees, func(a workshops.AttendeeView) bool { return a.Kind == models.SeatAdult })].ID
	e.was(0, present(adult), present(child), present(other.Attendees[0].ID), present(korean.Attendees[0].ID))

	out := e.issue(workshops.IssueCertificates{All: true})
	if len(out.Data) != 3 || len(out.LeftOut) != 1 || out.LeftOut[0] != (workshops.NotCertified{AttendeeID: korean.Attendees[0].ID, Reason: "not_printable"}) {
		t.Errorf("%+v %+v", out.Data, out.LeftOut)
	}
	if _, err := e.Certificate(e.me(e.member), r.ID, child); err != nil {
		t.Errorf("of a child that they entered: %v", err)
	}
	if file, err := e.Certificate(e.me(sonja), other.ID, other.Attendees[0].ID); err != nil || !slices.Contains(papertest.Lines(t, file.Bytes), "Соня Rivera") {
		t.Errorf("%v", err)
	}
	for _, ctx := range []context.Context{e.me(sonja), e.as(e.bob, "", models.RoleFacilitator), e.as(e.member, "", models.RoleMember)} {
		registration, attendee := r.ID, adult
		if actor, _ := services.ActorFrom(ctx); actor.MemberID == e.member {
			registration, attendee = other.ID, other.Attendees[0].ID
		}
		_, hidden := e.Certificate(ctx, registration, attendee)
		_, unknown := e.Certificate(ctx, services.NewID(), attendee)
		if codeOf(hidden) != services.CodeNotFound || hidden.Error() != unknown.Error() {
			t.Errorf("%v, %v", hidden, unknown)
		}
	}
	if _, err := e.Certificate(e.leads(), r.ID, adult); err != nil {
		t.Errorf("who leads it: %v", err)
	}
	if n := e.count(`select count(*) from audit_log where action = 'certificate.read' and outcome = 'read' and subjects @> array[$1::uuid]`, e.member); n != 1 {
		t.Errorf("%d looks of staff in the log", n)
	}

	e.exec(`insert into member_restrictions (id, created_at, member_id, staff_id, restricted_by) values ($1, now(), $2, $3, $3)`, services.NewID(), sonja, e.ann)
	if _, err := e.Certificate(e.staff(), other.ID, other.Attendees[0].ID); codeOf(err) != services.CodeNotFound {
		t.Errorf("of a record kept to others: %v", err)
	}
	if page, err := e.Certificates(e.staff(), e.workshop, services.PageQuery{Limit: 25}); err != nil || len(page.Data) != 2 {
		t.Errorf("%d in the list %v", len(page.Data), err)
	}
	if out := e.issue(workshops.IssueCertificates{AttendeeIDs: []uuid.UUID{other.Attendees[0].ID}}); len(out.Data) != 0 || out.LeftOut[0].Reason != "colleague" {
		t.Errorf("%+v", out)
	}
	if _, err := e.Certificate(e.me(sonja), other.ID, other.Attendees[0].ID); err != nil {
		t.Errorf("their own: %v", err)
	}
	e.exec(`update guardianships set status = 'ended', closed_at = $2 where child_id = $1`, maya, e.core.Clock.Now())
	if _, err := e.Certificate(e.me(e.member), r.ID, child); codeOf(err) != services.CodeNotFound {
		t.Errorf("of a child that they may act for no longer: %v", err)
	}
	for title, drawn := range map[string]string{"Yoga 🧘 outdoors": "Yoga outdoors", "希望": "Xi Wang", "🧘": "a workshop"} {
		e.exec(`update workshops set title = $2 where id = $1`, e.workshop, title)
		e.issue(workshops.IssueCertificates{AttendeeIDs: []uuid.UUID{adult}})
		if file, err := e.Certificate(e.me(e.member), r.ID, adult); err != nil || !slices.Contains(papertest.Lines(t, file.Bytes), drawn) {
			t.Errorf("%s: %v", title, err)
		}
	}
	for _, in := range []workshops.IssueCertificates{{}, {All: true, AttendeeIDs: []uuid.UUID{adult}}, {AttendeeIDs: []uuid.UUID{services.NewID()}}} {
		if _, err := e.IssueCertificates(e.leads(), e.workshop, in); len(fieldsOf(err)) != 1 {
			t.Errorf("%+v: %v", in, err)
		}
	}
	if _, err := e.IssueCertificates(e.as(e.bob, "", models.RoleFacilitator), e.workshop, workshops.IssueCertificates{All: true}); codeOf(err) != services.CodeNotFound {
		t.Errorf("who does not lead it: %v", err)
	}
}

func TestTwoWhoIssueAtOnceMakeOneCertificateEach(t *testing.T) {
	e := openHall(t).evenings("1")
	var entries []workshops.AttendanceEntry
	for _, m := range e.crowd(20) {
		entries = append(entries, present(e.register(e.me(m), e.workshop, workshops.Register{}).Attendees[0].ID))
	}
	e.was(0, entries...)
	other := e.replica()
	other2 := []*workshops.Service{e.Service, other, e.Service, other}
	made := make([]int, len(other2))
	var all sync.WaitGroup
	for i, s := range other2 {
		all.Go(func() {
			if err := patiently(func() error {
				out, err := s.IssueCertificates(e.leads(), e.workshop, workshops.IssueCertificates{All: true})
				if err == nil {
					made[i] = len(out.Data)
				}
				return err
			}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if made[0]+made[1]+made[2]+made[3] != 20 {
		t.Errorf("%v were made", made)
	}
	if n := e.count(`select count(*) from certificates`); n != 20 {
		t.Errorf("%d certificates", n)
	}
}

func TestCertificatesCannotBeGuessedForLong(t *testing.T) {
	e := openHall(t).evenings("1")
	for range 60 {
		if _, err := e.VerifyCertificate(nobody(), services.NewID().String()); codeOf(err) != services.CodeNotFound {
			t.Fatal(err)
		}
	}
	if _, err := e.VerifyCertificate(nobody(), services.NewID().String()); codeOf(err) != services.CodeTooMany {
		t.Errorf("the 61st: %v", err)
	}
	e.core.Clock.Advance(5 * time.Second)
	if _, err := e.VerifyCertificate(nobody(), services.NewID().String()); codeOf(err) != services.CodeNotFound {
		t.Errorf("later: %v", err)
	}
}
