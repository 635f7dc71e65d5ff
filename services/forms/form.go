package forms

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
)

var forUpdate = clause.Locking{Strength: "NO KEY UPDATE"}

var _ = services.Meanings(map[string]*services.Error{
	"forms_title":             services.InvalidField("/title", "required", "Give the form a title."),
	"form_versions_one_draft": services.Conflict("draft_exists", "This form has a draft already. Edit that one, or delete it."),
	"form_versions_once":      services.Conflict("draft_exists", "Somebody has made a version of this form at the same moment. Read the form again."),
	"form_versions_final":     services.Conflict("version_published", "This version is published. People answer it: it can never change. Make a new version."),
})

// FormVersionSummary is a version without its questions.
type FormVersionSummary struct {
	models.Record
	FormID      uuid.UUID  `json:"form_id"`
	Number      int        `json:"number" doc:"Counts the versions of the form from 1" example:"2"`
	FieldCount  int        `json:"field_count" doc:"How many questions it has" example:"6"`
	PublishedAt *time.Time `json:"published_at" doc:"Null for a draft"`
	PublishedBy *uuid.UUID `json:"published_by" nullable:"true" doc:"Of the staff"`
}

// FormView is a form with what is asked now and what is being written.
type FormView struct {
	models.Form
	Current *FormVersionSummary `json:"current,omitempty" doc:"The version that is asked now; absent while none is published"`
	Draft   *FormVersionSummary `json:"draft,omitempty" doc:"The version being written; absent when there is none"`
}

const summaryColumns = "id, version, created_at, updated_at, form_id, number, jsonb_array_length(fields) AS field_count, published_at, published_by"

// withVersions reads of each form the current version and the draft, without their questions. One query.
func withVersions(db *gorm.DB, forms []models.Form) ([]FormView, error) {
	views, ids := make([]FormView, len(forms)), make([]uuid.UUID, len(forms))
	for i, f := range forms {
		views[i].Form, ids[i] = f, f.ID
	}
	if len(ids) == 0 {
		return views, nil
	}
	var rows []FormVersionSummary
	err := db.Raw("SELECT DISTINCT ON (form_id, published_at IS NULL) "+summaryColumns+" FROM form_versions WHERE form_id IN ? ORDER BY form_id, published_at IS NULL, number DESC", ids).Scan(&rows).Error
	for i := range views {
		for j := range rows {
			switch {
			case rows[j].FormID != views[i].ID:
			case rows[j].PublishedAt == nil:
				views[i].Draft = &rows[j]
			default:
				views[i].Current = &rows[j]
			}
		}
	}
	return views, err
}

func view(db *gorm.DB, f *models.Form) (*FormView, error) {
	views, err := withVersions(db, []models.Form{*f})
	return &views[0], err
}

func form(db *gorm.DB, id uuid.UUID) (*models.Form, error) {
	var rows []models.Form
	if err := db.Where("id = ?", id).Limit(1).Find(&rows).Error; err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, services.NotFound("form")
	}
	return &rows[0], nil
}

// FormFilter picks forms of the list.
type FormFilter struct {
	services.PageQuery
	Q        string               `query:"q" maxLength:"80" doc:"In the title or the description; case and accents do not matter"`
	Purpose  []models.FormPurpose `query:"purpose,explode" maxItems:"4" enum:"intake,registration,application,feedback" doc:"Only for these purposes"`
	Archived bool                 `query:"archived" doc:"The archived ones instead"`
}

type listed struct {
	models.Form
	SortTitle string
}

var list = services.List[listed]{
	IDColumn: "forms.id",
	ID:       func(f listed) uuid.UUID { return f.ID },
	Sorts: []services.Sort[listed]{
		{Name: "title", Column: "folded(forms.title)", Cast: "text", Key: func(f listed) any { return f.SortTitle }},
		{Name: "created_at", Column: "forms.created_at", Cast: "timestamptz", Key: func(f listed) any { return f.CreatedAt }},
	},
	Default: "title",
}

// List pages through the forms by title.
func (s *Service) List(ctx context.Context, f FormFilter) (*services.Page[FormView], error) {
	return services.Read(ctx, s.core, func(db *gorm.DB) (*services.Page[FormView], error) {
		q := db.Table("forms").Select("forms.*, folded(forms.title) AS sort_title").Where("(archived_at IS NOT NULL) = ?", f.Archived)
		if len(f.Purpose) > 0 {
			q = q.Where("purpose IN ?", f.Purpose)
		}
		if words := services.Line(f.Q); words != "" {
			q = q.Where("strpos(folded(title || ' ' || description), folded(?)) > 0", words)
		}
		found, err := list.Find(ctx, s.core, q, f.PageQuery)
		if err != nil {
			return nil, err
		}
		forms := make([]models.Form, len(found.Data))
		for i := range found.Data {
			forms[i] = found.Data[i].Form
		}
		views, err := withVersions(db, forms)
		return &services.Page[FormView]{Data: views, NextCursor: found.NextCursor, Total: found.Total}, err
	})
}

// Get shows one form. Errors: not_found.
func (s *Service) Get(ctx context.Context, id uuid.UUID) (*FormView, error) {
	return services.Read(ctx, s.core, func(db *gorm.DB) (*FormView, error) {
		f, err := form(db, id)
		if err != nil {
			return nil, err
		}
		return view(db, f)
	})
}

// NewForm is a new form with its first draft.
type NewForm struct {
	Title       string             `json:"title" minLength:"1" maxLength:"160" doc:"People see it above the questions" example:"Before we meet"`
	Description string             `json:"description,omitempty" maxLength:"4000" doc:"What it is for and who reads the answers, in Markdown; people see it too"`
	Purpose     models.FormPurpose `json:"purpose" enum:"intake,registration,application,feedback" doc:"Cannot be changed later; a clone may have another"`
	Fields      models.FormFields  `json:"fields,omitempty" required:"false" maxItems:"100" doc:"The questions of the first draft, in their order; may be added later"`
}

// Create makes a form and its first draft; nobody is asked anything until it is published. Errors: invalid, naming every rule
// that is broken, never_asked among them.
func (s *Service) Create(ctx context.Context, in NewForm) (*FormView, error) {
	fields := tidy(in.Fields)
	faults := check(fields, "/fields") // of a long form it takes a while: nothing waits for it in a transaction
	return services.Mutate(ctx, s.core, "form.create", func(tx *services.Tx) (*FormView, error) {
		f := models.Form{Record: head(tx), Title: services.Line(in.Title), Description: services.Prose(in.Description), Purpose: in.Purpose}
		return create(tx, f, fields, faults)
	})
}

// CloneForm says what the copy is to be; what is absent is as in the original.
type CloneForm struct {
	Title   string             `json:"title,omitempty" maxLength:"160" doc:"The original's with (copy) behind it when absent" example:"Before we meet, summer 2026"`
	Purpose models.FormPurpose `json:"purpose,omitempty" enum:"intake,registration,application,feedback" doc:"The original's when absent"`
}

// Clone copies a form with the questions of its latest version, a draft before a published one, into the first draft of a new
// one. An archived form can be cloned. Errors: not_found; invalid when the questions break rules that are newer than they.
func (s *Service) Clone(ctx context.Context, id uuid.UUID, in CloneForm) (*FormView, error) {
	return services.Mutate(ctx, s.core, "form.clone", func(tx *services.Tx) (*FormView, error) {
		original, err := form(tx.DB, id)
		if err != nil {
			return nil, err
		}
		fields, err := latestFields(tx.DB, id)
		if err != nil {
			return nil, err
		}
		f := models.Form{Record: head(tx), Title: services.Line(in.Title), Description: original.Description, Purpose: in.Purpose, ClonedFrom: &original.ID}
		if f.Title == "" {
			f.Title = original.Title + " (copy)"
		}
		if f.Purpose == "" {
			f.Purpose = original.Purpose
		}
		fields = tidy(fields)
		return create(tx, f, fields, check(fields, "/fields"))
	})
}

// create makes a form of questions that are tidied and checked.
func create(tx *services.Tx, f models.Form, fields models.FormFields, faults []services.FieldError) (*FormView, error) {
	v := models.FormVersion{Record: head(tx), FormID: f.ID, Number: 1, Fields: fields}
	if err := refuse(slices.Concat(checkForm(&f), faults, checkReaders(fields, f.Purpose, "/fields"))); err != nil {
		return nil, err
	}
	if err := tx.DB.Create(&f).Error; err != nil {
		return nil, err
	}
	tx.Changed(nil, f)
	if err := storeNew(tx, &v); err != nil {
		return nil, err
	}
	return view(tx.DB, &f)
}

// checkForm names what is wrong with what people read above the questions.
func checkForm(f *models.Form) []services.FieldError {
	var wrong []services.FieldError
	if f.Title == "" {
		wrong = append(wrong, services.FieldError{Field: "/title", Code: "required", Message: "Give the form a title."})
	}
	for _, text := range [][2]string{{"/title", f.Title}, {"/description", f.Description}} {
		if topic, found := models.NeverAsked(text[1]); found {
			wrong = append(wrong, services.FieldError{Field: text[0], Code: CodeNeverAsked, Message: topic.Sentence()})
		}
	}
	return wrong
}

// PatchForm is what can be edited of a form. Its questions are edited in a draft.
type PatchForm struct {
	Title       services.Field[string] `json:"title,omitzero" required:"false" minLength:"1" maxLength:"160"`
	Description services.Field[string] `json:"description,omitzero" required:"false" maxLength:"4000" doc:"null clears"`
}

// Update edits what people read above the questions. Errors: not_found; unconditional, stale; invalid.
func (s *Service) Update(ctx context.Context, id uuid.UUID, in PatchForm) (*FormView, error) {
	return s.change(ctx, id, "form.update", func(tx *services.Tx, f *models.Form) error {
		if err := tx.CheckVersion(f.Version); err != nil {
			return err
		}
		f.Title, f.Description = services.Line(in.Title.Or(f.Title)), services.Prose(in.Description.OrZero(f.Description))
		return refuse(checkForm(f))
	})
}

// Archive puts a form away: nothing new may ask it. What was asked before can still be answered, and answers stay. Errors:
// not_found; conflict already_archived, and form_in_use, naming them, while a planned or active program or a workshop that is
// neither over nor cancelled asks it.
func (s *Service) Archive(ctx context.Context, id uuid.UUID) (*FormView, error) {
	return s.change(ctx, id, "form.archive", func(tx *services.Tx, f *models.Form) error {
		if f.ArchivedAt != nil {
			return services.Conflict("already_archived", "This form is archived already.")
		}
		users, err := usersOf(tx.DB, id)
		if err != nil {
			return err
		}
		if len(users) > 0 {
			return services.Conflict("form_in_use", "%s", "This form is still asked. Choose another, or none, for: "+strings.Join(users, ", ")+".")
		}
		at := tx.Now()
		f.ArchivedAt = &at
		return nil
	})
}

// usersOf names what asks a form now: at most five, then how many more.
func usersOf(db *gorm.DB, id uuid.UUID) ([]string, error) {
	const most = 5
	var names []string
	err := db.Raw(`SELECT 'the program ' || name FROM programs WHERE intake_form_id = ? AND status IN ('planned', 'active')
		UNION ALL SELECT 'the workshop ' || title FROM workshops WHERE registration_form_id = ? AND `+openWorkshop+` ORDER BY 1`, id, id).Scan(&names).Error
	if more := len(names) - most; more > 0 {
		names = append(names[:most], fmt.Sprintf("and %d more", more))
	}
	return names, err
}

// openWorkshop is a workshop that asks its form, or will.
const openWorkshop = "visibility IN ('draft', 'published')"

// Restore is the way back. Errors: not_found; conflict not_archived.
func (s *Service) Restore(ctx context.Context, id uuid.UUID) (*FormView, error) {
	return s.change(ctx, id, "form.restore", func(_ *services.Tx, f *models.Form) error {
		if f.ArchivedAt == nil {
			return services.Conflict("not_archived", "This form is not archived.")
		}
		f.ArchivedAt = nil
		return nil
	})
}

func (s *Service) change(ctx context.Context, id uuid.UUID, action string, do func(*services.Tx, *models.Form) error) (*FormView, error) {
	return services.Mutate(ctx, s.core, action, func(tx *services.Tx) (*FormView, error) {
		f, err := form(tx.DB.Clauses(forUpdate), id)
		if err != nil {
			return nil, err
		}
		before := *f
		if err := do(tx, f); err != nil {
			return nil, err
		}
		edited(tx, &f.Record)
		tx.Changed(before, *f)
		if err := tx.DB.Model(&models.Form{}).Where("id = ?", id).Select("title", "description", "archived_at", "version", "updated_at").Updates(f).Error; err != nil {
			return nil, err
		}
		return view(tx.DB, f)
	})
}

func head(tx *services.Tx) models.Record {
	return models.Record{ID: services.NewID(), Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
}

func edited(tx *services.Tx, r *models.Record) { r.Version, r.UpdatedAt = r.Version+1, tx.Now() }
