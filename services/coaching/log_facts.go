package coaching

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// logFacts makes the session what the log says of it.
func (v *visit) logFacts(in *LogCoaching) error {
	now, me := v.tx.Now(), v.tx.Actor().MemberID
	minutes := int(v.session.EndsAt.Sub(v.session.StartsAt).Minutes())
	if models.CoachingState(in.Outcome) != models.CoachingCompleted {
		minutes = 0
	}
	if in.Minutes != nil {
		minutes = *in.Minutes
	}
	if err := tookTime(models.CoachingState(in.Outcome), minutes); err != nil {
		return err
	}
	paid, err := v.paid(in.Paid)
	if err != nil {
		return err
	}
	return v.keep(func(s *models.CoachingSession) {
		s.Paid = paid
		s.State, s.Minutes, s.LoggedAt, s.LoggedBy, s.ToStaffAt = models.CoachingState(in.Outcome), &minutes, &now, &me, nil
		if s.ClosedAt == nil {
			s.ClosedAt = &now
		}
		if in.Modality != nil {
			s.Modality = *in.Modality
		}
		if v.sight.Staff {
			s.SettledAt = &now
		}
	}, "state", "minutes", "modality", "paid", "logged_at", "logged_by", "closed_at", "to_staff_at", "settled_at")
}

// paid says whether the coach was paid for the session: as the log says, else as their profile does at this time.
func (v *visit) paid(said *bool) (paid bool, err error) {
	if said != nil {
		return *said, nil
	}
	err = v.tx.DB.Raw(`select paid from coaches where id = ?`, v.session.CoachID).Scan(&paid).Error
	return paid, err
}

// tookTime refuses a session that took place in no time.
// Errors: invalid.
func tookTime(outcome models.CoachingState, minutes int) error {
	if outcome == models.CoachingCompleted && minutes == 0 {
		return services.InvalidField("/minutes", "out_of_range", "A session that took place took a minute at least. Leave it out when it took as long as it was booked.")
	}
	return nil
}

// there is who was there, by what a log says and by its outcome.
func (in *LogCoaching) there(people []models.CoachingAttendance) ([]models.CoachingAttendance, error) {
	return thereOf(models.CoachingState(in.Outcome), in.Attendance, people)
}

// thereOf is who was there: of a completed session those who are not named were, and somebody was; nobody was when they did not
// come; when the coach did not come nothing is known.
// Errors: invalid for who is not coached, twice the same, and for what does not go with the outcome.
func thereOf(outcome models.CoachingState, said []LogAttendance, people []models.CoachingAttendance) ([]models.CoachingAttendance, error) {
	out := slices.Clone(people)
	var otherwise *models.AttendanceStatus
	switch present, absent := models.AttendancePresent, models.AttendanceAbsent; outcome {
	case models.CoachingCompleted:
		otherwise = &present
	case models.CoachingNoShowMember:
		otherwise = &absent
	}
	for i := range out {
		out[i].Status = otherwise
	}
	for i := range said {
		at := fmt.Sprintf("/attendance/%d", i)
		n := slices.IndexFunc(out, func(a models.CoachingAttendance) bool { return a.MemberID == said[i].MemberID })
		switch {
		case n < 0:
			return nil, services.InvalidField(at+"/member_id", "not_coached", "Name one of those whom the session was for.")
		case slices.IndexFunc(said, func(a LogAttendance) bool { return a.MemberID == said[i].MemberID }) < i:
			return nil, services.InvalidField(at+"/member_id", "twice", "Name each once.")
		case otherwise == nil || outcome == models.CoachingNoShowMember && cameTo(said[i].Status):
			return nil, services.InvalidField(at+"/status", "not_with_outcome", "This does not go with the outcome.")
		}
		out[n].Status = &said[i].Status
	}
	if outcome == models.CoachingCompleted && !slices.ContainsFunc(out, func(a models.CoachingAttendance) bool { return cameTo(*a.Status) }) {
		return nil, services.InvalidField("/attendance", "nobody_there", "A session to which nobody came is a no_show_member.")
	}
	return out, nil
}

func cameTo(s models.AttendanceStatus) bool {
	return s == models.AttendancePresent || s == models.AttendanceLate
}

// bookNextOf books the session that follows. What does not fit is told and loses nothing else.
func (v *visit) bookNextOf(in *NextCoaching) (*LoggedNext, error) {
	if in == nil {
		return nil, nil
	}
	out := &LoggedNext{StartsAt: in.StartsAt.UTC()}
	if v.e.CoachID == nil || *v.e.CoachID != v.tx.Actor().MemberID {
		out.Code, out.Reason = CodeNotActive, "They have another coach now, who books with them."
		return out, nil
	}
	book := BookCoaching{ID: in.ID, EngagementID: v.e.ID, StartsAt: in.StartsAt, Modality: in.Modality, TimeZone: v.session.TimeZone}
	if book.Modality == "" {
		book.Modality = v.session.Modality
	}
	var booked *models.CoachingSession
	refused, err := v.tx.Attempt(func() (err error) {
		if !in.StartsAt.After(v.tx.Now()) {
			return services.Conflict(CodeSessionBegun, "That time has passed.")
		}
		booked, err = bookNext(v.tx, v.e, v.participants, book)
		return err
	})
	if err != nil {
		return nil, err
	}
	if refused != nil {
		out.Code, out.Reason = codeOfRefusal(refused), wordsOfRefusal(refused)
		return out, nil
	}
	out.Booked, out.SessionID, out.StartsAt = true, &booked.ID, booked.StartsAt.UTC()
	return out, nil
}

// EditLog corrects the facts of a log. Its notes are amended.
type EditLog struct {
	Outcome    services.Field[CoachingOutcome] `json:"outcome,omitzero" required:"false" enum:"completed,no_show_member,no_show_coach"`
	Minutes    services.Field[int]             `json:"minutes,omitzero" required:"false" minimum:"0" maximum:"480"`
	Modality   services.Field[models.Modality] `json:"modality,omitzero" required:"false" enum:"online,phone,in_person"`
	Paid       services.Field[bool]            `json:"paid,omitzero" required:"false" doc:"The coach was paid for it; else it was pro bono"`
	Attendance services.Field[[]LogAttendance] `json:"attendance,omitzero" required:"false" maxItems:"2" doc:"Whole, as in a log; absent: as it was, or with another outcome as that outcome has it"`
	Reason     string                          `json:"reason,omitempty" maxLength:"500" doc:"Why, in words; kept sealed in the audit log" example:"It was the week after that she did not come"`
}

// CorrectLog corrects what is on record of a session that was written down: what came of it, how long it took, whether it was paid, who
// was there. The coach who held it may, and so may coordinators, with a reason; the program's attendance follows. Coordinators write
// down so what its coach has not: the facts of a session, without words.
// Errors: not_found; stale; invalid; forbidden not_their_coach; conflict not_logged, with_our_team; for coordinators not_loggable, too_early.
func (s *Service) CorrectLog(ctx context.Context, id uuid.UUID, in EditLog) (*LoggedFacts, error) {
	return services.Mutate(ctx, s.core, "coaching_session.correct", func(tx *services.Tx) (*LoggedFacts, error) {
		v, err := openAnswer(tx, id)
		if services.IsNotFound(err) {
			v, err = openPast(tx, id)
		}
		if err != nil {
			return nil, err
		}
		if err := tx.CheckVersion(v.session.Version); err != nil {
			return nil, err
		}
		logID, err := lastLog(tx, id)
		if err != nil {
			return nil, err
		}
		if err := v.because(in.Reason); err != nil {
			return nil, err
		}
		if err := v.undisputed(); err != nil {
			return nil, err
		}
		if v.session.LoggedAt == nil || logID == uuid.Nil {
			return v.logByStaff(in)
		}
		people, err := v.correct(in)
		if err == nil {
			err = v.decided()
		}
		if err != nil {
			return nil, err
		}
		facts := loggedAs(logID, &v.session)
		return &facts, v.afterLog(people)
	})
}

// logByStaff writes down what came of a session that its coach has not logged.
// Errors: invalid; conflict not_logged, not_loggable, too_early.
func (v *visit) logByStaff(in EditLog) (*LoggedFacts, error) {
	if !v.sight.Staff {
		return nil, services.Conflict(CodeNotLogged, "This session is not written down yet. Log it first.")
	}
	if in.Outcome.Value == nil {
		return nil, services.InvalidField("/outcome", "required", "Its coach has not written this session down. Say what came of it.")
	}
	log := LogCoaching{LogID: services.NewID(), Outcome: *in.Outcome.Value, Minutes: in.Minutes.Value, Modality: in.Modality.Value, Paid: in.Paid.Value, Attendance: in.Attendance.Or(nil)}
	if err := v.loggable(models.CoachingState(log.Outcome)); err != nil {
		return nil, err
	}
	people, err := log.there(v.people)
	if err != nil {
		return nil, err
	}
	mac, err := log.mac(v.tx, v.session.ID)
	if err != nil {
		return nil, err
	}
	if err := v.logFacts(&log); err != nil {
		return nil, err
	}
	if err := v.decided(); err != nil {
		return nil, err
	}
	facts := loggedAs(log.LogID, &v.session)
	if err := storeLog(v.tx, &LoggedCoaching{LoggedFacts: facts, Notes: []LoggedNote{}, StepIDs: []uuid.UUID{}, GoalIDs: []uuid.UUID{}}, mac); err != nil {
		return nil, err
	}
	return &facts, v.afterLog(people)
}

// correct changes the session, and answers who was there.
func (v *visit) correct(in EditLog) ([]models.CoachingAttendance, error) {
	outcome := models.CoachingState(in.Outcome.Or(CoachingOutcome(v.session.State)))
	people := v.people
	if in.Attendance.Set || outcome != v.session.State {
		var err error
		if people, err = thereOf(outcome, in.Attendance.Or(nil), v.people); err != nil {
			return nil, err
		}
	}
	minutes := *v.session.Minutes
	switch {
	case in.Minutes.Value != nil:
		minutes = *in.Minutes.Value
		if err := tookTime(outcome, minutes); err != nil {
			return nil, err
		}
	case outcome == v.session.State:
	case outcome == models.CoachingCompleted:
		minutes = int(v.session.EndsAt.Sub(v.session.StartsAt).Minutes())
	default:
		minutes = 0
	}
	now := v.tx.Now()
	return people, v.keep(func(s *models.CoachingSession) {
		s.State, s.Minutes, s.Modality, s.Paid = outcome, &minutes, in.Modality.Or(s.Modality), in.Paid.Or(s.Paid)
		if v.sight.Staff {
			s.SettledAt = &now
		}
	}, "state", "minutes", "modality", "paid", "settled_at")
}

// lastLog is the log that holds of a session.
func lastLog(tx *services.Tx, session uuid.UUID) (uuid.UUID, error) {
	var ids []uuid.UUID
	err := tx.DB.Model(&models.CoachingLog{}).Where("session_id = ?", session).Order("logged_at desc").Limit(1).Pluck("id", &ids).Error
	if err != nil || len(ids) == 0 {
		return uuid.Nil, err
	}
	return ids[0], nil
}
