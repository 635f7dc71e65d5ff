package programs

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// Recount rewrites the sums of enrollments from the attendance, their days and their pauses, once whatever else changes of
// them is written. Who comes to have a place by that change must hold the program's row: see RecordSheets. Somebody enrolled
// who is found to have been there becomes active by it.
func Recount(tx *services.Tx, enrollments ...uuid.UUID) error {
	if len(enrollments) == 0 {
		return nil
	}
	_, err := recount(tx, namedOnes, enrollments)
	return err
}

const namedOnes = `unnest($1::uuid[]) w(id) join enrollments e on e.id = w.id`

// recountRow is Recount of one that goes on being worked with: it holds what became of it.
func recountRow(tx *services.Tx, e *models.Enrollment) error {
	r, err := recount(tx, namedOnes, []uuid.UUID{e.ID})
	if err != nil {
		return err
	}
	for i := range r.sums {
		e.RollUp = r.sums[i].RollUp
	}
	for i := range r.begun {
		e.State, e.ActivatedAt, e.Version, e.UpdatedAt = r.begun[i].State, r.begun[i].ActivatedAt, r.begun[i].Version, r.begun[i].UpdatedAt
	}
	return nil
}

// recountPairs does so for all enrollments of people in programs.
func recountPairs(tx *services.Tx, concerned []pair) error {
	slices.SortFunc(concerned, pair.compare)
	concerned = slices.Compact(concerned)
	programs, members := make([]uuid.UUID, len(concerned)), make([]uuid.UUID, len(concerned))
	for i, p := range concerned {
		programs[i], members[i] = p.program, p.member
	}
	_, err := recount(tx, `unnest($1::uuid[], $2::uuid[]) w(program_id, member_id) join enrollments e on e.member_id = w.member_id and e.program_id = w.program_id`, programs, members)
	return err
}

const recountedColumns = `e.id, e.version, e.created_at, e.updated_at, e.program_id, e.cohort_id, e.member_id, e.entered_by, e.state, e.second, e.review, e.starts_on, e.ends_on,
	e.paused_until, e.applied_at, e.waitlisted_at, e.enrolled_at, e.activated_at, e.closed_at, e.end_reason,
	e.sessions_offered as offered, e.sessions_attended as attended, e.sessions_excused as excused, e.sessions_missed as missed, e.consecutive_absences, e.last_seen_at`

// recount takes enrollments by a clause that finds them, in one round trip, and queues what changes.
func recount(tx *services.Tx, from string, args ...any) (*recounting, error) {
	var found []models.Enrollment
	var pauses []models.EnrollmentPause
	var there []models.ProgramAttendance
	tx.Locks(services.LockEnrollments)
	tx.Queue(`select e.id from `+from+` order by e.id`+enrollmentLock, args...)
	err := tx.Batch(
		services.Statement{SQL: `select ` + recountedColumns + ` from ` + from, Args: args, Scan: services.RowsInto(&found)},
		services.Statement{SQL: `select p.id, p.enrollment_id, p.from_on, p.until_on, p.ended_on from ` + from + ` join enrollment_pauses p on p.enrollment_id = e.id`, Args: args, Scan: services.RowsInto(&pauses)},
		services.Statement{SQL: `select distinct on (a.id) ` + attendanceColumns + ` from ` + from + ` join program_attendance a on a.program_id = e.program_id and a.member_id = e.member_id`,
			Args: args, Scan: services.RowsInto(&there)},
	)
	if err != nil {
		return nil, err
	}
	r := &recounting{tx: tx}
	paused, attended := map[uuid.UUID][]models.EnrollmentPause{}, map[pair][]models.ProgramAttendance{}
	for _, p := range pauses {
		paused[p.EnrollmentID] = append(paused[p.EnrollmentID], p)
	}
	for _, a := range there {
		attended[pair{a.ProgramID, a.MemberID}] = append(attended[pair{a.ProgramID, a.MemberID}], a)
	}
	for i := range found {
		e := &found[i]
		r.take(e, e.SumUp(paused[e.ID], attended[pair{e.ProgramID, e.MemberID}]))
	}
	r.store()
	return r, nil
}

// recounting is what a recount changes. The sums are no change of their own; that somebody has begun is.
type recounting struct {
	tx    *services.Tx
	sums  []models.Enrollment
	begun []models.Enrollment
}

func (r *recounting) take(e *models.Enrollment, sums models.RollUp) {
	if !e.RollUp.Same(sums) {
		counted := *e
		counted.RollUp = sums
		r.sums = append(r.sums, counted)
	}
	if e.State != models.EnrollmentEnrolled || sums.Attended == 0 {
		return
	}
	now, after := r.tx.Now(), *e
	after.RollUp = sums
	after.State, after.ActivatedAt, after.Version, after.UpdatedAt = models.EnrollmentActive, &now, e.Version+1, now
	r.begun = append(r.begun, after)
	r.tx.Changed(*e, after)
}

func (r *recounting) store() {
	if len(r.sums) > 0 {
		r.storeSums()
	}
	if len(r.begun) > 0 {
		r.storeBegun()
	}
}

func (r *recounting) storeSums() {
	var ids []uuid.UUID
	var offered, attended, excused, missed, absences []int
	var seen []*time.Time
	for i := range r.sums {
		e := &r.sums[i]
		ids, seen = append(ids, e.ID), append(seen, e.LastSeenAt)
		offered, attended, excused = append(offered, e.Offered), append(attended, e.Attended), append(excused, e.Excused)
		missed, absences = append(missed, e.Missed), append(absences, e.ConsecutiveAbsences)
	}
	r.tx.Queue(`update enrollments e set sessions_offered = u.offered, sessions_attended = u.attended, sessions_excused = u.excused, sessions_missed = u.missed,
			consecutive_absences = u.absences, last_seen_at = u.seen
		from unnest($1::uuid[], $2::int[], $3::int[], $4::int[], $5::int[], $6::int[], $7::timestamptz[]) u(id, offered, attended, excused, missed, absences, seen)
		where e.id = u.id`, ids, offered, attended, excused, missed, absences, seen)
}

// storeBegun has the step in each enrollment's own history, by nobody.
func (r *recounting) storeBegun() {
	var ids, events []uuid.UUID
	for i := range r.begun {
		ids, events = append(ids, r.begun[i].ID), append(events, services.NewID())
	}
	r.tx.Queue(`update enrollments set state = 'active', activated_at = $2, version = version + 1, updated_at = $2 where id = any($1)`, ids, r.tx.Now())
	r.tx.Queue(`insert into enrollment_events (id, enrollment_id, at, step, from_state, to_state, cohort_id)
		select u.event_id, e.id, $3, $4, 'enrolled', 'active', e.cohort_id from unnest($1::uuid[], $2::uuid[]) u(event_id, id) join enrollments e on e.id = u.id`,
		events, ids, r.tx.Now(), string(models.StepActivate))
}
