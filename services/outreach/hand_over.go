package outreach

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"homefront/services"
	"homefront/services/tasks"
)

// HandOver gives a colleague's open work to somebody else.
type HandOver struct {
	From    uuid.UUID   `json:"from" doc:"Whose tasks and help requests"`
	To      *uuid.UUID  `json:"to" nullable:"true" doc:"Who takes them on; null gives them back to their queues"`
	TaskIDs []uuid.UUID `json:"task_ids,omitempty" maxItems:"200" doc:"Only these; all of them when absent, 200 at a time"`
}

// HandedOver is what became of each.
type HandedOver struct {
	Data []tasks.Handed `json:"data" nullable:"false"`
	More bool           `json:"more" doc:"There was more than fits; send the same again"`
}

// HandOver moves the live tasks that somebody owns, with the help requests they took, as far as the caller sees them. Each
// says what became of it: what is about the new owner or somebody close to them stays. The new owner gets one mail.
// Errors: invalid when from and to are the same, or the new owner does not work here.
func (s *Service) HandOver(ctx context.Context, in HandOver) (*HandedOver, error) {
	return services.Mutate(ctx, s.core, "task.hand_over", func(tx *services.Tx) (*HandedOver, error) {
		tx.Unchanged()
		tx.Subject(in.From)
		if in.To != nil {
			if *in.To == in.From {
				return nil, services.InvalidField("/to", "same_person", "Choose somebody else than whose work it is.")
			}
			if err := tasks.WorksHere(tx, "/to", *in.To); err != nil {
				return nil, err
			}
		}
		// A request is locked before the task that stands for it, as by whoever takes or answers it.
		tx.Queue(`select id from help_requests where id in (select record_id from tasks where owner_id = $1 and record = 'help_request' and status in ('open', 'snoozed'))
			order by id for no key update`, in.From)
		moved, err := tasks.HandOver(tx, in.From, in.To, in.TaskIDs)
		if err != nil {
			return nil, err
		}
		out := &HandedOver{Data: moved, More: len(moved) == tasks.HandOverAtMost && in.TaskIDs == nil}
		for i := range out.Data {
			if out.Data[i].Code != tasks.CodeHelpRequest {
				continue
			}
			if err := handTask(tx, &out.Data[i], in.To); err != nil {
				return nil, err
			}
		}
		return out, nil
	})
}

// handTask hands over the help request that a task stands for; a refusal is told and stops nothing.
func handTask(tx *services.Tx, one *tasks.Handed, to *uuid.UUID) error {
	h, err := lockHelp(tx, *one.RecordID)
	if err != nil {
		return err
	}
	before := *h
	err = handHelp(tx, h, to)
	var refusal *services.Error
	if errors.As(err, &refusal) && refusal.Kind == services.KindInvalid && len(refusal.Fields) > 0 {
		one.Code, one.Message = refusal.Fields[0].Code, refusal.Fields[0].Message
		return nil
	}
	if err != nil {
		return err
	}
	one.Moved, one.Code, one.Message = true, "", ""
	return storeHelp(tx, before, h)
}
