package programs

import (
	"context"
	"maps"
	"slices"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/forms"
	"homefront/services/people"
)

// CodeApplicationsClosed says that members cannot apply to a program, or no longer.
const CodeApplicationsClosed services.Code = "applications_closed"

// Apply asks to be let into a program, or lets somebody in.
type Apply struct {
	MemberID    *uuid.UUID             `json:"member_id,omitempty" doc:"Who; the caller when absent. Members name a child or an adult they may act for"`
	CohortID    *uuid.UUID             `json:"cohort_id,omitempty" doc:"A cohort of the program: of an application a wish, else where they get their place"`
	EnteredFor  *uuid.UUID             `json:"entered_for,omitempty" doc:"Staff alone, of somebody under 18: the parent or guardian for whom they enter it, who then sees it, answers its form and gets its mail. Absent: the one confirmed guardian, if there is exactly one"`
	Note        string                 `json:"note,omitempty" maxLength:"1000" doc:"For staff; nothing about health. What staff write is for colleagues: kept sealed, with the first line of the timeline" example:"Evenings suit me best"`
	Answers     map[string]any         `json:"answers,omitempty" doc:"To the program's intake form, by the keys of its fields. Absent: they are asked, and answer later"`
	State       models.EnrollmentState `json:"state,omitempty" enum:"applied,waitlisted,enrolled,active" doc:"Staff alone: where they stand at once; enrolled when absent"`
	StartsOn    *models.Date           `json:"starts_on,omitempty" doc:"Staff alone: the first day of somebody enrolled or active; today when absent, moved into the days of program and cohort"`
	WaiveReason string                 `json:"waive_reason,omitempty" maxLength:"500" doc:"Staff alone: why the rules that are not met do not count for this person. Kept sealed"`
}

// application is what is asked for, on its way to being an enrollment.
type application struct {
	*bench
	in        Apply
	program   *models.Program
	member    *models.Member
	staff     bool
	authority people.Authority
	review    []models.EnrollmentReview
	second    bool
	share     int // per cent of applications that are looked at by lot
}

var errUnknownPerson = services.InvalidField("/member_id", "unknown_member", "There is no such person among those you may enroll.")

// Apply takes an application of a member for themselves or for somebody they may act for, which staff then decide; or
// the enrollment of somebody by staff. What a member asks for is always an application: a separation, another guardian's
// application for the same child, a guardianship that is not confirmed and a fact that is missing look like everybody else's.
//
// Errors: not_found; conflict applications_closed, program_not_running, already_enrolled; invalid not_eligible with a sentence for
// each rule that is not met, adult_required for somebody under 18 who asks themselves, unknown_member, unknown_cohort,
// and for answers that do not fit; of staff also program_full, cohort_full and separation_clash, and invalid guardian_required for
// somebody under 18 of whom it is not clear for which guardian they are entered.
func (s *Service) Apply(ctx context.Context, programID uuid.UUID, in Apply) (*EnrollmentView, error) {
	return services.Mutate(ctx, s.core, "enrollment.create", func(tx *services.Tx) (*EnrollmentView, error) {
		a := &application{in: in, share: s.cfg.ReviewShare}
		member := tx.Actor().MemberID
		if in.MemberID != nil {
			member = *in.MemberID
		}
		if err := a.authorize(tx, member); err != nil {
			return nil, err
		}
		if err := a.seen(tx, programID); err != nil {
			return nil, err
		}
		of := benchOf{Programs: []uuid.UUID{programID}, Members: []uuid.UUID{member}, Apart: true}
		if in.CohortID != nil {
			of.Cohorts = []uuid.UUID{*in.CohortID}
		}
		if !a.staff {
			of.Beside = []uuid.UUID{tx.Actor().MemberID}
		}
		var err error
		if a.bench, err = openBench(tx, of); err != nil {
			return nil, err
		}
		a.program = a.programs[programID]
		if m, ok := a.people[member]; ok {
			a.member = &m
		}
		e, err := a.admit()
		if err != nil {
			return nil, err
		}
		return viewOne(tx, e.ID)
	})
}

// authorize finds out as what the caller asks. Staff leave themselves and those close to them to colleagues, for whom they
// may still ask as anybody.
func (a *application) authorize(tx *services.Tx, member uuid.UUID) error {
	actor := tx.Actor()
	may, err := people.AuthorityOver(tx, actor, []uuid.UUID{member})
	if err != nil {
		return err
	}
	if a.authority = may[member]; a.authority.Allowed {
		return nil
	}
	if !actor.Coordinates() {
		return errUnknownPerson
	}
	var handled []uuid.UUID
	if err := tx.DB.Table("members").Scopes(actor.NotOwn("members.id", tx.Now())).Where("members.id = ?", member).Limit(1).Pluck("members.id", &handled).Error; err != nil {
		return err
	}
	if len(handled) == 0 {
		return errUnknownPerson
	}
	a.staff = true
	return nil
}

// seen: what the caller does not find among the programs is none.
func (a *application) seen(tx *services.Tx, programID uuid.UUID) error {
	var found []uuid.UUID
	err := tx.DB.Model(&models.Program{}).Scopes(Visible(tx.Actor(), tx.Now())).Where("programs.id = ?", programID).Limit(1).Pluck("programs.id", &found).Error
	if err == nil && len(found) == 0 {
		err = services.NotFound("program")
	}
	return err
}

// admit makes the enrollment, or says what stands in the way.
func (a *application) admit() (*models.Enrollment, error) {
	if err := a.checkPerson(); err != nil {
		return nil, err
	}
	if !a.staff {
		if err := a.checkWindow(); err != nil {
			return nil, err
		}
	}
	if err := a.checkPlaces(); err != nil {
		return nil, err
	}
	if !a.staff {
		if err := a.lookTwice(); err != nil {
			return nil, err
		}
		slices.Sort(a.review)
	}
	e := newEnrollment(a.tx, a.program, a.member.ID, a.tx.Actor().MemberID)
	e.Second, e.Review = a.second, a.review
	in, state := StepInput{On: a.in.StartsOn, WaiveReason: a.in.WaiveReason, dayField: "/starts_on"}, models.EnrollmentApplied
	if a.staff {
		by, err := a.enteredFor()
		if err != nil {
			return nil, err
		}
		e.EnteredBy, in.Words = by, a.in.Note
		if state = a.in.State; state == "" {
			state = models.EnrollmentEnrolled
		}
		if e.Review, err = a.toBeJudged(state); err != nil {
			return nil, err
		}
	} else {
		e.Note = services.Prose(a.in.Note)
	}
	if a.in.CohortID != nil {
		in.Cohort = services.Some(*a.in.CohortID)
	}
	return e, a.admitTo(e, state, in, a.in.Answers)
}

// toBeJudged marks what staff enter for somebody to be decided later, where the rules are not met or a fact is missing.
func (a *application) toBeJudged(state models.EnrollmentState) (models.Texts[models.EnrollmentReview], error) {
	if state != models.EnrollmentApplied || len(a.program.Rules) == 0 {
		return a.review, nil
	}
	verdict, err := a.judge(a.program, a.member.ID)
	if err != nil || verdict.Verdict == models.VerdictMet {
		return a.review, err
	}
	return append(a.review, models.EnrollmentReviewEligibility), nil
}

func newEnrollment(tx *services.Tx, p *models.Program, member, enteredBy uuid.UUID) *models.Enrollment {
	now := tx.Now()
	return &models.Enrollment{Record: models.Record{ID: services.NewID(), CreatedAt: now, UpdatedAt: now}, ProgramID: p.ID, ProgramFirstDay: p.FirstDay, ProgramLastDay: p.LastDay,
		MemberID: member, EnteredBy: enteredBy, State: models.EnrollmentNew, AppliedAt: now}
}

// firstSteps lead somebody who is new to where they stand at once.
var firstSteps = map[models.EnrollmentState]models.EnrollmentStep{models.EnrollmentApplied: models.StepApply, models.EnrollmentWaitlisted: models.StepWaitlist,
	models.EnrollmentEnrolled: models.StepEnroll, models.EnrollmentActive: models.StepActivate}

// admitTo stores a new enrollment in its first state, and asks the program's intake form. Errors: those of step, and of forms.
func (b *bench) admitTo(e *models.Enrollment, state models.EnrollmentState, in StepInput, answers map[string]any) error {
	if err := b.take(&stepping{bench: b, e: e, in: in, name: firstSteps[state]}); err != nil {
		return err
	}
	form := b.programs[e.ProgramID].IntakeFormID
	if form == nil {
		if len(answers) > 0 {
			return services.InvalidField("/answers", "no_form", "This program asks nothing. Leave answers out.")
		}
		return nil
	}
	return forms.Ask(b.tx, forms.Asked{FormID: *form, MemberID: e.MemberID, EnteredBy: e.EnteredBy, Record: enrollmentRecord, RecordID: e.ID, Answers: answers, Pointer: "/answers"})
}

func (a *application) checkPerson() error {
	if a.member == nil || a.member.Gone() {
		return errUnknownPerson
	}
	if a.staff {
		return nil
	}
	faults := staffSays(map[string]bool{"/state": a.in.State != "", "/starts_on": a.in.StartsOn != nil, "/waive_reason": a.in.WaiveReason != "", "/entered_for": a.in.EnteredFor != nil})
	if a.member.ID == a.tx.Actor().MemberID && a.member.MinorOn(a.member.Today(a.tx.Now())) {
		faults = append(faults, services.FieldError{Field: "/member_id", Code: "adult_required", Message: "Until your 18th birthday a parent or guardian applies for you."})
	}
	if len(faults) > 0 {
		return services.Invalid(faults...)
	}
	return nil
}

// staffSays lists which of these fields are given though they are for staff.
func staffSays(given map[string]bool) (faults []services.FieldError) {
	for _, field := range slices.Sorted(maps.Keys(given)) {
		if given[field] {
			faults = append(faults, services.FieldError{Field: field, Code: "staff_only", Message: "Only our team says this. Leave it out."})
		}
	}
	return faults
}

// staffOnly refuses them.
func staffOnly(given map[string]bool) error {
	if faults := staffSays(given); len(faults) > 0 {
		return services.Invalid(faults...)
	}
	return nil
}

// checkWindow: members apply while a program takes applications.
func (a *application) checkWindow() error {
	p, today := a.program, a.program.Today(a.tx.Now())
	switch {
	case !p.Status.Running() || today.After(p.LastDay.Time):
		return services.Conflict(CodeNotRunning, "This program has ended.")
	case !p.TakesApplications:
		return services.Conflict(CodeApplicationsClosed, "This program takes no applications now. Ask us to call you, and we look for something together.")
	case p.ApplicationsCloseOn != nil && today.After(p.ApplicationsCloseOn.Time):
		return services.Conflict(CodeApplicationsClosed, "Applications closed on %s. Ask us to call you, and we look for something together.", p.ApplicationsCloseOn)
	}
	return nil
}

// checkPlaces: one live enrollment for each. Somebody whom another enters a second time is the exception: this one stands beside
// that one, and looks like any other, so that nobody learns from it what a child or an adult does without them.
func (a *application) checkPlaces() error {
	var had []models.Enrollment
	if err := a.tx.DB.Where("program_id = ? AND member_id = ? AND live", a.program.ID, a.member.ID).Find(&had).Error; err != nil {
		return err
	}
	me := a.tx.Actor().MemberID
	for i := range had {
		if a.staff || a.member.ID == me || had[i].EnteredBy == me {
			return errAlreadyEnrolled
		}
		a.second = true
	}
	return nil
}

// lookTwice gathers what staff have to look at, and refuses who plainly does not meet the rules.
func (a *application) lookTwice() error {
	me := a.tx.Actor().MemberID
	if a.authority.NeedsReview {
		a.review = append(a.review, models.EnrollmentReviewGuardianship)
	}
	if a.second {
		a.review = append(a.review, models.EnrollmentReviewSecond)
	}
	if a.apart.Held(a.member.ID, me) || people.Drawn(a.tx, a.program.ID, a.member.ID, a.share) {
		a.review = append(a.review, models.EnrollmentReviewHeld)
	}
	if len(a.program.Rules) == 0 {
		return nil
	}
	verdict, err := a.judge(a.program, a.member.ID)
	if err != nil {
		return err
	}
	if verdict = verdict.ForMember(); a.member.ID != me {
		verdict = verdict.ForGuardian()
	}
	switch verdict.Verdict {
	case models.VerdictNotMet:
		return notEligible(verdict, "")
	case models.VerdictUnknown:
		a.review = append(a.review, models.EnrollmentReviewEligibility)
	}
	return nil
}
