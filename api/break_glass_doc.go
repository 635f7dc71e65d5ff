package api

import (
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
)

var (
	glassID      = uuid.MustParse("019c21a0-5e11-7c33-9d10-2b3c4d5e6f01")
	glassAdminID = uuid.MustParse("019c21a0-5e11-7c33-9d10-2b3c4d5e6f02")
	glassAt      = time.Date(2026, time.September, 1, 22, 10, 0, 0, time.UTC)
	glassReason  = "She told a facilitator tonight that she will not be here tomorrow and does not answer the phone"
	glassWords   = "I called both. It was right, and she is safe with her sister."
	glassExample = coaching.GlassView{BreakGlass: models.BreakGlass{Record: models.Record{ID: glassID, Version: 1, CreatedAt: glassAt, UpdatedAt: glassAt}, MemberID: anaID, OpenedBy: glassAdminID,
		OpenedAt: glassAt, Until: glassAt.Add(30 * time.Minute), NoticeDueAt: glassAt.Add(models.GlassNoticeAfter)}, Open: true}
	glassEnded  = glassAt.Add(12 * time.Minute)
	glassClosed = glassAt.Add(11 * time.Hour)
	glassSealed = glassAt.Add(models.GlassSealedFor)
	glassNote   = models.CoachingNote{Record: models.Record{ID: uuid.MustParse("019c21a0-5e11-7c33-9d10-2b3c4d5e6f03"), Version: 2, CreatedAt: peopleAt, UpdatedAt: peopleAt},
		EngagementID: uuid.MustParse("019c21a0-5e11-7c33-9d10-2b3c4d5e6f04"), AuthorID: uuid.MustParse("019c21a0-5e11-7c33-9d10-2b3c4d5e6f05"), Tier: models.NotePrivate,
		MemberID: &anaID, State: models.NoteSigned, SignedAt: &peopleAt, Current: 1}
)

const glassRule = `

Nobody sees an opening of their own notes or of those of somebody close to them, or from whom they are kept apart: 404, and absent from lists.
Of a record that is kept to named staff those see it, and the privacy officers.`

func glassThat(change func(*coaching.GlassView)) coaching.GlassView {
	v := glassExample
	v.Open, v.EndedAt, v.Version = false, &glassEnded, 2
	change(&v)
	return v
}

var breakGlassOp = op{
	ID: "breakGlass", Tag: "Break glass", Summary: "Open one member's notes in an emergency",
	Doc: `For an hour at most you can read every note on this member, of all tiers: list them with ` + "`GET /v1/break-glass/{break_glass_id}/notes`" + `, then read
each with ` + "`GET /v1/coaching-notes/{note_id}`" + `, whose answer carries ` + "`break_glass {id, until}`" + ` to show as a banner. Admins only, with a password given in the last five
minutes (403 ` + "`step_up_required`" + `). Nobody has to agree first: there may be nobody else tonight.

What happens then:

- Whoever coaches the member (or did until 90 days ago), the other admins and the privacy officers are told at once that notes were opened; not whose, nor why.
- The member is told when the review is closed, and 24 hours after the opening at the latest. A reviewer may seal that notice; then they are told 90 days after the opening.
  Until they are told, what you read does not show in their access log; from then on it does.
- Somebody under 18 has no mail of it, which a guardian may read: a task (` + "`tell_of_break_glass`" + `) has an admin tell them in person, and the app shows it to those who have an account.
  ` + "`told_at`" + ` is when the app showed it; without an account, when the task was done.
- A review is open until another admin or a privacy officer closes it. They read your reason.

One person opens notes at most five times within 24 hours; the sixth time is 403 ` + "`too_many`" + `. While one opening of a member's notes is open, another by the same admin is
409 ` + "`already_open`" + `. For your own record, that of somebody close to you, of somebody from whom you are kept apart, one that is kept to other staff, and an unknown id the answer is the same 404.`,
	Errors:  []services.Code{services.CodeNotFound, coaching.CodeGlassOften, coaching.CodeGlassOpen},
	Request: coaching.BreakGlassIn{MemberID: anaID, Reason: glassReason, Minutes: 30}, Example: glassExample,
}

var listBreakGlassOp = op{
	ID: "listBreakGlass", Tag: "Break glass", Summary: "Who opened whose notes, and when",
	Doc:     "Newest first, without the reasons. `review=open` lists what waits for a reviewer. The look is logged." + glassRule,
	Example: services.Page[coaching.GlassView]{Data: []coaching.GlassView{glassExample}},
}

var getBreakGlassOp = op{
	ID: "getBreakGlass", Tag: "Break glass", Summary: "One opening, with why and what the review found",
	Doc:     "The words are null where there are none, and once the member's keys are destroyed. The look is logged." + glassRule,
	Example: coaching.GlassDetail{GlassView: glassExample, ReasonWords: &glassReason},
}

var listBreakGlassNotesOp = op{
	ID: "listBreakGlassNotes", Tag: "Break glass", Summary: "The notes on the member, without their words",
	Doc: `For who opened them, while they are open: every note that is about the member, alone or together with another, of every tier, drafts too, newest first. Read each with
` + "`GET /v1/coaching-notes/{note_id}`" + `. When the time is up: 409 ` + "`not_open`" + `. The look is logged.`,
	Errors: []services.Code{coaching.CodeGlassOver}, Example: services.Page[models.CoachingNote]{Data: []models.CoachingNote{glassNote}},
}

var endBreakGlassOp = op{
	ID: "endBreakGlass", Tag: "Break glass", Summary: "Close the notes before the time is up",
	Doc:     "Who opened them does, and any reviewer who finds that they should not be open. The review stays open. One that is over is answered as it stands." + glassRule,
	Example: glassThat(func(*coaching.GlassView) {}),
}

var sealBreakGlassNoticeOp = op{
	ID: "sealBreakGlassNotice", Tag: "Break glass", Summary: "Tell the member later",
	Doc: `For a reviewer, where whoever stands beside the member must not learn of it: the member is told 90 days after the opening, and until then what was read does not show in their
access log. Only before they are told (409 ` + "`already_told`" + `), and never by who opened the notes (403 ` + "`own_review`" + `).` + glassRule,
	Errors:  []services.Code{coaching.CodeOwnReview, coaching.CodeMemberTold, coaching.CodeNoticeSealed},
	Request: coaching.GlassReason{Reason: "Her husband reads her messages; the safety plan says so"},
	Example: glassThat(func(v *coaching.GlassView) {
		v.NoticeSealedAt, v.NoticeSealedBy, v.SealedUntil = &glassClosed, &coordinatorID, &glassSealed
	}),
}

var unsealBreakGlassNoticeOp = op{
	ID: "unsealBreakGlassNotice", Tag: "Break glass", Summary: "Tell the member after all",
	Doc:     "Takes the seal off the notice. The member is told at once." + glassRule,
	Errors:  []services.Code{coaching.CodeOwnReview, coaching.CodeMemberTold, coaching.CodeNoticeOpen},
	Request: coaching.GlassReason{Reason: "She lives with her sister now"},
	Example: glassThat(func(v *coaching.GlassView) {
		v.NoticeSealedAt, v.NoticeSealedBy, v.SealedUntil, v.ToldAt = &glassEnded, &coordinatorID, &glassClosed, &glassClosed
	}),
}

var closeBreakGlassOp = op{
	ID: "closeBreakGlass", Tag: "Break glass", Summary: "Close the review",
	Doc: `By another admin or a privacy officer, once the notes are closed again (else 409 ` + "`still_open`" + `: end it first); one's own review is 403 ` + "`own_review`" + `. The member is told now,
unless the notice is sealed. The task is done.` + glassRule,
	Errors:  []services.Code{coaching.CodeOwnReview, coaching.CodeGlassReviewed, coaching.CodeGlassReadable},
	Request: coaching.CloseGlass{Words: glassWords},
	Example: glassThat(func(v *coaching.GlassView) {
		v.ClosedAt, v.ClosedBy, v.ToldAt = &glassClosed, &coordinatorID, &glassClosed
	}),
}

var reopenBreakGlassOp = op{
	ID: "reopenBreakGlass", Tag: "Break glass", Summary: "Open a closed review again",
	Doc:     "When something new came up. The words of the review stay in the audit log, sealed. Who was told stays told." + glassRule,
	Errors:  []services.Code{coaching.CodeOwnReview, coaching.CodeGlassInReview},
	Request: coaching.GlassReason{Reason: "The facilitator remembers it otherwise"},
	Example: glassThat(func(v *coaching.GlassView) { v.ToldAt = &glassClosed }),
}
