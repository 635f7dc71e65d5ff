package api_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/internal/apptest"
	"homefront/models"
)

// A coordinator finds a room and somebody to lead, plans by them, and decides whether it runs: every operation over HTTP,
// each answer held against the description.
func TestRoomsOverHTTP(t *testing.T) {
	app := apptest.New(t)
	app.Core.Clock.Set(time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC))
	cora, mia, dana := app.As("Cora Diaz", models.RoleCoordinator), app.As("Mia Ortega", models.RoleMember), app.As("Dana Reyes", models.RoleFacilitator)

	venue := cora.Post("/v1/venues", object{"name": "Haymount House", "time_zone": "America/New_York", "capacity": 40}).Want(201)
	rooms := venue.Header.Get("Location") + "/rooms"
	blue := cora.Post(rooms, object{"name": "Blue", "capacity": 12, "accessibility": "Elevator", "notes": "Key in the office"}, "Idempotency-Key", "blue").Want(201)
	at := "/v1/rooms/" + blue.ID().String()
	if blue.Header.Get("Location") != at || blue.Header.Get("ETag") != `"1"` {
		t.Errorf("%v", blue.Header)
	}
	mia.Post(rooms, object{"name": "Mine"}).Want(403)
	cora.Post(rooms, object{"name": "blue"}).WantCode(409, "room_exists")
	cora.Post("/v1/venues/"+uuid.NewString()+"/rooms", object{"name": "x"}).Want(404)
	if got := mia.Get(at).Want(200).Map(); got["notes"] != "" || got["accessibility"] != "Elevator" {
		t.Errorf("%v", got)
	}
	mia.Get("/v1/rooms/" + uuid.NewString()).Want(404)
	if list := mia.Get(rooms + "?count=true").Want(200); list.Header.Get("X-Total-Count") != "1" {
		t.Errorf("%s", list.Body)
	}
	cora.Patch(at, 0, object{"capacity": 10}).Want(428)
	cora.Patch(at, 1, object{"capacity": 10, "notes": nil}).Want(200)
	cora.Post(at+"/archive", nil).Want(200)
	cora.Get(rooms + "?archived=true").Want(200)
	cora.Post(at+"/restore", nil).Want(200)

	when := "starts_at=" + url.QueryEscape("2026-10-20T22:00:00Z") + "&ends_at=" + url.QueryEscape("2026-10-20T23:30:00Z")
	if free := cora.Get("/v1/free-rooms?" + when + "&seats=10&time_zone=America/New_York&limit=1").Want(200).Map(); len(free["data"].([]any)) != 1 || free["next_cursor"] == nil {
		t.Errorf("%v", free)
	}
	cora.Get("/v1/free-rooms").Want(422)
	cora.Get("/v1/free-rooms?starts_at=2026-10-20T22:00:00Z&ends_at=2026-10-20T21:00:00Z").Want(422)
	mia.Get("/v1/free-rooms?" + when).Want(403)
	if free := cora.Get("/v1/free-facilitators?" + when + "&minors=true").Want(200).Map(); len(free["data"].([]any)) != 0 {
		t.Errorf("nobody is cleared: %v", free)
	}
	mia.Get("/v1/free-facilitators?" + when).Want(403)

	w := cora.Post("/v1/workshops", object{"title": "Sleep", "summary": "One evening", "format": "in_person", "room_id": blue.ID(), "capacity": 10, "minimum_age": 18, "min_to_run": 3,
		"decide_by": "2026-10-13T21:00:00Z", "is_public": true, "facilitator_ids": []uuid.UUID{dana.Member}}).Want(201)
	ws := "/v1/workshops/" + w.ID().String()
	if m := w.Map(); m["venue_id"] != venue.ID().String() || m["is_public"] != true || m["venue"].(object)["room"].(object)["name"] != "Blue" || m["decision"].(object)["minimum"] != 3.0 {
		t.Errorf("%s", w.Body)
	}
	cora.Patch(ws, 1, object{"capacity": 11}).Want(422)
	made := cora.Post(ws+"/sessions", object{"local_start": "2026-10-20T18:00", "minutes": 90, "recurrence": object{"rule": "FREQ=WEEKLY;COUNT=3"}}).Want(201)
	session := made.Header.Get("Location")
	if free := cora.Get(session + "/free-facilitators").Want(200).Map(); len(free["data"].([]any)) != 0 {
		t.Errorf("%v", free)
	}
	all := cora.Get(session + "/free-facilitators?all=true").Want(200).Map()["data"].([]any)
	if len(all) != 1 || all[0].(object)["leads"] != true || all[0].(object)["name"] != "Dana Reyes" {
		t.Errorf("%v", all)
	}
	dana.Get(session + "/free-facilitators").Want(403)
	cora.Post(at+"/archive", nil).WantCode(409, "room_in_use")
	cora.Post(ws+"/publish", nil).Want(200)

	off := cora.Post(session+"/cancel", object{"reason": "Snow", "scope": "this_and_following"}).WantCode(409, "last_session")
	if off.Map()["code"] != "last_session" {
		t.Errorf("%s", off.Body)
	}
	second := made.Map()["data"].([]any)[1].(object)["id"].(string)
	if m := cora.Post("/v1/sessions/"+second+"/cancel", object{"reason": "Snow", "scope": "this_and_following"}).Want(200).Map(); m["status"] != "cancelled" || len(m["following"].([]any)) != 1 {
		t.Errorf("%v", m)
	}
	if m := cora.Post("/v1/sessions/"+second+"/restore", object{"scope": "all"}).Want(200).Map(); m["status"] != "scheduled" || len(m["following"].([]any)) != 1 {
		t.Errorf("%v", m)
	}
	if m := cora.Patch(session, 1, object{"local_start": "2026-10-21T18:00", "scope": "all"}).Want(200).Map(); len(m["following"].([]any)) != 2 {
		t.Errorf("%v", m)
	}
	cora.Post(session+"/cancel", object{"reason": "Snow", "scope": "everything"}).Want(422)

	if seen := mia.Get(ws).Want(200).Map(); seen["decision"] != nil || seen["venue"].(object)["room"].(object)["accessibility"] != "Elevator" {
		t.Errorf("%v", seen)
	}
	mia.Post(ws+"/run-anyway", object{"reason": "x"}).Want(403)
	cora.Post(ws+"/run-anyway", object{"reason": ""}).Want(422)
	decided := cora.Post(ws+"/run-anyway", object{"reason": "Few is good"}).Want(200).Map()["decision"].(object)
	if decided["ran_anyway_at"] == nil || decided["met"] != false || decided["reason"] != "Few is good" {
		t.Errorf("%v", decided)
	}
}
