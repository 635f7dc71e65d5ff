package api

import (
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/programs"
)

var (
	plannedAt      = time.Date(2026, 9, 1, 13, 0, 0, 0, time.UTC)
	programExample = programs.ProgramView{
		Program: models.Program{
			Record: models.Record{ID: uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9bf001"), Version: 1, CreatedAt: plannedAt, UpdatedAt: plannedAt},
			Name:   "Family Awareness", Slug: "family-awareness", Summary: "What PTSD does to a household, and what a household can do",
			Population: "Veterans since 2001 and the people they live with", Status: models.ProgramActive, StartsOn: day(2026, time.January, 1), TimeZone: "America/New_York",
			Rules: models.Rules{{Key: "who", Rule: models.RuleKinds, Values: []string{"veteran", "spouse", "partner"}}}, Capacity: count(40), TakesApplications: true,
		},
		Taken: count(31), Open: true, Counts: &programs.HeadCounts{Applied: 4, Waitlisted: 3, Enrolled: 6, Active: 24, Paused: 1, Completed: 112, Denied: 5, Withdrawn: 17},
	}
	programEnded = func() programs.ProgramView {
		p := programExample
		p.Version, p.Status, p.StatusReason, p.ClosedAt, p.Open, p.Taken = 2, models.ProgramCompleted, "The grant ended", &plannedAt, false, count(0)
		p.Counts = &programs.HeadCounts{Completed: 143, Denied: 8, Withdrawn: 21}
		return p
	}()
	statusReason = programs.StatusReason{Reason: "The grant ended; its people were moved to Battle Buddy"}
)

func day(y int, m time.Month, d int) *models.Date {
	on := models.NewDate(y, m, d)
	return &on
}

var listProgramsOp = op{
	ID: "listPrograms", Tag: "Programs", Summary: "The organization's programs",
	Doc: "By name. `status` may be repeated. `takes_applications=true` leaves those to which a member may apply today: that take applications, are not over, and whose last day for " +
		"applications has not passed in the program's own zone. `q` is looked for in name, summary and population, whatever its accents and case.\n\n" +
		"Staff see every program with `taken` and `counts`. Others see whether it is `full` and whether it is `open`, and no program that is still `planned`, takes no applications and in " +
		"which neither they nor anybody they entered is enrolled.",
	Example: services.Page[programs.ProgramView]{Data: []programs.ProgramView{programExample}},
}

var createProgramOp = op{
	ID: "createProgram", Tag: "Programs", Summary: "Add a program",
	Doc: "The slug is its short name for addresses, and unique. Without a `time_zone` its days are days in America/New_York.\n\n" +
		"`rules` say who may enroll; all of them must be met, and none are the same as everybody. `intake_form_id` names a published form of the purpose `intake`. `capacity` bounds how " +
		"many are enrolled, active or paused at once. All that is wrong is listed at once.",
	Errors: []services.Code{programs.CodeSlugTaken},
	Request: programs.NewProgram{Name: "Family Awareness", Slug: "family-awareness", Summary: programExample.Summary, Population: programExample.Population, Status: models.ProgramActive,
		StartsOn: day(2026, time.January, 1), TimeZone: "America/New_York", Rules: programExample.Rules, Capacity: count(40), TakesApplications: true},
	Example: programExample,
}

var getProgramOp = op{
	ID: "getProgram", Tag: "Programs", Summary: "One program",
	Doc:     "Who sees which, and what of it: as in the list. A program that is hidden answers as an unknown id does.",
	Example: programExample,
}

var updateProgramOp = op{
	ID: "updateProgram", Tag: "Programs", Summary: "Change a program",
	Doc: "What is absent stays; null clears what can be empty. New workshops and enrollments can be put under programs that are `planned` or `active` only; those that are there stay.\n\n" +
		"`starts_on` and `ends_on` cannot leave out the days of a cohort or an enrollment: 409 `dates_in_use` says how many stand in the way. `capacity` cannot be less than the places taken: " +
		"409 `capacity_below_taken` with the number. More places are given to nobody by themselves. Other `rules` change nothing for who is enrolled. Waivers of a rule that asks something else from now on under its key, or is gone, are withdrawn; other `words` alone change nothing.\n\n" +
		"`status` moves as the verbs do and is refused as they are, but keeps no reason: prefer them. `active` goes back to `planned` by this alone.",
	Errors:  []services.Code{programs.CodeSlugTaken, programs.CodeDatesInUse, programs.CodeCapacityTaken, programs.CodeWrongState, programs.CodeLive, programs.CodeNotReady},
	Request: map[string]any{"capacity": 45, "ends_on": "2026-12-31", "takes_applications": false},
	Example: programExample,
}

var activateProgramOp = op{
	ID: "activateProgram", Tag: "Programs", Summary: "Begin a planned program",
	Doc:     "From `planned` to `active`. A form that was archived since it was chosen answers 409 `not_ready`: restore it, or choose another.",
	Errors:  []services.Code{programs.CodeWrongState, programs.CodeNotReady},
	Example: programExample,
}

var completeProgramOp = op{
	ID: "completeProgram", Tag: "Programs", Summary: "End a program that has run its course",
	Doc: "From `active` to `completed`, with a reason that staff see as `status_reason`. Refused with 409 `has_live_enrollments` and their number while anybody in it has applied, waits, or " +
		"has a place: complete or withdraw them first, many at once with `POST /v1/enrollments/bulk`. Cohorts and workshops under it stay as they are.",
	Errors: []services.Code{programs.CodeWrongState, programs.CodeLive}, Request: statusReason, Example: programEnded,
}

var cancelProgramOp = op{
	ID: "cancelProgram", Tag: "Programs", Summary: "Give a program up",
	Doc:    "From `planned` or `active` to `cancelled`, with a reason; refused as completing is. Workshops under it are called off one by one, so that those who come are told.",
	Errors: []services.Code{programs.CodeWrongState, programs.CodeLive}, Request: statusReason,
	Example: func() programs.ProgramView {
		p := programEnded
		p.Status = models.ProgramCancelled
		return p
	}(),
}

var reopenProgramOp = op{
	ID: "reopenProgram", Tag: "Programs", Summary: "Take the end of a program back",
	Doc: "A `completed` program is `active` again; a `cancelled` one is `active`, or `planned` when its first day is still to come. Enrollments that ended stay ended: reopen them one by one " +
		"where somebody goes on. A form that was archived meanwhile answers 409 `not_ready`: restore it, or choose another.",
	Errors: []services.Code{programs.CodeWrongState, programs.CodeNotReady}, Request: programs.StatusReason{Reason: "The grant was renewed"}, Example: programExample,
}
