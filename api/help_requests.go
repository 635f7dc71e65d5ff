package api

import (
	"context"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/outreach"
)

// HelpRequestPath names a help request.
type HelpRequestPath struct {
	HelpRequestID uuid.UUID `path:"help_request_id" doc:"The help request's id"`
}

// helpRequests declares "please call me" and who answers it.
func (s *Server) helpRequests(r *router) {
	can, o := services.CanAnswerHelp, s.Outreach

	post(r, "/help-requests", askForHelpOp, services.CanAskForHelp, func(ctx context.Context, in *struct{ Body outreach.AskForHelp }) (*outreach.HelpAnswer, error) {
		return o.Ask(ctx, in.Body)
	})
	get(r, "/me/help-requests", myHelpRequestsOp, services.CanAskForHelp, func(ctx context.Context, _ *struct{}) (*outreach.MyHelp, error) {
		return o.MyHelpRequests(ctx)
	})
	act(r, "/help-requests/{help_request_id}/withdraw", withdrawHelpOp, services.CanAskForHelp, func(ctx context.Context, in *HelpRequestPath) (*outreach.MyHelpRequest, error) {
		return o.Withdraw(ctx, in.HelpRequestID)
	})
	get(r, "/help-requests", listHelpRequestsOp, can, func(ctx context.Context, in *outreach.HelpFilter) (*services.Page[outreach.HelpRow], error) {
		return o.HelpRequests(ctx, *in)
	})
	get(r, "/help-requests/{help_request_id}", getHelpRequestOp, can, func(ctx context.Context, in *HelpRequestPath) (*outreach.HelpView, error) {
		return o.HelpRequest(ctx, in.HelpRequestID)
	})
	act(r, "/help-requests/{help_request_id}/take", takeHelpOp, can, func(ctx context.Context, in *HelpRequestPath) (*models.HelpRequest, error) {
		return o.Take(ctx, in.HelpRequestID)
	})
	act(r, "/help-requests/{help_request_id}/answer", answerHelpOp, can, func(ctx context.Context, in *struct {
		HelpRequestPath
		Body outreach.LogContact
	}) (*outreach.AnsweredHelp, error) {
		return o.AnswerHelp(ctx, in.HelpRequestID, in.Body)
	})
	act(r, "/help-requests/{help_request_id}/hand-over", handOverHelpOp, can, func(ctx context.Context, in *struct {
		HelpRequestPath
		Body outreach.HandOverHelp
	}) (*models.HelpRequest, error) {
		return o.HandOverHelp(ctx, in.HelpRequestID, in.Body)
	})
	act(r, "/help-requests/{help_request_id}/close", closeHelpOp, can, func(ctx context.Context, in *struct {
		HelpRequestPath
		Body outreach.Reason
	}) (*models.HelpRequest, error) {
		return o.CloseHelp(ctx, in.HelpRequestID, in.Body)
	})
	act(r, "/help-requests/{help_request_id}/reopen", reopenHelpOp, can, func(ctx context.Context, in *struct {
		HelpRequestPath
		Body outreach.Reason
	}) (*models.HelpRequest, error) {
		return o.ReopenHelp(ctx, in.HelpRequestID, in.Body)
	})
	act(r, "/help-requests/{help_request_id}/guardian-decision", decideGuardianOp, can, func(ctx context.Context, in *struct {
		HelpRequestPath
		Body outreach.GuardianDecision
	}) (*models.HelpRequest, error) {
		return o.DecideGuardian(ctx, in.HelpRequestID, in.Body)
	})
}
