package workshops

import (
	"bytes"
	"context"
	"strconv"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/imports"
)

// ReportFile writes the report as CSV: one number a line, so that the reports of many workshops go below one another.
// Errors: not_found; too_many.
func (s *Service) ReportFile(ctx context.Context, workshopID uuid.UUID) (*PaperFile, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.core.Take(ctx, papers, actor.AccountID.String()); err != nil {
		return nil, err
	}
	r, err := s.Report(ctx, workshopID)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	contentType, err := imports.WriteTable(&out, imports.CSV, r.table())
	return &PaperFile{Name: "report-" + models.DateOf(r.AsOf).String() + ".csv", ContentType: contentType, Bytes: out.Bytes()}, err
}

// reportLine is one number: of which part, of what in it, and which.
type reportLine struct {
	part, of, measure string
	value             string
}

func (r *WorkshopReport) table() [][]string {
	rows := [][]string{{"workshop_id", "workshop", "part", "of", "measure", "value"}}
	for _, l := range r.lines() {
		rows = append(rows, []string{r.Workshop.ID.String(), r.Workshop.Title, l.part, l.of, l.measure, l.value})
	}
	return rows
}

func (r *WorkshopReport) lines() (out []reportLine) {
	add := func(part, of, measure string, n int) {
		out = append(out, reportLine{part, of, measure, strconv.Itoa(n)})
	}
	add("sessions", "", "planned", r.Planned)
	add("sessions", "", "held", r.Held)
	add("sessions", "", "cancelled", r.Cancelled)
	add("people", "", "attended", r.People.Attended)
	add("people", "", "guests", r.People.Guests)
	add("people", "", "walk_ins", r.People.WalkIns)
	add("people", "", "veterans", r.People.Veterans)
	add("people", "", "serving", r.People.Serving)
	add("people", "", "family", r.People.Family)
	add("people", "", "supporters", r.People.Supporters)
	for _, k := range r.People.ByKind {
		add("kind", string(k.Kind), "attended", k.Count)
	}
	a := r.Attendance
	add("attendance", "", "attendances", a.Attendances)
	add("attendance", "", "late", a.Late)
	add("attendance", "", "excused", a.Excused)
	add("attendance", "", "no_shows", a.NoShows)
	add("attendance", "", "minutes", a.Minutes)
	rate := ""
	if a.Rate != nil {
		rate = strconv.FormatFloat(*a.Rate, 'f', 4, 64)
	}
	out = append(out, reportLine{"attendance", "", "hours", strconv.FormatFloat(a.Hours, 'f', 2, 64)}, reportLine{"attendance", "", "rate", rate})
	p := r.Registrations
	add("registrations", "", "parties", p.Parties)
	add("registrations", "", "confirmed", p.Confirmed)
	add("registrations", "", "cancelled", p.Cancelled)
	add("registrations", "", "late_cancels", p.LateCancels)
	add("registrations", "", "declined", p.Declined)
	add("registrations", "", "expired", p.Expired)
	add("waitlist", "", "people", p.WaitlistPeople)
	add("waitlist", "", "seated", p.WaitlistSeated)
	add("head_count", "", "contacts", r.HeadCount)
	for i := range r.Sessions {
		s := &r.Sessions[i]
		of := s.On.String() + " " + s.ID.String()
		out = append(out, reportLine{"session", of, "status", string(s.Status)})
		add("session", of, "present", s.Present)
		add("session", of, "late", s.Late)
		add("session", of, "excused", s.Excused)
		add("session", of, "absent", s.Absent)
		add("session", of, "minutes", s.Minutes)
		add("session", of, "walk_ins", s.WalkIns)
		add("session", of, "head_count", s.HeadCount)
	}
	return out
}
