package programs

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// visibleEnrollments is the scope of staff, shared by list, get and every step: not their own, nor those of people close to
// them, nor restricted ones. Others see none as staff.
func visibleEnrollments(actor *services.Actor, now time.Time) func(*gorm.DB) *gorm.DB {
	return func(q *gorm.DB) *gorm.DB {
		if !actor.Coordinates() {
			return q.Where("false")
		}
		return actor.NotOwn("enrollments.member_id", now)(q)
	}
}

// ownEnrollments are those of somebody themselves, and those that they entered for whom they may act at this moment.
func ownEnrollments(actor *services.Actor, released []uuid.UUID) func(*gorm.DB) *gorm.DB {
	return func(q *gorm.DB) *gorm.DB {
		if len(released) == 0 {
			return q.Where("(enrollments.member_id = ? OR enrollments.entered_by = ?)", actor.MemberID, actor.MemberID)
		}
		return q.Where("(enrollments.member_id = ? OR enrollments.entered_by = ? AND enrollments.member_id NOT IN ?)", actor.MemberID, actor.MemberID, released)
	}
}

// EnrollStep gives a place.
type EnrollStep struct {
	On          *models.Date              `json:"on,omitempty" doc:"First day; today when absent, moved into the days of program and cohort"`
	CohortID    services.Field[uuid.UUID] `json:"cohort_id,omitzero" required:"false" doc:"In which cohort; absent for the one wished for, null for none"`
	Words       string                    `json:"words,omitempty" maxLength:"1000" doc:"For colleagues. Kept sealed"`
	WaiveReason string                    `json:"waive_reason,omitempty" maxLength:"500" doc:"Why the rules that are not met do not count for this person. Kept sealed"`
}

// ActivateStep says that somebody has begun.
type ActivateStep struct {
	On *models.Date `json:"on,omitempty" doc:"First day; the one they have when absent, or today if that is earlier"`
}

// DenyStep says no.
type DenyStep struct {
	Reason models.EnrollmentEnd `json:"reason,omitempty" enum:"not_eligible,no_place,other_help_fits_better,duplicate,no_contact,conduct,program_closed,other" doc:"Required"`
	Words  string               `json:"words,omitempty" maxLength:"1000" doc:"For colleagues; required when the reason is other. Kept sealed"`
}

// CompleteStep says that somebody has been through it.
type CompleteStep struct {
	Reason models.EnrollmentEnd `json:"reason,omitempty" enum:"finished,goals_met,other" doc:"Required"`
	Words  string               `json:"words,omitempty" maxLength:"1000" doc:"For colleagues; required when the reason is other. Kept sealed"`
	On     *models.Date         `json:"on,omitempty" doc:"Last day; today when absent, moved into the days of the program"`
}

// WithdrawStep ends it before that.
type WithdrawStep struct {
	Reason models.EnrollmentEnd `json:"reason,omitempty" enum:"member_request,moved_away,schedule,other_help_fits_better,no_contact,conduct,not_eligible,duplicate,program_closed,other" doc:"Staff alone, and required of them; members are not asked"`
	Words  string               `json:"words,omitempty" maxLength:"1000" doc:"Staff alone, for colleagues; required when the reason is other. Kept sealed"`
	On     *models.Date         `json:"on,omitempty" doc:"Staff alone: last day of somebody who had a place; today when absent, moved into the days of the program"`
}

// PauseStep lets somebody rest.
type PauseStep struct {
	Until *models.Date `json:"until,omitempty" doc:"Required: the first day on which it goes on, tomorrow to a year from today"`
	Words string       `json:"words,omitempty" maxLength:"1000" doc:"For colleagues. Kept sealed"`
}

// MoveStep puts somebody into another cohort.
type MoveStep struct {
	CohortID services.Field[uuid.UUID] `json:"cohort_id" doc:"A cohort of the program that is planned or active; null for none"`
	Words    string                    `json:"words,omitempty" maxLength:"1000" doc:"For colleagues. Kept sealed"`
}

// WordsStep is any other step.
type WordsStep struct {
	Words string `json:"words,omitempty" maxLength:"1000" doc:"For colleagues. Kept sealed"`
}

// Waitlist puts somebody in line. Errors: not_found; conflict wrong_state, program_not_running, already_enrolled.
func (s *Service) Waitlist(ctx context.Context, id uuid.UUID, in WordsStep) (*EnrollmentView, error) {
	return s.change(ctx, id, models.StepWaitlist, StepInput{Words: in.Words})
}

// Enroll gives somebody a place. Errors: not_found; invalid not_eligible, unknown_cohort, cohort_closed, too_early, too_late; conflict
// wrong_state, program_not_running, already_enrolled, separation_clash, program_full, cohort_full.
func (s *Service) Enroll(ctx context.Context, id uuid.UUID, in EnrollStep) (*EnrollmentView, error) {
	return s.change(ctx, id, models.StepEnroll, StepInput{On: in.On, Cohort: in.CohortID, Words: in.Words, WaiveReason: in.WaiveReason})
}

// Deny says no. Errors: not_found; invalid for a missing reason; conflict wrong_state.
func (s *Service) Deny(ctx context.Context, id uuid.UUID, in DenyStep) (*EnrollmentView, error) {
	return s.change(ctx, id, models.StepDeny, StepInput{Reason: in.Reason, Words: in.Words})
}

// Activate says that somebody has begun. Errors: not_found; invalid too_early, too_late; conflict wrong_state.
func (s *Service) Activate(ctx context.Context, id uuid.UUID, in ActivateStep) (*EnrollmentView, error) {
	return s.change(ctx, id, models.StepActivate, StepInput{On: in.On})
}

// Pause lets somebody rest until a day. Errors: not_found; invalid out_of_range; conflict wrong_state.
func (s *Service) Pause(ctx context.Context, id uuid.UUID, in PauseStep) (*EnrollmentView, error) {
	return s.change(ctx, id, models.StepPause, StepInput{Until: in.Until, Words: in.Words})
}

// Resume ends a pause before its day. Errors: not_found; conflict wrong_state.
func (s *Service) Resume(ctx context.Context, id uuid.UUID) (*EnrollmentView, error) {
	return s.change(ctx, id, models.StepResume, StepInput{})
}

// Complete says that somebody has been through it. Errors: not_found; invalid for a missing reason, too_early, too_late;
// conflict wrong_state.
func (s *Service) Complete(ctx context.Context, id uuid.UUID, in CompleteStep) (*EnrollmentView, error) {
	return s.change(ctx, id, models.StepComplete, StepInput{Reason: in.Reason, Words: in.Words, On: in.On})
}

// Reopen takes an end back. Errors: not_found; conflict wrong_state, program_not_running, already_enrolled, separation_clash, and
// program_full or cohort_full for a completed one.
func (s *Service) Reopen(ctx context.Context, id uuid.UUID, in WordsStep) (*EnrollmentView, error) {
	return s.change(ctx, id, models.StepReopen, StepInput{Words: in.Words})
}

// Move puts somebody into another cohort, or out of any. Errors: not_found; invalid unknown_cohort, cohort_closed; conflict
// wrong_state, separation_clash, cohort_full.
func (s *Service) Move(ctx context.Context, id uuid.UUID, in MoveStep) (*EnrollmentView, error) {
	return s.change(ctx, id, models.StepMove, StepInput{Cohort: in.CohortID, Words: in.Words})
}

// MoveAhead puts somebody ahead of all in line who were not moved ahead before. Errors: not_found; conflict wrong_state.
func (s *Service) MoveAhead(ctx context.Context, id uuid.UUID, in WordsStep) (*EnrollmentView, error) {
	return s.change(ctx, id, models.StepMoveAhead, StepInput{Words: in.Words})
}

// change is one step of staff.
func (s *Service) change(ctx context.Context, id uuid.UUID, name models.EnrollmentStep, in StepInput) (*EnrollmentView, error) {
	return services.Mutate(ctx, s.core, "enrollment."+string(name), func(tx *services.Tx) (*EnrollmentView, error) {
		return takeStep(tx, id, visibleEnrollments(tx.Actor(), tx.Now()), name, in)
	})
}

func takeStep(tx *services.Tx, id uuid.UUID, scope func(*gorm.DB) *gorm.DB, name models.EnrollmentStep, in StepInput) (*EnrollmentView, error) {
	of := benchOf{Enrollments: []uuid.UUID{id}, Scope: scope, Apart: true}
	if in.Cohort.Value != nil {
		of.Cohorts = []uuid.UUID{*in.Cohort.Value}
	}
	b, err := openBench(tx, of)
	if err != nil {
		return nil, err
	}
	if err := b.step(b.rows[0], name, in); err != nil {
		return nil, err
	}
	return viewOne(tx, id)
}

// Withdraw ends it: staff with a reason, members and who entered them without one.
// Errors: not_found; invalid for a missing reason of staff, staff_only for what others add, too_early, too_late, not_begun; conflict wrong_state.
func (s *Service) Withdraw(ctx context.Context, id uuid.UUID, in WithdrawStep) (*EnrollmentView, error) {
	return services.Mutate(ctx, s.core, "enrollment.withdraw", func(tx *services.Tx) (*EnrollmentView, error) {
		own, err := ownScope(tx.DB, tx.Actor(), s.core)
		if err != nil {
			return nil, err
		}
		var mine []uuid.UUID
		if err := tx.DB.Table("enrollments").Scopes(own).Where("enrollments.id = ?", id).Limit(1).Pluck("enrollments.id", &mine).Error; err != nil {
			return nil, err
		}
		if len(mine) == 0 {
			return takeStep(tx, id, visibleEnrollments(tx.Actor(), tx.Now()), models.StepWithdraw, StepInput{Reason: in.Reason, Words: in.Words, On: in.On})
		}
		if err := staffOnly(map[string]bool{"/reason": in.Reason != "", "/words": in.Words != "", "/on": in.On != nil}); err != nil {
			return nil, err
		}
		return takeStep(tx, id, own, models.StepWithdraw, StepInput{Reason: models.EnrollmentEndMemberRequest})
	})
}

// ownScope is ownEnrollments of the actor at this moment.
func ownScope(db *gorm.DB, actor *services.Actor, core *services.Core) (func(*gorm.DB) *gorm.DB, error) {
	ties, err := people.TiesOf(db, actor.MemberID)
	return ownEnrollments(actor, ties.Released(core.Clock.Now())), err
}

// EnrollmentPatch changes what steps do not; what is absent stays.
type EnrollmentPatch struct {
	StartsOn services.Field[models.Date] `json:"starts_on,omitzero" required:"false" doc:"First day, of somebody who has or had a place; within the days of the program"`
	EndsOn   services.Field[models.Date] `json:"ends_on,omitzero" required:"false" doc:"Last day, of an enrollment that has ended; not before the first, nor after today"`
}

// Update corrects days. The sums of attendance follow.
// Errors: not_found; unconditional, stale; invalid with the bound that a day breaks.
func (s *Service) Update(ctx context.Context, id uuid.UUID, in EnrollmentPatch) (*EnrollmentView, error) {
	return services.Mutate(ctx, s.core, "enrollment.update", func(tx *services.Tx) (*EnrollmentView, error) {
		b, err := openBench(tx, benchOf{Enrollments: []uuid.UUID{id}, Scope: visibleEnrollments(tx.Actor(), tx.Now())})
		if err != nil {
			return nil, err
		}
		e, was := b.rows[0], *b.rows[0]
		if err := tx.CheckVersion(b.editions[id]); err != nil {
			return nil, err
		}
		if err := b.edit(e, in); err != nil {
			return nil, err
		}
		e.Version, e.UpdatedAt = e.Version+1, tx.Now()
		updateRow(tx, was, e)
		if e.StartsOn != nil {
			if err := Recount(tx, e.ID); err != nil {
				return nil, err
			}
		}
		return viewOne(tx, id)
	})
}

func (b *bench) edit(e *models.Enrollment, in EnrollmentPatch) error {
	p := b.programs[e.ProgramID]
	var faults []services.FieldError
	fault := func(field string, code services.Code, message string) {
		faults = append(faults, services.FieldError{Field: field, Code: code, Message: message})
	}
	if d := in.StartsOn; d.Set {
		switch {
		case e.StartsOn == nil:
			fault("/starts_on", "not_begun", "They have had no place. Enroll them first.")
		case d.Value == nil:
			fault("/starts_on", "required", "Somebody who has or had a place has a first day.")
		case d.Value.Before(p.FirstDay.Time):
			fault("/starts_on", "too_early", "The earliest day is "+p.FirstDay.String()+", the first of the program.")
		case d.Value.After(p.LastDay.Time):
			fault("/starts_on", "too_late", "The latest day is "+p.LastDay.String()+", the last of the program.")
		case e.CohortID != nil && b.cohorts[*e.CohortID] != nil && d.Value.Before(b.cohorts[*e.CohortID].StartsOn.Time):
			fault("/starts_on", "too_early", "The earliest day is "+b.cohorts[*e.CohortID].StartsOn.String()+", the first of the cohort.")
		default:
			e.StartsOn = d.Value
		}
	}
	if d := in.EndsOn; d.Set {
		last := earlier(p.LastDay, p.Today(b.tx.Now()))
		switch {
		case e.State.Live() || e.StartsOn == nil:
			fault("/ends_on", "not_ended", "Only an enrollment that has ended, of somebody who had a place, has a last day.")
		case d.Value == nil:
			fault("/ends_on", "required", "An enrollment that has ended has a last day.")
		case d.Value.After(last.Time) && !d.Value.Equal(e.StartsOn.Time):
			fault("/ends_on", "too_late", "The latest day is "+last.String()+".")
		default:
			e.EndsOn = d.Value
		}
	}
	if len(faults) == 0 && e.StartsOn != nil && e.EndsOn != nil && e.EndsOn.Before(e.StartsOn.Time) {
		fault("/ends_on", "before_start", "The last day cannot be before the first, "+e.StartsOn.String()+".")
	}
	if len(faults) > 0 {
		return services.Invalid(faults...)
	}
	return nil
}
