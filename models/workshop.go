package models

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

var _ = table(Workshop{}, WorkshopFacilitator{})

// Format is where a workshop takes place.
type Format string

// The formats. A hybrid workshop counts seats per mode.
const (
	FormatInPerson Format = "in_person"
	FormatOnline   Format = "online"
	FormatHybrid   Format = "hybrid"
)

// Modes are the pools of seats that a format needs: nil where there is one.
func (f Format) Modes() []*AttendanceMode {
	if f != FormatHybrid {
		return []*AttendanceMode{nil}
	}
	inPerson, online := ModeInPerson, ModeOnline
	return []*AttendanceMode{&inPerson, &online}
}

// Admission is what a place is good for.
type Admission string

// The modes: one place for all sessions, or a place, seats and a waitlist per session.
const (
	AttendSeries Admission = "series"
	AttendDropIn Admission = "drop_in"
)

// Visibility is the state of a workshop.
type Visibility string

// The states. Published is live; cancelled and completed are over, and a cancelled one can be restored before it starts.
const (
	VisibilityDraft     Visibility = "draft"
	VisibilityPublished Visibility = "published"
	VisibilityCancelled Visibility = "cancelled"
	VisibilityCompleted Visibility = "completed"
)

// Over says whether nothing more will happen in it.
func (v Visibility) Over() bool { return v == VisibilityCancelled || v == VisibilityCompleted }

// Window is what somebody who wants to register is told.
type Window string

// The words. Full still takes parties for the waitlist while that has room.
const (
	WindowOpen       Window = "open"
	WindowNotYetOpen Window = "not_yet_open"
	WindowClosed     Window = "closed"
	WindowFull       Window = "full"
)

// Workshop is something that people register for. It takes place in one or more sessions.
type Workshop struct {
	Record
	ProgramID           *uuid.UUID  `json:"program_id" nullable:"true" privacy:"none,erase=keep"`
	Title               string      `json:"title" privacy:"none,erase=keep" example:"Living with Hypervigilance"`
	Summary             string      `json:"summary" privacy:"none,erase=keep" doc:"One or two sentences for the catalog" example:"Six evenings for veterans and the people they live with"`
	Description         string      `json:"description" privacy:"none,erase=keep"`
	Materials           string      `json:"materials" privacy:"none,erase=keep" doc:"What to bring or prepare" example:"A notebook"`
	Format              Format      `json:"format" enum:"in_person,online,hybrid" privacy:"none,erase=keep" example:"in_person"`
	AttendanceMode      Admission   `json:"attendance_mode" enum:"series,drop_in" privacy:"none,erase=keep" doc:"series: one place for all sessions; drop_in: a place per session" example:"series"`
	VenueID             *uuid.UUID  `json:"venue_id" nullable:"true" privacy:"none,erase=keep"`
	RoomID              *uuid.UUID  `json:"room_id" nullable:"true" privacy:"none,erase=keep" doc:"A room of the venue; null for all of it"`
	LocationNote        string      `json:"location_note" privacy:"none,erase=keep" doc:"How to find the room" example:"Second floor, ring twice"`
	JoinURL             string      `json:"join_url" gorm:"column:join_url" privacy:"personal,erase=keep" doc:"Where to join online; empty for those who are not staff of it" example:"https://meet.example.org/hv-6"`
	OnlineRoom          OnlineRoom  `json:"online_room" enum:"url,jitsi" privacy:"none,erase=keep" doc:"url: at join_url; jitsi: in a room of our own for each session" example:"url"`
	TimeZone            string      `json:"time_zone" privacy:"none,erase=keep" doc:"IANA name; local times are of this zone" example:"America/New_York"`
	Capacity            *int        `json:"capacity" privacy:"none,erase=keep" doc:"Seats; of a hybrid workshop those in the room; of drop_in those of each session. Null in a draft that does not know yet" example:"30"`
	ChildCapacity       *int        `json:"child_capacity" privacy:"none,erase=keep" doc:"Seats for children, apart from capacity; null when children sit on the same seats" example:"10"`
	OnlineCapacity      *int        `json:"online_capacity" privacy:"none,erase=keep" doc:"Hybrid only: places online" example:"100"`
	MinToRun            *int        `json:"min_to_run" privacy:"none,erase=keep" doc:"For staff: fewer than this and they may call it off; null for others" example:"6"`
	DecideBy            *time.Time  `json:"decide_by" privacy:"none,erase=keep" doc:"For staff: when it is decided whether it takes place with fewer; null when that is left open, and for others"`
	RanAnywayAt         *time.Time  `json:"-" privacy:"none,erase=keep"`
	RunAnywayReason     string      `json:"-" privacy:"none,erase=keep"`
	WaitlistCapacity    *int        `json:"waitlist_capacity" privacy:"none,erase=keep" doc:"Parties that may wait per pool of seats; 0 for no waitlist, null for no limit" example:"10"`
	OpensAt             *time.Time  `json:"opens_at" privacy:"none,erase=keep" doc:"When registration opens; null for at once"`
	ClosesAt            *time.Time  `json:"closes_at" privacy:"none,erase=keep" doc:"When registration closes; null for at the start"`
	ApprovalRequired    bool        `json:"approval_required" privacy:"none,erase=keep" doc:"Staff decide on every registration; the seats are held meanwhile"`
	CancelDeadlineHours int         `json:"cancel_deadline_hours" privacy:"none,erase=keep" doc:"A cancellation in the last hours before the start is marked late" example:"24"`
	GuestsPerParty      int         `json:"guests_per_party" privacy:"none,erase=keep" doc:"Named guests a party may bring" example:"1"`
	MaxParty            int         `json:"max_party" privacy:"none,erase=keep" doc:"People in a party, guests included" example:"8"`
	MinimumAge          *int        `json:"minimum_age" privacy:"none,erase=keep" doc:"Age in whole years on the local date of the first session" example:"16"`
	TeenProgram         bool        `json:"teen_program" privacy:"none,erase=keep" doc:"Staffed for minors who come without an adult of their party"`
	AudienceKinds       Texts[Kind] `json:"audience_kinds" nullable:"false" enum:"veteran,service_member,guard_reserve,spouse,partner,child,parent,sibling,caregiver,survivor,supporter,staff" privacy:"none,erase=keep" doc:"Kinds of member it is for; empty for everybody"`
	Rules               Rules       `json:"rules" nullable:"false" privacy:"none,erase=keep" doc:"Who may come, beyond age and audience: all of these must be met; empty for everybody. Changing them throws nobody out"`
	RegistrationFormID  *uuid.UUID  `json:"registration_form_id" nullable:"true" privacy:"none,erase=keep" doc:"What each member who comes is asked; null for nothing"`
	OfferHours          int         `json:"offer_hours" privacy:"none,erase=keep" doc:"How long an offered seat is kept" example:"24"`
	ReminderHours       Hours       `json:"reminder_hours" nullable:"false" privacy:"none,erase=keep" doc:"How many hours before each session people are reminded; the most first" example:"[24]"`
	Visibility          Visibility  `json:"visibility" enum:"draft,published,cancelled,completed" privacy:"none,erase=keep" example:"published"`
	IsTemplate          bool        `json:"is_template" privacy:"none,erase=keep" doc:"A draft kept to be cloned; never published"`
	IsPublic            bool        `json:"is_public" privacy:"none,erase=keep" doc:"Once published, shown in the public catalog without sign-in, too"`
	StartsAt            *time.Time  `json:"starts_at" privacy:"none,erase=keep" doc:"Start of the first session that is not cancelled; null while there is none"`
	EndsAt              *time.Time  `json:"ends_at" privacy:"none,erase=keep" doc:"End of the last session that is not cancelled"`
	ListedUntil         *time.Time  `json:"-" privacy:"none,erase=keep"`
	PublishedAt         *time.Time  `json:"published_at" privacy:"none,erase=keep"`
	CancelledAt         *time.Time  `json:"cancelled_at" privacy:"none,erase=keep"`
	CompletedAt         *time.Time  `json:"completed_at" privacy:"none,erase=keep"`
	CancelReason        string      `json:"cancel_reason" privacy:"none,erase=keep" doc:"What those who were registered were told"`
}

// TableName implements Model.
func (Workshop) TableName() string { return "workshops" }

// Subjects implements Model.
func (Workshop) Subjects() []string { return nil }

// MinorsAllowed says whether somebody under 18 may come; then all who facilitate are checked.
func (w *Workshop) MinorsAllowed() bool { return w.MinimumAge == nil || *w.MinimumAge < AdultAge }

// For says whether a person of these kinds is of its audience.
func (w *Workshop) For(kinds []Kind) bool {
	return len(w.AudienceKinds) == 0 || slices.ContainsFunc(kinds, func(k Kind) bool { return slices.Contains(w.AudienceKinds, k) })
}

// WindowAt says whether registration is open at now for what starts at start: the first session of a series, the
// session itself of drop_in. An explicit end of registration lets people join a series that has begun, until it ends.
func (w *Workshop) WindowAt(now, start time.Time) Window {
	closes := start
	if w.ClosesAt != nil && (w.AttendanceMode == AttendSeries || w.ClosesAt.Before(start)) {
		closes = *w.ClosesAt
	}
	switch {
	case w.Visibility != VisibilityPublished, !now.Before(closes), w.EndsAt != nil && !now.Before(*w.EndsAt):
		return WindowClosed
	case w.OpensAt != nil && now.Before(*w.OpensAt):
		return WindowNotYetOpen
	}
	return WindowOpen
}

// Seats is the capacity that a pool of this mode gets: the session's own where it has one, else the workshop's. Children
// have seats of their own in the room only.
func (w *Workshop) Seats(mode *AttendanceMode, s *WorkshopSession) (capacity int, children *int) {
	own := func(session, workshop *int) *int {
		if session != nil {
			return session
		}
		return workshop
	}
	if s == nil {
		s = &WorkshopSession{}
	}
	seats, children := own(s.Capacity, w.Capacity), own(s.ChildCapacity, w.ChildCapacity)
	if mode != nil && *mode == ModeOnline {
		seats, children = own(s.OnlineCapacity, w.OnlineCapacity), nil
	}
	if seats == nil {
		return 0, children
	}
	return *seats, children
}

// WorkshopFacilitator is who leads a workshop by default; each session has its own list, copied when it is made.
type WorkshopFacilitator struct {
	WorkshopID uuid.UUID `gorm:"primaryKey" privacy:"none,erase=keep"`
	MemberID   uuid.UUID `gorm:"primaryKey" privacy:"none,erase=keep"`
}

// TableName implements Model.
func (WorkshopFacilitator) TableName() string { return "workshop_facilitators" }

// Subjects implements Model.
func (WorkshopFacilitator) Subjects() []string { return []string{"member_id"} }
