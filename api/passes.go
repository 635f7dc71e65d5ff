package api

import (
	"context"

	"github.com/google/uuid"

	"homefront/services"
	"homefront/services/workshops"
)

// PassPath names a pass.
type PassPath struct {
	PassID uuid.UUID `path:"pass_id" doc:"The pass's id"`
}

func (s *Server) passes(r *router) {
	post(r, "/workshops/{workshop_id}/passes", makePassOp, services.CanDecide, func(ctx context.Context, in *struct {
		WorkshopPath
		Body workshops.NewPass
	}) (*workshops.MadePass, error) {
		return s.Workshops.MakePass(ctx, in.WorkshopID, in.Body)
	})
	get(r, "/workshops/{workshop_id}/passes", listPassesOp, services.CanDecide, func(ctx context.Context, in *struct {
		WorkshopPath
		services.PageQuery
	}) (services.Page[workshops.PassView], error) {
		return s.Workshops.Passes(ctx, in.WorkshopID, in.PageQuery)
	})
	act(r, "/workshop-passes/{pass_id}/revoke", revokePassOp, services.CanDecide, func(ctx context.Context, in *PassPath) (*workshops.PassView, error) {
		return s.Workshops.RevokePass(ctx, in.PassID)
	})
	act(r, "/workshop-passes/show", showPassOp, services.CanAnswer, func(ctx context.Context, in *struct{ Body workshops.PassToken }) (*workshops.PassFacts, error) {
		return s.Workshops.ShowPass(ctx, in.Body)
	})
	s.registrationQueue(r)
}

// registrationQueue is what staff decide about, over all workshops, and places that move.
func (s *Server) registrationQueue(r *router) {
	get(r, "/registrations", queueRegistrationsOp, services.CanDecide, func(ctx context.Context, in *workshops.QueueQuery) (services.Page[workshops.RegistrationView], error) {
		return s.Workshops.Queue(ctx, *in)
	})
	act(r, "/registrations/decide", decideRegistrationsOp, services.CanDecide, func(ctx context.Context, in *struct{ Body workshops.Decision }) (*workshops.Decisions, error) {
		return s.Workshops.Decide(ctx, in.Body)
	})
	act(r, "/registrations/{registration_id}/transfer", transferRegistrationOp, services.CanRegister, func(ctx context.Context, in *struct {
		RegistrationPath
		Body workshops.Transfer
	}) (*workshops.RegistrationView, error) {
		return s.Workshops.Transfer(ctx, in.RegistrationID, in.Body)
	})
}
