package workshops_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/internal/pgtest"
	"homefront/models"
	"homefront/services"
	"homefront/services/calendar"
	"homefront/services/notices"
	"homefront/services/people"
	"homefront/services/programs"
	"homefront/services/workshops"
)

// planner is a planner's desk: the use cases, and a few people.
type planner struct {
	*workshops.Service
	t        *testing.T
	core     *services.Core
	db       *pgtest.DB
	calendar *calendar.Service
	ann, bob uuid.UUID // cleared to work with minors
	member   uuid.UUID
	boss     uuid.UUID
}

// planningDay is when the tests plan: before both daylight-saving changes of New York that they cross.
var planningDay = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

func plan(t *testing.T) *planner {
	t.Helper()
	db := pgtest.New(t)
	c, err := services.Open(t.Context(), services.Settings{DatabaseURL: db.AppURL, Secret: []byte("0123456789abcdefghijklmnopqrstuv"), ReadConns: 4, WriteConns: 8,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), DecodeAnswers: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	c.Clock.Set(planningDay)
	notices.New(c, nil, notices.Config{BaseURL: "https://homefront.example", From: "Homefront <hello@homefront.example>", OrgName: "Homefront"})
	p := &planner{Service: workshops.New(c, workshops.Config{BaseURL: "https://homefront.example"}), t: t, core: c, db: db, calendar: calendar.New(c)}
	p.ann, p.bob, p.member, p.boss = p.person("Ann", true), p.person("Bob", true), p.person("Mia", false), p.person("Cora", false)
	return p
}

func (p *planner) as(member uuid.UUID, ifMatch string, roles ...models.Role) context.Context {
	return services.WithCall(context.Background(), &services.Call{IfMatch: ifMatch,
		Actor: &services.Actor{Kind: models.ActorAccount, AccountID: member, MemberID: member, Roles: roles, AuthTime: planningDay}})
}

// boss coordinates, with the record as it is.
func (p *planner) staff() context.Context { return p.as(p.boss, "*", models.RoleCoordinator) }

func (p *planner) visitor() context.Context { return p.as(p.member, "", models.RoleMember) }

func (p *planner) person(name string, cleared bool) uuid.UUID {
	p.t.Helper()
	born := models.NewDate(1980, time.May, 2)
	m := models.Member{GivenName: name, FamilyName: "Rivera", BirthDate: &born, Kinds: models.Texts[models.Kind]{models.KindVeteran}, Status: models.MemberActive}
	ctx := services.AsSystem(context.Background(), "test")
	_, err := services.Mutate(ctx, p.core, "test.person", func(tx *services.Tx) (struct{}, error) {
		if err := people.NewMember(tx, &m); err != nil || !cleared {
			return struct{}{}, err
		}
		until := models.NewDate(2027, time.December, 31)
		for _, kind := range models.ForMinors() {
			c := models.Credential{Record: models.Record{ID: services.NewID(), Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}, MemberID: m.ID, Kind: kind, IssuedOn: models.NewDate(2026, time.January, 1), ExpiresOn: &until}
			if err := tx.DB.Create(&c).Error; err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, nil
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return m.ID
}

func (p *planner) venue(name string) uuid.UUID {
	p.t.Helper()
	v, err := p.calendar.CreateVenue(p.staff(), calendar.NewVenue{Name: name, TimeZone: "America/New_York"})
	if err != nil {
		p.t.Fatal(err)
	}
	return v.ID
}

func (p *planner) draft(in workshops.NewWorkshop) *workshops.WorkshopDetail {
	p.t.Helper()
	if in.Title == "" {
		in.Title = "Living with Hypervigilance"
	}
	if in.Format == "" {
		in.Format = models.FormatInPerson
	}
	if in.Summary == "" {
		in.Summary = "Six evenings"
	}
	if in.LocationNote == "" {
		in.LocationNote = "Room 2"
	}
	if in.Capacity == nil {
		in.Capacity = number(30)
	}
	w, err := p.Create(p.staff(), in)
	if err != nil {
		p.t.Fatal(err)
	}
	return w
}

func (p *planner) sessions(w uuid.UUID, in workshops.NewSessions) []workshops.WorkshopSessionDetail {
	p.t.Helper()
	made, err := p.AddSessions(p.staff(), w, in)
	if err != nil {
		p.t.Fatal(err)
	}
	return made.Data
}

// open is a published workshop with one session.
func (p *planner) open(in workshops.NewWorkshop, start string) *workshops.WorkshopDetail {
	p.t.Helper()
	if in.FacilitatorIDs == nil {
		in.FacilitatorIDs = []uuid.UUID{p.person("Lead", true)}
	}
	w := p.draft(in)
	p.sessions(w.ID, workshops.NewSessions{LocalStart: start, Minutes: 90})
	out, err := p.Publish(p.staff(), w.ID)
	if err != nil {
		p.t.Fatalf("publish: %v %+v", err, fieldsOf(err))
	}
	return out
}

func number(n int) *int { return &n }

func codeOf(err error) services.Code {
	var e *services.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func fieldsOf(err error) (out []string) {
	var e *services.Error
	if errors.As(err, &e) {
		for _, f := range e.Fields {
			out = append(out, f.Field+" "+string(f.Code))
		}
	}
	slices.Sort(out)
	return out
}

func weekly(rule string) *workshops.SessionRule { return &workshops.SessionRule{Rule: rule} }

func TestAWeeklySeriesKeepsItsTimeOnTheWall(t *testing.T) {
	p := plan(t)
	loc, _ := time.LoadLocation("America/New_York")
	for _, start := range []string{"2026-10-20T18:00", "2027-03-02T18:00"} {
		w := p.draft(workshops.NewWorkshop{})
		in := workshops.NewSessions{LocalStart: start, Minutes: 90, Recurrence: weekly("FREQ=WEEKLY;COUNT=4")}
		seen, err := p.Preview(p.staff(), w.ID, in)
		if err != nil {
			t.Fatal(err)
		}
		made := p.sessions(w.ID, in)
		if len(made) != 4 || len(seen.Data) != 4 {
			t.Fatalf("%d sessions, %d previewed", len(made), len(seen.Data))
		}
		offsets := map[int]bool{}
		for i, s := range made {
			at := s.StartsAt.In(loc)
			_, offset := at.Zone()
			offsets[offset] = true
			if at.Format("15:04") != "18:00" || s.LocalStart != at.Format("2006-01-02T15:04") || s.EndsAt.Sub(s.StartsAt) != 90*time.Minute {
				t.Errorf("%+v", s.WorkshopSession)
			}
			if !seen.Data[i].StartsAt.Equal(s.StartsAt) || !seen.Data[i].EndsAt.Equal(s.EndsAt) || seen.Data[i].LocalStart != s.LocalStart {
				t.Errorf("previewed %+v, made %+v", seen.Data[i], s.WorkshopSession)
			}
			if s.RuleGroup == nil || *s.RuleGroup != *made[0].RuleGroup {
				t.Error("not one group")
			}
		}
		if len(offsets) != 2 {
			t.Errorf("the series from %s crosses no change of the clocks", start)
		}
	}
}

func TestAPreviewStoresNothingAndShowsWhatIsBusy(t *testing.T) {
	p := plan(t)
	hall := p.venue("Hall")
	first := p.draft(workshops.NewWorkshop{VenueID: &hall})
	p.sessions(first.ID, workshops.NewSessions{LocalStart: "2026-10-27T18:00", Minutes: 60})
	second := p.draft(workshops.NewWorkshop{VenueID: &hall})
	in := workshops.NewSessions{LocalStart: "2026-10-20T18:30", Minutes: 60, Recurrence: weekly("FREQ=WEEKLY;COUNT=3")}
	seen, err := p.Preview(p.staff(), second.ID, in)
	if err != nil {
		t.Fatal(err)
	}
	if got := []bool{seen.Data[0].Busy, seen.Data[1].Busy, seen.Data[2].Busy}; !slices.Equal(got, []bool{false, true, false}) {
		t.Errorf("busy: %v", got)
	}
	if page, err := p.Sessions(p.staff(), second.ID, workshops.SessionQuery{PageQuery: services.PageQuery{Limit: 25}}); err != nil || len(page.Data) != 0 {
		t.Errorf("%+v %v", page, err)
	}
	_, err = p.AddSessions(p.staff(), second.ID, in)
	if codeOf(err) != calendar.CodeDoubleBooked || !strings.Contains(err.Error(), "Hall") || !strings.Contains(err.Error(), "Living with Hypervigilance") || !strings.Contains(err.Error(), "2026-10-27 from 18:00 to 19:00") {
		t.Errorf("the clash is not named: %v", err)
	}
	if page, _ := p.Sessions(p.staff(), second.ID, workshops.SessionQuery{PageQuery: services.PageQuery{Limit: 25}}); len(page.Data) != 0 {
		t.Error("a refused series left sessions")
	}
}

func TestARuleThatIsWrongIsToldByItsField(t *testing.T) {
	p := plan(t)
	w := p.draft(workshops.NewWorkshop{})
	_, err := p.AddSessions(p.staff(), w.ID, workshops.NewSessions{LocalStart: "2026-10-27 18:00", Minutes: 60, TimeZone: "Mars/Olympus", Recurrence: weekly("FREQ=HOURLY")})
	if got := fieldsOf(err); !slices.Contains(got, "/local_start invalid") || !slices.Contains(got, "/time_zone unknown") || len(got) != 3 {
		t.Errorf("%v", got)
	}
	_, err = p.Preview(p.staff(), w.ID, workshops.NewSessions{LocalStart: "2026-10-27T18:00", Minutes: 60, Recurrence: weekly("FREQ=DAILY;UNTIL=20281231")})
	if got := fieldsOf(err); !slices.Equal(got, []string{"/recurrence/rule too_many"}) {
		t.Errorf("%v", got)
	}
	p.sessions(w.ID, workshops.NewSessions{LocalStart: "2026-10-27T18:00", Minutes: 60, Recurrence: weekly("FREQ=DAILY;COUNT=150")})
	if _, err := p.AddSessions(p.staff(), w.ID, workshops.NewSessions{LocalStart: "2028-10-27T18:00", Minutes: 60, Recurrence: weekly("FREQ=DAILY;COUNT=51")}); codeOf(err) != workshops.CodeTooManySessions {
		t.Error(err)
	}
}

func TestAHundredPlannersWantOneFacilitator(t *testing.T) {
	p := plan(t)
	const planners = 100
	ids := make([]uuid.UUID, planners)
	for i := range ids {
		ids[i] = p.draft(workshops.NewWorkshop{Title: fmt.Sprint("Evening ", i)}).ID
	}
	var wg sync.WaitGroup
	won := make(chan uuid.UUID, planners)
	for i, id := range ids {
		wg.Go(func() {
			_, err := p.AddSessions(p.staff(), id, workshops.NewSessions{LocalStart: fmt.Sprintf("2026-10-27T18:%02d", i%60), Minutes: 90, FacilitatorIDs: &[]uuid.UUID{p.ann}})
			switch {
			case err == nil:
				won <- id
			case codeOf(err) != calendar.CodeDoubleBooked:
				t.Errorf("neither booked nor refused: %v", err)
			}
		})
	}
	wg.Wait()
	if len(won) != 1 {
		t.Errorf("%d sessions at once", len(won))
	}
}

func TestPublishListsAllThatIsMissing(t *testing.T) {
	p := plan(t)
	w, err := p.Create(p.staff(), workshops.NewWorkshop{Title: "Bare", Format: models.FormatHybrid})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Publish(p.staff(), w.ID)
	if want := []string{"/capacity required", "/online_capacity required", "/sessions required", "/summary required"}; codeOf(err) != workshops.CodeNotReady || !slices.Equal(fieldsOf(err), want) {
		t.Errorf("%v %v", err, fieldsOf(err))
	}
	p.sessions(w.ID, workshops.NewSessions{LocalStart: "2026-10-27T18:00", Minutes: 60})
	_, err = p.Publish(p.staff(), w.ID)
	if want := []string{"/capacity required", "/facilitator_ids required", "/join_url required", "/online_capacity required", "/summary required", "/venue_id required"}; !slices.Equal(fieldsOf(err), want) {
		t.Errorf("%v", fieldsOf(err))
	}
}

func TestWhoIsNotClearedLeadsNoMinors(t *testing.T) {
	p := plan(t)
	dan := p.person("Dan", false)
	_, err := p.Create(p.staff(), workshops.NewWorkshop{Title: "Teens", Format: models.FormatInPerson, FacilitatorIDs: []uuid.UUID{p.ann, dan, services.NewID()}})
	if want := []string{"/facilitator_ids/1 not_cleared", "/facilitator_ids/2 unknown"}; !slices.Equal(fieldsOf(err), want) {
		t.Errorf("%v", fieldsOf(err))
	}
	w := p.open(workshops.NewWorkshop{MinimumAge: number(18), FacilitatorIDs: []uuid.UUID{dan}}, "2026-10-27T18:00")
	_, err = p.Update(p.staff(), w.ID, workshops.WorkshopPatch{MinimumAge: services.Null[int]()})
	if want := []string{"/facilitator_ids/0 not_cleared"}; !slices.Equal(fieldsOf(err), want) {
		t.Errorf("minors let in under somebody unchecked: %v %v", err, fieldsOf(err))
	}
	// A credential that ends before the last session does not count.
	late := p.draft(workshops.NewWorkshop{FacilitatorIDs: []uuid.UUID{p.ann}})
	_, err = p.AddSessions(p.staff(), late.ID, workshops.NewSessions{LocalStart: "2028-01-10T18:00", Minutes: 60})
	if want := []string{"/facilitator_ids/0 not_cleared"}; !slices.Equal(fieldsOf(err), want) {
		t.Errorf("%v %v", err, fieldsOf(err))
	}
}

func TestDraftsDoNotExistForOthers(t *testing.T) {
	p := plan(t)
	w := p.draft(workshops.NewWorkshop{FacilitatorIDs: []uuid.UUID{p.ann}, JoinURL: "https://meet.example.org/x"})
	s := p.sessions(w.ID, workshops.NewSessions{LocalStart: "2026-10-27T18:00", Minutes: 60, JoinURL: "https://meet.example.org/y"})[0]
	_, hidden := p.Get(p.visitor(), w.ID)
	_, unknown := p.Get(p.visitor(), services.NewID())
	if hidden == nil || hidden.Error() != unknown.Error() || codeOf(hidden) != services.CodeNotFound {
		t.Errorf("%v, %v", hidden, unknown)
	}
	_, hidden = p.Session(p.visitor(), s.ID)
	_, unknown = p.Session(p.visitor(), services.NewID())
	if hidden == nil || hidden.Error() != unknown.Error() {
		t.Errorf("%v, %v", hidden, unknown)
	}
	_, hidden = p.Sessions(p.visitor(), w.ID, workshops.SessionQuery{})
	if codeOf(hidden) != services.CodeNotFound {
		t.Error(hidden)
	}
	leads := p.as(p.ann, "", models.RoleFacilitator)
	if got, err := p.Get(leads, w.ID); err != nil || got.JoinURL == "" || got.Registration != models.WindowClosed {
		t.Errorf("who leads it: %+v %v", got, err)
	}
	if page, err := p.List(leads, workshops.CatalogQuery{PageQuery: services.PageQuery{Limit: 25}, Facilitating: true}); err != nil || len(page.Data) != 1 {
		t.Errorf("%+v %v", page, err)
	}
	if page, err := p.List(leads, workshops.CatalogQuery{PageQuery: services.PageQuery{Limit: 25}}); err != nil || len(page.Data) != 0 {
		t.Errorf("%+v %v", page, err)
	}
	if _, err := p.List(p.visitor(), workshops.CatalogQuery{Visibility: []models.Visibility{models.VisibilityDraft}}); codeOf(err) != services.CodeForbidden {
		t.Error(err)
	}
	if _, err := p.Publish(p.staff(), w.ID); err != nil {
		t.Fatal(err, fieldsOf(err))
	}
	got, err := p.Get(p.visitor(), w.ID)
	if err != nil || got.JoinURL != "" || got.Registration != models.WindowOpen || got.Facilitators[0].MemberID != nil || got.Facilitators[0].Name != "Ann R." || got.Seats[0].Open != 30 {
		t.Errorf("%+v %v", got, err)
	}
	if one, err := p.Session(p.visitor(), s.ID); err != nil || one.JoinURL != "" {
		t.Errorf("%+v %v", one, err)
	}
	if one, err := p.Session(p.staff(), s.ID); err != nil || one.JoinURL == "" {
		t.Errorf("%+v %v", one, err)
	}
}

// take has parties of one take so many seats.
func (p *planner) take(w uuid.UUID, n int, sessionID *uuid.UUID) {
	p.t.Helper()
	for i := range n {
		who := p.person(fmt.Sprint("Guest ", i), false)
		if _, err := p.Register(p.as(who, "", models.RoleMember), w, workshops.Register{SessionID: sessionID}); err != nil {
			p.t.Fatalf("register: %v %v", err, fieldsOf(err))
		}
	}
}

func TestCapacityIsNotLoweredBelowWhatIsTaken(t *testing.T) {
	p := plan(t)
	w := p.open(workshops.NewWorkshop{Capacity: number(3)}, "2026-10-27T18:00")
	p.take(w.ID, 5, nil)
	got, err := p.Get(p.visitor(), w.ID)
	if err != nil || got.Seats[0].Open != 0 || got.Seats[0].Waiting != 2 || got.Registration != models.WindowFull {
		t.Fatalf("%+v %v", got.Seats, err)
	}
	_, err = p.Update(p.staff(), w.ID, workshops.WorkshopPatch{Capacity: services.Some(2)})
	if codeOf(err) != workshops.CodeCapacityTaken || !strings.Contains(err.Error(), "3 seats are taken") || !slices.Equal(fieldsOf(err), []string{"/capacity capacity_below_taken"}) {
		t.Errorf("%v %v", err, fieldsOf(err))
	}
	raised, err := p.Update(p.staff(), w.ID, workshops.WorkshopPatch{Capacity: services.Some(4)})
	if err != nil || raised.Seats[0].Open != 0 || raised.Seats[0].Waiting != 1 {
		t.Errorf("the seat that was added is not offered at once: %+v %v", raised.Seats, err)
	}
	if _, err := p.Unpublish(p.staff(), w.ID); codeOf(err) != workshops.CodeHasRegistrations {
		t.Error(err)
	}
	if _, err := p.Update(p.staff(), w.ID, workshops.WorkshopPatch{AttendanceMode: services.Some(models.AttendDropIn)}); codeOf(err) != workshops.CodeHasRegistrations {
		t.Error(err)
	}
}

func TestPoolsFollowTheForm(t *testing.T) {
	p := plan(t)
	hall := p.venue("Hall")
	w := p.draft(workshops.NewWorkshop{Format: models.FormatHybrid, AttendanceMode: models.AttendDropIn, VenueID: &hall, Capacity: number(10), OnlineCapacity: number(50),
		JoinURL: "https://meet.example.org/x", FacilitatorIDs: []uuid.UUID{p.ann}})
	if len(w.Seats) != 0 {
		t.Errorf("seats without sessions: %+v", w.Seats)
	}
	made := p.sessions(w.ID, workshops.NewSessions{LocalStart: "2026-10-27T18:00", Minutes: 60, Recurrence: weekly("FREQ=WEEKLY;COUNT=3")})
	got, err := p.Publish(p.staff(), w.ID)
	if err != nil {
		t.Fatal(err, fieldsOf(err))
	}
	if len(got.Seats) != 6 || got.Seats[0].Capacity+got.Seats[1].Capacity != 60 || got.Seats[0].SessionID == nil || got.Seats[0].StartsAt == nil {
		t.Fatalf("%+v", got.Seats)
	}
	// One session gets seats of its own; the others keep the workshop's when that changes.
	if _, err := p.UpdateSession(p.staff(), made[1].ID, workshops.SessionPatch{Capacity: services.Some(5)}); err != nil {
		t.Fatal(err)
	}
	got, err = p.Update(p.staff(), w.ID, workshops.WorkshopPatch{Capacity: services.Some(12)})
	if err != nil {
		t.Fatal(err)
	}
	var inPerson []int
	for _, s := range got.Seats {
		if *s.Mode == models.ModeInPerson {
			inPerson = append(inPerson, s.Capacity)
		}
	}
	if !slices.Equal(inPerson, []int{12, 5, 12}) {
		t.Errorf("%v", inPerson)
	}
	online := models.ModeOnline
	who := p.person("Olga", false)
	if _, err := p.Register(p.as(who, "", models.RoleMember), w.ID, workshops.Register{SessionID: &made[0].ID, Attendees: []workshops.AttendeeInput{{MemberID: &who, Mode: &online}}}); err != nil {
		t.Fatal(err, fieldsOf(err))
	}
	got, _ = p.Get(p.visitor(), w.ID)
	for _, s := range got.Seats {
		if (*s.SessionID == made[0].ID && *s.Mode == online) != (s.Open == s.Capacity-1) {
			t.Errorf("%+v", s)
		}
	}
	// A draft that nobody registered for may become something else.
	d := p.draft(workshops.NewWorkshop{})
	changed, err := p.Update(p.staff(), d.ID, workshops.WorkshopPatch{Format: services.Some(models.FormatHybrid), OnlineCapacity: services.Some(7)})
	if err != nil || len(changed.Seats) != 2 {
		t.Errorf("%+v %v", changed, err)
	}
}

func TestMovingASessionAndThoseThatFollow(t *testing.T) {
	p := plan(t)
	w := p.draft(workshops.NewWorkshop{FacilitatorIDs: []uuid.UUID{p.ann}})
	made := p.sessions(w.ID, workshops.NewSessions{LocalStart: "2026-10-20T18:00", Minutes: 60, Recurrence: weekly("FREQ=WEEKLY;COUNT=4")})
	// By a week each: every session moves onto the place of the next, which must not count as a clash.
	moved, err := p.UpdateSession(p.staff(), made[1].ID, workshops.SessionPatch{Scope: workshops.ScopeThisAndFollowing, LocalStart: services.Some("2026-11-03T18:30"), Minutes: services.Some(75)})
	if err != nil {
		t.Fatal(err)
	}
	if moved.ID != made[1].ID || moved.LocalStart != "2026-11-03T18:30" || moved.Sequence != 1 || len(moved.Following) != 2 {
		t.Errorf("%+v", moved)
	}
	if s := moved.Following[1]; s.LocalStart != "2026-11-17T18:30" || s.StartsAt.Format("15:04") != "23:30" || s.EndsAt.Sub(s.StartsAt) != 75*time.Minute {
		t.Errorf("%+v", s.WorkshopSession)
	}
	page, err := p.Sessions(p.staff(), w.ID, workshops.SessionQuery{PageQuery: services.PageQuery{Limit: 25}})
	if err != nil || page.Data[0].LocalStart != "2026-10-20T18:00" || page.Data[0].Version != 1 {
		t.Errorf("the one before moved too: %+v %v", page, err)
	}
	one, err := p.UpdateSession(p.as(p.boss, `"2"`, models.RoleCoordinator), moved.ID, workshops.SessionPatch{Title: services.Some("Sleep")})
	if err != nil || one.Title != "Sleep" || one.Sequence != 1 || one.Version != 3 {
		t.Errorf("a title is no move: %+v %v", one, err)
	}
	if _, err := p.UpdateSession(p.as(p.boss, `"2"`, models.RoleCoordinator), moved.ID, workshops.SessionPatch{}); codeOf(err) != services.CodeStale {
		t.Error(err)
	}
	if _, err := p.UpdateSession(p.as(p.boss, "", models.RoleCoordinator), moved.ID, workshops.SessionPatch{}); codeOf(err) != services.CodeIfMatchRequired {
		t.Error(err)
	}
	if _, err := p.UpdateSession(p.staff(), moved.ID, workshops.SessionPatch{LocalStart: services.Some("2026-10-20T18:15")}); codeOf(err) != calendar.CodeDoubleBooked {
		t.Error(err)
	}
	// Into the gap of 2027-03-14: the time moves forward by it.
	gap, err := p.UpdateSession(p.staff(), moved.ID, workshops.SessionPatch{LocalStart: services.Some("2027-03-14T02:30")})
	if err != nil || gap.LocalStart != "2027-03-14T03:30" {
		t.Errorf("%+v %v", gap, err)
	}
	if got, _ := p.Get(p.staff(), w.ID); !got.EndsAt.Equal(gap.EndsAt) || got.Version != 1 {
		t.Errorf("the workshop ends at %s, its last session at %s; version %d", got.EndsAt, gap.EndsAt, got.Version)
	}
}

func TestCancellingASessionAndRestoringIt(t *testing.T) {
	p := plan(t)
	w := p.draft(workshops.NewWorkshop{FacilitatorIDs: []uuid.UUID{p.ann}})
	made := p.sessions(w.ID, workshops.NewSessions{LocalStart: "2026-10-20T18:00", Minutes: 60, Recurrence: weekly("FREQ=WEEKLY;COUNT=2")})
	if _, err := p.Publish(p.staff(), w.ID); err != nil {
		t.Fatal(err)
	}
	off, err := p.CancelSession(p.staff(), made[0].ID, workshops.SessionCancellation{Reason: "No heating"})
	if err != nil || off.Status != models.SessionCancelled || off.Sequence != 1 {
		t.Fatalf("%+v %v", off, err)
	}
	if got, _ := p.Get(p.staff(), w.ID); !got.StartsAt.Equal(made[1].StartsAt) || got.Sessions != 1 {
		t.Errorf("%+v", got)
	}
	if _, err := p.CancelSession(p.staff(), made[1].ID, workshops.SessionCancellation{Reason: "No heating"}); codeOf(err) != workshops.CodeLastSession {
		t.Error(err)
	}
	if _, err := p.UpdateSession(p.staff(), made[0].ID, workshops.SessionPatch{Title: services.Some("x")}); codeOf(err) != workshops.CodeSessionOver {
		t.Error(err)
	}
	other := p.draft(workshops.NewWorkshop{})
	rival := p.sessions(other.ID, workshops.NewSessions{LocalStart: "2026-10-20T18:30", Minutes: 60, FacilitatorIDs: &[]uuid.UUID{p.ann}})
	if _, err := p.RestoreSession(p.staff(), made[0].ID, workshops.SessionRestoration{}); codeOf(err) != calendar.CodeDoubleBooked {
		t.Errorf("ann is elsewhere by now: %v", err)
	}
	if _, err := p.CancelSession(p.staff(), rival[0].ID, workshops.SessionCancellation{Reason: "Not needed"}); err != nil {
		t.Fatal(err)
	}
	back, err := p.RestoreSession(p.staff(), made[0].ID, workshops.SessionRestoration{})
	if err != nil || back.Status != models.SessionScheduled || back.Sequence != 2 {
		t.Errorf("%+v %v", back, err)
	}
}

func TestCallingOffAndRestoringAWorkshop(t *testing.T) {
	p := plan(t)
	w := p.open(workshops.NewWorkshop{FacilitatorIDs: []uuid.UUID{p.ann}}, "2026-10-27T18:00")
	p.take(w.ID, 2, nil)
	off, err := p.CancelWorkshop(p.staff(), w.ID, workshops.CancelReason{Reason: "Ann is ill"})
	if err != nil || off.Visibility != models.VisibilityCancelled || off.Seats[0].Open != 30 || off.CancelReason != "Ann is ill" {
		t.Fatalf("%+v %v", off, err)
	}
	if _, err := p.Get(p.visitor(), w.ID); codeOf(err) != services.CodeNotFound {
		t.Error(err)
	}
	p.draftWithAnn()
	if _, err := p.RestoreWorkshop(p.staff(), w.ID); codeOf(err) != calendar.CodeDoubleBooked {
		t.Error(err)
	}
	other := p.open(workshops.NewWorkshop{}, "2026-10-28T18:00")
	if _, err := p.CancelWorkshop(p.staff(), other.ID, workshops.CancelReason{Reason: "Too few"}); err != nil {
		t.Fatal(err)
	}
	if back, err := p.RestoreWorkshop(p.staff(), other.ID); err != nil || back.Visibility != models.VisibilityPublished || back.CancelReason != "" {
		t.Errorf("%+v %v", back, err)
	}
	if _, err := p.CancelWorkshop(p.staff(), other.ID, workshops.CancelReason{Reason: "Too few"}); err != nil {
		t.Fatal(err)
	}
	p.core.Clock.Set(time.Date(2026, 10, 29, 0, 0, 0, 0, time.UTC))
	if _, err := p.RestoreWorkshop(p.staff(), other.ID); codeOf(err) != workshops.CodeWrongState {
		t.Errorf("restored after its start: %v", err)
	}
}

func (p *planner) draftWithAnn() {
	p.t.Helper()
	p.sessions(p.draft(workshops.NewWorkshop{}).ID, workshops.NewSessions{LocalStart: "2026-10-27T18:00", Minutes: 60, FacilitatorIDs: &[]uuid.UUID{p.ann}})
}

func TestWhatHasEndedIsCompleted(t *testing.T) {
	p := plan(t)
	w := p.open(workshops.NewWorkshop{}, "2026-10-27T18:00")
	if _, err := p.CompleteWorkshop(p.staff(), w.ID); codeOf(err) != workshops.CodeWrongState {
		t.Error(err)
	}
	p.core.Clock.Set(time.Date(2026, 10, 28, 23, 31, 0, 0, time.UTC))
	if err := p.CompleteEnded(); err != nil {
		t.Fatal(err)
	}
	if got, err := p.Get(p.staff(), w.ID); err != nil || got.Visibility != models.VisibilityCompleted || got.CompletedAt == nil {
		t.Errorf("%+v %v", got, err)
	}
}

func TestACloneKeepsTheTimeOnTheWall(t *testing.T) {
	p := plan(t)
	opens := time.Date(2026, 10, 1, 13, 0, 0, 0, time.UTC) // 09:00 in New York
	w := p.draft(workshops.NewWorkshop{OpensAt: &opens, FacilitatorIDs: []uuid.UUID{p.ann}})
	made := p.sessions(w.ID, workshops.NewSessions{LocalStart: "2026-10-06T18:00", Minutes: 60, Recurrence: weekly("FREQ=WEEKLY;COUNT=3")})
	if _, err := p.CancelSession(p.staff(), made[1].ID, workshops.SessionCancellation{Reason: "Holiday"}); err != nil {
		t.Fatal(err)
	}
	on := models.NewDate(2026, time.November, 10)
	copied, err := p.Clone(p.staff(), w.ID, workshops.CloneWorkshop{Title: "Again", StartsOn: &on})
	if err != nil {
		t.Fatal(err)
	}
	if copied.ID == w.ID || copied.Title != "Again" || copied.Visibility != models.VisibilityDraft || copied.Version != 1 || len(copied.Facilitators) != 1 || len(copied.Seats) != 1 {
		t.Errorf("%+v", copied)
	}
	if want := time.Date(2026, 11, 5, 14, 0, 0, 0, time.UTC); !copied.OpensAt.Equal(want) {
		t.Errorf("opens at %s, want 09:00 in New York", copied.OpensAt)
	}
	page, err := p.Sessions(p.staff(), copied.ID, workshops.SessionQuery{PageQuery: services.PageQuery{Limit: 25}})
	if err != nil || len(page.Data) != 2 || page.Data[0].LocalStart != "2026-11-10T18:00" || page.Data[1].LocalStart != "2026-11-24T18:00" || page.Data[0].StartsAt.Hour() != 23 {
		t.Errorf("%+v %v", page.Data, err)
	}
	if page.Data[0].RuleGroup == nil || *page.Data[0].RuleGroup == *made[0].RuleGroup {
		t.Error("the copy's sessions are of the original's rule")
	}
	bare, err := p.Clone(p.staff(), w.ID, workshops.CloneWorkshop{IsTemplate: true})
	if err != nil || !bare.IsTemplate || bare.Title != w.Title || bare.StartsAt != nil || bare.OpensAt != nil {
		t.Errorf("%+v %v", bare, err)
	}
	if _, err := p.Publish(p.staff(), bare.ID); codeOf(err) != workshops.CodeNotReady {
		t.Error(err)
	}
	if page, err := p.List(p.staff(), workshops.CatalogQuery{PageQuery: services.PageQuery{Limit: 25}, Templates: true}); err != nil || len(page.Data) != 1 {
		t.Errorf("%+v %v", page, err)
	}
}

func TestTheVenueMovesWithTheWorkshop(t *testing.T) {
	p := plan(t)
	hall, barn := p.venue("Hall"), p.venue("Barn")
	w := p.open(workshops.NewWorkshop{VenueID: &hall}, "2026-10-27T18:00")
	if _, err := p.Update(p.staff(), w.ID, workshops.WorkshopPatch{VenueID: services.Some(barn)}); err != nil {
		t.Fatal(err)
	}
	rival := p.draft(workshops.NewWorkshop{VenueID: &hall})
	p.sessions(rival.ID, workshops.NewSessions{LocalStart: "2026-10-27T18:00", Minutes: 60})
	if _, err := p.Update(p.staff(), rival.ID, workshops.WorkshopPatch{VenueID: services.Some(barn)}); codeOf(err) != calendar.CodeDoubleBooked {
		t.Error(err)
	}
	page, err := p.Sessions(p.staff(), w.ID, workshops.SessionQuery{PageQuery: services.PageQuery{Limit: 25}})
	if err != nil || page.Data[0].Place.Name != "Barn" || page.Data[0].Sequence != 1 {
		t.Errorf("%+v %v", page, err)
	}
	if got, err := p.Update(p.staff(), w.ID, workshops.WorkshopPatch{FacilitatorIDs: services.Some([]uuid.UUID{p.bob})}); err != nil || got.Facilitators[0].Name != "Bob R." {
		t.Errorf("%+v %v", got, err)
	}
	if page, _ := p.Sessions(p.staff(), w.ID, workshops.SessionQuery{PageQuery: services.PageQuery{Limit: 25}}); len(page.Data[0].Facilitators) != 1 || page.Data[0].Facilitators[0].Name != "Bob R." {
		t.Errorf("%+v", page.Data[0].Facilitators)
	}
	if _, err := p.Update(p.staff(), w.ID, workshops.WorkshopPatch{FacilitatorIDs: services.Some([]uuid.UUID{})}); codeOf(err) != workshops.CodeNotReady {
		t.Errorf("a published workshop that nobody leads: %v", err)
	}
}

func TestCatalogFilters(t *testing.T) {
	p := plan(t)
	prog, err := programs.New(p.core, programs.Config{}).Create(p.staff(), programs.NewProgram{Name: "Family", Slug: "family"})
	if err != nil {
		t.Fatal(err)
	}
	p.open(workshops.NewWorkshop{Title: "Sleep for Spouses", AudienceKinds: []models.Kind{models.KindSpouse}, ProgramID: &prog.ID}, "2026-10-01T18:00")
	p.open(workshops.NewWorkshop{Title: "Anger", Summary: "50% talk_it over", Format: models.FormatOnline, JoinURL: "https://meet.example.org/a"}, "2026-10-02T18:00")
	full := p.open(workshops.NewWorkshop{Title: "Café Évening", Capacity: number(1), TimeZone: "America/Los_Angeles"}, "2026-10-03T18:00")
	p.take(full.ID, 1, nil)
	past := p.open(workshops.NewWorkshop{Title: "Last Week"}, "2026-09-02T18:00")
	p.core.Clock.Set(time.Date(2026, 9, 10, 0, 0, 0, 0, time.UTC))
	cases := []struct {
		name string
		in   workshops.CatalogQuery
		want []string
	}{
		{"all", workshops.CatalogQuery{}, []string{"Sleep for Spouses", "Anger", "Café Évening"}},
		{"by title", workshops.CatalogQuery{PageQuery: services.PageQuery{Sort: "-title"}}, []string{"Sleep for Spouses", "Café Évening", "Anger"}},
		{"words", workshops.CatalogQuery{Q: "spouse"}, []string{"Sleep for Spouses"}},
		{"a typing mistake", workshops.CatalogQuery{Q: "sleap for spouses"}, []string{"Sleep for Spouses"}},
		{"words apart", workshops.CatalogQuery{Q: "spouzes  SLEEP"}, []string{"Sleep for Spouses"}},
		{"words of two workshops", workshops.CatalogQuery{Q: "sleep anger"}, nil},
		{"accents", workshops.CatalogQuery{Q: "CAFE evening"}, []string{"Café Évening"}},
		{"a literal %", workshops.CatalogQuery{Q: "50% talk_it"}, []string{"Anger"}},
		{"a wildcard is none", workshops.CatalogQuery{Q: "%%%"}, nil},
		{"format", workshops.CatalogQuery{Format: []models.Format{models.FormatOnline, models.FormatHybrid}}, []string{"Anger"}},
		{"audience", workshops.CatalogQuery{Audience: models.KindVeteran}, []string{"Anger", "Café Évening"}},
		{"program", workshops.CatalogQuery{ProgramID: prog.ID}, []string{"Sleep for Spouses"}},
		{"from", workshops.CatalogQuery{StartsGTE: time.Date(2026, 10, 2, 22, 0, 0, 0, time.UTC)}, []string{"Anger", "Café Évening"}},
		{"until", workshops.CatalogQuery{StartsLT: time.Date(2026, 10, 2, 22, 0, 0, 0, time.UTC)}, []string{"Sleep for Spouses"}},
		{"open seats", workshops.CatalogQuery{OpenSeats: true}, []string{"Sleep for Spouses", "Anger"}},
		{"zone", workshops.CatalogQuery{TimeZone: []string{"America/Los_Angeles"}}, []string{"Café Évening"}},
		{"near a zone", workshops.CatalogQuery{NearTimeZone: "America/Chicago"}, []string{"Sleep for Spouses", "Anger"}},
		{"near another", workshops.CatalogQuery{NearTimeZone: "America/Denver"}, []string{"Café Évening"}},
	}
	for _, c := range cases {
		c.in.Limit, c.in.Count = 25, true
		page, err := p.List(p.visitor(), c.in)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var got []string
		for _, r := range page.Data {
			got = append(got, r.Title)
		}
		if !slices.Equal(got, c.want) || *page.Total != int64(len(c.want)) {
			t.Errorf("%s: %q of %d, want %q", c.name, got, *page.Total, c.want)
		}
	}
	if _, err := p.List(p.visitor(), workshops.CatalogQuery{NearTimeZone: "Mars/Olympus"}); codeOf(err) != services.CodeInvalid {
		t.Error(err)
	}
	page, err := p.List(p.staff(), workshops.CatalogQuery{PageQuery: services.PageQuery{Limit: 25}})
	if err != nil || len(page.Data) != 4 || page.Data[0].ID != past.ID || page.Data[3].Registration != models.WindowFull || page.Data[3].Seats[0].Open != 0 {
		t.Errorf("%+v %v", page, err)
	}
}

// Many workshops start at the same minute; a page must neither repeat nor hide one.
func TestPagesOverEqualStarts(t *testing.T) {
	p := plan(t)
	want := map[uuid.UUID]bool{}
	for i := range 7 {
		want[p.open(workshops.NewWorkshop{Title: fmt.Sprint("W", i%2)}, "2026-10-27T18:00").ID] = true
	}
	p.draft(workshops.NewWorkshop{Title: "W2"})
	for _, sort := range []string{"starts_at", "-starts_at", "title", "-title"} {
		for _, who := range []context.Context{p.visitor(), p.staff()} {
			seen := map[uuid.UUID]bool{}
			in := workshops.CatalogQuery{PageQuery: services.PageQuery{Limit: 2, Sort: sort}}
			for range 10 {
				page, err := p.List(who, in)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range page.Data {
					if seen[r.ID] {
						t.Errorf("%s: twice", sort)
					}
					seen[r.ID] = true
				}
				if page.NextCursor == nil {
					break
				}
				in.Cursor = *page.NextCursor
			}
			for id := range want {
				if !seen[id] {
					t.Errorf("%s: one is missing of %d", sort, len(seen))
				}
			}
		}
	}
}

func TestRegistrationWords(t *testing.T) {
	p := plan(t)
	opens, closes := planningDay.Add(24*time.Hour), time.Date(2026, 10, 28, 0, 0, 0, 0, time.UTC) // half an hour past the first evening
	w := p.open(workshops.NewWorkshop{OpensAt: &opens, ClosesAt: &closes}, "2026-10-27T18:00")
	p.sessions(w.ID, workshops.NewSessions{LocalStart: "2026-11-03T18:00", Minutes: 60})
	for at, want := range map[time.Time]models.Window{
		planningDay:              models.WindowNotYetOpen,
		opens:                    models.WindowOpen,
		closes.Add(-time.Second): models.WindowOpen,
		closes:                   models.WindowClosed,
	} {
		p.core.Clock.Set(at)
		got, err := p.Get(p.visitor(), w.ID)
		if err != nil || got.Registration != want || got.Seats[0].Registration != want {
			t.Errorf("%s: %+v %v, want %s", at, got.Registration, err, want)
		}
		page, err := p.List(p.visitor(), workshops.CatalogQuery{PageQuery: services.PageQuery{Limit: 25}})
		if err != nil || (len(page.Data) == 1) != (want != models.WindowClosed) {
			t.Errorf("%s: %d in the catalog", at, len(page.Data))
		}
	}
}
