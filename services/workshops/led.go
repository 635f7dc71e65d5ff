package workshops

import (
	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
)

// led is the scope of those who see who comes: coordinators everywhere, facilitators where they lead the workshop or one
// session of it. It is asked of workshops w.
func led(actor *services.Actor) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		if actor.Coordinates() {
			return db
		}
		return db.Where("w.id in "+facilitated, actor.MemberID, actor.MemberID)
	}
}

// How a session is locked while its attendance changes: a completion, and what rewrites a whole sheet, has it alone; single
// people are entered beside one another, but not while it is completed, which would take them for absent.
const (
	alone  = "NO KEY UPDATE"
	beside = "SHARE"
)

// ledSession reads a session that the caller leads, and locks it.
// Errors: not_found.
func ledSession(db *gorm.DB, actor *services.Actor, id uuid.UUID, lock string) (*models.WorkshopSession, error) {
	q := db.Table("workshop_sessions as s").Select("s.*").Joins("join workshops w on w.id = s.workshop_id").Scopes(led(actor)).Where("s.id = ?", id)
	q = q.Clauses(clause.Locking{Strength: lock, Table: clause.Table{Name: "s"}})
	var found []models.WorkshopSession
	if err := q.Limit(1).Find(&found).Error; err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, services.NotFound("session")
	}
	return &found[0], nil
}

const isDraft = `select visibility = 'draft' from workshops where id = $1`

// published refuses what comes before there is anything to come to.
// Errors: conflict not_published.
func published(tx *services.Tx, session *models.WorkshopSession) error {
	var draft bool
	err := tx.Batch(services.Statement{SQL: isDraft, Args: []any{session.WorkshopID}, Scan: services.ScanOne("workshop", &draft)})
	if err == nil && draft {
		err = services.Conflict(CodeNotYet, "The workshop is not published yet.")
	}
	return err
}

// ledWorkshop says whether there is such a workshop that the caller leads.
// Errors: not_found.
func ledWorkshop(db *gorm.DB, actor *services.Actor, id uuid.UUID) error {
	var n int64
	if err := db.Table("workshops as w").Scopes(led(actor)).Where("w.id = ?", id).Count(&n).Error; err != nil {
		return err
	}
	if n == 0 {
		return services.NotFound("workshop")
	}
	return nil
}
