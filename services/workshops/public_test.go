package workshops_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/models"
	"homefront/services"
	"homefront/services/calendar"
	"homefront/services/workshops"
)

// anybody is a call without a token.
func anybody() context.Context {
	return services.WithCall(context.Background(), &services.Call{Path: "/v1/public/workshops", Actor: &services.Actor{Kind: models.ActorAnonymous}})
}

var anID = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

func (h *hall) everything() string {
	h.t.Helper()
	list, err := h.PublicWorkshops(anybody(), workshops.PublicQuery{PageQuery: services.PageQuery{Limit: 25}})
	if err != nil {
		h.t.Fatal(err)
	}
	all := []any{list}
	for _, w := range list.Data {
		one, err := h.PublicWorkshop(anybody(), w.ID)
		if err != nil {
			h.t.Fatal(err)
		}
		all = append(all, one)
	}
	text, _ := json.Marshal(all)
	return string(text) + string(h.feed(h.PublicCalendar)) + string(h.feed(h.PublicFeed))
}

func (h *hall) feed(of func(context.Context, workshops.PublicFilter) ([]byte, error)) []byte {
	h.t.Helper()
	out, err := of(anybody(), workshops.PublicFilter{})
	if err != nil {
		h.t.Fatal(err)
	}
	return out
}

func (h *hall) publicTitles(in workshops.PublicQuery) (out []string) {
	h.t.Helper()
	if in.Limit == 0 {
		in.Limit = 25
	}
	list, err := h.PublicWorkshops(anybody(), in)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, w := range list.Data {
		out = append(out, w.Title)
	}
	return out
}

func TestTheCatalogForEverybodyShowsWhatIsPublishedPublicAndNotOver(t *testing.T) {
	h := openHall(t)
	shown := h.open(workshops.NewWorkshop{Title: "Shown", IsPublic: true}, startsOn)
	h.open(workshops.NewWorkshop{Title: "For members"}, startsOn)
	draft := h.draft(workshops.NewWorkshop{Title: "Draft", IsPublic: true, FacilitatorIDs: []uuid.UUID{h.ann}})
	h.planner.sessions(draft.ID, workshops.NewSessions{LocalStart: startsOn, Minutes: 90})
	gone := h.open(workshops.NewWorkshop{Title: "Called off", IsPublic: true}, startsOn)
	if _, err := h.CancelWorkshop(h.staff(), gone.ID, workshops.CancelReason{Reason: "Snow"}); err != nil {
		t.Fatal(err)
	}
	later := h.open(workshops.NewWorkshop{Title: "Later", IsPublic: true, Format: models.FormatOnline, JoinURL: meet, TimeZone: "America/Los_Angeles"}, "2026-11-20T18:00")
	if got := h.publicTitles(workshops.PublicQuery{}); !slices.Equal(got, []string{"Shown", "Later"}) {
		t.Errorf("%q", got)
	}
	for _, id := range []uuid.UUID{draft.ID, gone.ID, services.NewID()} {
		if _, err := h.PublicWorkshop(anybody(), id); codeOf(err) != services.CodeNotFound {
			t.Errorf("%v", err)
		}
	}
	for want, in := range map[string]workshops.PublicQuery{
		"Later": {PublicFilter: workshops.PublicFilter{Format: []models.Format{models.FormatOnline}}}, "Shown": {NearTimeZone: "America/Toronto"}, "": {PublicFilter: workshops.PublicFilter{ProgramID: services.NewID()}},
	} {
		if got := strings.Join(h.publicTitles(in), " "); got != want {
			t.Errorf("%+v: %q", in, got)
		}
	}
	if got := strings.Join(h.publicTitles(workshops.PublicQuery{StartsGTE: *later.StartsAt}), " "); got != "Later" {
		t.Error(got)
	}
	if _, err := h.PublicWorkshops(anybody(), workshops.PublicQuery{NearTimeZone: "Mars/Olympus"}); !slices.Equal(fieldsOf(err), []string{"query/near_time_zone unknown"}) {
		t.Error(err)
	}
	first, err := h.PublicWorkshops(anybody(), workshops.PublicQuery{PageQuery: services.PageQuery{Limit: 1}})
	if err != nil || first.NextCursor == nil {
		t.Fatal(err)
	}
	if got := h.publicTitles(workshops.PublicQuery{PageQuery: services.PageQuery{Limit: 1, Cursor: *first.NextCursor}}); !slices.Equal(got, []string{"Later"}) {
		t.Errorf("%q", got)
	}
	h.core.Clock.Set(*shown.EndsAt)
	if got := h.publicTitles(workshops.PublicQuery{}); !slices.Equal(got, []string{"Later"}) {
		t.Errorf("when it is over: %q", got)
	}
}

func TestTheCatalogForEverybodySaysOpenOrFull(t *testing.T) {
	h := openHall(t)
	w := h.open(workshops.NewWorkshop{IsPublic: true, Capacity: number(1)}, startsOn)
	says := func(want models.Window) {
		t.Helper()
		one, err := h.PublicWorkshop(anybody(), w.ID)
		if err != nil || one.Registration != want || one.Sessions[0].Registration != want {
			t.Errorf("%v %+v, want %s", err, one, want)
		}
	}
	says(models.WindowOpen)
	h.want(h.register(h.me(h.member), w.ID, workshops.Register{}), models.RegistrationConfirmed)
	says(models.WindowFull)
	h.core.Clock.Set(*w.StartsAt)
	says(models.WindowClosed)

	in := workshops.NewWorkshop{Title: "Coffee", IsPublic: true, AttendanceMode: models.AttendDropIn, Capacity: number(1), FacilitatorIDs: []uuid.UUID{h.ann}}
	h.core.Clock.Set(planningDay)
	d := h.draft(in)
	first := h.planner.sessions(d.ID, workshops.NewSessions{LocalStart: startsOn, Minutes: 90})[0]
	h.planner.sessions(d.ID, workshops.NewSessions{LocalStart: "2026-11-03T18:00", Minutes: 90})
	if _, err := h.Publish(h.staff(), d.ID); err != nil {
		t.Fatal(err)
	}
	h.register(h.me(h.member), d.ID, workshops.Register{SessionID: &first.ID})
	one, err := h.PublicWorkshop(anybody(), d.ID)
	if err != nil || one.Registration != models.WindowOpen || one.Sessions[0].Registration != models.WindowFull || one.Sessions[1].Registration != models.WindowOpen {
		t.Errorf("%v %+v", err, one)
	}
}

// TestTheCatalogForEverybodyNamesAndCountsNobody searches every byte of it for people, addresses and counts.
func TestTheCatalogForEverybodyNamesAndCountsNobody(t *testing.T) {
	h := openHall(t)
	venue, err := h.calendar.CreateVenue(h.staff(), calendar.NewVenue{Name: "Haymount Hall", Address: "418 Haymount Ave", TimeZone: "America/New_York", Accessibility: "Ramp", Notes: "Key at Zebulon's", Capacity: number(8117)})
	if err != nil {
		t.Fatal(err)
	}
	w := h.open(workshops.NewWorkshop{IsPublic: true, Format: models.FormatHybrid, VenueID: &venue.ID, LocationNote: "Ring twice at Quackenbush", JoinURL: meet, Capacity: number(7351), OnlineCapacity: number(6143),
		MinToRun: number(5171), WaitlistCapacity: number(4397), FacilitatorIDs: []uuid.UUID{h.ann}}, startsOn)
	online := h.open(workshops.NewWorkshop{Title: "From home", IsPublic: true, Format: models.FormatOnline, JoinURL: meet}, startsOn)
	mode := models.ModeOnline
	h.register(h.me(h.member), w.ID, workshops.Register{Note: "We bring Snickerdoodle", Attendees: []workshops.AttendeeInput{{MemberID: &h.member, Mode: &mode}}})
	text := h.everything()
	for _, secret := range []string{"Mia", "Ann", "Rivera", "Lead", "Zelda", "Snickerdoodle", "Quackenbush", "Zebulon", "meet.example", h.ann.String(), h.member.String(), h.boss.String(), "capacity", "taken", "waiting", "facilitator"} {
		if strings.Contains(text, secret) {
			t.Errorf("it holds %q", secret)
		}
	}
	bare := anID.ReplaceAllString(text, "") // four digits stand in many an id by chance
	for _, number := range []string{"8117", "7351", "6143", "5171", "4397"} {
		if strings.Contains(bare, number) {
			t.Errorf("it counts %s", number)
		}
	}
	for _, open := range []string{"Haymount Hall", "418 Haymount Ave", "Ramp"} {
		if !strings.Contains(text, open) {
			t.Errorf("it lacks %q", open)
		}
	}
	one, err := h.PublicWorkshop(anybody(), online.ID)
	if err != nil || one.Venue != nil || one.Sessions[0].Venue != nil {
		t.Errorf("%v %+v", err, one)
	}
	before := h.everything()
	h.register(h.me(h.bob), online.ID, workshops.Register{})
	if h.everything() != before {
		t.Error("it tells that somebody registered")
	}
}

func TestTheCatalogForEverybodyShowsTheRoom(t *testing.T) {
	h := openHall(t)
	hall, barn := h.venue("Hall"), h.venue("Barn")
	blue, loft := h.room(hall, "Blue"), h.room(barn, "Loft")
	w := h.open(workshops.NewWorkshop{IsPublic: true, RoomID: &blue}, startsOn)
	h.planner.sessions(w.ID, workshops.NewSessions{LocalStart: "2026-11-03T18:00", Minutes: 90, RoomID: &loft})
	h.planner.sessions(w.ID, workshops.NewSessions{LocalStart: "2026-11-10T18:00", Minutes: 90, VenueID: &barn})
	h.open(workshops.NewWorkshop{Title: "From home", IsPublic: true, Format: models.FormatOnline, JoinURL: meet}, "2026-11-20T18:00")
	list, err := h.PublicWorkshops(anybody(), workshops.PublicQuery{PageQuery: services.PageQuery{Limit: 25}})
	if err != nil || len(list.Data) != 2 || list.Data[1].Venue != nil {
		t.Fatalf("%+v %v", list, err)
	}
	one, err := h.PublicWorkshop(anybody(), w.ID)
	if err != nil || len(one.Sessions) != 3 {
		t.Fatalf("%+v %v", one, err)
	}
	for what, at := range map[string]*workshops.PublicVenue{"the list": list.Data[0].Venue, "the workshop": one.Venue, "the session where the workshop is": one.Sessions[0].Venue} {
		if at.Name != "Hall" || at.Room == nil || at.Room.Name != "Blue" || at.Room.Accessibility != "Blue by elevator" {
			t.Errorf("%s: %+v", what, at)
		}
	}
	if own := one.Sessions[1].Venue; own.Name != "Barn" || own.Room == nil || own.Room.Name != "Loft" {
		t.Errorf("a session in a room of its own: %+v", own)
	}
	if whole := one.Sessions[2].Venue; whole.Name != "Barn" || whole.Room != nil {
		t.Errorf("a session at a venue of its own: %+v", whole)
	}
}

func TestTheCatalogIsACalendarToSubscribeTo(t *testing.T) {
	h := openHall(t)
	d := h.draft(workshops.NewWorkshop{Title: "Calm, and more; really", Summary: "Line one\nline two", IsPublic: true, FacilitatorIDs: []uuid.UUID{h.ann}})
	made := h.planner.sessions(d.ID, workshops.NewSessions{LocalStart: startsOn, Minutes: 90, Recurrence: &workshops.SessionRule{Rule: "FREQ=WEEKLY;COUNT=3"}})
	if _, err := h.Publish(h.staff(), d.ID); err != nil {
		t.Fatal(err)
	}
	read := func() map[string]*ics.VEvent {
		t.Helper()
		raw := h.feed(h.PublicCalendar)
		if !bytes.Equal(raw, h.feed(h.PublicCalendar)) {
			t.Error("asked again it is another file")
		}
		if bytes.Contains(bytes.ReplaceAll(raw, []byte("\r\n"), nil), []byte("\n")) || regexp.MustCompile(`(?m)^.{76,}\r$`).Match(raw) {
			t.Error("lines are not as RFC 5545 wants them")
		}
		cal, err := ics.ParseCalendar(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if len(cal.Timezones()) != 1 {
			t.Errorf("%d time zones", len(cal.Timezones()))
		}
		out := map[string]*ics.VEvent{}
		for _, e := range cal.Events() {
			out[e.Id()] = e
		}
		return out
	}
	all := read()
	first := all[made[0].ID.String()+"@homefront"]
	if len(all) != 3 || first == nil {
		t.Fatalf("%d events", len(all))
	}
	if at, err := first.GetStartAt(); err != nil || !at.Equal(made[0].StartsAt) {
		t.Errorf("%v %v", at, err)
	}
	get := func(e *ics.VEvent, p ics.ComponentProperty) string { return e.GetProperty(p).Value }
	if get(first, ics.ComponentPropertySummary) != "Calm, and more; really" || get(first, ics.ComponentPropertyUrl) != "https://homefront.example/workshops/"+d.ID.String() || get(first, ics.ComponentPropertySequence) != "0" ||
		get(first, ics.ComponentPropertyDescription) != "Line one\nline two" || first.GetProperty(ics.ComponentPropertyOrganizer) != nil || first.GetProperty(ics.ComponentPropertyAttendee) != nil {
		t.Errorf("%+v", first)
	}
	if _, err := h.UpdateSession(h.staff(), made[0].ID, workshops.SessionPatch{LocalStart: services.Some("2026-10-28T18:00")}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.CancelSession(h.staff(), made[2].ID, workshops.SessionCancellation{Reason: "Snow"}); err != nil {
		t.Fatal(err)
	}
	all = read()
	moved := all[made[0].ID.String()+"@homefront"]
	if at, err := moved.GetStartAt(); err != nil || !at.Equal(made[0].StartsAt.Add(24*time.Hour)) || get(moved, ics.ComponentPropertySequence) != "1" || len(all) != 2 {
		t.Errorf("%v %v %d", at, err, len(all))
	}
}

// atom is what RFC 4287 asks of a feed, read by another library.
type atom struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	ID      string      `xml:"id"`
	Title   string      `xml:"title"`
	Updated time.Time   `xml:"updated"`
	Author  string      `xml:"author>name"`
	Links   []atomLink  `xml:"link"`
	Entries []atomEntry `xml:"entry"`
}

type atomLink struct {
	Href string `xml:"href,attr"`
	Rel  string `xml:"rel,attr"`
}

type atomEntry struct {
	ID        string     `xml:"id"`
	Title     string     `xml:"title"`
	Updated   time.Time  `xml:"updated"`
	Published time.Time  `xml:"published"`
	Links     []atomLink `xml:"link"`
	Summary   string     `xml:"summary"`
	Content   string     `xml:"content"`
}

func TestTheCatalogIsAFeed(t *testing.T) {
	h := openHall(t)
	read := func() (out atom) {
		t.Helper()
		raw := h.feed(h.PublicFeed)
		d := xml.NewDecoder(bytes.NewReader(raw))
		d.Strict = true
		if err := d.Decode(&out); err != nil {
			t.Fatalf("%v\n%s", err, raw)
		}
		return out
	}
	if f := read(); len(f.Entries) != 0 || f.ID == "" || f.Title == "" || len(f.Links) != 1 || f.Links[0].Rel != "self" || !f.Updated.Equal(planningDay.Truncate(24*time.Hour)) {
		t.Errorf("empty: %+v", f)
	}
	h.core.Clock.Set(planningDay.Add(time.Minute))
	if f := read(); !f.Updated.Equal(planningDay.Truncate(24 * time.Hour)) {
		t.Errorf("nothing is news: %s", f.Updated)
	}
	h.core.Clock.Set(planningDay)
	w := h.open(workshops.NewWorkshop{Title: `Q&A <b>"for all"</b>`, Summary: "Nguyễn & 김민수 ]]> \x01", IsPublic: true}, startsOn)
	f := read()
	if len(f.Entries) != 1 {
		t.Fatalf("%+v", f)
	}
	e := f.Entries[0]
	if e.ID != "urn:uuid:"+w.ID.String() || e.Title != `Q&A <b>"for all"</b>` || !strings.HasPrefix(e.Summary, "Nguyễn & 김민수 ]]>") || !e.Updated.Equal(planningDay) || !f.Updated.Equal(planningDay) || !e.Published.Equal(planningDay) ||
		len(e.Links) != 1 || e.Links[0].Href != "https://homefront.example/workshops/"+w.ID.String() || e.Content != "Tuesday, October 27, 2026, 6:00 PM EDT" {
		t.Errorf("%+v", e)
	}
	h.register(h.me(h.member), w.ID, workshops.Register{})
	h.core.Clock.Set(planningDay.Add(time.Hour))
	if after := read(); !after.Updated.Equal(planningDay) {
		t.Error("a registration is news")
	}
	if _, err := h.Update(h.staff(), w.ID, workshops.WorkshopPatch{Title: services.Some("Calm")}); err != nil {
		t.Fatal(err)
	}
	if after := read(); !after.Entries[0].Updated.Equal(planningDay.Add(time.Hour)) || after.Entries[0].ID != e.ID {
		t.Errorf("%+v", after)
	}
}

func TestAFilteredFeedIsAFeedOfItsOwn(t *testing.T) {
	h := openHall(t)
	program := services.NewID()
	read := func(in workshops.PublicFilter) string {
		t.Helper()
		raw, err := h.PublicFeed(anybody(), in)
		if err != nil {
			t.Fatal(err)
		}
		var out atom
		if err := xml.Unmarshal(raw, &out); err != nil || len(out.Links) != 1 || out.Links[0].Href != out.ID {
			t.Fatalf("%v %+v", err, out)
		}
		return strings.TrimPrefix(out.ID, "https://homefront.example/v1/public/workshops.atom")
	}
	both := []models.Format{models.FormatOnline, models.FormatInPerson, models.FormatOnline}
	for _, c := range []struct {
		in   workshops.PublicFilter
		want string
	}{
		{workshops.PublicFilter{}, ""},
		{workshops.PublicFilter{Format: both[:1]}, "?format=online"},
		{workshops.PublicFilter{Format: both, ProgramID: program}, "?format=in_person&format=online&program_id=" + program.String()},
	} {
		if got := read(c.in); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// overheard keeps the statements that a connection was sent.
type overheard struct {
	mu  sync.Mutex
	all []pgx.TraceQueryStartData
}

func (s *overheard) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, q)
	return ctx
}

func (*overheard) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TestTheCatalogForEverybodyReadsAPageOfTwentyThousand has 20,000 workshops of 3 sessions each, of which all or few are
// public, and asks PostgreSQL how many rows each statement touched.
func TestTheCatalogForEverybodyReadsAPageOfTwentyThousand(t *testing.T) {
	for name, public := range map[string]string{"all": "true", "few": "i % 100 = 0"} {
		t.Run(name, func(t *testing.T) {
			h := openHall(t)
			h.exec(fmt.Sprintf(`with w as (insert into workshops (id, version, created_at, updated_at, title, format, attendance_mode, time_zone, capacity, approval_required, cancel_deadline_hours, guests_per_party,
					max_party, teen_program, offer_hours, visibility, is_template, starts_at, ends_at, listed_until, published_at, is_public)
				select gen_random_uuid(), 1, $1, $1, 'Workshop ' || i, 'in_person', 'series', 'America/New_York', 30, false, 24, 1, 8, false, 24, 'published', false,
					$1::timestamptz + (i - 10000) * interval '1 hour', $1::timestamptz + (i - 10000) * interval '1 hour' + interval '15 days', $1::timestamptz + (i - 10000) * interval '1 hour', $1, %s
				from generate_series(1, 20000) i returning id, starts_at),
				p as (insert into pools (id, workshop_id, capacity) select gen_random_uuid(), id, 30 from w)
				insert into workshop_sessions (id, version, created_at, updated_at, workshop_id, starts_at, ends_at, local_start, time_zone, status, sequence)
				select gen_random_uuid(), 1, $1, $1, id, starts_at + n * interval '7 days', starts_at + n * interval '7 days' + interval '90 minutes', '2026-09-01T18:00', 'America/New_York', 'scheduled', 0
				from w, generate_series(0, 2) n`, public), planningDay)
			h.exec("vacuum analyze")
			asked := &overheard{}
			c, err := services.Open(t.Context(), services.Settings{DatabaseURL: h.db.AppURL, Secret: []byte("0123456789abcdefghijklmnopqrstuv"), ReadConns: 1, WriteConns: 1,
				Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Tracer: asked})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(c.Close)
			c.Clock.Set(planningDay)
			s := workshops.New(c, workshops.Config{BaseURL: "https://homefront.example"})
			page, err := s.PublicWorkshops(anybody(), workshops.PublicQuery{PageQuery: services.PageQuery{Limit: 25}})
			if err != nil || len(page.Data) != 25 {
				t.Fatalf("%v %d", err, len(page.Data))
			}
			for _, of := range []func(context.Context, workshops.PublicFilter) ([]byte, error){s.PublicCalendar, s.PublicFeed} {
				if _, err := of(anybody(), workshops.PublicFilter{}); err != nil {
					t.Fatal(err)
				}
			}
			h.explain(asked.all)
		})
	}
}

// explain fails for what reads a table of workshops, sessions or pools from end to end.
func (h *hall) explain(statements []pgx.TraceQueryStartData) {
	h.t.Helper()
	n := 0
	h.super(func(c *pgx.Conn) error {
		if _, err := c.Exec(context.Background(), "set plan_cache_mode = force_generic_plan"); err != nil {
			return err
		}
		for _, q := range statements {
			if !strings.HasPrefix(strings.ToLower(q.SQL), "select") || !strings.Contains(q.SQL, "is_public") {
				continue
			}
			n++
			rows, err := c.Query(context.Background(), "explain (analyze, buffers) "+q.SQL, q.Args...)
			if err != nil {
				return err
			}
			lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if err != nil {
				return err
			}
			plan := strings.Join(lines, "\n")
			took := regexp.MustCompile(`Execution Time: ([0-9.]+)`).FindString(plan)
			h.t.Logf("%s: %s", q.SQL[:60], took)
			if regexp.MustCompile(`Seq Scan on (workshops|workshop_sessions|pools)`).MatchString(plan) {
				h.t.Errorf("%s\n%s", q.SQL, plan)
			}
		}
		return nil
	})
	if n != 3 {
		h.t.Errorf("%d statements", n)
	}
}
