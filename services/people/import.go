package people

import (
	"errors"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// CheckMember brings a member who comes from elsewhere than a form into the form in which members are kept, and names
// each value that cannot be. It also holds the lengths that a form's schema would.
func CheckMember(m *models.Member, now time.Time) []services.FieldError {
	p := tidy(m, now)
	for _, f := range []struct {
		field string
		text  *string
		most  int
	}{
		{"/given_name", &m.GivenName, 80}, {"/family_name", &m.FamilyName, 80}, {"/preferred_name", m.PreferredName, 80}, {"/pronouns", m.Pronouns, 40},
		{"/email", m.Email, 254}, {"/address_line1", &m.AddressLine1, 120}, {"/address_line2", &m.AddressLine2, 120}, {"/city", &m.City, 80},
		{"/region", &m.Region, 80}, {"/postal_code", &m.PostalCode, 16}, {"/referral_source", m.ReferralSource, 120},
	} {
		if f.text != nil && utf8.RuneCountInString(*f.text) > f.most {
			p.add(f.field, "too_long", "This may have at most %d characters.", f.most)
		}
	}
	return p
}

// Named is somebody as a list from elsewhere names them.
type Named struct{ GivenName, FamilyName string }

// NamedLike finds, for each that is asked about, the members of exactly that name, case and accents aside, by the place in
// the question. It holds every record, also those that the caller must not see: what is said of them is the caller's care.
func NamedLike(db *gorm.DB, asked []Named) (map[int][]models.Member, error) {
	if len(asked) == 0 {
		return nil, nil
	}
	names := make(models.Texts[string], len(asked))
	for i, n := range asked {
		names[i] = n.FamilyName + " " + n.GivenName
	}
	var rows []struct {
		Place         int
		models.Member `gorm:"embedded"`
	}
	// LATERAL keeps the planner from reading all members to find five hundred.
	err := db.Raw(`SELECT asked.place, m.* FROM unnest(?::text[]) WITH ORDINALITY AS asked(name, place)
		CROSS JOIN LATERAL (SELECT * FROM members WHERE folded(members.family_name || ' ' || members.given_name) = folded(asked.name)
			AND members.status <> 'merged' ORDER BY members.id LIMIT 20) m ORDER BY asked.place, m.id`, names).Scan(&rows).Error
	out := make(map[int][]models.Member, len(rows))
	for _, r := range rows {
		out[r.Place-1] = append(out[r.Place-1], r.Member)
	}
	return out, err
}

// Arrivals are people who come in together, with what links them. Ids are set by the caller.
type Arrivals struct {
	Members       []*models.Member
	Households    []*models.Household
	Stays         []*models.HouseholdMember
	Relationships []*models.Relationship
	Guardianships []*models.Guardianship
	Service       []*models.ServiceRecord
}

// rowsAtOnce keeps an insert below PostgreSQL's 65,535 parameters: a member has about fifty columns.
const rowsAtOnce = 500

// Arrive enters people in bulk, with what NewMember fills in for one. A child's guardian is claimed, never confirmed; two
// adults are not linked, since adults ask and accept. Errors: invalid, for a member whom CheckMember does not pass.
func Arrive(tx *services.Tx, a Arrivals) error {
	for _, m := range a.Members {
		if err := fillIn(tx, m).err(); err != nil {
			return err
		}
	}
	record := func(r *models.Record) { r.Version, r.CreatedAt, r.UpdatedAt = 1, tx.Now(), tx.Now() }
	for _, h := range a.Households {
		record(&h.Record)
	}
	for _, s := range a.Stays {
		s.CreatedAt, s.UpdatedAt = tx.Now(), tx.Now()
	}
	for _, r := range a.Relationships {
		record(&r.Record)
	}
	for _, g := range a.Guardianships {
		record(&g.Record)
		g.Status = models.GuardianshipClaimed
	}
	for _, r := range a.Service {
		record(&r.Record)
		r.Verification = models.ServiceUnverified
	}
	return errors.Join(enter(tx, a.Members), enter(tx, a.Households), enter(tx, a.Stays), enter(tx, a.Relationships), enter(tx, a.Guardianships), enter(tx, a.Service))
}

func enter[T any, P interface {
	*T
	models.Model
}](tx *services.Tx, rows []P) error {
	if len(rows) == 0 {
		return nil
	}
	for _, r := range rows {
		tx.Changed(nil, r)
	}
	return tx.DB.CreateInBatches(rows, rowsAtOnce).Error
}

// Held reads members by id, locked for change in the order of their ids. Unknown ids are missing in the answer.
func Held(tx *services.Tx, ids []uuid.UUID) (map[uuid.UUID]*models.Member, error) {
	out := make(map[uuid.UUID]*models.Member, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	tx.Locks(services.LockMembers)
	var rows []models.Member
	err := tx.DB.Clauses(forUpdate).Where("id IN ?", ids).Order("id").Find(&rows).Error
	for i := range rows {
		out[rows[i].ID] = &rows[i]
	}
	return out, err
}

// Revise stores what an import changed of a member whom Held locked. After an error that names the record nothing has been
// changed of it, and the transaction goes on. Errors: conflict member_closed, and when somebody is so entered already;
// invalid.
func Revise(tx *services.Tx, before models.Member, m *models.Member) error {
	if before.Gone() {
		return services.Conflict("member_closed", "This record is closed: the person has died, or it was merged into another record.")
	}
	if err := tidy(m, tx.Now()).err(); err != nil {
		return err
	}
	edited(tx, &m.Record)
	if err := tx.DB.Exec("SAVEPOINT revise").Error; err != nil {
		return err
	}
	err := tx.DB.Model(&models.Member{}).Where("id = ?", m.ID).Select(memberColumns).Updates(m).Error
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code[:2] == "23" {
		return errors.Join(tx.DB.Exec("ROLLBACK TO SAVEPOINT revise").Error, services.Conflict("record_refused", "The record cannot be kept so: %s.", pg.ConstraintName))
	}
	if err != nil {
		return err
	}
	tx.Changed(before, *m)
	return tx.DB.Exec("RELEASE SAVEPOINT revise").Error
}

// Departures are rows of people's tables that one row of an import made. Members carry the version they must still have.
type Departures struct {
	Members                                                  map[uuid.UUID]int
	Households, Stays, Relationships, Guardianships, Service []uuid.UUID
}

// TakeBack deletes what an import entered, if nobody has touched it since and nothing else points to it; else it answers
// false and leaves everything as it was.
func TakeBack(tx *services.Tx, d Departures) (bool, error) {
	ids := make([]uuid.UUID, 0, len(d.Members))
	for id := range d.Members {
		ids = append(ids, id)
	}
	held, err := Held(tx, ids)
	if err != nil {
		return false, err
	}
	for id, version := range d.Members {
		if m := held[id]; m == nil || m.Version != version {
			return false, nil
		}
	}
	if err := tx.DB.Exec("SAVEPOINT take_back").Error; err != nil {
		return false, err
	}
	whole, err := remove(tx, d, ids)
	var pg *pgconn.PgError
	if !whole && err == nil || errors.As(err, &pg) && pg.Code == "23503" {
		return false, tx.DB.Exec("ROLLBACK TO SAVEPOINT take_back").Error
	}
	if err != nil {
		return false, err
	}
	for _, m := range held {
		tx.Changed(*m, nil)
	}
	return true, tx.DB.Exec("RELEASE SAVEPOINT take_back").Error
}

// remove answers false when a row has been changed since. Pairs that our own search for duplicates found are no use that
// anybody made of a record.
func remove(tx *services.Tx, d Departures, members []uuid.UUID) (bool, error) {
	const untouched = "id IN ? AND version = 1"
	for _, step := range []struct {
		model any
		where string
		ids   []uuid.UUID
	}{
		{&models.Guardianship{}, untouched, d.Guardianships}, {&models.Relationship{}, untouched, d.Relationships}, {&models.ServiceRecord{}, untouched, d.Service},
		{&models.HouseholdMember{}, "id IN ? AND updated_at = created_at", d.Stays}, {&models.Household{}, untouched, d.Households},
		{&models.Member{}, "id IN ?", members},
	} {
		if len(step.ids) == 0 {
			continue
		}
		if _, last := step.model.(*models.Member); last {
			err := tx.DB.Where("(first_id IN ? OR second_id IN ?) AND status = 'open'", members, members).Delete(&models.DuplicatePair{}).Error
			if err != nil {
				return false, err
			}
		}
		gone := tx.DB.Where(step.where, step.ids).Delete(step.model)
		if gone.Error != nil || gone.RowsAffected != int64(len(step.ids)) {
			return false, gone.Error
		}
	}
	return true, nil
}

// Listed is the members that the list holds for actor, to be read page by page.
func Listed(db *gorm.DB, actor *services.Actor, now time.Time, c models.Criteria) *gorm.DB {
	q := db.Table("members").Scopes(Visible(actor))
	if actor.Staff() {
		q = q.Scopes(actor.NotOwn("members.id", now))
	}
	return within(q, c, models.DateOf(now))
}
