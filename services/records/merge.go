package records

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/models"
	"homefront/services"
	"homefront/services/accounts"
	"homefront/services/calendar"
	"homefront/services/coaching"
	"homefront/services/forms"
	"homefront/services/imports"
	"homefront/services/notices"
	"homefront/services/outreach"
	"homefront/services/people"
	"homefront/services/programs"
	"homefront/services/tasks"
	"homefront/services/workshops"
)

// mergeSteps are how each domain gives the winner what is the loser's, and back. Accounts and members are locked before the
// first; coaching, calendar, workshops and programs come first for the order of locks, and a help request is locked before the task that stands for it.
var mergeSteps = []struct {
	merge   func(*services.Merge) error
	unmerge func(*services.Unmerge) error
}{
	{coaching.Merge, coaching.Unmerge}, {calendar.Merge, calendar.Unmerge}, {workshops.Merge, workshops.Unmerge}, {programs.Merge, programs.Unmerge}, {forms.Merge, forms.Unmerge},
	{outreach.Merge, outreach.Unmerge}, {tasks.Merge, tasks.Unmerge}, {notices.Merge, notices.Unmerge},
	{people.Merge, people.Unmerge}, {accounts.Merge, accounts.Unmerge}, {imports.Merge, imports.Unmerge},
	{mergeOwn, unmergeOwn}, {services.MergeKeys, services.UnmergeKeys},
}

const whoMerged = "who merged whom, and who took it back, is history"

var links = services.Links(
	services.Link{Table: "deaths", Column: "member_id", Unless: "t.status in ('reported', 'confirmed') and exists (select from deaths w where w.member_id = $1 and w.status in ('reported', 'confirmed'))"},
	services.Link{Table: "deaths", Column: "reported_by", Unless: "$1 in (t.member_id, t.confirmed_by)"},
	services.Link{Table: "deaths", Column: "confirmed_by", Unless: "$1 in (t.member_id, t.reported_by)"},
	services.Link{Table: "deaths", Column: "closed_by"},
	services.Link{Table: "duplicate_pairs", Column: "first_id", Stays: "a pair is of two records; an open one goes, the others are history"},
	services.Link{Table: "duplicate_pairs", Column: "second_id", Stays: "as the first"},
	services.Link{Table: "duplicate_pairs", Column: "closed_by"},
	services.Link{Table: "merges", Column: "winner_id", Stays: whoMerged},
	services.Link{Table: "merges", Column: "loser_id", Stays: whoMerged},
	services.Link{Table: "merges", Column: "merged_by", Stays: whoMerged},
	services.Link{Table: "merges", Column: "undone_by", Stays: whoMerged},
)

// mergeOwn settles the pair that the two were, and drops what else the loser seemed to be: the search finds it of the winner.
func mergeOwn(m *services.Merge) error {
	pair, err := m.Find(`select id from duplicate_pairs where first_id = least($1::uuid, $2::uuid) and second_id = greatest($1::uuid, $2::uuid) for no key update`, m.Winner, m.Loser)
	if err != nil {
		return err
	}
	err = m.Rewrite(models.MoveSuperseded, "duplicate_pairs", pair, `update duplicate_pairs set status = 'merged', closed_at = $2, closed_by = $3 where id = any($1)`, m.Tx.Now(), m.By)
	if err != nil {
		return err
	}
	if err := m.Remove("duplicate_pairs", "id", "t.status = 'open' and $1 in (t.first_id, t.second_id)", m.Loser); err != nil {
		return err
	}
	return m.Move(links...)
}

func unmergeOwn(u *services.Unmerge) error { return u.Back("deaths", "duplicate_pairs") }

// The codes of merges.
const (
	CodeAlreadyUndone services.Code = "already_undone"
	CodeUndoTooLate   services.Code = "undo_too_late"
	CodeMergedAgain   services.Code = "merged_again"
)

var _ = services.Meanings(map[string]*services.Error{
	"merges_one_live": services.Conflict(people.CodeAlreadyMerged, "One of these records was merged before. Read it: merged_into says which one was kept."),
})

// MergeMember says which record ends in the one that is kept.
type MergeMember struct {
	LoserID uuid.UUID `json:"loser_id" doc:"The record whose history moves; it goes on answering, with merged_into"`
	Fields  []string  `json:"fields,omitempty" maxItems:"17" enum:"given_name,family_name,preferred_name,legal_name,former_names,pronouns,birth_date,gender,email,phone,address,language,time_zone,referral_source,needs,quiet_hours,safe_contact" doc:"What the kept record takes from the other where both say something"`
	Reason  string    `json:"reason" minLength:"3" maxLength:"1000" doc:"Kept sealed in the audit log" example:"Signed up twice; she confirmed by telephone"`
}

// Merge makes two records one: the winner's stays, all that is the loser's moves to it, and the loser's answers with its id
// from then on. Where both have something that one person has once, the winner's stays and the loser's is superseded or ends; a
// seat that is freed goes to who waits. The moves are kept for thirty days, in which Undo takes them back.
// Errors: not_found; forbidden own_record, role_above_own; invalid without a reason; conflict same_person, already_merged,
// one_deceased, child_and_adult, children_first, ask_colleague, loser_coaches, double_booked, last_admin.
func (s *Service) Merge(ctx context.Context, winnerID uuid.UUID, in MergeMember) (*MergeView, error) {
	return services.Mutate(ctx, s.core, "member.merge", func(tx *services.Tx) (*MergeView, error) {
		v, m, err := merge(tx, winnerID, in)
		if err != nil {
			return nil, err
		}
		if err := tx.Because(winnerID, in.Reason); err != nil {
			return nil, err
		}
		keepMoves(tx, v.ID, 0, m.Moves)
		tx.Changed(nil, v.Merge)
		return v, tx.Enqueue(FollowMerge{v.ID}, tx.Now().Add(followAfter))
	})
}

// merge does it all but to keep the moves.
func merge(tx *services.Tx, winnerID uuid.UUID, in MergeMember) (*MergeView, *services.Merge, error) {
	if err := people.MayHandle(tx, winnerID, in.LoserID); err != nil { // before anything tells of an account
		return nil, nil, err
	}
	if err := accounts.HoldAccounts(tx, winnerID, in.LoserID); err != nil {
		return nil, nil, err
	}
	winner, loser, err := people.HoldMembers(tx, winnerID, in.LoserID)
	if err != nil {
		return nil, nil, err
	}
	if err := people.CheckMerge(tx, winner, loser); err != nil {
		return nil, nil, err
	}
	image, err := json.Marshal(loser)
	if err != nil {
		return nil, nil, err
	}
	before, kept, by := *winner, *winner, tx.Actor().MemberID
	v := &MergeView{Merge: models.Merge{ID: services.NewID(), WinnerID: winnerID, LoserID: in.LoserID, MergedBy: by, MergedAt: tx.Now(),
		UndoUntil: tx.Now().Add(models.MergeUndoFor), LoserBefore: image}}
	v.Differences = models.MergeMembers(&kept, loser, in.Fields)
	v.Fields = models.Texts[string]{}
	for _, d := range v.Differences {
		if d.Takes == "loser" {
			v.Fields = append(v.Fields, d.Field)
		}
	}
	tx.Queue(`insert into merges (id, winner_id, loser_id, merged_by, merged_at, undo_until, fields, loser_before) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
		v.ID, v.WinnerID, v.LoserID, v.MergedBy, v.MergedAt, v.UndoUntil, []string(v.Fields), string(image))
	m := &services.Merge{Tx: tx, Winner: winnerID, Loser: in.LoserID, By: by}
	if err := people.StoreMerged(m, kept, *loser); err != nil {
		return nil, nil, err
	}
	tx.Changed(before, kept)
	tx.Subject(winnerID, in.LoserID)
	if err := move(m); err != nil {
		return nil, nil, err
	}
	if err := lookForClashes(tx, winnerID); err != nil {
		return nil, nil, err
	}
	v.tell(m.Moves)
	v.Undoable = true
	return v, m, nil
}

func move(m *services.Merge) error {
	for _, step := range mergeSteps {
		if err := step.merge(m); err != nil {
			return err
		}
	}
	return nil
}

// lookForClashes gives staff a task for everybody from whom one of these members is kept apart, and with whom they have a place in
// the same workshop or cohort by now: a merge brings both sides, and an undo does.
func lookForClashes(tx *services.Tx, members ...uuid.UUID) error {
	var ids []uuid.UUID
	err := tx.Batch(services.Statement{SQL: `select id from separations where status = 'live' and (ends_on is null or ends_on >= $2) and (first_id = any($1) or second_id = any($1)) order by id`,
		Args: []any{members, models.SeparationDay(tx.Now()).Time}, Scan: func(rows pgx.Rows) (err error) {
			ids, err = pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
			return err
		}})
	for _, id := range ids {
		both := SeparationView{Record: models.Record{ID: id}}
		if err := both.askAboutClashes(tx); err != nil {
			return err
		}
	}
	return err
}

// keepMoves stores what was done, from a place in the order on.
func keepMoves(tx *services.Tx, id uuid.UUID, from int, moves []models.MergeMove) {
	n := len(moves)
	tables, rows, columns, whats, before, after := make([]string, n), make([]uuid.UUID, n), make([]string, n), make([]string, n), make([]*string, n), make([]*string, n)
	text := func(raw *json.RawMessage) *string {
		if raw == nil {
			return nil
		}
		s := string(*raw)
		return &s
	}
	for i := range moves {
		m := &moves[i]
		tables[i], rows[i], columns[i], whats[i], before[i], after[i] = m.Table, m.RowID, m.ColumnName, string(m.What), text(m.Before), text(m.After)
	}
	tx.Queue(`insert into merge_moves (merge_id, seq, table_name, row_id, column_name, what, before, after)
		select $1, $2::int + n, t, r, c, w, b::jsonb, a::jsonb from unnest($3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[]) with ordinality m(t, r, c, w, b, a, n)`,
		id, from, tables, rows, columns, whats, before, after)
}

// followAfter is longer than any transaction of ours runs: what named the loser while the merge went on has committed by then.
const followAfter = 15 * time.Second

// FollowMerge is the job that moves what was written about the loser while two records were merged.
type FollowMerge struct {
	MergeID uuid.UUID `json:"merge_id"`
}

// Kind implements services.JobArgs.
func (FollowMerge) Kind() string { return "merge.follow" }

func (s *Service) followMerge(ctx context.Context, args FollowMerge) error {
	_, err := services.Mutate(ctx, s.core, "merge.follow", func(tx *services.Tx) (*struct{}, error) {
		tx.Unchanged()
		found, err := readMerge(tx, args.MergeID)
		if err != nil {
			return nil, err
		}
		if err := accounts.HoldAccounts(tx, found.WinnerID, found.LoserID); err != nil {
			return nil, err
		}
		winner, loser, err := people.HoldMembers(tx, found.WinnerID, found.LoserID)
		if err != nil || winner.Gone() && winner.Status == models.MemberMerged || loser.MergedInto == nil || *loser.MergedInto != winner.ID {
			return nil, err
		}
		if found, err = readMerge(tx, args.MergeID); err != nil || found.UndoneAt != nil { // under the lock: the two may be one by a later merge
			return nil, err
		}
		var last int
		err = tx.Batch(services.Statement{SQL: `select coalesce(max(seq), 0) from merge_moves where merge_id = $1`, Args: []any{found.ID}, Scan: services.ScanOne("merge", &last)})
		if err != nil {
			return nil, err
		}
		m := &services.Merge{Tx: tx, Winner: winner.ID, Loser: loser.ID, By: found.MergedBy}
		if err := move(m); err != nil {
			return nil, err
		}
		var late []models.MergeMove
		for _, one := range m.Moves {
			if one.What != models.MoveKept {
				late = append(late, one)
			}
		}
		if len(late) > 0 {
			tx.Object(found.ID)
			tx.Subject(winner.ID, loser.ID)
			keepMoves(tx, found.ID, last, late)
			return nil, lookForClashes(tx, winner.ID)
		}
		return nil, nil
	})
	var gone *services.Error
	if errors.As(err, &gone) && gone.Kind == services.KindConflict {
		return nil // it stands against a rule by now: staff see to it
	}
	return err
}

func readMerge(tx *services.Tx, id uuid.UUID) (*models.Merge, error) {
	var rows []models.Merge
	err := tx.DB.Where("id = ?", id).Omit("loser_before").Limit(1).Find(&rows).Error
	if err == nil && len(rows) == 0 {
		err = services.NotFound("merge")
	}
	if err != nil {
		return nil, err
	}
	return &rows[0], nil
}

func readMoves(tx *services.Tx, id uuid.UUID) (moves []models.MergeMove, err error) {
	err = tx.Batch(services.Statement{SQL: `select seq, table_name, row_id, column_name, what, before::text, after::text, undone from merge_moves where merge_id = $1 order by seq`,
		Args: []any{id}, Scan: func(rows pgx.Rows) error {
			for rows.Next() {
				one := models.MergeMove{MergeID: id}
				var before, after *string
				if err := rows.Scan(&one.Seq, &one.Table, &one.RowID, &one.ColumnName, &one.What, &before, &after, &one.Undone); err != nil {
					return err
				}
				one.Before, one.After = rawText(before), rawText(after)
				moves = append(moves, one)
			}
			return nil
		}})
	return moves, err
}

func rawText(s *string) *json.RawMessage {
	if s == nil {
		return nil
	}
	raw := json.RawMessage(*s)
	return &raw
}
