package models

import "time"

var _ = table(Venue{})

// Venue is a place where things happen. It holds one session at a time.
type Venue struct {
	Record
	Name          string     `json:"name" privacy:"none,erase=keep" example:"Haymount Community House"`
	Address       string     `json:"address" privacy:"none,erase=keep" example:"212 Hay St, Fayetteville, NC 28301"`
	TimeZone      string     `json:"time_zone" privacy:"none,erase=keep" doc:"IANA name" example:"America/New_York"`
	Capacity      *int       `json:"capacity" privacy:"none,erase=keep" doc:"How many people it holds; null when unknown" example:"40"`
	Accessibility string     `json:"accessibility" privacy:"none,erase=keep" doc:"What people with a disability need to know" example:"Step-free entrance on Old St; accessible toilet"`
	Notes         string     `json:"notes" privacy:"none,erase=keep" doc:"For staff; empty for others" example:"Key box code from the office"`
	ArchivedAt    *time.Time `json:"archived_at" privacy:"none,erase=keep" doc:"When it was taken out of use; null while in use"`
}

// TableName implements Model.
func (Venue) TableName() string { return "venues" }

// Subjects implements Model.
func (Venue) Subjects() []string { return nil }

// KnownZone says whether name is an IANA time zone that people can be told of.
func KnownZone(name string) bool {
	_, err := loadZone(name)
	return err == nil
}
