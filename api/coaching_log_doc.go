package api

import (
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/calendar"
	"homefront/services/coaching"
)

var (
	logID         = uuid.MustParse("0199c2c0-5a10-7b3c-8f21-2d4e6a8c0b11")
	logNoteID     = uuid.MustParse("0199c2c0-5a10-7b3c-8f21-2d4e6a8c0b12")
	logStarts     = time.Date(2026, time.December, 1, 23, 0, 0, 0, time.UTC)
	logNext       = logStarts.AddDate(0, 0, 14)
	logMinutes    = 50
	loggedExample = coaching.LoggedFacts{LogID: logID, SessionID: goalSession, Version: 3, State: models.CoachingCompleted, Minutes: logMinutes, Modality: models.ModalityOnline, Paid: true, LoggedAt: logStarts.Add(time.Hour)}
	todayPeople   = []coaching.TodayPerson{{MemberID: goalMember, FirstName: "Luis"}}
	todayStep     = coaching.TodayStep{ID: stepID, EngagementID: goalEngagement, Text: stepViewExample.Text, MemberID: &goalMember, OwnerID: &goalMember, People: todayPeople, DueOn: &stepDue, Overdue: true, SessionID: &goalSession}
	todaySession  = coaching.TodaySession{SessionID: goalSession, EngagementID: goalEngagement, State: models.CoachingBooked, StartsAt: logStarts, EndsAt: logStarts.Add(50 * time.Minute), MinutesUntil: 25, Modality: models.ModalityOnline,
		People: todayPeople, Number: 3, PackageSessions: 6, Agreed: []coaching.TodayStep{todayStep}, Flags: []coaching.TodayFlag{}}
)

var logCoachingOp = op{
	ID: "logCoachingSession", Tag: "Coaching", Summary: "Write a session down in one call",
	Doc: `For the coach who holds it. What came of the session, its notes, next steps, how far goals are and the next session are stored together or not at all; only a next session that does not fit loses
nothing else: ` + "`next.booked`" + ` is false then, with the reason.

**From a phone that was offline.** ` + "`log_id`" + ` is made by the client. The same log may be sent again, for ever, and is answered the same; another log under that id is 409 ` + "`log_id_taken`" + ` for 30 days, and is answered like the first one after them: make a new id for each. Logs may come days late and in
any order: before the session was started, and before the log of an earlier one. What a later session, or a later entry, said of a goal stays what holds; the log then stands in the goal's history. A goal that was
set offline is sent before the log that names it. A log of a session that was called off meanwhile is 409 ` + "`not_loggable`" + `, with the state of the session as code in ` + "`errors`" + `: nothing is stored, so
keep the log; if the session took place all the same, a coordinator restores it, or book it at its time and send the log to that one. While our team looks at a session because it was said that the coach did not come
(` + "`with_team`" + `), a log is 409 ` + "`with_our_team`" + `: keep it until they have decided. After a hand-over the coach who held a session can log it for 30 days.
While our team lets the engagement stand still (` + "`paused_by_us`" + `) a log with ` + "`next_steps` or `goals`" + ` is 409 ` + "`engagement_not_active`" + `, and nothing is stored: keep them, and send the log without them.
Only goals that the coach reads can be named.

**Times.** A session that was started can be logged from an hour before its time, others from their start; that somebody did not come from ten minutes after it (409 ` + "`too_early`" + `).

**Attendance** follows from the outcome: with ` + "`completed`" + ` everybody was there who is not named otherwise, and somebody was; with ` + "`no_show_member`" + ` nobody was (name who had excused themselves); with
` + "`no_show_coach`" + ` nothing is known of them. It goes into the attendance of the program.

**Notes** are signed unless ` + "`sign`" + ` is false, and can be amended from then on. Of a couple ` + "`shared_summary`" + ` without ` + "`member_id`" + ` goes to both and holds only what was said together; private and
supervision notes name one. No answer holds a word of a log.

Facts are corrected with ` + "`PATCH …/log`" + `, notes are amended, steps and goals are changed by themselves.`,
	Errors: []services.Code{coaching.CodeNotActive, coaching.CodeNotLoggable, coaching.CodeWithOurTeam, coaching.CodeTooEarly, coaching.CodeAlreadyLogged, coaching.CodeLogIDTaken, coaching.CodeCoachSuspended, coaching.CodeNotBegun, coaching.CodeNoteClosed, coaching.CodeNoteTaken, services.CodeDuplicate},
	Request: coaching.LogCoaching{LogID: logID, Outcome: "completed", Minutes: &logMinutes, SharedSummary: &coaching.LogNote{Text: "We looked at the evenings. Luis reads before he sleeps now."}, PrivateNote: &coaching.LogNote{Text: "Ask about the nights before the anniversary."},
		NextSteps: []coaching.NewAction{newStepExample}, Goals: []coaching.GoalProgress{{GoalID: goalID, Progress: 60}}, Next: &coaching.NextCoaching{StartsAt: logNext}},
	Example: coaching.LoggedCoaching{LoggedFacts: loggedExample, Notes: []coaching.LoggedNote{{ID: logNoteID, Tier: models.NoteShared, State: models.NoteSigned, MemberID: &goalMember}}, StepIDs: []uuid.UUID{stepID}, GoalIDs: []uuid.UUID{goalID},
		Next: &coaching.LoggedNext{StartsAt: logNext, Code: calendar.CodeDoubleBooked, Reason: "That time is not free any more. Choose another."}},
}

var correctCoachingLogOp = op{
	ID: "correctCoachingLog", Tag: "Coaching", Summary: "Correct the facts of a log",
	Doc: `What came of the session, its minutes, how it took place, whether it was paid and who was there: by the coach who held it, and by coordinators, who say why. The attendance of the program follows, and so does the package.
Another ` + "`outcome`" + ` without minutes and attendance has those that go with it. Words are not corrected here: notes are amended. Of a session that its coach has not written down a coordinator stores the facts so, with ` + "`outcome`" + `: that settles one that is ` + "`with_team`" + `, which the coach does not
change (409 ` + "`with_our_team`" + `). If-Match takes the session's ETag, which the answer of ` + "`POST …/log`" + ` carries too.`,
	Errors:  []services.Code{coaching.CodeNotLogged, coaching.CodeNotTheirCoach, coaching.CodeWithOurTeam, coaching.CodeNotLoggable, coaching.CodeTooEarly},
	Request: coaching.EditLog{Minutes: services.Some(45), Reason: "We ended early"}, Example: loggedExample,
}

var coachTodayOp = op{
	ID: "getCoachToday", Tag: "Coaching", Summary: "My day as a coach",
	Doc: `All that a coach needs to begin the day, in one request.

- ` + "`sessions`" + ` of the day with who comes, ` + "`minutes_until`" + `, which of the package it is (` + "`number` of `package_sessions`" + `), and in ` + "`agreed`" + ` the open steps of last time.
- ` + "`flags`" + ` say what to know before: ` + "`first_session`, `last_of_package`, `over_package`, `limits_not_agreed`" + ` (somebody has not agreed to the limits of confidentiality, or took that back),
` + "`minor`, `needs_log`, `no_shows`" + ` (they did not come to the last ones), ` + "`needs_your_yes`, `with_staff`" + ` (our team looks for a new time), ` + "`paused`" + `.
- ` + "`overdue`" + ` are steps of all clients; ` + "`unlogged`" + ` sessions of earlier days that are not written down; ` + "`requests` and `proposals`" + ` wait for a yes; ` + "`credentials`" + ` end within 60 days.

Notes are not in it: they ask for a password anew. That the coach looked stands in the access log of everybody whom the day tells of.`,
	Errors: []services.Code{services.CodeNotFound},
	Example: coaching.CoachToday{Date: models.NewDate(2026, time.December, 1), TimeZone: "America/Chicago", Sessions: []coaching.TodaySession{todaySession}, Overdue: []coaching.TodayStep{todayStep},
		Unlogged: []coaching.TodaySession{}, Requests: []coaching.TodaySession{}, Proposals: []coaching.TodayProposal{{EngagementID: goalEngagement, Since: goalSetAt}},
		Credentials: []coaching.TodayCredential{{Kind: models.CredentialCoachTraining, ExpiresOn: &goalTarget}}},
}

var myCoachingOp = op{
	ID: "getMyCoaching", Tag: "Coaching", Summary: "My coaching",
	Doc: `The page of somebody who is coached, in one request: who coaches them, the next sessions, open goals and steps with their words, what was shared with them last (ids; ` + "`GET /v1/coaching-notes/{note_id}`" + ` shows
the words), and in ` + "`due`" + ` what they are asked to do: answer the other of a couple who asked them along, accept a coach, agree to the limits of confidentiality, answer a hand-over. Of a couple each sees what is their own
and what is of both. ` + "`engagements`" + ` is empty for who has none.`,
	Example: coaching.MyCoaching{Engagements: []coaching.MyEngagement{{
		EngagementView: coaching.EngagementView{
			Engagement: models.Engagement{Record: models.Record{ID: goalEngagement, Version: 4, CreatedAt: goalSetAt, UpdatedAt: goalMovedAt}, ProgramID: goalEngagement, CoachID: &goalCoach, State: models.EngagementActive,
				FocusAreas: models.Texts[models.Focus]{"sleep"}, Language: "en", Modalities: models.Texts[models.Modality]{}, TimeZone: "America/New_York", Hours: models.Texts[string]{"MO 18:00-20:00"}, PackageSessions: 6,
				RequestedAt: goalSetAt, RequestedBy: goalMember},
			As: "participant", Coach: "Dana R.", People: []coaching.EngagementPerson{{MemberID: goalMember, Name: "Luis O.", You: true, State: models.ParticipantJoined, Agreed: true}}, SessionsUsed: 3, SessionsLeft: 3,
			Missing: []string{}, Review: []string{}},
		Due:      []string{},
		Sessions: []coaching.MyCoachingSession{{ID: goalSession, State: models.CoachingBooked, StartsAt: logStarts, EndsAt: logStarts.Add(50 * time.Minute), TimeZone: "America/New_York", Modality: models.ModalityOnline}},
		Goals:    []coaching.GoalView{goalViewExample}, Steps: []coaching.ActionView{stepViewExample},
		Notes: []coaching.MyCoachingNote{{ID: logNoteID, SessionID: &goalSession, SignedAt: goalMovedAt}},
	}}},
}
