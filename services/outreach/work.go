package outreach

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
	"homefront/services/tasks"
)

// WorkQuery picks a part of one's work.
type WorkQuery struct {
	services.PageQuery
	View string `query:"view" enum:"all,mine,queue,overdue,team" default:"all" doc:"all: mine and what waits in my queues. mine: what I own. queue: what nobody owns yet. overdue: of all, what is late. team: what colleagues of my queues own"`
}

// Work is the day of somebody on staff.
type Work struct {
	services.Page[WorkItem]
	Counts WorkCounts `json:"counts"`
}

// WorkCounts are how much there is, whatever page is shown.
type WorkCounts struct {
	Mine        int `json:"mine" doc:"What I own"`
	Queue       int `json:"queue" doc:"What waits in my queues for somebody"`
	Overdue     int `json:"overdue" doc:"Of both, what is late"`
	HelpWaiting int `json:"help_waiting" doc:"Help requests that I could take and nobody has"`
}

// WorkItem is one thing to do: a task, or what a task stands for.
type WorkItem struct {
	models.Task
	Overdue bool        `json:"overdue"`
	Mine    bool        `json:"mine"`
	Person  *WorkPerson `json:"person" doc:"Whom it is about; null when it is about nobody"`
	Help    *WorkHelp   `json:"help" doc:"The help request it stands for; null for other work"`
}

// WorkPerson is what to know of somebody before one calls.
type WorkPerson struct {
	ID          uuid.UUID           `json:"id"`
	Name        string              `json:"name" example:"Lou Ortega"`
	Pronouns    *string             `json:"pronouns" example:"he/him"`
	Language    string              `json:"language" doc:"BCP 47" example:"en"`
	Channel     *string             `json:"channel" enum:"email,sms,push,call,text" doc:"How to reach them: as they asked for now, else the one channel that only they see; null when they said nothing"`
	SafeFrom    *string             `json:"safe_from" doc:"Start of the hours in which to reach them, on the clock of time_zone: safe hours, else the end of quiet hours" example:"10:00"`
	SafeUntil   *string             `json:"safe_until" example:"15:00"`
	TimeZone    string              `json:"time_zone" doc:"IANA name" example:"America/New_York"`
	SafeNow     bool                `json:"safe_now" doc:"Now is within these hours"`
	Separations *bool               `json:"separations" doc:"Whether somebody is kept apart from them; null for those who may not know"`
	Status      models.MemberStatus `json:"status" enum:"prospective,active,inactive,deceased,merged" doc:"Look before you call"`
	LastContact *LastContact        `json:"last_contact" doc:"The latest contact that stands; null when there was none"`
}

// LastContact is how somebody was last reached.
type LastContact struct {
	At      time.Time             `json:"at"`
	Kind    models.ContactKind    `json:"kind" enum:"call,text,mail,visit"`
	Outcome models.ContactOutcome `json:"outcome" enum:"reached,left_message,no_answer,wrong_number,declined,other"`
}

// WorkHelp is the help request that a task stands for. Its words are read at GET /v1/help-requests/{id}, where it is logged.
type WorkHelp struct {
	ID      uuid.UUID         `json:"id"`
	Status  models.HelpStatus `json:"status" enum:"received,taken,answered,withdrawn,closed"`
	Topic   models.HelpTopic  `json:"topic" enum:"talk,practical,benefits,family,event,other"`
	Minor   bool              `json:"minor"`
	TriedAt *time.Time        `json:"tried_at"`
}

// workRow is one row of the query.
type workRow struct {
	models.Task
	PersonName     *string
	PersonPronouns *string
	PersonLanguage string
	PersonZone     string
	PersonStatus   models.MemberStatus
	SafeChannel    *string
	SafeFrom       *string
	SafeUntil      *string
	QuietFrom      *string
	QuietUntil     *string
	Separations    *bool
	LastAt         *time.Time
	LastKind       models.ContactKind
	LastOutcome    models.ContactOutcome
	HelpID         *uuid.UUID
	HelpStatus     models.HelpStatus
	HelpTopic      models.HelpTopic
	HelpChannel    *string
	HelpFrom       *string
	HelpUntil      *string
	HelpZone       *string
	HelpMinor      bool
	HelpTriedAt    *time.Time
}

var workList = services.List[workRow]{
	IDColumn: "tasks.id",
	ID:       func(t workRow) uuid.UUID { return t.ID },
	Sorts:    []services.Sort[workRow]{{Name: "due_at", Column: "tasks.due_at", Cast: "timestamptz", Key: func(t workRow) any { return t.DueAt }}},
	Default:  "due_at",
}

var workColumns = `tasks.*, ` + fullName("m") + ` AS person_name, m.pronouns AS person_pronouns, m.language AS person_language, m.time_zone AS person_zone, m.status AS person_status,
	m.safe_channel, m.safe_from, m.safe_until, m.quiet_from, m.quiet_until, last.at AS last_at, last.kind AS last_kind, last.outcome AS last_outcome,
	h.id AS help_id, h.status AS help_status, h.topic AS help_topic, h.channel AS help_channel, h.safe_from AS help_from, h.safe_until AS help_until, h.time_zone AS help_zone,
	h.minor AS help_minor, h.tried_at AS help_tried_at`

const lastContact = `LEFT JOIN LATERAL (SELECT c.at, c.kind, c.outcome FROM contacts c
	WHERE c.member_id = m.id AND c.superseded_by IS NULL AND c.voided_at IS NULL ORDER BY c.at DESC, c.id DESC LIMIT 1) last ON true`

// Work is what somebody on staff has before them, the first due at the top, with what to know of each person before they
// call. A snoozed task is there again when its time has come. Three queries, however long the page, and a line in the log: the look at whom it shows is logged.
func (s *Service) Work(ctx context.Context, in WorkQuery) (*Work, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	now := s.core.Clock.Now()
	return services.Disclose(ctx, s.core, "work.read", func(d *services.Disclosure) (*Work, error) {
		page, err := workList.Find(ctx, s.core, s.workQuery(d.DB, actor, in.View, now), in.PageQuery)
		if err != nil {
			return nil, err
		}
		w := &Work{Page: services.Page[WorkItem]{Data: make([]WorkItem, len(page.Data)), NextCursor: page.NextCursor, Total: page.Total}}
		for i := range page.Data {
			if w.Data[i] = page.Data[i].item(actor, now); w.Data[i].Person != nil {
				d.Subject(w.Data[i].Person.ID)
			}
		}
		w.Counts, err = countWork(d.DB, actor, now)
		return w, err
	})
}

// awake is the scope of what is open now: no job wakes a snoozed task.
func awake(actor *services.Actor, now time.Time) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		return tasks.Visible(actor, now)(db).Where("tasks.status IN ('open', 'snoozed') AND (tasks.status = 'open' OR tasks.snoozed_until <= ?)", now)
	}
}

func (s *Service) workQuery(db *gorm.DB, actor *services.Actor, view string, now time.Time) *gorm.DB {
	q := db.Table("tasks").Scopes(awake(actor, now)).Joins("LEFT JOIN members m ON m.id = tasks.member_id").Joins(lastContact).
		Joins("LEFT JOIN help_requests h ON tasks.record = 'help_request' AND h.id = tasks.record_id")
	if actor.Coordinates() {
		q = q.Select(workColumns+", m.id IS NOT NULL AND "+people.KnownApart+" AS separations", models.SeparationDay(now), actor.MemberID, actor.MemberID, models.DateOf(now))
	} else {
		q = q.Select(workColumns)
	}
	switch view {
	case "mine":
		return q.Where("tasks.owner_id = ?", actor.MemberID)
	case "queue":
		return q.Where("tasks.owner_id IS NULL")
	case "team":
		return q.Where("tasks.owner_id <> ?", actor.MemberID)
	case "overdue":
		q = q.Where("tasks.due_at < ?", now)
	}
	return q.Where("(tasks.owner_id IS NULL OR tasks.owner_id = ?)", actor.MemberID)
}

func countWork(db *gorm.DB, actor *services.Actor, now time.Time) (n WorkCounts, err error) {
	err = db.Table("tasks").Scopes(awake(actor, now)).Where("(tasks.owner_id IS NULL OR tasks.owner_id = ?)", actor.MemberID).
		Select("count(*) FILTER (WHERE tasks.owner_id = ?) AS mine, count(*) FILTER (WHERE tasks.owner_id IS NULL) AS queue, count(*) FILTER (WHERE tasks.due_at < ?) AS overdue", actor.MemberID, now).
		Scan(&n).Error
	if err != nil || !services.CanAnswerHelp.Allows(actor) {
		return n, err
	}
	var waiting int64
	err = db.Table("help_requests").Scopes(helpVisible(actor, now)).Where("help_requests.status = 'received'").Count(&waiting).Error
	n.HelpWaiting = int(waiting)
	return n, err
}

func (r *workRow) item(actor *services.Actor, now time.Time) WorkItem {
	i := WorkItem{Task: r.Task, Overdue: r.DueAt.Before(now), Mine: r.OwnerID != nil && *r.OwnerID == actor.MemberID}
	i.Status, i.SnoozedUntil = models.TaskOpen, nil
	if r.HelpID != nil {
		i.Help = &WorkHelp{ID: *r.HelpID, Status: r.HelpStatus, Topic: r.HelpTopic, Minor: r.HelpMinor, TriedAt: r.HelpTriedAt}
	}
	if r.MemberID == nil || r.PersonName == nil {
		return i
	}
	p := &WorkPerson{ID: *r.MemberID, Name: *r.PersonName, Pronouns: r.PersonPronouns, Language: r.PersonLanguage, Status: r.PersonStatus, Separations: r.Separations,
		Channel: r.SafeChannel, SafeFrom: r.SafeFrom, SafeUntil: r.SafeUntil, TimeZone: r.PersonZone}
	if p.SafeFrom == nil {
		p.SafeFrom, p.SafeUntil = r.QuietUntil, r.QuietFrom
	}
	if r.HelpID != nil {
		p.Channel, p.TimeZone = r.HelpChannel, *r.HelpZone
		if r.HelpFrom != nil {
			p.SafeFrom, p.SafeUntil = r.HelpFrom, r.HelpUntil
		}
	}
	p.SafeNow = models.InHours(now, p.TimeZone, p.SafeFrom, p.SafeUntil)
	if r.LastAt != nil {
		p.LastContact = &LastContact{At: *r.LastAt, Kind: r.LastKind, Outcome: r.LastOutcome}
	}
	i.Person = p
	return i
}
