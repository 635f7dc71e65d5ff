package models

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

var _ = table(Import{}, ImportRow{}, Export{})

// ImportStatus is how far the work on a spreadsheet is.
type ImportStatus string

// The statuses.
const (
	ImportUploaded    ImportStatus = "uploaded"
	ImportChecking    ImportStatus = "checking"
	ImportChecked     ImportStatus = "checked"
	ImportRunning     ImportStatus = "running"
	ImportPaused      ImportStatus = "paused"
	ImportDone        ImportStatus = "done"
	ImportFailed      ImportStatus = "failed"
	ImportRollingBack ImportStatus = "rolling_back"
	ImportRolledBack  ImportStatus = "rolled_back"
	ImportCancelled   ImportStatus = "cancelled"
)

// Editable says whether columns and options may still change: nothing has been written.
func (s ImportStatus) Editable() bool { return s == ImportUploaded || s == ImportChecked }

// Wrote says whether rows may have been written, and so whether there is something to roll back.
func (s ImportStatus) Wrote() bool {
	return s == ImportPaused || s == ImportDone || s == ImportFailed || s == ImportCancelled
}

// Busy says that a job works on it.
func (s ImportStatus) Busy() bool {
	return s == ImportChecking || s == ImportRunning || s == ImportRollingBack
}

// Import is a spreadsheet that somebody brought.
type Import struct {
	Record
	CreatedBy  uuid.UUID       `json:"created_by" privacy:"none,erase=keep" doc:"Member id of who brought it"`
	FileName   string          `json:"file_name" privacy:"personal,erase=blank" example:"contacts 2026.xlsx"`
	FileHash   []byte          `json:"-" privacy:"none,erase=keep"`
	Format     string          `json:"format" enum:"csv,xlsx" privacy:"none,erase=keep"`
	Sheet      string          `json:"sheet" privacy:"personal,erase=blank" doc:"Of a workbook, the sheet that was read"`
	Rows       int             `json:"rows" privacy:"none,erase=keep" doc:"Rows below the header that hold anything"`
	Columns    json.RawMessage `json:"-" privacy:"personal,erase=keep"`
	Mapping    json.RawMessage `json:"-" privacy:"none,erase=keep"`
	Options    json.RawMessage `json:"-" privacy:"none,erase=keep"`
	Status     ImportStatus    `json:"status" enum:"uploaded,checking,checked,running,paused,done,failed,rolling_back,rolled_back,cancelled" privacy:"none,erase=keep"`
	Handled    int             `json:"handled" privacy:"none,erase=keep" doc:"Rows that the present check, run or roll-back is past"`
	Why        string          `json:"why" privacy:"none,erase=keep" doc:"When it failed: not_allowed_now (who brought it may not import any more) or gave_up"`
	FinishedAt *time.Time      `json:"finished_at" privacy:"none,erase=keep"`
	PurgedAt   *time.Time      `json:"purged_at" privacy:"none,erase=keep" doc:"When the rows' cells were dropped, 30 days after the work; nothing can be rolled back from then on"`
}

// TableName implements Model.
func (Import) TableName() string { return "imports" }

// Subjects implements Model.
func (Import) Subjects() []string { return nil }

// Fate is what would become of a row.
type Fate string

// The fates. A duplicate waits for a decision and is left out without one; skipped repeats an earlier row of the file.
const (
	FateCreate    Fate = "create"
	FateUpdate    Fate = "update"
	FateUnchanged Fate = "unchanged"
	FateDuplicate Fate = "duplicate"
	FateError     Fate = "error"
	FateSkipped   Fate = "skipped"
)

// Decision is what a coordinator says of a row.
type Decision string

// The decisions.
const (
	DecideCreate Decision = "create"
	DecideUpdate Decision = "update"
	DecideSkip   Decision = "skip"
)

// RowState is what has become of a row.
type RowState string

// The states. left: nothing was to be written; kept: a roll-back found that others had used what it wrote.
const (
	RowPending    RowState = "pending"
	RowWritten    RowState = "written"
	RowLeft       RowState = "left"
	RowRolledBack RowState = "rolled_back"
	RowKept       RowState = "kept"
)

// ImportRow is one row of a spreadsheet: the point from which stopped work goes on.
type ImportRow struct {
	ID             uuid.UUID       `gorm:"primaryKey" privacy:"none,erase=keep"`
	ImportID       uuid.UUID       `privacy:"none,erase=keep"`
	Number         int             `privacy:"none,erase=keep"`
	Cells          json.RawMessage `privacy:"personal,erase=row"`
	Notes          json.RawMessage `privacy:"personal,erase=row"`
	Fingerprint    []byte          `privacy:"none,erase=row"`
	Fate           *Fate           `privacy:"none,erase=keep"`
	Errors         json.RawMessage `privacy:"personal,erase=row"`
	Changes        Texts[string]   `privacy:"none,erase=keep"`
	Matches        json.RawMessage `privacy:"personal,erase=row"`
	Score          int             `privacy:"none,erase=keep"`
	MatchID        *uuid.UUID      `privacy:"none,erase=row"`
	Decision       *Decision       `privacy:"none,erase=keep"`
	State          RowState        `privacy:"none,erase=keep"`
	MemberID       *uuid.UUID      `privacy:"none,erase=row"`
	MemberIDs      IDs             `gorm:"column:member_ids" privacy:"none,erase=row"`
	Made           json.RawMessage `privacy:"none,erase=row"`
	Before         json.RawMessage `privacy:"personal,erase=row"`
	WrittenVersion *int            `privacy:"none,erase=keep"`
	Why            string          `privacy:"none,erase=keep"`
}

// TableName implements Model.
func (ImportRow) TableName() string { return "import_rows" }

// Subjects implements Model.
func (ImportRow) Subjects() []string { return []string{"match_id", "member_id", "member_ids"} }

// Export is one taking out of people: who, how many, by which filter.
type Export struct {
	ID         uuid.UUID       `gorm:"primaryKey" privacy:"none,erase=keep"`
	CreatedAt  time.Time       `privacy:"none,erase=keep"`
	CreatedBy  uuid.UUID       `privacy:"none,erase=keep"`
	Format     string          `privacy:"none,erase=keep"`
	Columns    Texts[string]   `privacy:"none,erase=keep"`
	Filter     json.RawMessage `privacy:"none,erase=keep"`
	Rows       int             `privacy:"none,erase=keep"`
	FinishedAt *time.Time      `privacy:"none,erase=keep"`
}

// TableName implements Model.
func (Export) TableName() string { return "exports" }

// Subjects implements Model.
func (Export) Subjects() []string { return nil }
