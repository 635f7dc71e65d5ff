package api

import (
	"context"

	"homefront/services"
	"homefront/services/coaching"
)

func (s *Server) coachingSlots(r *router) {
	get(r, "/coaches/{coach_id}/slots", getCoachSlotsOp, services.CanReadCoaches, func(ctx context.Context, in *struct {
		CoachPath
		coaching.CoachSlotQuery
	}) (*coaching.CoachSlots, error) {
		return s.Coaching.CoachSlots(ctx, in.CoachID, in.CoachSlotQuery)
	})
	get(r, "/coaching-slots", listCoachingSlotsOp, services.CanReadCoaches, func(ctx context.Context, in *coaching.AnySlotQuery) (*coaching.AnySlots, error) {
		return s.Coaching.AnySlots(ctx, *in)
	})
}
