package api

import (
	"strings"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/imports"
)

var (
	importID      = uuid.MustParse("0199d2a0-1b1b-7c3d-8e4f-5a6b7c8d9e01")
	importRecord  = models.Record{ID: importID, Version: 2, CreatedAt: peopleAt, UpdatedAt: peopleAt}
	importExample = models.Import{Record: importRecord, CreatedBy: coordinatorID, FileName: "contacts 2026.xlsx", Format: imports.XLSX, Sheet: "Sheet1", Rows: 2000, Status: models.ImportChecked, Handled: 2000}
	importOptions = imports.ImportOptions{DateOrder: imports.MDY, Country: "US", TimeZone: "America/New_York", Language: "en", Tag: "import-2026-03", Kind: models.KindVeteran,
		Status: models.MemberProspective, Update: imports.FillBlanks}
	importView = imports.ImportView{Import: importExample, Options: importOptions,
		Columns: []imports.ImportColumn{{Letter: "A", Name: "Veteran name", Field: "name", Filled: 2000, Samples: []string{"Ortega, Luis", "BEN COLE"}},
			{Letter: "B", Name: "DOB", Field: "birth_date", Filled: 1712, Samples: []string{"3/17/1984", "4-Mar-80"}},
			{Letter: "C", Name: "SSN", Samples: []string{}, Dropped: "ssn"}},
		Notes:  []string{"Column C was not kept: it looks like Social Security or taxpayer numbers. We never ask for them."},
		Sample: []imports.ImportSample{{Number: 2, Cells: []string{"Ortega, Luis", "3/17/1984"}}},
		Fates:  map[string]int{"create": 1803, "update": 61, "unchanged": 12, "duplicate": 58, "error": 54, "skipped": 12}, States: map[string]int{"pending": 2000}, Open: 58}
	importRowExample = imports.ImportRowView{Number: 17, Cells: []string{"LUIS ORTEGA", "13/17/1984"}, Fate: ptr(models.FateError),
		Errors:  []imports.CellIssue{{Column: "DOB", Cell: "B17", Code: "impossible_date", Message: "There is no such day in the order of dates that you chose. Check the cell, or choose another order."}},
		Changes: []string{}, Matches: []imports.ImportMatch{}, State: models.RowPending}
	duplicateRowExample = imports.ImportRowView{Number: 21, Cells: []string{"Ortega, Luis", "3/17/1984"}, Fate: ptr(models.FateDuplicate), Errors: []imports.CellIssue{}, Changes: []string{},
		Matches: []imports.ImportMatch{{MemberID: &luisID, Person: "main", Score: 93, Reasons: []string{"same_name", "same_birth_date"}}}, Decision: ptr(models.DecideUpdate), State: models.RowPending}
)

const importScope = " You see the imports you brought; admins see all."

var uploadImportOp = op{
	ID: "uploadImport", Tag: "Imports", Summary: "Send a spreadsheet",
	Doc: "The body is the file itself: `text/csv` or an XLSX workbook, at most 20 MiB, 50,000 rows, 200 columns. Of CSV the encoding (UTF-8, UTF-16, Windows-1252) and the " +
		"delimiter (comma, semicolon, tab) are found out; of a workbook one sheet is read. Titles above the header are skipped. Nobody is entered.\n\n" +
		"The answer guesses what each column is. Go on like this:\n\n" +
		"1. `PATCH /imports/{id}`: correct `mapping`, choose `date_order` and what becomes of people we know.\n" +
		"2. `POST /imports/{id}/check`, then poll `GET /imports/{id}` until `status` is `checked`.\n" +
		"3. `GET /imports/{id}/rows?fate=error` names every cell that is wrong; `?fate=duplicate` whom a row may be about: decide on these.\n" +
		"4. `POST /imports/{id}/run`, and poll until `done`. `POST …/roll-back` takes it back, for 30 days.\n\n" +
		"**What we never ask for is not kept**: columns that look like Social Security, DoD or VA file numbers, diagnoses, disability, firearms or immigration status, by their header or by " +
		"what is in them, are emptied before anything is stored, and so is any single cell that looks like an SSN, in columns we do not know as nine digits too. `dropped` and `notes` say which.\n\n" +
		"The fields: `" + strings.Join(imports.Fields, "`, `") + "`.",
	Upload:  []string{csvType, xlsxType},
	Request: "Veteran name,DOB,Email\r\n\"Ortega, Luis\",3/17/1984,luis.ortega@example.org\r\n",
	Errors:  []services.Code{"unreadable_file", "no_header", "no_rows", "too_many_rows", "too_many_columns", "too_many_cells", "unknown_sheet"},
	Example: importView,
}

var listImportsOp = op{
	ID: "listImports", Tag: "Imports", Summary: "List imports", Doc: "The newest first; sorts: `created_at`." + importScope,
	Example: services.Page[models.Import]{Data: []models.Import{importExample}},
}

var getImportOp = op{
	ID: "getImport", Tag: "Imports", Summary: "An import, its columns and how far it is",
	Doc:     "Poll it while `status` is `checking`, `running` or `rolling_back`: `handled` of `rows` are behind it. `fates` counts what would become of the rows, `states` what has." + importScope,
	Example: importView,
}

var updateImportOp = op{
	ID: "updateImport", Tag: "Imports", Summary: "Say what the columns are",
	Doc: "`mapping` names the columns to be read otherwise, by their letter; the others stay. A field can be read from one column only, `tags` and `kinds` from several. " +
		"What was checked must be checked again. A column that was dropped cannot be read: nothing of it was kept.\n\n" +
		"Of somebody we know, `fill_blanks` writes only what is empty, `overwrite` lets the sheet win; an empty cell never clears. An address is one value: it is taken whole, or " +
		"completed where both name the same place. A row without a street never replaces an address with one.\n\n" +
		"With `skip_bad_cells` a row is taken without the cells that cannot be read; without it such a row is an error.",
	Request: imports.PatchImport{Mapping: services.Some([]imports.ColumnField{{Column: "B", Field: "birth_date"}}), DateOrder: services.Some(imports.MDY), Tag: services.Some("import-2026-03")},
	Errors:  []services.Code{"import_state", "unknown_column", "unknown_field", "mapped_twice", "never_kept"},
	Example: importView,
}

var checkImportOp = op{
	ID: "checkImport", Tag: "Imports", Summary: "Check every row: the dry run",
	Doc: "A job gives every row its fate:\n\n" +
		"* `create`: somebody new, with the relatives of the row;\n" +
		"* `update`: a member we know for certain (the same name, and the same e-mail address, telephone number or birth date, with nothing against it; or the same row of an earlier import); `changes` lists the fields;\n" +
		"* `unchanged`: known, with nothing new;\n" +
		"* `duplicate`: resembles a member, or somebody of an earlier row: `matches` says whom and why. **Without a decision it is left out**;\n" +
		"* `error`: a cell cannot be taken, or `handled_by_colleague`: a colleague has to enter this row;\n" +
		"* `skipped`: holds the very same as an earlier row.\n\n" +
		"Names in one column are taken apart (`Ortega, Luis`, `Mr. Luis A. Ortega Jr.`, `Luis & Ana Ortega`), dates are read in the usual ways, ambiguous ones in the chosen order; one that " +
		"cannot be in that order is an error, never turned round.\n\n" +
		"While `status` is `checking`, another call only goes on: use it when `handled` has stood still for minutes.",
	Errors:  []services.Code{"import_state"},
	Example: importView,
}

var runImportOp = op{
	ID: "runImport", Tag: "Imports", Summary: "Write what was checked, or go on with it",
	Doc: "A job writes 500 rows at a time, each batch wholly or not at all. After a pause, a crash or a failure, or when `handled` has stood still for minutes, call it again: rows already written " +
		"are not written twice. On a finished import it takes up the duplicates decided on since.\n\n" +
		"A row whose member's record could not be kept so is left with `record_invalid`, as when its time zone is no longer one; correct the record and call it again.\n\n" +
		"New people have no account and get no message. The spouse and children of a row come with a household; a child's guardian is **claimed** and waits for staff to confirm it; " +
		"two adults are not linked, they ask and accept themselves. Branch and component without a day of entry become tags.\n\n" +
		"One import is written at a time. If whoever brought it may not import any more, it ends as `failed` with `not_allowed_now`.",
	Errors:  []services.Code{"import_state", "import_running"},
	Example: importView,
}

var pauseImportOp = op{
	ID: "pauseImport", Tag: "Imports", Summary: "Pause the writing", Doc: "It stops after the batch that is under way; `run` goes on." + importScope,
	Errors: []services.Code{"import_state"}, Example: importView,
}

var cancelImportOp = op{
	ID: "cancelImport", Tag: "Imports", Summary: "Cancel an import", Doc: "For good. What it has written stays until it is rolled back." + importScope,
	Errors: []services.Code{"import_state"}, Example: importView,
}

var rollBackImportOp = op{
	ID: "rollBackImport", Tag: "Imports", Summary: "Take back what an import wrote",
	Doc: "A job deletes whom it entered and restores whom it changed, where nobody has touched them since: the record is as the import left it, and nothing else points to it. " +
		"The others stay, with the state `kept` and why: `GET /imports/{id}/rows?state=kept`. While `status` is `rolling_back`, another call " +
		"only goes on: use it when `handled` has stood still. Possible for 30 days; then the rows' contents are dropped.",
	Request: imports.RollBackImport{Reason: "The wrong file: last year's list"},
	Errors:  []services.Code{"import_state", "import_running", "import_purged"},
	Example: importView,
}

var listImportRowsOp = op{
	ID: "listImportRows", Tag: "Imports", Summary: "The rows of an import",
	Doc: "In the sheet's order; sorts: `number` (default), `score`. `errors` names each cell as the spreadsheet program does (`C17`). " +
		"Rows about records that have been closed to you are absent, and so are such records among `matches`.",
	Example: services.Page[imports.ImportRowView]{Data: []imports.ImportRowView{importRowExample, duplicateRowExample}},
}

var decideImportRowOp = op{
	ID: "decideImportRow", Tag: "Imports", Summary: "Decide on one row", NoMatch: true,
	Doc: "`create` enters somebody new although they resemble somebody, `update` changes the first of `matches`, `skip` leaves the row out; null takes the decision back. " +
		"Rows with errors can only be skipped: correct the sheet and send it again, rows that were written are known and stay as they are.",
	Request: imports.DecideRow{Decision: services.Some(models.DecideUpdate)},
	Errors:  []services.Code{"import_state", "row_settled", "not_possible"},
	Example: duplicateRowExample,
}

var decideImportRowsOp = op{
	ID: "decideImportRows", Tag: "Imports", Summary: "Decide on many duplicates at once",
	Doc:     "On all duplicates whose best match scores within the range. Decisions made before stay unless `again` is set.",
	Request: imports.DecideRows{Decision: models.DecideUpdate, MinScore: 90, MaxScore: 100},
	Errors:  []services.Code{"import_state"},
	Example: imports.RowsDecided{Rows: 41},
}

var importProblemsOp = op{
	ID: "getImportProblems", Tag: "Imports", Summary: "The rows with problems, as a file",
	Doc:     "CSV, a line for each problem with the row's cells behind it: errors, duplicates, cells that were left out, rows that a roll-back kept. The download is logged.",
	Example: File{ContentType: csvType},
}
