package api_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/internal/apptest"
	"homefront/models"
)

// A coordinator plans a program with two cohorts, fills it from a list, sees it through and closes it: every operation over
// HTTP, each answer held against the description.
func TestAProgramFromPlanToCertificates(t *testing.T) {
	app := apptest.New(t)
	app.Core.Clock.Set(time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC))
	cora, mia := app.As("Cora Diaz", models.RoleCoordinator), app.As("Mia Ortega", models.RoleMember)

	cora.Post("/v1/programs", object{"name": "Nowhere", "slug": "nowhere", "time_zone": "Mars/Olympus", "starts_on": "2026-09-02", "ends_on": "2026-09-01"}).WantCode(422, "invalid")
	made := cora.Post("/v1/programs", object{"name": "Battle Buddy", "slug": "battle-buddy", "population": "Post-9/11 veterans", "starts_on": "2026-09-01", "ends_on": "2026-12-31", "capacity": 3,
		"rules": []object{{"key": "who", "rule": "kinds", "values": []string{"veteran"}}}}, "Idempotency-Key", "p").Want(201)
	at := "/v1/programs/" + made.ID().String()
	if got := made.Map(); got["time_zone"] != "America/New_York" || got["taken"] != 0.0 || got["open"] != false || got["counts"].(object)["active"] != 0.0 {
		t.Errorf("%s", made.Body)
	}
	// Planned in silence it is for staff alone.
	hidden, unknown := mia.Get(at).Want(404), mia.Get("/v1/programs/"+uuid.NewString()).Want(404)
	if hidden.Map()["detail"] != unknown.Map()["detail"] {
		t.Errorf("%s %s", hidden.Body, unknown.Body)
	}
	mia.Get(at + "/cohorts").Want(404)
	cora.Post(at+"/activate", nil).Want(200)
	cora.Post(at+"/activate", nil).WantCode(409, "wrong_state")
	cora.Patch(at, 2, object{"takes_applications": true, "applications_close_on": "2026-09-30"}).Want(200)
	if got := mia.Get(at).Want(200).Map(); got["taken"] != nil || got["counts"] != nil || got["full"] != false || got["open"] != true {
		t.Errorf("%v", got)
	}
	for query, want := range map[string]int{"takes_applications=true": 1, "q=BATTLE": 1, "q=post-9/11": 1, "q=retreat": 0, "status=planned": 0} {
		if got := mia.Get("/v1/programs?" + query).Want(200).Map()["data"].([]any); len(got) != want {
			t.Errorf("%s: %d", query, len(got))
		}
	}

	cora.Post(at+"/cohorts", object{"name": "Too long", "starts_on": "2026-09-14", "ends_on": "2027-01-31"}).WantCode(422, "invalid")
	fall := cora.Post(at+"/cohorts", object{"name": "Fall", "starts_on": "2026-09-14", "ends_on": "2026-11-30", "capacity": 2, "notes": "Annex"}, "Idempotency-Key", "c").Want(201)
	group := "/v1/cohorts/" + fall.ID().String()
	if fall.Header.Get("Location") != group {
		t.Error(fall.Header)
	}
	cora.Post(at+"/cohorts", object{"name": "fall", "starts_on": "2026-09-14"}).WantCode(409, "name_taken")
	late := cora.Post(at+"/cohorts", object{"name": "Late", "starts_on": "2026-10-01"}).Want(201)
	cora.Patch(group, 1, object{"capacity": nil}).Want(200)
	cora.Patch(group, 1, object{"capacity": 2}).WantCode(412, "stale")
	cora.Patch(group, 2, object{"capacity": 2}).Want(200)
	cora.Post(group+"/activate", nil).Want(200)
	if got := mia.Get(group).Want(200).Map(); got["notes"] != "" || got["taken"] != nil {
		t.Errorf("%v", got)
	}
	if got := mia.Get(at + "/cohorts?status=active&status=planned&limit=1").Want(200).Map(); got["data"].([]any)[0].(object)["name"] != "Fall" || got["next_cursor"] == nil {
		t.Errorf("%v", got)
	}
	mia.Post(at+"/cohorts", object{"name": "x", "starts_on": "2026-10-01"}).Want(403)

	people := []uuid.UUID{app.Member("Nguyễn Ann", "1984-03-17"), app.Member("Ben Boyd", "1980-01-02"), app.Member("Cy Cole", "1980-01-02"), app.Member("Sue Doe", "1980-01-02", models.KindSpouse)}
	list := object{"member_ids": people, "cohort_id": fall.ID()}
	mia.Post(at+"/enrollments/bulk", list).Want(403)
	dry := cora.Post(at+"/enrollments/bulk", list).Want(200).Map()
	list["dry_run"] = false
	real := cora.Post(at+"/enrollments/bulk", list, "Idempotency-Key", "bulk").Want(200).Map()
	if replay := cora.Post(at+"/enrollments/bulk", list, "Idempotency-Key", "bulk").Want(200); replay.Header.Get("Idempotency-Replayed") != "true" {
		t.Error("not replayed")
	}
	var enrolled []string
	for i, want := range []string{"done", "done", "waitlisted", "not_eligible"} {
		was, is := dry["items"].([]any)[i].(object), real["items"].([]any)[i].(object)
		if was["outcome"] != want || is["outcome"] != want || was["enrollment_id"] != nil {
			t.Errorf("%d: %v, %v", i, was, is)
		}
		if id, ok := is["enrollment_id"].(string); ok {
			enrolled = append(enrolled, id)
		}
	}
	if got := cora.Get(group).Want(200).Map(); got["full"] != true || got["taken"] != 2.0 || got["counts"].(object)["waitlisted"] != 1.0 {
		t.Errorf("%v", got)
	}
	cora.Patch(group, 4, object{"capacity": 1}).WantCode(409, "capacity_below_taken")
	cora.Patch(at, 3, object{"capacity": 1}).WantCode(409, "capacity_below_taken")
	cora.Patch(at, 3, object{"ends_on": "2026-09-20"}).WantCode(409, "dates_in_use")

	// The mistake is found before anything is done.
	cora.Post("/v1/enrollments/bulk", object{"enrollment_ids": enrolled, "step": "complete"}).WantCode(422, "invalid")
	cora.Post("/v1/enrollments/bulk", object{"enrollment_ids": enrolled[:2], "step": "activate", "dry_run": false}).Want(200)
	app.Core.Clock.Set(time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC))
	cora.SignIn()
	mia.SignIn()
	cora.Get("/v1/enrollments/"+enrolled[0]+"/certificate").WantCode(409, "not_completed")
	done := cora.Post("/v1/enrollments/bulk", object{"enrollment_ids": append(slices.Clone(enrolled), uuid.NewString()), "step": "complete", "reason": "finished", "on": "2026-11-30", "dry_run": false}).Want(200).Map()
	for i, want := range []string{"done", "done", "refused", "not_found"} {
		if got := done["items"].([]any)[i].(object); got["outcome"] != want {
			t.Errorf("%d: %v", i, got)
		}
	}
	sheet := cora.Get("/v1/enrollments/" + enrolled[0] + "/certificate").Want(200)
	if sheet.Header.Get("Content-Type") != "application/pdf" || !bytes.HasPrefix(sheet.Body, []byte("%PDF-")) {
		t.Errorf("%v", sheet.Header)
	}
	mia.Get("/v1/enrollments/" + enrolled[0] + "/certificate").Want(404)
	for _, format := range []string{"", "?format=xlsx"} {
		cora.Get(group + "/roster" + format).Want(200)
	}
	mia.Get(group + "/roster").Want(403)

	// Nothing ends while somebody waits.
	why := object{"reason": "Twelve weeks are over"}
	cora.Post(group+"/complete", why).WantCode(409, "has_live_enrollments")
	cora.Post(at+"/complete", why).WantCode(409, "has_live_enrollments")
	cora.Post("/v1/enrollments/bulk", object{"enrollment_ids": enrolled[2:], "step": "deny", "reason": "no_place", "dry_run": false}).Want(200)
	cora.Post(group+"/complete", why).Want(200)
	cora.Post(group+"/reopen", why).Want(200)
	cora.Post("/v1/cohorts/"+late.ID().String()+"/cancel", why).Want(200)
	if got := cora.Post(at+"/complete", why).Want(200).Map(); got["status"] != "completed" || got["status_reason"] != "Twelve weeks are over" || got["closed_at"] == nil {
		t.Errorf("%v", got)
	}
	if got := mia.Get(at).Want(200).Map(); got["status_reason"] != "" || got["open"] != false {
		t.Errorf("%v", got)
	}
	cora.Post(at+"/reopen", why).Want(200)
	cora.Post(at+"/cancel", why).Want(200)
}
