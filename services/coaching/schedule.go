package coaching

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// How much a coach can keep at a time.
const (
	mostSchedules = 20
	mostOverrides = 400
	mostTimeOff   = 200
)

// CodeTooManyHours is the code of a coach who keeps as many schedules or absences as can be.
const CodeTooManyHours services.Code = "too_many"

// CoachHoursInput is hours of some weekdays.
type CoachHoursInput struct {
	Rule      string `json:"rule" minLength:"1" maxLength:"200" doc:"RFC 5545: FREQ=WEEKLY and BYDAY, and INTERVAL and WKST where weeks are skipped" example:"FREQ=WEEKLY;BYDAY=MO,WE"`
	FromTime  string `json:"from_time" pattern:"^([01][0-9]|2[0-3]):[0-5][0-9]$" maxLength:"5" doc:"On the wall" example:"16:00"`
	UntilTime string `json:"until_time" pattern:"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$" maxLength:"5" doc:"Later the same day, 24:00 at most" example:"20:00"`
}

// NewCoachSchedule makes weekly hours.
type NewCoachSchedule struct {
	Name     string            `json:"name" minLength:"1" maxLength:"120" example:"School year"`
	TimeZone string            `json:"time_zone,omitempty" maxLength:"60" doc:"IANA name; the coach's when absent" example:"America/Chicago"`
	StartsOn *models.Date      `json:"starts_on,omitempty" required:"false" doc:"First day, today when absent; its week is the first of rules that skip weeks"`
	EndsOn   *models.Date      `json:"ends_on,omitempty" required:"false" doc:"Last day; absent for no end"`
	Hours    []CoachHoursInput `json:"hours" maxItems:"50"`
}

// CoachSchedulePatch changes weekly hours; what is absent stays. Hours are replaced whole.
type CoachSchedulePatch struct {
	Name     services.Field[string]            `json:"name,omitzero" required:"false" minLength:"1" maxLength:"120"`
	TimeZone services.Field[string]            `json:"time_zone,omitzero" required:"false" minLength:"1" maxLength:"60"`
	StartsOn services.Field[models.Date]       `json:"starts_on,omitzero" required:"false"`
	EndsOn   services.Field[models.Date]       `json:"ends_on,omitzero" required:"false" doc:"Null for no end"`
	Hours    services.Field[[]CoachHoursInput] `json:"hours,omitzero" required:"false" maxItems:"50"`
}

// CoachScheduleView is a schedule with its hours.
type CoachScheduleView struct {
	models.CoachSchedule
	Hours []models.CoachHours `json:"hours" nullable:"false"`
}

// CoachScheduleSaved is a schedule that was changed, and what is booked with the coach at times when they do not work.
type CoachScheduleSaved struct {
	CoachScheduleView
	Outside []OutsideSession `json:"outside" nullable:"false" doc:"Booked, and now outside the coach's hours or in their time off; nothing is called off by itself"`
}

// CreateSchedule adds weekly hours of a coach: the coach's own, or by a coordinator.
// Errors: not_found; forbidden own_record; conflict too_many; invalid for what does not fit.
func (s *Service) CreateSchedule(ctx context.Context, coachID uuid.UUID, in NewCoachSchedule) (*CoachScheduleSaved, error) {
	return services.Mutate(ctx, s.core, "coach_schedule.create", func(tx *services.Tx) (*CoachScheduleSaved, error) {
		c, _, err := coachToEdit(tx, coachID)
		if err != nil {
			return nil, err
		}
		if err := roomForSchedule(tx, coachID); err != nil {
			return nil, err
		}
		row := models.CoachSchedule{Record: newRecord(tx), CoachID: coachID, Name: services.Line(in.Name), TimeZone: in.TimeZone, StartsOn: models.DayIn(tx.Now(), c.TimeZone), EndsOn: in.EndsOn}
		if row.TimeZone == "" {
			row.TimeZone = c.TimeZone
		}
		if in.StartsOn != nil {
			row.StartsOn = *in.StartsOn
		}
		hours, wrong := readHours(row.ID, in.Hours)
		if wrong = append(checkSchedule(&row), wrong...); len(wrong) > 0 {
			return nil, services.Invalid(wrong...)
		}
		tx.Changed(nil, row)
		if err := tx.DB.Create(&row).Error; err != nil {
			return nil, err
		}
		return saved(tx, c, &row, hours, true)
	})
}

// UpdateSchedule changes weekly hours. What is booked stays.
// Errors: not_found; forbidden own_record; unconditional and stale as for every edit; conflict too_many for what was over and is not any
// more; invalid for what does not fit.
func (s *Service) UpdateSchedule(ctx context.Context, id uuid.UUID, in CoachSchedulePatch) (*CoachScheduleSaved, error) {
	return services.Mutate(ctx, s.core, "coach_schedule.update", func(tx *services.Tx) (*CoachScheduleSaved, error) {
		c, before, err := ofCoach[models.CoachSchedule](tx, id, "schedule", func(r *models.CoachSchedule) uuid.UUID { return r.CoachID })
		if err != nil {
			return nil, err
		}
		if err := tx.CheckVersion(before.Version); err != nil {
			return nil, err
		}
		row := *before
		row.Name, row.TimeZone = services.Line(in.Name.Or(row.Name)), in.TimeZone.Or(row.TimeZone)
		row.StartsOn, row.EndsOn = in.StartsOn.Or(row.StartsOn), in.EndsOn.OrNull(row.EndsOn)
		hours, wrong := readHours(row.ID, in.Hours.OrZero(nil))
		if wrong = append(checkSchedule(&row), wrong...); len(wrong) > 0 {
			return nil, services.Invalid(wrong...)
		}
		if over := yesterday(tx.Now()); isOver(before, over) && !isOver(&row, over) {
			if err := roomForSchedule(tx, c.ID); err != nil {
				return nil, err
			}
		}
		row.Version, row.UpdatedAt = row.Version+1, tx.Now()
		tx.Changed(*before, row)
		if err := tx.DB.Model(&models.CoachSchedule{}).Where("id = ?", id).Select("name", "time_zone", "starts_on", "ends_on", "version", "updated_at").Updates(&row).Error; err != nil {
			return nil, err
		}
		return saved(tx, c, &row, hours, in.Hours.Set)
	})
}

// DeleteSchedule takes weekly hours away. What is booked in them stays, and is told of by the coach's availability.
// Errors: not_found; forbidden own_record; unconditional and stale as for every edit.
func (s *Service) DeleteSchedule(ctx context.Context, id uuid.UUID) error {
	_, err := services.Mutate(ctx, s.core, "coach_schedule.delete", func(tx *services.Tx) (*struct{}, error) {
		_, row, err := ofCoach[models.CoachSchedule](tx, id, "schedule", func(r *models.CoachSchedule) uuid.UUID { return r.CoachID })
		if err != nil {
			return nil, err
		}
		if err := tx.CheckVersion(row.Version); err != nil {
			return nil, err
		}
		tx.Changed(*row, nil)
		return nil, tx.DB.Where("id = ?", id).Delete(&models.CoachSchedule{}).Error
	})
	return err
}

// Schedule shows weekly hours to their coach and to coordinators.
// Errors: not_found; forbidden own_record.
func (s *Service) Schedule(ctx context.Context, id uuid.UUID) (*CoachScheduleView, error) {
	return hoursLook(ctx, s, id, "schedule", func(r *models.CoachSchedule) uuid.UUID { return r.CoachID }, func(db *gorm.DB, r *models.CoachSchedule) (*CoachScheduleView, error) {
		views, err := withHours(db, []models.CoachSchedule{*r})
		if err != nil {
			return nil, err
		}
		return &views[0], nil
	})
}

func newRecord(tx *services.Tx) models.Record {
	return models.Record{ID: services.NewID(), Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
}

// roomFor refuses what would be more of a kind than a coach can keep at a time; the coach is locked. What is over does not count.
// Errors: conflict too_many.
func roomFor[T models.Model](tx *services.Tx, coachID uuid.UUID, most int64, what, ahead string, since any) error {
	var n int64
	if err := tx.DB.Model(new(T)).Where("coach_id = ?", coachID).Where(ahead, since).Count(&n).Error; err != nil {
		return err
	}
	if n >= most {
		return services.Conflict(CodeTooManyHours, "A coach keeps at most %d %s at a time. Take some away first.", most, what)
	}
	return nil
}

func roomForSchedule(tx *services.Tx, coachID uuid.UUID) error {
	return roomFor[models.CoachSchedule](tx, coachID, mostSchedules, "schedules", "ends_on is null or ends_on >= ?", yesterday(tx.Now()))
}

func isOver(s *models.CoachSchedule, yesterday models.Date) bool {
	return s.EndsOn != nil && s.EndsOn.Before(yesterday.Time)
}

// yesterday is a day that is over in every zone, or nearly.
func yesterday(now time.Time) models.Date { return models.DateOf(now.UTC().AddDate(0, 0, -1)) }

// ofCoach reads something that a coach keeps, and locks the coach.
// Errors: not_found; forbidden own_record.
func ofCoach[T models.Model](tx *services.Tx, id uuid.UUID, what string, coachOf func(*T) uuid.UUID) (*models.Coach, *T, error) {
	row, err := keptByID[T](tx.DB, id, what)
	if err != nil {
		return nil, nil, err
	}
	c, _, err := coachToEdit(tx, coachOf(row))
	if err != nil {
		return nil, nil, notFoundAs(what, err)
	}
	row, err = keptByID[T](tx.DB, id, what) // as it is under the lock
	return c, row, err
}

func keptByID[T models.Model](db *gorm.DB, id uuid.UUID, what string) (*T, error) {
	var rows []T
	if err := db.Where("id = ?", id).Limit(1).Find(&rows).Error; err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, services.NotFound(what)
	}
	return &rows[0], nil
}

func checkSchedule(row *models.CoachSchedule) (wrong []services.FieldError) {
	if row.Name == "" {
		wrong = append(wrong, services.FieldError{Field: "/name", Code: "required", Message: "Give the schedule a name."})
	}
	if !models.KnownZone(row.TimeZone) {
		wrong = append(wrong, services.FieldError{Field: "/time_zone", Code: "unknown", Message: "Use an IANA time zone such as America/New_York."})
	}
	if row.StartsOn.Year() < 2000 || row.StartsOn.Year() > 2200 {
		wrong = append(wrong, services.FieldError{Field: "/starts_on", Code: "out_of_range", Message: "Begin in a year from 2000 to 2200."})
	}
	if row.EndsOn != nil && row.EndsOn.Before(row.StartsOn.Time) {
		wrong = append(wrong, services.FieldError{Field: "/ends_on", Code: "before_start", Message: "It cannot end before its first day."})
	}
	return wrong
}

// readHours writes hours as they are stored, with all that is wrong with them.
func readHours(schedule uuid.UUID, in []CoachHoursInput) (out []models.CoachHours, wrong []services.FieldError) {
	for i, h := range in {
		rule, err := models.WeeklyRule(h.Rule)
		var bad models.FieldError
		if errors.As(err, &bad) {
			wrong = append(wrong, services.FieldError{Field: fmt.Sprintf("/hours/%d/rule", i), Code: services.Code(bad.Code), Message: "The rule: " + bad.Message + "."})
		}
		if !models.IsWindow(h.FromTime, h.UntilTime) {
			wrong = append(wrong, services.FieldError{Field: fmt.Sprintf("/hours/%d/until_time", i), Code: "before_start", Message: "Hours end later the same day than they begin, at 24:00 at most."})
		}
		out = append(out, models.CoachHours{ID: services.NewID(), ScheduleID: schedule, Rule: rule, FromTime: h.FromTime, UntilTime: h.UntilTime})
	}
	return out, wrong
}

// saved stores the hours of a schedule, if they are new, and answers it with what lies outside.
func saved(tx *services.Tx, c *models.Coach, row *models.CoachSchedule, hours []models.CoachHours, replace bool) (*CoachScheduleSaved, error) {
	if replace {
		if err := tx.DB.Where("schedule_id = ?", row.ID).Delete(&models.CoachHours{}).Error; err != nil {
			return nil, err
		}
		if len(hours) > 0 {
			if err := tx.DB.Create(&hours).Error; err != nil {
				return nil, err
			}
		}
	}
	views, err := withHours(tx.DB, []models.CoachSchedule{*row}) // it may be over, and then it is not among those that are kept
	if err != nil {
		return nil, err
	}
	kept, err := keptHours(tx.DB, c, tx.Now())
	if err != nil {
		return nil, err
	}
	return &CoachScheduleSaved{CoachScheduleView: views[0], Outside: kept.outside}, nil
}
