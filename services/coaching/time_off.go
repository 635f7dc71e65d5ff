package coaching

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// NewCoachTimeOff is when a coach is away.
type NewCoachTimeOff struct {
	StartsAt time.Time `json:"starts_at" example:"2026-12-21T05:00:00Z"`
	EndsAt   time.Time `json:"ends_at" example:"2026-12-28T05:00:00Z"`
	Note     string    `json:"note,omitempty" maxLength:"300" doc:"For the coach and coordinators" example:"Family visit"`
}

// CoachTimeOffSaved is time off that was added, and what is booked with the coach at times when they do not work.
type CoachTimeOffSaved struct {
	models.CoachTimeOff
	Outside []OutsideSession `json:"outside" nullable:"false" doc:"Booked, and now outside the coach's hours or in their time off; nothing is called off by itself"`
}

// CreateTimeOff adds time off. What is booked in it stays.
// Errors: not_found; forbidden own_record; conflict too_many; invalid when it is over, ends before it begins or lasts longer than a year.
func (s *Service) CreateTimeOff(ctx context.Context, coachID uuid.UUID, in NewCoachTimeOff) (*CoachTimeOffSaved, error) {
	return services.Mutate(ctx, s.core, "coach_time_off.create", func(tx *services.Tx) (*CoachTimeOffSaved, error) {
		c, _, err := coachToEdit(tx, coachID)
		if err != nil {
			return nil, err
		}
		if err := checkTimeOff(in, tx.Now()); err != nil {
			return nil, err
		}
		if err := roomFor[models.CoachTimeOff](tx, coachID, mostTimeOff, "absences", "ends_at > ?", tx.Now()); err != nil {
			return nil, err
		}
		row := models.CoachTimeOff{Record: newRecord(tx), CoachID: coachID, StartsAt: in.StartsAt.UTC(), EndsAt: in.EndsAt.UTC(), Note: services.Line(in.Note)}
		tx.Changed(nil, row)
		if err := tx.DB.Create(&row).Error; err != nil {
			return nil, err
		}
		kept, err := keptHours(tx.DB, c, tx.Now())
		if err != nil {
			return nil, err
		}
		return &CoachTimeOffSaved{CoachTimeOff: row, Outside: kept.outside}, nil
	})
}

func checkTimeOff(in NewCoachTimeOff, now time.Time) error {
	switch {
	case !in.EndsAt.After(in.StartsAt):
		return services.InvalidField("/ends_at", "before_start", "It ends later than it begins.")
	case !in.EndsAt.After(now):
		return services.InvalidField("/ends_at", "out_of_range", "This is over already.")
	case in.EndsAt.After(in.StartsAt.AddDate(1, 0, 1)):
		return services.InvalidField("/ends_at", "out_of_range", "Time off lasts a year at most. Archive the profile of somebody who coaches no more.")
	}
	return nil
}

// TimeOff shows when a coach is away, to the coach and to coordinators.
// Errors: not_found; forbidden own_record.
func (s *Service) TimeOff(ctx context.Context, id uuid.UUID) (*models.CoachTimeOff, error) {
	return hoursLook(ctx, s, id, "time off", func(r *models.CoachTimeOff) uuid.UUID { return r.CoachID }, func(_ *gorm.DB, r *models.CoachTimeOff) (*models.CoachTimeOff, error) {
		return r, nil
	})
}

// DeleteTimeOff takes time off back: the hours hold again.
// Errors: not_found; forbidden own_record; unconditional and stale as for every edit.
func (s *Service) DeleteTimeOff(ctx context.Context, id uuid.UUID) error {
	_, err := services.Mutate(ctx, s.core, "coach_time_off.delete", func(tx *services.Tx) (*struct{}, error) {
		_, row, err := ofCoach[models.CoachTimeOff](tx, id, "time off", func(r *models.CoachTimeOff) uuid.UUID { return r.CoachID })
		if err != nil {
			return nil, err
		}
		if err := tx.CheckVersion(row.Version); err != nil {
			return nil, err
		}
		tx.Changed(*row, nil)
		return nil, tx.DB.Where("id = ?", id).Delete(&models.CoachTimeOff{}).Error
	})
	return err
}
