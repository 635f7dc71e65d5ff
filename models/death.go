package models

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"
)

var _ = table(Death{}, DeathEffect{})

// DeathStatus is how far a report of somebody's death came.
type DeathStatus string

// The statuses. Only a confirmed one has ended anything.
const (
	DeathReported  DeathStatus = "reported"
	DeathConfirmed DeathStatus = "confirmed"
	DeathWithdrawn DeathStatus = "withdrawn" // it was not true, or the wrong person; nothing had been ended yet
	DeathReversed  DeathStatus = "reversed"  // it was not true, and what it had ended was given back
)

// deathMoves are the ways from one status to the next.
var deathMoves = map[DeathStatus][]DeathStatus{
	DeathReported:  {DeathConfirmed, DeathWithdrawn},
	DeathConfirmed: {DeathReversed},
}

// Becomes says whether the status may be followed by next.
func (s DeathStatus) Becomes(next DeathStatus) bool { return slices.Contains(deathMoves[s], next) }

// Death is what we were told of a member's death. It takes two members of staff to count.
type Death struct {
	Record
	MemberID    uuid.UUID   `json:"member_id" privacy:"none,erase=keep" doc:"Who has died"`
	Status      DeathStatus `json:"status" enum:"reported,confirmed,withdrawn,reversed" privacy:"personal,erase=keep" example:"reported" doc:"Only confirmed ends anything"`
	DiedOn      *Date       `json:"died_on" nullable:"true" privacy:"personal,erase=null" doc:"The day, when we know it"`
	Source      Sealed      `json:"-" privacy:"confidential,erase=null"` // who told us, in words
	SourceKey   uuid.UUID   `json:"-" privacy:"none,erase=keep"`
	ReportedBy  uuid.UUID   `json:"reported_by" privacy:"none,erase=keep" doc:"The first member of staff"`
	ReportedAt  time.Time   `json:"reported_at" privacy:"none,erase=keep"`
	ConfirmedBy *uuid.UUID  `json:"confirmed_by" nullable:"true" privacy:"none,erase=keep" doc:"The second member of staff, never the same"`
	ConfirmedAt *time.Time  `json:"confirmed_at" privacy:"none,erase=keep"`
	ClosedBy    *uuid.UUID  `json:"closed_by" nullable:"true" privacy:"none,erase=keep" doc:"Who withdrew or reversed it"`
	ClosedAt    *time.Time  `json:"closed_at" privacy:"none,erase=keep"`
}

// TableName implements Model.
func (Death) TableName() string { return "deaths" }

// Subjects implements Model.
func (Death) Subjects() []string { return []string{"member_id"} }

// DeathAction is what a confirmed death did to a record.
type DeathAction string

// The actions.
const (
	DeathEnded      DeathAction = "ended"
	DeathLeft       DeathAction = "left"        // a party goes on without them
	DeathHandedBack DeathAction = "handed_back" // a task of theirs is the queue's again
	DeathOpened     DeathAction = "opened"      // a task for staff came of it
	DeathToStaff    DeathAction = "to_staff"    // nobody can decide it but a person
)

// DeathOutcome is what came of a record when the death was taken back.
type DeathOutcome string

// The outcomes.
const (
	DeathGivenBack   DeathOutcome = "given_back"
	DeathWaitlisted  DeathOutcome = "waitlisted" // the seats are gone: first in line
	DeathSettled     DeathOutcome = "settled"    // there was nothing to give back any more
	DeathNotPossible DeathOutcome = "not_possible"
)

// DeathEffect is one row that a confirmed death changed, and what it was before.
type DeathEffect struct {
	ID        uuid.UUID       `json:"id" gorm:"primaryKey" privacy:"none,erase=keep"`
	CreatedAt time.Time       `json:"-" privacy:"none,erase=keep"`
	DeathID   uuid.UUID       `json:"-" privacy:"none,erase=keep"`
	Place     int             `json:"-" privacy:"none,erase=keep"`
	About     string          `json:"record" gorm:"column:record" privacy:"none,erase=keep" doc:"The kind of record" example:"registration"`
	RecordID  uuid.UUID       `json:"record_id" privacy:"none,erase=keep"`
	Action    DeathAction     `json:"action" enum:"ended,left,handed_back,opened,to_staff" privacy:"none,erase=keep" example:"ended"`
	Before    json.RawMessage `json:"-" privacy:"none,erase=keep"`
	Outcome   *DeathOutcome   `json:"outcome" enum:"given_back,waitlisted,settled,not_possible" nullable:"true" privacy:"none,erase=keep" doc:"What came of it when the death was taken back; null before"`
	UndoneAt  *time.Time      `json:"undone_at" privacy:"none,erase=keep"`
}

// TableName implements Model.
func (DeathEffect) TableName() string { return "death_effects" }

// Subjects implements Model.
func (DeathEffect) Subjects() []string { return nil }

// NewDeathEffect tells what a death did to a record. before is what must be known to give it back; ids, states and times
// alone, or nil.
func NewDeathEffect(about string, id uuid.UUID, action DeathAction, before any) DeathEffect {
	held := json.RawMessage(`{}`)
	if before != nil {
		var err error
		if held, err = json.Marshal(before); err != nil {
			panic(err) // ids, states and times always have a JSON form
		}
	}
	return DeathEffect{About: about, RecordID: id, Action: action, Before: held}
}

// Held reads what NewDeathEffect was given as before.
func (e *DeathEffect) Held(into any) error { return json.Unmarshal(e.Before, into) }
