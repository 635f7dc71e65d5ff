package outreach_test

import (
	"testing"
	"time"

	"homefront/models"
	"homefront/services"
	"homefront/services/outreach"
	"homefront/services/tasks"
)

var refer = outreach.Refer{ToName: "County Veteran Services", Need: models.NeedBenefits, How: models.ReferralInformation}

func (o *office) asks() []models.Task {
	o.Helper()
	return must[*services.Page[models.Task]](o.T)(o.tasks.List(o.as(o.boss), tasks.Filter{PageQuery: all, Kind: string(models.TaskFollowUp)})).Data
}

func TestTheWayOfAReferral(t *testing.T) {
	o := open(t)
	luis := o.person("Luis Ortega")
	r := must[*models.Referral](t)(o.outreach.Refer(o.as(o.boss), luis.member, refer))
	if r.Status != models.ReferralOffered || !r.FollowUpAt.Equal(noon.AddDate(0, 0, 14)) || len(o.asks()) != 1 {
		t.Errorf("%+v", r)
	}
	mine := must[*services.Page[outreach.MyReferral]](t)(o.outreach.MyReferrals(o.as(luis), all)).Data
	if len(mine) != 1 || mine[0].By == nil || *mine[0].By != "Dana" {
		t.Errorf("%+v", mine)
	}
	if got := must[*outreach.MyReferral](t)(o.outreach.AcceptMine(o.as(luis), r.ID)); got.Status != models.ReferralAccepted {
		t.Errorf("%+v", got)
	}
	_, err := o.outreach.AcceptReferral(o.as(o.boss), r.ID)
	refused(t, err, services.KindConflict, "not_offered")
	must[*models.Referral](t)(o.outreach.UpdateReferral(o.as(o.boss, 2), r.ID, outreach.PatchReferral{FollowUpAt: services.Some(noon.Add(time.Hour))}))
	if got := o.asks(); len(got) != 1 || !got[0].DueAt.Equal(noon.Add(time.Hour)) {
		t.Errorf("%+v", got)
	}
	must[*models.Referral](t)(o.outreach.ConnectReferral(o.as(o.boss), r.ID))
	if len(o.asks()) != 0 {
		t.Error("the task to ask waits on")
	}
	for _, err := range []error{second(o.outreach.DeclineReferral(o.as(o.boss), r.ID, outreach.ReferralReason{})), second(o.outreach.FailReferral(o.as(o.boss), r.ID, why)),
		second(o.outreach.ConnectReferral(o.as(o.boss), r.ID)), second(o.outreach.DeclineMine(o.as(luis), r.ID, outreach.ReferralReason{})),
		second(o.outreach.UpdateReferral(o.as(o.boss, 4), r.ID, outreach.PatchReferral{}))} {
		refused(t, err, services.KindConflict, "referral_closed")
	}
	if got := must[*models.Referral](t)(o.outreach.ReopenReferral(o.as(o.boss), r.ID, why)); got.Status != models.ReferralAccepted || len(o.asks()) != 1 {
		t.Errorf("%+v", got)
	}
	_, err = o.outreach.ReopenReferral(o.as(o.boss), r.ID, why)
	refused(t, err, services.KindConflict, "referral_open")
	if got := must[*models.Referral](t)(o.outreach.FailReferral(o.as(o.boss), r.ID, why)); got.Status != models.ReferralNotConnected || got.Reason == nil {
		t.Errorf("%+v", got)
	}
	r = must[*models.Referral](t)(o.outreach.Refer(o.as(o.boss), luis.member, refer))
	must[*outreach.MyReferral](t)(o.outreach.DeclineMine(o.as(luis), r.ID, outreach.ReferralReason{}))
	if got := must[*models.Referral](t)(o.outreach.ReopenReferral(o.as(o.boss), r.ID, why)); got.Status != models.ReferralOffered {
		t.Errorf("%+v", got)
	}
}

// Nobody's data passes on without their signature, whoever says yes.
func TestAWarmReferralNeedsARelease(t *testing.T) {
	o := open(t)
	luis := o.person("Luis Ortega")
	in := refer
	in.How = models.ReferralWarm
	r := must[*models.Referral](t)(o.outreach.Refer(o.as(o.boss), luis.member, in))
	for _, err := range []error{second(o.outreach.AcceptReferral(o.as(o.boss), r.ID)), second(o.outreach.ConnectReferral(o.as(o.boss), r.ID)), second(o.outreach.AcceptMine(o.as(luis), r.ID))} {
		refused(t, err, services.KindConflict, "consent_missing")
	}
	if n := o.count(`select count(*) from referrals where status <> 'offered' or released_at is not null`); n != 0 {
		t.Error("it moved")
	}
	o.release(luis)
	if got := must[*outreach.MyReferral](t)(o.outreach.AcceptMine(o.as(luis), r.ID)); got.ReleasedAt == nil {
		t.Errorf("%+v", got)
	}
}

func TestTheDirectory(t *testing.T) {
	o := open(t)
	luis := o.member("Luis Ortega", 41)
	p := must[*models.ReferralPartner](t)(o.outreach.AddPartner(o.as(o.boss), outreach.AddPartner{Name: " County  Services ", Phone: "211", URL: "https://x.example", Needs: []models.Need{models.NeedFood}, Region: "NC"}))
	_, err := o.outreach.AddPartner(o.as(o.boss), outreach.AddPartner{Name: "county services", Needs: []models.Need{models.NeedFood}, Region: "nc"})
	refused(t, err, services.KindConflict, "already_listed")
	_, err = o.outreach.AddPartner(o.as(o.boss), outreach.AddPartner{Name: "Other", URL: "javascript:alert(1)", Needs: []models.Need{models.NeedFood}})
	field(t, err, "/url", "bad_url")
	must[*models.ReferralPartner](t)(o.outreach.AddPartner(o.as(o.boss), outreach.AddPartner{Name: "Árbol Legal", Needs: []models.Need{models.NeedLegal}}))
	list := func(f outreach.PartnerFilter) int {
		f.PageQuery = all
		return len(must[*services.Page[models.ReferralPartner]](t)(o.outreach.Partners(o.as(o.boss), f)).Data)
	}
	if list(outreach.PartnerFilter{}) != 2 || list(outreach.PartnerFilter{Need: []models.Need{models.NeedFood}}) != 1 || list(outreach.PartnerFilter{Q: "arbol"}) != 1 {
		t.Error("the directory is not found by need and name")
	}
	var names []string
	f := outreach.PartnerFilter{PageQuery: services.PageQuery{Limit: 1}}
	for {
		page := must[*services.Page[models.ReferralPartner]](t)(o.outreach.Partners(o.as(o.boss), f))
		names = append(names, page.Data[0].Name)
		if page.NextCursor == nil {
			break
		}
		f.Cursor = *page.NextCursor
	}
	if len(names) != 2 || names[0] != "Árbol Legal" {
		t.Errorf("%v", names)
	}
	in := outreach.Refer{PartnerID: &p.ID, Need: models.NeedFood, How: models.ReferralInformation}
	if r := must[*models.Referral](t)(o.outreach.Refer(o.as(o.boss), luis, in)); r.ToName != "County Services" || r.ToPhone != "211" || r.ToURL != "https://x.example" {
		t.Errorf("%+v", r)
	}
	must[*models.ReferralPartner](t)(o.outreach.UpdatePartner(o.as(o.boss, 1), p.ID, outreach.PatchPartner{Active: services.Some(false)}))
	_, err = o.outreach.Refer(o.as(o.boss), luis, in)
	refused(t, err, services.KindConflict, "partner_inactive")
	if list(outreach.PartnerFilter{}) != 1 || list(outreach.PartnerFilter{Inactive: true}) != 1 {
		t.Error("what is out of use is offered")
	}
	_, err = o.outreach.Refer(o.as(o.boss), luis, outreach.Refer{Need: models.NeedFood, How: models.ReferralInformation})
	field(t, err, "/to_name", "required")
}

func TestWhoSeesReferrals(t *testing.T) {
	o := open(t)
	luis, ana := o.member("Luis Ortega", 41), o.person("Ana Ortega", models.RoleCoordinator)
	o.kin(ana.member, luis)
	r := must[*models.Referral](t)(o.outreach.Refer(o.as(o.boss), luis, refer))
	list := func(p person) int {
		return len(must[*services.Page[outreach.ReferralRow]](t)(o.outreach.Referrals(o.as(p), outreach.ReferralFilter{PageQuery: all})).Data)
	}
	if list(o.boss) != 1 || list(ana) != 0 {
		t.Error("who sees it is wrong")
	}
	for _, err := range []error{second(o.outreach.Referral(o.as(ana), r.ID)), second(o.outreach.AcceptReferral(o.as(ana), r.ID)), second(o.outreach.Refer(o.as(ana), luis, refer)),
		second(o.outreach.Refer(o.as(ana), ana.member, refer)), second(o.outreach.AcceptMine(o.as(ana), r.ID)),
		second(o.outreach.Referrals(o.as(ana), outreach.ReferralFilter{PageQuery: all, MemberID: luis}))} {
		refused(t, err, services.KindNotFound, services.CodeNotFound)
	}
	if n := o.count(`select count(*) from audit_log where action = 'referral.list' and outcome = 'read' and $1 = any(subjects)`, luis); n != 1 {
		t.Errorf("the look is told %d times", n)
	}
}

// release has somebody sign that their data may be passed on.
func (o *office) release(p person) {
	o.Helper()
	document, text := services.NewID(), services.NewID()
	o.exec(`insert into consent_documents (id, version, created_at, updated_at, kind, title, optional, assent, status) values ($1, 1, $2, $2, 'clinician_release', 'Release', true, false, 'published')`, document, noon)
	o.exec(`insert into consent_document_versions (id, version, created_at, updated_at, document_id, number, language, body, text_hash, material, effective_from, published_at, published_by)
		values ($1, 1, $2, $2, $3, 1, 'en', 'Yes', encode(sha256('Yes'), 'hex'), true, $2, $2, $4)`, text, noon.Add(-time.Hour), document, o.boss.member)
	o.exec(`insert into consents (id, version, created_at, updated_at, member_id, document_id, version_id, status, latest, method, signed_by, name_typed, signed_on, signed_at, text_hash)
		values ($1, 1, $2, $2, $3, $4, $5, 'granted', true, 'typed', $3, 'Luis Ortega', $2::timestamptz::date, $2, encode(sha256('Yes'), 'hex'))`, services.NewID(), noon, p.member, document, text)
}
