package records

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/accounts"
	"homefront/services/coaching"
	"homefront/services/notices"
	"homefront/services/outreach"
	"homefront/services/people"
	"homefront/services/programs"
	"homefront/services/tasks"
	"homefront/services/workshops"
)

// Confirm makes a reported death count, in one transaction with all that ends by it: the person's sign-in and sessions,
// messages to them, guardianships, asks, coaching, parties, enrollments and help requests, tasks about them. Who is close to them is called by a
// person: each gets a task, and nobody a message. Everything that changed is kept, so that Reverse can give it back.
// Errors: not_found; forbidden second_staff_required for who reported it, role_above_own for a colleague whose roles the
// caller may not take; conflict wrong_death_state, member_closed.
func (s *Service) Confirm(ctx context.Context, id uuid.UUID) (*models.Death, error) {
	return services.Mutate(ctx, s.core, "death.confirm", func(tx *services.Tx) (*models.Death, error) {
		row, err := death(tx.DB, tx.Actor(), tx.Now(), id)
		if err != nil {
			return nil, err
		}
		if err := mayConfirm(tx, row); err != nil {
			return nil, err
		}
		effects, err := depart(tx, row)
		if err != nil {
			return nil, err
		}
		if err := tasks.CloseFor(tx, deathRecord, row.ID, TaskConfirmDeath); err != nil {
			return nil, err
		}
		calls, err := askToCall(tx, row)
		if err != nil {
			return nil, err
		}
		keepEffects(tx, row.ID, append(effects, calls...))
		before, at, by := *row, tx.Now(), tx.Actor().MemberID
		row.Status, row.ConfirmedAt, row.ConfirmedBy = models.DeathConfirmed, &at, &by
		return row, saveDeath(tx, before, row)
	})
}

func mayConfirm(tx *services.Tx, row *models.Death) error {
	switch {
	case row.Status != models.DeathReported:
		return services.Conflict(CodeDeathState, "This was confirmed or withdrawn before.")
	case row.ReportedBy == tx.Actor().MemberID:
		return errSecondStaff
	}
	return nil
}

// holdDeath locks a report once its person is locked, in the order of a merge, and reads it again: of two who decide at once the
// second finds it decided.
func holdDeath(tx *services.Tx, known *models.Death) (*models.Death, error) {
	row, err := lockDeath(tx, known.ID)
	if err == nil && row.MemberID != known.MemberID {
		err = services.Unavailable(services.CodeBusy, "This person's record was merged just now. Try again.")
	}
	return row, err
}

// steps end what there is in each domain, once the account and the member's row are locked. Tasks come last: what ended
// before has dropped its own.
var steps = []func(*services.Tx, uuid.UUID) ([]models.DeathEffect, error){notices.StopFor, coaching.Depart, workshops.Depart, programs.Depart, outreach.Depart, tasks.Depart}

// depart locks the account, the person and the report, which it reads again, and ends what there is.
func depart(tx *services.Tx, row *models.Death) ([]models.DeathEffect, error) {
	memberID := row.MemberID
	effects, err := accounts.Depart(tx, memberID)
	if err != nil {
		return nil, err
	}
	m, err := people.LockForDeath(tx, memberID)
	if err != nil {
		return nil, err
	}
	held, err := holdDeath(tx, row)
	if err != nil {
		return nil, err
	}
	*row = *held
	if err := mayConfirm(tx, row); err != nil {
		return nil, err
	}
	if late, err := accounts.LateAccount(tx, memberID); err != nil || late {
		return nil, firstOf(err, services.Unavailable(services.CodeBusy, "This person's account was made just now. Try again."))
	}
	gone, err := people.Depart(tx, m)
	if err != nil {
		return nil, err
	}
	effects = append(effects, gone...)
	for _, step := range steps {
		more, err := step(tx, memberID)
		if err != nil {
			return nil, err
		}
		effects = append(effects, more...)
	}
	return effects, nil
}

// askToCall opens one task for each living adult who was close, due the next day. The title stands in lists and says
// nothing; who is close to the person does not see it.
func askToCall(tx *services.Tx, row *models.Death) (out []models.DeathEffect, err error) {
	near, err := people.CloseOnes(tx, row.MemberID)
	for i := range near {
		task, err := tasks.Open(tx, tasks.New{Kind: models.TaskCall, MemberID: &near[i].ID, AlsoAbout: []uuid.UUID{row.MemberID}, Record: deathRecord, RecordID: &row.ID,
			Queue: "coordinators", Title: "Call this person, in person and with time", DueAt: tx.Now().AddDate(0, 0, 1)})
		if err != nil {
			return nil, err
		}
		out = append(out, models.NewDeathEffect("task", task, models.DeathOpened, nil))
	}
	return out, err
}

func keepEffects(tx *services.Tx, deathID uuid.UUID, effects []models.DeathEffect) {
	for i := range effects {
		e := &effects[i]
		tx.Queue(`insert into death_effects (id, created_at, death_id, place, record, record_id, action, before) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
			services.NewID(), tx.Now(), deathID, i+1, e.About, e.RecordID, string(e.Action), []byte(e.Before))
	}
}

func firstOf(errs ...error) error {
	i := slices.IndexFunc(errs, func(err error) bool { return err != nil })
	if i < 0 {
		return nil
	}
	return errs[i]
}

// Reverse takes a confirmed death back: it was not true. What it ended is given back as far as it can be; for the rest
// staff get a task. One person may do it: nothing is lost by it. Nobody is sent a message, and the calls that were not
// made yet are dropped.
// Errors: not_found; conflict wrong_death_state; invalid for a blank reason.
func (s *Service) Reverse(ctx context.Context, id uuid.UUID, in DeathReason) (*DeathView, error) {
	return services.Mutate(ctx, s.core, "death.reverse", func(tx *services.Tx) (*DeathView, error) {
		row, err := death(tx.DB, tx.Actor(), tx.Now(), id)
		if err != nil {
			return nil, err
		}
		if row.Status != models.DeathConfirmed {
			return nil, errNotConfirmed
		}
		if err := tx.Because(row.MemberID, in.Reason); err != nil {
			return nil, err
		}
		effects, err := giveBack(tx, row)
		if err != nil {
			return nil, err
		}
		if err := closeDeath(tx, row, models.DeathReversed); err != nil {
			return nil, err
		}
		return &DeathView{Death: *row, Effects: effects}, nil
	})
}

var errNotConfirmed = services.Conflict(CodeDeathState, "Only a confirmed death can be reversed; a report that waits is withdrawn.")

// giveBack goes through what was ended in the order of locks: account, member, the engagements, the parties by their pools, the
// enrollments by their programs, the rest.
func giveBack(tx *services.Tx, row *models.Death) ([]models.DeathEffect, error) {
	effects := []models.DeathEffect{}
	if err := tx.DB.Where("death_id = ?", row.ID).Order("place").Find(&effects).Error; err != nil {
		return nil, err
	}
	of := func(records ...string) (out []*models.DeathEffect) {
		for i := range effects {
			if slices.Contains(records, effects[i].About) {
				out = append(out, &effects[i])
			}
		}
		return out
	}
	var enrollments programs.Return
	for _, part := range []struct {
		effects []*models.DeathEffect
		back    func(*services.Tx, *models.DeathEffect) (models.DeathOutcome, error)
		before  func(*services.Tx, []*models.DeathEffect) error
	}{
		{of("account", "account_invitation"), accounts.GiveBack, nil},
		{of("member"), reviveLocked(row), nil},
		{of("guardianship", "relationship"), people.GiveBack, nil},
		{of("message"), settled, nil},
		{of("engagement", "coaching_session", "coach"), coaching.GiveBack, coaching.HoldEffects},
		{of("registration", "attendee"), workshops.GiveBack, workshops.GroundsOf},
		{of("enrollment"), enrollments.GiveBack, enrollments.Hold},
		{of("help_request"), outreach.GiveBack, nil},
		{of("task"), tasks.GiveBack, nil},
	} {
		if part.before != nil {
			if err := part.before(tx, part.effects); err != nil {
				return nil, err
			}
		}
		for _, e := range part.effects {
			outcome, err := part.back(tx, e)
			if err != nil {
				return nil, err
			}
			at := tx.Now()
			e.Outcome, e.UndoneAt = &outcome, &at
			tx.Queue(`update death_effects set outcome = $2, undone_at = $3 where id = $1`, e.ID, string(outcome), at)
		}
	}
	return effects, askForTheRest(tx, row, effects)
}

// reviveLocked takes the member's row, and the report, as Confirm does before it is given back. Whose record was merged since lives
// on in the one that was kept: the report names that one by now.
func reviveLocked(row *models.Death) func(*services.Tx, *models.DeathEffect) (models.DeathOutcome, error) {
	return func(tx *services.Tx, e *models.DeathEffect) (models.DeathOutcome, error) {
		if _, err := people.LockForDeath(tx, row.MemberID); err != nil {
			return "", err
		}
		held, err := holdDeath(tx, row)
		if err != nil {
			return "", err
		}
		if *row = *held; row.Status != models.DeathConfirmed {
			return "", errNotConfirmed
		}
		one := *e
		one.RecordID = row.MemberID
		return people.GiveBack(tx, &one)
	}
}

// settled is what becomes of a message that was never sent: what still matters is told by its own rules.
func settled(*services.Tx, *models.DeathEffect) (models.DeathOutcome, error) {
	return models.DeathSettled, nil
}

func askForTheRest(tx *services.Tx, row *models.Death, effects []models.DeathEffect) error {
	if !slices.ContainsFunc(effects, func(e models.DeathEffect) bool {
		return e.Outcome != nil && (*e.Outcome == models.DeathNotPossible || *e.Outcome == models.DeathWaitlisted)
	}) {
		return nil
	}
	_, err := tasks.Open(tx, tasks.New{Kind: TaskNotGivenBack, MemberID: &row.MemberID, Record: deathRecord, RecordID: &row.ID, Queue: "coordinators",
		Title: "Some places could not be given back: see the report, and call", DueAt: tx.Now().AddDate(0, 0, 1)})
	return err
}
