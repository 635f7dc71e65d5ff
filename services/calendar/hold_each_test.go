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

	"homefront/internal/pgtest"
	"homefront/models"
	"homefront/services"
	"homefront/services/calendar"
)

// holdEach books what fits, and says of each booking whether it did.
func holdEach(c *services.Core, bookings ...calendar.Booking) (fit []bool, clashes []*calendar.DoubleBooked, err error) {
	_, err = services.Mutate(as(coordinator), c, "test.hold_each", func(tx *services.Tx) (struct{}, error) {
		tx.Unchanged()
		answers, err := calendar.HoldEach(tx, bookings...)
		fit, clashes = nil, nil
		for _, a := range answers {
			clash := new(calendar.DoubleBooked)
			if !errors.As(a, &clash) {
				clash = nil
			}
			fit, clashes = append(fit, a == nil), append(clashes, clash)
		}
		return struct{}{}, err
	})
	return fit, clashes, err
}

func members(ids ...uuid.UUID) (out []calendar.Resource) {
	for _, id := range ids {
		out = append(out, calendar.Resource{Kind: models.ResourcePerson, ID: id})
	}
	return out
}

func same(a []bool, b ...bool) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func heldBy(t *testing.T, c *services.Core, b calendar.Booking) (n int64) {
	t.Helper()
	_, err := services.Read(as(coordinator), c, func(db *gorm.DB) (struct{}, error) {
		return struct{}{}, db.Table("commitments").Where("source = ? and source_id = ?", b.Source, b.SourceID).Count(&n).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestHoldEachBooksWhatFits(t *testing.T) {
	c := open(t, pgtest.New(t))
	ann, bob, mia := services.NewID(), services.NewID(), services.NewID()
	taken := book(25*time.Hour, 26*time.Hour, staff(ann)...)
	if err := hold(c, taken); err != nil {
		t.Fatal(err)
	}
	both := append(staff(ann), members(mia)...)
	series := []calendar.Booking{
		book(0, time.Hour, both...),
		book(25*time.Hour+30*time.Minute, 27*time.Hour, both...), // Ann is taken
		book(49*time.Hour, 50*time.Hour, both...),
		book(49*time.Hour+59*time.Minute, 51*time.Hour, append(staff(bob), members(mia)...)...), // Mia is taken by the one before
		book(50*time.Hour, 51*time.Hour, both...),
	}
	fit, clashes, err := holdEach(c, series...)
	if err != nil || !same(fit, true, false, true, false, true) {
		t.Fatalf("%v %v", fit, err)
	}
	if of := clashes[1].Clashes; len(of) != 1 || of[0].SourceID != taken.SourceID || of[0].ID != ann || !of[0].StartsAt.Equal(taken.StartsAt) {
		t.Errorf("who stands in the way of the second: %+v", of)
	}
	if of := clashes[3].Clashes; len(of) != 1 || of[0].SourceID != series[2].SourceID || of[0].ID != mia {
		t.Errorf("of the fourth: %+v", of)
	}
	if !isClash(clashes[1]) {
		t.Error("not what an answer shows")
	}
	for i, want := range []int64{2, 0, 2, 0, 2} {
		if n := heldBy(t, c, series[i]); n != want {
			t.Errorf("booking %d holds %d", i, n)
		}
	}
	if err := hold(c, book(25*time.Hour, 27*time.Hour, members(mia)...)); err != nil {
		t.Errorf("Mia is free when Ann is not: %v", err)
	}
}

func TestHoldEachCountsBuffers(t *testing.T) {
	c := open(t, pgtest.New(t))
	ann := services.NewID()
	with := func(from, to time.Duration) calendar.Booking {
		b := book(from, to, staff(ann)...)
		b.Before, b.After = 5*time.Minute, 10*time.Minute
		return b
	}
	fit, _, err := holdEach(c, with(0, 50*time.Minute), with(64*time.Minute, 2*time.Hour), with(65*time.Minute, 2*time.Hour))
	if err != nil || !same(fit, true, false, true) {
		t.Errorf("fifteen minutes between two: %v %v", fit, err)
	}
}

// A booking that is moved gives way to those after it; one that does not fit keeps the time that it has.
func TestHoldEachMovesInOrder(t *testing.T) {
	c := open(t, pgtest.New(t))
	ann := services.NewID()
	first, second, third := book(0, time.Hour, staff(ann)...), book(time.Hour, 2*time.Hour, staff(ann)...), book(4*time.Hour, 5*time.Hour, staff(ann)...)
	if err := hold(c, first, second, third); err != nil {
		t.Fatal(err)
	}
	shift := func(b calendar.Booking, by time.Duration) calendar.Booking {
		b.StartsAt, b.EndsAt = b.StartsAt.Add(by), b.EndsAt.Add(by)
		return b
	}
	fit, _, err := holdEach(c, shift(first, time.Hour), shift(second, time.Hour))
	if err != nil || !same(fit, false, true) {
		t.Fatalf("the first wants the hour that the second still has: %v %v", fit, err)
	}
	if heldBy(t, c, first) != 1 {
		t.Error("it lost its own")
	}
	second = shift(second, time.Hour)
	fit, _, err = holdEach(c, shift(second, 30*time.Minute), shift(first, 2*time.Hour), shift(third, -2*time.Hour))
	if err != nil || !same(fit, true, false, false) {
		t.Fatalf("half an hour over its own time, and two who want it: %v %v", fit, err)
	}
	released := third
	released.Resources = nil
	fit, _, err = holdEach(c, released, shift(first, 4*time.Hour))
	if err != nil || !same(fit, true, true) || heldBy(t, c, third) != 0 {
		t.Errorf("one gives up its hour for the next: %v %v", fit, err)
	}
	if fit, _, err = holdEach(c); err != nil || len(fit) != 0 {
		t.Errorf("nothing: %v %v", fit, err)
	}
}

// seriesRace has weekly series of two people, and single bookings of one of them, want the same hours at once. It answers how
// often each hour was got.
func seriesRace(t *testing.T, cores ...*services.Core) map[int]int {
	t.Helper()
	const weeks = 6
	ann, bob := services.NewID(), services.NewID()
	got := map[int]int{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range 40 {
		wg.Go(func() {
			<-start
			who := append(staff(ann), members(bob, services.NewID())...)
			if i%2 == 0 {
				who = append(members(services.NewID(), bob), staff(ann)...)
			}
			var bookings []calendar.Booking
			for w := range weeks {
				if i%4 == 0 || i%weeks == w { // series, and single ones
					from := time.Duration(w)*7*24*time.Hour + time.Duration(i)*time.Second
					bookings = append(bookings, book(from, from+time.Hour, who...))
				}
			}
			fit, _, err := holdEach(cores[i%len(cores)], bookings...)
			if err != nil {
				t.Errorf("neither booked nor refused: %v", err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			for j := range fit {
				if fit[j] {
					got[int(bookings[j].StartsAt.Sub(noon)/(7*24*time.Hour))]++
				}
			}
		})
	}
	close(start)
	wg.Wait()
	if len(got) != weeks {
		t.Errorf("%d of %d hours were got", len(got), weeks)
	}
	return got
}

func TestHoldEachSeriesAndSinglesGetEachHourOnce(t *testing.T) {
	db := pgtest.New(t)
	for week, n := range seriesRace(t, open(t, db), open(t, db)) {
		if n != 1 {
			t.Errorf("week %d: %d times", week, n)
		}
	}
}

// The lock alone decides the race: with the constraint dropped nothing is booked twice either, and so an hour that somebody
// else takes is never found at COMMIT.
func TestHoldEachNeedsNoConstraintToRefuse(t *testing.T) {
	db := pgtest.New(t)
	conn, err := pgx.Connect(t.Context(), db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if _, err := conn.Exec(t.Context(), "alter table commitments drop constraint commitments_no_overlap"); err != nil {
		t.Fatal(err)
	}
	for week, n := range seriesRace(t, open(t, db)) {
		if n != 1 {
			t.Errorf("week %d: %d times", week, n)
		}
	}
}

// What is read after Lock is true until the use case ends: of twenty who may book while fewer than three have, three do.
func TestLockKeepsACountTrue(t *testing.T) {
	c := open(t, pgtest.New(t))
	ann := services.NewID()
	var won atomic.Int32
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			who := append(staff(ann), members(services.NewID())...)
			_, err := services.Mutate(as(coordinator), c, "test.count", func(tx *services.Tx) (bool, error) {
				tx.Unchanged()
				calendar.Lock(tx, who...)
				var n int64
				if err := tx.DB.Table("commitments").Where("resource_id = ?", ann).Count(&n).Error; err != nil || n >= 3 {
					return false, err
				}
				won.Add(1)
				return true, calendar.Hold(tx, book(time.Duration(i)*time.Hour, time.Duration(i+1)*time.Hour, who...))
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 3 {
		t.Errorf("%d booked", won.Load())
	}
}

func TestHoldEachRefusesPlacesOutOfUse(t *testing.T) {
	c := open(t, pgtest.New(t))
	c.Clock.Set(noon)
	s := calendar.New(c)
	v, err := s.CreateVenue(as(coordinator), calendar.NewVenue{Name: "Hall", TimeZone: "UTC"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.ArchiveVenue(as(coordinator), v.ID); err != nil {
		t.Fatal(err)
	}
	_, _, err = holdEach(c, book(0, time.Hour, staff(services.NewID())...), book(time.Hour, 2*time.Hour, calendar.Resource{Kind: models.ResourceVenue, ID: v.ID}))
	if !errors.Is(err, services.Conflict(calendar.CodeVenueArchived, "")) {
		t.Error(err)
	}
}
