package api

import (
	"context"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/calendar"
)

// VenuePath names a venue.
type VenuePath struct {
	VenueID uuid.UUID `path:"venue_id" doc:"The venue's id"`
}

func (s *Server) venues(r *router) {
	get(r, "/venues", listVenuesOp, services.CanReadWorkshops, func(ctx context.Context, in *calendar.VenueQuery) (services.Page[models.Venue], error) {
		return s.Calendar.Venues(ctx, *in)
	})
	post(r, "/venues", createVenueOp, services.CanManageWorkshops, func(ctx context.Context, in *struct{ Body calendar.NewVenue }) (*models.Venue, error) {
		return s.Calendar.CreateVenue(ctx, in.Body)
	})
	get(r, "/venues/{venue_id}", getVenueOp, services.CanReadWorkshops, func(ctx context.Context, in *struct{ VenuePath }) (*models.Venue, error) {
		return s.Calendar.Venue(ctx, in.VenueID)
	})
	patch(r, "/venues/{venue_id}", updateVenueOp, services.CanManageWorkshops, func(ctx context.Context, in *struct {
		VenuePath
		Body calendar.VenuePatch
	}) (*models.Venue, error) {
		return s.Calendar.UpdateVenue(ctx, in.VenueID, in.Body)
	})
	act(r, "/venues/{venue_id}/archive", archiveVenueOp, services.CanManageWorkshops, func(ctx context.Context, in *struct{ VenuePath }) (*models.Venue, error) {
		return s.Calendar.ArchiveVenue(ctx, in.VenueID)
	})
	act(r, "/venues/{venue_id}/restore", restoreVenueOp, services.CanManageWorkshops, func(ctx context.Context, in *struct{ VenuePath }) (*models.Venue, error) {
		return s.Calendar.RestoreVenue(ctx, in.VenueID)
	})
}
