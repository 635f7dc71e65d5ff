package api

import (
	"context"

	"github.com/google/uuid"

	"homefront/services"
	"homefront/services/coaching"
)

// CoachingSessionPath names a session of coaching.
type CoachingSessionPath struct {
	CoachingSessionID uuid.UUID `path:"coaching_session_id" doc:"The session's id"`
}

// CoachingSeriesPath names sessions that were booked at once.
type CoachingSeriesPath struct {
	SeriesID uuid.UUID `path:"series_id" doc:"The series_id of its sessions"`
}

func (s *Server) coachingSessions(r *router) {
	get(r, "/coaching-sessions", listCoachingSessionsOp, services.CanBookCoaching, func(ctx context.Context, in *struct{ coaching.CoachingSessionQuery }) (services.Page[coaching.CoachingSessionView], error) {
		return s.Coaching.Sessions(ctx, in.CoachingSessionQuery)
	})
	post(r, "/coaching-sessions", bookCoachingSessionOp, services.CanBookCoaching, func(ctx context.Context, in *struct{ Body coaching.BookCoaching }) (*coaching.CoachingBooking, error) {
		return s.Coaching.BookSession(ctx, in.Body)
	})
	get(r, "/coaching-sessions/{coaching_session_id}", getCoachingSessionOp, services.CanBookCoaching, func(ctx context.Context, in *struct{ CoachingSessionPath }) (*coaching.CoachingSessionView, error) {
		return s.Coaching.Session(ctx, in.CoachingSessionID)
	})
	act(r, "/coaching-sessions/{coaching_session_id}/reschedule", rescheduleCoachingSessionOp, services.CanBookCoaching, func(ctx context.Context, in *struct {
		CoachingSessionPath
		Body coaching.RescheduleCoaching
	}) (*coaching.CoachingSessionView, error) {
		return s.Coaching.RescheduleSession(ctx, in.CoachingSessionID, in.Body)
	})
	act(r, "/coaching-sessions/{coaching_session_id}/cancel", cancelCoachingSessionOp, services.CanBookCoaching, func(ctx context.Context, in *struct {
		CoachingSessionPath
		Body coaching.CancelCoaching
	}) (*coaching.CoachingSessionView, error) {
		return s.Coaching.CancelSession(ctx, in.CoachingSessionID, in.Body)
	})
	act(r, "/coaching-series/{series_id}/cancel", cancelCoachingSeriesOp, services.CanBookCoaching, func(ctx context.Context, in *struct {
		CoachingSeriesPath
		Body coaching.CancelCoaching
	}) (*coaching.CoachingSeriesCancelled, error) {
		return s.Coaching.CancelSeries(ctx, in.SeriesID, in.Body)
	})
	act(r, "/coaching-sessions/{coaching_session_id}/accept", acceptCoachingSessionOp, services.CanBookCoaching, func(ctx context.Context, in *struct{ CoachingSessionPath }) (*coaching.CoachingSessionView, error) {
		return s.Coaching.AcceptSession(ctx, in.CoachingSessionID)
	})
	act(r, "/coaching-sessions/{coaching_session_id}/decline", declineCoachingSessionOp, services.CanBookCoaching, func(ctx context.Context, in *struct{ CoachingSessionPath }) (*coaching.CoachingSessionView, error) {
		return s.Coaching.DeclineSession(ctx, in.CoachingSessionID)
	})
	act(r, "/coaching-sessions/{coaching_session_id}/start", startCoachingSessionOp, services.CanBookCoaching, func(ctx context.Context, in *struct{ CoachingSessionPath }) (*coaching.CoachingSessionView, error) {
		return s.Coaching.StartSession(ctx, in.CoachingSessionID)
	})
	act(r, "/coaching-sessions/{coaching_session_id}/no-show", markCoachingNoShowOp, services.CanBookCoaching, func(ctx context.Context, in *struct {
		CoachingSessionPath
		Body coaching.CoachingNoShow
	}) (*coaching.CoachingSessionView, error) {
		return s.Coaching.MarkNoShow(ctx, in.CoachingSessionID, in.Body)
	})
	act(r, "/coaching-sessions/{coaching_session_id}/restore", restoreCoachingSessionOp, services.CanBookCoaching, func(ctx context.Context, in *struct{ CoachingSessionPath }) (*coaching.CoachingSessionView, error) {
		return s.Coaching.RestoreSession(ctx, in.CoachingSessionID)
	})
	get(r, "/coaching-sessions/{coaching_session_id}/join", getCoachingJoinStateOp, services.CanBookCoaching, func(ctx context.Context, in *struct{ CoachingSessionPath }) (*coaching.CoachingJoinState, error) {
		return s.Coaching.SessionJoinState(ctx, in.CoachingSessionID)
	})
	act(r, "/coaching-sessions/{coaching_session_id}/join", joinCoachingSessionOp, services.CanBookCoaching, func(ctx context.Context, in *struct {
		CoachingSessionPath
		Body coaching.JoinCoaching
	}) (*coaching.CoachingTicket, error) {
		return s.Coaching.JoinSession(ctx, in.CoachingSessionID, in.Body)
	})
}
