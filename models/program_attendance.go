package models

import (
	"time"

	"github.com/google/uuid"
)

var _ = table(ProgramAttendance{}, RollUpCheck{})

// ProgramAttendance is one person at one occasion that a program offered, such as a session of a workshop. Whoever holds the
// occasion keeps it, whether or not the person is enrolled: an enrollment sums up what falls on its days.
type ProgramAttendance struct {
	ID        uuid.UUID        `json:"id" gorm:"primaryKey" privacy:"none,erase=keep"`
	Source    string           `json:"source" privacy:"none,erase=keep" doc:"Of what kind the occasion is" example:"workshop_session"`
	SourceID  uuid.UUID        `json:"source_id" privacy:"none,erase=keep"`
	ProgramID uuid.UUID        `json:"program_id" privacy:"none,erase=keep"`
	MemberID  uuid.UUID        `json:"member_id" privacy:"none,erase=keep"`
	StartsAt  time.Time        `json:"starts_at" privacy:"none,erase=keep"`
	OnDay     Date             `json:"on_day" privacy:"none,erase=keep" doc:"In the occasion's own time zone"`
	Status    AttendanceStatus `json:"status" enum:"present,late,excused,absent" privacy:"none,erase=keep"`
}

// TableName implements Model.
func (ProgramAttendance) TableName() string { return "program_attendance" }

// Subjects implements Model.
func (ProgramAttendance) Subjects() []string { return []string{"member_id"} }

// RollUpCheck is what one nightly check of the sums found.
type RollUpCheck struct {
	ID          uuid.UUID `json:"id" gorm:"primaryKey" privacy:"none,erase=keep"`
	At          time.Time `json:"at" privacy:"none,erase=keep"`
	Source      string    `json:"source" privacy:"none,erase=keep" doc:"enrollments: the sums against the occasions they add up; otherwise a kind of occasion against what it is kept from" example:"enrollments"`
	LookedAt    int       `json:"looked_at" privacy:"none,erase=keep" doc:"How many enrollments, or occasions"`
	Differences int       `json:"differences" privacy:"none,erase=keep" doc:"How many of them were wrong; none, if all is well"`
	Examples    IDs       `json:"examples" nullable:"false" privacy:"none,erase=keep" doc:"Ids of at most 100 of them"`
}

// TableName implements Model.
func (RollUpCheck) TableName() string { return "roll_up_checks" }

// Subjects implements Model.
func (RollUpCheck) Subjects() []string { return nil }
