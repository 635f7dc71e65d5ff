package models

import (
	"time"

	"github.com/google/uuid"
)

var _ = table(Session{}, RefreshToken{})

// EndReason is why a session ended before its time.
type EndReason string

// The reasons.
const (
	EndSignedOut       EndReason = "signed_out"
	EndByOwner         EndReason = "ended_by_owner"
	EndPasswordChanged EndReason = "password_changed"
	EndPasswordReset   EndReason = "password_reset"
	EndSuspended       EndReason = "suspended"
	EndRefreshReuse    EndReason = "refresh_reuse"
	EndMerged          EndReason = "merged" // the record was merged into one with an account of its own
)

// How long a session lives at most. A member's phone stays signed in; the records of many
// people lie open in a staff session.
const (
	memberSession = 30 * 24 * time.Hour
	staffSession  = 12 * time.Hour
)

// StaffIdle is how long a session of staff lives unused.
const StaffIdle = 30 * time.Minute

// RefreshGrace is how long a spent refresh token still answers with its successor, for a phone that lost the answer.
const RefreshGrace = 60 * time.Second

// Session is one sign-in on one device.
type Session struct {
	ID         uuid.UUID  `json:"id" gorm:"primaryKey" privacy:"none,erase=row"`
	AccountID  uuid.UUID  `json:"account_id" privacy:"none,erase=row"`
	CreatedAt  time.Time  `json:"created_at" privacy:"none,erase=row"`
	LastUsedAt time.Time  `json:"last_used_at" privacy:"none,erase=row"`
	ExpiresAt  time.Time  `json:"expires_at" privacy:"none,erase=row"`
	AuthTime   time.Time  `json:"auth_time" privacy:"none,erase=row"`
	EndedAt    *time.Time `json:"ended_at" privacy:"none,erase=row"`
	EndReason  *EndReason `json:"end_reason" privacy:"none,erase=row"`
	UserAgent  string     `json:"user_agent" privacy:"personal,erase=row"`
	Address    *string    `json:"address" privacy:"personal,erase=row"`
}

// TableName implements Model.
func (Session) TableName() string { return "sessions" }

// Subjects implements Model.
func (Session) Subjects() []string { return nil }

// SessionEnd is the latest end of a session that began at start.
func SessionEnd(start time.Time, staff bool) time.Time {
	if staff {
		return start.Add(staffSession)
	}
	return start.Add(memberSession)
}

// EndsAt is when the session ends by itself if it is not used again. An account that became staff since is held to
// the shorter times.
func (s *Session) EndsAt(staff bool) time.Time {
	end := s.ExpiresAt
	if !staff {
		return end
	}
	for _, t := range []time.Time{SessionEnd(s.CreatedAt, true), s.LastUsedAt.Add(StaffIdle)} {
		if t.Before(end) {
			end = t
		}
	}
	return end
}

// LiveAt says whether the session has neither been ended nor run out.
func (s *Session) LiveAt(now time.Time, staff bool) bool {
	return s.EndedAt == nil && now.Before(s.EndsAt(staff))
}

// RefreshToken is one link of a session's chain. The token is stored as its SHA-256 alone.
type RefreshToken struct {
	ID          uuid.UUID  `gorm:"primaryKey" privacy:"none,erase=row"`
	SessionID   uuid.UUID  `privacy:"none,erase=row"`
	Hash        []byte     `json:"-" privacy:"secret,erase=row"`
	IssuedAt    time.Time  `privacy:"none,erase=row"`
	SpentAt     *time.Time `privacy:"none,erase=row"`
	SuccessorID *uuid.UUID `privacy:"none,erase=row"`
}

// TableName implements Model.
func (RefreshToken) TableName() string { return "refresh_tokens" }

// Subjects implements Model.
func (RefreshToken) Subjects() []string { return nil }
