package people

import (
	"context"
	"database/sql"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/tasks"
)

// ofMember lists what hangs on one member, for staff who may handle it. The condition is a constant that names @id.
func ofMember[T any](ctx context.Context, s *Service, action string, id uuid.UUID, where, order string) (*services.Page[T], error) {
	return look(ctx, s, action, id, func(db *gorm.DB, actor *services.Actor) (*services.Page[T], []uuid.UUID, error) {
		if _, err := member(db, actor, id); err != nil {
			return nil, nil, err
		}
		page := &services.Page[T]{Data: []T{}}
		return page, []uuid.UUID{id}, db.Where(where, sql.Named("id", id)).Order(order).Limit(atMost).Find(&page.Data).Error
	})
}

// handled reads a member whose records staff are about to change.
func handled(tx *services.Tx, id uuid.UUID) (*models.Member, error) {
	if err := notOwn(tx.DB, tx.Actor(), tx.Now(), id); err != nil {
		return nil, err
	}
	return member(tx.DB, tx.Actor(), id)
}

// AddCredential is a check or training that somebody passed.
type AddCredential struct {
	Kind      models.CredentialKind `json:"kind" enum:"background_check,child_safety_training,coaching_agreement,coach_training,responder_training,first_aid"`
	IssuedOn  models.Date           `json:"issued_on"`
	ExpiresOn *models.Date          `json:"expires_on,omitempty" required:"false" doc:"The last day on which it counts. Absent: as long as its kind usually counts from issued_on (child safety training 1 year; background check, responder training, first aid 2; coach training 3; coaching agreement without end)"`
	NoExpiry  bool                  `json:"no_expiry,omitempty" doc:"It does not expire, whatever is usual for its kind"`
}

func (in *AddCredential) expiry() *models.Date {
	years := in.Kind.Validity()
	if in.ExpiresOn != nil || in.NoExpiry || years == 0 {
		return in.ExpiresOn
	}
	last := models.DateOf(in.IssuedOn.AddDate(years, 0, -1))
	return &last
}

// AddCredential records a credential. A renewal closes the tasks about the older ones of its kind. Errors: forbidden
// own_record; not_found; invalid when it expires before it was issued, was issued in the future, or is to expire and not
// to expire (contradicts).
func (s *Service) AddCredential(ctx context.Context, memberID uuid.UUID, in AddCredential) (*models.Credential, error) {
	return services.Mutate(ctx, s.core, "credential.create", func(tx *services.Tx) (*models.Credential, error) {
		if _, err := handled(tx, memberID); err != nil {
			return nil, err
		}
		if in.IssuedOn.After(tx.Now().AddDate(0, 0, 1)) {
			return nil, services.InvalidField("/issued_on", "out_of_range", "It cannot have been issued in the future.")
		}
		if in.NoExpiry && in.ExpiresOn != nil {
			return nil, services.InvalidField("/no_expiry", "contradicts", "Give a last day, or say that there is none.")
		}
		by := tx.Actor().MemberID
		c := &models.Credential{Record: head(tx), MemberID: memberID, Kind: in.Kind, IssuedOn: in.IssuedOn, ExpiresOn: in.expiry()}
		if by != uuid.Nil {
			c.RecordedBy = &by
		}
		if err := tx.DB.Create(c).Error; err != nil {
			return nil, err
		}
		tx.Changed(nil, *c)
		if err := renewed(tx, c); err != nil {
			return nil, err
		}
		return c, recheck(tx, memberID)
	})
}

// Credentials lists a member's credentials, newest first. Errors: forbidden own_record; not_found.
func (s *Service) Credentials(ctx context.Context, memberID uuid.UUID) (*services.Page[models.Credential], error) {
	return ofMember[models.Credential](ctx, s, "credential.list", memberID, "member_id = @id", "issued_on desc, id desc")
}

func credential(db *gorm.DB, id uuid.UUID) (*models.Credential, error) {
	var rows []models.Credential
	if err := db.Where("id = ?", id).Limit(1).Find(&rows).Error; err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, services.NotFound("credential")
	}
	return &rows[0], nil
}

// GetCredential answers one credential. Errors: forbidden own_record; not_found.
func (s *Service) GetCredential(ctx context.Context, id uuid.UUID) (*models.Credential, error) {
	return look(ctx, s, "credential.read", id, func(db *gorm.DB, _ *services.Actor) (*models.Credential, []uuid.UUID, error) {
		c, err := credential(db, id)
		if err != nil {
			return nil, nil, err
		}
		return c, []uuid.UUID{c.MemberID}, nil
	})
}

// RevokeCredential makes a credential count no longer. An older one of its kind that it had renewed ends then: staff are asked
// again to have it renewed. Errors: forbidden own_record; not_found; conflict
// credential_revoked.
func (s *Service) RevokeCredential(ctx context.Context, id uuid.UUID, in StaffReason) (*models.Credential, error) {
	return s.changeCredential(ctx, id, "credential.revoke", in.Reason, func(tx *services.Tx, c *models.Credential) error {
		if c.RevokedAt != nil {
			return services.Conflict("credential_revoked", "This credential was revoked already.")
		}
		at := tx.Now()
		c.RevokedAt = &at
		if err := tasks.CloseFor(tx, credentialRecord, c.ID); err != nil {
			return err
		}
		if err := renewedNoMore(tx, c); err != nil {
			return err
		}
		return recheck(tx, c.MemberID)
	})
}

// ReinstateCredential is the way back. Errors: forbidden own_record; not_found; conflict credential_current.
func (s *Service) ReinstateCredential(ctx context.Context, id uuid.UUID, in StaffReason) (*models.Credential, error) {
	return s.changeCredential(ctx, id, "credential.reinstate", in.Reason, func(tx *services.Tx, c *models.Credential) error {
		if c.RevokedAt == nil {
			return services.Conflict("credential_current", "This credential is not revoked.")
		}
		c.RevokedAt = nil
		if err := renewed(tx, c); err != nil {
			return err
		}
		return recheck(tx, c.MemberID)
	})
}

func (s *Service) changeCredential(ctx context.Context, id uuid.UUID, action, reason string, do func(*services.Tx, *models.Credential) error) (*models.Credential, error) {
	return services.Mutate(ctx, s.core, action, func(tx *services.Tx) (*models.Credential, error) {
		c, err := credential(tx.DB.Clauses(forUpdate), id)
		if err != nil {
			return nil, err
		}
		if err := mayHandle(tx.DB, tx.Actor(), tx.Now(), "credential", c.MemberID); err != nil {
			return nil, err
		}
		before := *c
		if err := do(tx, c); err != nil {
			return nil, err
		}
		if err := tx.Because(c.MemberID, reason); err != nil {
			return nil, err
		}
		edited(tx, &c.Record)
		tx.Changed(before, *c)
		return c, tx.DB.Model(&models.Credential{}).Where("id = ?", c.ID).Select("revoked_at", "version", "updated_at").Updates(c).Error
	})
}
