package api_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/internal/apptest"
	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

func TestFeedbackEndToEnd(t *testing.T) {
	a := apptest.New(t)
	boss, leader := a.As("Cora Lane", models.RoleCoordinator), a.As("Dana Reed", models.RoleFacilitator)
	w, session := published(a, boss, leader.Member, map[string]any{"capacity": 9})
	at, one := "/v1/workshops/"+w.String(), "/v1/sessions/"+session.String()
	var people []*apptest.Client
	var entries []any
	for _, name := range []string{"Luis Ortega", "Ana Silva", "Rosa Diaz", "Sam Hill", "Kim Park"} {
		c := a.As(name)
		var booked workshops.RegistrationView
		c.Post(at+"/registrations", map[string]any{}).Want(201).JSON(&booked)
		people, entries = append(people, c), append(entries, map[string]any{"attendee_id": booked.Attendees[0].ID, "status": "present"})
	}
	luis, path := people[0], one+"/feedback"
	luis.Put(path, 0, map[string]any{"score": 9}).WantCode(409, workshops.CodeNotThere)
	a.Core.Clock.Set(a.Core.Clock.Now().Add(61 * 24 * time.Hour))
	for _, c := range append(people, boss, leader) { // their tokens are of two months ago
		c.SignIn()
	}
	leader.Put(one+"/attendance", 0, map[string]any{"entries": entries}).Want(200)
	leader.Post(one+"/complete", nil).Want(200)

	luis.Put(path, 0, map[string]any{"score": 11}).WantCode(422, services.CodeInvalid)
	a.As("Eve Wilson").Put(path, 0, map[string]any{"score": 1}).WantCode(404, services.CodeNotFound)
	var said workshops.MyFeedback
	luis.Put(path, 0, map[string]any{"score": 9, "word": "It helped", "thanks": map[string]any{"words": "Thank you"}}).Want(200).JSON(&said)
	if *said.Score != 9 || len(said.Thanks) != 1 || said.LedBy[0].MemberID != leader.Member || len(said.HelpNow) == 0 {
		t.Errorf("%+v", said)
	}
	var none workshops.WorkshopFeedback
	for _, c := range people[1:] {
		boss.Get(at + "/feedback").Want(200).JSON(&none)
		c.Put(path, 0, map[string]any{"score": 7}).Want(200)
	}
	if none.Feedback != nil || len(none.Words) != 0 || len(none.Sessions) != 0 {
		t.Errorf("of four answers %+v is shown", none)
	}
	if _, err := a.Core.RunDue(t.Context(), a.Core.Clock.Now().Add(20*time.Minute)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*apptest.Client{boss, leader, luis} {
		c.SignIn()
	}
	want := workshops.FeedbackNumbers{N: 5, Mean: 7.4, Middle: 4, High: 1}
	for _, c := range []*apptest.Client{boss, leader} {
		var got workshops.WorkshopFeedback
		c.Get(at + "/feedback").Want(200).JSON(&got)
		if got.Feedback == nil || *got.Feedback != want || len(got.Words) != 1 || len(got.Sessions) != 1 || got.Sessions[0].Feedback != want {
			t.Errorf("%+v", got)
		}
		c.Get("/v1/facilitators/" + leader.Member.String() + "/feedback").Want(200)
	}
	luis.Get(at+"/feedback").WantCode(403, services.CodeForbidden)
	boss.Get("/v1/programs/"+services.NewID().String()+"/feedback").WantCode(404, services.CodeNotFound)
	a.As("Noor Haddad", models.RoleFacilitator).Get("/v1/facilitators/"+leader.Member.String()+"/feedback").WantCode(404, services.CodeNotFound)

	var thanks services.Page[workshops.ThanksReceived]
	leader.Get("/v1/me/thanks").Want(200).JSON(&thanks)
	if len(thanks.Data) != 1 || thanks.Data[0].From != "Luis O." || thanks.Data[0].Words != "Thank you" {
		t.Errorf("%+v", thanks)
	}
	boss.Get("/v1/me/thanks").Want(200).JSON(&thanks)
	if len(thanks.Data) != 0 {
		t.Errorf("a coordinator reads %+v", thanks)
	}
	luis.Delete("/v1/thanks/"+said.Thanks[0].ID.String(), 0).WantCode(409, workshops.CodeDelivered)
	boss.Delete("/v1/thanks/"+uuid.NewString(), 0).WantCode(404, services.CodeNotFound)
	luis.Delete(path, 0).Want(204)
	luis.Delete(path, 0).Want(204)
	var mine workshops.MyFeedback
	luis.Get(path + "/mine").Want(200).JSON(&mine)
	boss.Get(at + "/feedback").Want(200).JSON(&none)
	if mine.Score != nil || len(mine.Thanks) != 1 || none.Feedback != nil {
		t.Errorf("%+v %+v", mine, none)
	}
}
