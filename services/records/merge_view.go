package records

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// MergeView is a merge with what it did.
type MergeView struct {
	models.Merge
	Undoable    bool                     `json:"undoable" doc:"It stands, and can be taken back as things are now"`
	Differences []models.MergeDifference `json:"differences" nullable:"false" doc:"In what the two records differed, and which value the kept one has; when merging and in a preview only"`
	Records     []MergedRecords          `json:"records" nullable:"false" doc:"How many rows of each kind moved, were changed, superseded or removed, and how many stay with the other record"`
	Ended       []MergedRow              `json:"ended" nullable:"false" doc:"What gave way to the kept record's own, or ended with the merge: places, consents, help requests, links; the first hundred"`
	Obstacle    *Obstacle                `json:"obstacle" doc:"Preview: what stands against the merge, with the code and words that the merge would answer; null when nothing does"`
	Left        []MergedRow              `json:"left" nullable:"false" doc:"Undo: what is left where it is, because it changed since or its place is taken. Before it, what would be; the first hundred"`
}

// Obstacle is why two records cannot be made one as they are.
type Obstacle struct {
	Code    services.Code `json:"code" example:"children_first"`
	Message string        `json:"message" example:"Both have entered a child with the same name and birth date. Merge the children first."`
}

// MergedRecords counts what a merge did to the rows of one kind.
type MergedRecords struct {
	Record     string `json:"record" example:"registrations"`
	Moved      int    `json:"moved" example:"3"`
	Changed    int    `json:"changed"`
	Superseded int    `json:"superseded" example:"1"`
	Removed    int    `json:"removed"`
	Kept       int    `json:"kept"`
	Restored   int    `json:"restored" doc:"After an undo: how many of these were put back"`
	Left       int    `json:"left" doc:"After an undo: how many were not"`
}

// MergedRow names one row.
type MergedRow struct {
	Record string    `json:"record" example:"registrations"`
	ID     uuid.UUID `json:"id"`
	Field  string    `json:"field,omitempty" doc:"Of members only: which part of the kept record, such as address or phone; it was edited since the merge and stays as it is" example:"phone"`
}

// untold are tables whose rows a merge moves and says nothing of: who looks at merges need not know of separations, and the rest
// means nothing to people. Of the kept record's own fields it tells which an undo could not put back.
var untold = []string{"separations", "member_holds", "member_restrictions", "subject_keys", "duplicate_pairs", "members"}

const mostRows = 100

// tell counts the moves.
func (v *MergeView) tell(moves []models.MergeMove) {
	v.Records, v.Ended, v.Left = []MergedRecords{}, []MergedRow{}, []MergedRow{}
	if v.Differences == nil {
		v.Differences = []models.MergeDifference{}
	}
	for i := range moves {
		move := &moves[i]
		if move.Table == "members" && move.ColumnName != "" && move.What == models.MoveChanged && move.Undone != nil && *move.Undone == models.MoveLeft && len(v.Left) < mostRows {
			v.Left = append(v.Left, MergedRow{move.Table, move.RowID, move.ColumnName})
		}
		if slices.Contains(untold, move.Table) {
			continue
		}
		row := MergedRow{Record: move.Table, ID: move.RowID}
		if (move.What == models.MoveSuperseded || move.What == models.MoveRemoved) && len(v.Ended) < mostRows {
			v.Ended = append(v.Ended, row)
		}
		n := v.of(move.Table)
		switch move.What {
		case models.MoveMoved:
			n.Moved++
		case models.MoveChanged:
			n.Changed++
		case models.MoveSuperseded:
			n.Superseded++
		case models.MoveRemoved:
			n.Removed++
		case models.MoveKept:
			n.Kept++
		}
		switch {
		case move.Undone == nil:
		case *move.Undone == models.MoveRestored:
			n.Restored++
		default:
			n.Left++
			if len(v.Left) < mostRows && !slices.Contains(v.Left, row) {
				v.Left = append(v.Left, row)
			}
		}
	}
}

func (v *MergeView) of(table string) *MergedRecords {
	i := slices.IndexFunc(v.Records, func(r MergedRecords) bool { return r.Record == table })
	if i < 0 {
		v.Records, i = append(v.Records, MergedRecords{Record: table}), len(v.Records)
	}
	return &v.Records[i]
}

// refused has the log tell of a look at one's own record that was turned down.
func refused(tx *services.Tx, action string, err error) error {
	var own *services.Error
	if errors.As(err, &own) && own.Kind == services.KindForbidden {
		return tx.Refused(action, own)
	}
	return err
}

// onlyKnown keeps errors that are no answer of a rule.
func onlyKnown(err error) error {
	var rule *services.Error
	if errors.As(err, &rule) && (rule.Kind == services.KindConflict || rule.Kind == services.KindForbidden) {
		return nil
	}
	return err
}

// MergeSummary is a merge in a list.
type MergeSummary struct {
	models.Merge
	Undoable bool                 `json:"undoable" gorm:"-" doc:"It stands, and its thirty days are not over"`
	Winner   people.MemberSummary `json:"winner" gorm:"-"`
	Loser    people.MemberSummary `json:"loser" gorm:"-"`
}

// MergeFilter picks merges of the list.
type MergeFilter struct {
	services.PageQuery
	MemberID uuid.UUID `query:"member_id" doc:"Only those of this member, on either side"`
}

var mergeList = services.List[MergeSummary]{
	IDColumn: "merges.id", ID: func(m MergeSummary) uuid.UUID { return m.ID }, Default: "-merged_at",
	Sorts: []services.Sort[MergeSummary]{{Name: "merged_at", Column: "merges.merged_at", Cast: "timestamptz", Key: func(m MergeSummary) any { return m.MergedAt.UTC().Format(time.RFC3339Nano) }}},
}

// Merges lists what was merged, the latest first; those of the caller and of people close to them are left to colleagues.
// Errors: those of a list.
func (s *Service) Merges(ctx context.Context, f MergeFilter) (services.Page[MergeSummary], error) {
	return services.Read(ctx, s.core, func(db *gorm.DB) (services.Page[MergeSummary], error) {
		actor, err := services.ActorFrom(ctx)
		if err != nil {
			return services.Page[MergeSummary]{}, err
		}
		now := s.core.Clock.Now()
		q := db.Table("merges").Select("merges.id, merges.winner_id, merges.loser_id, merges.merged_by, merges.merged_at, merges.undo_until, merges.undone_at, merges.undone_by, merges.fields").
			Scopes(actor.NotOwn("merges.winner_id", now), actor.NotOwn("merges.loser_id", now))
		if f.MemberID != uuid.Nil {
			q = q.Where("merges.id in (select id from merges where winner_id = ? union select id from merges where loser_id = ?)", f.MemberID, f.MemberID)
		}
		page, err := mergeList.Find(ctx, s.core, q, f.PageQuery)
		if err != nil {
			return page, err
		}
		var ids []uuid.UUID
		for _, m := range page.Data {
			ids = append(ids, m.WinnerID, m.LoserID)
		}
		who, err := people.Summaries(db, ids)
		for i := range page.Data {
			m := &page.Data[i]
			m.Undoable, m.Winner, m.Loser = m.Merge.Undoable(now), who[m.WinnerID], who[m.LoserID]
		}
		return page, err
	})
}
