package api

import (
	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
	"homefront/services/records"
)

var (
	louisID       = uuid.MustParse("0199c1f6-2b10-7d31-9a42-1c0d9e8f7001")
	ortegaPairID  = uuid.MustParse("0199c1f6-3c21-7e42-8b53-2d1e0f9a7002")
	ortegaMergeID = uuid.MustParse("0199c1f6-4d32-7f53-9c64-3e2f1a0b7003")
	louisEmail    = "lou.ortega@example.net"

	luisInPair  = people.MemberSummary{ID: luisID, GivenName: "Luis", FamilyName: "Ortega", Kinds: models.Texts[models.Kind]{models.KindVeteran}, Status: models.MemberActive, BirthDate: &luisBorn, Email: ptr("luis.ortega@example.org"), Phone: ptr("+19105550142"), CreatedAt: peopleAt, UpdatedAt: peopleAt}
	louisInPair = people.MemberSummary{ID: louisID, GivenName: "Lou", FamilyName: "Ortega", Kinds: models.Texts[models.Kind]{models.KindVeteran}, Status: models.MemberProspective, BirthDate: &luisBorn, Email: &louisEmail, Phone: ptr("+19105550142"), CreatedAt: peopleAt, UpdatedAt: peopleAt}
	ortegaPair  = records.DuplicateView{DuplicatePair: models.DuplicatePair{ID: ortegaPairID, FirstID: luisID, SecondID: louisID, Score: 79, Status: models.DuplicateOpen, FoundAt: peopleAt,
		Reasons: models.Texts[models.DuplicateReason]{models.DuplicateNickname, models.DuplicateSameBirth, models.DuplicateSamePhone}}, First: luisInPair, Second: louisInPair}
	ortegaMerge = models.Merge{ID: ortegaMergeID, WinnerID: luisID, LoserID: louisID, MergedBy: coordinatorID, MergedAt: peopleAt, UndoUntil: peopleAt.Add(models.MergeUndoFor),
		Fields: models.Texts[string]{"email"}}
	ortegaMergeView = records.MergeView{Merge: ortegaMerge, Undoable: true, Differences: []models.MergeDifference{{Field: "given_name", Winner: "Luis", Loser: "Lou", Takes: "winner"},
		{Field: "email", Winner: "luis.ortega@example.org", Loser: louisEmail, Takes: "loser"}},
		Records: []records.MergedRecords{{Record: "registrations", Moved: 3, Superseded: 1}, {Record: "relationships", Moved: 1}},
		Ended:   []records.MergedRow{{Record: "registrations", ID: ortegaLinkID}}, Left: []records.MergedRow{}}
)

const mergeScope = "\n\nYour own record and those of people close to you are a colleague's: they are left out of lists and answer `own_record`. A record that is kept to others is not there."

var listDuplicatesOp = op{
	ID: "listDuplicates", Tag: "Duplicates", Summary: "Who may be known twice",
	Doc: "Pairs of records that may be one person, the likeliest first. Every night the system compares whoever changed with everybody: by name (typing errors, sound, nicknames, accents, names swapped), " +
		"birth date (also with day and month swapped or one digit off), e-mail, phone and address. `score` goes from 0 to 100; pairs from 50 on are kept:\n\n" +
		"| score | means |\n|---|---|\n| 85–100 | nearly certain |\n| 70–84 | likely |\n| 50–69 | possible: call before you merge |\n\n" +
		"`reasons` says what the two have in common, and what speaks against (`other_given_name`, `other_family_name`, `other_birth_date`, `junior_and_senior`). Families share numbers and homes, so that these " +
		"count little for people who are plainly two: twins do not appear.\n\nShow both side by side, then merge (`POST /members/{id}/merge`) or dismiss." + mergeScope,
	Example: services.Page[records.DuplicateView]{Data: []records.DuplicateView{ortegaPair}},
}

var dismissDuplicateOp = op{
	ID: "dismissDuplicate", Tag: "Duplicates", Summary: "Say that two records are two people",
	Doc:    "The pair leaves the list, and stays away until more speaks for it than today. The reason is kept sealed." + mergeScope,
	Errors: []services.Code{records.CodePairMerged}, Request: records.DismissDuplicate{Reason: "Cousins of one name; both spoken to"}, Example: ortegaPair,
}

var reopenDuplicateOp = op{
	ID: "reopenDuplicate", Tag: "Duplicates", Summary: "Put a dismissed pair back on the list", Doc: "With the reason, which is kept sealed." + mergeScope,
	Errors: []services.Code{records.CodePairMerged}, Request: records.DismissDuplicate{Reason: "She confirmed that both are hers"}, Example: ortegaPair,
}

const mergeRules = "\n\n**Fields.** The kept record's values stay; where it says nothing it takes the other's, and so it does for each field that you name. Kinds and tags are those of both; of two opt-ins the more " +
	"careful.\n\n**History.** All that is the other's moves: registrations, attendance, consents, relationships, guardianships, households, tasks, contacts, referrals, help requests, credentials, messages, what they " +
	"entered and decided. Where both have what one person has once – a place in one workshop, a consent, a link, an open help request – the kept record's stays; the other's becomes `superseded` or ends, and its seat " +
	"goes to who waits (see `ended`). A sixth emergency contact stays with the other record (`kept`). The log is not rewritten.\n\n**Sign-in.** When only the other has an account, it becomes the kept record's, with its " +
	"sessions. When both have one, the other's is closed at once."

var previewMergeOp = op{
	ID: "previewMerge", Tag: "Duplicates", Summary: "What a merge would do",
	Doc:     "Does the merge and takes it all back: the answer is what the merge would answer now. Nothing changes; the look at both records is logged. `id` is empty, since there is no merge yet. What stands against the merge is in `obstacle`, with the code that the merge would answer." + mergeRules + mergeScope,
	Errors:  []services.Code{"own_record", "role_above_own"},
	Example: ortegaMergeView,
}

var mergeErrors = []services.Code{"own_record", "role_above_own", "last_admin", people.CodeSamePerson, people.CodeAlreadyMerged, people.CodeOneDeceased, people.CodeChildAndAdult, people.CodeChildrenFirst, people.CodeAskColleague, "loser_coaches", "double_booked"}

var mergeMembersOp = op{
	ID: "mergeMembers", Tag: "Duplicates", Summary: "Make two records one",
	Doc: "The record of the path is kept. The other goes on answering under its id, with status `merged` and `merged_into`, and is left out of lists and searches. For thirty days `POST /merges/{id}/undo` takes it back." +
		mergeRules + "\n\n**What stands against it**: `already_merged`; `one_deceased` (record or correct the death first); `children_first` (both entered the same child: merge the two children); `double_booked` (both are " +
		"to lead something at one time); `role_above_own` (one of the two signs in with roles that you may not grant); `child_and_adult` (correct the birth date first, if they are one person); `ask_colleague` (an admin looks at both)." + mergeScope,
	Errors: mergeErrors, Request: records.MergeMember{LoserID: louisID, Fields: []string{"email"}, Reason: "Signed up twice; confirmed by telephone"}, Example: ortegaMergeView,
}

var listMergesOp = op{
	ID: "listMerges", Tag: "Duplicates", Summary: "What was merged", Doc: "The latest first, with both records; `undoable` while the thirty days run." + mergeScope,
	Example: services.Page[records.MergeSummary]{Data: []records.MergeSummary{{Merge: ortegaMerge, Undoable: true, Winner: luisInPair, Loser: louisInPair}}},
}

var getMergeOp = op{
	ID: "getMerge", Tag: "Duplicates", Summary: "One merge, and what an undo would leave",
	Doc:    "How many rows of each kind it moved and what ended by it. While it can be undone, `left` lists what would stay where it is: rows that changed since, and places that are taken by now. The look is logged." + mergeScope,
	Errors: []services.Code{"own_record"}, Example: ortegaMergeView,
}

var undoMergeOp = op{
	ID: "undoMerge", Tag: "Duplicates", Summary: "Take a merge back",
	Doc: "Within thirty days. What the merge moved and nobody changed since goes back: rows, fields of both records, the account, keys. A place that was superseded is given back if its seats are free. " +
		"What was made since stays with the kept record; what changed since, or has no place to go back to, stays where it is and is listed in `left`.\n\n`merged_again`: the kept record was merged into a third since; " +
		"undo that merge first." + mergeScope,
	Errors: []services.Code{"own_record", "role_above_own", records.CodeAlreadyUndone, records.CodeUndoTooLate, records.CodeMergedAgain}, Request: records.UndoMerge{Reason: "They are cousins of the same name"}, Example: ortegaMergeView,
}
