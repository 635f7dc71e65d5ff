package forms_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/forms"
)

// workshop is a confirmed place of somebody in a workshop that starts then, led by leader.
func (d *desk) workshop(start time.Time, leader soul, who soul) (workshop, attendee uuid.UUID) {
	d.Helper()
	workshop, attendee = services.NewID(), services.NewID()
	pool, registration := services.NewID(), services.NewID()
	d.exec(`insert into workshops (id, version, created_at, updated_at, title, format, attendance_mode, time_zone, capacity, approval_required, cancel_deadline_hours, guests_per_party,
			max_party, teen_program, offer_hours, visibility, is_template, starts_at, ends_at, listed_until, published_at)
		values ($1, 1, $2, $2, 'Sleep', 'in_person', 'series', 'America/New_York', 9, false, 24, 4, 6, false, 24, 'published', false, $3, $4, $4, $2)`, workshop, morning, start, start.Add(2*time.Hour))
	d.exec(`insert into workshop_facilitators (workshop_id, member_id) values ($1, $2)`, workshop, leader.member)
	d.exec(`insert into pools (id, workshop_id, capacity, taken) values ($1, $2, 9, 1)`, pool, workshop)
	d.exec(`insert into registrations (id, version, created_at, updated_at, workshop_id, lead_member_id, entered_by, state, queued_at, confirmed_at) values ($1, 1, $2, $2, $3, $4, $4, 'confirmed', $2, $2)`, registration, morning, workshop, who.member)
	d.exec(`insert into attendees (id, created_at, updated_at, registration_id, live, pool_id, kind, state, member_id, entered_by, joined_at) values ($1, $2, $2, $3, true, $4, 'adult', 'attending', $5, $5, $2)`, attendee, morning, registration, pool, who.member)
	return workshop, attendee
}

func TestEachRoleReadsWhatIsMeantForIt(t *testing.T) {
	d := openDesk(t)
	luis := d.person("Luis Ortega", "1984-03-17")
	staff := map[string]soul{
		"admin":       d.person("Adam Boss", "1980-01-01", models.RoleAdmin),
		"coordinator": d.person("Cora Lane", "1980-01-01", models.RoleCoordinator),
		"facilitator": d.person("Dana Reed", "1980-01-01", models.RoleFacilitator),
		"elsewhere":   d.person("Else Wood", "1980-01-01", models.RoleFacilitator),
		"coach":       d.person("Carl Hope", "1980-01-01", models.RoleCoach),
		"responder":   d.person("Rita Stone", "1980-01-01", models.RoleResponder),
		"member":      d.person("Mia Stone", "1980-01-01"),
		"kin":         d.person("Kim Ortega", "1980-01-01", models.RoleCoordinator),
		"both":        d.person("Bo Reed", "1980-01-01", models.RoleCoordinator, models.RoleFacilitator),
	}
	d.exec(`insert into relationships (id, version, created_at, updated_at, member_id, kind, other_id, status, asked_by, decided_at) values ($1, 1, $2, $2, $3, 'sibling', $4, 'accepted', $3, $2)`,
		services.NewID(), morning, staff["kin"].member, luis.member)
	start := morning.AddDate(0, 0, 20)
	_, attendee := d.workshop(start, staff["facilitator"], luis)
	d.workshop(start, staff["elsewhere"], d.person("Ana Silva", "1990-01-02"))
	hidden := func(f *models.FormField) { f.ShowIf = &models.FormCondition{Field: "c", Is: models.IsAnswered} }
	form := d.form(question("usual"), question("a", readBy(models.RoleAdmin)), question("c", readBy(models.RoleCoordinator)), question("f", readBy(models.RoleFacilitator), open),
		question("cf", readBy(models.RoleCoordinator, models.RoleFacilitator)), question("r", readBy(models.RoleCoach, models.RoleResponder)), question("none", readBy(models.RoleAdmin)),
		question("hangs", readBy(models.RoleCoordinator, models.RoleFacilitator), hidden))
	a := forms.Asked{FormID: form, MemberID: luis.member, EnteredBy: luis.member, Record: models.FormRecordAttendee, RecordID: attendee, Pointer: "/answers",
		Answers: map[string]any{"usual": "0", "a": "1", "c": "2", "f": "3", "cf": "4", "r": "5", "hangs": "6"}}
	id := d.asks(a)
	shows := func(keys ...string) string {
		values := map[string]string{"usual": "given=0", "a": "given=1", "c": "given=2", "f": "given=3", "cf": "given=4", "r": "given=5", "none": "none", "hangs": "given=6"}
		var out []string
		for _, key := range []string{"usual", "a", "c", "f", "cf", "r", "none", "hangs"} {
			if slices.Contains(keys, key) {
				out = append(out, key+":"+values[key])
			} else {
				out = append(out, key+":withheld")
			}
		}
		return strings.Join(out, " ")
	}
	const nothing = "not_found"
	matrix := map[string]string{
		"admin": shows("usual", "a", "none"), "coordinator": shows("usual", "c", "cf", "hangs"), "facilitator": nothing, "elsewhere": nothing, "coach": nothing,
		"responder": nothing, "member": nothing, "kin": nothing, "both": shows("usual", "c", "f", "cf", "hangs"),
	}
	check := func(when string) {
		t.Helper()
		for role, want := range matrix {
			if got := d.states(staff[role], id); got != want {
				t.Errorf("%s, %s sees\n%s, want\n%s", when, role, got, want)
			}
		}
		if got := d.states(luis, id); got != shows("usual", "a", "c", "f", "cf", "r", "none", "hangs") {
			t.Errorf("%s, the person sees %s", when, got)
		}
	}
	check("20 days before")
	matrix["facilitator"] = shows("f", "cf") // hangs is asked because of an answer that is not for them
	d.core.Clock.Set(start.AddDate(0, 0, -7))
	check("7 days before")
	d.core.Clock.Set(start.Add(2*time.Hour).AddDate(0, 0, 7).Add(-time.Minute))
	check("7 days after")
	lists := func(role string) int {
		page, err := d.Responses(d.as(staff[role]), forms.FormResponseFilter{})
		d.ok(err)
		return len(page.Data)
	}
	for role, want := range map[string]int{"admin": 1, "coordinator": 1, "facilitator": 1, "elsewhere": 0, "coach": 0, "kin": 0} {
		if got := lists(role); got != want {
			t.Errorf("%s lists %d responses, want %d", role, got, want)
		}
	}
	page, err := d.Responses(d.as(staff["facilitator"]), forms.FormResponseFilter{})
	d.ok(err)
	if page.Data[0].MemberName != "Luis O." {
		t.Errorf("a facilitator reads the name %s", page.Data[0].MemberName)
	}
	if n := d.count(`select count(*) from audit_log where action = 'form_response.list' and member_id = $1 and subjects = array[$2::uuid]`, staff["facilitator"].member, luis.member); n == 0 {
		t.Error("a look at the list is in no log")
	}
	matrix["facilitator"] = nothing
	d.core.Clock.Set(start.Add(2*time.Hour).AddDate(0, 0, 7))
	check("later")

	// Staff change what they may read, and facilitators nothing.
	d.core.Clock.Set(start)
	_, err = d.Change(d.as(staff["coordinator"], matching(1)), id, forms.ChangeAnswers{Answers: map[string]any{"a": "x", "c": "y"}})
	d.want(err, services.CodeInvalid)
	if f := err.(*services.Error).Fields; len(f) != 1 || f[0].Field != "/answers/a" || f[0].Code != forms.CodeWithheld {
		t.Errorf("%+v", f)
	}
	_, err = d.Change(d.as(staff["facilitator"], matching(1)), id, forms.ChangeAnswers{Answers: map[string]any{"f": "y"}})
	d.want(err, forms.CodeNotYours)
	_, err = d.Change(d.as(staff["kin"], matching(1)), id, forms.ChangeAnswers{Answers: map[string]any{"c": "y"}})
	d.want(err, services.CodeNotFound)

	// Looks of staff are told under a name that the person is shown, their own under one that is not.
	if n := d.count(`select count(*) from audit_log where action = 'form_response.read' and outcome = 'read' and subjects = array[$1::uuid] and objects = array[$2::uuid]`, luis.member, id); n == 0 {
		t.Error("no look of staff is in the log")
	}
	if n := d.count(`select count(*) from audit_log where action = 'form_response.read' and member_id = $1`, luis.member); n != 0 {
		t.Error("a look at one's own counts as one of staff")
	}
	d.states(staff["coordinator"], services.NewID())
	if n := d.count(`select count(*) from audit_log where action = 'form_response.read' and outcome = 'not_found' and subjects = '{}'`); n < 2 {
		t.Errorf("%d looks at nothing are in the log", n)
	}
}

func TestGuardiansSeeWhatTheyEntered(t *testing.T) {
	d := openDesk(t)
	maya := d.person("Maya Ortega", "2014-05-05")
	luis, rosa, other := d.person("Luis Ortega", "1984-03-17"), d.person("Rosa Diaz", "1985-03-17"), d.person("Otto Hill", "1980-01-01")
	d.guard(luis, maya)
	d.guard(rosa, maya)
	form := d.form(question("wish"))
	byLuis, byRosa := asked(form, maya, luis, map[string]any{"wish": "said by Luis"}), asked(form, maya, rosa, nil)
	his, hers := d.asks(byLuis), d.asks(byRosa)
	unknown := services.NewID()
	mine := func(s soul) (out []string) {
		page, err := d.MyResponses(d.as(s), forms.MyFormResponseFilter{PageQuery: services.PageQuery{Limit: 25}})
		d.ok(err)
		for _, r := range page.Data {
			out = append(out, r.ID.String())
			if r.ID == hers && (len(r.Fields) != 1 || r.MayAnswer != (s.member == rosa.member) || r.Self != (s.member == maya.member)) {
				t.Errorf("%+v", r)
			}
		}
		return out
	}
	due := func(s soul) int {
		list, err := services.Read(d.as(s), d.core, func(db *gorm.DB) ([]forms.DueForm, error) {
			actor, err := services.ActorFrom(d.as(s))
			d.ok(err)
			return forms.DueFor(db, actor, d.core.Clock.Now(), 5)
		})
		d.ok(err)
		return len(list)
	}
	if got := mine(luis); !slices.Equal(got, []string{his.String()}) {
		t.Errorf("Luis lists %v", got)
	}
	if got := mine(rosa); !slices.Equal(got, []string{hers.String()}) {
		t.Errorf("Rosa lists %v", got)
	}
	if got := mine(other); len(got) != 0 {
		t.Errorf("a stranger lists %v", got)
	}
	if got := mine(maya); !slices.Equal(got, []string{hers.String(), his.String()}) {
		t.Errorf("the child lists %v", got)
	}
	if due(rosa) != 1 || due(luis) != 0 || due(maya) != 0 {
		t.Errorf("%d, %d and %d are due", due(rosa), due(luis), due(maya))
	}
	for name, try := range map[string]func(soul, uuid.UUID) error{
		"read": func(s soul, id uuid.UUID) error { _, err := d.Response(d.as(s), id); return err },
		"answer": func(s soul, id uuid.UUID) error {
			_, err := d.Answer(d.as(s), id, forms.GiveAnswers{Answers: map[string]any{"wrong": "x"}})
			return err
		},
		"change": func(s soul, id uuid.UUID) error {
			_, err := d.Change(d.as(s, matching(9)), id, forms.ChangeAnswers{Answers: map[string]any{"wrong": "x"}})
			return err
		},
	} {
		for _, hidden := range []error{try(luis, hers), try(rosa, his), try(other, his), try(luis, unknown)} {
			if e, ok := hidden.(*services.Error); !ok || e.Error() != try(rosa, unknown).Error() || e.Fields != nil {
				t.Errorf("%s: %v", name, hidden)
			}
		}
	}
	if a, b := d.states(luis, his), d.states(maya, his); a != "wish:given=said by Luis" || b != a {
		t.Errorf("%s; %s", a, b)
	}
	_, err := d.Change(d.as(maya, matching(1)), his, forms.ChangeAnswers{Answers: map[string]any{"wish": "mine"}})
	d.want(err, forms.CodeGuardianAnswers)
	_, err = d.Answer(d.as(rosa), hers, forms.GiveAnswers{Answers: map[string]any{"wish": "said by Rosa"}})
	d.ok(err)
	if d.states(rosa, hers) != "wish:given=said by Rosa" || d.states(luis, hers) != "not_found" {
		t.Error("what the second guardian answered is seen by the wrong one")
	}
	// The right to act ends: so does the sight.
	d.exec(`update guardianships set status = 'ended' where guardian_id = $1`, luis.member)
	if got := d.states(luis, his); got != "not_found" || len(mine(luis)) != 0 {
		t.Errorf("after the end: %s", got)
	}
	// Grown up, she sees it all and it is hers to change; what she changes is her own entry.
	d.exec(`update guardianships set status = 'claimed' where guardian_id = $1`, luis.member)
	d.exec(`update form_answers set purge_on = '2040-01-01'`)
	d.core.Clock.Set(time.Date(2032, time.May, 5, 15, 0, 0, 0, time.UTC))
	if got := d.states(luis, his); got != "not_found" {
		t.Errorf("on the 18th birthday a guardian reads %s", got)
	}
	_, err = d.Change(d.as(maya, matching(1)), his, forms.ChangeAnswers{Answers: map[string]any{"wish": "my own"}})
	d.ok(err)
	if n := d.count(`select count(*) from form_responses where id = $1 and entered_by = $2`, his, maya.member); n != 1 {
		t.Error("it is still the guardian's entry")
	}
}
