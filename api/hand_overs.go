package api

import (
	"context"

	"github.com/google/uuid"

	"homefront/services"
	"homefront/services/coaching"
)

// HandOverPath names a hand-over.
type HandOverPath struct {
	HandOverID uuid.UUID `path:"hand_over_id" doc:"The hand-over's id"`
}

func (p HandOverPath) id() uuid.UUID { return p.HandOverID }

func (s *Server) handOvers(r *router) {
	act(r, "/coaches/{coach_id}/reassign", reassignClientsOp, services.CanMatchCoaches, func(ctx context.Context, in *struct {
		CoachPath
		Body coaching.ReassignClients
	}) (*coaching.Reassignment, error) {
		return s.Coaching.ReassignClients(ctx, in.CoachID, in.Body)
	})
	post(r, "/engagements/{engagement_id}/hand-over", proposeHandOverOp, services.CanAskForCoach, func(ctx context.Context, in *struct {
		EngagementPath
		Body coaching.ProposeHandOver
	}) (*coaching.HandOverView, error) {
		return s.Coaching.HandOver(ctx, in.EngagementID, in.Body)
	})
	get(r, "/hand-overs", listHandOversOp, services.CanAskForCoach, func(ctx context.Context, in *coaching.HandOverQuery) (services.Page[coaching.HandOverView], error) {
		return s.Coaching.HandOvers(ctx, *in)
	})
	get(r, "/hand-overs/{hand_over_id}", getHandOverOp, services.CanAskForCoach, byID[HandOverPath](s.Coaching.GetHandOver))
	act(r, "/hand-overs/{hand_over_id}/accept", acceptHandOverOp, services.CanAskForCoach, func(ctx context.Context, in *struct {
		HandOverPath
		Body coaching.AnswerHandOver
	}) (*coaching.HandOverView, error) {
		return s.Coaching.AcceptHandOver(ctx, in.HandOverID, in.Body)
	})
	act(r, "/hand-overs/{hand_over_id}/decline", declineHandOverOp, services.CanAskForCoach, byID[HandOverPath](s.Coaching.DeclineHandOver))
	act(r, "/hand-overs/{hand_over_id}/cancel", cancelHandOverOp, services.CanAskForCoach, byID[HandOverPath](s.Coaching.CancelHandOver))
}
