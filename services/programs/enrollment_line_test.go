package programs_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/programs"
)

func TestTheLineAndItsTask(t *testing.T) {
	h := newHouse(t, places(1))
	holder := h.entered(models.EnrollmentEnrolled, nil)
	a, b, c := h.entered(models.EnrollmentWaitlisted, nil), h.entered(models.EnrollmentWaitlisted, nil), h.entered(models.EnrollmentWaitlisted, nil)
	order := func(want ...uuid.UUID) {
		t.Helper()
		page, err := h.Line(h.staff(""), h.open.ID, programs.WaitlistQuery{Limit: 2})
		if err != nil {
			t.Fatal(err)
		}
		rows := page.Data
		if page.NextCursor != nil {
			next, err := h.Line(h.staff(""), h.open.ID, programs.WaitlistQuery{Limit: 2, Cursor: *page.NextCursor})
			if err != nil {
				t.Fatal(err)
			}
			rows = append(rows, next.Data...)
		}
		var got []uuid.UUID
		for i, r := range rows {
			if got = append(got, r.ID); *r.WaitlistPosition != i+1 {
				t.Errorf("place %d of %d", *r.WaitlistPosition, i+1)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
	}
	order(a.ID, b.ID, c.ID) // the clock stands still, and still they are in the order in which they came
	for _, id := range []uuid.UUID{c.ID, b.ID} {
		if _, err := h.MoveAhead(h.staff(""), id, programs.WordsStep{}); err != nil {
			t.Fatal(err)
		}
	}
	order(c.ID, b.ID, a.ID)
	if v, err := h.Enrollment(h.staff(""), b.ID); err != nil || *v.WaitlistPosition != 2 {
		t.Error(v, err)
	}
	if v, err := h.Enrollment(h.by(b.MemberID), b.ID); err != nil || v.WaitlistPosition != nil || v.WaitlistedAt == nil {
		t.Error("a member sees that they wait, and since when:", v, err)
	}
	if h.tasks(h.open.ID, programs.TaskPlaceFree) != 0 {
		t.Error("nothing is free")
	}
	if _, err := h.Withdraw(h.staff(""), holder.ID, programs.WithdrawStep{Reason: models.EnrollmentEndMoved}); err != nil {
		t.Fatal(err)
	}
	if h.tasks(h.open.ID, programs.TaskPlaceFree) != 1 || h.told(holder.MemberID, models.NoticeEnrollmentWithdrawn) != 1 {
		t.Error("no task, or no mail")
	}
	// Who comes back finds the place free, though others wait: nobody is promoted by themselves, and staff decided so.
	if _, err := h.Enroll(h.staff(""), b.ID, programs.EnrollStep{}); err != nil {
		t.Fatal(err)
	}
	if h.tasks(h.open.ID, programs.TaskPlaceFree) != 0 {
		t.Error("it is full again")
	}
	back, err := h.Reopen(h.staff(""), holder.ID, programs.WordsStep{Words: "A mistake"})
	if err != nil || back.State != models.EnrollmentWaitlisted || *back.WaitlistPosition != 2 { // behind c, who was moved ahead before
		t.Fatalf("%+v %v", back, err)
	}
	order(c.ID, holder.ID, a.ID)
	gone, err := h.Waitlist(h.staff(""), b.ID, programs.WordsStep{})
	if err != nil || gone.StartsOn != nil {
		t.Fatal(gone, err)
	}
	order(c.ID, b.ID, holder.ID, a.ID) // where they stood before
	if h.tasks(h.open.ID, programs.TaskPlaceFree) != 1 {
		t.Error("a place is free again")
	}
	for _, id := range []uuid.UUID{a.ID, b.ID, c.ID, holder.ID} {
		if _, err := h.Withdraw(h.staff(""), id, programs.WithdrawStep{Reason: models.EnrollmentEndOther, Words: "They found help elsewhere"}); err != nil {
			t.Fatal(err)
		}
	}
	if h.tasks(h.open.ID, programs.TaskPlaceFree) != 0 {
		t.Error("nobody waits")
	}
	h.seats()
}

func TestAPauseEndsByItself(t *testing.T) {
	h := newHouse(t)
	enrolled, active := h.entered(models.EnrollmentEnrolled, nil), h.entered(models.EnrollmentActive, nil)
	for _, until := range []*models.Date{nil, on(2026, 9, 7), on(2027, 9, 8)} {
		_, err := h.Pause(h.staff(""), active.ID, programs.PauseStep{Until: until})
		want := "/until out_of_range"
		if until == nil {
			want = "/until required"
		}
		if got := fields(err); !slices.Equal(got, []string{want}) {
			t.Error(until, got, err)
		}
	}
	for _, id := range []uuid.UUID{enrolled.ID, active.ID} {
		v, err := h.Pause(h.staff(""), id, programs.PauseStep{Until: on(2026, 9, 14)})
		if err != nil || v.State != models.EnrollmentPaused || v.PausedUntil.String() != "2026-09-14" {
			t.Fatal(v, err)
		}
	}
	// At half past eleven in the evening of the 13th in New York it is the 14th elsewhere already.
	h.core.Clock.Set(time.Date(2026, 9, 14, 3, 30, 0, 0, time.UTC))
	if err := h.RunResume(); err != nil {
		t.Fatal(err)
	}
	if v, err := h.Enrollment(h.staff(""), active.ID); err != nil || v.State != models.EnrollmentPaused {
		t.Error(v, err)
	}
	h.core.Clock.Set(time.Date(2026, 9, 14, 4, 30, 0, 0, time.UTC))
	if v, err := h.Enrollment(h.by(active.MemberID), active.ID); err != nil || v.State != models.EnrollmentActive || v.PausedUntil != nil {
		t.Error("the day has come, though no job has run:", v, err)
	}
	page, err := h.Enrollments(h.staff(""), programs.EnrollmentQuery{EnrollmentFilter: programs.EnrollmentFilter{State: []models.EnrollmentState{models.EnrollmentPaused}}})
	if err != nil || len(page.Data) != 0 {
		t.Error(page, err)
	}
	if err := h.RunResume(); err != nil {
		t.Fatal(err)
	}
	if h.number(`select count(*) from enrollments where id = $1 and state = 'enrolled'`, enrolled.ID) != 1 || h.number(`select count(*) from enrollments where id = $1 and state = 'active'`, active.ID) != 1 ||
		h.number(`select count(*) from enrollment_pauses where ended_on = '2026-09-14'`) != 2 || h.number(`select count(*) from enrollment_events where step = 'resume' and by_id is null`) != 2 {
		t.Error("not resumed")
	}

	// Earlier than that by staff, and at use where the job is late.
	if _, err := h.Pause(h.staff(""), active.ID, programs.PauseStep{Until: on(2026, 9, 20)}); err != nil {
		t.Fatal(err)
	}
	h.core.Clock.Advance(48 * time.Hour)
	if v, err := h.Resume(h.staff(""), active.ID); err != nil || v.State != models.EnrollmentActive {
		t.Fatal(v, err)
	}
	if h.number(`select count(*) from enrollment_pauses where from_on = '2026-09-14' and ended_on = '2026-09-16'`) != 1 {
		t.Error("the pause did not end early")
	}
	if _, err := h.Pause(h.staff(""), active.ID, programs.PauseStep{Until: on(2026, 9, 17)}); err != nil {
		t.Fatal(err)
	}
	h.core.Clock.Advance(48 * time.Hour)
	if v, err := h.Complete(h.staff(""), active.ID, programs.CompleteStep{Reason: models.EnrollmentEndGoalsMet}); err != nil || v.State != models.EnrollmentCompleted {
		t.Fatal(v, err)
	}
	h.seats()
}

func TestDaysLieWithinProgramAndCohort(t *testing.T) {
	h := newHouse(t)
	later := h.cohort(h.open.ID, "Later", func(c *programs.NewCohort) { c.StartsOn = *on(2026, 10, 5) })
	v := h.entered(models.EnrollmentEnrolled, &later.ID)
	if v.StartsOn.String() != "2026-10-05" {
		t.Error("the first day is not moved into the cohort's:", v.StartsOn)
	}
	ana := h.person("Ana", "Ortega")
	for day, want := range map[string]string{"2026-10-04": "/starts_on too_early", "2026-12-01": "/starts_on too_late"} {
		d, _ := models.ParseDate(day)
		_, err := h.Apply(h.staff(""), h.open.ID, programs.Apply{MemberID: &ana, CohortID: &later.ID, StartsOn: &d})
		if got := fields(err); !slices.Equal(got, []string{want}) {
			t.Error(day, got, err)
		}
	}
	a := h.entered(models.EnrollmentActive, nil)
	_, err := h.Complete(h.staff(""), a.ID, programs.CompleteStep{Reason: models.EnrollmentEndFinished, On: on(2026, 9, 8)})
	if got := fields(err); !slices.Equal(got, []string{"/on too_late"}) || !strings.Contains(fmt.Sprint(err.(*services.Error).Fields), "2026-09-07") {
		t.Error(got, err)
	}
	_, err = h.Complete(h.staff(""), a.ID, programs.CompleteStep{})
	if got := fields(err); !slices.Equal(got, []string{"/reason required"}) {
		t.Error(got, err)
	}
	_, err = h.Complete(h.staff(""), a.ID, programs.CompleteStep{Reason: models.EnrollmentEndOther})
	if got := fields(err); !slices.Equal(got, []string{"/words required"}) {
		t.Error(got, err)
	}
	_, err = h.Complete(h.staff(""), a.ID, programs.CompleteStep{Reason: models.EnrollmentEndNoPlace})
	if got := fields(err); !slices.Equal(got, []string{"/reason does_not_fit"}) {
		t.Error(got, err)
	}
	h.core.Clock.Set(time.Date(2027, 1, 4, 15, 0, 0, 0, time.UTC))
	done, err := h.Complete(h.staff(""), a.ID, programs.CompleteStep{Reason: models.EnrollmentEndFinished})
	if err != nil || done.EndsOn.String() != "2026-12-31" {
		t.Error("the last day is not moved into the program's:", done, err)
	}
	if h.told(a.MemberID, models.NoticeEnrollmentCompleted) != 1 {
		t.Error("no mail")
	}
	if _, err := h.Update(h.staff(""), a.ID, programs.EnrollmentPatch{}); code(err) != services.CodeIfMatchRequired {
		t.Error(err)
	}
	tag := services.ETag(done.Version)
	_, err = h.Update(h.staff(tag), a.ID, programs.EnrollmentPatch{StartsOn: services.Some(*on(2025, 12, 31)), EndsOn: services.Some(*on(2027, 1, 1))})
	if got := fields(err); !slices.Equal(got, []string{"/starts_on too_early", "/ends_on too_late"}) {
		t.Error(got, err)
	}
	_, err = h.Update(h.staff(tag), a.ID, programs.EnrollmentPatch{StartsOn: services.Some(*on(2026, 12, 2)), EndsOn: services.Some(*on(2026, 12, 1))})
	if got := fields(err); !slices.Equal(got, []string{"/ends_on before_start"}) {
		t.Error(got, err)
	}
	edited, err := h.Update(h.staff(tag), a.ID, programs.EnrollmentPatch{StartsOn: services.Some(*on(2026, 3, 2)), EndsOn: services.Some(*on(2026, 12, 1))})
	if err != nil || edited.StartsOn.String() != "2026-03-02" || edited.EndsOn.String() != "2026-12-01" || edited.Version != done.Version+1 {
		t.Error(edited, err)
	}
}

func TestComingBack(t *testing.T) {
	h := newHouse(t, places(2))
	cohort := h.cohort(h.open.ID, "Fall", func(c *programs.NewCohort) { one := 1; c.Capacity = &one })
	a := h.entered(models.EnrollmentActive, &cohort.ID)
	if _, err := h.Complete(h.staff(""), a.ID, programs.CompleteStep{Reason: models.EnrollmentEndFinished}); err != nil {
		t.Fatal(err)
	}
	b := h.entered(models.EnrollmentEnrolled, &cohort.ID)
	_, err := h.Reopen(h.staff(""), a.ID, programs.WordsStep{})
	refused(t, err, services.KindConflict, programs.CodeCohortFull)
	if _, err := h.Withdraw(h.staff(""), b.ID, programs.WithdrawStep{Reason: models.EnrollmentEndNoContact}); err != nil {
		t.Fatal(err)
	}
	back, err := h.Reopen(h.staff(""), a.ID, programs.WordsStep{})
	if err != nil || back.State != models.EnrollmentActive || back.EndsOn != nil || back.EndReason != nil || back.ClosedAt != nil {
		t.Fatalf("%+v %v", back, err)
	}
	waits, err := h.Reopen(h.staff(""), b.ID, programs.WordsStep{})
	if err != nil || waits.State != models.EnrollmentWaitlisted {
		t.Fatalf("%+v %v", waits, err)
	}
	c := h.entered(models.EnrollmentApplied, nil)
	if _, err := h.Deny(h.staff(""), c.ID, programs.DenyStep{Reason: models.EnrollmentEndNoPlace}); err != nil {
		t.Fatal(err)
	}
	if h.told(c.MemberID, models.NoticeEnrollmentDenied) != 1 {
		t.Error("no mail")
	}
	again, err := h.Reopen(h.staff(""), c.ID, programs.WordsStep{})
	if err != nil || again.State != models.EnrollmentApplied || h.tasks(c.ID, programs.TaskReviewEnrollment) != 1 || h.told(c.MemberID, models.NoticeEnrollmentReopened) != 1 {
		t.Fatalf("%+v %v", again, err)
	}
	_, err = h.Move(h.staff(""), c.ID, programs.MoveStep{CohortID: services.Some(cohort.ID)})
	if err != nil {
		t.Error("a wish is free:", err)
	}
	_, err = h.Enroll(h.staff(""), c.ID, programs.EnrollStep{})
	refused(t, err, services.KindConflict, programs.CodeCohortFull)
	placed, err := h.Enroll(h.staff(""), c.ID, programs.EnrollStep{CohortID: services.Null[uuid.UUID]()})
	if err != nil || placed.CohortID != nil {
		t.Errorf("%+v %v", placed, err)
	}
	h.seats()
}
