package api

import (
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/programs"
)

var (
	recountedID    = uuid.MustParse("0199c8a4-1f07-7d3c-8a46-5b7f21c09e11")
	recountedRate  = 0.8
	recountExample = programs.EnrollmentRecount{EnrollmentID: recountedID, State: models.EnrollmentActive, Repaired: true, AttendanceRate: &recountedRate,
		Before: models.RollUp{Offered: 5, Attended: 3, Missed: 2, ConsecutiveAbsences: 2, LastSeenAt: &workshopStarts},
		After:  models.RollUp{Offered: 6, Attended: 4, Excused: 1, Missed: 1, LastSeenAt: &workshopStarts}}
	rollUpCheckExample = models.RollUpCheck{ID: uuid.MustParse("0199c8a4-1f07-7d3c-8a46-5b7f21c09e12"), At: time.Date(2026, 10, 28, 7, 0, 0, 0, time.UTC), Source: "enrollments",
		LookedAt: 412, Differences: 1, Examples: models.IDs{recountedID}}
)

var listRollUpChecksOp = op{
	ID: "listRollUpChecks", Tag: "Enrollments", Summary: "What the nightly checks of attendance sums found",
	Doc: `An enrollment's sums (offered, attended, excused, missed, consecutive absences, last seen) are kept by every write that changes one of them. Each night two
checks look for what went wrong all the same, and put nothing right:

| ` + "`source`" + ` | compares |
|---|---|
| ` + "`enrollments`" + ` | each enrollment's sums with the attendance they add up; ` + "`examples`" + ` are enrollments, put right by ` + "`POST /enrollments/{id}/recount`" + ` |
| ` + "`workshop_session`" + ` | what programs were told of completed sessions with the sheets themselves; ` + "`examples`" + ` are sessions, put right by ` + "`POST /sessions/{id}/recount`" + ` |

A difference also opens a task for admins, which is dropped when the next check finds none. The latest is first; ` + "`wrong=true`" + ` lists only those that found
something. For admins.`,
	Example: services.Page[models.RollUpCheck]{Data: []models.RollUpCheck{rollUpCheckExample}},
}

var recountEnrollmentOp = op{
	ID: "recountEnrollment", Tag: "Enrollments", Summary: "Add up an enrollment's attendance anew",
	Doc: `Counts every occasion of the program on the enrollment's days; what fell into a pause counts only where the person came all the same. Answers the sums before and
after. There is nothing to repair unless a nightly check names the enrollment. Never one's own, nor a relative's.`,
	Example: recountExample,
}

var recountSessionOp = op{
	ID: "recountSession", Tag: "Attendance", Summary: "Sum up a session anew",
	Doc: `Sums up the attendance of all who were on the sheet, and says again to the workshop's program who was there; the sums of their enrollments follow. What was entered
stays. There is nothing to repair unless a nightly check names the session.`,
	Example: sessionExample,
}
