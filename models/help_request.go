package models

import (
	"time"

	"github.com/google/uuid"
)

var _ = table(HelpRequest{}, HelpRequestAsk{})

// HelpTopic is what somebody would like to talk about, as far as they want to say.
type HelpTopic string

// The topics.
const (
	HelpTalk      HelpTopic = "talk"
	HelpPractical HelpTopic = "practical"
	HelpBenefits  HelpTopic = "benefits"
	HelpFamily    HelpTopic = "family"
	HelpEvent     HelpTopic = "event"
	HelpOther     HelpTopic = "other"
)

// HelpChannel is how somebody wants to be reached.
type HelpChannel string

// The channels.
const (
	HelpByCall  HelpChannel = "call"
	HelpByText  HelpChannel = "text"
	HelpByEmail HelpChannel = "email"
)

// HelpStatus is where a help request stands.
type HelpStatus string

// The statuses. Received and taken are live: one person has one live request, and asking again adds to it.
const (
	HelpReceived  HelpStatus = "received"
	HelpTaken     HelpStatus = "taken"
	HelpAnswered  HelpStatus = "answered"
	HelpWithdrawn HelpStatus = "withdrawn" // by the member
	HelpClosed    HelpStatus = "closed"    // by staff, without an answer, with the reason
)

// Live says whether somebody still waits.
func (s HelpStatus) Live() bool { return s == HelpReceived || s == HelpTaken }

// HelpRequest is "please call me". No guardian ever sees one.
type HelpRequest struct {
	Record
	MemberID          uuid.UUID   `json:"member_id" privacy:"none,erase=keep"`
	Topic             HelpTopic   `json:"topic" enum:"talk,practical,benefits,family,event,other" privacy:"personal,erase=keep" doc:"As asked the last time" example:"talk"`
	Channel           HelpChannel `json:"channel" enum:"call,text,email" privacy:"personal,erase=keep" example:"call"`
	SafeFrom          *string     `json:"safe_from" privacy:"personal,erase=null" doc:"Start of the hours in which it is safe to reach them, on the clock of time_zone" example:"10:00"`
	SafeUntil         *string     `json:"safe_until" privacy:"personal,erase=null" doc:"End of these hours; before safe_from when they go past midnight" example:"15:00"`
	TimeZone          string      `json:"time_zone" privacy:"personal,erase=keep" doc:"IANA name" example:"America/New_York"`
	Status            HelpStatus  `json:"status" enum:"received,taken,answered,withdrawn,closed" privacy:"none,erase=keep" example:"received"`
	Minor             bool        `json:"minor" privacy:"personal,erase=keep" doc:"Under 18 when they asked: staff decide whether a guardian is told, and say why"`
	AskedAt           time.Time   `json:"asked_at" privacy:"none,erase=keep" doc:"When they asked, the last time"`
	DueAt             time.Time   `json:"due_at" privacy:"none,erase=keep" doc:"Until when somebody should have answered: an hour of staffed time"`
	Escalations       int         `json:"escalations" privacy:"none,erase=keep" doc:"How often we reminded ourselves that the time had passed"`
	TakenBy           *uuid.UUID  `json:"taken_by" nullable:"true" privacy:"none,erase=keep"`
	TakenAt           *time.Time  `json:"taken_at" privacy:"none,erase=keep"`
	TriedAt           *time.Time  `json:"tried_at" privacy:"none,erase=keep" doc:"The last attempt that reached nobody"`
	AnsweredAt        *time.Time  `json:"answered_at" privacy:"none,erase=keep"`
	EndedAt           *time.Time  `json:"ended_at" privacy:"none,erase=keep"`
	EndedBy           *uuid.UUID  `json:"ended_by" nullable:"true" privacy:"none,erase=keep"`
	GuardianTold      *bool       `json:"guardian_told" privacy:"personal,erase=keep" doc:"Null until somebody decided"`
	GuardianDecidedBy *uuid.UUID  `json:"guardian_decided_by" nullable:"true" privacy:"none,erase=keep"`
	GuardianDecidedAt *time.Time  `json:"guardian_decided_at" privacy:"none,erase=keep"`
	GuardianReason    Sealed      `json:"-" privacy:"confidential,erase=null"`
	GuardianReasonKey *uuid.UUID  `json:"-" privacy:"none,erase=null"`
}

// TableName implements Model.
func (HelpRequest) TableName() string { return "help_requests" }

// Subjects implements Model.
func (HelpRequest) Subjects() []string { return []string{"member_id"} }

// HelpRequestAsk is one time that somebody asked: the words are sealed under their own key.
type HelpRequestAsk struct {
	ID            uuid.UUID  `json:"id" gorm:"primaryKey" privacy:"none,erase=keep"`
	CreatedAt     time.Time  `json:"created_at" privacy:"none,erase=keep"`
	HelpRequestID uuid.UUID  `json:"help_request_id" privacy:"none,erase=keep"`
	MemberID      uuid.UUID  `json:"member_id" privacy:"none,erase=keep"`
	Topic         HelpTopic  `json:"topic" enum:"talk,practical,benefits,family,event,other" privacy:"personal,erase=keep"`
	Note          Sealed     `json:"-" privacy:"confidential,erase=null"`
	NoteKey       *uuid.UUID `json:"-" privacy:"none,erase=null"`
}

// TableName implements Model.
func (HelpRequestAsk) TableName() string { return "help_request_asks" }

// Subjects implements Model.
func (HelpRequestAsk) Subjects() []string { return []string{"member_id"} }

// InHours says whether a moment lies in hours of a zone's clock. Hours that end before they begin go past midnight; none
// given is any time; an unknown zone reads as UTC.
func InHours(now time.Time, zone string, from, until *string) bool {
	if from == nil || until == nil || *from == *until {
		return true
	}
	place, err := time.LoadLocation(zone)
	if err != nil {
		place = time.UTC
	}
	at := now.In(place).Format("15:04")
	if *from < *until {
		return *from <= at && at < *until
	}
	return at >= *from || at < *until
}
