package coaching

import (
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/calendar"
	"homefront/services/notices"
	"homefront/services/tasks"
)

// newTimeWithin is by when staff look for another time or another coach: the same working day.
const newTimeWithin = 8 * time.Hour

// sessionsAhead are the live sessions of an engagement that have not begun, in order.
func sessionsAhead(tx *services.Tx, e *models.Engagement) ([]models.CoachingSession, error) {
	var out []models.CoachingSession
	return out, tx.DB.Where("engagement_id = ? and live and starts_at > ?", e.ID, tx.Now()).Clauses(forUpdate).Order("starts_at, id").Find(&out).Error
}

// callOffAhead calls off all live sessions of an engagement that have not begun, in the name of by: the members', the coach's or
// staff's. Their times are free again, their reminders are recalled. With tell, those whom they are for and the coach have a mail
// that says no more than that; without, nobody hears of it from us. It answers how many there were. The engagement is locked.
func callOffAhead(tx *services.Tx, e *models.Engagement, participants []models.EngagementParticipant, by models.CoachingState, tell bool) (int, error) {
	sessions, err := sessionsAhead(tx, e)
	if err != nil || len(sessions) == 0 {
		return 0, err
	}
	if err := endSessions(tx, sessions, by); err != nil {
		return 0, err
	}
	if err := tasks.CloseFor(tx, "engagement", e.ID, models.TaskFindNewTime); err != nil {
		return 0, err
	}
	if tell {
		err = tellAll(tx, e, participants, models.NoticeCoachingCancelled, sessions)
	}
	return len(sessions), err
}

// endSessions puts sessions that are still to take place into a state that ends them, in three statements however many they are.
func endSessions(tx *services.Tx, sessions []models.CoachingSession, as models.CoachingState) error {
	now := tx.Now()
	for i := range sessions {
		before, s := sessions[i], &sessions[i]
		s.State, s.ClosedAt, s.ToStaffAt = as, &now, nil
		s.Sequence, s.Version, s.UpdatedAt = s.Sequence+1, s.Version+1, now
		tx.Changed(before, *s)
	}
	ids := idsOfSessions(sessions)
	tx.Queue(`update coaching_sessions set state = $2, closed_at = $3, to_staff_at = null, sequence = sequence + 1, version = version + 1, updated_at = $3 where id = any($1)`, ids, string(as), now)
	recallReminders(tx, ids)
	return calendar.Release(tx, sourceSession, ids...)
}

// recallReminders withdraws reminders that wait to be sent, for the end of somebody's quiet hours perhaps.
func recallReminders(tx *services.Tx, sessions []uuid.UUID) {
	for _, id := range sessions {
		notices.Recall(tx, sourceSession, id, models.NoticeCoachingReminder)
	}
}

// toStaff hands the live sessions of an engagement that have not begun to staff, because their coach cannot hold them. They stay
// booked until staff have found another time or another coach: one task for each engagement. Those who are coached hear once that
// we find them a new time, and are not reminded of the old one. It answers how many sessions are new among them. The engagement is
// locked.
func toStaff(tx *services.Tx, e *models.Engagement, participants []models.EngagementParticipant) (int, error) {
	all, err := sessionsAhead(tx, e)
	if err != nil {
		return 0, err
	}
	var sessions []models.CoachingSession
	now := tx.Now()
	for _, s := range all {
		if s.ToStaffAt != nil {
			continue
		}
		before := s
		s.ToStaffAt, s.Version, s.UpdatedAt = &now, s.Version+1, now
		tx.Changed(before, s)
		sessions = append(sessions, s)
	}
	if len(sessions) == 0 {
		return 0, nil
	}
	ids := idsOfSessions(sessions)
	tx.Queue(`update coaching_sessions set to_staff_at = $2, version = version + 1, updated_at = $2 where id = any($1)`, ids, now)
	recallReminders(tx, ids)
	if _, err := openNewTimeTask(tx, e, participants, sessions[0].CoachID); err != nil {
		return 0, err
	}
	t, err := readTeller(tx, e, participants, sessions[0].CoachID)
	if err != nil {
		return 0, err
	}
	return len(sessions), t.tellClients(models.NoticeCoachingNewTime, sessions)
}

func openNewTimeTask(tx *services.Tx, e *models.Engagement, participants []models.EngagementParticipant, coach uuid.UUID) (uuid.UUID, error) {
	about := takingPart(participants)
	if len(about) == 0 {
		return uuid.Nil, nil
	}
	return tasks.Open(tx, tasks.New{
		Kind: models.TaskFindNewTime, MemberID: &about[0], AlsoAbout: append(about[1:], coach), Record: "engagement", RecordID: &e.ID, Queue: "coordinators",
		Title: "Find new times for sessions whose coach cannot hold them", DueAt: tx.Now().Add(newTimeWithin),
	})
}

// backFromStaff takes the mark off the sessions of an engagement whose coach can hold them after all, or has a successor, and drops
// the task. Those who were told that we look for a new time hear that the old one holds. It answers how many there were. The
// engagement is locked.
func backFromStaff(tx *services.Tx, e *models.Engagement, participants []models.EngagementParticipant) (int, error) {
	all, err := sessionsAhead(tx, e)
	if err != nil {
		return 0, err
	}
	var sessions []models.CoachingSession
	for _, s := range all {
		if s.ToStaffAt == nil {
			continue
		}
		before := s
		s.ToStaffAt, s.Version, s.UpdatedAt = nil, s.Version+1, tx.Now()
		tx.Changed(before, s)
		sessions = append(sessions, s)
	}
	if len(sessions) == 0 {
		return 0, nil
	}
	tx.Queue(`update coaching_sessions set to_staff_at = null, version = version + 1, updated_at = $2 where id = any($1)`, idsOfSessions(sessions), tx.Now())
	if err := tasks.CloseFor(tx, "engagement", e.ID, models.TaskFindNewTime); err != nil {
		return 0, err
	}
	t, err := readTeller(tx, e, participants, sessions[0].CoachID)
	if err != nil {
		return 0, err
	}
	return len(sessions), t.tellClients(models.NoticeCoachingBooked, sessions)
}
