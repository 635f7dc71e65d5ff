package coaching

import (
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

// HoursPage pages through the two tables of a log, each by itself.
type HoursPage struct {
	services.PageQuery
	ClientCursor string `query:"client_cursor" maxLength:"600" doc:"The next_cursor of by_client; good for the same caller and filters only"`
}

// HoursBy is what a row of a file of hours is about.
type HoursBy string

// The kinds of rows.
const (
	HoursBySession HoursBy = "session"
	HoursByClient  HoursBy = "client"
)

// HoursLine is one session that took place.
type HoursLine struct {
	SessionID uuid.UUID       `json:"coaching_session_id"`
	On        models.Date     `json:"on" gorm:"-" doc:"The day, in the coach's zone" example:"2026-09-03"`
	StartsAt  time.Time       `json:"starts_at"`
	Clients   []string        `json:"clients" gorm:"-" nullable:"false" doc:"Initials of those who were coached; – for somebody close to the caller, or whose record is kept to others" example:"[\"M. R.\"]"`
	Numbers   []int           `json:"client_numbers" gorm:"-" nullable:"false" doc:"By which number each of clients goes in every log of this coach, in the same order; 0 for who is a dash" example:"[3]"`
	Count     int             `json:"client_count" gorm:"-" example:"1"`
	Kind      string          `json:"kind" gorm:"-" enum:"individual,couple" example:"individual"`
	Minutes   int             `json:"minutes" example:"50"`
	Paid      bool            `json:"paid" doc:"The coach was paid for it; else it was pro bono"`
	Modality  models.Modality `json:"modality" enum:"online,phone,in_person"`

	Who hoursClients `json:"-" gorm:"type:json"`
}

// hoursClients are those of a session, as the query answers them.
type hoursClients []struct {
	ID            uuid.UUID
	Given, Family string
	Closed        bool
	Number        int
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
	PaidMinutes       int     `json:"paid_minutes" example:"4900"`
	PaidHours         float64 `json:"paid_hours" doc:"Of sixty minutes" example:"81.67"`
	ProBonoMinutes    int     `json:"pro_bono_minutes" example:"970"`
	ProBonoHours      float64 `json:"pro_bono_hours" doc:"Of sixty minutes" example:"16.17"`
	IndividualMinutes int     `json:"individual_minutes" example:"5270"`
	CoupleMinutes     int     `json:"couple_minutes" doc:"With two at once, whom those who certify coaches call a group" example:"600"`
	Clients           int     `json:"clients" doc:"People, each once" example:"21"`
}

// HoursLog is a page of the log with the sums, and one of what each client had.
type HoursLog struct {
	CoachID  uuid.UUID   `json:"coach_id"`
	Coach    string      `json:"coach" example:"Dana Wells"`
	TimeZone string      `json:"time_zone" example:"America/Chicago"`
	From     models.Date `json:"from" example:"2026-01-01"`
	To       models.Date `json:"to" example:"2026-12-31"`
	Totals   HoursTotals `json:"totals"`
	services.Page[HoursLine]
	ByClient services.Page[HoursOfClient] `json:"by_client" doc:"The same sessions by who was there, in the order of their numbers; limit rows at a time, client_cursor takes its next_cursor"`
}

const (
	hoursWhere = `s.coach_id = ? and s.state = 'completed' and s.starts_at >= ? and s.starts_at < ?`

	hoursColumns = `s.id as session_id, s.starts_at, s.modality, s.paid, ` + heldMinutes + ` as minutes, (select ` + hoursNames + ` from coaching_attendance a join members m on m.id = a.member_id
			left join coach_clients n on n.coach_id = s.coach_id and n.member_id = m.id where a.session_id = s.id and coalesce(a.status, 'present') in ('present', 'late')) as who`

	// hoursNames are members m with their numbers n, for somebody on a day.
	hoursNames = `json_agg(json_build_object('id', m.id, 'given', coalesce(nullif(btrim(m.preferred_name), ''), m.given_name), 'family', m.family_name, 'number', coalesce(n.number, 0),
		'closed', m.id in (select closed_to(?, ?))) order by n.number, m.id)`

	// heldMinutes is how long a session s took: as noted, else as planned.
	heldMinutes = `coalesce(s.minutes, round(extract(epoch from s.ends_at - s.starts_at) / 60)::int)`

	hoursTotals = `select count(*)::int as sessions, coalesce(sum(minutes), 0)::int as minutes, coalesce(sum(minutes) filter (where paid), 0)::int as paid_minutes,
			coalesce(sum(minutes) filter (where not paid), 0)::int as pro_bono_minutes, coalesce(sum(minutes) filter (where n < 2), 0)::int as individual_minutes,
			coalesce(sum(minutes) filter (where n > 1), 0)::int as couple_minutes
		from (select s.paid, ` + heldMinutes + ` as minutes, (select count(*) from coaching_attendance a where a.session_id = s.id and coalesce(a.status, 'present') in ('present', 'late')) as n
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
	t.Hours, t.PaidHours, t.ProBonoHours = hoursIn(t.Minutes), hoursIn(t.PaidMinutes), hoursIn(t.ProBonoMinutes)
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
	l.Count, l.Kind = len(l.Who), "individual"
	if l.Count > 1 {
		l.Kind = "couple"
	}
	l.Clients, l.Numbers = l.Who.tell(d)
}

// tell is what they are called here: initials, and a number that tells two of the same initials apart.
func (c hoursClients) tell(d *services.Disclosure) (names []string, numbers []int) {
	names, numbers = []string{}, []int{}
	for _, of := range c {
		if of.Closed {
			names, numbers = append(names, otherPerson), append(numbers, 0)
			continue
		}
		names, numbers = append(names, initials(of.Given, of.Family)), append(numbers, of.Number)
		d.Subject(of.ID)
	}
	return names, numbers
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

// HoursLog pages through the sessions that a coach held, and through their clients, with the sums of all days asked for: what those ask
// for who certify coaches, with initials and numbers for names. Who is named in it is told so.
// Errors: not_found, of somebody else's to who does not coordinate; invalid for days that are none.
func (s *Service) HoursLog(ctx context.Context, coachID uuid.UUID, in HoursLogQuery, page HoursPage) (*HoursLog, error) {
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
		if out.Page, err = hoursList.Find(ctx, s.core, h.lines(d.DB), page.PageQuery); err != nil {
			return nil, err
		}
		if out.ByClient, err = hoursClientList.Find(ctx, s.core, h.clients(d.DB), services.PageQuery{Limit: page.Limit, Cursor: page.ClientCursor}); err != nil {
			return nil, err
		}
		for i := range out.Data {
			out.Data[i].tell(d, h.TimeZone)
		}
		for i := range out.ByClient.Data {
			out.ByClient.Data[i].tell(d, h.TimeZone)
		}
		return out, nil
	})
}
