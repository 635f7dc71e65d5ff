package accounts

import (
	"github.com/google/uuid"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
)

// errDeceased keeps the account of somebody who has died from being opened by another way than taking the death back.
var errDeceased = services.Conflict("member_deceased", "This person's death was confirmed. Take that back first; the account comes back with it.")

// errMerged keeps the account that a merge closed closed: its record is part of another, which has an account of its own.
var errMerged = services.Conflict("member_merged", "This record was merged into another one, and its account was closed by that. Take the merge back first; the account comes back with it.")

// heldAccount is what must be known of an account to give it back.
type heldAccount struct {
	Status models.AccountStatus `json:"status"`
}

// Depart ends the sign-in of somebody who has died: the account, every session and refresh token with it, invitations to
// an account and mailed links. Nobody ends the account of somebody whose roles they may not grant. It locks the account
// before the person, as every use case does: LateAccount then tells of one that was made meanwhile.
// Errors: forbidden role_above_own.
func Depart(tx *services.Tx, memberID uuid.UUID) (out []models.DeathEffect, err error) {
	rows, err := lockOfMember(tx, memberID)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		a := rows[i]
		if a.MemberID != memberID {
			continue
		}
		if err := mayClose(tx, rows, &a); err != nil {
			return nil, err
		}
		if !a.Active() {
			continue
		}
		out = append(out, models.NewDeathEffect("account", a.ID, models.DeathEnded, heldAccount{a.Status}))
		if err := setStatus(tx, a, models.AccountSuspended); err != nil {
			return nil, err
		}
		tx.Queue(`update one_time_tokens set used_at = $2, name = null, birth_date = null, password_hash = null where account_id = $1 and used_at is null`, a.ID, tx.Now())
	}
	asked, err := withdrawInvitations(tx, memberID)
	return append(out, asked...), err
}

// lockOfMember locks the account of a member and the actor's, in the order of their ids.
func lockOfMember(tx *services.Tx, memberID uuid.UUID) (rows []models.Account, err error) {
	tx.Locks(services.LockAccounts)
	err = tx.DB.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("member_id = ? or id = ?", memberID, tx.Actor().AccountID).Order("id").Find(&rows).Error
	return rows, err
}

func mayClose(tx *services.Tx, rows []models.Account, a *models.Account) error {
	if tx.Actor().Kind == models.ActorSystem || !a.Staff() {
		return nil
	}
	for i := range rows {
		if rows[i].ID == tx.Actor().AccountID && rows[i].Active() && rows[i].MayChange(a.Roles...) {
			return nil
		}
	}
	return errRoleAbove
}

func setStatus(tx *services.Tx, a models.Account, status models.AccountStatus) error {
	before := a
	a.Status = status
	a.Version, a.UpdatedAt, a.AuthChangedAt = a.Version+1, tx.Now(), tx.Now()
	tx.Changed(before, a)
	err := tx.DB.Model(&models.Account{}).Where("id = ?", a.ID).Select("status", "version", "updated_at", "auth_changed_at").Updates(&a).Error
	if err != nil || a.Active() {
		return err
	}
	_, err = endSessions(tx, a.ID, uuid.Nil, models.EndSuspended)
	return err
}

func withdrawInvitations(tx *services.Tx, memberID uuid.UUID) (out []models.DeathEffect, err error) {
	var rows []models.Invitation
	err = tx.DB.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("member_id = ? and accepted_at is null and withdrawn_at is null and expires_at > ?", memberID, tx.Now()).
		Order("id").Find(&rows).Error
	for i := range rows {
		before, now := rows[i], tx.Now()
		rows[i].WithdrawnAt, rows[i].Version, rows[i].UpdatedAt = &now, rows[i].Version+1, now
		tx.Changed(before, rows[i])
		tx.Queue(`update invitations set withdrawn_at = $2, version = $3, updated_at = $2 where id = $1`, rows[i].ID, now, rows[i].Version)
		out = append(out, models.NewDeathEffect("account_invitation", rows[i].ID, models.DeathEnded, nil))
	}
	return out, err
}

// LateAccount says whether the member, whose row the caller has locked, has an account that can sign in: one that came
// between Depart and that lock.
func LateAccount(tx *services.Tx, memberID uuid.UUID) (late bool, err error) {
	err = tx.Batch(services.Statement{SQL: `select exists (select from accounts where member_id = $1 and status = 'active')`, Args: []any{memberID},
		Scan: services.ScanOne("account", &late)})
	return late, err
}

// GiveBack opens again what Depart ended, as far as it still stands as Depart left it. Sessions stay ended: the person
// signs in. Account effects come first, by the order of locks.
func GiveBack(tx *services.Tx, e *models.DeathEffect) (models.DeathOutcome, error) {
	switch e.About {
	case "account":
		var held heldAccount
		if err := e.Held(&held); err != nil {
			return "", err
		}
		a, err := lockAccount(tx, e.RecordID)
		if err != nil {
			return "", err
		}
		if a.Active() || held.Status != models.AccountActive {
			return models.DeathSettled, nil
		}
		return models.DeathGivenBack, setStatus(tx, *a, models.AccountActive)
	case "account_invitation":
		return giveBackInvitation(tx, e.RecordID)
	}
	return models.DeathNotPossible, nil
}

func giveBackInvitation(tx *services.Tx, id uuid.UUID) (models.DeathOutcome, error) {
	var row models.Invitation
	if err := tx.DB.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("id = ?", id).Take(&row).Error; err != nil {
		return "", notFound(err, "invitation")
	}
	if row.WithdrawnAt == nil || row.AcceptedAt != nil || !tx.Now().Before(row.ExpiresAt) {
		return models.DeathSettled, nil
	}
	before := row
	row.WithdrawnAt, row.Version, row.UpdatedAt = nil, row.Version+1, tx.Now()
	tx.Changed(before, row)
	tx.Queue(`update invitations set withdrawn_at = null, version = $2, updated_at = $3 where id = $1`, id, row.Version, tx.Now())
	return models.DeathGivenBack, nil
}

// ofTheDead says whether an address is that of somebody who has died and of nobody who lives: nobody signs up with it, and
// the answer is that of every address.
func ofTheDead(tx *services.Tx, email string) (only bool, err error) {
	err = tx.DB.Raw(`select coalesce(bool_and(status = 'deceased'), false) from members where lower(email) = lower(?) and status <> 'merged'`, email).Scan(&only).Error
	return only, err
}

// departed refuses to open the account of a record that is closed.
// Errors: conflict member_deceased, member_merged.
func departed(tx *services.Tx, memberID uuid.UUID) error {
	var status models.MemberStatus
	err := tx.DB.Raw(`select status from members where id = ?`, memberID).Scan(&status).Error
	switch {
	case err != nil:
		return err
	case status == models.MemberDeceased:
		return errDeceased
	case status == models.MemberMerged:
		return errMerged
	}
	return nil
}
