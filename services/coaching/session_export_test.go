package coaching

import (
	"context"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// ToStaff, BackFromStaff and CallOffAhead are the steps, each as a use case of its own.
func (s *Service) ToStaff(ctx context.Context, engagement uuid.UUID) (int, error) {
	return onEngagement(ctx, s, engagement, toStaff)
}

func (s *Service) BackFromStaff(ctx context.Context, engagement uuid.UUID) (int, error) {
	return onEngagement(ctx, s, engagement, backFromStaff)
}

func (s *Service) CallOffAhead(ctx context.Context, engagement uuid.UUID, by models.CoachingState, tell bool) (int, error) {
	return onEngagement(ctx, s, engagement, func(tx *services.Tx, e *models.Engagement, participants []models.EngagementParticipant) (int, error) {
		return callOffAhead(tx, e, participants, by, tell)
	})
}

func onEngagement(ctx context.Context, s *Service, id uuid.UUID, do func(*services.Tx, *models.Engagement, []models.EngagementParticipant) (int, error)) (int, error) {
	return services.Mutate(ctx, s.core, "test.step", func(tx *services.Tx) (int, error) {
		tx.Unchanged()
		e, participants, _, err := openEngagement(tx, id)
		if err != nil {
			return 0, err
		}
		return do(tx, e, participants)
	})
}

// BookNext books as the end of a session does, with something done before; why it does not fit is the error beside what commits.
func (s *Service) BookNext(ctx context.Context, in BookCoaching, before func(*services.Tx) error) (id uuid.UUID, refused error) {
	_, err := services.Mutate(ctx, s.core, "test.next", func(tx *services.Tx) (int, error) {
		tx.Unchanged()
		e, participants, _, err := openEngagement(tx, in.EngagementID)
		if err != nil {
			return 0, err
		}
		if err := before(tx); err != nil {
			return 0, err
		}
		var booked *models.CoachingSession
		if booked, refused = bookNext(tx, e, participants, in); refused == nil {
			id = booked.ID
		}
		return 0, nil
	})
	if err != nil {
		return id, err
	}
	return id, refused
}
