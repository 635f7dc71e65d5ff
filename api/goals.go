package api

import (
	"context"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
)

// GoalPath names a goal.
type GoalPath struct {
	GoalID uuid.UUID `path:"goal_id" doc:"The goal's id"`
}

func (p GoalPath) id() uuid.UUID { return p.GoalID }

// ActionPath names a step.
type ActionPath struct {
	ActionID uuid.UUID `path:"action_id" doc:"The step's id"`
}

func (p ActionPath) id() uuid.UUID { return p.ActionID }

func (s *Server) goals(r *router) {
	get(r, "/engagements/{engagement_id}/goals", listGoalsOp, services.CanSetGoals, func(ctx context.Context, in *struct {
		EngagementPath
		coaching.GoalQuery
	}) (services.Page[coaching.GoalView], error) {
		return s.Coaching.Goals(ctx, in.EngagementID, in.GoalQuery)
	})
	post(r, "/engagements/{engagement_id}/goals", setGoalOp, services.CanSetGoals, func(ctx context.Context, in *struct {
		EngagementPath
		Body coaching.NewGoal
	}) (*models.CoachingGoal, error) {
		return s.Coaching.SetGoal(ctx, in.EngagementID, in.Body)
	})
	get(r, "/goals/{goal_id}", getGoalOp, services.CanSetGoals, byID[GoalPath](s.Coaching.Goal))
	patch(r, "/goals/{goal_id}", updateGoalOp, services.CanSetGoals, func(ctx context.Context, in *struct {
		GoalPath
		Body coaching.EditGoal
	}) (*coaching.GoalView, error) {
		return s.Coaching.ChangeGoal(ctx, in.GoalID, in.Body)
	})
	get(r, "/goals/{goal_id}/actions", listGoalActionsOp, services.CanSetGoals, func(ctx context.Context, in *struct {
		GoalPath
		coaching.ActionQuery
	}) (services.Page[coaching.ActionView], error) {
		return s.Coaching.ActionsOf(ctx, in.GoalID, in.ActionQuery)
	})
	post(r, "/goals/{goal_id}/actions", addGoalActionOp, services.CanSetGoals, func(ctx context.Context, in *struct {
		GoalPath
		Body coaching.NewAction
	}) (*models.CoachingAction, error) {
		return s.Coaching.AddActionTo(ctx, in.GoalID, in.Body)
	})
	s.actions(r)
}

func (s *Server) actions(r *router) {
	get(r, "/engagements/{engagement_id}/actions", listActionsOp, services.CanSetGoals, func(ctx context.Context, in *struct {
		EngagementPath
		coaching.ActionQuery
	}) (services.Page[coaching.ActionView], error) {
		return s.Coaching.Actions(ctx, in.EngagementID, in.ActionQuery)
	})
	post(r, "/engagements/{engagement_id}/actions", addActionOp, services.CanSetGoals, func(ctx context.Context, in *struct {
		EngagementPath
		Body coaching.NewAction
	}) (*models.CoachingAction, error) {
		return s.Coaching.AddAction(ctx, in.EngagementID, in.Body)
	})
	get(r, "/actions/{action_id}", getActionOp, services.CanSetGoals, byID[ActionPath](s.Coaching.Action))
	patch(r, "/actions/{action_id}", updateActionOp, services.CanSetGoals, func(ctx context.Context, in *struct {
		ActionPath
		Body coaching.EditAction
	}) (*coaching.ActionView, error) {
		return s.Coaching.ChangeAction(ctx, in.ActionID, in.Body)
	})
	act(r, "/actions/{action_id}/done", doneActionOp, services.CanSetGoals, byID[ActionPath](s.Coaching.DoneAction))
	act(r, "/actions/{action_id}/undone", undoneActionOp, services.CanSetGoals, byID[ActionPath](s.Coaching.UndoneAction))
}
