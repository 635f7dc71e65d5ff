package api

import (
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// The Ortegas run through the examples: Luis, an Army veteran, his wife Ana, their daughter Maya.
var (
	luisID        = uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9be001")
	anaID         = uuid.MustParse("0199c1f2-9a01-7c55-8f10-3d2b7e4c1002")
	mayaID        = uuid.MustParse("0199c1f3-0b7d-7e21-9c44-5f6a8b0d2003")
	ortegasID     = uuid.MustParse("0199c1f3-4c11-7d90-a2b3-7c8d9e0f3004")
	coordinatorID = uuid.MustParse("0199c1e0-11aa-7b02-8d3e-1a2b3c4d5005")
	ortegaLinkID  = uuid.MustParse("0199c1f4-6d3f-7a86-b5c7-9eaf0b1c6006")
	peopleAt      = time.Date(2026, time.March, 3, 15, 4, 5, 0, time.UTC)
	peopleRecord  = models.Record{ID: ortegaLinkID, Version: 1, CreatedAt: peopleAt, UpdatedAt: peopleAt}

	luisBorn, mayaBorn = models.NewDate(1984, time.March, 17), models.NewDate(2014, time.August, 2)
	marriedOn          = models.NewDate(2011, time.June, 18)
	ortegaAddress      = models.Address{AddressLine1: "418 Haymount Ave", City: "Fayetteville", Region: "NC", PostalCode: "28305", Country: "US"}
	ortegaPreferences  = models.Preferences{EmailOptIn: true, PushOptIn: true, QuietFrom: ptr("21:00"), QuietUntil: ptr("08:00")}

	luisExample = models.Member{
		Record:    models.Record{ID: luisID, Version: 3, CreatedAt: peopleAt, UpdatedAt: peopleAt},
		GivenName: "Luis", FamilyName: "Ortega", PreferredName: ptr("Lou"), Pronouns: ptr("he/him"), BirthDate: &luisBorn, Gender: ptr(models.GenderMan),
		Kinds: models.Texts[models.Kind]{models.KindVeteran, models.KindParent}, Status: models.MemberActive, Email: ptr("luis.ortega@example.org"), Phone: ptr("+19105550142"),
		Address: ortegaAddress, Language: "en", TimeZone: "America/New_York", ReferralSource: ptr("VA clinic"), Tags: models.Texts[string]{"newsletter"},
		Needs: models.Needs{DietaryNeeds: "No shellfish", ServiceAnimal: true, ServiceAnimalTask: "Wakes me from nightmares"}, Preferences: ortegaPreferences,
	}
	rosaExample = models.EmergencyContact{ID: ortegaLinkID, CreatedAt: peopleAt, MemberID: luisID, EnteredBy: luisID, Place: 1, Name: "Rosa Ortega", Relation: "mother",
		Phone: "+19105550177", MayBeTold: models.ToldEmergency}
	contactsRequest = people.EmergencyContacts{Contacts: []people.NewEmergencyContact{{Name: "Rosa Ortega", Relation: "mother", Phone: "(910) 555-0177", MayBeTold: models.ToldEmergency}}}
	ortegaStays     = []people.HouseholdStay{
		{HouseholdID: ortegasID, Household: "Ortega", MemberID: luisID, Name: "Lou Ortega", Role: models.HouseholdAdult, StartsOn: marriedOn},
		{HouseholdID: ortegasID, Household: "Ortega", MemberID: mayaID, Name: "Maya Ortega", Role: models.HouseholdChild, StartsOn: mayaBorn},
	}
	luisView = people.MemberView{Member: luisExample, HasAccount: true, Households: ortegaStays[:1], Guardians: []models.Guardianship{},
		Dependents: []models.Guardianship{guardianshipExample}, Details: []models.DependentDetails{}, EmergencyContacts: []models.EmergencyContact{rosaExample}}
	ortegasExample = people.HouseholdView{Household: models.Household{Record: models.Record{ID: ortegasID, Version: 1, CreatedAt: peopleAt, UpdatedAt: peopleAt}, Name: "Ortega"},
		Members: ortegaStays}
	guardianshipExample = models.Guardianship{Record: peopleRecord, GuardianID: luisID, ChildID: mayaID, Status: models.GuardianshipConfirmed,
		Evidence: ptr("Birth certificate, seen at the front desk"), ConfirmedBy: &coordinatorID, ConfirmedAt: &peopleAt}
	relationshipExample = models.Relationship{Record: peopleRecord, MemberID: &luisID, Kind: models.RelationParent, OtherID: &mayaID, Status: models.RelationshipAccepted, StartsOn: &mayaBorn}
	credentialExample   = models.Credential{Record: peopleRecord, MemberID: coordinatorID, Kind: models.CredentialBackgroundCheck, IssuedOn: models.NewDate(2025, time.September, 1),
		ExpiresOn: ptr(models.NewDate(2027, time.August, 31)), RecordedBy: &luisID}
	peopleWhy = people.StaffReason{Reason: "The papers named another child"}
)

const ownRecordRule = " Nobody handles their own record or that of somebody close to them: 403 `own_record`."

var createMemberOp = op{
	ID: "createMember", Tag: "People", Summary: "Enter a member",
	Doc: "An address or telephone number may be shared with another member. Telephone numbers are taken in any usual form and kept as E.164. " +
		"Messages to a new member use neutral wording until they choose otherwise.\n\n" +
		"Never enter an SSN, a DoD or VA file number, a diagnosis or a disability rating: there is no field for them.",
	Request: people.CreateMember{GivenName: "Luis", FamilyName: "Ortega", BirthDate: &luisBorn, Kinds: []models.Kind{models.KindVeteran, models.KindParent},
		Status: models.MemberActive, Email: ptr("luis.ortega@example.org"), Phone: ptr("(910) 555-0142"), TimeZone: "America/New_York"},
	Example: luisExample,
}

var listMembersOp = op{
	ID: "listMembers", Tag: "People", Summary: "List or search members",
	Doc: "Sorts: `name` (default), `created_at`, `updated_at`. Your own record and those of people close to you are left to colleagues and absent, and so are records kept to other staff.\n\n" +
		"Filters are joined by *and*; a filter that is repeated (`kind=veteran&kind=spouse`) by *or*. `era`, `branch` and `verification` ask the service records, each condition any one of them. " +
		"Filters you need often: save them with `POST /v1/saved-searches`.\n\n" +
		"With `q` it searches by name, e-mail or telephone number, forgiving typos, accents and case: at least 3 letters or digits, at most 20 people, the closest first, " +
		"no pages. Every search is logged, by a keyed hash of its words and the people it showed, and limited to 40 at once, then one every two seconds. " +
		"Show it as a search: a person who is not found may still be known under another name.",
	Errors: []services.Code{"too_short", "search_pages"},
	Example: services.Page[people.MemberSummary]{Data: []people.MemberSummary{{ID: luisID, GivenName: "Luis", FamilyName: "Ortega", PreferredName: ptr("Lou"),
		Kinds: models.Texts[models.Kind]{models.KindVeteran, models.KindParent}, Status: models.MemberActive, BirthDate: &luisBorn,
		Email: ptr("luis.ortega@example.org"), Phone: ptr("+19105550142"), CreatedAt: peopleAt, UpdatedAt: peopleAt}}},
}

var getMemberOp = op{
	ID: "getMember", Tag: "People", Summary: "A member's whole record",
	Doc: "Health data included, so the look is logged and the member can see that it took place. `details` holds what each guardian entered about a child: " +
		"never tell one guardian what another entered, nor that there is another." + ownRecordRule,
	Errors:  []services.Code{"own_record"},
	Example: luisView,
}

var updateMemberOp = op{
	ID: "updateMember", Tag: "People", Summary: "Edit a member",
	Doc: "Merge-patch: absent leaves, null clears. Death and merging have operations of their own; a record so closed answers 409 `member_closed`." + ownRecordRule,
	Request: people.PatchMember{NamesPatch: people.NamesPatch{PreferredName: services.Some("Lou")}, ContactPatch: people.ContactPatch{Phone: services.Some("910-555-0142")},
		Status: services.Some(models.MemberActive)},
	Errors:  []services.Code{"own_record", "member_closed"},
	Example: luisExample,
}

var replaceContactsOp = op{
	ID: "replaceEmergencyContacts", Tag: "People", Summary: "Replace a member's emergency contacts",
	Doc: "The list on the member's own record, at most five, in the order of calling; what guardians entered stays. It edits the member: If-Match is the member's ETag, " +
		"and the answer is the whole record." + ownRecordRule,
	Errors:  []services.Code{"own_record"},
	Request: contactsRequest,
	Example: luisView,
}

var listCredentialsOp = op{
	ID: "listCredentials", Tag: "People", Summary: "What somebody was checked for and trained in",
	Doc: "The newest first. Who works with minors needs a `background_check` and a `child_safety_training` that count on the day: " +
		"without them they cannot be assigned." + ownRecordRule,
	Errors:  []services.Code{"own_record"},
	Example: services.Page[models.Credential]{Data: []models.Credential{credentialExample}},
}

var addCredentialOp = op{
	ID: "addCredential", Tag: "People", Summary: "Record a credential", Doc: "A renewal is a new credential; each counts in its own term, and it closes the tasks about the older ones. Without `expires_on` it counts as long as its kind usually does." + ownRecordRule,
	Errors:  []services.Code{"own_record"},
	Request: people.AddCredential{Kind: models.CredentialBackgroundCheck, IssuedOn: credentialExample.IssuedOn, ExpiresOn: credentialExample.ExpiresOn},
	Example: credentialExample,
}

var getCredentialOp = op{ID: "getCredential", Tag: "People", Summary: "One credential", Doc: "What was recorded, by whom, and whether it still counts." + ownRecordRule,
	Errors: []services.Code{"own_record"}, Example: credentialExample}

var revokeCredentialOp = op{
	ID: "revokeCredential", Tag: "People", Summary: "Make a credential count no longer", Doc: "At once, whatever its date. The reason is sealed in the audit log." + ownRecordRule,
	Errors: []services.Code{"own_record", "credential_revoked"}, Request: people.StaffReason{Reason: "The agency withdrew its report"}, Example: credentialExample,
}

var reinstateCredentialOp = op{
	ID: "reinstateCredential", Tag: "People", Summary: "Make a revoked credential count again", Doc: "The way back from revoke; the dates stay as they were." + ownRecordRule,
	Errors: []services.Code{"own_record", "credential_current"}, Request: people.StaffReason{Reason: "It was revoked by mistake"}, Example: credentialExample,
}

var createHouseholdOp = op{
	ID: "createHousehold", Tag: "People", Summary: "Enter a household",
	Doc:     "With its people, or empty. A child of two homes belongs to two households. Belonging to one gives nobody a right over another's record." + ownRecordRule,
	Errors:  []services.Code{services.CodeNotFound, "own_record", "already_in_household", "member_closed"},
	Request: people.CreateHousehold{Name: "Ortega", Members: []people.JoinHousehold{{MemberID: luisID, Role: models.HouseholdAdult}, {MemberID: mayaID, Role: models.HouseholdChild}}},
	Example: ortegasExample,
}

var listHouseholdsOp = op{
	ID: "listHouseholds", Tag: "People", Summary: "List households", Doc: "Sorts: `name` (default), `created_at`. `members` counts those who belong to it today. Households of yourself and of people close to you are left to colleagues and absent.",
	Example: services.Page[people.HouseholdSummary]{Data: []people.HouseholdSummary{{ID: ortegasID, Name: "Ortega", Members: 2, CreatedAt: peopleAt}}},
}

var getHouseholdOp = op{ID: "getHousehold", Tag: "People", Summary: "A household and its people", Doc: "Those who left it included, with their dates. The look is logged." + ownRecordRule,
	Errors: []services.Code{"own_record"}, Example: ortegasExample}

var updateHouseholdOp = op{
	ID: "updateHousehold", Tag: "People", Summary: "Rename a household", Doc: "Its people come and go by join and leave, and change no version." + ownRecordRule,
	Errors:  []services.Code{"own_record"},
	Request: people.PatchHousehold{Name: services.Some("Ortega")}, Example: ortegasExample,
}

var joinHouseholdOp = op{
	ID: "joinHousehold", Tag: "People", Summary: "Add a member to a household", Doc: "From today on, in their own time zone, unless another day is given." + ownRecordRule,
	Errors:  []services.Code{"own_record", "already_in_household", "member_closed"},
	Request: people.JoinHousehold{MemberID: mayaID, Role: models.HouseholdChild, StartsOn: &mayaBorn}, Example: ortegasExample,
}

var leaveHouseholdOp = op{
	ID: "leaveHousehold", Tag: "People", Summary: "End a member's stay in a household",
	Doc:    "The stay is kept with its dates. Give its first day to take back one that was entered by mistake." + ownRecordRule,
	Errors: []services.Code{"own_record", "before_start"}, Request: people.LeaveHousehold{On: ptr(models.NewDate(2026, time.March, 1))}, Example: ortegasExample,
}

var listRelationshipsOp = op{
	ID: "listRelationships", Tag: "People", Summary: "A member's ties", Doc: "`member_id` is the `kind` of `other_id`. Ended ones included; asks that wait or were refused are between the two and not shown." + ownRecordRule,
	Errors:  []services.Code{"own_record"},
	Example: services.Page[models.Relationship]{Data: []models.Relationship{relationshipExample}},
}

var recordRelationshipOp = op{
	ID: "recordRelationship", Tag: "People", Summary: "Record a tie of a child",
	Doc: "At least one of the two is under 18. Two adults are linked only when one asks and the other accepts, in the app: 409 `adults_ask`. " +
		"It gives nobody a right to act; guardianship does." + ownRecordRule,
	Errors:  []services.Code{services.CodeNotFound, "own_record", "adults_ask", "already_linked", "same_person"},
	Request: people.RecordRelationship{MemberID: luisID, Kind: models.RelationParent, OtherID: mayaID, StartsOn: &mayaBorn},
	Example: relationshipExample,
}

var getRelationshipOp = op{ID: "getRelationship", Tag: "People", Summary: "One tie between two people", Doc: "`member_id` is the `kind` of `other_id`." + ownRecordRule,
	Errors: []services.Code{"own_record"}, Example: relationshipExample}

var endRelationshipOp = op{
	ID: "endRelationship", Tag: "People", Summary: "End a tie", Doc: "Neither of the two is told." + ownRecordRule,
	Errors: []services.Code{"own_record", "relationship_ended"}, Request: people.StaffReason{Reason: "Entered for the wrong person"}, Example: relationshipExample,
}

var createGuardianshipOp = op{
	ID: "createGuardianship", Tag: "People", Summary: "Enter a guardianship",
	Doc: "Between an adult and a child who are both members. With `evidence` it is confirmed at once; without, it is a claim and a task asks staff to confirm it. " +
		"It ends by itself on the child's 18th birthday, in the child's time zone." + ownRecordRule,
	Errors:  []services.Code{services.CodeNotFound, "own_record", "already_guardian", "not_adult", "not_minor"},
	Request: people.ClaimGuardianship{GuardianID: luisID, ChildID: mayaID, Evidence: "Birth certificate, seen at the front desk"}, Example: guardianshipExample,
}

var listGuardianshipsOp = op{
	ID: "listGuardianships", Tag: "People", Summary: "List guardianships", Doc: "The oldest first: with `status=claimed`, what waits to be confirmed. Those of yourself and of people close to you are left to colleagues.",
	Example: services.Page[models.Guardianship]{Data: []models.Guardianship{guardianshipExample}},
}

var getGuardianshipOp = op{ID: "getGuardianship", Tag: "People", Summary: "One guardianship", Doc: "Who acts for whom, what was seen, and until when." + ownRecordRule,
	Errors: []services.Code{"own_record"}, Example: guardianshipExample}

var confirmGuardianshipOp = op{
	ID: "confirmGuardianship", Tag: "People", Summary: "Say that you have seen proof",
	Doc:     "From then on parties with this child need no review for the guardianship. Say what you saw; never store the document." + ownRecordRule,
	Errors:  []services.Code{"own_record", "guardianship_closed", "not_minor"},
	Request: people.ConfirmGuardianship{Evidence: "Birth certificate, seen at the front desk"}, Example: guardianshipExample,
}

var refuseGuardianshipOp = op{
	ID: "refuseGuardianship", Tag: "People", Summary: "Refuse a claim", Doc: "The child leaves the claimant's list. Reinstate is the way back." + ownRecordRule,
	Errors: []services.Code{"own_record", "already_confirmed", "guardianship_closed"}, Request: peopleWhy, Example: guardianshipExample,
}

var endGuardianshipOp = op{
	ID: "endGuardianship", Tag: "People", Summary: "End a guardianship", Doc: "Before the 18th birthday, as after a court's order. At once; another guardian of the child is not touched or told." + ownRecordRule,
	Errors: []services.Code{"own_record", "guardianship_closed"}, Request: people.StaffReason{Reason: "Court order of 2 March, seen"}, Example: guardianshipExample,
}

var reinstateGuardianshipOp = op{
	ID: "reinstateGuardianship", Tag: "People", Summary: "Make a refused or ended guardianship a claim again", Doc: "It waits to be confirmed, as a new one." + ownRecordRule,
	Errors: []services.Code{"own_record", "already_guardian", "guardianship_open"}, Request: people.StaffReason{Reason: "Refused by mistake"}, Example: guardianshipExample,
}
