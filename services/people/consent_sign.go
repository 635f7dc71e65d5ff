package people

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/tasks"
)

// Answer is granted or declined.
type Answer string

// The answers.
const (
	Grant   Answer = "granted"
	Decline Answer = "declined"
)

// SignConsent is somebody's answer to a text.
type SignConsent struct {
	VersionID uuid.UUID  `json:"version_id" doc:"The text that was shown"`
	TextHash  string     `json:"text_hash" minLength:"64" maxLength:"64" doc:"Its text_hash: says that this very text was shown"`
	Decision  Answer     `json:"decision" enum:"granted,declined" example:"granted"`
	NameTyped string     `json:"name_typed" minLength:"1" maxLength:"160" doc:"The signer's own name, typed by them" example:"Luis Ortega"`
	MemberID  *uuid.UUID `json:"member_id,omitempty" required:"false" doc:"The child it is about; absent for oneself"`
}

// Sign takes the caller's answer to a text, for themselves or for a child of theirs. The same answer to the same text once
// more is the answer there is. A guardian whom staff have not confirmed yet is heard, and the answer waits with them.
// Errors: not_found for an unknown text, and for anybody who is not a child of theirs; conflict version_superseded,
// document_retired, text_changed; forbidden guardian_signs; invalid for a name that is not the signer's.
func (s *Service) Sign(ctx context.Context, in SignConsent, userAgent string) (*OwnConsent, error) {
	return services.Mutate(ctx, s.core, "consent.sign", func(tx *services.Tx) (*OwnConsent, error) {
		d, v, err := textInForce(tx, in.VersionID)
		if err != nil {
			return nil, err
		}
		if in.TextHash != v.TextHash {
			return nil, services.Conflict("text_changed", "This is not the text that is in force. Show the text again before they sign it.")
		}
		me, m, by, err := signerOf(tx, in.MemberID)
		if err != nil {
			return nil, err
		}
		if err := maySign(tx, d, m, by == nil); err != nil {
			return nil, err
		}
		if !namesOf(me, in.NameTyped) {
			return nil, services.InvalidField("/name_typed", "not_your_name", "Type your own first and last name, as we have it on file: your legal name, or the one you go by.")
		}
		c := answer(tx, d, v, m, me.ID, by, in.Decision)
		c.Method, c.SignedOn, c.NameTyped = models.ConsentTyped, today(tx, me), ptrTo(services.Line(in.NameTyped))
		c.Address, c.UserAgent, c.ExpiresOn = lineOrNull(&tx.Call().Address), lineOrNull(cut(userAgent, 300)), d.Expiry(c.SignedOn)
		kept, err := keep(tx, d, m, c)
		if err != nil {
			return nil, err
		}
		return ownOf(tx, kept, me.ID)
	})
}

func ptrTo[T any](v T) *T { return &v }

func cut(s string, most int) *string {
	r := []rune(strings.ToValidUTF8(s, ""))
	s = string(r[:min(len(r), most)])
	return &s
}

// textInForce keeps the document from being published anew or retired until the answer is in. Errors: not_found also for a
// text that is not in force yet; conflict version_superseded, document_retired.
func textInForce(tx *services.Tx, versionID uuid.UUID) (*models.ConsentDocument, *models.ConsentVersion, error) {
	v, err := consentVersion(tx.DB, versionID)
	if err != nil {
		return nil, nil, err
	}
	d, err := consentDocument(tx.DB.Clauses(inForce), v.DocumentID)
	if err != nil {
		return nil, nil, err
	}
	current, _, err := texts(tx.DB, tx.Now(), []uuid.UUID{d.ID}, false)
	switch newest := current[d.ID]; {
	case err != nil:
		return nil, nil, err
	case newest == nil || v.Number > newest.Number:
		return nil, nil, services.NotFound("consent document version")
	case d.Status == models.ConsentDocumentRetired:
		return nil, nil, services.Conflict("document_retired", "This document is no longer in use. There is nothing to sign.")
	case newest.ID != v.ID:
		return nil, nil, services.Conflict("version_superseded", "There is a newer text. Show that one before they sign.")
	}
	return d, v, nil
}

// signerOf answers the caller, whom they answer for, locked, and the guardianship by which they do, nil for themselves.
func signerOf(tx *services.Tx, about *uuid.UUID) (me, m *models.Member, by *models.Guardianship, err error) {
	id := tx.Actor().MemberID
	if about != nil {
		id = *about
	}
	tx.Locks(services.LockMembers)
	if id == tx.Actor().MemberID {
		me, err = self(tx.DB.Clauses(forUpdate), tx.Actor())
		return me, me, nil, err
	}
	if me, err = self(tx.DB, tx.Actor()); err != nil {
		return nil, nil, nil, err
	}
	if err = lockMember(tx, id); err != nil {
		return nil, nil, nil, err
	}
	child, err := dependentOf(tx.DB, tx.Actor(), id, tx.Now())
	if err != nil {
		return nil, nil, nil, err
	}
	return me, &child.child, &child.guardianship, nil
}

// lockMember makes the answers about one member wait for one another: two guardians who answer at once see each other's.
func lockMember(tx *services.Tx, id uuid.UUID) error {
	tx.Locks(services.LockMembers)
	return tx.DB.Exec("SELECT 1 FROM members WHERE id = ? FOR NO KEY UPDATE", id).Error
}

// maySign: a minor agrees to nothing binding. Where the document says so they assent, from 13 on.
func maySign(tx *services.Tx, d *models.ConsentDocument, m *models.Member, own bool) error {
	on := today(tx, m)
	switch {
	case own && m.MinorOn(on) && !(d.Assent && m.TeenOn(on)):
		return services.Forbidden("guardian_signs", "Under 18, a parent or guardian signs this.")
	case d.Kind == models.ConsentTeenAccount && !m.TeenOn(on):
		return services.InvalidField("/member_id", "not_a_teen", "This is for young people of 13 to 17.")
	}
	return nil
}

// answer is a new row: what an answer amounts to, of one who may give it.
func answer(tx *services.Tx, d *models.ConsentDocument, v *models.ConsentVersion, m *models.Member, signer uuid.UUID, by *models.Guardianship, said Answer) *models.Consent {
	c := &models.Consent{Record: head(tx), MemberID: m.ID, DocumentID: d.ID, VersionID: v.ID, Latest: true, SignedBy: signer, SignedAt: tx.Now(), TextHash: v.TextHash}
	if by != nil {
		c.GuardianshipID = &by.ID
	}
	switch {
	case said == Decline:
		c.Status = models.ConsentDeclined
	case by == nil:
		c.Status = models.ConsentGranted
	case by.Status == models.GuardianshipClaimed:
		c.Status = models.ConsentPending
	default:
		c.Status = models.ConsentGrantedOnBehalf
	}
	return c
}

// keep stores an answer in place of the signer's last one, which becomes history. An answer that says what the last one
// says, of the same text, is that one: two taps are one signature.
func keep(tx *services.Tx, d *models.ConsentDocument, m *models.Member, c *models.Consent) (*models.Consent, error) {
	answers, err := answersAbout(tx, c.MemberID, c.DocumentID)
	if err != nil {
		return nil, err
	}
	for i := range answers {
		last := &answers[i]
		if last.SignedBy != c.SignedBy {
			continue
		}
		status := last.StatusOn(m, today(tx, m))
		if last.VersionID == c.VersionID && (status.Yes() && c.Status.Yes() || status == models.ConsentDeclined && c.Status == models.ConsentDeclined) {
			tx.Unchanged()
			return &last.Consent, nil
		}
		if c.Method != models.ConsentTyped && saidOn(m, &last.Consent).After(c.SignedOn.Time) {
			return nil, services.Conflict("answered_since", "They have answered anew since the day on which this was signed or said. That answer counts.")
		}
		if err := replace(tx, &last.Consent); err != nil {
			return nil, err
		}
	}
	if err := tx.DB.Create(c).Error; err != nil {
		return nil, err
	}
	tx.Changed(nil, *c)
	if c.Status == models.ConsentPending {
		if _, err := tasks.Open(tx, tasks.New{Kind: models.TaskConfirmGuardianship, MemberID: &c.MemberID, AlsoAbout: []uuid.UUID{c.SignedBy}, Record: guardianshipRecord,
			RecordID: c.GuardianshipID, Queue: "coordinators", Title: "Confirm a guardianship", DueAt: tx.Now().Add(confirmWithin)}); err != nil {
			return nil, err
		}
	}
	return c, weigh(tx, d, m, c.Status == models.ConsentDeclined)
}

// saidOn is the day of what an answer says.
func saidOn(m *models.Member, c *models.Consent) models.Date {
	if c.RevokedAt != nil {
		return m.Today(*c.RevokedAt)
	}
	return c.SignedOn
}

func replace(tx *services.Tx, last *models.Consent) error {
	before := *last
	last.Latest = false
	if last.Status.Yes() {
		last.Status = models.ConsentSuperseded
	}
	if err := storeConsent(tx, before, last); err != nil { // before the task, as the job locks them
		return err
	}
	return tasks.CloseFor(tx, consentRecord, last.ID, models.TaskDecideConsent)
}

func storeConsent(tx *services.Tx, before models.Consent, c *models.Consent) error {
	edited(tx, &c.Record)
	tx.Changed(before, *c)
	return tx.DB.Model(&models.Consent{}).Where("id = ?", c.ID).
		Select("status", "latest", "revoked_at", "revoked_by", "decision", "decided_at", "decided_by", "version", "updated_at").Updates(c).Error
}

func ownOf(tx *services.Tx, c *models.Consent, me uuid.UUID) (*OwnConsent, error) {
	row, err := signed(tx.DB, c.ID, tx.Now())
	if err != nil {
		return nil, err
	}
	out := row.own(me, tx.Now())
	return &out, nil
}

// RevokeOwnConsent takes back what the caller signed, at once; a second time changes nothing. Errors: not_found; conflict
// nothing_to_revoke for a refusal, or an answer that has ended by itself.
func (s *Service) RevokeOwnConsent(ctx context.Context, id uuid.UUID) (*OwnConsent, error) {
	return services.Mutate(ctx, s.core, "consent.revoke", func(tx *services.Tx) (*OwnConsent, error) {
		me := tx.Actor().MemberID
		mine := func(db *gorm.DB) *gorm.DB { return db.Where("consents.signed_by = ?", me) }
		c, d, m, err := lockConsent(tx, id, mine)
		if err != nil {
			return nil, err
		}
		if err := takeBack(tx, d, m, c); err != nil {
			return nil, err
		}
		return ownOf(tx, &c.Consent, me)
	})
}

// lockConsent reads an answer through a scope, with its document and member, whom it locks.
func lockConsent(tx *services.Tx, id uuid.UUID, scope func(*gorm.DB) *gorm.DB) (*signedConsent, *models.ConsentDocument, *models.Member, error) {
	c, err := signed(tx.DB.Scopes(scope), id, tx.Now())
	if err != nil {
		return nil, nil, nil, err
	}
	d, err := consentDocument(tx.DB, c.DocumentID)
	if err != nil {
		return nil, nil, nil, err
	}
	if err := lockMember(tx, c.MemberID); err != nil {
		return nil, nil, nil, err
	}
	var m models.Member
	if err := tx.DB.Where("id = ?", c.MemberID).Take(&m).Error; err != nil {
		return nil, nil, nil, err
	}
	if c, err = signed(tx.DB.Scopes(scope), id, tx.Now()); err != nil {
		return nil, nil, nil, err
	}
	return c, d, &m, nil
}

func takeBack(tx *services.Tx, d *models.ConsentDocument, m *models.Member, c *signedConsent) error {
	if c.Status == models.ConsentRevoked {
		tx.Unchanged()
		return nil
	}
	if !c.Latest || !c.StatusOn(m, today(tx, m)).Yes() {
		return services.Conflict("nothing_to_revoke", "This consent was refused, or it has ended already. There is nothing to take back.")
	}
	before := c.Consent
	at, by := tx.Now(), tx.Actor().MemberID
	c.Status, c.RevokedAt, c.RevokedBy = models.ConsentRevoked, &at, &by
	if err := storeConsent(tx, before, &c.Consent); err != nil {
		return err
	}
	return weigh(tx, d, m, true)
}

// namesOf says whether what somebody typed is plausibly their name: legal or usual, given or preferred, in any case and with
// or without accents, points and hyphens; up to three more words may stand in it, as middle names and Jr. do.
func namesOf(m *models.Member, typed string) bool {
	names := []string{m.GivenName + " " + m.FamilyName}
	if m.PreferredName != nil {
		names = append(names, *m.PreferredName+" "+m.FamilyName)
	}
	if m.LegalName != nil {
		names = append(names, *m.LegalName)
	}
	words := nameWords(typed)
	return slices.ContainsFunc(names, func(name string) bool {
		want := nameWords(name)
		if len(want) == 0 {
			return false
		}
		return strings.Join(want, "") == strings.Join(words, "") || len(words) <= len(want)+3 && inOrder(want, words)
	})
}

// inOrder says whether all of want stand in words, in that order.
func inOrder(want, words []string) bool {
	for _, w := range words {
		if len(want) > 0 && w == want[0] {
			want = want[1:]
		}
	}
	return len(want) == 0
}

func nameWords(s string) []string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r) || r == '\'' || r == '’' || r == '.':
			return -1
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return ' '
	}, norm.NFKD.String(s))
	return strings.Fields(s)
}
