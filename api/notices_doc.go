package api

import (
	"strings"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
)

var (
	noticedAt    = time.Date(2026, 10, 1, 14, 30, 0, 0, time.UTC)
	noticeRecord = uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9be001")

	notificationExample = notices.Notification{
		ID: uuid.MustParse("0199c1f2-91c0-7d11-9a52-3f7b1e0c4a10"), Event: models.NoticeRegistrationConfirmed,
		Title:  "Your appointment on Tuesday, October 6",
		Body:   "Your booking for Finding work after service is confirmed.\n\nIf you cannot come, please cancel, so that somebody else can have the place.\n\nWhen: Tuesday, October 6, 2026 at 6:00 PM to 7:30 PM EDT",
		Link:   "/registrations/" + noticeRecord.String(),
		Record: "registration", RecordID: &noticeRecord, CreatedAt: noticedAt,
	}
	deliveryExample = notices.Delivery{To: "a***@example.org", Message: models.Message{
		ID: uuid.MustParse("0199c1f2-91c0-7d11-9a52-3f7b1e0c4a10"), Event: models.NoticeRegistrationConfirmed, Channel: models.ChannelEmail,
		State: models.MessageAbandoned, Record: "registration", RecordID: &noticeRecord, Language: "en", Neutral: true,
		CreatedAt: noticedAt, SendAfter: noticedAt.Add(26 * time.Hour), Attempts: 12, LastError: "smtp: deliver: the connection failed",
	}}
)

var listNotificationsOp = op{
	ID: "listNotifications", Tag: "Me", Summary: "One's inbox",
	Doc: `What one was told, newest first, for 90 days: the same as the mails, but for those that prove an address.

Texts are made when they are asked for, in the member's language and time zone. The title is neutral unless the member chose
program words, because a phone may show it on its lock screen; the body says what it is about. ` + "`link`" + ` is a path of the app.

The events are: ` + inboxEvents() + ".",
	Example: services.Page[notices.Notification]{Data: []notices.Notification{notificationExample}},
}

var readNotificationOp = op{
	ID: "readNotification", Tag: "Me", Summary: "Mark a notification as read",
	Doc:     "Asked again it changes nothing: `read_at` stays the first time.",
	Example: notificationExample,
}

var readAllNotificationsOp = op{
	ID: "readAllNotifications", Tag: "Me", Summary: "Mark the whole inbox as read",
	Doc:     "Answers how many were unread.",
	Example: notices.ReadAll{Read: 3},
}

var listMessagesOp = op{
	ID: "listMessages", Tag: "Messages", Summary: "What was sent, and what could not be",
	Doc: `Every mail with its fate, newest first, never with its content; addresses are masked. Mail to people close to you is left to
colleagues and absent.

* ` + "`queued`" + ` and ` + "`sending`" + `: on their way, tried again for 26 hours when the mail server does not take them.
* ` + "`sent`" + `: the next server took it.
* ` + "`bounced`" + `: refused for good. Three in a row stop the address.
* ` + "`abandoned`" + `: every attempt failed.
* ` + "`skipped`" + `: not sent, for the reason in ` + "`last_error`" + `: ` + "`no_address`, `address_stopped`, `safe_channel`, `opted_out`, `too_late`, `deceased`, `merged`" + `.
* ` + "`recalled`" + `: became moot before it was sent.

When something that a person must learn of does not reach them, a coordinator has the task to call.`,
	Example: services.Page[notices.Delivery]{Data: []notices.Delivery{deliveryExample}},
}

var retryMessageOp = op{
	ID: "retryMessage", Tag: "Messages", Summary: "Send a message again",
	Doc:     "Takes one that bounced, was abandoned or skipped; it goes to the member's address of today. A stopped address is given another chance.",
	Errors:  []services.Code{notices.CodeNotRetryable, notices.CodePurged},
	Example: deliveryExample,
}

func inboxEvents() string {
	var names []string
	for _, e := range models.NoticeEvents() {
		if e.InInbox() {
			names = append(names, "`"+string(e)+"`")
		}
	}
	return strings.Join(names, ", ")
}
