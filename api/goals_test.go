package api_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"homefront/services"
)

// Words that are said in confidence are read by those who said them and their coach, and stand in clear nowhere else.
func TestGoalsStepsAndLogsKeepTheirWords(t *testing.T) {
	const canary = "quetzal"
	c := openCouch(t)
	here := "/v1/engagements/" + c.engagement.String()
	goal := c.mia.Post(here+"/goals", object{"words": "Sleep like a " + canary, "measure": canary + " nights"}, "Idempotency-Key", "goal").Want(201)
	at := "/v1/goals/" + goal.ID().String()
	if again := c.mia.Post(here+"/goals", object{"words": "Sleep like a " + canary, "measure": canary + " nights"}, "Idempotency-Key", "goal").Want(201); again.ID() != goal.ID() {
		t.Fatal("the same key made another goal")
	}
	if strings.Contains(string(goal.Body), canary) || goal.Header.Get("Location") != at {
		t.Fatalf("%s %s", goal.Header.Get("Location"), goal.Body)
	}
	c.mia.Patch(at, 0, object{"progress": 10}).Want(428)
	if moved := c.mia.Patch(at, 1, object{"progress": 10}).Want(200); !strings.Contains(string(moved.Body), canary) {
		t.Fatalf("%s", moved.Body)
	}
	c.coach.Patch(at, 1, object{"progress": 20}).Want(412)
	c.coach.Patch(at, 2, object{"progress": 101}).Want(422)
	step := c.coach.Post(at+"/actions", object{"text": "Draw a " + canary, "due_on": "2026-09-03"}).Want(201)
	if step.Header.Get("Location") != "/v1/actions/"+step.ID().String() || strings.Contains(string(step.Body), canary) {
		t.Fatalf("%s %s", step.Header.Get("Location"), step.Body)
	}

	log := object{"log_id": services.NewID(), "outcome": "completed", "shared_summary": object{"text": "About the " + canary}, "private_note": object{"text": canary + "?"}, "supervision_note": object{"text": canary + "!"},
		"next_steps": []object{{"text": "Feed the " + canary, "goal_id": goal.ID()}}, "goals": []object{{"goal_id": goal.ID(), "progress": 5}}, "next": object{"starts_at": "2026-09-10T14:00:00Z"}}
	path := "/v1/coaching-sessions/" + c.session.String() + "/log"
	c.mia.Post(path, log).Want(403)
	c.others["coach"].Post(path, log).WantCode(404, services.CodeNotFound)
	first := c.coach.Post(path, log, "Idempotency-Key", "log").Want(200)
	second := c.coach.Post(path, log, "Idempotency-Key", "another").Want(200)
	if string(first.Body) != string(second.Body) || strings.Contains(string(first.Body), canary) || first.Header.Get("ETag") == "" {
		t.Fatalf("first %s\nsecond %s", first.Body, second.Body)
	}
	c.coach.Patch(path, 2, object{"minutes": 40}).Want(200)
	c.coach.Post("/v1/actions/"+step.ID().String()+"/undone", nil).Want(200)

	for name, a := range map[string]string{"list": here + "/goals", "one": at, "steps": here + "/actions?state=open", "steps of it": at + "/actions", "step": "/v1/actions/" + step.ID().String(), "mine": "/v1/me/coaching"} {
		if got := c.mia.Get(a).Want(200); !strings.Contains(string(got.Body), canary) {
			t.Fatalf("%s: %s", name, got.Body)
		}
	}
	c.coach.Get("/v1/me/coaching/today").Want(200)
	c.mia.Get("/v1/me/coaching/today").Want(403)
	unknown := services.NewID().String()
	for role, who := range c.others {
		for _, path := range []string{"/v1/goals/%", "/v1/goals/%/actions"} {
			hidden, none := who.Get(strings.Replace(path, "%", goal.ID().String(), 1)), who.Get(strings.Replace(path, "%", unknown, 1))
			if hidden.Status != 404 || bare(hidden) != bare(none) {
				t.Errorf("%s %s: %d %s, not %s", role, path, hidden.Status, hidden.Body, none.Body)
			}
		}
		hidden, none := who.Get("/v1/actions/"+step.ID().String()), who.Get("/v1/actions/"+unknown)
		if hidden.Status != 404 || bare(hidden) != bare(none) {
			t.Errorf("%s: %d %s, not %s", role, hidden.Status, hidden.Body, none.Body)
		}
	}
	looks := string(c.mia.Get("/v1/me/access-log").Want(200).Body)
	if strings.Contains(looks, canary) {
		t.Fatal(looks)
	}
	c.coach.Get(here + "/goals").Want(200)
	if looks = string(c.mia.Get("/v1/me/access-log").Want(200).Body); !strings.Contains(looks, "Read your goals and next steps") {
		t.Fatal(looks)
	}
	var tables string
	c.Scan(`select string_agg(quote_ident(tablename), ',') from pg_tables where schemaname = 'public'`, nil, &tables)
	for table := range strings.SplitSeq(tables, ",") {
		if n := c.Count(`select count(*) from `+table+` x where x::text ilike $1 or x::text like $2`, "%"+canary+"%", "%"+hex.EncodeToString([]byte(canary))+"%"); n != 0 {
			t.Errorf("%s holds words", table)
		}
	}
}
