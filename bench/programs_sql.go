package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"homefront/bench/load"
	"homefront/services"
)

// byHand does with pgx, in as few round trips as the decisions allow, what the product stores and reads. It checks nothing
// that its SQL does not need, and the audit row of it is one that the product has written.
type byHand struct {
	pool  *pgxpool.Pool
	world *programWorld
	audit map[string]string // changes, by action
}

// learn keeps what the product's audit row of an action says.
func (h *byHand) learn(ctx context.Context, action string) error {
	var changes string
	err := h.pool.QueryRow(ctx, `select changes::text from audit_log where action = $1 order by at desc limit 1`, action).Scan(&changes)
	h.audit[action] = changes
	return err
}

// direct does something n times on some connections, and measures it as load.Run does.
func direct(conns, n int, do func(i int) error) *load.Result {
	out := &load.Result{Statuses: map[int]int{}}
	var mu sync.Mutex
	var next atomic.Int64
	var wait sync.WaitGroup
	started := time.Now()
	for range conns {
		wait.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				at := time.Now()
				err := do(i)
				mu.Lock()
				out.Latency, out.Err = append(out.Latency, time.Since(at)), errors.Join(out.Err, err)
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	out.Took = time.Since(started)
	slices.Sort(out.Latency)
	return out
}

// in runs batches in one transaction: one round trip each, the last with COMMIT.
func (h *byHand) in(ctx context.Context, batches ...func(*pgx.Batch) error) error {
	return h.pool.AcquireFunc(ctx, func(c *pgxpool.Conn) error {
		for i, fill := range batches {
			b := &pgx.Batch{}
			if i == 0 {
				b.Queue("begin")
			}
			err := fill(b)
			if i == len(batches)-1 {
				b.Queue("commit")
			}
			if err == nil {
				err = c.SendBatch(ctx, b).Close()
			}
			if err != nil {
				_, _ = c.Exec(ctx, "rollback")
				return err
			}
		}
		return nil
	})
}

// log queues the audit row.
func (h *byHand) log(b *pgx.Batch, action, outcome string, by person, objects, subjects []uuid.UUID) {
	changes := h.audit[action]
	if changes == "" {
		changes = "[]"
	}
	b.Queue(`insert into audit_log (id, at, actor_kind, account_id, member_id, session_id, roles, action, outcome, objects, subjects, changes, request_id)
		values ($1, $2, 'account', $3, $4, $5, '{coordinator}', $6, $7, coalesce($8::uuid[], '{}'), coalesce($9::uuid[], '{}'), $10::jsonb, $11)`,
		services.NewID(), time.Now(), by.Account, by.Member, by.Session, action, outcome, objects, subjects, changes, uuid.NewString())
}

// sumsSQL adds up attendance: of attendees over the completed sessions, of enrollments over their days.
const (
	summed = `count(*) as offered, count(*) filter (where came) as attended, count(*) filter (where status = 'excused') as excused, count(*) filter (where status = 'absent') as missed,
		count(*) filter (where status = 'absent' and seen_after = 0) as absences, max(starts_at) filter (where came) as seen`
	setSums = `sessions_offered = t.offered, sessions_attended = t.attended, sessions_excused = t.excused, sessions_missed = t.missed, consecutive_absences = t.absences, last_seen_at = t.seen`

	sumAttendees = `update attendees x set ` + setSums + ` from (select id, ` + summed + ` from (
			select t.attendee_id as id, t.status, s.starts_at, t.status in ('present', 'late') as came,
				count(*) filter (where t.status in ('present', 'late')) over (partition by t.attendee_id order by s.starts_at desc, s.id desc) as seen_after
			from attendance mine join attendance t on t.attendee_id = mine.attendee_id join workshop_sessions s on s.id = t.session_id and s.status = 'completed' where mine.session_id = $1) c group by id) t
		where x.id = t.id`

	sumEnrollments = `update enrollments x set ` + setSums + ` from (select id, ` + summed + ` from (
			select *, count(*) filter (where came) over (partition by id order by starts_at desc, source_id desc) as seen_after from (
				select e.id, a.starts_at, a.source_id, a.status, a.status in ('present', 'late') as came
				from program_attendance mine join enrollments e on e.program_id = mine.program_id and e.member_id = mine.member_id
					join program_attendance a on a.program_id = e.program_id and a.member_id = e.member_id
				where mine.source = 'workshop_session' and mine.source_id = $1 and e.enrolled_at is not null and e.state not in ('applied', 'waitlisted', 'denied')
					and a.on_day >= e.starts_on and (e.ends_on is null or a.on_day <= e.ends_on)
					and (a.status in ('present', 'late') or not exists (select from enrollment_pauses p where p.enrollment_id = e.id and a.on_day >= p.from_on and a.on_day < coalesce(p.ended_on, p.until_on)))) c) d group by id) t
		where x.id = t.id`
)

// complete closes a session of a program.
func (h *byHand) complete(ctx context.Context, id uuid.UUID, by person) error {
	var status string
	return h.in(ctx,
		func(b *pgx.Batch) error {
			b.Queue(`select s.status, w.program_id, s.starts_at, s.ends_at, s.time_zone from workshop_sessions s join workshops w on w.id = s.workshop_id where s.id = $1 for no key update of s`, id).
				QueryRow(func(row pgx.Row) error { return row.Scan(&status, nil, nil, nil, nil) })
			b.Queue(`select pg_advisory_xact_lock(hashtextextended('workshop_session ' || $1::uuid, 0))`, id)
			return nil
		},
		func(b *pgx.Batch) error {
			if status != "scheduled" {
				return fmt.Errorf("the session is %s", status)
			}
			now := time.Now()
			b.Queue(`insert into attendance (id, session_id, attendee_id, status, source, recorded_at)
				select gen_random_uuid(), s.id, a.id, 'absent', 'completion', $2 from workshop_sessions s join registrations r on r.workshop_id = s.workshop_id and (r.session_id is null or r.session_id = s.id)
					join attendees a on a.registration_id = r.id
				where s.id = $1 and r.state = 'confirmed' and a.state = 'attending' and a.joined_at < s.ends_at and r.confirmed_at < s.ends_at
					and not exists (select from attendance t where t.session_id = s.id and t.attendee_id = a.id)`, id, now)
			b.Queue(`update workshop_sessions set status = 'completed', version = version + 1, updated_at = $2 where id = $1`, id, now)
			b.Queue(`select from attendees where id in (select attendee_id from attendance where session_id = $1) order by id for no key update`, id)
			b.Queue(sumAttendees, id)
			b.Queue(`select from programs where id = (select w.program_id from workshop_sessions s join workshops w on w.id = s.workshop_id where s.id = $1) for share`, id)
			b.Queue(`insert into program_attendance (id, source, source_id, program_id, member_id, starts_at, on_day, status)
				select gen_random_uuid(), 'workshop_session', s.id, w.program_id, a.member_id, s.starts_at, (s.starts_at at time zone s.time_zone)::date, t.status
				from workshop_sessions s join workshops w on w.id = s.workshop_id join attendance t on t.session_id = s.id join attendees a on a.id = t.attendee_id where s.id = $1`, id)
			b.Queue(`select from program_attendance a join enrollments e on e.program_id = a.program_id and e.member_id = a.member_id
				where a.source = 'workshop_session' and a.source_id = $1 order by e.id for no key update of e`, id)
			b.Queue(sumEnrollments, id)
			b.Queue(`update tasks set status = 'dropped' where record = 'session' and record_id = $1 and kind = 'complete_session' and status in ('open', 'snoozed')`, id)
			h.log(b, "session.complete", "done", by, []uuid.UUID{id}, nil)
			b.Queue(`select s.*, w.title from workshop_sessions s join workshops w on w.id = s.workshop_id where s.id = $1`, id)
			return nil
		})
}

// apply stores an application with its sealed answers.
func (h *byHand) apply(ctx context.Context, program uuid.UUID, who person) error {
	var version uuid.UUID
	var live int
	first, last := time.Time{}, time.Time{}
	return h.in(ctx,
		func(b *pgx.Batch) error {
			b.Queue(`select first_day, last_day from programs where id = $1 for no key update`, program).QueryRow(func(row pgx.Row) error { return row.Scan(&first, &last) })
			b.Queue(`select birth_date, kinds, status, time_zone from members where id = $1`, who.Member)
			b.Queue(`select count(*) from enrollments where program_id = $1 and member_id = $2 and live`, program, who.Member).QueryRow(func(row pgx.Row) error { return row.Scan(&live) })
			b.Queue(`select id, fields, schema from form_versions where form_id = $1 and published_at is not null order by number desc limit 1`, h.world.form).
				QueryRow(func(row pgx.Row) error { return row.Scan(&version, nil, nil) })
			b.Queue(`select id, wrapped from subject_keys where member_id = $1 and current and destroyed_at is null`, who.Member)
			return nil
		},
		func(b *pgx.Batch) error {
			if live > 0 {
				return errors.New("already enrolled")
			}
			h.store(b, program, version, who, first, last)
			return nil
		})
}

func (h *byHand) store(b *pgx.Batch, program, version uuid.UUID, who person, first, last time.Time) {
	now, id, response, key, message, task := time.Now(), services.NewID(), services.NewID(), services.NewID(), services.NewID(), services.NewID()
	b.Queue(`insert into enrollments (id, version, created_at, updated_at, program_id, program_first_day, program_last_day, member_id, entered_by, state, applied_at)
		values ($1, 1, $2, $2, $3, $4, $5, $6, $6, 'applied', $2)`, id, now, program, first, last, who.Member)
	b.Queue(`insert into enrollment_events (id, enrollment_id, at, by_id, step, to_state) values ($1, $2, $3, $4, 'apply', 'applied')`, services.NewID(), id, now, who.Member)
	b.Queue(`insert into form_responses (id, version, created_at, updated_at, form_id, form_version_id, member_id, entered_by, record, record_id, status, answered_at)
		values ($1, 1, $2, $2, $3, $4, $5, $5, 'enrollment', $6, 'answered', $2) on conflict (record, record_id, form_id) do nothing`, response, now, h.world.form, version, who.Member, id)
	wrapped := make([]byte, 170)
	_, _ = rand.Read(wrapped)
	b.Queue(`insert into subject_keys (id, member_id, wrapped, created_at) values ($1, $2, $3, $4)`, key, who.Member, wrapped, now)
	fields, sealed, answers := make([]string, intakeQuestions), make([][]byte, intakeQuestions), make([]uuid.UUID, intakeQuestions)
	for i := range fields {
		fields[i], sealed[i], answers[i] = fmt.Sprintf("question_%d", i+1), make([]byte, 97), services.NewID()
		_, _ = rand.Read(sealed[i])
		sealed[i][0] = 1
	}
	b.Queue(`insert into form_answers (id, response_id, field, sealed, sealed_key, edition, given_on, purge_on)
		select u.id, $1, u.field, u.sealed, $2, 1, $3::date, $3::date + 365 from unnest($4::uuid[], $5::text[], $6::bytea[]) u(id, field, sealed)`, response, key, now, answers, fields, sealed)
	b.Queue(`insert into tasks (id, version, created_at, updated_at, kind, title, member_id, record, record_id, queue, due_at, status)
		values ($1, 1, $2, $2, 'review_enrollment', 'Look at an application', $3, 'enrollment', $4, 'coordinators', $5, 'open') on conflict do nothing`, task, now, who.Member, id, now.Add(24*time.Hour))
	b.Queue(`insert into messages (id, member_id, event, key, record, record_id, data, created_at, send_after)
		values ($1, $2, 'enrollment.received', $3, 'enrollment', $4, '{"link": "/enrollments/…", "title": "Bench"}', $5, $5) on conflict (key) where key is not null do nothing`,
		message, who.Member, "enrollment.received:"+id.String()+":1", id, now)
	b.Queue(`insert into river_job (args, kind, max_attempts, priority, queue, scheduled_at, state, created_at)
		values (jsonb_build_object('message_id', $1::uuid), 'message.send', 10, 1, 'default', $2, 'available', $2)`, message, now)
	h.log(b, "enrollment.create", "done", who, append([]uuid.UUID{id, response, task}, answers...), []uuid.UUID{who.Member})
	b.Queue(enrollmentRowSQL+` where e.id = $1`, id)
}

const enrollmentRowSQL = `select e.member_id, e.*, p.name, p.slug, p.time_zone, c.name, c.starts_on, btrim(coalesce(m.preferred_name, m.given_name) || ' ' || m.family_name)
	from enrollments e join programs p on p.id = e.program_id join members m on m.id = e.member_id left join cohorts c on c.id = e.cohort_id`

// list reads a page of one program by hand: who has a place and missed the last, or the longest absent first.
func (h *byHand) list(ctx context.Context, program uuid.UUID, absent bool, by person) error {
	where := ` where e.program_id = $1 and e.state in ('enrolled', 'active')
		and e.member_id is distinct from $2 and e.member_id not in (select closed_to($2, $3)) order by e.applied_at, e.id limit 26`
	if absent {
		where = ` where e.program_id = $1 and e.state in ('active') and e.consecutive_absences >= 1
			and e.member_id is distinct from $2 and e.member_id not in (select closed_to($2, $3)) order by e.consecutive_absences desc, e.id desc limit 26`
	}
	var shown []uuid.UUID
	return h.in(ctx,
		func(b *pgx.Batch) error {
			b.Queue(enrollmentRowSQL+where, program, by.Member, time.Now()).Query(func(rows pgx.Rows) error {
				for rows.Next() {
					shown = append(shown, uuid.UUID(rows.RawValues()[0]))
				}
				return rows.Err()
			})
			return nil
		},
		func(b *pgx.Batch) error {
			h.log(b, "enrollment.list", "read", by, nil, shown[:min(25, len(shown))])
			return nil
		})
}
