package outreach

import (
	"context"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/tasks"
)

// PatchContact corrects a contact.
type PatchContact struct {
	Kind       services.Field[models.ContactKind]    `json:"kind,omitzero" required:"false" enum:"call,text,mail,visit"`
	Direction  services.Field[models.Direction]      `json:"direction,omitzero" required:"false" enum:"in,out"`
	At         services.Field[time.Time]             `json:"at,omitzero" required:"false"`
	Outcome    services.Field[models.ContactOutcome] `json:"outcome,omitzero" required:"false" enum:"reached,left_message,no_answer,wrong_number,declined,other"`
	Line       services.Field[string]                `json:"line,omitzero" required:"false" minLength:"1" maxLength:"280"`
	NextStep   services.Field[string]                `json:"next_step,omitzero" required:"false" maxLength:"200"`
	FollowUpAt services.Field[time.Time]             `json:"follow_up_at,omitzero" required:"false" doc:"Moves the task that waits; null drops it"`
	Reason     services.Field[string]                `json:"reason,omitzero" required:"false" maxLength:"1000" doc:"Why; needed of everybody but the author on the first day. Kept sealed in the audit log"`
}

// CorrectContact changes what a contact says and keeps what it said. Its author does so for a day; after that, and of
// others' contacts, a coordinator with a reason. Errors: not_found; unconditional, stale; forbidden not_author; conflict
// contact_voided; invalid, also for a missing reason.
func (s *Service) CorrectContact(ctx context.Context, id uuid.UUID, in PatchContact) (*models.Contact, error) {
	return s.changeContact(ctx, id, "contact.correct", in.Reason.OrZero(""), true, func(tx *services.Tx, c *models.Contact) error {
		if err := tx.CheckVersion(c.Version); err != nil {
			return err
		}
		if c.VoidedAt != nil {
			return errVoided
		}
		before := *c
		c.Kind, c.Direction, c.At = in.Kind.Or(c.Kind), in.Direction.Or(c.Direction), in.At.Or(c.At).UTC()
		c.Outcome, c.Line = in.Outcome.Or(c.Outcome), in.Line.Or(c.Line)
		c.NextStep, c.FollowUpAt = in.NextStep.OrNull(c.NextStep), utc(in.FollowUpAt.OrNull(c.FollowUpAt))
		moved := in.FollowUpAt.Set && !same(before.FollowUpAt, c.FollowUpAt)
		if err := tidyContact(tx, c, moved && c.FollowUpAt != nil); err != nil {
			return err
		}
		if err := keepWords(tx, before); err != nil || !moved {
			return err
		}
		if err := tasks.CloseFor(tx, contactRecord, c.ID, models.TaskFollowUp); err != nil {
			return err
		}
		return followContact(tx, c)
	})
}

var errVoided = services.Conflict("contact_voided", "This contact is void. Restore it first.")

func same(a, b *time.Time) bool { return a == b || a != nil && b != nil && a.Equal(*b) }

// keepWords stores what a contact said as a row of its own.
func keepWords(tx *services.Tx, c models.Contact) error {
	at, stands := tx.Now(), c.ID
	c.ID, c.SupersededBy, c.SupersededAt = services.NewID(), &stands, &at
	if err := tx.DB.Create(&c).Error; err != nil {
		return err
	}
	tx.Changed(nil, c)
	return nil
}

// VoidContact marks a contact that should never have been logged; the member no longer reads it. Errors: not_found;
// forbidden not_author; conflict contact_voided; invalid for a blank reason.
func (s *Service) VoidContact(ctx context.Context, id uuid.UUID, in Reason) (*models.Contact, error) {
	return s.changeContact(ctx, id, "contact.void", in.Reason, false, func(tx *services.Tx, c *models.Contact) error {
		if c.VoidedAt != nil {
			return errVoided
		}
		at, by, words := tx.Now(), tx.Actor().MemberID, services.Prose(in.Reason)
		c.VoidedAt, c.VoidedBy, c.VoidReason = &at, &by, &words
		return tasks.CloseFor(tx, contactRecord, c.ID, models.TaskFollowUp)
	})
}

// RestoreContact is the way back from void. Errors: not_found; forbidden not_author; conflict contact_stands; invalid for
// a blank reason.
func (s *Service) RestoreContact(ctx context.Context, id uuid.UUID, in Reason) (*models.Contact, error) {
	return s.changeContact(ctx, id, "contact.restore", in.Reason, false, func(tx *services.Tx, c *models.Contact) error {
		if c.VoidedAt == nil {
			return services.Conflict("contact_stands", "This contact is not void.")
		}
		c.VoidedAt, c.VoidedBy, c.VoidReason = nil, nil, nil
		if c.FollowUpAt == nil || !c.FollowUpAt.After(tx.Now()) {
			return nil
		}
		return followContact(tx, c)
	})
}

// changeContact lets the author change theirs for a day, and coordinators any. free: the author needs no reason.
func (s *Service) changeContact(ctx context.Context, id uuid.UUID, action, reason string, free bool, do func(*services.Tx, *models.Contact) error) (*models.Contact, error) {
	return services.Mutate(ctx, s.core, action, func(tx *services.Tx) (*models.Contact, error) {
		actor := tx.Actor()
		c, err := contact(tx.DB.Clauses(forUpdate), actor, id, tx.Now())
		if err != nil {
			return nil, err
		}
		author := c.AuthorMayCorrect(actor.MemberID, tx.Now())
		if !author && !actor.Coordinates() {
			return nil, services.Forbidden("not_author", "You can correct what you logged yourself, for a day. Ask a coordinator.")
		}
		before := *c
		if err := do(tx, c); err != nil {
			return nil, err
		}
		if !free || !author || reason != "" {
			if err := tx.Because(c.MemberID, reason); err != nil {
				return nil, err
			}
		}
		edited(tx, &c.Record)
		tx.Changed(before, *c)
		return c, tx.DB.Model(&models.Contact{}).Where("id = ?", c.ID).Select("kind", "direction", "at", "outcome", "line", "next_step", "follow_up_at",
			"voided_at", "voided_by", "void_reason", "version", "updated_at").Updates(c).Error
	})
}
