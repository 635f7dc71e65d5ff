package api

import (
	"context"

	"github.com/google/uuid"

	"homefront/services"
	"homefront/services/workshops"
)

// ThanksPath names thanks that somebody said.
type ThanksPath struct {
	ThanksID uuid.UUID `path:"thanks_id" doc:"The id of the thanks, as their sender sees it"`
}

// FacilitatorPath names somebody who leads sessions.
type FacilitatorPath struct {
	MemberID uuid.UUID `path:"member_id" doc:"The facilitator's member id"`
}

func (s *Server) feedback(r *router) {
	put(r, "/sessions/{session_id}/feedback", giveFeedbackOp, services.CanGiveFeedback, func(ctx context.Context, in *struct {
		WorkshopSessionPath
		Body workshops.GiveFeedback
	}) (*workshops.MyFeedback, error) {
		return s.Workshops.GiveFeedback(ctx, in.SessionID, in.Body)
	})
	del(r, "/sessions/{session_id}/feedback", withdrawFeedbackOp, services.CanGiveFeedback, func(ctx context.Context, in *struct{ WorkshopSessionPath }) error {
		return s.Workshops.WithdrawFeedback(ctx, in.SessionID)
	})
	get(r, "/sessions/{session_id}/feedback/mine", getMyFeedbackOp, services.CanGiveFeedback, func(ctx context.Context, in *struct{ WorkshopSessionPath }) (*workshops.MyFeedback, error) {
		return s.Workshops.MyFeedback(ctx, in.SessionID)
	})
	get(r, "/workshops/{workshop_id}/feedback", getWorkshopFeedbackOp, services.CanReadFeedback, func(ctx context.Context, in *struct{ WorkshopPath }) (*workshops.WorkshopFeedback, error) {
		return s.Workshops.WorkshopFeedback(ctx, in.WorkshopID)
	})
	get(r, "/facilitators/{member_id}/feedback", getFacilitatorFeedbackOp, services.CanReadFeedback, func(ctx context.Context, in *struct{ FacilitatorPath }) (*workshops.FeedbackSummary, error) {
		return s.Workshops.FacilitatorFeedback(ctx, in.MemberID)
	})
	get(r, "/programs/{program_id}/feedback", getProgramFeedbackOp, services.CanReadFeedback, func(ctx context.Context, in *struct{ ProgramPath }) (*workshops.FeedbackSummary, error) {
		return s.Workshops.ProgramFeedback(ctx, in.ProgramID)
	})
	get(r, "/me/thanks", listThanksOp, services.CanReadThanks, func(ctx context.Context, in *struct{ services.PageQuery }) (services.Page[workshops.ThanksReceived], error) {
		return s.Workshops.Thanks(ctx, in.PageQuery)
	})
	del(r, "/thanks/{thanks_id}", takeBackThanksOp, services.CanGiveFeedback, func(ctx context.Context, in *struct{ ThanksPath }) error {
		return s.Workshops.TakeBackThanks(ctx, in.ThanksID)
	})
}
