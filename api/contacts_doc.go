package api

import (
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/outreach"
)

var (
	contactID       = uuid.MustParse("0199c1f6-2b5e-7d31-a4c8-2e6f9b1d8008")
	contactWhen     = time.Date(2026, time.March, 3, 15, 30, 0, 0, time.UTC)
	contactFollowUp = contactWhen.Add(48 * time.Hour)
	contactLine     = "Talked about the ride to Saturday. He will let us know by Thursday."
	contactExample  = models.Contact{
		Record:   models.Record{ID: contactID, Version: 1, CreatedAt: contactWhen, UpdatedAt: contactWhen},
		MemberID: luisID, Kind: models.ContactCall, Direction: models.DirectionOut, At: contactWhen, ByID: coordinatorID, Outcome: models.OutcomeReached,
		Line: contactLine, NextStep: ptr("Ask Dana whether there is a seat in her car"), FollowUpAt: &contactFollowUp,
	}
	contactRequest = outreach.LogContact{Kind: models.ContactCall, Direction: models.DirectionOut, Outcome: models.OutcomeReached, Line: contactLine,
		NextStep: ptr("Ask Dana whether there is a seat in her car"), FollowUpAt: &contactFollowUp}
	contactWhy = outreach.Reason{Reason: "Logged on the wrong person"}
)

// workScope tells whose work is seen; a hidden person answers as an unknown one does.
const workScope = " Coordinators and admins see everybody but themselves, those close to them and records kept to others; coaches and responders those people alone " +
	"of whom they own a live task or whose help request they took. Anybody else is 404."

var listContactsOp = op{
	ID: "listContacts", Tag: "Contacts", Summary: "Calls, texts, mails and visits with one person",
	Doc:     "As they stand now, the latest first (`sort=-at`). A voided one stays, with `voided_at`. The look is logged." + workScope,
	Errors:  []services.Code{"member_merged"},
	Example: services.Page[models.Contact]{Data: []models.Contact{contactExample}},
}

var logContactOp = op{
	ID: "logContact", Tag: "Contacts", Summary: "Log a call, text, mail or visit",
	Doc: "The `line` is written so that the member may read it: they find it at `GET /v1/me/contacts`. `next_step` is for us alone. `follow_up_at` makes a task of the " +
		"caller's for that time. Send `at` when it was earlier than now, as after a day offline." + workScope,
	Errors:  []services.Code{"member_merged", "out_of_range", "required"},
	Request: contactRequest, Example: contactExample,
}

var getContactOp = op{
	ID: "getContact", Tag: "Contacts", Summary: "One contact, with what it said before",
	Doc: "`earlier` holds the words that were corrected, the latest first. The look is logged." + workScope, Example: outreach.ContactView{Contact: contactExample, Earlier: []models.Contact{}},
}

var correctContactOp = op{
	ID: "correctContact", Tag: "Contacts", Summary: "Correct a contact",
	Doc: "Nothing is lost: what it said stays as an earlier contact that names this one. Its author corrects it for a day without a reason; later, and of others' contacts, " +
		"a coordinator does with a `reason`, which is kept sealed in the audit log. Moving `follow_up_at` moves the task; null drops it." + workScope,
	Errors:  []services.Code{"not_author", "contact_voided", "out_of_range", "required"},
	Request: outreach.PatchContact{Line: services.Some("Talked about the ride to Saturday. He lets us know by Friday.")}, Example: contactExample,
}

var voidContactOp = op{
	ID: "voidContact", Tag: "Contacts", Summary: "Mark a contact that should never have been logged",
	Doc:    "It stays for staff with the reason, and the member no longer reads it. Its follow-up is dropped. The author does so for a day, later a coordinator." + workScope,
	Errors: []services.Code{"not_author", "contact_voided", "required"}, Request: contactWhy, Example: contactExample,
}

var restoreContactOp = op{
	ID: "restoreContact", Tag: "Contacts", Summary: "Take the voiding of a contact back", Doc: "A follow-up still to come waits again." + workScope,
	Errors: []services.Code{"not_author", "contact_stands", "required"}, Request: outreach.Reason{Reason: "It was the right person after all"}, Example: contactExample,
}

var myContactsOp = op{
	ID: "listMyContacts", Tag: "Me", Summary: "What was logged about contacts with me",
	Doc: "Every call, text, mail and visit that stands, the latest first, in the line that was written for you to read. A guardian does not see a child's.",
	Example: services.Page[outreach.MyContact]{Data: []outreach.MyContact{{ID: contactID, Kind: models.ContactCall, Direction: models.DirectionOut, At: contactWhen, With: "Dana",
		Outcome: models.OutcomeReached, Line: contactLine}}},
}
