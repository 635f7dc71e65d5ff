package api

import (
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/programs"
)

var (
	appliedAt     = time.Date(2026, 10, 2, 14, 5, 0, 0, time.UTC)
	enrolledAt    = time.Date(2026, 10, 5, 15, 30, 0, 0, time.UTC)
	enrollmentIDs = struct{ Enrollment, Member, Cohort, Line, Staff uuid.UUID }{
		uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9bf101"), uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9b0001"), uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9bf011"),
		uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9bf201"), uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9b0002"),
	}
)

// enrollmentExample is an enrollment as a member reads it.
func enrollmentExample() programs.EnrollmentView {
	note := "Evenings suit me best"
	cohort := enrollmentIDs.Cohort
	return programs.EnrollmentView{
		Enrollment: models.Enrollment{Record: models.Record{ID: enrollmentIDs.Enrollment, Version: 2, CreatedAt: appliedAt, UpdatedAt: enrolledAt}, ProgramID: programExample.ID, CohortID: &cohort,
			MemberID: enrollmentIDs.Member, State: models.EnrollmentEnrolled, StartsOn: day(2026, time.October, 12), AppliedAt: appliedAt, EnrolledAt: &enrolledAt},
		MemberName: "Luis Ortega", Note: &note,
		Program: programs.EnrollmentProgram{ID: programExample.ID, Name: "Family Awareness", Slug: "family-awareness", TimeZone: "America/New_York"},
		Cohort:  &programs.EnrollmentCohort{ID: cohort, Name: "Fall 2026", StartsOn: *day(2026, time.October, 12)},
	}
}

// enrollmentForStaff is the same as staff read it.
func enrollmentForStaff(change func(*programs.EnrollmentView)) programs.EnrollmentView {
	v := enrollmentExample()
	by := v.MemberID
	v.EnteredByID = &by
	if change != nil {
		change(&v)
	}
	v.Possible = v.State.Possible()
	return v
}

const seeTable = "\n\nEvery state, every step and every refusal is in the table at `docs/enrollments.md`. A step that the state does not allow answers 409 `wrong_state`, naming the state and what is possible."

const sealedWords = "\n\n`words` are for colleagues: kept sealed under the person's key, shown in the enrollment's timeline to staff alone."

var createEnrollmentOp = op{
	ID: "createEnrollment", Tag: "Enrollments", Summary: "Apply to a program, or enroll somebody",
	Doc: `**Members** apply for themselves, for a child whose guardian they are, or for an adult who accepted them as caregiver (` + "`member_id`" + `). What comes of it is always ` + "`applied`" + `: a person on our team
decides, and writes. A cohort is a wish. Between 13 and 17 a guardian applies. Answers to the program's intake form may come along in ` + "`answers`" + `; what does not come along is asked, and can be answered later (see Forms).
Refused at once are only: a program that takes no applications (409 ` + "`applications_closed`" + `), somebody whom the caller has entered already, or who is in it themselves (409 ` + "`already_enrolled`" + `), and somebody who plainly
does not meet the rules (422 ` + "`not_eligible`" + `, with a sentence for each rule). A fact that is missing refuses nobody: staff look. Whether somebody else has entered the same child or adult shows in no answer.

**Staff** enroll anybody but themselves and people close to them, at once into ` + "`state`" + ` (enrolled when absent). Who does not meet the rules needs a waiver, or ` + "`waive_reason`" + `, which waives each rule that is not met. Without a place 409
` + "`program_full`" + ` or ` + "`cohort_full`" + `: waitlist them, or raise the capacity. Somebody under 18 is entered for a parent or guardian, who then sees it, answers its form and gets its mail: ` + "`entered_for`" + ` names one who may act for them; absent it
is the one confirmed guardian, and 422 ` + "`guardian_required`" + ` where there is none or more than one. A ` + "`note`" + ` of staff is for colleagues: sealed, and shown in the timeline to staff alone. 409 ` + "`separation_clash`" + ` where somebody of the cohort is kept apart from them; nothing overrides that. An answer in state ` + "`applied`" + `
with ` + "`review: [\"held\"]`" + ` says that colleagues decide.`,
	Errors: []services.Code{programs.CodeApplicationsClosed, programs.CodeNotRunning, programs.CodeAlreadyEnrolled, programs.CodeNotEligible, programs.CodeProgramFull, programs.CodeCohortFull,
		programs.CodeSeparationClash, programs.CodeGuardianRequired},
	Request: programs.Apply{CohortID: &enrollmentIDs.Cohort, Note: "Evenings suit me best"},
	Example: func() programs.EnrollmentView {
		v := enrollmentExample()
		v.State, v.StartsOn, v.EnrolledAt, v.Version, v.UpdatedAt = models.EnrollmentApplied, nil, nil, 1, appliedAt
		return v
	}(),
}

const hiddenFromEnterer = "Who entered another is not told where that person was, who may have come with somebody else: the sums of attendance are zero, `attendance_rate`, `activated_at` and `last_seen_at` null, and `active` reads `enrolled`."

var listEnrollmentsOp = op{
	ID: "listEnrollments", Tag: "Enrollments", Summary: "Enrollments",
	Doc: `Members see their own and those they entered for a child or an adult they care for, as long as they may act for them. Somebody else's entry for the same person is not among them.
` + hiddenFromEnterer + ` ` + "`state`" + ` filters by what shows. Members sort by ` + "`applied_at` or `name`" + `; the other sorts and the filters of staff answer 422.

Staff see all but those of themselves and of people close to them; ` + "`mine=true`" + ` shows one's own as members see them. The look is logged for each person shown. ` + "`state`" + ` may be repeated. Sort by ` + "`applied_at`" + ` (default), ` +
		"`name`, `last_seen_at` or `consecutive_absences`" + `; for whom to call next: ` + "`state=active&absences_gte=2&sort=-consecutive_absences`.",
	Example: services.Page[programs.EnrollmentView]{Data: []programs.EnrollmentView{enrollmentExample()}},
}

var listProgramEnrollmentsOp = op{
	ID: "listProgramEnrollments", Tag: "Enrollments", Summary: "Who is, was or wants to be in a program",
	Doc:     "As `GET /v1/enrollments` with the program's id, for staff.",
	Example: services.Page[programs.EnrollmentView]{Data: []programs.EnrollmentView{enrollmentForStaff(nil)}},
}

var listProgramWaitlistOp = op{
	ID: "listProgramWaitlist", Tag: "Enrollments", Summary: "A program's waitlist, in its order",
	Doc: `Those who were moved ahead come first, then all others as they came; ` + "`waitlist_position`" + ` counts from 1. Somebody whom the caller leaves to colleagues keeps their place in it and is not shown. Nobody is promoted by
themselves: when a place becomes free while somebody waits, coordinators have a task (` + "`place_free`" + `), and decide.`,
	Example: services.Page[programs.EnrollmentView]{Data: []programs.EnrollmentView{enrollmentForStaff(func(v *programs.EnrollmentView) {
		first := 1
		v.State, v.StartsOn, v.EnrolledAt, v.WaitlistedAt, v.WaitlistPosition = models.EnrollmentWaitlisted, nil, nil, &enrolledAt, &first
	})}},
}

var getEnrollmentOp = op{
	ID: "getEnrollment", Tag: "Enrollments", Summary: "One enrollment",
	Doc: `The member, who entered it while they may act for them, and staff. Staff see beside it what to look at, the place in line, what the program's rules say today, and which steps are possible; the look is logged.
The sums of attendance count what the program offered between the first and the last day and outside of pauses. A pause that has ended by itself shows as ended.

` + hiddenFromEnterer + ` To families the reasons ` + "`duplicate`, `conduct`, `died` and `merged`" + ` read ` + "`other`" + `.`,
	Example: enrollmentForStaff(func(v *programs.EnrollmentView) {
		v.Eligibility = &models.Eligibility{Verdict: models.VerdictMet, Rules: []models.RuleVerdict{}}
	}),
}

var updateEnrollmentOp = op{
	ID: "updateEnrollment", Tag: "Enrollments", Summary: "Correct the days of an enrollment",
	Doc:     "What is absent stays. Days lie within those of the program; a last day is had by what has ended, and is not after today. The sums of attendance follow. Everything else changes by a step.",
	Request: map[string]any{"starts_on": "2026-10-19"},
	Example: enrollmentForStaff(func(v *programs.EnrollmentView) { v.StartsOn = day(2026, time.October, 19) }),
}

var getEnrollmentTimelineOp = op{
	ID: "getEnrollmentTimeline", Tag: "Enrollments", Summary: "What happened to an enrollment",
	Doc: `The oldest first. Members see the steps, their day and reason (` + "`duplicate`, `conduct`, `died` and `merged`" + ` as ` + "`other`" + `), and that it was our team; not who moved ahead in line, nor what followed from a death
or was taken back. Who entered another does not see that they have begun. Staff see all of it, which colleague, and in what words. The look of staff is logged.`,
	Example: services.Page[programs.EnrollmentLine]{Data: []programs.EnrollmentLine{
		{ID: enrollmentIDs.Line, At: appliedAt, Step: models.StepApply, ToState: models.EnrollmentApplied, By: "you"},
	}},
}

var waitlistEnrollmentOp = op{
	ID: "waitlistEnrollment", Tag: "Enrollments", Summary: "Put somebody on the waitlist",
	Doc:     "At its end. Somebody `enrolled` who has not begun gives their place back and is where they stood before." + sealedWords + seeTable,
	Errors:  []services.Code{programs.CodeWrongState, programs.CodeNotRunning, programs.CodeAlreadyEnrolled},
	Request: programs.WordsStep{},
	Example: enrollmentForStaff(func(v *programs.EnrollmentView) {
		v.State, v.StartsOn, v.EnrolledAt, v.WaitlistedAt = models.EnrollmentWaitlisted, nil, nil, &enrolledAt
	}),
}

var enrollEnrollmentOp = op{
	ID: "enrollEnrollment", Tag: "Enrollments", Summary: "Give somebody a place",
	Doc: "From `applied` or the waitlist; who is not first in line may be chosen. Refusals are those of [createEnrollment](#tag/enrollments) for staff. A row that stays as it was, with `review: [\"held\"]`, says that colleagues decide." +
		sealedWords + seeTable,
	Errors: []services.Code{programs.CodeWrongState, programs.CodeNotRunning, programs.CodeAlreadyEnrolled, programs.CodeNotEligible, programs.CodeProgramFull, programs.CodeCohortFull,
		programs.CodeSeparationClash},
	Request: programs.EnrollStep{On: day(2026, time.October, 12)},
	Example: enrollmentForStaff(nil),
}

var denyEnrollmentOp = op{
	ID: "denyEnrollment", Tag: "Enrollments", Summary: "Say no to an application",
	Doc:     "From `applied` or the waitlist. The person is written to with a next step; words never. A reason `duplicate` or `conduct` shows to families as `other`." + sealedWords + seeTable,
	Errors:  []services.Code{programs.CodeWrongState},
	Request: programs.DenyStep{Reason: models.EnrollmentEndOtherHelp, Words: "Coaching fits better; they agreed on the telephone"},
	Example: enrollmentForStaff(endedAs(models.EnrollmentDenied, models.EnrollmentEndOtherHelp)),
}

// endedAs makes the example one that has ended.
func endedAs(state models.EnrollmentState, why models.EnrollmentEnd) func(*programs.EnrollmentView) {
	return func(v *programs.EnrollmentView) {
		at := time.Date(2026, 12, 14, 19, 0, 0, 0, time.UTC)
		v.State, v.EndReason, v.ClosedAt, v.UpdatedAt, v.Version = state, &why, &at, at, 3
		if state == models.EnrollmentDenied {
			v.StartsOn, v.EnrolledAt = nil, nil
			return
		}
		v.EndsOn = day(2026, time.December, 14)
	}
}

var activateEnrollmentOp = op{
	ID: "activateEnrollment", Tag: "Enrollments", Summary: "Somebody has begun",
	Doc:     "From `enrolled`. It happens by itself at the first occasion of the program that they attend." + seeTable,
	Errors:  []services.Code{programs.CodeWrongState},
	Request: programs.ActivateStep{},
	Example: enrollmentForStaff(func(v *programs.EnrollmentView) { v.State, v.ActivatedAt = models.EnrollmentActive, &enrolledAt }),
}

var pauseEnrollmentOp = op{
	ID: "pauseEnrollment", Tag: "Enrollments", Summary: "Let somebody rest until a day",
	Doc:     "From `enrolled` or `active`. They keep their place; no absence counts and nobody nudges them. It goes on by itself on the day given: `active` if they had begun, else `enrolled`." + sealedWords + seeTable,
	Errors:  []services.Code{programs.CodeWrongState},
	Request: programs.PauseStep{Until: day(2026, time.November, 16)},
	Example: enrollmentForStaff(func(v *programs.EnrollmentView) {
		v.State, v.PausedUntil = models.EnrollmentPaused, day(2026, time.November, 16)
	}),
}

var resumeEnrollmentOp = op{
	ID: "resumeEnrollment", Tag: "Enrollments", Summary: "End a pause before its day",
	Doc:     "From today on absences count again." + seeTable,
	Errors:  []services.Code{programs.CodeWrongState},
	Example: enrollmentForStaff(nil),
}

var completeEnrollmentOp = op{
	ID: "completeEnrollment", Tag: "Enrollments", Summary: "Somebody has been through it",
	Doc:     "From `active`. Their place is free, and their certificate can be fetched." + sealedWords + seeTable,
	Errors:  []services.Code{programs.CodeWrongState},
	Request: programs.CompleteStep{Reason: models.EnrollmentEndFinished},
	Example: enrollmentForStaff(endedAs(models.EnrollmentCompleted, models.EnrollmentEndFinished)),
}

var withdrawEnrollmentOp = op{
	ID: "withdrawEnrollment", Tag: "Enrollments", Summary: "Leave a program, or take an application back",
	Doc:     "From any live state. The member, and who entered them while they may act for them, send `{}`: no reason is asked, and one that is given is refused (422). Staff give one. A place that becomes free while somebody waits is a task for coordinators." + sealedWords + seeTable,
	Errors:  []services.Code{programs.CodeWrongState},
	Request: programs.WithdrawStep{Reason: models.EnrollmentEndMoved},
	Example: enrollmentForStaff(endedAs(models.EnrollmentWithdrawn, models.EnrollmentEndMoved)),
}

var reopenEnrollmentOp = op{
	ID: "reopenEnrollment", Tag: "Enrollments", Summary: "Take the end of an enrollment back",
	Doc: "`completed` becomes `active`, `denied` becomes `applied`, `withdrawn` what it was before; a pause is over. Who had a place has it again if one is free in program and cohort; who had withdrawn else waits ahead of all who were not moved ahead, " +
		"and of a completed one the answer is 409 `program_full` or `cohort_full`. A cohort that has ended meanwhile is left out. 409 `already_enrolled` when they have another live enrollment by now." + sealedWords + seeTable,
	Errors: []services.Code{programs.CodeWrongState, programs.CodeNotRunning, programs.CodeAlreadyEnrolled, programs.CodeProgramFull, programs.CodeCohortFull, programs.CodeSeparationClash},
	Request: programs.WordsStep{
		Words: "They were withdrawn by mistake",
	},
	Example: enrollmentForStaff(nil),
}

var moveEnrollmentOp = op{
	ID: "moveEnrollment", Tag: "Enrollments", Summary: "Put somebody into another cohort",
	Doc:     "In any live state; of an application or on the waitlist it changes the wish. Null takes them out of any cohort." + sealedWords + seeTable,
	Errors:  []services.Code{programs.CodeWrongState, programs.CodeCohortFull, programs.CodeSeparationClash},
	Request: map[string]any{"cohort_id": enrollmentIDs.Cohort},
	Example: enrollmentForStaff(nil),
}

var moveEnrollmentAheadOp = op{
	ID: "moveEnrollmentAhead", Tag: "Enrollments", Summary: "Move somebody ahead in line",
	Doc:     "Ahead of all who were not moved ahead before. Nobody is told." + sealedWords + seeTable,
	Errors:  []services.Code{programs.CodeWrongState},
	Request: programs.WordsStep{Words: "The family moves in March"},
	Example: enrollmentForStaff(func(v *programs.EnrollmentView) {
		first := 1
		v.State, v.StartsOn, v.EnrolledAt, v.WaitlistedAt, v.WaitlistPosition = models.EnrollmentWaitlisted, nil, nil, &enrolledAt, &first
	}),
}
