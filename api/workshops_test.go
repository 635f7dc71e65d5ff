package api_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/internal/apptest"
	"homefront/models"
)

// A coordinator plans a series from the first idea to the catalog: every operation over HTTP, each answer held against
// the description.
func TestPlanningOverHTTP(t *testing.T) {
	app := apptest.New(t)
	app.Core.Clock.Set(time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC))
	cora, mia := app.As("Cora Diaz", models.RoleCoordinator), app.As("Mia Ortega", models.RoleMember)

	program := cora.Post("/v1/programs", object{"name": "Family Awareness", "slug": "family-awareness", "starts_on": "2026-01-01"}, "Idempotency-Key", "program").Want(201)
	at := "/v1/programs/" + program.ID().String()
	if program.Header.Get("Location") != at || program.Header.Get("ETag") != `"1"` {
		t.Errorf("%v", program.Header)
	}
	cora.Post("/v1/programs", object{"name": "Again", "slug": "family-awareness"}).WantCode(409, "slug_taken")
	cora.Patch(at, 1, object{"status": "active", "ends_on": nil}).Want(200)
	mia.Get(at).Want(200)
	mia.Get("/v1/programs?status=active&status=planned&count=true").Want(200)
	mia.Post("/v1/programs", object{"name": "x", "slug": "x"}).Want(403)

	venue := cora.Post("/v1/venues", object{"name": "Haymount House", "time_zone": "America/New_York", "capacity": 40, "notes": "key box 4411"}).Want(201)
	place := venue.Header.Get("Location")
	if got := mia.Get(place).Want(200).Map(); got["notes"] != "" {
		t.Errorf("%v", got)
	}
	cora.Patch(place, 1, object{"capacity": nil, "accessibility": "Step-free"}).Want(200)
	cora.Post(place+"/archive", nil).Want(200)
	cora.Post(place+"/restore", nil).Want(200)
	mia.Get("/v1/venues?q=hay&time_zone=America/New_York").Want(200)

	w := cora.Post("/v1/workshops", object{"title": "Living with Hypervigilance", "format": "in_person", "program_id": program.ID(), "venue_id": venue.ID(), "capacity": 30,
		"minimum_age": 18, "audience_kinds": []string{"veteran", "spouse"}, "facilitator_ids": []uuid.UUID{cora.Member}}, "Idempotency-Key", "w").Want(201)
	ws := "/v1/workshops/" + w.ID().String()
	if w.Header.Get("Location") != ws || w.Map()["time_zone"] != "America/New_York" {
		t.Errorf("%v %s", w.Header, w.Body)
	}
	hidden, unknown := mia.Get(ws).Want(404), mia.Get("/v1/workshops/"+uuid.NewString()).Want(404)
	if hidden.Map()["detail"] != unknown.Map()["detail"] || hidden.Map()["code"] != unknown.Map()["code"] {
		t.Errorf("%s %s", hidden.Body, unknown.Body)
	}

	rule := object{"local_start": "2026-10-20T18:00", "minutes": 90, "recurrence": object{"rule": "FREQ=WEEKLY;COUNT=4", "except_dates": []string{"2026-10-27"}}}
	preview := cora.Post(ws+"/sessions/preview", rule).Want(200)
	made := cora.Post(ws+"/sessions", rule, "Idempotency-Key", "s").Want(201)
	if p, m := preview.Map()["data"].([]any), made.Map()["data"].([]any); len(p) != 3 || len(m) != 3 || p[1].(object)["starts_at"] != "2026-11-03T23:00:00Z" || m[1].(object)["starts_at"] != p[1].(object)["starts_at"] {
		t.Errorf("%s %s", preview.Body, made.Body)
	}
	first := made.Map()["data"].([]any)[0].(object)["id"].(string)
	if made.Header.Get("Location") != "/v1/sessions/"+first {
		t.Errorf("%v", made.Header)
	}
	cora.Post(ws+"/sessions", rule).WantCode(409, "double_booked")
	cora.Post(ws+"/sessions", object{"local_start": "2026-10-20T18:00", "minutes": 90, "recurrence": object{"rule": "FREQ=HOURLY"}}).Want(422)
	cora.Patch("/v1/sessions/"+first, 0, object{"title": "Sleep"}).Want(428)
	moved := cora.Patch("/v1/sessions/"+first, 1, object{"local_start": "2026-10-21T18:30", "scope": "this_and_following"}).Want(200)
	if m := moved.Map(); len(m["following"].([]any)) != 2 || moved.Header.Get("ETag") != `"2"` {
		t.Errorf("%s", moved.Body)
	}
	cora.Post("/v1/sessions/"+first+"/cancel", object{"reason": "No heating"}).Want(200)
	cora.Post("/v1/sessions/"+first+"/restore", nil).Want(200)

	if got := cora.Post(ws+"/publish", nil).WantCode(409, "not_ready").Map(); len(got["errors"].([]any)) != 1 {
		t.Errorf("%v", got)
	}
	cora.Patch(ws, 1, object{"summary": "Six evenings", "waitlist_capacity": nil, "opens_at": "2026-09-02T12:00:00Z"}).Want(200)
	cora.Post(ws+"/publish", nil).Want(200)
	cora.Post(ws+"/publish", nil).WantCode(409, "wrong_state")
	seen := mia.Get(ws).Want(200).Map()
	if seen["registration"] != "not_yet_open" || seen["seats"].([]any)[0].(object)["open"] != 30.0 || seen["program"] != "Family Awareness" || seen["venue"].(object)["name"] != "Haymount House" {
		t.Errorf("%v", seen)
	}
	mia.Get("/v1/sessions/" + first).Want(200)
	mia.Get(ws + "/sessions?status=scheduled&limit=2&starts_gte=2026-10-01T00:00:00Z").Want(200)

	query := fmt.Sprintf("/v1/workshops?q=hyper&format=in_person&format=hybrid&audience=spouse&program_id=%s&starts_gte=2026-10-01T00:00:00Z&starts_lt=2027-01-01T00:00:00Z&open_seats=true&time_zone=America/New_York&near_time_zone=America/Chicago&sort=title&count=true", program.ID())
	list := mia.Get(query).Want(200)
	if rows := list.Map()["data"].([]any); len(rows) != 1 || list.Header.Get("X-Total-Count") != "1" || rows[0].(object)["join_url"] != nil {
		t.Errorf("%s", list.Body)
	}
	if again := mia.Do(http.MethodGet, query, nil, "If-None-Match", list.Header.Get("ETag")); again.Status != http.StatusNotModified {
		t.Errorf("%d", again.Status)
	}
	mia.Get("/v1/workshops?visibility=draft").Want(403)
	mia.Get("/v1/workshops?program_id=x").Want(400)
	mia.Get("/v1/workshops?format=circus").Want(422)
	cora.Get("/v1/workshops?visibility=draft&visibility=published&sort=-starts_at").Want(200)

	clone := cora.Post(ws+"/clone", object{"title": "Spring", "starts_on": "2027-03-09"}).Want(201)
	if clone.Header.Get("Location") != "/v1/workshops/"+clone.ID().String() || clone.Map()["starts_at"] != "2027-03-09T23:30:00Z" || clone.Map()["ends_at"] != "2027-03-31T00:00:00Z" {
		t.Errorf("%v %s", clone.Header, clone.Body)
	}
	cora.Post(ws+"/unpublish", nil).Want(200)
	cora.Post(ws+"/publish", nil).Want(200)
	cora.Post(ws+"/complete", nil).WantCode(409, "wrong_state")
	cora.Post(ws+"/cancel", object{"reason": ""}).Want(422)
	cora.Post(ws+"/cancel", object{"reason": "Cora is ill"}).Want(200)
	cora.Post(ws+"/restore", nil).Want(200)
	cora.Post(ws+"/cancel", object{"reason": "Cora is ill"}).Want(200)
	cora.Patch(ws, 0, object{"title": "x"}).Want(428)
}
