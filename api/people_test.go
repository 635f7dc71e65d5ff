package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/internal/apptest"
	"homefront/models"
)

type object = map[string]any

// A coordinator's day with people: every operation over HTTP, each answer held against the description.
func TestPeopleOverHTTP(t *testing.T) {
	app := apptest.New(t)
	cora := app.As("Cora Diaz", models.RoleCoordinator)

	made := cora.Post("/v1/members", object{"given_name": "Luís", "family_name": "Ortega", "birth_date": "1984-03-17", "kinds": []string{"veteran", "parent"}, "phone": "(910) 555-0142"},
		"Idempotency-Key", "luis").Want(201)
	again := cora.Post("/v1/members", object{"given_name": "Luís", "family_name": "Ortega", "birth_date": "1984-03-17", "kinds": []string{"veteran", "parent"}, "phone": "(910) 555-0142"},
		"Idempotency-Key", "luis").Want(201)
	if string(made.Body) != string(again.Body) || made.Header.Get("Location") != "/v1/members/"+made.ID().String() || made.Header.Get("ETag") != `"1"` {
		t.Errorf("%v %s", made.Header, made.Body)
	}
	luis := "/v1/members/" + made.ID().String()
	cora.Get(luis).Want(200)
	if got := cora.Get("/v1/members?q=ortga").Want(200); !strings.Contains(string(got.Body), made.ID().String()) {
		t.Errorf("search: %s", got.Body)
	}
	cora.Get("/v1/members?q=or").Want(422)
	cora.Get("/v1/members?kind=veteran&kind=spouse&status=active&sort=-created_at&count=true&limit=5").Want(200)
	cora.Get("/v1/members?sort=birth_date").Want(422)
	cora.Get("/v1/members?kind=wizard").Want(422)
	cora.Post("/v1/members", object{"given_name": "Luis", "kinds": []string{}}).Want(422)
	cora.Post("/v1/members", object{"given_name": "Luis", "kinds": []string{"veteran"}, "merged_into": uuid.New()}).Want(400)

	edited := cora.Patch(luis, 1, object{"preferred_name": "Lou", "birth_date": "1984-03-18", "phone": nil, "gender": "man", "quiet_from": nil, "quiet_until": nil, "tags": []string{"news"}}).Want(200)
	if m := edited.Map(); m["preferred_name"] != "Lou" || m["phone"] != nil || m["birth_date"] != "1984-03-18" || m["quiet_from"] != nil || edited.Header.Get("ETag") != `"2"` {
		t.Errorf("%s", edited.Body)
	}
	if m := cora.Patch(luis, 2, object{"birth_date": nil, "gender": nil, "safe_channel": nil}).Want(200).Map(); m["birth_date"] != nil || m["gender"] != nil {
		t.Errorf("null did not clear: %v", m)
	}
	cora.Patch(luis, 2, object{"preferred_name": "Lou"}).Want(412)
	cora.Patch(luis, 0, object{"preferred_name": "Lou"}).Want(428)
	cora.Patch(luis, 3, object{"status": "deceased"}).Want(422)
	cora.Put(luis+"/emergency-contacts", 3, object{"contacts": []object{{"name": "Rosa", "phone": "9105550177"}}}).Want(200)
	own := cora.Get("/v1/members/"+cora.Member.String()).WantCode(403, "own_record")
	if own.Header.Get("ETag") != "" {
		t.Error("a refusal has an ETag")
	}

	service := cora.Post(luis+"/service-records", object{"component": "active", "branch": "army", "entered_on": "2003-07-07"}).Want(201)
	cora.Get(service.Header.Get("Location")).Want(200)
	cora.Patch(service.Header.Get("Location"), 1, object{"separated_on": "2011-07-06", "character": "honorable"}).Want(200)
	cora.Patch(service.Header.Get("Location"), 2, object{"separated_on": nil, "character": nil}).Want(200)
	cora.Get(luis + "/service-records").Want(200)
	credential := cora.Post(luis+"/credentials", object{"kind": "background_check", "issued_on": "2025-09-01", "expires_on": "2027-08-31"}).Want(201)
	cora.Get(credential.Header.Get("Location")).Want(200)
	cora.Get(luis + "/credentials").Want(200)
	cora.Post(credential.Header.Get("Location")+"/revoke", object{"reason": "Report withdrawn"}).Want(200)
	cora.Post(credential.Header.Get("Location")+"/reinstate", object{"reason": "By mistake"}).Want(200)
	cora.Post(luis+"/credentials", object{"kind": "background_check", "issued_on": "2025-09-01", "expires_on": "2025-08-31"}).Want(422)

	maya := app.Member("Maya Ortega", time.Now().AddDate(-11, 0, 0).Format(time.DateOnly), models.KindChild)
	home := cora.Post("/v1/households", object{"name": "Ortega", "members": []object{{"member_id": made.ID(), "role": "adult"}}}).Want(201)
	place := home.Header.Get("Location")
	cora.Post(place+"/members", object{"member_id": maya, "role": "child"}).Want(200)
	cora.Post(place+"/members", object{"member_id": maya, "role": "child"}).WantCode(409, "already_in_household")
	cora.Post(place+"/members/"+maya.String()+"/leave", object{}).Want(200)
	cora.Get(place).Want(200)
	cora.Patch(place, 1, object{"name": "Ortega-Reyes"}).Want(200)
	cora.Get("/v1/households?member_id=" + made.ID().String()).Want(200)

	tie := cora.Post("/v1/relationships", object{"member_id": made.ID(), "kind": "parent", "other_id": maya}).Want(201)
	cora.Get(tie.Header.Get("Location")).Want(200)
	cora.Get(luis + "/relationships").Want(200)
	cora.Post(tie.Header.Get("Location")+"/end", object{"reason": "Entered for the wrong person"}).Want(200)
	cora.Post("/v1/relationships", object{"member_id": cora.Member, "kind": "spouse", "other_id": made.ID()}).WantCode(403, "own_record")

	g := cora.Post("/v1/guardianships", object{"guardian_id": made.ID(), "child_id": maya}).Want(201)
	claim := g.Header.Get("Location")
	cora.Get(claim).Want(200)
	cora.Get("/v1/guardianships?status=claimed&child_id=" + maya.String()).Want(200)
	cora.Post(claim+"/refuse", object{"reason": "The papers named another child"}).Want(200)
	cora.Post(claim+"/reinstate", object{"reason": "They brought the right ones"}).Want(200)
	cora.Post(claim+"/confirm", object{"evidence": "Birth certificate"}).Want(200)
	cora.Post(claim+"/end", object{"reason": "Order of the court"}).Want(200)
	cora.Post(claim+"/end", object{"reason": "Order of the court"}).WantCode(409, "guardianship_closed")

	unknown := "/v1/members/" + uuid.NewString()
	for _, path := range []string{unknown, unknown + "/service-records", unknown + "/credentials", unknown + "/relationships", "/v1/households/" + uuid.NewString(),
		"/v1/relationships/" + uuid.NewString(), "/v1/guardianships/" + uuid.NewString(), "/v1/credentials/" + uuid.NewString(), "/v1/service-records/" + uuid.NewString()} {
		cora.Get(path).WantCode(404, "not_found")
	}
	if log := app.Log.String(); strings.Contains(log, "Ortega") || strings.Contains(log, "ortga") {
		t.Error("the log names somebody")
	}
}

// What a family does on its phones.
func TestMeOverHTTP(t *testing.T) {
	app := apptest.New(t)
	luis, ana := app.As("Luis Ortega"), app.As("Ana Ortega")

	me := luis.Get("/v1/me").Want(200)
	if me.Header.Get("ETag") != `"1"` || me.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%v", me.Header)
	}
	if got := luis.Patch("/v1/me", 1, object{"pronouns": "he/him", "safe_channel": "sms", "safe_from": "10:00", "safe_until": "15:00", "kinds": []string{"veteran"}}).Want(200); got.Header.Get("ETag") != `"2"` {
		t.Errorf("%v", got.Header)
	}
	luis.Patch("/v1/me", 0, object{"pronouns": nil, "safe_channel": nil, "safe_from": nil, "safe_until": nil}).Want(200)
	luis.Patch("/v1/me", 1, object{"pronouns": "he/him"}).Want(412)
	luis.Patch("/v1/me", 0, object{"birth_date": "1990-01-01"}).WantCode(409, "ask_staff")
	for _, hidden := range []string{"status", "tags", "referral_source", "merged_into", "id", "version", "entered_by"} {
		luis.Patch("/v1/me", 0, object{hidden: nil}).Want(400)
	}
	luis.Patch("/v1/me", 0, object{"kinds": []string{"staff"}}).Want(422)
	luis.Get("/v1/me/needs").Want(200)
	luis.Patch("/v1/me/needs", 0, object{"dietary_needs": "No shellfish", "service_animal": true}).Want(200)
	luis.Put("/v1/me/emergency-contacts", 0, object{"contacts": []object{{"name": "Rosa Ortega", "relation": "mother", "phone": "(910) 555-0177", "email": "rosa@example.org", "may_be_told": "membership"}}}).Want(200)
	luis.Get("/v1/me/emergency-contacts").Want(200)

	born := time.Now().AddDate(-11, 0, 0).Format(time.DateOnly)
	child := luis.Post("/v1/me/dependents", object{"given_name": "Maya", "family_name": "Ortega", "birth_date": born, "dietary_needs": "No nuts", "city": "Fayetteville"}, "Idempotency-Key", "maya").Want(201)
	maya := child.Header.Get("Location")
	if maya != "/v1/me/dependents/"+child.ID().String() {
		t.Errorf("Location %s", maya)
	}
	luis.Get("/v1/me/dependents").Want(200)
	luis.Get(maya).Want(200)
	if m := luis.Patch(maya, 0, object{"pronouns": "she/her", "birth_date": born, "city": nil}).Want(200).Map(); m["city"] != "" || m["pronouns"] != "she/her" {
		t.Errorf("%v", m)
	}
	luis.Put(maya+"/emergency-contacts", 0, object{"contacts": []object{{"name": "Rosa Ortega", "phone": "9105550177"}}}).Want(200)
	luis.Get(maya + "/emergency-contacts").Want(200)
	luis.Post("/v1/me/dependents", object{"given_name": "maya", "family_name": "ORTEGA", "birth_date": born}).WantCode(409, "already_added")
	if got := luis.Get("/v1/me").Want(200).Map(); len(got["acts_for"].([]any)) != 1 {
		t.Errorf("%v", got["acts_for"])
	}

	// Another's child answers as an id that is nobody's does, byte for byte but for the request's own id.
	for _, path := range []string{"", "/emergency-contacts"} {
		theirs, nobodys := ana.Get(maya+path).Want(404), ana.Get("/v1/me/dependents/"+uuid.NewString()+path).Want(404)
		if same(theirs) != same(nobodys) {
			t.Errorf("%s differs from %s", theirs.Body, nobodys.Body)
		}
	}

	ask := luis.Post("/v1/me/relationships", object{"email": ana.Email, "kind": "spouse"}).Want(201)
	told, nobody := ask.Map(), luis.Post("/v1/me/relationships", object{"email": "nobody@example.net", "kind": "spouse"}).Want(201).Map()
	for name, value := range told {
		if own := []string{"id", "email", "created_at", "expires_at"}; !slices.Contains(own, name) && nobody[name] != value {
			t.Errorf("%s tells a member's address from nobody's: %v, %v", name, value, nobody[name])
		}
	}
	luis.Get(ask.Header.Get("Location")).Want(200)
	luis.Get("/v1/me/relationships").Want(200)
	ana.Post(ask.Header.Get("Location")+"/accept", nil).Want(200)
	ana.Get("/v1/me/relationships").Want(200)
	ana.Get(ask.Header.Get("Location")).Want(200)
	ana.Delete(ask.Header.Get("Location"), 0).Want(204)
	luis.Get(ask.Header.Get("Location")).Want(404)
	luis.Delete(ask.Header.Get("Location"), 0).Want(404)
	if app.Count("select count(*) from river_job where kind like 'message%'") != 0 {
		t.Error("somebody is told of a link")
	}
}

// same is an answer without what is each request's own.
func same(a *apptest.Answer) string {
	var p object
	a.JSON(&p)
	delete(p, "request_id")
	h := a.Header.Clone()
	for _, own := range []string{"Date", "X-Request-Id", "Ratelimit"} {
		h.Del(own)
	}
	return fmt.Sprint(p, h) // maps are printed in the order of their keys
}

func TestTasksOverHTTP(t *testing.T) {
	app := apptest.New(t)
	cora, coach := app.As("Cora Diaz", models.RoleCoordinator), app.As("Curt Hale", models.RoleCoach)
	due := app.Core.Clock.Now().Add(time.Hour)
	made := cora.Post("/v1/tasks", object{"title": "Call about the ride", "queue": "coaches", "due_at": due, "member_id": app.Member("Luis Ortega", "1984-03-17")}).Want(201)
	task := made.Header.Get("Location")
	coach.Get(task).Want(200)
	coach.Get("/v1/tasks?queue=coaches&status=open&status=snoozed&sort=-created_at&count=true").Want(200)
	coach.Get("/v1/tasks?mine=true&overdue=true").Want(200)
	cora.Patch(task, 1, object{"title": "Call about the bus"}).Want(200)
	cora.Patch(task, 1, object{"title": "Call about the bus"}).Want(412)
	coach.Post(task+"/assign", object{"owner_id": coach.Member}).Want(200)
	coach.Post(task+"/assign", object{"owner_id": cora.Member}).WantCode(403, "assign_others")
	coach.Post(task+"/assign", object{"owner_id": nil}).Want(200)
	coach.Post(task+"/snooze", object{"until": due.Add(24 * time.Hour)}).Want(200)
	coach.Post(task+"/snooze", object{"until": due.AddDate(2, 0, 0)}).Want(422)
	coach.Post(task+"/done", object{"outcome": "Found a seat on the bus"}).Want(200)
	coach.Post(task+"/drop", object{"reason": "Moved away"}).WantCode(409, "task_closed")
	cora.Post(task+"/reopen", object{"reason": "The bus is full"}).Want(200)
	cora.Post(task+"/drop", object{"reason": "Moved away"}).Want(200)
	coach.Post("/v1/tasks", object{"title": "Call", "queue": "coaches", "due_at": due}).Want(403)
	coach.Get("/v1/tasks/"+uuid.NewString()).WantCode(404, "not_found")
	hidden := cora.Post("/v1/tasks", object{"title": "Call", "queue": "coordinators", "due_at": due}).Want(201)
	coach.Get(hidden.Header.Get("Location")).WantCode(404, "not_found")
}
