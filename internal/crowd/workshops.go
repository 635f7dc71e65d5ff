package crowd

// One in a hundred of the crowd's workshops has people in it; the others are what the catalog is searched through.
const (
	ofPlan  = "1, '2025-01-01'::timestamptz + w.n * interval '4 minutes', '2025-01-01'::timestamptz + w.n * interval '4 minutes'"
	sealed  = `decode('01' || repeat('00', 39), 'hex')` // of the form of what is sealed; nobody opens it
	inClass = `registrations r JOIN people p ON p.id = r.id JOIN workshops w ON w.id = r.workshop_id`
)

// inWorkshops are the plans of years with where they take place, and what hangs on those whom the crowd has been to.
var inWorkshops = []string{
	`INSERT INTO venues (id, version, created_at, updated_at, name, address, time_zone, capacity) SELECT id, ` + fresh + `, 'Hall ' || n, n || ' Hay St', 'America/New_York', 400 FROM people WHERE n <= 200`,
	`INSERT INTO rooms (id, version, created_at, updated_at, venue_id, name, capacity) SELECT gen_random_uuid(), ` + ofPerson + `, p.id, 'Room ' || k, 100 FROM people p, generate_series(1, 3) k WHERE p.n <= 200`,
	`CREATE TEMP TABLE plans AS SELECT n, gen_random_uuid() AS id, '2026-01-01'::timestamptz + n * interval '100 minutes' AS at,
		CASE WHEN n % 10 = 0 THEN 'draft' WHEN n % 20 = 1 THEN 'cancelled' WHEN n < 4700 THEN 'completed' ELSE 'published' END AS visibility,
		(ARRAY['in_person','online','hybrid'])[1 + n % 3] AS format, CASE WHEN n % 7 = 0 THEN 'drop_in' ELSE 'series' END AS mode
	FROM generate_series(1, @members * 19 / 100) n`,
	`INSERT INTO workshops (id, version, created_at, updated_at, program_id, title, summary, description, format, attendance_mode, venue_id, room_id, time_zone, capacity, online_capacity, min_to_run, decide_by,
		approval_required, cancel_deadline_hours, guests_per_party, max_party, teen_program, offer_hours, visibility, is_template, is_public, starts_at, ends_at, listed_until, published_at, cancelled_at, completed_at)
	SELECT w.id, ` + ofPlan + `, g.id,
		(ARRAY['Living with Hypervigilance','Sleep and Recovery','Coming Home as a Family','Writing Circle','Peer Support Evening','Mindful Movement','Parenting after Deployment','Career Change Lab','Grief and Growth','Cooking Together'])[1 + w.n % 10] || ' ' || w.n,
		'Six evenings for veterans and the people they live with', 'Come as you are.', w.format, w.mode, v.id, r.id, 'America/New_York', 30, CASE WHEN w.format = 'hybrid' THEN 30 END,
		CASE WHEN w.n % 5 = 2 THEN 6 END, CASE WHEN w.n % 5 = 2 THEN w.at - interval '3 days' END, false, 24, 2, 6, false, 24, w.visibility, w.n % 40 = 0, w.n % 2 = 1,
		w.at, w.at + interval '170 hours', CASE w.mode WHEN 'series' THEN w.at ELSE w.at + interval '168 hours' END,
		CASE WHEN w.visibility <> 'draft' THEN '2025-12-01'::timestamptz END, CASE WHEN w.visibility = 'cancelled' THEN '2025-12-02'::timestamptz END, CASE WHEN w.visibility = 'completed' THEN w.at + interval '171 hours' END
	FROM plans w LEFT JOIN people v ON v.n = 1 + w.n % 200 AND w.format <> 'online' LEFT JOIN rooms r ON r.venue_id = v.id AND r.name = 'Room 1' LEFT JOIN people g ON g.n = 1 + w.n % 20 AND w.n % 3 = 1`,
	`INSERT INTO workshop_sessions (id, version, created_at, updated_at, workshop_id, starts_at, ends_at, local_start, time_zone, status, sequence)
	SELECT gen_random_uuid(), ` + ofPlan + `, w.id, w.at + k * interval '168 hours', w.at + k * interval '168 hours' + interval '2 hours', '2026-01-01T18:00', 'America/New_York',
		CASE w.visibility WHEN 'cancelled' THEN 'cancelled' WHEN 'completed' THEN 'completed' ELSE 'scheduled' END, 0 FROM plans w, generate_series(0, 1) k`,
	`INSERT INTO workshop_facilitators (workshop_id, member_id) SELECT w.id, l.id FROM plans w JOIN people l ON l.n = 1 + w.n % 400`,
	`INSERT INTO session_facilitators (session_id, member_id) SELECT s.id, l.id FROM plans w JOIN workshop_sessions s ON s.workshop_id = w.id JOIN people l ON l.n = 1 + w.n % 400`,
	`INSERT INTO pools (id, workshop_id, session_id, mode, capacity, taken)
	SELECT gen_random_uuid(), w.id, s.id, m.mode, 30, CASE WHEN w.n % 5 = 0 THEN 30 ELSE 12 END
	FROM plans w LEFT JOIN workshop_sessions s ON s.workshop_id = w.id AND w.mode = 'drop_in' JOIN (VALUES ('in_person'), ('online'), (NULL)) m(mode) ON (m.mode IS NOT NULL) = (w.format = 'hybrid')
	WHERE w.visibility <> 'draft'`,
	`INSERT INTO resources (kind, id) SELECT 'person', id FROM people WHERE n <= 400 UNION ALL SELECT 'venue', id FROM people WHERE n <= 200`,
	`INSERT INTO commitments (id, resource_kind, resource_id, room_id, during, starts_at, ends_at, source, source_id)
	SELECT gen_random_uuid(), c.kind, c.id, c.room, tstzrange(s.starts_at, s.ends_at), s.starts_at, s.ends_at, 'session', s.id
	FROM plans w JOIN workshop_sessions s ON s.workshop_id = w.id AND s.status = 'scheduled' AND s.starts_at = w.at JOIN workshops x ON x.id = w.id JOIN people l ON l.n = 1 + w.n % 400
		CROSS JOIN LATERAL (VALUES ('person', l.id, NULL::uuid), ('venue', x.venue_id, x.room_id)) c(kind, id, room) WHERE c.id IS NOT NULL`,
	// Of each hundred of what is still to come, twenty wait for staff and ten for a seat.
	`UPDATE registrations r SET state = 'pending_approval', review = '{approval_required}', confirmed_at = NULL FROM people p WHERE p.id = r.id AND p.n % 2000 BETWEEN 1911 AND 1930`,
	`UPDATE registrations r SET state = 'waitlisted', queued_at = r.created_at, confirmed_at = NULL FROM people p WHERE p.id = r.id AND p.n % 2000 BETWEEN 1931 AND 1940`,
	`INSERT INTO workshop_passes (id, version, created_at, updated_at, workshop_id, label, uses, used, expires_at, made_by)
	SELECT gen_random_uuid(), ` + ofPerson + `, r.workshop_id, 'Pass ' || p.n, 10, p.n % 10, '2027-01-01', s.id FROM ` + inClass + ` JOIN people s ON s.n = 1 + p.n % 40 WHERE p.n % 5 = 0`,
	`INSERT INTO check_ins (id, session_id, attendee_id, nonce, code_mac, result, scanned_at, recorded_at, scanned_by)
	SELECT gen_random_uuid(), r.workshop_id, r.id, 'crowd-' || lpad(p.n::text, 8, '0'), 'x', 'ok', w.starts_at, w.starts_at, s.id FROM ` + inClass + ` JOIN people s ON s.n = 1 + p.n % 40
	WHERE p.n % 2 = 0 AND w.visibility = 'completed'`,
	`INSERT INTO head_counts (session_id, version, veterans, family, recorded_by, recorded_at)
	SELECT s.id, 1, 20, 10, l.id, s.ends_at FROM workshop_sessions s JOIN people l ON l.n = 1 WHERE s.status = 'completed'`,
	`INSERT INTO certificates (id, attendee_id, member_id, code, title, name_shown, sessions, minutes, sessions_attended, sessions_offered, first_on, last_on, issued_at, issued_on, issued_by)
	SELECT gen_random_uuid(), r.id, r.lead_member_id, upper(substr(md5(p.n::text), 1, 26)), w.title, 'As above', '[]', 120, 1, 1, w.starts_at::date, w.starts_at::date, w.ends_at + p.n * interval '1 second', w.ends_at::date, s.id
	FROM ` + inClass + ` JOIN people s ON s.n = 1 + p.n % 40 WHERE p.n % 2 = 0 AND w.visibility = 'completed'`,
	`INSERT INTO workshop_messages (id, created_at, workshop_id, session_id, written_by, subject, body, states, kinds, modes, attendance, essential, state, sends_at, people, sent_at)
	SELECT p.id, r.created_at, r.workshop_id, CASE WHEN p.n % 2 = 0 THEN r.workshop_id END, s.id, 'Parking', 'Please park at the library.', '{confirmed}', '{}', '{}', '{}', false, 'sent', r.created_at, 5, r.created_at
	FROM ` + inClass + ` JOIN people s ON s.n = 1 + p.n % 40 WHERE p.n % 5 = 0`,
	`INSERT INTO workshop_message_people (id, created_at, workshop_message_id, member_id, notice_id)
	SELECT gen_random_uuid(), m.created_at, q.id, p.id, m.id FROM people p JOIN people q ON q.n = (p.n + 4) / 5 * 5 JOIN messages m ON m.member_id = p.id`,
	`INSERT INTO subject_keys (id, member_id, wrapped, current, created_at) SELECT id, id, 'x', false, '2025-01-01' FROM people WHERE n % 2 = 0`,
	`INSERT INTO feedback_groups (id, session_id, workshop_id, n, score_sum, low, middle, high, formed_at)
	SELECT md5(w.id::text || k)::uuid, w.id, w.id, 10, 80, 1, 4, 5, w.ends_at FROM workshops w JOIN people p ON p.id = w.id, generate_series(0, 4) k WHERE w.visibility = 'completed'`,
	`INSERT INTO session_feedback (id, session_id, member_id, asked_at, answer, answer_key, given_at, group_id, seen)
	SELECT gen_random_uuid(), r.workshop_id, p.id, w.ends_at, ` + sealed + `, p.id, w.ends_at, md5(w.id::text || p.n % 100 / 20)::uuid, true FROM ` + inClass + ` WHERE p.n % 2 = 0 AND w.visibility = 'completed'`,
	`INSERT INTO thanks (id, session_id, from_member_id, to_member_id, words, words_key, said_at, delivered_at)
	SELECT gen_random_uuid(), r.workshop_id, p.id, s.id, ` + sealed + `, p.id, w.ends_at, w.ends_at + interval '10 minutes' FROM ` + inClass + ` JOIN people s ON s.n = 1 + p.n / 20 % 400 WHERE p.n % 20 = 0 AND p.n > 400`,
}
