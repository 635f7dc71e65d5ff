package people

import (
	"context"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// SignedInAccount is what somebody signs in with.
type SignedInAccount struct {
	ID    uuid.UUID                 `json:"id"`
	Email string                    `json:"email" example:"luis.ortega@example.org"`
	Roles models.Texts[models.Role] `json:"roles" nullable:"false" enum:"admin,coordinator,coach,facilitator,moderator,responder,privacy_officer,analyst,member"`
}

// OwnRecord is somebody's record as they see it themselves: without what staff note for their work.
type OwnRecord struct {
	ID            uuid.UUID                 `json:"id"`
	Version       int                       `json:"version"`
	GivenName     string                    `json:"given_name" example:"Luis"`
	FamilyName    string                    `json:"family_name" example:"Ortega"`
	PreferredName *string                   `json:"preferred_name" example:"Lou"`
	LegalName     *string                   `json:"legal_name" doc:"For waivers and travel alone"`
	Pronouns      *string                   `json:"pronouns" example:"he/him"`
	BirthDate     *models.Date              `json:"birth_date" nullable:"true"`
	Gender        *models.Gender            `json:"gender" enum:"woman,man,nonbinary,self_described,undisclosed"`
	FormerNames   *string                   `json:"former_names" doc:"What you were called before, as a maiden name: it helps us find your file"`
	GenderWords   *string                   `json:"gender_words" doc:"Your own words, with self_described"`
	Kinds         models.Texts[models.Kind] `json:"kinds" nullable:"false" enum:"veteran,service_member,guard_reserve,spouse,partner,child,parent,sibling,caregiver,survivor,supporter,staff"`
	Email         *string                   `json:"email" doc:"Where we write; signing in has its own address"`
	Phone         *string                   `json:"phone" doc:"E.164" example:"+19105550142"`
	models.Address
	Language string `json:"language" example:"en"`
	TimeZone string `json:"time_zone" example:"America/New_York"`
	models.Preferences
}

// Charge is somebody the caller may act for.
type Charge struct {
	MemberID    uuid.UUID    `json:"member_id"`
	Name        string       `json:"name" example:"Maya Ortega"`
	As          string       `json:"as" enum:"guardian,caregiver" example:"guardian"`
	BirthDate   *models.Date `json:"birth_date" nullable:"true" doc:"Of children alone"`
	NeedsReview bool         `json:"needs_review" doc:"Staff look at what you do for them first, until they have confirmed the guardianship"`
}

// Me is the signed-in person.
type Me struct {
	Account SignedInAccount `json:"account"`
	Member  OwnRecord       `json:"member"`
	ActsFor []Charge        `json:"acts_for" nullable:"false"`
}

// Edition is what the answer's ETag holds.
func (m Me) Edition() int { return m.Member.Version }

// Me answers who is signed in, their record, and those they may act for. Errors: not_found for an account whose record
// is gone.
func (s *Service) Me(ctx context.Context) (*Me, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (*Me, error) {
		m, err := self(db, actor)
		if err != nil {
			return nil, err
		}
		return s.me(db, m)
	})
}

func (s *Service) me(db *gorm.DB, m *models.Member) (*Me, error) {
	out := &Me{ActsFor: []Charge{}, Member: OwnRecord{ID: m.ID, Version: m.Version, GivenName: m.GivenName, FamilyName: m.FamilyName, PreferredName: m.PreferredName,
		LegalName: m.LegalName, FormerNames: m.FormerNames, Pronouns: m.Pronouns, BirthDate: m.BirthDate, Gender: m.Gender, GenderWords: m.GenderWords, Kinds: m.Kinds, Email: m.Email, Phone: m.Phone,
		Address: m.Address, Language: m.Language, TimeZone: m.TimeZone, Preferences: m.Preferences}}
	var accounts []SignedInAccount
	if err := db.Raw("select id, email, roles from accounts where member_id = ?", m.ID).Scan(&accounts).Error; err != nil {
		return nil, err
	}
	if len(accounts) == 0 {
		return nil, services.NotFound("account")
	}
	out.Account = accounts[0]
	found, err := charges(db, m.ID, nil)
	for i := range found {
		c := &found[i]
		a := c.authority(s.core.Clock.Now())
		if !a.Allowed {
			continue
		}
		one := Charge{MemberID: c.ID, Name: c.Name(), As: "caregiver", NeedsReview: a.NeedsReview}
		if c.guarded(s.core.Clock.Now()) {
			d := dependent{child: c.Member, guardianship: models.Guardianship{GuardianID: m.ID}}
			shown := models.Member{GivenName: c.GivenName, FamilyName: c.FamilyName, PreferredName: d.summary().PreferredName}
			one.Name, one.As, one.BirthDate = shown.Name(), "guardian", c.BirthDate
		}
		out.ActsFor = append(out.ActsFor, one)
	}
	return out, err
}

// PatchMe is what people can edit of their own record.
type PatchMe struct {
	NamesPatch
	ContactPatch
	PreferencesPatch
	BirthDate services.Field[models.Date]   `json:"birth_date,omitzero" required:"false" doc:"Can be given once; after that ask us to correct it"`
	Kinds     services.Field[[]models.Kind] `json:"kinds,omitzero" required:"false" maxItems:"12" enum:"veteran,service_member,guard_reserve,spouse,partner,parent,sibling,caregiver,survivor,supporter" doc:"What you are to us, in your own words"`
}

// UpdateMe edits the caller's own record; If-Match is optional. Errors: stale; conflict ask_staff for a birth date that
// is on file; invalid, naming each value.
func (s *Service) UpdateMe(ctx context.Context, in PatchMe) (*Me, error) {
	return services.Mutate(ctx, s.core, "me.update", func(tx *services.Tx) (*Me, error) {
		tx.Locks(services.LockMembers)
		m, err := self(tx.DB.Clauses(forUpdate), tx.Actor())
		if err != nil {
			return nil, err
		}
		if tx.Call().IfMatch != "" {
			if err := tx.CheckVersion(m.Version); err != nil {
				return nil, err
			}
		}
		before := *m
		in.NamesPatch.apply(m)
		if m.EnteredBy != nil && (in.PreferredName.Set || in.Pronouns.Set) {
			m.EnteredBy = &m.ID // what they say of themselves is shown to no guardian who once typed it
		}
		in.ContactPatch.apply(&m.Email, &m.Phone, &m.Address)
		in.PreferencesPatch.apply(&m.Preferences)
		if err := in.setOnce(m); err != nil {
			return nil, err
		}
		p := tidy(m, tx.Now())
		if m.Email != nil && (before.Email == nil || *m.Email != *before.Email) {
			p.add("/email", "confirm_by_mail", "Ask for a new address with POST /v1/me/email. We write there once its owner has followed a link.")
		}
		if in.BirthDate.Set && m.MinorOn(today(tx, m)) {
			p.add("/birth_date", "too_young", "Until 18 a parent or guardian has to agree to an account first. If this date is right, please call us.")
		}
		if err := p.err(); err != nil {
			return nil, err
		}
		if err := storeMember(tx, before, m); err != nil {
			return nil, err
		}
		if err := holdIfNew(tx, &before, m); err != nil {
			return nil, err
		}
		return s.me(tx.DB, m)
	})
}

// WriteTo changes the address that we write to, which its owner has proved to be theirs. Errors: not_found for a record
// that is closed.
func WriteTo(tx *services.Tx, memberID uuid.UUID, email string) error {
	tx.Locks(services.LockMembers)
	m, err := aloneByID(tx, memberID)
	if err != nil {
		return err
	}
	if m.Gone() {
		return services.NotFound("member")
	}
	before := *m
	m.Email = &email
	if err := storeMember(tx, before, m); err != nil {
		return err
	}
	return holdIfNew(tx, &before, m)
}

// setOnce takes the birth date while we have none, and keeps the kinds that are not the person's own to say.
func (in *PatchMe) setOnce(m *models.Member) error {
	if in.BirthDate.Set {
		if m.BirthDate != nil && (in.BirthDate.Value == nil || !m.BirthDate.Equal(in.BirthDate.Value.Time)) {
			return services.Conflict("ask_staff", "Your birth date is on file. Ask us to correct it.")
		}
		m.BirthDate = in.BirthDate.Value
	}
	if in.Kinds.Set {
		kept := models.Texts[models.Kind]{}
		for _, k := range m.Kinds {
			if k == models.KindStaff || k == models.KindChild {
				kept = append(kept, k)
			}
		}
		m.Kinds = append(kept, in.Kinds.Or(nil)...)
	}
	return nil
}

// OwnNeeds shows the caller's own accessibility and dietary needs; the look is logged, as every look at them is.
func (s *Service) OwnNeeds(ctx context.Context) (*models.Needs, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	return services.Disclose(ctx, s.core, "needs.read", func(d *services.Disclosure) (*models.Needs, error) {
		m, err := self(d.DB, actor)
		if err != nil {
			return nil, err
		}
		d.Subject(m.ID)
		return &m.Needs, nil
	})
}

// UpdateOwnNeeds edits them.
func (s *Service) UpdateOwnNeeds(ctx context.Context, in NeedsPatch) (*models.Needs, error) {
	return services.Mutate(ctx, s.core, "needs.update", func(tx *services.Tx) (*models.Needs, error) {
		tx.Locks(services.LockMembers)
		m, err := self(tx.DB.Clauses(forUpdate), tx.Actor())
		if err != nil {
			return nil, err
		}
		before := *m
		in.apply(&m.Needs)
		tidyNeeds(&m.Needs)
		return &m.Needs, storeMember(tx, before, m)
	})
}
