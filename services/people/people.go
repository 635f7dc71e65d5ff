// Package people keeps whom we know: members, their households, who is linked to whom, who may act for a child, and
// what staff were checked for.
package people

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
)

// Service holds the use cases.
type Service struct{ core *services.Core }

// New makes the service. It has no jobs: ages, terms and asks are judged at use.
func New(core *services.Core) *Service { return &Service{core: core} }

var forUpdate = clause.Locking{Strength: "NO KEY UPDATE"}

var _ = services.Meanings(map[string]*services.Error{
	"members_child_once":           services.Conflict("already_added", "You have already added a child with this name and birth date. If you do not see them in your list, ask us."),
	"members_merged_into":          services.NotFound("member"),
	"household_members_member":     services.NotFound("member"),
	"household_members_household":  services.NotFound("household"),
	"household_members_once":       services.Conflict("already_in_household", "They already belong to this household at that time."),
	"household_members_order":      services.InvalidField("/on", "before_start", "The last day cannot come before the first."),
	"relationships_one_live":       services.Conflict("already_linked", "The two are already linked in this way."),
	"relationships_one_ask":        services.Conflict("already_asked", "You have already asked this. They have not answered yet."),
	"relationships_member":         services.NotFound("member"),
	"relationships_other":          services.NotFound("member"),
	"guardianships_one_live":       services.Conflict("already_guardian", "There is already a guardianship between these two."),
	"guardianships_guardian":       services.NotFound("member"),
	"guardianships_child":          services.NotFound("member"),
	"credentials_member":           services.NotFound("member"),
	"credentials_order":            services.InvalidField("/expires_on", "before_start", "It cannot expire before it was issued."),
	"service_records_member":       services.NotFound("member"),
	"service_records_order":        services.InvalidField("/separated_on", "before_start", "Service cannot end before it began."),
	"emergency_contacts_member":    services.NotFound("member"),
	"dependent_details_once":       services.Conflict("busy_record", "Somebody else is saving this child's record right now. Try again."),
	"relationships_two":            services.InvalidField("/other_id", "same_person", "Choose two different people."),
	"guardianships_two":            services.InvalidField("/child_id", "same_person", "Nobody is their own guardian."),
	"emergency_contacts_place":     services.InvalidField("/contacts", "too_many", "Give at most five contacts."),
	"dependent_details_entered_by": services.NotFound("member"),
})

// Visible is the scope of the members a person may look up: coordinators everybody, others themselves alone. A record
// that was merged away stays visible, since it says which one was kept.
func Visible(actor *services.Actor) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		if actor.Coordinates() || actor.Kind == models.ActorSystem {
			return db
		}
		return db.Where("members.id = ?", actor.MemberID)
	}
}

// member reads one row through the scope. Lock makes it the row that is about to be changed.
func member(db *gorm.DB, actor *services.Actor, id uuid.UUID) (*models.Member, error) {
	var rows []models.Member
	if err := db.Scopes(Visible(actor)).Where("members.id = ?", id).Limit(1).Find(&rows).Error; err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, services.NotFound("member")
	}
	return &rows[0], nil
}

func locked(tx *services.Tx, id uuid.UUID) (*models.Member, error) {
	tx.Locks(services.LockMembers)
	return member(tx.DB.Clauses(forUpdate), tx.Actor(), id)
}

// notOwn keeps staff away from their own record and those of the people close to them: somebody else handles these.
// Errors: forbidden own_record.
func notOwn(db *gorm.DB, actor *services.Actor, now time.Time, ids ...uuid.UUID) error {
	if actor.Kind == models.ActorSystem || len(ids) == 0 {
		return nil
	}
	var near bool
	err := db.Raw(`select ? in ? or exists (select 1 from kin_of(?, ?) k where k in ?)`,
		actor.MemberID, ids, actor.MemberID, models.DateOf(now), ids).Scan(&near).Error
	if err != nil {
		return err
	}
	if near {
		return services.Forbidden("own_record", "This is your own record or that of somebody close to you. Ask a colleague to handle it.")
	}
	return nil
}

// look shows staff what find reads about the members that it names. The log tells of it, whether it was shown, turned
// down or in vain. Errors: forbidden own_record; those of find.
func look[T any](ctx context.Context, s *Service, action string, id uuid.UUID, find func(db *gorm.DB, actor *services.Actor) (T, []uuid.UUID, error)) (T, error) {
	var none T
	return services.Disclose(ctx, s.core, action, func(d *services.Disclosure) (T, error) {
		d.Object(id)
		actor := d.Tx().Actor()
		found, about, err := find(d.DB, actor)
		if err != nil {
			return none, err
		}
		d.Subject(about...)
		err = notOwn(d.DB, actor, s.core.Clock.Now(), about...)
		var own *services.Error
		if errors.As(err, &own) {
			return none, d.Tx().Refused(action, own)
		}
		return found, err
	})
}

// self is the member who is signed in. Errors: not_found for somebody without a record.
func self(db *gorm.DB, actor *services.Actor) (*models.Member, error) {
	if actor.MemberID == uuid.Nil {
		return nil, services.NotFound("member")
	}
	var rows []models.Member
	if err := db.Where("id = ?", actor.MemberID).Limit(1).Find(&rows).Error; err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, services.NotFound("member")
	}
	return &rows[0], nil
}

// StaffReason is a reason that staff give.
type StaffReason struct {
	Reason string `json:"reason" minLength:"3" maxLength:"1000" doc:"Kept sealed in the audit log" example:"The papers named another child"`
}

// because keeps why staff did what they did. Errors: invalid for a blank reason.
func because(tx *services.Tx, member uuid.UUID, words string) error {
	if words = services.Prose(words); words == "" {
		return services.InvalidField("/reason", "required", "Say why.")
	}
	return tx.Reason(member, words)
}

func today(tx *services.Tx, m *models.Member) models.Date { return m.Today(tx.Now()) }

func head(tx *services.Tx) models.Record {
	return models.Record{ID: services.NewID(), Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
}

func edited(tx *services.Tx, r *models.Record) { r.Version, r.UpdatedAt = r.Version+1, tx.Now() }
