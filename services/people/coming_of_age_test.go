package people_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
	"homefront/services/tasks"
)

func (o *office) status(guardianship uuid.UUID) models.GuardianshipStatus {
	o.Helper()
	return must[*models.Guardianship](o.T)(o.people.GetGuardianship(o.as(o.boss), guardianship)).Status
}

func (o *office) endDue() {
	o.Helper()
	if err := o.people.EndDue(o.Context()); err != nil {
		o.Fatal(err)
	}
}

func TestAGuardianshipEndsByItselfOnThe18thBirthday(t *testing.T) {
	o := open(t)
	luis := o.person("Luis Ortega")
	birthday := models.NewDate(2008, time.March, 10)
	noah := must[*people.DependentView](t)(o.people.AddDependent(o.as(luis), people.AddDependent{GivenName: "Noah", BirthDate: birthday}))
	page := must[*services.Page[models.Guardianship]](t)(o.people.ListGuardianships(o.as(o.boss), people.GuardianshipFilter{PageQuery: all, ChildID: noah.ID}))
	g := page.Data[0].ID
	must[*models.Guardianship](t)(o.people.ConfirmGuardianship(o.as(o.boss), g, people.ConfirmGuardianship{Evidence: "Birth certificate"}))
	// Staff wrote the father's address and telephone on the child's record, as families do.
	o.exec(`update members set email = 'Luis.Ortega@example.org', phone = '+19105550142' where id = $1`, noah.ID)
	o.exec(`update members set phone = '+19105550142' where id = $1`, luis.member)

	for _, at := range []struct {
		when    time.Time
		allowed bool
	}{
		{time.Date(2026, 3, 10, 3, 59, 0, 0, time.UTC), true}, // the evening before, in New York
		{time.Date(2026, 3, 10, 4, 0, 0, 0, time.UTC), false},
	} {
		o.core.Clock.Set(at.when)
		if a := o.authority(luis, noah.ID); a.Allowed != at.allowed {
			t.Errorf("at %s: %+v", at.when, a)
		}
		o.endDue()
		want := models.GuardianshipConfirmed
		if !at.allowed {
			want = models.GuardianshipEnded
		}
		if got := o.status(g); got != want {
			t.Errorf("at %s the job leaves it %s", at.when, got)
		}
	}
	if n := o.count(`select count(*) from members where id = $1 and email is null and phone is null`, noah.ID); n != 1 {
		t.Error("the new adult still has the father's address and telephone")
	}
	if n := o.count(`select count(*) from guardianships where id = $1 and closed_at = $2 and closed_by is null`, g, o.core.Clock.Now()); n != 1 {
		t.Error("it does not say when it ended")
	}
	open := must[*services.Page[models.Task]](t)(o.tasks.List(o.as(o.boss), tasks.Filter{PageQuery: all}))
	if len(open.Data) != 1 || open.Data[0].Kind != models.TaskNewContact || *open.Data[0].MemberID != noah.ID {
		t.Errorf("tasks: %+v", open.Data)
	}
	told := `select count(*) from river_job where kind = 'guardianship.changed'`
	if n := o.count(told); n != 1+1 { // and once more, for who was late
		t.Errorf("%d jobs for what he had entered", n)
	}
	version := o.count(`select version from guardianships where id = $1`, g)
	o.endDue()
	if n := o.count(`select version from guardianships where id = $1`, g); n != version {
		t.Error("doing it twice changed it")
	}
	_, err := o.people.ReinstateGuardianship(o.as(o.boss), g, people.StaffReason{Reason: "By mistake"})
	refused(t, err, services.KindConflict, "not_minor")
}

func (o *office) exec(sql string, args ...any) {
	o.Helper()
	if _, err := o.core.Writes().Exec(o.Context(), sql, args...); err != nil {
		o.Fatal(err)
	}
}

// Who was of age before the day counts: the job finds whoever the server missed, and leaves a proper address alone.
func TestTheDayPassedWhileNothingRan(t *testing.T) {
	o := open(t)
	luis := o.person("Luis Ortega")
	maya := o.child(luis, "Maya Ortega", 11)
	page := must[*services.Page[models.Guardianship]](t)(o.people.ListGuardianships(o.as(o.boss), people.GuardianshipFilter{PageQuery: all}))
	o.exec(`update members set birth_date = '2001-01-01', email = 'maya@example.org' where id = $1`, maya.ID)
	o.endDue()
	if o.status(page.Data[0].ID) != models.GuardianshipEnded || o.count(`select count(*) from members where id = $1 and email = 'maya@example.org'`, maya.ID) != 1 {
		t.Error("not ended, or an address of her own is gone")
	}
	if n := o.count(`select count(*) from tasks where status = 'open'`); n != 0 {
		t.Errorf("%d tasks are open", n)
	}
}

// Guardianships of children who have died end no more. However many they are, they keep nobody else waiting.
func TestTheDeadKeepNobodyWaiting(t *testing.T) {
	o := open(t)
	luis := o.person("Luis Ortega")
	noah := must[*people.DependentView](t)(o.people.AddDependent(o.as(luis), people.AddDependent{GivenName: "Noah", BirthDate: models.NewDate(2008, time.March, 10)}))
	o.exec(`insert into members (id, version, created_at, updated_at, given_name, birth_date, kinds, status, language, time_zone, email_opt_in, sms_opt_in, push_opt_in, program_words)
		select gen_random_uuid(), 1, $1, $1, 'Gone' || n, '2000-01-01', '{child}', case n % 2 when 0 then 'deceased' else 'active' end, 'en', 'UTC', true, false, true, false from generate_series(1, 1000) n`, noon)
	o.exec(`insert into guardianships (id, version, created_at, updated_at, guardian_id, child_id, status) select gen_random_uuid(), 1, $1, $1, $2, id, 'claimed' from members where status = 'deceased'`, noon, luis.member)
	o.core.Clock.Set(time.Date(2026, 3, 11, 12, 0, 0, 0, time.UTC))
	o.endDue()
	if n := o.count(`select count(*) from guardianships where child_id = $1 and status = 'ended'`, noah.ID); n != 1 {
		t.Error("a guardianship outlives the 18th birthday")
	}
}

func TestAConfirmedGuardianshipEndsAfterItsLastDay(t *testing.T) {
	o := open(t)
	luis := o.person("Luis Ortega")
	maya := o.child(luis, "Maya Ortega", 11)
	g := must[*services.Page[models.Guardianship]](t)(o.people.ListGuardianships(o.as(o.boss), people.GuardianshipFilter{PageQuery: all})).Data[0].ID
	last := models.NewDate(2026, time.June, 30)
	confirmed := must[*models.Guardianship](t)(o.people.ConfirmGuardianship(o.as(o.boss), g, people.ConfirmGuardianship{Evidence: "Order seen", Until: &last}))
	if *confirmed.Evidence != "Order seen" || *confirmed.ConfirmedBy != o.boss.member || confirmed.Until.String() != "2026-06-30" {
		t.Errorf("%+v", confirmed)
	}
	for when, allowed := range map[time.Time]bool{
		time.Date(2026, 7, 1, 3, 59, 0, 0, time.UTC): true, time.Date(2026, 7, 1, 4, 0, 0, 0, time.UTC): false,
	} {
		o.core.Clock.Set(when)
		if a := o.authority(luis, maya.ID); a.Allowed != allowed {
			t.Errorf("at %s: %+v", when, a)
		}
		list := must[*services.Page[people.Dependent]](t)(o.people.Dependents(o.as(luis)))
		if (len(list.Data) == 1) != allowed {
			t.Errorf("at %s he lists %+v", when, list.Data)
		}
	}
	o.core.Clock.Set(time.Date(2026, 7, 1, 4, 0, 0, 0, time.UTC))
	o.endDue()
	if got := o.status(g); got != models.GuardianshipEnded {
		t.Errorf("the job leaves it %s", got)
	}
	_, err := o.people.ConfirmGuardianship(o.as(o.boss), g, people.ConfirmGuardianship{Evidence: "Birth certificate"})
	refused(t, err, services.KindConflict, "guardianship_closed")
}

// What a former guardian entered is theirs no longer to see or change, by whatever path.
func TestAFormerGuardianReachesNothingOfTheChild(t *testing.T) {
	o := open(t)
	luis := o.person("Luis Ortega")
	maya := o.child(luis, "Maya Ortega", 11)
	contacts := people.EmergencyContacts{Contacts: []people.NewEmergencyContact{{Name: "Gran", Phone: "910 555 0199"}}}
	must[*services.Page[models.EmergencyContact]](t)(o.people.ReplaceDependentContacts(o.as(luis), maya.ID, contacts))
	g := must[*services.Page[models.Guardianship]](t)(o.people.ListGuardianships(o.as(o.boss), people.GuardianshipFilter{PageQuery: all})).Data[0].ID
	must[*models.Guardianship](t)(o.people.RefuseGuardianship(o.as(o.boss), g, people.StaffReason{Reason: "Not the father"}))
	for name, do := range map[string]func() error{
		"dependent": func() error { _, err := o.people.Dependent(o.as(luis), maya.ID); return err },
		"contacts":  func() error { _, err := o.people.DependentContacts(o.as(luis), maya.ID); return err },
		"edit": func() error {
			_, err := o.people.UpdateDependent(o.as(luis), maya.ID, people.PatchDependent{})
			return err
		},
		"replace": func() error { _, err := o.people.ReplaceDependentContacts(o.as(luis), maya.ID, contacts); return err },
	} {
		refused(t, do(), services.KindNotFound, services.CodeNotFound)
		var e *services.Error
		if err := do(); errors.As(err, &e) && strings.Contains(e.Message, "Maya") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if list := must[*services.Page[people.Dependent]](t)(o.people.Dependents(o.as(luis))); len(list.Data) != 0 {
		t.Errorf("%+v", list.Data)
	}
	if me := must[*people.Me](t)(o.people.Me(o.as(luis))); len(me.ActsFor) != 0 {
		t.Errorf("%+v", me.ActsFor)
	}
}

// teen makes somebody of 16 with an account.
func (o *office) teen(name string) person {
	o.Helper()
	p := o.person(name)
	o.exec(`update members set birth_date = $1 where id = $2`, born(16).String(), p.member)
	return p
}

// An adult outside the household does not reach somebody under 18: what they ask looks unanswered and is never shown.
func TestNobodyUnder18IsAskedToBeLinked(t *testing.T) {
	o := open(t)
	luis, nora := o.person("Luis Ortega"), o.teen("Nora Becker")
	ask := must[*people.RelationshipLink](t)(o.people.Ask(o.as(luis), people.AskRelationship{Email: nora.email, Kind: models.RelationBattleBuddy}))
	if list := must[*services.Page[people.RelationshipLink]](t)(o.people.Links(o.as(nora))); len(list.Data) != 0 {
		t.Errorf("she is shown %+v", list.Data)
	}
	_, err := o.people.Link(o.as(nora), ask.ID)
	refused(t, err, services.KindNotFound, services.CodeNotFound)
	_, err = o.people.Accept(o.as(nora), ask.ID)
	refused(t, err, services.KindForbidden, "adults_only")
	refused(t, o.people.Unlink(o.as(nora), ask.ID), services.KindNotFound, services.CodeNotFound)
	_, err = o.people.Ask(o.as(nora), people.AskRelationship{Email: luis.email, Kind: models.RelationBattleBuddy})
	refused(t, err, services.KindForbidden, "adults_only")
	if seen := must[*people.RelationshipLink](t)(o.people.Link(o.as(luis), ask.ID)); seen.Status != "asked" {
		t.Errorf("he sees %+v", seen)
	}

	_, err = o.people.RecordRelationship(o.as(o.boss), people.RecordRelationship{MemberID: luis.member, Kind: models.RelationBattleBuddy, OtherID: nora.member})
	refused(t, err, services.KindConflict, "adult_and_minor")
	must[*people.HouseholdView](t)(o.people.CreateHousehold(o.as(o.boss), people.CreateHousehold{Name: "Ortega", Members: []people.JoinHousehold{
		{MemberID: luis.member, Role: "adult"}, {MemberID: nora.member, Role: "child"}}}))
	must[*models.Relationship](t)(o.people.RecordRelationship(o.as(o.boss), people.RecordRelationship{MemberID: luis.member, Kind: models.RelationBattleBuddy, OtherID: nora.member}))
}

func TestATeenLooksAfterThemselvesAndNobodyElse(t *testing.T) {
	o := open(t)
	nora := o.teen("Nora Becker")
	must[*people.Me](t)(o.people.UpdateMe(o.as(nora), people.PatchMe{NamesPatch: people.NamesPatch{PreferredName: services.Some("No")}}))
	_, err := o.people.UpdateMe(o.as(nora), people.PatchMe{BirthDate: services.Some(*born(40))})
	refused(t, err, services.KindConflict, "ask_staff")
	must[*services.Page[models.EmergencyContact]](t)(o.people.ReplaceOwnContacts(o.as(nora), people.EmergencyContacts{}))
	_, err = o.people.AddDependent(o.as(nora), people.AddDependent{GivenName: "Doll", BirthDate: *born(2)})
	refused(t, err, services.KindForbidden, "adults_only")
	kid := o.known(models.Member{GivenName: "Kid", BirthDate: born(8)})
	_, err = o.people.CreateGuardianship(o.as(o.boss), people.ClaimGuardianship{GuardianID: nora.member, ChildID: kid.ID})
	if got := fields(t, err); got["/guardian_id"] != "not_adult" {
		t.Errorf("%v", got)
	}
}

// A guardian sees of a teen with an account what they entered, and nothing of what is the teen's own.
func TestAGuardianSeesNothingThatIsTheTeensOwn(t *testing.T) {
	o := open(t)
	luis, nora := o.person("Luis Ortega"), o.teen("Nora Ortega")
	must[*models.Guardianship](t)(o.people.CreateGuardianship(o.as(o.boss), people.ClaimGuardianship{GuardianID: luis.member, ChildID: nora.member, Evidence: "Birth certificate"}))
	must[*services.Page[models.EmergencyContact]](t)(o.people.ReplaceOwnContacts(o.as(nora), people.EmergencyContacts{Contacts: []people.NewEmergencyContact{{Name: "Coach Kim", Phone: "910 555 0188"}}}))
	must[*people.Me](t)(o.people.UpdateMe(o.as(nora), people.PatchMe{NamesPatch: people.NamesPatch{PreferredName: services.Some("Robin"), Pronouns: services.Some("they/them")}}))
	o.exec(`update members set email = 'robin@example.org' where id = $1`, nora.member)
	if _, err := o.people.UpdateOwnNeeds(o.as(nora), people.NeedsPatch{DietaryNeeds: services.Some("no walnuts")}); err != nil {
		t.Fatal(err)
	}
	seen := text(must[*people.DependentView](t)(o.people.Dependent(o.as(luis), nora.member))) + text(must[*services.Page[people.Dependent]](t)(o.people.Dependents(o.as(luis)))) +
		text(must[*people.Me](t)(o.people.Me(o.as(luis)))) + text(must[*services.Page[models.EmergencyContact]](t)(o.people.DependentContacts(o.as(luis), nora.member))) +
		text(must[*services.Page[people.RelationshipLink]](t)(o.people.Links(o.as(luis))))
	for _, secret := range []string{"Robin", "robin", "they/them", "walnut", "Kim", "0188"} {
		if strings.Contains(seen, secret) {
			t.Errorf("he sees %q in %s", secret, seen)
		}
	}
}

// Unlinking is silent: the other side's list simply lacks it, with nothing written to them, at once or later.
func TestUnlinkingTellsNobody(t *testing.T) {
	o := open(t)
	ana, luis := o.person("Ana Ortega"), o.person("Luis Ortega")
	ask := must[*people.RelationshipLink](t)(o.people.Ask(o.as(ana), people.AskRelationship{Email: luis.email, Kind: models.RelationSpouse}))
	must[*people.RelationshipLink](t)(o.people.Accept(o.as(luis), ask.ID))
	ago := text(must[*people.Me](t)(o.people.Me(o.as(luis))))
	messages, jobs := o.count(`select count(*) from messages`), o.count(`select count(*) from river_job`)
	audited := o.count(`select count(*) from audit_log where $1 = any(subjects) and action = 'relationship.unlink'`, luis.member)
	if err := o.people.Unlink(o.as(ana), ask.ID); err != nil {
		t.Fatal(err)
	}
	if list := must[*services.Page[people.RelationshipLink]](t)(o.people.Links(o.as(luis))); len(list.Data) != 0 {
		t.Errorf("he sees %+v", list.Data)
	}
	_, gone := o.people.Link(o.as(luis), ask.ID)
	_, never := o.people.Link(o.as(luis), services.NewID())
	if gone == nil || gone.Error() != never.Error() {
		t.Errorf("%v, of one that never was %v", gone, never)
	}
	if now := text(must[*people.Me](t)(o.people.Me(o.as(luis)))); now != ago {
		t.Errorf("his record went from %s to %s", ago, now)
	}
	if _, err := o.core.RunDue(t.Context(), noon.AddDate(0, 1, 0)); err != nil {
		t.Fatal(err)
	}
	if o.count(`select count(*) from messages`) != messages || o.count(`select count(*) from river_job`) != jobs {
		t.Error("somebody was written to, or will be")
	}
	if n := o.count(`select count(*) from audit_log where $1 = any(subjects) and action = 'relationship.unlink'`, luis.member); n != audited+1 {
		t.Errorf("%d entries for staff's eyes", n-audited)
	}
}

// What a guardian typed when they added a child is theirs to see until the teen says it for themselves.
func TestATeensOwnNameIsTheirs(t *testing.T) {
	o := open(t)
	luis := o.person("Luis Ortega")
	nora := must[*people.DependentView](t)(o.people.AddDependent(o.as(luis), people.AddDependent{GivenName: "Nora", PreferredName: ptr("Nori"), BirthDate: *born(15)}))
	account := person{member: nora.ID, account: services.NewID(), roles: []models.Role{models.RoleMember}}
	o.exec(`insert into accounts (id, version, created_at, updated_at, member_id, email, roles, status, email_verified_at, auth_changed_at)
		values ($1, 1, $2, $2, $3, 'nora@example.org', '{member}', 'active', $2, $2)`, account.account, noon, nora.ID)
	if seen := must[*people.DependentView](t)(o.people.Dependent(o.as(luis), nora.ID)); *seen.PreferredName != "Nori" {
		t.Errorf("%+v", seen)
	}
	must[*people.Me](t)(o.people.UpdateMe(o.as(account), people.PatchMe{NamesPatch: people.NamesPatch{PreferredName: services.Some("Robin"), Pronouns: services.Some("he/him")}}))
	if seen := text(must[*people.DependentView](t)(o.people.Dependent(o.as(luis), nora.ID))); strings.Contains(seen, "Robin") || strings.Contains(seen, "he/him") {
		t.Errorf("he sees %s", seen)
	}
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}
