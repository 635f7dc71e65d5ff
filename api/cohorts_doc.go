package api

import (
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/programs"
)

var cohortExample = programs.CohortView{
	Cohort: models.Cohort{
		Record:    models.Record{ID: uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9bf0c1"), Version: 1, CreatedAt: plannedAt, UpdatedAt: plannedAt},
		ProgramID: programExample.ID, Name: "Fall 2026", StartsOn: models.NewDate(2026, time.September, 14), EndsOn: day(2026, time.December, 11), Capacity: count(12),
		Status: models.CohortPlanned, Notes: "Meets in the annex",
	},
	Taken: count(9), Counts: &programs.HeadCounts{Enrolled: 9, Waitlisted: 1},
}

func cohortWith(status models.CohortStatus, why string) programs.CohortView {
	c := cohortExample
	c.Version, c.Status, c.StatusReason = 2, status, why
	if !status.Running() {
		c.Taken, c.Counts = count(0), &programs.HeadCounts{Completed: 8, Withdrawn: 2}
	}
	return c
}

var listCohortsOp = op{
	ID: "listCohorts", Tag: "Programs", Summary: "The cohorts of a program",
	Doc:     "By their first day. Who sees the program sees its cohorts: members with `full`, without `taken`, `counts`, `notes` and `status_reason`.",
	Example: services.Page[programs.CohortView]{Data: []programs.CohortView{cohortExample}},
}

var createCohortOp = op{
	ID: "createCohort", Tag: "Programs", Summary: "Add a cohort to a program",
	Doc: "A group that goes through the program together. Its name is unique in the program, its days lie within the program's (422 `outside_program` names the bound), and its `capacity` " +
		"bounds it beside the program's own. The program must be `planned` or `active`.",
	Errors:  []services.Code{programs.CodeNameTaken, programs.CodeProgramClosed},
	Request: programs.NewCohort{Name: "Fall 2026", StartsOn: cohortExample.StartsOn, EndsOn: cohortExample.EndsOn, Capacity: count(12), Notes: "Meets in the annex"},
	Example: cohortExample,
}

var getCohortOp = op{
	ID: "getCohort", Tag: "Programs", Summary: "One cohort",
	Doc: "Who sees its program sees it.", Example: cohortExample,
}

var updateCohortOp = op{
	ID: "updateCohort", Tag: "Programs", Summary: "Change a cohort",
	Doc: "What is absent stays; null clears `ends_on`, `capacity` and `notes`. Its days stay within the program's; who is enrolled keeps their own days. `capacity` cannot be less than the " +
		"places taken: 409 `capacity_below_taken` with the number. Its status moves by the verbs alone.",
	Errors:  []services.Code{programs.CodeNameTaken, programs.CodeCapacityTaken},
	Request: map[string]any{"capacity": 14, "ends_on": nil}, Example: cohortExample,
}

var activateCohortOp = op{
	ID: "activateCohort", Tag: "Programs", Summary: "Begin a planned cohort",
	Doc: "From `planned` to `active`. People in it begin one by one, at the latest with the first session they attend.", Errors: []services.Code{programs.CodeWrongState, programs.CodeProgramClosed},
	Example: cohortWith(models.CohortActive, ""),
}

var completeCohortOp = op{
	ID: "completeCohort", Tag: "Programs", Summary: "End a cohort that has run its course",
	Doc:    "From `active` to `completed`, with a reason. Refused with 409 `has_live_enrollments` and their number while anybody in it has applied, waits, or has a place.",
	Errors: []services.Code{programs.CodeWrongState, programs.CodeLive}, Request: programs.StatusReason{Reason: "Twelve weeks are over"}, Example: cohortWith(models.CohortCompleted, "Twelve weeks are over"),
}

var cancelCohortOp = op{
	ID: "cancelCohort", Tag: "Programs", Summary: "Give a cohort up",
	Doc: "From `planned` or `active` to `cancelled`, with a reason; refused as completing is. Move its people to another cohort first.", Errors: []services.Code{programs.CodeWrongState, programs.CodeLive},
	Request: programs.StatusReason{Reason: "Too few came together"}, Example: cohortWith(models.CohortCancelled, "Too few came together"),
}

var reopenCohortOp = op{
	ID: "reopenCohort", Tag: "Programs", Summary: "Take the end of a cohort back",
	Doc:    "A `completed` cohort is `active` again; a `cancelled` one is `active`, or `planned` when its first day is still to come. Its program must be `planned` or `active`.",
	Errors: []services.Code{programs.CodeWrongState, programs.CodeProgramClosed}, Request: programs.StatusReason{Reason: "More people asked"}, Example: cohortWith(models.CohortPlanned, "More people asked"),
}

var getCohortRosterOp = op{
	ID: "getCohortRoster", Tag: "Programs", Summary: "The people of a cohort as a file",
	Doc: "Everybody who was ever in the cohort, by name, as CSV (UTF-8 with a mark, RFC 4180) or as a workbook with `format=xlsx`. Columns: name, state, first and last day, sessions attended, " +
		"offered, excused and missed, consecutive absences, the day they were last seen, and the enrollment's id. No cell computes in a spreadsheet program.\n\n" +
		"Own and relatives' enrollments and restricted records are absent. The log of acts names everybody in the file. At most 2,000 people; 30 files at once, then one each 20 seconds.",
	Files: []string{xlsxType}, Example: File{ContentType: csvType},
}

var bulkExample = func() programs.BulkAnswer {
	first, second, third := uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9bf101"), uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9bf102"), uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9bf103")
	enrolled, waits := models.EnrollmentEnrolled, models.EnrollmentWaitlisted
	return programs.BulkAnswer{DryRun: true, Done: 1, Items: []programs.BulkItem{
		{MemberID: &first, Outcome: programs.BulkDone, State: &enrolled, Sentences: []string{}},
		{MemberID: &second, Outcome: programs.BulkWaitlisted, State: &waits, Sentences: []string{"All places of this cohort are taken; they wait for one."}},
		{MemberID: &third, Outcome: programs.BulkNotEligible, Code: programs.CodeNotEligible, Sentences: []string{"This is for veterans and those who live with them."}},
	}}
}()

const bulkOutcomes = "Each person has an `outcome`:\n\n" +
	"| outcome | what it means |\n|---|---|\n" +
	"| `done` | they have what was asked |\n" +
	"| `waitlisted` | no place was free in the program or the cohort; they wait for one, in the order given |\n" +
	"| `left_to_colleagues` | somebody else looks at it and decides |\n" +
	"| `already_enrolled` | they are in the program, or have applied or wait; `enrollment_id` and `state` say where |\n" +
	"| `not_eligible` | a rule is not met; the sentences say which |\n" +
	"| `facts_missing` | a fact is missing that a rule asks for; enroll them one by one, or give a `waive_reason` |\n" +
	"| `not_found` | unknown, or a record that is kept to others; of enrollments also your own and those of somebody close to you |\n" +
	"| `own_record` | when people are enrolled: you yourself, or somebody close to you |\n" +
	"| `refused` | anything else: `code` and `sentences` are those of the step for one; `guardian_required` of somebody under 18 without exactly one confirmed guardian: enroll them one by one, with `entered_for` |\n\n" +
	"`dry_run` is **true unless you send false**. A dry run takes the same steps and takes all of them back: it writes nothing but the line in the log that you looked at these people, and the real " +
	"run answers the same when nothing has changed meanwhile. Both are one transaction: whoever cannot be done is listed, all others are done, or, when the whole request is refused, nobody."

var bulkEnrollOp = op{
	ID: "bulkEnroll", Tag: "Enrollments", Summary: "Enroll many people at once, with a dry run",
	Doc: "Gives up to 200 people places in a program: `enrolled` (the default), `active` or `waitlisted`. The order of `member_ids` decides who gets the places that are free. Rules are asked for " +
		"everybody; `waive_reason` waives those that are not met, for each person in the log. The intake form is asked of each, and each gets the mail that one would.\n\n" + bulkOutcomes,
	Errors: []services.Code{programs.CodeNotRunning, programs.CodeAlreadyEnrolled},
	Request: programs.BulkEnroll{MemberIDs: []uuid.UUID{*bulkExample.Items[0].MemberID, *bulkExample.Items[1].MemberID, *bulkExample.Items[2].MemberID}, CohortID: &cohortExample.ID,
		State: models.EnrollmentEnrolled},
	Example: bulkExample,
}

var bulkStepOp = op{
	ID: "bulkStep", Tag: "Enrollments", Summary: "Take one step for many enrollments, with a dry run",
	Doc: "Up to 200 enrollments, of one program or of several: `waitlist`, `enroll`, `deny`, `activate`, `complete`, `withdraw` or `move`, with what the step for one takes. `deny`, `complete` and " +
		"`withdraw` need a `reason`. What cannot be done is listed, in order, and the rest is done.\n\n" + bulkOutcomes,
	Errors:  []services.Code{programs.CodeAlreadyEnrolled},
	Request: map[string]any{"enrollment_ids": []string{"0199c1f2-8f6b-7a34-b0d1-6a2f0c9bf201", "0199c1f2-8f6b-7a34-b0d1-6a2f0c9bf202"}, "step": "complete", "reason": "finished", "dry_run": false},
	Example: func() programs.BulkAnswer {
		first, second := uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9bf201"), uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9bf202")
		completed, waits := models.EnrollmentCompleted, models.EnrollmentWaitlisted
		return programs.BulkAnswer{Done: 1, Items: []programs.BulkItem{
			{MemberID: bulkExample.Items[0].MemberID, EnrollmentID: &first, Outcome: programs.BulkDone, State: &completed, Sentences: []string{}},
			{MemberID: bulkExample.Items[1].MemberID, EnrollmentID: &second, Outcome: programs.BulkRefused, State: &waits, Code: programs.CodeWrongState,
				Sentences: []string{"This enrollment is waitlisted. What can be done with it: enroll, deny, withdraw, move, move_ahead."}},
		}}
	}(),
}

var getCertificateOp = op{
	ID: "getEnrollmentCertificate", Tag: "Enrollments", Summary: "The certificate of a completed enrollment",
	Doc: "A sheet of letter paper as PDF: the organization, the name the person goes by (never the legal name), the program, the cohort, the days, sessions attended of those offered, the day " +
		"it was completed and a number that is the end of the enrollment's id. The same enrollment gives the same bytes. For the member, the guardian who entered it, and coordinators.\n\n" +
		"409 `not_completed` until it is completed. The fonts know Latin letters, Vietnamese ones included, Greek and Cyrillic; a name in another script " +
		"is 409 `not_printable`: enter a preferred name in one of these.",
	Errors: []services.Code{programs.CodeNotCompleted, programs.CodeNotPrintable}, Example: File{ContentType: "application/pdf"},
}
