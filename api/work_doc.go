package api

import (
	"homefront/models"
	"homefront/services"
	"homefront/services/outreach"
	"homefront/services/people"
	"homefront/services/tasks"
)

var helpTaskExample = models.Task{Record: taskExample.Record, Kind: models.TaskHelpRequest, Title: "Somebody asked for a call", MemberID: &luisID, About: "help_request", RecordID: &helpRequestID,
	Queue: "coordinators", DueAt: helpDue, Status: models.TaskOpen}

var myWorkOp = op{
	ID: "getMyWork", Tag: "Work", Summary: "My day", Cached: true,
	Doc: "Everything one has before oneself, in one request, the first due at the top: tasks, follow-ups of contacts and referrals, help requests. `view` picks a part; `counts` hold whatever page is " +
		"shown. Each item says whom it is about and what to know before one calls: the safe channel, the hours on that person's own clock and whether now is within them, when they were last reached. " +
		"`separations` is true when somebody is kept apart from them: look before you bring people together; it is null for those who may not know. A snoozed task is back when its time has come.\n\n" +
		"Poll it with `If-None-Match`." + taskScope,
	Example: outreach.Work{
		Page: services.Page[outreach.WorkItem]{Data: []outreach.WorkItem{{Task: helpTaskExample, Overdue: false,
			Person: &outreach.WorkPerson{ID: luisID, Name: "Lou Ortega", Pronouns: ptr("he/him"), Language: "en", Channel: ptr("call"), SafeFrom: ptr("10:00"), SafeUntil: ptr("15:00"),
				TimeZone: "America/New_York", SafeNow: true, Separations: ptr(false), Status: models.MemberActive,
				LastContact: &outreach.LastContact{At: contactWhen, Kind: models.ContactCall, Outcome: models.OutcomeReached}},
			Help: &outreach.WorkHelp{ID: helpRequestID, Status: models.HelpReceived, Topic: models.HelpTalk}}}},
		Counts: outreach.WorkCounts{Mine: 4, Queue: 7, Overdue: 1, HelpWaiting: 1},
	},
}

var handOverTasksOp = op{
	ID: "handOverTasks", Tag: "Tasks", Summary: "Give a colleague's open work to somebody else",
	Doc: "All live tasks that `from` owns, or those in `task_ids`, and the help requests they took; `to` null gives them back to their queues. Each says what became of it: what is about the new owner or " +
		"somebody close to them stays (`own_record`), and a help request moves only to somebody who answers them (`not_answering`). The new owner gets one mail." + taskScope,
	Errors: []services.Code{"not_staff", "same_person"}, Request: outreach.HandOver{From: coordinatorID, To: &anaID},
	Example: outreach.HandedOver{Data: []tasks.Handed{{TaskID: taskExample.ID, Record: "guardianship", RecordID: &ortegaLinkID, Title: taskExample.Title, Moved: true}}},
}

var listExpiringCredentialsOp = op{
	ID: "listExpiringCredentials", Tag: "People", Summary: "What ends soon, across everybody",
	Doc: "Checks and trainings whose last day comes before `expiring_before` (30 days from today when absent) and that no longer one of the same kind replaces, the first to end at the top; lapsed ones too. " +
		"Thirty and seven days before the end its holder gets a mail and coordinators a task. Who lapsed cannot be booked for work with minors, and what is booked becomes a task per workshop. " +
		"Nobody sees their own or those of somebody close.",
	Errors:  []services.Code{"bad_date"},
	Example: services.Page[people.ExpiringCredential]{Data: []people.ExpiringCredential{{Credential: credentialExample, Name: "Dana Whitfield"}}},
}
