package api

import (
	"context"

	"homefront/services"
	"homefront/services/coaching"
)

func (s *Server) coachingLog(r *router) {
	act(r, "/coaching-sessions/{coaching_session_id}/log", logCoachingOp, services.CanCoach, func(ctx context.Context, in *struct {
		CoachingSessionPath
		Body coaching.LogCoaching
	}) (*coaching.LoggedCoaching, error) {
		return s.Coaching.LogSession(ctx, in.CoachingSessionID, in.Body)
	})
	patch(r, "/coaching-sessions/{coaching_session_id}/log", correctCoachingLogOp, services.CanBookCoaching, func(ctx context.Context, in *struct {
		CoachingSessionPath
		Body coaching.EditLog
	}) (*coaching.LoggedFacts, error) {
		return s.Coaching.CorrectLog(ctx, in.CoachingSessionID, in.Body)
	})
	get(r, "/me/coaching/today", coachTodayOp, services.CanCoach, func(ctx context.Context, in *struct{ coaching.TodayQuery }) (*coaching.CoachToday, error) {
		return s.Coaching.Today(ctx, in.TodayQuery)
	})
	get(r, "/me/coaching", myCoachingOp, services.CanAskForCoach, func(ctx context.Context, _ *struct{}) (*coaching.MyCoaching, error) {
		return s.Coaching.My(ctx)
	})
}
