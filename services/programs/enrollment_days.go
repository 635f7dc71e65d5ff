package programs

import (
	"cmp"
	"time"

	"homefront/models"
	"homefront/services"
)

// checkDay holds a given day against the days of program and cohort.
func (t *stepping) checkDay(fault func(string, services.Code, string)) {
	on := t.in.On
	if t.name == models.StepComplete && t.e.StartsOn != nil && t.e.StartsOn.After(t.program.Today(t.tx.Now()).Time) {
		fault(cmp.Or(t.in.dayField, "/on"), "too_early", "Their first day is "+t.e.StartsOn.String()+": nobody has been through it before that.")
		return
	}
	if on == nil {
		return
	}
	first, last := t.days()
	today := t.program.Today(t.tx.Now())
	field := cmp.Or(t.in.dayField, "/on")
	switch t.name {
	case models.StepComplete, models.StepWithdraw:
		if first, last = t.program.FirstDay, earlier(t.program.LastDay, today); t.e.StartsOn != nil {
			first = *t.e.StartsOn
		}
		if t.e.StartsOn == nil {
			fault(field, "not_begun", "They have had no place, so there is no last day. Leave it out.")
			return
		}
	case models.StepActivate:
		last = earlier(last, today)
	case models.StepEnroll:
	default:
		fault(field, "not_asked", "No day is given here.")
		return
	}
	switch {
	case on.Before(first.Time):
		fault(field, "too_early", "The earliest day is "+first.String()+".")
	case on.After(last.Time):
		fault(field, "too_late", "The latest day is "+last.String()+".")
	}
}

// days are the first and last day on which somebody can begin.
func (t *stepping) days() (first, last models.Date) {
	first, last = t.program.FirstDay, t.program.LastDay
	if t.cohort != nil {
		first = later(first, t.cohort.StartsOn)
		if t.cohort.EndsOn != nil {
			last = earlier(last, *t.cohort.EndsOn)
		}
	}
	return first, last
}

func earlier(a, b models.Date) models.Date {
	if b.Before(a.Time) {
		return b
	}
	return a
}

func later(a, b models.Date) models.Date {
	if b.After(a.Time) {
		return b
	}
	return a
}

func within(day, first, last models.Date) *models.Date {
	day = later(first, earlier(day, last))
	return &day
}

// change makes the row what it is after the step.
func (t *stepping) change() error {
	e, now := t.e, t.tx.Now()
	today := t.program.Today(now)
	e.State, e.CohortID = t.next, nil
	if t.cohort != nil {
		e.CohortID = &t.cohort.ID
	}
	e.Version, e.UpdatedAt = e.Version+1, now
	t.unpause(today)
	switch {
	case t.name.Ends():
		t.end(today)
	case t.was != nil && !t.was.State.Live():
		e.ClosedAt, e.ClosedFrom, e.EndReason, e.EndsOn = nil, nil, nil, nil
	}
	if t.next.Live() && t.next != models.EnrollmentApplied {
		e.Review = models.Texts[models.EnrollmentReview]{}
	}
	switch t.next {
	case models.EnrollmentWaitlisted:
		return t.queue()
	case models.EnrollmentEnrolled, models.EnrollmentActive, models.EnrollmentPaused:
		t.begin(today)
	}
	return nil
}

// unpause ends the pause that there was, and begins another.
func (t *stepping) unpause(today models.Date) {
	e := t.e
	if t.was != nil && t.was.State == models.EnrollmentPaused && t.next != models.EnrollmentPaused {
		day := earlier(today, *t.was.PausedUntil)
		t.ended, e.PausedUntil = &models.EnrollmentPause{EnrollmentID: e.ID, EndedOn: &day}, nil
	}
	if t.name == models.StepPause {
		e.PausedUntil = t.in.Until
		t.paused = &models.EnrollmentPause{ID: services.NewID(), EnrollmentID: e.ID, FromOn: today, UntilOn: *t.in.Until}
	}
}

// end closes the row. Its last day lies on or after its first, and within the program's.
func (t *stepping) end(today models.Date) {
	e, now, from := t.e, t.tx.Now(), t.was.State
	reason := t.in.Reason
	if t.name == models.StepSupersede {
		reason = models.EnrollmentEndMerged
	}
	e.ClosedAt, e.ClosedFrom, e.EndReason = &now, &from, &reason
	if e.StartsOn == nil {
		return
	}
	if e.EndsOn = within(today, *e.StartsOn, later(*e.StartsOn, t.program.LastDay)); t.in.On != nil {
		e.EndsOn = within(*t.in.On, *e.StartsOn, later(*e.StartsOn, t.program.LastDay))
	}
}

// begin gives a place its days and times.
func (t *stepping) begin(today models.Date) {
	e, now := t.e, t.tx.Now()
	first, last := t.days()
	e.Second = false
	if e.EnrolledAt == nil {
		e.EnrolledAt = &now
	}
	switch {
	case t.in.On != nil && (t.name == models.StepEnroll || t.name == models.StepActivate):
		e.StartsOn = within(*t.in.On, first, last)
	case e.StartsOn == nil:
		e.StartsOn = within(today, first, last)
	case e.ActivatedAt != nil:
	case t.name == models.StepMove && t.next == models.EnrollmentEnrolled, t.name == models.StepEnroll:
		e.StartsOn = within(*e.StartsOn, first, last)
	case t.name == models.StepActivate && today.Before(e.StartsOn.Time):
		e.StartsOn = within(today, first, last)
	}
	if t.next == models.EnrollmentActive && e.ActivatedAt == nil {
		e.ActivatedAt = &now
	}
}

// queue puts somebody in line. The clock of a use case stands still at its start, before it waited for the lock; so the place
// in line is taken from the line itself.
func (t *stepping) queue() error {
	e, now := t.e, t.tx.Now()
	var last, ahead *time.Time
	err := t.tx.Batch(services.Statement{SQL: `select max(waitlisted_at), max(moved_ahead_at) from enrollments where program_id = $1 and state = 'waitlisted' and id <> $2`,
		Args: []any{t.program.ID, e.ID}, Scan: services.ScanOne("line", &last, &ahead)})
	if err != nil {
		return err
	}
	if t.was == nil || t.was.ActivatedAt == nil { // who has begun before keeps their days, and what they attended on them
		e.StartsOn, e.EnrolledAt = nil, nil
	}
	if e.WaitlistedAt == nil || t.was.State == models.EnrollmentApplied {
		e.WaitlistedAt = after(now, last)
	}
	back := t.was != nil && t.was.ClosedFrom != nil && t.was.ClosedFrom.HoldsPlace() // for the place they had
	switch {
	case t.name == models.StepMoveAhead, back:
		e.MovedAheadAt = after(now, ahead)
	case t.was == nil || t.was.State == models.EnrollmentApplied:
		e.MovedAheadAt = nil
	}
	return nil
}

func after(now time.Time, last *time.Time) *time.Time {
	if last != nil && !now.After(*last) {
		now = last.Add(time.Microsecond)
	}
	return &now
}
