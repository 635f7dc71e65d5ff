package api

import (
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
	"homefront/services/people"
)

var (
	engagementID       = uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9be101")
	engagementAskedAt  = time.Date(2026, time.November, 20, 15, 4, 0, 0, time.UTC)
	engagementAnswerBy = engagementAskedAt.Add(48 * time.Hour)
	engagementWhen     = time.Date(2026, time.December, 1, 23, 0, 0, 0, time.UTC)
	engagementNextID   = uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9be102")
	engagementHopes    = "Sleep through the night, and be less short with my kids."
	engagementProgram  = uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9be103")
	engagementResumeOn = models.NewDate(2027, time.January, 11)
	engagementBase     = models.Engagement{Record: models.Record{ID: engagementID, Version: 1, CreatedAt: engagementAskedAt, UpdatedAt: engagementAskedAt}, ProgramID: engagementProgram,
		State: models.EngagementRequested, FocusAreas: models.Texts[models.Focus]{"sleep", "anger"}, Language: "en", Modalities: models.Texts[models.Modality]{models.ModalityOnline},
		TimeZone: "America/New_York", Hours: models.Texts[string]{"MO 18:00-20:00", "SA 09:00-12:00"}, PackageSessions: 6, RequestedAt: engagementAskedAt, RequestedBy: luisID, AnswerBy: &engagementAnswerBy}
	engagementAsked   = engagementSeen(models.EngagementRequested, "participant")
	engagementMatched = engagementSeen(models.EngagementMatched, "staff")
	engagementActive  = engagementSeen(models.EngagementActive, "participant")
	engagementPaused  = engagementSeen(models.EngagementPaused, "participant")
	engagementLeft    = engagementSeen(models.EngagementEnded, "participant")
	engagementDone    = engagementSeen(models.EngagementCompleted, "coach")
	engagementRead    = withHopes(engagementSeen(models.EngagementActive, "participant"))
	staffSaidSo       = people.StaffReason{Reason: "Both said yes on the phone today."}
)

// engagementSeen is an engagement in a state, as somebody sees it.
func engagementSeen(state models.EngagementState, as string) coaching.EngagementView {
	v := coaching.EngagementView{Engagement: engagementBase, As: as, Review: []string{}, Missing: []string{}, SessionsLeft: 6,
		People: []coaching.EngagementPerson{{MemberID: luisID, Name: "Luis O.", You: as == "participant", State: models.ParticipantJoined, Agreed: true}}}
	v.State = state
	at := engagementAskedAt.Add(20 * time.Hour)
	if state == models.EngagementRequested {
		v.WaitingDays, v.Missing = count(0), []string{"match"}
		return v
	}
	v.AnswerBy = nil
	v.CoachID, v.Coach, v.MatchedAt = &coachID, "Dana R.", &at
	if state == models.EngagementMatched {
		v.Missing = []string{"coach_yes", "their_yes"}
		return v
	}
	v.CoachAcceptedAt, v.ActivatedAt, v.People[0].AcceptedAt = &at, &at, &at
	v.SessionsUsed, v.SessionsLeft = 2, 4
	switch state {
	case models.EngagementActive:
		v.Next = &coaching.EngagementSessionAhead{ID: engagementNextID, StartsAt: engagementWhen, EndsAt: engagementWhen.Add(50 * time.Minute), Modality: models.ModalityOnline, State: models.CoachingBooked}
	case models.EngagementPaused:
		v.PausedAt, v.ResumeOn = &engagementWhen, &engagementResumeOn
	case models.EngagementCompleted:
		why := models.EngagementEndGoalsReached
		v.ClosedAt, v.EndReason = &engagementWhen, &why
	}
	return v
}

func withHopes(v coaching.EngagementView) coaching.EngagementView {
	v.People[0].Hopes = &engagementHopes
	return v
}

// engagementRule is told wherever engagements are read.
const engagementRule = `

**States.** ` + "`requested`" + ` (somebody waits for a coach) → ` + "`matched`" + ` (a coach is proposed) → ` + "`active`" + ` as soon as the coach and everybody who is coached have said yes ⇄ ` + "`paused`" + ` →
` + "`completed`; any live state can be `ended`" + `. A coach who is declined, by either side, is gone from it: back to ` + "`requested`" + `.

**Who sees what.** ` + "`as`" + ` says what the reader is to it. Those who are coached see all of it, their own hopes and not those of a partner. The coach sees the hopes of their clients from the moment they are proposed.
Coordinators see people, dates, states and counts, never hopes; nobody is staff for themselves or people close to them. A parent or guardian who asked for a child sees times and places, never
words. Each look of staff or coach is in the member's access log.`

var askForCoachOp = op{
	ID: "askForCoach", Tag: "Engagements", Summary: "Ask for a coach",
	Doc: `For oneself; for a couple, with ` + "`partner_member_id`" + `: the partner is asked along and need not say yes, and whoever asked is not told that they would rather not. A parent or guardian asks for their child
(` + "`member_id`" + `), a caregiver for the adult they may act for, coordinators for anybody. Until the 18th birthday a guardian asks, and answers.

One wish or engagement is live at a time alone, and one as a couple (409 ` + "`already_asked`" + `). Without ` + "`program_id`" + ` it is the only running program, or of several running ones the only one that has had
coaching before; else 422 ` + "`required`" + `. Language and time zone are those of the member's record when absent.

A person on our team finds the coach. ` + "`answer_by`" + ` says by when whoever asked hears from us, and so does a mail to them (in neutral words); ` + "`missing`" + ` says what stands before the first session. Who fits is in
` + "`GET /v1/engagements/{engagement_id}/match-suggestions`" + `. Rules of the program are asked, and refuse nobody: where one is not met our team looks at it. Answers that are kept for ` + "`Idempotency-Key`" + ` hold no hopes: read them with
` + "`GET /v1/engagements/{engagement_id}`" + `.`,
	Errors:  []services.Code{coaching.CodeAlreadyAsked},
	Request: map[string]any{"hopes": engagementHopes, "focus_areas": []string{"sleep", "anger"}, "hours": []string{"MO 18:00-20:00", "SA 09:00-12:00"}, "modalities": []string{"online"}},
	Example: engagementAsked,
}

var listEngagementsOp = op{
	ID: "listEngagements", Tag: "Engagements", Summary: "Find engagements",
	Doc: `Members see those they take part in or did, guardians those they asked for, coaches their clients, coordinators all but their own and those of people close to them. Newest request first.

The match queue is ` + "`?waiting=true&sort=requested_at`, with `waiting_days`; who asked for another coach is `?change_asked=true`" + `, for coordinators alone. Hopes are in no list.` + engagementRule,
	Example: services.Page[coaching.EngagementView]{Data: []coaching.EngagementView{engagementActive}},
}

var getEngagementOp = op{
	ID: "getEngagement", Tag: "Engagements", Summary: "Read an engagement", Doc: `With what stands before the first session, the use of the package, the next session, and the hopes for whom they are meant.` + engagementRule,
	Example: engagementRead,
}

var updateEngagementOp = op{
	ID: "updateEngagement", Tag: "Engagements", Summary: "Change hopes, focus and hours",
	Doc: `Those who are coached, the guardian who asked for a child, and coordinators, who leave ` + "`hopes`" + ` alone (403 ` + "`own_hopes`" + `). A coach asks the client to change it. Null takes back; the answer holds no hopes. ` + "`history: false`" + ` closes to the coach of now
what came before them, when everybody had opened it at a hand-over: at the next read, by the word of one of two.`,
	Errors:  []services.Code{coaching.CodeNotNow, "own_hopes", "coach_reads"},
	Request: map[string]any{"hours": []string{"TU 18:00-21:00"}, "coach_gender": nil}, Example: engagementAsked,
}

var getLimitsOp = op{
	ID: "getConfidentialityLimits", Tag: "Engagements", Summary: "Read the limits of confidentiality",
	Doc: `In plain words, as they stand now; readable at any time by everybody in it. They are agreed to with ` + "`POST /v1/me/consents` (`version_id`, `text_hash`)" + ` before the first session: for somebody under 18 by a guardian whom
our team has confirmed. Whoever takes their consent back is booked no further, at once: 409 ` + "`limits_not_agreed`" + ` at each booking until everybody has agreed again.`,
	Example: coaching.LimitsView{Text: &people.ConsentText{DocumentID: engagementProgram, Title: "Limits of confidentiality in coaching", VersionID: engagementNextID, Number: 1, Language: "en",
		Body: "Coaching is not therapy …", TextHash: models.TextHash("Coaching is not therapy …")}, Agreed: true, People: []coaching.LimitsPerson{{MemberID: luisID, Name: "Luis O.", You: true, Agreed: true}}},
}

var joinEngagementOp = op{
	ID: "joinEngagement", Tag: "Engagements", Summary: "Say yes to be coached as a couple", Doc: `For who is asked along (their own ` + "`state` is `asked`" + `).`,
	Errors: []services.Code{coaching.CodeNotNow, coaching.CodeAlreadyAsked}, Example: engagementAsked,
}

var refuseEngagementOp = op{
	ID: "refuseEngagement", Tag: "Engagements", Summary: "Say no to be coached as a couple",
	Doc:    `No reason is asked. Whoever asked is not told, and sees no difference: to them it stays open. Our team sees it and finds words. It is gone from one's own list at once.`,
	Errors: []services.Code{coaching.CodeNotNow}, Example: coaching.EngagementNow{EngagementID: engagementID, State: models.EngagementRequested},
}

var askPartnerOp = op{
	ID: "askPartner", Tag: "Engagements", Summary: "Let the other of a couple, or of a second wish, come along, as staff",
	Doc: `Where staff looked twice first (` + "`review` has `partner_not_asked`" + `), or where the partner said no once and has changed their mind. Two who must not be brought together are not: 409 ` + "`not_now`" + `.

Of a wish with ` + "`second`" + ` in ` + "`review`" + `, it lets the child, or the adult in care, take part once no other wish for them is open (before: 409 ` + "`already_asked`" + `). From then on a coach can be found for it like for any other; to who asked it looks as it did.`,
	Errors:  []services.Code{coaching.CodeNotNow, coaching.CodeAlreadyAsked, "own_record"},
	Request: staffSaidSo, Example: engagementAsked,
}
