package models

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"
)

var _ = table(Message{}, Bounce{})

// NoticeEvent is what happened that somebody is told of.
type NoticeEvent string

// The events.
const (
	NoticeRegistrationReceived   NoticeEvent = "registration.received" // waits for approval
	NoticeRegistrationConfirmed  NoticeEvent = "registration.confirmed"
	NoticeRegistrationWaitlisted NoticeEvent = "registration.waitlisted"
	NoticeRegistrationOffered    NoticeEvent = "registration.offered"
	NoticeRegistrationExpired    NoticeEvent = "registration.offer_expired"
	NoticeRegistrationMissed     NoticeEvent = "registration.missed" // it is over, and they got no place
	NoticeRegistrationCancelled  NoticeEvent = "registration.cancelled"
	NoticeRegistrationDeclined   NoticeEvent = "registration.declined"
	NoticeRegistrationReinstated NoticeEvent = "registration.reinstated"
	NoticeRegistrationInvited    NoticeEvent = "registration.invited" // an adult is asked to join a party
	NoticeWorkshopChanged        NoticeEvent = "workshop.changed"
	NoticeWorkshopCancelled      NoticeEvent = "workshop.cancelled"
	NoticeSessionCancelled       NoticeEvent = "session.cancelled" // one of several does not take place
	NoticeSessionRestored        NoticeEvent = "session.restored"  // it takes place after all
	NoticeSessionReminder        NoticeEvent = "session.reminder"
	NoticeRegistrationMoved      NoticeEvent = "registration.transferred" // the party has its place elsewhere now
	NoticeWorkshopPass           NoticeEvent = "workshop.pass"            // a link that lets somebody in past the queue
	NoticeWorkshopMessage        NoticeEvent = "workshop.message"         // words of staff to those who come
	NoticeFeedbackAsked          NoticeEvent = "session.feedback"         // how was it?
	NoticeThanksReceived         NoticeEvent = "thanks.received"          // to staff: somebody said thanks
	NoticeAccountVerify          NoticeEvent = "account.verify"
	NoticeAccountExists          NoticeEvent = "account.exists" // somebody signed up with an address that has an account
	NoticeAccountReset           NoticeEvent = "account.reset"
	NoticeAccountInvited         NoticeEvent = "account.invited"
	NoticeAccountNewLogin        NoticeEvent = "account.new_login"
	NoticeAccountSessionEnded    NoticeEvent = "account.session_ended" // a spent refresh token came back
	NoticeAccountPasswordChanged NoticeEvent = "account.password_changed"
	NoticeContactVerify          NoticeEvent = "contact.verify"      // is this the address to write to
	NoticeAccountTeen            NoticeEvent = "account.teen"        // somebody of 13 to 17 signed up, and a guardian must agree first
	NoticeHelpAsked              NoticeEvent = "help.asked"          // to staff: somebody waits for them
	NoticeTaskAssigned           NoticeEvent = "task.assigned"       // to staff: work was given to them
	NoticeCredentialExpiring     NoticeEvent = "credential.expiring" // to its holder
	NoticeCredentialLapsed       NoticeEvent = "credential.lapsed"
	NoticeEnrollmentReceived     NoticeEvent = "enrollment.received"
	NoticeEnrollmentWaitlisted   NoticeEvent = "enrollment.waitlisted"
	NoticeEnrollmentEnrolled     NoticeEvent = "enrollment.enrolled"
	NoticeEnrollmentDenied       NoticeEvent = "enrollment.denied"
	NoticeEnrollmentCompleted    NoticeEvent = "enrollment.completed"
	NoticeEnrollmentWithdrawn    NoticeEvent = "enrollment.withdrawn" // by staff
	NoticeEnrollmentReopened     NoticeEvent = "enrollment.reopened"
	NoticeCoachingReceived       NoticeEvent = "engagement.received" // to whoever asked for a coach
	NoticeCoachingMatched        NoticeEvent = "engagement.matched"  // to who is coached: a coach is proposed
	NoticeCoachingProposed       NoticeEvent = "engagement.proposed" // to the coach: somebody would be their client
	NoticeCoachingInvited        NoticeEvent = "engagement.invited"  // the other of a couple is asked along
	NoticeCoachingActive         NoticeEvent = "engagement.active"
	NoticeCoachingHandOver       NoticeEvent = "engagement.hand_over" // another coach is proposed
	NoticeCoachingPaused         NoticeEvent = "engagement.paused"
	NoticeCoachingResumed        NoticeEvent = "engagement.resumed"
	NoticeCoachingEnded          NoticeEvent = "engagement.ended"
	NoticeCoachingAsked          NoticeEvent = "coaching.requested" // to the coach: a session waits for their yes
	NoticeCoachingBooked         NoticeEvent = "coaching.booked"
	NoticeCoachingMoved          NoticeEvent = "coaching.rescheduled"
	NoticeCoachingDeclined       NoticeEvent = "coaching.declined"
	NoticeCoachingCancelled      NoticeEvent = "coaching.cancelled"
	NoticeCoachingNewTime        NoticeEvent = "coaching.new_time" // the coach cannot hold it: we find another time
	NoticeCoachingReminder       NoticeEvent = "coaching.reminder"
	NoticeCoachingLogged         NoticeEvent = "coaching.logged" // there is a summary to read
	NoticeGlassBroken            NoticeEvent = "glass.broken"    // somebody opened a member's notes in an emergency
)

// NoticeEvents lists all of them.
func NoticeEvents() []NoticeEvent {
	return []NoticeEvent{
		NoticeRegistrationReceived, NoticeRegistrationConfirmed, NoticeRegistrationWaitlisted, NoticeRegistrationOffered,
		NoticeRegistrationExpired, NoticeRegistrationMissed, NoticeRegistrationCancelled, NoticeRegistrationDeclined, NoticeRegistrationReinstated,
		NoticeRegistrationInvited, NoticeWorkshopChanged, NoticeWorkshopCancelled, NoticeSessionCancelled, NoticeSessionRestored, NoticeSessionReminder,
		NoticeRegistrationMoved, NoticeWorkshopPass, NoticeWorkshopMessage, NoticeFeedbackAsked, NoticeThanksReceived,
		NoticeAccountVerify, NoticeAccountExists, NoticeAccountReset, NoticeAccountInvited,
		NoticeAccountNewLogin, NoticeAccountSessionEnded, NoticeAccountPasswordChanged, NoticeAccountTeen, NoticeContactVerify,
		NoticeHelpAsked, NoticeTaskAssigned, NoticeCredentialExpiring, NoticeCredentialLapsed,
		NoticeEnrollmentReceived, NoticeEnrollmentWaitlisted, NoticeEnrollmentEnrolled, NoticeEnrollmentDenied, NoticeEnrollmentCompleted, NoticeEnrollmentWithdrawn,
		NoticeEnrollmentReopened,
		NoticeCoachingReceived, NoticeCoachingMatched, NoticeCoachingProposed, NoticeCoachingInvited, NoticeCoachingActive, NoticeCoachingHandOver, NoticeCoachingPaused, NoticeCoachingResumed, NoticeCoachingEnded,
		NoticeCoachingAsked, NoticeCoachingBooked, NoticeCoachingMoved, NoticeCoachingDeclined, NoticeCoachingCancelled, NoticeCoachingNewTime, NoticeCoachingReminder, NoticeCoachingLogged, NoticeGlassBroken,
	}
}

// Essential says whether the person must learn of it, by telephone when no mail reaches them. The account's mails are
// not: who has no working address asks us.
func (e NoticeEvent) Essential() bool {
	switch e {
	case NoticeRegistrationConfirmed, NoticeRegistrationOffered, NoticeRegistrationCancelled, NoticeRegistrationReinstated, NoticeRegistrationMoved,
		NoticeWorkshopChanged, NoticeWorkshopCancelled, NoticeSessionCancelled, NoticeSessionRestored,
		NoticeEnrollmentEnrolled, NoticeEnrollmentWithdrawn, NoticeEnrollmentReopened,
		NoticeCoachingMatched, NoticeCoachingHandOver, NoticeCoachingBooked, NoticeCoachingMoved, NoticeCoachingDeclined, NoticeCoachingCancelled, NoticeCoachingNewTime:
		return true
	}
	return false
}

// Optional says whether somebody who takes only what is essential by e-mail goes without it; the inbox has it anyway.
func (e NoticeEvent) Optional() bool {
	switch e {
	case NoticeRegistrationReceived, NoticeRegistrationWaitlisted, NoticeRegistrationExpired, NoticeRegistrationMissed, NoticeSessionReminder, NoticeWorkshopMessage, NoticeFeedbackAsked, NoticeThanksReceived,
		NoticeEnrollmentReceived, NoticeEnrollmentWaitlisted, NoticeCoachingReceived, NoticeCoachingReminder, NoticeCoachingLogged, NoticeCoachingPaused, NoticeCoachingResumed:
		return true
	}
	return false
}

// InInbox says whether the app shows it too. What carries a link that proves an address does not belong there.
func (e NoticeEvent) InInbox() bool { return !slices.Contains(mailOnly, e) }

var mailOnly = []NoticeEvent{NoticeAccountVerify, NoticeAccountExists, NoticeAccountReset, NoticeAccountInvited, NoticeAccountTeen, NoticeContactVerify, NoticeWorkshopPass}

// MailOnly lists the events that the inbox leaves out.
func MailOnly() []NoticeEvent { return slices.Clone(mailOnly) }

// Quiet says whether it waits for the end of the person's quiet hours; the others answer something they or we just did.
func (e NoticeEvent) Quiet() bool {
	return e == NoticeSessionReminder || e == NoticeWorkshopMessage || e == NoticeFeedbackAsked || e == NoticeThanksReceived ||
		e == NoticeCoachingReminder || e == NoticeCoachingLogged
}

// Followed says whether those who have it sent see to the people whom it does not reach, instead of a call for each.
func (e NoticeEvent) Followed() bool { return e == NoticeWorkshopMessage }

// Cancels says whether its calendar entries are taken out of the person's calendar.
func (e NoticeEvent) Cancels() bool {
	switch e {
	case NoticeRegistrationCancelled, NoticeRegistrationDeclined, NoticeWorkshopCancelled, NoticeSessionCancelled, NoticeCoachingCancelled, NoticeCoachingDeclined:
		return true
	}
	return false
}

// MessageChannel is how a message travels.
type MessageChannel string

// The channels.
const (
	ChannelEmail MessageChannel = "email"
	ChannelInApp MessageChannel = "in_app"
)

// MessageState is how far a message came.
type MessageState string

// The states. Sending lasts while a worker holds the message; one that died there is taken over.
const (
	MessageQueued    MessageState = "queued"
	MessageSending   MessageState = "sending"
	MessageSent      MessageState = "sent"      // the next server took it
	MessageBounced   MessageState = "bounced"   // refused for good
	MessageAbandoned MessageState = "abandoned" // every attempt failed
	MessageSkipped   MessageState = "skipped"   // nobody to send it to, or too late to be of use
	MessageRecalled  MessageState = "recalled"  // became moot before it was sent
)

// Waiting says whether it is still to be sent.
func (s MessageState) Waiting() bool { return s == MessageQueued || s == MessageSending }

// Retryable says whether an admin can have it sent again.
func (s MessageState) Retryable() bool {
	return s == MessageBounced || s == MessageAbandoned || s == MessageSkipped
}

// Message is one mail to one person, and the inbox item that shows the same. Its words are made from the event and the
// data whenever they are needed, and none are stored.
type Message struct {
	ID        uuid.UUID       `json:"id" gorm:"primaryKey" privacy:"none,erase=keep" doc:"Also the local part of the mail's Message-ID, the same on every attempt"`
	MemberID  *uuid.UUID      `json:"member_id" nullable:"true" privacy:"none,erase=keep"`
	Address   string          `json:"-" privacy:"personal,erase=blank"` // only when it does not go to the member's own
	SentTo    string          `json:"-" privacy:"personal,erase=blank"` // of the last attempt
	Name      string          `json:"-" privacy:"personal,erase=blank"`
	Event     NoticeEvent     `json:"event" privacy:"none,erase=keep" example:"registration.confirmed"`
	Channel   MessageChannel  `json:"channel" enum:"email,in_app" privacy:"none,erase=keep"`
	State     MessageState    `json:"state" enum:"queued,sending,sent,bounced,abandoned,skipped,recalled" privacy:"none,erase=keep"`
	Key       *string         `json:"-" privacy:"none,erase=keep"` // ids and words of ours; one message per key
	Record    string          `json:"record" privacy:"none,erase=keep" example:"registration"`
	RecordID  *uuid.UUID      `json:"record_id" nullable:"true" privacy:"none,erase=keep"`
	Data      json.RawMessage `json:"-" privacy:"personal,erase=blank"`
	Calendar  json.RawMessage `json:"-" privacy:"personal,erase=null"`
	Language  string          `json:"language" privacy:"none,erase=keep" doc:"Language it was written in, or was asked for"`
	Neutral   bool            `json:"neutral" privacy:"none,erase=keep" doc:"Whether it was written without words that tell what it is about"`
	CreatedAt time.Time       `json:"created_at" privacy:"none,erase=keep"`
	SendAfter time.Time       `json:"send_after" privacy:"none,erase=keep" doc:"When it is due, or tried again"`
	ClaimedAt *time.Time      `json:"-" privacy:"none,erase=keep"`
	SentAt    *time.Time      `json:"sent_at" privacy:"none,erase=keep"`
	Attempts  int             `json:"attempts" privacy:"none,erase=keep"`
	LastError string          `json:"last_error" privacy:"none,erase=keep" doc:"Why the last attempt failed; never an address"`
	ReadAt    *time.Time      `json:"read_at" privacy:"none,erase=keep"`
	PurgedAt  *time.Time      `json:"purged_at" privacy:"none,erase=keep" doc:"When its content was removed, 90 days after it was made"`
}

// TableName implements Model.
func (Message) TableName() string { return "messages" }

// Subjects implements Model.
func (Message) Subjects() []string { return []string{"member_id"} }

// BouncesToStop is how many refusals for good, with nothing taken between them, stop an address.
const BouncesToStop = 3

// Bounce counts the refusals of one address, which it knows by an HMAC.
type Bounce struct {
	AddressMAC []byte    `gorm:"column:address_mac;primaryKey" privacy:"none,erase=keep"`
	Count      int       `privacy:"none,erase=keep"`
	LastAt     time.Time `privacy:"none,erase=keep"`
}

// TableName implements Model.
func (Bounce) TableName() string { return "bounces" }

// Subjects implements Model.
func (Bounce) Subjects() []string { return nil }
