package main

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/crypto/argon2"
	"golang.org/x/sync/errgroup"
)

// How much there is. The counts are the issue's; the shapes are those of an organization some years old.
const (
	seedMembers       = 50_000
	seedWorkshops     = 20_000
	seedRegistrations = 100_000
	seedPrograms      = 12
	seedVenues        = 60
	seedLeaders       = 300 // the first members lead workshops
	upcomingOf10      = 6   // of ten workshops, so many are still to come
)

const password = "a bench password of 1775"

// seeding makes the same rows each time, but for the dates, which are relative to the day.
type seeding struct {
	rnd *rand.Rand
	now time.Time
	day time.Time // 00:00 UTC of today
	n   uint64    // ids made

	members, accounts, sessions, programs, venues                         [][]any
	workshops, leaders, meetings, meetingLeaders, pools, parties, persons [][]any

	memberIDs []uuid.UUID
	// plans holds what registrations need to know of each workshop that takes any.
	plans []plan
	world world
}

type plan struct {
	id       uuid.UUID
	starts   time.Time
	upcoming bool
	pools    []*poolRow
	full     bool
}

type poolRow struct {
	id, session                               uuid.UUID
	mode                                      *string
	capacity, taken, takenChildren, waitingNo int
}

// world is what the measurements need to know of the data.
type world struct {
	People  []person    // who have an account
	Open    []uuid.UUID // workshops to come with plenty of seats, one pool each, open for registration
	Shown   []uuid.UUID // workshops to come, of every kind
	Hot     []uuid.UUID // workshops to fight for; nobody is registered
	FewFree []uuid.UUID // workshops of 30 seats for the race
	From    []string    // days on which a list may begin
}

type person struct {
	Member, Account, Session uuid.UUID
	Email                    string
}

// id is a UUIDv7 of an hour ago, in the order in which rows are made.
func (s *seeding) id() uuid.UUID {
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:8], (uint64(s.now.Add(-time.Hour).UnixMilli())+s.n>>12)<<16|0x7000|s.n&0xfff) //nolint:gosec // after 1970
	binary.BigEndian.PutUint64(id[8:], s.rnd.Uint64()>>2|1<<63)
	s.n++
	return id
}

// seed fills an empty, migrated database.
func seed(ctx context.Context, superURL string, people int, now time.Time) (*world, error) {
	now = now.UTC().Truncate(time.Second)
	s := &seeding{rnd: rand.New(rand.NewPCG(1775, 1865)), now: now, day: now.Truncate(24 * time.Hour)} //nolint:gosec // not a secret
	s.makeMembers(people)
	s.makePlaces()
	for i := range seedWorkshops {
		s.makeWorkshop(i)
	}
	s.makeRegistrations()
	if err := s.copy(ctx, superURL); err != nil {
		return nil, err
	}
	return &s.world, checkCounters(ctx, superURL)
}

var (
	givenNames  = []string{"Maria", "James", "Aaliyah", "Chen", "José", "Dana", "Kofi", "Nadia", "Owen", "Priya", "Ruth", "Sam", "Tomás", "Uma", "Walter", "Zoë"}
	familyNames = []string{"Reyes", "O'Brien", "Nguyen", "Johnson", "Hernández", "Smith", "Kowalski", "Baptiste", "Cohen", "Davis", "Ellison", "Fontaine", "Garcia"}
	kindSets    = [][]string{{"veteran"}, {"spouse"}, {"veteran", "caregiver"}, {"service_member"}, {"parent"}, {"survivor"}, {"guard_reserve"}, {"supporter"}}
	zones       = []string{"America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"}
)

func (s *seeding) makeMembers(people int) {
	salt := []byte("one salt for all")
	sum := argon2.IDKey([]byte(password), salt, 2, 19*1024, 1, 32)
	hash := fmt.Sprintf("$argon2id$v=19$m=%d,t=2,p=1$%s$%s", 19*1024, base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(sum))
	for i := range seedMembers {
		id, email := s.id(), fmt.Sprintf("member%d@bench.homefront.example", i)
		born := s.day.AddDate(-20-s.rnd.IntN(60), -s.rnd.IntN(12), -s.rnd.IntN(28))
		joined := s.now.Add(-time.Duration(seedMembers-i) * 30 * time.Minute)
		s.members = append(s.members, []any{id, 1, joined, joined, givenNames[s.rnd.IntN(len(givenNames))], familyNames[s.rnd.IntN(len(familyNames))], born,
			kindSets[s.rnd.IntN(len(kindSets))], "active", email, "en", zones[s.rnd.IntN(len(zones))], true, false, false, i%3 == 0})
		s.memberIDs = append(s.memberIDs, id)
		if i < seedLeaders || i >= seedLeaders+people {
			continue
		}
		p := person{Member: id, Account: s.id(), Session: s.id(), Email: email}
		s.accounts = append(s.accounts, []any{p.Account, 1, joined, joined, id, email, hash, []string{"member"}, "active", joined, joined})
		s.sessions = append(s.sessions, []any{p.Session, p.Account, s.now, s.now, s.now.AddDate(0, 0, 30), s.now, "bench"})
		s.world.People = append(s.world.People, p)
	}
}

func (s *seeding) makePlaces() {
	for i := range seedPrograms {
		s.programs = append(s.programs, []any{s.id(), 1, s.now, s.now, fmt.Sprintf("Program %d", i), fmt.Sprintf("program-%d", i), "A program of the bench", "active", "America/New_York"})
	}
	for i := range seedVenues {
		s.venues = append(s.venues, []any{s.id(), 1, s.now, s.now, fmt.Sprintf("Community House %d", i), fmt.Sprintf("%d Hay St, Fayetteville, NC 28301", 100+i),
			"America/New_York", "Step-free entrance on Old St"})
	}
}

var titles = []string{"Living with Hypervigilance", "Sleep and Recovery", "Coming Home as a Family", "Writing Circle", "Peer Support Evening", "Mindful Movement",
	"Parenting after Deployment", "Career Change Lab", "Grief and Growth", "Cooking Together"}

const paragraph = `Six evenings for veterans and the people they live with. We look at what the body learned to do, why it does it still, and what helps: at home, at work, and on the nights that do not end. No prior knowledge is needed. "Come as you are" is meant as it is said; children are welcome where the page says so.

Each evening begins with a short exercise, goes on with stories from the group and ends with something to try until the next.`

func (s *seeding) makeWorkshop(i int) {
	w := plan{id: s.id(), upcoming: i%10 < upcomingOf10}
	// Beside ordinary ones: hybrid, drop-in, and every 400th is full with people waiting.
	hybrid, dropIn := i%23 == 7, i%29 == 11
	w.full = i%400 == 0
	first := s.day.AddDate(0, 0, -70-s.rnd.IntN(700)).Add(time.Duration(14+s.rnd.IntN(10)) * time.Hour)
	if w.upcoming {
		first = s.day.AddDate(0, 0, 2+s.rnd.IntN(240)).Add(time.Duration(14+s.rnd.IntN(10)) * time.Hour)
	}
	hot := s.hotKind(i)
	if hot != "" {
		hybrid, dropIn, w.full, w.upcoming = false, false, false, true
		first = s.day.AddDate(0, 0, 100).Add(18 * time.Hour)
	}
	w.starts = first
	format, admission := []string{"in_person", "online"}[i%2], "series"
	var onlineCapacity *int
	if hybrid {
		format, onlineCapacity = "hybrid", ptr(100)
	}
	if dropIn {
		admission = "drop_in"
	}
	capacity := 60 + i%5*10
	switch {
	case w.full:
		capacity = 8
	case hot != "":
		capacity = 30
	}
	var venue *uuid.UUID
	if format != "online" {
		venue = ptr(s.venues[i%seedVenues][0].(uuid.UUID))
	}
	status, visibility := "completed", "completed"
	var completed *time.Time
	if w.upcoming {
		status, visibility = "scheduled", "published"
	} else {
		completed = ptr(first.AddDate(0, 0, 60))
	}
	modes := []*string{nil}
	if hybrid {
		modes = []*string{ptr("in_person"), ptr("online")}
	}
	addPools := func(session uuid.UUID) {
		for _, m := range modes {
			c := capacity
			if m != nil && *m == "online" {
				c = 100
			}
			w.pools = append(w.pools, &poolRow{id: s.id(), session: session, mode: m, capacity: c})
		}
	}
	meetings := 1 + i%8
	var last time.Time
	for k := range meetings {
		starts := first.AddDate(0, 0, 7*k)
		last = starts.Add(90 * time.Minute)
		session := s.id()
		local := starts.Add(-4 * time.Hour).Format("2006-01-02T15:04")
		s.meetings = append(s.meetings, []any{session, 1, s.now, s.now, w.id, starts, last, local, "America/New_York", status, 0})
		s.meetingLeaders = append(s.meetingLeaders, []any{session, s.memberIDs[i%seedLeaders]})
		if dropIn {
			addPools(session)
		}
	}
	listed := first
	if dropIn {
		listed = first.AddDate(0, 0, 7*(meetings-1))
	} else {
		addPools(uuid.Nil)
	}
	made := first.AddDate(0, -9, 0)
	s.workshops = append(s.workshops, []any{w.id, 1, made, made, s.programs[i%seedPrograms][0], fmt.Sprintf("%s %d", titles[i%len(titles)], i),
		"Six evenings for veterans and the people they live with", paragraph, "A notebook", format, admission, venue, "Second floor, ring twice",
		"https://meet.example.org/hv-" + fmt.Sprint(i), "America/New_York", capacity, onlineCapacity, made, false, 24, 1, 8, 18, false, []string{}, 24,
		visibility, false, first, last, listed, made, completed, ""})
	s.leaders = append(s.leaders, []any{w.id, s.memberIDs[i%seedLeaders]})
	s.remember(&w, hot, hybrid || dropIn)
}

// hotKind keeps some workshops apart for the fights over seats.
func (s *seeding) hotKind(i int) string {
	switch {
	case i >= seedWorkshops-20:
		return "race"
	case i >= seedWorkshops-60:
		return "hot"
	}
	return ""
}

func (s *seeding) remember(w *plan, hot string, special bool) {
	switch hot {
	case "race":
		s.world.FewFree = append(s.world.FewFree, w.id)
	case "hot":
		s.world.Hot = append(s.world.Hot, w.id)
	default:
		if w.upcoming {
			s.world.Shown = append(s.world.Shown, w.id)
			if !special && !w.full {
				s.world.Open = append(s.world.Open, w.id)
			}
			if from := w.starts.Format("2006-01-02T00:00:00Z"); len(s.world.From) < 64 && !slices.Contains(s.world.From, from) {
				s.world.From = append(s.world.From, from)
			}
		}
		s.plans = append(s.plans, *w)
		return
	}
	s.writePools(w)
}

func ptr[T any](v T) *T { return &v }

// makeRegistrations spreads the parties over the workshops: full ones take as many as they hold and some more wait.
func (s *seeding) makeRegistrations() {
	for i := range seedRegistrations {
		w := &s.plans[i%len(s.plans)]
		if i < 30*len(s.plans)/400 && i%30 < 14 { // fill the full ones first
			w = &s.plans[i/30*400%len(s.plans)]
		}
		s.makeParty(i, w)
	}
	for i := range s.plans {
		s.writePools(&s.plans[i])
	}
}

func (s *seeding) makeParty(i int, w *plan) {
	size := []int{1, 1, 1, 1, 1, 1, 1, 2, 2, 4}[i%10]
	pool := w.pools[i%len(w.pools)]
	at := w.starts.AddDate(0, -2, 0).Add(time.Duration(i) * time.Second)
	if at.After(s.now) {
		at = s.now.Add(-time.Duration(seedRegistrations-i) * time.Second)
	}
	state := "confirmed"
	var confirmed, queued, closed *time.Time
	switch {
	case i%33 == 5:
		state, closed = "cancelled", ptr(at.Add(time.Hour))
	case pool.taken+size > pool.capacity || pool.waitingNo > 0:
		if w.upcoming {
			state, queued = "waitlisted", &at
			pool.waitingNo++
		} else {
			state, closed = "expired", ptr(at.Add(time.Hour))
		}
	default:
		confirmed = &at
		pool.taken += size
	}
	// Members with an account register in the measurements, others here.
	rest := seedMembers - seedLeaders - len(s.world.People)
	lead := s.memberIDs[seedMembers-1-i%rest]
	id := s.id()
	var session *uuid.UUID
	if pool.session != uuid.Nil {
		session = &pool.session
	}
	s.parties = append(s.parties, []any{id, 1, at, at, w.id, session, lead, lead, state, []string{}, queued, confirmed, closed, ""})
	for k := range size {
		row := []any{s.id(), at, at, id, closed == nil, pool.id, pool.mode, "adult", "attending", nil, nil, lead, at}
		if k == 0 {
			row[9] = lead
		} else {
			row[10] = "A guest"
		}
		s.persons = append(s.persons, row)
	}
}

func (s *seeding) writePools(w *plan) {
	for _, p := range w.pools {
		var session *uuid.UUID
		if p.session != uuid.Nil {
			session = &p.session
		}
		s.pools = append(s.pools, []any{p.id, w.id, session, p.mode, p.capacity, p.taken, p.takenChildren, p.waitingNo})
	}
}

func columns(names ...string) []string { return names }

// copy writes all tables, several at a time. Foreign keys are not checked row by row, which the superuser may ask for;
// what they would check is true by how the rows are made.
func (s *seeding) copy(ctx context.Context, superURL string) error {
	record := columns("id", "version", "created_at", "updated_at")
	tables := []struct {
		name    string
		columns []string
		rows    [][]any
	}{
		{"members", append(record, "given_name", "family_name", "birth_date", "kinds", "status", "email", "language", "time_zone", "email_opt_in", "sms_opt_in", "push_opt_in", "program_words"), s.members},
		{"workshop_sessions", append(record, "workshop_id", "starts_at", "ends_at", "local_start", "time_zone", "status", "sequence"), s.meetings},
		{"workshops", append(record, "program_id", "title", "summary", "description", "materials", "format", "attendance_mode", "venue_id", "location_note",
			"join_url", "time_zone", "capacity", "online_capacity", "opens_at", "approval_required", "cancel_deadline_hours", "guests_per_party", "max_party", "minimum_age",
			"teen_program", "audience_kinds", "offer_hours", "visibility", "is_template", "starts_at", "ends_at", "listed_until", "published_at", "completed_at", "cancel_reason"), s.workshops},
		{"registrations", append(record, "workshop_id", "session_id", "lead_member_id", "entered_by", "state", "review", "queued_at", "confirmed_at", "closed_at", "note"), s.parties},
		{"attendees", columns("id", "created_at", "updated_at", "registration_id", "live", "pool_id", "mode", "kind", "state", "member_id", "guest_name", "entered_by", "joined_at"), s.persons},
		{"accounts", append(record, "member_id", "email", "password_hash", "roles", "status", "email_verified_at", "auth_changed_at"), s.accounts},
		{"sessions", columns("id", "account_id", "created_at", "last_used_at", "expires_at", "auth_time", "user_agent"), s.sessions},
		{"programs", append(record, "name", "slug", "summary", "status", "time_zone"), s.programs},
		{"venues", append(record, "name", "address", "time_zone", "accessibility"), s.venues},
		{"workshop_facilitators", columns("workshop_id", "member_id"), s.leaders},
		{"session_facilitators", columns("session_id", "member_id"), s.meetingLeaders},
		{"pools", columns("id", "workshop_id", "session_id", "mode", "capacity", "taken", "taken_children", "waiting"), s.pools},
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(2)
	for _, t := range tables {
		group.Go(func() error {
			conn, err := pgx.Connect(ctx, superURL)
			if err != nil {
				return err
			}
			defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
			if _, err := conn.Exec(ctx, "set session_replication_role = replica"); err != nil {
				return err
			}
			if _, err := conn.CopyFrom(ctx, pgx.Identifier{t.name}, t.columns, pgx.CopyFromRows(t.rows)); err != nil {
				return fmt.Errorf("%s: %w", t.name, err)
			}
			_, err = conn.Exec(ctx, "vacuum analyze "+t.name)
			return err
		})
	}
	return group.Wait()
}

// checkCounters recounts what the pools say, and the keys that COPY took on trust.
func checkCounters(ctx context.Context, superURL string) error {
	conn, err := pgx.Connect(ctx, superURL)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var wrongPools, strays int
	err = conn.QueryRow(ctx, `select
		(select count(*) from pools p left join (
			select a.pool_id, count(*) filter (where r.state <> 'waitlisted') as taken, count(distinct r.id) filter (where r.state = 'waitlisted') as waiting
			from attendees a join registrations r on r.id = a.registration_id where a.live group by a.pool_id) c on c.pool_id = p.id
		 where p.taken <> coalesce(c.taken, 0) or p.waiting <> coalesce(c.waiting, 0)),
		(select count(*) from attendees a left join registrations r on r.id = a.registration_id and r.live = a.live where r.id is null)
		+ (select count(*) from registrations r left join workshops w on w.id = r.workshop_id left join members m on m.id = r.lead_member_id where w.id is null or m.id is null)
		+ (select count(*) from workshop_sessions s left join workshops w on w.id = s.workshop_id where w.id is null)`).Scan(&wrongPools, &strays)
	if err == nil && (wrongPools > 0 || strays > 0) {
		err = fmt.Errorf("the seed is not consistent: %d pools count wrong, %d rows refer to nothing", wrongPools, strays)
	}
	return err
}
