package api

import (
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/outreach"
	"homefront/services/workshops"
)

var (
	thanksID         = uuid.MustParse("0199c1f8-2a44-7c10-8e5d-5b7a9d2c1e08")
	feedbackSession  = uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9be0d2")
	feedbackScore    = 9
	feedbackGivenAt  = time.Date(2026, time.October, 28, 1, 10, 0, 0, time.UTC)
	feedbackClosesAt = time.Date(2026, time.November, 10, 23, 30, 0, 0, time.UTC)
	danaLed          = workshops.Leader{MemberID: facilitatorID, Name: "Dana R."}
	feedbackTitle    = "Living with Hypervigilance: Sleep"
	feedbackThanks   = "Thank you for staying with us to the end."
	myFeedback       = workshops.MyFeedback{
		SessionID: feedbackSession, Title: feedbackTitle, Score: &feedbackScore, Word: "The breathing exercise helped me sleep", GivenAt: &feedbackGivenAt, OpenUntil: feedbackClosesAt,
		LedBy:  []workshops.Leader{danaLed},
		Thanks: []workshops.ThanksSaid{{ID: thanksID, To: danaLed, Words: feedbackThanks, SaidAt: feedbackGivenAt, Until: feedbackGivenAt.Add(models.ThanksHeldFor)}}, HelpNow: outreach.CrisisLines(),
	}
	tenAnswers      = workshops.FeedbackNumbers{N: 10, Mean: 8.4, Low: 1, Middle: 4, High: 5}
	feedbackExample = workshops.FeedbackSummary{Feedback: &tenAnswers, Words: []string{"More time for questions, please", "The breathing exercise helped me sleep"}}
)

// feedbackRule is told wherever results are read.
const feedbackRule = `

**How it is shown.** Nobody can see who said what, not even by looking again and again. Answers are shown in groups of five or more alone, and each number here is the
sum of whole groups:

- a group is formed when five people have answered of whom no group ever had the answer; until then nothing moves. Answers of people who may read results themselves
(coordinators, admins, facilitators) are in it, but are not among the five, for they know their own; and a group in which fewer than five others are is not shown to them. What it adds up to is fixed at that moment, so the
numbers move in steps of five answers or more, and ` + "`feedback`" + ` is null before the first;
- an answer that is changed counts as it was until the next group of its session is formed;
- an answer that is taken back ends its group at once, numbers and words, since four would be left. These four count again with the next five;
- words are shown with the group in which their author first is, in an order that says nothing, without the session and the time. Words of a group that ended are not
shown again, nor are words that were changed after they were shown;
- a session's answers wait for one another for 14 days. What is then left over joins what is left over from other sessions of the workshop, later from other workshops of
the program, again from five people up. So the sessions need not add up to the workshop, and what is missing is five answers or more;
- of a facilitator only groups count all of whose sessions they led.

However somebody adds and subtracts what they saw, of whatever and whenever, what comes out depends on five people's answers or more. How many have answered so far is
not told, on purpose. Looks are in the audit log.

The scores are of sessions, not of people: thanks are apart from them and tied to nothing, and neither is meant for appraisals.`

var giveFeedbackOp = op{
	ID: "giveFeedback", Tag: "Feedback", Summary: "Say how a session was", NoMatch: true,
	Doc: `For adults who were there (` + "`present` or `late`" + `), about themselves, from the end of the session until 14 days later; children are not asked, nor is whoever led it. The whole answer is sent each
time and replaces the one before; sending the same again changes nothing, so a phone may repeat it. Until ` + "`open_until`" + ` it can be changed, and taken back at any time.

Score and words are sealed under the person's key. Staff see them only added up with those of four others or more (see ` + "`GET /v1/workshops/{workshop_id}/feedback`" + `); who said
it is kept so that it can be changed and taken back, and is shown to nobody. Words that tell who wrote them do so there, too: say so beside the field.

` + "`thanks`" + ` go to those who led the session, or to some of them (` + "`led_by` of `GET …/feedback/mine`" + `): to each of them alone, with first name and initial, ten minutes later; until then
they can be changed by sending them again, and taken back. They are tied to no score. Leave ` + "`thanks`" + ` out and what was said before stands.

No person reads this at once. Show ` + "`help_now`" + ` beside the answer, whatever the score was, and keep it for offline.`,
	Errors:  []services.Code{workshops.CodeLedIt, workshops.CodeNotThere, workshops.CodeNotOver, workshops.CodeFeedbackClosed, workshops.CodeAlreadyThanked},
	Request: workshops.GiveFeedback{Score: 9, Word: myFeedback.Word, Thanks: &workshops.SayThanks{Words: feedbackThanks}}, Example: myFeedback,
}

var withdrawFeedbackOp = op{
	ID: "withdrawFeedback", Tag: "Feedback", Summary: "Take back what I said of a session", NoMatch: true,
	Doc: `At any time, and it counts at once: the group in which it was shown is shown no more. Thanks are apart and stay; they are taken back by themselves. Doing it again changes nothing.`,
}

var getMyFeedbackOp = op{
	ID: "getMyFeedback", Tag: "Feedback", Summary: "What I said of a session",
	Doc: `And whom one can thank: ` + "`led_by`" + `. ` + "`score`" + ` is null while nothing is said. It answers for everybody who had a place in the session as an adult, and 404 for others.`, Example: myFeedback,
}

var getWorkshopFeedbackOp = op{
	ID: "getWorkshopFeedback", Tag: "Feedback", Summary: "What people said of a workshop",
	Doc: `Coordinators see all of it. Those who lead it see what was said of sessions that they led themselves.` + feedbackRule,
	Example: workshops.WorkshopFeedback{WorkshopID: workshopID, FeedbackSummary: feedbackExample,
		Sessions: []workshops.SessionNumbers{{SessionID: feedbackSession, Title: "Sleep", StartsAt: workshopStarts, Feedback: workshops.FeedbackNumbers{N: 5, Mean: 8.8, Middle: 2, High: 3}}}},
}

var getFacilitatorFeedbackOp = op{
	ID: "getFacilitatorFeedback", Tag: "Feedback", Summary: "What people said of the sessions that somebody led",
	Doc:     `Facilitators see their own; coordinators that of everybody who is not close to them and whose record is not kept to others. Whose it is sees in their access log that somebody looked.` + feedbackRule,
	Example: feedbackExample,
}

var getProgramFeedbackOp = op{
	ID: "getProgramFeedback", Tag: "Feedback", Summary: "What people said of the workshops of a program",
	Doc: `Coordinators see all of it, facilitators what was said of sessions that they led.` + feedbackRule, Example: feedbackExample,
}

var listThanksOp = op{
	ID: "listThanks", Tag: "Feedback", Summary: "Who says thank you to me",
	Doc: `The newest first (` + "`-said_at`" + `). Only the person who was thanked reads them: no coordinator, no admin, and no report. They arrive ten minutes after they were said.`,
	Example: services.Page[workshops.ThanksReceived]{Data: []workshops.ThanksReceived{{ID: thanksID, From: "Luis O.", Words: feedbackThanks, SessionID: feedbackSession, Title: feedbackTitle,
		On: models.NewDate(2026, time.October, 27)}}},
}

var takeBackThanksOp = op{
	ID: "takeBackThanks", Tag: "Feedback", Summary: "Take thanks back", NoMatch: true,
	Doc:    `Within ten minutes, before anybody has read them. The id is in ` + "`thanks` of `GET /v1/sessions/{session_id}/feedback/mine`" + `.`,
	Errors: []services.Code{workshops.CodeDelivered},
}
