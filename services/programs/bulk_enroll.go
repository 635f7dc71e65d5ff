package programs

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/forms"
)

// BulkEnroll lets many into one program.
type BulkEnroll struct {
	MemberIDs   []uuid.UUID            `json:"member_ids" minItems:"1" maxItems:"200" uniqueItems:"true" doc:"In the order in which they get what is free"`
	CohortID    *uuid.UUID             `json:"cohort_id,omitempty" doc:"A cohort of the program that is planned or active"`
	State       models.EnrollmentState `json:"state,omitempty" enum:"waitlisted,enrolled,active" default:"enrolled" doc:"Where they are to stand at once"`
	StartsOn    *models.Date           `json:"starts_on,omitempty" doc:"The first day of all of them; today when absent, moved into the days of program and cohort"`
	WaiveReason string                 `json:"waive_reason,omitempty" maxLength:"500" doc:"Why the rules that are not met do not count for these people, and missing facts do not matter. Kept sealed"`
	DryRun      *bool                  `json:"dry_run,omitempty" doc:"True when absent: nothing is written, and the answer says what would come of everybody"`
}

// BulkEnroll gives many people places in a program, or shows what would come of it. The order decides who gets a place; who
// finds none waits in that order. Whoever cannot be enrolled is listed with the reason, and the rest are. As for one person,
// restricted records are unknown, and staff leave their own and those of people close to them to colleagues. Somebody
// of whom a fact is missing that a rule asks for is listed, unless there is a waive_reason: enrolled one by one, they are looked at.
// Somebody under 18 is entered for their one confirmed guardian; who has none, or several, is listed: one by one staff say for whom.
//
// Errors: not_found for the program; invalid unknown_cohort, cohort_closed, and for the day; conflict program_not_running.
func (s *Service) BulkEnroll(ctx context.Context, programID uuid.UUID, in BulkEnroll) (*BulkAnswer, error) {
	return s.bulk(ctx, "enrollment.bulk_enroll", in.DryRun == nil || *in.DryRun, func(tx *services.Tx) (*BulkAnswer, error) {
		tx.Object(programID)
		return bulkEnroll(tx, programID, in)
	})
}

// crowd is many who are let in at once.
type crowd struct {
	*bench
	in      BulkEnroll
	dry     bool
	name    models.EnrollmentStep
	program *models.Program
	cohort  *models.Cohort
	known   map[uuid.UUID]standing
	parents map[uuid.UUID]uuid.UUID // of those under 18, the guardian for whom each is entered
	had     map[uuid.UUID]models.Enrollment
	asked   []forms.Asked
}

// standing is what a record says of whether the caller may handle it.
type standing struct {
	ID          uuid.UUID
	Status      models.MemberStatus
	Near, Apart bool // the caller's own or close to them; kept to others
}

func bulkEnroll(tx *services.Tx, programID uuid.UUID, in BulkEnroll) (*BulkAnswer, error) {
	if in.State == "" {
		in.State = models.EnrollmentEnrolled
	}
	c := &crowd{in: in, dry: in.DryRun == nil || *in.DryRun, name: firstSteps[in.State]}
	ids := distinct(in.MemberIDs)
	if err := checkMany("/member_ids", len(ids)); err != nil {
		return nil, err
	}
	if err := c.look(tx, ids); err != nil {
		return nil, err
	}
	of := benchOf{Programs: []uuid.UUID{programID}, Members: c.handled(ids), Apart: true}
	if in.CohortID != nil {
		of.Cohorts = []uuid.UUID{*in.CohortID}
	}
	var err error
	if c.bench, err = openBench(tx, of); err != nil {
		return nil, err
	}
	c.later = &afterwards{freed: map[uuid.UUID]bool{}}
	if c.program = c.programs[programID]; in.CohortID != nil {
		c.cohort = c.cohorts[*in.CohortID]
	}
	if err := c.checkAll(); err != nil {
		return nil, err
	}
	if err := c.alreadyThere(ids); err != nil {
		return nil, err
	}
	if c.parents, err = soleGuardians(tx, slices.Collect(maps.Values(c.people))); err != nil {
		return nil, err
	}
	out := &BulkAnswer{Items: make([]BulkItem, len(ids))}
	for i, id := range ids {
		out.Items[i] = BulkItem{MemberID: &id, Sentences: []string{}}
		if err := c.let(&out.Items[i], id); err != nil {
			return nil, err
		}
	}
	return out, c.finish(out)
}

// look reads whom the caller may handle, in one query.
func (c *crowd) look(tx *services.Tx, ids []uuid.UUID) error {
	var found []standing
	me, day := tx.Actor().MemberID, models.DateOf(tx.Now())
	err := tx.DB.Raw(`select id, status, id = @me or id in (select closed_to(@me, @day)) as near, id in (select restricted_from(@me)) as apart from members where id in @ids`,
		map[string]any{"me": me, "day": day, "ids": ids}).Scan(&found).Error
	c.known = make(map[uuid.UUID]standing, len(found))
	for _, f := range found {
		if !f.Apart {
			c.known[f.ID] = f
		}
	}
	return err
}

func (c *crowd) handled(ids []uuid.UUID) (out []uuid.UUID) {
	for _, id := range ids {
		if k, ok := c.known[id]; ok && !k.Near && !gone(k.Status) {
			out = append(out, id)
		}
	}
	return out
}

func gone(status models.MemberStatus) bool { return (&models.Member{Status: status}).Gone() }

// checkAll refuses what is wrong for all of them alike.
func (c *crowd) checkAll() error {
	var faults []services.FieldError
	fault := func(field string, code services.Code, message string) {
		faults = append(faults, services.FieldError{Field: field, Code: code, Message: message})
	}
	switch {
	case !c.program.Status.Running():
		return services.Conflict(CodeNotRunning, "This program is %s. Reopen it first.", c.program.Status)
	case c.cohort != nil && !c.cohort.Status.Running():
		fault("/cohort_id", "cohort_closed", "This cohort is "+string(c.cohort.Status)+". Choose one that is planned or active.")
	}
	t := &stepping{bench: c.bench, e: &models.Enrollment{}, in: c.input(), name: c.name, program: c.program, cohort: c.cohort}
	if t.checkDay(fault); len(faults) > 0 {
		return services.Invalid(faults...)
	}
	return nil
}

func (c *crowd) input() StepInput {
	in := StepInput{On: c.in.StartsOn, WaiveReason: c.in.WaiveReason, dayField: "/starts_on"}
	if c.in.CohortID != nil {
		in.Cohort = services.Some(*c.in.CohortID)
	}
	return in
}

// alreadyThere reads who of them is in the program, or has asked to be. The caller holds the program's row.
func (c *crowd) alreadyThere(ids []uuid.UUID) error {
	var found []models.Enrollment
	err := c.tx.DB.Where("program_id = ? AND member_id IN ? AND live", c.program.ID, ids).Order("second DESC, id").Find(&found).Error
	c.had = make(map[uuid.UUID]models.Enrollment, len(found))
	for _, e := range found {
		c.had[e.MemberID] = e
	}
	return err
}

// let lets one person in, or says why not.
func (c *crowd) let(item *BulkItem, id uuid.UUID) error {
	known, ok := c.known[id]
	had, there := c.had[id]
	switch {
	case !ok:
		item.Outcome, item.Sentences = BulkNotFound, []string{"There is no such person."}
	case known.Near:
		item.Outcome, item.Sentences = BulkOwnRecord, []string{"This is your own record or that of somebody close to you. Ask a colleague to handle it."}
	case gone(known.Status):
		item.Outcome, item.Code, item.Sentences = BulkRefused, "member_gone", []string{"This record is " + string(known.Status) + "."}
	case there:
		item.Outcome, item.EnrollmentID, item.State = BulkAlreadyEnrolled, &had.ID, &had.State
		item.Sentences = []string{"This person is in this program already, or has applied or waits for a place."}
	default:
		return c.enter(item, id)
	}
	return nil
}

// enter takes the first step of somebody new, or has them wait when no place is left.
func (c *crowd) enter(item *BulkItem, id uuid.UUID) error {
	by := id
	if m := c.people[id]; m.MinorOn(m.Today(c.tx.Now())) {
		if by = c.parents[id]; by == uuid.Nil {
			return item.refuse(errGuardianRequired)
		}
	}
	name, in := c.name, c.input()
	if name != models.StepWaitlist {
		unfit, err := c.unfit(item, id, &in)
		if unfit || err != nil {
			return err
		}
		if full := c.fullWhere(); full != "" {
			name, in.On, in.WaiveReason = models.StepWaitlist, nil, ""
			item.Outcome, item.Sentences = BulkWaitlisted, []string{"All places of this " + full + " are taken; they wait for one."}
		}
	}
	e := newEnrollment(c.tx, c.program, id, by)
	t := &stepping{bench: c.bench, e: e, in: in, name: name}
	if err := c.take(t); err != nil {
		return item.refuse(err)
	}
	switch item.EnrollmentID = &e.ID; {
	case t.leftToColleagues(name):
		item.Outcome, item.Sentences = BulkLeft, []string{"A colleague looks at this one and decides."}
	case item.Outcome == "":
		item.Outcome = BulkDone
	}
	if form := c.program.IntakeFormID; form != nil {
		c.asked = append(c.asked, forms.Asked{FormID: *form, MemberID: id, EnteredBy: by, Record: enrollmentRecord, RecordID: e.ID, Pointer: "/answers"})
	}
	return nil
}

// unfit says that the rules keep somebody out: one of them is not met, or a fact is missing of somebody whom nobody looks at.
// What waives a rule is kept with the step, too: the log keeps one reason for all of them.
func (c *crowd) unfit(item *BulkItem, id uuid.UUID, in *StepInput) (bool, error) {
	if len(c.program.Rules) == 0 {
		return false, nil
	}
	verdict, err := c.judge(c.program, id)
	switch {
	case err != nil || verdict.Verdict == models.VerdictMet:
		return false, err
	case in.WaiveReason != "":
		in.Words = in.WaiveReason
		return false, nil
	case verdict.Verdict == models.VerdictUnknown:
		item.Outcome, item.Sentences = BulkFactsMissing, append([]string{}, verdict.Sentences(models.VerdictUnknown)...)
		return true, nil
	}
	return true, item.refuse(notEligible(verdict, ""))
}

// fullWhere says what has no place left: the program, the cohort, or nothing.
func (c *crowd) fullWhere() string {
	switch {
	case c.program.Full():
		return "program"
	case c.cohort != nil && c.cohort.Full():
		return "cohort"
	}
	return ""
}

// finish asks the forms, does what the steps have left, and fills in where everybody stands.
func (c *crowd) finish(out *BulkAnswer) error {
	if err := forms.Ask(c.tx, c.asked...); err != nil {
		return err
	}
	return c.tell(out, c.dry)
}

// tell fills in where everybody stands after the steps. New rows of a dry run are none.
func (b *bench) tell(out *BulkAnswer, forgetNew bool) error {
	var ids []uuid.UUID
	for i := range out.Items {
		if e := out.Items[i].EnrollmentID; e != nil {
			ids = append(ids, *e)
		}
	}
	states, err := b.afterAll(ids)
	if err != nil {
		return err
	}
	for i := range out.Items {
		item := &out.Items[i]
		if item.EnrollmentID == nil {
			continue
		}
		if state, ok := states[*item.EnrollmentID]; ok {
			item.State = &state
		}
		if item.Outcome == BulkDone {
			out.Done++
		}
		if forgetNew && item.Outcome != BulkAlreadyEnrolled {
			item.EnrollmentID = nil
		}
	}
	return nil
}

func distinct(ids []uuid.UUID) (out []uuid.UUID) {
	seen := make(map[uuid.UUID]bool, len(ids))
	for _, id := range ids {
		if !seen[id] {
			seen[id], out = true, append(out, id)
		}
	}
	return out
}

func checkMany(field string, n int) error {
	if n == 0 || n > mostAtOnce {
		return services.InvalidField(field, "out_of_range", "Name 1 to %s.", strconv.Itoa(mostAtOnce))
	}
	return nil
}
