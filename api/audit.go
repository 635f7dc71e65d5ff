package api

import (
	"context"

	"homefront/services"
	"homefront/services/accounts"
)

func (s *Server) audit(r *router) {
	get(r, "/audit-log", listAuditOp, services.CanReadAudit, func(ctx context.Context, in *accounts.AuditFilter) (services.Page[accounts.AuditEntry], error) {
		return s.Accounts.AuditLog(ctx, *in)
	})
}
