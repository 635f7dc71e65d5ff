package models

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
)

const (
	waivedOutcome = "It has been waived: it does not count here."
	hiddenOutcome = "Staff check this with you."
	thisProgram   = "this program"
)

// asks is what a rule asks, as a sentence.
func (r *Rule) asks(f *Facts) string {
	phrase := r.phrase(f)
	if strings.HasPrefix(phrase, "for ") || strings.HasPrefix(phrase, "not for ") {
		phrase = "This is " + phrase
	}
	first, n := utf8.DecodeRuneInString(phrase)
	phrase = string(unicode.ToUpper(first)) + phrase[n:]
	if strings.ContainsAny(phrase[len(phrase)-1:], ".!?") {
		return phrase
	}
	return phrase + "."
}

// phrase is what a rule asks, to be read alone or among others: the organization's own words before ours.
func (r *Rule) phrase(f *Facts) string {
	if words := strings.Join(strings.Fields(r.Words), " "); words != "" {
		return words
	}
	switch r.Rule {
	case RuleAll:
		return "all of these are needed: " + r.inside(f)
	case RuleAny:
		return "any one of these is enough: " + r.inside(f)
	case RuleNot:
		return r.reversed(f)
	}
	return "for " + r.whom(f)
}

func (r *Rule) inside(f *Facts) string {
	phrases := make([]string, len(r.Rules))
	for i := range r.Rules {
		phrases[i] = strings.TrimRight(r.Rules[i].phrase(f), ".")
		if kind := r.Rules[i].Rule; (kind == RuleAll || kind == RuleAny) && r.Rules[i].Words == "" {
			phrases[i] = "(" + phrases[i] + ")"
		}
	}
	return strings.Join(phrases, "; ")
}

func (r *Rule) reversed(f *Facts) string {
	inside := strings.TrimRight(r.inside(f), ".")
	if strings.HasPrefix(inside, "for ") {
		return "not " + inside
	}
	return "this must not apply: " + inside
}

// whom is the people of whom a rule without others inside is met.
func (r *Rule) whom(f *Facts) string {
	switch r.Rule {
	case RuleAge:
		return r.ages()
	case RuleVerified:
		return "people whose military service our staff have verified"
	case RuleState:
		return "people who live in " + oneOf(r.Values, territories)
	case RuleEnrolled:
		return "people with a place in " + f.programs(r.ProgramIDs)
	case RuleCompleted:
		return "people who have completed " + f.programs(r.ProgramIDs)
	case RuleOncePerMember:
		return "people who have not had a place in " + f.programs(r.ProgramIDs) + " before"
	case RuleOncePerHouse:
		return "households of which nobody has had a place in " + f.programs(r.ProgramIDs) + " before"
	}
	return beforeValues[r.Rule] + oneOf(r.Values, ruleValues[r.Rule])
}

func (r *Rule) ages() string {
	switch {
	case r.Min != nil && r.Max != nil && *r.Min == *r.Max:
		return fmt.Sprintf("people who are %d years old on the first day", *r.Min)
	case r.Min != nil && r.Max != nil:
		return fmt.Sprintf("people who are %d to %d years old on the first day", *r.Min, *r.Max)
	case r.Max != nil:
		return fmt.Sprintf("people who are at most %d years old on the first day", *r.Max)
	case r.Min != nil:
		return fmt.Sprintf("people who are at least %d years old on the first day", *r.Min)
	}
	return "people of every age"
}

// programs names programs. One that is not known by name is not told apart.
func (f *Facts) programs(ids []uuid.UUID) string {
	if len(ids) == 0 {
		return thisProgram
	}
	names := make([]string, len(ids))
	for i, id := range ids {
		switch {
		case f.ProgramID != nil && id == *f.ProgramID:
			names[i] = thisProgram
		case f.ProgramNames[id] != "":
			names[i] = f.ProgramNames[id]
		default:
			names[i] = "another program"
		}
	}
	return joined(names)
}

func oneOf(values []string, words map[string]string) string {
	named := make([]string, len(values))
	for i, v := range values {
		if named[i] = words[v]; named[i] == "" {
			named[i] = strings.ReplaceAll(v, "_", " ")
		}
	}
	return joined(named)
}

// joined is "a", "a or b", "a, b or c".
func joined(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// outcome is what came of a rule without others inside, and what to do about it.
func (f *Facts) outcome(r *Rule, v Verdict) string {
	if r.Rule == RuleVerified && v == VerdictNotMet && len(f.Service) > 0 {
		return "What we have seen so far does not confirm it. That does not mean that nobody served: ask us what else we can look at."
	}
	if words := outcomes[r.Rule][v]; words != "" {
		return words
	}
	return hiddenOutcome
}

const (
	serviceFits    = "The service on record fits."
	serviceDiffers = "The service on record does not fit. If a period of service is missing, add it or ask us."
	serviceUnclear = "The service on record does not settle it yet. Add the period of service that is meant, or ask us."
)

// outcomes are the second halves of the sentences. They say nothing of anybody but the person, who may read all of them.
var outcomes = map[RuleKind]map[Verdict]string{
	RuleAll: {VerdictMet: "All of them are met.", VerdictNotMet: "Not all of them are met.", VerdictUnknown: "It is not settled yet. Each of them says what is missing, or ask us."},
	RuleAny: {VerdictMet: "At least one of them is met.", VerdictNotMet: "None of them is met.", VerdictUnknown: "It is not settled yet. Each of them says what is missing, or ask us."},
	RuleNot: {VerdictMet: "Nothing on record speaks against it.", VerdictNotMet: "The record says that it applies. If that is wrong, change it or ask us.",
		VerdictUnknown: "It is not settled yet whether it applies. Add what is missing, or ask us."},
	RuleKinds: {VerdictMet: "The record says so.", VerdictNotMet: "The record says otherwise. If it is out of date, change it or ask us.", VerdictUnknown: "The record does not say yet. Add it, or ask us."},
	RuleAge: {VerdictMet: "The birth date on record fits.", VerdictNotMet: "The birth date on record does not fit. If it is wrong, ask us.",
		VerdictUnknown: "No birth date is on record yet. Add it, or ask us."},
	RuleEra:       {VerdictMet: serviceFits, VerdictNotMet: serviceDiffers, VerdictUnknown: serviceUnclear},
	RuleBranch:    {VerdictMet: serviceFits, VerdictNotMet: serviceDiffers, VerdictUnknown: serviceUnclear},
	RuleComponent: {VerdictMet: serviceFits, VerdictNotMet: serviceDiffers, VerdictUnknown: serviceUnclear},
	RuleVerified: {VerdictMet: "Service is confirmed.", VerdictNotMet: "No military service is on record. If there was some, add it or ask us.",
		VerdictUnknown: "No service is confirmed yet. Add the period of service if it is missing, and ask us what we can look at."},
	RuleCharacter: {VerdictMet: serviceFits, VerdictNotMet: serviceDiffers, VerdictUnknown: "The character of service is not on record yet. Add it, or ask us."},
	RuleGender: {VerdictMet: "The record says so.", VerdictNotMet: "The record says otherwise. If it is wrong, change it or ask us.",
		VerdictUnknown: "The record leaves it open, which is fine. Talk to us about it."},
	RuleState: {VerdictMet: "The address on record fits.", VerdictNotMet: "The address on record is elsewhere. If it is out of date, change it or ask us.",
		VerdictUnknown: "The address on record does not name the state yet. Add it, or ask us."},
	RuleEnrolled:  {VerdictMet: "There is one.", VerdictNotMet: "There is none now. Apply there first, or ask us."},
	RuleCompleted: {VerdictMet: "That is done.", VerdictNotMet: "That is not done yet. Ask us how to get there."},
	RuleOncePerMember: {VerdictMet: "This is the first time.", VerdictNotMet: "This is not the first time. Ask us if there is a reason for another.",
		VerdictUnknown: "We look at this together. Ask us."},
	RuleOncePerHouse: {VerdictMet: "Nothing on record stands against it.", VerdictNotMet: "What is on record stands against it. Staff can waive it.",
		VerdictUnknown: "It is not on record yet. Staff ask about it."},
	RuleConsentOnRecord: {VerdictMet: "That is signed.", VerdictNotMet: "That is not signed, or no longer counts. Sign it, or ask us."},
}

// beforeValues stands before the values of a rule.
var beforeValues = map[RuleKind]string{
	RuleEra:             "people who served ",
	RuleBranch:          "people who served in ",
	RuleComponent:       "people who served ",
	RuleCharacter:       "people whose character of service is ",
	RuleConsentOnRecord: "people who have signed ",
}
