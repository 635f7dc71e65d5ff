package api

import (
	"context"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/programs"
	"homefront/services/workshops"
)

// RecountedEnrollmentPath names the enrollment whose sums are added up anew.
type RecountedEnrollmentPath struct {
	EnrollmentID uuid.UUID `path:"enrollment_id" doc:"The enrollment's id"`
}

// rollUps declares the sums of attendance: what the nightly checks of them found, and how one is put right.
func (s *Server) rollUps(r *router) {
	get(r, "/roll-up-checks", listRollUpChecksOp, services.CanReadRollUpChecks, func(ctx context.Context, in *programs.RollUpCheckQuery) (services.Page[models.RollUpCheck], error) {
		return s.Programs.RollUpChecks(ctx, *in)
	})
	act(r, "/enrollments/{enrollment_id}/recount", recountEnrollmentOp, services.CanManageEnrollments, func(ctx context.Context, in *RecountedEnrollmentPath) (*programs.EnrollmentRecount, error) {
		return s.Programs.RecountEnrollment(ctx, in.EnrollmentID)
	})
	act(r, "/sessions/{session_id}/recount", recountSessionOp, services.CanManageWorkshops, func(ctx context.Context, in *struct{ WorkshopSessionPath }) (*workshops.WorkshopSessionDetail, error) {
		return s.Workshops.RecountSession(ctx, in.SessionID)
	})
}
