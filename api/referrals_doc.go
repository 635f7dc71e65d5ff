package api

import (
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/outreach"
)

var (
	referralID       = uuid.MustParse("0199c1f6-c3a4-7e05-b1f7-6a9d2c4e0010")
	partnerID        = uuid.MustParse("0199c1f7-05d8-7a97-8e23-8b1c3d5f6011")
	referralHead     = models.Record{ID: referralID, Version: 1, CreatedAt: contactWhen, UpdatedAt: contactWhen}
	referralFollowUp = contactWhen.Add(14 * 24 * time.Hour)
	partnerExample   = models.ReferralPartner{Record: models.Record{ID: partnerID, Version: 1, CreatedAt: peopleAt, UpdatedAt: peopleAt}, Name: "Cumberland County Veteran Services", Phone: "+19105550181",
		URL: "https://ccvs.example.org", Needs: models.Texts[models.Need]{models.NeedBenefits, models.NeedLegal}, Region: "Cumberland County, NC", Note: "Ask for the duty officer", Active: true}
	referralExample = models.Referral{Record: referralHead, MemberID: luisID, PartnerID: &partnerID, ToName: partnerExample.Name, ToPhone: partnerExample.Phone, ToURL: partnerExample.URL, Need: models.NeedBenefits,
		NeedText: "Help with the appeal", How: models.ReferralInformation, Status: models.ReferralOffered, ByID: &coordinatorID, FollowUpAt: &referralFollowUp}
	myReferralExample = outreach.MyReferral{Record: referralHead, ToName: partnerExample.Name, ToPhone: partnerExample.Phone, ToURL: partnerExample.URL, Need: models.NeedBenefits, NeedText: "Help with the appeal",
		How: models.ReferralInformation, Status: models.ReferralAccepted, By: ptr("Dana")}
)

const (
	referralScope = " Nobody handles their own, or those of somebody close, or of a record kept to others: 404. To whom somebody was sent is health data: every look is logged."
	releaseRule   = " A `warm` referral passes personal data on: 409 `consent_missing` until the release (consent `clinician_release`) is signed."
)

var referOp = op{
	ID: "referMember", Tag: "Referrals", Summary: "Send somebody on",
	Doc: "To an entry of the directory (`partner_id`, whose name, telephone and address are copied) or to whom `to_name` says. `information`: they turn there themselves. `warm`: we pass them on, once " +
		"they have accepted and signed the release. A task asks how it went, after 14 or 7 days unless `follow_up_at` says else." + referralScope,
	Errors:  []services.Code{"member_merged", "partner_inactive", "required", "out_of_range"},
	Request: outreach.Refer{PartnerID: &partnerID, Need: models.NeedBenefits, NeedText: "Help with the appeal", How: models.ReferralInformation}, Example: referralExample,
}

var listReferralsOp = op{
	ID: "listReferrals", Tag: "Referrals", Summary: "Who was sent where, and what came of it",
	Doc: "Sorts: `-created_at` (default), `follow_up_at`. With `member_id` those of one person." + referralScope, Errors: []services.Code{services.CodeNotFound, "member_merged"},
	Example: services.Page[outreach.ReferralRow]{Data: []outreach.ReferralRow{{Referral: referralExample, Name: "Lou Ortega"}}},
}

var getReferralOp = op{ID: "getReferral", Tag: "Referrals", Summary: "One referral", Doc: "To whom, for what, and where it stands." + referralScope, Example: referralExample}

var updateReferralOp = op{
	ID: "updateReferral", Tag: "Referrals", Summary: "Edit an open referral", Doc: "Moving `follow_up_at` moves the task; null drops it." + referralScope,
	Errors: []services.Code{"referral_closed", "required", "out_of_range"}, Request: outreach.PatchReferral{NeedText: services.Some("Help with the second appeal")}, Example: referralExample,
}

var acceptReferralOp = op{
	ID: "acceptReferral", Tag: "Referrals", Summary: "They said yes", Doc: "From `offered` to `accepted`; members can say so themselves." + releaseRule + referralScope,
	Errors: []services.Code{"not_offered", "consent_missing"}, Example: referralExample,
}

var declineReferralOp = op{
	ID: "declineReferral", Tag: "Referrals", Summary: "They said no", Doc: "Nobody need say why." + referralScope, Errors: []services.Code{"referral_closed"},
	Request: outreach.ReferralReason{Reason: "The wait is three months"}, Example: referralExample,
}

var connectReferralOp = op{
	ID: "connectReferral", Tag: "Referrals", Summary: "They met", Doc: "The referral did what it was for. The task to ask is done." + releaseRule + referralScope,
	Errors: []services.Code{"referral_closed", "consent_missing"}, Example: referralExample,
}

var failReferralOp = op{
	ID: "failReferral", Tag: "Referrals", Summary: "It came to nothing", Doc: "With the reason: what we learn of a place stands there." + referralScope,
	Errors: []services.Code{"referral_closed", "required"}, Request: outreach.Reason{Reason: "They take no new clients until June"}, Example: referralExample,
}

var reopenReferralOp = op{
	ID: "reopenReferral", Tag: "Referrals", Summary: "Open a referral again", Doc: "The way back from `connected`, `not_connected` and `declined`; the task to ask waits again." + referralScope,
	Errors: []services.Code{"referral_open", "required"}, Request: outreach.Reason{Reason: "They rang and have a place after all"}, Example: referralExample,
}

var myReferralsOp = op{
	ID: "listMyReferrals", Tag: "Me", Summary: "Where I was sent, and what waits for my answer", Doc: "The latest first. An `offered` one waits for your yes or no; nothing is passed on before.",
	Example: services.Page[outreach.MyReferral]{Data: []outreach.MyReferral{myReferralExample}},
}

var acceptMyReferralOp = op{
	ID: "acceptMyReferral", Tag: "Me", Summary: "Say yes to a referral", Doc: "For a `warm` one sign the release first (`GET /v1/me/consents`): 409 `consent_missing` until then.",
	Errors: []services.Code{"not_offered", "consent_missing"}, Example: myReferralExample,
}

var declineMyReferralOp = op{
	ID: "declineMyReferral", Tag: "Me", Summary: "Say no to a referral", Doc: "Also after a yes. You need give no reason.", Errors: []services.Code{"referral_closed"},
	Request: outreach.ReferralReason{}, Example: myReferralExample,
}

var addReferralPartnerOp = op{
	ID: "addReferralPartner", Tag: "Referrals", Summary: "Add a place to the directory", Doc: "The places that people are sent to again and again. Nothing about a person belongs here.",
	Errors: []services.Code{"already_listed", "required", "bad_url"}, Request: outreach.AddPartner{Name: partnerExample.Name, Phone: partnerExample.Phone, URL: partnerExample.URL, Needs: partnerExample.Needs, Region: partnerExample.Region},
	Example: partnerExample,
}

var listReferralPartnersOp = op{
	ID: "listReferralPartners", Tag: "Referrals", Summary: "The directory", Doc: "By name. `need` picks those who help with one of the given needs, `q` looks in name and region, `inactive` shows what is out of use.",
	Example: services.Page[models.ReferralPartner]{Data: []models.ReferralPartner{partnerExample}},
}

var getReferralPartnerOp = op{ID: "getReferralPartner", Tag: "Referrals", Summary: "One entry of the directory", Doc: "A place, and what it helps with.", Example: partnerExample}

var updateReferralPartnerOp = op{
	ID: "updateReferralPartner", Tag: "Referrals", Summary: "Edit an entry of the directory", Doc: "`active` false takes it out of use; referrals that name it stay as they are.",
	Errors: []services.Code{"already_listed", "required", "bad_url"}, Request: outreach.PatchPartner{Phone: services.Some("+19105550182")}, Example: partnerExample,
}
