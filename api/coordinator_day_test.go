package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/internal/apptest"
	"homefront/models"
)

// A day of a coordinator, all of it over HTTP: twelve calls, three referrals, a help request at night, a lapsed check.
func TestADayOfACoordinator(t *testing.T) {
	app := apptest.New(t)
	morning := time.Date(2026, time.May, 5, 13, 0, 0, 0, time.UTC) // Tuesday, 9:00 in New York
	app.Core.Clock.Set(morning)
	cora, luis, ben := app.As("Cora Diaz", models.RoleCoordinator), app.As("Luis Ortega"), app.As("Ben Facilitator", models.RoleFacilitator)

	// Twelve calls.
	outcomes := []string{"reached", "reached", "left_message", "no_answer", "wrong_number", "declined", "reached", "left_message", "reached", "other", "reached", "reached"}
	var first uuid.UUID
	for i, outcome := range outcomes {
		member := luis.Member
		if i > 0 {
			member = app.Member(fmt.Sprintf("Person%d Known", i), "1980-02-03")
		}
		body := object{"kind": "call", "outcome": outcome, "line": "Talked about the summer."}
		if i%3 == 0 {
			body["follow_up_at"], body["next_step"] = morning.Add(time.Duration(48+i)*time.Hour), "Ring again"
		}
		made := cora.Post("/v1/members/"+member.String()+"/contacts", body, "Idempotency-Key", fmt.Sprint("call", i)).Want(201)
		cora.Get(made.Header.Get("Location")).Want(200)
		if i == 0 {
			first = made.ID()
		}
	}
	contact := "/v1/contacts/" + first.String()
	cora.Patch(contact, 1, object{"line": "Talked about the autumn."}).Want(200)
	cora.Patch(contact, 1, object{"line": "x"}).Want(412)
	cora.Post(contact+"/void", object{"reason": "Wrong person"}).Want(200)
	cora.Post(contact+"/restore", object{"reason": "The right one"}).Want(200)
	if got := luis.Get("/v1/me/contacts").Want(200); !strings.Contains(string(got.Body), "autumn") || strings.Contains(string(got.Body), "summer") || strings.Contains(string(got.Body), "Ring again") {
		t.Errorf("%s", got.Body)
	}
	luis.Get(contact).Want(403)
	ben.Post("/v1/members/"+luis.Member.String()+"/contacts", object{"kind": "call", "outcome": "reached", "line": "x"}).Want(403)
	if counts := work(cora)["counts"].(object); counts["mine"] != float64(4) {
		t.Errorf("follow-ups: %v", counts)
	}

	// Three referrals: one connects, one comes to nothing, one he declines himself.
	partner := cora.Post("/v1/referral-partners", object{"name": "County Veteran Services", "phone": "211", "needs": []string{"benefits"}}).Want(201)
	cora.Get(partner.Header.Get("Location")).Want(200)
	cora.Patch(partner.Header.Get("Location"), 1, object{"region": "NC"}).Want(200)
	cora.Get("/v1/referral-partners?need=benefits&q=county").Want(200)
	refer := func(body object) string {
		made := cora.Post("/v1/members/"+luis.Member.String()+"/referrals", body).Want(201)
		cora.Get(made.Header.Get("Location")).Want(200)
		return made.ID().String()
	}
	a := refer(object{"partner_id": partner.ID(), "need": "benefits", "how": "information"})
	b := refer(object{"to_name": "Dr. Lin", "need": "counseling", "how": "warm"})
	c := refer(object{"to_name": "Food Bank", "need": "food", "how": "information"})
	luis.Post("/v1/me/referrals/"+a+"/accept", nil).Want(200)
	cora.Post("/v1/referrals/"+a+"/connected", nil).Want(200)
	luis.Post("/v1/me/referrals/"+b+"/accept", nil).WantCode(409, "consent_missing")
	cora.Post("/v1/referrals/"+b+"/accept", nil).WantCode(409, "consent_missing")
	cora.Post("/v1/referrals/"+b+"/not-connected", object{"reason": "No new clients until June"}).Want(200)
	cora.Post("/v1/referrals/"+b+"/reopen", object{"reason": "They rang back"}).Want(200)
	cora.Patch("/v1/referrals/"+b, 3, object{"need_text": "Sleep"}).Want(200)
	luis.Post("/v1/me/referrals/"+c+"/decline", object{}).Want(200)
	cora.Post("/v1/referrals/"+c+"/decline", object{}).WantCode(409, "referral_closed")
	for _, status := range []string{"connected", "offered", "declined"} {
		if got := cora.Get("/v1/referrals?status=" + status + "&member_id=" + luis.Member.String()).Want(200).Map(); len(got["data"].([]any)) != 1 {
			t.Errorf("%s: %v", status, got)
		}
	}
	luis.Get("/v1/me/referrals").Want(200)

	// At night he asks for a call, twice, since the first answer was lost on the way.
	app.Core.Clock.Set(morning.Add(14*time.Hour + 30*time.Minute))
	luis.SignIn()
	ask := object{"note": "It has been a hard week.", "safe_from": "09:00", "safe_until": "21:00"}
	asked := luis.Post("/v1/help-requests", ask, "Idempotency-Key", "tap").Want(201)
	if again := luis.Post("/v1/help-requests", ask, "Idempotency-Key", "tap").Want(201); again.ID() != asked.ID() || app.Count(`select count(*) from help_request_asks`) != 1 {
		t.Errorf("%s", again.Body)
	}
	for _, want := range []string{"988, then press 1", "838255", "911", "between 09:00 and 17:00"} {
		if !strings.Contains(string(asked.Body), want) {
			t.Errorf("%q is missing: %s", want, asked.Body)
		}
	}
	if strings.Contains(string(asked.Body), "hard week") {
		t.Error("the sealed words are in the answer that is kept")
	}
	app.RunDue()
	mails := app.Mail.To(cora.Email)
	if len(mails) != 1 || strings.Contains(mails[0].Text+mails[0].Subject, "Luis") {
		t.Errorf("%+v", mails)
	}
	luis.Post("/v1/help-requests", object{}).Want(201) // one tap more adds to it

	// Next morning it is at the top of her day.
	app.Core.Clock.Set(morning.Add(24*time.Hour + 5*time.Minute))
	cora.SignIn()
	luis.SignIn()
	day := cora.Get("/v1/me/work?view=queue").Want(200)
	if tag := day.Header.Get("ETag"); cora.Do("GET", "/v1/me/work?view=queue", nil, "If-None-Match", tag).Status != 304 {
		t.Error("the same day is sent again")
	}
	top := day.Map()["data"].([]any)[0].(object)
	help, person := top["help"].(object), top["person"].(object)
	if help["id"] != asked.ID().String() || person["name"] != "Luis Ortega" || person["safe_now"] != true || top["overdue"] != false || person["last_contact"] == nil {
		t.Errorf("%v", top)
	}
	request := "/v1/help-requests/" + asked.ID().String()
	if got := cora.Get("/v1/help-requests").Want(200).Map(); len(got["data"].([]any)) != 1 {
		t.Errorf("%v", got)
	}
	cora.Get(request).Want(200)
	luis.Get(request).Want(403)
	cora.Post(request+"/take", nil).Want(200)
	cora.Post(request+"/take", nil).WantCode(409, "already_taken")
	cora.Post("/v1/tasks/"+top["id"].(string)+"/done", object{"outcome": "x"}).WantCode(409, "help_request_task")
	if got := string(luis.Get("/v1/me/help-requests").Want(200).Body); !strings.Contains(got, `"taken_by":"Cora"`) {
		t.Error(got)
	}
	cora.Post(request+"/hand-over", object{"to": nil}).Want(200)
	cora.Post(request+"/answer", object{"kind": "call", "outcome": "no_answer", "line": "Rang, no answer."}).Want(200)
	cora.Post(request+"/answer", object{"kind": "call", "outcome": "reached", "line": "Talked for half an hour."}).Want(200)
	cora.Post(request+"/reopen", object{"reason": "The line dropped"}).Want(200)
	cora.Post(request+"/close", object{"reason": "He rang back and is fine"}).Want(200)
	cora.Post(request+"/guardian-decision", object{"told": false, "reason": "Not a child"}).WantCode(409, "not_minor")
	luis.Post(request+"/withdraw", nil).WantCode(409, "help_ended")

	// A check of a facilitator ends.
	credential := cora.Post("/v1/members/"+ben.Member.String()+"/credentials", object{"kind": "background_check", "issued_on": "2024-05-08"}).Want(201)
	if got := credential.Map()["expires_on"]; got != "2026-05-07" {
		t.Errorf("it ends on %v", got)
	}
	if got := cora.Get("/v1/credentials").Want(200).Map(); len(got["data"].([]any)) != 1 {
		t.Errorf("%v", got)
	}
	app.Core.Clock.Set(morning.Add(72 * time.Hour))
	app.Exec(`insert into river_job (state, queue, kind, args, max_attempts, scheduled_at, priority) values ('available', 'default', 'credential.watch', '{}', 3, $1, 1)`, app.Core.Clock.Now())
	app.RunDue()
	if len(app.Mail.To(ben.Email)) != 1 {
		t.Errorf("he is told %d times", len(app.Mail.To(ben.Email)))
	}
	cora.SignIn()
	lapsed := cora.Get("/v1/tasks?kind=credential_lapsed").Want(200).Map()["data"].([]any)
	if len(lapsed) != 1 {
		t.Fatalf("%v", lapsed)
	}
	cora.Post("/v1/tasks/"+lapsed[0].(object)["id"].(string)+"/assign", object{"owner_id": cora.Member}).Want(200)
	cora.Post("/v1/members/"+ben.Member.String()+"/credentials", object{"kind": "background_check", "issued_on": "2026-05-08"}).Want(201)
	if got := cora.Get("/v1/tasks?kind=credential_lapsed").Want(200).Map()["data"].([]any); len(got) != 0 {
		t.Errorf("%v", got)
	}

	dana := app.As("Dana Whitfield", models.RoleCoordinator)
	aDeathThatWasNotTrue(t, app, cora, dana)

	// She goes on leave.
	moved := dana.Post("/v1/tasks/hand-over", object{"from": cora.Member, "to": dana.Member}).Want(200).Map()
	if len(moved["data"].([]any)) == 0 || work(cora)["counts"].(object)["mine"] != float64(0) {
		t.Errorf("%v", moved)
	}
	dana.Post("/v1/tasks/hand-over", object{"from": cora.Member, "to": luis.Member}).Want(422)
}

// A sister calls: he has died. One coordinator takes it down, the second confirms it, all that was his ends; the next day he
// calls himself, and has it back.
func aDeathThatWasNotTrue(t *testing.T, app *apptest.App, cora, dana *apptest.Client) {
	t.Helper()
	hal, rosa := app.As("Hal Byrd"), app.As("Rosa Byrd")
	link := hal.Post("/v1/me/relationships", object{"email": rosa.Email, "kind": "sibling"}).Want(201)
	rosa.Post("/v1/me/relationships/"+link.ID().String()+"/accept", nil).Want(200)
	asked := hal.Post("/v1/help-requests", object{"topic": "practical"}).Want(201).ID().String()
	follow := app.Core.Clock.Now().Add(48 * time.Hour)
	cora.Post("/v1/members/"+hal.Member.String()+"/contacts", object{"kind": "call", "outcome": "reached", "line": "Wants to come in June.", "follow_up_at": follow}).Want(201)
	app.RunDue()
	mails := len(app.Mail.To(rosa.Email)) + len(app.Mail.To(hal.Email))
	about := func(kind string, member uuid.UUID) int {
		return len(dana.Get("/v1/tasks?kind=" + kind + "&member_id=" + member.String()).Want(200).Map()["data"].([]any))
	}

	made := cora.Post("/v1/members/"+hal.Member.String()+"/deaths", object{"source": "His sister Rosa called", "died_on": "2026-05-07"}).Want(201)
	death := made.Header.Get("Location")
	if about("confirm_death", hal.Member) != 1 {
		t.Error("nobody is asked to be the second")
	}
	hal.Get("/v1/me").Want(200) // nothing ends by one report
	cora.Post(death+"/confirm", nil).WantCode(403, "second_staff_required")
	dana.Post(death+"/confirm", nil).Want(200)

	hal.Get("/v1/me").Want(401)
	app.Nobody().Post("/v1/auth/login", object{"email": hal.Email, "password": apptest.Password}).Want(403)
	if got := cora.Get("/v1/members/" + hal.Member.String()).Want(200).Map(); got["status"] != "deceased" {
		t.Errorf("his record says %v", got["status"])
	}
	if got := cora.Get("/v1/help-requests/" + asked).Want(200).Map(); got["status"] != "closed" {
		t.Errorf("his request is %v", got["status"])
	}
	if calls, follows := about("call", rosa.Member), about("follow_up", hal.Member); calls != 1 || follows != 0 {
		t.Errorf("%d calls to his sister, %d follow-ups with him", calls, follows)
	}
	if got := string(rosa.Get("/v1/me/home").Want(200).Body); strings.Contains(got, "deceased") || strings.Contains(got, "died") {
		t.Errorf("the program tells his sister: %s", got)
	}

	app.Core.Clock.Set(app.Core.Clock.Now().Add(20 * time.Hour))
	cora.SignIn()
	dana.SignIn()
	rosa.SignIn()
	given := cora.Post(death+"/reverse", object{"reason": "He rang us himself"}).Want(200).Map()
	if given["status"] != "reversed" {
		t.Errorf("%v", given)
	}
	for _, e := range given["effects"].([]any) {
		if got := e.(object)["outcome"]; got != "given_back" && got != "settled" {
			t.Errorf("not given back: %v", e)
		}
	}
	hal.SignIn()
	hal.Get("/v1/me").Want(200)
	if got := string(hal.Get("/v1/me/help-requests").Want(200).Body); !strings.Contains(got, asked) || !strings.Contains(got, `"status":"received"`) {
		t.Errorf("his request: %s", got)
	}
	if calls, follows := about("call", rosa.Member), about("follow_up", hal.Member); calls != 0 || follows != 1 {
		t.Errorf("%d calls to his sister, %d follow-ups with him", calls, follows)
	}
	app.RunDue()
	for _, m := range append(app.Mail.To(rosa.Email), app.Mail.To(hal.Email)...)[mails:] {
		if strings.Contains(strings.ToLower(m.Subject+m.Text), "death") || strings.Contains(strings.ToLower(m.Subject+m.Text), "died") {
			t.Errorf("a mail tells of it: %s", m.Subject)
		}
	}
	cora.Post("/v1/help-requests/"+asked+"/close", object{"reason": "He is fine"}).Want(200)
}

func work(c *apptest.Client) object {
	return c.Get("/v1/me/work").Want(200).Map()
}
