package people

import (
	"slices"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
)

// EligibilityFacts gathers what rules of eligibility may ask of members, ages being those of the day on. An id that is
// nobody's is left out. What they have to do with programs is for the domain of programs to add. Four queries, however many
// members; none for nobody.
func EligibilityFacts(db *gorm.DB, now time.Time, on models.Date, members []uuid.UUID) (map[uuid.UUID]*models.Facts, error) {
	out := make(map[uuid.UUID]*models.Facts, len(members))
	if len(members) == 0 {
		return out, nil
	}
	var rows []models.Member
	err := db.Select("id", "birth_date", "gender", "kinds", "status", "region", "country", "time_zone").Where("id IN ?", members).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return out, err
	}
	for i := range rows {
		m := &rows[i]
		out[m.ID] = &models.Facts{MemberID: m.ID, On: on, Kinds: m.Kinds, BirthDate: m.BirthDate, Gender: m.Gender, Region: m.Region, Country: m.Country}
	}
	if err := serviceFacts(db, out, members); err != nil {
		return nil, err
	}
	granted, err := grantedKinds(db, now, rows, nil)
	if err != nil {
		return nil, err
	}
	for id, kinds := range granted {
		for kind := range kinds {
			out[id].Consents = append(out[id].Consents, kind)
		}
	}
	return out, householdFacts(db, now, out, members)
}

func serviceFacts(db *gorm.DB, facts map[uuid.UUID]*models.Facts, members []uuid.UUID) error {
	var records []models.ServiceRecord
	err := db.Where("member_id IN ?", members).Order("member_id, entered_on, id").Find(&records).Error
	for i := range records {
		f := facts[records[i].MemberID]
		f.Service = append(f.Service, records[i])
	}
	return err
}

// householdFacts finds who lives with whom today, be their records kept to others or not: the rule counts them, and the
// answer names nobody.
func householdFacts(db *gorm.DB, now time.Time, facts map[uuid.UUID]*models.Facts, members []uuid.UUID) error {
	var rows []struct {
		MemberID uuid.UUID
		OtherID  *uuid.UUID
	}
	on := models.DateOf(now)
	err := db.Raw(`SELECT mine.member_id, theirs.member_id AS other_id FROM household_members mine
		LEFT JOIN household_members theirs ON theirs.household_id = mine.household_id AND theirs.member_id <> mine.member_id
			AND daterange(theirs.starts_on, theirs.ends_on) @> CAST(? AS date)
		WHERE mine.member_id IN ? AND daterange(mine.starts_on, mine.ends_on) @> CAST(? AS date)`, on, members, on).Scan(&rows).Error
	for _, r := range rows {
		f := facts[r.MemberID]
		f.InHousehold = true
		if r.OtherID != nil && !slices.Contains(f.Household, *r.OtherID) {
			f.Household = append(f.Household, *r.OtherID)
		}
	}
	return err
}
