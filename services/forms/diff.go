package forms

import (
	"context"
	"encoding/json"
	"maps"
	"reflect"
	"slices"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// Comparable says whether answers to two versions of a question may be counted together.
type Comparable string

// The verdicts, from good to bad.
const (
	ComparableYes      Comparable = "yes"
	ComparableWithCare Comparable = "with_care"
	ComparableNo       Comparable = "no"
)

func (c Comparable) worse(than Comparable) bool {
	order := []Comparable{ComparableYes, ComparableWithCare, ComparableNo}
	return slices.Index(order, c) > slices.Index(order, than)
}

// FormDiff is what became of a form's questions between two versions.
type FormDiff struct {
	FormID     uuid.UUID          `json:"form_id"`
	From       int                `json:"from" doc:"Number of the version before" example:"1"`
	To         int                `json:"to" doc:"Number of the version after" example:"2"`
	Comparable Comparable         `json:"comparable" enum:"yes,with_care,no" doc:"The worst of what changed. Questions that are in one version alone do not count"`
	Added      []FormDiffField    `json:"added" nullable:"false" doc:"Questions that are new"`
	Removed    []FormDiffField    `json:"removed" nullable:"false" doc:"Questions that are gone; their answers stay as they are"`
	Moved      []FormFieldMoved   `json:"moved" nullable:"false" doc:"Questions that stand elsewhere among those that stayed"`
	Changed    []FormFieldChanged `json:"changed" nullable:"false" doc:"Questions that are asked otherwise"`
}

// FormDiffField is a question of one version alone.
type FormDiffField struct {
	Key   string           `json:"key" example:"seat_needs"`
	Type  models.FieldType `json:"type" enum:"text,number,choice,multi_choice,date,yes_no,scale,signature"`
	Label string           `json:"label" example:"What would help you feel at ease in the room?"`
	At    int              `json:"at" doc:"Its place in its version, from 1" example:"3"`
}

// FormFieldMoved is a question that stands elsewhere.
type FormFieldMoved struct {
	Key  string `json:"key"`
	From int    `json:"from" doc:"Its place before, from 1" example:"2"`
	To   int    `json:"to" doc:"Its place after, from 1" example:"5"`
}

// FormFieldChanged is a question of both versions that differs.
type FormFieldChanged struct {
	Key        string                `json:"key"`
	Comparable Comparable            `json:"comparable" enum:"yes,with_care,no" doc:"no: another type or another scale. with_care: other words, options, bounds or a condition: people may have answered something else. yes: what remains, such as help, readers and retention"`
	Attributes []FormAttributeChange `json:"attributes" nullable:"false" doc:"By name"`
}

// FormAttributeChange is one attribute of a question that differs.
type FormAttributeChange struct {
	Name   string `json:"name" example:"label"`
	Before any    `json:"before" doc:"null where it was not set"`
	After  any    `json:"after" doc:"null where it is not set"`
}

// FormDiffQuery names two versions.
type FormDiffQuery struct {
	From int `query:"from" required:"true" minimum:"1" maximum:"100000" doc:"Number of the version before"`
	To   int `query:"to" required:"true" minimum:"1" maximum:"100000" doc:"Number of the version after; a draft too"`
}

// Diff compares two versions of a form. Errors: not_found for an unknown form or number.
func (s *Service) Diff(ctx context.Context, formID uuid.UUID, in FormDiffQuery) (*FormDiff, error) {
	return services.Read(ctx, s.core, func(db *gorm.DB) (*FormDiff, error) {
		var rows []models.FormVersion
		if err := db.Select("number", "fields").Where("form_id = ? AND number IN ?", formID, []int{in.From, in.To}).Limit(2).Find(&rows).Error; err != nil {
			return nil, err
		}
		numbered := map[int]models.FormFields{}
		for _, v := range rows {
			numbered[v.Number] = v.Fields
		}
		before, known := numbered[in.From]
		after, too := numbered[in.To]
		if !known || !too {
			return nil, services.NotFound("form version")
		}
		d := compare(before, after)
		d.FormID, d.From, d.To = formID, in.From, in.To
		return d, nil
	})
}

// compare goes by the keys of the questions: another key is another question.
func compare(before, after models.FormFields) *FormDiff {
	d := &FormDiff{Comparable: ComparableYes, Added: []FormDiffField{}, Removed: []FormDiffField{}, Moved: []FormFieldMoved{}, Changed: []FormFieldChanged{}}
	places := map[string]int{}
	var stayed []string // in their new order
	for i := range before {
		places[before[i].Key] = i
		if after.Field(before[i].Key) == nil {
			d.Removed = append(d.Removed, only(&before[i], i))
		}
	}
	for i := range after {
		at, known := places[after[i].Key]
		if !known {
			d.Added = append(d.Added, only(&after[i], i))
			continue
		}
		stayed = append(stayed, after[i].Key)
		if c := changed(&before[at], &after[i]); len(c.Attributes) > 0 {
			d.Changed = append(d.Changed, c)
			if c.Comparable.worse(d.Comparable) {
				d.Comparable = c.Comparable
			}
		}
	}
	order := make([]int, len(stayed))
	for i, key := range stayed {
		order[i] = places[key]
	}
	still := longestRise(order)
	for i, key := range stayed {
		if !still[i] {
			d.Moved = append(d.Moved, FormFieldMoved{Key: key, From: order[i] + 1, To: slices.IndexFunc(after, func(f models.FormField) bool { return f.Key == key }) + 1})
		}
	}
	return d
}

func only(f *models.FormField, at int) FormDiffField {
	return FormDiffField{Key: f.Key, Type: f.Type, Label: f.Label, At: at + 1}
}

// longestRise marks a longest run of rising numbers: the questions that stood still while the fewest others moved.
func longestRise(places []int) []bool {
	length, previous := make([]int, len(places)), make([]int, len(places))
	best := -1
	for i := range places {
		length[i], previous[i] = 1, -1
		for j := range i {
			if places[j] < places[i] && length[j]+1 > length[i] {
				length[i], previous[i] = length[j]+1, j
			}
		}
		if best < 0 || length[i] > length[best] {
			best = i
		}
	}
	still := make([]bool, len(places))
	for i := best; i >= 0; i = previous[i] {
		still[i] = true
	}
	return still
}

// changed compares one question by its attributes, as JSON has them: nothing can be forgotten here.
func changed(before, after *models.FormField) FormFieldChanged {
	old, now := attributes(before), attributes(after)
	c := FormFieldChanged{Key: after.Key, Comparable: ComparableYes}
	names := slices.Sorted(maps.Keys(old))
	for name := range now {
		if _, known := old[name]; !known {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if reflect.DeepEqual(old[name], now[name]) {
			continue
		}
		c.Attributes = append(c.Attributes, FormAttributeChange{Name: name, Before: old[name], After: now[name]})
		if verdict := stays(after, name); verdict.worse(c.Comparable) {
			c.Comparable = verdict
		}
	}
	return c
}

// stays says whether answers stay comparable when an attribute of a question changes.
func stays(f *models.FormField, attribute string) Comparable {
	switch attribute {
	case "type":
		return ComparableNo
	case "min", "max":
		if f.Type == models.FieldScale {
			return ComparableNo
		}
		return ComparableWithCare
	case "help", "max_length", "multiline", "sensitive", "readers", "retention_days", "retention_from":
		return ComparableYes
	}
	return ComparableWithCare // label, options, required, show_if, bounds, the words at the ends of a scale
}

func attributes(f *models.FormField) map[string]any {
	text, err := json.Marshal(f)
	if err != nil {
		panic(err) // a field holds what JSON holds
	}
	out := map[string]any{}
	if err := json.Unmarshal(text, &out); err != nil {
		panic(err)
	}
	return out
}
