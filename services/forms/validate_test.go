package forms_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"homefront/models"
	"homefront/services"
	"homefront/services/forms"
)

// told is what Validate says of answers, as "key code".
func told(t *testing.T, fields models.FormFields, answers map[string]any) []string {
	t.Helper()
	return toldOf(t, &models.FormVersion{Fields: fields}, answers)
}

func toldOf(t *testing.T, v *models.FormVersion, answers map[string]any) []string {
	t.Helper()
	wrong, err := forms.Validate(v, answers, "/answers")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range wrong {
		key, ok := strings.CutPrefix(f.Field, "/answers/")
		if !ok || !strings.HasSuffix(f.Message, ".") {
			t.Errorf("%+v", f)
		}
		out = append(out, key+" "+string(f.Code))
	}
	return out
}

// Every type with answers that are taken and answers that are not. The canary is in no sentence.
func TestAnswersOfEveryType(t *testing.T) {
	const canary = "tangerine-7731"
	fields := models.FormFields{
		{Key: "text", Type: models.FieldText, Label: "Text", MaxLength: ptr(20)},
		{Key: "long", Type: models.FieldText, Label: "Long", Multiline: true},
		{Key: "number", Type: models.FieldNumber, Label: "Number", Min: ptr(-1.5), Max: ptr(10.0)},
		{Key: "free", Type: models.FieldNumber, Label: "Number"},
		{Key: "scale", Type: models.FieldScale, Label: "Scale", Min: ptr(1.0), Max: ptr(5.0)},
		{Key: "choice", Type: models.FieldChoice, Label: "Choice", Options: options("x", "y")},
		{Key: "multi", Type: models.FieldMultiChoice, Label: "Multi", Options: options("x", "y", "z"), MinChoices: ptr(2), MaxChoices: ptr(2)},
		{Key: "any", Type: models.FieldMultiChoice, Label: "Any", Options: options("x", "y")},
		{Key: "day", Type: models.FieldDate, Label: "Day", Earliest: ptr(models.NewDate(2024, 2, 29)), Latest: ptr(models.NewDate(2026, 12, 31))},
		{Key: "yes", Type: models.FieldYesNo, Label: "Yes"},
		{Key: "signed", Type: models.FieldSignature, Label: "I agree"},
	}
	cases := []struct {
		answers string
		want    string
	}{
		{`{}`, ""},
		{`{"text":"fine","long":"` + strings.Repeat("a", 4000) + `","number":-1.5,"free":1e11,"scale":3,"choice":"y","multi":["x","z"],"any":["x"],"day":"2024-02-29","yes":false,"signed":"Luis Ortega"}`, ""},
		{`{"scale":3.0,"number":10,"day":"2026-12-31","any":["y","x"]}`, ""},
		{`{"text":""}`, "text blank"},
		{`{"text":" \t\n\u00a0\u2003\u3000"}`, "text blank"},
		{`{"text":"` + strings.Repeat("é", 21) + `"}`, "text too_long"},
		{`{"text":"` + strings.Repeat("é", 20) + `"}`, ""},
		{`{"text":5}`, "text wrong_type"},
		{`{"text":null}`, "text wrong_type"},
		{`{"number":-1.6}`, "number out_of_range"},
		{`{"number":10.01,"scale":6,"day":"2027-01-01"}`, "number out_of_range|scale out_of_range|day out_of_range"},
		{`{"number":"5"}`, "number wrong_type"},
		{`{"free":1e13}`, "free out_of_range"},
		{`{"scale":2.5}`, "scale wrong_type"},
		{`{"scale":0}`, "scale out_of_range"},
		{`{"choice":"` + canary + `"}`, "choice unknown_option"},
		{`{"choice":["x"]}`, "choice wrong_type"},
		{`{"multi":["x"]}`, "multi too_few"},
		{`{"multi":["x","y","z"]}`, "multi too_many"},
		{`{"multi":["x","x"]}`, "multi chosen_twice"},
		{`{"multi":["x","` + canary + `"]}`, "multi unknown_option"},
		{`{"multi":"x"}`, "multi wrong_type"},
		{`{"any":[]}`, "any too_few"},
		{`{"day":"2024-02-28"}`, "day out_of_range"},
		{`{"day":"2025-02-29"}`, "day bad_date"},
		{`{"day":"2025-2-9"}`, "day bad_date"},
		{`{"day":"2025-03-03T00:00:00Z"}`, "day bad_date"},
		{`{"yes":"true"}`, "yes wrong_type"},
		{`{"yes":1}`, "yes wrong_type"},
		{`{"signed":""}`, "signed too_short"},
		{`{"signed":"L"}`, "signed too_short"},
		{`{"signed":"   "}`, "signed blank"},
		{`{"text":"ssn 219-09-9999"}`, "text social_security_number"},
		{`{"signed":"219 09 9999"}`, "signed social_security_number"},
		{`{"` + canary + `":"x","a/b~c":1}`, "a~1b~0c unknown_field|" + canary + " unknown_field"},
		{`{"any":[` + `"x",` + `{"a":1}]}`, "any wrong_type"},
	}
	for _, c := range cases {
		var answers map[string]any
		if err := json.Unmarshal([]byte(c.answers), &answers); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(told(t, fields, answers), "|"); got != c.want {
			t.Errorf("%s: got %q, want %q", c.answers, got, c.want)
		}
		wrong, _ := forms.Validate(&models.FormVersion{Fields: fields}, answers, "")
		for _, f := range wrong {
			if strings.Contains(f.Message, canary) || strings.Contains(f.Message, "9999") {
				t.Errorf("%q repeats the answer", f.Message)
			}
		}
	}
}

// A chain: each question looks at the one before.
func TestChainsOfConditions(t *testing.T) {
	fields := models.FormFields{
		{Key: "car", Type: models.FieldYesNo, Label: "Car?", Required: true},
		{Key: "seats", Type: models.FieldNumber, Label: "Seats?", Required: true, ShowIf: &models.FormCondition{Field: "car", Is: models.IsEqual, Value: true}},
		{Key: "bus", Type: models.FieldChoice, Label: "Bus?", Options: options("big", "small"), ShowIf: &models.FormCondition{Field: "seats", Is: models.IsAtLeast, Value: 5.0}},
		{Key: "why", Type: models.FieldText, Label: "Why?", Required: true, ShowIf: &models.FormCondition{Field: "bus", Is: models.IsNotEqual, Value: "small"}},
	}
	cases := []struct {
		answers map[string]any
		shown   string
		want    string
	}{
		{map[string]any{}, "car", "car required"},
		{map[string]any{"car": false}, "car", ""},
		{map[string]any{"car": true}, "car seats", "seats required"},
		{map[string]any{"car": true, "seats": 4.0}, "car seats", ""},
		{map[string]any{"car": true, "seats": 5.0}, "car seats bus", ""},
		{map[string]any{"car": true, "seats": 5.0, "bus": "small"}, "car seats bus", ""},
		{map[string]any{"car": true, "seats": 5.0, "bus": "big"}, "car seats bus why", "why required"},
		{map[string]any{"car": true, "seats": 5.0, "bus": "big", "why": "Family"}, "car seats bus why", ""},
		{map[string]any{"car": false, "seats": 5.0}, "car", "seats not_asked"},
		{map[string]any{"car": false, "seats": "x", "bus": "big", "why": "Family"}, "car", "seats not_asked|bus not_asked"},
		{map[string]any{"why": "Family"}, "car", "car required|why not_asked"},
		{map[string]any{"car": true, "seats": 4.0, "bus": "big"}, "car seats", "bus not_asked"},
	}
	for _, c := range cases {
		if got := strings.Join(fields.Shown(c.answers), " "); got != c.shown {
			t.Errorf("%v shows %q, want %q", c.answers, got, c.shown)
		}
		if got := strings.Join(told(t, fields, c.answers), "|"); got != c.want {
			t.Errorf("%v: %q, want %q", c.answers, got, c.want)
		}
	}
}

// The schema of a published version is compiled once and is that of the row, whatever came of the questions since.
func TestPublishedVersionsAreCompiledOnce(t *testing.T) {
	at := time.Now()
	fields := models.FormFields{{Key: "a", Type: models.FieldText, Label: "A?", Required: true}}
	v := &models.FormVersion{Record: models.Record{ID: [16]byte{1, 2, 3}}, Fields: fields, Schema: fields.Schema(), PublishedAt: &at}
	for range 2 {
		if wrong, err := forms.Validate(v, nil, ""); err != nil || len(wrong) != 1 {
			t.Fatal(wrong, err)
		}
	}
	began := time.Now()
	for range 2000 {
		if _, err := forms.Validate(v, map[string]any{"a": "fine"}, ""); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%s each", time.Since(began)/2000)
}

// TestSchemaAgreesWithInterpreter makes forms and answers at random and holds the verdict of the JSON Schema against a slow
// reading of the questions that shares no code with it.
func TestSchemaAgreesWithInterpreter(t *testing.T) {
	rng := rand.New(rand.NewPCG(20260302, 4))
	good, bad, hidden := 0, 0, 0
	at := time.Now()
	for range 600 {
		fields := randomForm(rng)
		v := &models.FormVersion{Record: models.Record{ID: services.NewID()}, Fields: fields, PublishedAt: &at}
		for range 50 {
			answers := randomAnswers(rng, fields)
			wrong := toldOf(t, v, answers)
			want, visible := interpret(fields, answers)
			if got := len(wrong) == 0; got != (len(want) == 0) {
				f, _ := json.Marshal(fields)
				a, _ := json.Marshal(answers)
				t.Fatalf("questions %s\nanswers %s\nthe schema says %v, the interpreter %v", f, a, wrong, want)
			}
			var keys []string
			for _, w := range wrong {
				keys = append(keys, strings.Fields(w)[0])
				if strings.HasSuffix(w, "not_asked") {
					hidden++
				}
			}
			slices.Sort(keys)
			slices.Sort(want)
			// Of a question whose condition looks at what should not have been answered, the schema and people differ in what
			// to name first; that something is named at its root is what counts.
			if len(want) > 0 && !slices.ContainsFunc(keys, func(k string) bool { return slices.Contains(want, k) }) {
				t.Fatalf("named %v, want among %v", keys, want)
			}
			if len(want) == 0 {
				good++
				if shown := fields.Shown(answers); !slices.Equal(shown, visible) {
					t.Fatalf("%v is shown, want %v", shown, visible)
				}
			} else {
				bad++
			}
		}
	}
	t.Logf("%d good, %d bad, %d answers to what was not asked", good, bad, hidden)
	if good < 1000 || bad < 1000 || hidden < 500 {
		t.Error("the cases are lopsided")
	}
}

func randomForm(rng *rand.Rand) models.FormFields {
	types := []models.FieldType{models.FieldText, models.FieldNumber, models.FieldChoice, models.FieldMultiChoice, models.FieldDate, models.FieldYesNo, models.FieldScale, models.FieldSignature}
	var fields models.FormFields
	for i := range 1 + rng.IntN(9) {
		f := models.FormField{Key: "k" + strconv.Itoa(i), Type: types[rng.IntN(len(types))], Label: "Question", Required: rng.IntN(3) == 0}
		switch f.Type {
		case models.FieldText:
			f.MaxLength = ptr(1 + rng.IntN(8))
		case models.FieldNumber:
			if rng.IntN(2) == 0 {
				f.Min = ptr(float64(rng.IntN(4)))
			}
			if rng.IntN(2) == 0 {
				f.Max = ptr(float64(4 + rng.IntN(4)))
			}
		case models.FieldScale:
			f.Min, f.Max = ptr(float64(rng.IntN(3))), ptr(float64(3+rng.IntN(5)))
		case models.FieldChoice:
			f.Options = options("x", "y", "z")[:1+rng.IntN(3)]
		case models.FieldMultiChoice:
			f.Options = options("x", "y", "z")
			if rng.IntN(2) == 0 {
				f.MinChoices = ptr(1 + rng.IntN(2))
			}
			if rng.IntN(2) == 0 {
				f.MaxChoices = ptr(2 + rng.IntN(2))
			}
		case models.FieldDate:
			if rng.IntN(2) == 0 {
				f.Earliest = ptr(randomDay(rng, 2019, 2022))
			}
			if rng.IntN(2) == 0 {
				f.Latest = ptr(randomDay(rng, 2023, 2031))
			}
		case models.FieldYesNo, models.FieldSignature:
		}
		if i > 0 && rng.IntN(3) > 0 {
			f.ShowIf = randomCondition(rng, &fields[rng.IntN(i)])
		}
		fields = append(fields, f)
	}
	return fields
}

func randomDay(rng *rand.Rand, from, to int) models.Date {
	return models.NewDate(from+rng.IntN(to-from+1), time.Month(1+rng.IntN(12)), 1+rng.IntN(28))
}

func randomCondition(rng *rand.Rand, of *models.FormField) *models.FormCondition {
	c := &models.FormCondition{Field: of.Key, Is: models.IsAnswered}
	kinds := map[models.FieldType][]models.ConditionKind{
		models.FieldChoice: {models.IsEqual, models.IsNotEqual, models.IsOneOf}, models.FieldMultiChoice: {models.IsOneOf}, models.FieldYesNo: {models.IsEqual, models.IsNotEqual},
		models.FieldNumber: {models.IsEqual, models.IsNotEqual, models.IsOneOf, models.IsAtLeast, models.IsAtMost}, models.FieldScale: {models.IsEqual, models.IsNotEqual, models.IsOneOf, models.IsAtLeast, models.IsAtMost},
		models.FieldDate: {models.IsEqual, models.IsNotEqual, models.IsAtLeast, models.IsAtMost},
	}[of.Type]
	if len(kinds) == 0 || rng.IntN(5) == 0 {
		return c
	}
	c.Is = kinds[rng.IntN(len(kinds))]
	if c.Is == models.IsOneOf {
		for range 1 + rng.IntN(2) {
			v := randomGood(rng, of)
			if list, ok := v.([]any); ok {
				v = list[0]
			}
			c.Values = append(c.Values, v)
		}
		return c
	}
	c.Value = randomGood(rng, of)
	return c
}

// randomGood is an answer that is mostly fine.
func randomGood(rng *rand.Rand, f *models.FormField) any {
	switch f.Type {
	case models.FieldText:
		return strings.Repeat("ñ", 1+rng.IntN(*f.MaxLength))
	case models.FieldSignature:
		return "Luis Ortega"
	case models.FieldNumber, models.FieldScale:
		return float64(rng.IntN(8))
	case models.FieldChoice:
		return f.Options[rng.IntN(len(f.Options))].Value
	case models.FieldMultiChoice:
		var out []any
		for _, i := range rng.Perm(len(f.Options))[:1+rng.IntN(len(f.Options))] {
			out = append(out, f.Options[i].Value)
		}
		return out
	case models.FieldYesNo:
		return rng.IntN(2) == 0
	case models.FieldDate:
		return randomDay(rng, 2020, 2027).String()
	}
	return nil
}

func randomAnswers(rng *rand.Rand, fields models.FormFields) map[string]any {
	strange := []any{"", " ", "\u00a0", "x", "w", "zzzzzzzzzz", true, 2.5, -1.0, 9.0, []any{}, []any{"x", "x"}, []any{"w"}, []any{1.0}, map[string]any{}, nil, "2024-02-30", "2019-12-31", "2040-01-01", "L"}
	answers := map[string]any{}
	careful := rng.IntN(4) > 0 // about most forms people take care, and these must often be good
	for i := range fields {
		f := &fields[i]
		asked := careful && slices.Contains(fields.Shown(answers), f.Key)
		switch {
		case careful && asked && (f.Required || rng.IntN(4) > 0), !careful && rng.IntN(3) > 0:
			answers[f.Key] = randomGood(rng, f)
		}
		if rng.IntN(30) == 0 {
			answers[f.Key] = strange[rng.IntN(len(strange))]
		}
	}
	if rng.IntN(40) == 0 {
		answers["k99"] = "x"
	}
	return answers
}

// interpret lists the keys that break a rule, question by question, and those that are asked.
func interpret(fields models.FormFields, answers map[string]any) (wrong, asked []string) {
	visible, byKey := map[string]bool{}, map[string]models.FormField{}
	for _, f := range fields {
		byKey[f.Key] = f
		answer, given := answers[f.Key]
		visible[f.Key] = f.ShowIf == nil || visible[f.ShowIf.Field] && condition(*f.ShowIf, byKey[f.ShowIf.Field], answers)
		if visible[f.Key] {
			asked = append(asked, f.Key)
		}
		switch {
		case given && !visible[f.Key], given && !takes(f, answer), !given && f.Required && visible[f.Key]:
			wrong = append(wrong, f.Key)
		}
	}
	for key := range answers {
		if _, known := byKey[key]; !known {
			wrong = append(wrong, key)
		}
	}
	return wrong, asked
}

func condition(c models.FormCondition, of models.FormField, answers map[string]any) bool {
	answer, given := answers[c.Field]
	if !given {
		return false
	}
	text, value := fmt.Sprintf("%T%v", answer, answer), fmt.Sprintf("%T%v", c.Value, c.Value)
	alike := fmt.Sprintf("%T", answer) == fmt.Sprintf("%T", c.Value)
	switch c.Is {
	case models.IsAnswered:
		return true
	case models.IsEqual:
		return text == value
	case models.IsNotEqual:
		return alike && text != value
	case models.IsOneOf:
		list, ok := answer.([]any)
		if of.Type != models.FieldMultiChoice {
			list = []any{answer}
		} else if !ok {
			return false
		}
		for _, a := range list {
			for _, v := range c.Values {
				if fmt.Sprintf("%T%v", a, a) == fmt.Sprintf("%T%v", v, v) {
					return true
				}
			}
		}
		return false
	}
	if !alike {
		return false
	}
	below := text < value // days of the calendar, of the same length
	if n, ok := answer.(float64); ok {
		below = n < c.Value.(float64)
	} else if _, err := time.Parse(time.DateOnly, answer.(string)); err != nil {
		return false // refused whatever follows from it
	}
	if c.Is == models.IsAtLeast {
		return !below
	}
	return below || text == value
}

func takes(f models.FormField, answer any) bool {
	switch v := answer.(type) {
	case string:
		switch f.Type {
		case models.FieldText:
			return strings.IndexFunc(v, func(r rune) bool { return !unicode.IsSpace(r) }) >= 0 && len([]rune(v)) <= *f.MaxLength
		case models.FieldSignature:
			return len([]rune(v)) >= 2
		case models.FieldChoice:
			return isOption(f, v)
		case models.FieldDate:
			day, err := time.Parse(time.DateOnly, v)
			return err == nil && (f.Earliest == nil || !day.Before(f.Earliest.Time)) && (f.Latest == nil || !day.After(f.Latest.Time))
		}
	case bool:
		return f.Type == models.FieldYesNo
	case float64:
		return (f.Type == models.FieldNumber || f.Type == models.FieldScale && v == float64(int(v))) && (f.Min == nil || v >= *f.Min) && (f.Max == nil || v <= *f.Max)
	case []any:
		seen := map[any]bool{}
		for _, o := range v {
			s, ok := o.(string)
			if !ok || !isOption(f, s) || seen[o] {
				return false
			}
			seen[o] = true
		}
		fewest, most := 1, len(f.Options)
		if f.MinChoices != nil {
			fewest = *f.MinChoices
		}
		if f.MaxChoices != nil {
			most = *f.MaxChoices
		}
		return f.Type == models.FieldMultiChoice && len(v) >= fewest && len(v) <= most
	}
	return false
}

func isOption(f models.FormField, v string) bool {
	return slices.ContainsFunc(f.Options, func(o models.FormOption) bool { return o.Value == v })
}
