package forms_test

import (
	"encoding/json"
	"testing"

	"homefront/models"
	"homefront/services"
	"homefront/services/forms"
)

func TestDiff(t *testing.T) {
	b := openBuilder(t)
	q := func(key string) models.FormField {
		return models.FormField{Key: key, Type: models.FieldYesNo, Label: "Is it " + key + "?"}
	}
	relabeled, retyped, helped, readBy, shown := q("b"), q("c"), q("d"), q("e"), q("f")
	relabeled.Label = "Is it really b?"
	retyped.Type = models.FieldText
	helped.Help = "Yes or no"
	readBy.Readers = []models.Role{models.RoleAdmin}
	shown.ShowIf = &models.FormCondition{Field: "a", Is: models.IsEqual, Value: true}
	scale := func(most float64) models.FormField {
		return models.FormField{Key: "s", Type: models.FieldScale, Label: "How sure?", Min: ptr(0.0), Max: &most}
	}
	cases := []struct {
		name          string
		before, after models.FormFields
		want          string // added, removed, moved and changed, as JSON
	}{
		{"nothing", models.FormFields{q("a"), q("b")}, models.FormFields{q("a"), q("b")}, `yes +[] -[] ~[] !{}`},
		{"all new", nil, models.FormFields{q("a"), q("b")}, `yes +["a","b"] -[] ~[] !{}`},
		{"all gone", models.FormFields{q("a"), q("b")}, models.FormFields{}, `yes +[] -["a","b"] ~[] !{}`},
		{"one moved down", models.FormFields{q("a"), q("b"), q("c"), q("d")}, models.FormFields{q("b"), q("c"), q("d"), q("a")}, `yes +[] -[] ~["a"] !{}`},
		{"one in between", models.FormFields{q("a"), q("b")}, models.FormFields{q("a"), q("x"), q("b")}, `yes +["x"] -[] ~[] !{}`},
		{"one gone before", models.FormFields{q("a"), q("b"), q("c")}, models.FormFields{q("b"), q("c")}, `yes +[] -["a"] ~[] !{}`},
		{"label", models.FormFields{q("b")}, models.FormFields{relabeled}, `with_care +[] -[] ~[] !{"b":["label"]}`},
		{"type", models.FormFields{q("b"), q("c")}, models.FormFields{relabeled, retyped}, `no +[] -[] ~[] !{"b":["label"],"c":["type"]}`},
		{"help and readers", models.FormFields{q("d"), q("e")}, models.FormFields{helped, readBy}, `yes +[] -[] ~[] !{"d":["help"],"e":["readers"]}`},
		{"condition", models.FormFields{q("a"), q("f")}, models.FormFields{q("a"), shown}, `with_care +[] -[] ~[] !{"f":["show_if"]}`},
		{"scale", models.FormFields{scale(5)}, models.FormFields{scale(10)}, `no +[] -[] ~[] !{"s":["max"]}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := b.new("Form "+c.name, models.FormIntake, c.before...)
			first := f.Draft.ID
			b.exec("update form_versions set published_at = $2 where id = $1", first, morning)
			if _, err := b.AddVersion(b.as(b.cora), f.ID, forms.NewFormVersion{Fields: &c.after}); err != nil {
				t.Fatal(err)
			}
			d, err := b.Diff(b.as(b.cora), f.ID, forms.FormDiffQuery{From: 1, To: 2})
			if err != nil {
				t.Fatal(err)
			}
			if got := short(t, d); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	f := b.new("Alone", models.FormIntake, seat)
	if d, err := b.Diff(b.as(b.cora), f.ID, forms.FormDiffQuery{From: 1, To: 1}); err != nil || short(t, d) != "yes +[] -[] ~[] !{}" {
		t.Error(d, err)
	}
	_, err := b.Diff(b.as(b.cora), f.ID, forms.FormDiffQuery{From: 1, To: 2})
	missing(t, err)
	_, err = b.Diff(b.as(b.cora), services.NewID(), forms.FormDiffQuery{From: 1, To: 2})
	missing(t, err)
}

func short(t *testing.T, d *forms.FormDiff) string {
	t.Helper()
	text := func(v any) string { s, _ := json.Marshal(v); return string(s) }
	added, removed, moved, changed := []string{}, []string{}, []string{}, map[string][]string{}
	for _, f := range d.Added {
		added = append(added, f.Key)
	}
	for _, f := range d.Removed {
		removed = append(removed, f.Key)
	}
	for _, f := range d.Moved {
		moved = append(moved, f.Key)
	}
	for _, f := range d.Changed {
		for _, a := range f.Attributes {
			changed[f.Key] = append(changed[f.Key], a.Name)
		}
	}
	return string(d.Comparable) + " +" + text(added) + " -" + text(removed) + " ~" + text(moved) + " !" + text(changed)
}
