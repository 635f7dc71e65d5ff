package models

import (
	"time"

	"github.com/google/uuid"
)

var _ = table(Invitation{})

// InvitationState is what became of an invitation.
type InvitationState string

// The states.
const (
	InvitationOpen      InvitationState = "open"
	InvitationAccepted  InvitationState = "accepted"
	InvitationWithdrawn InvitationState = "withdrawn"
	InvitationExpired   InvitationState = "expired"
)

// Invitation offers roles to whoever reads an address.
type Invitation struct {
	Record
	Email       string      `json:"email" privacy:"personal,erase=blank" example:"sam@example.org"`
	Name        string      `json:"name" privacy:"personal,erase=blank" example:"Sam Ortiz"`
	Roles       Texts[Role] `json:"roles" nullable:"false" privacy:"none,erase=keep" enum:"admin,coordinator,coach,facilitator,moderator,responder,privacy_officer,analyst,member"`
	MemberID    *uuid.UUID  `json:"member_id" nullable:"true" privacy:"none,erase=keep" doc:"The known person whose account this will be; null for somebody new"`
	InvitedBy   uuid.UUID   `json:"invited_by" privacy:"none,erase=keep" doc:"Member id of who invited"`
	ExpiresAt   time.Time   `json:"expires_at" privacy:"none,erase=keep"`
	AcceptedAt  *time.Time  `json:"accepted_at" privacy:"none,erase=keep"`
	WithdrawnAt *time.Time  `json:"withdrawn_at" privacy:"none,erase=keep"`
}

// TableName implements Model.
func (Invitation) TableName() string { return "invitations" }

// Subjects implements Model.
func (Invitation) Subjects() []string { return []string{"member_id", "invited_by"} }

// State is what became of it by now.
func (i *Invitation) State(now time.Time) InvitationState {
	switch {
	case i.AcceptedAt != nil:
		return InvitationAccepted
	case i.WithdrawnAt != nil:
		return InvitationWithdrawn
	case !now.Before(i.ExpiresAt):
		return InvitationExpired
	}
	return InvitationOpen
}
