package programs

import (
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
	"homefront/services/forms"
)

// follow stores the row and does what follows from it.
func (t *stepping) follow() error {
	if err := t.store(); err != nil {
		return err
	}
	t.moveSeats()
	if err := t.remember(); err != nil {
		return err
	}
	if t.was != nil && t.was.State.Live() && !t.next.Live() && !t.was.Second {
		if err := t.succeed(); err != nil {
			return err
		}
	}
	if err := t.settleForms(); err != nil {
		return err
	}
	if t.e.StartsOn != nil || t.was != nil && t.was.StartsOn != nil {
		if err := t.recount(); err != nil {
			return err
		}
	}
	if err := t.settleTasks(); err != nil {
		return err
	}
	return t.tell()
}

// succeed lets the oldest application that another guardian has made for the same child stand by itself, once the first one has
// ended. The program's row is held: nobody else makes or ends one meanwhile.
func (t *stepping) succeed() error {
	var next []models.Enrollment
	err := t.tx.DB.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("program_id = ? AND member_id = ? AND live AND second", t.e.ProgramID, t.e.MemberID).
		Order("applied_at, id").Limit(1).Find(&next).Error
	if err != nil || len(next) == 0 {
		return err
	}
	was, e := next[0], next[0]
	e.Second, e.Version, e.UpdatedAt = false, e.Version+1, t.tx.Now()
	e.Review = slices.DeleteFunc(slices.Clone(e.Review), func(r models.EnrollmentReview) bool { return r == models.EnrollmentReviewSecond })
	updateRow(t.tx, was, &e)
	for _, on := range t.rows { // it may lie on the bench itself
		if on.ID == e.ID {
			*on = e
		}
	}
	return nil
}

const (
	insertEnrollment = `insert into enrollments (id, version, updated_at, program_id, program_first_day, program_last_day, cohort_id, member_id, entered_by, state, second, review,
		starts_on, ends_on, paused_until, applied_at, waitlisted_at, moved_ahead_at, enrolled_at, activated_at, closed_at, closed_from, end_reason, note, created_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $3)`
	updateEnrollment = `update enrollments set version = $2, updated_at = $3, cohort_id = $4, state = $5, second = $6, review = $7, starts_on = $8, ends_on = $9, paused_until = $10,
		waitlisted_at = $11, moved_ahead_at = $12, enrolled_at = $13, activated_at = $14, closed_at = $15, closed_from = $16, end_reason = $17, note = $18 where id = $1`
)

// store queues the row and its pauses, and tells the audit log.
func (t *stepping) store() error {
	e := t.e
	if e.Live = e.State.Live(); t.was == nil {
		t.tx.Queue(insertEnrollment, e.ID, e.Version, e.UpdatedAt, e.ProgramID, e.ProgramFirstDay.Time, e.ProgramLastDay.Time, e.CohortID, e.MemberID, e.EnteredBy, string(e.State), e.Second,
			reviewsOf(e), dayOf(e.StartsOn), dayOf(e.EndsOn), dayOf(e.PausedUntil), e.AppliedAt, e.WaitlistedAt, e.MovedAheadAt, e.EnrolledAt, e.ActivatedAt, e.ClosedAt,
			textOf(e.ClosedFrom), textOf(e.EndReason), e.Note)
		t.tx.Changed(nil, *e)
	} else {
		updateRow(t.tx, *t.was, e)
	}
	if p := t.ended; p != nil {
		t.tx.Queue(`update enrollment_pauses set ended_on = greatest(from_on, least($2, until_on)) where enrollment_id = $1 and ended_on is null`, p.EnrollmentID, p.EndedOn.Time)
	}
	if p := t.paused; p != nil {
		t.tx.Queue(`insert into enrollment_pauses (id, enrollment_id, from_on, until_on) values ($1, $2, $3, $4)`, p.ID, p.EnrollmentID, p.FromOn.Time, p.UntilOn.Time)
		t.tx.Changed(nil, *p)
	}
	if t.later != nil {
		return nil
	}
	return t.tx.Batch() // what it violates is this step's to say
}

func updateRow(tx *services.Tx, was models.Enrollment, e *models.Enrollment) {
	tx.Queue(updateEnrollment, e.ID, e.Version, e.UpdatedAt, e.CohortID, string(e.State), e.Second, reviewsOf(e), dayOf(e.StartsOn), dayOf(e.EndsOn), dayOf(e.PausedUntil),
		e.WaitlistedAt, e.MovedAheadAt, e.EnrolledAt, e.ActivatedAt, e.ClosedAt, textOf(e.ClosedFrom), textOf(e.EndReason), e.Note)
	tx.Changed(was, *e)
}

func reviewsOf(e *models.Enrollment) []string {
	out := make([]string, len(e.Review))
	for i, r := range e.Review {
		out[i] = string(r)
	}
	return out
}

func dayOf(d *models.Date) *time.Time {
	if d == nil {
		return nil
	}
	return &d.Time
}

func textOf[T ~string](in *T) *string {
	if in == nil {
		return nil
	}
	s := string(*in)
	return &s
}

// moveSeats counts the place in, out, or from one cohort to another.
func (t *stepping) moveSeats() {
	before, after := 0, 0
	var from *models.Cohort
	if t.was != nil && t.was.State.HoldsPlace() {
		before = 1
		if t.was.CohortID != nil {
			from = t.cohorts[*t.was.CohortID]
		}
	}
	if t.next.HoldsPlace() {
		after = 1
	}
	seat(t.tx, t.program, nil, after-before)
	if after == 1 && before == 1 && from == t.cohort {
		return
	}
	seat(t.tx, nil, from, -before)
	seat(t.tx, nil, t.cohort, after)
}

// remember writes the step into the enrollment's own history, words of staff sealed.
func (t *stepping) remember() error {
	id := services.NewID()
	var by *uuid.UUID
	if a := t.tx.Actor(); !t.in.Itself && a.MemberID != uuid.Nil {
		by = &a.MemberID
	}
	var words models.Sealed
	var key *uuid.UUID
	if t.in.Words != "" {
		sealed, k, err := t.tx.Seal(t.e.MemberID, eventWords, 0, t.in.Words)
		if err != nil {
			return err
		}
		words, key = sealed, &k
		if why := services.Prose(t.in.WaiveReason); why == "" || why == t.in.Words { // else the log keeps why the rules do not count
			if err := t.tx.Reason(t.e.MemberID, t.in.Words); err != nil {
				return err
			}
		}
	}
	var from *string
	if t.was != nil {
		from = textOf(&t.was.State)
	}
	var reason *string
	if t.name.Ends() {
		reason = textOf(t.e.EndReason)
	}
	t.tx.Queue(`insert into enrollment_events (id, enrollment_id, at, by_id, step, from_state, to_state, cohort_id, reason, words, words_key)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, id, t.e.ID, t.tx.Now(), by, string(t.name), from, string(t.next), t.e.CohortID, reason, words, key)
	return nil
}

func (t *stepping) settleForms() error {
	switch {
	case t.name.Ends():
		on := t.program.Today(t.tx.Now())
		if t.e.EndsOn != nil {
			on = *t.e.EndsOn
		}
		return forms.End(t.tx, enrollmentRecord, &on, t.e.ID)
	case t.was != nil && !t.was.State.Live():
		return forms.End(t.tx, enrollmentRecord, nil, t.e.ID)
	}
	return nil
}

// inLine counts who waits in a program.
func inLine(tx *services.Tx, program uuid.UUID) (n int, err error) {
	return n, tx.Batch(services.Statement{SQL: `select count(*)::int from enrollments where program_id = $1 and state = 'waitlisted'`, Args: []any{program},
		Scan: func(rows pgx.Rows) error {
			for rows.Next() {
				if err := rows.Scan(&n); err != nil {
					return err
				}
			}
			return rows.Err()
		}})
}

func (t *stepping) has(why models.EnrollmentReview) bool { return slices.Contains(t.e.Review, why) }
