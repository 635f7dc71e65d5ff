package workshops

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
	"homefront/services/people"
)

// TaskMessageWithheld tells staff of a message that did not go out, because its author may write it no longer.
const TaskMessageWithheld models.TaskKind = "message_withheld"

const (
	sendBatch    = 200
	previewBatch = 2000
	messagePurge = 500

	messageOverdue = 10 * time.Minute // after this its job is taken for lost
	messageSweep   = 5 * time.Minute
)

// SendWorkshopMessage is the job that sends a message to those who come: a batch of them, after whom the last one ended.
type SendWorkshopMessage struct {
	MessageID uuid.UUID `json:"message_id"`
	After     uuid.UUID `json:"after"`
}

// Kind implements services.JobArgs.
func (SendWorkshopMessage) Kind() string { return "workshop_message.send" }

type sweepWorkshopMessages struct{}

func (sweepWorkshopMessages) Kind() string { return "workshop_message.sweep" }

type purgeWorkshopMessages struct{}

func (purgeWorkshopMessages) Kind() string { return "workshop_message.purge" }

// messageJobs declares them.
func (s *Service) messageJobs() {
	services.Handle(s.core.Jobs, 10, s.sendMessage)
	services.Handle(s.core.Jobs, 10, s.followMessage)
	services.Handle(s.core.Jobs, 3, s.sweepMessages)
	services.Handle(s.core.Jobs, 3, s.purgeMessages)
	services.Every(s.core.Jobs, messageSweep, sweepWorkshopMessages{})
	services.Every(s.core.Jobs, 24*time.Hour, purgeWorkshopMessages{})
}

// recipient is somebody who is to read a message: a member, or an attendee of whom we know only what their lead wrote.
type recipient struct {
	Key        uuid.UUID
	MemberID   *uuid.UUID
	AttendeeID *uuid.UUID
	Own        bool       // they come themselves, or bring a guest
	Children   models.IDs // whom they registered
	Mail       bool       // there is an address that is safe to write to
	Phone      bool
	Reads      bool // the app, or mails that say what they are about
	gone       bool // they have nothing to do with it any more
}

// Who reads: an adult their own, of a child who registered them, of a named guest who leads the party. A child who registered
// themselves has an account; one without is looked after by staff.
const recipientsSQL = `with places as (
		select a.id, a.member_id, a.invite_email, a.invite_phone, case when a.member_id is null and a.guest_name is null then null when a.member_id is null then r.lead_member_id
			when a.kind = 'child' then a.entered_by else a.member_id end as reader
		from registrations r join attendees a on a.registration_id = r.id join workshops w on w.id = r.workshop_id left join members c on c.id = a.member_id
		where r.workshop_id = @workshop and (cast(@session as uuid) is null or r.session_id is null or r.session_id = @session)
			and r.state = any(cast(@states as text[])) and a.state = 'attending' and coalesce(c.status, 'active') not in ('deceased', 'merged')
			and not (a.kind = 'child' and a.entered_by = a.member_id and not exists (select from accounts x where x.member_id = a.member_id))
			and (cardinality(cast(@kinds as text[])) = 0 or a.kind = any(cast(@kinds as text[])))
			and (cardinality(cast(@modes as text[])) = 0 or coalesce(a.mode, case when w.format = 'online' then 'online' else 'in_person' end) = any(cast(@modes as text[])))
			and case when cardinality(cast(@attendance as text[])) > 0
				then exists (select from attendance t where t.session_id = @session and t.attendee_id = a.id and t.status = any(cast(@attendance as text[])))
				else not exists (select from attendance t where t.session_id = @session and t.attendee_id = a.id and t.status = 'excused') end),
	readers as (
		select coalesce(p.reader, p.id) as key, p.reader, case when p.reader is null then p.id end as attendee_id, bool_or(p.member_id is null or p.member_id = p.reader) as own,
			array_agg(p.member_id) filter (where p.member_id is not null and p.member_id is distinct from p.reader) as children,
			min(p.invite_email) as invite_email, min(p.invite_phone) as invite_phone
		from places p where coalesce(p.reader, p.id) > @after group by 1, 2, 3)
	select r.key, r.reader as member_id, r.attendee_id, r.own, coalesce(r.children, '{}') as children,
		coalesce(m.email, r.invite_email, '') <> '' and coalesce(m.safe_channel, 'email') = 'email' as mail, coalesce(m.phone, r.invite_phone, '') <> '' as phone,
		m.id is not null and (exists (select from accounts x where x.member_id = m.id and x.status = 'active')
			or m.program_words and coalesce(m.email, '') <> '' and coalesce(m.safe_channel, 'email') = 'email') as reads
	from readers r left join members m on m.id = r.reader
	where coalesce(m.status, 'active') not in ('deceased', 'merged') and not exists (
		select from workshop_message_people d where d.workshop_message_id = @message and (d.member_id = r.reader or d.attendee_id = r.attendee_id))
	order by r.key limit @most`

// recipients are those to whom a message goes, in batches, each once; whom it went to already are left out. The preview
// and the sending ask the same.
func recipients(db *gorm.DB, m *models.WorkshopMessage, after uuid.UUID, now time.Time, most int) (out []recipient, err error) {
	err = db.Raw(recipientsSQL, map[string]any{"workshop": m.WorkshopID, "session": m.SessionID, "states": m.States, "kinds": m.Kinds, "modes": m.Modes, "attendance": m.Attendance,
		"after": after, "message": m.ID, "most": most}).Scan(&out).Error
	if err != nil {
		return nil, err
	}
	return out, leaveOut(db, out, now)
}

// tiesOfMany are people.TiesSQL for several at once.
var tiesOfMany = `select p.id as person, t.* from unnest(cast(@people as uuid[])) p(id) cross join lateral (` + strings.ReplaceAll(people.TiesSQL, "$1", "p.id") + `) t`

// leaveOut marks those who would read only of children whom they may act for no longer.
func leaveOut(db *gorm.DB, all []recipient, now time.Time) error {
	var through models.IDs
	for i := range all {
		if !all[i].Own {
			through = append(through, all[i].Key)
		}
	}
	if len(through) == 0 {
		return nil
	}
	var rows []struct {
		Person     uuid.UUID
		people.Tie `gorm:"embedded"`
	}
	if err := db.Raw(tiesOfMany, map[string]any{"people": through}).Scan(&rows).Error; err != nil {
		return err
	}
	ties := map[uuid.UUID]people.Ties{}
	for _, r := range rows {
		ties[r.Person] = append(ties[r.Person], r.Tie)
	}
	for i := range all {
		if r := &all[i]; !r.Own {
			released := ties[r.Key].Released(now)
			r.gone = !slices.ContainsFunc(r.Children, func(id uuid.UUID) bool { return !slices.Contains(released, id) })
		}
	}
	return nil
}

// sendMessage sends one batch, and has the next one sent: all of it commits together, so that a worker that dies leaves
// nobody out and writes to nobody twice. What was recalled meanwhile stays. Jobs are fetched by the clock of the database: where
// ours is behind, it waits.
func (s *Service) sendMessage(ctx context.Context, job SendWorkshopMessage) error {
	_, err := services.Mutate(ctx, s.core, "workshop_message.send", func(tx *services.Tx) (*struct{}, error) {
		m, err := lockMessage(tx, job.MessageID)
		if err != nil {
			return nil, err
		}
		waits := m.State == models.WorkshopMessageWaiting
		switch {
		case !waits && m.State != models.WorkshopMessageSending:
			tx.Unchanged()
			return nil, nil
		case m.SendsAt.After(tx.Now()):
			tx.Unchanged()
			return nil, tx.Enqueue(job, m.SendsAt)
		}
		if waits {
			may, err := authorMay(tx, m)
			if err != nil {
				return nil, err
			}
			if !may {
				return nil, withhold(tx, m)
			}
		}
		to, err := audienceOf(tx, m, &services.Actor{Roles: []models.Role{models.RoleCoordinator}})
		if err != nil {
			return nil, err
		}
		batch, err := recipients(tx.DB, m, job.After, tx.Now(), sendBatch)
		if err != nil {
			return nil, err
		}
		before := *m
		for i := range batch {
			if !batch[i].gone {
				m.People++
				if err := sendTo(tx, m, to, &batch[i]); err != nil {
					return nil, err
				}
			}
		}
		m.State = models.WorkshopMessageSending
		if len(batch) < sendBatch {
			now := tx.Now()
			m.State, m.SentAt = models.WorkshopMessageSent, &now
		}
		tx.Queue(`update workshop_messages set state = $2, people = $3, sent_at = $4 where id = $1`, m.ID, string(m.State), m.People, m.SentAt)
		tx.Changed(before, *m)
		if m.State == models.WorkshopMessageSending {
			return nil, tx.Enqueue(SendWorkshopMessage{m.ID, batch[len(batch)-1].Key}, time.Time{})
		}
		return nil, callUnreached(tx, m, true)
	})
	if errors.Is(err, services.NotFound("message")) {
		return nil
	}
	return err
}

func lockMessage(tx *services.Tx, id uuid.UUID) (*models.WorkshopMessage, error) {
	var found []models.WorkshopMessage
	if err := tx.DB.Where("id = ?", id).Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Limit(1).Find(&found).Error; err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, services.NotFound("message")
	}
	return &found[0], nil
}

// audienceOf is what the words of a message are about, at the time it goes out, as somebody may write about it.
// Errors: not_found for who may not.
func audienceOf(tx *services.Tx, m *models.WorkshopMessage, actor *services.Actor) (audience, error) {
	if m.SessionID != nil {
		return oneSession(tx.DB, actor, *m.SessionID)
	}
	return wholeWorkshop(tx.DB, actor, m.WorkshopID, tx.Now())
}

// authorMay says whether its author might still write a message: weeks may have passed in which somebody left, or leads
// another workshop now.
func authorMay(tx *services.Tx, m *models.WorkshopMessage) (bool, error) {
	var roles []models.Texts[models.Role]
	if err := tx.DB.Table("accounts").Where("member_id = ? and status = 'active'", m.WrittenBy).Limit(1).Pluck("roles", &roles).Error; err != nil {
		return false, err
	}
	if len(roles) == 0 {
		return false, nil
	}
	author := &services.Actor{Kind: models.ActorAccount, MemberID: m.WrittenBy, Roles: roles[0]}
	if !services.CanMessageAttendees.Allows(author) {
		return false, nil
	}
	_, err := audienceOf(tx, m, author)
	if errors.Is(err, services.NotFound("")) {
		return false, nil
	}
	return err == nil, err
}

// withhold takes a message back in place of its author, and gives staff the task to see whether it should go out all the same.
func withhold(tx *services.Tx, m *models.WorkshopMessage) error {
	before, now := *m, tx.Now()
	m.State, m.RecalledAt = models.WorkshopMessageRecalled, &now
	tx.Queue(`update workshop_messages set state = $2, recalled_at = $3 where id = $1`, m.ID, string(m.State), now)
	tx.Changed(before, *m)
	return openCall(tx, m, TaskMessageWithheld, nil, "A message did not go out: who wrote it may write to these people no longer. Write it again if it should")
}

// sweepMessages sends what should have gone out and has no job any more: one that failed ten times, or was lost. Whoever has
// had it does not get it again.
func (s *Service) sweepMessages(ctx context.Context, _ sweepWorkshopMessages) error {
	lost, err := services.Read(ctx, s.core, func(db *gorm.DB) (ids []uuid.UUID, err error) {
		err = db.Raw(`select m.id from workshop_messages m where m.purged_at is null and m.state in ('waiting', 'sending') and m.sends_at < ?
			and not exists (select from river_job j where j.kind = ? and j.state in ('available', 'scheduled', 'retryable', 'running') and j.args @> jsonb_build_object('message_id', m.id))
			order by m.sends_at limit ?`, s.core.Clock.Now().Add(-messageOverdue), SendWorkshopMessage{}.Kind(), sendBatch).Scan(&ids).Error
		return ids, err
	})
	if err != nil || len(lost) == 0 {
		return err
	}
	_, err = services.Mutate(ctx, s.core, "workshop_message.sweep", func(tx *services.Tx) (*struct{}, error) {
		tx.Unchanged()
		tx.Object(lost...)
		for _, id := range lost {
			if err := tx.Enqueue(SendWorkshopMessage{MessageID: id}, tx.Now()); err != nil {
				return nil, err
			}
		}
		return nil, nil
	})
	return err
}

// sendTo writes to one person. Who could not read it anyway, having neither an account nor the wish to read in mails what they
// are about, is called instead.
func sendTo(tx *services.Tx, m *models.WorkshopMessage, to audience, r *recipient) error {
	row := models.WorkshopMessagePerson{ID: services.NewID(), CreatedAt: tx.Now(), WorkshopMessageID: m.ID, MemberID: r.MemberID, AttendeeID: r.AttendeeID}
	if r.Reads {
		id := services.NewID()
		row.NoticeID = &id
		err := notices.Send(tx, notices.Notice{ID: id, Event: models.NoticeWorkshopMessage, MemberID: *r.MemberID, Record: "workshop_message", RecordID: m.ID,
			Key: string(models.NoticeWorkshopMessage) + ":" + m.ID.String() + ":" + r.Key.String(), Data: words(m, to)})
		if err != nil {
			return err
		}
	}
	tx.Queue(`insert into workshop_message_people (id, created_at, workshop_message_id, member_id, attendee_id, notice_id) values ($1, $2, $3, $4, $5, $6)`,
		row.ID, row.CreatedAt, row.WorkshopMessageID, row.MemberID, row.AttendeeID, row.NoticeID)
	if r.MemberID != nil {
		tx.Subject(*r.MemberID)
	}
	return nil
}

// purgeMessages removes the words of messages as long after they went out as those of any mail.
func (s *Service) purgeMessages(ctx context.Context, _ purgeWorkshopMessages) error {
	for {
		n, err := services.Mutate(ctx, s.core, "workshop_message.purge", func(tx *services.Tx) (int, error) {
			var ids []uuid.UUID
			err := tx.Batch(services.Statement{SQL: `update workshop_messages set subject = '', body = '', purged_at = $2 where id in (
					select id from workshop_messages where purged_at is null and sends_at < $1 and state in ('sent', 'recalled') order by sends_at limit $3 for update skip locked) returning id`,
				Args: []any{tx.Now().Add(-notices.KeepContent), tx.Now(), messagePurge}, Scan: func(rows pgx.Rows) error { return idsInto(&ids)(rows) }})
			tx.Unchanged()
			tx.Object(ids...)
			return len(ids), err
		})
		if err != nil || n < messagePurge {
			return err
		}
	}
}
