package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/models"
)

// makeCoaches adds people who coach to the seeded world, with hours, bookings and sessions.
func makeCoaches(ctx context.Context, conn *pgx.Conn) ([]uuid.UUID, error) {
	for _, sql := range []string{
		"set session_replication_role = replica",
		`create temp table coaching_bench as select row_number() over (order by id) - 1 as n, id from (select id from members m where not exists (select from accounts a where a.member_id = m.id)
			order by id desc limit ` + fmt.Sprint(benchCoaches) + `) m`,
		`insert into accounts (id, version, created_at, updated_at, member_id, email, roles, status, email_verified_at, auth_changed_at)
			select gen_random_uuid(), ` + benchDays + `, id, 'coach' || id || '@bench.homefront.example', '{coach}', 'active', '2026-01-01', '2026-01-01' from coaching_bench`,
		`insert into credentials (id, version, created_at, updated_at, member_id, kind, issued_on, expires_on) select gen_random_uuid(), ` + benchDays + `, id, kind, '2026-01-01', '2036-01-01'
			from coaching_bench, unnest(array['background_check', 'coach_training', 'coaching_agreement']) kind`,
		`insert into coaches (id, version, created_at, updated_at, bio, specialties, languages, modalities, time_zone, max_per_day, max_per_week) select id, ` + benchDays + `, 'Coach', '{sleep}', '{en}', '{online}',
			'America/New_York', 6, 25 from coaching_bench`,
		`create temp table hours_bench as select gen_random_uuid() as id, b.id as coach_id, k from coaching_bench b, generate_series(1, 2) k`,
		`insert into coach_schedules (id, version, created_at, updated_at, coach_id, name, time_zone, starts_on) select id, ` + benchDays + `, coach_id, 'Hours', 'America/New_York', '2022-01-03' from hours_bench`,
		`insert into coach_hours (id, schedule_id, rule, from_time, until_time) select gen_random_uuid(), id, 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR', '09:00', '12:00' from hours_bench where k = 1
			union all select gen_random_uuid(), id, 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH', '13:00', '17:30' from hours_bench where k = 1
			union all select gen_random_uuid(), id, 'FREQ=WEEKLY;INTERVAL=2;BYDAY=SA', '10:00', '14:00' from hours_bench where k = 2`,
		`insert into coach_overrides (id, version, created_at, updated_at, coach_id, day, time_zone, windows) select gen_random_uuid(), ` + benchDays + `, id, current_date + 7 * k + (n % 7)::int, 'America/New_York',
			case k % 2 when 0 then '{}'::text[] else '{18:00-21:00}' end from coaching_bench, generate_series(1, 5) k`,
		`insert into coach_time_off (id, version, created_at, updated_at, coach_id, starts_at, ends_at)
			select gen_random_uuid(), ` + benchDays + `, id, date_trunc('day', now()) + (9 + 20 * k) * interval '1 day' + interval '15 hours', date_trunc('day', now()) + (11 + 20 * k) * interval '1 day' from coaching_bench, generate_series(0, 2) k`,
		`insert into resources (kind, id) select 'person', id from coaching_bench on conflict do nothing`,
		// Every other hour of working days, three in four times; the past year too.
		`create temp table booked_bench as select gen_random_uuid() as id, b.id as coach_id, date_trunc('day', now()) + d * interval '1 day' + (13 + 2 * h) * interval '1 hour' as at, b.n + d + h as dice
			from coaching_bench b, generate_series(-250, 80) d, generate_series(0, 3) h where extract(isodow from current_date + d) < 6 and (b.n * 7 + d * 3 + h * 5) % 4 <> 0 and (b.n + d + h) % 3 <> 0`,
		`insert into commitments (id, resource_kind, resource_id, during, starts_at, ends_at, source, source_id)
			select gen_random_uuid(), 'person', coach_id, tstzrange(at, at + interval '60 minutes'), at, at + interval '50 minutes', case dice % 5 when 0 then 'session' else 'coaching_session' end, id from booked_bench`,
		`insert into coaching_sessions (id, version, created_at, updated_at, engagement_id, coach_id, state, starts_at, ends_at, time_zone, modality, booked_by, chain_id, closed_at)
			select id, ` + benchDays + `, id, coach_id, case when at < now() then 'completed' else 'booked' end, at, at + interval '50 minutes', 'America/New_York', 'online', coach_id, id, case when at < now() then at end
			from booked_bench where dice % 5 <> 0`,
		"reset session_replication_role",
		"vacuum analyze accounts, credentials, coaches, coach_schedules, coach_hours, coach_overrides, coach_time_off, commitments, coaching_sessions",
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return nil, fmt.Errorf("%.60s…: %w", sql, err)
		}
	}
	return ids(ctx, conn, `select id from coaching_bench order by n`)
}

// openHours is a window of some weekdays, of every so many weeks from a Monday on.
type openHours struct {
	days        [7]bool // from Sunday
	every       int
	since       time.Time
	from, until [2]int
}

// freeTimes is what one looks through to find when a coach is free.
type freeTimes struct {
	hours         []openHours
	own           map[string][][2][2]int // of days with hours of their own
	off, taken    []models.TimeSpan
	counted       []time.Time
	perDay, aWeek int
}

const handSpan = `($2::date - 8) and ($2::date + $3::int + 10)`

// slotsByHand reads all of some coaches in one round trip, and goes through the days.
func (w *inCoaching) slotsByHand(ctx context.Context, coaches []uuid.UUID, from, until time.Time) ([]time.Time, error) {
	known := map[uuid.UUID]*freeTimes{}
	of := func(id uuid.UUID) *freeTimes {
		if known[id] == nil {
			known[id] = &freeTimes{own: map[string][][2][2]int{}}
		}
		return known[id]
	}
	b := &pgx.Batch{}
	queue := func(sql string, take func(pgx.Rows) error) {
		b.Queue(sql, coaches, w.first.Time, w.ahead).Query(func(rows pgx.Rows) error {
			for rows.Next() {
				if err := take(rows); err != nil {
					return err
				}
			}
			return rows.Err()
		})
	}
	var id uuid.UUID
	queue(`select id, max_per_day, max_per_week from coaches where id = any($1) and $2::date + $3::int is not null`, func(rows pgx.Rows) error {
		var day, week int
		err := rows.Scan(&id, &day, &week)
		of(id).perDay, of(id).aWeek = day, week
		return err
	})
	queue(`select s.coach_id, h.rule, h.from_time, h.until_time, s.starts_on from coach_schedules s join coach_hours h on h.schedule_id = s.id where s.coach_id = any($1) and s.starts_on <= $2::date + $3::int + 10`, func(rows pgx.Rows) error {
		var rule, first, last string
		h := openHours{every: 1}
		err := rows.Scan(&id, &rule, &first, &last, &h.since)
		h.from, h.until = handClock(first), handClock(last)
		for i, name := range []string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"} {
			_, days, _ := strings.Cut(rule, "BYDAY=")
			h.days[i] = strings.Contains(days, name)
		}
		if strings.Contains(rule, "INTERVAL=2") {
			h.every = 2
		}
		of(id).hours = append(of(id).hours, h)
		return err
	})
	queue(`select coach_id, day, windows from coach_overrides where coach_id = any($1) and day between `+handSpan, func(rows pgx.Rows) error {
		var day time.Time
		var windows []string
		err := rows.Scan(&id, &day, &windows)
		own := [][2][2]int{}
		for _, text := range windows {
			first, last, _ := strings.Cut(text, "-")
			own = append(own, [2][2]int{handClock(first), handClock(last)})
		}
		of(id).own[day.Format(time.DateOnly)] = own
		return err
	})
	spans := func(into func(*freeTimes) *[]models.TimeSpan) func(pgx.Rows) error {
		return func(rows pgx.Rows) error {
			var s models.TimeSpan
			err := rows.Scan(&id, &s.From, &s.Until)
			list := into(of(id))
			*list = append(*list, s)
			return err
		}
	}
	queue(`select coach_id, starts_at, ends_at from coach_time_off where coach_id = any($1) and starts_at < $2::date + $3::int + 10 and ends_at > $2::date`, spans(func(f *freeTimes) *[]models.TimeSpan { return &f.off }))
	queue(`select resource_id, lower(during), upper(during) from commitments where resource_kind = 'person' and resource_id = any($1) and during && tstzrange($2::date, $2::date + $3::int + 10)`,
		spans(func(f *freeTimes) *[]models.TimeSpan { return &f.taken }))
	queue(`select coach_id, starts_at from coaching_sessions where coach_id = any($1) and starts_at between `+handSpan+` and state in ('requested', 'booked', 'in_progress', 'completed', 'no_show_member')`, func(rows pgx.Rows) error {
		var at time.Time
		err := rows.Scan(&id, &at)
		of(id).counted = append(of(id).counted, at)
		return err
	})
	if err := w.hand.pool.SendBatch(ctx, b).Close(); err != nil {
		return nil, err
	}
	var out []time.Time
	for _, coach := range coaches {
		out = known[coach].find(out, w.first.Time, from, until, w.ahead)
	}
	slices.SortFunc(out, time.Time.Compare)
	return out, nil
}

func handClock(text string) [2]int {
	h, m, _ := strings.Cut(text, ":")
	hours, _ := strconv.Atoi(h)
	minutes, _ := strconv.Atoi(m)
	return [2]int{hours, minutes}
}

var (
	newYork, _ = time.LoadLocation("America/New_York")
	denver, _  = time.LoadLocation("America/Denver")
)

// find knows that windows do not overlap, that clocks change at night, and that sessions take 50 minutes, begin every 30, and
// keep 10 after them free.
func (f *freeTimes) find(out []time.Time, first, from, until time.Time, ahead int) []time.Time {
	begin, end := time.Date(first.Year(), first.Month(), first.Day(), 0, 0, 0, 0, denver), time.Date(first.Year(), first.Month(), first.Day()+ahead, 0, 0, 0, 0, denver)
	meets := func(spans []models.TimeSpan, a, z time.Time) bool {
		for i := range spans {
			if spans[i].From.Before(z) && a.Before(spans[i].Until) {
				return true
			}
		}
		return false
	}
	for d := -1; d <= ahead; d++ {
		day := time.Date(first.Year(), first.Month(), first.Day()+d, 0, 0, 0, 0, newYork)
		if f.full(day) {
			continue
		}
		windows, special := f.own[day.Format(time.DateOnly)]
		for _, h := range f.hours {
			date := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, time.UTC)
			if !special && h.days[day.Weekday()] && int(date.Sub(h.since).Hours())/24/7%h.every == 0 {
				windows = append(windows, [2][2]int{h.from, h.until})
			}
		}
		for _, win := range windows {
			last := time.Date(day.Year(), day.Month(), day.Day(), win[1][0], win[1][1], 0, 0, newYork)
			for at := time.Date(day.Year(), day.Month(), day.Day(), win[0][0], win[0][1], 0, 0, newYork); !at.Add(50 * time.Minute).After(last); at = at.Add(30 * time.Minute) {
				if !at.Before(begin) && at.Before(end) && !at.Before(from) && at.Before(until) && !meets(f.off, at, at.Add(50*time.Minute)) && !meets(f.taken, at, at.Add(time.Hour)) {
					out = append(out, at.UTC())
				}
			}
		}
	}
	return out
}

// full says whether the coach has as many sessions that day, or that week, as they take.
func (f *freeTimes) full(day time.Time) bool {
	monday := day.AddDate(0, 0, -int(day.Weekday()+6)%7)
	today, week := 0, 0
	for _, at := range f.counted {
		if !at.Before(day) && at.Before(day.AddDate(0, 0, 1)) {
			today++
		}
		if !at.Before(monday) && at.Before(monday.AddDate(0, 0, 7)) {
			week++
		}
	}
	return today >= f.perDay || week >= f.aWeek
}
