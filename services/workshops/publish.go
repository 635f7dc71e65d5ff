package workshops

import (
	"context"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/calendar"
	"homefront/services/people"
)

// CodeWrongState is the code of a verb that the workshop's state does not allow.
const CodeWrongState services.Code = "wrong_state"

// Publish puts a draft into the catalog.
// Errors: not_found; conflict wrong_state for what is no draft, or not_ready, which lists all that is missing.
func (s *Service) Publish(ctx context.Context, id uuid.UUID) (*WorkshopDetail, error) {
	return s.turn(ctx, "workshop.publish", id, func(tx *services.Tx, w *models.Workshop) error {
		if w.Visibility != models.VisibilityDraft {
			return services.Conflict(CodeWrongState, "Only a draft can be published; this workshop is %s.", w.Visibility)
		}
		if err := ready(tx, *w); err != nil {
			return err
		}
		if err := readyToAsk(tx, w); err != nil {
			return err
		}
		now := tx.Now()
		w.Visibility, w.PublishedAt = models.VisibilityPublished, &now
		if err := refreshTimes(tx, w); err != nil {
			return err
		}
		return firstOf(plannedAll(tx, w.ID), decisionPlanned(tx, w))
	})
}

// plannedAll puts the reminders of all sessions to come in line.
func plannedAll(tx *services.Tx, workshopID uuid.UUID) error {
	sessions, err := upcoming(tx, workshopID)
	if err != nil {
		return err
	}
	return sessionsPlanned(tx, sessions...)
}

// Unpublish takes a workshop out of the catalog while nobody is registered or waiting.
// Errors: not_found; conflict wrong_state, or has_registrations.
func (s *Service) Unpublish(ctx context.Context, id uuid.UUID) (*WorkshopDetail, error) {
	return s.turn(ctx, "workshop.unpublish", id, func(tx *services.Tx, w *models.Workshop) error {
		if w.Visibility != models.VisibilityPublished {
			return services.Conflict(CodeWrongState, "Only a published workshop can be unpublished; this one is %s.", w.Visibility)
		}
		if err := lockUnregistered(tx, id, true); err != nil {
			return err
		}
		w.Visibility = models.VisibilityDraft
		return noDecision(tx, id)
	})
}

// CancelWorkshop calls it off: its people and places are free again, every registration ends and everybody is told why.
// A draft is given up the same way.
// Errors: not_found; invalid for an empty reason; conflict wrong_state when it is over, or too_many_at_once.
func (s *Service) CancelWorkshop(ctx context.Context, id uuid.UUID, in CancelReason) (*WorkshopDetail, error) {
	return services.Mutate(ctx, s.core, "workshop.cancel", func(tx *services.Tx) (*WorkshopDetail, error) {
		before, err := lockWorkshop(tx, id)
		if err != nil {
			return nil, err
		}
		reason := clean(in.Reason)
		switch {
		case before.Visibility.Over():
			return nil, services.Conflict(CodeWrongState, "This workshop is %s already.", before.Visibility)
		case reason == "":
			return nil, services.InvalidField("/reason", "required", "Say why; everybody who comes is told.")
		}
		if err := releaseAll(tx, id); err != nil {
			return nil, err
		}
		if _, err := lockAllPools(tx, id); err != nil {
			return nil, err
		}
		w, now := before, tx.Now()
		w.Visibility, w.CancelledAt, w.CancelReason, w.IsTemplate = models.VisibilityCancelled, &now, reason, false
		if err := saveWorkshop(tx, before, &w, stateColumns...); err != nil {
			return nil, err
		}
		if before.Visibility == models.VisibilityPublished {
			if err := firstOf(cancelAll(tx, id), noDecision(tx, id)); err != nil {
				return nil, err
			}
		}
		return detail(tx.DB, tx.Actor(), id, now)
	})
}

// releaseAll frees what the sessions to come hold of the calendar; what was keeps its place in the books.
func releaseAll(tx *services.Tx, workshopID uuid.UUID) error {
	sessions, err := upcoming(tx, workshopID)
	if err != nil {
		return err
	}
	ids := make([]uuid.UUID, len(sessions))
	for i := range sessions {
		ids[i] = sessions[i].ID
	}
	return calendar.Release(tx, sourceSession, ids...)
}

// RestoreWorkshop has a cancelled workshop take place after all, before its first session starts, or reopens a completed
// one. The parties whose registrations ended with it have again what they had, seats or a place in line, and are told; where
// something has changed for somebody of them since, staff have a task instead.
// Errors: not_found; conflict wrong_state, double_booked when its people or places have been taken since, too_many_at_once, venue_archived or
// room_archived when a place is out of use by now, or not_ready when
// its form cannot be asked any more.
func (s *Service) RestoreWorkshop(ctx context.Context, id uuid.UUID) (*WorkshopDetail, error) {
	var apart *people.Separations
	return s.turn(ctx, "workshop.restore", id, func(tx *services.Tx, w *models.Workshop) (err error) {
		switch {
		case !w.Visibility.Over():
			return services.Conflict(CodeWrongState, "This workshop is %s, not cancelled or completed.", w.Visibility)
		case w.Visibility == models.VisibilityCancelled && w.StartsAt != nil && !w.StartsAt.After(tx.Now()):
			return services.Conflict(CodeWrongState, "Its first session would have begun already. Clone it to plan it anew.")
		}
		if apart, err = goneParties(tx, id); err != nil {
			return err
		}
		if w.Visibility == models.VisibilityCompleted && w.RegistrationFormID != nil {
			if err := placesEnded(tx, *w.RegistrationFormID, id, nil, nil); err != nil {
				return err
			}
		}
		w.Visibility, w.CancelledAt, w.CompletedAt, w.CancelReason = models.VisibilityPublished, nil, nil, ""
		if w.PublishedAt == nil {
			w.Visibility = models.VisibilityDraft
		}
		if err := rehold(tx, w); err != nil {
			return err
		}
		if w.Visibility == models.VisibilityDraft {
			return nil
		}
		return firstOf(readyToAsk(tx, w), plannedAll(tx, id), decisionPlanned(tx, w))
	}, func(tx *services.Tx, w models.Workshop) error {
		if w.Visibility != models.VisibilityPublished {
			return nil
		}
		return bringBack(tx, apart, id)
	})
}

// rehold books the calendar again for the sessions to come.
func rehold(tx *services.Tx, w *models.Workshop) error {
	sessions, err := upcoming(tx, w.ID)
	if err != nil {
		return err
	}
	teams, err := sessionTeams(tx, w.ID)
	if err != nil {
		return err
	}
	var bookings []calendar.Booking
	for i := range sessions {
		bookings = append(bookings, booking(w, &sessions[i], teams[sessions[i].ID]))
	}
	return hold(tx, bookings)
}

var stateColumns = []string{"visibility", "is_template", "starts_at", "ends_at", "listed_until", "published_at", "cancelled_at", "completed_at", "cancel_reason"}

// turn takes a workshop from one state to another, and then does what follows from that.
func (s *Service) turn(ctx context.Context, action string, id uuid.UUID, change func(*services.Tx, *models.Workshop) error,
	then ...func(*services.Tx, models.Workshop) error) (*WorkshopDetail, error) {
	return services.Mutate(ctx, s.core, action, func(tx *services.Tx) (*WorkshopDetail, error) {
		before, err := lockWorkshop(tx, id)
		if err != nil {
			return nil, err
		}
		w := before
		if err := change(tx, &w); err != nil {
			return nil, err
		}
		if err := saveWorkshop(tx, before, &w, stateColumns...); err != nil {
			return nil, err
		}
		for _, next := range then {
			if err := next(tx, w); err != nil {
				return nil, err
			}
		}
		return detail(tx.DB, tx.Actor(), id, tx.Now())
	})
}
