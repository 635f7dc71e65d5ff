package imports

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"homefront/services"
)

// What a spreadsheet may be at most. A file of 20 MB can unpack to many times that, and 20 MB of commas are ten million
// cells: each is bounded of itself.
const (
	MaxBytes   = 20 << 20
	maxRows    = 50_000
	maxColumns = 200
	maxCells   = 2_000_000 // that hold something
	maxCell    = 2_000     // characters
	maxLines   = 20        // in one cell; more is a quotation mark that nobody closed
)

// The formats.
const (
	CSV  = "csv"
	XLSX = "xlsx"
)

// sheet is what a file holds.
type sheet struct {
	format, name string
	date1904     bool // serial days count from 1904, as old Macintosh workbooks have it
	header       []string
	headerAt     int
	rows         []sheetRow
	cells        int
}

// sheetRow is a row that holds something. number counts as the spreadsheet program does.
type sheetRow struct {
	number int
	cells  []string
	notes  []CellIssue
}

// read takes a file apart. Errors: invalid unreadable_file, too_many_rows, too_many_columns, too_many_cells, no_rows,
// unknown_sheet.
func read(ctx context.Context, format, sheetName string, file []byte) (*sheet, error) {
	s := &sheet{format: format}
	var err error
	if format == XLSX {
		err = s.readXLSX(ctx, sheetName, file)
	} else {
		err = s.readCSV(ctx, file)
	}
	if err != nil {
		return nil, err
	}
	return s, s.findHeader()
}

func unreadable(why string) error {
	return services.InvalidField("", "unreadable_file", "%s", why)
}

// foreign is how files begin that people send in place of a spreadsheet.
var foreign = []struct{ begins, is string }{
	{"PK\x03\x04", "a workbook or archive"}, {"\xd0\xcf\x11\xe0", "an old or password-protected Office file"}, {"%PDF", "a PDF"}, {"\x89PNG", "a picture"},
	{"GIF8", "a picture"}, {"\xff\xd8\xff", "a picture"}, {"\x1f\x8b", "a packed file"}, {"MZ", "a program"}, {"\x7fELF", "a program"}, {"{\\rtf", "a text document"},
	{"<!doctype", "a web page"}, {"<html", "a web page"}, {"<svg", "a drawing"}, {"<?xml", "an XML file"},
}

func foreignTo(file []byte) string {
	head := file[:min(len(file), 64)]
	for _, f := range foreign {
		at := head
		if f.begins[0] == '<' {
			at = bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n"))
		}
		if bytes.HasPrefix(at, []byte(f.begins)) && (f.begins != "MZ" || bytes.IndexByte(head, 0) >= 0) {
			return f.is
		}
	}
	return ""
}

// add takes one row in, without the empty cells at its end; a row that holds nothing is left out.
func (s *sheet) add(number int, cells []string) error {
	var notes []CellIssue
	for i, text := range cells {
		clean := tidyCell(text)
		if len(clean) > maxCell || strings.Count(text, "\n") > maxLines {
			notes = append(notes, CellIssue{Cell: cellName(i, number), Code: "cell_too_long",
				Message: "This cell is far too long and was not kept. A quotation mark may be missing here: the rows after it may be inside this cell."})
			clean = ""
		}
		cells[i] = clean
	}
	for len(cells) > 0 && cells[len(cells)-1] == "" {
		cells = cells[:len(cells)-1]
	}
	switch {
	case len(cells) == 0 && notes == nil:
		return nil
	case len(cells) > maxColumns:
		return services.InvalidField("", "too_many_columns", "Row %d has more than %d columns. Delete those that are not needed.", number, maxColumns)
	case len(s.rows) > maxRows+1:
		return services.InvalidField("", "too_many_rows", "The sheet has more than %d rows. Cut it into several files.", maxRows)
	}
	for _, text := range cells {
		if text != "" {
			s.cells++
		}
	}
	if s.cells > maxCells {
		return services.InvalidField("", "too_many_cells", "The sheet has more than %d filled cells. Delete the columns that are not needed.", maxCells)
	}
	s.rows = append(s.rows, sheetRow{number, slices.Clone(cells), notes})
	return nil
}

// tidyCell is a cell on one line. A leading apostrophe is how spreadsheets, and our own exports, write text that looks
// like a formula.
func tidyCell(text string) string {
	if text == "" {
		return ""
	}
	if !plainText(text) {
		text = services.Line(strings.ToValidUTF8(text, ""))
	}
	if rest, ok := strings.CutPrefix(text, "'"); ok && looksLikeFormula(rest) {
		text = rest
	}
	switch text {
	case "#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!":
		return ""
	}
	return text
}

// plainText says that there is nothing to tidy: printable ASCII without spaces to take out.
func plainText(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == ' ' && (i == 0 || text[i-1] == ' ' || i == len(text)-1) {
			return false
		}
	}
	return true
}

// headersWithin is how far down a header is looked for: many sheets have a title above it.
const headersWithin = 10

// findHeader takes the row that names most fields we know, the first one when none does.
func (s *sheet) findHeader() error {
	best, most := 0, 0
	for i, row := range s.rows[:min(len(s.rows), headersWithin)] {
		known := 0
		for _, text := range row.cells {
			if fieldOf(text) != "" {
				known++
			}
		}
		if known > most {
			best, most = i, known
		}
	}
	if len(s.rows) < best+2 {
		return services.InvalidField("", "no_rows", "The sheet has no rows below its header.")
	}
	if most == 0 && slices.ContainsFunc(s.rows[0].cells, func(text string) bool { return strings.Contains(text, "@") || ssnForm.MatchString(text) }) {
		return services.InvalidField("", "no_header", "The first row looks like a person. Put the names of the columns above it.")
	}
	s.header, s.headerAt = s.rows[best].cells, s.rows[best].number
	s.rows = s.rows[best+1:]
	if len(s.rows) > maxRows {
		return services.InvalidField("", "too_many_rows", "The sheet has more than %d rows. Cut it into several files.", maxRows)
	}
	width := len(s.header)
	for i := range s.rows {
		row := &s.rows[i]
		if len(row.cells) > width {
			row.notes = append(row.notes, CellIssue{Cell: cellName(width, row.number), Code: "ragged_row",
				Message: "This row has more cells than the header. A comma inside a value may need quotation marks around it."})
			row.cells = row.cells[:width]
		}
	}
	return nil
}

// cellName is what a spreadsheet program calls a cell, column counting from 0: C17.
func cellName(column, row int) string { return letters(column) + itoa(row) }

func letters(column int) string {
	name := ""
	for column++; column > 0; column = (column - 1) / 26 {
		name = string(rune('A'+(column-1)%26)) + name
	}
	return name
}
