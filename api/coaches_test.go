package api_test

import (
	"testing"
	"time"

	"homefront/internal/apptest"
	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
)

func TestACoachFromTheProfileToTheHours(t *testing.T) {
	a := apptest.New(t)
	boss, dana, alex, luis := a.As("Cora Lane", models.RoleCoordinator), a.As("Dana Reed", models.RoleCoach), a.As("Alex Kim", models.RoleCoach), a.As("Luis Ortega")
	at := "/v1/coaches/" + dana.Member.String()
	luis.Post("/v1/coaches", map[string]any{"member_id": dana.Member}).WantCode(403, services.CodeForbidden)
	made := boss.Post("/v1/coaches", map[string]any{"member_id": dana.Member, "join_url": "https://meet.example.org/dana", "specialties": []string{"sleep"}}).Want(201)
	if made.Header.Get("Location") != at || made.Header.Get("ETag") != `"1"` {
		t.Errorf("%v", made.Header)
	}
	boss.Post("/v1/coaches", map[string]any{"member_id": dana.Member}).WantCode(409, coaching.CodeCoachExists)
	boss.Post("/v1/coaches", map[string]any{"member_id": luis.Member}).WantCode(422, services.CodeInvalid)
	boss.Post("/v1/coaches", map[string]any{"member_id": alex.Member, "modalities": []string{}}).WantCode(422, services.CodeInvalid)

	// What clients see has none of the inner fields, not even as null.
	seen := luis.Get(at).Want(200).Map()
	for _, field := range []string{"status", "clients", "caseload_limit", "join_url", "credentials", "supervisor_id", "suspended_at"} {
		if _, there := seen[field]; there {
			t.Errorf("a member sees %s", field)
		}
	}
	if seen["name"] != "Dana R." || seen["takes_clients"] != false {
		t.Errorf("%v", seen)
	}
	var list services.Page[coaching.CoachView]
	luis.Get("/v1/coaches?specialty=sleep&specialty=work&language=en&modality=online&sort=-created_at&count=true").Want(200).JSON(&list)
	if len(list.Data) != 1 || list.Data[0].CoachWork != nil {
		t.Errorf("%+v", list)
	}
	boss.Get("/v1/coaches?status=suspended").Want(200)

	dana.Patch(at, 0, map[string]any{"bio": "Army"}).WantCode(428, services.CodeIfMatchRequired)
	dana.Patch(at, 1, map[string]any{"caseload_limit": 99}).WantCode(422, services.CodeInvalid)
	dana.Patch(at, 1, map[string]any{"bio": "Army", "max_per_day": 5, "supervisor_id": nil}).WantCode(422, services.CodeInvalid)
	dana.Patch(at, 1, map[string]any{"bio": "Army", "max_per_day": 5}).Want(200)
	boss.Patch(at, 1, map[string]any{"caseload_limit": 3}).WantCode(412, services.CodeStale)
	boss.Patch(at, 2, map[string]any{"caseload_limit": 3, "supervisor_id": alex.Member}).Want(200)
	alex.Patch(at, 3, map[string]any{"bio": "Navy"}).WantCode(404, services.CodeNotFound)
	luis.Patch(at, 3, map[string]any{"bio": "Navy"}).WantCode(403, services.CodeForbidden)

	hours := dana.Post(at+"/schedules", map[string]any{"name": "Evenings", "time_zone": "America/Chicago", "hours": []any{map[string]any{"rule": "FREQ=WEEKLY;BYDAY=MO,WE", "from_time": "16:00", "until_time": "20:00"}}}).Want(201)
	schedule := "/v1/coach-schedules/" + hours.ID().String()
	if hours.Header.Get("Location") != schedule {
		t.Error(hours.Header.Get("Location"))
	}
	dana.Get(schedule).Want(200)
	alex.Get(schedule).WantCode(404, services.CodeNotFound)
	dana.Post(at+"/schedules", map[string]any{"name": "Bad", "hours": []any{map[string]any{"rule": "FREQ=WEEKLY", "from_time": "25:00", "until_time": "20:00"}}}).WantCode(422, services.CodeInvalid)
	dana.Patch(schedule, 1, map[string]any{"hours": []any{}, "ends_on": "2031-01-01"}).Want(200)
	day := a.Core.Clock.Now().AddDate(0, 0, 9).Format(time.DateOnly)
	dana.Put(at+"/overrides/"+day, 0, map[string]any{"windows": []string{"09:00-12:00"}}).Want(200)
	dana.Put(at+"/overrides/someday", 0, map[string]any{"windows": []string{}}).Want(422)
	off := dana.Post(at+"/time-off", map[string]any{"starts_at": a.Core.Clock.Now().AddDate(0, 0, 3), "ends_at": a.Core.Clock.Now().AddDate(0, 0, 5)}).Want(201)
	away := "/v1/coach-time-off/" + off.ID().String()
	if off.Header.Get("Location") != away {
		t.Error(off.Header.Get("Location"))
	}
	boss.Get(away).Want(200)
	var kept coaching.CoachAvailability
	boss.Get(at + "/availability").Want(200).JSON(&kept)
	if len(kept.Schedules) != 1 || len(kept.Overrides) != 1 || len(kept.TimeOff) != 1 || len(kept.Outside) != 0 {
		t.Errorf("%+v", kept)
	}
	luis.Get(at+"/availability").WantCode(403, services.CodeForbidden)
	dana.Delete(away, 0).WantCode(428, services.CodeIfMatchRequired)
	dana.Delete(away, 1).Want(204)
	dana.Delete(schedule, 2).Want(204)
	dana.Delete(at+"/overrides/"+day, 0).Want(204)

	boss.Post(at+"/suspend", map[string]any{"reason": " "}).Want(422)
	boss.Post(at+"/suspend", map[string]any{"reason": "A complaint"}).Want(200)
	luis.Get(at).WantCode(404, services.CodeNotFound)
	dana.Get(at).Want(200)
	boss.Post(at+"/reinstate", map[string]any{"reason": "Nothing in it"}).Want(200)
	boss.Post(at+"/archive", map[string]any{"reason": " "}).Want(422)
	boss.Post(at+"/archive", map[string]any{"reason": "Moves away"}).Want(200)
	boss.Post(at+"/restore", map[string]any{}).Want(422)
	boss.Post(at+"/restore", map[string]any{"reason": "Is back"}).Want(200)
	luis.Get(at).Want(200)

	// The coach learns from their access log that somebody looked.
	var log struct{ Data []map[string]any }
	dana.Get("/v1/me/access-log").Want(200).JSON(&log)
	found := false
	for _, e := range log.Data {
		found = found || e["kind"] == "coach" && e["role"] == "coordinator"
	}
	if !found {
		t.Errorf("%v", log.Data)
	}
}
