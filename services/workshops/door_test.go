package workshops_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

func TestAnEarlierScanThatComesLaterIsTheCheckIn(t *testing.T) {
	e := openHall(t).evenings("1")
	r := e.register(e.me(e.member), e.workshop, workshops.Register{})
	session, code, start := e.sessions[0].ID, e.code(r, 0), e.sessions[0].StartsAt
	e.core.Clock.Set(e.sessions[0].EndsAt)
	leader := e.as(e.leader, "", models.RoleFacilitator)
	scan := func(nonce string, at time.Time) *workshops.ScanAnswer {
		t.Helper()
		a, err := e.CheckIn(leader, session, workshops.Scan{Code: code, Nonce: nonce, ScannedAt: &at, Station: " Door  2 "})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	late, early := start.Add(20*time.Minute), start.Add(-5*time.Minute)
	if a := scan("phone-b-1", late); a.Result != models.ScanOK {
		t.Fatal(a.Result)
	}
	if n := e.count(`select count(*) from attendance where status = 'late'`); n != 1 {
		t.Error("they are not late")
	}
	if a := scan("phone-a-1", early); a.Result != models.ScanOK || !a.Since.Equal(early) {
		t.Errorf("%+v", a)
	}
	if a := scan("phone-b-1", late); a.Result != models.ScanAlready || !a.Since.Equal(early) {
		t.Errorf("what was ok is second now: %+v", a)
	}
	if n := e.count(`select count(*) from attendance t join check_ins c on c.attendee_id = t.attendee_id where t.status = 'present' and c.result = 'ok' and c.nonce = 'phone-a-1' and c.station = 'Door 2'`); n != 1 {
		t.Error("the earlier scan does not count")
	}
	// What was undone stays so for whatever was scanned before.
	e.core.Clock.Set(e.sessions[0].EndsAt.Add(time.Minute))
	if _, err := e.UndoCheckIn(leader, session, r.Attendees[0].ID, workshops.Justification{Reason: "Scanned her sister's phone"}); err != nil {
		t.Fatal(err)
	}
	for nonce, at := range map[string]time.Time{"phone-b-1": late, "phone-a-1": early, "phone-c-1": start} {
		if a := scan(nonce, at); a.Result != models.ScanSeeStaff {
			t.Errorf("%s: %+v", nonce, a)
		}
	}
	e.core.Clock.Set(e.sessions[0].EndsAt.Add(3 * time.Minute))
	if a := scan("phone-c-2", e.core.Clock.Now()); a.Result != models.ScanOK {
		t.Errorf("afterwards: %+v", a)
	}
}

// One bad scan does not hold the others up.
func TestAQueueIsAnsweredScanByScan(t *testing.T) {
	e := openHall(t).evenings("1")
	r := e.register(e.me(e.member), e.workshop, guests(e.member, 1))
	start := e.sessions[0].StartsAt
	e.core.Clock.Set(start)
	leader := e.as(e.leader, "", models.RoleFacilitator)
	got, err := e.SyncCheckIns(leader, e.sessions[0].ID, workshops.ScanQueue{Scans: []workshops.QueuedScan{
		{Code: e.code(r, 0), Nonce: "queue-001", ScannedAt: start},
		{Code: e.code(r, 1), Nonce: "queue-001", ScannedAt: start},                    // the nonce of another
		{Code: e.code(r, 1), Nonce: "q", ScannedAt: start},                            // no nonce
		{Code: e.code(r, 1), Nonce: "queue-002", ScannedAt: start.Add(2 * time.Hour)}, // a clock ahead
		{Code: e.code(r, 1), Nonce: "queue-003", ScannedAt: start.AddDate(0, 0, -15)},
		{Code: "x", Nonce: "queue-004", ScannedAt: start},
		{Code: e.code(r, 1), Nonce: "queue-005", ScannedAt: start},
		{Code: e.code(r, 0), Nonce: "queue-001", ScannedAt: start}, // sent twice
	}})
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, r := range got.Results {
		if r.Fault != nil {
			said = append(said, string(r.Fault.Code))
		} else {
			said = append(said, string(r.Scan.Result))
		}
	}
	if want := []string{"ok", "nonce_reused", "invalid", "out_of_range", "out_of_range", "unknown", "ok", "ok"}; !slices.Equal(said, want) {
		t.Errorf("%v, want %v", said, want)
	}
	if n := e.count(`select count(*) from check_ins`); n != 3 {
		t.Errorf("%d scans are kept", n)
	}
	if _, err := e.SyncCheckIns(e.as(e.bob, "", models.RoleFacilitator), e.sessions[0].ID, workshops.ScanQueue{Scans: []workshops.QueuedScan{{Nonce: "queue-009"}}}); codeOf(err) != services.CodeNotFound {
		t.Errorf("a facilitator of other workshops: %v", err)
	}
}

func TestSomebodyIsCheckedInByName(t *testing.T) {
	h := openHall(t)
	e := h.evenings("1")
	nora := h.person("Nóra", false)
	r := e.register(e.me(nora), e.workshop, workshops.Register{})
	away := e.register(e.me(nora), h.workshop(workshops.NewWorkshop{}), workshops.Register{})
	for range 3 {
		e.register(e.me(h.person("Walter", false)), e.workshop, workshops.Register{})
	}
	session, leader := e.sessions[0].ID, e.as(e.leader, "", models.RoleFacilitator)
	e.core.Clock.Set(e.sessions[0].StartsAt)
	find := func(q string) []workshops.RosterEntry {
		t.Helper()
		page, err := e.Roster(leader, e.workshop, workshops.RosterQuery{PageQuery: services.PageQuery{Limit: 10}, SessionID: session, Q: q})
		if err != nil {
			t.Fatal(err)
		}
		return page.Data
	}
	for q, n := range map[string]int{"nora": 1, "NÓ": 1, "riv": 4, "walter r": 3, "ora": 0, "%": 0, "_": 0, "wal%": 0, "": 4} {
		if got := find(q); len(got) != n {
			t.Errorf("%q finds %d, want %d", q, len(got), n)
		}
	}
	who := find("nora")[0].AttendeeID
	in := workshops.HandCheckIn{Nonce: "desk-0001", Station: "Desk"}
	for range 2 {
		a, err := e.CheckInByHand(leader, session, who, in)
		if err != nil || a.Result != models.ScanOK || *a.Name != "Nóra R." {
			t.Fatalf("%v %+v", err, a)
		}
	}
	if a := e.scan(session, e.code(r, 0), "nonce-001"); a.Result != models.ScanAlready {
		t.Errorf("the code afterwards: %s", a.Result)
	}
	if n := e.count(`select count(*) from check_ins where by_hand and station = 'Desk' and result = 'ok'`); n != 1 {
		t.Errorf("%d rows", n)
	}
	in.Nonce = "desk-0002"
	if _, err := e.CheckInByHand(leader, session, away.Attendees[0].ID, in); codeOf(err) != services.CodeNotFound {
		t.Errorf("somebody of another workshop: %v", err)
	}
	if _, err := e.CheckInByHand(leader, session, services.NewID(), in); codeOf(err) != services.CodeNotFound {
		t.Errorf("nobody: %v", err)
	}
}

func TestTheLiveCountAddsUp(t *testing.T) {
	e := openHall(t).evenings("1")
	people := e.crowd(5)
	var parties []*workshops.RegistrationView
	for _, who := range people {
		parties = append(parties, e.register(e.me(who), e.workshop, workshops.Register{}))
	}
	session, leader := e.sessions[0].ID, e.as(e.leader, "", models.RoleFacilitator)
	if _, err := e.NotThisTime(e.me(people[0]), parties[0].ID, parties[0].Attendees[0].ID, workshops.Excuse{SessionID: session}); err != nil {
		t.Fatal(err)
	}
	e.core.Clock.Set(e.sessions[0].StartsAt.Add(20 * time.Minute))
	e.scan(session, e.code(parties[1], 0), "nonce-001")
	sheet := workshops.AttendanceSheet{Entries: []workshops.AttendanceEntry{{AttendeeID: parties[2].Attendees[0].ID, Status: models.AttendancePresent}, {AttendeeID: parties[3].Attendees[0].ID, Status: models.AttendanceAbsent}}}
	if _, err := e.RecordAttendance(leader, session, sheet); err != nil {
		t.Fatal(err)
	}
	got, err := e.LiveCount(leader, session)
	want := workshops.LiveCounts{Expected: 5, CheckedIn: 2, Late: 1, Excused: 1, Absent: 1, NotYet: 1}
	if err != nil || got.LiveCounts != want || got.HeadCount != nil {
		t.Errorf("%v %+v", err, got)
	}
	// What staff say counts, whatever was scanned.
	sheet.Entries = []workshops.AttendanceEntry{{AttendeeID: parties[1].Attendees[0].ID, Status: models.AttendanceAbsent}}
	if _, err := e.RecordAttendance(leader, session, sheet); err != nil {
		t.Fatal(err)
	}
	if got, err = e.LiveCount(leader, session); err != nil || got.LiveCounts != (workshops.LiveCounts{Expected: 5, CheckedIn: 1, Excused: 1, Absent: 2, NotYet: 1}) {
		t.Errorf("%v %+v", err, got)
	}
	if _, err := e.LiveCount(e.as(e.bob, "", models.RoleFacilitator), session); codeOf(err) != services.CodeNotFound {
		t.Errorf("a facilitator of other workshops: %v", err)
	}
}

func TestHeadsAreCountedAndCorrected(t *testing.T) {
	e := openHall(t).evenings("1")
	session := e.sessions[0].ID
	call := func(version string) context.Context { return e.as(e.leader, version, models.RoleFacilitator) }
	if got, err := e.HeadCount(call(""), session); err != nil || got.Version != 0 || got.Total != 0 || len(got.Counts) != 6 {
		t.Errorf("%v %+v", err, got)
	}
	in := workshops.HeadCountInput{Counts: []workshops.HeadCountOf{{Kind: models.HeadVeteran, Count: 120}, {Kind: models.HeadChild, Count: 14}}, Note: " At the flag "}
	if _, err := e.PutHeadCount(call(`"0"`), session, in); codeOf(err) != workshops.CodeNotStarted {
		t.Errorf("weeks before: %v", err)
	}
	e.core.Clock.Set(e.sessions[0].StartsAt)
	if got, err := e.PutHeadCount(call(`"0"`), session, in); err != nil || got.Version != 1 || got.Total != 134 || got.Note != "At the flag" {
		t.Errorf("%v %+v", err, got)
	}
	if _, err := e.PutHeadCount(call(`"0"`), session, in); codeOf(err) != services.CodeStale {
		t.Errorf("unseen: %v", err)
	}
	in.Counts[0].Count = 121
	if got, err := e.PutHeadCount(call(`"1"`), session, in); err != nil || got.Total != 135 {
		t.Errorf("%v %+v", err, got)
	}
	if n := e.count(`select total from head_counts where session_id = $1`, session); n != 135 {
		t.Errorf("%d", n)
	}
	if n := e.count(`select count(*) from audit_log where action = 'session.head_count' and changes::text like '%"veterans": [120, 121]%'`); n != 1 {
		t.Errorf("%d rows tell of the correction", n)
	}
	in.Counts[1].Kind = models.HeadVeteran
	if _, err := e.PutHeadCount(call(`"2"`), session, in); !slices.Equal(fieldsOf(err), []string{"/counts/1/kind listed_twice"}) {
		t.Errorf("%v", err)
	}
	if got, err := e.LiveCount(e.staff(), session); err != nil || *got.HeadCount != 135 {
		t.Errorf("%v %+v", err, got)
	}
	if _, err := e.HeadCount(e.as(e.bob, "", models.RoleFacilitator), session); codeOf(err) != services.CodeNotFound {
		t.Errorf("a facilitator of other workshops: %v", err)
	}
}

func TestAPackIsForItsTimeAndForWhoLeads(t *testing.T) {
	h := openHall(t)
	e := h.evenings("1")
	r := e.register(e.me(e.member), e.workshop, guests(e.member, 1))
	draft := h.draft(workshops.NewWorkshop{})
	unpublished := h.sessionsOf(draft.ID, "1")[0].ID
	e.core.Clock.Set(e.sessions[0].StartsAt)
	e.scan(e.sessions[0].ID, e.code(r, 1), "nonce-001")
	signing, _ := h.signing()
	leader := func() context.Context { return e.as(e.leader, "", models.RoleFacilitator) }
	pack, err := signing.CheckInPack(leader(), e.sessions[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]models.ScanResult{}
	for _, entry := range pack.Contents.Entries {
		said[entry.Name] = entry.Answer
	}
	if len(said) != 2 || said["Mia R."] != models.ScanOK || said["Rosa O."] != models.ScanAlready || !pack.Contents.Complete {
		t.Errorf("%+v", pack.Contents)
	}
	if n := e.count(`select count(*) from audit_log where action = 'check_in_pack.read' and $1 = any(subjects)`, e.member); n != 1 {
		t.Errorf("%d rows tell of it", n)
	}
	if _, err := signing.CheckInPack(e.as(e.bob, "", models.RoleFacilitator), e.sessions[0].ID); codeOf(err) != services.CodeNotFound {
		t.Errorf("a facilitator of other workshops: %v", err)
	}
	if _, err := signing.CheckInPack(h.staff(), unpublished); codeOf(err) != workshops.CodeWrongState {
		t.Errorf("a draft: %v", err)
	}
	e.core.Clock.Set(e.sessions[0].EndsAt.Add(12 * time.Hour))
	over, _ := h.signing()
	if _, err := over.CheckInPack(leader(), e.sessions[0].ID); codeOf(err) != workshops.CodeWrongState {
		t.Errorf("afterwards: %v", err)
	}
}

func (h *hall) firstSession(workshop uuid.UUID) (id uuid.UUID) {
	h.t.Helper()
	page, err := h.Sessions(h.staff(), workshop, workshops.SessionQuery{})
	if err != nil {
		h.t.Fatal(err)
	}
	return page.Data[0].ID
}

func idOf(id uuid.UUID) *uuid.UUID                          { return &id }
func textOf(s string) *string                               { return &s }
func modeOf(m models.AttendanceMode) *models.AttendanceMode { return &m }
