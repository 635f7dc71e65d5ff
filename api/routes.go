package api

import (
	"context"

	"homefront/services"
)

// Services are the use cases that the routes call.
type Services struct {
	Core *services.Core
	// Authenticate answers whose access token this is, or unauthenticated.
	Authenticate func(ctx context.Context, token string) (*services.Actor, error)
}

// routes declares every domain's, below the version; what is outside it comes last.
func (s *Server) routes(r *router) {
	s.system(r)
	r.prefix = "/v1"
}
