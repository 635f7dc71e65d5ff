package accounts

import (
	"errors"
	"strings"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// newMember is a person of whom we know a name and an address. The last word of the name is taken for the family's;
// they can correct it themselves.
func newMember(name, email string, status models.MemberStatus, kinds ...models.Kind) *models.Member {
	given, family := name, ""
	if i := strings.LastIndexByte(name, ' '); i > 0 {
		given, family = name[:i], name[i+1:]
	}
	return &models.Member{GivenName: given, FamilyName: family, Email: &email, Status: status, Kinds: kinds}
}

// createAccount inserts an account whose address has been verified, and holds it where its owner resembles somebody who is
// kept apart, whichever way it came to be.
func createAccount(tx *services.Tx, a *models.Account) error {
	now := tx.Now()
	a.Record = models.Record{ID: services.NewID(), Version: 1, CreatedAt: now, UpdatedAt: now}
	a.Status, a.EmailVerifiedAt, a.AuthChangedAt = models.AccountActive, &now, now
	tx.Changed(nil, *a)
	if err := tx.DB.Create(a).Error; err != nil {
		return err
	}
	found, err := people.Load(tx, []uuid.UUID{a.MemberID})
	if err != nil || len(found) == 0 {
		return err
	}
	return people.HoldIfAlike(tx, &found[0], a.Email)
}

func notFound(err error, what string) error {
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return services.NotFound(what)
	}
	return err
}
