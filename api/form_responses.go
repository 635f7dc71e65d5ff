package api

import (
	"context"

	"github.com/google/uuid"

	"homefront/services"
	"homefront/services/forms"
)

// FormResponsePath names a response to a form.
type FormResponsePath struct {
	ResponseID uuid.UUID `path:"response_id" doc:"The response's id"`
}

// formResponses declares what people answer, and who reads it.
func (s *Server) formResponses(r *router) {
	can, f := services.CanAnswerForms, s.Forms

	get(r, "/me/form-responses", listOwnFormResponsesOp, can, func(ctx context.Context, in *forms.MyFormResponseFilter) (*services.Page[forms.MyFormResponse], error) {
		return f.MyResponses(ctx, *in)
	})
	get(r, "/form-responses", listFormResponsesOp, services.CanReadAnswers, func(ctx context.Context, in *forms.FormResponseFilter) (*services.Page[forms.FormResponseRow], error) {
		return f.Responses(ctx, *in)
	})
	get(r, "/form-responses/{response_id}", getFormResponseOp, can, func(ctx context.Context, in *FormResponsePath) (*forms.FormResponseView, error) {
		return f.Response(ctx, in.ResponseID)
	})
	act(r, "/form-responses/{response_id}/answer", answerFormOp, can, func(ctx context.Context, in *struct {
		FormResponsePath
		Body forms.GiveAnswers
	}) (*forms.FormResponseRow, error) {
		return f.Answer(ctx, in.ResponseID, in.Body)
	})
	patch(r, "/form-responses/{response_id}", changeFormResponseOp, can, func(ctx context.Context, in *struct {
		FormResponsePath
		Body forms.ChangeAnswers
	}) (*forms.FormResponseRow, error) {
		return f.Change(ctx, in.ResponseID, in.Body)
	})
}
