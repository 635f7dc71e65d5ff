package outreach

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
	"homefront/services/tasks"
)

const (
	remindersAtMost = 3
	toldAtMost      = 50 // people of a queue
)

// HelpDue is the job that looks at a help request when its time has come. Level is how often it reminded before, so that
// a job that runs twice reminds once.
type HelpDue struct {
	HelpRequestID uuid.UUID `json:"help_request_id"`
	Level         int       `json:"level"`
}

// Kind implements services.JobArgs.
func (HelpDue) Kind() string { return "help_request.due" }

// helpQueue is whose work a request is: the responders' when a minor asks and one of them may see it, else the
// coordinators', who see every request in any case.
func helpQueue(tx *services.Tx, h *models.HelpRequest) (string, error) {
	if !h.Minor {
		return "coordinators", nil
	}
	found, err := answerers(tx, h, models.RoleResponder)
	if err != nil || len(found) == 0 {
		return "coordinators", err
	}
	return "responders", nil
}

// answerers are the people on staff with one of the roles who may see the request: nobody who asked or is close to them.
func answerers(tx *services.Tx, h *models.HelpRequest, roles ...models.Role) (found []uuid.UUID, err error) {
	return found, tx.DB.Raw(`SELECT member_id FROM accounts WHERE status = 'active' AND roles && ?::text[] AND member_id <> ?
		AND ? NOT IN (SELECT closed_to(accounts.member_id, ?)) ORDER BY member_id LIMIT ?`,
		models.Texts[models.Role](roles), h.MemberID, h.MemberID, models.DateOf(tx.Now()), toldAtMost).Scan(&found).Error
}

// tellQueue mails whoever can answer, without a name, a topic or a word of what was written. Asked again, whoever took the
// request is told.
func (s *Service) tellQueue(tx *services.Tx, h *models.HelpRequest, ask *models.HelpRequestAsk) error {
	to := []uuid.UUID{}
	if h.TakenBy != nil {
		to = append(to, *h.TakenBy)
	} else {
		roles := []models.Role{models.RoleCoordinator, models.RoleAdmin}
		if h.Minor {
			roles = append(roles, models.RoleResponder)
		}
		found, err := answerers(tx, h, roles...)
		if err != nil {
			return err
		}
		to = found
	}
	return tellStaff(tx, h, to, "ask:"+ask.ID.String())
}

func tellStaff(tx *services.Tx, h *models.HelpRequest, to []uuid.UUID, occasion string) error {
	for _, id := range to {
		err := notices.Send(tx, notices.Notice{Event: models.NoticeHelpAsked, MemberID: id, Record: helpRecord, RecordID: h.ID,
			Data: map[string]any{"deadline": h.DueAt.Format(time.RFC3339)}, Key: fmt.Sprintf("help:%s:%s", occasion, id)})
		if err != nil {
			return err
		}
	}
	return nil
}

// remind tells all coordinators and admins, and whoever took it, when a request was not answered in time: three times, an
// hour of staffed time apart. It never calls anybody else.
func (s *Service) remind(ctx context.Context, job HelpDue) error {
	_, err := services.Mutate(ctx, s.core, "help_request.remind", func(tx *services.Tx) (*struct{}, error) {
		tx.Unchanged()
		var rows []models.HelpRequest
		if err := tx.DB.Clauses(forUpdate).Where("id = ?", job.HelpRequestID).Limit(1).Find(&rows).Error; err != nil {
			return nil, err
		}
		if len(rows) == 0 || !rows[0].Status.Live() || rows[0].Escalations != job.Level || job.Level >= remindersAtMost {
			return nil, nil
		}
		h, before := &rows[0], rows[0]
		if tx.Now().Before(h.DueAt) {
			return nil, tx.Enqueue(job, h.DueAt)
		}
		to, err := answerers(tx, h, models.RoleCoordinator, models.RoleAdmin, models.RoleResponder)
		if err != nil {
			return nil, err
		}
		h.Escalations++
		if err := tellStaff(tx, h, to, fmt.Sprintf("due:%s:%d:%d", h.ID, h.Version, h.Escalations)); err != nil {
			return nil, err
		}
		if err := tx.Enqueue(HelpDue{HelpRequestID: h.ID, Level: h.Escalations}, s.hours.Due(tx.Now())); err != nil {
			return nil, err
		}
		return nil, storeHelp(tx, before, h)
	})
	return err
}

// tellOwner mails somebody that a colleague gave them work; what it is they see when they sign in.
func (s *Service) tellOwner(ctx context.Context, job tasks.Assigned) error {
	_, err := services.Mutate(ctx, s.core, "task.tell_owner", func(tx *services.Tx) (*struct{}, error) {
		tx.Unchanged()
		var rows []models.Task
		if err := tx.DB.Where("id = ?", job.TaskID).Limit(1).Find(&rows).Error; err != nil {
			return nil, err
		}
		if len(rows) == 0 || !rows[0].Status.Live() || rows[0].OwnerID == nil {
			return nil, nil
		}
		return nil, tellWork(tx, *rows[0].OwnerID, "task", rows[0].ID, fmt.Sprintf("task:%s:%s:%d", rows[0].ID, *rows[0].OwnerID, rows[0].Version))
	})
	return err
}

func tellWork(tx *services.Tx, to uuid.UUID, record string, id uuid.UUID, key string) error {
	return notices.Send(tx, notices.Notice{Event: models.NoticeTaskAssigned, MemberID: to, Record: record, RecordID: id, Key: key})
}
