package models

import (
	"time"

	"github.com/google/uuid"
)

var _ = table(Household{}, HouseholdMember{})

// Household is people who live together, or a home among the homes of a child. It is about several people and so has no
// subject of its own: household_members says who they are.
type Household struct {
	Record
	Name string `json:"name" privacy:"personal,erase=keep" example:"Ortega"`
}

// TableName implements Model.
func (Household) TableName() string { return "households" }

// Subjects implements Model.
func (Household) Subjects() []string { return nil }

// HouseholdRole is what somebody is in a household.
type HouseholdRole string

// The roles.
const (
	HouseholdAdult     HouseholdRole = "adult"
	HouseholdChild     HouseholdRole = "child"
	HouseholdDependent HouseholdRole = "dependent_adult"
	HouseholdOther     HouseholdRole = "other"
)

// HouseholdMember is one stay of a member in a household.
type HouseholdMember struct {
	ID          uuid.UUID     `json:"id" gorm:"primaryKey" privacy:"none,erase=keep"`
	CreatedAt   time.Time     `json:"created_at" privacy:"none,erase=keep"`
	UpdatedAt   time.Time     `json:"updated_at" privacy:"none,erase=keep"`
	HouseholdID uuid.UUID     `json:"household_id" privacy:"none,erase=keep"`
	MemberID    uuid.UUID     `json:"member_id" privacy:"none,erase=keep"`
	Role        HouseholdRole `json:"role" enum:"adult,child,dependent_adult,other" privacy:"personal,erase=row" example:"adult"`
	StartsOn    Date          `json:"starts_on" privacy:"personal,erase=row"`
	EndsOn      *Date         `json:"ends_on" nullable:"true" privacy:"personal,erase=row" doc:"The first day on which they no longer belong to it; null while they do"`
}

// Identity is what an answer's Location header ends in.
func (h HouseholdMember) Identity() uuid.UUID { return h.ID }

// TableName implements Model.
func (HouseholdMember) TableName() string { return "household_members" }

// Subjects implements Model.
func (HouseholdMember) Subjects() []string { return []string{"member_id"} }
