package models

import (
	"strings"
	"unicode"
)

// NotAName is what people are told whose name PlainName refuses.
const NotAName = "Write the name alone: no address of a page, no line breaks, none of / : @ < > { } [ ] \\."

// PlainName says whether text can be somebody's name. Names stand in mails to people who did not give them, so they carry no
// links and nothing that hides or turns the words around them (Unicode TR 36, bidirectional text spoofing). A full stop is
// followed by a space, or by one letter as in J.R.: mail programs make links of words like example.org.
func PlainName(text string) bool {
	lower := strings.ToLower(text)
	if strings.ContainsAny(text, `/:@<>{}[]\`) || strings.Contains(lower, "http") || strings.Contains(lower, "www.") {
		return false
	}
	if strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || hides(r)
	}) {
		return false
	}
	return !domain(text)
}

// hides says whether a character is not seen. The joiners shape letters in Persian and Indic names, but are also how words
// get past filters.
func hides(r rune) bool {
	switch r {
	case '\u200B', '\u200C', '\u200D', '\u2060', '\uFEFF', '\u2028', '\u2029':
		return true
	}
	return false
}

func domain(text string) bool {
	for rest := []rune(text); len(rest) > 3; rest = rest[1:] {
		if unicode.IsLetter(rest[0]) && rest[1] == '.' && unicode.IsLetter(rest[2]) && unicode.IsLetter(rest[3]) {
			return true
		}
	}
	return false
}
