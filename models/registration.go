package models

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

var _ = table(Registration{})

// RegistrationState is where a party stands. What follows from it is asked of the predicates below, never of the name.
type RegistrationState string

// The states.
const (
	RegistrationPending    RegistrationState = "pending_approval"
	RegistrationConfirmed  RegistrationState = "confirmed"
	RegistrationWaitlisted RegistrationState = "waitlisted"
	RegistrationOffered    RegistrationState = "offered"
	RegistrationCancelled  RegistrationState = "cancelled"
	RegistrationDeclined   RegistrationState = "declined"
	RegistrationExpired    RegistrationState = "expired"
	// RegistrationSuperseded is that of a person who turned out to have another place there: two records were merged.
	RegistrationSuperseded RegistrationState = "superseded"
)

// RegistrationStates lists all of them.
func RegistrationStates() []RegistrationState {
	return []RegistrationState{RegistrationPending, RegistrationConfirmed, RegistrationWaitlisted, RegistrationOffered,
		RegistrationCancelled, RegistrationDeclined, RegistrationExpired, RegistrationSuperseded}
}

// HoldsSeats says whether the party's seats are taken.
func (s RegistrationState) HoldsSeats() bool {
	return s == RegistrationPending || s == RegistrationConfirmed || s == RegistrationOffered
}

// Seated says whether the party has taken its seats: not while it has yet to say whether it wants what it was offered.
func (s RegistrationState) Seated() bool {
	return s == RegistrationPending || s == RegistrationConfirmed
}

// Live says whether something may still come of it.
func (s RegistrationState) Live() bool { return s.HoldsSeats() || s == RegistrationWaitlisted }

// registrationMoves are the ways from one state to the next. The ways out of the ended states are staff's alone.
var registrationMoves = map[RegistrationState][]RegistrationState{
	RegistrationPending:    {RegistrationConfirmed, RegistrationDeclined, RegistrationCancelled, RegistrationExpired, RegistrationSuperseded},
	RegistrationConfirmed:  {RegistrationCancelled, RegistrationPending, RegistrationSuperseded},
	RegistrationWaitlisted: {RegistrationOffered, RegistrationCancelled, RegistrationDeclined, RegistrationExpired, RegistrationSuperseded},
	RegistrationOffered:    {RegistrationConfirmed, RegistrationPending, RegistrationExpired, RegistrationCancelled, RegistrationDeclined, RegistrationSuperseded},
	RegistrationCancelled:  {RegistrationConfirmed, RegistrationWaitlisted, RegistrationPending}, // pending: what was called off takes place after all
	RegistrationDeclined:   {RegistrationConfirmed, RegistrationWaitlisted},
	RegistrationExpired:    {RegistrationConfirmed, RegistrationWaitlisted},
}

// Becomes says whether the state may be followed by next.
func (s RegistrationState) Becomes(next RegistrationState) bool {
	return slices.Contains(registrationMoves[s], next)
}

// RegistrationSource is how a party came to be.
type RegistrationSource string

// The sources.
const (
	SourceRegistered RegistrationSource = "registered"
	SourceWalkIn     RegistrationSource = "walk_in"
)

// ReviewReason is why staff look at a party before it is confirmed. Members never see it: that somebody is looked at
// must not tell why.
type ReviewReason string

// The reasons.
const (
	ReviewByRule        ReviewReason = "approval_required" // the workshop has every party approved
	ReviewGuardianship  ReviewReason = "guardianship"      // not confirmed by staff yet
	ReviewSecondBooking ReviewReason = "second_booking"    // another guardian has registered the same child
	ReviewAge           ReviewReason = "age"               // a guest of whom we do not know whether they are old enough
	ReviewEligibility   ReviewReason = "eligibility"       // a fact is missing that a rule asks for
	ReviewHeld          ReviewReason = "held"              // for a reason that must not show
)

// Registration is a party that wants to come: one lead and any attendees. Seats are all or nothing.
type Registration struct {
	Record
	WorkshopID          uuid.UUID           `json:"workshop_id" privacy:"none,erase=keep"`
	SessionID           *uuid.UUID          `json:"session_id" privacy:"none,erase=keep" doc:"The session, in a workshop that is registered for session by session"`
	LeadMemberID        uuid.UUID           `json:"lead_member_id" privacy:"none,erase=keep" doc:"Who answers for the party"`
	EnteredBy           uuid.UUID           `json:"-" privacy:"none,erase=keep"`
	State               RegistrationState   `json:"state" enum:"pending_approval,confirmed,waitlisted,offered,cancelled,declined,expired,superseded" privacy:"none,erase=keep" example:"confirmed"`
	Live                bool                `json:"-" gorm:"->" privacy:"none,erase=keep"`
	Review              Texts[ReviewReason] `json:"-" privacy:"confidential,erase=keep"`
	QueuedAt            *time.Time          `json:"queued_at" privacy:"none,erase=keep" doc:"When it joined the waitlist"`
	MovedAheadAt        *time.Time          `json:"-" privacy:"none,erase=keep"`
	OfferedAt           *time.Time          `json:"offered_at" privacy:"none,erase=keep" doc:"When the seats were last offered"`
	OfferExpiresAt      *time.Time          `json:"offer_expires_at" privacy:"none,erase=keep" doc:"Until when the offer stands; set while the state is offered"`
	ConfirmedAt         *time.Time          `json:"confirmed_at" privacy:"none,erase=keep"`
	ClosedAt            *time.Time          `json:"closed_at" privacy:"none,erase=keep" doc:"When it was cancelled, declined or expired"`
	LateCancel          bool                `json:"late_cancel" privacy:"none,erase=keep" doc:"Cancelled after the workshop's deadline for that"`
	Note                string              `json:"-" privacy:"personal,erase=blank"`
	Source              RegistrationSource  `json:"source,omitempty" enum:"registered,walk_in" privacy:"none,erase=keep" doc:"walk_in: they came to the door without a registration" example:"registered"`
	WalkInSessionID     *uuid.UUID          `json:"-" privacy:"none,erase=keep"`
	PassID              *uuid.UUID          `json:"-" privacy:"none,erase=keep"` // the pass it was made with
	TransferredFrom     *uuid.UUID          `json:"transferred_from" nullable:"true" privacy:"none,erase=keep" doc:"The registration whose place this is instead of"`
	TransferredTo       *uuid.UUID          `json:"transferred_to" nullable:"true" privacy:"none,erase=keep" doc:"The registration that took the place of this one"`
	CalledOffAs         *RegistrationState  `json:"-" privacy:"none,erase=keep"` // what it was when that which it is for was called off
	SharedWithGuardians bool                `json:"shared_with_guardians" privacy:"none,erase=keep" doc:"The other guardians of the children in it see their places too. Only who leads the party decides that"`
}

// TableName implements Model.
func (Registration) TableName() string { return "registrations" }

// Subjects implements Model.
func (Registration) Subjects() []string { return []string{"lead_member_id", "entered_by"} }

// OfferStands says whether the party may still take what it was offered.
func (r *Registration) OfferStands(now time.Time) bool {
	return r.State == RegistrationOffered && r.OfferExpiresAt != nil && now.Before(*r.OfferExpiresAt)
}
