package models

import "github.com/google/uuid"

var _ = table(CoachClient{})

// CoachClient is the number by which the log of a coach's hours calls a client.
type CoachClient struct {
	CoachID  uuid.UUID `json:"coach_id" gorm:"primaryKey" privacy:"none,erase=keep"`
	MemberID uuid.UUID `json:"member_id" gorm:"primaryKey" privacy:"none,erase=keep"`
	Number   int       `json:"number" privacy:"none,erase=keep"`
}

// TableName implements Model.
func (CoachClient) TableName() string { return "coach_clients" }

// Subjects implements Model.
func (CoachClient) Subjects() []string { return []string{"coach_id", "member_id"} }
