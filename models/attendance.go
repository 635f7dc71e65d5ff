package models

import (
	"time"

	"github.com/google/uuid"
)

var _ = table(Attendance{})

// AttendanceStatus is whether somebody was there.
type AttendanceStatus string

// The statuses.
const (
	AttendancePresent AttendanceStatus = "present"
	AttendanceLate    AttendanceStatus = "late"
	AttendanceExcused AttendanceStatus = "excused"
	AttendanceAbsent  AttendanceStatus = "absent"
)

// Attended says whether the person was there at all.
func (s AttendanceStatus) Attended() bool { return s == AttendancePresent || s == AttendanceLate }

// AttendanceSource is how we know.
type AttendanceSource string

// The sources, each yielding to the ones after it but for completion, which only fills what nobody said.
const (
	FromCompletion AttendanceSource = "completion"
	FromMember     AttendanceSource = "member"
	FromCheckIn    AttendanceSource = "check_in"
	FromStaff      AttendanceSource = "staff"
)

// Attendance is one attendee at one session.
type Attendance struct {
	ID         uuid.UUID        `json:"id" gorm:"primaryKey" privacy:"none,erase=keep"`
	SessionID  uuid.UUID        `json:"session_id" privacy:"none,erase=keep"`
	AttendeeID uuid.UUID        `json:"attendee_id" privacy:"none,erase=keep"`
	Status     AttendanceStatus `json:"status" enum:"present,late,excused,absent" privacy:"none,erase=keep"`
	Minutes    *int             `json:"minutes" privacy:"none,erase=keep" doc:"How long they stayed, when it was noted"`
	Source     AttendanceSource `json:"source" enum:"completion,member,check_in,staff" privacy:"none,erase=keep" doc:"Who says so"`
	RecordedBy *uuid.UUID       `json:"recorded_by" privacy:"none,erase=keep"`
	RecordedAt time.Time        `json:"recorded_at" privacy:"none,erase=keep"`
}

// TableName implements Model.
func (Attendance) TableName() string { return "attendance" }

// Subjects implements Model.
func (Attendance) Subjects() []string { return nil }

// RollUp is attendance summed up over the completed sessions. A session that somebody excused themselves from was
// offered, but counts neither for nor against them.
type RollUp struct {
	Offered             int        `json:"offered" gorm:"column:sessions_offered" privacy:"none,erase=keep" doc:"Completed sessions they could have come to"`
	Attended            int        `json:"attended" gorm:"column:sessions_attended" privacy:"none,erase=keep"`
	Excused             int        `json:"excused" gorm:"column:sessions_excused" privacy:"none,erase=keep"`
	Missed              int        `json:"missed" gorm:"column:sessions_missed" privacy:"none,erase=keep"`
	ConsecutiveAbsences int        `json:"consecutive_absences" privacy:"none,erase=keep" doc:"Missed one after the other up to the latest; excused sessions neither count nor end it"`
	LastSeenAt          *time.Time `json:"last_seen_at" privacy:"none,erase=keep" doc:"Start of the last session they attended"`
}

// Rate is the share attended of what was not excused, or nil when there was nothing to attend.
func (r RollUp) Rate() *float64 {
	counted := r.Offered - r.Excused
	if counted <= 0 {
		return nil
	}
	rate := float64(r.Attended) / float64(counted)
	return &rate
}

// Add counts one completed session; sessions are added in the order of their starts.
func (r *RollUp) Add(status AttendanceStatus, startsAt time.Time) {
	r.Offered++
	switch {
	case status.Attended():
		r.Attended++
		r.ConsecutiveAbsences = 0
		r.LastSeenAt = &startsAt
	case status == AttendanceExcused:
		r.Excused++
	default:
		r.Missed++
		r.ConsecutiveAbsences++
	}
}
