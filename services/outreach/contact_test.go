package outreach_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/outreach"
	"homefront/services/tasks"
)

func TestTheMemberReadsTheLineThatWasWritten(t *testing.T) {
	o := open(t)
	luis, maya := o.person("Luis Ortega"), o.person("Maya Ortega")
	o.exec(`insert into guardianships (id, version, created_at, updated_at, guardian_id, child_id, status) values ($1, 1, $2, $2, $3, $4, 'claimed')`, services.NewID(), noon, luis.member, maya.member)
	c := o.log(o.boss, luis.member)
	o.log(o.boss, maya.member)

	mine := must[*services.Page[outreach.MyContact]](t)(o.outreach.MyContacts(o.as(luis), all))
	if len(mine.Data) != 1 || mine.Data[0].Line != call.Line || mine.Data[0].With != "Dana" {
		t.Fatalf("%+v", mine.Data)
	}
	fixed := must[*models.Contact](t)(o.outreach.CorrectContact(o.as(o.boss, 1), c.ID, outreach.PatchContact{Line: services.Some("We talked about Sunday.")}))
	if fixed.ID != c.ID || fixed.Version != 2 || fixed.Line != "We talked about Sunday." {
		t.Errorf("%+v", fixed)
	}
	v := must[*outreach.ContactView](t)(o.outreach.Contact(o.as(o.boss), c.ID))
	if len(v.Earlier) != 1 || v.Earlier[0].Line != call.Line || *v.Earlier[0].SupersededBy != c.ID {
		t.Errorf("%+v", v.Earlier)
	}
	page := must[*services.Page[models.Contact]](t)(o.outreach.Contacts(o.as(o.boss), luis.member, outreach.ContactFilter{PageQuery: all}))
	if len(page.Data) != 1 {
		t.Errorf("the list holds %d", len(page.Data))
	}
	_, err := o.outreach.Contact(o.as(o.boss), v.Earlier[0].ID) // the words that were corrected are no contact of their own
	refused(t, err, services.KindNotFound, services.CodeNotFound)

	must[*models.Contact](t)(o.outreach.VoidContact(o.as(o.boss), c.ID, why))
	if mine = must[*services.Page[outreach.MyContact]](t)(o.outreach.MyContacts(o.as(luis), all)); len(mine.Data) != 0 {
		t.Errorf("a void contact is read: %+v", mine.Data)
	}
	_, err = o.outreach.VoidContact(o.as(o.boss), c.ID, why)
	refused(t, err, services.KindConflict, "contact_voided")
	_, err = o.outreach.CorrectContact(o.as(o.boss, 3), c.ID, outreach.PatchContact{Line: services.Some("x")})
	refused(t, err, services.KindConflict, "contact_voided")
	must[*models.Contact](t)(o.outreach.RestoreContact(o.as(o.boss), c.ID, why))
	_, err = o.outreach.RestoreContact(o.as(o.boss), c.ID, why)
	refused(t, err, services.KindConflict, "contact_stands")
	if mine = must[*services.Page[outreach.MyContact]](t)(o.outreach.MyContacts(o.as(luis), all)); len(mine.Data) != 1 {
		t.Errorf("a restored contact is not read")
	}
}

func TestWhoCorrectsAContact(t *testing.T) {
	o := open(t)
	luis, coach, other := o.member("Luis Ortega", 41), o.person("Carl Coach", models.RoleCoach), o.person("Otto Other", models.RoleCoordinator)
	o.give(coach, luis)
	c := o.log(coach, luis)
	line := outreach.PatchContact{Line: services.Some("Other words.")}
	_, err := o.outreach.CorrectContact(o.as(coach), c.ID, line)
	refused(t, err, services.KindUnconditional, services.CodeIfMatchRequired)
	_, err = o.outreach.CorrectContact(o.as(coach, 7), c.ID, line)
	refused(t, err, services.KindStale, services.CodeStale)
	must[*models.Contact](t)(o.outreach.CorrectContact(o.as(coach, 1), c.ID, line))
	_, err = o.outreach.CorrectContact(o.as(other, 2), c.ID, line)
	field(t, err, "/reason", "required")
	o.core.Clock.Advance(25 * time.Hour)
	_, err = o.outreach.CorrectContact(o.as(coach, 2), c.ID, line)
	refused(t, err, services.KindForbidden, "not_author")
	line.Reason = services.Some("The name of the place was wrong")
	must[*models.Contact](t)(o.outreach.CorrectContact(o.as(other, 2), c.ID, line))
	if n := o.count(`select count(*) from audit_log where action = 'contact.correct' and reason is not null`); n != 1 {
		t.Errorf("%d reasons are kept", n)
	}
}

func TestAFollowUpIsATask(t *testing.T) {
	o := open(t)
	luis := o.member("Luis Ortega", 41)
	in := call
	in.FollowUpAt = ptr(noon.Add(-time.Hour))
	_, err := o.outreach.Log(o.as(o.boss), luis, in)
	field(t, err, "/follow_up_at", "out_of_range")
	in.At, in.FollowUpAt = ptr(noon.Add(time.Hour)), nil
	_, err = o.outreach.Log(o.as(o.boss), luis, in)
	field(t, err, "/at", "out_of_range")
	in.At, in.Line = nil, " \t "
	_, err = o.outreach.Log(o.as(o.boss), luis, in)
	field(t, err, "/line", "required")

	in.Line, in.FollowUpAt = call.Line, ptr(noon.Add(24*time.Hour))
	c := must[*models.Contact](t)(o.outreach.Log(o.as(o.boss), luis, in))
	open := func() []models.Task {
		return must[*services.Page[models.Task]](t)(o.tasks.List(o.as(o.boss), tasks.Filter{PageQuery: all, Kind: string(models.TaskFollowUp), Mine: true})).Data
	}
	if got := open(); len(got) != 1 || !got[0].DueAt.Equal(*in.FollowUpAt) || *got[0].MemberID != luis || strings.Contains(got[0].Title, "Luis") {
		t.Fatalf("%+v", got)
	}
	later := noon.Add(72 * time.Hour)
	must[*models.Contact](t)(o.outreach.CorrectContact(o.as(o.boss, 1), c.ID, outreach.PatchContact{FollowUpAt: services.Some(later)}))
	if got := open(); len(got) != 1 || !got[0].DueAt.Equal(later) {
		t.Errorf("moved: %+v", got)
	}
	must[*models.Contact](t)(o.outreach.CorrectContact(o.as(o.boss, 2), c.ID, outreach.PatchContact{FollowUpAt: services.Null[time.Time]()}))
	if got := open(); len(got) != 0 {
		t.Errorf("dropped: %+v", got)
	}
}

// Coordinators work with everybody but themselves and those close to them; others with whom they were given.
func TestWhoWorksWithWhom(t *testing.T) {
	o := open(t)
	luis, ana := o.member("Luis Ortega", 41), o.person("Ana Ortega", models.RoleCoordinator)
	coach, responder := o.person("Carl Coach", models.RoleCoach), o.person("Rita Responder", models.RoleResponder)
	o.kin(ana.member, luis)
	first := o.log(o.boss, luis)
	for name, p := range map[string]person{"a sister": ana, "a coach without a task": coach, "a responder without one": responder, "a member": o.person("Max Member")} {
		_, err := o.outreach.Log(o.as(p), luis, call)
		refused(t, err, services.KindNotFound, services.CodeNotFound)
		_, err = o.outreach.Contacts(o.as(p), luis, outreach.ContactFilter{PageQuery: all})
		refused(t, err, services.KindNotFound, services.CodeNotFound)
		_, err = o.outreach.Contact(o.as(p), first.ID)
		if refused(t, err, services.KindNotFound, services.CodeNotFound); t.Failed() {
			t.Fatal(name)
		}
		_, err = o.outreach.VoidContact(o.as(p), first.ID, why)
		refused(t, err, services.KindNotFound, services.CodeNotFound)
	}
	_, err := o.outreach.Log(o.as(ana), ana.member, call)
	refused(t, err, services.KindNotFound, services.CodeNotFound)
	o.give(coach, luis)
	o.log(coach, luis)
	must[*outreach.ContactView](t)(o.outreach.Contact(o.as(coach), first.ID))
	if n := o.count(`select count(*) from audit_log where action like 'contact.%' and outcome = 'not_found' and member_id = $1`, coach.member); n != 2 {
		t.Errorf("%d looks in vain are told", n)
	}
}

// give makes somebody the owner of a task about a member.
func (o *office) give(p person, member uuid.UUID) {
	o.Helper()
	must[*models.Task](o.T)(o.tasks.Create(o.as(o.boss), tasks.CreateTask{Title: "Look after them", MemberID: &member, Queue: "coaches", OwnerID: &p.member, DueAt: noon.Add(time.Hour)}))
}
