// Package outreach keeps the daily work on people: who was called and what came of it, who asked for a call, who was
// sent on to whom.
package outreach

import (
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
)

// Config is what the service needs of the configuration.
type Config struct {
	Hours Hours // when somebody of us reads help requests; the zero value is DefaultHours
}

// Service holds the use cases.
type Service struct {
	core  *services.Core
	hours Hours
}

// New makes the service and declares its jobs.
func New(core *services.Core, cfg Config) *Service {
	s := &Service{core: core, hours: cfg.Hours}
	if s.hours.Zone == "" {
		s.hours = DefaultHours
	}
	services.Handle(core.Jobs, 5, s.remind)
	services.Handle(core.Jobs, 3, s.tellOwner)
	return s
}

var forUpdate = clause.Locking{Strength: "NO KEY UPDATE"}

var _ = services.Meanings(map[string]*services.Error{
	"contacts_member":          services.NotFound("member"),
	"help_requests_one_live":   services.Conflict("already_open", "This person has asked again meanwhile; that request is open."),
	"referrals_member":         services.NotFound("member"),
	"referral_partners_one":    services.Conflict("already_listed", "The directory has an entry of this name for this region."),
	"referrals_to_url":         services.InvalidField("/to_url", "bad_url", "Give a web address that begins with https://."),
	"referral_partners_url":    services.InvalidField("/url", "bad_url", "Give a web address that begins with https://."),
	"help_requests_safe_from":  services.InvalidField("/safe_from", "bad_time", "Give a time like 09:30."),
	"help_requests_safe_until": services.InvalidField("/safe_until", "bad_time", "Give a time like 17:30."),
})

// WorksWith is the scope of rows about the people somebody on staff may work on: coordinators everybody but themselves,
// those close to them and restricted records; others those of them of whom they own a live task, or whose help request
// they took, which is live or ended within the last thirty days. column, a constant, names the member.
func WorksWith(actor *services.Actor, column string, now time.Time) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		db = actor.NotOwn(column, now)(db)
		if actor.Coordinates() || actor.Kind == models.ActorSystem {
			return db
		}
		return db.Where(inCharge(column), actor.MemberID, actor.MemberID, now.Add(-afterHelp))
	}
}

// afterHelp is how long whoever answered a help request goes on seeing what belongs to it.
const afterHelp = 30 * 24 * time.Hour

// inCharge says whose work the member of a column is. Its arguments: the person on staff, twice, and since when an ended help
// request counts.
func inCharge(column string) string {
	return `(EXISTS (SELECT FROM tasks mine WHERE mine.member_id = ` + column + ` AND mine.owner_id = ? AND mine.status IN ('open', 'snoozed'))
		OR EXISTS (SELECT FROM help_requests took WHERE took.member_id = ` + column + ` AND took.taken_by = ?
			AND (took.status IN ('received', 'taken') OR took.ended_at > ?)))`
}

// person reads a member that the actor works with. Errors: not_found; conflict member_merged.
func person(db *gorm.DB, actor *services.Actor, id uuid.UUID, now time.Time) (*models.Member, error) {
	var rows []models.Member
	if err := db.Scopes(WorksWith(actor, "members.id", now)).Where("members.id = ?", id).Limit(1).Find(&rows).Error; err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, services.NotFound("member")
	}
	if rows[0].Status == models.MemberMerged {
		return nil, services.Conflict("member_merged", "This record was merged into another one. Use that one.")
	}
	return &rows[0], nil
}

// Reason is why somebody did what they did.
type Reason struct {
	Reason string `json:"reason" minLength:"3" maxLength:"1000" example:"Logged on the wrong person"`
}

func head(tx *services.Tx) models.Record {
	return models.Record{ID: services.NewID(), Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
}

func edited(tx *services.Tx, r *models.Record) { r.Version, r.UpdatedAt = r.Version+1, tx.Now() }

// firstName is what members see of whoever works for them.
const firstName = "coalesce(staff.preferred_name, staff.given_name)"

// fullName is what colleagues see of a person.
func fullName(alias string) string {
	return "trim(coalesce(" + alias + ".preferred_name, " + alias + ".given_name) || ' ' || " + alias + ".family_name)"
}

// blankAsNil stores no empty text where null means none.
func blankAsNil(s *string) *string {
	if s == nil {
		return nil
	}
	line := services.Line(*s)
	if line == "" {
		return nil
	}
	return &line
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}
