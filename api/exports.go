package api

import (
	"context"

	"homefront/services"
	"homefront/services/imports"
)

func (s *Server) exports(r *router) {
	act(r, "/members/export", exportMembersOp, services.CanExport, func(ctx context.Context, in *struct{ Body imports.ExportMembers }) (File, error) {
		f, err := s.Imports.Export(ctx, in.Body)
		if err != nil {
			return File{}, err
		}
		return File{ContentType: f.ContentType, Name: f.Name, Stream: f, Size: f.Size}, nil
	})
}
