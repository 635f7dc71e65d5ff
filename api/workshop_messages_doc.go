package api

import (
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

var (
	messageWrittenAt  = time.Date(2026, time.October, 26, 14, 0, 0, 0, time.UTC)
	workshopMessageID = uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9be6a1")
	messageDeliveryID = uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9be6a2")
	messageSessionID  = sessionExample.ID
	messageSentAt     = messageWrittenAt.Add(10 * time.Minute)
	messageRecalledAt = messageWrittenAt.Add(4 * time.Minute)
	messageRequest    = workshops.WriteToAttendees{Subject: "Parking has moved", Body: "The lot behind the hall is closed on Tuesday. Please park at the library.", Essential: true}
	messageToAbsent   = workshops.WriteToAttendees{Subject: "We missed you", Body: "The notes of the evening are at the front desk.",
		To: workshops.MessageRecipients{Attendance: []models.AttendanceStatus{models.AttendanceAbsent}}}
	messageWaiting = workshops.WorkshopMessageView{Author: "Cora R.", WorkshopMessage: models.WorkshopMessage{ID: workshopMessageID, CreatedAt: messageWrittenAt, WorkshopID: workshopID, WrittenBy: coordinatorID,
		Subject: messageRequest.Subject, Body: messageRequest.Body, States: models.Texts[models.RegistrationState]{models.RegistrationConfirmed}, Kinds: models.Texts[models.SeatKind]{},
		Modes: models.Texts[models.AttendanceMode]{}, Attendance: models.Texts[models.AttendanceStatus]{}, Essential: true, State: models.WorkshopMessageWaiting, SendsAt: messageSentAt}}
	messageSent = changedMessage(func(m *workshops.WorkshopMessageView) {
		m.State, m.People, m.SentAt, m.Counts = models.WorkshopMessageSent, 28, &messageSentAt, workshops.MessageCounts{Queued: 1, Sent: 25, Unreached: 2}
	})
	messageRecalled = changedMessage(func(m *workshops.WorkshopMessageView) {
		m.State, m.RecalledAt, m.RecalledBy = models.WorkshopMessageRecalled, &messageRecalledAt, &coordinatorID
	})
	messageOfSession = changedMessage(func(m *workshops.WorkshopMessageView) {
		m.SessionID, m.Subject, m.Body, m.Essential = &messageSessionID, messageToAbsent.Subject, messageToAbsent.Body, false
		m.Attendance = models.Texts[models.AttendanceStatus]{models.AttendanceAbsent}
	})
	messagePreview = workshops.MessagePreview{People: 28, Mails: 25, Phones: 2, Unreachable: 1, SendsAt: messageSentAt, Samples: workshops.MessageSample{Subject: messageRequest.Subject, Text: messageRequest.Body,
		NeutralSubject: "News about your appointment on Tuesday, October 27", NeutralText: "There is news about your appointment. Sign in to read it."}}
)

func changedMessage(change func(*workshops.WorkshopMessageView)) workshops.WorkshopMessageView {
	m := messageWaiting
	change(&m)
	return m
}

const messageRules = `

**Who reads it.** Each adult reads their own, whoever leads the party. What is about a child goes to who registered the child, what is about a named guest to who leads the party: one mail for
one person, however many places they have to do with. Two guardians who registered the same child each get their own. Who has died, has left, or was removed gets nothing.

**What it looks like.** Mails say what they are about only to those who chose that. Everybody else gets a neutral mail ("News about your appointment on Tuesday, October 27") with a link to their inbox, where the
words are. Without ` + "`essential`" + ` it waits for the end of somebody's quiet hours, and those who take only what is essential by e-mail find it in the app alone.

**Who gets no mail is called.** Who has no address, one that is stopped or not safe, or neither an account nor the wish to read in mails what they are about, and everybody whose mail bounces or is given up, becomes a
task ` + "`call`" + ` for coordinators: one for each person, or for more than 20 one ` + "`call_list`" + ` for all, which stays one. A task closes by itself when the mail arrives after all.`

var messageWorkshopOp = op{
	ID: "messageWorkshop", Tag: "Messages", Summary: "Write to those who come to a workshop",
	Doc: `To everybody whose place is confirmed, or to those that ` + "`to`" + ` picks. It waits 10 minutes, or until ` + "`send_after`" + `, and can be recalled until then. Who is written to is decided when it goes out: who has cancelled by
then gets nothing, who has registered by then gets it too. For coordinators, and for facilitators who lead the whole workshop.` + messageRules,
	Errors: []services.Code{workshops.CodeWrongState, workshops.CodeNobody}, Request: messageRequest, Example: messageWaiting,
}

var messageSessionOp = op{
	ID: "messageSession", Tag: "Messages", Summary: "Write to those who come to one session",
	Doc: `As to a workshop, for coordinators and for facilitators who lead the session. Who has said that they do not come this time is left out, unless ` + "`to.attendance`" + ` asks for them: with it, it goes to those
of whom that attendance is known, as to everybody who was absent.` + messageRules,
	Errors: []services.Code{workshops.CodeWrongState, workshops.CodeNobody}, Request: messageToAbsent, Example: messageOfSession,
}

var previewWorkshopMessageOp = op{
	ID: "previewWorkshopMessage", Tag: "Messages", Summary: "See to how many a message would go",
	Doc:    "Counts whom a message to the workshop would go to now, and shows how it reads. Nothing is kept. An address that is stopped shows only once it was written to.",
	Errors: []services.Code{workshops.CodeWrongState}, Request: messageRequest, Example: messagePreview,
}

var previewSessionMessageOp = op{
	ID: "previewSessionMessage", Tag: "Messages", Summary: "See to how many a message to a session would go",
	Doc:    "Counts whom a message to the session would go to now, and shows how it reads. Nothing is kept. An address that is stopped shows only once it was written to.",
	Errors: []services.Code{workshops.CodeWrongState}, Request: messageToAbsent, Example: messagePreview,
}

var listWorkshopMessagesOp = op{
	ID: "listWorkshopMessages", Tag: "Messages", Summary: "What was written to those who come",
	Doc: "To the workshop and to its sessions, newest first. Facilitators see those to what they lead. What became of each is with the message itself.",
	Example: services.Page[workshops.WorkshopMessageView]{Data: []workshops.WorkshopMessageView{changedMessage(func(m *workshops.WorkshopMessageView) {
		m.State, m.People, m.SentAt = models.WorkshopMessageSent, 28, &messageSentAt
	})}},
}

var getWorkshopMessageOp = op{
	ID: "getWorkshopMessage", Tag: "Messages", Summary: "One message, and what became of it",
	Doc: `| state | meaning |
|---|---|
| ` + "`waiting`" + ` | until ` + "`sends_at`" + ` it can be recalled |
| ` + "`sending`" + ` | going out, 200 people at a time |
| ` + "`sent`" + ` | handed to the mails of everybody; ` + "`counts`" + ` says what became of these |
| ` + "`recalled`" + ` | nobody got it |

When it goes out, its author must still have an account that is not suspended, and still lead what it is about or coordinate. Else it is ` + "`recalled`" + ` without
` + "`recalled_by`" + `, and coordinators get a task ` + "`message_withheld`" + `.

Its words are removed 90 days after it was to go out.`,
	Example: messageSent,
}

var listMessageDeliveriesOp = op{
	ID: "listMessageDeliveries", Tag: "Messages", Summary: "To whom a message went",
	Doc: `First name and initial, and what became of it. The people whom ` + "`state=unreached&state=bounced&state=abandoned`" + ` lists are called. Of people close to the caller nothing is shown: a colleague sees to them. Who is
shown sees in their access log that somebody looked.`,
	Example: services.Page[workshops.MessageDelivery]{Data: []workshops.MessageDelivery{{ID: messageDeliveryID, MemberID: &attendingLead, Name: "Luis O.", State: models.DeliverySent, SentAt: &messageSentAt}}},
}

var recallWorkshopMessageOp = op{
	ID: "recallWorkshopMessage", Tag: "Messages", Summary: "Take a message back",
	Doc:    "While it waits: nobody gets it. Whoever might have written it may take it back. Doing it again changes nothing.",
	Errors: []services.Code{workshops.CodeSentOut}, Example: messageRecalled,
}
