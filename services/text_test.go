package services_test

import (
	"testing"

	"homefront/services"
)

func TestTextIsStoredInOneForm(t *testing.T) {
	for typed, want := range map[string]string{
		"  Zoe\u0308 \n O\u2019Neill\x07 ": "Zo\u00eb O\u2019Neill",
		"a\u00a0\u2003b":                   "a b",
		"a \x1b b":                         "a b",
		" \t\x00 ":                         "",
	} {
		if got := services.Line(typed); got != want {
			t.Errorf("a line: %q, want %q", got, want)
		}
	}
	if got := services.Prose("\n Zoe\u0308\n\nsecond \n"); got != "Zo\u00eb\n\nsecond" {
		t.Errorf("prose: %q", got)
	}
}
