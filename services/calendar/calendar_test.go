package calendar_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"

	"homefront/internal/coretest"
	"homefront/internal/pgtest"
	"homefront/models"
	"homefront/services"
	"homefront/services/calendar"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func open(t *testing.T, db *pgtest.DB) *services.Core {
	t.Helper()
	return coretest.On(t, db, func(s *services.Settings) { s.WriteConns = 8 })
}

// as is a context of its own for each request: what a call holds is not shared.
func as(roles ...models.Role) context.Context {
	return services.WithCall(context.Background(), &services.Call{Actor: &services.Actor{Kind: models.ActorAccount,
		AccountID: uuid.MustParse("0199c1f2-0000-7000-8000-00000000a11c"), MemberID: uuid.MustParse("0199c1f2-0000-7000-8000-00000000a11d"), Roles: roles}, IfMatch: "*"})
}

var coordinator = models.RoleCoordinator

var noon = time.Date(2027, 1, 5, 12, 0, 0, 0, time.UTC)

func staff(ids ...uuid.UUID) (out []calendar.Resource) {
	for _, id := range ids {
		out = append(out, calendar.Resource{Kind: models.ResourcePerson, ID: id})
	}
	return out
}

func book(from, to time.Duration, of ...calendar.Resource) calendar.Booking {
	return calendar.Booking{Source: "session", SourceID: services.NewID(), Resources: of, StartsAt: noon.Add(from), EndsAt: noon.Add(to)}
}

func hold(c *services.Core, bookings ...calendar.Booking) error {
	_, err := services.Mutate(as(coordinator), c, "test.hold", func(tx *services.Tx) (struct{}, error) {
		tx.Unchanged()
		return struct{}{}, calendar.Hold(tx, bookings...)
	})
	return err
}

func isClash(err error) bool {
	var e *services.Error
	return errors.As(err, &e) && e.Code == calendar.CodeDoubleBooked && e.Kind == services.KindConflict
}

func TestHoldRefusesOverlapsOnly(t *testing.T) {
	c := open(t, pgtest.New(t))
	ann, room := services.NewID(), calendar.Resource{Kind: models.ResourceVenue, ID: services.NewID()}
	if err := hold(c, book(0, time.Hour, append(staff(ann), room)...)); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name  string
		want  bool
		asked calendar.Booking
	}{
		{"the next hour", true, book(time.Hour, 2*time.Hour, staff(ann)...)},
		{"one minute of overlap", false, book(59*time.Minute, 90*time.Minute, staff(ann)...)},
		{"another person", true, book(0, time.Hour, staff(services.NewID())...)},
		{"the same place", false, book(30*time.Minute, 40*time.Minute, room)},
		{"the same id as another kind", true, book(0, time.Hour, calendar.Resource{Kind: models.ResourceVenue, ID: ann})},
		{"a person named twice", true, book(5*time.Hour, 6*time.Hour, staff(ann, ann)...)},
	}
	for _, one := range cases {
		if err := hold(c, one.asked); (err == nil) != one.want || (err != nil && !isClash(err)) {
			t.Errorf("%s: %v", one.name, err)
		}
	}
}

func TestBuffersOfNeighboursAddUp(t *testing.T) {
	c := open(t, pgtest.New(t))
	ann := services.NewID()
	first := book(0, time.Hour, staff(ann)...)
	first.After = 15 * time.Minute
	if err := hold(c, first); err != nil {
		t.Fatal(err)
	}
	second := book(85*time.Minute, 2*time.Hour, staff(ann)...)
	second.Before = 15 * time.Minute
	if err := hold(c, second); !isClash(err) {
		t.Errorf("25 minutes between two that want 15 each: %v", err)
	}
	second.StartsAt = noon.Add(90 * time.Minute)
	if err := hold(c, second); err != nil {
		t.Errorf("30 minutes: %v", err)
	}
}

func TestAHeldSeriesMovesOntoItself(t *testing.T) {
	c := open(t, pgtest.New(t))
	ann := services.NewID()
	series := []calendar.Booking{book(0, time.Hour, staff(ann)...), book(time.Hour, 2*time.Hour, staff(ann)...), book(2*time.Hour, 3*time.Hour, staff(ann)...)}
	if err := hold(c, series...); err != nil {
		t.Fatal(err)
	}
	for i := range series {
		series[i].StartsAt, series[i].EndsAt = series[i].StartsAt.Add(time.Hour), series[i].EndsAt.Add(time.Hour)
	}
	if err := hold(c, series...); err != nil {
		t.Fatal(err)
	}
	if err := hold(c, book(0, time.Hour, staff(ann)...)); err != nil {
		t.Errorf("the first hour is free again: %v", err)
	}
	series[0].EndsAt = series[0].EndsAt.Add(time.Minute)
	if err := hold(c, series...); !isClash(err) {
		t.Errorf("a series that overlaps itself: %v", err)
	}
}

func TestAClashLeavesNothingBehind(t *testing.T) {
	c := open(t, pgtest.New(t))
	ann, bob := services.NewID(), services.NewID()
	taken := book(0, time.Hour, staff(ann)...)
	if err := hold(c, taken); err != nil {
		t.Fatal(err)
	}
	err := hold(c, book(0, time.Hour, staff(bob, ann)...))
	var clash *calendar.DoubleBooked
	if !errors.As(err, &clash) || len(clash.Clashes) != 1 || clash.Clashes[0].SourceID != taken.SourceID || clash.Clashes[0].ID != ann || !clash.Clashes[0].StartsAt.Equal(noon) {
		t.Fatalf("%v", err)
	}
	if err := hold(c, book(0, time.Hour, staff(bob)...)); err != nil {
		t.Errorf("bob was held by a booking that failed: %v", err)
	}
}

func TestReleaseFrees(t *testing.T) {
	c := open(t, pgtest.New(t))
	ann := services.NewID()
	first := book(0, time.Hour, staff(ann)...)
	if err := hold(c, first); err != nil {
		t.Fatal(err)
	}
	_, err := services.Mutate(as(coordinator), c, "test.release", func(tx *services.Tx) (struct{}, error) {
		tx.Unchanged()
		return struct{}{}, calendar.Release(tx, "session", first.SourceID)
	})
	if err != nil {
		t.Fatal(err)
	}
	busy, err := services.Read(as(coordinator), c, func(db *gorm.DB) ([]calendar.Clash, error) { return calendar.Busy(db, 1, first) })
	if err != nil || len(busy) != 0 {
		t.Errorf("%v %v", busy, err)
	}
	if err := hold(c, book(0, time.Hour, staff(ann)...)); err != nil {
		t.Error(err)
	}
}

// race has n goroutines want overlapping minutes of the same people, and answers how many got them.
func race(t *testing.T, c *services.Core, n int) int {
	t.Helper()
	ann, bob := services.NewID(), services.NewID()
	var won atomic.Int32
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			who := staff(ann, bob)
			if i%2 == 0 {
				who = staff(bob, ann)
			}
			err := hold(c, book(time.Duration(i)*time.Second, time.Hour+time.Duration(i)*time.Second, who...))
			switch {
			case err == nil:
				won.Add(1)
			case !isClash(err):
				t.Errorf("neither booked nor refused: %v", err)
			}
		})
	}
	close(start)
	wg.Wait()
	return int(won.Load())
}

func TestOneOfAHundredWins(t *testing.T) {
	c := open(t, pgtest.New(t))
	if won := race(t, c, 100); won != 1 {
		t.Errorf("%d bookings of one hour", won)
	}
}

// With the constraint dropped the same race books many: it is the constraint that the test above sees.
func TestTheRaceBitesWithoutTheConstraint(t *testing.T) {
	db := pgtest.New(t)
	conn, err := pgx.Connect(t.Context(), db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if _, err := conn.Exec(t.Context(), "alter table commitments drop constraint commitments_no_overlap"); err != nil {
		t.Fatal(err)
	}
	if won := race(t, open(t, db), 100); won < 2 {
		t.Errorf("%d bookings without the constraint", won)
	}
}

// Two series over the same people and places in opposite order wait for one another instead of deadlocking.
func TestSeriesRaceWithoutDeadlock(t *testing.T) {
	c := open(t, pgtest.New(t))
	people := []uuid.UUID{services.NewID(), services.NewID(), services.NewID(), services.NewID()}
	var wg sync.WaitGroup
	var won atomic.Int32
	for range 20 {
		wg.Go(func() {
			var all []calendar.Booking
			for week := range 10 {
				from := time.Duration(week) * 168 * time.Hour
				all = append(all, book(from, from+time.Hour, staff(people[week%4], people[(week+1)%4])...))
			}
			err := hold(c, all...)
			if err == nil {
				won.Add(1)
			} else if !isClash(err) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d series", won.Load())
	}
}

func TestVenues(t *testing.T) {
	c := open(t, pgtest.New(t))
	s := calendar.New(c)
	seats := 40
	v, err := s.CreateVenue(as(coordinator), calendar.NewVenue{Name: "  Élan House ", TimeZone: "America/New_York", Capacity: &seats, Notes: "key box 4411"})
	if err != nil || v.Name != "Élan House" || v.Version != 1 {
		t.Fatalf("%+v %v", v, err)
	}
	if _, err := s.CreateVenue(as(coordinator), calendar.NewVenue{Name: " ", TimeZone: "Mars/Olympus"}); err == nil {
		t.Error("a venue without a name on Mars")
	} else if e := new(services.Error); !errors.As(err, &e) || len(e.Fields) != 2 {
		t.Errorf("not all violations at once: %v", err)
	}
	seen, err := s.Venue(as(models.RoleMember), v.ID)
	if err != nil || seen.Notes != "" {
		t.Errorf("members see the key box: %+v %v", seen, err)
	}
	if _, err := s.Venue(as(coordinator), services.NewID()); !errors.Is(err, services.NotFound("")) {
		t.Error(err)
	}
	cleared, err := s.UpdateVenue(as(coordinator), v.ID, calendar.VenuePatch{Notes: services.Null[string]()})
	if err != nil || cleared.Notes != "" || cleared.Name != "Élan House" {
		t.Errorf("null clears, absent leaves: %+v %v", cleared, err)
	}
	for _, name := range []string{"alpha", "Beta", "élan hall", "Gamma"} {
		if _, err := s.CreateVenue(as(coordinator), calendar.NewVenue{Name: name, TimeZone: "UTC"}); err != nil {
			t.Fatal(err)
		}
	}
	found, err := s.Venues(as(coordinator), calendar.VenueQuery{PageQuery: services.PageQuery{Limit: 25}, Q: "ELAN"})
	if err != nil || len(found.Data) != 2 {
		t.Errorf("%+v %v", found, err)
	}
	var names []string
	in := calendar.VenueQuery{PageQuery: services.PageQuery{Limit: 2, Count: true}}
	for {
		page, err := s.Venues(as(coordinator), in)
		if err != nil || *page.Total != 5 {
			t.Fatalf("%+v %v", page, err)
		}
		for _, v := range page.Data {
			names = append(names, v.Name)
		}
		if page.NextCursor == nil {
			break
		}
		in.Cursor = *page.NextCursor
	}
	if len(names) != 5 || names[0] != "alpha" || names[1] != "Beta" || names[2] != "Gamma" {
		t.Errorf("%q", names)
	}
}

func TestAVenueInUseIsNotArchived(t *testing.T) {
	c := open(t, pgtest.New(t))
	c.Clock.Set(noon)
	s := calendar.New(c)
	v, err := s.CreateVenue(as(coordinator), calendar.NewVenue{Name: "Hall", TimeZone: "UTC"})
	if err != nil {
		t.Fatal(err)
	}
	if err := hold(c, book(time.Hour, 2*time.Hour, calendar.Resource{Kind: models.ResourceVenue, ID: v.ID})); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ArchiveVenue(as(coordinator), v.ID); !errors.Is(err, services.Conflict(calendar.CodeVenueInUse, "")) {
		t.Fatal(err)
	}
	c.Clock.Set(noon.Add(3 * time.Hour))
	gone, err := s.ArchiveVenue(as(coordinator), v.ID)
	if err != nil || gone.ArchivedAt == nil || gone.Version != 2 {
		t.Fatalf("%+v %v", gone, err)
	}
	if again, err := s.ArchiveVenue(as(coordinator), v.ID); err != nil || again.Version != 2 {
		t.Errorf("archiving twice: %+v %v", again, err)
	}
	if page, err := s.Venues(as(coordinator), calendar.VenueQuery{PageQuery: services.PageQuery{Limit: 25}}); err != nil || len(page.Data) != 0 {
		t.Errorf("%+v %v", page, err)
	}
	if back, err := s.RestoreVenue(as(coordinator), v.ID); err != nil || back.ArchivedAt != nil {
		t.Errorf("%+v %v", back, err)
	}
}
