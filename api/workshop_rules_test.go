package api_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"homefront/internal/apptest"
	"homefront/models"
	"homefront/services/workshops"
)

// registrationForm is a form for registrations that can be asked: one open question that must be answered, and a sensitive one.
func registrationForm(boss *apptest.Client) uuid.UUID {
	form := boss.Post("/v1/forms", object{"title": "Before you come", "purpose": "registration", "fields": []object{
		{"key": "seat", "type": "choice", "label": "Where do you like to sit?", "required": true, "sensitive": false, "options": []object{{"value": "door", "label": "Near the door"}, {"value": "any", "label": "Anywhere"}}},
		{"key": "ease", "type": "text", "label": "What helps you feel at ease?"},
	}}).Want(201)
	var versions struct{ Data []struct{ ID uuid.UUID } }
	boss.Get("/v1/forms/" + form.ID().String() + "/form-versions").Want(200).JSON(&versions)
	boss.Post("/v1/form-versions/"+versions.Data[0].ID.String()+"/publish", nil).Want(200)
	return form.ID()
}

// A workshop with rules and a form, over HTTP: planned, asked about, refused, waived, answered.
func TestAWorkshopWithRulesAndAForm(t *testing.T) {
	a := apptest.New(t)
	boss, leader, luis := a.As("Cora Lane", models.RoleCoordinator), a.As("Dana Reed", models.RoleFacilitator), a.As("Luis Ortega")
	ana := a.As("Ana Silva")
	a.Exec(`update members set kinds = '{spouse}' where id = $1`, ana.Member)
	form := registrationForm(boss)
	rules := []object{{"key": "veterans", "rule": "any", "rules": []object{{"key": "served", "rule": "kinds", "values": []string{"veteran"}}, {"key": "child", "rule": "age", "max": 17}}}}
	boss.Post("/v1/workshops", object{"title": "x", "format": "in_person", "rules": []object{{"key": "who", "rule": "kinds"}}, "registration_form_id": uuid.New()}).Want(422)
	boss.Post("/v1/workshops", object{"title": "x", "format": "in_person", "rules": []object{{"key": "who", "rule": "luck"}}}).Want(422)
	w, _ := published(a, boss, leader.Member, map[string]any{"rules": rules, "registration_form_id": form, "capacity": 5})
	at := "/v1/workshops/" + w.String()

	seen := luis.Get(at).Want(200).Map()
	if len(seen["rules"].([]any)) != 1 || seen["registration_form_id"] != form.String() || !strings.Contains(seen["asks"].([]any)[0].(string), "veterans") {
		t.Errorf("%v", seen)
	}
	if got := luis.Get(at + "/eligibility").Want(200).Map(); got["verdict"] != "met" {
		t.Errorf("%v", got)
	}
	ana.Get(at+"/eligibility?member_id="+luis.Member.String()).WantCode(404, "not_found")
	if got := boss.Get(at + "/eligibility?member_id=" + ana.Member.String()).Want(200).Map(); got["verdict"] != "not_met" {
		t.Errorf("%v", got)
	}
	if n := a.Count(`select count(*) from audit_log where action = 'eligibility.read' and $1 = any(subjects)`, ana.Member); n != 1 {
		t.Errorf("%d rows tell that staff looked", n)
	}

	refused := ana.Post(at+"/registrations", object{"attendees": []object{{"member_id": ana.Member, "answers": object{"seat": "roof", "more": 1}}}}).WantCode(422, "invalid").Map()["errors"].([]any)
	var fields []string
	for _, e := range refused {
		fields = append(fields, e.(object)["field"].(string)+" "+e.(object)["code"].(string))
	}
	all := strings.Join(fields, ", ")
	for _, want := range []string{"/attendees/0/member_id not_eligible", "/attendees/0/answers/seat unknown_option", "/attendees/0/answers/more unknown_field"} {
		if !strings.Contains(all, want) {
			t.Errorf("%s lacks %s", all, want)
		}
	}
	boss.Post(at+"/waivers", object{"member_id": ana.Member, "rule_key": "veterans", "reason": "Her husband served"}).Want(201)
	later := ana.Post(at+"/registrations", object{}, "Idempotency-Key", "ana").Want(201)
	if again := ana.Post(at+"/registrations", object{}, "Idempotency-Key", "ana").Want(201); string(again.Body) != string(later.Body) {
		t.Errorf("the replay is %s", again.Body)
	}
	var booked, his workshops.RegistrationView
	later.JSON(&booked)
	due := booked.Attendees[0].Form
	if booked.State != models.RegistrationConfirmed || due == nil || due.Status != models.FormResponseDue {
		t.Fatalf("%s", later.Body)
	}
	ana.Post("/v1/form-responses/"+due.ResponseID.String()+"/answer", object{"answers": object{"seat": "door", "ease": "A canary by the window"}}).Want(200)

	luis.Post(at+"/registrations", object{"attendees": []object{{"member_id": luis.Member, "answers": object{"seat": "any", "ease": "A canary by the door"}}}}, "Idempotency-Key", "luis").Want(201).JSON(&his)
	if his.Attendees[0].Form.Status != models.FormResponseAnswered {
		t.Errorf("%+v", his.Attendees[0].Form)
	}
	luis.Get("/v1/form-responses/"+due.ResponseID.String()).WantCode(404, "not_found")
	roster := leader.Get(at + "/roster").Want(200)
	if text := string(roster.Body); strings.Count(text, `"form":"answered"`) != 2 || strings.Contains(text, "canary") {
		t.Errorf("%s", text)
	}
	if text := string(boss.Get(at + "/registrations").Want(200).Body); strings.Count(text, `"status":"answered"`) != 2 || strings.Contains(text, "canary") {
		t.Errorf("%s", text)
	}
	for _, column := range []string{"audit_log.changes::text", "idempotency_keys.answer::text", "messages.data::text", "river_job.args::text", "form_answers.value::text"} {
		table, _, _ := strings.Cut(column, ".")
		if n := a.Count(`select count(*) from ` + table + ` where ` + column + ` like '%canary%'`); n > 0 {
			t.Errorf("%s tells an answer", column)
		}
	}
	if strings.Contains(a.Log.String(), "canary") {
		t.Error("the log tells an answer")
	}

	clone := boss.Post(at+"/clone", object{"is_template": true}).Want(201).Map()
	if len(clone["rules"].([]any)) != 1 || clone["registration_form_id"] != form.String() {
		t.Errorf("%v", clone)
	}
	version := int(boss.Get(at).Want(200).Map()["version"].(float64))
	if got := boss.Patch(at, version, object{"rules": nil, "registration_form_id": nil}).Want(200).Map(); len(got["rules"].([]any)) != 0 || got["registration_form_id"] != nil || got["asks"] != nil {
		t.Errorf("%v", got)
	}
}
