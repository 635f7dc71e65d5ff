package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/internal/apptest"
	"homefront/models"
	"homefront/services"
)

// A death and its correction over HTTP: the phone is signed out at once, nobody gets a mail, and all of it comes back.
func TestDeathOverHTTP(t *testing.T) {
	app := apptest.New(t)
	cora, dan := app.As("Cora Diaz", models.RoleCoordinator), app.As("Dan Reyes", models.RoleCoordinator)
	luis, ana := app.As("Luis Ortega"), app.As("Ana Ortega")
	app.Exec(`insert into relationships (id, version, created_at, updated_at, member_id, kind, other_id, status, asked_by, decided_at) values ($1, 1, $2, $2, $3, 'spouse', $4, 'accepted', $3, $2)`,
		services.NewID(), app.Core.Clock.Now(), luis.Member, ana.Member)
	app.RunDue()
	mails := app.Count("select count(*) from messages")

	path := "/v1/members/" + luis.Member.String() + "/deaths"
	luis.Post(path, object{"source": "Hello"}).Want(403)
	cora.Post(path, object{"source": "His sister called", "died_on": "2999-01-01"}).Want(422)
	made := cora.Post(path, object{"source": "His sister called", "died_on": "2026-02-27"}, "Idempotency-Key", "d1").Want(201)
	death := made.Header.Get("Location")
	if death != "/v1/deaths/"+made.ID().String() || strings.Contains(string(made.Body), "sister") {
		t.Errorf("%s %s", death, made.Body)
	}
	cora.Post(path, object{"source": "His sister called"}).WantCode(409, "already_reported")
	if got := dan.Get(death).Want(200).Map(); got["source"] != "His sister called" || got["status"] != "reported" {
		t.Errorf("%v", got)
	}
	dan.Get("/v1/deaths?status=reported&member_id=" + luis.Member.String() + "&count=true").Want(200)
	luis.Get("/v1/me").Want(200)
	cora.Post(death+"/confirm", nil).WantCode(403, "second_staff_required")
	dan.Post(death+"/confirm", nil, "Idempotency-Key", "c1").Want(200)
	dan.Post(death+"/confirm", nil, "Idempotency-Key", "c1").Want(200)
	dan.Post(death+"/confirm", nil).WantCode(409, "wrong_death_state")

	luis.Get("/v1/me").Want(401) // Watch does not run here: every request asks the database
	app.Nobody().Post("/v1/auth/refresh", object{"refresh_token": luis.Refresh}).Want(401)
	app.Nobody().Post("/v1/auth/login", object{"email": luis.Email, "password": apptest.Password}).Want(403)
	app.Nobody().Post("/v1/auth/password/forgot", object{"email": luis.Email}).Want(202)
	app.RunDue()
	if n := app.Count("select count(*) from messages"); n != mails {
		t.Errorf("%d messages, there were %d", n, mails)
	}
	cora.Patch("/v1/members/"+luis.Member.String(), 2, object{"preferred_name": "Lou"}).WantCode(409, "member_closed")
	cora.Post(path, object{"source": "Again"}).WantCode(409, "member_closed")
	if got := cora.Get("/v1/tasks?kind=call&member_id=" + ana.Member.String()).Want(200); !strings.Contains(string(got.Body), `"record":"death"`) {
		t.Errorf("nobody is asked to call: %s", got.Body)
	}

	cora.Post(death+"/withdraw", object{"reason": "Another man"}).WantCode(409, "wrong_death_state")
	cora.Post(death+"/reverse", object{"reason": "   "}).Want(422)
	cora.Post(death+"/reverse", object{"reason": "Another man"}).Want(200)
	luis.SignIn()
	luis.Get("/v1/me").Want(200)
	if n := app.Count("select count(*) from messages where member_id = $1 and event <> 'account.new_login'", ana.Member); n != 0 {
		t.Errorf("%d messages to the wife", n)
	}
	second := cora.Post(path, object{"source": "A neighbour"}).Want(201)
	cora.Post(second.Header.Get("Location")+"/withdraw", object{"reason": "Another man"}).Want(200)
	ana.Patch("/v1/me", 0, object{"kinds": []string{"spouse", "survivor"}}).Want(200) // hers to say, whatever we know
	dan.Get("/v1/deaths/"+uuid.NewString()).WantCode(404, "not_found")
	if log := app.Log.String(); strings.Contains(log, "sister") || strings.Contains(log, "Ortega") {
		t.Error("the log names somebody")
	}
}

// A phone on a bad line asks again and again.
func TestHomeAndTimelineOverHTTP(t *testing.T) {
	app := apptest.New(t)
	cora, luis := app.As("Cora Diaz", models.RoleCoordinator), app.As("Luis Ortega")
	home := luis.Get("/v1/me/home").Want(200)
	tag := home.Header.Get("ETag")
	if tag == "" || len(home.Body) > 400 {
		t.Errorf("%q %d bytes", tag, len(home.Body))
	}
	if again := luis.Do("GET", "/v1/me/home", nil, "If-None-Match", tag).Want(304); len(again.Body) != 0 {
		t.Errorf("%s", again.Body)
	}
	id, now := services.NewID(), app.Core.Clock.Now()
	app.Exec(`insert into messages (id, member_id, event, created_at, send_after, record, record_id, state, sent_at) values ($1, $2, 'registration.confirmed', $3, $3, 'registration', $1, 'sent', $3)`, id, luis.Member, now)
	if got := luis.Do("GET", "/v1/me/home", nil, "If-None-Match", tag).Want(200).Map(); got["unread"] != 1.0 {
		t.Errorf("%v", got)
	}
	cora.Get("/v1/me/home").Want(200)

	path := "/v1/members/" + luis.Member.String() + "/timeline"
	first := cora.Get(path + "?limit=1").Want(200).Map()
	if len(first["data"].([]any)) != 1 || first["next_cursor"] == nil {
		t.Errorf("%v", first)
	}
	cora.Get(path + "?limit=2&cursor=" + first["next_cursor"].(string)).Want(200)
	cora.Get(path + "?kind=account&cursor=" + first["next_cursor"].(string)).Want(400)
	cora.Get(path + "?kind=separation").Want(422)
	cora.Get(path + "?kind=service_record&kind=account&at_gte=" + now.Add(-time.Hour).UTC().Format(time.RFC3339)).Want(200)
	luis.Get(path).Want(200)
	luis.Get("/v1/me/timeline").Want(200)
	luis.Get("/v1/members/"+cora.Member.String()+"/timeline").WantCode(404, "not_found")
	cora.Get("/v1/members/"+uuid.NewString()+"/timeline").WantCode(404, "not_found")

	log := luis.Get("/v1/me/access-log").Want(200)
	if !strings.Contains(string(log.Body), `"role":"coordinator","kind":"timeline"`) || strings.Contains(string(log.Body), "Cora") {
		t.Errorf("%s", log.Body)
	}
}
