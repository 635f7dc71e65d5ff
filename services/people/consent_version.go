package people

import (
	"context"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// NewConsentVersion is a new text of a document.
type NewConsentVersion struct {
	Language string `json:"language,omitempty" maxLength:"35" doc:"BCP 47; en when absent" example:"en"`
	Body     string `json:"body" minLength:"1" maxLength:"60000" doc:"The text in Markdown"`
	Material bool   `json:"material" doc:"Whoever agreed to an earlier text is asked again; false for the mending of a word"`
}

// AddConsentVersion writes the next text of a document, a draft. Errors: not_found; conflict draft_exists; invalid, naming
// each value.
func (s *Service) AddConsentVersion(ctx context.Context, documentID uuid.UUID, in NewConsentVersion) (*models.ConsentVersion, error) {
	return services.Mutate(ctx, s.core, "consent_version.create", func(tx *services.Tx) (*models.ConsentVersion, error) {
		if _, err := consentDocument(tx.DB.Clauses(forUpdate), documentID); err != nil {
			return nil, err
		}
		v := &models.ConsentVersion{Record: head(tx), DocumentID: documentID, Language: in.Language, Material: in.Material}
		if err := tx.DB.Raw("select coalesce(max(number), 0) + 1 from consent_document_versions where document_id = ?", documentID).Scan(&v.Number).Error; err != nil {
			return nil, err
		}
		var p problems
		p.tidyText(v, in.Body)
		if err := p.err(); err != nil {
			return nil, err
		}
		tx.Changed(nil, *v)
		return v, tx.DB.Create(v).Error
	})
}

// PatchConsentVersion is what can be edited of a draft.
type PatchConsentVersion struct {
	Language services.Field[string] `json:"language,omitzero" required:"false" maxLength:"35"`
	Body     services.Field[string] `json:"body,omitzero" required:"false" minLength:"1" maxLength:"60000"`
	Material services.Field[bool]   `json:"material,omitzero" required:"false"`
}

// UpdateConsentVersion edits a draft. Errors: not_found; stale; conflict version_published; invalid, naming each value.
func (s *Service) UpdateConsentVersion(ctx context.Context, id uuid.UUID, in PatchConsentVersion) (*models.ConsentVersion, error) {
	return s.changeVersion(ctx, id, "consent_version.update", func(tx *services.Tx, _ *models.ConsentDocument, v *models.ConsentVersion) error {
		if err := tx.CheckVersion(v.Version); err != nil {
			return err
		}
		if err := stillDraft(v); err != nil {
			return err
		}
		v.Language, v.Material = in.Language.Or(v.Language), in.Material.Or(v.Material) || v.Number == 1
		var p problems
		p.tidyText(v, in.Body.Or(v.Body))
		return p.err()
	})
}

func stillDraft(v *models.ConsentVersion) error {
	if v.PublishedAt != nil {
		return services.Conflict("version_published", "This text is published. People sign it: it can never change. Write a new version.")
	}
	return nil
}

// PublishConsentVersion says from when a text is in force.
type PublishConsentVersion struct {
	EffectiveFrom *time.Time `json:"effective_from,omitempty" required:"false" doc:"Absent for at once"`
}

// PublishConsentVersion puts a text in force, for good: it never changes again. When the change is material, what was signed
// of earlier texts is superseded from then on, and everybody is asked again. If-Match may be left out; where it is sent it must
// hold. Errors: not_found; stale; conflict version_published,
// document_retired, kind_published when another document of the kind is in force; invalid for a time that has passed.
func (s *Service) PublishConsentVersion(ctx context.Context, id uuid.UUID, in PublishConsentVersion) (*models.ConsentVersion, error) {
	return s.changeVersion(ctx, id, "consent_version.publish", func(tx *services.Tx, d *models.ConsentDocument, v *models.ConsentVersion) error {
		if tx.Call().IfMatch != "" {
			if err := tx.CheckVersion(v.Version); err != nil {
				return err
			}
		}
		if err := stillDraft(v); err != nil {
			return err
		}
		if d.Status == models.ConsentDocumentRetired {
			return services.Conflict("document_retired", "This document is retired. Reinstate it first.")
		}
		at, from, by := tx.Now(), tx.Now(), tx.Actor().MemberID
		if in.EffectiveFrom != nil {
			if in.EffectiveFrom.Before(at) {
				return services.InvalidField("/effective_from", "out_of_range", "A text cannot have been in force before it was published. Leave it out for at once.")
			}
			from = in.EffectiveFrom.UTC()
		}
		v.PublishedAt, v.EffectiveFrom, v.PublishedBy = &at, &from, &by
		if d.Status == models.ConsentDocumentDraft {
			before := *d
			d.Status = models.ConsentDocumentPublished
			if err := storeDocument(tx, before, d); err != nil {
				return err
			}
		}
		return tx.Enqueue(settleConsents{}, from)
	})
}

// changeVersion locks the document first: numbers, publishing and signing wait for one another there.
func (s *Service) changeVersion(ctx context.Context, id uuid.UUID, action string, do func(*services.Tx, *models.ConsentDocument, *models.ConsentVersion) error) (*models.ConsentVersion, error) {
	return services.Mutate(ctx, s.core, action, func(tx *services.Tx) (*models.ConsentVersion, error) {
		v, err := consentVersion(tx.DB, id)
		if err != nil {
			return nil, err
		}
		d, err := consentDocument(tx.DB.Clauses(forUpdate), v.DocumentID)
		if err != nil {
			return nil, err
		}
		if v, err = consentVersion(tx.DB.Clauses(forUpdate), id); err != nil {
			return nil, err
		}
		before := *v
		if err := do(tx, d, v); err != nil {
			return nil, err
		}
		edited(tx, &v.Record)
		tx.Changed(before, *v)
		return v, tx.DB.Model(&models.ConsentVersion{}).Where("id = ?", v.ID).
			Select("language", "body", "text_hash", "material", "effective_from", "published_at", "published_by", "version", "updated_at").Updates(v).Error
	})
}
