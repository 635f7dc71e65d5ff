//go:build unix

package pgembed

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// oldest is the first major version that the project's SQL runs on.
const oldest = 15

// ErrNoPrograms is wrapped by Start and Find when PostgreSQL is neither installed nor to be had.
var ErrNoPrograms = errors.New("no PostgreSQL server programs found")

// Programs are the server programs of one installation.
type Programs struct {
	Dir     string // holds initdb and postgres
	Version string // such as "15.14"
	Major   string // such as "15"
}

// usualPlaces are where packages put the programs without putting them into PATH.
var usualPlaces = []string{
	"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin", "/usr/libexec/postgresql*",
	"/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
}

// Find is what Start would run for a new cluster: the programs of o.Programs, else the newest installed, else fetched ones.
func Find(ctx context.Context, o Options) (Programs, error) { return findPrograms(ctx, o, "") }

// findPrograms looks for programs of the major version that made the data; "" takes any.
func findPrograms(ctx context.Context, o Options, major string) (Programs, error) {
	found := installed(o.Programs)
	for _, p := range found {
		if major == "" || p.Major == major {
			return p, nil
		}
	}
	if o.Programs != "" && len(found) == 0 {
		return Programs{}, fmt.Errorf("%w in %s", ErrNoPrograms, o.Programs)
	}
	if o.Programs == "" && (major == "" || major == npmMajor()) {
		return fetched(ctx, o.Cache)
	}
	return Programs{}, mismatch(dataDir(o.Dir), major, found)
}

func mismatch(data, major string, found []Programs) error {
	have := "none is installed"
	if len(found) > 0 {
		have = "here is " + found[0].Version + " in " + found[0].Dir
	}
	return fmt.Errorf("%s was %w: %s, but %s. Nothing was changed. Install PostgreSQL %s; or dump the data where %s runs "+
		"(pg_dumpall) and load it into a new directory; or set DATABASE_URL", data, ErrVersion, major, have, major, major)
}

// installed lists the usable programs, best first; only those of dir when it is given.
func installed(dir string) []Programs {
	if dir != "" {
		p, err := inspect(dir)
		if err != nil {
			return nil
		}
		return []Programs{p}
	}
	var out []Programs
	for _, d := range candidates() {
		if p, err := inspect(d); err == nil && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// candidates are the directory of the postgres in PATH, then the usual places, newest first.
func candidates() []string {
	var dirs []string
	for _, pattern := range usualPlaces {
		m, _ := filepath.Glob(pattern)
		dirs = append(dirs, m...)
	}
	slices.SortStableFunc(dirs, func(a, b string) int { return number(b) - number(a) })
	if p, err := exec.LookPath("postgres"); err == nil {
		if p, err = filepath.EvalSymlinks(p); err == nil {
			dirs = slices.Insert(dirs, 0, filepath.Dir(p))
		}
	}
	return dirs
}

var digitsRE = regexp.MustCompile(`\d+`)

func number(path string) int {
	n, _ := strconv.Atoi(digitsRE.FindString(path))
	return n
}

var versionRE = regexp.MustCompile(`\(PostgreSQL\) ((\d+)\S*)`)

// inspect asks the programs in dir for their version; an error when they are not all there or too old.
func inspect(dir string) (Programs, error) {
	if st, err := os.Stat(filepath.Join(dir, "initdb")); err != nil || !st.Mode().IsRegular() {
		return Programs{}, fmt.Errorf("%w in %s", ErrNoPrograms, dir)
	}
	out, err := exec.Command(filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return Programs{}, fmt.Errorf("%s: %w", dir, err)
	}
	m := versionRE.FindStringSubmatch(string(out))
	if m == nil {
		return Programs{}, fmt.Errorf("%s: no version in %q", dir, strings.TrimSpace(string(out)))
	}
	if n, _ := strconv.Atoi(m[2]); n < oldest {
		return Programs{}, fmt.Errorf("%s: PostgreSQL %s is older than %d", dir, m[1], oldest)
	}
	return Programs{Dir: dir, Version: m[1], Major: m[2]}, nil
}
