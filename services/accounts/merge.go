package accounts

import (
	"slices"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

var links = services.Links(
	services.Link{Table: "accounts", Column: "member_id", Unless: "exists (select from accounts w where w.member_id = $1)"},
	services.Link{Table: "invitations", Column: "member_id"},
	services.Link{Table: "invitations", Column: "invited_by"},
)

// HoldAccounts locks the accounts of two members that are to be merged, or were, with those of all admins, in the order of
// their ids; it comes before any other lock.
// Errors: forbidden role_above_own when one of the accounts has a role that the caller may not give or take; conflict
// last_admin when the one that would be closed is the last admin's.
func HoldAccounts(tx *services.Tx, winner, loser uuid.UUID) error {
	tx.Locks(services.LockAccounts)
	var rows []models.Account
	err := tx.DB.Raw(`select * from accounts where member_id in (?, ?) or id = ? or (status = 'active' and roles @> '{admin}') order by id for no key update`,
		winner, loser, tx.Actor().AccountID).Scan(&rows).Error
	if err != nil || tx.Actor().Kind == models.ActorSystem {
		return err
	}
	of := func(member uuid.UUID) *models.Account {
		if i := slices.IndexFunc(rows, func(a models.Account) bool { return a.MemberID == member }); i >= 0 {
			return &rows[i]
		}
		return nil
	}
	own := slices.IndexFunc(rows, func(a models.Account) bool { return a.ID == tx.Actor().AccountID })
	for _, a := range []*models.Account{of(winner), of(loser)} {
		if a != nil && a.Staff() && (own < 0 || !rows[own].Active() || !rows[own].MayChange(a.Roles...)) {
			return errRoleAbove
		}
	}
	closes := of(loser)
	if closes != nil && of(winner) != nil && closes.IsAdmin() && !slices.ContainsFunc(rows, func(a models.Account) bool { return a.ID != closes.ID && a.IsAdmin() }) {
		return errLastAdmin
	}
	return nil
}

// Merge gives the winner the loser's account with its sessions, when the winner has none. When both have one, the loser's is
// closed: every session ends, nobody signs in with it, and it stays for an undo.
func Merge(m *services.Merge) error {
	closes, err := m.Find(`select a.id from accounts a where a.member_id = $2 and exists (select from accounts w where w.member_id = $1)`, m.Winner, m.Loser)
	if err != nil {
		return err
	}
	if err := m.Rewrite(models.MoveSuperseded, "accounts", closes, `update accounts set status = 'suspended' where id = any($1)`); err != nil {
		return err
	}
	for _, id := range closes {
		if _, err := endSessions(m.Tx, id, uuid.Nil, models.EndMerged); err != nil {
			return err
		}
	}
	if err := m.Move(links...); err != nil {
		return err
	}
	touch(m.Tx, m.Winner, m.Loser)
	return nil
}

// Unmerge gives the account back, or opens it again. Its sessions stay ended.
func Unmerge(u *services.Unmerge) error {
	touch(u.Tx, u.Winner, u.Loser)
	if err := u.Back("accounts", "invitations"); err != nil {
		return err
	}
	touch(u.Tx, u.Winner, u.Loser)
	return nil
}

// touch has every replica read anew whose accounts these are.
func touch(tx *services.Tx, members ...uuid.UUID) {
	tx.Queue(`update accounts set auth_changed_at = $2, updated_at = $2, version = version + 1 where member_id = any($1)`, members, tx.Now())
}
