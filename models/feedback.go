package models

import (
	"time"

	"github.com/google/uuid"
)

var _ = table(FeedbackGroup{}, SessionFeedback{}, Thanks{})

// How feedback is shown: only in groups of answers of at least so many people. People answer, and change what they said, for
// so long after the end of a session.
const (
	FeedbackGroupSize = 5
	FeedbackOpenFor   = 14 * 24 * time.Hour
)

// ThanksHeldFor is how long thanks can be taken back before they are delivered.
const ThanksHeldFor = 10 * time.Minute

// Scores tells how many answers there are, and how they are spread. It adds up.
type Scores struct {
	N        int `json:"n" privacy:"confidential,erase=keep"`
	ScoreSum int `json:"-" privacy:"confidential,erase=keep"`
	Low      int `json:"low" privacy:"confidential,erase=keep"`
	Middle   int `json:"middle" privacy:"confidential,erase=keep"`
	High     int `json:"high" privacy:"confidential,erase=keep"`
}

// Add counts one answer, from 0 to 10.
func (s *Scores) Add(score int) {
	s.N++
	s.ScoreSum += score
	switch {
	case score <= 6:
		s.Low++
	case score <= 8:
		s.Middle++
	default:
		s.High++
	}
}

// FeedbackGroup is answers that are shown together, and never apart.
type FeedbackGroup struct {
	ID         uuid.UUID  `json:"id" gorm:"primaryKey" privacy:"none,erase=keep"`
	SessionID  *uuid.UUID `json:"session_id" privacy:"none,erase=keep"`
	WorkshopID *uuid.UUID `json:"workshop_id" privacy:"none,erase=keep"`
	ProgramID  *uuid.UUID `json:"program_id" privacy:"none,erase=keep"`
	Scores
	FormedAt time.Time `json:"formed_at" privacy:"none,erase=keep"`
}

// TableName implements Model.
func (FeedbackGroup) TableName() string { return "feedback_groups" }

// Subjects implements Model.
func (FeedbackGroup) Subjects() []string { return nil }

// SessionFeedback is what one person said of one session, and whether they were asked.
type SessionFeedback struct {
	ID        uuid.UUID  `json:"id" gorm:"primaryKey" privacy:"none,erase=row"`
	SessionID uuid.UUID  `json:"session_id" privacy:"none,erase=row"`
	MemberID  uuid.UUID  `json:"member_id" privacy:"none,erase=row"`
	AskedAt   *time.Time `json:"asked_at" privacy:"none,erase=row"`
	Answer    Sealed     `json:"-" privacy:"confidential,erase=row"` // score and words
	AnswerKey *uuid.UUID `json:"-" privacy:"confidential,erase=row"`
	Shown     Sealed     `json:"-" privacy:"confidential,erase=row"` // the answer as its group shows its words
	ShownKey  *uuid.UUID `json:"-" privacy:"confidential,erase=row"`
	GivenAt   *time.Time `json:"given_at" privacy:"none,erase=row"`
	ChangedAt *time.Time `json:"changed_at" privacy:"none,erase=row"`
	// In which group somebody is stands in no log: it would tell staff whose answers came together.
	GroupID *uuid.UUID `json:"-" privacy:"confidential,erase=row"`
	Seen    bool       `json:"-" privacy:"confidential,erase=row"`
	Revised bool       `json:"-" privacy:"confidential,erase=row"`
}

// TableName implements Model.
func (SessionFeedback) TableName() string { return "session_feedback" }

// Subjects implements Model.
func (SessionFeedback) Subjects() []string { return []string{"member_id"} }

// Thanks is what somebody who was at a session says to one of those who led it.
type Thanks struct {
	ID           uuid.UUID `json:"id" gorm:"primaryKey" privacy:"none,erase=row"`
	SessionID    uuid.UUID `json:"session_id" privacy:"none,erase=row"`
	FromMemberID uuid.UUID `json:"-" privacy:"none,erase=row"`
	ToMemberID   uuid.UUID `json:"-" privacy:"none,erase=row"`
	Words        Sealed    `json:"-" privacy:"confidential,erase=row"`
	WordsKey     uuid.UUID `json:"-" privacy:"none,erase=row"`
	SaidAt       time.Time `json:"said_at" privacy:"none,erase=row"`
	DeliveredAt  time.Time `json:"delivered_at" privacy:"none,erase=row"`
	Withheld     bool      `json:"-" privacy:"confidential,erase=row"`
}

// TableName implements Model.
func (Thanks) TableName() string { return "thanks" }

// Subjects implements Model. Who is thanked is not told by whom, nor the other way round.
func (Thanks) Subjects() []string { return []string{"from_member_id", "to_member_id"} }

// Final says whether the sender has no say in it any more.
func (t *Thanks) Final(now time.Time) bool { return !now.Before(t.DeliveredAt) }
