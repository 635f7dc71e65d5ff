package imports

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"homefront/models"
)

// merge puts a row's values into a known member and answers the columns that changed. An empty cell never clears; kinds
// and tags are added to; the name is how the row was recognized and stays, its accents and case too. An address is one
// value.
func (r *reader) merge(p *person, to *models.Member) (changed models.Texts[string]) {
	overwrite, before := r.options.Update == Overwrite, *to
	for _, column := range p.set {
		if put(column, &p.member, to, overwrite) {
			changed = append(changed, column)
		}
	}
	putAddress(&p.member.Address, &to.Address, overwrite)
	for _, column := range addressColumns {
		if *field(column, &before).(*string) != *field(column, to).(*string) {
			changed = append(changed, column)
		}
	}
	slices.Sort(changed)
	return slices.Compact(changed)
}

var addressColumns = []string{"address_line1", "address_line2", "city", "region", "postal_code", "country"}

// putAddress takes a row's address whole or not at all: the street of one and the city of another would send mail to where
// nobody ever lived. One that speaks of the same place completes the other. A row without a street never stands for an
// address with one.
func putAddress(from, to *models.Address, overwrite bool) {
	switch {
	case from.AddressLine1 == "" && to.AddressLine1 != "":
	case samePlace(from, to):
		putText(from.AddressLine1, &to.AddressLine1, overwrite)
		putText(from.AddressLine2, &to.AddressLine2, overwrite)
		putText(from.City, &to.City, overwrite)
		putText(from.Region, &to.Region, overwrite)
		putText(from.PostalCode, &to.PostalCode, overwrite)
		putText(from.Country, &to.Country, overwrite)
	case overwrite && from.AddressLine1+from.City+from.Region+from.PostalCode != "":
		*to = *from
	}
}

// samePlace says whether nothing differs between a row's address and a known one, and both name the same street, city or
// postal code, unless the known one names none of them. Many a place lies in the same state.
func samePlace(row, known *models.Address) bool {
	common := known.AddressLine1+known.City+known.PostalCode == ""
	for n, pair := range [][2]string{{row.AddressLine1, known.AddressLine1}, {row.City, known.City}, {row.PostalCode, known.PostalCode},
		{row.AddressLine2, known.AddressLine2}, {row.Region, known.Region}, {row.Country, known.Country}} {
		switch {
		case pair[0] == "" || pair[1] == "":
		case !strings.EqualFold(pair[0], pair[1]):
			return false
		case n < 3:
			common = true
		}
	}
	return common
}

func put(column string, from, to *models.Member, overwrite bool) bool {
	switch column {
	case "preferred_name":
		return putNull(from.PreferredName, &to.PreferredName, overwrite)
	case "pronouns":
		return putNull(from.Pronouns, &to.Pronouns, overwrite)
	case "email":
		return putNull(from.Email, &to.Email, overwrite)
	case "phone":
		return putNull(from.Phone, &to.Phone, overwrite)
	case "referral_source":
		return putNull(from.ReferralSource, &to.ReferralSource, overwrite)
	case "gender":
		return putNull(from.Gender, &to.Gender, overwrite)
	case "birth_date":
		if from.BirthDate == nil || to.BirthDate != nil && (!overwrite || to.BirthDate.String() == from.BirthDate.String()) {
			return false
		}
		to.BirthDate = from.BirthDate
		return true
	case "language":
		return overwrite && putText(from.Language, &to.Language, true)
	case "time_zone":
		return overwrite && putText(from.TimeZone, &to.TimeZone, true)
	case "status":
		return overwrite && putText(from.Status, &to.Status, true)
	case "kinds":
		return putAll(from.Kinds, &to.Kinds)
	case "tags":
		return putAll(from.Tags, &to.Tags)
	}
	return false
}

func putText[T ~string](from T, to *T, overwrite bool) bool {
	if from == "" || *to != "" && !overwrite || strings.EqualFold(string(from), string(*to)) {
		return false
	}
	*to = from
	return true
}

func putNull[T ~string](from *T, to **T, overwrite bool) bool {
	if from == nil || *to != nil && (!overwrite || strings.EqualFold(string(*from), string(**to))) {
		return false
	}
	*to = from
	return true
}

func putAll[T ~string](from models.Texts[T], to *models.Texts[T]) (changed bool) {
	have := slices.Clone(*to)
	for _, v := range from {
		if !slices.Contains(have, v) && len(have) < 20 {
			have, changed = append(have, v), true
		}
	}
	*to = have
	return changed
}

// field is where a member keeps what a row may change, nil for any other column.
func field(column string, m *models.Member) any {
	switch column {
	case "preferred_name":
		return &m.PreferredName
	case "pronouns":
		return &m.Pronouns
	case "email":
		return &m.Email
	case "phone":
		return &m.Phone
	case "referral_source":
		return &m.ReferralSource
	case "gender":
		return &m.Gender
	case "gender_words":
		return &m.GenderWords
	case "birth_date":
		return &m.BirthDate
	case "address_line1":
		return &m.AddressLine1
	case "address_line2":
		return &m.AddressLine2
	case "city":
		return &m.City
	case "region":
		return &m.Region
	case "postal_code":
		return &m.PostalCode
	case "country":
		return &m.Country
	case "language":
		return &m.Language
	case "time_zone":
		return &m.TimeZone
	case "status":
		return &m.Status
	case "kinds":
		return &m.Kinds
	case "tags":
		return &m.Tags
	}
	return nil
}

// image is what those columns held, for a roll-back. It holds no others: what a row does not change is not restored, and
// not kept either.
func image(m *models.Member, columns []string) json.RawMessage {
	out := make(map[string]any, len(columns))
	for _, column := range columns {
		out[column] = field(column, m)
	}
	if _, changed := out["gender"]; changed { // another gender takes the words along
		out["gender_words"] = m.GenderWords
	}
	return asJSON(out)
}

// putBack restores the columns of an image.
func putBack(image json.RawMessage, to *models.Member) error {
	var was models.Member
	var columns map[string]json.RawMessage
	if err := json.Unmarshal(image, &columns); err != nil {
		return err
	}
	for column, text := range columns {
		from := field(column, &was)
		if from == nil {
			continue
		}
		if err := json.Unmarshal(text, from); err != nil {
			return err
		}
		reflect.ValueOf(field(column, to)).Elem().Set(reflect.ValueOf(from).Elem())
	}
	return nil
}
