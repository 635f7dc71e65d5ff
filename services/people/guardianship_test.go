package people_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
	"homefront/services/tasks"
)

func TestAChildIsAddedAtOnceAndConfirmedByStaff(t *testing.T) {
	o := open(t)
	luis := o.person("Luis Ortega")
	maya := o.child(luis, "Maya Ortega", 11)

	if !maya.NeedsReview {
		t.Error("a child that nobody has confirmed needs review")
	}
	if a := o.authority(luis, maya.ID); !a.Allowed || !a.NeedsReview {
		t.Errorf("before confirmation: %+v", a)
	}
	waiting := must[*services.Page[models.Guardianship]](t)(o.people.ListGuardianships(o.as(o.boss), people.GuardianshipFilter{PageQuery: all, Status: []models.GuardianshipStatus{"claimed"}}))
	open := must[*services.Page[models.Task]](t)(o.tasks.List(o.as(o.boss), tasks.Filter{PageQuery: all}))
	if len(waiting.Data) != 1 || len(open.Data) != 1 || *open.Data[0].RecordID != waiting.Data[0].ID || *open.Data[0].MemberID != maya.ID {
		t.Fatalf("claims %+v, tasks %+v", waiting.Data, open.Data)
	}

	g := must[*models.Guardianship](t)(o.people.ConfirmGuardianship(o.as(o.boss), waiting.Data[0].ID, people.ConfirmGuardianship{Evidence: "Birth certificate"}))
	if g.Status != models.GuardianshipConfirmed || *g.ConfirmedBy != o.boss.member {
		t.Errorf("confirmed: %+v", g)
	}
	if a := o.authority(luis, maya.ID); !a.Allowed || a.NeedsReview {
		t.Errorf("after confirmation: %+v", a)
	}
	if left := must[*services.Page[models.Task]](t)(o.tasks.List(o.as(o.boss), tasks.Filter{PageQuery: all})); len(left.Data) != 0 {
		t.Errorf("the task stayed open: %+v", left.Data)
	}

	_, err := o.people.RefuseGuardianship(o.as(o.boss), g.ID, people.StaffReason{Reason: "Too late"})
	refused(t, err, services.KindConflict, "already_confirmed")
	must[*models.Guardianship](t)(o.people.EndGuardianship(o.as(o.boss), g.ID, people.StaffReason{Reason: "Court order"}))
	if a := o.authority(luis, maya.ID); a.Allowed {
		t.Error("an ended guardianship gives no right")
	}
	_, err = o.people.Dependent(o.as(luis), maya.ID)
	refused(t, err, services.KindNotFound, services.CodeNotFound)
	must[*models.Guardianship](t)(o.people.ReinstateGuardianship(o.as(o.boss), g.ID, people.StaffReason{Reason: "The order was lifted"}))
	if a := o.authority(luis, maya.ID); !a.Allowed || !a.NeedsReview {
		t.Errorf("reinstated, it is a claim again: %+v", a)
	}
}

// Ana and Tom are both guardians of Maya. Whatever one of them does or asks, nothing tells them of the other.
func TestTwoGuardiansNeverSeeEachOther(t *testing.T) {
	o := open(t)
	ana, tom := o.person("Ana Ortega"), o.person("Tom Becker")
	maya := must[*people.DependentView](t)(o.people.AddDependent(o.as(ana), people.AddDependent{
		GivenName: "Maya", FamilyName: "Ortega", PreferredName: ptr("Starling"), Pronouns: ptr("they/them"), BirthDate: *born(11),
		ContactPatch: people.ContactPatch{AddressLine1: services.Some("7 Secret Lane"), Phone: services.Some("(910) 555-0101"), Email: services.Some("maya@shelter.example.org")},
		NeedsPatch:   people.NeedsPatch{DietaryNeeds: services.Some("no walnuts")},
	}))
	contacts := people.EmergencyContacts{Contacts: []people.NewEmergencyContact{{Name: "Shelter desk", Phone: "910 555 0199"}}}
	must[*services.Page[models.EmergencyContact]](t)(o.people.ReplaceDependentContacts(o.as(ana), maya.ID, contacts))
	must[*models.Guardianship](t)(o.people.CreateGuardianship(o.as(o.boss), people.ClaimGuardianship{GuardianID: tom.member, ChildID: maya.ID, Evidence: "Custody order"}))

	secrets := []string{"Starling", "they/them", "Secret", "0101", "shelter", "Shelter", "walnut", ana.member.String(), "Ana"}
	reads := map[string]func(p person) (any, error){
		"me":         func(p person) (any, error) { return o.people.Me(o.as(p)) },
		"dependents": func(p person) (any, error) { return o.people.Dependents(o.as(p)) },
		"dependent":  func(p person) (any, error) { return o.people.Dependent(o.as(p), maya.ID) },
		"contacts":   func(p person) (any, error) { return o.people.DependentContacts(o.as(p), maya.ID) },
		"links":      func(p person) (any, error) { return o.people.Links(o.as(p)) },
		"edit": func(p person) (any, error) {
			return o.people.UpdateDependent(o.as(p), maya.ID, people.PatchDependent{ContactPatch: people.ContactPatch{City: services.Some("Raleigh")}})
		},
		"replace contacts": func(p person) (any, error) {
			return o.people.ReplaceDependentContacts(o.as(p), maya.ID, people.EmergencyContacts{Contacts: []people.NewEmergencyContact{
				{Name: "Gran", Phone: "9105550111"}, {Name: "Pop", Phone: "9105550112"}, {Name: "Uncle", Phone: "9105550113"}, {Name: "Aunt", Phone: "9105550114"}, {Name: "Friend", Phone: "9105550115"}}})
		},
	}
	for name, read := range reads {
		answer, err := read(tom)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		told, _ := json.Marshal(answer)
		for _, secret := range secrets {
			if strings.Contains(string(told), secret) {
				t.Errorf("%s tells Tom %q: %s", name, secret, told)
			}
		}
	}

	// Nor does Ana learn of what Tom entered meanwhile.
	answer := must[*people.DependentView](t)(o.people.Dependent(o.as(ana), maya.ID))
	if answer.City != "" || answer.AddressLine1 != "7 Secret Lane" || *answer.PreferredName != "Starling" || answer.DietaryNeeds != "no walnuts" {
		t.Errorf("Ana's own entries: %+v", answer)
	}
	own := must[*services.Page[models.EmergencyContact]](t)(o.people.DependentContacts(o.as(ana), maya.ID))
	if len(own.Data) != 1 || own.Data[0].Name != "Shelter desk" {
		t.Errorf("Ana's contacts: %+v", own.Data)
	}

	// Tom cannot rename what Ana entered, and is told so in the words that Ana gets for a name on file.
	rename := people.PatchDependent{GivenName: services.Some("May")}
	_, his := o.people.UpdateDependent(o.as(tom), maya.ID, rename)
	claim := must[*services.Page[models.Guardianship]](t)(o.people.ListGuardianships(o.as(o.boss), people.GuardianshipFilter{PageQuery: all, GuardianID: ana.member}))
	must[*models.Guardianship](t)(o.people.ConfirmGuardianship(o.as(o.boss), claim.Data[0].ID, people.ConfirmGuardianship{Evidence: "Birth certificate"}))
	_, hers := o.people.UpdateDependent(o.as(ana), maya.ID, rename)
	refused(t, his, services.KindConflict, "ask_staff")
	if his == nil || hers == nil || his.Error() != hers.Error() {
		t.Errorf("%v differs from %v", his, hers)
	}

	// Staff see both, and can tell whose is whose.
	v := must[*people.MemberView](t)(o.people.Get(o.as(o.boss), maya.ID))
	if len(v.Guardians) != 2 || len(v.Details) != 2 || len(v.EmergencyContacts) != 6 || !v.Minor {
		t.Errorf("staff see %d guardians, %d details, %d contacts", len(v.Guardians), len(v.Details), len(v.EmergencyContacts))
	}
}

func TestAGuardianEditsWhatTheyEntered(t *testing.T) {
	o := open(t)
	luis := o.person("Luis Ortega")
	maya := o.child(luis, "Maya Ortega", 11)

	v := must[*people.DependentView](t)(o.people.UpdateDependent(o.as(luis), maya.ID, people.PatchDependent{GivenName: services.Some("Maia"), PreferredName: services.Some("May"),
		BirthDate: services.Some(*born(12)), ContactPatch: people.ContactPatch{Phone: services.Some("910.555.0143")}}))
	if v.GivenName != "Maia" || *v.PreferredName != "May" || *v.Phone != "+19105550143" || v.BirthDate.String() != born(12).String() {
		t.Errorf("%+v", v)
	}
	v = must[*people.DependentView](t)(o.people.UpdateDependent(o.as(luis), maya.ID, people.PatchDependent{PreferredName: services.Null[string](),
		ContactPatch: people.ContactPatch{Phone: services.Null[string]()}, NeedsPatch: people.NeedsPatch{DietaryNeeds: services.Some(" No nuts ")}}))
	if v.PreferredName != nil || v.Phone != nil || v.DietaryNeeds != "No nuts" || v.GivenName != "Maia" {
		t.Errorf("null clears, absent leaves: %+v", v)
	}
	_, err := o.people.UpdateDependent(o.as(luis), maya.ID, people.PatchDependent{BirthDate: services.Some(*born(19))})
	if got := fields(t, err); got["/birth_date"] != "not_minor" {
		t.Errorf("an adult's birth date: %v", got)
	}

	for name, id := range map[string]uuid.UUID{"another's child": o.child(o.person("Tom Becker"), "Finn Becker", 9).ID, "an adult": o.boss.member, "nobody": services.NewID()} {
		t.Run(name, func(t *testing.T) {
			_, err := o.people.Dependent(o.as(luis), id)
			refused(t, err, services.KindNotFound, services.CodeNotFound)
			_, err = o.people.UpdateDependent(o.as(luis), id, people.PatchDependent{ContactPatch: people.ContactPatch{City: services.Some("Raleigh")}})
			refused(t, err, services.KindNotFound, services.CodeNotFound)
			_, err = o.people.DependentContacts(o.as(luis), id)
			refused(t, err, services.KindNotFound, services.CodeNotFound)
			_, err = o.people.ReplaceDependentContacts(o.as(luis), id, people.EmergencyContacts{})
			refused(t, err, services.KindNotFound, services.CodeNotFound)
			if a := o.authority(luis, id); a.Allowed {
				t.Error("may act")
			}
		})
	}
}

// On Kwajalein (UTC+12) a child turns 18 while it is still the day before in New York, and on Hawaii hours later.
func TestGuardianshipEndsOnThe18thBirthdayWhereTheChildIs(t *testing.T) {
	birthday := time.Date(2026, time.March, 10, 0, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		zone string
		last time.Time // the last minute of 9 March there
	}{
		{"Pacific/Kwajalein", time.Date(2026, time.March, 9, 11, 59, 0, 0, time.UTC)},
		{"America/New_York", time.Date(2026, time.March, 10, 3, 59, 0, 0, time.UTC)},
		{"Pacific/Honolulu", time.Date(2026, time.March, 10, 9, 59, 0, 0, time.UTC)},
	} {
		t.Run(tc.zone, func(t *testing.T) {
			o := open(t)
			luis := o.person("Luis Ortega")
			kid := o.known(models.Member{GivenName: "Noah", Kinds: models.Texts[models.Kind]{"child"}, TimeZone: tc.zone, BirthDate: ptr(models.DateOf(birthday.AddDate(-18, 0, 0)))})
			must[*models.Guardianship](t)(o.people.CreateGuardianship(o.as(o.boss), people.ClaimGuardianship{GuardianID: luis.member, ChildID: kid.ID, Evidence: "Birth certificate"}))
			o.core.Clock.Set(tc.last)
			if a := o.authority(luis, kid.ID); !a.Allowed {
				t.Error("still 17")
			}
			o.core.Clock.Advance(time.Minute)
			if a := o.authority(luis, kid.ID); a.Allowed {
				t.Error("18 today")
			}
			if list := must[*services.Page[people.Dependent]](t)(o.people.Dependents(o.as(luis))); len(list.Data) != 0 {
				t.Errorf("still listed: %+v", list.Data)
			}
			_, err := o.people.Dependent(o.as(luis), kid.ID)
			refused(t, err, services.KindNotFound, services.CodeNotFound)
		})
	}
}

func TestACourtsTermEndsAGuardianship(t *testing.T) {
	o := open(t)
	luis := o.person("Luis Ortega")
	kid := o.known(models.Member{GivenName: "Noah", Kinds: models.Texts[models.Kind]{"child"}, BirthDate: born(9)})
	until := models.NewDate(2026, time.March, 5)
	must[*models.Guardianship](t)(o.people.CreateGuardianship(o.as(o.boss), people.ClaimGuardianship{GuardianID: luis.member, ChildID: kid.ID, Evidence: "Order of the court", Until: &until}))
	o.core.Clock.Set(time.Date(2026, time.March, 6, 4, 59, 0, 0, time.UTC)) // 5 March in New York
	if a := o.authority(luis, kid.ID); !a.Allowed {
		t.Error("the last day counts")
	}
	o.core.Clock.Advance(time.Minute)
	if a := o.authority(luis, kid.ID); a.Allowed {
		t.Error("the term is over")
	}
}

func TestWhoCanBeAGuardianOfWhom(t *testing.T) {
	o := open(t)
	luis := o.person("Luis Ortega")
	kid := o.known(models.Member{GivenName: "Noah", Kinds: models.Texts[models.Kind]{"child"}, BirthDate: born(9)})
	teen := o.known(models.Member{GivenName: "Nora", BirthDate: born(17)})
	grown := o.known(models.Member{GivenName: "Ned", BirthDate: born(18)})
	for name, tc := range map[string]struct {
		guardian, child uuid.UUID
		field           string
	}{
		"a minor":          {teen.ID, kid.ID, "/guardian_id"},
		"of an adult":      {luis.member, grown.ID, "/child_id"},
		"of 18 since days": {luis.member, grown.ID, "/child_id"},
	} {
		_, err := o.people.CreateGuardianship(o.as(o.boss), people.ClaimGuardianship{GuardianID: tc.guardian, ChildID: tc.child})
		if got := fields(t, err); got[tc.field] == "" {
			t.Errorf("%s: %v", name, got)
		}
	}
	_, err := o.people.CreateGuardianship(o.as(o.boss), people.ClaimGuardianship{GuardianID: luis.member, ChildID: services.NewID()})
	refused(t, err, services.KindNotFound, services.CodeNotFound)
	must[*models.Guardianship](t)(o.people.CreateGuardianship(o.as(o.boss), people.ClaimGuardianship{GuardianID: luis.member, ChildID: kid.ID}))
	_, err = o.people.CreateGuardianship(o.as(o.boss), people.ClaimGuardianship{GuardianID: luis.member, ChildID: kid.ID})
	refused(t, err, services.KindConflict, "already_guardian")
	_, err = o.people.AddDependent(o.as(luis), people.AddDependent{GivenName: "Ned", BirthDate: *born(18)})
	if got := fields(t, err); got["/birth_date"] != "not_minor" {
		t.Errorf("%v", got)
	}
}

// A phone that sends the same form eight times at once, each with a key of its own, adds one child.
func TestAChildSentManyTimesIsAddedOnce(t *testing.T) {
	o := open(t)
	luis := o.person("Luis Ortega")
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = o.people.AddDependent(o.as(luis), people.AddDependent{GivenName: []string{"Zoé", "zoe"}[i%2], FamilyName: "Ortega", BirthDate: *born(7)})
		})
	}
	wg.Wait()
	added := 0
	for _, err := range errs {
		if err == nil {
			added++
			continue
		}
		refused(t, err, services.KindConflict, "already_added")
	}
	if added != 1 || o.count("select count(*) from guardianships") != 1 || o.count("select count(*) from tasks") != 1 {
		t.Errorf("%d were added", added)
	}
}
