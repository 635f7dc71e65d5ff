package api

import (
	"context"

	"homefront/services"
	"homefront/services/imports"
	"homefront/services/workshops"
)

func (s *Server) papers(r *router) {
	get(r, "/sessions/{session_id}/sign-in-sheet.pdf", getSignInSheetOp, services.CanAttend, func(ctx context.Context, in *struct{ WorkshopSessionPath }) (File, error) {
		return paperFile(s.Workshops.SignInSheet(ctx, in.SessionID))
	})
	get(r, "/sessions/{session_id}/badges.pdf", getBadgesOp, services.CanAttend, func(ctx context.Context, in *struct {
		WorkshopSessionPath
		workshops.BadgeQuery
	}) (File, error) {
		return paperFile(s.Workshops.Badges(ctx, in.SessionID, in.BadgeQuery))
	})
	roster := func(format string) func(context.Context, *RosterFileInput) (File, error) {
		return func(ctx context.Context, in *RosterFileInput) (File, error) {
			return paperFile(s.Workshops.RosterFile(ctx, in.WorkshopID, format, in.RosterFileQuery))
		}
	}
	get(r, "/workshops/{workshop_id}/roster.csv", getRosterCSVOp, services.CanAttend, roster(imports.CSV))
	get(r, "/workshops/{workshop_id}/roster.xlsx", getRosterWorkbookOp, services.CanAttend, roster(imports.XLSX))
}

// RosterFileInput asks for the people of a workshop as a file.
type RosterFileInput struct {
	WorkshopPath
	workshops.RosterFileQuery
}
