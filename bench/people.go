package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"homefront/api"
	"homefront/bench/load"
	"homefront/internal/crowd"
	"homefront/internal/pgembed"
	"homefront/migrations"
	"homefront/services"
)

const (
	crowdDatabase = "crowd"
	crowdMembers  = 100_000
	searchConns   = 4  // coordinators who look somebody up at the same moment
	searchers     = 80 // accounts that take turns: one may search 40 times at once, then every two seconds
	searchRounds  = 5
	searchesEach  = 300 // of each side in each round
)

// peoples is what was measured on 100,000 members.
type peoples struct {
	Product, Bare     []float64     // p99 of a search, milliseconds
	Duplicates, Joins time.Duration // the whole search for duplicates, and the joins that it stands on by SQL alone
	Pairs             int
	Memory            int64 // the most that the process which searched for duplicates held, bytes
}

func (p *peoples) ratio() float64 {
	ratios := make([]float64, len(p.Product))
	for i := range ratios {
		ratios[i] = p.Product[i] / p.Bare[i]
	}
	return middle(ratios)
}

// people measures what grows with the number of people: search, and the search for duplicates.
func (b *bench) people(ctx context.Context) error {
	if err := b.makeCrowd(ctx); err != nil {
		return err
	}
	env := []string{envDatabase + "=" + b.cluster.DSN(pgembed.AppRole, crowdDatabase), b.env[1]}
	if err := b.search(ctx, env); err != nil {
		return err
	}
	return b.duplicates(ctx, env)
}

// makeCrowd makes it once.
func (b *bench) makeCrowd(ctx context.Context) error {
	if b.crowded {
		return nil
	}
	b.crowded = true
	if err := b.cluster.exec(ctx, "create database "+crowdDatabase+" owner "+pgembed.OwnerRole); err != nil {
		return err
	}
	if err := migrations.Up(ctx, b.cluster.DSN(pgembed.OwnerRole, crowdDatabase)); err != nil {
		return err
	}
	if err := b.cluster.GrantRuntime(ctx, crowdDatabase); err != nil {
		return err
	}
	return b.inCrowd(ctx, func(conn *pgx.Conn) error {
		// Foreign keys are not checked row by row, as in the seed: what they would check is true by how the rows are made.
		if _, err := conn.Exec(ctx, "set session_replication_role = replica"); err != nil {
			return err
		}
		if err := crowd.Fill(ctx, conn, crowdMembers); err != nil {
			return err
		}
		_, err := conn.Exec(ctx, "vacuum analyze")
		return err
	})
}

func (b *bench) inCrowd(ctx context.Context, do func(*pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, b.cluster.DSN(pgembed.Superuser, crowdDatabase))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	return do(conn)
}

// words are what coordinators type: names as they are heard, halves of names, addresses and numbers.
func (b *bench) words(ctx context.Context) (out []string, err error) {
	err = b.inCrowd(ctx, func(conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, `select case row_number() over (order by id) % 5
				when 0 then given_name || ' ' || family_name
				when 1 then overlay(family_name placing 'e' from 3 for 1) || ' ' || given_name
				when 2 then left(family_name, 5)
				when 3 then coalesce(split_part(email, '@', 1), family_name)
				else coalesce(right(phone, 7), family_name) end
			from members tablesample system (2) repeatable (1775) limit 600`)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	return out, err
}

func (b *bench) search(ctx context.Context, env []string) error {
	words, err := b.words(ctx)
	if err != nil {
		return err
	}
	staff, err := b.coordinators(ctx)
	if err != nil {
		return err
	}
	tokens, err := signTokens(ctx, b.cluster.DSN(pgembed.AppRole, crowdDatabase), b.cluster.DSN(pgembed.Superuser, crowdDatabase), b.secret, staff, "coordinator")
	if err != nil {
		return err
	}
	server, err := startProcess(ctx, "product", env...)
	if err != nil {
		return err
	}
	defer server.stop()
	pool, err := pgxpool.New(ctx, b.cluster.DSN(pgembed.AppRole, crowdDatabase))
	if err != nil {
		return err
	}
	defer pool.Close()
	r := &b.results.people
	for round := range searchRounds {
		var n atomic.Int64
		got := load.Run(ctx, []string{server.addr}, searchConns, 0, func(int) load.Request {
			k := int(n.Add(1)) - 1
			if k >= searchesEach {
				return nil
			}
			return load.Get("/v1/members?q="+url.QueryEscape(words[k%len(words)]), tokens[(round*searchesEach+k)%len(tokens)])
		})
		if got.Err != nil {
			return got.Err
		}
		if got.Statuses[200] != searchesEach {
			return fmt.Errorf("searches are answered %v", got.Statuses)
		}
		bare, err := bareSearches(ctx, pool, words)
		if err != nil {
			return err
		}
		if round > 0 { // the first warms
			r.Product, r.Bare = append(r.Product, got.Quantile(.99).Seconds()*1000), append(r.Bare, bare.Seconds()*1000)
		}
	}
	say("search: p99 %.1f ms, by SQL alone %.1f ms (%.2f)", middle(r.Product), middle(r.Bare), r.ratio())
	return nil
}

// coordinators are members of the crowd who work here.
func (b *bench) coordinators(ctx context.Context) (staff []person, err error) {
	err = b.inCrowd(ctx, func(conn *pgx.Conn) error {
		if _, err := conn.Exec(ctx, `update accounts set roles = '{coordinator}' where id in (select id from accounts order by id limit $1)`, searchers); err != nil {
			return err
		}
		if _, err := conn.Exec(ctx, `insert into sessions (id, account_id, created_at, last_used_at, expires_at, auth_time)
			select gen_random_uuid(), id, now.at, now.at, now.at + interval '12 hours', now.at from accounts, (select $1::timestamptz as at) now where roles = '{coordinator}'`, time.Now()); err != nil {
			return err
		}
		rows, err := conn.Query(ctx, `select s.account_id, s.id from sessions s`)
		if err != nil {
			return err
		}
		var p person
		_, err = pgx.ForEachRow(rows, []any{&p.Account, &p.Session}, func() error { staff = append(staff, p); return nil })
		return err
	})
	return staff, err
}

// bareSearches is the search and its audit row by SQL alone, as often, on as many connections, and its p99.
func bareSearches(ctx context.Context, pool *pgxpool.Pool, words []string) (time.Duration, error) {
	var mu sync.Mutex
	var took []time.Duration
	var failed error
	var n atomic.Int64
	var wait sync.WaitGroup
	for range searchConns {
		wait.Go(func() {
			for {
				k := int(n.Add(1)) - 1
				if k >= searchesEach {
					return
				}
				at := time.Now()
				err := bareSearch(ctx, pool, words[k%len(words)])
				mu.Lock()
				took, failed = append(took, time.Since(at)), errors.Join(failed, err)
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	slices.Sort(took)
	return took[len(took)*99/100], failed
}

func bareSearch(ctx context.Context, pool *pgxpool.Pool, words string) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		for _, near := range []string{"0.6", "0.33"} {
			if _, err := tx.Exec(ctx, "select set_config('pg_trgm.word_similarity_threshold', $1, true), set_config('enable_seqscan', 'off', true)", near); err != nil {
				return err
			}
			rows, err := tx.Query(ctx, `select id from members where folded($1) <% search_text or search_text like '%' || folded($1) || '%'
				order by search_text like '%' || folded($1) || '%' desc, word_similarity(folded($1), search_text) desc limit 20`, words)
			if err != nil {
				return err
			}
			found, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
			if err != nil {
				return err
			}
			if len(found) > 0 {
				break
			}
		}
		_, err := tx.Exec(ctx, `insert into audit_log (id, at, actor_kind, action, outcome) values ($1, $2, 'account', 'member.search', 'read')`, uuid.Must(uuid.NewV7()), time.Now())
		return err
	})
}

// duplicates runs the nightly job over everybody in a process of its own, and beside it the joins by which two records of
// one person share something, as one statement.
func (b *bench) duplicates(ctx context.Context, env []string) error {
	r := &b.results.people
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, self, "duplicates")
	cmd.Env, cmd.Stderr = append(os.Environ(), env...), os.Stderr
	said, err := cmd.Output()
	if err != nil {
		return err
	}
	var micro int64
	if _, err := fmt.Fscan(bytes.NewReader(said), &micro, &r.Memory); err != nil {
		return err
	}
	r.Duplicates = time.Duration(micro) * time.Microsecond
	err = b.inCrowd(ctx, func(conn *pgx.Conn) error {
		if err := conn.QueryRow(ctx, "select count(*) from duplicate_pairs").Scan(&r.Pairs); err != nil {
			return err
		}
		started := time.Now()
		_, err := conn.Exec(ctx, strings.Join([]string{
			"select count(*) from (select a.id, b.id from members a join members b on a.id < b.id and lower(a.email) = lower(b.email)",
			"union select a.id, b.id from members a join members b on a.id < b.id and a.phone = b.phone",
			"union select a.id, b.id from members a join members b on a.id < b.id and a.birth_date = b.birth_date and dmetaphone(folded(a.family_name)) = dmetaphone(folded(b.family_name))",
			"union select a.id, b.id from members a join members b on a.id < b.id and dmetaphone(folded(a.family_name)) = dmetaphone(folded(b.family_name)) and dmetaphone(folded(a.given_name)) = dmetaphone(folded(b.given_name))",
			"and extract(year from a.birth_date) = extract(year from b.birth_date)) pairs(first, second)"}, "\n"))
		r.Joins = time.Since(started)
		return err
	})
	if err != nil {
		return err
	}
	say("duplicates: %s for %d members, %d pairs, %d MiB; the joins alone %s", r.Duplicates.Round(time.Millisecond), crowdMembers, r.Pairs, r.Memory>>20, r.Joins.Round(time.Millisecond))
	return nil
}

// findDuplicates is the child: it says how many microseconds the job took, and how many bytes it held at most.
func findDuplicates(ctx context.Context) error {
	secret, err := childSecret()
	if err != nil {
		return err
	}
	core, err := services.Open(ctx, services.Settings{DatabaseURL: os.Getenv(envDatabase), Secret: secret, ReadConns: poolConns, WriteConns: poolConns, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer core.Close()
	all := api.Assemble(core, api.Outside{Mailer: noMail{}, PublicURL: publicURL, OrgName: "Bench", MailFrom: "bench@homefront.example"})
	started := time.Now()
	for more := true; more; {
		if more, err = all.Records.RefreshDuplicates(services.AsSystem(ctx, "duplicates.find")); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintln(os.Stdout, time.Since(started).Microseconds(), peakRSS(os.Getpid()))
	return err
}
