package coaching

import (
	"context"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/calendar"
	"homefront/services/tasks"
)

// restoreWithin is how long those who called a session off can bring it back.
const restoreWithin = 24 * time.Hour

// Codes of what is others' to say.
const (
	CodeOthersCalledOff  services.Code = "others_called_off"
	CodeWithOurTeam      services.Code = "with_our_team"
	CodeCoordinatorsOnly services.Code = "coordinators_only"
)

// RestoreCoaching takes back how a session ended.
type RestoreCoaching struct {
	Reason string `json:"reason,omitempty" maxLength:"1000" doc:"Why; coordinators must say it. Kept sealed in the audit log" example:"She called the wrong one off"`
}

// RestoreSession takes back what became of a session. What was called off or declined comes back where its time is still free for
// everybody: by whoever called it off within a day and before it begins, by coordinators at any time up to a week after its start.
// What ended otherwise, or has begun and is not written down, is booked again as before that was said: by coordinators, by its coach
// for a month, and that the coach did not come by who said so. Coordinators say why. Everybody is told of what comes back and is
// ahead. Notes, goals and steps of a log stay, and it can be logged anew, under another log_id.
// Errors: not_found; invalid for a coordinator without a reason; forbidden not_their_coach, others_called_off; conflict wrong_state,
// too_late, session_begun, with_our_team, and those of BookSession.
func (s *Service) RestoreSession(ctx context.Context, id uuid.UUID, in RestoreCoaching) (*CoachingSessionView, error) {
	return services.Mutate(ctx, s.core, "coaching_session.restore", func(tx *services.Tx) (*CoachingSessionView, error) {
		v, err := openSession(tx, id)
		if err != nil || v.session.State == models.CoachingBooked {
			return v.unchanged(err)
		}
		if err := v.because(in.Reason); err != nil {
			return nil, err
		}
		switch state := v.session.State; {
		case state.TookPlace():
			err = v.reopen()
		case state.Cancelled(), state == models.CoachingDeclined:
			err = v.comeBack()
		default:
			err = v.wrongState()
		}
		if err != nil {
			return nil, err
		}
		return v.view()
	})
}

// because keeps why somebody did it; coordinators must say so.
// Errors: invalid.
func (v *visit) because(words string) error {
	if len(v.people) == 0 {
		return nil
	}
	if v.sight.Staff && v.tx.Actor().Kind != models.ActorSystem {
		return v.tx.Because(v.people[0].MemberID, words)
	}
	return v.tx.Reason(v.people[0].MemberID, services.Prose(words))
}

// mayReopen says whether the actor can take back the outcome of a session, or that it has begun.
// Errors: forbidden not_their_coach; conflict with_our_team, too_late.
func (v *visit) mayReopen() error {
	s, me := &v.session, v.tx.Actor().MemberID
	switch {
	case v.sight.Staff:
		return nil
	case v.sight.client() && s.Disputed() && s.State == models.CoachingNoShowCoach && *s.MissedBy == me:
		return v.inTimeToSay()
	case !v.sight.Coach || s.CoachID != me:
		return services.Forbidden(CodeNotTheirCoach, "Only the coach of this session, or a coordinator, can do this.")
	case s.State != models.CoachingInProgress && v.tx.Now().After(s.EndsAt.Add(logLateFor)):
		return services.Conflict(CodeTooLate, "This can be taken back for a month. Ask a coordinator to do it.")
	}
	return v.undisputed()
}

// reopen has a session be booked again, as before anything was said of how it ended.
func (v *visit) reopen() error {
	if err := v.mayReopen(); err != nil {
		return err
	}
	begun := v.session.State == models.CoachingInProgress
	err := v.keep(func(s *models.CoachingSession) {
		s.State, s.ClosedAt, s.Minutes, s.LoggedAt, s.LoggedBy, s.MissedBy, s.SettledAt = models.CoachingBooked, nil, nil, nil, nil, nil, nil
	}, "state", "closed_at", "minutes", "logged_at", "logged_by", "missed_by", "settled_at")
	if err != nil || begun {
		return err
	}
	for i := range v.people {
		v.people[i].Status = nil
	}
	if err := v.decided(); err != nil {
		return err
	}
	if err := v.tx.Enqueue(UnloggedCoaching{v.session.ID}, v.session.EndsAt.Add(logWithin)); err != nil {
		return err
	}
	return recordSession(v.tx, v.e, &v.session, v.people)
}

// decided closes the task to call who said that the coach did not come, once staff have decided. By nothing that others do.
func (v *visit) decided() error {
	if !v.sight.Staff {
		return nil
	}
	return tasks.CloseFor(v.tx, sourceSession, v.session.ID, models.TaskCall)
}

// mayBringBack says whether the actor can have a session take place after all: what somebody called off is theirs to bring back, and
// coordinators'.
// Errors: forbidden not_their_coach, others_called_off; conflict session_begun, too_late.
func (v *visit) mayBringBack() error {
	s, now := &v.session, v.tx.Now()
	switch {
	case v.sight.Staff:
		return nil
	case v.sight.Left:
		return v.sight.works()
	case !v.sight.calledOff(s.State):
		return services.Forbidden(CodeOthersCalledOff, "Others called this session off. They bring it back, or our team does.")
	case !s.StartsAt.After(now):
		return services.Conflict(CodeSessionBegun, "It would have begun already. Book a new session, or ask our team.")
	case s.ClosedAt == nil || now.After(s.ClosedAt.Add(restoreWithin)):
		return services.Conflict(CodeTooLate, "A session can come back within a day. Book a new one, or ask our team.")
	}
	return nil
}

// calledOff says whether what is in a state was called off by those on the actor's side.
func (s sight) calledOff(state models.CoachingState) bool {
	if s.client() {
		return state == models.CoachingCancelledByMember
	}
	return s.Coach && (state == models.CoachingCancelledByCoach || state == models.CoachingDeclined)
}

// comeBack books the session again at its time.
func (v *visit) comeBack() error {
	if err := v.mayBringBack(); err != nil {
		return err
	}
	if v.e.CoachID == nil || *v.e.CoachID != v.session.CoachID {
		return services.Conflict(CodeNotActive, "There is another coach now. Book a new session.")
	}
	b, err := openBooking(v.tx, v.e, v.participants, v.sight.client(), v.session.ID)
	if err != nil {
		return err
	}
	claim := b.claim(&v.session)
	claim.EndsAt = v.session.EndsAt
	plan, date := calendar.PlanEach(v.tx, claim), []bookingDate{{at: v.session.StartsAt}}
	if err := b.check(v.session.Modality, date, plan, v.session.ID); err != nil {
		return err
	}
	if date[0].refused != nil {
		return date[0].refused
	}
	answers, err := plan.Hold(claim)
	if err != nil {
		return err
	}
	if answers[0] != nil {
		return errTaken
	}
	err = v.keep(func(s *models.CoachingSession) {
		s.State, s.ClosedAt, s.Late, s.Sequence = models.CoachingBooked, nil, false, s.Sequence+1
		s.Reason, s.ReasonKey, s.ReasonBy = nil, nil, nil
		if b.client && b.coach.ApprovesBookings {
			s.State = models.CoachingRequested
		}
	}, "state", "closed_at", "late", "sequence", "reason", "reason_key", "reason_by")
	if err != nil {
		return err
	}
	if err := planSessions(v.tx, &b.coach, v.session); err != nil {
		return err
	}
	return b.tellBooked([]models.CoachingSession{v.session})
}

// LateCoaching says whether a session was called off late.
type LateCoaching struct {
	Late   bool   `json:"late" doc:"False: it counts for nothing. True: it counts as one of those agreed on" example:"false"`
	Reason string `json:"reason" minLength:"3" maxLength:"1000" doc:"Kept sealed in the audit log" example:"Her son was taken to hospital"`
}

// SetLate corrects whether what those who are coached called off counts as one of those agreed on; at any time, by coordinators.
// Errors: not_found; invalid for a blank reason; forbidden coordinators_only; conflict wrong_state for what they did not call off.
func (s *Service) SetLate(ctx context.Context, id uuid.UUID, in LateCoaching) (*CoachingSessionView, error) {
	return services.Mutate(ctx, s.core, "coaching_session.late", func(tx *services.Tx) (*CoachingSessionView, error) {
		v, err := openSession(tx, id)
		if err != nil {
			return nil, err
		}
		if !v.sight.Staff {
			return nil, services.Forbidden(CodeCoordinatorsOnly, "A coordinator does this. Ask our team.")
		}
		if v.session.State != models.CoachingCancelledByMember {
			return nil, v.wrongState()
		}
		if err := v.because(in.Reason); err != nil {
			return nil, err
		}
		if v.session.Late == in.Late {
			return v.unchanged(nil)
		}
		if err := v.keep(func(s *models.CoachingSession) { s.Late = in.Late }, "late"); err != nil {
			return nil, err
		}
		return v.view()
	})
}
