package api_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"homefront/internal/apptest"
	"homefront/models"
)

// Rules are written, refuse somebody, are waived, and count again.
func TestEligibilityOverHTTP(t *testing.T) {
	app := apptest.New(t)
	cora, luis := app.As("Cora Diaz", models.RoleCoordinator), app.As("Luis Ortega")
	app.Exec(`update members set region = 'NC' where id = $1`, luis.Member)

	rule := func(key, kind string, more object) object {
		r := object{"key": key, "rule": kind}
		for k, v := range more {
			r[k] = v
		}
		return r
	}
	wrong := cora.Post("/v1/programs", object{"name": "Retreats", "slug": "retreats", "time_zone": "America/New_York", "rules": []object{
		rule("spouses", "kinds", object{"values": []string{"wizard"}}), rule("spouses", "not", object{"rules": []object{rule("age", "age", object{"min": 20, "max": 18})}})}}).Want(422)
	for _, pointer := range []string{"/rules/0/values/0", "/rules/1/key", "/rules/1/rules/0/max"} {
		if !strings.Contains(string(wrong.Body), `"`+pointer+`"`) {
			t.Errorf("%s is not named: %s", pointer, wrong.Body)
		}
	}
	rules := []object{
		rule("family", "any", object{"rules": []object{rule("spouses", "kinds", object{"values": []string{"spouse", "partner"}}), rule("abroad", "not", object{"rules": []object{rule("carolina", "states", object{"values": []string{"NC"}})}})}}),
		rule("one_each_home", "once_per_household", object{"words": "One retreat for each home"}),
	}
	program := cora.Post("/v1/programs", object{"name": "Retreats", "slug": "retreats", "status": "active", "time_zone": "America/New_York", "rules": rules}).Want(201).ID().String()

	of := "/v1/programs/" + program + "/eligibility"
	mine := luis.Get(of).Want(200).Map()
	verdicts := mine["rules"].([]any)
	if mine["verdict"] != "not_met" || verdicts[0].(object)["sentence"] != "Any one of these is enough: for spouses or partners; not for people who live in North Carolina. None of them is met." ||
		verdicts[1].(object)["sentence"] != "One retreat for each home. Staff check this with you." {
		t.Errorf("%v", mine)
	}
	luis.Get(of+"?member_id="+cora.Member.String()).WantCode(404, "not_found")
	if seen := cora.Get(of + "?member_id=" + luis.Member.String()).Want(200).Map(); seen["verdict"] != "not_met" || seen["rules"].([]any)[1].(object)["verdict"] != "unknown" {
		t.Errorf("%v", seen)
	}
	luis.Get(of + "?member_id=nobody").Want(400)
	luis.Get("/v1/programs/"+uuid.NewString()+"/eligibility").WantCode(404, "not_found")
	app.Nobody().Get(of).Want(401)

	at := "/v1/programs/" + program + "/waivers"
	waive := object{"member_id": luis.Member, "rule_key": "carolina", "reason": "He moves to Virginia next month"}
	luis.Post(at, waive).Want(403)
	luis.Get(at).Want(403)
	cora.Post(at, object{"member_id": luis.Member, "rule_key": "carolina", "reason": "x"}).Want(422)
	cora.Post(at, object{"member_id": luis.Member, "rule_key": "nothing", "reason": "There is none"}).Want(422)
	cora.Post(at, object{"member_id": cora.Member, "rule_key": "carolina", "reason": "For myself"}).WantCode(404, "not_found")
	cora.Post("/v1/programs/"+uuid.NewString()+"/waivers", waive).WantCode(404, "not_found")
	made := cora.Post(at, waive, "Idempotency-Key", "waive").Want(201)
	if again := cora.Post(at, waive, "Idempotency-Key", "waive").Want(201); again.ID() != made.ID() {
		t.Error("one tap, two waivers")
	}
	cora.Post(at, waive).WantCode(409, "already_waived")
	if now := luis.Get(of).Want(200).Map(); now["verdict"] != "unknown" {
		t.Errorf("%v", now)
	}
	cora.Post(at, object{"member_id": luis.Member, "rule_key": "one_each_home", "reason": "His home of 2019 is another"}).Want(201)
	if now := luis.Get(of).Want(200).Map(); now["verdict"] != "met" || now["rules"].([]any)[1].(object)["verdict"] != "waived" {
		t.Errorf("%v", now)
	}

	one := made.Header.Get("Location")
	if shown := cora.Get(one).Want(200).Map(); shown["rule_key"] != "carolina" || shown["name"] != "Luis Ortega" || shown["waived_by_name"] != "Cora Diaz" {
		t.Errorf("%v", shown)
	}
	cora.Post(one+"/withdraw", object{}).Want(422)
	cora.Post(one+"/withdraw", object{"reason": "He stays"}).Want(200)
	cora.Post(one+"/withdraw", object{"reason": "He stays"}).WantCode(409, "waiver_withdrawn")
	luis.Post(one+"/withdraw", object{"reason": "He stays"}).Want(403)
	cora.Get("/v1/waivers/"+uuid.NewString()).WantCode(404, "not_found")
	for query, want := range map[string]int{"": 1, "?withdrawn=true": 2, "?withdrawn=true&count=true&sort=waived_at&member_id=" + luis.Member.String(): 2, "?limit=1": 1} {
		if rows := cora.Get(at + query).Want(200).Map()["data"].([]any); len(rows) != want {
			t.Errorf("%s: %d waivers, want %d", query, len(rows), want)
		}
	}
	cora.Get(at + "?sort=name").Want(422)

	workshop, _ := published(app, cora, app.As("Fay Leader", models.RoleFacilitator).Member, nil)
	there := "/v1/workshops/" + workshop.String() + "/waivers"
	waive["rule_key"] = "grown_up"
	cora.Post(there, waive).Want(422)
	app.Exec(`update workshops set rules = '[{"key":"grown_up","rule":"age","min":50}]' where id = $1`, workshop)
	cora.Post(there, waive).Want(201)
	if rows := cora.Get(there).Want(200).Map()["data"].([]any); len(rows) != 1 || rows[0].(object)["workshop_id"] != workshop.String() || rows[0].(object)["program_id"] != nil {
		t.Errorf("%v", rows)
	}

	// What staff looked at stands in the log of the person, and why in no log of ours.
	if log := string(luis.Get("/v1/me/access-log?limit=100").Want(200).Body); !strings.Contains(log, "Read which rules you meet") {
		t.Error(log)
	}
	if n := app.Count(`select count(*) from audit_log where action in ('waiver.create', 'waiver.withdraw') and outcome = 'done' and reason is not null and $1 = any(subjects)`, luis.Member); n != 4 {
		t.Errorf("%d reasons are kept", n)
	}
	if log := app.Log.String(); strings.Contains(log, "Ortega") || strings.Contains(log, "Virginia") {
		t.Error("the log names somebody")
	}
}
