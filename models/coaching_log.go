package models

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

var _ = table(CoachingLog{})

// CoachingLog is what a coach wrote down of a session in one call. Its id is made by their phone.
type CoachingLog struct {
	ID        uuid.UUID       `json:"id" gorm:"primaryKey" privacy:"none,erase=keep"`
	SessionID uuid.UUID       `json:"session_id" privacy:"none,erase=keep"`
	LoggedBy  uuid.UUID       `json:"logged_by" privacy:"none,erase=keep"`
	LoggedAt  time.Time       `json:"logged_at" privacy:"none,erase=keep"`
	BodyMAC   []byte          `json:"-" gorm:"column:body_mac" privacy:"secret,erase=null"` // of what was sent, words too; for the days in which a phone sends it again
	Answer    json.RawMessage `json:"-" privacy:"none,erase=keep"`                          // ids and facts, no words
}

// TableName implements Model.
func (CoachingLog) TableName() string { return "coaching_logs" }

// Subjects implements Model.
func (CoachingLog) Subjects() []string { return []string{"logged_by"} }
