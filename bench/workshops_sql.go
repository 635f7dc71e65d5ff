package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/services"
)

// makeClass adds to the seeded world what the measurements of workshops work on: coordinators, who have accounts, among others.
func (w *inClass) makeClass(ctx context.Context, conn *pgx.Conn) ([]person, error) {
	const plan = `'in_person', 'series', 'America/New_York', 600, false, 24, 2, 6, false, 24`
	for _, sql := range []string{
		"set session_replication_role = replica",
		`update workshops set is_public = true where visibility = 'published' and get_byte(uuid_send(id), 15) % 2 = 0`,
		`create temp table who as select row_number() over (order by id) as n, member_id from (select id, member_id from accounts order by id limit ` + fmt.Sprint(classSize) + `) a`,
		`create temp table held as select n, gen_random_uuid() as id, case n when 0 then 'published' else 'completed' end as visibility from generate_series(0, ` + fmt.Sprint(2*(1+programRounds)) + `) n`,
		`insert into workshops (id, version, created_at, updated_at, title, format, attendance_mode, time_zone, capacity, approval_required, cancel_deadline_hours, guests_per_party, max_party, teen_program, offer_hours,
				visibility, is_template, starts_at, ends_at, listed_until, published_at)
			select id, ` + benchDays + `, 'Evening of the bench', ` + plan + `, visibility, false, now() - interval '1 hour', now() + interval '1 hour', now() - interval '1 hour', '2026-01-01' from held`,
		`insert into workshop_sessions (id, version, created_at, updated_at, workshop_id, starts_at, ends_at, local_start, time_zone, status, sequence)
			select gen_random_uuid(), ` + benchDays + `, w.id, now() - interval '1 hour', now() + interval '1 hour', '2026-01-01T18:00', 'America/New_York', case visibility when 'published' then 'scheduled' else 'completed' end, 0
			from held w, generate_series(1, ` + fmt.Sprint(classSessions+2+programRounds) + `) k where w.n = 0 or k = 1`,
		`insert into pools (id, workshop_id, capacity, taken) select id, id, 600, ` + fmt.Sprint(classSize) + ` from held`,
		`create temp table parties as select gen_random_uuid() as id, w.id as workshop_id, w.n, a.member_id from held w, who a`,
		`insert into registrations (id, version, created_at, updated_at, workshop_id, lead_member_id, entered_by, state, confirmed_at) select id, ` + benchDays + `, workshop_id, member_id, member_id, 'confirmed', '2026-01-01' from parties`,
		`insert into attendees (id, created_at, updated_at, registration_id, live, pool_id, kind, state, member_id, entered_by, joined_at)
			select id, '2026-01-01', '2026-01-01', id, true, workshop_id, 'adult', 'attending', member_id, member_id, '2026-01-01' from parties`,
		`insert into attendance (id, session_id, attendee_id, status, source, recorded_at) select gen_random_uuid(), s.id, p.id, 'present', 'staff', now() from parties p join workshop_sessions s on s.workshop_id = p.workshop_id where p.n > 0`,
		`insert into accounts (id, version, created_at, updated_at, member_id, email, roles, status, email_verified_at, auth_changed_at)
			select gen_random_uuid(), ` + benchDays + `, id, 'staff' || id || '@bench.homefront.example', '{coordinator}', 'active', '2026-01-01', '2026-01-01' from (select id from members m
				where not exists (select from accounts a where a.member_id = m.id) order by id limit 8) m`,
		"reset session_replication_role",
		"vacuum analyze workshops, workshop_sessions, registrations, attendees, attendance, pools, accounts",
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return nil, fmt.Errorf("%.60s…: %w", sql, err)
		}
	}
	if err := conn.QueryRow(ctx, `select id from held where n = 0`).Scan(&w.id); err != nil {
		return nil, err
	}
	for sql, into := range map[string]*[]uuid.UUID{
		`select id from workshop_sessions where workshop_id = (select id from held where n = 0) order by id`: &w.sessions,
		`select id from parties where n = 0 order by id`:                                                     &w.attendees,
		`select id from held where n > 0 order by n`:                                                         &w.over,
	} {
		found, err := ids(ctx, conn, sql)
		if err != nil {
			return nil, err
		}
		*into = found
	}
	return signedIn(ctx, conn, `select id, member_id from accounts where roles = '{coordinator}' order by id limit $1`, 8)
}

const (
	rosterGiven = `coalesce(nullif(m.preferred_name, ''), m.given_name, a.guest_name, a.invite_name, '')`
	rosterName  = `folded(` + rosterGiven + ` || ' ' || coalesce(m.family_name, ''))`
	rosterSQL   = `select a.id, a.registration_id, a.kind, a.mode, a.sessions_offered, a.sessions_attended, a.sessions_excused, a.sessions_missed, a.consecutive_absences, a.last_seen_at, ` + rosterName + ` as sort_name, ` + rosterGiven + `,
			m.family_name, c.scanned_at, t.status, t.minutes, r.source, f.status, coalesce(a.member_id in (select closed_to($3, $4)), false)
		from attendees a join registrations r on r.id = a.registration_id left join members m on m.id = a.member_id join workshops w on w.id = r.workshop_id
			left join form_responses f on f.record = 'attendee' and f.record_id = a.id and f.form_id = w.registration_form_id
			left join attendance t on t.session_id = $2 and t.attendee_id = a.id
			left join check_ins c on c.session_id = $2 and c.attendee_id = a.id and c.result = 'ok' and c.undone_at is null
		where r.workshop_id = $1 and (r.session_id is null or r.session_id = $2) and r.state = 'confirmed' and a.state = 'attending' and (` + rosterName + `, a.id) > ($5, $6) order by sort_name, a.id limit 101`
	fileSQL = `select a.*, r.state, r.source, r.lead_member_id, l.given_name, l.family_name, ` + rosterGiven + `, m.family_name, ` + rosterName + ` as sort_name, coalesce(a.member_id in (select closed_to($2, $3)), false)
		from attendees a join registrations r on r.id = a.registration_id join members l on l.id = r.lead_member_id left join members m on m.id = a.member_id
		where r.workshop_id = $1 and (r.live and a.state in ('invited', 'attending') or a.sessions_offered > 0
			or exists (select from attendance t where t.attendee_id = a.id and t.status in ('present', 'late'))) order by sort_name, a.id`
	liveSQL = `with known as materialized (
			select a.kind, a.mode, a.beyond, coalesce(r.walk_in_session_id = $2, false) as walk_in, (select t.status from attendance t where t.session_id = $2 and t.attendee_id = a.id) as status,
				(select true from check_ins c where c.session_id = $2 and c.attendee_id = a.id and c.result = 'ok' and c.undone_at is null) as scanned
			from registrations r join attendees a on a.registration_id = r.id
			where r.workshop_id = $1 and (r.session_id is null or r.session_id = $2) and r.state = 'confirmed' and a.state = 'attending'),
			seats as (select *, coalesce(scanned, status in ('present', 'late'), false) as here from known)
		select kind, mode, count(*) filter (where not walk_in), count(*) filter (where here), count(*) filter (where here and walk_in), count(*) filter (where here and beyond), count(*) filter (where here and status = 'late'),
			count(*) filter (where not here and not walk_in and status = 'excused'), count(*) filter (where not here and not walk_in and status = 'absent'), count(*) filter (where not here and not walk_in and status is null)
		from seats group by kind, mode`
	packSQL = `select a.*, r.state, r.workshop_id, r.session_id, m.given_name, m.family_name, m.status, c.scanned_at from registrations r join attendees a on a.registration_id = r.id left join members m on m.id = a.member_id
			left join check_ins c on c.session_id = $2 and c.attendee_id = a.id and c.result = 'ok' and c.undone_at is null
		where r.workshop_id = $1 and a.joined_at is not null order by (r.session_id is null or r.session_id = $2) desc, a.live desc, a.id limit 5001`
	readersSQL = `select m.id, coalesce(m.email, '') <> '', coalesce(m.phone, '') <> '', exists (select from accounts x where x.member_id = m.id and x.status = 'active')
		from registrations r join attendees a on a.registration_id = r.id join members m on m.id = a.member_id
		where r.workshop_id = $1 and r.state = 'confirmed' and a.state = 'attending' and m.status not in ('deceased', 'merged') order by m.id`

	publicColumns = `select w.id, w.title, w.summary, w.program_id, (select p.name from programs p where p.id = w.program_id), w.format, w.attendance_mode, v.name, v.address, v.accessibility, w.time_zone, w.audience_kinds,
			w.minimum_age, w.starts_at, w.ends_at, w.opens_at, w.closes_at, greatest(w.updated_at, (select max(u.updated_at) from workshop_sessions u where u.workshop_id = w.id), v.updated_at),
			(select min(n.starts_at) from workshop_sessions n where n.workshop_id = w.id and n.status = 'scheduled' and n.ends_at > $1),
			exists (select from pools p left join workshop_sessions n on n.id = p.session_id where p.workshop_id = w.id and (p.session_id is null or n.status = 'scheduled' and n.starts_at > $1)
				and case when p.child_capacity is null then p.taken < p.capacity else p.taken - p.taken_children < p.capacity end)
		from (select * from workshops w where w.visibility = 'published' and w.is_public and w.ends_at > $1`
	publicVenue       = `) w left join venues v on v.id = w.venue_id order by w.starts_at, w.id`
	publicPageSQL     = publicColumns + ` and w.starts_at >= $2 and w.format = 'in_person' order by w.starts_at, w.id limit 26` + publicVenue
	publicFeedSQL     = publicColumns + ` order by w.starts_at, w.id limit 100` + publicVenue
	publicCalendarSQL = `select s.id, s.workshop_id, w.title, s.title, w.summary, s.starts_at, s.ends_at, s.time_zone, s.sequence, greatest(s.updated_at, w.updated_at, v.updated_at), v.name, v.address
		from workshop_sessions s join workshops w on w.id = s.workshop_id left join venues v on v.id = coalesce(s.venue_id, w.venue_id) and w.format <> 'online'
		where w.visibility = 'published' and w.is_public and w.ends_at > $1 and s.status = 'scheduled' and s.starts_at > $2 and s.ends_at > $1 order by s.starts_at, s.id limit 200`
)

// read runs a query and takes its rows as they come.
func (w *inClass) read(ctx context.Context, sql string, args ...any) error {
	rows, err := w.hand.pool.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	for rows.Next() {
		_ = rows.RawValues()
	}
	return rows.Err()
}

func (w *inClass) roster(ctx context.Context, after pageKey) error {
	return w.read(ctx, rosterSQL, w.id, w.sessions[0], w.world.coordinators[0].Member, time.Now(), after.Name, after.ID)
}

func (w *inClass) rosterFile(ctx context.Context, i int) error {
	by := w.world.coordinators[i%len(w.world.coordinators)]
	return w.hand.in(ctx, func(b *pgx.Batch) error {
		b.Queue(`select * from workshop_sessions where workshop_id = $1 and status <> 'cancelled' order by starts_at, id`, w.id)
		b.Queue(fileSQL, w.id, by.Member, time.Now())
		b.Queue(`select t.attendee_id, t.session_id, t.status, t.minutes from attendance t join workshop_sessions s on s.id = t.session_id where s.workshop_id = $1`, w.id)
		w.hand.log(b, "workshop.roster", "read", by, []uuid.UUID{w.id}, w.attendees)
		return nil
	})
}

func (w *inClass) liveCount(ctx context.Context, session uuid.UUID) error {
	return w.read(ctx, liveSQL, w.id, session)
}

func (w *inClass) pack(ctx context.Context, session uuid.UUID, i int) error {
	by := w.world.coordinators[i%len(w.world.coordinators)]
	return w.hand.in(ctx, func(b *pgx.Batch) error {
		b.Queue(packSQL, w.id, session)
		w.hand.log(b, "check_in_pack.read", "read", by, []uuid.UUID{session}, w.attendees)
		return nil
	})
}

func (w *inClass) recipients(ctx context.Context) error { return w.read(ctx, readersSQL, w.id) }

// sheet enters everybody of the class.
func (w *inClass) sheet(ctx context.Context, session uuid.UUID, i int) error {
	by := w.world.coordinators[i%len(w.world.coordinators)]
	rows := make([]uuid.UUID, len(w.attendees))
	for k := range rows {
		rows[k] = services.NewID()
	}
	return w.hand.in(ctx, func(b *pgx.Batch) error {
		b.Queue(`select * from workshop_sessions where id = $1 for no key update`, session)
		b.Queue(`select a.id from attendees a join registrations r on r.id = a.registration_id where a.id = any($1) and r.workshop_id = $2`, w.attendees, w.id)
		b.Queue(`select * from attendance where session_id = $1`, session)
		return nil
	}, func(b *pgx.Batch) error {
		b.Queue(`insert into attendance (id, session_id, attendee_id, status, minutes, source, recorded_by, recorded_at)
			select u.id, $1, u.attendee_id, (array['present', 'present', 'late', 'absent'])[1 + u.n % 4], 75, 'staff', $4, $5 from unnest($2::uuid[], $3::uuid[]) with ordinality u(id, attendee_id, n)`, session, rows, w.attendees, by.Member, time.Now())
		w.hand.log(b, "attendance.record", "done", by, rows, nil)
		return nil
	})
}

// scan checks some people in: what the code says is known.
func (w *inClass) scan(ctx context.Context, session uuid.UUID, action string, i int, people []uuid.UUID) error {
	by := w.world.coordinators[i%len(w.world.coordinators)]
	scans, there, nonces := make([]uuid.UUID, len(people)), make([]uuid.UUID, len(people)), make([]string, len(people))
	for k := range scans {
		scans[k], there[k], nonces[k] = services.NewID(), services.NewID(), fmt.Sprintf("hand-%04d-%04d", i, k)
	}
	return w.hand.in(ctx, func(b *pgx.Batch) error {
		b.Queue(`select * from workshop_sessions where id = $1 for share`, session)
		b.Queue(`select from attendees where id = any($1) order by id for no key update`, people)
		b.Queue(`select a.*, r.state, m.given_name, m.family_name from attendees a join registrations r on r.id = a.registration_id left join members m on m.id = a.member_id where a.id = any($1)`, people)
		b.Queue(`select * from check_ins where session_id = $1 and (scanned_by = $2 and nonce = any($3))`, session, by.Member, nonces)
		b.Queue(`select * from check_ins where session_id = $1 and attendee_id = any($2) and result = 'ok'`, session, people)
		b.Queue(`select * from attendance where session_id = $1 and attendee_id = any($2) for no key update`, session, people)
		return nil
	}, func(b *pgx.Batch) error {
		b.Queue(`insert into check_ins (id, session_id, attendee_id, nonce, code_mac, result, scanned_at, recorded_at, scanned_by, station)
			select u.id, $1, u.attendee_id, u.nonce, 'x', 'ok', $5, $5, $6, 'Door 2' from unnest($2::uuid[], $3::uuid[], $4::text[]) u(id, attendee_id, nonce)`, session, scans, people, nonces, time.Now(), by.Member)
		b.Queue(`insert into attendance (id, session_id, attendee_id, status, source, recorded_by, recorded_at)
			select u.id, $1, u.attendee_id, 'late', 'check_in', $5, $4 from unnest($2::uuid[], $3::uuid[]) u(id, attendee_id)`, session, there, people, time.Now(), by.Member)
		w.hand.log(b, action, "done", by, append(scans, there...), people)
		return nil
	})
}

// search is one search of the catalog.
type search struct {
	q, format string
	from      time.Time
}

func (s search) query() string {
	v := url.Values{"limit": {"25"}}
	if s.q != "" {
		v.Set("q", s.q)
	}
	if s.format != "" {
		v.Set("format", s.format)
	}
	if !s.from.IsZero() {
		v.Set("starts_gte", s.from.UTC().Format(time.RFC3339))
	}
	return v.Encode()
}

// find searches all workshops that are no templates, as coordinators do.
func (w *inClass) find(ctx context.Context, s search) error {
	where, args := "not w.is_template", []any{time.Now()}
	var words []string
	for _, word := range strings.Fields(s.q) {
		args = append(args, word)
		words = append(words, fmt.Sprintf(`(folded(m.title || ' ' || m.summary) like '%%' || folded($%[1]d) || '%%' or folded($%[1]d) <%% folded(m.title || ' ' || m.summary))`, len(args)))
	}
	if words != nil {
		where += ` and w.id = any(array(select m.id from workshops m where ` + strings.Join(words, " and ") + `))`
	}
	if s.format != "" {
		args = append(args, s.format)
		where += fmt.Sprintf(` and w.format = $%d`, len(args))
	}
	if !s.from.IsZero() {
		args = append(args, s.from)
		where += fmt.Sprintf(` and w.starts_at >= $%d`, len(args))
	}
	return w.hand.in(ctx, func(b *pgx.Batch) error {
		b.Queue(`select set_config('pg_trgm.word_similarity_threshold', '0.45', true)`)
		b.Queue(`select w.id, w.title, w.summary, w.program_id, w.format, w.attendance_mode, w.venue_id, w.time_zone, w.audience_kinds, w.minimum_age, w.starts_at, w.ends_at, w.opens_at, w.closes_at, w.visibility, w.is_template,
				v.name, (select count(*) from workshop_sessions c where c.workshop_id = w.id and c.status <> 'cancelled'), (select array_agg(row(p.*, p.at) order by p.at, p.mode, p.id) from (select p.*, c.starts_at as at from pools p left join workshop_sessions c on c.id = p.session_id
					where p.workshop_id = w.id and (p.session_id is null or c.status = 'scheduled' and c.ends_at > $1) order by c.starts_at, p.mode, p.id limit 10) p)
			from (select * from workshops w where `+where+` order by coalesce(w.starts_at, 'infinity'::timestamptz), w.id limit 26) w left join venues v on v.id = w.venue_id order by coalesce(w.starts_at, 'infinity'::timestamptz), w.id`, args...)
		return nil
	})
}

// atNight is when messages of the bench are due, and nothing else. Their mails go out later, so that each is measured alone.
var atNight = time.Date(2001, 1, 2, 9, 0, 0, 0, time.UTC)

const mailsLater = `create function mails_later() returns trigger language plpgsql as $$ begin new.scheduled_at := new.scheduled_at + interval '6 hours'; return new; end $$;
	create trigger mails_later before insert on river_job for each row when (new.kind = 'message.send') execute function mails_later()`

// due has a message be due long ago.
func (w *inClass) due(ctx context.Context, message uuid.UUID) error {
	at := atNight.Add(-time.Hour)
	if err := w.b.cluster.exec(ctx, fmt.Sprintf(`update workshop_messages set sends_at = '%s' where id = '%s'`, at.Format(time.RFC3339), message)); err != nil {
		return err
	}
	return w.b.cluster.exec(ctx, fmt.Sprintf(`update river_job set scheduled_at = '%s', state = 'available' where kind = 'workshop_message.send' and args ->> 'message_id' = '%s'`, at.Format(time.RFC3339), message))
}

// arrived checks that a message went to everybody.
func (w *inClass) arrived(ctx context.Context, message uuid.UUID) error {
	var state string
	var people int
	err := w.b.cluster.scan(ctx, `select state, people from workshop_messages where id = $1`, []any{message}, &state, &people)
	if err == nil && (state != "sent" || people != classSize) {
		err = fmt.Errorf("a message is %s, to %d people", state, people)
	}
	return err
}

// writeMessage stores a message, a notice and a job for each who reads it, and who they are.
func (w *inClass) writeMessage(ctx context.Context) error {
	id, now, by := services.NewID(), time.Now(), w.world.coordinators[0]
	n := len(w.attendees)
	notices, rows, keys := make([]uuid.UUID, n), make([]uuid.UUID, n), make([]string, n)
	for i := range notices {
		notices[i], rows[i] = services.NewID(), services.NewID()
		keys[i] = fmt.Sprintf("workshop.message:%s:%s", id, w.attendees[i])
	}
	members := make([]uuid.UUID, 0, n)
	return w.hand.in(ctx, func(b *pgx.Batch) error {
		b.Queue(readersSQL, w.id).Query(func(found pgx.Rows) error {
			for found.Next() {
				members = append(members, uuid.UUID(found.RawValues()[0]))
			}
			return found.Err()
		})
		b.Queue(`insert into workshop_messages (id, created_at, workshop_id, written_by, subject, body, states, kinds, modes, attendance, essential, state, sends_at, people, sent_at)
			values ($1, $2, $3, $4, 'Parking has moved', 'Please park at the library.', '{confirmed}', '{}', '{}', '{}', false, 'sent', $2, $5, $2)`, id, now, w.id, by.Member, n)
		return nil
	}, func(b *pgx.Batch) error {
		b.Queue(`insert into messages (id, member_id, event, key, record, record_id, data, created_at, send_after)
			select u.id, u.member_id, 'workshop.message', u.key, 'workshop_message', $4, '{"link": "/workshops/…", "text": "Please park at the library.", "title": "Evening of the bench", "urgent": false, "subject": "Parking has moved", "time_zone": "America/New_York"}', $5, $5
			from unnest($1::uuid[], $2::uuid[], $3::text[]) u(id, member_id, key) on conflict (key) where key is not null do nothing`, notices, members, keys, id, now)
		b.Queue(`insert into river_job (args, kind, max_attempts, priority, queue, scheduled_at, state, created_at)
			select jsonb_build_object('message_id', u.id), 'message.send', 10, 1, 'default', $2, 'scheduled', $2 from unnest($1::uuid[]) u(id)`, notices, now.Add(24*time.Hour))
		b.Queue(`insert into workshop_message_people (id, created_at, workshop_message_id, member_id, notice_id) select u.id, $1, $2, u.member_id, u.notice from unnest($3::uuid[], $4::uuid[], $5::uuid[]) u(id, member_id, notice)`,
			now, id, rows, members, notices)
		w.hand.log(b, "workshop_message.send", "done", by, append([]uuid.UUID{id}, notices...), members)
		return nil
	})
}

// certify stores a certificate for everybody of a workshop.
func (w *inClass) certify(ctx context.Context, workshop uuid.UUID) error {
	by, made, codes := w.world.coordinators[0], make([]uuid.UUID, classSize), make([]string, classSize)
	for i := range made {
		raw := make([]byte, 13)
		_, _ = rand.Read(raw)
		made[i], codes[i] = services.NewID(), strings.ToUpper(hex.EncodeToString(raw))
	}
	return w.hand.in(ctx, func(b *pgx.Batch) error {
		b.Queue(`select a.id, a.member_id, m.given_name, m.family_name from attendees a join registrations r on r.id = a.registration_id left join members m on m.id = a.member_id where r.workshop_id = $1 order by a.id for no key update of a`, workshop)
		b.Queue(`select c.* from certificates c join attendees a on a.id = c.attendee_id join registrations r on r.id = a.registration_id where r.workshop_id = $1 and c.superseded_at is null and c.revoked_at is null`, workshop)
		b.Queue(`select t.attendee_id, t.status, t.minutes, s.starts_at, s.ends_at, s.time_zone from workshop_sessions s join attendance t on t.session_id = s.id where s.workshop_id = $1 and s.status = 'completed'`, workshop)
		return nil
	}, func(b *pgx.Batch) error {
		b.Queue(`insert into certificates (id, attendee_id, member_id, code, title, name_shown, sessions, minutes, sessions_attended, sessions_offered, first_on, last_on, issued_at, issued_on, issued_by)
			select u.id, a.id, a.member_id, u.code, 'Evening of the bench', m.given_name || ' ' || m.family_name, '[{"on": "2026-01-01", "minutes": 120}]', 120, 1, 1, current_date, current_date, $4, current_date, $5
			from unnest($1::uuid[], $2::text[]) with ordinality u(id, code, n) join (select a.*, row_number() over (order by a.id) as n from attendees a join registrations r on r.id = a.registration_id where r.workshop_id = $3) a on a.n = u.n
				join members m on m.id = a.member_id`, made, codes, workshop, time.Now(), by.Member)
		w.hand.log(b, "certificate.issue", "done", by, made, nil)
		return nil
	})
}
