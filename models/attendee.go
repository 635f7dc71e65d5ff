package models

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
)

var _ = table(Attendee{}, ReleasedPlace{})

// AttendeeState is where one person of a party stands.
type AttendeeState string

// The states. An invited adult holds a seat until they answer or the time to answer has passed.
const (
	AttendeeInvited   AttendeeState = "invited"
	AttendeeAttending AttendeeState = "attending"
	AttendeeRefused   AttendeeState = "refused"
	AttendeeLapsed    AttendeeState = "lapsed"
	AttendeeRemoved   AttendeeState = "removed"
)

// HoldsSeat says whether the person counts, in a party that holds its seats.
func (s AttendeeState) HoldsSeat() bool { return s == AttendeeInvited || s == AttendeeAttending }

// SeatKind is which seats of a pool somebody takes.
type SeatKind string

// The kinds. Who is a child is decided on the local date of the first session, and stays so.
const (
	SeatAdult SeatKind = "adult"
	SeatChild SeatKind = "child"
)

// AttendanceMode is how one attendee of a hybrid workshop takes part.
type AttendanceMode string

// The modes.
const (
	ModeInPerson AttendanceMode = "in_person"
	ModeOnline   AttendanceMode = "online"
)

// Attendee is one person of a party: a member, a named guest, or an adult who was invited. Of somebody invited we know
// what the lead wrote; who they are to us becomes known when they accept.
type Attendee struct {
	ID              uuid.UUID       `json:"id" gorm:"primaryKey" privacy:"none,erase=keep"`
	CreatedAt       time.Time       `json:"created_at" privacy:"none,erase=keep"`
	UpdatedAt       time.Time       `json:"updated_at" privacy:"none,erase=keep"`
	RegistrationID  uuid.UUID       `json:"registration_id" privacy:"none,erase=keep"`
	Live            bool            `json:"-" privacy:"none,erase=keep"`
	PoolID          uuid.UUID       `json:"-" privacy:"none,erase=keep"`
	Mode            *AttendanceMode `json:"mode" enum:"in_person,online" privacy:"none,erase=keep" doc:"How they take part in a hybrid workshop; null in others"`
	Kind            SeatKind        `json:"kind" enum:"adult,child" privacy:"none,erase=keep" doc:"Which seats they take, by their age on the first day"`
	State           AttendeeState   `json:"state" enum:"invited,attending,refused,lapsed,removed" privacy:"none,erase=keep"`
	MemberID        *uuid.UUID      `json:"member_id" privacy:"none,erase=keep"`
	GuestName       *string         `json:"-" privacy:"personal,erase=null"`
	InviteName      *string         `json:"-" privacy:"personal,erase=null"`
	InviteEmail     *string         `json:"-" privacy:"personal,erase=null"`
	InvitePhone     *string         `json:"-" privacy:"personal,erase=null"`
	InviteID        *uuid.UUID      `json:"-" privacy:"none,erase=keep"` // what the token of the mailed link is made from
	InviteExpiresAt *time.Time      `json:"invite_expires_at" privacy:"none,erase=keep" doc:"Until when an invited adult may accept"`
	EnteredBy       uuid.UUID       `json:"-" privacy:"none,erase=keep"`
	// Second marks the booking of a child by a second guardian: it stands beside the first, which it must not reveal.
	// It has a seat of its own for as long as it lives, so that seats, counts and mails are those of any booking; staff see
	// both, and may cancel one.
	Second bool `json:"-" privacy:"confidential,erase=keep"`
	// Beyond marks somebody whom staff let in although no seat was free: the pool does not count them.
	Beyond      bool       `json:"beyond" privacy:"none,erase=keep" doc:"Let in at the door although no seat was free; not counted among the seats"`
	CodeVersion int        `json:"-" privacy:"none,erase=keep"`
	JoinedAt    *time.Time `json:"joined_at" privacy:"none,erase=keep" doc:"When they were added, or accepted"`
	LeftAt      *time.Time `json:"left_at" privacy:"none,erase=keep" doc:"When they were removed, left, refused or lapsed"`
	RollUp
}

// TableName implements Model.
func (Attendee) TableName() string { return "attendees" }

// Subjects implements Model.
func (Attendee) Subjects() []string { return []string{"member_id", "entered_by"} }

// ReleasedPlace remembers who had entered somebody whom they may act for no longer: with that right they get the place back.
type ReleasedPlace struct {
	AttendeeID   uuid.UUID `json:"attendee_id" gorm:"primaryKey" privacy:"none,erase=keep"`
	ReleasedFrom uuid.UUID `json:"released_from" privacy:"none,erase=row"`
	ReleasedAt   time.Time `json:"released_at" privacy:"none,erase=keep"`
}

// TableName implements Model.
func (ReleasedPlace) TableName() string { return "released_places" }

// Subjects implements Model.
func (ReleasedPlace) Subjects() []string { return []string{"released_from"} }

// HoldsSeat says whether the attendee takes a seat of the pool, in a party in the given state.
func (a *Attendee) HoldsSeat(of RegistrationState) bool {
	return of.HoldsSeats() && a.State.HoldsSeat()
}

// Goes says whether the person comes for certain: an invitation alone says nothing.
func (a *Attendee) Goes() bool { return a.State == AttendeeAttending }

// Accepted says whether somebody who was invited said yes and staff look at that: with a party of their own, as which they
// come no longer as the one who was asked here, or, where nobody knows who they are, until staff answer for them.
func (a *Attendee) Accepted() bool {
	return a.InviteID != nil && a.JoinedAt != nil && (a.State == AttendeeInvited || a.State == AttendeeRefused)
}

// StateForParty is what the rest of the party is told. Somebody who refused, who is registered already, or who just
// does not answer looks the same to them: invited until the time has passed, then lapsed.
func (a *Attendee) StateForParty(now time.Time) AttendeeState {
	if a.State != AttendeeInvited && a.State != AttendeeRefused && a.State != AttendeeLapsed {
		return a.State
	}
	if a.InviteExpiresAt != nil && now.Before(*a.InviteExpiresAt) {
		return AttendeeInvited
	}
	return AttendeeLapsed
}

// StillThere says whether the party may count on the person, as far as it may know: somebody who said no to an invitation
// seems to be asked still.
func (a *Attendee) StillThere(now time.Time) bool {
	return a.State.HoldsSeat() || a.State == AttendeeRefused && a.StateForParty(now) == AttendeeInvited
}

// Initialed is a name as sheets and badges show it: first name and the initial of the last.
func Initialed(given, family string) string {
	given, family = strings.TrimSpace(given), strings.TrimSpace(family)
	if family == "" {
		if words := strings.Fields(given); len(words) > 1 {
			given, family = words[0], words[len(words)-1]
		}
	}
	if first, _ := utf8.DecodeRuneInString(family); first != utf8.RuneError {
		return given + " " + string(unicode.ToUpper(first)) + "."
	}
	return given
}
