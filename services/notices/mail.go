package notices

import "context"

// Mail is one message to one person, ready to be sent.
type Mail struct {
	ID      string // local part of the Message-ID, the same on every retry, so that a receiver can drop a second copy
	To      string // one bare address
	ToName  string
	Subject string
	Text    string // required; the HTML is an alternative to it
	HTML    string
	ICS     []CalendarFile // sent as invite.ics, or when there are several as invite-1.ics and so on
	// Headers are extra ones in printable ASCII, such as List-Unsubscribe and List-Unsubscribe-Post (RFC 8058).
	// Those that make the message what it is (From, To, Subject, Content-Type, …) cannot be set here.
	Headers map[string]string
}

// CalendarFile is an iCalendar object.
type CalendarFile struct {
	Method string // its METHOD: PUBLISH, REQUEST or CANCEL
	Bytes  []byte
}

// Mailer hands a mail to the next server. An error that is no PermanentError, or whose Permanent is false, is worth a retry.
type Mailer interface {
	Send(ctx context.Context, m Mail) error
}

// PermanentError tells whether sending again can help: it cannot after a 5xx answer or for a mail that cannot be written.
type PermanentError interface {
	error
	Permanent() bool
}
