package forms

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// Purge is the job that destroys answers whose day has come. A read past that day shows none of them already; the job takes
// the bytes, from a restored backup too.
type Purge struct{}

// Kind implements services.JobArgs.
func (Purge) Kind() string { return "form_answer.purge" }

// purgeBatch bounds one transaction, and the row of the log that names what went.
const purgeBatch = 200

// purge works in batches until nothing is due.
func (s *Service) purge(ctx context.Context, job Purge) error {
	ctx = services.AsSystem(ctx, job.Kind())
	now := s.core.Clock.Now()
	zones, err := services.Read(ctx, s.core, func(db *gorm.DB) (zones []string, err error) {
		return zones, db.Raw(`select distinct m.time_zone from form_answers a join form_responses r on r.id = a.response_id join members m on m.id = r.member_id
			where a.purged_at is null and a.purge_on <= ?`, lastDay(now)).Scan(&zones).Error
	})
	for err == nil && len(zones) > 0 {
		var purged int
		if purged, err = s.purgeSome(ctx, zones); purged < purgeBatch {
			return err
		}
	}
	return err
}

// lastDay is the day in the zone that is furthest ahead: none is ahead of UTC by more than 14 hours.
func lastDay(now time.Time) models.Date { return *after(models.DateOf(now.UTC()), 1) }

// purgeSome destroys one batch, by the days that Go knows: a zone that the database has never heard of would stop it for
// everybody. An answer that is being changed is left for the next hour.
func (s *Service) purgeSome(ctx context.Context, zones []string) (int, error) {
	return services.Mutate(ctx, s.core, "form_answer.purge", func(tx *services.Tx) (int, error) {
		now, days := tx.Now(), make([]string, len(zones))
		for i, zone := range zones {
			days[i] = models.DayIn(now, zone).String()
		}
		var due []struct {
			ID         uuid.UUID
			ResponseID uuid.UUID
			MemberID   uuid.UUID
		}
		err := tx.DB.Raw(`select a.id, a.response_id, r.member_id from form_answers a join form_responses r on r.id = a.response_id join members m on m.id = r.member_id
			join unnest(cast(? as text[]), cast(? as text[])) as z (zone, day) on z.zone = m.time_zone
			where a.purged_at is null and a.purge_on <= ? and a.purge_on <= z.day::date
			order by a.purge_on, a.id limit ? for update of a skip locked`, models.Texts[string](zones), models.Texts[string](days), lastDay(now), purgeBatch).Scan(&due).Error
		if err != nil {
			return 0, err
		}
		tx.Unchanged()
		ids := make([]uuid.UUID, len(due))
		for i, d := range due {
			ids[i] = d.ID
			tx.Object(d.ResponseID)
			tx.Subject(d.MemberID)
			tx.Changed(models.FormAnswer{ID: d.ID, ResponseID: d.ResponseID}, models.FormAnswer{ID: d.ID, ResponseID: d.ResponseID, PurgedAt: &now})
		}
		tx.Queue(`update form_answers set value = null, sealed = null, sealed_key = null, purged_at = $2 where id = any($1)`, ids, now)
		return len(due), nil
	})
}
