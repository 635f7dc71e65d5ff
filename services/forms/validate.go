package forms

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"homefront/models"
	"homefront/services"
)

// The codes of answers that are not taken.
const (
	CodeRequired     services.Code = "required"
	CodeUnknownField services.Code = "unknown_field"
	CodeNotAsked     services.Code = "not_asked"
	CodeBlank        services.Code = "blank"
	CodeWrongType    services.Code = "wrong_type"
	CodeTooShort     services.Code = "too_short"
	CodeTooLong      services.Code = "too_long"
	CodeOutOfRange   services.Code = "out_of_range"
	CodeUnknownValue services.Code = "unknown_option"
	CodeTooFew       services.Code = "too_few"
	CodeTooMany      services.Code = "too_many"
	CodeTwice        services.Code = "chosen_twice"
	CodeBadDate      services.Code = "bad_date"
	CodeHasSSN       services.Code = "social_security_number"
)

// compiled keeps the schemas of published versions ready for use. They are final, so that nothing is ever dropped but for room.
var compiled = func() *lru.Cache[uuid.UUID, *jsonschema.Schema] {
	cache, err := lru.New[uuid.UUID, *jsonschema.Schema](200)
	if err != nil {
		panic(err) // of a size below one
	}
	return cache
}()

// Validate holds answers, by the key of their question, against a version: every rule that they break, at once, with pointer
// in front of the key. No sentence repeats an answer. What models.Given leaves out counts as an answer here, and not as a good
// one: callers that take what an app sends call Given first. The error is of a schema that does not compile, a fault of ours.
func Validate(v *models.FormVersion, answers map[string]any, pointer string) ([]services.FieldError, error) {
	schema, err := compiledSchema(v)
	if err != nil {
		return nil, err
	}
	if answers == nil {
		answers = map[string]any{}
	}
	r := reading{version: v, shown: v.Fields.Shown(answers), pointer: pointer, faults: map[string]services.FieldError{}}
	var broken *jsonschema.ValidationError
	if err := schema.Validate(answers); errors.As(err, &broken) {
		r.walk(broken)
	} else if err != nil {
		return nil, err
	}
	r.refuseNumbers(answers)
	return r.inOrder(), nil
}

func compiledSchema(v *models.FormVersion) (*jsonschema.Schema, error) {
	if v.PublishedAt == nil {
		return compile(v.Fields.Schema())
	}
	if schema, ok := compiled.Get(v.ID); ok {
		return schema, nil
	}
	source := v.Schema
	if source == nil { // the caller read the questions alone
		source = v.Fields.Schema()
	}
	schema, err := compile(source)
	if err == nil {
		compiled.Add(v.ID, schema)
	}
	return schema, err
}

// compile makes a schema ready for use. Days are checked as days: draft 2020-12 alone would take formats for comments.
func compile(source models.JSONSchema) (*jsonschema.Schema, error) {
	const name = "urn:homefront:form"
	text, err := json.Marshal(source)
	if err != nil {
		return nil, err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	c.UseLoader(nowhere{})
	if err := c.AddResource(name, doc); err != nil {
		return nil, err
	}
	return c.Compile(name)
}

// nowhere loads nothing: a form refers to nothing outside itself, neither files nor pages.
type nowhere struct{}

// Load implements jsonschema.URLLoader.
func (nowhere) Load(url string) (any, error) { return nil, fmt.Errorf("%s is not loaded", url) }

// reading turns what the validator found into sentences, one per question.
type reading struct {
	version *models.FormVersion
	shown   []string
	pointer string
	faults  map[string]services.FieldError
}

func (r *reading) walk(e *jsonschema.ValidationError) {
	switch k := e.ErrorKind.(type) {
	case *kind.Required:
		for _, key := range k.Missing {
			if slices.Contains(r.shown, key) {
				r.add(key, CodeRequired, "Please answer this question.")
			}
		}
	case *kind.AdditionalProperties:
		for _, key := range k.Properties {
			r.add(key, CodeUnknownField, "This form has no question of this name.")
		}
	default:
		if len(e.Causes) == 0 && len(e.InstanceLocation) > 0 {
			r.wrong(e.InstanceLocation[0], e.ErrorKind)
		}
	}
	for _, cause := range e.Causes {
		r.walk(cause)
	}
}

// wrong says what is wrong with the answer to one question. To what is not asked, nothing else matters.
func (r *reading) wrong(key string, k jsonschema.ErrorKind) {
	field := r.version.Fields.Field(key)
	if field == nil {
		return
	}
	if !slices.Contains(r.shown, key) {
		r.add(key, CodeNotAsked, "The other answers make that this question is not asked. Leave its answer out.")
		return
	}
	code, message := fault(field, k)
	r.add(key, code, message)
}

// add keeps the first fault of a question: the one that is to be mended first.
func (r *reading) add(key string, code services.Code, message string) {
	if _, known := r.faults[key]; !known {
		r.faults[key] = services.FieldError{Field: r.pointer + "/" + escaped(key), Code: code, Message: message}
	}
}

// escaped writes a key as a part of a JSON pointer. Names that nobody asked for are cut: they are not ours.
func escaped(key string) string {
	if runes := []rune(key); len(runes) > 60 {
		key = string(runes[:60]) + "…"
	}
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
}

// inOrder lists the faults as the form asks, then what it does not ask.
func (r *reading) inOrder() []services.FieldError {
	var out []services.FieldError
	for i := range r.version.Fields {
		key := r.version.Fields[i].Key
		if f, ok := r.faults[key]; ok {
			out = append(out, f)
			delete(r.faults, key)
		}
	}
	var unknown []services.FieldError
	for _, f := range r.faults {
		unknown = append(unknown, f)
	}
	slices.SortFunc(unknown, func(a, b services.FieldError) int { return strings.Compare(a.Field, b.Field) })
	return append(out, unknown...)
}

// fault names the rule of a question that its answer breaks.
func fault(f *models.FormField, k jsonschema.ErrorKind) (services.Code, string) {
	switch k.(type) {
	case *kind.Type:
		if f.Type == models.FieldScale {
			return CodeWrongType, "Answer with a whole number " + within(f) + "."
		}
		return CodeWrongType, wanted(f)
	case *kind.Enum:
		return CodeUnknownValue, "Choose from the options of this question."
	case *kind.Minimum, *kind.Maximum:
		return CodeOutOfRange, "Answer with a number " + within(f) + "."
	case *kind.MinLength:
		if f.Type == models.FieldSignature {
			return CodeTooShort, "Type your full name to sign."
		}
		return CodeBlank, "Write an answer, or leave it out if it is not required."
	case *kind.MaxLength:
		return CodeTooLong, fmt.Sprintf("Use at most %d characters.", f.Length())
	case *kind.MinItems:
		return CodeTooFew, howMany(f)
	case *kind.MaxItems:
		return CodeTooMany, howMany(f)
	case *kind.UniqueItems:
		return CodeTwice, "Choose each option once."
	case *kind.Format:
		return CodeBadDate, wanted(f)
	case *kind.Pattern:
		if f.Type == models.FieldDate {
			return CodeOutOfRange, days(f)
		}
		if f.Type == models.FieldSignature {
			return CodeBlank, "Type your full name to sign."
		}
		return CodeBlank, "Write an answer, or leave it out if it is not required."
	}
	return services.CodeInvalid, wanted(f)
}

// wanted says what an answer to the question is.
func wanted(f *models.FormField) string {
	switch f.Type {
	case models.FieldNumber, models.FieldScale:
		return "Answer with a number."
	case models.FieldMultiChoice:
		return "Answer with a list of the options that are chosen."
	case models.FieldChoice:
		return "Answer with one of the options."
	case models.FieldYesNo:
		return "Answer with true for yes or false for no."
	case models.FieldDate:
		return "Give a day of the calendar, like 2026-03-14."
	case models.FieldSignature:
		return "Type your full name to sign."
	case models.FieldText:
	}
	return "Answer with text."
}

func within(f *models.FormField) string {
	least, most := strconv.FormatFloat(float64At(f.Min), 'f', -1, 64), strconv.FormatFloat(float64At(f.Max), 'f', -1, 64)
	switch {
	case f.Min != nil && f.Max != nil:
		return "from " + least + " to " + most
	case f.Min != nil:
		return "of at least " + least
	case f.Max != nil:
		return "of at most " + most
	}
	return "that is not so far from zero"
}

func float64At(p *float64) float64 {
	if p == nil {
		return 0
	}
	return *p
}

func howMany(f *models.FormField) string {
	fewest, most := f.Choices()
	switch {
	case fewest == most:
		return fmt.Sprintf("Choose %d of the options.", most)
	case f.MaxChoices == nil:
		return fmt.Sprintf("Choose at least %d of the options.", fewest)
	}
	return fmt.Sprintf("Choose from %d to %d of the options.", fewest, most)
}

func days(f *models.FormField) string {
	switch {
	case f.Earliest != nil && f.Latest != nil:
		return fmt.Sprintf("Give a day from %s to %s.", f.Earliest, f.Latest)
	case f.Earliest != nil:
		return fmt.Sprintf("Give %s or a later day.", f.Earliest)
	}
	return fmt.Sprintf("Give %s or an earlier day.", f.Latest)
}

// refuseNumbers looks for Social Security numbers in what people wrote: they give them unasked.
func (r *reading) refuseNumbers(answers map[string]any) {
	for i := range r.version.Fields {
		f := &r.version.Fields[i]
		text, ok := answers[f.Key].(string)
		if ok && (f.Type == models.FieldText || f.Type == models.FieldSignature) && models.HoldsSSN(text) {
			r.add(f.Key, CodeHasSSN, "There seems to be a Social Security number in this answer. We never keep one: please take it out.")
		}
	}
}
