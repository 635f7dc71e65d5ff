package api_test

import (
	"bytes"
	"image/png"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/internal/apptest"
	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

// published is a workshop for adults with one session, and its session.
func published(a *apptest.App, boss *apptest.Client, leader uuid.UUID, more map[string]any) (workshop, session uuid.UUID) {
	body := map[string]any{"title": "Living with Hypervigilance", "summary": "Six evenings", "format": "in_person", "location_note": "Room 2",
		"time_zone": "America/New_York", "capacity": 2, "minimum_age": 18, "guests_per_party": 2, "facilitator_ids": []uuid.UUID{leader}}
	for k, v := range more {
		body[k] = v
	}
	workshop = boss.Post("/v1/workshops", body).Want(201).ID()
	var made struct{ Data []struct{ ID uuid.UUID } }
	local := a.Core.Clock.Now().Add(60*24*time.Hour).Format("2006-01-02") + "T18:00"
	boss.Post("/v1/workshops/"+workshop.String()+"/sessions", map[string]any{"local_start": local, "minutes": 90}).Want(201).JSON(&made)
	boss.Post("/v1/workshops/"+workshop.String()+"/publish", nil).Want(200)
	return workshop, made.Data[0].ID
}

func TestAWorkshopIsFilledEndToEnd(t *testing.T) {
	a := apptest.New(t)
	boss, leader := a.As("Cora Lane", models.RoleCoordinator), a.As("Dana Reed", models.RoleFacilitator)
	luis, ana := a.As("Luis Ortega"), a.As("Ana Silva")
	w, session := published(a, boss, leader.Member, nil)
	at := "/v1/workshops/" + w.String()

	got := luis.Post(at+"/registrations", map[string]any{"attendees": []any{map[string]any{"member_id": luis.Member}, map[string]any{"guest": map[string]any{"name": "Rosa Ortega", "kind": "adult"}}}},
		"Idempotency-Key", "first").Want(201)
	var booked workshops.RegistrationView
	got.JSON(&booked)
	if booked.State != models.RegistrationConfirmed || got.Header.Get("Location") != "/v1/registrations/"+booked.ID.String() || got.Header.Get("ETag") != `"1"` {
		t.Errorf("%s %v", got.Body, got.Header)
	}
	again := luis.Post(at+"/registrations", map[string]any{"attendees": []any{map[string]any{"member_id": luis.Member}, map[string]any{"guest": map[string]any{"name": "Rosa Ortega", "kind": "adult"}}}},
		"Idempotency-Key", "first").Want(201)
	if again.Header.Get("Idempotency-Replayed") != "true" || !bytes.Equal(again.Body, got.Body) {
		t.Errorf("the replay is %s", again.Body)
	}
	var waits workshops.RegistrationView
	ana.Post(at+"/registrations", map[string]any{}).Want(201).JSON(&waits)
	if waits.State != models.RegistrationWaitlisted || *waits.WaitlistPosition != 1 {
		t.Errorf("%+v", waits)
	}

	own := "/v1/registrations/" + booked.ID.String()
	unknown := ana.Get("/v1/registrations/" + services.NewID().String()).Want(404)
	hidden := ana.Get(own).Want(404)
	if blank(hidden.Body) != blank(unknown.Body) {
		t.Errorf("%s\n%s", hidden.Body, unknown.Body)
	}
	luis.Delete(own+"/attendees/"+booked.Attendees[1].ID.String(), 0).WantCode(428, services.CodeIfMatchRequired)
	luis.Delete(own+"/attendees/"+booked.Attendees[1].ID.String(), 1).Want(204)
	ana.Post("/v1/registrations/"+waits.ID.String()+"/accept-offer", nil).Want(200)

	code := luis.Get(own + "/attendees/" + booked.Attendees[0].ID.String() + "/check-in-code").Want(200).Map()["code"].(string)
	picture := luis.Get(own + "/attendees/" + booked.Attendees[0].ID.String() + "/check-in-code.png").Want(200)
	if _, err := png.Decode(bytes.NewReader(picture.Body)); err != nil || picture.Header.Get("Content-Type") != "image/png" {
		t.Errorf("%v %v", err, picture.Header)
	}
	luis.Get(at+"/roster").WantCode(403, services.CodeForbidden)
	a.As("Eve Wilson", models.RoleFacilitator).Get(at+"/roster").WantCode(404, services.CodeNotFound)
	scan := map[string]any{"code": code, "nonce": "scanner-0001"}
	if r := leader.Post("/v1/sessions/"+session.String()+"/check-ins", map[string]any{"code": code, "nonce": "scanner-0000"}).Want(200).Map(); r["result"] != "see_staff" {
		t.Errorf("weeks before: %v", r)
	}
	a.Core.Clock.Set(*booked.Workshop.StartsAt)
	for _, c := range []*apptest.Client{boss, leader, luis, ana} {
		c.SignIn()
	}
	leader.Post("/v1/sessions/"+session.String()+"/check-ins", map[string]any{"code": code, "nonce": "scanner-0002", "scanned_at": booked.Workshop.StartsAt.AddDate(0, 0, 1)}).Want(422)
	if r := leader.Post("/v1/sessions/"+session.String()+"/check-ins", scan).Want(200).Map(); r["result"] != "ok" || r["name"] != "Luis O." {
		t.Errorf("%v", r)
	}
	var roster services.Page[workshops.RosterEntry]
	leader.Get(at + "/roster").Want(200).JSON(&roster)
	if len(roster.Data) != 2 || roster.Data[0].Name != "Ana S." || roster.Data[1].CheckedInAt == nil {
		t.Errorf("%+v", roster.Data)
	}
	boss.Get(at + "/registrations?state=confirmed&sort=-created_at&count=true").Want(200)
	boss.Get(at + "/waitlist").Want(200)
	luis.Get("/v1/me/registrations?when=upcoming").Want(200)
	ana.Get("/v1/me/party-invitations").Want(200)
	if n := a.Count(`select count(*) from audit_log where action = 'registration.list' and outcome = 'read'`); n != 1 {
		t.Errorf("%d rows tell that staff looked", n)
	}
}

// blank makes two problems comparable: only the request's id may differ.
func blank(body []byte) string {
	s := string(body)
	i := strings.Index(s, `"request_id":"`)
	return s[:i] + s[i+len(`"request_id":"`)+36:]
}

// The mails of a whole story arrive, with calendar files that can be written.
func TestTheRightMailsAreSent(t *testing.T) {
	a := apptest.New(t)
	boss, leader := a.As("Cora Lane", models.RoleCoordinator), a.As("Dana Reed", models.RoleFacilitator)
	luis, ana := a.As("Luis Ortega"), a.As("Ana Silva")
	w, _ := published(a, boss, leader.Member, map[string]any{"capacity": 1})
	at := "/v1/workshops/" + w.String() + "/registrations"
	booked := luis.Post(at, map[string]any{}).Want(201).ID()
	waits := ana.Post(at, map[string]any{}).Want(201).ID()
	luis.Post("/v1/registrations/"+booked.String()+"/cancel", map[string]any{}).Want(200)
	ana.Post("/v1/registrations/"+waits.String()+"/accept-offer", nil).Want(200)
	boss.Post("/v1/workshops/"+w.String()+"/cancel", map[string]any{"reason": "The hall is flooded"})
	a.RunDue()
	for who, want := range map[*apptest.Client][]string{luis: {"REQUEST", "CANCEL"}, ana: {"", "REQUEST", "CANCEL"}} {
		var got []string
		for _, m := range a.Mail.To(who.Email) {
			if strings.Contains(m.Subject+m.Text, "Hypervigilance") {
				t.Errorf("a neutral mail names the program: %s", m.Subject)
			}
			method := ""
			for _, file := range m.ICS {
				method += file.Method
			}
			got = append(got, method)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s got mails with %q, want %q", who.Email, got, want)
		}
	}
	// Only the question that was answered before it was sent stays unsent.
	if n := a.Count(`select count(*) from messages where state <> 'sent' and not (event = 'registration.offered' and state = 'recalled')`); n > 0 {
		t.Errorf("%d mails were not sent", n)
	}
}
