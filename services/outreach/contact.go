package outreach

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/tasks"
)

const contactRecord = "contact"

// LogContact is a call, text, mail or visit as staff log it.
type LogContact struct {
	Kind       models.ContactKind    `json:"kind" enum:"call,text,mail,visit" example:"call"`
	Direction  models.Direction      `json:"direction,omitempty" enum:"in,out" default:"out" doc:"in: they came to us"`
	At         *time.Time            `json:"at,omitempty" required:"false" doc:"When it was; now when absent"`
	Outcome    models.ContactOutcome `json:"outcome" enum:"reached,left_message,no_answer,wrong_number,declined,other" example:"reached"`
	Line       string                `json:"line" minLength:"1" maxLength:"280" doc:"One line, written so that the member may read it: they can" example:"Talked about the ride to Saturday. He will let us know by Thursday."`
	NextStep   *string               `json:"next_step,omitempty" required:"false" maxLength:"200" doc:"What we do next; not shown to the member" example:"Ask Dana whether there is a seat in her car"`
	FollowUpAt *time.Time            `json:"follow_up_at,omitempty" required:"false" doc:"Makes a task of yours for that time"`
}

// Log keeps a contact with somebody the caller works with; with follow_up_at it makes a task for them. Errors: not_found;
// conflict member_merged; invalid for a blank line, a time to come, or a follow-up that has passed.
func (s *Service) Log(ctx context.Context, memberID uuid.UUID, in LogContact) (*models.Contact, error) {
	return services.Mutate(ctx, s.core, "contact.create", func(tx *services.Tx) (*models.Contact, error) {
		if _, err := person(tx.DB, tx.Actor(), memberID, tx.Now()); err != nil {
			return nil, err
		}
		return logContact(tx, memberID, nil, in)
	})
}

// logContact is Log without the question who may.
func logContact(tx *services.Tx, member uuid.UUID, request *uuid.UUID, in LogContact) (*models.Contact, error) {
	c := &models.Contact{Record: head(tx), MemberID: member, Kind: in.Kind, Direction: in.Direction, At: tx.Now(), ByID: tx.Actor().MemberID, Outcome: in.Outcome,
		Line: in.Line, NextStep: in.NextStep, FollowUpAt: utc(in.FollowUpAt), HelpRequestID: request}
	if c.Direction == "" {
		c.Direction = models.DirectionOut
	}
	if in.At != nil {
		c.At = in.At.UTC()
	}
	if err := tidyContact(tx, c, c.FollowUpAt != nil); err != nil {
		return nil, err
	}
	if err := tx.DB.Create(c).Error; err != nil {
		return nil, err
	}
	tx.Changed(nil, *c)
	return c, followContact(tx, c)
}

// tidyContact makes a contact one that can be stored. newFollowUp says that its follow-up was just set.
func tidyContact(tx *services.Tx, c *models.Contact, newFollowUp bool) error {
	c.Line, c.NextStep = services.Line(c.Line), blankAsNil(c.NextStep)
	var wrong []services.FieldError
	if c.Line == "" {
		wrong = append(wrong, services.FieldError{Field: "/line", Code: "required", Message: "Say in one line what it was about; the member may read it."})
	}
	if c.At.After(tx.Now().Add(5 * time.Minute)) {
		wrong = append(wrong, services.FieldError{Field: "/at", Code: "out_of_range", Message: "It cannot have been in the future. Use follow_up_at for what is to come."})
	}
	if newFollowUp && (!c.FollowUpAt.After(tx.Now()) || c.FollowUpAt.After(tx.Now().AddDate(1, 0, 0))) {
		wrong = append(wrong, services.FieldError{Field: "/follow_up_at", Code: "out_of_range", Message: "Choose a time within the coming year."})
	}
	if len(wrong) > 0 {
		return services.Invalid(wrong...)
	}
	return nil
}

// followContact makes the task of a contact's follow-up, in the queue of whoever logged it.
func followContact(tx *services.Tx, c *models.Contact) error {
	if c.FollowUpAt == nil {
		return nil
	}
	_, err := tasks.Open(tx, tasks.New{Kind: models.TaskFollowUp, MemberID: &c.MemberID, Record: contactRecord, RecordID: &c.ID, Queue: queueOf(tx.Actor()), Owner: &c.ByID,
		Title: "Follow up on a contact", DueAt: *c.FollowUpAt})
	return err
}

// queueOf is where somebody's own work goes when they give it back.
func queueOf(actor *services.Actor) string {
	if actor.Coordinates() {
		return "coordinators"
	}
	for _, q := range models.QueuesOf(actor.Roles) {
		return q
	}
	return "coordinators"
}

// ContactFilter picks contacts of one member.
type ContactFilter struct {
	services.PageQuery
	Kind []models.ContactKind `query:"kind,explode" maxItems:"4" enum:"call,text,mail,visit" doc:"Only of these kinds"`
}

var contactList = services.List[models.Contact]{
	IDColumn: "contacts.id",
	ID:       func(c models.Contact) uuid.UUID { return c.ID },
	Sorts:    []services.Sort[models.Contact]{{Name: "at", Column: "contacts.at", Cast: "timestamptz", Key: func(c models.Contact) any { return c.At }}},
	Default:  "-at",
}

// Contacts pages through the contacts with one member, as they stand now, the latest first; voided ones are marked. The
// look is logged. Errors: not_found.
func (s *Service) Contacts(ctx context.Context, memberID uuid.UUID, f ContactFilter) (*services.Page[models.Contact], error) {
	return services.Disclose(ctx, s.core, "contact.list", func(d *services.Disclosure) (*services.Page[models.Contact], error) {
		d.Object(memberID)
		if _, err := person(d.DB, d.Tx().Actor(), memberID, d.Tx().Now()); err != nil {
			return nil, err
		}
		d.Subject(memberID)
		q := d.DB.Model(&models.Contact{}).Where("contacts.member_id = ? AND contacts.superseded_by IS NULL", memberID)
		if len(f.Kind) > 0 {
			q = q.Where("contacts.kind IN ?", f.Kind)
		}
		page, err := contactList.Find(ctx, s.core, q, f.PageQuery)
		return &page, err
	})
}

// ContactView is one contact with the words that were corrected.
type ContactView struct {
	models.Contact
	Earlier []models.Contact `json:"earlier" nullable:"false" doc:"What it said before each correction, the latest first; 20 at most"`
}

// Contact shows one contact; the look is logged. Errors: not_found.
func (s *Service) Contact(ctx context.Context, id uuid.UUID) (*ContactView, error) {
	return services.Disclose(ctx, s.core, "contact.read", func(d *services.Disclosure) (*ContactView, error) {
		d.Object(id)
		c, err := contact(d.DB, d.Tx().Actor(), id, d.Tx().Now())
		if err != nil {
			return nil, err
		}
		d.Subject(c.MemberID)
		v := &ContactView{Contact: *c, Earlier: []models.Contact{}}
		return v, d.DB.Where("superseded_by = ?", id).Order("superseded_at DESC, id DESC").Limit(20).Find(&v.Earlier).Error
	})
}

// contact reads one of the people the actor works with.
func contact(db *gorm.DB, actor *services.Actor, id uuid.UUID, now time.Time) (*models.Contact, error) {
	var rows []models.Contact
	err := db.Scopes(WorksWith(actor, "contacts.member_id", now)).Where("contacts.id = ? AND contacts.superseded_by IS NULL", id).Limit(1).Find(&rows).Error
	if err == nil && len(rows) == 0 {
		err = services.NotFound("contact")
	}
	if err != nil {
		return nil, err
	}
	return &rows[0], nil
}

// MyContact is a contact as the member reads it.
type MyContact struct {
	ID        uuid.UUID             `json:"id"`
	Kind      models.ContactKind    `json:"kind" enum:"call,text,mail,visit"`
	Direction models.Direction      `json:"direction" enum:"in,out" doc:"in: you came to us"`
	At        time.Time             `json:"at"`
	With      string                `json:"with" doc:"First name of who it was with" example:"Dana"`
	Outcome   models.ContactOutcome `json:"outcome" enum:"reached,left_message,no_answer,wrong_number,declined,other"`
	Line      string                `json:"line"`
}

var myContacts = services.List[MyContact]{
	IDColumn: "contacts.id",
	ID:       func(c MyContact) uuid.UUID { return c.ID },
	Sorts:    []services.Sort[MyContact]{{Name: "at", Column: "contacts.at", Cast: "timestamptz", Key: func(c MyContact) any { return c.At }}},
	Default:  "-at",
}

// MyContacts pages through what was logged about contacts with oneself.
func (s *Service) MyContacts(ctx context.Context, in services.PageQuery) (*services.Page[MyContact], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (*services.Page[MyContact], error) {
		q := db.Table("contacts").Select(`contacts.id, contacts.kind, contacts.direction, contacts.at, contacts.outcome, contacts.line, `+firstName+` AS "with"`).
			Joins("JOIN members staff ON staff.id = contacts.by_id").
			Where("contacts.member_id = ? AND contacts.superseded_by IS NULL AND contacts.voided_at IS NULL", actor.MemberID)
		page, err := myContacts.Find(ctx, s.core, q, in)
		return &page, err
	})
}
