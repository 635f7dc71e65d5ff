package coaching

import (
	"context"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// openAction locks a step for somebody who reads it.
// Errors: not_found.
func openAction(tx *services.Tx, id uuid.UUID) (*confidant, *models.CoachingAction, error) {
	engagement, err := saidIn(tx, "coaching_actions", id, "step")
	if err != nil {
		return nil, nil, err
	}
	c, err := inConfidence(tx, engagement, "step")
	if err != nil {
		return nil, nil, err
	}
	action, err := c.action(tx, id, true)
	return c, action, err
}

// ChangeAction changes what a step says, who does it and until when, or drops it.
// Errors: not_found; stale; invalid for empty words and for an owner who cannot read it; conflict engagement_not_active for what is
// of both of a couple that rests.
func (s *Service) ChangeAction(ctx context.Context, id uuid.UUID, in EditAction) (*ActionView, error) {
	return services.Mutate(ctx, s.core, "coaching_action.update", func(tx *services.Tx) (*ActionView, error) {
		c, action, err := openAction(tx, id)
		if err != nil {
			return nil, tx.Hidden(err, id)
		}
		if err := tx.CheckVersion(action.Version); err != nil {
			return nil, err
		}
		if err := c.mayTouch(action.MemberID); err != nil {
			return nil, err
		}
		said, err := c.said(tx, "action_id", id)
		if err != nil {
			return nil, err
		}
		words := said[id]
		words.Text, words.broken = services.Prose(in.Text.Or(words.Text)), false
		if words.Text == "" {
			return nil, services.InvalidField("/text", "required", "Say what is to be done.")
		}
		before := *action
		if err := in.apply(tx, c, action); err != nil {
			return nil, err
		}
		if err := saveAction(tx, before, action); err != nil {
			return nil, err
		}
		if words != said[id] {
			if err := anew(tx, models.CoachingWords{ActionID: &id}, c.hearers(action.MemberID), words); err != nil {
				return nil, err
			}
		}
		return &ActionView{CoachingAction: *action, Text: words.Text}, nil
	})
}

func (in *EditAction) apply(tx *services.Tx, c *confidant, action *models.CoachingAction) error {
	action.DueOn = in.DueOn.OrNull(action.DueOn)
	if in.OwnerID.Set {
		action.OwnerID = in.OwnerID.Value
		if err := ownedWell(action, c.engagement, readers(c.participants, nil), ""); err != nil {
			return err
		}
	}
	switch {
	case !in.Dropped.Set:
	case !in.Dropped.OrZero(false):
		action.DroppedAt = nil
	case action.DroppedAt == nil:
		now := tx.Now()
		action.DroppedAt, action.DoneAt, action.DoneBy = &now, nil, nil
	}
	return nil
}

func saveAction(tx *services.Tx, before models.CoachingAction, action *models.CoachingAction) error {
	action.Version, action.UpdatedAt = action.Version+1, tx.Now()
	tx.Changed(before, *action)
	return tx.DB.Model(action).Select("owner_id", "due_on", "done_at", "done_by", "dropped_at", "version", "updated_at").Updates(action).Error
}

// DoneAction ticks a step off, for everybody who reads it. Ticking it off again changes nothing.
// Errors: not_found; conflict engagement_not_active, as ChangeAction.
func (s *Service) DoneAction(ctx context.Context, id uuid.UUID) (*models.CoachingAction, error) {
	return s.tick(ctx, "coaching_action.done", id, true)
}

// UndoneAction takes that back.
// Errors: as DoneAction.
func (s *Service) UndoneAction(ctx context.Context, id uuid.UUID) (*models.CoachingAction, error) {
	return s.tick(ctx, "coaching_action.undone", id, false)
}

func (s *Service) tick(ctx context.Context, name string, id uuid.UUID, done bool) (*models.CoachingAction, error) {
	return services.Mutate(ctx, s.core, name, func(tx *services.Tx) (*models.CoachingAction, error) {
		c, action, err := openAction(tx, id)
		if err != nil {
			return nil, tx.Hidden(err, id)
		}
		if (action.DoneAt != nil) == done {
			tx.Unchanged()
			return action, nil
		}
		if err := c.mayTouch(action.MemberID); err != nil {
			return nil, err
		}
		before := *action
		action.DoneAt, action.DoneBy = nil, nil
		if done {
			now, by := tx.Now(), tx.Actor().MemberID
			action.DoneAt, action.DoneBy, action.DroppedAt = &now, &by, nil
		}
		return action, saveAction(tx, before, action)
	})
}
