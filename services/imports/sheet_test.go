package imports

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"

	"homefront/services"
)

func utf16le(text string, mark bool) []byte {
	var out []byte
	if mark {
		out = []byte{0xff, 0xfe}
	}
	for _, u := range utf16.Encode([]rune(text)) {
		out = append(out, byte(u), byte(u>>8))
	}
	return out
}

func TestEncodingsAndDelimiters(t *testing.T) {
	const text = "First Name,Last Name,City\r\nJosé,Peña,Fayetteville\r\n"
	latin, err := charmap.Windows1252.NewEncoder().Bytes([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string][]byte{
		"UTF-8": []byte(text), "with a mark": []byte("\ufeff" + text), "UTF-16": utf16le(text, true), "UTF-16 without": utf16le(text, false), "Windows-1252": latin,
		"semicolons": []byte(strings.ReplaceAll(text, ",", ";")), "tabs": []byte(strings.ReplaceAll(text, ",", "\t")), "lines": []byte(strings.ReplaceAll(text, "\r\n", "\n")),
	} {
		s, err := read(t.Context(), CSV, "", file)
		if err != nil || len(s.rows) != 1 || strings.Join(s.rows[0].cells, "|") != "José|Peña|Fayetteville" || strings.Join(s.header, "|") != "First Name|Last Name|City" {
			t.Errorf("%s: %v %+v", name, err, s)
		}
	}
}

func TestRowsKeepTheSpreadsheetsNumbers(t *testing.T) {
	file := "Contacts 2026\n\nName,Email,Notes\n\"Ortega,\nLuis\",luis@example.org,\"two\nlines\"\n\n,,\nAna,ana@example.org\nBen,ben@example.org,x,y,z\n"
	s, err := read(t.Context(), CSV, "", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	if s.headerAt != 3 || len(s.rows) != 3 || s.rows[0].number != 4 || s.rows[1].number != 7 || s.rows[2].number != 8 {
		t.Errorf("%+v", s)
	}
	if s.rows[0].cells[0] != "Ortega, Luis" || s.rows[2].notes[0].Code != "ragged_row" || s.rows[2].notes[0].Cell != "D8" {
		t.Errorf("%+v", s.rows)
	}
}

func book(t testing.TB, fill func(*excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer func() { _ = f.Close() }()
	fill(f)
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestWorkbooks(t *testing.T) {
	file := book(t, func(f *excelize.File) {
		_ = f.SetSheetRow("Sheet1", "A1", &[]any{"Name", "DOB", "Phone"})
		_ = f.SetSheetRow("Sheet1", "A2", &[]any{"Luis Ortega", time.Date(1980, 3, 4, 0, 0, 0, 0, time.UTC), 9105550142})
		_ = f.SetSheetRow("Sheet1", "A5", &[]any{"Ana Ortega", "March 4 1980", "910-555-0143"})
		_, _ = f.NewSheet("Second")
		_ = f.SetSheetRow("Second", "A1", &[]any{"Email", "Name"})
		_ = f.SetSheetRow("Second", "A2", &[]any{"ben@example.org", "Ben"})
		_ = f.SetCellFormula("Second", "C2", `HYPERLINK("http://evil.example","x")`)
	})
	s, err := read(t.Context(), XLSX, "", file)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.rows) != 2 || s.rows[0].cells[1] != "29284" || s.rows[0].cells[2] != "9105550142" || s.rows[1].number != 5 {
		t.Errorf("%+v", s.rows)
	}
	if s, err = read(t.Context(), XLSX, "second", file); err != nil || s.rows[0].cells[1] != "Ben" || s.name != "Second" {
		t.Errorf("%+v %v", s, err)
	}
	_, err = read(t.Context(), XLSX, "third", file)
	wantCode(t, err, "unknown_sheet")
}

func wantCode(t *testing.T, err error, code services.Code) {
	t.Helper()
	var e *services.Error
	if !errors.As(err, &e) || len(e.Fields) == 0 || e.Fields[0].Code != code {
		t.Errorf("got %v, want %s", err, code)
	}
}

// deflated is a workbook of parts that unpack to so many zero bytes each.
func deflated(t *testing.T, parts, size int) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, name := range []string{"[Content_Types].xml", "xl/workbook.xml"} {
		if _, err := z.Create(name); err != nil {
			t.Fatal(err)
		}
	}
	for n := range parts {
		w, err := z.Create(fmt.Sprintf("xl/worksheets/sheet%d.xml", n))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyN(w, zeroes{}, int64(size)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

type zeroes struct{}

func (zeroes) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestHostileFiles(t *testing.T) {
	tall := book(t, func(f *excelize.File) {
		_ = f.SetSheetRow("Sheet1", "A1", &[]any{"Name", "Email"})
		_ = f.SetSheetRow("Sheet1", "A1048576", &[]any{"Luis", "luis@example.org"})
	})
	if s, err := read(t.Context(), XLSX, "", tall); err != nil || len(s.rows) != 1 || s.rows[0].number != 1048576 {
		t.Errorf("a million empty rows: %v", err)
	}
	many := "Name,City\n" + strings.Repeat("Luis Ortega,Fayetteville\n", maxRows+1)
	wide := "Name" + strings.Repeat(",x", maxColumns) + "\nLuis\n"
	for name, c := range map[string]struct {
		format string
		file   []byte
		code   services.Code
	}{
		"a bomb in one part":     {XLSX, deflated(t, 1, maxUnzipped+1), "unreadable_file"},
		"a bomb in many":         {XLSX, deflated(t, 30, 10<<20), "unreadable_file"},
		"text as a workbook":     {XLSX, []byte("Name\nLuis\n"), "unreadable_file"},
		"a workbook as text":     {CSV, tall, "unreadable_file"},
		"an archive":             {XLSX, []byte("PK\x03\x04rubbish"), "unreadable_file"},
		"a PDF":                  {CSV, []byte("%PDF-1.7\nName\nLuis\n"), "unreadable_file"},
		"a page":                 {CSV, []byte("\xef\xbb\xbf <HTML><script>alert(1)</script>"), "unreadable_file"},
		"NUL":                    {CSV, []byte("Name,City\nLuis\x00,x\n"), "unreadable_file"},
		"rows beyond the limit":  {CSV, []byte(many), "too_many_rows"},
		"columns beyond it":      {CSV, []byte(wide), "too_many_columns"},
		"a header alone":         {CSV, []byte("Name,City\n"), "no_rows"},
		"no header":              {CSV, []byte("Luis,luis@example.org\nAna,ana@example.org\n"), "no_header"},
		"nothing but line feeds": {CSV, bytes.Repeat([]byte("\n"), 1<<20), "no_rows"},
		"one cell of 10 MB":      {CSV, []byte("Name,City\n\"" + strings.Repeat("a\n", 5<<20)), "too_long"},
	} {
		began := time.Now()
		s, err := read(t.Context(), c.format, "", c.file)
		if c.code == "too_long" {
			if err != nil || s.rows[0].notes[0].Code != "cell_too_long" {
				t.Errorf("%s: %v", name, err)
			}
		} else {
			wantCode(t, err, c.code)
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("%s took %s", name, took)
		}
	}
	late, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := read(late, CSV, "", []byte("Name\nLuis\n"))
	wantCode(t, err, "unreadable_file")
}

func TestWhatWeNeverAskForIsNotKept(t *testing.T) {
	s, err := read(t.Context(), CSV, "", []byte("Name,SSN,ID,Zip,VA Claim,Notes,DOB\n"+
		"Luis Ortega,1,219099999,283051234,x,call first,3/4/1980\nAna Ortega,2,219-09-9998,28305,y,her ssn is 219-09-9998 ok,\nBen Cole,3,219-09-9997,28305,z,left a message,\n"))
	if err != nil {
		t.Fatal(err)
	}
	columns := s.survey()
	dropped := map[string]string{}
	for _, c := range columns {
		dropped[c.Name] = c.Dropped
	}
	if dropped["SSN"] != "ssn" || dropped["ID"] != "ssn" || dropped["VA Claim"] != "va_file" || dropped["Zip"] != "" || dropped["Notes"] != "" {
		t.Errorf("%v", dropped)
	}
	if got := fmt.Sprint(s.rows, columns); strings.Contains(got, "219") || !strings.Contains(got, "call first") || !strings.Contains(got, "not_kept") {
		t.Errorf("%s", got)
	}
}

func TestWhatGoesOutIsNoFormula(t *testing.T) {
	nasty := []string{`=HYPERLINK("http://evil.example")`, "+1", "-1", "@x", "\tx", "\rx", "＝1+1", "＋1", "O'Neill", `a "quoted", name`, "two\nlines", "plain"}
	for _, format := range []string{CSV, XLSX} {
		var out bytes.Buffer
		w, err := newTable(format, &out)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := w.row(append([]string{}, nasty...)); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.end(); err != nil {
			t.Fatal(err)
		}
		w.discard()
		if format == XLSX {
			f, err := excelize.OpenReader(&out)
			if err != nil {
				t.Fatal(err)
			}
			for n, want := range nasty {
				cell, _ := excelize.CoordinatesToCellName(n+1, 1)
				kind, _ := f.GetCellType(sheetName, cell)
				formula, _ := f.GetCellFormula(sheetName, cell)
				text, _ := f.GetCellValue(sheetName, cell)
				if kind != excelize.CellTypeInlineString && kind != excelize.CellTypeSharedString || formula != "" || strings.ReplaceAll(text, "\r", "\n") != strings.ReplaceAll(want, "\r", "\n") {
					t.Errorf("%s: %v %q %q, want %q", cell, kind, formula, text, want)
				}
			}
			continue
		}
		r := records(strings.TrimPrefix(out.String(), "\ufeff"), ',')
		r.LazyQuotes = false
		got, err := r.Read()
		if err != nil {
			t.Fatal(err)
		}
		for n, want := range nasty {
			if looksLikeFormula(got[n]) || strings.TrimPrefix(got[n], "'") != strings.ReplaceAll(want, "\r", "") {
				t.Errorf("%q became %q", want, got[n])
			}
		}
	}
}

// with adds parts to a workbook.
func with(t *testing.T, file []byte, parts map[string]int) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, part := range z.File {
		if _, replaced := parts[part.Name]; replaced {
			continue
		}
		if err := w.Copy(part); err != nil {
			t.Fatal(err)
		}
	}
	for name, size := range parts {
		p, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyN(p, zeroes{}, int64(size)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestAWorkbookIsSmallInMemory(t *testing.T) {
	plain := book(t, func(f *excelize.File) {
		_ = f.SetSheetRow("Sheet1", "A1", &[]any{"Name", "Email"})
		_ = f.SetSheetRow("Sheet1", "A2", &[]any{"Luis Ortega", "luis@example.org"})
	})
	pictures, sheets := map[string]int{"xl/styles.xml": 30 << 20, "xl/calcChain.xml": 10 << 20}, map[string]int{}
	for n := range 12 {
		pictures[fmt.Sprintf("xl/media/image%d.png", n)], sheets[fmt.Sprintf("xl/worksheets/sheet%d.xml", n+2)] = 12<<20, maxPart
	}
	file := with(t, plain, pictures)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s, err := read(t.Context(), XLSX, "", file)
	runtime.ReadMemStats(&after)
	if err != nil || len(s.rows) != 1 || s.rows[0].cells[0] != "Luis Ortega" {
		t.Fatalf("pictures: %v", err)
	}
	if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 20 {
		t.Errorf("%d KB make %d MB", len(file)>>10, took)
	}
	for name, parts := range map[string]map[string]int{
		"sheets": sheets, "a list of sheets": {"xl/workbook.xml": maxPart + 1}, "a sheet of another name": {"xl/worksheets/data.xml": maxPart + 1},
	} {
		if _, err := read(t.Context(), XLSX, "", with(t, plain, parts)); err == nil {
			t.Errorf("%s are taken", name)
		} else {
			wantCode(t, err, "unreadable_file")
		}
	}
	// Large ones that are honest go through a file.
	began := time.Now()
	s, err = read(t.Context(), XLSX, "", book(t, func(f *excelize.File) {
		_ = f.SetSheetRow("Sheet1", "A1", &[]any{"Name", "Notes"})
		for n := range 40_000 {
			_ = f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", n+2), &[]any{"Luis Ortega", fmt.Sprintf("%d %s", n, strings.Repeat("said this and that ", 8))})
		}
	}))
	if err != nil || len(s.rows) != 40_000 || !strings.HasPrefix(s.rows[39_999].cells[1], "39999 said") {
		t.Errorf("a large workbook: %v", err)
	}
	t.Logf("40,000 rows with texts of their own in %s", time.Since(began))
}

func TestNineDigitsInAnUnknownColumnAreNotKept(t *testing.T) {
	text := "Name,Remark,Zip\nLuis Ortega,219099999,283051234\n"
	for n := range 5 {
		text += fmt.Sprintf("Ana Becker,call %d,28305\n", n)
	}
	s, err := read(t.Context(), CSV, "", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	columns := s.survey()
	if row := s.rows[0]; row.cells[1] != "" || row.cells[2] != "283051234" || len(row.notes) != 1 || row.notes[0].Code != "not_kept" || row.notes[0].Cell != "B2" {
		t.Errorf("%+v", row)
	}
	if columns[1].Dropped != "" || s.rows[1].cells[1] != "call 0" || strings.Contains(fmt.Sprint(columns), "2190") {
		t.Errorf("%+v", columns)
	}
}
