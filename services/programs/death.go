package programs

import (
	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// heldEnrollment is what must be known of an enrollment to give it back.
type heldEnrollment struct {
	State       models.EnrollmentState `json:"state"`
	PausedUntil *models.Date           `json:"paused_until,omitempty"`
}

// Depart ends every live enrollment of somebody who has died, and says nothing to anybody. Their places are free, what they were
// asked and did not answer is asked no longer. What has ended before stays as it is. The member's row is locked.
func Depart(tx *services.Tx, memberID uuid.UUID) (out []models.DeathEffect, err error) {
	var live []struct{ ID uuid.UUID }
	tx.Locks(services.LockPrograms)
	err = tx.Batch(services.Statement{SQL: `select id from enrollments where member_id = $1 and live order by id`, Args: []any{memberID}, Scan: services.RowsInto(&live)})
	if err != nil || len(live) == 0 {
		return nil, err
	}
	ids := make([]uuid.UUID, len(live))
	for i := range live {
		ids[i] = live[i].ID
	}
	b, err := openBench(tx, benchOf{Enrollments: ids})
	if err != nil {
		return nil, err
	}
	for _, e := range b.rows {
		if !e.State.Live() {
			continue
		}
		held := heldEnrollment{e.State, e.PausedUntil}
		if err := b.step(e, models.StepWithdraw, StepInput{Reason: models.EnrollmentEndDied, Itself: true, Quiet: true}); err != nil {
			return nil, err
		}
		out = append(out, models.NewDeathEffect(enrollmentRecord, e.ID, models.DeathEnded, held))
	}
	return out, nil
}

// Return is the way back of what Depart ended.
type Return struct{ bench *bench }

// Hold locks the programs of all of it first.
func (r *Return) Hold(tx *services.Tx, effects []*models.DeathEffect) (err error) {
	if len(effects) == 0 {
		return nil
	}
	ids := make([]uuid.UUID, len(effects))
	for i, e := range effects {
		ids[i] = e.RecordID
	}
	tx.Locks(services.LockPrograms)
	r.bench, err = openBench(tx, benchOf{Enrollments: inOrder(ids)})
	return err
}

// GiveBack undoes what Depart did to one enrollment: the place when it is free, else the first place in line. Nobody is told:
// staff speak with the person. What goes on in another way by now, or in a program that has ended, stays as it is.
func (r *Return) GiveBack(tx *services.Tx, effect *models.DeathEffect) (models.DeathOutcome, error) {
	var held heldEnrollment
	if err := effect.Held(&held); err != nil {
		return "", err
	}
	b, e := r.bench, r.bench.row(effect.RecordID)
	if e == nil || e.State != models.EnrollmentWithdrawn || e.EndReason == nil || *e.EndReason != models.EnrollmentEndDied {
		return models.DeathSettled, nil
	}
	var others int
	err := tx.Batch(services.Statement{SQL: `select count(*)::int from enrollments where program_id = $1 and member_id = $2 and live and second = $3 and (not second or entered_by = $4)`,
		Args: []any{e.ProgramID, e.MemberID, e.Second, e.EnteredBy},
		Scan: services.ScanOne("enrollments", &others)})
	if err != nil || !b.programs[e.ProgramID].Status.Running() || others > 0 {
		return models.DeathNotPossible, err
	}
	quiet := StepInput{Itself: true, Quiet: true}
	if err := b.step(e, models.StepRestore, quiet); err != nil {
		return "", err
	}
	today := b.programs[e.ProgramID].Today(tx.Now())
	switch {
	case e.State == models.EnrollmentWaitlisted && held.State != models.EnrollmentWaitlisted:
		return models.DeathWaitlisted, nil
	case e.State.HoldsPlace() && held.State == models.EnrollmentPaused && held.PausedUntil.After(today.Time):
		quiet.Until = held.PausedUntil
		return models.DeathGivenBack, b.step(e, models.StepPause, quiet)
	}
	return models.DeathGivenBack, nil
}

func (b *bench) row(id uuid.UUID) *models.Enrollment {
	for _, e := range b.rows {
		if e.ID == id {
			return e
		}
	}
	return nil
}
