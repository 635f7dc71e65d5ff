package api_test

import (
	"bytes"
	"strings"
	"testing"

	"homefront/internal/apptest"
	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
	"homefront/services/programs"
)

func TestAskingForACoachByHTTP(t *testing.T) {
	const canary = "heliotrope quince"
	a := apptest.New(t)
	boss, dana, luis, eve := a.As("Cora Lane", models.RoleCoordinator), a.As("Dana Reed", models.RoleCoach), a.As("Luis Ortega"), a.As("Eve Wilson")
	coachOf(a, dana.Member)
	a.Exec(`insert into programs (id, version, created_at, updated_at, name, slug, status) values ($1, 1, $2, $2, 'Coaching', 'coaching', 'active')`, services.NewID(), a.Core.Clock.Now())
	ask := map[string]any{"hopes": canary, "focus_areas": []string{"sleep"}, "hours": []string{"MO 08:00-14:00"}}
	first := luis.Post("/v1/engagements", ask, "Idempotency-Key", "one").Want(201)
	again := luis.Post("/v1/engagements", ask, "Idempotency-Key", "one").Want(201)
	if !bytes.Equal(first.Body, again.Body) || again.Header.Get("Idempotency-Replayed") != "true" || first.Header.Get("Location") == "" {
		t.Errorf("asked twice:\n%s\n%s", first.Body, again.Body)
	}
	if a.Count(`select count(*) from idempotency_keys where answer::text like '%heliotrope%'`) != 0 {
		t.Error("the answer that is kept holds what somebody hopes")
	}
	at := "/v1/engagements/" + first.ID().String()
	luis.Post("/v1/engagements", ask).WantCode(409, coaching.CodeAlreadyAsked)
	luis.Post("/v1/engagements", map[string]any{"hours": []string{"whenever"}}).Want(422)
	luis.Do("PATCH", at, map[string]any{"language": "es"}).WantCode(428, services.CodeIfMatchRequired)
	luis.Patch(at, 1, map[string]any{"language": "es", "coach_gender": "woman"}).Want(200)
	luis.Patch(at, 1, map[string]any{"language": "en"}).WantCode(412, services.CodeStale)
	luis.Patch(at, 2, map[string]any{"coach_gender": nil}).Want(200)
	if body := string(luis.Get(at).Want(200).Body); !strings.Contains(body, canary) || !strings.Contains(body, `"coach_gender":null`) {
		t.Errorf("%s", body)
	}
	for _, path := range []string{at, "/v1/engagements?waiting=true&sort=requested_at"} {
		if body := boss.Get(path).Want(200).Body; bytes.Contains(body, []byte("heliotrope")) || !bytes.Contains(body, []byte("Luis O.")) {
			t.Errorf("%s", body)
		}
	}
	same := func(b []byte) string { return string(b[:bytes.Index(b, []byte(`"request_id"`))]) }
	for _, c := range []*apptest.Client{eve, dana} {
		for _, path := range []string{"", "/limits"} {
			hidden, unknown := c.Get(at+path).WantCode(404, services.CodeNotFound), c.Get("/v1/engagements/"+services.NewID().String()+path).WantCode(404, services.CodeNotFound)
			if same(hidden.Body) != same(unknown.Body) {
				t.Errorf("%s\n%s", hidden.Body, unknown.Body)
			}
		}
		c.Post(at+"/end", map[string]any{}).WantCode(404, services.CodeNotFound)
	}
	own := luis.Get(at + "/match-suggestions").Want(200).Body
	if !bytes.Contains(own, []byte(`"name":"Dana R."`)) || !bytes.Contains(own, []byte(`"bio":`)) || bytes.Contains(own, []byte(`"points"`)) || bytes.Contains(own, []byte(`"clients"`)) {
		t.Errorf("%s", own)
	}
	eve.Get(at+"/match-suggestions").WantCode(404, services.CodeNotFound)
	if !bytes.Contains(first.Body, []byte(`"answer_by":"`)) {
		t.Errorf("%s", first.Body)
	}
	a.Exec(`update programs set rules = '[{"key":"served","rule":"kinds","values":["caregiver"]}]'`)
	var found coaching.MatchSuggestions
	boss.Get(at + "/match-suggestions").Want(200).JSON(&found)
	if len(found.Data) != 1 || found.Data[0].CoachID != dana.Member || found.Data[0].Points == 0 {
		t.Fatalf("%+v", found)
	}
	if rules := found.Eligibility; len(rules) != 1 || rules[0].Verdict == models.VerdictMet {
		t.Errorf("%+v", rules)
	}
	boss.Post(at+"/match", map[string]any{"coach_id": dana.Member}).WantCode(422, programs.CodeNotEligible)
	boss.Post(at+"/match", map[string]any{"coach_id": dana.Member, "waive_reason": "Looks after his brother"}).Want(200)
	dana.Post(at+"/accept", map[string]any{}).Want(200)
	luis.Post(at+"/accept", map[string]any{}).Want(200)
	var e coaching.EngagementView
	luis.Get(at).Want(200).JSON(&e)
	if e.State != models.EngagementActive || e.Coach != "Dana R." {
		t.Errorf("%+v", e)
	}
	if body := string(luis.Get("/v1/me/access-log").Want(200).Body); !strings.Contains(body, "Read where your coaching stands") {
		t.Errorf("%s", body)
	}
	luis.Post(at+"/pause", map[string]any{"resume_on": "2001-01-01"}).Want(422)
	luis.Post(at+"/ask-for-another-coach", nil).Want(200)
	if body := dana.Get(at).Want(200).Body; !bytes.Contains(body, []byte(`"change_asked_at":null`)) {
		t.Errorf("%s", body)
	}
	luis.Get("/v1/hand-overs").Want(200)
	luis.Post(at+"/end", map[string]any{}).Want(200)
}
