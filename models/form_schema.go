package models

import (
	"fmt"
	"strings"
)

// schemaDialect is the JSON Schema that forms are written in.
const schemaDialect = "https://json-schema.org/draft/2020-12/schema"

// visible matches text that holds more than space. \s means less in Go than in browsers, so the spaces of Unicode are named.
const visible = "[^\\s\\v\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]"

// Schema is the JSON Schema 2020-12 of the answers to these questions, in standard keywords alone, so that any validator
// comes to the same verdict. A question with a condition has an if of its own: then it may be answered, and must be when it is
// required; else it must not. A condition asks for an answer to the question it looks at, which has none while it is not
// shown itself: that is how chains work.
func (f FormFields) Schema() JSONSchema {
	properties, required, conditions := map[string]any{}, []any{}, []any{}
	for i := range f {
		field := &f[i]
		properties[field.Key] = field.schema()
		if field.ShowIf != nil {
			conditions = append(conditions, field.conditional(f.Field(field.ShowIf.Field)))
		} else if field.Required {
			required = append(required, field.Key)
		}
	}
	schema := JSONSchema{"$schema": schemaDialect, "type": "object", "properties": properties, "required": required, "additionalProperties": false}
	if len(conditions) > 0 {
		schema["allOf"] = conditions
	}
	return schema
}

// schema is that of an answer to one question.
func (f *FormField) schema() map[string]any {
	s := map[string]any{"title": f.Label}
	if f.Help != "" {
		s["description"] = f.Help
	}
	switch f.Type {
	case FieldText:
		s["type"], s["minLength"], s["maxLength"], s["pattern"] = "string", 1, f.Length(), visible
	case FieldSignature:
		s["type"], s["minLength"], s["maxLength"], s["pattern"] = "string", 2, f.Length(), visible
	case FieldNumber:
		s["type"] = "number"
		s["minimum"], s["maximum"] = f.Bounds()
	case FieldScale:
		s["type"] = "integer"
		s["minimum"], s["maximum"] = f.Bounds()
	case FieldChoice:
		s["type"], s["enum"] = "string", f.values()
	case FieldMultiChoice:
		fewest, most := f.Choices()
		s["type"], s["items"], s["uniqueItems"] = "array", map[string]any{"type": "string", "enum": f.values()}, true
		s["minItems"], s["maxItems"] = fewest, most
	case FieldYesNo:
		s["type"] = "boolean"
	case FieldDate:
		s["type"], s["format"] = "string", "date"
		var bounds []any
		if f.Earliest != nil {
			bounds = append(bounds, map[string]any{"pattern": datePattern(f.Earliest.String(), false)})
		}
		if f.Latest != nil {
			bounds = append(bounds, map[string]any{"pattern": datePattern(f.Latest.String(), true)})
		}
		if bounds != nil {
			s["allOf"] = bounds
		}
	}
	return s
}

func (f *FormField) values() []any {
	out := make([]any, len(f.Options))
	for i, o := range f.Options {
		out[i] = o.Value
	}
	return out
}

// conditional makes the question's if, then and else. of is the question that its condition looks at.
func (f *FormField) conditional(of *FormField) map[string]any {
	c := map[string]any{
		"if":   map[string]any{"required": []any{f.ShowIf.Field}, "properties": map[string]any{f.ShowIf.Field: f.ShowIf.schema(of)}},
		"else": map[string]any{"properties": map[string]any{f.Key: false}},
	}
	if f.Required {
		c["then"] = map[string]any{"required": []any{f.Key}}
	}
	return c
}

// schema is that of the answers which the condition holds for.
func (c *FormCondition) schema(of *FormField) any {
	if of == nil || c.Is == IsAnswered {
		return true
	}
	types := map[FieldType]string{FieldNumber: "number", FieldScale: "number", FieldYesNo: "boolean", FieldMultiChoice: "array"}
	s := map[string]any{"type": "string"}
	if t, ok := types[of.Type]; ok {
		s["type"] = t
	}
	switch c.Is {
	case IsEqual:
		s["const"] = c.Value
	case IsNotEqual:
		s["not"] = map[string]any{"const": c.Value}
	case IsOneOf:
		if of.Type == FieldMultiChoice {
			s["contains"] = map[string]any{"enum": c.Values}
		} else {
			s["enum"] = c.Values
		}
	case IsAtLeast, IsAtMost:
		if day, ok := c.Value.(string); ok && of.Type == FieldDate {
			s["pattern"] = datePattern(day, c.Is == IsAtMost)
		} else {
			s[map[ConditionKind]string{IsAtLeast: "minimum", IsAtMost: "maximum"}[c.Is]] = c.Value
		}
	case IsAnswered:
	}
	return s
}

// datePattern matches the days from the given one on, or those until it. JSON Schema has no keyword that orders days; as
// 2006-01-02 they are ordered like texts of digits, and each digit that may be passed makes one branch: of 2024-03-15 on,
// the year may be 2025 or 2030 or 3000, and so on, down to the day itself.
func datePattern(day string, until bool) string {
	branches := []string{day}
	for i, digit := range day {
		from, to := digit+1, '9'
		if until {
			from, to = '0', digit-1
		}
		if digit == '-' || from > to {
			continue
		}
		rest := strings.NewReplacer("0", "[0-9]", "1", "[0-9]", "2", "[0-9]", "3", "[0-9]", "4", "[0-9]", "5", "[0-9]", "6", "[0-9]", "7", "[0-9]", "8", "[0-9]", "9", "[0-9]").Replace(day[i+1:])
		branches = append(branches, fmt.Sprintf("%s[%c-%c]%s", day[:i], from, to, rest))
	}
	return "^(" + strings.Join(branches, "|") + ")$"
}
