package services

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/models"
)

// How many rows one transaction of resealing takes. Each is short, and what it locks nobody waits for long.
const (
	rewrapBatch = 500
	resealBatch = 100
)

// Resealed tells how far resealing has come.
type Resealed struct {
	Done   int         // in this step
	Left   int         // that it has still to do
	Broken []uuid.UUID // rows that do not open, and were left as they are
}

// RewrapKeys wraps every person's key by the current key-encryption key, batch by batch, while everybody reads and writes: a key that is
// wrapped anew opens what it opened before. Whatever was done stays done, and another run goes on from there. It tells progress
// after each batch, and answers the keys that do not open, as altered ones. Keys wrapped by a key-encryption key that this process
// was not given stay as they are: CheckKEKs names those.
func (c *Core) RewrapKeys(ctx context.Context, progress func(Resealed)) (broken []uuid.UUID, err error) {
	for done := 0; ; {
		step, err := c.rewrap(AsSystem(ctx, "keys.rewrap"), broken)
		if err != nil {
			return broken, err
		}
		done += step.Done
		broken = append(broken, step.Broken...)
		progress(Resealed{Done: done, Left: step.Left})
		if step.Left == 0 {
			return broken, nil
		}
		if step.Done == 0 && len(step.Broken) == 0 { // others are at those that are left
			if err := pause(ctx, 100*time.Millisecond); err != nil {
				return broken, err
			}
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

type wrappedKey struct {
	ID      uuid.UUID
	KEK     string `db:"kek"`
	Wrapped []byte
}

const toRewrap = `from subject_keys where kek = any($1) and wrapped is not null and not (id = any($2))`

func (c *Core) rewrap(ctx context.Context, broken []uuid.UUID) (Resealed, error) {
	return Mutate(ctx, c, "keys.rewrap", func(tx *Tx) (Resealed, error) {
		var keys []wrappedKey
		var out Resealed
		others, skip := c.Keys.others(), append([]uuid.UUID{}, broken...)
		err := tx.Batch(Statement{SQL: `select id, kek, wrapped ` + toRewrap + ` order by kek, id limit $3 for no key update skip locked`, Args: []any{others, skip, rewrapBatch},
			Scan: func(rows pgx.Rows) (err error) {
				keys, err = pgx.CollectRows(rows, pgx.RowToStructByName[wrappedKey])
				return err
			}})
		if err != nil {
			return out, err
		}
		var ids []uuid.UUID
		var wrapped [][]byte
		for i := range keys {
			handle, err := c.Keys.unwrap(keys[i].ID, keys[i].KEK, keys[i].Wrapped)
			if err != nil {
				out.Broken = append(out.Broken, keys[i].ID)
				continue
			}
			again, err := c.Keys.wrapped(keys[i].ID, handle)
			if err != nil {
				return out, err
			}
			ids, wrapped = append(ids, keys[i].ID), append(wrapped, again)
		}
		out.Done = len(ids)
		tx.Queue(`update subject_keys k set wrapped = v.wrapped, kek = $3 from unnest($1::uuid[], $2::bytea[]) as v(id, wrapped) where k.id = v.id`, ids, wrapped, c.Keys.current)
		tx.Object(ids...)
		tx.Unchanged() // what a key opens, and whose it is, stays; the log names the keys
		skip = append(skip, out.Broken...)
		return out, tx.Batch(Statement{SQL: `select count(*) ` + toRewrap, Args: []any{others, skip}, Scan: ScanOne("count", &out.Left)})
	})
}

// SealedColumn is a column of sealed text that is put under a new key of its person when keys rotate. The row has an id. Record and
// Version are SQL over the row t: what the text was sealed for.
type SealedColumn struct {
	Table, Body, Key string
	Record, Version  string
	Earlier          string // SQL for the version for which earlier releases sealed it, if that was another
}

// keyGrace is how long after a text was moved to another key the old one still opens: longer than any transaction lives, so that
// who read the text before it was moved finds its key.
const keyGrace = 4 * transactionTimeout

// Rotation is how a rotation of keys went, or goes.
type Rotation struct {
	Given     int // people who were given a new key
	Moved     int // texts that are under it now
	Destroyed int // keys that nothing needs any more
	Kept      int // retired keys that still open something else
	Broken    int // texts that do not open, and were left as they are; the log names them
	// WaitUntil is set while keys that open nothing any more wait for their end: call again then.
	WaitUntil time.Time
}

// RotateKeys gives everybody a new key, puts the texts of the columns under it, and destroys the keys that nothing needs any more, while
// everybody reads and writes. An interrupted one goes on where it stopped. Keys are destroyed keyGrace after the last text was moved:
// until then it answers WaitUntil, and is called again. Texts outside of the columns keep their keys.
func (c *Core) RotateKeys(ctx context.Context, columns []SealedColumn, progress func(Rotation)) (Rotation, error) {
	var out Rotation
	told := func(add func(*Rotation)) {
		add(&out)
		progress(out)
	}
	round, err := c.rotation(ctx)
	if err != nil {
		return out, err
	}
	if err := c.retireAll(ctx, round.StartedAt, func(n int) { told(func(r *Rotation) { r.Given += n }) }); err != nil {
		return out, err
	}
	moved, err := c.moveAll(ctx, columns, &out, progress)
	if err != nil {
		return out, err
	}
	if moved > 0 || round.ResealedAt == nil {
		if round, err = c.resealed(ctx, round.ID); err != nil {
			return out, err
		}
	}
	if due := round.ResealedAt.Add(keyGrace); c.Clock.Now().Before(due) {
		out.WaitUntil = due
		return out, nil
	}
	return out, c.destroyRetired(ctx, round.ID, &out, progress)
}

// rotation is the unfinished one, or begins one.
func (c *Core) rotation(ctx context.Context) (models.KeyRotation, error) {
	return Mutate(AsSystem(ctx, "keys.rotate"), c, "keys.rotate", func(tx *Tx) (models.KeyRotation, error) {
		var r models.KeyRotation
		found := tx.DB.Where("finished_at is null").Limit(1).Find(&r)
		if found.Error != nil || found.RowsAffected > 0 {
			tx.Unchanged()
			return r, found.Error
		}
		r = models.KeyRotation{ID: NewID(), StartedAt: tx.Now()}
		tx.Changed(nil, r)
		return r, tx.DB.Create(&r).Error
	})
}

// resealed notes that a text was moved just now.
func (c *Core) resealed(ctx context.Context, id uuid.UUID) (models.KeyRotation, error) {
	return c.changeRotation(ctx, id, "resealed_at", func(r *models.KeyRotation, now time.Time) { r.ResealedAt = &now })
}

func (c *Core) changeRotation(ctx context.Context, id uuid.UUID, column string, change func(*models.KeyRotation, time.Time)) (models.KeyRotation, error) {
	return Mutate(AsSystem(ctx, "keys.rotate"), c, "keys.rotate", func(tx *Tx) (models.KeyRotation, error) {
		var r models.KeyRotation
		if err := tx.DB.Where("id = ?", id).Take(&r).Error; err != nil {
			return r, err
		}
		before := r
		change(&r, tx.Now())
		tx.Changed(before, r)
		return r, tx.DB.Model(&r).Select(column).Updates(r).Error
	})
}
