package api

import (
	"context"

	"github.com/google/uuid"

	"homefront/services"
	"homefront/services/programs"
)

// ProgramPath names a program.
type ProgramPath struct {
	ProgramID uuid.UUID `path:"program_id" doc:"The program's id"`
}

func (s *Server) programs(r *router) {
	get(r, "/programs", listProgramsOp, services.CanReadPrograms, func(ctx context.Context, in *programs.ProgramQuery) (services.Page[programs.ProgramView], error) {
		return s.Programs.List(ctx, *in)
	})
	post(r, "/programs", createProgramOp, services.CanManagePrograms, func(ctx context.Context, in *struct{ Body programs.NewProgram }) (*programs.ProgramView, error) {
		return s.Programs.Create(ctx, in.Body)
	})
	get(r, "/programs/{program_id}", getProgramOp, services.CanReadPrograms, func(ctx context.Context, in *struct{ ProgramPath }) (*programs.ProgramView, error) {
		return s.Programs.Get(ctx, in.ProgramID)
	})
	patch(r, "/programs/{program_id}", updateProgramOp, services.CanManagePrograms, func(ctx context.Context, in *struct {
		ProgramPath
		Body programs.ProgramPatch
	}) (*programs.ProgramView, error) {
		return s.Programs.UpdateProgram(ctx, in.ProgramID, in.Body)
	})
	act(r, "/programs/{program_id}/activate", activateProgramOp, services.CanManagePrograms, func(ctx context.Context, in *struct{ ProgramPath }) (*programs.ProgramView, error) {
		return s.Programs.ActivateProgram(ctx, in.ProgramID)
	})
	act(r, "/programs/{program_id}/complete", completeProgramOp, services.CanManagePrograms, turnProgram(s.Programs.CompleteProgram))
	act(r, "/programs/{program_id}/cancel", cancelProgramOp, services.CanManagePrograms, turnProgram(s.Programs.CancelProgram))
	act(r, "/programs/{program_id}/reopen", reopenProgramOp, services.CanManagePrograms, turnProgram(s.Programs.ReopenProgram))
}

// programTurn is a program and why it turns.
type programTurn struct {
	ProgramPath
	Body programs.StatusReason
}

func turnProgram(do func(context.Context, uuid.UUID, programs.StatusReason) (*programs.ProgramView, error)) func(context.Context, *programTurn) (*programs.ProgramView, error) {
	return func(ctx context.Context, in *programTurn) (*programs.ProgramView, error) {
		return do(ctx, in.ProgramID, in.Body)
	}
}
