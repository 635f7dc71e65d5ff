package workshops_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/forms"
	"homefront/services/people"
	"homefront/services/workshops"
)

// family is a hall with the office that looks after guardianships.
type family struct {
	*hall
	people *people.Service
}

func openFamily(t *testing.T) *family {
	f := &family{hall: openHall(t)}
	f.people = people.New(f.core)
	services.Handle(f.core.Jobs, 1, func(context.Context, people.TeenConsentEnded) error { return nil }) // accounts' to work
	return f
}

func (f *family) guardianship(guardian, child uuid.UUID) uuid.UUID {
	f.t.Helper()
	page, err := f.people.ListGuardianships(f.staff(), people.GuardianshipFilter{PageQuery: services.PageQuery{Limit: 25}, GuardianID: guardian, ChildID: child})
	if err != nil || len(page.Data) != 1 {
		f.t.Fatalf("%v %+v", err, page.Data)
	}
	return page.Data[0].ID
}

func (f *family) end(guardian, child uuid.UUID) uuid.UUID {
	f.t.Helper()
	id := f.guardianship(guardian, child)
	if _, err := f.people.EndGuardianship(f.staff(), id, people.StaffReason{Reason: "Court order"}); err != nil {
		f.t.Fatal(err)
	}
	return id
}

func (f *family) mine(who uuid.UUID) services.Page[workshops.RegistrationView] {
	f.t.Helper()
	page, err := f.MyRegistrations(f.me(who), workshops.MyRegistrationQuery{PageQuery: services.PageQuery{Limit: 25, Count: true}})
	if err != nil {
		f.t.Fatal(err)
	}
	return page
}

// of is the attendee's row of a member, as it is in the view of a party.
func of(r *workshops.RegistrationView, member uuid.UUID) *workshops.AttendeeView {
	i := slices.IndexFunc(r.Attendees, func(a workshops.AttendeeView) bool { return a.MemberID != nil && *a.MemberID == member })
	if i < 0 {
		return nil
	}
	return &r.Attendees[i]
}

// text is an answer as it goes out.
func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func (f *family) led(child uuid.UUID, workshop uuid.UUID) uuid.UUID {
	f.t.Helper()
	page, err := f.Registrations(f.staff(), workshop, workshops.RegistrationQuery{PageQuery: services.PageQuery{Limit: 25}})
	if err != nil {
		f.t.Fatal(err)
	}
	for i := range page.Data {
		if page.Data[i].LeadMemberID == child {
			return page.Data[i].ID
		}
	}
	f.t.Fatalf("nobody leads for the child: %s", text(page.Data))
	return uuid.Nil
}

// change is something that a lead does with their party; each reads the separations of its people first.
type change struct {
	what string
	do   func() error
}

func (f *family) changes(who, party, attendee uuid.UUID) []change {
	guest := workshops.AttendeeInput{Guest: &workshops.GuestInput{Name: "Rosa", Kind: models.SeatAdult}}
	return []change{
		{"add", func() error { _, err := f.AddAttendee(f.me(who), party, guest); return err }},
		{"swap", func() error { _, err := f.SwapAttendee(f.me(who), party, attendee, guest); return err }},
		{"split", func() error {
			_, err := f.Split(f.me(who), party, workshops.Split{AttendeeIDs: []uuid.UUID{attendee}, LeadMemberID: who})
			return err
		}},
		{"accept", func() error { _, err := f.AcceptOffer(f.me(who), party); return err }},
		{"decline", func() error { _, err := f.DeclineOffer(f.me(who), party); return err }},
	}
}

func TestAFormerGuardianSeesAndChangesNothingOfTheChild(t *testing.T) {
	f := openFamily(t)
	luis := f.person("Luis", false)
	maya := f.child(luis, true)
	together, teens := f.workshop(workshops.NewWorkshop{}), f.workshop(workshops.NewWorkshop{TeenProgram: true})
	full := f.workshop(workshops.NewWorkshop{Capacity: number(2)})
	f.register(f.me(f.person("Guest", false)), full, workshops.Register{})
	both := f.want(f.register(f.me(luis), together, members(luis, maya)), models.RegistrationConfirmed)
	alone := f.want(f.register(f.me(luis), teens, members(maya)), models.RegistrationConfirmed)
	waits := f.want(f.register(f.me(luis), full, members(luis, maya)), models.RegistrationWaitlisted)
	code, err := f.CheckInCode(f.me(luis), both.ID, of(both, maya).ID)
	if err != nil {
		t.Fatal(err)
	}
	if got := f.mine(luis); len(got.Data) != 3 {
		t.Fatalf("he has %s", text(got))
	}
	const written = `select count(*) from messages where member_id = $1 and record_id <> $2` // the place that his own party is offered is his to hear of
	mails := f.count(written, luis, waits.ID)

	id := f.end(luis, maya)
	// The job has not run: what is asked at use is enough to see nothing.
	check := func(when string) {
		t.Helper()
		got := f.mine(luis)
		if s := text(got); strings.Contains(s, "Maya") || strings.Contains(s, maya.String()) || len(got.Data) != 2 || *got.Total != 2 {
			t.Errorf("%s: he sees %s", when, s)
		}
		for _, c := range append(f.changes(luis, alone.ID, of(alone, maya).ID), []change{
			{"get", func() error { _, err := f.Registration(f.me(luis), alone.ID); return err }},
			{"code", func() error { _, err := f.CheckInCode(f.me(luis), both.ID, of(both, maya).ID); return err }},
			{"code alone", func() error { _, err := f.CheckInCode(f.me(luis), alone.ID, of(alone, maya).ID); return err }},
			{"picture", func() error { _, err := f.CheckInPicture(f.me(luis), both.ID, of(both, maya).ID); return err }},
			{"excuse", func() error {
				_, err := f.NotThisTime(f.me(luis), both.ID, of(both, maya).ID, workshops.Excuse{SessionID: uuid.New()})
				return err
			}},
			{"cancel", func() error { _, err := f.Cancel(f.me(luis), alone.ID, workshops.Cancellation{}); return err }},
			{"renew", func() error { _, err := f.RenewCheckInCode(f.me(luis), alone.ID, of(alone, maya).ID); return err }},
			{"remove", func() error { return f.RemoveAttendee(f.me(luis), alone.ID, of(alone, maya).ID) }},
		}...) {
			if err := c.do(); codeOf(err) != services.CodeNotFound {
				t.Errorf("%s: %s answers %v", when, c.what, err)
			}
		}
	}
	check("at once")
	if _, err := f.Cancel(f.me(luis), both.ID, workshops.Cancellation{}); codeOf(err) != services.CodeBusy {
		t.Errorf("cancelling her place with his: %v", err)
	}
	for _, c := range f.changes(luis, both.ID, of(both, maya).ID) {
		if err := c.do(); codeOf(err) != services.CodeBusy {
			t.Errorf("%s in the party that she is of: %v", c.what, err)
		}
	}
	f.later(planningDay.Add(time.Minute))
	check("later")
	f.later(planningDay.Add(2 * time.Minute)) // doing it twice does nothing more

	for _, w := range []uuid.UUID{together, teens} {
		hers := f.want(f.now(f.led(maya, w)), models.RegistrationPending)
		if len(hers.Attendees) != 1 || !slices.Contains(hers.Review, models.ReviewGuardianship) {
			t.Errorf("her place: %s", text(hers))
		}
	}
	f.want(f.now(f.led(maya, full)), models.RegistrationWaitlisted)
	f.checkCounts()
	if n := f.count(`select count(*) from tasks where kind = 'guardian_gone' and status = 'open' and due_at < $1 and also_about = $2`, planningDay.Add(16*time.Hour), []uuid.UUID{luis}); n != 3 {
		t.Errorf("%d tasks for the same day", n)
	}
	if n := f.count(written, luis, waits.ID); n != mails {
		t.Errorf("he was written to")
	}
	// What freed a seat in the line was told to nobody but who it was for.
	f.want(f.now(waits.ID), models.RegistrationOffered)
	if _, err := f.Cancel(f.me(luis), both.ID, workshops.Cancellation{}); err != nil {
		t.Errorf("his own place is his to cancel: %v", err)
	}
	f.want(f.now(f.led(maya, together)), models.RegistrationPending)

	if _, err := f.people.ReinstateGuardianship(f.staff(), id, people.StaffReason{Reason: "The order was lifted"}); err != nil {
		t.Fatal(err)
	}
	f.later(planningDay.Add(3 * time.Minute))
	got := f.mine(luis)
	again := 0
	for i := range got.Data {
		if of(&got.Data[i], maya) != nil {
			again++
		}
	}
	if again != 3 {
		t.Errorf("reinstated, he sees her in %d of %s", again, text(got))
	}
	if n := f.count(`select count(*) from tasks where kind = 'guardian_gone' and status = 'open'`); n != 0 {
		t.Errorf("%d tasks are open still", n)
	}
	if again, err := f.CheckInCode(f.me(luis), both.ID, of(both, maya).ID); err == nil && again.Code == code.Code {
		t.Error("the code he kept a picture of still lets somebody in")
	}
	if n := f.count(`select count(*) from released_places`); n != 0 {
		t.Errorf("%d places are released still", n)
	}
}

// An adult who unlinked from their caregiver keeps their place, and the caregiver neither sees it nor gives it to others.
func TestAFormerCaregiverSeesAndChangesNothingOfTheAdult(t *testing.T) {
	f := openFamily(t)
	luis, ana := f.person("Luis", false), f.person("Ana", false)
	id := services.NewID()
	f.exec(`insert into relationships (id, version, created_at, updated_at, member_id, other_id, kind, status, asked_by, decided_at) values ($1, 1, $2, $2, $3, $4, 'caregiver', 'accepted', $3, $2)`, id, planningDay, luis, ana)
	in := workshops.NewWorkshop{Capacity: number(9), GuestsPerParty: 3}
	both := f.want(f.register(f.me(luis), f.workshop(in), members(luis, ana)), models.RegistrationConfirmed)
	alone := f.want(f.register(f.me(luis), f.workshop(in), members(ana)), models.RegistrationConfirmed)
	f.exec(`update relationships set status = 'ended', ended_at = $2, ended_by = $3 where id = $1`, id, planningDay, ana)

	for _, c := range f.changes(luis, alone.ID, of(alone, ana).ID) {
		if err := c.do(); codeOf(err) != services.CodeNotFound {
			t.Errorf("%s where she comes alone: %v", c.what, err)
		}
	}
	for _, c := range f.changes(luis, both.ID, of(both, ana).ID) {
		if err := c.do(); codeOf(err) != services.CodeBusy {
			t.Errorf("%s where both come: %v", c.what, err)
		}
	}
	if seen, err := f.Registration(f.me(luis), both.ID); err != nil || strings.Contains(text(seen), "Ana") {
		t.Errorf("%v %s", err, text(seen))
	}
	hers, err := f.Registration(f.me(ana), both.ID)
	if err != nil || of(hers, ana) == nil || of(hers, ana).State != models.AttendeeAttending {
		t.Fatalf("%v %s", err, text(hers))
	}
	if _, err := f.Leave(f.me(ana), both.ID, of(both, ana).ID); err != nil {
		t.Fatal(err)
	}
	grown, err := f.AddAttendee(f.me(luis), both.ID, workshops.AttendeeInput{Guest: &workshops.GuestInput{Name: "Rosa", Kind: models.SeatAdult}})
	if err != nil || strings.Contains(text(grown), "Ana") {
		t.Errorf("his own party, once she left it: %v %s", err, text(grown))
	}
	f.checkCounts()
}

// A place that a second guardian leads goes on under them.
func TestTheOtherGuardianOfThePartyTakesThePlaceOver(t *testing.T) {
	f := openFamily(t)
	ana, luis := f.person("Ana", false), f.person("Luis", false)
	maya := f.child(luis, true)
	f.guard(ana, maya, true)
	w := f.workshop(workshops.NewWorkshop{})
	p := f.want(f.register(f.me(luis), w, members(luis, maya)), models.RegistrationConfirmed)
	f.exec(`update registrations set lead_member_id = $2 where id = $1`, p.ID, ana)
	f.end(luis, maya)
	f.later(planningDay.Add(time.Minute))
	hers, err := f.Registration(f.me(ana), p.ID)
	if err != nil || of(hers, maya) == nil || hers.State != models.RegistrationConfirmed {
		t.Errorf("%v %s", err, text(hers))
	}
	his, err := f.Registration(f.me(luis), p.ID)
	if err != nil || strings.Contains(text(his), "Maya") {
		t.Errorf("%v %s", err, text(his))
	}
	if _, err := f.Leave(f.me(luis), p.ID, of(p, luis).ID); codeOf(err) == services.CodeBusy {
		t.Errorf("her place is not his to wait for: %v", err)
	}
}

// What a form still asks goes with the place into other hands: the heir's, the child's own, and back.
func TestTheFormGoesWithThePlace(t *testing.T) {
	f := openFamily(t)
	office := forms.New(f.core)
	answer := func(who uuid.UUID, view *workshops.AttendeeView) {
		t.Helper()
		if view == nil || view.Form == nil {
			t.Fatalf("no form: %s", text(view))
		}
		if _, err := office.Response(f.me(who), view.Form.ResponseID); err != nil {
			t.Errorf("the id that they are shown: %v", err)
		}
		if _, err := office.Answer(f.me(who), view.Form.ResponseID, forms.GiveAnswers{Answers: map[string]any{"seat": "Near the door"}}); err != nil {
			t.Errorf("answering: %v", err)
		}
	}
	ana, luis := f.person("Ana", false), f.person("Luis", false)
	maya := f.child(luis, true)
	f.guard(ana, maya, true)
	p := f.register(f.me(luis), f.workshop(f.asking()), members(luis, maya))
	given := f.register(f.me(luis), f.workshop(f.asking()), workshops.Register{Attendees: []workshops.AttendeeInput{{MemberID: &luis}, answering(maya, "Here")}})
	for _, id := range []uuid.UUID{p.ID, given.ID} {
		f.exec(`update registrations set lead_member_id = $2 where id = $1`, id, ana)
	}
	f.end(luis, maya)
	f.later(planningDay.Add(time.Minute))
	hers, err := f.Registration(f.me(ana), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	answer(ana, of(hers, maya))
	hers, err = f.Registration(f.me(ana), given.ID)
	if err != nil || of(hers, maya) == nil || of(hers, maya).Form != nil {
		t.Errorf("what he answered is shown to her: %v %s", err, text(hers))
	}

	nora := f.child(luis, true)
	f.exec(`update members set birth_date = '2011-06-01', given_name = 'Nora' where id = $1`, nora)
	w := f.workshop(f.asking())
	f.register(f.me(luis), w, members(luis, nora))
	guardianship := f.end(luis, nora)
	f.later(planningDay.Add(2 * time.Minute))
	alone := f.led(nora, w)
	own, err := f.Registration(f.me(nora), alone)
	if err != nil || of(own, nora) == nil {
		t.Fatalf("%v %s", err, text(own))
	}
	if _, by := f.response(of(own, nora).ID); by != nora {
		t.Errorf("it is %s's to answer", by)
	}
	if _, err := f.people.ReinstateGuardianship(f.staff(), guardianship, people.StaffReason{Reason: "The order was lifted"}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.people.ConfirmGuardianship(f.staff(), guardianship, people.ConfirmGuardianship{Evidence: "Birth certificate"}); err != nil {
		t.Fatal(err)
	}
	f.later(planningDay.Add(3 * time.Minute))
	back, err := f.Registration(f.me(luis), alone)
	if err != nil {
		t.Fatal(err)
	}
	answer(luis, of(back, nora))
}

func TestWhoTurns18HasTheirPlaceThemselves(t *testing.T) {
	f := openFamily(t)
	luis := f.person("Luis", false)
	noah := f.child(luis, true)
	f.exec(`update members set birth_date = '2008-09-10', given_name = 'Noah' where id = $1`, noah)
	w := f.workshop(workshops.NewWorkshop{})
	p := f.want(f.register(f.me(luis), w, members(luis, noah)), models.RegistrationConfirmed)
	f.core.Clock.Set(time.Date(2026, 9, 10, 3, 59, 0, 0, time.UTC)) // the evening before, in New York
	if seen, err := f.Registration(f.me(luis), p.ID); err != nil || len(seen.Attendees) != 2 {
		t.Errorf("the day before: %v %s", err, text(seen))
	}
	midnight := time.Date(2026, 9, 10, 4, 0, 0, 0, time.UTC)
	f.core.Clock.Set(midnight)
	if seen, err := f.Registration(f.me(luis), p.ID); err != nil || len(seen.Attendees) != 1 || strings.Contains(text(seen), "Noah") {
		t.Errorf("on the birthday: %v %s", err, text(seen))
	}
	id := f.guardianship(luis, noah)
	_, err := services.Mutate(services.AsSystem(t.Context(), "test"), f.core, "test.changed", func(tx *services.Tx) (struct{}, error) {
		tx.Unchanged()
		return struct{}{}, tx.Enqueue(people.GuardianshipChanged{GuardianshipID: id}, midnight)
	})
	if err != nil {
		t.Fatal(err)
	}
	f.later(midnight)
	own := f.mine(noah)
	if len(own.Data) != 1 || own.Data[0].State != models.RegistrationConfirmed || len(own.Data[0].Attendees) != 1 || own.Data[0].LeadMemberID != noah {
		t.Errorf("his own: %s", text(own))
	}
	if _, err := f.CheckInCode(f.me(noah), own.Data[0].ID, own.Data[0].Attendees[0].ID); err != nil {
		t.Errorf("his code: %v", err)
	}
	f.checkCounts()
}

// A reminder of a place that a lead entered for somebody they may act for no longer is not theirs to get.
func TestAFormerGuardianIsNotReminded(t *testing.T) {
	f := openFamily(t)
	luis := f.person("Luis", false)
	maya := f.child(luis, true)
	w := f.workshop(workshops.NewWorkshop{TeenProgram: true})
	f.want(f.register(f.me(luis), w, members(maya)), models.RegistrationConfirmed)
	before := f.count(`select count(*) from messages where member_id = $1`, luis)
	f.exec(`update guardianships set until = '2026-10-01' where child_id = $1`, maya) // no job has seen it
	f.later(time.Date(2026, 10, 27, 12, 0, 0, 0, time.UTC))
	if n := f.count(`select count(*) from messages where member_id = $1`, luis); n != before {
		t.Errorf("%d mails more", n-before)
	}
}

// twoGuardians are Ana and Tom, who each registered Maya with themselves. Tom's booking is the second.
type twoGuardians struct {
	*family
	ana, tom, maya uuid.UUID
	workshop       uuid.UUID
	hers, his      *workshops.RegistrationView
}

func openTwo(t *testing.T) *twoGuardians {
	f := openFamily(t)
	g := &twoGuardians{family: f, ana: f.person("Anastasia", false), tom: f.person("Tom", false)}
	g.maya = f.child(g.ana, true)
	f.guard(g.tom, g.maya, true)
	g.workshop = f.workshop(workshops.NewWorkshop{Capacity: number(20)})
	hers := members(g.ana, g.maya)
	hers.Note = "the shelter's van brings us"
	g.hers = f.want(f.register(f.me(g.ana), g.workshop, hers), models.RegistrationConfirmed)
	g.his = f.want(f.register(f.me(g.tom), g.workshop, members(g.tom, g.maya)), models.RegistrationPending)
	return g
}

// secrets of one guardian, none of which may be in any answer to the other.
func (g *twoGuardians) secrets(p *workshops.RegistrationView) []string {
	out := []string{p.ID.String(), p.LeadMemberID.String(), "second\"", "guardianship"}
	if p == g.hers {
		out = append(out, "Anastasia", "shelter")
	} else {
		out = append(out, "Tom")
	}
	for _, a := range p.Attendees {
		out = append(out, a.ID.String())
	}
	return out
}

func (g *twoGuardians) each(t *testing.T, do func(t *testing.T, me uuid.UUID, mine, others *workshops.RegistrationView)) {
	t.Run("Ana", func(t *testing.T) { do(t, g.ana, g.hers, g.his) })
	t.Run("Tom", func(t *testing.T) { do(t, g.tom, g.his, g.hers) })
}

func (g *twoGuardians) holdsNone(t *testing.T, path, answer string, others *workshops.RegistrationView) {
	t.Helper()
	for _, secret := range g.secrets(others) {
		if strings.Contains(answer, secret) {
			t.Errorf("%s tells of the other guardian (%q): %s", path, secret, answer)
		}
	}
}

func TestTwoGuardiansList(t *testing.T) {
	g := openTwo(t)
	g.each(t, func(t *testing.T, me uuid.UUID, mine, others *workshops.RegistrationView) {
		page := g.mine(me)
		if len(page.Data) != 1 || *page.Total != 1 || page.Data[0].ID != mine.ID {
			t.Errorf("%s", text(page))
		}
		g.holdsNone(t, "the list", text(page), others)
	})
}

func TestTwoGuardiansGet(t *testing.T) {
	g := openTwo(t)
	g.each(t, func(t *testing.T, me uuid.UUID, mine, others *workshops.RegistrationView) {
		got, err := g.Registration(g.me(me), mine.ID)
		if err != nil {
			t.Fatal(err)
		}
		g.holdsNone(t, "get", text(got), others)
	})
}

// Whatever one of them asks about the other's booking is answered as about a booking that does not exist.
func TestTwoGuardiansReachNothingOfOneAnother(t *testing.T) {
	g := openTwo(t)
	g.each(t, func(t *testing.T, me uuid.UUID, mine, others *workshops.RegistrationView) {
		asks := map[string]func(ctx context.Context, id, attendee uuid.UUID) error{
			"get": func(ctx context.Context, id, _ uuid.UUID) error { _, err := g.Registration(ctx, id); return err },
			"cancel": func(ctx context.Context, id, _ uuid.UUID) error {
				_, err := g.Cancel(ctx, id, workshops.Cancellation{})
				return err
			},
			"share":   func(ctx context.Context, id, _ uuid.UUID) error { _, err := g.Share(ctx, id); return err },
			"unshare": func(ctx context.Context, id, _ uuid.UUID) error { _, err := g.Unshare(ctx, id); return err },
			"accept":  func(ctx context.Context, id, _ uuid.UUID) error { _, err := g.AcceptOffer(ctx, id); return err },
			"decline": func(ctx context.Context, id, _ uuid.UUID) error { _, err := g.DeclineOffer(ctx, id); return err },
			"add": func(ctx context.Context, id, _ uuid.UUID) error {
				_, err := g.AddAttendee(ctx, id, workshops.AttendeeInput{Guest: &workshops.GuestInput{Name: "Rosa", Kind: "adult"}})
				return err
			},
			"remove": func(ctx context.Context, id, a uuid.UUID) error { return g.RemoveAttendee(ctx, id, a) },
			"swap": func(ctx context.Context, id, a uuid.UUID) error {
				_, err := g.SwapAttendee(ctx, id, a, workshops.AttendeeInput{Guest: &workshops.GuestInput{Name: "Rosa", Kind: "adult"}})
				return err
			},
			"leave": func(ctx context.Context, id, a uuid.UUID) error { _, err := g.Leave(ctx, id, a); return err },
			"split": func(ctx context.Context, id, a uuid.UUID) error {
				_, err := g.Split(ctx, id, workshops.Split{AttendeeIDs: []uuid.UUID{a}, LeadMemberID: me})
				return err
			},
			"code":    func(ctx context.Context, id, a uuid.UUID) error { _, err := g.CheckInCode(ctx, id, a); return err },
			"picture": func(ctx context.Context, id, a uuid.UUID) error { _, err := g.CheckInPicture(ctx, id, a); return err },
			"renew":   func(ctx context.Context, id, a uuid.UUID) error { _, err := g.RenewCheckInCode(ctx, id, a); return err },
			"excuse": func(ctx context.Context, id, a uuid.UUID) error {
				_, err := g.NotThisTime(ctx, id, a, workshops.Excuse{SessionID: uuid.New()})
				return err
			},
		}
		child := of(others, g.maya).ID
		for name, ask := range asks {
			theirs, nobodys := ask(g.me(me), others.ID, child), ask(g.me(me), uuid.New(), uuid.New())
			if codeOf(theirs) != services.CodeNotFound || theirs.Error() != nobodys.Error() {
				t.Errorf("%s: %v of the other's, %v of nobody's", name, theirs, nobodys)
			}
			// Nor is the child's place found through one's own party.
			if !slices.Contains([]string{"get", "cancel", "share", "unshare", "accept", "decline", "add", "split"}, name) {
				if got, none := ask(g.me(me), mine.ID, child), ask(g.me(me), mine.ID, uuid.New()); codeOf(got) != services.CodeNotFound || got.Error() != none.Error() {
					t.Errorf("%s through one's own: %v, %v", name, got, none)
				}
			}
		}
	})
}

// The second booking is answered, written about and counted like the first one of a workshop that has every party looked at.
func TestTheSecondBookingReadsLikeAnyReview(t *testing.T) {
	g := openTwo(t)
	control := g.workshopOf(workshops.NewWorkshop{Capacity: number(20), ApprovalRequired: true})
	any := g.want(g.register(g.me(g.tom), control, members(g.tom, g.maya)), models.RegistrationPending)
	plain := func(r *workshops.RegistrationView) string {
		s := text(r)
		for from, to := range map[string]string{r.ID.String(): "R", r.WorkshopID.String(): "W", r.Attendees[0].ID.String(): "A", r.Attendees[1].ID.String(): "B"} {
			s = strings.ReplaceAll(s, from, to)
		}
		return s
	}
	if a, b := plain(g.his), plain(any); a != b {
		t.Errorf("the second booking\n%s\nany review\n%s", a, b)
	}
	words := func(r *workshops.RegistrationView) string {
		var out string
		g.scan(&out, `select string_agg(event || replace(data::text, $2, 'R') || coalesce(calendar::text, '-') || (send_after - created_at)::text, ',' order by event) from messages where member_id = $1 and record_id = $2::uuid`, g.tom, r.ID.String())
		return out
	}
	if a, b := words(g.his), words(any); a != b || a == "" {
		t.Errorf("he is written %q about the second booking, %q about any", a, b)
	}
	for _, w := range []uuid.UUID{g.workshop, control} {
		if n := g.count(`select taken from pools where workshop_id = $1`, w); w == g.workshop && n != 4 || w == control && n != 2 {
			t.Errorf("%d seats taken in %s", n, w)
		}
	}
	if _, err := g.Register(g.me(g.tom), g.workshop, members(g.tom, g.maya)); codeOf(err) != workshops.CodeAlreadyRegistered {
		t.Errorf("positive control: a second booking of one's own is refused: %v", err)
	}
}

func (g *twoGuardians) workshopOf(in workshops.NewWorkshop) uuid.UUID { return g.hall.workshop(in) }

func (f *family) scan(into any, sql string, args ...any) {
	f.t.Helper()
	if err := f.core.Writes().QueryRow(context.Background(), sql, args...).Scan(into); err != nil {
		f.t.Fatal(err)
	}
}

// What one of them does afterwards changes nothing that the other can see: no version, no time, no mail, no seat of theirs.
func TestOneGuardiansChangesDoNotShowToTheOther(t *testing.T) {
	g := openTwo(t)
	seen := func(who uuid.UUID) string { return text(g.mine(who)) }
	mails := func(who uuid.UUID) int { return g.count(`select count(*) from messages where member_id = $1`, who) }
	if _, err := g.Approve(g.staff(), g.his.ID, workshops.Approval{}); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"a new code", func() error { return second(g.RenewCheckInCode(g.me(g.ana), g.hers.ID, of(g.hers, g.maya).ID)) }},
		{"sharing and not", func() error {
			return errors.Join(second(g.Share(g.me(g.ana), g.hers.ID)), second(g.Unshare(g.me(g.ana), g.hers.ID)))
		}},
		{"cancelling", func() error { return second(g.Cancel(g.me(g.ana), g.hers.ID, workshops.Cancellation{})) }},
	} {
		before, written := seen(g.tom), mails(g.tom)
		if err := step.do(); err != nil {
			t.Fatal(step.name, err)
		}
		if after := seen(g.tom); after != before || mails(g.tom) != written {
			t.Errorf("after %s of hers he sees\n%s\nbefore\n%s", step.name, after, before)
		}
	}
	before, written := seen(g.ana), mails(g.ana)
	if err := g.RemoveAttendee(g.me(g.tom), g.his.ID, of(g.his, g.maya).ID); err != nil {
		t.Fatal(err)
	}
	if after := seen(g.ana); after != before || mails(g.ana) != written {
		t.Errorf("after his she sees\n%s\nbefore\n%s", after, before)
	}
	g.checkCounts()
}

// Neither the outbox, nor the inbox that is made of it, nor what is in calendars holds anything of the other's.
func TestTwoGuardiansMailAndCalendar(t *testing.T) {
	g := openTwo(t)
	if _, err := g.Approve(g.staff(), g.his.ID, workshops.Approval{}); err != nil {
		t.Fatal(err)
	}
	g.later(time.Date(2026, 10, 27, 12, 0, 0, 0, time.UTC)) // the reminders, too
	g.each(t, func(t *testing.T, me uuid.UUID, _, others *workshops.RegistrationView) {
		var all string
		g.scan(&all, `select string_agg(concat_ws('|', event, key, record, record_id, data::text, calendar::text, name, address), E'\n' order by id) from messages where member_id = $1`, me)
		if all == "" || !strings.Contains(all, "session.reminder") {
			t.Fatal("no mail to look at")
		}
		g.holdsNone(t, "the outbox", all, others)
	})
}

// The audit log, which a member's access log is made of, names each of them only for what is theirs.
func TestTwoGuardiansAudit(t *testing.T) {
	g := openTwo(t)
	if _, err := g.Cancel(g.me(g.ana), g.hers.ID, workshops.Cancellation{}); err != nil {
		t.Fatal(err)
	}
	g.each(t, func(t *testing.T, me uuid.UUID, mine, others *workshops.RegistrationView) {
		if n := g.count(`select count(*) from audit_log where $1 = any(subjects) and $2 = any(objects)`, me, others.ID); n != 0 {
			t.Errorf("%d rows about the other's booking name them", n)
		}
		if n := g.count(`select count(*) from audit_log where $1 = any(subjects) and $2 = any(objects)`, me, mine.ID); n == 0 {
			t.Error("positive control: their own is there")
		}
	})
}

// The codes are each guardian's own: one says nothing of the other, and either lets the child in.
func TestTwoGuardiansCodes(t *testing.T) {
	g := openTwo(t)
	if _, err := g.Approve(g.staff(), g.his.ID, workshops.Approval{}); err != nil {
		t.Fatal(err)
	}
	codes := map[string]bool{}
	g.each(t, func(t *testing.T, me uuid.UUID, mine, _ *workshops.RegistrationView) {
		code, err := g.CheckInCode(g.me(me), mine.ID, of(mine, g.maya).ID)
		if err != nil {
			t.Fatal(err)
		}
		codes[code.Code] = true
	})
	if len(codes) != 2 {
		t.Errorf("%d codes", len(codes))
	}
}

// A waiting party of one counts like anybody's in the line of the other; nothing in the place in line says whose child it is.
func TestTwoGuardiansInLine(t *testing.T) {
	g := openTwo(t)
	w := g.hall.workshop(workshops.NewWorkshop{Capacity: number(2)})
	g.register(g.me(g.member), w, guests(g.member, 0))
	hers := g.want(g.register(g.me(g.ana), w, members(g.ana, g.maya)), models.RegistrationWaitlisted)
	his := g.want(g.register(g.me(g.tom), w, members(g.tom, g.maya)), models.RegistrationWaitlisted)
	if *hers.WaitlistPosition != 1 || *his.WaitlistPosition != 2 {
		t.Errorf("%d and %d", *hers.WaitlistPosition, *his.WaitlistPosition)
	}
	if _, err := g.Cancel(g.me(g.ana), hers.ID, workshops.Cancellation{}); err != nil {
		t.Fatal(err)
	}
	seen, err := g.Registration(g.me(g.tom), his.ID)
	if err != nil || *seen.WaitlistPosition != 1 {
		t.Errorf("%v %s", err, text(seen))
	}
	g.checkCounts()
}

// Both register the child at the same moment, many times: one of the two is looked at, and neither is ever refused.
func TestTwoGuardiansRegisterAtOnce(t *testing.T) {
	g := openTwo(t)
	for round := range 12 {
		w := g.hall.workshop(workshops.NewWorkshop{Capacity: number(20)})
		var states [2]models.RegistrationState
		var wait sync.WaitGroup
		for i, who := range []uuid.UUID{g.ana, g.tom} {
			wait.Go(func() {
				err := patiently(func() error {
					r, err := g.Register(g.me(who), w, members(who, g.maya))
					if err == nil {
						states[i] = r.State
					}
					return err
				})
				if err != nil {
					t.Errorf("round %d: %v", round, err)
				}
			})
		}
		wait.Wait()
		slices.Sort(states[:])
		if states != [2]models.RegistrationState{models.RegistrationConfirmed, models.RegistrationPending} {
			t.Errorf("round %d: %v", round, states)
		}
		if n := g.count(`select count(*) from attendees a join pools p on p.id = a.pool_id where p.workshop_id = $1 and a.member_id = $2 and not a.second`, w, g.maya); n != 1 {
			t.Errorf("round %d: %d first places", round, n)
		}
	}
	// Positive control: one guardian alone, twice at once, is refused once.
	w := g.hall.workshop(workshops.NewWorkshop{Capacity: number(20)})
	var refused, taken int
	var mu sync.Mutex
	var wait sync.WaitGroup
	for range 2 {
		wait.Go(func() {
			err := patiently(func() error { _, err := g.Register(g.me(g.ana), w, members(g.ana, g.maya)); return err })
			mu.Lock()
			defer mu.Unlock()
			if codeOf(err) == workshops.CodeAlreadyRegistered {
				refused++
			} else if err == nil {
				taken++
			}
		})
	}
	wait.Wait()
	if refused != 1 || taken != 1 {
		t.Errorf("positive control: %d refused, %d taken", refused, taken)
	}
	g.checkCounts()
}

func TestAGuardianSharesABooking(t *testing.T) {
	g := openTwo(t)
	if _, err := g.Share(g.me(g.tom), g.hers.ID); codeOf(err) != services.CodeNotFound {
		t.Errorf("his to share: %v", err)
	}
	shared, err := g.Share(g.me(g.ana), g.hers.ID)
	if err != nil || !shared.SharedWithGuardians {
		t.Fatalf("%v %s", err, text(shared))
	}
	seen, err := g.Registration(g.me(g.tom), g.hers.ID)
	if err != nil || len(seen.Attendees) != 1 || seen.Attendees[0].Name != "Maya Rivera" || strings.Contains(text(seen), "Anastasia") || seen.Note != nil || seen.Workshop.JoinURL != nil {
		t.Errorf("%v %s", err, text(seen))
	}
	if page := g.mine(g.tom); len(page.Data) != 2 {
		t.Errorf("his list: %s", text(page))
	}
	for name, err := range map[string]error{
		"cancel": second(g.Cancel(g.me(g.tom), g.hers.ID, workshops.Cancellation{})),
		"remove": g.RemoveAttendee(g.me(g.tom), g.hers.ID, of(g.hers, g.maya).ID),
		"code":   second(g.CheckInCode(g.me(g.tom), g.hers.ID, of(g.hers, g.maya).ID)),
	} {
		if codeOf(err) != services.CodeNotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
	stranger := g.person("Stranger", false)
	if _, err := g.Registration(g.me(stranger), g.hers.ID); codeOf(err) != services.CodeNotFound {
		t.Errorf("a stranger: %v", err)
	}
	if _, err := g.Unshare(g.me(g.ana), g.hers.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Registration(g.me(g.tom), g.hers.ID); codeOf(err) != services.CodeNotFound {
		t.Errorf("unshared: %v", err)
	}
	// A guardianship that has ended shows nothing of what is shared, either.
	if _, err := g.Share(g.me(g.ana), g.hers.ID); err != nil {
		t.Fatal(err)
	}
	g.end(g.tom, g.maya)
	if _, err := g.Registration(g.me(g.tom), g.hers.ID); codeOf(err) != services.CodeNotFound {
		t.Errorf("no guardian any more: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

// A coordinator sees of parties with people close to them who comes, and no more.
func TestStaffSeeOnlyWhoComesOfTheirRelatives(t *testing.T) {
	f := openFamily(t)
	sue := f.person("Sue", false)
	f.exec(`insert into relationships (id, version, created_at, updated_at, member_id, kind, other_id, status, starts_on) values ($1, 1, $2, $2, $3, 'sibling', $4, 'ended', '2020-01-01')`,
		services.NewID(), planningDay, sue, f.boss)
	w := f.workshop(workshops.NewWorkshop{ApprovalRequired: true})
	in := members(sue)
	in.Note = "back pain"
	r := f.register(f.me(sue), w, in)
	other := f.register(f.me(f.member), w, workshops.Register{Note: "a stroller"})
	for name, seen := range map[string]*workshops.RegistrationView{"get": f.now(r.ID)} {
		if seen.Note != nil || seen.Review != nil || seen.Attendees[0].MemberID != nil || seen.Attendees[0].Attendance != nil || seen.Attendees[0].Name != "Sue Rivera" {
			t.Errorf("%s: %s", name, text(seen))
		}
	}
	page, err := f.Registrations(f.staff(), w, workshops.RegistrationQuery{PageQuery: services.PageQuery{Limit: 25}})
	if err != nil || len(page.Data) != 2 || strings.Contains(text(page), "back pain") || !strings.Contains(text(page), "a stroller") {
		t.Errorf("%v %s", err, text(page))
	}
	if seen := f.now(other.ID); seen.Note == nil || len(seen.Review) != 1 {
		t.Errorf("others: %s", text(seen))
	}
	f.exec(`update registrations set state = 'confirmed', confirmed_at = now(), review = '{}' where workshop_id = $1`, w)
	roster, err := f.Roster(f.staff(), w, workshops.RosterQuery{PageQuery: services.PageQuery{Limit: 25}})
	if err != nil || len(roster.Data) != 2 {
		t.Fatalf("%v %s", err, text(roster))
	}
	for _, e := range roster.Data {
		if near := e.RegistrationID == r.ID; near != (e.Attendance == nil) {
			t.Errorf("%s", text(e))
		}
	}
}

// Adding and swapping in a child whom another guardian has booked is looked at, too, and never refused.
func TestTheSecondBookingByAddingAndSwapping(t *testing.T) {
	g := openTwo(t)
	for name, join := range map[string]func(p *workshops.RegistrationView) (*workshops.RegistrationView, error){
		"adding": func(p *workshops.RegistrationView) (*workshops.RegistrationView, error) {
			return g.AddAttendee(g.me(g.tom), p.ID, workshops.AttendeeInput{MemberID: &g.maya})
		},
		"swapping": func(p *workshops.RegistrationView) (*workshops.RegistrationView, error) {
			i := slices.IndexFunc(p.Attendees, func(a workshops.AttendeeView) bool { return a.MemberID == nil })
			return g.SwapAttendee(g.me(g.tom), p.ID, p.Attendees[i].ID, workshops.AttendeeInput{MemberID: &g.maya})
		},
	} {
		w := g.hall.workshop(workshops.NewWorkshop{Capacity: number(20), GuestsPerParty: 2})
		g.want(g.register(g.me(g.ana), w, members(g.ana, g.maya)), models.RegistrationConfirmed)
		p := g.want(g.register(g.me(g.tom), w, guests(g.tom, 1)), models.RegistrationConfirmed)
		got, err := join(p)
		if err != nil || got.State != models.RegistrationPending || strings.Contains(text(got), "Anastasia") {
			t.Errorf("%s: %v %s", name, err, text(got))
		}
	}
	g.checkCounts()
}

// A teen registers themselves where there is a program for teens, brings and invites nobody, and sees and leaves what a
// guardian entered them for.
func TestATeenLooksAfterTheirOwnPlaces(t *testing.T) {
	f := openFamily(t)
	luis := f.person("Luis", false)
	nora := f.child(luis, true)
	f.exec(`update members set birth_date = '2011-06-01', given_name = 'Nora' where id = $1`, nora)
	teens, others := f.workshop(workshops.NewWorkshop{TeenProgram: true, GuestsPerParty: 3}), f.workshop(workshops.NewWorkshop{GuestsPerParty: 3})
	if _, err := f.Register(f.me(nora), others, workshops.Register{}); !slices.Contains(fieldsOf(err), "/lead_member_id adult_required") {
		t.Errorf("alone among adults: %v %v", err, fieldsOf(err))
	}
	for name, more := range map[string]workshops.AttendeeInput{
		"a guest":     {Guest: &workshops.GuestInput{Name: "Sam", Kind: models.SeatAdult}},
		"an invited":  {Invite: &workshops.InviteInput{Name: "Sam", Email: "sam@example.org"}},
		"her father":  {MemberID: &luis},
		"an unlinked": {MemberID: &f.member},
	} {
		in := members(nora)
		in.Attendees = append(in.Attendees, more)
		if _, err := f.Register(f.me(nora), teens, in); len(fieldsOf(err)) == 0 {
			t.Errorf("with %s: %v", name, err)
		}
	}
	own := f.want(f.register(f.me(nora), teens, workshops.Register{}), models.RegistrationConfirmed)
	if _, err := f.AddAttendee(f.me(nora), own.ID, workshops.AttendeeInput{Guest: &workshops.GuestInput{Name: "Sam", Kind: models.SeatAdult}}); !slices.Contains(fieldsOf(err), " adults_only") {
		t.Errorf("adding a guest: %v %v", err, fieldsOf(err))
	}
	// Her father books her too: he is not told that she has a place, and she sees his booking once staff have looked.
	f.want(f.register(f.me(luis), teens, members(luis, nora)), models.RegistrationPending)
	if page := f.mine(luis); strings.Contains(text(page), own.ID.String()) {
		t.Errorf("he sees %s", text(page))
	}
	with := f.want(f.register(f.me(luis), others, members(luis, nora)), models.RegistrationConfirmed)
	if page := f.mine(nora); len(page.Data) != 2 {
		t.Errorf("she sees %s", text(page))
	}
	if _, err := f.CheckInCode(f.me(nora), with.ID, of(with, nora).ID); err != nil {
		t.Errorf("her code: %v", err)
	}
	if err := second(f.Cancel(f.me(nora), with.ID, workshops.Cancellation{})); codeOf(err) != workshops.CodeNotYours {
		t.Errorf("she cancels her father's place: %v", err)
	}
	if _, err := f.Leave(f.me(nora), with.ID, of(with, nora).ID); err != nil {
		t.Errorf("leaving: %v", err)
	}
	if _, err := f.Cancel(f.me(nora), own.ID, workshops.Cancellation{}); err != nil {
		t.Errorf("cancelling her own: %v", err)
	}
	f.checkCounts()
}
