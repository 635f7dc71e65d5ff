package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/services"
)

// What is read of coaching by hand.
const (
	clientsSQL = `coalesce((select jsonb_agg(jsonb_build_object('id', m.id, 'name', m.given_name, 'birth_date', m.birth_date, 'kinds', m.kinds))`
	daySQL     = `select s.*, e.joint, e.package_sessions, e.state,
			(select count(*) from coaching_sessions o where o.engagement_id = s.engagement_id and (o.starts_at, o.id) <= (s.starts_at, s.id) and (o.live or o.state in ('completed', 'no_show_member') or o.state = 'cancelled_by_member' and o.late)),
			(select count(*) from coaching_sessions o where o.engagement_id = s.engagement_id and o.state = 'no_show_member' and o.starts_at < s.starts_at),
			` + clientsSQL + ` from coaching_attendance a join members m on m.id = a.member_id where a.session_id = s.id), '[]')
		from ((select id from coaching_sessions where coach_id = $1 and starts_at >= $2 and starts_at < $3 and (live or state in ('completed', 'no_show_member', 'no_show_coach')) order by starts_at, id limit 60)
			union (select id from coaching_sessions where coach_id = $1 and starts_at < $2 and ends_at <= $4 and state in ('booked', 'in_progress') order by starts_at, id limit 60)
			union (select id from coaching_sessions where coach_id = $1 and starts_at >= $4 and state = 'requested' order by starts_at, id limit 60)) k
		join coaching_sessions s on s.id = k.id join engagements e on e.id = s.engagement_id and e.coach_id = s.coach_id
		where not exists (select from engagement_participants o where o.engagement_id = e.id and o.member_id = any(array(select closed_to($1, $5)))) order by s.starts_at, s.id`
	stepsSQL = `select x.*, w.id, w.edition, w.body, k.wrapped, ` + clientsSQL + ` from engagement_participants a join members m on m.id = a.member_id where a.engagement_id = x.engagement_id and a.state = 'joined'), '[]')
		from engagements e join coaching_actions x on x.engagement_id = e.id and x.done_at is null and x.dropped_at is null join lateral (select * from coaching_words where action_id = x.id limit 1) w on true
			join subject_keys k on k.id = w.body_key and k.wrapped is not null
		where e.coach_id = $1 and e.state in ('active', 'paused') and not exists (select from engagement_participants o where o.engagement_id = e.id and o.member_id = any(array(select closed_to($1, $2)))) order by x.due_on nulls last, x.id limit 500`
	agreedSQL = `select c.member_id, c.status, v.number, (select max(n.number) from consent_document_versions n where n.document_id = c.document_id and n.material and n.effective_from <= $2) from consents c
		join consent_document_versions v on v.id = c.version_id join consent_documents d on d.id = c.document_id and d.status = 'published' where c.latest and c.member_id = any($1) and d.kind = 'confidentiality_limits'`
	checkedSQL = `select c.*, (select count(*) from credentials k where k.member_id = c.id and k.revoked_at is null and k.issued_on <= $2 and (k.expires_on is null or k.expires_on >= $2)),
			exists (select from accounts a where a.member_id = c.id and a.status = 'active' and 'coach' = any(a.roles)) from coaches c where c.id = $1`
	openedSQL = `select n.*, t.*, k.wrapped, a.given_name, (select count(*) from coaching_note_texts s where s.note_id = n.id and s.member_id = $2 and s.kind <> 'draft' and not s.withheld)
		from coaching_notes n join engagements e on e.id = n.engagement_id join members a on a.id = n.author_id join coaching_note_texts t on t.note_id = n.id join subject_keys k on k.id = t.body_key
		where n.id = $1 and n.author_id = $2 and e.coach_id = $2 and not exists (select from coaches c where c.id = $2 and c.suspended_at is not null)
			and not exists (select from engagement_participants x where x.engagement_id = e.id and x.state <> 'refused' and x.member_id = any(array(select closed_to($2, $3)))) order by t.number desc limit 1`
	fittingSQL = `select c.*, m.given_name, l.clients from coaches c join members m on m.id = c.id
			cross join lateral (select (select count(*) from engagements e where e.coach_id = c.id and e.state in ('matched', 'active', 'paused')) + (select count(*) from hand_overs o where o.to_coach_id = c.id and o.state = 'proposed') as clients) l
		where c.suspended_at is null and c.archived_at is null and c.accepting and exists (select from accounts a where a.member_id = c.id and a.status = 'active' and 'coach' = any(a.roles)) and l.clients < c.caseload_limit
			and (select count(distinct k.kind) from credentials k where k.member_id = c.id and k.revoked_at is null and k.issued_on <= $2 and (k.expires_on is null or k.expires_on >= $2)) >= 3
			and not exists (select from closed_to(c.id, $2) k where k = any($1)) order by l.clients, c.id limit 200`
)

var errTakenByHand = errors.New("the time is taken")

func (w *inCoaching) todayByHand(ctx context.Context, by person, day time.Time) error {
	from := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, newYork)
	var clients []uuid.UUID
	for i := range clientsEach {
		clients = append(clients, w.b.world.People[client(loggers, i)].Member)
	}
	return w.hand.in(ctx, func(b *pgx.Batch) error {
		b.Queue(`select c.*, (select count(*) from engagements e where e.coach_id = c.id and e.state = 'matched'), (select count(*) from hand_overs h where h.to_coach_id = c.id and h.state = 'proposed'),
			(select jsonb_agg(k) from credentials k where k.member_id = c.id and k.revoked_at is null) from coaches c where c.id = $1`, by.Member)
		b.Queue(daySQL, by.Member, from, from.AddDate(0, 0, 1), time.Now(), time.Now())
		b.Queue(stepsSQL, by.Member, time.Now())
		b.Queue(`select * from members where id = any($1)`, clients)
		b.Queue(agreedSQL, clients, time.Now())
		w.hand.log(b, "coaching.today", "read", by, nil, clients)
		return nil
	})
}

// reads queues what a booking reads before its locks, and takes the locks.
func (w *inCoaching) reads(b *pgx.Batch, by, coach person, engagement, member uuid.UUID, at time.Time, taken *bool) {
	b.Queue(`select child_id, status from guardianships where guardian_id = $1 union all select other_id, status from relationships where member_id = $1 and kind = 'caregiver' and status in ('accepted', 'ended')`, by.Member)
	b.Queue(`select * from engagements where id = $1 for no key update`, engagement)
	b.Queue(`select * from engagement_participants where engagement_id = $1`, engagement)
	b.Queue(`select m.*, exists (select from accounts a where a.member_id = m.id and a.status = 'active') from members m where id = any($1)`, []uuid.UUID{member, coach.Member})
	b.Queue(agreedSQL, []uuid.UUID{member}, time.Now())
	b.Queue(`insert into resources (kind, id) values ('person', $1), ('person', $2) on conflict do nothing`, member, coach.Member)
	b.Queue(`select from resources where (kind, id) in (('person', $1), ('person', $2)) order by kind, id for no key update`, member, coach.Member)
	b.Queue(checkedSQL, coach.Member, at)
	b.Queue(`select count(*) from coaching_sessions s where s.engagement_id = $1 and (s.live or s.state in ('completed', 'no_show_member') or s.state = 'cancelled_by_member' and s.late)`, engagement)
	b.Queue(`select exists (select from commitments where resource_kind = 'person' and resource_id = $1 and during && tstzrange($3, $4) union all select from commitments where resource_kind = 'person' and resource_id = $2 and during && tstzrange($3, $4))`,
		coach.Member, member, at, at.Add(time.Hour)).QueryRow(func(row pgx.Row) error { return row.Scan(taken) })
}

// stores queues the rows of a booked session.
func (w *inCoaching) stores(b *pgx.Batch, by, coach person, engagement, member uuid.UUID, at time.Time) uuid.UUID {
	id, now, ends := services.NewID(), time.Now(), at.Add(50*time.Minute)
	b.Queue(`insert into commitments (id, resource_kind, resource_id, during, starts_at, ends_at, source, source_id)
		values ($1, 'person', $3, tstzrange($5, $7), $5, $6, 'coaching_session', $8), ($2, 'person', $4, tstzrange($5, $7), $5, $6, 'coaching_session', $8)`, services.NewID(), services.NewID(), coach.Member, member, at, ends, at.Add(time.Hour), id)
	b.Queue(`insert into coaching_sessions (id, version, created_at, updated_at, engagement_id, coach_id, state, starts_at, ends_at, time_zone, modality, booked_by, chain_id) values ($1, 1, $2, $2, $3, $4, 'booked', $5, $6, 'America/New_York', 'online', $7, $1)`,
		id, now, engagement, coach.Member, at, ends, by.Member)
	b.Queue(`insert into coaching_attendance (session_id, member_id) values ($1, $2)`, id, member)
	for kind, due := range map[string]time.Time{"coaching_session.remind": at.AddDate(0, 0, -1), "coaching_session.unlogged": ends.AddDate(0, 0, 1)} {
		b.Queue(handJobSQL, fmt.Sprintf(`{"session_id": %q}`, id), kind, due, "scheduled", now)
	}
	w.writes(b, engagement, "coaching.booked", member, coach.Member)
	return id
}

const handJobSQL = `insert into river_job (args, kind, max_attempts, priority, queue, scheduled_at, state, created_at) values ($1::text::jsonb, $2, 5, 1, 'default', $3, $4::text::river_job_state, $5)`

// writes queues a message to each, with its job.
func (w *inCoaching) writes(b *pgx.Batch, engagement uuid.UUID, event string, to ...uuid.UUID) {
	now := time.Now()
	for _, member := range to {
		id := services.NewID()
		b.Queue(`insert into messages (id, member_id, event, key, record, record_id, data, created_at, send_after) values ($1, $2, $3, $4, 'engagement', $5, '{"link": "/engagements/…", "title": "Your appointment"}', $6, $6)`,
			id, member, event, event+id.String(), engagement, now)
		b.Queue(handJobSQL, fmt.Sprintf(`{"message_id": %q}`, id), "message.send", now, "available", now)
	}
}

// bookByHand answers errTakenByHand when somebody else has the time.
func (w *inCoaching) bookByHand(ctx context.Context, coach, client int, at time.Time) error {
	by, with, engagement, taken := w.b.world.People[client], w.practice.staff[coach], w.engagements[client], false
	return w.hand.in(ctx, func(b *pgx.Batch) error {
		w.reads(b, by, with, engagement, by.Member, at, &taken)
		b.Queue(`select s.*, h.rule, h.from_time, h.until_time from coach_schedules s join coach_hours h on h.schedule_id = s.id where s.coach_id = $1`, with.Member)
		b.Queue(`select * from coach_overrides where coach_id = $1 and day between $2::date - 8 and $2::date + 9`, with.Member, at)
		b.Queue(`select * from coach_time_off where coach_id = $1 and ends_at > $2 and starts_at < $3`, with.Member, at, at.Add(time.Hour))
		return nil
	}, func(b *pgx.Batch) error {
		if taken {
			return errTakenByHand
		}
		id := w.stores(b, by, with, engagement, by.Member, at)
		w.hand.log(b, "coaching_session.book", "done", by, []uuid.UUID{id}, []uuid.UUID{by.Member})
		b.Queue(`select s.*, e.joint, m.given_name, m.family_name, c.cancel_notice_hours, (select json_agg(json_build_object('id', p.id, 'name', p.given_name)) from coaching_attendance a join members p on p.id = a.member_id where a.session_id = s.id)
			from coaching_sessions s join engagements e on e.id = s.engagement_id join coaches c on c.id = s.coach_id join members m on m.id = s.coach_id where s.id = $1`, id)
		return nil
	})
}

// logByHand writes down the i-th session; what it seals is not sealed.
func (w *inCoaching) logByHand(ctx context.Context, i int) error {
	at := client(i%loggers, i/loggers)
	by, member, engagement, session, goal, taken := w.practice.staff[i%loggers], w.b.world.People[at].Member, w.engagements[at], w.held[i], w.goals[at], false
	var key uuid.UUID
	return w.hand.in(ctx, func(b *pgx.Batch) error {
		b.Queue(`select * from coaching_logs where session_id = $1`, session)
		w.reads(b, by, by, engagement, member, lateHour(i/loggers), &taken)
		b.Queue(`select * from coaching_sessions where id = $1 for no key update`, session)
		b.Queue(`select * from coaching_attendance where session_id = $1`, session)
		b.Queue(`select id, wrapped from subject_keys where member_id = $1 and current and destroyed_at is null`, member).QueryRow(func(row pgx.Row) error { return row.Scan(&key, nil) })
		b.Queue(`select * from coaching_goals where engagement_id = $1 and id = $2 for no key update`, engagement, goal)
		b.Queue(`select max(at) from coaching_goal_moves where goal_id = $1`, goal)
		b.Queue(`select * from separations where (first_id = any($1) or second_id = any($1)) and status = 'live'`, []uuid.UUID{member, by.Member})
		b.Queue(`select id from tasks where record = 'coaching_session' and record_id = $1 and status in ('open', 'snoozed') for no key update`, session)
		return nil
	}, func(b *pgx.Batch) error {
		if taken {
			return errTakenByHand
		}
		w.storeLog(b, by, member, engagement, session, goal, key, i)
		return nil
	})
}

func (w *inCoaching) storeLog(b *pgx.Batch, by person, member, engagement, session, goal, key uuid.UUID, i int) {
	now, sealed := time.Now(), make([]byte, 96)
	_, _ = rand.Read(sealed)
	sealed[0] = 1
	for _, tier := range []string{"shared", "private", "supervision"} {
		note := services.NewID()
		b.Queue(`insert into coaching_notes (id, version, created_at, updated_at, engagement_id, session_id, author_id, tier, member_id, state, signed_at) values ($1, 1, $2, $2, $3, $4, $5, $6, $7, 'signed', $2)`, note, now, engagement, session, by.Member, tier, member)
		b.Queue(`insert into coaching_note_texts (id, note_id, number, kind, member_id, body, body_key, written_at, written_by) values ($1, $2, 1, 'signed', $3, $4, $5, $6, $7)`, services.NewID(), note, member, sealed, key, now, by.Member)
	}
	for range 2 {
		step := services.NewID()
		b.Queue(`insert into coaching_actions (id, version, created_at, updated_at, engagement_id, goal_id, session_id, member_id, owner_id, set_by) values ($1, 1, $2, $2, $3, $4, $5, $6, $6, $7)`, step, now, engagement, goal, session, member, by.Member)
		b.Queue(`insert into coaching_words (id, action_id, member_id, edition, body, body_key) values ($1, $2, $3, 1, $4, $5)`, services.NewID(), step, member, sealed, key)
	}
	b.Queue(`update coaching_goals set progress = $2, version = version + 1, updated_at = $3 where id = $1`, goal, 10+i%90, now)
	b.Queue(`insert into coaching_goal_moves (id, goal_id, at, recorded_at, moved_by, session_id, state, progress) values ($1, $2, $3, $3, $4, $5, 'open', $6)`, services.NewID(), goal, now, by.Member, session, 10+i%90)
	b.Queue(`update coaching_sessions set state = 'completed', minutes = 50, closed_at = $2, logged_at = $2, logged_by = $3, version = version + 1, updated_at = $2 where id = $1`, session, now, by.Member)
	w.writes(b, engagement, "coaching.logged", member)
	next := w.stores(b, by, by, engagement, member, lateHour(i/loggers))
	b.Queue(`update coaching_attendance set status = 'present' where session_id = $1`, session)
	b.Queue(`select pg_advisory_xact_lock(hashtextextended('coaching_session ' || $1::uuid, 0))`, session)
	b.Queue(`select from programs where id = (select program_id from engagements where id = $1) for share`, engagement)
	b.Queue(`insert into program_attendance (id, source, source_id, program_id, member_id, starts_at, on_day, status) select $1, 'coaching_session', s.id, e.program_id, $3, s.starts_at, s.starts_at::date, 'present'
		from coaching_sessions s join engagements e on e.id = s.engagement_id where s.id = $2`, services.NewID(), session, member)
	b.Queue(`select e.* from enrollments e where e.member_id = $1 and e.program_id = (select program_id from engagements where id = $2) for no key update`, member, engagement)
	b.Queue(`insert into coaching_logs (id, session_id, logged_by, logged_at, body_mac, answer) values ($1, $2, $3, $4, $5, jsonb_build_object('next', jsonb_build_object('coaching_session_id', $6::uuid, 'booked', true)))`,
		services.NewID(), session, by.Member, now, sealed[:32], next)
	w.hand.log(b, "coaching_session.log", "done", by, []uuid.UUID{session, next}, []uuid.UUID{member})
}

// noteByHand reads what a note is stored as.
func (w *inCoaching) noteByHand(ctx context.Context, note uuid.UUID, by person) error {
	return w.hand.in(ctx, func(b *pgx.Batch) error {
		b.Queue(openedSQL, note, by.Member, time.Now())
		b.Queue(`select pg_advisory_xact_lock(hashtextextended('note looks ' || $1::text, 0))`, by.Account)
		b.Queue(`select count(distinct objects[1]), coalesce(bool_or(objects[1] = $4), false), min(at) from audit_log
			where account_id = $1 and at > $2 and action in ('note.read', 'note.versions') and outcome = 'read' and member_id = $3 and not $3 = any(subjects)`, by.Account, time.Now().Add(-10*time.Minute), by.Member, note)
		w.hand.log(b, "note.read", "read", by, []uuid.UUID{note}, nil)
		return nil
	})
}

func (w *inCoaching) suggestByHand(ctx context.Context, by person) error {
	asks := w.b.world.People[practices*clientsEach+racersOfSlot].Member
	if err := w.hand.in(ctx, func(b *pgx.Batch) error {
		b.Queue(`select * from engagements where id = $1`, w.asks)
		b.Queue(`select p.*, m.* from engagement_participants p join members m on m.id = p.member_id where p.engagement_id = $1`, w.asks)
		b.Queue(`select * from separations where (first_id = $1 or second_id = $1) and status = 'live'`, asks)
		b.Queue(fittingSQL, []uuid.UUID{asks}, time.Now())
		w.hand.log(b, "engagement.suggest", "read", by, []uuid.UUID{w.asks}, []uuid.UUID{asks})
		return nil
	}); err != nil {
		return err
	}
	_, err := w.slotsByHand(ctx, w.coaches, time.Now(), time.Now().AddDate(0, 0, w.ahead))
	return err
}
