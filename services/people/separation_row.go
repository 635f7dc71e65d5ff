package people

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
	"homefront/services/tasks"
)

// TaskHeldAccount asks staff to look at a new account that resembles somebody who is kept apart.
const TaskHeldAccount models.TaskKind = "held_account"

const memberRecord = "member"

// VisibleSeparations is the scope of the separations that staff may know of: not those of which they are a party or close
// to one, nor those of a record that is kept to others.
func VisibleSeparations(actor *services.Actor, now time.Time) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		if !actor.Coordinates() {
			return db.Where("false")
		}
		return db.Scopes(actor.NotOwn("separations.first_id", now), actor.NotOwn("separations.second_id", now))
	}
}

// KnownApart is SQL that says whether a separation of the member m holds that the actor may know of: no party to it nor close
// to one. Its arguments: models.SeparationDay, the actor, the actor, the day.
const KnownApart = `EXISTS (SELECT FROM separations s WHERE s.status = 'live' AND (s.first_id = m.id OR s.second_id = m.id) AND (s.ends_on IS NULL OR s.ends_on >= ?)
	AND NOT EXISTS (SELECT FROM unnest(ARRAY[s.first_id, s.second_id]) party WHERE party = ? OR party IN (SELECT closed_to(?, ?))))`

// VisibleHolds is the same for held accounts.
func VisibleHolds(actor *services.Actor, now time.Time) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		if !actor.Coordinates() {
			return db.Where("false")
		}
		return db.Scopes(actor.NotOwn("member_holds.member_id", now), actor.NotOwn("member_holds.resembles_id", now))
	}
}

// LockPair makes everything wait that one of the two asks for, so that what is stored by now can be looked through and what
// comes later finds the separation. It answers the two rows by id.
// Errors: forbidden own_record when either is the caller or close to them; not_found.
func LockPair(tx *services.Tx, one, other uuid.UUID) (map[uuid.UUID]models.Member, error) {
	tx.Locks(services.LockMembers)
	ids := []uuid.UUID{one, other}
	if err := notOwn(tx.DB, tx.Actor(), tx.Now(), ids...); err != nil {
		return nil, err
	}
	var rows []models.Member
	err := tx.DB.Scopes(tx.Actor().NotOwn("members.id", tx.Now())).Clauses(clause.Locking{Strength: "UPDATE"}).Where("members.id IN ?", ids).Order("members.id").Find(&rows).Error
	out := make(map[uuid.UUID]models.Member, len(rows))
	for _, m := range rows {
		out[m.ID] = m
	}
	if err == nil && len(out) < 2 && one != other {
		err = services.NotFound("member")
	}
	return out, err
}

// AddSeparation stores a new separation. The pair is locked.
// Errors: conflict already_separated.
func AddSeparation(tx *services.Tx, s *models.Separation) error {
	if err := tx.DB.Create(s).Error; err != nil {
		return err
	}
	tx.Changed(nil, *s)
	return nil
}

// SaveSeparation stores what became of a separation. The pair is locked.
// Errors: conflict already_separated when a newer one stands.
func SaveSeparation(tx *services.Tx, before models.Separation, s *models.Separation) error {
	edited(tx, &s.Record)
	tx.Changed(before, *s)
	return tx.DB.Model(&models.Separation{}).Where("id = ?", s.ID).
		Select("review_on", "ends_on", "status", "ended_by", "ended_at", "version", "updated_at").Updates(s).Error
}

const alikeSQL = `select k.id,
		coalesce(k.birth_date = cast(@born as date) and (folded(@name) in (folded(k.given_name || ' ' || k.family_name),
			folded(coalesce(k.preferred_name, k.given_name) || ' ' || k.family_name), folded(k.legal_name))), false) as name,
		coalesce(lower(k.email) in @emails, false) or exists (select from accounts c where c.member_id = k.id and lower(c.email) in @emails) as email,
		coalesce(k.phone = cast(@phone as text), false) as phone,
		@line <> '' and @code <> '' and folded(k.address_line1) = folded(@line) and k.postal_code = @code as address
	from members k where k.id <> @self and k.status <> 'merged'
		and not exists (select from separations s where s.first_id in (@self, k.id) and s.second_id in (@self, k.id)) and k.id in (
		select second_id from separations where status = 'live' and (ends_on is null or ends_on >= cast(@day as date))
		union select first_id from separations where status = 'live' and kind = 'mutual' and (ends_on is null or ends_on >= cast(@day as date)))
	order by k.id`

// newFor is how long an account counts as new: what its owner says of themselves in that time is looked at like what they
// signed up with.
const newFor = 90 * 24 * time.Hour

// HoldIfAlike holds a new account whose owner resembles somebody who is kept apart: by name and birth date, as far as the
// search for duplicates takes two records for one person, by e-mail, phone or postal address. Staff look at whatever it asks for until one of them releases it; its owner sees nothing of that. The
// two sides of a separation are two people, whom staff know apart. More addresses of the account may be given.
func HoldIfAlike(tx *services.Tx, m *models.Member, also ...string) error {
	var found []struct {
		ID                          uuid.UUID
		Name, Email, Phone, Address bool
	}
	var born *string
	if m.BirthDate != nil {
		text := m.BirthDate.String()
		born = &text
	}
	emails := []string{}
	for _, e := range also {
		emails = append(emails, strings.ToLower(e))
	}
	if m.Email != nil {
		emails = append(emails, strings.ToLower(*m.Email))
	}
	if err := tx.DB.Raw(alikeSQL, map[string]any{"self": m.ID, "born": born, "name": m.GivenName + " " + m.FamilyName, "emails": emails, "phone": m.Phone,
		"line": m.AddressLine1, "code": m.PostalCode, "day": models.SeparationDay(tx.Now()).String()}).Scan(&found).Error; err != nil {
		return err
	}
	matches, err := FindDuplicates(tx.DB, []Likeness{LikenessOf(m)})
	if err != nil {
		return err
	}
	var resembled []uuid.UUID
	for _, f := range found {
		// A middle initial, a nickname or a slip of the pen does not make another person.
		f.Name = f.Name || slices.ContainsFunc(matches[0], func(match Match) bool { return match.MemberID == f.ID })
		h := models.MemberHold{ID: services.NewID(), CreatedAt: tx.Now(), MemberID: m.ID, ResemblesID: f.ID}
		for _, by := range []struct {
			is bool
			as models.Resemblance
		}{{f.Name, models.ResemblesName}, {f.Email, models.ResemblesEmail}, {f.Phone, models.ResemblesPhone}, {f.Address, models.ResemblesAddress}} {
			if by.is {
				h.Reasons = append(h.Reasons, by.as)
			}
		}
		if len(h.Reasons) == 0 {
			continue
		}
		added := tx.DB.Clauses(clause.OnConflict{DoNothing: true}).Create(&h)
		if added.Error != nil {
			return added.Error
		}
		if added.RowsAffected > 0 { // what staff released once stays so
			tx.Changed(nil, h)
			resembled = append(resembled, f.ID)
		}
	}
	if len(resembled) == 0 {
		return nil
	}
	_, err = tasks.Open(tx, tasks.New{Kind: TaskHeldAccount, MemberID: &m.ID, AlsoAbout: resembled, Record: memberRecord, RecordID: &m.ID, Queue: "coordinators",
		Title: "Look at a new account, and release it or not", DueAt: tx.Now().Add(24 * time.Hour)})
	return err
}

// holdIfNew looks again at what somebody says of themselves while their account is new, when they change it.
func holdIfNew(tx *services.Tx, before, m *models.Member) error {
	same := func(a, b *string) bool { return a == b || a != nil && b != nil && *a == *b }
	if same(before.Email, m.Email) && same(before.Phone, m.Phone) && before.AddressLine1 == m.AddressLine1 && before.PostalCode == m.PostalCode &&
		before.GivenName == m.GivenName && before.FamilyName == m.FamilyName && (before.BirthDate == nil) == (m.BirthDate == nil) {
		return nil
	}
	var made []string
	err := tx.DB.Raw(`select email from accounts where member_id = ? and created_at > ?`, m.ID, tx.Now().Add(-newFor)).Scan(&made).Error
	if err != nil || len(made) == 0 {
		return err
	}
	return HoldIfAlike(tx, m, made...)
}

// EndBuddyLinks ends the link of two battle buddies who are kept apart from now on. Neither is told: it leaves both lists,
// as when the other unlinks.
func EndBuddyLinks(tx *services.Tx, one, other uuid.UUID) error {
	var rows []models.Relationship
	err := tx.DB.Clauses(forUpdate).Where("kind = ? AND status = ? AND member_id IN ? AND other_id IN ?", models.RelationBattleBuddy, models.RelationshipAccepted,
		[]uuid.UUID{one, other}, []uuid.UUID{one, other}).Order("id").Find(&rows).Error
	for i := range rows {
		if err != nil {
			return err
		}
		before := rows[i]
		end(tx, &rows[i])
		err = storeRelationship(tx, before, &rows[i])
	}
	return err
}

// ReleaseHolds lets an account go on like any other. It answers what was released, of what the caller may know of.
// Errors: not_found when nothing is held that they may know of.
func ReleaseHolds(tx *services.Tx, member uuid.UUID) ([]models.MemberHold, error) {
	var rows []models.MemberHold
	err := tx.DB.Scopes(VisibleHolds(tx.Actor(), tx.Now())).Clauses(forUpdate).Where("member_id = ? AND released_at IS NULL", member).Order("id").Find(&rows).Error
	if err == nil && len(rows) == 0 {
		err = services.NotFound("hold")
	}
	now, by := tx.Now(), tx.Actor().MemberID
	for i := range rows {
		if err != nil {
			break
		}
		before := rows[i]
		rows[i].ReleasedAt, rows[i].ReleasedBy = &now, &by
		tx.Changed(before, rows[i])
		err = tx.DB.Model(&models.MemberHold{}).Where("id = ?", rows[i].ID).Select("released_at", "released_by").Updates(&rows[i]).Error
	}
	if err != nil {
		return nil, err
	}
	return rows, tasks.CloseFor(tx, memberRecord, member, TaskHeldAccount)
}
