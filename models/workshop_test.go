package models

import (
	"testing"
	"time"
)

func TestPoolRoom(t *testing.T) {
	apart := 2
	cases := []struct {
		name             string
		pool             Pool
		adults, children int
		fits             bool
	}{
		{"the last seats", Pool{Capacity: 10, Taken: 7, TakenChildren: 3}, 2, 1, true},
		{"one too many", Pool{Capacity: 10, Taken: 7, TakenChildren: 3}, 2, 2, false},
		{"children have seats of their own", Pool{Capacity: 3, ChildCapacity: &apart, Taken: 4, TakenChildren: 1}, 0, 1, true},
		{"and no more than those", Pool{Capacity: 3, ChildCapacity: &apart, Taken: 3, TakenChildren: 1}, 1, 2, false},
		{"adults do not sit on them", Pool{Capacity: 3, ChildCapacity: &apart, Taken: 4, TakenChildren: 1}, 1, 0, false},
	}
	for _, c := range cases {
		if got := c.pool.Fits(c.adults, c.children); got != c.fits {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	p := Pool{Capacity: 10, Taken: 7, TakenChildren: 3}
	if !p.Holds(7, nil) || p.Holds(6, nil) || !p.Holds(4, &[]int{3}[0]) || p.Holds(4, &apart) || p.Holds(3, &[]int{3}[0]) {
		t.Error("who is seated")
	}
}

func TestWindowAt(t *testing.T) {
	start := time.Date(2026, 10, 27, 22, 0, 0, 0, time.UTC)
	at := func(h int) time.Time { return start.Add(time.Duration(h) * time.Hour) }
	ptr := func(t time.Time) *time.Time { return &t }
	series := Workshop{AttendanceMode: AttendSeries, Visibility: VisibilityPublished, StartsAt: &start, EndsAt: ptr(at(100))}
	late, early, dropIn, draft := series, series, series, series
	late.ClosesAt, early.ClosesAt, early.OpensAt = ptr(at(48)), ptr(at(-24)), ptr(at(-48))
	dropIn.AttendanceMode, dropIn.ClosesAt = AttendDropIn, ptr(at(48))
	draft.Visibility = VisibilityDraft
	cases := []struct {
		name string
		w    Workshop
		now  time.Time
		want Window
	}{
		{"before the start", series, at(-1), WindowOpen},
		{"at the start", series, start, WindowClosed},
		{"a series that lets people join", late, at(47), WindowOpen},
		{"until then", late, at(48), WindowClosed},
		{"too early", early, at(-49), WindowNotYetOpen},
		{"the first instant", early, at(-48), WindowOpen},
		{"closed before the start", early, at(-24), WindowClosed},
		{"nobody joins a drop-in session that has begun", dropIn, start, WindowClosed},
		{"a draft", draft, at(-1), WindowClosed},
	}
	for _, c := range cases {
		if got := c.w.WindowAt(c.now, start); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestSeatsOfAPool(t *testing.T) {
	n := func(n int) *int { return &n }
	online := ModeOnline
	w := Workshop{Capacity: n(30), ChildCapacity: n(10), OnlineCapacity: n(100)}
	if seats, children := w.Seats(nil, nil); seats != 30 || *children != 10 {
		t.Error(seats, children)
	}
	if seats, children := w.Seats(&online, nil); seats != 100 || children != nil {
		t.Error(seats, children)
	}
	if seats, children := w.Seats(nil, &WorkshopSession{Capacity: n(5)}); seats != 5 || *children != 10 {
		t.Error(seats, children)
	}
	if seats, _ := (&Workshop{}).Seats(nil, nil); seats != 0 {
		t.Error(seats)
	}
}
