package api

import (
	"context"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/records"
)

// DeathPath names a report of a death.
type DeathPath struct {
	DeathID uuid.UUID `path:"death_id" doc:"The report's id"`
}

// deaths declares how a death is recorded and taken back.
func (s *Server) deaths(r *router) {
	can, d := services.CanRecordDeath, s.Records

	post(r, "/members/{member_id}/deaths", reportDeathOp, can, func(ctx context.Context, in *struct {
		MemberPath
		Body records.ReportDeath
	}) (*models.Death, error) {
		return d.Report(ctx, in.MemberID, in.Body)
	})
	get(r, "/deaths", listDeathsOp, can, func(ctx context.Context, in *records.DeathFilter) (services.Page[models.Death], error) {
		return d.Deaths(ctx, *in)
	})
	get(r, "/deaths/{death_id}", getDeathOp, can, func(ctx context.Context, in *DeathPath) (*records.DeathView, error) {
		return d.Death(ctx, in.DeathID)
	})
	act(r, "/deaths/{death_id}/confirm", confirmDeathOp, can, func(ctx context.Context, in *DeathPath) (*models.Death, error) {
		return d.Confirm(ctx, in.DeathID)
	})
	act(r, "/deaths/{death_id}/withdraw", withdrawDeathOp, can, func(ctx context.Context, in *struct {
		DeathPath
		Body records.DeathReason
	}) (*models.Death, error) {
		return d.Withdraw(ctx, in.DeathID, in.Body)
	})
	act(r, "/deaths/{death_id}/reverse", reverseDeathOp, can, func(ctx context.Context, in *struct {
		DeathPath
		Body records.DeathReason
	}) (*records.DeathView, error) {
		return d.Reverse(ctx, in.DeathID, in.Body)
	})
}
