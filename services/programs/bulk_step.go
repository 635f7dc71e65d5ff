package programs

import (
	"context"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// BulkStep takes one step for many enrollments.
type BulkStep struct {
	EnrollmentIDs []uuid.UUID               `json:"enrollment_ids" minItems:"1" maxItems:"200" uniqueItems:"true" doc:"In the order in which they get what is free"`
	Step          models.EnrollmentStep     `json:"step" enum:"waitlist,enroll,deny,activate,complete,withdraw,move" example:"complete"`
	Reason        models.EnrollmentEnd      `json:"reason,omitempty" enum:"finished,goals_met,member_request,moved_away,schedule,other_help_fits_better,no_contact,conduct,not_eligible,no_place,duplicate,program_closed,other" doc:"Of deny, complete and withdraw: one that fits the step"`
	Words         string                    `json:"words,omitempty" maxLength:"1000" doc:"For colleagues; required when the reason is other. Kept sealed with each of them"`
	CohortID      services.Field[uuid.UUID] `json:"cohort_id,omitzero" required:"false" doc:"Of enroll and move: the cohort; null for none"`
	On            *models.Date              `json:"on,omitempty" doc:"Of enroll and activate the first day, of complete and withdraw the last; today when absent"`
	DryRun        *bool                     `json:"dry_run,omitempty" doc:"True when absent: nothing is written, and the answer says what would come of everybody"`
}

// BulkStep takes one step for many enrollments, of one program or of several, or shows what would come of it. What cannot be
// done is listed with the code and the words that the same step for one answers, and the rest is done. Rules of
// eligibility are waived one by one.
//
// Errors: invalid when the step needs a cohort or asks for none; unknown_cohort for one of no program of these.
func (s *Service) BulkStep(ctx context.Context, in BulkStep) (*BulkAnswer, error) {
	return s.bulk(ctx, "enrollment.bulk_step", in.DryRun == nil || *in.DryRun, func(tx *services.Tx) (*BulkAnswer, error) {
		return bulkStep(tx, in)
	})
}

func bulkStep(tx *services.Tx, in BulkStep) (*BulkAnswer, error) {
	ids := distinct(in.EnrollmentIDs)
	if err := in.check(len(ids)); err != nil {
		return nil, err
	}
	var seen []uuid.UUID
	err := tx.DB.Table("enrollments").Scopes(visibleEnrollments(tx.Actor(), tx.Now())).Where("enrollments.id IN ?", ids).Pluck("enrollments.id", &seen).Error
	if err != nil {
		return nil, err
	}
	out := &BulkAnswer{Items: make([]BulkItem, len(ids))}
	if len(seen) == 0 {
		for i := range ids {
			out.Items[i] = unknownEnrollment()
		}
		return out, nil
	}
	of := benchOf{Enrollments: seen, Scope: visibleEnrollments(tx.Actor(), tx.Now()), Apart: true}
	if in.CohortID.Value != nil {
		of.Cohorts = []uuid.UUID{*in.CohortID.Value}
	}
	b, err := openBench(tx, of)
	if err != nil {
		return nil, err
	}
	b.later = &afterwards{freed: map[uuid.UUID]bool{}}
	rows := make(map[uuid.UUID]*models.Enrollment, len(b.rows))
	for _, e := range b.rows {
		rows[e.ID] = e
	}
	for i, id := range ids {
		if out.Items[i] = unknownEnrollment(); rows[id] == nil {
			continue
		}
		if err := b.stepOf(&out.Items[i], rows[id], in); err != nil {
			return nil, err
		}
	}
	return out, b.tell(out, false)
}

func unknownEnrollment() BulkItem {
	return BulkItem{Outcome: BulkNotFound, Sentences: []string{"There is no such enrollment."}}
}

// check refuses what is wrong for all of them alike.
func (in *BulkStep) check(n int) error {
	if err := checkMany("/enrollment_ids", n); err != nil {
		return err
	}
	switch {
	case in.Step == models.StepMove && !in.CohortID.Set:
		return services.InvalidField("/cohort_id", "required", "Say into which cohort; null for none.")
	case in.CohortID.Set && in.Step != models.StepMove && in.Step != models.StepEnroll:
		return services.InvalidField("/cohort_id", "not_asked", "No cohort is given here.")
	case in.On != nil && !in.Step.Rule().On:
		return services.InvalidField("/on", "not_asked", "No day is given here.")
	case in.Reason != "" && len(in.Step.Rule().Reasons) == 0:
		return services.InvalidField("/reason", "not_asked", "No reason is given here.")
	case len(in.Step.Rule().Reasons) > 0 && !in.Step.Fits(in.Reason, false):
		return services.InvalidField("/reason", "does_not_fit", "Give one of: %s.", reasonsOf(in.Step.Rule()))
	case in.Reason == models.EnrollmentEndOther && services.Prose(in.Words) == "":
		return services.InvalidField("/words", "required", "Say in your own words why.")
	}
	return nil
}

// stepOf takes the step for one of them, or says why not.
func (b *bench) stepOf(item *BulkItem, e *models.Enrollment, in BulkStep) error {
	was := *e
	item.MemberID, item.EnrollmentID, item.Sentences = &was.MemberID, &was.ID, []string{}
	t := &stepping{bench: b, e: e, was: &was, name: in.Step, in: StepInput{On: in.On, Reason: in.Reason, Words: in.Words, Cohort: in.CohortID}}
	if err := b.take(t); err != nil {
		return item.refuse(err)
	}
	if item.Outcome = BulkDone; t.leftToColleagues(in.Step) {
		item.Outcome, item.Sentences = BulkLeft, []string{"A colleague looks at this one and decides."}
	}
	return nil
}
