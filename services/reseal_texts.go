package services

import (
	"cmp"
	"context"
	"errors"
	"reflect"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"

	"homefront/models"
)

// patient repeats what came too late for a lock: a rotation has time, and those whom it waits for are at work.
func patient(ctx context.Context, do func() error) error {
	for attempt := 1; ; attempt++ {
		err := do()
		var known *Error
		if err == nil || attempt == 20 || !errors.As(err, &known) || known.Kind != KindUnavailable {
			return err
		}
		if err := pause(ctx, time.Duration(attempt)*50*time.Millisecond); err != nil {
			return err
		}
	}
}

// batches hands over the ids that a query of its own arguments, the last id and a limit finds, batch by batch.
func (c *Core) batches(ctx context.Context, do func(ids []uuid.UUID) error, query string, args ...any) error {
	for last := uuid.Nil; ; {
		ids, err := Read(ctx, c, func(db *gorm.DB) (ids []uuid.UUID, err error) {
			err = db.Raw(query, append(append([]any{}, args...), last, resealBatch)...).Scan(&ids).Error
			return ids, err
		})
		if err != nil || len(ids) == 0 {
			return err
		}
		if err := patient(ctx, func() error { return do(ids) }); err != nil {
			return err
		}
		last = ids[len(ids)-1]
	}
}

// notHandedOver leaves out the keys that a merge handed over and an undo may give back: what they open stays under them until then, so that
// after the undo each key is of one person again. key and now are SQL.
func notHandedOver(key, now string) string {
	return ` and ` + key + ` not in (select v.row_id from merges m join merge_moves v on v.merge_id = m.id
		where m.undone_at is null and m.undo_until > ` + now + ` and v.table_name = 'subject_keys')`
}

// retireAll gives everybody whose key is older than the round a new one. Keys that a merge handed over for good retire with them.
func (c *Core) retireAll(ctx context.Context, before time.Time, told func(int)) error {
	ctx = AsSystem(ctx, "keys.rotate")
	err := c.batches(ctx, func(ids []uuid.UUID) error {
		n, err := c.retire(ctx, ids)
		told(n)
		return err
	}, `select id from subject_keys where current and wrapped is not null and created_at < ? and id > ? order by id limit ?`, before)
	if err != nil {
		return err
	}
	return c.batches(ctx, func(ids []uuid.UUID) error {
		_, err := Mutate(ctx, c, "keys.rotate", func(tx *Tx) (int, error) {
			tx.Object(ids...)
			tx.Unchanged()
			tx.Queue(`update subject_keys set retired_at = $2 where id = any($1) and not current and retired_at is null`, ids, tx.Now())
			return len(ids), nil
		})
		return err
	}, `select id from subject_keys where not current and wrapped is not null and retired_at is null`+notHandedOver("id", "?")+` and id > ? order by id limit ?`, c.Clock.Now())
}

// retire gives the people of some keys new ones.
func (c *Core) retire(ctx context.Context, ids []uuid.UUID) (int, error) {
	return Mutate(ctx, c, "keys.rotate", func(tx *Tx) (int, error) {
		tx.Object(ids...)
		tx.Unchanged() // the log names the keys
		var old, members []uuid.UUID
		err := tx.Batch(Statement{SQL: `select id, member_id from subject_keys where id = any($1) and current and wrapped is not null order by id for no key update`, Args: []any{ids},
			Scan: func(rows pgx.Rows) error {
				var id, member uuid.UUID
				_, err := pgx.ForEachRow(rows, []any{&id, &member}, func() error {
					old, members = append(old, id), append(members, member)
					return nil
				})
				return err
			}})
		if err != nil {
			return 0, err
		}
		tx.Queue(`update subject_keys set current = false, retired_at = $2 where id = any($1)`, old, tx.Now())
		for _, member := range members {
			id, wrapped, err := c.Keys.newSubjectKey()
			if err != nil {
				return 0, err
			}
			tx.Queue(`insert into subject_keys (id, member_id, wrapped, kek, created_at) values ($1, $2, $3, $4, $5)`, id, member, wrapped, c.Keys.current, tx.Now())
		}
		return len(old), nil
	})
}

// moveAll puts the texts that retired keys open under the current keys of their people, and answers how many there were.
func (c *Core) moveAll(ctx context.Context, columns []SealedColumn, out *Rotation, progress func(Rotation)) (moved int, err error) {
	ctx = AsSystem(ctx, "keys.rotate")
	err = c.batches(ctx, func(keys []uuid.UUID) error {
		for i := range columns {
			column := &columns[i]
			move := func(ids []uuid.UUID) error {
				step, err := c.move(ctx, column, ids)
				moved += step.Done
				out.Moved += step.Done
				out.Broken += len(step.Broken)
				progress(*out)
				return err
			}
			if err := c.batches(ctx, move, `select id from `+column.Table+` where `+column.Key+` = any(?) and id > ? order by id limit ?`, models.IDs(keys)); err != nil {
				return err
			}
		}
		return nil
	}, `select id from subject_keys where not current and wrapped is not null`+notHandedOver("id", "?")+` and id > ? order by id limit ?`, c.Clock.Now())
	return moved, err
}

type movedText struct {
	ID       uuid.UUID
	Key      uuid.UUID
	MemberID uuid.UUID
	Body     []byte
	Record   string
	Version  int
	Earlier  *int
}

// move puts some texts under the current keys of their people, all in one transaction.
func (c *Core) move(ctx context.Context, column *SealedColumn, ids []uuid.UUID) (Resealed, error) {
	return Mutate(ctx, c, "keys.reseal", func(tx *Tx) (out Resealed, err error) {
		tx.Object(ids...)
		tx.Unchanged() // the words stay as they are; the log names the rows
		var texts []movedText
		err = tx.Batch(Statement{Args: []any{ids, tx.Now()}, SQL: `select t.id, t.` + column.Key + ` as key, k.member_id, t.` + column.Body + ` as body, (` + column.Record + `)::text as record, (` + column.Version + `)::integer as version, (` + cmp.Or(column.Earlier, "null") + `)::integer as earlier
			from ` + column.Table + ` t join subject_keys k on k.id = t.` + column.Key + ` where t.id = any($1) and not k.current and k.wrapped is not null` + notHandedOver("k.id", "$2") + ` order by t.id for no key update of t`,
			Scan: func(rows pgx.Rows) (err error) {
				texts, err = pgx.CollectRows(rows, pgx.RowToStructByName[movedText])
				return err
			}})
		if err != nil {
			return out, err
		}
		var moving []Sealing
		var from []movedText
		if err := tx.unsealEach(sealedTexts(texts), func(i int, words string, err error) {
			t := &texts[i]
			switch {
			case err == nil:
				from, moving = append(from, *t), append(moving, Sealing{Member: t.MemberID, Record: t.Record, Version: t.Version, Text: words})
			case errors.Is(err, ErrDoesNotOpen): // it was altered, which keeps the others from nothing
				out.Broken = append(out.Broken, t.ID)
				c.Log.ErrorContext(ctx, "a sealed text does not open", "table", column.Table, "column", column.Body, "id", t.ID)
			} // else its key was destroyed since it was listed: nothing is left to move
		}); err != nil {
			return out, err
		}
		sealed, err := tx.SealAll(moving...)
		if err != nil {
			return out, err
		}
		for i := range sealed {
			tx.Queue(`update `+column.Table+` set `+column.Body+` = $2, `+column.Key+` = $3 where id = $1`, from[i].ID, []byte(sealed[i].Sealed), sealed[i].Key)
		}
		out.Done = len(sealed)
		return out, nil
	})
}

func sealedTexts(texts []movedText) []SealedText {
	out := make([]SealedText, len(texts))
	for i, t := range texts {
		out[i] = SealedText{Key: t.Key, Record: t.Record, Version: t.Version, Sealed: t.Body, Earlier: t.Earlier}
	}
	return out
}

// destroyRetired destroys the retired keys that nothing needs, and ends the round.
func (c *Core) destroyRetired(ctx context.Context, round uuid.UUID, out *Rotation, progress func(Rotation)) error {
	ctx = AsSystem(ctx, "keys.rotate")
	before := c.Clock.Now().Add(-keyGrace)
	err := c.batches(ctx, func(ids []uuid.UUID) error {
		n, err := c.destroyUnused(ctx, ids, before)
		out.Destroyed += n
		out.Kept += len(ids) - n
		progress(*out)
		return err
	}, `select id from subject_keys where not current and wrapped is not null and retired_at <= ? and id > ? order by id limit ?`, before)
	if err != nil {
		return err
	}
	_, err = c.changeRotation(ctx, round, "finished_at", func(r *models.KeyRotation, now time.Time) { r.FinishedAt = &now })
	return err
}

// destroyUnused destroys those of some retired keys that no row names. A row that names one holds a key-share lock on it until it
// commits: who locks the key for update sees them all.
func (c *Core) destroyUnused(ctx context.Context, ids []uuid.UUID, before time.Time) (int, error) {
	return Mutate(ctx, c, "keys.destroy", func(tx *Tx) (int, error) {
		tx.Unchanged()
		var keys []models.SubjectKey
		if err := tx.DB.Raw(`select * from subject_keys where id = any(?) and not current and wrapped is not null and retired_at <= ? order by id for update`, models.IDs(ids), before).
			Scan(&keys).Error; err != nil {
			return 0, err
		}
		unused := map[uuid.UUID]bool{}
		err := tx.Batch(Statement{SQL: unusedKeys(), Args: []any{ids}, Scan: func(rows pgx.Rows) error {
			var id uuid.UUID
			_, err := pgx.ForEachRow(rows, []any{&id}, func() error {
				unused[id] = true
				return nil
			})
			return err
		}})
		n := 0
		for _, before := range keys {
			if unused[before.ID] {
				n++
				after := before
				now := tx.Now()
				after.Wrapped, after.DestroyedAt = nil, &now
				tx.Changed(before, after)
				tx.Queue(`update subject_keys set wrapped = null, destroyed_at = $2 where id = $1`, before.ID, now)
			}
		}
		return n, err
	})
}

// unusedKeys selects those of $1 that stand beside no text, whatever the table: the audit log names keys too, and has no foreign keys.
func unusedKeys() string {
	var q strings.Builder
	q.WriteString("select k.id from unnest($1::uuid[]) as k(id) where true")
	for table, columns := range keyColumns() {
		for _, column := range columns {
			q.WriteString(" and not exists (select from " + table + " where " + column + " = k.id)")
		}
	}
	return q.String()
}

// keyColumns are the columns that name the key of a sealed text, by table: an id whose name ends so.
func keyColumns() map[string][]string {
	out := map[string][]string{}
	for _, m := range models.All() {
		t := reflect.Indirect(reflect.ValueOf(m)).Type()
		for _, c := range columnsOf(m) {
			kind := t.FieldByIndex(c.index).Type
			if id := reflect.TypeFor[uuid.UUID](); strings.HasSuffix(c.name, "_key") && (kind == id || kind == reflect.PointerTo(id)) {
				out[m.TableName()] = append(out[m.TableName()], c.name)
			}
		}
	}
	return out
}
