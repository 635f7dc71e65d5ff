package people

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// CreateMember is a new member as staff enter them.
type CreateMember struct {
	GivenName      string                 `json:"given_name" minLength:"1" maxLength:"80" example:"Luis"`
	FamilyName     string                 `json:"family_name,omitempty" maxLength:"80" example:"Ortega"`
	PreferredName  *string                `json:"preferred_name,omitempty" required:"false" maxLength:"80"`
	LegalName      *string                `json:"legal_name,omitempty" required:"false" maxLength:"160" doc:"For waivers and travel alone"`
	FormerNames    *string                `json:"former_names,omitempty" required:"false" maxLength:"160" doc:"What they were called before, as a maiden name; searches find it" example:"Reyes"`
	Pronouns       *string                `json:"pronouns,omitempty" required:"false" maxLength:"40" example:"he/him"`
	BirthDate      *models.Date           `json:"birth_date,omitempty" required:"false"`
	Gender         *models.Gender         `json:"gender,omitempty" required:"false" enum:"woman,man,nonbinary,self_described,undisclosed"`
	GenderWords    *string                `json:"gender_words,omitempty" required:"false" maxLength:"60" doc:"Their own words; with self_described alone"`
	RaceEthnicity  []models.RaceEthnicity `json:"race_ethnicity,omitempty" maxItems:"9" enum:"american_indian_or_alaska_native,asian,black_or_african_american,hispanic_or_latino,middle_eastern_or_north_african,native_hawaiian_or_pacific_islander,white,other,undisclosed" doc:"As they answered, for aggregates alone: it is taken and not shown again"`
	Kinds          []models.Kind          `json:"kinds" minItems:"1" maxItems:"12" enum:"veteran,service_member,guard_reserve,spouse,partner,child,parent,sibling,caregiver,survivor,supporter,staff"`
	Status         models.MemberStatus    `json:"status,omitempty" enum:"prospective,active,inactive" default:"active"`
	Email          *string                `json:"email,omitempty" required:"false" maxLength:"254" example:"luis.ortega@example.org"`
	Phone          *string                `json:"phone,omitempty" required:"false" maxLength:"40" doc:"Any usual way of writing it; kept as E.164" example:"(910) 555-0142"`
	AddressLine1   string                 `json:"address_line1,omitempty" maxLength:"120" example:"418 Haymount Ave"`
	AddressLine2   string                 `json:"address_line2,omitempty" maxLength:"120"`
	City           string                 `json:"city,omitempty" maxLength:"80" example:"Fayetteville"`
	Region         string                 `json:"region,omitempty" maxLength:"80" example:"NC"`
	PostalCode     string                 `json:"postal_code,omitempty" maxLength:"16" example:"28305"`
	Country        string                 `json:"country,omitempty" maxLength:"2" example:"US"`
	Language       string                 `json:"language,omitempty" maxLength:"35" doc:"BCP 47; en when absent" example:"en"`
	TimeZone       string                 `json:"time_zone,omitempty" maxLength:"64" doc:"IANA name; America/New_York when absent" example:"America/New_York"`
	ReferralSource *string                `json:"referral_source,omitempty" required:"false" maxLength:"120" example:"VA clinic"`
	Tags           []string               `json:"tags,omitempty" maxItems:"20" maxLength:"40"`
}

// Create enters a new member. Errors: invalid, naming each value.
func (s *Service) Create(ctx context.Context, in CreateMember) (*models.Member, error) {
	return services.Mutate(ctx, s.core, "member.create", func(tx *services.Tx) (*models.Member, error) {
		m := &models.Member{
			GivenName: in.GivenName, FamilyName: in.FamilyName, PreferredName: in.PreferredName, LegalName: in.LegalName, FormerNames: in.FormerNames,
			Pronouns: in.Pronouns, BirthDate: in.BirthDate, Gender: in.Gender, GenderWords: in.GenderWords, RaceEthnicity: in.RaceEthnicity, Kinds: in.Kinds, Status: in.Status, Email: in.Email, Phone: in.Phone,
			Address: models.Address{AddressLine1: in.AddressLine1, AddressLine2: in.AddressLine2, City: in.City, Region: in.Region,
				PostalCode: in.PostalCode, Country: in.Country},
			Language: in.Language, TimeZone: in.TimeZone, ReferralSource: in.ReferralSource, Tags: in.Tags,
		}
		if m.Status == "" {
			m.Status = models.MemberActive
		}
		if err := NewMember(tx, m); err != nil {
			return nil, err
		}
		return m, nil
	})
}

// PatchMember is what staff can edit of a member.
type PatchMember struct {
	NamesPatch
	ContactPatch
	PreferencesPatch
	NeedsPatch
	BirthDate      services.Field[models.Date]            `json:"birth_date,omitzero" required:"false" nullable:"true"`
	Kinds          services.Field[[]models.Kind]          `json:"kinds,omitzero" required:"false" maxItems:"12" enum:"veteran,service_member,guard_reserve,spouse,partner,child,parent,sibling,caregiver,survivor,supporter,staff"`
	Status         services.Field[models.MemberStatus]    `json:"status,omitzero" required:"false" enum:"prospective,active,inactive"`
	ReferralSource services.Field[string]                 `json:"referral_source,omitzero" required:"false" maxLength:"120"`
	RaceEthnicity  services.Field[[]models.RaceEthnicity] `json:"race_ethnicity,omitzero" required:"false" maxItems:"9" enum:"american_indian_or_alaska_native,asian,black_or_african_american,hispanic_or_latino,middle_eastern_or_north_african,native_hawaiian_or_pacific_islander,white,other,undisclosed" doc:"As they answered, for aggregates alone: it is taken and not shown again"`
	Tags           services.Field[[]string]               `json:"tags,omitzero" required:"false" maxItems:"20" maxLength:"40"`
}

// Update edits a member. Errors: forbidden own_record; not_found; stale; conflict member_closed for one who has died or
// was merged away; invalid, naming each value.
func (s *Service) Update(ctx context.Context, id uuid.UUID, in PatchMember) (*models.Member, error) {
	return services.Mutate(ctx, s.core, "member.update", func(tx *services.Tx) (*models.Member, error) {
		if err := notOwn(tx.DB, tx.Actor(), tx.Now(), id); err != nil {
			return nil, err
		}
		m, err := locked(tx, id)
		if err != nil {
			return nil, err
		}
		if err := tx.CheckVersion(m.Version); err != nil {
			return nil, err
		}
		if m.Gone() {
			return nil, services.Conflict("member_closed", "This record is closed: the person has died, or it was merged into another record.")
		}
		before := *m
		in.apply(m)
		if err := tidy(m, tx.Now()).err(); err != nil {
			return nil, err
		}
		if in.BirthDate.Set && m.MinorOn(today(tx, m)) { // an account that they have needs a guardian's consent now
			if err := tx.Enqueue(TeenConsentEnded{MemberID: m.ID}, time.Time{}); err != nil {
				return nil, err
			}
		}
		return m, storeMember(tx, before, m)
	})
}

func (in PatchMember) apply(m *models.Member) {
	in.NamesPatch.apply(m)
	in.ContactPatch.apply(&m.Email, &m.Phone, &m.Address)
	in.PreferencesPatch.apply(&m.Preferences)
	in.NeedsPatch.apply(&m.Needs)
	m.BirthDate, m.ReferralSource = in.BirthDate.OrNull(m.BirthDate), in.ReferralSource.OrNull(m.ReferralSource)
	m.Status = in.Status.Or(m.Status)
	if in.Kinds.Set {
		m.Kinds = in.Kinds.Or(nil)
	}
	if in.RaceEthnicity.Set {
		m.RaceEthnicity = in.RaceEthnicity.Or(nil)
	}
	if in.Tags.Set {
		m.Tags = in.Tags.Or(nil)
	}
}

// MemberView is a member's whole record as staff see it.
type MemberView struct {
	models.Member
	Minor             bool                      `json:"minor" doc:"Under 18 today, in the member's own zone"`
	HasAccount        bool                      `json:"has_account" doc:"They can sign in themselves"`
	Households        []HouseholdStay           `json:"households" nullable:"false"`
	Guardians         []models.Guardianship     `json:"guardians" nullable:"false" doc:"Who acts, or acted, for this child"`
	Dependents        []models.Guardianship     `json:"dependents" nullable:"false" doc:"For whom this member acts, or acted"`
	Details           []models.DependentDetails `json:"details" nullable:"false" doc:"What each guardian keeps about this child. Never tell one of another's"`
	EmergencyContacts []models.EmergencyContact `json:"emergency_contacts" nullable:"false"`
}

// Get shows one member's record; the look is logged. Errors: forbidden own_record; not_found.
func (s *Service) Get(ctx context.Context, id uuid.UUID) (*MemberView, error) {
	return look(ctx, s, "member.read", id, func(db *gorm.DB, actor *services.Actor) (*MemberView, []uuid.UUID, error) {
		m, err := member(db, actor, id)
		if err != nil {
			return nil, nil, err
		}
		v := &MemberView{Member: *m, Minor: m.MinorOn(m.Today(s.core.Clock.Now()))}
		return v, []uuid.UUID{id}, v.fill(db, actor)
	})
}

const atMost = 100 // of anything that hangs on one person

func (v *MemberView) fill(db *gorm.DB, actor *services.Actor) (err error) {
	if err := db.Raw("select exists (select 1 from accounts where member_id = ?)", v.ID).Scan(&v.HasAccount).Error; err != nil {
		return err
	}
	if v.Households, err = stays(db, actor, "household_members.member_id = ?", v.ID); err != nil {
		return err
	}
	if err := db.Where("child_id = ?", v.ID).Scopes(actor.NotRestricted("guardian_id")).Order("created_at, id").Limit(atMost).Find(&v.Guardians).Error; err != nil {
		return err
	}
	if err := db.Where("guardian_id = ?", v.ID).Scopes(actor.NotRestricted("child_id")).Order("created_at, id").Limit(atMost).Find(&v.Dependents).Error; err != nil {
		return err
	}
	if err := db.Where("member_id = ?", v.ID).Scopes(actor.NotRestricted("entered_by")).Order("created_at, id").Limit(atMost).Find(&v.Details).Error; err != nil {
		return err
	}
	return db.Where("member_id = ?", v.ID).Scopes(actor.NotRestricted("entered_by")).Order("entered_by, place").Limit(atMost).Find(&v.EmergencyContacts).Error
}
