package people

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/tasks"
)

// TaskGuardianLost is the work that a guardian's death leaves: somebody must see who acts for the child now.
const TaskGuardianLost models.TaskKind = "guardian_lost"

// errDeceased is told of whoever has died: nothing can be done with the record but take the death back.
var errDeceased = services.Conflict("member_closed", "This record is closed: the person has died, or it was merged into another record.")

// heldMember and the like are what must be known of a row to give it back.
type (
	heldMember struct {
		Status models.MemberStatus `json:"status"`
	}
	heldGuardianship struct {
		Status models.GuardianshipStatus `json:"status"`
	}
	heldAsk struct {
		Status models.RelationshipStatus `json:"status"`
	}
)

// LockForDeath takes a member's row so that nothing about the person begins or ends meanwhile: whoever writes a row that
// names them waits, and finds them as this transaction leaves them.
// Errors: forbidden own_record; not_found; conflict member_closed.
func LockForDeath(tx *services.Tx, id uuid.UUID) (*models.Member, error) {
	if err := notOwn(tx.DB, tx.Actor(), tx.Now(), id); err != nil {
		return nil, err
	}
	tx.Locks(services.LockMembers)
	lock := forUpdate
	lock.Strength = "UPDATE"
	return member(tx.DB.Clauses(lock), tx.Actor(), id)
}

// LiveMember reads a member of whom something may be reported.
// Errors: forbidden own_record; not_found; conflict member_closed.
func LiveMember(tx *services.Tx, id uuid.UUID) (*models.Member, error) {
	if err := notOwn(tx.DB, tx.Actor(), tx.Now(), id); err != nil {
		return nil, err
	}
	m, err := locked(tx, id)
	if err == nil && m.Gone() {
		return nil, errDeceased
	}
	return m, err
}

// Depart marks a member, whose row LockForDeath has locked, as deceased. Guardianships of theirs end, each with a task to
// see who acts for the child now, and so do the asks that they sent. Links stay: they tell who was close.
// Errors: conflict member_closed.
func Depart(tx *services.Tx, m *models.Member) (out []models.DeathEffect, err error) {
	if m.Gone() {
		return nil, errDeceased
	}
	before := *m
	m.Status = models.MemberDeceased
	out = append(out, models.NewDeathEffect("member", m.ID, models.DeathEnded, heldMember{before.Status}))
	if err := storeMember(tx, before, m); err != nil {
		return nil, err
	}
	ended, err := endGuardianships(tx, m.ID)
	if err != nil {
		return nil, err
	}
	asked, err := endAsks(tx, m.ID)
	return append(append(out, ended...), asked...), err
}

func endGuardianships(tx *services.Tx, guardian uuid.UUID) (out []models.DeathEffect, err error) {
	var rows []models.Guardianship
	err = tx.DB.Clauses(forUpdate).Where("guardian_id = ? AND status IN ('claimed', 'confirmed')", guardian).Order("id").Find(&rows).Error
	for i := range rows {
		before, g := rows[i], &rows[i]
		at, by := tx.Now(), tx.Actor().MemberID
		g.Status, g.ClosedAt, g.ClosedBy = models.GuardianshipEnded, &at, &by
		if err := storeGuardianship(tx, before, g); err != nil {
			return nil, err
		}
		if err := closed(tx, g); err != nil {
			return nil, err
		}
		task, err := tasks.Open(tx, tasks.New{Kind: TaskGuardianLost, MemberID: &g.ChildID, AlsoAbout: []uuid.UUID{guardian}, Record: guardianshipRecord, RecordID: &g.ID,
			Queue: "coordinators", Title: "See who acts for a child now", DueAt: tx.Now().Add(24 * time.Hour)})
		if err != nil {
			return nil, err
		}
		out = append(out, models.NewDeathEffect("guardianship", g.ID, models.DeathEnded, heldGuardianship{before.Status}),
			models.NewDeathEffect("task", task, models.DeathOpened, nil))
	}
	return out, err
}

func endAsks(tx *services.Tx, asker uuid.UUID) (out []models.DeathEffect, err error) {
	var rows []models.Relationship
	err = tx.DB.Clauses(forUpdate).Where("asked_by = ? AND status = 'asked' AND expires_at > ?", asker, tx.Now()).Order("id").Find(&rows).Error
	for i := range rows {
		before := rows[i]
		rows[i].Status = models.RelationshipLapsed
		if err := storeRelationship(tx, before, &rows[i]); err != nil {
			return nil, err
		}
		out = append(out, models.NewDeathEffect("relationship", rows[i].ID, models.DeathEnded, heldAsk{before.Status}))
	}
	return out, err
}

const closeOnes = `select distinct m.* from members m where m.status not in ('deceased', 'merged') and m.id in (
		select other_id from relationships where member_id = ? and status = 'accepted'
		union select member_id from relationships where other_id = ? and status = 'accepted'
		union select theirs.member_id from household_members mine join household_members theirs on theirs.household_id = mine.household_id
			where mine.member_id = ? and daterange(mine.starts_on, mine.ends_on) @> ?::date and daterange(theirs.starts_on, theirs.ends_on) @> ?::date
		union select guardian_id from guardianships where child_id = ? and (status in ('claimed', 'confirmed') or status = 'ended' and closed_at >= ?))
	and m.id <> ? order by m.id limit 100`

// CloseOnes are the living adults whom somebody must call when a member has died: whoever is linked to them, lives with
// them or was their guardian until now, each by themselves: of two guardians neither need know of the other. Of children the adults around them are told.
func CloseOnes(tx *services.Tx, id uuid.UUID) ([]models.Member, error) {
	var out []models.Member
	on := models.DateOf(tx.Now())
	err := tx.DB.Raw(closeOnes, id, id, id, on, on, id, tx.Now(), id).Scan(&out).Error
	return slices.DeleteFunc(out, func(m models.Member) bool { return m.MinorOn(m.Today(tx.Now())) }), err
}

// GiveBack undoes what Depart did to one row, as far as it still stands as Depart left it. The member's row is locked.
func GiveBack(tx *services.Tx, e *models.DeathEffect) (models.DeathOutcome, error) {
	switch e.About {
	case "member":
		return revive(tx, e)
	case "guardianship":
		return giveBackGuardianship(tx, e)
	case "relationship":
		return giveBackAsk(tx, e)
	}
	return models.DeathNotPossible, nil
}

func revive(tx *services.Tx, e *models.DeathEffect) (models.DeathOutcome, error) {
	var held heldMember
	if err := e.Held(&held); err != nil {
		return "", err
	}
	m, err := member(tx.DB.Clauses(forUpdate), tx.Actor(), e.RecordID)
	if err != nil || m.Status != models.MemberDeceased {
		return models.DeathSettled, err
	}
	before := *m
	m.Status = held.Status
	return models.DeathGivenBack, storeMember(tx, before, m)
}

func giveBackGuardianship(tx *services.Tx, e *models.DeathEffect) (models.DeathOutcome, error) {
	var held heldGuardianship
	if err := e.Held(&held); err != nil {
		return "", err
	}
	g, err := guardianship(tx.DB.Clauses(forUpdate), e.RecordID)
	if err != nil {
		return "", err
	}
	var newer bool
	if err := tx.DB.Raw(`select exists (select from guardianships where guardian_id = ? and child_id = ? and status in ('claimed', 'confirmed'))`, g.GuardianID, g.ChildID).Scan(&newer).Error; err != nil {
		return "", err
	}
	if g.Status != models.GuardianshipEnded || newer {
		return models.DeathSettled, nil
	}
	before := *g
	g.Status, g.ClosedAt, g.ClosedBy = held.Status, nil, nil
	if err := storeGuardianship(tx, before, g); err != nil {
		return "", err
	}
	if err := tx.Enqueue(GuardianshipChanged{g.ID}, tx.Now()); err != nil {
		return "", err
	}
	if g.Status == models.GuardianshipClaimed {
		return models.DeathGivenBack, askStaff(tx, g)
	}
	return models.DeathGivenBack, tx.Enqueue(TeenConsentEnded{MemberID: g.ChildID}, tx.Now()) // they may have refused
}

func giveBackAsk(tx *services.Tx, e *models.DeathEffect) (models.DeathOutcome, error) {
	var rows []models.Relationship
	err := tx.DB.Clauses(forUpdate).Where("id = ? AND status = 'lapsed' AND expires_at > ?", e.RecordID, tx.Now()).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return models.DeathSettled, err
	}
	before := rows[0]
	rows[0].Status = models.RelationshipAsked
	return models.DeathGivenBack, storeRelationship(tx, before, &rows[0])
}
