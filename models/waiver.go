package models

import (
	"time"

	"github.com/google/uuid"
)

var _ = table(EligibilityWaiver{})

// EligibilityWaiver is a rule that does not count for one person. Why is in the audit log, sealed.
type EligibilityWaiver struct {
	ID          uuid.UUID  `json:"id" gorm:"primaryKey" privacy:"none,erase=keep"`
	MemberID    uuid.UUID  `json:"member_id" privacy:"none,erase=keep"`
	ProgramID   *uuid.UUID `json:"program_id" nullable:"true" privacy:"none,erase=keep"`
	WorkshopID  *uuid.UUID `json:"workshop_id" nullable:"true" privacy:"none,erase=keep"`
	RuleKey     string     `json:"rule_key" privacy:"none,erase=keep" doc:"Which rule of the set" example:"veterans"`
	WaivedBy    uuid.UUID  `json:"waived_by" privacy:"none,erase=keep"`
	WaivedAt    time.Time  `json:"waived_at" privacy:"none,erase=keep"`
	WithdrawnBy *uuid.UUID `json:"withdrawn_by" nullable:"true" privacy:"none,erase=keep"`
	WithdrawnAt *time.Time `json:"withdrawn_at" privacy:"none,erase=keep" doc:"Since when it counts again; null while it is waived"`
}

// Identity is what an answer's Location header ends in.
func (w EligibilityWaiver) Identity() uuid.UUID { return w.ID }

// TableName implements Model.
func (EligibilityWaiver) TableName() string { return "eligibility_waivers" }

// Subjects implements Model.
func (EligibilityWaiver) Subjects() []string {
	return []string{"member_id", "waived_by", "withdrawn_by"}
}
