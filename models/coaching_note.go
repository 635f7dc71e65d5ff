package models

import (
	"time"

	"github.com/google/uuid"
)

var _ = table(CoachingNote{}, CoachingNoteText{})

// NoteTier says who reads a note.
type NoteTier string

// The tiers.
const (
	NoteShared      NoteTier = "shared"      // those it is about read it, too
	NotePrivate     NoteTier = "private"     // the coach who wrote it
	NoteSupervision NoteTier = "supervision" // the coach and their supervisor
)

// NoteState is where a note stands.
type NoteState string

// The states.
const (
	NoteDraft  NoteState = "draft"
	NoteSigned NoteState = "signed" // it is amended, never changed
)

// NoteKind says what one version of a note's words is.
type NoteKind string

// The kinds.
const (
	NoteKindDraft     NoteKind = "draft"
	NoteKindSigned    NoteKind = "signed"
	NoteKindAmendment NoteKind = "amendment"
)

// NoteReadsWindow is how long a look at a note counts towards NoteReadsMost: how many different notes one person on staff opens
// within it at most.
const (
	NoteReadsWindow = 10 * time.Minute
	NoteReadsMost   = 20
)

// NotesKeptOpen is how long a coach reads what they wrote themselves, and a supervisor what was written for them, after the
// coach handed the client over or the engagement ended.
const NotesKeptOpen = 90 * 24 * time.Hour

// CoachingNote is a note of a coach without its words.
type CoachingNote struct {
	Record
	EngagementID uuid.UUID  `json:"engagement_id" privacy:"none,erase=keep"`
	SessionID    *uuid.UUID `json:"session_id" nullable:"true" privacy:"none,erase=keep" doc:"The session it is about, if it is about one"`
	AuthorID     uuid.UUID  `json:"author_id" privacy:"none,erase=keep" doc:"The coach's member id"`
	Tier         NoteTier   `json:"tier" enum:"shared,private,supervision" privacy:"none,erase=keep" example:"shared"`
	MemberID     *uuid.UUID `json:"member_id" nullable:"true" privacy:"none,erase=keep" doc:"Whom it is about; null when it is about what both of a couple said together, and both read it"`
	State        NoteState  `json:"state" enum:"draft,signed" privacy:"none,erase=keep" example:"signed"`
	SignedAt     *time.Time `json:"signed_at" privacy:"none,erase=keep"`
	Current      int        `json:"current" privacy:"none,erase=keep" doc:"The number of its text in force: 1 until it is amended" example:"1"`
}

// TableName implements Model.
func (CoachingNote) TableName() string { return "coaching_notes" }

// Subjects implements Model. Whom a joint note is about is in its texts.
func (CoachingNote) Subjects() []string { return []string{"member_id"} }

// Sealing says where the words of a version belong. It is bound into the ciphertext, together with the key of the person: words that
// are moved to another note, tier, version or person do not open, nor those of a draft in the place of what was signed.
func (n *CoachingNote) Sealing(kind NoteKind, number int) (record string, version int) {
	if kind == NoteKindDraft {
		number = draftVersion
	}
	return NoteRecord(n.ID, n.Tier), number
}

const draftVersion = 0 // drafts of earlier releases are sealed for 1, as the first that is signed

// NoteRecord is the record that the words of a note are sealed for.
func NoteRecord(id uuid.UUID, tier NoteTier) string {
	return "coaching_notes:" + string(tier) + ":" + id.String()
}

// CoachingNoteText is one version of the words of a note, for one of those it is about.
type CoachingNoteText struct {
	ID        uuid.UUID  `json:"id" gorm:"primaryKey" privacy:"none,erase=keep"`
	NoteID    uuid.UUID  `json:"note_id" privacy:"none,erase=keep"`
	Number    int        `json:"number" privacy:"none,erase=keep"`
	Kind      NoteKind   `json:"kind" enum:"draft,signed,amendment" privacy:"none,erase=keep"`
	MemberID  uuid.UUID  `json:"member_id" privacy:"none,erase=keep"`
	Body      Sealed     `json:"-" privacy:"confidential,erase=null"`
	BodyKey   *uuid.UUID `json:"-" privacy:"confidential,erase=null"`
	WrittenAt time.Time  `json:"written_at" privacy:"none,erase=keep"`
	WrittenBy uuid.UUID  `json:"written_by" privacy:"none,erase=keep"`
	Withheld  bool       `json:"-" privacy:"confidential,erase=keep"` // taken, and not delivered
}

// TableName implements Model.
func (CoachingNoteText) TableName() string { return "coaching_note_texts" }

// Subjects implements Model.
func (CoachingNoteText) Subjects() []string { return []string{"member_id"} }
