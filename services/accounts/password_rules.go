package accounts

import (
	_ "embed" // the list of common words
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"homefront/services"
)

const (
	// passwordLeast is NIST SP 800-63B-4's minimum for a password that is the only factor.
	passwordLeast = 15
	// passwordUnits is how much must be left of a password when everything that guessers try first counts as nothing or
	// as one: six characters, or words and characters together.
	passwordUnits = 6
	ownWordLeast  = 3
	wordLeast     = 4
)

// The words that leaked passwords are most often made of. No list of whole passwords would do: hardly any of the common
// ones has 15 characters, but many people reach 15 by stringing these together.
//
//go:embed common.txt
var commonText string

var commonWords = sync.OnceValue(func() map[string]bool {
	words := map[string]bool{}
	for _, w := range strings.Fields(commonText) {
		if utf8.RuneCountInString(w) >= wordLeast {
			words[w] = true
		}
	}
	return words
})

// checkPassword refuses what is short or guessed first: common words, runs of letters, keys or digits, repetitions, years,
// and the person's and the organization's own words. It asks for no kinds of characters.
func (s *Service) checkPassword(field, password, email, name string) *services.FieldError {
	password = norm.NFC.String(password)
	switch {
	case utf8.RuneCountInString(password) < passwordLeast:
		return &services.FieldError{Field: field, Code: "password_too_short", Message: "Use at least 15 characters. A sentence of your own is easy to remember."}
	case strength(password, ownWords(email, name, s.settings.Organization, "homefront")) < passwordUnits:
		return &services.FieldError{Field: field, Code: "password_too_common", Message: "This would be guessed early: it is made of common words, repetitions, or your name, address or ours. Use a sentence of your own."}
	}
	return nil
}

func ownWords(texts ...string) map[string]bool {
	words := map[string]bool{}
	for _, text := range texts {
		parts := strings.FieldsFunc(bare(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		for _, w := range append(parts, strings.Join(parts, "")) {
			if utf8.RuneCountInString(w) >= ownWordLeast {
				words[w] = true
			}
		}
	}
	return words
}

// bare is text without case and accents, which guessers vary too.
func bare(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFD.String(text))
}

// strength counts what is left: one for each character outside any pattern, one for each different common word.
func strength(password string, own map[string]bool) int {
	text := []rune(bare(password))
	plain := []rune(strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s", "!", "i").Replace(string(text)))
	covered := make([]bool, len(text))
	coverPatterns(text, covered)
	used := map[string]bool{}
	for i := 0; i < len(text); {
		word, n := longestWord(text, plain, i, own)
		for j := i; j < i+n; j++ {
			covered[j] = true
		}
		if n > 0 && !own[word] {
			used[word] = true
		}
		i += max(n, 1)
	}
	units := len(used)
	for _, c := range covered {
		if !c {
			units++
		}
	}
	return units
}

const wordMost = 24

// longestWord looks for a known word at i, as typed or with the usual digits for letters.
func longestWord(text, plain []rune, i int, own map[string]bool) (string, int) {
	for n := min(wordMost, len(text)-i); n >= ownWordLeast; n-- {
		for _, t := range [][]rune{text, plain} {
			if w := string(t[i : i+n]); own[w] || commonWords()[w] {
				return w, n
			}
		}
	}
	return "", 0
}

var keyRows = []string{"qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890", "qwertzuiop", "azertyuiop", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p"}

// coverPatterns marks runs of one step (aaa, abc, 987), of keys that lie side by side, years, and what repeats what
// stands just before it.
func coverPatterns(text []rune, covered []bool) {
	mark := func(from, n int) {
		for j := from; j < from+n; j++ {
			covered[j] = true
		}
	}
	for i := range text {
		for n := 3; i+n <= len(text) && oneStep(text[i:i+n]); n++ {
			mark(i, n)
		}
		if i+4 <= len(text) {
			if four := string(text[i : i+4]); onKeyRow(four) || isYear(four) {
				mark(i, 4)
			}
		}
		for n := 2; i+2*n <= len(text); n++ {
			if slices.Equal(text[i:i+n], text[i+n:i+2*n]) {
				mark(i+n, n)
			}
		}
	}
}

func oneStep(run []rune) bool {
	step := run[1] - run[0]
	if step < -1 || step > 1 {
		return false
	}
	for i := 2; i < len(run); i++ {
		if run[i]-run[i-1] != step {
			return false
		}
	}
	return true
}

func onKeyRow(four string) bool {
	if len(four) != 4 {
		return false // not ASCII
	}
	backwards := string([]byte{four[3], four[2], four[1], four[0]})
	return slices.ContainsFunc(keyRows, func(row string) bool {
		return strings.Contains(row, four) || strings.Contains(row, backwards)
	})
}

func isYear(four string) bool {
	return len(four) == 4 && (strings.HasPrefix(four, "19") || strings.HasPrefix(four, "20")) &&
		strings.IndexFunc(four[2:], func(r rune) bool { return r < '0' || r > '9' }) < 0
}
