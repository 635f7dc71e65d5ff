package api_test

import (
	"strings"
	"testing"
	"time"

	"homefront/internal/apptest"
	"homefront/models"
	"homefront/services"
	"homefront/services/records"
)

// Two records of one person, as a coordinator's browser finds them, compares them, makes them one and parts them again: each
// answer is held against the description.
func TestMergeOverHTTP(t *testing.T) {
	app := apptest.New(t)
	cora := app.As("Cora Diaz", models.RoleCoordinator)
	member := app.As("Mel Member")
	enter := func(given, email string) string {
		return cora.Post("/v1/members", object{"given_name": given, "family_name": "Hayes", "birth_date": "1971-11-05", "kinds": []string{"veteran"}, "email": email, "phone": "(910) 555-0142",
			"address_line1": "418 Haymount Ave", "postal_code": "28305"}).Want(201).ID().String()
	}
	robert, bob := enter("Robert", "robert@example.org"), enter("Bob", "bob@example.org")
	app.Core.Clock.Set(app.Core.Clock.Now().Add(time.Minute))
	if _, err := app.Records.RefreshDuplicates(services.AsSystem(t.Context(), "duplicates.find")); err != nil {
		t.Fatal(err)
	}
	var found struct{ Data []records.DuplicateView }
	cora.Get("/v1/members/duplicates?min_score=85&member_id=" + bob).Want(200).JSON(&found)
	if len(found.Data) != 1 || found.Data[0].Score < 85 {
		t.Fatalf("%+v", found)
	}
	pair := "/v1/members/duplicates/" + found.Data[0].ID.String()
	cora.Post(pair+"/dismiss", object{"reason": "Brothers"}).Want(200)
	cora.Post(pair+"/reopen", object{"reason": "One man"}).Want(200)
	cora.Get("/v1/members/" + robert + "/merge-preview?with=" + bob + "&fields=email").Want(200)
	if got := cora.Get("/v1/members/" + robert + "/merge-preview?with=" + robert).Want(200).Map(); got["obstacle"].(object)["code"] != "same_person" {
		t.Errorf("%v", got)
	}
	cora.Get("/v1/members/" + robert + "/merge-preview").Want(422)
	var made records.MergeView
	cora.Post("/v1/members/"+robert+"/merge", object{"loser_id": bob, "fields": []string{"email"}, "reason": "One man"}, "Idempotency-Key", "merge").Want(200).JSON(&made)
	cora.Post("/v1/members/"+robert+"/merge", object{"loser_id": bob, "fields": []string{"email"}, "reason": "One man"}, "Idempotency-Key", "merge").Want(200)
	cora.Post("/v1/members/"+robert+"/merge", object{"loser_id": bob, "reason": "One man"}).WantCode(409, "already_merged")
	if got := cora.Get("/v1/members/" + bob).Want(200).Map(); got["status"] != "merged" || got["merged_into"] != robert {
		t.Errorf("%v", got)
	}
	if got := cora.Get("/v1/members?q=hayes").Want(200); strings.Contains(string(got.Body), bob) || !strings.Contains(string(got.Body), "bob@example.org") {
		t.Errorf("the search finds %s", got.Body)
	}
	merge := "/v1/merges/" + made.ID.String()
	cora.Get("/v1/merges?member_id=" + bob).Want(200)
	cora.Get(merge).Want(200)
	cora.Post(merge+"/undo", object{"reason": "Two men"}).Want(200)
	cora.Post(merge+"/undo", object{"reason": "Two men"}).WantCode(409, records.CodeAlreadyUndone)
	cora.Get("/v1/merges/" + robert).Want(404)
	if got := cora.Get("/v1/members?q=hayes").Want(200); !strings.Contains(string(got.Body), bob) {
		t.Errorf("after the undo the search finds %s", got.Body)
	}
	for _, path := range []string{"/v1/members/duplicates", "/v1/merges", merge, "/v1/members/" + robert + "/merge-preview?with=" + bob} {
		member.Get(path).Want(403)
	}
}
