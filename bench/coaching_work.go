package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"homefront/bench/load"

	"homefront/services/coaching"
)

const (
	todaysOfCoach = 60 // of each side in each round
	logsEach      = 20
	bookingsEach  = 40
	readingsEach  = 80
	suggestionsOf = 12
	matchDays     = 28 // that suggestions look ahead
	notesOfEach   = 10 // different ones of each coach that are read
)

// atPractice measures what coaches and clients do.
func (w *inCoaching) atPractice(ctx context.Context) error {
	for _, measure := range []func(context.Context) error{w.todays, w.suggestions, w.bookings, w.logs, w.readings, w.races} {
		if err := measure(ctx); err != nil {
			return err
		}
	}
	return nil
}

// todays has a coach look at a day.
func (w *inCoaching) todays(ctx context.Context) error {
	day := w.first.AddDate(0, 0, 2)
	path := "/v1/me/coaching/today?date=" + day.Format(time.DateOnly)
	c, err := load.Dial(w.server.addr)
	if err != nil {
		return err
	}
	defer c.Close()
	a, err := c.Do(load.Get(path, w.coachTokens[loggers]))
	if err != nil {
		return err
	}
	var got coaching.CoachToday
	if err := json.Unmarshal(a.Body, &got); err != nil || len(got.Sessions) != todaysEach || len(got.Overdue) != clientsEach || len(got.Unlogged) != 0 || len(got.Sessions[0].Agreed) != 2 {
		return fmt.Errorf("another day than was made: %d %.600s", a.Status, a.Body)
	}
	return w.beside(fmt.Sprintf("A coach's day: %d sessions, %d clients, %d steps", todaysEach, clientsEach, 2*clientsEach), rival{"product", func() (*load.Result, error) {
		return w.asked(ctx, 1, todaysOfCoach, 200, func(int) load.Request { return load.Get(path, w.coachTokens[loggers]) })
	}}, rival{bySQL, func() (*load.Result, error) {
		return direct(1, todaysOfCoach, func(int) error { return w.todayByHand(ctx, w.practice.staff[loggers], day) }), nil
	}})
}

// logs writes sessions down, all at once.
func (w *inCoaching) logs(ctx context.Context) error {
	return w.beside("Write a session down: notes in three tiers, two steps, a goal, the next session", rival{"product", func() (*load.Result, error) {
		at := w.next("logs", logsEach)
		bodies := make([][]byte, logsEach)
		for i := range bodies {
			bodies[i] = []byte(asText(w.logOf(at + i)))
		}
		got, err := w.asked(ctx, 1, logsEach, 200, func(i int) load.Request {
			return load.Post("/v1/coaching-sessions/"+w.held[at+i].String()+"/log", w.coachTokens[(at+i)%loggers], bodies[i])
		})
		if err != nil {
			return nil, err
		}
		return got, w.booked(ctx, at)
	}}, rival{bySQL, func() (*load.Result, error) {
		if err := w.hand.learn(ctx, "coaching_session.log"); err != nil {
			return nil, err
		}
		at := w.next("logs", logsEach)
		return direct(1, logsEach, func(i int) error { return w.logByHand(ctx, at+i) }), nil
	}})
}

// booked says whether the logs of a round have booked what comes next.
func (w *inCoaching) booked(ctx context.Context, from int) error {
	var booked int
	err := w.hand.pool.QueryRow(ctx, `select count(*) from coaching_logs where session_id = any($1) and (answer->'next'->>'booked')::boolean`, w.held[from:from+logsEach]).Scan(&booked)
	if err == nil && booked != logsEach {
		err = fmt.Errorf("of %d logs, %d booked the next session", logsEach, booked)
	}
	return err
}

// bookings are of clients, one after another, with several coaches.
func (w *inCoaching) bookings(ctx context.Context) error {
	which := func(i int) (coach, at int) { return i % loggers, client(i%loggers, i/loggers) }
	return w.beside("Book one session", rival{"product", func() (*load.Result, error) {
		from := w.next("bookings", bookingsEach)
		return w.asked(ctx, 1, bookingsEach, 201, func(i int) load.Request {
			_, at := which(from + i)
			return w.booking(at, freeHour((from+i)/loggers))
		})
	}}, rival{bySQL, func() (*load.Result, error) {
		if err := w.hand.learn(ctx, "coaching_session.book"); err != nil {
			return nil, err
		}
		from := w.next("bookings", bookingsEach)
		return direct(1, bookingsEach, func(i int) error {
			coach, at := which(from + i)
			return w.bookByHand(ctx, coach, at, freeHour((from+i)/loggers))
		}), nil
	}})
}

func (w *inCoaching) booking(client int, at time.Time) load.Request {
	return load.Post("/v1/coaching-sessions", w.b.tokens[client], []byte(asText(coaching.BookCoaching{EngagementID: w.engagements[client], StartsAt: at, Modality: "online"})))
}

// races have a hundred clients of one coach book the same time at once.
func (w *inCoaching) races(ctx context.Context) error {
	return w.beside(fmt.Sprintf("%d clients for one time: 1 × 201, %d × 409", racersOfSlot, racersOfSlot-1), rival{"product", func() (*load.Result, error) {
		at := freeHour(w.next("races", 1))
		var asked [racersOfSlot]atomic.Bool
		got := load.Run(ctx, []string{w.server.addr}, racersOfSlot, 0, func(conn int) load.Request {
			if asked[conn].Swap(true) {
				return nil
			}
			return w.booking(practices*clientsEach+conn, at)
		})
		if got.Err == nil && (got.Statuses[201] != 1 || got.Statuses[409] != racersOfSlot-1) {
			got.Err = fmt.Errorf("the race is answered %v", got.Statuses)
		}
		return got, got.Err
	}}, rival{bySQL, func() (*load.Result, error) {
		at := freeHour(w.next("races", 1))
		var won, lost atomic.Int64
		got := direct(racersOfSlot, racersOfSlot, func(i int) error {
			err := w.bookByHand(ctx, practices, practices*clientsEach+i, at)
			if errors.Is(err, errTakenByHand) {
				lost.Add(1)
				return nil
			}
			won.Add(1)
			return err
		})
		if won.Load() != 1 || lost.Load() != racersOfSlot-1 {
			return nil, fmt.Errorf("by hand %d have the time", won.Load())
		}
		return got, nil
	}})
}

// readings open single notes that the product has sealed, each for the coach who wrote it.
func (w *inCoaching) readings(ctx context.Context) error {
	for coach := range loggers {
		rows, err := w.hand.pool.Query(ctx, `select n.id from coaching_notes n join coaching_logs l on l.session_id = n.session_id and l.answer ? 'notes' where n.author_id = $1 order by n.id limit $2`, w.practice.staff[coach].Member, notesOfEach)
		if err != nil {
			return err
		}
		for rows.Next() {
			var id uuid.UUID
			if err := rows.Scan(&id); err != nil {
				return err
			}
			w.logged[coach] = append(w.logged[coach], id)
		}
		if len(w.logged[coach]) != notesOfEach {
			return errors.Join(rows.Err(), errors.New("too few notes"))
		}
	}
	note := func(i int) uuid.UUID { return w.logged[i%loggers][i/loggers%notesOfEach] }
	return w.beside("Open one note", rival{"product", func() (*load.Result, error) {
		return w.asked(ctx, 1, readingsEach, 200, func(i int) load.Request {
			return load.Get("/v1/coaching-notes/"+note(i).String(), w.coachTokens[i%loggers])
		})
	}}, rival{bySQL, func() (*load.Result, error) {
		return direct(1, readingsEach, func(i int) error { return w.noteByHand(ctx, note(i), w.practice.staff[i%loggers]) }), nil
	}})
}

// suggestions rank the coaches who take new clients.
func (w *inCoaching) suggestions(ctx context.Context) error {
	path := "/v1/engagements/" + w.asks.String() + "/match-suggestions"
	return w.beside(fmt.Sprintf("Match suggestions of %d coaches", benchCoaches), rival{"product", func() (*load.Result, error) {
		return w.asked(ctx, 1, suggestionsOf, 200, func(i int) load.Request { return load.Get(path, w.staffToken(i)) })
	}}, rival{bySQL, func() (*load.Result, error) {
		w.ahead = matchDays
		defer func() { w.ahead = slotsAhead }()
		return direct(1, suggestionsOf, func(i int) error { return w.suggestByHand(ctx, w.world.coordinators[i%2]) }), nil
	}})
}
