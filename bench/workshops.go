package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/bench/load"
	"homefront/models"
	"homefront/services/workshops"
)

const (
	classSize     = 500
	rostersEach   = 25 // of each side in each round
	filesEach     = 15
	sheetsEach    = 3
	searchesOfAll = 120
	feedsEach     = 15
	scansEach     = 150
	queuesEach    = 3
	packsEach     = 10
	countsEach    = 60
	previewsEach  = 30
	classSessions = (1 + programRounds) * (2*sheetsEach + 2*queuesEach + 1)
)

// workshopsMeasured is what was measured of a workshop of 500, and of the catalog.
type workshopsMeasured struct {
	Pairs        []*pairing
	Write, Mails []float64 // milliseconds: to write a message to 500, and to mail it to those who read mails
	Mailed       int
}

func (m *workshopsMeasured) write(p func(string, ...any)) {
	if len(m.Pairs) == 0 {
		return
	}
	p("\n## A workshop of %d, and the catalog of %d\n\nOn %d connections; certificates on one. By hand means pgx and the same rows or answers' columns: no rules, no validation, no JSON.\n", classSize, seedWorkshops, programConns)
	writePairs(p, m.Pairs)
	p("\n- Mailing a message to those of %d who get a mail, %d of them, takes %.0f ms of one worker, the mail server's time left out.", classSize, m.Mailed, middle(m.Mails))
}

// class is a workshop of 500 with many sessions that began an hour ago, and workshops of 500 that are over.
type class struct {
	id        uuid.UUID
	sessions  []uuid.UUID
	attendees []uuid.UUID
	codes     []string    // check-in codes, in the order of attendees
	pages     []string    // of the roster, by cursor
	keys      []pageKey   // where they begin
	over      []uuid.UUID // workshops to certify
}

type pageKey struct {
	Name string
	ID   uuid.UUID
}

// inClass is what the measurements of workshops share.
type inClass struct {
	*atWork
	class
	used int // of the class's sessions
}

// workshops measures what staff do with a large workshop, and what everybody does with a large catalog.
func (b *bench) workshops(ctx context.Context) error {
	w := &inClass{atWork: &atWork{b: b, server: b.product, done: map[string]int{}, name: "workshops", pairs: &b.results.workshops.Pairs}}
	conn, err := pgx.Connect(ctx, b.cluster.super())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	staff, err := w.makeClass(ctx, conn)
	if err != nil {
		return err
	}
	w.world = &programWorld{coordinators: staff}
	if w.atWork.staff, err = signTokens(ctx, b.cluster.app(), b.cluster.super(), b.secret, staff, "coordinator"); err != nil {
		return err
	}
	pool, err := handPool(ctx, b.cluster.app())
	if err != nil {
		return err
	}
	defer pool.Close()
	w.hand = &byHand{pool: pool, audit: map[string]string{}}
	if err := w.learn(ctx); err != nil {
		return err
	}
	for _, measure := range []func(context.Context) error{w.rosters, w.attendance, w.catalog, w.door, w.messages, w.certificates} {
		if err := measure(ctx); err != nil {
			return err
		}
	}
	return nil
}

// learn fetches what requests need: the codes of all, and the cursors of the roster's pages.
func (w *inClass) learn(ctx context.Context) error {
	c, err := load.Dial(w.server.addr)
	if err != nil {
		return err
	}
	defer c.Close()
	ask := func(path string, into any) error {
		a, err := c.Do(load.Get(path, w.staffToken(0)))
		if err == nil && a.Status != 200 {
			err = fmt.Errorf("%s answers %d %.300s", path, a.Status, a.Body)
		}
		if err != nil {
			return err
		}
		return json.Unmarshal(a.Body, into)
	}
	for _, id := range w.attendees {
		var code struct{ Code string }
		if err := ask(fmt.Sprintf("/v1/registrations/%s/attendees/%s/check-in-code", id, id), &code); err != nil {
			return err
		}
		w.codes = append(w.codes, code.Code)
	}
	first := "/v1/workshops/" + w.id.String() + "/roster?limit=100"
	w.pages, w.keys = []string{first}, []pageKey{{}}
	for at := first; ; {
		var page struct {
			Data       []workshops.RosterEntry
			NextCursor *string `json:"next_cursor"`
		}
		if err := ask(at, &page); err != nil {
			return err
		}
		if page.NextCursor == nil {
			return nil
		}
		var key pageKey
		key.ID = page.Data[len(page.Data)-1].AttendeeID
		if err := w.hand.pool.QueryRow(ctx, `select `+rosterName+` from attendees a left join members m on m.id = a.member_id where a.id = $1`, key.ID).Scan(&key.Name); err != nil {
			return err
		}
		at = first + "&cursor=" + url.QueryEscape(*page.NextCursor)
		w.pages, w.keys = append(w.pages, at), append(w.keys, key)
	}
}

// session is one of the class's that nothing has been done with.
func (w *inClass) session() uuid.UUID {
	w.used++
	return w.sessions[w.used-1]
}

func (w *inClass) rosters(ctx context.Context) error {
	err := w.beside(fmt.Sprintf("The roster of %d, pages of 100", classSize), rival{"product", func() (*load.Result, error) {
		return w.asked(ctx, programConns, rostersEach, 200, func(i int) load.Request { return load.Get(w.pages[i%len(w.pages)], w.staffToken(0)) })
	}}, rival{bySQL, func() (*load.Result, error) {
		return direct(programConns, rostersEach, func(i int) error { return w.roster(ctx, w.keys[i%len(w.keys)]) }), nil
	}})
	if err != nil {
		return err
	}
	return w.beside(fmt.Sprintf("The roster of %d as CSV, with %d sessions", classSize, classSessions), rival{"product", func() (*load.Result, error) {
		at := w.next("files", filesEach)
		return w.asked(ctx, programConns, filesEach, 200, func(i int) load.Request {
			return load.Get("/v1/workshops/"+w.id.String()+"/roster.csv", w.staffToken(at+i))
		})
	}}, rival{bySQL, func() (*load.Result, error) {
		return direct(programConns, filesEach, func(i int) error { return w.rosterFile(ctx, i) }), nil
	}})
}

// attendance enters who was at a session, all in one call.
func (w *inClass) attendance(ctx context.Context) error {
	entries := make([]any, len(w.attendees))
	for i, id := range w.attendees {
		entries[i] = map[string]any{"attendee_id": id, "status": []string{"present", "present", "late", "absent"}[i%4], "minutes": 75}
	}
	body := []byte(asText(map[string]any{"entries": entries}))
	fresh := func() []uuid.UUID { w.used += sheetsEach; return w.sessions[w.used-sheetsEach : w.used] }
	return w.beside(fmt.Sprintf("Attendance of %d in one call", classSize), rival{"product", func() (*load.Result, error) {
		sessions := fresh()
		return w.asked(ctx, 1, sheetsEach, 200, func(i int) load.Request {
			return load.Put("/v1/sessions/"+sessions[i].String()+"/attendance", w.staffToken(i), body)
		})
	}}, rival{bySQL, func() (*load.Result, error) {
		if err := w.hand.learn(ctx, "attendance.record"); err != nil {
			return nil, err
		}
		sessions := fresh()
		return direct(1, sheetsEach, func(i int) error { return w.sheet(ctx, sessions[i], i) }), nil
	}})
}

// catalog searches as staff and as anybody do, and reads the feeds.
func (w *inClass) catalog(ctx context.Context) error {
	searches := []search{{q: "hypervigilance"}, {q: "sleeep recovery"}, {q: "family", format: "online"}, {q: "grief", format: "in_person", from: time.Now().AddDate(0, 1, 0)}, {format: "hybrid", from: time.Now().AddDate(0, 2, 0)}}
	if err := w.beside("Search the catalog by words and filters, as staff", rival{"product", func() (*load.Result, error) {
		return w.asked(ctx, programConns, searchesOfAll, 200, func(i int) load.Request {
			return load.Get("/v1/workshops?"+searches[i%len(searches)].query(), w.staffToken(i))
		})
	}}, rival{bySQL, func() (*load.Result, error) {
		return direct(programConns, searchesOfAll, func(i int) error { return w.find(ctx, searches[i%len(searches)]) }), nil
	}}); err != nil {
		return err
	}
	for _, of := range []struct {
		title, path, sql string
		n                int
		args             []any
	}{
		{"The public catalog, 25, from some day on", "/v1/public/workshops?limit=25&format=in_person&starts_gte=" + url.QueryEscape(time.Now().AddDate(0, 1, 0).UTC().Format(time.RFC3339)), publicPageSQL, searchesOfAll, []any{time.Now(), time.Now().AddDate(0, 1, 0)}},
		{"The public calendar, 200 sessions", "/v1/public/workshops.ics", publicCalendarSQL, feedsEach, []any{time.Now(), time.Now().AddDate(0, 0, -7)}},
		{"The public feed, 100 workshops", "/v1/public/workshops.atom", publicFeedSQL, feedsEach, []any{time.Now()}},
	} {
		if err := w.beside(of.title, rival{"product", func() (*load.Result, error) {
			return w.asked(ctx, programConns, of.n, 200, func(int) load.Request { return load.Get(of.path, "") })
		}}, rival{bySQL, func() (*load.Result, error) {
			return direct(programConns, of.n, func(int) error { return w.read(ctx, of.sql, of.args...) }), nil
		}}); err != nil {
			return err
		}
	}
	return nil
}

// door measures scans, with and without connection, and what the door looks at.
func (w *inClass) door(ctx context.Context) error {
	session := w.session()
	online := make([]uuid.UUID, 1+programRounds) // 150 for us and 150 by hand, of 500
	for i := range online {
		online[i] = w.session()
	}
	if err := w.beside("One scan, online", rival{"product", func() (*load.Result, error) {
		at := online[w.next("scans", 1)]
		return w.asked(ctx, programConns, scansEach, 200, func(i int) load.Request {
			return load.Post("/v1/sessions/"+at.String()+"/check-ins", w.staffToken(i), []byte(asText(map[string]any{"code": w.codes[i], "nonce": fmt.Sprintf("phone-%04d", i)})))
		})
	}}, rival{bySQL, func() (*load.Result, error) {
		if err := w.hand.learn(ctx, "session.check_in"); err != nil {
			return nil, err
		}
		at := online[w.next("scans by hand", 1)]
		return direct(programConns, scansEach, func(i int) error {
			return w.scan(ctx, at, "session.check_in", i, w.attendees[scansEach+i:scansEach+i+1])
		}), nil
	}}); err != nil {
		return err
	}
	queue := func(nonce string) []byte {
		scans := make([]any, len(w.codes))
		for i, code := range w.codes {
			scans[i] = map[string]any{"code": code, "nonce": fmt.Sprintf("%s-%04d", nonce, i), "scanned_at": time.Now().Add(-30 * time.Minute).UTC().Format(time.RFC3339), "station": "Door 2"}
		}
		return []byte(asText(map[string]any{"scans": scans}))
	}
	fresh := func() []uuid.UUID { w.used += queuesEach; return w.sessions[w.used-queuesEach : w.used] }
	if err := w.beside(fmt.Sprintf("A queue of %d scans", classSize), rival{"product", func() (*load.Result, error) {
		sessions, body := fresh(), queue("phone")
		return w.asked(ctx, 1, queuesEach, 200, func(i int) load.Request {
			return load.Post("/v1/sessions/"+sessions[i].String()+"/check-ins/sync", w.staffToken(i), body)
		})
	}}, rival{bySQL, func() (*load.Result, error) {
		if err := w.hand.learn(ctx, "session.sync_check_ins"); err != nil {
			return nil, err
		}
		sessions := fresh()
		return direct(1, queuesEach, func(i int) error { return w.scan(ctx, sessions[i], "session.sync_check_ins", i, w.attendees) }), nil
	}}); err != nil {
		return err
	}
	if _, err := w.asked(ctx, 1, 1, 200, func(int) load.Request {
		return load.Post("/v1/sessions/"+session.String()+"/check-ins/sync", w.staffToken(0), queue("door"))
	}); err != nil {
		return err
	}
	if err := w.beside(fmt.Sprintf("The check-in pack of %d, signed", classSize), rival{"product", func() (*load.Result, error) {
		return w.asked(ctx, programConns, packsEach, 200, func(i int) load.Request {
			return load.Get("/v1/sessions/"+session.String()+"/check-in-pack", w.staffToken(i))
		})
	}}, rival{bySQL, func() (*load.Result, error) {
		return direct(programConns, packsEach, func(i int) error { return w.pack(ctx, session, i) }), nil
	}}); err != nil {
		return err
	}
	return w.beside(fmt.Sprintf("The live count with %d here", classSize), rival{"product", func() (*load.Result, error) {
		return w.asked(ctx, programConns, countsEach, 200, func(i int) load.Request {
			return load.Get("/v1/sessions/"+session.String()+"/live-count", w.staffToken(i))
		})
	}}, rival{bySQL, func() (*load.Result, error) {
		return direct(programConns, countsEach, func(int) error { return w.liveCount(ctx, session) }), nil
	}})
}

// messages previews a message to the class, and sends it: the rows by one worker's jobs, beside the same rows by hand.
func (w *inClass) messages(ctx context.Context) error {
	body := []byte(asText(map[string]any{"subject": "Parking has moved", "body": "Please park at the library."}))
	if err := w.beside(fmt.Sprintf("Preview a message to %d", classSize), rival{"product", func() (*load.Result, error) {
		return w.asked(ctx, programConns, previewsEach, 200, func(i int) load.Request {
			return load.Post("/v1/workshops/"+w.id.String()+"/messages/preview", w.staffToken(i), body)
		})
	}}, rival{bySQL, func() (*load.Result, error) {
		return direct(programConns, previewsEach, func(int) error { return w.recipients(ctx) }), nil
	}}); err != nil {
		return err
	}
	core, err := w.b.openCrowd(ctx, w.b.cluster.app())
	if err != nil {
		return err
	}
	defer core.Close()
	all, r := assembled(core), &w.b.results.workshops
	if err := w.b.cluster.exec(ctx, mailsLater); err != nil {
		return err
	}
	defer func() { _ = w.b.cluster.exec(ctx, "drop function mails_later() cascade") }()
	return w.beside(fmt.Sprintf("Write a message to %d, in batches", classSize), rival{"product", func() (*load.Result, error) {
		m, err := all.Workshops.MessageWorkshop(as(ctx, w.world.coordinators[0], models.RoleCoordinator), w.id, workshops.WriteToAttendees{Subject: "Parking has moved", Body: "Please park at the library."})
		if err == nil {
			err = w.due(ctx, m.ID)
		}
		if err != nil {
			return nil, err
		}
		got := direct(1, 1, func(int) error { _, err := core.RunDue(ctx, atNight); return err })
		started := time.Now()
		ran, err := core.RunDue(ctx, atNight.Add(12*time.Hour))
		r.Mails, r.Mailed = append(r.Mails, time.Since(started).Seconds()*1000), ran
		say("workshops: %d mails of a message took %.0f ms of one worker", ran, middle(r.Mails))
		core.Clock.Set(time.Now())
		if err != nil {
			return nil, err
		}
		return got, w.arrived(ctx, m.ID)
	}}, rival{bySQL, func() (*load.Result, error) {
		return direct(1, 1, func(int) error { return w.writeMessage(ctx) }), nil
	}})
}

// certificates issues those of all who were at a workshop.
func (w *inClass) certificates(ctx context.Context) error {
	return w.beside(fmt.Sprintf("Issue %d certificates", classSize), rival{"product", func() (*load.Result, error) {
		at := w.over[w.next("over", 1)]
		return w.asked(ctx, 1, 1, 200, func(int) load.Request {
			return load.Post("/v1/workshops/"+at.String()+"/certificates", w.staffToken(0), []byte(`{"all":true}`))
		})
	}}, rival{bySQL, func() (*load.Result, error) {
		if err := w.hand.learn(ctx, "certificate.issue"); err != nil {
			return nil, err
		}
		at := w.over[w.next("over", 1)]
		return direct(1, 1, func(int) error { return w.certify(ctx, at) }), nil
	}})
}
