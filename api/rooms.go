package api

import (
	"context"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/calendar"
	"homefront/services/workshops"
)

// RoomPath names a room.
type RoomPath struct {
	RoomID uuid.UUID `path:"room_id" doc:"The room's id"`
}

func (s *Server) rooms(r *router) {
	get(r, "/venues/{venue_id}/rooms", listRoomsOp, services.CanReadWorkshops, func(ctx context.Context, in *struct {
		VenuePath
		calendar.RoomQuery
	}) (services.Page[models.Room], error) {
		return s.Calendar.Rooms(ctx, in.VenueID, in.RoomQuery)
	})
	post(r, "/venues/{venue_id}/rooms", createRoomOp, services.CanManageWorkshops, func(ctx context.Context, in *struct {
		VenuePath
		Body calendar.NewRoom
	}) (*models.Room, error) {
		return s.Calendar.CreateRoom(ctx, in.VenueID, in.Body)
	})
	get(r, "/rooms/{room_id}", getRoomOp, services.CanReadWorkshops, func(ctx context.Context, in *struct{ RoomPath }) (*models.Room, error) {
		return s.Calendar.Room(ctx, in.RoomID)
	})
	patch(r, "/rooms/{room_id}", updateRoomOp, services.CanManageWorkshops, func(ctx context.Context, in *struct {
		RoomPath
		Body calendar.RoomPatch
	}) (*models.Room, error) {
		return s.Calendar.UpdateRoom(ctx, in.RoomID, in.Body)
	})
	act(r, "/rooms/{room_id}/archive", archiveRoomOp, services.CanManageWorkshops, func(ctx context.Context, in *struct{ RoomPath }) (*models.Room, error) {
		return s.Calendar.ArchiveRoom(ctx, in.RoomID)
	})
	act(r, "/rooms/{room_id}/restore", restoreRoomOp, services.CanManageWorkshops, func(ctx context.Context, in *struct{ RoomPath }) (*models.Room, error) {
		return s.Calendar.RestoreRoom(ctx, in.RoomID)
	})
	s.free(r)
}

// free is what planners ask before they plan.
func (s *Server) free(r *router) {
	get(r, "/free-rooms", listFreeRoomsOp, services.CanManageWorkshops, func(ctx context.Context, in *calendar.FreeRoomQuery) (services.Page[calendar.FreeRoom], error) {
		return s.Calendar.FreeRooms(ctx, *in)
	})
	get(r, "/free-facilitators", listFreeFacilitatorsOp, services.CanManageWorkshops, func(ctx context.Context, in *workshops.FreeAtQuery) (services.Page[workshops.FreeFacilitator], error) {
		return s.Workshops.FreeAt(ctx, *in)
	})
	get(r, "/sessions/{session_id}/free-facilitators", sessionFreeFacilitatorsOp, services.CanManageWorkshops, func(ctx context.Context, in *struct {
		WorkshopSessionPath
		workshops.FreeQuery
	}) (services.Page[workshops.FreeFacilitator], error) {
		return s.Workshops.FreeForSession(ctx, in.SessionID, in.FreeQuery)
	})
}
