package api

import (
	"context"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/programs"
)

// WaiverPath names a waiver of a rule.
type WaiverPath struct {
	WaiverID uuid.UUID `path:"waiver_id" doc:"The waiver's id"`
}

// eligibility declares whom the rules let in, and for whom they do not count.
func (s *Server) eligibility(r *router) {
	can, p := services.CanWaiveRules, s.Programs

	get(r, "/programs/{program_id}/eligibility", programEligibilityOp, services.CanEnroll, func(ctx context.Context, in *struct {
		ProgramPath
		programs.EligibilityQuery
	}) (*programs.EligibilityView, error) {
		return p.Eligibility(ctx, in.ProgramID, in.EligibilityQuery)
	})
	post(r, "/programs/{program_id}/waivers", waiveProgramRuleOp, can, func(ctx context.Context, in *struct {
		ProgramPath
		Body programs.WaiveRule
	}) (*models.EligibilityWaiver, error) {
		return p.Waive(ctx, programs.Target{ProgramID: &in.ProgramID}, in.Body)
	})
	get(r, "/programs/{program_id}/waivers", listProgramWaiversOp, can, func(ctx context.Context, in *struct {
		ProgramPath
		programs.WaiverFilter
	}) (*services.Page[programs.WaiverRow], error) {
		return p.Waivers(ctx, programs.Target{ProgramID: &in.ProgramID}, in.WaiverFilter)
	})
	post(r, "/workshops/{workshop_id}/waivers", waiveWorkshopRuleOp, can, func(ctx context.Context, in *struct {
		WorkshopPath
		Body programs.WaiveRule
	}) (*models.EligibilityWaiver, error) {
		return p.Waive(ctx, programs.Target{WorkshopID: &in.WorkshopID}, in.Body)
	})
	get(r, "/workshops/{workshop_id}/waivers", listWorkshopWaiversOp, can, func(ctx context.Context, in *struct {
		WorkshopPath
		programs.WaiverFilter
	}) (*services.Page[programs.WaiverRow], error) {
		return p.Waivers(ctx, programs.Target{WorkshopID: &in.WorkshopID}, in.WaiverFilter)
	})
	get(r, "/waivers/{waiver_id}", getWaiverOp, can, func(ctx context.Context, in *WaiverPath) (*programs.WaiverRow, error) {
		return p.Waiver(ctx, in.WaiverID)
	})
	act(r, "/waivers/{waiver_id}/withdraw", withdrawWaiverOp, can, func(ctx context.Context, in *struct {
		WaiverPath
		Body programs.WaiverReason
	}) (*models.EligibilityWaiver, error) {
		return p.WithdrawWaiver(ctx, in.WaiverID, in.Body)
	})
}
