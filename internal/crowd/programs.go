package crowd

import "strings"

// ofPerson are the columns of an editable row that is made of a person.
var ofPerson = strings.ReplaceAll(fresh, "n ", "p.n ")

const placeStates = "('enrolled', 'active', 'paused')"

// enrolled is a statement that puts each of some people into one program: into which, as the number of the program that is
// added to theirs, and which id the row gets. Who began in January of 2026 could come twice until
// March.
func enrolled(id, program, which string) string {
	return `INSERT INTO enrollments (id, version, created_at, updated_at, program_id, program_first_day, program_last_day, cohort_id, member_id, entered_by, state, starts_on, ends_on,
		paused_until, applied_at, waitlisted_at, enrolled_at, activated_at, closed_at, closed_from, end_reason, sessions_offered, sessions_attended, sessions_missed, consecutive_absences, last_seen_at)
	SELECT ` + id + `, ` + ofPerson + `, g.id, g.first_day, g.last_day, CASE WHEN s.state NOT IN ('applied', 'denied') THEN c.id END, p.id, p.id, s.state,
		CASE WHEN s.began THEN '2026-01-05'::date END, CASE WHEN s.state IN ('completed', 'withdrawn') THEN '2026-06-30'::date END,
		CASE WHEN s.state = 'paused' THEN '2026-12-01'::date END, '2025-12-01'::timestamptz + p.n * interval '20 seconds', CASE WHEN s.state = 'waitlisted' THEN '2025-12-30'::timestamptz + p.n * interval '1 second' END,
		CASE WHEN s.began THEN '2026-01-02'::timestamptz END, CASE WHEN s.state IN ('active', 'paused', 'completed') THEN '2026-01-06'::timestamptz END,
		CASE WHEN s.state IN ('completed', 'denied', 'withdrawn') THEN '2026-06-30'::timestamptz END, CASE s.state WHEN 'completed' THEN 'active' WHEN 'denied' THEN 'applied' WHEN 'withdrawn' THEN 'active' END,
		CASE s.state WHEN 'completed' THEN 'finished' WHEN 'denied' THEN 'no_place' WHEN 'withdrawn' THEN 'member_request' END,
		CASE WHEN s.began THEN 2 ELSE 0 END, CASE WHEN s.began THEN 2 - p.n % 3 ELSE 0 END, CASE WHEN s.began THEN p.n % 3 ELSE 0 END, CASE WHEN s.began THEN p.n % 3 ELSE 0 END,
		CASE WHEN s.began AND p.n % 3 < 2 THEN '2026-02-09'::timestamptz - p.n % 3 * interval '30 days' END
	FROM people p JOIN people q ON q.n = 1 + (p.n + ` + program + `) % 20 JOIN programs g ON g.id = q.id JOIN people c ON c.n = q.n + 20 * ((p.n / 20) % 10)
		CROSS JOIN LATERAL (SELECT state, state NOT IN ('applied', 'waitlisted', 'denied') AS began FROM (SELECT (ARRAY['completed','completed','completed','completed','completed','completed','completed','withdrawn','withdrawn','withdrawn','denied','active','active',
			'active','active','active','enrolled','paused','waitlisted','applied'])[1 + (p.n / 20 + ` + program + `) % 20] AS state) x) s
	WHERE ` + which
}

// inPrograms are programs with the people in them, what these were asked, and who was at what.
var inPrograms = []string{
	`INSERT INTO forms (id, version, created_at, updated_at, title, description, purpose) SELECT id, ` + fresh + `, 'Form ' || n, '', CASE WHEN n % 2 = 0 THEN 'intake' ELSE 'registration' END FROM people WHERE n <= 30`,
	`INSERT INTO form_versions (id, version, created_at, updated_at, form_id, number, fields, schema, published_at) SELECT gen_random_uuid(), 1, f.created_at, f.updated_at, f.id, k,
		'[{"key":"goal","type":"text","label":"What do you hope for?"}]', '{"type":"object"}', CASE WHEN k < 4 THEN '2025-06-01'::timestamptz END FROM forms f, generate_series(1, 4) k`,
	`INSERT INTO programs (id, version, created_at, updated_at, name, slug, summary, population, status, starts_on, ends_on, time_zone, takes_applications, intake_form_id)
	SELECT p.id, ` + ofPerson + `, 'Program ' || p.n, 'program-' || p.n, 'A year together', 'Everybody', 'active', '2025-01-01', '2027-12-31', 'America/New_York', true, f.id
	FROM people p JOIN people f ON f.n = 2 WHERE p.n <= 20`,
	`INSERT INTO cohorts (id, version, created_at, updated_at, program_id, program_first_day, program_last_day, name, starts_on, ends_on, capacity, status)
	SELECT p.id, ` + ofPerson + `, g.id, g.first_day, g.last_day, 'Cohort ' || p.n, '2026-01-01'::date + p.n, '2026-12-31', 100000, CASE WHEN p.n % 3 = 0 THEN 'planned' ELSE 'active' END
	FROM people p JOIN people q ON q.n = 1 + (p.n - 1) % 20 JOIN programs g ON g.id = q.id WHERE p.n <= 200`,
	enrolled("p.id", "0", "true"),
	enrolled("gen_random_uuid()", "7", "p.n % 3 = 0"),
	`UPDATE programs g SET taken = e.taken FROM (SELECT program_id, count(*) AS taken FROM enrollments WHERE state IN ` + placeStates + ` GROUP BY program_id) e WHERE e.program_id = g.id`,
	`UPDATE cohorts c SET taken = e.taken FROM (SELECT cohort_id, count(*) AS taken FROM enrollments WHERE state IN ` + placeStates + ` GROUP BY cohort_id) e WHERE e.cohort_id = c.id`,
	`INSERT INTO enrollment_pauses (id, enrollment_id, from_on, until_on) SELECT gen_random_uuid(), id, '2026-03-01', paused_until FROM enrollments WHERE state = 'paused'`,
	`INSERT INTO enrollment_events (id, enrollment_id, at, by_id, step, to_state) SELECT gen_random_uuid(), id, applied_at, member_id, 'apply', 'applied' FROM enrollments`,
	`INSERT INTO enrollment_events (id, enrollment_id, at, step, from_state, to_state, reason) SELECT gen_random_uuid(), id, closed_at, CASE state WHEN 'completed' THEN 'complete' WHEN 'denied' THEN 'deny' ELSE 'withdraw' END,
		closed_from, state, end_reason FROM enrollments WHERE closed_at IS NOT NULL`,
	// Some thirty people came to each occasion.
	`INSERT INTO program_attendance (id, source, source_id, program_id, member_id, starts_at, on_day, status)
	SELECT gen_random_uuid(), 'workshop_session', md5(e.program_id::text || k || abs(hashtext(e.member_id::text)) % (1 + @members / 600))::uuid, e.program_id, e.member_id, '2026-01-10'::timestamptz + k * interval '30 days', '2026-01-10'::date + k * 30,
		CASE WHEN k < e.sessions_attended THEN 'present' ELSE 'absent' END FROM enrollments e, generate_series(0, 1) k WHERE e.starts_on IS NOT NULL`,
	`INSERT INTO form_responses (id, version, created_at, updated_at, form_id, form_version_id, member_id, entered_by, record, record_id, status, answered_at)
	SELECT p.id, ` + ofPerson + `, v.form_id, CASE WHEN p.n % 10 <> 0 THEN v.id END, p.id, p.id, 'enrollment', p.id, CASE WHEN p.n % 10 <> 0 THEN 'answered' ELSE 'due' END,
		CASE WHEN p.n % 10 <> 0 THEN '2025-12-01'::timestamptz + p.n * interval '20 seconds' END
	FROM people p JOIN people f ON f.n = 2 JOIN form_versions v ON v.form_id = f.id AND v.number = 1`,
	`INSERT INTO form_answers (id, response_id, field, value, edition, given_on, purge_on) SELECT gen_random_uuid(), r.id, 'goal', '"To sleep"', 1, r.answered_at::date, CASE WHEN r.answered_at < '2025-12-15' THEN '2028-01-01'::date END
	FROM form_responses r WHERE r.status = 'answered'`,
	`INSERT INTO eligibility_waivers (id, member_id, program_id, rule_key, waived_by, waived_at, withdrawn_by, withdrawn_at)
	SELECT gen_random_uuid(), p.id, g.id, 'veterans', s.id, '2026-01-01'::timestamptz + p.n * interval '1 minute', CASE WHEN p.n % 200 = 0 THEN s.id END, CASE WHEN p.n % 200 = 0 THEN '2026-03-01'::timestamptz END
	FROM people p JOIN people g ON g.n = 1 + p.n % 20 JOIN people s ON s.n = 2 WHERE p.n % 20 = 0`,
	`INSERT INTO eligibility_waivers (id, member_id, workshop_id, rule_key, waived_by, waived_at)
	SELECT gen_random_uuid(), p.id, w.id, 'age', s.id, '2026-01-01'::timestamptz + p.n * interval '1 minute' FROM people p JOIN people w ON w.n = 100 JOIN people s ON s.n = 2 WHERE p.n % 20 = 1 AND @members >= 100`,
	`INSERT INTO roll_up_checks (id, at, source, looked_at, differences) SELECT gen_random_uuid(), '2012-01-01'::timestamptz + n * interval '1 day', CASE n % 2 WHEN 0 THEN 'enrollments' ELSE 'workshop_session' END, 100000, 0
	FROM generate_series(1, 5000) n`,
}
