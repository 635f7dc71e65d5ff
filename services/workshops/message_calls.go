package workshops

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
	"homefront/services/tasks"
)

// TaskCallList asks staff to call those whom a message did not reach: the list is with the message.
const TaskCallList models.TaskKind = "call_list"

const mostCalls = 20 // of so many people each has a task of their own; of more there is one for all

// followMessage is told when a message does not reach somebody, or reaches them after all.
func (s *Service) followMessage(ctx context.Context, job notices.Settled) error {
	_, err := services.Mutate(ctx, s.core, "workshop_message.follow", func(tx *services.Tx) (*struct{}, error) {
		tx.Unchanged()
		var found []struct {
			WorkshopMessageID uuid.UUID
			State             models.MessageState
		}
		err := tx.Batch(services.Statement{SQL: `select d.workshop_message_id, n.state from workshop_message_people d join messages n on n.id = d.notice_id where d.notice_id = $1`,
			Args: []any{job.MessageID}, Scan: services.RowsInto(&found)})
		if err != nil || len(found) == 0 {
			return nil, err
		}
		m, err := lockMessage(tx, found[0].WorkshopMessageID)
		if err != nil || m.State != models.WorkshopMessageSent {
			return nil, err // while it is still going out, its end sees to all of them
		}
		return nil, callUnreached(tx, m, found[0].State != models.MessageSent)
	})
	return err
}

const unreachedSQL = `select d.member_id from workshop_message_people d left join messages n on n.id = d.notice_id
	where d.workshop_message_id = $1 and ` + deliveryState + ` in ('unreached', 'bounced', 'abandoned') order by d.id limit 1000`

// called is a task that staff were given about somebody, or about all.
type called struct {
	Kind     models.TaskKind
	MemberID *uuid.UUID
	Status   models.TaskStatus
}

// callUnreached gives staff the calls to those whom a message does not reach: each their own, or one for all when they are
// many or somebody is no member. Calls to who was reached meanwhile close. A call that somebody made is not asked for again:
// where there was one for all, it stays one for all, or those who were called from it would be called again, each.
// The message's row is locked. more says that somebody is unreached who was not.
func callUnreached(tx *services.Tx, m *models.WorkshopMessage, more bool) error {
	var unreached []models.WorkshopMessagePerson
	var asked []called
	err := tx.Batch(
		services.Statement{SQL: unreachedSQL, Args: []any{m.ID}, Scan: services.RowsInto(&unreached)},
		services.Statement{SQL: `select kind, member_id, status from tasks where record = 'workshop_message' and record_id = $1`, Args: []any{m.ID}, Scan: services.RowsInto(&asked)},
	)
	if err != nil {
		return err
	}
	list := slices.ContainsFunc(asked, func(c called) bool { return c.Kind == TaskCallList }) || slices.ContainsFunc(unreached, func(u models.WorkshopMessagePerson) bool { return u.MemberID == nil })
	each, forAll := map[uuid.UUID]bool{}, len(unreached) > mostCalls || len(unreached) > 0 && list
	for _, u := range unreached {
		if !forAll {
			each[*u.MemberID] = true
		}
	}
	if err := settleCalls(tx, m, asked, each, forAll); err != nil {
		return err
	}
	if forAll && more {
		return openCall(tx, m, TaskCallList, nil, "Call those whom a message did not reach: see to whom it went")
	}
	for _, u := range unreached { // in their order, so that two of us open them in the same
		if u.MemberID != nil && each[*u.MemberID] {
			if err := openCall(tx, m, models.TaskCall, u.MemberID, "Call: a message about their appointment does not reach this person"); err != nil {
				return err
			}
		}
	}
	return nil
}

// settleCalls closes what is moot of the calls that were asked for, and takes those out of each who need none any more.
func settleCalls(tx *services.Tx, m *models.WorkshopMessage, asked []called, each map[uuid.UUID]bool, forAll bool) error {
	for _, c := range asked {
		switch {
		case c.MemberID != nil && each[*c.MemberID]:
			delete(each, *c.MemberID)
		case !c.Status.Live():
		case c.MemberID != nil:
			if err := tasks.CloseAbout(tx, "workshop_message", m.ID, *c.MemberID, models.TaskCall); err != nil {
				return err
			}
		case !forAll:
			if err := tasks.CloseFor(tx, "workshop_message", m.ID, TaskCallList); err != nil {
				return err
			}
		}
	}
	return nil
}

func openCall(tx *services.Tx, m *models.WorkshopMessage, kind models.TaskKind, member *uuid.UUID, title string) error {
	due := tx.Now().Add(24 * time.Hour)
	var next []models.WorkshopSession
	err := tx.Batch(services.Statement{SQL: `select starts_at from workshop_sessions where workshop_id = $1 and ($2::uuid is null or id = $2) and status = 'scheduled' and starts_at > $3 order by starts_at limit 1`,
		Args: []any{m.WorkshopID, m.SessionID, tx.Now()}, Scan: services.RowsInto(&next)})
	if err != nil {
		return err
	}
	if len(next) > 0 {
		due = soon(tx.Now(), next[0].StartsAt)
	}
	_, err = tasks.Open(tx, tasks.New{Kind: kind, MemberID: member, Record: "workshop_message", RecordID: &m.ID, Queue: "coordinators", Title: title, DueAt: due})
	return err
}
