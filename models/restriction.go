package models

import (
	"time"

	"github.com/google/uuid"
)

var _ = table(MemberRestriction{})

// MemberRestriction names one of the staff to whom a record is kept. For everybody else the record does not exist.
type MemberRestriction struct {
	ID           uuid.UUID `json:"id" gorm:"primaryKey" privacy:"none,erase=row"`
	CreatedAt    time.Time `json:"created_at" privacy:"none,erase=row"`
	MemberID     uuid.UUID `json:"member_id" privacy:"none,erase=row"`
	StaffID      uuid.UUID `json:"staff_id" privacy:"none,erase=row"`
	RestrictedBy uuid.UUID `json:"restricted_by" privacy:"none,erase=row"`
}

// TableName implements Model.
func (MemberRestriction) TableName() string { return "member_restrictions" }

// Subjects implements Model.
func (MemberRestriction) Subjects() []string { return []string{"member_id"} }
