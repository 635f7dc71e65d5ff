// Package programs keeps the organization's lines of work.
package programs

import (
	"context"
	"regexp"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
)

// CodeSlugTaken is the code of a slug that another program has.
const CodeSlugTaken services.Code = "slug_taken"

var _ = services.Meanings(map[string]*services.Error{
	"programs_slug": services.Conflict(CodeSlugTaken, "Another program has this slug. Choose another."),
})

// Service has the use cases of programs.
type Service struct{ core *services.Core }

// New makes the service.
func New(core *services.Core) *Service { return &Service{core: core} }

// NewProgram is what makes a program.
type NewProgram struct {
	Name     string               `json:"name" minLength:"1" maxLength:"120" example:"Family Awareness"`
	Slug     string               `json:"slug" minLength:"1" maxLength:"60" pattern:"^[a-z0-9]+(-[a-z0-9]+)*$" patternDescription:"lowercase words joined by hyphens" doc:"Short name for addresses; unique" example:"family-awareness"`
	Summary  string               `json:"summary,omitempty" maxLength:"500" example:"What PTSD does to a household, and what a household can do"`
	Status   models.ProgramStatus `json:"status,omitempty" enum:"planned,active,completed,cancelled" default:"planned" example:"active"`
	StartsOn *models.Date         `json:"starts_on,omitempty" doc:"First day"`
	EndsOn   *models.Date         `json:"ends_on,omitempty" doc:"Last day; absent when open-ended"`
}

// ProgramPatch changes a program; what is absent stays.
type ProgramPatch struct {
	Name     services.Field[string]               `json:"name,omitzero" required:"false" minLength:"1" maxLength:"120"`
	Slug     services.Field[string]               `json:"slug,omitzero" required:"false" minLength:"1" maxLength:"60" pattern:"^[a-z0-9]+(-[a-z0-9]+)*$" patternDescription:"lowercase words joined by hyphens"`
	Summary  services.Field[string]               `json:"summary,omitzero" required:"false" maxLength:"500"`
	Status   services.Field[models.ProgramStatus] `json:"status,omitzero" required:"false" enum:"planned,active,completed,cancelled"`
	StartsOn services.Field[models.Date]          `json:"starts_on,omitzero" required:"false" doc:"First day; null clears"`
	EndsOn   services.Field[models.Date]          `json:"ends_on,omitzero" required:"false" doc:"Last day; null clears"`
}

// ProgramQuery filters the list.
type ProgramQuery struct {
	services.PageQuery
	Status []models.ProgramStatus `query:"status,explode" enum:"planned,active,completed,cancelled" maxItems:"4" doc:"One or several"`
}

// row carries what the list is sorted by, in the database's own lower case.
type row struct {
	models.Program
	NameKey string
}

var list = services.List[row]{
	IDColumn: "id", ID: func(p row) uuid.UUID { return p.ID }, Default: "name",
	Sorts: []services.Sort[row]{{Name: "name", Column: "lower(name)", Cast: "text", Key: func(p row) any { return p.NameKey }}},
}

// List gives the programs by name.
func (s *Service) List(ctx context.Context, in ProgramQuery) (services.Page[models.Program], error) {
	return services.Read(ctx, s.core, func(db *gorm.DB) (services.Page[models.Program], error) {
		q := db.Model(&models.Program{}).Select("*, lower(name) as name_key")
		if len(in.Status) > 0 {
			q = q.Where("status in ?", in.Status)
		}
		rows, err := list.Find(ctx, s.core, q, in.PageQuery)
		page := services.Page[models.Program]{Data: make([]models.Program, len(rows.Data)), NextCursor: rows.NextCursor, Total: rows.Total}
		for i := range rows.Data {
			page.Data[i] = rows.Data[i].Program
		}
		return page, err
	})
}

// Get shows one.
// Errors: not_found.
func (s *Service) Get(ctx context.Context, id uuid.UUID) (*models.Program, error) {
	return services.Read(ctx, s.core, func(db *gorm.DB) (*models.Program, error) {
		return program(db, id)
	})
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

// Create adds one.
// Errors: conflict slug_taken; invalid when it ends before it starts.
func (s *Service) Create(ctx context.Context, in NewProgram) (*models.Program, error) {
	return services.Mutate(ctx, s.core, "program.create", func(tx *services.Tx) (*models.Program, error) {
		p := models.Program{
			Record: models.Record{ID: services.NewID(), Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()},
			Name:   services.Line(in.Name), Slug: in.Slug, Summary: services.Prose(in.Summary), Status: in.Status, StartsOn: in.StartsOn, EndsOn: in.EndsOn,
		}
		if p.Status == "" {
			p.Status = models.ProgramPlanned
		}
		if err := check(p); err != nil {
			return nil, err
		}
		tx.Changed(nil, p)
		return &p, tx.DB.Create(&p).Error
	})
}

// Update changes one.
// Errors: not_found; unconditional and stale as for every edit; conflict slug_taken; invalid when it ends before it starts.
func (s *Service) Update(ctx context.Context, id uuid.UUID, in ProgramPatch) (*models.Program, error) {
	return services.Mutate(ctx, s.core, "program.update", func(tx *services.Tx) (*models.Program, error) {
		p, err := program(tx.DB.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}), id)
		if err != nil {
			return nil, err
		}
		if err := tx.CheckVersion(p.Version); err != nil {
			return nil, err
		}
		before := *p
		p.Name, p.Slug, p.Summary, p.Status = services.Line(in.Name.Or(p.Name)), in.Slug.Or(p.Slug), services.Prose(in.Summary.OrZero(p.Summary)), in.Status.Or(p.Status)
		p.StartsOn, p.EndsOn = in.StartsOn.OrNull(p.StartsOn), in.EndsOn.OrNull(p.EndsOn)
		if err := check(*p); err != nil {
			return nil, err
		}
		p.Version, p.UpdatedAt = p.Version+1, tx.Now()
		tx.Changed(before, *p)
		return p, tx.DB.Model(p).Select("name", "slug", "summary", "status", "starts_on", "ends_on", "version", "updated_at").
			Where("id = ?", id).Updates(*p).Error
	})
}

var slug = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

func check(p models.Program) error {
	var wrong []services.FieldError
	if p.Name == "" {
		wrong = append(wrong, services.FieldError{Field: "/name", Code: "required", Message: "Give the program a name."})
	}
	if !slug.MatchString(p.Slug) {
		wrong = append(wrong, services.FieldError{Field: "/slug", Code: "invalid", Message: "Use lowercase words joined by hyphens, such as family-awareness."})
	}
	if p.StartsOn != nil && p.EndsOn != nil && p.EndsOn.Before(p.StartsOn.Time) {
		wrong = append(wrong, services.FieldError{Field: "/ends_on", Code: "before_start", Message: "The last day cannot be before the first."})
	}
	if len(wrong) > 0 {
		return services.Invalid(wrong...)
	}
	return nil
}
