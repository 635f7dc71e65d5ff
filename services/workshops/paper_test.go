package workshops_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"image"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/xuri/excelize/v2"

	"homefront/internal/papertest"
	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

// look leaves a paper where PAPER_DIR says, for somebody to look at.
func look(t *testing.T, name string, f *workshops.PaperFile) {
	t.Helper()
	if dir := os.Getenv("PAPER_DIR"); dir != "" {
		if err := os.WriteFile(dir+"/"+name, f.Bytes, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func (h *hall) named(given, family string) uuid.UUID {
	h.t.Helper()
	id := h.person(given, false)
	h.exec(`update members set family_name = $2 where id = $1`, id, family)
	return id
}

func TestSheetsAndBadgesShowFirstNamesAndInitials(t *testing.T) {
	e := openHall(t).evenings("1")
	session := e.sessions[0].ID
	for _, name := range [][2]string{{"Nguyễn", "Ánh"}, {"Łukasz", "Wójcik"}, {"Ωmega", "Παππάς"}, {"Дмитрий", "Щукин"}, {"민수", "김"}, {"محمد", "علي"}} {
		e.register(e.me(e.named(name[0], name[1])), e.workshop, workshops.Register{})
	}
	r := e.register(e.me(e.member), e.workshop, guests(e.member, 1))
	file, err := e.SignInSheet(e.leads(), session)
	if err != nil {
		t.Fatal(err)
	}
	look(t, "sign-in.pdf", file)
	lines := papertest.Lines(t, file.Bytes)
	for _, want := range []string{"Nguyễn Á.", "Łukasz W.", "Ωmega Π.", "Дмитрий Щ.", "Minsu G.", "Mhmd L.", "Mia R.", "Rosa O.", "Living with Hypervigilance", "Tuesday, October 27, 2026, 6:00 PM – 7:30 PM EDT", "Room 2"} {
		if !slices.Contains(lines, want) {
			t.Errorf("%q is not in %q", want, lines)
		}
	}
	if said := strings.Join(lines, " "); strings.Contains(said, "Wójcik") || strings.Contains(said, "Rivera") || strings.Contains(said, "Ortega") || file.Name != "sign-in-2026-10-27.pdf" {
		t.Errorf("%s: %q", file.Name, lines)
	}
	badges, err := e.Badges(e.leads(), session, workshops.BadgeQuery{})
	if err != nil || len(papertest.Drawn(t, badges.Bytes)) != 0 || !slices.Contains(papertest.Lines(t, badges.Bytes), "Minsu G.") {
		t.Errorf("%v", err)
	}
	if n := e.count(`select count(*) from audit_log where action = 'session.badges'`); n != 0 {
		t.Errorf("%d looks", n)
	}
	badges, err = e.Badges(e.leads(), session, workshops.BadgeQuery{Codes: true})
	if err != nil {
		t.Fatal(err)
	}
	look(t, "badges-codes.pdf", badges)
	pictures, code := papertest.Drawn(t, badges.Bytes), e.code(r, 0)
	if len(pictures) != 8 || !slices.ContainsFunc(pictures, func(p image.Image) bool { return readQR(t, p) == code }) {
		t.Errorf("%d codes, none of them %s", len(pictures), code)
	}
	if n := e.count(`select count(*) from audit_log where action = 'session.badges' and outcome = 'read' and cardinality(subjects) = 7`); n != 1 {
		t.Errorf("%d looks", n)
	}
	if _, err := e.SignInSheet(e.as(e.bob, "", models.RoleFacilitator), session); codeOf(err) != services.CodeNotFound {
		t.Errorf("who does not lead it: %v", err)
	}
	if _, err := e.Badges(e.as(e.bob, "", models.RoleFacilitator), session, workshops.BadgeQuery{Codes: true}); codeOf(err) != services.CodeNotFound {
		t.Errorf("who does not lead it: %v", err)
	}
}

func TestAHybridSheetSaysWhoTakesPartOnline(t *testing.T) {
	h := openHall(t)
	w := h.open(workshops.NewWorkshop{Format: models.FormatHybrid, OnlineCapacity: number(5), JoinURL: "https://meet.example.org/x"}, startsOn)
	online := models.ModeOnline
	in := members(h.member)
	in.Attendees[0].Mode = &online
	h.register(h.me(h.member), w.ID, in)
	page, err := h.Sessions(h.staff(), w.ID, workshops.SessionQuery{})
	if err != nil {
		t.Fatal(err)
	}
	file, err := h.SignInSheet(h.staff(), page.Data[0].ID)
	if err != nil || !slices.Contains(papertest.Lines(t, file.Bytes), "takes part online") {
		t.Errorf("%v", err)
	}
	badges, err := h.Badges(h.staff(), page.Data[0].ID, workshops.BadgeQuery{})
	if err != nil || slices.Contains(papertest.Lines(t, badges.Bytes), "Mia R.") {
		t.Errorf("a badge for who does not come: %v", err)
	}
}

func TestARosterFileComputesNothingAndTellsNoMoreThanItMay(t *testing.T) {
	e := openHall(t).evenings("2")
	evil := e.named("=HYPERLINK(1)", "Zed")
	hidden := e.named("Hidden", "Person")
	e.exec(`update members set dietary_needs = 'No shellfish', accessibility_needs = '@seat near the door', service_animal = true where id = $1`, e.member)
	r := e.register(e.me(e.member), e.workshop, guests(e.member, 1))
	e.register(e.me(evil), e.workshop, workshops.Register{})
	h := e.register(e.me(hidden), e.workshop, workshops.Register{})
	minutes := 45
	e.was(0, workshops.AttendanceEntry{AttendeeID: r.Attendees[0].ID, Status: models.AttendanceLate, Minutes: &minutes}, present(h.Attendees[0].ID))
	e.exec(`insert into member_restrictions (id, created_at, member_id, staff_id, restricted_by) values ($1, now(), $2, $3, $3)`, services.NewID(), hidden, e.ann)

	rows := func(ctx context.Context, in workshops.RosterFileQuery) [][]string {
		t.Helper()
		file, err := e.RosterFile(ctx, e.workshop, "csv", in)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(file.ContentType, "text/csv") || !strings.HasSuffix(file.Name, ".csv") {
			t.Errorf("%s %s", file.Name, file.ContentType)
		}
		out, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(file.Bytes, []byte("\ufeff")))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	got := rows(e.staff(), workshops.RosterFileQuery{})
	head := []string{"name", "kind", "mode", "state", "place", "comes_with", "2026-10-27T18:00", "2026-10-27T18:00 minutes", "2026-11-03T18:00", "2026-11-03T18:00 minutes",
		"sessions_attended", "sessions_offered", "sessions_excused", "sessions_missed", "registration_id", "attendee_id"}
	if len(got) != 5 || !slices.Equal(got[0], head) {
		t.Fatalf("%q", got)
	}
	for i, want := range [][]string{
		{"'=HYPERLINK(1) Zed", "adult", "", "confirmed", "lead", "", "absent", "", "", "", "0", "1", "0", "1"},
		{"Hidden P.", "adult", "", "confirmed", "lead", "", "", "", "", "", "", "", "", ""},
		{"Mia Rivera", "adult", "", "confirmed", "lead", "", "late", "45", "", "", "1", "1", "0", "0"},
		{"Rosa Ortega", "adult", "", "confirmed", "guest", "Mia R.", "absent", "", "", "", "0", "1", "0", "1"},
	} {
		if !slices.Equal(got[i+1][:14], want) {
			t.Errorf("%q, want %q", got[i+1][:14], want)
		}
	}
	if n := e.count(`select count(*) from audit_log where action = 'workshop.roster' and outcome = 'read' and subjects @> array[$1::uuid] and not subjects @> array[$2::uuid]`, e.member, hidden); n != 1 {
		t.Errorf("%d looks", n)
	}
	if led := rows(e.leads(), workshops.RosterFileQuery{}); len(led) != 5 || led[3][0] != "Mia R." || led[1][0] != "'=HYPERLINK(1) Z." {
		t.Errorf("%q", led)
	}
	if _, err := e.RosterFile(e.leads(), e.workshop, "csv", workshops.RosterFileQuery{Needs: true}); codeOf(err) != services.CodeForbidden {
		t.Errorf("needs for who leads it: %v", err)
	}
	needs := rows(e.staff(), workshops.RosterFileQuery{Needs: true})
	if !slices.Equal(needs[0][14:17], []string{"accessibility_needs", "dietary_needs", "service_animal"}) || !slices.Equal(needs[3][14:17], []string{"'@seat near the door", "No shellfish", "yes"}) {
		t.Errorf("%q", needs)
	}
	if n := e.count(`select count(*) from audit_log where action = 'workshop.roster_needs' and outcome = 'read'`); n != 1 {
		t.Errorf("%d looks", n)
	}
	if _, err := e.RosterFile(e.as(e.bob, "", models.RoleFacilitator), e.workshop, "csv", workshops.RosterFileQuery{}); codeOf(err) != services.CodeNotFound {
		t.Errorf("who does not lead it: %v", err)
	}
	file, err := e.RosterFile(e.staff(), e.workshop, "xlsx", workshops.RosterFileQuery{})
	if err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(bytes.NewReader(file.Bytes))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = book.Close() }()
	cell, err := book.GetCellValue(book.GetSheetName(0), "A2")
	formula, _ := book.GetCellFormula(book.GetSheetName(0), "A2")
	if err != nil || cell != "=HYPERLINK(1) Zed" || formula != "" {
		t.Errorf("%q %q %v", cell, formula, err)
	}
}

func TestAReportCountsPeopleOnce(t *testing.T) {
	h := openHall(t)
	e := h.evenings("3")
	spouse, both, staff := h.person("Sam", false), h.person("Bea", false), h.person("Stu", false)
	h.exec(`update members set kinds = '{spouse}' where id = $1`, spouse)
	h.exec(`update members set kinds = '{spouse,veteran}' where id = $1`, both)
	h.exec(`update members set kinds = '{staff}' where id = $1`, staff)
	ids := []uuid.UUID{}
	for _, m := range []uuid.UUID{e.member, spouse, both, staff} {
		ids = append(ids, e.register(e.me(m), e.workshop, workshops.Register{}).Attendees[0].ID)
	}
	gil := h.person("Gil", false)
	party := e.register(e.me(gil), e.workshop, guests(gil, 1))
	if _, err := e.Cancel(e.me(gil), party.ID, workshops.Cancellation{}); err != nil {
		t.Fatal(err)
	}
	minutes := 30
	e.was(0, present(ids[0]), present(ids[1]), present(ids[2]), present(ids[3]))
	e.was(1, workshops.AttendanceEntry{AttendeeID: ids[0], Status: models.AttendanceLate, Minutes: &minutes}, workshops.AttendanceEntry{AttendeeID: ids[1], Status: models.AttendanceExcused})
	e.exec(`insert into head_counts (session_id, version, veterans, recorded_by, recorded_at) values ($1, 1, 40, $2, now())`, e.sessions[1].ID, e.boss)

	r, err := e.Report(e.staff(), e.workshop)
	if err != nil {
		t.Fatal(err)
	}
	if r.Planned != 3 || r.Held != 2 || r.HeadCount != 40 || len(r.Sessions) != 3 || r.Sessions[0].On.String() != "2026-10-27" {
		t.Errorf("%+v", r)
	}
	if p := r.People; p.Attended != 3 || p.Veterans != 2 || p.Family != 1 || p.Guests != 0 || p.ByKind[0] != (workshops.KindNumber{Kind: models.KindVeteran, Count: 2}) {
		t.Errorf("%+v", p)
	}
	if a := r.Attendance; a.Attendances != 4 || a.Late != 1 || a.Excused != 1 || a.NoShows != 1 || a.Minutes != 300 || a.Hours != 5 || *a.Rate != 0.8 {
		t.Errorf("%+v", a)
	}
	if c := r.Registrations; c.Parties != 5 || c.Confirmed != 4 || c.Cancelled != 1 || c.LateCancels != 0 || c.WaitlistPeople != 0 {
		t.Errorf("%+v", c)
	}
	file, err := e.ReportFile(e.staff(), e.workshop)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(file.Bytes, []byte("\ufeff")))).ReadAll()
	if err != nil || !slices.Equal(rows[0], []string{"workshop_id", "workshop", "part", "of", "measure", "value"}) {
		t.Fatalf("%q %v", rows, err)
	}
	value := func(part, of, measure string) string {
		for _, r := range rows {
			if r[2] == part && r[3] == of && r[4] == measure {
				return r[5]
			}
		}
		return "none"
	}
	if value("kind", "veteran", "attended") != "2" || value("attendance", "", "hours") != "5.00" || value("attendance", "", "rate") != "0.8000" || value("head_count", "", "contacts") != "40" ||
		value("session", "2026-11-03 "+e.sessions[1].ID.String(), "late") != "1" {
		t.Errorf("%q", rows)
	}
	if _, err := e.Report(e.staff(), services.NewID()); codeOf(err) != services.CodeNotFound {
		t.Errorf("%v", err)
	}
}
