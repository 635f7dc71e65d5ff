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

// CancelCoaching calls off a session.
type CancelCoaching struct {
	Reason string `json:"reason,omitempty" maxLength:"1000" doc:"Those who are coached and the coach need not say why; coordinators must. Kept sealed: whoever wrote it reads it, and the coach" example:"My daughter is ill"`
}

// CoachingSeriesCancelled is what came of calling off a series.
type CoachingSeriesCancelled struct {
	SeriesID  uuid.UUID        `json:"series_id"`
	Cancelled []CoachingBooked `json:"cancelled" nullable:"false" doc:"The sessions that were still to come, in order"`
	Late      int              `json:"late" doc:"How many of them were called off after the deadline, and count in the package" example:"0"`
}

// CancelSession calls off a session. Those who are coached do so until it begins; after the coach's deadline it is marked late and
// counts as one of those agreed on, unless it was only requested or the coach cannot hold it anyway. The coach and staff call off at
// any time what has not been written down. Everybody is told, with words that say no more than that. A session that is called off
// already is answered as it is. Coordinators say why.
// Errors: not_found; invalid for a coordinator without a reason; conflict wrong_state, or session_begun for those who are coached.
func (s *Service) CancelSession(ctx context.Context, id uuid.UUID, in CancelCoaching) (*CoachingSessionView, error) {
	return services.Mutate(ctx, s.core, "coaching_session.cancel", func(tx *services.Tx) (*CoachingSessionView, error) {
		v, err := openSession(tx, id)
		if err != nil {
			return nil, err
		}
		if v.session.State.Cancelled() {
			tx.Unchanged()
			return v.view()
		}
		if err := v.staffSayWhy(in.Reason); err != nil {
			return nil, err
		}
		if err := v.mayCallOff(); err != nil {
			return nil, err
		}
		coach, err := v.coach()
		if err != nil {
			return nil, err
		}
		was := v.session
		if err := v.callOff(coach, services.Prose(in.Reason)); err != nil {
			return nil, err
		}
		if err := v.tellCalledOff(&was); err != nil {
			return nil, err
		}
		return v.view()
	})
}

// staffSayWhy is because for what those who are coached, and the coach, need give no reason for.
// Errors: invalid.
func (v *visit) staffSayWhy(words string) error {
	if !v.sight.Staff {
		return nil
	}
	return v.because(words)
}

// mayCallOff says whether the actor can call the session off now.
// Errors: conflict wrong_state, session_begun.
func (v *visit) mayCallOff() error {
	if !v.session.State.Live() {
		return services.Conflict(CodeSessionState, "This session is over or was called off: %s.", wordsOf([]models.CoachingState{v.session.State}))
	}
	if v.sight.client() && !v.session.StartsAt.After(v.tx.Now()) {
		return services.Conflict(CodeSessionBegun, "This session has begun. Tell your coach, or ask us to call you.")
	}
	return nil
}

func (v *visit) coach() (*models.Coach, error) {
	var c models.Coach
	return &c, v.tx.DB.Where("id = ?", v.session.CoachID).Take(&c).Error
}

// by is the state of a session that the actor calls off.
func (s sight) by() models.CoachingState {
	switch {
	case s.client():
		return models.CoachingCancelledByMember
	case s.Coach:
		return models.CoachingCancelledByCoach
	}
	return models.CoachingCancelledByStaff
}

// callOff stores that the session does not take place, frees its time and ends what waits for it.
func (v *visit) callOff(c *models.Coach, reason string) error {
	late := v.sight.client() && isLate(&v.session, c, v.tx.Now())
	if err := v.sealReason(reason); err != nil {
		return err
	}
	now := v.tx.Now()
	err := v.keep(func(s *models.CoachingSession) {
		s.State, s.Late, s.ClosedAt, s.ToStaffAt, s.Sequence = v.sight.by(), late, &now, nil, s.Sequence+1
	}, "state", "late", "closed_at", "to_staff_at", "sequence", "reason", "reason_key", "reason_by")
	if err != nil {
		return err
	}
	return v.free()
}

// free gives up the session's time, and ends what waits for it.
func (v *visit) free() error {
	recallReminders(v.tx, []uuid.UUID{v.session.ID})
	if err := calendar.Release(v.tx, sourceSession, v.session.ID); err != nil {
		return err
	}
	if err := tasks.CloseFor(v.tx, sourceSession, v.session.ID, models.TaskLogSession); err != nil {
		return err
	}
	return v.settleNewTime()
}

// settleNewTime drops the task to find new times once no session of the engagement waits for one.
func (v *visit) settleNewTime() error {
	waiting := false
	err := v.tx.Batch(services.Statement{SQL: `select exists (select from coaching_sessions where engagement_id = $1 and live and to_staff_at is not null)`, Args: []any{v.e.ID},
		Scan: services.ScanOne("session", &waiting)})
	if err != nil || waiting {
		return err
	}
	return tasks.CloseFor(v.tx, "engagement", v.e.ID, models.TaskFindNewTime)
}

// sealReason puts the words under the key of the one whose reason it is: of those who are coached their own, or that of the child
// they act for; of the coach theirs; of staff that of those who are coached, whom it is about.
func (v *visit) sealReason(words string) error {
	if words == "" || len(v.people) == 0 {
		return nil
	}
	me := v.tx.Actor().MemberID
	whose := v.people[0].MemberID
	switch {
	case v.sight.Coach, v.sight.Participant:
		whose = me
	case v.sight.Guardian:
		for i := range v.participants {
			if p := &v.participants[i]; p.EnteredBy != nil && *p.EnteredBy == me {
				whose = p.MemberID
			}
		}
	}
	sealed, key, err := v.tx.Seal(whose, reasonOf(v.session.ID), 1, words)
	if err == nil {
		v.session.Reason, v.session.ReasonKey, v.session.ReasonBy = sealed, &key, &me
	}
	return err
}

// reasonOf is the record that a reason is sealed for. There is one for each session: what is called off again after it came back
// has new words under the same name.
func reasonOf(session uuid.UUID) string { return "coaching_sessions:" + session.String() }

// tellCalledOff tells everybody; of what was only requested, the coach alone when those who asked withdraw it.
func (v *visit) tellCalledOff(was *models.CoachingSession) error {
	sessions := []models.CoachingSession{v.session}
	if was.State != models.CoachingRequested {
		return tellAll(v.tx, v.e, v.participants, models.NoticeCoachingCancelled, sessions)
	}
	t, err := readTeller(v.tx, v.e, v.participants, v.session.CoachID)
	if err != nil {
		return err
	}
	if v.sight.Coach {
		return t.tellClients(models.NoticeCoachingDeclined, sessions)
	}
	if !v.sight.client() {
		if err := t.tellClients(models.NoticeCoachingDeclined, sessions); err != nil {
			return err
		}
	}
	return t.tellCoach(models.NoticeCoachingCancelled, sessions)
}

// CancelSeries calls off all sessions of a series that have not begun, as CancelSession does each, with one mail about all.
// Errors: not_found; invalid for a coordinator without a reason.
func (s *Service) CancelSeries(ctx context.Context, seriesID uuid.UUID, in CancelCoaching) (*CoachingSeriesCancelled, error) {
	return services.Mutate(ctx, s.core, "coaching_series.cancel", func(tx *services.Tx) (*CoachingSeriesCancelled, error) {
		first, err := firstOfSeries(tx, seriesID)
		if err != nil {
			return nil, err
		}
		v, err := openSession(tx, first)
		if services.NotFound("").Is(err) {
			return nil, services.NotFound("series")
		}
		if err == nil {
			err = v.staffSayWhy(in.Reason)
		}
		if err != nil {
			return nil, err
		}
		var all []models.CoachingSession
		err = tx.DB.Where("series_id = ? and engagement_id = ? and live and starts_at > ?", seriesID, v.e.ID, tx.Now()).Clauses(forUpdate).Order("starts_at, id").Find(&all).Error
		if err != nil {
			return nil, err
		}
		tx.Unchanged()
		out := &CoachingSeriesCancelled{SeriesID: seriesID, Cancelled: bookedOf(all, nil)}
		if len(all) == 0 {
			return out, nil
		}
		reason := services.Prose(in.Reason)
		var coach *models.Coach // the same of all, but for what a hand-over left with the one before
		for i := range all {
			v.session = all[i]
			if coach == nil || coach.ID != all[i].CoachID {
				if coach, err = v.coach(); err != nil {
					return nil, err
				}
			}
			if err := v.callOff(coach, reason); err != nil {
				return nil, err
			}
			if all[i] = v.session; v.session.Late {
				out.Late++
			}
		}
		return out, tellAll(tx, v.e, v.participants, models.NoticeCoachingCancelled, all)
	})
}

// firstOfSeries is any session of a series, for its engagement.
// Errors: not_found.
func firstOfSeries(tx *services.Tx, id uuid.UUID) (uuid.UUID, error) {
	var of []struct{ ID uuid.UUID }
	err := tx.Batch(services.Statement{SQL: `select id from coaching_sessions where series_id = $1 order by starts_at, id limit 1`, Args: []any{id}, Scan: services.RowsInto(&of)})
	if err == nil && len(of) == 0 {
		err = services.NotFound("series")
	}
	if err != nil {
		return uuid.Nil, err
	}
	return of[0].ID, nil
}

// deadline is until when those who are coached move a session, and call it off without its counting.
func deadline(s *models.CoachingSession, c *models.Coach) time.Time {
	return s.StartsAt.Add(-time.Duration(c.CancelNoticeHours) * time.Hour)
}

// isLate says whether a session that those who are coached call off now counts all the same: the deadline has passed, it was
// certain, and its coach could hold it.
func isLate(s *models.CoachingSession, c *models.Coach, now time.Time) bool {
	return s.State == models.CoachingBooked && s.ToStaffAt == nil && now.After(deadline(s, c))
}
