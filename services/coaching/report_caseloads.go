package coaching

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// CaseloadQuery says for which weeks utilization is counted.
type CaseloadQuery struct {
	From  models.Date `query:"from" doc:"Weeks begin on Mondays where the organization is, that of this day the first; this week when left out" example:"2026-09-07"`
	Weeks int         `query:"weeks" minimum:"1" maximum:"13" default:"4" doc:"How many weeks"`
	services.PageQuery
}

// CoachLoad is how much a coach has to do.
type CoachLoad struct {
	CoachID     uuid.UUID  `json:"coach_id"`
	Name        string     `json:"name" gorm:"-" example:"Dana Wells"`
	Accepting   bool       `json:"accepting" doc:"Takes new clients"`
	SuspendedAt *time.Time `json:"suspended_at"`
	Limit       int        `json:"caseload_limit" example:"12"`
	Clients     int        `json:"clients" gorm:"-" doc:"Engagements that count for the limit: proposed, active and paused; a couple is one" example:"9"`
	Proposed    int        `json:"proposed" gorm:"-" example:"1"`
	Active      int        `json:"active" gorm:"-" example:"7"`
	Paused      int        `json:"paused" gorm:"-" example:"1"`
	Ahead       int        `json:"sessions_next_14_days" gorm:"-" example:"11"`
	Unlogged    int        `json:"sessions_not_logged" gorm:"-" doc:"Their time has passed, however long ago, and nothing is written down" example:"0"`
	HeldMinutes int        `json:"minutes_last_30_days" gorm:"-" doc:"Of completed sessions: as noted, else as planned" example:"1250"`
	HeldHours   float64    `json:"hours_last_30_days" gorm:"-" example:"20.83"`
	Booked      int        `json:"booked_minutes" gorm:"-" doc:"Of the weeks asked: sessions that took place or are to, and those to which nobody came" example:"1900"`
	Offered     *int       `json:"offered_minutes" gorm:"-" doc:"Of the weeks asked: the hours the coach keeps, without time off; null for who does not coach now" example:"4800"`
	Utilization *float64   `json:"utilization" gorm:"-" doc:"Booked through offered; above 1 where sessions were booked outside the hours, null when nothing is offered" example:"0.3958333333333333"`

	SupervisorID   *uuid.UUID                          `json:"supervisor_id" nullable:"true"`
	Supervisor     *string                             `json:"supervisor" gorm:"-" doc:"Null when nobody reads their supervision notes" example:"Sam Ortiz"`
	Missing        models.Texts[models.CredentialKind] `json:"credentials_missing" gorm:"-" nullable:"false" doc:"What they must hold and do not today: no new bookings" example:"[]"`
	CredentialsEnd *models.Date                        `json:"credentials_end" gorm:"-" nullable:"true" doc:"When the first of what they must hold lapses; null when something is missing, or none of it ends" example:"2027-12-31"`

	Given            string  `json:"-"`
	Family           string  `json:"-"`
	Sorted           string  `json:"-"`
	SupervisorGiven  *string `json:"-"`
	SupervisorFamily *string `json:"-"`
}

// CaseloadReport is a page of coaches, and the weeks for which utilization is counted.
type CaseloadReport struct {
	From models.Date `json:"from" doc:"First day of the weeks" example:"2026-09-07"`
	To   models.Date `json:"to" doc:"Last day" example:"2026-10-04"`
	services.Page[CoachLoad]
}

const sortedName = `folded(m.family_name || ' ' || m.given_name)`

var caseloadList = services.List[CoachLoad]{
	IDColumn: "c.id", ID: func(l CoachLoad) uuid.UUID { return l.CoachID }, Default: "name",
	Sorts: []services.Sort[CoachLoad]{{Name: "name", Column: sortedName, Cast: "text", Key: func(l CoachLoad) any { return l.Sorted }}},
}

const loadColumns = `c.id as coach_id, c.accepting, c.suspended_at, c.caseload_limit as "limit", c.supervisor_id, ` + calledSQL + `, ` + sortedName + ` as sorted,
	coalesce(nullif(btrim(b.preferred_name), ''), b.given_name) as supervisor_given, b.family_name as supervisor_family`

// readLoads counts for the coaches of one page alone, each by an index.
const readLoads = `select c.id as coach_id, x.clients, x.proposed, x.active, x.paused, y.ahead, u.unlogged, y.held_minutes, y.booked, z.missing, z.credentials_end from coaches c
	cross join lateral (select count(*) filter (where e.state in ('matched', 'active', 'paused')) as clients, count(*) filter (where e.state = 'matched') as proposed,
			count(*) filter (where e.state = 'active') as active, count(*) filter (where e.state = 'paused') as paused
		from engagements e where e.coach_id = c.id and e.state in ('matched', 'active', 'paused')) x
	cross join lateral (select count(*) filter (where s.live and s.starts_at >= @now and s.starts_at < @fortnight) as ahead,
			coalesce(sum(` + heldMinutes + `) filter (where s.state = 'completed' and s.starts_at >= @month and s.starts_at < @now), 0)::int as held_minutes,
			coalesce(sum(extract(epoch from s.ends_at - s.starts_at) / 60) filter (where (s.live or s.state in ('completed', 'no_show_member')) and s.starts_at >= @from and s.starts_at < @until), 0)::int as booked
		from coaching_sessions s where s.coach_id = c.id and s.starts_at >= @first and s.starts_at < @last) y
	cross join lateral (select count(*) as unlogged from coaching_sessions s where s.coach_id = c.id and s.state in ('booked', 'in_progress') and s.starts_at < @now and s.ends_at < @now) u
	cross join lateral (select array(select k from unnest(cast(@needed as text[])) k where not k = any(held.kinds)) as missing,
			case when cardinality(held.kinds) = cardinality(cast(@needed as text[])) then nullif(held.until, 'infinity') end as credentials_end
		from (select coalesce(array_agg(kind), '{}') as kinds, min(until) as until from (select r.kind, max(coalesce(r.expires_on, 'infinity')) as until from credentials r
			where r.member_id = c.id and r.kind = any(cast(@needed as text[])) and r.revoked_at is null and r.issued_on <= @today and (r.expires_on is null or r.expires_on >= @today) group by r.kind) k) held) z
	where c.id = any(@coaches)`

// loadCounts are the numbers of one coach.
type loadCounts struct {
	CoachID        uuid.UUID
	Clients        int
	Proposed       int
	Active         int
	Paused         int
	Ahead          int
	Unlogged       int
	HeldMinutes    int
	Booked         int
	Missing        models.Texts[models.CredentialKind]
	CredentialsEnd *models.Date
}

// The years that reports are asked about: others are slips of the keyboard, and some cannot be written down.
const (
	firstYear = 2000
	lastYear  = 2200
)

// Caseloads lists those who coach, suspended ones too, with how much each has to do, by name. It says nothing of any client.
// Errors: those of a list; invalid for a day of another age.
func (s *Service) Caseloads(ctx context.Context, in CaseloadQuery) (*CaseloadReport, error) {
	now := s.core.Clock.Now()
	first, from, until, err := weeksOf(now, in)
	if err != nil {
		return nil, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (*CaseloadReport, error) {
		out := &CaseloadReport{From: first, To: models.DateOf(first.AddDate(0, 0, 7*in.Weeks-1))}
		q := db.Table("coaches as c").Joins("join members m on m.id = c.id").Joins("left join members b on b.id = c.supervisor_id").Select(loadColumns).
			Where("c.archived_at is null")
		var err error
		if out.Page, err = caseloadList.Find(ctx, s.core, q, in.PageQuery); err != nil {
			return nil, err
		}
		weeks := models.TimeSpan{From: from, Until: until}
		if err := out.count(db, now, weeks); err != nil {
			return nil, err
		}
		return out, out.finish(db, now, weeks)
	})
}

func (r *CaseloadReport) ids() models.IDs {
	ids := make(models.IDs, len(r.Data))
	for i := range r.Data {
		ids[i] = r.Data[i].CoachID
	}
	return ids
}

// count adds the numbers, in one query.
func (r *CaseloadReport) count(db *gorm.DB, now time.Time, weeks models.TimeSpan) error {
	month, fortnight := now.AddDate(0, 0, -30), now.AddDate(0, 0, 14)
	var counts []loadCounts
	err := db.Raw(readLoads, map[string]any{"coaches": r.ids(), "now": now, "fortnight": fortnight, "month": month, "from": weeks.From, "until": weeks.Until,
		"first": models.Earlier(month, weeks.From), "last": models.Later(fortnight, weeks.Until), "needed": kindNames(false), "today": models.DateOf(now).Time}).Scan(&counts).Error
	for _, c := range counts {
		i := slices.IndexFunc(r.Data, func(l CoachLoad) bool { return l.CoachID == c.CoachID })
		l := &r.Data[i]
		l.Clients, l.Proposed, l.Active, l.Paused, l.Ahead, l.Unlogged = c.Clients, c.Proposed, c.Active, c.Paused, c.Ahead, c.Unlogged
		l.HeldMinutes, l.HeldHours, l.Booked, l.Missing, l.CredentialsEnd = c.HeldMinutes, hoursIn(c.HeldMinutes), c.Booked, c.Missing, c.CredentialsEnd
	}
	return err
}

// weeksOf are the weeks asked for: their first day, and from when to when they are where the organization is.
func weeksOf(now time.Time, in CaseloadQuery) (first models.Date, from, until time.Time, err error) {
	zone, err := time.LoadLocation(models.DefaultTimeZone)
	if err != nil {
		return first, from, until, err
	}
	day := in.From
	if day.IsZero() {
		day = models.DayIn(now, models.DefaultTimeZone)
	}
	if day.Year() < firstYear || day.Year() > lastYear {
		return first, from, until, services.InvalidField("query/from", "out_of_range", "Choose a day in a year from %d to %d.", firstYear, lastYear)
	}
	first = models.DateOf(day.AddDate(0, 0, -int(day.Weekday()+6)%7))
	from = time.Date(first.Year(), first.Month(), first.Day(), 0, 0, 0, 0, zone)
	return first, from, time.Date(first.Year(), first.Month(), first.Day()+7*in.Weeks, 0, 0, 0, 0, zone), nil
}

// finish adds what the hours of the coaches say, in one more query.
func (r *CaseloadReport) finish(db *gorm.DB, now time.Time, weeks models.TimeSpan) error {
	known, err := slotsAsked{coaches: r.ids(), from: weeks.From, till: weeks.Until, now: now}.read(db)
	if err != nil {
		return err
	}
	for i := range r.Data {
		l := &r.Data[i]
		l.Name = services.Line(l.Given + " " + l.Family)
		if l.SupervisorGiven != nil {
			name := services.Line(*l.SupervisorGiven + " " + *l.SupervisorFamily)
			l.Supervisor = &name
		}
		at := slices.IndexFunc(known, func(a models.Availability) bool { return a.Coach.ID == l.CoachID })
		if at < 0 {
			continue
		}
		offered, err := known[at].Offered(weeks)
		if err != nil {
			return err
		}
		minutes := int(offered.Minutes())
		l.Offered = &minutes
		if minutes > 0 {
			share := float64(l.Booked) / float64(minutes)
			l.Utilization = &share
		}
	}
	return nil
}
