package records_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/accounts"
	"homefront/services/people"
	"homefront/services/records"
	"homefront/services/tasks"
	"homefront/services/workshops"
)

var nextYear = models.NewDate(2027, time.March, 3)

func (h *house) try(as human, kind models.SeparationKind, protected, kept uuid.UUID) (*records.SeparationView, error) {
	return h.records.CreateSeparation(h.as(as), records.NewSeparation{Kind: kind, ProtectedID: protected, KeptApartID: kept, ReviewOn: nextYear, Reason: "Asked for by her"})
}

func (h *house) separate(as human, kind models.SeparationKind, protected, kept uuid.UUID) *records.SeparationView {
	h.Helper()
	s, err := h.try(as, kind, protected, kept)
	if err != nil {
		h.Fatal(err)
	}
	return s
}

// at is the context of a change of the latest version.
func (h *house) at(p human) context.Context {
	ctx := h.as(p)
	call, _ := services.CallFrom(ctx)
	call.IfMatch = "*"
	return ctx
}

func TestASeparationListsTheClashesThatStand(t *testing.T) {
	h := build(t)
	x, y := h.human("Xavier Stone"), h.human("Yara Lind")
	both, alone, waits := h.workshop("Both", 5), h.workshop("Alone", 5), h.workshop("Full", 1)
	hers, his := h.register(y, both), h.register(x, both)
	h.register(y, alone)
	first := h.register(y, waits)
	h.register(x, waits)
	old := h.workshopAt("Over", 5, noon.Add(time.Hour))
	h.register(y, old)
	h.register(x, old)
	h.core.Clock.Set(noon.Add(6 * time.Hour))

	s := h.separate(h.cora, models.SeparationProtected, y.member, x.member)
	titles := []string{}
	for _, c := range s.Clashes {
		titles = append(titles, c.Title)
		if c.Title == "Both" && (c.FirstRegistrationID != hers.ID || c.KeptRegistrationID != his.ID) {
			t.Errorf("%+v", c)
		}
	}
	slices.Sort(titles)
	if !slices.Equal(titles, []string{"Both", "Full"}) {
		t.Errorf("clashes in %v", titles)
	}
	if n := h.count(`select count(*) from tasks where kind = 'separation_clash' and member_id = $1 and also_about = array[$2::uuid] and (due_at at time zone 'America/New_York')::date = ($3::timestamptz at time zone 'America/New_York')::date`,
		x.member, y.member, h.core.Clock.Now()); n != 2 {
		t.Errorf("%d tasks", n)
	}
	if n := h.count(`select count(*) from registrations where live`); n != 7 {
		t.Errorf("%d places stand", n)
	}
	if _, err := h.try(h.cora, models.SeparationMutual, x.member, y.member); codeOf(err) != "already_separated" {
		t.Errorf("the same two again: %v", err)
	}
	if _, err := h.workshops.Cancel(h.as(y), first.ID, workshops.Cancellation{}); err != nil {
		t.Fatal(err)
	}
	got, err := h.records.Separation(h.as(h.dan), s.ID)
	if err != nil || len(got.Clashes) != 1 || got.Protected.Name != "Yara Lind" || got.KeptApart.Name != "Xavier Stone" {
		t.Errorf("%+v %v", got, err)
	}
}

// Two who are kept apart are battle buddies no longer. Neither is told; other links stay.
func TestASeparationEndsTheLinkOfBattleBuddies(t *testing.T) {
	h := build(t)
	x, y, z := h.human("Xavier Stone"), h.human("Yara Lind"), h.human("Zoe Park")
	link := func(from, to human, kind models.RelationshipKind) uuid.UUID {
		id := services.NewID()
		h.exec(`insert into relationships (id, version, created_at, updated_at, member_id, other_id, kind, status, asked_by, decided_at) values ($1, 1, $2, $2, $3, $4, $5, 'accepted', $3, $2)`,
			id, noon, from.member, to.member, string(kind))
		return id
	}
	buddies, siblings, others := link(x, y, models.RelationBattleBuddy), link(x, y, models.RelationSibling), link(x, z, models.RelationBattleBuddy)
	mails := h.count(`select count(*) from messages`)
	s := h.separate(h.cora, models.SeparationProtected, y.member, x.member)
	status := func(id uuid.UUID) string { return h.text(`select status from relationships where id = $1`, id) }
	if status(buddies) != "ended" || status(siblings) != "accepted" || status(others) != "accepted" {
		t.Errorf("the links are %s, %s, %s", status(buddies), status(siblings), status(others))
	}
	if n := h.count(`select count(*) from messages`); n != mails {
		t.Errorf("%d messages tell of it", n-mails)
	}
	why := records.SeparationReason{Reason: "Both asked for it"}
	if _, err := h.records.EndSeparation(h.as(h.dan), s.ID, why); err != nil {
		t.Fatal(err)
	}
	again := link(y, x, models.RelationBattleBuddy)
	if _, err := h.records.ReinstateSeparation(h.as(h.dan), s.ID, why); err != nil || status(again) != "ended" {
		t.Errorf("reinstated: %v, %s", err, status(again))
	}
}

func TestASeparationEndsAndStandsAgain(t *testing.T) {
	h := build(t)
	x, y := h.human("Xavier Stone"), h.human("Yara Lind")
	s := h.separate(h.cora, models.SeparationProtected, y.member, x.member)
	state := func() models.RegistrationState { return h.register(x, h.workshop("Any", 5)).State }
	if got := state(); got != models.RegistrationPending {
		t.Errorf("while it stands: %s", got)
	}
	why := records.SeparationReason{Reason: "Both asked for it"}
	if _, err := h.records.EndSeparation(h.as(h.dan), s.ID, why); err != nil {
		t.Fatal(err)
	}
	if got := state(); got != models.RegistrationConfirmed {
		t.Errorf("after its end: %s", got)
	}
	if _, err := h.records.EndSeparation(h.as(h.dan), s.ID, why); codeOf(err) != "separation_ended" {
		t.Errorf("%v", err)
	}
	if _, err := h.records.ReinstateSeparation(h.as(h.dan), s.ID, why); err != nil {
		t.Fatal(err)
	}
	if got := state(); got != models.RegistrationPending {
		t.Errorf("reinstated: %s", got)
	}
	last := models.DateOf(noon.AddDate(0, 0, 2))
	patch := records.PatchSeparation{EndsOn: services.Field[models.Date]{Set: true, Value: &last}, Reason: "Agreed"}
	if _, err := h.records.UpdateSeparation(h.as(h.dan), s.ID, patch); codeOf(err) != services.CodeIfMatchRequired {
		t.Errorf("%v", err)
	}
	if _, err := h.records.UpdateSeparation(h.at(h.dan), s.ID, patch); err != nil {
		t.Fatal(err)
	}
	h.core.Clock.Set(noon.AddDate(0, 0, 4))
	if got := state(); got != models.RegistrationConfirmed {
		t.Errorf("after its last day: %s", got)
	}
	if n := h.count(`select count(*) from tasks where kind = 'review_separation' and status = 'open' and due_at < $1`, noon.AddDate(0, 0, 3)); n != 1 {
		t.Errorf("%d tasks to review it", n)
	}
}

// Only coordinators and admins who are no party and close to none know of it.
func TestWhoMayKnowOfASeparation(t *testing.T) {
	h := build(t)
	x, y := h.human("Xavier Stone", models.RoleCoordinator), h.human("Yara Lind", models.RoleAdmin)
	kin := h.human("Kim Lind", models.RoleAdmin)
	h.link(kin.member, models.RelationSibling, y.member)
	s := h.separate(h.cora, models.SeparationProtected, y.member, x.member)
	other := h.separate(h.cora, models.SeparationMutual, h.known("Ann Orr", 30), h.known("Bo Orr", 30))
	// Her registration brings a task: she must not learn of it from the log either.
	w := h.workshop("Both", 5)
	h.register(x, w)
	h.register(y, w)
	if _, err := h.core.RunDue(t.Context(), noon); err != nil && !strings.Contains(err.Error(), "message.") {
		t.Fatal(err)
	}
	if n := h.count(`select count(*) from tasks where kind = 'separation_clash'`); n != 1 {
		t.Fatalf("%d tasks", n)
	}

	for name, who := range map[string]human{"the kept-apart side": x, "the protected side": y, "a sister": kin, "a coach": h.human("Cole Ames", models.RoleCoach),
		"a privacy officer": h.human("Pat Bell", models.RolePrivacyOfficer), "a member": h.human("Mia Fox")} {
		page := services.PageQuery{Limit: 25, Count: true}
		list, err := h.records.Separations(h.as(who), records.SeparationFilter{PageQuery: page})
		want := 0
		if who.roles[0] == models.RoleCoordinator || who.roles[0] == models.RoleAdmin {
			want = 1
		}
		if err != nil || len(list.Data) != want || *list.Total != int64(want) || want == 1 && list.Data[0].ID != other.ID {
			t.Errorf("%s lists %+v %v", name, list, err)
		}
		if one, err := h.records.Separations(h.as(who), records.SeparationFilter{PageQuery: page, MemberID: x.member}); err != nil || len(one.Data) != 0 || *one.Total != 0 {
			t.Errorf("%s finds %+v %v", name, one, err)
		}
		if _, err := h.records.Separation(h.as(who), s.ID); codeOf(err) != services.CodeNotFound {
			t.Errorf("%s reads it: %v", name, err)
		}
		if _, err := h.records.EndSeparation(h.as(who), s.ID, records.SeparationReason{Reason: "Because"}); codeOf(err) != services.CodeNotFound {
			t.Errorf("%s ends it: %v", name, err)
		}
		for _, kind := range []string{"separation_clash", "review_separation"} {
			for _, task := range h.tasksOf(who) {
				if string(task.Kind) == kind && task.MemberID != nil && *task.MemberID == x.member {
					t.Errorf("%s sees the task %s", name, kind)
				}
			}
		}
		if !(&services.Actor{Roles: who.roles}).Has(services.CanReadAudit.Roles...) {
			continue
		}
		log, err := h.accounts.AuditLog(h.as(who), accounts.AuditFilter{PageQuery: services.PageQuery{Limit: 100}})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range log.Data {
			if e.MemberID != nil && *e.MemberID == who.member {
				continue
			}
			if strings.HasPrefix(e.Action, "separation.") && (slices.Contains(e.Subjects, x.member) || slices.Contains(e.Subjects, y.member)) {
				t.Errorf("%s reads %s of %v in the log", name, e.Action, e.Subjects)
			}
			for _, c := range e.Changes {
				for _, v := range c.Values {
					if v.After != nil && strings.Contains(*v.After, "separation_clash") {
						t.Errorf("%s reads of a clash in the log", name)
					}
				}
			}
		}
	}
	for _, who := range []human{x, y, kin} {
		if _, err := h.try(who, models.SeparationMutual, y.member, h.known("New Person", 30)); who.member != x.member && codeOf(err) != "own_record" {
			t.Errorf("they keep somebody close apart: %v", err)
		}
	}
	if list, err := h.records.Separations(h.as(h.dan), records.SeparationFilter{PageQuery: services.PageQuery{Limit: 25, Count: true}}); err != nil || *list.Total < 2 {
		t.Errorf("who may know of both: %+v %v", list, err)
	}
}

// tasksOf is what somebody sees of the queues.
func (h *house) tasksOf(who human) []models.Task {
	h.Helper()
	found, err := h.tasks.List(h.as(who), tasks.Filter{PageQuery: services.PageQuery{Limit: 100}})
	if err != nil {
		if codeOf(err) == services.CodeForbidden {
			return nil
		}
		h.Fatal(err)
	}
	return found.Data
}

func (h *house) held(member uuid.UUID) int {
	h.Helper()
	return h.count(`select count(*) from member_holds where member_id = $1 and released_at is null`, member)
}

func TestAnAccountThatResemblesAKeptApartPersonIsHeld(t *testing.T) {
	h := build(t)
	x, y := h.human("Xavier Stone"), h.human("Yara Lind")
	h.exec(`update members set phone = '+19105550101', address_line1 = '418 Haymount Ave', postal_code = '28305' where id in ($1, $2)`, x.member, y.member)
	h.exec(`update members set phone = '+19105550102', address_line1 = '9 Other St' where id = $1`, y.member)
	h.separate(h.cora, models.SeparationProtected, y.member, x.member)
	born := models.DateOf(noon.AddDate(-40, 0, -1))
	later := models.DateOf(noon.AddDate(-30, 0, 0))
	hold := func(m models.Member) uuid.UUID {
		m.Status = models.MemberProspective
		_, err := services.Mutate(services.AsSystem(h.Context(), "test"), h.core, "account.verify", func(tx *services.Tx) (struct{}, error) {
			if err := people.NewMember(tx, &m); err != nil {
				return struct{}{}, err
			}
			return struct{}{}, people.HoldIfAlike(tx, &m)
		})
		if err != nil {
			t.Fatal(err)
		}
		return m.ID
	}
	mail, phone := x.email, "+19105550101"
	hers := y.email
	for name, m := range map[string]models.Member{
		"name":    {GivenName: "XAVIER", FamilyName: "Stöne", BirthDate: &born},
		"email":   {GivenName: "Al", BirthDate: &later, Email: &mail},
		"phone":   {GivenName: "Al", BirthDate: &later, Phone: &phone},
		"address": {GivenName: "Al", BirthDate: &later, Address: models.Address{AddressLine1: "418 HAYMOUNT AVE", PostalCode: "28305"}},
	} {
		id := hold(m)
		if h.held(id) != 1 || h.text(`select reasons[1] from member_holds where member_id = $1`, id) != name {
			t.Errorf("alike by %s: %d holds", name, h.held(id))
		}
		if n := h.count(`select count(*) from tasks where kind = 'held_account' and member_id = $1 and also_about = array[$2::uuid]`, id, x.member); n != 1 {
			t.Errorf("%d tasks", n)
		}
	}
	for _, m := range []models.Member{{GivenName: "Xavier", FamilyName: "Stone", BirthDate: &later}, {GivenName: "Yara", FamilyName: "Lind", BirthDate: &born, Email: &hers}} {
		if n := h.held(hold(m)); n != 0 {
			t.Errorf("%s is held %d times", m.GivenName, n)
		}
	}

	fake := hold(models.Member{GivenName: "Xavier", FamilyName: "Stone", BirthDate: &born})
	who := human{member: fake, account: services.NewID(), roles: []models.Role{models.RoleMember}}
	h.exec(`insert into accounts (id, version, created_at, updated_at, member_id, email, roles, status, email_verified_at, auth_changed_at)
		values ($1, 1, $2, $2, $3, 'other@example.org', '{member}', 'active', $2, $2)`, who.account, noon, fake)
	if got := h.register(who, h.workshop("Any", 5)); got.State != models.RegistrationPending {
		t.Errorf("a held account is %s", got.State)
	}
	xStaff := x
	xStaff.roles = []models.Role{models.RoleCoordinator}
	why := records.SeparationReason{Reason: "Another Xavier Stone"}
	if _, err := h.records.ReleaseHold(h.as(xStaff), fake, why); codeOf(err) != services.CodeNotFound {
		t.Errorf("the one it resembles releases it: %v", err)
	}
	if list, err := h.records.Holds(h.as(xStaff), fake); err != nil || len(list.Data) != 0 {
		t.Errorf("%+v %v", list, err)
	}
	got, err := h.records.ReleaseHold(h.as(h.cora), fake, why)
	if err != nil || len(got.Data) != 1 || got.Data[0].ResemblesID != x.member {
		t.Fatalf("%+v %v", got, err)
	}
	if got := h.register(who, h.workshop("Any", 5)); got.State != models.RegistrationConfirmed {
		t.Errorf("a released account is %s", got.State)
	}
	if n := h.count(`select count(*) from tasks where kind = 'held_account' and member_id = $1 and status = 'open'`, fake); n != 0 {
		t.Errorf("%d tasks are open", n)
	}
}

// A separation that is created while the other's registration commits is not missed: either staff look at the registration,
// or they have a task about the two.
func TestASeparationCreatedMeanwhileIsNotMissed(t *testing.T) {
	h := build(t)
	const pairs = 40
	var xs, ys []human
	var ws []uuid.UUID
	for i := range pairs {
		name := string(rune('A'+i%26)) + string(rune('a'+i/26))
		xs, ys = append(xs, h.human("Xavier "+name)), append(ys, h.human("Yara "+name))
		ws = append(ws, h.workshop("Both", 5))
		h.register(ys[i], ws[i])
	}
	patiently := func(do func() error) {
		for {
			err := do()
			if codeOf(err) == services.CodeBusy {
				continue
			}
			if err != nil {
				t.Error(err)
			}
			return
		}
	}
	var all sync.WaitGroup
	for i := range pairs {
		start := make(chan struct{})
		all.Go(func() {
			<-start
			patiently(func() error {
				_, err := h.workshops.Register(h.as(xs[i]), ws[i], workshops.Register{})
				return err
			})
		})
		all.Go(func() {
			<-start
			patiently(func() error {
				_, err := h.try(h.cora, models.SeparationProtected, ys[i].member, xs[i].member)
				return err
			})
		})
		close(start)
		if i%2 == 1 { // two at a time, on the four connections
			all.Wait()
		}
	}
	all.Wait()
	held := h.count(`select count(*) from registrations where 'held' = any(review) and state = 'pending_approval'`)
	missed := h.count(`select count(*) from registrations r join separations s on s.second_id = r.lead_member_id where r.live and not 'held' = any(r.review)
		and not exists (select from tasks t where t.kind = 'separation_clash' and t.member_id = s.second_id)`)
	t.Logf("of %d, %d were held and %d missed", pairs, held, missed)
	switch {
	case unseparated && missed == 0:
		t.Error("without the lock nothing was missed: the race shows nothing")
	case !unseparated && missed > 0:
		t.Errorf("%d were missed", missed)
	}
}
