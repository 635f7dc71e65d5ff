package notices

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// Notice is something that one person is told.
type Notice struct {
	ID       uuid.UUID // of the message, for who refers to it; made when nil. With one the Key must be new
	Event    models.NoticeEvent
	MemberID uuid.UUID // to whom; the mail goes to the member's address at the time it is sent
	// Address is for people without a member row. With a MemberID too, the mail goes here and the inbox is the member's.
	Address  string
	Name     string // of somebody without a member row
	Language string // of somebody without a member row, as in "es"
	Record   string // what it is about: "registration", "workshop", "session", "account"
	RecordID uuid.UUID
	// Key makes it one message however often it is sent: the event and the id of what happened. Empty means no such rule.
	Key string
	// Data is what the words are made of, see Details for its keys. Never health data.
	Data map[string]any
	// Events go into the person's calendar, or out of it when the event Cancels. Organizer and Attendee are filled in
	// here, and without the member's wish for program words the title, place and description are left out.
	Events []CalendarEvent
	// At is when it is due; zero means now.
	At time.Time
	// InApp shows it in the app, now, and mails nobody: the mail of a minor may be read by a guardian.
	InApp bool
}

// SendMessage is the job that sends one message.
type SendMessage struct {
	MessageID uuid.UUID `json:"message_id"`
}

// Kind implements services.JobArgs.
func (SendMessage) Kind() string { return "message.send" }

// Settled is the job that tells those who follow a message (models.NoticeEvent.Followed) that it does not reach its reader, or
// reached them after all. Its worker is theirs.
type Settled struct {
	MessageID uuid.UUID `json:"message_id"`
}

// Kind implements services.JobArgs.
func (Settled) Kind() string { return "message.settled" }

// calendarPart is what the calendar column holds.
type calendarPart struct {
	Method string          `json:"method"`
	Events []CalendarEvent `json:"events"`
}

// Send tells somebody something: the message and its job commit with the change that caused them. It adds no round trip.
// The message is no row of the caller's audit entry: it says itself what it is about, and with a Key that was used
// before there is none. Its job then finds nothing, and does nothing.
func Send(tx *services.Tx, n Notice) error {
	data, calendar, err := n.encode(tx.Now())
	if err != nil {
		return err
	}
	due := tx.Now()
	if n.At.After(due) {
		due = n.At
	}
	id := n.ID
	if id == uuid.Nil {
		id = services.NewID()
	}
	channel, state, sentAt := models.ChannelEmail, models.MessageQueued, (*time.Time)(nil)
	if n.InApp {
		channel, state, sentAt = models.ChannelInApp, models.MessageSent, &due
	}
	tx.Queue(`insert into messages (id, member_id, address, name, event, key, record, record_id, data, calendar, language, created_at, send_after, channel, state, sent_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
		on conflict (key) where key is not null do nothing`,
		id, orNil(n.MemberID), n.Address, oneLine(n.Name, 200), string(n.Event), orEmpty(n.Key), n.Record, orNil(n.RecordID),
		data, calendar, n.Language, tx.Now(), due, string(channel), string(state), sentAt)
	if n.InApp {
		return nil
	}
	return tx.Enqueue(SendMessage{MessageID: id}, due)
}

// Recall withdraws what has not been sent about a record that became moot, such as the reminder of a cancelled session.
// It adds no round trip. Without events, all are meant. What never went out leaves its key free: should it take place after
// all, it can be told.
func Recall(tx *services.Tx, record string, recordID uuid.UUID, events ...models.NoticeEvent) {
	names := make([]string, len(events))
	for i, e := range events {
		names[i] = string(e)
	}
	tx.Queue(`update messages set state = 'recalled', key = null where record_id = $1 and record = $2 and state = 'queued'
		and (cardinality($3::text[]) = 0 or event = any($3::text[]))`, recordID, record, names)
}

// encode fails for what no retry could mend, in the use case that is wrong rather than hours later in a worker.
func (n *Notice) encode(now time.Time) (data, calendar []byte, err error) {
	if !slices.Contains(models.NoticeEvents(), n.Event) {
		return nil, nil, fmt.Errorf("notice: unknown event %q", n.Event)
	}
	if n.MemberID == uuid.Nil && n.Address == "" {
		return nil, nil, errors.New("notice: to nobody")
	}
	if n.Data == nil {
		n.Data = map[string]any{}
	}
	if data, err = json.Marshal(n.Data); err != nil {
		return nil, nil, fmt.Errorf("notice: %w", err)
	}
	if _, err := parseDetails(data); err != nil {
		return nil, nil, err
	}
	if len(n.Events) == 0 {
		return data, nil, nil
	}
	part := calendarPart{Method: CalendarMethod(n.Events, n.Event.Cancels()), Events: slices.Clone(n.Events)}
	for i := range part.Events {
		part.Events[i].Cancelled = part.Events[i].Cancelled || n.Event.Cancels()
		if part.Events[i].Stamp.IsZero() {
			part.Events[i].Stamp = now
		}
	}
	calendar, err = json.Marshal(part)
	return data, calendar, err
}

func orNil(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

func orEmpty(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
