package coaching_test

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/models"
	"homefront/services"
	"homefront/services/calendar"
	"homefront/services/coaching"
)

// slot is a free start of every coach: Thursday of the week after, ten in the morning in New York.
var slot = time.Date(2026, 9, 10, 14, 0, 0, 0, time.UTC)

func many(s *services.Settings) { s.WriteConns = 8 }

// at is a booking of one session by phone.
func at(engagement uuid.UUID, start time.Time) coaching.BookCoaching {
	return coaching.BookCoaching{EngagementID: engagement, StartsAt: start, Modality: models.ModalityPhone}
}

// clients are so many engagements of one member each with a coach.
func (p *practice) clients(coach uuid.UUID, n int) (members, engagements []uuid.UUID) {
	p.t.Helper()
	for range n {
		m := p.member()
		members, engagements = append(members, m), append(engagements, p.engagement(coach, m))
	}
	return members, engagements
}

// race does something n times at once, and counts what came of it by code; "" is success.
func race(n int, do func(i int) error) map[services.Code]int {
	var wg sync.WaitGroup
	var mu sync.Mutex
	out := map[services.Code]int{}
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			err := patiently(func() error { return do(i) })
			mu.Lock()
			defer mu.Unlock()
			switch code := codeOf(err); {
			case err == nil:
				out[""]++
			case code == "":
				out[services.Code(err.Error())]++
			default:
				out[code]++
			}
		})
	}
	close(start)
	wg.Wait()
	return out
}

// doubleBooked counts the commitments of a coach or member that overlap another of theirs.
func (p *practice) doubleBooked() int {
	p.t.Helper()
	return p.count(`select count(*) from commitments a join commitments b on a.resource_kind = b.resource_kind and a.resource_id = b.resource_id and a.id < b.id and a.during && b.during`)
}

// A hundred clients on two servers want one slot: one gets it, and the others are told so.
func TestOneOfAHundredGetsTheSlot(t *testing.T) {
	p := openPractice(t, many)
	servers := []*coaching.Service{p.Service, p.replica()}
	coach := p.coach()
	members, engagements := p.clients(coach, 100)
	got := race(100, func(i int) error {
		_, err := servers[i%2].BookSession(p.as(members[i]), at(engagements[i], slot))
		return err
	})
	if got[""] != 1 || got[calendar.CodeDoubleBooked] != 99 {
		t.Errorf("%v", got)
	}
	if n := p.count(`select count(*) from coaching_sessions where coach_id = $1`, coach); n != 1 || p.doubleBooked() != 0 {
		t.Errorf("%d sessions", n)
	}
	if n := p.count(`select count(*) from messages where event = 'coaching.booked'`); n != 2 {
		t.Errorf("%d mails, want one to the client and one to the coach", n)
	}
}

// Overlapping by a minute is overlapping, and the ten minutes after a session count: staff book at any minute.
func TestSessionsThatOverlapByAMinuteRace(t *testing.T) {
	p := openPractice(t, many)
	coach := p.coach()
	_, engagements := p.clients(coach, 12)
	got := race(12, func(i int) error {
		_, err := p.BookSession(p.desk(), at(engagements[i], slot.Add(time.Duration(i%2)*59*time.Minute)))
		return err
	})
	if got[""] != 1 || got[calendar.CodeDoubleBooked] != 11 || p.doubleBooked() != 0 {
		t.Errorf("%v", got)
	}
	p.booking(p.BookSession(p.desk(), at(engagements[0], slot.Add(120*time.Minute))))
}

func (p *practice) booking(v *coaching.CoachingBooking, err error) *coaching.CoachingBooking {
	p.t.Helper()
	return must[*coaching.CoachingBooking](p.t)(v, err)
}

// unlocked takes away the lock on resources: none is there to be locked.
func (p *practice) unlocked() {
	p.t.Helper()
	p.exec(`alter table commitments drop constraint commitments_resource`)
	p.exec(`create function no_resource() returns trigger language plpgsql as 'begin return null; end'`)
	p.exec(`create trigger no_resource before insert on resources for each row execute function no_resource()`)
}

// together holds those back who have found a time free, until two of them have. Call what it answers after the race.
func (p *practice) together() (ended func()) {
	p.t.Helper()
	p.exec(`create function wait_for_another() returns trigger language plpgsql as 'begin perform pg_advisory_xact_lock_shared(1); return null; end'`)
	p.exec(`create trigger wait_for_another before insert on commitments for each statement execute function wait_for_another()`)
	var wg sync.WaitGroup
	held := make(chan struct{})
	wg.Go(func() {
		p.super(func(c *pgx.Conn) error {
			if _, err := c.Exec(context.Background(), `select pg_advisory_lock(1)`); err != nil {
				return err
			}
			close(held)
			for waiting := 0; waiting < 2; {
				err := c.QueryRow(context.Background(), `select count(*) from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())`).Scan(&waiting)
				if err != nil {
					return err
				}
			}
			return nil // with the connection ends the lock
		})
	})
	<-held
	return wg.Wait
}

// Two guards keep a slot from being given twice: the lock, under which what is free stays free, and the constraint. Each does it
// alone; without both the same race books many, so that it is they whom the tests see.
func TestTheRaceBitesWithoutTheGuards(t *testing.T) {
	for _, c := range []struct {
		name             string
		lock, constraint bool
	}{{"lock alone", true, false}, {"constraint alone", false, true}, {"neither", false, false}} {
		t.Run(c.name, func(t *testing.T) {
			p := openPractice(t, many)
			coach := p.coach()
			members, engagements := p.clients(coach, 40)
			if !c.lock {
				p.unlocked()
			}
			if !c.constraint {
				p.exec(`alter table commitments drop constraint commitments_no_overlap`)
			}
			guarded, ended := c.lock || c.constraint, func() {}
			if !guarded {
				ended = p.together()
			}
			got := race(40, func(i int) error {
				_, err := p.BookSession(p.as(members[i]), at(engagements[i], slot))
				return err
			})
			ended()
			if guarded && (got[""] != 1 || got[calendar.CodeDoubleBooked] != 39) || !guarded && (got[""] < 2 || p.doubleBooked() == 0) {
				t.Errorf("%v", got)
			}
		})
	}
}

// A series races single bookings of the same hours: each hour goes to one, and the series has the others.
func TestASeriesRacesSingleBookings(t *testing.T) {
	p := openPractice(t, many)
	other := p.replica()
	coach := p.coach()
	members, engagements := p.clients(coach, 6)
	var series atomic.Pointer[coaching.CoachingBooking]
	got := race(6, func(i int) error {
		if i == 0 {
			in := at(engagements[0], slot)
			in.Repeat = &coaching.CoachingRepeat{EveryWeeks: 1, Times: 6}
			made, err := p.BookSession(p.as(members[0]), in)
			series.Store(made)
			return err
		}
		_, err := other.BookSession(p.as(members[i]), at(engagements[i], slot.AddDate(0, 0, 7*(i-1))))
		return err
	})
	made := series.Load()
	if made == nil || made.Series == nil {
		t.Fatalf("%v", got)
	}
	if n := len(made.Series.Booked) + len(made.Series.NotBooked); n != 6 {
		t.Errorf("%d dates answered", n)
	}
	for _, n := range made.Series.NotBooked {
		if n.Code != calendar.CodeDoubleBooked || n.Message == "" {
			t.Errorf("%+v", n)
		}
	}
	if n := p.count(`select count(distinct starts_at) from coaching_sessions where live`); n != 6 || p.doubleBooked() != 0 || p.count(`select count(*) from coaching_sessions where live`) != 6 {
		t.Errorf("%d of six hours are booked: %v", n, got)
	}
}

// Somebody moves to an hour that another books, and to hours that others move away from: nobody loses theirs for nothing.
func TestAMoveRacesABooking(t *testing.T) {
	p := openPractice(t, many)
	other := p.replica()
	coach := p.coach()
	members, engagements := p.clients(coach, 10)
	var ids []uuid.UUID
	for i := range 5 {
		ids = append(ids, p.booking(p.BookSession(p.as(members[i]), at(engagements[i], slot.AddDate(0, 0, i%2).Add(time.Duration(i)*time.Hour)))).ID)
	}
	to := slot.AddDate(0, 0, 7)
	got := race(10, func(i int) error {
		if i < 5 {
			_, err := p.RescheduleSession(p.as(members[i]), ids[i], coaching.RescheduleCoaching{StartsAt: to})
			return err
		}
		_, err := other.BookSession(p.as(members[i]), at(engagements[i], to))
		return err
	})
	if got[""] != 1 || got[calendar.CodeDoubleBooked] != 9 || p.doubleBooked() != 0 {
		t.Errorf("%v", got)
	}
	if n := p.count(`select count(*) from coaching_sessions where live`); n != 5 && n != 6 {
		t.Errorf("%d live sessions: whoever could not move keeps their old time", n)
	}
	if n := p.count(`select count(*) from coaching_sessions s where live and not exists (select from commitments c where c.source_id = s.id and c.resource_id = s.coach_id)`); n != 0 {
		t.Errorf("%d live sessions without their time", n)
	}
	if n := p.count(`select count(*) from commitments c where c.source = 'coaching_session' and not exists (select from coaching_sessions s where s.id = c.source_id and s.live)`); n != 0 {
		t.Errorf("%d times that nobody has", n)
	}
}

// Moving one session in several windows at once moves it once.
func TestOneSessionMovesOnce(t *testing.T) {
	p := openPractice(t, many)
	coach := p.coach()
	members, engagements := p.clients(coach, 1)
	id := p.booking(p.BookSession(p.as(members[0]), at(engagements[0], slot))).ID
	got := race(8, func(i int) error {
		_, err := p.RescheduleSession(p.as(members[0]), id, coaching.RescheduleCoaching{StartsAt: slot.AddDate(0, 0, 1).Add(time.Duration(i/2) * time.Hour)})
		return err
	})
	if got[""] != 1 || got["wrong_state"] != 7 || p.count(`select count(*) from coaching_sessions where live`) != 1 {
		t.Errorf("%v", got)
	}
}

// One person has one body: their own coach and the couple's want the same hour.
func TestOnePersonIsNotWithTwoCoaches(t *testing.T) {
	p := openPractice(t, many)
	mia, luis := p.member("Mia"), p.member("Luis")
	alone, both := p.engagement(p.coach("Dana"), mia), p.engagement(p.coach("Omar"), mia, luis)
	got := race(2, func(i int) error {
		_, err := p.BookSession(p.as(mia), at([]uuid.UUID{alone, both}[i], slot))
		return err
	})
	if got[""] != 1 || got[calendar.CodeDoubleBooked] != 1 {
		t.Errorf("%v", got)
	}
}

// A coach who is coached themselves, and a client who leads a workshop, are in one place at a time: whatever brings them there.
func TestOnePersonIsInOnePlaceWhateverBringsThem(t *testing.T) {
	p := openPractice(t, many)
	dana, mia := p.coach("Dana"), p.member("Mia")
	omar := p.coach("Omar")
	hers, asClient := p.engagement(dana, mia), p.engagement(omar, dana)
	free := func() bool {
		return slices.Contains(p.freeFor(p.coaches(dana), omar, "2026-09-10", "America/New_York", asClient), "10:00")
	}
	if !free() {
		t.Fatal("the hour is not free to begin with")
	}
	got := race(2, func(i int) error {
		_, err := p.BookSession([]context.Context{p.as(mia), p.coaches(dana)}[i], at([]uuid.UUID{hers, asClient}[i], slot))
		return err
	})
	if got[""] != 1 || got[calendar.CodeDoubleBooked] != 1 {
		t.Errorf("%v", got)
	}
	if free() {
		t.Error("the hour is offered to who is elsewhere")
	}
	luis := p.member("Luis")
	_, err := services.Mutate(services.AsSystem(t.Context(), "test"), p.core, "session.hold", func(tx *services.Tx) (struct{}, error) {
		tx.Unchanged()
		return struct{}{}, calendar.Hold(tx, calendar.Booking{Source: "session", SourceID: services.NewID(), StartsAt: slot, EndsAt: slot.Add(2 * time.Hour),
			Resources: []calendar.Resource{{Kind: models.ResourcePerson, ID: luis}}})
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.BookSession(p.as(luis), at(p.engagement(p.coach("Olga"), luis), slot))
	refused(t, err, calendar.CodeDoubleBooked)
}

// A workshop that the coach leads takes the coach's time as a session does.
func TestAWorkshopRacesABooking(t *testing.T) {
	p := openPractice(t, many)
	coach := p.coach()
	members, engagements := p.clients(coach, 9)
	got := race(10, func(i int) error {
		if i == 9 {
			_, err := services.Mutate(services.AsSystem(context.Background(), "test"), p.core, "session.hold", func(tx *services.Tx) (struct{}, error) {
				tx.Unchanged()
				return struct{}{}, calendar.Hold(tx, calendar.Booking{Source: "session", SourceID: services.NewID(), StartsAt: slot.Add(30 * time.Minute), EndsAt: slot.Add(2 * time.Hour),
					Resources: []calendar.Resource{{Kind: models.ResourcePerson, ID: coach}}})
			})
			return err
		}
		_, err := p.BookSession(p.as(members[i]), at(engagements[i], slot))
		return err
	})
	if got[""] != 1 || got[calendar.CodeDoubleBooked] != 9 || p.doubleBooked() != 0 {
		t.Errorf("%v", got)
	}
}

// The last session of a package, and the last of a day, go to one.
func TestLimitsHoldInARace(t *testing.T) {
	p := openPractice(t, many)
	coach := p.coach()
	members, engagements := p.clients(coach, 8)
	p.exec(`update coaches set max_per_day = 2 where id = $1`, coach)
	got := race(8, func(i int) error {
		_, err := p.BookSession(p.as(members[i]), at(engagements[i], slot.Add(time.Duration(i%4)*90*time.Minute)))
		return err
	})
	if got[""] != 2 || got[""]+got[coaching.CodeDayFull]+got[calendar.CodeDoubleBooked] != 8 {
		t.Errorf("of two a day: %v", got)
	}
	p.exec(`update coaches set max_per_day = null where id = $1`, coach)
	mia := p.member()
	e := p.engagement(coach, mia)
	p.exec(`update engagements set package_sessions = 1 where id = $1`, e)
	got = race(4, func(i int) error {
		_, err := p.BookSession(p.as(mia), at(e, slot.AddDate(0, 0, 4+i)))
		return err
	})
	if got[""] != 1 || got[coaching.CodePackageUsed] != 3 {
		t.Errorf("of one: %v", got)
	}
}
