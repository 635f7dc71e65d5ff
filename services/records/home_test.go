package records_test

import (
	"encoding/json"
	"testing"
	"time"

	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

type (
	registerInput = workshops.Register
	attendeeInput = workshops.AttendeeInput
)

func TestHome(t *testing.T) {
	h := build(t)
	luis := h.human("Luis Ortega")
	empty, err := h.records.Home(h.as(luis))
	if err != nil {
		t.Fatal(err)
	}
	body, _ := json.Marshal(empty)
	if string(body) != `{"name":"Luis","next":[],"coaching":[],"offers":[],"invitations":[],"consents":[],"relationship_asks":0,"unread":0,"help_request":null,"programs":[],"forms":[]}` {
		t.Errorf("a new member sees %s", body)
	}
	maya := h.known("Maya Ortega", 9, models.KindChild)
	h.guard(luis.member, maya)
	near, far, taken := h.workshopAt("Near", 4, noon.AddDate(0, 0, 2)), h.workshop("Far", 4), h.workshop("Taken", 1)
	h.register(luis, far, maya)
	first := h.register(luis, near)
	holder := h.register(h.human("Eve Stone"), taken)
	waits := h.register(luis, taken)
	if _, err := h.workshops.Cancel(h.as(h.cora), holder.ID, workshops.Cancellation{Reason: "By telephone"}); err != nil {
		t.Fatal(err)
	}
	other := h.human("Ben Price")
	if _, err := h.workshops.Register(h.as(other), h.workshop("Together", 4), registerInput{Attendees: []attendeeInput{{MemberID: &other.member},
		{Invite: &workshops.InviteInput{Name: "Luis", Email: luis.email}}}}); err != nil {
		t.Fatal(err)
	}
	h.exec(`insert into relationships (id, version, created_at, updated_at, other_id, kind, status, asked_by, asked_email, expires_at) values ($1, 1, $2, $2, $3, 'battle_buddy', 'asked', $3, $4, $5)`,
		services.NewID(), noon, other.member, luis.email, noon.AddDate(0, 1, 0))
	h.exec(`insert into help_requests (id, version, created_at, updated_at, member_id, topic, channel, time_zone, status, minor, asked_at, due_at, taken_by, taken_at)
		values ($1, 1, $2, $2, $3, 'talk', 'call', 'America/New_York', 'taken', false, $2, $2, $4, $2)`, services.NewID(), noon, luis.member, h.cora.member)
	waited := h.enrolled(luis.member, luis.member, h.program("Waited", 0), nil, models.EnrollmentWaitlisted)
	paused := h.enrolled(luis.member, luis.member, h.program("Paused", 0), nil, models.EnrollmentPaused)
	h.enrolled(luis.member, luis.member, h.program("Past", 0), nil, models.EnrollmentCompleted)
	h.exec(`update enrollments set applied_at = applied_at - interval '1 day' where id = $1`, paused)
	form := h.asked(maya, luis.member, h.enrolled(maya, luis.member, h.program("Camp", 0), nil, models.EnrollmentApplied))
	got, err := h.records.Home(h.as(luis))
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Next) != 3 || got.Next[0].RegistrationID != first.ID || got.Next[0].CheckInCode == "" || got.Next[0].ChildID != nil || got.Next[0].Title != "Near" {
		t.Fatalf("%+v", got.Next)
	}
	if child := got.Next[1].ChildID; child == nil || *child != maya || *got.Next[1].ChildName != "Maya" {
		child = got.Next[2].ChildID
		if child == nil || *child != maya {
			t.Errorf("%+v", got.Next)
		}
	}
	code, err := h.workshops.CheckInCode(h.as(luis), first.ID, got.Next[0].AttendeeID)
	if err != nil || code.Code != got.Next[0].CheckInCode {
		t.Errorf("%v: the code is not that of the registration", err)
	}
	if len(got.Offers) != 1 || got.Offers[0].RegistrationID != waits.ID || got.Offers[0].Seats != 1 || !got.Offers[0].ExpiresAt.After(noon) {
		t.Errorf("%+v", got.Offers)
	}
	if len(got.Invitations) != 1 || got.Invitations[0].InvitedBy != "Ben" || got.Relationships != 1 || got.Unread == 0 {
		t.Errorf("%+v", got)
	}
	if got.HelpRequest == nil || got.HelpRequest.TakenBy == nil || *got.HelpRequest.TakenBy != "Cora" {
		t.Errorf("%+v", got.HelpRequest)
	}
	if len(got.Programs) != 2 || got.Programs[0].EnrollmentID != paused || got.Programs[0].State != models.EnrollmentPaused || got.Programs[0].PausedUntil == nil || got.Programs[0].Program != "Paused" ||
		got.Programs[1].EnrollmentID != waited || got.Programs[1].StartsOn != nil {
		t.Errorf("%+v", got.Programs)
	}
	if len(got.Forms) != 1 || got.Forms[0].ResponseID != form || got.Forms[0].MemberID != maya {
		t.Errorf("%+v", got.Forms)
	}
	h.core.Clock.Set(noon.Add(time.Minute))
	again, err := h.records.Home(h.as(luis))
	was, _ := json.Marshal(got)
	is, _ := json.Marshal(again)
	if err != nil || string(was) != string(is) {
		t.Errorf("%v: a minute changes the answer:\n%s\n%s", err, was, is)
	}
	if len(is) > 5000 {
		t.Errorf("%d bytes on a bad line", len(is))
	}
}
