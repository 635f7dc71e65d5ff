package coaching

import (
	"slices"
	"unicode/utf8"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
	"homefront/services/programs"
)

// MatchEligibility is what the rules of the program say today of one of those who are to be coached.
type MatchEligibility struct {
	MemberID uuid.UUID `json:"member_id"`
	Name     string    `json:"name" doc:"First name and initial" example:"Luis O."`
	models.Eligibility
}

// judge has staff look where the rules of the program are not met, or not known to be.
func (a *asking) judge(members []uuid.UUID) error {
	verdicts, err := programs.JudgeIn(a.tx.DB, a.tx.Now(), a.e.ProgramID, members...)
	for _, v := range verdicts {
		if v.Verdict != models.VerdictMet {
			a.e.Review = withReview(a.e.Review, reviewEligibility)
		}
	}
	return err
}

// looked says whether staff look first before a partner is asked along. Rules that are not met are no reason to wait with that.
func (a *asking) looked() bool {
	return slices.ContainsFunc(a.e.Review, func(why string) bool { return why != reviewEligibility })
}

// verdicts says of everybody who is to be coached what the rules of the program say today.
func (g *engaging) verdicts() ([]MatchEligibility, error) {
	who, err := people.Load(g.tx, g.suggestedFor())
	if err != nil {
		return nil, err
	}
	ids := make([]uuid.UUID, len(who))
	for i := range who {
		ids[i] = who[i].ID
	}
	said, err := programs.JudgeIn(g.tx.DB, g.tx.Now(), g.e.ProgramID, ids...)
	out := make([]MatchEligibility, len(who))
	for i := range who {
		out[i] = MatchEligibility{who[i].ID, called(&who[i]), said[who[i].ID]}
	}
	return out, err
}

// shortestWaiver is how many characters say something.
const shortestWaiver = 3

// settleRules asks the rules of the program anew, and waives for each those that are not met, or not known to be, for the reason that
// staff give. It answers the words that were used.
// Errors: invalid not_eligible at /waive_reason, with the rules, without a reason.
func (g *engaging) settleRules(waive string) (string, error) {
	said, err := g.verdicts()
	if err != nil {
		return "", err
	}
	g.e.Review = slices.DeleteFunc(slices.Clone(g.e.Review), func(why string) bool { return why == reviewEligibility })
	said = slices.DeleteFunc(said, func(m MatchEligibility) bool { return m.Verdict == models.VerdictMet })
	if waive = services.Prose(waive); len(said) == 0 {
		return "", nil
	}
	if utf8.RuneCountInString(waive) < shortestWaiver {
		return "", notEligible(said)
	}
	for _, m := range said {
		if err := programs.WaiveAll(g.tx, programs.Target{ProgramID: &g.e.ProgramID}, m.MemberID, m.Eligibility, waive); err != nil {
			return "", err
		}
	}
	return waive, nil
}

// notEligible tells staff whose rules they have to waive.
func notEligible(said []MatchEligibility) error {
	e := services.Invalid()
	e.Code, e.Message = programs.CodeNotEligible, "The rules of the program are not met, or it is not known whether they are. Give waive_reason if that does not count here."
	for i := range said {
		open := said[i].Unsettled()
		for _, r := range said[i].Rules {
			if slices.Contains(open, r.Key) {
				e.Fields = append(e.Fields, services.FieldError{Field: "/waive_reason", Code: programs.CodeNotEligible, Message: said[i].Name + ": " + r.Sentence})
			}
		}
	}
	return e
}

// becauseBoth keeps why somebody is matched together with why rules do not count for them: a row of the log has room for one.
func (g *engaging) becauseBoth(reason, waived string) error {
	switch reason = services.Prose(reason); {
	case waived == "":
	case reason == "":
		reason = waived
	default:
		reason += "\n\n" + waived
	}
	return g.because(reason, false)
}
