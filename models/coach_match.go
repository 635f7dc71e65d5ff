package models

import (
	"fmt"
	"slices"
	"strings"
)

// CoachFit is what decides how well a coach fits somebody who asked for one.
type CoachFit struct {
	Specialties Texts[Focus]
	Languages   Texts[string]
	Modalities  Texts[Modality]
	Gender      *Gender
	Clients     int
	Limit       int
	Free        int  // sessions they could hold within the hours asked for, in the next four weeks
	Declined    bool // one of them said no to the other before
	Wanted      bool
}

// MatchReason is one reason for or against a coach, with the points it gave. Nothing takes points away: what does not fit gives none.
type MatchReason struct {
	Code   string `json:"code" enum:"specialties,language,hours,load,gender,modality,wanted,declined" example:"specialties"`
	Points *int   `json:"points,omitempty" required:"false" doc:"For our team alone. Those of all reasons add up to the coach's" example:"30"`
	Words  string `json:"words" example:"Works with sleep and anger, of sleep, anger and grief"`
}

// The most points of each reason; together 100.
const (
	pointsSpecialties = 30
	pointsLanguage    = 20
	pointsHours       = 20
	pointsLoad        = 10
	pointsGender      = 10
	pointsModality    = 5
	pointsWanted      = 5
	enoughFree        = 8 // free sessions that make hours fit as well as any more would
)

// Fit weighs a coach for an engagement: points from 0 to 100, and why.
func (e *Engagement) Fit(c *CoachFit) (points int, why []MatchReason) {
	add := func(code string, n int, words string) {
		points += n
		why = append(why, MatchReason{code, &n, words})
	}
	add("specialties", e.fitFocus(c), e.focusWords(c))
	if n := fitLanguage(e.Language, c.Languages); n > 0 {
		add("language", n, "Speaks "+e.Language)
	} else {
		add("language", 0, "Does not speak "+e.Language)
	}
	add("hours", pointsHours*min(c.Free, enoughFree)/enoughFree, hoursWords(c.Free, len(e.Hours) > 0))
	if c.Limit > 0 {
		add("load", pointsLoad*max(0, c.Limit-c.Clients)/c.Limit, loadWords(c))
	}
	if e.CoachGender != nil {
		if c.Gender != nil && *c.Gender == *e.CoachGender {
			add("gender", pointsGender, "Is "+genderWords(*e.CoachGender)+", as asked for")
		} else {
			add("gender", 0, "Is not known to be "+genderWords(*e.CoachGender)+", as asked for")
		}
	} else {
		add("gender", pointsGender, "No gender was asked for")
	}
	if len(e.Modalities) == 0 || slices.ContainsFunc(e.Modalities, func(m Modality) bool { return slices.Contains(c.Modalities, m) }) {
		add("modality", pointsModality, "Meets people in a way that suits")
	} else {
		add("modality", 0, "Does not meet people in any of the ways asked for")
	}
	if c.Wanted {
		add("wanted", pointsWanted, "Was asked for")
	}
	if c.Declined {
		add("declined", 0, "One of them said no to the other before")
	}
	return points, why
}

// ForClient leaves of the reasons those that say how a coach meets what was asked for: how many clients a coach has, and what came of
// it before, is not for those who asked.
func (e *Engagement) ForClient(why []MatchReason) []MatchReason {
	out := []MatchReason{}
	for _, r := range why {
		switch {
		case r.Code == "language" && *r.Points > 0:
			r.Words = "Speaks the language asked for"
		case r.Code == "language":
			r.Words = "Does not speak the language asked for"
		case r.Code == "specialties" && len(e.FocusAreas) > 0, r.Code == "hours", r.Code == "gender" && e.CoachGender != nil, r.Code == "modality" && len(e.Modalities) > 0:
		default:
			continue
		}
		out = append(out, r)
	}
	return out
}

// shared are the focus areas that a coach works with.
func (e *Engagement) shared(c *CoachFit) []string {
	var out []string
	for _, f := range e.FocusAreas {
		if slices.Contains(c.Specialties, f) {
			out = append(out, focusWord(f))
		}
	}
	return out
}

func (e *Engagement) fitFocus(c *CoachFit) int {
	if len(e.FocusAreas) == 0 {
		return pointsSpecialties / 2
	}
	return pointsSpecialties * len(e.shared(c)) / len(e.FocusAreas)
}

func (e *Engagement) focusWords(c *CoachFit) string {
	shared := e.shared(c)
	switch {
	case len(e.FocusAreas) == 0:
		return "No focus was named"
	case len(shared) == 0:
		return "Works with none of what was named"
	case len(shared) == len(e.FocusAreas):
		return "Works with all of what was named: " + strings.Join(shared, ", ")
	}
	return "Works with some of what was named: " + strings.Join(shared, ", ")
}

func focusWord(f Focus) string { return strings.ReplaceAll(string(f), "_", " ") }

// fitLanguage gives all points for the language asked for, be it of another country: es-MX is met by es.
func fitLanguage(want string, speaks Texts[string]) int {
	base, _, _ := strings.Cut(want, "-")
	for _, s := range speaks {
		if b, _, _ := strings.Cut(s, "-"); strings.EqualFold(b, base) {
			return pointsLanguage
		}
	}
	return 0
}

func hoursWords(free int, asked bool) string {
	switch {
	case free == 0 && asked:
		return "Has no free session within the hours asked for in the next four weeks"
	case free == 0:
		return "Has no free session in the next four weeks"
	case asked:
		return countWords(free, "free session") + " within the hours asked for in the next four weeks"
	}
	return countWords(free, "free session") + " in the next four weeks"
}

func loadWords(c *CoachFit) string {
	return fmt.Sprintf("%s of at most %d", countWords(c.Clients, "client"), c.Limit)
}

func genderWords(g Gender) string {
	switch g {
	case GenderWoman:
		return "a woman"
	case GenderMan:
		return "a man"
	}
	return string(g)
}

func countWords(n int, of string) string {
	if n == 1 {
		return "1 " + of
	}
	return fmt.Sprintf("%d %ss", n, of)
}
