package workshops_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/internal/coretest"
	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
	"homefront/services/workshops"
)

// simEvents is how many things happen, to the workshops of all seeds together. With HOMEFRONT_SIMULATE set it is to those of
// each, which takes some minutes.
const simEvents = 10_000

var simSeeds = []uint64{20261027, 19441103, 7}

// Everything that happens to parties, at random and ten thousand times over, on two servers that share a database, leaves
// them where the description of the domain says: nobody sits beyond capacity, nobody is skipped in line, a party is seated
// whole or not at all, no seat is lost, and every time to answer ends when it should.
func TestTheWaitlistDoesWhatItSays(t *testing.T) {
	for _, seed := range simSeeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			s := newSimulation(t, seed)
			events := simEvents/len(simSeeds) + 1
			switch {
			case slowed:
				events /= 5
			case os.Getenv("HOMEFRONT_SIMULATE") != "":
				events = simEvents
			}
			err := s.run(events)
			if unfair {
				if err == nil {
					t.Fatal("those who came last are asked first, and the simulator does not see it")
				}
				t.Logf("as it must: %.600s", err)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			s.report()
		})
	}
}

// What the simulator would miss it would not guard: it names each row that somebody falsified.
func TestTheSimulatorNamesWhatIsWrong(t *testing.T) {
	if unfair {
		return // the build falsifies the line
	}
	s := newSimulation(t, 3)
	if err := s.run(600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ what, sql, want string }{
		{"a seat that nobody sits on", `update pools set capacity = capacity + 1, taken = taken + 1 where workshop_id = any($1) returning id`, "counts"},
		{"a place that nobody gave", `update registrations set state = 'confirmed', confirmed_at = created_at, offer_expires_at = null where workshop_id = any($1) and state in ('offered', 'waitlisted') returning id`, "confirmed"},
		{"the last first", `update registrations set moved_ahead_at = '2000-01-01' where id = (select id from registrations where workshop_id = any($1) and state = 'waitlisted'
			and (select count(*) from registrations o where o.workshop_id = registrations.workshop_id and o.session_id is not distinct from registrations.session_id and o.state = 'waitlisted') > 1
			order by coalesce(moved_ahead_at, 'infinity') desc, queued_at desc limit 1) returning id`, "line"},
		{"one of a party left out", `update attendees set state = 'removed' where workshops_id_is_any returning id`, "removed"},
		{"an hour more to answer", `update registrations set offer_expires_at = offer_expires_at + interval '1 hour' where workshop_id = any($1) and state = 'offered' returning id`, "until"},
		{"an invitation that stays open", `update attendees set invite_expires_at = invite_expires_at + interval '1 hour' where state = 'invited' and workshops_id_is_any returning id`, "until"},
		{"somebody else leads", `update registrations set lead_member_id = (select id from members where id <> lead_member_id limit 1) where workshop_id = any($1) and live returning id`, "led by"},
		{"a booking that vanished", `delete from attendees where workshops_id_is_any returning id`, "people"},
	} {
		sql := strings.ReplaceAll(c.sql, "workshops_id_is_any", "registration_id in (select id from registrations where workshop_id = any($1) and live)")
		named, rows := s.falsified(sql)
		if rows == 0 || !strings.Contains(named, c.want) {
			t.Errorf("%s, in %d rows: %.500q", c.what, rows, named)
		}
	}
	if named, _ := s.falsified(`select id from pools where workshop_id = any($1)`); named != "" {
		t.Errorf("nothing was falsified: %s", named)
	}
}

// simulation is one run: two servers, the workshops that are on, and what has happened.
type simulation struct {
	*hall
	seed    uint64
	rand    *rand.Rand
	servers []*workshops.Service
	cores   []*services.Core
	way     *pgx.Conn
	now     time.Time
	people  []uuid.UUID
	kids    map[uuid.UUID]simEntry // a child of each of some
	clocks  map[uuid.UUID]simClock
	emails  map[uuid.UUID]string
	links   map[uuid.UUID]uuid.UUID // of an attendee: what the token is made from
	on      []*simWorkshop
	made    int
	events  int
	done    map[string]int
	refused map[string]int
	offers  int
	raced   int
}

// simWorkshop is a workshop with its lines: one, or one for each session.
type simWorkshop struct {
	id    uuid.UUID
	seats []simPool
	lines []*simLine
	tail  []string
}

func (w *simWorkshop) clone() *simWorkshop {
	c := *w
	c.lines = nil
	for _, l := range w.lines {
		c.lines = append(c.lines, l.clone())
	}
	return &c
}

func (w *simWorkshop) act(e simEvent, now time.Time, got simAnswer) []string {
	if e.kind != "capacity" {
		return w.lines[e.line].act(e, now, got)
	}
	for _, l := range w.lines {
		if !l.holdsWith(e.pools) {
			return []string{"capacity_below_taken"}
		}
	}
	w.seats = e.pools
	for _, l := range w.lines {
		l.pools = e.pools
		l.settle(now)
	}
	return nil
}

func newSimulation(t *testing.T, seed uint64) *simulation {
	s := &simulation{hall: openHall(t), seed: seed, rand: rand.New(rand.NewPCG(seed, seed)), kids: map[uuid.UUID]simEntry{}, clocks: map[uuid.UUID]simClock{},
		emails: map[uuid.UUID]string{}, links: map[uuid.UUID]uuid.UUID{}, done: map[string]int{}, refused: map[string]int{}}
	other := coretest.On(t, s.db, func(o *services.Settings) { o.WriteConns = 8 })
	notices.New(other, nil, notices.Config{BaseURL: "https://homefront.example", From: "hello@homefront.example", OrgName: "Homefront"})
	s.servers, s.cores = []*workshops.Service{s.Service, workshops.New(other, workshops.Config{BaseURL: "https://homefront.example"})}, []*services.Core{s.core, other}
	way, err := pgx.Connect(context.Background(), s.db.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = way.Close(context.Background()) })
	s.way = way
	// Only the ends of offers and invitations are worked here.
	s.exec(`create function other_jobs() returns trigger language plpgsql security definer as $$ begin delete from river_job where id = new.id; return null; end $$`)
	s.exec(`create trigger other_jobs after insert on river_job for each row when (new.kind not in ('registration.expire_offer', 'registration.lapse_invitation')) execute function other_jobs()`)
	s.set(time.Date(2026, 10, 27, 14, 0, 0, 0, time.UTC)) // the clocks of New York go back within a run
	s.invitePeople(36)
	return s
}

func (s *simulation) invitePeople(n int) {
	zones := []string{"America/New_York", "America/Los_Angeles", "Asia/Kolkata"}
	quiet := [][2]string{{"21:00", "08:00"}, {"", ""}, {"12:30", "14:00"}, {"00:00", "06:30"}}
	for i := range n {
		who := s.person("Guest", false)
		zone, err := time.LoadLocation(zones[i%len(zones)])
		if err != nil {
			s.t.Fatal(err)
		}
		q := quiet[i%len(quiet)]
		s.exec(`update members set time_zone = $2, quiet_from = nullif($3, ''), quiet_until = nullif($4, '') where id = $1`, who, zone.String(), q[0], q[1])
		s.people, s.clocks[who] = append(s.people, who), simClock{zone, q[0], q[1]}
		if i%3 == 0 {
			s.kids[who] = simEntry{child: true, member: s.child(who, i%6 == 0), claim: i%6 != 0}
		}
		if i%2 == 0 {
			s.emails[who] = fmt.Sprintf("guest%d@example.org", i)
			s.exec(`update members set email = $2 where id = $1`, who, s.emails[who])
		}
	}
}

func (s *simulation) set(t time.Time) {
	s.now = t
	for _, c := range s.cores {
		c.Clock.Set(t)
	}
}

// run lets things happen, several at once: each in a workshop of its own, or two that race in one. Racing, they must leave
// what one after the other leaves, in either order.
func (s *simulation) run(events int) error {
	for s.events < events {
		s.plan()
		var lanes []*simLane
		for _, i := range s.rand.Perm(len(s.on)) {
			w := s.on[i]
			l := &simLane{was: w, events: []simEvent{s.next(w)}}
			if first := l.events[0]; s.rand.IntN(4) == 0 && first.races() {
				if second := s.next(w); second.races() && second.line == first.line {
					l.events = append(l.events, second)
					s.raced++
				}
			}
			lanes = append(lanes, l)
		}
		s.happen(lanes)
		if err := s.judge(lanes); err != nil {
			return err
		}
		if err := s.pass(time.Duration(s.rand.IntN(75)) * time.Minute); err != nil {
			return err
		}
	}
	return s.atTheEnd()
}

// races says whether an event may race with another: not one after which somebody else leads, whose call the other would be.
func (e simEvent) races() bool {
	return e.kind != "leave" && e.kind != "bounce" && (e.kind != "remove" || !e.staff)
}

// simLane is what happens in one workshop at once.
type simLane struct {
	was     *simWorkshop
	events  []simEvent
	answers []simAnswer
	may     []*simWorkshop // what it may be now, by the order of the events
	wrong   [][]string
}

func (s *simulation) happen(lanes []*simLane) {
	first := s.rand.IntN(2)
	var all sync.WaitGroup
	for n, l := range lanes {
		l.answers = make([]simAnswer, len(l.events))
		for i, e := range l.events {
			if e.kind == "bounce" {
				s.bounce(e)
				continue
			}
			all.Go(func() { l.answers[i] = s.do(s.servers[(first+n+i)%2], l.was.id, l.was.lines[e.line], e) })
		}
	}
	all.Wait()
	for _, l := range lanes {
		s.events += len(l.events)
		for i, e := range l.events {
			l.was.tail = append(l.was.tail, fmt.Sprintf("%s %s: %v", s.now.Format("01-02 15:04"), e, l.answers[i].codes))
			if len(l.answers[i].codes) > 0 {
				s.refused[e.kind]++
			} else {
				s.done[e.kind]++
			}
		}
		l.was.tail = l.was.tail[max(0, len(l.was.tail)-14):]
		l.foresee(s.now)
	}
}

// foresee works the events on the model, in every order.
func (l *simLane) foresee(now time.Time) {
	orders := [][]int{{0}}
	if len(l.events) == 2 {
		orders = [][]int{{0, 1}, {1, 0}}
	}
	for _, order := range orders {
		w := l.was.clone()
		var wrong []string
		for _, i := range order {
			why, codes := w.act(l.events[i], now, l.answers[i]), l.answers[i].codes
			same := slices.ContainsFunc(codes, func(c string) bool { return slices.Contains(why, c) })
			if len(why) == 0 && len(codes) > 0 || len(why) > 0 && !same {
				wrong = append(wrong, fmt.Sprintf("%s was answered %v, should be %v", l.events[i].kind, codes, why))
			}
		}
		l.may, l.wrong = append(l.may, w), append(l.wrong, wrong)
	}
}

// judge compares what is stored with the model and goes on from there.
func (s *simulation) judge(lanes []*simLane) error {
	stored, err := s.read(lanes)
	if err != nil {
		return err
	}
	for _, l := range lanes {
		right := -1
		for i, w := range l.may {
			if l.wrong[i] = append(l.wrong[i], stored.differences(w, s.now)...); len(l.wrong[i]) == 0 && right < 0 {
				right = i
			}
		}
		if right < 0 {
			return s.failure(l)
		}
		s.on[slices.Index(s.on, l.was)] = l.may[right]
	}
	maps.Copy(s.links, stored.links)
	return nil
}

func (s *simulation) failure(l *simLane) error {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d, after %d events, workshop %s:\n", s.seed, s.events, l.was.id)
	for i := range l.wrong {
		if len(l.wrong) > 1 {
			fmt.Fprintf(&b, " in order %d:\n", i+1)
		}
		for _, w := range l.wrong[i] {
			fmt.Fprintf(&b, "  %s\n", w)
		}
	}
	b.WriteString(" what happened there last:\n")
	for _, e := range l.was.tail {
		fmt.Fprintf(&b, "  %s\n", e)
	}
	return errors.New(b.String())
}

// pass lets time go by, stopping wherever somebody's time to answer is over.
func (s *simulation) pass(d time.Duration) error {
	until := s.now.Add(d)
	for {
		var next time.Time
		for _, w := range s.on {
			for _, l := range w.lines {
				if due := l.due(s.now); !due.IsZero() && (next.IsZero() || due.Before(next)) {
					next = due
				}
			}
		}
		if next.IsZero() || next.After(until) {
			break
		}
		s.set(next)
		if err := s.ring(); err != nil {
			return err
		}
	}
	s.set(until)
	s.on = slices.DeleteFunc(s.on, func(w *simWorkshop) bool {
		over := !slices.ContainsFunc(w.lines, func(l *simLine) bool { return s.now.Before(l.ends) })
		if over {
			s.offersIn(w)
		}
		return over
	})
	return nil
}

// ring works the jobs that are due now. Whoever answers before they have been worked is too late all the same.
func (s *simulation) ring() error {
	var lanes []*simLane
	for i, w := range s.on {
		if !slices.ContainsFunc(w.lines, func(l *simLine) bool { return l.due(s.now.Add(-time.Nanosecond)).Equal(s.now) }) {
			continue
		}
		s.tooLate(w)
		w.tail = append(w.tail, s.now.Format("01-02 15:04")+" what was not answered ends")
		lane := &simLane{was: s.on[i]}
		for back := range 1 << len(w.lines) { // each line the one way round or the other
			after := w.clone()
			for n, l := range after.lines {
				l.pass(s.now, back>>n&1 == 1)
			}
			lane.may, lane.wrong = append(lane.may, after), append(lane.wrong, nil)
		}
		lanes = append(lanes, lane)
		s.events++
		s.done["expire"]++
	}
	if _, err := s.cores[s.rand.IntN(2)].RunDue(context.Background(), s.now); err != nil {
		return fmt.Errorf("seed %d: %w", s.seed, err)
	}
	return s.judge(lanes)
}

func (s *simulation) tooLate(w *simWorkshop) {
	for _, l := range w.lines {
		for _, p := range l.parties {
			if p.state == "offered" && !s.now.Before(p.until) && s.rand.IntN(3) == 0 {
				if _, err := s.servers[0].AcceptOffer(s.me(p.lead), p.id); codeOf(err) != workshops.CodeOfferExpired {
					s.t.Errorf("seed %d: an offer is taken when its time is over: %v", s.seed, err)
				}
			}
		}
	}
}

// plan sees that eight workshops are on.
func (s *simulation) plan() {
	for len(s.on) < 8 {
		s.made++
		start := s.now.Add(time.Duration(30+s.rand.IntN(170)) * time.Hour).Truncate(time.Hour)
		in := workshops.NewWorkshop{Format: models.FormatInPerson, Capacity: number(2 + s.rand.IntN(7)), GuestsPerParty: 10, MaxParty: number(20), TimeZone: "UTC",
			OfferHours: number([]int{2, 6, 24, 72}[s.rand.IntN(4)]), CancelDeadlineHours: number([]int{0, 24, 48}[s.rand.IntN(3)]), ApprovalRequired: s.rand.IntN(4) == 0}
		seats := []simPool{{"", *in.Capacity, -1}}
		if s.rand.IntN(2) == 0 {
			in.ChildCapacity = number(s.rand.IntN(4))
			seats[0].childSeats = *in.ChildCapacity
		}
		if s.rand.IntN(3) == 0 {
			in.Format, in.OnlineCapacity, in.JoinURL = models.FormatHybrid, number(1+s.rand.IntN(4)), "https://meet.example.org/x"
			seats[0].mode = "in_person"
			seats = append(seats, simPool{"online", *in.OnlineCapacity, -1})
		}
		l := simLine{mostWaiting: -1, approval: in.ApprovalRequired, offerHours: *in.OfferHours, deadlineHours: *in.CancelDeadlineHours, pools: seats, clocks: s.clocks}
		if s.rand.IntN(4) == 0 {
			l.mostWaiting = 2 + s.rand.IntN(3)
			in.WaitlistCapacity = &l.mostWaiting
		}
		if s.rand.IntN(5) == 0 {
			l.opens = s.now.Add(2 * time.Hour)
			in.OpensAt = &l.opens
		}
		dropIn := s.rand.IntN(3) == 0
		second := start.Add(26 * time.Hour)
		if dropIn {
			in.AttendanceMode = models.AttendDropIn
		}
		switch s.rand.IntN(3) {
		case 0:
			l.closes = start.Add(-8 * time.Hour)
			in.ClosesAt = &l.closes
		case 1:
			if !dropIn { // one may join after it began
				l.closes = second.Add(-5 * time.Hour)
				in.ClosesAt = &l.closes
			}
		}
		w := &simWorkshop{seats: seats}
		in.FacilitatorIDs = []uuid.UUID{s.person("Lead", true)}
		d := s.draft(in)
		w.id = d.ID
		var sessions []workshops.WorkshopSessionDetail
		for _, at := range []time.Time{start, second} {
			sessions = append(sessions, s.sessions(d.ID, workshops.NewSessions{LocalStart: at.Format("2006-01-02T15:04"), Minutes: 90})...)
		}
		if _, err := s.Publish(s.staff(), d.ID); err != nil {
			s.t.Fatalf("publish: %v %v", err, fieldsOf(err))
		}
		l.workshop = d.ID
		if dropIn {
			for i, at := range []time.Time{start, second} {
				one := l
				one.session, one.starts, one.ends = sessions[i].ID, []time.Time{at}, at.Add(90*time.Minute)
				w.lines = append(w.lines, &one)
			}
		} else {
			l.starts, l.ends = []time.Time{start, second}, second.Add(90*time.Minute)
			w.lines = []*simLine{&l}
		}
		s.on = append(s.on, w)
	}
}

func (s *simulation) offersIn(w *simWorkshop) {
	for _, l := range w.lines {
		for _, p := range l.parties {
			s.offers += p.offers
		}
	}
}

// atTheEnd: everybody who was offered seats was written to, once each time; and enough of everything happened.
func (s *simulation) atTheEnd() error {
	for _, w := range s.on {
		s.offersIn(w)
	}
	if told := s.count(`select count(*) from messages where event = 'registration.offered'`); told != s.offers {
		return fmt.Errorf("seed %d: %d offers, and %d mails about offers", s.seed, s.offers, told)
	}
	for _, kind := range []string{"register", "accept", "refuse", "cancel", "add", "remove", "swap", "split", "leave", "accept_offer", "decline_offer", "expire", "capacity", "move_up",
		"approve", "decline", "reinstate", "bounce"} {
		if s.done[kind] < s.events/1000 {
			return fmt.Errorf("seed %d: too little of %s happened: %v", s.seed, kind, s.done)
		}
	}
	return nil
}

func (s *simulation) report() {
	s.t.Logf("%d events in %d workshops, %d of them racing pairs, until %s, with %d offers; done %v, refused %v", s.events, s.made, s.raced, s.now.Format(time.DateOnly), s.offers, s.done, s.refused)
}

// falsified is what the comparison says of all workshops when the statement has changed something, and of how much. It is
// rolled back.
func (s *simulation) falsified(sql string) (named string, rows int) {
	s.t.Helper()
	var lanes []*simLane
	var ids []uuid.UUID
	for _, w := range s.on {
		lanes, ids = append(lanes, &simLane{was: w}), append(ids, w.id)
	}
	ctx := context.Background()
	tx, err := s.way.Begin(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(ctx) }()
	tag, err := tx.Exec(ctx, sql, ids)
	if err != nil {
		s.t.Fatal(err)
	}
	stored, err := s.read(lanes)
	if err != nil {
		s.t.Fatal(err)
	}
	var all []string
	for _, w := range s.on {
		all = append(all, stored.differences(w, s.now)...)
	}
	return strings.Join(all, "\n"), int(tag.RowsAffected())
}
