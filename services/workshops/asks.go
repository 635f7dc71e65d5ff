package workshops

import (
	"reflect"
	"time"

	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/forms"
	"homefront/services/programs"
)

// checkAsked says what is wrong with the rules and the form of a plan. What was chosen before is not asked for again: a form
// may have been archived since.
func checkAsked(tx *services.Tx, w models.Workshop, before *models.Workshop) ([]services.FieldError, error) {
	var wrong []services.FieldError
	if _, this := w.Rules.Programs(); this && w.ProgramID == nil {
		wrong = append(wrong, services.FieldError{Field: "/rules", Code: "no_program", Message: "A rule means this program, and the workshop is of none. Name the programs in the rule, or give the workshop one."})
	}
	if len(w.Rules) > 0 && (before == nil || !reflect.DeepEqual(before.Rules, w.Rules)) {
		faults, err := programs.CheckRules(tx, "/rules", w.Rules)
		if err != nil {
			return nil, err
		}
		wrong = append(wrong, faults...)
	}
	if w.RegistrationFormID == nil || before != nil && sameID(before.RegistrationFormID, w.RegistrationFormID) {
		return wrong, nil
	}
	faults, err := forms.CheckChosen(tx, "/registration_form_id", w.RegistrationFormID, models.FormRegistration)
	return append(wrong, faults...), err
}

// asksOf says in sentences what rules ask, whoever comes. One query where they name programs; else none.
func asksOf(db *gorm.DB, now time.Time, w *models.Workshop) ([]string, error) {
	if len(w.Rules) == 0 {
		return nil, nil
	}
	named, _ := w.Rules.Programs()
	names, err := programs.NamesSeen(db, now, named)
	if err != nil {
		return nil, err
	}
	verdicts := w.Rules.Judge(&models.Facts{ProgramID: w.ProgramID, ProgramNames: names}, nil).Rules
	out := make([]string, len(verdicts))
	for i := range verdicts {
		out[i] = verdicts[i].Asks
	}
	return out, nil
}

// readyToAsk sees that the form of a workshop that is to be published can still be asked.
// Errors: conflict not_ready.
func readyToAsk(tx *services.Tx, w *models.Workshop) error {
	missing, err := forms.CheckChosen(tx, "/registration_form_id", w.RegistrationFormID, models.FormRegistration)
	if err != nil || len(missing) == 0 {
		return err
	}
	refused := services.Conflict(CodeNotReady, "The workshop is not ready for people to register. See what is missing in errors.")
	refused.Fields = missing
	return refused
}
