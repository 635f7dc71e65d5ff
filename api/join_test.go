package api_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/internal/apptest"
	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

// TestWhoHasNoAccountJoinsWithTheLinkOfTheirMail is somebody whom staff registered by telephone, and an adult who was asked along.
func TestWhoHasNoAccountJoinsWithTheLinkOfTheirMail(t *testing.T) {
	a := apptest.New(t)
	boss, leader, luis := a.As("Cora Lane", models.RoleCoordinator), a.As("Dana Reed", models.RoleFacilitator), a.As("Luis Ortega")
	w, session := published(a, boss, leader.Member, map[string]any{"format": "online", "join_url": "https://meet.example.org/x", "capacity": 5})
	at := "/v1/workshops/" + w.String() + "/registrations"
	caller := a.Member("Sam Carter", "1970-02-03")
	a.Exec(`update members set email = 'sam@example.net' where id = $1`, caller)
	var booked, party workshops.RegistrationView
	boss.Post(at, map[string]any{"lead_member_id": caller, "attendees": []any{map[string]any{"member_id": caller}}}).Want(201).JSON(&booked)
	luis.Post(at, map[string]any{"attendees": []any{map[string]any{"member_id": luis.Member}, map[string]any{"invite": map[string]any{"name": "Ana Silva", "email": "ana@example.net"}}}}).Want(201).JSON(&party)
	a.RunDue()
	nobody := a.Nobody()
	invite := linkOf(t, a, "ana@example.net")
	nobody.Post("/v1/party-invitations/accept", map[string]any{"token": invite.Query().Get("token")}).Want(200)
	a.RunDue()

	for _, address := range []string{"sam@example.net", "ana@example.net"} {
		link := linkOf(t, a, address)
		if link.Path != "/join/"+session.String() {
			t.Fatalf("%s is led to %s", address, link)
		}
		body := map[string]any{"session_id": session, "token": link.Query().Get("token")}
		if s := nobody.Post("/v1/join/show", body).Want(200).Map(); s["state"] != "early" || s["as"] != "attendee" {
			t.Errorf("%v", s)
		}
		early := nobody.Post("/v1/join", body).WantCode(409, workshops.CodeTooEarly)
		if strings.Contains(string(early.Body), "meet.example") {
			t.Errorf("%s", early.Body)
		}
	}
	if own := linkOf(t, a, luis.Email); strings.Contains(own.String(), "token=") {
		t.Errorf("who can sign in gets a secret: %s", own)
	}
	link := linkOf(t, a, "sam@example.net")
	body := map[string]any{"session_id": session, "token": link.Query().Get("token")}
	logged := func() (n int) { return a.Count(`select count(*) from audit_log where action = 'session.join_by_link'`) }
	before := logged()
	for _, path := range []string{"/v1/join", "/v1/join/show"} {
		nobody.Post(path, map[string]any{"session_id": session, "token": forge(link.Query().Get("token"))}).WantCode(404, services.CodeNotFound)
	}
	if logged() != before {
		t.Error("anybody may fill the log with links that are none of ours")
	}
	nobody.Post("/v1/join", map[string]any{"session_id": services.NewID(), "token": body["token"]}).WantCode(404, services.CodeNotFound)
	if logged() != before+1 {
		t.Error("the log does not tell of a link of ours that found nothing")
	}
	starts := *booked.Workshop.StartsAt
	a.Core.Clock.Set(starts)
	if got := nobody.Post("/v1/join", body).Want(200).Map(); got["url"] != "https://meet.example.org/x" {
		t.Errorf("%v", got)
	}
	boss.SignIn()
	boss.Post("/v1/registrations/"+booked.ID.String()+"/attendees/"+booked.Attendees[0].ID.String()+"/check-in-code/renew", nil).Want(200)
	nobody.Post("/v1/join", body).WantCode(404, services.CodeNotFound)
	a.Core.Clock.Set(starts.Add(2 * time.Hour))
	ana := linkOf(t, a, "ana@example.net")
	nobody.Post("/v1/join", map[string]any{"session_id": session, "token": ana.Query().Get("token")}).WantCode(409, workshops.CodeOver)
}

// TestTheReminderLeadsToWhereOneJoins: also in the calendar of who has no account.
func TestTheReminderLeadsToWhereOneJoins(t *testing.T) {
	a := apptest.New(t)
	boss, leader, luis := a.As("Cora Lane", models.RoleCoordinator), a.As("Dana Reed", models.RoleFacilitator), a.As("Luis Ortega")
	a.Exec(`update members set program_words = true where id = $1`, luis.Member)
	w, session := published(a, boss, leader.Member, map[string]any{"format": "online", "join_url": "https://meet.example.org/x", "capacity": 5})
	caller := a.Member("Sam Carter", "1970-02-03")
	a.Exec(`update members set email = 'sam@example.net' where id = $1`, caller)
	luis.Post("/v1/workshops/"+w.String()+"/registrations", map[string]any{}).Want(201)
	boss.Post("/v1/workshops/"+w.String()+"/registrations", map[string]any{"lead_member_id": caller, "attendees": []any{map[string]any{"member_id": caller}}}).Want(201)
	a.RunDue()
	page := "https://app.homefront.example/join/" + session.String()
	for address, want := range map[string]string{luis.Email: page, "sam@example.net": page + "?token="} {
		mails := a.Mail.To(address)
		ics := strings.ReplaceAll(string(mails[len(mails)-1].ICS[0].Bytes), "\r\n ", "")
		if !strings.Contains(ics, "URL:"+want) || strings.Contains(ics, "meet.example") {
			t.Errorf("%s has in the calendar\n%s", address, ics)
		}
	}
	var starts time.Time
	a.Scan(`select starts_at from workshop_sessions where id = $1`, []any{session}, &starts)
	a.Core.Clock.Set(starts.Add(-23 * time.Hour))
	a.RunDue()
	a.RunDue()
	for address, want := range map[string]string{luis.Email: page, "sam@example.net": page + "?token="} {
		if link := linkOf(t, a, address); !strings.HasPrefix(link.String(), want) {
			t.Errorf("%s is led to %s", address, link)
		}
	}
}

var mailedLink = regexp.MustCompile(`https://app\.homefront\.example/\S+`)

// linkOf is where the last mail to an address leads.
func linkOf(t *testing.T, a *apptest.App, address string) *url.URL {
	t.Helper()
	mails := a.Mail.To(address)
	if len(mails) == 0 {
		t.Fatalf("no mail to %s", address)
	}
	link, err := url.Parse(mailedLink.FindString(mails[len(mails)-1].Text))
	if err != nil {
		t.Fatal(err)
	}
	return link
}

// forge changes one letter of a token.
func forge(token string) string {
	letter := "A"
	if token[10] == 'A' {
		letter = "B"
	}
	return token[:10] + letter + token[11:]
}

func TestJoiningIsPolledAndAsked(t *testing.T) {
	a := apptest.New(t)
	boss, leader, luis := a.As("Cora Lane", models.RoleCoordinator), a.As("Dana Reed", models.RoleFacilitator), a.As("Luis Ortega")
	w, session := published(a, boss, leader.Member, map[string]any{"format": "online", "join_url": "https://meet.example.org/x", "capacity": 5})
	at := "/v1/sessions/" + session.String() + "/join"
	unknown := luis.Get("/v1/sessions/" + services.NewID().String() + "/join").Want(404)
	if hidden := luis.Get(at).Want(404); blank(hidden.Body) != blank(unknown.Body) {
		t.Errorf("%s\n%s", hidden.Body, unknown.Body)
	}
	a.Nobody().Get(at).Want(401)
	luis.Post("/v1/workshops/"+w.String()+"/registrations", map[string]any{}).Want(201)
	state := luis.Get(at).Want(200)
	if tag := state.Header.Get("ETag"); tag == "" || luis.Do("GET", at, nil, "If-None-Match", tag).Status != 304 {
		t.Errorf("%v", state.Header)
	}
	luis.Post(at, map[string]any{}).WantCode(409, workshops.CodeTooEarly)
	luis.Post(at, map[string]any{"attendee_id": services.NewID()}).WantCode(404, services.CodeNotFound)
	luis.Post("/v1/sessions/"+session.String()+"/renew-room", nil).WantCode(403, services.CodeForbidden)
	leader.Post("/v1/sessions/"+session.String()+"/renew-room", nil).WantCode(409, workshops.CodeNotJitsi)
	inPerson, second := published(a, boss, a.As("Ben Shaw", models.RoleFacilitator).Member, nil)
	luis.Post("/v1/workshops/"+inPerson.String()+"/registrations", map[string]any{}).Want(201)
	luis.Get("/v1/sessions/"+second.String()+"/join").WantCode(404, services.CodeNotFound)
	boss.Get("/v1/sessions/"+second.String()+"/join").WantCode(404, services.CodeNotFound)
	boss.Post("/v1/sessions/"+second.String()+"/join", map[string]any{}).WantCode(409, workshops.CodeNotOnline)
}

func TestTheCatalogNeedsNoToken(t *testing.T) {
	a := apptest.New(t)
	boss, leader := a.As("Cora Lane", models.RoleCoordinator), a.As("Dana Reed", models.RoleFacilitator)
	w, _ := published(a, boss, leader.Member, map[string]any{"is_public": true})
	hidden, _ := published(a, boss, a.As("Ben Shaw", models.RoleFacilitator).Member, nil)
	nobody := a.Nobody()
	for path, kind := range map[string]string{"": "application/json; charset=utf-8", "/" + w.String(): "application/json; charset=utf-8", ".ics": "text/calendar; charset=utf-8", ".atom": "application/atom+xml; charset=utf-8"} {
		at := "/v1/public/workshops" + path
		got := nobody.Get(at).Want(200)
		tag := got.Header.Get("ETag")
		if got.Header.Get("Content-Type") != kind || got.Header.Get("Cache-Control") != "public, max-age=60" || tag == "" || strings.Contains(string(got.Body), "Dana") {
			t.Errorf("%s: %v\n%s", at, got.Header, got.Body)
		}
		if again := nobody.Do("GET", at, nil, "If-None-Match", tag); again.Status != 304 || len(again.Body) != 0 {
			t.Errorf("%s: %d %s", at, again.Status, again.Body)
		}
	}
	unknown := nobody.Get("/v1/public/workshops/" + services.NewID().String()).Want(404)
	if other := nobody.Get("/v1/public/workshops/" + hidden.String()).Want(404); blank(other.Body) != blank(unknown.Body) {
		t.Errorf("%s\n%s", other.Body, unknown.Body)
	}
	var page services.Page[struct{ ID uuid.UUID }]
	nobody.Get("/v1/public/workshops?limit=1&sort=-starts_at").Want(200).JSON(&page)
	if len(page.Data) != 1 || page.Data[0].ID != w {
		t.Errorf("%+v", page)
	}
	nobody.Get("/v1/public/workshops?near_time_zone=Mars").Want(422)
}
