package paper

import (
	"bytes"
	"strconv"
	"strings"
	"time"
)

// HoursLog is the log of a coach's hours, as those ask for it who certify coaches: each session with the initials of its clients, what
// each client had, and the sums.
type HoursLog struct {
	Organization string
	Coach        string
	Period       string
	Words        string // what the organization says of it, below the sums
	Sums         []HoursSum
	Rows         []HoursRow
	Clients      []HoursClient // on pages of their own, after the sessions
	At           time.Time
}

// HoursSum is one number of the head, with what it counts.
type HoursSum struct{ What, Number string }

// HoursRow is one session.
type HoursRow struct {
	Day      string
	Clients  string // initials
	Numbers  string // of the clients
	Kind     string
	Modality string
	Paid     bool
	Minutes  int
}

// HoursClient is what one client had, or two who were coached together.
type HoursClient struct {
	Clients  string // initials
	Numbers  string
	Group    string // how many they are
	First    string // day with the coach
	Last     string // empty while it goes on
	Sessions string
	Paid     string // hours
	ProBono  string
}

// Measures of the log, in millimetres.
const (
	logHead = 72.0 // with the names of the columns
	logRow  = 7.0
	logSum  = tableWidth / 7
)

// logColumn is one column of a table of the log; what stands in the last of a table stands at its right end.
type logColumn struct {
	name string
	wide float64
}

var (
	logSessions = []logColumn{{"Day", 30}, {"Client (initials)", 44}, {"No.", 20}, {"Kind", 28}, {"How", 26}, {"Paid", 24}, {"Minutes", 0}}
	logClients  = []logColumn{{"Client (initials)", 38}, {"No.", 18}, {"Group size", 20}, {"First day", 27}, {"Last day", 27}, {"Sessions", 18}, {"Paid, h", 17}, {"Pro bono, h", 0}}
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
	sessions, clients := make([][]string, len(l.Rows)), make([][]string, len(l.Clients))
	for i := range l.Rows {
		sessions[i] = l.Rows[i].cells()
	}
	for i := range l.Clients {
		clients[i] = l.Clients[i].cells()
	}
	first := max(1, logPages(sessions))
	pages := first + logPages(clients)
	for page := range pages {
		columns, rows, at := logSessions, sessions, page
		if page >= first {
			columns, rows, at = logClients, clients, page-first
		}
		d.AddPage()
		d.logHeading(&l, columns)
		d.logFooting(page+1, pages)
		for i := range min(logRowsOnPage, len(rows)-at*logRowsOnPage) {
			d.logRow(columns, rows[at*logRowsOnPage+i], logHead+float64(i)*logRow)
		}
	}
	var out bytes.Buffer
	err := d.Output(&out)
	return out.Bytes(), err
}

// logPages is how many pages rows take.
func logPages(rows [][]string) int { return (len(rows) + logRowsOnPage - 1) / logRowsOnPage }

func (r *HoursRow) cells() []string {
	paid := "pro bono"
	if r.Paid {
		paid = "paid"
	}
	return []string{r.Day, Readable(r.Clients), r.Numbers, r.Kind, r.Modality, paid, strconv.Itoa(r.Minutes)}
}

func (c *HoursClient) cells() []string {
	return []string{Readable(c.Clients), c.Numbers, c.Group, c.First, c.Last, c.Sessions, c.Paid, c.ProBono}
}

func (d sheet) logHeading(l *HoursLog, columns []logColumn) {
	d.SetTextColor(0, 0, 0)
	d.text(side, 12, tableWidth, "", 9, Readable(l.Organization), "L")
	d.text(side, 18, tableWidth, "B", 15, "Coaching hours: "+Readable(l.Coach), "L")
	d.text(side, 26, tableWidth, "", 10, l.Period, "L")
	for i, sum := range l.Sums {
		x := side + float64(i)*logSum
		d.text(x, 35, logSum-2, "B", 12, sum.Number, "L")
		d.text(x, 41, logSum-2, "", 8, sum.What, "L")
	}
	d.SetFont(typeface, "", 8)
	for i, line := range d.wrapped(strings.Fields(Readable(l.Words)), " ", tableWidth, 3) {
		d.text(side, 48+float64(i)*4, tableWidth, "", 8, line, "L")
	}
	names := make([]string, len(columns))
	for i := range columns {
		names[i] = columns[i].name
	}
	d.logCells(columns, names, "B", 8, logHead-7)
	d.SetLineWidth(0.4)
	d.SetDrawColor(0, 0, 0)
	d.Line(side, logHead-1, side+tableWidth, logHead-1)
	d.SetLineWidth(0.15)
	d.SetDrawColor(160, 160, 160)
}

func (d sheet) logRow(columns []logColumn, cells []string, y float64) {
	d.SetTextColor(0, 0, 0)
	d.logCells(columns, cells, "", 9, y+logRow/2-2.5)
	d.Line(side, y+logRow, side+tableWidth, y+logRow)
}

func (d sheet) logCells(columns []logColumn, cells []string, style string, size, y float64) {
	x := side
	for i, text := range cells {
		if i == len(cells)-1 {
			d.text(x, y, side+tableWidth-x, style, size, text, "R")
			continue
		}
		d.text(x, y, columns[i].wide-2, style, size, text, "L")
		x += columns[i].wide
	}
}

func (d sheet) logFooting(page, pages int) {
	d.SetTextColor(90, 90, 90)
	y := longSide - 11.0
	d.text(side, y, tableWidth, "", 7, "An hour is sixty minutes of coaching; shorter sessions count as parts of one. Of a group each session stands once.", "L")
	d.text(side, y, tableWidth, "", 8, "Page "+strconv.Itoa(page)+" of "+strconv.Itoa(pages), "R")
}
