package forms

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"unicode/utf8"

	"homefront/models"
	"homefront/services"
)

// CodeNeverAsked is the code of a question, an option or a key that asks for what we never ask.
const CodeNeverAsked services.Code = "never_asked"

var (
	keyShape   = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)
	valueShape = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{0,59}$`)
)

// mayBeReaders are the roles that a question can name.
var mayBeReaders = []models.Role{models.RoleAdmin, models.RoleCoordinator, models.RoleCoach, models.RoleFacilitator, models.RoleResponder}

// mostOptions is of a whole form.
const mostOptions = 1000

// tidy writes the questions as they are stored: composed text, and what is meant when nothing is said, said. A published
// version then tells the whole truth about who reads an answer and how long it is kept, whatever becomes of our defaults.
func tidy(fields models.FormFields) models.FormFields {
	out := make(models.FormFields, len(fields))
	for i, f := range fields {
		f.Label, f.Help = services.Prose(f.Label), services.Prose(f.Help)
		f.MinLabel, f.MaxLabel = services.Line(f.MinLabel), services.Line(f.MaxLabel)
		f.Options = slices.Clone(f.Options)
		for j := range f.Options {
			f.Options[j].Label = services.Line(f.Options[j].Label)
		}
		sensitive := f.IsSensitive()
		f.RetentionDays, _ = f.Retention()
		f.Sensitive = &sensitive
		if f.RetentionDays != nil && f.RetentionFrom == "" {
			f.RetentionFrom = models.RetentionAnswered
		}
		if len(f.Readers) == 0 {
			f.Readers = models.FormReaders()
		}
		out[i] = f
	}
	return out
}

// checking gathers what is wrong with questions.
type checking struct {
	fields  models.FormFields
	pointer string
	faults  []services.FieldError
}

// check names every rule that the questions break, tidied before, with pointer in front of their place. Drafts may be empty.
func check(fields models.FormFields, pointer string) []services.FieldError {
	c := checking{fields: fields, pointer: pointer}
	if len(fields) > models.MaxFormFields {
		c.faults = append(c.faults, services.FieldError{Field: pointer, Code: "too_many_fields",
			Message: fmt.Sprintf("A form has at most %d questions. Ask less, or make two forms.", models.MaxFormFields)})
	}
	options := 0
	for i := range fields {
		c.field(i, &fields[i])
		options += len(fields[i].Options)
	}
	if options > mostOptions {
		c.faults = append(c.faults, services.FieldError{Field: pointer, Code: "too_many_options",
			Message: fmt.Sprintf("A form has at most %d options in all its questions.", mostOptions)})
	}
	return c.faults
}

func (c *checking) add(i int, attribute string, code services.Code, message string, args ...any) {
	c.faults = append(c.faults, services.FieldError{Field: c.pointer + "/" + strconv.Itoa(i) + "/" + attribute, Code: code, Message: fmt.Sprintf(message, args...)})
}

func (c *checking) field(i int, f *models.FormField) {
	if !keyShape.MatchString(f.Key) {
		c.add(i, "key", "bad_key", "Name the answer in up to 40 lowercase letters, digits and underscores, a letter first.")
	} else if slices.ContainsFunc(c.fields[:i], func(earlier models.FormField) bool { return earlier.Key == f.Key }) {
		c.add(i, "key", "key_taken", "An earlier question has this key. Each has its own.")
	}
	c.text(i, "label", f.Label, 1, 500)
	c.text(i, "help", f.Help, 0, 2000)
	c.belongs(i, f)
	switch f.Type {
	case models.FieldText:
		if f.MaxLength != nil && (*f.MaxLength < 1 || *f.MaxLength > 10_000) {
			c.add(i, "max_length", "out_of_range", "Allow from 1 to 10000 characters.")
		}
	case models.FieldNumber:
		c.number(i, f)
	case models.FieldScale:
		c.scale(i, f)
	case models.FieldChoice, models.FieldMultiChoice:
		c.options(i, f)
	case models.FieldDate:
		if f.Earliest != nil && f.Latest != nil && f.Latest.Before(f.Earliest.Time) {
			c.add(i, "latest", "before_earliest", "The latest day cannot be before the earliest.")
		}
	case models.FieldYesNo, models.FieldSignature:
	default:
		c.add(i, "type", "unknown_type", "Use one of: text, number, choice, multi_choice, date, yes_no, scale, signature.")
	}
	if f.ShowIf != nil {
		c.condition(i, f.ShowIf)
	}
	c.privacy(i, f)
	c.neverAsked(i, f)
}

func (c *checking) text(i int, attribute, text string, least, most int) {
	switch n := utf8.RuneCountInString(text); {
	case n < least:
		c.add(i, attribute, "required", "Write something here: people read it.")
	case n > most:
		c.add(i, attribute, "too_long", "Use at most %d characters.", most)
	}
}

// belongs refuses what means nothing for a question of this type: whoever sets it believes that it does something.
func (c *checking) belongs(i int, f *models.FormField) {
	for _, a := range []struct {
		name  string
		set   bool
		types []models.FieldType
	}{
		{"options", len(f.Options) > 0, []models.FieldType{models.FieldChoice, models.FieldMultiChoice}},
		{"min", f.Min != nil, []models.FieldType{models.FieldNumber, models.FieldScale}},
		{"max", f.Max != nil, []models.FieldType{models.FieldNumber, models.FieldScale}},
		{"min_label", f.MinLabel != "", []models.FieldType{models.FieldScale}},
		{"max_label", f.MaxLabel != "", []models.FieldType{models.FieldScale}},
		{"max_length", f.MaxLength != nil, []models.FieldType{models.FieldText}},
		{"multiline", f.Multiline, []models.FieldType{models.FieldText}},
		{"earliest", f.Earliest != nil, []models.FieldType{models.FieldDate}},
		{"latest", f.Latest != nil, []models.FieldType{models.FieldDate}},
		{"min_choices", f.MinChoices != nil, []models.FieldType{models.FieldMultiChoice}},
		{"max_choices", f.MaxChoices != nil, []models.FieldType{models.FieldMultiChoice}},
	} {
		if a.set && !slices.Contains(a.types, f.Type) {
			c.add(i, a.name, "not_of_type", "A question of type %s has no %s. Leave it out.", f.Type, a.name)
		}
	}
}

func (c *checking) number(i int, f *models.FormField) {
	for _, bound := range []struct {
		name string
		at   *float64
	}{{"min", f.Min}, {"max", f.Max}} {
		if bound.at != nil && (math.IsNaN(*bound.at) || math.Abs(*bound.at) > 1e12) {
			c.add(i, bound.name, "out_of_range", "Give a number between minus and plus a million millions.")
		}
	}
	if f.Min != nil && f.Max != nil && *f.Max < *f.Min {
		c.add(i, "max", "below_min", "The most cannot be below the least.")
	}
}

func (c *checking) scale(i int, f *models.FormField) {
	c.text(i, "min_label", f.MinLabel, 0, 80)
	c.text(i, "max_label", f.MaxLabel, 0, 80)
	sound := true
	for _, end := range []struct {
		name string
		at   *float64
	}{{"min", f.Min}, {"max", f.Max}} {
		if end.at == nil || *end.at != math.Trunc(*end.at) || *end.at < 0 || *end.at > 100 {
			c.add(i, end.name, "out_of_range", "A scale goes from one whole number to another, from 0 to 100 at most.")
			sound = false
		}
	}
	if sound && *f.Max <= *f.Min {
		c.add(i, "max", "below_min", "The upper end of a scale is above its lower end.")
	}
}

func (c *checking) options(i int, f *models.FormField) {
	if n := len(f.Options); n < 1 || n > models.MaxFormOptions {
		c.add(i, "options", "bad_options", "Give from 1 to %d options.", models.MaxFormOptions)
	}
	for j, o := range f.Options {
		at := "options/" + strconv.Itoa(j) + "/"
		if !valueShape.MatchString(o.Value) {
			c.add(i, at+"value", "bad_value", "Name the option in up to 60 lowercase letters, digits, and _ . - after the first.")
		} else if slices.ContainsFunc(f.Options[:j], func(e models.FormOption) bool { return e.Value == o.Value }) {
			c.add(i, at+"value", "value_taken", "An earlier option has this value. Each has its own.")
		}
		if slices.ContainsFunc(f.Options[:j], func(e models.FormOption) bool { return e.Label == o.Label }) {
			c.add(i, at+"label", "label_taken", "An earlier option has these words. People could not tell them apart.")
		}
		c.text(i, at+"label", o.Label, 1, 200)
	}
	if f.Type != models.FieldMultiChoice || len(f.Options) == 0 {
		return
	}
	fewest, most := f.Choices()
	if fewest < 1 || fewest > len(f.Options) {
		c.add(i, "min_choices", "out_of_range", "Ask for from 1 to as many choices as there are options.")
	}
	if most < 1 || most > len(f.Options) {
		c.add(i, "max_choices", "out_of_range", "Allow from 1 to as many choices as there are options.")
	} else if fewest > most {
		c.add(i, "max_choices", "below_min", "Allow at least as many choices as you ask for.")
	}
}

// privacy checks who reads an answer and how long it is kept. Tidied questions always name readers.
func (c *checking) privacy(i int, f *models.FormField) {
	for j, r := range f.Readers {
		if !slices.Contains(mayBeReaders, r) {
			c.add(i, "readers/"+strconv.Itoa(j), "unknown_reader", "Answers can be read by: admin, coordinator, coach, facilitator, responder.")
		} else if slices.Contains(f.Readers[:j], r) {
			c.add(i, "readers/"+strconv.Itoa(j), "reader_twice", "Name each role once.")
		}
	}
	if f.RetentionDays != nil && (*f.RetentionDays < 1 || *f.RetentionDays > models.MaxRetentionDays) {
		c.add(i, "retention_days", "out_of_range", "Keep answers from 1 to %d days.", models.MaxRetentionDays)
	}
	if f.RetentionDays == nil && f.RetentionFrom != "" {
		c.add(i, "retention_from", "not_kept_for_a_time", "Say for how many days the answer is kept, or leave this out.")
	} else if !slices.Contains([]string{"", models.RetentionAnswered, models.RetentionEnded}, f.RetentionFrom) {
		c.add(i, "retention_from", "unknown_start", "Count the days from answered, or from ended.")
	}
}

// checkReaders refuses questions whose answers nobody would ever read: coordinators and admins reach all responses, facilitators
// those of who comes to their workshops, others none.
func checkReaders(fields models.FormFields, purpose models.FormPurpose, pointer string) []services.FieldError {
	reach := []models.Role{models.RoleAdmin, models.RoleCoordinator}
	if purpose != models.FormIntake {
		reach = append(reach, models.RoleFacilitator)
	}
	c := checking{fields: fields, pointer: pointer}
	for i := range fields {
		known := !slices.ContainsFunc(fields[i].Readers, func(r models.Role) bool { return !slices.Contains(mayBeReaders, r) })
		if known && !fields[i].ReadBy(reach) {
			c.add(i, "readers", "no_reader", "Nobody of these roles sees the answers to this form. Name admin or coordinator too.")
		}
	}
	return c.faults
}

// neverAsked refuses what is never asked, wherever it is written.
func (c *checking) neverAsked(i int, f *models.FormField) {
	for _, found := range f.NeverAsked() {
		c.add(i, found.Attribute, CodeNeverAsked, "%s", found.Topic.Sentence())
	}
}
