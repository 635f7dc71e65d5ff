package api

import (
	"context"

	"github.com/google/uuid"

	"homefront/services"
	"homefront/services/workshops"
)

// WorkshopSessionPath names one session of a workshop.
type WorkshopSessionPath struct {
	SessionID uuid.UUID `path:"session_id" doc:"The session's id"`
}

func (s *Server) workshopSessions(r *router) {
	get(r, "/workshops/{workshop_id}/sessions", listSessionsOp, services.CanReadWorkshops, func(ctx context.Context, in *struct {
		WorkshopPath
		workshops.SessionQuery
	}) (services.Page[workshops.WorkshopSessionDetail], error) {
		return s.Workshops.Sessions(ctx, in.WorkshopID, in.SessionQuery)
	})
	post(r, "/workshops/{workshop_id}/sessions", createSessionsOp, services.CanManageWorkshops, func(ctx context.Context, in *struct {
		WorkshopPath
		Body workshops.NewSessions
	}) (*workshops.SessionSeries, error) {
		return s.Workshops.AddSessions(ctx, in.WorkshopID, in.Body)
	})
	act(r, "/workshops/{workshop_id}/sessions/preview", previewSessionsOp, services.CanManageWorkshops, func(ctx context.Context, in *struct {
		WorkshopPath
		Body workshops.NewSessions
	}) (*workshops.SessionPreviews, error) {
		return s.Workshops.Preview(ctx, in.WorkshopID, in.Body)
	})
	get(r, "/sessions/{session_id}", getSessionOp, services.CanReadWorkshops, func(ctx context.Context, in *struct{ WorkshopSessionPath }) (*workshops.WorkshopSessionDetail, error) {
		return s.Workshops.Session(ctx, in.SessionID)
	})
	patch(r, "/sessions/{session_id}", updateSessionOp, services.CanManageWorkshops, func(ctx context.Context, in *struct {
		WorkshopSessionPath
		Body workshops.SessionPatch
	}) (*workshops.SessionChange, error) {
		return s.Workshops.UpdateSession(ctx, in.SessionID, in.Body)
	})
	act(r, "/sessions/{session_id}/cancel", cancelSessionOp, services.CanManageWorkshops, func(ctx context.Context, in *struct {
		WorkshopSessionPath
		Body workshops.SessionCancellation
	}) (*workshops.SessionChange, error) {
		return s.Workshops.CancelSession(ctx, in.SessionID, in.Body)
	})
	act(r, "/sessions/{session_id}/restore", restoreSessionOp, services.CanManageWorkshops, func(ctx context.Context, in *struct {
		WorkshopSessionPath
		Body *workshops.SessionRestoration
	}) (*workshops.SessionChange, error) {
		var restoration workshops.SessionRestoration
		if in.Body != nil {
			restoration = *in.Body
		}
		return s.Workshops.RestoreSession(ctx, in.SessionID, restoration)
	})
}
