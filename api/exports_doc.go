package api

import (
	"homefront/models"
	"homefront/services"
	"homefront/services/imports"
)

var exportMembersOp = op{
	ID: "exportMembers", Tag: "Imports", Summary: "Take members out into a spreadsheet", NoKey: true,
	Doc: "Answers the file: CSV (RFC 4180, UTF-8 with a byte order mark for Excel) or XLSX. `filter` is that of the list of members. Your own record, those of people close to you " +
		"and those kept to others are absent; health data, notes and separations are never in it.\n\n" +
		"**Safe to open**: no cell is a formula. In CSV, text that a spreadsheet program would compute (`=`, `+`, `-`, `@` first) has an apostrophe in front; XLSX cells are typed as text.\n\n" +
		"The log tells who took out how many by which filter, before the first byte leaves. One at a time, and five in a row; then one every five minutes.",
	Request: imports.ExportMembers{Format: imports.CSV, Columns: []string{"given_name", "family_name", "email"}, Filter: models.Criteria{Kind: []models.Kind{models.KindVeteran}}},
	Errors:  []services.Code{"export_running", "too_many_rows"},
	Files:   []string{xlsxType},
	Example: File{ContentType: csvType},
}
