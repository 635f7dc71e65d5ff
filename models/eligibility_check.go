package models

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/google/uuid"
)

// How much one set of rules may hold, so that people can still read it.
const (
	rulesDeep = 4
	rulesMost = 40
	oldest    = 120
)

var ruleKey = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

// Check finds everything that is wrong with the rules. at is the JSON pointer of the set. That the programs exist is for
// whoever stores them to see.
func (r Rules) Check(at string) []RuleFault {
	c := ruleCheck{keys: map[string]bool{}}
	c.rules(r, at, 1)
	if c.seen > rulesMost {
		c.fault(at, "too_many", "A set holds at most %d rules, those inside others included.", rulesMost)
	}
	return c.faults
}

// Programs are those that the rules name, each once. this says whether one of them means "this program".
func (r Rules) Programs() (named []uuid.UUID, this bool) {
	for i := range r {
		inside, also := Rules(r[i].Rules).Programs()
		this = this || also || r[i].Rule.aboutPrograms() && len(r[i].ProgramIDs) == 0
		for _, id := range append(inside, r[i].ProgramIDs...) {
			if !slices.Contains(named, id) {
				named = append(named, id)
			}
		}
	}
	return named, this
}

// Has says whether a rule of the set, at any depth, has the key.
func (r Rules) Has(key string) bool {
	return slices.ContainsFunc(r, func(rule Rule) bool { return rule.Key == key || Rules(rule.Rules).Has(key) })
}

func (k RuleKind) aboutPrograms() bool {
	return k == RuleEnrolled || k == RuleCompleted || k == RuleOncePerMember || k == RuleOncePerHouse
}

type ruleCheck struct {
	keys   map[string]bool
	seen   int
	faults []RuleFault
}

func (c *ruleCheck) fault(at, code, message string, args ...any) {
	c.faults = append(c.faults, RuleFault{at, code, fmt.Sprintf(message, args...)})
}

func (c *ruleCheck) rules(rules []Rule, at string, depth int) {
	if depth > rulesDeep {
		c.fault(at, "too_deep", "Rules lie inside one another at most %d deep.", rulesDeep)
		return
	}
	for i := range rules {
		c.rule(&rules[i], fmt.Sprintf("%s/%d", at, i), depth)
	}
}

func (c *ruleCheck) rule(r *Rule, at string, depth int) {
	c.seen++
	switch {
	case !ruleKey.MatchString(r.Key):
		c.fault(at+"/key", "bad_key", "A key is lowercase letters, digits and underscores, begins with a letter and has at most 40 of them.")
	case c.keys[r.Key]:
		c.fault(at+"/key", "duplicate_key", "Another rule of the set has this key.")
	}
	c.keys[r.Key] = true
	if len([]rune(r.Words)) > 200 {
		c.fault(at+"/words", "too_long", "Say what the rule asks in at most 200 characters.")
	}
	c.inside(r, at, depth)
	c.values(r, at)
	c.years(r, at)
	c.programs(r, at)
}

func (c *ruleCheck) inside(r *Rule, at string, depth int) {
	at += "/rules"
	switch {
	case !r.Rule.combines():
		if len(r.Rules) > 0 {
			c.fault(at, "not_allowed", "Only all, any and not hold other rules.")
		}
		return
	case r.Rule == RuleNot && len(r.Rules) != 1:
		c.fault(at, "one_rule", "not holds exactly one rule; put several into an any or all.")
	case len(r.Rules) == 0:
		c.fault(at, "required", "Say which rules it holds.")
	}
	c.rules(r.Rules, at, depth+1)
}

func (c *ruleCheck) values(r *Rule, at string) {
	known := ruleValues[r.Rule]
	switch {
	case known == nil:
		if len(r.Values) > 0 {
			c.fault(at+"/values", "not_allowed", "This rule names no values.")
		}
		if !r.Rule.combines() && !r.Rule.aboutPrograms() && r.Rule != RuleAge && r.Rule != RuleVerified {
			c.fault(at+"/rule", "unknown_rule", "There is no such rule.")
		}
		return
	case len(r.Values) == 0:
		c.fault(at+"/values", "required", "Name at least one; one of those named is enough.")
	}
	for i, v := range r.Values {
		switch {
		case known[v] == "" && r.Rule == RuleState:
			c.fault(fmt.Sprintf("%s/values/%d", at, i), "unknown_value", "Use the two capital letters of a state or territory, such as NC.")
		case known[v] == "":
			c.fault(fmt.Sprintf("%s/values/%d", at, i), "unknown_value", "This rule knows no such value.")
		case slices.Contains(r.Values[:i], v):
			c.fault(fmt.Sprintf("%s/values/%d", at, i), "duplicate", "This is named twice.")
		}
	}
}

func (c *ruleCheck) years(r *Rule, at string) {
	for _, bound := range []struct {
		name  string
		years *int
	}{{"/min", r.Min}, {"/max", r.Max}} {
		switch {
		case bound.years == nil:
		case r.Rule != RuleAge:
			c.fault(at+bound.name, "not_allowed", "Only age has bounds.")
		case *bound.years < 0 || *bound.years > oldest:
			c.fault(at+bound.name, "out_of_range", "An age lies between 0 and %d years.", oldest)
		}
	}
	if r.Rule != RuleAge {
		return
	}
	if r.Min == nil && r.Max == nil {
		c.fault(at+"/min", "required", "Give the youngest age, the oldest, or both.")
	}
	if r.Min != nil && r.Max != nil && *r.Min > *r.Max {
		c.fault(at+"/max", "out_of_range", "The oldest age cannot be below the youngest.")
	}
}

func (c *ruleCheck) programs(r *Rule, at string) {
	at += "/program_ids"
	switch {
	case !r.Rule.aboutPrograms():
		if len(r.ProgramIDs) > 0 {
			c.fault(at, "not_allowed", "Only rules about programs name some.")
		}
	case len(r.ProgramIDs) == 0 && (r.Rule == RuleEnrolled || r.Rule == RuleCompleted):
		c.fault(at, "required", "Name the programs that are meant; one of them is enough.")
	}
	for i, id := range r.ProgramIDs {
		if slices.Contains(r.ProgramIDs[:i], id) {
			c.fault(fmt.Sprintf("%s/%d", at, i), "duplicate", "This is named twice.")
		}
	}
}
