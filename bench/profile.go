package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"homefront/bench/load"
)

// profiled is where the product's processor time went during one operation, by package.
type profiled struct {
	Title string
	Rows  []profileRow
	Short []profileRow // the functions with most of their own
}

type profileRow struct {
	Name      string
	Flat, Cum float64 // shares of the whole
}

// profile loads the product with one kind of request and asks it where its time goes.
func (b *bench) profile(ctx context.Context, title string, next func(conn int) load.Request) error {
	d := b.plan.profile
	ctx, cancel := context.WithTimeout(ctx, d+time.Second)
	defer cancel()
	type fetched struct {
		body []byte
		err  error
	}
	done := make(chan fetched, 1)
	go func() {
		body, err := fetch(ctx, fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", b.product.profile, int(d.Seconds())))
		done <- fetched{body, err}
	}()
	got := load.Run(ctx, []string{b.product.addr}, 16, 0, next)
	f := <-done
	if got.Err != nil {
		return got.Err
	}
	if f.err != nil {
		return fmt.Errorf("no profile: %w", f.err)
	}
	traces, err := readTraces(f.body)
	if err != nil {
		return err
	}
	p := sumUp(title, traces)
	b.results.Profiles = append(b.results.Profiles, p)
	say("%s", p.text())
	return nil
}

func fetch(ctx context.Context, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(context.WithoutCancel(ctx), http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	return io.ReadAll(res.Body)
}

// trace is a stack, the innermost function first, and how long it was seen.
type trace struct {
	took   time.Duration
	frames []string
}

// readTraces has Go's own tool decode a profile.
func readTraces(profile []byte) ([]trace, error) {
	dir, err := os.MkdirTemp("", "homefront-bench-profile")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, "cpu.pprof")
	if err := os.WriteFile(file, profile, 0o600); err != nil {
		return nil, err
	}
	out, err := exec.Command("go", "tool", "pprof", "-traces", file).Output() //nolint:gosec // a file of ours
	if err != nil {
		return nil, fmt.Errorf("go tool pprof: %w", err)
	}
	var traces []trace
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<20)
	first := regexp.MustCompile(`^\s*([0-9.]+[a-zµ]+)\s+(\S.*)$`)
	for fresh := false; lines.Scan(); {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "-----------+"):
			fresh = true
		case fresh:
			fresh = false
			if m := first.FindStringSubmatch(line); m != nil {
				if d, err := time.ParseDuration(m[1]); err == nil {
					traces = append(traces, trace{d, []string{m[2]}})
				}
			}
		case len(traces) > 0 && strings.HasPrefix(line, "     "):
			last := &traces[len(traces)-1]
			last.frames = append(last.frames, strings.TrimSpace(line))
		}
	}
	return traces, lines.Err()
}

var (
	inlined  = regexp.MustCompile(` \(inline\)$`)
	generics = regexp.MustCompile(`\[.*`)
)

// packageOf cuts the package out of a function's name: github.com/a/b.(*T).M gives github.com/a/b.
func packageOf(function string) string {
	function = generics.ReplaceAllString(inlined.ReplaceAllString(function, ""), "")
	slash := strings.LastIndexByte(function, '/') + 1
	if dot := strings.IndexByte(function[slash:], '.'); dot >= 0 {
		return function[:slash+dot]
	}
	return function
}

func sumUp(title string, traces []trace) profiled {
	flat, cum, own := map[string]time.Duration{}, map[string]time.Duration{}, map[string]time.Duration{}
	var whole time.Duration
	for _, t := range traces {
		whole += t.took
		flat[packageOf(t.frames[0])] += t.took
		own[inlined.ReplaceAllString(t.frames[0], "")] += t.took
		seen := map[string]bool{}
		for _, f := range t.frames {
			if p := packageOf(f); !seen[p] {
				seen[p] = true
				cum[p] += t.took
			}
		}
	}
	share := func(d time.Duration) float64 { return d.Seconds() / max(whole.Seconds(), 1e-9) }
	top := func(by map[string]time.Duration, row func(string) profileRow, most int) (rows []profileRow) {
		names := make([]string, 0, len(by))
		for name := range by {
			names = append(names, name)
		}
		slices.SortFunc(names, func(a, z string) int {
			if by[a] != by[z] {
				return int(by[z] - by[a])
			}
			return strings.Compare(a, z)
		})
		for _, name := range names[:min(most, len(names))] {
			rows = append(rows, row(name))
		}
		return rows
	}
	return profiled{Title: title,
		Rows:  top(cum, func(name string) profileRow { return profileRow{name, share(flat[name]), share(cum[name])} }, 20),
		Short: top(own, func(name string) profileRow { return profileRow{Name: name, Flat: share(own[name])} }, 10),
	}
}

func (p profiled) text() string {
	var b strings.Builder
	p.write(func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) })
	return b.String()
}

func (p profiled) write(to func(string, ...any)) {
	to("\n## Where the server's time goes: %s\n\n| Package | Its own | With what it calls |\n|---|---|---|", p.Title)
	for _, r := range p.Rows {
		to("| %s | %.1f %% | %.1f %% |", r.Name, 100*r.Flat, 100*r.Cum)
	}
	to("\n| Function | Its own |\n|---|---|")
	for _, r := range p.Short {
		to("| %s | %.1f %% |", r.Name, 100*r.Flat)
	}
}
