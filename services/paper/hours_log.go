package paper

import (
	"bytes"
	"strconv"
	"time"
)

// HoursLog is the log of a coach's hours, as those ask for it who certify coaches: each session with the initials of its clients,
// and the sums.
type HoursLog struct {
	Organization string
	Coach        string
	Period       string
	Sums         []HoursSum
	Rows         []HoursRow
	At           time.Time
}

// HoursSum is one number of the head, with what it counts.
type HoursSum struct{ What, Number string }

// HoursRow is one session.
type HoursRow struct {
	Day      string
	Clients  string // initials
	Kind     string
	Modality string
	Minutes  int
}

// Measures of the log, in millimetres.
const (
	logHead    = 62.0 // with the names of the columns
	logRow     = 7.0
	logDay     = 34.0
	logClients = 56.0
	logKind    = 34.0
	logHow     = 34.0
	logSum     = tableWidth / 6
)

var logRowsOnPage = func() int {
	height := longSide - logHead - footHeight
	return int(height / logRow)
}()

// PDF draws it, each page with its heading, the sums, its number and how many there are.
func (l HoursLog) PDF() ([]byte, error) {
	d := newSheet(portrait, l.At)
	d.SetTitle("Coaching hours", true)
	d.SetAuthor(Readable(l.Organization), true)
	pages := max(1, (len(l.Rows)+logRowsOnPage-1)/logRowsOnPage)
	for page := range pages {
		d.AddPage()
		d.logHeading(&l)
		d.logFooting(page+1, pages)
		for i := range min(logRowsOnPage, len(l.Rows)-page*logRowsOnPage) {
			d.logRow(&l.Rows[page*logRowsOnPage+i], logHead+float64(i)*logRow)
		}
	}
	var out bytes.Buffer
	err := d.Output(&out)
	return out.Bytes(), err
}

func (d sheet) logHeading(l *HoursLog) {
	d.SetTextColor(0, 0, 0)
	d.text(side, 12, tableWidth, "", 9, Readable(l.Organization), "L")
	d.text(side, 18, tableWidth, "B", 15, "Coaching hours: "+Readable(l.Coach), "L")
	d.text(side, 26, tableWidth, "", 10, l.Period, "L")
	for i, sum := range l.Sums {
		x := side + float64(i)*logSum
		d.text(x, 35, logSum-2, "B", 12, sum.Number, "L")
		d.text(x, 41, logSum-2, "", 8, sum.What, "L")
	}
	y, x := logHead-7, side
	for _, column := range []struct {
		name string
		wide float64
	}{{"Day", logDay}, {"Client (initials)", logClients}, {"Kind", logKind}, {"How", logHow}} {
		d.text(x, y, column.wide, "B", 8, column.name, "L")
		x += column.wide
	}
	d.text(x, y, side+tableWidth-x, "B", 8, "Minutes", "R")
	d.SetLineWidth(0.4)
	d.SetDrawColor(0, 0, 0)
	d.Line(side, logHead-1, side+tableWidth, logHead-1)
	d.SetLineWidth(0.15)
	d.SetDrawColor(160, 160, 160)
}

func (d sheet) logRow(r *HoursRow, y float64) {
	d.SetTextColor(0, 0, 0)
	middle, x := y+logRow/2-2.5, side
	for _, cell := range []struct {
		text string
		wide float64
	}{{r.Day, logDay}, {Readable(r.Clients), logClients}, {r.Kind, logKind}, {r.Modality, logHow}} {
		d.text(x, middle, cell.wide-2, "", 9, cell.text, "L")
		x += cell.wide
	}
	d.text(x, middle, side+tableWidth-x, "", 9, strconv.Itoa(r.Minutes), "R")
	d.Line(side, y+logRow, side+tableWidth, y+logRow)
}

func (d sheet) logFooting(page, pages int) {
	d.SetTextColor(90, 90, 90)
	y := longSide - 11.0
	d.text(side, y, tableWidth, "", 7, "An hour is sixty minutes of coaching; shorter sessions count as parts of one. Clients stand here with their initials alone.", "L")
	d.text(side, y, tableWidth, "", 8, "Page "+strconv.Itoa(page)+" of "+strconv.Itoa(pages), "R")
}
