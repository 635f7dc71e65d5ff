package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/bench/load"
	"homefront/models"
	"homefront/services/coaching"
)

const (
	practices     = 8             // coaches who are at work, beside those who take new clients
	loggers       = practices - 1 // of whom the last has no session that is over and not written down
	clientsEach   = 12            // of each of these
	todaysEach    = 8             // sessions of the day that is asked for
	racersOfSlot  = 100           // clients of one more coach
	sessionsSoFar = 6             // of each client
)

// practice is coaches with clients, and one more coach with those who race.
type practice struct {
	staff       []person // coaches, the last of whom is raced for
	coachTokens []string
	engagements []uuid.UUID // of People, in their order: clientsEach of each coach, then the racers'
	held        []uuid.UUID // sessions that are over and not written down: of each coach in turns, one after another
	goals       []uuid.UUID // of the clients, one each
	asks        uuid.UUID   // somebody who waits for a coach
	logged      [][]uuid.UUID
}

// client is the number of a client of a coach, among People.
func client(coach, n int) int { return coach*clientsEach + n%clientsEach }

func heldAtMost() int { return 2 * logsEach * (1 + programRounds) }

// makePractice adds coaches with clients who have met, and with what is said in confidence told to the product, which alone can seal it.
func (w *inCoaching) makePractice(ctx context.Context, conn *pgx.Conn) error {
	members := make([]uuid.UUID, practices*clientsEach+racersOfSlot+1)
	for i := range members {
		members[i] = w.b.world.People[i].Member
	}
	if _, err := conn.Exec(ctx, "create temp table coached_bench (n bigint, id uuid, engagement uuid, coach int)"); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, `insert into coached_bench select n - 1, id, gen_random_uuid(), least((n - 1) / $2, $3) from unnest($1::uuid[]) with ordinality m(id, n)`, members, clientsEach, practices); err != nil {
		return err
	}
	for _, sql := range []string{
		"set session_replication_role = replica",
		`create temp table practice_bench as select row_number() over (order by id) - 1 as n, id from (select id from members m where not exists (select from accounts a where a.member_id = m.id)
			order by id desc limit ` + fmt.Sprint(practices+1) + `) m`,
		`insert into accounts (id, version, created_at, updated_at, member_id, email, roles, status, email_verified_at, auth_changed_at)
			select gen_random_uuid(), ` + benchDays + `, id, 'practice' || id || '@bench.homefront.example', '{coach}', 'active', '2026-01-01', '2026-01-01' from practice_bench`,
		`insert into accounts (id, version, created_at, updated_at, member_id, email, roles, status, email_verified_at, auth_changed_at)
			select gen_random_uuid(), ` + benchDays + `, id, 'desk' || id || '@bench.homefront.example', '{coordinator}', 'active', '2026-01-01', '2026-01-01' from (select id from members m
				where not exists (select from accounts a where a.member_id = m.id) order by id limit 2) m`,
		`insert into credentials (id, version, created_at, updated_at, member_id, kind, issued_on, expires_on) select gen_random_uuid(), ` + benchDays + `, id, kind, '2026-01-01', '2036-01-01'
			from practice_bench, unnest(array['background_check', 'coach_training', 'coaching_agreement']) kind`,
		`insert into coaches (id, version, created_at, updated_at, bio, specialties, languages, modalities, time_zone, accepting, caseload_limit, supervisor_id) select id, ` + benchDays + `, 'Coach', '{sleep}', '{en}', '{online}',
			'America/New_York', false, 200, (select id from coaching_bench limit 1) from practice_bench`,
		`insert into coach_schedules (id, version, created_at, updated_at, coach_id, name, time_zone, starts_on) select id, ` + benchDays + `, id, 'Hours', 'America/New_York', '2022-01-03' from practice_bench`,
		`insert into coach_hours (id, schedule_id, rule, from_time, until_time) select gen_random_uuid(), id, 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR', '09:00', '17:00' from practice_bench`,
		`insert into programs (id, version, created_at, updated_at, name, slug, status) select id, ` + benchDays + `, 'Coaching', 'coaching-bench', 'active' from practice_bench where n = 0`,
		`insert into consent_documents (id, version, created_at, updated_at, kind, title, optional, assent, status) select id, ` + benchDays + `, 'confidentiality_limits', 'What stays between us', false, false, 'published' from practice_bench where n = 0`,
		`insert into consent_document_versions (id, version, created_at, updated_at, document_id, number, language, body, text_hash, material, effective_from, published_at)
			select id, ` + benchDays + `, id, 1, 'en', 'Coaching is not therapy.', encode(sha256('Coaching is not therapy.'), 'hex'), true, '2026-01-01', '2026-01-01' from practice_bench where n = 0`,
		`insert into consents (id, version, created_at, updated_at, member_id, document_id, version_id, status, latest, method, signed_by, signed_on, signed_at, text_hash)
			select gen_random_uuid(), ` + benchDays + `, c.id, v.id, v.id, 'granted', true, 'typed', c.id, '2026-01-01', '2026-01-01', v.text_hash from coached_bench c, consent_document_versions v where v.body = 'Coaching is not therapy.'`,
		`insert into engagements (id, version, created_at, updated_at, program_id, coach_id, state, focus_areas, language, time_zone, hours, package_sessions, requested_at, requested_by, matched_at, coach_accepted_at, activated_at)
			select c.engagement, ` + benchDays + `, (select id from programs where slug = 'coaching-bench'), case when w.waits then null else p.id end, case when w.waits then 'requested' else 'active' end, '{sleep}', 'en', 'America/New_York',
				'{"MO 09:00-20:00","WE 09:00-20:00"}', 100, '2026-01-01', c.id, '2026-01-02', '2026-01-02', '2026-01-02'
			from coached_bench c join practice_bench p on p.n = c.coach cross join lateral (select c.n = (select max(n) from coached_bench) as waits) w`,
		`insert into engagement_participants (id, engagement_id, member_id, joint, live, state, accepted_at) select gen_random_uuid(), engagement, id, false, true, 'joined', '2026-01-02' from coached_bench`,
		`insert into engagement_coaches (id, engagement_id, coach_id, starts_at) select gen_random_uuid(), c.engagement, p.id, '2026-01-02' from coached_bench c join practice_bench p on p.n = c.coach where c.n < (select max(n) from coached_bench)`,
		// What has been held, what the day that is asked for brings, and what is to be written down.
		`create temp table met_bench as
			select gen_random_uuid() as id, c.engagement, c.id as member, c.coach, 'completed' as state, now() - k * interval '14 days' as at, c.n from coached_bench c, generate_series(1, ` + fmt.Sprint(sessionsSoFar) + `) k where c.coach < ` + fmt.Sprint(practices) + `
			union all select gen_random_uuid(), c.engagement, c.id, c.coach, 'booked', date_trunc('day', now()) + interval '2 days 14 hours' + (c.n % ` + fmt.Sprint(clientsEach) + `) * interval '1 hour', c.n from coached_bench c
				where c.coach < ` + fmt.Sprint(practices) + ` and c.n % ` + fmt.Sprint(clientsEach) + ` < ` + fmt.Sprint(todaysEach) + `
			union all select gen_random_uuid(), c.engagement, c.id, c.coach, 'in_progress', now() - interval '1 hour', i from generate_series(0, ` + fmt.Sprint(heldAtMost()-1) + `) i
				join coached_bench c on c.n = i % ` + fmt.Sprint(loggers) + ` * ` + fmt.Sprint(clientsEach) + ` + i / ` + fmt.Sprint(loggers) + ` % ` + fmt.Sprint(clientsEach),
		`insert into coaching_sessions (id, version, created_at, updated_at, engagement_id, coach_id, state, starts_at, ends_at, time_zone, modality, booked_by, chain_id, closed_at, minutes, logged_at, logged_by)
			select s.id, ` + benchDays + `, s.engagement, p.id, s.state, s.at, s.at + interval '50 minutes', 'America/New_York', 'online', s.member, s.id, case s.state when 'completed' then s.at end,
				case s.state when 'completed' then 50 end, case s.state when 'completed' then s.at end, case s.state when 'completed' then p.id end from met_bench s join practice_bench p on p.n = s.coach`,
		`insert into coaching_attendance (session_id, member_id, status) select id, member, case state when 'completed' then 'present' end from met_bench`,
		"reset session_replication_role",
		"vacuum analyze accounts, credentials, coaches, coach_schedules, coach_hours, engagements, engagement_participants, engagement_coaches, coaching_sessions, coaching_attendance, consents",
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%.60s…: %w", sql, err)
		}
	}
	return w.enter(ctx, conn)
}

// enter gives everybody their tokens, and has coaches say what has been agreed on.
func (w *inCoaching) enter(ctx context.Context, conn *pgx.Conn) error {
	var err error
	if w.engagements, err = ids(ctx, conn, `select engagement from coached_bench order by n`); err != nil {
		return err
	}
	w.asks = w.engagements[len(w.engagements)-1]
	if w.held, err = ids(ctx, conn, `select id from met_bench where state = 'in_progress' order by n`); err != nil {
		return err
	}
	if w.practice.staff, err = signedIn(ctx, conn, `select a.id, a.member_id from practice_bench p join accounts a on a.member_id = p.id order by p.n limit $1`, practices+1); err != nil {
		return err
	}
	// The rows that come back are in no order.
	order, err := ids(ctx, conn, `select id from practice_bench order by n`)
	if err != nil {
		return err
	}
	in := map[uuid.UUID]person{}
	for _, p := range w.practice.staff {
		in[p.Member] = p
	}
	for i, id := range order {
		w.practice.staff[i] = in[id]
	}
	if w.coachTokens, err = signTokens(ctx, w.b.cluster.app(), w.b.cluster.super(), w.b.secret, w.practice.staff, "coach"); err != nil {
		return err
	}
	desk, err := signedIn(ctx, conn, `select id, member_id from accounts where email like 'desk%' order by id limit $1`, 2)
	if err != nil {
		return err
	}
	w.world = &programWorld{coordinators: desk}
	if w.atWork.staff, err = signTokens(ctx, w.b.cluster.app(), w.b.cluster.super(), w.b.secret, desk, "coordinator"); err != nil {
		return err
	}
	w.logged = make([][]uuid.UUID, practices)
	return w.agreeOnSteps()
}

// agreeOnSteps has the coaches set a goal with each client, and agree on two steps, of which one is overdue.
func (w *inCoaching) agreeOnSteps() error {
	c, err := load.Dial(w.server.addr)
	if err != nil {
		return err
	}
	defer c.Close()
	say := func(coach int, path string, body map[string]any) (uuid.UUID, error) {
		a, err := c.Do(load.Post(path, w.coachTokens[coach], []byte(asText(body))))
		var made models.Record
		if err == nil && a.Status != 201 {
			err = fmt.Errorf("%s answers %d %.300s", path, a.Status, a.Body)
		}
		if err == nil {
			err = json.Unmarshal(a.Body, &made)
		}
		return made.ID, err
	}
	for i := range practices * clientsEach {
		coach, at := i/clientsEach, "/v1/engagements/"+w.engagements[i].String()
		goal, err := say(coach, at+"/goals", map[string]any{"words": "Sleep six hours on five nights a week"})
		if err != nil {
			return err
		}
		w.goals = append(w.goals, goal)
		for _, due := range []string{"2026-01-01", "2099-01-01"} {
			if _, err := say(coach, at+"/actions", map[string]any{"text": "Put the phone into the kitchen at ten", "goal_id": goal, "due_on": due}); err != nil {
				return err
			}
		}
	}
	return nil
}

// freeHour is a time on working days that no other number has, within the hours of a coach and their horizon.
func freeHour(n int) time.Time {
	day := time.Now().In(newYork)
	for left := 3 + n/8; left > 0; {
		if day = day.AddDate(0, 0, 1); day.Weekday() != time.Saturday && day.Weekday() != time.Sunday {
			left--
		}
	}
	return time.Date(day.Year(), day.Month(), day.Day(), 9+n%8, 0, 0, 0, newYork).UTC()
}

// lateHour is such a time outside these hours, which a coach may book all the same.
func lateHour(n int) time.Time {
	day := time.Now().In(newYork).AddDate(0, 0, 5+n/4)
	return time.Date(day.Year(), day.Month(), day.Day(), 18+n%4, 0, 0, 0, newYork).UTC()
}

// logOf is what a coach writes down of the i-th session that is over, with the next.
func (w *inCoaching) logOf(i int) coaching.LogCoaching {
	at := client(i%loggers, i/loggers)
	step := func(text string) coaching.NewAction { return coaching.NewAction{Text: text, GoalID: &w.goals[at]} }
	return coaching.LogCoaching{LogID: uuid.Must(uuid.NewV7()), Outcome: "completed", SharedSummary: &coaching.LogNote{Text: "We looked at the evenings. He reads before he sleeps now."}, PrivateNote: &coaching.LogNote{Text: "Ask about work."},
		SupervisionNote: &coaching.LogNote{Text: "Am I the right one for this?"}, NextSteps: []coaching.NewAction{step("Read before bed"), step("Call his sister")},
		Goals: []coaching.GoalProgress{{GoalID: w.goals[at], Progress: 10 + i%90}}, Next: &coaching.NextCoaching{StartsAt: lateHour(i / loggers)}}
}
