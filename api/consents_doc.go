package api

import (
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

const consentTag = "Consent"

var (
	photoReleaseID  = uuid.MustParse("0199c1f5-21aa-7b10-8c30-4e5f60718001")
	photoTextID     = uuid.MustParse("0199c1f5-21aa-7b10-8c30-4e5f60718002")
	photoConsentID  = uuid.MustParse("0199c1f5-21aa-7b10-8c30-4e5f60718003")
	photoPublished  = time.Date(2026, time.January, 12, 14, 0, 0, 0, time.UTC)
	photoSignedOn   = models.NewDate(2026, time.March, 3)
	photoBody       = "# Photo and video release\n\nThe organization may take photographs at its activities …"
	photoText       = models.ConsentVersion{Record: models.Record{ID: photoTextID, Version: 2, CreatedAt: photoPublished, UpdatedAt: photoPublished}, DocumentID: photoReleaseID, Number: 1, Language: "en", Body: photoBody, TextHash: models.TextHash(photoBody), Material: true, EffectiveFrom: &photoPublished, PublishedAt: &photoPublished, PublishedBy: &coordinatorID}
	photoDraft      = models.ConsentVersion{Record: models.Record{ID: photoTextID, Version: 1, CreatedAt: photoPublished, UpdatedAt: photoPublished}, DocumentID: photoReleaseID, Number: 2, Language: "en", Body: photoBody, TextHash: models.TextHash(photoBody), Material: true}
	photoDocument   = models.ConsentDocument{Record: models.Record{ID: photoReleaseID, Version: 2, CreatedAt: photoPublished, UpdatedAt: photoPublished}, Kind: models.ConsentPhotoRelease, Title: "Photo release", RequiredOf: models.Texts[models.ConsentGroup]{models.AskMembers}, Optional: true, Status: models.ConsentDocumentPublished}
	photoView       = people.ConsentDocumentView{ConsentDocument: photoDocument, Current: &photoText}
	photoOwn        = people.OwnConsent{ID: photoConsentID, DocumentID: photoReleaseID, Kind: models.ConsentPhotoRelease, Title: "Photo release", VersionID: photoTextID, Number: 1, MemberID: luisID, Self: true, Status: models.ConsentGranted, Latest: true, Method: models.ConsentTyped, NameTyped: ptr("Luis Ortega"), SignedOn: photoSignedOn, SignedAt: peopleAt, TextHash: photoText.TextHash}
	photoRow        = people.ConsentRow{ID: photoConsentID, Version: 1, MemberID: luisID, MemberName: "Lou Ortega", DocumentID: photoReleaseID, Kind: models.ConsentPhotoRelease, Title: "Photo release", VersionID: photoTextID, Number: 1, Status: models.ConsentGranted, Latest: true, Method: models.ConsentTyped, SignedBy: luisID, SignerName: "Lou Ortega", SignedOn: photoSignedOn, SignedAt: peopleAt}
	photoRevoked    = withConsentStatus(photoRow, models.ConsentRevoked)
	photoOwnRevoked = func() people.OwnConsent {
		c := photoOwn
		c.Status, c.RevokedAt = models.ConsentRevoked, &peopleAt
		return c
	}()
	photoEvidence = people.ConsentEvidence{Consent: models.Consent{Record: models.Record{ID: photoConsentID, Version: 1, CreatedAt: peopleAt, UpdatedAt: peopleAt}, MemberID: luisID, DocumentID: photoReleaseID, VersionID: photoTextID, Status: models.ConsentGranted, Latest: true, Method: models.ConsentTyped, SignedBy: luisID, NameTyped: ptr("Luis Ortega"), SignedOn: photoSignedOn, SignedAt: peopleAt, Address: ptr("203.0.113.7"), UserAgent: ptr("Homefront/3.1 (iPhone; iOS 19.2)"), TextHash: photoText.TextHash},
		Kind: models.ConsentPhotoRelease, Title: "Photo release", Number: 1, Language: "en", Body: photoBody, Intact: true, CountsNow: true, SignerName: "Lou Ortega"}
	consentReason = people.StaffReason{Reason: "He called and asked us to take it back"}
)

func withConsentStatus(c people.ConsentRow, s models.ConsentStatus) people.ConsentRow {
	c.Status = s
	if s == models.ConsentRevoked {
		c.RevokedAt = &peopleAt
	}
	return c
}

var listDueConsentsOp = op{
	ID: "listDueConsents", Tag: consentTag, Summary: "What waits for my answer",
	Doc: "The whole list, with the texts: for the caller and for each child they are guardian of. Show the text, then send one answer per person in `for` with `signConsent`.\n\n" +
		"`why` says why it is asked: `never_signed`; `new_version`, the text has changed since; `expired`, its term is over; `turned_18`, a parent signed for you until your birthday; " +
		"`declined` or `revoked`, of a required document that you refused: nothing presses, it stays here in case you change your mind. There are no deadlines. " +
		"A document that is not `required` may be declined without any consequence, and then leaves the list.\n\n" +
		"For a child, the list goes by your own answers alone. From 13 to 17 people see here only what asks for their own assent. An empty `data` means that nothing is to be done.",
	Example: services.Page[people.ConsentDue]{Data: []people.ConsentDue{{DocumentID: photoReleaseID, Kind: models.ConsentPhotoRelease, Title: "Photo release", VersionID: photoTextID, Number: 1,
		Language: "en", Body: photoBody, TextHash: photoText.TextHash, For: []people.ConsentDueFor{{MemberID: luisID, Self: true, Name: "Lou Ortega", Why: "new_version"}, {MemberID: mayaID, Name: "Maya Ortega", Why: "never_signed"}}}}},
}

var listOwnConsentsOp = op{
	ID: "listOwnConsents", Tag: consentTag, Summary: "What I have signed",
	Doc: "Everything the caller has answered, for themselves and for children, the latest first; after the 18th birthday also what was signed for them. `latest` marks the last answer about " +
		"each person and document. `status` is of your own answer: `pending` means that we have it and have yet to see proof that you are the guardian. Where a child has more than one " +
		"guardian, we hear each of them and tell none what another answered.",
	Example: services.Page[people.OwnConsent]{Data: []people.OwnConsent{photoOwn}},
}

var getOwnConsentOp = op{
	ID: "getOwnConsent", Tag: consentTag, Summary: "One of them, with the exact text", Doc: "The text as it was signed, also when a newer one is in force.",
	Example: people.OwnConsentView{OwnConsent: photoOwn, Body: photoBody},
}

var signConsentOp = op{
	ID: "signConsent", Tag: consentTag, Summary: "Sign or decline a text",
	Doc: "The signer types their own name; `text_hash` says which text was on the screen. We keep the name, the time, the network address, the device and the hash with the exact text.\n\n" +
		"- `name_typed` must be the signer's legal or usual name, in any case, with or without accents; middle names do not matter. Otherwise 422 with `not_your_name` at `/name_typed`.\n" +
		"- `member_id` names a child of the caller; absent, it is about the caller. A guardian whom staff have not confirmed yet is answered `pending`.\n" +
		"- Under 18, only what asks for the young person's own assent can be signed: 403 `guardian_signs`.\n" +
		"- The same answer to the same text again is the one there is: two taps make one signature. Another answer replaces it, and the earlier one stays in the history.\n" +
		"- 409 `text_changed` or `version_superseded`: fetch the list anew and show the text again.\n\n" +
		"Declining `sms` turns text messages off; declining `teen_account` closes the young person's account.",
	Request: people.SignConsent{VersionID: photoTextID, TextHash: photoText.TextHash, Decision: people.Grant, NameTyped: "Luis Ortega"},
	Errors:  []services.Code{"text_changed", "version_superseded", "document_retired", "guardian_signs"},
	Example: photoOwn,
}

var revokeOwnConsentOp = op{
	ID: "revokeOwnConsent", Tag: consentTag, Summary: "Take back what I signed",
	Doc: "Takes effect at once, without a reason; a second time changes nothing. Revoking `sms` turns text messages off; revoking `teen_account` closes the young person's account. " +
		"A refusal, and what has ended by itself, answer 409 `nothing_to_revoke`. To agree again, sign again.",
	Errors:  []services.Code{"nothing_to_revoke"},
	Example: photoOwnRevoked,
}

var listConsentDocumentsOp = op{
	ID: "listConsentDocuments", Tag: consentTag, Summary: "The documents in force",
	Doc: "Everybody who is signed in sees the published documents with the text in force, whether or not they are asked to sign: any of them can be signed or read again. " +
		"Staff also ask for `status=draft` and `retired`, and see the `draft` of the next text. Sorts: `kind` (default), `created_at`.",
	Example: services.Page[people.ConsentDocumentView]{Data: []people.ConsentDocumentView{photoView}},
}

var getConsentDocumentOp = op{
	ID: "getConsentDocument", Tag: consentTag, Summary: "One document with its text", Doc: "For members only while it is in force.", Example: photoView,
}

var listConsentTemplatesOp = op{
	ID: "listConsentTemplates", Tag: consentTag, Summary: "Starter texts",
	Doc: "Short neutral texts of the documents that most organizations need, each in the shape of `createConsentDocument`'s body (without `note`). Nothing is stored. " +
		"They are no legal advice: **have a lawyer of your state read a text before you publish it.**",
	Example: services.Page[people.ConsentTemplate]{Data: []people.ConsentTemplate{{CreateConsentDocument: people.CreateConsentDocument{Kind: models.ConsentPhotoRelease, Title: "Photo and video release",
		RequiredOf: []models.ConsentGroup{models.AskMembers}, Optional: true, Language: "en", Body: photoBody}, Note: "Have a lawyer of your state read it before you publish it."}}},
}

var createConsentDocumentOp = op{
	ID: "createConsentDocument", Tag: consentTag, Summary: "Write a document",
	Doc: "A draft with its first text: nobody is asked until `publishConsentVersion`. `required_of` says who is asked to sign: anyone whom one of its words fits (`everyone`, `members`: all but " +
		"those who only work here, `adults`, `minors`: their guardians sign, `staff`, or a kind of member). Empty asks nobody by itself: for what a workshop or the first coaching session asks, and " +
		"for releases of a single story. `teen_account` is asked for 13 to 17 only.\n\nOf most kinds one document is in force at a time; stories, studies and clinicians may have many.",
	Request: people.CreateConsentDocument{Kind: models.ConsentPhotoRelease, Title: "Photo release", RequiredOf: []models.ConsentGroup{models.AskMembers}, Optional: true, Body: photoBody},
	Example: people.ConsentDocumentView{ConsentDocument: photoDocument, Draft: &photoDraft},
}

var updateConsentDocumentOp = op{
	ID: "updateConsentDocument", Tag: consentTag, Summary: "Change who is asked, and how",
	Doc: "Merge-patch. The title stands above signatures: it changes only until the first text is published (409 `document_published`). The text is changed by a new version. " +
		"`expires_months` is for signatures from now on.",
	Request: people.PatchConsentDocument{RequiredOf: services.Some([]models.ConsentGroup{models.AskAdults}), ExpiresMonths: services.Some(12)},
	Errors:  []services.Code{"document_published"},
	Example: photoView,
}

var retireConsentDocumentOp = op{
	ID: "retireConsentDocument", Tag: consentTag, Summary: "Retire a document",
	Doc:     "Nobody is asked any more, and what was signed counts no longer; it stays in the history. What needs this consent stays closed. `reinstateConsentDocument` is the way back.",
	Errors:  []services.Code{"not_published"},
	Example: photoView,
}

var reinstateConsentDocumentOp = op{
	ID: "reinstateConsentDocument", Tag: consentTag, Summary: "Put a retired document back in force",
	Doc:     "What was signed counts again, as far as its term has not passed.",
	Errors:  []services.Code{"not_retired", "kind_published"},
	Example: photoView,
}

var listMissingSignersOp = op{
	ID: "listMissingSigners", Tag: consentTag, Summary: "Who has not signed",
	Doc: "Members, prospective and active, of whom the document is asked and for whom no consent stands today: never asked, refused, expired, an earlier text, a guardian who is not confirmed yet, " +
		"or two guardians who differ. By name. Your own record and those of people close to you are absent. Nobody is missing from a draft or a retired document.",
	Example: services.Page[people.MissingSigner]{Data: []people.MissingSigner{{MemberID: mayaID, Name: "Maya Ortega", BirthDate: &mayaBorn, Minor: true}}},
}

var listConsentVersionsOp = op{
	ID: "listConsentVersions", Tag: consentTag, Summary: "The texts of a document", Doc: "The newest first, a draft included.",
	Example: services.Page[models.ConsentVersion]{Data: []models.ConsentVersion{photoText}},
}

var getConsentVersionOp = op{
	ID: "getConsentVersion", Tag: consentTag, Summary: "One text", Doc: "For a preview and for print: `body` is Markdown, and the page of a printed copy should carry `text_hash`.", Example: photoText,
}

var createConsentVersionOp = op{
	ID: "createConsentVersion", Tag: consentTag, Summary: "Write the next text of a document",
	Doc:     "A draft; a document has one draft at a time (409 `draft_exists`). With `material`, whoever agreed to an earlier text is asked again once it is in force.",
	Request: people.NewConsentVersion{Body: photoBody, Material: true},
	Errors:  []services.Code{"draft_exists"},
	Example: photoDraft,
}

var updateConsentVersionOp = op{
	ID: "updateConsentVersion", Tag: consentTag, Summary: "Edit a draft",
	Doc:     "A published text never changes again, not even in the database: 409 `version_published`.",
	Request: people.PatchConsentVersion{Body: services.Some(photoBody), Material: services.Some(false)},
	Errors:  []services.Code{"version_published"},
	Example: photoDraft,
}

var publishConsentVersionOp = op{
	ID: "publishConsentVersion", Tag: consentTag, Summary: "Publish a text", MayMatch: true,
	Doc: "In force at once, or from `effective_from`; for good. Of a material change everybody is asked again from then on, and earlier signatures become `superseded`; the history keeps them. " +
		"The first text puts the document in force. Send the text's ETag in If-Match to be told (412) when somebody changed it since you read it.",
	Request: people.PublishConsentVersion{},
	Errors:  []services.Code{"version_published", "document_retired", "kind_published"},
	Example: photoText,
}

var listConsentsOp = op{
	ID: "listConsents", Tag: consentTag, Summary: "What people have answered",
	Doc: "Each signer's last answers, the latest first; with `history` the earlier ones too. A child has one row per guardian: **never tell one guardian what another answered.** " +
		"Your own and those of people close to you are absent. Sort: `signed_at`.",
	Example: services.Page[people.ConsentRow]{Data: []people.ConsentRow{photoRow}},
}

var recordConsentOp = op{
	ID: "recordConsent", Tag: consentTag, Summary: "Record an answer on paper, or said",
	Doc: "You are who saw the paper or heard the words. On paper: `name` as it stands there, `signed_on` the day on it. Said: read the whole text aloud (`read_aloud` true) and name a third person " +
		"who heard it (`witness_id` or `witness_name`). `version_id` and `text_hash` say which text they had before them; an earlier text counts as far as a newer one has not superseded it. " +
		"Where the signer's last answer is of a later day, as when they took a consent back since, the older one is not kept: 409 `answered_since`. " +
		"For a child, `signed_by` is the guardian." + ownRecordRule,
	Request: people.RecordConsent{VersionID: photoTextID, TextHash: photoText.TextHash, Decision: people.Grant, Method: models.ConsentPaper, SignedOn: photoSignedOn, Name: "Luis Ortega"},
	Errors:  []services.Code{"own_record", "text_changed", "answered_since"},
	Example: photoRow,
}

var getConsentOp = op{
	ID: "getConsent", Tag: consentTag, Summary: "The evidence of one answer",
	Doc: "Everything that was kept: name, time, address, device, method, witnesses, and the exact text. `intact` says that the text still has the hash that was signed. `counts_now` says whether a " +
		"consent stands today, judged over all guardians of a child. The look is logged." + ownRecordRule,
	Errors:  []services.Code{"own_record"},
	Example: photoEvidence,
}

var revokeConsentOp = op{
	ID: "revokeConsent", Tag: consentTag, Summary: "Take a consent back for somebody",
	Doc:     "Because they asked you to. At once; a second time changes nothing." + ownRecordRule,
	Request: consentReason,
	Errors:  []services.Code{"own_record", "nothing_to_revoke"},
	Example: photoRevoked,
}

var reinstateConsentOp = op{
	ID: "reinstateConsent", Tag: consentTag, Summary: "Undo a revocation by staff",
	Doc:     "When it was entered by mistake. What the signer took back themselves, they alone give again (409 `signer_revoked`)." + ownRecordRule,
	Request: people.StaffReason{Reason: "Meant for another member of the same name"},
	Errors:  []services.Code{"own_record", "not_revoked", "signer_revoked", "answered_since"},
	Example: photoRow,
}

var decideConsentOp = op{
	ID: "decideConsent", Tag: consentTag, Summary: "Decide where two guardians differ",
	Doc: "A consent of one guardian counts for nothing while another, confirmed too, refuses; a task of kind `decide_consent` names it. `stands` makes it count in spite of the refusal, `set_aside` " +
		"closes the question without it. It holds until one of them answers anew, and can be decided again. Neither sees the decision: speak with them yourself, and never tell one what the other answered." + ownRecordRule,
	Request: people.DecideConsent{Outcome: models.ConsentStands, Reason: "The order gives Ana the say in this"},
	Errors:  []services.Code{"own_record", "not_disputed"},
	Example: photoRow,
}
