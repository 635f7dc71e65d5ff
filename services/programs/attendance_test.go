package programs_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/internal/coretest"
	"homefront/internal/pgtest"
	"homefront/models"
	"homefront/services"
	"homefront/services/people"
	"homefront/services/programs"
)

// ledger is where attendance is kept, on two server processes.
type ledger struct {
	t       *testing.T
	db      *pgtest.DB
	cores   [2]*services.Core
	s       *programs.Service
	program uuid.UUID
}

// monday is when the first occasion of these tests begins, in the evening of New York.
var monday = time.Date(2026, time.October, 5, 22, 0, 0, 0, time.UTC)

func openLedger(t *testing.T) *ledger {
	t.Helper()
	l := &ledger{t: t, db: pgtest.New(t)}
	for i := range l.cores {
		l.cores[i] = coretest.On(t, l.db)
		l.cores[i].Clock.Set(monday.AddDate(0, 1, 0))
	}
	l.s = programs.New(l.cores[0], programs.Config{OrgName: "Homefront"})
	l.program = l.newProgram("battle-buddy")
	return l
}

func (l *ledger) newProgram(slug string) uuid.UUID {
	l.t.Helper()
	p, err := l.s.Create(as(""), programs.NewProgram{Name: slug, Slug: slug, Status: models.ProgramActive})
	if err != nil {
		l.t.Fatal(err)
	}
	return p.ID
}

func (l *ledger) person() uuid.UUID {
	l.t.Helper()
	m := models.Member{GivenName: "Mia", FamilyName: "Rivera", Kinds: models.Texts[models.Kind]{models.KindVeteran}, Status: models.MemberActive}
	l.write(0, func(tx *services.Tx) error { return people.NewMember(tx, &m) })
	return m.ID
}

func (l *ledger) write(on int, do func(*services.Tx) error) {
	l.t.Helper()
	_, err := services.Mutate(services.AsSystem(context.Background(), "test"), l.cores[on], "test.write", func(tx *services.Tx) (struct{}, error) {
		tx.Unchanged()
		return struct{}{}, do(tx)
	})
	if err != nil {
		l.t.Error(err)
	}
}

// enroll gives somebody a place from the first of September on, in so many words of SQL.
func (l *ledger) enroll(tx *services.Tx, program, member uuid.UUID, state models.EnrollmentState) uuid.UUID {
	id := services.NewID()
	tx.Locks(services.LockPrograms)
	tx.Queue(`select from programs where id = $1 for no key update`, program)
	tx.Queue(`insert into enrollments (id, version, created_at, updated_at, program_id, program_first_day, program_last_day, member_id, entered_by, state, starts_on, applied_at, enrolled_at)
		select $1, 1, $4, $4, p.id, p.first_day, p.last_day, $3, $3, $5, '2026-09-01', $4, $4 from programs p where p.id = $2`, id, program, member, tx.Now(), string(state))
	return id
}

func (l *ledger) enrolled(program, member uuid.UUID) (id uuid.UUID) {
	l.t.Helper()
	l.write(0, func(tx *services.Tx) error {
		id = l.enroll(tx, program, member, models.EnrollmentEnrolled)
		return programs.Recount(tx, id)
	})
	return id
}

// occasion is the n-th evening of a program.
func (l *ledger) occasion(n int, program *uuid.UUID) programs.Occasion {
	at := monday.AddDate(0, 0, n)
	return programs.Occasion{Source: "workshop_session", SourceID: uuid.NewSHA1(uuid.Nil, []byte{byte(n), byte(n >> 8)}), ProgramID: program, StartsAt: at, Day: models.DayIn(at, "America/New_York")}
}

func (l *ledger) record(n int, program *uuid.UUID, there ...programs.Presence) {
	l.t.Helper()
	l.write(n%2, func(tx *services.Tx) error { return programs.RecordAttendance(tx, l.occasion(n, program), there) })
}

func (l *ledger) exec(sql string, args ...any) {
	l.t.Helper()
	l.ask(func(c *pgx.Conn) error { _, err := c.Exec(context.Background(), sql, args...); return err })
}

func (l *ledger) ask(do func(*pgx.Conn) error) {
	l.t.Helper()
	l.db.Super(l.t, do)
}

func (l *ledger) count(sql string, args ...any) (n int) {
	l.t.Helper()
	l.ask(func(c *pgx.Conn) error { return c.QueryRow(context.Background(), sql, args...).Scan(&n) })
	return n
}

// sums reads what an enrollment holds.
func (l *ledger) sums(id uuid.UUID) (state models.EnrollmentState, r models.RollUp) {
	l.t.Helper()
	l.ask(func(c *pgx.Conn) error {
		return c.QueryRow(context.Background(), `select state, sessions_offered, sessions_attended, sessions_excused, sessions_missed, consecutive_absences, last_seen_at from enrollments where id = $1`, id).
			Scan(&state, &r.Offered, &r.Attended, &r.Excused, &r.Missed, &r.ConsecutiveAbsences, &r.LastSeenAt)
	})
	return state, r
}

func (l *ledger) want(id uuid.UUID, state models.EnrollmentState, want models.RollUp) {
	l.t.Helper()
	if got, sums := l.sums(id); got != state || !sums.Same(want) {
		l.t.Errorf("%s with %+v, want %s with %+v", got, sums, state, want)
	}
}

func TestAnOccasionIsStatedAsAWhole(t *testing.T) {
	l := openLedger(t)
	other := l.newProgram("coaching")
	mia, luis := l.person(), l.person()
	theirs, his, there := l.enrolled(l.program, mia), l.enrolled(l.program, luis), l.enrolled(other, mia)
	present := func(m uuid.UUID) programs.Presence {
		return programs.Presence{MemberID: m, Status: models.AttendancePresent}
	}
	absent := func(m uuid.UUID) programs.Presence {
		return programs.Presence{MemberID: m, Status: models.AttendanceAbsent}
	}
	at := func(n int) *time.Time { s := monday.AddDate(0, 0, n); return &s }

	l.record(0, &l.program, absent(luis))
	l.want(his, models.EnrollmentEnrolled, models.RollUp{Offered: 1, Missed: 1, ConsecutiveAbsences: 1})
	l.record(1, &l.program, absent(mia), present(mia), absent(luis)) // two parties expected her
	l.want(theirs, models.EnrollmentActive, models.RollUp{Offered: 1, Attended: 1, LastSeenAt: at(1)})
	l.want(his, models.EnrollmentEnrolled, models.RollUp{Offered: 2, Missed: 2, ConsecutiveAbsences: 2})
	if n := l.count(`select count(*) from enrollment_events where enrollment_id = $1 and step = 'activate' and by_id is null and from_state = 'enrolled' and to_state = 'active'`, theirs); n != 1 {
		t.Errorf("%d lines in her history", n)
	}

	l.record(1, &l.program, present(luis)) // a correction: it was him
	l.want(theirs, models.EnrollmentActive, models.RollUp{})
	l.want(his, models.EnrollmentActive, models.RollUp{Offered: 2, Attended: 1, Missed: 1, LastSeenAt: at(1)})

	l.record(1, &other, present(mia), present(luis)) // another program's
	l.want(his, models.EnrollmentActive, models.RollUp{Offered: 1, Missed: 1, ConsecutiveAbsences: 1})
	l.want(there, models.EnrollmentActive, models.RollUp{Offered: 1, Attended: 1, LastSeenAt: at(1)})
	l.record(1, nil, present(mia))
	l.want(there, models.EnrollmentActive, models.RollUp{})
	if n := l.count(`select count(*) from program_attendance`); n != 1 {
		t.Errorf("%d lines are left", n)
	}
	if n := l.count(`select count(*) from enrollment_events`); n != 3 {
		t.Errorf("%d lines of history: who has begun has begun", n)
	}

	late := l.occasion(0, &l.program)
	late.StartsAt, late.Day = late.StartsAt.AddDate(0, 0, 40), models.NewDate(2026, time.November, 14)
	l.write(1, func(tx *services.Tx) error {
		return programs.RecordAttendance(tx, late, []programs.Presence{present(luis)})
	})
	l.want(his, models.EnrollmentActive, models.RollUp{Offered: 1, Attended: 1, LastSeenAt: &late.StartsAt})
}

// A roster of any size is stated in the same number of statements.
func TestASheetOfFiveHundred(t *testing.T) {
	l := openLedger(t)
	var all []programs.Presence
	l.write(0, func(tx *services.Tx) error {
		for range 500 {
			m := models.Member{GivenName: "Guest", FamilyName: "Rivera", Kinds: models.Texts[models.Kind]{models.KindVeteran}, Status: models.MemberActive}
			if err := people.NewMember(tx, &m); err != nil {
				return err
			}
			all = append(all, programs.Presence{MemberID: m.ID, Status: models.AttendanceLate})
		}
		return nil
	})
	l.exec(`insert into enrollments (id, version, created_at, updated_at, program_id, program_first_day, program_last_day, member_id, entered_by, state, starts_on, applied_at, enrolled_at)
		select gen_random_uuid(), 1, now(), now(), p.id, p.first_day, p.last_day, m.id, m.id, 'enrolled', '2026-09-01', now(), now() from programs p, members m where m.given_name = 'Guest'`)
	began := time.Now()
	l.record(0, &l.program, all...)
	t.Logf("500 people took %s", time.Since(began))
	if n := l.count(`select count(*) from enrollments where state = 'active' and sessions_attended = 1`); n != 500 {
		t.Errorf("%d of 500 were there", n)
	}
	if n := l.count(`select count(*) from enrollment_events`); n != 500 {
		t.Errorf("%d lines of history", n)
	}
}

// Different occasions of the same people at once, and places given at the same time, on two server processes.
func TestSumsAreNotLost(t *testing.T) {
	l := openLedger(t)
	const occasions = 120
	var crowd []programs.Presence
	for range 3 {
		m := l.person()
		l.enrolled(l.program, m)
		crowd = append(crowd, programs.Presence{MemberID: m, Status: models.AttendancePresent})
	}
	late := make([]uuid.UUID, occasions) // one of them comes to each occasion, and gets a place at that moment
	for i := range late {
		late[i] = l.person()
	}
	var all sync.WaitGroup
	for w := range 4 {
		all.Go(func() {
			for n := w; n < occasions; n += 4 {
				var two sync.WaitGroup
				two.Go(func() {
					l.record(n, &l.program, append(slices.Clone(crowd), programs.Presence{MemberID: late[n], Status: models.AttendanceAbsent})...)
				})
				two.Go(func() {
					l.write((n+1)%2, func(tx *services.Tx) error { return giveOne(l, tx, late[n]) })
				})
				two.Wait()
			}
		})
	}
	all.Wait()
	lost := l.count(`select count(*) from enrollments e where sessions_offered <> (select count(*) from program_attendance a where a.program_id = e.program_id and a.member_id = e.member_id)`)
	switch {
	case unsummed && lost == 0:
		t.Error("without the locks nothing was lost: this race cannot see it")
	case !unsummed && lost > 0:
		t.Errorf("of %d enrollments %d have lost something", occasions+3, lost)
	}
	t.Logf("%d enrollments lost something", lost)
}

// Each guard by itself: the first of two is held just before it commits, until the second has finished or waits for it.
func TestTheLaterOfTwoWaits(t *testing.T) {
	for _, c := range []struct {
		name          string
		first, second func(*ledger, *services.Tx, uuid.UUID) error
		enrolled      bool
		want          int
	}{
		{"two occasions of one person", recordOne(1), recordOne(2), true, 2},
		{"a place is being given", giveOne, recordOne(1), false, 1},
		{"somebody is there who gets a place", recordOne(1), giveOne, false, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := openLedger(t)
			m := l.person()
			if c.enrolled {
				l.enrolled(l.program, m)
			}
			held, let := make(chan struct{}), make(chan struct{})
			var both sync.WaitGroup
			both.Go(func() {
				l.write(0, func(tx *services.Tx) error {
					defer close(held)
					if err := c.first(l, tx, m); err != nil {
						return err
					}
					held <- struct{}{}
					<-let
					return nil
				})
			})
			<-held
			finished := make(chan struct{})
			go func() {
				defer close(finished)
				l.write(1, func(tx *services.Tx) error { return c.second(l, tx, m) })
			}()
			l.untilWaiting(finished)
			close(let)
			both.Wait()
			<-finished
			n := l.count(`select sessions_offered from enrollments where member_id = $1`, m)
			if !unsummed && n != c.want || unsummed && n == c.want {
				t.Errorf("%d are counted of %d (without locks: %v)", n, c.want, unsummed)
			}
		})
	}
}

func recordOne(n int) func(*ledger, *services.Tx, uuid.UUID) error {
	return func(l *ledger, tx *services.Tx, m uuid.UUID) error {
		return programs.RecordAttendance(tx, l.occasion(n, &l.program), []programs.Presence{{MemberID: m, Status: models.AttendanceAbsent}})
	}
}

func giveOne(l *ledger, tx *services.Tx, m uuid.UUID) error {
	id := l.enroll(tx, l.program, m, models.EnrollmentEnrolled)
	if err := tx.Batch(); err != nil {
		return err
	}
	return programs.Recount(tx, id)
}

// untilWaiting returns when somebody waits for a lock, or nobody needs to any more.
func (l *ledger) untilWaiting(finished <-chan struct{}) {
	l.t.Helper()
	for {
		select {
		case <-finished:
			return
		default:
		}
		if l.count(`select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`) > 0 {
			return
		}
	}
}

func TestTheNightlyCheckNamesWhatIsWrong(t *testing.T) {
	l := openLedger(t)
	statuses := []models.AttendanceStatus{models.AttendancePresent, models.AttendanceAbsent, models.AttendanceExcused, models.AttendanceLate, models.AttendanceAbsent}
	var ids []uuid.UUID
	for range 12 {
		m := l.person()
		ids = append(ids, l.enrolled(l.program, m))
	}
	rows := map[uuid.UUID]uuid.UUID{}
	l.ask(func(c *pgx.Conn) error {
		found, err := c.Query(context.Background(), `select id, member_id from enrollments`)
		var e, m uuid.UUID
		_, _ = pgx.ForEachRow(found, []any{&e, &m}, func() error { rows[e] = m; return nil })
		return err
	})
	for n := range 9 {
		var there []programs.Presence
		for i, id := range ids {
			there = append(there, programs.Presence{MemberID: rows[id], Status: statuses[(i*n+i+n)%len(statuses)]})
		}
		l.record(n, &l.program, there...)
	}
	for i, id := range ids[:4] {
		l.exec(`insert into enrollment_pauses (id, enrollment_id, from_on, until_on) values (gen_random_uuid(), $1, '2026-10-06'::date + $2::int, '2026-10-09')`, id, i%2)
		l.write(0, func(tx *services.Tx) error { return programs.Recount(tx, id) })
	}
	check := func(wrong ...uuid.UUID) {
		t.Helper()
		if err := l.s.CheckRollUps(); err != nil {
			t.Fatal(err)
		}
		page, err := l.s.RollUpChecks(as(""), programs.RollUpCheckQuery{PageQuery: services.PageQuery{Limit: 1}})
		if err != nil || len(page.Data) != 1 {
			t.Fatalf("%+v %v", page, err)
		}
		slices.SortFunc(wrong, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
		if c := page.Data[0]; c.LookedAt != 12 || c.Differences != len(wrong) || !slices.Equal(c.Examples, wrong) || c.Source != "enrollments" {
			t.Errorf("%+v, want %v", c, wrong)
		}
		if n := l.count(`select count(*) from tasks where kind = 'check_roll_ups' and status = 'open' and queue = 'admins'`); n != min(1, len(wrong)) {
			t.Errorf("%d tasks are open", n)
		}
	}
	check()
	l.exec(`update enrollments set sessions_missed = sessions_missed + 1 where id = $1`, ids[2])
	l.exec(`update enrollments set consecutive_absences = consecutive_absences + 1 where id = $1`, ids[5])
	l.exec(`update enrollments set last_seen_at = last_seen_at - interval '1 hour' where id = $1`, ids[7])
	l.exec(`delete from program_attendance where member_id = $1 and source_id = $2`, rows[ids[9]], l.occasion(4, nil).SourceID)
	check(ids[2], ids[5], ids[7], ids[9])
	check(ids[2], ids[5], ids[7], ids[9]) // it repairs nothing

	for _, id := range []uuid.UUID{ids[2], ids[5], ids[7]} {
		got, err := l.s.RecountEnrollment(as(""), id)
		if err != nil || !got.Repaired || got.Before.Same(got.After) {
			t.Errorf("%+v %v", got, err)
		}
	}
	check(ids[9])
	if got, err := l.s.RecountEnrollment(as(""), ids[9]); err != nil || !got.Repaired {
		t.Errorf("%+v %v", got, err)
	}
	if got, err := l.s.RecountEnrollment(as(""), ids[9]); err != nil || got.Repaired {
		t.Errorf("a second time: %+v %v", got, err)
	}
	check()
	page, err := l.s.RollUpChecks(as(""), programs.RollUpCheckQuery{PageQuery: services.PageQuery{Limit: 25}, Wrong: true})
	if err != nil || len(page.Data) != 3 || page.Data[0].Differences != 1 {
		t.Errorf("%+v %v", page.Data, err)
	}
	mine := services.WithCall(context.Background(), &services.Call{Actor: &services.Actor{Kind: models.ActorAccount, AccountID: rows[ids[0]], MemberID: rows[ids[0]], Roles: []models.Role{models.RoleAdmin}}})
	if _, err := l.s.RecountEnrollment(mine, ids[0]); code(err) != services.CodeNotFound {
		t.Errorf("one's own: %v", err)
	}
}
