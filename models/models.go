// Package models holds the rows and what they can say of themselves: structs, enums, state machines, pure predicates.
//
// Every column carries a privacy class in its tag, `privacy:"CLASS,erase=HOW"`. The classes are none, personal, health,
// confidential and secret; the audit log shows values of class none alone. HOW is what the erasure of a person does:
// null, blank, keep, or row (the whole row goes).
package models

import (
	"time"

	"github.com/google/uuid"
)

// Model is a table. Subjects names its columns that hold the id of the member a row is about.
type Model interface {
	TableName() string
	Subjects() []string
}

// Record is the head of every row that people edit. Version counts edits alone: never registrations or counts.
type Record struct {
	ID        uuid.UUID `json:"id" gorm:"primaryKey" privacy:"none,erase=keep" doc:"Stable identifier (UUIDv7)"`
	Version   int       `json:"version" privacy:"none,erase=keep" doc:"Counts edits; the strong ETag of the record, sent back in If-Match"`
	CreatedAt time.Time `json:"created_at" privacy:"none,erase=keep"`
	UpdatedAt time.Time `json:"updated_at" privacy:"none,erase=keep"`
}

// Identity is what an answer's Location header ends in.
func (r Record) Identity() uuid.UUID { return r.ID }

// Edition is what an answer's ETag header holds.
func (r Record) Edition() int { return r.Version }

// Sealed is text encrypted under the key of the person it is about. It is sealed and opened explicitly, by services.Keys.
type Sealed []byte

var all []Model

// table registers the models of one file, so that the test of privacy classes and the audit can find them.
func table(models ...Model) bool {
	all = append(all, models...)
	return true
}

// All lists every table of ours.
func All() []Model { return all }
