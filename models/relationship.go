package models

import (
	"time"

	"github.com/google/uuid"
)

var _ = table(Relationship{})

// RelationshipKind is what the first of two people is to the second.
type RelationshipKind string

// The kinds: "Ana is the … of Luis".
const (
	RelationSpouse       RelationshipKind = "spouse"
	RelationPartner      RelationshipKind = "partner"
	RelationFormerSpouse RelationshipKind = "former_spouse"
	RelationParent       RelationshipKind = "parent"
	RelationChild        RelationshipKind = "child"
	RelationStepchild    RelationshipKind = "stepchild"
	RelationSibling      RelationshipKind = "sibling"
	RelationGrandparent  RelationshipKind = "grandparent"
	RelationGuardian     RelationshipKind = "guardian"
	RelationCaregiver    RelationshipKind = "caregiver"
	RelationSurvivorOf   RelationshipKind = "survivor_of"
	RelationBattleBuddy  RelationshipKind = "battle_buddy"
	RelationEmergency    RelationshipKind = "emergency_contact"
)

// RelationshipStatus is where a link between two people stands.
type RelationshipStatus string

// The statuses. Whoever asked sees asked, declined and lapsed alike until the ask expires, and nothing after.
const (
	RelationshipAsked    RelationshipStatus = "asked"
	RelationshipAccepted RelationshipStatus = "accepted"
	RelationshipDeclined RelationshipStatus = "declined"
	RelationshipLapsed   RelationshipStatus = "lapsed"
	RelationshipEnded    RelationshipStatus = "ended"
)

// Relationship is a directed link: MemberID is the Kind of OtherID. While an ask waits, the side that was asked is null:
// only the address is known, so that an ask tells nobody whether the address belongs to a member.
type Relationship struct {
	Record
	MemberID   *uuid.UUID         `json:"member_id" nullable:"true" privacy:"none,erase=keep" doc:"Who is the kind; null while an ask to them waits"`
	Kind       RelationshipKind   `json:"kind" enum:"spouse,partner,former_spouse,parent,child,stepchild,sibling,grandparent,guardian,caregiver,survivor_of,battle_buddy,emergency_contact" privacy:"personal,erase=row" example:"spouse"`
	OtherID    *uuid.UUID         `json:"other_id" nullable:"true" privacy:"none,erase=keep" doc:"Of whom; null while an ask to them waits"`
	Status     RelationshipStatus `json:"status" enum:"asked,accepted,declined,lapsed,ended" privacy:"personal,erase=row" example:"accepted"`
	AskedBy    *uuid.UUID         `json:"asked_by" nullable:"true" privacy:"none,erase=keep" doc:"Null when staff recorded it"`
	AskedEmail *string            `json:"-" privacy:"personal,erase=null"`
	ExpiresAt  *time.Time         `json:"expires_at" privacy:"none,erase=keep" doc:"When an ask that nobody accepted goes away"`
	DecidedAt  *time.Time         `json:"decided_at" privacy:"none,erase=keep"`
	StartsOn   *Date              `json:"starts_on" nullable:"true" privacy:"personal,erase=row"`
	EndsOn     *Date              `json:"ends_on" nullable:"true" privacy:"personal,erase=row"`
	EndedAt    *time.Time         `json:"ended_at" privacy:"none,erase=keep"`
	EndedBy    *uuid.UUID         `json:"ended_by" nullable:"true" privacy:"none,erase=keep"`
}

// TableName implements Model.
func (Relationship) TableName() string { return "relationships" }

// Subjects implements Model.
func (Relationship) Subjects() []string { return []string{"member_id", "other_id"} }

// AsksFor says whether the asker named themselves as the kind, rather than the person they asked.
func (r *Relationship) AsksFor(asker uuid.UUID) bool {
	return r.MemberID != nil && *r.MemberID == asker
}
