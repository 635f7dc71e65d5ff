package api

import (
	"context"

	"homefront/services"
	"homefront/services/records"
)

// home declares the first screen of the phone.
func (s *Server) home(r *router) {
	get(r, "/me/home", myHomeOp, services.CanSeeHome, func(ctx context.Context, _ *struct{}) (*records.Home, error) {
		return s.Records.Home(ctx)
	})
}
