package models

import (
	"time"

	"github.com/google/uuid"
)

var _ = table(Room{})

// Room is a part of a venue that is booked by itself. Two rooms of a venue do not stand in each other's way; a booking of
// the whole venue takes them all.
type Room struct {
	Record
	VenueID       uuid.UUID  `json:"venue_id" privacy:"none,erase=keep"`
	Name          string     `json:"name" privacy:"none,erase=keep" example:"Blue Room"`
	Capacity      *int       `json:"capacity" privacy:"none,erase=keep" doc:"How many people it holds; null when unknown" example:"12"`
	Accessibility string     `json:"accessibility" privacy:"none,erase=keep" doc:"What people with a disability need to know of this room, beside what is said of the venue" example:"Second floor by elevator; hearing loop"`
	Notes         string     `json:"notes" privacy:"none,erase=keep" doc:"For staff; empty for others" example:"Chairs are in 2.14"`
	ArchivedAt    *time.Time `json:"archived_at" privacy:"none,erase=keep" doc:"When it was taken out of use; null while in use"`
}

// TableName implements Model.
func (Room) TableName() string { return "rooms" }

// Subjects implements Model.
func (Room) Subjects() []string { return nil }
