package people

import (
	"database/sql"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/tasks"
)

const (
	consentRecord = "consent"
	// decideWithin is how soon staff should have settled what two guardians see differently.
	decideWithin = 2 * 24 * time.Hour
)

var _ = services.Meanings(map[string]*services.Error{
	"consents_member":                     services.NotFound("member"),
	"consents_signed_by":                  services.NotFound("member"),
	"consents_witness":                    services.NotFound("member"),
	"consents_one_latest":                 services.Conflict("busy_record", "Somebody else is saving an answer about this person right now. Try again."),
	"consent_documents_one_published":     services.Conflict("kind_published", "A document of this kind is in force already. Publish a new version of that one, or retire it first."),
	"consent_documents_assent":            services.InvalidField("/assent", "no_assent", "Young people assent to a privacy notice or a code of conduct only."),
	"consent_document_versions_one_draft": services.Conflict("draft_exists", "This document has a draft already. Change that one."),
	"consent_document_versions_final":     services.Conflict("version_published", "This text is published. People sign it: it can never change. Write a new version."),
})

// TeenConsentEnded tells of a young person without the guardian's consent to an account: refused, taken back, set aside,
// expired or replaced by a text that nobody has signed yet. Its worker asks HasConsent again: it may have been given anew.
type TeenConsentEnded struct {
	MemberID uuid.UUID `json:"member_id"`
}

// Kind implements services.JobArgs.
func (TeenConsentEnded) Kind() string { return "consent.teen_ended" }

// consentNeeded is the number of the text from which on a signature is still good.
const consentNeeded = neededOf + `consents.document_id` + neededAt

// The two halves of consentNeeded stand around the document.
const (
	neededOf = `coalesce((SELECT max(n.number) FROM consent_document_versions n WHERE n.document_id = `
	neededAt = ` AND n.material AND n.effective_from <= @now), 1)`
)

// consentAnswers reads the latest answer of every signer, with what it takes to judge them.
func consentAnswers(db *gorm.DB, now time.Time) *gorm.DB {
	return withConsentFacts(db, now).Where("consents.latest")
}

// withConsentFacts joins consents with the text that was signed (v) and the signer's live guardianship (g).
func withConsentFacts(db *gorm.DB, now time.Time) *gorm.DB {
	return db.Table("consents").Select("consents.*, v.number, g.status AS guardian_status, g.until AS guardian_until, "+consentNeeded+" AS needed", sql.Named("now", now)).
		Joins("JOIN consent_document_versions v ON v.id = consents.version_id").
		Joins("LEFT JOIN guardianships g ON g.guardian_id = consents.signed_by AND g.child_id = consents.member_id AND g.status IN ('claimed', 'confirmed')")
}

// answersAbout reads the latest answers about one member and document, the oldest first.
func answersAbout(tx *services.Tx, memberID, documentID uuid.UUID) ([]models.ConsentAnswer, error) {
	var out []models.ConsentAnswer
	q := consentAnswers(tx.DB, tx.Now()).Where("consents.member_id = ? AND consents.document_id = ?", memberID, documentID)
	return out, q.Order("consents.signed_at, consents.id").Limit(atMost).Find(&out).Error
}

// HasConsent says whether a consent of a kind stands for a member now. It is judged at use: the text in force, terms,
// the 18th birthday, whether the guardianship still stands, whether guardians differ. Without a published document of the
// kind nobody has consented. Of a kind with several documents (stories, studies, clinicians) any one counts.
func HasConsent(tx *services.Tx, memberID uuid.UUID, kind models.ConsentKind) (bool, error) {
	missing, err := MissingConsents(tx, []uuid.UUID{memberID}, []models.ConsentKind{kind})
	return err == nil && len(missing[memberID]) == 0, err
}

// MissingConsents lists for each member the kinds of which no consent stands, in the order of kinds; who lacks none is
// absent. An id that is nobody's lacks all. One round trip, however many members.
func MissingConsents(tx *services.Tx, memberIDs []uuid.UUID, kinds []models.ConsentKind) (map[uuid.UUID][]models.ConsentKind, error) {
	a, err := AskConsents(tx, memberIDs, kinds)
	if err == nil && len(a.Reads) > 0 {
		err = tx.Batch(a.Reads...)
	}
	if err != nil {
		return nil, err
	}
	return a.Missing(), nil
}

// ConsentsAsked is a question after consents, which is answered with others in one round trip.
type ConsentsAsked struct {
	Reads   []services.Statement // go into a Batch before the rest is known
	Members []models.Member      // whom it is about, by id

	now     time.Time
	ids     []uuid.UUID
	kinds   []models.ConsentKind
	answers []kindAnswer
}

// AskConsents is MissingConsents for a use case that has more to ask in the same round trip.
func AskConsents(tx *services.Tx, memberIDs []uuid.UUID, kinds []models.ConsentKind) (*ConsentsAsked, error) {
	a := &ConsentsAsked{now: tx.Now(), ids: memberIDs, kinds: kinds}
	if len(memberIDs) == 0 || len(kinds) == 0 {
		return a, nil
	}
	members, err := services.Find(tx.DB.Where("id IN ?", memberIDs).Order("id"), &a.Members)
	if err != nil {
		return nil, err
	}
	answers, err := services.Find(kindAnswers(tx.DB, a.now, memberIDs, kinds), &a.answers)
	a.Reads = []services.Statement{members, answers}
	return a, err
}

// Missing is what MissingConsents answers.
func (a *ConsentsAsked) Missing() map[uuid.UUID][]models.ConsentKind {
	out := map[uuid.UUID][]models.ConsentKind{}
	granted := grantedIn(a.now, a.Members, a.answers)
	for _, id := range a.ids {
		for _, kind := range a.kinds {
			if !granted[id][kind] {
				out[id] = append(out[id], kind)
			}
		}
	}
	return out
}

// grantedKinds says which consents of these kinds stand for the members now; nil for every kind.
func grantedKinds(db *gorm.DB, now time.Time, members []models.Member, kinds []models.ConsentKind) (map[uuid.UUID]map[models.ConsentKind]bool, error) {
	ids := make([]uuid.UUID, len(members))
	for i := range members {
		ids[i] = members[i].ID
	}
	var rows []kindAnswer
	if err := kindAnswers(db, now, ids, kinds).Find(&rows).Error; err != nil {
		return nil, err
	}
	return grantedIn(now, members, rows), nil
}

// kindAnswer is the latest answer of one signer, with the kind of what it is about.
type kindAnswer struct {
	models.ConsentAnswer
	Kind models.ConsentKind
}

// kindAnswers reads the latest answers about members to documents in force.
func kindAnswers(db *gorm.DB, now time.Time, ids []uuid.UUID, kinds []models.ConsentKind) *gorm.DB {
	q := consentAnswers(db, now).Select("consents.*, v.number, g.status AS guardian_status, g.until AS guardian_until, d.kind, "+consentNeeded+" AS needed", sql.Named("now", now)).
		Joins("JOIN consent_documents d ON d.id = consents.document_id AND d.status = 'published'").Where("consents.member_id IN ?", ids)
	if kinds != nil {
		q = q.Where("d.kind IN ?", kinds)
	}
	return q
}

// grantedIn judges answers about members.
func grantedIn(now time.Time, members []models.Member, rows []kindAnswer) map[uuid.UUID]map[models.ConsentKind]bool {
	type question struct{ member, document uuid.UUID }
	answers, kindOf := map[question][]models.ConsentAnswer{}, map[uuid.UUID]models.ConsentKind{}
	for i := range rows {
		q := question{rows[i].MemberID, rows[i].DocumentID}
		answers[q], kindOf[q.document] = append(answers[q], rows[i].ConsentAnswer), rows[i].Kind
	}
	byID := map[uuid.UUID]*models.Member{}
	for i := range members {
		byID[members[i].ID] = &members[i]
	}
	out := map[uuid.UUID]map[models.ConsentKind]bool{}
	for q, given := range answers {
		if m := byID[q.member]; m != nil && models.Granted(m, given, m.Today(now)) {
			if out[q.member] == nil {
				out[q.member] = map[models.ConsentKind]bool{}
			}
			out[q.member][kindOf[q.document]] = true
		}
	}
	return out
}

// What models.Granted says, in SQL, for lists of members: on the day in UTC, where a step asks the member's own day.
const (
	// Around a day: whether they were under 18 on it; null without a birth date.
	bornAfter = `members.birth_date > `
	eighteen  = ` - interval '18 years'`
	minorSQL  = `(CASE WHEN members.birth_date IS NULL THEN 'child' = ANY (members.kinds) ELSE ` + bornAfter + `CAST(@today AS date)` + eighteen + ` END)`
	// openSQL is models.ConsentStatus.Yes.
	openSQL = `consents.status IN ('pending', 'granted', 'granted_on_behalf')`
	// endedSQL is the first part of a CASE about an open answer: what ends by the text, its term and the signer's own age.
	endedSQL = `WHEN v.number < ` + consentNeeded + ` THEN 'superseded'
	WHEN consents.expires_on < CAST(@today AS date) THEN 'expired'
	WHEN consents.signed_by = consents.member_id THEN CASE WHEN NOT ` + minorSQL + ` AND ` + bornAfter + `consents.signed_on` + eighteen + ` THEN 'expired' ELSE consents.status END`
	grantedSQL = `EXISTS (SELECT 1 FROM consents c JOIN consent_document_versions v ON v.id = c.version_id
		LEFT JOIN guardianships g ON g.guardian_id = c.signed_by AND g.child_id = c.member_id AND g.status = 'confirmed' AND (g.until IS NULL OR g.until >= CAST(@today AS date))
		WHERE c.member_id = members.id AND c.document_id = d.id AND c.latest AND c.status IN ('pending', 'granted', 'granted_on_behalf')
		  AND (c.expires_on IS NULL OR c.expires_on >= CAST(@today AS date))
		  AND v.number >= ` + neededOf + `d.id` + neededAt + `
		  AND CASE WHEN NOT ` + minorSQL + ` THEN c.signed_by = members.id AND NOT coalesce(` + bornAfter + `c.signed_on` + eighteen + `, false)
		      ELSE g.id IS NOT NULL AND c.decision IS DISTINCT FROM 'set_aside' AND NOT EXISTS (SELECT 1 FROM consents r
		          JOIN guardianships rg ON rg.guardian_id = r.signed_by AND rg.child_id = r.member_id AND rg.status = 'confirmed' AND (rg.until IS NULL OR rg.until >= CAST(@today AS date))
		          WHERE r.member_id = members.id AND r.document_id = d.id AND r.latest AND r.status IN ('declined', 'revoked')
		            AND coalesce(r.revoked_at, r.signed_at) > coalesce(c.decided_at, '-infinity')) END)`
)

// WithoutConsent is the scope of members (the table members) for whom no consent of a kind stands.
func WithoutConsent(kind models.ConsentKind, now time.Time) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		return db.Where("NOT EXISTS (SELECT 1 FROM consent_documents d WHERE d.kind = @kind AND d.status = 'published' AND "+grantedSQL+")",
			map[string]any{"kind": kind, "today": models.DateOf(now), "now": now})
	}
}

// withoutAnswer is WithoutConsent for one document.
func withoutAnswer(documentID uuid.UUID, now time.Time) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		return db.Where("NOT EXISTS (SELECT 1 FROM consent_documents d WHERE d.id = @document AND "+grantedSQL+")",
			map[string]any{"document": documentID, "today": models.DateOf(now), "now": now})
	}
}

// askedSQL is models.ConsentDocument.Asks for lists of members.
const askedSQL = `('everyone' = ANY (CAST(@asked AS text[])) OR 'members' = ANY (CAST(@asked AS text[])) AND members.kinds <> '{staff}' OR 'adults' = ANY (CAST(@asked AS text[])) AND NOT ` + minorSQL +
	` OR 'minors' = ANY (CAST(@asked AS text[])) AND ` + minorSQL + ` OR members.kinds && CAST(@asked AS text[]))`

func askedBy(d *models.ConsentDocument, now time.Time) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		on := map[string]any{"asked": d.RequiredOf, "today": models.DateOf(now)}
		if d.Kind == models.ConsentTeenAccount {
			db = db.Where("members.birth_date <= CAST(@today AS date) - interval '13 years' AND "+bornAfter+"CAST(@today AS date)"+eighteen, on)
		}
		return db.Where(askedSQL, on)
	}
}

// weigh looks at what the answers about a member and a document amount to after one of them changed: a task where guardians
// differ, none where they no longer do; and after a refusal what rests on the consent ends at once. m is locked.
func weigh(tx *services.Tx, d *models.ConsentDocument, m *models.Member, refused bool) error {
	answers, err := answersAbout(tx, m.ID, d.ID)
	if err != nil {
		return err
	}
	if err := askToDecide(tx, m, answers); err != nil {
		return err
	}
	if !refused || models.Granted(m, answers, today(tx, m)) {
		return nil
	}
	return consentLost(tx, d.Kind, m)
}

func askToDecide(tx *services.Tx, m *models.Member, answers []models.ConsentAnswer) error {
	grants, open := models.Disputed(m, answers, today(tx, m))
	if !open {
		for i := range answers {
			if err := tasks.CloseFor(tx, consentRecord, answers[i].ID, models.TaskDecideConsent); err != nil {
				return err
			}
		}
		return nil
	}
	about := make([]uuid.UUID, len(answers))
	for i := range answers {
		about[i] = answers[i].SignedBy
	}
	_, err := tasks.Open(tx, tasks.New{Kind: models.TaskDecideConsent, MemberID: &m.ID, AlsoAbout: about, Record: consentRecord, RecordID: &grants[0].ID,
		Queue: "coordinators", Title: "Decide on a consent that two guardians answered differently", DueAt: tx.Now().Add(decideWithin)})
	return err
}

// consentLost ends what rests on a consent that no longer stands. What only reads the consent sees it by itself.
func consentLost(tx *services.Tx, kind models.ConsentKind, m *models.Member) error {
	switch {
	case kind == models.ConsentSMS && m.SMSOptIn:
		before := *m
		m.SMSOptIn = false
		return storeMember(tx, before, m)
	case kind == models.ConsentTeenAccount:
		return tx.Enqueue(TeenConsentEnded{MemberID: m.ID}, time.Time{})
	}
	return nil
}
