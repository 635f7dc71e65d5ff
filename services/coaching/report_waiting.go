package coaching

import (
	"context"
	"time"

	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// WaitingQuery says which requests are counted.
type WaitingQuery struct {
	From models.Date `query:"from" doc:"First day on which they were made, where the organization is; eleven months before the month of to when left out" example:"2025-10-01"`
	To   models.Date `query:"to" doc:"Last day; today when left out" example:"2026-09-30"`
}

// WaitingReport is how long people wait for a coach, from the request to the first session that took place.
type WaitingReport struct {
	AsOf   time.Time    `json:"as_of"`
	From   models.Date  `json:"from" example:"2025-10-01"`
	To     models.Date  `json:"to" example:"2026-09-30"`
	All    WaitTimes    `json:"all" doc:"Of all requests of these days"`
	Months []WaitMonth  `json:"months" nullable:"false" doc:"By the month in which they were made; months without a request are not there"`
	Now    []WaitingNow `json:"waiting_now" nullable:"false" doc:"Who waits for a first session now, whenever they asked, by how long they have; paused ones do not wait"`
	Oldest *int         `json:"oldest_days" doc:"How long the one has waited who has waited longest; null when nobody waits" example:"41"`
}

// WaitTimes are numbers of requests. A couple is one.
type WaitTimes struct {
	Requests int      `json:"requests" example:"31"`
	Begun    int      `json:"begun" doc:"Had a first session" example:"24"`
	Waiting  int      `json:"waiting" doc:"Wait for it still, those among them who are paused; waiting_now leaves these out" example:"4"`
	Ended    int      `json:"ended" doc:"Ended without one" example:"3"`
	Median   *float64 `json:"median_days" doc:"From the request to the first session, of those that had one; half waited no longer" example:"9.5"`
	P90      *float64 `json:"p90_days" doc:"Nine of ten waited no longer" example:"21"`
}

// WaitMonth is the requests of one month.
type WaitMonth struct {
	Month string `json:"month" example:"2026-09"`
	WaitTimes
}

// WaitingNow is how many have waited for so long.
type WaitingNow struct {
	FromDays  int  `json:"from_days" example:"7"`
	UntilDays *int `json:"until_days" doc:"Not counted; null for no end" example:"14"`
	Requested int  `json:"requested" doc:"No coach is proposed" example:"3"`
	Proposed  int  `json:"proposed" doc:"A coach is proposed, and not everybody has accepted" example:"1"`
	Accepted  int  `json:"accepted" doc:"Accepted by all, with no session yet" example:"2"`
}

const (
	// asked are requests with their first session, and how many days it took.
	asked = `select e.state, e.live, f.starts_at is not null as begun, greatest(0, extract(epoch from f.starts_at - e.requested_at) / 86400.0) as days, to_char(e.requested_at at time zone @zone, 'YYYY-MM') as month
		from engagements e left join lateral (select s.starts_at from coaching_sessions s where s.engagement_id = e.id and s.state = 'completed' order by s.starts_at limit 1) f on true
		where e.requested_at >= @from and e.requested_at < @until and e.end_reason is distinct from 'superseded'`

	waitTimes = `count(*)::int as requests, count(*) filter (where begun)::int as begun, count(*) filter (where live and not begun)::int as waiting, count(*) filter (where not live and not begun)::int as ended,
		round((percentile_cont(0.5) within group (order by days) filter (where begun))::numeric, 1)::float8 as median, round((percentile_cont(0.9) within group (order by days) filter (where begun))::numeric, 1)::float8 as p90`

	// waitsNow is in live engagements; whoever's first session took place waits no more.
	waitsNow = `select b.from_days, b.until_days, count(w.id) filter (where w.state = 'requested')::int as requested, count(w.id) filter (where w.state = 'matched')::int as proposed,
			count(w.id) filter (where w.state = 'active')::int as accepted
		from (values (0, 7), (7, 14), (14, 30), (30, 60), (60, null)) b(from_days, until_days)
		left join (select e.id, e.state, floor(extract(epoch from @now - e.requested_at) / 86400)::int as days from engagements e where e.state in ('requested', 'matched', 'active')
			and not exists (select from coaching_sessions s where s.engagement_id = e.id and s.state = 'completed')) w on w.days >= b.from_days and (b.until_days is null or w.days < b.until_days)
		group by b.from_days, b.until_days order by b.from_days`

	waitsLongest = `select floor(extract(epoch from @now - e.requested_at) / 86400)::int from engagements e where e.state in ('requested', 'matched', 'active')
		and not exists (select from coaching_sessions s where s.engagement_id = e.id and s.state = 'completed') order by e.requested_at limit 1`

	longestWaiting = 5 * 366 // days of one report
)

// Waiting sums up how long people wait for a coach. Requests that ended because two records were merged count nowhere.
// Errors: invalid for days that are none.
func (s *Service) Waiting(ctx context.Context, in WaitingQuery) (*WaitingReport, error) {
	now := s.core.Clock.Now()
	zone, err := time.LoadLocation(models.DefaultTimeZone)
	if err != nil {
		return nil, err
	}
	if in.To.IsZero() {
		in.To = models.DayIn(now, models.DefaultTimeZone)
	}
	if in.From.IsZero() {
		in.From = models.NewDate(in.To.Year(), in.To.Month()-11, 1)
	}
	if in.From.Year() < firstYear || in.To.Year() > lastYear || in.To.Before(in.From.Time) || in.To.Sub(in.From.Time) > longestWaiting*24*time.Hour {
		return nil, services.InvalidField("query/to", "out_of_range", "Give a last day that is not before the first, five years after it at most, in years from %d to %d.", firstYear, lastYear)
	}
	args := map[string]any{"now": now, "zone": models.DefaultTimeZone, "from": time.Date(in.From.Year(), in.From.Month(), in.From.Day(), 0, 0, 0, 0, zone),
		"until": time.Date(in.To.Year(), in.To.Month(), in.To.Day()+1, 0, 0, 0, 0, zone)}
	return services.Read(ctx, s.core, func(db *gorm.DB) (*WaitingReport, error) {
		out := &WaitingReport{AsOf: now, From: in.From, To: in.To, Months: []WaitMonth{}, Now: []WaitingNow{}}
		if err := db.Raw(`select `+waitTimes+` from (`+asked+`) a`, args).Scan(&out.All).Error; err != nil {
			return nil, err
		}
		if err := db.Raw(`select month, `+waitTimes+` from (`+asked+`) a group by month order by month`, args).Scan(&out.Months).Error; err != nil {
			return nil, err
		}
		if err := db.Raw(waitsNow, args).Scan(&out.Now).Error; err != nil {
			return nil, err
		}
		return out, db.Raw(waitsLongest, args).Scan(&out.Oldest).Error
	})
}
