package models

import (
	"time"

	"github.com/google/uuid"
)

var _ = table(CoachingGoal{}, CoachingGoalMove{}, CoachingAction{}, CoachingWords{})

// GoalState is where a goal stands.
type GoalState string

// The states.
const (
	GoalOpen     GoalState = "open"
	GoalAchieved GoalState = "achieved"
	GoalDropped  GoalState = "dropped"
)

// CoachingGoal is what somebody who is coached wants to reach, without its words: these are sealed.
type CoachingGoal struct {
	Record
	EngagementID uuid.UUID  `json:"engagement_id" privacy:"none,erase=keep"`
	MemberID     *uuid.UUID `json:"member_id" nullable:"true" privacy:"none,erase=keep" doc:"Whose it is; null: of the two who are coached together"`
	SetBy        uuid.UUID  `json:"set_by" privacy:"none,erase=keep" doc:"Member id of who set it"`
	State        GoalState  `json:"state" enum:"open,achieved,dropped" privacy:"none,erase=keep" example:"open"`
	Progress     int        `json:"progress" privacy:"none,erase=keep" doc:"From 0 to 100" example:"40"`
	TargetOn     *Date      `json:"target_on" nullable:"true" privacy:"none,erase=keep" doc:"By when"`
	ClosedAt     *time.Time `json:"closed_at" privacy:"none,erase=keep" doc:"When it was achieved or dropped"`
}

// TableName implements Model.
func (CoachingGoal) TableName() string { return "coaching_goals" }

// Subjects implements Model.
func (CoachingGoal) Subjects() []string { return []string{"member_id", "set_by"} }

// CoachingGoalMove is one step in the history of a goal.
type CoachingGoalMove struct {
	ID         uuid.UUID  `json:"id" gorm:"primaryKey" privacy:"none,erase=keep"`
	GoalID     uuid.UUID  `json:"goal_id" privacy:"none,erase=keep"`
	At         time.Time  `json:"at" privacy:"none,erase=keep" doc:"Since when it is so: what was said in a session counts from that session on"`
	RecordedAt time.Time  `json:"recorded_at" privacy:"none,erase=keep" doc:"When it was written down"`
	MovedBy    uuid.UUID  `json:"moved_by" privacy:"none,erase=keep" doc:"Member id of who moved it"`
	SessionID  *uuid.UUID `json:"session_id" nullable:"true" privacy:"none,erase=keep" doc:"The session in which it was said"`
	State      GoalState  `json:"state" enum:"open,achieved,dropped" privacy:"none,erase=keep"`
	Progress   int        `json:"progress" privacy:"none,erase=keep" example:"40"`
}

// TableName implements Model.
func (CoachingGoalMove) TableName() string { return "coaching_goal_moves" }

// Subjects implements Model.
func (CoachingGoalMove) Subjects() []string { return []string{"moved_by"} }

// CoachingAction is a next step that was agreed on, without its words: these are sealed.
type CoachingAction struct {
	Record
	EngagementID uuid.UUID  `json:"engagement_id" privacy:"none,erase=keep"`
	GoalID       *uuid.UUID `json:"goal_id" nullable:"true" privacy:"none,erase=keep" doc:"The goal it leads to"`
	SessionID    *uuid.UUID `json:"session_id" nullable:"true" privacy:"none,erase=keep" doc:"The session in which it was agreed"`
	MemberID     *uuid.UUID `json:"member_id" nullable:"true" privacy:"none,erase=keep" doc:"Who alone reads it beside the coach; null: both who are coached together"`
	OwnerID      *uuid.UUID `json:"owner_id" nullable:"true" privacy:"none,erase=keep" doc:"Who does it: one of those who are coached, or the coach; null: both who are coached, together"`
	SetBy        uuid.UUID  `json:"set_by" privacy:"none,erase=keep" doc:"Member id of who set it"`
	DueOn        *Date      `json:"due_on" nullable:"true" privacy:"none,erase=keep"`
	DoneAt       *time.Time `json:"done_at" privacy:"none,erase=keep"`
	DoneBy       *uuid.UUID `json:"done_by" nullable:"true" privacy:"none,erase=keep"`
	DroppedAt    *time.Time `json:"dropped_at" privacy:"none,erase=keep" doc:"When it was no longer wanted"`
}

// TableName implements Model.
func (CoachingAction) TableName() string { return "coaching_actions" }

// Subjects implements Model.
func (CoachingAction) Subjects() []string {
	return []string{"member_id", "owner_id", "set_by", "done_by"}
}

// Open says whether it is still to be done.
func (a *CoachingAction) Open() bool { return a.DoneAt == nil && a.DroppedAt == nil }

// CoachingWords are the words of a goal or a step, sealed for one of those who are coached.
type CoachingWords struct {
	ID       uuid.UUID  `json:"-" gorm:"primaryKey" privacy:"none,erase=row"`
	GoalID   *uuid.UUID `json:"-" privacy:"none,erase=row"`
	ActionID *uuid.UUID `json:"-" privacy:"none,erase=row"`
	MemberID uuid.UUID  `json:"-" privacy:"none,erase=row"`
	Edition  int        `json:"-" privacy:"none,erase=row"`
	Body     Sealed     `json:"-" privacy:"confidential,erase=row"`
	BodyKey  uuid.UUID  `json:"-" privacy:"none,erase=row"`
}

// TableName implements Model.
func (CoachingWords) TableName() string { return "coaching_words" }

// Subjects implements Model.
func (CoachingWords) Subjects() []string { return []string{"member_id"} }
