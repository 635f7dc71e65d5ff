package people

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// Dependent is a child in the list of one guardian.
type Dependent struct {
	ID            uuid.UUID    `json:"id" doc:"The child's member id"`
	GivenName     string       `json:"given_name" example:"Maya"`
	FamilyName    string       `json:"family_name" example:"Ortega"`
	PreferredName *string      `json:"preferred_name" doc:"As you entered it"`
	BirthDate     *models.Date `json:"birth_date" nullable:"true"`
	NeedsReview   bool         `json:"needs_review" doc:"We have not yet seen that you are the guardian: staff look at each registration with this child first"`
	Until         *models.Date `json:"until" nullable:"true" doc:"The last day on which you may act for them; null for until they turn 18"`
}

// DependentView is a child as one guardian sees it: what that guardian entered, and nothing of another's.
type DependentView struct {
	Dependent
	Pronouns *string `json:"pronouns" doc:"As you entered them" example:"she/her"`
	Email    *string `json:"email"`
	Phone    *string `json:"phone" doc:"E.164"`
	models.Address
	models.Needs
}

// Identity is what an answer's Location header ends in.
func (d DependentView) Identity() uuid.UUID { return d.ID }

// dependent is what we hold of a child for one guardian.
type dependent struct {
	child        models.Member
	guardianship models.Guardianship
	details      models.DependentDetails // zero until the guardian has entered something
}

func (d *dependent) summary() Dependent {
	out := Dependent{ID: d.child.ID, GivenName: d.child.GivenName, FamilyName: d.child.FamilyName, BirthDate: d.child.BirthDate,
		NeedsReview: d.guardianship.Status == models.GuardianshipClaimed, Until: d.guardianship.Until}
	if d.enteredTheChild() {
		out.PreferredName = d.child.PreferredName
	}
	return out
}

// enteredTheChild: names as a child is called, and their pronouns, are shown to the guardian who entered them alone.
func (d *dependent) enteredTheChild() bool {
	return d.child.EnteredBy != nil && *d.child.EnteredBy == d.guardianship.GuardianID
}

func (d *dependent) view() *DependentView {
	v := &DependentView{Dependent: d.summary(), Email: d.details.Email, Phone: d.details.Phone, Address: d.details.Address, Needs: d.details.Needs}
	if d.enteredTheChild() {
		v.Pronouns = d.child.Pronouns
	}
	return v
}

// dependentOf reads a child through the scope of one guardian: a guardianship of theirs that is in force today. Errors:
// not_found for every other member, a child or not.
func dependentOf(db *gorm.DB, actor *services.Actor, childID uuid.UUID, now time.Time) (*dependent, error) {
	var g []models.Guardianship
	err := db.Where("guardian_id = ? AND child_id = ? AND status IN ('claimed', 'confirmed')", actor.MemberID, childID).Limit(1).Find(&g).Error
	if err != nil || len(g) == 0 {
		return nil, firstError(err, services.NotFound("child"))
	}
	d := &dependent{guardianship: g[0]}
	if err := db.Where("id = ?", childID).Take(&d.child).Error; err != nil {
		return nil, err
	}
	if !g[0].InForce(&d.child, d.child.Today(now)) {
		return nil, services.NotFound("child")
	}
	err = db.Where("member_id = ? AND entered_by = ?", childID, actor.MemberID).Take(&d.details).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		err = nil
	}
	return d, err
}

// AddDependent is a child whom a parent or guardian adds.
type AddDependent struct {
	GivenName     string      `json:"given_name" minLength:"1" maxLength:"80" example:"Maya"`
	FamilyName    string      `json:"family_name,omitempty" maxLength:"80" example:"Ortega"`
	PreferredName *string     `json:"preferred_name,omitempty" required:"false" maxLength:"80"`
	Pronouns      *string     `json:"pronouns,omitempty" required:"false" maxLength:"40"`
	BirthDate     models.Date `json:"birth_date"`
	ContactPatch
	NeedsPatch
}

// children bounds how many children one account adds, for a form that is sent again and again.
var children = services.Limit{Name: "dependent.add", Every: 30 * time.Minute, Burst: 12}

// AddDependent adds a child at once, with a claim to be its guardian and a task for staff to confirm that. Errors:
// forbidden adults_only; conflict already_added; invalid, naming each value; too_many.
func (s *Service) AddDependent(ctx context.Context, in AddDependent) (*DependentView, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.core.Take(ctx, children, actor.AccountID.String()); err != nil {
		return nil, err
	}
	return services.Mutate(ctx, s.core, "dependent.create", func(tx *services.Tx) (*DependentView, error) {
		me, err := adult(tx)
		if err != nil {
			return nil, err
		}
		if in.BirthDate.Age(today(tx, me)) >= models.AdultAge {
			return nil, services.InvalidField("/birth_date", "not_minor", "This person is 18 or older. Ask them to sign up, then link with them.")
		}
		d := &dependent{
			child: models.Member{GivenName: in.GivenName, FamilyName: in.FamilyName, PreferredName: in.PreferredName, Pronouns: in.Pronouns, BirthDate: &in.BirthDate,
				Kinds: models.Texts[models.Kind]{models.KindChild}, Status: models.MemberActive, Language: me.Language, TimeZone: me.TimeZone, EnteredBy: &me.ID},
		}
		if err := NewMember(tx, &d.child); err != nil {
			return nil, err
		}
		d.guardianship = models.Guardianship{Record: head(tx), GuardianID: me.ID, ChildID: d.child.ID, Status: models.GuardianshipClaimed}
		if err := tx.DB.Create(&d.guardianship).Error; err != nil {
			return nil, err
		}
		tx.Changed(nil, d.guardianship)
		if err := d.enter(tx, in.ContactPatch, in.NeedsPatch); err != nil {
			return nil, err
		}
		return d.view(), askStaff(tx, &d.guardianship)
	})
}

// enter writes the guardian's own row about the child, the first time by inserting it.
func (d *dependent) enter(tx *services.Tx, contact ContactPatch, needs NeedsPatch) error {
	before := d.details
	contact.apply(&d.details.Email, &d.details.Phone, &d.details.Address)
	needs.apply(&d.details.Needs)
	var p problems
	p.tidyEmail("/email", &d.details.Email)
	p.tidyPhone("/phone", &d.details.Phone)
	p.tidyAddress(&d.details.Address)
	tidyNeeds(&d.details.Needs)
	if err := p.err(); err != nil {
		return err
	}
	if before.ID == uuid.Nil {
		d.details.Record, d.details.MemberID, d.details.EnteredBy = head(tx), d.child.ID, d.guardianship.GuardianID
		tx.Changed(nil, d.details)
		return tx.DB.Create(&d.details).Error
	}
	edited(tx, &d.details.Record)
	tx.Changed(before, d.details)
	return tx.DB.Model(&models.DependentDetails{}).Where("id = ?", d.details.ID).
		Select("email", "phone", "address_line1", "address_line2", "city", "region", "postal_code", "country", "accessibility_needs", "dietary_needs",
			"service_animal", "service_animal_task", "service_animal_care", "version", "updated_at").Updates(&d.details).Error
}

// Dependents lists the children the caller may act for, the eldest first.
func (s *Service) Dependents(ctx context.Context) (*services.Page[Dependent], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	now := s.core.Clock.Now()
	return services.Read(ctx, s.core, func(db *gorm.DB) (*services.Page[Dependent], error) {
		page := &services.Page[Dependent]{Data: []Dependent{}}
		found, err := charges(db, actor.MemberID, nil)
		for i := range found {
			c := &found[i]
			if !c.guarded(now) {
				continue
			}
			d := dependent{child: c.Member, guardianship: models.Guardianship{GuardianID: actor.MemberID, Status: *c.GuardianStatus, Until: c.GuardianUntil}}
			page.Data = append(page.Data, d.summary())
		}
		return page, err
	})
}

// Dependent shows one child as the caller entered it; the look is logged, since it shows needs. Errors: not_found.
func (s *Service) Dependent(ctx context.Context, childID uuid.UUID) (*DependentView, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	return services.Disclose(ctx, s.core, "dependent.read", func(d *services.Disclosure) (*DependentView, error) {
		d.Object(childID)
		found, err := dependentOf(d.DB, actor, childID, s.core.Clock.Now())
		if err != nil {
			return nil, err
		}
		d.Subject(childID)
		return found.view(), nil
	})
}

// PatchDependent is what a guardian can edit of a child.
type PatchDependent struct {
	GivenName     services.Field[string]      `json:"given_name,omitzero" required:"false" minLength:"1" maxLength:"80"`
	FamilyName    services.Field[string]      `json:"family_name,omitzero" required:"false" maxLength:"80"`
	PreferredName services.Field[string]      `json:"preferred_name,omitzero" required:"false" maxLength:"80" example:"May"`
	Pronouns      services.Field[string]      `json:"pronouns,omitzero" required:"false" maxLength:"40"`
	BirthDate     services.Field[models.Date] `json:"birth_date,omitzero" required:"false"`
	ContactPatch
	NeedsPatch
}

func (in *PatchDependent) named() bool {
	return in.GivenName.Set || in.FamilyName.Set || in.BirthDate.Set
}

// UpdateDependent edits what the caller entered for a child. Once staff have confirmed the guardianship they correct
// name and birth date; what somebody else entered is never changed. Errors: not_found; conflict ask_staff; invalid,
// naming each value.
func (s *Service) UpdateDependent(ctx context.Context, childID uuid.UUID, in PatchDependent) (*DependentView, error) {
	return services.Mutate(ctx, s.core, "dependent.update", func(tx *services.Tx) (*DependentView, error) {
		tx.Locks(services.LockMembers)
		if _, err := self(tx.DB.Clauses(forUpdate), tx.Actor()); err != nil {
			return nil, err
		}
		d, err := dependentOf(tx.DB, tx.Actor(), childID, tx.Now())
		if err != nil {
			return nil, err
		}
		if err := d.rename(tx, in); err != nil {
			return nil, err
		}
		if err := d.enter(tx, in.ContactPatch, in.NeedsPatch); err != nil {
			return nil, err
		}
		return d.view(), nil
	})
}

func (d *dependent) rename(tx *services.Tx, in PatchDependent) error {
	if !in.named() && !in.PreferredName.Set && !in.Pronouns.Set {
		return nil
	}
	if !d.enteredTheChild() || in.named() && d.guardianship.Status != models.GuardianshipClaimed {
		return services.Conflict("ask_staff", "We have this child's name and birth date on file. Ask us to correct them.")
	}
	// Staff edit this row too. It is the later one of the two that are locked here: who entered a child was there first.
	if err := tx.DB.Clauses(forUpdate).Where("id = ?", d.child.ID).Take(&d.child).Error; err != nil {
		return err
	}
	before := d.child
	d.child.GivenName, d.child.FamilyName = in.GivenName.Or(d.child.GivenName), in.FamilyName.OrZero(d.child.FamilyName)
	d.child.PreferredName, d.child.Pronouns = in.PreferredName.OrNull(d.child.PreferredName), in.Pronouns.OrNull(d.child.Pronouns)
	if in.BirthDate.Value != nil {
		d.child.BirthDate = in.BirthDate.Value
	}
	p := tidy(&d.child, tx.Now())
	if !d.child.MinorOn(today(tx, &d.child)) {
		p.add("/birth_date", "not_minor", "This person would be 18 or older. Ask us to correct it.")
	}
	if err := p.err(); err != nil {
		return err
	}
	return storeMember(tx, before, &d.child)
}
