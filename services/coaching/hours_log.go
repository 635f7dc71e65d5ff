package coaching

import (
	"bytes"
	"context"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/imports"
	"homefront/services/paper"
)

// hoursLogs bounds how many files of hours one account draws.
var hoursLogs = services.Limit{Name: "coaching.hours_logs", Every: 10 * time.Second, Burst: 30}

const (
	// mostInLog bounds one file: a coach of thirty sessions a week holds that many in three years.
	mostInLog   = 5_000
	longestLog  = 10 * 366 // days
	otherPerson = "–"      // whose initials the caller may not see
)

// HoursLogQuery says which days. Days are those of the coach's zone.
type HoursLogQuery struct {
	From models.Date `query:"from" doc:"First day; the first of this year when left out" example:"2026-01-01"`
	To   models.Date `query:"to" doc:"Last day; today when left out" example:"2026-12-31"`
}

// HoursLine is one session that took place.
type HoursLine struct {
	SessionID uuid.UUID       `json:"coaching_session_id"`
	On        models.Date     `json:"on" gorm:"-" doc:"The day, in the coach's zone" example:"2026-09-03"`
	StartsAt  time.Time       `json:"starts_at"`
	Clients   []string        `json:"clients" gorm:"-" nullable:"false" doc:"Initials of those who were coached; – for somebody close to the caller, or whose record is kept to others" example:"[\"M. R.\"]"`
	Count     int             `json:"client_count" gorm:"-" example:"1"`
	Kind      string          `json:"kind" gorm:"-" enum:"individual,couple" example:"individual"`
	Minutes   int             `json:"minutes" example:"50"`
	Modality  models.Modality `json:"modality" enum:"online,phone,in_person"`

	Who hoursClients `json:"-" gorm:"type:json"`
}

// hoursClients are those of a session, as the query answers them.
type hoursClients []struct {
	ID            uuid.UUID
	Given, Family string
	Closed        bool
}

// Scan implements sql.Scanner.
func (c *hoursClients) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		return nil
	case []byte:
		return json.Unmarshal(v, c)
	case string:
		return json.Unmarshal([]byte(v), c)
	}
	return fmt.Errorf("clients: cannot read %T", src)
}

// Value implements driver.Valuer, without which GORM takes the field for a relation.
func (c hoursClients) Value() (driver.Value, error) {
	b, err := json.Marshal(c)
	return string(b), err
}

// HoursTotals sums up all days asked for, not the page alone.
type HoursTotals struct {
	Sessions          int     `json:"sessions" example:"118"`
	Minutes           int     `json:"minutes" example:"5870"`
	Hours             float64 `json:"hours" doc:"Of sixty minutes" example:"97.83"`
	IndividualMinutes int     `json:"individual_minutes" example:"5270"`
	CoupleMinutes     int     `json:"couple_minutes" example:"600"`
	Clients           int     `json:"clients" doc:"People, each once" example:"21"`
}

// HoursLog is a page of the log with the sums.
type HoursLog struct {
	CoachID  uuid.UUID   `json:"coach_id"`
	Coach    string      `json:"coach" example:"Dana Wells"`
	TimeZone string      `json:"time_zone" example:"America/Chicago"`
	From     models.Date `json:"from" example:"2026-01-01"`
	To       models.Date `json:"to" example:"2026-12-31"`
	Totals   HoursTotals `json:"totals"`
	services.Page[HoursLine]
}

const (
	hoursWhere = `s.coach_id = ? and s.state = 'completed' and s.starts_at >= ? and s.starts_at < ?`

	hoursColumns = `s.id as session_id, s.starts_at, s.modality, ` + heldMinutes + ` as minutes, (select json_agg(json_build_object('id', m.id, 'given', coalesce(nullif(btrim(m.preferred_name), ''), m.given_name),
			'family', m.family_name, 'closed', m.id in (select closed_to(?, ?))) order by m.id) from coaching_attendance a join members m on m.id = a.member_id
		where a.session_id = s.id and coalesce(a.status, 'present') in ('present', 'late')) as who`

	// heldMinutes is how long a session s took: as noted, else as planned.
	heldMinutes = `coalesce(s.minutes, round(extract(epoch from s.ends_at - s.starts_at) / 60)::int)`

	hoursTotals = `select count(*)::int as sessions, coalesce(sum(minutes), 0)::int as minutes, coalesce(sum(minutes) filter (where n < 2), 0)::int as individual_minutes,
			coalesce(sum(minutes) filter (where n > 1), 0)::int as couple_minutes
		from (select ` + heldMinutes + ` as minutes, (select count(*) from coaching_attendance a where a.session_id = s.id and coalesce(a.status, 'present') in ('present', 'late')) as n
			from coaching_sessions s where ` + hoursWhere + `) held`

	hoursClientsCount = `select count(distinct a.member_id) from coaching_sessions s join coaching_attendance a on a.session_id = s.id where ` + hoursWhere + ` and coalesce(a.status, 'present') in ('present', 'late')`
)

var hoursList = services.List[HoursLine]{
	IDColumn: "s.id", ID: func(l HoursLine) uuid.UUID { return l.SessionID }, Default: "starts_at",
	Sorts: []services.Sort[HoursLine]{{Name: "starts_at", Column: "s.starts_at", Cast: "timestamptz", Key: func(l HoursLine) any { return l.StartsAt }}},
}

// hoursAsked is a coach whose hours are asked for, and which.
type hoursAsked struct {
	ID          uuid.UUID
	Given       string
	Family      string
	TimeZone    string
	query       HoursLogQuery
	from, until time.Time
	actor       *services.Actor
	now         time.Time
}

// hoursAskedOf reads whose hours somebody may see: coordinators everybody's, coaches their own.
// Errors: not_found; invalid for days that are none.
func hoursAskedOf(db *gorm.DB, actor *services.Actor, now time.Time, coachID uuid.UUID, in HoursLogQuery) (*hoursAsked, error) {
	var found []hoursAsked
	q := db.Table("coaches as c").Joins("join members m on m.id = c.id").Select("c.id, c.time_zone, "+calledSQL).Where("c.id = ?", coachID)
	if !actor.Coordinates() {
		q = q.Where("c.id = ?", actor.MemberID)
	}
	if err := q.Limit(1).Scan(&found).Error; err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, services.NotFound("coach")
	}
	h := &found[0]
	zone, err := time.LoadLocation(h.TimeZone)
	if err != nil {
		return nil, err
	}
	today := models.DayIn(now, h.TimeZone)
	if in.To.IsZero() {
		in.To = today
	}
	if in.From.IsZero() {
		in.From = models.NewDate(in.To.Year(), time.January, 1)
	}
	if in.From.Year() < firstYear || in.To.Year() > lastYear || in.To.Before(in.From.Time) || in.To.Sub(in.From.Time) > longestLog*24*time.Hour {
		return nil, services.InvalidField("query/to", "out_of_range", "Give a last day that is not before the first, ten years after it at most, in years from %d to %d.", firstYear, lastYear)
	}
	h.query, h.actor, h.now = in, actor, now
	h.from = time.Date(in.From.Year(), in.From.Month(), in.From.Day(), 0, 0, 0, 0, zone)
	h.until = time.Date(in.To.Year(), in.To.Month(), in.To.Day()+1, 0, 0, 0, 0, zone)
	return h, nil
}

func (h *hoursAsked) lines(db *gorm.DB) *gorm.DB {
	return db.Table("coaching_sessions as s").Select(hoursColumns, h.actor.MemberID, models.DateOf(h.now)).Where(hoursWhere, h.ID, h.from, h.until)
}

func (h *hoursAsked) totals(db *gorm.DB) (t HoursTotals, err error) {
	if err := db.Raw(hoursTotals, h.ID, h.from, h.until).Scan(&t).Error; err != nil {
		return t, err
	}
	t.Hours = hoursIn(t.Minutes)
	return t, db.Raw(hoursClientsCount, h.ID, h.from, h.until).Scan(&t.Clients).Error
}

func (h *hoursAsked) name() string { return services.Line(h.Given + " " + h.Family) }

// hoursIn is hours of sixty minutes, to the hundredth.
func hoursIn(minutes int) float64 {
	h, _ := strconv.ParseFloat(strconv.FormatFloat(float64(minutes)/60, 'f', 2, 64), 64)
	return h
}

// tell puts a line into words, and names to the log those whom it is about.
func (l *HoursLine) tell(d *services.Disclosure, zone string) {
	l.On, l.StartsAt = models.DayIn(l.StartsAt, zone), l.StartsAt.UTC()
	l.Clients, l.Count, l.Kind = []string{}, len(l.Who), "individual"
	if l.Count > 1 {
		l.Kind = "couple"
	}
	for _, c := range l.Who {
		if c.Closed {
			l.Clients = append(l.Clients, otherPerson)
			continue
		}
		l.Clients = append(l.Clients, initials(c.Given, c.Family))
		d.Subject(c.ID)
	}
}

func initials(names ...string) string {
	var out []string
	for _, n := range names {
		for _, r := range n {
			if unicode.IsLetter(r) {
				out = append(out, string(unicode.ToUpper(r))+".")
				break
			}
		}
	}
	return strings.Join(out, " ")
}

// HoursLog pages through the sessions that a coach held, with the sums of all days asked for: what those ask for who certify
// coaches, with initials for names. Who is named in it is told so.
// Errors: not_found, of somebody else's to who does not coordinate; invalid for days that are none.
func (s *Service) HoursLog(ctx context.Context, coachID uuid.UUID, in HoursLogQuery, page services.PageQuery) (*HoursLog, error) {
	return services.Disclose(ctx, s.core, "coaching.hours_log", func(d *services.Disclosure) (*HoursLog, error) {
		d.Object(coachID)
		h, err := hoursAskedOf(d.DB, d.Tx().Actor(), d.Tx().Now(), coachID, in)
		if err != nil {
			return nil, err
		}
		out := &HoursLog{CoachID: h.ID, Coach: h.name(), TimeZone: h.TimeZone, From: h.query.From, To: h.query.To}
		if out.Totals, err = h.totals(d.DB); err != nil {
			return nil, err
		}
		if out.Page, err = hoursList.Find(ctx, s.core, h.lines(d.DB), page); err != nil {
			return nil, err
		}
		for i := range out.Data {
			out.Data[i].tell(d, h.TimeZone)
		}
		return out, nil
	})
}

// File is a file to take along.
type File struct {
	Name        string
	ContentType string
	Bytes       []byte
}

// PDFHours is the format of a file of hours that is printed; imports.CSV that of a spreadsheet.
const PDFHours = "pdf"

// HoursLogFile is the log as a file: for a spreadsheet program, in which no name computes, or printed.
// Errors: those of HoursLog; too_many; invalid too_many_rows.
func (s *Service) HoursLogFile(ctx context.Context, coachID uuid.UUID, format string, in HoursLogQuery) (*File, error) {
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
		lines, err := services.Rows[HoursLine](h.lines(d.DB).Order("s.starts_at, s.id"), mostInLog+1)
		if err != nil {
			return nil, err
		}
		if len(lines) > mostInLog {
			return nil, services.InvalidField("query/from", "too_many_rows", "These days hold more than %d sessions; take fewer at a time.", mostInLog)
		}
		totals, err := h.totals(d.DB)
		if err != nil {
			return nil, err
		}
		for i := range lines {
			lines[i].tell(d, h.TimeZone)
		}
		out := &File{Name: fmt.Sprintf("coaching-hours-%s-%s.%s", h.query.From, h.query.To, format), ContentType: "application/pdf"}
		if format == PDFHours {
			out.Bytes, err = h.onPaper(s.cfg.OrgName, lines, totals).PDF()
			return out, err
		}
		var file bytes.Buffer
		out.ContentType, err = imports.WriteTable(&file, format, hoursTable(lines))
		out.Bytes = file.Bytes()
		return out, err
	})
}

func hoursTable(lines []HoursLine) [][]string {
	rows := [][]string{{"on", "clients", "client_count", "kind", "modality", "minutes", "hours", "coaching_session_id"}}
	for i := range lines {
		l := &lines[i]
		rows = append(rows, []string{l.On.String(), strings.Join(l.Clients, ", "), strconv.Itoa(l.Count), l.Kind, string(l.Modality), strconv.Itoa(l.Minutes),
			strconv.FormatFloat(hoursIn(l.Minutes), 'f', 2, 64), l.SessionID.String()})
	}
	return rows
}

// modalitiesRead are the modalities as they are read on paper.
var modalitiesRead = map[models.Modality]string{models.ModalityOnline: "online", models.ModalityPhone: "by phone", models.ModalityInPerson: "in person"}

func (h *hoursAsked) onPaper(organization string, lines []HoursLine, t HoursTotals) paper.HoursLog {
	const day = "January 2, 2006"
	hours := func(minutes int) string { return strconv.FormatFloat(hoursIn(minutes), 'f', 2, 64) }
	out := paper.HoursLog{Organization: organization, Coach: h.name(), Period: h.query.From.Format(day) + " to " + h.query.To.Format(day), At: h.now, Sums: []paper.HoursSum{
		{What: "hours", Number: hours(t.Minutes)}, {What: "hours, individual", Number: hours(t.IndividualMinutes)}, {What: "hours, couples", Number: hours(t.CoupleMinutes)},
		{What: "sessions", Number: strconv.Itoa(t.Sessions)}, {What: "clients", Number: strconv.Itoa(t.Clients)}}}
	for i := range lines {
		l := &lines[i]
		out.Rows = append(out.Rows, paper.HoursRow{Day: l.On.Format("Jan 2, 2006"), Clients: strings.Join(l.Clients, ", "), Kind: l.Kind, Modality: modalitiesRead[l.Modality], Minutes: l.Minutes})
	}
	return out
}
