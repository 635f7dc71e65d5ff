package api

import (
	"time"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

var (
	luisEntered, luisSeparated = models.NewDate(2003, time.July, 7), models.NewDate(2011, time.July, 6)
	luisDeployments            = models.Deployments{{Place: "Iraq", From: ptr(models.NewDate(2005, time.January, 10)), Until: ptr(models.NewDate(2006, time.January, 8))}}
	luisEras                   = []models.Era{models.EraGulfWar, models.EraPost911}
	serviceExample             = people.ServiceRecordView{ServiceRecord: models.ServiceRecord{Record: peopleRecord, MemberID: luisID, Component: models.ComponentActive,
		Branch: models.BranchArmy, EnteredOn: luisEntered, SeparatedOn: &luisSeparated, Rank: "Staff Sergeant", Specialty: "68W combat medic", Deployments: luisDeployments,
		Verification: models.ServiceVerified, VerificationMethod: ptr(models.MethodDD214), VerifiedBy: &coordinatorID, VerifiedOn: ptr(models.NewDate(2026, time.March, 3))},
		Eras: luisEras}
	ownServiceExample = people.OwnServiceRecord{Record: peopleRecord, Component: models.ComponentActive, Branch: models.BranchArmy, EnteredOn: luisEntered,
		SeparatedOn: &luisSeparated, Rank: "Staff Sergeant", Specialty: "68W combat medic", Deployments: luisDeployments, Eras: luisEras, Verification: models.ServiceUnverified}
	addServiceRequest = people.AddServiceRecord{Component: models.ComponentActive, Branch: models.BranchArmy, EnteredOn: luisEntered, SeparatedOn: &luisSeparated,
		Rank: "Staff Sergeant", Specialty: "68W combat medic", Deployments: luisDeployments}
)

const erasRule = "`eras` is computed from the dates, both ends included, several may hold: `world_war_ii` 1941-12-07–1946-12-31, `korea` 1950-06-27–1955-01-31, " +
	"`vietnam` 1964-08-05–1975-05-07 (from 1955-11-01 where a deployment names Vietnam), `gulf_war` from 1990-08-02, `post_9_11` from 2001-09-11; otherwise `peacetime`."

var listServiceRecordsOp = op{
	ID: "listServiceRecords", Tag: "Service", Summary: "A member's military service", Doc: "The latest period first. " + erasRule + ownRecordRule,
	Errors:  []services.Code{"own_record"},
	Example: services.Page[people.ServiceRecordView]{Data: []people.ServiceRecordView{serviceExample}},
}

var addServiceRecordOp = op{
	ID: "addServiceRecord", Tag: "Service", Summary: "Add a period of service",
	Doc: "One per component and branch; several per member, and they may overlap. It starts `unverified`. Refused are a beginning before the 16th birthday (`too_young`) or in the future, " +
		"an end before it, and a deployment outside it (`outside_service`). The discharge document is never stored: it carries an SSN." + ownRecordRule,
	Errors:  []services.Code{"own_record"},
	Request: addServiceRequest,
	Example: serviceExample,
}

var getServiceRecordOp = op{ID: "getServiceRecord", Tag: "Service", Summary: "One period of service", Doc: "What is on file of it. " + erasRule + ownRecordRule,
	Errors: []services.Code{"own_record"}, Example: serviceExample}

var updateServiceRecordOp = op{
	ID: "updateServiceRecord", Tag: "Service", Summary: "Correct a period of service",
	Doc: "Null for `separated_on` says that they still serve; `deployments` replaces the whole list. What was verified stays verified: take that back first if what was seen does not show it." +
		ownRecordRule,
	Errors:  []services.Code{"own_record"},
	Request: people.PatchServiceRecord{SeparatedOn: services.Some(models.NewDate(2011, time.July, 6))},
	Example: serviceExample,
}

var verifyServiceOp = op{
	ID: "verifyService", Tag: "Service", Summary: "Say that proof was seen",
	Doc: "From `unverified`, `pending` or `not_confirmed`. `method` says what was seen; the document itself is never uploaded or kept: it carries an SSN. You become `verified_by`, " +
		"and a task that asked for it closes." + ownRecordRule,
	Errors:  []services.Code{"own_record", "already_verified"},
	Request: people.VerifyService{Method: models.MethodDD214, Note: "Seen at the front desk"},
	Example: serviceExample,
}

var markServicePendingOp = op{
	ID: "markServicePending", Tag: "Service", Summary: "Say that proof was asked for", Doc: "From `unverified` or `not_confirmed`." + ownRecordRule,
	Errors:  []services.Code{"own_record", "already_verified", "already_pending"},
	Request: people.PendingService{Note: "Asked the archive on 3 March"},
	Example: serviceExample,
}

var notConfirmServiceOp = op{
	ID: "notConfirmService", Tag: "Service", Summary: "Say that service could not be confirmed",
	Doc: "It does not say that they did not serve: archives burn, names change. The reason stands with the record, for staff; the member sees the state without it. " +
		"What is verified must be taken back first." + ownRecordRule,
	Errors:  []services.Code{"own_record", "already_verified", "already_not_confirmed"},
	Request: people.NotConfirmService{Reason: "The archive has no record under this name"},
	Example: serviceExample,
}

var undoServiceVerificationOp = op{
	ID: "undoServiceVerification", Tag: "Service", Summary: "Take a verification back",
	Doc:     "The way back from `verified`, `pending` and `not_confirmed` to `unverified`. The reason is sealed in the audit log." + ownRecordRule,
	Errors:  []services.Code{"own_record", "not_verified"},
	Request: people.StaffReason{Reason: "Verified on the wrong person's record"},
	Example: serviceExample,
}

var listOwnServiceRecordsOp = op{
	ID: "listOwnServiceRecords", Tag: "Me", Summary: "One's own military service", Doc: "The latest period first. " + erasRule,
	Example: services.Page[people.OwnServiceRecord]{Data: []people.OwnServiceRecord{ownServiceExample}},
}

var addOwnServiceRecordOp = op{
	ID: "addOwnServiceRecord", Tag: "Me", Summary: "Add a period of one's own service",
	Doc:     "It starts `unverified`; staff may ask to see something that shows it. Never send the document: it carries an SSN. At most 20 periods.",
	Errors:  []services.Code{"too_many_records"},
	Request: addServiceRequest, Example: ownServiceExample,
}

var getOwnServiceRecordOp = op{ID: "getOwnServiceRecord", Tag: "Me", Summary: "One period of one's own service", Doc: erasRule, Example: ownServiceExample}

var updateOwnServiceRecordOp = op{
	ID: "updateOwnServiceRecord", Tag: "Me", Summary: "Correct a period of one's own service", NoMatch: true,
	Doc:     "If-Match is optional. What staff had verified or could not confirm is `unverified` again when a fact changes, and they are asked to look once more.",
	Request: people.PatchServiceRecord{Rank: services.Some("Staff Sergeant")}, Example: ownServiceExample,
}

var getOwnDemographicsOp = op{
	ID: "getOwnDemographics", Tag: "Me", Summary: "What one answered for our counts", Doc: "Nobody must answer, and nobody but you is shown it: reports count it, in groups of five and more.",
	Example: people.Demographics{RaceEthnicity: models.Texts[models.RaceEthnicity]{models.RaceHispanic, models.RaceWhite}},
}

var replaceOwnDemographicsOp = op{
	ID: "replaceOwnDemographics", Tag: "Me", Summary: "Answer for our counts, or take the answer back", NoMatch: true,
	Doc:     "The categories are those of the U.S. statistical standard; choose as many as fit. An empty list takes the answer back.",
	Request: people.GiveDemographics{RaceEthnicity: []models.RaceEthnicity{models.RaceHispanic, models.RaceWhite}},
	Example: people.Demographics{RaceEthnicity: models.Texts[models.RaceEthnicity]{models.RaceHispanic, models.RaceWhite}},
}
