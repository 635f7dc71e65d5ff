package workshops_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

// opinion is one person about one session.
type opinion struct{ person, session uuid.UUID }

// sum is what an observer can compute: so many times what each person said of each session.
type sum map[opinion]int

// people counts those on whose answers it depends.
func (s sum) people() int {
	who := map[uuid.UUID]bool{}
	for of, times := range s {
		if times != 0 {
			who[of.person] = true
		}
	}
	return len(who)
}

func (s sum) add(o sum, times int) {
	for of, n := range o {
		s[of] += n * times
	}
}

// isolates looks whether any two of what was seen, or a mix of several, differ by what fewer than five people said.
func isolates(seen []sum, rng *rand.Rand) string {
	for i := range seen {
		for j := range i {
			d := sum{}
			d.add(seen[i], 1)
			d.add(seen[j], -1)
			if n := d.people(); n > 0 && n < 5 {
				return fmt.Sprintf("looks %d and %d differ by %d people", j, i, n)
			}
		}
	}
	for range 20_000 {
		d := sum{}
		for range 2 + rng.IntN(4) {
			d.add(seen[rng.IntN(len(seen))], rng.IntN(5)-2)
		}
		if n := d.people(); n > 0 && n < 5 {
			return fmt.Sprintf("several looks together leave %d people", n)
		}
	}
	return ""
}

// watcher knows what everybody said, and looks at everything after every act.
type watcher struct {
	*hall
	people    []uuid.UUID
	sessions  []workshops.WorkshopSessionDetail
	workshops []uuid.UUID
	program   uuid.UUID
	leaders   []uuid.UUID
	leads     map[uuid.UUID]uuid.UUID // who leads a session
	score     map[opinion]int
	word      map[opinion]string
	groups    map[uuid.UUID]*watched
	had       map[opinion]bool // some group had it
	seen      []sum
	looks     map[string]bool
	gone      map[string]bool // words that were shown and are no more
	shown     map[string]bool
	naive     []sum
	insider   uuid.UUID // answers too, and reads results: they know what they said
}

// watched is a group as it was formed.
type watched struct {
	of     models.FeedbackGroup
	in     sum
	scores models.Scores
	words  []string
}

func (w *watcher) read(sql string, scan func(pgx.Rows) error) {
	w.t.Helper()
	w.super(func(c *pgx.Conn) error {
		rows, err := c.Query(w.t.Context(), sql)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			if err := scan(rows); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

// note remembers the groups that were formed since, and answers those that stand.
func (w *watcher) note() []*watched {
	w.t.Helper()
	now := map[uuid.UUID]sum{}
	w.read(`select group_id, session_id, member_id from session_feedback where group_id is not null`, func(rows pgx.Rows) error {
		var g uuid.UUID
		var of opinion
		err := rows.Scan(&g, &of.session, &of.person)
		if now[g] == nil {
			now[g] = sum{}
		}
		now[g][of] = 1
		return err
	})
	fresh := []opinion{}
	for id, in := range now {
		if w.groups[id] != nil {
			continue
		}
		g := &watched{in: in}
		w.read(`select session_id, workshop_id, program_id from feedback_groups where id = '`+id.String()+`'`, func(rows pgx.Rows) error {
			return rows.Scan(&g.of.SessionID, &g.of.WorkshopID, &g.of.ProgramID)
		})
		new := sum{}
		for of := range in {
			g.scores.Add(w.score[of])
			if !w.had[of] {
				new[of] = 1
				fresh = append(fresh, of)
				if w.word[of] != "" {
					g.words = append(g.words, w.word[of])
				}
			}
		}
		if w.outside(new).people() < 5 {
			w.t.Fatalf("a group was formed with %d people whom none had before", new.people())
		}
		w.groups[id] = g
	}
	for _, of := range fresh {
		w.had[of] = true
	}
	var stand []*watched
	for id, g := range w.groups {
		if len(now[id]) == len(g.in) {
			stand = append(stand, g)
		}
	}
	return stand
}

// compare holds what is shown against the sum of the groups that belong to it.
func (w *watcher) compare(what string, stand []*watched, belongs func(*watched) bool, got *workshops.FeedbackNumbers, words []string) {
	w.t.Helper()
	var want models.Scores
	wantWords, total := []string{}, sum{}
	for _, g := range stand {
		if !belongs(g) {
			continue
		}
		want.N, want.ScoreSum, want.Low, want.Middle, want.High = want.N+g.scores.N, want.ScoreSum+g.scores.ScoreSum, want.Low+g.scores.Low, want.Middle+g.scores.Middle, want.High+g.scores.High
		wantWords = append(wantWords, g.words...)
		total.add(g.in, 1)
	}
	switch {
	case (got == nil) != (want.N == 0):
		w.t.Fatalf("%s: %+v is shown of %+v", what, got, want)
	case got != nil && (*got != workshops.FeedbackNumbers{N: want.N, Mean: math.Round(float64(want.ScoreSum)/float64(want.N)*10) / 10, Low: want.Low, Middle: want.Middle, High: want.High}):
		w.t.Fatalf("%s: %+v is shown of %+v", what, *got, want)
	case words != nil:
		sort.Strings(words)
		sort.Strings(wantWords)
		if !slices.Equal(words, wantWords) {
			w.t.Fatalf("%s: the words are %v, want %v", what, words, wantWords)
		}
	}
	if key := fmt.Sprint(total); len(total) > 0 && !w.looks[key] {
		w.looks[key] = true
		w.seen = append(w.seen, w.outside(total))
	}
}

// look reads everything that staff can read.
func (w *watcher) look() {
	w.t.Helper()
	stand := w.note()
	one := func(g *watched, ok func(opinion) bool) bool {
		for of := range g.in {
			if !ok(of) {
				return false
			}
		}
		return true
	}
	current := map[string]bool{}
	for _, id := range w.workshops {
		got, err := w.WorkshopFeedback(w.staff(), id)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, word := range got.Words {
			current[word] = true
		}
		w.compare("workshop", stand, func(g *watched) bool { return g.of.WorkshopID != nil && *g.of.WorkshopID == id }, got.Feedback, got.Words)
		for _, s := range w.sessions {
			if s.WorkshopID != id {
				continue
			}
			var numbers *workshops.FeedbackNumbers
			for i := range got.Sessions {
				if got.Sessions[i].SessionID == s.ID {
					numbers = &got.Sessions[i].Feedback
				}
			}
			w.compare("session", stand, func(g *watched) bool { return g.of.SessionID != nil && *g.of.SessionID == s.ID }, numbers, nil)
		}
		for _, leader := range w.leaders { // who leads sees no more of it than of their own sessions
			own, err := w.WorkshopFeedback(w.as(leader, "", models.RoleFacilitator), id)
			if codeOf(err) == services.CodeNotFound {
				continue
			}
			if err != nil {
				w.t.Fatal(err)
			}
			w.compare("workshop of a leader", stand, func(g *watched) bool {
				return g.of.WorkshopID != nil && *g.of.WorkshopID == id && one(g, func(of opinion) bool { return w.leads[of.session] == leader })
			}, own.Feedback, own.Words)
		}
	}
	for _, leader := range w.leaders {
		got, err := w.FacilitatorFeedback(w.as(leader, "", models.RoleFacilitator), leader)
		if err != nil {
			w.t.Fatal(err)
		}
		w.compare("facilitator", stand, func(g *watched) bool { return one(g, func(of opinion) bool { return w.leads[of.session] == leader }) }, got.Feedback, got.Words)
	}
	got, err := w.ProgramFeedback(w.staff(), w.program)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, word := range got.Words {
		current[word] = true
	}
	w.compare("program", stand, func(*watched) bool { return true }, got.Feedback, got.Words)
	for word := range current {
		if w.gone[word] {
			w.t.Fatalf("%q was gone and is shown again", word)
		}
	}
	for word := range w.shown {
		if !current[word] {
			w.gone[word] = true
		}
	}
	w.shown = current
	simple := sum{} // what a total of all answers, from five up, would show
	for of := range w.score {
		simple[of] = 1
	}
	if len(simple) >= 5 {
		w.naive = append(w.naive, simple)
	}
}

// outside is what an observer who is told by the insider what they said can compute still.
func (w *watcher) outside(s sum) sum {
	out := sum{}
	for of, n := range s {
		if of.person != w.insider {
			out[of] = n
		}
	}
	return out
}

// work does what is due, but sends no mails.
func (w *watcher) work() {
	w.t.Helper()
	w.later(w.core.Clock.Now())
}

// watch is two workshops of one program that are over: one of three sessions that two people led, and a small one.
func watch(t *testing.T) *watcher {
	h := openHall(t)
	w := &watcher{hall: h, people: h.crowd(13), leaders: []uuid.UUID{h.person("Dana", true), h.person("Noor", true)}, leads: map[uuid.UUID]uuid.UUID{}, score: map[opinion]int{}, word: map[opinion]string{},
		groups: map[uuid.UUID]*watched{}, had: map[opinion]bool{}, looks: map[string]bool{}, gone: map[string]bool{}, shown: map[string]bool{}, program: services.NewID()}
	h.exec(`insert into programs (id, version, created_at, updated_at, name, slug, status) values ($1, 1, $2, $2, 'Happiness Workshops', 'happiness', 'active')`, w.program, planningDay)
	for i, rule := range []string{"FREQ=DAILY;COUNT=3", "FREQ=DAILY;COUNT=1"} {
		d := h.draft(workshops.NewWorkshop{FacilitatorIDs: []uuid.UUID{w.leaders[1]}, ProgramID: &w.program})
		start := []string{startsOn, "2026-10-27T09:00"}[i]
		for _, s := range h.planner.sessions(d.ID, workshops.NewSessions{LocalStart: start, Minutes: 90, Recurrence: weekly(rule)}) {
			w.sessions = append(w.sessions, s)
			w.leads[s.ID] = w.leaders[1]
		}
		if _, err := h.Publish(h.staff(), d.ID); err != nil {
			t.Fatal(err)
		}
		w.workshops = append(w.workshops, d.ID)
	}
	for _, s := range w.sessions[:2] {
		h.exec(`update session_facilitators set member_id = $2 where session_id = $1`, s.ID, w.leaders[0])
		w.leads[s.ID] = w.leaders[0]
	}
	for i, id := range w.workshops {
		of := w.people
		if i == 1 {
			of = w.people[9:]
		}
		for _, m := range of {
			h.want(h.register(h.me(m), id, workshops.Register{}), models.RegistrationConfirmed)
		}
	}
	w.insider = w.people[9] // comes to both
	h.roled(w.insider, models.RoleCoordinator)
	h.core.Clock.Set(w.sessions[2].EndsAt.Add(time.Hour))
	h.exec(`insert into attendance (id, session_id, attendee_id, status, source, recorded_at) select gen_random_uuid(), s.id, a.id, 'present', 'staff', s.ends_at
		from workshop_sessions s join registrations r on r.workshop_id = s.workshop_id join attendees a on a.registration_id = r.id`)
	h.exec(`update workshop_sessions set status = 'completed'`)
	return w
}

func TestNobodyIsSeenByWatchingFeedback(t *testing.T) {
	for seed := range uint64(2) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			w, rng := watch(t), rand.New(rand.NewPCG(seed, 28))
			act := func(i int) {
				t.Helper()
				s := w.sessions[rng.IntN(len(w.sessions))]
				of := opinion{w.people[rng.IntN(len(w.people))], s.ID}
				if s.WorkshopID == w.workshops[1] {
					of.person = w.people[9+rng.IntN(4)]
				}
				if rng.IntN(14) == 0 {
					if err := w.WithdrawFeedback(w.me(of.person), of.session); err != nil {
						t.Fatal(err)
					}
					delete(w.score, of)
					delete(w.word, of)
				} else {
					in := workshops.GiveFeedback{Score: rng.IntN(11)}
					if rng.IntN(3) > 0 {
						in.Word = fmt.Sprint("word ", i)
					}
					if _, err := w.GiveFeedback(w.me(of.person), of.session, in); err != nil {
						t.Fatal(err)
					}
					w.score[of], w.word[of] = in.Score, in.Word
				}
				switch rng.IntN(4) {
				case 0: // the next act comes before the jobs
				case 1:
					w.look()
					fallthrough
				default:
					w.work()
				}
				w.look()
			}
			for i := range 90 {
				act(i)
			}
			// Nobody can answer any more, but everybody can take back what they said.
			w.core.Clock.Set(w.sessions[2].EndsAt.Add(20 * 24 * time.Hour))
			for range 12 {
				if err := w.GatherLeft(); err != nil {
					t.Fatal(err)
				}
				w.look()
				of := opinion{w.people[rng.IntN(len(w.people))], w.sessions[rng.IntN(3)].ID}
				if err := w.WithdrawFeedback(w.me(of.person), of.session); err != nil {
					t.Fatal(err)
				}
				delete(w.score, of)
				delete(w.word, of)
				w.look()
				w.work()
				w.look()
			}
			if why := isolates(w.seen, rng); why != "" {
				t.Error(why)
			}
			if len(w.seen) < 8 || len(w.gone) == 0 {
				t.Errorf("too little happened: %d different looks, %d words gone", len(w.seen), len(w.gone))
			}
			// The positive control: a total of all answers would give people away, and this test would see it.
			if isolates(w.naive, rng) == "" {
				t.Error("the test would not notice a plain total")
			}
		})
	}
}

// What too few people said of each session is shown of the workshop, and what too few said of each workshop of the program.
func TestWhatIsLeftOverIsShownOfTheWhole(t *testing.T) {
	w := watch(t)
	give := func(session int, people ...uuid.UUID) {
		t.Helper()
		for _, m := range people {
			of := opinion{m, w.sessions[session].ID}
			w.score[of] = 7
			if _, err := w.GiveFeedback(w.me(m), of.session, workshops.GiveFeedback{Score: 7}); err != nil {
				t.Fatal(err)
			}
		}
	}
	total := func(want, program int) {
		t.Helper()
		w.look()
		n := func(f *workshops.FeedbackNumbers) int {
			if f == nil {
				return 0
			}
			return f.N
		}
		got, err := w.WorkshopFeedback(w.staff(), w.workshops[0])
		all, failed := w.ProgramFeedback(w.staff(), w.program)
		if err != nil || failed != nil || n(got.Feedback) != want || n(all.Feedback) != program {
			t.Fatalf("%v %v %+v %+v, want %d and %d", err, failed, got, all, want, program)
		}
	}
	give(0, w.people[:4]...)
	give(1, w.people[:3]...) // the same people
	give(2, w.people[2:4]...)
	give(3, w.people[9:12]...)
	w.work()
	if err := w.GatherLeft(); err != nil {
		t.Fatal(err)
	}
	total(0, 0)
	w.core.Clock.Set(w.sessions[2].EndsAt.Add(16 * 24 * time.Hour))
	if err := w.GatherLeft(); err != nil { // nine answers by four people are not shown of the workshop
		t.Fatal(err)
	}
	total(0, 12)
}
