package api

import (
	"context"

	"github.com/google/uuid"

	"homefront/services"
	"homefront/services/programs"
)

// CohortPath names a cohort.
type CohortPath struct {
	CohortID uuid.UUID `path:"cohort_id" doc:"The cohort's id"`
}

func (s *Server) cohorts(r *router) {
	get(r, "/programs/{program_id}/cohorts", listCohortsOp, services.CanReadPrograms, func(ctx context.Context, in *struct {
		ProgramPath
		programs.CohortQuery
	}) (services.Page[programs.CohortView], error) {
		return s.Programs.Cohorts(ctx, in.ProgramID, in.CohortQuery)
	})
	post(r, "/programs/{program_id}/cohorts", createCohortOp, services.CanManagePrograms, func(ctx context.Context, in *struct {
		ProgramPath
		Body programs.NewCohort
	}) (*programs.CohortView, error) {
		return s.Programs.CreateCohort(ctx, in.ProgramID, in.Body)
	})
	get(r, "/cohorts/{cohort_id}", getCohortOp, services.CanReadPrograms, func(ctx context.Context, in *struct{ CohortPath }) (*programs.CohortView, error) {
		return s.Programs.Cohort(ctx, in.CohortID)
	})
	patch(r, "/cohorts/{cohort_id}", updateCohortOp, services.CanManagePrograms, func(ctx context.Context, in *struct {
		CohortPath
		Body programs.CohortPatch
	}) (*programs.CohortView, error) {
		return s.Programs.UpdateCohort(ctx, in.CohortID, in.Body)
	})
	act(r, "/cohorts/{cohort_id}/activate", activateCohortOp, services.CanManagePrograms, func(ctx context.Context, in *struct{ CohortPath }) (*programs.CohortView, error) {
		return s.Programs.ActivateCohort(ctx, in.CohortID)
	})
	act(r, "/cohorts/{cohort_id}/complete", completeCohortOp, services.CanManagePrograms, turnCohort(s.Programs.CompleteCohort))
	act(r, "/cohorts/{cohort_id}/cancel", cancelCohortOp, services.CanManagePrograms, turnCohort(s.Programs.CancelCohort))
	act(r, "/cohorts/{cohort_id}/reopen", reopenCohortOp, services.CanManagePrograms, turnCohort(s.Programs.ReopenCohort))
	get(r, "/cohorts/{cohort_id}/roster", getCohortRosterOp, services.CanManageEnrollments, func(ctx context.Context, in *struct {
		CohortPath
		programs.RosterFormat
	}) (File, error) {
		f, err := s.Programs.Roster(ctx, in.CohortID, in.RosterFormat)
		if err != nil {
			return File{}, err
		}
		return File{ContentType: f.ContentType, Name: f.Name, Bytes: f.Bytes}, nil
	})
	act(r, "/programs/{program_id}/enrollments/bulk", bulkEnrollOp, services.CanManageEnrollments, func(ctx context.Context, in *struct {
		ProgramPath
		Body programs.BulkEnroll
	}) (*programs.BulkAnswer, error) {
		return s.Programs.BulkEnroll(ctx, in.ProgramID, in.Body)
	})
	act(r, "/enrollments/bulk", bulkStepOp, services.CanManageEnrollments, func(ctx context.Context, in *struct{ Body programs.BulkStep }) (*programs.BulkAnswer, error) {
		return s.Programs.BulkStep(ctx, in.Body)
	})
	get(r, "/enrollments/{enrollment_id}/certificate", getCertificateOp, services.CanEnroll, func(ctx context.Context, in *struct{ EnrollmentPath }) (File, error) {
		f, err := s.Programs.Certificate(ctx, in.EnrollmentID)
		if err != nil {
			return File{}, err
		}
		return File{ContentType: "application/pdf", Name: f.Name, Bytes: f.Bytes}, nil
	})
}

// cohortTurn is a cohort and why it turns.
type cohortTurn struct {
	CohortPath
	Body programs.StatusReason
}

func turnCohort(do func(context.Context, uuid.UUID, programs.StatusReason) (*programs.CohortView, error)) func(context.Context, *cohortTurn) (*programs.CohortView, error) {
	return func(ctx context.Context, in *cohortTurn) (*programs.CohortView, error) {
		return do(ctx, in.CohortID, in.Body)
	}
}
