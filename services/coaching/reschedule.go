package coaching

import (
	"context"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/calendar"
)

// RescheduleCoaching moves a session.
type RescheduleCoaching struct {
	ID       *uuid.UUID       `json:"id,omitempty" doc:"Of the session that takes its place, made by the client. Made here when absent"`
	StartsAt time.Time        `json:"starts_at" doc:"A free slot of the coach" example:"2026-12-03T23:00:00Z"`
	Modality *models.Modality `json:"modality,omitempty" enum:"online,phone,in_person" doc:"Absent: as it was"`
}

// RescheduleSession moves a session: another takes its place, linked both ways, and calendars show the same entry at another time.
// Those who are coached move what is booked until the coach's deadline, as often as the coach allows; one that waits for staff to
// find another time, as often as they like. Only moves are counted: to call a session off in time and book anew uses none. The coach
// and staff move at any time. Where the coach approves bookings, what those who are coached move to is requested. It belongs to the
// engagement's coach from then on. A move that was sent before, with its id, is answered with what came of it.
// Errors: not_found; those of BookSession; conflict wrong_state, session_begun, too_late, moves_used.
func (s *Service) RescheduleSession(ctx context.Context, id uuid.UUID, in RescheduleCoaching) (*CoachingSessionView, error) {
	return services.Mutate(ctx, s.core, "coaching_session.reschedule", func(tx *services.Tx) (*CoachingSessionView, error) {
		v, err := openSession(tx, id)
		if err != nil {
			return nil, err
		}
		if to := v.session.RescheduledTo; to != nil && in.ID != nil && *to == *in.ID {
			tx.Unchanged()
			if v, err = openSession(tx, *to); err != nil {
				return nil, err
			}
			return v.view()
		}
		if err := v.mayMove(); err != nil {
			return nil, err
		}
		if err := v.move(in); err != nil {
			return nil, err
		}
		return v.view()
	})
}

// mayMove says whether the actor can move the session.
// Errors: conflict wrong_state, session_begun, too_late, moves_used.
func (v *visit) mayMove() error {
	s, now := &v.session, v.tx.Now()
	if s.State != models.CoachingRequested && s.State != models.CoachingBooked {
		return services.Conflict(CodeSessionState, "This session has begun, is over or was called off: %s.", wordsOf([]models.CoachingState{s.State}))
	}
	if !s.StartsAt.After(now) {
		return services.Conflict(CodeSessionBegun, "This session has begun. Book another.")
	}
	if !v.sight.client() || s.ToStaffAt != nil {
		return nil
	}
	c, err := v.coach()
	switch {
	case err != nil:
		return err
	case isLate(s, c, now):
		return services.Conflict(CodeTooLate, "Sessions with this coach can be moved until %d hours before. Call it off, or ask us to call you.", c.CancelNoticeHours)
	case s.Moves >= c.MovesAllowed:
		return services.Conflict(CodeMovesUsed, "Sessions with this coach can be moved %d times. Ask your coach to move it, or call it off and book another.", c.MovesAllowed)
	}
	return nil
}

// move books the session that takes the place of this one, and tells of it. The times of both change hands at once, so that nobody
// comes between.
func (v *visit) move(in RescheduleCoaching) error {
	b, err := openBooking(v.tx, v.e, v.participants, v.sight.client(), v.session.ID)
	if err != nil {
		return err
	}
	next, err := b.successor(&v.session, in)
	if err != nil {
		return err
	}
	claims := []calendar.Booking{{Source: sourceSession, SourceID: v.session.ID}, b.claim(next)}
	plan, date := calendar.PlanEach(v.tx, claims...), []bookingDate{{at: next.StartsAt}}
	if err := b.check(next.Modality, date, plan, v.session.ID); err != nil {
		return err
	}
	if date[0].refused != nil {
		return date[0].refused
	}
	answers, err := plan.Hold(claims...)
	if err != nil {
		return err
	}
	if answers[1] != nil {
		return errTaken
	}
	if err := b.store([]models.CoachingSession{*next}); err != nil {
		return err
	}
	was, now := v.session, v.tx.Now()
	err = v.keep(func(s *models.CoachingSession) {
		s.State, s.ClosedAt, s.RescheduledTo, s.ToStaffAt = models.CoachingRescheduled, &now, &next.ID, nil
	}, "state", "closed_at", "rescheduled_to", "to_staff_at")
	if err != nil {
		return err
	}
	recallReminders(v.tx, []uuid.UUID{was.ID})
	if err := v.settleNewTime(); err != nil {
		return err
	}
	v.session = *next
	if err := v.tx.DB.Where("session_id = ?", next.ID).Order("member_id").Find(&v.people).Error; err != nil {
		return err
	}
	return b.tellMoved(&was, next)
}

// successor is the session that takes the place of another.
// Errors: invalid.
func (b *booking) successor(s *models.CoachingSession, in RescheduleCoaching) (*models.CoachingSession, error) {
	asked := BookCoaching{ID: in.ID, StartsAt: in.StartsAt, Modality: s.Modality, TimeZone: s.TimeZone}
	if in.Modality != nil {
		asked.Modality = *in.Modality
	}
	if _, err := b.dates(asked); err != nil {
		return nil, err
	}
	next := b.session(idsToBook(asked), asked.Modality, in.StartsAt, s.TimeZone)
	if b.stays(s, &next) {
		return nil, services.InvalidField("/starts_at", "unchanged", "It is booked for that time already. Choose another.")
	}
	if err := b.offers(asked.Modality); err != nil {
		return nil, err
	}
	next.SeriesID, next.ChainID, next.Sequence, next.Moves, next.RescheduledFrom = s.SeriesID, s.ChainID, s.Sequence+1, s.Moves, &s.ID
	if b.client && s.ToStaffAt == nil {
		next.Moves++
	}
	return &next, nil
}

// stays says whether a move would change nothing: of a session that its coach can hold neither the time nor the way to meet. The coach
// and staff move one to the same hour when the coach meets people elsewhere by now, or for longer.
func (b *booking) stays(s, next *models.CoachingSession) bool {
	same := s.ToStaffAt == nil && s.CoachID == next.CoachID && next.StartsAt.Equal(s.StartsAt) && next.Modality == s.Modality
	return same && (b.client || next.Place == s.Place && next.EndsAt.Equal(s.EndsAt))
}

// tellMoved tells everybody of the new time. What waits for the coach's yes is the coach's to answer; of what was certain before,
// all hear now that the old time is given up.
func (b *booking) tellMoved(was, next *models.CoachingSession) error {
	t := b.teller
	if next.State != models.CoachingRequested {
		if err := t.tellClients(models.NoticeCoachingMoved, []models.CoachingSession{*next}); err != nil {
			return err
		}
		return t.tellCoach(models.NoticeCoachingMoved, []models.CoachingSession{*next})
	}
	if err := t.tellCoach(models.NoticeCoachingAsked, []models.CoachingSession{*next}); err != nil || was.State == models.CoachingRequested {
		return err
	}
	gone := *was
	gone.Sequence++
	former, err := readTeller(b.tx, b.e, b.participants, was.CoachID)
	if err != nil {
		return err
	}
	if err := former.tellCoach(models.NoticeCoachingCancelled, []models.CoachingSession{gone}); err != nil {
		return err
	}
	return t.tellClients(models.NoticeCoachingCancelled, []models.CoachingSession{gone})
}
