package tasks

import (
	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// heldTask is what must be known of a task to give it back. Whom it was about is kept only where that changed.
type heldTask struct {
	Status   models.TaskStatus `json:"status"`
	OwnerID  *uuid.UUID        `json:"owner_id,omitempty"`
	MemberID *uuid.UUID        `json:"member_id,omitempty"`
}

// Depart drops the live tasks about somebody who has died and gives their own open work back to its queues. Tasks about
// the death itself are opened later.
func Depart(tx *services.Tx, memberID uuid.UUID) (out []models.DeathEffect, err error) {
	var rows []models.Task
	err = tx.DB.Clauses(forUpdate).Where("(member_id = ? OR owner_id = ?) AND status IN ? AND record <> 'death'", memberID, memberID, live).Order("id").Find(&rows).Error
	for i := range rows {
		before, t := rows[i], &rows[i]
		held := heldTask{Status: t.Status, OwnerID: t.OwnerID}
		if t.MemberID != nil && *t.MemberID == memberID {
			reason := moot
			closeTask(tx, t, models.TaskDropped)
			t.Reason = &reason
			out = append(out, models.NewDeathEffect("task", t.ID, models.DeathEnded, held))
		} else {
			t.OwnerID = nil
			out = append(out, models.NewDeathEffect("task", t.ID, models.DeathHandedBack, held))
		}
		if err := store(tx, before, t); err != nil {
			return nil, err
		}
	}
	return out, err
}

// Reaim makes the live tasks about a record, and about one person, be about another: who leads a party now. A task whose
// twin is about the other already stays as it is.
func Reaim(tx *services.Tx, record string, recordID, from, to uuid.UUID) (out []models.DeathEffect, err error) {
	var rows []models.Task
	err = tx.DB.Clauses(forUpdate).Where("record = ? AND record <> '' AND record_id = ? AND member_id = ? AND status IN ?", record, recordID, from, live).Order("id").Find(&rows).Error
	for i := range rows {
		before, t := rows[i], &rows[i]
		t.MemberID = &to
		twin, err := liveTwin(tx, t)
		if err != nil {
			return nil, err
		}
		if twin {
			continue // it is asked about them already
		}
		out = append(out, models.NewDeathEffect("task", t.ID, models.DeathLeft, heldTask{Status: t.Status, MemberID: &from}))
		if err := store(tx, before, t); err != nil {
			return nil, err
		}
		tx.Queue(`update tasks set member_id = $2 where id = $1`, t.ID, to)
	}
	return out, err
}

// GiveBack undoes what Depart and Reaim did to one task, or drops one that a death had opened, unless somebody has worked
// on it since.
func GiveBack(tx *services.Tx, e *models.DeathEffect) (models.DeathOutcome, error) {
	var rows []models.Task
	if err := tx.DB.Clauses(forUpdate).Where("id = ?", e.RecordID).Limit(1).Find(&rows).Error; err != nil || len(rows) == 0 {
		return models.DeathSettled, err
	}
	var held heldTask
	if err := e.Held(&held); err != nil {
		return "", err
	}
	before, t := rows[0], &rows[0]
	switch {
	case e.Action == models.DeathOpened && t.Status.Live():
		reason := moot
		closeTask(tx, t, models.TaskDropped)
		t.Reason = &reason
	case e.Action == models.DeathEnded && t.Status == models.TaskDropped && (t.Reason == nil || *t.Reason == moot):
		again, err := liveTwin(tx, t)
		if err != nil || again {
			return models.DeathSettled, err
		}
		t.Status, t.ClosedAt, t.ClosedBy, t.Reason = models.TaskOpen, nil, nil, nil
	case e.Action == models.DeathHandedBack && t.Status.Live() && t.OwnerID == nil:
		t.OwnerID = held.OwnerID
	case e.Action == models.DeathLeft && t.Status.Live() && held.MemberID != nil:
		t.MemberID = held.MemberID
		tx.Queue(`update tasks set member_id = $2 where id = $1`, t.ID, held.MemberID)
	default:
		return models.DeathSettled, nil
	}
	return models.DeathGivenBack, store(tx, before, t)
}

// liveTwin says whether the same work was opened again meanwhile.
func liveTwin(tx *services.Tx, t *models.Task) (twin bool, err error) {
	if t.About == "" {
		return false, nil
	}
	err = tx.DB.Raw(`select exists (select from tasks where record = ? and record <> '' and record_id = ? and kind = ? and member_id is not distinct from ? and status in ('open', 'snoozed'))`,
		t.About, t.RecordID, t.Kind, t.MemberID).Scan(&twin).Error
	return twin, err
}
