package workshops_test

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

// apart keeps two people apart, as a coordinator does.
func (h *hall) apart(kind models.SeparationKind, first, second uuid.UUID) uuid.UUID {
	h.t.Helper()
	id := services.NewID()
	h.exec(`insert into separations (id, version, created_at, updated_at, kind, first_id, second_id, review_on, status, created_by)
		values ($1, 1, $2, $2, $3, $4, $5, '2027-01-31', 'live', $6)`, id, planningDay, string(kind), first, second, h.boss)
	return id
}

func (h *hall) held(r *workshops.RegistrationView) *workshops.RegistrationView {
	h.t.Helper()
	h.want(r, models.RegistrationPending)
	if got := h.now(r.ID).Review; !slices.Contains(got, models.ReviewHeld) {
		h.t.Fatalf("staff look at it for %v", got)
	}
	if len(r.Review) > 0 {
		h.t.Fatalf("the member is told %v", r.Review)
	}
	return r
}

// clash is the task about two people who both have a place.
func (h *hall) clash(kept uuid.UUID) (due time.Time, also []uuid.UUID, found bool) {
	h.t.Helper()
	h.super(func(c *pgx.Conn) error {
		rows, err := c.Query(context.Background(), `select due_at, also_about from tasks where kind = 'separation_clash' and member_id = $1 and status = 'open'`, kept)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			found = true
			if err := rows.Scan(&due, &also); err != nil {
				return err
			}
		}
		return rows.Err()
	})
	return due, also, found
}

func TestWhateverAKeptApartPersonAsksForIsLookedAt(t *testing.T) {
	h := openHall(t)
	in := workshops.NewWorkshop{Capacity: number(5), GuestsPerParty: 3}
	x, y, friend := h.person("Xavier", false), h.person("Yara", false), h.person("Fred", false)
	h.apart(models.SeparationProtected, y, x)

	alone := h.held(h.register(h.me(x), h.workshop(in), workshops.Register{}))
	if _, err := h.Approve(h.staff(), alone.ID, workshops.Approval{}); err != nil {
		t.Fatal(err)
	}
	guest := workshops.AttendeeInput{Guest: &workshops.GuestInput{Name: "Rosa Ortega", Kind: models.SeatAdult}}
	grown, err := h.AddAttendee(h.me(x), alone.ID, guest)
	if err != nil {
		t.Fatal(err)
	}
	h.held(grown)
	if _, err := h.Approve(h.staff(), alone.ID, workshops.Approval{}); err != nil {
		t.Fatal(err)
	}
	swapped, err := h.SwapAttendee(h.me(x), alone.ID, grown.Attendees[1].ID, guest)
	if err != nil {
		t.Fatal(err)
	}
	h.held(swapped)

	h.held(h.register(h.me(x), h.workshop(in), guests(x, 2)))
	h.want(h.register(h.me(y), h.workshop(in), workshops.Register{}), models.RegistrationConfirmed)
	h.want(h.register(h.me(friend), h.workshop(in), workshops.Register{}), models.RegistrationConfirmed)

	child := h.child(friend, true)
	h.apart(models.SeparationMutual, child, y)
	h.held(h.register(h.me(friend), h.workshop(in), members(friend, child)))
	h.held(h.register(h.me(y), h.workshop(in), workshops.Register{})) // a mutual one concerns both

	byStaff := members(x)
	w := h.workshop(in)
	h.held2(h.register(h.staff(), w, byStaff))
	other := h.workshop(in)
	byStaff.WaiveReason = "Spoke with both"
	h.want(h.register(h.staff(), other, byStaff), models.RegistrationConfirmed)
	h.checkCounts()
}

// held2 is held for staff, who are told why.
func (h *hall) held2(r *workshops.RegistrationView) {
	h.t.Helper()
	if h.want(r, models.RegistrationPending); !slices.Contains(r.Review, models.ReviewHeld) {
		h.t.Fatalf("staff look at it for %v", r.Review)
	}
}

func TestAKeptApartPersonWhoWaitsIsLookedAtAtTheirTurn(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{Capacity: number(1)})
	x, y, first := h.person("Xavier", false), h.person("Yara", false), h.person("Fred", false)
	taken := h.register(h.me(first), w, workshops.Register{})
	waits := h.want(h.register(h.me(x), w, workshops.Register{}), models.RegistrationWaitlisted)
	h.apart(models.SeparationProtected, y, x) // only now
	if _, err := h.Cancel(h.me(first), taken.ID, workshops.Cancellation{}); err != nil {
		t.Fatal(err)
	}
	h.want(h.now(waits.ID), models.RegistrationOffered)
	got, err := h.AcceptOffer(h.me(x), waits.ID)
	if err != nil {
		t.Fatal(err)
	}
	h.held(got)
	h.checkCounts()
}

// verified gives a member an account whose address is theirs.
func (h *hall) verified(member uuid.UUID, email string) {
	h.t.Helper()
	h.exec(`update members set email = $2 where id = $1`, member, email)
	h.exec(`insert into accounts (id, version, created_at, updated_at, member_id, email, roles, status, email_verified_at, auth_changed_at)
		values ($1, 1, $2, $2, $1, $3, '{member}', 'active', $2, $2)`, member, planningDay, email)
}

func TestAnInvitationThatAKeptApartPersonAccepts(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{Capacity: number(3)})
	x, y, lead := h.person("Xavier", false), h.person("Yara", false), h.person("Fred", false)
	h.verified(x, "x@example.org")
	h.apart(models.SeparationProtected, y, x)
	in := members(lead)
	in.Attendees = append(in.Attendees, workshops.AttendeeInput{Invite: &workshops.InviteInput{Name: "Xavier", Email: "x@example.org"}})
	r := h.want(h.register(h.me(lead), w, in), models.RegistrationConfirmed)
	asked := r.Attendees[1].ID
	got, err := h.AcceptInvitation(h.me(x), r.ID, asked, workshops.Acceptance{})
	if err != nil {
		t.Fatal(err)
	}
	if got.State != "attending" || got.RegistrationID == r.ID {
		t.Fatalf("%+v", got)
	}
	own, err := h.Registration(h.me(x), got.RegistrationID)
	if err != nil {
		t.Fatal(err)
	}
	h.held(own)
	if n := h.mails(models.NoticeRegistrationReceived, own.ID); n != 1 {
		t.Errorf("%d mails that it was received", n)
	}
	theirs, err := h.Registration(h.me(lead), r.ID)
	if err != nil || theirs.State != models.RegistrationConfirmed || theirs.Attendees[1].State != models.AttendeeInvited {
		t.Errorf("who invited sees %+v %v", theirs, err)
	}
	if _, err := h.Registration(h.me(x), r.ID); codeOf(err) != services.CodeNotFound {
		t.Errorf("who was invited sees the party: %v", err)
	}
	h.checkCounts()
}

func TestAnInvitationToWhomOneIsKeptApartFromIsKeptBack(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{Capacity: number(9)})
	x, y := h.person("Xavier", false), h.person("Yara", false)
	h.verified(y, "y@example.org")
	h.apart(models.SeparationProtected, y, x)
	ask := func(who uuid.UUID, email string) *workshops.RegistrationView {
		in := members(who)
		in.Attendees = append(in.Attendees, workshops.AttendeeInput{Invite: &workshops.InviteInput{Name: "Friend", Email: email}})
		return h.register(h.me(who), w, in)
	}
	r := h.held(ask(x, "y@example.org"))
	if n := h.mails(models.NoticeRegistrationInvited, r.ID); n != 0 {
		t.Error("the invitation went to whom they are kept apart from")
	}
	if r.Attendees[1].State != models.AttendeeInvited || r.Attendees[1].InviteExpiresAt == nil {
		t.Errorf("%+v", r.Attendees[1])
	}
	if mine, err := h.MyInvitations(h.me(y)); err != nil || len(mine.Data) != 0 {
		t.Errorf("%+v %v", mine, err)
	}
	if _, err := h.AcceptInvitation(h.me(y), r.ID, r.Attendees[1].ID, workshops.Acceptance{}); codeOf(err) != services.CodeNotFound {
		t.Errorf("%v", err)
	}
	z := h.person("Zoe", false)
	if n := h.mails(models.NoticeRegistrationInvited, ask(z, "y@example.org").ID); n != 1 {
		t.Error("an invitation of anybody else did not go out")
	}
}

// Whoever asks: nobody is brought into a party that holds whom they are kept apart from, be it a party that took them in later.
func TestAnInvitationIntoAPartyThatHoldsWhomOneIsKeptApartFrom(t *testing.T) {
	h := openHall(t)
	x, y, fred := h.person("Xavier", false), h.person("Yara", false), h.person("Fred", false)
	h.verified(y, "y@example.org")
	h.apart(models.SeparationProtected, y, x)
	friend := workshops.AttendeeInput{Invite: &workshops.InviteInput{Name: "Friend", Email: "y@example.org"}}
	invitations := func() int {
		t.Helper()
		mine, err := h.MyInvitations(h.me(y))
		if err != nil {
			t.Fatal(err)
		}
		return len(mine.Data)
	}
	in := members(fred, x)
	in.LeadMemberID, in.WaiveReason = &fred, "Spoke with both"
	first := h.want(h.register(h.staff(), h.workshop(workshops.NewWorkshop{Capacity: number(9)}), in), models.RegistrationConfirmed)
	r, err := h.AddAttendee(h.me(fred), first.ID, friend)
	if err != nil {
		t.Fatal(err)
	}
	if n := h.mails(models.NoticeRegistrationInvited, r.ID); n != 0 || invitations() != 0 {
		t.Errorf("%d mails, %d invitations into a party with whom she is kept apart from", n, invitations())
	}
	asked := r.Attendees[len(r.Attendees)-1].ID
	if _, err := h.AcceptInvitation(h.me(y), r.ID, asked, workshops.Acceptance{}); codeOf(err) != services.CodeNotFound {
		t.Errorf("she joins it: %v", err)
	}

	later := h.register(h.me(fred), h.workshop(workshops.NewWorkshop{Capacity: number(9)}), members(fred))
	if later, err = h.AddAttendee(h.me(fred), later.ID, friend); err != nil {
		t.Fatal(err)
	}
	if invitations() != 1 {
		t.Fatal("she is not asked where he is not")
	}
	asked = later.Attendees[1].ID
	if _, err = h.AddAttendee(h.staff(), later.ID, workshops.AttendeeInput{MemberID: &x}); err != nil {
		t.Fatal(err)
	}
	if invitations() != 0 {
		t.Error("she is asked into a party that took him in")
	}
	got, err := h.AcceptInvitation(h.staff(), later.ID, asked, workshops.Acceptance{MemberID: &y})
	if err != nil {
		t.Fatal(err)
	}
	if got.RegistrationID == later.ID {
		t.Fatal("she is in one party with him")
	}
	own, err := h.Registration(h.me(y), got.RegistrationID)
	if err != nil {
		t.Fatal(err)
	}
	h.held(own)
	h.checkCounts()
}

// What staff do with a party of a record that is kept to others tells them no more than looking at it does.
func TestAnswersOfARestrictedRecordsParty(t *testing.T) {
	h := openHall(t)
	luis, dan := h.person("Luis", false), h.person("Dan", false)
	h.exec(`insert into member_restrictions (id, created_at, member_id, staff_id, restricted_by) values ($1, $2, $3, $4, $4)`, services.NewID(), planningDay, luis, h.boss)
	in := members(luis)
	in.Note = "the shelter's van brings us"
	r := h.want(h.register(h.me(luis), h.workshop(workshops.NewWorkshop{ApprovalRequired: true, GuestsPerParty: 2}), in), models.RegistrationPending)
	unnamed := func() context.Context { return h.as(dan, "*", models.RoleCoordinator) }
	if _, err := h.Approve(unnamed(), r.ID, workshops.Approval{}); codeOf(err) != workshops.CodeOwnRecord {
		t.Errorf("he decides: %v", err)
	}
	guest := workshops.AttendeeInput{Guest: &workshops.GuestInput{Name: "Rosa", Kind: models.SeatAdult}}
	added, err := h.AddAttendee(unnamed(), r.ID, guest)
	if err != nil || added.Note != nil || added.Review != nil {
		t.Errorf("adding answers %v %s", err, text(added))
	}
	known, err := h.AddAttendee(h.staff(), r.ID, guest)
	if err != nil || known.Note == nil || len(known.Review) == 0 {
		t.Errorf("named staff are answered %v %s", err, text(known))
	}
	gone, err := h.Cancel(unnamed(), r.ID, workshops.Cancellation{Reason: "They called"})
	if err != nil || gone.Note != nil || gone.Review != nil {
		t.Errorf("cancelling answers %v %s", err, text(gone))
	}
}

func TestStaffAreToldOfAClashBeforeTheyApprove(t *testing.T) {
	h := openHall(t)
	in := workshops.NewWorkshop{Capacity: number(5)}
	w := h.workshop(in)
	x, y := h.person("Xavier", false), h.person("Yara", false)
	id := h.apart(models.SeparationProtected, y, x)
	h.register(h.me(y), w, workshops.Register{})
	r := h.held(h.register(h.me(x), w, workshops.Register{}))

	for _, party := range []uuid.UUID{x, y, h.child(y, true)} {
		if _, err := h.Approve(h.as(party, "*", models.RoleCoordinator), r.ID, workshops.Approval{}); codeOf(err) != workshops.CodeOwnRecord {
			t.Errorf("staff who must not know of it: %v", err)
		}
	}
	_, err := h.Approve(h.staff(), r.ID, workshops.Approval{})
	var e *services.Error
	if codeOf(err) != workshops.CodeSeparationClash {
		t.Fatalf("%v", err)
	}
	e = err.(*services.Error) //nolint:errorlint // it was one above
	if len(e.Fields) != 1 || !strings.Contains(e.Fields[0].Message, id.String()) {
		t.Errorf("%+v", e)
	}
	got, err := h.Approve(h.staff(), r.ID, workshops.Approval{Reason: "They sit in two rooms"})
	if err != nil {
		t.Fatal(err)
	}
	h.want(got, models.RegistrationConfirmed)

	elsewhere := h.held(h.register(h.me(x), h.workshop(in), workshops.Register{}))
	if _, err := h.Approve(h.staff(), elsewhere.ID, workshops.Approval{}); err != nil {
		t.Errorf("where the other is not: %v", err)
	}
}

func TestTheProtectedSideIsServedLikeAnybody(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{Capacity: number(5)})
	x, y := h.person("Xavier", false), h.person("Yara", false)
	h.apart(models.SeparationProtected, y, x)
	h.held(h.register(h.me(x), w, workshops.Register{}))
	h.want(h.register(h.me(y), w, workshops.Register{}), models.RegistrationConfirmed)
	h.later(planningDay)
	due, also, found := h.clash(x)
	if !found || !slices.Equal(also, []uuid.UUID{y}) {
		t.Fatalf("no task, or not about both: %v %v", found, also)
	}
	zone, _ := time.LoadLocation(models.DefaultTimeZone)
	if due.Before(planningDay) || due.In(zone).Format(time.DateOnly) != planningDay.In(zone).Format(time.DateOnly) {
		t.Errorf("the task is due %s", due)
	}
	h.want(h.register(h.me(y), h.workshop(workshops.NewWorkshop{}), workshops.Register{}), models.RegistrationConfirmed)
	h.later(planningDay)
	if n := h.count(`select count(*) from tasks where kind = 'separation_clash'`); n != 1 {
		t.Errorf("%d tasks", n)
	}
}

func TestAShareOfAllRequestsIsLookedAt(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{Capacity: number(100)})
	some := h.WithShare(40)
	drawn := 0
	for _, who := range h.crowd(60) {
		r, err := some.Register(h.me(who), w, workshops.Register{})
		if err != nil {
			t.Fatal(err)
		}
		if r.State == models.RegistrationPending {
			drawn++
		}
		if _, err := some.Cancel(h.me(who), r.ID, workshops.Cancellation{}); err != nil {
			t.Fatal(err)
		}
		again, err := some.Register(h.me(who), w, workshops.Register{})
		if err != nil {
			t.Fatal(err)
		}
		h.want(again, r.State)
	}
	if drawn < 12 || drawn > 36 { // 24 expected; the ids are random
		t.Errorf("%d of 60 were drawn at 40 per cent", drawn)
	}
}

var (
	anyID   = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	anyTime = regexp.MustCompile(`20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z`)
)

// words is what a member is answered and mailed about a registration, without what tells two of them apart.
func (h *hall) words(who uuid.UUID, r *workshops.RegistrationView) string {
	h.t.Helper()
	seen, err := h.Registration(h.me(who), r.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	var out strings.Builder
	for _, v := range []any{r, seen} {
		b, err := json.Marshal(v)
		if err != nil {
			h.t.Fatal(err)
		}
		fmt.Fprintln(&out, string(b))
	}
	h.super(func(c *pgx.Conn) error {
		rows, err := c.Query(context.Background(), `select event || ' ' || state || ' ' || coalesce(data::text, '') from messages where record_id = $1 order by event, created_at`, r.ID)
		if err != nil {
			return err
		}
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		fmt.Fprintln(&out, strings.Join(lines, "\n"))
		return err
	})
	return anyTime.ReplaceAllString(anyID.ReplaceAllString(out.String(), "ID"), "TIME")
}

func TestEveryReviewHasTheSameWords(t *testing.T) {
	h := openHall(t)
	x, y, anybody := h.person("Xavier", false), h.person("Xavier", false), h.person("Xavier", false)
	h.apart(models.SeparationProtected, y, x)
	yes := true
	plain, rule := h.workshop(workshops.NewWorkshop{}), h.workshop(workshops.NewWorkshop{ApprovalRequired: yes})
	held, byRule := h.words(x, h.register(h.me(x), plain, workshops.Register{})), h.words(anybody, h.register(h.me(anybody), rule, workshops.Register{}))
	if held != byRule {
		t.Errorf("held:\n%s\nby rule:\n%s", held, byRule)
	}
	// With a child whose guardian is not confirmed, and with one of a kept-apart guardian whom staff have confirmed.
	apart, unsure := h.person("Xavier", false), h.person("Xavier", false)
	h.apart(models.SeparationProtected, y, apart)
	w := h.workshop(workshops.NewWorkshop{MinimumAge: nil})
	a := h.words(apart, h.register(h.me(apart), w, members(apart, h.child(apart, true))))
	b := h.words(unsure, h.register(h.me(unsure), w, members(unsure, h.child(unsure, false))))
	if a != b {
		t.Errorf("held:\n%s\nguardianship:\n%s", a, b)
	}
}

// What a kept-apart person asks for takes the same number of round trips wherever the other is, and as many as anybody's.
func TestTheTimingSaysNothing(t *testing.T) {
	worlds := map[string][]int{}
	for _, world := range []string{"there", "elsewhere", "nowhere", "no separation"} {
		h := openHall(t)
		w, w2, full := h.workshop(workshops.NewWorkshop{Capacity: number(8), GuestsPerParty: 3}), h.workshop(workshops.NewWorkshop{}), h.workshop(workshops.NewWorkshop{Capacity: number(1)})
		x, y, z := h.person("Xavier", false), h.person("Yara", false), h.person("Zoe", false)
		if world != "no separation" {
			h.apart(models.SeparationProtected, y, x)
		}
		in := map[string][2]uuid.UUID{"there": {y, z}, "elsewhere": {z, y}}[world]
		if in == [2]uuid.UUID{} {
			in = [2]uuid.UUID{z, z}
		}
		h.register(h.me(in[0]), w, workshops.Register{})
		h.register(h.me(in[1]), w2, workshops.Register{})
		seat := h.register(h.me(in[0]), full, workshops.Register{})

		counted, c := h.counted()
		warm := h.crowd(3)
		run := func(who uuid.UUID, measure bool) {
			step := func(do func() (*workshops.RegistrationView, error)) *workshops.RegistrationView {
				c.Taken()
				r, err := do()
				if err != nil {
					t.Fatal(err)
				}
				if n := c.Taken(); measure {
					worlds[world] = append(worlds[world], n)
				}
				return r
			}
			ctx := func() context.Context { return h.me(who) }
			r := step(func() (*workshops.RegistrationView, error) { return counted.Register(ctx(), w, workshops.Register{}) })
			step(func() (*workshops.RegistrationView, error) {
				return counted.AddAttendee(ctx(), r.ID, workshops.AttendeeInput{Guest: &workshops.GuestInput{Name: "Rosa", Kind: models.SeatAdult}})
			})
			step(func() (*workshops.RegistrationView, error) {
				return counted.Cancel(ctx(), r.ID, workshops.Cancellation{})
			})
			waits := step(func() (*workshops.RegistrationView, error) {
				return counted.Register(ctx(), full, workshops.Register{})
			})
			if measure {
				if _, err := h.Cancel(h.me(in[0]), seat.ID, workshops.Cancellation{}); err != nil {
					t.Fatal(err)
				}
				step(func() (*workshops.RegistrationView, error) { return counted.AcceptOffer(ctx(), waits.ID) })
				return
			}
			if _, err := h.Cancel(h.me(who), waits.ID, workshops.Cancellation{}); err != nil {
				t.Fatal(err)
			}
		}
		for _, who := range warm { // the first of each kind also prepares its statements
			run(who, false)
		}
		run(x, true)
	}
	for _, world := range []string{"elsewhere", "nowhere"} {
		if !reflect.DeepEqual(worlds["there"], worlds[world]) {
			t.Errorf("round trips: %v", worlds)
		}
	}
	t.Logf("round trips of register, add, cancel, wait, accept: %v", worlds)
}
