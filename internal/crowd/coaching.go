package crowd

// What the states of coaching were on the day that the crowd is of.
const (
	coachedOn = `'2026-11-01'::timestamptz`
	met       = `coaching_sessions s JOIN asked a ON a.id = s.engagement_id` // sessions with what was asked for
	heldOnes  = met + ` WHERE s.state = 'completed'`
)

// inAsking are the columns of an editable row that came with what was asked for, and inMeeting of one that came with a session.
const (
	inAsking  = "1, a.at, a.at"
	inMeeting = "1, s.ends_at, s.ends_at"
)

// said is a statement that seals something said in sessions, or for whoever asked for a coach: in which column of which rows.
func said(column, rows string) string {
	return `INSERT INTO coaching_words (id, ` + column + `, member_id, edition, body, body_key) SELECT gen_random_uuid(), x.id, x.member_id, 1, ` + sealed + `, x.member_id FROM ` + rows + ` x`
}

// inCoaching are people who coach, one for five hundred, and each fifth person as their client, with ten sessions each over three years and
// what was written down of them.
var inCoaching = []string{
	`CREATE TEMP TABLE coach_ids AS SELECT n, (row_number() OVER (ORDER BY n))::int - 1 AS k, id FROM people WHERE n > 400 AND n % 3 = 1 AND n % 25 <> 0 AND n % 100 <> 3 ORDER BY n LIMIT @members / 500`,
	`CREATE TEMP TABLE asked AS SELECT p.n, p.id, p.n / 5 AS k, c.id AS coach, c.k AS turn, p.n % 50 = 0 AS joint, q.id AS partner, '2024-01-01'::timestamptz + p.n / 5 * interval '78 minutes' AS at,
		CASE WHEN p.n / 5 > @members / 5 - 200 THEN 'requested' WHEN p.n / 5 > @members / 5 - 400 THEN 'matched' WHEN p.n / 5 < @members * 17 / 100 THEN CASE p.n / 5 % 4 WHEN 0 THEN 'ended' ELSE 'completed' END
			WHEN p.n % 100 = 5 THEN 'paused' ELSE 'active' END AS state
	FROM people p JOIN coach_ids c ON c.k = p.n / 5 % (@members / 500) JOIN people q ON q.n = p.n + 1 WHERE p.n % 5 = 0`,
	`CREATE INDEX ON asked (id)`,
	`ANALYZE asked`,
	`UPDATE accounts SET roles = '{member,coach}' FROM coach_ids c WHERE member_id = c.id`,
	`INSERT INTO coaches (id, created_at, updated_at, bio, specialties, languages, modalities, time_zone, with_minors, caseload_limit, max_per_day, supervisor_id, suspended_at, archived_at)
	SELECT id, '2024-01-01', '2024-01-01', 'Army, 2003 to 2011.', CASE k % 3 WHEN 0 THEN '{sleep,anger}' WHEN 1 THEN '{family,grief}' ELSE '{work}' END::text[], '{en}', '{online,phone}', 'America/New_York', k % 2 = 0, 40, 6,
		CASE WHEN k > 9 THEN (SELECT s.id FROM coach_ids s WHERE s.k = c.k % 10) END, CASE WHEN k % 40 = 1 THEN ` + coachedOn + ` END, CASE WHEN k % 40 = 2 THEN ` + coachedOn + ` END FROM coach_ids c`,
	`INSERT INTO credentials (id, version, created_at, updated_at, member_id, kind, issued_on, expires_on) SELECT gen_random_uuid(), 1, '2024-01-01', '2024-01-01', c.id, kind, '2024-01-01', '2036-01-01'
	FROM coach_ids c, unnest('{background_check,coach_training,coaching_agreement,child_safety_training}'::text[]) kind`,
	`INSERT INTO coach_schedules (id, created_at, updated_at, coach_id, name, time_zone, starts_on) SELECT id, '2024-01-01', '2024-01-01', id, 'Weekdays', 'America/New_York', '2024-01-01' FROM coach_ids`,
	`INSERT INTO coach_hours (id, schedule_id, rule, from_time, until_time) SELECT gen_random_uuid(), id, 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR', '09:00', '17:00' FROM coach_ids`,
	`INSERT INTO coach_overrides (id, created_at, updated_at, coach_id, day, time_zone, windows) SELECT gen_random_uuid(), '2024-01-01', '2024-01-01', id, '2024-01-05'::date + 30 * d, 'America/New_York', '{18:00-21:00}'
	FROM coach_ids, generate_series(1, 40) d`,
	`INSERT INTO coach_time_off (id, created_at, updated_at, coach_id, starts_at, ends_at) SELECT gen_random_uuid(), '2024-01-01', '2024-01-01', id, '2024-02-01'::timestamptz + d * interval '30 days', '2024-02-03'::timestamptz + d * interval '30 days'
	FROM coach_ids, generate_series(1, 40) d`,
	`INSERT INTO consent_documents (id, version, created_at, updated_at, kind, title, optional, assent, status) SELECT id, ` + fresh + `, 'confidentiality_limits', 'What stays between us', false, false, 'published' FROM people WHERE n = 3`,
	`INSERT INTO consent_document_versions (id, version, created_at, updated_at, document_id, number, language, body, text_hash, material, effective_from, published_at)
	SELECT id, 1, created_at, updated_at, id, 1, 'en', '# ' || title, encode(sha256(convert_to('# ' || title, 'UTF8')), 'hex'), true, created_at, created_at FROM consent_documents WHERE kind = 'confidentiality_limits'`,
	`INSERT INTO consents (id, version, created_at, updated_at, member_id, document_id, version_id, status, latest, method, signed_by, name_typed, signed_on, signed_at, text_hash)
	SELECT gen_random_uuid(), ` + inAsking + `, m, v.id, v.id, 'granted', true, 'typed', m, 'As above', a.at::date, a.at, v.text_hash
	FROM asked a JOIN consent_document_versions v ON v.id = (SELECT id FROM consent_documents WHERE kind = 'confidentiality_limits'), unnest(CASE WHEN a.joint THEN ARRAY[a.id, a.partner] ELSE ARRAY[a.id] END) m`,

	`INSERT INTO engagements (id, version, created_at, updated_at, program_id, coach_id, state, joint, focus_areas, language, time_zone, hours, package_sessions, requested_at, requested_by, matched_at, matched_by, coach_accepted_at,
		activated_at, paused_at, pause_reason, resume_on, closed_at, end_reason, wanted_coach_id, change_asked_at)
	SELECT a.id, ` + inAsking + `, g.id, CASE WHEN s.met THEN a.coach END, a.state, a.joint, '{sleep}', 'en', 'America/New_York', '{"MO 18:00-20:00"}', 12, a.at, a.id, CASE WHEN s.met THEN a.at + interval '2 days' END,
		CASE WHEN s.met THEN b.id END, CASE WHEN s.begun THEN a.at + interval '3 days' END, CASE WHEN s.begun THEN a.at + interval '4 days' END, CASE WHEN a.state = 'paused' THEN ` + coachedOn + ` END,
		CASE WHEN a.state = 'paused' THEN 'away' END, CASE WHEN a.state = 'paused' THEN '2030-01-01'::date + a.k % 100 END, CASE WHEN s.over THEN a.at + interval '170 days' END,
		CASE WHEN s.over THEN CASE a.state WHEN 'ended' THEN 'asked' ELSE 'goals_reached' END END, CASE WHEN a.k % 20 = 0 THEN a.coach END, CASE WHEN a.state = 'active' AND a.k % 20 = 1 THEN ` + coachedOn + ` END
	FROM asked a JOIN people g ON g.n = 1 + a.k % 20 JOIN people b ON b.n = 1 + a.k % 40
		CROSS JOIN LATERAL (SELECT a.state <> 'requested' AS met, a.state NOT IN ('requested', 'matched') AS begun, a.state IN ('completed', 'ended') AS over) s`,
	`INSERT INTO engagement_participants (id, engagement_id, member_id, entered_by, joint, live, state, hopes, hopes_key, accepted_at)
	SELECT gen_random_uuid(), a.id, m, CASE WHEN a.k % 20 = 3 THEN g.id END, a.joint, e.live, 'joined', ` + sealed + `, m, CASE WHEN a.state <> 'requested' THEN a.at END
	FROM asked a JOIN engagements e ON e.id = a.id JOIN people g ON g.n = 1 + a.k % 2000, unnest(CASE WHEN a.joint THEN ARRAY[a.id, a.partner] ELSE ARRAY[a.id] END) m`,
	`INSERT INTO engagement_coaches (id, engagement_id, coach_id, starts_at, ends_at, outcome) SELECT gen_random_uuid(), a.id, a.coach, a.at, e.closed_at, CASE WHEN e.closed_at IS NOT NULL THEN 'ended' END
	FROM asked a JOIN engagements e ON e.id = a.id WHERE a.state <> 'requested'`,
	`INSERT INTO engagement_coaches (id, engagement_id, coach_id, starts_at, ends_at, outcome) SELECT gen_random_uuid(), a.id, c.id, a.at - interval '1 hour', a.at, 'handed_over'
	FROM asked a JOIN coach_ids c ON c.k = (a.turn + 1) % (@members / 500) WHERE a.k % 4 = 0 AND a.state <> 'requested'`,
	`INSERT INTO hand_overs (id, version, created_at, updated_at, engagement_id, from_coach_id, to_coach_id, state, move_sessions, proposed_by, closed_at)
	SELECT a.id, ` + inAsking + `, a.id, c.id, a.coach, CASE WHEN o.open THEN 'proposed' ELSE 'done' END, true, b.id, CASE WHEN NOT o.open THEN a.at END
	FROM asked a JOIN coach_ids c ON c.k = (a.turn + 1) % (@members / 500) JOIN people b ON b.n = 1 + a.k % 40 CROSS JOIN LATERAL (SELECT a.state = 'active' AND a.k % 40 = 0 AS open) o WHERE a.k % 4 = 0 AND a.state <> 'requested'`,
	`INSERT INTO hand_over_answers (hand_over_id, member_id, history, answered_at, answered_by) SELECT h.id, h.id, true, h.created_at, h.id FROM hand_overs h WHERE h.state = 'done'`,

	// The sessions of one coach are ten days apart, whoever they are with, but for some hours.
	`INSERT INTO coaching_sessions (id, version, created_at, updated_at, engagement_id, coach_id, state, starts_at, ends_at, time_zone, modality, booked_by, series_id, chain_id, sequence, rescheduled_from, rescheduled_to, closed_at,
		to_staff_at, minutes, logged_at, logged_by, reason, reason_key, reason_by)
	SELECT md5(a.id::text || j)::uuid, ` + inAsking + `, a.id, a.coach, s.state, t.at, t.at + interval '50 minutes', 'America/New_York', 'online', a.id, CASE WHEN a.k % 3 = 0 THEN a.id END,
		md5(a.id::text || CASE WHEN a.k % 10 = 0 AND j = 4 THEN 3 ELSE j END)::uuid, 0, CASE WHEN a.k % 10 = 0 AND j = 4 THEN md5(a.id::text || 3)::uuid END, CASE WHEN s.state = 'rescheduled' THEN md5(a.id::text || 4)::uuid END,
		CASE WHEN s.state <> 'booked' THEN t.at END, CASE WHEN s.state = 'booked' AND a.k % 50 = 7 THEN a.at END, CASE WHEN s.state = 'completed' THEN 50 END, CASE WHEN s.state = 'completed' THEN t.at + interval '1 hour' END,
		CASE WHEN s.state = 'completed' THEN a.coach END, CASE WHEN s.state = 'cancelled_by_member' THEN ` + sealed + ` END, CASE WHEN s.state = 'cancelled_by_member' THEN a.id END, CASE WHEN s.state = 'cancelled_by_member' THEN a.id END
	FROM asked a, generate_series(0, 9) j CROSS JOIN LATERAL (SELECT a.at + (1 + j) * interval '14 days' AS at) t
		CROSS JOIN LATERAL (SELECT CASE WHEN a.k % 10 = 0 AND j = 3 THEN 'rescheduled' WHEN t.at > ` + coachedOn + ` THEN 'booked' WHEN (a.k + j) % 20 = 7 THEN 'cancelled_by_member' WHEN (a.k + j) % 30 = 8 THEN 'no_show_member'
			ELSE 'completed' END AS state) s
	WHERE a.state NOT IN ('requested', 'matched') AND (a.state = 'active' OR t.at < ` + coachedOn + `)`,
	`INSERT INTO coaching_attendance (session_id, member_id, status) SELECT s.id, m, CASE s.state WHEN 'completed' THEN 'present' WHEN 'no_show_member' THEN 'absent' END
	FROM ` + met + `, unnest(CASE WHEN a.joint THEN ARRAY[a.id, a.partner] ELSE ARRAY[a.id] END) m`,
	`UPDATE coaches SET paid = true FROM coach_ids c WHERE c.id = coaches.id AND k % 3 = 0`,
	`UPDATE coaching_sessions s SET paid = true FROM coaches c WHERE c.id = s.coach_id AND c.paid AND s.state = 'completed'`,
	`INSERT INTO coach_clients (coach_id, member_id, number) SELECT coach, m, row_number() OVER (PARTITION BY coach ORDER BY m) FROM (SELECT DISTINCT a.coach, p.member_id AS m
	FROM ` + met + ` JOIN coaching_attendance p ON p.session_id = s.id WHERE s.state = 'completed') held`,
	`INSERT INTO resources (kind, id) SELECT 'person', id FROM (SELECT id FROM coach_ids UNION SELECT id FROM asked WHERE state = 'active') p ON CONFLICT DO NOTHING`,
	`INSERT INTO commitments (id, resource_kind, resource_id, during, starts_at, ends_at, source, source_id)
	SELECT gen_random_uuid(), c.kind, c.id, tstzrange(s.starts_at, s.starts_at + interval '1 hour'), s.starts_at, s.ends_at, 'coaching_session', s.id
	FROM ` + met + ` CROSS JOIN LATERAL (VALUES ('person', a.coach), ('person', a.id)) c(kind, id) WHERE s.live`,

	`INSERT INTO coaching_notes (id, version, created_at, updated_at, engagement_id, session_id, author_id, tier, member_id, state, signed_at)
	SELECT md5(s.id::text || t)::uuid, ` + inMeeting + `, a.id, s.id, a.coach, t, CASE WHEN t <> 'shared' OR NOT a.joint THEN a.id END, CASE WHEN d.draft THEN 'draft' ELSE 'signed' END, CASE WHEN NOT d.draft THEN s.ends_at END
	FROM ` + met + `, unnest('{shared,private,supervision}'::text[]) t CROSS JOIN LATERAL (SELECT a.k % 100 = 9 AS draft) d
	WHERE s.state = 'completed' AND (t = 'shared' AND get_byte(uuid_send(s.id), 0) % 2 = 0 OR t = 'private' AND get_byte(uuid_send(s.id), 1) % 4 = 0 OR t = 'supervision' AND get_byte(uuid_send(s.id), 2) % 8 = 0)`,
	`INSERT INTO coaching_note_texts (id, note_id, number, kind, member_id, body, body_key, written_at, written_by)
	SELECT gen_random_uuid(), n.id, 1, n.state, m, ` + sealed + `, m, n.created_at, n.author_id
	FROM coaching_notes n JOIN asked a ON a.id = n.engagement_id, unnest(CASE WHEN n.member_id IS NULL THEN ARRAY[a.id, a.partner] ELSE ARRAY[n.member_id] END) m`,
	`INSERT INTO coaching_goals (id, version, created_at, updated_at, engagement_id, member_id, set_by, state, progress, closed_at)
	SELECT md5(a.id::text || 'goal' || j)::uuid, ` + inAsking + `, a.id, a.id, a.id, CASE j WHEN 1 THEN 'achieved' ELSE 'open' END, 100 * j, CASE j WHEN 1 THEN a.at + interval '90 days' END
	FROM asked a, generate_series(0, 1) j WHERE a.state NOT IN ('requested', 'matched')`,
	`INSERT INTO coaching_goal_moves (id, goal_id, at, recorded_at, moved_by, session_id, state, progress)
	SELECT gen_random_uuid(), md5(a.id::text || 'goal0')::uuid, s.ends_at, s.ends_at, a.coach, s.id, 'open', 10 FROM ` + heldOnes + ` AND get_byte(uuid_send(s.id), 3) % 4 = 0`,
	`INSERT INTO coaching_actions (id, version, created_at, updated_at, engagement_id, goal_id, session_id, member_id, owner_id, set_by, due_on, done_at, done_by)
	SELECT md5(s.id::text || 'step')::uuid, ` + inMeeting + `, a.id, CASE WHEN a.k % 2 = 0 THEN md5(a.id::text || 'goal0')::uuid END, s.id, a.id, a.id, a.coach, s.ends_at::date + 7,
		CASE WHEN d.done THEN s.ends_at + interval '5 days' END, CASE WHEN d.done THEN a.id END
	FROM ` + met + ` CROSS JOIN LATERAL (SELECT get_byte(uuid_send(s.id), 5) % 8 <> 0 AS done) d WHERE s.state = 'completed' AND get_byte(uuid_send(s.id), 4) % 2 = 0`,
	said("goal_id", "coaching_goals"),
	said("action_id", "coaching_actions"),
	`INSERT INTO coaching_logs (id, session_id, logged_by, logged_at, body_mac, answer) SELECT md5(s.id::text || 'log')::uuid, s.id, a.coach, s.ends_at, '\x00', '{}' FROM ` + heldOnes + ` AND get_byte(uuid_send(s.id), 6) % 4 = 0`,
	`INSERT INTO break_glass (id, version, created_at, updated_at, member_id, opened_by, opened_at, until, reason, reason_key, notice_due_at, told_at, closed_at, closed_by, words, words_key)
	SELECT a.id, ` + inAsking + `, a.id, o.id, a.at, a.at + interval '1 hour', ` + sealed + `, a.id, a.at + interval '1 day', a.at + interval '1 day', CASE WHEN d.closed THEN a.at + interval '2 days' END,
		CASE WHEN d.closed THEN r.id END, CASE WHEN d.closed THEN ` + sealed + ` END, CASE WHEN d.closed THEN a.id END
	FROM asked a JOIN people o ON o.n = 1 + a.k % 10 JOIN people r ON r.n = 20 + a.k % 10 CROSS JOIN LATERAL (SELECT a.k % 200 <> 1 AS closed) d WHERE a.k % 4 = 1`,
	`INSERT INTO tasks (id, version, created_at, updated_at, kind, title, member_id, record, record_id, queue, due_at, status)
	SELECT gen_random_uuid(), ` + inAsking + `, 'match_coach', 'Find a coach', a.id, 'engagement', a.id, 'coordinators', a.at + interval '2 days', 'open' FROM asked a WHERE a.state = 'requested'`,
}
