package models

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"github.com/google/uuid"
)

var _ = table(ConsentDocument{}, ConsentVersion{}, Consent{})

// ConsentKind is what a document asks people to agree to.
type ConsentKind string

// The kinds.
const (
	ConsentPrivacyNotice    ConsentKind = "privacy_notice"
	ConsentCodeOfConduct    ConsentKind = "code_of_conduct"
	ConsentConfidentiality  ConsentKind = "confidentiality_limits"
	ConsentLiabilityWaiver  ConsentKind = "liability_waiver"
	ConsentPhotoRelease     ConsentKind = "photo_release"
	ConsentStoryRelease     ConsentKind = "story_release"
	ConsentSMS              ConsentKind = "sms"
	ConsentResearch         ConsentKind = "research"
	ConsentClinicianRelease ConsentKind = "clinician_release"
	ConsentTeenAccount      ConsentKind = "teen_account"
)

// TaskDecideConsent asks staff to decide where two guardians of a child have answered differently.
const TaskDecideConsent TaskKind = "decide_consent"

// ConsentGroup is a word of ConsentDocument.RequiredOf: a group of people, or a kind of member.
type ConsentGroup string

// The groups; every other word is a Kind.
const (
	AskEveryone ConsentGroup = "everyone"
	AskMembers  ConsentGroup = "members" // everybody but those who only work here
	AskAdults   ConsentGroup = "adults"
	AskMinors   ConsentGroup = "minors"
	AskStaff    ConsentGroup = "staff"
)

// TeenAge is the age in years from which a young person may assent for themselves, and have an account.
const TeenAge = 13

// ConsentDocumentStatus is where a document stands.
type ConsentDocumentStatus string

// The statuses. What was signed of a retired document is history: it counts for nothing until the document is reinstated.
const (
	ConsentDocumentDraft     ConsentDocumentStatus = "draft"
	ConsentDocumentPublished ConsentDocumentStatus = "published"
	ConsentDocumentRetired   ConsentDocumentStatus = "retired"
)

// ConsentDocument is something that people are asked to agree to. Its texts are its versions.
type ConsentDocument struct {
	Record
	Kind          ConsentKind           `json:"kind" enum:"privacy_notice,code_of_conduct,confidentiality_limits,liability_waiver,photo_release,story_release,sms,research,clinician_release,teen_account" privacy:"none,erase=keep" example:"photo_release"`
	Title         string                `json:"title" privacy:"none,erase=keep" example:"Photo release"`
	RequiredOf    Texts[ConsentGroup]   `json:"required_of" nullable:"false" enum:"everyone,members,adults,minors,staff,veteran,service_member,guard_reserve,spouse,partner,child,parent,sibling,caregiver,survivor,supporter" privacy:"none,erase=keep" doc:"Who is asked to sign it: anyone whom one of these words fits. Empty: whoever wants to, or of whom something else asks it"`
	Optional      bool                  `json:"optional" privacy:"none,erase=keep" doc:"Refusing has no consequence, and is not asked about again. Otherwise a refusal is kept and what needs the document stays closed"`
	Assent        bool                  `json:"assent" privacy:"none,erase=keep" doc:"People of 13 to 17 are asked to agree for themselves too, beside their guardian. It binds nobody"`
	ExpiresMonths *int                  `json:"expires_months" privacy:"none,erase=keep" doc:"How long a signature counts; null for ever" example:"12"`
	Status        ConsentDocumentStatus `json:"status" enum:"draft,published,retired" privacy:"none,erase=keep" example:"published"`
	RetiredAt     *time.Time            `json:"retired_at" privacy:"none,erase=keep"`
}

// TableName implements Model.
func (ConsentDocument) TableName() string { return "consent_documents" }

// Subjects implements Model.
func (ConsentDocument) Subjects() []string { return nil }

// Asks says whether the document is to be signed by, or for, a member on a day.
func (d *ConsentDocument) Asks(m *Member, on Date) bool {
	if m.Gone() || d.Kind == ConsentTeenAccount && !m.TeenOn(on) {
		return false
	}
	minor := m.MinorOn(on)
	return slices.ContainsFunc(d.RequiredOf, func(g ConsentGroup) bool {
		switch g {
		case AskEveryone:
			return true
		case AskMembers:
			return !slices.Equal(m.Kinds, Texts[Kind]{KindStaff})
		case AskAdults:
			return !minor
		case AskMinors:
			return minor
		default:
			return slices.Contains(m.Kinds, Kind(g))
		}
	})
}

// TeenOn says whether they are 13 to 17 on a day.
func (m *Member) TeenOn(on Date) bool {
	return m.BirthDate != nil && m.BirthDate.Age(on) >= TeenAge && m.BirthDate.Age(on) < AdultAge
}

// Expiry is the last day on which what was signed on a day counts, or nil.
func (d *ConsentDocument) Expiry(signed Date) *Date {
	if d.ExpiresMonths == nil {
		return nil
	}
	last := Date{signed.AddDate(0, *d.ExpiresMonths, -1)}
	return &last
}

// ConsentVersion is one text of a document. Once it is published nobody can change it, not even in the database.
type ConsentVersion struct {
	Record
	DocumentID    uuid.UUID  `json:"document_id" privacy:"none,erase=keep"`
	Number        int        `json:"number" privacy:"none,erase=keep" doc:"Counts the texts of the document from 1" example:"2"`
	Language      string     `json:"language" privacy:"none,erase=keep" doc:"BCP 47" example:"en"`
	Body          string     `json:"body" privacy:"none,erase=keep" doc:"The text in Markdown, exactly as it is signed"`
	TextHash      string     `json:"text_hash" privacy:"none,erase=keep" doc:"SHA-256 of the UTF-8 bytes of body, in hexadecimal"`
	Material      bool       `json:"material" privacy:"none,erase=keep" doc:"Whoever agreed to an earlier text is asked again; false for the mending of a word"`
	EffectiveFrom *time.Time `json:"effective_from" privacy:"none,erase=keep" doc:"From when it is the text in force; null for a draft"`
	PublishedAt   *time.Time `json:"published_at" privacy:"none,erase=keep" doc:"Null for a draft"`
	PublishedBy   *uuid.UUID `json:"published_by" nullable:"true" privacy:"none,erase=keep"`
}

// TableName implements Model.
func (ConsentVersion) TableName() string { return "consent_document_versions" }

// Subjects implements Model.
func (ConsentVersion) Subjects() []string { return nil }

// TextHash is what a signature keeps of the text it is under: the SHA-256 of its UTF-8 bytes, in hexadecimal.
func TextHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// ConsentStatus is what an answer amounts to.
type ConsentStatus string

// The statuses. A guardian whose guardianship is claimed and not confirmed has answered, and it waits: pending.
const (
	ConsentPending         ConsentStatus = "pending"
	ConsentGranted         ConsentStatus = "granted"
	ConsentGrantedOnBehalf ConsentStatus = "granted_on_behalf"
	ConsentDeclined        ConsentStatus = "declined"
	ConsentRevoked         ConsentStatus = "revoked"
	ConsentExpired         ConsentStatus = "expired"
	ConsentSuperseded      ConsentStatus = "superseded"
)

// Yes says whether the status is a consent that was given and not ended.
func (s ConsentStatus) Yes() bool {
	return s == ConsentPending || s == ConsentGranted || s == ConsentGrantedOnBehalf
}

// No says whether the status is a refusal.
func (s ConsentStatus) No() bool { return s == ConsentDeclined || s == ConsentRevoked }

// ConsentMethod is how somebody answered.
type ConsentMethod string

// The methods.
const (
	ConsentTyped  ConsentMethod = "typed"
	ConsentPaper  ConsentMethod = "paper"
	ConsentVerbal ConsentMethod = "verbal"
)

// ConsentDecision is what staff made of a consent where guardians differ.
type ConsentDecision string

// The decisions.
const (
	ConsentStands   ConsentDecision = "stands"
	ConsentSetAside ConsentDecision = "set_aside"
)

// Consent is one answer of one person to one text, for themselves or for a child.
type Consent struct {
	Record
	MemberID       uuid.UUID        `json:"member_id" privacy:"none,erase=keep" doc:"Whom it is about"`
	DocumentID     uuid.UUID        `json:"document_id" privacy:"none,erase=keep"`
	VersionID      uuid.UUID        `json:"version_id" privacy:"none,erase=keep" doc:"The exact text"`
	Status         ConsentStatus    `json:"status" enum:"pending,granted,granted_on_behalf,declined,revoked,expired,superseded" privacy:"personal,erase=keep" example:"granted"`
	Latest         bool             `json:"latest" privacy:"none,erase=keep" doc:"The signer's last answer about this member and document; earlier ones are history"`
	Method         ConsentMethod    `json:"method" enum:"typed,paper,verbal" privacy:"personal,erase=keep" example:"typed"`
	SignedBy       uuid.UUID        `json:"signed_by" privacy:"none,erase=keep" doc:"The member themselves, or the guardian"`
	GuardianshipID *uuid.UUID       `json:"guardianship_id" nullable:"true" privacy:"none,erase=keep" doc:"The guardianship by which a guardian signed"`
	NameTyped      *string          `json:"name_typed" privacy:"personal,erase=null" doc:"As typed, or as it stands on the paper" example:"Luis Ortega"`
	SeenBy         *uuid.UUID       `json:"seen_by" nullable:"true" privacy:"none,erase=keep" doc:"Of the staff, who saw the paper or heard the words"`
	WitnessID      *uuid.UUID       `json:"witness_id" nullable:"true" privacy:"none,erase=keep" doc:"Who else heard it, when it was said"`
	WitnessName    *string          `json:"witness_name" privacy:"personal,erase=null"`
	ReadAloud      bool             `json:"read_aloud" privacy:"personal,erase=keep" doc:"The text was read aloud to them"`
	SignedOn       Date             `json:"signed_on" privacy:"personal,erase=keep" doc:"The day in the signer's time zone, or as the paper says"`
	SignedAt       time.Time        `json:"signed_at" privacy:"personal,erase=keep" doc:"When it reached us"`
	Address        *string          `json:"address" privacy:"personal,erase=null" doc:"The network address it was typed from" example:"203.0.113.7"`
	UserAgent      *string          `json:"user_agent" privacy:"personal,erase=null"`
	TextHash       string           `json:"text_hash" privacy:"none,erase=keep" doc:"SHA-256 of the text that was shown to them, in hexadecimal"`
	ExpiresOn      *Date            `json:"expires_on" nullable:"true" privacy:"personal,erase=keep" doc:"The last day on which it counts"`
	RevokedAt      *time.Time       `json:"revoked_at" privacy:"none,erase=keep"`
	RevokedBy      *uuid.UUID       `json:"revoked_by" nullable:"true" privacy:"none,erase=keep"`
	Decision       *ConsentDecision `json:"decision" enum:"stands,set_aside" privacy:"personal,erase=keep" doc:"What staff decided where two guardians differ"`
	DecidedAt      *time.Time       `json:"decided_at" privacy:"none,erase=keep"`
	DecidedBy      *uuid.UUID       `json:"decided_by" nullable:"true" privacy:"none,erase=keep"`
}

// TableName implements Model.
func (Consent) TableName() string { return "consents" }

// Subjects implements Model.
func (Consent) Subjects() []string { return []string{"member_id", "signed_by"} }

// AnsweredAt is when the signer last said what the row holds.
func (c *Consent) AnsweredAt() time.Time {
	if c.RevokedAt != nil {
		return *c.RevokedAt
	}
	return c.SignedAt
}

// ConsentAnswer is a signer's latest answer with what it takes to judge it on a day.
type ConsentAnswer struct {
	Consent
	Number         int                 // of the text that was signed
	Needed         int                 // the number from which a text is still good
	GuardianStatus *GuardianshipStatus // of the live guardianship between signer and member
	GuardianUntil  *Date
}

// StatusOn judges an answer on the member's day. Age, terms and guardianship are never taken from what was stored: they
// end by themselves. What a guardian signed, and what somebody signed as a minor, ends on the 18th birthday.
func (a *ConsentAnswer) StatusOn(m *Member, on Date) ConsentStatus {
	minor := m.MinorOn(on)
	switch {
	case !a.Status.Yes():
		return a.Status
	case a.Number < a.Needed:
		return ConsentSuperseded
	case a.ExpiresOn != nil && on.After(a.ExpiresOn.Time):
		return ConsentExpired
	case a.SignedBy == m.ID:
		if !minor && m.MinorOn(a.SignedOn) {
			return ConsentExpired
		}
		return a.Status
	case !minor || !a.guarded(m, on):
		return ConsentExpired
	case *a.GuardianStatus == GuardianshipClaimed:
		return ConsentPending
	}
	return ConsentGrantedOnBehalf
}

func (a *ConsentAnswer) guarded(m *Member, on Date) bool {
	if a.GuardianStatus == nil {
		return false
	}
	g := Guardianship{Status: *a.GuardianStatus, Until: a.GuardianUntil}
	return g.InForce(m, on)
}

// binds says whether the answer is that of somebody who may decide for the child today.
func (a *ConsentAnswer) binds(m *Member, on Date) bool {
	return a.SignedBy != m.ID && a.guarded(m, on) && *a.GuardianStatus == GuardianshipConfirmed
}

// Granted says whether the answers about one member and document amount to a consent: the adult's own, or for a minor that
// of a guardian, confirmed by staff, whom no other guardian contradicts. Where they differ, staff decide, until one of them
// answers anew.
func Granted(m *Member, answers []ConsentAnswer, on Date) bool {
	return !m.Gone() && slices.ContainsFunc(answers, func(a ConsentAnswer) bool {
		switch {
		case !a.StatusOn(m, on).Yes():
			return false
		case !m.MinorOn(on):
			return a.SignedBy == m.ID
		}
		return a.binds(m, on) && !a.setAside() && !slices.ContainsFunc(answers, func(r ConsentAnswer) bool { return r.contradicts(&a, m, on) })
	})
}

func (a *ConsentAnswer) setAside() bool { return a.Decision != nil && *a.Decision == ConsentSetAside }

func (a *ConsentAnswer) contradicts(grant *ConsentAnswer, m *Member, on Date) bool {
	return a.Status.No() && a.binds(m, on) && (grant.DecidedAt == nil || a.AnsweredAt().After(*grant.DecidedAt))
}

// Disputed picks the consents of a minor's guardians that another guardian contradicts, decided or not, and whether any of
// them still waits for a decision.
func Disputed(m *Member, answers []ConsentAnswer, on Date) (grants []ConsentAnswer, open bool) {
	if !m.MinorOn(on) || m.Gone() {
		return nil, false
	}
	for _, a := range answers {
		if a.StatusOn(m, on) != ConsentGrantedOnBehalf {
			continue
		}
		if slices.ContainsFunc(answers, func(r ConsentAnswer) bool { return r.Status.No() && r.binds(m, on) }) {
			grants = append(grants, a)
			open = open || slices.ContainsFunc(answers, func(r ConsentAnswer) bool { return r.contradicts(&a, m, on) })
		}
	}
	return grants, open
}
