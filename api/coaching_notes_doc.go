package api

import (
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
)

const notesTag = "Notes"

var (
	noteID         = uuid.MustParse("0199c2b0-6e10-7a55-8b1e-4d2c9f7a0e11")
	noteEngagement = uuid.MustParse("0199c2a0-77aa-7b11-8c2d-0d9e4f6a1b01")
	noteSession    = uuid.MustParse("0199c2a1-2b10-7f42-9d33-1e0f5a7b2c03")
	noteCoach      = uuid.MustParse("0199c1e0-0a00-7000-8000-00000000000c")
	noteMember     = uuid.MustParse("0199c1e0-0a00-7000-8000-00000000000a")
	noteWrittenAt  = time.Date(2026, time.November, 18, 0, 5, 0, 0, time.UTC)
	noteSignedAt   = time.Date(2026, time.November, 18, 0, 20, 0, 0, time.UTC)
	noteWords      = "We looked at what keeps you awake, and at what helped on Sunday."
	noteDrafted    = models.CoachingNote{Record: models.Record{ID: noteID, Version: 1, CreatedAt: noteWrittenAt, UpdatedAt: noteWrittenAt}, EngagementID: noteEngagement, SessionID: &noteSession,
		AuthorID: noteCoach, Tier: models.NoteShared, MemberID: &noteMember, State: models.NoteDraft, Current: 1}
	noteSignedExample = models.CoachingNote{Record: models.Record{ID: noteID, Version: 2, CreatedAt: noteWrittenAt, UpdatedAt: noteSignedAt}, EngagementID: noteEngagement, SessionID: &noteSession,
		AuthorID: noteCoach, Tier: models.NoteShared, MemberID: &noteMember, State: models.NoteSigned, SignedAt: &noteSignedAt, Current: 1}
	noteViewExample  = coaching.NoteView{CoachingNote: noteSignedExample, Author: "Dana R."}
	noteFirstVersion = coaching.NoteVersion{Number: 1, Kind: models.NoteKindSigned, Text: noteWords, WrittenAt: noteSignedAt}
	noteAmended      = coaching.NoteVersion{Number: 2, Kind: models.NoteKindAmendment, Text: "We looked at what keeps you awake, and at what helped on Monday.", Reason: "It was Monday, not Sunday.",
		WrittenAt: noteSignedAt.Add(24 * time.Hour)}
	noteNewExample = coaching.WriteNote{Tier: models.NoteShared, Text: noteWords}
)

// noteReaders is told wherever notes are read.
const noteReaders = `

**Who reads a note.**

| tier | draft | signed |
|---|---|---|
| ` + "`shared`" + ` | its author | those it is about; the author; whoever coaches here later, from when they began, and what came before if everybody agreed to that at the hand-over |
| ` + "`private`" + ` | its author | its author |
| ` + "`supervision`" + ` | its author | its author, and the supervisor whom the author has at that moment |

Authors read what they wrote as long as they coach here and for 90 days after a hand-over or the end; supervisors likewise. A coach who is suspended or archived reads nothing. Nobody reads,
as staff, of themselves, of people close to them, or of somebody whose record is kept to others, and supervisors and later coaches not of anybody they are kept apart from. Coordinators, facilitators and admins read none, unless an admin breaks the
glass over one member (see *Break glass*). Whoever may not read a note gets the 404 of an unknown id, and the audit log tells of the attempt.

Never tell anybody that nobody else can read a note.`

const noteStaffReads = `

Those whom a note is about simply read it. Staff (coach, supervisor, admin) need a password given in the last five minutes, else 403 ` + "`step_up_required`" + ` (` + "`POST /v1/auth/step-up`" + `), and open
at most 20 different notes in 10 minutes, else 429 with ` + "`Retry-After`" + `. Every look is in the audit log before the answer leaves, or there is no answer (503), and whom the note is
about sees in their access log as what somebody looked, at what kind of thing, and on which day.

409 ` + "`unreadable`" + ` means that what is stored is not what was written. It cannot be put right by asking again: tell an admin.`

var listEngagementNotesOp = op{
	ID: "listEngagementNotes", Tag: notesTag, Summary: "Which notes there are of an engagement",
	Doc: `The newest first, never a word of them: open one by ` + "`GET /v1/coaching-notes/{note_id}`" + `. The list holds those that the caller may read, and no others; it is empty for those who see the
engagement and read no notes of it, such as coordinators and guardians.` + noteReaders,
	Example: services.Page[coaching.NoteView]{Data: []coaching.NoteView{noteViewExample}},
}

var writeEngagementNoteOp = op{
	ID: "writeEngagementNote", Tag: notesTag, Summary: "Begin a note that is about no one session",
	Doc:    `As ` + "`POST /v1/coaching-sessions/{coaching_session_id}/notes`" + `, for what is about the coaching as a whole.`,
	Errors: noteWriteErrors, Request: noteNewExample, Example: noteDrafted,
}

var listSessionNotesOp = op{
	ID: "listSessionNotes", Tag: notesTag, Summary: "Which notes there are about a session",
	Doc:     `As ` + "`GET /v1/engagements/{engagement_id}/notes`" + `, of one session.` + noteReaders,
	Example: services.Page[coaching.NoteView]{Data: []coaching.NoteView{noteViewExample}},
}

var listSupervisionNotesOp = op{
	ID: "listSupervisionNotes", Tag: notesTag, Summary: "Supervision notes for me to read",
	Doc: `For supervisors: the signed supervision notes of all coaches whose ` + "`supervisor_id`" + ` names the caller at this moment, of every engagement, the newest first. Never a word of them: open one by
` + "`GET /v1/coaching-notes/{note_id}`" + `. The list is empty for whoever supervises nobody. Whom the listed notes are about see in their access log that somebody saw which notes there are.` + noteReaders,
	Example: services.Page[coaching.NoteView]{Data: []coaching.NoteView{noteSupervised()}},
}

func noteSupervised() coaching.NoteView {
	n := noteViewExample
	n.Tier = models.NoteSupervision
	return n
}

var noteWriteErrors = []services.Code{coaching.CodeCoachSuspended, coaching.CodeNotBegun, coaching.CodeNoteClosed, coaching.CodeNoteTaken}

var writeSessionNoteOp = op{
	ID: "writeSessionNote", Tag: notesTag, Summary: "Begin a note about a session",
	Doc: `For the coach of the engagement. It is a draft, which nobody else reads, until it is signed; with ` + "`sign`" + ` it is signed at once. Save it while the coach types, by PUT.

A couple: a ` + "`shared`" + ` note without ` + "`member_id`" + ` is about what both said together, and both read it; what one of them said alone belongs into a note with their ` + "`member_id`" + `, and the other never
sees that it exists. ` + "`private` and `supervision`" + ` notes of a couple always name one of the two.

With an ` + "`id`" + ` of its own the app can send the same note again, also days later: it is written once. The same id with other words is 409 ` + "`id_taken`" + `.

The words are sealed under the key of the person they are about (of a couple, once for each), bound to this note and version. The answer holds none of them.` + noteReaders,
	Errors: noteWriteErrors, Request: noteNewExample, Example: noteDrafted,
}

var readNoteOp = op{
	ID: "readNote", Tag: notesTag, Summary: "Read a note",
	Doc: `The words in force; those before are in ` + "`/versions`" + `. To those it is about, ` + "`version` and `current`" + ` count the versions that they can read.

` + "`break_glass`" + ` is there only when an admin reads behind broken glass: show it above the note, with the time at which it closes.` + noteReaders + noteStaffReads,
	Errors: []services.Code{coaching.CodeNoteUnreadable}, Example: coaching.NoteReading{NoteView: noteViewExample, Words: noteFirstVersion},
}

var listNoteVersionsOp = op{
	ID: "listNoteVersions", Tag: notesTag, Summary: "Read all versions of a note",
	Doc:    `In the order in which they were signed, each amendment with its reason. A draft has one version.` + noteReaders + noteStaffReads,
	Errors: []services.Code{coaching.CodeNoteUnreadable}, Example: services.Page[coaching.NoteVersion]{Data: []coaching.NoteVersion{noteFirstVersion, noteAmended}},
}

var saveNoteOp = op{
	ID: "saveNote", Tag: notesTag, Summary: "Save a draft",
	Doc: `Send the whole text a second or two after the coach stops typing, with the ` + "`ETag`" + ` of the last answer in ` + "`If-Match`" + `. A draft keeps its last text alone; versions begin with the signature.
412 means that it was saved elsewhere since, as on another device: read it, let the coach choose, and save that. The answer holds no words.`,
	Errors: []services.Code{coaching.CodeNoteSigned, coaching.CodeCoachSuspended, coaching.CodeNoteClosed}, Request: coaching.SaveNote{Text: noteWords},
	Example: noteDrafted,
}

var signNoteOp = op{
	ID: "signNote", Tag: notesTag, Summary: "Sign a note", MayMatch: true,
	Doc: `From then on nothing changes it, not even an admin; it is amended. A shared note is read from then on by those it is about. Signing again changes nothing. Send the ` + "`ETag`" + ` of the last save in
` + "`If-Match`" + `, so that what is signed is what stood on the screen.`,
	Errors: []services.Code{coaching.CodeCoachSuspended, coaching.CodeNoteClosed, coaching.CodeNoteUnreadable}, Example: noteSignedExample,
}

var amendNoteOp = op{
	ID: "amendNote", Tag: notesTag, Summary: "Amend a signed note", MayMatch: true,
	Doc:     `Puts another text in force and says why. What was signed before is kept, and everybody who reads the note can read it, and the reason too.`,
	Errors:  []services.Code{coaching.CodeNoteDraft, coaching.CodeNoteAmendments, coaching.CodeCoachSuspended, coaching.CodeNoteClosed},
	Request: coaching.AmendNote{Text: noteAmended.Text, Reason: noteAmended.Reason}, Example: noteAmendedExample(),
}

func noteAmendedExample() models.CoachingNote {
	n := noteSignedExample
	n.Version, n.Current, n.UpdatedAt = 3, 2, noteAmended.WrittenAt
	return n
}

var deleteNoteOp = op{
	ID: "deleteNote", Tag: notesTag, Summary: "Throw a draft away",
	Doc:    `Drafts alone. What is signed stays.`,
	Errors: []services.Code{coaching.CodeNoteSigned, coaching.CodeCoachSuspended, coaching.CodeNoteClosed},
}
