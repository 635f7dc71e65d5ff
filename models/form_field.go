package models

import (
	"database/sql/driver"
	"encoding/json"
	"slices"
	"strings"
)

// What a form may hold. A person who meets a hundred questions has met too many.
const (
	MaxFormFields  = 100
	MaxFormOptions = 60
)

// DefaultRetentionDays is how long a sensitive answer is kept when nobody says otherwise; MaxRetentionDays the longest term, and
// how long an answer is kept whose term begins with an end that does not come.
const (
	DefaultRetentionDays = 365
	MaxRetentionDays     = 1095
)

// FieldType is what kind of answer a question takes.
type FieldType string

// The types, and what JSON their answers are.
const (
	FieldText        FieldType = "text"         // string
	FieldNumber      FieldType = "number"       // number
	FieldChoice      FieldType = "choice"       // string, the value of an option
	FieldMultiChoice FieldType = "multi_choice" // array of the values of options
	FieldDate        FieldType = "date"         // string, 2006-01-02
	FieldYesNo       FieldType = "yes_no"       // boolean
	FieldScale       FieldType = "scale"        // whole number
	FieldSignature   FieldType = "signature"    // string, the name typed; what it agrees to is the label
)

// Retentions of an answer are counted from when it was given, or from the end of what it was asked for.
const (
	RetentionAnswered = "answered"
	RetentionEnded    = "ended"
)

// FormField is one question.
type FormField struct {
	Key           string         `json:"key" minLength:"1" maxLength:"40" pattern:"^[a-z][a-z0-9_]*$" patternDescription:"lowercase letters, digits and underscores, a letter first" doc:"Names the answer; keep it when only the words change" example:"seat_needs"`
	Type          FieldType      `json:"type" enum:"text,number,choice,multi_choice,date,yes_no,scale,signature" example:"text"`
	Label         string         `json:"label" minLength:"1" maxLength:"500" doc:"The question; of a signature, what is agreed to by typing one's name" example:"What would help you feel at ease in the room?"`
	Help          string         `json:"help,omitempty" maxLength:"2000" doc:"A line below the question, in Markdown" example:"A seat near the door, a quiet corner, a break …"`
	Required      bool           `json:"required,omitempty" doc:"It must be answered whenever it is shown"`
	Options       []FormOption   `json:"options,omitempty" maxItems:"60" doc:"Of choice and multi_choice: what can be chosen"`
	Min           *float64       `json:"min,omitempty" minimum:"-1000000000000" maximum:"1000000000000" doc:"Of number: the least, may be absent. Of scale: its lower end, a whole number from 0"`
	Max           *float64       `json:"max,omitempty" minimum:"-1000000000000" maximum:"1000000000000" doc:"Of number: the most, may be absent. Of scale: its upper end, a whole number up to 100"`
	MinLabel      string         `json:"min_label,omitempty" maxLength:"80" doc:"Of scale: what its lower end means" example:"Not at all"`
	MaxLabel      string         `json:"max_label,omitempty" maxLength:"80" doc:"Of scale: what its upper end means" example:"Completely"`
	MaxLength     *int           `json:"max_length,omitempty" minimum:"1" maximum:"10000" doc:"Of text, in characters; 500 when absent, 4000 of several lines"`
	Multiline     bool           `json:"multiline,omitempty" doc:"Of text: show a box of several lines"`
	Earliest      *Date          `json:"earliest,omitempty" doc:"Of date: the first day that is accepted"`
	Latest        *Date          `json:"latest,omitempty" doc:"Of date: the last day that is accepted"`
	MinChoices    *int           `json:"min_choices,omitempty" minimum:"1" maximum:"60" doc:"Of multi_choice: how many must be chosen by whoever answers; 1 when absent"`
	MaxChoices    *int           `json:"max_choices,omitempty" minimum:"1" maximum:"60" doc:"Of multi_choice: how many may be chosen"`
	ShowIf        *FormCondition `json:"show_if,omitempty" doc:"When it is shown; always when absent. What is not shown must not be answered"`
	Sensitive     *bool          `json:"sensitive,omitempty" doc:"Kept encrypted under the person's own key, and only for its retention; true when absent"`
	Readers       []Role         `json:"readers,omitempty" maxItems:"5" enum:"admin,coordinator,coach,facilitator,responder" doc:"Who of the staff may read the answer; admin and coordinator when absent"`
	RetentionDays *int           `json:"retention_days,omitempty" minimum:"1" maximum:"1095" doc:"After how many days the answer is destroyed; 365 when absent of a sensitive one, else it is kept"`
	RetentionFrom string         `json:"retention_from,omitempty" enum:"answered,ended" doc:"From when they are counted: answered, or ended: of the enrollment or workshop that it was asked for; answered when absent"`
}

// FormOption is one thing that can be chosen.
type FormOption struct {
	Value string `json:"value" minLength:"1" maxLength:"60" pattern:"^[a-z0-9][a-z0-9_.-]*$" patternDescription:"lowercase letters, digits, and _ . - after the first" doc:"What is stored; keep it when only the words change" example:"near_door"`
	Label string `json:"label" minLength:"1" maxLength:"200" doc:"What people read" example:"A seat near the door"`
}

// ConditionKind is how a condition looks at an answer.
type ConditionKind string

// The kinds. None of them holds while the other question is not answered.
const (
	IsEqual    ConditionKind = "equals"
	IsNotEqual ConditionKind = "not_equals"
	IsOneOf    ConditionKind = "one_of" // of multi_choice: at least one of them is chosen
	IsAtLeast  ConditionKind = "at_least"
	IsAtMost   ConditionKind = "at_most"
	IsAnswered ConditionKind = "answered"
)

// FormCondition looks at the answer to an earlier question.
type FormCondition struct {
	Field  string        `json:"field" minLength:"1" maxLength:"40" doc:"The key of an earlier question" example:"comes_by_car"`
	Is     ConditionKind `json:"is" enum:"equals,not_equals,one_of,at_least,at_most,answered" doc:"None holds while that question is unanswered or not shown itself. equals, not_equals: choice, yes_no, number, scale, date. one_of: choice, multi_choice (at least one of them is chosen), number, scale. at_least, at_most: number, scale, date. answered: any" example:"equals"`
	Value  any           `json:"value,omitempty" doc:"For equals, not_equals, at_least and at_most: an answer to that question"`
	Values []any         `json:"values,omitempty" maxItems:"60" doc:"For one_of: answers to that question"`
}

// FormFields are the questions of a version, in their order.
type FormFields []FormField

// Scan implements sql.Scanner.
func (f *FormFields) Scan(src any) error {
	*f = nil // decoding into what is there would keep what the new value leaves out
	return scanJSON("fields", src, f)
}

// Value implements driver.Valuer.
func (f FormFields) Value() (driver.Value, error) {
	if f == nil {
		f = FormFields{}
	}
	return valueJSON(f)
}

// Field finds a question, or answers nil.
func (f FormFields) Field(key string) *FormField {
	if i := f.index(key); i >= 0 {
		return &f[i]
	}
	return nil
}

func (f FormFields) index(key string) int {
	return slices.IndexFunc(f, func(field FormField) bool { return field.Key == key })
}

// IsSensitive says whether the answer is sealed and destroyed in time. Whoever says nothing has it so.
func (f *FormField) IsSensitive() bool { return f.Sensitive == nil || *f.Sensitive }

// ReadBy says whether somebody with these roles may read the answer.
func (f *FormField) ReadBy(roles []Role) bool {
	readers := f.Readers
	if readers == nil {
		readers = FormReaders()
	}
	return slices.ContainsFunc(roles, func(r Role) bool { return slices.Contains(readers, r) })
}

// FormReaders are who reads an answer when the question does not say.
func FormReaders() []Role { return []Role{RoleAdmin, RoleCoordinator} }

// Retention is for how many days the answer is kept, and whether they are counted from the end of the record that it was
// asked for. Nil: it is kept.
func (f *FormField) Retention() (days *int, fromEnd bool) {
	days = f.RetentionDays
	if days == nil && f.IsSensitive() {
		year := DefaultRetentionDays
		days = &year
	}
	return days, f.RetentionFrom == RetentionEnded
}

// Bounds are the least and the most that a number or scale takes.
func (f *FormField) Bounds() (least, most float64) {
	const far = 1e12 // keeps what is stored a number that every client can read
	least, most = -far, far
	if f.Min != nil {
		least = *f.Min
	}
	if f.Max != nil {
		most = *f.Max
	}
	return least, most
}

// Length is how many characters a text or a signature may have.
func (f *FormField) Length() int {
	switch {
	case f.Type == FieldSignature:
		return 200
	case f.MaxLength != nil:
		return *f.MaxLength
	case f.Multiline:
		return 4000
	}
	return 500
}

// Choices is how few and how many options whoever answers may choose.
func (f *FormField) Choices() (fewest, most int) {
	fewest, most = 1, len(f.Options)
	if f.MinChoices != nil {
		fewest = *f.MinChoices
	}
	if f.MaxChoices != nil {
		most = *f.MaxChoices
	}
	return fewest, most
}

// Given leaves out what is no answer: null, blank text, an empty list. Apps send these for what was left open.
func Given(answers map[string]any) map[string]any {
	out := make(map[string]any, len(answers))
	for key, value := range answers {
		switch v := value.(type) {
		case nil:
			continue
		case string:
			if strings.TrimSpace(v) == "" {
				continue
			}
		case []any:
			if len(v) == 0 {
				continue
			}
		}
		out[key] = value
	}
	return out
}

// Shown lists the keys of the questions that these answers show, in their order. An answer to what is not shown counts for
// nothing.
func (f FormFields) Shown(answers map[string]any) []string {
	shown := make([]string, 0, len(f))
	for i := range f {
		if c := f[i].ShowIf; c == nil || slices.Contains(shown, c.Field) && c.holds(f.Field(c.Field), answers) {
			shown = append(shown, f[i].Key)
		}
	}
	return shown
}

// holds says whether the answer to a question is as the condition wants it.
func (c *FormCondition) holds(of *FormField, answers map[string]any) bool {
	answer, ok := answers[c.Field]
	if !ok || of == nil {
		return false
	}
	switch c.Is {
	case IsAnswered:
		return true
	case IsEqual:
		return compare(of.Type, answer, c.Value) == same
	case IsNotEqual:
		order := compare(of.Type, answer, c.Value)
		return order == less || order == more
	case IsAtLeast:
		order := compare(of.Type, answer, c.Value)
		return order == same || order == more
	case IsAtMost:
		order := compare(of.Type, answer, c.Value)
		return order == same || order == less
	case IsOneOf:
		chosen := []any{answer}
		if list, ok := answer.([]any); ok && of.Type == FieldMultiChoice {
			chosen = list
		}
		return slices.ContainsFunc(chosen, func(a any) bool {
			return slices.ContainsFunc(c.Values, func(v any) bool { return compare(of.Type, a, v) == same })
		})
	}
	return false
}

// ordering is how an answer stands to a value.
type ordering int

const (
	unlike ordering = iota // not of the question's type
	less
	same
	more
)

// compare orders an answer to a question of a type against a value: numbers by size, the rest as texts, which puts days of
// the calendar in their order.
func compare(t FieldType, answer, value any) ordering {
	switch t {
	case FieldNumber, FieldScale:
		return order(AsNumber, answer, value)
	case FieldYesNo:
		return order(func(v any) (int, bool) {
			b, ok := v.(bool)
			if b {
				return 1, ok
			}
			return 0, ok
		}, answer, value)
	case FieldChoice, FieldMultiChoice, FieldDate:
		return order(func(v any) (string, bool) { s, ok := v.(string); return s, ok }, answer, value)
	case FieldText, FieldSignature:
	}
	return unlike
}

func order[T interface{ ~int | ~float64 | ~string }](read func(any) (T, bool), answer, value any) ordering {
	a, ok := read(answer)
	v, alike := read(value)
	switch {
	case !ok || !alike:
		return unlike
	case a < v:
		return less
	case a > v:
		return more
	}
	return same
}

// AsNumber reads a number of decoded JSON, or of Go.
func AsNumber(v any) (float64, bool) {
	switch n := v.(type) {
	case float64:
		return n, true
	case int:
		return float64(n), true
	case json.Number:
		f, err := n.Float64()
		return f, err == nil
	}
	return 0, false
}
