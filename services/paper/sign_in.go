package paper

import (
	"bytes"
	"strconv"
	"time"
)

// SignInSheet is a list at the door. It shows what its rows say: first names and initials.
type SignInSheet struct {
	Organization string
	Title        string
	When         string
	Where        string
	Rows         []SignInRow
	WithModes    bool // a column says who takes part how
	Blank        int  // lines for those who are not on the list, at least
	At           time.Time
}

// SignInRow is one person who is expected.
type SignInRow struct {
	Name string
	Kind string
	Mode string
	Note string // stands in the box to sign, of those who cannot: online
}

// Measures of the sheet, in millimetres.
const (
	side       = 15.0
	headHeight = 47.0 // with the names of the columns
	footHeight = 16.0
	rowHeight  = 9.0
	tableWidth = shortSide - 2*side
	numberWide = 11.0
	kindWide   = 18.0
	modeWide   = 22.0
	signWide   = 68.0
)

var rowsOnPage = func() int {
	height := longSide - headHeight - footHeight
	return int(height / rowHeight)
}()

// PDF draws it, each page with its heading, its number and how many there are. The last page is filled up with blank lines.
func (s SignInSheet) PDF() ([]byte, error) {
	d := newSheet(portrait, s.At)
	d.SetTitle(Readable(s.Title), true)
	d.SetAuthor(Readable(s.Organization), true)
	lines := len(s.Rows) + s.Blank
	pages := max(1, (lines+rowsOnPage-1)/rowsOnPage)
	for page := range pages {
		d.AddPage()
		d.heading(&s)
		d.footing(page+1, pages)
		for i := range rowsOnPage {
			n := page*rowsOnPage + i
			d.row(&s, n, headHeight+float64(i)*rowHeight)
		}
	}
	var out bytes.Buffer
	err := d.Output(&out)
	return out.Bytes(), err
}

func (d sheet) heading(s *SignInSheet) {
	d.SetTextColor(0, 0, 0)
	d.text(side, 12, tableWidth, "", 9, Readable(s.Organization), "L")
	d.text(side, 18, tableWidth, "B", 15, Readable(s.Title), "L")
	d.text(side, 26, tableWidth, "", 10, Readable(s.When), "L")
	d.text(side, 32, tableWidth, "", 9, Readable(s.Where), "L")
	d.SetLineWidth(0.4)
	d.SetDrawColor(0, 0, 0)
	y := headHeight - 7
	x := side + numberWide
	d.text(x, y, 40, "B", 8, "Name", "L")
	x += s.nameWidth()
	d.text(x, y, kindWide, "B", 8, "Kind", "L")
	x += kindWide
	if s.WithModes {
		d.text(x, y, modeWide, "B", 8, "Mode", "L")
		x += modeWide
	}
	d.text(x, y, signWide, "B", 8, "Signature", "L")
	d.Line(side, headHeight, side+tableWidth, headHeight)
	d.SetLineWidth(0.15)
	d.SetDrawColor(120, 120, 120)
}

func (s *SignInSheet) nameWidth() float64 {
	if s.WithModes {
		return tableWidth - numberWide - kindWide - modeWide - signWide
	}
	return tableWidth - numberWide - kindWide - signWide
}

// row draws line n of the whole list; past its end a blank one.
func (d sheet) row(s *SignInSheet, n int, y float64) {
	var r SignInRow
	if n < len(s.Rows) {
		r = s.Rows[n]
	}
	d.SetTextColor(0, 0, 0)
	middle := y + rowHeight/2 - 2.5
	d.text(side, middle, numberWide-2, "", 8, strconv.Itoa(n+1), "L")
	x := side + numberWide
	d.text(x, middle, s.nameWidth()-3, "", 11, Readable(r.Name), "L")
	x += s.nameWidth()
	d.text(x, middle, kindWide-2, "", 9, r.Kind, "L")
	x += kindWide
	if s.WithModes {
		d.text(x, middle, modeWide-2, "", 9, r.Mode, "L")
		x += modeWide
	}
	if r.Note != "" {
		d.text(x, middle, signWide, "", 8, r.Note, "L")
	} else {
		d.Rect(x, y+1, side+tableWidth-x, rowHeight-2, "D")
	}
	d.Line(side, y+rowHeight, x, y+rowHeight)
}

func (d sheet) footing(page, pages int) {
	d.SetTextColor(90, 90, 90)
	y := longSide - 11.0
	d.text(side, y, tableWidth, "", 7, "First names and initials only. Keep this list with whoever leads the session, and do not leave it lying about.", "L")
	d.text(side, y, tableWidth, "", 8, "Page "+strconv.Itoa(page)+" of "+strconv.Itoa(pages), "R")
}

// text writes one line into a box 5 millimetres high, as large as size says and the box is wide, and cut off where that is not
// enough.
func (d sheet) text(x, y, width float64, style string, size float64, text, align string) {
	if text == "" {
		return
	}
	text = d.fit(style, size, 0.65*size, width, text)
	d.SetXY(x, y)
	d.CellFormat(width, 5, text, "", 0, align+"M", false, 0, "")
}
