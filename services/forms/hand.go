package forms

import (
	"github.com/google/uuid"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
)

// Hand puts what records still ask into the hands of somebody else: of the guardian who takes a place over, or of the person
// whom nobody speaks for any more. What was answered stays with whoever gave it. It takes one round trip for all.
func Hand(tx *services.Tx, record string, to uuid.UUID, ids ...uuid.UUID) error {
	if len(ids) == 0 {
		return nil
	}
	var found []models.FormResponse
	err := tx.DB.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).
		Where("record = ? AND record_id IN ? AND status <> ? AND entered_by <> ?", record, ids, string(models.FormResponseAnswered), to).Order("id").Find(&found).Error
	if err != nil || len(found) == 0 {
		return err
	}
	moved := make([]uuid.UUID, len(found))
	for i, before := range found {
		r := before
		r.EnteredBy, r.UpdatedAt = to, tx.Now()
		tx.Changed(before, r)
		moved[i] = r.ID
	}
	tx.Queue(`update form_responses set entered_by = $2, updated_at = $3 where id = any($1)`, moved, to, tx.Now())
	return nil
}
