package workshops_test

import (
	"slices"
	"testing"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

func TestTheQueueOfAllWorkshops(t *testing.T) {
	h := openHall(t)
	late, early := h.open(workshops.NewWorkshop{Title: "Late", ApprovalRequired: true}, "2026-11-20T18:00").ID, h.open(workshops.NewWorkshop{Title: "Early", ApprovalRequired: true}, startsOn).ID
	luis, ana, mother := h.person("Luis", false), h.person("Ana", false), h.person("Mother", false)
	child := h.child(mother, false)
	a, b := h.register(h.me(luis), late, members(luis)).ID, h.register(h.me(ana), early, members(ana)).ID
	c := h.register(h.me(mother), late, members(mother, child)).ID
	own := h.register(h.me(h.boss), late, members(h.boss)).ID
	ids := func(in workshops.QueueQuery) (out []uuid.UUID) {
		t.Helper()
		in.Limit = 1 // every row is a page
		for {
			page, err := h.Queue(h.staff(), in)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range page.Data {
				out = append(out, r.ID)
			}
			if page.NextCursor == nil {
				return out
			}
			in.Cursor = *page.NextCursor
		}
	}
	starts := services.PageQuery{Sort: "starts_at"}
	for what, c := range map[string]struct{ got, want []uuid.UUID }{
		"oldest first":      {ids(workshops.QueueQuery{}), []uuid.UUID{a, b, c}},
		"what starts first": {ids(workshops.QueueQuery{PageQuery: starts}), []uuid.UUID{b, a, c}},
		"a reason":          {ids(workshops.QueueQuery{Review: models.ReviewGuardianship}), []uuid.UUID{c}},
		"one workshop":      {ids(workshops.QueueQuery{WorkshopID: early}), []uuid.UUID{b}},
		"before":            {ids(workshops.QueueQuery{StartsLT: planningDay.AddDate(0, 0, 70)}), []uuid.UUID{b}},
		"after":             {ids(workshops.QueueQuery{StartsGTE: planningDay.AddDate(0, 0, 70)}), []uuid.UUID{a, c}},
		"other states":      {ids(workshops.QueueQuery{State: []models.RegistrationState{models.RegistrationConfirmed}}), nil},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: %v, want %v", what, c.got, c.want)
		}
	}

	decision := workshops.Decision{IDs: []uuid.UUID{a, own, a, services.NewID(), c}, Decision: "approve", DryRun: true}
	check := func(want ...services.Code) {
		t.Helper()
		out, err := h.Decide(h.staff(), decision)
		if err != nil {
			t.Fatal(err)
		}
		var got []services.Code
		for _, i := range out.Items {
			got = append(got, i.Code)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	check("", workshops.CodeOwnRecord, services.CodeNotFound, "")
	h.want(h.now(a), models.RegistrationPending)
	if n := h.mails(models.NoticeRegistrationConfirmed, a); n != 0 {
		t.Error("a dry run tells people")
	}
	decision.DryRun = false
	check("", workshops.CodeOwnRecord, services.CodeNotFound, "")
	h.want(h.now(a), models.RegistrationConfirmed)
	h.want(h.now(own), models.RegistrationPending)
	check(workshops.CodeWrongState, workshops.CodeOwnRecord, services.CodeNotFound, workshops.CodeWrongState)
	decision = workshops.Decision{IDs: []uuid.UUID{b}, Decision: "decline"}
	if _, err := h.Decide(h.staff(), decision); len(fieldsOf(err)) != 1 {
		t.Errorf("without a reason: %v", err)
	}
	decision.Reason = "The evening is for others"
	check("")
	h.want(h.now(b), models.RegistrationDeclined)
	h.checkCounts()
}

// What changed while somebody waited is looked at when they accept: they lose nothing by it.
func TestAcceptingAsksTheRulesAgain(t *testing.T) {
	h := openHall(t)
	w := h.open(workshops.NewWorkshop{Capacity: number(1), AudienceKinds: []models.Kind{models.KindVeteran}}, startsOn).ID
	luis, ana := h.person("Luis", false), h.person("Ana", false)
	booked := h.register(h.me(luis), w, members(luis))
	waits := h.want(h.register(h.me(ana), w, members(ana)), models.RegistrationWaitlisted)
	h.exec(`update members set kinds = '{supporter}' where id = $1`, ana)
	if _, err := h.Cancel(h.me(luis), booked.ID, workshops.Cancellation{}); err != nil {
		t.Fatal(err)
	}
	r, err := h.AcceptOffer(h.me(ana), waits.ID)
	if err != nil {
		t.Fatal(err)
	}
	h.want(r, models.RegistrationPending)
	if seen := h.now(waits.ID); !slices.Equal(seen.Review, []models.ReviewReason{models.ReviewEligibility}) {
		t.Errorf("%v", seen.Review)
	}
	h.checkCounts()
}

// Staff take a call of somebody new: a party with a child, a guest and somebody to be called, in one request; then one more, for whom
// a rule does not count.
func TestStaffRegisterByPhone(t *testing.T) {
	h := openHall(t)
	w := h.open(workshops.NewWorkshop{GuestsPerParty: 1, AudienceKinds: []models.Kind{models.KindVeteran, models.KindChild}}, startsOn).ID
	caller, friend := h.person("Caller", false), h.person("Friend", false)
	child := h.child(caller, true)
	h.exec(`update members set kinds = '{supporter}' where id = $1`, friend)
	in := members(caller, child)
	in.LeadMemberID = &caller
	in.Attendees = append(in.Attendees, workshops.AttendeeInput{Guest: &workshops.GuestInput{Name: "Rosa Ortega", Kind: models.SeatAdult}},
		workshops.AttendeeInput{Invite: &workshops.InviteInput{Name: "Ana", Phone: "+1 910 555 0142"}})
	booked := h.want(h.register(h.staff(), w, in), models.RegistrationConfirmed)
	if n := h.count(`select count(*) from tasks where kind = 'call' and record = 'attendee'`); n != 1 || len(booked.Attendees) != 4 {
		t.Errorf("%d calls, %d people", n, len(booked.Attendees))
	}
	add := workshops.AttendeeInput{MemberID: &friend}
	if _, err := h.AddAttendee(h.staff(), booked.ID, add); codeOf(err) != services.CodeInvalid {
		t.Fatalf("not of the audience: %v", err)
	}
	add.WaiveReason = "Drives them"
	if r, err := h.AddAttendee(h.me(caller), booked.ID, add); codeOf(err) != services.CodeInvalid {
		t.Fatalf("a member waives a rule: %+v %v", r, err)
	}
	with, err := h.AddAttendee(h.staff(), booked.ID, add)
	if err != nil || len(with.Attendees) != 5 {
		t.Fatalf("%v", err)
	}
	other := h.person("Other", false)
	h.exec(`update members set kinds = '{supporter}' where id = $1`, other)
	swap := workshops.AttendeeInput{MemberID: &other, WaiveReason: "Drives them instead"}
	if _, err := h.SwapAttendee(h.staff(), booked.ID, with.Attendees[4].ID, swap); err != nil {
		t.Fatalf("%v %v", err, fieldsOf(err))
	}
	in.Attendees[0].WaiveReason = "No"
	if _, err := h.Register(h.staff(), w, in); !slices.Contains(fieldsOf(err), "/attendees/0/waive_reason not_here") {
		t.Errorf("%v", fieldsOf(err))
	}
	h.checkCounts()
}

// A reason for many confirms nobody beside whom they are kept apart from: that is decided about each by itself.
func TestAReasonForManyKeepsPeopleApart(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{ApprovalRequired: true})
	x, y, luis := h.person("Xavier", false), h.person("Yara", false), h.person("Luis", false)
	h.apart(models.SeparationProtected, y, x)
	var ids []uuid.UUID
	for _, m := range []uuid.UUID{y, luis, x} {
		ids = append(ids, h.want(h.register(h.me(m), w, members(m)), models.RegistrationPending).ID)
	}
	out, err := h.Decide(h.staff(), workshops.Decision{IDs: ids, Decision: "approve", Reason: "All spoke with us on the telephone"})
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range out.Items {
		if !i.Done && i.Code != workshops.CodeSeparationClash {
			t.Errorf("%+v", i)
		}
	}
	if h.now(ids[0]).State == models.RegistrationConfirmed && h.now(ids[2]).State == models.RegistrationConfirmed || h.now(ids[1]).State != models.RegistrationConfirmed {
		t.Errorf("%+v", out.Items)
	}
	h.checkCounts()
}

// Staff who are a side of a separation do not learn of it by asking who is held, nor by looking at the party.
func TestTheQueueTellsNobodyOfTheirOwnSeparation(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{})
	x, y := h.person("Xavier", false), h.person("Yara", false)
	child := h.child(y, true)
	h.apart(models.SeparationProtected, y, x)
	r := h.held(h.register(h.me(x), w, members(x)))
	for who, want := range map[uuid.UUID]int{h.boss: 1, y: 0, child: 0} {
		staff := h.as(who, "*", models.RoleCoordinator)
		page, err := h.Queue(staff, workshops.QueueQuery{Review: models.ReviewHeld})
		if err != nil || len(page.Data) != want {
			t.Errorf("%d are held, want %d: %v", len(page.Data), want, err)
		}
		if seen, err := h.Registration(staff, r.ID); err != nil || len(seen.Review) != want {
			t.Errorf("%v, want %d: %v", seen.Review, want, err)
		}
	}
}
