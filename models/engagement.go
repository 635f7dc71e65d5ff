package models

import (
	"time"

	"github.com/google/uuid"
)

var _ = table(Engagement{}, EngagementParticipant{}, EngagementCoach{})

// Tasks that coaching opens.
const (
	TaskMatchCoach       TaskKind = "match_coach"      // somebody asked for a coach
	TaskAnotherCoach     TaskKind = "another_coach"    // somebody would like another coach, and need not say why
	TaskFindNewTime      TaskKind = "find_new_time"    // booked sessions whose coach cannot hold them
	TaskReassignClients  TaskKind = "reassign_clients" // a coach who leaves, or may coach no longer
	TaskLogSession       TaskKind = "log_session"      // to the coach: it is over and not written down
	TaskReviewBreakGlass TaskKind = "review_break_glass"
	TaskTellOfGlass      TaskKind = "tell_of_break_glass" // somebody under 18 hears it from a person
	TaskHeldEngagement   TaskKind = "held_engagement"     // paused because something stands between its people
)

// Focus is something that people come to coaching for. Coaching is not therapy: none of these is a diagnosis.
type Focus string

// EngagementState is where an engagement stands.
type EngagementState string

// The states.
const (
	EngagementRequested EngagementState = "requested"
	EngagementMatched   EngagementState = "matched" // a coach is proposed; it begins when everybody has accepted
	EngagementActive    EngagementState = "active"
	EngagementPaused    EngagementState = "paused"
	EngagementCompleted EngagementState = "completed"
	EngagementEnded     EngagementState = "ended"
)

// Live says whether something may still come of it.
func (s EngagementState) Live() bool {
	return s == EngagementRequested || s == EngagementMatched || s == EngagementActive || s == EngagementPaused
}

// OnCaseload says whether it counts for the coach's limit of clients.
func (s EngagementState) OnCaseload() bool {
	return s == EngagementMatched || s == EngagementActive || s == EngagementPaused
}

// Engagement is a coach with one or two people, from the asking to the end.
type Engagement struct {
	Record
	ProgramID       uuid.UUID       `json:"program_id" privacy:"none,erase=keep"`
	CoachID         *uuid.UUID      `json:"coach_id" nullable:"true" privacy:"none,erase=keep" doc:"The coach's member id; null until one is proposed"`
	State           EngagementState `json:"state" enum:"requested,matched,active,paused,completed,ended" privacy:"none,erase=keep" example:"active"`
	Live            bool            `json:"-" gorm:"->" privacy:"none,erase=keep"`
	Joint           bool            `json:"joint" privacy:"none,erase=keep" doc:"Two people are coached together"`
	FocusAreas      Texts[Focus]    `json:"focus_areas" nullable:"false" enum:"sleep,stress,anger,grief,family,relationships,parenting,purpose,work,education,health_habits,substance_recovery,moral_injury,transition,caregiving,confidence" privacy:"health,erase=blank"`
	Language        string          `json:"language" privacy:"personal,erase=keep" doc:"BCP 47" example:"en"`
	CoachGender     *Gender         `json:"coach_gender" enum:"woman,man,nonbinary" privacy:"personal,erase=null" doc:"Whom they would rather talk to; null when it does not matter"`
	Modalities      Texts[Modality] `json:"modalities" nullable:"false" enum:"online,phone,in_person" privacy:"none,erase=keep" doc:"That suit them; empty when any does"`
	WantedCoachID   *uuid.UUID      `json:"wanted_coach_id" nullable:"true" privacy:"none,erase=keep" doc:"The coach they asked for"`
	TimeZone        string          `json:"time_zone" privacy:"personal,erase=keep" doc:"IANA name; of hours" example:"America/New_York"`
	Hours           Texts[string]   `json:"hours" nullable:"false" privacy:"personal,erase=keep" doc:"That suit them, each as MO 18:00-20:00" example:"[\"MO 18:00-20:00\",\"SA 09:00-12:00\"]"`
	PackageSessions int             `json:"package_sessions" privacy:"none,erase=keep" doc:"How many sessions were agreed on" example:"6"`
	Review          Texts[string]   `json:"-" privacy:"confidential,erase=blank"` // why staff look twice
	RequestedAt     time.Time       `json:"requested_at" privacy:"none,erase=keep"`
	RequestedBy     uuid.UUID       `json:"requested_by" privacy:"none,erase=keep"`
	AnswerBy        *time.Time      `json:"answer_by" privacy:"none,erase=keep" doc:"By when they hear from us; null unless they wait for a coach"`
	MatchedAt       *time.Time      `json:"matched_at" privacy:"none,erase=keep"`
	MatchedBy       *uuid.UUID      `json:"-" privacy:"none,erase=keep"`
	CoachAcceptedAt *time.Time      `json:"coach_accepted_at" privacy:"none,erase=keep"`
	ActivatedAt     *time.Time      `json:"activated_at" privacy:"none,erase=keep"`
	PausedAt        *time.Time      `json:"paused_at" privacy:"none,erase=keep"`
	PauseReason     *PauseReason    `json:"-" privacy:"confidential,erase=null"`
	ResumeOn        *Date           `json:"resume_on" nullable:"true" privacy:"none,erase=keep"`
	ClosedAt        *time.Time      `json:"closed_at" privacy:"none,erase=keep"`
	EndReason       *EngagementEnd  `json:"end_reason" privacy:"personal,erase=null"`
	ChangeAskedAt   *time.Time      `json:"-" privacy:"confidential,erase=keep"` // somebody would like another coach
}

// TableName implements Model.
func (Engagement) TableName() string { return "engagements" }

// Subjects implements Model. Whom it is about is in its participants.
func (Engagement) Subjects() []string { return []string{"requested_by"} }

// PauseReason is why an engagement stands still.
type PauseReason string

// The reasons.
const (
	PauseAsked PauseReason = "asked"
	PauseAway  PauseReason = "away"
	PauseStaff PauseReason = "staff"
	PauseHeld  PauseReason = "held" // for a reason that must not show
)

// EngagementEnd is why an engagement is over.
type EngagementEnd string

// The reasons.
const (
	EngagementEndGoalsReached EngagementEnd = "goals_reached"
	EngagementEndPackageUsed  EngagementEnd = "package_used"
	EngagementEndAsked        EngagementEnd = "asked"
	EngagementEndMoved        EngagementEnd = "moved"
	EngagementEndNoContact    EngagementEnd = "no_contact"
	EngagementEndReferred     EngagementEnd = "referred"
	EngagementEndNoCoach      EngagementEnd = "no_coach"
	EngagementEndDied         EngagementEnd = "died"
	EngagementEndSuperseded   EngagementEnd = "superseded" // two records were merged, and the other engagement goes on
	EngagementEndOther        EngagementEnd = "other"
)

// ParticipantState is where one of those who are coached stands.
type ParticipantState string

// The states.
const (
	ParticipantAsked   ParticipantState = "asked" // by the other of a couple
	ParticipantJoined  ParticipantState = "joined"
	ParticipantRefused ParticipantState = "refused"
	ParticipantLeft    ParticipantState = "left"
)

// Takes says whether they take part, or are asked to.
func (s ParticipantState) Takes() bool { return s == ParticipantAsked || s == ParticipantJoined }

// EngagementParticipant is one of those who are coached. Live follows the engagement.
type EngagementParticipant struct {
	ID           uuid.UUID        `json:"id" gorm:"primaryKey" privacy:"none,erase=keep"`
	EngagementID uuid.UUID        `json:"engagement_id" privacy:"none,erase=keep"`
	MemberID     uuid.UUID        `json:"member_id" privacy:"none,erase=keep"`
	EnteredBy    *uuid.UUID       `json:"entered_by" nullable:"true" privacy:"none,erase=keep"`
	Joint        bool             `json:"-" privacy:"none,erase=keep"`
	Live         bool             `json:"-" privacy:"none,erase=keep"`
	State        ParticipantState `json:"state" enum:"asked,joined,refused,left" privacy:"none,erase=keep"`
	Hopes        Sealed           `json:"-" privacy:"confidential,erase=null"`
	HopesKey     *uuid.UUID       `json:"-" privacy:"none,erase=null"`
	AcceptedAt   *time.Time       `json:"accepted_at" privacy:"none,erase=keep"`
	LeftAt       *time.Time       `json:"left_at" privacy:"none,erase=keep"`

	ChangeAskedAt *time.Time `json:"-" privacy:"confidential,erase=keep"` // it was they who would like another coach
}

// TableName implements Model.
func (EngagementParticipant) TableName() string { return "engagement_participants" }

// Subjects implements Model.
func (EngagementParticipant) Subjects() []string { return []string{"member_id", "entered_by"} }

// CoachOutcome is how a coach's time with an engagement ended.
type CoachOutcome string

// The outcomes.
const (
	CoachDeclined   CoachOutcome = "declined" // it never began
	CoachHandedOver CoachOutcome = "handed_over"
	CoachEnded      CoachOutcome = "ended"
)

// EngagementCoach is one coach whom an engagement had or was offered. The one without an end is its coach now.
type EngagementCoach struct {
	ID           uuid.UUID     `json:"id" gorm:"primaryKey" privacy:"none,erase=keep"`
	EngagementID uuid.UUID     `json:"engagement_id" privacy:"none,erase=keep"`
	CoachID      uuid.UUID     `json:"coach_id" privacy:"none,erase=keep"`
	StartsAt     time.Time     `json:"starts_at" privacy:"none,erase=keep"`
	EndsAt       *time.Time    `json:"ends_at" privacy:"none,erase=keep"`
	Outcome      *CoachOutcome `json:"outcome" enum:"declined,handed_over,ended" privacy:"none,erase=keep"`
	History      bool          `json:"history" privacy:"none,erase=keep" doc:"Shared notes, goals and steps from before they began are theirs to read"`
}

// TableName implements Model.
func (EngagementCoach) TableName() string { return "engagement_coaches" }

// Subjects implements Model.
func (EngagementCoach) Subjects() []string { return []string{"coach_id"} }
