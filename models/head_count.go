package models

import (
	"time"

	"github.com/google/uuid"
)

var _ = table(HeadCount{})

// HeadCountKind is what somebody who was counted seemed to be.
type HeadCountKind string

// The kinds.
const (
	HeadVeteran       HeadCountKind = "veteran"
	HeadServiceMember HeadCountKind = "service_member"
	HeadFamily        HeadCountKind = "family"
	HeadChild         HeadCountKind = "child"
	HeadSupporter     HeadCountKind = "supporter"
	HeadUnknown       HeadCountKind = "unknown"
)

// HeadCount is how many people were at an open event, counted by looking: contacts, never unduplicated people.
type HeadCount struct {
	SessionID      uuid.UUID `json:"session_id" gorm:"primaryKey" privacy:"none,erase=keep"`
	Version        int       `json:"version" privacy:"none,erase=keep" doc:"How often it was entered"`
	Veterans       int       `json:"veterans" privacy:"none,erase=keep"`
	ServiceMembers int       `json:"service_members" privacy:"none,erase=keep"`
	Family         int       `json:"family" privacy:"none,erase=keep"`
	Children       int       `json:"children" privacy:"none,erase=keep"`
	Supporters     int       `json:"supporters" privacy:"none,erase=keep"`
	Unknown        int       `json:"unknown" privacy:"none,erase=keep"`
	Total          int       `json:"total" gorm:"->" privacy:"none,erase=keep"`
	Note           string    `json:"note" privacy:"personal,erase=keep"`
	RecordedBy     uuid.UUID `json:"recorded_by" privacy:"none,erase=keep"`
	RecordedAt     time.Time `json:"recorded_at" privacy:"none,erase=keep"`
}

// TableName implements Model.
func (HeadCount) TableName() string { return "head_counts" }

// Subjects implements Model: it is about nobody in particular.
func (HeadCount) Subjects() []string { return nil }

// Of is the count of one kind.
func (h *HeadCount) Of(kind HeadCountKind) *int {
	switch kind {
	case HeadVeteran:
		return &h.Veterans
	case HeadServiceMember:
		return &h.ServiceMembers
	case HeadFamily:
		return &h.Family
	case HeadChild:
		return &h.Children
	case HeadSupporter:
		return &h.Supporters
	}
	return &h.Unknown
}
