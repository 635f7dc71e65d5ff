package workshops_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/programs"
	"homefront/services/workshops"
)

// Rules that somebody of the tests meets or not: everybody in them is a veteran born in 1980 of whom no gender is known.
var (
	forVeterans = models.Rule{Key: "veterans", Rule: models.RuleKinds, Values: []string{"veteran", "child"}}
	forWomen    = models.Rule{Key: "women", Rule: models.RuleGender, Values: []string{"woman"}}
	oncePerHome = func(program uuid.UUID) models.Rule {
		return models.Rule{Key: "once", Rule: models.RuleOncePerHouse, ProgramIDs: []uuid.UUID{program}}
	}
)

func ages(least int) models.Rule { return models.Rule{Key: "age", Rule: models.RuleAge, Min: &least} }

func ruled(rules ...models.Rule) workshops.NewWorkshop {
	return workshops.NewWorkshop{Capacity: number(10), GuestsPerParty: 3, MaxParty: number(6), Rules: rules}
}

// spouse is somebody who did not serve.
func (h *hall) spouse(name string) uuid.UUID {
	h.t.Helper()
	id := h.person(name, false)
	h.exec(`update members set kinds = '{spouse}' where id = $1`, id)
	return id
}

func (h *hall) service() *programs.Service { return programs.New(h.core, programs.Config{}) }

func (h *hall) program(name string) uuid.UUID {
	h.t.Helper()
	id := services.NewID()
	h.exec(`insert into programs (id, version, created_at, updated_at, slug, name, status, time_zone) values ($1, 1, $2, $2, $3, $4, 'active', 'America/New_York')`, id, planningDay, id.String(), name)
	return id
}

// refusedFor says for which fields somebody was told that they are not eligible, and in which words.
func refusedFor(err error) (fields, words []string) {
	var e *services.Error
	if errors.As(err, &e) && e.Kind == services.KindInvalid {
		for _, f := range e.Fields {
			if f.Code == workshops.CodeNotEligible {
				fields, words = append(fields, f.Field), append(words, f.Message)
			}
		}
	}
	return fields, words
}

// looked is a registration that staff look at for want of a fact, and that says so to nobody else.
func (h *hall) looked(r *workshops.RegistrationView, err error) *workshops.RegistrationView {
	h.t.Helper()
	if err != nil {
		h.t.Fatalf("%v %v", err, fieldsOf(err))
	}
	h.want(r, models.RegistrationPending)
	if len(r.Review) > 0 {
		h.t.Fatalf("the member is told %v", r.Review)
	}
	if got := h.now(r.ID).Review; !slices.Equal(got, []models.ReviewReason{models.ReviewEligibility}) {
		h.t.Fatalf("staff are to look at %v", got)
	}
	return r
}

func TestRulesAreAskedOfWhoComes(t *testing.T) {
	h := openHall(t)
	w, ana := h.workshop(ruled(forVeterans)), h.spouse("Ana")
	h.want(h.register(h.me(h.member), w, guests(h.member, 1)), models.RegistrationConfirmed)

	_, err := h.Register(h.me(ana), w, guests(ana, 4))
	fields, words := refusedFor(err)
	if !slices.Equal(fields, []string{"/attendees/0/member_id"}) || !strings.Contains(words[0], "veterans") {
		t.Errorf("%v %q", fields, words)
	}
	if all := fieldsOf(err); len(all) != 2 || all[0] != "/attendees too_many_guests" {
		t.Errorf("the other faults are %v", all)
	}
	_, err = h.Register(h.staff(), w, members(ana))
	if fields, _ := refusedFor(err); len(fields) != 1 {
		t.Errorf("staff without a reason: %v", err)
	}
	in := members(ana)
	in.WaiveReason = "Her husband served, and cannot come"
	r := h.want(h.register(h.staff(), w, in), models.RegistrationConfirmed)
	if n := h.count(`select count(*) from eligibility_waivers where member_id = $1 and workshop_id = $2 and rule_key = 'veterans' and waived_by = $3`, ana, w, h.boss); n != 1 {
		t.Errorf("%d waivers", n)
	}
	if _, err := h.Cancel(h.me(ana), r.ID, workshops.Cancellation{}); err != nil {
		t.Fatal(err)
	}
	h.want(h.register(h.me(ana), w, workshops.Register{}), models.RegistrationConfirmed) // the waiver stands

	eve := h.spouse("Eve")
	if _, err := h.service().Waive(h.staff(), programs.Target{WorkshopID: &w}, programs.WaiveRule{MemberID: eve, RuleKey: "veterans", Reason: "Cared for one for years"}); err != nil {
		t.Fatal(err)
	}
	h.want(h.register(h.me(eve), w, workshops.Register{}), models.RegistrationConfirmed)
	h.checkCounts()
}

// A coordinator decides nothing about those close to them, and is told no more than they would be.
func TestStaffWaiveNothingForTheirOwn(t *testing.T) {
	h := openHall(t)
	w, child := h.workshop(ruled(forVeterans, ages(12))), h.child(h.boss, true)
	in := members(h.member, child)
	in.LeadMemberID, in.WaiveReason = &h.member, "She is mature for her age"
	_, err := h.Register(h.staff(), w, in)
	if fields, _ := refusedFor(err); !slices.Equal(fields, []string{"/attendees/1/member_id"}) {
		t.Errorf("%v %v", err, fieldsOf(err))
	}
	w = h.workshop(ruled(forWomen))
	in.WaiveReason = ""
	if r := h.register(h.staff(), w, in); r.State != models.RegistrationPending {
		t.Errorf("a fact about their child is missing: %s", r.State)
	}
}

func TestWhereAFactIsMissingStaffLook(t *testing.T) {
	h := openHall(t)
	open, asks := h.workshop(workshops.NewWorkshop{Capacity: number(10), ApprovalRequired: true}), h.workshop(ruled(forWomen))
	luis := h.person("Luis", false)
	h.want(h.register(h.staff(), asks, members(h.person("Ana", false))), models.RegistrationConfirmed) // entering is deciding

	usual, unknown := h.register(h.me(luis), open, workshops.Register{}), h.looked(h.Register(h.me(luis), asks, workshops.Register{}))
	if a, b := h.words(luis, usual), h.words(luis, unknown); a != b {
		t.Errorf("the two differ:\n%s\n%s", a, b)
	}
	if _, err := h.Approve(h.staff(), unknown.ID, workshops.Approval{}); err != nil {
		t.Fatal(err)
	}
	if n := h.count(`select count(*) from eligibility_waivers`); n != 0 {
		t.Errorf("%d waivers for what was not known", n)
	}

	// What becomes known by the time of the decision counts.
	max := h.person("Max", false)
	late := h.looked(h.Register(h.me(max), asks, workshops.Register{}))
	h.exec(`update members set gender = 'man' where id = $1`, max)
	_, err := h.Approve(h.staff(), late.ID, workshops.Approval{})
	if fields, _ := refusedFor(err); !slices.Equal(fields, []string{"/waive_reason"}) {
		t.Errorf("%v", err)
	}
	if r, err := h.Approve(h.staff(), late.ID, workshops.Approval{WaiveReason: "The group agreed"}); err != nil || r.State != models.RegistrationConfirmed {
		t.Errorf("%v", err)
	}
	if n := h.count(`select count(*) from eligibility_waivers where member_id = $1`, max); n != 1 {
		t.Errorf("%d waivers", n)
	}
	h.checkCounts()
}

// What somebody of the same household did is not told by a refusal: staff look, whatever they will find.
func TestARuleAboutTheHouseholdTellsNothing(t *testing.T) {
	h := openHall(t)
	retreats := h.program("Retreats")
	w := h.workshop(ruled(oncePerHome(retreats)))
	home, had, never, alone := services.NewID(), h.person("Hal", false), h.person("Sam", false), h.person("Sam", false)
	h.exec(`insert into households (id, version, created_at, updated_at, name) values ($1, 1, $2, $2, 'Rivera')`, home, planningDay)
	for _, m := range []uuid.UUID{had, never} {
		h.exec(`insert into household_members (id, created_at, updated_at, household_id, member_id, role, starts_on) values ($1, $2, $2, $3, $4, 'adult', '2020-01-01')`, services.NewID(), planningDay, home, m)
	}
	h.exec(`insert into enrollments (id, version, created_at, updated_at, program_id, program_first_day, program_last_day, member_id, entered_by, state, starts_on, ends_on, applied_at, enrolled_at, closed_at, end_reason)
		values ($1, 1, $2, $2, $3, '0001-01-01', '9999-12-31', $4, $4, 'completed', '2026-01-01', '2026-02-01', $2, $2, $2, 'completed')`, services.NewID(), planningDay, retreats, had)
	hers, his := h.looked(h.Register(h.me(never), w, workshops.Register{})), h.looked(h.Register(h.me(alone), w, workshops.Register{}))
	if a, b := h.words(never, hers), h.words(alone, his); a != b {
		t.Errorf("the two differ:\n%s\n%s", a, b)
	}
	told, err := h.Eligibility(h.me(never), w, workshops.EligibilityQuery{})
	if err != nil || told.Verdict != models.VerdictUnknown {
		t.Errorf("%v %+v", err, told)
	}
	full, err := h.Eligibility(h.staff(), w, workshops.EligibilityQuery{EligibilityQuery: programs.EligibilityQuery{MemberID: never}})
	if err != nil || full.Verdict != models.VerdictNotMet {
		t.Errorf("%v %+v", err, full)
	}
	_, err = h.Approve(h.staff(), hers.ID, workshops.Approval{})
	if fields, _ := refusedFor(err); len(fields) != 1 {
		t.Errorf("%v", err)
	}
}

func TestAChildIsJudgedWithItsGuardian(t *testing.T) {
	h := openHall(t)
	lead := h.person("Luis", false)
	child := h.child(lead, true)
	_, err := h.Register(h.me(lead), h.workshop(ruled(forVeterans, ages(12))), members(lead, child))
	if fields, words := refusedFor(err); !slices.Equal(fields, []string{"/attendees/1/member_id"}) || !strings.Contains(words[0], "12") {
		t.Errorf("%v %q", fields, words)
	}
	h.want(h.register(h.me(lead), h.workshop(ruled(forVeterans, ages(10))), members(lead, child)), models.RegistrationConfirmed)
	// Where the child lives may be another guardian's entry.
	h.exec(`update members set region = 'TX', country = 'US' where id = $1`, child)
	h.exec(`update members set region = 'NC', country = 'US' where id = $1`, lead)
	nearby := h.workshop(ruled(models.Rule{Key: "nearby", Rule: models.RuleState, Values: []string{"NC"}}))
	h.looked(h.Register(h.me(lead), nearby, members(lead, child)))
	if got, err := h.Eligibility(h.me(lead), nearby, workshops.EligibilityQuery{EligibilityQuery: programs.EligibilityQuery{MemberID: child}}); err != nil || got.Verdict != models.VerdictUnknown {
		t.Errorf("%v %+v", err, got)
	}
	for _, other := range []uuid.UUID{h.member, services.NewID()} {
		if _, err := h.Eligibility(h.me(lead), nearby, workshops.EligibilityQuery{EligibilityQuery: programs.EligibilityQuery{MemberID: other}}); codeOf(err) != services.CodeNotFound {
			t.Errorf("%v", err)
		}
	}
	if _, err := h.Eligibility(h.me(lead), h.draft(ruled(forWomen)).ID, workshops.EligibilityQuery{}); codeOf(err) != services.CodeNotFound {
		t.Errorf("a draft: %v", err)
	}
}

func TestWhoIsAddedIsJudged(t *testing.T) {
	h := openHall(t)
	lead := h.person("Luis", false)
	young, w := h.child(lead, true), h.workshop(ruled(forVeterans, ages(12)))
	r := h.want(h.register(h.me(lead), w, members(lead)), models.RegistrationConfirmed)
	_, err := h.AddAttendee(h.me(lead), r.ID, workshops.AttendeeInput{MemberID: &young})
	if fields, _ := refusedFor(err); !slices.Equal(fields, []string{"/member_id"}) {
		t.Errorf("%v", err)
	}
	guest := workshops.AttendeeInput{Guest: &workshops.GuestInput{Name: "Rosa Ortega", Kind: models.SeatAdult}}
	grown, err := h.AddAttendee(h.me(lead), r.ID, guest)
	if err != nil || h.want(grown, models.RegistrationConfirmed) == nil {
		t.Fatal(err)
	}
	_, err = h.SwapAttendee(h.as(lead, "*", models.RoleMember), r.ID, grown.Attendees[1].ID, workshops.AttendeeInput{MemberID: &young})
	if fields, _ := refusedFor(err); !slices.Equal(fields, []string{"/member_id"}) {
		t.Errorf("%v", err)
	}
	// By the time somebody is added, the rules may ask for what is not known.
	if _, err := h.Update(h.staff(), w, workshops.WorkshopPatch{Rules: services.Some(models.Rules{forWomen})}); err != nil {
		t.Fatal(err)
	}
	if got := h.now(r.ID); got.State != models.RegistrationConfirmed {
		t.Errorf("who has a place keeps it, and is %s", got.State)
	}
	h.looked(h.AddAttendee(h.me(lead), r.ID, workshops.AttendeeInput{MemberID: &young}))
	h.checkCounts()
}

// Guests come with whom the rules know; without anybody of those, staff look.
func TestAPartyOfGuestsAlone(t *testing.T) {
	h := openHall(t)
	ana := h.spouse("Ana")
	in := workshops.Register{Attendees: []workshops.AttendeeInput{{Guest: &workshops.GuestInput{Name: "Ana Rivera", Kind: models.SeatAdult}}}}
	h.looked(h.Register(h.me(ana), h.workshop(ruled(forVeterans)), in))
	h.want(h.register(h.me(ana), h.workshop(ruled()), in), models.RegistrationConfirmed)
}

func TestADropInIsJudgedOnItsDay(t *testing.T) {
	h := openHall(t)
	in := ruled(ages(47))
	in.AttendanceMode, in.FacilitatorIDs, in.Summary = models.AttendDropIn, []uuid.UUID{h.ann}, "Yoga"
	w := h.draft(in)
	sessions := h.sessions(w.ID, workshops.NewSessions{LocalStart: "2027-04-27T18:00", Minutes: 90, Recurrence: weekly("FREQ=WEEKLY;COUNT=2")})
	if _, err := h.Publish(h.staff(), w.ID); err != nil {
		t.Fatal(err)
	}
	_, err := h.Register(h.me(h.member), w.ID, workshops.Register{SessionID: &sessions[0].ID})
	if fields, _ := refusedFor(err); len(fields) != 1 {
		t.Errorf("five days before the birthday: %v", err)
	}
	h.want(h.register(h.me(h.member), w.ID, workshops.Register{SessionID: &sessions[1].ID}), models.RegistrationConfirmed)
	for i, want := range []models.Verdict{models.VerdictNotMet, models.VerdictMet} {
		got, err := h.Eligibility(h.me(h.member), w.ID, workshops.EligibilityQuery{SessionID: sessions[i].ID})
		if err != nil || got.Verdict != want {
			t.Errorf("%d: %v %+v", i, err, got)
		}
	}
	if _, err := h.Eligibility(h.me(h.member), w.ID, workshops.EligibilityQuery{SessionID: services.NewID()}); codeOf(err) != services.CodeInvalid {
		t.Errorf("%v", err)
	}
}

// Whatever comes of an invitation, whoever sent it sees an open one until its time has passed.
func TestTheRulesOfAnInvitedAdultAreTheirOwn(t *testing.T) {
	h := openHall(t)
	ana := h.spouse("Ana")
	h.exec(`update members set email = 'ana@example.org' where id = $1`, ana)
	h.account(ana, "ana@example.org")
	nobody := services.AsAnonymous(t.Context())

	w := h.workshop(ruled(forVeterans))
	r := h.register(h.me(h.member), w, invite(h.member, "ana@example.org"))
	before := h.seen(h.member, r.ID)
	_, err := h.AcceptInvitation(h.me(ana), r.ID, r.Attendees[1].ID, workshops.Acceptance{})
	if fields, words := refusedFor(err); len(fields) != 1 || !strings.Contains(words[0], "veterans") {
		t.Errorf("in the app: %v", err)
	}
	_, err = h.AcceptInvitation(h.staff(), r.ID, r.Attendees[1].ID, workshops.Acceptance{MemberID: &ana})
	if fields, _ := refusedFor(err); !slices.Equal(fields, []string{"/member_id"}) {
		t.Errorf("on the telephone: %v", err)
	}
	if got := h.seen(h.member, r.ID); got != before {
		t.Errorf("the lead sees\n%s\nand saw\n%s", got, before)
	}
	if got, err := h.AcceptInvitation(h.staff(), r.ID, r.Attendees[1].ID, workshops.Acceptance{MemberID: &ana, WaiveReason: "Her husband served"}); err != nil || got.State != "attending" {
		t.Errorf("with a reason: %v", err)
	}

	w = h.workshop(ruled(forWomen))
	h.exec(`update members set gender = 'woman' where id = $1`, h.member)
	for i, accept := range []func(r *workshops.RegistrationView) (*workshops.Invitation, error){
		func(r *workshops.RegistrationView) (*workshops.Invitation, error) {
			return h.AcceptInvitation(h.me(ana), r.ID, r.Attendees[1].ID, workshops.Acceptance{})
		},
		func(r *workshops.RegistrationView) (*workshops.Invitation, error) {
			return h.AcceptByLink(nobody, h.token(r.ID))
		},
	} {
		lead := h.person("Luis", false)
		h.exec(`update members set gender = 'woman' where id = $1`, lead)
		r := h.want(h.register(h.me(lead), w, invite(lead, "ana@example.org")), models.RegistrationConfirmed)
		before := h.seen(lead, r.ID)
		got, err := accept(r)
		if err != nil || got.State != "attending" || (got.RegistrationID == r.ID) != (i == 1) {
			t.Fatalf("%d: %v %+v", i, err, got)
		}
		if now := h.seen(lead, r.ID); now != before {
			t.Errorf("%d: the lead sees\n%s\nand saw\n%s", i, now, before)
		}
		own, err := h.Registration(h.me(ana), h.ledBy(ana))
		h.looked(own, err)
		if _, err := h.Cancel(h.me(ana), own.ID, workshops.Cancellation{}); err != nil {
			t.Fatal(err)
		}
	}
	h.checkCounts()
}

// ledBy is the party that a member leads and that has not ended.
func (h *hall) ledBy(member uuid.UUID) (id uuid.UUID) {
	h.t.Helper()
	h.scan(`select id from registrations where lead_member_id = $1 and live`, member, &id)
	return id
}

// Whoever holds a mailed link may be anybody: that an address is somebody's, and what we know of them, is told by no answer.
func TestALinkTellsNothingOfWhomItWasMailedTo(t *testing.T) {
	h := openHall(t)
	nobody, ana := services.AsAnonymous(t.Context()), h.spouse("Ana")
	h.exec(`update members set email = 'ana@example.org' where id = $1`, ana)
	w := h.workshop(ruled(forVeterans))
	lead := h.person("Luis", false)
	var told, shown [2]string
	var parties [2]*workshops.RegistrationView
	for i, address := range []string{"ana@example.org", "nobody@example.org"} {
		r := h.want(h.register(h.me(lead), w, invite(lead, address)), models.RegistrationConfirmed)
		before := h.seen(lead, r.ID)
		for range 2 {
			got, err := h.AcceptByLink(nobody, h.token(r.ID))
			if err != nil || got.State != "attending" || got.RegistrationID != r.ID || got.AttendeeID != r.Attendees[1].ID {
				t.Fatalf("%s: %v %+v", address, err, got)
			}
			got.RegistrationID, got.AttendeeID = uuid.Nil, uuid.Nil
			told[i] = text(got)
		}
		if _, err := h.RefuseByLink(nobody, h.token(r.ID)); codeOf(err) != workshops.CodeInvitationOver {
			t.Errorf("%s: %v", address, err)
		}
		got, err := h.ShowInvitation(nobody, h.token(r.ID))
		if err != nil {
			t.Fatal(err)
		}
		got.RegistrationID, got.AttendeeID = uuid.Nil, uuid.Nil
		shown[i] = text(got)
		if now := h.seen(lead, r.ID); now != before {
			t.Errorf("%s: the lead sees\n%s\nand saw\n%s", address, now, before)
		}
		parties[i] = r
		if i == 0 {
			lead = h.person("Luis", false)
		}
	}
	if told[0] != told[1] || shown[0] != shown[1] {
		t.Errorf("they are told apart:\n%s\n%s\n%s\n%s", told[0], told[1], shown[0], shown[1])
	}
	if a, b := h.mails(models.NoticeRegistrationReceived, h.ledBy(ana)), h.mails(models.NoticeRegistrationReceived, parties[1].ID); a != 1 || b != 1 {
		t.Errorf("%d and %d mails say that staff look", a, b)
	}

	// Staff answer for whom nobody knows, also after the time of the invitation.
	r, at := parties[1], parties[1].Attendees[1].ID
	open := func() int {
		return h.count(`select count(*) from tasks where kind = 'review_registration' and record_id = $1 and closed_at is null`, at)
	}
	if n := open(); n != 1 {
		t.Errorf("%d tasks", n)
	}
	h.later(h.core.Clock.Now().AddDate(0, 0, 4))
	if n := h.count(`select count(*) from attendees where id = $1 and state = 'invited'`, at); n != 1 {
		t.Error("the seat is gone before anybody looked")
	}
	if got, err := h.AcceptInvitation(h.staff(), r.ID, at, workshops.Acceptance{}); err != nil || got.State != "attending" {
		t.Errorf("%v %+v", err, got)
	}
	if now := h.now(r.ID); now.Attendees[1].State != models.AttendeeAttending || open() != 0 {
		t.Errorf("%s, %d tasks", now.Attendees[1].State, open())
	}
	h.checkCounts()
}

// What is not met and what is kept apart are told at once, each with a reason of its own; the end of a registration is taken
// back past neither.
func TestStaffWaiveWhatTheySee(t *testing.T) {
	h := openHall(t)
	w, max := h.workshop(ruled(forWomen)), h.person("Max", false)
	late := h.looked(h.Register(h.me(max), w, workshops.Register{}))
	h.exec(`update members set gender = 'man' where id = $1`, max)
	_, err := h.Approve(h.staff(), late.ID, workshops.Approval{Reason: "They come on different evenings"})
	if fields, _ := refusedFor(err); !slices.Equal(fields, []string{"/waive_reason"}) {
		t.Errorf("%v", err)
	}
	if n := h.count(`select count(*) from eligibility_waivers`); n != 0 {
		t.Errorf("%d waivers that nobody saw", n)
	}
	if _, err := h.Decline(h.staff(), late.ID, workshops.Justification{Reason: "Not for him"}); err != nil {
		t.Fatal(err)
	}
	back := workshops.Reinstatement{Reason: "A mistake"}
	_, err = h.Reinstate(h.staff(), late.ID, back)
	if fields, _ := refusedFor(err); !slices.Equal(fields, []string{"/waive_reason"}) {
		t.Errorf("%v", err)
	}
	h.exec(`update pools set capacity = 0 where workshop_id = $1`, w)
	got, err := h.Reinstate(h.staff(), late.ID, back)
	if err != nil || !slices.Equal(h.now(h.want(got, models.RegistrationWaitlisted).ID).Review, []models.ReviewReason{models.ReviewEligibility}) {
		t.Errorf("who waits again is not looked at: %v %+v", err, got)
	}

	w = h.workshop(ruled(forWomen))
	x, y := h.person("Xavier", false), h.person("Yara", false)
	h.exec(`update members set gender = 'woman' where id = $1`, y)
	h.apart(models.SeparationProtected, y, x)
	h.want(h.register(h.me(y), w, workshops.Register{}), models.RegistrationConfirmed)
	r := h.held(h.register(h.me(x), w, workshops.Register{}))
	h.exec(`update members set gender = 'man' where id = $1`, x)
	_, err = h.Approve(h.staff(), r.ID, workshops.Approval{})
	if got := fieldsOf(err); !slices.Equal(got, []string{"/reason separation_clash", "/waive_reason not_eligible"}) {
		t.Errorf("%v", got)
	}
	if _, err := h.Approve(h.staff(), r.ID, workshops.Approval{WaiveReason: "The group agreed"}); codeOf(err) != workshops.CodeSeparationClash {
		t.Errorf("%v", err)
	}
	got, err = h.Approve(h.staff(), r.ID, workshops.Approval{Reason: "They sit in two rooms", WaiveReason: "The group agreed"})
	if err != nil || h.want(got, models.RegistrationConfirmed) == nil || h.count(`select count(*) from eligibility_waivers where member_id = $1`, x) != 1 {
		t.Errorf("%v", err)
	}
}

// A waiver was given for what a rule asked, not for whatever comes to stand under its key.
func TestAWaiverDoesNotOutliveItsRule(t *testing.T) {
	h := openHall(t)
	w, eve := h.workshop(ruled(forVeterans)), h.spouse("Eve")
	if _, err := h.service().Waive(h.staff(), programs.Target{WorkshopID: &w}, programs.WaiveRule{MemberID: eve, RuleKey: "veterans", Reason: "Cared for one for years"}); err != nil {
		t.Fatal(err)
	}
	set := func(rule models.Rule, want models.Verdict) {
		t.Helper()
		if _, err := h.Update(h.staff(), w, workshops.WorkshopPatch{Rules: services.Some(models.Rules{rule})}); err != nil {
			t.Fatal(err)
		}
		if got, err := h.Eligibility(h.me(eve), w, workshops.EligibilityQuery{}); err != nil || got.Verdict != want {
			t.Errorf("%v %+v", err, got)
		}
	}
	reworded, other := forVeterans, forVeterans
	reworded.Words, other.Values = "For those who served", []string{"veteran"}
	set(reworded, models.VerdictMet)
	set(other, models.VerdictNotMet)
	if n := h.count(`select count(*) from eligibility_waivers where withdrawn_by = $1`, h.boss); n != 1 {
		t.Errorf("%d withdrawn", n)
	}
	set(forVeterans, models.VerdictNotMet)
}

// A program that is still planned in silence is named to nobody but staff.
func TestRulesDoNotNameWhatIsPlannedInSilence(t *testing.T) {
	h := openHall(t)
	secret := h.program("Winter Camp")
	h.exec(`update programs set status = 'planned' where id = $1`, secret)
	w := h.workshop(ruled(models.Rule{Key: "first", Rule: models.RuleCompleted, ProgramIDs: []uuid.UUID{secret}}))
	mine, err := h.Get(h.me(h.member), w)
	if err != nil {
		t.Fatal(err)
	}
	asked, err := h.Eligibility(h.me(h.member), w, workshops.EligibilityQuery{})
	if err != nil {
		t.Fatal(err)
	}
	_, refused := h.Register(h.me(h.member), w, workshops.Register{})
	_, words := refusedFor(refused)
	for _, told := range []string{text(mine.Asks), text(asked), text(words)} {
		if strings.Contains(told, "Winter") || !strings.Contains(told, "another program") {
			t.Errorf("%s", told)
		}
	}
	if staff, err := h.Get(h.staff(), w); err != nil || !strings.Contains(text(staff.Asks), "Winter Camp") {
		t.Errorf("%v", err)
	}
}

// seen is a registration as one of it sees it.
func (h *hall) seen(member, registration uuid.UUID) string {
	h.t.Helper()
	r, err := h.Registration(h.me(member), registration)
	if err != nil {
		h.t.Fatal(err)
	}
	b, err := json.Marshal(r)
	if err != nil {
		h.t.Fatal(err)
	}
	return string(b)
}

func TestRulesArePlanned(t *testing.T) {
	h := openHall(t)
	for want, rules := range map[string]models.Rules{
		"/rules/0/values unknown_value":          {{Key: "who", Rule: models.RuleKinds, Values: []string{"pirate"}}},
		"/rules/0/program_ids/0 unknown_program": {{Key: "who", Rule: models.RuleCompleted, ProgramIDs: []uuid.UUID{services.NewID()}}},
		"/rules no_program":                      {{Key: "who", Rule: models.RuleOncePerMember}},
		"/rules/0/rules/0/key bad_key":           {{Key: "all", Rule: models.RuleAll, Rules: []models.Rule{{Key: "A B", Rule: models.RuleVerified}}}},
		"/rules/1/key duplicate_key":             {forWomen, forWomen},
	} {
		_, err := h.Create(h.staff(), workshops.NewWorkshop{Title: "x", Format: models.FormatInPerson, Rules: rules})
		if got := strings.Join(fieldsOf(err), ", "); !strings.Contains(got, strings.Split(want, " ")[1]) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	program := h.program("Family Awareness")
	in := ruled(forVeterans, models.Rule{Key: "first", Rule: models.RuleCompleted, ProgramIDs: []uuid.UUID{program}})
	w := h.open(in, startsOn)
	if len(w.Rules) != 2 || len(w.Asks) != 2 || !strings.Contains(w.Asks[1], "Family Awareness") || !strings.Contains(w.Asks[0], "veterans") {
		t.Errorf("%+v %q", w.Rules, w.Asks)
	}
	copied, err := h.Clone(h.staff(), w.ID, workshops.CloneWorkshop{IsTemplate: true})
	if err != nil || len(copied.Rules) != 2 {
		t.Fatalf("%v %+v", err, copied)
	}
	again, err := h.Clone(h.staff(), copied.ID, workshops.CloneWorkshop{})
	if err != nil || len(again.Rules) != 2 {
		t.Fatalf("%v %+v", err, again)
	}
	none, err := h.Update(h.staff(), w.ID, workshops.WorkshopPatch{Rules: services.Null[models.Rules]()})
	if err != nil || none.Rules == nil || len(none.Rules) != 0 || none.Asks != nil {
		t.Errorf("%v %+v", err, none)
	}
	if n := h.count(`select count(*) from audit_log where action = 'workshop.update' and changes::text like '%"rules"%'`); n != 1 {
		t.Errorf("%d rows of the log tell that the rules changed", n)
	}
}
