package api

import (
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/records"
	"homefront/services/workshops"
)

var (
	separationID      = uuid.MustParse("0199c2a1-3f4e-7c11-9b20-6d5e4f3a2b01")
	separationReview  = models.NewDate(2026, time.September, 1)
	separationWhy     = records.SeparationReason{Reason: "Both asked for it, each on their own"}
	separationExample = records.SeparationView{Record: models.Record{ID: separationID, Version: 1, CreatedAt: peopleAt, UpdatedAt: peopleAt}, Kind: models.SeparationProtected,
		Protected: records.SeparationSide{MemberID: anaID, Name: "Ana Ortega"}, KeptApart: records.SeparationSide{MemberID: luisID, Name: "Lou Ortega"},
		ReviewOn: separationReview, Status: models.SeparationLive, InForce: true, CreatedBy: coordinatorID,
		Clashes: []workshops.SeparationClash{{SeparationID: separationID, WorkshopID: separationWorkshopID, Title: "Living with Hypervigilance", StartsAt: &peopleAt,
			FirstRegistrationID: ortegasID, KeptRegistrationID: ortegaLinkID}}}
	separationWorkshopID = uuid.MustParse("0199c2a1-77aa-7d02-8c31-1f2e3d4c5b06")
	holdExample          = records.AccountHold{MemberID: mayaID, ResemblesID: luisID, Reasons: []models.Resemblance{models.ResemblesName}, CreatedAt: peopleAt}
)

const separationRule = `

Seen and changed only by coordinators and admins who are neither of the two nor close to one of them, and from whom neither record is kept.
To everybody else it does not exist: 404, absent from lists and counts. Members never learn of it, in whatever they ask for.`

func separationListed() records.SeparationView {
	v := separationExample
	v.Clashes = nil
	return v
}

var createSeparationOp = op{
	ID: "createSeparation", Tag: "Separations", Summary: "Keep two people apart", NoKey: true,
	Doc: `From now on whatever the one asks for who is kept apart goes to staff: a place, an offer, a change of their party, an answer to an
invitation. The words, mails, fields and timing are those of every other request that staff look at, whether or not the other is there.
The protected side is served like anybody; where the other has a place already, staff get a task of the same day.

` + "`mutual`" + ` treats both like that. Nothing that stands is cancelled: the answer lists the clashes, and each is a task of the same day. Only one separation stands
between two people. The court's order itself is never stored. If either is you or close to you: 403 ` + "`own_record`." + separationRule,
	Errors: []services.Code{"already_separated", "own_record"},
	Request: records.NewSeparation{Kind: models.SeparationProtected, ProtectedID: anaID, KeptApartID: luisID, ReviewOn: separationReview,
		Reason: "Asked for by Ana; seen by our counsel"}, Example: separationExample,
}

var listSeparationsOp = op{
	ID: "listSeparations", Tag: "Separations", Summary: "Who is kept apart",
	Doc:     "Those that you may know of, oldest first; `sort=review_on` begins with what is to be reviewed. `member_id` asks about one person. The look is logged." + separationRule,
	Example: services.Page[records.SeparationView]{Data: []records.SeparationView{separationListed()}},
}

var getSeparationOp = op{
	ID: "getSeparation", Tag: "Separations", Summary: "One separation, with the clashes that stand",
	Doc: "`clashes` lists the workshops in which both have a place now, or wait for one, `cohort_clashes` the cohorts; of what is not over. The look is logged." + separationRule, Example: separationExample,
}

var updateSeparationOp = op{
	ID: "updateSeparation", Tag: "Separations", Summary: "Change when it is reviewed or ends",
	Doc:    "Who is kept apart from whom never changes: end it, and create another. After `ends_on` it holds no more by itself.",
	Errors: []services.Code{"separation_ended"}, Request: map[string]any{"review_on": "2027-03-01", "reason": "Reviewed with both; still needed"}, Example: separationExample,
}

var endSeparationOp = op{
	ID: "endSeparation", Tag: "Separations", Summary: "End a separation", NoKey: true,
	Doc:    "Nobody is told. What waits for staff by then waits on.",
	Errors: []services.Code{"separation_ended"}, Request: separationWhy, Example: separationListed(),
}

var reinstateSeparationOp = op{
	ID: "reinstateSeparation", Tag: "Separations", Summary: "Take back the end of a separation", NoKey: true,
	Doc:    "It holds again, and what both have by now is looked through as for a new one. A last day that has passed is dropped.",
	Errors: []services.Code{"separation_stands", "already_separated"}, Request: separationWhy, Example: separationExample,
}

var listHoldsOp = op{
	ID: "listHolds", Tag: "Separations", Summary: "Why a new account is held",
	Doc: `A new account that resembles somebody who is kept apart, by name and birth date, e-mail, phone or postal address, is held: staff look at whatever it
asks for, in the words of every other request, until one of them releases it. Its owner sees nothing of that. Empty for an account that is not held, or of whose
hold you must not know.`,
	Example: services.Page[records.AccountHold]{Data: []records.AccountHold{holdExample}},
}

var releaseHoldOp = op{
	ID: "releaseHold", Tag: "Separations", Summary: "Release a held account", NoKey: true,
	Doc:     "For somebody who is not who they resemble. What they asked for until now waits on for staff. If it is the same person, merge the two records instead.",
	Request: records.SeparationReason{Reason: "Spoke with her: another Ana Ortega"}, Example: services.Page[records.AccountHold]{Data: []records.AccountHold{holdExample}},
}
