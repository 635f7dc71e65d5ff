package coaching

import (
	"context"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// WriteNote is a note that a coach begins.
type WriteNote struct {
	ID       uuid.UUID       `json:"id,omitzero" required:"false" doc:"Made by the client, if it likes (UUIDv7): the same note can then be sent again, and is written once"`
	Tier     models.NoteTier `json:"tier" enum:"shared,private,supervision" doc:"Who reads it once it is signed: those it is about, or nobody else, or the coach's supervisor" example:"shared"`
	MemberID *uuid.UUID      `json:"member_id,omitempty" nullable:"true" required:"false" doc:"Whom it is about. Of one who is coached alone it can be left out. Of a couple, a shared note without it is about what both said together, and both read it; what one of them said alone is written under that one"`
	Text     string          `json:"text" maxLength:"20000" doc:"May be empty until it is signed" example:"We looked at what keeps you awake, and at what helped on Sunday."`
	Sign     bool            `json:"sign,omitempty" required:"false" doc:"Sign it at once"`
}

// SaveNote is the whole text of a draft.
type SaveNote struct {
	Text string `json:"text" maxLength:"20000" doc:"Replaces what was there" example:"We looked at what keeps you awake, and at what helped on Sunday."`
}

// AmendNote is a new version of a signed note.
type AmendNote struct {
	Text   string `json:"text" minLength:"1" maxLength:"20000" doc:"The whole note as it should have read. What was signed before is kept" example:"We looked at what keeps you awake, and at what helped on Monday."`
	Reason string `json:"reason" minLength:"1" maxLength:"500" doc:"Why; whoever reads the note reads it" example:"It was Monday, not Sunday."`
}

// maxAmendments keeps the versions of a note countable.
const maxAmendments = 50

// WriteEngagementNote writes a note of the caller, who coaches, that is about no one session.
// Errors: those of writeNotes.
func (s *Service) WriteEngagementNote(ctx context.Context, engagementID uuid.UUID, in WriteNote) (*models.CoachingNote, error) {
	return services.Mutate(ctx, s.core, "note.write", func(tx *services.Tx) (*models.CoachingNote, error) {
		e, _, _, err := openEngagement(tx, engagementID)
		if err != nil {
			return nil, tx.Hidden(err, engagementID)
		}
		return s.writeNote(tx, e, nil, in)
	})
}

// WriteSessionNote writes a note of the caller, who coaches, about a session.
// Errors: not_found; those of writeNotes.
func (s *Service) WriteSessionNote(ctx context.Context, sessionID uuid.UUID, in WriteNote) (*models.CoachingNote, error) {
	return services.Mutate(ctx, s.core, "note.write", func(tx *services.Tx) (*models.CoachingNote, error) {
		var sessions []models.CoachingSession
		if err := tx.DB.Where("id = ?", sessionID).Limit(1).Find(&sessions).Error; err != nil {
			return nil, err
		}
		if len(sessions) == 0 {
			return nil, tx.Hidden(services.NotFound("session"), sessionID)
		}
		e, _, see, err := openEngagement(tx, sessions[0].EngagementID)
		if services.IsNotFound(err) || err == nil && !see.Coach {
			return nil, tx.Hidden(services.NotFound("session"), sessionID)
		}
		if err != nil {
			return nil, err
		}
		n, err := s.writeNote(tx, e, &sessions[0], in)
		return n, notFoundAs("session", err)
	})
}

func (s *Service) writeNote(tx *services.Tx, e *models.Engagement, session *models.CoachingSession, in WriteNote) (*models.CoachingNote, error) {
	notes, err := s.writeNotes(tx, e, session, []NoteInput{{ID: in.ID, Tier: in.Tier, MemberID: in.MemberID, Text: in.Text}}, in.Sign)
	if err != nil {
		return nil, err
	}
	return &notes[0], nil
}

// ownNote locks a note of the actor's, and the engagement before it. What they wrote about somebody close to them, or whose record is
// kept to others by now, is another's to handle.
// Errors: not_found, told in the log.
func ownNote(tx *services.Tx, id uuid.UUID) (*models.CoachingNote, *models.Engagement, error) {
	me := tx.Actor().MemberID
	var e models.Engagement
	tx.Locks(services.LockEngagements)
	found := tx.DB.Table("engagements as e").Clauses(forUpdate).
		Where("e.id = (select n.engagement_id from coaching_notes n where n.id = ? and n.author_id = ?)", id, me).
		Where(openTo("e.id", "?", "?"), me, me, models.DateOf(tx.Now())).Limit(1).Find(&e)
	if found.Error != nil {
		return nil, nil, found.Error
	}
	if found.RowsAffected == 0 || !tx.Actor().Has(models.RoleCoach) {
		return nil, nil, tx.Refused("note.change", services.NotFound("note"))
	}
	var n models.CoachingNote
	found = tx.DB.Clauses(forUpdate).Where("id = ? and author_id = ?", id, me).Limit(1).Find(&n)
	if found.Error == nil && found.RowsAffected == 0 { // a draft that was thrown away a moment ago
		return nil, nil, tx.Refused("note.change", services.NotFound("note"))
	}
	return &n, &e, found.Error
}

// mayChange says whether the actor may change their note now.
// Errors: forbidden coach_suspended; conflict note_closed when the client has another coach by now; those of mayWriteNotes.
func mayChange(tx *services.Tx, e *models.Engagement) error {
	if e.CoachID == nil || *e.CoachID != tx.Actor().MemberID {
		return services.Conflict(CodeNoteClosed, "Somebody else coaches here now. What you wrote stays as it is.")
	}
	return mayWriteNotes(tx, e)
}

// SaveNote replaces the words of a draft of the caller's, as often as they type. Of 100 at once one is stored, and the others are told.
// Errors: not_found; unconditional, stale; forbidden coach_suspended; conflict note_signed, note_closed.
func (s *Service) SaveNote(ctx context.Context, id uuid.UUID, in SaveNote) (*models.CoachingNote, error) {
	return services.Mutate(ctx, s.core, "note.save", func(tx *services.Tx) (*models.CoachingNote, error) {
		n, err := ownDraft(tx, id)
		if err != nil {
			return nil, err
		}
		texts, err := draftTexts(tx, n)
		if err != nil {
			return nil, err
		}
		sealed, err := sealFor(tx, n, models.NoteKindDraft, 1, texts, words{Text: services.Prose(in.Text)})
		if err != nil {
			return nil, err
		}
		for i := range texts {
			before := texts[i]
			texts[i].Body, texts[i].BodyKey, texts[i].WrittenAt = sealed[i].Sealed, &sealed[i].Key, tx.Now()
			tx.Changed(before, texts[i])
			tx.Queue(`update coaching_note_texts set body = $2, body_key = $3, written_at = $4 where id = $1`, texts[i].ID, []byte(texts[i].Body), texts[i].BodyKey, texts[i].WrittenAt)
		}
		return saveNote(tx, n, func(*models.CoachingNote) {}), nil
	})
}

// ownDraft locks a draft of the actor's, as it was when they read it.
// Errors: not_found; unconditional, stale; forbidden coach_suspended; conflict note_signed, note_closed.
func ownDraft(tx *services.Tx, id uuid.UUID) (*models.CoachingNote, error) {
	n, e, err := ownNote(tx, id)
	if err != nil {
		return nil, err
	}
	if err := tx.CheckVersion(n.Version); err != nil {
		return nil, err
	}
	if n.State != models.NoteDraft {
		return nil, errNoteSigned
	}
	return n, mayChange(tx, e)
}

func draftTexts(tx *services.Tx, n *models.CoachingNote) (texts []models.CoachingNoteText, err error) {
	return texts, tx.DB.Where("note_id = ? and number = ?", n.ID, n.Current).Order("member_id").Find(&texts).Error
}

// sealFor seals words anew for everybody for whom there is a text.
func sealFor(tx *services.Tx, n *models.CoachingNote, kind models.NoteKind, number int, texts []models.CoachingNoteText, w words) ([]services.SealedText, error) {
	sealings := make([]services.Sealing, len(texts))
	for i := range texts {
		var err error
		if sealings[i], err = w.sealing(n, kind, number, texts[i].MemberID); err != nil {
			return nil, err
		}
	}
	return tx.SealAll(sealings...)
}

// saveNote stores what change makes of a note.
func saveNote(tx *services.Tx, n *models.CoachingNote, change func(*models.CoachingNote)) *models.CoachingNote {
	before := *n
	n.Version++
	n.UpdatedAt = tx.Now()
	change(n)
	tx.Changed(before, *n)
	tx.Queue(`update coaching_notes set version = $2, updated_at = $3, state = $4, signed_at = $5, current = $6 where id = $1`,
		n.ID, n.Version, n.UpdatedAt, string(n.State), n.SignedAt, n.Current)
	return n
}

// SignNote signs a note of the caller's: from then on it is amended, never changed, and those read it for whom it is. Signing it again
// changes nothing. An If-Match that is sent must hold: what is signed is what was read.
// Errors: not_found; stale; forbidden coach_suspended; conflict note_closed, unreadable; invalid when there is nothing to sign.
func (s *Service) SignNote(ctx context.Context, id uuid.UUID) (*models.CoachingNote, error) {
	return services.Mutate(ctx, s.core, "note.sign", func(tx *services.Tx) (*models.CoachingNote, error) {
		n, e, err := ownNote(tx, id)
		if err != nil {
			return nil, err
		}
		if n.State == models.NoteSigned {
			tx.Unchanged()
			return n, nil
		}
		if err := checkSent(tx, n); err != nil {
			return nil, err
		}
		if err := mayChange(tx, e); err != nil {
			return nil, err
		}
		said, err := s.signable(tx, n)
		if err != nil {
			return nil, err
		}
		return n, sign(tx, n, *said)
	})
}

// checkSent holds an If-Match to the note, when one was sent.
func checkSent(tx *services.Tx, n *models.CoachingNote) error {
	if tx.Call().IfMatch == "" {
		return nil
	}
	return tx.CheckVersion(n.Version)
}

// signable are the words of a draft, if there are any that open.
func (s *Service) signable(tx *services.Tx, n *models.CoachingNote) (*words, error) {
	said, err := ownWords(tx, n)
	if err != nil {
		return nil, s.unreadable(tx, n, err)
	}
	if said.Text == "" {
		return nil, services.InvalidField("/text", "required", "There is nothing to sign yet. Write something first.")
	}
	return said, nil
}

// sign seals the words anew, for what is signed: no draft of before, put back in their place, opens there.
func sign(tx *services.Tx, n *models.CoachingNote, said words) error {
	texts, err := draftTexts(tx, n)
	if err != nil {
		return err
	}
	sealed, err := sealFor(tx, n, models.NoteKindSigned, n.Current, texts, said)
	if err != nil {
		return err
	}
	apart, err := keptApart(tx, n, readersOf(texts))
	if err != nil {
		return err
	}
	for i := range texts {
		t := &texts[i]
		before := *t
		t.Kind, t.WrittenAt, t.Withheld, t.Body, t.BodyKey = models.NoteKindSigned, tx.Now(), apart[t.MemberID], sealed[i].Sealed, &sealed[i].Key
		tx.Changed(before, *t)
		tx.Queue(`update coaching_note_texts set kind = $2, written_at = $3, withheld = $4, body = $5, body_key = $6 where id = $1`,
			t.ID, string(t.Kind), t.WrittenAt, t.Withheld, []byte(t.Body), t.BodyKey)
	}
	at := tx.Now()
	saveNote(tx, n, func(n *models.CoachingNote) { n.State, n.SignedAt = models.NoteSigned, &at })
	return tellReaders(tx, n, readersOf(texts), apart)
}

func readersOf(texts []models.CoachingNoteText) []uuid.UUID {
	out := make([]uuid.UUID, len(texts))
	for i := range texts {
		out[i] = texts[i].MemberID
	}
	return out
}

// AmendNote puts another version of a signed note of the caller's in force, and says why. The versions before it are kept. An If-Match
// that is sent must hold.
// Errors: not_found; stale; forbidden coach_suspended; conflict note_draft, note_closed, too_many_amendments; invalid for a blank text
// or reason.
func (s *Service) AmendNote(ctx context.Context, id uuid.UUID, in AmendNote) (*models.CoachingNote, error) {
	w := words{Text: services.Prose(in.Text), Reason: services.Line(in.Reason)}
	return services.Mutate(ctx, s.core, "note.amend", func(tx *services.Tx) (*models.CoachingNote, error) {
		n, e, err := ownNote(tx, id)
		if err != nil {
			return nil, err
		}
		if err := checkSent(tx, n); err != nil {
			return nil, err
		}
		switch {
		case n.State != models.NoteSigned:
			return nil, services.Conflict(CodeNoteDraft, "This note is not signed yet. Change it by PUT, as often as you like.")
		case n.Current > maxAmendments:
			return nil, services.Conflict(CodeNoteAmendments, "This note was amended %d times. Write a new one.", maxAmendments)
		}
		if err := mayChange(tx, e); err != nil {
			return nil, err
		}
		if err := w.complete(); err != nil {
			return nil, err
		}
		return amend(tx, n, w)
	})
}

// complete says whether an amendment has all its words.
func (w words) complete() error {
	var missing []services.FieldError
	if w.Text == "" {
		missing = append(missing, services.FieldError{Field: "/text", Code: "required", Message: "Write the note as it should have read."})
	}
	if w.Reason == "" {
		missing = append(missing, services.FieldError{Field: "/reason", Code: "required", Message: "Say why."})
	}
	if missing == nil {
		return nil
	}
	return services.Invalid(missing...)
}

func amend(tx *services.Tx, n *models.CoachingNote, w words) (*models.CoachingNote, error) {
	texts, err := draftTexts(tx, n)
	if err != nil {
		return nil, err
	}
	sealed, err := sealFor(tx, n, models.NoteKindAmendment, n.Current+1, texts, w)
	if err != nil {
		return nil, err
	}
	apart, err := keptApart(tx, n, readersOf(texts))
	if err != nil {
		return nil, err
	}
	saveNote(tx, n, func(n *models.CoachingNote) { n.Current++ })
	for i := range texts {
		addText(tx, models.CoachingNoteText{ID: services.NewID(), NoteID: n.ID, Number: n.Current, Kind: models.NoteKindAmendment, MemberID: texts[i].MemberID,
			Body: sealed[i].Sealed, BodyKey: &sealed[i].Key, WrittenAt: tx.Now(), WrittenBy: tx.Actor().MemberID, Withheld: apart[texts[i].MemberID]})
	}
	return n, nil
}

// DeleteNote throws a draft of the caller's away.
// Errors: not_found; unconditional, stale; forbidden coach_suspended; conflict note_signed, note_closed.
func (s *Service) DeleteNote(ctx context.Context, id uuid.UUID) error {
	_, err := services.Mutate(ctx, s.core, "note.delete", func(tx *services.Tx) (*struct{}, error) {
		n, err := ownDraft(tx, id)
		if err != nil {
			return nil, err
		}
		texts, err := draftTexts(tx, n)
		if err != nil {
			return nil, err
		}
		for i := range texts {
			tx.Changed(texts[i], nil)
		}
		tx.Changed(*n, nil)
		tx.Queue(`delete from coaching_note_texts where note_id = $1`, n.ID)
		tx.Queue(`delete from coaching_notes where id = $1`, n.ID)
		return nil, nil
	})
	return err
}
