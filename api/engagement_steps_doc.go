package api

import (
	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
	"homefront/services/programs"
)

var matchSuggestion = coaching.MatchSuggestion{CoachID: coachID, Name: "Dana R.", MatchWeight: &coaching.MatchWeight{Points: 89, Clients: 7, Limit: 12, Free: 9}, NextFree: &engagementWhen, Reasons: []models.MatchReason{
	{Code: "specialties", Points: count(30), Words: "Works with all of what was named: sleep, anger"}, {Code: "language", Points: count(20), Words: "Speaks en"},
	{Code: "hours", Points: count(20), Words: "9 free sessions within the hours asked for in the next four weeks"}, {Code: "load", Points: count(4), Words: "7 clients of at most 12"},
	{Code: "gender", Points: count(10), Words: "No gender was asked for"}, {Code: "modality", Points: count(5), Words: "Meets people in a way that suits"}}}

var matchRules = []coaching.MatchEligibility{{MemberID: luisID, Name: "Luis O.", Eligibility: models.Eligibility{Verdict: models.VerdictUnknown, Rules: []models.RuleVerdict{
	{Key: "verified", Rule: models.RuleVerified, Verdict: models.VerdictUnknown, Asks: "This asks for a verified period of service.", Sentence: "This asks for a verified period of service. Our team has a look at it."}}}}}

var suggestMatchesOp = op{
	ID: "suggestMatches", Tag: "Engagements", Summary: "Who could coach them",
	Doc: `**For our team**, coaches ranked by points from 0 to 100, each reason with its points and in words: what they work with (30), language (20), free sessions in the hours asked for in the next four weeks (20), load (10), gender asked for
(10), the ways of meeting (5), and whether they were asked for (5). Who said no to one another before comes last.

Missing without a word are those who could not: not checked or trained, suspended, taking no new clients, full, not for minors where one is coached, close to one of them, kept from their record, or kept apart.
Until it is active, ` + "`eligibility`" + ` says what the rules of the program say today of each who is to be coached. Where one is not ` + "`met`, `match` and `activate` ask for a `waive_reason`" + `.

**For those who take part, and the guardian who asked**, while it is ` + "`requested`" + `: the five who best meet what they asked for, the best first, then who is free first. Each has the name, ` + "`reasons`" + ` without points (what they work with, language,
hours; gender and ways of meeting where these were asked for), ` + "`next_free`" + `, and of the profile ` + "`bio`, `specialties`, `languages`, `modalities`, `time_zone`, `session_minutes`" + `; nothing of how many clients a coach has. They choose with
` + "`wanted_coach_id` of `PATCH /v1/engagements/{engagement_id}`" + `, which is a wish: our team proposes. Of a couple each asks for themselves, once they take part; who is asked along and has not said yes is told 409 ` + "`not_now`" + `. Who is here is also in
` + "`GET /v1/coaches`" + ` for that reader, and the other way round nobody is left out for a reason that concerns somebody else.`,
	Errors:  []services.Code{coaching.CodeNotNow, "own_record"},
	Example: coaching.MatchSuggestions{EngagementID: engagementID, Data: []coaching.MatchSuggestion{matchSuggestion}, Eligibility: matchRules},
}

var matchEngagementOp = op{
	ID: "matchEngagement", Tag: "Engagements", Summary: "Propose a coach",
	Doc: `It takes a place of the coach's caseload at once (409 ` + "`caseload_full`" + `); of two who want the last place one gets it. Coach and clients are told, and say yes or no. ` + "`coach_unavailable`" + ` never says why.
Nobody coaches themselves. Both of a couple have to have said that they take part, and who is asked for by a second wish be let take part (409 ` + "`partner_not_in`" + `).

The rules of the program are asked anew. Where somebody does not meet one, or it is not known whether they do, it is 422 ` + "`not_eligible` at `/waive_reason`" + `, with each rule in words; with ` + "`waive_reason`" + ` these rules are waived for them in this
program, as by ` + "`POST /v1/programs/{program_id}/waivers`" + `. It enrolls nobody: as of workshops, what takes place counts in an enrollment as soon as there is one for these days.`,
	Errors:  []services.Code{coaching.CodeNotNow, coaching.CodePartnerNotIn, coaching.CodeCoachUnavailable, coaching.CodeCaseloadFull, coaching.CodeStaffResume, "own_record", programs.CodeNotEligible},
	Request: coaching.MatchCoach{CoachID: coachID, Reason: "Knows night shifts herself."}, Example: engagementMatched,
}

var acceptMatchOp = op{
	ID: "acceptMatch", Tag: "Engagements", Summary: "Say yes to the coach, or the client",
	Doc: `By the coach who is proposed, and by each of those who are coached; with the last yes it is ` + "`active`" + `. For somebody under 18 the guardian who asked answers. Staff name in ` + "`member_id`" + ` who said yes to them,
on the phone say; the coach answers for nobody else and leaves it out. Sessions can be booked when the limits of confidentiality are agreed to as well.`,
	Errors:  []services.Code{coaching.CodeNotNow, coaching.CodeCoachUnavailable},
	Request: coaching.SayYes{}, Example: engagementActive,
}

var declineMatchOp = op{
	ID: "declineMatch", Tag: "Engagements", Summary: "Say no to the coach, or the client",
	Doc:    `No reason is asked, and nobody is told who said it. It goes back into the match queue, and our team finds another coach.`,
	Errors: []services.Code{coaching.CodeNotNow}, Example: coaching.EngagementNow{EngagementID: engagementID, State: models.EngagementRequested},
}

var activateEngagementOp = op{
	ID: "activateEngagement", Tag: "Engagements", Summary: "Say that everybody agreed, as staff", Doc: `For those who said yes elsewhere, on the phone say: the coach's yes and everybody's are taken as given. The rules of the program are asked once more, see match.`,
	Errors: []services.Code{coaching.CodeNotNow, coaching.CodeCoachUnavailable, "own_record", programs.CodeNotEligible}, Request: coaching.ActivateEngagement{StaffReason: staffSaidSo}, Example: engagementActive,
}

var pauseEngagementOp = op{
	ID: "pauseEngagement", Tag: "Engagements", Summary: "Let it stand still",
	Doc:     `By anybody in it, and staff. What is booked is called off, and does not count in the package. The place with the coach is kept. With ` + "`resume_on`" + ` it goes on by itself that day.`,
	Errors:  []services.Code{coaching.CodeNotNow},
	Request: coaching.PauseEngagement{ResumeOn: &engagementResumeOn}, Example: engagementPaused,
}

var resumeEngagementOp = op{
	ID: "resumeEngagement", Tag: "Engagements", Summary: "Let it go on",
	Doc:    `What our team has paused (` + "`paused_by_us`" + `), our team resumes; others are told 409 ` + "`staff_resume`" + `.`,
	Errors: []services.Code{coaching.CodeNotNow, coaching.CodeStaffResume, coaching.CodeCoachUnavailable}, Example: engagementActive,
}

var completeEngagementOp = op{
	ID: "completeEngagement", Tag: "Engagements", Summary: "Say that it has done what it was for", Doc: `By its coach or staff. What is still booked is called off. It stays readable.`,
	Errors: []services.Code{coaching.CodeNotNow, "coach_or_staff"}, Request: coaching.CompleteEngagement{Reason: models.EngagementEndGoalsReached}, Example: engagementDone,
}

var endEngagementOp = op{
	ID: "endEngagement", Tag: "Engagements", Summary: "End it",
	Doc:    `By anybody in it, and staff; members need not say why. Of a couple each leaves for themselves: 409 ` + "`leave_alone`" + `. A request is taken back the same way.`,
	Errors: []services.Code{coaching.CodeNotNow, "leave_alone"}, Request: coaching.EndEngagement{}, Example: engagementDone,
}

var reopenEngagementOp = op{
	ID: "reopenEngagement", Tag: "Engagements", Summary: "Take the end back",
	Doc:    `By staff, with a reason: with its coach, who reads of what came before what they read until then, where they have room and may coach, else back into the match queue. Not after a death or a merge: undo those.`,
	Errors: []services.Code{coaching.CodeNotNow, coaching.CodeAlreadyAsked, "own_record"}, Request: staffSaidSo, Example: engagementActive,
}

var extendEngagementOp = op{
	ID: "extendEngagement", Tag: "Engagements", Summary: "Add sessions to the package", Doc: `By its coach or staff, with a reason; 100 sessions at most in all.`,
	Errors: []services.Code{coaching.CodeNotNow, "coach_or_staff"}, Request: coaching.ExtendEngagement{Sessions: 4, Reason: "Two more months, until the move is done."}, Example: engagementActive,
}

var askForAnotherCoachOp = op{
	ID: "askForAnotherCoach", Tag: "Engagements", Summary: "Ask for another coach",
	Doc:    `No reason is asked. Our team gets in touch; the coach is not told and does not see it. What is booked stays booked until it is settled. Asking again changes nothing; ` + "`keep-coach`" + ` takes it back.`,
	Errors: []services.Code{coaching.CodeNotNow}, Example: engagementActive,
}

var keepCoachOp = op{
	ID: "keepCoach", Tag: "Engagements", Summary: "Keep the coach after all", Doc: `Takes back that one asked for another coach. Staff use it when that is what came of it.`,
	Errors: []services.Code{coaching.CodeNotNow}, Example: engagementActive,
}

var leaveEngagementOp = op{
	ID: "leaveEngagement", Tag: "Engagements", Summary: "Leave being coached as a couple",
	Doc: `For oneself, at once, without a reason. Before it has begun, that ends it. Later it is paused and what is booked is called off; our team talks with the other, who is told, as the coach is, that it is paused and no more: to them
` + "`people`" + ` says ` + "`left`" + ` only once it goes on without whoever left. What was shared with both stays readable to both. To who left it is ` + "`ended`" + ` from then on: how the other goes on, and with whom, is not in it.`,
	Errors: []services.Code{coaching.CodeNotNow}, Example: engagementLeft,
}

var (
	handOverExample = coaching.HandOverView{HandOver: models.HandOver{Record: models.Record{ID: engagementNextID, Version: 1, CreatedAt: engagementWhen, UpdatedAt: engagementWhen}, EngagementID: engagementID,
		FromCoachID: coachID, ToCoachID: coachSupervisor, State: models.HandOverProposed, MoveSessions: true}, FromCoach: "Dana R.", ToCoach: "Ruth M.", People: []coaching.HandOverPerson{{MemberID: luisID, Name: "Luis O."}}}
	handOverDone = handedOver(handOverExample)
)

func handedOver(h coaching.HandOverView) coaching.HandOverView {
	yes := true
	h.State, h.CoachAcceptedAt, h.ClosedAt, h.Moved, h.Version = models.HandOverDone, &engagementWhen, &engagementWhen, 3, 2
	h.People = []coaching.HandOverPerson{{MemberID: luisID, Name: "Luis O.", AnsweredAt: &engagementWhen, History: &yes}}
	return h
}

var proposeHandOverOp = op{
	ID: "proposeHandOver", Tag: "Engagements", Summary: "Propose that another coach takes over",
	Doc: `By staff, or by the coach of now. The new coach and each of those who are coached say yes or no; nothing changes before the last yes. Then, in one step: the new coach has the engagement; booked sessions go along where they
fit, and are called off where not, with a mail each; the coach until now reads no more of it than what they wrote themselves, for 90 days.

**A session fits** when the new coach meets people in that way, may coach these people that day, is free, and works then: it lies in their weekly hours or what they set for that day, in no time off, on a day and in a week with room
below their limits. Their hours count though coaches book outside them: a yes is to the people, and a proposal shows no times. A new coach who wants a session outside their hours sets that day's hours
(` + "`PUT /v1/coaches/{coach_id}/overrides/{day}`" + `) before the last yes, or books it anew after it. Notice, horizon and the starts of slots are not asked again: those who booked kept to them once.

**History** is for those who are coached to say, when they accept: with no, shared notes, goals and steps from before stay closed to the new coach. Of two, both have to say yes to it; each takes it back alone (` + "`updateEngagement`, `history: false`" + `). Notes that a coach keeps
for themselves never go along. The place with the new coach is kept while answers are awaited.`,
	Errors:  []services.Code{coaching.CodeNotNow, "already_proposed", coaching.CodeCoachUnavailable, coaching.CodeCaseloadFull, "coach_or_staff"},
	Request: coaching.ProposeHandOver{ToCoachID: coachSupervisor, MoveSessions: true}, Example: handOverExample,
}

var listHandOversOp = op{
	ID: "listHandOvers", Tag: "Engagements", Summary: "Find hand-overs", Doc: `Of one's own engagements, of one's clients, to oneself as the new coach, and for coordinators all but those of people close to them. Newest first.`,
	Example: services.Page[coaching.HandOverView]{Data: []coaching.HandOverView{handOverExample}},
}

var getHandOverOp = op{ID: "getHandOver", Tag: "Engagements", Summary: "Read a hand-over", Doc: `What somebody said of the history is shown to them, and to whoever answered for them.`, Example: handOverExample}

var acceptHandOverOp = op{
	ID: "acceptHandOver", Tag: "Engagements", Summary: "Say yes to a hand-over",
	Doc: `By the coach who would take over, who leaves ` + "`history`" + ` out, and by each of those who are coached, who have to say it; for somebody under 18 by the guardian who asked for them. Staff name in ` + "`member_id`" + ` who said yes
to them, but neither of the two coaches does (403 ` + "`own_hand_over`" + `). Until the last yes an answer can be given anew. With the last one it happens.`,
	Errors:  []services.Code{coaching.CodeOwnHandOver, coaching.CodeNotNow, coaching.CodeCoachUnavailable},
	Request: map[string]any{"history": true}, Example: handOverDone,
}

var declineHandOverOp = op{
	ID: "declineHandOver", Tag: "Engagements", Summary: "Say no to a hand-over", Doc: `By the coach who would take over, or one of those who are coached. No reason is asked; everything stays as it is, and our team looks for another way.`,
	Errors: []services.Code{coaching.CodeNotNow}, Example: handOverExample,
}

var cancelHandOverOp = op{
	ID: "cancelHandOver", Tag: "Engagements", Summary: "Take a hand-over back", Doc: `By staff, or the coach of now, while it waits for answers.`,
	Errors: []services.Code{coaching.CodeNotNow}, Example: handOverExample,
}

var reassignClientsOp = op{
	ID: "reassignClients", Tag: "Engagements", Summary: "Find other coaches for the clients of one",
	Doc: `When a coach leaves, or may coach no longer. With ` + "`dry_run`" + ` it names the three best coaches for each client, 30 clients at a time, and changes nothing. Without, it proposes a hand-over for each client in
` + "`hand_overs`" + `, each with its own yes or no as ` + "`POST /v1/engagements/{engagement_id}/hand-over`" + ` says; one that cannot be is in ` + "`refused`" + ` with its reason, and stops no other. ` + "`left`" + ` counts who is still without.
Clients whom the caller does not see are for a colleague.`,
	Request: coaching.ReassignClients{HandOvers: []coaching.ReassignedTo{{EngagementID: engagementID, ToCoachID: coachSupervisor}}, MoveSessions: true},
	Example: coaching.Reassignment{Suggestions: []coaching.MatchSuggestions{}, Proposed: []uuid.UUID{engagementNextID}, Refused: []coaching.ReassignRefused{}, Left: 2},
}
