package services

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// Limit is how often something may be done: Burst at once, then one each Every.
type Limit struct {
	Name  string
	Every time.Duration
	Burst int
}

// Take counts one use of l by key, shared by all replicas (GCRA, as in ITU-T I.371, in one upsert). The key is stored
// as an HMAC, so the table names nobody. It stands outside any transaction: a refused request has been counted too.
// Errors: too_many with the time to wait.
func (c *Core) Take(ctx context.Context, l Limit, key string) error {
	hashed := c.Keys.MAC("limits/"+l.Name, []byte(key))
	now := c.Clock.Now()
	var tat time.Time
	err := c.writes.QueryRow(ctx, `insert into rate_limits as r (key, tat) values ($1, $2::timestamptz + $3::interval)
		on conflict (key) do update set tat = greatest(r.tat, $2) + $3::interval
		where greatest(r.tat, $2) + $3::interval <= $2::timestamptz + $4::interval
		returning tat`, hashed, now, l.Every, time.Duration(l.Burst)*l.Every).Scan(&tat)
	if !errors.Is(err, pgx.ErrNoRows) {
		return translate(err)
	}
	if err := c.writes.QueryRow(ctx, `select tat from rate_limits where key = $1`, hashed).Scan(&tat); err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return translate(err)
	}
	wait := tat.Add(l.Every).Sub(now.Add(time.Duration(l.Burst) * l.Every))
	return TooMany(wait, "That was too often. Wait a moment, then try again.")
}

// Forgive forgets what was counted, as after the right password.
func (c *Core) Forgive(ctx context.Context, l Limit, key string) error {
	_, err := c.writes.Exec(ctx, `delete from rate_limits where key = $1`, c.Keys.MAC("limits/"+l.Name, []byte(key)))
	return translate(err)
}
