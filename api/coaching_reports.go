package api

import (
	"context"

	"homefront/services"
	"homefront/services/coaching"
	"homefront/services/imports"
)

func (s *Server) coachingReports(r *router) {
	can := services.CanReadCoachingLoads
	get(r, "/coaching/caseloads", getCoachingCaseloadsOp, can, func(ctx context.Context, in *coaching.CaseloadQuery) (*coaching.CaseloadReport, error) {
		return s.Coaching.Caseloads(ctx, *in)
	})
	get(r, "/coaching/waiting", getCoachingWaitingOp, can, func(ctx context.Context, in *coaching.WaitingQuery) (*coaching.WaitingReport, error) {
		return s.Coaching.Waiting(ctx, *in)
	})
	get(r, "/coaches/{coach_id}/hours-log", getCoachHoursLogOp, services.CanKeepHours, func(ctx context.Context, in *struct {
		CoachHoursLogInput
		coaching.HoursPage
	}) (*coaching.HoursLog, error) {
		return s.Coaching.HoursLog(ctx, in.CoachID, in.HoursLogQuery, in.HoursPage)
	})
	file := func(f *coaching.File, err error) (File, error) {
		if err != nil {
			return File{}, err
		}
		return File{ContentType: f.ContentType, Name: f.Name, Bytes: f.Bytes}, nil
	}
	get(r, "/coaches/{coach_id}/hours-log.csv", getCoachHoursLogCSVOp, services.CanKeepHours, func(ctx context.Context, in *struct {
		CoachHoursLogInput
		By coaching.HoursBy `query:"by" enum:"session,client" default:"session" doc:"A row for each session, or for each client"`
	}) (File, error) {
		return file(s.Coaching.HoursLogFile(ctx, in.CoachID, imports.CSV, in.By, in.HoursLogQuery))
	})
	get(r, "/coaches/{coach_id}/hours-log.pdf", getCoachHoursLogPDFOp, services.CanKeepHours, func(ctx context.Context, in *CoachHoursLogInput) (File, error) {
		return file(s.Coaching.HoursLogFile(ctx, in.CoachID, coaching.PDFHours, "", in.HoursLogQuery))
	})
}

// CoachHoursLogInput asks for the hours of a coach.
type CoachHoursLogInput struct {
	CoachPath
	coaching.HoursLogQuery
}
