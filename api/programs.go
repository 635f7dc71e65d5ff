package api

import (
	"context"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/programs"
)

// ProgramPath names a program.
type ProgramPath struct {
	ProgramID uuid.UUID `path:"program_id" doc:"The program's id"`
}

func (s *Server) programs(r *router) {
	get(r, "/programs", listProgramsOp, services.CanReadPrograms, func(ctx context.Context, in *programs.ProgramQuery) (services.Page[models.Program], error) {
		return s.Programs.List(ctx, *in)
	})
	post(r, "/programs", createProgramOp, services.CanManagePrograms, func(ctx context.Context, in *struct{ Body programs.NewProgram }) (*models.Program, error) {
		return s.Programs.Create(ctx, in.Body)
	})
	get(r, "/programs/{program_id}", getProgramOp, services.CanReadPrograms, func(ctx context.Context, in *struct{ ProgramPath }) (*models.Program, error) {
		return s.Programs.Get(ctx, in.ProgramID)
	})
	patch(r, "/programs/{program_id}", updateProgramOp, services.CanManagePrograms, func(ctx context.Context, in *struct {
		ProgramPath
		Body programs.ProgramPatch
	}) (*models.Program, error) {
		return s.Programs.Update(ctx, in.ProgramID, in.Body)
	})
}
