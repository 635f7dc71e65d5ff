package outreach

import (
	"context"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// AddPartner is a new entry of the directory.
type AddPartner struct {
	Name   string        `json:"name" minLength:"2" maxLength:"160" example:"Cumberland County Veteran Services"`
	Phone  string        `json:"phone,omitempty" maxLength:"40" doc:"As people dial it; short numbers too" example:"211"`
	URL    string        `json:"url,omitempty" maxLength:"500" example:"https://ccvs.example.org"`
	Needs  []models.Need `json:"needs" minItems:"1" maxItems:"14" enum:"housing,food,money,benefits,legal,employment,education,health,counseling,substance_use,family,child_care,transport,other"`
	Region string        `json:"region,omitempty" maxLength:"80" doc:"Where they help, in words" example:"Cumberland County, NC"`
	Note   string        `json:"note,omitempty" maxLength:"500" doc:"What a colleague should know; nothing about a person" example:"Ask for the duty officer"`
}

// AddPartner enters a place that people are sent to. Errors: conflict already_listed; invalid for a blank name or a bad
// address.
func (s *Service) AddPartner(ctx context.Context, in AddPartner) (*models.ReferralPartner, error) {
	return services.Mutate(ctx, s.core, "referral_partner.create", func(tx *services.Tx) (*models.ReferralPartner, error) {
		p := &models.ReferralPartner{Record: head(tx), Name: in.Name, Phone: in.Phone, URL: in.URL, Needs: in.Needs, Region: in.Region, Note: in.Note, Active: true}
		if err := tidyPartner(p); err != nil {
			return nil, err
		}
		if err := tx.DB.Create(p).Error; err != nil {
			return nil, err
		}
		tx.Changed(nil, *p)
		return p, nil
	})
}

func tidyPartner(p *models.ReferralPartner) error {
	p.Name, p.Phone, p.URL, p.Region, p.Note = services.Line(p.Name), services.Line(p.Phone), services.Line(p.URL), services.Line(p.Region), services.Prose(p.Note)
	if p.Name == "" {
		return services.InvalidField("/name", "required", "Name the organization or person.")
	}
	return nil
}

// PatchPartner is what can be edited of an entry.
type PatchPartner struct {
	Name   services.Field[string]        `json:"name,omitzero" required:"false" minLength:"2" maxLength:"160"`
	Phone  services.Field[string]        `json:"phone,omitzero" required:"false" maxLength:"40"`
	URL    services.Field[string]        `json:"url,omitzero" required:"false" maxLength:"500"`
	Needs  services.Field[[]models.Need] `json:"needs,omitzero" required:"false" minItems:"1" maxItems:"14" enum:"housing,food,money,benefits,legal,employment,education,health,counseling,substance_use,family,child_care,transport,other"`
	Region services.Field[string]        `json:"region,omitzero" required:"false" maxLength:"80"`
	Note   services.Field[string]        `json:"note,omitzero" required:"false" maxLength:"500"`
	Active services.Field[bool]          `json:"active,omitzero" required:"false" doc:"false takes it out of use; referrals that name it stay as they are"`
}

// UpdatePartner edits an entry. Errors: not_found; unconditional, stale; conflict already_listed; invalid.
func (s *Service) UpdatePartner(ctx context.Context, id uuid.UUID, in PatchPartner) (*models.ReferralPartner, error) {
	return services.Mutate(ctx, s.core, "referral_partner.update", func(tx *services.Tx) (*models.ReferralPartner, error) {
		p, err := partner(tx.DB.Clauses(forUpdate), id)
		if err != nil {
			return nil, err
		}
		if err := tx.CheckVersion(p.Version); err != nil {
			return nil, err
		}
		before := *p
		p.Name, p.Phone, p.URL = in.Name.Or(p.Name), in.Phone.OrZero(p.Phone), in.URL.OrZero(p.URL)
		p.Needs, p.Region, p.Note, p.Active = in.Needs.Or(p.Needs), in.Region.OrZero(p.Region), in.Note.OrZero(p.Note), in.Active.Or(p.Active)
		if err := tidyPartner(p); err != nil {
			return nil, err
		}
		edited(tx, &p.Record)
		tx.Changed(before, *p)
		return p, tx.DB.Model(&models.ReferralPartner{}).Where("id = ?", id).Select("name", "phone", "url", "needs", "region", "note", "active", "version", "updated_at").Updates(p).Error
	})
}

func partner(db *gorm.DB, id uuid.UUID) (*models.ReferralPartner, error) {
	var rows []models.ReferralPartner
	err := db.Where("id = ?", id).Limit(1).Find(&rows).Error
	if err == nil && len(rows) == 0 {
		err = services.NotFound("referral partner")
	}
	if err != nil {
		return nil, err
	}
	return &rows[0], nil
}

// Partner answers one entry. Errors: not_found.
func (s *Service) Partner(ctx context.Context, id uuid.UUID) (*models.ReferralPartner, error) {
	return services.Read(ctx, s.core, func(db *gorm.DB) (*models.ReferralPartner, error) { return partner(db, id) })
}

// PartnerFilter picks entries of the directory.
type PartnerFilter struct {
	services.PageQuery
	Need     []models.Need `query:"need,explode" maxItems:"14" enum:"housing,food,money,benefits,legal,employment,education,health,counseling,substance_use,family,child_care,transport,other" doc:"Only those who help with one of these"`
	Q        string        `query:"q" maxLength:"80" doc:"In the name or the region"`
	Inactive bool          `query:"inactive" doc:"Those out of use instead"`
}

type listedPartner struct {
	models.ReferralPartner
	SortName string `json:"-"`
}

var partnerList = services.List[listedPartner]{
	IDColumn: "referral_partners.id",
	ID:       func(p listedPartner) uuid.UUID { return p.ID },
	Sorts:    []services.Sort[listedPartner]{{Name: "name", Column: "folded(referral_partners.name)", Cast: "text", Key: func(p listedPartner) any { return p.SortName }}},
	Default:  "name",
}

// Partners pages through the directory by name.
func (s *Service) Partners(ctx context.Context, f PartnerFilter) (*services.Page[models.ReferralPartner], error) {
	return services.Read(ctx, s.core, func(db *gorm.DB) (*services.Page[models.ReferralPartner], error) {
		q := db.Table("referral_partners").Select("referral_partners.*, folded(referral_partners.name) AS sort_name").Where("active = ?", !f.Inactive)
		if len(f.Need) > 0 {
			q = q.Where("needs && ?::text[]", models.Texts[models.Need](f.Need))
		}
		if words := services.Line(f.Q); words != "" {
			q = q.Where("strpos(folded(name || ' ' || region), folded(?)) > 0", words)
		}
		found, err := partnerList.Find(ctx, s.core, q, f.PageQuery)
		page := &services.Page[models.ReferralPartner]{Data: make([]models.ReferralPartner, len(found.Data)), NextCursor: found.NextCursor, Total: found.Total}
		for i := range found.Data {
			page.Data[i] = found.Data[i].ReferralPartner
		}
		return page, err
	})
}
