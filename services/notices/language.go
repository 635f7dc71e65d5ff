package notices

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"text/template"
	"time"
)

//go:embed templates
var files embed.FS

// language is one of those we write in: its words, and how it says times.
type language struct {
	tag    string
	words  *template.Template
	day    func(t time.Time) string // Tuesday, October 6
	date   func(t time.Time) string // Tuesday, October 6, 2026
	clock  func(t time.Time) string // 6:00 PM
	at, to string                   // between date and clock, between two clocks
	here   string                   // after the clock of the reader
	busy   string                   // the title of a calendar entry that tells nothing
}

// languages are all that have a complete set of words, by primary tag. English is what the others fall back to.
var languages = load(
	language{tag: "en", day: formatted("Monday, January 2"), date: formatted("Monday, January 2, 2006"), clock: formatted("3:04 PM"),
		at: " at ", to: " to ", here: "where you are", busy: "Appointment"},
	language{tag: "es", day: spanishDay, date: spanishDate, clock: spanishClock, at: ", ", to: " a ", here: "donde está usted", busy: "Cita"},
)

func load(all ...language) map[string]*language {
	out := map[string]*language{}
	for _, l := range all {
		l.words = template.Must(template.New(l.tag).Option("missingkey=error").ParseFS(files, "templates/"+l.tag+".tmpl"))
		out[l.tag] = &l
	}
	names, err := fs.Glob(files, "templates/*.tmpl")
	if err != nil || len(names) != len(out) {
		panic(fmt.Sprintf("languages and templates differ: %d and %d, %v", len(out), len(names), err))
	}
	for _, name := range names {
		if out[strings.TrimSuffix(path.Base(name), ".tmpl")] == nil {
			panic("no language for " + name)
		}
	}
	return out
}

// languageFor takes a tag as people have it, such as "es-MX".
func languageFor(tag string) *language {
	primary, _, _ := strings.Cut(strings.ToLower(tag), "-")
	if l, ok := languages[primary]; ok {
		return l
	}
	return languages["en"]
}

// part is one text of one event.
func (l *language) part(name string, p *page) (string, error) {
	var b strings.Builder
	err := l.words.ExecuteTemplate(&b, name, p)
	return strings.TrimSpace(b.String()), err
}

// moment is a date with time and zone, as in "Tuesday, October 6, 2026 at 6:00 PM EDT".
func (l *language) moment(t time.Time, zone *time.Location) string {
	t = t.In(zone)
	return l.date(t) + l.at + l.clock(t) + " " + zoneName(t)
}

// span is moment with an end.
func (l *language) span(start time.Time, end *time.Time, zone *time.Location) string {
	if end == nil || !end.After(start) {
		return l.moment(start, zone)
	}
	from, until := start.In(zone), end.In(zone)
	if from.Format(time.DateOnly) != until.Format(time.DateOnly) {
		return l.moment(start, zone) + l.to + l.moment(*end, zone)
	}
	return l.date(from) + l.at + l.clock(from) + l.to + l.clock(until) + " " + zoneName(until)
}

// elsewhere is t, told in zone there, on the reader's own clock where that differs: " (1:00 PM HST where you are)".
func (l *language) elsewhere(t time.Time, there, readers *time.Location) string {
	at, here := t.In(there), t.In(readers)
	_, a := at.Zone()
	if _, b := here.Zone(); a == b {
		return ""
	}
	day := ""
	if at.Format(time.DateOnly) != here.Format(time.DateOnly) {
		day = l.day(here) + l.at
	}
	return fmt.Sprintf(" (%s%s %s %s)", day, l.clock(here), zoneName(here), l.here)
}

// dayAfter is the day of t, with its year when that is not the one of from.
func (l *language) dayAfter(from, t time.Time, zone *time.Location) string {
	from, t = from.In(zone), t.In(zone)
	if from.Year() != t.Year() {
		return l.date(t)
	}
	return l.day(t)
}

// zoneName is the abbreviation that people know, or the offset where there is none.
func zoneName(t time.Time) string {
	name, offset := t.Zone()
	if !strings.HasPrefix(name, "+") && !strings.HasPrefix(name, "-") {
		return name
	}
	sign := "+"
	if offset < 0 {
		sign, offset = "-", -offset
	}
	if minutes := offset / 60 % 60; minutes != 0 {
		return fmt.Sprintf("GMT%s%d:%02d", sign, offset/3600, minutes)
	}
	return fmt.Sprintf("GMT%s%d", sign, offset/3600)
}

func formatted(layout string) func(time.Time) string {
	return func(t time.Time) string { return t.Format(layout) }
}

var (
	spanishDays   = [...]string{"domingo", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado"}
	spanishMonths = [...]string{"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"}
)

func spanishDay(t time.Time) string {
	return fmt.Sprintf("%s %d de %s", spanishDays[t.Weekday()], t.Day(), spanishMonths[t.Month()-1])
}

func spanishDate(t time.Time) string {
	day, rest, _ := strings.Cut(spanishDay(t), " ")
	return fmt.Sprintf("%s, %s de %d", day, rest, t.Year())
}

func spanishClock(t time.Time) string {
	return strings.NewReplacer("AM", "a. m.", "PM", "p. m.").Replace(t.Format("3:04 PM"))
}
