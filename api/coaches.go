package api

import (
	"context"

	"github.com/google/uuid"

	"homefront/services"
	"homefront/services/coaching"
	"homefront/services/people"
)

// CoachPath names a coach.
type CoachPath struct {
	CoachID uuid.UUID `path:"coach_id" doc:"The coach's id, which is their member id"`
}

func (p CoachPath) id() uuid.UUID { return p.CoachID }

func (s *Server) coaches(r *router) {
	get(r, "/coaches", listCoachesOp, services.CanReadCoaches, func(ctx context.Context, in *coaching.CoachQuery) (services.Page[coaching.CoachView], error) {
		return s.Coaching.Coaches(ctx, *in)
	})
	post(r, "/coaches", createCoachOp, services.CanManageCoaches, func(ctx context.Context, in *struct{ Body coaching.NewCoach }) (*coaching.CoachView, error) {
		return s.Coaching.CreateCoach(ctx, in.Body)
	})
	get(r, "/coaches/{coach_id}", getCoachOp, services.CanReadCoaches, byID[CoachPath](s.Coaching.Coach))
	patch(r, "/coaches/{coach_id}", updateCoachOp, services.CanKeepHours, func(ctx context.Context, in *struct {
		CoachPath
		Body coaching.CoachPatch
	}) (*coaching.CoachView, error) {
		return s.Coaching.UpdateCoach(ctx, in.CoachID, in.Body)
	})
	act(r, "/coaches/{coach_id}/suspend", suspendCoachOp, services.CanManageCoaches, func(ctx context.Context, in *struct {
		CoachPath
		Body people.StaffReason
	}) (*coaching.CoachView, error) {
		return s.Coaching.SuspendCoach(ctx, in.CoachID, in.Body)
	})
	act(r, "/coaches/{coach_id}/reinstate", reinstateCoachOp, services.CanManageCoaches, func(ctx context.Context, in *struct {
		CoachPath
		Body people.StaffReason
	}) (*coaching.CoachView, error) {
		return s.Coaching.ReinstateCoach(ctx, in.CoachID, in.Body)
	})
	act(r, "/coaches/{coach_id}/archive", archiveCoachOp, services.CanManageCoaches, func(ctx context.Context, in *struct {
		CoachPath
		Body people.StaffReason
	}) (*coaching.CoachView, error) {
		return s.Coaching.ArchiveCoach(ctx, in.CoachID, in.Body)
	})
	act(r, "/coaches/{coach_id}/restore", restoreCoachOp, services.CanManageCoaches, func(ctx context.Context, in *struct {
		CoachPath
		Body people.StaffReason
	}) (*coaching.CoachView, error) {
		return s.Coaching.RestoreCoach(ctx, in.CoachID, in.Body)
	})
}
