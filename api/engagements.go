package api

import (
	"context"

	"github.com/google/uuid"

	"homefront/services"
	"homefront/services/coaching"
	"homefront/services/people"
)

// EngagementPath names an engagement.
type EngagementPath struct {
	EngagementID uuid.UUID `path:"engagement_id" doc:"The engagement's id"`
}

func (p EngagementPath) id() uuid.UUID { return p.EngagementID }

func (s *Server) engagements(r *router) {
	post(r, "/engagements", askForCoachOp, services.CanAskForCoach, func(ctx context.Context, in *struct{ Body coaching.AskForCoach }) (*coaching.EngagementView, error) {
		return s.Coaching.AskForCoach(ctx, in.Body)
	})
	get(r, "/engagements", listEngagementsOp, services.CanAskForCoach, func(ctx context.Context, in *coaching.EngagementQuery) (services.Page[coaching.EngagementView], error) {
		return s.Coaching.Engagements(ctx, *in)
	})
	get(r, "/engagements/{engagement_id}", getEngagementOp, services.CanAskForCoach, byID[EngagementPath](s.Coaching.Engagement))
	patch(r, "/engagements/{engagement_id}", updateEngagementOp, services.CanAskForCoach, func(ctx context.Context, in *struct {
		EngagementPath
		Body coaching.EngagementPatch
	}) (*coaching.EngagementView, error) {
		return s.Coaching.UpdateEngagement(ctx, in.EngagementID, in.Body)
	})
	get(r, "/engagements/{engagement_id}/limits", getLimitsOp, services.CanAskForCoach, byID[EngagementPath](s.Coaching.Limits))
	act(r, "/engagements/{engagement_id}/join", joinEngagementOp, services.CanAskForCoach, byID[EngagementPath](s.Coaching.JoinEngagement))
	act(r, "/engagements/{engagement_id}/refuse", refuseEngagementOp, services.CanAskForCoach, byID[EngagementPath](s.Coaching.RefuseEngagement))
	act(r, "/engagements/{engagement_id}/ask-partner", askPartnerOp, services.CanMatchCoaches, func(ctx context.Context, in *struct {
		EngagementPath
		Body people.StaffReason
	}) (*coaching.EngagementView, error) {
		return s.Coaching.AskPartner(ctx, in.EngagementID, in.Body)
	})
	s.matches(r)
	s.engagementSteps(r)
}

// matches are the way from a request to a coach.
func (s *Server) matches(r *router) {
	get(r, "/engagements/{engagement_id}/match-suggestions", suggestMatchesOp, services.CanAskForCoach, byID[EngagementPath](s.Coaching.MatchSuggestions))
	act(r, "/engagements/{engagement_id}/match", matchEngagementOp, services.CanMatchCoaches, func(ctx context.Context, in *struct {
		EngagementPath
		Body coaching.MatchCoach
	}) (*coaching.EngagementView, error) {
		return s.Coaching.Match(ctx, in.EngagementID, in.Body)
	})
	act(r, "/engagements/{engagement_id}/accept", acceptMatchOp, services.CanAskForCoach, func(ctx context.Context, in *struct {
		EngagementPath
		Body coaching.SayYes
	}) (*coaching.EngagementView, error) {
		return s.Coaching.AcceptMatch(ctx, in.EngagementID, in.Body)
	})
	act(r, "/engagements/{engagement_id}/decline", declineMatchOp, services.CanAskForCoach, byID[EngagementPath](s.Coaching.DeclineMatch))
	act(r, "/engagements/{engagement_id}/activate", activateEngagementOp, services.CanMatchCoaches, func(ctx context.Context, in *struct {
		EngagementPath
		Body coaching.ActivateEngagement
	}) (*coaching.EngagementView, error) {
		return s.Coaching.ActivateEngagement(ctx, in.EngagementID, in.Body)
	})
}

// engagementSteps are what happens to it afterwards.
func (s *Server) engagementSteps(r *router) {
	act(r, "/engagements/{engagement_id}/pause", pauseEngagementOp, services.CanAskForCoach, func(ctx context.Context, in *struct {
		EngagementPath
		Body coaching.PauseEngagement
	}) (*coaching.EngagementView, error) {
		return s.Coaching.PauseEngagement(ctx, in.EngagementID, in.Body)
	})
	act(r, "/engagements/{engagement_id}/resume", resumeEngagementOp, services.CanAskForCoach, byID[EngagementPath](s.Coaching.ResumeEngagement))
	act(r, "/engagements/{engagement_id}/complete", completeEngagementOp, services.CanAskForCoach, func(ctx context.Context, in *struct {
		EngagementPath
		Body coaching.CompleteEngagement
	}) (*coaching.EngagementView, error) {
		return s.Coaching.CompleteEngagement(ctx, in.EngagementID, in.Body)
	})
	act(r, "/engagements/{engagement_id}/end", endEngagementOp, services.CanAskForCoach, func(ctx context.Context, in *struct {
		EngagementPath
		Body coaching.EndEngagement
	}) (*coaching.EngagementView, error) {
		return s.Coaching.EndEngagement(ctx, in.EngagementID, in.Body)
	})
	act(r, "/engagements/{engagement_id}/reopen", reopenEngagementOp, services.CanMatchCoaches, func(ctx context.Context, in *struct {
		EngagementPath
		Body people.StaffReason
	}) (*coaching.EngagementView, error) {
		return s.Coaching.ReopenEngagement(ctx, in.EngagementID, in.Body)
	})
	act(r, "/engagements/{engagement_id}/extend", extendEngagementOp, services.CanAskForCoach, func(ctx context.Context, in *struct {
		EngagementPath
		Body coaching.ExtendEngagement
	}) (*coaching.EngagementView, error) {
		return s.Coaching.ExtendEngagement(ctx, in.EngagementID, in.Body)
	})
	act(r, "/engagements/{engagement_id}/ask-for-another-coach", askForAnotherCoachOp, services.CanAskForCoach, byID[EngagementPath](s.Coaching.AskForAnotherCoach))
	act(r, "/engagements/{engagement_id}/keep-coach", keepCoachOp, services.CanAskForCoach, byID[EngagementPath](s.Coaching.KeepCoach))
	act(r, "/engagements/{engagement_id}/leave", leaveEngagementOp, services.CanAskForCoach, byID[EngagementPath](s.Coaching.LeaveEngagement))
}
