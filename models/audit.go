package models

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

var _ = table(AuditEntry{}, AuditLink{}, IdempotencyKey{}, RateLimit{}, SubjectKey{}, KeyRotation{})

// ActorKind says what acted.
type ActorKind string

// The kinds of actor: somebody signed in, a job of ours, somebody not signed in.
const (
	ActorAccount   ActorKind = "account"
	ActorSystem    ActorKind = "system"
	ActorAnonymous ActorKind = "anonymous"
)

// Outcome is how an audited act ended.
type Outcome string

// The outcomes. NotFound is written for a guarded id whether or not such a row exists.
const (
	OutcomeDone     Outcome = "done"
	OutcomeRead     Outcome = "read"
	OutcomeNotFound Outcome = "not_found"
	OutcomeRefused  Outcome = "refused"
)

// AuditEntry is one use case by one actor, written in the transaction of what it tells of.
type AuditEntry struct {
	ID        uuid.UUID       `json:"id" gorm:"primaryKey" privacy:"none,erase=keep"`
	At        time.Time       `json:"at" privacy:"none,erase=keep"`
	XID       uint64          `json:"-" gorm:"column:xid;->" privacy:"none,erase=keep"`
	ActorKind ActorKind       `json:"actor_kind" enum:"account,system,anonymous" privacy:"none,erase=keep"`
	ActorName string          `json:"actor_name" privacy:"none,erase=keep" doc:"Name of the job when the actor is the system itself"`
	AccountID *uuid.UUID      `json:"account_id" privacy:"none,erase=keep"`
	MemberID  *uuid.UUID      `json:"member_id" privacy:"none,erase=keep"`
	SessionID *uuid.UUID      `json:"session_id" privacy:"none,erase=keep"`
	Roles     Texts[Role]     `json:"roles" privacy:"none,erase=keep"`
	Action    string          `json:"action" privacy:"none,erase=keep" example:"registration.create"`
	Outcome   Outcome         `json:"outcome" enum:"done,read,not_found,refused" privacy:"none,erase=keep"`
	Objects   IDs             `json:"objects" privacy:"none,erase=keep" doc:"Ids of the records acted on"`
	About     IDs             `json:"subjects" gorm:"column:subjects" privacy:"none,erase=keep" doc:"Ids of the members the records are about"`
	Changes   json.RawMessage `json:"changes" privacy:"none,erase=keep" doc:"Per record and column: values where the column holds no personal data, else the column's name alone"`
	Reason    Sealed          `json:"-" privacy:"confidential,erase=keep"`
	ReasonKey *uuid.UUID      `json:"-" privacy:"none,erase=keep"`
	RequestID string          `json:"request_id" privacy:"none,erase=keep"`
	Address   *string         `json:"address" privacy:"personal,erase=null" doc:"Network address the call came from"`
}

// TableName implements Model.
func (AuditEntry) TableName() string { return "audit_log" }

// Subjects implements Model.
func (AuditEntry) Subjects() []string { return []string{"member_id", "subjects"} }

// AuditLink is one link of the hash chain over the audit log.
type AuditLink struct {
	Seq     int64     `gorm:"primaryKey" privacy:"none,erase=keep"`
	AuditID uuid.UUID `privacy:"none,erase=keep"`
	Hash    []byte    `privacy:"none,erase=keep"`
}

// TableName implements Model.
func (AuditLink) TableName() string { return "audit_chain" }

// Subjects implements Model.
func (AuditLink) Subjects() []string { return nil }

// IdempotencyKey holds the answer of one POST for 24 hours.
type IdempotencyKey struct {
	AccountID uuid.UUID       `gorm:"primaryKey" privacy:"none,erase=row"`
	Method    string          `gorm:"primaryKey" privacy:"none,erase=row"`
	Path      string          `gorm:"primaryKey" privacy:"none,erase=row"`
	Key       string          `gorm:"primaryKey" privacy:"none,erase=row"`
	BodyMAC   []byte          `gorm:"column:body_mac" privacy:"none,erase=row"`
	Answer    json.RawMessage `privacy:"personal,erase=row" json:"-"`
	CreatedAt time.Time       `privacy:"none,erase=row"`
}

// TableName implements Model.
func (IdempotencyKey) TableName() string { return "idempotency_keys" }

// Subjects implements Model.
func (IdempotencyKey) Subjects() []string { return nil }

// RateLimit is the theoretical arrival time of a key under GCRA. The key is an HMAC: it names nobody.
type RateLimit struct {
	Key []byte    `gorm:"primaryKey" privacy:"none,erase=keep"`
	TAT time.Time `gorm:"column:tat" privacy:"none,erase=keep"`
}

// TableName implements Model.
func (RateLimit) TableName() string { return "rate_limits" }

// Subjects implements Model.
func (RateLimit) Subjects() []string { return nil }

// SubjectKey is what a person's text is encrypted under, itself wrapped by the deployment's key.
type SubjectKey struct {
	ID          uuid.UUID  `gorm:"primaryKey" privacy:"none,erase=keep"`
	MemberID    uuid.UUID  `privacy:"none,erase=keep"`
	Wrapped     []byte     `json:"-" privacy:"secret,erase=null"`
	Current     bool       `privacy:"none,erase=keep"`
	CreatedAt   time.Time  `privacy:"none,erase=keep"`
	DestroyedAt *time.Time `privacy:"none,erase=keep"`
	KEK         string     `gorm:"column:kek" privacy:"none,erase=keep"` // fingerprint of the key that wraps it; empty for the one derived from the secret
	RetiredAt   *time.Time `privacy:"none,erase=keep"`
}

// TableName implements Model.
func (SubjectKey) TableName() string { return "subject_keys" }

// Subjects implements Model.
func (SubjectKey) Subjects() []string { return []string{"member_id"} }

// KeyRotation is a round in which everybody is given a new key.
type KeyRotation struct {
	ID         uuid.UUID  `gorm:"primaryKey" privacy:"none,erase=keep"`
	StartedAt  time.Time  `privacy:"none,erase=keep"`
	ResealedAt *time.Time `privacy:"none,erase=keep"`
	FinishedAt *time.Time `privacy:"none,erase=keep"`
}

// TableName implements Model.
func (KeyRotation) TableName() string { return "key_rotations" }

// Subjects implements Model. It is about nobody in particular.
func (KeyRotation) Subjects() []string { return nil }
