package coaching

import (
	"context"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/programs"
	"homefront/services/tasks"
)

const (
	// noShowAfter is how long after the start somebody may be said not to have come.
	noShowAfter = 10 * time.Minute
	// startsBefore is how long before its start a session may begin.
	startsBefore = time.Hour
	// reportWithin is how long those who are coached may say that the coach did not come.
	reportWithin = 7 * 24 * time.Hour
)

// CoachingNoShow says who did not come.
type CoachingNoShow struct {
	Who    string `json:"who" enum:"member,coach" doc:"member: nobody of those who are coached came; that uses one of the sessions agreed on. Where one of a couple came, log the session with who was there" example:"member"`
	Reason string `json:"reason,omitempty" maxLength:"1000" doc:"Why; coordinators must say it. Kept sealed in the audit log" example:"I called both"`
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
	if err := agreed(v.tx, v.participants); err != nil {
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

// MarkNoShow says that somebody did not come, from ten minutes after the start on. The coach and coordinators, who say why, say it of
// either side, and correct it the same way; those who are coached say it of the coach, within a week, whatever the coach said of them,
// and staff have a task to call them. From then on it is for coordinators to decide: the coach alone neither turns it, nor takes it
// back, nor logs the session; a coordinator who says the same again leaves it at that. When nobody of those who are coached came, they
// are absent in the program's attendance; when the coach did not come, nothing is known of them.
// Errors: not_found; invalid for a coordinator without a reason; forbidden not_their_coach; conflict wrong_state, too_early, too_late,
// with_our_team.
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
		if v.session.State == state && !v.adds() {
			return v.unchanged(nil)
		}
		if err := v.because(in.Reason); err != nil {
			return nil, err
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

// adds says whether something comes of it when the actor says of a session what is on record: those who are coached have not said it
// so far, or staff decide that it stays so.
func (v *visit) adds() bool {
	if v.sight.client() {
		return v.session.MissedBy == nil && v.session.SettledAt == nil
	}
	return v.sight.Staff && v.session.Disputed()
}

// maySay says whether the actor can mark the session so now.
// Errors: forbidden not_their_coach; conflict wrong_state, too_early, too_late, with_our_team.
func (v *visit) maySay(state models.CoachingState) error {
	s := &v.session
	switch {
	case v.sight.client() && state == models.CoachingNoShowMember:
		return v.sight.works()
	case s.State != models.CoachingBooked && s.State != models.CoachingInProgress && !s.State.NoShow():
		return v.wrongState()
	case v.tx.Now().Before(s.StartsAt.Add(noShowAfter)):
		return services.Conflict(CodeTooEarly, "Wait until ten minutes after the start.")
	case !v.sight.client():
		return v.undisputed()
	case s.SettledAt != nil:
		return services.Conflict(CodeWithOurTeam, "Our team has decided this. Ask us to call you.")
	}
	return v.inTimeToSay()
}

// inTimeToSay is until when those who are coached say that the coach did not come, and take it back.
// Errors: conflict too_late.
func (v *visit) inTimeToSay() error {
	if v.tx.Now().After(v.session.StartsAt.Add(reportWithin)) {
		return services.Conflict(CodeTooLate, "This can be said for a week. Ask us to call you.")
	}
	return nil
}

// undisputed keeps the coach alone from changing how a session ended of which those who are coached said that the coach did not come.
// Errors: conflict with_our_team.
func (v *visit) undisputed() error {
	s := &v.session
	if v.sight.Staff || s.MissedBy == nil {
		return nil
	}
	err := services.Conflict(CodeWithOurTeam, "It was said that the coach did not come, and our team looks at it. Nothing was stored. Tell us what happened, and keep a log until we have decided.")
	if !s.Disputed() {
		err = services.Conflict(CodeWithOurTeam, "Our team has looked at this session and decided. Nothing was stored. Ask us if something is wrong.")
	}
	err.Fields = []services.FieldError{{Field: "path/coaching_session_id", Code: services.Code(s.State), Message: "The state of the session."}}
	return err
}

func (v *visit) noShow(state models.CoachingState) error {
	now, me := v.tx.Now(), v.tx.Actor().MemberID
	err := v.keep(func(s *models.CoachingSession) {
		s.State, s.ToStaffAt, s.Minutes = state, nil, nil
		if s.LoggedAt != nil {
			s.Minutes = new(int)
		}
		if s.ClosedAt == nil {
			s.ClosedAt = &now
		}
		switch {
		case v.sight.client():
			s.MissedBy = &me
		case v.sight.Staff:
			s.SettledAt = &now
		}
	}, "state", "to_staff_at", "minutes", "closed_at", "missed_by", "settled_at")
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

// afterNoShow ends the task to write the session down, and has staff call those who said that their coach did not come.
func (v *visit) afterNoShow() error {
	if err := tasks.CloseFor(v.tx, sourceSession, v.session.ID, models.TaskLogSession); err != nil {
		return err
	}
	if !v.sight.client() {
		return v.decided()
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
