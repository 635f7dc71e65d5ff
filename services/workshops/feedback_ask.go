package workshops

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
)

// AskFeedback is the job that asks those who were at a session how it was.
type AskFeedback struct {
	SessionID uuid.UUID `json:"session_id"`
}

// Kind implements services.JobArgs.
func (AskFeedback) Kind() string { return "feedback.ask" }

// askDue is the job that asks after sessions that nobody has completed, and those who were entered later.
type askDue struct{}

// Kind implements services.JobArgs.
func (askDue) Kind() string { return "feedback.ask_due" }

const (
	askAfter  = 2 * time.Hour  // of the end, when nobody has completed the session by then
	askWithin = 48 * time.Hour // of the end: who is entered later is not asked, and can answer all the same
	askEvery  = 15 * time.Minute
	askAtOnce = 200

	// toAsk are the adults who were at session s, have an account to answer with, did not lead it, and were not asked.
	toAsk = attendedAdults + ` join members m on m.id = a.member_id and m.status not in ('deceased', 'merged') join accounts c on c.member_id = m.id and c.status = 'active'
		where t.session_id = s.id and not exists (select from session_facilitators l where l.session_id = s.id and l.member_id = a.member_id)
			and not exists (select from session_feedback o where o.session_id = s.id and o.member_id = a.member_id and (o.asked_at is not null or o.answer is not null))`
	tookPlace = `s.status <> 'cancelled' and w.visibility in ('published', 'completed')`
)

// askFeedback asks everybody who was there, once each. It is for them to answer or not.
func (s *Service) askFeedback(ctx context.Context, args AskFeedback) error {
	_, err := services.Mutate(ctx, s.core, "feedback.ask", func(tx *services.Tx) (*struct{}, error) {
		tx.Unchanged()
		tx.Object(args.SessionID)
		var found []struct {
			models.WorkshopSession
			Workshop string
		}
		var people []uuid.UUID
		err := tx.Batch(
			services.Statement{SQL: `select s.*, w.title as workshop from workshop_sessions s join workshops w on w.id = s.workshop_id
				where s.id = $1 and ` + tookPlace + ` and s.ends_at > $2`, Args: []any{args.SessionID, tx.Now().Add(-models.FeedbackOpenFor)}, Scan: services.RowsInto(&found)},
			services.Statement{SQL: `select distinct a.member_id from workshop_sessions s cross join ` + toAsk + ` and s.id = $1 order by a.member_id limit $2`,
				Args: []any{args.SessionID, askAtOnce}, Scan: idsInto(&people)},
		)
		if err != nil || len(found) == 0 || len(people) == 0 {
			return nil, err
		}
		if len(people) == askAtOnce {
			if err := tx.Enqueue(args, time.Time{}); err != nil {
				return nil, err
			}
		}
		return nil, ask(tx, &found[0].WorkshopSession, titleOf(found[0].Workshop, found[0].Title), people)
	})
	return err
}

// ask marks people as asked and writes to those whom nobody else has just asked.
func ask(tx *services.Tx, session *models.WorkshopSession, title string, people []uuid.UUID) error {
	ids := make([]uuid.UUID, len(people))
	for i := range ids {
		ids[i] = services.NewID()
	}
	var marked []models.SessionFeedback
	err := tx.Batch(services.Statement{
		SQL: `insert into session_feedback as f (id, session_id, member_id, asked_at) select u.id, $1, u.member_id, $2 from unnest($3::uuid[], $4::uuid[]) u(id, member_id) order by u.member_id
			on conflict (session_id, member_id) do update set asked_at = excluded.asked_at where f.asked_at is null and f.answer is null returning f.*`,
		Args: []any{session.ID, tx.Now(), ids, people}, Scan: func(rows pgx.Rows) (err error) {
			marked, err = pgx.CollectRows(rows, pgx.RowToStructByNameLax[models.SessionFeedback])
			return err
		},
	})
	if err != nil {
		return err
	}
	for i := range marked {
		tx.Changed(nil, marked[i])
		if err := notices.Send(tx, notices.Notice{
			Event: models.NoticeFeedbackAsked, MemberID: marked[i].MemberID, Record: sourceSession, RecordID: session.ID,
			Key:  fmt.Sprintf("%s:%s:%s", models.NoticeFeedbackAsked, session.ID, marked[i].MemberID),
			Data: map[string]any{"title": title, "starts_at": session.StartsAt.UTC(), "ends_at": session.EndsAt.UTC(), "time_zone": session.TimeZone, "link": "/sessions/" + session.ID.String() + "/feedback"},
		}); err != nil {
			return err
		}
	}
	return nil
}

// askDue asks who is known to have been at sessions that ended lately and was not asked: where the session is completed, or
// two hours after its end.
func (s *Service) askDue(ctx context.Context, _ askDue) error {
	ids, err := services.Read(ctx, s.core, func(db *gorm.DB) (ids []uuid.UUID, err error) {
		now := s.core.Clock.Now() // each session's people are looked up: asked as exists, the planner would rather read everybody's attendance
		return ids, db.Raw(`select s.id from workshop_sessions s join workshops w on w.id = s.workshop_id where s.ends_at between ? and ?
			and (s.status = 'completed' or s.ends_at <= ?) and `+tookPlace+` and (select true from `+toAsk+` limit 1) order by s.ends_at, s.id limit ?`,
			now.Add(-askWithin), now, now.Add(-askAfter), gatherBatch).Scan(&ids).Error
	})
	for _, id := range ids {
		err = errors.Join(err, s.askFeedback(services.AsSystem(ctx, askDue{}.Kind()), AskFeedback{id}))
	}
	return err
}
