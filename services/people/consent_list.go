package people

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// ConsentRow is an answer in a list of staff.
type ConsentRow struct {
	ID         uuid.UUID               `json:"id"`
	Version    int                     `json:"version" doc:"Counts what became of the answer"`
	MemberID   uuid.UUID               `json:"member_id" doc:"Whom it is about"`
	MemberName string                  `json:"member_name" example:"Maya Ortega"`
	DocumentID uuid.UUID               `json:"document_id"`
	Kind       models.ConsentKind      `json:"kind" enum:"privacy_notice,code_of_conduct,confidentiality_limits,liability_waiver,photo_release,story_release,sms,research,clinician_release,teen_account" example:"photo_release"`
	Title      string                  `json:"title" example:"Photo release"`
	VersionID  uuid.UUID               `json:"version_id"`
	Number     int                     `json:"number" doc:"Of the text that was signed" example:"2"`
	Status     models.ConsentStatus    `json:"status" enum:"pending,granted,granted_on_behalf,declined,revoked,expired,superseded" example:"granted_on_behalf" doc:"Of this signer's answer; with two guardians see the member's consents together"`
	Latest     bool                    `json:"latest"`
	Method     models.ConsentMethod    `json:"method" enum:"typed,paper,verbal" example:"typed"`
	SignedBy   uuid.UUID               `json:"signed_by" doc:"The member themselves, or a guardian"`
	SignerName string                  `json:"signer_name" example:"Luis Ortega"`
	SignedOn   models.Date             `json:"signed_on"`
	SignedAt   time.Time               `json:"signed_at"`
	ExpiresOn  *models.Date            `json:"expires_on" nullable:"true"`
	RevokedAt  *time.Time              `json:"revoked_at"`
	Decision   *models.ConsentDecision `json:"decision" enum:"stands,set_aside"`
}

// Identity is what an answer's Location header ends in.
func (c ConsentRow) Identity() uuid.UUID { return c.ID }

// consentStatusSQL is models.ConsentAnswer.StatusOn for lists, on the day in UTC.
const consentStatusSQL = `CASE WHEN NOT ` + openSQL + ` THEN consents.status
	` + endedSQL + `
	WHEN NOT ` + minorSQL + ` OR members.status IN ('deceased', 'merged') OR g.id IS NULL OR g.until < CAST(@today AS date) THEN 'expired'
	WHEN g.status = 'claimed' THEN 'pending' ELSE 'granted_on_behalf' END`

const consentRowColumns = `consents.id, consents.version, consents.member_id, concat_ws(' ', coalesce(members.preferred_name, members.given_name), nullif(members.family_name, '')) AS member_name,
	consents.document_id, d.kind, d.title, consents.version_id, v.number, ` + consentStatusSQL + ` AS status, consents.latest, consents.method, consents.signed_by,
	concat_ws(' ', coalesce(s.preferred_name, s.given_name), nullif(s.family_name, '')) AS signer_name, consents.signed_on, consents.signed_at, consents.expires_on, consents.revoked_at, consents.decision`

func onDay(now time.Time) map[string]any {
	return map[string]any{"now": now, "today": models.DateOf(now)}
}

func consentRows(db *gorm.DB, now time.Time) *gorm.DB {
	return db.Table("consents").Select(consentRowColumns, onDay(now)).
		Joins("JOIN members ON members.id = consents.member_id").Joins("JOIN members s ON s.id = consents.signed_by").
		Joins("JOIN consent_documents d ON d.id = consents.document_id").Joins("JOIN consent_document_versions v ON v.id = consents.version_id").
		Joins("LEFT JOIN guardianships g ON g.guardian_id = consents.signed_by AND g.child_id = consents.member_id AND g.status IN ('claimed', 'confirmed')")
}

func rowOf(db *gorm.DB, id uuid.UUID, now time.Time) (*ConsentRow, error) {
	var rows []ConsentRow
	if err := consentRows(db, now).Where("consents.id = ?", id).Limit(1).Find(&rows).Error; err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, services.NotFound("consent")
	}
	return &rows[0], nil
}

// ConsentFilter picks answers of the list.
type ConsentFilter struct {
	services.PageQuery
	DocumentID uuid.UUID              `query:"document_id" doc:"Only of this document"`
	MemberID   uuid.UUID              `query:"member_id" doc:"Only about this member"`
	Status     []models.ConsentStatus `query:"status,explode" maxItems:"7" enum:"pending,granted,granted_on_behalf,declined,revoked,expired,superseded" doc:"Only in these statuses"`
	History    bool                   `query:"history" doc:"Earlier answers too, not each signer's last one alone"`
}

var consentList = services.List[ConsentRow]{
	IDColumn: "consents.id",
	ID:       func(c ConsentRow) uuid.UUID { return c.ID },
	Sorts: []services.Sort[ConsentRow]{
		{Name: "signed_at", Column: "consents.signed_at", Cast: "timestamptz", Key: func(c ConsentRow) any { return c.SignedAt }},
	},
	Default: "-signed_at",
}

// Consents pages through what people have answered, the latest first; those of the caller and of people close to them are a
// colleague's and left out.
func (s *Service) Consents(ctx context.Context, f ConsentFilter) (*services.Page[ConsentRow], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	now := s.core.Clock.Now()
	return services.Read(ctx, s.core, func(db *gorm.DB) (*services.Page[ConsentRow], error) {
		q := consentRows(db, now).Scopes(actor.NotOwn("consents.member_id", now), actor.NotOwn("consents.signed_by", now))
		if f.DocumentID != uuid.Nil {
			q = q.Where("consents.document_id = ?", f.DocumentID)
		}
		if f.MemberID != uuid.Nil {
			q = q.Where("consents.member_id = ?", f.MemberID)
		}
		if len(f.Status) > 0 {
			on := onDay(now)
			on["status"] = f.Status
			q = q.Where(storedAs(f.Status)).Where("("+consentStatusSQL+") IN @status", on)
		}
		if !f.History {
			q = q.Where("consents.latest")
		}
		page, err := consentList.Find(ctx, s.core, q, f.PageQuery)
		return &page, err
	})
}

// storedAs narrows the rows to those whose stored status can have become one of these by itself. It names the statuses, so
// that the few refusals among many answers are found by their index.
func storedAs(statuses []models.ConsentStatus) string {
	refusals := !slices.ContainsFunc(statuses, func(s models.ConsentStatus) bool { return !s.No() })
	given := !slices.ContainsFunc(statuses, func(s models.ConsentStatus) bool { return !s.Yes() })
	switch {
	case refusals:
		return "consents.status IN ('declined', 'revoked')"
	case given:
		return openSQL
	}
	return "true"
}

// MissingSigner is a member from whom a consent is still wanted.
type MissingSigner struct {
	MemberID  uuid.UUID    `json:"member_id"`
	Name      string       `json:"name" example:"Maya Ortega"`
	BirthDate *models.Date `json:"birth_date" nullable:"true"`
	Minor     bool         `json:"minor" doc:"A guardian signs"`
	Answered  bool         `json:"answered" doc:"There is an answer that does not amount to a consent: refused, ended, waiting for a guardianship, or two guardians differ"`
	SortName  string       `json:"-"`
}

var missingSigners = services.List[MissingSigner]{
	IDColumn: "members.id",
	ID:       func(m MissingSigner) uuid.UUID { return m.MemberID },
	Sorts: []services.Sort[MissingSigner]{
		{Name: "name", Column: "folded(members.family_name || ' ' || members.given_name)", Cast: "text", Key: func(m MissingSigner) any { return m.SortName }},
	},
	Default: "name",
}

// MissingSigners pages through the members of whom a document is asked and for whom no consent stands, by name; nobody while it
// is not published. Those of the caller and of people close to them are left out. Errors: not_found.
func (s *Service) MissingSigners(ctx context.Context, documentID uuid.UUID, in services.PageQuery) (*services.Page[MissingSigner], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	now := s.core.Clock.Now()
	return services.Read(ctx, s.core, func(db *gorm.DB) (*services.Page[MissingSigner], error) {
		d, err := consentDocument(db, documentID)
		if err != nil {
			return nil, err
		}
		on := onDay(now)
		on["document"] = documentID
		q := db.Table("members").Select(`members.id AS member_id, concat_ws(' ', coalesce(members.preferred_name, members.given_name), nullif(members.family_name, '')) AS name,
			members.birth_date, `+minorSQL+` AS minor, EXISTS (SELECT 1 FROM consents WHERE member_id = members.id AND document_id = @document AND latest) AS answered,
			folded(members.family_name || ' ' || members.given_name) AS sort_name`, on).
			Where("members.status IN ('prospective', 'active') AND ?", d.Status == models.ConsentDocumentPublished).
			Scopes(actor.NotOwn("members.id", now), askedBy(d, now), withoutAnswer(documentID, now))
		page, err := missingSigners.Find(ctx, s.core, q, in)
		return &page, err
	})
}
