package accounts

import (
	"context"
	"time"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// contactByAccount: each of these is a mail to an address that somebody chose.
var contactByAccount = services.Limit{Name: "contact/account", Every: 10 * time.Minute, Burst: 6}

// ContactAddress is where somebody wants to be written to.
type ContactAddress struct {
	Email string `json:"email" maxLength:"254" example:"luis@example.org"`
}

// ChangeContact asks that we write to another address. It is used once its owner has followed the link that goes there,
// within a day; until then everything goes where it went. The answer is the same for every address. The address before is
// told nothing, so that it takes a fresh password instead.
// Errors: invalid for a bad address; too_many.
func (s *Service) ChangeContact(ctx context.Context, in ContactAddress) (*MailPromised, error) {
	email := plainEmail(in.Email)
	if err := invalid(checkEmail(email)); err != nil {
		return nil, err
	}
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.core.Take(ctx, contactByAccount, actor.AccountID.String()); err != nil {
		return nil, err
	}
	return s.askByMail(ctx, "contact.ask", models.OneTimeToken{Kind: models.OneTimeContact, ExpiresAt: s.core.Clock.Now().Add(models.VerifyFor), Email: email, AccountID: &actor.AccountID})
}

// confirmContact writes to a proved address from now on. The one before it hears nothing: who reads along there is not
// told that they no longer can. An address asked for earlier does not come back with a link that lay about.
func confirmContact(tx *services.Tx, t *models.OneTimeToken) error {
	a, err := lockAccount(tx, *t.AccountID)
	if err != nil {
		return badToken(err)
	}
	if !a.Active() {
		return errBadToken
	}
	if err := people.WriteTo(tx, a.MemberID, t.Email); err != nil {
		return err
	}
	var pending []models.OneTimeToken
	if err := tx.DB.Raw(`select * from one_time_tokens where account_id = ? and kind = 'contact' and used_at is null order by id for update`, a.ID).Scan(&pending).Error; err != nil {
		return err
	}
	for i := range pending {
		before := pending[i]
		useUp(tx, &pending[i])
		tx.Changed(before, pending[i])
	}
	return nil
}
