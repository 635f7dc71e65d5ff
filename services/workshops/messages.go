package workshops

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
)

const (
	recallFor   = 10 * time.Minute     // a message waits, so that it can be taken back
	sendWithin  = 180 * 24 * time.Hour // it can be put off
	CodeNobody  = services.Code("nobody_to_write_to")
	CodeSentOut = services.Code("sent_already")
)

// MessagesByAuthor is how often somebody may write to those who come.
var MessagesByAuthor = services.Limit{Name: "workshop_messages", Every: 2 * time.Minute, Burst: 30}

// WriteToAttendees is what staff write to those who come.
type WriteToAttendees struct {
	Subject   string            `json:"subject" minLength:"1" maxLength:"120" example:"Parking has moved"`
	Body      string            `json:"body" minLength:"1" maxLength:"4000" doc:"Plain text; each line stays a line. Nothing about anybody's health" example:"The lot behind the hall is closed on Tuesday. Please park at the library."`
	To        MessageRecipients `json:"to,omitempty" doc:"Absent: everybody whose place is confirmed"`
	Essential bool              `json:"essential,omitempty" doc:"They must know before they set out: it goes out in quiet hours too, and to those who take only what is essential by e-mail"`
	SendAfter *time.Time        `json:"send_after,omitempty" doc:"Not before this; at most 180 days ahead. It waits 10 minutes in any case"`
}

// MessageRecipients picks among those who come. What is absent or empty leaves nobody out.
type MessageRecipients struct {
	States     []models.RegistrationState `json:"states,omitempty" maxItems:"5" enum:"confirmed,waitlisted,offered,pending_approval,cancelled" doc:"Where their registration stands; absent: confirmed"`
	Kinds      []models.SeatKind          `json:"kinds,omitempty" maxItems:"2" enum:"adult,child" doc:"child writes to those who registered the children"`
	Modes      []models.AttendanceMode    `json:"modes,omitempty" maxItems:"2" enum:"in_person,online" doc:"How they take part"`
	Attendance []models.AttendanceStatus  `json:"attendance,omitempty" maxItems:"4" enum:"present,late,excused,absent" doc:"Only of a session: those of whom this is known. Absent: everybody but who has said that they do not come this time"`
}

// WorkshopMessageView is a message and what became of it.
type WorkshopMessageView struct {
	models.WorkshopMessage
	Author string        `json:"author" doc:"First name and initial of who wrote it" example:"Cora R."`
	Counts MessageCounts `json:"counts" gorm:"-" doc:"People by what became of it; all 0 in a list and while it waits"`
}

// MessageCounts are people by what became of a message to them.
type MessageCounts struct {
	Queued    int `json:"queued" doc:"On its way, or waiting for the end of somebody's quiet hours"`
	Sent      int `json:"sent"`
	Bounced   int `json:"bounced"`
	Abandoned int `json:"abandoned"`
	Skipped   int `json:"skipped" doc:"They take only what is essential by e-mail; the app shows it"`
	Unreached int `json:"unreached" doc:"No address, one that is stopped or not safe, or nothing to read it with"`
	Recalled  int `json:"recalled"`
}

// MessageWorkshop writes to those who come to a workshop. It waits 10 minutes, in which it can be taken back; then it goes to those
// who come at that moment, each once.
// Errors: not_found for a workshop that the caller does not lead as a whole; invalid; conflict wrong_state for a draft,
// nobody_to_write_to; too_many.
func (s *Service) MessageWorkshop(ctx context.Context, workshopID uuid.UUID, in WriteToAttendees) (*WorkshopMessageView, error) {
	return s.message(ctx, in, func(db *gorm.DB, actor *services.Actor) (audience, error) {
		return wholeWorkshop(db, actor, workshopID, s.core.Clock.Now())
	})
}

// MessageSession writes to those who come to one session.
// Errors: those of MessageWorkshop, of a session that the caller does not lead.
func (s *Service) MessageSession(ctx context.Context, sessionID uuid.UUID, in WriteToAttendees) (*WorkshopMessageView, error) {
	return s.message(ctx, in, func(db *gorm.DB, actor *services.Actor) (audience, error) { return oneSession(db, actor, sessionID) })
}

// audience is to whom somebody writes: a workshop, or one session of it.
type audience struct {
	WorkshopID uuid.UUID
	SessionID  *uuid.UUID
	Visibility models.Visibility
	Title      string
	TimeZone   string
	StartsAt   *time.Time
	EndsAt     *time.Time
}

type findAudience func(*gorm.DB, *services.Actor) (audience, error)

const leadsWhole = `w.id in (select workshop_id from workshop_facilitators where member_id = ?)`

// wholeWorkshop is for coordinators, and for those who lead all of it: who leads one session writes to that. Of a series the
// words are about the session that comes next.
func wholeWorkshop(db *gorm.DB, actor *services.Actor, id uuid.UUID, now time.Time) (audience, error) {
	q := db.Table("workshops as w").Select("w.id as workshop_id, w.visibility, w.title, coalesce(next.time_zone, w.time_zone) as time_zone, next.starts_at, next.ends_at").
		Joins(`left join lateral (select s.starts_at, s.ends_at, s.time_zone from workshop_sessions s
			where s.workshop_id = w.id and w.attendance_mode = 'series' and s.status = 'scheduled' and s.starts_at > ? order by s.starts_at limit 1) next on true`, now).Where("w.id = ?", id)
	if !actor.Coordinates() {
		q = q.Where(leadsWhole, actor.MemberID)
	}
	return oneAudience(q, "workshop")
}

func oneSession(db *gorm.DB, actor *services.Actor, id uuid.UUID) (audience, error) {
	q := db.Table("workshop_sessions as s").Joins("join workshops w on w.id = s.workshop_id").Where("s.id = ?", id).
		Select("s.workshop_id, s.id as session_id, w.visibility, concat_ws(': ', w.title, nullif(s.title, '')) as title, s.time_zone, s.starts_at, s.ends_at")
	if !actor.Coordinates() {
		q = q.Where("("+leadsWhole+" or s.id in (select session_id from session_facilitators where member_id = ?))", actor.MemberID, actor.MemberID)
	}
	return oneAudience(q, "session")
}

func oneAudience(q *gorm.DB, noun string) (audience, error) {
	var found []audience
	if err := q.Limit(1).Find(&found).Error; err != nil {
		return audience{}, err
	}
	if len(found) == 0 {
		return audience{}, services.NotFound(noun)
	}
	return found[0], nil
}

func (s *Service) message(ctx context.Context, in WriteToAttendees, find findAudience) (*WorkshopMessageView, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.core.Take(ctx, MessagesByAuthor, actor.MemberID.String()); err != nil {
		return nil, err
	}
	return services.Mutate(ctx, s.core, "workshop_message.create", func(tx *services.Tx) (*WorkshopMessageView, error) {
		to, err := find(tx.DB, tx.Actor())
		if err != nil {
			return nil, err
		}
		m, err := in.row(to, tx.Actor().MemberID, tx.Now())
		if err != nil {
			return nil, err
		}
		first, err := recipients(tx.DB, &m, uuid.Nil, tx.Now(), 1)
		if err != nil {
			return nil, err
		}
		if len(first) == 0 {
			return nil, services.Conflict(CodeNobody, "There is nobody to write to. Choose others, or wait until somebody has registered.")
		}
		if err := tx.DB.Create(&m).Error; err != nil {
			return nil, err
		}
		tx.Changed(nil, m)
		if err := tx.Enqueue(SendWorkshopMessage{MessageID: m.ID}, m.SendsAt); err != nil {
			return nil, err
		}
		return messageView(tx.DB, tx.Actor(), m.ID)
	})
}

// row is the message as it is kept.
// Errors: invalid; conflict wrong_state.
func (in *WriteToAttendees) row(to audience, author uuid.UUID, now time.Time) (models.WorkshopMessage, error) {
	m := models.WorkshopMessage{ID: services.NewID(), CreatedAt: now, WorkshopID: to.WorkshopID, SessionID: to.SessionID, WrittenBy: author, Subject: services.Line(in.Subject), Body: services.Prose(in.Body),
		States: distinct(in.To.States), Kinds: distinct(in.To.Kinds), Modes: distinct(in.To.Modes), Attendance: distinct(in.To.Attendance), Essential: in.Essential,
		State: models.WorkshopMessageWaiting, SendsAt: now.Add(recallFor)}
	if len(m.States) == 0 {
		m.States = models.Texts[models.RegistrationState]{models.RegistrationConfirmed}
	}
	if at := whole(in.SendAfter); at != nil && at.After(m.SendsAt) {
		m.SendsAt = *at
	}
	var wrong []services.FieldError
	add := func(broken bool, field string, code services.Code, message string) {
		if broken {
			wrong = append(wrong, services.FieldError{Field: field, Code: code, Message: message})
		}
	}
	add(m.Subject == "", "/subject", "required", "Say in a few words what it is about.")
	add(m.Body == "", "/body", "required", "Write what they should know.")
	add(m.SessionID == nil && len(m.Attendance) > 0, "/to/attendance", "session_only", "Attendance is of one session. Write to that session instead.")
	add(in.SendAfter != nil && !in.SendAfter.After(now), "/send_after", "past", "This has passed already. Leave it out, and it goes out in ten minutes.")
	add(m.SendsAt.After(now.Add(sendWithin)), "/send_after", "out_of_range", "Put it off for 180 days at most.")
	if len(wrong) > 0 {
		return m, services.Invalid(wrong...)
	}
	if to.Visibility == models.VisibilityDraft {
		return m, services.Conflict(CodeWrongState, "Nobody has registered for a draft. Publish it first.")
	}
	return m, nil
}

func distinct[T ~string](in []T) models.Texts[T] {
	out := models.Texts[T]{}
	for _, v := range in {
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// MessagePreview is to whom a message would go now, and how it reads.
type MessagePreview struct {
	People      int           `json:"people" doc:"Who would read it; who registered several children reads it once" example:"28"`
	Mails       int           `json:"mails" doc:"Of these, who would get a mail" example:"25"`
	Phones      int           `json:"phones" doc:"Who would get no mail, but has a telephone: staff call" example:"2"`
	Unreachable int           `json:"unreachable" doc:"Of whom we have neither" example:"1"`
	SendsAt     time.Time     `json:"sends_at" doc:"When it would go out, were it written now"`
	Samples     MessageSample `json:"samples" doc:"How it reads, in English"`
}

// MessageSample is how a message reads in a mail.
type MessageSample struct {
	Subject        string `json:"subject" doc:"For those who want to read in mails what they are about" example:"Parking has moved"`
	Text           string `json:"text" example:"The lot behind the hall is closed on Tuesday. Please park at the library."`
	NeutralSubject string `json:"neutral_subject" doc:"For everybody else; the app shows them the words" example:"News about your appointment on Tuesday, October 27"`
	NeutralText    string `json:"neutral_text" example:"There is news about your appointment. Sign in to read it."`
}

// PreviewWorkshopMessage tells to whom a message to a workshop would go now, and changes nothing.
// Errors: those of MessageWorkshop, but for nobody_to_write_to.
func (s *Service) PreviewWorkshopMessage(ctx context.Context, workshopID uuid.UUID, in WriteToAttendees) (*MessagePreview, error) {
	return s.preview(ctx, in, func(db *gorm.DB, actor *services.Actor) (audience, error) {
		return wholeWorkshop(db, actor, workshopID, s.core.Clock.Now())
	})
}

// PreviewSessionMessage tells to whom a message to a session would go now, and changes nothing.
// Errors: those of MessageSession, but for nobody_to_write_to.
func (s *Service) PreviewSessionMessage(ctx context.Context, sessionID uuid.UUID, in WriteToAttendees) (*MessagePreview, error) {
	return s.preview(ctx, in, func(db *gorm.DB, actor *services.Actor) (audience, error) { return oneSession(db, actor, sessionID) })
}

func (s *Service) preview(ctx context.Context, in WriteToAttendees, find findAudience) (*MessagePreview, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	now := s.core.Clock.Now()
	return services.Read(ctx, s.core, func(db *gorm.DB) (*MessagePreview, error) {
		to, err := find(db, actor)
		if err != nil {
			return nil, err
		}
		m, err := in.row(to, actor.MemberID, now)
		if err != nil {
			return nil, err
		}
		out := &MessagePreview{SendsAt: m.SendsAt}
		for after, more := uuid.Nil, true; more; {
			batch, err := recipients(db, &m, after, now, previewBatch)
			if err != nil {
				return nil, err
			}
			for i := range batch {
				out.count(&batch[i])
				after = batch[i].Key
			}
			more = len(batch) == previewBatch
		}
		return out, out.sample(&m, to)
	})
}

func (p *MessagePreview) count(r *recipient) {
	if r.gone {
		return
	}
	p.People++
	switch {
	case r.Mail && r.Reads:
		p.Mails++
	case r.Phone:
		p.Phones++
	default:
		p.Unreachable++
	}
}

func (p *MessagePreview) sample(m *models.WorkshopMessage, to audience) (err error) {
	n := notices.Notice{Event: models.NoticeWorkshopMessage, MemberID: m.WrittenBy, Data: words(m, to)}
	for _, of := range []struct {
		words         bool
		subject, text *string
	}{{true, &p.Samples.Subject, &p.Samples.Text}, {false, &p.Samples.NeutralSubject, &p.Samples.NeutralText}} {
		var body []string
		if *of.subject, body, err = notices.Sample(n, "en", of.words); err != nil {
			return err
		}
		for i, paragraph := range body {
			if i > 0 {
				*of.text += "\n"
			}
			*of.text += paragraph
		}
	}
	return nil
}

// words are what a notice of the message is made of.
func words(m *models.WorkshopMessage, to audience) map[string]any {
	data := map[string]any{"title": to.Title, "subject": m.Subject, "text": m.Body, "urgent": m.Essential, "time_zone": to.TimeZone, "link": "/workshops/" + m.WorkshopID.String()}
	if to.StartsAt != nil {
		data["starts_at"], data["ends_at"] = to.StartsAt.UTC(), to.EndsAt.UTC()
	}
	return data
}

// RecallMessage takes a message back before it goes out. Recalling it again changes nothing.
// Errors: not_found; conflict sent_already once it has begun to go out.
func (s *Service) RecallMessage(ctx context.Context, id uuid.UUID) (*WorkshopMessageView, error) {
	return services.Mutate(ctx, s.core, "workshop_message.recall", func(tx *services.Tx) (*WorkshopMessageView, error) {
		var found []models.WorkshopMessage
		err := tx.DB.Scopes(messagesOf(tx.Actor())).Where("workshop_messages.id = ?", id).Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Limit(1).Find(&found).Error
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, services.NotFound("message")
		}
		before, after, now, by := found[0], found[0], tx.Now(), tx.Actor().MemberID
		switch after.State {
		case models.WorkshopMessageRecalled:
			tx.Unchanged()
			tx.Object(id)
			return messageView(tx.DB, tx.Actor(), id)
		case models.WorkshopMessageWaiting:
		default:
			return nil, services.Conflict(CodeSentOut, "This message has gone out already. Write another to put it right.")
		}
		after.State, after.RecalledAt, after.RecalledBy = models.WorkshopMessageRecalled, &now, &by
		tx.Queue(`update workshop_messages set state = $2, recalled_at = $3, recalled_by = $4 where id = $1`, id, string(after.State), now, by)
		tx.Changed(before, after)
		return messageView(tx.DB, tx.Actor(), id)
	})
}
