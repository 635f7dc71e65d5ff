package coaching

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// Codes of times at which no session can begin.
const (
	CodeNotASlot = services.Code(models.WhyNotASlot) // outside the coach's hours, or between two of their starts
	CodeTooSoon  = services.Code(models.WhyTooSoon)
	CodeTooFar   = services.Code(models.WhyTooFar)
	CodeDayFull  = services.Code(models.WhyDayFull)
	CodeWeekFull = services.Code(models.WhyWeekFull)
)

// Staff and the coach book outside hours too, but nothing that is long over, nor for years to come.
const (
	staffBack  = 7 * 24 * time.Hour
	staffAhead = 2 * 366 * 24 * time.Hour
)

// Slot is a time at which a session can begin.
type Slot = models.Slot

// slotsAsked is for which slots somebody asks.
type slotsAsked struct {
	coaches    []uuid.UUID
	from, till time.Time // those that begin from then until before then
	now        time.Time
	most       int         // of each coach, the first; 0 for all
	limits     bool        // those that clients can book, by notice, horizon, credentials and limits per day and week
	minors     bool        // with a client under 18
	members    []uuid.UUID // whose own sessions stand in the way too
	except     []uuid.UUID // sessions that stand in nobody's way and do not count: the one that is to be moved
}

// coachSlots lists in order when sessions with coaches can begin, from a time until before another, in one round trip. limits
// asks for what clients can book at now; without, it is when the coaches work and are free. Sessions in except, such as one that
// is to be moved, stand in nobody's way. Who may not coach at all has none.
func coachSlots(db *gorm.DB, coachIDs []uuid.UUID, from, to, now time.Time, limits bool, except ...uuid.UUID) (map[uuid.UUID][]Slot, error) {
	return slotsAsked{coaches: coachIDs, from: from, till: to, now: now, limits: limits, except: except}.find(db)
}

func (q slotsAsked) find(db *gorm.DB) (map[uuid.UUID][]Slot, error) {
	known, err := q.read(db)
	if err != nil {
		return nil, err
	}
	out := make(map[uuid.UUID][]Slot, len(known))
	for i := range known {
		if out[known[i].Coach.ID], err = known[i].Slots(q.from, q.till, q.now, q.limits, q.most); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// slotCheck says of each of some times whether a session with a coach can begin then. What is booked already is for the calendar to
// say; the limits per day and week are right only while nobody else books the coach, so call calendar.Lock with the coach and all
// participants before it is asked. Staff and the coach book outside hours, notice, horizon and limits: of them at asks nothing.
type slotCheck struct {
	c     *models.Coach
	now   time.Time
	staff bool
	rows  []slotFacts
	a     *models.Availability
}

// read goes into a Batch before the rest.
func (s *slotCheck) read(db *gorm.DB, starts []time.Time, except []uuid.UUID) ([]services.Statement, error) {
	if s.staff {
		return nil, nil
	}
	q := slotsAsked{coaches: []uuid.UUID{s.c.ID}, from: slices.MinFunc(starts, time.Time.Compare), till: slices.MaxFunc(starts, time.Time.Compare), now: s.now, except: except}
	read, err := services.Find(q.query(db), &s.rows)
	return []services.Statement{read}, err
}

// at says why no session can begin at a time. One that can counts for the limits of those that are asked after it.
// Errors: conflict not_a_slot, too_soon, too_far, day_full, week_full.
func (s *slotCheck) at(start time.Time) error {
	if s.staff {
		return staffSlot(start, s.now)
	}
	a, err := s.known()
	if err != nil {
		return err
	}
	why, err := a.Check(start, s.now)
	if err == nil && why != "" {
		err = refusedSlot(why, s.c)
	}
	if err == nil {
		a.Counted = append(a.Counted, start)
	}
	return err
}

// takes says whether the coach takes over a session as it is booked: by their hours, time off and limits alone. One that they take
// counts for the limits of those that are asked after it.
func (s *slotCheck) takes(session *models.CoachingSession) (bool, error) {
	a, err := s.known()
	if err != nil {
		return false, err
	}
	why, err := a.Takes(models.TimeSpan{From: session.StartsAt, Until: session.EndsAt}, s.now)
	if err != nil || why != "" {
		return false, err
	}
	a.Counted = append(a.Counted, session.StartsAt)
	return true, nil
}

// known is what was read, but for the credentials: who may coach that day is asked by itself.
func (s *slotCheck) known() (*models.Availability, error) {
	if s.a == nil {
		known, err := availabilities(s.rows)
		if err != nil {
			return nil, err
		}
		s.a = &append(known, models.Availability{})[0]
		s.a.Coach, s.a.Needed = *s.c, nil
	}
	return s.a, nil
}

// staffSlot is what holds for staff.
func staffSlot(at, now time.Time) error {
	switch {
	case at.Before(now.Add(-staffBack)):
		return services.Conflict(CodeTooSoon, "A session that began more than 7 days ago can no longer be entered. Choose a later time.")
	case at.After(now.Add(staffAhead)):
		return services.Conflict(CodeTooFar, "That is more than two years ahead. Choose an earlier time.")
	}
	return nil
}

// refusedSlot says in words why no session can begin at a time.
func refusedSlot(why models.Why, c *models.Coach) error {
	switch why {
	case models.WhyTooSoon:
		return services.Conflict(CodeTooSoon, "Sessions with this coach are booked at least %d hours before they begin. Choose a later time, or ask us.", c.NoticeHours)
	case models.WhyTooFar:
		return services.Conflict(CodeTooFar, "Sessions with this coach are booked at most %d days ahead. Choose an earlier time.", c.HorizonDays)
	case models.WhyDayFull:
		return services.Conflict(CodeDayFull, "The coach has as many sessions that day as they take. Choose another day.")
	case models.WhyWeekFull:
		return services.Conflict(CodeWeekFull, "The coach has as many sessions that week as they take. Choose another week.")
	}
	return services.Conflict(CodeNotASlot, "No session with this coach begins at that time. Choose one of the free times.")
}

// slotFacts is a row of slotsSQL: a coach, and as JSON what decides when they are free.
type slotFacts struct {
	models.Coach
	Facts []byte
}

// slotsSQL reads all that decides when coaches are free. Its counted sessions are those that the limits per day and week count:
// what is to take place, and what took its time.
const slotsSQL = `select c.*, json_build_object(
	'schedules', (select json_agg(json_build_object('time_zone', s.time_zone, 'starts_on', s.starts_on, 'ends_on', s.ends_on,
			'hours', (select json_agg(json_build_object('rule', h.rule, 'from_time', h.from_time, 'until_time', h.until_time)) from coach_hours h where h.schedule_id = s.id)))
		from coach_schedules s where s.coach_id = c.id and s.starts_on <= @last and (s.ends_on is null or s.ends_on >= @first)),
	'overrides', (select json_agg(json_build_object('day', o.day, 'time_zone', o.time_zone, 'windows', o.windows))
		from coach_overrides o where o.coach_id = c.id and o.day between @first and @last),
	'time_off', (select json_agg(json_build_object('from', t.starts_at, 'until', t.ends_at))
		from coach_time_off t where t.coach_id = c.id and t.ends_at > @first and t.starts_at < @last),
	'busy', (select json_agg(json_build_object('from', lower(b.during), 'until', upper(b.during))) from (
			select during, source, source_id from commitments where resource_kind = 'person' and resource_id = c.id and during && tstzrange(@first, @last)
			union all select during, source, source_id from commitments where resource_kind = 'person' and resource_id = any(@members) and during && tstzrange(@first, @last)) b
		where not (b.source = 'coaching_session' and b.source_id = any(@except))),
	'counted', (select json_agg(x.starts_at) from coaching_sessions x where (c.max_per_day is not null or c.max_per_week is not null) and x.coach_id = c.id
		and x.starts_at between @first and @last and (x.live or x.state in ('completed', 'no_show_member')) and not x.id = any(@except)),
	'credentials', (select json_agg(json_build_object('kind', k.kind, 'issued_on', k.issued_on, 'expires_on', k.expires_on))
		from credentials k where k.member_id = c.id and k.revoked_at is null and k.kind = any(@needed))
	) as facts
	from coaches c where c.id = any(@coaches) and ` + works

// read is one round trip. What a week's limit counts is up to six days outside what is asked for, in the zone of the coach.
func (q slotsAsked) read(db *gorm.DB) ([]models.Availability, error) {
	var rows []slotFacts
	if err := q.query(db).Scan(&rows).Error; err != nil {
		return nil, err
	}
	out, err := availabilities(rows)
	for i := range out {
		out[i].Needed = kindNames(q.minors)
	}
	return out, err
}

func (q slotsAsked) query(db *gorm.DB) *gorm.DB {
	return db.Raw(slotsSQL, map[string]any{
		"coaches": models.IDs(q.coaches), "members": models.IDs(q.members), "except": models.IDs(q.except), "needed": kindNames(q.minors),
		"first": q.from.UTC().AddDate(0, 0, -8), "last": q.till.UTC().AddDate(0, 0, 9),
	})
}

func availabilities(rows []slotFacts) ([]models.Availability, error) {
	out := make([]models.Availability, len(rows))
	for i := range rows {
		if err := json.Unmarshal(rows[i].Facts, &out[i]); err != nil {
			return nil, err
		}
		out[i].Coach = rows[i].Coach
	}
	return out, nil
}
