package workshops

import (
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
)

// timeColumns are what a workshop keeps of its sessions.
var timeColumns = []string{"starts_at", "ends_at", "listed_until"}

// sessionsOf reads all sessions of a workshop in order. Who changes one has locked the workshop.
func sessionsOf(tx *services.Tx, workshopID uuid.UUID) ([]models.WorkshopSession, error) {
	var out []models.WorkshopSession
	return out, tx.DB.Where("workshop_id = ?", workshopID).Order("starts_at, id").Find(&out).Error
}

// upcoming locks those that are still to come or under way, in order.
func upcoming(tx *services.Tx, workshopID uuid.UUID) ([]models.WorkshopSession, error) {
	var out []models.WorkshopSession
	return out, tx.DB.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("workshop_id = ? and status = ? and ends_at > ?", workshopID, models.SessionScheduled, tx.Now()).
		Order("starts_at, id").Find(&out).Error
}

// refreshTimes computes what w keeps of its sessions; the caller saves it.
func refreshTimes(tx *services.Tx, w *models.Workshop) error {
	sessions, err := sessionsOf(tx, w.ID)
	if err != nil {
		return err
	}
	w.StartsAt, w.EndsAt, w.ListedUntil = nil, nil, nil
	for i := range sessions {
		s := &sessions[i]
		if s.Status == models.SessionCancelled {
			continue
		}
		if w.StartsAt == nil {
			w.StartsAt = &s.StartsAt
		}
		if w.EndsAt == nil || s.EndsAt.After(*w.EndsAt) {
			w.EndsAt = &s.EndsAt
		}
		w.ListedUntil = &s.StartsAt
	}
	if w.AttendanceMode == models.AttendSeries && w.StartsAt != nil {
		w.ListedUntil = lastChance(w)
	}
	return nil
}

// lastChance is when nobody can join a series any more.
func lastChance(w *models.Workshop) *time.Time {
	switch {
	case w.ClosesAt == nil || w.ClosesAt.Before(*w.StartsAt):
		return w.StartsAt
	case w.ClosesAt.After(*w.EndsAt):
		return w.EndsAt
	}
	return w.ClosesAt
}

// alongWith moves t as the first start moved, on the clock on the wall.
func alongWith(t, was, now time.Time, zone string) *time.Time {
	onWall := func(t time.Time) time.Time {
		l := local(t, zone)
		return time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute(), l.Second(), 0, time.UTC)
	}
	to := onWall(t).Add(onWall(now).Sub(onWall(was)))
	at := time.Date(to.Year(), to.Month(), to.Day(), to.Hour(), to.Minute(), to.Second(), 0, local(t, zone).Location()).UTC()
	if !at.Before(now) {
		at = now.Add(-time.Minute) // the clocks changed in between
	}
	return &at
}

// storeTimes writes what a change of sessions made of the workshop's times; the day on which it is decided whether it runs
// keeps its distance from the first start. It is no edit of the workshop: its version
// stays.
func storeTimes(tx *services.Tx, w models.Workshop) error {
	after := w
	if err := refreshTimes(tx, &after); err != nil {
		return err
	}
	if w.Visibility == models.VisibilityPublished && after.StartsAt == nil {
		return services.Conflict(CodeLastSession, "This is the only session left. Cancel the workshop instead, so that everybody is told.")
	}
	moved := w.DecideBy != nil && w.StartsAt != nil && after.StartsAt != nil && !w.StartsAt.Equal(*after.StartsAt)
	if moved {
		after.DecideBy = alongWith(*w.DecideBy, *w.StartsAt, *after.StartsAt, w.TimeZone)
	}
	tx.Changed(w, after)
	tx.Queue(`update workshops set starts_at = $2, ends_at = $3, listed_until = $4, decide_by = $5 where id = $1`, w.ID, after.StartsAt, after.EndsAt, after.ListedUntil, after.DecideBy)
	if !moved || w.Visibility != models.VisibilityPublished {
		return nil
	}
	return firstOf(noDecision(tx, w.ID), decisionPlanned(tx, &after))
}

// saveSession writes columns of a session, and counts an edit.
func saveSession(tx *services.Tx, before models.WorkshopSession, s *models.WorkshopSession, columns ...string) error {
	s.Version, s.UpdatedAt = before.Version+1, tx.Now()
	tx.Changed(before, *s)
	return tx.DB.Model(s).Select(append(columns, "version", "updated_at")).Where("id = ?", s.ID).Updates(*s).Error
}
