package programs

import (
	"context"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// Codes of cohorts.
const (
	CodeNameTaken     services.Code = "name_taken"
	CodeProgramClosed services.Code = "program_closed"
)

var _ = services.Meanings(map[string]*services.Error{
	"cohorts_name":           services.Conflict(CodeNameTaken, "Another cohort of this program has this name. Choose another."),
	"cohorts_program":        services.NotFound("program"),
	"cohorts_within_program": services.Conflict(CodeDatesInUse, "The days of a cohort must lie within those of its program."),
	"cohorts_order":          services.InvalidField("/ends_on", "before_start", "The last day cannot be before the first."),
	"cohorts_capacity":       services.InvalidField("/capacity", "invalid", "Give at least one place, or null for no limit."),
})

// NewCohort is what makes a cohort.
type NewCohort struct {
	Name     string              `json:"name" minLength:"1" maxLength:"120" doc:"Unique in the program" example:"Spring 2027"`
	StartsOn models.Date         `json:"starts_on" doc:"First day"`
	EndsOn   *models.Date        `json:"ends_on,omitempty" doc:"Last day; absent for as long as the program runs"`
	Capacity *int                `json:"capacity,omitempty" minimum:"1" maximum:"100000" doc:"Places; absent for no limit beside the program's" example:"12"`
	Status   models.CohortStatus `json:"status,omitempty" enum:"planned,active" default:"planned"`
	Notes    string              `json:"notes,omitempty" maxLength:"1000" doc:"For staff; nothing about a person"`
}

// CohortPatch changes a cohort; what is absent stays.
type CohortPatch struct {
	Name     services.Field[string]      `json:"name,omitzero" required:"false" minLength:"1" maxLength:"120"`
	StartsOn services.Field[models.Date] `json:"starts_on,omitzero" required:"false"`
	EndsOn   services.Field[models.Date] `json:"ends_on,omitzero" required:"false" doc:"Null for as long as the program runs"`
	Capacity services.Field[int]         `json:"capacity,omitzero" required:"false" minimum:"1" maximum:"100000" doc:"Null for no limit of its own; not below the places taken"`
	Notes    services.Field[string]      `json:"notes,omitzero" required:"false" maxLength:"1000"`
}

// CreateCohort adds a cohort to a program that is not over.
// Errors: not_found; conflict name_taken, program_closed; invalid when its days do not lie within the program's.
func (s *Service) CreateCohort(ctx context.Context, programID uuid.UUID, in NewCohort) (*CohortView, error) {
	return services.Mutate(ctx, s.core, "cohort.create", func(tx *services.Tx) (*CohortView, error) {
		p, err := lockProgram(tx, programID)
		if err != nil {
			return nil, err
		}
		if !p.Status.Running() {
			return nil, services.Conflict(CodeProgramClosed, "This program is %s.", p.Status)
		}
		c := models.Cohort{
			Record:    models.Record{ID: services.NewID(), Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()},
			ProgramID: p.ID, ProgramFirstDay: p.FirstDay, ProgramLastDay: p.LastDay,
			Name: in.Name, StartsOn: in.StartsOn, EndsOn: in.EndsOn, Capacity: in.Capacity, Status: in.Status, Notes: in.Notes,
		}
		if c.Status == "" {
			c.Status = models.CohortPlanned
		}
		if err := checkCohort(&c); err != nil {
			return nil, err
		}
		tx.Changed(nil, c)
		if err := tx.DB.Create(&c).Error; err != nil {
			return nil, err
		}
		return cohortView(tx.DB, tx.Actor(), &c)
	})
}

// UpdateCohort changes one.
// Errors: not_found; unconditional and stale as for every edit; conflict name_taken, capacity_below_taken; invalid when its
// days do not lie within the program's.
func (s *Service) UpdateCohort(ctx context.Context, id uuid.UUID, in CohortPatch) (*CohortView, error) {
	return s.changeCohort(ctx, "cohort.update", id, func(tx *services.Tx, p *models.Program, c *models.Cohort) error {
		if err := tx.CheckVersion(c.Version); err != nil {
			return err
		}
		full := c.Full()
		c.Name, c.StartsOn, c.EndsOn = in.Name.Or(c.Name), in.StartsOn.Or(c.StartsOn), in.EndsOn.OrNull(c.EndsOn)
		c.Capacity, c.Notes = in.Capacity.OrNull(c.Capacity), in.Notes.OrZero(c.Notes)
		if err := checkCohort(c); err != nil {
			return err
		}
		if c.Capacity != nil && c.Taken > *c.Capacity {
			return tooFew(c.Taken)
		}
		if full && !c.Full() {
			return lookAtLine(tx, p, true)
		}
		return nil
	})
}

var cohortColumns = []string{"name", "starts_on", "ends_on", "capacity", "status", "status_reason", "notes", "version", "updated_at"}

// changeCohort edits a cohort under its program's lock, so that neither its days nor who is in it change meanwhile.
func (s *Service) changeCohort(ctx context.Context, action string, id uuid.UUID, edit func(*services.Tx, *models.Program, *models.Cohort) error) (*CohortView, error) {
	return services.Mutate(ctx, s.core, action, func(tx *services.Tx) (*CohortView, error) {
		known, err := cohort(tx.DB, id)
		if err != nil {
			return nil, err
		}
		p, err := lockProgram(tx, known.ProgramID) // a cohort never changes its program
		if err != nil {
			return nil, err
		}
		c, err := lockCohort(tx, p.ID, id)
		if err != nil {
			return nil, err
		}
		before := *c
		if err := edit(tx, p, c); err != nil {
			return nil, err
		}
		c.Version, c.UpdatedAt = c.Version+1, tx.Now()
		tx.Changed(before, *c)
		if err := tx.DB.Model(&models.Cohort{}).Select(cohortColumns).Where("id = ?", id).Updates(*c).Error; err != nil {
			return nil, err
		}
		return cohortView(tx.DB, tx.Actor(), c)
	})
}

// checkCohort tidies a cohort and says all that is wrong with it. Its program's days are in it.
func checkCohort(c *models.Cohort) error {
	c.Name, c.Notes = services.Line(c.Name), services.Prose(c.Notes)
	var wrong []services.FieldError
	add := func(bad bool, field string, code services.Code, message string) {
		if bad {
			wrong = append(wrong, services.FieldError{Field: field, Code: code, Message: message})
		}
	}
	add(c.Name == "", "/name", "required", "Give the cohort a name.")
	add(c.StartsOn.Before(c.ProgramFirstDay.Time), "/starts_on", "outside_program", "The program begins on "+c.ProgramFirstDay.String()+"; a cohort cannot begin before it.")
	add(c.StartsOn.After(c.ProgramLastDay.Time), "/starts_on", "outside_program", "The program ends on "+c.ProgramLastDay.String()+"; a cohort cannot begin after it.")
	if c.EndsOn != nil {
		add(c.EndsOn.Before(c.StartsOn.Time), "/ends_on", "before_start", "The last day cannot be before the first.")
		add(c.EndsOn.After(c.ProgramLastDay.Time), "/ends_on", "outside_program", "The program ends on "+c.ProgramLastDay.String()+"; a cohort cannot end after it.")
	}
	if len(wrong) > 0 {
		return services.Invalid(wrong...)
	}
	return nil
}

// ActivateCohort begins a planned cohort. Errors: not_found; conflict wrong_state.
func (s *Service) ActivateCohort(ctx context.Context, id uuid.UUID) (*CohortView, error) {
	return s.turnCohort(ctx, "cohort.activate", id, "", models.CohortActive, models.CohortPlanned)
}

// CompleteCohort ends a cohort that has run its course.
// Errors: not_found; invalid for a blank reason; conflict wrong_state, has_live_enrollments with their number.
func (s *Service) CompleteCohort(ctx context.Context, id uuid.UUID, in StatusReason) (*CohortView, error) {
	return s.endCohort(ctx, "cohort.complete", id, in, models.CohortCompleted, models.CohortActive)
}

// CancelCohort gives a cohort up. Errors: as for CompleteCohort.
func (s *Service) CancelCohort(ctx context.Context, id uuid.UUID, in StatusReason) (*CohortView, error) {
	return s.endCohort(ctx, "cohort.cancel", id, in, models.CohortCancelled, models.CohortPlanned, models.CohortActive)
}

// ReopenCohort takes the end of a cohort back: it is active again, or planned when its first day is still to come.
// Errors: not_found; invalid for a blank reason; conflict wrong_state, program_closed while its program is over.
func (s *Service) ReopenCohort(ctx context.Context, id uuid.UUID, in StatusReason) (*CohortView, error) {
	return s.endCohort(ctx, "cohort.reopen", id, in, models.CohortActive, models.CohortCompleted, models.CohortCancelled)
}

func (s *Service) endCohort(ctx context.Context, action string, id uuid.UUID, in StatusReason, next models.CohortStatus, from ...models.CohortStatus) (*CohortView, error) {
	why := services.Prose(in.Reason)
	if why == "" {
		return nil, services.InvalidField("/reason", "required", "Say why.")
	}
	return s.turnCohort(ctx, action, id, why, next, from...)
}

func (s *Service) turnCohort(ctx context.Context, action string, id uuid.UUID, why string, next models.CohortStatus, from ...models.CohortStatus) (*CohortView, error) {
	return s.changeCohort(ctx, action, id, func(tx *services.Tx, p *models.Program, c *models.Cohort) error {
		if err := isIn("cohort", c.Status, from); err != nil {
			return err
		}
		to := next
		if c.Status == models.CohortCancelled && c.StartsOn.After(p.Today(tx.Now()).Time) {
			to = models.CohortPlanned
		}
		switch {
		case to.Running() && !p.Status.Running():
			return services.Conflict(CodeProgramClosed, "Its program is %s. Reopen that first.", p.Status)
		case !to.Running():
			if err := nobodyLeft(tx, "cohort", `select count(*) from enrollments where cohort_id = ? and live`, c.ID); err != nil {
				return err
			}
		}
		c.Status, c.StatusReason = to, why
		return nil
	})
}
