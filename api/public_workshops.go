package api

import (
	"context"

	"homefront/services"
	"homefront/services/workshops"
)

const (
	calendarType = "text/calendar"
	atomType     = "application/atom+xml"
)

// PublicFeedQuery narrows a feed.
type PublicFeedQuery struct{ workshops.PublicFilter }

func (s *Server) publicWorkshops(r *router) {
	get(r, "/public/workshops", listPublicWorkshopsOp, services.CanReadPublic, func(ctx context.Context, in *workshops.PublicQuery) (services.Page[workshops.PublicWorkshop], error) {
		return s.Workshops.PublicWorkshops(ctx, *in)
	})
	get(r, "/public/workshops.ics", getPublicCalendarOp, services.CanReadPublic, func(ctx context.Context, in *PublicFeedQuery) (File, error) {
		bytes, err := s.Workshops.PublicCalendar(ctx, in.PublicFilter)
		return File{ContentType: calendarType + "; charset=utf-8", Bytes: bytes}, err
	})
	get(r, "/public/workshops.atom", getPublicFeedOp, services.CanReadPublic, func(ctx context.Context, in *PublicFeedQuery) (File, error) {
		bytes, err := s.Workshops.PublicFeed(ctx, in.PublicFilter)
		return File{ContentType: atomType + "; charset=utf-8", Bytes: bytes}, err
	})
	get(r, "/public/workshops/{workshop_id}", getPublicWorkshopOp, services.CanReadPublic, func(ctx context.Context, in *struct{ WorkshopPath }) (*workshops.PublicWorkshopDetail, error) {
		return s.Workshops.PublicWorkshop(ctx, in.WorkshopID)
	})
}
