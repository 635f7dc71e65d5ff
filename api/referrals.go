package api

import (
	"context"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/outreach"
)

// ReferralPath names a referral.
type ReferralPath struct {
	ReferralID uuid.UUID `path:"referral_id" doc:"The referral's id"`
}

// ReferralPartnerPath names an entry of the directory.
type ReferralPartnerPath struct {
	PartnerID uuid.UUID `path:"partner_id" doc:"The entry's id"`
}

// referrals declares whom people are sent to, and what came of it.
func (s *Server) referrals(r *router) {
	can, o := services.CanManageReferrals, s.Outreach

	post(r, "/members/{member_id}/referrals", referOp, can, func(ctx context.Context, in *struct {
		MemberPath
		Body outreach.Refer
	}) (*models.Referral, error) {
		return o.Refer(ctx, in.MemberID, in.Body)
	})
	get(r, "/referrals", listReferralsOp, can, func(ctx context.Context, in *outreach.ReferralFilter) (*services.Page[outreach.ReferralRow], error) {
		return o.Referrals(ctx, *in)
	})
	get(r, "/referrals/{referral_id}", getReferralOp, can, func(ctx context.Context, in *ReferralPath) (*models.Referral, error) {
		return o.Referral(ctx, in.ReferralID)
	})
	patch(r, "/referrals/{referral_id}", updateReferralOp, can, func(ctx context.Context, in *struct {
		ReferralPath
		Body outreach.PatchReferral
	}) (*models.Referral, error) {
		return o.UpdateReferral(ctx, in.ReferralID, in.Body)
	})
	act(r, "/referrals/{referral_id}/accept", acceptReferralOp, can, func(ctx context.Context, in *ReferralPath) (*models.Referral, error) {
		return o.AcceptReferral(ctx, in.ReferralID)
	})
	act(r, "/referrals/{referral_id}/decline", declineReferralOp, can, func(ctx context.Context, in *struct {
		ReferralPath
		Body outreach.ReferralReason
	}) (*models.Referral, error) {
		return o.DeclineReferral(ctx, in.ReferralID, in.Body)
	})
	act(r, "/referrals/{referral_id}/connected", connectReferralOp, can, func(ctx context.Context, in *ReferralPath) (*models.Referral, error) {
		return o.ConnectReferral(ctx, in.ReferralID)
	})
	act(r, "/referrals/{referral_id}/not-connected", failReferralOp, can, func(ctx context.Context, in *struct {
		ReferralPath
		Body outreach.Reason
	}) (*models.Referral, error) {
		return o.FailReferral(ctx, in.ReferralID, in.Body)
	})
	act(r, "/referrals/{referral_id}/reopen", reopenReferralOp, can, func(ctx context.Context, in *struct {
		ReferralPath
		Body outreach.Reason
	}) (*models.Referral, error) {
		return o.ReopenReferral(ctx, in.ReferralID, in.Body)
	})
	s.myReferrals(r)
	s.referralPartners(r)
}

func (s *Server) myReferrals(r *router) {
	can, o := services.CanSeeReferrals, s.Outreach

	get(r, "/me/referrals", myReferralsOp, can, func(ctx context.Context, in *services.PageQuery) (*services.Page[outreach.MyReferral], error) {
		return o.MyReferrals(ctx, *in)
	})
	act(r, "/me/referrals/{referral_id}/accept", acceptMyReferralOp, can, func(ctx context.Context, in *ReferralPath) (*outreach.MyReferral, error) {
		return o.AcceptMine(ctx, in.ReferralID)
	})
	act(r, "/me/referrals/{referral_id}/decline", declineMyReferralOp, can, func(ctx context.Context, in *struct {
		ReferralPath
		Body outreach.ReferralReason
	}) (*outreach.MyReferral, error) {
		return o.DeclineMine(ctx, in.ReferralID, in.Body)
	})
}

func (s *Server) referralPartners(r *router) {
	can, o := services.CanManageReferrals, s.Outreach

	post(r, "/referral-partners", addReferralPartnerOp, can, func(ctx context.Context, in *struct{ Body outreach.AddPartner }) (*models.ReferralPartner, error) {
		return o.AddPartner(ctx, in.Body)
	})
	get(r, "/referral-partners", listReferralPartnersOp, can, func(ctx context.Context, in *outreach.PartnerFilter) (*services.Page[models.ReferralPartner], error) {
		return o.Partners(ctx, *in)
	})
	get(r, "/referral-partners/{partner_id}", getReferralPartnerOp, can, func(ctx context.Context, in *ReferralPartnerPath) (*models.ReferralPartner, error) {
		return o.Partner(ctx, in.PartnerID)
	})
	patch(r, "/referral-partners/{partner_id}", updateReferralPartnerOp, can, func(ctx context.Context, in *struct {
		ReferralPartnerPath
		Body outreach.PatchPartner
	}) (*models.ReferralPartner, error) {
		return o.UpdatePartner(ctx, in.PartnerID, in.Body)
	})
}
