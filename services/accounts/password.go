package accounts

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
)

// ForgotPassword names the address whose password is forgotten.
type ForgotPassword struct {
	Email string `json:"email" maxLength:"254" example:"maria@example.org"`
}

// ForgotPassword promises a mail with a link. It does the same for every address: one row, one job; the job asks whether
// there is an account.
// Errors: invalid for what is no address; too_many.
func (s *Service) ForgotPassword(ctx context.Context, in ForgotPassword) (*MailPromised, error) {
	email := plainEmail(in.Email)
	if err := invalid(checkEmail(email)); err != nil {
		return nil, err
	}
	if err := s.takeMail(ctx); err != nil {
		return nil, err
	}
	return s.askByMail(ctx, "account.forgot_password", models.OneTimeToken{Kind: models.OneTimeReset, Email: email, ExpiresAt: s.core.Clock.Now().Add(models.ResetFor)})
}

// ResetPassword is a new password and the token that allows it.
type ResetPassword struct {
	Token    string `json:"token" maxLength:"100" example:"AZwB8o9ueju…"`
	Password string `json:"password" maxLength:"256" doc:"At least 15 characters" example:"another long sentence of mine"`
}

// PasswordSet says what else a new password did.
type PasswordSet struct {
	EndedSessions int `json:"ended_sessions" doc:"How many sessions on other devices it ended" example:"2"`
}

// ResetPassword sets a new password with the token of the mail, and ends every session of the account.
// Errors: invalid bad_token for a link that was used, has expired, is none of ours, or went to an address that is no
// longer the account's; invalid for a password that is too easy; too_many.
func (s *Service) ResetPassword(ctx context.Context, in ResetPassword) (*PasswordSet, error) {
	id, err := s.openToken(ctx, in.Token)
	if err != nil {
		return nil, err
	}
	account, name, err := s.readForReset(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := invalid(s.checkPassword("/password", in.Password, account.Email, name)); err != nil {
		return nil, err
	}
	hash, err := s.hashes.hash(ctx, in.Password)
	if err != nil {
		return nil, err
	}
	done, err := services.Mutate(ctx, s.core, "account.reset_password", func(tx *services.Tx) (*PasswordSet, error) {
		a, err := lockAccount(tx, account.ID)
		if err != nil {
			return nil, err
		}
		t, err := lockToken(tx, id)
		if err != nil || !t.Good(models.OneTimeReset, tx.Now()) || !a.Active() || t.Email != a.Email {
			return nil, badToken(err)
		}
		return setPassword(tx, a, hash, uuid.Nil, models.EndPasswordReset)
	})
	if err == nil {
		s.forgive(ctx, loginByAccount, account.Email)
	}
	return done, err
}

// readForReset finds out whose password it is, before the costly hash. The transaction asks everything again.
func (s *Service) readForReset(ctx context.Context, token uuid.UUID) (*models.Account, string, error) {
	type row struct {
		Account models.Account      `gorm:"embedded;embeddedPrefix:a_"`
		Token   models.OneTimeToken `gorm:"embedded;embeddedPrefix:t_"`
		Name    string
	}
	found, err := services.Read(ctx, s.core, func(db *gorm.DB) (r row, err error) {
		return r, db.Raw(`select a.id as a_id, a.email as a_email, a.status as a_status, t.kind as t_kind, t.expires_at as t_expires_at, t.used_at as t_used_at,
				m.given_name || ' ' || m.family_name || ' ' || coalesce(m.preferred_name, '') as name
			from one_time_tokens t join accounts a on a.id = t.account_id join members m on m.id = a.member_id where t.id = ?`, token).Scan(&r).Error
	})
	if err == nil && (found.Account.ID == uuid.Nil || !found.Token.Good(models.OneTimeReset, s.core.Clock.Now())) {
		err = errBadToken
	}
	return &found.Account, found.Name, err
}

// ChangePassword is the old password and the new.
type ChangePassword struct {
	CurrentPassword string `json:"current_password" minLength:"1" maxLength:"256" example:"a long sentence of your own"`
	NewPassword     string `json:"new_password" maxLength:"256" doc:"At least 15 characters" example:"another long sentence of mine"`
}

var errWrongCurrent = services.InvalidField("/current_password", "wrong_password", "This is not your password.")

// ChangePassword sets a new password and ends every other session.
// Errors: invalid wrong_password; invalid for a new password that is too easy; too_many after ten wrong ones.
func (s *Service) ChangePassword(ctx context.Context, in ChangePassword) (*PasswordSet, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	email, name, err := s.ownWords(ctx, actor.AccountID)
	if err != nil {
		return nil, err
	}
	if err := invalid(s.checkPassword("/new_password", in.NewPassword, email, name)); err != nil {
		return nil, err
	}
	right, old, err := s.ownPassword(ctx, actor, in.CurrentPassword)
	if err != nil {
		return nil, err
	}
	var hash string
	if right {
		if hash, err = s.hashes.hash(ctx, in.NewPassword); err != nil {
			return nil, err
		}
	}
	done, err := services.Mutate(ctx, s.core, "account.change_password", func(tx *services.Tx) (*PasswordSet, error) {
		if !right {
			return nil, tx.Refused("account.change_password", errWrongCurrent)
		}
		a, err := lockAccount(tx, actor.AccountID)
		if err != nil {
			return nil, err
		}
		if !a.Active() || a.PasswordHash == nil || *a.PasswordHash != old {
			return nil, tx.Refused("account.change_password", errWrongCurrent)
		}
		return setPassword(tx, a, hash, actor.SessionID, models.EndPasswordChanged)
	})
	if err == nil {
		s.forgive(ctx, passwordAgain, actor.AccountID.String())
	}
	return done, err
}

func (s *Service) ownWords(ctx context.Context, account uuid.UUID) (email, name string, err error) {
	type row struct{ Email, Name string }
	r, err := services.Read(ctx, s.core, func(db *gorm.DB) (r row, err error) {
		return r, db.Raw(`select a.email, m.given_name || ' ' || m.family_name || ' ' || coalesce(m.preferred_name, '') as name
			from accounts a join members m on m.id = a.member_id where a.id = ?`, account).Scan(&r).Error
	})
	return r.Email, r.Name, err
}

// setPassword stores the hash, ends the sessions but one, kills every mailed reset, and tells the owner.
func setPassword(tx *services.Tx, a *models.Account, hash string, but uuid.UUID, why models.EndReason) (*PasswordSet, error) {
	before := *a
	a.PasswordHash, a.AuthChangedAt = &hash, tx.Now()
	tx.Changed(before, *a)
	tx.Queue(`update accounts set password_hash = $2, auth_changed_at = $3 where id = $1`, a.ID, hash, tx.Now())
	tx.Queue(`update one_time_tokens set used_at = $2 where account_id = $1 and used_at is null`, a.ID, tx.Now())
	ended, err := endSessions(tx, a.ID, but, why)
	if err != nil {
		return nil, err
	}
	err = notices.Send(tx, notices.Notice{Event: models.NoticeAccountPasswordChanged, MemberID: a.MemberID, Address: a.Email,
		Record: "account", RecordID: a.ID, Data: map[string]any{"at": tx.Now().Format(time.RFC3339)}})
	return &PasswordSet{ended}, err
}
