package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/models"
)

const (
	programRounds   = 5 // after one that warms
	completionsEach = 24
	applicantsEach  = 80
	registeredEach  = 100
	listsEach       = 150
	sheetPeople     = 30 // at each session; of every fifth nobody has entered whether they came
	intakeQuestions = 20
	signUpQuestions = 5
	manyPeople      = 200
	spread          = 8 // programs, and workshops of each kind, that people apply to and register for in turns
)

// programWorld is what the measurements of programs need to know of what they work on.
type programWorld struct {
	sessions               [3][]uuid.UUID // to be completed: in a program by the product, in none, in a program by SQL alone
	programs, ruled, plain []uuid.UUID    // to apply to; workshops with rules and a form, and without
	judged                 uuid.UUID      // a program with rules
	form                   uuid.UUID      // the intake form
	crowded                []uuid.UUID    // programs of the crowd, with thousands of people each
	applicants, registrars []person
	coordinators           []person
	free                   []uuid.UUID // who may be let into the program with rules
}

// questions are sensitive, as they are unless somebody says otherwise.
func questions(n int) models.FormFields {
	fields := make(models.FormFields, n)
	for i := range fields {
		fields[i] = models.FormField{Key: fmt.Sprintf("question_%d", i+1), Type: models.FieldText, Label: fmt.Sprintf("Question %d of what helps you to feel at ease", i+1), Required: true}
	}
	return fields
}

func answersTo(n int) map[string]string {
	answers := map[string]string{}
	for _, f := range questions(n) {
		answers[f.Key] = "A seat near the door, and a word before the lights go out."
	}
	return answers
}

// everybody's rules: the crowd's people meet each of them.
func easyRules(elsewhere uuid.UUID) models.Rules {
	least := models.AdultAge
	return models.Rules{
		{Key: "who", Rule: models.RuleKinds, Values: []string{"veteran", "caregiver", "guard_reserve", "spouse"}},
		{Key: "age", Rule: models.RuleAge, Min: &least},
		{Key: "home", Rule: models.RuleState, Values: []string{"NC", "VA", "TX", "CA", "GA", "FL", "OH", "WA"}},
		{Key: "once", Rule: models.RuleOncePerMember, ProgramIDs: []uuid.UUID{elsewhere}},
	}
}

func asText(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // of our own constants
	}
	return string(b)
}

// makePrograms adds to the crowd what is worked on, once.
func (b *bench) makePrograms(ctx context.Context) (w *programWorld, err error) {
	w = &programWorld{}
	err = b.inCrowd(ctx, func(conn *pgx.Conn) error {
		for _, step := range []func(context.Context, *pgx.Conn) error{w.makeForms, w.makeSessions, w.makePlaces, w.findPeople} {
			if err := step(ctx, conn); err != nil {
				return err
			}
		}
		_, err := conn.Exec(ctx, "vacuum analyze workshops, workshop_sessions, registrations, attendees, attendance, pools, programs")
		return err
	})
	return w, err
}

const benchDays = `1, '2026-01-01', '2026-01-01'`

func (w *programWorld) makeForms(ctx context.Context, conn *pgx.Conn) error {
	var err error
	if w.crowded, err = ids(ctx, conn, `select id from programs order by id`); err != nil {
		return err
	}
	for _, f := range []struct {
		purpose string
		n       int
	}{{"intake", intakeQuestions}, {"registration", signUpQuestions}} {
		fields := questions(f.n)
		if err := conn.QueryRow(ctx, `with f as (insert into forms (id, version, created_at, updated_at, title, purpose) values (gen_random_uuid(), `+benchDays+`, 'Bench '||$1, $1) returning id)
			insert into form_versions (id, version, created_at, updated_at, form_id, number, fields, schema, published_at)
			select gen_random_uuid(), `+benchDays+`, id, 1, $2::jsonb, $3::jsonb, '2026-01-01' from f returning form_id`, f.purpose, asText(fields), asText(fields.Schema())).Scan(&w.form); err != nil {
			return err
		}
		if f.purpose == "registration" {
			break
		}
		if w.programs, err = ids(ctx, conn, `insert into programs (id, version, created_at, updated_at, name, slug, summary, population, status, starts_on, ends_on, time_zone, takes_applications, intake_form_id)
			select gen_random_uuid(), `+benchDays+`, 'Bench ' || n, 'bench-' || n, 'A year together', 'Everybody', 'active', '2026-01-01', '2036-12-31', 'America/New_York', true, $1
			from generate_series(1, $2::int) n returning id`, w.form, spread); err != nil {
			return err
		}
	}
	return nil
}

// makeSessions makes sessions of yesterday, with people who have a place in the program and 24 of 30 of whom it is known
// whether they came.
func (w *programWorld) makeSessions(ctx context.Context, conn *pgx.Conn) error {
	n := 3 * (1 + programRounds) * completionsEach
	for _, sql := range []string{
		`create temp table bench_held as select j, gen_random_uuid() as id, p.id as program_id from generate_series(0, ` + fmt.Sprint(n-1+9) + `) j
			join (select id, row_number() over (order by id) - 1 as number from programs where slug like 'program-%') p on p.number = j / 3 % 20`,
		`create temp table bench_active as select program_id, member_id, row_number() over (partition by program_id order by id) - 1 as k from enrollments where state = 'active'`,
		`create temp table bench_parties as select gen_random_uuid() as id, h.id as workshop_id, a.member_id, a.k from bench_held h
			join bench_active a on a.program_id = h.program_id and a.k / ` + fmt.Sprint(sheetPeople) + ` = h.j / 60`,
		`insert into workshops (id, version, created_at, updated_at, program_id, title, format, attendance_mode, time_zone, capacity, approval_required, cancel_deadline_hours, guests_per_party,
				max_party, teen_program, offer_hours, visibility, is_template, starts_at, ends_at, listed_until, published_at)
			select id, ` + benchDays + `, case when j % 3 <> 1 then program_id end, 'Evening of the bench', 'in_person', 'series', 'America/New_York', 200, false, 24, 2, 6, false, 24, 'published', false,
				date_trunc('day', now()) - interval '10 hours', date_trunc('day', now()) - interval '8 hours', date_trunc('day', now()) - interval '10 hours', '2026-01-01' from bench_held`,
		`insert into workshop_sessions (id, version, created_at, updated_at, workshop_id, starts_at, ends_at, local_start, time_zone, status, sequence)
			select w.id, 1, w.created_at, w.updated_at, w.id, w.starts_at, w.ends_at, '2026-01-01T18:00', w.time_zone, 'scheduled', 0 from workshops w join bench_held h on h.id = w.id`,
		`insert into pools (id, workshop_id, capacity, taken) select id, id, 200, ` + fmt.Sprint(sheetPeople) + ` from bench_held`,
		`insert into registrations (id, version, created_at, updated_at, workshop_id, lead_member_id, entered_by, state, confirmed_at)
			select id, ` + benchDays + `, workshop_id, member_id, member_id, 'confirmed', '2026-01-01' from bench_parties`,
		`insert into attendees (id, created_at, updated_at, registration_id, live, pool_id, kind, state, member_id, entered_by, joined_at)
			select id, '2026-01-01', '2026-01-01', id, true, workshop_id, 'adult', 'attending', member_id, member_id, '2026-01-01' from bench_parties`,
		`insert into attendance (id, session_id, attendee_id, status, source, recorded_at)
			select gen_random_uuid(), workshop_id, id, case k % 5 when 1 then 'absent' else 'present' end, 'staff', now() from bench_parties where k % 5 <> 0`,
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%.60s…: %w", sql, err)
		}
	}
	for kind := range w.sessions {
		var err error
		if w.sessions[kind], err = ids(ctx, conn, `select id from bench_held where j % 3 = $1 order by j`, kind); err != nil {
			return err
		}
	}
	return nil
}

// makePlaces makes what people register for and are let into.
func (w *programWorld) makePlaces(ctx context.Context, conn *pgx.Conn) error {
	rules := asText(easyRules(w.programs[0]))
	for _, kind := range []struct {
		into  *[]uuid.UUID
		rules string
		form  *uuid.UUID
	}{{&w.ruled, rules, &w.form}, {&w.plain, "[]", nil}} {
		made, err := ids(ctx, conn, `with w as (insert into workshops (id, version, created_at, updated_at, title, format, attendance_mode, time_zone, capacity, approval_required, cancel_deadline_hours, guests_per_party,
				max_party, teen_program, offer_hours, visibility, is_template, starts_at, ends_at, listed_until, published_at, opens_at, rules, registration_form_id)
			select gen_random_uuid(), `+benchDays+`, 'Evening of the bench', 'in_person', 'series', 'America/New_York', 100000, false, 24, 2, 6, false, 24, 'published', false,
				t.at, t.at + interval '2 hours', t.at, '2026-01-01', '2026-01-01', $1::jsonb, $2 from generate_series(1, $3::int), (select date_trunc('day', now()) + interval '30 days' as at) t returning *),
			s as (insert into workshop_sessions (id, version, created_at, updated_at, workshop_id, starts_at, ends_at, local_start, time_zone, status, sequence)
				select id, 1, created_at, updated_at, id, starts_at, ends_at, '2026-01-01T18:00', time_zone, 'scheduled', 0 from w)
			insert into pools (id, workshop_id, capacity) select id, id, 100000 from w returning id`, kind.rules, kind.form, spread)
		if err != nil {
			return err
		}
		*kind.into = made
	}
	w.form = uuid.Nil
	if err := conn.QueryRow(ctx, `select intake_form_id from programs where id = $1`, w.programs[0]).Scan(&w.form); err != nil {
		return err
	}
	return conn.QueryRow(ctx, `insert into programs (id, version, created_at, updated_at, name, slug, summary, population, status, starts_on, ends_on, time_zone, rules)
		values (gen_random_uuid(), `+benchDays+`, 'Bench of many', 'bench-of-many', '', '', 'active', '2026-01-01', '2036-12-31', 'America/New_York', $1::jsonb) returning id`, rules).Scan(&w.judged)
}

// findPeople takes adults of the crowd, some of whom have accounts.
func (w *programWorld) findPeople(ctx context.Context, conn *pgx.Conn) error {
	const grown = `m.status = 'active' and m.birth_date < '1995-01-01' and m.kinds && '{veteran,caregiver,guard_reserve,spouse}'`
	rounds := 1 + programRounds
	members, err := signedIn(ctx, conn, `select a.id, a.member_id from accounts a join members m on m.id = a.member_id where `+grown+` and a.roles = '{member}' order by a.id limit $1`,
		2*(applicantsEach*rounds+3)+registeredEach*rounds+3)
	if err != nil {
		return err
	}
	w.applicants, w.registrars = members[:2*(applicantsEach*rounds+3)], members[2*(applicantsEach*rounds+3):]
	if w.free, err = ids(ctx, conn, `select m.id from members m where `+grown+` and not exists (select from accounts a where a.member_id = m.id) order by m.id limit $1`, 10*manyPeople); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, `update accounts set roles = '{coordinator}' where id in (select a.id from accounts a join members m on m.id = a.member_id where a.roles = '{member}' and `+grown+` order by a.id desc limit 20)`); err != nil {
		return err
	}
	w.coordinators, err = signedIn(ctx, conn, `select id, member_id from accounts where roles = '{coordinator}' order by id desc limit $1`, 20)
	return err
}

// signedIn opens a session for each of some accounts.
func signedIn(ctx context.Context, conn *pgx.Conn, accounts string, most int) (out []person, err error) {
	rows, err := conn.Query(ctx, `with a(id, member_id) as (`+accounts+`), s as (insert into sessions (id, account_id, created_at, last_used_at, expires_at, auth_time)
		select gen_random_uuid(), a.id, now.at, now.at, now.at + interval '12 hours', now.at from a, (select $2::timestamptz as at) now returning id, account_id)
		select a.member_id, a.id, s.id from a join s on s.account_id = a.id`, most, time.Now())
	if err != nil {
		return nil, err
	}
	var p person
	_, err = pgx.ForEachRow(rows, []any{&p.Member, &p.Account, &p.Session}, func() error { out = append(out, p); return nil })
	if err == nil && len(out) != most {
		err = fmt.Errorf("the crowd has %d people of those, not %d", len(out), most)
	}
	return out, err
}

func ids(ctx context.Context, conn *pgx.Conn, sql string, args ...any) ([]uuid.UUID, error) {
	rows, err := conn.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
}
