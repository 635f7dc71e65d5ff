package models

import (
	"time"

	"github.com/google/uuid"
)

var _ = table(HandOver{}, HandOverAnswer{})

// HandOverState is where a hand-over stands.
type HandOverState string

// The states.
const (
	HandOverProposed  HandOverState = "proposed"
	HandOverDone      HandOverState = "done"
	HandOverDeclined  HandOverState = "declined"
	HandOverCancelled HandOverState = "cancelled"
)

// HandOver is another coach who is to take over an engagement. It happens when that coach and everybody who is coached have
// said yes.
type HandOver struct {
	Record
	EngagementID    uuid.UUID     `json:"engagement_id" privacy:"none,erase=keep"`
	FromCoachID     uuid.UUID     `json:"from_coach_id" privacy:"none,erase=keep" doc:"The coach until now: their member id"`
	ToCoachID       uuid.UUID     `json:"to_coach_id" privacy:"none,erase=keep" doc:"The coach who would take over: their member id"`
	State           HandOverState `json:"state" enum:"proposed,done,declined,cancelled" privacy:"none,erase=keep" example:"proposed"`
	MoveSessions    bool          `json:"move_sessions" privacy:"none,erase=keep" doc:"What is booked goes along where the new coach works, has room and is free, and is called off where not. False: all of it is called off"`
	ProposedBy      uuid.UUID     `json:"-" privacy:"none,erase=keep"`
	CoachAcceptedAt *time.Time    `json:"coach_accepted_at" privacy:"none,erase=keep" doc:"When the new coach said yes"`
	ClosedAt        *time.Time    `json:"closed_at" privacy:"none,erase=keep"`
	Moved           int           `json:"moved" privacy:"none,erase=keep" doc:"Booked sessions that went along" example:"3"`
	CalledOff       int           `json:"called_off" privacy:"none,erase=keep" doc:"Booked sessions that were called off: the new coach does not work then, has no room or is not free" example:"1"`
}

// TableName implements Model.
func (HandOver) TableName() string { return "hand_overs" }

// Subjects implements Model.
func (HandOver) Subjects() []string { return []string{"from_coach_id", "to_coach_id", "proposed_by"} }

// HandOverAnswer is what one of those who are coached said to it.
type HandOverAnswer struct {
	HandOverID uuid.UUID `json:"-" gorm:"primaryKey" privacy:"none,erase=keep"`
	MemberID   uuid.UUID `json:"member_id" gorm:"primaryKey" privacy:"none,erase=keep"`
	History    bool      `json:"-" privacy:"confidential,erase=keep"` // what came before is for the new coach to read
	AnsweredAt time.Time `json:"answered_at" privacy:"none,erase=keep"`
	AnsweredBy uuid.UUID `json:"-" privacy:"none,erase=keep"`
}

// TableName implements Model.
func (HandOverAnswer) TableName() string { return "hand_over_answers" }

// Subjects implements Model.
func (HandOverAnswer) Subjects() []string { return []string{"member_id", "answered_by"} }
