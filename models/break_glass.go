package models

import (
	"time"

	"github.com/google/uuid"
)

var _ = table(BreakGlass{})

// The rules of breaking glass. The member is told at the end of GlassNoticeAfter, or when the review is closed; a reviewer who seals the
// notice puts that off for GlassSealedFor.
const (
	GlassMinutes     = 60 // at most, and when nobody says how many
	GlassPerDay      = 5  // by one admin, within 24 hours
	GlassNoticeAfter = 24 * time.Hour
	GlassSealedFor   = 90 * 24 * time.Hour
)

// BreakGlass is an admin's opening of one member's notes in an emergency.
type BreakGlass struct {
	Record
	MemberID       uuid.UUID  `json:"member_id" privacy:"none,erase=keep" doc:"Whose notes"`
	OpenedBy       uuid.UUID  `json:"opened_by" privacy:"none,erase=keep" doc:"The admin's member id"`
	OpenedAt       time.Time  `json:"opened_at" privacy:"none,erase=keep"`
	Until          time.Time  `json:"until" privacy:"none,erase=keep" doc:"The notes can be read up to this moment, or until it is ended"`
	EndedAt        *time.Time `json:"ended_at" privacy:"none,erase=keep" doc:"When the admin ended it before its time"`
	Reason         Sealed     `json:"-" privacy:"confidential,erase=keep"`
	ReasonKey      uuid.UUID  `json:"-" privacy:"none,erase=keep"`
	NoticeDueAt    time.Time  `json:"notice_due_at" privacy:"none,erase=keep" doc:"When the member is told at the latest, unless the notice is sealed"`
	ToldAt         *time.Time `json:"told_at" privacy:"none,erase=keep" doc:"When the member was told"`
	NoticeSealedAt *time.Time `json:"notice_sealed_at" privacy:"none,erase=keep"`
	NoticeSealedBy *uuid.UUID `json:"notice_sealed_by" nullable:"true" privacy:"none,erase=keep"`
	SealedUntil    *time.Time `json:"sealed_until" privacy:"none,erase=keep" doc:"The member is told then"`
	SealReason     Sealed     `json:"-" privacy:"confidential,erase=keep"`
	SealReasonKey  *uuid.UUID `json:"-" privacy:"none,erase=keep"`
	ClosedAt       *time.Time `json:"closed_at" privacy:"none,erase=keep" doc:"When the review was closed; null while it is open"`
	ClosedBy       *uuid.UUID `json:"closed_by" nullable:"true" privacy:"none,erase=keep"`
	Words          Sealed     `json:"-" privacy:"confidential,erase=keep"` // of the reviewer
	WordsKey       *uuid.UUID `json:"-" privacy:"none,erase=keep"`
}

// TableName implements Model.
func (BreakGlass) TableName() string { return "break_glass" }

// Subjects implements Model. That somebody opened the notes is about the member; the rest is about staff at work.
func (BreakGlass) Subjects() []string { return []string{"member_id"} }

// Open says whether the notes can be read under it.
func (g *BreakGlass) Open(now time.Time) bool { return g.EndedAt == nil && now.Before(g.Until) }

// NoticeAt is when the member is to be told, when nobody does anything about it.
func (g *BreakGlass) NoticeAt() time.Time {
	if g.SealedUntil != nil {
		return *g.SealedUntil
	}
	if g.ClosedAt != nil && g.ClosedAt.Before(g.NoticeDueAt) {
		return *g.ClosedAt
	}
	return g.NoticeDueAt
}
