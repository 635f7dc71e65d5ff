package paper

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// Badges are name badges, eight on a sheet: labels of 3⅜ by 2⅓ inches in two columns, as Avery 5395 and those like it have them.
type Badges struct {
	Organization string
	Badges       []Badge
	At           time.Time
}

// Badge is one of them. Without a name it is blank, to write on.
type Badge struct {
	Name string
	Code [][]bool // QR code, row by row, true where it is dark; none when empty
}

// Measures of the labels, in millimetres.
const (
	badgesOnPage = 8
	badgeWidth   = 85.725
	badgeLeft    = 17.46 // of the first column, from the edge of the sheet
	badgeTop     = 14.8
	badgeAcross  = 95.25 // from one label to the next
	badgeDown    = 63.5
	badgeEdge    = 5.0  // kept clear: sheets are never fed quite straight
	badgeCode    = 34.0 // with its quiet zone
	quietZone    = 4    // modules
)

// PDF draws them. What the last sheet has room for beyond is blank badges, for those who are not on the list; where there is
// nobody on it, a sheet of those.
func (b Badges) PDF() ([]byte, error) {
	d := newSheet(portrait, b.At)
	d.SetTitle("Badges", true)
	d.SetAuthor(Readable(b.Organization), true)
	organization := Readable(b.Organization)
	pages := max(1, (len(b.Badges)+badgesOnPage-1)/badgesOnPage)
	for n := range pages * badgesOnPage {
		place := n % badgesOnPage
		if place == 0 {
			d.AddPage()
		}
		var one Badge
		if n < len(b.Badges) {
			one = b.Badges[n]
		}
		d.badge(badgeLeft+float64(place%2)*badgeAcross, badgeTop+float64(place/2)*badgeDown, organization, one)
	}
	var out bytes.Buffer
	err := d.Output(&out)
	return out.Bytes(), err
}

func (d sheet) badge(x, y float64, organization string, b Badge) {
	d.SetTextColor(90, 90, 90)
	d.text(x+badgeEdge, y+badgeEdge, badgeWidth-2*badgeEdge, "", 8, organization, "C")
	d.SetTextColor(0, 0, 0)
	left, width := x+badgeEdge, badgeWidth-2*badgeEdge
	if len(b.Code) > 0 {
		width -= badgeCode + 2
		d.modules(x+badgeWidth-badgeEdge-badgeCode, y+15, badgeCode, b.Code)
	}
	name := Readable(b.Name)
	if name == "" {
		d.SetDrawColor(120, 120, 120)
		d.SetLineWidth(0.2)
		d.Line(left, y+40, left+width, y+40)
		return
	}
	lines := []string{name}
	if d.SetFont(typeface, "B", 18); d.GetStringWidth(name) > width { // a long name is larger on two lines
		d.SetFontSize(13)
		lines = d.wrapped(strings.Fields(name), " ", width, 2)
	}
	for i, line := range lines {
		text := d.fit("B", 28, 9, width, line)
		d.SetXY(left, y+32-float64(len(lines))*6.5+float64(i)*13)
		d.CellFormat(width, 13, text, "", 0, "CM", false, 0, "")
	}
}

// modules draws a QR code with its quiet zone, so many millimetres a side. It is one path of whole runs of dark modules: no seams
// between them, and a hundredth of the work that pictures are.
func (d sheet) modules(x, y, side float64, code [][]bool) {
	const perMillimetre = 72 / 25.4
	_, height := d.GetPageSize()
	size := side * perMillimetre / float64(len(code)+2*quietZone)
	left, top := x*perMillimetre+quietZone*size, (height-y)*perMillimetre-quietZone*size
	path := []byte("q 0 g\n")
	for row := range code {
		for from := 0; from < len(code[row]); from++ {
			until := from
			for until < len(code[row]) && code[row][until] {
				until++
			}
			if until > from {
				path = fmt.Appendf(path, "%.3f %.3f %.3f %.3f re\n", left+float64(from)*size, top-float64(row+1)*size, float64(until-from)*size, size)
				from = until
			}
		}
	}
	d.RawWriteStr(string(append(path, "f Q\n"...)))
}
