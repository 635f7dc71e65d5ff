package coaching

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// LimitsView is the limits of confidentiality, and who of an engagement has agreed to them.
type LimitsView struct {
	Text   *people.ConsentText `json:"text" doc:"The text in force; null while our team has published none, and then nothing can be booked"`
	Agreed bool                `json:"agreed" doc:"Everybody who takes part has agreed to it as it stands now"`
	People []LimitsPerson      `json:"people" nullable:"false"`
}

// LimitsPerson is one of those who are coached.
type LimitsPerson struct {
	MemberID uuid.UUID    `json:"member_id"`
	Name     string       `json:"name" doc:"First name and initial" example:"Luis O."`
	You      bool         `json:"you"`
	Minor    bool         `json:"minor" doc:"Under 18: a guardian agrees, whom we have confirmed"`
	Agreed   bool         `json:"agreed"`
	SignedOn *models.Date `json:"signed_on" nullable:"true" doc:"One's own, or as the guardian who asked: the day on which it was signed" example:"2026-11-30"`
}

// Limits shows the limits of confidentiality in plain words, as they stand now, at any time: before the first session, and again.
// Errors: not_found.
func (s *Service) Limits(ctx context.Context, id uuid.UUID) (*LimitsView, error) {
	return lookAt(ctx, s, "engagement.limits", id, func(d *services.Disclosure, _ viewer, g *engaging) (*LimitsView, error) {
		members := g.sight.taking(g.e, g.participants, g.tx.Actor().MemberID)
		d.Subject(members...)
		text, err := people.TextOf(d.DB, g.tx.Now(), models.ConsentConfidentiality)
		if err != nil {
			return nil, err
		}
		out := &LimitsView{Text: text, People: []LimitsPerson{}, Agreed: len(members) > 0}
		if out.People, err = limitsOf(g.tx, g.sight, members); err != nil {
			return nil, err
		}
		for i := range out.People {
			p := &out.People[i]
			stands := g.participants[slices.IndexFunc(g.participants, func(x models.EngagementParticipant) bool { return x.MemberID == p.MemberID })]
			p.Agreed = p.Agreed && g.sight.seesAgreed(g.sight.known(g.e, &stands), p.You)
			out.Agreed = out.Agreed && p.Agreed
		}
		return out, nil
	})
}

func limitsOf(tx *services.Tx, s sight, members []uuid.UUID) ([]LimitsPerson, error) {
	who, err := people.Load(tx, members)
	if err != nil {
		return nil, err
	}
	lacks, err := people.MissingConsents(tx, members, []models.ConsentKind{models.ConsentConfidentiality})
	if err != nil {
		return nil, err
	}
	var signed []models.Consent
	err = tx.DB.Table("consents as c").Select("c.*").Joins("join consent_documents d on d.id = c.document_id and d.kind = ? and d.status = 'published'", models.ConsentConfidentiality).
		Where("c.member_id in ? and c.latest and c.signed_by = ?", members, tx.Actor().MemberID).Find(&signed).Error
	out := make([]LimitsPerson, len(who))
	for i := range who {
		m := &who[i]
		out[i] = LimitsPerson{MemberID: m.ID, Name: called(m), You: m.ID == tx.Actor().MemberID, Minor: m.MinorOn(m.Today(tx.Now())), Agreed: len(lacks[m.ID]) == 0}
		for j := range signed {
			if signed[j].MemberID == m.ID && signed[j].Status.Yes() && (s.Participant || s.Guardian) {
				out[i].SignedOn = &signed[j].SignedOn
			}
		}
	}
	return out, err
}
