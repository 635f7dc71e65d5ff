package workshops_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
	"homefront/services/programs"
	"homefront/services/workshops"
)

// office is one server process.
type office struct {
	core      *services.Core
	workshops *workshops.Service
	programs  *programs.Service
}

func (h *hall) office() *office {
	h.t.Helper()
	c, err := services.Open(h.t.Context(), services.Settings{DatabaseURL: h.db.AppURL, Secret: []byte("0123456789abcdefghijklmnopqrstuv"), ReadConns: 4, WriteConns: 8,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), DecodeAnswers: true})
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(c.Close)
	c.Clock.Set(planningDay)
	notices.New(c, nil, notices.Config{BaseURL: "https://homefront.example", From: "hello@homefront.example", OrgName: "Homefront"})
	return &office{c, workshops.New(c, workshops.Config{BaseURL: "https://homefront.example"}), programs.New(c, programs.Config{OrgName: "Homefront"})}
}

func (o *office) program(h *hall, slug string) uuid.UUID {
	h.t.Helper()
	p, err := o.programs.Create(h.staff(), programs.NewProgram{Name: slug, Slug: slug, Status: models.ProgramActive, TimeZone: "America/New_York"})
	if err != nil {
		h.t.Fatal(err)
	}
	return p.ID
}

// seat is a place that a storm knows of.
type seat struct {
	workshop, registration, attendee uuid.UUID
	session                          *uuid.UUID // of a drop-in workshop
	code                             string
}

// storm is a crowd of staff who write all at once, on two server processes.
type storm struct {
	*hall
	offices  [2]*office
	lines    []uuid.UUID // programs
	plans    []uuid.UUID // workshops
	sessions [][]workshops.WorkshopSessionDetail
	people   []uuid.UUID

	mu          sync.Mutex
	seats       []seat
	enrollments []uuid.UUID

	done, refused atomic.Int64
	kinds         sync.Map
}

const (
	stormSessions = 8
	stormPhases   = 6 // the last sessions are still to come at the end: nothing is over
)

// zones put the evening of one session on different days of the program.
var stormZones = []string{"America/New_York", "Pacific/Auckland", "America/Los_Angeles", "Europe/Berlin"}

func gather(t *testing.T) *storm {
	s := &storm{hall: openHall(t)}
	s.offices = [2]*office{s.office(), s.office()}
	for i := range 3 {
		s.lines = append(s.lines, s.offices[0].program(s.hall, fmt.Sprintf("program-%d", i)))
	}
	s.people = s.crowd(36)
	for i := range 8 {
		in := workshops.NewWorkshop{Title: fmt.Sprintf("Evening %d", i), FacilitatorIDs: []uuid.UUID{s.person("Lead", true)}, GuestsPerParty: 2, Capacity: number(60), TimeZone: stormZones[i%len(stormZones)]}
		if i < 7 {
			in.ProgramID = &s.lines[i%3]
		}
		if i%4 == 3 {
			in.AttendanceMode = models.AttendDropIn
		}
		w := s.draft(in)
		s.plans = append(s.plans, w.ID)
		s.sessions = append(s.sessions, s.sessionsOf(w.ID, fmt.Sprint(stormSessions)))
		if _, err := s.Publish(s.staff(), w.ID); err != nil {
			t.Fatal(err)
		}
	}
	s.fill()
	return s
}

// fill registers people, and children with two guardians, of whom each brings them.
func (s *storm) fill() {
	for i, w := range s.plans {
		for j, m := range s.people {
			if (i+j)%3 != 0 {
				continue
			}
			in := workshops.Register{}
			if i%4 == 3 {
				in.SessionID = &s.sessions[i][j%stormSessions].ID
			}
			s.sit(s.register(s.me(m), w, in))
		}
	}
	for i := range 2 {
		one, two := s.person("Luis", false), s.person("Ana", false)
		child := s.child(one, true)
		s.guard(two, child, true)
		s.people = append(s.people, child)
		s.sit(s.register(s.me(one), s.plans[i], members(one, child)))
		second := s.register(s.me(two), s.plans[i], members(two, child))
		approved, err := s.Approve(s.staff(), second.ID, workshops.Approval{})
		if err != nil {
			s.t.Fatal(err)
		}
		s.sit(approved)
	}
}

func (s *storm) sit(r *workshops.RegistrationView) {
	for _, a := range r.Attendees {
		c, err := s.CheckInCode(s.staff(), r.ID, a.ID)
		if err != nil {
			return // not confirmed
		}
		s.mu.Lock()
		s.seats = append(s.seats, seat{r.WorkshopID, r.ID, a.ID, r.SessionID, c.Code})
		s.mu.Unlock()
	}
}

// clock moves both offices' time to after the k-th session of every workshop.
func (s *storm) clock(k int) time.Time {
	at := s.sessions[0][k].EndsAt.Add(30 * time.Hour)
	s.core.Clock.Set(at)
	for _, o := range s.offices {
		o.core.Clock.Set(at)
	}
	return at
}

// Ten thousand writes that change what is known of who was where, by eight pairs of hands on two server processes; then the
// sums are what somebody finds who adds up the sheets by hand, and the nightly checks find nothing wrong.
func TestTenThousandWritesKeepTheSums(t *testing.T) {
	const writes, hands, seed = 10_000, 8, 20261027
	s := gather(t)
	began := time.Now()
	for k := range stormPhases {
		now := s.clock(k)
		want := int64(writes * (k + 1) / stormPhases)
		var all sync.WaitGroup
		for i := range hands {
			all.Go(func() {
				h := &hand{storm: s, office: s.offices[i%2], r: rand.New(rand.NewPCG(seed, uint64(k*hands+i))), k: k, now: now} //nolint:gosec // to be repeated
				for s.done.Load() < want && !t.Failed() {
					h.act()
				}
			})
		}
		all.Wait()
	}
	kinds := map[string]int64{}
	s.kinds.Range(func(k, n any) bool { kinds[k.(string)] = n.(*atomic.Int64).Load(); return true })
	for _, a := range acts {
		if kinds[a.what] == 0 {
			t.Errorf("%q never came about", a.what)
		}
	}
	t.Logf("%d writes and %d refusals took %s, with %d deadlocks: %v", s.done.Load(), s.refused.Load(), time.Since(began).Round(time.Millisecond),
		s.count(`select deadlocks::int from pg_stat_database where datname = current_database()`), kinds)
	s.compare()
	s.closeAll()
	if n := s.compare(); n < 40 {
		t.Errorf("only %d enrollments have anything to add up", n)
	}
	s.check(nil, nil)
	s.corrupt()
}

// closeAll completes what the crowd happened to leave open: how much that is depends on who was quicker, and a sum of nothing
// is always right.
func (s *storm) closeAll() {
	s.t.Helper()
	for _, sessions := range s.sessions {
		for k := range stormPhases {
			var refused *services.Error // called off, or completed already
			if _, err := s.offices[0].workshops.CompleteSession(s.staff(), sessions[k].ID); err != nil && !errors.As(err, &refused) {
				s.t.Fatal(err)
			}
		}
	}
}

// job is one of the night, which takes no arguments.
type job struct{ kind string }

func (j job) Kind() string { return j.kind }

// check runs both nightly checks and says whether they name exactly these.
func (s *storm) check(enrollments, sessions []uuid.UUID) {
	s.t.Helper()
	o := s.offices[1]
	s.exec(`delete from river_job`)
	_, err := services.Mutate(services.AsSystem(context.Background(), "test"), o.core, "test.night", func(tx *services.Tx) (struct{}, error) {
		tx.Unchanged()
		return struct{}{}, errors.Join(tx.Enqueue(job{"program.check_roll_ups"}, time.Time{}), tx.Enqueue(job{"workshop.check_told"}, time.Time{}))
	})
	if err != nil {
		s.t.Fatal(err)
	}
	if n, err := o.core.RunDue(s.t.Context(), o.core.Clock.Now()); err != nil || n != 2 {
		s.t.Fatalf("%d jobs ran: %v", n, err)
	}
	admin := s.as(s.boss, "", models.RoleAdmin)
	page, err := o.programs.RollUpChecks(admin, programs.RollUpCheckQuery{PageQuery: services.PageQuery{Limit: 2}})
	if err != nil || len(page.Data) != 2 {
		s.t.Fatalf("%v %+v", err, page)
	}
	wants := map[string][]uuid.UUID{"enrollments": enrollments, "workshop_session": sessions}
	for _, c := range page.Data {
		want := slices.SortedFunc(slices.Values(wants[c.Source]), func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
		delete(wants, c.Source)
		if c.Differences != len(want) || !slices.Equal(c.Examples, want) || c.LookedAt == 0 {
			s.t.Errorf("%s: %d of %d differ, %v, want %v", c.Source, c.Differences, c.LookedAt, c.Examples, want)
		}
	}
	if len(wants) > 0 {
		s.t.Errorf("nothing was said of %v", slices.Collect(maps.Keys(wants)))
	}
}

// corrupt makes a few things wrong, which the checks name, and nothing else; then puts them right.
func (s *storm) corrupt() {
	s.t.Helper()
	var sums, sessions []uuid.UUID
	s.super(func(c *pgx.Conn) error {
		ctx := context.Background()
		found, err := c.Query(ctx, `select e.id from enrollments e where e.enrolled_at is not null order by e.id limit 3`)
		if err == nil {
			sums, err = pgx.CollectRows(found, pgx.RowTo[uuid.UUID])
		}
		if err != nil {
			return err
		}
		found, err = c.Query(ctx, `select a.source_id from program_attendance a where not exists (select from enrollments e where e.program_id = a.program_id and e.member_id = a.member_id)
			group by a.source_id order by a.source_id limit 3`)
		if err == nil {
			sessions, err = pgx.CollectRows(found, pgx.RowTo[uuid.UUID])
		}
		return err
	})
	if len(sums) < 3 || len(sessions) < 3 {
		s.t.Fatalf("%d enrollments and %d sessions to make wrong", len(sums), len(sessions))
	}
	const unenrolled = ` and not exists (select from enrollments e where e.program_id = a.program_id and e.member_id = a.member_id)`
	s.exec(`update enrollments set sessions_offered = sessions_offered + 1 where id = $1`, sums[0])
	s.exec(`update enrollments set consecutive_absences = consecutive_absences + 1 where id = $1`, sums[1])
	s.exec(`update enrollments set last_seen_at = coalesce(last_seen_at, now()) + interval '1 minute' where id = $1`, sums[2])
	s.exec(`delete from program_attendance a where source_id = $1`+unenrolled, sessions[0])
	s.exec(`update program_attendance a set status = case status when 'absent' then 'excused' else 'absent' end where source_id = $1`+unenrolled, sessions[1])
	s.exec(`update program_attendance a set on_day = on_day + 1 where source_id = $1`+unenrolled, sessions[2])
	s.check(sums, sessions)
	if n := s.count(`select count(*) from tasks where kind = 'check_roll_ups' and status = 'open' and queue = 'admins'`); n != 2 {
		s.t.Errorf("%d tasks are open", n)
	}
	for _, id := range sums {
		if got, err := s.offices[0].programs.RecountEnrollment(s.staff(), id); err != nil || !got.Repaired {
			s.t.Errorf("%+v %v", got, err)
		}
	}
	for _, id := range sessions {
		if _, err := s.offices[0].workshops.RecountSession(s.staff(), id); err != nil {
			s.t.Error(err)
		}
	}
	s.check(nil, nil)
	if n := s.count(`select count(*) from tasks where kind = 'check_roll_ups' and status = 'open'`); n != 0 {
		s.t.Errorf("%d tasks are open still", n)
	}
}

// Scans of a session that is closed already, all at once: each sees the roster as the others left it.
func TestScansAfterTheClosingAreAllTold(t *testing.T) {
	s := &storm{hall: openHall(t)}
	s.offices = [2]*office{s.office(), s.office()}
	line := s.offices[0].program(s.hall, "family-awareness")
	w := s.draft(workshops.NewWorkshop{FacilitatorIDs: []uuid.UUID{s.person("Lead", true)}, ProgramID: &line})
	session := s.sessionsOf(w.ID, "2")[0]
	if _, err := s.Publish(s.staff(), w.ID); err != nil {
		t.Fatal(err)
	}
	s.people = s.crowd(16)
	for _, m := range s.people {
		s.sit(s.register(s.me(m), w.ID, workshops.Register{}))
		if _, err := s.offices[0].programs.Apply(s.staff(), line, programs.Apply{MemberID: &m, State: models.EnrollmentEnrolled}); err != nil {
			t.Fatal(err)
		}
	}
	for _, o := range s.offices {
		o.core.Clock.Set(session.EndsAt)
	}
	told := func(status string, want int, state models.EnrollmentState) {
		t.Helper()
		if n := s.count(`select count(*) from program_attendance where source_id = $1 and program_id = $2 and status = $3`, session.ID, line, status); n != want {
			t.Errorf("%d are known to have been %s, of %d", n, status, want)
		}
		if n := s.count(`select count(*) from enrollments where state = $1 and sessions_offered = 1`, string(state)); n != 16 {
			t.Errorf("%d are %s", n, state)
		}
	}
	if _, err := s.offices[0].workshops.CompleteSession(s.staff(), session.ID); err != nil {
		t.Fatal(err)
	}
	told("absent", 16, models.EnrollmentEnrolled)
	var all sync.WaitGroup
	for i, who := range s.seats {
		all.Go(func() {
			err := patiently(func() error {
				_, err := s.offices[i%2].workshops.CheckIn(s.staff(), session.ID, workshops.Scan{Code: who.code, Nonce: fmt.Sprintf("late-scan-%d", i), ScannedAt: &session.StartsAt})
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	told("present", 16, models.EnrollmentActive)
	for _, who := range s.seats {
		if _, err := s.offices[0].workshops.UndoCheckIn(s.staff(), session.ID, who.attendee, stormReason); err != nil {
			t.Fatal(err)
		}
	}
	told("absent", 16, models.EnrollmentActive) // who has begun has begun
	if _, err := s.offices[1].workshops.ReopenSession(s.staff(), session.ID, stormReason); err != nil {
		t.Fatal(err)
	}
	if n := s.count(`select count(*) from program_attendance`) + s.count(`select coalesce(sum(sessions_offered), 0)::int from enrollments`); n != 0 {
		t.Errorf("something is left of a session that is open again: %d", n)
	}
}

// Of a session that is closed with its workshop, because nobody was expected any more, it is known who was there all the same.
func TestWhoLeftAfterwardsIsKnownToHaveBeenThere(t *testing.T) {
	s := &storm{hall: openHall(t)}
	o := s.office()
	line := o.program(s.hall, "coaching")
	w := s.draft(workshops.NewWorkshop{FacilitatorIDs: []uuid.UUID{s.person("Lead", true)}, ProgramID: &line})
	session := s.sessionsOf(w.ID, "1")[0]
	if _, err := s.Publish(s.staff(), w.ID); err != nil {
		t.Fatal(err)
	}
	r := s.register(s.me(s.member), w.ID, workshops.Register{})
	o.core.Clock.Set(session.EndsAt)
	sheet := workshops.AttendanceSheet{Entries: []workshops.AttendanceEntry{{AttendeeID: r.Attendees[0].ID, Status: models.AttendancePresent}}}
	if _, err := o.workshops.RecordAttendance(s.staff(), session.ID, sheet); err != nil {
		t.Fatal(err)
	}
	if _, err := o.workshops.Cancel(s.staff(), r.ID, workshops.Cancellation{Reason: "Left early"}); err != nil {
		t.Fatal(err)
	}
	if _, err := o.workshops.CompleteWorkshop(s.staff(), w.ID); err != nil {
		t.Fatal(err)
	}
	if n := s.count(`select count(*) from program_attendance where member_id = $1 and program_id = $2 and status = 'present'`, s.member, line); n != 1 {
		t.Errorf("%d lines", n)
	}
	if n := s.count(`select sessions_attended from attendees where id = $1`, r.Attendees[0].ID); n != 1 {
		t.Errorf("the place sums up %d", n)
	}
}
