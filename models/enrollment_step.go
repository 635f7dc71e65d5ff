package models

import "slices"

// EnrollmentStep is what moves an enrollment from one state to the next.
type EnrollmentStep string

// The steps.
const (
	StepApply     EnrollmentStep = "apply" // a new row, and the only step without one before
	StepWaitlist  EnrollmentStep = "waitlist"
	StepEnroll    EnrollmentStep = "enroll"
	StepDeny      EnrollmentStep = "deny"
	StepActivate  EnrollmentStep = "activate"
	StepPause     EnrollmentStep = "pause"
	StepResume    EnrollmentStep = "resume"
	StepComplete  EnrollmentStep = "complete"
	StepWithdraw  EnrollmentStep = "withdraw"
	StepReopen    EnrollmentStep = "reopen"
	StepMove      EnrollmentStep = "move"
	StepMoveAhead EnrollmentStep = "move_ahead"
	StepSupersede EnrollmentStep = "supersede" // two records were merged, and the other one's enrollment stays
	StepRestore   EnrollmentStep = "restore"   // a merge or a death was taken back
)

// EnrollmentNew is the state, in the table of steps, of somebody who has no enrollment yet. No row is in it.
const EnrollmentNew EnrollmentState = ""

// EnrollmentBack is the next state, in the table of steps, that depends on the row: where it was before it was paused or ended.
const EnrollmentBack EnrollmentState = "back"

// EnrollmentRule is one row of the table of steps: what a step does in each state, who may take it, and what it asks.
type EnrollmentRule struct {
	Step   EnrollmentStep
	Means  string
	Next   map[EnrollmentState]EnrollmentState // a state that is not here refuses the step
	Staff  bool                                // coordinators and admins may
	Member bool                                // the member may, or who entered them
	Itself bool                                // it may happen by itself: a first attendance, a date that has come, a death, a merge
	// Reasons are those of which one must be given; none are asked when it is empty. By itself others may be given.
	Reasons []EnrollmentEnd
	Words   bool // words of staff may be given; with the reason other they must be
	On      bool // the day may be given
	Until   bool // a day must be given until which it lasts
	Cohort  bool // a cohort is named
}

var live = []EnrollmentState{EnrollmentApplied, EnrollmentWaitlisted, EnrollmentEnrolled, EnrollmentActive, EnrollmentPaused}

// to makes the same next state for several.
func to(next EnrollmentState, from ...EnrollmentState) map[EnrollmentState]EnrollmentState {
	out := make(map[EnrollmentState]EnrollmentState, len(from))
	for _, s := range from {
		out[s] = next
	}
	return out
}

// stay lets a step leave each state as it is.
func stay(in ...EnrollmentState) map[EnrollmentState]EnrollmentState {
	out := make(map[EnrollmentState]EnrollmentState, len(in))
	for _, s := range in {
		out[s] = s
	}
	return out
}

var enrollmentRules = []EnrollmentRule{
	{Step: StepApply, Means: "Ask to be let in", Staff: true, Member: true, Cohort: true,
		Next: to(EnrollmentApplied, EnrollmentNew)},
	{Step: StepWaitlist, Means: "Put on the waitlist, at its end; somebody enrolled who has not begun goes back to where they stood", Staff: true, Words: true,
		Next: to(EnrollmentWaitlisted, EnrollmentNew, EnrollmentApplied, EnrollmentEnrolled)},
	{Step: StepEnroll, Means: "Give a place", Staff: true, On: true, Cohort: true, Words: true,
		Next: to(EnrollmentEnrolled, EnrollmentNew, EnrollmentApplied, EnrollmentWaitlisted)},
	{Step: StepDeny, Means: "Say no, with a next step", Staff: true, Words: true,
		Reasons: []EnrollmentEnd{EnrollmentEndNotEligible, EnrollmentEndNoPlace, EnrollmentEndOtherHelp, EnrollmentEndDuplicate, EnrollmentEndNoContact, EnrollmentEndConduct,
			EnrollmentEndProgramClosed, EnrollmentEndOther},
		Next: to(EnrollmentDenied, EnrollmentApplied, EnrollmentWaitlisted)},
	{Step: StepActivate, Means: "They have begun; by itself at the first occasion they attend", Staff: true, Itself: true, On: true, Cohort: true,
		Next: to(EnrollmentActive, EnrollmentNew, EnrollmentEnrolled)},
	{Step: StepPause, Means: "Rest until a day: no absences count, nobody is nudged", Staff: true, Until: true, Words: true,
		Next: to(EnrollmentPaused, EnrollmentEnrolled, EnrollmentActive)},
	{Step: StepResume, Means: "Go on before that day; by itself on it", Staff: true, Itself: true,
		Next: to(EnrollmentBack, EnrollmentPaused)},
	{Step: StepComplete, Means: "They have been through it", Staff: true, On: true, Words: true,
		Reasons: []EnrollmentEnd{EnrollmentEndFinished, EnrollmentEndGoalsMet, EnrollmentEndOther},
		Next:    to(EnrollmentCompleted, EnrollmentActive)},
	{Step: StepWithdraw, Means: "Leave, from any live state; by itself after a death", Staff: true, Member: true, Itself: true, On: true, Words: true,
		Reasons: []EnrollmentEnd{EnrollmentEndMemberRequest, EnrollmentEndMoved, EnrollmentEndSchedule, EnrollmentEndOtherHelp, EnrollmentEndNoContact, EnrollmentEndConduct,
			EnrollmentEndNotEligible, EnrollmentEndDuplicate, EnrollmentEndProgramClosed, EnrollmentEndOther},
		Next: to(EnrollmentWithdrawn, live...)},
	{Step: StepReopen, Means: "Take the end back; who had a place has it again if one is free, else waits ahead of all who were not moved ahead", Staff: true, Words: true,
		Next: map[EnrollmentState]EnrollmentState{EnrollmentCompleted: EnrollmentActive, EnrollmentDenied: EnrollmentApplied, EnrollmentWithdrawn: EnrollmentBack}},
	{Step: StepMove, Means: "Into another cohort of the program, or out of any", Staff: true, Cohort: true, Words: true, Next: stay(live...)},
	{Step: StepMoveAhead, Means: "Ahead of all in line who were not moved ahead before", Staff: true, Words: true, Next: stay(EnrollmentWaitlisted)},
	{Step: StepSupersede, Means: "Two records were merged, and the other enrollment of the two stays", Itself: true, Next: to(EnrollmentSuperseded, live...)},
	{Step: StepRestore, Means: "A merge or a death was taken back", Itself: true, Next: to(EnrollmentBack, EnrollmentWithdrawn, EnrollmentSuperseded)},
}

// EnrollmentRules is the table of steps, in the order in which an enrollment may go through them.
func EnrollmentRules() []EnrollmentRule { return slices.Clone(enrollmentRules) }

// Rule is the step's row of the table.
func (s EnrollmentStep) Rule() EnrollmentRule {
	i := slices.IndexFunc(enrollmentRules, func(r EnrollmentRule) bool { return r.Step == s })
	return enrollmentRules[i]
}

// Ends says whether an enrollment has ended after the step.
func (s EnrollmentStep) Ends() bool {
	switch s {
	case StepDeny, StepComplete, StepWithdraw, StepSupersede:
		return true
	}
	return false
}

// Fits says whether the step takes the reason. Some reasons are given only to what happens by itself.
func (s EnrollmentStep) Fits(reason EnrollmentEnd, itself bool) bool {
	if itself && (s == StepWithdraw && reason == EnrollmentEndDied || s == StepSupersede && reason == EnrollmentEndMerged) {
		return true
	}
	return slices.Contains(s.Rule().Reasons, reason)
}

// After is the state that a step leads to, and whether it may be taken at all. Who was given a place leaves it for the waitlist
// when none is free: whoever takes the step sees to that.
func (e *Enrollment) After(step EnrollmentStep) (EnrollmentState, bool) {
	next, ok := step.Rule().Next[e.State]
	if next != EnrollmentBack {
		return next, ok
	}
	was := EnrollmentPaused
	if e.State != EnrollmentPaused {
		if e.ClosedFrom == nil {
			return "", false
		}
		was = *e.ClosedFrom
	}
	if was == EnrollmentPaused {
		if was = EnrollmentEnrolled; e.ActivatedAt != nil {
			was = EnrollmentActive
		}
	}
	return was, true
}

// Possible lists the steps that staff may take in a state, in the order of the table.
func (s EnrollmentState) Possible() []EnrollmentStep {
	out := []EnrollmentStep{}
	for _, r := range enrollmentRules {
		if _, ok := r.Next[s]; ok && r.Staff {
			out = append(out, r.Step)
		}
	}
	return out
}

// StateOn is the state on a day: a pause ends by itself on the day it lasts until, before a job writes it down.
func (e *Enrollment) StateOn(day Date) EnrollmentState {
	if e.State == EnrollmentPaused && e.PausedUntil != nil && !day.Before(e.PausedUntil.Time) {
		next, _ := e.After(StepResume)
		return next
	}
	return e.State
}
