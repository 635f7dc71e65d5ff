package main

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/argon2"

	"homefront/bench/load"
)

const loginClients = 16

// login signs in over and over, each time from another network as another person, and in turns computes argon2id alone on
// every core: more sign-ins than that cannot be.
func (b *bench) login(ctx context.Context) error {
	var n atomic.Int64
	next := func(int) load.Request {
		k := int(n.Add(1)) - 1
		who := b.world.People[k%len(b.world.People)]
		return load.Post("/v1/auth/login", "", fmt.Appendf(nil, `{"email":%q,"password":%q}`, who.Email, password),
			"X-Forwarded-For", fmt.Sprintf("10.%d.%d.7", k/250%250, k%250))
	}
	r := &b.results.login
	for range b.plan.repeats {
		r.Alone = append(r.Alone, hashesPerSecond(b.plan.login))
		within, cancel := context.WithTimeout(ctx, b.plan.login)
		got := load.Run(within, []string{b.product.addr}, loginClients, 0, next)
		cancel()
		if got.Err != nil {
			return got.Err
		}
		if got.Statuses[200] != got.Requests() {
			return fmt.Errorf("sign-ins are answered %v", got.Statuses)
		}
		r.Product, r.P99 = append(r.Product, got.PerSecond()), append(r.P99, got.Quantile(.99).Seconds()*1000)
	}
	say("%s", r.text())
	return nil
}

// hashesPerSecond is what the cores do when they do nothing else.
func hashesPerSecond(d time.Duration) float64 {
	var n atomic.Int64
	var wait sync.WaitGroup
	started := time.Now()
	for range runtime.NumCPU() {
		wait.Go(func() {
			for time.Since(started) < d {
				argon2.IDKey([]byte(password), []byte("one salt for all"), 2, 19*1024, 1, 32)
				n.Add(1)
			}
		})
	}
	wait.Wait()
	return float64(n.Load()) / time.Since(started).Seconds()
}
