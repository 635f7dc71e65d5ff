package models

import (
	"time"

	"github.com/google/uuid"
)

var _ = table(Guardianship{})

// GuardianshipStatus is what staff have made of a claim.
type GuardianshipStatus string

// The statuses. A claim already lets a parent add and register the child; staff look at every such party first.
const (
	GuardianshipClaimed   GuardianshipStatus = "claimed"
	GuardianshipConfirmed GuardianshipStatus = "confirmed"
	GuardianshipRefused   GuardianshipStatus = "refused"
	GuardianshipEnded     GuardianshipStatus = "ended"
)

// Live says whether the status lets the guardian act, the child's age and the end date aside.
func (s GuardianshipStatus) Live() bool {
	return s == GuardianshipClaimed || s == GuardianshipConfirmed
}

// Guardianship is an adult's right to act for a child. It ends by itself on the 18th birthday, in the child's zone:
// that is asked at use, never stored.
type Guardianship struct {
	Record
	GuardianID  uuid.UUID          `json:"guardian_id" privacy:"none,erase=keep"`
	ChildID     uuid.UUID          `json:"child_id" privacy:"none,erase=keep"`
	Status      GuardianshipStatus `json:"status" enum:"claimed,confirmed,refused,ended" privacy:"personal,erase=keep" example:"confirmed"`
	Evidence    *string            `json:"evidence" privacy:"personal,erase=null" doc:"What staff saw" example:"Birth certificate, seen at the front desk"`
	ConfirmedBy *uuid.UUID         `json:"confirmed_by" nullable:"true" privacy:"none,erase=keep"`
	ConfirmedAt *time.Time         `json:"confirmed_at" privacy:"none,erase=keep"`
	Until       *Date              `json:"until" nullable:"true" privacy:"personal,erase=null" doc:"The last day, as a court order may say; null for until the 18th birthday"`
	ClosedBy    *uuid.UUID         `json:"closed_by" nullable:"true" privacy:"none,erase=keep"`
	ClosedAt    *time.Time         `json:"closed_at" privacy:"none,erase=keep"`
}

// TableName implements Model.
func (Guardianship) TableName() string { return "guardianships" }

// Subjects implements Model.
func (Guardianship) Subjects() []string { return []string{"guardian_id", "child_id"} }

// InForce says whether the guardian may act for child on its day: the claim stands, its term has not passed, and the
// child is under 18 and has not died or been merged away.
func (g *Guardianship) InForce(child *Member, on Date) bool {
	return g.Status.Live() && (g.Until == nil || !on.After(g.Until.Time)) && child.MinorOn(on) && !child.Gone()
}
