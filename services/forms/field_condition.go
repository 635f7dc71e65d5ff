package forms

import (
	"math"
	"slices"
	"strconv"

	"homefront/models"
	"homefront/services"
)

// looks says which conditions may look at the answers of which type, and is documented at models.FormCondition.
var looks = map[models.ConditionKind][]models.FieldType{
	models.IsEqual:    {models.FieldChoice, models.FieldYesNo, models.FieldNumber, models.FieldScale, models.FieldDate},
	models.IsNotEqual: {models.FieldChoice, models.FieldYesNo, models.FieldNumber, models.FieldScale, models.FieldDate},
	models.IsOneOf:    {models.FieldChoice, models.FieldMultiChoice, models.FieldNumber, models.FieldScale},
	models.IsAtLeast:  {models.FieldNumber, models.FieldScale, models.FieldDate},
	models.IsAtMost:   {models.FieldNumber, models.FieldScale, models.FieldDate},
	models.IsAnswered: {models.FieldText, models.FieldNumber, models.FieldChoice, models.FieldMultiChoice, models.FieldDate, models.FieldYesNo, models.FieldScale, models.FieldSignature},
}

// condition checks when question i is shown: an earlier question decides, so that nothing goes round in circles and people
// meet what decides before what it decides.
func (c *checking) condition(i int, show *models.FormCondition) {
	at := slices.IndexFunc(c.fields[:i], func(f models.FormField) bool { return f.Key == show.Field })
	if at < 0 {
		c.add(i, "show_if/field", "not_earlier", "Name the key of an earlier question.")
		return
	}
	of := &c.fields[at]
	types, known := looks[show.Is]
	if !known {
		c.add(i, "show_if/is", "unknown_condition", "Use one of: equals, not_equals, one_of, at_least, at_most, answered.")
		return
	}
	if !slices.Contains(types, of.Type) {
		c.add(i, "show_if/is", "not_of_type", "The answer to a question of type %s cannot be looked at by %s.", of.Type, show.Is)
		return
	}
	one, list := show.Is != models.IsOneOf && show.Is != models.IsAnswered, show.Is == models.IsOneOf
	if (show.Value != nil) != one {
		c.add(i, "show_if/value", "bad_value", "%s", givenOrNot(show.Is, one, "a value"))
	} else if one && !answers(of, show.Value) {
		c.add(i, "show_if/value", "bad_value", "This can never be an answer to that question.")
	}
	if (len(show.Values) > 0) != list || len(show.Values) > models.MaxFormOptions {
		c.add(i, "show_if/values", "bad_values", "%s", givenOrNot(show.Is, list, "values, at most "+strconv.Itoa(models.MaxFormOptions)))
		return
	}
	for j, v := range show.Values {
		if !answers(of, v) {
			c.add(i, "show_if/values/"+strconv.Itoa(j), "bad_value", "This can never be an answer to that question.")
		}
	}
}

func givenOrNot(is models.ConditionKind, wanted bool, what string) string {
	if wanted {
		return string(is) + " needs " + what + "."
	}
	return string(is) + " takes no " + what + ". Leave it out."
}

// answers says whether a value can be an answer to a question, or one of the options of one.
func answers(f *models.FormField, value any) bool {
	switch f.Type {
	case models.FieldChoice, models.FieldMultiChoice:
		return slices.ContainsFunc(f.Options, func(o models.FormOption) bool { return o.Value == value })
	case models.FieldYesNo:
		_, ok := value.(bool)
		return ok
	case models.FieldDate:
		text, ok := value.(string)
		day, err := models.ParseDate(text)
		return ok && err == nil && day.String() == text && (f.Earliest == nil || !day.Before(f.Earliest.Time)) && (f.Latest == nil || !day.After(f.Latest.Time))
	case models.FieldNumber, models.FieldScale:
		n, ok := models.AsNumber(value)
		least, most := f.Bounds()
		return ok && n >= least && n <= most && (f.Type == models.FieldNumber || n == math.Trunc(n))
	case models.FieldText, models.FieldSignature:
	}
	return false
}

// refuse is the error of everything that is wrong, or nil.
func refuse(faults []services.FieldError) error {
	if len(faults) == 0 {
		return nil
	}
	return services.Invalid(faults...)
}
