package people

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// HouseholdStay is one member's time in one household.
type HouseholdStay struct {
	HouseholdID uuid.UUID            `json:"household_id"`
	Household   string               `json:"household" doc:"The household's name" example:"Ortega"`
	MemberID    uuid.UUID            `json:"member_id"`
	Name        string               `json:"name" example:"Luis Ortega"`
	Role        models.HouseholdRole `json:"role" enum:"adult,child,dependent_adult,other"`
	StartsOn    models.Date          `json:"starts_on"`
	EndsOn      *models.Date         `json:"ends_on" nullable:"true" doc:"The first day on which they no longer belong to it; null while they do"`
}

// HouseholdView is a household with all who belong or belonged to it.
type HouseholdView struct {
	models.Household
	Members []HouseholdStay `json:"members" nullable:"false"`
}

// stays lists who belongs where, without those whose record is kept to others than actor.
func stays(db *gorm.DB, actor *services.Actor, where string, id uuid.UUID) ([]HouseholdStay, error) {
	out := []HouseholdStay{}
	return out, db.Table("household_members").
		Select(`household_members.household_id, h.name AS household, household_members.member_id,
			btrim(coalesce(m.preferred_name, m.given_name) || ' ' || m.family_name) AS name, household_members.role, household_members.starts_on, household_members.ends_on`).
		Joins("JOIN households h ON h.id = household_members.household_id").Joins("JOIN members m ON m.id = household_members.member_id").
		Where(where, id).Scopes(actor.NotRestricted("household_members.member_id")).Where("household_members.ends_on IS DISTINCT FROM household_members.starts_on"). // an empty stay was entered by mistake
		Order("household_members.starts_on, household_members.id").Limit(atMost).Find(&out).Error
}

// openHousehold is the scope of the households that actor may know of: not those whose people's records are all kept to others.
func openHousehold(actor *services.Actor) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		return db.Where(`households.id NOT IN (SELECT r.household_id FROM household_members r WHERE r.member_id IN (SELECT restricted_from(?)) AND r.ends_on IS DISTINCT FROM r.starts_on
			AND NOT EXISTS (SELECT FROM household_members s WHERE s.household_id = r.household_id AND s.ends_on IS DISTINCT FROM s.starts_on
				AND s.member_id <> ALL (ARRAY(SELECT restricted_from(?)))))`, actor.MemberID, actor.MemberID)
	}
}

func household(db *gorm.DB, actor *services.Actor, id uuid.UUID) (*models.Household, error) {
	var rows []models.Household
	if err := db.Where("id = ?", id).Scopes(openHousehold(actor)).Limit(1).Find(&rows).Error; err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, services.NotFound("household")
	}
	return &rows[0], nil
}

func householdView(db *gorm.DB, actor *services.Actor, h *models.Household) (*HouseholdView, error) {
	in, err := stays(db, actor, "household_members.household_id = ?", h.ID)
	return &HouseholdView{*h, in}, err
}

// handledHousehold reads a household that staff are about to change, and be shown. Errors: not_found; forbidden
// own_record when somebody close to them belongs or belonged to it.
func handledHousehold(tx *services.Tx, db *gorm.DB, id uuid.UUID) (*models.Household, error) {
	h, err := household(db, tx.Actor(), id)
	if err != nil {
		return nil, err
	}
	v, err := householdView(tx.DB, tx.Actor(), h)
	if err != nil {
		return nil, err
	}
	return h, notOwn(tx.DB, tx.Actor(), tx.Now(), v.people()...)
}

func (v *HouseholdView) people() []uuid.UUID {
	ids := make([]uuid.UUID, len(v.Members))
	for i := range v.Members {
		ids[i] = v.Members[i].MemberID
	}
	return ids
}

// JoinHousehold is a member who enters a household.
type JoinHousehold struct {
	MemberID uuid.UUID            `json:"member_id"`
	Role     models.HouseholdRole `json:"role" enum:"adult,child,dependent_adult,other"`
	StartsOn *models.Date         `json:"starts_on,omitempty" required:"false" doc:"Today when absent"`
}

// CreateHousehold is a new household.
type CreateHousehold struct {
	Name    string          `json:"name" minLength:"1" maxLength:"80" example:"Ortega"`
	Members []JoinHousehold `json:"members,omitempty" maxItems:"20"`
}

// CreateHousehold enters a household with its people. Errors: forbidden own_record; not_found for an unknown member;
// conflict already_in_household for one who is named twice.
func (s *Service) CreateHousehold(ctx context.Context, in CreateHousehold) (*HouseholdView, error) {
	return services.Mutate(ctx, s.core, "household.create", func(tx *services.Tx) (*HouseholdView, error) {
		h := &models.Household{Record: head(tx), Name: services.Line(in.Name)}
		if h.Name == "" {
			return nil, services.InvalidField("/name", "required", "Give the household a name.")
		}
		if err := tx.DB.Create(h).Error; err != nil {
			return nil, err
		}
		tx.Changed(nil, *h)
		for _, j := range in.Members {
			if err := join(tx, h.ID, j); err != nil {
				return nil, err
			}
		}
		return householdView(tx.DB, tx.Actor(), h)
	})
}

func join(tx *services.Tx, householdID uuid.UUID, in JoinHousehold) error {
	if err := notOwn(tx.DB, tx.Actor(), tx.Now(), in.MemberID); err != nil {
		return err
	}
	m, err := member(tx.DB, tx.Actor(), in.MemberID)
	if err != nil {
		return err
	}
	if m.Gone() {
		return services.Conflict("member_closed", "This record is closed: the person has died, or it was merged into another record.")
	}
	row := models.HouseholdMember{ID: services.NewID(), CreatedAt: tx.Now(), UpdatedAt: tx.Now(), HouseholdID: householdID, MemberID: in.MemberID,
		Role: in.Role, StartsOn: today(tx, m)}
	if in.StartsOn != nil {
		row.StartsOn = *in.StartsOn
	}
	if err := tx.DB.Create(&row).Error; err != nil {
		return err
	}
	tx.Changed(nil, row)
	return nil
}

// Join adds a member to a household. Errors: forbidden own_record; not_found; conflict already_in_household and
// member_closed.
func (s *Service) Join(ctx context.Context, householdID uuid.UUID, in JoinHousehold) (*HouseholdView, error) {
	return services.Mutate(ctx, s.core, "household.join", func(tx *services.Tx) (*HouseholdView, error) {
		h, err := handledHousehold(tx, tx.DB, householdID)
		if err != nil {
			return nil, err
		}
		if err := join(tx, h.ID, in); err != nil {
			return nil, err
		}
		return householdView(tx.DB, tx.Actor(), h)
	})
}

// LeaveHousehold ends a stay.
type LeaveHousehold struct {
	On *models.Date `json:"on,omitempty" required:"false" doc:"The first day on which they no longer belong to it; today when absent. The first day of the stay takes back one that was entered by mistake"`
}

// Leave ends a member's stay in a household. Errors: forbidden own_record; not_found when they do not belong to it;
// invalid before_start.
func (s *Service) Leave(ctx context.Context, householdID, memberID uuid.UUID, in LeaveHousehold) (*HouseholdView, error) {
	return services.Mutate(ctx, s.core, "household.leave", func(tx *services.Tx) (*HouseholdView, error) {
		h, err := handledHousehold(tx, tx.DB, householdID)
		if err != nil {
			return nil, err
		}
		m, err := member(tx.DB, tx.Actor(), memberID)
		if err != nil {
			return nil, err
		}
		var rows []models.HouseholdMember
		if err := tx.DB.Clauses(forUpdate).Where("household_id = ? AND member_id = ? AND ends_on IS NULL", householdID, memberID).Limit(1).Find(&rows).Error; err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			return nil, services.NotFound("member of this household")
		}
		before, after := rows[0], rows[0]
		on := today(tx, m)
		if in.On != nil {
			on = *in.On
		}
		after.EndsOn, after.UpdatedAt = &on, tx.Now()
		tx.Changed(before, after)
		if err := tx.DB.Model(&models.HouseholdMember{}).Where("id = ?", after.ID).Select("ends_on", "updated_at").Updates(&after).Error; err != nil {
			return nil, err
		}
		return householdView(tx.DB, tx.Actor(), h)
	})
}

// PatchHousehold is what can be edited of a household.
type PatchHousehold struct {
	Name services.Field[string] `json:"name,omitzero" required:"false" minLength:"1" maxLength:"80" example:"Ortega-Reyes"`
}

// UpdateHousehold renames a household. Errors: forbidden own_record; not_found; stale; invalid.
func (s *Service) UpdateHousehold(ctx context.Context, id uuid.UUID, in PatchHousehold) (*HouseholdView, error) {
	return services.Mutate(ctx, s.core, "household.update", func(tx *services.Tx) (*HouseholdView, error) {
		h, err := handledHousehold(tx, tx.DB.Clauses(forUpdate), id)
		if err != nil {
			return nil, err
		}
		if err := tx.CheckVersion(h.Version); err != nil {
			return nil, err
		}
		before := *h
		if h.Name = services.Line(in.Name.Or(h.Name)); h.Name == "" {
			return nil, services.InvalidField("/name", "required", "Give the household a name.")
		}
		edited(tx, &h.Record)
		tx.Changed(before, *h)
		if err := tx.DB.Model(&models.Household{}).Where("id = ?", h.ID).Select("name", "version", "updated_at").Updates(h).Error; err != nil {
			return nil, err
		}
		return householdView(tx.DB, tx.Actor(), h)
	})
}

// GetHousehold answers one household. Errors: forbidden own_record; not_found.
func (s *Service) GetHousehold(ctx context.Context, id uuid.UUID) (*HouseholdView, error) {
	return look(ctx, s, "household.read", id, func(db *gorm.DB, actor *services.Actor) (*HouseholdView, []uuid.UUID, error) {
		h, err := household(db, actor, id)
		if err != nil {
			return nil, nil, err
		}
		v, err := householdView(db, actor, h)
		return v, v.people(), err
	})
}

// HouseholdFilter picks households of the list.
type HouseholdFilter struct {
	services.PageQuery
	MemberID uuid.UUID `query:"member_id" doc:"Only those this member belongs to today"`
}

// HouseholdSummary is a household in a list.
type HouseholdSummary struct {
	ID        uuid.UUID `json:"id"`
	Name      string    `json:"name" example:"Ortega"`
	Members   int       `json:"members" doc:"How many belong to it today" example:"4"`
	CreatedAt time.Time `json:"created_at"`
	SortName  string    `json:"-"`
}

var households = services.List[HouseholdSummary]{
	IDColumn: "households.id",
	ID:       func(h HouseholdSummary) uuid.UUID { return h.ID },
	Sorts: []services.Sort[HouseholdSummary]{
		{Name: "name", Column: "folded(households.name)", Cast: "text", Key: func(h HouseholdSummary) any { return h.SortName }},
		{Name: "created_at", Column: "households.created_at", Cast: "timestamptz", Key: func(h HouseholdSummary) any { return h.CreatedAt }},
	},
	Default: "name",
}

// ListHouseholds pages through the households; those that the caller, or somebody close to them, belongs or belonged to
// are left to colleagues.
func (s *Service) ListHouseholds(ctx context.Context, f HouseholdFilter) (*services.Page[HouseholdSummary], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	now := s.core.Clock.Now()
	on := models.DateOf(now)
	return services.Read(ctx, s.core, func(db *gorm.DB) (*services.Page[HouseholdSummary], error) {
		q := db.Table("households").Select(`households.id, households.name, households.created_at, folded(households.name) AS sort_name,
			(SELECT count(*) FROM household_members s WHERE s.household_id = households.id AND daterange(s.starts_on, s.ends_on) @> ?::date
				AND s.member_id NOT IN (SELECT restricted_from(?))) AS members`, on, actor.MemberID).Scopes(openHousehold(actor)).
			Where("households.id NOT IN (SELECT s.household_id FROM household_members s WHERE s.ends_on IS DISTINCT FROM s.starts_on AND s.member_id IN (SELECT ?::uuid UNION SELECT kin_of(?, ?)))",
				actor.MemberID, actor.MemberID, on)
		if f.MemberID != uuid.Nil {
			q = q.Where("households.id IN (SELECT s.household_id FROM household_members s WHERE s.member_id = ? AND daterange(s.starts_on, s.ends_on) @> ?::date AND s.member_id NOT IN (SELECT restricted_from(?)))",
				f.MemberID, on, actor.MemberID)
		}
		page, err := households.Find(ctx, s.core, q, f.PageQuery)
		return &page, err
	})
}
