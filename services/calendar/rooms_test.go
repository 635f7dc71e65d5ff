package calendar_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/internal/pgtest"
	"homefront/models"
	"homefront/services"
	"homefront/services/calendar"
)

// house is a venue with rooms.
type house struct {
	*calendar.Service
	t     *testing.T
	core  *services.Core
	venue uuid.UUID
}

func openHouse(t *testing.T) *house {
	t.Helper()
	c := open(t, pgtest.New(t))
	c.Clock.Set(noon)
	s := calendar.New(c)
	v, err := s.CreateVenue(as(coordinator), calendar.NewVenue{Name: "Hall", TimeZone: "UTC"})
	if err != nil {
		t.Fatal(err)
	}
	return &house{s, t, c, v.ID}
}

func (h *house) room(name string, seats ...int) uuid.UUID {
	h.t.Helper()
	in := calendar.NewRoom{Name: name}
	if len(seats) > 0 {
		in.Capacity = &seats[0]
	}
	r, err := h.CreateRoom(as(coordinator), h.venue, in)
	if err != nil {
		h.t.Fatal(err)
	}
	return r.ID
}

// in is the venue, or a room of it.
func (h *house) in(room uuid.UUID) calendar.Resource {
	return calendar.Resource{Kind: models.ResourceVenue, ID: h.venue, Room: room}
}

func TestRoomsStandInTheWayOfTheWholeAndNotOfOneAnother(t *testing.T) {
	h := openHouse(t)
	blue, red := h.room("Blue"), h.room("Red")
	first := book(0, time.Hour, h.in(blue))
	if err := hold(h.core, first); err != nil {
		t.Fatal(err)
	}
	if err := hold(h.core, book(0, time.Hour, h.in(red))); err != nil {
		t.Errorf("two rooms of a venue: %v", err)
	}
	err := hold(h.core, book(30*time.Minute, 40*time.Minute, h.in(uuid.Nil)))
	var clash *calendar.DoubleBooked
	if !errors.As(err, &clash) || len(clash.Clashes) != 2 || clash.Clashes[0].ID != h.venue || clash.Clashes[0].Room == uuid.Nil {
		t.Fatalf("the whole while its rooms are booked: %v %+v", err, clash)
	}
	if err := hold(h.core, book(59*time.Minute, 2*time.Hour, h.in(blue))); !isClash(err) {
		t.Errorf("a room twice: %v", err)
	}
	if err := hold(h.core, book(2*time.Hour, 3*time.Hour, h.in(uuid.Nil))); err != nil {
		t.Fatal(err)
	}
	if err := hold(h.core, book(2*time.Hour, 3*time.Hour, h.in(h.room("Green")))); !isClash(err) {
		t.Errorf("a room that was added after the whole was booked: %v", err)
	}
	first.StartsAt, first.EndsAt = noon.Add(2*time.Hour), noon.Add(3*time.Hour)
	if err := hold(h.core, first); !isClash(err) {
		t.Errorf("a room that moves into a time at which all is booked: %v", err)
	}
	first.Resources[0].Room, first.StartsAt, first.EndsAt = uuid.Nil, noon.Add(4*time.Hour), noon.Add(5*time.Hour)
	if err := hold(h.core, first); err != nil {
		t.Errorf("from one room into the whole: %v", err)
	}
}

func TestARoomOfAnotherVenueIsNotBooked(t *testing.T) {
	h := openHouse(t)
	other, err := h.CreateVenue(as(coordinator), calendar.NewVenue{Name: "Barn", TimeZone: "UTC"})
	if err != nil {
		t.Fatal(err)
	}
	room := h.room("Blue")
	if err := hold(h.core, book(0, time.Hour, calendar.Resource{Kind: models.ResourceVenue, ID: other.ID, Room: room})); err == nil {
		t.Error("a room is booked at a venue that it is not in")
	}
}

// Many want the whole or one of its rooms for overlapping minutes, while rooms are added: the whole is booked alone, or each
// room once.
func TestARaceForRoomsAndTheWhole(t *testing.T) {
	for round := range 4 {
		h := openHouse(t)
		rooms := []uuid.UUID{uuid.Nil, h.room("Blue"), h.room("Red"), h.room("Green")}
		var mu sync.Mutex
		won := map[uuid.UUID]int{}
		var wg sync.WaitGroup
		start := make(chan struct{})
		for i := range 48 {
			wg.Go(func() {
				<-start
				room := rooms[(i+round)%len(rooms)]
				if i%12 == 11 {
					added, err := h.CreateRoom(as(coordinator), h.venue, calendar.NewRoom{Name: fmt.Sprint("Room ", i)})
					if err != nil {
						t.Error(err)
						return
					}
					room = added.ID
				}
				err := hold(h.core, book(time.Duration(i)*time.Second, time.Hour+time.Duration(i)*time.Second, h.in(room)))
				if err != nil && !isClash(err) {
					t.Errorf("neither booked nor refused: %v", err)
				}
				if err == nil {
					mu.Lock()
					won[room]++
					mu.Unlock()
				}
			})
		}
		close(start)
		wg.Wait()
		if won[uuid.Nil] > 0 && len(won) > 1 || len(won) == 0 {
			t.Errorf("the whole and rooms of it: %v", won)
		}
		for room, n := range won {
			if n != 1 {
				t.Errorf("room %s is booked %d times", room, n)
			}
		}
	}
}

func TestRoomsOfAVenue(t *testing.T) {
	h := openHouse(t)
	seats := 12
	r, err := h.CreateRoom(as(coordinator), h.venue, calendar.NewRoom{Name: " Blue  Room ", Capacity: &seats, Accessibility: "Elevator", Notes: "Key in the office"})
	if err != nil || r.Name != "Blue Room" || r.Version != 1 || r.VenueID != h.venue {
		t.Fatalf("%+v %v", r, err)
	}
	if _, err := h.CreateRoom(as(coordinator), h.venue, calendar.NewRoom{Name: "BLUE ROOM"}); !errors.Is(err, services.Conflict(calendar.CodeRoomExists, "")) {
		t.Errorf("two rooms of one name: %v", err)
	}
	if _, err := h.CreateRoom(as(coordinator), services.NewID(), calendar.NewRoom{Name: "Nowhere"}); !errors.Is(err, services.NotFound("")) {
		t.Error(err)
	}
	if seen, err := h.Room(as(models.RoleMember), r.ID); err != nil || seen.Notes != "" || seen.Accessibility != "Elevator" {
		t.Errorf("what members see: %+v %v", seen, err)
	}
	h.room("attic")
	changed, err := h.UpdateRoom(as(coordinator), r.ID, calendar.RoomPatch{Notes: services.Null[string](), Capacity: services.Some(10)})
	if err != nil || changed.Notes != "" || *changed.Capacity != 10 || changed.Name != "Blue Room" || changed.Version != 2 {
		t.Errorf("%+v %v", changed, err)
	}
	page, err := h.Rooms(as(coordinator), h.venue, calendar.RoomQuery{PageQuery: services.PageQuery{Limit: 25, Count: true}})
	if err != nil || len(page.Data) != 2 || page.Data[0].Name != "attic" || *page.Total != 2 {
		t.Errorf("%+v %v", page, err)
	}
	if _, err := h.Rooms(as(coordinator), services.NewID(), calendar.RoomQuery{}); !errors.Is(err, services.NotFound("")) {
		t.Error(err)
	}
}

func TestARoomInUseIsNotArchived(t *testing.T) {
	h := openHouse(t)
	blue, red := h.room("Blue"), h.room("Red")
	if err := hold(h.core, book(time.Hour, 2*time.Hour, h.in(blue))); err != nil {
		t.Fatal(err)
	}
	if _, err := h.ArchiveRoom(as(coordinator), blue); !errors.Is(err, services.Conflict(calendar.CodeRoomInUse, "")) {
		t.Error(err)
	}
	if _, err := h.ArchiveVenue(as(coordinator), h.venue); !errors.Is(err, services.Conflict(calendar.CodeVenueInUse, "")) {
		t.Errorf("a venue of which a room is booked: %v", err)
	}
	if gone, err := h.ArchiveRoom(as(coordinator), red); err != nil || gone.ArchivedAt == nil {
		t.Errorf("the other room: %+v %v", gone, err)
	}
	h.room("red")
	if _, err := h.RestoreRoom(as(coordinator), red); !errors.Is(err, services.Conflict(calendar.CodeRoomExists, "")) {
		t.Errorf("its name is another's by now: %v", err)
	}
	h.core.Clock.Set(noon.Add(3 * time.Hour))
	if _, err := h.ArchiveRoom(as(coordinator), blue); err != nil {
		t.Error(err)
	}
	if back, err := h.RestoreRoom(as(coordinator), blue); err != nil || back.ArchivedAt != nil {
		t.Errorf("%+v %v", back, err)
	}
	if _, err := h.ArchiveVenue(as(coordinator), h.venue); err != nil {
		t.Fatal(err)
	}
	if _, err := h.CreateRoom(as(coordinator), h.venue, calendar.NewRoom{Name: "New"}); !errors.Is(err, services.Conflict(calendar.CodeVenueArchived, "")) {
		t.Error(err)
	}
}

func TestNothingNewIsBookedInAPlaceOutOfUse(t *testing.T) {
	h := openHouse(t)
	blue := h.room("Blue")
	stays := book(5*time.Hour, 6*time.Hour, h.in(blue))
	if err := hold(h.core, stays); err != nil {
		t.Fatal(err)
	}
	h.core.Clock.Set(noon.Add(7 * time.Hour))
	if _, err := h.ArchiveRoom(as(coordinator), blue); err != nil {
		t.Fatal(err)
	}
	h.core.Clock.Set(noon)
	if err := hold(h.core, book(time.Hour, 2*time.Hour, h.in(blue))); !errors.Is(err, services.Conflict(calendar.CodeRoomArchived, "")) {
		t.Errorf("a room out of use: %v", err)
	}
	stays.Resources = append(stays.Resources, staff(services.NewID())...)
	if err := hold(h.core, stays); err != nil {
		t.Errorf("what was there before stays, with somebody else to lead it: %v", err)
	}
	h.core.Clock.Set(noon.Add(7 * time.Hour))
	if _, err := h.ArchiveVenue(as(coordinator), h.venue); err != nil {
		t.Fatal(err)
	}
	if err := hold(h.core, book(8*time.Hour, 9*time.Hour, h.in(uuid.Nil))); !errors.Is(err, services.Conflict(calendar.CodeVenueArchived, "")) {
		t.Errorf("a venue out of use: %v", err)
	}
	stays.StartsAt, stays.EndsAt = noon.Add(8*time.Hour), noon.Add(9*time.Hour)
	if err := hold(h.core, stays); !errors.Is(err, services.Conflict(calendar.CodeVenueArchived, "")) {
		t.Errorf("what was over is planned there anew: %v", err)
	}
	if err := hold(h.core, book(time.Hour, 2*time.Hour, h.in(uuid.Nil))); err != nil {
		t.Errorf("what has been is written down: %v", err)
	}
}

// Somebody is booking, and has not finished, when another takes the place out of use: it waits, and then sees the booking.
func TestAPlaceIsNotArchivedWhileItIsBeingBooked(t *testing.T) {
	h := openHouse(t)
	blue := h.room("Blue")
	archive := map[string]func() error{
		"room":  func() error { _, err := h.ArchiveRoom(as(coordinator), blue); return err },
		"venue": func() error { _, err := h.ArchiveVenue(as(coordinator), h.venue); return err },
	}
	for name, want := range map[string]services.Code{"room": calendar.CodeRoomInUse, "venue": calendar.CodeVenueInUse} {
		b := book(time.Hour, 2*time.Hour, h.in(blue))
		booked, finish, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
		var wg sync.WaitGroup
		wg.Go(func() {
			_, err := services.Mutate(as(coordinator), h.core, "test.hold", func(tx *services.Tx) (struct{}, error) {
				tx.Unchanged()
				err := calendar.Hold(tx, b)
				close(booked)
				<-finish
				return struct{}{}, err
			})
			if err != nil {
				t.Error(err)
			}
		})
		<-booked
		go func() { done <- archive[name]() }()
		var err error
		select {
		case err = <-done:
			close(finish)
		case <-time.After(300 * time.Millisecond):
			close(finish)
			err = <-done
		}
		wg.Wait()
		if !errors.Is(err, services.Conflict(want, "")) {
			t.Errorf("the %s: %v", name, err)
		}
		b.Resources = nil
		if err := hold(h.core, b); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFreeRooms(t *testing.T) {
	h := openHouse(t)
	blue, red := h.room("Blue", 8), h.room("Red", 20)
	if err := hold(h.core, book(0, time.Hour, h.in(blue))); err != nil {
		t.Fatal(err)
	}
	free := func(from, to time.Duration, seats, limit int) (out []string) {
		t.Helper()
		in := calendar.FreeRoomQuery{PageQuery: services.PageQuery{Limit: limit}, Span: calendar.Span{StartsAt: noon.Add(from), EndsAt: noon.Add(to)}, Seats: seats}
		for {
			page, err := h.FreeRooms(as(coordinator), in)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range page.Data {
				name := r.VenueName
				if r.RoomName != nil {
					name += " " + *r.RoomName
				}
				out = append(out, name)
			}
			if page.NextCursor == nil {
				return out
			}
			in.Cursor = *page.NextCursor
		}
	}
	same := func(what string, got []string, want ...string) {
		t.Helper()
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	same("one room is booked", free(30*time.Minute, 2*time.Hour, 0, 25), "Hall Red")
	same("the hour after", free(time.Hour, 2*time.Hour, 0, 1), "Hall", "Hall Blue", "Hall Red")
	same("for twelve people", free(time.Hour, 2*time.Hour, 12, 25), "Hall", "Hall Red")
	if err := hold(h.core, book(2*time.Hour, 3*time.Hour, h.in(uuid.Nil))); err != nil {
		t.Fatal(err)
	}
	same("all is booked", free(2*time.Hour, 3*time.Hour, 0, 25))
	if _, err := h.ArchiveRoom(as(coordinator), red); err != nil {
		t.Fatal(err)
	}
	same("a room is out of use", free(3*time.Hour, 4*time.Hour, 0, 25), "Hall", "Hall Blue")
	if _, err := h.FreeRooms(as(coordinator), calendar.FreeRoomQuery{Span: calendar.Span{StartsAt: noon, EndsAt: noon}}); !errors.Is(err, services.Invalid()) {
		t.Error(err)
	}
}
