package people_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

func TestMe(t *testing.T) {
	o := open(t)
	luis := o.person("Luis Ortega")
	maya := o.child(luis, "Maya Ortega", 11)
	_, err := o.core.Writes().Exec(t.Context(), `update members set tags = '{canary}', referral_source = 'canary', dietary_needs = 'canary' where id = $1`, luis.member)
	if err != nil {
		t.Fatal(err)
	}

	me := must[*people.Me](t)(o.people.Me(o.as(luis)))
	if me.Account.ID != luis.account || me.Account.Email != luis.email || len(me.Account.Roles) != 1 || me.Member.GivenName != "Luis" || me.Edition() != 1 {
		t.Errorf("%+v", me)
	}
	if len(me.ActsFor) != 1 || me.ActsFor[0].MemberID != maya.ID || me.ActsFor[0].Name != "Maya Ortega" || !me.ActsFor[0].NeedsReview || me.ActsFor[0].As != "guardian" {
		t.Errorf("%+v", me.ActsFor)
	}
	if told, _ := json.Marshal(me); strings.Contains(string(told), "canary") {
		t.Errorf("staff's notes, or needs, are told: %s", told)
	}

	me = must[*people.Me](t)(o.people.UpdateMe(o.as(luis), people.PatchMe{NamesPatch: people.NamesPatch{Pronouns: services.Some("he/him"), TimeZone: services.Some("America/Chicago")},
		PreferencesPatch: people.PreferencesPatch{ProgramWords: services.Some(true)}, Kinds: services.Some([]models.Kind{"veteran", "parent"})}))
	if *me.Member.Pronouns != "he/him" || me.Member.TimeZone != "America/Chicago" || !me.Member.ProgramWords || len(me.Member.Kinds) != 2 || me.Edition() != 2 {
		t.Errorf("%+v", me.Member)
	}
	_, err = o.people.UpdateMe(o.as(luis, 1), people.PatchMe{})
	refused(t, err, services.KindStale, services.CodeStale)
	must[*people.Me](t)(o.people.UpdateMe(o.as(luis, 2), people.PatchMe{BirthDate: services.Some(*born(40))}))
	for _, f := range []services.Field[models.Date]{services.Some(*born(30)), services.Null[models.Date]()} {
		_, err = o.people.UpdateMe(o.as(luis), people.PatchMe{BirthDate: f})
		refused(t, err, services.KindConflict, "ask_staff")
	}

	needs := must[*models.Needs](t)(o.people.UpdateOwnNeeds(o.as(luis), people.NeedsPatch{DietaryNeeds: services.Null[string](), ServiceAnimal: services.Some(true)}))
	if needs.DietaryNeeds != "" || !needs.ServiceAnimal {
		t.Errorf("%+v", needs)
	}
	must[*models.Needs](t)(o.people.OwnNeeds(o.as(luis)))
	if n := o.count(`select count(*) from audit_log where action = 'needs.read' and subjects = array[$1::uuid]`, luis.member); n != 1 {
		t.Errorf("%d rows of looks at needs", n)
	}
	if n := o.count(`select count(*) from audit_log where action in ('me.update', 'needs.update') and (changes::text like '%Chicago%' or changes::text like '%canary%')`); n != 0 {
		t.Error("the log holds personal values")
	}
}

func TestNobodyMakesThemselvesStaff(t *testing.T) {
	o := open(t)
	m := o.known(models.Member{GivenName: "Carla", Kinds: models.Texts[models.Kind]{"staff"}})
	if _, err := o.core.Writes().Exec(t.Context(), `update accounts set member_id = $1 where id = $2`, m.ID, o.boss.account); err != nil {
		t.Fatal(err)
	}
	carla := o.boss
	carla.member = m.ID
	me := must[*people.Me](t)(o.people.UpdateMe(o.as(carla), people.PatchMe{Kinds: services.Some([]models.Kind{"supporter"})}))
	if len(me.Member.Kinds) != 2 || me.Member.Kinds[0] != models.KindStaff {
		t.Errorf("%v", me.Member.Kinds)
	}
}

func TestEmergencyContacts(t *testing.T) {
	o := open(t)
	luis := o.person("Luis Ortega")
	page := must[*services.Page[models.EmergencyContact]](t)(o.people.ReplaceOwnContacts(o.as(luis), people.EmergencyContacts{Contacts: []people.NewEmergencyContact{
		{Name: " Rosa  Ortega ", Relation: "mother", Phone: "(910) 555-0177"}, {Name: "Sam", Phone: "+44 20 7946 0018", MayBeTold: models.ToldAnything}}}))
	if len(page.Data) != 2 || page.Data[0].Name != "Rosa Ortega" || page.Data[0].MayBeTold != models.ToldEmergency || page.Data[1].Phone != "+442079460018" || page.Data[1].Place != 2 {
		t.Errorf("%+v", page.Data)
	}
	_, err := o.people.ReplaceOwnContacts(o.as(luis), people.EmergencyContacts{Contacts: []people.NewEmergencyContact{{Name: " ", Phone: "1", Email: ptr("no")}}})
	if got := fields(t, err); got["/contacts/0/name"] == "" || got["/contacts/0/phone"] == "" || got["/contacts/0/email"] == "" {
		t.Errorf("%v", got)
	}
	_, err = o.people.ReplaceOwnContacts(o.as(luis), people.EmergencyContacts{Contacts: make([]people.NewEmergencyContact, 6)})
	if got := fields(t, err); got["/contacts"] != "too_many" {
		t.Errorf("%v", got)
	}
	v := must[*people.MemberView](t)(o.people.ReplaceContacts(o.as(o.boss, 1), luis.member, people.EmergencyContacts{Contacts: []people.NewEmergencyContact{{Name: "Rosa", Phone: "9105550177"}}}))
	if len(v.EmergencyContacts) != 1 || v.Version != 2 {
		t.Errorf("%+v", v.EmergencyContacts)
	}
	_, err = o.people.ReplaceContacts(o.as(o.boss, 1), luis.member, people.EmergencyContacts{})
	refused(t, err, services.KindStale, services.CodeStale)

	// A list that is sent by two phones at once is one of the two, never a mixture.
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			list := people.EmergencyContacts{Contacts: []people.NewEmergencyContact{{Name: "A", Phone: "9105550101"}, {Name: "A", Phone: "9105550102"}}}
			if i%2 == 1 {
				list = people.EmergencyContacts{Contacts: []people.NewEmergencyContact{{Name: "B", Phone: "9105550103"}}}
			}
			if _, err := o.people.ReplaceOwnContacts(o.as(luis), list); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	left := must[*services.Page[models.EmergencyContact]](t)(o.people.OwnContacts(o.as(luis)))
	names := ""
	for _, c := range left.Data {
		names += c.Name
	}
	if names != "AA" && names != "B" {
		t.Errorf("%+v", left.Data)
	}
}

func TestAskAndAccept(t *testing.T) {
	o := open(t)
	luis, ana := o.person("Luis Ortega"), o.person("Ana Ortega")
	asked := must[*people.RelationshipLink](t)(o.people.Ask(o.as(luis), people.AskRelationship{Email: "Ana.Ortega@Example.org", Kind: models.RelationSpouse, Direction: people.IAm}))
	if asked.Status != "asked" || *asked.WaitsFor != "them" || asked.OtherName != nil || asked.OtherID != nil || asked.Direction != people.IAm {
		t.Errorf("%+v", asked)
	}
	_, err := o.people.Ask(o.as(luis), people.AskRelationship{Email: ana.email, Kind: models.RelationSpouse})
	refused(t, err, services.KindConflict, "already_asked")

	hers := must[*services.Page[people.RelationshipLink]](t)(o.people.Links(o.as(ana))).Data
	if len(hers) != 1 || *hers[0].WaitsFor != "you" || *hers[0].OtherName != "Luis Ortega" || hers[0].OtherID != nil || hers[0].Email != nil || hers[0].Direction != people.TheyAre {
		t.Fatalf("%+v", hers)
	}
	// Neither he nor a stranger can accept it.
	for _, p := range []person{luis, o.person("Eve Stone")} {
		_, err := o.people.Accept(o.as(p), asked.ID)
		refused(t, err, services.KindNotFound, services.CodeNotFound)
	}
	got := must[*people.RelationshipLink](t)(o.people.Accept(o.as(ana), asked.ID))
	if got.Status != "accepted" || *got.OtherID != luis.member || got.WaitsFor != nil || got.ExpiresAt != nil {
		t.Errorf("%+v", got)
	}
	his := must[*services.Page[people.RelationshipLink]](t)(o.people.Links(o.as(luis))).Data
	if len(his) != 1 || *his[0].OtherName != "Ana Ortega" || *his[0].OtherID != ana.member || his[0].Direction != people.IAm || his[0].Email != nil {
		t.Errorf("%+v", his)
	}
	if a := o.authority(luis, ana.member); a.Allowed {
		t.Error("a spouse may not act for the other")
	}
	// The same tie once more ends at the acceptance.
	again := must[*people.RelationshipLink](t)(o.people.Ask(o.as(luis), people.AskRelationship{Email: ana.email, Kind: models.RelationSpouse}))
	_, err = o.people.Accept(o.as(ana), again.ID)
	refused(t, err, services.KindConflict, "already_linked")
}

// Whatever becomes of an ask, the asker sees the same until it is accepted: for a member who refuses, one who is silent,
// and an address that is nobody's.
func TestARefusalLooksLikeSilenceAndLikeNobody(t *testing.T) {
	o := open(t)
	luis := o.person("Luis Ortega")
	refuses, silent := o.person("Ana Ortega"), o.person("Sue Park")
	see := func(email string) string {
		t.Helper()
		for _, l := range must[*services.Page[people.RelationshipLink]](t)(o.people.Links(o.as(luis))).Data {
			if l.Email != nil && *l.Email == email {
				l.ID, l.Email = luis.member, nil
				told, _ := json.Marshal(l)
				return string(told)
			}
		}
		return "nothing"
	}
	addresses := []string{refuses.email, silent.email, "nobody@example.net"}
	same := func(when string) {
		t.Helper()
		for _, email := range addresses {
			if see(email) != see(addresses[0]) {
				t.Errorf("%s: %s is told %s, %s is told %s", when, email, see(email), addresses[0], see(addresses[0]))
			}
		}
	}
	ask := func(email string) (*people.RelationshipLink, error) {
		return o.people.Ask(o.as(luis), people.AskRelationship{Email: email, Kind: models.RelationSpouse})
	}
	ids := map[string]*people.RelationshipLink{}
	for _, email := range addresses {
		ids[email] = must[*people.RelationshipLink](t)(ask(email))
	}
	same("asked")
	if err := o.people.Unlink(o.as(refuses), ids[refuses.email].ID); err != nil {
		t.Fatal(err)
	}
	same("refused")
	if see(refuses.email) == "nothing" {
		t.Error("a refusal can be seen by its absence")
	}
	if left := must[*services.Page[people.RelationshipLink]](t)(o.people.Links(o.as(refuses))); len(left.Data) != 0 {
		t.Errorf("what was refused is still shown: %+v", left.Data)
	}
	for _, email := range addresses {
		_, err := ask(email)
		refused(t, err, services.KindConflict, "already_asked")
	}
	// He takes them all back and asks anew: she is not bothered again.
	for _, email := range addresses {
		if err := o.people.Unlink(o.as(luis), ids[email].ID); err != nil {
			t.Fatal(err)
		}
	}
	same("taken back")
	for _, email := range addresses {
		must[*people.RelationshipLink](t)(ask(email))
	}
	same("asked again")
	if shown := must[*services.Page[people.RelationshipLink]](t)(o.people.Links(o.as(refuses))); len(shown.Data) != 0 {
		t.Errorf("she is asked again: %+v", shown.Data)
	}
	if shown := must[*services.Page[people.RelationshipLink]](t)(o.people.Links(o.as(silent))); len(shown.Data) != 1 {
		t.Errorf("the silent one should be: %+v", shown.Data)
	}
	o.core.Clock.Advance(31 * 24 * time.Hour)
	same("run out")
	if see(refuses.email) != "nothing" {
		t.Error("an ask goes away after a month")
	}
	_, err := o.people.Accept(o.as(silent), ids[silent.email].ID)
	refused(t, err, services.KindNotFound, services.CodeNotFound)
}

func TestUnlinkingIsSilentAndAlone(t *testing.T) {
	o := open(t)
	luis, ana := o.person("Luis Ortega"), o.person("Ana Ortega")
	link := must[*people.RelationshipLink](t)(o.people.Ask(o.as(luis), people.AskRelationship{Email: ana.email, Kind: models.RelationCaregiver}))
	must[*people.RelationshipLink](t)(o.people.Accept(o.as(ana), link.ID))
	if a := o.authority(luis, ana.member); !a.Allowed || a.NeedsReview {
		t.Errorf("a caregiver whom the adult accepted may act: %+v", a)
	}
	if a := o.authority(ana, luis.member); a.Allowed {
		t.Error("not the other way round")
	}
	if me := must[*people.Me](t)(o.people.Me(o.as(luis))); len(me.ActsFor) != 1 || me.ActsFor[0].As != "caregiver" || me.ActsFor[0].BirthDate != nil {
		t.Errorf("%+v", me.ActsFor)
	}
	refused(t, o.people.Unlink(o.as(o.person("Eve Stone")), link.ID), services.KindNotFound, services.CodeNotFound)
	if err := o.people.Unlink(o.as(ana), link.ID); err != nil {
		t.Fatal(err)
	}
	if a := o.authority(luis, ana.member); a.Allowed {
		t.Error("the right ends with the link")
	}
	if his := must[*services.Page[people.RelationshipLink]](t)(o.people.Links(o.as(luis))); len(his.Data) != 0 {
		t.Errorf("%+v", his.Data)
	}
	refused(t, o.people.Unlink(o.as(ana), link.ID), services.KindNotFound, services.CodeNotFound)
	if n := o.count("select count(*) from river_job"); n != 0 {
		t.Errorf("%d jobs: somebody would be told", n)
	}
	// A person may also name their own caregiver.
	named := must[*people.RelationshipLink](t)(o.people.Ask(o.as(ana), people.AskRelationship{Email: luis.email, Kind: models.RelationCaregiver, Direction: people.TheyAre}))
	must[*people.RelationshipLink](t)(o.people.Accept(o.as(luis), named.ID))
	if a := o.authority(luis, ana.member); !a.Allowed {
		t.Error("she named him")
	}
}

func TestOnlyAdultsAskAndStaffRecordOnlyTiesOfChildren(t *testing.T) {
	o := open(t)
	luis, ana := o.person("Luis Ortega"), o.person("Ana Ortega")
	teen := o.person("Nora Ortega")
	if _, err := o.core.Writes().Exec(t.Context(), "update members set birth_date = $1 where id = $2", born(16).String(), teen.member); err != nil {
		t.Fatal(err)
	}
	_, err := o.people.Ask(o.as(teen), people.AskRelationship{Email: luis.email, Kind: models.RelationChild})
	refused(t, err, services.KindForbidden, "adults_only")
	_, err = o.people.AddDependent(o.as(teen), people.AddDependent{GivenName: "Doll", BirthDate: *born(2)})
	refused(t, err, services.KindForbidden, "adults_only")
	_, err = o.people.Ask(o.as(luis), people.AskRelationship{Email: strings.ToUpper(luis.email), Kind: models.RelationSpouse})
	if got := fields(t, err); got["/email"] != "own_address" {
		t.Errorf("%v", got)
	}

	_, err = o.people.RecordRelationship(o.as(o.boss), people.RecordRelationship{MemberID: luis.member, Kind: models.RelationCaregiver, OtherID: ana.member})
	refused(t, err, services.KindConflict, "adults_ask")
	maya := o.child(ana, "Maya Ortega", 9)
	r := must[*models.Relationship](t)(o.people.RecordRelationship(o.as(o.boss), people.RecordRelationship{MemberID: luis.member, Kind: models.RelationCaregiver, OtherID: maya.ID}))
	if a := o.authority(luis, maya.ID); a.Allowed {
		t.Error("what staff record gives nobody a right to act")
	}
	if shown := must[*services.Page[people.RelationshipLink]](t)(o.people.Links(o.as(luis))); len(shown.Data) != 0 {
		t.Errorf("nor is it told: %+v", shown.Data)
	}
	if listed := must[*services.Page[models.Relationship]](t)(o.people.Relationships(o.as(o.boss), maya.ID)); len(listed.Data) != 1 {
		t.Errorf("%+v", listed.Data)
	}
	r = must[*models.Relationship](t)(o.people.EndRelationship(o.as(o.boss), r.ID, people.StaffReason{Reason: "Entered for the wrong child"}))
	if r.Status != models.RelationshipEnded || r.EndsOn == nil {
		t.Errorf("%+v", r)
	}
	ask := must[*people.RelationshipLink](t)(o.people.Ask(o.as(luis), people.AskRelationship{Email: ana.email, Kind: models.RelationSpouse}))
	_, err = o.people.GetRelationship(o.as(o.boss), ask.ID)
	refused(t, err, services.KindNotFound, services.CodeNotFound)
}

func TestAsksAreLimited(t *testing.T) {
	o := open(t)
	luis := o.person("Luis Ortega")
	var err error
	for i := 0; err == nil && i < 50; i++ {
		_, err = o.people.Ask(o.as(luis), people.AskRelationship{Email: string(rune('a'+i%26)) + "@example.net", Kind: models.RelationSibling})
	}
	refused(t, err, services.KindTooMany, services.CodeTooMany)
}
