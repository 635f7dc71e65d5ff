package api_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"homefront/internal/apptest"
	"homefront/models"
	"homefront/services"
	"homefront/services/accounts"
	"homefront/services/workshops"
)

// An evening at the door: the list is fetched and verified, scans are sent later, somebody has forgotten their phone, somebody
// comes without a registration, and the screen in the hall counts along.
func TestAnEveningAtTheDoor(t *testing.T) {
	a := apptest.New(t)
	boss, leader := a.As("Cora Lane", models.RoleCoordinator), a.As("Dana Reed", models.RoleFacilitator)
	luis, ana := a.As("Luis Ortega"), a.As("Ana Silva")
	w, session := published(a, boss, leader.Member, map[string]any{"capacity": 2})
	at, door := "/v1/workshops/"+w.String(), "/v1/sessions/"+session.String()
	var booked, hers workshops.RegistrationView
	luis.Post(at+"/registrations", map[string]any{}).Want(201).JSON(&booked)
	ana.Post(at+"/registrations", map[string]any{}).Want(201).JSON(&hers)
	code := luis.Get("/v1/registrations/" + booked.ID.String() + "/attendees/" + booked.Attendees[0].ID.String() + "/check-in-code").Want(200).Map()["code"].(string)
	a.Core.Clock.Set(*booked.Workshop.StartsAt)
	for _, c := range []*apptest.Client{boss, leader, luis, ana} {
		c.SignIn()
	}
	luis.Get(door+"/check-in-pack").WantCode(403, services.CodeForbidden)
	a.As("Eve Wilson", models.RoleFacilitator).Get(door+"/live-count").WantCode(404, services.CodeNotFound)

	got := leader.Get(door + "/check-in-pack").Want(200)
	if !strings.Contains(got.Header.Get("Cache-Control"), "no-store") {
		t.Errorf("the pack may be kept: %v", got.Header)
	}
	var pack struct {
		JWS      string          `json:"jws"`
		Contents json.RawMessage `json:"contents"`
	}
	got.JSON(&pack)
	var keys accounts.JWKS
	luis.Get("/.well-known/jwks.json").Want(200).JSON(&keys)
	parts := strings.Split(pack.JWS, ".")
	signature, _ := base64.RawURLEncoding.DecodeString(parts[2])
	public, _ := base64.RawURLEncoding.DecodeString(keys.Keys[0].X)
	payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
	if !ed25519.Verify(public, []byte(parts[0]+"."+parts[1]), signature) || string(payload) != string(pack.Contents) {
		t.Errorf("what was signed is not what is shown:\n%s\n%s", payload, pack.Contents)
	}

	first := leader.Get(door + "/live-count").Want(200)
	if again := leader.Do("GET", door+"/live-count", nil, "If-None-Match", first.Header.Get("ETag")); again.Status != 304 {
		t.Errorf("%d", again.Status)
	}
	synced := leader.Post(door+"/check-ins/sync", map[string]any{"scans": []any{
		map[string]any{"code": code, "nonce": "phone-0001", "scanned_at": booked.Workshop.StartsAt, "station": "Door 2"},
		map[string]any{"code": strings.Repeat("x", 400), "nonce": "phone-0002", "scanned_at": booked.Workshop.StartsAt},
		map[string]any{"code": code, "nonce": "?", "scanned_at": booked.Workshop.StartsAt}}}).Want(200)
	var results workshops.SyncedScans
	synced.JSON(&results)
	if results.CheckedIn != 1 || results.Results[0].Scan.Result != models.ScanOK || results.Results[1].Scan.Result != models.ScanUnknown || results.Results[2].Fault == nil {
		t.Errorf("%s", synced.Body)
	}
	var found services.Page[workshops.RosterEntry]
	leader.Get(at + "/roster?q=sil").Want(200).JSON(&found)
	if len(found.Data) != 1 || found.Data[0].Name != "Ana S." {
		t.Fatalf("%+v", found.Data)
	}
	by := door + "/attendees/" + found.Data[0].AttendeeID.String()
	leader.Post(by+"/check-in", map[string]any{"nonce": "desk-0001"}).Want(200)
	leader.Post(by+"/undo-check-in", map[string]any{"reason": "It was her sister"}).Want(200)

	walk := map[string]any{"id": services.NewID(), "given_name": "Rosa", "station": "Door 2"}
	leader.Post(door+"/walk-ins", walk).WantCode(409, workshops.CodeFull)
	walk["over_capacity_reason"] = "Drove two hours"
	var in workshops.WalkedIn
	leader.Post(door+"/walk-ins", walk, "Idempotency-Key", "rosa").Want(200).JSON(&in)
	if !in.Beyond || in.Result != models.ScanOK {
		t.Errorf("%+v", in)
	}
	if r := leader.Post(door+"/walk-ins", walk, "Idempotency-Key", "rosa").Want(200); r.Header.Get("Idempotency-Replayed") != "true" {
		t.Error("the key is not known")
	}
	leader.Post(door+"/walk-ins", map[string]any{}).WantCode(422, services.CodeInvalid)

	leader.Do("PUT", door+"/head-counts", map[string]any{"counts": []any{map[string]any{"kind": "veteran", "count": 12}}}).WantCode(428, services.CodeIfMatchRequired)
	counted := leader.Do("PUT", door+"/head-counts", map[string]any{"counts": []any{map[string]any{"kind": "veteran", "count": 12}}}, "If-Match", `"0"`).Want(200)
	if counted.Header.Get("ETag") != `"1"` {
		t.Errorf("%v", counted.Header)
	}
	leader.Get(door + "/head-counts").Want(200)
	var live workshops.LiveCount
	now := leader.Do("GET", door+"/live-count", nil, "If-None-Match", first.Header.Get("ETag")).Want(200)
	now.JSON(&live)
	if live.LiveCounts != (workshops.LiveCounts{Expected: 2, CheckedIn: 2, WalkIns: 1, Beyond: 1, NotYet: 1}) || *live.HeadCount != 12 {
		t.Errorf("%s", now.Body)
	}
	leader.Post(door+"/walk-ins/"+in.RegistrationID.String()+"/undo", map[string]any{"reason": "She has gone"}).Want(200)
	if n := a.Count(`select count(*) from pools where taken = 2`); n != 1 {
		t.Errorf("%d pools", n)
	}
	// Whoever is on the list is told that it was looked at.
	log := luis.Get("/v1/me/access-log").Want(200)
	var looks struct{ Data []struct{ Kind string } }
	log.JSON(&looks)
	if !slices.ContainsFunc(looks.Data, func(l struct{ Kind string }) bool { return l.Kind == "registration" }) {
		t.Errorf("%s", log.Body)
	}
	leader.Get("/v1/sessions/"+uuid.NewString()+"/check-in-pack").WantCode(404, services.CodeNotFound)
}
