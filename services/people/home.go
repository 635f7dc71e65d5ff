package people

import (
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// DueText is a text that waits for the caller's answer, without the text.
type DueText struct {
	DocumentID uuid.UUID          `json:"document_id"`
	Kind       models.ConsentKind `json:"kind" enum:"privacy_notice,code_of_conduct,confidentiality_limits,liability_waiver,photo_release,story_release,sms,research,clinician_release,teen_account" example:"liability_waiver"`
	Title      string             `json:"title" example:"Liability waiver"`
	Required   bool               `json:"required" doc:"False: refusing has no consequence"`
	People     int                `json:"people" doc:"For how many it waits: oneself and children of theirs" example:"2"`
}

// Waiting is what waits for one person's own answer.
type Waiting struct {
	Me       *models.Member
	Consents []DueText
	Asks     int // to be linked
}

// WaitingFor reads what the actor is asked to sign and to answer.
// Errors: not_found for somebody without a record.
func WaitingFor(db *gorm.DB, actor *services.Actor, now time.Time) (*Waiting, error) {
	me, err := self(db, actor)
	if err != nil {
		return nil, err
	}
	out := &Waiting{Me: me, Consents: []DueText{}}
	due, err := consentsDue(db, me, now, "id, document_id, number, published_at") // asked often: without the texts
	if err != nil {
		return nil, err
	}
	for _, d := range due.Data {
		out.Consents = append(out.Consents, DueText{d.DocumentID, d.Kind, d.Title, d.Required, len(d.For)})
	}
	if me.MinorOn(me.Today(now)) {
		return out, nil // nobody links with a minor by asking
	}
	email, err := verifiedEmail(db, me.ID)
	if err != nil {
		return nil, err
	}
	var asks []uuid.UUID
	err = db.Table("relationships").Where(waitsFor(db, me.ID, email, now)).Limit(atMost).Pluck("id", &asks).Error
	out.Asks = len(asks)
	return out, err
}
