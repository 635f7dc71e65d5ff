package api

import (
	"context"

	"homefront/services"
	"homefront/services/outreach"
	"homefront/services/people"
)

// work declares what somebody on staff has before them, and what credentials end.
func (s *Server) work(r *router) {
	get(r, "/me/work", myWorkOp, services.CanSeeWork, func(ctx context.Context, in *outreach.WorkQuery) (*outreach.Work, error) {
		return s.Outreach.Work(ctx, *in)
	})
	act(r, "/tasks/hand-over", handOverTasksOp, services.CanManagePeople, func(ctx context.Context, in *struct{ Body outreach.HandOver }) (*outreach.HandedOver, error) {
		return s.Outreach.HandOver(ctx, in.Body)
	})
	get(r, "/credentials", listExpiringCredentialsOp, services.CanManagePeople, func(ctx context.Context, in *people.CredentialFilter) (*services.Page[people.ExpiringCredential], error) {
		return s.People.ExpiringCredentials(ctx, *in)
	})
}
