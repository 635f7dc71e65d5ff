package models

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

var _ = table(Member{}, DependentDetails{}, EmergencyContact{})

// Kind is what somebody is to the organization. A member can be several; reports count a person once.
type Kind string

// The kinds. Reports count staff out, and a person under the first of their kinds in this order.
const (
	KindVeteran       Kind = "veteran"
	KindServiceMember Kind = "service_member"
	KindGuardReserve  Kind = "guard_reserve"
	KindSpouse        Kind = "spouse"
	KindPartner       Kind = "partner"
	KindSurvivor      Kind = "survivor"
	KindCaregiver     Kind = "caregiver"
	KindParent        Kind = "parent"
	KindSibling       Kind = "sibling"
	KindChild         Kind = "child"
	KindSupporter     Kind = "supporter"
	KindStaff         Kind = "staff"
)

// Gender is asked only where it is needed.
type Gender string

// The genders.
const (
	GenderWoman         Gender = "woman"
	GenderMan           Gender = "man"
	GenderNonbinary     Gender = "nonbinary"
	GenderSelfDescribed Gender = "self_described"
	GenderUndisclosed   Gender = "undisclosed"
)

// RaceEthnicity is how somebody describes themselves, several at once if they like: the categories of the U.S. statistical
// standard (SPD 15 of 2024). Nobody must answer.
type RaceEthnicity string

// The categories.
const (
	RaceNative          RaceEthnicity = "american_indian_or_alaska_native"
	RaceAsian           RaceEthnicity = "asian"
	RaceBlack           RaceEthnicity = "black_or_african_american"
	RaceHispanic        RaceEthnicity = "hispanic_or_latino"
	RaceMiddleEastern   RaceEthnicity = "middle_eastern_or_north_african"
	RacePacificIslander RaceEthnicity = "native_hawaiian_or_pacific_islander"
	RaceWhite           RaceEthnicity = "white"
	RaceOther           RaceEthnicity = "other"
	RaceUndisclosed     RaceEthnicity = "undisclosed"
)

// MemberStatus is where a person stands with us.
type MemberStatus string

// The statuses. A merged row answers in place of the record that was kept.
const (
	MemberProspective MemberStatus = "prospective"
	MemberActive      MemberStatus = "active"
	MemberInactive    MemberStatus = "inactive"
	MemberDeceased    MemberStatus = "deceased"
	MemberMerged      MemberStatus = "merged"
)

// SafeChannel is a way to reach somebody that nobody else sees.
type SafeChannel string

// The safe channels.
const (
	SafeByEmail SafeChannel = "email"
	SafeBySMS   SafeChannel = "sms"
	SafeByPush  SafeChannel = "push"
	SafeByCall  SafeChannel = "call"
)

// Defaults of a member of whom we know no better.
const (
	DefaultTimeZone = "America/New_York"
	DefaultLanguage = "en"
	QuietFrom       = "21:00"
	QuietUntil      = "08:00"
	// AdultAge is the age in years at which guardianship ends.
	AdultAge = 18
)

// Address is where somebody gets mail.
type Address struct {
	AddressLine1 string `json:"address_line1" maxLength:"120" privacy:"personal,erase=blank" example:"418 Haymount Ave"`
	AddressLine2 string `json:"address_line2" maxLength:"120" privacy:"personal,erase=blank" example:"Apt 3"`
	City         string `json:"city" maxLength:"80" privacy:"personal,erase=blank" example:"Fayetteville"`
	Region       string `json:"region" maxLength:"80" privacy:"personal,erase=blank" doc:"State or province" example:"NC"`
	PostalCode   string `json:"postal_code" maxLength:"16" privacy:"personal,erase=blank" example:"28305"`
	Country      string `json:"country" maxLength:"2" privacy:"personal,erase=blank" doc:"ISO 3166-1 alpha-2, or empty" example:"US"`
}

// Needs is what an event must know to receive somebody well. It is health data: shown only where the look is logged.
type Needs struct {
	AccessibilityNeeds string `json:"accessibility_needs" maxLength:"1000" privacy:"health,erase=blank" example:"Wheelchair; a seat near the door"`
	DietaryNeeds       string `json:"dietary_needs" maxLength:"1000" privacy:"health,erase=blank" example:"No shellfish"`
	ServiceAnimal      bool   `json:"service_animal" privacy:"health,erase=blank" doc:"Comes with a service animal. No document is ever asked for"`
	ServiceAnimalTask  string `json:"service_animal_task" maxLength:"300" privacy:"health,erase=blank" doc:"What the animal is trained to do" example:"Wakes me from nightmares"`
	ServiceAnimalCare  string `json:"service_animal_care" maxLength:"300" privacy:"health,erase=blank" doc:"What others should know: water, a corner, not to be petted" example:"Please do not pet her"`
}

// Preferences says how somebody wants to be reached. Clock times are those of their own time zone.
type Preferences struct {
	EmailOptIn   bool         `json:"email_opt_in" privacy:"personal,erase=blank" doc:"Takes e-mail that is not essential"`
	SMSOptIn     bool         `json:"sms_opt_in" gorm:"column:sms_opt_in" privacy:"personal,erase=blank"`
	PushOptIn    bool         `json:"push_opt_in" privacy:"personal,erase=blank"`
	QuietFrom    *string      `json:"quiet_from" privacy:"personal,erase=null" doc:"Start of quiet hours, HH:MM in the member's time zone" example:"21:00"`
	QuietUntil   *string      `json:"quiet_until" privacy:"personal,erase=null" doc:"End of quiet hours" example:"08:00"`
	SafeChannel  *SafeChannel `json:"safe_channel" enum:"email,sms,push,call" privacy:"personal,erase=null" doc:"The one channel that only this person sees" example:"sms"`
	SafeFrom     *string      `json:"safe_from" privacy:"personal,erase=null" doc:"Start of the hours in which it is safe to write or call" example:"10:00"`
	SafeUntil    *string      `json:"safe_until" privacy:"personal,erase=null" example:"15:00"`
	ProgramWords bool         `json:"program_words" privacy:"personal,erase=blank" doc:"Messages may name the program. False unless chosen: subjects, texts and calendar titles are neutral"`
}

// Member is a person we know. A member may have no account, as a child has none.
type Member struct {
	Record
	GivenName     string  `json:"given_name" privacy:"personal,erase=blank" example:"Luis"`
	FamilyName    string  `json:"family_name" privacy:"personal,erase=blank" doc:"Empty when we know a first name only" example:"Ortega"`
	PreferredName *string `json:"preferred_name" privacy:"personal,erase=null" doc:"What to call them, when not by the given name" example:"Lou"`
	LegalName     *string `json:"legal_name" privacy:"personal,erase=null" doc:"For waivers and travel alone" example:"Luis Alberto Ortega"`
	Pronouns      *string `json:"pronouns" privacy:"personal,erase=null" example:"he/him"`
	BirthDate     *Date   `json:"birth_date" nullable:"true" privacy:"personal,erase=null"`
	FormerNames   *string `json:"former_names" privacy:"personal,erase=null" doc:"What they were called before, as a maiden name: searches find it; only they and staff see it" example:"Reyes"`
	Gender        *Gender `json:"gender" enum:"woman,man,nonbinary,self_described,undisclosed" privacy:"personal,erase=null" example:"man"`
	GenderWords   *string `json:"gender_words" privacy:"personal,erase=null" doc:"Their own words, with self_described"`
	// RaceEthnicity is for aggregates: the person alone is shown it.
	RaceEthnicity  Texts[RaceEthnicity] `json:"-" privacy:"personal,erase=blank"`
	Kinds          Texts[Kind]          `json:"kinds" nullable:"false" enum:"veteran,service_member,guard_reserve,spouse,partner,child,parent,sibling,caregiver,survivor,supporter,staff" privacy:"personal,erase=keep"`
	Status         MemberStatus         `json:"status" enum:"prospective,active,inactive,deceased,merged" privacy:"personal,erase=keep" example:"active"`
	Email          *string              `json:"email" privacy:"personal,erase=null" doc:"May be shared with somebody else" example:"luis.ortega@example.org"`
	Phone          *string              `json:"phone" privacy:"personal,erase=null" doc:"E.164" example:"+19105550142"`
	Address        `gorm:"embedded"`
	Language       string        `json:"language" privacy:"personal,erase=keep" doc:"BCP 47" example:"en"`
	TimeZone       string        `json:"time_zone" privacy:"personal,erase=keep" doc:"IANA name" example:"America/New_York"`
	ReferralSource *string       `json:"referral_source" privacy:"personal,erase=null" doc:"How they came to us" example:"VA clinic"`
	Tags           Texts[string] `json:"tags" nullable:"false" privacy:"personal,erase=blank"`
	Needs          `gorm:"embedded"`
	Preferences    `gorm:"embedded"`
	EnteredBy      *uuid.UUID `json:"entered_by" nullable:"true" privacy:"personal,erase=keep" doc:"The guardian who added this child; null otherwise"`
	MergedInto     *uuid.UUID `json:"merged_into" nullable:"true" privacy:"none,erase=keep" doc:"The record that was kept when this one turned out to be the same person"`
	SearchText     string     `json:"-" gorm:"->" privacy:"personal,erase=keep"`
}

// TableName implements Model.
func (Member) TableName() string { return "members" }

// Subjects implements Model.
func (Member) Subjects() []string { return []string{"id"} }

// Name is what to call them in full: preferred name first.
func (m *Member) Name() string {
	first := m.GivenName
	if m.PreferredName != nil {
		first = *m.PreferredName
	}
	return strings.TrimSpace(first + " " + m.FamilyName)
}

// Gone says that the record is no longer one to act for or write to.
func (m *Member) Gone() bool { return m.Status == MemberDeceased || m.Status == MemberMerged }

// Today is the day in the member's own zone: birthdays count there.
func (m *Member) Today(now time.Time) Date { return DayIn(now, m.TimeZone) }

// MinorOn says whether they are under 18 on a day. Of whom we know no birth date, a child is a minor and others are not.
func (m *Member) MinorOn(on Date) bool { return minorOn(m.BirthDate, m.Kinds, on) }

func minorOn(born *Date, kinds []Kind, on Date) bool {
	if born == nil {
		return slices.Contains(kinds, KindChild)
	}
	return born.Age(on) < AdultAge
}

// DayIn is the day in a zone; an unknown zone is UTC.
func DayIn(now time.Time, zone string) Date {
	if place, ok := zones.Load(zone); ok {
		return DateOf(now.In(place.(*time.Location)))
	}
	place, err := time.LoadLocation(zone)
	if err != nil {
		return DateOf(now.UTC())
	}
	zones.Store(zone, place)
	return DateOf(now.In(place))
}

// zones keeps what time.LoadLocation reads anew each time: name to *time.Location, of names that exist.
var zones sync.Map

var (
	phoneNoise = strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", ".", "", "/", "", "\u00a0", "")
	e164       = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	clock      = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`)
)

// Phone writes a telephone number as E.164 has it. A number without a country is North American when it has ten
// digits, or eleven with a leading 1. It answers false for anything else.
func Phone(typed string) (string, bool) {
	digits := phoneNoise.Replace(strings.TrimSpace(typed))
	switch {
	case strings.HasPrefix(digits, "+"):
	case strings.HasPrefix(digits, "00"):
		digits = "+" + digits[2:]
	case len(digits) == 10:
		digits = "+1" + digits
	case len(digits) == 11 && digits[0] == '1':
		digits = "+" + digits
	}
	return digits, e164.MatchString(digits)
}

// IsClock says whether s is a wall-clock time as quiet hours have it: "21:00".
func IsClock(s string) bool { return clock.MatchString(s) }

// DependentDetails is what one guardian keeps about a child. Each guardian has a row of their own.
type DependentDetails struct {
	Record
	MemberID  uuid.UUID `json:"member_id" privacy:"none,erase=row"`
	EnteredBy uuid.UUID `json:"entered_by" privacy:"personal,erase=row" doc:"The guardian whose entries these are"`
	Email     *string   `json:"email" privacy:"personal,erase=row" example:"maya.ortega@example.org"`
	Phone     *string   `json:"phone" privacy:"personal,erase=row" doc:"E.164" example:"+19105550143"`
	Address   `gorm:"embedded"`
	Needs     `gorm:"embedded"`
}

// TableName implements Model.
func (DependentDetails) TableName() string { return "dependent_details" }

// Subjects implements Model.
func (DependentDetails) Subjects() []string { return []string{"member_id"} }

// MayBeTold is how much an emergency contact may learn from us.
type MayBeTold string

// The degrees.
const (
	ToldEmergency  MayBeTold = "emergency_only"
	ToldMembership MayBeTold = "membership"
	ToldAnything   MayBeTold = "anything"
)

// EmergencyContact is whom to call. Lists are kept per member and per person who entered them.
type EmergencyContact struct {
	ID        uuid.UUID `json:"id" gorm:"primaryKey" privacy:"none,erase=row"`
	CreatedAt time.Time `json:"created_at" privacy:"none,erase=row"`
	MemberID  uuid.UUID `json:"member_id" privacy:"none,erase=row"`
	EnteredBy uuid.UUID `json:"entered_by" privacy:"personal,erase=row" doc:"The member themselves, or the guardian who keeps this list"`
	Place     int       `json:"place" privacy:"none,erase=row" doc:"1 is called first"`
	Name      string    `json:"name" privacy:"personal,erase=row" example:"Rosa Ortega"`
	Relation  string    `json:"relation" privacy:"personal,erase=row" example:"mother"`
	Phone     string    `json:"phone" privacy:"personal,erase=row" doc:"E.164" example:"+19105550177"`
	Email     *string   `json:"email" privacy:"personal,erase=row" example:"rosa.ortega@example.org"`
	MayBeTold MayBeTold `json:"may_be_told" enum:"emergency_only,membership,anything" privacy:"personal,erase=row" doc:"What they may learn: nothing but an emergency, that this person is a member, or anything"`
}

// TableName implements Model.
func (EmergencyContact) TableName() string { return "emergency_contacts" }

// Subjects implements Model.
func (EmergencyContact) Subjects() []string { return []string{"member_id"} }
