package programs

import (
	"bytes"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"codeberg.org/go-pdf/fpdf"
	"github.com/go-fonts/dejavu/dejavusans"
	"github.com/go-fonts/dejavu/dejavusansbold"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/text/unicode/norm"

	"homefront/services"
)

// CodeNotPrintable is the code of a name with letters that no certificate can show.
const CodeNotPrintable services.Code = "not_printable"

// Certificate is what stands on a certificate: a sheet of letter paper, in English.
type Certificate struct {
	Organization string
	Title        string   // such as Certificate of Completion
	Name         string   // of the person, as they go by it
	Did          string   // such as has completed
	What         string   // what it is about
	Lines        []string // more about it, one below the other
	Day          string   // as it is to be read
	Number       string
	At           time.Time // of the file: the same certificate is the same bytes
}

// Measures of the sheet, in millimetres.
const (
	sheetWidth  = 279.4
	sheetHeight = 215.9
	frame       = 12.0
	textWidth   = sheetWidth - 2*frame - 40
)

// PDF draws it, in Latin, Greek and Cyrillic letters, those of Vietnamese included. A mark that the fonts lack is left out. Errors:
// conflict not_printable, which names the letters of other scripts: Arabic, say, would stand there unjoined and backwards.
func (c Certificate) PDF() ([]byte, error) {
	var lost []rune
	for _, text := range append([]*string{&c.Organization, &c.Title, &c.Name, &c.Did, &c.What, &c.Day, &c.Number}, pointers(&c.Lines)...) {
		*text = printable(*text, &lost)
	}
	if len(lost) > 0 {
		return nil, services.Conflict(CodeNotPrintable, "Certificates show Latin, Greek and Cyrillic letters, and have none for %s. Enter the name in one of these as the preferred name.", string(lost))
	}
	d := newSheet(c.At)
	d.SetTitle(c.Title, true)
	d.SetAuthor(c.Organization, true)
	d.SetLineWidth(0.9)
	d.SetDrawColor(34, 60, 92)
	d.Rect(frame, frame, sheetWidth-2*frame, sheetHeight-2*frame, "D")
	d.SetLineWidth(0.25)
	d.Rect(frame+2, frame+2, sheetWidth-2*frame-4, sheetHeight-2*frame-4, "D")

	d.line(34, "", 14, c.Organization)
	d.line(56, "B", 32, c.Title)
	d.line(82, "", 13, "This is to certify that")
	d.line(97, "B", 30, c.Name)
	d.Line(sheetWidth/2-70, 108, sheetWidth/2+70, 108)
	d.line(117, "", 13, c.Did)
	d.line(130, "B", 20, c.What)
	for i, text := range c.Lines {
		d.line(145+8*float64(i), "", 12, text)
	}
	d.line(186, "", 11, c.Day)
	d.SetTextColor(90, 90, 90)
	d.line(194, "", 8, "No. "+c.Number)
	var out bytes.Buffer
	err := d.Output(&out)
	return out.Bytes(), err
}

func pointers(in *[]string) []*string {
	*in = slices.Clone(*in)
	out := make([]*string, len(*in))
	for i := range *in {
		out[i] = &(*in)[i]
	}
	return out
}

type sheet struct{ *fpdf.Fpdf }

const typeface = "DejaVu Sans"

// newSheet is a blank sheet. Its dates are given and its lists in order, so that equal sheets are equal bytes.
func newSheet(at time.Time) sheet {
	d := fpdf.New("L", "mm", "Letter", "")
	d.SetCatalogSort(true)
	d.SetCreationDate(at.UTC())
	d.SetModificationDate(at.UTC())
	d.SetProducer("Homefront", true)
	d.SetLang("en-US")
	d.AddUTF8FontFromBytes(typeface, "", dejavusans.TTF)
	d.AddUTF8FontFromBytes(typeface, "B", dejavusansbold.TTF)
	d.SetAutoPageBreak(false, 0)
	d.AddPage()
	return sheet{d}
}

// line writes one line in the middle of the sheet, y millimetres from its top, as large as size says and the sheet is wide.
func (d sheet) line(y float64, style string, size float64, text string) {
	if text == "" {
		return
	}
	for d.SetFont(typeface, style, size); size > 6 && d.GetStringWidth(text) > textWidth; d.SetFontSize(size) {
		size -= 0.5
	}
	d.SetXY(0, y-size/4)
	d.CellFormat(sheetWidth, size/2, text, "", 0, "CM", false, 0, "")
}

// glyphs has the letters of both fonts: one was made of the other.
var glyphs = sync.OnceValue(func() *sfnt.Font {
	f, err := sfnt.Parse(dejavusans.TTF)
	if err != nil {
		panic(err) // it is part of the program
	}
	return f
})

// scripts are those that are written from left to right, each letter as it stands.
var scripts = []*unicode.RangeTable{unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Common, unicode.Inherited}

func drawn(text []rune) bool {
	var b sfnt.Buffer
	return !slices.ContainsFunc(text, func(r rune) bool {
		i, err := glyphs().GlyphIndex(&b, r)
		return err != nil || i == 0 || !unicode.In(r, scripts...)
	})
}

// alike are letters that have no parts, and the nearest that the fonts have.
var alike = strings.NewReplacer("ʻ", "‘", "ʼ", "’", "ʽ", "‘", "‐", "-", "‑", "-", "\u00a0", " ", "\u202f", " ", "\u200d", "", "\u200c", "", "ẞ", "SS")

// printable is text in letters that the fonts have. Those that are lost are added to lost, each once.
func printable(text string, lost *[]rune) string {
	var out strings.Builder
	for _, r := range alike.Replace(norm.NFC.String(services.Line(text))) {
		near, ok := nearest(r)
		if !ok && !slices.Contains(*lost, r) {
			*lost = append(*lost, r)
		}
		out.WriteString(near)
	}
	return out.String()
}

// nearest takes as few marks from a letter as it must.
func nearest(r rune) (string, bool) {
	if drawn([]rune{r}) {
		return string(r), true
	}
	parts := []rune(norm.NFKD.String(string(r)))
	for tries := [][]rune{parts}; len(tries) > 0; {
		var fewer [][]rune
		for _, t := range tries {
			if whole := []rune(norm.NFC.String(string(t))); drawn(whole) {
				return string(whole), true
			}
			for i := len(t) - 1; i > 0; i-- { // the letter itself stays
				fewer = append(fewer, slices.Delete(slices.Clone(t), i, i+1))
			}
		}
		tries = fewer
	}
	return "", isMark(r)
}

// isMark: a mark that belongs to no letter in particular is left out.
func isMark(r rune) bool { return norm.NFC.PropertiesString(string(r)).CCC() != 0 }
