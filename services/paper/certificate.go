package paper

import (
	"bytes"
	"slices"
	"time"

	"codeberg.org/go-pdf/fpdf"

	"homefront/services"
)

// Certificate is what stands on a certificate: a sheet of letter paper, in English.
type Certificate struct {
	Organization string
	Title        string   // such as Certificate of Completion
	Name         string   // of the person, as they go by it
	Did          string   // such as has completed
	What         string   // what it is about
	Lines        []string // more about it, one below the other
	Small        []string // more still, one after the other in small letters, on up to three lines
	Day          string   // as it is to be read
	Number       string
	Check        string    // where it can be checked, below the QR code
	QR           []byte    // PNG of the code that leads there; none when empty
	At           time.Time // of the file: the same certificate is the same bytes
}

// Measures of the sheet, in millimetres.
const (
	sheetWidth  = longSide
	sheetHeight = shortSide
	frame       = 12.0
	textWidth   = sheetWidth - 2*frame - 40
	smallWidth  = 168.0 // keeps clear of the QR code
	codeWidth   = 27.0
	smallLines  = 3
)

// PDF draws it, in Latin, Greek and Cyrillic letters, those of Vietnamese included. A mark that the fonts lack is left out, and what
// is no name stands there as on sheets: see Readable. Errors: conflict not_printable, which names the letters of a name in another
// script: Arabic, say, would stand there unjoined and backwards.
func (c Certificate) PDF() ([]byte, error) {
	var lost []rune
	c.Name = printable(c.Name, &lost)
	for _, text := range append([]*string{&c.Organization, &c.Title, &c.Did, &c.What, &c.Day, &c.Number, &c.Check}, append(pointers(&c.Lines), pointers(&c.Small)...)...) {
		*text = Readable(*text)
	}
	if len(lost) > 0 {
		return nil, services.Conflict(CodeNotPrintable, "Certificates show Latin, Greek and Cyrillic letters, and have none for %s. Enter the name in one of these as the preferred name.", string(lost))
	}
	d := newSheet(landscape, c.At)
	d.AddPage()
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
	d.small(163, c.Small)
	d.line(186, "", 11, c.Day)
	d.SetTextColor(90, 90, 90)
	d.line(194, "", 8, "No. "+c.Number)
	d.check(c)
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

// line writes one line in the middle of the sheet, y millimetres from its top, as large as size says and the sheet is wide.
func (d sheet) line(y float64, style string, size float64, text string) {
	if text == "" {
		return
	}
	d.fit(style, size, 6, textWidth, text) // a name stands there whole, however long
	_, height := d.GetFontSize()
	d.SetXY(0, y-height)
	d.CellFormat(sheetWidth, 2*height, text, "", 0, "CM", false, 0, "")
}

// small writes short texts in lines in the middle of the sheet; those for which there is no room are left out.
func (d sheet) small(y float64, texts []string) {
	d.SetFont(typeface, "", 8)
	for i, part := range d.wrapped(texts, ", ", smallWidth, smallLines) {
		d.SetXY(0, y+4.2*float64(i))
		d.CellFormat(sheetWidth, 4.2, part, "", 0, "CM", false, 0, "")
	}
}

// check draws where the certificate can be checked, in the corner on the right.
func (d sheet) check(c Certificate) {
	if len(c.QR) == 0 {
		return
	}
	x, y := sheetWidth-frame-5-codeWidth, sheetHeight-frame-9-codeWidth
	d.RegisterImageOptionsReader("check", fpdf.ImageOptions{ImageType: "PNG"}, bytes.NewReader(c.QR))
	d.ImageOptions("check", x, y, codeWidth, codeWidth, false, fpdf.ImageOptions{ImageType: "PNG"}, 0, "")
	c.Check = d.fit("", 7, 4, textWidth, c.Check)
	d.SetXY(frame+5, y+codeWidth+0.5)
	d.CellFormat(sheetWidth-2*frame-10, 4, c.Check, "", 0, "RM", false, 0, "")
}
