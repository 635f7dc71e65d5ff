package models

import (
	"time"

	"github.com/google/uuid"
)

var _ = table(Contact{})

// ContactKind is how somebody was reached, or was tried to be.
type ContactKind string

// The kinds.
const (
	ContactCall  ContactKind = "call"
	ContactText  ContactKind = "text"
	ContactMail  ContactKind = "mail"
	ContactVisit ContactKind = "visit"
)

// Direction says who began: they (in) or we (out).
type Direction string

// The directions.
const (
	DirectionIn  Direction = "in"
	DirectionOut Direction = "out"
)

// ContactOutcome is what came of a contact.
type ContactOutcome string

// The outcomes.
const (
	OutcomeReached     ContactOutcome = "reached"
	OutcomeLeftMessage ContactOutcome = "left_message"
	OutcomeNoAnswer    ContactOutcome = "no_answer"
	OutcomeWrongNumber ContactOutcome = "wrong_number"
	OutcomeNotNow      ContactOutcome = "declined" // they did not want to talk
	OutcomeOther       ContactOutcome = "other"
)

// Spoken says whether the person and we heard of one another: a message that was left is not an answer.
func (o ContactOutcome) Spoken() bool {
	return o == OutcomeReached || o == OutcomeNotNow || o == OutcomeOther
}

// CorrectableFor is how long the author of a contact corrects it without giving a reason.
const CorrectableFor = 24 * time.Hour

// Contact is one call, text, mail or visit. A correction keeps the row and its id; the words it replaces stay as a row of
// their own that names it.
type Contact struct {
	Record
	MemberID      uuid.UUID      `json:"member_id" privacy:"none,erase=keep"`
	Kind          ContactKind    `json:"kind" enum:"call,text,mail,visit" privacy:"none,erase=keep" example:"call"`
	Direction     Direction      `json:"direction" enum:"in,out" privacy:"none,erase=keep" doc:"in: they came to us" example:"out"`
	At            time.Time      `json:"at" privacy:"none,erase=keep" doc:"When it was"`
	ByID          uuid.UUID      `json:"by_id" privacy:"none,erase=keep" doc:"Who of us it was with"`
	Outcome       ContactOutcome `json:"outcome" enum:"reached,left_message,no_answer,wrong_number,declined,other" privacy:"personal,erase=keep" example:"reached"`
	Line          string         `json:"line" privacy:"personal,erase=blank" doc:"One line, written so that the member may read it" example:"Talked about the ride to Saturday. He will let us know by Thursday."`
	NextStep      *string        `json:"next_step" privacy:"personal,erase=null" doc:"What we do next; not shown to the member" example:"Ask Dana whether there is a seat in her car"`
	FollowUpAt    *time.Time     `json:"follow_up_at" privacy:"none,erase=keep" doc:"When to follow up; a task waits for that time"`
	HelpRequestID *uuid.UUID     `json:"help_request_id" nullable:"true" privacy:"none,erase=keep" doc:"The help request it answered, or tried to"`
	SupersededBy  *uuid.UUID     `json:"superseded_by" nullable:"true" privacy:"none,erase=keep" doc:"Set on words that were corrected: the contact as it stands now"`
	SupersededAt  *time.Time     `json:"superseded_at" privacy:"none,erase=keep"`
	VoidedAt      *time.Time     `json:"voided_at" privacy:"none,erase=keep" doc:"Set when it should never have been logged"`
	VoidedBy      *uuid.UUID     `json:"voided_by" nullable:"true" privacy:"none,erase=keep"`
	VoidReason    *string        `json:"void_reason" privacy:"personal,erase=null" example:"Logged on the wrong person"`
}

// TableName implements Model.
func (Contact) TableName() string { return "contacts" }

// Subjects implements Model.
func (Contact) Subjects() []string { return []string{"member_id"} }

// AuthorMayCorrect says whether somebody still corrects their own words without giving a reason.
func (c *Contact) AuthorMayCorrect(who uuid.UUID, now time.Time) bool {
	return c.ByID == who && now.Before(c.CreatedAt.Add(CorrectableFor))
}
