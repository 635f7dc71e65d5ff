package programs_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"homefront/internal/coretest"
	"homefront/internal/pgtest"
	"homefront/models"
	"homefront/services"
	"homefront/services/programs"
)

// office is a program's staff at work, with a hand on the database itself.
type office struct {
	*testing.T
	*programs.Service
	core  *services.Core
	db    *pgtest.DB
	coord uuid.UUID // the coordinator's own member row
	sql   *pgx.Conn
}

func newOffice(t *testing.T) *office {
	t.Helper()
	db := pgtest.New(t)
	core := coretest.On(t, db)
	core.Clock.Set(time.Date(2026, 9, 7, 15, 0, 0, 0, time.UTC))
	sql, err := pgx.Connect(t.Context(), db.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sql.Close(context.Background()) })
	o := &office{T: t, Service: programs.New(core, programs.Config{OrgName: "Harvesting Happiness"}), core: core, db: db, sql: sql}
	o.coord = o.person("Cora", "Diaz")
	return o
}

// staff is the coordinator's call.
func (o *office) staff(ifMatch string) context.Context {
	return services.WithCall(context.Background(), &services.Call{Actor: &services.Actor{Kind: models.ActorAccount, AccountID: uuid.MustParse("0199c1f2-0000-7000-8000-00000000a11c"),
		MemberID: o.coord, Roles: []models.Role{models.RoleCoordinator}}, IfMatch: ifMatch})
}

// by is a member's call.
func (o *office) by(member uuid.UUID) context.Context {
	return services.WithCall(context.Background(), &services.Call{Actor: &services.Actor{Kind: models.ActorAccount, AccountID: services.NewID(), MemberID: member, Roles: []models.Role{models.RoleMember}}})
}

func (o *office) person(given, family string) uuid.UUID {
	o.Helper()
	id := services.NewID()
	o.exec(`insert into members (id, version, created_at, updated_at, given_name, family_name, birth_date, kinds, status, language, time_zone, email_opt_in, sms_opt_in, push_opt_in, program_words)
		values ($1, 1, $2, $2, $3, $4, '1984-03-17', '{veteran}', 'active', 'en', 'America/New_York', false, false, false, false)`, id, o.core.Clock.Now(), given, family)
	return id
}

func (o *office) exec(sql string, args ...any) {
	o.Helper()
	if err := o.try(sql, args...); err != nil {
		o.Fatal(err)
	}
}

func (o *office) try(sql string, args ...any) error {
	_, err := o.sql.Exec(context.Background(), sql, args...)
	return err
}

func (o *office) number(sql string, args ...any) (n int) {
	o.Helper()
	if err := o.sql.QueryRow(context.Background(), sql, args...).Scan(&n); err != nil {
		o.Fatal(err)
	}
	return n
}

func on(y int, m time.Month, d int) *models.Date {
	day := models.NewDate(y, m, d)
	return &day
}

// program makes an active one of the year 2026.
func (o *office) program(change ...func(*programs.NewProgram)) *programs.ProgramView {
	o.Helper()
	in := programs.NewProgram{Name: "Family Awareness", Slug: "p-" + services.NewID().String(), Status: models.ProgramActive, StartsOn: on(2026, 1, 1), EndsOn: on(2026, 12, 31)}
	for _, do := range change {
		do(&in)
	}
	p, err := o.Create(o.staff(""), in)
	if err != nil {
		o.Fatal(err)
	}
	return p
}

func (o *office) cohort(program uuid.UUID, name string, change ...func(*programs.NewCohort)) *programs.CohortView {
	o.Helper()
	in := programs.NewCohort{Name: name, StartsOn: *on(2026, 9, 1), EndsOn: on(2026, 11, 30), Status: models.CohortActive}
	for _, do := range change {
		do(&in)
	}
	c, err := o.CreateCohort(o.staff(""), program, in)
	if err != nil {
		o.Fatal(err)
	}
	return c
}

// enrollRow writes an enrollment as it may stand in the table, without any of what follows from one.
func (o *office) enrollRow(p *programs.ProgramView, cohort *uuid.UUID, member uuid.UUID, state string, starts, ends *models.Date) (uuid.UUID, error) {
	id, closed := services.NewID(), any(nil)
	reason := any(nil)
	if state == "completed" || state == "withdrawn" || state == "denied" {
		closed, reason = o.core.Clock.Now(), "finished"
	}
	day := func(d *models.Date) any {
		if d == nil {
			return nil
		}
		return d.Time
	}
	first, last := *on(1, 1, 1), *on(9999, 12, 31)
	if p.StartsOn != nil {
		first = *p.StartsOn
	}
	if p.EndsOn != nil {
		last = *p.EndsOn
	}
	return id, o.try(`insert into enrollments (id, version, created_at, updated_at, program_id, program_first_day, program_last_day, cohort_id, member_id, entered_by, state, starts_on, ends_on,
		applied_at, waitlisted_at, closed_at, end_reason, sessions_offered, sessions_attended) values ($1, 1, $2, $2, $3, $4, $5, $6, $7, $7, $8, $9, $10, $2, $2, $11, $12, 12, 10)`,
		id, o.core.Clock.Now(), p.ID, first.Time, last.Time, cohort, member, state, day(starts), day(ends), closed, reason)
}

// violated is the constraint that refused.
func violated(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.ConstraintName
	}
	return fmt.Sprint(err)
}

func fields(err error) (out []string) {
	var e *services.Error
	if errors.As(err, &e) {
		for _, f := range e.Fields {
			out = append(out, f.Field+" "+string(f.Code))
		}
	}
	return out
}

func TestCohortsLieWithinTheirProgram(t *testing.T) {
	o := newOffice(t)
	p := o.program()
	for _, tc := range []struct {
		name string
		in   programs.NewCohort
		want []string
	}{
		{"too early", programs.NewCohort{Name: "A", StartsOn: *on(2025, 12, 31)}, []string{"/starts_on outside_program"}},
		{"too late", programs.NewCohort{Name: "A", StartsOn: *on(2027, 1, 1)}, []string{"/starts_on outside_program"}},
		{"too long", programs.NewCohort{Name: "A", StartsOn: *on(2026, 9, 1), EndsOn: on(2027, 1, 1)}, []string{"/ends_on outside_program"}},
		{"backwards, and without a name", programs.NewCohort{Name: " ", StartsOn: *on(2026, 9, 1), EndsOn: on(2026, 8, 1)}, []string{"/name required", "/ends_on before_start"}},
	} {
		_, err := o.CreateCohort(o.staff(""), p.ID, tc.in)
		if got := fields(err); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %v %v", tc.name, got, err)
		}
	}
	if _, err := o.CreateCohort(o.staff(""), p.ID, programs.NewCohort{Name: "A", StartsOn: *on(2025, 12, 31)}); !strings.Contains(fmt.Sprintf("%+v", err.(*services.Error).Fields), "begins on 2026-01-01") {
		t.Errorf("the bound is not named: %+v", err)
	}
	c := o.cohort(p.ID, "Fall")
	if _, err := o.CreateCohort(o.staff(""), p.ID, programs.NewCohort{Name: "FALL", StartsOn: *on(2026, 9, 1)}); code(err) != programs.CodeNameTaken {
		t.Error(err)
	}
	o.cohort(o.program().ID, "Fall") // of another program

	// The program's days cannot leave the cohort out, nor the days of an enrollment.
	if _, err := o.enrollRow(p, &c.ID, o.person("A", "One"), "enrolled", on(2026, 3, 1), nil); err != nil {
		t.Fatal(err)
	}
	_, err := o.UpdateProgram(o.staff(`"1"`), p.ID, programs.ProgramPatch{StartsOn: services.Some(*on(2026, 10, 1)), EndsOn: services.Some(*on(2026, 11, 1))})
	if code(err) != programs.CodeDatesInUse || !strings.Contains(err.Error(), "1 cohort and 1 enrollment.") {
		t.Error(err)
	}
	moved, err := o.UpdateProgram(o.staff(`"1"`), p.ID, programs.ProgramPatch{StartsOn: services.Some(*on(2026, 3, 1)), EndsOn: services.Null[models.Date]()})
	if err != nil || moved.EndsOn != nil {
		t.Fatalf("%+v %v", moved, err)
	}
	if n := o.number(`select count(*) from cohorts c join enrollments e on e.cohort_id = c.id where c.program_first_day = '2026-03-01' and e.program_last_day = '9999-12-31'`); n != 1 {
		t.Error("the program's days did not reach what nests in it")
	}
	long, err := o.UpdateCohort(o.staff(`"1"`), c.ID, programs.CohortPatch{EndsOn: services.Some(*on(2029, 1, 1)), Notes: services.Some("Annex")})
	if err != nil || long.Version != 2 || long.EndsOn.String() != "2029-01-01" {
		t.Fatalf("%+v %v", long, err)
	}
	if _, err := o.UpdateCohort(o.staff(""), c.ID, programs.CohortPatch{}); code(err) != services.CodeIfMatchRequired {
		t.Error(err)
	}
	if _, err := o.UpdateCohort(o.staff(`"2"`), c.ID, programs.CohortPatch{StartsOn: services.Some(*on(2026, 2, 28))}); !slices.Equal(fields(err), []string{"/starts_on outside_program"}) {
		t.Error(err)
	}
}

// What no use case would write, the database refuses, too: each by the constraint that is there for it.
func TestTheDatabaseKeepsDatesNested(t *testing.T) {
	o := newOffice(t)
	p, other := o.program(), o.program()
	c := o.cohort(p.ID, "Fall")
	cohortRow := func(program uuid.UUID, first, last, starts, ends string) error {
		return o.try(`insert into cohorts (id, version, created_at, updated_at, program_id, program_first_day, program_last_day, name, starts_on, ends_on, status)
			values ($1, 1, now(), now(), $2, $3::text::date, $4::text::date, $5, $6::text::date, $7::text::date, 'planned')`, services.NewID(), program, first, last, services.NewID().String(), starts, ends)
	}
	enrollment := func(p *programs.ProgramView, cohort *uuid.UUID, starts, ends *models.Date) error {
		_, err := o.enrollRow(p, cohort, o.person("A", "One"), "enrolled", starts, ends)
		return err
	}
	for _, tc := range []struct {
		name, want string
		err        error
	}{
		{"a cohort that fits", "<nil>", cohortRow(p.ID, "2026-01-01", "2026-12-31", "2026-01-01", "2026-12-31")},
		{"one that begins before", "cohorts_within_program", cohortRow(p.ID, "2026-01-01", "2026-12-31", "2025-12-31", "2026-02-01")},
		{"one that ends after", "cohorts_within_program", cohortRow(p.ID, "2026-01-01", "2026-12-31", "2026-12-01", "2027-01-01")},
		{"one with days of the program that are not so", "cohorts_program", cohortRow(p.ID, "2020-01-01", "2030-12-31", "2025-12-31", "2026-02-01")},
		{"one that ends before it begins", "cohorts_order", cohortRow(p.ID, "2026-01-01", "2026-12-31", "2026-03-01", "2026-02-01")},
		{"an enrollment that fits", "<nil>", enrollment(p, &c.ID, on(2026, 1, 1), on(2026, 12, 31))},
		{"one that begins before", "enrollments_within_program", enrollment(p, nil, on(2025, 12, 31), nil)},
		{"one that ends after", "enrollments_within_program", enrollment(p, nil, on(2026, 5, 1), on(2027, 1, 1))},
		{"one that ends before it begins", "enrollments_within_program", enrollment(p, nil, on(2026, 5, 1), on(2026, 4, 1))},
		{"one in a cohort of another program", "enrollments_cohort", enrollment(other, &c.ID, on(2026, 5, 1), nil)},
		{"a program that leaves its cohort out", "cohorts_within_program", o.try(`update programs set starts_on = '2026-09-02' where id = $1`, p.ID)},
		{"a cohort that leaves its program", "enrollments_cohort", o.try(`update cohorts set program_id = $2 where id = $1`, c.ID, other.ID)},
		{"more taken than there is", "programs_not_oversold", o.try(`update programs set capacity = 3, taken = 4 where id = $1`, p.ID)},
		{"in a cohort, too", "cohorts_not_oversold", o.try(`update cohorts set capacity = 3, taken = 4 where id = $1`, c.ID)},
	} {
		if got := violated(tc.err); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}

func TestNothingEndsWhileSomebodyIsInIt(t *testing.T) {
	o := newOffice(t)
	p := o.program()
	c := o.cohort(p.ID, "Fall")
	why := programs.StatusReason{Reason: "The grant ended"}
	id, err := o.enrollRow(p, &c.ID, o.person("A", "One"), "applied", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, end := range map[string]func() error{
		"complete": func() error { _, err := o.CompleteProgram(o.staff(""), p.ID, why); return err },
		"cancel":   func() error { _, err := o.CancelProgram(o.staff(""), p.ID, why); return err },
		"by a patch": func() error {
			_, err := o.UpdateProgram(o.staff("*"), p.ID, programs.ProgramPatch{Status: services.Some(models.ProgramCompleted)})
			return err
		},
		"complete cohort": func() error { _, err := o.CompleteCohort(o.staff(""), c.ID, why); return err },
		"cancel cohort":   func() error { _, err := o.CancelCohort(o.staff(""), c.ID, why); return err },
	} {
		if err := end(); code(err) != programs.CodeLive || !strings.Contains(err.Error(), "1 enrollment is still open") {
			t.Errorf("%s: %v", name, err)
		}
	}
	o.exec(`update enrollments set state = 'withdrawn', closed_at = now(), end_reason = 'schedule' where id = $1`, id)

	if got, err := o.CompleteCohort(o.staff(""), c.ID, why); err != nil || got.Status != models.CohortCompleted || got.StatusReason != "The grant ended" || got.Counts.Withdrawn != 1 {
		t.Errorf("%+v %v", got, err)
	}
	got, err := o.CompleteProgram(o.staff(""), p.ID, why)
	if err != nil || got.Status != models.ProgramCompleted || got.ClosedAt == nil || got.StatusReason != "The grant ended" || got.Version != 2 {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := o.CompleteProgram(o.staff(""), p.ID, why); code(err) != programs.CodeWrongState {
		t.Error(err)
	}
	if _, err := o.CreateCohort(o.staff(""), p.ID, programs.NewCohort{Name: "Late", StartsOn: *on(2026, 10, 1)}); code(err) != programs.CodeProgramClosed {
		t.Error(err)
	}
	if _, err := o.ReopenCohort(o.staff(""), c.ID, why); code(err) != programs.CodeProgramClosed {
		t.Errorf("a cohort goes on in a program that is over: %v", err)
	}
	if _, err := o.ReopenProgram(o.staff(""), p.ID, programs.StatusReason{Reason: "   "}); !slices.Equal(fields(err), []string{"/reason required"}) {
		t.Error(err)
	}
	if got, err := o.ReopenProgram(o.staff(""), p.ID, why); err != nil || got.Status != models.ProgramActive || got.ClosedAt != nil {
		t.Errorf("%+v %v", got, err)
	}
	if got, err := o.ReopenCohort(o.staff(""), c.ID, why); err != nil || got.Status != models.CohortActive {
		t.Errorf("%+v %v", got, err)
	}
	// What is given up before it began is planned again.
	next := o.program(func(in *programs.NewProgram) { in.Status, in.StartsOn = "", on(2026, 10, 1) })
	if _, err := o.CancelProgram(o.staff(""), next.ID, why); err != nil {
		t.Fatal(err)
	}
	if got, err := o.ReopenProgram(o.staff(""), next.ID, why); err != nil || got.Status != models.ProgramPlanned {
		t.Errorf("%+v %v", got, err)
	}
	if got, err := o.ActivateProgram(o.staff(""), next.ID); err != nil || got.Status != models.ProgramActive || got.StatusReason != "" {
		t.Errorf("%+v %v", got, err)
	}
}

// An application that is being written while its program ends: either it is there first and the program stays, or it comes after.
func TestAnEndWaitsForWhoIsBeingEntered(t *testing.T) {
	o := newOffice(t)
	p := o.program()
	member := o.person("A", "One")
	own, err := pgx.Connect(t.Context(), o.db.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = own.Close(context.Background()) }()
	open, err := own.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := open.Exec(t.Context(), `insert into enrollments (id, version, created_at, updated_at, program_id, program_first_day, program_last_day, member_id, entered_by, state, applied_at)
		values ($1, 1, now(), now(), $2, '2026-01-01', '2026-12-31', $3, $3, 'applied', now())`, services.NewID(), p.ID, member); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := o.CompleteProgram(o.staff(""), p.ID, programs.StatusReason{Reason: "It is over"})
		ended <- err
	}()
	for o.number(`select count(*) from pg_locks where not granted`) == 0 && len(ended) == 0 {
	}
	if err := open.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if refused := <-ended; code(refused) != programs.CodeLive {
		t.Errorf("a program ended over an application: %v", refused)
	}
}
