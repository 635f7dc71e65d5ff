package api_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/internal/apptest"
	"homefront/models"
)

// From the sheet at the door to the paper on the wall, over HTTP, each answer held against the description.
func TestPapersOverHTTP(t *testing.T) {
	app := apptest.New(t)
	start := time.Date(2026, 10, 20, 22, 0, 0, 0, time.UTC)
	app.Core.Clock.Set(time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC))
	cora, mia, sam := app.As("Cora Diaz", models.RoleCoordinator), app.As("Mia Ortega"), app.As("Sam Stone")
	w := cora.Post("/v1/workshops", object{"title": "Living with Hypervigilance", "summary": "An evening", "format": "in_person", "location_note": "Room 2", "capacity": 30, "minimum_age": 18, "facilitator_ids": []uuid.UUID{cora.Member}}).Want(201)
	at := "/v1/workshops/" + w.ID().String()
	cora.Post(at+"/sessions", object{"local_start": "2026-10-20T18:00", "minutes": 90}).Want(201)
	session := "/v1/sessions/" + cora.Get(at + "/sessions").Want(200).Map()["data"].([]any)[0].(object)["id"].(string)
	cora.Post(at+"/publish", nil).Want(200)
	registration := mia.Post(at+"/registrations", object{}).Want(201)
	attendee := registration.Map()["attendees"].([]any)[0].(object)["id"].(string)
	mine := "/v1/registrations/" + registration.ID().String() + "/attendees/" + attendee + "/certificate"

	for _, path := range []string{session + "/sign-in-sheet.pdf", session + "/badges.pdf", session + "/badges.pdf?codes=true"} {
		if got := cora.Get(path).Want(200); got.Header.Get("Content-Type") != "application/pdf" || !bytes.HasPrefix(got.Body, []byte("%PDF-")) || got.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", path, got.Header)
		}
		mia.Get(path).Want(403)
	}
	cora.Get("/v1/sessions/" + uuid.NewString() + "/sign-in-sheet.pdf").Want(404)
	if got := cora.Get(at + "/roster.csv?needs=true").Want(200); !bytes.Contains(got.Body, []byte("Mia Ortega")) {
		t.Errorf("%s", got.Body)
	}
	cora.Get(at + "/roster.xlsx").Want(200)
	mia.Get(at + "/roster.csv").Want(403)

	app.Core.Clock.Set(start.Add(2 * time.Hour))
	for _, c := range []*apptest.Client{cora, mia, sam} {
		c.SignIn()
	}
	cora.Put(session+"/attendance", 0, object{"entries": []object{{"attendee_id": attendee, "status": "present"}}}).Want(200)
	cora.Post(session+"/complete", nil).Want(200)
	mia.Get(mine).WantCode(409, "not_issued")
	mia.Post(at+"/certificates", object{"all": true}).Want(403)
	cora.Post(at+"/certificates", object{}).Want(422)
	issued := cora.Post(at+"/certificates", object{"all": true}, "Idempotency-Key", "c").Want(200).Map()["data"].([]any)
	if again := cora.Post(at+"/certificates", object{"all": true}, "Idempotency-Key", "c").Want(200); len(issued) != 1 || len(again.Map()["data"].([]any)) != 1 || again.Header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("%s", again.Body)
	}
	one := issued[0].(object)
	if got := mia.Get(mine).Want(200); got.Header.Get("Content-Type") != "application/pdf" {
		t.Errorf("%v", got.Header)
	}
	sam.Get(mine).Want(404)
	cora.Get(mine).Want(200)
	cora.Get(at + "/certificates?count=true").Want(200)
	verify := "/v1/certificates/verify/" + one["code"].(string)
	if got := app.Nobody().Get(verify).Want(200).Map(); got["status"] != "valid" || got["organization"] != "Harvesting Happiness for Heroes" || got["statement"].(object)["name"] != "Mia O." || got["statement"].(object)["hours"] != 1.5 {
		t.Errorf("%v", got)
	}
	unknown, nonsense := app.Nobody().Get("/v1/certificates/verify/"+"7ZQK91XM4T0CVE5H2BWDR8GN3P").Want(404), app.Nobody().Get("/v1/certificates/verify/x").Want(404)
	if unknown.Map()["detail"] != nonsense.Map()["detail"] {
		t.Errorf("%s %s", unknown.Body, nonsense.Body)
	}
	cora.Post("/v1/certificates/"+one["id"].(string)+"/revoke", object{"reason": "Made for the wrong person"}).Want(200)
	if got := app.Nobody().Get(verify).Want(200).Map(); got["status"] != "revoked" || got["statement"] != nil {
		t.Errorf("%v", got)
	}
	mia.Get(mine).WantCode(409, "not_issued")

	report := cora.Get(at + "/report").Want(200).Map()
	if report["people"].(object)["veterans"] != 1.0 || report["attendance"].(object)["hours"] != 1.5 {
		t.Errorf("%v", report)
	}
	cora.Get(at + "/report.csv").Want(200)
	mia.Get(at + "/report").Want(403)
}
