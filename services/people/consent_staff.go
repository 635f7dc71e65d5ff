package people

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/tasks"
)

// furthestEast: ahead of UTC it is already the next day.
const furthestEast = 14 * time.Hour

// RecordConsent is an answer that was given on paper, or said.
type RecordConsent struct {
	VersionID   uuid.UUID            `json:"version_id" doc:"The text they had before them; an earlier one too"`
	TextHash    string               `json:"text_hash" minLength:"64" maxLength:"64" doc:"Its text_hash"`
	Decision    Answer               `json:"decision" enum:"granted,declined" example:"granted"`
	Method      models.ConsentMethod `json:"method" enum:"paper,verbal" example:"paper"`
	SignedBy    *uuid.UUID           `json:"signed_by,omitempty" required:"false" doc:"The guardian who signed for a child; absent for the member themselves"`
	SignedOn    models.Date          `json:"signed_on" doc:"The day on the paper, or on which it was said"`
	Name        string               `json:"name,omitempty" maxLength:"160" doc:"On paper: the name as it stands there" example:"Luis Ortega"`
	WitnessID   *uuid.UUID           `json:"witness_id,omitempty" required:"false" doc:"Said: a member who heard it too"`
	WitnessName *string              `json:"witness_name,omitempty" required:"false" maxLength:"160" doc:"Said: who heard it too, when they are no member" example:"Rosa Diaz"`
	ReadAloud   bool                 `json:"read_aloud,omitempty" doc:"Said: the whole text was read aloud to them; must be true"`
}

// RecordConsent keeps an answer that somebody gave on paper or by word of mouth; the caller is who saw or heard it. Errors:
// forbidden own_record; not_found for an unknown member, witness or text; conflict text_changed, and answered_since where the
// signer's last answer is of a later day; invalid for a signer who may not answer for the member, a day in the future, and what
// the method needs.
func (s *Service) RecordConsent(ctx context.Context, memberID uuid.UUID, in RecordConsent) (*ConsentRow, error) {
	return services.Mutate(ctx, s.core, "consent.record", func(tx *services.Tx) (*ConsentRow, error) {
		d, v, err := publishedText(tx, in.VersionID)
		if err != nil {
			return nil, err
		}
		if in.TextHash != v.TextHash {
			return nil, services.Conflict("text_changed", "This is not the text of that version. Check which text they signed.")
		}
		m, signer, by, err := in.signer(tx, memberID)
		if err != nil {
			return nil, err
		}
		if err := in.check(tx, d, m, signer).err(); err != nil {
			return nil, err
		}
		if in.Method == models.ConsentVerbal && in.WitnessID != nil {
			if err := NotHidden(tx, "member", *in.WitnessID); err != nil {
				return nil, err
			}
		}
		seen := tx.Actor().MemberID
		c := answer(tx, d, v, m, signer, by, in.Decision)
		c.Method, c.SignedOn, c.SeenBy, c.NameTyped = in.Method, in.SignedOn, &seen, lineOrNull(&in.Name)
		if in.Method == models.ConsentVerbal {
			c.WitnessID, c.WitnessName, c.ReadAloud = in.WitnessID, lineOrNull(in.WitnessName), true
		}
		c.ExpiresOn = d.Expiry(c.SignedOn)
		kept, err := keep(tx, d, m, c)
		if err != nil {
			return nil, err
		}
		return rowOf(tx.DB, kept.ID, tx.Now())
	})
}

// publishedText is a text that people could sign, whether or not a newer one is in force.
func publishedText(tx *services.Tx, versionID uuid.UUID) (*models.ConsentDocument, *models.ConsentVersion, error) {
	v, err := consentVersion(tx.DB, versionID)
	if err != nil {
		return nil, nil, err
	}
	d, err := consentDocument(tx.DB.Clauses(inForce), v.DocumentID)
	if err == nil && v.PublishedAt == nil {
		err = services.NotFound("consent document version")
	}
	return d, v, err
}

// signer answers the member, locked, and who answered, with the guardianship by which they did.
func (in *RecordConsent) signer(tx *services.Tx, memberID uuid.UUID) (*models.Member, uuid.UUID, *models.Guardianship, error) {
	signer := memberID
	if in.SignedBy != nil {
		signer = *in.SignedBy
	}
	if err := notOwn(tx.DB, tx.Actor(), tx.Now(), memberID, signer); err != nil {
		return nil, signer, nil, err
	}
	m, err := locked(tx, memberID)
	if err != nil || signer == memberID {
		return m, signer, nil, err
	}
	var g []models.Guardianship
	if err := tx.DB.Where("guardian_id = ? AND child_id = ? AND status IN ('claimed', 'confirmed')", signer, memberID).Limit(1).Find(&g).Error; err != nil {
		return nil, signer, nil, err
	}
	if len(g) == 0 || !g[0].InForce(m, today(tx, m)) {
		return nil, signer, nil, services.InvalidField("/signed_by", "not_guardian", "They are no guardian of this member today. An adult signs for themselves.")
	}
	return m, signer, &g[0], nil
}

func (in *RecordConsent) check(tx *services.Tx, d *models.ConsentDocument, m *models.Member, signer uuid.UUID) (p problems) {
	on := today(tx, m)
	if m.Gone() {
		p.add("/version_id", "member_closed", "This record is closed: the person has died, or it was merged into another record.")
	}
	if signer == m.ID && m.MinorOn(on) && !(d.Assent && m.TeenOn(on)) {
		p.add("/signed_by", "guardian_signs", "Under 18, a parent or guardian signs this. Say who.")
	}
	if d.Kind == models.ConsentTeenAccount && !m.TeenOn(on) {
		p.add("/version_id", "not_a_teen", "This is for young people of 13 to 17.")
	}
	if in.SignedOn.After(tx.Now().Add(furthestEast)) || in.SignedOn.Year() < 2000 {
		p.add("/signed_on", "out_of_range", "It cannot have been signed in the future.")
	}
	switch in.Method {
	case models.ConsentPaper:
		if services.Line(in.Name) == "" {
			p.add("/name", "required", "Write the name as it stands on the paper.")
		}
	case models.ConsentVerbal:
		in.checkWitness(&p, tx.Actor().MemberID, signer)
	}
	return p
}

func (in *RecordConsent) checkWitness(p *problems, actor, signer uuid.UUID) {
	if !in.ReadAloud {
		p.add("/read_aloud", "read_aloud", "Read the whole text aloud to them before they answer.")
	}
	switch {
	case in.WitnessID == nil && lineOrNull(in.WitnessName) == nil:
		p.add("/witness_id", "required", "Say who else heard it: a member, or a name.")
	case in.WitnessID != nil && (*in.WitnessID == actor || *in.WitnessID == signer):
		p.add("/witness_id", "not_a_witness", "A witness is a third person, beside you and who answered.")
	}
}

// RevokeConsent takes a consent back because the person asked staff to, at once; a second time changes nothing. Errors:
// forbidden own_record; not_found; conflict nothing_to_revoke; invalid for a blank reason.
func (s *Service) RevokeConsent(ctx context.Context, id uuid.UUID, in StaffReason) (*ConsentRow, error) {
	return s.changeConsent(ctx, id, "consent.revoke_for", in, func(tx *services.Tx, d *models.ConsentDocument, m *models.Member, c *signedConsent) error {
		return takeBack(tx, d, m, c)
	})
}

// ReinstateConsent undoes a revocation that staff entered by mistake. What the signer took back themselves, they alone give
// again. Errors: forbidden own_record; not_found; conflict not_revoked, signer_revoked, and answered_since.
func (s *Service) ReinstateConsent(ctx context.Context, id uuid.UUID, in StaffReason) (*ConsentRow, error) {
	return s.changeConsent(ctx, id, "consent.reinstate", in, func(tx *services.Tx, d *models.ConsentDocument, m *models.Member, c *signedConsent) error {
		switch {
		case c.Status != models.ConsentRevoked:
			return services.Conflict("not_revoked", "This consent was not taken back.")
		case c.RevokedBy != nil && *c.RevokedBy == c.SignedBy:
			return services.Conflict("signer_revoked", "They took it back themselves. Only they can give it again.")
		case !c.Latest:
			return services.Conflict("answered_since", "They have answered anew since then. That answer counts.")
		}
		before := c.Consent
		c.Status, c.RevokedAt, c.RevokedBy = models.ConsentGranted, nil, nil
		if c.GuardianshipID != nil {
			c.Status = models.ConsentPending
			if c.GuardianStatus != nil && *c.GuardianStatus == models.GuardianshipConfirmed {
				c.Status = models.ConsentGrantedOnBehalf
			}
		}
		if err := storeConsent(tx, before, &c.Consent); err != nil {
			return err
		}
		return weigh(tx, d, m, false)
	})
}

// DecideConsent is what staff decided where two guardians differ.
type DecideConsent struct {
	Outcome models.ConsentDecision `json:"outcome" enum:"stands,set_aside" doc:"stands: this consent counts in spite of the refusal; set_aside: it does not"`
	Reason  string                 `json:"reason" minLength:"3" maxLength:"1000" doc:"Kept sealed in the audit log" example:"The order gives Ana the say in this"`
}

// DecideConsent settles a consent that another guardian contradicts, until one of them answers anew; deciding again changes
// the decision. Neither guardian is told by us. Errors: forbidden own_record; not_found; conflict not_disputed; invalid for
// a blank reason.
func (s *Service) DecideConsent(ctx context.Context, id uuid.UUID, in DecideConsent) (*ConsentRow, error) {
	return s.changeConsent(ctx, id, "consent.decide", StaffReason{in.Reason}, func(tx *services.Tx, d *models.ConsentDocument, m *models.Member, c *signedConsent) error {
		answers, err := answersAbout(tx, m.ID, d.ID)
		if err != nil {
			return err
		}
		signers := []uuid.UUID{}
		for i := range answers {
			signers = append(signers, answers[i].SignedBy)
		}
		if err := notOwn(tx.DB, tx.Actor(), tx.Now(), signers...); err != nil {
			return err
		}
		if !disputedIn(m, answers, c.ID, today(tx, m)) {
			return services.Conflict("not_disputed", "No other guardian contradicts this consent. There is nothing to decide.")
		}
		before := c.Consent
		at, by := tx.Now(), tx.Actor().MemberID
		c.Decision, c.DecidedAt, c.DecidedBy = &in.Outcome, &at, &by
		if err := storeConsent(tx, before, &c.Consent); err != nil {
			return err
		}
		if err := tasks.CloseFor(tx, consentRecord, c.ID, models.TaskDecideConsent); err != nil {
			return err
		}
		return weigh(tx, d, m, in.Outcome == models.ConsentSetAside)
	})
}

func disputedIn(m *models.Member, answers []models.ConsentAnswer, id uuid.UUID, on models.Date) bool {
	grants, _ := models.Disputed(m, answers, on)
	for i := range grants {
		if grants[i].ID == id {
			return true
		}
	}
	return false
}

func (s *Service) changeConsent(ctx context.Context, id uuid.UUID, action string, why StaffReason,
	do func(*services.Tx, *models.ConsentDocument, *models.Member, *signedConsent) error) (*ConsentRow, error) {
	return services.Mutate(ctx, s.core, action, func(tx *services.Tx) (*ConsentRow, error) {
		c, d, m, err := lockConsent(tx, id, func(db *gorm.DB) *gorm.DB { return db })
		if err != nil {
			return nil, err
		}
		if err := notOwn(tx.DB, tx.Actor(), tx.Now(), c.MemberID, c.SignedBy); err != nil {
			return nil, err
		}
		if err := tx.Because(c.MemberID, why.Reason); err != nil {
			return nil, err
		}
		if err := do(tx, d, m, c); err != nil {
			return nil, err
		}
		return rowOf(tx.DB, c.ID, tx.Now())
	})
}

// ConsentEvidence is everything that was kept of an answer, with the exact text.
type ConsentEvidence struct {
	models.Consent
	Kind       models.ConsentKind `json:"kind" enum:"privacy_notice,code_of_conduct,confidentiality_limits,liability_waiver,photo_release,story_release,sms,research,clinician_release,teen_account"`
	Title      string             `json:"title" example:"Photo release"`
	Number     int                `json:"number" doc:"Of the text that was signed" example:"2"`
	Language   string             `json:"language" example:"en"`
	Body       string             `json:"body" doc:"The text in Markdown, as it was signed"`
	Intact     bool               `json:"intact" doc:"The text we hold today still has the hash that was signed. False: somebody has tampered with the database"`
	CountsNow  bool               `json:"counts_now" doc:"A consent stands for this member and document today: for a child, judged over all its guardians"`
	SignerName string             `json:"signer_name" example:"Luis Ortega"`
}

// GetConsent shows one answer as evidence; the look is logged. Errors: forbidden own_record; not_found.
func (s *Service) GetConsent(ctx context.Context, id uuid.UUID) (*ConsentEvidence, error) {
	now := s.core.Clock.Now()
	return look(ctx, s, "consent.read", id, func(db *gorm.DB, _ *services.Actor) (*ConsentEvidence, []uuid.UUID, error) {
		c, err := signed(db, id, now)
		if err != nil {
			return nil, nil, err
		}
		v, err := consentVersion(db, c.VersionID)
		if err != nil {
			return nil, nil, err
		}
		m, status := c.judge(now)
		out := &ConsentEvidence{Consent: c.Consent, Kind: c.Kind, Title: c.Title, Number: c.Number, Language: v.Language, Body: v.Body}
		out.Status, out.Intact = status, models.TextHash(v.Body) == c.TextHash
		return out, []uuid.UUID{c.MemberID, c.SignedBy}, out.weighed(db, m, c, now)
	})
}

func (e *ConsentEvidence) weighed(db *gorm.DB, m *models.Member, c *signedConsent, now time.Time) error {
	var signer models.Member
	if err := db.Where("id = ?", c.SignedBy).Take(&signer).Error; err != nil {
		return err
	}
	e.SignerName = signer.Name()
	var answers []models.ConsentAnswer
	err := consentAnswers(db, now).Where("consents.member_id = ? AND consents.document_id = ?", c.MemberID, c.DocumentID).Limit(atMost).Find(&answers).Error
	if err != nil {
		return err
	}
	var inUse bool
	err = db.Raw("SELECT status = 'published' FROM consent_documents WHERE id = ?", c.DocumentID).Scan(&inUse).Error
	e.CountsNow = inUse && models.Granted(m, answers, m.Today(now))
	return err
}
