package programs

import (
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// EnrollmentProgram is what an enrollment tells of its program.
type EnrollmentProgram struct {
	ID       uuid.UUID `json:"id"`
	Name     string    `json:"name" example:"Family Awareness"`
	Slug     string    `json:"slug" example:"family-awareness"`
	TimeZone string    `json:"time_zone" doc:"Days are days there" example:"America/New_York"`
}

// EnrollmentCohort is what an enrollment tells of its cohort.
type EnrollmentCohort struct {
	ID       uuid.UUID   `json:"id"`
	Name     string      `json:"name" example:"Spring 2027"`
	StartsOn models.Date `json:"starts_on"`
}

// EnrollmentView is an enrollment as the one who asks may see it.
type EnrollmentView struct {
	models.Enrollment
	MemberName     string            `json:"member_name" example:"Luis Ortega"`
	Program        EnrollmentProgram `json:"program"`
	Cohort         *EnrollmentCohort `json:"cohort" doc:"Of an application the one they wish for; null for none"`
	AttendanceRate *float64          `json:"attendance_rate" doc:"Share attended of what was not excused; null before the first" example:"0.75"`
	Note           *string           `json:"note" doc:"What came with an application, for who wrote it and for staff; null to others"`

	Review           []models.EnrollmentReview `json:"review,omitempty" enum:"guardianship,second_application,held,eligibility" doc:"For staff: what to look at. held: for a reason that is told elsewhere, to those who may know it; a colleague decides"`
	Second           bool                      `json:"second,omitempty" doc:"For staff: somebody else has entered this person too"`
	EnteredByID      *uuid.UUID                `json:"entered_by,omitempty" doc:"For staff: whose entry it is; when staff entered them the member's own, or of somebody under 18 the guardian's for whom they did"`
	WaitlistPosition *int                      `json:"waitlist_position,omitempty" doc:"For staff: place in line from 1, while waitlisted" example:"3"`
	Eligibility      *models.Eligibility       `json:"eligibility,omitempty" doc:"For staff, of one enrollment that has not ended: what the program's rules say today"`
	Possible         []models.EnrollmentStep   `json:"possible,omitempty" enum:"waitlist,enroll,deny,activate,pause,resume,complete,withdraw,reopen,move,move_ahead" doc:"For staff: the steps that its state allows"`
}

// enrollmentRow is an enrollment with what a list shows beside it.
type enrollmentRow struct {
	models.Enrollment
	ProgramName    string
	ProgramSlug    string
	ProgramZone    string
	CohortName     *string
	CohortStartsOn *models.Date
	MemberName     string
	SortName       string
	Position       int
}

const enrollmentColumns = `enrollments.*, p.name AS program_name, p.slug AS program_slug, p.time_zone AS program_zone, c.name AS cohort_name, c.starts_on AS cohort_starts_on,
	btrim(coalesce(m.preferred_name, m.given_name) || ' ' || m.family_name) AS member_name, folded(m.family_name || ' ' || m.given_name) AS sort_name`

// Of whom an enrollment is. eachMember looks them up one by one: those of one program or one page are few beside all members.
// anyMember lets a list of all enrollments go by the members' names.
const (
	eachMember = "JOIN LATERAL (SELECT * FROM members WHERE members.id = enrollments.member_id OFFSET 0) m ON true"
	anyMember  = "JOIN members m ON m.id = enrollments.member_id"
)

// enrollmentRows joins what is shown beside them. from is the table, or a query in its place.
func enrollmentRows(db *gorm.DB, from string, args ...any) *gorm.DB {
	return enrollmentsJoined(db, eachMember, from, args...)
}

func enrollmentsJoined(db *gorm.DB, member, from string, args ...any) *gorm.DB {
	return db.Table(from, args...).Select(enrollmentColumns).Joins("JOIN programs p ON p.id = enrollments.program_id").Joins(member).
		Joins("LEFT JOIN cohorts c ON c.id = enrollments.cohort_id")
}

// show puts a row into a view: all of it for staff, else what the person may see. That somebody else has entered the same person
// shows nowhere, and neither does what staff do about it. Who entered another is not told where those were, nor that they have
// begun: it may be somebody else who brings them.
func (r *enrollmentRow) show(actor *services.Actor, now time.Time, staff bool) EnrollmentView {
	v := EnrollmentView{Enrollment: r.Enrollment, MemberName: r.MemberName, AttendanceRate: r.Rate(),
		Program: EnrollmentProgram{ID: r.ProgramID, Name: r.ProgramName, Slug: r.ProgramSlug, TimeZone: r.ProgramZone}}
	if r.CohortID != nil {
		v.Cohort = &EnrollmentCohort{ID: *r.CohortID, Name: *r.CohortName, StartsOn: *r.CohortStartsOn}
	}
	if v.State = r.StateOn(models.DayIn(now, r.ProgramZone)); v.State != models.EnrollmentPaused {
		v.PausedUntil = nil
	}
	if staff || r.EnteredBy == actor.MemberID {
		note := r.Enrollment.Note
		v.Note = &note
	}
	if staff {
		by := r.EnteredBy
		v.Second, v.EnteredByID, v.Review, v.Possible = r.Enrollment.Second, &by, r.Enrollment.Review, v.State.Possible()
		return v
	}
	own := r.MemberID == actor.MemberID
	v.State, v.EndReason = plainState(v.State, own), plainReason(r.EndReason)
	if !own {
		v.RollUp, v.AttendanceRate, v.ActivatedAt = models.RollUp{}, nil, nil
		v.Version, v.UpdatedAt = 1, v.lastTold() // both move with a sheet
	}
	return v
}

// lastTold is when the last of what is told to who entered another happened.
func (v *EnrollmentView) lastTold() time.Time {
	at := v.AppliedAt
	for _, mark := range []*time.Time{v.WaitlistedAt, v.EnrolledAt, v.ClosedAt} {
		if mark != nil && mark.After(at) {
			at = *mark
		}
	}
	return at
}

// plainState is a state in a word that tells who entered another neither of somebody else's entry nor of attendance.
func plainState(state models.EnrollmentState, own bool) models.EnrollmentState {
	switch {
	case own:
	case state == models.EnrollmentActive:
		return models.EnrollmentEnrolled
	case state == models.EnrollmentSuperseded:
		return models.EnrollmentWithdrawn
	}
	return state
}

// shownState is plainState of stateNow, as SQL.
const shownState = `CASE WHEN enrollments.member_id = ? THEN ` + stateNow + ` WHEN ` + stateNow + ` = 'active' THEN 'enrolled'
	WHEN enrollments.state = 'superseded' THEN 'withdrawn' ELSE ` + stateNow + ` END`

// plainReason is a reason in a word for families. What tells of another entry, of another record or of a death does not show,
// and that somebody was sent away for their conduct is said by a person.
func plainReason(reason *models.EnrollmentEnd) *models.EnrollmentEnd {
	if reason == nil {
		return nil
	}
	switch *reason {
	case models.EnrollmentEndDuplicate, models.EnrollmentEndDied, models.EnrollmentEndMerged, models.EnrollmentEndConduct:
		other := models.EnrollmentEndOther
		return &other
	}
	return reason
}

// viewOne answers an enrollment from under its locks, to staff or to whose it is.
func viewOne(tx *services.Tx, id uuid.UUID) (*EnrollmentView, error) {
	return viewOf(tx.DB, tx.Actor(), tx.Now(), id)
}

// viewOf reads an enrollment that staff may see, or that is the caller's own.
// Errors: not_found.
func viewOf(db *gorm.DB, actor *services.Actor, now time.Time, id uuid.UUID) (*EnrollmentView, error) {
	for _, staff := range []bool{true, false} {
		scope := visibleEnrollments(actor, now)
		if !staff {
			ties, err := people.TiesOf(db, actor.MemberID)
			if err != nil {
				return nil, err
			}
			scope = ownEnrollments(actor, ties.Released(now))
		} else if !actor.Coordinates() {
			continue
		}
		rows, err := services.Rows[enrollmentRow](enrollmentRows(db, "enrollments").Scopes(scope).Where("enrollments.id = ?", id), 1)
		if err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			continue
		}
		v := rows[0].show(actor, now, staff)
		if staff {
			err = v.forStaff(db, now)
		}
		return &v, err
	}
	return nil, services.NotFound("enrollment")
}

// forStaff adds what takes a look at the line and at the rules.
func (v *EnrollmentView) forStaff(db *gorm.DB, now time.Time) error {
	if v.State == models.EnrollmentWaitlisted {
		var position int
		err := db.Raw(`select count(*)::int from enrollments o join enrollments e on e.id = ? where o.program_id = e.program_id and o.state = 'waitlisted'
			and (coalesce(o.moved_ahead_at, 'infinity'::timestamptz), o.waitlisted_at, o.id) <= (coalesce(e.moved_ahead_at, 'infinity'::timestamptz), e.waitlisted_at, e.id)`, v.ID).Scan(&position).Error
		if err != nil {
			return err
		}
		v.WaitlistPosition = &position
	}
	if !v.State.Live() {
		return nil
	}
	p, err := program(db, v.ProgramID)
	if err != nil || len(p.Rules) == 0 {
		return err
	}
	verdicts, err := Judge(db, now, Target{ProgramID: &p.ID}, p.Rules, RulesDay(p, now), v.MemberID)
	if verdict, ok := verdicts[v.MemberID]; ok {
		v.Eligibility = &verdict
	}
	return err
}
