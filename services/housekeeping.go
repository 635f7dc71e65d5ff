package services

import (
	"context"
	"time"
)

type housekeepingArgs struct{}

func (housekeepingArgs) Kind() string { return "spine.housekeeping" }

// Housekeeping declares the hourly job that drops what has served: idempotency keys past their day, spent limits.
func (c *Core) Housekeeping() {
	Handle(c.Jobs, 3, func(ctx context.Context, _ housekeepingArgs) error {
		now := c.Clock.Now()
		if _, err := c.writes.Exec(ctx, `delete from idempotency_keys where created_at < $1`, now.Add(-keyFor)); err != nil {
			return err
		}
		_, err := c.writes.Exec(ctx, `delete from rate_limits where tat < $1`, now.Add(-time.Hour))
		return err
	})
	Every(c.Jobs, time.Hour, housekeepingArgs{})
}
