package people

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// ConsentDue is a text that waits for the caller's answer, and for whom.
type ConsentDue struct {
	DocumentID    uuid.UUID          `json:"document_id"`
	Kind          models.ConsentKind `json:"kind" enum:"privacy_notice,code_of_conduct,confidentiality_limits,liability_waiver,photo_release,story_release,sms,research,clinician_release,teen_account" example:"photo_release"`
	Title         string             `json:"title" example:"Photo release"`
	Required      bool               `json:"required" doc:"False: refusing has no consequence, and is not asked about again"`
	ExpiresMonths *int               `json:"expires_months" doc:"How long a signature counts; null for ever" example:"12"`
	VersionID     uuid.UUID          `json:"version_id"`
	Number        int                `json:"number" example:"2"`
	Language      string             `json:"language" example:"en"`
	Body          string             `json:"body" doc:"The text in Markdown. Show all of it"`
	TextHash      string             `json:"text_hash" doc:"SHA-256 of the UTF-8 bytes of body, in hexadecimal; sent back with the answer"`
	For           []ConsentDueFor    `json:"for" nullable:"false" doc:"Whose consent is asked: one answer for each"`
}

// ConsentDueFor is one person a text waits for.
type ConsentDueFor struct {
	MemberID uuid.UUID `json:"member_id"`
	Self     bool      `json:"self" doc:"The caller themselves; otherwise a child of theirs"`
	Name     string    `json:"name" example:"Maya Ortega"`
	Why      string    `json:"why" enum:"never_signed,new_version,expired,turned_18,declined,revoked" example:"never_signed"`
}

// signee is somebody the caller may answer for, as the caller sees them.
type signee struct {
	member models.Member
	name   string
	on     models.Date
	mine   map[uuid.UUID]*models.ConsentAnswer // the caller's own last answers, by document
	others map[uuid.UUID]bool                  // documents that somebody else once signed for them
}

// DueConsents lists what the caller is asked to sign, for themselves and for each child they are guardian of; the whole
// list, with the texts. What they see depends on their own answers alone, never on those of another guardian. Five queries,
// however large the family.
func (s *Service) DueConsents(ctx context.Context) (*services.Page[ConsentDue], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	now := s.core.Clock.Now()
	return services.Read(ctx, s.core, func(db *gorm.DB) (*services.Page[ConsentDue], error) {
		me, err := self(db, actor)
		if err != nil {
			return nil, err
		}
		return consentsDue(db, me, now, "*")
	})
}

// consentsDue is the list, with these columns of the texts.
func consentsDue(db *gorm.DB, me *models.Member, now time.Time, columns string) (*services.Page[ConsentDue], error) {
	page := &services.Page[ConsentDue]{Data: []ConsentDue{}}
	var documents []models.ConsentDocument
	if err := db.Where("status = 'published' AND required_of <> '{}'").Order("optional, kind, id").Limit(atMost).Find(&documents).Error; err != nil {
		return nil, err
	}
	ids := make([]uuid.UUID, len(documents))
	for i := range documents {
		ids[i] = documents[i].ID
	}
	current, _, err := versionsOf(db, now, ids, false, columns)
	if err != nil {
		return nil, err
	}
	family, err := signees(db, me, now)
	if err != nil {
		return nil, err
	}
	for i := range documents {
		d, text := &documents[i], current[documents[i].ID]
		if text == nil {
			continue
		}
		due := ConsentDue{DocumentID: d.ID, Kind: d.Kind, Title: d.Title, Required: !d.Optional, ExpiresMonths: d.ExpiresMonths, VersionID: text.ID,
			Number: text.Number, Language: text.Language, Body: text.Body, TextHash: text.TextHash, For: []ConsentDueFor{}}
		for i := range family {
			if why := family[i].why(me, d); why != "" {
				due.For = append(due.For, ConsentDueFor{MemberID: family[i].member.ID, Self: family[i].member.ID == me.ID, Name: family[i].name, Why: why})
			}
		}
		if len(due.For) > 0 {
			page.Data = append(page.Data, due)
		}
	}
	return page, nil
}

// signees are the caller and their children, each with the caller's answers about them.
func signees(db *gorm.DB, me *models.Member, now time.Time) ([]signee, error) {
	found, err := charges(db, me.ID, nil)
	if err != nil {
		return nil, err
	}
	family := []signee{{member: *me, name: me.Name(), on: me.Today(now)}}
	for i := range found {
		if c := &found[i]; c.guarded(now) {
			family = append(family, signee{member: c.Member, name: childName(me.ID, c.Member), on: c.Today(now)})
		}
	}
	var answers []models.ConsentAnswer
	err = consentAnswers(db, now).Where("consents.signed_by = ? OR consents.member_id = ?", me.ID, me.ID).Limit(atMost * 10).Find(&answers).Error
	byMember := map[uuid.UUID]*signee{}
	for i := range family {
		family[i].mine, family[i].others = map[uuid.UUID]*models.ConsentAnswer{}, map[uuid.UUID]bool{}
		byMember[family[i].member.ID] = &family[i]
	}
	for i := range answers {
		a := &answers[i]
		switch of := byMember[a.MemberID]; {
		case of == nil:
		case a.SignedBy == me.ID:
			of.mine[a.DocumentID] = a
		default:
			of.others[a.DocumentID] = true
		}
	}
	return family, err
}

// childName is a child's name as one guardian sees it.
func childName(guardian uuid.UUID, child models.Member) string {
	d := dependent{child: child, guardianship: models.Guardianship{GuardianID: guardian}}
	shown := models.Member{GivenName: child.GivenName, FamilyName: child.FamilyName, PreferredName: d.summary().PreferredName}
	return shown.Name()
}

// why says why a document waits for an answer, or "".
func (f *signee) why(me *models.Member, d *models.ConsentDocument) string {
	own := f.member.ID == me.ID
	minor := f.member.MinorOn(f.on)
	if !d.Asks(&f.member, f.on) || own && minor && !(d.Assent && f.member.TeenOn(f.on)) {
		return ""
	}
	a := f.mine[d.ID]
	if a == nil {
		if own && !minor && f.others[d.ID] {
			return "turned_18"
		}
		return "never_signed"
	}
	return f.whyAgain(a, d, own && !minor)
}

func (f *signee) whyAgain(a *models.ConsentAnswer, d *models.ConsentDocument, adult bool) string {
	switch status := a.StatusOn(&f.member, f.on); {
	case status.Yes():
		return ""
	case a.Number < a.Needed:
		return "new_version"
	case status.No():
		if d.Optional {
			return ""
		}
		return string(status)
	case adult && f.member.MinorOn(a.SignedOn):
		return "turned_18"
	case status == models.ConsentSuperseded:
		return "new_version"
	}
	return "expired"
}
