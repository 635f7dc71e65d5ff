package api

import (
	"context"

	"github.com/google/uuid"

	"homefront/services"
	"homefront/services/workshops"
)

// WalkInPath names one walk-in of a session.
type WalkInPath struct {
	WorkshopSessionPath
	WalkInPlace
}

// WalkInPlace names a walk-in.
type WalkInPlace struct {
	RegistrationID uuid.UUID `path:"registration_id" doc:"The walk-in's registration_id"`
}

func (s *Server) doors(r *router) {
	get(r, "/sessions/{session_id}/check-in-pack", getCheckInPackOp, services.CanAttend, func(ctx context.Context, in *struct{ WorkshopSessionPath }) (*workshops.CheckInPack, error) {
		return s.Workshops.CheckInPack(ctx, in.SessionID)
	})
	act(r, "/sessions/{session_id}/check-ins/sync", syncCheckInsOp, services.CanAttend, func(ctx context.Context, in *struct {
		WorkshopSessionPath
		Body workshops.ScanQueue
	}) (*workshops.SyncedScans, error) {
		return s.Workshops.SyncCheckIns(ctx, in.SessionID, in.Body)
	})
	act(r, "/sessions/{session_id}/attendees/{attendee_id}/check-in", checkInByHandOp, services.CanAttend, func(ctx context.Context, in *struct {
		SessionAttendeePath
		Body workshops.HandCheckIn
	}) (*workshops.ScanAnswer, error) {
		return s.Workshops.CheckInByHand(ctx, in.SessionID, in.AttendeeID, in.Body)
	})
	act(r, "/sessions/{session_id}/walk-ins", walkInOp, services.CanAttend, func(ctx context.Context, in *struct {
		WorkshopSessionPath
		Body workshops.WalkIn
	}) (*workshops.WalkedIn, error) {
		return s.Workshops.WalkIn(ctx, in.SessionID, in.Body)
	})
	act(r, "/sessions/{session_id}/walk-ins/{registration_id}/undo", undoWalkInOp, services.CanAttend, func(ctx context.Context, in *struct {
		WalkInPath
		Body workshops.Justification
	}) (*workshops.WalkedIn, error) {
		return s.Workshops.UndoWalkIn(ctx, in.SessionID, in.RegistrationID, in.Body)
	})
	get(r, "/sessions/{session_id}/head-counts", getHeadCountOp, services.CanAttend, func(ctx context.Context, in *struct{ WorkshopSessionPath }) (*workshops.HeadCountView, error) {
		return s.Workshops.HeadCount(ctx, in.SessionID)
	})
	put(r, "/sessions/{session_id}/head-counts", putHeadCountOp, services.CanAttend, func(ctx context.Context, in *struct {
		WorkshopSessionPath
		Body workshops.HeadCountInput
	}) (*workshops.HeadCountView, error) {
		return s.Workshops.PutHeadCount(ctx, in.SessionID, in.Body)
	})
	get(r, "/sessions/{session_id}/live-count", getLiveCountOp, services.CanAttend, func(ctx context.Context, in *struct{ WorkshopSessionPath }) (*workshops.LiveCount, error) {
		return s.Workshops.LiveCount(ctx, in.SessionID)
	})
}
