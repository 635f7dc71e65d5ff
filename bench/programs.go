package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"homefront/api"
	"homefront/bench/load"
	"homefront/internal/pgembed"
	"homefront/models"
	"homefront/services"
	"homefront/services/programs"
	"homefront/services/workshops"
)

const programConns = 4 // people at work at the same moment

// programsMeasured is what was measured of programs among 100,000 people.
type programsMeasured struct {
	Pairs   []*pairing
	Trips   []tripCount
	Check   time.Duration // the nightly check
	Checked int           // enrollments
	Wrong   int           // of them, before anything was measured none
	Rows    int           // of attendance that it adds up
}

// pairing is something beside what it is held against.
type pairing struct {
	Title, Against string
	Ours, Theirs   side
}

// side are the rounds of one of the two: medians and p99 in milliseconds, and how many a second.
type side struct{ P50, P99, PerSecond []float64 }

func (s *side) take(got *load.Result) {
	s.P50 = append(s.P50, got.Quantile(.5).Seconds()*1000)
	s.P99 = append(s.P99, got.Quantile(.99).Seconds()*1000)
	s.PerSecond = append(s.PerSecond, got.PerSecond())
}

// times says how many times as long ours takes, as the median of rounds that lay side by side.
func (p *pairing) times() float64 { return ratioOf(p.Ours.P50, p.Theirs.P50) }

func (p *pairing) throughput() float64 { return ratioOf(p.Ours.PerSecond, p.Theirs.PerSecond) }

func ratioOf(a, z []float64) float64 {
	ratios := make([]float64, min(len(a), len(z)))
	for i := range ratios {
		ratios[i] = a[i] / z[i]
	}
	return middle(ratios)
}

type tripCount struct {
	What string
	N    int
}

// write reports them; nothing when they were not measured.
func (m *programsMeasured) write(p func(string, ...any)) {
	if len(m.Pairs) == 0 {
		return
	}
	p("\n## Programs\n\nAmong %d members, on %d connections, the dry runs on one. By hand means pgx and the same rows in two round trips: no rules, no validation, no encryption.\n", crowdMembers, programConns)
	writePairs(p, m.Pairs)
	p("\n- The nightly check of the sums took %.1f s for %d enrollments with %d rows of attendance, and found %d wrong.", m.Check.Seconds(), m.Checked, m.Rows, m.Wrong)
	for _, t := range m.Trips {
		p("- Round trips, %s: %d.", t.What, t.N)
	}
}

// writePairs is their table.
func writePairs(p func(string, ...any), pairs []*pairing) {
	p("| What | p50 ms | p99 ms | Against | Its p50 ms | Its p99 ms | Times as long | Throughput over its |\n|---|---|---|---|---|---|---|---|")
	for _, x := range pairs {
		p("| %s | %.1f | %.1f | %s | %.1f | %.1f | %.2f | %.2f |", x.Title, middle(x.Ours.P50), middle(x.Ours.P99), x.Against, middle(x.Theirs.P50), middle(x.Theirs.P99), x.times(), x.throughput())
	}
}

// atWork is what the measurements of programs share.
type atWork struct {
	b       *bench
	world   *programWorld
	hand    *byHand
	server  *process
	members []string // tokens: of applicants, then of registrars
	staff   []string // of coordinators
	done    map[string]int
	name    string // of the part, as it is said
	pairs   *[]*pairing
}

// programs measures what people and staff do with programs, against the same work by hand or with less of it.
func (b *bench) programs(ctx context.Context) error {
	if err := b.makeCrowd(ctx); err != nil {
		return err
	}
	world, err := b.makePrograms(ctx)
	if err != nil {
		return err
	}
	w := &atWork{b: b, world: world, done: map[string]int{}, name: "programs", pairs: &b.results.programs.Pairs}
	app, super := b.cluster.DSN(pgembed.AppRole, crowdDatabase), b.cluster.DSN(pgembed.Superuser, crowdDatabase)
	if w.members, err = signTokens(ctx, app, super, b.secret, append(world.applicants[:len(world.applicants):len(world.applicants)], world.registrars...), "member"); err != nil {
		return err
	}
	if w.staff, err = signTokens(ctx, app, super, b.secret, world.coordinators, "coordinator"); err != nil {
		return err
	}
	pool, err := handPool(ctx, app)
	if err != nil {
		return err
	}
	defer pool.Close()
	w.hand = &byHand{pool: pool, world: world, audit: map[string]string{}}
	if err := w.check(ctx); err != nil {
		return err
	}
	if err := w.countTrips(ctx); err != nil {
		return err
	}
	if w.server, err = startProcess(ctx, "product", envDatabase+"="+app, b.env[1]); err != nil {
		return err
	}
	defer w.server.stop()
	if err := showTokens(ctx, w.server, "/v1/programs?limit=1", append(w.members[:len(w.members):len(w.members)], w.staff...)); err != nil {
		return err
	}
	for _, measure := range []func(context.Context) error{w.complete, w.apply, w.lists, w.register, w.judge} {
		if err := measure(ctx); err != nil {
			return err
		}
	}
	return w.stillRight(ctx)
}

// handPool is set up as the product's pools are.
func handPool(ctx context.Context, database string) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(database)
	if err != nil {
		return nil, err
	}
	cfg.MaxConns, cfg.MinConns = programConns, programConns
	cfg.ConnConfig.RuntimeParams["plan_cache_mode"], cfg.ConnConfig.RuntimeParams["timezone"] = "force_generic_plan", "UTC"
	return pgxpool.NewWithConfig(ctx, cfg)
}

// next numbers what is done under a name, so that nothing is done twice.
func (w *atWork) next(name string, n int) (from int) {
	from = w.done[name]
	w.done[name] = from + n
	return from
}

// asked has the product answer n requests, each of which must be answered as wanted.
func (w *atWork) asked(ctx context.Context, conns, n, want int, request func(i int) load.Request) (*load.Result, error) {
	var turn atomic.Int64
	got := load.Run(ctx, []string{w.server.addr}, conns, 0, func(int) load.Request {
		if i := int(turn.Add(1)) - 1; i < n {
			return request(i)
		}
		return nil
	})
	if got.Err == nil && got.Statuses[want] != n {
		got.Err = fmt.Errorf("%d requests are answered %v; the first: %s", n, got.Statuses, w.explain(request(0)))
	}
	return got, got.Err
}

func (w *atWork) explain(q load.Request) string {
	c, err := load.Dial(w.server.addr)
	if err != nil {
		return err.Error()
	}
	defer c.Close()
	a, _ := c.Do(q)
	return fmt.Sprintf("%d %.600s", a.Status, a.Body)
}

// rival is one of those measured beside one another; the first is ours.
type rival struct {
	name string
	do   func() (*load.Result, error)
}

// beside measures in turns, each round of one beside a round of the others.
func (w *atWork) beside(title string, rivals ...rival) error {
	sides := make([]side, len(rivals))
	for i := range 1 + programRounds {
		for k := range rivals {
			who := (i + k) % len(rivals) // nobody is always the first
			got, err := rivals[who].do()
			if err == nil {
				err = got.Err
			}
			if err != nil {
				return fmt.Errorf("%s, %s: %w", title, rivals[who].name, err)
			}
			if i > 0 { // the first warms
				sides[who].take(got)
			}
		}
	}
	for k := 1; k < len(rivals); k++ {
		p := &pairing{Title: title, Against: rivals[k].name, Ours: sides[0], Theirs: sides[k]}
		*w.pairs = append(*w.pairs, p)
		say("%s: %s: %.2f ms (p99 %.2f), %.0f/s; %s %.2f ms (p99 %.2f), %.0f/s: %.2f times as long, %.2f of the throughput", w.name, title, middle(p.Ours.P50), middle(p.Ours.P99),
			middle(p.Ours.PerSecond), p.Against, middle(p.Theirs.P50), middle(p.Theirs.P99), middle(p.Theirs.PerSecond), p.times(), p.throughput())
	}
	return nil
}

func (w *atWork) staffToken(i int) string { return w.staff[i%len(w.staff)] }

const bySQL = "its SQL by hand"

// complete closes sessions of 30 people in a program, in none, and by hand.
func (w *atWork) complete(ctx context.Context) error {
	from := func(kind int) func(i int) uuid.UUID {
		at := tripRuns + w.next(fmt.Sprint("complete ", kind), completionsEach)
		return func(i int) uuid.UUID { return w.world.sessions[kind][at+i] }
	}
	product := func(kind int) func() (*load.Result, error) {
		return func() (*load.Result, error) {
			session := from(kind)
			return w.asked(ctx, programConns, completionsEach, 200, func(i int) load.Request {
				return load.Post("/v1/sessions/"+session(i).String()+"/complete", w.staffToken(i), nil, "Content-Length", "0")
			})
		}
	}
	return w.beside(fmt.Sprintf("Complete a session of a program, %d people", sheetPeople), rival{"product", product(0)}, rival{"a session of no program", product(1)},
		rival{bySQL, func() (*load.Result, error) {
			session := from(2)
			return direct(programConns, completionsEach, func(i int) error {
				return w.hand.complete(ctx, session(i), w.world.coordinators[i%len(w.world.coordinators)])
			}), nil
		}})
}

// apply has members apply, who answer the intake form at once.
func (w *atWork) apply(ctx context.Context) error {
	body := []byte(`{"answers":` + asText(answersTo(intakeQuestions)) + `}`)
	half := len(w.world.applicants) / 2
	return w.beside(fmt.Sprintf("Apply, with %d sensitive answers", intakeQuestions), rival{"product", func() (*load.Result, error) {
		at := tripRuns + w.next("apply", applicantsEach)
		return w.asked(ctx, programConns, applicantsEach, 201, func(i int) load.Request {
			return load.Post("/v1/programs/"+w.world.programs[i%spread].String()+"/enrollments", w.members[at+i], body)
		})
	}}, rival{bySQL, func() (*load.Result, error) {
		at := half + w.next("apply by hand", applicantsEach)
		return direct(programConns, applicantsEach, func(i int) error {
			return w.hand.apply(ctx, w.world.programs[i%spread], w.world.applicants[at+i])
		}), nil
	}})
}

// lists are pages of 25 of a program of thousands: who has a place by when they applied, and whom one should call.
func (w *atWork) lists(ctx context.Context) error {
	path := func(i int) string {
		p := "/v1/enrollments?limit=25&program_id=" + w.world.crowded[i%len(w.world.crowded)].String()
		if i%2 == 1 {
			return p + "&state=active&absences_gte=1&sort=-consecutive_absences"
		}
		return p + "&state=enrolled&state=active"
	}
	return w.beside("List 25 enrollments of a program, with filters", rival{"product", func() (*load.Result, error) {
		return w.asked(ctx, programConns, listsEach, 200, func(i int) load.Request { return load.Get(path(i), w.staffToken(i)) })
	}}, rival{bySQL, func() (*load.Result, error) {
		return direct(programConns, listsEach, func(i int) error {
			return w.hand.list(ctx, w.world.crowded[i%len(w.world.crowded)], i%2 == 1, w.world.coordinators[i%len(w.world.coordinators)])
		}), nil
	}})
}

// register has the same people register for a workshop that has rules and asks a form, and for one that does neither.
func (w *atWork) register(ctx context.Context) error {
	to := func(name string, workshops []uuid.UUID, body func(person) []byte) rival {
		return rival{name, func() (*load.Result, error) {
			at := tripRuns + w.next(name, registeredEach)
			return w.asked(ctx, programConns, registeredEach, 201, func(i int) load.Request {
				return load.Post("/v1/workshops/"+workshops[i%spread].String()+"/registrations", w.members[len(w.world.applicants)+at+i], body(w.world.registrars[at+i]))
			})
		}}
	}
	return w.beside(fmt.Sprintf("Register for a workshop with 4 rules and a form of %d answers", signUpQuestions),
		to("product", w.world.ruled, func(p person) []byte { return []byte(asText(withAnswers(p))) }), to("one without", w.world.plain, func(person) []byte { return []byte("{}") }))
}

func withAnswers(p person) map[string]any {
	return map[string]any{"attendees": []any{map[string]any{"member_id": p.Member, "answers": answersTo(signUpQuestions)}}}
}

// judge asks what would come of letting many people in, and of one: the rules of each, and every step but the last.
func (w *atWork) judge(ctx context.Context) error {
	dry := func(people, n int) func() (*load.Result, error) {
		return func() (*load.Result, error) {
			at := w.next("judge", 1)
			return w.asked(ctx, 1, n, 200, func(i int) load.Request {
				from := (at + i) * people % (len(w.world.free) - people + 1)
				return load.Post("/v1/programs/"+w.world.judged.String()+"/enrollments/bulk", w.staffToken(at+i), []byte(asText(map[string]any{"member_ids": w.world.free[from : from+people]})))
			})
		}
	}
	return w.beside(fmt.Sprintf("Dry run for %d people, 4 rules", manyPeople), rival{"product", dry(manyPeople, 3)}, rival{"for one", dry(1, 30)})
}

// check runs the nightly check over all enrollments.
func (w *atWork) check(ctx context.Context) error {
	core, err := w.b.openCrowd(ctx, w.b.cluster.DSN(pgembed.AppRole, crowdDatabase))
	if err != nil {
		return err
	}
	defer core.Close()
	assembled(core)
	r := &w.b.results.programs
	started := time.Now()
	if r.Checked, r.Wrong, err = w.b.runCheck(ctx, core); err != nil {
		return err
	}
	r.Check = time.Since(started)
	if err := w.b.inCrowd(ctx, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, `select count(*) from program_attendance`).Scan(&r.Rows)
	}); err != nil {
		return err
	}
	say("programs: the nightly check took %s for %d enrollments with %d rows of attendance, and found %d wrong", r.Check.Round(time.Millisecond), r.Checked, r.Rows, r.Wrong)
	if r.Wrong > 0 {
		err = fmt.Errorf("%d sums of the crowd are wrong", r.Wrong)
	}
	return err
}

// stillRight checks again what the product, and the SQL by hand, have made of the sums.
func (w *atWork) stillRight(ctx context.Context) error {
	core, err := w.b.openCrowd(ctx, w.b.cluster.DSN(pgembed.AppRole, crowdDatabase))
	if err != nil {
		return err
	}
	defer core.Close()
	assembled(core)
	_, wrong, err := w.b.runCheck(ctx, core)
	if err == nil && wrong > 0 {
		err = fmt.Errorf("%d sums are wrong after the measurements", wrong)
	}
	return err
}

// longAgo is when the check is due, and nothing else.
var longAgo = time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)

func (b *bench) runCheck(ctx context.Context, core *services.Core) (looked, wrong int, err error) {
	err = b.inCrowd(ctx, func(conn *pgx.Conn) error {
		if _, err := conn.Exec(ctx, `insert into river_job (args, kind, max_attempts, scheduled_at, state) values ('{}', 'program.check_roll_ups', 1, $1, 'available')`, longAgo); err != nil {
			return err
		}
		ran, err := core.RunDue(ctx, longAgo)
		if err == nil && ran != 1 {
			err = fmt.Errorf("%d jobs ran in place of the check", ran)
		}
		if err != nil {
			return err
		}
		return conn.QueryRow(ctx, `select looked_at, differences from roll_up_checks where source = 'enrollments' and at = $1 order by id desc limit 1`, longAgo).Scan(&looked, &wrong)
	})
	return looked, wrong, err
}

func (b *bench) openCrowd(ctx context.Context, database string) (*services.Core, error) {
	return services.Open(ctx, services.Settings{DatabaseURL: database, Secret: b.secret, ReadConns: 1, WriteConns: 1, Log: slog.New(slog.DiscardHandler)})
}

func assembled(core *services.Core) *api.Services {
	all := api.Assemble(core, api.Outside{Mailer: noMail{}, PublicURL: publicURL, OrgName: "Bench", MailFrom: "bench@homefront.example"})
	return &all
}

const tripRuns = 3 // of which the last counts, its statements being prepared

// countTrips counts the round trips of each, and has the SQL by hand learn what the product's audit rows say.
func (w *atWork) countTrips(ctx context.Context) error {
	l := &line{}
	database, listener, err := l.open(w.b.cluster.DSN(pgembed.AppRole, crowdDatabase))
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }()
	core, err := w.b.openCrowd(ctx, database)
	if err != nil {
		return err
	}
	defer core.Close()
	all := assembled(core)
	for _, t := range w.trips(all) {
		n := 0
		for i := range tripRuns {
			before := l.turns.Load()
			if err := t.do(ctx, i); err != nil {
				return fmt.Errorf("round trips, %s: %w", t.what, err)
			}
			n = int(l.turns.Load() - before)
		}
		w.b.results.programs.Trips = append(w.b.results.programs.Trips, tripCount{t.what, n})
		say("programs: %s: %d round trips", t.what, n)
	}
	for _, action := range []string{"session.complete", "enrollment.create"} {
		if err := w.hand.learn(ctx, action); err != nil {
			return err
		}
	}
	return nil
}

type trip struct {
	what string
	do   func(ctx context.Context, i int) error
}

func (w *atWork) trips(all *api.Services) []trip {
	staff := func(ctx context.Context) context.Context {
		return as(ctx, w.world.coordinators[0], models.RoleCoordinator)
	}
	answers := func(n int) map[string]any {
		out := map[string]any{}
		for k, v := range answersTo(n) {
			out[k] = v
		}
		return out
	}
	complete := func(kind int) func(context.Context, int) error {
		return func(ctx context.Context, i int) error {
			_, err := all.Workshops.CompleteSession(staff(ctx), w.world.sessions[kind][i])
			return err
		}
	}
	dry := func(people int) func(context.Context, int) error {
		return func(ctx context.Context, _ int) error {
			_, err := all.Programs.BulkEnroll(staff(ctx), w.world.judged, programs.BulkEnroll{MemberIDs: w.world.free[:people]})
			return err
		}
	}
	register := func(workshop uuid.UUID, form bool) func(context.Context, int) error {
		return func(ctx context.Context, i int) error {
			who, in := w.world.registrars[i], workshops.Register{}
			if form {
				in.Attendees = []workshops.AttendeeInput{{MemberID: &who.Member, Answers: answers(signUpQuestions)}}
			}
			_, err := all.Workshops.Register(as(ctx, who, models.RoleMember), workshop, in)
			return err
		}
	}
	return []trip{
		{"complete a session of no program", complete(1)},
		{"complete a session of a program", complete(0)},
		{"apply with answers", func(ctx context.Context, i int) error {
			_, err := all.Programs.Apply(as(ctx, w.world.applicants[i], models.RoleMember), w.world.programs[0], programs.Apply{Answers: answers(intakeQuestions)})
			return err
		}},
		{"list enrollments", func(ctx context.Context, _ int) error {
			_, err := all.Programs.Enrollments(staff(ctx), programs.EnrollmentQuery{ProgramID: w.world.crowded[0]})
			return err
		}},
		{"register, no rules and no form", register(w.world.plain[0], false)},
		{"register with rules and a form", register(w.world.ruled[0], true)},
		{"dry run for one", dry(1)},
		{fmt.Sprintf("dry run for %d", manyPeople), dry(manyPeople)},
	}
}

// as is a request of somebody.
func as(ctx context.Context, who person, role models.Role) context.Context {
	return services.WithCall(ctx, &services.Call{Method: "POST", Path: "/v1/" + uuid.NewString(), RequestID: "bench",
		Actor: &services.Actor{Kind: models.ActorAccount, AccountID: who.Account, SessionID: who.Session, MemberID: who.Member, Roles: []models.Role{role}}})
}
