package notices

import (
	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// StopFor withdraws every message that waits to be sent to a member: what they were to be told is told no more. What is
// about to happen when a death is taken back is told anew by its own rules, so that nothing here is sent again.
func StopFor(tx *services.Tx, memberID uuid.UUID) ([]models.DeathEffect, error) {
	ids, err := update(tx, `update messages set state = 'recalled' where member_id = $1 and state = 'queued' returning id`, memberID)
	out := make([]models.DeathEffect, len(ids))
	for i, id := range ids {
		out[i] = models.NewDeathEffect("message", id, models.DeathEnded, nil)
	}
	return out, err
}
