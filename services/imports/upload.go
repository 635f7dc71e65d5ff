package imports

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// Upload is a spreadsheet as it is sent.
type Upload struct {
	Format   string
	FileName string
	Sheet    string // of a workbook; the first when empty
	Bytes    []byte
}

// ImportView is an import with what a coordinator needs to decide on it.
type ImportView struct {
	models.Import
	Columns []ImportColumn `json:"columns" nullable:"false" doc:"Every column of the sheet, with what it is taken for. Columns with dropped set hold what we never ask for: nothing of them was kept"`
	Options ImportOptions  `json:"options"`
	Notes   []string       `json:"notes" nullable:"false" doc:"What to know of the file as a whole"`
	Sample  []ImportSample `json:"sample" nullable:"false" doc:"The first rows, as they were kept"`
	Fates   map[string]int `json:"fates" doc:"Rows by fate, once checked: create, update, unchanged, duplicate, error, skipped"`
	States  map[string]int `json:"states" doc:"Rows by what has become of them: pending, written, left, rolled_back, kept"`
	Open    int            `json:"undecided" doc:"Duplicates without a decision: they are left out"`
}

// ImportSample is a row as it was kept.
type ImportSample struct {
	Number int      `json:"number" doc:"As the spreadsheet program counts" example:"2"`
	Cells  []string `json:"cells" nullable:"false"`
}

// readFor is how long one file may take to read, for workbooks that are made to be slow.
const readFor = 20 * time.Second

// uploads bounds how often one account sends files: each costs seconds of work.
var uploads = services.Limit{Name: "import.upload", Every: 10 * time.Second, Burst: 10}

// Upload takes a spreadsheet in: it is read whole, its rows are kept, its columns are guessed. Nobody is entered. What
// must never be asked for is dropped before anything is stored. Errors: invalid unreadable_file, no_header, no_rows,
// too_many_rows, too_many_columns, too_many_cells, unknown_sheet; too_many; unavailable busy while others' files are read.
func (s *Service) Upload(ctx context.Context, in Upload) (*ImportView, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.core.Take(ctx, uploads, actor.AccountID.String()); err != nil {
		return nil, err
	}
	held, columns, err := s.take(ctx, in)
	if err != nil {
		return nil, err
	}
	rows, err := s.rowsOf(held)
	if err != nil {
		return nil, err
	}
	return services.Mutate(ctx, s.core, "import.create", func(tx *services.Tx) (*ImportView, error) {
		o := defaults()
		i := &models.Import{Record: models.Record{ID: services.NewID(), Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}, CreatedBy: actor.MemberID,
			FileName: fileName(in.FileName, held.format), FileHash: s.core.Keys.MAC("import files", in.Bytes), Format: held.format, Sheet: firstRunes(held.name, 60),
			Rows: len(held.rows), Columns: asJSON(columns), Mapping: asJSON(fieldsOf(columns)), Options: asJSON(stored{o, held.date1904}), Status: models.ImportUploaded}
		if err := tx.DB.Create(i).Error; err != nil {
			return nil, err
		}
		tx.Changed(nil, *i)
		rows.queue(tx, i.ID)
		return view(tx.DB, i)
	})
}

// stored is ImportOptions with what the file itself says.
type stored struct {
	ImportOptions
	Date1904 bool `json:"date1904"`
}

// take reads the file while few others are read.
func (s *Service) take(ctx context.Context, in Upload) (*sheet, []ImportColumn, error) {
	if len(in.Bytes) == 0 {
		return nil, nil, unreadable("The file is empty.")
	}
	if len(in.Bytes) > MaxBytes {
		return nil, nil, unreadable(fmt.Sprintf("The file is larger than %d MB.", MaxBytes>>20))
	}
	wait, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	select {
	case s.reading <- struct{}{}:
		defer func() { <-s.reading }()
	case <-wait.Done():
		return nil, nil, services.Unavailable(services.CodeBusy, "Other files are being read. Try again shortly.")
	}
	deadline, cancel := context.WithTimeout(ctx, readFor)
	defer cancel()
	held, err := read(deadline, in.Format, in.Sheet, in.Bytes)
	if err != nil {
		return nil, nil, err
	}
	return held, held.survey(), nil
}

func fieldsOf(columns []ImportColumn) []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = c.Field
	}
	return out
}

// fileName is the name alone, for people to know the file again; nothing is stored under it.
func fileName(typed, format string) string {
	name := services.Line(path.Base(strings.ReplaceAll(typed, `\`, "/")))
	if name == "" || name == "." || name == "/" {
		name = "people." + format
	}
	return firstRunes(name, 120)
}

// newRows are the rows of a sheet as they go to the database, a slice per column.
type newRows struct {
	ids          []uuid.UUID
	numbers      []int
	cells, notes []string
	prints       [][]byte
}

func (s *Service) rowsOf(held *sheet) (*newRows, error) {
	n := len(held.rows)
	rows := &newRows{make([]uuid.UUID, n), make([]int, n), make([]string, n), make([]string, n), make([][]byte, n)}
	for i, row := range held.rows {
		cells, err := json.Marshal(row.cells)
		if err != nil {
			return nil, err
		}
		rows.ids[i], rows.numbers[i], rows.cells[i] = services.NewID(), row.number, string(cells)
		rows.notes[i] = string(asJSON(append([]CellIssue{}, row.notes...)))
		rows.prints[i] = s.core.Keys.MAC("import rows", cells)
	}
	return rows, nil
}

// rowsPerStatement bounds one statement's size.
const rowsPerStatement = 5_000

func (r *newRows) queue(tx *services.Tx, importID uuid.UUID) {
	for from := 0; from < len(r.ids); from += rowsPerStatement {
		to := min(from+rowsPerStatement, len(r.ids))
		tx.Queue(`insert into import_rows (id, import_id, number, cells, notes, fingerprint, state)
			select t.id, $1, t.number, t.cells::jsonb, t.notes::jsonb, t.print, 'pending'
			from unnest($2::uuid[], $3::int[], $4::text[], $5::text[], $6::bytea[]) t(id, number, cells, notes, print)`,
			importID, r.ids[from:to], r.numbers[from:to], r.cells[from:to], r.notes[from:to], r.prints[from:to])
	}
}

// view reads what is told of an import beside its row.
func view(db *gorm.DB, i *models.Import) (*ImportView, error) {
	v := &ImportView{Import: *i, Notes: []string{}, Sample: []ImportSample{}, Fates: map[string]int{}, States: map[string]int{}}
	var err error
	if v.Columns, err = columnsOf(i); err != nil {
		return nil, err
	}
	if v.Options, err = options(i); err != nil {
		return nil, err
	}
	for _, c := range v.Columns {
		if c.Dropped != "" {
			v.Notes = append(v.Notes, fmt.Sprintf("Column %s was not kept: %s", c.Letter, droppedMeans[c.Dropped]))
		}
	}
	var counts []struct {
		Fate, State string
		Open        bool
		N           int
	}
	err = db.Raw(`select coalesce(fate, '') as fate, state, fate = 'duplicate' and decision is null as open, count(*) as n from import_rows where import_id = ? group by 1, 2, 3`, i.ID).
		Scan(&counts).Error
	if err != nil {
		return nil, err
	}
	for _, c := range counts {
		if c.Fate != "" {
			v.Fates[c.Fate] += c.N
		}
		v.States[c.State] += c.N
		if c.Open {
			v.Open += c.N
		}
	}
	var first []models.ImportRow
	if err := db.Select("number", "cells").Where("import_id = ?", i.ID).Order("number").Limit(5).Find(&first).Error; err != nil {
		return nil, err
	}
	for _, row := range first {
		sample := ImportSample{Number: row.Number}
		if err := json.Unmarshal(row.Cells, &sample.Cells); err != nil {
			return nil, err
		}
		v.Sample = append(v.Sample, sample)
	}
	return v, nil
}

var droppedMeans = map[string]string{
	"ssn":         "it looks like Social Security or taxpayer numbers. We never ask for them.",
	"dod_number":  "it looks like DoD numbers. We never ask for them.",
	"va_file":     "it looks like VA file or claim numbers. We never ask for them.",
	"diagnosis":   "it looks like diagnoses or other medical data. We never ask for them.",
	"disability":  "it looks like disability or a rating. We never ask for it.",
	"firearms":    "it looks like firearms owned. We never ask for them.",
	"immigration": "it looks like citizenship or immigration status. We never ask for it.",
}
