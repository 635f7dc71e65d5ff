package people

import (
	"strings"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// within narrows a query of members to those whom the criteria pick on a day.
func within(q *gorm.DB, c models.Criteria, on models.Date) *gorm.DB {
	if len(c.Status) > 0 {
		q = q.Where("members.status IN ?", c.Status)
	} else {
		q = q.Where("members.status NOT IN ('deceased', 'merged')")
	}
	if len(c.Kind) > 0 {
		q = q.Where("members.kinds && ?::text[]", models.Texts[models.Kind](c.Kind))
	}
	if len(c.Tag) > 0 {
		q = q.Where("members.tags && ?::text[]", tidyTags(c.Tag))
	}
	if c.Referral != "" {
		q = q.Where("members.referral_source IS NOT NULL AND folded(members.referral_source) = folded(?)", services.Line(c.Referral))
	}
	if c.HouseholdID != uuid.Nil {
		q = q.Where("members.id IN (SELECT h.member_id FROM household_members h WHERE h.household_id = ? AND daterange(h.starts_on, h.ends_on) @> ?::date)", c.HouseholdID, on)
	}
	switch c.Account {
	case "with":
		q = q.Where("EXISTS (SELECT FROM accounts a WHERE a.member_id = members.id)")
	case "without":
		q = q.Where("NOT EXISTS (SELECT FROM accounts a WHERE a.member_id = members.id)")
	}
	return changed(aged(living(served(q, c), c), c, on), c)
}

// served asks the service records; each condition may be met by another one of them. The eras are asked first,
// whatever the planner believes: it cannot tell a rare one from a common one, and would read all members.
func served(q *gorm.DB, c models.Criteria) *gorm.DB {
	if len(c.Era) > 0 {
		q = q.Where("members.id = ANY (ARRAY(SELECT s.member_id FROM service_records s WHERE eras_of(s.entered_on, s.separated_on, s.deployments) && ?::text[]))", models.Texts[models.Era](c.Era))
	}
	if len(c.Branch) > 0 {
		q = q.Where("members.id IN (SELECT s.member_id FROM service_records s WHERE s.branch IN ?)", c.Branch)
	}
	if len(c.Verification) > 0 {
		q = q.Where("members.id IN (SELECT s.member_id FROM service_records s WHERE s.verification IN ?)", c.Verification)
	}
	return q
}

func living(q *gorm.DB, c models.Criteria) *gorm.DB {
	if len(c.Region) > 0 {
		regions := make([]any, len(c.Region))
		for i, r := range c.Region {
			regions[i] = services.Line(r)
		}
		q = q.Where("members.region <> '' AND folded(members.region) IN ("+strings.Repeat("folded(?), ", len(regions)-1)+"folded(?))", regions...)
	}
	if begins := strings.ToUpper(services.Line(c.PostalCode)); begins != "" {
		// What begins so lies between the words themselves and the next that do not.
		q = q.Where(`members.postal_code <> '' AND upper(members.postal_code) COLLATE "C" >= ? AND upper(members.postal_code) COLLATE "C" < ?`, begins, begins+"\U0010FFFF")
	}
	return q
}

// aged counts birthdays on the day in UTC.
func aged(q *gorm.DB, c models.Criteria, on models.Date) *gorm.DB {
	if c.MinAge > 0 {
		q = q.Where("members.birth_date <= ?::date", yearsBefore(on, c.MinAge))
	}
	if c.MaxAge > 0 {
		q = q.Where("members.birth_date > ?::date", yearsBefore(on, c.MaxAge+1))
	}
	return q
}

// yearsBefore is the same day years ago; of 29 February in a common year, the day before.
func yearsBefore(d models.Date, years int) models.Date {
	then := models.NewDate(d.Year()-years, d.Month(), d.Day())
	if then.Month() != d.Month() {
		return models.NewDate(d.Year()-years, d.Month(), d.Day()-1)
	}
	return then
}

func changed(q *gorm.DB, c models.Criteria) *gorm.DB {
	if !c.CreatedGTE.IsZero() {
		q = q.Where("members.created_at >= ?", c.CreatedGTE)
	}
	if !c.CreatedLT.IsZero() {
		q = q.Where("members.created_at < ?", c.CreatedLT)
	}
	if !c.UpdatedGTE.IsZero() {
		q = q.Where("members.updated_at >= ?", c.UpdatedGTE)
	}
	if !c.UpdatedLT.IsZero() {
		q = q.Where("members.updated_at < ?", c.UpdatedLT)
	}
	return q
}
