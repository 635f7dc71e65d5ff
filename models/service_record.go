package models

import (
	"database/sql/driver"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"
)

var _ = table(ServiceRecord{})

// Component is a part of the armed forces.
type Component string

// The components.
const (
	ComponentActive  Component = "active"
	ComponentReserve Component = "reserve"
	ComponentGuard   Component = "national_guard"
)

// Branch is a branch of the armed forces.
type Branch string

// The branches.
const (
	BranchArmy       Branch = "army"
	BranchMarines    Branch = "marine_corps"
	BranchNavy       Branch = "navy"
	BranchAirForce   Branch = "air_force"
	BranchSpaceForce Branch = "space_force"
	BranchCoastGuard Branch = "coast_guard"
)

// Character is the character of a discharge. It is asked only where a rule needs it.
type Character string

// The characters of service.
const (
	CharacterHonorable       Character = "honorable"
	CharacterGeneral         Character = "general"
	CharacterOther           Character = "other_than_honorable"
	CharacterBadConduct      Character = "bad_conduct"
	CharacterDishonorable    Character = "dishonorable"
	CharacterUncharacterized Character = "uncharacterized"
	CharacterUndisclosed     Character = "undisclosed"
)

// Verification is how far a period of service was looked into. "Not confirmed" does not mean "not a veteran".
type Verification string

// The states.
const (
	ServiceUnverified   Verification = "unverified"
	ServicePending      Verification = "pending"
	ServiceVerified     Verification = "verified"
	ServiceNotConfirmed Verification = "not_confirmed"
)

// VerificationMethod is what somebody of the staff saw or asked.
type VerificationMethod string

// The methods.
const (
	MethodDD214   VerificationMethod = "dd214_seen"
	MethodNGB22   VerificationMethod = "ngb22_seen"
	MethodVA      VerificationMethod = "va_letter"
	MethodIDCard  VerificationMethod = "id_card"
	MethodVAAPI   VerificationMethod = "va_api"
	MethodIDMe    VerificationMethod = "id_me"
	MethodVouched VerificationMethod = "vouched"
)

// Deployment is one stay elsewhere during a period of service.
type Deployment struct {
	Place string `json:"place" minLength:"1" maxLength:"120" doc:"Country or theatre" example:"Iraq"`
	From  *Date  `json:"from,omitempty" required:"false" nullable:"true" example:"2005-01-10"`
	Until *Date  `json:"until,omitempty" required:"false" nullable:"true" example:"2006-01-08"`
}

// Deployments is a jsonb column.
type Deployments []Deployment

// Scan implements sql.Scanner.
func (d *Deployments) Scan(src any) error { return scanJSON("deployments", src, d) }

// Value implements driver.Valuer.
func (d Deployments) Value() (driver.Value, error) {
	if d == nil {
		d = Deployments{}
	}
	return valueJSON([]Deployment(d))
}

// ServiceRecord is one period of service. The document that shows it is never kept: it carries an SSN.
type ServiceRecord struct {
	Record
	MemberID           uuid.UUID           `json:"member_id" privacy:"none,erase=row"`
	Component          Component           `json:"component" enum:"active,reserve,national_guard" privacy:"personal,erase=row"`
	Branch             Branch              `json:"branch" enum:"army,marine_corps,navy,air_force,space_force,coast_guard" privacy:"personal,erase=row"`
	EnteredOn          Date                `json:"entered_on" privacy:"personal,erase=row"`
	SeparatedOn        *Date               `json:"separated_on" nullable:"true" privacy:"personal,erase=row" doc:"The last day; null while they serve"`
	Rank               string              `json:"rank" privacy:"personal,erase=row" doc:"Empty when unknown" example:"Staff Sergeant"`
	Specialty          string              `json:"specialty" privacy:"personal,erase=row" doc:"Occupation, as they name it" example:"68W combat medic"`
	Deployments        Deployments         `json:"deployments" gorm:"type:jsonb" nullable:"false" privacy:"personal,erase=row"`
	Character          *Character          `json:"character" enum:"honorable,general,other_than_honorable,bad_conduct,dishonorable,uncharacterized,undisclosed" privacy:"personal,erase=row" doc:"Character of service; null where no rule asked for it"`
	Verification       Verification        `json:"verification" enum:"unverified,pending,verified,not_confirmed" privacy:"personal,erase=row" doc:"How far it was looked into. Not confirmed does not mean that they did not serve"`
	VerificationMethod *VerificationMethod `json:"verification_method" enum:"dd214_seen,ngb22_seen,va_letter,id_card,va_api,id_me,vouched" privacy:"personal,erase=row" doc:"What was seen, when verified"`
	VerifiedBy         *uuid.UUID          `json:"verified_by" nullable:"true" privacy:"none,erase=row" doc:"Who looked, when verified or not confirmed"`
	VerifiedOn         *Date               `json:"verified_on" nullable:"true" privacy:"personal,erase=row"`
	VerificationReason *string             `json:"verification_reason" privacy:"personal,erase=row" doc:"A note on it; always there when not confirmed" example:"The archive has no record under this name"`
}

// TableName implements Model.
func (ServiceRecord) TableName() string { return "service_records" }

// Subjects implements Model.
func (ServiceRecord) Subjects() []string { return []string{"member_id"} }

// Era is a period by which veterans are counted.
type Era string

// The eras.
const (
	EraWorldWarII Era = "world_war_ii"
	EraKorea      Era = "korea"
	EraVietnam    Era = "vietnam"
	EraGulfWar    Era = "gulf_war"
	EraPost911    Era = "post_9_11"
	EraPeacetime  Era = "peacetime"
)

// Span is the days from From to Until, both included. A zero Until is open.
type Span struct{ From, Until Date }

func (s Span) meets(from Date, until *Date) bool {
	return (s.Until.IsZero() || !from.After(s.Until.Time)) && (until == nil || !until.Before(s.From.Time))
}

// EraSpan is an era and its days.
type EraSpan struct {
	Era Era
	Span
}

// EraSpans are the periods of war as 38 CFR 3.2 and the census of veterans have them, in their order; peacetime is the rest.
var EraSpans = []EraSpan{
	{EraWorldWarII, Span{NewDate(1941, time.December, 7), NewDate(1946, time.December, 31)}},
	{EraKorea, Span{NewDate(1950, time.June, 27), NewDate(1955, time.January, 31)}},
	{EraVietnam, Span{NewDate(1964, time.August, 5), NewDate(1975, time.May, 7)}},
	{EraGulfWar, Span{From: NewDate(1990, time.August, 2)}},
	{EraPost911, Span{From: NewDate(2001, time.September, 11)}},
}

// InCountryVietnam is the era of Vietnam for those who were there.
var InCountryVietnam = Span{NewDate(1955, time.November, 1), NewDate(1975, time.May, 7)}

// Eras are those in which a period of service falls, one day being enough; several may hold.
func (r *ServiceRecord) Eras() []Era {
	eras := []Era{}
	for _, e := range EraSpans {
		if e.meets(r.EnteredOn, r.SeparatedOn) || e.Era == EraVietnam && r.inVietnam() {
			eras = append(eras, e.Era)
		}
	}
	if len(eras) == 0 {
		eras = append(eras, EraPeacetime)
	}
	return eras
}

// inVietnam says whether a deployment tells of Vietnam in its years. One without dates is taken to be within the service.
func (r *ServiceRecord) inVietnam() bool {
	for _, d := range r.Deployments {
		from, until := r.EnteredOn, r.SeparatedOn
		if d.From != nil {
			from = *d.From
		}
		if d.Until != nil {
			until = d.Until
		}
		if strings.Contains(plainLetters(d.Place), "vietnam") && InCountryVietnam.meets(from, until) {
			return true
		}
	}
	return false
}

// plainLetters leaves the letters: Viet Nam, Việt Nam and Viet-Nam are one country.
func plainLetters(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune("ệêẹeỆÊ", r):
			return 'e'
		case unicode.IsLetter(r):
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// TaskVerifyService asks staff to look at a period of service that its owner changed after it was looked into.
const TaskVerifyService TaskKind = "verify_service"
