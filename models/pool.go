package models

import "github.com/google/uuid"

var _ = table(Pool{})

// Pool is where seats are counted. Whoever takes or frees a seat locks its row first and changes the counters in the
// same transaction.
type Pool struct {
	ID            uuid.UUID       `json:"id" gorm:"primaryKey" privacy:"none,erase=keep"`
	WorkshopID    uuid.UUID       `json:"workshop_id" privacy:"none,erase=keep"`
	SessionID     *uuid.UUID      `json:"session_id" nullable:"true" privacy:"none,erase=keep"`
	Mode          *AttendanceMode `json:"mode" enum:"in_person,online" privacy:"none,erase=keep"`
	Capacity      int             `json:"capacity" privacy:"none,erase=keep"`
	ChildCapacity *int            `json:"child_capacity" privacy:"none,erase=keep"`                                         // null: children sit on Capacity
	Taken         int             `json:"taken" privacy:"none,erase=keep"`                                                  // adults and children
	TakenChildren int             `json:"taken_children" privacy:"none,erase=keep"`                                         // those of Taken who are children
	Waiting       int             `json:"waiting" privacy:"none,erase=keep" doc:"Parties on the list, first in line first"` // parties
}

// TableName implements Model.
func (Pool) TableName() string { return "pools" }

// Subjects implements Model.
func (Pool) Subjects() []string { return nil }

// Open is how many seats are free: for adults and, where children have seats of their own, for children. Where they have
// none, children is the same number, not more.
func (p *Pool) Open() (adults, children int) {
	if p.ChildCapacity == nil {
		open := max(p.Capacity-p.Taken, 0)
		return open, open
	}
	return max(p.Capacity-(p.Taken-p.TakenChildren), 0), max(*p.ChildCapacity-p.TakenChildren, 0)
}

// Fits says whether so many more find seats at once.
func (p *Pool) Fits(adults, children int) bool {
	openAdults, openChildren := p.Open()
	if p.ChildCapacity == nil {
		return adults+children <= openAdults
	}
	return adults <= openAdults && children <= openChildren
}

// Full says whether not even one more adult finds a seat.
func (p *Pool) Full() bool { return !p.Fits(1, 0) }

// Holds says whether those who have seats now would still have them with other capacities.
func (p *Pool) Holds(capacity int, childCapacity *int) bool {
	if childCapacity == nil {
		return p.Taken <= capacity
	}
	return p.Taken-p.TakenChildren <= capacity && p.TakenChildren <= *childCapacity
}
