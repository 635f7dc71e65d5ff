package models

import (
	"slices"
	"strings"

	"github.com/google/uuid"
)

// Judge says what the facts say to the rules. A rule whose key is in waived does not count for this person, at any depth: it
// stands as met, and inside a not as not met, so that a waiver never works against anybody.
func (r Rules) Judge(f *Facts, waived map[string]bool) Eligibility {
	out := make([]RuleVerdict, len(r))
	for i := range r {
		out[i] = r[i].judge(f, waived, true)
	}
	return Eligibility{Verdict: combine(RuleAll, out, true), Rules: out}
}

// judge asks one rule. favours says whether it helps the person when the rule is met: not turns that around.
func (r *Rule) judge(f *Facts, waived map[string]bool, favours bool) RuleVerdict {
	v := RuleVerdict{Key: r.Key, Rule: r.Rule, Asks: r.asks(f)}
	outcome := ""
	if r.Rule.combines() {
		v.Rules = make([]RuleVerdict, len(r.Rules))
		for i := range r.Rules {
			v.Rules[i] = r.Rules[i].judge(f, waived, favours != (r.Rule == RuleNot))
		}
		v.Verdict = combine(r.Rule, v.Rules, favours)
		outcome = outcomes[r.Rule][v.Verdict]
	} else {
		v.Verdict = f.answer(r)
		outcome = f.outcome(r, v.Verdict)
	}
	if waived[r.Key] {
		v.Verdict, outcome = VerdictWaived, waivedOutcome
	}
	v.Sentence = v.Asks + " " + outcome
	return v
}

func (k RuleKind) combines() bool { return k == RuleAll || k == RuleAny || k == RuleNot }

// combine is Kleene's logic, in which unknown lies between not met and met: all is the least of what is inside, any the
// greatest, not the reverse.
func combine(kind RuleKind, inside []RuleVerdict, favours bool) Verdict {
	if kind == RuleNot {
		if len(inside) != 1 {
			return VerdictUnknown
		}
		switch inside[0].counts(!favours) {
		case VerdictMet:
			return VerdictNotMet
		case VerdictNotMet:
			return VerdictMet
		}
		return VerdictUnknown
	}
	result, decisive := VerdictMet, VerdictNotMet
	if kind == RuleAny {
		result, decisive = decisive, result
	}
	for i := range inside {
		switch inside[i].counts(favours) {
		case decisive:
			return decisive
		case VerdictUnknown:
			result = VerdictUnknown
		}
	}
	return result
}

// counts is the verdict as the rule around it takes it.
func (v *RuleVerdict) counts(favours bool) Verdict {
	switch {
	case v.Verdict != VerdictWaived:
		return v.Verdict
	case favours:
		return VerdictMet
	}
	return VerdictNotMet
}

// ForMember is the answer as the person may see it: what depends on the people they live with is unknown, whatever it is,
// unless it is waived, and so is what follows from it.
func (e Eligibility) ForMember() Eligibility {
	return e.masked(func(v *RuleVerdict) bool { return v.Rule == RuleOncePerHouse && v.Verdict != VerdictWaived })
}

// ForGuardian is the answer as somebody may see it who acts for the person. It tells nothing either of what another guardian
// may have entered: places in programs, consents, the address. What is waived is waived to them, too.
func (e Eligibility) ForGuardian() Eligibility {
	return e.masked(func(v *RuleVerdict) bool {
		return v.Verdict != VerdictWaived && slices.Contains([]RuleKind{RuleEnrolled, RuleCompleted, RuleOncePerMember, RuleOncePerHouse, RuleConsentOnRecord, RuleState}, v.Rule)
	})
}

func (e Eligibility) masked(hide func(*RuleVerdict) bool) Eligibility {
	out := make([]RuleVerdict, len(e.Rules))
	for i := range e.Rules {
		out[i] = e.Rules[i].masked(hide, true)
	}
	return Eligibility{Verdict: combine(RuleAll, out, true), Rules: out}
}

func (v RuleVerdict) masked(hide func(*RuleVerdict) bool, favours bool) RuleVerdict {
	switch {
	case v.Rule.combines():
		inside := make([]RuleVerdict, len(v.Rules))
		for i := range v.Rules {
			inside[i] = v.Rules[i].masked(hide, favours != (v.Rule == RuleNot))
		}
		v.Rules = inside
		if v.Verdict != VerdictWaived {
			v.Verdict = combine(v.Rule, inside, favours)
			v.Sentence = v.Asks + " " + outcomes[v.Rule][v.Verdict]
		}
	case hide(&v):
		v.Verdict, v.Sentence = VerdictUnknown, v.Asks+" "+hiddenOutcome
	}
	return v
}

// Sentences are those of the rules, not of those inside others, of one verdict.
func (e Eligibility) Sentences(of Verdict) []string {
	out := []string{}
	for i := range e.Rules {
		if e.Rules[i].Verdict == of {
			out = append(out, e.Rules[i].Sentence)
		}
	}
	return out
}

// Unsettled are the keys of the rules, not of those inside others, that are neither met nor waived.
func (e Eligibility) Unsettled() []string {
	var out []string
	for i := range e.Rules {
		if v := e.Rules[i].Verdict; v == VerdictNotMet || v == VerdictUnknown {
			out = append(out, e.Rules[i].Key)
		}
	}
	return out
}

func decided(met bool) Verdict {
	if met {
		return VerdictMet
	}
	return VerdictNotMet
}

// answer is what the facts say to a rule that holds no others.
func (f *Facts) answer(r *Rule) Verdict {
	switch r.Rule {
	case RuleKinds:
		if len(f.Kinds) == 0 {
			return VerdictUnknown
		}
		return decided(slices.ContainsFunc(f.Kinds, func(k Kind) bool { return slices.Contains(r.Values, string(k)) }))
	case RuleAge:
		return f.ofAge(r)
	case RuleEra, RuleBranch, RuleComponent, RuleCharacter:
		return f.served(r)
	case RuleVerified:
		return f.verified()
	case RuleGender:
		return f.ofGender(r.Values)
	case RuleState:
		return f.livesIn(r.Values)
	case RuleEnrolled:
		return decided(f.stands(r.ProgramIDs, func(s Standing) bool { return s.HasPlace }))
	case RuleCompleted:
		return decided(f.stands(r.ProgramIDs, func(s Standing) bool { return s.Completed }))
	case RuleOncePerMember, RuleOncePerHouse:
		return f.firstTime(r)
	case RuleConsentOnRecord:
		return decided(slices.ContainsFunc(f.Consents, func(k ConsentKind) bool { return slices.Contains(r.Values, string(k)) }))
	}
	return VerdictUnknown
}

func (f *Facts) ofAge(r *Rule) Verdict {
	if f.BirthDate == nil {
		return VerdictUnknown
	}
	age := f.BirthDate.Age(f.On)
	return decided((r.Min == nil || age >= *r.Min) && (r.Max == nil || age <= *r.Max))
}

// mayHaveServed says whether there may be a period of service that is not on record.
func (f *Facts) mayHaveServed() bool {
	return len(f.Kinds) == 0 || slices.ContainsFunc(f.Kinds, func(k Kind) bool {
		return k == KindVeteran || k == KindServiceMember || k == KindGuardReserve
	})
}

func (f *Facts) served(r *Rule) Verdict {
	if len(f.Service) == 0 && f.mayHaveServed() {
		return VerdictUnknown
	}
	verdict := VerdictNotMet
	for i := range f.Service {
		switch s := &f.Service[i]; s.fits(r) {
		case VerdictMet:
			if s.Verification != ServiceNotConfirmed {
				return VerdictMet
			}
			verdict = VerdictUnknown
		case VerdictUnknown:
			verdict = VerdictUnknown
		}
	}
	return verdict
}

// fits says what one period of service says to a rule, taken at its word.
func (r *ServiceRecord) fits(rule *Rule) Verdict {
	switch rule.Rule {
	case RuleBranch:
		return decided(slices.Contains(rule.Values, string(r.Branch)))
	case RuleComponent:
		return decided(slices.Contains(rule.Values, string(r.Component)))
	case RuleCharacter:
		if r.Character == nil || *r.Character == CharacterUndisclosed {
			return VerdictUnknown
		}
		return decided(slices.Contains(rule.Values, string(*r.Character)))
	}
	return decided(slices.ContainsFunc(r.Eras(), func(e Era) bool { return slices.Contains(rule.Values, string(e)) }))
}

func (f *Facts) verified() Verdict {
	if len(f.Service) == 0 && f.mayHaveServed() {
		return VerdictUnknown
	}
	verdict := VerdictNotMet
	for i := range f.Service {
		switch f.Service[i].Verification {
		case ServiceVerified:
			return VerdictMet
		case ServiceUnverified, ServicePending:
			verdict = VerdictUnknown
		}
	}
	return verdict
}

func (f *Facts) ofGender(named []string) Verdict {
	switch {
	case f.Gender == nil || *f.Gender == GenderUndisclosed:
		return VerdictUnknown
	case slices.Contains(named, string(*f.Gender)):
		return VerdictMet
	case *f.Gender == GenderSelfDescribed:
		return VerdictUnknown
	}
	return VerdictNotMet
}

func (f *Facts) livesIn(states []string) Verdict {
	code, country := stateCode(f.Region), strings.ToUpper(strings.TrimSpace(f.Country))
	switch {
	case slices.Contains(countries, country):
		code = country
	case country != "" && country != "US":
		return VerdictNotMet
	case code == "":
		return VerdictUnknown
	}
	return decided(slices.Contains(states, code))
}

func (f *Facts) stands(programs []uuid.UUID, how func(Standing) bool) bool {
	return slices.ContainsFunc(f.Programs, func(s Standing) bool { return slices.Contains(programs, s.ProgramID) && how(s) })
}

func (f *Facts) firstTime(r *Rule) Verdict {
	programs := r.ProgramIDs
	if len(programs) == 0 && f.ProgramID != nil {
		programs = []uuid.UUID{*f.ProgramID}
	}
	switch {
	case len(programs) == 0:
		return VerdictUnknown
	case f.stands(programs, func(s Standing) bool { return s.HadPlace }):
		return VerdictNotMet
	case r.Rule == RuleOncePerMember:
		return VerdictMet
	case !f.InHousehold:
		return VerdictUnknown
	}
	return decided(!slices.ContainsFunc(f.HouseholdHad, func(id uuid.UUID) bool { return slices.Contains(programs, id) }))
}
