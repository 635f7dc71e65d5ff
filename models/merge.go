package models

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

var _ = table(Merge{}, MergeMove{})

// MergeUndoFor is how long a merge can be taken back.
const MergeUndoFor = 30 * 24 * time.Hour

// Merge says that two records were one person. The loser's row stays, and answers with the winner's id.
type Merge struct {
	ID          uuid.UUID       `json:"id" gorm:"primaryKey" privacy:"none,erase=row"`
	WinnerID    uuid.UUID       `json:"winner_id" privacy:"none,erase=row" doc:"The record that was kept"`
	LoserID     uuid.UUID       `json:"loser_id" privacy:"none,erase=row" doc:"The record whose history moved"`
	MergedBy    uuid.UUID       `json:"merged_by" privacy:"none,erase=row"`
	MergedAt    time.Time       `json:"merged_at" privacy:"none,erase=row"`
	UndoUntil   time.Time       `json:"undo_until" privacy:"none,erase=row" doc:"Until when it can be taken back"`
	UndoneAt    *time.Time      `json:"undone_at" privacy:"none,erase=row"`
	UndoneBy    *uuid.UUID      `json:"undone_by" nullable:"true" privacy:"none,erase=row"`
	Fields      Texts[string]   `json:"fields" nullable:"false" privacy:"none,erase=row" doc:"What the kept record took from the other"`
	LoserBefore json.RawMessage `json:"-" privacy:"health,erase=row"`
}

// Identity is what an answer's Location header ends in.
func (m Merge) Identity() uuid.UUID { return m.ID }

// TableName implements Model.
func (Merge) TableName() string { return "merges" }

// Subjects implements Model.
func (Merge) Subjects() []string { return []string{"winner_id", "loser_id"} }

// Undoable says whether it still stands and can be taken back.
func (m *Merge) Undoable(now time.Time) bool { return m.UndoneAt == nil && now.Before(m.UndoUntil) }

// MoveKind is what a merge did to a row.
type MoveKind string

// The kinds. A moved row names the winner where it named the loser. A changed one, such as the winner's own, has other values.
// A superseded one gave way to the winner's, or ended with the merge. A removed one said of the loser what another says of the
// winner. A kept one stays with the loser, since the winner has one of its own.
const (
	MoveMoved      MoveKind = "moved"
	MoveChanged    MoveKind = "changed"
	MoveSuperseded MoveKind = "superseded"
	MoveRemoved    MoveKind = "removed"
	MoveKept       MoveKind = "kept"
)

// MoveUndone is what became of a move when its merge was taken back.
type MoveUndone string

// The ends. What was left had changed since, or had no place to go back to.
const (
	MoveRestored MoveUndone = "restored"
	MoveLeft     MoveUndone = "left"
)

// MergeMove is what a merge did to one column of one row, or to the row itself.
type MergeMove struct {
	MergeID    uuid.UUID        `gorm:"primaryKey" privacy:"none,erase=row"`
	Seq        int              `gorm:"primaryKey" privacy:"none,erase=row"`
	Table      string           `gorm:"column:table_name" privacy:"none,erase=row"`
	RowID      uuid.UUID        `privacy:"none,erase=row"`
	ColumnName string           `privacy:"none,erase=row"`
	What       MoveKind         `privacy:"none,erase=row"`
	Before     *json.RawMessage `privacy:"health,erase=row"`
	After      *json.RawMessage `privacy:"health,erase=row"`
	Undone     *MoveUndone      `privacy:"none,erase=row"`
}

// TableName implements Model.
func (MergeMove) TableName() string { return "merge_moves" }

// Subjects implements Model.
func (MergeMove) Subjects() []string { return nil }

// End says what became of the move when the merge was taken back.
func (m *MergeMove) End(restored bool) {
	end := MoveLeft
	if restored {
		end = MoveRestored
	}
	m.Undone = &end
}
