// Package imports brings people in from spreadsheets, and takes them out into them.
package imports

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
)

// Service holds the use cases.
type Service struct {
	core    *services.Core
	reading chan struct{} // who reads a file now: each may hold a whole sheet in memory
}

// readers is how many files are read at once.
const readers = 2

// New makes the service and declares its jobs.
func New(core *services.Core) *Service {
	s := &Service{core: core, reading: make(chan struct{}, readers)}
	services.Handle(core.Jobs, attempts, s.check)
	services.Handle(core.Jobs, attempts, s.run)
	services.Handle(core.Jobs, attempts, s.rollBack)
	services.Handle(core.Jobs, 3, s.purge)
	services.Every(core.Jobs, 6*time.Hour, purgeArgs{})
	return s
}

const (
	// attempts of a job: after the last one the import stays where it is. Check, Run or RollBack, called again, go on with it.
	attempts = 10
	// batch is how many rows one transaction writes.
	batch = 500
	// turn is how long a job works before it lines up behind others: the queue ends jobs after a minute.
	turn = 30 * time.Second
	// keptFor is how long the rows of a finished import can be rolled back; then their cells are dropped.
	keptFor = 30 * 24 * time.Hour
)

var _ = services.Meanings(map[string]*services.Error{
	"imports_one_at_a_time": services.Conflict("import_running", "Another import is being written or rolled back. Wait until it is done: two at once could enter the same person twice."),
	"exports_one_at_a_time": services.Conflict("export_running", "You are taking people out already. Wait until that export is done."),
})

// DateOrder says what 03/04/1980 is.
type DateOrder string

// The orders.
const (
	MDY DateOrder = "mdy"
	DMY DateOrder = "dmy"
	YMD DateOrder = "ymd"
)

// UpdatePolicy says what becomes of a known person's values.
type UpdatePolicy string

// The policies. An empty cell never clears anything.
const (
	FillBlanks UpdatePolicy = "fill_blanks"
	Overwrite  UpdatePolicy = "overwrite"
)

// ImportOptions say how the sheet is read and what is written.
type ImportOptions struct {
	DateOrder      DateOrder           `json:"date_order" enum:"mdy,dmy,ymd" doc:"What 03/04/1980 is: the 4th of March (mdy) or the 3rd of April (dmy). Dates with the month in words and serial days need no order"`
	Country        string              `json:"country" maxLength:"2" doc:"For rows with an address and no country; empty for none" example:"US"`
	TimeZone       string              `json:"time_zone" maxLength:"64" example:"America/New_York"`
	Language       string              `json:"language" maxLength:"35" example:"en"`
	Tag            string              `json:"tag" maxLength:"40" doc:"Put on everybody the import enters" example:"import-2026-03"`
	ReferralSource string              `json:"referral_source" maxLength:"120" doc:"For new people whose row names none"`
	Kind           models.Kind         `json:"kind" enum:"veteran,service_member,guard_reserve,spouse,partner,child,parent,sibling,caregiver,survivor,supporter" doc:"For new people whose row names none"`
	Status         models.MemberStatus `json:"status" enum:"prospective,active" doc:"Of new people whose row names none"`
	Update         UpdatePolicy        `json:"update" enum:"fill_blanks,overwrite" doc:"What becomes of somebody we know: only what is empty is filled, or the sheet's values win. An empty cell never clears"`
	SkipBadCells   bool                `json:"skip_bad_cells" doc:"A row whose e-mail address, telephone number, date or other value cannot be read is taken without that cell. Without it the row is an error"`
}

func defaults() ImportOptions {
	return ImportOptions{DateOrder: MDY, Country: "US", TimeZone: models.DefaultTimeZone, Language: models.DefaultLanguage, Kind: models.KindVeteran,
		Status: models.MemberProspective, Update: FillBlanks}
}

// CellIssue is what is wrong with one cell, or with a row.
type CellIssue struct {
	Column  string        `json:"column,omitempty" doc:"The column's header" example:"DOB"`
	Cell    string        `json:"cell,omitempty" doc:"As the spreadsheet program names it; empty when it is the whole row" example:"C17"`
	Person  string        `json:"person,omitempty" doc:"Whom of the row's family it is about, when not the whole row" example:"spouse"`
	Code    services.Code `json:"code" example:"impossible_date"`
	Message string        `json:"message"`
	Ignored bool          `json:"ignored" doc:"The row is taken all the same, without this cell"`
}

// ImportMatch is somebody a row may be about.
type ImportMatch struct {
	MemberID *uuid.UUID `json:"member_id,omitempty" doc:"Somebody we know"`
	Row      int        `json:"row,omitempty" doc:"Or an earlier row of the same sheet"`
	Person   string     `json:"person,omitempty" enum:"main,spouse,child1,child2,child3,child4" doc:"Whom of that row"`
	Score    int        `json:"score" minimum:"0" maximum:"100"`
	Reasons  []string   `json:"reasons" nullable:"false" doc:"Stable words, as for duplicate members; of an earlier row same_name, same_email, same_phone, same_birth_date" example:"[\"same_name\",\"same_email\"]"`
}

// made is a row that a row of the sheet brought into the database.
type made struct {
	Table  string    `json:"table"`
	ID     uuid.UUID `json:"id"`
	Person string    `json:"person,omitempty"`
}

// visible is the scope of the imports one may see: one's own, admins all. A sheet holds people whom a colleague must not
// read of, and what the sheet's owner has seen anyway.
func visible(actor *services.Actor) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		if actor.Has(models.RoleAdmin) || actor.Kind == models.ActorSystem {
			return db
		}
		return db.Where("imports.created_by = ?", actor.MemberID)
	}
}

var forUpdate = clause.Locking{Strength: "NO KEY UPDATE"}

func find(db *gorm.DB, actor *services.Actor, id uuid.UUID) (*models.Import, error) {
	var rows []models.Import
	if err := db.Scopes(visible(actor)).Where("imports.id = ?", id).Limit(1).Find(&rows).Error; err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, services.NotFound("import")
	}
	return &rows[0], nil
}

// locked reads the row that is about to change: whoever holds it is the only one who works on the import.
func locked(tx *services.Tx, id uuid.UUID) (*models.Import, error) {
	return find(tx.DB.Clauses(forUpdate), tx.Actor(), id)
}

var importColumns = []string{"mapping", "options", "status", "handled", "why", "finished_at", "purged_at", "version", "updated_at"}

// store writes what changed of an import. Progress is no edit: only what people do counts as a version.
func store(tx *services.Tx, before models.Import, i *models.Import) error {
	i.UpdatedAt = tx.Now()
	tx.Changed(before, *i)
	return tx.DB.Model(&models.Import{}).Where("id = ?", i.ID).Select(importColumns).Updates(i).Error
}

func options(i *models.Import) (o ImportOptions, err error) {
	return o, json.Unmarshal(i.Options, &o)
}

func columnsOf(i *models.Import) ([]ImportColumn, error) {
	var columns []ImportColumn
	if err := json.Unmarshal(i.Columns, &columns); err != nil {
		return nil, err
	}
	var fields []string
	if err := json.Unmarshal(i.Mapping, &fields); err != nil {
		return nil, err
	}
	for n := range columns {
		columns[n].Field = ""
		if n < len(fields) {
			columns[n].Field = fields[n]
		}
	}
	return columns, nil
}

func asJSON(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // texts, numbers and ids
	}
	return b
}
