package workshops

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// PublicFilter is what the catalog for everybody can be narrowed by, feeds too.
type PublicFilter struct {
	Format    []models.Format `query:"format,explode" enum:"in_person,online,hybrid" maxItems:"3" doc:"One or several"`
	ProgramID uuid.UUID       `query:"program_id" doc:"Of this program"`
}

// PublicQuery filters the catalog for everybody.
type PublicQuery struct {
	services.PageQuery
	PublicFilter
	StartsGTE    time.Time `query:"starts_gte" doc:"First session at or after this time"`
	StartsLT     time.Time `query:"starts_lt" doc:"First session before this time"`
	NearTimeZone string    `query:"near_time_zone" maxLength:"60" doc:"IANA name; those whose clocks differ from it by at most an hour on the day"`
}

// PublicVenue is where people come to.
type PublicVenue struct {
	Name          string      `json:"name" example:"Haymount Community House"`
	Address       string      `json:"address" example:"212 Hay St, Fayetteville, NC 28301"`
	Accessibility string      `json:"accessibility" example:"Step-free entrance on Old St"`
	Room          *PublicRoom `json:"room" doc:"The room; null when it has all of the venue"`
}

// PublicRoom is the room of the venue that people come to.
type PublicRoom struct {
	Name          string `json:"name" example:"Blue Room"`
	Accessibility string `json:"accessibility" doc:"Of the room, beside what is said of the venue" example:"Second floor by elevator; hearing loop"`
}

// Scan implements sql.Scanner.
func (v *PublicVenue) Scan(src any) error { return scanJSON(src, v) }

// PublicWorkshop is a workshop as anybody may see it: what the planner wrote, when and where, and whether there is room.
// Nobody is named in it, and no people are counted.
type PublicWorkshop struct {
	ID             uuid.UUID                 `json:"id"`
	Title          string                    `json:"title" example:"Living with Hypervigilance"`
	Summary        string                    `json:"summary" example:"Six evenings for veterans and the people they live with"`
	ProgramID      *uuid.UUID                `json:"program_id" nullable:"true"`
	Program        *string                   `json:"program" doc:"Name of the program" example:"Family Awareness"`
	Format         models.Format             `json:"format" enum:"in_person,online,hybrid" example:"in_person"`
	AttendanceMode models.Admission          `json:"attendance_mode" enum:"series,drop_in" doc:"series: one place for all sessions; drop_in: a place per session" example:"series"`
	Venue          *PublicVenue              `json:"venue" gorm:"type:json" doc:"Null where nobody comes in person, or where it is not settled"`
	TimeZone       string                    `json:"time_zone" example:"America/New_York"`
	AudienceKinds  models.Texts[models.Kind] `json:"audience_kinds" nullable:"false" doc:"Empty for everybody"`
	MinimumAge     *int                      `json:"minimum_age"`
	StartsAt       time.Time                 `json:"starts_at" doc:"Start of the first session"`
	EndsAt         time.Time                 `json:"ends_at" doc:"End of the last session"`
	NextAt         *time.Time                `json:"next_at" doc:"Start of the session that is under way or comes next"`
	OpensAt        *time.Time                `json:"opens_at" doc:"When registration opens; null for at once"`
	ClosesAt       *time.Time                `json:"closes_at" doc:"When registration closes; null for at the start"`
	Registration   models.Window             `json:"registration" gorm:"-" enum:"open,not_yet_open,closed,full" doc:"full: one can still ask to be put on the waiting list, where there is one" example:"open"`
	URL            string                    `json:"url" gorm:"-" doc:"Page of the app, to register at" example:"https://homefront.example.org/workshops/0199c1f2-8f6b-7a34-b0d1-6a2f0c9be0c1"`

	ListedUntil time.Time  `json:"-"`
	Room        bool       `json:"-"`
	ChangedAt   time.Time  `json:"-"`
	PublishedAt *time.Time `json:"-"`
}

// PublicSession is a session that is still to come.
type PublicSession struct {
	ID           uuid.UUID     `json:"id"`
	Title        string        `json:"title" doc:"Empty when it has none of its own" example:"Sleep"`
	StartsAt     time.Time     `json:"starts_at" example:"2026-10-27T22:00:00Z"`
	EndsAt       time.Time     `json:"ends_at" example:"2026-10-27T23:30:00Z"`
	TimeZone     string        `json:"time_zone" example:"America/New_York"`
	Venue        *PublicVenue  `json:"venue" gorm:"type:json" doc:"Null where nobody comes in person"`
	Registration models.Window `json:"registration" gorm:"-" enum:"open,not_yet_open,closed,full" doc:"Of a drop_in session its own, of a series the workshop's" example:"open"`

	Room bool `json:"-"`
}

// PublicWorkshopDetail is one workshop with its sessions.
type PublicWorkshopDetail struct {
	PublicWorkshop `gorm:"embedded"`
	Description    string          `json:"description"`
	Materials      string          `json:"materials" doc:"What to bring or prepare" example:"A notebook"`
	Asks           []string        `json:"asks,omitempty" gorm:"-" doc:"What its rules ask, in sentences; absent where it has none" example:"[\"This is for veterans or service members.\"]"`
	Sessions       []PublicSession `json:"sessions" gorm:"-" nullable:"false" doc:"Those to come, in order"`

	Rules models.Rules `json:"-"`
}

const (
	// forAll is which workshops the catalog for everybody shows: what is published, public and not over. Its argument: now.
	forAll = `w.visibility = 'published' and w.is_public and w.ends_at > ?`

	// venueForAll goes on with the room and the venue.
	venueForAll = `case when w.format <> 'online' then (select json_build_object('name', v.name, 'address', v.address, 'accessibility', v.accessibility,
		'room', (select json_build_object('name', x.name, 'accessibility', x.accessibility) from rooms x where x.id = `

	// publicColumns have arguments: now, twice. There is room where a pool that one can still register for has a seat;
	// asked as exists, the planner would rather read all pools once than those of a page.
	publicColumns = `w.id, w.title, w.summary, w.program_id, (select p.name from programs p where p.id = w.program_id) as program, w.format, w.attendance_mode,
		` + venueForAll + `w.room_id)) from venues v where v.id = w.venue_id) end as venue, w.time_zone, w.audience_kinds, w.minimum_age, w.starts_at, w.ends_at, w.opens_at, w.closes_at, w.listed_until, w.published_at,
		greatest(w.updated_at, (select max(u.updated_at) from workshop_sessions u where u.workshop_id = w.id), (select u.updated_at from venues u where u.id = w.venue_id)) as changed_at,
		(select min(n.starts_at) from workshop_sessions n where n.workshop_id = w.id and n.status = 'scheduled' and n.ends_at > ?) as next_at,
		coalesce((select true from pools p left join workshop_sessions n on n.id = p.session_id where p.workshop_id = w.id
			and (p.session_id is null or n.status = 'scheduled' and n.starts_at > ?) and ` + hasSeat + ` limit 1), false) as room`

	hasSeat = `case when p.child_capacity is null then p.taken < p.capacity else p.taken - p.taken_children < p.capacity end`
)

var publicCatalog = services.List[PublicWorkshop]{
	IDColumn: "w.id", ID: func(w PublicWorkshop) uuid.UUID { return w.ID }, Default: "starts_at",
	Sorts: []services.Sort[PublicWorkshop]{{Name: "starts_at", Column: "w.starts_at", Cast: "timestamptz", Key: func(w PublicWorkshop) any { return w.StartsAt }}},
}

// PublicWorkshops is the catalog for everybody: published workshops that their planners made public and that are not over,
// soonest first.
// Errors: invalid for an unknown time zone.
func (s *Service) PublicWorkshops(ctx context.Context, in PublicQuery) (services.Page[PublicWorkshop], error) {
	if in.NearTimeZone != "" && !models.KnownZone(in.NearTimeZone) {
		return services.Page[PublicWorkshop]{}, services.InvalidField("query/near_time_zone", "unknown", "Use an IANA time zone such as America/New_York.")
	}
	now := s.core.Clock.Now()
	return services.Read(ctx, s.core, func(db *gorm.DB) (services.Page[PublicWorkshop], error) {
		q := in.of(db.Table("workshops as w").Select(publicColumns, now, now).Where(forAll, now))
		if !in.StartsGTE.IsZero() {
			q = q.Where("w.starts_at >= ?", in.StartsGTE)
		}
		if !in.StartsLT.IsZero() {
			q = q.Where("w.starts_at < ?", in.StartsLT)
		}
		if in.NearTimeZone != "" {
			q = q.Where(nearZone, in.NearTimeZone)
		}
		page, err := publicCatalog.Find(ctx, s.core, q, in.PageQuery)
		for i := range page.Data {
			s.tellAll(&page.Data[i], now)
		}
		return page, err
	})
}

const nearZone = `abs(extract(epoch from (w.starts_at at time zone w.time_zone) - (w.starts_at at time zone ?))) <= 3600`

func (in *PublicFilter) of(q *gorm.DB) *gorm.DB {
	if len(in.Format) > 0 {
		q = q.Where("w.format in ?", in.Format)
	}
	if in.ProgramID != uuid.Nil {
		q = q.Where("w.program_id = ?", in.ProgramID)
	}
	return q
}

// tellAll says what is not in the row: where to go, and whether one can register.
func (s *Service) tellAll(w *PublicWorkshop, now time.Time) {
	w.StartsAt, w.EndsAt, w.NextAt, w.OpensAt, w.ClosesAt = w.StartsAt.UTC(), w.EndsAt.UTC(), inUTC(w.NextAt), inUTC(w.OpensAt), inUTC(w.ClosesAt)
	w.URL = s.pageOf(w.ID)
	start := w.StartsAt
	if w.AttendanceMode == models.AttendDropIn { // until the last of them has begun
		start = w.ListedUntil
	}
	w.Registration = w.window(now, start, w.Room)
}

func (w *PublicWorkshop) window(now, start time.Time, room bool) models.Window {
	of := models.Workshop{AttendanceMode: w.AttendanceMode, Visibility: models.VisibilityPublished, EndsAt: &w.EndsAt, OpensAt: w.OpensAt, ClosesAt: w.ClosesAt}
	word := of.WindowAt(now, start)
	if word == models.WindowOpen && !room {
		return models.WindowFull
	}
	return word
}

// pageOf is the page of the app about a workshop.
func (s *Service) pageOf(id uuid.UUID) string { return s.cfg.BaseURL + "/workshops/" + id.String() }

// PublicWorkshop shows one workshop of the catalog for everybody.
// Errors: not_found, for one that is not public as for an unknown id.
func (s *Service) PublicWorkshop(ctx context.Context, id uuid.UUID) (*PublicWorkshopDetail, error) {
	now := s.core.Clock.Now()
	return services.Read(ctx, s.core, func(db *gorm.DB) (*PublicWorkshopDetail, error) {
		found, err := services.Rows[PublicWorkshopDetail](db.Table("workshops as w").Select(publicColumns+", w.description, w.materials, w.rules", now, now).
			Where(forAll, now).Where("w.id = ?", id), 1)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, services.NotFound("workshop")
		}
		w := &found[0]
		s.tellAll(&w.PublicWorkshop, now)
		if w.Asks, err = asksOf(db, now, &models.Workshop{ProgramID: w.ProgramID, Rules: w.Rules}); err != nil {
			return nil, err
		}
		w.Sessions, err = publicSessions(db, &w.PublicWorkshop, now)
		return w, err
	})
}

func publicSessions(db *gorm.DB, w *PublicWorkshop, now time.Time) ([]PublicSession, error) {
	out := []PublicSession{}
	err := db.Table("workshop_sessions as s").Joins("join workshops w on w.id = s.workshop_id").
		Select(`s.id, s.title, s.starts_at, s.ends_at, s.time_zone, `+venueForAll+roomOf+`)) from venues v where v.id = coalesce(s.venue_id, w.venue_id)) end as venue,
			coalesce((select true from pools p where p.session_id = s.id and `+hasSeat+` limit 1), false) as room`).
		Where("s.workshop_id = ? and s.status = 'scheduled' and s.ends_at > ?", w.ID, now).Order("s.starts_at, s.id").Limit(maxSessions).Find(&out).Error
	for i := range out {
		p := &out[i]
		p.StartsAt, p.EndsAt, p.Registration = p.StartsAt.UTC(), p.EndsAt.UTC(), w.Registration
		if w.AttendanceMode == models.AttendDropIn {
			p.Registration = w.window(now, p.StartsAt, p.Room)
		}
	}
	return out, err
}
