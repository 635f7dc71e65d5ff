package programs

import (
	"context"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// CohortView is a cohort as the caller may see it.
type CohortView struct {
	models.Cohort
	Taken  *int        `json:"taken" doc:"Places taken: enrolled, active and paused. For staff; null to others" example:"9"`
	Full   bool        `json:"full" doc:"Whether no place is free in the cohort; the program may be full all the same"`
	Counts *HeadCounts `json:"counts,omitempty" doc:"For staff alone"`
}

// CohortQuery filters the list.
type CohortQuery struct {
	services.PageQuery
	Status []models.CohortStatus `query:"status,explode" enum:"planned,active,completed,cancelled" maxItems:"4" doc:"One or several"`
}

var cohortList = services.List[models.Cohort]{
	IDColumn: "cohorts.id", ID: func(c models.Cohort) uuid.UUID { return c.ID }, Default: "starts_on",
	Sorts: []services.Sort[models.Cohort]{{Name: "starts_on", Column: "cohorts.starts_on", Cast: "date", Key: func(c models.Cohort) any { return c.StartsOn.String() }}},
}

// Cohorts gives a program's cohorts by their first day. Who may see the program may see them.
// Errors: not_found.
func (s *Service) Cohorts(ctx context.Context, programID uuid.UUID, in CohortQuery) (services.Page[CohortView], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return services.Page[CohortView]{}, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (services.Page[CohortView], error) {
		if _, err := program(db.Scopes(Visible(actor, s.core.Clock.Now())), programID); err != nil {
			return services.Page[CohortView]{}, err
		}
		q := db.Model(&models.Cohort{}).Select("cohorts.*").Where("cohorts.program_id = ?", programID)
		if len(in.Status) > 0 {
			q = q.Where("cohorts.status in ?", in.Status)
		}
		rows, err := cohortList.Find(ctx, s.core, q, in.PageQuery)
		if err != nil {
			return services.Page[CohortView]{}, err
		}
		data, err := cohortViews(db, actor, rows.Data)
		return services.Page[CohortView]{Data: data, NextCursor: rows.NextCursor, Total: rows.Total}, err
	})
}

// Cohort shows one.
// Errors: not_found.
func (s *Service) Cohort(ctx context.Context, id uuid.UUID) (*CohortView, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (*CohortView, error) {
		c, err := cohort(db.Joins("join programs on programs.id = cohorts.program_id").Scopes(Visible(actor, s.core.Clock.Now())), id)
		if err != nil {
			return nil, err
		}
		return cohortView(db, actor, c)
	})
}

func cohort(db *gorm.DB, id uuid.UUID) (*models.Cohort, error) {
	var found []models.Cohort
	if err := db.Model(&models.Cohort{}).Select("cohorts.*").Where("cohorts.id = ?", id).Limit(1).Find(&found).Error; err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, services.NotFound("cohort")
	}
	return &found[0], nil
}

func cohortView(db *gorm.DB, actor *services.Actor, c *models.Cohort) (*CohortView, error) {
	out, err := cohortViews(db, actor, []models.Cohort{*c})
	if err != nil {
		return nil, err
	}
	return &out[0], nil
}

// cohortViews shows cohorts, with the counts of all of them in one query.
func cohortViews(db *gorm.DB, actor *services.Actor, cohorts []models.Cohort) ([]CohortView, error) {
	out, ids := make([]CohortView, len(cohorts)), make([]uuid.UUID, len(cohorts))
	for i, c := range cohorts {
		ids[i] = c.ID
		out[i] = CohortView{Cohort: c, Full: c.Full()}
		if actor.Staff() {
			out[i].Taken = &c.Taken
		} else {
			out[i].Notes, out[i].StatusReason = "", ""
		}
	}
	if !actor.Staff() {
		return out, nil
	}
	counts, err := headCounts(db, "cohort_id", ids)
	for i := range out {
		out[i].Counts = counts[ids[i]]
	}
	return out, err
}
