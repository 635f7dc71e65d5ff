package services

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Line is text as it is stored on one line: composed (NFC), so that two keyboards that write é differently store the
// same, with single spaces, and without what controls a terminal or a mail header.
func Line(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, norm.NFC.String(s))
	return strings.Join(strings.Fields(s), " ")
}

// Prose is text of several lines as it is stored: composed, without space around it.
func Prose(s string) string { return norm.NFC.String(strings.TrimSpace(s)) }
