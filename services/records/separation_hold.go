package records

import (
	"context"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// AccountHold is why staff look at whatever a new account asks for.
type AccountHold struct {
	MemberID    uuid.UUID            `json:"member_id" doc:"Whose account it is"`
	ResemblesID uuid.UUID            `json:"resembles_id" doc:"Who is kept apart from somebody"`
	Reasons     []models.Resemblance `json:"reasons" enum:"name,email,phone,address" doc:"By what it resembles them; name means the birth date too"`
	CreatedAt   time.Time            `json:"created_at"`
	ReleasedAt  *time.Time           `json:"released_at" doc:"Null while it is held"`
	ReleasedBy  *uuid.UUID           `json:"released_by" nullable:"true"`
}

func holdsOf(rows []models.MemberHold) services.Page[AccountHold] {
	page := services.Page[AccountHold]{Data: make([]AccountHold, len(rows))}
	for i, r := range rows {
		page.Data[i] = AccountHold{r.MemberID, r.ResemblesID, r.Reasons, r.CreatedAt, r.ReleasedAt, r.ReleasedBy}
	}
	return page
}

// Holds lists why an account is held, or was, to staff who are close to neither side; at most 100.
func (s *Service) Holds(ctx context.Context, memberID uuid.UUID) (services.Page[AccountHold], error) {
	return services.Disclose(ctx, s.core, "separation.holds", func(d *services.Disclosure) (services.Page[AccountHold], error) {
		d.Object(memberID)
		var rows []models.MemberHold
		err := d.DB.Scopes(people.VisibleHolds(d.Tx().Actor(), d.Tx().Now())).Where("member_id = ?", memberID).Order("id").Limit(100).Find(&rows).Error
		for i := range rows {
			d.Subject(rows[i].MemberID, rows[i].ResemblesID)
		}
		return holdsOf(rows), err
	})
}

// ReleaseHold lets an account that was held go on like any other. What it asked for until now waits on for staff.
// Errors: not_found when nothing is held that the caller may know of.
func (s *Service) ReleaseHold(ctx context.Context, memberID uuid.UUID, in SeparationReason) (*services.Page[AccountHold], error) {
	return services.Mutate(ctx, s.core, "separation.release_hold", func(tx *services.Tx) (*services.Page[AccountHold], error) {
		reason := services.Prose(in.Reason)
		if reason == "" {
			return nil, services.InvalidField("/reason", "required", "Say why.")
		}
		rows, err := people.ReleaseHolds(tx, memberID)
		if err != nil {
			return nil, err
		}
		page := holdsOf(rows)
		return &page, tx.Reason(memberID, reason)
	})
}
