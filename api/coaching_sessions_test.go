package api_test

import (
	"strings"
	"testing"
	"time"

	"homefront/models"
	"homefront/services"
)

// openRoom is a couch whose coach works on weekdays and whose client has agreed to the limits.
func openRoom(t *testing.T) *couch {
	t.Helper()
	c := openCouch(t)
	now := c.Core.Clock.Now()
	c.Exec(`update coaches set modalities = '{online,phone}', join_url = 'https://meet.example.org/dana' where id = $1`, c.coach.Member)
	for _, kind := range models.ForCoaches() {
		c.Exec(`insert into credentials (id, version, created_at, updated_at, member_id, kind, issued_on, expires_on) values ($1, 1, $2, $2, $3, $4, '2026-01-01', '2027-12-31')`,
			services.NewID(), now, c.coach.Member, string(kind))
	}
	schedule, document, version := services.NewID(), services.NewID(), services.NewID()
	c.Exec(`insert into coach_schedules (id, created_at, updated_at, coach_id, name, time_zone, starts_on) values ($1, $2, $2, $3, 'Weekdays', 'America/New_York', '2026-01-05')`, schedule, now, c.coach.Member)
	c.Exec(`insert into coach_hours (id, schedule_id, rule, from_time, until_time) values ($1, $2, 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR', '09:00', '17:00')`, services.NewID(), schedule)
	c.Exec(`insert into consent_documents (id, version, created_at, updated_at, kind, title, optional, assent, status)
		values ($1, 1, $2, $2, 'confidentiality_limits', 'Limits of confidentiality', false, false, 'published')`, document, now)
	c.Exec(`insert into consent_document_versions (id, version, created_at, updated_at, document_id, number, language, body, text_hash, material, effective_from, published_at)
		values ($1, 1, $2, $2, $3, 1, 'en', 'Coaching is not therapy.', encode(sha256('Coaching is not therapy.'), 'hex'), true, $2, $2)`, version, now, document)
	c.Exec(`insert into consents (id, version, created_at, updated_at, member_id, document_id, version_id, status, latest, method, signed_by, signed_on, signed_at, text_hash)
		select $1, 1, $2, $2, $3, v.document_id, v.id, 'granted', true, 'typed', $3, '2026-08-01', $2, v.text_hash from consent_document_versions v where v.id = $4`, services.NewID(), now, c.mia.Member, version)
	return c
}

// A session from the booking to the meeting, as an app does it.
func TestASessionFromBookingToMeeting(t *testing.T) {
	c := openRoom(t)
	start := time.Date(2026, 9, 10, 14, 0, 0, 0, time.UTC)
	booking := object{"engagement_id": c.engagement, "starts_at": start, "modality": "online", "repeat": object{"every_weeks": 1, "times": 2}}
	first := c.mia.Post("/v1/coaching-sessions", booking).Want(201)
	if first.Header.Get("Location") != "/v1/coaching-sessions/"+first.ID().String() || first.Header.Get("ETag") != `"1"` || len(first.Map()["series"].(map[string]any)["booked"].([]any)) != 2 {
		t.Errorf("%v %s", first.Header, first.Body)
	}
	c.mia.Post("/v1/coaching-sessions", booking).WantCode(409, "double_booked")
	c.mia.Post("/v1/coaching-sessions", object{"engagement_id": c.engagement, "starts_at": start, "modality": "telepathy"}).Want(422)
	at := "/v1/coaching-sessions/" + first.ID().String()
	c.others["member"].Post("/v1/coaching-sessions", booking).Want(404)
	c.mia.Post(at+"/accept", nil).WantCode(403, "not_their_coach")
	moved := c.mia.Post(at+"/reschedule", object{"starts_at": start.Add(24 * time.Hour)}).Want(200)
	c.mia.Post(at+"/reschedule", object{"starts_at": start.Add(48 * time.Hour)}).WantCode(409, "wrong_state")

	hidden, unknown := c.others["coach"].Get(at).Want(404), c.others["coach"].Get("/v1/coaching-sessions/"+services.NewID().String()).Want(404)
	if bare(hidden) != bare(unknown) {
		t.Errorf("%s %s", bare(hidden), bare(unknown))
	}
	if n := len(c.mia.Get("/v1/coaching-sessions?upcoming=true&sort=starts_at").Want(200).Map()["data"].([]any)); n != 2 {
		t.Errorf("%d upcoming", n)
	}
	c.mia.Post("/v1/coaching-sessions/"+moved.ID().String()+"/join", object{}).WantCode(409, "too_early")
	soon := c.coach.Post("/v1/coaching-sessions", object{"engagement_id": c.engagement, "starts_at": c.Core.Clock.Now().Add(10 * time.Minute), "modality": "online"}).Want(201)
	at = "/v1/coaching-sessions/" + soon.ID().String()
	if got := c.mia.Get(at + "/join").Want(200).Map(); got["state"] != "open" {
		t.Errorf("%v", got)
	}
	if got := c.mia.Post(at+"/join", object{}).Want(200).Map(); got["url"] != "https://meet.example.org/dana" {
		t.Errorf("%v", got)
	}
	c.others["coordinator"].Post(at+"/join", object{}).WantCode(403, "not_their_coach")
	if log := c.Log.String(); strings.Contains(log, "meet.example.org/dana") || strings.Contains(log, "Mia") {
		t.Error("the log says who, or where")
	}
}

// Why somebody calls off is in no answer of the request that says it.
func TestAReasonIsInNoStoredAnswer(t *testing.T) {
	c := openRoom(t)
	id := c.mia.Post("/v1/coaching-sessions", object{"engagement_id": c.engagement, "starts_at": time.Date(2026, 9, 10, 14, 0, 0, 0, time.UTC), "modality": "phone"}).Want(201).ID()
	off := c.mia.Post("/v1/coaching-sessions/"+id.String()+"/cancel", object{"reason": "canary-51d2 chemo"}).Want(200)
	if strings.Contains(string(off.Body), "canary") || strings.Contains(c.Log.String(), "canary") {
		t.Errorf("%s", off.Body)
	}
	if got := c.coach.Get("/v1/coaching-sessions/" + id.String()).Want(200).Map()["reason"]; got != "canary-51d2 chemo" {
		t.Errorf("the coach reads %v", got)
	}
	if got := c.others["coordinator"].Get("/v1/coaching-sessions/" + id.String()).Want(200).Map()["reason"]; got != nil {
		t.Errorf("the coordinator reads %v", got)
	}
}
