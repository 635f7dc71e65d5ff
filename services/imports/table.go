package imports

import (
	"bufio"
	"encoding/csv"
	"io"
	"slices"

	"github.com/xuri/excelize/v2"
)

var contentTypes = map[string]string{
	CSV:  "text/csv; charset=utf-8",
	XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

// table is a file that grows by rows of text.
type table interface {
	row(cells []string) error
	end() error
	discard()
}

func newTable(format string, to io.Writer) (table, error) {
	if format == XLSX {
		return newBook(to)
	}
	buffered := bufio.NewWriterSize(to, 64<<10)
	return &csvTable{buffered, newCSV(buffered)}, nil
}

// newCSV writes as RFC 4180 has it, behind the mark by which Excel knows UTF-8.
func newCSV(to io.Writer) *csv.Writer {
	_, _ = io.WriteString(to, "\ufeff") // an error comes back with the first flush
	w := csv.NewWriter(to)
	w.UseCRLF = true
	return w
}

// safeCells keeps spreadsheet programs from computing what is text: an apostrophe in front of what looks like a formula.
// Reading such a file as an import takes it off again.
func safeCells(cells []string) []string {
	for n, text := range cells {
		if looksLikeFormula(text) {
			cells[n] = "'" + text
		}
	}
	return cells
}

type csvTable struct {
	buffered *bufio.Writer
	w        *csv.Writer
}

func (t *csvTable) row(cells []string) error { return t.w.Write(safeCells(cells)) }

func (t *csvTable) end() error {
	t.w.Flush()
	if err := t.w.Error(); err != nil {
		return err
	}
	return t.buffered.Flush()
}

func (t *csvTable) discard() {}

// bookTable is a workbook whose cells are all typed as text, which no program computes. The library writes the sheet to a
// temporary file once it grows.
type bookTable struct {
	to    io.Writer
	book  *excelize.File
	sheet *excelize.StreamWriter
	n     int
}

const sheetName = "Members"

func newBook(to io.Writer) (*bookTable, error) {
	book := excelize.NewFile()
	if err := book.SetSheetName("Sheet1", sheetName); err != nil {
		return nil, err
	}
	sheet, err := book.NewStreamWriter(sheetName)
	return &bookTable{to: to, book: book, sheet: sheet}, err
}

func (t *bookTable) row(cells []string) error {
	t.n++
	values := make([]any, len(cells))
	for n, text := range cells {
		if text != "" {
			values[n] = text
		}
	}
	return t.sheet.SetRow("A"+itoa(t.n), values)
}

func (t *bookTable) end() error {
	if err := t.sheet.Flush(); err != nil {
		return err
	}
	_, err := t.book.WriteTo(t.to)
	return err
}

func (t *bookTable) discard() { _ = t.book.Close() }

// WriteTable writes a whole table of text as CSV or XLSX, for domains whose lists are short, and says its media type. No cell
// of it computes in a spreadsheet program.
func WriteTable(to io.Writer, format string, rows [][]string) (contentType string, err error) {
	t, err := newTable(format, to)
	if err != nil {
		return "", err
	}
	defer t.discard()
	for _, cells := range rows {
		if err := t.row(slices.Clone(cells)); err != nil {
			return "", err
		}
	}
	return contentTypes[format], t.end()
}
