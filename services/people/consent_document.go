package people

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/text/language"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
)

// ConsentDocumentView is a document with the text that is in force.
type ConsentDocumentView struct {
	models.ConsentDocument
	Current *models.ConsentVersion `json:"current,omitempty" doc:"The text in force; absent while none is"`
	Draft   *models.ConsentVersion `json:"draft,omitempty" doc:"The text being written, for staff alone"`
}

// readableDocuments is the scope of the documents that somebody may see: staff all, others those in force.
func readableDocuments(actor *services.Actor, now time.Time) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		if actor.Coordinates() || actor.Kind == models.ActorSystem {
			return db
		}
		return db.Where(`consent_documents.status = 'published' AND EXISTS (SELECT 1 FROM consent_document_versions v WHERE v.document_id = consent_documents.id
			AND v.effective_from <= ?)`, now)
	}
}

// texts reads of each document the version in force, and the draft when drafts are asked for. One query.
func texts(db *gorm.DB, now time.Time, ids []uuid.UUID, drafts bool) (map[uuid.UUID]*models.ConsentVersion, map[uuid.UUID]*models.ConsentVersion, error) {
	return versionsOf(db, now, ids, drafts, "*")
}

func versionsOf(db *gorm.DB, now time.Time, ids []uuid.UUID, drafts bool, columns string) (map[uuid.UUID]*models.ConsentVersion, map[uuid.UUID]*models.ConsentVersion, error) {
	var rows []models.ConsentVersion
	current, draft := map[uuid.UUID]*models.ConsentVersion{}, map[uuid.UUID]*models.ConsentVersion{}
	if len(ids) == 0 {
		return current, draft, nil
	}
	err := db.Raw(`SELECT DISTINCT ON (document_id, published_at IS NULL) `+columns+` FROM consent_document_versions
		WHERE document_id IN ? AND (effective_from <= ? OR published_at IS NULL AND ?) ORDER BY document_id, published_at IS NULL, number DESC`, ids, now, drafts).Scan(&rows).Error
	for i := range rows {
		if rows[i].PublishedAt == nil {
			draft[rows[i].DocumentID] = &rows[i]
		} else {
			current[rows[i].DocumentID] = &rows[i]
		}
	}
	return current, draft, err
}

func withTexts(db *gorm.DB, now time.Time, documents []models.ConsentDocument, drafts bool) ([]ConsentDocumentView, error) {
	ids := make([]uuid.UUID, len(documents))
	for i := range documents {
		ids[i] = documents[i].ID
	}
	current, draft, err := texts(db, now, ids, drafts)
	out := make([]ConsentDocumentView, len(documents))
	for i, d := range documents {
		out[i] = ConsentDocumentView{ConsentDocument: d, Current: current[d.ID], Draft: draft[d.ID]}
	}
	return out, err
}

// ConsentDocumentFilter picks documents of the list.
type ConsentDocumentFilter struct {
	services.PageQuery
	Kind   []models.ConsentKind           `query:"kind,explode" maxItems:"10" enum:"privacy_notice,code_of_conduct,confidentiality_limits,liability_waiver,photo_release,story_release,sms,research,clinician_release,teen_account" doc:"Only of these kinds"`
	Status []models.ConsentDocumentStatus `query:"status,explode" maxItems:"3" enum:"draft,published,retired" doc:"For staff: only in these statuses; published when absent"`
}

var consentDocuments = services.List[models.ConsentDocument]{
	IDColumn: "consent_documents.id",
	ID:       func(d models.ConsentDocument) uuid.UUID { return d.ID },
	Sorts: []services.Sort[models.ConsentDocument]{
		{Name: "kind", Column: "consent_documents.kind", Cast: "text", Key: func(d models.ConsentDocument) any { return string(d.Kind) }},
		{Name: "created_at", Column: "consent_documents.created_at", Cast: "timestamptz", Key: func(d models.ConsentDocument) any { return d.CreatedAt }},
	},
	Default: "kind",
}

// ConsentDocuments pages through the documents in force with their texts; staff may ask for drafts and retired ones too.
func (s *Service) ConsentDocuments(ctx context.Context, f ConsentDocumentFilter) (*services.Page[ConsentDocumentView], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	now := s.core.Clock.Now()
	if len(f.Status) == 0 {
		f.Status = []models.ConsentDocumentStatus{models.ConsentDocumentPublished}
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (*services.Page[ConsentDocumentView], error) {
		q := db.Model(&models.ConsentDocument{}).Scopes(readableDocuments(actor, now)).Where("status IN ?", f.Status)
		if len(f.Kind) > 0 {
			q = q.Where("kind IN ?", f.Kind)
		}
		page, err := consentDocuments.Find(ctx, s.core, q, f.PageQuery)
		if err != nil {
			return nil, err
		}
		views, err := withTexts(db, now, page.Data, actor.Coordinates())
		return &services.Page[ConsentDocumentView]{Data: views, NextCursor: page.NextCursor, Total: page.Total}, err
	})
}

// ConsentDocument answers one document with its text. Errors: not_found, for members also for what is not in force.
func (s *Service) ConsentDocument(ctx context.Context, id uuid.UUID) (*ConsentDocumentView, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	now := s.core.Clock.Now()
	return services.Read(ctx, s.core, func(db *gorm.DB) (*ConsentDocumentView, error) {
		d, err := consentDocument(db.Scopes(readableDocuments(actor, now)), id)
		if err != nil {
			return nil, err
		}
		views, err := withTexts(db, now, []models.ConsentDocument{*d}, actor.Coordinates())
		return &views[0], err
	})
}

func consentDocument(db *gorm.DB, id uuid.UUID) (*models.ConsentDocument, error) {
	var rows []models.ConsentDocument
	if err := db.Where("consent_documents.id = ?", id).Limit(1).Find(&rows).Error; err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, services.NotFound("consent document")
	}
	return &rows[0], nil
}

func consentVersion(db *gorm.DB, id uuid.UUID) (*models.ConsentVersion, error) {
	var rows []models.ConsentVersion
	if err := db.Where("id = ?", id).Limit(1).Find(&rows).Error; err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, services.NotFound("consent document version")
	}
	return &rows[0], nil
}

// ConsentVersions lists the texts of a document, the newest first, at most a hundred. Errors: not_found.
func (s *Service) ConsentVersions(ctx context.Context, documentID uuid.UUID) (*services.Page[models.ConsentVersion], error) {
	return services.Read(ctx, s.core, func(db *gorm.DB) (*services.Page[models.ConsentVersion], error) {
		if _, err := consentDocument(db, documentID); err != nil {
			return nil, err
		}
		page := &services.Page[models.ConsentVersion]{Data: []models.ConsentVersion{}}
		return page, db.Where("document_id = ?", documentID).Order("number desc").Limit(atMost).Find(&page.Data).Error
	})
}

// ConsentVersion answers one text, published or not. Errors: not_found.
func (s *Service) ConsentVersion(ctx context.Context, id uuid.UUID) (*models.ConsentVersion, error) {
	return services.Read(ctx, s.core, func(db *gorm.DB) (*models.ConsentVersion, error) { return consentVersion(db, id) })
}

// CreateConsentDocument is a new document with its first text.
type CreateConsentDocument struct {
	Kind          models.ConsentKind    `json:"kind" enum:"privacy_notice,code_of_conduct,confidentiality_limits,liability_waiver,photo_release,story_release,sms,research,clinician_release,teen_account"`
	Title         string                `json:"title" minLength:"3" maxLength:"120" example:"Photo release"`
	RequiredOf    []models.ConsentGroup `json:"required_of" maxItems:"16" enum:"everyone,members,adults,minors,staff,veteran,service_member,guard_reserve,spouse,partner,child,parent,sibling,caregiver,survivor,supporter" doc:"Who is asked to sign it; empty for nobody by itself"`
	Optional      bool                  `json:"optional,omitempty" doc:"Refusing has no consequence"`
	Assent        bool                  `json:"assent,omitempty" doc:"People of 13 to 17 agree for themselves too; privacy notice and code of conduct alone"`
	ExpiresMonths *int                  `json:"expires_months,omitempty" required:"false" minimum:"1" maximum:"120" doc:"How long a signature counts; absent for ever" example:"12"`
	Language      string                `json:"language,omitempty" maxLength:"35" doc:"BCP 47; en when absent" example:"en"`
	Body          string                `json:"body" minLength:"1" maxLength:"60000" doc:"The text in Markdown"`
}

// CreateConsentDocument writes a document and its first text, both drafts. Errors: invalid, naming each value.
func (s *Service) CreateConsentDocument(ctx context.Context, in CreateConsentDocument) (*ConsentDocumentView, error) {
	return services.Mutate(ctx, s.core, "consent_document.create", func(tx *services.Tx) (*ConsentDocumentView, error) {
		d := models.ConsentDocument{Record: head(tx), Kind: in.Kind, Title: services.Line(in.Title), RequiredOf: unique(models.Texts[models.ConsentGroup](in.RequiredOf)),
			Optional: in.Optional, Assent: in.Assent, ExpiresMonths: in.ExpiresMonths, Status: models.ConsentDocumentDraft}
		v := models.ConsentVersion{Record: head(tx), DocumentID: d.ID, Number: 1, Language: in.Language, Material: true}
		var p problems
		p.tidyDocument(&d)
		p.tidyText(&v, in.Body)
		if err := p.err(); err != nil {
			return nil, err
		}
		if err := tx.DB.Create(&d).Error; err != nil {
			return nil, err
		}
		tx.Changed(nil, d)
		tx.Changed(nil, v)
		return &ConsentDocumentView{ConsentDocument: d, Draft: &v}, tx.DB.Create(&v).Error
	})
}

func (p *problems) tidyDocument(d *models.ConsentDocument) {
	if len(d.Title) < 3 {
		p.add("/title", "required", "Give the document a title.")
	}
	if d.Assent && d.Kind != models.ConsentPrivacyNotice && d.Kind != models.ConsentCodeOfConduct {
		p.add("/assent", "no_assent", "Young people assent to a privacy notice or a code of conduct only.")
	}
}

// tidyText stores the text as it will be signed and hashed: composed, with plain line ends, without space around it.
func (p *problems) tidyText(v *models.ConsentVersion, body string) {
	v.Body = services.Prose(strings.ReplaceAll(strings.ReplaceAll(body, "\r\n", "\n"), "\r", "\n"))
	v.TextHash = models.TextHash(v.Body)
	if v.Body == "" {
		p.add("/body", "required", "Write the text.")
	}
	if v.Language == "" {
		v.Language = models.DefaultLanguage
	}
	tag, err := language.Parse(v.Language)
	if err != nil {
		p.add("/language", "bad_language", "Write the language as BCP 47 has it, like en or es-MX.")
		return
	}
	v.Language = tag.String()
}

// PatchConsentDocument is what can be edited of a document.
type PatchConsentDocument struct {
	Title         services.Field[string]                `json:"title,omitzero" required:"false" minLength:"3" maxLength:"120" doc:"Until it is published"`
	RequiredOf    services.Field[[]models.ConsentGroup] `json:"required_of,omitzero" required:"false" maxItems:"16" enum:"everyone,members,adults,minors,staff,veteran,service_member,guard_reserve,spouse,partner,child,parent,sibling,caregiver,survivor,supporter"`
	Optional      services.Field[bool]                  `json:"optional,omitzero" required:"false"`
	Assent        services.Field[bool]                  `json:"assent,omitzero" required:"false"`
	ExpiresMonths services.Field[int]                   `json:"expires_months,omitzero" required:"false" minimum:"1" maximum:"120" doc:"For signatures from now on"`
}

// UpdateConsentDocument edits who is asked and how; what stands above signatures, the title, until it is published alone.
// Errors: not_found; stale; conflict document_published; invalid, naming each value.
func (s *Service) UpdateConsentDocument(ctx context.Context, id uuid.UUID, in PatchConsentDocument) (*ConsentDocumentView, error) {
	return s.changeDocument(ctx, id, "consent_document.update", func(tx *services.Tx, d *models.ConsentDocument) error {
		if err := tx.CheckVersion(d.Version); err != nil {
			return err
		}
		if in.Title.Set && d.Status != models.ConsentDocumentDraft && services.Line(in.Title.Or("")) != d.Title {
			return services.Conflict("document_published", "People have signed under this title. Retire the document and write another.")
		}
		d.Title = services.Line(in.Title.Or(d.Title))
		if in.RequiredOf.Set {
			d.RequiredOf = unique(models.Texts[models.ConsentGroup](in.RequiredOf.Or(nil)))
		}
		d.Optional, d.Assent, d.ExpiresMonths = in.Optional.Or(d.Optional), in.Assent.Or(d.Assent), in.ExpiresMonths.OrNull(d.ExpiresMonths)
		var p problems
		p.tidyDocument(d)
		return p.err()
	})
}

// RetireConsentDocument ends a document: nobody is asked any more, and what was signed counts no longer. Errors: not_found;
// conflict not_published.
func (s *Service) RetireConsentDocument(ctx context.Context, id uuid.UUID) (*ConsentDocumentView, error) {
	return s.changeDocument(ctx, id, "consent_document.retire", func(tx *services.Tx, d *models.ConsentDocument) error {
		if d.Status != models.ConsentDocumentPublished {
			return services.Conflict("not_published", "Only a published document can be retired.")
		}
		at := tx.Now()
		d.Status, d.RetiredAt = models.ConsentDocumentRetired, &at
		return nil
	})
}

// ReinstateConsentDocument is the way back: what was signed counts again, as far as its time has not passed. Errors:
// not_found; conflict not_retired, and kind_published when another of the kind is in force.
func (s *Service) ReinstateConsentDocument(ctx context.Context, id uuid.UUID) (*ConsentDocumentView, error) {
	return s.changeDocument(ctx, id, "consent_document.reinstate", func(_ *services.Tx, d *models.ConsentDocument) error {
		if d.Status != models.ConsentDocumentRetired {
			return services.Conflict("not_retired", "This document is not retired.")
		}
		d.Status, d.RetiredAt = models.ConsentDocumentPublished, nil
		return nil
	})
}

func (s *Service) changeDocument(ctx context.Context, id uuid.UUID, action string, do func(*services.Tx, *models.ConsentDocument) error) (*ConsentDocumentView, error) {
	return services.Mutate(ctx, s.core, action, func(tx *services.Tx) (*ConsentDocumentView, error) {
		d, err := consentDocument(tx.DB.Clauses(forUpdate), id)
		if err != nil {
			return nil, err
		}
		before := *d
		if err := do(tx, d); err != nil {
			return nil, err
		}
		if err := storeDocument(tx, before, d); err != nil {
			return nil, err
		}
		views, err := withTexts(tx.DB, tx.Now(), []models.ConsentDocument{*d}, true)
		return &views[0], err
	})
}

func storeDocument(tx *services.Tx, before models.ConsentDocument, d *models.ConsentDocument) error {
	edited(tx, &d.Record)
	tx.Changed(before, *d)
	return tx.DB.Model(&models.ConsentDocument{}).Where("id = ?", d.ID).
		Select("title", "required_of", "optional", "assent", "expires_months", "status", "retired_at", "version", "updated_at").Updates(d).Error
}

// inForce is the lock of those who sign: it keeps the document as it is, and lets others sign.
var inForce = clause.Locking{Strength: "SHARE"}
