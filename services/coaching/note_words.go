package coaching

import (
	"encoding/json"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// errUnreadable is the answer where words do not open: their row was altered, or moved to another note or person. Nothing of them is
// told.
var errUnreadable = services.Conflict(CodeNoteUnreadable, "This note cannot be opened: what is stored of it is not what was written. It has been logged; tell an admin.")

// storedText is one version of the words of a note, with what is known of its key.
type storedText struct {
	models.CoachingNoteText
	Place  int  // among the versions that the reader sees, from 1
	Theirs bool // the key is that of the member whom the row names
	Gone   bool // the key is destroyed
	Whole  bool // every version up to the one in force is there
}

// readTexts reads versions of a note for one of those it is about. A merge hands keys over and an undo may leave a text under the
// key of the other record: such a key is theirs, too.
const readTexts = `select t.*, row_number() over (order by t.number) as place, k.wrapped is null as gone,
		coalesce(k.member_id = t.member_id or exists (select from merges m where (m.winner_id, m.loser_id) in ((k.member_id, t.member_id), (t.member_id, k.member_id))), false) as theirs,
		(select n.current = max(l.number) and n.current = count(*) from coaching_note_texts l where l.note_id = t.note_id and l.member_id = t.member_id) as whole
	from coaching_note_texts t join coaching_notes n on n.id = t.note_id left join subject_keys k on k.id = t.body_key
	where t.note_id = ? and t.member_id = ? and not (t.withheld and ?)`

// storedTexts are the versions of a note for one of those it is about; to a reader only those that were delivered.
func storedTexts(db *gorm.DB, note, member uuid.UUID, delivered bool) *gorm.DB {
	return db.Session(&gorm.Session{NewDB: true}).Raw(readTexts, note, member, delivered)
}

// open opens a version of a note.
// Errors: not_found when the person's keys are destroyed; conflict unreadable when it does not open.
func (t *storedText) open(tx *services.Tx, n *models.CoachingNote) (*words, error) {
	if t.Gone {
		return nil, services.NotFound("note")
	}
	if !t.Theirs || !t.Whole || n.MemberID != nil && *n.MemberID != t.MemberID {
		return nil, errUnreadable
	}
	sealed := services.SealedText{Key: *t.BodyKey, Sealed: t.Body}
	sealed.Record, sealed.Version = n.Sealing(t.Kind, t.Number)
	if t.Kind == models.NoteKindDraft {
		sealed.Earlier = &t.Number
	}
	texts, err := tx.UnsealAll(sealed)
	var known *services.Error
	switch {
	case errors.As(err, &known) && known.Kind == services.KindNotFound:
		return nil, services.NotFound("note") // destroyed a moment ago
	case errors.Is(err, services.ErrDoesNotOpen):
		return nil, errUnreadable
	case err != nil:
		return nil, err
	}
	out := &words{}
	if json.Unmarshal([]byte(texts[0]), out) != nil {
		return nil, errUnreadable
	}
	return out, nil
}

// ownWords are the words in force of a note, for its author.
// Errors: those of open.
func ownWords(tx *services.Tx, n *models.CoachingNote) (*words, error) {
	member, err := keyHolder(tx, n)
	if err != nil {
		return nil, err
	}
	texts, err := services.Rows[storedText](tx.DB.Table("(?) as t", storedTexts(tx.DB, n.ID, member, false)).Order("t.number desc"), 1)
	if err != nil {
		return nil, err
	}
	if len(texts) == 0 {
		return nil, errUnreadable
	}
	return texts[0].open(tx, n)
}

// keyHolder is the one under whose key staff open a note: whom it is about, or of several the first whose keys are not destroyed.
// Errors: not_found when the keys of all of them are.
func keyHolder(tx *services.Tx, n *models.CoachingNote) (uuid.UUID, error) {
	if n.MemberID != nil {
		return *n.MemberID, nil
	}
	var holder uuid.UUID
	err := tx.Batch(services.Statement{SQL: `select t.member_id from coaching_note_texts t join subject_keys k on k.id = t.body_key
		where t.note_id = $1 and k.wrapped is not null order by t.number desc, t.member_id limit 1`, Args: []any{n.ID}, Scan: func(rows pgx.Rows) error {
		for rows.Next() {
			if err := rows.Scan(&holder); err != nil {
				return err
			}
		}
		return rows.Err()
	}})
	if err == nil && holder == uuid.Nil {
		err = services.NotFound("note")
	}
	return holder, err
}
