package programs

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/tasks"
)

// CodeSeparationClash tells staff who may know it that two people who are kept apart would be in one cohort.
const CodeSeparationClash services.Code = "separation_clash"

// TaskReviewEnrollment asks staff to look at an application, or at what a colleague could not decide.
const TaskReviewEnrollment models.TaskKind = "review_enrollment"

// LookAtEnrollment is the job that does for an enrollment what the one who took the step must not see in their own entry of
// the audit log: it finds out whether somebody protected has come into one cohort with whom is kept apart from them, and it
// keeps the task about what was left to colleagues from those who are close to a separation. It runs whether or not the
// other is there.
type LookAtEnrollment struct {
	EnrollmentID uuid.UUID `json:"enrollment_id"`
	Left         bool      `json:"left,omitempty"` // to colleagues
}

// Kind implements services.JobArgs.
func (LookAtEnrollment) Kind() string { return "enrollment.look" }

// keepApart holds a place in a cohort against the separations of who is to have it. Staff who may know of a clash are told,
// and nothing overrides it. Staff who must not know leave whatever is asked for somebody who is kept apart to their colleagues,
// wherever the other is; the protected side has its place as anybody.
// Errors: conflict separation_clash.
func (t *stepping) keepApart() (leave bool, err error) {
	if t.apart == nil || t.in.Itself {
		return false, nil
	}
	if t.was != nil && slices.Contains(t.was.Review, models.EnrollmentReviewHeld) && t.name != models.StepWithdraw && t.apart.Closed(t.e.MemberID) {
		return true, nil // it was kept from them: whatever they decide, a colleague decides
	}
	if t.cohort == nil || !t.next.HoldsPlace() || !t.arrives() {
		return false, nil
	}
	is := t.apart.Of(t.e.MemberID)
	if t.apart.Closed(t.e.MemberID) {
		return is.Held, nil
	}
	if len(is.From) == 0 {
		return false, nil
	}
	var there []uuid.UUID
	err = t.tx.DB.Model(&models.Enrollment{}).Where("cohort_id = ? AND member_id IN ? AND state IN ('enrolled', 'active', 'paused')", t.cohort.ID, is.From).Pluck("member_id", &there).Error
	if err != nil || len(there) == 0 {
		return false, err
	}
	clash := services.Conflict(CodeSeparationClash, "Somebody of this cohort is kept apart from this person. Choose another cohort, or look at the separation.")
	for i := range t.apart.Rows {
		if p := &t.apart.Rows[i]; slices.Contains(there, p.FirstID) || slices.Contains(there, p.SecondID) {
			clash.Fields = append(clash.Fields, services.FieldError{Field: "/cohort_id", Code: CodeSeparationClash, Message: "Separation " + p.ID.String() + "."})
		}
	}
	return false, clash
}

// arrives says whether they get a place in a cohort where they had none.
func (t *stepping) arrives() bool {
	return t.was == nil || !t.was.State.HoldsPlace() || t.was.CohortID == nil || *t.was.CohortID != t.cohort.ID
}

// leaveToColleagues keeps the enrollment as it is, or makes it an application, and has somebody else look at it.
func (t *stepping) leaveToColleagues() error {
	e := t.e
	e.Review = models.Texts[models.EnrollmentReview](slices.Clone(e.Review))
	if !t.has(models.EnrollmentReviewHeld) {
		e.Review = append(e.Review, models.EnrollmentReviewHeld)
	}
	if t.was == nil {
		t.name, t.next, e.State = models.StepApply, models.EnrollmentApplied, models.EnrollmentApplied
		e.CohortID = &t.cohort.ID
		if err := t.store(); err != nil {
			return err
		}
		if err := t.remember(); err != nil {
			return err
		}
	} else {
		e.Version, e.UpdatedAt = e.Version+1, t.tx.Now()
		updateRow(t.tx, *t.was, e)
	}
	return t.tx.Enqueue(LookAtEnrollment{EnrollmentID: e.ID, Left: true}, time.Time{})
}

// lookForClash has it found out whether somebody who got a place in a cohort is to be kept apart from somebody there.
func (t *stepping) lookForClash() error {
	if t.apart == nil || t.cohort == nil || !t.next.HoldsPlace() || !t.arrives() || !t.apart.Protects(t.e.MemberID) {
		return nil
	}
	return t.tx.Enqueue(LookAtEnrollment{EnrollmentID: t.e.ID}, time.Time{})
}

const (
	separationsOfEnrollment = `select s.id, s.first_id, s.second_id from separations s join enrollments e on e.id = $1 and e.member_id in (s.first_id, s.second_id)
		where s.status = 'live' and (s.ends_on is null or s.ends_on >= $2) order by s.id`
	lookDue = 24 * time.Hour
)

func (s *Service) lookAtEnrollment(ctx context.Context, args LookAtEnrollment) error {
	_, err := services.Mutate(ctx, s.core, "separation.look", func(tx *services.Tx) (*struct{}, error) {
		tx.Unchanged()
		var pairs []struct{ ID, FirstID, SecondID uuid.UUID }
		err := tx.Batch(services.Statement{SQL: separationsOfEnrollment, Args: []any{args.EnrollmentID, models.SeparationDay(tx.Now()).Time}, Scan: services.RowsInto(&pairs)})
		if err != nil {
			return nil, err
		}
		if args.Left {
			var concerned []uuid.UUID
			for _, p := range pairs {
				concerned = append(concerned, p.FirstID, p.SecondID)
			}
			return nil, askColleagues(tx, args.EnrollmentID, concerned)
		}
		for _, p := range pairs {
			found, err := CohortClashes(tx, p.ID)
			if err != nil {
				return nil, err
			}
			here := slices.DeleteFunc(found, func(c CohortClash) bool {
				return c.FirstEnrollmentID != args.EnrollmentID && c.KeptEnrollmentID != args.EnrollmentID
			})
			if err := AskAboutCohortClashes(tx, here); err != nil {
				return nil, err
			}
		}
		return nil, nil
	})
	return err
}

// askColleagues opens the task that those who are close to a separation of the person do not see.
func askColleagues(tx *services.Tx, id uuid.UUID, concerned []uuid.UUID) error {
	var e models.Enrollment
	if err := tx.DB.Where("id = ?", id).Take(&e).Error; err != nil {
		return err
	}
	p, err := program(tx.DB, e.ProgramID)
	if err != nil {
		return err
	}
	if !e.State.Live() || !slices.Contains(e.Review, models.EnrollmentReviewHeld) {
		return nil // somebody has decided meanwhile
	}
	concerned = slices.DeleteFunc(inOrder(concerned), func(m uuid.UUID) bool { return m == e.MemberID })
	return askToReview(tx, &e, p.Name, concerned)
}

// askToReview gives coordinators the task to decide. Its words never say why.
func askToReview(tx *services.Tx, e *models.Enrollment, program string, alsoAbout []uuid.UUID) error {
	_, err := tasks.Open(tx, tasks.New{Kind: TaskReviewEnrollment, MemberID: &e.MemberID, AlsoAbout: alsoAbout, Record: enrollmentRecord, RecordID: &e.ID,
		Queue: "coordinators", Title: "Look at an application for " + program, DueAt: tx.Now().Add(lookDue)})
	return err
}
