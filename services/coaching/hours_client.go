package coaching

import (
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// HoursOfClient is what one client had of a coach in the days asked for, or two who were coached together: their sessions stand once, so
// that the rows add up to the sums. It is what the International Coaching Federation has a coach log per client: start and end of the
// relationship, hours paid and pro bono, and of a group one of its people and how many they are. For clients whom an organization keeps
// in confidence its letter says hours, number of clients and period instead of names.
// https://icfsupport.freshdesk.com/support/solutions/articles/5000653702 (What information does ICF require for the client coaching log?)
type HoursOfClient struct {
	Clients        []string     `json:"clients" gorm:"-" nullable:"false" doc:"Initials; – for somebody close to the caller, or whose record is kept to others" example:"[\"M. R.\"]"`
	Numbers        []int        `json:"client_numbers" gorm:"-" nullable:"false" doc:"By which number each of clients goes in every log of this coach, in the same order; 0 for who is a dash" example:"[3]"`
	GroupSize      int          `json:"group_size" doc:"How many were coached together: 1 is an individual client" example:"1"`
	FirstOn        *models.Date `json:"first_on" gorm:"-" nullable:"true" doc:"The first day with this coach, also before the days asked for; null for who is a dash" example:"2026-02-11"`
	LastOn         *models.Date `json:"last_on" gorm:"-" nullable:"true" doc:"The last day with this coach; null while it goes on, and for who is a dash" example:"2026-11-04"`
	Sessions       int          `json:"sessions" example:"9"`
	PaidMinutes    int          `json:"paid_minutes" example:"300"`
	PaidHours      float64      `json:"paid_hours" gorm:"-" doc:"Of sixty minutes" example:"5"`
	ProBonoMinutes int          `json:"pro_bono_minutes" example:"150"`
	ProBonoHours   float64      `json:"pro_bono_hours" gorm:"-" doc:"Of sixty minutes" example:"2.5"`

	FirstSession uuid.UUID    `json:"-"`
	Number       int          `json:"-"`
	Began, Ended *time.Time   `json:"-"`
	Who          hoursClients `json:"-" gorm:"type:json"`
}

const (
	// hoursByClient groups the sessions held by who was there.
	hoursByClient = `select h.members, cardinality(h.members) as group_size, min(h.id::text)::uuid as first_session, count(*)::int as sessions, min(h.starts_at) as first_at, max(h.starts_at) as last_at,
			coalesce(sum(h.minutes) filter (where h.paid), 0)::int as paid_minutes, coalesce(sum(h.minutes) filter (where not h.paid), 0)::int as pro_bono_minutes
		from (select s.id, s.starts_at, s.paid, ` + heldMinutes + ` as minutes,
				array(select a.member_id from coaching_attendance a where a.session_id = s.id and coalesce(a.status, 'present') in ('present', 'late') order by a.member_id) as members
			from coaching_sessions s where ` + hoursWhere + `) h
		group by h.members`

	// hoursWho are those of a group g, by their numbers with the coach ?.
	hoursWho = `cross join lateral (select ` + hoursNames + ` as who, coalesce(min(n.number), 0) as number from members m left join coach_clients n on n.coach_id = ? and n.member_id = m.id
		where m.id = any(g.members)) w`

	// hoursSpan is from when to when all of a group g were with the coach ?, in whichever engagements: since it was active, or the coach
	// came to it, until the coach or one of them left.
	hoursSpan = `cross join lateral (select min(x.begins) as begins, max(x.ends) as ends, bool_or(x.ends is null) as goes_on
		from (select case when e.activated_at between t.starts_at and coalesce(t.ends_at, 'infinity') then e.activated_at else t.starts_at end as begins, least(t.ends_at, p.left_at, o.left_at) as ends
			from engagement_participants p join engagements e on e.id = p.engagement_id and e.activated_at is not null
				join engagement_coaches t on t.engagement_id = e.id and t.coach_id = ? and t.outcome is distinct from 'declined'
				left join engagement_participants o on o.engagement_id = e.id and o.member_id = g.members[2]
			where p.member_id = g.members[1] and (g.group_size < 2 or o.id is not null)) x) t`

	hoursClientColumns = `g.first_session, g.group_size, g.sessions, g.paid_minutes, g.pro_bono_minutes, w.number, w.who, least(t.begins, g.first_at) as began, case when not coalesce(t.goes_on, false) then greatest(t.ends, g.last_at) end as ended`
)

var hoursClientList = services.List[HoursOfClient]{
	IDColumn: "g.first_session", ID: func(c HoursOfClient) uuid.UUID { return c.FirstSession }, Default: "number",
	Sorts: []services.Sort[HoursOfClient]{{Name: "number", Column: "w.number", Cast: "int", Key: func(c HoursOfClient) any { return c.Number }}},
}

func (h *hoursAsked) clients(db *gorm.DB) *gorm.DB {
	return db.Table("(?) as g", db.Raw(hoursByClient, h.ID, h.from, h.until)).Joins(hoursWho, h.actor.MemberID, models.DateOf(h.now), h.ID).Joins(hoursSpan, h.ID).Select(hoursClientColumns)
}

// tell puts a row into words, and names to the log those whom it is about.
func (c *HoursOfClient) tell(d *services.Disclosure, zone string) {
	c.PaidHours, c.ProBonoHours = hoursIn(c.PaidMinutes), hoursIn(c.ProBonoMinutes)
	c.Clients, c.Numbers = c.Who.tell(d)
	if slices.Contains(c.Clients, otherPerson) {
		return // how long somebody close to the caller has had a coach is not theirs to know
	}
	c.FirstOn, c.LastOn = localDay(c.Began, zone), localDay(c.Ended, zone)
}

func localDay(at *time.Time, zone string) *models.Date {
	if at == nil {
		return nil
	}
	day := models.DayIn(*at, zone)
	return &day
}

func hoursClientTable(clients []HoursOfClient) [][]string {
	rows := [][]string{{"clients", "client_numbers", "group_size", "first_on", "last_on", "sessions", "paid_minutes", "paid_hours", "pro_bono_minutes", "pro_bono_hours"}}
	for i := range clients {
		c := &clients[i]
		rows = append(rows, []string{listed(c.Clients), numbered(c.Numbers), strconv.Itoa(c.GroupSize), dayRead(c.FirstOn, time.DateOnly), dayRead(c.LastOn, time.DateOnly), strconv.Itoa(c.Sessions),
			strconv.Itoa(c.PaidMinutes), hoursRead(c.PaidMinutes), strconv.Itoa(c.ProBonoMinutes), hoursRead(c.ProBonoMinutes)})
	}
	return rows
}

// dayRead is a day as a file has it, empty for none.
func dayRead(day *models.Date, layout string) string {
	if day == nil {
		return ""
	}
	return day.Format(layout)
}
