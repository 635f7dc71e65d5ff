package people_test

import (
	"slices"
	"testing"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
	"homefront/services/tasks"
)

func (o *office) restrict(by person, id uuid.UUID, staff ...uuid.UUID) *people.Restriction {
	o.Helper()
	r, err := o.people.Restrict(o.as(by), id, people.RestrictMember{StaffIDs: staff, Reason: "A colleague's own record"})
	if err != nil {
		o.Fatal(err)
	}
	return r
}

// Luis is a public person; Dan the admin keeps his record to Carol. For Rita, and for Dan himself, there is no Luis.
func TestARestrictedRecordIsThereForNamedStaffAlone(t *testing.T) {
	o := open(t)
	dan, rita := o.person("Dan Reed", models.RoleAdmin), o.person("Rita Okafor", models.RoleCoordinator)
	luis, ana := o.person("Luis Ortega"), o.known(models.Member{GivenName: "Ana", FamilyName: "Ortega", Tags: models.Texts[string]{"speaker"}})
	maya := o.child(luis, "Maya Ortega", 9)
	must[*models.Member](t)(o.people.Update(o.as(o.boss, 1), luis.member, people.PatchMember{Tags: services.Some([]string{"speaker", "his alone"})}))
	home := must[*people.HouseholdView](t)(o.people.CreateHousehold(o.as(o.boss), people.CreateHousehold{Name: "Ortega", Members: []people.JoinHousehold{
		{MemberID: luis.member, Role: "adult"}, {MemberID: ana.ID, Role: "adult"}}}))
	alone := must[*people.HouseholdView](t)(o.people.CreateHousehold(o.as(o.boss), people.CreateHousehold{Name: "Cabin", Members: []people.JoinHousehold{{MemberID: luis.member, Role: "adult"}}}))

	got := o.restrict(dan, luis.member, o.boss.member)
	if len(got.Staff) != 1 || got.Staff[0].Name != "Carol Whitfield" || got.RestrictedBy != dan.member || got.Name != "Luis Ortega" {
		t.Errorf("%+v", got)
	}
	finds := func(p person, in people.MemberFilter) bool {
		t.Helper()
		in.PageQuery = services.PageQuery{Limit: 100, Count: true}
		page := must[*services.Page[people.MemberSummary]](t)(o.people.List(o.as(p), in))
		if in.Q == "" && *page.Total != int64(len(page.Data)) {
			t.Errorf("counts %d, shows %d", *page.Total, len(page.Data))
		}
		return slices.ContainsFunc(page.Data, func(m people.MemberSummary) bool { return m.ID == luis.member })
	}
	tagged := func(p person) int {
		for _, c := range must[*services.Page[people.TagCount]](t)(o.people.Tags(o.as(p), people.TagFilter{Limit: 10})).Data {
			if c.Tag == "speaker" {
				return c.Members
			}
		}
		return 0
	}
	atHome := func(p person) int {
		return len(must[*people.HouseholdView](t)(o.people.GetHousehold(o.as(p), home.ID)).Members)
	}
	homes := func(p person) int {
		return len(must[*services.Page[people.HouseholdSummary]](t)(o.people.ListHouseholds(o.as(p), people.HouseholdFilter{PageQuery: all})).Data)
	}
	work := func(p person) int {
		return len(must[*services.Page[models.Task]](t)(o.tasks.List(o.as(p), tasks.Filter{PageQuery: all})).Data)
	}
	ties := func(p person) int {
		return len(must[*people.MemberView](t)(o.people.Get(o.as(p), maya.ID)).Guardians)
	}
	if !finds(o.boss, people.MemberFilter{}) || !finds(o.boss, people.MemberFilter{Q: "ortega"}) || tagged(o.boss) != 2 || atHome(o.boss) != 2 || homes(o.boss) != 2 || work(o.boss) != 1 || ties(o.boss) != 1 {
		t.Errorf("Carol is named: %d tagged, %d at home, %d homes, %d tasks, %d guardians", tagged(o.boss), atHome(o.boss), homes(o.boss), work(o.boss), ties(o.boss))
	}
	must[*people.MemberView](t)(o.people.Get(o.as(o.boss), luis.member))
	for name, p := range map[string]person{"rita": rita, "dan": dan} {
		if finds(p, people.MemberFilter{}) || finds(p, people.MemberFilter{Q: "ortega"}) || finds(p, people.MemberFilter{Criteria: models.Criteria{HouseholdID: home.ID}}) {
			t.Errorf("%s finds him", name)
		}
		if tagged(p) != 1 || atHome(p) != 1 || homes(p) != 1 || ties(p) != 0 {
			t.Errorf("%s: %d tagged, %d at home, %d homes, %d guardians", name, tagged(p), atHome(p), homes(p), ties(p))
		}
		_, err := o.people.GetHousehold(o.as(p), alone.ID)
		refused(t, err, services.KindNotFound, services.CodeNotFound)
		_, err = o.people.Get(o.as(p), luis.member)
		refused(t, err, services.KindNotFound, services.CodeNotFound)
		marks := must[*people.TaggedMembers](t)(o.people.TagMembers(o.as(p), people.TagMembers{MemberIDs: []uuid.UUID{luis.member}, Add: []string{"x"}}))
		if marks.Results[0].Result != people.TagsNotFound {
			t.Errorf("%s: %+v", name, marks)
		}
		_, err = o.people.RenameTag(o.as(p), people.RenameTag{From: "his alone", To: "other"})
		refused(t, err, services.KindNotFound, services.CodeNotFound)
	}
	if n := o.count(`select count(*) from audit_log where outcome = 'not_found' and action = 'member.read' and objects = array[$1::uuid] and subjects = '{}'`, luis.member); n != 2 {
		t.Errorf("%d looks in vain, told as such", n)
	}
	if renamed := must[*people.RenamedTag](t)(o.people.RenameTag(o.as(rita), people.RenameTag{From: "speaker", To: "speakers"})); renamed.Changed != 1 {
		t.Errorf("Rita learns of another: %+v", renamed)
	}
	if n := o.count(`select count(*) from members where 'speakers' = any(tags)`); n != 2 {
		t.Errorf("%d carry the new name", n)
	}
	// He himself, and what he does, is as ever.
	if me := must[*people.Me](t)(o.people.Me(o.as(luis))); me.Member.GivenName != "Luis" {
		t.Errorf("%+v", me)
	}

	listed := must[*services.Page[people.Restriction]](t)(o.people.Restrictions(o.as(dan), all))
	if len(listed.Data) != 1 || listed.Data[0].MemberID != luis.member || len(listed.Data[0].Staff) != 1 {
		t.Errorf("%+v", listed.Data)
	}
	// Another admin has read the same list: the later one of the two is told, and does not win unseen.
	again := people.RestrictMember{StaffIDs: []uuid.UUID{o.boss.member, rita.member}, Reason: "Rita too"}
	_, err := o.people.Restrict(o.as(dan), luis.member, again)
	refused(t, err, services.KindConflict, "restriction_changed")
	again.Replaces = []uuid.UUID{o.boss.member}
	must[*people.Restriction](t)(o.people.Restrict(o.as(dan), luis.member, again))
	_, err = o.people.Restrict(o.as(o.person("Ida Boss", models.RoleAdmin)), luis.member, people.RestrictMember{StaffIDs: []uuid.UUID{dan.member}, Replaces: again.Replaces, Reason: "Dan alone"})
	refused(t, err, services.KindConflict, "restriction_changed")
	if !finds(rita, people.MemberFilter{}) || finds(dan, people.MemberFilter{}) {
		t.Error("the list of names was not replaced")
	}
	lifted := must[*people.Restriction](t)(o.people.LiftRestriction(o.as(dan), luis.member, people.StaffReason{Reason: "No longer a colleague"}))
	if len(lifted.Staff) != 0 || !finds(dan, people.MemberFilter{}) || homes(rita) != 2 {
		t.Errorf("%+v", lifted)
	}
	_, err = o.people.LiftRestriction(o.as(dan), luis.member, people.StaffReason{Reason: "Again"})
	refused(t, err, services.KindConflict, "not_restricted")
}

func TestOnlyThoseWhoMayHandleARecordAreNamed(t *testing.T) {
	o := open(t)
	dan := o.person("Dan Reed", models.RoleAdmin)
	luis, member := o.person("Luis Ortega", models.RoleCoordinator), o.person("Mel Member")
	ben := o.known(models.Member{GivenName: "Ben", BirthDate: born(12)})
	must[*models.Relationship](t)(o.people.RecordRelationship(o.as(dan), people.RecordRelationship{MemberID: o.boss.member, Kind: models.RelationParent, OtherID: ben.ID}))
	bad := func(of uuid.UUID, staff ...uuid.UUID) {
		t.Helper()
		_, err := o.people.Restrict(o.as(dan), of, people.RestrictMember{StaffIDs: staff, Reason: "Because"})
		if got := fields(t, err); got["/staff_ids/0"] != "cannot_handle" {
			t.Errorf("%v", got)
		}
	}
	bad(luis.member, luis.member)      // themselves
	bad(luis.member, member.member)    // does not work here
	bad(luis.member, services.NewID()) // nobody
	bad(ben.ID, o.boss.member)         // his mother
	_, err := o.people.Restrict(o.as(dan), dan.member, people.RestrictMember{StaffIDs: []uuid.UUID{o.boss.member}, Reason: "Mine"})
	refused(t, err, services.KindForbidden, "own_record")
	_, err = o.people.Restrict(o.as(dan), services.NewID(), people.RestrictMember{StaffIDs: []uuid.UUID{o.boss.member}, Reason: "Nobody's"})
	refused(t, err, services.KindNotFound, services.CodeNotFound)
	// A colleague's record is theirs to see in /me, and never to handle, restricted or not.
	o.restrict(dan, luis.member, o.boss.member, o.boss.member)
	_, err = o.people.Get(o.as(luis), luis.member)
	refused(t, err, services.KindForbidden, "own_record")
}
