package notices

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"

	"homefront/services"
)

const (
	sweepBatch = 200
	// overdue is how long a queued message may wait after it was due before its job is taken for lost.
	overdue = time.Hour

	// KeepContent is how long a message's content is kept; what became of it is kept longer.
	KeepContent = 90 * 24 * time.Hour
	purgeBatch  = 500
)

type sweepArgs struct{}

func (sweepArgs) Kind() string { return "message.sweep" }

type purgeArgs struct{}

func (purgeArgs) Kind() string { return "message.purge" }

func (s *Service) sweep(ctx context.Context, _ sweepArgs) error { return s.Sweep(ctx) }

func (s *Service) purge(ctx context.Context, _ purgeArgs) error { return s.Purge(ctx) }

const lost = `(state = 'sending' and claimed_at < $1) or (state = 'queued' and send_after < $2)`

// Sweep puts messages back in line whose worker died, within minutes rather than when the queue finds out, and those
// whose job is gone. A job too many does nothing.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.core.Clock.Now()
	found, err := services.Read(ctx, s.core, func(db *gorm.DB) (found bool, err error) {
		err = db.Raw(`select exists (select from messages where `+lost+`)`, now.Add(-lease), now.Add(-overdue)).Scan(&found).Error
		return found, err
	})
	if err != nil || !found {
		return err
	}
	_, err = services.Mutate(ctx, s.core, "message.sweep", func(tx *services.Tx) (int, error) {
		ids, err := update(tx, `update messages set state = 'queued', send_after = $3
			where id in (select id from messages where `+lost+` order by id limit $4 for update skip locked) returning id`,
			tx.Now().Add(-lease), tx.Now().Add(-overdue), tx.Now(), sweepBatch)
		if err != nil {
			return 0, err
		}
		for _, id := range ids {
			if err := tx.Enqueue(SendMessage{id}, tx.Now()); err != nil {
				return 0, err
			}
		}
		return len(ids), nil
	})
	return err
}

// Purge removes the content of messages after KeepContent: to whom, about what, with which words. What became of each
// stays, and so does its key, or an old event could be told twice.
func (s *Service) Purge(ctx context.Context) error {
	for {
		n, err := services.Mutate(ctx, s.core, "message.purge", func(tx *services.Tx) (int, error) {
			ids, err := update(tx, `update messages set address = '', sent_to = '', name = '', data = '{}', calendar = null, purged_at = $2
				where id in (select id from messages where purged_at is null and created_at < $1 and state not in ('queued', 'sending')
					order by created_at limit $3 for update skip locked) returning id`,
				tx.Now().Add(-KeepContent), tx.Now(), purgeBatch)
			return len(ids), err
		})
		if err != nil || n < purgeBatch {
			return err
		}
	}
}

// update runs a statement that returns the ids of what it changed. The audit log then names the rows; their values,
// the same for all or gone, say nothing.
func update(tx *services.Tx, sql string, args ...any) ([]uuid.UUID, error) {
	var ids []uuid.UUID
	err := tx.Batch(services.Statement{SQL: sql, Args: args, Scan: func(rows pgx.Rows) (err error) {
		ids, err = pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
		return err
	}})
	tx.Unchanged()
	tx.Object(ids...)
	return ids, err
}
