package coaching

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// NoteGlass says that a note is read behind broken glass.
type NoteGlass struct {
	ID    uuid.UUID `json:"id" doc:"Of the broken glass"`
	Until time.Time `json:"until" doc:"When it closes by itself"`
}

// NoteVersion is one version of the words of a note.
type NoteVersion struct {
	Number    int             `json:"number" doc:"From 1, in the order in which they were signed" example:"1"`
	Kind      models.NoteKind `json:"kind" enum:"draft,signed,amendment" example:"signed"`
	Text      string          `json:"text" example:"We looked at what keeps you awake, and at what helped on Sunday."`
	Reason    string          `json:"reason" doc:"Of an amendment: why" example:""`
	WrittenAt time.Time       `json:"written_at"`
}

// NoteReading is a note with its words in force.
type NoteReading struct {
	NoteView
	Words      NoteVersion `json:"words"`
	BreakGlass *NoteGlass  `json:"break_glass,omitempty" doc:"Only when an admin reads it behind broken glass: show it above the note for as long as it is open"`
}

// opening is a note that somebody may open, and the one under whose key they do.
type opening struct {
	noteRow
	reader uuid.UUID
	glass  *models.BreakGlass
}

// Note shows the words in force of a note to those who may read them: see notesSeen, and admins behind broken glass. Staff need a
// password given in the last five minutes, and open so many different notes in ten minutes.
// Errors: not_found, the same for an unknown id, and for good when the keys of whom it is about are destroyed; forbidden
// step_up_required and too_many, for staff; conflict unreadable when what is stored is not what was written.
func (s *Service) Note(ctx context.Context, id uuid.UUID) (*NoteReading, error) {
	return services.Disclose(ctx, s.core, "note.read", func(d *services.Disclosure) (*NoteReading, error) {
		o, err := openNote(d, id)
		if err != nil {
			return nil, err
		}
		versions, err := s.opened(d.Tx(), o, func(q *gorm.DB) ([]storedText, error) { return services.Rows[storedText](q.Order("t.number desc"), 1) })
		if err != nil {
			return nil, err
		}
		out := &NoteReading{NoteView: o.view(), Words: versions[0]}
		if o.glass != nil {
			out.BreakGlass = &NoteGlass{ID: o.glass.ID, Until: o.glass.Until.UTC()}
		}
		return out, nil
	})
}

var versionList = services.List[storedText]{
	IDColumn: "t.id", ID: func(t storedText) uuid.UUID { return t.ID }, Default: "number",
	Sorts: []services.Sort[storedText]{{Name: "number", Column: "t.number", Cast: "integer", Key: func(t storedText) any { return t.Number }}},
}

// NoteVersions shows all versions of the words of a note, the first first, to those who may read it.
// Errors: those of Note.
func (s *Service) NoteVersions(ctx context.Context, id uuid.UUID, in services.PageQuery) (services.Page[NoteVersion], error) {
	return services.Disclose(ctx, s.core, "note.versions", func(d *services.Disclosure) (services.Page[NoteVersion], error) {
		page := services.Page[NoteVersion]{}
		o, err := openNote(d, id)
		if err != nil {
			return page, err
		}
		page.Data, err = s.opened(d.Tx(), o, func(q *gorm.DB) ([]storedText, error) {
			texts, err := versionList.Find(ctx, s.core, q, in)
			page.NextCursor, page.Total = texts.NextCursor, texts.Total
			return texts.Data, err
		})
		return page, err
	})
}

// opened reads versions of a note, and opens them.
// Errors: not_found when the keys are destroyed; conflict unreadable.
func (s *Service) opened(tx *services.Tx, o *opening, read func(*gorm.DB) ([]storedText, error)) ([]NoteVersion, error) {
	texts, err := read(tx.DB.Table("(?) as t", storedTexts(tx.DB, o.ID, o.reader, o.ForMe)))
	if err == nil && len(texts) == 0 {
		err = errUnreadable
	}
	out := make([]NoteVersion, len(texts))
	for i := range texts {
		if err != nil {
			break
		}
		var w *words
		if w, err = texts[i].open(tx, &o.CoachingNote); err == nil {
			out[i] = NoteVersion{Number: texts[i].Place, Kind: texts[i].Kind, Text: w.Text, Reason: w.Reason, WrittenAt: texts[i].WrittenAt.UTC()}
		}
	}
	if err != nil {
		return nil, s.unreadable(tx, &o.CoachingNote, err)
	}
	return out, nil
}

// openNote finds a note for a reader, and sees that everything is in order before anything is opened.
// Errors: not_found; forbidden step_up_required; too_many.
func openNote(d *services.Disclosure, id uuid.UUID) (*opening, error) {
	tx := d.Tx()
	d.Object(id)
	o, err := findNote(tx, id)
	if err != nil {
		return nil, err
	}
	if o.glass != nil {
		d.Object(o.glass.ID)
	}
	if err := o.nameReaders(d); err != nil || !o.staff() {
		return o, err
	}
	if tx.Now().Sub(tx.Actor().AuthTime) > services.StepUpFor {
		return nil, tx.Refused("note.read", services.Forbidden(services.CodeStepUpRequired, "Give your password again first: POST /v1/auth/step-up."))
	}
	return o, withinBudget(tx, id)
}

// nameReaders tells the log whom the note is about. To one of those it is about, nobody else is named.
func (o *opening) nameReaders(d *services.Disclosure) error {
	if o.ForMe || o.MemberID != nil {
		d.Subject(o.reader)
		return nil
	}
	about, err := aboutWhom(d.Tx(), o.ID)
	d.Subject(about...)
	return err
}

// aboutWhom are those for whom there are words of a note.
func aboutWhom(tx *services.Tx, id uuid.UUID) (about []uuid.UUID, err error) {
	return about, tx.Batch(services.Statement{SQL: `select distinct member_id from coaching_note_texts where note_id = $1 order by member_id`, Args: []any{id}, Scan: func(rows pgx.Rows) (err error) {
		about, err = pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
		return err
	}})
}

// findNote finds a note that the actor may read, and under whose key.
// Errors: not_found.
func findNote(tx *services.Tx, id uuid.UUID) (*opening, error) {
	var rows []noteRow
	if err := notes(tx.DB, noteByID, id, tx.Actor(), tx.Now()).Scan(&rows).Error; err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return behindGlass(tx, id)
	}
	o := &opening{noteRow: rows[0], reader: tx.Actor().MemberID}
	if o.ForMe {
		return o, nil
	}
	var err error
	o.reader, err = keyHolder(tx, &o.CoachingNote)
	return o, err
}

// behindGlass finds a note for an admin who broke the glass over somebody it is about. What is about others too is read only by who is
// none of them, nor close to any.
// Errors: not_found.
func behindGlass(tx *services.Tx, id uuid.UUID) (*opening, error) {
	if !tx.Actor().Has(models.RoleAdmin) {
		return nil, services.NotFound("note")
	}
	about, err := aboutWhom(tx, id)
	if err != nil {
		return nil, err
	}
	var open int64
	if err := tx.DB.Table("unnest(?::uuid[]) as m(id)", models.IDs(about)).Scopes(tx.Actor().NotOwn("m.id", tx.Now())).Count(&open).Error; err != nil {
		return nil, err
	}
	if len(about) == 0 || int(open) < len(about) {
		return nil, services.NotFound("note")
	}
	for _, member := range about {
		glass, err := glassOpen(tx.DB, tx.Actor(), member, tx.Now())
		if err != nil {
			return nil, err
		}
		if glass != nil {
			return noteUnder(tx, id, member, glass)
		}
	}
	return nil, services.NotFound("note")
}

func noteUnder(tx *services.Tx, id, member uuid.UUID, glass *models.BreakGlass) (*opening, error) {
	o := &opening{reader: member, glass: glass}
	err := tx.DB.Table("coaching_notes as n").Joins("join members a on a.id = n.author_id").
		Select("n.*, coalesce(nullif(a.preferred_name, ''), a.given_name) as given, a.family_name as family").Where("n.id = ?", id).Take(&o.noteRow).Error
	return o, err
}

// withinBudget counts the different notes that the actor opened in the last minutes as staff, on whatever replica; those opened again
// do not count again. Their looks wait for one another.
// Errors: too_many, told in the log.
func withinBudget(tx *services.Tx, id uuid.UUID) error {
	var opened int
	var again bool
	var first *time.Time
	actor := tx.Actor()
	tx.Queue(`select pg_advisory_xact_lock(hashtextextended('note looks ' || $1::text, 0))`, actor.AccountID)
	err := tx.Batch(services.Statement{SQL: `select count(distinct objects[1]), coalesce(bool_or(objects[1] = $4), false), min(at) from audit_log
		where account_id = $1 and at > $2 and action in ('note.read', 'note.versions') and outcome = 'read' and member_id = $3 and not $3 = any(subjects)`,
		Args: []any{actor.AccountID, tx.Now().Add(-models.NoteReadsWindow), actor.MemberID, id}, Scan: services.ScanOne("account", &opened, &again, &first)})
	if err != nil || again || opened < models.NoteReadsMost {
		return err
	}
	return tx.Refused("note.read", services.TooMany(first.Add(models.NoteReadsWindow).Sub(tx.Now()),
		"You opened many notes in a short time. Wait a few minutes; it keeps a stolen password from reading everything."))
}

// unreadable logs words that do not open, by the id of their note, and tells it in the audit log.
func (s *Service) unreadable(tx *services.Tx, n *models.CoachingNote, err error) error {
	if !errors.Is(err, errUnreadable) {
		return err
	}
	s.core.Log.ErrorContext(tx.Context(), "a note does not open: what is stored is not what was sealed", "note", n.ID)
	return tx.Refused("note.unreadable", errUnreadable)
}
