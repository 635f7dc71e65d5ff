package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"homefront/bench/limit"
	"homefront/bench/load"
)

// entries makes registrations of which no two are alike: each person comes to each workshop once.
type entries struct {
	b *bench
	n atomic.Uint64
}

// next registers somebody for a workshop with seats to spare.
func (e *entries) next(prefix string) load.Request {
	n := int(e.n.Add(1) - 1) //nolint:gosec // small
	people, open := len(e.b.world.People), e.b.world.Open
	return e.b.entry(prefix, open[(n/people*7+n%people)%len(open)], n%people)
}

// entry is one person's registration, alone.
func (b *bench) entry(prefix string, workshop uuid.UUID, person int) load.Request {
	return load.Post(prefix+"/v1/workshops/"+workshop.String()+"/registrations", b.tokens[person], []byte("{}"),
		"Idempotency-Key", "bench-"+workshop.String()+"-"+b.world.People[person].Member.String())
}

func (b *bench) register(ctx context.Context) error {
	if err := b.cluster.exec(ctx, limit.Functions); err != nil {
		return err
	}
	if err := b.sameRows(ctx); err != nil {
		return err
	}
	if err := b.trips(ctx); err != nil {
		return err
	}
	of := func(prefix string) func(int) load.Request {
		return func(int) load.Request { return b.entries.next(prefix) }
	}
	for _, conns := range []int{16, 64} {
		c := &comparison{Key: "register", Title: "Register, a party of one", Conns: conns, want: 201}
		if err := b.compare(ctx, c, []contender{{"product", b.product, of("")}, {"limit", b.limit, of("")}, {"bare", b.limit, of("/bare")}}); err != nil {
			return err
		}
	}
	return checkCounters(ctx, b.cluster.super())
}

// rowsOf are the rows that one registration leaves behind. Its argument is the member.
const rowsOf = `select string_agg(x, e'\n') from (
	select 'registration ' || to_jsonb(r)::text as x from registrations r where r.lead_member_id = $1
	union all select 'attendee ' || to_jsonb(a)::text from attendees a where a.member_id = $1
	union all select 'audit ' || to_jsonb(l)::text from audit_log l where l.member_id = $1 and l.action = 'registration.create'
	union all select 'key ' || to_jsonb(k)::text from idempotency_keys k where k.account_id = (select id from accounts where member_id = $1)
	union all select 'message ' || to_jsonb(m)::text from messages m where m.member_id = $1
	union all select 'job ' || to_jsonb(j)::text from river_job j where (j.args ->> 'message_id')::uuid in (select id from messages where member_id = $1)) rows`

// Ids, numbers, times and names are another for each person.
var varies = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}|\\\\x[0-9a-f]+|"name": ?"[^"]*"|[0-9]+`)

// sameRows has both register somebody, and holds what they answered and what they stored against each other.
func (b *bench) sameRows(ctx context.Context) error {
	var answers, stored [2]string
	last := b.world.Open[len(b.world.Open)-1]
	for i, p := range []*process{b.product, b.limit} {
		client, err := load.Dial(p.addr)
		if err != nil {
			return err
		}
		got, err := client.Do(b.entry("", last, i))
		client.Close()
		if err != nil || got.Status != 201 {
			return errors.Join(err, fmt.Errorf("%s answers a registration with %d %s", p.name, got.Status, got.Body))
		}
		if err := b.cluster.scan(ctx, rowsOf, []any{b.world.People[i].Member}, &stored[i]); err != nil {
			return err
		}
		answers[i] = varies.ReplaceAllString(fmt.Sprintf("%q\n%s", steady(got.Header), got.Body), "#")
		stored[i] = varies.ReplaceAllString(stored[i], "#")
	}
	if answers[0] != answers[1] {
		return fmt.Errorf("a registration is answered differently:\n%s\n%s", answers[0], answers[1])
	}
	if stored[0] != stored[1] {
		return fmt.Errorf("a registration is stored differently:\n%s\n\n%s", stored[0], stored[1])
	}
	return nil
}

// crowd measures a read while many fight for one workshop, against the same read in quiet.
func (b *bench) crowd(ctx context.Context) error {
	read := among(b.gets())
	r := &b.results.crowd
	for i := range b.plan.repeats {
		quiet, err := b.readFor(ctx, read)
		if err != nil {
			return err
		}
		fighting, end := context.WithCancel(ctx)
		fought := make(chan *load.Result, 1)
		var n atomic.Int64
		go func() {
			fought <- load.Run(fighting, []string{b.product.addr}, crowdClients, 0, func(int) load.Request {
				if k := int(n.Add(1)) - 1; k < len(b.tokens) {
					return b.entry("", b.world.Hot[i], k)
				}
				return nil
			})
		}()
		time.Sleep(200 * time.Millisecond) // until all are connected
		loud, err := b.readFor(ctx, read)
		end()
		writes := <-fought
		if err := errors.Join(err, writes.Err); err != nil {
			return err
		}
		for status := range writes.Statuses {
			if status != 201 && status != 503 {
				return fmt.Errorf("the crowd was answered %v", writes.Statuses)
			}
		}
		r.Quiet, r.Loud = append(r.Quiet, quiet), append(r.Loud, loud)
		r.Writes = append(r.Writes, float64(writes.Statuses[201])/writes.Took.Seconds())
		r.Busy += writes.Statuses[503]
		b.results.oversold += b.oversold(ctx, b.world.Hot[i])
	}
	say("%s", r.text())
	return nil
}

const (
	crowdClients = 200
	crowdReaders = 16
)

func (b *bench) readFor(ctx context.Context, read func(int) load.Request) (p99 float64, err error) {
	ctx, cancel := context.WithTimeout(ctx, b.plan.crowd)
	defer cancel()
	got := load.Run(ctx, []string{b.product.addr}, crowdReaders, 0, read)
	if got.Err == nil && got.Statuses[200] != got.Requests() {
		got.Err = fmt.Errorf("reads are answered %v", got.Statuses)
	}
	return got.Quantile(.99).Seconds() * 1000, got.Err
}

// oversold is 1 when a workshop does not hold exactly as many as it has seats.
func (b *bench) oversold(ctx context.Context, workshop uuid.UUID) int {
	var seats, counted, taken int
	err := b.cluster.scan(ctx, `select p.capacity, p.taken, (select count(*) from attendees a join registrations r on r.id = a.registration_id
		where a.pool_id = p.id and a.live and r.state = 'confirmed') from pools p where p.workshop_id = $1`, []any{workshop}, &seats, &counted, &taken)
	if err != nil || seats != counted || seats != taken {
		return 1
	}
	return 0
}

// race lets 200 register at once for 30 seats, half of them at each of two servers.
func (b *bench) race(ctx context.Context) error {
	second, err := startProcess(ctx, "product", b.env...)
	if err != nil {
		return err
	}
	defer second.stop()
	if err := b.showTokens(ctx, second); err != nil {
		return err
	}
	for i := range min(2*b.plan.repeats, len(b.world.FewFree)) {
		var asked [crowdClients]atomic.Bool
		got := load.Run(ctx, []string{b.product.addr, second.addr}, crowdClients, 0, func(conn int) load.Request {
			if asked[conn].Swap(true) {
				return nil
			}
			return b.entry("", b.world.FewFree[i], i*crowdClients%(len(b.tokens)-crowdClients)+conn)
		})
		if got.Err != nil {
			return got.Err
		}
		if got.Statuses[201]+got.Statuses[503] != crowdClients {
			return fmt.Errorf("of %d, the answers were %v", crowdClients, got.Statuses)
		}
		b.results.raceBusy += got.Statuses[503]
		b.results.races = append(b.results.races, got.Took.Seconds())
		b.results.oversold += b.oversold(ctx, b.world.FewFree[i])
	}
	slices.Sort(b.results.races)
	say("race: %d for 30 seats: median %.2f s, worst %.2f s; wrong %d", crowdClients, middle(b.results.races), b.results.races[len(b.results.races)-1], b.results.oversold)
	return nil
}

func middle(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return sorted[len(sorted)/2]
}
