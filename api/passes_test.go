package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/internal/apptest"
	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

// From the link in a mail to the place, and on to another evening.
func TestAPassAndATransferEndToEnd(t *testing.T) {
	a := apptest.New(t)
	boss, leader := a.As("Cora Lane", models.RoleCoordinator), a.As("Dana Reed", models.RoleFacilitator)
	luis, ana := a.As("Luis Ortega"), a.As("Ana Silva")
	w, _ := published(a, boss, leader.Member, map[string]any{"approval_required": true})
	other, _ := published(a, boss, a.As("Eve Wilson", models.RoleFacilitator).Member, map[string]any{"title": "Moral Injury"})
	at := "/v1/workshops/" + w.String()

	luis.Post(at+"/passes", map[string]any{"label": "Mine"}).WantCode(403, services.CodeForbidden)
	made := boss.Post(at+"/passes", map[string]any{"label": "Called us", "member_id": luis.Member}).Want(201)
	token := made.Map()["token"].(string)
	if made.Map()["state"] != "valid" || !strings.Contains(made.Map()["link"].(string), token) {
		t.Errorf("%s", made.Body)
	}
	if listed := boss.Get(at + "/passes").Want(200); strings.Contains(string(listed.Body), token) {
		t.Errorf("the link can be read again: %s", listed.Body)
	}
	a.RunDue()
	if mails := a.Mail.To(luis.Email); len(mails) != 1 || !strings.Contains(mails[0].Text, token) || strings.Contains(mails[0].Subject+mails[0].Text, "Hypervigilance") {
		t.Errorf("%+v", mails)
	}
	facts := a.Nobody().Post("/v1/workshop-passes/show", map[string]any{"token": token}).Want(200)
	if strings.Contains(string(facts.Body), "Hypervigilance") || facts.Map()["for_one"] != true {
		t.Errorf("%s", facts.Body)
	}
	a.Nobody().Post("/v1/workshop-passes/show", map[string]any{"token": token[:len(token)-2] + "AA"}).Want(404)
	ana.Post(at+"/registrations", map[string]any{"pass": token}).WantCode(404, services.CodeNotFound)
	var booked workshops.RegistrationView
	luis.Post(at+"/registrations", map[string]any{"pass": token}).Want(201).JSON(&booked)
	if booked.State != models.RegistrationConfirmed {
		t.Errorf("%s", booked.State)
	}
	luis.Post(at+"/registrations", map[string]any{"pass": token}).WantCode(409, workshops.CodePassUsedUp)

	waits := ana.Post(at+"/registrations", map[string]any{}).Want(201).ID()
	luis.Get("/v1/registrations").WantCode(403, services.CodeForbidden)
	var queue services.Page[workshops.RegistrationView]
	boss.Get("/v1/registrations?review=approval_required&sort=starts_at&count=true").Want(200).JSON(&queue)
	if len(queue.Data) != 1 || queue.Data[0].ID != waits {
		t.Errorf("%+v", queue.Data)
	}
	if done := boss.Post("/v1/registrations/decide", map[string]any{"ids": []uuid.UUID{waits, booked.ID}, "decision": "approve"}).Want(200).Map(); done["done"] != 1.0 {
		t.Errorf("%v", done)
	}

	a.Core.Clock.Set(a.Core.Clock.Now().Add(time.Minute))
	path := "/v1/registrations/" + booked.ID.String() + "/transfer"
	moved := luis.Post(path, map[string]any{"workshop_id": other}, "Idempotency-Key", "move").Want(200)
	if again := luis.Post(path, map[string]any{"workshop_id": other}, "Idempotency-Key", "move").Want(200); again.ID() != moved.ID() {
		t.Errorf("%s", again.Body)
	}
	a.RunDue()
	mails := a.Mail.To(luis.Email)
	last := mails[len(mails)-1]
	var methods []string
	for _, file := range last.ICS {
		methods = append(methods, file.Method)
	}
	if strings.Join(methods, " ") != "CANCEL REQUEST" {
		t.Errorf("%q: calendar files %q", last.Subject, methods)
	}
}
