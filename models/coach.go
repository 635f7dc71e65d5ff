package models

import (
	"time"

	"github.com/google/uuid"
)

var _ = table(Coach{}, CoachSchedule{}, CoachHours{}, CoachOverride{}, CoachTimeOff{})

// Modality is how a session of coaching takes place.
type Modality string

// The modalities.
const (
	ModalityOnline   Modality = "online"
	ModalityPhone    Modality = "phone" // the coach calls
	ModalityInPerson Modality = "in_person"
)

// ForCoaches lists what everybody who coaches must hold; lapsed, they take no new bookings.
func ForCoaches() []CredentialKind {
	return []CredentialKind{CredentialBackgroundCheck, CredentialCoachTraining, CredentialCoachingAgreement}
}

// ForCoachesOf is ForCoaches, and for a client who is a minor what work with minors asks.
func ForCoachesOf(minor bool) []CredentialKind {
	if minor {
		return append(ForCoaches(), CredentialChildSafety)
	}
	return ForCoaches()
}

// Coach is somebody who coaches, and how they work. The id is their member id.
type Coach struct {
	Record
	Bio               string          `json:"bio" privacy:"personal,erase=blank" doc:"What clients read of them" example:"Army, 2003 to 2011. I coach sleep, anger and the first year at home."`
	Specialties       Texts[Focus]    `json:"specialties" nullable:"false" enum:"sleep,stress,anger,grief,family,relationships,parenting,purpose,work,education,health_habits,substance_recovery,moral_injury,transition,caregiving,confidence" privacy:"personal,erase=keep"`
	Languages         Texts[string]   `json:"languages" nullable:"false" privacy:"personal,erase=keep" doc:"BCP 47" example:"[\"en\",\"es\"]"`
	Modalities        Texts[Modality] `json:"modalities" nullable:"false" enum:"online,phone,in_person" privacy:"none,erase=keep"`
	TimeZone          string          `json:"time_zone" privacy:"none,erase=keep" doc:"IANA name; the limits per day and week count days and weeks there, weeks from Monday" example:"America/Chicago"`
	Place             string          `json:"place" privacy:"personal,erase=blank" doc:"Where they meet people" example:"Room 4, Haymount Community House"`
	PlaceVisible      bool            `json:"place_visible" privacy:"none,erase=keep" doc:"Others can see into it, as it must be for minors"`
	OnlineRoom        OnlineRoom      `json:"online_room" enum:"url,jitsi" privacy:"none,erase=keep"`
	JoinURL           string          `json:"-" gorm:"column:join_url" privacy:"personal,erase=blank"` // their own room online
	WithMinors        bool            `json:"with_minors" privacy:"none,erase=keep" doc:"Takes clients under 18"`
	Accepting         bool            `json:"accepting" privacy:"none,erase=keep" doc:"Takes new clients"`
	CaseloadLimit     int             `json:"caseload_limit" privacy:"none,erase=keep" doc:"Most clients at a time" example:"12"`
	SessionMinutes    int             `json:"session_minutes" privacy:"none,erase=keep" example:"50"`
	SlotMinutes       int             `json:"slot_minutes" privacy:"none,erase=keep" doc:"Sessions may begin so many minutes apart, counted from the start of each window" example:"30"`
	BeforeMinutes     int             `json:"before_minutes" privacy:"none,erase=keep" doc:"Kept free before each session" example:"0"`
	AfterMinutes      int             `json:"after_minutes" privacy:"none,erase=keep" doc:"Kept free after it" example:"10"`
	NoticeHours       int             `json:"notice_hours" privacy:"none,erase=keep" doc:"Clients book no later than so many hours before" example:"24"`
	HorizonDays       int             `json:"horizon_days" privacy:"none,erase=keep" doc:"and no further ahead than so many days" example:"60"`
	MaxPerDay         *int            `json:"max_per_day" privacy:"none,erase=keep" doc:"Most sessions a day; null for no limit" example:"5"`
	MaxPerWeek        *int            `json:"max_per_week" privacy:"none,erase=keep" doc:"Most sessions a week; null for no limit" example:"20"`
	ApprovesBookings  bool            `json:"approves_bookings" privacy:"none,erase=keep" doc:"What clients book is requested, and waits for the coach's yes"`
	CancelNoticeHours int             `json:"cancel_notice_hours" privacy:"none,erase=keep" doc:"Until so many hours before, clients move and call off sessions; later a cancellation is marked late and counts in the package" example:"24"`
	MovesAllowed      int             `json:"moves_allowed" privacy:"none,erase=keep" doc:"How often a client may move one session" example:"2"`
	ReminderHours     Hours           `json:"reminder_hours" nullable:"false" privacy:"none,erase=keep" doc:"How many hours before each session people are reminded; the most first" example:"[24]"`
	RemindCoach       bool            `json:"remind_coach" privacy:"none,erase=keep" doc:"The coach is reminded, too"`
	SupervisorID      *uuid.UUID      `json:"supervisor_id" nullable:"true" privacy:"none,erase=keep" doc:"Who reads their supervision notes"`
	Paid              bool            `json:"paid" privacy:"personal,erase=keep" doc:"They are paid for their coaching, by whom and however little; else it is pro bono"`
	SuspendedAt       *time.Time      `json:"suspended_at" privacy:"none,erase=keep" doc:"No new contact until staff say otherwise"`
	ArchivedAt        *time.Time      `json:"archived_at" privacy:"none,erase=keep" doc:"Coaches no more"`
	ClientsToStaffAt  *time.Time      `json:"-" privacy:"none,erase=keep"` // staff are asked to find other coaches for their clients
}

// TableName implements Model.
func (Coach) TableName() string { return "coaches" }

// Subjects implements Model.
func (Coach) Subjects() []string { return []string{"id", "supervisor_id"} }

// CoachSchedule is hours of a coach by the clock on the wall of one zone. Those of several schedules add up.
type CoachSchedule struct {
	Record
	CoachID  uuid.UUID `json:"coach_id" privacy:"none,erase=keep"`
	Name     string    `json:"name" privacy:"personal,erase=blank" example:"School year"`
	TimeZone string    `json:"time_zone" privacy:"none,erase=keep" doc:"IANA name" example:"America/Chicago"`
	StartsOn Date      `json:"starts_on" privacy:"none,erase=keep" doc:"First day; its week is the first of rules that skip weeks"`
	EndsOn   *Date     `json:"ends_on" nullable:"true" privacy:"none,erase=keep" doc:"Last day; null for no end"`
}

// TableName implements Model.
func (CoachSchedule) TableName() string { return "coach_schedules" }

// Subjects implements Model.
func (CoachSchedule) Subjects() []string { return []string{"coach_id"} }

// CoachHours is one weekly rule of a schedule.
type CoachHours struct {
	ID         uuid.UUID `json:"-" gorm:"primaryKey" privacy:"none,erase=keep"`
	ScheduleID uuid.UUID `json:"-" privacy:"none,erase=keep"`
	Rule       string    `json:"rule" privacy:"none,erase=keep" doc:"RFC 5545, FREQ=WEEKLY with BYDAY, and INTERVAL where weeks are skipped" example:"FREQ=WEEKLY;BYDAY=MO,WE"`
	FromTime   string    `json:"from_time" privacy:"none,erase=keep" doc:"On the wall" example:"16:00"`
	UntilTime  string    `json:"until_time" privacy:"none,erase=keep" doc:"Later the same day, 24:00 at most" example:"20:00"`
}

// TableName implements Model.
func (CoachHours) TableName() string { return "coach_hours" }

// Subjects implements Model.
func (CoachHours) Subjects() []string { return nil }

// CoachOverride is one day on which other hours hold than those of the schedules.
type CoachOverride struct {
	Record
	CoachID  uuid.UUID     `json:"coach_id" privacy:"none,erase=keep"`
	Day      Date          `json:"day" privacy:"none,erase=keep"`
	TimeZone string        `json:"time_zone" privacy:"none,erase=keep" doc:"The day is a day there" example:"America/Chicago"`
	Windows  Texts[string] `json:"windows" nullable:"false" privacy:"none,erase=keep" doc:"HH:MM-HH:MM each; empty: not at all that day" example:"[\"09:00-12:00\"]"`
}

// TableName implements Model.
func (CoachOverride) TableName() string { return "coach_overrides" }

// Subjects implements Model.
func (CoachOverride) Subjects() []string { return []string{"coach_id"} }

// CoachTimeOff is when a coach is away.
type CoachTimeOff struct {
	Record
	CoachID  uuid.UUID `json:"coach_id" privacy:"none,erase=keep"`
	StartsAt time.Time `json:"starts_at" privacy:"none,erase=keep"`
	EndsAt   time.Time `json:"ends_at" privacy:"none,erase=keep"`
	Note     string    `json:"note" privacy:"personal,erase=blank" doc:"For the coach and coordinators" example:"Family visit"`
}

// TableName implements Model.
func (CoachTimeOff) TableName() string { return "coach_time_off" }

// Subjects implements Model.
func (CoachTimeOff) Subjects() []string { return []string{"coach_id"} }
