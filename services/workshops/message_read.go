package workshops

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// messagesOf is the scope of those who see a message: who might write to the same people.
func messagesOf(actor *services.Actor) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		if actor.Coordinates() {
			return db
		}
		return db.Where(`(workshop_messages.workshop_id in (select workshop_id from workshop_facilitators where member_id = ?)
			or workshop_messages.session_id in (select session_id from session_facilitators where member_id = ?))`, actor.MemberID, actor.MemberID)
	}
}

const (
	messageColumns = `workshop_messages.*, coalesce(nullif(au.preferred_name, ''), au.given_name) as given, au.family_name as family`
	messageAuthor  = `join members au on au.id = workshop_messages.written_by`
	// deliveryState is what became of a message to one person, of workshop_message_people d and their messages n.
	deliveryState = `case when n.id is null or n.state = 'skipped' and n.last_error in ('no_address', 'address_stopped', 'safe_channel') then 'unreached'
		when n.state in ('queued', 'sending') then 'queued' else n.state end`
)

type messageRow struct {
	models.WorkshopMessage `gorm:"embedded"`
	Given, Family          string
}

func (r *messageRow) view() WorkshopMessageView {
	return WorkshopMessageView{WorkshopMessage: r.WorkshopMessage, Author: models.Initialed(strings.TrimSpace(r.Given), r.Family)}
}

// messageView reads one message with what became of it.
// Errors: not_found.
func messageView(db *gorm.DB, actor *services.Actor, id uuid.UUID) (*WorkshopMessageView, error) {
	var found []messageRow
	err := db.Table("workshop_messages").Select(messageColumns).Joins(messageAuthor).Scopes(messagesOf(actor)).Where("workshop_messages.id = ?", id).Limit(1).Find(&found).Error
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, services.NotFound("message")
	}
	out := found[0].view()
	err = db.Raw(`select count(*) filter (where state = 'queued') as queued, count(*) filter (where state = 'sent') as sent, count(*) filter (where state = 'bounced') as bounced,
			count(*) filter (where state = 'abandoned') as abandoned, count(*) filter (where state = 'skipped') as skipped, count(*) filter (where state = 'unreached') as unreached,
			count(*) filter (where state = 'recalled') as recalled
		from (select `+deliveryState+` as state from workshop_message_people d left join messages n on n.id = d.notice_id where d.workshop_message_id = ?) all_of_them`, id).Scan(&out.Counts).Error
	return &out, err
}

// Message answers one message.
// Errors: not_found.
func (s *Service) Message(ctx context.Context, id uuid.UUID) (*WorkshopMessageView, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (*WorkshopMessageView, error) { return messageView(db, actor, id) })
}

// MessagesQuery asks for the messages of a workshop.
type MessagesQuery struct {
	services.PageQuery
	SessionID uuid.UUID `query:"session_id" doc:"Only those to this session"`
}

var messageList = services.List[messageRow]{
	IDColumn: "workshop_messages.id", ID: func(r messageRow) uuid.UUID { return r.ID }, Default: "-created_at",
	Sorts: []services.Sort[messageRow]{{Name: "created_at", Column: "workshop_messages.created_at", Cast: "timestamptz", Key: func(r messageRow) any { return r.CreatedAt }}},
}

// Messages lists what was written to those who come to a workshop and to its sessions, newest first.
// Errors: not_found for a workshop that the caller does not lead.
func (s *Service) Messages(ctx context.Context, workshopID uuid.UUID, in MessagesQuery) (services.Page[WorkshopMessageView], error) {
	page := services.Page[WorkshopMessageView]{Data: []WorkshopMessageView{}}
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return page, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (services.Page[WorkshopMessageView], error) {
		if err := ledWorkshop(db, actor, workshopID); err != nil {
			return page, err
		}
		q := db.Table("workshop_messages").Select(messageColumns).Joins(messageAuthor).Scopes(messagesOf(actor)).Where("workshop_messages.workshop_id = ?", workshopID)
		if in.SessionID != uuid.Nil {
			q = q.Where("workshop_messages.session_id = ?", in.SessionID)
		}
		rows, err := messageList.Find(ctx, s.core, q, in.PageQuery)
		page.NextCursor, page.Total = rows.NextCursor, rows.Total
		for i := range rows.Data {
			page.Data = append(page.Data, rows.Data[i].view())
		}
		return page, err
	})
}

// MessageDelivery is what became of a message to one person.
type MessageDelivery struct {
	ID         uuid.UUID            `json:"id"`
	MemberID   *uuid.UUID           `json:"member_id" nullable:"true" doc:"Null for somebody invited of whom we know only what their party wrote"`
	AttendeeID *uuid.UUID           `json:"attendee_id" nullable:"true" doc:"Of somebody without member_id"`
	Name       string               `json:"name" doc:"First name and initial" example:"Luis O."`
	State      models.DeliveryState `json:"state" enum:"queued,sent,bounced,abandoned,skipped,unreached,recalled" example:"sent"`
	SentAt     *time.Time           `json:"sent_at"`
}

// DeliveriesOfMessage asks to whom a message went.
type DeliveriesOfMessage struct {
	services.PageQuery
	State []models.DeliveryState `query:"state,explode" maxItems:"7" enum:"queued,sent,bounced,abandoned,skipped,unreached,recalled" doc:"Only these; repeat it for several"`
}

type deliveryRow struct {
	ID, WorkshopMessageID uuid.UUID
	MemberID, AttendeeID  *uuid.UUID
	Given, Family         string
	State                 models.DeliveryState
	SentAt                *time.Time
}

var deliveryList = services.List[deliveryRow]{
	IDColumn: "d.id", ID: func(r deliveryRow) uuid.UUID { return r.ID }, Default: "id",
	Sorts: []services.Sort[deliveryRow]{{Name: "id", Column: "d.id", Cast: "uuid", Key: func(r deliveryRow) any { return r.ID }}},
}

// MessageDeliveries lists to whom a message went and what became of it. People close to the caller, and those whose records
// are kept to others, are left to colleagues.
// Errors: not_found.
func (s *Service) MessageDeliveries(ctx context.Context, id uuid.UUID, in DeliveriesOfMessage) (services.Page[MessageDelivery], error) {
	page := services.Page[MessageDelivery]{Data: []MessageDelivery{}}
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return page, err
	}
	return services.Disclose(ctx, s.core, "workshop_message.deliveries", func(d *services.Disclosure) (services.Page[MessageDelivery], error) {
		d.Object(id)
		var known int64
		if err := d.DB.Table("workshop_messages").Scopes(messagesOf(actor)).Where("workshop_messages.id = ?", id).Count(&known).Error; err != nil {
			return page, err
		}
		if known == 0 {
			return page, services.NotFound("message")
		}
		q := d.DB.Table("workshop_message_people as d").Joins("left join messages n on n.id = d.notice_id").Joins("left join members m on m.id = d.member_id").
			Joins("left join attendees a on a.id = d.attendee_id").Scopes(actor.NotKin("d.member_id", s.core.Clock.Now())).Where("d.workshop_message_id = ?", id).
			Select(`d.id, d.workshop_message_id, d.member_id, d.attendee_id, n.sent_at, ` + deliveryState + ` as state,
				coalesce(nullif(m.preferred_name, ''), m.given_name, a.invite_name, '') as given, coalesce(m.family_name, '') as family`)
		if len(in.State) > 0 {
			q = q.Where(deliveryState+" in ?", in.State)
		}
		rows, err := deliveryList.Find(ctx, s.core, q, in.PageQuery)
		page.NextCursor, page.Total = rows.NextCursor, rows.Total
		for i := range rows.Data {
			r := &rows.Data[i]
			page.Data = append(page.Data, MessageDelivery{ID: r.ID, MemberID: r.MemberID, AttendeeID: r.AttendeeID, Name: models.Initialed(strings.TrimSpace(r.Given), r.Family), State: r.State, SentAt: inUTC(r.SentAt)})
			if r.MemberID != nil {
				d.Subject(*r.MemberID)
			}
		}
		return page, err
	})
}
