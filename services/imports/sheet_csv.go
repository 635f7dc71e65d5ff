package imports

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

func itoa(n int) string { return strconv.Itoa(n) }

// decode makes UTF-8 of what spreadsheet programs save: UTF-8 and UTF-16 with or without a byte order mark, else
// Windows-1252, in which every byte means something.
func decode(file []byte) (string, error) {
	var from encoding.Encoding
	switch {
	case bytes.HasPrefix(file, []byte("\xff\xfe")), bytes.HasPrefix(file, []byte("\xfe\xff")):
		from = unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM)
	case zeros(file, 1):
		from = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case zeros(file, 0):
		from = unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	case utf8.Valid(file):
		return strings.TrimPrefix(string(file), "\ufeff"), nil
	default:
		from = charmap.Windows1252
	}
	text, err := from.NewDecoder().Bytes(file)
	return string(text), err
}

// zeros says whether every other byte at the start is zero, as in UTF-16 text of Latin letters without a mark.
func zeros(file []byte, odd int) bool {
	n, hit := 0, 0
	for i := odd; i < min(len(file), 200); i += 2 {
		if n++; file[i] == 0 {
			hit++
		}
	}
	return n > 4 && hit*10 > n*8
}

func (s *sheet) readCSV(ctx context.Context, file []byte) error {
	if is := foreignTo(file); is != "" {
		return unreadable("This is " + is + ", not a CSV file. Save the sheet as CSV or XLSX and send that.")
	}
	text, err := decode(file)
	if err != nil || strings.ContainsRune(text, 0) {
		return unreadable("This is not a text file. Save the sheet as CSV or XLSX and send that.")
	}
	r := records(text, delimiter(text))
	number, end := 0, 0 // of the last record: its row, and the line on which it ends
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return unreadable("The file cannot be read as CSV. Save the sheet again as CSV or XLSX.")
		}
		if ctx.Err() != nil {
			return tooSlow()
		}
		line, _ := r.FieldPos(0)
		number += line - end // empty lines are rows, and the reader leaves them out
		end = line
		for _, cell := range record {
			end += strings.Count(cell, "\n")
		}
		if err := s.add(number, record); err != nil {
			return err
		}
	}
}

func tooSlow() error {
	return unreadable("The file takes too long to read. Delete empty rows and columns around the table, or save it as CSV.")
}

func records(text string, comma rune) *csv.Reader {
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord, r.ReuseRecord = comma, true, -1, true
	return r
}

// delimiter is the one that cuts the first records into most cells, and into equally many.
func delimiter(text string) rune {
	best, most := ',', 0
	for _, comma := range []rune{',', ';', '\t', '|'} {
		r, width, score := records(text[:min(len(text), 64<<10)], comma), 0, 0
		for range 20 {
			record, err := r.Read()
			if err != nil {
				break
			}
			if width == 0 {
				width = len(record)
			}
			if len(record) == width {
				score += width - 1
			}
		}
		if score > most {
			best, most = comma, score
		}
	}
	return best
}
