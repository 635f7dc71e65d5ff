package models

import (
	"time"

	"github.com/google/uuid"
)

var _ = table(WorkshopMessage{}, WorkshopMessagePerson{})

// WorkshopMessageState is how far staff's words to those who come have got.
type WorkshopMessageState string

// The states. While one waits it can be taken back; sending lasts a moment.
const (
	WorkshopMessageWaiting  WorkshopMessageState = "waiting"
	WorkshopMessageSending  WorkshopMessageState = "sending"
	WorkshopMessageSent     WorkshopMessageState = "sent"
	WorkshopMessageRecalled WorkshopMessageState = "recalled"
)

// WorkshopMessage is what staff write to those who come to a workshop, or to one session of it.
type WorkshopMessage struct {
	ID         uuid.UUID                `json:"id" gorm:"primaryKey" privacy:"none,erase=keep"`
	CreatedAt  time.Time                `json:"created_at" privacy:"none,erase=keep"`
	WorkshopID uuid.UUID                `json:"workshop_id" privacy:"none,erase=keep"`
	SessionID  *uuid.UUID               `json:"session_id" nullable:"true" privacy:"none,erase=keep" doc:"Null for the whole workshop"`
	WrittenBy  uuid.UUID                `json:"written_by" privacy:"none,erase=keep" doc:"The member who wrote it"`
	Subject    string                   `json:"subject" privacy:"personal,erase=blank" doc:"Empty once purged" example:"Parking has moved"`
	Body       string                   `json:"body" privacy:"personal,erase=blank" doc:"Plain text, empty once purged" example:"The lot behind the hall is closed on Tuesday. Please park at the library."`
	States     Texts[RegistrationState] `json:"states" nullable:"false" enum:"confirmed,waitlisted,offered,pending_approval,cancelled" privacy:"none,erase=keep"`
	Kinds      Texts[SeatKind]          `json:"kinds" nullable:"false" enum:"adult,child" privacy:"none,erase=keep" doc:"Empty for both"`
	Modes      Texts[AttendanceMode]    `json:"modes" nullable:"false" enum:"in_person,online" privacy:"none,erase=keep" doc:"Empty for both"`
	Attendance Texts[AttendanceStatus]  `json:"attendance" nullable:"false" enum:"present,late,excused,absent" privacy:"none,erase=keep" doc:"Empty for whatever is known of it"`
	Essential  bool                     `json:"essential" privacy:"none,erase=keep" doc:"Goes out in quiet hours too, and to those who take only what is essential by e-mail"`
	State      WorkshopMessageState     `json:"state" enum:"waiting,sending,sent,recalled" privacy:"none,erase=keep" example:"waiting"`
	SendsAt    time.Time                `json:"sends_at" privacy:"none,erase=keep" doc:"Until then it can be recalled"`
	People     int                      `json:"people" privacy:"none,erase=keep" doc:"To how many it went so far" example:"28"`
	SentAt     *time.Time               `json:"sent_at" privacy:"none,erase=keep" doc:"When it had gone out to the last of them"`
	RecalledAt *time.Time               `json:"recalled_at" privacy:"none,erase=keep"`
	RecalledBy *uuid.UUID               `json:"recalled_by" nullable:"true" privacy:"none,erase=keep" doc:"Null where it did not go out because its author might write it no longer"`
	PurgedAt   *time.Time               `json:"purged_at" privacy:"none,erase=keep" doc:"When its words were removed, 90 days after it was to go out"`
}

// TableName implements Model.
func (WorkshopMessage) TableName() string { return "workshop_messages" }

// Subjects implements Model.
func (WorkshopMessage) Subjects() []string { return []string{"written_by", "recalled_by"} }

// Identity says under which id it was made.
func (m WorkshopMessage) Identity() uuid.UUID { return m.ID }

// WorkshopMessagePerson is somebody to whom it went: a member, or somebody invited whom we know by what their lead wrote.
type WorkshopMessagePerson struct {
	ID                uuid.UUID  `gorm:"primaryKey" privacy:"none,erase=keep"`
	CreatedAt         time.Time  `privacy:"none,erase=keep"`
	WorkshopMessageID uuid.UUID  `privacy:"none,erase=keep"`
	MemberID          *uuid.UUID `privacy:"none,erase=keep"`
	AttendeeID        *uuid.UUID `privacy:"none,erase=keep"`
	NoticeID          *uuid.UUID `privacy:"none,erase=keep"` // null: there was no way to write to them
}

// TableName implements Model.
func (WorkshopMessagePerson) TableName() string { return "workshop_message_people" }

// Subjects implements Model.
func (WorkshopMessagePerson) Subjects() []string { return []string{"member_id"} }

// DeliveryState is what became of a message to one person.
type DeliveryState string

// The states. Whom it did not reach is called: unreached, bounced and abandoned.
const (
	DeliveryQueued    DeliveryState = "queued"
	DeliverySent      DeliveryState = "sent"
	DeliveryBounced   DeliveryState = "bounced"
	DeliveryAbandoned DeliveryState = "abandoned"
	DeliverySkipped   DeliveryState = "skipped"   // they do not want it by mail; the inbox has it
	DeliveryUnreached DeliveryState = "unreached" // no address, one that is stopped, or one that is not safe
	DeliveryRecalled  DeliveryState = "recalled"
)
