package programs

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// mostAtOnce is how many people one request takes a step for: what one transaction does in good time.
const mostAtOnce = 200

// BulkOutcome is what came of one person, or would come.
type BulkOutcome string

// The outcomes.
const (
	BulkDone            BulkOutcome = "done"
	BulkWaitlisted      BulkOutcome = "waitlisted"         // no place was free
	BulkLeft            BulkOutcome = "left_to_colleagues" // somebody else decides
	BulkAlreadyEnrolled BulkOutcome = "already_enrolled"
	BulkNotEligible     BulkOutcome = "not_eligible"
	BulkFactsMissing    BulkOutcome = "facts_missing"
	BulkNotFound        BulkOutcome = "not_found"
	BulkOwnRecord       BulkOutcome = "own_record"
	BulkRefused         BulkOutcome = "refused"
)

// BulkItem is one person of many.
type BulkItem struct {
	MemberID     *uuid.UUID              `json:"member_id" nullable:"true" doc:"Null for an enrollment that was not found"`
	EnrollmentID *uuid.UUID              `json:"enrollment_id" nullable:"true" doc:"Theirs; null when there is none, and of a dry run when it would be new"`
	Outcome      BulkOutcome             `json:"outcome" enum:"done,waitlisted,left_to_colleagues,already_enrolled,not_eligible,facts_missing,not_found,own_record,refused" example:"done"`
	State        *models.EnrollmentState `json:"state" enum:"applied,waitlisted,enrolled,active,paused,completed,denied,withdrawn,superseded" doc:"Where they stand afterwards; null when they have no enrollment there" example:"enrolled"`
	Code         services.Code           `json:"code,omitempty" doc:"Of refused: the code that the same step for one person answers" example:"wrong_state"`
	Sentences    []string                `json:"sentences" nullable:"false" doc:"Why, in words; none when it is done"`
}

// BulkAnswer lists what came of everybody, in the order in which they were named.
type BulkAnswer struct {
	DryRun bool       `json:"dry_run" doc:"Nothing was written"`
	Done   int        `json:"done" doc:"How many have what was asked, or would have it" example:"18"`
	Items  []BulkItem `json:"items" nullable:"false"`
}

func (a *BulkAnswer) members() (out []uuid.UUID) {
	for i := range a.Items {
		if m := a.Items[i].MemberID; m != nil && a.Items[i].Outcome != BulkNotFound {
			out = append(out, *m)
		}
	}
	return out
}

// errDryRun takes a dry run back.
var errDryRun = errors.New("this was a dry run")

// bulk takes steps for many in one transaction. A dry run takes the same steps and takes all of it back, so that what it says is
// what would come of it; the log then tells of a look at those people.
func (s *Service) bulk(ctx context.Context, action string, dry bool, do func(*services.Tx) (*BulkAnswer, error)) (*BulkAnswer, error) {
	if !dry {
		return services.Mutate(ctx, s.core, action, func(tx *services.Tx) (*BulkAnswer, error) {
			out, err := do(tx)
			if err != nil {
				return nil, err
			}
			tx.Subject(out.members()...)
			if out.nothing() {
				tx.Unchanged()
			}
			return out, nil
		})
	}
	call, err := services.CallFrom(ctx)
	if err != nil {
		return nil, err
	}
	var out *BulkAnswer
	own := &services.Call{Actor: call.Actor, RequestID: call.RequestID, Address: call.Address}
	_, err = services.Mutate(services.WithCall(ctx, own), s.core, action, func(tx *services.Tx) (struct{}, error) {
		tried, err := do(tx)
		if err != nil {
			return struct{}{}, err
		}
		out = tried
		return struct{}{}, errDryRun
	})
	if !errors.Is(err, errDryRun) {
		return nil, err
	}
	return services.Disclose(ctx, s.core, "enrollment.bulk_preview", func(d *services.Disclosure) (*BulkAnswer, error) {
		d.Subject(out.members()...)
		out.DryRun = true
		return out, nil
	})
}

// nothing says that nobody was changed.
func (a *BulkAnswer) nothing() bool {
	for i := range a.Items {
		switch a.Items[i].Outcome {
		case BulkDone, BulkWaitlisted, BulkLeft:
			return false
		}
	}
	return true
}

// refuse puts an error that is about one person into words, and answers any other: that is about all of them.
func (i *BulkItem) refuse(err error) error {
	var e *services.Error
	if !errors.As(err, &e) || e.Kind != services.KindConflict && e.Kind != services.KindInvalid && e.Kind != services.KindForbidden {
		return err
	}
	i.Outcome, i.Code, i.Sentences = BulkRefused, e.Code, []string{}
	for _, f := range e.Fields {
		i.Sentences = append(i.Sentences, f.Message)
	}
	if len(e.Fields) == 0 || e.Kind == services.KindConflict {
		i.Sentences = append([]string{e.Message}, i.Sentences...)
	}
	switch e.Code {
	case CodeNotEligible:
		i.Outcome = BulkNotEligible
	case CodeAlreadyEnrolled:
		i.Outcome = BulkAlreadyEnrolled
	}
	return nil
}

// afterwards is what the steps of many leave to be done once for all of them.
type afterwards struct {
	counted []uuid.UUID
	freed   map[uuid.UUID]bool // of each program whose places or line changed: whether a place has become free
}

// recount has the sums of the enrollment follow the step.
func (t *stepping) recount() error {
	if t.later != nil {
		t.later.counted = append(t.later.counted, t.e.ID)
		return nil
	}
	return recountRow(t.tx, t.e)
}

// lookAtLine has the task about the program's line follow the step.
func (t *stepping) lookAtLine(freed bool) error {
	if t.later != nil {
		t.later.freed[t.program.ID] = t.later.freed[t.program.ID] || freed
		return nil
	}
	return lookAtLine(t.tx, t.program, freed)
}

// afterAll does what the steps have left, and answers where the enrollments stand then: who was there before their first day
// was written is active by that.
func (b *bench) afterAll(ids []uuid.UUID) (map[uuid.UUID]models.EnrollmentState, error) {
	if err := Recount(b.tx, b.later.counted...); err != nil {
		return nil, err
	}
	programs := make([]uuid.UUID, 0, len(b.later.freed))
	for id := range b.later.freed {
		programs = append(programs, id)
	}
	for _, id := range inOrder(programs) {
		if err := lookAtLine(b.tx, b.programs[id], b.later.freed[id]); err != nil {
			return nil, err
		}
	}
	out := make(map[uuid.UUID]models.EnrollmentState, len(ids))
	if len(ids) == 0 {
		return out, b.tx.Batch()
	}
	var found []struct {
		ID    uuid.UUID
		State models.EnrollmentState
	}
	err := b.tx.DB.Table("enrollments").Select("id, state").Where("id IN ?", ids).Find(&found).Error
	for _, f := range found {
		out[f.ID] = f.State
	}
	return out, err
}

// leftToColleagues says that the step was not taken, but handed on.
func (t *stepping) leftToColleagues(asked models.EnrollmentStep) bool {
	return t.name != asked || t.e.State != t.next || t.cohort != nil && !same(t.e.CohortID, &t.cohort.ID)
}
