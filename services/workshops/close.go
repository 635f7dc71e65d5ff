package workshops

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/tasks"
)

// CodeSessionsOpen is the code of closing a workshop before its sessions are closed.
const CodeSessionsOpen services.Code = "sessions_open"

// CompleteWorkshop closes a workshop whose last session has ended and whose sessions are closed; one that nobody had a place
// in is closed with it. Parties that still wait, for a seat or for an answer of ours, are told kindly that it is over. A day
// after the end it happens by itself.
// Errors: not_found; conflict wrong_state when it is not published or not over yet, or sessions_open, which names those whose
// attendance is to be entered.
func (s *Service) CompleteWorkshop(ctx context.Context, id uuid.UUID) (*WorkshopDetail, error) {
	return s.turn(ctx, "workshop.complete", id, func(tx *services.Tx, w *models.Workshop) error {
		switch {
		case w.Visibility != models.VisibilityPublished:
			return services.Conflict(CodeWrongState, "Only a published workshop can be completed; this one is %s.", w.Visibility)
		case w.EndsAt.After(tx.Now()):
			return services.Conflict(CodeWrongState, "Its last session has not ended yet. Cancel the sessions that do not take place.")
		}
		closed, err := closeSessions(tx, *w)
		if err != nil {
			return err
		}
		if err := firstOf(expireLeft(tx, w.ID), noDecision(tx, w.ID), noLongerBack(tx, w.ID)); err != nil {
			return err
		}
		if err := countSessions(tx, closed); err != nil {
			return err
		}
		now, day := tx.Now(), models.DayIn(*w.EndsAt, w.TimeZone)
		w.Visibility, w.CompletedAt = models.VisibilityCompleted, &now
		if w.RegistrationFormID == nil {
			return nil
		}
		return placesEnded(tx, *w.RegistrationFormID, w.ID, nil, &day)
	})
}

// expected asks whether anybody has a place in session s of workshop w, confirmed before it ended.
const expected = `exists (select from registrations r join attendees a on a.registration_id = r.id
	where r.workshop_id = s.workshop_id and (r.session_id is null or r.session_id = s.id) and r.state = 'confirmed' and r.confirmed_at < s.ends_at
		and a.state = 'attending' and a.joined_at < s.ends_at)`

// closeSessions closes the sessions that nobody was expected at, and answers them.
// Errors: conflict sessions_open when somebody was at others that are not closed.
func closeSessions(tx *services.Tx, w models.Workshop) (closed []uuid.UUID, err error) {
	var left []struct {
		models.WorkshopSession
		Expected bool
	}
	if err := tx.DB.Raw(`select s.*, `+expected+` as expected from workshop_sessions s where s.workshop_id = ? and s.status = 'scheduled'
		order by s.starts_at, s.id for no key update of s`, w.ID).Scan(&left).Error; err != nil {
		return nil, err
	}
	var open []services.FieldError
	for i := range left {
		if s := &left[i]; s.Expected {
			open = append(open, services.FieldError{Field: "/sessions/" + s.ID.String(), Code: CodeSessionsOpen,
				Message: fmt.Sprintf("%s on %s is not closed. Enter who came and complete it, or cancel it if it did not take place.", titleOf(w.Title, s.Title), s.LocalStart)})
		}
	}
	if len(open) > 0 {
		refused := services.Conflict(CodeSessionsOpen, "%d of its sessions are not closed yet. See which in errors.", len(open))
		refused.Fields = open
		return nil, refused
	}
	for i := range left {
		after := left[i].WorkshopSession
		after.Status = models.SessionCompleted
		if err := saveSession(tx, left[i].WorkshopSession, &after, "status"); err != nil {
			return nil, err
		}
		closed = append(closed, after.ID)
	}
	return closed, nil
}

// countSessions takes closed sessions into the sums. Nobody was expected at them in the end, but somebody whose place is gone
// may have been there.
func countSessions(tx *services.Tx, ids []uuid.UUID) error {
	if len(ids) == 0 {
		return nil
	}
	if err := sumUpSessions(tx, ids...); err != nil {
		return err
	}
	return tellPrograms(tx, ids...)
}

// expireLeft ends what is undecided in all pools of a workshop that is over.
func expireLeft(tx *services.Tx, workshopID uuid.UUID) error {
	var grounds []models.Pool
	err := tx.Batch(services.Statement{
		SQL:  `select distinct workshop_id, session_id from registrations where workshop_id = $1 and ` + undecided + ` order by workshop_id, session_id`,
		Args: []any{workshopID}, Scan: services.RowsInto(&grounds),
	})
	if err != nil || len(grounds) == 0 {
		return err
	}
	if _, err := lockAllPools(tx, workshopID); err != nil {
		return err
	}
	for _, g := range grounds {
		if err := expireParties(tx, g.WorkshopID, g.SessionID); err != nil {
			return err
		}
	}
	return nil
}

// expireSession does so for a drop-in session that has ended; what is undecided in a series may still come to something.
func expireSession(tx *services.Tx, session *models.WorkshopSession) error {
	if tx.Now().Before(session.EndsAt) {
		return nil
	}
	return firstOf(expireParties(tx, session.WorkshopID, &session.ID), noLongerBack(tx, session.WorkshopID, session.ID))
}

// undecided are the states in which a party waits, for a seat, for its own answer or for ours.
const undecided = `state in ('pending_approval', 'offered', 'waitlisted')`

// expireParties ends the undecided parties of one set of pools.
func expireParties(tx *services.Tx, workshopID uuid.UUID, sessionID *uuid.UUID) error {
	set := &partySet{}
	d, err := openDesk(tx, workshopID, sessionID, set.statements(`r.workshop_id = $1 and r.session_id is not distinct from $2 and r.`+undecided, "r.id", workshopID, sessionID)...)
	if err != nil {
		return err
	}
	parties := set.parties()
	asked := make([]bool, len(parties))
	for i, p := range parties {
		asked[i] = asks(p)
		if err := d.end(p, models.RegistrationExpired); err != nil {
			return err
		}
	}
	if err := d.close(parties...); err != nil {
		return err
	}
	for i, p := range parties {
		if err := d.settleOne(p, asked[i], models.NoticeRegistrationMissed); err != nil {
			return err
		}
	}
	return nil
}

const (
	completeAfter = 24 * time.Hour // attendance is usually entered by then
	completeEvery = time.Hour
	completeBatch = 100
)

// completeEnded is the job that closes what has ended.
type completeEnded struct{}

// Kind implements services.JobArgs.
func (completeEnded) Kind() string { return "workshop.complete_ended" }

// completeEnded ends what is undecided when it is over, asks staff for the attendance that nobody entered within a day, and
// closes workshops that ended a day ago and have no open session.
func (s *Service) completeEnded(ctx context.Context, _ completeEnded) error {
	return errors.Join(s.expireOver(ctx), s.askForAttendance(ctx), s.closeOver(ctx))
}

func (s *Service) expireOver(ctx context.Context) error {
	grounds, err := services.Read(ctx, s.core, func(db *gorm.DB) (grounds []models.Pool, err error) {
		return grounds, db.Raw(`select distinct r.workshop_id, r.session_id from registrations r join workshops w on w.id = r.workshop_id
			left join workshop_sessions s on s.id = r.session_id
			where r.`+undecided+` and w.visibility = 'published' and coalesce(s.ends_at, w.ends_at) <= ? order by 1, 2 limit ?`,
			s.core.Clock.Now(), completeBatch).Scan(&grounds).Error
	})
	for _, g := range grounds {
		_, failed := services.Mutate(services.AsSystem(ctx, completeEnded{}.Kind()), s.core, "registration.expire_over", func(tx *services.Tx) (*struct{}, error) {
			tx.Unchanged() // unless somebody was faster
			return nil, s.expireIfOver(tx, g)
		})
		err = errors.Join(err, failed)
	}
	return err
}

// expireIfOver asks again, under the locks, whether it is over: a session may just have been moved.
func (s *Service) expireIfOver(tx *services.Tx, g models.Pool) error {
	d, err := openDesk(tx, g.WorkshopID, g.SessionID)
	if err != nil || !d.over() {
		return err
	}
	return expireParties(tx, g.WorkshopID, g.SessionID)
}

func (s *Service) askForAttendance(ctx context.Context) error {
	ids, err := services.Read(ctx, s.core, func(db *gorm.DB) (ids []uuid.UUID, err error) {
		return ids, db.Raw(`select s.id from workshop_sessions s join workshops w on w.id = s.workshop_id
			where s.status = 'scheduled' and s.starts_at < ? and s.ends_at <= ? and w.visibility = 'published' and `+expected+`
				and not exists (select from tasks t where t.record = 'session' and t.record_id = s.id and t.kind = ?)
			order by s.starts_at limit ?`, s.core.Clock.Now().Add(-completeAfter), s.core.Clock.Now().Add(-completeAfter), models.TaskCompleteSession, completeBatch).Scan(&ids).Error
	})
	for _, id := range ids {
		_, failed := services.Mutate(services.AsSystem(ctx, completeEnded{}.Kind()), s.core, "session.ask_for_attendance", func(tx *services.Tx) (*struct{}, error) {
			_, err := tasks.Open(tx, tasks.New{Kind: models.TaskCompleteSession, Record: sourceSession, RecordID: &id, Queue: "coordinators",
				Title: "Enter who came, and close the session", DueAt: tx.Now().Add(completeAfter)})
			tx.Unchanged() // when another replica opened it
			return nil, err
		})
		err = errors.Join(err, failed)
	}
	return err
}

func (s *Service) closeOver(ctx context.Context) error {
	ids, err := services.Read(ctx, s.core, func(db *gorm.DB) (ids []uuid.UUID, err error) {
		return ids, db.Raw(`select w.id from workshops w where w.visibility = 'published' and w.ends_at < ?
			and not exists (select from workshop_sessions s where s.workshop_id = w.id and s.status = 'scheduled' and `+expected+`)
			order by w.ends_at limit ?`, s.core.Clock.Now().Add(-completeAfter), completeBatch).Scan(&ids).Error
	})
	for _, id := range ids {
		if _, failed := s.CompleteWorkshop(services.AsSystem(ctx, completeEnded{}.Kind()), id); !overtaken(failed) {
			err = errors.Join(err, failed)
		}
	}
	return err
}

// overtaken says that somebody closed, moved or reopened it since we looked.
func overtaken(err error) bool {
	var refused *services.Error
	return errors.As(err, &refused) && refused.Kind == services.KindConflict
}
