// Package crowd fills an empty, migrated database with as many people as a large organization has, with what hangs on
// them. It writes rows straight to the tables: what is measured and planned is how they are found again.
package crowd

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Fill makes the given number of members, and of everything else in proportion. conn is the owner's. The statements are
// the same at every run, but for the ids. Indexes that guard nothing are made once the rows are there.
func Fill(ctx context.Context, conn *pgx.Conn, members int) error {
	replace := strings.NewReplacer("@members", fmt.Sprint(members))
	for _, statement := range slices.Concat(before, fill, inPrograms, inWorkshops, inCoaching, after) {
		if _, err := conn.Exec(ctx, replace.Replace(statement)); err != nil {
			return fmt.Errorf("%.80s…: %w", statement, err)
		}
	}
	return nil
}

const fresh = "1, '2025-01-01'::timestamptz + n * interval '4 minutes', '2025-01-01'::timestamptz + n * interval '4 minutes'"

// To make an index at once is far cheaper than to keep it up row by row.
var before = []string{
	"SET synchronous_commit = off",
	"SET maintenance_work_mem = '256MB'",
	`CREATE TEMP TABLE indexes AS SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition
	FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND NOT i.indisunique AND NOT i.indisexclusion`,
	`DO $$ BEGIN EXECUTE (SELECT 'DROP INDEX ' || string_agg(name, ', ') FROM indexes); END $$`,
}

var after = []string{`DO $$ DECLARE definition text; BEGIN FOR definition IN SELECT i.definition FROM indexes i LOOP EXECUTE definition; END LOOP; END $$`}

var fill = []string{
	`CREATE TEMP TABLE people AS SELECT n, gen_random_uuid() AS id FROM generate_series(1, @members) n`,
	`CREATE INDEX ON people (n)`,
	`ANALYZE people`,
	`INSERT INTO members (id, version, created_at, updated_at, given_name, family_name, birth_date, kinds, status, email, phone, address_line1, city, region,
		postal_code, country, tags, language, time_zone, email_opt_in, sms_opt_in, push_opt_in, program_words)
	SELECT id, ` + fresh + `,
		(ARRAY['James','Maria','Robert','Ana','Luis','Karen','Terrence','Linda','Tomás','Aisha','David','Grace','Miguel','Helen','Keith','Rosa','Samuel','Joyce','Andre','Nora'])[1 + n % 20]
			|| CASE WHEN n % 3 = 0 THEN ' ' || chr(65 + n % 26) ELSE '' END,
		initcap((ARRAY['or','wil','mar','hern','john','tay','mo','lam','bra','ke','sto','car','fitz','mac','gre','dal','ben','hol','rus','van'])[1 + (n / 20) % 20]
			|| (ARRAY['te','li','ti','an','der','son','be','ro','ke','ford','ley','ga','wick','ston','mond'])[1 + (n / 400) % 15]
			|| (ARRAY['ga','ams','nez','dez','sen','lor','re','man','dy','ll','ne','ter','low','ski','ck'])[1 + (n / 6000) % 15]),
		CASE WHEN n % 50 <> 0 THEN '1940-01-01'::date + (n * 37) % 29000 END,
		CASE n % 10 WHEN 0 THEN '{spouse}' WHEN 1 THEN '{child}' WHEN 2 THEN '{veteran,caregiver}' WHEN 3 THEN '{guard_reserve}' ELSE '{veteran}' END::text[],
		CASE WHEN n % 25 = 0 THEN 'inactive' WHEN n % 100 = 3 THEN 'deceased' WHEN n % 7 = 0 THEN 'prospective' ELSE 'active' END,
		CASE WHEN n % 4 <> 0 THEN 'person' || n || '@example.org' END,
		CASE WHEN n % 3 <> 0 THEN '+1910' || lpad(n::text, 7, '0') END,
		n || ' Pine Street', 'Jacksonville', (ARRAY['NC','VA','TX','CA','GA','FL','OH','WA'])[1 + n % 8], lpad((n % 99999)::text, 5, '0'), 'US',
		CASE n % 12 WHEN 0 THEN '{newsletter}' WHEN 1 THEN '{"call first",newsletter}' ELSE '{}' END::text[],
		'en', 'America/New_York', true, false, false, false
	FROM people`,
	// One in fifty is known twice: under a name misspelt, with the birth date and the number of the other.
	`UPDATE members m SET given_name = o.given_name, family_name = o.family_name || 'e', birth_date = o.birth_date, phone = o.phone
	FROM people p JOIN people q ON q.n = p.n - 1 JOIN members o ON o.id = q.id WHERE m.id = p.id AND p.n % 50 = 49`,
	`INSERT INTO accounts (id, version, created_at, updated_at, member_id, email, roles, status, email_verified_at, auth_changed_at)
	SELECT gen_random_uuid(), ` + fresh + `, id, 'person' || n || '@example.org', '{member}', 'active', '2025-06-01', '2025-06-01' FROM people WHERE n % 3 = 1`,
	`INSERT INTO households (id, version, created_at, updated_at, name) SELECT id, ` + fresh + `, 'Household ' || n FROM people WHERE n % 3 = 0`,
	`INSERT INTO household_members (id, created_at, updated_at, household_id, member_id, role, starts_on)
	SELECT gen_random_uuid(), '2025-01-01', '2025-01-01', h.id, p.id, CASE WHEN p.n % 10 = 1 THEN 'child' ELSE 'adult' END, '2024-01-01'
	FROM people p JOIN people h ON h.n = p.n / 3 * 3 AND h.n > 0`,
	`INSERT INTO relationships (id, version, created_at, updated_at, member_id, kind, other_id, status, decided_at)
	SELECT gen_random_uuid(), ` + strings.ReplaceAll(fresh, "n ", "a.n ") + `, a.id, 'spouse', b.id, 'accepted', '2025-02-01' FROM people a JOIN people b ON b.n = a.n + 1 WHERE a.n % 4 = 0`,
	`INSERT INTO guardianships (id, version, created_at, updated_at, guardian_id, child_id, status, evidence, confirmed_by, confirmed_at)
	SELECT gen_random_uuid(), ` + strings.ReplaceAll(fresh, "n ", "c.n ") + `, g.id, c.id, 'confirmed', 'birth certificate', s.id, '2025-02-01'
	FROM people c JOIN people g ON g.n = c.n - 1 JOIN people s ON s.n = 2 WHERE c.n % 10 = 1 AND c.n > 1`,
	`INSERT INTO service_records (id, version, created_at, updated_at, member_id, component, branch, entered_on, separated_on)
	SELECT gen_random_uuid(), ` + fresh + `, id, 'active', (ARRAY['army','navy','air_force','marine_corps'])[1 + n % 4], '1960-01-01'::date + (n * 31) % 18000,
		'1964-01-01'::date + (n * 31) % 18000 FROM people WHERE n % 10 NOT IN (0, 1)`,
	`INSERT INTO credentials (id, version, created_at, updated_at, member_id, kind, issued_on, expires_on)
	SELECT gen_random_uuid(), ` + fresh + `, id, 'background_check', '2025-01-01'::date + n % 300, '2026-01-01'::date + n % 300 FROM people WHERE n % 50 = 7`,
	`INSERT INTO tasks (id, version, created_at, updated_at, kind, title, member_id, queue, due_at, status, closed_at)
	SELECT gen_random_uuid(), ` + fresh + `, CASE WHEN n % 2 = 0 THEN 'call' ELSE 'general' END, 'Call back', id, (ARRAY['coordinators','coaches','admins'])[1 + n % 3],
		'2026-01-01'::timestamptz + n * interval '5 minutes', CASE WHEN n % 8 = 0 THEN 'open' ELSE 'done' END, CASE WHEN n % 8 <> 0 THEN '2026-02-01'::timestamptz END FROM people`,
	`INSERT INTO messages (id, member_id, event, state, created_at, send_after, sent_at, record, record_id)
	SELECT gen_random_uuid(), id, 'registration_confirmed', CASE WHEN n % 90 = 0 THEN 'abandoned' ELSE 'sent' END, '2026-01-01'::timestamptz + n * interval '2 minutes', '2026-01-01',
		CASE WHEN n % 90 <> 0 THEN '2026-01-02'::timestamptz END, 'registration', gen_random_uuid() FROM people`,
	`INSERT INTO workshops (id, version, created_at, updated_at, title, format, attendance_mode, time_zone, capacity, approval_required, cancel_deadline_hours, guests_per_party,
		max_party, teen_program, offer_hours, visibility, is_template, starts_at, ends_at, listed_until, published_at)
	SELECT id, ` + fresh + `, 'Evening ' || n, 'in_person', 'series', 'America/New_York', 200, false, 24, 2, 6, false, 24, CASE WHEN n % 2000 = 0 THEN 'published' ELSE 'completed' END, false,
		'2026-01-01'::timestamptz + n * interval '10 minutes', '2026-01-01'::timestamptz + n * interval '10 minutes' + interval '2 hours',
		'2026-01-01'::timestamptz + n * interval '10 minutes', '2025-12-01' FROM people WHERE n % 100 = 0`,
	`INSERT INTO workshop_sessions (id, version, created_at, updated_at, workshop_id, starts_at, ends_at, local_start, time_zone, status, sequence)
	SELECT id, 1, created_at, updated_at, id, starts_at, ends_at, '2026-01-01T18:00', time_zone, CASE visibility WHEN 'completed' THEN 'completed' ELSE 'scheduled' END, 0 FROM workshops`,
	`INSERT INTO pools (id, workshop_id, capacity, taken) SELECT id, id, 200, 100 FROM workshops`,
	`INSERT INTO registrations (id, version, created_at, updated_at, workshop_id, lead_member_id, entered_by, state, confirmed_at)
	SELECT p.id, ` + strings.ReplaceAll(fresh, "n ", "p.n ") + `, w.id, p.id, p.id, 'confirmed', '2026-01-01' FROM people p JOIN people w ON w.n = (p.n + 99) / 100 * 100 AND w.n <= @members / 100 * 100`,
	`INSERT INTO attendees (id, created_at, updated_at, registration_id, live, pool_id, kind, state, member_id, entered_by, joined_at)
	SELECT r.id, r.created_at, r.updated_at, r.id, true, r.workshop_id, 'adult', 'attending', r.lead_member_id, r.lead_member_id, r.created_at FROM registrations r`,
	`INSERT INTO attendance (id, session_id, attendee_id, status, source, recorded_at)
	SELECT gen_random_uuid(), s.id, a.id, 'present', 'completion', '2026-06-01' FROM attendees a JOIN workshop_sessions s ON s.id = a.pool_id WHERE s.status = 'completed'`,
	`INSERT INTO contacts (id, version, created_at, updated_at, member_id, kind, direction, at, by_id, outcome, line, follow_up_at)
	SELECT gen_random_uuid(), ` + strings.ReplaceAll(fresh, "n ", "p.n ") + `, p.id, 'call', 'out', '2026-01-01'::timestamptz + p.n * interval '5 minutes', s.id, 'reached', 'We spoke about the next evening.',
		CASE WHEN p.n % 20 = 0 THEN '2026-06-01'::timestamptz END FROM people p JOIN people s ON s.n = p.n % 40 + 1`,
	`INSERT INTO help_requests (id, version, created_at, updated_at, member_id, topic, channel, time_zone, status, minor, asked_at, due_at, taken_by, taken_at, answered_at, ended_at)
	SELECT p.id, ` + strings.ReplaceAll(fresh, "n ", "p.n ") + `, p.id, 'talk', 'call', 'America/New_York', CASE WHEN p.n % 500 = 0 THEN 'received' ELSE 'answered' END, false,
		'2026-01-01', '2026-01-02', CASE WHEN p.n % 500 <> 0 THEN s.id END, CASE WHEN p.n % 500 <> 0 THEN '2026-01-01'::timestamptz END,
		CASE WHEN p.n % 500 <> 0 THEN '2026-01-02'::timestamptz END, CASE WHEN p.n % 500 <> 0 THEN '2026-01-02'::timestamptz END
	FROM people p JOIN people s ON s.n = p.n % 40 + 1 WHERE p.n % 5 = 0`,
	`INSERT INTO referrals (id, version, created_at, updated_at, member_id, to_name, need, how, status, by_id, closed_at, follow_up_at)
	SELECT gen_random_uuid(), ` + strings.ReplaceAll(fresh, "n ", "p.n ") + `, p.id, 'Onslow Legal Aid', 'legal', 'information', CASE WHEN p.n % 50 = 0 THEN 'offered' ELSE 'connected' END, s.id,
		CASE WHEN p.n % 50 <> 0 THEN '2026-03-01'::timestamptz END, CASE WHEN p.n % 50 = 0 THEN '2026-03-01'::timestamptz END
	FROM people p JOIN people s ON s.n = p.n % 40 + 1 WHERE p.n % 5 = 0`,
	`INSERT INTO consent_documents (id, version, created_at, updated_at, kind, title, required_of, optional, assent, status)
	SELECT id, ` + fresh + `, CASE n WHEN 1 THEN 'privacy_notice' ELSE 'photo_release' END, 'Document ' || n, '{everyone}', n = 2, false, 'published' FROM people WHERE n <= 2`,
	`INSERT INTO consent_document_versions (id, version, created_at, updated_at, document_id, number, language, body, text_hash, material, effective_from, published_at)
	SELECT id, 1, created_at, updated_at, id, 1, 'en', '# ' || title, encode(sha256(convert_to('# ' || title, 'UTF8')), 'hex'), true, created_at, created_at FROM consent_documents`,
	`INSERT INTO consents (id, version, created_at, updated_at, member_id, document_id, version_id, status, latest, method, signed_by, name_typed, signed_on, signed_at, text_hash)
	SELECT gen_random_uuid(), 1, '2026-01-01', '2026-01-01', p.id, d.id, d.id, 'granted', true, 'typed', p.id, 'As above', '2026-01-01', '2026-01-01'::timestamptz + p.n * interval '1 minute', v.text_hash
	FROM people p CROSS JOIN consent_documents d JOIN consent_document_versions v ON v.id = d.id WHERE p.n % 20 <> 5`,
	`INSERT INTO imports (id, version, created_at, updated_at, created_by, file_name, file_hash, format, rows, columns, mapping, options, status, finished_at)
	SELECT id, ` + fresh + `, id, 'members.csv', sha256('x'), 'csv', 50000, '[]', '[]', '{}', 'done', '2026-01-01' FROM people WHERE n = 3`,
	`INSERT INTO import_rows (id, import_id, number, cells, fingerprint, fate, state, member_id, member_ids, score)
	SELECT gen_random_uuid(), i.id, p.n, '["Luis","Ortega"]', sha256(p.n::text::bytea), (ARRAY['create','update','unchanged','duplicate','error'])[1 + p.n % 5], 'written', p.id, ARRAY[p.id], p.n % 100
	FROM people p CROSS JOIN imports i WHERE p.n <= 50000`,
	`INSERT INTO duplicate_pairs (id, first_id, second_id, score, reasons, status, found_at)
	SELECT gen_random_uuid(), least(a.id, b.id), greatest(a.id, b.id), 60 + a.n % 40, '{name}', 'open', '2026-01-01'::timestamptz + a.n * interval '1 minute'
	FROM people a JOIN people b ON b.n = a.n + 1 WHERE a.n % 10 = 0`,
	`INSERT INTO separations (id, version, created_at, updated_at, kind, first_id, second_id, review_on, status, created_by)
	SELECT gen_random_uuid(), ` + strings.ReplaceAll(fresh, "n ", "a.n ") + `, 'protected', a.id, b.id, '2026-12-01'::date + a.n % 300, 'live', s.id
	FROM people a JOIN people b ON b.n = a.n + 2 JOIN people s ON s.n = 2 WHERE a.n % 20 = 6`,
	`INSERT INTO audit_log (id, at, actor_kind, action, outcome, subjects) SELECT gen_random_uuid(), '2026-01-01'::timestamptz + n * interval '1 minute', 'account',
		(ARRAY['member.get','registration.create','member.update'])[1 + n % 3], (ARRAY['read','done','done'])[1 + n % 3], ARRAY[id] FROM people`,
}
