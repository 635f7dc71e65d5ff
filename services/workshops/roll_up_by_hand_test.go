package workshops_test

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// byHand is what somebody needs who adds up the sheets.
type byHand struct {
	Session, Program, Member uuid.UUID
	StartsAt                 time.Time
	Zone, Status             string
}

type inPause struct{ From, To time.Time }

type enrolledByHand struct {
	ID, Program, Member      uuid.UUID
	State                    string
	From, To                 *time.Time
	Placed                   bool
	Offered, Attended        int
	Excused, Missed, Absence int
	Seen                     *time.Time
}

// compare adds up everything from the workshops' own rows, in the most simple-minded way, and says how many enrollments had
// anything to add up.
func (s *storm) compare() int {
	s.t.Helper()
	var sheets []byHand
	var rows []enrolledByHand
	pauses := map[uuid.UUID][]inPause{}
	s.super(func(c *pgx.Conn) error {
		ctx := context.Background()
		found, err := c.Query(ctx, `select s.id as session, w.program_id as program, a.member_id as member, s.starts_at, s.time_zone as zone, t.status from attendance t
			join workshop_sessions s on s.id = t.session_id join workshops w on w.id = s.workshop_id join attendees a on a.id = t.attendee_id
			where s.status = 'completed' and w.program_id is not null and a.member_id is not null order by s.starts_at, s.id`)
		if err == nil {
			sheets, err = pgx.CollectRows(found, pgx.RowToStructByName[byHand])
		}
		if err != nil {
			return err
		}
		found, err = c.Query(ctx, `select id, program_id as program, member_id as member, state, starts_on::timestamptz as "from", ends_on::timestamptz as "to", enrolled_at is not null as placed, sessions_offered as offered,
			sessions_attended as attended, sessions_excused as excused, sessions_missed as missed, consecutive_absences as absence, last_seen_at as seen from enrollments`)
		if err == nil {
			rows, err = pgx.CollectRows(found, pgx.RowToStructByName[enrolledByHand])
		}
		if err != nil {
			return err
		}
		found, err = c.Query(ctx, `select enrollment_id, from_on::timestamptz, coalesce(ended_on, until_on)::timestamptz from enrollment_pauses`)
		if err != nil {
			return err
		}
		var id uuid.UUID
		var p inPause
		_, err = pgx.ForEachRow(found, []any{&id, &p.From, &p.To}, func() error { pauses[id] = append(pauses[id], p); return nil })
		return err
	})
	wrong, some := 0, 0
	for _, e := range rows {
		want := e.addUp(sheets, pauses[e.ID])
		if want.Offered > 0 {
			some++
		}
		same := e.Seen == nil && want.Seen == nil || e.Seen != nil && want.Seen != nil && e.Seen.Equal(*want.Seen)
		if e.Seen, want.Seen = nil, nil; !same || e != want {
			wrong++
			s.t.Errorf("%s %s holds %+v, want %+v (seen alike: %v)", e.State, e.ID, e, want, same)
		}
	}
	s.t.Logf("of %d enrollments, %d with something to add up, %d are wrong; %d pauses, %d lines on the sheets", len(rows), some, wrong, len(pauses), len(sheets))
	return some
}

// addUp is the slow recount.
func (e enrolledByHand) addUp(sheets []byHand, pauses []inPause) enrolledByHand {
	want := e
	want.Offered, want.Attended, want.Excused, want.Missed, want.Absence, want.Seen = 0, 0, 0, 0, 0, nil
	if !e.Placed || e.State == "applied" || e.State == "waitlisted" || e.State == "denied" {
		return want
	}
	var order []uuid.UUID
	best := map[uuid.UUID]byHand{}
	worth := map[string]int{"absent": 1, "excused": 2, "late": 3, "present": 4}
	for _, r := range sheets {
		if r.Program != e.Program || r.Member != e.Member {
			continue
		}
		had, there := best[r.Session]
		if !there {
			order = append(order, r.Session)
		}
		if worth[r.Status] > worth[had.Status] {
			best[r.Session] = r
		}
	}
	for _, id := range order {
		r := best[id]
		zone, _ := time.LoadLocation(r.Zone)
		y, m, d := r.StartsAt.In(zone).Date()
		day := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
		if day.Before(*e.From) || e.To != nil && day.After(*e.To) {
			continue
		}
		came := r.Status == "present" || r.Status == "late"
		paused := slices.ContainsFunc(pauses, func(p inPause) bool { return !day.Before(p.From) && day.Before(p.To) })
		if paused && !came {
			continue
		}
		want.Offered++
		switch r.Status {
		case "excused":
			want.Excused++
		case "absent":
			want.Missed++
			want.Absence++
		default:
			want.Attended++
			want.Absence = 0
			want.Seen = &r.StartsAt
		}
	}
	return want
}
