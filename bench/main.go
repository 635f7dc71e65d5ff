// Command bench measures the product against the limit and writes bench/RESULTS.md. `make bench` runs it.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
	_ "time/tzdata"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	switch command := ""; {
	case len(os.Args) > 1 && os.Args[1][0] != '-':
		command = os.Args[1]
		err = child(ctx, command)
	default:
		err = parent(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop has run
	}
}

// child is one of the processes that the runner starts. Ctrl-C reaches the whole group: they end when the runner does.
func child(ctx context.Context, command string) error {
	ctx = context.WithoutCancel(ctx)
	switch command {
	case "product":
		return product(ctx)
	case "limit":
		return limited(ctx)
	case "duplicates":
		return findDuplicates(ctx)
	}
	return fmt.Errorf("unknown command %q: run without one, or with -quick", command)
}

func parent(ctx context.Context) error {
	quick := flag.Bool("quick", false, "short rounds: about 80 seconds, and rougher numbers")
	only := flag.String("only", "", "measure one thing: list, get, register, login, crowd, race, people, programs, workshops, coaching or profile; writes no results")
	out := flag.String("out", "bench/RESULTS.md", "where the results go")
	flag.Parse()
	plan := thorough
	if *quick {
		plan = brief
	}
	plan.only = *only
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	results, err := run(ctx, plan)
	if err != nil || *only != "" {
		return err
	}
	results.quick = *quick
	return os.WriteFile(*out, results.markdown(), 0o644) //nolint:gosec // a document
}
