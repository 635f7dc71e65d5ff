package api

import (
	"context"

	"homefront/services"
	"homefront/services/workshops"
)

func (s *Server) join(r *router) {
	get(r, "/sessions/{session_id}/join", getJoinStateOp, services.CanJoin, func(ctx context.Context, in *struct{ WorkshopSessionPath }) (*workshops.JoinState, error) {
		return s.Workshops.JoinState(ctx, in.SessionID)
	})
	act(r, "/sessions/{session_id}/join", joinSessionOp, services.CanJoin, func(ctx context.Context, in *struct {
		WorkshopSessionPath
		Body workshops.JoinRequest
	}) (*workshops.JoinTicket, error) {
		return s.Workshops.Join(ctx, in.SessionID, in.Body)
	})
	act(r, "/sessions/{session_id}/renew-room", renewRoomOp, services.CanAttend, func(ctx context.Context, in *struct{ WorkshopSessionPath }) (*workshops.WorkshopSessionDetail, error) {
		return s.Workshops.RenewRoom(ctx, in.SessionID)
	})
	act(r, "/join/show", showJoinStateOp, services.CanJoinByLink, func(ctx context.Context, in *struct{ Body workshops.JoinLink }) (*workshops.JoinState, error) {
		return s.Workshops.JoinStateByLink(ctx, in.Body)
	})
	act(r, "/join", joinByLinkOp, services.CanJoinByLink, func(ctx context.Context, in *struct{ Body workshops.JoinByLink }) (*workshops.JoinTicket, error) {
		return s.Workshops.JoinByLink(ctx, in.Body)
	})
}
