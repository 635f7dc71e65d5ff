package people

import (
	"context"
	"database/sql"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// OwnConsent is an answer as its signer sees it: their own row, judged without anybody else's.
type OwnConsent struct {
	ID         uuid.UUID            `json:"id"`
	DocumentID uuid.UUID            `json:"document_id"`
	Kind       models.ConsentKind   `json:"kind" enum:"privacy_notice,code_of_conduct,confidentiality_limits,liability_waiver,photo_release,story_release,sms,research,clinician_release,teen_account" example:"photo_release"`
	Title      string               `json:"title" example:"Photo release"`
	VersionID  uuid.UUID            `json:"version_id"`
	Number     int                  `json:"number" doc:"Of the text that was signed" example:"2"`
	MemberID   uuid.UUID            `json:"member_id" doc:"Whom it is about"`
	Self       bool                 `json:"self" doc:"About the caller themselves; otherwise a child"`
	Status     models.ConsentStatus `json:"status" enum:"pending,granted,granted_on_behalf,declined,revoked,expired,superseded" example:"granted" doc:"pending: we have the answer and have yet to see that the signer is the guardian"`
	Latest     bool                 `json:"latest" doc:"The last answer about this member and document"`
	Method     models.ConsentMethod `json:"method" enum:"typed,paper,verbal" example:"typed"`
	NameTyped  *string              `json:"name_typed" doc:"Null where a parent signed for the caller" example:"Luis Ortega"`
	SignedOn   models.Date          `json:"signed_on"`
	SignedAt   time.Time            `json:"signed_at"`
	TextHash   string               `json:"text_hash" doc:"SHA-256 of the text that was signed, in hexadecimal"`
	ExpiresOn  *models.Date         `json:"expires_on" nullable:"true" doc:"The last day on which it counts"`
	RevokedAt  *time.Time           `json:"revoked_at"`
}

// Identity is what an answer's Location header ends in.
func (c OwnConsent) Identity() uuid.UUID { return c.ID }

// OwnConsentView is an answer with the exact text that was signed.
type OwnConsentView struct {
	OwnConsent
	Body string `json:"body" doc:"The text in Markdown, as it was signed"`
}

// signedConsent is a row of consents with what it takes to show and judge it.
type signedConsent struct {
	models.ConsentAnswer
	Kind     models.ConsentKind
	Title    string
	Born     *models.Date
	Kinds    models.Texts[models.Kind]
	TimeZone string
	Standing models.MemberStatus
}

const signedColumns = `consents.*, v.number, g.status AS guardian_status, g.until AS guardian_until, d.kind, d.title, m.birth_date AS born, m.kinds, m.time_zone, m.status AS standing, ` +
	consentNeeded + ` AS needed`

func signedConsents(db *gorm.DB, now time.Time) *gorm.DB {
	return withConsentFacts(db, now).Select(signedColumns, sql.Named("now", now)).Joins("JOIN consent_documents d ON d.id = consents.document_id").
		Joins("JOIN members m ON m.id = consents.member_id")
}

// judge answers the member as far as judging needs, and the status today.
func (c *signedConsent) judge(now time.Time) (*models.Member, models.ConsentStatus) {
	m := &models.Member{BirthDate: c.Born, Kinds: c.Kinds, TimeZone: c.TimeZone, Status: c.Standing}
	m.ID = c.MemberID
	return m, c.StatusOn(m, m.Today(now))
}

func (c *signedConsent) own(me uuid.UUID, now time.Time) OwnConsent {
	_, status := c.judge(now)
	out := OwnConsent{ID: c.ID, DocumentID: c.DocumentID, Kind: c.Kind, Title: c.Title, VersionID: c.VersionID, Number: c.Number, MemberID: c.MemberID, Self: c.MemberID == me,
		Status: status, Latest: c.Latest, Method: c.Method, NameTyped: c.NameTyped, SignedOn: c.SignedOn, SignedAt: c.SignedAt, TextHash: c.TextHash,
		ExpiresOn: c.ExpiresOn, RevokedAt: c.RevokedAt}
	if c.SignedBy != me {
		out.NameTyped = nil
	}
	return out
}

// ownConsents is the scope of what somebody signed, and, once they are of age, of what was signed for them.
func ownConsents(me *models.Member, now time.Time) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		if me.MinorOn(me.Today(now)) {
			return db.Where("consents.signed_by = ?", me.ID)
		}
		return db.Where("(consents.signed_by = ? OR consents.member_id = ?)", me.ID, me.ID)
	}
}

var ownConsentList = services.List[signedConsent]{
	IDColumn: "consents.id",
	ID:       func(c signedConsent) uuid.UUID { return c.ID },
	Sorts: []services.Sort[signedConsent]{
		{Name: "signed_at", Column: "consents.signed_at", Cast: "timestamptz", Key: func(c signedConsent) any { return c.SignedAt }},
	},
	Default: "-signed_at",
}

// OwnConsents pages through what the caller has answered, for themselves and for children, the latest first; an adult also
// sees what was signed for them before they were 18. Nothing in it depends on what another guardian answered.
func (s *Service) OwnConsents(ctx context.Context, in services.PageQuery) (*services.Page[OwnConsent], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	now := s.core.Clock.Now()
	return services.Read(ctx, s.core, func(db *gorm.DB) (*services.Page[OwnConsent], error) {
		me, err := self(db, actor)
		if err != nil {
			return nil, err
		}
		page, err := ownConsentList.Find(ctx, s.core, signedConsents(db, now).Scopes(ownConsents(me, now)), in)
		out := &services.Page[OwnConsent]{Data: make([]OwnConsent, len(page.Data)), NextCursor: page.NextCursor, Total: page.Total}
		for i := range page.Data {
			out.Data[i] = page.Data[i].own(me.ID, now)
		}
		return out, err
	})
}

// OwnConsent answers one of them with the exact text. Errors: not_found.
func (s *Service) OwnConsent(ctx context.Context, id uuid.UUID) (*OwnConsentView, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	now := s.core.Clock.Now()
	return services.Read(ctx, s.core, func(db *gorm.DB) (*OwnConsentView, error) {
		me, err := self(db, actor)
		if err != nil {
			return nil, err
		}
		c, err := signed(db.Scopes(ownConsents(me, now)), id, now)
		if err != nil {
			return nil, err
		}
		v, err := consentVersion(db, c.VersionID)
		if err != nil {
			return nil, err
		}
		return &OwnConsentView{OwnConsent: c.own(me.ID, now), Body: v.Body}, nil
	})
}

func signed(db *gorm.DB, id uuid.UUID, now time.Time) (*signedConsent, error) {
	var rows []signedConsent
	if err := signedConsents(db, now).Where("consents.id = ?", id).Limit(1).Find(&rows).Error; err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, services.NotFound("consent")
	}
	return &rows[0], nil
}
