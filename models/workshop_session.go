package models

import (
	"time"

	"github.com/google/uuid"
)

var _ = table(WorkshopSession{}, SessionFacilitator{})

// SessionStatus is where one session of a workshop stands.
type SessionStatus string

// The statuses.
const (
	SessionScheduled SessionStatus = "scheduled"
	SessionCompleted SessionStatus = "completed"
	SessionCancelled SessionStatus = "cancelled"
)

// WorkshopSession is one meeting of a workshop. LocalStart is what people agreed on; StartsAt is the instant it names.
type WorkshopSession struct {
	Record
	WorkshopID     uuid.UUID     `json:"workshop_id" privacy:"none,erase=keep"`
	Title          string        `json:"title" privacy:"none,erase=keep" doc:"Empty when it has none of its own" example:"Sleep"`
	StartsAt       time.Time     `json:"starts_at" privacy:"none,erase=keep" example:"2026-10-27T22:00:00Z"`
	EndsAt         time.Time     `json:"ends_at" privacy:"none,erase=keep" example:"2026-10-27T23:30:00Z"`
	LocalStart     string        `json:"local_start" privacy:"none,erase=keep" doc:"What the clock on the wall shows at the start" example:"2026-10-27T18:00"`
	TimeZone       string        `json:"time_zone" privacy:"none,erase=keep" doc:"IANA name of the zone of local_start" example:"America/New_York"`
	VenueID        *uuid.UUID    `json:"venue_id" nullable:"true" privacy:"none,erase=keep" doc:"Null: the workshop's"`
	RoomID         *uuid.UUID    `json:"room_id" nullable:"true" privacy:"none,erase=keep" doc:"A room of its own venue; null for all of it, or where it has no venue of its own"`
	LocationNote   string        `json:"location_note" privacy:"none,erase=keep" doc:"Empty: the workshop's"`
	JoinURL        string        `json:"join_url" gorm:"column:join_url" privacy:"personal,erase=keep" doc:"Empty: the workshop's, or not for the caller"`
	OnlineRoom     *OnlineRoom   `json:"online_room" enum:"url,jitsi" privacy:"none,erase=keep" doc:"Null: at its own join_url where it has one, else as the workshop"`
	RoomRenewals   int           `json:"-" privacy:"none,erase=keep"`
	Capacity       *int          `json:"capacity" privacy:"none,erase=keep" doc:"Drop-in only: seats of this session; null for the workshop's"`
	ChildCapacity  *int          `json:"child_capacity" privacy:"none,erase=keep"`
	OnlineCapacity *int          `json:"online_capacity" privacy:"none,erase=keep"`
	Status         SessionStatus `json:"status" enum:"scheduled,completed,cancelled" privacy:"none,erase=keep" example:"scheduled"`
	CancelReason   string        `json:"cancel_reason" privacy:"none,erase=keep"`
	Sequence       int           `json:"sequence" privacy:"none,erase=keep" doc:"Counts moves and cancellations, as iCalendar's SEQUENCE"`
	RuleGroup      *uuid.UUID    `json:"rule_group" nullable:"true" privacy:"none,erase=keep" doc:"The same for sessions made by one rule"`
}

// TableName implements Model.
func (WorkshopSession) TableName() string { return "workshop_sessions" }

// Subjects implements Model.
func (WorkshopSession) Subjects() []string { return nil }

// SessionFacilitator is who leads one session.
type SessionFacilitator struct {
	SessionID uuid.UUID `gorm:"primaryKey" privacy:"none,erase=keep"`
	MemberID  uuid.UUID `gorm:"primaryKey" privacy:"none,erase=keep"`
}

// TableName implements Model.
func (SessionFacilitator) TableName() string { return "session_facilitators" }

// Subjects implements Model.
func (SessionFacilitator) Subjects() []string { return []string{"member_id"} }
