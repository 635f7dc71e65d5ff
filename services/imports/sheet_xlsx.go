package imports

import (
	"archive/zip"
	"bytes"
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"homefront/services"
)

const (
	maxUnzipped = 200 << 20 // bytes, of all parts of a workbook together
	maxPart     = 4 << 20   // bytes of one part in memory; a larger sheet is unpacked to a temporary file
	maxInMemory = 40 << 20  // bytes, of all parts that are not
	maxParts    = 2_000
)

// neededParts are those of a workbook that say what stands in its cells. Pictures, styles, orders of calculation and what
// programs leave beside are never unpacked.
var neededParts = regexp.MustCompile(`(?i)^(\[Content_Types\]\.xml|_rels/\.rels|xl/workbook\.xml|xl/_rels/workbook\.xml\.rels|xl/(sharedStrings|worksheets/[^/]+)\.xml)$`)

// spilled are the parts of which excelize unpacks large ones to a file.
var spilled = regexp.MustCompile(`(?i)^xl/(sharedStrings\.xml$|worksheets/sheet)`)

// slim is a workbook of the needed parts alone, as they were packed.
func slim(file []byte) ([]byte, error) {
	z, err := checkZip(file)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	var inMemory uint64
	for _, part := range z.File {
		name, size := strings.ReplaceAll(part.Name, `\`, "/"), part.UncompressedSize64
		if !neededParts.MatchString(name) {
			continue
		}
		switch {
		case size <= maxPart:
			inMemory += size
		case !spilled.MatchString(name):
			inMemory += maxUnzipped
		}
		if inMemory > maxInMemory {
			return nil, unreadable("The workbook is too large when unpacked. Copy the table alone into a new workbook, or save it as CSV.")
		}
		if err := w.Copy(part); err != nil {
			return nil, unreadable("The workbook is damaged. Open it, save it again and send that.")
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// checkZip looks at what a workbook unpacks to before anything is unpacked. A part that claims less than it holds ends
// with an error in archive/zip, which reads no more than was claimed.
func checkZip(file []byte) (*zip.Reader, error) {
	if !bytes.HasPrefix(file, []byte("PK\x03\x04")) {
		return nil, unreadable("This is not an XLSX workbook. Save the sheet as XLSX or CSV, without a password, and send that.")
	}
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, unreadable("The workbook is damaged. Open it, save it again and send that.")
	}
	if len(z.File) > maxParts {
		return nil, unreadable("The workbook has too many parts. Copy the sheet into a new workbook and send that.")
	}
	var total uint64
	names := map[string]bool{}
	for _, part := range z.File {
		if part.UncompressedSize64 > maxUnzipped {
			total = maxUnzipped
		}
		total += part.UncompressedSize64
		names[part.Name] = true
		if total > maxUnzipped {
			return nil, unreadable("The workbook is too large when unpacked. Copy the table alone into a new workbook, or save it as CSV.")
		}
	}
	if !names["[Content_Types].xml"] || !names["xl/workbook.xml"] {
		return nil, unreadable("This is not an XLSX workbook. Save the sheet as XLSX or CSV and send that.")
	}
	if names["xl/vbaProject.bin"] {
		return nil, unreadable("The workbook holds macros. Save it as a workbook without macros (XLSX) and send that.")
	}
	return z, nil
}

// readXLSX reads one sheet row by row. Values are taken as they are stored, so that a date is a serial day whatever its
// cell's format.
func (s *sheet) readXLSX(ctx context.Context, name string, file []byte) (err error) {
	if file, err = slim(file); err != nil {
		return err
	}
	defer func() { // the library has panicked on workbooks that were made to break it
		if recover() != nil {
			err = unreadable("The workbook is damaged. Open it, save it again and send that.")
		}
	}()
	book, err := excelize.OpenReader(bytes.NewReader(file), excelize.Options{RawCellValue: true, UnzipSizeLimit: maxUnzipped, UnzipXMLSizeLimit: maxPart})
	if err != nil {
		return unreadable("The workbook is damaged. Open it, save it again and send that.")
	}
	defer func() { _ = book.Close() }()
	if err := s.choose(book.GetSheetList(), name); err != nil {
		return err
	}
	if props, err := book.GetWorkbookProps(); err == nil && props.Date1904 != nil {
		s.date1904 = *props.Date1904
	}
	rows, err := book.Rows(s.name)
	if err != nil {
		return unreadable("The sheet cannot be read. Copy the table into a new workbook and send that.")
	}
	defer func() { _ = rows.Close() }()
	for number := 1; rows.Next(); number++ {
		if ctx.Err() != nil {
			return tooSlow()
		}
		cells, err := rows.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return unreadable("The sheet cannot be read. Copy the table into a new workbook and send that.")
		}
		if err := s.add(number, cells); err != nil {
			return err
		}
	}
	if rows.Error() != nil {
		return unreadable("The sheet cannot be read. Copy the table into a new workbook and send that.")
	}
	return nil
}

func (s *sheet) choose(sheets []string, name string) error {
	if len(sheets) == 0 {
		return unreadable("The workbook has no sheet.")
	}
	s.name = sheets[0]
	if name == "" {
		return nil
	}
	at := slices.IndexFunc(sheets, func(have string) bool { return strings.EqualFold(have, name) })
	if at < 0 {
		return services.InvalidField("query/sheet", "unknown_sheet", "The workbook has no sheet of this name. It has: %s.", strings.Join(sheets[:min(len(sheets), 20)], ", "))
	}
	s.name = sheets[at]
	return nil
}
