package workshops_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

// Whoever gives the name or an address of somebody we know is asked to wait, kept apart or not: nobody at the door can tell.
func TestWhoMayBeSomebodyWeKnowSeesStaffAtTheDoor(t *testing.T) {
	h := openHall(t)
	e := h.evenings("1")
	kept, protected, plain := h.person("Xavier", false), h.person("Yara", false), h.person("Nora", false)
	h.apart(models.SeparationProtected, protected, kept)
	session, leader := e.sessions[0].ID, e.as(e.leader, "", models.RoleFacilitator)
	e.core.Clock.Set(e.sessions[0].StartsAt)
	for who, n := range map[uuid.UUID]string{kept: "1", plain: "2"} {
		h.exec(`update members set email = $2, phone = $3, preferred_name = $4 where id = $1`, who, "at"+n+"@example.org", "+1910555010"+n, "Pal"+n)
		first := map[string]string{"1": "Xavier", "2": "Nora"}[n]
		for _, in := range []workshops.WalkIn{{GivenName: first, FamilyName: "Rivera"}, {GivenName: first + " RIVÉRA"}, {GivenName: "Rivera", FamilyName: first}, {GivenName: "pal" + n, FamilyName: "Rivera"},
			{GivenName: "Omar", Email: textOf("AT" + n + "@example.org")}, {GivenName: "Omar", Phone: textOf("(910) 555-010" + n)}} {
			in.ID = idOf(services.NewID())
			before := h.count(`select count(*) from members`)
			for range 2 {
				got, err := e.WalkIn(leader, session, in)
				if err != nil || got.Result != models.ScanSeeStaff || got.RegistrationID != nil || got.AttendeeID != nil || got.Since != nil || got.Name == "" {
					t.Fatalf("%+v: %v %+v", in, err, got)
				}
			}
			if n := h.count(`select count(*) from members`) - before; n != 1 {
				t.Errorf("sent twice, it entered %d members", n)
			}
			if n := h.count(`select count(*) from tasks where kind = 'walk_in' and $1 = any(also_about) and due_at < $2`, who, e.core.Clock.Now().Add(5*time.Hour)); n == 0 {
				t.Error("nobody is asked to see to them the same day")
			}
			if _, err := e.WalkIn(e.staff(), session, in); codeOf(err) != workshops.CodeIDTaken {
				t.Errorf("somebody else's id: %v", err)
			}
		}
	}
	if n := h.count(`select (select count(*) from registrations) + (select count(*) from attendance) + (select count(*) from check_ins where result = 'ok')`); n != 0 {
		t.Error("somebody is in")
	}
	for range 2 { // a first name is nobody's; and who was let in once comes again
		for _, in := range []workshops.WalkIn{{GivenName: "Xavier"}, {GivenName: "Luis", FamilyName: "Ortega", Email: textOf("luis@example.org")}} {
			if got, err := e.WalkIn(leader, session, in); err != nil || got.Result != models.ScanOK {
				t.Errorf("%v %+v", err, got)
			}
		}
	}
}

// What staff look at of a registration they look at here; so that being looked at says nothing.
func TestAtTheDoorStaffLookAtWhatTheyLookAtAnyway(t *testing.T) {
	h := openHall(t)
	nora, lou := h.person("Nora", false), h.person("Lou", false)
	asks, teens, open := h.open(workshops.NewWorkshop{ApprovalRequired: true}, startsOn), h.open(workshops.NewWorkshop{MinimumAge: number(12), TeenProgram: true, FacilitatorIDs: []uuid.UUID{h.ann}}, startsOn), h.open(workshops.NewWorkshop{}, startsOn)
	h.core.Clock.Set(asks.StartsAt.Add(-time.Hour))
	for name, c := range map[string]struct {
		at  uuid.UUID
		s   *workshops.Service
		in  workshops.WalkIn
		let models.ScanResult
	}{
		"a member, where all are approved":       {asks.ID, h.Service, workshops.WalkIn{MemberID: &nora}, models.ScanSeeStaff},
		"somebody new, where all are approved":   {asks.ID, h.Service, workshops.WalkIn{GivenName: "Ida"}, models.ScanSeeStaff},
		"a child of whom nobody knows their age": {teens.ID, h.Service, workshops.WalkIn{GivenName: "Ida", Kind: models.SeatChild}, models.ScanSeeStaff},
		"by lot":                                 {open.ID, h.WithShare(100), workshops.WalkIn{MemberID: &lou}, models.ScanSeeStaff},
		"for nothing":                            {open.ID, h.Service, workshops.WalkIn{MemberID: &nora}, models.ScanOK},
	} {
		if got, err := c.s.WalkIn(h.staff(), h.firstSession(c.at), c.in); err != nil || got.Result != c.let {
			t.Errorf("%s: %v %+v", name, err, got)
		}
		if n := h.count(`select count(*) from registrations where workshop_id = $1`, c.at); c.let == models.ScanSeeStaff && c.at != open.ID && n != 0 {
			t.Errorf("%s: they have a place", name)
		}
	}
	if got, err := h.WalkIn(h.staff(), h.firstSession(asks.ID), workshops.WalkIn{MemberID: &nora, WaiveReason: "Approved at the door"}); err != nil || got.Result != models.ScanOK {
		t.Errorf("%v %+v", err, got)
	}
}

func TestNoChildComesThroughTheDoorOfAWorkshopForAdults(t *testing.T) {
	h := openHall(t)
	w := h.open(workshops.NewWorkshop{MinimumAge: number(18)}, startsOn)
	session, child := h.firstSession(w.ID), h.child(h.member, true)
	r := h.register(h.me(h.member), w.ID, workshops.Register{})
	h.core.Clock.Set(w.StartsAt.Add(-time.Hour))
	if _, err := h.CheckInByHand(h.staff(), session, r.Attendees[0].ID, workshops.HandCheckIn{Nonce: "desk-0001"}); err != nil {
		t.Fatal(err)
	}
	with := &r.Attendees[0].ID
	if _, err := h.WalkIn(h.staff(), session, workshops.WalkIn{GivenName: "Ida", Kind: models.SeatChild, WithAttendeeID: with}); !slices.Equal(fieldsOf(err), []string{"/kind too_young"}) {
		t.Errorf("%v %v", err, fieldsOf(err))
	}
	for range 2 { // with a birth date and without
		if _, err := h.WalkIn(h.staff(), session, workshops.WalkIn{MemberID: &child, WithAttendeeID: with}); !slices.Equal(fieldsOf(err), []string{"/member_id too_young"}) {
			t.Errorf("%v %v", err, fieldsOf(err))
		}
		h.exec(`update members set birth_date = null where id = $1`, child)
	}
	if got, err := h.WalkIn(h.staff(), session, workshops.WalkIn{MemberID: &child, WithAttendeeID: with, WaiveReason: "Sits beside her mother"}); err != nil || got.Result != models.ScanOK {
		t.Errorf("%v %+v", err, got)
	}
}

// Undoing a walk-in throws nobody else out, and takes no other evening away.
func TestAWalkInThatHasBecomeMoreIsNotUndone(t *testing.T) {
	h := openHall(t)
	e := h.evenings("2")
	session, next, leader := e.sessions[0], e.sessions[1], e.as(e.leader, "", models.RoleFacilitator)
	undo := func(id uuid.UUID) services.Code {
		_, err := e.UndoWalkIn(leader, session.ID, id, workshops.Justification{Reason: "Entered twice"})
		return codeOf(err)
	}
	enter := func(name string) *workshops.WalkedIn {
		t.Helper()
		got, err := e.WalkIn(leader, session.ID, workshops.WalkIn{GivenName: name})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	e.core.Clock.Set(session.StartsAt)
	luis, ines, once := enter("Luis"), enter("Inés"), enter("Omar")
	ana := h.person("Ana", false)
	if _, err := e.AddAttendee(e.as(e.boss, "*", models.RoleCoordinator), *luis.RegistrationID, workshops.AttendeeInput{MemberID: &ana, WaiveReason: "Came with him"}); err != nil {
		t.Fatalf("%v %v", err, fieldsOf(err))
	}
	if code := undo(*luis.RegistrationID); code != workshops.CodeWrongState {
		t.Errorf("with another in the party: %q", code)
	}
	if r := h.want(h.now(*luis.RegistrationID), models.RegistrationConfirmed); len(r.Attendees) != 2 {
		t.Errorf("%+v", r)
	}
	e.core.Clock.Set(next.StartsAt)
	if _, err := e.CheckInByHand(leader, next.ID, *ines.AttendeeID, workshops.HandCheckIn{Nonce: "desk-0001"}); err != nil {
		t.Fatal(err)
	}
	if code := undo(*ines.RegistrationID); code != workshops.CodeWrongState {
		t.Errorf("who came again: %q", code)
	}
	if n := e.count(`select count(*) from check_ins where attendee_id = $1 and undone_at is null`, ines.AttendeeID); n != 2 {
		t.Errorf("%d check-ins are left", n)
	}
	if code := undo(*once.RegistrationID); code != "" {
		t.Errorf("who came once: %q", code)
	}
	h.checkCounts()
}

// Of a workshop that is not published nobody is let in, counted or marked absent.
func TestNothingHappensAtASessionOfADraft(t *testing.T) {
	h := openHall(t)
	e := h.evenings("1")
	code := e.code(e.register(e.me(e.member), e.workshop, workshops.Register{}), 0)
	draft := h.draft(workshops.NewWorkshop{})
	session := h.sessionsOf(draft.ID, "1")[0]
	h.core.Clock.Set(session.StartsAt)
	if a, err := h.CheckIn(h.staff(), session.ID, workshops.Scan{Code: code, Nonce: "nonce-001"}); err != nil || a.Result != models.ScanSeeStaff {
		t.Errorf("%v %+v", err, a)
	}
	if _, err := h.PutHeadCount(h.as(h.boss, `"0"`, models.RoleCoordinator), session.ID, workshops.HeadCountInput{Counts: []workshops.HeadCountOf{{Kind: models.HeadVeteran, Count: 1}}}); codeOf(err) != workshops.CodeNotYet {
		t.Errorf("a head count: %v", err)
	}
	if _, err := h.CompleteSession(h.staff(), session.ID); codeOf(err) != workshops.CodeNotYet {
		t.Errorf("its completion: %v", err)
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
