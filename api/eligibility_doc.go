package api

import (
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/programs"
)

var (
	waiverExample = models.EligibilityWaiver{ID: uuid.MustParse("0199c1f8-4a11-7c2e-9d30-5b7e1f2a3001"), MemberID: luisID, ProgramID: &programExample.ID, RuleKey: "grown_up",
		WaivedBy: coordinatorID, WaivedAt: plannedAt}
	withdrawnExample = func() models.EligibilityWaiver {
		w, at := waiverExample, plannedAt.Add(48*time.Hour)
		w.WithdrawnBy, w.WithdrawnAt = &coordinatorID, &at
		return w
	}()
	waiverRowExample   = programs.WaiverRow{EligibilityWaiver: waiverExample, Name: "Lou Ortega", WaivedAs: "Dana Whitfield"}
	eligibilityExample = programs.EligibilityView{MemberID: luisID, On: models.NewDate(2027, time.March, 1), Eligibility: exampleRules.Judge(&models.Facts{
		Kinds: []models.Kind{models.KindVeteran}, On: models.NewDate(2027, time.March, 1), ProgramID: &programExample.ID}, nil).ForMember()}
	exampleRules = models.Rules{
		{Key: "served_or_family", Rule: models.RuleAny, Rules: []models.Rule{
			{Key: "veterans", Rule: models.RuleKinds, Values: []string{"veteran", "service_member"}},
			{Key: "family", Rule: models.RuleKinds, Values: []string{"spouse", "partner"}},
		}},
		{Key: "grown_up", Rule: models.RuleAge, Min: ptr(18)},
		{Key: "one_each_home", Rule: models.RuleOncePerHouse},
	}
)

const (
	waiverScope = " Nobody waives for themselves, for somebody close, or for a record that is kept to others: 404."
	rulesDoc    = `

**Rules** are a list, all of which must be met. Each has a ` + "`key`" + ` of its own within the whole set, and asks one thing, or holds others: ` + "`all`, `any`, `not`" + ` (exactly one). At most 40 in all, 4 deep.

| rule | takes | is met by somebody who | unknown when |
|---|---|---|---|
| ` + "`kinds`" + ` | values | is one of these kinds of member | no kind is on record |
| ` + "`age`" + ` | min, max | is of that age in whole years on the day ` + "`on`" + ` | no birth date is on record |
| ` + "`eras`, `branches`, `components`" + ` | values | served in one of these | they served, as they say, and no period is on record, or staff could not confirm the one that fits |
| ` + "`service_verified`" + ` | | has a period that staff have verified | one waits to be looked into, or they served, as they say, and none is on record |
| ` + "`characters`" + ` | values | has a period of one of these characters of service | as for eras, or the character is not known or undisclosed |
| ` + "`genders`" + ` | values | is of one of these genders | they did not say, or say it in words of their own |
| ` + "`states`" + ` | values: postal codes | lives in one of these | the address names no state |
| ` + "`enrolled_in`" + ` | program_ids | has a place in one of these now | never |
| ` + "`completed`" + ` | program_ids | has completed one of these | never |
| ` + "`once_per_member`" + ` | program_ids; none means this program | never had a place in any of these | never, but in a workshop of no program |
| ` + "`once_per_household`" + ` | program_ids; none means this program | nor had anybody who lives with them today | no household is on record; to members always |
| ` + "`consents`" + ` | values: kinds of consent | has agreed to a text of one of these kinds, and it is in force | never |

Where ` + "`values`" + ` or ` + "`program_ids`" + ` name several, one is enough. ` + "`words`" + ` say what a rule asks in the organization's own words; without them we say it. ` +
		"`not`, `all` and `any` stay unknown only while the missing fact could change them."
)

var programEligibilityOp = op{
	ID: "getProgramEligibility", Tag: "Eligibility", Summary: "Whether somebody may enroll, rule by rule",
	Doc: "For the caller, or for `member_id`: somebody they act for, or, to coordinators, anybody whom they handle (that look is logged and shown to the person). Each rule has a verdict and a `sentence` made to be shown as it is: " +
		"what is asked, what came of it, what to do. The whole is `met` when every rule is met or waived, `not_met` when one is not (an application answers 422 `not_eligible`), else `unknown`: " +
		"they may apply, and staff look. `on` is the program's first day, or today once that has passed.\n\n" +
		"Members learn nothing of the people they live with: `once_per_household` is always `unknown` to them unless it is waived, and what follows from it is worked out from that. To somebody who acts for the person, " +
		"so are the rules about programs, consents and the address, which another guardian may have entered, unless they are waived." + rulesDoc,
	Errors: []services.Code{"member_merged"}, Example: eligibilityExample,
}

var waiveProgramRuleOp = op{
	ID: "waiveProgramRule", Tag: "Eligibility", Summary: "Let a rule of a program not count for one person",
	Doc:    "Until it is withdrawn, the rule (`rule_key`, at any depth of the set) stands as met for this person; inside a `not` as not met, so that a waiver never works against anybody. It is withdrawn by itself when the rule under its key comes to ask something else, whatever its words. The reason is kept sealed in the audit log." + waiverScope,
	Errors: []services.Code{"already_waived", "member_merged", "unknown_rule", "required"}, Request: programs.WaiveRule{MemberID: luisID, RuleKey: "grown_up", Reason: "Turns 18 in the second week"},
	Example: waiverExample,
}

var listProgramWaiversOp = op{
	ID: "listProgramWaivers", Tag: "Eligibility", Summary: "For whom a program's rules do not count",
	Doc:    "The latest first; those that stand, with `withdrawn` also the others. The look is logged." + waiverScope,
	Errors: []services.Code{"member_merged"}, Example: services.Page[programs.WaiverRow]{Data: []programs.WaiverRow{waiverRowExample}},
}

var waiveWorkshopRuleOp = op{
	ID: "waiveWorkshopRule", Tag: "Eligibility", Summary: "Let a rule of a workshop not count for one person",
	Doc:    "As for a program: the rule stands as met for this person until it is withdrawn, and the reason is kept sealed." + waiverScope,
	Errors: []services.Code{"already_waived", "member_merged", "unknown_rule", "required"}, Request: programs.WaiveRule{MemberID: luisID, RuleKey: "grown_up", Reason: "Comes with both parents"},
	Example: func() models.EligibilityWaiver {
		w, workshop := waiverExample, uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9bf0a1")
		w.ProgramID, w.WorkshopID = nil, &workshop
		return w
	}(),
}

var listWorkshopWaiversOp = op{
	ID: "listWorkshopWaivers", Tag: "Eligibility", Summary: "For whom a workshop's rules do not count",
	Doc:    "The latest first; those that stand, with `withdrawn` also the others. The look is logged." + waiverScope,
	Errors: []services.Code{"member_merged"}, Example: services.Page[programs.WaiverRow]{Data: []programs.WaiverRow{waiverRowExample}},
}

var getWaiverOp = op{ID: "getWaiver", Tag: "Eligibility", Summary: "One waiver", Doc: "Which rule, for whom, by whom. The look is logged." + waiverScope, Example: waiverRowExample}

var withdrawWaiverOp = op{
	ID: "withdrawWaiver", Tag: "Eligibility", Summary: "Let the rule count again",
	Doc:    "What was decided while it did not count stays: nobody loses their place by it. The reason is kept sealed in the audit log." + waiverScope,
	Errors: []services.Code{"waiver_withdrawn", "required"}, Request: programs.WaiverReason{Reason: "It was meant for her brother"}, Example: withdrawnExample,
}
