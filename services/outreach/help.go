package outreach

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
	"homefront/services/tasks"
)

const (
	helpRecord = "help_request"
	askRecord  = "help_request.ask"
	asksAtMost = 20 // within one request
)

var helpLive = []models.HelpStatus{models.HelpReceived, models.HelpTaken}

// AskForHelp is "please call me".
type AskForHelp struct {
	Topic     models.HelpTopic   `json:"topic,omitempty" enum:"talk,practical,benefits,family,event,other" default:"talk" example:"talk"`
	Channel   models.HelpChannel `json:"channel,omitempty" enum:"call,text,email" default:"call" doc:"How you want to be reached"`
	SafeFrom  *string            `json:"safe_from,omitempty" required:"false" maxLength:"5" pattern:"^([01][0-9]|2[0-3]):[0-5][0-9]$" doc:"Start of the hours in which it is safe to reach you, on your own clock. Both absent: the safe hours of your record" example:"10:00"`
	SafeUntil *string            `json:"safe_until,omitempty" required:"false" maxLength:"5" pattern:"^([01][0-9]|2[0-3]):[0-5][0-9]$" doc:"End of these hours; before safe_from when they go past midnight" example:"15:00"`
	Note      string             `json:"note,omitempty" maxLength:"500" doc:"In your own words, if you like. Sealed: only whoever answers reads it"`
}

// MyHelpRequest is a help request as the person who asked sees it.
type MyHelpRequest struct {
	ID         uuid.UUID          `json:"id" doc:"Stable identifier (UUIDv7)"`
	CreatedAt  time.Time          `json:"created_at"`
	Topic      models.HelpTopic   `json:"topic" enum:"talk,practical,benefits,family,event,other"`
	Channel    models.HelpChannel `json:"channel" enum:"call,text,email"`
	SafeFrom   *string            `json:"safe_from" example:"10:00"`
	SafeUntil  *string            `json:"safe_until" example:"15:00"`
	TimeZone   string             `json:"time_zone" example:"America/New_York"`
	Status     models.HelpStatus  `json:"status" enum:"received,taken,answered,withdrawn,closed" example:"received"`
	AskedAt    time.Time          `json:"asked_at" doc:"When you asked, the last time"`
	TakenBy    *string            `json:"taken_by" doc:"First name of who will reach you" example:"Dana"`
	TriedAt    *time.Time         `json:"tried_at" doc:"When we last tried and did not reach you"`
	AnsweredAt *time.Time         `json:"answered_at"`
}

// HelpAnswer is what somebody who asked is told at once.
type HelpAnswer struct {
	MyHelpRequest
	Hours   StaffedHours `json:"hours" doc:"When a person reads this: the truth, at night too"`
	HelpNow []CrisisLine `json:"help_now" nullable:"false" doc:"Who answers at any hour"`
}

// Ask asks for a call for oneself. While a request of theirs is live, asking again adds to it. Nobody else is told: no
// guardian, no family; the system calls nobody. Errors: not_found without a record; too_many for more than 20 within one
// request; invalid when only one of the safe hours is given.
func (s *Service) Ask(ctx context.Context, in AskForHelp) (*HelpAnswer, error) {
	return services.Mutate(ctx, s.core, "help_request.ask", func(tx *services.Tx) (*HelpAnswer, error) {
		m, err := oneself(tx)
		if err != nil {
			return nil, err
		}
		if (in.SafeFrom == nil) != (in.SafeUntil == nil) {
			return nil, services.InvalidField("/safe_until", "pair", "Give both ends of the safe hours, or none.")
		}
		h, made, err := s.liveRequest(tx, m, &in)
		if err != nil {
			return nil, err
		}
		if !made {
			if err := s.askAgain(tx, h, &in); err != nil {
				return nil, err
			}
		}
		ask, err := addAsk(tx, h, &in)
		if err != nil {
			return nil, err
		}
		if err := s.tellQueue(tx, h, ask); err != nil {
			return nil, err
		}
		mine, err := myRequest(tx.DB, h.ID)
		if err != nil {
			return nil, err
		}
		return &HelpAnswer{MyHelpRequest: *mine, Hours: s.hours.shown(tx.Now()), HelpNow: CrisisLines()}, nil
	})
}

func oneself(tx *services.Tx) (*models.Member, error) {
	found, err := people.Load(tx, []uuid.UUID{tx.Actor().MemberID})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 || found[0].Gone() {
		return nil, services.NotFound("member")
	}
	return &found[0], nil
}

// liveRequest is the person's live request, locked, or one that it makes. Two that come at once make one.
func (s *Service) liveRequest(tx *services.Tx, m *models.Member, in *AskForHelp) (*models.HelpRequest, bool, error) {
	h := &models.HelpRequest{Record: head(tx), MemberID: m.ID, TimeZone: m.TimeZone, Status: models.HelpReceived, Minor: m.MinorOn(m.Today(tx.Now())),
		SafeFrom: m.SafeFrom, SafeUntil: m.SafeUntil, DueAt: s.hours.Due(tx.Now())}
	asked(h, in, tx.Now())
	for range 3 { // the one in the way may end before it is read
		made := tx.DB.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "member_id"}}, DoNothing: true,
			TargetWhere: clause.Where{Exprs: []clause.Expression{clause.Expr{SQL: "status IN ('received', 'taken')"}}}}).Create(h)
		if made.Error != nil {
			return nil, false, made.Error
		}
		if made.RowsAffected == 1 {
			tx.Changed(nil, *h)
			return h, true, openHelpTask(tx, h)
		}
		var rows []models.HelpRequest
		if err := tx.DB.Clauses(forUpdate).Where("member_id = ? AND status IN ?", m.ID, helpLive).Limit(1).Find(&rows).Error; err != nil {
			return nil, false, err
		}
		if len(rows) == 1 {
			return &rows[0], false, nil
		}
	}
	return nil, false, services.Unavailable(services.CodeBusy, "Your request was being closed just now. Send it again.")
}

// openHelpTask makes the work visible in the queue, and the reminder for when its time passes.
func openHelpTask(tx *services.Tx, h *models.HelpRequest) error {
	if err := helpTask(tx, h); err != nil {
		return err
	}
	return tx.Enqueue(HelpDue{HelpRequestID: h.ID, Level: h.Escalations}, h.DueAt)
}

func helpTask(tx *services.Tx, h *models.HelpRequest) error {
	queue, err := helpQueue(tx, h)
	if err != nil {
		return err
	}
	_, err = tasks.Open(tx, tasks.New{Kind: models.TaskHelpRequest, MemberID: &h.MemberID, Record: helpRecord, RecordID: &h.ID, Queue: queue, Owner: h.TakenBy,
		Title: "Somebody asked for a call", DueAt: h.DueAt})
	return err
}

// askAgain adds to a live request: the newest wish counts, the earliest time holds.
func (s *Service) askAgain(tx *services.Tx, h *models.HelpRequest, in *AskForHelp) error {
	var asks int64
	if err := tx.DB.Model(&models.HelpRequestAsk{}).Where("help_request_id = ?", h.ID).Count(&asks).Error; err != nil {
		return err
	}
	if asks >= asksAtMost {
		return services.TooMany(time.Hour, "We have your request and what you wrote. If you need somebody now, dial 988 then press 1, text 838255, or call 911.")
	}
	before := *h
	asked(h, in, tx.Now())
	if due := s.hours.Due(tx.Now()); due.Before(h.DueAt) {
		h.DueAt = due
	}
	edited(tx, &h.Record)
	tx.Changed(before, *h)
	if err := tasks.GiveFor(tx, helpRecord, h.ID, h.TakenBy, h.DueAt); err != nil {
		return err
	}
	if err := helpTask(tx, h); err != nil { // no live request is without work for somebody, whatever became of its task
		return err
	}
	return tx.DB.Model(&models.HelpRequest{}).Where("id = ?", h.ID).Select("topic", "channel", "safe_from", "safe_until", "asked_at", "due_at", "version", "updated_at").Updates(h).Error
}

// asked takes over what is wished for now. Hours that are not given stay as they were.
func asked(h *models.HelpRequest, in *AskForHelp, now time.Time) {
	h.Topic, h.Channel, h.AskedAt = in.Topic, in.Channel, now
	if h.Topic == "" {
		h.Topic = models.HelpTalk
	}
	if h.Channel == "" {
		h.Channel = models.HelpByCall
	}
	if in.SafeFrom != nil {
		h.SafeFrom, h.SafeUntil = in.SafeFrom, in.SafeUntil
	}
}

// addAsk keeps the words, sealed under the key of who wrote them.
func addAsk(tx *services.Tx, h *models.HelpRequest, in *AskForHelp) (*models.HelpRequestAsk, error) {
	a := &models.HelpRequestAsk{ID: services.NewID(), CreatedAt: tx.Now(), HelpRequestID: h.ID, MemberID: h.MemberID, Topic: h.Topic}
	if note := services.Prose(in.Note); note != "" {
		sealed, key, err := tx.Seal(h.MemberID, askRecord+":"+a.ID.String(), 1, note)
		if err != nil {
			return nil, err
		}
		a.Note, a.NoteKey = sealed, &key
	}
	if err := tx.DB.Create(a).Error; err != nil {
		return nil, err
	}
	tx.Changed(nil, *a)
	return a, nil
}

func myRequest(db *gorm.DB, id uuid.UUID) (*MyHelpRequest, error) {
	var rows []MyHelpRequest
	if err := db.Raw("SELECT "+mine+" FROM help_requests WHERE id = ?", id).Scan(&rows).Error; err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, services.NotFound("help request")
	}
	return &rows[0], nil
}

// mine are the columns of MyHelpRequest.
const mine = `id, created_at, topic, channel, safe_from, safe_until, time_zone, status, asked_at, tried_at, answered_at,
	(SELECT ` + firstName + ` FROM members staff WHERE staff.id = help_requests.taken_by AND help_requests.status IN ('taken', 'answered')) AS taken_by`

// MyHelp is one's own help requests, and who answers at any hour.
type MyHelp struct {
	Data    []MyHelpRequest `json:"data" nullable:"false" doc:"The latest first; 20 at most"`
	Hours   StaffedHours    `json:"hours"`
	HelpNow []CrisisLine    `json:"help_now" nullable:"false"`
}

// MyHelpRequests lists one's own help requests, the latest first.
func (s *Service) MyHelpRequests(ctx context.Context) (*MyHelp, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (*MyHelp, error) {
		out := &MyHelp{Data: []MyHelpRequest{}, Hours: s.hours.shown(s.core.Clock.Now()), HelpNow: CrisisLines()}
		return out, db.Raw("SELECT "+mine+" FROM help_requests WHERE member_id = ? ORDER BY created_at DESC, id DESC LIMIT 20", actor.MemberID).Scan(&out.Data).Error
	})
}

// Withdraw takes one's own request back. Errors: not_found; conflict help_ended.
func (s *Service) Withdraw(ctx context.Context, id uuid.UUID) (*MyHelpRequest, error) {
	return services.Mutate(ctx, s.core, "help_request.withdraw", func(tx *services.Tx) (*MyHelpRequest, error) {
		var rows []models.HelpRequest
		if err := tx.DB.Clauses(forUpdate).Where("id = ? AND member_id = ?", id, tx.Actor().MemberID).Limit(1).Find(&rows).Error; err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			return nil, services.NotFound("help request")
		}
		h := &rows[0]
		if !h.Status.Live() {
			return nil, errHelpEnded
		}
		before := *h
		end(tx, h, models.HelpWithdrawn)
		if err := tasks.CloseFor(tx, helpRecord, h.ID); err != nil {
			return nil, err
		}
		if err := storeHelp(tx, before, h); err != nil {
			return nil, err
		}
		return myRequest(tx.DB, h.ID)
	})
}

var errHelpEnded = services.Conflict("help_ended", "This request is no longer open. Ask again, or reopen it.")

func end(tx *services.Tx, h *models.HelpRequest, as models.HelpStatus) {
	at := tx.Now()
	h.Status, h.EndedAt = as, &at
	if by := tx.Actor().MemberID; by != uuid.Nil {
		h.EndedBy = &by
	}
}

var helpColumns = []string{"status", "due_at", "escalations", "taken_by", "taken_at", "tried_at", "answered_at", "ended_at", "ended_by",
	"guardian_told", "guardian_decided_by", "guardian_decided_at", "guardian_reason", "guardian_reason_key", "version", "updated_at"}

func storeHelp(tx *services.Tx, before models.HelpRequest, h *models.HelpRequest) error {
	edited(tx, &h.Record)
	tx.Changed(before, *h)
	return tx.DB.Model(&models.HelpRequest{}).Where("id = ?", h.ID).Select(helpColumns).Updates(h).Error
}
