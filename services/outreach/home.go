package outreach

import (
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
)

// OpenHelp is the caller's own request for a call that is not answered yet.
type OpenHelp struct {
	ID      uuid.UUID          `json:"id"`
	Status  models.HelpStatus  `json:"status" enum:"received,taken" example:"taken"`
	Topic   models.HelpTopic   `json:"topic" enum:"talk,practical,benefits,family,event,other" example:"talk"`
	Channel models.HelpChannel `json:"channel" enum:"call,text,email" example:"call"`
	AskedAt time.Time          `json:"asked_at"`
	TakenBy *string            `json:"taken_by" doc:"First name of who will be in touch; null while nobody has taken it" example:"Cora"`
}

// OpenRequest reads it, or nil.
func OpenRequest(db *gorm.DB, memberID uuid.UUID) (*OpenHelp, error) {
	var rows []OpenHelp
	err := db.Raw(`select h.id, h.status, h.topic, h.channel, h.asked_at, coalesce(nullif(btrim(m.preferred_name), ''), m.given_name) as taken_by
		from help_requests h left join members m on m.id = h.taken_by where h.member_id = ? and h.status in ('received', 'taken') limit 1`, memberID).Scan(&rows).Error
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	rows[0].AskedAt = rows[0].AskedAt.UTC()
	return &rows[0], nil
}
