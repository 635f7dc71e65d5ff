package main

import (
	"fmt"
	"slices"
	"time"
)

// comparison is one operation at one number of connections.
type comparison struct {
	Key, Title string
	Conns      int
	Rounds     map[string][]round
	want       int
}

type results struct {
	Comparisons []*comparison
	seeded      time.Duration
	started     time.Time
	took        time.Duration
	rounds      int
	load        string // of the machine, before we began
	trips       int    // of a registration of one
	postgres    string
	compared    int
	Profiles    []profiled
	rss         int64
	login       logins
	crowd       crowds
	races       []float64 // seconds
	raceBusy    int       // of the racers, answered 503
	oversold    int
	people      peoples
	programs    programsMeasured
	workshops   workshopsMeasured
	coaching    coachingMeasured
	quick       bool
}

type logins struct{ Alone, Product, P99 []float64 } // a second, and milliseconds

func (l *logins) ratio() float64 {
	ratios := make([]float64, len(l.Product))
	for i := range ratios {
		ratios[i] = l.Product[i] / l.Alone[i]
	}
	return middle(ratios)
}

func (l *logins) text() string {
	return fmt.Sprintf("login: %.1f/s of the %.1f/s that argon2id alone reaches (%.2f), p99 %.0f ms", middle(l.Product), middle(l.Alone), l.ratio(), middle(l.P99))
}

type crowds struct {
	Quiet, Loud []float64 // p99 in milliseconds
	Writes      []float64 // registrations a second
	Busy        int       // answered 503
}

func (c *crowds) ratio() float64 {
	ratios := make([]float64, len(c.Loud))
	for i := range ratios {
		ratios[i] = c.Loud[i] / c.Quiet[i]
	}
	return middle(ratios)
}

func (c *crowds) text() string {
	return fmt.Sprintf("crowd: a read's p99 is %.1f ms in quiet, %.1f ms beside %d clients (%.2f), who register %.0f times a second and are sent away %d times",
		middle(c.Quiet), middle(c.Loud), crowdClients, c.ratio(), middle(c.Writes), c.Busy)
}

func median(rounds []round, of func(round) float64) float64 {
	values := make([]float64, len(rounds))
	for i, r := range rounds {
		values[i] = of(r)
	}
	slices.Sort(values)
	if len(values) == 0 {
		return 0
	}
	return values[len(values)/2]
}

// ratio is the median of the ratios of rounds that lay side by side.
func (c *comparison) ratio(a, z string, of func(round) float64) float64 {
	ratios := make([]round, min(len(c.Rounds[a]), len(c.Rounds[z])))
	for i := range ratios {
		ratios[i].count = of(c.Rounds[a][i]) / of(c.Rounds[z][i])
	}
	return median(ratios, func(r round) float64 { return r.count })
}

func (c *comparison) print() {
	for _, who := range []string{"product", "limit", "bare"} {
		if r := c.Rounds[who]; r != nil {
			say("%-5s %2d conns %-8s %7.0f/s  p50 %6.2f ms  p99 %6.2f ms  server %5.0f µs  postgres %5.0f µs", c.Key, c.Conns, who,
				median(r, throughput), median(r, p50), median(r, p99), median(r, cpu), median(r, database))
		}
	}
	for _, who := range []string{"limit", "bare"} {
		if c.Rounds[who] != nil {
			say("      product/%s: throughput %.2f  p50 %.2f  p99 %.2f  cpu %.2f", who, c.ratio("product", who, throughput), c.ratio("product", who, p50), c.ratio("product", who, p99), c.ratio("product", who, cpu))
		}
	}
}

func throughput(r round) float64 { return r.perSecond }
func p50(r round) float64        { return r.p50 }
func p99(r round) float64        { return r.p99 }
func cpu(r round) float64        { return r.cpu }
func allCPU(r round) float64     { return r.cpu + r.postgres }
func database(r round) float64   { return r.postgres }
