package people_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// Carol is a coordinator and a guardian of Maya; so is Tom, to whom nothing else ties her. Her role opens no way to him.
func TestAGuardianOnStaffLearnsNothingOfTheOther(t *testing.T) {
	o := open(t)
	admin, tom := o.person("Dan Reed", models.RoleAdmin), o.person("Tom Becker")
	maya := o.child(o.boss, "Maya Whitfield", 9)
	must[*models.Guardianship](t)(o.people.CreateGuardianship(o.as(admin), people.ClaimGuardianship{GuardianID: tom.member, ChildID: maya.ID, Evidence: "Custody order"}))
	home := must[*people.HouseholdView](t)(o.people.CreateHousehold(o.as(admin), people.CreateHousehold{Name: "Becker", Members: []people.JoinHousehold{
		{MemberID: tom.member, Role: "adult"}, {MemberID: maya.ID, Role: "child"}}}))
	stranger := o.known(models.Member{GivenName: "Sue", FamilyName: "Beckerman"})

	for name, in := range map[string]people.MemberFilter{"list": {PageQuery: all}, "search": {Q: "becker", PageQuery: all}} {
		for _, m := range must[*services.Page[people.MemberSummary]](t)(o.people.List(o.as(o.boss), in)).Data {
			if slices.Contains([]uuid.UUID{o.boss.member, tom.member, maya.ID}, m.ID) {
				t.Errorf("the %s shows her %s", name, m.GivenName)
			}
		}
		if found := must[*services.Page[people.MemberSummary]](t)(o.people.List(o.as(admin), in)).Data; !slices.ContainsFunc(found, func(m people.MemberSummary) bool { return m.ID == tom.member }) {
			t.Errorf("the %s shows the admin %+v", name, found)
		}
	}
	for _, of := range []uuid.UUID{uuid.Nil, maya.ID, tom.member} {
		if got := must[*services.Page[people.HouseholdSummary]](t)(o.people.ListHouseholds(o.as(o.boss), people.HouseholdFilter{MemberID: of, PageQuery: all})); len(got.Data) != 0 {
			t.Errorf("she lists %+v", got.Data)
		}
	}
	for name, try := range map[string]func() error{
		"his record":  func() error { _, err := o.people.Get(o.as(o.boss), tom.member); return err },
		"his service": func() error { _, err := o.people.ServiceRecords(o.as(o.boss), tom.member); return err },
		"their home":  func() error { _, err := o.people.GetHousehold(o.as(o.boss), home.ID); return err },
		"its new name": func() error {
			_, err := o.people.UpdateHousehold(o.as(o.boss, 1), home.ID, people.PatchHousehold{})
			return err
		},
		"a stranger's move": func() error {
			_, err := o.people.Join(o.as(o.boss), home.ID, people.JoinHousehold{MemberID: stranger.ID, Role: "other"})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) { refused(t, try(), services.KindForbidden, "own_record") })
	}
	if n := o.count(`select count(*) from audit_log where action in ('member.read', 'service_record.list', 'household.read') and outcome = 'refused' and $1 = any(subjects) and account_id = $2`,
		tom.member, o.boss.account); n != 3 {
		t.Errorf("%d attempts in the log", n)
	}
}

func TestEveryLookAtWhatHangsOnAMemberIsLogged(t *testing.T) {
	o := open(t)
	luis, maya := o.known(models.Member{GivenName: "Luis", BirthDate: born(40)}), o.known(models.Member{GivenName: "Maya", BirthDate: born(9)})
	r := must[*people.ServiceRecordView](t)(o.people.AddServiceRecord(o.as(o.boss), luis.ID, people.AddServiceRecord{Component: "active", Branch: "army", EnteredOn: models.NewDate(2003, 7, 7)}))
	c := must[*models.Credential](t)(o.people.AddCredential(o.as(o.boss), luis.ID, people.AddCredential{Kind: "first_aid", IssuedOn: models.NewDate(2025, 9, 1)}))
	tie := must[*models.Relationship](t)(o.people.RecordRelationship(o.as(o.boss), people.RecordRelationship{MemberID: luis.ID, Kind: models.RelationParent, OtherID: maya.ID}))
	g := must[*models.Guardianship](t)(o.people.CreateGuardianship(o.as(o.boss), people.ClaimGuardianship{GuardianID: luis.ID, ChildID: maya.ID}))
	home := must[*people.HouseholdView](t)(o.people.CreateHousehold(o.as(o.boss), people.CreateHousehold{Name: "Ortega", Members: []people.JoinHousehold{{MemberID: luis.ID, Role: "adult"}}}))
	for action, look := range map[string]func() error{
		"service_record.list": func() error { _, err := o.people.ServiceRecords(o.as(o.boss), luis.ID); return err },
		"service_record.read": func() error { _, err := o.people.GetServiceRecord(o.as(o.boss), r.ID); return err },
		"credential.list":     func() error { _, err := o.people.Credentials(o.as(o.boss), luis.ID); return err },
		"credential.read":     func() error { _, err := o.people.GetCredential(o.as(o.boss), c.ID); return err },
		"relationship.list":   func() error { _, err := o.people.Relationships(o.as(o.boss), luis.ID); return err },
		"relationship.read":   func() error { _, err := o.people.GetRelationship(o.as(o.boss), tie.ID); return err },
		"guardianship.read":   func() error { _, err := o.people.GetGuardianship(o.as(o.boss), g.ID); return err },
		"household.read":      func() error { _, err := o.people.GetHousehold(o.as(o.boss), home.ID); return err },
	} {
		if err := look(); err != nil {
			t.Errorf("%s: %v", action, err)
		}
		if n := o.count(`select count(*) from audit_log where action = $1 and outcome = 'read' and $2 = any(subjects)`, action, luis.ID); n != 1 {
			t.Errorf("%s: %d rows", action, n)
		}
	}
}

// Noah, 18 since yesterday, asked his mother to be his caregiver. She acts for him as that, not as guardian of a child.
func TestACaregiverOfAGrownChildIsNoGuardian(t *testing.T) {
	o := open(t)
	ana := o.person("Ana Ortega")
	noah := o.person("Noah Ortega")
	if _, err := o.core.Writes().Exec(t.Context(), `update members set birth_date = $2 where id = $1`, noah.member, born(18).Time); err != nil {
		t.Fatal(err)
	}
	o.core.Clock.Set(noon.AddDate(0, 0, -3))
	must[*models.Guardianship](t)(o.people.CreateGuardianship(o.as(o.boss), people.ClaimGuardianship{GuardianID: ana.member, ChildID: noah.member, Evidence: "Birth certificate"}))
	o.core.Clock.Set(noon)
	asked := must[*people.RelationshipLink](t)(o.people.Ask(o.as(noah), people.AskRelationship{Email: ana.email, Kind: models.RelationCaregiver, Direction: people.TheyAre}))
	must[*people.RelationshipLink](t)(o.people.Accept(o.as(ana), asked.ID))

	if got := must[*people.Me](t)(o.people.Me(o.as(ana))).ActsFor; len(got) != 1 || got[0].As != "caregiver" || got[0].BirthDate != nil {
		t.Errorf("she acts for %+v", got)
	}
	if got := must[*services.Page[people.Dependent]](t)(o.people.Dependents(o.as(ana))); len(got.Data) != 0 {
		t.Errorf("her children are %+v", got.Data)
	}
}

// Staff correct a child's telephone number while the guardian renames the child: both stay.
func TestARenamedChildKeepsWhatStaffEnteredMeanwhile(t *testing.T) {
	o := open(t)
	luis := o.person("Luis Ortega")
	maya := o.child(luis, "Maya Ortega", 9)
	staff, err := o.core.Writes().Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := staff.Exec(t.Context(), `update members set phone = '+19105550142' where id = $1`, maya.ID); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		_, err := o.people.UpdateDependent(o.as(luis), maya.ID, people.PatchDependent{PreferredName: services.Some("May")})
		done <- err
	}()
	for o.count(`select count(*) from pg_locks where not granted`) == 0 {
		time.Sleep(time.Millisecond) // until the guardian waits for the row
	}
	if err := staff.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if m := must[*people.MemberView](t)(o.people.Get(o.as(o.boss), maya.ID)); m.Phone == nil || *m.PreferredName != "May" {
		t.Errorf("%+v", m.Member)
	}
}

func TestAnAskThatRanOutIsLoggedAsLapsed(t *testing.T) {
	o := open(t)
	luis := o.person("Luis Ortega")
	ask := people.AskRelationship{Email: "nobody@example.net", Kind: models.RelationSpouse}
	first := must[*people.RelationshipLink](t)(o.people.Ask(o.as(luis), ask))
	o.core.Clock.Advance(31 * 24 * time.Hour)
	must[*people.RelationshipLink](t)(o.people.Ask(o.as(luis), ask))
	if n := o.count(`select count(*) from audit_log where action = 'relationship.ask' and objects @> array[$1::uuid]`, first.ID); n != 2 {
		t.Errorf("%d rows tell of the first ask", n)
	}
}

func TestAReasonIsMoreThanBlanks(t *testing.T) {
	o := open(t)
	luis := o.known(models.Member{GivenName: "Luis"})
	c := must[*models.Credential](t)(o.people.AddCredential(o.as(o.boss), luis.ID, people.AddCredential{Kind: "first_aid", IssuedOn: models.NewDate(2025, 9, 1)}))
	_, err := o.people.RevokeCredential(o.as(o.boss), c.ID, people.StaffReason{Reason: strings.Repeat(" ", 5)})
	if got := fields(t, err); got["/reason"] != "required" {
		t.Errorf("%v", got)
	}
}

func TestNobodyWithAnAccountMakesThemselvesAChild(t *testing.T) {
	o := open(t)
	p := o.person("Luis Ortega")
	if _, err := o.core.Writes().Exec(t.Context(), `update members set birth_date = null where id = $1`, p.member); err != nil {
		t.Fatal(err)
	}
	_, err := o.people.UpdateMe(o.as(p), people.PatchMe{BirthDate: services.Some(*born(17))})
	if got := fields(t, err); got["/birth_date"] != "too_young" {
		t.Errorf("%v", got)
	}
	must[*people.Me](t)(o.people.UpdateMe(o.as(p), people.PatchMe{BirthDate: services.Some(*born(18))}))
}
