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
		services.PageQuery
	}) (*coaching.HoursLog, error) {
		return s.Coaching.HoursLog(ctx, in.CoachID, in.HoursLogQuery, in.PageQuery)
	})
	file := func(format string) func(context.Context, *CoachHoursLogInput) (File, error) {
		return func(ctx context.Context, in *CoachHoursLogInput) (File, error) {
			f, err := s.Coaching.HoursLogFile(ctx, in.CoachID, format, in.HoursLogQuery)
			if err != nil {
				return File{}, err
			}
			return File{ContentType: f.ContentType, Name: f.Name, Bytes: f.Bytes}, nil
		}
	}
	get(r, "/coaches/{coach_id}/hours-log.csv", getCoachHoursLogCSVOp, services.CanKeepHours, file(imports.CSV))
	get(r, "/coaches/{coach_id}/hours-log.pdf", getCoachHoursLogPDFOp, services.CanKeepHours, file(coaching.PDFHours))
}

// CoachHoursLogInput asks for the hours of a coach.
type CoachHoursLogInput struct {
	CoachPath
	coaching.HoursLogQuery
}
