package programs

import (
	"strings"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// Codes of enrollments.
const (
	CodeAlreadyEnrolled services.Code = "already_enrolled"
	CodeProgramFull     services.Code = "program_full"
	CodeCohortFull      services.Code = "cohort_full"
	CodeNotRunning      services.Code = "program_not_running"
	CodeNotEligible     services.Code = "not_eligible"
)

var (
	errUnknownCohort   = services.InvalidField("/cohort_id", "unknown_cohort", "This program has no such cohort.")
	errAlreadyEnrolled = services.Conflict(CodeAlreadyEnrolled, "This person is in this program already, or has applied or waits for a place. Look at that enrollment.")
)

var _ = services.Meanings(map[string]*services.Error{
	"enrollments_one_live":   errAlreadyEnrolled,
	"enrollments_one_second": errAlreadyEnrolled,
})

// enrollmentRecord is what tasks, messages, forms and keys call an enrollment; eventWords is what the words in its history
// are sealed as.
const (
	enrollmentRecord = "enrollment"
	eventWords       = "enrollment_event"
	programRecord    = "program"
)

// StepInput is what a step may be given. What a step takes is in the table of steps.
type StepInput struct {
	On          *models.Date // the first or last day; nil: today, moved into the days of program and cohort
	Until       *models.Date
	Reason      models.EnrollmentEnd
	Words       string
	Cohort      services.Field[uuid.UUID] // absent: as it is; null: none. A cohort lies on the bench
	WaiveReason string                    // why rules of eligibility that are not met do not count for this person
	Itself      bool                      // nobody took the step: a day came, somebody attended or died, two records were merged
	Quiet       bool                      // nobody is written to
	dayField    string                    // where in the caller's body On is; "" for /on
}

// stepping is one step of one enrollment on its way to being stored.
type stepping struct {
	*bench
	e       *models.Enrollment
	was     *models.Enrollment // nil for a new one
	in      StepInput
	name    models.EnrollmentStep
	next    models.EnrollmentState
	program *models.Program
	cohort  *models.Cohort // where they are after it
	ended   *models.EnrollmentPause
	paused  *models.EnrollmentPause
}

// step takes an enrollment that lies on the bench from its state to the next: days, places, history, forms, sums, tasks and
// mails follow. Separations are looked at when the bench has asked for them: what staff who must not know of one ask for
// somebody who is kept apart is left to their colleagues, and the enrollment stays as it is, to be reviewed.
//
// Errors: invalid for a missing reason, for words and days that do not fit, and not_eligible; conflict wrong_state,
// program_not_running, already_enrolled, separation_clash, program_full and cohort_full.
func (b *bench) step(e *models.Enrollment, name models.EnrollmentStep, in StepInput) error {
	was := *e
	return b.take(&stepping{bench: b, e: e, was: &was, in: in, name: name})
}

func (b *bench) take(t *stepping) error {
	t.program = b.programs[t.e.ProgramID]
	if err := t.check(); err != nil {
		return err
	}
	hand, err := t.keepApart()
	if err != nil {
		return err
	}
	if hand {
		return t.leaveToColleagues()
	}
	if err := t.checkEligible(); err != nil {
		return err
	}
	if err := t.findPlace(); err != nil {
		return err
	}
	if err := t.change(); err != nil {
		return err
	}
	return t.follow()
}

// check says everything that is wrong with what was given, and then whether the step is possible at all.
func (t *stepping) check() error {
	rule := t.name.Rule()
	var faults []services.FieldError
	fault := func(field string, code services.Code, message string) {
		faults = append(faults, services.FieldError{Field: field, Code: code, Message: message})
	}
	if t.in.Words = services.Prose(t.in.Words); len(rule.Reasons) > 0 {
		switch {
		case t.in.Reason == "":
			fault("/reason", "required", "Give a reason: "+reasonsOf(rule)+".")
		case !t.name.Fits(t.in.Reason, t.in.Itself):
			fault("/reason", "does_not_fit", "This is no reason for that. Give one of: "+reasonsOf(rule)+".")
		case t.in.Reason == models.EnrollmentEndOther && t.in.Words == "" && !t.in.Itself:
			fault("/words", "required", "Say in your own words why.")
		}
	}
	today := t.program.Today(t.tx.Now())
	if rule.Until {
		until := models.Date{Time: today.AddDate(1, 0, 0)}
		if t.program.EndsOn != nil {
			until = earlier(until, *t.program.EndsOn)
		}
		switch u := t.in.Until; {
		case u == nil:
			fault("/until", "required", "Say on which day it goes on.")
		case !u.After(today.Time) || u.After(until.Time):
			fault("/until", "out_of_range", "Say on which day it goes on: after today, and by "+until.String()+".")
		}
	}
	if len(faults) > 0 {
		return services.Invalid(faults...)
	}
	next, ok := t.e.After(t.name)
	if !ok {
		return wrongState(t.e.State)
	}
	t.next = next
	return t.checkTarget(fault, &faults)
}

// checkTarget looks at where they are to go: into a program that runs, a cohort that runs, on days within both.
func (t *stepping) checkTarget(fault func(string, services.Code, string), faults *[]services.FieldError) error {
	id := t.in.Cohort.OrNull(t.e.CohortID)
	if id != nil {
		t.cohort = t.cohorts[*id]
	}
	enters := t.enters()
	if enters && !t.in.Itself && !t.program.Status.Running() {
		return services.Conflict(CodeNotRunning, "This program is %s. Reopen it first.", t.program.Status)
	}
	if who := t.people[t.e.MemberID]; enters && !t.in.Itself && who.Gone() {
		return services.Conflict("member_gone", "The record of this person is closed: they have died, or it was merged into another.")
	}
	switch {
	case id != nil && (t.cohort == nil || t.cohort.ProgramID != t.program.ID):
		return errUnknownCohort
	case t.cohort != nil && t.in.Cohort.Set && !t.cohort.Status.Running():
		fault("/cohort_id", "cohort_closed", "This cohort is "+string(t.cohort.Status)+". Choose one that is planned or active.")
	case t.cohort != nil && enters && !t.cohort.Status.Running():
		t.cohort = nil // it has ended meanwhile
	}
	if !t.in.Itself {
		t.checkDay(fault)
	}
	if len(*faults) > 0 {
		return services.Invalid(*faults...)
	}
	return nil
}

// enters says whether they are let into something anew.
func (t *stepping) enters() bool {
	before := t.was != nil && t.was.State.HoldsPlace()
	return t.next.HoldsPlace() && !before || t.next.Live() && (t.was == nil || !t.was.State.Live())
}

func reasonsOf(rule models.EnrollmentRule) string {
	words := make([]string, len(rule.Reasons))
	for i, r := range rule.Reasons {
		words[i] = string(r)
	}
	return strings.Join(words, ", ")
}

func wrongState(s models.EnrollmentState) error {
	steps := make([]string, 0, len(s.Possible()))
	for _, p := range s.Possible() {
		steps = append(steps, string(p))
	}
	if len(steps) == 0 {
		return services.Conflict(CodeWrongState, "This enrollment is %s, and nothing can be done with it.", s)
	}
	return services.Conflict(CodeWrongState, "This enrollment is %s. What can be done with it: %s.", s, strings.Join(steps, ", "))
}
