package models

import (
	"time"

	"github.com/google/uuid"
)

var _ = table(WorkshopPass{})

// WorkshopPass lets somebody register past the queue: without approval, outside the window of registration, and ahead of those
// who wait. Its link is made from its id and a key of ours, so that nothing stored opens anything.
type WorkshopPass struct {
	Record
	WorkshopID uuid.UUID  `json:"workshop_id" privacy:"none,erase=keep"`
	Label      string     `json:"label" privacy:"none,erase=keep" doc:"For staff: what it is for" example:"Partner clinic, spring"`
	Uses       int        `json:"uses" privacy:"none,erase=keep" doc:"How many parties may register with it" example:"5"`
	Used       int        `json:"used" privacy:"none,erase=keep" doc:"How many have; a party that leaves gives nothing back" example:"2"`
	ExpiresAt  time.Time  `json:"expires_at" privacy:"none,erase=keep" doc:"Until when it works"`
	RevokedAt  *time.Time `json:"revoked_at" privacy:"none,erase=keep" doc:"Since when it works no longer"`
	MadeBy     uuid.UUID  `json:"made_by" privacy:"none,erase=keep"`
	MemberID   *uuid.UUID `json:"member_id" nullable:"true" privacy:"none,erase=keep" doc:"Whose alone it is"`
	Address    *string    `json:"address" privacy:"personal,erase=null" doc:"Where it was mailed to, of somebody who is no member"`
}

// TableName implements Model.
func (WorkshopPass) TableName() string { return "workshop_passes" }

// Subjects implements Model.
func (WorkshopPass) Subjects() []string { return []string{"made_by", "member_id"} }

// PassState says whether a pass works.
type PassState string

// The states.
const (
	PassValid   PassState = "valid"
	PassUsedUp  PassState = "used_up"
	PassExpired PassState = "expired"
	PassRevoked PassState = "revoked"
)

// StateAt is the state at a time.
func (p *WorkshopPass) StateAt(now time.Time) PassState {
	switch {
	case p.RevokedAt != nil:
		return PassRevoked
	case !now.Before(p.ExpiresAt):
		return PassExpired
	case p.Used >= p.Uses:
		return PassUsedUp
	}
	return PassValid
}
