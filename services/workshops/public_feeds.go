package workshops

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/feeds"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
)

// Feeds are read by programs that ask again and again; they hold what comes next.
const (
	calendarSessions = 200
	feedWorkshops    = 100
	atomNamespace    = "http://www.w3.org/2005/Atom"
)

// longestSession is how long one can be: what ends after now began no longer ago. It keeps the past out of the search.
const longestSession = 7 * 24 * time.Hour

// calendarRow is a session as an entry in anybody's calendar.
type calendarRow struct {
	ID         uuid.UUID
	WorkshopID uuid.UUID
	Workshop   string
	Title      string
	Summary    string
	Place      string
	StartsAt   time.Time
	EndsAt     time.Time
	TimeZone   string
	Sequence   int
	ChangedAt  time.Time
}

// PublicCalendar is the next sessions of the catalog for everybody as an iCalendar object to subscribe to: an entry for each,
// known by the same name for as long as the session exists.
func (s *Service) PublicCalendar(ctx context.Context, in PublicFilter) ([]byte, error) {
	now := s.core.Clock.Now()
	rows, err := services.Read(ctx, s.core, func(db *gorm.DB) (rows []calendarRow, err error) {
		q := db.Table("workshop_sessions as s").Joins("join workshops w on w.id = s.workshop_id").Joins("left join venues v on v.id = coalesce(s.venue_id, w.venue_id) and w.format <> 'online'").
			Select(`s.id, s.workshop_id, w.title as workshop, s.title, w.summary, s.starts_at, s.ends_at, s.time_zone, s.sequence, greatest(s.updated_at, w.updated_at, v.updated_at) as changed_at,
				case when w.format = 'online' then 'Online' else concat_ws(', ', nullif(v.name, ''), nullif(v.address, '')) end as place`).
			Where(forAll, now).Where("s.status = 'scheduled' and s.starts_at > ? and s.ends_at > ?", now.Add(-longestSession), now)
		return rows, in.of(q).Order("s.starts_at, s.id").Limit(calendarSessions).Find(&rows).Error
	})
	if err != nil {
		return nil, err
	}
	events := make([]notices.CalendarEvent, len(rows))
	for i := range rows {
		events[i] = rows[i].event(s.pageOf(rows[i].WorkshopID))
	}
	return notices.Calendar(notices.MethodPublish, events)
}

func (r *calendarRow) event(page string) notices.CalendarEvent {
	return notices.CalendarEvent{UID: r.ID.String() + "@homefront", Sequence: r.Sequence, Title: titleOf(r.Workshop, r.Title), Description: r.Summary, Location: r.Place, URL: page,
		TimeZone: r.TimeZone, StartsAt: r.StartsAt, EndsAt: r.EndsAt, Stamp: r.ChangedAt}
}

// PublicFeed is the next workshops of the catalog for everybody as an Atom feed (RFC 4287). An entry is known by its workshop
// and is updated when the plan changes, not when seats fill. Narrowed otherwise it is another feed.
func (s *Service) PublicFeed(ctx context.Context, in PublicFilter) ([]byte, error) {
	now := s.core.Clock.Now()
	rows, err := services.Read(ctx, s.core, func(db *gorm.DB) (rows []PublicWorkshop, err error) {
		q := in.of(db.Table("workshops as w").Select(publicColumns, now, now).Where(forAll, now))
		return rows, q.Order("w.starts_at, w.id").Limit(feedWorkshops).Find(&rows).Error
	})
	if err != nil {
		return nil, err
	}
	self := s.cfg.BaseURL + "/v1/public/workshops.atom" + in.query()
	feed := &feeds.AtomFeed{Xmlns: atomNamespace, Title: s.cfg.OrgName + ": workshops", Id: self, Link: &feeds.AtomLink{Href: self, Rel: "self", Type: "application/atom+xml"},
		Author: &feeds.AtomAuthor{AtomPerson: feeds.AtomPerson{Name: s.cfg.OrgName}}}
	updated := now.UTC().Truncate(24 * time.Hour) // of a feed with nothing in it, which has to say something too
	if len(rows) > 0 {
		updated = rows[0].ChangedAt
	}
	for i := range rows {
		w := &rows[i]
		if w.ChangedAt.After(updated) {
			updated = w.ChangedAt
		}
		feed.Entries = append(feed.Entries, w.entry(s.pageOf(w.ID)))
	}
	feed.Updated = updated.UTC().Format(time.RFC3339)
	text, err := feeds.ToXML(feed)
	return []byte(text), err
}

// query is the filter as it stands in an address: the same for the same filter, however it was asked.
func (in *PublicFilter) query() string {
	q := url.Values{}
	for _, f := range slices.Compact(slices.Sorted(slices.Values(in.Format))) {
		q.Add("format", string(f))
	}
	if in.ProgramID != uuid.Nil {
		q.Set("program_id", in.ProgramID.String())
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

func (w *PublicWorkshop) entry(page string) *feeds.AtomEntry {
	lines := []string{w.when()}
	switch {
	case w.Format == models.FormatOnline:
		lines = append(lines, onlinePlace)
	case w.Venue != nil:
		lines = append(lines, strings.Trim(w.Venue.Name+", "+w.Venue.Address, ", "))
	}
	e := &feeds.AtomEntry{Id: "urn:uuid:" + w.ID.String(), Title: w.Title, Updated: w.ChangedAt.UTC().Format(time.RFC3339), Links: []feeds.AtomLink{{Href: page, Rel: "alternate", Type: "text/html"}},
		Summary: &feeds.AtomSummary{Type: "text", Content: w.Summary}, Content: &feeds.AtomContent{Type: "text", Content: strings.Join(lines, "\n")}}
	if w.PublishedAt != nil {
		e.Published = w.PublishedAt.UTC().Format(time.RFC3339)
	}
	return e
}

// when is the first session on the clock of its place, and the day of the last.
func (w *PublicWorkshop) when() string {
	const day = "Monday, January 2, 2006"
	first, last := local(w.StartsAt, w.TimeZone), local(w.EndsAt, w.TimeZone)
	text := first.Format(day + ", 3:04 PM MST")
	if first.YearDay() != last.YearDay() || first.Year() != last.Year() {
		text += ", until " + last.Format(day)
	}
	return text
}
