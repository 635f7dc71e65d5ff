package coaching

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
	"homefront/services/people"
)

// Codes of notes.
const (
	CodeNoteSigned     services.Code = "note_signed"
	CodeNoteDraft      services.Code = "note_draft"
	CodeNoteClosed     services.Code = "note_closed"
	CodeNoteUnreadable services.Code = "unreadable"
	CodeNoteTaken      services.Code = "id_taken"
	CodeNotBegun       services.Code = "not_begun"
	CodeCoachSuspended services.Code = "coach_suspended"
	CodeNoteAmendments services.Code = "too_many_amendments"
)

var _ = services.Meanings(map[string]*services.Error{
	"coaching_notes_pkey":       errNoteTaken,
	"coaching_note_texts_once":  services.Conflict(services.CodeBusy, "Somebody amended this note at the same moment. Read it again, then repeat your change."),
	"coaching_note_texts_final": errNoteSigned,
})

var (
	errNoteTaken  = services.Conflict(CodeNoteTaken, "This id belongs to another note, or to this one with other words. Make a new one for each note, and change a draft by PUT.")
	errNoteSigned = services.Conflict(CodeNoteSigned, "This note is signed. It stays as it is; amend it instead.")
)

// NoteInput is a note to write.
type NoteInput struct {
	ID       uuid.UUID // made by the client, or nil
	Tier     models.NoteTier
	MemberID *uuid.UUID // whom it is about; nil for what all said together, which only a shared note can be about
	Text     string
	At       string // where it stands in the request, as a JSON pointer: errors name its fields below
}

// words is what is sealed of one version of a note.
type words struct {
	Text   string `json:"t"`
	Reason string `json:"r,omitempty"` // of an amendment
}

func (w words) sealing(n *models.CoachingNote, kind models.NoteKind, number int, member uuid.UUID) (services.Sealing, error) {
	text, err := json.Marshal(w)
	record, version := n.Sealing(kind, number)
	return services.Sealing{Member: member, Record: record, Version: version, Text: services.Padded(string(text), sealedBlock)}, err
}

// writeNotes writes notes of the engagement's coach, who acts, about one of its sessions or about none, and signs them when told
// so. A note that was written before under its id, with these words, is answered as it stands. Participants who take part, or took
// part, can be written about; without a member a note is about everybody whom the session was for, or who takes part now. Everything
// is sealed in one round trip. The engagement is locked by then.
// Errors: not_found for an engagement that the actor does not coach; forbidden coach_suspended; conflict not_begun, note_closed,
// id_taken; invalid for a member who is not coached here, for several where there has to be one, and for nothing to sign.
func (s *Service) writeNotes(tx *services.Tx, e *models.Engagement, session *models.CoachingSession, in []NoteInput, sign bool) ([]models.CoachingNote, error) {
	if len(in) == 0 {
		return nil, nil
	}
	of := e.ID
	if session != nil {
		of = session.ID
	}
	if e.CoachID == nil || *e.CoachID != tx.Actor().MemberID || !tx.Actor().Has(models.RoleCoach) {
		return nil, tx.Hidden(services.NotFound("engagement"), of)
	}
	if err := mayWriteNotes(tx, e); err != nil {
		return nil, tx.Hidden(err, of)
	}
	circle, err := circleOf(tx, e, session)
	if err != nil {
		return nil, err
	}
	drafts, err := circle.drafts(tx, e, session, in, sign)
	if err != nil {
		return nil, err
	}
	if err := s.answerKnown(tx, drafts); err != nil {
		return nil, err
	}
	return storeNotes(tx, drafts, sign)
}

// mayWriteNotes says whether the actor may write and change notes of an engagement that they coach.
// Errors: not_found when somebody in it is close to them, or kept to others, by now; forbidden coach_suspended, also for who has left
// coaching; conflict not_begun before everybody has accepted, note_closed some time after the end.
func mayWriteNotes(tx *services.Tx, e *models.Engagement) error {
	var may struct{ Away, Open bool }
	me := tx.Actor().MemberID
	err := tx.DB.Raw(`select exists (select from coaches c where c.id = ? and `+away+`) as away, `+openTo("cast(? as uuid)", "?", "?")+` as open`,
		me, e.ID, me, me, models.DateOf(tx.Now())).Scan(&may).Error
	switch {
	case err != nil:
		return err
	case !may.Open:
		return services.NotFound("engagement")
	case may.Away:
		return services.Forbidden(CodeCoachSuspended, "You do not coach at present. Your notes stay as they are; talk to our staff.")
	case e.ActivatedAt == nil:
		return services.Conflict(CodeNotBegun, "Notes can be written once everybody has accepted and the coaching has begun.")
	case e.ClosedAt != nil && !tx.Now().Before(e.ClosedAt.Add(models.NotesKeptOpen)):
		return services.Conflict(CodeNoteClosed, "This engagement ended more than %d days ago, and its notes are closed. Ask staff to reopen it.", int(models.NotesKeptOpen.Hours()/24))
	}
	return nil
}

// circle is whom notes can be about.
type circle struct {
	all      []uuid.UUID // everybody who takes part, or took part
	together []uuid.UUID // those whom a note without a member is about
}

func circleOf(tx *services.Tx, e *models.Engagement, session *models.CoachingSession) (*circle, error) {
	var participants []models.EngagementParticipant
	if err := tx.DB.Where("engagement_id = ? and state in ('joined', 'left')", e.ID).Order("id").Find(&participants).Error; err != nil {
		return nil, err
	}
	c := &circle{}
	for i := range participants {
		c.all = append(c.all, participants[i].MemberID)
		if participants[i].State == models.ParticipantJoined {
			c.together = append(c.together, participants[i].MemberID)
		}
	}
	if session != nil {
		var there []uuid.UUID
		if err := tx.DB.Model(&models.CoachingAttendance{}).Where("session_id = ?", session.ID).Pluck("member_id", &there).Error; err != nil {
			return nil, err
		}
		c.together = slices.DeleteFunc(slices.Clone(c.all), func(m uuid.UUID) bool { return !slices.Contains(there, m) })
	}
	if len(c.together) == 0 {
		c.together = c.all
	}
	return c, nil
}

// draft is a note on its way into the database.
type draft struct {
	note    models.CoachingNote
	members []uuid.UUID // whose keys seal it
	words   words
	known   bool // it is there already
}

func (c *circle) drafts(tx *services.Tx, e *models.Engagement, session *models.CoachingSession, in []NoteInput, sign bool) ([]draft, error) {
	out := make([]draft, len(in))
	for i := range in {
		d := &out[i]
		d.words.Text = services.Prose(in[i].Text)
		d.note = models.CoachingNote{Record: models.Record{ID: in[i].ID, Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()},
			EngagementID: e.ID, AuthorID: tx.Actor().MemberID, Tier: in[i].Tier, MemberID: in[i].MemberID, State: models.NoteDraft, Current: 1}
		if d.note.ID == uuid.Nil {
			d.note.ID = services.NewID()
		}
		if session != nil {
			d.note.SessionID = &session.ID
		}
		var err error
		if d.members, err = c.about(&d.note, in[i].At); err != nil {
			return nil, err
		}
		if sign && d.words.Text == "" {
			return nil, services.InvalidField(in[i].At+"/text", "required", "There is nothing to sign yet. Write something first.")
		}
	}
	return out, nil
}

// about settles whom a note is about, and answers whose keys seal it.
// Errors: invalid for a member who is not coached here, and for several where there has to be one.
func (c *circle) about(n *models.CoachingNote, at string) ([]uuid.UUID, error) {
	switch {
	case n.MemberID != nil && !slices.Contains(c.all, *n.MemberID):
		return nil, services.InvalidField(at+"/member_id", "not_coached_here", "Name one of those who are coached in this engagement.")
	case n.MemberID != nil:
		return []uuid.UUID{*n.MemberID}, nil
	case len(c.together) == 1:
		n.MemberID = &c.together[0]
		return c.together, nil
	case len(c.together) == 0 || n.Tier != models.NoteShared:
		return nil, services.InvalidField(at+"/member_id", "required", "Say whom this note is about. Only a shared note can be about both: it holds what was said together.")
	}
	return c.together, nil
}

// answerKnown puts in place what was written before under the same ids: a phone that got no answer sends its note again.
// Errors: conflict id_taken for an id of another note, told in the log when somebody else wrote that, or of this one with other words.
func (s *Service) answerKnown(tx *services.Tx, drafts []draft) error {
	ids := make([]uuid.UUID, len(drafts))
	for i := range drafts {
		ids[i] = drafts[i].note.ID
	}
	var found []models.CoachingNote
	if err := tx.DB.Where("id in ?", ids).Find(&found).Error; err != nil {
		return err
	}
	for i := range found {
		at := slices.Index(ids, found[i].ID)
		if found[i].AuthorID != tx.Actor().MemberID {
			tx.Object(found[i].ID)
			return tx.Refused("note.write", errNoteTaken)
		}
		if !sameNote(&drafts[at].note, &found[i]) {
			return errNoteTaken
		}
		said, err := ownWords(tx, &found[i])
		if err != nil {
			return s.unreadable(tx, &found[i], err)
		}
		if said.Text != drafts[at].words.Text {
			return errNoteTaken
		}
		drafts[at].note, drafts[at].known = found[i], true
	}
	return nil
}

func sameNote(a, b *models.CoachingNote) bool {
	return a.EngagementID == b.EngagementID && a.AuthorID == b.AuthorID && a.Tier == b.Tier && same(a.SessionID, b.SessionID) && same(a.MemberID, b.MemberID)
}

func same(a, b *uuid.UUID) bool { return a == b || a != nil && b != nil && *a == *b }

func storeNotes(tx *services.Tx, drafts []draft, sign bool) ([]models.CoachingNote, error) {
	var sealings []services.Sealing
	kind := models.NoteKindDraft
	if sign {
		kind = models.NoteKindSigned
	}
	for i := range drafts {
		d := &drafts[i]
		if d.known {
			continue
		}
		for _, member := range d.members {
			s, err := d.words.sealing(&d.note, kind, 1, member)
			if err != nil {
				return nil, err
			}
			sealings = append(sealings, s)
		}
	}
	sealed, err := tx.SealAll(sealings...)
	if err != nil {
		return nil, err
	}
	out := make([]models.CoachingNote, len(drafts))
	for i := range drafts {
		d := &drafts[i]
		if !d.known {
			if err := d.store(tx, sealed[:len(d.members)], sign); err != nil {
				return nil, err
			}
			sealed = sealed[len(d.members):]
		}
		out[i] = d.note
	}
	tx.Unchanged()
	return out, nil
}

// store writes one note, and signs it when told so.
func (d *draft) store(tx *services.Tx, sealed []services.SealedText, sign bool) error {
	kind, apart := models.NoteKindDraft, map[uuid.UUID]bool(nil)
	if sign {
		var err error
		if apart, err = keptApart(tx, &d.note, d.members); err != nil {
			return err
		}
		at := tx.Now()
		kind, d.note.State, d.note.SignedAt = models.NoteKindSigned, models.NoteSigned, &at
	}
	n := &d.note
	tx.Changed(nil, *n)
	tx.Queue(`insert into coaching_notes (id, version, created_at, updated_at, engagement_id, session_id, author_id, tier, member_id, state, signed_at, current)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		n.ID, n.Version, n.CreatedAt, n.UpdatedAt, n.EngagementID, n.SessionID, n.AuthorID, string(n.Tier), n.MemberID, string(n.State), n.SignedAt, n.Current)
	for i, member := range d.members {
		addText(tx, models.CoachingNoteText{ID: services.NewID(), NoteID: n.ID, Number: 1, Kind: kind, MemberID: member, Body: sealed[i].Sealed, BodyKey: &sealed[i].Key,
			WrittenAt: tx.Now(), WrittenBy: tx.Actor().MemberID, Withheld: apart[member]})
	}
	return tellReaders(tx, n, d.members, apart)
}

func addText(tx *services.Tx, t models.CoachingNoteText) {
	tx.Changed(nil, t)
	tx.Queue(`insert into coaching_note_texts (id, note_id, number, kind, member_id, body, body_key, written_at, written_by, withheld)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, t.ID, t.NoteID, t.Number, string(t.Kind), t.MemberID, []byte(t.Body), t.BodyKey, t.WrittenAt, t.WrittenBy, t.Withheld)
}

// keptApart are those of the readers of a shared note who are kept apart from its author, or from one another: what is signed then
// is taken and not delivered to them, as any message. A separation of two people in an engagement is made under the engagement's
// lock, which is held here.
func keptApart(tx *services.Tx, n *models.CoachingNote, readers []uuid.UUID) (map[uuid.UUID]bool, error) {
	out := map[uuid.UUID]bool{}
	if n.Tier != models.NoteShared {
		return out, nil
	}
	everybody := append(slices.Clone(readers), n.AuthorID)
	s := people.SeparationsOf(tx, everybody...)
	if err := tx.Batch(s.Read()); err != nil {
		return nil, err
	}
	for _, reader := range readers {
		out[reader] = slices.ContainsFunc(s.Of(reader).From, func(other uuid.UUID) bool { return slices.Contains(everybody, other) })
	}
	return out, nil
}

// tellReaders tells those to whom a shared note is delivered that there is something to read, once for each note. Minors find it in the
// app: what is written to them goes to a guardian, and these words are not theirs.
func tellReaders(tx *services.Tx, n *models.CoachingNote, readers []uuid.UUID, apart map[uuid.UUID]bool) error {
	if n.Tier != models.NoteShared || n.State != models.NoteSigned {
		return nil
	}
	who, err := people.Load(tx, readers)
	if err != nil {
		return err
	}
	for i := range who {
		m := &who[i]
		if apart[m.ID] || m.Gone() || m.MinorOn(m.Today(tx.Now())) {
			continue
		}
		err := notices.Send(tx, notices.Notice{Event: models.NoticeCoachingLogged, MemberID: m.ID, Record: engagementRecord, RecordID: n.EngagementID,
			Key: fmt.Sprintf("%s:%s:%s", models.NoticeCoachingLogged, n.ID, m.ID), Data: map[string]any{"link": engagementLink(n.EngagementID)}})
		if err != nil {
			return err
		}
	}
	return nil
}
