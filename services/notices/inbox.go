package notices

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// Notification is a message as the app shows it. The title is as discreet as the mail's subject, since a phone may show
// it on its lock screen; the body tells what the app, once open, shows anyway.
type Notification struct {
	ID        uuid.UUID          `json:"id"`
	Event     models.NoticeEvent `json:"event" doc:"What happened" example:"registration.confirmed"`
	Title     string             `json:"title" doc:"Neutral unless the member chose program words" example:"Your appointment on Tuesday, October 6"`
	Body      string             `json:"body" doc:"Plain text; paragraphs are parted by an empty line, times are in the member's zone"`
	Link      string             `json:"link" doc:"Path in the app" example:"/registrations/0199c1f2-8f6b-7a34-b0d1-6a2f0c9be001"`
	Record    string             `json:"record" doc:"The kind of record it is about, or empty" example:"registration"`
	RecordID  *uuid.UUID         `json:"record_id" nullable:"true"`
	CreatedAt time.Time          `json:"created_at"`
	ReadAt    *time.Time         `json:"read_at" doc:"Null while it is unread"`
}

// Inbox is how one's notifications are asked for.
type Inbox struct {
	services.PageQuery
	Unread bool `query:"unread" doc:"Only those not read yet"`
}

// inboxRow is a message with how its reader reads.
type inboxRow struct {
	models.Message
	ReaderLanguage, ReaderZone string
	ReaderWords                bool
}

const inboxColumns = `messages.*, members.language reader_language, members.time_zone reader_zone, members.program_words reader_words`

var inboxList = services.List[inboxRow]{
	IDColumn: "messages.id",
	ID:       func(r inboxRow) uuid.UUID { return r.ID },
	Sorts:    []services.Sort[inboxRow]{{Name: "created_at", Column: "messages.created_at", Cast: "timestamptz", Key: func(r inboxRow) any { return r.CreatedAt }}},
	Default:  "-created_at",
}

// mine is what the inbox of a member holds: what is theirs, was not withdrawn, is due, and still has its content.
func mine(actor *services.Actor, now time.Time) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		return db.Where("messages.member_id = ? AND messages.purged_at IS NULL AND messages.event NOT IN ? AND messages.state <> ?",
			actor.MemberID, models.MailOnly(), models.MessageRecalled).
			Where("NOT (messages.state = ? AND messages.attempts = 0 AND messages.send_after > ?)", models.MessageQueued, now)
	}
}

// Notifications lists one's own inbox, newest first.
func (s *Service) Notifications(ctx context.Context, in Inbox) (services.Page[Notification], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return services.Page[Notification]{}, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (services.Page[Notification], error) {
		q := db.Model(&models.Message{}).Select(inboxColumns).Joins("JOIN members ON members.id = messages.member_id").
			Scopes(mine(actor, s.core.Clock.Now()))
		if in.Unread {
			q = q.Where("messages.read_at IS NULL")
		}
		rows, err := inboxList.Find(ctx, s.core, q, in.PageQuery)
		if err != nil {
			return services.Page[Notification]{}, err
		}
		out := services.Page[Notification]{Data: make([]Notification, len(rows.Data)), NextCursor: rows.NextCursor, Total: rows.Total}
		for i := range rows.Data {
			if out.Data[i], err = s.notification(&rows.Data[i]); err != nil {
				return out, err
			}
		}
		return out, nil
	})
}

// notification puts a row into words: the title as its reader chose, the body with all there is.
func (s *Service) notification(r *inboxRow) (Notification, error) {
	n := Notification{ID: r.ID, Event: r.Event, Record: r.Record, RecordID: r.RecordID, CreatedAt: r.CreatedAt, ReadAt: r.ReadAt}
	d, err := parseDetails(r.Data)
	if err != nil {
		return n, err
	}
	to := &reader{Language: r.ReaderLanguage, TimeZone: r.ReaderZone, Words: r.ReaderWords}
	outside, err := s.write(&r.Message, &d, to, 0)
	if err != nil {
		return n, err
	}
	to.Words = true
	inside, err := s.write(&r.Message, &d, to, 0)
	if err != nil {
		return n, err
	}
	l := languageFor(to.Language)
	p := s.page(&r.Message, &d, to, l)
	paragraphs := inside.body
	if d.Subject != "" && outside.subject != inside.subject {
		paragraphs = append([]string{inside.subject}, paragraphs...)
	}
	for _, f := range facts(&r.Message, p, func(name string) string { text, _ := l.part(name, p); return text }) {
		paragraphs = append(paragraphs, f.Name+": "+f.Value)
	}
	n.Title, n.Body, n.Link = outside.subject, strings.Join(paragraphs, "\n\n"), pathOf(&r.Message, &d)
	return n, nil
}

// ReadNotification marks one of one's own notifications as read; the first time counts.
// Errors: not_found for one that does not exist, is another's, or is no longer kept.
func (s *Service) ReadNotification(ctx context.Context, id uuid.UUID) (*Notification, error) {
	return services.Mutate(ctx, s.core, "notification.read", func(tx *services.Tx) (*Notification, error) {
		var rows []inboxRow
		err := tx.DB.Model(&models.Message{}).Select(inboxColumns).Joins("JOIN members ON members.id = messages.member_id").
			Scopes(mine(tx.Actor(), tx.Now())).Where("messages.id = ?", id).Limit(1).Find(&rows).Error
		if err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			return nil, services.NotFound("notification")
		}
		row := &rows[0]
		if row.ReadAt != nil {
			tx.Unchanged()
			tx.Object(id)
		} else {
			before, now := row.Message, tx.Now()
			row.ReadAt = &now
			tx.Queue(`update messages set read_at = $2 where id = $1 and read_at is null`, id, now)
			tx.Changed(before, row.Message)
		}
		n, err := s.notification(row)
		return &n, err
	})
}

// ReadAll is how many notifications were marked.
type ReadAll struct {
	Read int64 `json:"read" doc:"How many were unread until now" example:"3"`
}

// ReadAllNotifications marks everything in one's inbox as read.
func (s *Service) ReadAllNotifications(ctx context.Context) (*ReadAll, error) {
	return services.Mutate(ctx, s.core, "notification.read_all", func(tx *services.Tx) (*ReadAll, error) {
		q := tx.DB.Model(&models.Message{}).Scopes(mine(tx.Actor(), tx.Now())).Where("messages.read_at IS NULL").
			Select("read_at").Updates(models.Message{ReadAt: ptr(tx.Now())})
		tx.Unchanged()
		tx.Subject(tx.Actor().MemberID)
		return &ReadAll{q.RowsAffected}, q.Error
	})
}

func ptr[T any](v T) *T { return &v }
