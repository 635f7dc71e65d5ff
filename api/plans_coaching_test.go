package api_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/internal/apptest"
	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
)

// crowdCoaching is a coach of the crowd and a client of theirs, who can sign in, and a coordinator.
type crowdCoaching struct {
	t                  *testing.T
	a                  *apptest.App
	super              *pgx.Conn
	asked              *statements
	boss, coach, mia   *apptest.Client
	engagement, leaves string            // of mia, and of somebody else with the same coach
	paths              map[string]string // what {name} stands for
}

// openCrowdCoaching gives two people of the crowd an account whose password is known. What the crowd has sealed of the coach's clients cannot be
// opened, and goes.
func openCrowdCoaching(t *testing.T, a *apptest.App, super *pgx.Conn, asked *statements, boss *apptest.Client) *crowdCoaching {
	t.Helper()
	c := &crowdCoaching{t: t, a: a, super: super, asked: asked, boss: boss, coach: a.As("Dana Wells", models.RoleCoach, models.RoleMember), mia: a.As("Mia Rivera"), paths: map[string]string{}}
	var coach, mia uuid.UUID
	c.scan(`SELECT c.id, p.member_id, e.id::text, (SELECT id::text FROM engagements o WHERE o.coach_id = c.id AND o.state = 'active' AND NOT o.joint AND o.id <> e.id LIMIT 1)
		FROM coaches c JOIN engagements e ON e.coach_id = c.id AND e.state = 'active' AND NOT e.joint JOIN engagement_participants p ON p.engagement_id = e.id AND p.entered_by IS NULL JOIN members m ON m.id = p.member_id
		WHERE c.suspended_at IS NULL AND c.archived_at IS NULL AND c.supervisor_id IS NOT NULL AND m.birth_date < '1990-01-01' AND m.status = 'active'
			AND EXISTS (SELECT FROM coaching_sessions s WHERE s.engagement_id = e.id AND s.state = 'booked' AND s.to_staff_at IS NULL) AND NOT EXISTS (SELECT FROM hand_overs h WHERE h.engagement_id = e.id AND h.state = 'proposed')
			AND NOT EXISTS (SELECT FROM separations x WHERE p.member_id IN (x.first_id, x.second_id))
		ORDER BY e.id LIMIT 1`, &coach, &mia, &c.engagement, &c.leaves)
	for _, sql := range []string{
		"SET session_replication_role = replica",
		"UPDATE coaches SET caseload_limit = 200",
		"UPDATE coaches SET supervisor_id = '" + coach.String() + "' WHERE id IN (SELECT id FROM coaches WHERE id <> '" + coach.String() + "' ORDER BY id LIMIT 10)",
		"DELETE FROM coaching_words WHERE member_id IN (SELECT p.member_id FROM engagement_participants p JOIN engagements e ON e.id = p.engagement_id WHERE e.coach_id = '" + coach.String() + "')",
		"DELETE FROM accounts WHERE member_id IN ('" + coach.String() + "', '" + mia.String() + "')",
		"UPDATE accounts SET member_id = '" + coach.String() + "' WHERE id = '" + c.coach.Account.String() + "'",
		"UPDATE accounts SET member_id = '" + mia.String() + "' WHERE id = '" + c.mia.Account.String() + "'",
		"UPDATE engagement_participants SET hopes = NULL, hopes_key = NULL WHERE engagement_id = '" + c.engagement + "'",
		"UPDATE coaching_sessions SET starts_at = now() - interval '55 minutes', ends_at = now() - interval '5 minutes' WHERE id = (SELECT min(id::text)::uuid FROM coaching_sessions WHERE engagement_id = '" + c.engagement + "' AND state = 'booked')",
		"RESET session_replication_role", "ANALYZE coaches", // elsewhere a few rows changed
	} {
		if _, err := super.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	var session string
	c.scan("SELECT min(id::text) FROM coaching_sessions WHERE engagement_id = '"+c.engagement+"' AND state = 'booked' AND starts_at < now()", &session)
	c.coach.Member, c.mia.Member = coach, mia
	c.coach.SignIn()
	c.mia.SignIn()
	c.paths = map[string]string{"{engagement}": "/v1/engagements/" + c.engagement, "{session}": "/v1/coaching-sessions/" + session, "{coach}": "/v1/coaches/" + coach.String()}
	return c
}

func (c *crowdCoaching) scan(sql string, into ...any) {
	c.t.Helper()
	if err := c.super.QueryRow(c.t.Context(), sql).Scan(into...); err != nil {
		c.t.Fatal(err)
	}
}

func (c *crowdCoaching) do(who *apptest.Client, want int, method, path string, body any, headers ...string) *apptest.Answer {
	c.t.Helper()
	for name, is := range c.paths {
		path = strings.ReplaceAll(path, name, is)
	}
	c.asked.during(method + " " + path)
	answer := who.Do(method, path, body, headers...)
	c.asked.during("")
	if answer.Status != want {
		c.t.Errorf("%s %s answers %d %s", method, path, answer.Status, answer.Body)
	}
	return answer
}

// kin fails the test when whose record somebody must not handle is not found by indexes: plans do not show what functions read.
func (c *crowdCoaching) kin() {
	c.t.Helper()
	var plan []struct {
		Plan struct {
			Hit  int `json:"Shared Hit Blocks"`
			Read int `json:"Shared Read Blocks"`
		}
	}
	for range 2 { // the first plans it
		c.scan("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT closed_to('"+c.coach.Member.String()+"', '2026-11-01')", &plan)
	}
	if n := plan[0].Plan.Hit + plan[0].Plan.Read; n > 300 {
		c.t.Errorf("closed_to reads %d pages", n)
	}
}

// askers are those whose lists of coaching are other statements than a coordinator's.
func (c *crowdCoaching) askers(path string) []*apptest.Client {
	for _, of := range []string{"/v1/coaches", "/v1/engagements", "/v1/coaching", "/v1/goals", "/v1/hand-overs", "/v1/tasks", "/v1/me/supervision-notes"} {
		if strings.HasPrefix(path, of) {
			return []*apptest.Client{c.coach, c.mia}
		}
	}
	return nil
}

// hold takes what is between a coach and a client through all that happens with it. What these ask is of one, and must not grow with all the others.
// It answers the ids that lists need.
func (c *crowdCoaching) hold() map[string]string {
	goal := c.do(c.coach, 201, "POST", "{engagement}/goals", object{"words": "Sleep through"}).ID()
	c.paths["{goal}"] = "/v1/goals/" + goal.String()
	step := c.do(c.mia, 201, "POST", "{goal}/actions", object{"text": "Read before bed", "due_on": "2026-01-01"}).ID()
	c.paths["{step}"] = "/v1/actions/" + step.String()
	for _, path := range []string{"{goal}", "{step}"} {
		c.do(c.mia, 200, "GET", path, nil)
		c.do(c.coach, 200, "GET", path, nil)
	}
	c.do(c.coach, 200, "PATCH", "{goal}", object{"progress": 20}, "If-Match", `"1"`)
	c.do(c.mia, 200, "PATCH", "{step}", object{"text": "Read in bed"}, "If-Match", `"1"`)
	c.do(c.mia, 200, "POST", "{step}/done", nil)
	c.do(c.coach, 200, "GET", "/v1/me/coaching/today", nil)
	var next time.Time
	c.scan("SELECT t FROM generate_series(date_trunc('day', now()) + interval '9 days', now() + interval '30 days', '1 hour') t WHERE NOT EXISTS (SELECT FROM commitments b WHERE b.resource_id IN ('"+
		c.coach.Member.String()+"', '"+c.mia.Member.String()+"') AND b.during && tstzrange(t, t + interval '2 hours')) LIMIT 1", &next)
	log := object{"log_id": services.NewID(), "outcome": "completed", "shared_summary": object{"text": "About sleep"}, "private_note": object{"text": "Ask about work"}, "supervision_note": object{"text": "Am I the right one?"},
		"next_steps": []object{{"text": "Leave the phone", "goal_id": goal}}, "goals": []object{{"goal_id": goal, "progress": 40}}, "next": object{"starts_at": next}}
	var logged coaching.LoggedCoaching
	c.do(c.coach, 200, "POST", "{session}/log", log).JSON(&logged)
	c.do(c.coach, 200, "POST", "{session}/log", log)
	c.do(c.coach, 200, "PATCH", "{session}/log", object{"minutes": 40}, "If-Match", fmt.Sprintf("%q", fmt.Sprint(logged.Version)))
	if logged.Next == nil || !logged.Next.Booked {
		c.t.Errorf("nothing is booked: %+v", logged.Next)
	}
	c.paths["{note}"] = "/v1/coaching-notes/" + logged.Notes[0].ID.String()
	c.do(c.coach, 200, "GET", "{note}", nil)
	c.do(c.coach, 200, "POST", "{note}/amend", object{"text": "About sleep, and work", "reason": "Left out"})
	c.do(c.mia, 200, "GET", "{note}", nil)
	c.do(c.mia, 200, "GET", "/v1/me/coaching", nil)
	c.do(c.mia, 200, "GET", "/v1/me/home", nil)
	draft := c.do(c.coach, 201, "POST", "{engagement}/notes", object{"tier": "private", "text": "A draft"}).ID().String()
	c.do(c.coach, 200, "PUT", "/v1/coaching-notes/"+draft, object{"text": "Another"}, "If-Match", `"1"`)
	c.do(c.coach, 204, "DELETE", "/v1/coaching-notes/"+draft, nil, "If-Match", `"2"`)
	c.book()
	c.keepHours()
	glass := c.office()
	return map[string]string{"engagement_id": c.engagement, "coaching_session_id": strings.TrimPrefix(c.paths["{session}"], "/v1/coaching-sessions/"), "coach_id": c.coach.Member.String(), "goal_id": goal.String(),
		"note_id": logged.Notes[0].ID.String(), "break_glass_id": glass}
}

// book has the client look for times, book, move and call off.
func (c *crowdCoaching) book() {
	days := url.Values{"from": {c.a.Core.Clock.Now().AddDate(0, 0, 2).Format(time.DateOnly)}, "to": {c.a.Core.Clock.Now().AddDate(0, 0, 50).Format(time.DateOnly)}, "time_zone": {"America/Denver"}}
	c.do(c.mia, 200, "GET", "/v1/coaching-slots?"+days.Encode(), nil)
	days.Set("engagement_id", c.engagement)
	var free coaching.CoachSlots
	c.do(c.mia, 200, "GET", "{coach}/slots?"+days.Encode(), nil).JSON(&free)
	if len(free.Days) < 9 {
		c.t.Fatalf("%d days are free", len(free.Days))
	}
	at := func(day int) time.Time { return free.Days[day].Slots[0].StartsAt }
	booking := object{"engagement_id": c.engagement, "starts_at": at(1), "modality": "online"}
	first := c.do(c.mia, 201, "POST", "/v1/coaching-sessions", booking).ID().String()
	moved := c.do(c.mia, 200, "POST", "/v1/coaching-sessions/"+first+"/reschedule", object{"starts_at": at(3)}).ID().String()
	for _, path := range []string{"", "/join"} {
		c.do(c.mia, 200, "GET", "/v1/coaching-sessions/"+moved+path, nil)
	}
	c.do(c.mia, 200, "POST", "/v1/coaching-sessions/"+moved+"/cancel", object{"reason": "Away"})
	c.do(c.coach, 200, "GET", "/v1/coaching-sessions/"+moved, nil)
	c.do(c.boss, 200, "POST", "/v1/coaching-sessions/"+moved+"/restore", object{"reason": "She can come after all"})
	booking["repeat"], booking["starts_at"] = object{"every_weeks": 1, "times": 2}, at(8)
	c.do(c.boss, 200, "POST", "{engagement}/extend", object{"sessions": 10, "reason": "More time"})
	series := c.do(c.mia, 201, "POST", "/v1/coaching-sessions", booking).Map()["series"].(map[string]any)["series_id"]
	c.do(c.mia, 200, "POST", fmt.Sprint("/v1/coaching-series/", series, "/cancel"), object{})
}

// keepHours has the coach change when they work.
func (c *crowdCoaching) keepHours() {
	day := c.a.Core.Clock.Now().AddDate(0, 0, 12)
	c.do(c.coach, 200, "GET", "{coach}/availability", nil)
	c.do(c.coach, 200, "PUT", "{coach}/overrides/"+day.Format(time.DateOnly), object{"windows": []string{"18:00-20:00"}}, "If-Match", "*")
	c.do(c.coach, 201, "POST", "{coach}/time-off", object{"starts_at": day.AddDate(0, 0, 5), "ends_at": day.AddDate(0, 0, 12)})
	c.do(c.coach, 201, "POST", "{coach}/schedules", object{"name": "Evenings", "starts_on": "2026-01-01", "hours": []object{{"rule": "FREQ=WEEKLY;BYDAY=MO", "from_time": "18:00", "until_time": "20:00"}}})
	for _, path := range []string{"/hours-log?from=2024-01-01", "/hours-log.csv?from=2024-01-01", "/hours-log.csv?by=client&from=2024-01-01", "/hours-log.pdf?from=2024-01-01"} {
		c.do(c.coach, 200, "GET", "{coach}"+path, nil)
	}
}

// office is what coordinators and admins do. It answers the glass that was broken.
func (c *crowdCoaching) office() string {
	for _, path := range []string{"{coach}", "{engagement}", "{engagement}/limits", "/v1/coaching/caseloads", "/v1/coaching/waiting", "/v1/members/" + c.mia.Member.String() + "/timeline"} {
		c.do(c.boss, 200, "GET", path, nil)
	}
	var waits string
	c.scan(`SELECT e.id::text FROM engagements e JOIN engagement_participants p ON p.engagement_id = e.id AND p.entered_by IS NULL JOIN members m ON m.id = p.member_id
		WHERE e.state = 'requested' AND NOT e.joint AND m.status = 'active' ORDER BY e.id LIMIT 1`, &waits)
	c.paths["{waits}"] = "/v1/engagements/" + waits
	var best coaching.MatchSuggestions
	c.do(c.boss, 200, "GET", "{waits}/match-suggestions", nil).JSON(&best)
	c.do(c.boss, 200, "POST", "{waits}/match", object{"coach_id": best.Data[0].CoachID})
	c.do(c.boss, 200, "POST", "{waits}/activate", object{"reason": "Both said so"})
	c.do(c.boss, 200, "POST", "{waits}/end", object{"reason": "asked"})
	handed := c.do(c.boss, 201, "POST", "{engagement}/hand-over", object{"to_coach_id": best.Data[1].CoachID, "move_sessions": true}).ID().String()
	c.do(c.boss, 200, "POST", "/v1/hand-overs/"+handed+"/accept", object{"member_id": c.mia.Member, "history": true})
	c.do(c.mia, 200, "GET", "/v1/hand-overs/"+handed, nil)
	c.do(c.boss, 200, "POST", "/v1/hand-overs/"+handed+"/cancel", nil)
	c.do(c.boss, 200, "POST", "{coach}/reassign", object{"dry_run": true})
	c.do(c.mia, 200, "POST", "{engagement}/ask-for-another-coach", nil)
	c.do(c.mia, 200, "POST", "{engagement}/keep-coach", nil)
	c.do(c.mia, 200, "POST", "{engagement}/pause", object{})
	c.do(c.mia, 200, "POST", "{engagement}/resume", nil)
	glass := c.do(c.boss, 201, "POST", "/v1/break-glass", object{"member_id": c.mia.Member, "reason": glassReason}).ID().String()
	for _, path := range []string{"/v1/break-glass/" + glass, "/v1/break-glass/" + glass + "/notes", "{note}"} {
		c.do(c.boss, 200, "GET", path, nil)
	}
	return glass
}

// end is what follows a separation and a suspension, by themselves too, and somebody who asks for a coach.
func (c *crowdCoaching) end(asks *apptest.Client) {
	for _, who := range []*apptest.Client{c.boss, asks} { // the clock was set forward meanwhile
		who.SignIn()
	}
	var other, program uuid.UUID
	c.scan("SELECT p.member_id, (SELECT id FROM programs WHERE status = 'active' LIMIT 1) FROM engagement_participants p WHERE p.engagement_id = '"+c.leaves+"' LIMIT 1", &other, &program)
	c.do(asks, 201, "POST", "/v1/engagements", object{"hopes": "To be less alone", "hours": []string{"MO 18:00-20:00"}, "program_id": program})
	c.do(c.boss, 201, "POST", "/v1/separations", object{"kind": "protected", "protected_id": other, "kept_apart_id": c.coach.Member, "review_on": time.Now().AddDate(0, 6, 0).Format(time.DateOnly), "reason": "Asked for by her"})
	c.do(c.boss, 200, "POST", "{coach}/suspend", object{"reason": "Until it is looked into"}, "If-Match", "*")
	c.asked.during("the jobs of coaching")
	if _, err := c.super.Exec(c.t.Context(), `INSERT INTO river_job (args, kind, max_attempts, scheduled_at, state)
		SELECT '{}', kind, 1, now() - interval '1 hour', 'available' FROM unnest(ARRAY['coach.watch', 'engagement.resume_due']) kind`); err != nil {
		c.t.Fatal(err)
	}
	if _, err := c.a.Core.RunDue(c.t.Context(), c.a.Core.Clock.Now().Add(time.Minute)); err != nil {
		c.t.Fatal(err)
	}
	c.asked.during("")
	c.kin()
}
