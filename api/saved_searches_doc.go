package api

import (
	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

var (
	carolinaID     = uuid.MustParse("0199c1f5-2b6e-7c10-9d44-0f1e2d3c4b07")
	carolinaFilter = models.Criteria{Kind: []models.Kind{models.KindVeteran}, Era: []models.Era{models.EraPost911}, Region: []string{"NC"}, MinAge: 25}
	carolinaSearch = models.SavedSearch{Record: models.Record{ID: carolinaID, Version: 1, CreatedAt: peopleAt, UpdatedAt: peopleAt}, OwnerID: coordinatorID,
		Name: "Post-9/11, North Carolina", Shared: true, Filter: carolinaFilter}
	luisSummary = people.MemberSummary{ID: luisID, GivenName: "Luis", FamilyName: "Ortega", PreferredName: ptr("Lou"),
		Kinds: models.Texts[models.Kind]{models.KindVeteran, models.KindParent}, Status: models.MemberActive, BirthDate: &luisBorn,
		Email: ptr("luis.ortega@example.org"), Phone: ptr("+19105550142"), CreatedAt: peopleAt, UpdatedAt: peopleAt}
	luisRestricted = people.Restriction{MemberID: luisID, Name: "Lou Ortega", Staff: []people.NamedStaff{{MemberID: coordinatorID, Name: "Carol Whitfield"}},
		RestrictedBy: anaID, Since: peopleAt}
)

var saveSearchOp = op{
	ID: "saveSearch", Tag: "People", Summary: "Save a set of filters",
	Doc: "The filters of `GET /v1/members` under a name, without the words of a search. `shared` shows it to colleagues, who run it but do not change it. " +
		"What it finds is asked anew each time, within what the asker may see.",
	Errors:  []services.Code{"name_taken"},
	Request: people.SaveSearch{Name: "Post-9/11, North Carolina", Shared: true, Filter: carolinaFilter}, Example: carolinaSearch,
}

var listSavedSearchesOp = op{
	ID: "listSavedSearches", Tag: "People", Summary: "List saved searches", Doc: "Yours and those that colleagues share. Sorts: `name` (default), `created_at`.",
	Example: services.Page[people.SavedSearchRow]{Data: []people.SavedSearchRow{{SavedSearch: carolinaSearch}}},
}

var getSavedSearchOp = op{ID: "getSavedSearch", Tag: "People", Summary: "One saved search", Doc: "Yours, or one that a colleague shares.", Example: carolinaSearch}

var runSavedSearchOp = op{
	ID: "runSavedSearch", Tag: "People", Summary: "List the members whom a saved search finds",
	Doc:     "As `GET /v1/members` with its filters: sorts `name` (default), `created_at`, `updated_at`; your own record and those of people close to you are absent.",
	Example: services.Page[people.MemberSummary]{Data: []people.MemberSummary{luisSummary}},
}

var updateSavedSearchOp = op{
	ID: "updateSavedSearch", Tag: "People", Summary: "Change a saved search", Doc: "One's own alone: a colleague's answers 403 `not_owner`. `filter` replaces all filters.",
	Errors:  []services.Code{"not_owner", "name_taken"},
	Request: people.PatchSavedSearch{Shared: services.Some(false)}, Example: carolinaSearch,
}

var deleteSavedSearchOp = op{
	ID: "deleteSavedSearch", Tag: "People", Summary: "Forget a saved search", Doc: "One's own alone. Nothing happens to the members whom it found.", Errors: []services.Code{"not_owner"},
}

var listTagsOp = op{
	ID: "listTags", Tag: "People", Summary: "The tags in use", Doc: "The most used first, with how many members carry each; merged records and records kept to other staff are not counted. No pages: narrow it with `q`.",
	Example: services.Page[people.TagCount]{Data: []people.TagCount{{Tag: "newsletter", Members: 212}, {Tag: "speaker", Members: 9}}},
}

var renameTagOp = op{
	ID: "renameTag", Tag: "People", Summary: "Rename a tag, or merge it into another",
	Doc: "On every member that carries it, at once; when `to` is in use already, the two become one. There is no way to part them again but tagging: look at the counts first. " +
		"A tag on over 1,000 members answers 409 `too_many_members`. Members whose record is kept to other staff carry the new name too, and are not counted; a tag that only they carry is 404.",
	Errors:  []services.Code{services.CodeNotFound, "too_many_members"},
	Request: people.RenameTag{From: "news letter", To: "newsletter"}, Example: people.RenamedTag{Tag: "newsletter", Changed: 212},
}

var tagMembersOp = op{
	ID: "tagMembers", Tag: "People", Summary: "Tag many members at once",
	Doc: "Those in `member_ids`, or those whom `saved_search_id` finds now; at most 500. Every one of them stands in `results` with what became of them: `changed`, `unchanged`, `not_found`, " +
		"`own_record` (yours or of somebody close to you), `member_closed` (has died, or was merged away), `too_many_tags` (over 20). The rest are changed even when some could not be.",
	Errors:  []services.Code{services.CodeNotFound, "too_many_members"},
	Request: people.TagMembers{MemberIDs: []uuid.UUID{luisID, anaID}, Add: []string{"newsletter"}},
	Example: people.TaggedMembers{Changed: 1, Results: []people.TaggedMember{{MemberID: luisID, Result: people.TagsUnchanged}, {MemberID: anaID, Result: people.TagsChanged}}},
}

var listRestrictionsOp = op{
	ID: "listRestrictions", Tag: "People", Summary: "Records that are kept to named staff",
	Doc:     "With who is named, for admins who were asked for a password lately. Those of yourself and of people close to you are left to colleagues. The look is logged.",
	Example: services.Page[people.Restriction]{Data: []people.Restriction{luisRestricted}},
}

var restrictMemberOp = op{
	ID: "restrictMember", Tag: "People", Summary: "Keep a record to named staff",
	Doc: "For a colleague who is a member too, or a public person. `staff_ids` is the whole list and replaces the one before: name that one in `replaces`, or 409 `restriction_changed` says that a colleague changed it meanwhile. For everybody else, admins included, the record is then like one that does " +
		"not exist: 404 by id, absent from lists, counts, searches, duplicates, tasks, mail, households and exports. Places in a workshop stay on its roster: people must be checked in. " +
		"An admin who is not named can still change or lift the restriction here." + ownRecordRule,
	Errors:  []services.Code{"own_record", "member_closed", "restriction_changed"},
	Request: people.RestrictMember{StaffIDs: []uuid.UUID{coordinatorID}, Reason: "A colleague's own record"}, Example: luisRestricted,
}

var liftRestrictionOp = op{
	ID: "liftRestriction", Tag: "People", Summary: "Open a restricted record again", Doc: "To all who may see members." + ownRecordRule,
	Errors:  []services.Code{"own_record", "not_restricted"},
	Request: people.StaffReason{Reason: "No longer works here"}, Example: people.Restriction{MemberID: luisID, Name: "Lou Ortega", Staff: []people.NamedStaff{}, RestrictedBy: anaID, Since: peopleAt},
}
