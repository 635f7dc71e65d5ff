package models

import (
	"time"

	"github.com/google/uuid"
)

var _ = table(ResourceRow{}, Commitment{})

// ResourceKind is what sort of thing can be in one place at a time.
type ResourceKind string

// The kinds. A person is one resource, whether they coach, are coached, or lead a workshop: they cannot do two of these at once.
const (
	ResourcePerson ResourceKind = "person"
	ResourceVenue  ResourceKind = "venue"
)

// ResourceRow is what a booking of the resource locks.
type ResourceRow struct {
	Kind ResourceKind `gorm:"primaryKey" privacy:"none,erase=keep"`
	ID   uuid.UUID    `gorm:"primaryKey" privacy:"none,erase=keep"`
}

// TableName implements Model.
func (ResourceRow) TableName() string { return "resources" }

// Subjects implements Model.
func (ResourceRow) Subjects() []string { return nil }

// Commitment books one resource for one source: a venue in whole, or one room of it. During includes the buffers; StartsAt
// and EndsAt do not.
type Commitment struct {
	ID           uuid.UUID    `gorm:"primaryKey" privacy:"none,erase=keep"`
	ResourceKind ResourceKind `privacy:"none,erase=keep"`
	ResourceID   uuid.UUID    `privacy:"none,erase=keep"`
	RoomID       *uuid.UUID   `privacy:"none,erase=keep"`
	During       string       `privacy:"none,erase=keep"`
	StartsAt     time.Time    `privacy:"none,erase=keep"`
	EndsAt       time.Time    `privacy:"none,erase=keep"`
	Source       string       `privacy:"none,erase=keep"`
	SourceID     uuid.UUID    `privacy:"none,erase=keep"`
}

// TableName implements Model.
func (Commitment) TableName() string { return "commitments" }

// Subjects implements Model.
func (Commitment) Subjects() []string { return nil }
