package people

import (
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
)

// ConsentText is a text that is in force.
type ConsentText struct {
	DocumentID    uuid.UUID `json:"document_id"`
	Title         string    `json:"title" example:"Limits of confidentiality in coaching"`
	VersionID     uuid.UUID `json:"version_id" doc:"What is signed: see POST /v1/consents"`
	Number        int       `json:"number" example:"2"`
	Language      string    `json:"language" example:"en"`
	Body          string    `json:"body" doc:"The text in Markdown. Show all of it"`
	TextHash      string    `json:"text_hash" doc:"SHA-256 of the UTF-8 bytes of body, in hexadecimal; sent back with the answer"`
	ExpiresMonths *int      `json:"expires_months" doc:"How long a signature counts; null for ever" example:"12"`
}

// TextOf is the text in force of a kind that asks one question; nil while none is published.
func TextOf(db *gorm.DB, now time.Time, kind models.ConsentKind) (*ConsentText, error) {
	var found []ConsentText
	err := db.Raw(`select d.id as document_id, d.title, v.id as version_id, v.number, v.language, v.body, v.text_hash, d.expires_months
		from consent_documents d join consent_document_versions v on v.document_id = d.id
		where d.kind = ? and d.status = 'published' and v.effective_from <= ? order by v.number desc limit 1`, kind, now).Scan(&found).Error
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}
