package models

import (
	"reflect"
	"slices"
)

// mergeField is a part of a member's record that a merge takes as a whole from one of the two: pointers to its columns.
type mergeField struct {
	name    string
	columns func(*Member) []any
	unseen  bool // the member's own to see: it is merged, and shown to nobody
}

var mergeFields = []mergeField{
	{name: "given_name", columns: func(m *Member) []any { return []any{&m.GivenName} }},
	{name: "family_name", columns: func(m *Member) []any { return []any{&m.FamilyName} }},
	{name: "preferred_name", columns: func(m *Member) []any { return []any{&m.PreferredName} }},
	{name: "legal_name", columns: func(m *Member) []any { return []any{&m.LegalName} }},
	{name: "former_names", columns: func(m *Member) []any { return []any{&m.FormerNames} }},
	{name: "pronouns", columns: func(m *Member) []any { return []any{&m.Pronouns} }},
	{name: "birth_date", columns: func(m *Member) []any { return []any{&m.BirthDate} }},
	{name: "gender", columns: func(m *Member) []any { return []any{&m.Gender, &m.GenderWords} }},
	{name: "race_ethnicity", columns: func(m *Member) []any { return []any{&m.RaceEthnicity} }, unseen: true},
	{name: "email", columns: func(m *Member) []any { return []any{&m.Email} }},
	{name: "phone", columns: func(m *Member) []any { return []any{&m.Phone} }},
	{name: "address", columns: func(m *Member) []any {
		return []any{&m.AddressLine1, &m.AddressLine2, &m.City, &m.Region, &m.PostalCode, &m.Country}
	}},
	{name: "language", columns: func(m *Member) []any { return []any{&m.Language} }},
	{name: "time_zone", columns: func(m *Member) []any { return []any{&m.TimeZone} }},
	{name: "referral_source", columns: func(m *Member) []any { return []any{&m.ReferralSource} }},
	{name: "needs", columns: func(m *Member) []any {
		return []any{&m.AccessibilityNeeds, &m.DietaryNeeds, &m.ServiceAnimal, &m.ServiceAnimalTask, &m.ServiceAnimalCare}
	}},
	{name: "quiet_hours", columns: func(m *Member) []any { return []any{&m.QuietFrom, &m.QuietUntil} }},
	{name: "safe_contact", columns: func(m *Member) []any { return []any{&m.SafeChannel, &m.SafeFrom, &m.SafeUntil} }},
}

// MergeDifference is a part of two members' records that is not the same in both.
type MergeDifference struct {
	Field  string `json:"field" example:"phone"`
	Winner any    `json:"winner" doc:"What the kept record says, or null; an address, needs or hours as a list of their parts"`
	Loser  any    `json:"loser" doc:"What the other says, or null"`
	Takes  string `json:"takes" enum:"winner,loser" doc:"Which of the two the kept record will say: its own, unless it says nothing or you name the field"`
}

// MergeFieldOf names the part of a member's record that a column belongs to: what is taken, and given back, as a whole. A column
// of none is a part by itself.
func MergeFieldOf(column string) string {
	if field, ok := fieldOfColumn[column]; ok {
		return field
	}
	return column
}

var fieldOfColumn = map[string]string{
	"gender_words": "gender", "address_line1": "address", "address_line2": "address", "city": "address", "region": "address", "postal_code": "address", "country": "address",
	"accessibility_needs": "needs", "dietary_needs": "needs", "service_animal": "needs", "service_animal_task": "needs", "service_animal_care": "needs",
	"quiet_from": "quiet_hours", "quiet_until": "quiet_hours", "safe_channel": "safe_contact", "safe_from": "safe_contact", "safe_until": "safe_contact",
}

func (f *mergeField) values(m *Member) (out []any, empty bool) {
	empty = true
	for _, p := range f.columns(m) {
		v := reflect.ValueOf(p).Elem()
		blank := v.IsZero() || v.Kind() == reflect.Slice && v.Len() == 0
		empty = empty && blank
		if blank && v.Kind() != reflect.Bool {
			out = append(out, nil)
		} else {
			out = append(out, v.Interface())
		}
	}
	return out, empty
}

func shown(values []any, empty bool) any {
	switch {
	case empty:
		return nil
	case len(values) == 1:
		return values[0]
	}
	return values
}

// MergeMembers makes the kept record of two: its own values, the loser's where it has none or where chosen names the field;
// all kinds and tags of both; of two opt-ins the more careful. It answers the fields in which they
// differed, but for those that are the member's own to see.
func MergeMembers(winner, loser *Member, chosen []string) (different []MergeDifference) {
	for _, f := range mergeFields {
		had, none := f.values(winner)
		other, nothing := f.values(loser)
		if reflect.DeepEqual(had, other) {
			continue
		}
		d := MergeDifference{Field: f.name, Winner: shown(had, none), Loser: shown(other, nothing), Takes: "winner"}
		if !nothing && (none || slices.Contains(chosen, f.name)) {
			d.Takes = "loser"
			from := f.columns(loser)
			for i, into := range f.columns(winner) {
				reflect.ValueOf(into).Elem().Set(reflect.ValueOf(from[i]).Elem())
			}
		}
		if !f.unseen {
			different = append(different, d)
		}
	}
	for _, k := range loser.Kinds {
		if !slices.Contains(winner.Kinds, k) {
			winner.Kinds = append(slices.Clone(winner.Kinds), k)
		}
	}
	for _, t := range loser.Tags {
		if !slices.Contains(winner.Tags, t) {
			winner.Tags = append(slices.Clone(winner.Tags), t)
		}
	}
	winner.EmailOptIn = winner.EmailOptIn && loser.EmailOptIn
	winner.SMSOptIn = winner.SMSOptIn && loser.SMSOptIn
	winner.PushOptIn = winner.PushOptIn && loser.PushOptIn
	winner.ProgramWords = winner.ProgramWords && loser.ProgramWords
	if winner.Status == MemberProspective && loser.Status != MemberMerged || winner.Status == MemberInactive && loser.Status == MemberActive {
		winner.Status = loser.Status
	}
	return different
}
