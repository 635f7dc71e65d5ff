package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"homefront/bench/load"
)

// runPlan is how long things are measured. Comparisons take many short rounds: a burst of somebody else's work then spoils
// a few of them, and the median does not see it.
type runPlan struct {
	people  int
	rounds  int           // of each server, taken in turns
	round   time.Duration // each
	warm    time.Duration // before the first round of each
	repeats int           // of everything else
	login   time.Duration
	crowd   time.Duration
	profile time.Duration
	sample  int // answers compared byte for byte
	only    string
}

var (
	thorough = runPlan{people: 4000, rounds: 15, round: 450 * time.Millisecond, warm: 700 * time.Millisecond, repeats: 5, login: 2500 * time.Millisecond, crowd: 2500 * time.Millisecond, profile: 6 * time.Second, sample: 400}
	brief    = runPlan{people: 2000, rounds: 5, round: 300 * time.Millisecond, warm: 300 * time.Millisecond, repeats: 2, login: time.Second, crowd: 1500 * time.Millisecond, profile: 2 * time.Second, sample: 100}
)

func (p runPlan) wants(what string) bool { return p.only == "" || p.only == what }

// bench is what every measurement needs.
type bench struct {
	plan    runPlan
	cluster *cluster
	world   *world
	tokens  []string
	secret  []byte
	env     []string // of the children

	product, limit *process
	entries        *entries
	results        *results
	crowded        bool // the crowd has been made
}

func run(ctx context.Context, p runPlan) (*results, error) {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails
	b := &bench{plan: p, secret: secret, results: &results{}}
	b.entries = &entries{b: b}
	var err error
	if b.cluster, err = startCluster(ctx); err != nil {
		return nil, err
	}
	defer b.cluster.stop()
	started := time.Now()
	b.results.started, b.results.rounds, b.results.load = started, p.rounds, loadNow()
	b.env = []string{envDatabase + "=" + b.cluster.app(), envSecret + "=" + hex.EncodeToString(secret)}
	if p.only == "people" || p.only == "programs" { // these have a crowd and servers of their own
		return b.results, b.measure(ctx)
	}
	if b.world, err = seed(ctx, b.cluster.super(), p.people, started); err != nil {
		return nil, err
	}
	b.results.seeded = time.Since(started)
	say("Seeded in %s.", b.results.seeded.Round(100*time.Millisecond))
	if b.tokens, err = signTokens(ctx, b.cluster.app(), b.cluster.super(), secret, b.world.People, "member"); err != nil {
		return nil, err
	}
	if err := b.cluster.exec(ctx, "checkpoint"); err != nil {
		return nil, err
	}
	if b.product, err = startProcess(ctx, "product", b.env...); err != nil {
		return nil, err
	}
	defer b.product.stop()
	if b.limit, err = startProcess(ctx, "limit", b.env...); err != nil {
		return nil, err
	}
	defer b.limit.stop()
	if err := b.knowTokens(ctx); err != nil {
		return nil, err
	}
	return b.results, b.measure(ctx)
}

// knowTokens shows every token to both servers once, so that what is measured is the cache of a server that has run for
// a while.
func (b *bench) knowTokens(ctx context.Context) error {
	for _, p := range []*process{b.product, b.limit} {
		if err := b.showTokens(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) showTokens(ctx context.Context, p *process) error {
	return showTokens(ctx, p, "/v1/workshops?limit=1", b.tokens)
}

func showTokens(ctx context.Context, p *process, path string, tokens []string) error {
	var n atomic.Int64
	got := load.Run(ctx, []string{p.addr}, 8, 0, func(int) load.Request {
		i := int(n.Add(1)) - 1
		if i >= len(tokens) {
			return nil
		}
		return load.Get(path, tokens[i])
	})
	if got.Err == nil && got.Statuses[200] != len(tokens) {
		return fmt.Errorf("of %d tokens, %s takes %v", len(tokens), p.name, got.Statuses)
	}
	return got.Err
}

func (b *bench) measure(ctx context.Context) error {
	b.results.postgres = b.cluster.Version()
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"list", b.list}, {"get", b.get}, {"register", b.register}, {"login", b.login}, {"crowd", b.crowd}, {"race", b.race}, {"people", b.people}, {"programs", b.programs}, {"workshops", b.workshops}, {"coaching", b.coaching}, {"profile", b.profiles},
	} {
		if !b.plan.wants(step.name) {
			continue
		}
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		if b.product != nil && step.name != "profile" { // the profiler's memory is not the product's
			b.results.rss = peakRSS(b.product.pid())
			say("%s: the server has held %d MiB", step.name, b.results.rss>>20)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	b.results.took = time.Since(b.results.started)
	return nil
}

func say(format string, args ...any) { fmt.Printf(format+"\n", args...) }

// dice is a cheap sequence that covers everything evenly, other for each connection.
type dice []atomic.Uint64

func newDice(conns int) dice {
	d := make(dice, conns*8) // a cache line each
	for i := range conns {
		d[i*8].Store(uint64(i) * 0x9e3779b97f4a7c15)
	}
	return d
}

func (d dice) roll(conn, sides int) int {
	x := d[conn*8].Add(0x9e3779b97f4a7c15)
	x ^= x >> 31
	x *= 0xbf58476d1ce4e5b9
	return int((x >> 33) % uint64(sides)) //nolint:gosec // small
}

func (b *bench) profiles(ctx context.Context) error {
	if err := b.profile(ctx, "List 25 upcoming workshops", among(b.lists())); err != nil {
		return err
	}
	return b.profile(ctx, "Register, a party of one", func(int) load.Request { return b.entries.next("") })
}

// among takes requests of a set in no order.
func among(requests []load.Request) func(conn int) load.Request {
	d := newDice(64)
	return func(conn int) load.Request { return requests[d.roll(conn, len(requests))] }
}

// list asks for 25 workshops to come: half the time the first page, else those from some day on.
func (b *bench) list(ctx context.Context) error {
	return b.reads(ctx, "list", "List 25 upcoming workshops", b.lists())
}

func (b *bench) lists() []load.Request {
	requests := make([]load.Request, 2000)
	d := newDice(1)
	for i := range requests {
		path := "/v1/workshops?limit=25"
		if i%2 == 1 {
			path += "&starts_gte=" + b.world.From[d.roll(0, len(b.world.From))]
		}
		requests[i] = load.Get(path, b.tokens[d.roll(0, len(b.tokens))])
	}
	return requests
}

func (b *bench) get(ctx context.Context) error {
	return b.reads(ctx, "get", "One workshop with its open seats", b.gets())
}

func (b *bench) gets() []load.Request {
	requests := make([]load.Request, 4000)
	d := newDice(1)
	for i := range requests {
		requests[i] = load.Get("/v1/workshops/"+b.world.Shown[d.roll(0, len(b.world.Shown))].String(), b.tokens[d.roll(0, len(b.tokens))])
	}
	return requests
}

func (b *bench) reads(ctx context.Context, key, title string, requests []load.Request) error {
	if err := b.sameBytes(requests); err != nil {
		return err
	}
	next := among(requests)
	for _, conns := range []int{16, 64} {
		c := &comparison{Key: key, Title: title, Conns: conns, want: 200}
		if err := b.compare(ctx, c, []contender{{"product", b.product, next}, {"limit", b.limit, next}}); err != nil {
			return err
		}
	}
	return nil
}

// sameBytes holds the answers of both servers against one another, headers included but for those that must differ.
func (b *bench) sameBytes(requests []load.Request) error {
	ours, err := load.Dial(b.product.addr)
	if err != nil {
		return err
	}
	defer ours.Close()
	theirs, err := load.Dial(b.limit.addr)
	if err != nil {
		return err
	}
	defer theirs.Close()
	for i := range min(b.plan.sample, len(requests)) {
		a, err1 := ours.Do(requests[i])
		z, err2 := theirs.Do(requests[i])
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		if a.Status != z.Status || !bytes.Equal(a.Body, z.Body) || !slices.Equal(steady(a.Header), steady(z.Header)) {
			return fmt.Errorf("%.60q is answered differently:\n%s", requests[i], difference(a, z))
		}
		if a.Status != 200 {
			return fmt.Errorf("%.60s answers %d %s", requests[i], a.Status, a.Body)
		}
	}
	b.results.compared += min(b.plan.sample, len(requests))
	return nil
}

// steady are the headers without the values that are another for each answer.
func steady(header []string) (out []string) {
	for _, line := range header[1:] {
		name, _, _ := strings.Cut(line, ":")
		switch strings.ToLower(name) {
		case "date", "x-request-id", "ratelimit":
			line = name
		}
		out = append(out, line)
	}
	slices.Sort(out)
	return out
}

// difference shows where two answers part.
func difference(a, z load.Answer) string {
	at := 0
	for at < min(len(a.Body), len(z.Body)) && a.Body[at] == z.Body[at] {
		at++
	}
	show := func(name string, x load.Answer) string {
		return fmt.Sprintf("%s: %d %q … %.120q\n", name, x.Status, steady(x.Header), x.Body[max(0, at-40):])
	}
	return show("product", a) + show("limit", z)
}

// contender is one of those compared.
type contender struct {
	name string
	p    *process
	next func(conn int) load.Request
}

// round is what one round of one contender measured.
type round struct {
	perSecond, p50, p99  float64 // p50 and p99 in milliseconds
	cpu, postgres, count float64 // microseconds of processor time per request
}

// compare takes rounds in turns, so that what else the machine does meets all alike.
func (b *bench) compare(ctx context.Context, c *comparison, contenders []contender) error {
	c.Rounds = map[string][]round{}
	for _, who := range contenders {
		if _, err := b.round(ctx, c, who, b.plan.warm); err != nil {
			return err
		}
	}
	for i := range b.plan.rounds {
		for k := range contenders {
			who := contenders[(i+k)%len(contenders)] // nobody is always the first
			r, err := b.round(ctx, c, who, b.plan.round)
			if err != nil {
				return err
			}
			c.Rounds[who.name] = append(c.Rounds[who.name], r)
		}
	}
	b.results.Comparisons = append(b.results.Comparisons, c)
	c.print()
	return nil
}

func (b *bench) round(ctx context.Context, c *comparison, who contender, d time.Duration) (round, error) {
	pg := b.cluster.backends()
	server, database := cpuOf(who.p.pid()), cpuOf(pg...)
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	got := load.Run(ctx, []string{who.p.addr}, c.Conns, 0, who.next)
	server, database = cpuOf(who.p.pid())-server, cpuOf(pg...)-database
	if got.Err != nil {
		return round{}, got.Err
	}
	n := float64(got.Requests())
	if n == 0 || got.Statuses[c.want] != got.Requests() {
		return round{}, fmt.Errorf("%s: %s answers %v, not %d alone", c.Title, who.name, got.Statuses, c.want)
	}
	micro := func(d time.Duration) float64 { return float64(d.Microseconds()) / n }
	return round{
		perSecond: got.PerSecond(), p50: got.Quantile(.5).Seconds() * 1000, p99: got.Quantile(.99).Seconds() * 1000,
		cpu: micro(server), postgres: micro(database), count: n,
	}, nil
}
