package paper

import (
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/go-fonts/dejavu/dejavusans"
	"github.com/mozillazg/go-unidecode"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/text/unicode/norm"

	"homefront/services"
)

// CodeNotPrintable is the code of a name with letters that no certificate can show.
const CodeNotPrintable services.Code = "not_printable"

// glyphs has the letters of both fonts: one was made of the other.
var glyphs = sync.OnceValue(func() *sfnt.Font {
	f, err := sfnt.Parse(dejavusans.TTF)
	if err != nil {
		panic(err) // it is part of the program
	}
	return f
})

// scripts are those that are written from left to right, each letter as it stands.
var scripts = []*unicode.RangeTable{unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Common, unicode.Inherited}

func drawn(text []rune) bool {
	var b sfnt.Buffer
	return !slices.ContainsFunc(text, func(r rune) bool {
		i, err := glyphs().GlyphIndex(&b, r)
		return err != nil || i == 0 || r > 0xffff || !unicode.In(r, scripts...) // the drawing has letters of the first plane alone
	})
}

// alike are letters that have no parts, and the nearest that the fonts have.
var alike = strings.NewReplacer("ʻ", "‘", "ʼ", "’", "ʽ", "‘", "‐", "-", "‑", "-", "\u00a0", " ", "\u202f", " ", "\u200d", "", "\u200c", "", "ẞ", "SS")

// printable is text in letters that the fonts have. Those that are lost are added to lost, each once. What is no letter but turns
// the direction of others, or joins them, is left out.
func printable(text string, lost *[]rune) string {
	var out strings.Builder
	for _, r := range alike.Replace(norm.NFC.String(services.Line(text))) {
		if unicode.Is(unicode.Cf, r) {
			continue
		}
		near, ok := nearest(r)
		if !ok && !slices.Contains(*lost, r) {
			*lost = append(*lost, r)
		}
		out.WriteString(near)
	}
	return out.String()
}

// nearest takes as few marks from a letter as it must.
func nearest(r rune) (string, bool) {
	if drawn([]rune{r}) {
		return string(r), true
	}
	parts := []rune(norm.NFKD.String(string(r)))
	for tries := [][]rune{parts}; len(tries) > 0; {
		var fewer [][]rune
		for _, t := range tries {
			if whole := []rune(norm.NFC.String(string(t))); drawn(whole) {
				return string(whole), true
			}
			for i := len(t) - 1; i > 0; i-- { // the letter itself stays
				fewer = append(fewer, slices.Delete(slices.Clone(t), i, i+1))
			}
		}
		tries = fewer
	}
	return "", isMark(r)
}

// isMark: a mark that belongs to no letter in particular is left out.
func isMark(r rune) bool { return norm.NFC.PropertiesString(string(r)).CCC() != 0 }

// Readable is text for sheets and badges, which show everybody: a word with letters that the fonts lack, or that are written
// from right to left, stands there in Latin letters, as near to its sound as a table comes. Certificates refuse such a name
// instead, for a table gets names wrong. It may come out empty, as of a name of pictures alone.
func Readable(text string) string {
	words := strings.Fields(services.Line(text))
	for i, word := range words {
		var lost []rune
		if words[i] = printable(word, &lost); len(lost) > 0 {
			words[i] = romanized(word)
		}
	}
	return strings.Join(strings.Fields(strings.Join(words, " ")), " ")
}

// romanized spells a word in Latin letters. The table writes some sounds as marks (` for ع), which nobody reads as letters.
func romanized(word string) string {
	spelled := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(" -'’.", r) {
			return r
		}
		return -1
	}, unidecode.Unidecode(norm.NFC.String(word)))
	parts := strings.Fields(spelled)
	for i, p := range parts {
		letters := []rune(strings.ToLower(strings.Trim(p, "-'’.")))
		if len(letters) > 0 {
			letters[0] = unicode.ToUpper(letters[0])
		}
		parts[i] = string(letters)
	}
	return strings.Join(parts, " ")
}

// Unprintable are the letters of a text that no certificate can show; none when it can be printed.
func Unprintable(text string) string {
	var lost []rune
	printable(text, &lost)
	return string(lost)
}
