package outreach

import (
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
	"homefront/services/tasks"
)

// heldRequest is what must be known of a help request to give it back.
type heldRequest struct {
	Status  models.HelpStatus `json:"status"`
	TakenBy *uuid.UUID        `json:"taken_by,omitempty"`
	TakenAt *time.Time        `json:"taken_at,omitempty"`
}

var requestColumns = []string{"status", "due_at", "escalations", "taken_by", "taken_at", "ended_by", "ended_at", "version", "updated_at"}

// Depart closes what somebody who has died still asked for, and gives what they had taken to answer back to the others.
func Depart(tx *services.Tx, memberID uuid.UUID) (out []models.DeathEffect, err error) {
	var rows []models.HelpRequest
	err = tx.DB.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("(member_id = ? OR taken_by = ?) AND status IN ('received', 'taken')", memberID, memberID).Order("id").Find(&rows).Error
	for i := range rows {
		before, r := rows[i], &rows[i]
		held, action := heldRequest{r.Status, r.TakenBy, r.TakenAt}, models.DeathHandedBack
		if r.MemberID == memberID {
			at, by := tx.Now(), tx.Actor().MemberID
			r.Status, r.EndedAt, r.EndedBy, action = models.HelpClosed, &at, &by, models.DeathEnded
			if err := tasks.CloseFor(tx, "help_request", r.ID); err != nil {
				return nil, err
			}
		} else {
			r.Status, r.TakenBy, r.TakenAt = models.HelpReceived, nil, nil
		}
		if err := saveRequest(tx, before, r); err != nil {
			return nil, err
		}
		out = append(out, models.NewDeathEffect("help_request", r.ID, action, held))
	}
	return out, err
}

// GiveBack opens what Depart closed, unless the person asked again or somebody else took it meanwhile. What was closed
// waits again with a task and reminders of its own, due when it was: at once, when that has passed, since the person waits
// all the while.
func GiveBack(tx *services.Tx, e *models.DeathEffect) (models.DeathOutcome, error) {
	var held heldRequest
	if err := e.Held(&held); err != nil {
		return "", err
	}
	var rows []models.HelpRequest
	err := tx.DB.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where(`id = ? AND not exists (select from help_requests o where o.member_id = help_requests.member_id
		and o.status in ('received', 'taken') and o.id <> help_requests.id)`, e.RecordID).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return models.DeathSettled, err
	}
	before, r := rows[0], &rows[0]
	switch {
	case e.Action == models.DeathEnded && r.Status == models.HelpClosed:
		r.EndedAt, r.EndedBy, r.Escalations = nil, nil, 0
		if r.DueAt.Before(tx.Now()) {
			r.DueAt = tx.Now()
		}
	case e.Action == models.DeathHandedBack && r.Status == models.HelpReceived:
	default:
		return models.DeathSettled, nil
	}
	r.Status, r.TakenBy, r.TakenAt = held.Status, held.TakenBy, held.TakenAt
	if err := saveRequest(tx, before, r); err != nil || e.Action != models.DeathEnded {
		return models.DeathGivenBack, err
	}
	return models.DeathGivenBack, openHelpTask(tx, r)
}

func saveRequest(tx *services.Tx, before models.HelpRequest, r *models.HelpRequest) error {
	r.Version, r.UpdatedAt = r.Version+1, tx.Now()
	tx.Changed(before, *r)
	return tx.DB.Model(&models.HelpRequest{}).Where("id = ?", r.ID).Select(requestColumns).Updates(r).Error
}
