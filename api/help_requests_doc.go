package api

import (
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/outreach"
)

var (
	helpRequestID   = uuid.MustParse("0199c1f6-7f10-7b62-9d5a-4c8e1f3a9009")
	helpAt          = time.Date(2026, time.March, 4, 4, 12, 0, 0, time.UTC) // 23:12 in Fayetteville
	helpDue         = time.Date(2026, time.March, 4, 15, 0, 0, 0, time.UTC)
	helpTakenAt     = helpDue.Add(-40 * time.Minute)
	helpRecordHead  = models.Record{ID: helpRequestID, Version: 1, CreatedAt: helpAt, UpdatedAt: helpAt}
	myHelpExample   = outreach.MyHelpRequest{ID: helpRequestID, CreatedAt: helpAt, Topic: models.HelpTalk, Channel: models.HelpByCall, SafeFrom: ptr("10:00"), SafeUntil: ptr("15:00"), TimeZone: "America/New_York", Status: models.HelpReceived, AskedAt: helpAt}
	staffedExample  = outreach.StaffedHours{From: "09:00", Until: "17:00", Days: []string{"Mon", "Tue", "Wed", "Thu", "Fri"}, TimeZone: "America/New_York", NextFrom: helpDue.Add(-time.Hour), Words: "A person on our team reads this between 09:00 and 17:00, Mon to Fri (America/New_York)."}
	takenExample    = models.HelpRequest{Record: helpRecordHead, MemberID: luisID, Topic: models.HelpTalk, Channel: models.HelpByCall, SafeFrom: ptr("10:00"), SafeUntil: ptr("15:00"), TimeZone: "America/New_York", Status: models.HelpTaken, AskedAt: helpAt, DueAt: helpDue, TakenBy: &coordinatorID, TakenAt: &helpTakenAt}
	answeredExample = models.HelpRequest{Record: helpRecordHead, MemberID: luisID, Topic: models.HelpTalk, Channel: models.HelpByCall, TimeZone: "America/New_York", Status: models.HelpAnswered, AskedAt: helpAt, DueAt: helpDue, TakenBy: &coordinatorID, TakenAt: &helpTakenAt, AnsweredAt: &helpDue, EndedAt: &helpDue, EndedBy: &coordinatorID}
	helpRowExample  = outreach.HelpRow{HelpRequest: takenExample, Name: "Lou Ortega", TakenByName: ptr("Dana Whitfield"), SafeNow: true}
	helpWhy         = outreach.Reason{Reason: "Asked twice by mistake; talked at the door"}
)

const helpScope = " Nobody sees their own request here, or that of somebody close. Coordinators and admins see all others, responders the live ones and those they took, " +
	"coaches those of people whose work they own. No guardian ever sees one."

var askForHelpOp = op{
	ID: "askForHelp", Tag: "Help requests", Summary: "Please call me",
	Doc: "For oneself, in one tap: an empty body is enough. Send it with an `Idempotency-Key` made when the person tapped, and again when the phone is back online: it makes one request. " +
		"While a request of theirs is open, asking again adds to it (the newest wish counts, the earliest time holds).\n\n" +
		"The answer says when a person reads this, and the truth at night: show `hours.words` and `help_now` at once, and keep `help_now` for offline. It goes to people on our staff alone. " +
		"The system never calls the police, an emergency service, family or an emergency contact. Under 18, no guardian is told by the system; a person on staff decides and keeps the reason.\n\n" +
		"`note` is sealed: the list does not show it, and whoever opens the request is logged.",
	Errors:  []services.Code{"pair", services.CodeTooMany},
	Request: outreach.AskForHelp{Topic: models.HelpTalk, Channel: models.HelpByCall, SafeFrom: ptr("10:00"), SafeUntil: ptr("15:00"), Note: "It has been a hard week."},
	Example: outreach.HelpAnswer{MyHelpRequest: myHelpExample, Hours: staffedExample, HelpNow: outreach.CrisisLines()},
}

var myHelpRequestsOp = op{
	ID: "listMyHelpRequests", Tag: "Me", Summary: "What I asked for, and who will call", Cached: true,
	Doc:     "The latest first. `received`: we have it. `taken`: the person in `taken_by` will reach you; `tried_at` says that they tried. Then `answered`, `closed`, or `withdrawn` by you.",
	Example: outreach.MyHelp{Data: []outreach.MyHelpRequest{myHelpExample}, Hours: staffedExample, HelpNow: outreach.CrisisLines()},
}

var withdrawHelpOp = op{
	ID: "withdrawHelp", Tag: "Help requests", Summary: "Take my request back", Doc: "While it is received or taken. One can ask again at any time.",
	Errors: []services.Code{"help_ended"}, Example: myHelpExample,
}

var listHelpRequestsOp = op{
	ID: "listHelpRequests", Tag: "Help requests", Summary: "Who asked for a call",
	Doc:     "The oldest first; the open ones unless `status` says else. Sorts: `created_at` (default), `due_at`. `safe_now` says whether now is within the person's safe hours, on their clock." + helpScope,
	Example: services.Page[outreach.HelpRow]{Data: []outreach.HelpRow{helpRowExample}},
}

var getHelpRequestOp = op{
	ID: "getHelpRequest", Tag: "Help requests", Summary: "One request, with the words of whoever asked",
	Doc: "What to know before one calls: words, telephone, safe channel and hours, what was tried. The look is logged." + helpScope,
	Example: outreach.HelpView{HelpRow: helpRowExample, Phone: ptr("+19105550142"), Language: "en", Asks: []outreach.Asked{{At: helpAt, Topic: models.HelpTalk, Note: "It has been a hard week."}},
		Contacts: []models.Contact{}},
}

var takeHelpOp = op{
	ID: "takeHelp", Tag: "Help requests", Summary: "I will call them",
	Doc: "The person sees your first name. Of two who take it at once one gets 409 `already_taken`." + helpScope, Errors: []services.Code{"already_taken", "help_ended"}, Example: takenExample,
}

var answerHelpOp = op{
	ID: "answerHelp", Tag: "Help requests", Summary: "Log the call that answers a request",
	Doc: "Logs a contact in the same step. With an outcome of `reached`, `declined` or `other` the request is `answered`. `left_message`, `no_answer` and `wrong_number` leave it open and " +
		"with you, due in another hour of staffed time; the person sees that you tried. After a minor's request a task asks whether a guardian is told." + helpScope,
	Errors: []services.Code{"help_ended", "out_of_range", "required"}, Request: contactRequest, Example: outreach.AnsweredHelp{Request: answeredExample, Contact: contactExample},
}

var handOverHelpOp = op{
	ID: "handOverHelp", Tag: "Help requests", Summary: "Give a request to a colleague, or back to everybody",
	Doc:    "To a coordinator, coach or responder who may see it; they get a mail without names. `to` null gives it back to everybody." + helpScope,
	Errors: []services.Code{"help_ended", "not_staff", "not_answering", "own_record"}, Request: outreach.HandOverHelp{To: &coordinatorID}, Example: takenExample,
}

var closeHelpOp = op{
	ID: "closeHelp", Tag: "Help requests", Summary: "Close a request that needs no answer", Doc: "With the reason, which is kept sealed in the audit log." + helpScope,
	Errors: []services.Code{"help_ended", "required"}, Request: helpWhy, Example: answeredExample,
}

var reopenHelpOp = op{
	ID: "reopenHelp", Tag: "Help requests", Summary: "Open a request again", Doc: "The way back from answered and closed. What a person withdrew, only they ask again." + helpScope,
	Errors: []services.Code{"help_open", "help_withdrawn", "already_open", "required"}, Request: outreach.Reason{Reason: "The line dropped before we had talked"}, Example: takenExample,
}

var decideGuardianOp = op{
	ID: "decideGuardianTold", Tag: "Help requests", Summary: "Decide whether a guardian is told of a minor's request",
	Doc: "The person on staff decides, and says why; the reason is sealed and shown where the request is. The system itself tells nobody: `told` true says that a person does. " +
		"It can be decided anew; the latest counts." + helpScope,
	Errors: []services.Code{"not_minor", "required"}, Request: outreach.GuardianDecision{Told: false, Reason: "She asked us not to; nothing she said puts her in danger"}, Example: takenExample,
}
