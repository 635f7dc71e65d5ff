package forms

import (
	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
)

// inUse is the lock of those who choose a form for something: it keeps the form as it is, and lets others choose it too.
var inUse = clause.Locking{Strength: "SHARE"}

// CheckChosen says what stands against asking a form from now on, of a program or a workshop: it must exist, not be archived, be
// meant for this and have something published to ask. It keeps the form from being archived until the transaction ends. A nil
// id chooses none, and is fine.
func CheckChosen(tx *services.Tx, pointer string, id *uuid.UUID, purpose models.FormPurpose) ([]services.FieldError, error) {
	if id == nil {
		return nil, nil
	}
	var found []struct {
		models.Form
		Published bool
	}
	err := tx.DB.Table("forms").Clauses(inUse).Where("id = ?", *id).Limit(1).
		Select("forms.*, EXISTS (SELECT FROM form_versions v WHERE v.form_id = forms.id AND v.published_at IS NOT NULL) AS published").Find(&found).Error
	if err != nil {
		return nil, err
	}
	wrong := services.FieldError{Field: pointer}
	switch {
	case len(found) == 0:
		wrong.Code, wrong.Message = "unknown_form", "There is no such form."
	case found[0].ArchivedAt != nil:
		wrong.Code, wrong.Message = "form_archived", "This form is archived. Restore it, or choose another."
	case found[0].Purpose != purpose:
		wrong.Code, wrong.Message = "wrong_purpose", "This form is for "+string(found[0].Purpose)+"; choose one for "+string(purpose)+"."
	case !found[0].Published:
		wrong.Code, wrong.Message = "form_not_published", "Nothing of this form is published yet. Publish it first."
	default:
		return nil, nil
	}
	return []services.FieldError{wrong}, nil
}

// Published reads of each form the version that is asked now. Forms without one are absent. One query.
func Published(db *gorm.DB, forms ...uuid.UUID) (map[uuid.UUID]*models.FormVersion, error) {
	out := make(map[uuid.UUID]*models.FormVersion, len(forms))
	if len(forms) == 0 {
		return out, nil
	}
	var rows []models.FormVersion
	err := db.Raw(`SELECT DISTINCT ON (form_id) * FROM form_versions WHERE form_id IN ? AND published_at IS NOT NULL ORDER BY form_id, number DESC`, forms).Scan(&rows).Error
	for i := range rows {
		out[rows[i].FormID] = &rows[i]
	}
	return out, err
}
