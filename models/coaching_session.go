package models

import (
	"time"

	"github.com/google/uuid"
)

var _ = table(CoachingSession{}, CoachingAttendance{})

// CoachingState is where one session of coaching stands.
type CoachingState string

// The states.
const (
	CoachingRequested         CoachingState = "requested" // waits for the coach's yes
	CoachingBooked            CoachingState = "booked"
	CoachingInProgress        CoachingState = "in_progress"
	CoachingCompleted         CoachingState = "completed"
	CoachingDeclined          CoachingState = "declined"
	CoachingCancelledByMember CoachingState = "cancelled_by_member"
	CoachingCancelledByCoach  CoachingState = "cancelled_by_coach"
	CoachingCancelledByStaff  CoachingState = "cancelled_by_staff"
	CoachingNoShowMember      CoachingState = "no_show_member"
	CoachingNoShowCoach       CoachingState = "no_show_coach"
	CoachingRescheduled       CoachingState = "rescheduled" // another session took its place
)

// Live says whether it is still to take place; a live session holds its time for the coach and everybody it is for.
func (s CoachingState) Live() bool {
	return s == CoachingRequested || s == CoachingBooked || s == CoachingInProgress
}

// Cancelled says whether somebody called it off.
func (s CoachingState) Cancelled() bool {
	return s == CoachingCancelledByMember || s == CoachingCancelledByCoach || s == CoachingCancelledByStaff
}

// NoShow says whether somebody did not come.
func (s CoachingState) NoShow() bool {
	return s == CoachingNoShowMember || s == CoachingNoShowCoach
}

// TookPlace says whether its time came and something can be written down about it.
func (s CoachingState) TookPlace() bool {
	return s == CoachingInProgress || s == CoachingCompleted || s == CoachingNoShowMember || s == CoachingNoShowCoach
}

// UsesPackageSQL says of a row s whether it counts as one of those agreed on: it took place or will, or its people did not come, or
// called it off too late.
const UsesPackageSQL = `(s.live or s.state in ('completed', 'no_show_member') or s.state = 'cancelled_by_member' and s.late)`

// CoachingSession is one meeting of a coach with those they coach.
type CoachingSession struct {
	Record
	EngagementID    uuid.UUID     `json:"engagement_id" privacy:"none,erase=keep"`
	CoachID         uuid.UUID     `json:"coach_id" privacy:"none,erase=keep" doc:"The coach's member id"`
	State           CoachingState `json:"state" enum:"requested,booked,in_progress,completed,declined,cancelled_by_member,cancelled_by_coach,cancelled_by_staff,no_show_member,no_show_coach,rescheduled" privacy:"none,erase=keep" example:"booked"`
	Live            bool          `json:"-" gorm:"->" privacy:"none,erase=keep"`
	StartsAt        time.Time     `json:"starts_at" privacy:"none,erase=keep" example:"2026-12-01T23:00:00Z"`
	EndsAt          time.Time     `json:"ends_at" privacy:"none,erase=keep" example:"2026-12-01T23:50:00Z"`
	TimeZone        string        `json:"time_zone" privacy:"none,erase=keep" doc:"IANA name; of those who booked it" example:"America/New_York"`
	Modality        Modality      `json:"modality" enum:"online,phone,in_person" privacy:"none,erase=keep" example:"online"`
	Place           string        `json:"place" privacy:"personal,erase=blank" doc:"Of a session in person" example:"Room 4, Haymount Community House"`
	BookedBy        uuid.UUID     `json:"booked_by" privacy:"none,erase=keep"`
	SeriesID        *uuid.UUID    `json:"series_id" nullable:"true" privacy:"none,erase=keep" doc:"The same for sessions that were booked at once"`
	ChainID         uuid.UUID     `json:"-" privacy:"none,erase=keep"` // the iCalendar UID of a session and of those it was moved from
	Sequence        int           `json:"sequence" privacy:"none,erase=keep" doc:"Counts moves and cancellations, as iCalendar's SEQUENCE"`
	Moves           int           `json:"moves" privacy:"none,erase=keep" doc:"How often those who are coached have moved it"`
	RescheduledFrom *uuid.UUID    `json:"rescheduled_from" nullable:"true" privacy:"none,erase=keep" doc:"The session in whose place it came"`
	RescheduledTo   *uuid.UUID    `json:"rescheduled_to" nullable:"true" privacy:"none,erase=keep" doc:"The session that came in its place"`
	Late            bool          `json:"late" privacy:"none,erase=keep" doc:"Called off by those who are coached after the deadline; counts in the package"`
	ClosedAt        *time.Time    `json:"closed_at" privacy:"none,erase=keep"`
	ToStaffAt       *time.Time    `json:"to_staff_at" privacy:"none,erase=keep" doc:"Set while staff look for a new time or another coach"`
	Minutes         *int          `json:"minutes" privacy:"none,erase=keep" doc:"That it really took" example:"50"`
	Paid            bool          `json:"-" privacy:"none,erase=keep"` // the coach was; known once it is written down
	LoggedAt        *time.Time    `json:"logged_at" privacy:"none,erase=keep"`
	LoggedBy        *uuid.UUID    `json:"logged_by" nullable:"true" privacy:"none,erase=keep"`
	Reason          Sealed        `json:"-" privacy:"confidential,erase=null"` // why it was called off
	ReasonKey       *uuid.UUID    `json:"-" privacy:"none,erase=null"`
	ReasonBy        *uuid.UUID    `json:"-" privacy:"none,erase=null"`
	MissedBy        *uuid.UUID    `json:"-" privacy:"none,erase=keep"` // who of those who are coached said that the coach did not come
	SettledAt       *time.Time    `json:"-" privacy:"none,erase=keep"` // staff have decided since how it ended
}

// Disputed says whether those who are coached said that the coach did not come, and staff have not decided yet.
func (s *CoachingSession) Disputed() bool { return s.MissedBy != nil && s.SettledAt == nil }

// TableName implements Model.
func (CoachingSession) TableName() string { return "coaching_sessions" }

// Subjects implements Model. Whom it is for is in its attendance.
func (CoachingSession) Subjects() []string {
	return []string{"booked_by", "logged_by", "reason_by", "missed_by"}
}

// CoachingAttendance is one person whom a session is for, and whether they were there.
type CoachingAttendance struct {
	SessionID uuid.UUID         `json:"session_id" gorm:"primaryKey" privacy:"none,erase=keep"`
	MemberID  uuid.UUID         `json:"member_id" gorm:"primaryKey" privacy:"none,erase=keep"`
	Status    *AttendanceStatus `json:"status" enum:"present,late,excused,absent" privacy:"personal,erase=keep" doc:"Null until it is known"`
}

// TableName implements Model.
func (CoachingAttendance) TableName() string { return "coaching_attendance" }

// Subjects implements Model.
func (CoachingAttendance) Subjects() []string { return []string{"member_id"} }
