package api

import (
	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

var (
	passExample = models.WorkshopPass{
		Record:     models.Record{ID: uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9be0e1"), Version: 1, CreatedAt: registeredAt, UpdatedAt: registeredAt},
		WorkshopID: workshopID, Label: "Partner clinic, spring", Uses: 5, Used: 2, ExpiresAt: workshopStarts, MadeBy: attendingLead,
	}
	passView         = workshops.PassView{WorkshopPass: passExample, State: models.PassValid}
	transferTo       = uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9be0e2")
	confirmedDecided = models.RegistrationConfirmed
)

var makePassOp = op{
	ID: "makePass", Tag: "Registrations", Summary: "Make a link past the queue",
	Doc: `Whoever registers with the link's token (` + "`pass`" + ` in the body of a registration) needs no approval, may come before registration opens or after it closes, until the
first session starts, and has a free seat before those who wait. When there is none they wait first in line, behind those whom staff moved up before. Everything
else stands: the age, the audience, the rules, the form, guardians, and every other thing that staff look at.

With ` + "`member_id`" + ` or ` + "`email`" + ` it is for one person, has one use, and is mailed to them; a member's works for that member alone. Without either, hand out the link: it works for
` + "`uses`" + ` parties. A use is never given back. Nobody makes one for themselves or somebody close to them, and for a party
of which anybody is the maker or close to them, a pass is one that does not exist (404).

The token and the link are answered this once; nothing that is stored opens anything.`,
	Errors: []services.Code{workshops.CodeWrongState, workshops.CodeOwnRecord}, NoKey: true,
	Request: workshops.NewPass{Label: "Partner clinic, spring", Uses: 5},
	Example: workshops.MadePass{WorkshopPass: passExample, State: models.PassValid, Token: linkToken.Token, Link: "https://homefront.example/pass?token=" + linkToken.Token},
}

var listPassesOp = op{
	ID: "listPasses", Tag: "Registrations", Summary: "A workshop's passes",
	Doc:     "Newest first, without their links, which nobody can read again. Passes for people whose records are closed to the caller are left out. The look is logged.",
	Example: services.Page[workshops.PassView]{Data: []workshops.PassView{passView}},
}

var revokePassOp = op{
	ID: "revokePass", Tag: "Registrations", Summary: "Take a pass back",
	Doc:    "From then on it answers 409 `pass_revoked`. A mail that has not gone is not sent. Who has registered with it keeps their place. Doing it again changes nothing.",
	Errors: []services.Code{workshops.CodeOwnRecord}, Example: workshops.PassView{WorkshopPass: revokedPass(), State: models.PassRevoked},
}

func revokedPass() models.WorkshopPass {
	p := passExample
	p.RevokedAt, p.Version = &offerUntil, 2
	return p
}

var showPassOp = op{
	ID: "showPass", Tag: "Registrations", Summary: "What a pass is good for",
	Doc: `What whoever holds the link is told without signing in: whether it works and until when, and when it starts, but nothing of what it is. One for what was called off, or is over, is
` + "`expired`" + `. With the ` + "`workshop_id`" + ` one reads the
rest after signing in, and registers there with the same token. Looking changes nothing. A token that is not ours is 404.`,
	NoKey: true, Request: workshops.PassToken(linkToken),
	Example: workshops.PassFacts{WorkshopID: workshopID, State: models.PassValid, ExpiresAt: workshopStarts, StartsAt: &workshopStarts, TimeZone: "America/New_York"},
}

var queueRegistrationsOp = op{
	ID: "listRegistrationQueue", Tag: "Registrations", Summary: "What waits for a decision, over all workshops",
	Doc: `Without ` + "`state`" + ` those that wait for approval, oldest first; ` + "`sort=starts_at`" + ` puts first what starts first. ` + "`review`" + ` narrows it to one reason. The caller's own parties, those with somebody
close to them and those with a record that is kept to others, or that are not theirs to decide about for another reason, are left out: colleagues decide about them. The look is logged. Decide one by one, or many with
` + "`POST /v1/registrations/decide`" + `.`,
	Example: services.Page[workshops.RegistrationView]{Data: []workshops.RegistrationView{registrationExample}},
}

var decideRegistrationsOp = op{
	ID: "decideRegistrations", Tag: "Registrations", Summary: "Approve or decline many",
	Doc: `Up to 100, each by itself and in the order given: one that is refused says why in ` + "`code`" + ` and ` + "`sentences`" + `, and keeps nothing from the others; what was done stays done. The
rules are those of approving and declining one, but that no ` + "`reason`" + ` confirms somebody who is kept apart from somebody there: ` + "`separation_clash`" + ` says to approve that party by
itself, with a reason of its own. With ` + "`dry_run`" + ` nothing changes and nobody is told: each is tried as if it were the only one. It takes no Idempotency-Key: asked
again, it answers of each that it is decided already (` + "`wrong_state`" + `).`,
	NoKey: true, Request: workshops.Decision{IDs: []uuid.UUID{registrationID, transferTo}, Decision: "approve"},
	Example: workshops.Decisions{Done: 1, Items: []workshops.Decided{
		{ID: registrationID, Done: true, State: &confirmedDecided, Sentences: []string{}},
		{ID: transferTo, Code: workshops.CodeWrongState, Sentences: []string{"Only a registration that waits for approval can be approved."}},
	}},
}

var transferRegistrationOp = op{
	ID: "transferRegistration", Tag: "Registrations", Summary: "Move a party's place",
	Doc: `To another workshop (` + "`workshop_id`" + `), or to a session of a drop-in workshop, the same or another (` + "`session_id`" + `). The seats there are taken and those here given back in one step: where there
are not enough for the whole party the answer is 409 ` + "`full`" + ` and nothing has changed. Who waits there and fits comes first.

The answer is the new registration, with an id of its own and ` + "`transferred_from`" + `; the old one is ` + "`cancelled`" + ` with ` + "`transferred_to`" + `, and never counts as late. The window, the age, the audience
and the rules of the other place are asked as of anybody who registers (422 at ` + "`/attendees/N/…`" + `, N counting those who move from 0), its form is asked anew, and where staff
would look at the party it is ` + "`pending_approval`" + ` there, on its seats. Those who were invited and have not answered are asked anew, by a new link, but have
no longer to answer; a member is counted as asking them (429 after 20, then one each half hour). Each adult gets one mail, which
takes the old dates out of their calendar and puts in the new ones. Check-in codes are new, too.

**Who may.** Who leads the party moves it with those whom they entered, until the deadline for cancelling (409 ` + "`too_late`" + `). Only they themselves move the seat of an adult who answers for
their own place: 409 ` + "`part_first`" + ` says to split the party; then each moves or stays. Staff move any party but those of
people close to them (403 ` + "`own_record`" + `) until it is over, say why, and may waive what does not count this time.

Only a party that has its seats can be moved, confirmed or pending: register a waiting one there, and answer an offer first. From one hybrid workshop to another people take part as they did unless ` + "`mode`" + ` says
otherwise; from any other to a hybrid one say ` + "`mode`" + ` (422 at ` + "`/mode`" + `).`,
	Errors:  stateCodes(workshops.CodeFull, workshops.CodeTooLate, workshops.CodePartFirst, workshops.CodeNotYours, workshops.CodeOwnRecord, workshops.CodeNotOpen, workshops.CodeClosed, workshops.CodeAlreadyRegistered),
	Request: workshops.Transfer{WorkshopID: &transferTo}, Example: transferredExample(),
}

func transferredExample() workshops.RegistrationView {
	v := registrationExample
	v.ID, v.WorkshopID, v.TransferredFrom = transferTo, transferTo, &registrationID
	v.Workshop.ID = transferTo
	return v
}
