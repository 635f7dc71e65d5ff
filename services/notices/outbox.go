package notices

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
)

// Codes of this domain.
const (
	CodeNotRetryable services.Code = "message_not_retryable"
	CodePurged       services.Code = "message_purged"
)

// Delivery is what became of a message, without what it says.
type Delivery struct {
	models.Message
	To string `json:"to" doc:"Where it goes or went, its name hidden; empty when there is no address" example:"a***@example.org"`
}

// Deliveries is how messages are asked for.
type Deliveries struct {
	services.PageQuery
	State  []models.MessageState `query:"state,explode" maxItems:"7" enum:"queued,sending,sent,bounced,abandoned,skipped,recalled" doc:"Only these; repeat it for several"`
	Event  []models.NoticeEvent  `query:"event,explode" maxItems:"30" doc:"Only these; repeat it for several"`
	Member uuid.UUID             `query:"member_id" doc:"Only those to this member"`
}

type deliveryRow struct {
	models.Message
	MemberEmail *string
}

const deliveryColumns = `messages.*, members.email member_email`

var deliveryList = services.List[deliveryRow]{
	IDColumn: "messages.id",
	ID:       func(r deliveryRow) uuid.UUID { return r.ID },
	Sorts:    []services.Sort[deliveryRow]{{Name: "created_at", Column: "messages.created_at", Cast: "timestamptz", Key: func(r deliveryRow) any { return r.CreatedAt }}},
	Default:  "-created_at",
}

// handled is the messages that an admin looks after. Those to people close to them, which tell of bookings, are left to
// colleagues.
func handled(db *gorm.DB, actor *services.Actor, now time.Time) *gorm.DB {
	return db.Model(&models.Message{}).Select(deliveryColumns).Joins("LEFT JOIN members ON members.id = messages.member_id").
		Scopes(actor.NotKin("messages.member_id", now))
}

// Deliveries lists messages with their fate, newest first: state=abandoned and state=bounced are what waits for a person.
func (s *Service) Deliveries(ctx context.Context, in Deliveries) (services.Page[Delivery], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return services.Page[Delivery]{}, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (services.Page[Delivery], error) {
		q := handled(db, actor, s.core.Clock.Now())
		if len(in.State) > 0 {
			q = q.Where("messages.state IN ?", in.State)
		}
		if len(in.Event) > 0 {
			q = q.Where("messages.event IN ?", in.Event)
		}
		if in.Member != uuid.Nil {
			q = q.Where("messages.member_id = ?", in.Member)
		}
		rows, err := deliveryList.Find(ctx, s.core, q, in.PageQuery)
		if err != nil {
			return services.Page[Delivery]{}, err
		}
		out := services.Page[Delivery]{Data: make([]Delivery, len(rows.Data)), NextCursor: rows.NextCursor, Total: rows.Total}
		for i := range rows.Data {
			out.Data[i] = rows.Data[i].delivery()
		}
		return out, nil
	})
}

func (r *deliveryRow) delivery() Delivery {
	to := r.SentTo
	if to == "" {
		to = r.Address
	}
	if to == "" && r.MemberEmail != nil && r.PurgedAt == nil {
		to = *r.MemberEmail
	}
	return Delivery{Message: r.Message, To: mask(to)}
}

// mask leaves of an address what tells a typing error in the domain from a full mailbox.
func mask(address string) string {
	at := strings.LastIndex(address, "@")
	if at < 1 {
		return ""
	}
	return string([]rune(address)[:1]) + "***" + address[at:]
}

// Retry has a message sent again that bounced, was abandoned or skipped; to the member's address of today, and also when
// that address was stopped: the person who asks knows that it works again.
// Errors: not_found; conflict message_not_retryable in any other state, message_purged when its content is no longer kept.
func (s *Service) Retry(ctx context.Context, id uuid.UUID) (*Delivery, error) {
	return services.Mutate(ctx, s.core, "message.retry", func(tx *services.Tx) (*Delivery, error) {
		var rows []deliveryRow
		err := handled(tx.DB, tx.Actor(), tx.Now()).Where("messages.id = ?", id).Clauses(clause.Locking{Strength: "NO KEY UPDATE", Table: clause.Table{Name: "messages"}}).Limit(1).Find(&rows).Error
		if err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			return nil, services.NotFound("message")
		}
		row := &rows[0]
		switch {
		case !row.State.Retryable():
			return nil, services.Conflict(CodeNotRetryable, "This message is %s; only one that bounced, was abandoned or skipped can be sent again.", row.State)
		case row.PurgedAt != nil:
			return nil, services.Conflict(CodePurged, "The content of this message is no longer kept, so it cannot be sent again.")
		}
		before := row.Message
		row.State, row.Attempts, row.LastError, row.SentTo, row.SendAfter, row.ClaimedAt = models.MessageQueued, 0, "", "", tx.Now(), nil
		store(tx, &row.Message)
		for _, address := range []string{row.Address, text(row.MemberEmail)} {
			if address != "" {
				tx.Queue(`delete from bounces where address_mac = $1`, s.addressMAC(address))
			}
		}
		tx.Changed(before, row.Message)
		d := row.delivery()
		return &d, tx.Enqueue(SendMessage{id}, time.Time{})
	})
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
