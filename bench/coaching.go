package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/bench/load"
	"homefront/models"
	"homefront/services/coaching"
)

const (
	benchCoaches  = 50
	slotsAhead    = 60 // days
	slotPagesEach = 60
	anySlotsEach  = 20
)

// coachingMeasured is what was measured of coaching.
type coachingMeasured struct{ Pairs []*pairing }

func (m *coachingMeasured) write(p func(string, ...any)) {
	if len(m.Pairs) == 0 {
		return
	}
	p(`
## Coaching

%d coaches, each with hours in two schedules, one of which skips weeks, overrides, time off, limits per day and week, and about 90 bookings on the days to come; days of a zone that is not theirs. Beside them %d who have %d
clients each, all met before. On one connection, the race on %d: the times are whole, from request to answer. By hand means the same rows in as few round trips of pgx as the decisions allow, and for free times a plain loop over days,
windows and bookings: no request, no scope, no notice, no validation, no encryption, no JSON.
`, benchCoaches, practices, clientsEach, racersOfSlot)
	writePairs(p, m.Pairs)
}

// slow is the p50 of the measurement whose title begins so, in milliseconds.
func (m *coachingMeasured) slow(title string) float64 {
	for _, x := range m.Pairs {
		if len(x.Title) >= len(title) && x.Title[:len(title)] == title {
			return middle(x.Ours.P50)
		}
	}
	return 0
}

const (
	slotsOfOne = "Free times of one coach"
	slotsOfAny = "The first 20 free times of any coach"
)

// inCoaching is what the measurements of coaching share.
type inCoaching struct {
	*atWork
	practice
	coaches []uuid.UUID
	first   models.Date
	ahead   int // days that are looked through by hand
}

// coaching measures when coaches are free, and what they and their clients do.
func (b *bench) coaching(ctx context.Context) error {
	w := &inCoaching{first: models.DateOf(time.Now().UTC()), ahead: slotsAhead,
		atWork: &atWork{b: b, server: b.product, done: map[string]int{}, name: "coaching", pairs: &b.results.coaching.Pairs}}
	conn, err := pgx.Connect(ctx, b.cluster.super())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if w.coaches, err = makeCoaches(ctx, conn); err != nil {
		return err
	}
	pool, err := handPool(ctx, b.cluster.app())
	if err != nil {
		return err
	}
	defer pool.Close()
	w.hand = &byHand{pool: pool, audit: map[string]string{}}
	if err := w.agree(ctx); err != nil {
		return err
	}
	if err := w.slots(ctx); err != nil {
		return err
	}
	if err := w.makePractice(ctx, conn); err != nil {
		return err
	}
	return w.atPractice(ctx)
}

func (w *inCoaching) days() string {
	return fmt.Sprintf("time_zone=America/Denver&from=%s&to=%s", w.first, w.first.AddDate(0, 0, slotsAhead-1).Format(time.DateOnly))
}

func (w *inCoaching) ofOne(i int) load.Request {
	return load.Get("/v1/coaches/"+w.coaches[i%len(w.coaches)].String()+"/slots?"+w.days(), w.b.tokens[i%len(w.b.tokens)])
}

func (w *inCoaching) ofAny(i int) load.Request {
	return load.Get("/v1/coaching-slots?limit=20&"+w.days(), w.b.tokens[i%len(w.b.tokens)])
}

// agree holds the first answers against what is found by hand: what is measured is the same work.
func (w *inCoaching) agree(ctx context.Context) error {
	c, err := load.Dial(w.server.addr)
	if err != nil {
		return err
	}
	defer c.Close()
	for i := range 5 {
		a, err := c.Do(w.ofOne(i))
		if err != nil {
			return err
		}
		var got coaching.CoachSlots
		if err := json.Unmarshal(a.Body, &got); err != nil || a.Status != 200 {
			return fmt.Errorf("%d %.300s", a.Status, a.Body)
		}
		want, err := w.slotsByHand(ctx, []uuid.UUID{got.CoachID}, time.Now().Add(24*time.Hour), got.BookableUntil)
		if err != nil {
			return err
		}
		var found []time.Time
		for _, d := range got.Days {
			for _, s := range d.Slots {
				found = append(found, s.StartsAt)
			}
		}
		if len(found) == 0 || fmt.Sprint(found) != fmt.Sprint(want) {
			return fmt.Errorf("%d free times, and %d by hand", len(found), len(want))
		}
	}
	return nil
}

func (w *inCoaching) slots(ctx context.Context) error {
	err := w.beside(fmt.Sprintf("%s, %d days", slotsOfOne, slotsAhead), rival{"product", func() (*load.Result, error) {
		at := w.next("one", slotPagesEach)
		return w.asked(ctx, 1, slotPagesEach, 200, func(i int) load.Request { return w.ofOne(at + i) })
	}}, rival{bySQL, func() (*load.Result, error) {
		return direct(1, slotPagesEach, func(i int) error {
			_, err := w.slotsByHand(ctx, w.coaches[i%len(w.coaches):][:1], time.Now(), time.Now().AddDate(1, 0, 0))
			return err
		}), nil
	}})
	if err != nil {
		return err
	}
	return w.beside(fmt.Sprintf("%s of %d, %d days", slotsOfAny, benchCoaches, slotsAhead), rival{"product", func() (*load.Result, error) {
		at := w.next("any", anySlotsEach)
		return w.asked(ctx, 1, anySlotsEach, 200, func(i int) load.Request { return w.ofAny(at + i) })
	}}, rival{bySQL, func() (*load.Result, error) {
		return direct(1, anySlotsEach, func(int) error {
			_, err := w.slotsByHand(ctx, w.coaches, time.Now(), time.Now().AddDate(1, 0, 0))
			return err
		}), nil
	}})
}
