package forms

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// FormVersionView is a version with what people read above its questions.
type FormVersionView struct {
	models.FormVersion
	Title       string             `json:"title" example:"Before we meet"`
	Description string             `json:"description"`
	Purpose     models.FormPurpose `json:"purpose" enum:"intake,registration,application,feedback"`
}

// readable is the scope of the versions that somebody may see: whoever builds forms all, others what is published.
func readable(actor *services.Actor) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		if actor.Coordinates() {
			return db
		}
		return db.Where("v.published_at IS NOT NULL")
	}
}

func versionView(db *gorm.DB, actor *services.Actor, where string, args ...any) (*FormVersionView, error) {
	var rows []FormVersionView
	err := db.Table("form_versions v").Joins("JOIN forms f ON f.id = v.form_id").Scopes(readable(actor)).Where(where, args...).
		Select("v.*, f.title, f.description, f.purpose").Order("v.number DESC").Limit(1).Find(&rows).Error
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, services.NotFound("form version")
	}
	if !actor.Coordinates() {
		rows[0].PublishedBy = nil
	}
	return &rows[0], nil
}

// Version shows one version with its questions. Errors: not_found, for members also for a draft.
func (s *Service) Version(ctx context.Context, id uuid.UUID) (*FormVersionView, error) {
	return s.readVersion(ctx, "v.id = ?", id)
}

// Current shows what a form asks now. Errors: not_found, also while nothing of it is published.
func (s *Service) Current(ctx context.Context, formID uuid.UUID) (*FormVersionView, error) {
	return s.readVersion(ctx, "v.form_id = ? AND v.published_at IS NOT NULL", formID)
}

func (s *Service) readVersion(ctx context.Context, where string, id uuid.UUID) (*FormVersionView, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (*FormVersionView, error) { return versionView(db, actor, where, id) })
}

var versionList = services.List[FormVersionSummary]{
	IDColumn: "form_versions.id",
	ID:       func(v FormVersionSummary) uuid.UUID { return v.ID },
	Sorts:    []services.Sort[FormVersionSummary]{{Name: "number", Column: "form_versions.number", Cast: "int", Key: func(v FormVersionSummary) any { return v.Number }}},
	Default:  "-number",
}

// Versions pages through the versions of a form, the newest first. Errors: not_found.
func (s *Service) Versions(ctx context.Context, formID uuid.UUID, in services.PageQuery) (*services.Page[FormVersionSummary], error) {
	return services.Read(ctx, s.core, func(db *gorm.DB) (*services.Page[FormVersionSummary], error) {
		if _, err := form(db, formID); err != nil {
			return nil, err
		}
		page, err := versionList.Find(ctx, s.core, db.Table("form_versions").Select(summaryColumns).Where("form_id = ?", formID), in)
		return &page, err
	})
}

// NewFormVersion is the next draft of a form.
type NewFormVersion struct {
	Fields *models.FormFields `json:"fields,omitempty" required:"false" maxItems:"100" doc:"The questions; those of the latest version when absent"`
}

// AddVersion makes the next draft. Errors: not_found; conflict draft_exists, form_archived; invalid, naming every rule that is
// broken.
func (s *Service) AddVersion(ctx context.Context, formID uuid.UUID, in NewFormVersion) (*FormVersionView, error) {
	var given models.FormFields
	var faults []services.FieldError
	if in.Fields != nil { // before the transaction opens: of a long form it takes a while
		given = tidy(*in.Fields)
		faults = check(given, "/fields")
	}
	return services.Mutate(ctx, s.core, "form_version.create", func(tx *services.Tx) (*FormVersionView, error) {
		f, err := form(tx.DB.Clauses(forUpdate), formID)
		if err != nil {
			return nil, err
		}
		if f.ArchivedAt != nil {
			return nil, archived()
		}
		v, wrong := models.FormVersion{Record: head(tx), FormID: formID, Fields: given}, faults
		if in.Fields == nil {
			if v.Fields, err = latestFields(tx.DB, formID); err != nil {
				return nil, err
			}
			v.Fields = tidy(v.Fields)
			wrong = check(v.Fields, "/fields")
		}
		if err := refuse(slices.Concat(wrong, checkReaders(v.Fields, f.Purpose, "/fields"))); err != nil {
			return nil, err
		}
		if err := tx.DB.Raw("SELECT coalesce(max(number), 0) + 1 FROM form_versions WHERE form_id = ?", formID).Scan(&v.Number).Error; err != nil {
			return nil, err
		}
		err = storeNew(tx, &v)
		return viewed(f, &v), err
	})
}

func archived() error {
	return services.Conflict("form_archived", "This form is archived. Restore it first.")
}

func viewed(f *models.Form, v *models.FormVersion) *FormVersionView {
	return &FormVersionView{FormVersion: *v, Title: f.Title, Description: f.Description, Purpose: f.Purpose}
}

// latestFields are the questions of the draft, or else of what was published last. A form may have none.
func latestFields(db *gorm.DB, formID uuid.UUID) (models.FormFields, error) {
	var rows []models.FormVersion
	err := db.Select("fields").Where("form_id = ?", formID).Order("number DESC").Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return rows[0].Fields, nil
}

func storeNew(tx *services.Tx, v *models.FormVersion) error {
	v.Schema = v.Fields.Schema()
	tx.Changed(nil, told(*v))
	return tx.DB.Create(v).Error
}

// told is a version as the audit log keeps it: the schema follows from the questions.
func told(v models.FormVersion) models.FormVersion {
	v.Schema = nil
	return v
}

// PatchFormVersion is what can be edited of a draft.
type PatchFormVersion struct {
	Fields services.Field[models.FormFields] `json:"fields,omitzero" required:"false" maxItems:"100" doc:"All its questions, in their order"`
}

// UpdateVersion edits a draft. Errors: not_found; unconditional, stale; conflict version_published; invalid, naming every rule
// that is broken.
func (s *Service) UpdateVersion(ctx context.Context, id uuid.UUID, in PatchFormVersion) (*FormVersionView, error) {
	given := tidy(in.Fields.OrZero(nil))
	faults := check(given, "/fields") // before the transaction opens: of a long form it takes a while
	return s.changeVersion(ctx, id, "form_version.update", func(tx *services.Tx, f *models.Form, v *models.FormVersion) error {
		if err := tx.CheckVersion(v.Version); err != nil {
			return err
		}
		if err := stillDraft(v); err != nil {
			return err
		}
		if !in.Fields.Set { // nothing changes: Publish looks at what is there
			return nil
		}
		v.Fields = given
		return refuse(slices.Concat(faults, checkReaders(given, f.Purpose, "/fields")))
	})
}

// Publish makes a draft what the form asks from now on, for good: it never changes again. Answers to earlier versions stay with
// what they answered. If-Match may be left out; where it is sent it must hold, so that nobody publishes for good what they have
// not read. Errors: not_found; stale; conflict version_published, form_archived; invalid when it asks nothing, or breaks rules
// that are newer than it.
func (s *Service) Publish(ctx context.Context, id uuid.UUID) (*FormVersionView, error) {
	return s.changeVersion(ctx, id, "form_version.publish", func(tx *services.Tx, f *models.Form, v *models.FormVersion) error {
		if tx.Call().IfMatch != "" {
			if err := tx.CheckVersion(v.Version); err != nil {
				return err
			}
		}
		if err := stillDraft(v); err != nil {
			return err
		}
		if f.ArchivedAt != nil {
			return archived()
		}
		faults := append(check(v.Fields, "/fields"), checkReaders(v.Fields, f.Purpose, "/fields")...)
		if len(v.Fields) == 0 {
			faults = append(faults, services.FieldError{Field: "/fields", Code: "empty", Message: "Add at least one question before you publish."})
		}
		at, by := tx.Now(), tx.Actor().MemberID
		v.PublishedAt, v.PublishedBy = &at, &by
		return refuse(faults)
	})
}

// changeVersion locks the form first: numbers, publishing and archiving wait for one another there.
func (s *Service) changeVersion(ctx context.Context, id uuid.UUID, action string, do func(*services.Tx, *models.Form, *models.FormVersion) error) (*FormVersionView, error) {
	return services.Mutate(ctx, s.core, action, func(tx *services.Tx) (*FormVersionView, error) {
		f, v, err := locked(tx, id)
		if err != nil {
			return nil, err
		}
		before := *v
		if err := do(tx, f, v); err != nil {
			return nil, err
		}
		v.Schema = v.Fields.Schema()
		edited(tx, &v.Record)
		tx.Changed(told(before), told(*v))
		return viewed(f, v), tx.DB.Model(&models.FormVersion{}).Where("id = ?", id).Select("fields", "schema", "published_at", "published_by", "version", "updated_at").Updates(v).Error
	})
}

// locked locks a version, and its form before it.
func locked(tx *services.Tx, id uuid.UUID) (*models.Form, *models.FormVersion, error) {
	v, err := version(tx.DB, id)
	if err != nil {
		return nil, nil, err
	}
	f, err := form(tx.DB.Clauses(forUpdate), v.FormID)
	if err != nil {
		return nil, nil, err
	}
	v, err = version(tx.DB.Clauses(forUpdate), id) // deleted meanwhile, or published
	return f, v, err
}

func stillDraft(v *models.FormVersion) error {
	if v.PublishedAt == nil {
		return nil
	}
	return services.Conflict("version_published", "This version is published. People answer it: it can never change. Make a new version.")
}

func version(db *gorm.DB, id uuid.UUID) (*models.FormVersion, error) {
	var rows []models.FormVersion
	if err := db.Where("id = ?", id).Limit(1).Find(&rows).Error; err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, services.NotFound("form version")
	}
	return &rows[0], nil
}

// DeleteVersion throws a draft away. Errors: not_found; unconditional, stale; conflict version_published.
func (s *Service) DeleteVersion(ctx context.Context, id uuid.UUID) error {
	_, err := services.Mutate(ctx, s.core, "form_version.delete", func(tx *services.Tx) (struct{}, error) {
		_, v, err := locked(tx, id)
		if err != nil {
			return struct{}{}, err
		}
		if err := tx.CheckVersion(v.Version); err != nil {
			return struct{}{}, err
		}
		if err := stillDraft(v); err != nil {
			return struct{}{}, err
		}
		tx.Changed(told(*v), nil)
		return struct{}{}, tx.DB.Where("id = ?", id).Delete(&models.FormVersion{}).Error
	})
	return err
}
