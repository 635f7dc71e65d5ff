package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/internal/apptest"
	"homefront/models"
)

// From the first draft to the evidence, every operation over HTTP.
func TestConsentsOverHTTP(t *testing.T) {
	app := apptest.New(t)
	cora, luis := app.As("Cora Diaz", models.RoleCoordinator), app.As("Luis Ortega")

	templates := cora.Get("/v1/consent-documents/templates").Want(200).Map()["data"].([]any)
	body := templates[4].(object)
	delete(body, "note")
	luis.Get("/v1/consent-documents/templates").Want(403)
	luis.Post("/v1/consent-documents", body).Want(403)
	cora.Post("/v1/consent-documents", object{"kind": "tattoo", "title": "x", "required_of": []string{"wizards"}, "body": "x"}).Want(422)
	made := cora.Post("/v1/consent-documents", body, "Idempotency-Key", "photo").Want(201)
	cora.Post("/v1/consent-documents", body, "Idempotency-Key", "photo").Want(201)
	place := made.Header.Get("Location")
	luis.Get(place).WantCode(404, "not_found")
	cora.Patch(place, 1, object{"title": "Pictures of you", "expires_months": 12, "optional": false}).Want(200)
	cora.Patch(place, 1, object{"title": "Pictures"}).Want(412)
	cora.Patch(place, 0, object{"title": "Pictures"}).Want(428)
	cora.Patch(place, 2, object{"expires_months": nil, "optional": true}).Want(200)
	draft := cora.Get(place).Want(200).Map()["draft"].(object)
	text := "/v1/consent-versions/" + draft["id"].(string)
	cora.Patch(text, 1, object{"body": "# Pictures\n\nMay we?", "language": "en-US"}).Want(200)
	cora.Post(text+"/publish", object{"effective_from": "2020-01-01T00:00:00Z"}).Want(422)
	cora.Post(text+"/publish", object{}).Want(200)
	cora.Post(text+"/publish", object{}).WantCode(409, "version_published")
	cora.Get("/v1/consent-documents?status=draft&status=published&kind=photo_release&count=true").Want(200)
	cora.Get("/v1/consent-documents?sort=title").Want(422)

	due := luis.Get("/v1/me/consents/due").Want(200).Map()["data"].([]any)
	if len(due) != 1 {
		t.Fatalf("%v", due)
	}
	asked := due[0].(object)
	if asked["body"] != "# Pictures\n\nMay we?" || asked["text_hash"] != models.TextHash("# Pictures\n\nMay we?") || asked["required"] != false || asked["language"] != "en-US" {
		t.Errorf("%v", asked)
	}
	sign := object{"version_id": asked["version_id"], "text_hash": asked["text_hash"], "decision": "granted", "name_typed": "Luis Ortega"}
	luis.Post("/v1/me/consents", object{"version_id": asked["version_id"], "text_hash": strings.Repeat("0", 64), "decision": "granted", "name_typed": "Luis Ortega"}).WantCode(409, "text_changed")
	luis.Post("/v1/me/consents", object{"version_id": asked["version_id"], "text_hash": asked["text_hash"], "decision": "granted", "name_typed": "Somebody Else"}).Want(422)
	luis.Post("/v1/me/consents", object{"version_id": asked["version_id"], "text_hash": asked["text_hash"], "decision": "perhaps", "name_typed": "Luis Ortega"}).Want(422)
	signed := luis.Post("/v1/me/consents", sign, "User-Agent", "Homefront/3.1 (Android 17)").Want(201)
	if again := luis.Post("/v1/me/consents", sign).Want(201); again.ID() != signed.ID() {
		t.Error("two taps are two signatures")
	}
	mine := signed.Header.Get("Location")
	luis.Get(mine).Want(200)
	luis.Get("/v1/me/consents?count=true").Want(200)
	if got := luis.Get("/v1/me/consents/due").Want(200); string(got.Body) != `{"data":[],"next_cursor":null}` || got.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%s", got.Body)
	}
	evidence := "/v1/consents/" + signed.ID().String()
	if e := cora.Get(evidence).Want(200).Map(); e["user_agent"] != "Homefront/3.1 (Android 17)" || e["name_typed"] != "Luis Ortega" || e["intact"] != true || e["counts_now"] != true || e["address"] == nil {
		t.Errorf("%v", e)
	}
	luis.Get(evidence).Want(403)
	luis.Get("/v1/consents").Want(403)
	if rows := cora.Get("/v1/consents?status=granted&member_id=" + luis.Member.String()).Want(200).Map()["data"].([]any); len(rows) != 1 {
		t.Errorf("%v", rows)
	}
	app.Exec(`update members set birth_date = null where id = $1`, cora.Member)
	cora.Get(place + "/missing?count=true&sort=-name").Want(200)

	luis.Post(mine+"/revoke", nil).Want(200)
	luis.Post(mine+"/revoke", nil).Want(200)
	cora.Post(evidence+"/reinstate", object{"reason": "He changed his mind"}).WantCode(409, "signer_revoked")
	cora.Post(evidence+"/revoke", object{"reason": "x"}).Want(422)
	cora.Post(evidence+"/decide", object{"outcome": "stands", "reason": "Two parents"}).WantCode(409, "not_disputed")

	ana := app.Member("Ana Ortega", "1985-02-11")
	recorded := cora.Post("/v1/members/"+ana.String()+"/consents", object{"version_id": asked["version_id"], "text_hash": asked["text_hash"], "decision": "granted", "method": "paper",
		"signed_on": time.Now().Format(time.DateOnly), "name": "Ana Ortega"}).Want(201)
	cora.Get(recorded.Header.Get("Location")).Want(200)
	cora.Post(recorded.Header.Get("Location")+"/revoke", object{"reason": "She called"}).Want(200)
	cora.Post(recorded.Header.Get("Location")+"/reinstate", object{"reason": "It was another Ana"}).Want(200)
	cora.Post("/v1/members/"+cora.Member.String()+"/consents", object{"version_id": asked["version_id"], "text_hash": asked["text_hash"], "decision": "granted", "method": "paper",
		"signed_on": time.Now().Format(time.DateOnly), "name": "Cora Diaz"}).WantCode(403, "own_record")

	next := cora.Post(place+"/consent-versions", object{"body": "# Pictures\n\nMay we, please?", "material": true}).Want(201)
	cora.Post(place+"/consent-versions", object{"body": "Another", "material": true}).WantCode(409, "draft_exists")
	cora.Get(next.Header.Get("Location")).Want(200)
	cora.Get(place + "/consent-versions").Want(200)
	cora.Post(next.Header.Get("Location")+"/publish", object{}).Want(200)
	luis.Post("/v1/me/consents", sign).WantCode(409, "version_superseded")
	cora.Post(place+"/retire", nil).Want(200)
	if nobody := cora.Get(place + "/missing").Want(200).Map()["data"].([]any); len(nobody) != 0 {
		t.Errorf("%v", nobody)
	}
	cora.Post(place+"/reinstate", nil).Want(200)
	cora.Post(place+"/reinstate", nil).WantCode(409, "not_retired")
	app.RunDue()
	if n := app.Count(`select count(*) from consents where status = 'superseded' and latest`); n != 1 {
		t.Errorf("%d are superseded", n)
	}

	for _, path := range []string{"/v1/consents/", "/v1/consent-documents/", "/v1/consent-versions/", "/v1/me/consents/"} {
		cora.Get(path+uuid.NewString()).WantCode(404, "not_found")
	}
	app.Nobody().Get("/v1/consent-documents").Want(401)
	if log := app.Log.String(); strings.Contains(log, "Ortega") {
		t.Error("the log names somebody")
	}
}
