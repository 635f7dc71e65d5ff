package records

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
	"homefront/services/tasks"
)

const (
	deathRecord = "death"

	// TaskConfirmDeath asks a second member of staff to look at what the first was told.
	TaskConfirmDeath models.TaskKind = "confirm_death"
	// TaskNotGivenBack lists what a death had ended and could not be given back when it was reversed.
	TaskNotGivenBack models.TaskKind = "not_given_back"
)

// Codes of deaths.
const (
	CodeSecondStaff services.Code = "second_staff_required"
	CodeDeathState  services.Code = "wrong_death_state"
)

var (
	errSecondStaff = services.Forbidden(CodeSecondStaff, "It takes two: somebody else on staff must confirm what you reported.")

	forUpdate = clause.Locking{Strength: "NO KEY UPDATE"}
)

var _ = services.Meanings(map[string]*services.Error{
	"deaths_one_live":  services.Conflict("already_reported", "This has been reported already. Look at what was reported, and confirm it or withdraw it."),
	"deaths_two_staff": errSecondStaff,
})

// visibleDeaths is the scope of reports: those of colleagues and of relatives of whoever looks are left to others.
func visibleDeaths(actor *services.Actor, now time.Time) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		if !actor.Coordinates() {
			return db.Where("false")
		}
		return actor.NotOwn("deaths.member_id", now)(db)
	}
}

// DeathView is one report with what it did.
type DeathView struct {
	models.Death
	Source  *string              `json:"source" doc:"Who told us, in the words of who reported it. Only where the report is read; null once the person's data was erased" example:"His sister Rosa called this morning"`
	Effects []models.DeathEffect `json:"effects" nullable:"false" doc:"What it ended and opened, in that order, and what came of each when it was taken back"`
}

// DeathFilter picks reports of the list.
type DeathFilter struct {
	services.PageQuery
	Status   []models.DeathStatus `query:"status,explode" maxItems:"4" enum:"reported,confirmed,withdrawn,reversed" doc:"Only in these statuses"`
	MemberID uuid.UUID            `query:"member_id" doc:"Only about this member"`
}

var deathList = services.List[models.Death]{
	IDColumn: "deaths.id", ID: func(d models.Death) uuid.UUID { return d.ID }, Default: "-reported_at",
	Sorts: []services.Sort[models.Death]{{Name: "reported_at", Column: "deaths.reported_at", Cast: "timestamptz", Key: func(d models.Death) any { return d.ReportedAt }}},
}

// Deaths lists what was reported, newest first.
func (s *Service) Deaths(ctx context.Context, in DeathFilter) (services.Page[models.Death], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return services.Page[models.Death]{}, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (services.Page[models.Death], error) {
		q := db.Model(&models.Death{}).Scopes(visibleDeaths(actor, s.core.Clock.Now()))
		if len(in.Status) > 0 {
			q = q.Where("deaths.status IN ?", in.Status)
		}
		if in.MemberID != uuid.Nil {
			q = q.Where("deaths.member_id = ?", in.MemberID)
		}
		return deathList.Find(ctx, s.core, q, in.PageQuery)
	})
}

// Death shows one report with what it did; the look is logged.
// Errors: not_found, also for one about oneself or somebody close.
func (s *Service) Death(ctx context.Context, id uuid.UUID) (*DeathView, error) {
	return services.Disclose(ctx, s.core, "death.read", func(d *services.Disclosure) (*DeathView, error) {
		d.Object(id)
		row, err := death(d.DB, d.Tx().Actor(), d.Tx().Now(), id)
		if err != nil {
			return nil, err
		}
		d.Subject(row.MemberID)
		v := &DeathView{Death: *row, Effects: []models.DeathEffect{}}
		if err := d.DB.Where("death_id = ?", id).Order("place").Limit(mostEffects).Find(&v.Effects).Error; err != nil {
			return nil, err
		}
		if len(row.Source) > 0 {
			if words, err := d.Tx().Unseal(row.SourceKey, deathRecord, 0, row.Source); err == nil {
				v.Source = &words
			}
		}
		return v, nil
	})
}

// mostEffects bounds what one death is shown to have done.
const mostEffects = 1000

func death(db *gorm.DB, actor *services.Actor, now time.Time, id uuid.UUID) (*models.Death, error) {
	var rows []models.Death
	if err := db.Scopes(visibleDeaths(actor, now)).Where("deaths.id = ?", id).Limit(1).Find(&rows).Error; err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, services.NotFound("report")
	}
	return &rows[0], nil
}

// ReportDeath is what the first member of staff was told.
type ReportDeath struct {
	DiedOn *models.Date `json:"died_on,omitempty" required:"false" doc:"The day, when it is known"`
	Source string       `json:"source" minLength:"3" maxLength:"1000" doc:"Who told us, and how. Kept sealed; for the colleague who confirms it" example:"His sister Rosa called this morning"`
}

// Report takes down that a member has died. Nothing ends by it: a colleague is asked to confirm it.
// Errors: forbidden own_record; not_found; conflict member_closed, already_reported; invalid for a day that cannot be.
func (s *Service) Report(ctx context.Context, memberID uuid.UUID, in ReportDeath) (*models.Death, error) {
	return services.Mutate(ctx, s.core, "death.report", func(tx *services.Tx) (*models.Death, error) {
		m, err := people.LiveMember(tx, memberID)
		if err != nil {
			return nil, err
		}
		words := services.Prose(in.Source)
		if err := checkReport(tx, m, words, in.DiedOn); err != nil {
			return nil, err
		}
		row := &models.Death{Record: models.Record{ID: services.NewID(), Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}, MemberID: memberID,
			Status: models.DeathReported, DiedOn: in.DiedOn, ReportedBy: tx.Actor().MemberID, ReportedAt: tx.Now()}
		if row.Source, row.SourceKey, err = tx.Seal(memberID, deathRecord, 0, words); err != nil {
			return nil, err
		}
		if err := tx.DB.Create(row).Error; err != nil {
			return nil, err
		}
		tx.Changed(nil, *row)
		_, err = tasks.Open(tx, tasks.New{Kind: TaskConfirmDeath, MemberID: &memberID, Record: deathRecord, RecordID: &row.ID, Queue: "coordinators",
			Title: "Confirm a report, as the second of two", DueAt: tx.Now().Add(24 * time.Hour)})
		return row, err
	})
}

func checkReport(tx *services.Tx, m *models.Member, words string, died *models.Date) error {
	var faults []services.FieldError
	if words == "" {
		faults = append(faults, services.FieldError{Field: "/source", Code: "required", Message: "Say who told us."})
	}
	if died != nil && (died.After(m.Today(tx.Now()).Time) || m.BirthDate != nil && died.Before(m.BirthDate.Time) || died.Year() < 1880) {
		faults = append(faults, services.FieldError{Field: "/died_on", Code: "out_of_range", Message: "This day is before the birth date, or still to come."})
	}
	if len(faults) > 0 {
		return services.Invalid(faults...)
	}
	return nil
}

// DeathReason is why staff take a report or a death back.
type DeathReason struct {
	Reason string `json:"reason" minLength:"3" maxLength:"1000" doc:"Kept sealed in the audit log" example:"It was a man of the same name"`
}

// Withdraw takes back what was reported and not confirmed: it was not true, or another person.
// Errors: not_found; conflict wrong_death_state; invalid for a blank reason.
func (s *Service) Withdraw(ctx context.Context, id uuid.UUID, in DeathReason) (*models.Death, error) {
	return services.Mutate(ctx, s.core, "death.withdraw", func(tx *services.Tx) (*models.Death, error) {
		row, err := lockDeath(tx, id)
		if err != nil {
			return nil, err
		}
		if row.Status != models.DeathReported {
			return nil, services.Conflict(CodeDeathState, "Only what waits to be confirmed can be withdrawn; a confirmed one is reversed.")
		}
		if err := tx.Because(row.MemberID, in.Reason); err != nil {
			return nil, err
		}
		if err := closeDeath(tx, row, models.DeathWithdrawn); err != nil {
			return nil, err
		}
		return row, tasks.CloseFor(tx, deathRecord, row.ID)
	})
}

// lockDeath reads a report through the scope and locks it: of two who decide at once the second finds it decided.
func lockDeath(tx *services.Tx, id uuid.UUID) (*models.Death, error) {
	return death(tx.DB.Clauses(forUpdate), tx.Actor(), tx.Now(), id)
}

func closeDeath(tx *services.Tx, row *models.Death, as models.DeathStatus) error {
	before, at, by := *row, tx.Now(), tx.Actor().MemberID
	row.Status, row.ClosedAt, row.ClosedBy = as, &at, &by
	return saveDeath(tx, before, row)
}

func saveDeath(tx *services.Tx, before models.Death, row *models.Death) error {
	row.Version, row.UpdatedAt = row.Version+1, tx.Now()
	tx.Changed(before, *row)
	return tx.DB.Model(&models.Death{}).Where("id = ?", row.ID).
		Select("status", "confirmed_by", "confirmed_at", "closed_by", "closed_at", "version", "updated_at").Updates(row).Error
}
