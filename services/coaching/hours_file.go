package coaching

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/imports"
	"homefront/services/paper"
)

// File is a file to take along.
type File struct {
	Name        string
	ContentType string
	Bytes       []byte
}

// PDFHours is the format of a file of hours that is printed; imports.CSV that of a spreadsheet.
const PDFHours = "pdf"

// HoursLogFile is the log as a file: for a spreadsheet program, in which no name computes, with a row for each session or for each
// client; or printed, with both.
// Errors: those of HoursLog; too_many; invalid too_many_rows.
func (s *Service) HoursLogFile(ctx context.Context, coachID uuid.UUID, format string, by HoursBy, in HoursLogQuery) (*File, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.core.Take(ctx, hoursLogs, actor.AccountID.String()); err != nil {
		return nil, err
	}
	return services.Disclose(ctx, s.core, "coaching.hours_log", func(d *services.Disclosure) (*File, error) {
		d.Object(coachID)
		h, err := hoursAskedOf(d.DB, d.Tx().Actor(), d.Tx().Now(), coachID, in)
		if err != nil {
			return nil, err
		}
		totals, err := h.totals(d.DB)
		if err != nil {
			return nil, err
		}
		if totals.Sessions > mostInLog {
			return nil, services.InvalidField("query/from", "too_many_rows", "These days hold more than %d sessions; take fewer at a time.", mostInLog)
		}
		if format == PDFHours {
			return h.printed(d, s.cfg.OrgName, totals)
		}
		return h.table(d, format, by)
	})
}

// table is one of the two tables for a spreadsheet program.
func (h *hoursAsked) table(d *services.Disclosure, format string, by HoursBy) (*File, error) {
	var rows [][]string
	name := "coaching-hours"
	if by == HoursByClient {
		clients, err := h.allClients(d)
		if err != nil {
			return nil, err
		}
		rows, name = hoursClientTable(clients), name+"-by-client"
	} else {
		lines, err := h.allLines(d)
		if err != nil {
			return nil, err
		}
		rows = hoursTable(lines)
	}
	var file bytes.Buffer
	kind, err := imports.WriteTable(&file, format, rows)
	return &File{Name: h.fileName(name, format), ContentType: kind, Bytes: file.Bytes()}, err
}

func (h *hoursAsked) printed(d *services.Disclosure, organization string, totals HoursTotals) (*File, error) {
	lines, err := h.allLines(d)
	if err != nil {
		return nil, err
	}
	clients, err := h.allClients(d)
	if err != nil {
		return nil, err
	}
	bytes, err := h.onPaper(organization, lines, clients, totals).PDF()
	return &File{Name: h.fileName("coaching-hours", PDFHours), ContentType: "application/pdf", Bytes: bytes}, err
}

func (h *hoursAsked) fileName(name, format string) string {
	return fmt.Sprintf("%s-%s-%s.%s", name, h.query.From, h.query.To, format)
}

func (h *hoursAsked) allLines(d *services.Disclosure) ([]HoursLine, error) {
	lines, err := services.Rows[HoursLine](h.lines(d.DB).Order("s.starts_at, s.id"), mostInLog)
	for i := range lines {
		lines[i].tell(d, h.TimeZone)
	}
	return lines, err
}

func (h *hoursAsked) allClients(d *services.Disclosure) ([]HoursOfClient, error) {
	clients, err := services.Rows[HoursOfClient](h.clients(d.DB).Order("w.number, g.first_session"), mostInLog)
	for i := range clients {
		clients[i].tell(d, h.TimeZone)
	}
	return clients, err
}

func hoursTable(lines []HoursLine) [][]string {
	rows := [][]string{{"on", "clients", "client_numbers", "client_count", "kind", "modality", "minutes", "hours", "paid", "coaching_session_id"}}
	for i := range lines {
		l := &lines[i]
		rows = append(rows, []string{l.On.String(), listed(l.Clients), numbered(l.Numbers), strconv.Itoa(l.Count), l.Kind, string(l.Modality), strconv.Itoa(l.Minutes), hoursRead(l.Minutes), strconv.FormatBool(l.Paid), l.SessionID.String()})
	}
	return rows
}

func listed(names []string) string { return strings.Join(names, ", ") }

// numbered are the numbers of clients as a file has them.
func numbered(numbers []int) string {
	out := make([]string, len(numbers))
	for i, n := range numbers {
		if out[i] = otherPerson; n > 0 {
			out[i] = strconv.Itoa(n)
		}
	}
	return listed(out)
}

// hoursRead is hours of sixty minutes as a file has them.
func hoursRead(minutes int) string { return strconv.FormatFloat(hoursIn(minutes), 'f', 2, 64) }

// modalitiesRead are the modalities as they are read on paper.
var modalitiesRead = map[models.Modality]string{models.ModalityOnline: "online", models.ModalityPhone: "by phone", models.ModalityInPerson: "in person"}

// onPaper is the log as it is printed. It says what a letter of the organization says in place of clients' names: hours, number of
// clients, period, and that the names are kept in confidence.
func (h *hoursAsked) onPaper(organization string, lines []HoursLine, clients []HoursOfClient, t HoursTotals) paper.HoursLog {
	const long, short = "January 2, 2006", "Jan 2, 2006"
	period := h.query.From.Format(long) + " to " + h.query.To.Format(long)
	out := paper.HoursLog{Organization: organization, Coach: h.name(), Period: period, At: h.now, Sums: []paper.HoursSum{
		{What: "hours", Number: hoursRead(t.Minutes)}, {What: "hours paid", Number: hoursRead(t.PaidMinutes)}, {What: "hours pro bono", Number: hoursRead(t.ProBonoMinutes)},
		{What: "hours, individual", Number: hoursRead(t.IndividualMinutes)}, {What: "hours, groups", Number: hoursRead(t.CoupleMinutes)},
		{What: "sessions", Number: strconv.Itoa(t.Sessions)}, {What: "clients", Number: strconv.Itoa(t.Clients)}},
		Words: fmt.Sprintf("From %s this coach held %s hours with %s. Their names, and how to reach them, are kept in confidence by %s; here they go by initials and a number, the same in every log of this coach.",
			period, hoursRead(t.Minutes), counted(t.Clients, "client"), cmp.Or(organization, "the organization"))}
	for i := range lines {
		l := &lines[i]
		out.Rows = append(out.Rows, paper.HoursRow{Day: l.On.Format(short), Clients: listed(l.Clients), Numbers: numbered(l.Numbers), Kind: l.Kind, Modality: modalitiesRead[l.Modality], Paid: l.Paid, Minutes: l.Minutes})
	}
	for i := range clients {
		c := &clients[i]
		out.Clients = append(out.Clients, paper.HoursClient{Clients: listed(c.Clients), Numbers: numbered(c.Numbers), Group: strconv.Itoa(c.GroupSize), First: dayRead(c.FirstOn, short), Last: dayRead(c.LastOn, short),
			Sessions: strconv.Itoa(c.Sessions), Paid: hoursRead(c.PaidMinutes), ProBono: hoursRead(c.ProBonoMinutes)})
	}
	return out
}

func counted(n int, of string) string {
	if n != 1 {
		of += "s"
	}
	return strconv.Itoa(n) + " " + of
}
