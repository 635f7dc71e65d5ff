package people

import (
	"context"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// AddServiceRecord is one period of service.
type AddServiceRecord struct {
	Component   models.Component  `json:"component" enum:"active,reserve,national_guard"`
	Branch      models.Branch     `json:"branch" enum:"army,marine_corps,navy,air_force,space_force,coast_guard"`
	EnteredOn   models.Date       `json:"entered_on"`
	SeparatedOn *models.Date      `json:"separated_on,omitempty" required:"false" doc:"Absent while they serve"`
	Character   *models.Character `json:"character,omitempty" required:"false" enum:"honorable,general,other_than_honorable,bad_conduct,dishonorable,uncharacterized,undisclosed" doc:"Only where a rule asks for it"`
}

// AddServiceRecord records a period of service. Errors: forbidden own_record; not_found; invalid before_start.
func (s *Service) AddServiceRecord(ctx context.Context, memberID uuid.UUID, in AddServiceRecord) (*models.ServiceRecord, error) {
	return services.Mutate(ctx, s.core, "service_record.create", func(tx *services.Tx) (*models.ServiceRecord, error) {
		if _, err := handled(tx, memberID); err != nil {
			return nil, err
		}
		r := &models.ServiceRecord{Record: head(tx), MemberID: memberID, Component: in.Component, Branch: in.Branch,
			EnteredOn: in.EnteredOn, SeparatedOn: in.SeparatedOn, Character: in.Character}
		if err := tx.DB.Create(r).Error; err != nil {
			return nil, err
		}
		tx.Changed(nil, *r)
		return r, nil
	})
}

// ServiceRecords lists a member's periods of service, the latest first. Errors: forbidden own_record; not_found.
func (s *Service) ServiceRecords(ctx context.Context, memberID uuid.UUID) (*services.Page[models.ServiceRecord], error) {
	return ofMember[models.ServiceRecord](ctx, s, "service_record.list", memberID, "member_id = @id", "entered_on desc, id desc")
}

func serviceRecord(db *gorm.DB, id uuid.UUID) (*models.ServiceRecord, error) {
	var rows []models.ServiceRecord
	if err := db.Where("id = ?", id).Limit(1).Find(&rows).Error; err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, services.NotFound("service record")
	}
	return &rows[0], nil
}

// GetServiceRecord answers one period of service. Errors: forbidden own_record; not_found.
func (s *Service) GetServiceRecord(ctx context.Context, id uuid.UUID) (*models.ServiceRecord, error) {
	return look(ctx, s, "service_record.read", id, func(db *gorm.DB, _ *services.Actor) (*models.ServiceRecord, []uuid.UUID, error) {
		r, err := serviceRecord(db, id)
		if err != nil {
			return nil, nil, err
		}
		return r, []uuid.UUID{r.MemberID}, nil
	})
}

// PatchServiceRecord is what can be edited of a period of service.
type PatchServiceRecord struct {
	Component   services.Field[models.Component] `json:"component,omitzero" required:"false" enum:"active,reserve,national_guard"`
	Branch      services.Field[models.Branch]    `json:"branch,omitzero" required:"false" enum:"army,marine_corps,navy,air_force,space_force,coast_guard"`
	EnteredOn   services.Field[models.Date]      `json:"entered_on,omitzero" required:"false"`
	SeparatedOn services.Field[models.Date]      `json:"separated_on,omitzero" required:"false" nullable:"true"`
	Character   services.Field[models.Character] `json:"character,omitzero" required:"false" enum:"honorable,general,other_than_honorable,bad_conduct,dishonorable,uncharacterized,undisclosed"`
}

// UpdateServiceRecord edits a period of service. Errors: forbidden own_record; not_found; stale; invalid before_start.
func (s *Service) UpdateServiceRecord(ctx context.Context, id uuid.UUID, in PatchServiceRecord) (*models.ServiceRecord, error) {
	return services.Mutate(ctx, s.core, "service_record.update", func(tx *services.Tx) (*models.ServiceRecord, error) {
		r, err := serviceRecord(tx.DB.Clauses(forUpdate), id)
		if err != nil {
			return nil, err
		}
		if err := notOwn(tx.DB, tx.Actor(), tx.Now(), r.MemberID); err != nil {
			return nil, err
		}
		if err := tx.CheckVersion(r.Version); err != nil {
			return nil, err
		}
		before := *r
		r.Component, r.Branch, r.EnteredOn = in.Component.Or(r.Component), in.Branch.Or(r.Branch), in.EnteredOn.Or(r.EnteredOn)
		r.SeparatedOn, r.Character = in.SeparatedOn.OrNull(r.SeparatedOn), in.Character.OrNull(r.Character)
		edited(tx, &r.Record)
		tx.Changed(before, *r)
		return r, tx.DB.Model(&models.ServiceRecord{}).Where("id = ?", r.ID).
			Select("component", "branch", "entered_on", "separated_on", "character", "version", "updated_at").Updates(r).Error
	})
}
