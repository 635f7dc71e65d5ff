package people

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

const (
	serviceRecordRecord = "service_record"
	// Nobody was taken below this age in any era, whatever some wrote on the form.
	leastServiceAge = 16
	earliestService = 1910
	mostDeployments = 20
)

// ServiceRecordView is one period of service with the eras in which it falls.
type ServiceRecordView struct {
	models.ServiceRecord
	Eras []models.Era `json:"eras" nullable:"false" enum:"world_war_ii,korea,vietnam,gulf_war,post_9_11,peacetime" doc:"Computed from the dates and, for Vietnam before 1964-08-05, from the deployments; several may hold"`
}

func serviceView(r *models.ServiceRecord) *ServiceRecordView { return &ServiceRecordView{*r, r.Eras()} }

// AddServiceRecord is one period of service.
type AddServiceRecord struct {
	Component   models.Component    `json:"component" enum:"active,reserve,national_guard"`
	Branch      models.Branch       `json:"branch" enum:"army,marine_corps,navy,air_force,space_force,coast_guard"`
	EnteredOn   models.Date         `json:"entered_on"`
	SeparatedOn *models.Date        `json:"separated_on,omitempty" required:"false" doc:"The last day; absent while they serve"`
	Rank        string              `json:"rank,omitempty" maxLength:"60" example:"Staff Sergeant"`
	Specialty   string              `json:"specialty,omitempty" maxLength:"120" example:"68W combat medic"`
	Deployments []models.Deployment `json:"deployments,omitempty" maxItems:"20" doc:"Stays elsewhere; their dates, where known, lie within the service"`
	Character   *models.Character   `json:"character,omitempty" required:"false" enum:"honorable,general,other_than_honorable,bad_conduct,dishonorable,uncharacterized,undisclosed" doc:"Only where a rule asks for it"`
}

func (in AddServiceRecord) row(tx *services.Tx, memberID uuid.UUID) *models.ServiceRecord {
	return &models.ServiceRecord{Record: head(tx), MemberID: memberID, Component: in.Component, Branch: in.Branch, EnteredOn: in.EnteredOn, SeparatedOn: in.SeparatedOn,
		Rank: in.Rank, Specialty: in.Specialty, Deployments: in.Deployments, Character: in.Character, Verification: models.ServiceUnverified}
}

// AddServiceRecord records a period of service, unverified; periods may overlap. Errors: forbidden own_record; not_found;
// invalid, naming each value: before_start, out_of_range, too_young.
func (s *Service) AddServiceRecord(ctx context.Context, memberID uuid.UUID, in AddServiceRecord) (*ServiceRecordView, error) {
	return services.Mutate(ctx, s.core, "service_record.create", func(tx *services.Tx) (*ServiceRecordView, error) {
		m, err := handled(tx, memberID)
		if err != nil {
			return nil, err
		}
		r := in.row(tx, m.ID)
		if err := insertService(tx, r, m); err != nil {
			return nil, err
		}
		return serviceView(r), nil
	})
}

func insertService(tx *services.Tx, r *models.ServiceRecord, m *models.Member) error {
	if err := tidyService(r, m, tx.Now()).err(); err != nil {
		return err
	}
	tx.Changed(nil, *r)
	return tx.DB.Create(r).Error
}

// tidyService names each value that cannot be: service before the age of 16 or in the future, dates in the wrong order,
// a deployment outside the service.
func tidyService(r *models.ServiceRecord, m *models.Member, now time.Time) problems {
	var p problems
	r.Rank, r.Specialty = services.Line(r.Rank), services.Line(r.Specialty)
	if r.Deployments == nil {
		r.Deployments = models.Deployments{}
	}
	if r.EnteredOn.Year() < earliestService || r.EnteredOn.After(now.AddDate(0, 0, 1)) {
		p.add("/entered_on", "out_of_range", "Service began in the past, in %d at the earliest.", earliestService)
	} else if m.BirthDate != nil && m.BirthDate.Age(r.EnteredOn) < leastServiceAge {
		p.add("/entered_on", "too_young", "They were not yet %d then. Look at the birth date, too.", leastServiceAge)
	}
	if r.SeparatedOn != nil && r.SeparatedOn.Before(r.EnteredOn.Time) {
		p.add("/separated_on", "before_start", "Service cannot end before it began.")
	}
	if len(r.Deployments) > mostDeployments {
		p.add("/deployments", "too_many", "Give at most %d deployments.", mostDeployments)
	}
	for i := range r.Deployments {
		p.tidyDeployment(fmt.Sprintf("/deployments/%d", i), &r.Deployments[i], r)
	}
	return p
}

func (p *problems) tidyDeployment(at string, d *models.Deployment, r *models.ServiceRecord) {
	if d.Place = services.Line(d.Place); d.Place == "" {
		p.add(at+"/place", "required", "Say where.")
	}
	if d.From != nil && d.Until != nil && d.Until.Before(d.From.Time) {
		p.add(at+"/until", "before_start", "A deployment cannot end before it began.")
		return
	}
	for field, day := range map[string]*models.Date{"/from": d.From, "/until": d.Until} {
		if day != nil && (day.Before(r.EnteredOn.Time) || r.SeparatedOn != nil && day.After(r.SeparatedOn.Time)) {
			p.add(at+field, "outside_service", "The day lies outside this period of service.")
		}
	}
}

// ServiceRecords lists a member's periods of service, the latest first. Errors: forbidden own_record; not_found.
func (s *Service) ServiceRecords(ctx context.Context, memberID uuid.UUID) (*services.Page[ServiceRecordView], error) {
	page, err := ofMember[models.ServiceRecord](ctx, s, "service_record.list", memberID, "member_id = @id", "entered_on desc, id desc")
	if err != nil {
		return nil, err
	}
	out := &services.Page[ServiceRecordView]{Data: make([]ServiceRecordView, len(page.Data))}
	for i := range page.Data {
		out.Data[i] = *serviceView(&page.Data[i])
	}
	return out, nil
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
func (s *Service) GetServiceRecord(ctx context.Context, id uuid.UUID) (*ServiceRecordView, error) {
	return look(ctx, s, "service_record.read", id, func(db *gorm.DB, _ *services.Actor) (*ServiceRecordView, []uuid.UUID, error) {
		r, err := serviceRecord(db, id)
		if err != nil {
			return nil, nil, err
		}
		return serviceView(r), []uuid.UUID{r.MemberID}, nil
	})
}

// PatchServiceRecord is what can be edited of a period of service.
type PatchServiceRecord struct {
	Component   services.Field[models.Component]    `json:"component,omitzero" required:"false" enum:"active,reserve,national_guard"`
	Branch      services.Field[models.Branch]       `json:"branch,omitzero" required:"false" enum:"army,marine_corps,navy,air_force,space_force,coast_guard"`
	EnteredOn   services.Field[models.Date]         `json:"entered_on,omitzero" required:"false"`
	SeparatedOn services.Field[models.Date]         `json:"separated_on,omitzero" required:"false" nullable:"true"`
	Rank        services.Field[string]              `json:"rank,omitzero" required:"false" maxLength:"60"`
	Specialty   services.Field[string]              `json:"specialty,omitzero" required:"false" maxLength:"120"`
	Deployments services.Field[[]models.Deployment] `json:"deployments,omitzero" required:"false" maxItems:"20" doc:"The whole list"`
	Character   services.Field[models.Character]    `json:"character,omitzero" required:"false" enum:"honorable,general,other_than_honorable,bad_conduct,dishonorable,uncharacterized,undisclosed"`
}

func (in PatchServiceRecord) apply(r *models.ServiceRecord) {
	r.Component, r.Branch, r.EnteredOn = in.Component.Or(r.Component), in.Branch.Or(r.Branch), in.EnteredOn.Or(r.EnteredOn)
	r.SeparatedOn, r.Character = in.SeparatedOn.OrNull(r.SeparatedOn), in.Character.OrNull(r.Character)
	r.Rank, r.Specialty = in.Rank.OrZero(r.Rank), in.Specialty.OrZero(r.Specialty)
	if in.Deployments.Set {
		r.Deployments = in.Deployments.Or(nil)
	}
}

var serviceColumns = []string{"component", "branch", "entered_on", "separated_on", "rank", "specialty", "deployments", "character", "verification",
	"verification_method", "verified_by", "verified_on", "verification_reason", "version", "updated_at"}

func storeService(tx *services.Tx, before models.ServiceRecord, r *models.ServiceRecord) error {
	edited(tx, &r.Record)
	tx.Changed(before, *r)
	return tx.DB.Model(&models.ServiceRecord{}).Where("id = ?", r.ID).Select(serviceColumns).Updates(r).Error
}

// UpdateServiceRecord corrects a period of service; what was verified stays so, since whoever corrects it has looked.
// Errors: forbidden own_record; not_found; stale; invalid, naming each value.
func (s *Service) UpdateServiceRecord(ctx context.Context, id uuid.UUID, in PatchServiceRecord) (*ServiceRecordView, error) {
	return s.changeService(ctx, id, "service_record.update", func(tx *services.Tx, r *models.ServiceRecord) error {
		if err := tx.CheckVersion(r.Version); err != nil {
			return err
		}
		m, err := member(tx.DB, tx.Actor(), r.MemberID)
		if err != nil {
			return err
		}
		in.apply(r)
		return tidyService(r, m, tx.Now()).err()
	})
}

func (s *Service) changeService(ctx context.Context, id uuid.UUID, action string, do func(*services.Tx, *models.ServiceRecord) error) (*ServiceRecordView, error) {
	return services.Mutate(ctx, s.core, action, func(tx *services.Tx) (*ServiceRecordView, error) {
		r, err := serviceRecord(tx.DB.Clauses(forUpdate), id)
		if err != nil {
			return nil, err
		}
		if err := mayHandle(tx.DB, tx.Actor(), tx.Now(), "service record", r.MemberID); err != nil {
			return nil, err
		}
		before := *r
		if err := do(tx, r); err != nil {
			return nil, err
		}
		if err := storeService(tx, before, r); err != nil {
			return nil, err
		}
		return serviceView(r), nil
	})
}
