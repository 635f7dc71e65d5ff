package api

import (
	"context"

	"homefront/services"
	"homefront/services/workshops"
)

func (s *Server) workshopReports(r *router) {
	get(r, "/workshops/{workshop_id}/report", getWorkshopReportOp, services.CanManageWorkshops, func(ctx context.Context, in *struct{ WorkshopPath }) (*workshops.WorkshopReport, error) {
		return s.Workshops.Report(ctx, in.WorkshopID)
	})
	get(r, "/workshops/{workshop_id}/report.csv", getWorkshopReportCSVOp, services.CanManageWorkshops, func(ctx context.Context, in *struct{ WorkshopPath }) (File, error) {
		return paperFile(s.Workshops.ReportFile(ctx, in.WorkshopID))
	})
}
