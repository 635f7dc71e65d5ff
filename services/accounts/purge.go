package accounts

import (
	"context"

	"homefront/services"
)

// Purge is the daily job that forgets sessions, mailed tokens and signing keys that are of no use any more.
type Purge struct{}

// Kind implements services.JobArgs.
func (Purge) Kind() string { return "account.purge" }

const (
	// keptDays is how long what has ended can still be looked at.
	keptDays = 30
	// purgeBatch bounds one transaction.
	purgeBatch = 2000
)

// purge works in batches, so that no transaction is long.
func (s *Service) purge(ctx context.Context, _ Purge) error {
	for {
		removed, err := services.Mutate(ctx, s.core, "account.purge", func(tx *services.Tx) (int64, error) {
			tx.Unchanged()
			before := tx.Now().AddDate(0, 0, -keptDays)
			var removed int64
			for _, sql := range []string{
				`delete from sessions where id in (select id from sessions where expires_at < $1 or ended_at < $1 order by expires_at limit $2)`,
				`delete from one_time_tokens where id in (select id from one_time_tokens where expires_at < $1 order by expires_at limit $2)`,
				`delete from signing_keys where id in (select id from signing_keys where retired_at < $1 order by retired_at limit $2)`,
			} {
				done := tx.DB.Exec(sql, before, purgeBatch)
				if done.Error != nil {
					return 0, done.Error
				}
				removed = max(removed, done.RowsAffected)
			}
			return removed, nil
		})
		if err != nil || removed < purgeBatch {
			return err
		}
	}
}
