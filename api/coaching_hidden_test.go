package api_test

import (
	"net/http"
	"time"

	"github.com/google/uuid"

	"homefront/internal/apptest"
	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
)

// coachIn is somebody who coaches, is checked, and works on weekdays.
func coachIn(a *apptest.App, name string) *apptest.Client {
	who, now := a.As(name, models.RoleCoach, models.RoleMember), a.Core.Clock.Now()
	for _, kind := range models.ForCoachesOf(true) {
		a.Exec(`insert into credentials (id, version, created_at, updated_at, member_id, kind, issued_on, expires_on) values ($1, 1, $2, $2, $3, $4, '2024-01-01', '2035-12-31')`, services.NewID(), now, who.Member, string(kind))
	}
	a.Exec(`insert into coaches (id, created_at, updated_at, languages, modalities, time_zone, join_url) values ($1, $2, $2, '{en}', '{online}', 'America/New_York', 'https://meet.example.org/room')`, who.Member, now)
	schedule := services.NewID()
	a.Exec(`insert into coach_schedules (id, created_at, updated_at, coach_id, name, time_zone, starts_on) values ($1, $2, $2, $3, 'Weekdays', 'America/New_York', '2026-01-05')`, schedule, now, who.Member)
	a.Exec(`insert into coach_hours (id, schedule_id, rule, from_time, until_time) values ($1, $2, 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR', '09:00', '17:00')`, services.NewID(), schedule)
	return who
}

// limitsIn puts the limits of confidentiality in force, and has people agree to them.
func limitsIn(a *apptest.App, members ...uuid.UUID) {
	document, version, now := services.NewID(), services.NewID(), a.Core.Clock.Now()
	a.Exec(`insert into consent_documents (id, version, created_at, updated_at, kind, title, optional, assent, status) values ($1, 1, $2, $2, 'confidentiality_limits', 'Limits of confidentiality', false, false, 'published')`, document, now)
	a.Exec(`insert into consent_document_versions (id, version, created_at, updated_at, document_id, number, language, body, text_hash, material, effective_from, published_at)
		values ($1, 1, $2, $2, $3, 1, 'en', 'Coaching is not therapy.', encode(sha256('Coaching is not therapy.'), 'hex'), true, $2, $2)`, version, now, document)
	for _, m := range members {
		a.Exec(`insert into consents (id, version, created_at, updated_at, member_id, document_id, version_id, status, latest, method, signed_by, signed_on, signed_at, text_hash)
			select $1, 1, $2, $2, $3, v.document_id, v.id, 'granted', true, 'typed', $3, '2026-01-01', $2, v.text_hash from consent_document_versions v where v.id = $4`, services.NewID(), now, m, version)
	}
}

// coachedIn is an engagement that is active.
func coachedIn(a *apptest.App, program uuid.UUID, coach, member *apptest.Client) uuid.UUID {
	id, now := services.NewID(), a.Core.Clock.Now()
	a.Exec(`insert into engagements (id, created_at, updated_at, program_id, coach_id, state, language, time_zone, requested_at, requested_by, matched_at, coach_accepted_at, activated_at)
		values ($1, $2, $2, $3, $4, 'active', 'en', 'America/New_York', $2, $5, $2, $2, $2)`, id, now, program, coach.Member, member.Member)
	a.Exec(`insert into engagement_coaches (id, engagement_id, coach_id, starts_at) values ($1, $2, $3, $4)`, services.NewID(), id, coach.Member, now)
	a.Exec(`insert into engagement_participants (id, engagement_id, member_id, joint, live, state, accepted_at) values ($1, $2, $3, false, true, 'joined', $4)`, services.NewID(), id, member.Member, now)
	return id
}

// hangCoaching gives luis one of everything of coaching that has an id of its own.
func hangCoaching(a *apptest.App, carol, luis *apptest.Client, program uuid.UUID) map[string]uuid.UUID {
	coach, next := coachIn(a, "Dana Wells"), coachIn(a, "Sam Wells")
	limitsIn(a, luis.Member)
	id := coachedIn(a, program, coach, luis)
	at := "/v1/engagements/" + id.String()
	goal := luis.Post(at+"/goals", object{"words": "Sleep through"}).Want(201).ID()
	return map[string]uuid.UUID{
		"engagement_id":       id,
		"goal_id":             goal,
		"action_id":           luis.Post("/v1/goals/"+goal.String()+"/actions", object{"text": "Read before bed"}).Want(201).ID(),
		"note_id":             coach.Post(at+"/notes", object{"tier": "shared", "text": "About sleep", "sign": true}).Want(201).ID(),
		"coaching_session_id": coach.Post("/v1/coaching-sessions", object{"engagement_id": id, "starts_at": a.Core.Clock.Now().Add(72 * time.Hour).Truncate(time.Hour), "modality": "online"}).Want(201).ID(),
		"hand_over_id":        carol.Post(at+"/hand-over", object{"to_coach_id": next.Member}).Want(201).ID(),
	}
}

// inCoaching is what X asks for and does with a coach of whom the other is a client, or not.
func (w *world) inCoaching(boss, there, elsewhere *apptest.Client, program uuid.UUID) {
	w.t.Helper()
	coach, another := coachIn(w.app, "Gail Reed"), coachIn(w.app, "Hugh Reed")
	limitsIn(w.app, w.x.Member, there.Member, elsewhere.Member)
	busy := func(coach, client *apptest.Client) (engagement, session uuid.UUID) {
		engagement = coachedIn(w.app, program, coach, client)
		return engagement, coach.Post("/v1/coaching-sessions", object{"engagement_id": engagement, "starts_at": worldDay.AddDate(0, 0, 7), "modality": "online"}).Want(201).ID()
	}
	engagement, session := busy(coach, there)
	busy(another, elsewhere)
	w.theirs["engagement_id"], w.theirs["coaching_session_id"], w.theirs["coach_id"] = engagement.String(), session.String(), coach.Member.String()
	w.settle()

	w.do("GET", "/v1/coaches", nil).Want(200)
	own := w.do("POST", "/v1/engagements", object{"program_id": program, "hopes": "To sleep", "hours": []string{"MO 09:00-17:00"}, "wanted_coach_id": coach.Member}, "Idempotency-Key", "coach").Want(201).ID().String()
	w.do("POST", "/v1/engagements", object{"program_id": program, "hopes": "Again"}).Want(409)
	at := "/v1/engagements/" + own
	w.do("GET", at, nil).Want(200)
	w.doAs(w.near, "GET", at, nil).Want(200)
	w.doAs(w.near, "POST", at+"/match", object{"coach_id": coach.Member}).Want(200)
	w.do("GET", at, nil).Want(200)
	w.do("POST", at+"/accept", object{}).Want(200)
	coach.Post(at+"/accept", object{}).Want(200)
	w.settle()
	w.do("GET", at, nil).Want(200)
	days := "?from=2026-03-05&to=2026-03-20&time_zone=America/New_York"
	var free coaching.CoachSlots
	w.do("GET", "/v1/coaches/"+coach.Member.String()+"/slots"+days+"&engagement_id="+own, nil).Want(200).JSON(&free)
	w.do("GET", "/v1/coaching-slots"+days, nil)
	if len(free.Days) < 3 {
		w.t.Fatalf("%d days are free", len(free.Days))
	}
	booking := object{"engagement_id": own, "starts_at": worldDay.AddDate(0, 0, 7), "modality": "online"}
	w.do("POST", "/v1/coaching-sessions", booking).Want(409) // the other has this time, or a third
	booking["starts_at"] = free.Days[1].Slots[0].StartsAt
	booked := w.do("POST", "/v1/coaching-sessions", booking).Want(http.StatusCreated).ID().String()
	moved := w.do("POST", "/v1/coaching-sessions/"+booked+"/reschedule", object{"starts_at": free.Days[2].Slots[0].StartsAt}).Want(200).ID().String()
	w.do("GET", "/v1/coaching-sessions/"+moved, nil).Want(200)
	w.do("POST", at+"/goals", object{"words": "Sleep"}).Want(201)
	w.do("GET", "/v1/me/coaching", nil).Want(200)
	boss.Post(at+"/hand-over", object{"to_coach_id": another.Member, "move_sessions": true}).Want(201)
	w.settle()
	w.do("POST", "/v1/coaching-sessions/"+moved+"/cancel", object{}).Want(200)
	w.do("GET", "/v1/me/home", nil).Want(200)
	w.do("GET", "/v1/coaching-sessions", nil).Want(200)
	w.ids["engagement_id"], w.ids["coaching_session_id"], w.ids["coach_id"] = own, moved, another.Member.String()
}
