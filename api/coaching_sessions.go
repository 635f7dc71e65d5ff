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

func (p CoachingSessionPath) id() uuid.UUID { return p.CoachingSessionID }

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
	get(r, "/coaching-sessions/{coaching_session_id}", getCoachingSessionOp, services.CanBookCoaching, byID[CoachingSessionPath](s.Coaching.Session))
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
	act(r, "/coaching-sessions/{coaching_session_id}/accept", acceptCoachingSessionOp, services.CanBookCoaching, byID[CoachingSessionPath](s.Coaching.AcceptSession))
	act(r, "/coaching-sessions/{coaching_session_id}/decline", declineCoachingSessionOp, services.CanBookCoaching, byID[CoachingSessionPath](s.Coaching.DeclineSession))
	act(r, "/coaching-sessions/{coaching_session_id}/start", startCoachingSessionOp, services.CanBookCoaching, byID[CoachingSessionPath](s.Coaching.StartSession))
	act(r, "/coaching-sessions/{coaching_session_id}/no-show", markCoachingNoShowOp, services.CanBookCoaching, func(ctx context.Context, in *struct {
		CoachingSessionPath
		Body coaching.CoachingNoShow
	}) (*coaching.CoachingSessionView, error) {
		return s.Coaching.MarkNoShow(ctx, in.CoachingSessionID, in.Body)
	})
	act(r, "/coaching-sessions/{coaching_session_id}/restore", restoreCoachingSessionOp, services.CanBookCoaching, func(ctx context.Context, in *struct {
		CoachingSessionPath
		Body *coaching.RestoreCoaching
	}) (*coaching.CoachingSessionView, error) {
		var restore coaching.RestoreCoaching
		if in.Body != nil {
			restore = *in.Body
		}
		return s.Coaching.RestoreSession(ctx, in.CoachingSessionID, restore)
	})
	act(r, "/coaching-sessions/{coaching_session_id}/late", setCoachingLateOp, services.CanBookCoaching, func(ctx context.Context, in *struct {
		CoachingSessionPath
		Body coaching.LateCoaching
	}) (*coaching.CoachingSessionView, error) {
		return s.Coaching.SetLate(ctx, in.CoachingSessionID, in.Body)
	})
	get(r, "/coaching-sessions/{coaching_session_id}/join", getCoachingJoinStateOp, services.CanBookCoaching, byID[CoachingSessionPath](s.Coaching.SessionJoinState))
	act(r, "/coaching-sessions/{coaching_session_id}/join", joinCoachingSessionOp, services.CanBookCoaching, func(ctx context.Context, in *struct {
		CoachingSessionPath
		Body coaching.JoinCoaching
	}) (*coaching.CoachingTicket, error) {
		return s.Coaching.JoinSession(ctx, in.CoachingSessionID, in.Body)
	})
}
