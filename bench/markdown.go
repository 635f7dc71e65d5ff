package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// aim is one figure that was asked for.
type aim struct {
	what, got, want string
	met             bool
}

func atLeast(what string, got, want float64) aim {
	return aim{what, fmt.Sprintf("%.2f", got), fmt.Sprintf("≥ %.2f", want), got >= want}
}

func atMost(what string, got, want float64, format string) aim {
	return aim{what, fmt.Sprintf(format, got), "≤ " + fmt.Sprintf(format, want), got <= want}
}

// aims are the issue's, in its order.
func (r *results) aims() (all []aim) {
	for _, c := range r.Comparisons {
		name := fmt.Sprintf("%s, %d connections: ", c.Title, c.Conns)
		all = append(all, atLeast(name+"throughput over the limit's", c.ratio("product", "limit", throughput), 0.8),
			atMost(name+"p99 over the limit's", c.ratio("product", "limit", p99), 1.5, "%.2f"))
	}
	worst := 0.0
	if len(r.races) > 0 {
		worst = slices.Max(r.races)
	}
	return append(all,
		atMost("Round trips of a registration of one", float64(r.trips), 4, "%.0f"),
		atMost(fmt.Sprintf("A read's p99 while %d clients fight for one workshop, over its quiet p99", crowdClients), r.crowd.ratio(), 3, "%.2f"),
		atMost(fmt.Sprintf("%d parallel registrations for 30 seats on two servers, the slowest of %d races", crowdClients, len(r.races)), worst, 2, "%.2f s"),
		atMost("Of those racers, sent away as too busy (503)", float64(r.raceBusy), 0, "%.0f"),
		atMost("Workshops of those races and fights with more or fewer than 30 people in 30 seats", float64(r.oversold), 0, "%.0f"),
		atLeast(fmt.Sprintf("%d parallel sign-ins, over what argon2id alone allows the cores", loginClients), r.login.ratio(), 0.85),
		atMost(fmt.Sprintf("A search's p99 among %d members, over that of its SQL and audit row alone", crowdMembers), r.people.ratio(), 1.5, "%.2f"),
		atMost("The search for duplicates among all of them, over the joins it stands on as one statement", r.people.Duplicates.Seconds()/r.people.Joins.Seconds(), 20, "%.1f"),
		atMost("Peak memory of the process that did it", float64(r.people.Memory)/(1<<20), 150, "%.0f MiB"),
		atMost(fmt.Sprintf("%s, %d days, p50 of the whole request", slotsOfOne, slotsAhead), r.coaching.slow(slotsOfOne), 10, "%.1f ms"),
		atMost(fmt.Sprintf("%s of %d, %d days, p50 of the whole request", slotsOfAny, benchCoaches, slotsAhead), r.coaching.slow(slotsOfAny), 100, "%.1f ms"),
		atMost("Peak memory of the server (VmHWM)", float64(r.rss)/(1<<20), 150, "%.0f MiB"))
}

// markdown is the report. Every ratio is the median of the ratios of rounds that lay side by side.
func (r *results) markdown() []byte {
	var b bytes.Buffer
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	command := "`make bench`"
	if r.quick {
		command = "`bin/bench -quick`, whose rounds are short and few,"
	}
	p("# What the bench measured\n\nWritten by %s on %s, in %.0f s; do not edit.\n", command, r.started.Format("2006-01-02"), r.took.Seconds())
	p("| Machine | |\n|---|---|")
	for _, line := range machine() {
		p("| %s | %s |", line[0], line[1])
	}
	p("| PostgreSQL | %s, private, over a Unix socket, as durable as in production (fsync on) |", r.postgres)
	p("| Load average | %s before the run, %s after it, our own included: the more of it is not ours, the rougher every figure |", r.load, loadNow())
	p("\n## Aims\n\n| Figure | Measured | Aim | |\n|---|---|---|---|")
	missed := 0
	for _, a := range r.aims() {
		word := "reached"
		if !a.met {
			word = "**missed**"
			missed++
		}
		p("| %s | %s | %s | %s |", a.what, a.got, a.want, word)
	}
	p("\n%s", r.verdict(missed))
	r.operations(p)
	r.programs.write(p)
	r.workshops.write(p)
	r.coaching.write(p)
	p("%s", method)
	for _, prof := range r.Profiles {
		prof.write(p)
	}
	p("%s", inTheWay)
	return b.Bytes()
}

func (r *results) verdict(missed int) string {
	if missed == 0 {
		return "All aims are reached. The project's own goal is 0.90 of the limit; what stands between is said below."
	}
	return fmt.Sprintf("%d of %d aims are missed in this run; what stands in the way is said below.", missed, len(r.aims()))
}

func (r *results) operations(p func(string, ...any)) {
	p("\n## Operations\n\nMedians of %d rounds each. CPU is processor time per request: of the server, and of PostgreSQL's processes.\n", r.rounds)
	p("| Operation | Connections | Who | Requests/s | p50 ms | p99 ms | Server µs | PostgreSQL µs | Throughput, product over this | CPU in all, product over this |\n|---|---|---|---|---|---|---|---|---|---|")
	for _, c := range r.Comparisons {
		for _, who := range []string{"product", "limit", "bare"} {
			rounds := c.Rounds[who]
			if rounds == nil {
				continue
			}
			name, ratio, work := who, fmt.Sprintf("%.2f", c.ratio("product", who, throughput)), fmt.Sprintf("%.2f", c.ratio("product", who, allCPU))
			if who == "product" {
				ratio, work = "", ""
			}
			if who == "limit" && c.Rounds["bare"] != nil {
				name = "limit, same rows"
			}
			p("| %s | %d | %s | %.0f | %.1f | %.1f | %.0f | %.0f | %s | %s |", c.Title, c.Conns, name, median(rounds, throughput), median(rounds, p50),
				median(rounds, p99), median(rounds, cpu), median(rounds, database), ratio, work)
		}
	}
	p("\n- Sign-in: %.1f a second on %d connections, p99 %.0f ms; argon2id alone does %.1f a second on these cores.", middle(r.login.Product), loginClients, middle(r.login.P99), middle(r.login.Alone))
	p("- Crowd: one workshop's page is read on %d connections. Its p99 is %.1f ms in quiet and %.1f ms while %d clients register for one workshop of 30 seats, %.0f times a second; %d of them were sent away as too busy.",
		crowdReaders, middle(r.crowd.Quiet), middle(r.crowd.Loud), crowdClients, middle(r.crowd.Writes), r.crowd.Busy)
	p("- People: %d coordinators at once look for names with typos, halves of names, addresses and numbers among %d members: p99 %.1f ms, %.1f ms by SQL alone. The search for duplicates took %s for all of them, %.2f ms each, and found %d pairs; the joins alone take %s.",
		searchConns, crowdMembers, middle(r.people.Product), middle(r.people.Bare), r.people.Duplicates.Round(time.Millisecond), r.people.Duplicates.Seconds()*1000/crowdMembers, r.people.Pairs, r.people.Joins.Round(time.Millisecond))
	p("- Race: %d people register at once for 30 seats, half at each of two servers: %.2f s in the median of %d races. The seats are recounted in the database each time.", crowdClients, middle(r.races), len(r.races))
}

const method = `
## How it is measured

- The data: 20,000 workshops, 100,000 registrations and 50,000 members, seeded the same each time; 12,000 workshops are still to come.
- **The limit** (` + "`bench/limit`" + `) is written by hand on Fiber and pgx: one statement a request, answers appended byte by byte, no validation but what its SQL needs. It shares the product's check of access tokens with its cache, its pools' sizes, GOGC and GOMEMLIMIT. Before each measurement a sample of both servers' answers is compared byte for byte, headers included.
- **Same rows**: the limit's registration is one SQL function that leaves the same rows behind: registration, attendee, counter, audit row with its changes, idempotent answer, message with its calendar, job. The bench compares answer and rows, ids and times apart, before it measures. **Bare** is the seat check and two inserts in one statement; the product is not held to it.
- Both servers are processes of their own on the same PostgreSQL; the generator shares the machine with them. Rounds of the two take turns, so that whatever else the machine does meets both, and the ratio is that of neighbours.
- Round trips are counted by a proxy between the product and PostgreSQL, once its statements are prepared.
- Mail goes nowhere, and jobs are written but not worked, while requests are measured.
`

const inTheWay = `
## What stands in the way

- **Reads.** The server works longer than the limit does: encoding/json by reflection where the limit appends constants; Huma's check of every parameter; GORM building the statement anew for each request; scanning by reflection; the use case's context and deadline; metrics. None of them is large, and each is there for what it gives: a contract that is checked, scopes that cannot be forgotten, answers that cannot differ from their types. For the list PostgreSQL too works longer, since it reads the sessions' count, the venue and the seats of each row in a subquery of their own where the limit joins once.
- **Registration.** The product decides in Go, under the lock, over three round trips in place of one: rules in one place and in a language with types, for the price of holding a workshop's lock over two of them. Most of the time is PostgreSQL's, which writes seven rows and their indexes in either case; against *bare* it is the rows that an accountable organization needs.
- **Memory.** What a server holds at its peak is two passwords being hashed, 19 MiB each, and what Go has not yet collected of those before. GOMEMLIMIT bounds the rest.
- **What was done for it.** Plans are made once per connection (plan_cache_mode), since to plan one workshop's page took five times as long as to run it. GORM builds the SQL of lists and pages, but pgx runs it and scans the binary rows. Seats come as an array of records and not as JSON. What Mutate adds, its audit row, answer, message and job, travels with COMMIT.
`

// machine says where this was measured.
func machine() (lines [][2]string) {
	model := "unknown"
	if b, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(b)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	lines = append(lines, [2]string{"Processor", fmt.Sprintf("%d × %s", runtime.NumCPU(), model)}, [2]string{"System", runtime.GOOS + "/" + runtime.GOARCH + " " + strings.TrimSpace(string(kernel))},
		[2]string{"Go", runtime.Version()})
	if info, ok := debug.ReadBuildInfo(); ok {
		var deps []string
		for _, d := range info.Deps {
			switch d.Path {
			case "github.com/gofiber/fiber/v2", "github.com/danielgtaylor/huma/v2", "github.com/jackc/pgx/v5", "gorm.io/gorm", "github.com/valyala/fasthttp":
				deps = append(deps, d.Path+" "+d.Version)
			}
		}
		lines = append(lines, [2]string{"Libraries", strings.Join(deps, ", ")})
	}
	return lines
}

// loadNow is the number of processes that want a processor, as Linux averages it over a minute.
func loadNow() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	one, _, _ := strings.Cut(string(b), " ")
	return one
}
