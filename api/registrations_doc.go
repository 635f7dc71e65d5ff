package api

import (
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

var (
	registrationID  = uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9be0d1")
	attendeeID      = uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9be0d2")
	attendingLead   = uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9be0d3")
	attendingChild  = uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9be0d4")
	registeredAt    = time.Date(2026, 10, 1, 14, 3, 0, 0, time.UTC)
	inviteUntil     = registeredAt.Add(48 * time.Hour)
	offerUntil      = registeredAt.Add(24 * time.Hour)
	listPosition    = 3
	partyNote       = "We arrive with a stroller"
	partyWorkshop   = workshops.WorkshopBrief{ID: workshopID, Title: "Living with Hypervigilance", Format: models.FormatInPerson, StartsAt: &workshopStarts, EndsAt: &workshopEnds, TimeZone: "America/New_York", Place: "Haymount Hall, 418 Haymount Ave, Fayetteville"}
	registrationRow = models.Registration{
		Record:     models.Record{ID: registrationID, Version: 1, CreatedAt: registeredAt, UpdatedAt: registeredAt},
		WorkshopID: workshopID, LeadMemberID: attendingLead, State: models.RegistrationConfirmed, ConfirmedAt: &registeredAt,
	}
	registrationExample = workshops.RegistrationView{
		Registration: registrationRow, Workshop: partyWorkshop, Note: &partyNote,
		Attendees: []workshops.AttendeeView{
			{ID: attendeeID, Name: "Luis Ortega", Kind: models.SeatAdult, State: models.AttendeeAttending, MemberID: &attendingLead, Attendance: &workshops.AttendanceSummary{}},
			{ID: uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9be0d5"), Name: "Ana Ortega", Kind: models.SeatAdult, State: models.AttendeeInvited, InviteExpiresAt: &inviteUntil},
		},
	}
	waitingExample = workshops.RegistrationView{
		Registration:     models.Registration{Record: registrationRow.Record, WorkshopID: workshopID, LeadMemberID: attendingLead, State: models.RegistrationWaitlisted, QueuedAt: &registeredAt},
		WaitlistPosition: &listPosition, Workshop: partyWorkshop, Note: &partyNote, Attendees: registrationExample.Attendees[:1],
	}
	invitationToJoin = workshops.Invitation{AttendeeID: attendeeID, RegistrationID: registrationID, Name: "Ana Ortega", InvitedBy: "Luis", State: "invited", ExpiresAt: &inviteUntil, Workshop: partyWorkshop}
	justification    = workshops.Justification{Reason: "Spoke on the telephone; the mail had come back"}
	linkToken        = workshops.InvitationToken{Token: "AZnB8o9rejSw0WovDJvgAf2rnqhS0WbEaFz1QGtk3kI"}
)

func stateCodes(more ...services.Code) []services.Code {
	return append([]services.Code{workshops.CodeWrongState, workshops.CodeWorkshopOver}, more...)
}

var registerOp = op{
	ID: "register", Tag: "Registrations", Summary: "Register a party",
	Doc: `Asks for places for a party: all of it is seated, or none. Without ` + "`attendees`" + ` it is the caller alone.

* ` + "`member_id`" + `: the caller, or somebody they may act for. A person one may not act for is told like one who does not exist.
* ` + "`guest`" + `: somebody known by name only, up to the workshop's limit, which counts all parties of the same lead.
* ` + "`invite`" + `: any other adult. They get a mail of their own, or a call, and answer for themselves while a seat is held.
  A member asks 20 at once, then one each half hour; else 429.

The answer's ` + "`state`" + ` is ` + "`confirmed`" + ` when there are seats and nobody who waits would fit; ` + "`waitlisted`" + ` with ` + "`waitlist_position`" + ` when
there are not; ` + "`pending_approval`" + `, holding its seats, while staff have something to look at, as at each party with a child whose guardian they
have not confirmed yet. Children come with an adult of their party, unless the workshop is staffed for minors. Ages count on the local date of
the first session.

Staff register anybody, and name who leads the party. With ` + "`waive_reason`" + ` the window, the age, the audience and the rules do not count; each rule
that was not met is waived for that person, and can be counted again (` + "`/v1/waivers`" + `).

With a ` + "`pass`" + `, the token of a link that staff made (` + "`/v1/workshops/{workshop_id}/passes`" + `), no approval and no window of registration counts, and a free seat is theirs
before those who wait; a link that is unknown, or somebody else's, is 404.

**Rules.** Where the workshop has ` + "`rules`" + `, each member who comes is judged by them on the first day, or on the day of the session. A rule that is
not met is refused: 422, ` + "`not_eligible`" + ` at ` + "`/attendees/N/member_id`" + `, with a sentence that says what it asks and what to do. Where a fact is missing, or
one that the caller must not know decides, the party is ` + "`pending_approval`" + ` like any other that staff look at. Ask before with
` + "`GET /v1/workshops/{workshop_id}/eligibility`" + `. Guests are not judged: a party without any
member who comes is looked at. What staff enter is decided by that: a missing fact passes. Who waits was judged when they began to.

**The registration form.** Where the workshop has a ` + "`registration_form_id`" + `, each member who comes is asked it. Send ` + "`answers`" + ` with the attendee, by the
keys of the form's fields, and it is answered at once; what is wrong with them is told at ` + "`/attendees/N/answers/FIELD`" + ` together with everything else,
and nothing is stored. Leave them out and the place is taken all the same, first things first on a bad connection: the attendee's ` + "`form`" + ` is ` + "`due`" + `, with
the ` + "`response_id`" + ` to answer it by. A party that waits is asked when it gets its seats. Nobody sees the answers here: they are at ` + "`/v1/form-responses`" + `, for
who entered them, and for the staff whom a question names. Two guardians who book the same child each have a form of their own, and neither sees the other's.`,
	Errors: []services.Code{workshops.CodeNotOpen, workshops.CodeClosed, workshops.CodeFull, workshops.CodeAlreadyRegistered,
		workshops.CodePassUsedUp, workshops.CodePassExpired, workshops.CodePassRevoked},
	Request: workshops.Register{Note: partyNote, Attendees: []workshops.AttendeeInput{
		{MemberID: &attendingLead}, {MemberID: &attendingChild}, {Invite: &workshops.InviteInput{Name: "Ana Ortega", Email: "ana@example.org"}},
	}},
	Example: registrationExample,
}

var workshopEligibilityOp = op{
	ID: "getWorkshopEligibility", Tag: "Eligibility", Summary: "Whether somebody may come, rule by rule",
	Doc: `What the workshop's rules say of the caller or of somebody they may act for, on the local date of the first session; of a drop-in workshop on that
of ` + "`session_id`" + `, else of the next. Each verdict has a sentence to show. To members, what is of others stays ` + "`unknown`" + `: staff check that with them.
Age and audience are the workshop's own, and not among these. Staff ask about those they handle, see everything, and the look is logged; for anybody else a member is 404.`,
	Example: eligibilityExample,
}

var listRegistrationsOp = op{
	ID: "listRegistrations", Tag: "Registrations", Summary: "A workshop's registrations",
	Doc:     "In the order in which they came; `-created_at` turns it around. `review` says what staff should look at. The look is logged.",
	Example: services.Page[workshops.RegistrationView]{Data: []workshops.RegistrationView{registrationExample}},
}

var listWaitlistOp = op{
	ID: "listWaitlist", Tag: "Registrations", Summary: "Who waits, in order",
	Doc:     "First those whom staff moved ahead, in the order in which they did; then as they came. Free seats are offered to the first party that fits; one that is too large keeps its place. The look is logged.",
	Example: services.Page[workshops.RegistrationView]{Data: []workshops.RegistrationView{waitingExample}},
}

var listMyRegistrationsOp = op{
	ID: "listMyRegistrations", Tag: "Registrations", Summary: "One's own registrations",
	Doc:     "The parties that the caller leads, comes with, or has entered somebody into; `when=upcoming` those that are not over. Sort by `starts_at` or `created_at`.",
	Example: services.Page[workshops.RegistrationView]{Data: []workshops.RegistrationView{registrationExample}},
}

var getRegistrationOp = op{
	ID: "getRegistration", Tag: "Registrations", Summary: "One registration",
	Doc: `For who leads the party, comes with it, or entered somebody of it. ` + "`workshop.join_url`" + ` is the app's page to join at, there once a place online is confirmed. Somebody invited looks
` + "`invited`" + ` to the others until the time to answer has passed, and then ` + "`lapsed`" + `, whether they said no or nothing. Staff see it as it is; their look is
logged. The ETag is for changing attendees.`,
	Example: registrationExample,
}

var shareRegistrationOp = op{
	ID: "shareRegistration", Tag: "Registrations", Summary: "Show a child's place to the other guardians",
	Doc: `Two guardians of one child never learn of each other's bookings, unless one of them shares it. A shared booking appears in the other
guardian's ` + "`GET /v1/me/registrations`" + ` and can be read there: the workshop, the state, and their child alone. They can change nothing and get no
check-in code, join link or mail. The parties of the other, the note and whoever else comes stay unseen. Only who leads the party shares it.`,
	Errors: stateCodes(workshops.CodeNotYours), Example: sharedExample(true),
}

var unshareRegistrationOp = op{
	ID: "unshareRegistration", Tag: "Registrations", Summary: "Stop showing a child's place to the other guardians",
	Doc:    "From then on it is to them as if it were not there. Nobody is told.",
	Errors: stateCodes(workshops.CodeNotYours), Example: sharedExample(false),
}

func sharedExample(shared bool) workshops.RegistrationView {
	v := registrationExample
	v.SharedWithGuardians, v.Version = shared, 2
	return v
}

var cancelRegistrationOp = op{
	ID: "cancelRegistration", Tag: "Registrations", Summary: "Cancel a registration, or leave the waitlist",
	Doc: `Gives up every place of the party; they are offered to the next. After the workshop's deadline a confirmed place is marked
` + "`late_cancel`" + `. Cancelling what is cancelled answers the same. Staff say why, and may say whether it counts as late.`,
	Errors: stateCodes(workshops.CodeNotYours), Request: workshops.Cancellation{Reason: "The sitter fell ill"},
	Example: cancelledExample(),
}

func cancelledExample() workshops.RegistrationView {
	v := registrationExample
	v.State, v.Version, v.ClosedAt = models.RegistrationCancelled, 2, &offerUntil
	return v
}

var acceptOfferOp = op{
	ID: "acceptOffer", Tag: "Registrations", Summary: "Take offered seats",
	Doc:    "All of them, before `offer_expires_at`. Where staff have something to look at the party becomes `pending_approval` and keeps the seats; so it does where somebody does not meet the age, the audience or the rules by now. What comes too late answers 409 `offer_expired`, even if nobody has noticed yet.",
	Errors: stateCodes(workshops.CodeOfferExpired, workshops.CodeNotYours), Example: registrationExample,
}

var declineOfferOp = op{
	ID: "declineOffer", Tag: "Registrations", Summary: "Leave offered seats to the next",
	Doc:    "The party leaves the list, too.",
	Errors: stateCodes(workshops.CodeNotYours), Example: cancelledExample(),
}

var splitRegistrationOp = op{
	ID: "splitRegistration", Tag: "Registrations", Summary: "Part a party in two",
	Doc:    "Some of a party go on as a party of their own, with a lead of their own. Both keep their seats, or their place in line. The new one is answered. An adult who does not lead the party parts from it with those whom they entered.",
	Errors: stateCodes(workshops.CodeAdultRequired, workshops.CodeNotYours), Request: workshops.Split{AttendeeIDs: []uuid.UUID{attendeeID}, LeadMemberID: attendingLead}, Example: registrationExample,
}

var approveRegistrationOp = op{
	ID: "approveRegistration", Tag: "Registrations", Summary: "Approve a registration",
	Doc: `Confirms a party that waits for approval. A child whom two guardians booked keeps both seats, and neither guardian is told of
the other; staff see both, and may cancel one. Nobody decides about themselves or those close to them.

The body may be left out. Where the party brings people together who are kept apart (409 ` + "`separation_clash`" + `, with the separations in ` + "`errors`" + `), a reason confirms it
all the same; it is kept sealed. Where somebody does not meet the workshop's rules by now (422 ` + "`not_eligible`" + ` at ` + "`/waive_reason`" + `, with the separations beside
it if there are any), ` + "`waive_reason`" + ` waives these rules for them. Staff who must not know of the separation are told ` + "`own_record`" + `: a colleague handles this.`,
	Errors: stateCodes(workshops.CodeOwnRecord, workshops.CodeSeparationClash), Request: workshops.Approval{}, Example: registrationExample,
}

var declineRegistrationOp = op{
	ID: "declineRegistration", Tag: "Registrations", Summary: "Decline a registration",
	Doc:    "Tells the party, kindly and without the reason, that it gets no place. The reason is kept sealed. It can be reinstated.",
	Errors: stateCodes(workshops.CodeOwnRecord), Request: justification, Example: cancelledExample(),
}

var reinstateRegistrationOp = op{
	ID: "reinstateRegistration", Tag: "Registrations", Summary: "Take back the end of a registration",
	Doc:    "A cancelled, declined or expired registration has its seats again when they are free; else it waits, ahead of all whom nobody moved ahead. Who does not meet the workshop's rules by now has no seat again without a `waive_reason`, which waives those rules for them: 422 `not_eligible` at `/waive_reason`. Where the party waits, staff look at that before it is confirmed.",
	Errors: stateCodes(workshops.CodeOwnRecord, workshops.CodeAlreadyRegistered, workshops.CodeNotEligible), Request: workshops.Reinstatement{Reason: justification.Reason}, Example: registrationExample,
}

var moveUpRegistrationOp = op{
	ID: "moveUpRegistration", Tag: "Registrations", Summary: "Move a waiting party ahead",
	Doc:    "Ahead of all whom nobody moved ahead before. Free seats that fit are offered at once. From two hours before the start nobody is offered seats any more, and until the end this gives the party the free seats themselves, which staff have spoken with them about: it is `confirmed`, or `pending_approval` where there is something to look at, and told so; without seats for all of it 409 `full`. Coordinators have a task `free_seats` while somebody waits whom the free seats would hold. The reason is kept sealed.",
	Errors: stateCodes(workshops.CodeOwnRecord, workshops.CodeFull), Request: justification, Example: waitingExample,
}

var addAttendeeOp = op{
	ID: "addAttendee", Tag: "Registrations", Summary: "Add somebody to a party",
	Doc: `With a seat free that nobody waits for, they come along. Else they wait as a party of their own with the same lead, and that registration is
answered: its id differs. A party that waits grows where it stands. Answer an open offer first. After the end of registration only staff add somebody;
where every party is approved, it is looked at again. The workshop's rules and form are as for a whole party, at ` + "`/member_id`" + ` and ` + "`/answers`" + `; staff
say in ` + "`waive_reason`" + ` why the age, the audience and the rules do not count for them. People and guests of all parties of the same lead count together.`,
	Errors:  stateCodes(workshops.CodeFull, workshops.CodeClosed, workshops.CodeAlreadyRegistered, workshops.CodeNotYours),
	Request: workshops.AttendeeInput{Guest: &workshops.GuestInput{Name: "Rosa Ortega", Kind: models.SeatAdult}}, Example: registrationExample,
}

var swapAttendeeOp = op{
	ID: "swapAttendee", Tag: "Registrations", Summary: "Give somebody's seat to somebody else",
	Doc:     "Of those whom the caller entered. Rules and form are those of somebody who is added; what was asked of the other is moot. If-Match holds the registration's ETag.",
	Errors:  stateCodes(workshops.CodeFull, workshops.CodeAlreadyRegistered, workshops.CodeAdultRequired, workshops.CodeNotYours),
	Request: workshops.AttendeeInput{Guest: &workshops.GuestInput{Name: "Rosa Ortega", Kind: models.SeatAdult}}, Example: registrationExample,
}

var removeAttendeeOp = op{
	ID: "removeAttendee", Tag: "Registrations", Summary: "Take somebody out of a party",
	Doc:    "Of those whom the caller entered: a child, a guest, somebody who has not answered. Another adult leaves by themselves. The seat is offered to the next. If-Match holds the registration's ETag.",
	Errors: stateCodes(workshops.CodeAdultRequired, workshops.CodeNotYours),
}

var leavePartyOp = op{
	ID: "leaveParty", Tag: "Registrations", Summary: "Leave a party, alone",
	Doc:    "When the lead leaves, another adult of the party leads. Whoever is the last to leave cancels, late after the deadline. The last adult cannot leave children behind: cancel the registration then.",
	Errors: stateCodes(workshops.CodeAdultRequired, workshops.CodeNotYours), Example: registrationExample,
}

var joinPartyOp = op{
	ID: "joinParty", Tag: "Registrations", Summary: "Accept an invitation in the app",
	Doc: `For the account whose verified address was invited. Staff accept for somebody on the telephone, and may say which member it is; not for whom they asked along themselves. So they do for somebody who accepted by the link of the mail, whom nobody knows, where the workshop has rules: there is a task to look at them, they keep their seat until then, and ` + "`refuse`" + ` tells them that they get none.

Where the workshop has rules, whoever accepts is judged by them: 422 ` + "`not_eligible`" + ` says to them alone what is not met, and to whoever invited them it stays an open
invitation. Where a fact is missing they come with a party of their own that staff look at, which looks like no answer, too. ` + "`answers`" + ` are to the registration form;
whoever invited them reads nothing of these.`,
	Errors: []services.Code{workshops.CodeOwnRecord, workshops.CodeInvitationOver, workshops.CodeAlreadyRegistered, workshops.CodeAdultRequired}, Request: workshops.Acceptance{}, Example: invitationToJoin,
}

var turnDownPartyOp = op{
	ID: "turnDownParty", Tag: "Registrations", Summary: "Refuse an invitation in the app",
	Doc:    "Who invited is not told: it looks like no answer. The seat is offered to the next.",
	Errors: []services.Code{workshops.CodeInvitationOver}, Example: invitationToJoin,
}

var excuseAttendeeOp = op{
	ID: "excuseAttendee", Tag: "Attendance", Summary: "Not this time",
	Doc:     "Says before a session that one does not come to it. The place stays; the session does not count against them, and nobody reminds them of it.",
	Errors:  []services.Code{workshops.CodeNotYours, workshops.CodeNotConfirmed, workshops.CodeWrongState},
	Request: workshops.Excuse{SessionID: sessionExample.ID},
	Example: models.Attendance{ID: registrationID, SessionID: sessionExample.ID, AttendeeID: attendeeID, Status: models.AttendanceExcused, Source: models.FromMember, RecordedBy: &attendingLead, RecordedAt: registeredAt},
}

var listMyPartyInvitationsOp = op{
	ID: "listMyPartyInvitations", Tag: "Registrations", Summary: "Parties that one is asked to join",
	Doc:     "Open invitations to the verified address of the account, the most urgent first; at most 100.",
	Example: services.Page[workshops.Invitation]{Data: []workshops.Invitation{invitationToJoin}},
}

var showPartyInvitationOp = op{
	ID: "showPartyInvitation", Tag: "Registrations", Summary: "What a mailed invitation is about", NoKey: true,
	Doc:     "Looking changes nothing. Its `state` is `over` when the party has ended. A token that is not ours is 404.",
	Request: linkToken, Example: invitationToJoin,
}

var acceptPartyInvitationOp = op{
	ID: "acceptPartyInvitation", Tag: "Registrations", Summary: "Accept an invitation with the link of the mail", NoKey: true,
	Doc:    "Accepting twice answers the same. Without an account one comes under the name of the invitation; where exactly one member has the invited address, it is them. A link proves no identity: where the workshop has rules, staff look at everybody of whom these are not known to be met, and the answer is the same as ever; `registration_id` and `attendee_id` stay those of the invitation. The registration form is answered after signing in.",
	Errors: []services.Code{workshops.CodeInvitationOver, workshops.CodeAlreadyRegistered, workshops.CodeAdultRequired}, Request: linkToken, Example: invitationToJoin,
}

var refusePartyInvitationOp = op{
	ID: "refusePartyInvitation", Tag: "Registrations", Summary: "Refuse an invitation with the link of the mail", NoKey: true,
	Doc:    "Who invited is not told: it looks like no answer.",
	Errors: []services.Code{workshops.CodeInvitationOver}, Request: linkToken, Example: invitationToJoin,
}
