package models

import (
	"time"

	"github.com/google/uuid"
)

var _ = table(Credential{})

// CredentialKind is what somebody was checked for or trained in.
type CredentialKind string

// The kinds.
const (
	CredentialBackgroundCheck   CredentialKind = "background_check"
	CredentialChildSafety       CredentialKind = "child_safety_training"
	CredentialCoachingAgreement CredentialKind = "coaching_agreement"
	CredentialCoachTraining     CredentialKind = "coach_training"
	CredentialResponder         CredentialKind = "responder_training"
	CredentialFirstAid          CredentialKind = "first_aid"
)

// ForMinors lists what everybody whose work includes minors must hold.
func ForMinors() []CredentialKind {
	return []CredentialKind{CredentialBackgroundCheck, CredentialChildSafety}
}

// Credential is one check or training of one person. The newest does not replace the older: each counts in its own term.
type Credential struct {
	Record
	MemberID   uuid.UUID      `json:"member_id" privacy:"none,erase=keep"`
	Kind       CredentialKind `json:"kind" enum:"background_check,child_safety_training,coaching_agreement,coach_training,responder_training,first_aid" privacy:"personal,erase=keep" example:"background_check"`
	IssuedOn   Date           `json:"issued_on" privacy:"personal,erase=keep"`
	ExpiresOn  *Date          `json:"expires_on" nullable:"true" privacy:"personal,erase=keep" doc:"The last day on which it counts; null when it does not expire"`
	RecordedBy *uuid.UUID     `json:"recorded_by" nullable:"true" privacy:"none,erase=keep"`
	RevokedAt  *time.Time     `json:"revoked_at" privacy:"none,erase=keep" doc:"Set when it no longer counts, whatever its date"`
	Warned     int            `json:"-" privacy:"none,erase=keep"` // of the stages in which we tell that it ends: see WarnStage
}

// Validity is how many years a credential of this kind counts when nobody says otherwise; 0 is without end.
func (k CredentialKind) Validity() int {
	switch k {
	case CredentialChildSafety:
		return 1
	case CredentialBackgroundCheck, CredentialResponder, CredentialFirstAid:
		return 2
	case CredentialCoachTraining:
		return 3
	}
	return 0
}

// Lapsed is the last stage: the credential counts no more.
const Lapsed = 4

// WarnedDaysBefore is how many days before its last day each stage of a credential begins, but for the last: Lapsed.
func WarnedDaysBefore() []int { return []int{60, 30, 7} }

// WarnStage is how far along its end a credential is on a day: 0 not near, 1 within 60 days, 2 within 30, 3 within 7, 4 lapsed.
func (c *Credential) WarnStage(on Date) int {
	switch {
	case c.ExpiresOn == nil:
		return 0
	case on.After(c.ExpiresOn.Time):
		return Lapsed
	}
	stage := 0
	for _, days := range WarnedDaysBefore() {
		if !on.AddDate(0, 0, days).Before(c.ExpiresOn.Time) {
			stage++
		}
	}
	return stage
}

// TableName implements Model.
func (Credential) TableName() string { return "credentials" }

// Subjects implements Model.
func (Credential) Subjects() []string { return []string{"member_id"} }

// CountsOn says whether it is current on a day.
func (c *Credential) CountsOn(on Date) bool {
	return c.RevokedAt == nil && !on.Before(c.IssuedOn.Time) && (c.ExpiresOn == nil || !on.After(c.ExpiresOn.Time))
}
