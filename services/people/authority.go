package people

import (
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// Authority is what one person may do in the name of another.
type Authority struct {
	Allowed bool
	// NeedsReview: the guardianship is claimed and not yet confirmed, so that staff look at whatever is done by it.
	NeedsReview bool
}

// charge is a person somebody may act for, and why.
type charge struct {
	models.Member  `gorm:"embedded"`
	GuardianStatus *models.GuardianshipStatus
	GuardianUntil  *models.Date
	Caregiver      bool // the adult accepted them as caregiver, or asked them to be it
}

// guarded judges at use: guardianship ends on the child's 18th birthday, in the child's zone. Who cared for a child may
// go on as caregiver of the adult, but sees them as such.
func (c *charge) guarded(now time.Time) bool {
	if c.GuardianStatus == nil {
		return false
	}
	g := models.Guardianship{Status: *c.GuardianStatus, Until: c.GuardianUntil}
	return g.InForce(&c.Member, c.Today(now))
}

func (c *charge) authority(now time.Time) Authority {
	if c.guarded(now) {
		return Authority{Allowed: true, NeedsReview: *c.GuardianStatus == models.GuardianshipClaimed}
	}
	return Authority{Allowed: c.Caregiver && !c.MinorOn(c.Today(now)) && !c.Gone()}
}

// charges reads those of the given members, or of all, whom actor is linked to by a live guardianship or as caregiver.
func charges(db *gorm.DB, actor uuid.UUID, ids []uuid.UUID) ([]charge, error) {
	var out []charge
	q := db.Table("members").Select(`members.*, g.status AS guardian_status, g.until AS guardian_until, r.id IS NOT NULL AS caregiver`).
		Joins(`LEFT JOIN guardianships g ON g.child_id = members.id AND g.guardian_id = ? AND g.status IN ('claimed', 'confirmed')`, actor).
		Joins(`LEFT JOIN relationships r ON r.other_id = members.id AND r.member_id = ? AND r.kind = 'caregiver' AND r.status = 'accepted' AND r.asked_by IS NOT NULL`, actor).
		Where(`members.id IN (SELECT child_id FROM guardianships WHERE guardian_id = ? AND status IN ('claimed', 'confirmed')
			UNION SELECT other_id FROM relationships WHERE member_id = ? AND kind = 'caregiver' AND status = 'accepted' AND asked_by IS NOT NULL)`, actor, actor)
	if ids != nil {
		q = q.Where("members.id IN ?", ids)
	}
	return out, q.Order("members.birth_date, members.id").Limit(atMost).Find(&out).Error
}

// AuthorityOver says for each member whether actor may act for them: for themselves, as guardian of a child, as
// caregiver of an adult who agreed. What a role allows is not counted. One query; none when it is only about oneself.
func AuthorityOver(tx *services.Tx, actor *services.Actor, memberIDs []uuid.UUID) (map[uuid.UUID]Authority, error) {
	out := make(map[uuid.UUID]Authority, len(memberIDs))
	var others []uuid.UUID
	for _, id := range memberIDs {
		out[id] = Authority{Allowed: id != uuid.Nil && id == actor.MemberID}
		if id != actor.MemberID {
			others = append(others, id)
		}
	}
	if len(others) == 0 || actor.MemberID == uuid.Nil {
		return out, nil
	}
	found, err := charges(tx.DB, actor.MemberID, others)
	for i := range found {
		out[found[i].ID] = found[i].authority(tx.Now())
	}
	return out, err
}

// AuthorityOfEach is AuthorityOver for many who act: what each of by may do in the name of the one of the same number. One query.
func AuthorityOfEach(tx *services.Tx, by, of models.IDs) ([]Authority, error) {
	out := make([]Authority, len(by))
	if len(by) == 0 {
		return out, nil
	}
	read, err := AskAuthorities(tx, by, of, out)
	if err == nil {
		err = tx.Batch(read)
	}
	return out, err
}

// AskAuthorities is AuthorityOfEach in a Batch with other questions; out has a place for each answer.
func AskAuthorities(tx *services.Tx, by, of models.IDs, out []Authority) (services.Statement, error) {
	var found []struct {
		Charge charge `gorm:"embedded"`
		Number int
	}
	read, err := services.Find(tx.DB.Raw(`select m.*, g.status as guardian_status, g.until as guardian_until, r.id is not null as caregiver, pair.number
		from unnest(?::uuid[], ?::uuid[]) with ordinality pair(by_id, of_id, number) join members m on m.id = pair.of_id
			left join guardianships g on g.child_id = m.id and g.guardian_id = pair.by_id and g.status in ('claimed', 'confirmed')
			left join relationships r on r.other_id = m.id and r.member_id = pair.by_id and r.kind = 'caregiver' and r.status = 'accepted' and r.asked_by is not null`, by, of), &found)
	collect := read.Scan
	read.Scan = func(rows pgx.Rows) error {
		err := collect(rows)
		for i := range found {
			n := found[i].Number - 1
			if out[n] = found[i].Charge.authority(tx.Now()); by[n] == of[n] {
				out[n] = Authority{Allowed: true}
			}
		}
		return err
	}
	return read, err
}

// MayActFor is AuthorityOver for one member, whether or not staff have confirmed it.
func MayActFor(tx *services.Tx, actor *services.Actor, memberID uuid.UUID) (bool, error) {
	a, err := AuthorityOver(tx, actor, []uuid.UUID{memberID})
	return a[memberID].Allowed, err
}

// Load reads members by id, in the order of their ids. An id that is nobody's is left out.
func Load(tx *services.Tx, ids []uuid.UUID) ([]models.Member, error) {
	var out []models.Member
	if len(ids) == 0 {
		return out, nil
	}
	return out, tx.DB.Where("id IN ?", ids).Order("id").Find(&out).Error
}

// Kin says which of the members somebody must not handle the records of: their own and those of people close to them.
func Kin(tx *services.Tx, of uuid.UUID, among []uuid.UUID) ([]uuid.UUID, error) {
	var out []uuid.UUID
	if len(among) == 0 {
		return out, nil
	}
	return out, tx.DB.Raw(`select id from members where id in ? and (id = ? or id in (select kin_of(?, ?)))`, among, of, of, models.DateOf(tx.Now())).Scan(&out).Error
}

// Cleared says whether a member may work with minors on a day, and which credentials they lack for it.
func Cleared(tx *services.Tx, memberID uuid.UUID, on time.Time) (bool, []models.CredentialKind, error) {
	var held []models.Credential
	err := tx.DB.Where("member_id = ? AND kind IN ? AND revoked_at IS NULL", memberID, models.ForMinors()).Find(&held).Error
	if err != nil {
		return false, nil, err
	}
	missing := missingOn(held, models.DateOf(on))
	return len(missing) == 0, missing, nil
}

func missingOn(held []models.Credential, on models.Date) (missing []models.CredentialKind) {
	for _, kind := range models.ForMinors() {
		current := false
		for i := range held {
			current = current || held[i].Kind == kind && held[i].CountsOn(on)
		}
		if !current {
			missing = append(missing, kind)
		}
	}
	return missing
}
