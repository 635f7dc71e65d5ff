package programs_test

import (
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"

	"github.com/google/uuid"

	"homefront/internal/coretest"
	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
	"homefront/services/programs"
)

func outcomes(a *programs.BulkAnswer) (out []string) {
	for _, i := range a.Items {
		out = append(out, string(i.Outcome))
	}
	return out
}

// plainly is an answer without what only a real run has.
func plainly(a *programs.BulkAnswer) []programs.BulkItem {
	out := slices.Clone(a.Items)
	for i := range out {
		out[i].EnrollmentID = nil
	}
	return out
}

func real() *bool { no := false; return &no }

func number(n int) *int { return &n }

func TestManyAreEnrolledAtOnce(t *testing.T) {
	o := newHouse(t)
	p := o.program(func(in *programs.NewProgram) {
		in.Capacity = number(3)
		in.Rules = models.Rules{{Key: "who", Rule: models.RuleKinds, Values: []string{"veteran"}}}
	})
	c := o.cohort(p.ID, "Fall", func(in *programs.NewCohort) { in.Capacity = number(2) })
	there := o.person("Already", "There")
	if _, err := o.enrollRow(p, nil, there, "applied", nil, nil); err != nil {
		t.Fatal(err)
	}
	spouse, kin, hidden, dead := o.person("Sue", "Spouse"), o.person("Karl", "Kin"), o.person("Hid", "Den"), o.person("Late", "Friend")
	o.exec(`update members set kinds = '{spouse}' where id = $1`, spouse)
	o.exec(`update members set status = 'deceased' where id = $1`, dead)
	o.exec(`insert into member_restrictions (id, created_at, member_id, staff_id, restricted_by) values ($1, now(), $2, $3, $3)`, services.NewID(), hidden, there)
	o.exec(`insert into relationships (id, version, created_at, updated_at, member_id, other_id, kind, status) values ($1, 1, now(), now(), $2, $3, 'spouse', 'accepted')`, services.NewID(), o.coord, kin)
	a, b, d := o.person("Ann", "A"), o.person("Ben", "B"), o.person("Dan", "D")
	in := programs.BulkEnroll{MemberIDs: []uuid.UUID{a, spouse, there, hidden, uuid.New(), kin, o.coord, dead, b, d}, CohortID: &c.ID}
	want := []string{"done", "not_eligible", "already_enrolled", "not_found", "not_found", "own_record", "own_record", "refused", "done", "waitlisted"}

	before := o.fingerprint()
	dry, err := o.BulkEnroll(o.staff(""), p.ID, in)
	if err != nil || !dry.DryRun || dry.Done != 2 || !slices.Equal(outcomes(dry), want) {
		t.Fatalf("%v %+v %v", outcomes(dry), dry, err)
	}
	if after := o.fingerprint(); after != before {
		t.Errorf("a dry run wrote:\n%s\n%s", before, after)
	}
	if n := o.number(`select count(*) from audit_log where action = 'enrollment.bulk_preview' and outcome = 'read' and subjects @> array[$1, $2]::uuid[] and not subjects @> array[$3::uuid]`, a, spouse, hidden); n != 1 {
		t.Error("the log does not tell of the look")
	}
	if len(dry.Items[1].Sentences) == 0 || dry.Items[2].EnrollmentID == nil || dry.Items[0].EnrollmentID != nil || *dry.Items[9].State != models.EnrollmentWaitlisted {
		t.Errorf("%+v", dry.Items)
	}
	if !reflect.DeepEqual(dry.Items[3].Sentences, dry.Items[4].Sentences) {
		t.Error("a restricted record is told from an unknown one")
	}
	in.DryRun = real()
	done, err := o.BulkEnroll(o.staff(""), p.ID, in)
	if err != nil || done.DryRun || done.Done != 2 {
		t.Fatalf("%+v %v", done, err)
	}
	if !reflect.DeepEqual(plainly(dry), plainly(done)) {
		t.Errorf("the real run answers otherwise:\n%+v\n%+v", plainly(dry), plainly(done))
	}
	got, err := o.Cohort(o.staff(""), c.ID)
	if err != nil || *got.Taken != 2 || !got.Full || got.Counts.Enrolled != 2 || got.Counts.Waitlisted != 1 {
		t.Errorf("%+v %v", got, err)
	}
	if n := o.number(`select count(*) from enrollment_events`); n != 3 {
		t.Errorf("%d lines of history", n)
	}

	// With a reason the rule does not count, and what is asked again is there already.
	again, err := o.BulkEnroll(o.staff(""), p.ID, programs.BulkEnroll{MemberIDs: []uuid.UUID{spouse, a}, WaiveReason: "Her husband comes along", DryRun: real()})
	if err != nil || !slices.Equal(outcomes(again), []string{"done", "already_enrolled"}) {
		t.Errorf("%+v %v", again, err)
	}
	if n := o.number(`select count(*) from eligibility_waivers where member_id = $1`, spouse); n != 1 {
		t.Errorf("%d waivers", n)
	}
	if _, err := o.BulkEnroll(o.staff(""), p.ID, programs.BulkEnroll{MemberIDs: []uuid.UUID{a}, StartsOn: on(2027, 1, 1)}); !slices.Equal(fields(err), []string{"/starts_on too_late"}) {
		t.Error(err)
	}
	if _, err := o.BulkEnroll(o.staff(""), o.program().ID, programs.BulkEnroll{MemberIDs: []uuid.UUID{a}, CohortID: &c.ID}); !slices.Equal(fields(err), []string{"/cohort_id unknown_cohort"}) {
		t.Error(err)
	}
}

// fingerprint is everything that a run could have written, but for the log.
func (o *office) fingerprint() string {
	o.Helper()
	return fmt.Sprint(o.number(`select count(*) from enrollments`), o.number(`select count(*) from enrollment_events`), o.number(`select count(*) from messages`), o.number(`select count(*) from river_job`),
		o.number(`select count(*) from tasks`), o.number(`select count(*) from form_responses`), o.number(`select coalesce(sum(taken), 0)::int from programs`), o.number(`select coalesce(sum(taken), 0)::int from cohorts`),
		o.number(`select count(*) from eligibility_waivers`), o.number(`select count(*) from subject_keys`), o.number(`select coalesce(sum(version), 0)::int from enrollments`))
}

func TestManyTakeOneStep(t *testing.T) {
	o := newHouse(t)
	p := o.program(func(in *programs.NewProgram) { in.Capacity = number(4) })
	c := o.cohort(p.ID, "Fall")
	var ids []uuid.UUID
	for i := range 4 {
		id := o.person(fmt.Sprint("P", i), "X")
		done, err := o.BulkEnroll(o.staff(""), p.ID, programs.BulkEnroll{MemberIDs: []uuid.UUID{id}, State: []models.EnrollmentState{"active", "active", "enrolled", "waitlisted"}[i], DryRun: real()})
		if err != nil || done.Items[0].Outcome != programs.BulkDone {
			t.Fatalf("%+v %v", done, err)
		}
		ids = append(ids, *done.Items[0].EnrollmentID)
	}
	unknown := uuid.New()
	ask := func(in programs.BulkStep) (*programs.BulkAnswer, *programs.BulkAnswer) {
		t.Helper()
		in.EnrollmentIDs = append(slices.Clone(ids), unknown)
		before := o.fingerprint()
		dry, err := o.BulkStep(o.staff(""), in)
		if err != nil || o.fingerprint() != before {
			t.Fatalf("%+v %v", dry, err)
		}
		in.DryRun = real()
		done, err := o.BulkStep(o.staff(""), in)
		if err != nil {
			t.Fatal(err)
		}
		return dry, done
	}
	for _, step := range []struct {
		in   programs.BulkStep
		want []string
	}{
		{programs.BulkStep{Step: models.StepMove, CohortID: services.Some(c.ID)}, []string{"done", "done", "done", "done", "not_found"}},
		{programs.BulkStep{Step: models.StepEnroll}, []string{"refused", "refused", "refused", "done", "not_found"}},
		{programs.BulkStep{Step: models.StepActivate}, []string{"refused", "refused", "done", "done", "not_found"}},
		{programs.BulkStep{Step: models.StepComplete, Reason: models.EnrollmentEndOther, Words: "The grant ended"}, []string{"done", "done", "done", "done", "not_found"}},
		{programs.BulkStep{Step: models.StepWithdraw, Reason: models.EnrollmentEndSchedule}, []string{"refused", "refused", "refused", "refused", "not_found"}},
	} {
		dry, done := ask(step.in)
		if !slices.Equal(outcomes(done), step.want) || !reflect.DeepEqual(dry.Items, done.Items) {
			t.Errorf("%s: %v, dry %v", step.in.Step, outcomes(done), outcomes(dry))
		}
	}
	got, err := o.Get(o.staff(""), p.ID)
	if err != nil || *got.Taken != 0 || got.Counts.Completed != 4 {
		t.Errorf("%+v %v", got.Counts, err)
	}
	for name, in := range map[string]programs.BulkStep{
		"/reason does_not_fit": {Step: models.StepComplete, Reason: models.EnrollmentEndConduct}, "/cohort_id required": {Step: models.StepMove},
		"/words required": {Step: models.StepDeny, Reason: models.EnrollmentEndOther}, "/on not_asked": {Step: models.StepMove, CohortID: services.Null[uuid.UUID](), On: on(2026, 9, 1)},
		"/cohort_id not_asked": {Step: models.StepActivate, CohortID: services.Some(c.ID)}, "/reason not_asked": {Step: models.StepActivate, Reason: models.EnrollmentEndOther},
	} {
		in.EnrollmentIDs = ids
		if _, err := o.BulkStep(o.staff(""), in); !slices.Equal(fields(err), []string{name}) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := o.BulkStep(o.staff(""), programs.BulkStep{Step: models.StepActivate, EnrollmentIDs: slices.Repeat([]uuid.UUID{unknown}, 3)}); err != nil {
		t.Error(err)
	}
}

// replica is one more server on the same database.
func replica(t *testing.T, o *office, change ...func(*services.Settings)) *programs.Service {
	t.Helper()
	core := coretest.On(t, o.db, change...)
	core.Clock.Set(o.core.Clock.Now())
	notices.New(core, postbox{}, notices.Config{BaseURL: "https://app.homefront.example"})
	return programs.New(core, programs.Config{})
}

// However many ask at once, on two servers, nobody has a place that is not there.
func TestPlacesAreNeverOversold(t *testing.T) {
	o := newHouse(t)
	other := replica(t, o.office)
	p := o.program(func(in *programs.NewProgram) { in.Capacity = number(10) })
	c := o.cohort(p.ID, "Fall", func(in *programs.NewCohort) { in.Capacity = number(7) })
	people := make([]uuid.UUID, 100)
	for i := range people {
		people[i] = o.person(fmt.Sprint("P", i), "X")
	}
	got := make([]error, len(people))
	var all sync.WaitGroup
	turnstile := make(chan struct{}, 8) // as many as the two servers have connections to write
	for i, id := range people {
		all.Go(func() {
			turnstile <- struct{}{}
			defer func() { <-turnstile }()
			in := programs.Apply{MemberID: &id, State: models.EnrollmentEnrolled}
			if i%2 == 0 {
				in.CohortID = &c.ID
			}
			_, got[i] = []*programs.Service{o.Service, other}[i%3%2].Apply(o.staff(""), p.ID, in)
		})
	}
	all.Wait()
	var in, full int
	for _, err := range got {
		switch code(err) {
		case "":
			if err == nil {
				in++
			} else {
				t.Error(err)
			}
		case programs.CodeProgramFull, programs.CodeCohortFull:
			full++
		default:
			t.Error(err)
		}
	}
	program, cohort := o.number(`select taken from programs where id = $1`, p.ID), o.number(`select taken from cohorts where id = $1`, c.ID)
	held := o.number(`select count(*) from enrollments where program_id = $1 and state = 'enrolled'`, p.ID)
	inCohort := o.number(`select count(*) from enrollments where cohort_id = $1 and state = 'enrolled'`, c.ID)
	if in != 10 || full != 90 || program != 10 || held != 10 || cohort != inCohort || cohort > 7 {
		t.Errorf("%d in, %d full; %d taken, %d held; cohort %d taken, %d held", in, full, program, held, cohort, inCohort)
	}
}

// The control: without the use case's own look at the room the constraint refuses, and without the constraint it is oversold.
func TestTheConstraintIsWhatBites(t *testing.T) {
	o := newHouse(t)
	p := o.program(func(in *programs.NewProgram) { in.Capacity = number(1) })
	o.exec(`update programs set taken = 1 where id = $1`, p.ID)
	if got := violated(o.try(`update programs set taken = taken + 1 where id = $1`, p.ID)); got != "programs_not_oversold" {
		t.Error(got)
	}
	o.exec(`alter table programs drop constraint programs_not_oversold`)
	if got := violated(o.try(`update programs set taken = taken + 1 where id = $1`, p.ID)); got != "<nil>" {
		t.Error(got)
	}
}

// Two hundred people are one transaction in good time, and the number of questions does not grow with them as it would one by one.
func TestAFullRequestIsInTime(t *testing.T) {
	o := newHouse(t)
	p := o.program(func(in *programs.NewProgram) {
		in.Rules = models.Rules{{Key: "who", Rule: models.RuleKinds, Values: []string{"veteran"}}}
	})
	c := o.cohort(p.ID, "Fall")
	way, turns := o.db.Counted(t)
	counted := *o.office
	counted.db = way
	s := replica(t, &counted, func(set *services.Settings) { set.ReadConns, set.WriteConns = 1, 1 })
	trips := func(n int) int {
		t.Helper()
		people := make([]uuid.UUID, n)
		for i := range people {
			people[i] = o.person(fmt.Sprint("P", i), "X")
		}
		turns.Taken()
		done, err := s.BulkEnroll(o.staff(""), p.ID, programs.BulkEnroll{MemberIDs: people, CohortID: &c.ID, DryRun: real()})
		if err != nil || done.Done != n {
			t.Fatalf("%+v %v", done, err)
		}
		return turns.Taken()
	}
	trips(2) // statements are prepared once
	few, many := trips(2), trips(200)
	if t.Logf("2 people: %d round trips, 200: %d", few, many); many > 2*few { // long messages are answered in part while they are sent
		t.Errorf("the round trips grow with the people: %d for 2, %d for 200", few, many)
	}
}
