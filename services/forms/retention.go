package forms

import (
	"github.com/google/uuid"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
)

// purgeOn is the first day on which an answer is no longer to be had; nil for one that is kept. A term that counts from the
// end of the record is over after three years at the latest.
func purgeOn(f *models.FormField, given models.Date, ended *models.Date) *models.Date {
	days, fromEnd := f.Retention()
	if days == nil {
		return nil
	}
	if !fromEnd {
		return after(given, *days)
	}
	last := after(given, models.MaxRetentionDays)
	if ended != nil {
		if on := after(*ended, *days); on.Before(last.Time) {
			return on
		}
	}
	return last
}

func after(day models.Date, days int) *models.Date {
	return &models.Date{Time: day.AddDate(0, 0, days)}
}

// End tells the forms of records that these ended on a day: what is due is moot, and terms that count from the end begin. A
// nil day takes it back. It takes the same few round trips however many records there are.
func End(tx *services.Tx, record string, on *models.Date, ids ...uuid.UUID) error {
	return end(tx, nil, record, on, ids)
}

// EndOf is End for one form alone, where a record may have been asked several, one after another.
func EndOf(tx *services.Tx, form uuid.UUID, record string, on *models.Date, ids ...uuid.UUID) error {
	return end(tx, &form, record, on, ids)
}

func end(tx *services.Tx, form *uuid.UUID, record string, on *models.Date, ids []uuid.UUID) error {
	if len(ids) == 0 {
		return nil
	}
	q := tx.DB.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("record = ? AND record_id IN ? AND ended_on IS DISTINCT FROM ?", record, ids, on)
	if form != nil {
		q = q.Where("form_id = ?", *form)
	}
	var found []models.FormResponse
	err := q.Order("id").Find(&found).Error
	if err != nil || len(found) == 0 {
		return err
	}
	changed := make([]uuid.UUID, len(found))
	byID, versions := map[uuid.UUID]*models.FormResponse{}, []uuid.UUID{}
	for i := range found {
		r := &found[i]
		before := *r
		r.EndedOn, r.UpdatedAt = on, tx.Now()
		switch {
		case on != nil && r.Status == models.FormResponseDue:
			r.Status = models.FormResponseMoot
		case on == nil && r.Status == models.FormResponseMoot:
			r.Status = models.FormResponseDue
		}
		tx.Changed(before, *r)
		changed[i], byID[r.ID] = r.ID, r
		if r.FormVersionID != nil {
			versions = append(versions, *r.FormVersionID)
		}
	}
	tx.Queue(`update form_responses set ended_on = $2::text::date, updated_at = $3, status = case when status = 'answered' then status when $2 is null then 'due' else 'moot' end where id = any($1)`,
		changed, dayText(on), tx.Now())
	if len(versions) == 0 {
		return nil
	}
	return countAnew(tx, changed, versions, byID)
}

func dayText(d *models.Date) *string {
	if d == nil {
		return nil
	}
	s := d.String()
	return &s
}

// countAnew sets the days of answers whose term counts from the end.
func countAnew(tx *services.Tx, responses, versions []uuid.UUID, byID map[uuid.UUID]*models.FormResponse) error {
	var asked []models.FormVersion
	if err := tx.DB.Select("id", "fields").Where("id IN ?", versions).Find(&asked).Error; err != nil {
		return err
	}
	fields := map[uuid.UUID]models.FormFields{}
	for i := range asked {
		fields[asked[i].ID] = asked[i].Fields
	}
	var answers []models.FormAnswer
	err := tx.DB.Select("id", "response_id", "field", "given_on", "purge_on").Where("response_id IN ? AND purged_at IS NULL AND purge_on IS NOT NULL", responses).
		Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Order("id").Find(&answers).Error
	if err != nil {
		return err
	}
	var ids []uuid.UUID
	var days []string
	for i := range answers {
		a := &answers[i]
		r := byID[a.ResponseID]
		field := fields[*r.FormVersionID].Field(a.Field)
		if field == nil {
			continue
		}
		if on := purgeOn(field, a.GivenOn, r.EndedOn); on != nil && !on.Equal(a.PurgeOn.Time) {
			ids, days = append(ids, a.ID), append(days, on.String())
		}
	}
	if len(ids) > 0 {
		tx.Queue(`update form_answers a set purge_on = n.purge_on::date from unnest($1::uuid[], $2::text[]) as n (id, purge_on) where a.id = n.id`, ids, days)
	}
	return nil
}
