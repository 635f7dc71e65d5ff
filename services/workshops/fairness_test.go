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

// Nothing that a lead can read or do tells a refusal from silence.
func TestARefusalTellsNothing(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{MaxParty: number(3), GuestsPerParty: 2})
	leads := h.crowd(2)
	alone := workshops.Register{Attendees: []workshops.AttendeeInput{{Invite: &workshops.InviteInput{Name: "Ana Ortega", Email: "ana@example.org"}}}}
	var both, only []*workshops.RegistrationView
	for _, lead := range leads {
		both = append(both, h.register(h.me(lead), w, invite(lead, "ana@example.org")))
		only = append(only, h.register(h.me(lead), h.workshop(workshops.NewWorkshop{}), alone))
	}
	for _, r := range []*workshops.RegistrationView{both[0], only[0]} {
		h.core.Clock.Set(planningDay.Add(time.Hour))
		if _, err := h.RefuseByLink(services.AsAnonymous(t.Context()), h.token(r.ID)); err != nil {
			t.Fatal(err)
		}
	}
	same := func(when string, state models.RegistrationState) {
		t.Helper()
		for _, of := range [][]*workshops.RegistrationView{both, only} {
			refused, err := h.Registration(h.me(leads[0]), of[0].ID)
			if err != nil {
				t.Fatal(err)
			}
			silent, err := h.Registration(h.me(leads[1]), of[1].ID)
			if err != nil {
				t.Fatal(err)
			}
			if refused.Version != silent.Version || !refused.UpdatedAt.Equal(silent.UpdatedAt) || refused.State != silent.State ||
				refused.Attendees[len(refused.Attendees)-1].State != silent.Attendees[len(silent.Attendees)-1].State {
				t.Errorf("%s: refused %+v, silent %+v", when, refused, silent)
			}
		}
		h.want(h.now(only[0].ID), state)
	}
	same("after the refusal", models.RegistrationConfirmed)
	for i, lead := range leads {
		in := workshops.AttendeeInput{Guest: &workshops.GuestInput{Name: "Rosa", Kind: models.SeatAdult}}
		if _, err := h.AddAttendee(h.me(lead), both[i].ID, in); err != nil {
			t.Fatal(err)
		}
		if _, err := h.AddAttendee(h.me(lead), both[i].ID, in); !slices.Contains(fieldsOf(err), "/attendees party_too_large") {
			t.Errorf("number %d may bring a fourth: %v %v", i, err, fieldsOf(err))
		}
		if err := h.RemoveAttendee(h.me(lead), both[i].ID, both[i].Attendees[1].ID); err != nil {
			t.Errorf("number %d cannot take the invitation back: %v", i, err)
		}
	}
	same("after it was taken back", models.RegistrationConfirmed)
	h.later(planningDay.Add(49 * time.Hour))
	same("after its time", models.RegistrationCancelled)
	h.checkCounts()
}

// The last adult who leaves gives the place up as by cancelling: late is late, and nothing is left for staff to look at.
func TestLeavingAloneIsCancelling(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{})
	r := h.register(h.me(h.member), w, workshops.Register{})
	reviewed := h.want(h.register(h.me(h.ann), h.workshop(workshops.NewWorkshop{ApprovalRequired: true}), workshops.Register{}), models.RegistrationPending)
	if _, err := h.Leave(h.me(h.ann), reviewed.ID, reviewed.Attendees[0].ID); err != nil {
		t.Fatal(err)
	}
	if n := h.count(`select count(*) from tasks where record_id = $1 and status = 'open'`, reviewed.ID); n != 0 {
		t.Errorf("%d tasks are left", n)
	}
	h.core.Clock.Set(r.Workshop.StartsAt.Add(-time.Hour))
	got, err := h.Leave(h.me(h.member), r.ID, r.Attendees[0].ID)
	if err != nil || got.State != models.RegistrationCancelled || !got.LateCancel || h.mails(models.NoticeRegistrationCancelled, r.ID) != 1 {
		t.Errorf("%v %+v", err, got)
	}
}

// An adult who parts from a party takes with them whom they entered, not the others' children.
func TestNobodyPartsWithOthersChildren(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{})
	h.exec(`update members set email = 'ann@example.org' where id = $1`, h.ann)
	in := invite(h.member, "ann@example.org")
	child := h.child(h.member, true)
	in.Attendees = append(in.Attendees, workshops.AttendeeInput{MemberID: &child})
	r := h.register(h.me(h.member), w, in)
	if _, err := h.AcceptByLink(services.AsAnonymous(t.Context()), h.token(r.ID)); err != nil {
		t.Fatal(err)
	}
	split := workshops.Split{AttendeeIDs: []uuid.UUID{r.Attendees[1].ID, r.Attendees[2].ID}, LeadMemberID: h.ann}
	if _, err := h.Split(h.me(h.ann), r.ID, split); codeOf(err) != workshops.CodeNotYours {
		t.Errorf("she takes the child: %v", err)
	}
	split.AttendeeIDs = split.AttendeeIDs[:1]
	if _, err := h.Split(h.me(h.ann), r.ID, split); err != nil {
		t.Errorf("alone: %v", err)
	}
	h.checkCounts()
}

// Whoever leads several parties brings no more guests, nor people, than in one.
func TestTwoPartiesBringNoMoreThanOne(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{GuestsPerParty: 2, MaxParty: number(4)})
	h.register(h.me(h.member), w, guests(h.member, 1))
	rosa := workshops.AttendeeInput{Guest: &workshops.GuestInput{Name: "Rosa", Kind: models.SeatAdult}}
	_, err := h.Register(h.me(h.member), w, workshops.Register{Attendees: []workshops.AttendeeInput{rosa, rosa}})
	if !slices.Equal(fieldsOf(err), []string{"/attendees too_many_guests"}) {
		t.Errorf("%v %v", err, fieldsOf(err))
	}
	r := h.register(h.me(h.member), w, workshops.Register{Attendees: []workshops.AttendeeInput{rosa}})
	if _, err := h.AddAttendee(h.me(h.member), r.ID, rosa); !slices.Equal(fieldsOf(err), []string{"/attendees too_many_guests"}) {
		t.Errorf("%v %v", err, fieldsOf(err))
	}
	if _, err := h.Register(h.staff(), w, workshops.Register{LeadMemberID: &h.member, Attendees: []workshops.AttendeeInput{rosa}, WaiveReason: "Her sister's only chance"}); err != nil {
		t.Errorf("staff make an exception: %v", err)
	}
}

// A coordinator is nobody special in a party that they are of.
func TestACoordinatorIsNoStaffInTheirOwnParty(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{})
	boss := h.as(h.boss, "*", models.RoleCoordinator)
	h.exec(`update members set email = 'ann@example.org' where id = $1`, h.ann)
	r := h.register(boss, w, invite(h.boss, "ann@example.org"))
	if _, err := h.AcceptInvitation(boss, r.ID, r.Attendees[1].ID, workshops.Acceptance{MemberID: &h.ann}); codeOf(err) != workshops.CodeOwnRecord {
		t.Errorf("they accept what they ask: %v", err)
	}
	if _, err := h.AcceptByLink(services.AsAnonymous(t.Context()), h.token(r.ID)); err != nil {
		t.Fatal(err)
	}
	if err := h.RemoveAttendee(boss, r.ID, r.Attendees[1].ID); codeOf(err) != workshops.CodeNotYours {
		t.Errorf("they remove another adult: %v", err)
	}
	if _, err := h.CheckInCode(boss, r.ID, r.Attendees[1].ID); codeOf(err) != workshops.CodeNotYours {
		t.Errorf("they hold another's code: %v", err)
	}
	h.core.Clock.Set(r.Workshop.StartsAt.Add(-time.Hour))
	late := false
	got, err := h.Cancel(boss, r.ID, workshops.Cancellation{Late: &late})
	if err != nil || !got.LateCancel {
		t.Errorf("they excuse themselves: %v %+v", err, got)
	}
}

// On the telephone staff enter an adult for the lead; the place is that adult's own.
func TestWhatStaffEnterForAnotherAdultIsTheirs(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{})
	child := h.child(h.member, true)
	r := h.register(h.staff(), w, members(h.member, h.ann, child))
	if err := h.RemoveAttendee(h.me(h.member), r.ID, r.Attendees[1].ID); codeOf(err) != workshops.CodeNotYours {
		t.Errorf("the lead removes her: %v", err)
	}
	seen, err := h.Registration(h.me(h.member), r.ID)
	if err != nil || seen.Attendees[1].Attendance != nil || seen.Attendees[1].MemberID != nil {
		t.Errorf("%v %+v", err, seen.Attendees[1])
	}
	if err := h.RemoveAttendee(h.me(h.member), r.ID, r.Attendees[2].ID); err != nil {
		t.Errorf("the lead's own child: %v", err)
	}
}

// In a series that people can still join, those who wait are asked first.
func TestTheLineGoesOnInASeriesThatHasBegun(t *testing.T) {
	h := openHall(t)
	closes := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	d := h.draft(workshops.NewWorkshop{Capacity: number(1), ClosesAt: &closes, FacilitatorIDs: []uuid.UUID{h.ann}})
	sessions := h.sessionsOf(d.ID, "4")
	if _, err := h.Publish(h.staff(), d.ID); err != nil {
		t.Fatal(err)
	}
	r := h.register(h.me(h.member), d.ID, workshops.Register{})
	waits := h.want(h.register(h.me(h.ann), d.ID, workshops.Register{}), models.RegistrationWaitlisted)
	h.core.Clock.Set(sessions[0].EndsAt)
	if _, err := h.Cancel(h.me(h.member), r.ID, workshops.Cancellation{}); err != nil {
		t.Fatal(err)
	}
	h.want(h.now(waits.ID), models.RegistrationOffered)
	h.want(h.register(h.me(h.bob), d.ID, workshops.Register{}), models.RegistrationWaitlisted)
	h.checkCounts()
}

// Seats that were free too late to offer are offered once there is time.
func TestALaterStartGivesTimeToAsk(t *testing.T) {
	h := openHall(t)
	w, holders := h.full(1)
	waits := h.register(h.me(h.ann), w, workshops.Register{})
	h.core.Clock.Set(holders.Workshop.StartsAt.Add(-time.Hour))
	if _, err := h.Cancel(h.me(h.member), holders.ID, workshops.Cancellation{}); err != nil {
		t.Fatal(err)
	}
	h.want(h.now(waits.ID), models.RegistrationWaitlisted)
	if _, err := h.UpdateSession(h.staff(), h.session(w), workshops.SessionPatch{LocalStart: services.Some("2026-11-03T18:00")}); err != nil {
		t.Fatal(err)
	}
	h.want(h.now(waits.ID), models.RegistrationOffered)
	h.checkCounts()
}

// A party that shrinks on the list to what is free is told the truth in the same answer.
func TestAPartyThatShrinksToFitIsOffered(t *testing.T) {
	h := openHall(t)
	h.exec(`update members set email = 'ann@example.org' where id = $1`, h.ann)
	w := h.workshop(workshops.NewWorkshop{Capacity: number(2), GuestsPerParty: 3})
	h.register(h.me(h.bob), w, workshops.Register{})
	r := h.want(h.register(h.me(h.member), w, invite(h.member, "ann@example.org")), models.RegistrationWaitlisted)
	if _, err := h.AcceptByLink(services.AsAnonymous(t.Context()), h.token(r.ID)); err != nil {
		t.Fatal(err)
	}
	got, err := h.Split(h.me(h.member), r.ID, workshops.Split{AttendeeIDs: []uuid.UUID{r.Attendees[1].ID}, LeadMemberID: h.ann})
	if err != nil {
		t.Fatal(err)
	}
	stored := h.now(got.ID)
	if got.State != stored.State || (got.WaitlistPosition == nil) != (stored.WaitlistPosition == nil) {
		t.Errorf("answered %s, is %s", got.State, stored.State)
	}
	if n := h.count(`select count(*) from registrations where state = 'offered'`); n != 1 {
		t.Errorf("%d offers", n)
	}
	h.checkCounts()
}

// What a stranger cannot see does not exist for them, whatever they ask.
func TestACancelledWorkshopDoesNotExistForStrangers(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{})
	if _, err := h.CancelWorkshop(h.staff(), w, workshops.CancelReason{Reason: "Snow"}); err != nil {
		t.Fatal(err)
	}
	_, hidden := h.Register(h.me(h.member), w, workshops.Register{})
	_, unknown := h.Register(h.me(h.member), services.NewID(), workshops.Register{})
	if codeOf(hidden) != services.CodeNotFound || hidden.Error() != unknown.Error() {
		t.Errorf("%v, and for an unknown id %v", hidden, unknown)
	}
}

// Nobody joins past the end of registration, or unseen where every party is approved.
func TestJoiningAPartyIsRegistering(t *testing.T) {
	h := openHall(t)
	closes := planningDay.Add(48 * time.Hour)
	w := h.workshop(workshops.NewWorkshop{GuestsPerParty: 3, ClosesAt: &closes, ApprovalRequired: true})
	rosa := workshops.AttendeeInput{Guest: &workshops.GuestInput{Name: "Rosa", Kind: models.SeatAdult}}
	r := h.register(h.me(h.member), w, workshops.Register{})
	if _, err := h.Approve(h.staff(), r.ID, workshops.Approval{}); err != nil {
		t.Fatal(err)
	}
	got, err := h.AddAttendee(h.me(h.member), r.ID, rosa)
	if err != nil || got.State != models.RegistrationPending {
		t.Errorf("%v %+v", err, got)
	}
	h.core.Clock.Set(closes)
	if _, err := h.AddAttendee(h.me(h.member), r.ID, rosa); codeOf(err) != workshops.CodeClosed {
		t.Errorf("after the end of registration: %v", err)
	}
	if _, err := h.AddAttendee(h.staff(), r.ID, rosa); err != nil {
		t.Errorf("staff: %v", err)
	}
}

// A long line of parties that do not fit costs a newcomer one look, and the first that fits is found behind it.
func TestALongLineIsNotReadForNothing(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{Capacity: number(3), GuestsPerParty: 3})
	holders := h.register(h.me(h.member), w, guests(h.member, 2))
	leads := h.crowd(12)
	for _, lead := range leads[:10] {
		h.want(h.register(h.me(lead), w, guests(lead, 2)), models.RegistrationWaitlisted)
	}
	two := h.register(h.me(leads[10]), w, guests(leads[10], 1))
	one := h.register(h.me(leads[11]), w, workshops.Register{})
	if err := h.RemoveAttendee(h.me(h.member), holders.ID, holders.Attendees[1].ID); err != nil {
		t.Fatal(err)
	}
	h.want(h.now(two.ID), models.RegistrationWaitlisted)
	h.want(h.now(one.ID), models.RegistrationOffered)
	if err := h.RemoveAttendee(h.me(h.member), holders.ID, holders.Attendees[2].ID); err != nil {
		t.Fatal(err)
	}
	h.want(h.register(h.me(h.bob), w, workshops.Register{}), models.RegistrationConfirmed)
	h.checkCounts()
}

// Two seats are free for a line of one, two and one: the first and the last are asked, whoever stands between.
func TestWhatTheNextDoNotFitGoesFurtherDownTheLine(t *testing.T) {
	h := openHall(t)
	w, holders := h.full(2)
	leads := h.crowd(3)
	first, second, third := h.register(h.me(leads[0]), w, workshops.Register{}), h.register(h.me(leads[1]), w, guests(leads[1], 1)), h.register(h.me(leads[2]), w, workshops.Register{})
	if _, err := h.Cancel(h.me(h.member), holders.ID, workshops.Cancellation{}); err != nil {
		t.Fatal(err)
	}
	h.want(h.now(first.ID), models.RegistrationOffered)
	h.want(h.now(second.ID), models.RegistrationWaitlisted)
	h.want(h.now(third.ID), models.RegistrationOffered)
	h.checkCounts()
}

// More seats for those who wait are welcome after registration has closed, too.
func TestSeatsAreAddedAfterRegistrationClosed(t *testing.T) {
	h := openHall(t)
	closes := planningDay.Add(24 * time.Hour)
	w := h.workshop(workshops.NewWorkshop{Capacity: number(1), ClosesAt: &closes})
	h.register(h.me(h.member), w, workshops.Register{})
	waits := h.want(h.register(h.me(h.bob), w, workshops.Register{}), models.RegistrationWaitlisted)
	h.core.Clock.Set(closes)
	if _, err := h.Update(h.staff(), w, workshops.WorkshopPatch{Capacity: services.Some(2)}); err != nil {
		t.Fatalf("%v %v", err, fieldsOf(err))
	}
	h.want(h.now(waits.ID), models.RegistrationOffered)
}

// A child for whom there is no seat at all is not left to wait beside their party.
func TestNobodyWaitsForSeatsThatThereAreNot(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{Capacity: number(3), ChildCapacity: number(0), GuestsPerParty: 2})
	r := h.register(h.me(h.member), w, workshops.Register{})
	_, err := h.AddAttendee(h.me(h.member), r.ID, workshops.AttendeeInput{Guest: &workshops.GuestInput{Name: "Rosa", Kind: models.SeatChild}})
	if !slices.Equal(fieldsOf(err), []string{"/attendees party_too_large"}) {
		t.Errorf("%v %v", err, fieldsOf(err))
	}
}
