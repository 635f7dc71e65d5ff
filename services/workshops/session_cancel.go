package workshops

import (
	"context"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/calendar"
	"homefront/services/tasks"
)

// SessionCancellation says why sessions do not take place, and how far that reaches.
type SessionCancellation struct {
	Reason string       `json:"reason" minLength:"1" maxLength:"1000" doc:"Told to everybody who comes" example:"The venue has no heating this week"`
	Scope  SessionScope `json:"scope,omitempty" enum:"this,this_and_following,all" default:"this" doc:"this_and_following: those after it, too; all: every one that has not begun. Of sessions made by a rule, those of the rule"`
}

// SessionRestoration says how far it reaches that a session takes place after all.
type SessionRestoration struct {
	Scope SessionScope `json:"scope,omitempty" enum:"this,this_and_following,all" default:"this" doc:"this_and_following, all: of its series also those that were called off for the same reason, after it or anywhere, and have not begun"`
}

// CancelSession calls off a session, or it and those that follow, or all of its series that have not begun. Those who come are
// told, in one mail; of a drop_in session their places end, and there is a mail for each.
// Errors: not_found; invalid for an empty reason; conflict workshop_over, session_over, too_many_at_once, or last_session when nothing of a
// published workshop would be left.
func (s *Service) CancelSession(ctx context.Context, id uuid.UUID, in SessionCancellation) (*SessionChange, error) {
	return services.Mutate(ctx, s.core, "session.cancel", func(tx *services.Tx) (*SessionChange, error) {
		w, first, err := lockSession(tx, id)
		if err != nil {
			return nil, err
		}
		if err := movable(w, first); err != nil {
			return nil, err
		}
		reason := clean(in.Reason)
		if reason == "" {
			return nil, services.InvalidField("/reason", "required", "Say why; everybody who comes is told.")
		}
		was, err := reached(tx, first, in.Scope)
		if err != nil {
			return nil, err
		}
		now := make([]models.WorkshopSession, len(was))
		for i := range was {
			now[i] = was[i]
			now[i].Status, now[i].CancelReason, now[i].Sequence = models.SessionCancelled, reason, was[i].Sequence+1
		}
		if err := callOffSessions(tx, w, was, now); err != nil {
			return nil, err
		}
		return changeOf(tx, id, now)
	})
}

func callOffSessions(tx *services.Tx, w models.Workshop, was, now []models.WorkshopSession) error {
	if err := calendar.Release(tx, sourceSession, idsOf(now)...); err != nil {
		return err
	}
	if _, err := lockAllPools(tx, w.ID); err != nil {
		return err
	}
	if err := saveStatus(tx, w, was, now); err != nil {
		return err
	}
	if w.Visibility == models.VisibilityPublished {
		if err := sessionsCancelled(tx, now...); err != nil {
			return err
		}
	}
	for i := range now {
		if err := tasks.CloseFor(tx, sourceSession, now[i].ID, models.TaskCompleteSession); err != nil {
			return err
		}
	}
	return nil
}

// saveStatus stores what sessions have become, and what that makes of the workshop's times.
func saveStatus(tx *services.Tx, w models.Workshop, was, now []models.WorkshopSession) error {
	for i := range now {
		if err := saveSession(tx, was[i], &now[i], "status", "cancel_reason", "sequence"); err != nil {
			return err
		}
	}
	return storeTimes(tx, w)
}

func idsOf(sessions []models.WorkshopSession) []uuid.UUID {
	ids := make([]uuid.UUID, len(sessions))
	for i := range sessions {
		ids[i] = sessions[i].ID
	}
	return ids
}

// RestoreSession has a cancelled session take place after all, before it starts, or with it others of its series that were
// called off for the same reason. All that they need must be free, or none comes back. The parties whose places ended with a
// drop_in session come back as with RestoreWorkshop.
// Errors: not_found; conflict workshop_over, double_booked, too_many_at_once, venue_archived or room_archived, wrong_state when it is not cancelled, or session_over when it would have begun.
func (s *Service) RestoreSession(ctx context.Context, id uuid.UUID, in SessionRestoration) (*SessionChange, error) {
	return services.Mutate(ctx, s.core, "session.restore", func(tx *services.Tx) (*SessionChange, error) {
		w, first, err := lockSession(tx, id)
		if err != nil {
			return nil, err
		}
		switch {
		case w.Visibility.Over():
			return nil, services.Conflict(CodeWorkshopOver, "This workshop is %s. Restore it first.", w.Visibility)
		case first.Status != models.SessionCancelled:
			return nil, services.Conflict(CodeWrongState, "This session is %s, not cancelled.", first.Status)
		case !first.StartsAt.After(tx.Now()):
			return nil, services.Conflict(CodeSessionOver, "This session would have begun already. Plan a new one.")
		}
		was, err := reached(tx, first, in.Scope)
		if err != nil {
			return nil, err
		}
		now, err := takeUpSessions(tx, w, was)
		if err != nil {
			return nil, err
		}
		return changeOf(tx, id, now)
	})
}

func takeUpSessions(tx *services.Tx, w models.Workshop, was []models.WorkshopSession) ([]models.WorkshopSession, error) {
	apart, err := goneParties(tx, w.ID)
	if err != nil {
		return nil, err
	}
	teams, err := sessionTeams(tx, w.ID)
	if err != nil {
		return nil, err
	}
	now := make([]models.WorkshopSession, len(was))
	bookings := make([]calendar.Booking, len(was))
	for i := range was {
		now[i] = was[i]
		now[i].Status, now[i].CancelReason, now[i].Sequence = models.SessionScheduled, "", was[i].Sequence+1
		bookings[i] = booking(&w, &now[i], teams[now[i].ID])
	}
	if err := hold(tx, bookings); err != nil {
		return nil, err
	}
	if err := saveStatus(tx, w, was, now); err != nil {
		return nil, err
	}
	if w.Visibility != models.VisibilityPublished {
		return now, nil
	}
	return now, firstOf(restored(tx, w, now...), bringBack(tx, apart, w.ID))
}
