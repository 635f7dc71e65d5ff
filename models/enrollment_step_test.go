package models

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/enrollments.md instead of comparing it")

const enrollmentsFile = "../docs/enrollments.md"

// TestEnrollmentTable keeps the printed table of states and steps equal to the declared one.
func TestEnrollmentTable(t *testing.T) {
	want := enrollmentTable()
	if *update {
		if err := os.WriteFile(enrollmentsFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(enrollmentsFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != want {
		t.Errorf("%s is not what the table of steps declares: run 'make enrollments' and read the difference", enrollmentsFile)
	}
}

func enrollmentTable() string {
	var b strings.Builder
	b.WriteString(`# What becomes of an enrollment

Printed from the table of steps by ` + "`make enrollments`" + `; a test takes every step in every state against the running service and holds what comes of it against this page.

## States

| state | live | holds a place | staff may then |
|---|:-:|:-:|---|
`)
	for _, s := range EnrollmentStates() {
		possible := make([]string, 0, len(s.Possible()))
		for _, p := range s.Possible() {
			possible = append(possible, string(p))
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", s, check(s.Live()), check(s.HoldsPlace()), strings.Join(possible, ", "))
	}
	b.WriteString(`
Only one live enrollment of a person in a program stands by itself; a second one that another enters for the same person stands beside the first until staff decide. Places count
for the capacity of program and cohort. A pause ends by itself on its day.

## Steps

Each cell is the next state, or the code of the refusal (all of them 409). *before* is the state before the pause (active if they had begun, else enrolled) or before the end;
who had a place and finds none free when a withdrawal is taken back is waitlisted, ahead of all who were not moved ahead; of a completed one that is a refusal (program_full, cohort_full).

| step | new |`)
	states := EnrollmentStates()
	for _, s := range states {
		fmt.Fprintf(&b, " %s |", s)
	}
	b.WriteString("\n|---|---|" + strings.Repeat("---|", len(states)) + "\n")
	for _, r := range EnrollmentRules() {
		fmt.Fprintf(&b, "| %s | %s |", r.Step, cell(r, EnrollmentNew))
		for _, s := range states {
			fmt.Fprintf(&b, " %s |", cell(r, s))
		}
		b.WriteString("\n")
	}
	b.WriteString("\n## Who, and what is asked\n\n| step | means | who | must be given | may be given | reasons |\n|---|---|---|---|---|---|\n")
	for _, r := range EnrollmentRules() {
		reasons := make([]string, len(r.Reasons))
		for i, reason := range r.Reasons {
			reasons[i] = string(reason)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", r.Step, r.Means, who(r), asked(r), may(r), strings.Join(reasons, ", "))
	}
	b.WriteString(`
Members give no reason when they leave (it is member_request). With the reason other, words must be given (422). By itself a death withdraws with the reason died, and a merge
supersedes with the reason merged. Days lie within those of the program, and first days within those of the cohort, too: a day that is given is held against them (422, naming the bound), one that is not is today, moved into them.
`)
	return b.String()
}

func check(yes bool) string {
	if yes {
		return "✓"
	}
	return ""
}

func cell(r EnrollmentRule, s EnrollmentState) string {
	next, ok := r.Next[s]
	switch {
	case ok && next == EnrollmentBack:
		return "before"
	case ok:
		return string(next)
	case s == EnrollmentNew:
		return ""
	case r.Step == StepApply && s.Live():
		return "`already_enrolled`"
	case r.Step == StepApply:
		return "a new one"
	case !r.Staff && !r.Member:
		return ""
	}
	return "`wrong_state`"
}

func who(r EnrollmentRule) string {
	var out []string
	if r.Staff {
		out = append(out, "staff")
	}
	if r.Member {
		out = append(out, "the member, who entered them")
	}
	if r.Itself {
		out = append(out, "by itself")
	}
	return strings.Join(out, "; ")
}

func asked(r EnrollmentRule) string {
	var out []string
	if len(r.Reasons) > 0 {
		out = append(out, "reason")
	}
	if r.Until {
		out = append(out, "until")
	}
	if r.Step == StepMove {
		out = append(out, "cohort_id")
	}
	return strings.Join(out, ", ")
}

func may(r EnrollmentRule) string {
	var out []string
	if r.On {
		out = append(out, "on")
	}
	if r.Cohort && r.Step != StepMove {
		out = append(out, "cohort_id")
	}
	if r.Words {
		out = append(out, "words")
	}
	return strings.Join(out, ", ")
}

// TestEnrollmentStepsHoldTogether looks at the table for what no single step shows.
func TestEnrollmentStepsHoldTogether(t *testing.T) {
	for _, r := range EnrollmentRules() {
		for from, next := range r.Next {
			if from != EnrollmentNew && !slices.Contains(EnrollmentStates(), from) || next != EnrollmentBack && !slices.Contains(EnrollmentStates(), next) {
				t.Errorf("%s: from %q to %q", r.Step, from, next)
			}
			if next != EnrollmentBack && r.Step.Ends() == next.Live() {
				t.Errorf("%s ends: %v, but leads to %s", r.Step, r.Step.Ends(), next)
			}
		}
		if !r.Staff && !r.Itself {
			t.Errorf("nobody may take the step %s", r.Step)
		}
		if len(r.Reasons) > 0 != (r.Step.Ends() && r.Staff) {
			t.Errorf("%s: reasons %v", r.Step, r.Reasons)
		}
	}
	for _, s := range EnrollmentStates() {
		e := Enrollment{State: s}
		if _, ok := e.After(StepWithdraw); ok != s.Live() {
			t.Errorf("who is %s can leave: %v", s, ok)
		}
	}
	began, rested := Enrollment{State: EnrollmentPaused}, EnrollmentPaused
	if next, ok := began.After(StepResume); !ok || next != EnrollmentEnrolled {
		t.Errorf("a pause before the beginning ends in %s", next)
	}
	began.ActivatedAt = &began.AppliedAt
	if next, _ := began.After(StepResume); next != EnrollmentActive {
		t.Errorf("a pause after the beginning ends in %s", next)
	}
	left := Enrollment{State: EnrollmentWithdrawn, ClosedFrom: &rested, ActivatedAt: &began.AppliedAt}
	if next, ok := left.After(StepReopen); !ok || next != EnrollmentActive {
		t.Errorf("who left during a pause comes back as %s", next)
	}
	if !StepWithdraw.Fits(EnrollmentEndDied, true) || StepWithdraw.Fits(EnrollmentEndDied, false) || StepDeny.Fits(EnrollmentEndMerged, true) {
		t.Error("a reason of what happens by itself")
	}
	until := NewDate(2026, 3, 5)
	paused := Enrollment{State: EnrollmentPaused, PausedUntil: &until}
	if paused.StateOn(NewDate(2026, 3, 4)) != EnrollmentPaused || paused.StateOn(until) != EnrollmentEnrolled {
		t.Error("a pause does not end on its day")
	}
}
