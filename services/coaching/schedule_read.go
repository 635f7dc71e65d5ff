package coaching

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// mostOutside is how many sessions an answer names that are booked when their coach does not work.
const mostOutside = 100

// OutsideSession is a session that is booked when its coach does not work.
type OutsideSession struct {
	SessionID    uuid.UUID            `json:"session_id"`
	EngagementID uuid.UUID            `json:"engagement_id"`
	State        models.CoachingState `json:"state" enum:"requested,booked,in_progress"`
	StartsAt     time.Time            `json:"starts_at" example:"2026-12-01T23:00:00Z"`
	EndsAt       time.Time            `json:"ends_at" example:"2026-12-01T23:50:00Z"`
	Why          models.WhyOutside    `json:"why" gorm:"-" enum:"time_off,outside_hours"`
}

// CoachAvailability is when a coach works, as the coach and coordinators see it.
type CoachAvailability struct {
	CoachID   uuid.UUID              `json:"coach_id"`
	TimeZone  string                 `json:"time_zone" doc:"IANA name; of the coach. Each schedule and override names its own" example:"America/Chicago"`
	Schedules []CoachScheduleView    `json:"schedules" nullable:"false" doc:"Those that are not over, by first day. Their hours add up"`
	Overrides []models.CoachOverride `json:"overrides" nullable:"false" doc:"From yesterday on, by day"`
	TimeOff   []models.CoachTimeOff  `json:"time_off" nullable:"false" doc:"What is not over, by its beginning"`
	Outside   []OutsideSession       `json:"outside" nullable:"false" doc:"Booked, and outside these hours or in the time off; at most 100, the next first"`
}

// Availability shows when a coach works, to the coach and to coordinators.
// Errors: not_found; forbidden own_record.
func (s *Service) Availability(ctx context.Context, coachID uuid.UUID) (*CoachAvailability, error) {
	return hoursLook(ctx, s, coachID, "coach", func(c *models.Coach) uuid.UUID { return c.ID }, func(db *gorm.DB, c *models.Coach) (*CoachAvailability, error) {
		kept, err := keptHours(db, c, s.core.Clock.Now())
		if err != nil {
			return nil, err
		}
		return &CoachAvailability{CoachID: c.ID, TimeZone: c.TimeZone, Schedules: kept.schedules, Overrides: kept.overrides, TimeOff: kept.timeOff, Outside: kept.outside}, nil
	})
}

// hoursLook reads something that a coach keeps, for the coach, or for a coordinator whose look is written down.
// Errors: not_found; forbidden own_record.
func hoursLook[T models.Model, O any](ctx context.Context, s *Service, id uuid.UUID, what string, coachOf func(*T) uuid.UUID, show func(*gorm.DB, *T) (*O, error)) (*O, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	if !actor.Coordinates() {
		return services.Read(ctx, s.core, func(db *gorm.DB) (*O, error) {
			row, err := keptByID[T](db, id, what)
			if err == nil && (coachOf(row) != actor.MemberID || !actor.Has(models.RoleCoach)) {
				err = services.NotFound(what)
			}
			if err != nil {
				return nil, err
			}
			return show(db, row)
		})
	}
	return services.Disclose(ctx, s.core, "coach_hours.read", func(d *services.Disclosure) (*O, error) {
		d.Object(id)
		row, err := keptByID[T](d.DB, id, what)
		if err != nil {
			return nil, err
		}
		if coach := coachOf(row); coach != actor.MemberID || !actor.Has(models.RoleCoach) {
			if err := people.MayHandle(d.Tx(), coach); err != nil {
				return nil, notShown(d, what, err)
			}
		}
		d.Subject(coachOf(row))
		return show(d.DB, row)
	})
}

// notShown tells the log of a look that was turned down; one at what is hidden leaves the row that an unknown id does.
func notShown(d *services.Disclosure, what string, err error) error {
	var refusal *services.Error
	if errors.As(err, &refusal) && refusal.Kind == services.KindForbidden {
		return d.Tx().Refused("coach_hours.read", refusal)
	}
	return notFoundAs(what, err)
}

// kept is when a coach works from now on.
type kept struct {
	schedules []CoachScheduleView
	overrides []models.CoachOverride
	timeOff   []models.CoachTimeOff
	outside   []OutsideSession
}

// keptHours reads when a coach works, and what is booked at other times.
func keptHours(db *gorm.DB, c *models.Coach, now time.Time) (*kept, error) {
	k := &kept{overrides: []models.CoachOverride{}, timeOff: []models.CoachTimeOff{}, outside: []OutsideSession{}}
	var schedules []models.CoachSchedule
	err := db.Where("coach_id = ? and (ends_on is null or ends_on >= ?)", c.ID, yesterday(now)).Order("starts_on, id").Limit(mostSchedules).Find(&schedules).Error
	if err != nil {
		return nil, err
	}
	if k.schedules, err = withHours(db, schedules); err != nil {
		return nil, err
	}
	if err := db.Where("coach_id = ? and day >= ?", c.ID, yesterday(now)).Order("day").Limit(mostOverrides).Find(&k.overrides).Error; err != nil {
		return nil, err
	}
	if err := db.Where("coach_id = ? and ends_at > ?", c.ID, now).Order("starts_at, id").Limit(mostTimeOff).Find(&k.timeOff).Error; err != nil {
		return nil, err
	}
	return k, k.findOutside(db, c, now)
}

// withHours reads the hours of schedules. One query.
func withHours(db *gorm.DB, schedules []models.CoachSchedule) ([]CoachScheduleView, error) {
	out := make([]CoachScheduleView, len(schedules))
	at := map[uuid.UUID]int{}
	ids := make([]uuid.UUID, len(schedules))
	for i := range schedules {
		out[i] = CoachScheduleView{CoachSchedule: schedules[i], Hours: []models.CoachHours{}}
		ids[i], at[schedules[i].ID] = schedules[i].ID, i
	}
	if len(ids) == 0 {
		return out, nil
	}
	var hours []models.CoachHours
	err := db.Where("schedule_id in ?", ids).Order("from_time, rule, id").Find(&hours).Error
	for _, h := range hours {
		i := at[h.ScheduleID]
		out[i].Hours = append(out[i].Hours, h)
	}
	return out, err
}

// findOutside looks through what is booked from now on.
func (k *kept) findOutside(db *gorm.DB, c *models.Coach, now time.Time) error {
	var ahead []OutsideSession
	err := db.Table("coaching_sessions").Select("id as session_id, engagement_id, state, starts_at, ends_at").
		Where("coach_id = ? and live and starts_at > ?", c.ID, now).Order("starts_at, id").Limit(1000).Scan(&ahead).Error
	if err != nil {
		return err
	}
	spans := make([]models.TimeSpan, len(ahead))
	for i := range ahead {
		spans[i] = models.TimeSpan{From: ahead[i].StartsAt, Until: ahead[i].EndsAt}
	}
	why, err := k.rules(c).Outside(spans)
	for i := range ahead {
		if err != nil || len(k.outside) == mostOutside {
			break
		}
		if ahead[i].Why = why[i]; why[i] != "" {
			k.outside = append(k.outside, ahead[i])
		}
	}
	return err
}

// rules are the hours as they are computed with.
func (k *kept) rules(c *models.Coach) *models.Availability {
	a := &models.Availability{Coach: *c, Overrides: k.overrides}
	for i := range k.schedules {
		a.Schedules = append(a.Schedules, models.ScheduledHours{CoachSchedule: k.schedules[i].CoachSchedule, Hours: k.schedules[i].Hours})
	}
	for i := range k.timeOff {
		a.TimeOff = append(a.TimeOff, models.TimeSpan{From: k.timeOff[i].StartsAt, Until: k.timeOff[i].EndsAt})
	}
	return a
}
