package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/internal/apptest"
	"homefront/models"
)

// A coordinator builds a form, tries it out, publishes it, puts it to use, asks something else next year and compares: every
// operation over HTTP, each answer held against the description.
func TestFormsOverHTTP(t *testing.T) {
	app := apptest.New(t)
	app.Core.Clock.Set(time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC))
	cora, mia := app.As("Cora Diaz", models.RoleCoordinator), app.As("Mia Ortega", models.RoleMember)
	car := object{"key": "comes_by_car", "type": "yes_no", "label": "Do you come by car?", "required": true, "sensitive": false}
	parking := object{"key": "parking", "type": "choice", "label": "Do you need parking close to the door?", "options": []object{{"value": "yes", "label": "Yes"}, {"value": "no", "label": "No"}},
		"show_if": object{"field": "comes_by_car", "is": "equals", "value": true}}
	sure := object{"key": "sure", "type": "scale", "label": "How sure are you that you will come?", "min": 0, "max": 10, "min_label": "Not at all", "max_label": "Completely", "readers": []string{"coordinator", "facilitator"},
		"retention_days": 60, "retention_from": "ended", "show_if": object{"field": "parking", "is": "one_of", "values": []string{"yes", "no"}}}

	// What is never asked is refused with its topic; all that is wrong at once.
	refused := cora.Post("/v1/forms", object{"title": "Your SSN", "purpose": "intake", "fields": []object{{"key": "a", "type": "text", "label": "Do you own any firearms?"}, {"key": "a", "type": "scale", "label": "How sure?"}}}).WantCode(422, "invalid")
	for _, want := range []string{`"/title","code":"never_asked"`, `"/fields/0/label","code":"never_asked"`, `"/fields/1/key","code":"key_taken"`, `"/fields/1/min","code":"out_of_range"`, "firearms"} {
		if !strings.Contains(string(refused.Body), want) {
			t.Errorf("%s misses %s", refused.Body, want)
		}
	}
	cora.Post("/v1/forms", object{"title": "x", "purpose": "survey"}).Want(422)
	cora.Post("/v1/forms", object{"title": "x", "purpose": "intake", "fields": []object{{"key": "a", "type": "text", "label": "A?", "secret": true}}}).Want(400)
	cora.Post("/v1/forms", object{"title": "x", "purpose": "intake", "fields": []object{{"key": "a", "type": "file", "label": "A?"}}}).Want(422)
	mia.Post("/v1/forms", object{"title": "x", "purpose": "intake"}).Want(403)

	made := cora.Post("/v1/forms", object{"title": "Before we meet", "purpose": "intake", "fields": []object{car, parking}}, "Idempotency-Key", "form").Want(201)
	again := cora.Post("/v1/forms", object{"title": "Before we meet", "purpose": "intake", "fields": []object{car, parking}}, "Idempotency-Key", "form").Want(201)
	at := "/v1/forms/" + made.ID().String()
	if string(made.Body) != string(again.Body) || made.Header.Get("Location") != at || made.Header.Get("ETag") != `"1"` {
		t.Errorf("%v %s", made.Header, made.Body)
	}
	draft := "/v1/form-versions/" + made.Map()["draft"].(object)["id"].(string)
	mia.Get(at).Want(403)
	mia.Get(at + "/current").Want(404)
	mia.Get(draft).Want(404)

	// Tried out: the answers show questions and are refused, and nothing is kept.
	tried := cora.Post("/v1/forms/preview", object{"fields": []object{car, parking, sure}, "answers": object{"comes_by_car": false, "parking": "yes", "sure": nil, "favorite": "tangerine-7731"}}).Want(200)
	if m := tried.Map(); len(m["shown"].([]any)) != 1 || len(m["errors"].([]any)) != 2 || strings.Contains(string(tried.Body), "tangerine-7731") || m["schema"].(object)["$schema"] != "https://json-schema.org/draft/2020-12/schema" {
		t.Errorf("%s", tried.Body)
	}
	if strings.Contains(app.Log.String(), "tangerine-7731") || app.Count("select count(*) from forms") != 1 {
		t.Error("a preview is kept")
	}
	cora.Post("/v1/forms/preview", object{"fields": []object{sure}}).WantCode(422, "invalid")
	mia.Post("/v1/forms/preview", object{"fields": []object{car}}).Want(403)

	cora.Patch(draft, 0, object{"fields": []object{car}}).Want(428)
	edited := cora.Patch(draft, 1, object{"fields": []object{car, parking}}).Want(200)
	cora.Patch(draft, 1, object{"fields": []object{car}}).Want(412)
	if edited.Header.Get("ETag") != `"2"` {
		t.Error(edited.Header)
	}
	cora.Post(at+"/form-versions", object{}).WantCode(409, "draft_exists")
	published := cora.Post(draft+"/publish", nil).Want(200)
	if published.Map()["published_by"] != cora.Member.String() {
		t.Errorf("%s", published.Body)
	}
	cora.Post(draft+"/publish", nil).WantCode(409, "version_published")
	cora.Delete(draft, 3).WantCode(409, "version_published")
	for _, path := range []string{draft, at + "/current"} {
		if m := mia.Get(path).Want(200).Map(); m["published_by"] != nil || len(m["fields"].([]any)) != 2 || m["title"] != "Before we meet" || m["fields"].([]any)[1].(object)["sensitive"] != true || m["fields"].([]any)[1].(object)["retention_days"] != 365.0 {
			t.Errorf("%v", m)
		}
	}
	cora.Patch(at, 1, object{"description": "Three questions", "title": "Before we begin"}).Want(200)
	cora.Patch(at, 2, object{"title": "Your disability rating"}).WantCode(422, "invalid")
	cora.Patch(at, 2, object{"title": " "}).WantCode(422, "invalid")

	// Next year.
	next := cora.Post(at+"/form-versions", object{"fields": []object{withBus(car, parking)[0], withBus(car, parking)[1], sure}}, "Idempotency-Key", "next").Want(201)
	if next.Header.Get("Location") != "/v1/form-versions/"+next.ID().String() {
		t.Errorf("%v", next.Header)
	}
	cora.Get(next.Header.Get("Location")).Want(200)
	mia.Get(next.Header.Get("Location")).Want(404)
	diff := cora.Get(at + "/diff?from=1&to=2").Want(200).Map()
	if len(diff["added"].([]any)) != 1 || len(diff["changed"].([]any)) != 1 || diff["comparable"] != "with_care" {
		t.Errorf("%v", diff)
	}
	cora.Get(at + "/diff?from=1").Want(422)
	cora.Get(at + "/diff?from=1&to=3").Want(404)
	cora.Get(at + "/form-versions?count=true&limit=1").Want(200)
	cora.Delete(next.Header.Get("Location"), 0).Want(428)
	cora.Delete(next.Header.Get("Location"), 1).Want(204)
	cora.Get(next.Header.Get("Location")).Want(404)

	copied := cora.Post(at+"/clone", object{"purpose": "registration"}, "Idempotency-Key", "clone").Want(201)
	twin := copied.Header.Get("Location")
	if m := cora.Get(twin).Want(200).Map(); m["title"] != "Before we begin (copy)" || m["purpose"] != "registration" || m["cloned_from"] != made.ID().String() {
		t.Errorf("%v", m)
	}
	if m := cora.Get("/v1/forms?q=begin&purpose=intake&purpose=feedback&count=true").Want(200).Map(); len(m["data"].([]any)) != 1 {
		t.Errorf("%v", m)
	}

	// In use, and out of use.
	workshop := cora.Post("/v1/workshops", object{"title": "Living with Hypervigilance", "format": "online", "time_zone": "America/New_York", "capacity": 30}).Want(201)
	app.Exec("update workshops set registration_form_id = $1 where id = $2", copied.ID(), workshop.ID())
	if in := cora.Post(twin+"/archive", nil).WantCode(409, "form_in_use"); !strings.Contains(string(in.Body), "the workshop Living with Hypervigilance") {
		t.Errorf("%s", in.Body)
	}
	app.Exec("update workshops set registration_form_id = null where id = $1", workshop.ID())
	cora.Post(twin+"/archive", nil).Want(200)
	cora.Post(twin+"/archive", nil).WantCode(409, "already_archived")
	cora.Post(twin+"/form-versions", object{}).WantCode(409, "form_archived")
	cora.Get("/v1/forms?archived=true&sort=-created_at").Want(200)
	cora.Post(twin+"/restore", nil).Want(200)
	cora.Post(twin+"/restore", nil).WantCode(409, "not_archived")
	cora.Get("/v1/forms/" + uuid.NewString()).Want(404)
}

// withBus asks about the bus too, as another option.
func withBus(car, parking object) []object {
	other := object{}
	for k, v := range parking {
		other[k] = v
	}
	other["options"] = []object{{"value": "yes", "label": "Yes"}, {"value": "no", "label": "No"}, {"value": "bus", "label": "I come by bus"}}
	return []object{car, other}
}
