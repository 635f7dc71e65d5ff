package accounts

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
	"homefront/services/people"
	"homefront/services/tasks"
)

// askGuardianWithin is how soon staff should have spoken with the family of a teen who wants an account.
const askGuardianWithin = 7 * 24 * time.Hour

// The errors of accounts of people under 18.
var (
	unfitTooYoung  = services.FieldError{Field: "/member_id", Code: "too_young", Message: "Accounts are for people of 13 and over."}
	unfitNoConsent = services.FieldError{Field: "/member_id", Code: "guardian_must_agree", Message: "Until 18 a parent or guardian has to agree first. Record their consent, then invite again."}
	unfitRoles     = services.FieldError{Field: "/roles", Code: "teens_are_members", Message: "Somebody under 18 can be a member and nothing else."}
	unfitShared    = services.FieldError{Field: "/email", Code: "guardians_address", Message: "A parent or guardian of this person reads this address. Ask for one of their own."}
	unfitSuspended = services.FieldError{Field: "/status", Code: "guardian_must_agree", Message: "Until 18 a parent or guardian has to agree first. Record their consent, then try again."}
)

// verifyTeen makes the account of somebody of 13 to 17 whom we know and whose guardian agreed. Everybody else of that age
// gets the same answer and the same mail, known or not; of those we know staff speak with the family.
func (s *Service) verifyTeen(tx *services.Tx, t *models.OneTimeToken) error {
	known, err := knownPerson(tx, t)
	if err != nil {
		return err
	}
	if known != uuid.Nil {
		agreed, err := people.HasConsent(tx, known, models.ConsentTeenAccount)
		if err != nil {
			return err
		}
		if agreed {
			return makeAccount(tx, t, known)
		}
		if _, err := tasks.Open(tx, tasks.New{Kind: models.TaskTeenAccount, MemberID: &known, Record: "member", RecordID: &known, Queue: "coordinators",
			Title: "A teen would like an account: ask a parent or guardian", DueAt: tx.Now().Add(askGuardianWithin)}); err != nil {
			return err
		}
	}
	before, name := *t, *t.Name
	useUp(tx, t)
	tx.Changed(before, *t)
	return notices.Send(tx, notices.Notice{Event: models.NoticeAccountTeen, Address: t.Email, Name: name, Record: "account", RecordID: t.ID, Key: "account.teen:" + t.ID.String()})
}

// unfitAddress says why a known person can have no account under an address: it is a guardian's, or no guardian agreed.
func unfitAddress(tx *services.Tx, i *models.Invitation, m *models.Member) (*services.FieldError, error) {
	var shared bool
	err := tx.DB.Raw(`select address_of_guardian(?, ?)`, m.ID, i.Email).Scan(&shared).Error
	today := m.Today(tx.Now())
	switch {
	case err != nil:
		return nil, err
	case shared:
		return &unfitShared, nil
	case !m.MinorOn(today):
		return nil, nil
	case m.BirthDate == nil || m.BirthDate.Age(today) < models.TeenAge:
		return &unfitTooYoung, nil
	case beyondMember(i.Roles):
		return &unfitRoles, nil
	}
	agreed, err := people.HasConsent(tx, m.ID, models.ConsentTeenAccount)
	if err != nil || agreed {
		return nil, err
	}
	return &unfitNoConsent, nil
}

func beyondMember(roles []models.Role) bool {
	return slices.ContainsFunc(roles, func(r models.Role) bool { return r != models.RoleMember })
}

// fitForRoles keeps the work of staff from people under 18.
func fitForRoles(tx *services.Tx, member uuid.UUID, roles []models.Role) error {
	if !beyondMember(roles) {
		return nil
	}
	found, err := people.Load(tx, []uuid.UUID{member})
	if err == nil && len(found) > 0 && found[0].MinorOn(found[0].Today(tx.Now())) {
		err = services.Invalid(unfitRoles)
	}
	return err
}

// fitForTeen asks what a change would make of the account of somebody under 18.
func fitForTeen(tx *services.Tx, before, after *models.Account) error {
	if err := fitForRoles(tx, after.MemberID, after.Roles); err != nil || !after.Active() || before.Active() {
		return err
	}
	agreed, err := guardianAgrees(tx, after.MemberID)
	if err == nil && !agreed {
		err = services.Invalid(unfitSuspended)
	}
	return err
}

// guardianAgrees says whether nothing speaks against an account for reasons of age: it is an adult's, or a guardian agreed.
func guardianAgrees(tx *services.Tx, member uuid.UUID) (bool, error) {
	found, err := people.Load(tx, []uuid.UUID{member})
	if err != nil || len(found) == 0 || !found[0].MinorOn(found[0].Today(tx.Now())) {
		return err == nil, err
	}
	return people.HasConsent(tx, member, models.ConsentTeenAccount)
}

// teenConsentEnded suspends the account of somebody under 18 to which no guardian agrees any more. Every session ends with
// it. Staff let them in again once a guardian has agreed; from the 18th birthday on nobody needs to.
func (s *Service) teenConsentEnded(ctx context.Context, job people.TeenConsentEnded) error {
	_, err := services.Mutate(ctx, s.core, "account.teen_consent_ended", func(tx *services.Tx) (struct{}, error) {
		tx.Unchanged()
		tx.Locks(services.LockAccounts)
		var a models.Account
		err := tx.DB.Raw(`select * from accounts where member_id = ? for no key update`, job.MemberID).Take(&a).Error
		if errors.Is(err, gorm.ErrRecordNotFound) || err == nil && !a.Active() {
			return struct{}{}, nil
		}
		if err != nil {
			return struct{}{}, err
		}
		agreed, err := guardianAgrees(tx, a.MemberID)
		if err != nil || agreed {
			return struct{}{}, err
		}
		before := a
		a.Status = models.AccountSuspended
		return struct{}{}, s.store(tx, before, &a, "")
	})
	return err
}
