package programs

import (
	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// CodeGuardianRequired says that staff who enter somebody under 18 must say for which guardian.
const CodeGuardianRequired services.Code = "guardian_required"

var errGuardianRequired = func() *services.Error {
	e := services.InvalidField("/entered_for", CodeGuardianRequired,
		"Somebody under 18 is entered for a parent or guardian who may act for them. They have not exactly one who is confirmed: name one in entered_for, one person at a time, or record the guardianship first.")
	e.Code = CodeGuardianRequired
	return e
}()

// knownGuardian is the scope of guardians who live and are not kept to others than the caller.
func knownGuardian(actor *services.Actor, column string) func(*gorm.DB) *gorm.DB {
	return func(q *gorm.DB) *gorm.DB {
		return actor.NotRestricted(column)(q.Where(column + " IN (SELECT m.id FROM members m WHERE m.id = " + column + " AND m.status NOT IN ('deceased', 'merged'))"))
	}
}

// enteredFor is whose entry it is that staff make: the person's own, or of somebody under 18 that of a guardian, without whom
// nobody could see it or answer what it asks.
// Errors: invalid guardian_required, not_guardian, and not_minor for an adult.
func (a *application) enteredFor() (uuid.UUID, error) {
	minor, named := a.member.MinorOn(a.member.Today(a.tx.Now())), a.in.EnteredFor
	switch {
	case !minor && named == nil:
		return a.member.ID, nil
	case !minor:
		return uuid.Nil, services.InvalidField("/entered_for", "not_minor", "An adult is entered for themselves. Leave it out.")
	case named == nil:
		guardians, err := soleGuardians(a.tx, []models.Member{*a.member})
		if err == nil && guardians[a.member.ID] == uuid.Nil {
			err = errGuardianRequired
		}
		return guardians[a.member.ID], err
	}
	may, err := people.MayActFor(a.tx, &services.Actor{MemberID: *named}, a.member.ID)
	if err != nil {
		return uuid.Nil, err
	}
	var known []uuid.UUID
	err = a.tx.DB.Table("members").Scopes(knownGuardian(a.tx.Actor(), "members.id")).Where("members.id = ?", *named).Limit(1).Pluck("members.id", &known).Error
	if err == nil && (!may || len(known) == 0 || *named == a.member.ID) {
		err = services.InvalidField("/entered_for", "not_guardian", "Name a parent or guardian who may act for this person.")
	}
	return *named, err
}

// soleGuardians finds for each of them who is under 18 the one confirmed guardian who may act for them. Who has none, or several,
// is left out. One query, and none when all are adults.
func soleGuardians(tx *services.Tx, among []models.Member) (map[uuid.UUID]uuid.UUID, error) {
	minors, ids := map[uuid.UUID]*models.Member{}, []uuid.UUID{}
	for i := range among {
		if m := &among[i]; m.MinorOn(m.Today(tx.Now())) {
			minors[m.ID], ids = m, append(ids, m.ID)
		}
	}
	out := make(map[uuid.UUID]uuid.UUID, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	var found []models.Guardianship
	err := tx.DB.Scopes(knownGuardian(tx.Actor(), "guardianships.guardian_id")).Where("child_id IN ? AND status = 'confirmed'", ids).Find(&found).Error
	several := map[uuid.UUID]bool{}
	for i := range found {
		g := &found[i]
		child := minors[g.ChildID]
		if !g.InForce(child, child.Today(tx.Now())) {
			continue
		}
		_, had := out[child.ID]
		several[child.ID], out[child.ID] = had, g.GuardianID
	}
	for id, more := range several {
		if more {
			delete(out, id)
		}
	}
	return out, err
}
