// Package people keeps whom we know: members, their households, who is linked to whom, who may act for a child, and
// what staff were checked for.
package people

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
)

// Service holds the use cases.
type Service struct{ core *services.Core }

// New makes the service and declares its jobs: ages, terms and asks are judged at use, which it makes visible.
func New(core *services.Core) *Service {
	s := &Service{core: core}
	services.Handle(core.Jobs, 3, s.endDue)
	services.Every(core.Jobs, endDueEvery, endDue{})
	services.Handle(core.Jobs, 3, s.watch)
	services.Every(core.Jobs, 24*time.Hour, watchCredentials{})
	services.Handle(core.Jobs, 5, s.settleConsents)
	services.Every(core.Jobs, time.Hour, settleConsents{})
	return s
}

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

// Visible is the scope of the members a person may look up: coordinators everybody whose record is not kept to others,
// the rest themselves alone. A record that was merged away stays visible, since it says which one was kept.
func Visible(actor *services.Actor) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		if actor.Coordinates() || actor.Kind == models.ActorSystem {
			return actor.NotRestricted("members.id")(db)
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

// notOwn keeps staff away from their own record and those of the people close to them: somebody else handles these. A
// record that is kept to others is for them like one that does not exist.
// Errors: not_found; forbidden own_record.
func notOwn(db *gorm.DB, actor *services.Actor, now time.Time, ids ...uuid.UUID) error {
	return mayHandle(db, actor, now, "member", ids...)
}

// mayHandle is notOwn for a record of another kind, what it is called: a hidden one answers as an unknown id does.
func mayHandle(db *gorm.DB, actor *services.Actor, now time.Time, what string, ids ...uuid.UUID) error {
	if actor.Kind == models.ActorSystem || len(ids) == 0 {
		return nil
	}
	var found []struct{ Hidden, Near bool }
	err := db.Raw(`select exists (select 1 from restricted_from(?) r where r in ?) hidden, ? in ? or exists (select 1 from kin_of(?, ?) k where k in ?) near`,
		actor.MemberID, ids, actor.MemberID, ids, actor.MemberID, models.DateOf(now), ids).Scan(&found).Error
	switch {
	case err != nil:
		return err
	case found[0].Hidden:
		return services.NotFound(what)
	case found[0].Near:
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
		err = mayHandle(d.DB, actor, s.core.Clock.Now(), nounOf(action, slices.Contains(about, id)), about...)
		var refusal *services.Error
		switch {
		case errors.As(err, &refusal) && refusal.Kind == services.KindNotFound:
			return none, err // with a row in the log that an unknown id leaves too
		case errors.As(err, &refusal):
			d.Subject(about...)
			return none, d.Tx().Refused(action, refusal)
		}
		d.Subject(about...)
		return found, err
	})
}

// nounOf is what the record of a look is called: service_record.read is of a "service record". Lists are of a member.
func nounOf(action string, ofMember bool) string {
	if ofMember {
		return "member"
	}
	noun, _, _ := strings.Cut(action, ".")
	return strings.ReplaceAll(noun, "_", " ")
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

func today(tx *services.Tx, m *models.Member) models.Date { return m.Today(tx.Now()) }

func head(tx *services.Tx) models.Record {
	return models.Record{ID: services.NewID(), Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
}

func edited(tx *services.Tx, r *models.Record) { r.Version, r.UpdatedAt = r.Version+1, tx.Now() }
