package people

import (
	"homefront/models"
	"homefront/services"
)

// The pieces of what can be edited of a person; each body is made of those that its caller may change.

// NamesPatch is how somebody is called and spoken to.
type NamesPatch struct {
	GivenName     services.Field[string]        `json:"given_name,omitzero" required:"false" minLength:"1" maxLength:"80" example:"Luis"`
	FamilyName    services.Field[string]        `json:"family_name,omitzero" required:"false" maxLength:"80" example:"Ortega"`
	PreferredName services.Field[string]        `json:"preferred_name,omitzero" required:"false" maxLength:"80" example:"Lou"`
	LegalName     services.Field[string]        `json:"legal_name,omitzero" required:"false" maxLength:"160" doc:"For waivers and travel alone"`
	FormerNames   services.Field[string]        `json:"former_names,omitzero" required:"false" maxLength:"160" doc:"What they were called before, as a maiden name; searches find it" example:"Reyes"`
	Pronouns      services.Field[string]        `json:"pronouns,omitzero" required:"false" maxLength:"40" example:"he/him"`
	Gender        services.Field[models.Gender] `json:"gender,omitzero" required:"false" enum:"woman,man,nonbinary,self_described,undisclosed"`
	GenderWords   services.Field[string]        `json:"gender_words,omitzero" required:"false" maxLength:"60" doc:"Their own words; with self_described alone"`
	Language      services.Field[string]        `json:"language,omitzero" required:"false" maxLength:"35" doc:"BCP 47" example:"es"`
	TimeZone      services.Field[string]        `json:"time_zone,omitzero" required:"false" maxLength:"64" doc:"IANA name" example:"America/Chicago"`
}

func (p NamesPatch) apply(m *models.Member) {
	m.GivenName, m.FamilyName = p.GivenName.Or(m.GivenName), p.FamilyName.OrZero(m.FamilyName)
	m.PreferredName, m.LegalName, m.Pronouns = p.PreferredName.OrNull(m.PreferredName), p.LegalName.OrNull(m.LegalName), p.Pronouns.OrNull(m.Pronouns)
	m.FormerNames, m.GenderWords = p.FormerNames.OrNull(m.FormerNames), p.GenderWords.OrNull(m.GenderWords)
	m.Gender, m.Language, m.TimeZone = p.Gender.OrNull(m.Gender), p.Language.Or(m.Language), p.TimeZone.Or(m.TimeZone)
}

// ContactPatch is where somebody is reached.
type ContactPatch struct {
	Email        services.Field[string] `json:"email,omitzero" required:"false" maxLength:"254" example:"luis.ortega@example.org"`
	Phone        services.Field[string] `json:"phone,omitzero" required:"false" maxLength:"40" doc:"Any usual way of writing it; kept as E.164" example:"(910) 555-0142"`
	AddressLine1 services.Field[string] `json:"address_line1,omitzero" required:"false" maxLength:"120" example:"418 Haymount Ave"`
	AddressLine2 services.Field[string] `json:"address_line2,omitzero" required:"false" maxLength:"120"`
	City         services.Field[string] `json:"city,omitzero" required:"false" maxLength:"80" example:"Fayetteville"`
	Region       services.Field[string] `json:"region,omitzero" required:"false" maxLength:"80" example:"NC"`
	PostalCode   services.Field[string] `json:"postal_code,omitzero" required:"false" maxLength:"16" example:"28305"`
	Country      services.Field[string] `json:"country,omitzero" required:"false" maxLength:"2" doc:"ISO 3166-1 alpha-2" example:"US"`
}

func (p ContactPatch) apply(email, phone **string, a *models.Address) {
	*email, *phone = p.Email.OrNull(*email), p.Phone.OrNull(*phone)
	a.AddressLine1, a.AddressLine2 = p.AddressLine1.OrZero(a.AddressLine1), p.AddressLine2.OrZero(a.AddressLine2)
	a.City, a.Region = p.City.OrZero(a.City), p.Region.OrZero(a.Region)
	a.PostalCode, a.Country = p.PostalCode.OrZero(a.PostalCode), p.Country.OrZero(a.Country)
}

// NeedsPatch is what an event must know to receive somebody well.
type NeedsPatch struct {
	AccessibilityNeeds services.Field[string] `json:"accessibility_needs,omitzero" required:"false" maxLength:"1000" example:"A seat near the door"`
	DietaryNeeds       services.Field[string] `json:"dietary_needs,omitzero" required:"false" maxLength:"1000" example:"No shellfish"`
	ServiceAnimal      services.Field[bool]   `json:"service_animal,omitzero" required:"false"`
	ServiceAnimalTask  services.Field[string] `json:"service_animal_task,omitzero" required:"false" maxLength:"300" example:"Wakes me from nightmares"`
	ServiceAnimalCare  services.Field[string] `json:"service_animal_care,omitzero" required:"false" maxLength:"300" example:"Please do not pet her"`
}

func (p NeedsPatch) apply(n *models.Needs) {
	n.AccessibilityNeeds, n.DietaryNeeds = p.AccessibilityNeeds.OrZero(n.AccessibilityNeeds), p.DietaryNeeds.OrZero(n.DietaryNeeds)
	n.ServiceAnimal = p.ServiceAnimal.Or(n.ServiceAnimal)
	n.ServiceAnimalTask, n.ServiceAnimalCare = p.ServiceAnimalTask.OrZero(n.ServiceAnimalTask), p.ServiceAnimalCare.OrZero(n.ServiceAnimalCare)
}

// PreferencesPatch says how somebody wants to be reached.
type PreferencesPatch struct {
	EmailOptIn   services.Field[bool]               `json:"email_opt_in,omitzero" required:"false"`
	SMSOptIn     services.Field[bool]               `json:"sms_opt_in,omitzero" required:"false"`
	PushOptIn    services.Field[bool]               `json:"push_opt_in,omitzero" required:"false"`
	QuietFrom    services.Field[string]             `json:"quiet_from,omitzero" required:"false" maxLength:"5" doc:"HH:MM in the member's time zone" example:"22:00"`
	QuietUntil   services.Field[string]             `json:"quiet_until,omitzero" required:"false" maxLength:"5" example:"07:30"`
	SafeChannel  services.Field[models.SafeChannel] `json:"safe_channel,omitzero" required:"false" enum:"email,sms,push,call" doc:"The one channel that only this person sees"`
	SafeFrom     services.Field[string]             `json:"safe_from,omitzero" required:"false" maxLength:"5" example:"10:00"`
	SafeUntil    services.Field[string]             `json:"safe_until,omitzero" required:"false" maxLength:"5" example:"15:00"`
	ProgramWords services.Field[bool]               `json:"program_words,omitzero" required:"false" doc:"Messages may name the program; neutral unless chosen"`
}

func (p PreferencesPatch) apply(to *models.Preferences) {
	to.EmailOptIn, to.SMSOptIn, to.PushOptIn = p.EmailOptIn.Or(to.EmailOptIn), p.SMSOptIn.Or(to.SMSOptIn), p.PushOptIn.Or(to.PushOptIn)
	to.QuietFrom, to.QuietUntil = p.QuietFrom.OrNull(to.QuietFrom), p.QuietUntil.OrNull(to.QuietUntil)
	to.SafeChannel = p.SafeChannel.OrNull(to.SafeChannel)
	to.SafeFrom, to.SafeUntil = p.SafeFrom.OrNull(to.SafeFrom), p.SafeUntil.OrNull(to.SafeUntil)
	to.ProgramWords = p.ProgramWords.Or(to.ProgramWords)
}

// memberColumns are those that edits can change.
var memberColumns = []string{"given_name", "family_name", "preferred_name", "legal_name", "former_names", "pronouns", "birth_date", "gender", "gender_words", "race_ethnicity", "kinds", "status", "email", "phone",
	"address_line1", "address_line2", "city", "region", "postal_code", "country", "language", "time_zone", "referral_source", "tags",
	"accessibility_needs", "dietary_needs", "service_animal", "service_animal_task", "service_animal_care",
	"email_opt_in", "sms_opt_in", "push_opt_in", "quiet_from", "quiet_until", "safe_channel", "safe_from", "safe_until", "program_words", "entered_by", "version", "updated_at"}

func storeMember(tx *services.Tx, before models.Member, m *models.Member) error {
	edited(tx, &m.Record)
	tx.Changed(before, *m)
	return tx.DB.Model(&models.Member{}).Where("id = ?", m.ID).Select(memberColumns).Updates(m).Error
}
