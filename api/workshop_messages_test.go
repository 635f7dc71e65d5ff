package api_test

import (
	"strings"
	"testing"
	"time"

	"homefront/internal/apptest"
	"homefront/models"
	"homefront/services/workshops"
)

// What staff write to those who come, over HTTP: seen before, written, waited for, taken back, followed up.
func TestStaffWriteToThoseWhoCome(t *testing.T) {
	a := apptest.New(t)
	boss, leader, other := a.As("Cora Lane", models.RoleCoordinator), a.As("Dana Reed", models.RoleFacilitator), a.As("Omar Bell", models.RoleFacilitator)
	luis, ana := a.As("Luis Ortega"), a.As("Ana Silva")
	a.Exec(`update members set program_words = true where id = $1`, luis.Member)
	w, session := published(a, boss, leader.Member, nil)
	at, evening := "/v1/workshops/"+w.String(), "/v1/sessions/"+session.String()
	words := object{"subject": "Parking has moved", "body": "Park at the library.", "essential": true}
	leader.Post(at+"/messages", words).WantCode(409, workshops.CodeNobody)
	for _, c := range []*apptest.Client{luis, ana} {
		c.Post(at+"/registrations", object{}).Want(201)
	}
	luis.Post(at+"/messages", words).WantCode(403, "forbidden")
	other.Post(at+"/messages", words).WantCode(404, "not_found")
	leader.Post(at+"/messages", object{"subject": "x", "body": strings.Repeat("x", 4001)}).Want(422)
	leader.Post(at+"/messages", object{"subject": "x", "body": "y", "to": object{"states": []string{"expired"}}}).Want(422)
	seen := leader.Post(evening+"/messages/preview", words).Want(200).Map()
	if seen["people"] != 2.0 || seen["mails"] != 2.0 || seen["samples"].(object)["text"] != "Park at the library." || strings.Contains(seen["samples"].(object)["neutral_text"].(string), "library") {
		t.Errorf("%v", seen)
	}
	if n := a.Count(`select count(*) from workshop_messages`); n != 0 {
		t.Errorf("%d messages of a preview", n)
	}
	wrote := leader.Post(at+"/messages", words, "Idempotency-Key", "parking").Want(201)
	leader.Post(at+"/messages", words, "Idempotency-Key", "parking").Want(201)
	one := "/v1/workshop-messages/" + wrote.ID().String()
	if got := wrote.Header.Get("Location"); got != one {
		t.Errorf("it is at %s", got)
	}
	taken := leader.Post(evening+"/messages", words).Want(201).ID().String()
	leader.Post("/v1/workshop-messages/"+taken+"/recall", nil).Want(200)
	other.Get(one).WantCode(404, "not_found")
	other.Post(one+"/recall", nil).WantCode(404, "not_found")
	if list := leader.Get(at + "/messages?limit=10&count=true").Want(200); list.Header.Get("X-Total-Count") != "2" {
		t.Errorf("%s", list.Body)
	}

	a.RunDue()
	a.Core.Clock.Advance(11 * time.Minute)
	a.RunDue()
	for _, c := range []*apptest.Client{boss, leader, luis, ana} {
		c.SignIn()
	}
	for _, c := range []*apptest.Client{luis, ana} {
		mails := a.Mail.To(c.Email)
		last := mails[len(mails)-1]
		if told := strings.Contains(last.Subject+last.Text+last.HTML, "library"); told != (c == luis) || strings.Contains(last.Subject, "Parking") != (c == luis) {
			t.Errorf("%s\n%s", last.Subject, last.Text)
		}
		if inbox := string(c.Get("/v1/me/notifications?limit=5").Want(200).Body); !strings.Contains(inbox, "Park at the library.") {
			t.Errorf("%s", inbox)
		}
	}
	if got := leader.Get(one).Want(200).Map(); got["state"] != "sent" || got["people"] != 2.0 || got["counts"].(object)["sent"] != 2.0 || got["author"] != "Dana R." {
		t.Errorf("%v", got)
	}
	boss.Post(one+"/recall", nil).WantCode(409, workshops.CodeSentOut)
	if got := string(leader.Get(one + "/deliveries?state=sent&state=bounced").Want(200).Body); !strings.Contains(got, `"Luis O."`) || strings.Contains(got, "Ortega") {
		t.Errorf("%s", got)
	}
	if got := string(luis.Get("/v1/me/access-log").Want(200).Body); !strings.Contains(got, "Read whether a message reached you") {
		t.Errorf("%s", got)
	}
	if strings.Contains(a.Log.String(), "library") {
		t.Error("the words are in the log")
	}
}
