package models

import (
	"database/sql/driver"
	"encoding/json"

	"github.com/google/uuid"
)

// RuleKind says what a rule of eligibility asks.
type RuleKind string

// The kinds. The first three hold other rules and follow Kleene: a fact that is missing makes the whole unknown only where it
// could change it. Each of the rest asks one thing of the facts; its line says when the answer is unknown, so that staff look.
// A period of service that staff could not confirm speaks neither for nor against: on its own it leaves a rule unknown.
const (
	RuleAll RuleKind = "all"
	RuleAny RuleKind = "any"
	RuleNot RuleKind = "not"
	// RuleKinds: is one of these kinds of member. Unknown for whom no kind is on record.
	RuleKinds RuleKind = "kinds"
	// RuleAge: is at least min and at most max whole years old on the day. Unknown without a birth date.
	RuleAge RuleKind = "age"
	// RuleEra: served in one of these eras, RuleBranch in one of these branches, RuleComponent in one of these components.
	// Unknown while no period of service is on record for somebody who serves or served, as they say, or of whom we know no
	// kind; not met for others without one, such as spouses.
	RuleEra       RuleKind = "eras"
	RuleBranch    RuleKind = "branches"
	RuleComponent RuleKind = "components"
	// RuleVerified: staff have verified a period of service. Unknown while one waits to be looked into, or none is on record
	// for somebody who serves or served, as they say, or of whom we know no kind; not met when staff looked and could not
	// confirm any, and for others without one.
	RuleVerified RuleKind = "service_verified"
	// RuleCharacter: has a period of service of one of these characters. Unknown as for the eras, and while a period has no
	// character or an undisclosed one.
	RuleCharacter RuleKind = "characters"
	// RuleGender: is of one of these genders, as they told us. Unknown when they did not say, or say it in words of their own
	// that the rule does not name.
	RuleGender RuleKind = "genders"
	// RuleState: lives in one of these states or territories. Unknown without an address, or when its region is none we know.
	RuleState RuleKind = "states"
	// RuleEnrolled: has a place in one of these programs now. RuleCompleted: has completed one of them. Never unknown.
	RuleEnrolled  RuleKind = "enrolled_in"
	RuleCompleted RuleKind = "completed"
	// RuleOncePerMember: never had a place in any of these programs, the present one included. Unknown without programs in a
	// workshop of no program.
	RuleOncePerMember RuleKind = "once_per_member"
	// RuleOncePerHouse: nor had anybody who lives with them today. Who moved out no longer counts. Unknown also when we know
	// of no household; always unknown to members, who learn nothing of one another by it.
	RuleOncePerHouse RuleKind = "once_per_household"
	// RuleConsentOnRecord: has agreed to a text of one of these kinds, and it is in force. Never unknown.
	RuleConsentOnRecord RuleKind = "consents"
)

// Rule is one condition, or several under all, any or not.
type Rule struct {
	Key        string      `json:"key" minLength:"1" maxLength:"40" pattern:"^[a-z][a-z0-9_]*$" doc:"Names the rule within its set; a waiver names it" example:"veterans"`
	Rule       RuleKind    `json:"rule" enum:"all,any,not,kinds,age,eras,branches,components,service_verified,characters,genders,states,enrolled_in,completed,once_per_member,once_per_household,consents" example:"kinds"`
	Rules      []Rule      `json:"rules,omitempty" maxItems:"20" doc:"Of all, any and not: the rules inside; of not exactly one"`
	Values     []string    `json:"values,omitempty" maxItems:"50" doc:"Of the rules that name some: one of these is enough" example:"[\"veteran\"]"`
	Min        *int        `json:"min,omitempty" minimum:"0" maximum:"120" doc:"Of age: years, that one included"`
	Max        *int        `json:"max,omitempty" minimum:"0" maximum:"120" doc:"Of age: years, that one included"`
	ProgramIDs []uuid.UUID `json:"program_ids,omitempty" maxItems:"20" doc:"Of the rules about programs; empty in once_per_member and once_per_household means this program"`
	Words      string      `json:"words,omitempty" maxLength:"200" doc:"What the rule asks, in the organization's own words; absent: ours" example:"For those who served after September 11"`
}

// Rules is a set of rules, all of which must be met. It is a jsonb column.
type Rules []Rule

// Scan implements sql.Scanner.
func (r *Rules) Scan(src any) error { return scanJSON("rules", src, r) }

// Value implements driver.Valuer.
func (r Rules) Value() (driver.Value, error) {
	if r == nil {
		return "[]", nil
	}
	text, err := json.Marshal(r)
	return string(text), err
}

// Verdict is what the facts say to a rule.
type Verdict string

// The verdicts. unknown: a fact is missing, and staff look. waived: it does not count for this person.
const (
	VerdictMet     Verdict = "met"
	VerdictNotMet  Verdict = "not_met"
	VerdictUnknown Verdict = "unknown"
	VerdictWaived  Verdict = "waived"
)

// RuleVerdict is a rule with what the facts say to it, in a sentence that the person may read.
type RuleVerdict struct {
	Key      string        `json:"key" example:"veterans"`
	Rule     RuleKind      `json:"rule" enum:"all,any,not,kinds,age,eras,branches,components,service_verified,characters,genders,states,enrolled_in,completed,once_per_member,once_per_household,consents" example:"kinds"`
	Verdict  Verdict       `json:"verdict" enum:"met,not_met,unknown,waived" example:"met"`
	Asks     string        `json:"asks" doc:"What the rule asks, whoever it is" example:"This is for veterans or service members."`
	Sentence string        `json:"sentence" doc:"What it asks and what came of it, in words for the person as for staff" example:"This is for veterans or service members. The record says so."`
	Rules    []RuleVerdict `json:"rules,omitempty" doc:"Of all, any and not: what the rules inside say"`
}

// Eligibility is what a set of rules says of one person.
type Eligibility struct {
	Verdict Verdict       `json:"verdict" enum:"met,not_met,unknown" doc:"met when every rule is met or waived; not_met when one is not; unknown when a fact is missing, and staff look" example:"met"`
	Rules   []RuleVerdict `json:"rules" nullable:"false"`
}
