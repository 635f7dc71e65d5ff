package coaching

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// SetOverride is other hours than the usual on one day.
type SetOverride struct {
	TimeZone string   `json:"time_zone,omitempty" maxLength:"60" doc:"IANA name: the day is a day there. The coach's when absent" example:"America/Chicago"`
	Windows  []string `json:"windows" maxItems:"12" maxLength:"11" doc:"HH:MM-HH:MM each, 24:00 at most; empty: not at all that day" example:"[\"09:00-12:00\"]"`
}

// CoachOverrideSaved is a day that was changed, and what is booked with the coach at times when they do not work.
type CoachOverrideSaved struct {
	models.CoachOverride
	Outside []OutsideSession `json:"outside" nullable:"false" doc:"Booked, and now outside the coach's hours or in their time off; nothing is called off by itself"`
}

// PutOverride sets the hours of one day, in place of what the schedules say and of what was set before.
// Errors: not_found; forbidden own_record; conflict too_many; invalid for a day that is over or more than two years ahead, and for
// windows that are none.
func (s *Service) PutOverride(ctx context.Context, coachID uuid.UUID, on string, in SetOverride) (*CoachOverrideSaved, error) {
	day, err := dayOf(on)
	if err != nil {
		return nil, err
	}
	return services.Mutate(ctx, s.core, "coach_override.set", func(tx *services.Tx) (*CoachOverrideSaved, error) {
		c, _, err := coachToEdit(tx, coachID)
		if err != nil {
			return nil, err
		}
		row := models.CoachOverride{Record: newRecord(tx), CoachID: coachID, Day: day, TimeZone: in.TimeZone}
		if row.TimeZone == "" {
			row.TimeZone = c.TimeZone
		}
		if err := checkOverride(tx, &row, in.Windows); err != nil {
			return nil, err
		}
		if err := storeOverride(tx, &row); err != nil {
			return nil, err
		}
		kept, err := keptHours(tx.DB, c, tx.Now())
		if err != nil {
			return nil, err
		}
		return &CoachOverrideSaved{CoachOverride: row, Outside: kept.outside}, nil
	})
}

func dayOf(on string) (models.Date, error) {
	day, err := models.ParseDate(on)
	if err != nil {
		return day, services.InvalidField("path/day", "bad_date", "Give a day like 2026-12-24.")
	}
	return day, nil
}

func checkOverride(tx *services.Tx, row *models.CoachOverride, windows []string) error {
	var wrong []services.FieldError
	if !models.KnownZone(row.TimeZone) {
		wrong = append(wrong, services.FieldError{Field: "/time_zone", Code: "unknown", Message: "Use an IANA time zone such as America/New_York."})
	}
	today := models.DayIn(tx.Now(), row.TimeZone)
	if row.Day.Before(today.Time) || row.Day.After(today.AddDate(2, 0, 0)) {
		wrong = append(wrong, services.FieldError{Field: "path/day", Code: "out_of_range", Message: "Choose a day from today to two years ahead."})
	}
	texts, ok := models.DayWindows(windows)
	if !ok {
		wrong = append(wrong, services.FieldError{Field: "/windows", Code: "bad_window", Message: "Write each window as HH:MM-HH:MM, the end later than the start and 24:00 at most."})
	}
	if row.Windows = texts; len(wrong) > 0 {
		return services.Invalid(wrong...)
	}
	return nil
}

// storeOverride adds the day, or changes it; the coach is locked.
func storeOverride(tx *services.Tx, row *models.CoachOverride) error {
	var before []models.CoachOverride
	if err := tx.DB.Where("coach_id = ? and day = ?", row.CoachID, row.Day).Limit(1).Find(&before).Error; err != nil {
		return err
	}
	if len(before) == 0 {
		if err := roomFor[models.CoachOverride](tx, row.CoachID, mostOverrides, "days", "day >= ?", yesterday(tx.Now())); err != nil {
			return err
		}
		tx.Changed(nil, *row)
		return tx.DB.Create(row).Error
	}
	was := before[0]
	row.Record = was.Record
	if was.TimeZone == row.TimeZone && slices.Equal(was.Windows, row.Windows) {
		tx.Unchanged()
		return nil
	}
	row.Version, row.UpdatedAt = was.Version+1, tx.Now()
	tx.Changed(was, *row)
	return tx.DB.Model(&models.CoachOverride{}).Where("id = ?", row.ID).Select("time_zone", "windows", "version", "updated_at").Updates(row).Error
}

// DeleteOverride has the schedules hold on a day again.
// Errors: not_found; forbidden own_record.
func (s *Service) DeleteOverride(ctx context.Context, coachID uuid.UUID, on string) error {
	day, err := dayOf(on)
	if err != nil {
		return err
	}
	_, err = services.Mutate(ctx, s.core, "coach_override.delete", func(tx *services.Tx) (*struct{}, error) {
		if _, _, err := coachToEdit(tx, coachID); err != nil {
			return nil, err
		}
		var rows []models.CoachOverride
		if err := tx.DB.Where("coach_id = ? and day = ?", coachID, day).Limit(1).Find(&rows).Error; err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			return nil, services.NotFound("override")
		}
		tx.Changed(rows[0], nil)
		return nil, tx.DB.Where("id = ?", rows[0].ID).Delete(&models.CoachOverride{}).Error
	})
	return err
}
