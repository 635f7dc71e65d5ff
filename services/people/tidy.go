package people

import (
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/text/language"

	"homefront/models"
	"homefront/services"
)

// problems gathers every value that breaks a rule, so that all are told at once.
type problems []services.FieldError

func (p *problems) add(field string, code services.Code, message string, args ...any) {
	*p = append(*p, services.FieldError{Field: field, Code: code, Message: fmt.Sprintf(message, args...)})
}

func (p problems) err() error {
	if len(p) == 0 {
		return nil
	}
	return services.Invalid(p...)
}

func lineOrNull(s *string) *string {
	if s == nil {
		return nil
	}
	if t := services.Line(*s); t != "" {
		return &t
	}
	return nil
}

// tidyEmail keeps the address as typed, without what surrounds it.
func (p *problems) tidyEmail(field string, s **string) {
	*s = lineOrNull(*s)
	if *s == nil {
		return
	}
	parsed, err := mail.ParseAddress(**s)
	if err != nil || parsed.Address != **s || !strings.Contains(parsed.Address[strings.LastIndexByte(parsed.Address, '@'):], ".") {
		p.add(field, "bad_email", "Write an e-mail address like name@example.org.")
	}
}

func (p *problems) tidyPhone(field string, s **string) {
	*s = lineOrNull(*s)
	if *s == nil {
		return
	}
	number, ok := models.Phone(**s)
	if !ok {
		p.add(field, "bad_phone", "Write a telephone number with its country, like +1 910 555 0142.")
		return
	}
	*s = &number
}

func (p *problems) tidyAddress(a *models.Address) {
	for _, s := range []*string{&a.AddressLine1, &a.AddressLine2, &a.City, &a.Region, &a.PostalCode} {
		*s = services.Line(*s)
	}
	a.Country = strings.ToUpper(services.Line(a.Country))
	if a.Country != "" && (len(a.Country) != 2 || strings.Trim(a.Country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "") {
		p.add("/country", "bad_country", "Write the country as two letters, like US.")
	}
}

func tidyNeeds(n *models.Needs) {
	for _, s := range []*string{&n.AccessibilityNeeds, &n.DietaryNeeds, &n.ServiceAnimalTask, &n.ServiceAnimalCare} {
		*s = services.Prose(*s)
	}
}

func (p *problems) tidyHours(from, until string, start, end **string) {
	*start, *end = lineOrNull(*start), lineOrNull(*end)
	if (*start == nil) != (*end == nil) {
		p.add(from, "incomplete", "Give both a start and an end, or neither.")
		return
	}
	for field, s := range map[string]*string{from: *start, until: *end} {
		if s != nil && !models.IsClock(*s) {
			p.add(field, "bad_time", "Write a time of day like 21:00.")
		}
	}
}

func (p *problems) tidyBirthDate(d *models.Date, now time.Time) {
	if d == nil {
		return
	}
	// A day ahead of UTC is already today somewhere.
	if d.After(now.AddDate(0, 0, 1)) || d.Year() < 1880 {
		p.add("/birth_date", "out_of_range", "The birth date must lie in the past.")
	}
}

// tidyNames asks that the names that others read in their mail are names.
func (p *problems) tidyNames(m *models.Member) {
	for field, name := range map[string]*string{"/given_name": &m.GivenName, "/family_name": &m.FamilyName, "/preferred_name": m.PreferredName} {
		if name != nil && !models.PlainName(*name) {
			p.add(field, "not_a_name", models.NotAName)
		}
	}
}

// tidy brings a member's values into the form in which they are kept, and names each that cannot be.
func tidy(m *models.Member, now time.Time) problems {
	var p problems
	m.GivenName, m.FamilyName = services.Line(m.GivenName), services.Line(m.FamilyName)
	for _, s := range []**string{&m.PreferredName, &m.LegalName, &m.FormerNames, &m.Pronouns, &m.GenderWords, &m.ReferralSource} {
		*s = lineOrNull(*s)
	}
	p.tidyNames(m)
	if m.GivenName == "" {
		p.add("/given_name", "required", "Give at least a first name.")
	}
	p.tidyBirthDate(m.BirthDate, now)
	p.tidyEmail("/email", &m.Email)
	p.tidyPhone("/phone", &m.Phone)
	p.tidyAddress(&m.Address)
	tidyNeeds(&m.Needs)
	if tag, err := language.Parse(m.Language); err != nil {
		p.add("/language", "bad_language", "Write the language as BCP 47 has it, like en or es-MX.")
	} else {
		m.Language = tag.String()
	}
	if _, err := time.LoadLocation(m.TimeZone); err != nil || m.TimeZone == "" || m.TimeZone == "Local" {
		p.add("/time_zone", "unknown_time_zone", "Write an IANA time zone, like America/New_York.")
	}
	p.tidyHours("/quiet_from", "/quiet_until", &m.QuietFrom, &m.QuietUntil)
	p.tidyHours("/safe_from", "/safe_until", &m.SafeFrom, &m.SafeUntil)
	if m.Gender == nil || *m.Gender != models.GenderSelfDescribed {
		m.GenderWords = nil
	}
	m.Kinds, m.RaceEthnicity = unique(m.Kinds), unique(m.RaceEthnicity)
	m.Tags = tidyTags(m.Tags)
	return p
}

func unique[T ~string](in models.Texts[T]) models.Texts[T] {
	out := make(models.Texts[T], 0, len(in))
	for _, s := range in {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

func tidyTags(in models.Texts[string]) models.Texts[string] {
	out := make(models.Texts[string], 0, len(in))
	for _, s := range in {
		if s = strings.ToLower(services.Line(s)); s != "" {
			out = append(out, s)
		}
	}
	return unique(out)
}

// NewMember fills in what is missing of m (id, zone, language, preferences: e-mail yes, neutral wording, quiet nights),
// checks the rest and inserts it. Errors: invalid, naming each value.
func NewMember(tx *services.Tx, m *models.Member) error {
	if err := fillIn(tx, m).err(); err != nil {
		return err
	}
	if err := tx.DB.Create(m).Error; err != nil {
		return err
	}
	tx.Changed(nil, *m)
	return nil
}

// fillIn completes a new member and answers what cannot be kept.
func fillIn(tx *services.Tx, m *models.Member) problems {
	if m.ID == uuid.Nil {
		m.ID = services.NewID()
	}
	m.Version, m.CreatedAt, m.UpdatedAt = 1, tx.Now(), tx.Now()
	if m.Status == "" {
		m.Status = models.MemberProspective
	}
	if m.Language == "" {
		m.Language = models.DefaultLanguage
	}
	if m.TimeZone == "" {
		m.TimeZone = models.DefaultTimeZone
	}
	if m.Preferences == (models.Preferences{}) {
		from, until := models.QuietFrom, models.QuietUntil
		m.Preferences = models.Preferences{EmailOptIn: true, PushOptIn: true, QuietFrom: &from, QuietUntil: &until}
	}
	return tidy(m, tx.Now())
}
