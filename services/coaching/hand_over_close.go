package coaching

import (
	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// cancelHandOvers ends what is proposed for an engagement, because it became moot; with coaches only what is proposed to them.
func cancelHandOvers(tx *services.Tx, engagement uuid.UUID, to ...uuid.UUID) error {
	var open []models.HandOver
	q := tx.DB.Where("engagement_id = ? and state = 'proposed'", engagement)
	if len(to) > 0 {
		q = q.Where("to_coach_id in ?", to)
	}
	if err := q.Find(&open).Error; err != nil {
		return err
	}
	for i := range open {
		if err := closeHandOver(tx, &open[i], models.HandOverCancelled); err != nil {
			return err
		}
	}
	return nil
}

// closeHandOver stores what became of a hand-over.
func closeHandOver(tx *services.Tx, h *models.HandOver, as models.HandOverState) error {
	before, now := *h, tx.Now()
	h.State, h.ClosedAt, h.Version, h.UpdatedAt = as, &now, h.Version+1, now
	tx.Changed(before, *h)
	return tx.DB.Model(&models.HandOver{}).Where("id = ?", h.ID).Select("state", "closed_at", "moved", "called_off", "version", "updated_at").Updates(h).Error
}
