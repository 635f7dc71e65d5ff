package api

import (
	"context"

	"github.com/google/uuid"

	"homefront/services"
	"homefront/services/workshops"
)

// WorkshopPath names a workshop.
type WorkshopPath struct {
	WorkshopID uuid.UUID `path:"workshop_id" doc:"The workshop's id"`
}

func (s *Server) workshops(r *router) {
	get(r, "/workshops", listWorkshopsOp, services.CanReadWorkshops, func(ctx context.Context, in *workshops.CatalogQuery) (services.Page[workshops.WorkshopRow], error) {
		return s.Workshops.List(ctx, *in)
	})
	post(r, "/workshops", createWorkshopOp, services.CanManageWorkshops, func(ctx context.Context, in *struct{ Body workshops.NewWorkshop }) (*workshops.WorkshopDetail, error) {
		return s.Workshops.Create(ctx, in.Body)
	})
	get(r, "/workshops/{workshop_id}", getWorkshopOp, services.CanReadWorkshops, func(ctx context.Context, in *struct{ WorkshopPath }) (*workshops.WorkshopDetail, error) {
		return s.Workshops.Get(ctx, in.WorkshopID)
	})
	patch(r, "/workshops/{workshop_id}", updateWorkshopOp, services.CanManageWorkshops, func(ctx context.Context, in *struct {
		WorkshopPath
		Body workshops.WorkshopPatch
	}) (*workshops.WorkshopDetail, error) {
		return s.Workshops.Update(ctx, in.WorkshopID, in.Body)
	})
	act(r, "/workshops/{workshop_id}/publish", publishWorkshopOp, services.CanManageWorkshops, func(ctx context.Context, in *struct{ WorkshopPath }) (*workshops.WorkshopDetail, error) {
		return s.Workshops.Publish(ctx, in.WorkshopID)
	})
	act(r, "/workshops/{workshop_id}/unpublish", unpublishWorkshopOp, services.CanManageWorkshops, func(ctx context.Context, in *struct{ WorkshopPath }) (*workshops.WorkshopDetail, error) {
		return s.Workshops.Unpublish(ctx, in.WorkshopID)
	})
	act(r, "/workshops/{workshop_id}/cancel", cancelWorkshopOp, services.CanManageWorkshops, func(ctx context.Context, in *struct {
		WorkshopPath
		Body workshops.CancelReason
	}) (*workshops.WorkshopDetail, error) {
		return s.Workshops.CancelWorkshop(ctx, in.WorkshopID, in.Body)
	})
	act(r, "/workshops/{workshop_id}/run-anyway", runAnywayOp, services.CanManageWorkshops, func(ctx context.Context, in *struct {
		WorkshopPath
		Body workshops.RunAnyway
	}) (*workshops.WorkshopDetail, error) {
		return s.Workshops.RunAnyway(ctx, in.WorkshopID, in.Body)
	})
	act(r, "/workshops/{workshop_id}/restore", restoreWorkshopOp, services.CanManageWorkshops, func(ctx context.Context, in *struct{ WorkshopPath }) (*workshops.WorkshopDetail, error) {
		return s.Workshops.RestoreWorkshop(ctx, in.WorkshopID)
	})
	act(r, "/workshops/{workshop_id}/complete", completeWorkshopOp, services.CanManageWorkshops, func(ctx context.Context, in *struct{ WorkshopPath }) (*workshops.WorkshopDetail, error) {
		return s.Workshops.CompleteWorkshop(ctx, in.WorkshopID)
	})
	post(r, "/workshops/{workshop_id}/clone", cloneWorkshopOp, services.CanManageWorkshops, func(ctx context.Context, in *struct {
		WorkshopPath
		Body workshops.CloneWorkshop
	}) (*workshops.WorkshopDetail, error) {
		return s.Workshops.Clone(ctx, in.WorkshopID, in.Body)
	})
}
