package api

import (
	"context"

	"github.com/google/uuid"

	"homefront/services"
	"homefront/services/programs"
)

// EnrollmentPath names an enrollment.
type EnrollmentPath struct {
	EnrollmentID uuid.UUID `path:"enrollment_id" doc:"The enrollment's id"`
}

func (s *Server) enrollments(r *router) {
	post(r, "/programs/{program_id}/enrollments", createEnrollmentOp, services.CanEnroll, func(ctx context.Context, in *struct {
		ProgramPath
		Body programs.Apply
	}) (*programs.EnrollmentView, error) {
		return s.Programs.Apply(ctx, in.ProgramID, in.Body)
	})
	get(r, "/programs/{program_id}/enrollments", listProgramEnrollmentsOp, services.CanManageEnrollments, func(ctx context.Context, in *struct {
		ProgramPath
		programs.EnrollmentFilter
	}) (services.Page[programs.EnrollmentView], error) {
		return s.Programs.ProgramEnrollments(ctx, in.ProgramID, in.EnrollmentFilter)
	})
	get(r, "/programs/{program_id}/waitlist", listProgramWaitlistOp, services.CanManageEnrollments, func(ctx context.Context, in *struct {
		ProgramPath
		programs.WaitlistQuery
	}) (services.Page[programs.EnrollmentView], error) {
		return s.Programs.Line(ctx, in.ProgramID, in.WaitlistQuery)
	})
	get(r, "/enrollments", listEnrollmentsOp, services.CanEnroll, func(ctx context.Context, in *programs.EnrollmentQuery) (services.Page[programs.EnrollmentView], error) {
		return s.Programs.Enrollments(ctx, *in)
	})
	get(r, "/enrollments/{enrollment_id}", getEnrollmentOp, services.CanEnroll, func(ctx context.Context, in *struct{ EnrollmentPath }) (*programs.EnrollmentView, error) {
		return s.Programs.Enrollment(ctx, in.EnrollmentID)
	})
	patch(r, "/enrollments/{enrollment_id}", updateEnrollmentOp, services.CanManageEnrollments, func(ctx context.Context, in *struct {
		EnrollmentPath
		Body programs.EnrollmentPatch
	}) (*programs.EnrollmentView, error) {
		return s.Programs.Update(ctx, in.EnrollmentID, in.Body)
	})
	get(r, "/enrollments/{enrollment_id}/timeline", getEnrollmentTimelineOp, services.CanEnroll, func(ctx context.Context, in *struct {
		EnrollmentPath
		services.PageQuery
	}) (services.Page[programs.EnrollmentLine], error) {
		return s.Programs.History(ctx, in.EnrollmentID, in.PageQuery)
	})
	s.enrollmentSteps(r)
}

func (s *Server) enrollmentSteps(r *router) {
	enrollmentStep(r, "waitlist", waitlistEnrollmentOp, services.CanManageEnrollments, s.Programs.Waitlist)
	enrollmentStep(r, "enroll", enrollEnrollmentOp, services.CanManageEnrollments, s.Programs.Enroll)
	enrollmentStep(r, "deny", denyEnrollmentOp, services.CanManageEnrollments, s.Programs.Deny)
	enrollmentStep(r, "activate", activateEnrollmentOp, services.CanManageEnrollments, s.Programs.Activate)
	enrollmentStep(r, "pause", pauseEnrollmentOp, services.CanManageEnrollments, s.Programs.Pause)
	act(r, "/enrollments/{enrollment_id}/resume", resumeEnrollmentOp, services.CanManageEnrollments, func(ctx context.Context, in *struct{ EnrollmentPath }) (*programs.EnrollmentView, error) {
		return s.Programs.Resume(ctx, in.EnrollmentID)
	})
	enrollmentStep(r, "complete", completeEnrollmentOp, services.CanManageEnrollments, s.Programs.Complete)
	enrollmentStep(r, "withdraw", withdrawEnrollmentOp, services.CanEnroll, s.Programs.Withdraw)
	enrollmentStep(r, "reopen", reopenEnrollmentOp, services.CanManageEnrollments, s.Programs.Reopen)
	enrollmentStep(r, "move", moveEnrollmentOp, services.CanManageEnrollments, s.Programs.Move)
	enrollmentStep(r, "move-ahead", moveEnrollmentAheadOp, services.CanManageEnrollments, s.Programs.MoveAhead)
}

// enrollmentStep declares one step with a body.
func enrollmentStep[B any](r *router, verb string, o op, can *services.Permission, do func(context.Context, uuid.UUID, B) (*programs.EnrollmentView, error)) {
	act(r, "/enrollments/{enrollment_id}/"+verb, o, can, func(ctx context.Context, in *struct {
		EnrollmentPath
		Body B
	}) (*programs.EnrollmentView, error) {
		return do(ctx, in.EnrollmentID, in.Body)
	})
}
