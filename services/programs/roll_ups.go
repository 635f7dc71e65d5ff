package programs

import (
	"context"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
)

// RollUpCheckQuery filters the nightly checks.
type RollUpCheckQuery struct {
	services.PageQuery
	Wrong bool `query:"wrong" doc:"Only those that found a difference"`
}

var rollUpChecks = services.List[models.RollUpCheck]{
	IDColumn: "id", ID: func(c models.RollUpCheck) uuid.UUID { return c.ID }, Default: "-at",
	Sorts: []services.Sort[models.RollUpCheck]{{Name: "at", Column: "at", Cast: "timestamptz", Key: func(c models.RollUpCheck) any { return c.At }}},
}

// RollUpChecks lists what the nightly checks of the sums found, the latest first.
func (s *Service) RollUpChecks(ctx context.Context, in RollUpCheckQuery) (services.Page[models.RollUpCheck], error) {
	return services.Read(ctx, s.core, func(db *gorm.DB) (services.Page[models.RollUpCheck], error) {
		q := db.Model(&models.RollUpCheck{})
		if in.Wrong {
			q = q.Where("differences > 0")
		}
		return rollUpChecks.Find(ctx, s.core, q, in.PageQuery)
	})
}

// EnrollmentRecount is what adding up an enrollment's attendance anew came to.
type EnrollmentRecount struct {
	EnrollmentID   uuid.UUID              `json:"enrollment_id"`
	State          models.EnrollmentState `json:"state" enum:"applied,waitlisted,enrolled,active,paused,completed,denied,withdrawn,superseded" doc:"Somebody enrolled who is found to have been there is active by it" example:"active"`
	Repaired       bool                   `json:"repaired" doc:"Whether the sums were others"`
	Before         models.RollUp          `json:"before"`
	After          models.RollUp          `json:"after"`
	AttendanceRate *float64               `json:"attendance_rate" doc:"Attended of what was offered and not excused; null when that was nothing" example:"0.8"`
}

// RecountEnrollment adds up the attendance of one enrollment anew. There is nothing to put right unless the nightly check
// says so.
// Errors: not_found, also for one's own.
func (s *Service) RecountEnrollment(ctx context.Context, id uuid.UUID) (*EnrollmentRecount, error) {
	return services.Mutate(ctx, s.core, "enrollment.recount", func(tx *services.Tx) (*EnrollmentRecount, error) {
		tx.Locks(services.LockEnrollments)
		before, err := foreignEnrollment(tx.DB.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}), tx, id)
		if err != nil {
			return nil, err
		}
		if err := Recount(tx, id); err != nil {
			return nil, err
		}
		after, err := foreignEnrollment(tx.DB, tx, id)
		if err != nil {
			return nil, err
		}
		repaired := !before.RollUp.Same(after.RollUp)
		tx.Object(id)
		tx.Subject(before.MemberID)
		if repaired {
			tx.Changed(*before, *after)
		} else {
			tx.Unchanged()
		}
		return &EnrollmentRecount{EnrollmentID: id, State: after.State, Repaired: repaired, Before: before.RollUp, After: after.RollUp, AttendanceRate: after.Rate()}, nil
	})
}

// foreignEnrollment reads one of somebody whom the caller may handle.
// Errors: not_found.
func foreignEnrollment(db *gorm.DB, tx *services.Tx, id uuid.UUID) (*models.Enrollment, error) {
	var found []models.Enrollment
	if err := db.Scopes(tx.Actor().NotOwn("member_id", tx.Now())).Where("id = ?", id).Limit(1).Find(&found).Error; err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, services.NotFound("enrollment")
	}
	return &found[0], nil
}
