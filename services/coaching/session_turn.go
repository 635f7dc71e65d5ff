package coaching

import (
	"context"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/calendar"
	"homefront/services/programs"
	"homefront/services/tasks"
)

const (
	// noShowAfter is how long after the start somebody may be said not to have come.
	noShowAfter = 10 * time.Minute
	// startsBefore is how long before its start a session may begin.
	startsBefore = time.Hour
	// restoreWithin is how long a session that was called off can come back.
	restoreWithin = 24 * time.Hour
	// reportWithin is how long those who are coached may say that the coach did not come.
	reportWithin = 7 * 24 * time.Hour
)

// CoachingNoShow says who did not come.
type CoachingNoShow struct {
	Who string `json:"who" enum:"member,coach" doc:"member: nobody of those who are coached came; that uses one of the sessions agreed on. Where one of a couple came, log the session with who was there" example:"member"`
}

// AcceptSession says yes to a session that was requested. Those who asked are told, and the coach has it in their calendar from then on.
// Errors: not_found; forbidden not_their_coach; conflict wrong_state, session_begun, engagement_not_active, coach_unavailable, limits_not_agreed.
func (s *Service) AcceptSession(ctx context.Context, id uuid.UUID) (*CoachingSessionView, error) {
	return services.Mutate(ctx, s.core, "coaching_session.accept", func(tx *services.Tx) (*CoachingSessionView, error) {
		v, err := openAnswer(tx, id)
		if err != nil || v.session.State == models.CoachingBooked {
			return v.unchanged(err)
		}
		if v.session.State != models.CoachingRequested {
			return nil, v.wrongState()
		}
		if !v.session.StartsAt.After(tx.Now()) {
			return nil, services.Conflict(CodeSessionBegun, "It would have begun already.")
		}
		if err := v.mayTakePlace(); err != nil {
			return nil, err
		}
		err = v.keep(func(s *models.CoachingSession) {
			s.State, s.Sequence = models.CoachingBooked, s.Sequence+1 // where it was moved, calendars gave up the time before
		}, "state", "sequence")
		if err != nil {
			return nil, err
		}
		if err := tellAll(tx, v.e, v.participants, models.NoticeCoachingBooked, []models.CoachingSession{v.session}); err != nil {
			return nil, err
		}
		return v.view()
	})
}

// DeclineSession says no to a session that was requested, without saying why. Its time is free again, and those who asked are told; so is
// the coach, where staff said it.
// Errors: not_found; forbidden not_their_coach; conflict wrong_state.
func (s *Service) DeclineSession(ctx context.Context, id uuid.UUID) (*CoachingSessionView, error) {
	return services.Mutate(ctx, s.core, "coaching_session.decline", func(tx *services.Tx) (*CoachingSessionView, error) {
		v, err := openAnswer(tx, id)
		if err != nil || v.session.State == models.CoachingDeclined {
			return v.unchanged(err)
		}
		if v.session.State != models.CoachingRequested {
			return nil, v.wrongState()
		}
		if err := v.declineIt(); err != nil {
			return nil, err
		}
		return v.view()
	})
}

// openAnswer is openSession for what is the coach's and staff's to do.
// Errors: not_found; forbidden not_their_coach.
func openAnswer(tx *services.Tx, id uuid.UUID) (*visit, error) {
	v, err := openSession(tx, id)
	if err == nil {
		err = v.sight.works()
	}
	return v, err
}

func (v *visit) unchanged(err error) (*CoachingSessionView, error) {
	if err != nil {
		return nil, err
	}
	v.tx.Unchanged()
	return v.view()
}

func (v *visit) wrongState() error {
	return services.Conflict(CodeSessionState, "This session is %s.", wordsOf([]models.CoachingState{v.session.State}))
}

func (v *visit) declineIt() error {
	now := v.tx.Now()
	err := v.keep(func(s *models.CoachingSession) {
		s.State, s.ClosedAt, s.ToStaffAt = models.CoachingDeclined, &now, nil
	}, "state", "closed_at", "to_staff_at")
	if err != nil {
		return err
	}
	if err := v.free(); err != nil {
		return err
	}
	t, err := readTeller(v.tx, v.e, v.participants, v.session.CoachID)
	if err != nil {
		return err
	}
	sessions := []models.CoachingSession{v.session}
	if v.tx.Actor().Kind != models.ActorSystem && !v.sight.Coach {
		if err := t.tellCoach(models.NoticeCoachingCancelled, sessions); err != nil {
			return err
		}
	}
	return t.tellClients(models.NoticeCoachingDeclined, sessions)
}

// mayTakePlace asks again what a booking asks, but for the slot.
// Errors: conflict engagement_not_active, limits_not_agreed, coach_unavailable.
func (v *visit) mayTakePlace() error {
	if v.e.State != models.EngagementActive || v.e.CoachID == nil || *v.e.CoachID != v.session.CoachID {
		return services.Conflict(CodeNotActive, "The engagement is %s, or has another coach. Book a new session once it is active.", v.e.State)
	}
	if err := agreed(v.tx, v.e, v.participants); err != nil {
		return err
	}
	c, err := v.coach()
	if err != nil {
		return err
	}
	minors, err := v.minors()
	if err != nil {
		return err
	}
	return mayCoach(v.tx, c.ID, models.DayIn(v.session.StartsAt, c.TimeZone), minors)
}

func (v *visit) minors() (bool, error) {
	humans, err := readHumans(v.tx, v.members()...)
	for _, h := range humans {
		if h.minorOn(models.DayIn(v.session.StartsAt, h.TimeZone)) {
			return true, err
		}
	}
	return false, err
}

// StartSession says that a session has begun, from an hour before its time on.
// Errors: not_found; forbidden not_their_coach; conflict wrong_state, too_early.
func (s *Service) StartSession(ctx context.Context, id uuid.UUID) (*CoachingSessionView, error) {
	return services.Mutate(ctx, s.core, "coaching_session.start", func(tx *services.Tx) (*CoachingSessionView, error) {
		v, err := openAnswer(tx, id)
		if err != nil || v.session.State == models.CoachingInProgress {
			return v.unchanged(err)
		}
		if v.session.State != models.CoachingBooked {
			return nil, v.wrongState()
		}
		if tx.Now().Before(v.session.StartsAt.Add(-startsBefore)) {
			return nil, services.Conflict(CodeTooEarly, "A session can begin from an hour before its time on.")
		}
		if err := v.keep(func(s *models.CoachingSession) { s.State = models.CoachingInProgress }, "state"); err != nil {
			return nil, err
		}
		return v.view()
	})
}

// MarkNoShow says that somebody did not come, from ten minutes after the start on. The coach and staff say it of either side, and
// correct it the same way; those who are coached say it of the coach, within a week, and staff have a task to call them. When nobody
// of those who are coached came, they are absent in the program's attendance; when the coach did not come, nothing is known of them.
// Errors: not_found; forbidden not_their_coach; conflict wrong_state, too_early, too_late.
func (s *Service) MarkNoShow(ctx context.Context, id uuid.UUID, in CoachingNoShow) (*CoachingSessionView, error) {
	return services.Mutate(ctx, s.core, "coaching_session.no_show", func(tx *services.Tx) (*CoachingSessionView, error) {
		v, err := openSession(tx, id)
		if err != nil {
			return nil, err
		}
		state := models.CoachingNoShowMember
		if in.Who == "coach" {
			state = models.CoachingNoShowCoach
		}
		if v.session.State == state {
			return v.unchanged(nil)
		}
		if err := v.maySay(state); err != nil {
			return nil, err
		}
		if err := v.noShow(state); err != nil {
			return nil, err
		}
		return v.view()
	})
}

// maySay says whether the actor can mark the session so now.
// Errors: forbidden not_their_coach; conflict wrong_state, too_early, too_late.
func (v *visit) maySay(state models.CoachingState) error {
	s, now := &v.session, v.tx.Now()
	corrects := s.State == models.CoachingNoShowMember || s.State == models.CoachingNoShowCoach
	if v.sight.client() && (state == models.CoachingNoShowMember || corrects) {
		return v.sight.works()
	}
	switch {
	case s.State != models.CoachingBooked && s.State != models.CoachingInProgress && !corrects:
		return v.wrongState()
	case now.Before(s.StartsAt.Add(noShowAfter)):
		return services.Conflict(CodeTooEarly, "Wait until ten minutes after the start.")
	case v.sight.client() && now.After(s.StartsAt.Add(reportWithin)):
		return services.Conflict(CodeTooLate, "This can be said for a week. Ask us to call you.")
	}
	return nil
}

func (v *visit) noShow(state models.CoachingState) error {
	now := v.tx.Now()
	err := v.keep(func(s *models.CoachingSession) {
		s.State, s.ToStaffAt, s.Minutes = state, nil, nil
		if s.ClosedAt == nil {
			s.ClosedAt = &now
		}
	}, "state", "to_staff_at", "minutes", "closed_at")
	if err != nil {
		return err
	}
	if err := v.afterNoShow(); err != nil {
		return err
	}
	var status *models.AttendanceStatus
	if absent := models.AttendanceAbsent; state == models.CoachingNoShowMember {
		status = &absent
	}
	for i := range v.people {
		v.people[i].Status = status
	}
	return recordSession(v.tx, v.e, &v.session, v.people)
}

// afterNoShow ends the tasks that wait for the session, and has staff call those whose coach did not come.
func (v *visit) afterNoShow() error {
	if err := tasks.CloseFor(v.tx, sourceSession, v.session.ID, models.TaskLogSession); err != nil {
		return err
	}
	if v.session.State != models.CoachingNoShowCoach || !v.sight.client() {
		return tasks.CloseFor(v.tx, sourceSession, v.session.ID, models.TaskCall)
	}
	about := v.members()
	_, err := tasks.Open(v.tx, tasks.New{
		Kind: models.TaskCall, MemberID: &about[0], AlsoAbout: append(about[1:], v.session.CoachID), Record: sourceSession, RecordID: &v.session.ID, Queue: "coordinators",
		Title: "Call somebody whose coach did not come", DueAt: v.tx.Now().Add(newTimeWithin),
	})
	return err
}

// recordSession stores who was at a session, and states it to the program of the engagement: of those of whom nothing is known it
// says nothing. Call it once in a use case, after all bookings: programs are locked after resources.
func recordSession(tx *services.Tx, e *models.Engagement, s *models.CoachingSession, people []models.CoachingAttendance) error {
	ids, statuses := make([]uuid.UUID, len(people)), make([]*string, len(people))
	var there []programs.Presence
	for i := range people {
		ids[i] = people[i].MemberID
		if status := people[i].Status; status != nil {
			word := string(*status)
			statuses[i] = &word
			there = append(there, programs.Presence{MemberID: people[i].MemberID, Status: *status})
		}
	}
	tx.Queue(`update coaching_attendance a set status = w.status from unnest($2::uuid[], $3::text[]) w(member_id, status)
		where a.session_id = $1 and a.member_id = w.member_id`, s.ID, ids, statuses)
	return programs.RecordAttendance(tx, programs.Occasion{Source: sourceSession, SourceID: s.ID, ProgramID: &e.ProgramID, StartsAt: s.StartsAt, Day: models.DayIn(s.StartsAt, s.TimeZone)}, there)
}

// RestoreSession takes back what ended a session: one that was called off or declined comes back within a day, before it begins and
// where its time is still free for everybody; one to which somebody did not come is as it was before that was said. Everybody is
// told of a session that comes back.
// Errors: not_found; forbidden not_their_coach; conflict wrong_state, too_late, session_begun, and those of BookSession.
func (s *Service) RestoreSession(ctx context.Context, id uuid.UUID) (*CoachingSessionView, error) {
	return services.Mutate(ctx, s.core, "coaching_session.restore", func(tx *services.Tx) (*CoachingSessionView, error) {
		v, err := openAnswer(tx, id)
		if err != nil {
			return nil, err
		}
		switch state := v.session.State; {
		case state == models.CoachingBooked:
			return v.unchanged(nil)
		case state == models.CoachingNoShowMember, state == models.CoachingNoShowCoach:
			err = v.cameAfterAll()
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

func (v *visit) cameAfterAll() error {
	err := v.keep(func(s *models.CoachingSession) {
		s.State, s.ClosedAt, s.LoggedAt, s.LoggedBy = models.CoachingBooked, nil, nil, nil
	}, "state", "closed_at", "logged_at", "logged_by")
	if err != nil {
		return err
	}
	for i := range v.people {
		v.people[i].Status = nil
	}
	if err := tasks.CloseFor(v.tx, sourceSession, v.session.ID, models.TaskCall); err != nil {
		return err
	}
	if err := v.tx.Enqueue(UnloggedCoaching{v.session.ID}, v.session.EndsAt.Add(logWithin)); err != nil {
		return err
	}
	return recordSession(v.tx, v.e, &v.session, v.people)
}

func (v *visit) comeBack() error {
	now := v.tx.Now()
	switch {
	case !v.session.StartsAt.After(now):
		return services.Conflict(CodeSessionBegun, "It would have begun already. Book a new session.")
	case now.After(v.session.ClosedAt.Add(restoreWithin)):
		return services.Conflict(CodeTooLate, "A session can come back within a day. Book a new one.")
	}
	if v.e.CoachID == nil || *v.e.CoachID != v.session.CoachID {
		return services.Conflict(CodeNotActive, "There is another coach now. Book a new session.")
	}
	b, err := openBooking(v.tx, v.e, v.participants, false, v.session.ID)
	if err != nil {
		return err
	}
	date := []bookingDate{{at: v.session.StartsAt}}
	if err := b.check(v.session.Modality, date, v.session.ID); err != nil {
		return err
	}
	if date[0].refused != nil {
		return date[0].refused
	}
	claim := b.claim(&v.session)
	claim.EndsAt = v.session.EndsAt
	answers, err := calendar.HoldEach(v.tx, claim)
	if err != nil {
		return err
	}
	if answers[0] != nil {
		return errTaken
	}
	err = v.keep(func(s *models.CoachingSession) {
		s.State, s.ClosedAt, s.Late, s.Sequence = models.CoachingBooked, nil, false, s.Sequence+1
		s.Reason, s.ReasonKey, s.ReasonBy = nil, nil, nil
	}, "state", "closed_at", "late", "sequence", "reason", "reason_key", "reason_by")
	if err != nil {
		return err
	}
	if err := planSession(v.tx, &v.session); err != nil {
		return err
	}
	return tellAll(v.tx, v.e, v.participants, models.NoticeCoachingBooked, []models.CoachingSession{v.session})
}
