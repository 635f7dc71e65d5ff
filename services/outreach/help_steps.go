package outreach

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/tasks"
)

const guardianRecord = "help_request.guardian"

// changeHelp locks a help request that the caller may answer, changes it and answers it as staff see it.
func (s *Service) changeHelp(ctx context.Context, id uuid.UUID, action string, do func(*services.Tx, *models.HelpRequest) error) (*models.HelpRequest, error) {
	return services.Mutate(ctx, s.core, action, func(tx *services.Tx) (*models.HelpRequest, error) {
		h, err := lockHelp(tx, id)
		if err != nil {
			return nil, err
		}
		before := *h
		if err := do(tx, h); err != nil {
			return nil, err
		}
		return h, storeHelp(tx, before, h)
	})
}

func lockHelp(tx *services.Tx, id uuid.UUID) (*models.HelpRequest, error) {
	var rows []models.HelpRequest
	if err := tx.DB.Clauses(forUpdate).Scopes(helpVisible(tx.Actor(), tx.Now())).Where("help_requests.id = ?", id).Limit(1).Find(&rows).Error; err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, services.NotFound("help request")
	}
	return &rows[0], nil
}

// Take says that the caller will answer. Of two at once one wins. Errors: not_found; conflict help_ended, already_taken.
func (s *Service) Take(ctx context.Context, id uuid.UUID) (*models.HelpRequest, error) {
	return s.changeHelp(ctx, id, "help_request.take", func(tx *services.Tx, h *models.HelpRequest) error {
		if !h.Status.Live() {
			return errHelpEnded
		}
		if h.Status == models.HelpTaken {
			return services.Conflict("already_taken", "Somebody has taken this request already. It can be handed over.")
		}
		taken(h, tx.Actor().MemberID, tx.Now())
		return tasks.GiveFor(tx, helpRecord, h.ID, h.TakenBy, h.DueAt)
	})
}

func taken(h *models.HelpRequest, by uuid.UUID, at time.Time) {
	h.Status, h.TakenBy, h.TakenAt = models.HelpTaken, &by, &at
}

// HandOverHelp gives a request to a colleague.
type HandOverHelp struct {
	To *uuid.UUID `json:"to" nullable:"true" doc:"The member id of the colleague; null gives it back to everybody"`
}

// HandOverHelp gives a live request to a colleague who may answer it, who gets a mail, or back to everybody. Errors:
// not_found; conflict help_ended; invalid when they do not work here (not_staff), answer no requests (not_answering), or
// it is about them or somebody close to them (own_record).
func (s *Service) HandOverHelp(ctx context.Context, id uuid.UUID, in HandOverHelp) (*models.HelpRequest, error) {
	return s.changeHelp(ctx, id, "help_request.hand_over", func(tx *services.Tx, h *models.HelpRequest) error {
		if !h.Status.Live() {
			return errHelpEnded
		}
		return handHelp(tx, h, in.To)
	})
}

func handHelp(tx *services.Tx, h *models.HelpRequest, to *uuid.UUID) error {
	if to == nil {
		h.Status, h.TakenBy, h.TakenAt = models.HelpReceived, nil, nil
		return tasks.GiveFor(tx, helpRecord, h.ID, nil, h.DueAt)
	}
	if err := tasks.MayOwn(tx, "/to", *to, &models.Task{MemberID: &h.MemberID}); err != nil {
		return err
	}
	if err := answersHelp(tx, *to); err != nil {
		return err
	}
	taken(h, *to, tx.Now())
	if *to != tx.Actor().MemberID {
		if err := tellWork(tx, *to, helpRecord, h.ID, fmt.Sprintf("help:to:%s:%s:%d", h.ID, *to, h.Version)); err != nil {
			return err
		}
	}
	return tasks.GiveFor(tx, helpRecord, h.ID, to, h.DueAt)
}

func answersHelp(tx *services.Tx, member uuid.UUID) error {
	var n int64
	err := tx.DB.Table("accounts").Where("member_id = ? AND status = 'active' AND roles && ?::text[]", member, models.Texts[models.Role](services.CanAnswerHelp.Roles)).Count(&n).Error
	if err == nil && n == 0 {
		err = services.InvalidField("/to", "not_answering", "Choose a coordinator, coach or responder: others do not answer requests.")
	}
	return err
}

// AnsweredHelp is a help request after it was answered, or tried to, and the contact that says so.
type AnsweredHelp struct {
	Request models.HelpRequest `json:"request"`
	Contact models.Contact     `json:"contact"`
}

// AnswerHelp logs a contact about a request. When both sides heard of one another (reached, declined, other) the request is
// answered. A message left, no answer or a wrong number leaves it with the caller, due in another hour of staffed time. A
// minor's answered request makes the task to decide whether a guardian is told. Errors: not_found; conflict help_ended;
// invalid as for a contact.
func (s *Service) AnswerHelp(ctx context.Context, id uuid.UUID, in LogContact) (*AnsweredHelp, error) {
	return services.Mutate(ctx, s.core, "help_request.answer", func(tx *services.Tx) (*AnsweredHelp, error) {
		h, err := lockHelp(tx, id)
		if err != nil {
			return nil, err
		}
		if !h.Status.Live() {
			return nil, errHelpEnded
		}
		before := *h
		c, err := logContact(tx, h.MemberID, &h.ID, in)
		if err != nil {
			return nil, err
		}
		if h.Status == models.HelpReceived {
			taken(h, tx.Actor().MemberID, tx.Now())
		}
		if c.Outcome.Spoken() {
			err = s.answered(tx, h, c.At)
		} else {
			err = s.tryAgain(tx, h, c.At)
		}
		if err != nil {
			return nil, err
		}
		if err := storeHelp(tx, before, h); err != nil {
			return nil, err
		}
		return &AnsweredHelp{*h, *c}, nil
	})
}

func (s *Service) answered(tx *services.Tx, h *models.HelpRequest, at time.Time) error {
	h.AnsweredAt = &at
	end(tx, h, models.HelpAnswered)
	if err := tasks.DoneFor(tx, helpRecord, h.ID, "Answered", models.TaskHelpRequest); err != nil {
		return err
	}
	return s.decideLater(tx, h)
}

func (s *Service) tryAgain(tx *services.Tx, h *models.HelpRequest, at time.Time) error {
	h.TriedAt, h.DueAt, h.Escalations = &at, s.hours.Due(tx.Now()), 0
	if err := tasks.GiveFor(tx, helpRecord, h.ID, h.TakenBy, h.DueAt); err != nil {
		return err
	}
	return tx.Enqueue(HelpDue{HelpRequestID: h.ID}, h.DueAt)
}

// decideLater has somebody decide, with the reason, whether a guardian is told of a minor's request.
func (s *Service) decideLater(tx *services.Tx, h *models.HelpRequest) error {
	if !h.Minor || h.GuardianTold != nil {
		return nil
	}
	queue, err := helpQueue(tx, h)
	if err != nil {
		return err
	}
	_, err = tasks.Open(tx, tasks.New{Kind: models.TaskGuardianDecision, MemberID: &h.MemberID, Record: helpRecord, RecordID: &h.ID, Queue: queue, Owner: h.TakenBy,
		Title: "Decide whether a guardian is told, and say why", DueAt: s.hours.Due(tx.Now())})
	return err
}

// CloseHelp ends a request that nobody answers, such as one made by mistake. Errors: not_found; conflict help_ended;
// invalid for a blank reason.
func (s *Service) CloseHelp(ctx context.Context, id uuid.UUID, in Reason) (*models.HelpRequest, error) {
	return s.changeHelp(ctx, id, "help_request.close", func(tx *services.Tx, h *models.HelpRequest) error {
		if !h.Status.Live() {
			return errHelpEnded
		}
		if err := tx.Because(h.MemberID, in.Reason); err != nil {
			return err
		}
		end(tx, h, models.HelpClosed)
		if err := tasks.CloseFor(tx, helpRecord, h.ID, models.TaskHelpRequest); err != nil {
			return err
		}
		return s.decideLater(tx, h)
	})
}

// ReopenHelp is the way back from answered and closed; what the member withdrew only they ask again. Errors: not_found;
// conflict help_open, help_withdrawn, already_open when the person asked again meanwhile; invalid for a blank reason.
func (s *Service) ReopenHelp(ctx context.Context, id uuid.UUID, in Reason) (*models.HelpRequest, error) {
	return s.changeHelp(ctx, id, "help_request.reopen", func(tx *services.Tx, h *models.HelpRequest) error {
		switch {
		case h.Status.Live():
			return services.Conflict("help_open", "This request is open.")
		case h.Status == models.HelpWithdrawn:
			return services.Conflict("help_withdrawn", "The person took this request back. They can ask again at any time.")
		}
		if err := tx.Because(h.MemberID, in.Reason); err != nil {
			return err
		}
		h.Status, h.AnsweredAt, h.EndedAt, h.EndedBy = models.HelpReceived, nil, nil, nil
		if h.TakenBy != nil {
			h.Status = models.HelpTaken
		}
		h.DueAt, h.Escalations = s.hours.Due(tx.Now()), 0
		return openHelpTask(tx, h)
	})
}

// GuardianDecision says whether a guardian is told that a minor asked for help.
type GuardianDecision struct {
	Told   bool   `json:"told" doc:"true: somebody on staff tells a guardian, or has told. The system itself tells nobody"`
	Reason string `json:"reason" minLength:"3" maxLength:"1000" doc:"Why. Kept sealed" example:"She asked us not to; nothing she said puts her in danger"`
}

// DecideGuardian keeps the decision whether a guardian is told, and why; the latest one counts. Errors: not_found;
// conflict not_minor; invalid for a blank reason.
func (s *Service) DecideGuardian(ctx context.Context, id uuid.UUID, in GuardianDecision) (*models.HelpRequest, error) {
	return s.changeHelp(ctx, id, "help_request.guardian", func(tx *services.Tx, h *models.HelpRequest) error {
		if !h.Minor {
			return services.Conflict("not_minor", "This person was not under 18 when they asked: nobody else is told.")
		}
		words := services.Prose(in.Reason)
		if words == "" {
			return services.InvalidField("/reason", "required", "Say why.")
		}
		sealed, key, err := tx.Seal(h.MemberID, guardianRecord+":"+h.ID.String(), 1, words)
		if err != nil {
			return err
		}
		at, by := tx.Now(), tx.Actor().MemberID
		h.GuardianTold, h.GuardianDecidedAt, h.GuardianDecidedBy, h.GuardianReason, h.GuardianReasonKey = &in.Told, &at, &by, sealed, &key
		return tasks.DoneFor(tx, helpRecord, h.ID, "Decided", models.TaskGuardianDecision)
	})
}
