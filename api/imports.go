package api

import (
	"context"
	"net/url"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/imports"
)

// ImportPath names an import.
type ImportPath struct {
	ImportID uuid.UUID `path:"import_id" doc:"The import's id"`
}

const (
	csvType  = "text/csv"
	xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)

func (s *Server) imports(r *router) {
	can, i := services.CanImport, s.Imports

	post(r, "/imports", uploadImportOp, can, func(ctx context.Context, in *struct {
		FileName string `header:"X-File-Name" maxLength:"400" doc:"The file's name, percent-encoded when it is not ASCII; shown in lists and nothing else" example:"contacts%202026.xlsx"`
		Sheet    string `query:"sheet" maxLength:"60" doc:"Of a workbook, the sheet to read; the first when absent"`
	}) (*imports.ImportView, error) {
		file, format := uploaded(ctx), imports.CSV
		if file.ContentType == xlsxType {
			format = imports.XLSX
		}
		name, err := url.PathUnescape(in.FileName)
		if err != nil {
			name = in.FileName
		}
		return i.Upload(ctx, imports.Upload{Format: format, FileName: name, Sheet: in.Sheet, Bytes: file.Bytes})
	})
	get(r, "/imports", listImportsOp, can, func(ctx context.Context, in *imports.Filter) (*services.Page[models.Import], error) {
		return i.List(ctx, *in)
	})
	get(r, "/imports/{import_id}", getImportOp, can, func(ctx context.Context, in *ImportPath) (*imports.ImportView, error) { return i.Get(ctx, in.ImportID) })
	patch(r, "/imports/{import_id}", updateImportOp, can, func(ctx context.Context, in *struct {
		ImportPath
		Body imports.PatchImport
	}) (*imports.ImportView, error) {
		return i.Update(ctx, in.ImportID, in.Body)
	})
	start(r, "/imports/{import_id}/check", checkImportOp, can, func(ctx context.Context, in *ImportPath) (*imports.ImportView, error) {
		return i.Check(ctx, in.ImportID)
	})
	start(r, "/imports/{import_id}/run", runImportOp, can, func(ctx context.Context, in *ImportPath) (*imports.ImportView, error) { return i.Run(ctx, in.ImportID) })
	act(r, "/imports/{import_id}/pause", pauseImportOp, can, func(ctx context.Context, in *ImportPath) (*imports.ImportView, error) {
		return i.Pause(ctx, in.ImportID)
	})
	act(r, "/imports/{import_id}/cancel", cancelImportOp, can, func(ctx context.Context, in *ImportPath) (*imports.ImportView, error) {
		return i.Cancel(ctx, in.ImportID)
	})
	start(r, "/imports/{import_id}/roll-back", rollBackImportOp, can, func(ctx context.Context, in *struct {
		ImportPath
		Body imports.RollBackImport
	}) (*imports.ImportView, error) {
		return i.RollBack(ctx, in.ImportID, in.Body)
	})
	s.importRows(r)
}

// importRows declares what is asked and said of single rows.
func (s *Server) importRows(r *router) {
	can, i := services.CanImport, s.Imports

	get(r, "/imports/{import_id}/rows", listImportRowsOp, can, func(ctx context.Context, in *struct {
		ImportPath
		imports.RowFilter
	}) (*services.Page[imports.ImportRowView], error) {
		return i.Rows(ctx, in.ImportID, in.RowFilter)
	})
	patch(r, "/imports/{import_id}/rows/{number}", decideImportRowOp, can, func(ctx context.Context, in *struct {
		ImportPath
		Number int `path:"number" minimum:"1" maximum:"1048576" doc:"The row's number, as the spreadsheet program counts"`
		Body   imports.DecideRow
	}) (*imports.ImportRowView, error) {
		return i.DecideRow(ctx, in.ImportID, in.Number, in.Body)
	})
	act(r, "/imports/{import_id}/decide", decideImportRowsOp, can, func(ctx context.Context, in *struct {
		ImportPath
		Body imports.DecideRows
	}) (*imports.RowsDecided, error) {
		return i.DecideRows(ctx, in.ImportID, in.Body)
	})
	get(r, "/imports/{import_id}/problems", importProblemsOp, can, func(ctx context.Context, in *ImportPath) (File, error) {
		bytes, err := i.Problems(ctx, in.ImportID)
		return File{ContentType: csvType + "; charset=utf-8", Name: "problems.csv", Bytes: bytes}, err
	})
}
