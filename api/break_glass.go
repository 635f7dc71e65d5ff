package api

import (
	"context"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
)

// BreakGlassPath names an opening of a member's notes.
type BreakGlassPath struct {
	BreakGlassID uuid.UUID `path:"break_glass_id" doc:"The opening's id"`
}

func (s *Server) breakGlass(r *router) {
	review := services.CanReviewGlass

	post(r, "/break-glass", breakGlassOp, services.CanBreakGlass, func(ctx context.Context, in *struct{ Body coaching.BreakGlassIn }) (*coaching.GlassView, error) {
		return s.Coaching.BreakGlass(ctx, in.Body)
	})
	get(r, "/break-glass", listBreakGlassOp, review, func(ctx context.Context, in *coaching.GlassFilter) (services.Page[coaching.GlassView], error) {
		return s.Coaching.Glasses(ctx, *in)
	})
	get(r, "/break-glass/{break_glass_id}", getBreakGlassOp, review, func(ctx context.Context, in *BreakGlassPath) (*coaching.GlassDetail, error) {
		return s.Coaching.Glass(ctx, in.BreakGlassID)
	})
	get(r, "/break-glass/{break_glass_id}/notes", listBreakGlassNotesOp, services.CanBreakGlass, func(ctx context.Context, in *struct {
		BreakGlassPath
		services.PageQuery
	}) (services.Page[models.CoachingNote], error) {
		return s.Coaching.GlassNotes(ctx, in.BreakGlassID, in.PageQuery)
	})
	act(r, "/break-glass/{break_glass_id}/end", endBreakGlassOp, review, func(ctx context.Context, in *BreakGlassPath) (*coaching.GlassView, error) {
		return s.Coaching.EndGlass(ctx, in.BreakGlassID)
	})
	type because struct {
		BreakGlassPath
		Body coaching.GlassReason
	}
	act(r, "/break-glass/{break_glass_id}/seal-notice", sealBreakGlassNoticeOp, review, func(ctx context.Context, in *because) (*coaching.GlassView, error) {
		return s.Coaching.SealGlassNotice(ctx, in.BreakGlassID, in.Body)
	})
	act(r, "/break-glass/{break_glass_id}/unseal-notice", unsealBreakGlassNoticeOp, review, func(ctx context.Context, in *because) (*coaching.GlassView, error) {
		return s.Coaching.UnsealGlassNotice(ctx, in.BreakGlassID, in.Body)
	})
	act(r, "/break-glass/{break_glass_id}/close", closeBreakGlassOp, review, func(ctx context.Context, in *struct {
		BreakGlassPath
		Body coaching.CloseGlass
	}) (*coaching.GlassView, error) {
		return s.Coaching.CloseGlass(ctx, in.BreakGlassID, in.Body)
	})
	act(r, "/break-glass/{break_glass_id}/reopen", reopenBreakGlassOp, review, func(ctx context.Context, in *because) (*coaching.GlassView, error) {
		return s.Coaching.ReopenGlass(ctx, in.BreakGlassID, in.Body)
	})
}
