package models

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/publicsuffix"
)

// NotAName is what people are told whose name PlainName refuses.
const NotAName = "Write the name alone: no address of a page, no line breaks, a space after a full stop, none of / : @ < > { } [ ] \\."

// PlainName says whether text can be somebody's name. Names stand in mails to people who did not give them, so they carry no
// links and nothing that hides or turns the words around them (Unicode TR 36, bidirectional text spoofing). A full stop is
// followed by a space, by one letter as in J.R., or by a name as in St.John: mail programs make links of words like example.org.
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

// domain says whether mail programs would make a link of a piece of text: letters on both sides of a full stop, at least two
// after it.
func domain(text string) bool {
	runes := []rune(text)
	for i := 1; i+2 < len(runes); i++ {
		if runes[i] == '.' && unicode.IsLetter(runes[i-1]) && unicode.IsLetter(runes[i+1]) && unicode.IsLetter(runes[i+2]) && !honored(runes[:i], runes[i+1:]) {
			return true
		}
	}
	return false
}

// abbreviations stand before a name, by some without a space: St.John.
var abbreviations = []string{"St", "Ste", "Mt", "Dr", "Mr", "Mrs", "Ms", "Rev", "Fr", "Sgt", "Lt", "Capt", "Maj", "Col", "Gen"}

// honored says whether before and after one full stop are an abbreviation and a name with a capital that is no top-level
// domain: Dr.Pizza is a page, St.John is not.
func honored(before, after []rune) bool {
	start := len(before)
	for start > 0 && unicode.IsLetter(before[start-1]) {
		start--
	}
	end := 0
	for end < len(after) && unicode.IsLetter(after[end]) {
		end++
	}
	word := string(after[:end])
	if !slices.Contains(abbreviations, string(before[start:])) || start > 0 && before[start-1] == '.' || !unicode.IsUpper(after[0]) {
		return false
	}
	for _, r := range word {
		if r > unicode.MaxASCII { // top-level domains have other letters too, written another way in the list
			return false
		}
	}
	_, managed := publicsuffix.PublicSuffix("x." + strings.ToLower(word))
	return !managed
}
