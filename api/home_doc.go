package api

import (
	"time"

	"homefront/models"
	"homefront/services/forms"
	"homefront/services/outreach"
	"homefront/services/people"
	"homefront/services/programs"
	"homefront/services/records"
	"homefront/services/workshops"
)

var (
	homeStart   = peopleAt.Add(72 * time.Hour)
	homeExample = records.Home{
		Name: "Luis", Unread: 3, Relationships: 1,
		Next: []workshops.HomeItem{{RegistrationID: ortegaLinkID, AttendeeID: mayaID, WorkshopID: luisID, SessionID: anaID, Title: "Living with Hypervigilance",
			StartsAt: homeStart, EndsAt: homeStart.Add(2 * time.Hour), TimeZone: "America/New_York", Place: "Haymount Hall, 418 Haymount Ave, Fayetteville",
			CheckInCode: "HF1.AZnB8o9rejSw0WovDJvgAQABc2lnbmF0dXJlLTE2LWI", ChildID: &mayaID, ChildName: ptr("Maya")}},
		Offers:      []workshops.HomeOffer{{RegistrationID: ortegaLinkID, WorkshopID: luisID, Title: "Happiness 101", StartsAt: &homeStart, TimeZone: "America/New_York", Seats: 2, ExpiresAt: taskDue}},
		Invitations: []workshops.HomeInvitation{},
		Consents:    []people.DueText{{DocumentID: luisID, Kind: "liability_waiver", Title: "Liability waiver", Required: true, People: 2}},
		Programs:    []programs.OpenEnrollment{{EnrollmentID: ortegaLinkID, ProgramID: luisID, Program: "Family Awareness", State: models.EnrollmentActive, StartsOn: ptr(models.NewDate(2026, 3, 2))}},
		Forms: []forms.DueForm{{ResponseID: ortegaLinkID, FormID: luisID, Title: "What we should know before you come", MemberID: mayaID, MemberName: "Maya", Record: "attendee",
			RecordID: mayaID, AskedAt: peopleAt}},
		HelpRequest: &outreach.OpenHelp{ID: deathID, Status: models.HelpTaken, Topic: models.HelpTalk, Channel: models.HelpByCall, AskedAt: peopleAt, TakenBy: ptr("Cora")},
	}
)

var myHomeOp = op{
	ID: "getMyHome", Tag: "Home", Summary: "The first screen, in one request", Cached: true,
	Doc: "What a phone shows when it is opened: what comes next with place, link to join and the text of the QR code; offers with their deadline; invitations; texts to sign; how much is unread; one's own open request for a call; the programs one is in or waits for; forms to answer; " +
		"the next appointments of children whom one registered (`child_id`).\n\nPoll it with `If-None-Match`: the ETag is that of the bytes, and **304** says that nothing is new. All lists are short; each has a route with the whole of it " +
		"(`/v1/me/registrations`, `/v1/me/party-invitations`, `/v1/me/consents/due`, `/v1/me/notifications`). With nothing to show the lists are empty and `help_request` is null.",
	Example: homeExample,
}
