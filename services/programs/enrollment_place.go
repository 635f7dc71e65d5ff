package programs

import (
	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// checkEligible stops staff who give a place to somebody who does not meet the rules, unless they say why these do not count.
// Who had a place before met them then.
func (t *stepping) checkEligible() error {
	if !t.next.HoldsPlace() || t.in.Itself || t.was != nil && t.was.State != models.EnrollmentApplied && t.was.State != models.EnrollmentWaitlisted || len(t.program.Rules) == 0 {
		return nil
	}
	verdict, err := t.judge(t.program, t.e.MemberID)
	if err != nil || verdict.Verdict != models.VerdictNotMet {
		return err
	}
	target := Target{ProgramID: &t.program.ID}
	if words := services.Prose(t.in.WaiveReason); words != "" {
		return WaiveAll(t.tx, target, t.e.MemberID, verdict, words)
	}
	return notEligible(verdict, " Give waive_reason if that does not count for this person.")
}

func notEligible(verdict models.Eligibility, hint string) error {
	e := services.Invalid()
	e.Code, e.Message = CodeNotEligible, "The rules of this program are not met."+hint
	for _, sentence := range verdict.Sentences(models.VerdictNotMet) {
		e.Fields = append(e.Fields, services.FieldError{Field: "/member_id", Code: CodeNotEligible, Message: sentence})
	}
	return e
}

// judge asks the rules of a program about everybody on the bench at once.
func (b *bench) judge(p *models.Program, member uuid.UUID) (models.Eligibility, error) {
	if verdicts, ok := b.judged[p.ID]; ok {
		return verdicts[member], nil
	}
	ids := make([]uuid.UUID, 0, len(b.people))
	for id := range b.people {
		ids = append(ids, id)
	}
	verdicts, err := Judge(b.tx.DB, b.tx.Now(), Target{ProgramID: &p.ID}, p.Rules, RulesDay(p, b.tx.Now()), ids...)
	if b.judged == nil {
		b.judged = map[uuid.UUID]map[uuid.UUID]models.Eligibility{}
	}
	b.judged[p.ID] = verdicts
	return verdicts[member], err
}

// findPlace looks for room. Who comes back and finds none waits ahead of all who were not moved ahead.
func (t *stepping) findPlace() error {
	if err := t.checkOnlyOne(); err != nil {
		return err
	}
	before := t.was != nil && t.was.State.HoldsPlace()
	if !t.next.HoldsPlace() || t.in.Itself && before {
		return nil
	}
	moves := t.cohort != nil && (!before || t.was.CohortID == nil || *t.was.CohortID != t.cohort.ID)
	full := services.Code("")
	switch {
	case !before && t.program.Full():
		full = CodeProgramFull
	case moves && t.cohort.Full():
		full = CodeCohortFull
	default:
		return nil
	}
	if back := t.name == models.StepReopen || t.name == models.StepRestore; back && t.was.State != models.EnrollmentCompleted {
		t.next = models.EnrollmentWaitlisted
		return nil
	}
	if full == CodeProgramFull {
		return services.Conflict(full, "All %d places of this program are taken. Waitlist them or raise the capacity.", *t.program.Capacity)
	}
	return services.Conflict(full, "All %d places of this cohort are taken. Choose another cohort, waitlist them or raise the capacity.", *t.cohort.Capacity)
}

// checkOnlyOne: of two guardians' applications for one child only one leads to a place. The other is decided first.
func (t *stepping) checkOnlyOne() error {
	if !t.e.Second || !t.next.HoldsPlace() && t.next != models.EnrollmentWaitlisted {
		return nil
	}
	var others int64
	err := t.tx.DB.Model(&models.Enrollment{}).Where("program_id = ? AND member_id = ? AND id <> ? AND live", t.program.ID, t.e.MemberID, t.e.ID).Count(&others).Error
	if err == nil && others > 0 {
		err = errAlreadyEnrolled
	}
	return err
}
