package workshops_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

// lateSeat is a workshop of one seat, an hour and a half before it starts, whose seat became free just now; and who waits for it.
func (h *hall) lateSeat(in workshops.NewWorkshop, waiting ...uuid.UUID) (w *workshops.WorkshopDetail, line []*workshops.RegistrationView) {
	h.t.Helper()
	in.Capacity = number(1)
	w = h.open(in, startsOn)
	holder := h.register(h.me(h.member), w.ID, workshops.Register{})
	for _, m := range waiting {
		line = append(line, h.want(h.register(h.me(m), w.ID, workshops.Register{}), models.RegistrationWaitlisted))
	}
	h.core.Clock.Set(w.StartsAt.Add(-90 * time.Minute))
	if _, err := h.Cancel(h.me(h.member), holder.ID, workshops.Cancellation{}); err != nil {
		h.t.Fatal(err)
	}
	return w, line
}

func (h *hall) callsForSeats(w uuid.UUID) int {
	return h.count(`select count(*) from tasks where kind = 'free_seats' and status = 'open' and record_id = $1`, w)
}

// When it is too late to offer seats, those who wait keep them all the same, and staff are asked to call.
func TestNobodyWhoComesLatePassesThoseWhoWait(t *testing.T) {
	h := openHall(t)
	w, line := h.lateSeat(workshops.NewWorkshop{}, h.ann)
	if n := h.callsForSeats(w.ID); n != 1 {
		t.Errorf("%d tasks to call who waits", n)
	}
	late := h.want(h.register(h.me(h.bob), w.ID, workshops.Register{}), models.RegistrationWaitlisted)
	h.want(h.now(line[0].ID), models.RegistrationWaitlisted)
	h.later(h.core.Clock.Now().Add(time.Hour))
	if n := h.callsForSeats(w.ID); n != 1 {
		t.Errorf("an hour later there are %d tasks", n)
	}
	for _, r := range []*workshops.RegistrationView{line[0], late} {
		if _, err := h.Cancel(h.me(r.LeadMemberID), r.ID, workshops.Cancellation{}); err != nil {
			t.Fatal(err)
		}
	}
	if n := h.callsForSeats(w.ID); n != 0 {
		t.Errorf("nobody waits, and there are %d tasks", n)
	}
	h.want(h.register(h.me(h.ann), w.ID, workshops.Register{}), models.RegistrationConfirmed)
	h.checkCounts()
}

func TestACallForSeatsEndsWithTheSession(t *testing.T) {
	h := openHall(t)
	w, _ := h.lateSeat(workshops.NewWorkshop{}, h.ann)
	h.later(w.EndsAt.Add(-time.Minute))
	if n := h.callsForSeats(w.ID); n != 1 {
		t.Errorf("%d tasks while it runs", n)
	}
	h.later(*w.EndsAt)
	if n := h.callsForSeats(w.ID); n != 0 {
		t.Errorf("%d tasks when it is over", n)
	}
}

// A party that is too large for what is free keeps nobody out.
func TestWhoFitsBesideALargePartyThatWaitsIsSeatedLate(t *testing.T) {
	h := openHall(t)
	w := h.open(workshops.NewWorkshop{Capacity: number(3), GuestsPerParty: 9, MaxParty: number(10)}, startsOn)
	holders := h.register(h.me(h.member), w.ID, guests(h.member, 2))
	h.want(h.register(h.me(h.ann), w.ID, guests(h.ann, 2)), models.RegistrationWaitlisted)
	h.core.Clock.Set(w.StartsAt.Add(-90 * time.Minute))
	if err := h.RemoveAttendee(h.me(h.member), holders.ID, holders.Attendees[1].ID); err != nil {
		t.Fatal(err)
	}
	if n := h.callsForSeats(w.ID); n != 0 {
		t.Errorf("%d tasks, and nobody fits", n)
	}
	h.want(h.register(h.me(h.bob), w.ID, workshops.Register{}), models.RegistrationConfirmed)
	h.checkCounts()
}

func TestMovingUpLateGivesTheSeat(t *testing.T) {
	h := openHall(t)
	why := workshops.Justification{Reason: "On the telephone: is on the way"}
	w, line := h.lateSeat(workshops.NewWorkshop{}, h.ann, h.bob)
	got, err := h.MoveUp(h.staff(), line[0].ID, why)
	if err != nil || got.State != models.RegistrationConfirmed || h.mails(models.NoticeRegistrationConfirmed, line[0].ID) != 1 {
		t.Fatalf("%v %+v", err, got)
	}
	if n := h.callsForSeats(w.ID); n != 0 {
		t.Errorf("the seat is given, and there are %d tasks", n)
	}
	if _, err := h.MoveUp(h.staff(), line[1].ID, why); codeOf(err) != workshops.CodeFull {
		t.Errorf("without a seat: %v", err)
	}
	h.core.Clock.Set(*w.EndsAt)
	if _, err := h.MoveUp(h.staff(), line[1].ID, why); codeOf(err) != workshops.CodeWorkshopOver {
		t.Errorf("when it is over: %v", err)
	}
	h.checkCounts()
}

func TestMovingUpLateKeepsWhatStaffLookAt(t *testing.T) {
	h := openHall(t)
	w := h.open(workshops.NewWorkshop{Capacity: number(1), ApprovalRequired: true}, startsOn)
	first := h.register(h.me(h.member), w.ID, workshops.Register{})
	waits := h.want(h.register(h.me(h.ann), w.ID, workshops.Register{}), models.RegistrationWaitlisted)
	h.core.Clock.Set(w.StartsAt.Add(-time.Hour))
	if _, err := h.Decline(h.staff(), first.ID, workshops.Justification{Reason: "Not yet"}); err != nil {
		t.Fatal(err)
	}
	if got, err := h.MoveUp(h.staff(), waits.ID, workshops.Justification{Reason: "Comes"}); err != nil || got.State != models.RegistrationPending {
		t.Errorf("%v %+v", err, got)
	}
	h.checkCounts()
}

// Who waits and stands at the door is let in by name, with their party, when seats are free: by the facilitator, who finds them.
func TestWhoWaitsIsLetInAtTheDoor(t *testing.T) {
	h := openHall(t)
	lead := h.person("Lena", true)
	w, line := h.lateSeat(workshops.NewWorkshop{FacilitatorIDs: []uuid.UUID{lead}}, h.ann, h.bob)
	session, leader := h.firstSession(w.ID), h.as(lead, "", models.RoleFacilitator)
	roster, err := h.Roster(leader, w.ID, workshops.RosterQuery{PageQuery: services.PageQuery{Limit: 10}, Waiting: true})
	if err != nil || len(roster.Data) != 2 || roster.Data[0].State != models.RegistrationWaitlisted {
		t.Fatalf("%v %+v", err, roster.Data)
	}
	in := func(r *workshops.RegistrationView, nonce string) models.ScanResult {
		t.Helper()
		a, err := h.CheckInByHand(leader, session, r.Attendees[0].ID, workshops.HandCheckIn{Nonce: nonce})
		if err != nil {
			t.Fatal(err)
		}
		return a.Result
	}
	if _, err := h.WalkIn(h.staff(), session, workshops.WalkIn{MemberID: &h.bob}); codeOf(err) != workshops.CodeAlreadyRegistered {
		t.Errorf("as a walk-in: %v", err)
	}
	for range 2 {
		if got := in(line[1], "desk-0001"); got != models.ScanOK { // the second in line is the one who is here
			t.Fatalf("it answers %s", got)
		}
	}
	h.want(h.now(line[1].ID), models.RegistrationConfirmed)
	if got := in(line[0], "desk-0002"); got != models.ScanNotConfirmed {
		t.Errorf("without a seat: %s", got)
	}
	h.want(h.now(line[0].ID), models.RegistrationWaitlisted)
	if n := h.count(`select count(*) from attendance where attendee_id = $1 and status = 'present'`, line[1].Attendees[0].ID); n != 1 || h.mails(models.NoticeRegistrationConfirmed, line[1].ID) != 1 {
		t.Errorf("%d there", n)
	}
	h.checkCounts()
}

// A seat that is offered to somebody is theirs, at the door too; and what staff look at first they still look at.
func TestAtTheDoorAnOfferStandsAndAReviewToo(t *testing.T) {
	h := openHall(t)
	w := h.open(workshops.NewWorkshop{Capacity: number(1)}, startsOn)
	holder := h.register(h.me(h.member), w.ID, workshops.Register{})
	offered := h.register(h.me(h.ann), w.ID, workshops.Register{})
	waits := h.register(h.me(h.bob), w.ID, workshops.Register{})
	h.core.Clock.Set(w.StartsAt.Add(-150 * time.Minute))
	if _, err := h.Cancel(h.me(h.member), holder.ID, workshops.Cancellation{}); err != nil {
		t.Fatal(err)
	}
	h.want(h.now(offered.ID), models.RegistrationOffered)
	session := h.firstSession(w.ID)
	in := func(r *workshops.RegistrationView, nonce string, want models.ScanResult) {
		t.Helper()
		a, err := h.CheckInByHand(h.staff(), session, r.Attendees[0].ID, workshops.HandCheckIn{Nonce: nonce})
		if err != nil || a.Result != want {
			t.Errorf("%v %+v", err, a)
		}
	}
	in(waits, "desk-0001", models.ScanNotConfirmed)
	h.exec(`update registrations set review = '{held}' where id = $1`, offered.ID)
	in(offered, "desk-0002", models.ScanNotConfirmed)
	h.exec(`update registrations set review = '{approval_required}' where id = $1`, offered.ID)
	in(offered, "desk-0002", models.ScanNotConfirmed) // what was sent before counts once
	in(offered, "desk-0003", models.ScanOK)
	h.want(h.now(offered.ID), models.RegistrationConfirmed)
	h.checkCounts()
}

func TestTheIdOfAWalkInIsOnePersons(t *testing.T) {
	h := openHall(t)
	w := h.open(workshops.NewWorkshop{}, startsOn)
	session, id := h.firstSession(w.ID), services.NewID()
	h.core.Clock.Set(*w.StartsAt)
	nora := h.person("Nora", false)
	for _, c := range []struct {
		in   workshops.WalkIn
		want services.Code
	}{
		{workshops.WalkIn{GivenName: "Luis", FamilyName: "Ortega"}, ""}, {workshops.WalkIn{GivenName: " Luis ", FamilyName: "Ortega"}, ""},
		{workshops.WalkIn{GivenName: "Omar"}, workshops.CodeIDTaken}, {workshops.WalkIn{MemberID: &nora}, workshops.CodeIDTaken},
	} {
		c.in.ID = &id
		if got, err := h.WalkIn(h.staff(), session, c.in); codeOf(err) != c.want || err == nil && got.Name != "Luis O." {
			t.Errorf("%+v: %v %+v", c.in, err, got)
		}
	}
}
