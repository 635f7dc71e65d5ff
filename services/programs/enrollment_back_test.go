package programs_test

import (
	"slices"
	"strconv"
	"testing"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/programs"
)

// A pause that has ended by itself, while no job has written it down, is in nobody's way.
func TestAnEditAfterAPauseHasEnded(t *testing.T) {
	h := newHouse(t)
	a := h.entered(models.EnrollmentActive, nil)
	paused, err := h.Pause(h.staff(""), a.ID, programs.PauseStep{Until: on(2026, 9, 14)})
	if err != nil {
		t.Fatal(err)
	}
	h.core.Clock.Set(on(2026, 9, 15).Time)
	edited, err := h.Update(h.staff(strconv.Quote(strconv.Itoa(paused.Version))), a.ID, programs.EnrollmentPatch{StartsOn: services.Some(*on(2026, 3, 2))})
	if err != nil || edited.State != models.EnrollmentActive || edited.StartsOn.String() != "2026-03-02" {
		t.Errorf("%+v %v", edited, err)
	}
}

// Who has died gets no place, whatever is tried.
func TestWhoHasDiedIsNotLetIn(t *testing.T) {
	h := newHouse(t)
	gone, denied := h.entered(models.EnrollmentActive, nil), h.entered(models.EnrollmentApplied, nil)
	if _, err := h.Withdraw(h.staff(""), gone.ID, programs.WithdrawStep{Reason: models.EnrollmentEndNoContact}); err != nil {
		t.Fatal(err)
	}
	h.exec(`update members set status = 'deceased' where id = any($1)`, []any{gone.MemberID, denied.MemberID})
	_, err := h.Reopen(h.staff(""), gone.ID, programs.WordsStep{})
	refused(t, err, services.KindConflict, "member_gone")
	_, err = h.Enroll(h.staff(""), denied.ID, programs.EnrollStep{})
	refused(t, err, services.KindConflict, "member_gone")
	h.seats()
}

// Who had begun and comes back to a full program waits, and then has their days and what they attended on them again.
func TestWaitingTakesNoDaysAway(t *testing.T) {
	h := newHouse(t, places(1))
	a := h.entered(models.EnrollmentActive, nil)
	h.exec(`update enrollments set starts_on = '2026-03-01' where id = $1`, a.ID)
	h.exec(`insert into program_attendance (id, source, source_id, program_id, member_id, starts_at, on_day, status)
		select gen_random_uuid(), 'workshop_session', gen_random_uuid(), $1, $2, d, d::date, 'present' from generate_series('2026-03-02'::timestamptz, '2026-03-09', '1 day') d`, h.open.ID, a.MemberID)
	if _, err := h.RecountEnrollment(h.staff(""), a.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Withdraw(h.staff(""), a.ID, programs.WithdrawStep{Reason: models.EnrollmentEndNoContact}); err != nil {
		t.Fatal(err)
	}
	b := h.entered(models.EnrollmentActive, nil)
	waits, err := h.Reopen(h.staff(""), a.ID, programs.WordsStep{})
	if err != nil || waits.State != models.EnrollmentWaitlisted {
		t.Fatalf("%+v %v", waits, err)
	}
	if _, err := h.Complete(h.staff(""), b.ID, programs.CompleteStep{Reason: models.EnrollmentEndFinished}); err != nil {
		t.Fatal(err)
	}
	back, err := h.Enroll(h.staff(""), a.ID, programs.EnrollStep{})
	if err != nil || back.State != models.EnrollmentActive || back.StartsOn.String() != "2026-03-01" || back.Attended != 8 || back.ActivatedAt == nil {
		t.Errorf("%+v %v", back, err)
	}
	h.seats()
}

// A place that becomes free in a full cohort is told of like one in the program.
func TestAFreePlaceInACohortIsTold(t *testing.T) {
	h := newHouse(t)
	one := func(c *programs.NewCohort) { c.Capacity = number(1) }
	full, larger := h.cohort(h.open.ID, "Full", one), h.cohort(h.open.ID, "Larger", one)
	a := h.entered(models.EnrollmentActive, &full.ID)
	h.entered(models.EnrollmentActive, &larger.ID)
	h.entered(models.EnrollmentWaitlisted, &full.ID)
	if h.tasks(h.open.ID, programs.TaskPlaceFree) != 0 {
		t.Fatal("told too early")
	}
	if _, err := h.Move(h.staff(""), a.ID, programs.MoveStep{CohortID: services.Null[uuid.UUID]()}); err != nil {
		t.Fatal(err)
	}
	if h.tasks(h.open.ID, programs.TaskPlaceFree) != 1 {
		t.Error("nobody is told of the place in the cohort that was left")
	}
	h.exec(`update tasks set status = 'done', closed_at = updated_at where kind = 'place_free'`)
	if _, err := h.UpdateCohort(h.staff(`"1"`), larger.ID, programs.CohortPatch{Capacity: services.Some(2)}); err != nil {
		t.Fatal(err)
	}
	if h.tasks(h.open.ID, programs.TaskPlaceFree) != 1 {
		t.Error("nobody is told of the place in the cohort that grew")
	}
}

// When the first application for a child has ended, that of the other guardian stands by itself, and the first does not come back
// beside it.
func TestASecondApplicationTakesTheFirstOnesPlace(t *testing.T) {
	h := newHouse(t)
	mother, father := h.person("Renata", "Ortega"), h.person("Marcus", "Ortega")
	child := h.child(9, models.GuardianshipConfirmed, mother, father)
	first := h.apply(h.by(father), programs.Apply{MemberID: &child})
	other := h.apply(h.by(mother), programs.Apply{MemberID: &child})
	_, err := h.Enroll(h.staff(""), other.ID, programs.EnrollStep{})
	refused(t, err, services.KindConflict, programs.CodeAlreadyEnrolled)
	if _, err := h.Withdraw(h.by(father), first.ID, programs.WithdrawStep{}); err != nil {
		t.Fatal(err)
	}
	again := h.apply(h.by(father), programs.Apply{MemberID: &child})
	_, err = h.Reopen(h.staff(""), first.ID, programs.WordsStep{})
	refused(t, err, services.KindConflict, programs.CodeAlreadyEnrolled)
	if v, err := h.Enroll(h.staff(""), other.ID, programs.EnrollStep{}); err != nil || v.State != models.EnrollmentEnrolled || v.Second {
		t.Errorf("%+v %v", v, err)
	}
	_, err = h.Enroll(h.staff(""), again.ID, programs.EnrollStep{})
	refused(t, err, services.KindConflict, programs.CodeAlreadyEnrolled)
	h.seats()
}

func TestNobodyHasBeenThroughWhatHasNotBegun(t *testing.T) {
	h := newHouse(t, func(p *programs.NewProgram) { p.StartsOn, p.EndsOn = on(2026, 10, 1), on(2026, 12, 1) })
	a := h.entered(models.EnrollmentActive, nil)
	_, err := h.Complete(h.staff(""), a.ID, programs.CompleteStep{Reason: models.EnrollmentEndFinished})
	if got := fields(err); !slices.Equal(got, []string{"/on too_early"}) {
		t.Error(got, err)
	}
	_, err = h.Pause(h.staff(""), a.ID, programs.PauseStep{Until: on(2026, 12, 2)})
	if got := fields(err); !slices.Equal(got, []string{"/until out_of_range"}) {
		t.Error("a pause beyond the program:", got, err)
	}
}

func TestCohortsAreCounted(t *testing.T) {
	h := newHouse(t)
	h.cohort(h.open.ID, "Fall")
	page, err := h.Cohorts(h.staff(""), h.open.ID, programs.CohortQuery{PageQuery: services.PageQuery{Limit: 25, Count: true}})
	if err != nil || page.Total == nil || *page.Total != 1 {
		t.Errorf("%+v %v", page, err)
	}
}
