package api

import (
	"context"

	"github.com/google/uuid"

	"homefront/services"
	"homefront/services/records"
	"homefront/services/workshops"
)

// SeparationPath names a separation.
type SeparationPath struct {
	SeparationID uuid.UUID `path:"separation_id" doc:"The separation's id"`
}

// separations declares who is kept apart from whom, for staff who are no party and close to none.
func (s *Server) separations(r *router) {
	can, rec := services.CanSeparate, s.Records

	post(r, "/separations", createSeparationOp, can, func(ctx context.Context, in *struct{ Body records.NewSeparation }) (*records.SeparationView, error) {
		return rec.CreateSeparation(ctx, in.Body)
	})
	get(r, "/separations", listSeparationsOp, can, func(ctx context.Context, in *records.SeparationFilter) (services.Page[records.SeparationView], error) {
		return rec.Separations(ctx, *in)
	})
	get(r, "/separations/{separation_id}", getSeparationOp, can, func(ctx context.Context, in *SeparationPath) (*records.SeparationView, error) {
		return rec.Separation(ctx, in.SeparationID)
	})
	patch(r, "/separations/{separation_id}", updateSeparationOp, can, func(ctx context.Context, in *struct {
		SeparationPath
		Body records.PatchSeparation
	}) (*records.SeparationView, error) {
		return rec.UpdateSeparation(ctx, in.SeparationID, in.Body)
	})
	act(r, "/separations/{separation_id}/end", endSeparationOp, can, func(ctx context.Context, in *struct {
		SeparationPath
		Body records.SeparationReason
	}) (*records.SeparationView, error) {
		return rec.EndSeparation(ctx, in.SeparationID, in.Body)
	})
	act(r, "/separations/{separation_id}/reinstate", reinstateSeparationOp, can, func(ctx context.Context, in *struct {
		SeparationPath
		Body records.SeparationReason
	}) (*records.SeparationView, error) {
		return rec.ReinstateSeparation(ctx, in.SeparationID, in.Body)
	})
	get(r, "/members/{member_id}/holds", listHoldsOp, can, func(ctx context.Context, in *MemberPath) (services.Page[records.AccountHold], error) {
		return rec.Holds(ctx, in.MemberID)
	})
	act(r, "/members/{member_id}/release-hold", releaseHoldOp, can, func(ctx context.Context, in *struct {
		MemberPath
		Body records.SeparationReason
	}) (*services.Page[records.AccountHold], error) {
		return rec.ReleaseHold(ctx, in.MemberID, in.Body)
	})
}

// approvalOf: an approval may come without a body.
func approvalOf(in *workshops.Approval) workshops.Approval {
	if in == nil {
		return workshops.Approval{}
	}
	return *in
}
