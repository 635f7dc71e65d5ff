package api

import (
	"time"

	"homefront/models"
	"homefront/services"
	"homefront/services/accounts"
	"homefront/services/people"
)

var (
	meExample = people.Me{
		Account: people.SignedInAccount{ID: ortegasID, Email: "luis.ortega@example.org", Roles: models.Texts[models.Role]{models.RoleMember}},
		Member: people.OwnRecord{ID: luisID, Version: 3, GivenName: "Luis", FamilyName: "Ortega", PreferredName: ptr("Lou"), Pronouns: ptr("he/him"), BirthDate: &luisBorn,
			Gender: ptr(models.GenderMan), Kinds: models.Texts[models.Kind]{models.KindVeteran, models.KindParent}, Email: ptr("luis.ortega@example.org"),
			Phone: ptr("+19105550142"), Address: ortegaAddress, Language: "en", TimeZone: "America/New_York", Preferences: ortegaPreferences},
		ActsFor: []people.Charge{{MemberID: mayaID, Name: "Maya Ortega", As: "guardian", BirthDate: &mayaBorn, NeedsReview: true}},
	}
	mayaExample   = people.Dependent{ID: mayaID, GivenName: "Maya", FamilyName: "Ortega", BirthDate: &mayaBorn, NeedsReview: true}
	mayaView      = people.DependentView{Dependent: mayaExample, Pronouns: ptr("she/her"), Address: ortegaAddress, Needs: models.Needs{DietaryNeeds: "No nuts"}}
	mayasContact  = models.EmergencyContact{ID: ortegaLinkID, CreatedAt: peopleAt, MemberID: mayaID, EnteredBy: luisID, Place: 1, Name: "Rosa Ortega", Relation: "grandmother", Phone: "+19105550177", MayBeTold: models.ToldMembership}
	askExpires    = peopleAt.Add(30 * 24 * time.Hour)
	askExample    = people.RelationshipLink{ID: ortegaLinkID, Kind: models.RelationSpouse, Direction: people.IAm, Status: "asked", WaitsFor: ptr("them"), Email: ptr("ana.ortega@example.org"), CreatedAt: peopleAt, ExpiresAt: &askExpires}
	linkedExample = people.RelationshipLink{ID: ortegaLinkID, Kind: models.RelationSpouse, Direction: people.TheyAre, Status: "accepted", OtherID: &anaID, OtherName: ptr("Ana Ortega"), CreatedAt: peopleAt}
)

var getMeOp = op{
	ID: "getMe", Tag: "Me", Summary: "Who am I, and for whom may I act?",
	Doc:     "The account, one's own record, and the children and adults one may act for: what an app needs first after signing in. Accessibility and dietary needs are at `/v1/me/needs`.",
	Example: meExample,
}

var updateMeOp = op{
	ID: "updateMe", Tag: "Me", Summary: "Edit my record", NoMatch: true,
	Doc: "Merge-patch: absent leaves, null clears. `email` is where we write: null stops that, and another one is asked for with `POST /v1/me/email`. " +
		"A birth date can be given once; after that 409 `ask_staff`. Messages name no program unless `program_words` is true. " +
		"Send the ETag of `GET /v1/me` in If-Match to be told (412) when staff changed something meanwhile.",
	Errors: []services.Code{"ask_staff", "too_young", "confirm_by_mail"},
	Request: people.PatchMe{NamesPatch: people.NamesPatch{PreferredName: services.Some("Lou"), TimeZone: services.Some("America/Chicago")},
		PreferencesPatch: people.PreferencesPatch{QuietFrom: services.Some("22:00"), QuietUntil: services.Some("07:30")}},
	Example: meExample,
}

var changeMyEmailOp = op{
	ID: "changeMyEmail", Tag: "Me", Summary: "Have messages sent to another address",
	Doc: "A link goes to the new address; once it is followed (`POST /v1/auth/email/verify` with its token, within 24 hours) messages go there. Until then nothing " +
		"changes. The old address is told nothing, then or later: somebody else may read it. Signing in keeps its own address.",
	Errors:  []services.Code{"bad_format"},
	Request: accounts.ContactAddress{Email: "luis@example.org"}, Example: mailComing,
}

var getMyNeedsOp = op{
	ID: "getMyNeeds", Tag: "Me", Summary: "My accessibility and dietary needs", Doc: "Health data: each look is logged, one's own too, so that one can tell if somebody else used the phone.",
	Example: luisExample.Needs,
}

var updateMyNeedsOp = op{
	ID: "updateMyNeeds", Tag: "Me", Summary: "Edit my needs", NoMatch: true,
	Doc:     "Say what helps, not why: no diagnosis is asked. Of a service animal we ask what it does and how to treat it, never a document.",
	Request: people.NeedsPatch{DietaryNeeds: services.Some("No shellfish"), ServiceAnimal: services.Some(true)}, Example: luisExample.Needs,
}

var listMyContactsOp = op{
	ID: "listMyEmergencyContacts", Tag: "Me", Summary: "My emergency contacts", Doc: "In the order of calling.",
	Example: services.Page[models.EmergencyContact]{Data: []models.EmergencyContact{rosaExample}},
}

var replaceMyContactsOp = op{
	ID: "replaceMyEmergencyContacts", Tag: "Me", Summary: "Replace my emergency contacts", NoMatch: true,
	Doc:     "The whole list, at most five. `may_be_told` bounds what we say to them: by default nothing but that there is an emergency.",
	Request: contactsRequest, Example: services.Page[models.EmergencyContact]{Data: []models.EmergencyContact{rosaExample}},
}

var listMyDependentsOp = op{
	ID: "listMyDependents", Tag: "Me", Summary: "The children I may act for",
	Doc:     "The eldest first. A child leaves the list on their 18th birthday, in their own time zone. `needs_review` is true until staff have seen proof of the guardianship.",
	Example: services.Page[people.Dependent]{Data: []people.Dependent{mayaExample}},
}

var addMyDependentOp = op{
	ID: "addMyDependent", Tag: "Me", Summary: "Add a child",
	Doc: "At once, for an adult who is the child's parent or guardian: the child can be registered right away, and staff look at each of those registrations until they have " +
		"confirmed the guardianship. What is entered here is seen by the guardian who entered it and by staff, never by another guardian.",
	Errors: []services.Code{"adults_only", "already_added", "not_minor"},
	Request: people.AddDependent{GivenName: "Maya", FamilyName: "Ortega", Pronouns: ptr("she/her"), BirthDate: mayaBorn,
		NeedsPatch: people.NeedsPatch{DietaryNeeds: services.Some("No nuts")}},
	Example: mayaView,
}

var getMyDependentOp = op{
	ID: "getMyDependent", Tag: "Me", Summary: "What I entered for a child", Doc: "Health data included, so the look is logged. 404 for any other member, a child or not.",
	Example: mayaView,
}

var updateMyDependentOp = op{
	ID: "updateMyDependent", Tag: "Me", Summary: "Edit what I entered for a child", NoMatch: true,
	Doc:    "Merge-patch. Name and birth date can be corrected until staff have confirmed the guardianship; after that, and for a child somebody else entered, 409 `ask_staff`.",
	Errors: []services.Code{"ask_staff", "not_minor", "already_added"},
	Request: people.PatchDependent{PreferredName: services.Some("May"), ContactPatch: people.ContactPatch{Phone: services.Some("(910) 555-0143")},
		NeedsPatch: people.NeedsPatch{DietaryNeeds: services.Some("No nuts")}},
	Example: mayaView,
}

var listDependentContactsOp = op{
	ID: "listDependentEmergencyContacts", Tag: "Me", Summary: "A child's emergency contacts, as I entered them", Doc: "Each guardian has a list of their own; staff see all.",
	Example: services.Page[models.EmergencyContact]{Data: []models.EmergencyContact{mayasContact}},
}

var replaceDependentContactsOp = op{
	ID: "replaceDependentEmergencyContacts", Tag: "Me", Summary: "Replace a child's emergency contacts", NoMatch: true,
	Doc: "My whole list for this child, at most five.", Request: contactsRequest,
	Example: services.Page[models.EmergencyContact]{Data: []models.EmergencyContact{mayasContact}},
}

var listMyRelationshipsOp = op{
	ID: "listMyRelationships", Tag: "Me", Summary: "Whom I am linked to, and which requests wait",
	Doc: "`waits_for` says whose answer a request needs: `you` accept it or delete it; of `them` nothing is told until they accept. A link shows each of the two the other's name, and nothing " +
		"else of their record. Only an adult whose caregiver one is has thereby agreed to be acted for.",
	Example: services.Page[people.RelationshipLink]{Data: []people.RelationshipLink{linkedExample, askExample}},
}

var askRelationshipOp = op{
	ID: "askRelationship", Tag: "Me", Summary: "Ask an adult to be linked with me",
	Doc: "By e-mail address. The answer is the same for every address, whether or not it belongs to a member: whoever has proved that it is theirs finds the request in the app, for 30 days. " +
		"A refusal looks like silence. Ten at once, then one an hour.",
	Errors:  []services.Code{"adults_only", "already_asked", "own_address"},
	Request: people.AskRelationship{Email: "ana.ortega@example.org", Kind: models.RelationSpouse, Direction: people.IAm}, Example: askExample,
}

var getMyRelationshipOp = op{ID: "getMyRelationship", Tag: "Me", Summary: "One link or request", Doc: "As in the list; 404 once it has ended, run out or been refused by me.", Example: linkedExample}

var acceptRelationshipOp = op{
	ID: "acceptRelationship", Tag: "Me", Summary: "Accept a request to be linked", Doc: "Either of the two can end the link alone, at once, and silently.",
	Errors: []services.Code{"adults_only", "already_linked"}, Example: linkedExample,
}

var unlinkRelationshipOp = op{
	ID: "unlinkRelationship", Tag: "Me", Summary: "Unlink, take a request back, or refuse one", NoMatch: true,
	Doc: "At once, and the other is never told: a link vanishes, a refused request goes on looking unanswered to whoever sent it, for 90 days however often they ask again.",
}
