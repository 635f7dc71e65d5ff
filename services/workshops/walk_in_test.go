package workshops_test

import (
	"slices"
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
