package outreach

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/tasks"
)

const referralRecord = "referral"

// When we ask how a referral went, if nobody says otherwise.
const (
	askAfterWarm        = 7 * 24 * time.Hour
	askAfterInformation = 14 * 24 * time.Hour
)

// Refer sends somebody on.
type Refer struct {
	PartnerID  *uuid.UUID         `json:"partner_id,omitempty" required:"false" doc:"An entry of the directory; its name, telephone and address are taken over where they are not given"`
	ToName     string             `json:"to_name,omitempty" maxLength:"160" doc:"The organization or person; needed without partner_id" example:"Cumberland County Veteran Services"`
	ToPhone    string             `json:"to_phone,omitempty" maxLength:"40" example:"(910) 555-0181"`
	ToURL      string             `json:"to_url,omitempty" maxLength:"500" example:"https://ccvs.example.org"`
	Need       models.Need        `json:"need" enum:"housing,food,money,benefits,legal,employment,education,health,counseling,substance_use,family,child_care,transport,other" example:"benefits"`
	NeedText   string             `json:"need_text,omitempty" maxLength:"280" doc:"In a line that the member may read" example:"Help with the appeal"`
	How        models.ReferralHow `json:"how" enum:"warm,information" doc:"warm: we pass them on ourselves. That needs their release (consent clinician_release) by the time they accept"`
	FollowUpAt *time.Time         `json:"follow_up_at,omitempty" required:"false" doc:"When we ask how it went; after 7 days for warm, 14 for information when absent"`
}

// Refer offers somebody a referral, and makes the task to ask how it went. Errors: not_found; conflict member_merged,
// partner_inactive; invalid without a name, or when the follow-up has passed.
func (s *Service) Refer(ctx context.Context, memberID uuid.UUID, in Refer) (*models.Referral, error) {
	return services.Mutate(ctx, s.core, "referral.create", func(tx *services.Tx) (*models.Referral, error) {
		if _, err := person(tx.DB, tx.Actor(), memberID, tx.Now()); err != nil {
			return nil, err
		}
		by := tx.Actor().MemberID
		r := &models.Referral{Record: head(tx), MemberID: memberID, PartnerID: in.PartnerID, ToName: services.Line(in.ToName), ToPhone: services.Line(in.ToPhone),
			ToURL: services.Line(in.ToURL), Need: in.Need, NeedText: services.Line(in.NeedText), How: in.How, Status: models.ReferralOffered, ByID: &by, FollowUpAt: utc(in.FollowUpAt)}
		if err := fromDirectory(tx, r); err != nil {
			return nil, err
		}
		if r.FollowUpAt == nil {
			at := tx.Now().Add(askAfterInformation)
			if r.How == models.ReferralWarm {
				at = tx.Now().Add(askAfterWarm)
			}
			r.FollowUpAt = &at
		}
		if err := tidyReferral(tx, r, true); err != nil {
			return nil, err
		}
		if err := tx.DB.Create(r).Error; err != nil {
			return nil, err
		}
		tx.Changed(nil, *r)
		return r, followReferral(tx, r)
	})
}

func fromDirectory(tx *services.Tx, r *models.Referral) error {
	if r.PartnerID == nil {
		return nil
	}
	p, err := partner(tx.DB, *r.PartnerID)
	if err != nil {
		return err
	}
	if !p.Active {
		return services.Conflict("partner_inactive", "This entry of the directory is out of use. Choose another.")
	}
	for _, f := range []struct {
		into *string
		from string
	}{{&r.ToName, p.Name}, {&r.ToPhone, p.Phone}, {&r.ToURL, p.URL}} {
		if *f.into == "" {
			*f.into = f.from
		}
	}
	return nil
}

func tidyReferral(tx *services.Tx, r *models.Referral, newFollowUp bool) error {
	if r.ToName == "" {
		return services.InvalidField("/to_name", "required", "Name the organization or person, or choose an entry of the directory.")
	}
	if newFollowUp && r.FollowUpAt != nil && (!r.FollowUpAt.After(tx.Now()) || r.FollowUpAt.After(tx.Now().AddDate(1, 0, 0))) {
		return services.InvalidField("/follow_up_at", "out_of_range", "Choose a time within the coming year.")
	}
	return nil
}

// followReferral makes the task to ask how it went, for whoever made the referral.
func followReferral(tx *services.Tx, r *models.Referral) error {
	if r.FollowUpAt == nil {
		return nil
	}
	_, err := tasks.Open(tx, tasks.New{Kind: models.TaskFollowUp, MemberID: &r.MemberID, Record: referralRecord, RecordID: &r.ID, Queue: "coordinators", Owner: r.ByID,
		Title: "Ask how a referral went", DueAt: *r.FollowUpAt})
	return err
}

// ReferralFilter picks referrals of the staff's list.
type ReferralFilter struct {
	services.PageQuery
	Status   []models.ReferralStatus `query:"status,explode" maxItems:"5" enum:"offered,accepted,connected,not_connected,declined" doc:"Only in these statuses"`
	Need     []models.Need           `query:"need,explode" maxItems:"14" enum:"housing,food,money,benefits,legal,employment,education,health,counseling,substance_use,family,child_care,transport,other" doc:"Only for these needs"`
	MemberID uuid.UUID               `query:"member_id" doc:"Only of this member"`
	Partner  uuid.UUID               `query:"partner_id" doc:"Only to this entry of the directory"`
	Mine     bool                    `query:"mine" doc:"Only those I made"`
}

// ReferralRow is one referral of the staff's list, and whose it is.
type ReferralRow struct {
	models.Referral
	Name string `json:"name" example:"Lou Ortega"`
}

var referralList = services.List[ReferralRow]{
	IDColumn: "referrals.id",
	ID:       func(r ReferralRow) uuid.UUID { return r.ID },
	Sorts: []services.Sort[ReferralRow]{
		{Name: "created_at", Column: "referrals.created_at", Cast: "timestamptz", Key: func(r ReferralRow) any { return r.CreatedAt }},
		{Name: "follow_up_at", Column: "coalesce(referrals.follow_up_at, 'infinity')", Cast: "timestamptz", Key: func(r ReferralRow) any {
			if r.FollowUpAt == nil {
				return "infinity"
			}
			return *r.FollowUpAt
		}},
	},
	Default: "-created_at",
}

// Referrals pages through referrals, the latest first. To whom somebody was sent is health data: the look is logged.
// Errors: not_found for a member_id that the caller does not handle.
func (s *Service) Referrals(ctx context.Context, f ReferralFilter) (*services.Page[ReferralRow], error) {
	return services.Disclose(ctx, s.core, "referral.list", func(d *services.Disclosure) (*services.Page[ReferralRow], error) {
		now := d.Tx().Now()
		q := d.DB.Table("referrals").Select("referrals.*, " + fullName("m") + " AS name").Joins("JOIN members m ON m.id = referrals.member_id").
			Scopes(WorksWith(d.Tx().Actor(), "referrals.member_id", now))
		if f.MemberID != uuid.Nil {
			d.Object(f.MemberID)
			if _, err := person(d.DB, d.Tx().Actor(), f.MemberID, now); err != nil {
				return nil, err
			}
			q = q.Where("referrals.member_id = ?", f.MemberID)
		}
		if len(f.Status) > 0 {
			q = q.Where("referrals.status IN ?", f.Status)
		}
		if len(f.Need) > 0 {
			q = q.Where("referrals.need IN ?", f.Need)
		}
		if f.Partner != uuid.Nil {
			q = q.Where("referrals.partner_id = ?", f.Partner)
		}
		if f.Mine {
			q = q.Where("referrals.by_id = ?", d.Tx().Actor().MemberID)
		}
		page, err := referralList.Find(ctx, s.core, q, f.PageQuery)
		for i := range page.Data {
			d.Subject(page.Data[i].MemberID)
		}
		return &page, err
	})
}

// Referral shows one referral; the look is logged. Errors: not_found.
func (s *Service) Referral(ctx context.Context, id uuid.UUID) (*models.Referral, error) {
	return services.Disclose(ctx, s.core, "referral.read", func(d *services.Disclosure) (*models.Referral, error) {
		d.Object(id)
		r, err := referral(d.DB, d.Tx().Actor(), id, d.Tx().Now())
		if err == nil {
			d.Subject(r.MemberID)
		}
		return r, err
	})
}

func referral(db *gorm.DB, actor *services.Actor, id uuid.UUID, now time.Time) (*models.Referral, error) {
	return oneReferral(db.Scopes(WorksWith(actor, "referrals.member_id", now)), id)
}

func oneReferral(scoped *gorm.DB, id uuid.UUID) (*models.Referral, error) {
	var rows []models.Referral
	err := scoped.Where("referrals.id = ?", id).Limit(1).Find(&rows).Error
	if err == nil && len(rows) == 0 {
		err = services.NotFound("referral")
	}
	if err != nil {
		return nil, err
	}
	return &rows[0], nil
}

// MyReferral is a referral as the member sees it.
type MyReferral struct {
	models.Record
	ToName     string                `json:"to_name"`
	ToPhone    string                `json:"to_phone"`
	ToURL      string                `json:"to_url" gorm:"column:to_url"`
	Need       models.Need           `json:"need" enum:"housing,food,money,benefits,legal,employment,education,health,counseling,substance_use,family,child_care,transport,other"`
	NeedText   string                `json:"need_text"`
	How        models.ReferralHow    `json:"how" enum:"warm,information" doc:"warm: we pass you on ourselves, once you have signed the release"`
	Status     models.ReferralStatus `json:"status" enum:"offered,accepted,connected,not_connected,declined"`
	By         *string               `json:"by" doc:"First name of who made it" example:"Dana"`
	ReleasedAt *time.Time            `json:"released_at" doc:"When we saw that you had agreed to have your data passed on"`
}

const myReferralColumns = `referrals.id, referrals.version, referrals.created_at, referrals.updated_at, to_name, to_phone, to_url, need, need_text, how, referrals.status, released_at,
	(SELECT ` + firstName + ` FROM members staff WHERE staff.id = referrals.by_id) AS "by"`

var myReferralList = services.List[MyReferral]{
	IDColumn: "referrals.id",
	ID:       func(r MyReferral) uuid.UUID { return r.ID },
	Sorts:    []services.Sort[MyReferral]{{Name: "created_at", Column: "referrals.created_at", Cast: "timestamptz", Key: func(r MyReferral) any { return r.CreatedAt }}},
	Default:  "-created_at",
}

// MyReferrals pages through one's own referrals, the latest first.
func (s *Service) MyReferrals(ctx context.Context, in services.PageQuery) (*services.Page[MyReferral], error) {
	return services.Disclose(ctx, s.core, "referral.list_own", func(d *services.Disclosure) (*services.Page[MyReferral], error) {
		me := d.Tx().Actor().MemberID
		d.Subject(me)
		page, err := myReferralList.Find(ctx, s.core, d.DB.Table("referrals").Select(myReferralColumns).Where("referrals.member_id = ?", me), in)
		return &page, err
	})
}
