package imports

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// ImportRowView is a row with what would become of it, or what did.
type ImportRowView struct {
	Number   int              `json:"number" doc:"As the spreadsheet program counts" example:"17"`
	Cells    []string         `json:"cells" nullable:"false" doc:"In the order of the import's columns; cells at the end that hold nothing are left out"`
	Fate     *models.Fate     `json:"fate" nullable:"true" enum:"create,update,unchanged,duplicate,error,skipped" doc:"Null until checked"`
	Errors   []CellIssue      `json:"errors" nullable:"false" doc:"What is wrong with which cell; with ignored set the row is taken all the same"`
	Changes  []string         `json:"changes" nullable:"false" doc:"Of an update, the fields that change"`
	Matches  []ImportMatch    `json:"matches" nullable:"false" doc:"Whom the row may be about, the likeliest first"`
	Decision *models.Decision `json:"decision" nullable:"true" enum:"create,update,skip"`
	State    models.RowState  `json:"state" enum:"pending,written,left,rolled_back,kept"`
	MemberID *uuid.UUID       `json:"member_id" nullable:"true" doc:"Whom the row entered or changed"`
	Why      string           `json:"why" doc:"Why a row was left (error, unchanged, skipped, decided, undecided, changed_since, match_gone, handled_by_colleague, record_invalid) or kept by a roll-back (changed_since, used_since, closed, gone, record_invalid)"`
	id       uuid.UUID
}

// rowViews are rows as actor may see them: without matches that have been closed to them since the check.
func (s *Service) rowViews(db *gorm.DB, actor *services.Actor, rows []models.ImportRow) ([]ImportRowView, error) {
	views := make([]ImportRowView, len(rows))
	var ids, open []uuid.UUID
	for n, row := range rows {
		var err error
		if views[n], err = rowView(row); err != nil {
			return nil, err
		}
		for _, m := range views[n].Matches {
			if m.MemberID != nil {
				ids = append(ids, *m.MemberID)
			}
		}
	}
	if len(ids) == 0 {
		return views, nil
	}
	err := db.Table("members").Where("members.id IN ?", ids).Scopes(actor.NotOwn("members.id", s.core.Clock.Now())).Pluck("members.id", &open).Error
	for n := range views {
		views[n].Matches = slices.DeleteFunc(views[n].Matches, func(m ImportMatch) bool { return m.MemberID != nil && !slices.Contains(open, *m.MemberID) })
	}
	return views, err
}

func (s *Service) seenRow(tx *services.Tx, row models.ImportRow) (*ImportRowView, error) {
	views, err := s.rowViews(tx.DB, tx.Actor(), []models.ImportRow{row})
	if err != nil {
		return nil, err
	}
	return &views[0], nil
}

func rowView(row models.ImportRow) (ImportRowView, error) {
	v := ImportRowView{Number: row.Number, Cells: []string{}, Fate: row.Fate, Errors: []CellIssue{}, Changes: append([]string{}, row.Changes...), Matches: []ImportMatch{},
		Decision: row.Decision, State: row.State, MemberID: row.MemberID, Why: row.Why, id: row.ID}
	return v, errors.Join(json.Unmarshal(row.Cells, &v.Cells), json.Unmarshal(row.Errors, &v.Errors), json.Unmarshal(row.Matches, &v.Matches))
}

// RowFilter picks rows of an import.
type RowFilter struct {
	services.PageQuery
	Fate      []models.Fate     `query:"fate,explode" maxItems:"6" enum:"create,update,unchanged,duplicate,error,skipped" doc:"Only of these fates"`
	State     []models.RowState `query:"state,explode" maxItems:"5" enum:"pending,written,left,rolled_back,kept" doc:"Only in these states"`
	Undecided bool              `query:"undecided" doc:"Only duplicates without a decision"`
}

var rowList = services.List[models.ImportRow]{
	IDColumn: "import_rows.id",
	ID:       func(r models.ImportRow) uuid.UUID { return r.ID },
	Sorts: []services.Sort[models.ImportRow]{
		{Name: "number", Column: "import_rows.number", Cast: "int", Key: func(r models.ImportRow) any { return r.Number }},
		{Name: "score", Column: "import_rows.score", Cast: "int", Key: func(r models.ImportRow) any { return r.Score }},
	},
	Default: "number",
}

// handled is the scope of the rows of an import that actor may see: a record may have been closed to them since.
func (s *Service) handled(db *gorm.DB, actor *services.Actor, id uuid.UUID) *gorm.DB {
	now := s.core.Clock.Now()
	return db.Model(&models.ImportRow{}).Where("import_rows.import_id = ?", id).Scopes(actor.NotOwn("import_rows.member_id", now), actor.NotOwn("import_rows.match_id", now))
}

// Rows pages through an import's rows. Errors: not_found; those of a list.
func (s *Service) Rows(ctx context.Context, id uuid.UUID, f RowFilter) (*services.Page[ImportRowView], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (*services.Page[ImportRowView], error) {
		if _, err := find(db, actor, id); err != nil {
			return nil, err
		}
		q := s.handled(db, actor, id)
		if len(f.Fate) > 0 {
			q = q.Where("import_rows.fate IN ?", f.Fate)
		}
		if len(f.State) > 0 {
			q = q.Where("import_rows.state IN ?", f.State)
		}
		if f.Undecided {
			q = q.Where("import_rows.fate = 'duplicate' AND import_rows.decision IS NULL")
		}
		rows, err := rowList.Find(ctx, s.core, q, f.PageQuery)
		if err != nil {
			return nil, err
		}
		views, err := s.rowViews(db, actor, rows.Data)
		return &services.Page[ImportRowView]{Data: views, NextCursor: rows.NextCursor, Total: rows.Total}, err
	})
}

// DecideRow is what a coordinator says of one row; null takes it back.
type DecideRow struct {
	Decision services.Field[models.Decision] `json:"decision,omitzero" required:"false" nullable:"true" enum:"create,update,skip"`
}

// DecideRow decides on one row. Errors: not_found; conflict import_state before the check and after the row was written;
// invalid not_possible for a decision that the row's fate does not take.
func (s *Service) DecideRow(ctx context.Context, id uuid.UUID, number int, in DecideRow) (*ImportRowView, error) {
	return services.Mutate(ctx, s.core, "import.decide", func(tx *services.Tx) (*ImportRowView, error) {
		i, err := decidable(tx, id)
		if err != nil {
			return nil, err
		}
		var rows []models.ImportRow
		if err := s.handled(tx.DB, tx.Actor(), i.ID).Where("import_rows.number = ?", number).Limit(1).Find(&rows).Error; err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			return nil, services.NotFound("row")
		}
		row, before := &rows[0], rows[0]
		if !in.Decision.Set {
			tx.Unchanged()
			return s.seenRow(tx, *row)
		}
		if row.State != models.RowPending && row.Why != "undecided" || row.Fate == nil {
			return nil, services.Conflict("row_settled", "This row has been worked off already.")
		}
		row.Decision = in.Decision.Value
		if row.Decision != nil && !possible(row) {
			return nil, services.InvalidField("/decision", "not_possible", "Rows with errors, repeated and unchanged rows can only be skipped; somebody new cannot be an update.")
		}
		tx.Changed(before, *row)
		if err := tx.DB.Model(&models.ImportRow{}).Where("id = ?", row.ID).Select("decision").Updates(row).Error; err != nil {
			return nil, err
		}
		return s.seenRow(tx, *row)
	})
}

func possible(row *models.ImportRow) bool {
	switch *row.Fate {
	case models.FateDuplicate, models.FateUpdate:
		return true
	case models.FateCreate:
		return *row.Decision != models.DecideUpdate
	}
	return *row.Decision == models.DecideSkip
}

func decidable(tx *services.Tx, id uuid.UUID) (*models.Import, error) {
	i, err := locked(tx, id)
	if err != nil {
		return nil, err
	}
	if i.Status != models.ImportChecked && i.Status != models.ImportPaused && i.Status != models.ImportDone && i.Status != models.ImportFailed || i.PurgedAt != nil {
		return nil, wrongState(i)
	}
	return i, nil
}

// DecideRows decides on the duplicates of an import by how close they are.
type DecideRows struct {
	Decision models.Decision `json:"decision" enum:"create,update,skip"`
	MinScore int             `json:"min_score,omitempty" minimum:"0" maximum:"100" doc:"Only duplicates whose best match has at least this score" example:"90"`
	MaxScore int             `json:"max_score,omitempty" minimum:"0" maximum:"100" default:"100" doc:"And at most this one" example:"100"`
	Again    bool            `json:"again,omitempty" doc:"Those decided before too"`
}

// RowsDecided says how many rows were decided on.
type RowsDecided struct {
	Rows int `json:"rows" example:"41"`
}

// DecideRows decides on all duplicates within a range of scores. Errors: not_found; conflict import_state.
func (s *Service) DecideRows(ctx context.Context, id uuid.UUID, in DecideRows) (*RowsDecided, error) {
	return services.Mutate(ctx, s.core, "import.decide", func(tx *services.Tx) (*RowsDecided, error) {
		i, err := decidable(tx, id)
		if err != nil {
			return nil, err
		}
		if in.MaxScore == 0 {
			in.MaxScore = 100
		}
		q := s.handled(tx.DB, tx.Actor(), i.ID).Where("import_rows.fate = 'duplicate' AND (import_rows.state = 'pending' OR import_rows.why = 'undecided')").
			Where("import_rows.score BETWEEN ? AND ?", in.MinScore, in.MaxScore)
		if !in.Again {
			q = q.Where("import_rows.decision IS NULL")
		}
		done := q.Update("decision", in.Decision)
		tx.Object(i.ID)
		tx.Unchanged()
		return &RowsDecided{int(done.RowsAffected)}, done.Error
	})
}

// Problems is a file of the rows that somebody has to look at: every error, every duplicate, and what was left or kept.
// The look is logged. Errors: not_found.
func (s *Service) Problems(ctx context.Context, id uuid.UUID) ([]byte, error) {
	return services.Disclose(ctx, s.core, "import.problems", func(d *services.Disclosure) ([]byte, error) {
		actor := d.Tx().Actor()
		i, err := find(d.DB, actor, id)
		d.Object(id)
		if err != nil {
			return nil, err
		}
		columns, err := columnsOf(i)
		if err != nil {
			return nil, err
		}
		var out bytes.Buffer
		w := newCSV(&out)
		head := []string{"Row", "Fate", "Problem", "Cell", "What to do", "Looks like"}
		for _, c := range columns {
			head = append(head, c.Name)
		}
		if err := w.Write(safeCells(head)); err != nil {
			return nil, err
		}
		for last := 0; ; {
			var rows []models.ImportRow
			err := s.handled(d.DB, actor, id).Where("import_rows.number > ? AND (import_rows.fate IN ('error', 'duplicate') OR import_rows.errors <> '[]' OR import_rows.state = 'kept')", last).
				Order("import_rows.number").Limit(batch).Find(&rows).Error
			if err != nil || len(rows) == 0 {
				w.Flush()
				return out.Bytes(), errors.Join(err, w.Error())
			}
			views, err := s.rowViews(d.DB, actor, rows)
			if err != nil {
				return nil, err
			}
			for _, v := range views {
				if err := writeProblems(w, v); err != nil {
					return nil, err
				}
			}
			last = rows[len(rows)-1].Number
		}
	})
}

func writeProblems(w *csv.Writer, v ImportRowView) error {
	fate := ""
	if v.Fate != nil {
		fate = string(*v.Fate)
	}
	var like []string
	for _, m := range v.Matches {
		whom := "row " + itoa(m.Row)
		if m.MemberID != nil {
			whom = "member " + m.MemberID.String()
		}
		like = append(like, whom+" ("+itoa(m.Score)+": "+strings.Join(m.Reasons, ", ")+")")
	}
	issues := v.Errors
	if len(issues) == 0 {
		issues = []CellIssue{{Code: services.Code(cmpOr(v.Why, fate)), Message: ""}}
	}
	for _, issue := range issues {
		line := append([]string{itoa(v.Number), fate, string(issue.Code), issue.Cell, issue.Message, strings.Join(like, "; ")}, v.Cells...)
		if err := w.Write(safeCells(line)); err != nil {
			return err
		}
	}
	return nil
}
