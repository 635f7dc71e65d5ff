package forms_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"homefront/models"
	"homefront/services"
	"homefront/services/forms"
)

func ptr[T any](v T) *T { return &v }

func options(values ...string) []models.FormOption {
	out := make([]models.FormOption, len(values))
	for i, v := range values {
		out[i] = models.FormOption{Value: v, Label: "Option " + v}
	}
	return out
}

func many(n int, make func(i int) models.FormField) []models.FormField {
	out := []models.FormField{}
	for i := range n {
		out = append(out, make(i))
	}
	return out
}

// codes lists what an invalid error names, as "/fields/0/key bad_key".
func codes(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var e *services.Error
	if !errors.As(err, &e) || e.Kind != services.KindInvalid {
		t.Fatalf("%v", err)
	}
	var out []string
	for _, f := range e.Fields {
		if !strings.HasSuffix(f.Message, ".") || strings.Contains(f.Message, "%!") {
			t.Errorf("%s: %q is no sentence", f.Field, f.Message)
		}
		out = append(out, f.Field+" "+string(f.Code))
	}
	return out
}

// Every rule of the builder, and what keeps to it.
func TestFieldRules(t *testing.T) {
	d := openDesk(t)
	boss := d.as(d.person("Cora Diaz", "1980-01-01", models.RoleCoordinator))
	text := func(f models.FormField) models.FormField {
		f.Key, f.Type, f.Label = "a", models.FieldText, "Anything else?"
		return f
	}
	scale := models.FormField{Key: "s", Type: models.FieldScale, Label: "How sure?", Min: ptr(1.0), Max: ptr(5.0)}
	choice := models.FormField{Key: "c", Type: models.FieldChoice, Label: "Which?", Options: options("x", "y")}
	multi := models.FormField{Key: "m", Type: models.FieldMultiChoice, Label: "Which?", Options: options("x", "y", "z")}
	day := models.FormField{Key: "d", Type: models.FieldDate, Label: "When?", Earliest: ptr(models.NewDate(2026, 1, 1)), Latest: ptr(models.NewDate(2026, 12, 31))}
	yes := models.FormField{Key: "y", Type: models.FieldYesNo, Label: "Sure?"}
	number := models.FormField{Key: "n", Type: models.FieldNumber, Label: "How many?", Min: ptr(0.0)}
	signed := models.FormField{Key: "g", Type: models.FieldSignature, Label: "I agree to the rules of the venue."}
	all := []models.FormField{scale, choice, multi, day, yes, number, signed, {Key: "t", Type: models.FieldText, Label: "Else?"}}
	with := func(f models.FormField, change func(*models.FormField)) models.FormField {
		change(&f)
		return f
	}
	when := func(field string, is models.ConditionKind, value any, values ...any) []models.FormField {
		return append(slices.Clone(all), models.FormField{Key: "z", Type: models.FieldText, Label: "Why?", ShowIf: &models.FormCondition{Field: field, Is: is, Value: value, Values: values}})
	}
	cases := []struct {
		name   string
		fields []models.FormField
		want   string // "" is let through
	}{
		{"none", nil, ""},
		{"each type", all, ""},
		{"a hundred", many(100, func(i int) models.FormField {
			return models.FormField{Key: fmt.Sprintf("k%d", i), Type: models.FieldYesNo, Label: "Sure?"}
		}), ""},
		{"a hundred and one", many(101, func(i int) models.FormField {
			return models.FormField{Key: fmt.Sprintf("k%d", i), Type: models.FieldYesNo, Label: "Sure?"}
		}), "/fields too_many_fields"},
		{"options in all", many(20, func(i int) models.FormField {
			return models.FormField{Key: fmt.Sprintf("k%d", i), Type: models.FieldChoice, Label: "Which?", Options: options(manyValues(51)...)}
		}), "/fields too_many_options"},
		{"key of capitals", []models.FormField{{Key: "Seat", Type: models.FieldText, Label: "Seat?"}}, "/fields/0/key bad_key"},
		{"key of a digit", []models.FormField{{Key: "1a", Type: models.FieldText, Label: "Seat?"}}, "/fields/0/key bad_key"},
		{"key too long", []models.FormField{{Key: strings.Repeat("k", 41), Type: models.FieldText, Label: "Seat?"}}, "/fields/0/key bad_key"},
		{"no key", []models.FormField{{Type: models.FieldText, Label: "Seat?"}}, "/fields/0/key bad_key"},
		{"key twice", []models.FormField{yes, yes}, "/fields/1/key key_taken"},
		{"type", []models.FormField{{Key: "a", Type: "file", Label: "Papers?"}}, "/fields/0/type unknown_type"},
		{"blank label", []models.FormField{{Key: "a", Type: models.FieldText, Label: " \t "}}, "/fields/0/label required"},
		{"long label", []models.FormField{{Key: "a", Type: models.FieldText, Label: strings.Repeat("é", 501)}}, "/fields/0/label too_long"},
		{"long help", []models.FormField{text(models.FormField{Help: strings.Repeat("h", 2001)})}, "/fields/0/help too_long"},
		{"several at once", []models.FormField{{Key: "A", Type: models.FieldText, Label: ""}, {Key: "b", Type: "x", Label: "B?"}}, "/fields/0/key bad_key|/fields/0/label required|/fields/1/type unknown_type"},

		{"max length", []models.FormField{text(models.FormField{MaxLength: ptr(10_000), Multiline: true})}, ""},
		{"max length too long", []models.FormField{text(models.FormField{MaxLength: ptr(10_001)})}, "/fields/0/max_length out_of_range"},
		{"max length zero", []models.FormField{text(models.FormField{MaxLength: ptr(0)})}, "/fields/0/max_length out_of_range"},
		{"options of text", []models.FormField{text(models.FormField{Options: options("x")})}, "/fields/0/options not_of_type"},
		{"min of text", []models.FormField{text(models.FormField{Min: ptr(1.0), Max: ptr(1.0)})}, "/fields/0/min not_of_type|/fields/0/max not_of_type"},
		{"min choices of choice", []models.FormField{with(choice, func(f *models.FormField) { f.MinChoices, f.MaxChoices = ptr(1), ptr(1) })}, "/fields/0/min_choices not_of_type|/fields/0/max_choices not_of_type"},
		{"earliest of a number", []models.FormField{with(number, func(f *models.FormField) { f.Earliest, f.Latest = day.Earliest, day.Latest })}, "/fields/0/earliest not_of_type|/fields/0/latest not_of_type"},
		{"lines of yes", []models.FormField{with(yes, func(f *models.FormField) { f.Multiline, f.MaxLength = true, ptr(3) })}, "/fields/0/max_length not_of_type|/fields/0/multiline not_of_type"},
		{"ends of a number", []models.FormField{with(number, func(f *models.FormField) { f.MinLabel, f.MaxLabel = "few", "many" })}, "/fields/0/min_label not_of_type|/fields/0/max_label not_of_type"},

		{"number upside down", []models.FormField{with(number, func(f *models.FormField) { f.Min, f.Max = ptr(3.0), ptr(2.5) })}, "/fields/0/max below_min"},
		{"one number", []models.FormField{with(number, func(f *models.FormField) { f.Min, f.Max = ptr(3.0), ptr(3.0) })}, ""},
		{"number too far", []models.FormField{with(number, func(f *models.FormField) { f.Max = ptr(1e13) })}, "/fields/0/max out_of_range"},
		{"scale without ends", []models.FormField{{Key: "s", Type: models.FieldScale, Label: "How sure?"}}, "/fields/0/min out_of_range|/fields/0/max out_of_range"},
		{"scale of halves", []models.FormField{with(scale, func(f *models.FormField) { f.Max = ptr(2.5) })}, "/fields/0/max out_of_range"},
		{"scale below zero", []models.FormField{with(scale, func(f *models.FormField) { f.Min = ptr(-1.0) })}, "/fields/0/min out_of_range"},
		{"scale above a hundred", []models.FormField{with(scale, func(f *models.FormField) { f.Max = ptr(101.0) })}, "/fields/0/max out_of_range"},
		{"scale of one", []models.FormField{with(scale, func(f *models.FormField) { f.Max = ptr(1.0) })}, "/fields/0/max below_min"},
		{"scale labels", []models.FormField{with(scale, func(f *models.FormField) { f.MinLabel, f.MaxLabel = "not", strings.Repeat("m", 81) })}, "/fields/0/max_label too_long"},

		{"no options", []models.FormField{{Key: "c", Type: models.FieldChoice, Label: "Which?"}}, "/fields/0/options bad_options"},
		{"sixty options", []models.FormField{with(choice, func(f *models.FormField) { f.Options = options(manyValues(60)...) })}, ""},
		{"sixty-one options", []models.FormField{with(choice, func(f *models.FormField) { f.Options = options(manyValues(61)...) })}, "/fields/0/options bad_options"},
		{"value twice", []models.FormField{with(choice, func(f *models.FormField) {
			f.Options = []models.FormOption{{Value: "x", Label: "A"}, {Value: "x", Label: "B"}}
		})}, "/fields/0/options/1/value value_taken"},
		{"words twice", []models.FormField{with(choice, func(f *models.FormField) {
			f.Options = []models.FormOption{{Value: "x", Label: "A"}, {Value: "y", Label: " A "}}
		})}, "/fields/0/options/1/label label_taken"},
		{"value with a space", []models.FormField{with(choice, func(f *models.FormField) { f.Options = []models.FormOption{{Value: "x y", Label: "A"}} })}, "/fields/0/options/0/value bad_value"},
		{"option without words", []models.FormField{with(choice, func(f *models.FormField) { f.Options = []models.FormOption{{Value: "x"}} })}, "/fields/0/options/0/label required"},
		{"from two to three", []models.FormField{with(multi, func(f *models.FormField) { f.MinChoices, f.MaxChoices = ptr(2), ptr(3) })}, ""},
		{"too many to ask for", []models.FormField{with(multi, func(f *models.FormField) { f.MinChoices = ptr(4) })}, "/fields/0/min_choices out_of_range|/fields/0/max_choices below_min"},
		{"too many to allow", []models.FormField{with(multi, func(f *models.FormField) { f.MaxChoices = ptr(4) })}, "/fields/0/max_choices out_of_range"},
		{"fewer than asked for", []models.FormField{with(multi, func(f *models.FormField) { f.MinChoices, f.MaxChoices = ptr(3), ptr(2) })}, "/fields/0/max_choices below_min"},
		{"days upside down", []models.FormField{with(day, func(f *models.FormField) { f.Earliest = ptr(models.NewDate(2027, 1, 1)) })}, "/fields/0/latest before_earliest"},
		{"one day", []models.FormField{with(day, func(f *models.FormField) { f.Latest = f.Earliest })}, ""},

		{"reader", []models.FormField{text(models.FormField{Readers: []models.Role{models.RoleCoach, models.RoleAdmin}}), with(yes, func(f *models.FormField) { f.Readers = []models.Role{models.RoleFacilitator} })}, ""},
		{"readers who reach nothing", []models.FormField{text(models.FormField{Readers: []models.Role{models.RoleCoach, models.RoleResponder}})}, "/fields/0/readers no_reader"},
		{"reader who may not", []models.FormField{text(models.FormField{Readers: []models.Role{models.RoleMember, models.RoleAnalyst}})}, "/fields/0/readers/0 unknown_reader|/fields/0/readers/1 unknown_reader"},
		{"reader twice", []models.FormField{text(models.FormField{Readers: []models.Role{models.RoleAdmin, models.RoleAdmin}})}, "/fields/0/readers/1 reader_twice"},
		{"kept three years", []models.FormField{text(models.FormField{RetentionDays: ptr(1095), RetentionFrom: models.RetentionEnded})}, ""},
		{"kept longer", []models.FormField{text(models.FormField{RetentionDays: ptr(1096)})}, "/fields/0/retention_days out_of_range"},
		{"kept not at all", []models.FormField{text(models.FormField{RetentionDays: ptr(0)})}, "/fields/0/retention_days out_of_range"},
		{"from the end of nothing", []models.FormField{text(models.FormField{Sensitive: ptr(false), RetentionFrom: models.RetentionEnded})}, "/fields/0/retention_from not_kept_for_a_time"},
		{"from another day", []models.FormField{text(models.FormField{RetentionFrom: "birthday"})}, "/fields/0/retention_from unknown_start"},

		{"SSN", []models.FormField{{Key: "last4_ssn", Type: models.FieldText, Label: "What is your S.S.N.?", Help: "Your VA file number will do"}}, "/fields/0/key never_asked|/fields/0/label never_asked|/fields/0/help never_asked"},
		{"guns as an option", []models.FormField{{Key: "own", Type: models.FieldMultiChoice, Label: "Do you own any of these?", Options: []models.FormOption{{Value: "boat", Label: "A boat"}, {Value: "other", Label: "A gun"}}}}, "/fields/0/options/1/label never_asked"},

		{"equals choice", when("c", models.IsEqual, "x"), ""},
		{"equals yes", when("y", models.IsEqual, false), ""},
		{"equals number", when("n", models.IsEqual, 3.5), ""},
		{"not equal to a day", when("d", models.IsNotEqual, "2026-03-03"), ""},
		{"one of several", when("m", models.IsOneOf, nil, "x", "z"), ""},
		{"one of a scale", when("s", models.IsOneOf, nil, 1.0, 5.0), ""},
		{"at least", when("s", models.IsAtLeast, 4.0), ""},
		{"at most a day", when("d", models.IsAtMost, "2026-06-30"), ""},
		{"answered text", when("t", models.IsAnswered, nil), ""},
		{"of nothing", when("q", models.IsAnswered, nil), "/fields/8/show_if/field not_earlier"},
		{"of itself", when("z", models.IsAnswered, nil), "/fields/8/show_if/field not_earlier"},
		{"of a later one", append([]models.FormField{text(models.FormField{ShowIf: &models.FormCondition{Field: "y", Is: models.IsEqual, Value: true}})}, yes), "/fields/0/show_if/field not_earlier"},
		{"unknown kind", when("y", "like", true), "/fields/8/show_if/is unknown_condition"},
		{"text equals", when("t", models.IsEqual, "x"), "/fields/8/show_if/is not_of_type"},
		{"signature at least", when("g", models.IsAtLeast, "x"), "/fields/8/show_if/is not_of_type"},
		{"several equal", when("m", models.IsEqual, "x"), "/fields/8/show_if/is not_of_type"},
		{"yes at least", when("y", models.IsAtLeast, true), "/fields/8/show_if/is not_of_type"},
		{"no such option", when("c", models.IsEqual, "w"), "/fields/8/show_if/value bad_value"},
		{"no bool", when("y", models.IsEqual, "true"), "/fields/8/show_if/value bad_value"},
		{"beyond the scale", when("s", models.IsAtLeast, 6.0), "/fields/8/show_if/value bad_value"},
		{"between steps", when("s", models.IsEqual, 1.5), "/fields/8/show_if/value bad_value"},
		{"below the number", when("n", models.IsAtMost, -1.0), "/fields/8/show_if/value bad_value"},
		{"no day", when("d", models.IsEqual, "2026-02-30"), "/fields/8/show_if/value bad_value"},
		{"beyond the days", when("d", models.IsEqual, "2027-01-01"), "/fields/8/show_if/value bad_value"},
		{"without a value", when("y", models.IsEqual, nil), "/fields/8/show_if/value bad_value"},
		{"answered with a value", when("y", models.IsAnswered, true), "/fields/8/show_if/value bad_value"},
		{"one of nothing", when("c", models.IsOneOf, nil), "/fields/8/show_if/values bad_values"},
		{"one of something else", when("c", models.IsOneOf, nil, "x", "w"), "/fields/8/show_if/values/1 bad_value"},
		{"both", when("c", models.IsEqual, "x", "y"), "/fields/8/show_if/values bad_values"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := d.Preview(boss, forms.PreviewForm{Fields: c.fields})
			if got := strings.Join(codes(t, err), "|"); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	t.Logf("%d cases", len(cases))
}

func manyValues(n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprintf("v%d", i))
	}
	return out
}

// What is left out is said in what is stored.
func TestDefaultsAreStored(t *testing.T) {
	d := openDesk(t)
	boss := d.as(d.person("Cora Diaz", "1980-01-01", models.RoleCoordinator))
	got, err := d.Preview(boss, forms.PreviewForm{Fields: models.FormFields{
		{Key: "a", Type: models.FieldText, Label: "  Cafe\u0301?  "}, {Key: "b", Type: models.FieldText, Label: "B?", Sensitive: ptr(false)},
		{Key: "c", Type: models.FieldText, Label: "C?", Readers: []models.Role{models.RoleFacilitator}, RetentionDays: ptr(30), RetentionFrom: models.RetentionEnded}}})
	if err != nil {
		t.Fatal(err)
	}
	a, b, c := got.Fields[0], got.Fields[1], got.Fields[2]
	if a.Label != "Café?" || !*a.Sensitive || *a.RetentionDays != 365 || a.RetentionFrom != models.RetentionAnswered || !slices.Equal(a.Readers, []models.Role{models.RoleAdmin, models.RoleCoordinator}) {
		t.Errorf("%+v", a)
	}
	if *b.Sensitive || b.RetentionDays != nil || b.RetentionFrom != "" || *c.RetentionDays != 30 || c.RetentionFrom != models.RetentionEnded || !slices.Equal(c.Readers, []models.Role{models.RoleFacilitator}) {
		t.Errorf("%+v\n%+v", b, c)
	}
	if len(got.Errors) != 0 || got.Errors == nil {
		t.Errorf("no answers are no errors: %v", got.Errors)
	}
}
