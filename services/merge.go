package services

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"homefront/models"
)

// Link is a column that names a member, declared by the domain that owns the table, with what a merge of two members does
// to it. A test walks the database and the models and finds every column that nobody declared. All of it is constants.
type Link struct {
	Table, Column string
	// Key is the column that tells the row from others of the member; id when empty.
	Key string
	// Array says that the column holds several ids.
	Array bool
	// Unless is a condition on the row t under which it stays with the loser: the winner w has one of its own. $1 is the
	// winner, $2 the loser.
	Unless string
	// Stays says why the column keeps the loser's id for good. Such a column is history.
	Stays string
}

func (l *Link) key() string {
	if l.Key == "" {
		return "id"
	}
	return l.Key
}

// Merge is a merge at work: two members who are one, and what was done so far. Its rows are written by the domains that own
// them, each in a step that takes it; the moves are what an undo goes by.
type Merge struct {
	Tx            *Tx
	Winner, Loser uuid.UUID
	By            uuid.UUID // who merges
	Moves         []models.MergeMove
}

func (m *Merge) note(what models.MoveKind, table, column string, row uuid.UUID) *models.MergeMove {
	m.Moves = append(m.Moves, models.MergeMove{Table: table, RowID: row, ColumnName: column, What: what})
	return &m.Moves[len(m.Moves)-1]
}

// Move gives the winner what names the loser, in one round trip. What stands against a constraint is out of the way by then.
func (m *Merge) Move(links ...Link) error {
	var statements []Statement
	for i := range links {
		l := &links[i]
		if l.Stays != "" {
			continue
		}
		set, where := "$1::uuid", l.Column+" = $2"
		if l.Array {
			set, where = "array_replace("+l.Column+", $2::uuid, $1::uuid)", "$2::uuid = any("+l.Column+") and not $1::uuid = any("+l.Column+")"
		}
		if l.Unless != "" {
			where += " and not coalesce(" + l.Unless + ", false)"
		}
		statements = append(statements, Statement{SQL: "update " + l.Table + " t set " + l.Column + " = " + set + " where " + where + " returning " + l.key(),
			Args: []any{m.Winner, m.Loser}, Scan: m.noting(models.MoveMoved, l)})
		if l.Unless != "" {
			statements = append(statements, Statement{SQL: "select " + l.key() + " from " + l.Table + " t where " + l.Column + " = $2 and $1::uuid is not null",
				Args: []any{m.Winner, m.Loser}, Scan: m.noting(models.MoveKept, l)})
		}
	}
	return m.Tx.Batch(statements...)
}

func (m *Merge) noting(what models.MoveKind, l *Link) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		for rows.Next() {
			var id uuid.UUID
			if err := rows.Scan(&id); err != nil {
				return err
			}
			m.note(what, l.Table, l.Column, id)
		}
		return nil
	}
}

// Both is the rows of an array column that hold both: one of the two says the same as both. They are changed before the rest
// is moved.
func (m *Merge) Both(l Link) error {
	ids, err := m.Find("select "+l.key()+" from "+l.Table+" where $1::uuid = any("+l.Column+") and $2::uuid = any("+l.Column+")", m.Winner, m.Loser)
	if err != nil {
		return err
	}
	return m.Rewrite(models.MoveChanged, l.Table, ids, "update "+l.Table+" set "+l.Column+" = array_remove("+l.Column+", $2::uuid) where id = any($1)", m.Loser)
}

// Find answers the ids that a query of constants and arguments selects.
func (m *Merge) Find(query string, args ...any) (ids []uuid.UUID, err error) {
	err = m.Tx.Batch(Statement{SQL: query, Args: args, Scan: func(rows pgx.Rows) (err error) {
		ids, err = pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
		return err
	}})
	return ids, err
}

// Rewrite changes rows by a statement whose $1 is their ids, and remembers what was there.
func (m *Merge) Rewrite(what models.MoveKind, table string, ids []uuid.UUID, update string, args ...any) error {
	return m.Watch(what, table, ids, func() error {
		m.Tx.Queue(update, append([]any{ids}, args...)...)
		return nil
	})
}

// Watch lets do change rows, and remembers what was there before.
func (m *Merge) Watch(what models.MoveKind, table string, ids []uuid.UUID, do func() error) error {
	if len(ids) == 0 {
		return nil
	}
	before, err := m.Tx.images(table, ids)
	if err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	after, err := m.Tx.images(table, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		was, is := differences(before[id], after[id])
		if len(was) == 0 {
			continue
		}
		move := m.note(what, table, "", id)
		move.Before, move.After = raw(was), raw(is)
	}
	return nil
}

// Split makes one move of several: each group of columns of a changed row is put back or left by itself.
func (m *Merge) Split(table string, row uuid.UUID, group func(column string) string) {
	var out []models.MergeMove
	for _, move := range m.Moves {
		if move.Table != table || move.RowID != row || move.What != models.MoveChanged || move.ColumnName != "" {
			out = append(out, move)
			continue
		}
		was, is := grouped(move.Before, group), grouped(move.After, group)
		for _, name := range slices.Sorted(maps.Keys(was)) {
			out = append(out, models.MergeMove{Table: table, RowID: row, ColumnName: name, What: move.What, Before: raw(was[name]), After: raw(is[name])})
		}
	}
	m.Moves = out
}

func grouped(image *json.RawMessage, group func(string) string) map[string]map[string]json.RawMessage {
	var columns map[string]json.RawMessage
	if err := json.Unmarshal(*image, &columns); err != nil {
		panic(err) // raw made it
	}
	out := map[string]map[string]json.RawMessage{}
	for column, value := range columns {
		name := group(column)
		if out[name] == nil {
			out[name] = map[string]json.RawMessage{}
		}
		out[name][column] = value
	}
	return out
}

// Remove takes rows out of a table that only says who belongs to what, because the winner belongs there too. key is what
// they belong to, where a condition on the row t.
func (m *Merge) Remove(table, key, where string, args ...any) error {
	return m.Tx.Batch(Statement{SQL: "delete from " + table + " t where " + where + " returning " + key + ", to_jsonb(t)", Args: args,
		Scan: func(rows pgx.Rows) error {
			for rows.Next() {
				var id uuid.UUID
				var row []byte
				if err := rows.Scan(&id, &row); err != nil {
					return err
				}
				move, image := m.note(models.MoveRemoved, table, "", id), json.RawMessage(bytes.Clone(row))
				move.Before = &image
			}
			return nil
		}})
}

// MergeKeys hands the winner the loser's keys, so that what they seal opens and an erasure finds them. New text is sealed
// under a key of the winner's own: after an undo each key is of one person again, and a rotation leaves these alone until then. A row that the undo gives to the loser, and
// whose text was sealed after the merge, stays under the winner's key, as the row of a colleague may: it opens by the key that the
// row names, and an erasure of the winner takes it along.
func MergeKeys(m *Merge) error {
	ids, err := m.Find(`select id from subject_keys where member_id = $1 and destroyed_at is null order by id for no key update`, m.Loser)
	if err != nil {
		return err
	}
	return m.Rewrite(models.MoveChanged, "subject_keys", ids, `update subject_keys set member_id = $2, current = false where id = any($1)`, m.Winner)
}

// UnmergeKeys gives them back.
func UnmergeKeys(u *Unmerge) error { return u.Back("subject_keys") }

// KeyLinks are the columns of the spine that name a member.
func KeyLinks() []Link {
	const log = "the audit log is written once"
	return []Link{{Table: "subject_keys", Column: "member_id"}, {Table: "audit_log", Column: "subjects", Array: true, Stays: log},
		{Table: "audit_log", Column: "member_id", Stays: log}, {Table: "audit_log", Column: "objects", Array: true, Stays: log}}
}

// Unmerge is a merge that is taken back: Moves are its own, and tell what became of each.
type Unmerge struct {
	Tx            *Tx
	Winner, Loser uuid.UUID
	Moves         []models.MergeMove
	saves         int
}

// Of are the moves of a table, the last first.
func (u *Unmerge) Of(table string) (out []*models.MergeMove) {
	for i := len(u.Moves) - 1; i >= 0; i-- {
		if u.Moves[i].Table == table {
			out = append(out, &u.Moves[i])
		}
	}
	return out
}

// Back undoes the moves of some tables, the last first. What was changed since, or has no place to go back to, is left where it
// is and marked so.
func (u *Unmerge) Back(tables ...string) error {
	return u.BackWith(tables, nil)
}

// BackWith is Back for tables some of whose moves the domain undoes itself: own says so, with what became of one.
func (u *Unmerge) BackWith(tables []string, own func(*models.MergeMove) (handled bool, err error)) error {
	for i := len(u.Moves) - 1; i >= 0; i-- {
		move := &u.Moves[i]
		if move.Undone != nil || move.What == models.MoveKept || !slices.Contains(tables, move.Table) {
			continue
		}
		if own != nil {
			if handled, err := own(move); err != nil || handled {
				if err != nil {
					return err
				}
				continue
			}
		}
		if move.What == models.MoveMoved {
			alike := u.alike(i)
			if err := u.moveBack(u.Moves[i+1-alike : i+1]); err != nil {
				return err
			}
			i -= alike - 1
			continue
		}
		restored, err := u.Try(func() (bool, error) { return u.restore(move) })
		if err != nil {
			return err
		}
		move.End(restored)
	}
	return nil
}

// Try runs one restoration that a constraint may refuse, or that finds it has no place to go back to: then it is as if it had not
// been tried.
func (u *Unmerge) Try(do func() (bool, error)) (bool, error) {
	u.saves++
	point := fmt.Sprintf("move_%d", u.saves)
	u.Tx.Queue("savepoint " + point)
	done, err := do()
	if err == nil && done {
		err = u.Tx.Batch() // what it left queued may fail too
	}
	var pg *pgconn.PgError
	switch refused := errors.As(err, &pg) && strings.HasPrefix(pg.Code, "23"); {
	case err != nil && !refused:
		return false, err
	case refused || !done:
		u.Tx.queue = nil
		u.Tx.Queue("rollback to savepoint " + point)
		if err := u.Tx.Batch(); err != nil { // by itself: nothing else is even prepared in a transaction that failed
			return false, err
		}
		done = false
	}
	u.Tx.Queue("release savepoint " + point)
	return done, nil
}

func (u *Unmerge) restore(move *models.MergeMove) (bool, error) {
	if move.After == nil {
		return u.run("insert into "+move.Table+" select * from jsonb_populate_record(null::"+move.Table+", $1::jsonb) on conflict do nothing returning 1", string(*move.Before))
	}
	var columns map[string]json.RawMessage
	if err := json.Unmarshal(*move.Before, &columns); err != nil {
		return false, err
	}
	var names, values []string
	for name := range columns {
		names, values = append(names, name), append(values, "b."+name)
	}
	return u.run("update "+move.Table+" t set ("+strings.Join(names, ", ")+") = (select "+strings.Join(values, ", ")+" from jsonb_populate_record(null::"+move.Table+
		", $2::jsonb) b) where t.id = $1 and (select bool_and(to_jsonb(t) -> k is not distinct from v) from jsonb_each($3::jsonb) e(k, v)) returning 1",
		move.RowID, string(*move.Before), string(*move.After))
}

// alike is how many moves, that at an index and those right before it, are of one column: they go back in one statement.
func (u *Unmerge) alike(last int) (n int) {
	of := &u.Moves[last]
	for i := last; i >= 0; i-- {
		if m := &u.Moves[i]; m.What != models.MoveMoved || m.Undone != nil || m.Table != of.Table || m.ColumnName != of.ColumnName {
			break
		}
		n++
	}
	return n
}

// moveBack lets rows of one column, that name the winner since the merge, name the loser again. Where a constraint refuses one
// of them the others are found by halves: a merge of many thousands of rows is taken back in a few round trips.
func (u *Unmerge) moveBack(moves []models.MergeMove) error {
	link, ids, back := u.linkOf(&moves[0]), make([]uuid.UUID, len(moves)), map[uuid.UUID]bool{}
	for i := range moves {
		ids[i] = moves[i].RowID
	}
	set, where := "$2::uuid", link.Column+" = $1"
	if link.Array {
		set, where = "array_replace("+link.Column+", $1::uuid, $2::uuid)", "$1::uuid = any("+link.Column+")"
	}
	done, err := u.Try(func() (bool, error) {
		return true, u.Tx.Batch(Statement{SQL: "update " + link.Table + " set " + link.Column + " = " + set + " where " + link.key() + " = any($3) and " + where + " returning " + link.key(),
			Args: []any{u.Winner, u.Loser, ids}, Scan: func(rows pgx.Rows) error {
				var id uuid.UUID
				_, err := pgx.ForEachRow(rows, []any{&id}, func() error { back[id] = true; return nil })
				return err
			}})
	})
	switch {
	case err != nil:
		return err
	case !done && len(moves) > 1:
		half := len(moves) / 2
		if err := u.moveBack(moves[half:]); err != nil { // the last first
			return err
		}
		return u.moveBack(moves[:half])
	}
	for i := range moves {
		moves[i].End(done && back[moves[i].RowID])
	}
	return nil
}

func (u *Unmerge) linkOf(move *models.MergeMove) Link {
	for _, l := range links {
		if l.Table == move.Table && l.Column == move.ColumnName {
			return l
		}
	}
	panic("nobody declares " + move.Table + "." + move.ColumnName)
}

func (u *Unmerge) run(query string, args ...any) (done bool, err error) {
	return done, u.Tx.Batch(Statement{SQL: query, Args: args, Scan: func(rows pgx.Rows) error {
		done = rows.Next()
		return nil
	}})
}

var links []Link

// Links declares the columns of a domain that name members, and answers them.
func Links(declared ...Link) []Link {
	links = append(links, declared...)
	return declared
}

// AllLinks lists what all domains have declared.
func AllLinks() []Link { return slices.Clone(links) }

var _ = Links(KeyLinks()...)

// Rehearse does something and takes it all back, rows, locks' order and what the log would have said: to tell what would happen,
// the thing itself is the only description that is never wrong.
func (tx *Tx) Rehearse(do func() error) error {
	entry, rank := tx.entry, tx.rank
	entry.objects, entry.subjects = slices.Clone(entry.objects), slices.Clone(entry.subjects)
	tx.Queue("savepoint rehearsal")
	err := do()
	if err == nil {
		err = tx.Batch() // what it left queued may fail too
	}
	if tx.conn.PgConn().TxStatus() == 'I' { // it never came to BEGIN
		return err
	}
	tx.queue = nil
	tx.entry, tx.rank, tx.failed = entry, rank, nil
	tx.Queue("rollback to savepoint rehearsal")
	return errors.Join(err, tx.Batch())
}

// images reads rows as they are, by id.
func (tx *Tx) images(table string, ids []uuid.UUID) (map[uuid.UUID]map[string]json.RawMessage, error) {
	out := map[uuid.UUID]map[string]json.RawMessage{}
	return out, tx.Batch(Statement{SQL: "select id, to_jsonb(t) from " + table + " t where id = any($1)", Args: []any{ids}, Scan: func(rows pgx.Rows) error {
		for rows.Next() {
			var id uuid.UUID
			var image []byte
			if err := rows.Scan(&id, &image); err != nil {
				return err
			}
			row := map[string]json.RawMessage{}
			if err := json.Unmarshal(image, &row); err != nil {
				return err
			}
			out[id] = row
		}
		return nil
	}})
}

// follows are columns that nobody sets: they count edits, or are computed from others.
var follows = []string{"version", "updated_at", "live", "search_text", "auth_changed_at"}

func differences(before, after map[string]json.RawMessage) (was, is map[string]json.RawMessage) {
	was, is = map[string]json.RawMessage{}, map[string]json.RawMessage{}
	for column, value := range before {
		if !slices.Contains(follows, column) && !bytes.Equal(value, after[column]) {
			was[column], is[column] = value, after[column]
		}
	}
	return was, is
}

func raw(values map[string]json.RawMessage) *json.RawMessage {
	text, err := json.Marshal(values)
	if err != nil {
		panic(err) // it was JSON
	}
	out := json.RawMessage(text)
	return &out
}
