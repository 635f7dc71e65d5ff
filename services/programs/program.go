package programs

import (
	"context"
	"regexp"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
	"homefront/services/forms"
)

// Codes of programs and cohorts.
const (
	CodeSlugTaken     services.Code = "slug_taken"
	CodeWrongState    services.Code = "wrong_state"
	CodeCapacityTaken services.Code = "capacity_below_taken"
	CodeDatesInUse    services.Code = "dates_in_use"
	CodeLive          services.Code = "has_live_enrollments"
	CodeNotReady      services.Code = "not_ready"
)

var _ = services.Meanings(map[string]*services.Error{
	"programs_slug":            services.Conflict(CodeSlugTaken, "Another program has this slug. Choose another."),
	"programs_capacity":        services.InvalidField("/capacity", "invalid", "Give at least one place, or null for no limit."),
	"programs_intake_form":     services.InvalidField("/intake_form_id", "unknown", "There is no such form."),
	"enrollments_cohort":       services.InvalidField("/cohort_id", "unknown", "This cohort is not one of the program."),
	"enrollment_events_cohort": services.InvalidField("/cohort_id", "unknown", "This cohort is not one of the program."),
})

// usualZone is where the organization is at home.
const usualZone = "America/New_York"

// NewProgram is what makes a program.
type NewProgram struct {
	Name                string               `json:"name" minLength:"1" maxLength:"120" example:"Family Awareness"`
	Slug                string               `json:"slug" minLength:"1" maxLength:"60" pattern:"^[a-z0-9]+(-[a-z0-9]+)*$" patternDescription:"lowercase words joined by hyphens" doc:"Short name for addresses; unique" example:"family-awareness"`
	Summary             string               `json:"summary,omitempty" maxLength:"500" example:"What PTSD does to a household, and what a household can do"`
	Population          string               `json:"population,omitempty" maxLength:"300" doc:"Whom it is for, in a sentence; the rules decide" example:"Veterans since 2001 and the people they live with"`
	Status              models.ProgramStatus `json:"status,omitempty" enum:"planned,active,completed,cancelled" default:"planned" example:"active"`
	StartsOn            *models.Date         `json:"starts_on,omitempty" doc:"First day"`
	EndsOn              *models.Date         `json:"ends_on,omitempty" doc:"Last day; absent when open-ended"`
	TimeZone            string               `json:"time_zone,omitempty" maxLength:"60" default:"America/New_York" doc:"IANA name; its days are days there" example:"America/New_York"`
	Rules               models.Rules         `json:"rules,omitempty" maxItems:"20" doc:"Who may enroll; absent for everybody"`
	IntakeFormID        *uuid.UUID           `json:"intake_form_id,omitempty" doc:"A published form for intake: what applicants are asked"`
	Capacity            *int                 `json:"capacity,omitempty" minimum:"1" maximum:"100000" doc:"Places; absent for no limit" example:"40"`
	TakesApplications   bool                 `json:"takes_applications,omitempty" doc:"Whether members may apply themselves"`
	ApplicationsCloseOn *models.Date         `json:"applications_close_on,omitempty" doc:"The last day on which they may"`
}

// ProgramPatch changes a program; what is absent stays.
type ProgramPatch struct {
	Name                services.Field[string]               `json:"name,omitzero" required:"false" minLength:"1" maxLength:"120"`
	Slug                services.Field[string]               `json:"slug,omitzero" required:"false" minLength:"1" maxLength:"60" pattern:"^[a-z0-9]+(-[a-z0-9]+)*$" patternDescription:"lowercase words joined by hyphens"`
	Summary             services.Field[string]               `json:"summary,omitzero" required:"false" maxLength:"500"`
	Population          services.Field[string]               `json:"population,omitzero" required:"false" maxLength:"300"`
	Status              services.Field[models.ProgramStatus] `json:"status,omitzero" required:"false" enum:"planned,active,completed,cancelled" doc:"Moves as the verbs do, but without a reason"`
	StartsOn            services.Field[models.Date]          `json:"starts_on,omitzero" required:"false" doc:"First day; null clears"`
	EndsOn              services.Field[models.Date]          `json:"ends_on,omitzero" required:"false" doc:"Last day; null clears"`
	TimeZone            services.Field[string]               `json:"time_zone,omitzero" required:"false" minLength:"1" maxLength:"60" doc:"IANA name"`
	Rules               services.Field[models.Rules]         `json:"rules,omitzero" required:"false" maxItems:"20" doc:"All of them anew; null and [] for everybody. Who is enrolled stays"`
	IntakeFormID        services.Field[uuid.UUID]            `json:"intake_form_id,omitzero" required:"false" doc:"For applications from now on; null asks nothing"`
	Capacity            services.Field[int]                  `json:"capacity,omitzero" required:"false" minimum:"1" maximum:"100000" doc:"Null for no limit; not below the places taken"`
	TakesApplications   services.Field[bool]                 `json:"takes_applications,omitzero" required:"false"`
	ApplicationsCloseOn services.Field[models.Date]          `json:"applications_close_on,omitzero" required:"false" doc:"Null clears"`
}

// Create adds one.
// Errors: conflict slug_taken; invalid when it ends before it starts, in an unknown zone, by rules that are none, or with a
// form that is not for intake.
func (s *Service) Create(ctx context.Context, in NewProgram) (*ProgramView, error) {
	return services.Mutate(ctx, s.core, "program.create", func(tx *services.Tx) (*ProgramView, error) {
		p := models.Program{
			Record: models.Record{ID: services.NewID(), Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()},
			Name:   in.Name, Slug: in.Slug, Summary: in.Summary, Population: in.Population, Status: in.Status, StartsOn: in.StartsOn, EndsOn: in.EndsOn, TimeZone: in.TimeZone,
			Rules: in.Rules, IntakeFormID: in.IntakeFormID, Capacity: in.Capacity, TakesApplications: in.TakesApplications, ApplicationsCloseOn: in.ApplicationsCloseOn,
		}
		if p.Status == "" {
			p.Status = models.ProgramPlanned
		}
		if !p.Status.Running() {
			now := tx.Now()
			p.ClosedAt = &now
		}
		if p.TimeZone == "" {
			p.TimeZone = usualZone
		}
		if err := checkProgram(tx, &p, true, true); err != nil {
			return nil, err
		}
		tx.Changed(nil, p)
		if err := tx.DB.Create(&p).Error; err != nil {
			return nil, err
		}
		return programView(tx.DB, tx.Actor(), tx.Now(), &p)
	})
}

var programColumns = []string{"name", "slug", "summary", "population", "status", "starts_on", "ends_on", "time_zone", "rules", "intake_form_id", "capacity", "takes_applications",
	"applications_close_on", "closed_at", "status_reason", "version", "updated_at"}

// UpdateProgram changes one. Places that are added go to nobody by themselves; when somebody waits, coordinators get a task.
// Waivers of rules that ask something else from now on are withdrawn.
// Errors: not_found; unconditional and stale as for every edit; conflict slug_taken, capacity_below_taken, dates_in_use when
// cohorts or enrollments would lie outside, wrong_state, has_live_enrollments and not_ready as for the verbs; invalid as for
// Create.
func (s *Service) UpdateProgram(ctx context.Context, id uuid.UUID, in ProgramPatch) (*ProgramView, error) {
	return services.Mutate(ctx, s.core, "program.update", func(tx *services.Tx) (*ProgramView, error) {
		p, err := lockToEdit(tx, id, in.StartsOn.Set || in.EndsOn.Set || in.Status.Set)
		if err != nil {
			return nil, err
		}
		if err := tx.CheckVersion(p.Version); err != nil {
			return nil, err
		}
		before := *p
		in.apply(p)
		if err := checkProgram(tx, p, in.Rules.Set, !same(before.IntakeFormID, p.IntakeFormID)); err != nil {
			return nil, err
		}
		if err := stillHolds(tx, &before, p); err != nil {
			return nil, err
		}
		if next := in.Status.Or(p.Status); next != p.Status {
			if err := moveProgram(tx, p, next, ""); err != nil {
				return nil, err
			}
		}
		if err := RulesReplaced(tx, Target{ProgramID: &id}, before.Rules, Target{ProgramID: &id}, p.Rules); err != nil {
			return nil, err
		}
		out, err := storeProgram(tx, before, p)
		if err != nil || !p.Status.Running() || same(before.Capacity, p.Capacity) {
			return out, err
		}
		return out, lookAtLine(tx, p, before.Full())
	})
}

// same says whether two values that may be missing are the same.
func same[T comparable](a, b *T) bool { return a == b || a != nil && b != nil && *a == *b }

// lockToEdit is lockProgram. Whoever ends a program or moves its days holds the row against new references as well: an
// application that is being written must come before the count of those who stand in the way, or after the change.
func lockToEdit(tx *services.Tx, id uuid.UUID, alone bool) (*models.Program, error) {
	if !alone {
		return lockProgram(tx, id)
	}
	tx.Locks(services.LockPrograms)
	return program(tx.DB.Clauses(clause.Locking{Strength: "UPDATE"}), id)
}

func (in *ProgramPatch) apply(p *models.Program) {
	p.Name, p.Slug, p.Summary, p.Population = in.Name.Or(p.Name), in.Slug.Or(p.Slug), in.Summary.OrZero(p.Summary), in.Population.OrZero(p.Population)
	p.StartsOn, p.EndsOn, p.TimeZone = in.StartsOn.OrNull(p.StartsOn), in.EndsOn.OrNull(p.EndsOn), in.TimeZone.Or(p.TimeZone)
	p.Rules, p.IntakeFormID, p.Capacity = in.Rules.OrZero(p.Rules), in.IntakeFormID.OrNull(p.IntakeFormID), in.Capacity.OrNull(p.Capacity)
	p.TakesApplications, p.ApplicationsCloseOn = in.TakesApplications.Or(p.TakesApplications), in.ApplicationsCloseOn.OrNull(p.ApplicationsCloseOn)
}

func storeProgram(tx *services.Tx, before models.Program, p *models.Program) (*ProgramView, error) {
	p.Version, p.UpdatedAt = p.Version+1, tx.Now()
	tx.Changed(before, *p)
	if err := tx.DB.Model(&models.Program{}).Select(programColumns).Where("id = ?", p.ID).Updates(*p).Error; err != nil {
		return nil, err
	}
	return programView(tx.DB, tx.Actor(), tx.Now(), p)
}

func program(db *gorm.DB, id uuid.UUID) (*models.Program, error) {
	var found []models.Program
	if err := db.Where("id = ?", id).Limit(1).Find(&found).Error; err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, services.NotFound("program")
	}
	return &found[0], nil
}

var slug = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// checkProgram tidies a program and says all that is wrong with it; rules and form are looked at when they are given anew.
func checkProgram(tx *services.Tx, p *models.Program, rules, form bool) error {
	p.Name, p.Summary, p.Population = services.Line(p.Name), services.Prose(p.Summary), services.Line(p.Population)
	p.SetDays()
	var wrong []services.FieldError
	add := func(bad bool, field string, code services.Code, message string) {
		if bad {
			wrong = append(wrong, services.FieldError{Field: field, Code: code, Message: message})
		}
	}
	add(p.Name == "", "/name", "required", "Give the program a name.")
	add(!slug.MatchString(p.Slug), "/slug", "invalid", "Use lowercase words joined by hyphens, such as family-awareness.")
	add(p.LastDay.Before(p.FirstDay.Time), "/ends_on", "before_start", "The last day cannot be before the first.")
	add(!models.KnownZone(p.TimeZone), "/time_zone", "unknown", "Use an IANA time zone such as America/New_York.")
	if rules {
		if p.Rules == nil {
			p.Rules = models.Rules{}
		}
		faults, err := CheckRules(tx, "/rules", p.Rules)
		if err != nil {
			return err
		}
		wrong = append(wrong, faults...)
	}
	if form {
		faults, err := forms.CheckChosen(tx, "/intake_form_id", p.IntakeFormID, models.FormIntake)
		if err != nil {
			return err
		}
		wrong = append(wrong, faults...)
	}
	if len(wrong) > 0 {
		return services.Invalid(wrong...)
	}
	return nil
}

// stillHolds says what stands in the way of fewer places and other days. The caller holds the row.
func stillHolds(tx *services.Tx, before, p *models.Program) error {
	if p.Capacity != nil && p.Taken > *p.Capacity {
		return tooFew(p.Taken)
	}
	if before.FirstDay == p.FirstDay && before.LastDay == p.LastDay {
		return nil
	}
	var found []struct{ Cohorts, Enrollments int }
	err := tx.DB.Raw(`select (select count(*) from cohorts where program_id = @id and (starts_on < @first or coalesce(ends_on, starts_on) > @last)) cohorts,
		(select count(*) from enrollments where program_id = @id and (starts_on < @first or starts_on > @last or ends_on < @first or ends_on > @last)) enrollments`,
		map[string]any{"id": p.ID, "first": p.FirstDay, "last": p.LastDay}).Scan(&found).Error
	if err != nil {
		return err
	}
	if n := found[0]; n.Cohorts+n.Enrollments > 0 {
		return services.Conflict(CodeDatesInUse, "These days would leave out %s and %s. Change those first.", counted(n.Cohorts, "cohort"), counted(n.Enrollments, "enrollment"))
	}
	return nil
}

func tooFew(taken int) error {
	e := services.Conflict(CodeCapacityTaken, "%s taken already; there cannot be fewer.", counted(taken, "place is", "places are"))
	e.Fields = []services.FieldError{{Field: "/capacity", Code: CodeCapacityTaken, Message: e.Message}}
	return e
}
