package programs_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/programs"
)

func TestTheRulesOfAProgram(t *testing.T) {
	adult := 18
	h := newHouse(t, func(p *programs.NewProgram) {
		p.Rules = models.Rules{{Key: "families", Rule: models.RuleKinds, Values: []string{"spouse", "veteran"}}, {Key: "adults", Rule: models.RuleAge, Min: &adult}}
	})
	ana, eve, kim := h.person("Ana", "Ortega"), h.person("Ana", "Ortega"), h.person("Ana", "Ortega")
	h.exec(`update members set kinds = '{supporter}' where id = $1`, eve)
	h.exec(`update members set birth_date = null where id = $1`, kim)

	met, unknown := h.apply(h.by(ana), programs.Apply{}), h.apply(h.by(kim), programs.Apply{})
	if a, b := stripped(t, met), stripped(t, unknown); a != b {
		t.Errorf("a missing fact shows:\n%s\n%s", a, b)
	}
	_, err := h.Apply(h.by(eve), h.open.ID, programs.Apply{})
	refused(t, err, services.KindInvalid, programs.CodeNotEligible)
	var e *services.Error
	if errors.As(err, &e); len(e.Fields) != 1 || e.Fields[0].Message == "" {
		t.Errorf("%+v", e)
	}
	seen, err := h.Enrollment(h.staff(""), unknown.ID)
	if err != nil || !slices.Equal(seen.Review, []models.EnrollmentReview{models.EnrollmentReviewEligibility}) || seen.Eligibility == nil || seen.Eligibility.Verdict != models.VerdictUnknown {
		t.Errorf("%+v %v", seen, err)
	}
	if _, err := h.Enroll(h.staff(""), unknown.ID, programs.EnrollStep{}); err != nil {
		t.Error("what is not known is for staff to say:", err)
	}
	waits, err := h.Apply(h.staff(""), h.open.ID, programs.Apply{MemberID: &eve, State: models.EnrollmentWaitlisted})
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.Enroll(h.staff(""), waits.ID, programs.EnrollStep{})
	refused(t, err, services.KindInvalid, programs.CodeNotEligible)
	if v, err := h.Enroll(h.staff(""), waits.ID, programs.EnrollStep{WaiveReason: "She cares for a veteran"}); err != nil || v.State != models.EnrollmentEnrolled || v.Eligibility.Verdict != models.VerdictMet {
		t.Errorf("%+v %v", v, err)
	}
	if h.number(`select count(*) from eligibility_waivers where member_id = $1 and withdrawn_at is null`, eve) != 1 {
		t.Error("no waiver")
	}
}

// Whether anybody of a household was in a program before is told to nobody: such an application waits as any other.
func TestAHouseholdTellsNothing(t *testing.T) {
	h := newHouse(t, func(p *programs.NewProgram) {
		p.Rules = models.Rules{{Key: "once", Rule: models.RuleOncePerHouse}}
	})
	ana, luis := h.person("Ana", "Ortega"), h.person("Luis", "Ortega")
	household := services.NewID()
	h.exec(`insert into households (id, version, created_at, updated_at, name) values ($1, 1, now(), now(), 'Ortega')`, household)
	for _, m := range []uuid.UUID{ana, luis} {
		h.exec(`insert into household_members (id, created_at, updated_at, household_id, member_id, role, starts_on) values ($1, now(), now(), $2, $3, 'adult', '2020-01-01')`, services.NewID(), household, m)
	}
	if _, err := h.Apply(h.staff(""), h.open.ID, programs.Apply{MemberID: &luis}); err != nil {
		t.Fatal(err)
	}
	if v := h.apply(h.by(ana), programs.Apply{}); v.State != models.EnrollmentApplied {
		t.Errorf("%+v", v)
	}
}

// TestWhatHappensByItself completes the table of steps: those that nobody takes.
func TestWhatHappensByItself(t *testing.T) {
	h := newHouse(t)
	for _, rule := range models.EnrollmentRules() {
		if rule.Staff {
			continue
		}
		for _, state := range models.EnrollmentStates() {
			from := state
			if !slices.Contains([]models.EnrollmentState{models.EnrollmentApplied, models.EnrollmentWaitlisted, models.EnrollmentEnrolled}, state) {
				from = models.EnrollmentActive
			}
			row := h.entered(from, nil)
			before := h.lead(row, state)
			reason := models.EnrollmentEnd("")
			if rule.Step == models.StepSupersede {
				reason = models.EnrollmentEndMerged
			}
			v, err := h.ByItself(h.staff(""), row.ID, rule.Step, reason)
			next, ok := rule.Next[state]
			if next == models.EnrollmentBack {
				next = before
			}
			switch {
			case ok && (err != nil || v.State != next):
				t.Errorf("%s in %s: %+v %v", rule.Step, state, v, err)
			case !ok:
				refused(t, err, services.KindConflict, programs.CodeWrongState)
			}
		}
	}
	died := h.entered(models.EnrollmentActive, nil)
	_, err := h.Withdraw(h.staff(""), died.ID, programs.WithdrawStep{Reason: models.EnrollmentEndDied})
	if got := fields(err); !slices.Equal(got, []string{"/reason does_not_fit"}) {
		t.Error("a death is recorded elsewhere:", got, err)
	}
	if v, err := h.ByItself(h.staff(""), died.ID, models.StepWithdraw, models.EnrollmentEndDied); err != nil || *v.EndReason != models.EnrollmentEndDied {
		t.Errorf("%+v %v", v, err)
	}
	if h.number(`select count(*) from messages where record_id = $1 and event = 'enrollment.withdrawn'`, died.ID) != 0 {
		t.Error("a mail about a death")
	}
	h.seats()
}

// lead takes an enrollment, by steps of staff, to where it is to be tried, and says where it was before that.
func (h *house) lead(v *programs.EnrollmentView, to models.EnrollmentState) models.EnrollmentState {
	h.Helper()
	var err error
	switch to {
	case models.EnrollmentPaused:
		_, err = h.Pause(h.staff(""), v.ID, programs.PauseStep{Until: on(2026, 10, 1)})
	case models.EnrollmentCompleted:
		_, err = h.Complete(h.staff(""), v.ID, programs.CompleteStep{Reason: models.EnrollmentEndFinished})
	case models.EnrollmentWithdrawn:
		_, err = h.Withdraw(h.staff(""), v.ID, programs.WithdrawStep{Reason: models.EnrollmentEndSchedule})
	case models.EnrollmentSuperseded:
		_, err = h.ByItself(h.staff(""), v.ID, models.StepSupersede, models.EnrollmentEndMerged)
	case models.EnrollmentDenied:
		h.exec(`update enrollments set state = 'denied', closed_at = applied_at, closed_from = 'applied', end_reason = 'other' where id = $1`, v.ID)
		h.exec(`update programs set taken = taken - 1 where id = $1`, v.ProgramID)
	}
	if err != nil {
		h.Fatal(err)
	}
	return v.State
}

// The place that somebody has is none of before, and one of their household is; what staff enter undecided says that a rule is
// not met.
func TestTheOwnPlaceIsNoneOfBefore(t *testing.T) {
	h := newHouse(t, func(p *programs.NewProgram) {
		p.Rules = models.Rules{{Key: "once", Rule: models.RuleOncePerMember}, {Key: "house", Rule: models.RuleOncePerHouse}}
	})
	a, b := h.person("Ann", "Ames"), h.person("Bo", "Ames")
	house := services.NewID()
	h.exec(`insert into households (id, version, created_at, updated_at, name) values ($1, 1, $2, $2, 'Ames')`, house, h.core.Clock.Now())
	for _, m := range []uuid.UUID{a, b} {
		h.exec(`insert into household_members (id, created_at, updated_at, household_id, member_id, role, starts_on) values ($1, $2, $2, $3, $4, 'adult', '2020-01-01')`, services.NewID(), h.core.Clock.Now(), house, m)
	}
	placed := h.apply(h.staff(""), programs.Apply{MemberID: &a})
	if v, err := h.Enrollment(h.staff(""), placed.ID); err != nil || v.Eligibility == nil || v.Eligibility.Verdict != models.VerdictMet {
		t.Errorf("%+v %v", v.Eligibility, err)
	}
	waits := h.apply(h.staff(""), programs.Apply{MemberID: &b, State: models.EnrollmentApplied})
	if !slices.Equal(waits.Review, []models.EnrollmentReview{models.EnrollmentReviewEligibility}) {
		t.Errorf("%+v", waits)
	}
	if _, err := h.Withdraw(h.staff(""), placed.ID, programs.WithdrawStep{Reason: models.EnrollmentEndNoContact}); err != nil {
		t.Fatal(err)
	}
	_, err := h.Apply(h.staff(""), h.open.ID, programs.Apply{MemberID: &a})
	refused(t, err, services.KindInvalid, programs.CodeNotEligible)
}
