package models

import (
	"time"

	"github.com/google/uuid"
)

var _ = table(Separation{}, MemberHold{})

// SeparationKind says whom a separation protects.
type SeparationKind string

// The kinds.
const (
	SeparationMutual    SeparationKind = "mutual"    // both are kept apart from one another
	SeparationProtected SeparationKind = "protected" // the second is kept apart from the first
)

// SeparationStatus is where a separation stands.
type SeparationStatus string

// The statuses. A live one whose last day has passed holds no more, which is asked at use.
const (
	SeparationLive  SeparationStatus = "live"
	SeparationEnded SeparationStatus = "ended"
)

// Separation keeps two people apart. Nobody learns of it but the staff who look after it: not even who they are goes into
// the values of the audit log.
type Separation struct {
	Record
	Kind      SeparationKind   `json:"-" privacy:"confidential,erase=row"`
	FirstID   uuid.UUID        `json:"-" privacy:"confidential,erase=row"` // the protected side
	SecondID  uuid.UUID        `json:"-" privacy:"confidential,erase=row"` // who is kept apart
	ReviewOn  Date             `json:"-" privacy:"confidential,erase=row"`
	EndsOn    *Date            `json:"-" privacy:"confidential,erase=row"` // the last day on which it holds
	Status    SeparationStatus `json:"-" privacy:"confidential,erase=row"`
	CreatedBy uuid.UUID        `json:"-" privacy:"none,erase=keep"`
	EndedBy   *uuid.UUID       `json:"-" privacy:"none,erase=keep"`
	EndedAt   *time.Time       `json:"-" privacy:"none,erase=keep"`
}

// TableName implements Model.
func (Separation) TableName() string { return "separations" }

// Subjects implements Model.
func (Separation) Subjects() []string { return []string{"first_id", "second_id"} }

// SeparationDay is the day that counts at a time: a last day has passed when it is over everywhere on earth.
func SeparationDay(now time.Time) Date { return DateOf(now.Add(-12 * time.Hour)) }

// InForce says whether the two are to be kept apart.
func (s *Separation) InForce(now time.Time) bool {
	return s.Status == SeparationLive && (s.EndsOn == nil || !SeparationDay(now).After(s.EndsOn.Time))
}

// KeepsApart says whether what this person asks for goes to staff: of a mutual one both, else the second alone.
func (s *Separation) KeepsApart(member uuid.UUID) bool {
	return s.SecondID == member || s.Kind == SeparationMutual && s.FirstID == member
}

// Other is the side that member is not.
func (s *Separation) Other(member uuid.UUID) uuid.UUID {
	if s.FirstID == member {
		return s.SecondID
	}
	return s.FirstID
}

// Resemblance is by what a new account resembles somebody.
type Resemblance string

// The resemblances.
const (
	ResemblesName    Resemblance = "name" // and the birth date
	ResemblesEmail   Resemblance = "email"
	ResemblesPhone   Resemblance = "phone"
	ResemblesAddress Resemblance = "address"
)

// MemberHold says that a new account resembles somebody who is kept apart, and is looked at until staff release it.
type MemberHold struct {
	ID          uuid.UUID          `json:"-" gorm:"primaryKey" privacy:"none,erase=row"`
	CreatedAt   time.Time          `json:"-" privacy:"none,erase=row"`
	MemberID    uuid.UUID          `json:"-" privacy:"confidential,erase=row"`
	ResemblesID uuid.UUID          `json:"-" privacy:"confidential,erase=row"`
	Reasons     Texts[Resemblance] `json:"-" privacy:"confidential,erase=row"`
	ReleasedAt  *time.Time         `json:"-" privacy:"none,erase=row"`
	ReleasedBy  *uuid.UUID         `json:"-" privacy:"none,erase=row"`
}

// TableName implements Model.
func (MemberHold) TableName() string { return "member_holds" }

// Subjects implements Model.
func (MemberHold) Subjects() []string { return []string{"member_id", "resembles_id"} }
