package programs

import (
	"context"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/forms"
)

// StatusReason says why a program or cohort ends, or goes on again. It stays with the record, for staff.
type StatusReason struct {
	Reason string `json:"reason" minLength:"3" maxLength:"500" doc:"For colleagues; nothing about a person" example:"The grant ended; its people were moved to Battle Buddy"`
}

// ActivateProgram begins a planned program. Errors: not_found; conflict wrong_state, not_ready when its form cannot
// be asked any more.
func (s *Service) ActivateProgram(ctx context.Context, id uuid.UUID) (*ProgramView, error) {
	return s.turnTo(ctx, "program.activate", id, "", func(*services.Tx, *models.Program) models.ProgramStatus { return models.ProgramActive }, models.ProgramPlanned)
}

// CompleteProgram ends a program that has run its course.
// Errors: not_found; invalid for a blank reason; conflict wrong_state, has_live_enrollments with their number.
func (s *Service) CompleteProgram(ctx context.Context, id uuid.UUID, in StatusReason) (*ProgramView, error) {
	return s.end(ctx, "program.complete", id, in, models.ProgramCompleted)
}

// CancelProgram gives a program up. Its cohorts and workshops stay as they are: each is called off by itself, so that those
// who come hear of it. Errors: as for CompleteProgram.
func (s *Service) CancelProgram(ctx context.Context, id uuid.UUID, in StatusReason) (*ProgramView, error) {
	return s.end(ctx, "program.cancel", id, in, models.ProgramCancelled)
}

func (s *Service) end(ctx context.Context, action string, id uuid.UUID, in StatusReason, next models.ProgramStatus) (*ProgramView, error) {
	why := services.Prose(in.Reason)
	if why == "" {
		return nil, services.InvalidField("/reason", "required", "Say why.")
	}
	return s.turnTo(ctx, action, id, why, func(*services.Tx, *models.Program) models.ProgramStatus { return next }, models.ProgramPlanned, models.ProgramActive)
}

// ReopenProgram takes the end of a program back: it is active again, or planned when its first day is still to come. Nobody is
// enrolled again by that. Errors: not_found; invalid for a blank reason; conflict wrong_state for one that goes on, not_ready
// as for ActivateProgram.
func (s *Service) ReopenProgram(ctx context.Context, id uuid.UUID, in StatusReason) (*ProgramView, error) {
	why := services.Prose(in.Reason)
	if why == "" {
		return nil, services.InvalidField("/reason", "required", "Say why.")
	}
	return s.turnTo(ctx, "program.reopen", id, why, func(tx *services.Tx, p *models.Program) models.ProgramStatus {
		if p.Status == models.ProgramCancelled && p.StartsOn != nil && p.StartsOn.After(p.Today(tx.Now()).Time) {
			return models.ProgramPlanned
		}
		return models.ProgramActive
	}, models.ProgramCompleted, models.ProgramCancelled)
}

// turnTo moves a program that is in one of the statuses from.
func (s *Service) turnTo(ctx context.Context, action string, id uuid.UUID, why string, next func(*services.Tx, *models.Program) models.ProgramStatus, from ...models.ProgramStatus) (*ProgramView, error) {
	return services.Mutate(ctx, s.core, action, func(tx *services.Tx) (*ProgramView, error) {
		p, err := lockToEdit(tx, id, true)
		if err != nil {
			return nil, err
		}
		if err := isIn("program", p.Status, from); err != nil {
			return nil, err
		}
		before := *p
		if err := moveProgram(tx, p, next(tx, p), why); err != nil {
			return nil, err
		}
		return storeProgram(tx, before, p)
	})
}

// isIn refuses a step that does not begin where the record stands.
func isIn[T ~string](what string, status T, from []T) error {
	if slices.Contains(from, status) {
		return nil
	}
	return services.Conflict(CodeWrongState, "This %s is %s.", what, string(status))
}

// moveProgram gives a program its next status. It ends only when nobody in it is left who waits for something, and goes on
// only with a form that can still be asked. Errors: conflict wrong_state, has_live_enrollments, not_ready.
func moveProgram(tx *services.Tx, p *models.Program, next models.ProgramStatus, why string) error {
	if !p.Status.Becomes(next) {
		return services.Conflict(CodeWrongState, "A program that is %s cannot become %s.", p.Status, next)
	}
	if !next.Running() {
		if err := nobodyLeft(tx, "program", `select count(*) from enrollments where program_id = ? and live`, p.ID); err != nil {
			return err
		}
	}
	if next.Running() {
		if err := readyToAsk(tx, p); err != nil {
			return err
		}
	}
	p.Status, p.StatusReason, p.ClosedAt = next, why, nil
	if !next.Running() {
		now := tx.Now()
		p.ClosedAt = &now
	}
	return nil
}

// readyToAsk sees that the form of a program can still be asked: it may have been archived since it was chosen.
// Errors: conflict not_ready.
func readyToAsk(tx *services.Tx, p *models.Program) error {
	missing, err := forms.CheckChosen(tx, "/intake_form_id", p.IntakeFormID, models.FormIntake)
	if err != nil || len(missing) == 0 {
		return err
	}
	refused := services.Conflict(CodeNotReady, "The program is not ready for people to apply. See what is missing in errors.")
	refused.Fields = missing
	return refused
}

func nobodyLeft(tx *services.Tx, what, count string, id uuid.UUID) error {
	var n int
	if err := tx.DB.Raw(count, id).Scan(&n).Error; err != nil {
		return err
	}
	if n > 0 {
		return services.Conflict(CodeLive, "%s still open in this %s. Complete, withdraw or deny them first, many at once with POST /v1/enrollments/bulk; those that you do not see are for a colleague.",
			counted(n, "enrollment is", "enrollments are"), what)
	}
	return nil
}

// counted is a number with its word; of two words the second is for all numbers but one.
func counted(n int, words ...string) string {
	word := words[0]
	if n != 1 && len(words) == 1 {
		word += "s"
	} else if n != 1 {
		word = words[1]
	}
	return strconv.Itoa(n) + " " + word
}
