package workshops_test

import (
	"context"
	"slices"
	"sync"
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

func TestAWalkInNeedsAFirstNameOnly(t *testing.T) {
	e := openHall(t).evenings("1")
	session, leader := e.sessions[0].ID, e.as(e.leader, "", models.RoleFacilitator)
	in := workshops.WalkIn{ID: idOf(services.NewID()), GivenName: "  Luis ", Station: "Gate"}
	if _, err := e.WalkIn(leader, session, in); codeOf(err) != workshops.CodeDoorsClosed {
		t.Errorf("weeks before: %v", err)
	}
	e.core.Clock.Set(e.sessions[0].StartsAt.Add(20 * time.Minute))
	var all sync.WaitGroup
	for range 6 { // sent again and again
		all.Go(func() {
			err := patiently(func() error {
				got, err := e.WalkIn(e.as(e.leader, "", models.RoleFacilitator), session, in)
				if err == nil && (got.Result != models.ScanOK || got.Name != "Luis" || *got.RegistrationID != *in.ID || got.Beyond || got.Since == nil) {
					t.Errorf("%+v", got)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := e.count(`select count(*) from members m join attendees a on a.member_id = m.id join registrations r on r.id = a.registration_id join check_ins c on c.attendee_id = a.id
			join attendance t on t.attendee_id = a.id
		where m.status = 'prospective' and m.given_name = 'Luis' and r.source = 'walk_in' and r.state = 'confirmed' and r.walk_in_session_id = $1 and c.result = 'ok' and c.station = 'Gate' and t.status = 'late'`, session); n != 1 {
		t.Errorf("%d walk-ins", n)
	}
	if n := e.count(`select count(*) from members where given_name = 'Luis'`); n != 1 {
		t.Errorf("%d members", n)
	}
	if n := e.count(`select taken from pools`); n != 1 {
		t.Errorf("%d seats are taken", n)
	}
	if _, err := e.WalkIn(e.staff(), session, in); codeOf(err) != workshops.CodeIDTaken {
		t.Errorf("somebody else's id: %v", err)
	}
	for _, bad := range []workshops.WalkIn{{}, {GivenName: " "}, {GivenName: "http://x.example"}, {GivenName: "Ann", Email: textOf("nowhere")}, {GivenName: "Ann", Mode: modeOf(models.ModeOnline)}, {GivenName: "Ann", WithAttendeeID: idOf(services.NewID())}} {
		if _, err := e.WalkIn(leader, session, bad); codeOf(err) != services.CodeInvalid {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	// Who was entered by mistake is taken back, once; the id says so from then on.
	if _, err := e.UndoWalkIn(leader, session, *in.ID, workshops.Justification{Reason: "He is on the roster"}); err != nil {
		t.Fatal(err)
	}
	if got, err := e.WalkIn(leader, session, in); err != nil || got.Result != models.ScanCancelled {
		t.Errorf("%v %+v", err, got)
	}
	if n := e.count(`select (select count(*) from attendance) + (select count(*) from check_ins where undone_at is null) + (select taken from pools)`); n != 0 {
		t.Errorf("%d traces are left", n)
	}
	if _, err := e.UndoWalkIn(leader, session, *in.ID, workshops.Justification{Reason: "Again"}); codeOf(err) != workshops.CodeWrongState {
		t.Errorf("twice: %v", err)
	}
	r := e.register(e.staff(), e.workshop, workshops.Register{Attendees: []workshops.AttendeeInput{{MemberID: &e.member}}, WaiveReason: "Called before it began"})
	if _, err := e.UndoWalkIn(leader, session, r.ID, workshops.Justification{Reason: "No walk-in"}); codeOf(err) != services.CodeNotFound {
		t.Errorf("a registration: %v", err)
	}
}

// No seat is given twice at the door, however many come at once; those beyond are counted apart.
func TestWalkInsTakeTheSeatsThatAreFree(t *testing.T) {
	h := openHall(t)
	leader := h.person("Dana", true)
	w := h.open(workshops.NewWorkshop{Capacity: number(4), FacilitatorIDs: []uuid.UUID{leader}, GuestsPerParty: 2}, startsOn)
	session := h.firstSession(w.ID)
	h.register(h.me(h.member), w.ID, workshops.Register{})
	h.core.Clock.Set(w.StartsAt.Add(-time.Hour))
	var mu sync.Mutex
	said := map[services.Code]int{}
	var all sync.WaitGroup
	replica, _ := h.signing()
	for i := range 12 {
		s := h.Service
		if i%2 == 0 {
			s = replica
		}
		all.Go(func() {
			err := patiently(func() error {
				_, err := s.WalkIn(h.as(leader, "", models.RoleFacilitator), session, workshops.WalkIn{GivenName: "Guest"})
				return err
			})
			mu.Lock()
			defer mu.Unlock()
			said[codeOf(err)]++
		})
	}
	all.Wait()
	if said[""] != 3 || said[workshops.CodeFull] != 9 {
		t.Errorf("%v", said)
	}
	beyond, err := h.WalkIn(h.as(leader, "", models.RoleFacilitator), session, workshops.WalkIn{GivenName: "Ida", OverCapacityReason: "Drove two hours"})
	if err != nil || !beyond.Beyond {
		t.Fatalf("%v %+v", err, beyond)
	}
	h.checkCounts()
	if n := h.count(`select taken from pools`); n != 4 {
		t.Errorf("%d seats are taken", n)
	}
	count, err := h.LiveCount(h.staff(), session)
	if err != nil || count.Capacity != 4 || count.Expected != 1 || count.CheckedIn != 4 || count.WalkIns != 4 || count.Beyond != 1 || count.NotYet != 1 || count.LastScanAt == nil || len(count.By) != 1 {
		t.Errorf("%v %+v", err, count)
	}
	// A seat that is free again goes to who waits, not to who is beyond; and the way back of those frees none.
	r := h.register(h.staff(), w.ID, workshops.Register{Attendees: []workshops.AttendeeInput{{MemberID: &h.ann}}, WaiveReason: "Called"})
	h.want(r, models.RegistrationWaitlisted)
	if _, err := h.UndoWalkIn(h.staff(), session, *beyond.RegistrationID, workshops.Justification{Reason: "Left again"}); err != nil {
		t.Fatal(err)
	}
	h.want(h.now(r.ID), models.RegistrationWaitlisted)
	h.checkCounts()
	if got := h.now(*beyond.RegistrationID); got.Source != models.SourceWalkIn {
		t.Errorf("%+v", got)
	}
	if _, err := h.Reinstate(h.staff(), *beyond.RegistrationID, workshops.Reinstatement{Reason: "Came back"}); err != nil {
		t.Fatal(err)
	}
	h.checkCounts()
}

// A seat that is offered to somebody is not free.
func TestAnOfferedSeatIsNotFreeAtTheDoor(t *testing.T) {
	h := openHall(t)
	leader := h.person("Dana", true)
	w := h.open(workshops.NewWorkshop{Capacity: number(1), FacilitatorIDs: []uuid.UUID{leader}}, startsOn)
	session := h.firstSession(w.ID)
	first := h.register(h.me(h.member), w.ID, workshops.Register{})
	next := h.want(h.register(h.me(h.ann), w.ID, workshops.Register{}), models.RegistrationWaitlisted)
	h.core.Clock.Set(w.StartsAt.Add(-3 * time.Hour))
	if _, err := h.Cancel(h.me(h.member), first.ID, workshops.Cancellation{}); err != nil {
		t.Fatal(err)
	}
	if got := h.now(next.ID); got.State == models.RegistrationOffered {
		if _, err := h.WalkIn(h.staff(), session, workshops.WalkIn{GivenName: "Ida"}); codeOf(err) != workshops.CodeFull {
			t.Errorf("%v", err)
		}
	} else {
		t.Fatalf("the next is %s", got.State)
	}
}

func TestAChildAtTheDoorComesWithAnAdult(t *testing.T) {
	h := openHall(t)
	e := h.evenings("1")
	r := e.register(e.me(e.member), e.workshop, workshops.Register{})
	session, leader, adult := e.sessions[0].ID, e.as(e.leader, "", models.RoleFacilitator), r.Attendees[0].ID
	e.core.Clock.Set(e.sessions[0].StartsAt)
	in := workshops.WalkIn{GivenName: "Maya", Kind: models.SeatChild}
	if _, err := e.WalkIn(leader, session, in); codeOf(err) != workshops.CodeAdultRequired {
		t.Errorf("alone: %v", err)
	}
	in.WithAttendeeID = &adult
	if _, err := e.WalkIn(leader, session, in); !slices.Equal(fieldsOf(err), []string{"/with_attendee_id not_checked_in"}) {
		t.Errorf("with somebody who is not here: %v %v", err, fieldsOf(err))
	}
	if _, err := e.CheckInByHand(leader, session, adult, workshops.HandCheckIn{Nonce: "desk-0001"}); err != nil {
		t.Fatal(err)
	}
	got, err := e.WalkIn(leader, session, in)
	if err != nil || got.Kind != models.SeatChild {
		t.Fatalf("%v %+v", err, got)
	}
	if child := e.now(*got.RegistrationID); child.LeadMemberID != e.member || child.Attendees[0].Kind != models.SeatChild {
		t.Errorf("%+v", child)
	}
	if _, err := e.WalkIn(leader, session, workshops.WalkIn{GivenName: "Otto", Kind: models.SeatAdult, WithAttendeeID: &adult}); codeOf(err) != services.CodeInvalid {
		t.Errorf("an adult with an adult: %v", err)
	}
	// A child whom we know comes with who may act for it.
	theirs, others := h.child(e.member, true), h.child(h.ann, true)
	if got, err := e.WalkIn(e.staff(), session, workshops.WalkIn{MemberID: &theirs, WithAttendeeID: &adult}); err != nil || got.Kind != models.SeatChild {
		t.Errorf("%v %+v", err, got)
	}
	if _, err := e.WalkIn(e.staff(), session, workshops.WalkIn{MemberID: &others, WithAttendeeID: &adult}); codeOf(err) != workshops.CodeAdultRequired {
		t.Errorf("somebody else's child: %v", err)
	}
	h.checkCounts()
}

func TestAMemberAtTheDoor(t *testing.T) {
	h := openHall(t)
	e := h.evenings("1")
	known, kept, protected, closed := h.person("Nora", false), h.person("Xavier", false), h.person("Yara", false), h.person("Rosa", false)
	h.apart(models.SeparationProtected, protected, kept)
	h.exec(`insert into member_restrictions (id, created_at, member_id, staff_id, restricted_by) values ($1, $2, $3, $4, $4)`, services.NewID(), planningDay, closed, h.ann)
	e.register(e.me(e.member), e.workshop, workshops.Register{})
	session := e.sessions[0].ID
	e.core.Clock.Set(e.sessions[0].StartsAt)
	if _, err := e.WalkIn(e.as(e.leader, "", models.RoleFacilitator), session, workshops.WalkIn{MemberID: &known}); codeOf(err) != services.CodeForbidden {
		t.Errorf("a facilitator looks members up: %v", err)
	}
	if got, err := e.WalkIn(e.staff(), session, workshops.WalkIn{MemberID: &known}); err != nil || got.Result != models.ScanOK || got.Name != "Nora R." {
		t.Errorf("%v %+v", err, got)
	}
	if _, err := e.WalkIn(e.staff(), session, workshops.WalkIn{MemberID: &e.member}); codeOf(err) != workshops.CodeAlreadyRegistered {
		t.Errorf("who has a place: %v", err)
	}
	nobody := services.NewID()
	for _, id := range []uuid.UUID{nobody, closed} {
		if _, err := e.WalkIn(e.staff(), session, workshops.WalkIn{MemberID: &id}); !slices.Equal(fieldsOf(err), []string{"/member_id unknown_member"}) {
			t.Errorf("%v %v", err, fieldsOf(err))
		}
	}
	got, err := e.WalkIn(e.staff(), session, workshops.WalkIn{MemberID: &kept})
	if err != nil || got.Result != models.ScanSeeStaff || got.RegistrationID != nil {
		t.Errorf("%v %+v", err, got)
	}
	if n := e.count(`select count(*) from tasks where kind = 'walk_in' and member_id = $1 and status = 'open'`, kept); n != 1 {
		t.Errorf("%d tasks", n)
	}
	if n := e.count(`select count(*) from registrations where lead_member_id = $1`, kept); n != 0 {
		t.Error("they have a place")
	}
	if got, err := e.WalkIn(e.staff(), session, workshops.WalkIn{MemberID: &kept, WaiveReason: "Spoke with both"}); err != nil || got.Result != models.ScanOK {
		t.Errorf("%v %+v", err, got)
	}
	// The protected side comes in as anybody does, and staff have a task the same day.
	if got, err := e.WalkIn(e.staff(), session, workshops.WalkIn{MemberID: &protected}); err != nil || got.Result != models.ScanOK {
		t.Errorf("%v %+v", err, got)
	}
	e.later(e.core.Clock.Now().Add(time.Second))
	if _, _, found := h.clash(kept); !found {
		t.Error("nobody looks at the two")
	}
}

// Each session of a drop-in workshop has seats of its own, and a hybrid one those of its modes.
func TestWalkInsOfDropInAndHybrid(t *testing.T) {
	h := openHall(t)
	d := h.draft(workshops.NewWorkshop{AttendanceMode: models.AttendDropIn, Format: models.FormatHybrid, JoinURL: "https://meet.example.org/x", OnlineCapacity: number(2), Capacity: number(2), FacilitatorIDs: []uuid.UUID{h.ann}})
	sessions := h.sessionsOf(d.ID, "2")
	if _, err := h.Publish(h.staff(), d.ID); err != nil {
		t.Fatal(err)
	}
	h.core.Clock.Set(sessions[0].StartsAt)
	for _, mode := range []*models.AttendanceMode{nil, modeOf(models.ModeOnline)} {
		if _, err := h.WalkIn(h.staff(), sessions[0].ID, workshops.WalkIn{GivenName: "Ida", Mode: mode}); err != nil {
			t.Fatalf("%v %v", err, fieldsOf(err))
		}
	}
	h.checkCounts()
	if n := h.count(`select count(*) from pools where session_id = $1 and taken = 1`, sessions[0].ID); n != 2 {
		t.Errorf("%d pools have somebody", n)
	}
	count, err := h.LiveCount(h.staff(), sessions[0].ID)
	if err != nil || count.WalkIns != 2 || count.Capacity != 4 || len(count.By) != 2 {
		t.Errorf("%v %+v", err, count)
	}
	if other, err := h.LiveCount(h.staff(), sessions[1].ID); err != nil || other.CheckedIn != 0 || len(other.By) != 0 {
		t.Errorf("%v %+v", err, other)
	}
	// Into a session that is closed: the sums follow.
	if _, err := h.CompleteSession(h.staff(), sessions[0].ID); err != nil {
		t.Fatal(err)
	}
	got, err := h.WalkIn(h.staff(), sessions[0].ID, workshops.WalkIn{GivenName: "Late", ScannedAt: &sessions[0].StartsAt})
	if err != nil {
		t.Fatal(err)
	}
	if n := h.count(`select sessions_attended from attendees where id = $1`, got.AttendeeID); n != 1 {
		t.Errorf("%d attended", n)
	}
	if _, err := h.UndoWalkIn(h.staff(), sessions[0].ID, *got.RegistrationID, workshops.Justification{Reason: "Entered twice"}); err != nil {
		t.Fatal(err)
	}
	if n := h.count(`select sessions_attended + sessions_offered from attendees where id = $1`, got.AttendeeID); n != 0 {
		t.Errorf("%d in the sums", n)
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
