package api

import (
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
)

var (
	goalID          = uuid.MustParse("0199c2b0-1c40-7d21-9a0e-5e7f3a1b2c01")
	stepID          = uuid.MustParse("0199c2b0-1c40-7d21-9a0e-5e7f3a1b2c02")
	goalEngagement  = uuid.MustParse("0199c2a0-77aa-7b11-8c2d-0d9e4f6a1b01")
	goalSession     = uuid.MustParse("0199c2a1-2b10-7f42-9d33-1e0f5a7b2c03")
	goalMember      = uuid.MustParse("0199c1e0-0a00-7000-8000-00000000000a")
	goalCoach       = uuid.MustParse("0199c1e0-0a00-7000-8000-00000000000c")
	goalSetAt       = time.Date(2026, time.November, 3, 23, 10, 0, 0, time.UTC)
	goalMovedAt     = time.Date(2026, time.November, 17, 23, 0, 0, 0, time.UTC)
	goalTarget      = models.NewDate(2027, time.January, 31)
	stepDue         = models.NewDate(2026, time.November, 30)
	goalExample     = models.CoachingGoal{Record: models.Record{ID: goalID, Version: 2, CreatedAt: goalSetAt, UpdatedAt: goalMovedAt}, EngagementID: goalEngagement, MemberID: &goalMember, SetBy: goalCoach, State: models.GoalOpen, Progress: 40, TargetOn: &goalTarget}
	goalViewExample = coaching.GoalView{CoachingGoal: goalExample, Words: "Sleep six hours on five nights a week", Measure: "Nights in the sleep diary"}
	stepExample     = models.CoachingAction{Record: models.Record{ID: stepID, Version: 1, CreatedAt: goalMovedAt, UpdatedAt: goalMovedAt}, EngagementID: goalEngagement, GoalID: &goalID, SessionID: &goalSession, MemberID: &goalMember, OwnerID: &goalMember,
		SetBy: goalCoach, DueOn: &stepDue}
	stepViewExample = coaching.ActionView{CoachingAction: stepExample, Text: "Put the phone into the kitchen at ten"}
	newStepExample  = coaching.NewAction{Text: stepViewExample.Text, DueOn: &stepDue}
	stepTextChanged = services.Some("Put the phone into the kitchen at half past nine")
)

// confidenceRule is told wherever goals and steps are read.
const confidenceRule = `

**Who reads it.** Those who are coached, and their coach while the coaching goes on; nobody else. Coordinators and admins get a 404 with the bytes of an unknown id, and so does a
guardian who asked for a minor: they see times and places, never words. Of a couple each reads what is their own and what is of both; ` + "`member_id`" + ` says which. Who has left a couple
keeps what was theirs alone. A coach who took over reads what was set before them only if those who are coached said so at the hand-over; after a hand-over or the end a coach reads none of it.
While our team lets the engagement stand still (` + "`paused_by_us`" + `) the coach reads only what nobody has touched since.

Words are sealed under the key of each reader. A coach's look stands in the reader's access log. ` + "`unreadable: true`" + ` marks one whose words are not what was written; they are left out, and can be set anew.`

// pausedRule is told wherever goals and steps are set or changed.
const pausedRule = `

While our team lets the engagement stand still (` + "`paused_by_us`" + `) its coach sets and changes none: 409 ` + "`engagement_not_active`" + `. Those who are coached go on with their own.`

var listGoalsOp = op{
	ID: "listCoachingGoals", Tag: "Coaching", Summary: "Goals of an engagement",
	Doc:     `In the order in which they were set.` + confidenceRule,
	Example: services.Page[coaching.GoalView]{Data: []coaching.GoalView{goalViewExample}},
}

var setGoalOp = op{
	ID: "setCoachingGoal", Tag: "Coaching", Summary: "Set a goal",
	Doc: `By one of those who are coached or by their coach, while the engagement is active or paused; 30 are open at a time at most.

A goal is specific, has a measure and, if they like, a date. ` + "`member_id`" + ` says whose it is: leave it out for an engagement of one, and for a goal of both of a couple. Of a couple nobody sets
a goal for the other alone. ` + "`id`" + ` may be made by the client (UUIDv7), so that a phone that is offline can name the goal in steps and in the log of a session, and
can send it again: the same goal under the same id is set once, and another under it is 409 ` + "`id_taken`" + `.

The answer holds no words: it is kept for 24 hours for repetitions of the same Idempotency-Key, and words are not kept in clear. Read them with ` + "`GET /v1/goals/{goal_id}`" + `.` + pausedRule,
	Errors:  []services.Code{coaching.CodeNotActive, coaching.CodeGoalsFull, coaching.CodeNoteTaken},
	Request: coaching.NewGoal{Words: goalViewExample.Words, Measure: goalViewExample.Measure, TargetOn: &goalTarget},
	Example: goalExample,
}

var getGoalOp = op{
	ID: "getCoachingGoal", Tag: "Coaching", Summary: "One goal and how it moved",
	Doc: "`history`" + ` tells how far it was and since when, the newest first. What was said in a session counts from that session on, whenever the coach's phone delivered it; ` + "`recorded_at`" + ` tells when
that was.` + confidenceRule,
	Example: coaching.GoalHistory{GoalView: goalViewExample, History: []models.CoachingGoalMove{{ID: stepID, GoalID: goalID, At: goalMovedAt, RecordedAt: goalMovedAt.Add(time.Hour), MovedBy: goalCoach, SessionID: &goalSession, State: models.GoalOpen, Progress: 40}}},
}

var updateGoalOp = op{
	ID: "updateCoachingGoal", Tag: "Coaching", Summary: "Change a goal, or move it on",
	Doc: `By whoever reads it. ` + "`achieved`" + ` sets the progress to 100 unless another is sent with it; ` + "`dropped`" + ` may carry a reason, which is sealed like the words; ` + "`open`" + ` opens it
again. Each change of progress or state stays in its history.` + pausedRule,
	Errors:  []services.Code{coaching.CodeNotActive},
	Request: coaching.EditGoal{Progress: services.Some(60)}, Example: goalViewExample,
}

var listActionsOp = op{
	ID: "listCoachingActions", Tag: "Coaching", Summary: "Next steps of an engagement",
	Doc:     `In the order in which they were agreed on. ` + "`owner_id`" + ` is who does it: null stands for both of a couple, together. A step is open while ` + "`done_at` and `dropped_at`" + ` are null.` + confidenceRule,
	Example: services.Page[coaching.ActionView]{Data: []coaching.ActionView{stepViewExample}},
}

var addActionOp = op{
	ID: "addCoachingAction", Tag: "Coaching", Summary: "Add a next step",
	Doc: `By one of those who are coached or by their coach, while the engagement is active or paused; 200 are open at a time at most. A step to a goal of one of a couple is for that one alone. Who does it must
be able to read it: one whom it is for, or the coach. With an ` + "`id`" + ` of its own it may be sent again, as a goal may. The answer holds no words, as that of ` + "`POST …/goals`" + `.` + pausedRule,
	Errors:  []services.Code{coaching.CodeNotActive, coaching.CodeActionsFull, coaching.CodeNoteTaken},
	Request: newStepExample, Example: stepExample,
}

var listGoalActionsOp = op{
	ID: "listCoachingGoalActions", Tag: "Coaching", Summary: "Next steps to a goal",
	Doc:     `As ` + "`GET /v1/engagements/{engagement_id}/actions`" + `, of one goal.` + confidenceRule,
	Example: services.Page[coaching.ActionView]{Data: []coaching.ActionView{stepViewExample}},
}

var addGoalActionOp = op{
	ID: "addCoachingGoalAction", Tag: "Coaching", Summary: "Add a next step to a goal",
	Doc:     `As ` + "`POST /v1/engagements/{engagement_id}/actions`; `goal_id`" + ` is that of the path.`,
	Errors:  []services.Code{coaching.CodeNotActive, coaching.CodeActionsFull, coaching.CodeNoteTaken},
	Request: newStepExample, Example: stepExample,
}

var getActionOp = op{
	ID: "getCoachingAction", Tag: "Coaching", Summary: "One next step",
	Doc: `With its words.` + confidenceRule, Example: stepViewExample,
}

var updateActionOp = op{
	ID: "updateCoachingAction", Tag: "Coaching", Summary: "Change a next step",
	Doc:     `By whoever reads it. ` + "`dropped: true`" + ` when it is no longer wanted; it stays readable. What is done is ticked off with ` + "`POST …/done`" + `.` + pausedRule,
	Errors:  []services.Code{coaching.CodeNotActive},
	Request: coaching.EditAction{Text: stepTextChanged}, Example: stepViewExample,
}

var doneActionOp = op{
	ID: "doneCoachingAction", Tag: "Coaching", Summary: "Tick off a next step",
	Doc: `By whoever reads it, after the end of the coaching too. Ticking it off again changes nothing, so a phone may repeat it.`, Example: doneStep(),
}

var undoneActionOp = op{
	ID: "undoneCoachingAction", Tag: "Coaching", Summary: "Take back that a next step is done",
	Doc: `It is open again.`, Example: stepExample,
}

func doneStep() models.CoachingAction {
	done := stepExample
	done.DoneAt, done.DoneBy = &goalMovedAt, &goalMember
	return done
}
