package workshops_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

func TestOneComesAlone(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{Capacity: number(2)})
	me := h.person("Luis", false)
	r := h.want(h.register(h.me(me), w, workshops.Register{}), models.RegistrationConfirmed)
	if len(r.Attendees) != 1 || r.Attendees[0].Name != "Luis Rivera" || r.LeadMemberID != me || r.Workshop.Title == "" || r.Workshop.Place != "Room 2" {
		t.Errorf("%+v", r)
	}
	if n := h.mails(models.NoticeRegistrationConfirmed, r.ID); n != 1 {
		t.Errorf("%d mails", n)
	}
	if _, err := h.Register(h.me(me), w, workshops.Register{}); codeOf(err) != workshops.CodeAlreadyRegistered {
		t.Errorf("a second place: %v", err)
	}
	if _, err := h.Registration(h.me(h.person("Eve", false)), r.ID); codeOf(err) != services.CodeNotFound {
		t.Errorf("another's registration: %v", err)
	}
	mine, err := h.MyRegistrations(h.me(me), workshops.MyRegistrationQuery{When: "upcoming"})
	if err != nil || len(mine.Data) != 1 || mine.Data[0].ID != r.ID {
		t.Errorf("%v %+v", err, mine)
	}
	h.checkCounts()
}

// 200 people on two servers want 30 seats.
func TestRaceForThirtySeats(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{Capacity: number(30)})
	if oversells {
		h.exec(`alter table pools drop constraint pools_not_oversold`)
	}
	people, servers := h.crowd(200), []*workshops.Service{h.Service, h.replica()}
	answers := make([]*workshops.RegistrationView, len(people))
	failed := make([]error, len(people))
	began := time.Now()
	var all sync.WaitGroup
	for i := range people {
		all.Go(func() {
			failed[i] = patiently(func() (err error) {
				answers[i], err = servers[i%2].Register(h.me(people[i]), w, workshops.Register{})
				return err
			})
		})
	}
	all.Wait()
	t.Logf("200 registrations in %s", time.Since(began))
	seated := 0
	var places []int
	for i, r := range answers {
		switch {
		case failed[i] != nil:
			t.Fatal(failed[i])
		case r.State == models.RegistrationConfirmed:
			seated++
		default:
			places = append(places, *h.want(r, models.RegistrationWaitlisted).WaitlistPosition)
		}
	}
	if oversells {
		if seated <= 30 {
			t.Fatal("without the lock nobody was seated beyond capacity: the race shows nothing")
		}
		return
	}
	if seated != 30 {
		t.Errorf("%d are seated", seated)
	}
	slices.Sort(places)
	for i, place := range places {
		if place != i+1 {
			t.Fatalf("the places in line are %v", places)
		}
	}
	line, err := h.Waitlist(h.staff(), w, workshops.WaitlistQuery{PageQuery: services.PageQuery{Limit: 100}})
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range line.Data {
		told := answers[slices.IndexFunc(answers, func(a *workshops.RegistrationView) bool { return a.ID == r.ID })]
		if *r.WaitlistPosition != i+1 || *told.WaitlistPosition != i+1 {
			t.Fatalf("number %d of the line was told %d", i+1, *told.WaitlistPosition)
		}
	}
	h.checkCounts()
}

func TestAFamilyOfFourNeverGetsThreeSeats(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{Capacity: number(5), GuestsPerParty: 4, MaxParty: number(6)})
	h.want(h.register(h.me(h.member), w, guests(h.member, 1)), models.RegistrationConfirmed)
	lead := h.person("Luis", false)
	four := h.want(h.register(h.me(lead), w, guests(lead, 3)), models.RegistrationWaitlisted)
	if *four.WaitlistPosition != 1 {
		t.Errorf("place %d", *four.WaitlistPosition)
	}
	// Three seats are free and nobody who waits fits, so that somebody who comes later is seated.
	alone := h.person("Ana", false)
	seated := h.want(h.register(h.me(alone), w, workshops.Register{}), models.RegistrationConfirmed)
	if _, err := h.Cancel(h.me(alone), seated.ID, workshops.Cancellation{}); err != nil {
		t.Fatal(err)
	}
	h.want(h.now(four.ID), models.RegistrationWaitlisted)
	// The party shrinks to what is free.
	if err := h.RemoveAttendee(h.me(lead), four.ID, four.Attendees[3].ID); err != nil {
		t.Fatal(err)
	}
	h.want(h.now(four.ID), models.RegistrationOffered)
	h.checkCounts()
}

func TestEveryRuleThatAPartyBreaksIsTold(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{GuestsPerParty: 1, MaxParty: number(3), MinimumAge: number(16), AudienceKinds: models.Texts[models.Kind]{models.KindSpouse, models.KindChild}})
	stranger, nobody := h.person("Eve", false), services.NewID()
	child := h.child(h.member, true)
	in := workshops.Register{Attendees: []workshops.AttendeeInput{
		{MemberID: &h.member}, {MemberID: &stranger}, {MemberID: &nobody}, {MemberID: &child}, {},
		{Invite: &workshops.InviteInput{Name: "Ana", Phone: "12"}}, {Guest: &workshops.GuestInput{Name: " ", Kind: models.SeatAdult}}, {Guest: &workshops.GuestInput{Name: "Rosa", Kind: models.SeatAdult}},
	}}
	_, err := h.Register(h.me(h.member), w, in)
	want := []string{"/attendees party_too_large", "/attendees too_many_guests", "/attendees/0/member_id not_in_audience", "/attendees/1/member_id unknown_member",
		"/attendees/2/member_id unknown_member", "/attendees/3/member_id too_young", "/attendees/4 one_of", "/attendees/5/invite/phone bad_format", "/attendees/6/guest/name required"}
	if got := fieldsOf(err); !slices.Equal(got, want) {
		t.Errorf("%v\nwant %v", got, want)
	}
}

func TestChildrenComeWithAnAdult(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{})
	child := h.child(h.member, true)
	if _, err := h.Register(h.me(h.member), w, members(child)); !slices.Equal(fieldsOf(err), []string{"/attendees adult_required"}) {
		t.Errorf("%v", err)
	}
	r := h.want(h.register(h.me(h.member), w, members(h.member, child)), models.RegistrationConfirmed)
	if _, err := h.Leave(h.me(h.member), r.ID, r.Attendees[0].ID); codeOf(err) != workshops.CodeAdultRequired {
		t.Errorf("the only adult leaves: %v", err)
	}
	if err := h.RemoveAttendee(h.me(h.member), r.ID, r.Attendees[1].ID); err != nil {
		t.Errorf("%v", err)
	}
	h.checkCounts()
}

func TestRegistrationHasAWindow(t *testing.T) {
	h := openHall(t)
	opens, closes := planningDay.Add(24*time.Hour), planningDay.Add(48*time.Hour)
	w := h.workshop(workshops.NewWorkshop{OpensAt: &opens, ClosesAt: &closes})
	if _, err := h.Register(h.me(h.member), w, workshops.Register{}); codeOf(err) != workshops.CodeNotOpen {
		t.Errorf("before: %v", err)
	}
	early := members(h.person("Luis", false))
	early.WaiveReason = "Travels abroad from tomorrow on"
	h.want(h.register(h.staff(), w, early), models.RegistrationConfirmed)
	h.core.Clock.Set(closes)
	if _, err := h.Register(h.me(h.member), w, workshops.Register{}); codeOf(err) != workshops.CodeClosed {
		t.Errorf("after: %v", err)
	}
}

func TestTheSameKeyRegistersOnce(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{})
	var all sync.WaitGroup
	answers := make([]*workshops.RegistrationView, 50)
	for i := range answers {
		all.Go(func() {
			call := &services.Call{Method: "POST", Path: "/v1/workshops/x/registrations", IdempotencyKey: "one", BodyMAC: []byte("body"),
				Actor: &services.Actor{Kind: models.ActorAccount, AccountID: h.member, MemberID: h.member, Roles: []models.Role{models.RoleMember}}}
			var err error
			for answers[i], err = h.Register(services.WithCall(context.Background(), call), w, workshops.Register{}); errors.Is(err, services.Conflict(services.CodeKeyInUse, "")); {
				answers[i], err = h.Register(services.WithCall(context.Background(), call), w, workshops.Register{})
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, r := range answers {
		if r == nil || r.ID != answers[0].ID || r.State != answers[0].State || r.Attendees[0].ID != answers[0].Attendees[0].ID {
			t.Fatalf("%+v is not %+v", r, answers[0])
		}
	}
	if n := h.count(`select count(*) from registrations`); n != 1 {
		t.Errorf("%d registrations", n)
	}
}

func TestStaffRegisterOnTheTelephone(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{ApprovalRequired: true})
	a := h.person("Luis", false)
	r := h.want(h.register(h.staff(), w, members(a)), models.RegistrationConfirmed)
	if r.LeadMemberID != a {
		t.Errorf("led by %s", r.LeadMemberID)
	}
	if _, err := h.Cancel(h.staff(), r.ID, workshops.Cancellation{}); !slices.Equal(fieldsOf(err), []string{"/reason required"}) {
		t.Errorf("without a reason: %v", err)
	}
	got, err := h.Cancel(h.staff(), r.ID, workshops.Cancellation{Reason: "She called"})
	if err != nil || got.State != models.RegistrationCancelled || got.LateCancel {
		t.Errorf("%v %+v", err, got)
	}
	back, err := h.Reinstate(h.staff(), r.ID, workshops.Reinstatement{Reason: "It was a mistake"})
	if err != nil || back.State != models.RegistrationConfirmed {
		t.Errorf("%v %+v", err, back)
	}
	h.checkCounts()
}

func TestALateCancellationIsMarked(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{})
	r := h.register(h.me(h.member), w, workshops.Register{})
	h.core.Clock.Set(r.Workshop.StartsAt.Add(-23 * time.Hour))
	got, err := h.Cancel(h.me(h.member), r.ID, workshops.Cancellation{})
	if err != nil || !got.LateCancel {
		t.Errorf("%v %+v", err, got)
	}
	again, err := h.Cancel(h.me(h.member), r.ID, workshops.Cancellation{})
	if err != nil || again.Version != got.Version {
		t.Errorf("cancelling twice: %v %+v", err, again)
	}
}

// A coordinator decides about nobody close to them.
func TestNobodyDecidesAboutTheirOwn(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{ApprovalRequired: true})
	r := h.want(h.register(h.as(h.boss, "", models.RoleCoordinator), w, members(h.boss)), models.RegistrationPending)
	if _, err := h.Approve(h.staff(), r.ID, workshops.Approval{}); codeOf(err) != workshops.CodeOwnRecord {
		t.Errorf("%v", err)
	}
	other := h.as(h.ann, "", models.RoleCoordinator)
	got, err := h.Approve(other, r.ID, workshops.Approval{})
	if err != nil || got.State != models.RegistrationConfirmed {
		t.Errorf("%v", err)
	}
	if n := h.count(`select count(*) from tasks where record_id = $1 and status = 'open'`, r.ID); n != 0 {
		t.Errorf("%d tasks are left", n)
	}
}

// Nobody learns from their own booking that another guardian has booked the same child.
func TestTwoGuardiansOfOneChild(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{Capacity: number(10)})
	mother, father := h.person("Ana", false), h.person("Luis", false)
	child := h.child(mother, true)
	h.guard(father, child, true)
	first := h.want(h.register(h.me(mother), w, members(mother, child)), models.RegistrationConfirmed)
	second := h.want(h.register(h.me(father), w, members(father, child)), models.RegistrationPending)
	if second.Review != nil || slices.ContainsFunc(second.Attendees, func(a workshops.AttendeeView) bool { return a.Second }) {
		t.Errorf("he is told: %+v", second)
	}
	if _, err := h.Register(h.me(father), w, members(father, child)); codeOf(err) != workshops.CodeAlreadyRegistered {
		t.Errorf("his own second booking: %v", err)
	}
	for _, c := range []struct{ who, other uuid.UUID }{{mother, second.ID}, {father, first.ID}} {
		if _, err := h.Registration(h.me(c.who), c.other); codeOf(err) != services.CodeNotFound {
			t.Errorf("sees the other's: %v", err)
		}
	}
	if seen := h.now(second.ID); !seen.Attendees[1].Second || !slices.Contains(seen.Review, models.ReviewSecondBooking) {
		t.Errorf("staff see %+v", seen)
	}
	taken := func(want int, when string) {
		t.Helper()
		if n := h.count(`select taken from pools where workshop_id = $1`, w); n != want {
			t.Errorf("%d seats %s, want %d", n, when, want)
		}
		h.checkCounts()
	}
	taken(4, "before the review")
	if _, err := h.Approve(h.staff(), second.ID, workshops.Approval{}); err != nil {
		t.Fatal(err)
	}
	taken(4, "after it")
	for _, id := range []uuid.UUID{first.ID, second.ID} {
		if n := h.count(`select count(*) from messages where event = 'registration.confirmed' and record_id = $1 and data->>'seats' = '2'`, id); n != 1 {
			t.Errorf("%d mails speak of two places", n)
		}
	}
	if _, err := h.Cancel(h.me(mother), first.ID, workshops.Cancellation{}); err != nil {
		t.Fatal(err)
	}
	taken(2, "once she cancelled")
	h.want(h.now(second.ID), models.RegistrationConfirmed)
	again := h.want(h.register(h.me(mother), w, members(mother, child)), models.RegistrationPending)
	if _, err := h.Reinstate(h.staff(), first.ID, workshops.Reinstatement{Reason: "She called"}); codeOf(err) != workshops.CodeAlreadyRegistered {
		t.Errorf("beside her newer booking %s: %v", again.ID, err)
	}
}

func TestAnUnconfirmedGuardianIsLookedAt(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{})
	child := h.child(h.member, false)
	r := h.want(h.register(h.me(h.member), w, members(h.member, child)), models.RegistrationPending)
	if n := h.count(`select count(*) from tasks where record_id = $1 and status = 'open' and kind = 'review_registration'`, r.ID); n != 1 {
		t.Errorf("%d tasks", n)
	}
	got, err := h.Decline(h.staff(), r.ID, workshops.Justification{Reason: "Could not be confirmed"})
	if err != nil || got.State != models.RegistrationDeclined || h.mails(models.NoticeRegistrationDeclined, r.ID) != 1 {
		t.Errorf("%v %+v", err, got)
	}
}
