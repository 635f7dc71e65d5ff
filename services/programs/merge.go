package programs

import (
	"slices"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

var links = services.Links(
	services.Link{Table: "enrollments", Column: "member_id"},
	services.Link{Table: "enrollments", Column: "entered_by"},
	services.Link{Table: "enrollment_events", Column: "by_id"},
	services.Link{Table: "program_attendance", Column: "member_id"},
	services.Link{Table: "eligibility_waivers", Column: "member_id", Unless: `t.withdrawn_at is null and exists (select from eligibility_waivers w where w.member_id = $1 and w.withdrawn_at is null
		and w.rule_key = t.rule_key and coalesce(w.program_id, w.workshop_id) = coalesce(t.program_id, t.workshop_id))`},
	services.Link{Table: "eligibility_waivers", Column: "waived_by"},
	services.Link{Table: "eligibility_waivers", Column: "withdrawn_by"},
)

// theirEnrollments are those of the two, and what they entered for others: whoever changes one of them waits.
const theirEnrollments = `select id from enrollments where member_id in ($1, $2) union select id from enrollments where entered_by in ($1, $2)`

// Merge gives the winner the loser's enrollments, attendance and waivers. Where both are live in one program one enrollment stays,
// the winner's unless only the loser's has a place; the other is superseded, and its place is free. A child whom two guardians have
// entered keeps both until staff look: neither guardian learns of the other by a merge. The sums follow the attendance.
func Merge(m *services.Merge) error {
	ids, err := m.Find(theirEnrollments, m.Winner, m.Loser)
	if err != nil {
		return err
	}
	m.Tx.Locks(services.LockPrograms)
	b, err := openBench(m.Tx, benchOf{Enrollments: ids})
	if err != nil {
		return err
	}
	if err := b.mergeTwice(m); err != nil {
		return err
	}
	touched, err := attendedBy(m.Tx, m.Winner, m.Loser)
	if err != nil {
		return err
	}
	if err := mergeAttendance(m); err != nil {
		return err
	}
	if err := m.Move(links...); err != nil {
		return err
	}
	return recountMerged(m, touched)
}

// mergeTwice sees to what would be live twice.
func (b *bench) mergeTwice(m *services.Merge) error {
	for _, l := range b.rows {
		w := b.twin(m, l, l.Second)
		if w == nil {
			continue
		}
		two, err := b.twoGuardians(w, l)
		switch {
		case err != nil:
			return err
		case two && b.twin(m, l, true) == nil:
			err = markSecond(m, l)
		case l.State.HoldsPlace() && !w.State.HoldsPlace():
			err = b.supersede(m, w)
		default:
			err = b.supersede(m, l)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// twin is the winner's enrollment that stands against the loser's once the two are one: of one person in one program there is one,
// and one more for each other guardian who applied for them.
func (b *bench) twin(m *services.Merge, l *models.Enrollment, second bool) *models.Enrollment {
	as := func(id uuid.UUID) uuid.UUID {
		if id == m.Loser {
			return m.Winner
		}
		return id
	}
	if !l.State.Live() || l.MemberID != m.Loser && l.EnteredBy != m.Loser {
		return nil
	}
	i := slices.IndexFunc(b.rows, func(w *models.Enrollment) bool {
		return w.ID != l.ID && w.State.Live() && w.ProgramID == l.ProgramID && as(w.MemberID) == as(l.MemberID) && w.Second == second && (!second || as(w.EnteredBy) == as(l.EnteredBy))
	})
	if i < 0 {
		return nil
	}
	return b.rows[i]
}

// twoGuardians says whether two enrollments of a child were entered by a guardian each.
func (b *bench) twoGuardians(w, l *models.Enrollment) (bool, error) {
	if w.EnteredBy == l.EnteredBy || l.Second {
		return false, nil
	}
	var n int
	err := b.tx.Batch(services.Statement{SQL: `select count(distinct guardian_id)::int from guardianships where (guardian_id, child_id) in (($1::uuid, $2::uuid), ($3::uuid, $4::uuid))`,
		Args: []any{w.EnteredBy, w.MemberID, l.EnteredBy, l.MemberID}, Scan: services.ScanOne("guardians", &n)})
	return n == 2, err
}

// markSecond keeps the loser's beside the winner's, for staff to decide.
func markSecond(m *services.Merge, l *models.Enrollment) error {
	err := m.Rewrite(models.MoveChanged, "enrollments", []uuid.UUID{l.ID}, `update enrollments set second = true, review = array_append(review, $2) where id = any($1)`,
		string(models.EnrollmentReviewSecond))
	if err != nil {
		return err
	}
	l.Second = true
	theirs := *l
	theirs.MemberID = m.Winner
	p, err := program(m.Tx.DB, l.ProgramID)
	if err != nil {
		return err
	}
	return askToReview(m.Tx, &theirs, p.Name, nil)
}

// supersede ends one of the two.
func (b *bench) supersede(m *services.Merge, e *models.Enrollment) error {
	pauses, err := m.Find(`select id from enrollment_pauses where enrollment_id = $1 and ended_on is null`, e.ID)
	if err != nil {
		return err
	}
	return m.Watch(models.MoveSuperseded, "enrollments", []uuid.UUID{e.ID}, func() error {
		end := func() error { return b.step(e, models.StepSupersede, StepInput{Itself: true, Quiet: true}) }
		if len(pauses) == 0 {
			return end()
		}
		return m.Watch(models.MoveChanged, "enrollment_pauses", pauses, end)
	})
}

// attendedBy are the programs in which some people are known to have been somewhere, with each of them.
func attendedBy(tx *services.Tx, members ...uuid.UUID) (out []pair, err error) {
	var found []struct{ ProgramID uuid.UUID }
	err = tx.Batch(services.Statement{SQL: `select distinct program_id from program_attendance where member_id = any($1)`, Args: []any{members}, Scan: services.RowsInto(&found)})
	for _, f := range found {
		for _, id := range members {
			out = append(out, pair{f.ProgramID, id})
		}
	}
	return out, err
}

// mergeAttendance keeps one line of each occasion at which both are known to have been, the better of the two.
func mergeAttendance(m *services.Merge) error {
	const rank = `array_position(array['present', 'late', 'excused', 'absent'], `
	better, err := m.Find(`select w.id from program_attendance w join program_attendance l on l.source = w.source and l.source_id = w.source_id
		where w.member_id = $1 and l.member_id = $2 and `+rank+`l.status) < `+rank+`w.status) order by w.id`, m.Winner, m.Loser)
	if err != nil {
		return err
	}
	err = m.Rewrite(models.MoveChanged, "program_attendance", better, `update program_attendance w set status = l.status from program_attendance l
		where w.id = any($1) and l.member_id = $2 and l.source = w.source and l.source_id = w.source_id`, m.Loser)
	if err != nil {
		return err
	}
	return m.Remove("program_attendance", "id", `t.member_id = $2 and exists (select from program_attendance w where w.member_id = $1 and w.source = t.source and w.source_id = t.source_id)`,
		m.Winner, m.Loser)
}

// recountMerged sums up what is the winner's by now, and remembers what was there before.
func recountMerged(m *services.Merge, touched []pair) error {
	touched = slices.DeleteFunc(touched, func(p pair) bool { return p.member != m.Winner })
	programs := make([]uuid.UUID, len(touched))
	for i, p := range touched {
		programs[i] = p.program
	}
	ids, err := m.Find(`select id from enrollments where member_id = $1 and program_id = any($2) order by id`, m.Winner, programs)
	if err != nil {
		return err
	}
	return m.Watch(models.MoveChanged, "enrollments", ids, func() error { return recountPairs(m.Tx, touched) })
}

// Unmerge gives the loser back what was theirs. An enrollment that was superseded is given back when its place is free still; else
// it is left as it is, for staff to see to.
func Unmerge(u *services.Unmerge) error {
	var ended []*models.MergeMove
	var ids []uuid.UUID
	for _, move := range u.Of("enrollments") {
		if ids = append(ids, move.RowID); move.What == models.MoveSuperseded {
			ended = append(ended, move)
		}
	}
	u.Tx.Locks(services.LockPrograms)
	b, err := openBench(u.Tx, benchOf{Enrollments: inOrder(ids)})
	if err != nil {
		return err
	}
	touched, err := attendedBy(u.Tx, u.Winner, u.Loser)
	if err != nil {
		return err
	}
	places := func(m *models.MergeMove) (bool, error) {
		return m.Table == "enrollments" && m.What == models.MoveSuperseded, nil
	}
	if err := u.BackWith([]string{"enrollments", "enrollment_events", "enrollment_pauses", "program_attendance", "eligibility_waivers"}, places); err != nil {
		return err
	}
	for _, move := range ended {
		done, err := u.Try(func() (bool, error) { return b.giveBack(move) })
		if err != nil {
			return err
		}
		move.End(done)
	}
	return recountPairs(u.Tx, touched)
}

const asItWas = `update enrollments t set (cohort_id, state, second, review, starts_on, ends_on, paused_until, waitlisted_at, moved_ahead_at, enrolled_at, activated_at, closed_at, closed_from, end_reason, version, updated_at)
	= (select b.cohort_id, b.state, b.second, b.review, b.starts_on, b.ends_on, b.paused_until, b.waitlisted_at, b.moved_ahead_at, b.enrolled_at, b.activated_at, b.closed_at, b.closed_from, b.end_reason,
		t.version + 1, $3::timestamptz from jsonb_populate_record(t, $2::jsonb) b) where t.id = $1 and t.state = 'superseded'`

// giveBack makes a superseded enrollment what it was. Constraints refuse it where the place is taken by now.
func (b *bench) giveBack(move *models.MergeMove) (bool, error) {
	was, err := b.again(move.RowID)
	if err != nil || was.State != models.EnrollmentSuperseded || !b.programs[was.ProgramID].Status.Running() {
		return false, err
	}
	b.tx.Queue(asItWas, was.ID, string(*move.Before), b.tx.Now())
	e, err := b.again(was.ID)
	if err != nil {
		return false, err
	}
	b.tx.Changed(*was, *e)
	t := &stepping{bench: b, e: e, was: was, in: StepInput{Itself: true, Quiet: true}, name: models.StepRestore, next: e.State, program: b.programs[e.ProgramID]}
	if e.CohortID != nil {
		t.cohort = b.cohorts[*e.CohortID]
	}
	t.moveSeats()
	if err := t.remember(); err != nil {
		return false, err
	}
	if err := t.settleForms(); err != nil {
		return false, err
	}
	return true, t.settleTasks()
}
