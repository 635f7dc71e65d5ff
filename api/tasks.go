package api

import (
	"context"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/tasks"
)

// TaskPath names a task.
type TaskPath struct {
	TaskID uuid.UUID `path:"task_id" doc:"The task's id"`
}

// tasks declares what staff do with the work that waits for them.
func (s *Server) tasks(r *router) {
	can, t := services.CanWorkTasks, s.Tasks

	get(r, "/tasks", listTasksOp, can, func(ctx context.Context, in *tasks.Filter) (*services.Page[models.Task], error) {
		return t.List(ctx, *in)
	})
	post(r, "/tasks", createTaskOp, services.CanManagePeople, func(ctx context.Context, in *struct{ Body tasks.CreateTask }) (*models.Task, error) {
		return t.Create(ctx, in.Body)
	})
	get(r, "/tasks/{task_id}", getTaskOp, can, func(ctx context.Context, in *TaskPath) (*models.Task, error) {
		return t.Get(ctx, in.TaskID)
	})
	patch(r, "/tasks/{task_id}", updateTaskOp, can, func(ctx context.Context, in *struct {
		TaskPath
		Body tasks.PatchTask
	}) (*models.Task, error) {
		return t.Update(ctx, in.TaskID, in.Body)
	})
	act(r, "/tasks/{task_id}/assign", assignTaskOp, can, func(ctx context.Context, in *struct {
		TaskPath
		Body tasks.AssignTask
	}) (*models.Task, error) {
		return t.Assign(ctx, in.TaskID, in.Body)
	})
	act(r, "/tasks/{task_id}/done", completeTaskOp, can, func(ctx context.Context, in *struct {
		TaskPath
		Body tasks.CompleteTask
	}) (*models.Task, error) {
		return t.Complete(ctx, in.TaskID, in.Body)
	})
	act(r, "/tasks/{task_id}/drop", dropTaskOp, can, func(ctx context.Context, in *struct {
		TaskPath
		Body tasks.TaskReason
	}) (*models.Task, error) {
		return t.Drop(ctx, in.TaskID, in.Body)
	})
	act(r, "/tasks/{task_id}/snooze", snoozeTaskOp, can, func(ctx context.Context, in *struct {
		TaskPath
		Body tasks.SnoozeTask
	}) (*models.Task, error) {
		return t.Snooze(ctx, in.TaskID, in.Body)
	})
	act(r, "/tasks/{task_id}/reopen", reopenTaskOp, can, func(ctx context.Context, in *struct {
		TaskPath
		Body tasks.TaskReason
	}) (*models.Task, error) {
		return t.Reopen(ctx, in.TaskID, in.Body)
	})
}
