package records

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/accounts"
	"homefront/services/people"
)

// UndoMerge takes a merge back.
type UndoMerge struct {
	Reason string `json:"reason" minLength:"3" maxLength:"1000" doc:"Kept sealed in the audit log" example:"They are cousins of the same name"`
}

// Undo gives the loser back what still points at the winner and has not changed since: rows, places whose seats are free, fields,
// account, keys. What was made later stays with the winner; what changed since, or has no place to go back to, is left where it is
// and listed.
// Errors: not_found; forbidden own_record, role_above_own; invalid without a reason; conflict already_undone, undo_too_late,
// merged_again when the kept record was merged into a third: undo that one first.
func (s *Service) Undo(ctx context.Context, id uuid.UUID, in UndoMerge) (*MergeView, error) {
	return services.Mutate(ctx, s.core, "member.unmerge", func(tx *services.Tx) (*MergeView, error) {
		found, err := readMerge(tx, id)
		if err != nil {
			return nil, err
		}
		v, err := undo(tx, found)
		if err != nil {
			return nil, err
		}
		return v, tx.Because(found.LoserID, in.Reason)
	})
}

func undo(tx *services.Tx, found *models.Merge) (*MergeView, error) {
	if err := people.MayHandle(tx, found.WinnerID, found.LoserID); err != nil {
		return nil, err
	}
	if err := accounts.HoldAccounts(tx, found.WinnerID, found.LoserID); err != nil {
		return nil, err
	}
	winner, loser, err := people.HoldMembers(tx, found.WinnerID, found.LoserID)
	if err != nil {
		return nil, err
	}
	m, err := readMerge(tx, found.ID) // under the lock
	if err != nil {
		return nil, err
	}
	switch {
	case m.UndoneAt != nil:
		return nil, services.Conflict(CodeAlreadyUndone, "This merge was taken back before.")
	case !tx.Now().Before(m.UndoUntil):
		return nil, services.Conflict(CodeUndoTooLate, "A merge can be taken back for thirty days.")
	case winner.Status == models.MemberMerged || loser.MergedInto == nil || *loser.MergedInto != winner.ID:
		return nil, services.Conflict(CodeMergedAgain, "The kept record was merged into another since. Take that back first.")
	}
	moves, err := readMoves(tx, m.ID)
	if err != nil {
		return nil, err
	}
	u := &services.Unmerge{Tx: tx, Winner: m.WinnerID, Loser: m.LoserID, Moves: moves}
	for _, step := range mergeSteps {
		if err := step.unmerge(u); err != nil {
			return nil, err
		}
	}
	if err := lookForClashes(tx, m.WinnerID, m.LoserID); err != nil {
		return nil, err
	}
	before, at, by := *m, tx.Now(), tx.Actor().MemberID
	m.UndoneAt, m.UndoneBy = &at, &by
	tx.Queue(`update merges set undone_at = $2, undone_by = $3 where id = $1`, m.ID, at, by)
	var seqs []int
	var ends []string
	for i := range u.Moves {
		if end := u.Moves[i].Undone; end != nil {
			seqs, ends = append(seqs, u.Moves[i].Seq), append(ends, string(*end))
		}
	}
	tx.Queue(`update merge_moves m set undone = e.undone from unnest($2::int[], $3::text[]) e(seq, undone) where m.merge_id = $1 and m.seq = e.seq`, m.ID, seqs, ends)
	tx.Changed(before, *m)
	tx.Subject(m.WinnerID, m.LoserID)
	v := &MergeView{Merge: *m}
	v.tell(u.Moves)
	return v, nil
}

// MergePreview asks what a merge would do.
type MergePreview struct {
	With   uuid.UUID `query:"with" required:"true" doc:"The record whose history would move"`
	Fields []string  `query:"fields,explode" maxItems:"17" enum:"given_name,family_name,preferred_name,legal_name,former_names,pronouns,birth_date,gender,email,phone,address,language,time_zone,referral_source,needs,quiet_hours,safe_contact" doc:"What the kept record would take from the other"`
}

// Preview does the merge and takes it all back: what it answers is what Merge would, at this moment. The look at both records is
// logged. What stands against the merge is in the answer. Errors: not_found; forbidden own_record, role_above_own.
func (s *Service) Preview(ctx context.Context, winnerID uuid.UUID, in MergePreview) (v *MergeView, err error) {
	return services.Disclose(ctx, s.core, "member.merge_preview", func(d *services.Disclosure) (*MergeView, error) {
		d.Object(winnerID, in.With)
		err := d.Tx().Rehearse(func() (err error) {
			v, _, err = merge(d.Tx(), winnerID, MergeMember{LoserID: in.With, Fields: in.Fields})
			return err
		})
		var rule *services.Error
		switch {
		case errors.As(err, &rule) && rule.Kind == services.KindConflict:
			v = &MergeView{Merge: models.Merge{WinnerID: winnerID, LoserID: in.With, Fields: models.Texts[string]{}}, Obstacle: &Obstacle{rule.Code, rule.Message}}
			v.tell(nil)
		case err != nil:
			return nil, refused(d.Tx(), "member.merge_preview", err)
		}
		v.ID, v.Undoable = uuid.Nil, false
		d.Subject(winnerID, in.With)
		return v, nil
	})
}

// GetMerge shows a merge, and what would be left where it is if it were taken back now.
// Errors: not_found; forbidden own_record.
func (s *Service) GetMerge(ctx context.Context, id uuid.UUID) (*MergeView, error) {
	return services.Disclose(ctx, s.core, "merge.read", func(d *services.Disclosure) (*MergeView, error) {
		d.Object(id)
		m, err := readMerge(d.Tx(), id)
		if err != nil {
			return nil, err
		}
		if err := people.MayHandle(d.Tx(), m.WinnerID, m.LoserID); err != nil {
			return nil, refused(d.Tx(), "merge.read", err)
		}
		d.Subject(m.WinnerID, m.LoserID)
		moves, err := readMoves(d.Tx(), id)
		if err != nil {
			return nil, err
		}
		v := &MergeView{Merge: *m}
		v.tell(moves)
		if !m.Undoable(d.Tx().Now()) {
			return v, nil
		}
		var after *MergeView
		err = d.Tx().Rehearse(func() (err error) {
			after, err = undo(d.Tx(), m)
			return err
		})
		if err != nil {
			return v, onlyKnown(err)
		}
		v.Undoable, v.Left = true, after.Left
		return v, nil
	})
}
