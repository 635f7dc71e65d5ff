package models

import "testing"

func TestPlainName(t *testing.T) {
	for _, name := range []string{"Ana", "Mary-Jane O'Brien", "J.R. Smith", "José Núñez y Vega", "Đặng Thị", "عائشة", "李小龍", "Sgt. Luis Ortega, Jr.", "St. John", "St.John", "Mary St.John-Smith", "Ste.Marie Dr.Okafor", ""} {
		if !PlainName(name) {
			t.Errorf("%q is refused", name)
		}
	}
	for _, name := range []string{"https://evil.example", "HTTP evil", "www.evil", "evil.com now", "St.Church", "Dr.Pizza", "St.John.com", "evil.St.John", "st.john", "Foo.John", "St.john", "St.Élie", "a/b", "a:b", "a@b", "<b>", "{{x}}", "[x]", `a\b`, "Ana\nWin", "Ana\u0000", "Ana\u202Egpj",
		"Ana\u2066x", "A\u200Bna", "A\uFEFFna", "Ana\u2028Win", "A\u200Fna", "A\u061Cna"} {
		if PlainName(name) {
			t.Errorf("%q is taken", name)
		}
	}
}
