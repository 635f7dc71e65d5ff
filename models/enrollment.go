package models

import (
	"time"

	"github.com/google/uuid"
)

var _ = table(Enrollment{}, EnrollmentPause{}, EnrollmentEvent{})

// EnrollmentState is where somebody stands in a program. What follows from it is asked of the predicates below.
type EnrollmentState string

// The states.
const (
	EnrollmentApplied    EnrollmentState = "applied"
	EnrollmentWaitlisted EnrollmentState = "waitlisted"
	EnrollmentEnrolled   EnrollmentState = "enrolled" // has a place, and has not begun
	EnrollmentActive     EnrollmentState = "active"
	EnrollmentPaused     EnrollmentState = "paused"
	EnrollmentCompleted  EnrollmentState = "completed"
	EnrollmentDenied     EnrollmentState = "denied"
	EnrollmentWithdrawn  EnrollmentState = "withdrawn"
	// EnrollmentSuperseded is that of a person who turned out to be enrolled there already: two records were merged.
	EnrollmentSuperseded EnrollmentState = "superseded"
)

// EnrollmentStates lists all of them.
func EnrollmentStates() []EnrollmentState {
	return []EnrollmentState{EnrollmentApplied, EnrollmentWaitlisted, EnrollmentEnrolled, EnrollmentActive, EnrollmentPaused,
		EnrollmentCompleted, EnrollmentDenied, EnrollmentWithdrawn, EnrollmentSuperseded}
}

// HoldsPlace says whether the person counts for the capacity of program and cohort.
func (s EnrollmentState) HoldsPlace() bool {
	return s == EnrollmentEnrolled || s == EnrollmentActive || s == EnrollmentPaused
}

// Live says whether something may still come of it.
func (s EnrollmentState) Live() bool {
	return s.HoldsPlace() || s == EnrollmentApplied || s == EnrollmentWaitlisted
}

// EnrollmentReview is why staff look twice at an application. Members never see it: that somebody is looked at must not tell why.
type EnrollmentReview string

// The reasons.
const (
	EnrollmentReviewGuardianship EnrollmentReview = "guardianship"       // not confirmed by staff yet
	EnrollmentReviewSecond       EnrollmentReview = "second_application" // somebody else has entered the same person
	EnrollmentReviewHeld         EnrollmentReview = "held"               // for a reason that must not show
	EnrollmentReviewEligibility  EnrollmentReview = "eligibility"        // a fact is missing that a rule asks for
)

// EnrollmentEnd is why an enrollment ended.
type EnrollmentEnd string

// The reasons. Which of them fit which end is the table of transitions.
const (
	EnrollmentEndFinished      EnrollmentEnd = "finished"
	EnrollmentEndGoalsMet      EnrollmentEnd = "goals_met"
	EnrollmentEndMemberRequest EnrollmentEnd = "member_request"
	EnrollmentEndMoved         EnrollmentEnd = "moved_away"
	EnrollmentEndSchedule      EnrollmentEnd = "schedule"
	EnrollmentEndOtherHelp     EnrollmentEnd = "other_help_fits_better"
	EnrollmentEndNoContact     EnrollmentEnd = "no_contact"
	EnrollmentEndConduct       EnrollmentEnd = "conduct"
	EnrollmentEndNotEligible   EnrollmentEnd = "not_eligible"
	EnrollmentEndNoPlace       EnrollmentEnd = "no_place"
	EnrollmentEndDuplicate     EnrollmentEnd = "duplicate"
	EnrollmentEndProgramClosed EnrollmentEnd = "program_closed"
	EnrollmentEndDied          EnrollmentEnd = "died"
	EnrollmentEndMerged        EnrollmentEnd = "merged"
	EnrollmentEndOther         EnrollmentEnd = "other"
)

// Enrollment is one person in one program, from the application to the end.
type Enrollment struct {
	Record
	ProgramID       uuid.UUID               `json:"program_id" privacy:"none,erase=keep"`
	ProgramFirstDay Date                    `json:"-" privacy:"none,erase=keep"`
	ProgramLastDay  Date                    `json:"-" privacy:"none,erase=keep"`
	CohortID        *uuid.UUID              `json:"cohort_id" nullable:"true" privacy:"none,erase=keep"`
	MemberID        uuid.UUID               `json:"member_id" privacy:"none,erase=keep"`
	EnteredBy       uuid.UUID               `json:"-" privacy:"none,erase=keep"`
	State           EnrollmentState         `json:"state" enum:"applied,waitlisted,enrolled,active,paused,completed,denied,withdrawn,superseded" privacy:"none,erase=keep" example:"active"`
	Live            bool                    `json:"-" gorm:"->" privacy:"none,erase=keep"`
	Second          bool                    `json:"-" privacy:"confidential,erase=keep"`
	Review          Texts[EnrollmentReview] `json:"-" privacy:"confidential,erase=keep"`
	StartsOn        *Date                   `json:"starts_on" nullable:"true" privacy:"none,erase=keep" doc:"First day in the program; set when they get a place"`
	EndsOn          *Date                   `json:"ends_on" nullable:"true" privacy:"none,erase=keep" doc:"Last day in the program; set when it ends"`
	PausedUntil     *Date                   `json:"paused_until" nullable:"true" privacy:"none,erase=keep" doc:"While paused: the first day on which it goes on"`
	AppliedAt       time.Time               `json:"applied_at" privacy:"none,erase=keep"`
	WaitlistedAt    *time.Time              `json:"waitlisted_at" privacy:"none,erase=keep"`
	MovedAheadAt    *time.Time              `json:"-" privacy:"none,erase=keep"`
	EnrolledAt      *time.Time              `json:"enrolled_at" privacy:"none,erase=keep" doc:"When they got their place"`
	ActivatedAt     *time.Time              `json:"activated_at" privacy:"none,erase=keep" doc:"When they began"`
	ClosedAt        *time.Time              `json:"closed_at" privacy:"none,erase=keep" doc:"When it was completed, denied or withdrawn"`
	ClosedFrom      *EnrollmentState        `json:"-" privacy:"none,erase=keep"`
	EndReason       *EnrollmentEnd          `json:"end_reason" enum:"finished,goals_met,member_request,moved_away,schedule,other_help_fits_better,no_contact,conduct,not_eligible,no_place,duplicate,program_closed,died,merged,other" privacy:"personal,erase=null" doc:"Why it ended; null while it has not"`
	Note            string                  `json:"-" privacy:"personal,erase=blank"`
	RollUp
}

// TableName implements Model.
func (Enrollment) TableName() string { return "enrollments" }

// Subjects implements Model.
func (Enrollment) Subjects() []string { return []string{"member_id", "entered_by"} }

// EnrollmentPause is a time that counts no absences: from FromOn up to and without UntilOn, or EndedOn when they came back
// earlier.
type EnrollmentPause struct {
	ID           uuid.UUID `json:"id" gorm:"primaryKey" privacy:"none,erase=keep"`
	EnrollmentID uuid.UUID `json:"enrollment_id" privacy:"none,erase=keep"`
	FromOn       Date      `json:"from_on" privacy:"none,erase=keep"`
	UntilOn      Date      `json:"until_on" privacy:"none,erase=keep"`
	EndedOn      *Date     `json:"ended_on" nullable:"true" privacy:"none,erase=keep"`
}

// TableName implements Model.
func (EnrollmentPause) TableName() string { return "enrollment_pauses" }

// Subjects implements Model.
func (EnrollmentPause) Subjects() []string { return nil }

// Covers says whether the day lies in the pause.
func (p *EnrollmentPause) Covers(day Date) bool {
	until := p.UntilOn
	if p.EndedOn != nil {
		until = *p.EndedOn
	}
	return !day.Before(p.FromOn.Time) && day.Before(until.Time)
}

// EnrollmentEvent is one line of an enrollment's own history.
type EnrollmentEvent struct {
	ID           uuid.UUID        `json:"id" gorm:"primaryKey" privacy:"none,erase=keep"`
	EnrollmentID uuid.UUID        `json:"enrollment_id" privacy:"none,erase=keep"`
	At           time.Time        `json:"at" privacy:"none,erase=keep"`
	ByID         *uuid.UUID       `json:"by_id" nullable:"true" privacy:"none,erase=keep"`
	Step         string           `json:"step" privacy:"none,erase=keep"`
	FromState    *EnrollmentState `json:"from_state" privacy:"none,erase=keep"`
	ToState      EnrollmentState  `json:"to_state" privacy:"none,erase=keep"`
	CohortID     *uuid.UUID       `json:"cohort_id" nullable:"true" privacy:"none,erase=keep"`
	Reason       *EnrollmentEnd   `json:"reason" privacy:"personal,erase=null"`
	Words        Sealed           `json:"-" privacy:"confidential,erase=null"`
	WordsKey     *uuid.UUID       `json:"-" privacy:"none,erase=keep"`
}

// TableName implements Model.
func (EnrollmentEvent) TableName() string { return "enrollment_events" }

// Subjects implements Model.
func (EnrollmentEvent) Subjects() []string { return []string{"by_id"} }
