package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// The domains in the order in which they may know one another: each may import those of the rows above it, never its
// own row's or a later one's. A new domain gets its place here before its first file.
var domainOrder = [][]string{
	{"tasks", "calendar", "paper", "online"},
	{"notices"},
	{"people"},
	{"accounts"},
	{"outreach"},
	{"imports"},
	{"forms"},
	{"programs"},
	{"safety"},
	{"workshops", "coaching", "retreats", "community", "outcomes"},
	{"records"},
	{"reports"},
}

// Names that say nothing of what is inside, so that everything ends up there.
var emptyNames = []string{
	"util", "utils", "common", "helper", "helpers", "dto", "dtos", "manager", "managers", "repository", "repositories",
}

const module = "homefront/"

func TestImportsGoOneWay(t *testing.T) {
	root := os.DirFS(filepath.Join("..", ".."))
	found, files, err := breaches(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range found {
		t.Error(b)
	}
	// A walk that saw nothing would pass too.
	if !slices.Contains(files, "cmd/homefront/imports_test.go") {
		t.Errorf("the walk over %d files did not meet this one", len(files))
	}
}

// The positive control: every rule bites on a source that breaks it, and none on a source that does not.
func TestImportRulesBite(t *testing.T) {
	for _, tc := range []struct {
		name, path, source string
		want               string // part of the one breach; "" for none
	}{
		{"models stays plain", "models/a.go", `import "gorm.io/gorm"`, "models imports no GORM"},
		{"models knows no Fiber", "models/a.go", `import "github.com/gofiber/fiber/v2"`, "only api knows Fiber"},
		{"models knows no Huma", "models/a_test.go", `import "github.com/danielgtaylor/huma/v2"`, "only api knows Huma"},
		{"models is the bottom", "models/a.go", `import "homefront/services"`, "models imports nothing of ours"},
		{"models may use the library", "models/a.go", `import "time"`, ""},
		{"services speaks no HTTP", "services/a.go", `import "net/http"`, "services never imports net/http"},
		{"nor its subpackages", "services/people/a.go", `import "net/http/httptest"`, "services never imports net/http"},
		{"a domain knows no Fiber", "services/people/a.go", `import "github.com/gofiber/fiber/v2/utils"`, "only api knows Fiber"},
		{"a domain may use GORM", "services/people/a.go", `import "gorm.io/gorm"`, ""},
		{"the spine knows no domain", "services/a.go", `import "homefront/services/people"`, "the spine knows no domain"},
		{"its tests may", "services/a_test.go", `import "homefront/services/people"`, ""},
		{"services knows no api", "services/people/a.go", `import "homefront/api"`, "only cmd imports api"},
		{"services wires nothing", "services/notices/a.go", `import "homefront/internal/smtp"`, "declare the interface here"},
		{"left is fine", "services/workshops/a.go", `import "homefront/services/people"`, ""},
		{"right is not", "services/people/a.go", `import "homefront/services/workshops"`, "people comes before workshops"},
		{"right is not, deeper", "services/people/x/a.go", `import "homefront/services/records/y"`, "people comes before records"},
		{"nor is beside", "services/coaching/a.go", `import "homefront/services/workshops"`, "side by side"},
		{"nor at the bottom", "services/calendar/a.go", `import "homefront/services/tasks"`, "side by side"},
		{"a domain has its place", "services/zebra/a.go", ``, "zebra has no place"},
		{"an unplaced one is not imported", "services/people/a.go", `import "homefront/services/zebra"`, "zebra has no place"},
		{"api holds no rows", "api/a.go", `import "gorm.io/driver/postgres"`, "api never imports GORM"},
		{"nor do its tests", "api/a_test.go", `import "gorm.io/gorm"`, "api never imports GORM"},
		{"api wires nothing", "api/a.go", `import "homefront/internal/blob"`, "cmd wires what lies outside"},
		{"its tests may", "api/a_test.go", `import "homefront/internal/pgtest"`, ""},
		{"pgtest is for tests", "cmd/homefront/a.go", `import "homefront/internal/pgtest"`, "only tests import pgtest"},
		{"cmd wires", "cmd/homefront/a.go", `import "homefront/internal/smtp"`, ""},
		{"internal knows no api", "internal/smtp/a.go", `import "homefront/api"`, "only cmd imports api"},
		{"internal implements for a domain", "internal/smtp/a.go", `import "homefront/services/notices"`, ""},
		{"nobody imports cmd", "api/a.go", `import "homefront/cmd/homefront"`, "nothing imports cmd"},
		{"the environment is cmd's", "services/a.go", `import "os"; var _ = os.Getenv("A")`, "only cmd reads the environment"},
		{"under any name", "api/a.go", `import sys "os"; var _, _ = sys.LookupEnv("A")`, "only cmd reads the environment"},
		{"or deep inside", "api/a.go", `import "os"; var _ = f(os.Getenv("A")).x`, "only cmd reads the environment"},
		{"or none", "api/a.go", `import . "os"; var _ = Getenv("A")`, "only cmd reads the environment"},
		{"or through a library", "internal/blob/a.go", `import "github.com/caarlos0/env/v11"`, "only cmd reads the environment"},
		{"cmd may", "cmd/homefront/a.go", `import "os"; var _ = os.Getenv("A")`, ""},
		{"tests may", "services/a_test.go", `import "os"; var _ = os.Getenv("A")`, ""},
		{"os is not the environment", "services/a.go", `import "os"; var _ = os.ErrExist`, ""},
		{"no folder called util", "internal/util/a.go", ``, `"util" says nothing`},
		{"no package called helpers", "internal/blob/a.go", `package helpers`, `"helpers" says nothing`},
		{"no file called common", "services/people/common.go", ``, `"common" says nothing`},
		{"nor common with company", "services/people/common_test.go", ``, `"common" says nothing`},
		{"no type called manager", "services/people/a.go", `type LockManager struct{}`, `"Manager" says nothing`},
		{"words that only contain one", "models/commonwealth.go", `type Utility struct{}`, ""},
		{"what npm brought is not ours", "web/node_modules/x/util/a.go", `import "homefront/api"`, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			source := tc.source
			if !strings.HasPrefix(source, "package ") {
				source = "package x\n" + source
			}
			found, _, err := breaches(fstest.MapFS{tc.path: {Data: []byte(source)}})
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case tc.want == "" && len(found) > 0:
				t.Errorf("want no breach, got %q", found)
			case tc.want != "" && (len(found) != 1 || !strings.Contains(found[0], tc.want)):
				t.Errorf("want one breach with %q, got %q", tc.want, found)
			}
		})
	}
}

// breaches reads every Go file of the tree, whatever its build tags, and says where one breaks a rule of the house.
func breaches(tree fs.FS) (found, files []string, err error) {
	err = fs.WalkDir(tree, ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if name != "." && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "testdata") {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		files = append(files, file)
		source, err := fs.ReadFile(tree, file)
		if err != nil {
			return err
		}
		fset := token.NewFileSet()
		parsed, err := parser.ParseFile(fset, file, source, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		report := func(pos token.Pos, why string) {
			p := fset.Position(pos)
			found = append(found, fmt.Sprintf("%s:%d: %s", p.Filename, p.Line, why))
		}
		from := placeOf(file)
		if from.domain != "" && rank(from.domain) < 0 {
			report(parsed.Package, from.domain+" has no place in domainOrder")
		}
		for _, spec := range parsed.Imports {
			target, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if why := from.mayNotImport(target); why != "" {
				report(spec.Pos(), why)
			}
		}
		if !from.readsEnvironment() {
			for _, pos := range environmentReads(parsed) {
				report(pos, "only cmd reads the environment")
			}
		}
		for _, n := range emptyNamesIn(file, parsed) {
			report(parsed.Package, fmt.Sprintf("%q says nothing: name it after what it does", n))
		}
		return nil
	})
	return found, files, err
}

// place is where a file stands in the house.
type place struct {
	top    string // the first folder: cmd, api, services, models, …
	domain string // services/<domain>, "" elsewhere
	pkg    string // the folder within internal, "" elsewhere
	test   bool
}

func placeOf(file string) place {
	p := place{test: strings.HasSuffix(file, "_test.go")}
	dirs := strings.Split(path.Dir(file), "/")
	p.top = dirs[0]
	if len(dirs) > 1 {
		switch p.top {
		case "services":
			p.domain = dirs[1]
		case "internal":
			p.pkg = dirs[1]
		}
	}
	return p
}

// bench holds programs of its own, which wire what they measure as cmd does.
func (p place) isProgram() bool { return p.top == "cmd" || p.top == "bench" }

// testPackages are test code that lives outside _test.go files so that every package's tests can import it.
var testPackages = []string{"pgtest", "coretest", "apptest", "papertest"}

func (p place) isTest() bool {
	return p.test || p.top == "internal" && slices.Contains(testPackages, p.pkg)
}

func (p place) readsEnvironment() bool { return p.isProgram() || p.isTest() }

// mayNotImport says why a file here may not import the target, or "".
func (p place) mayNotImport(target string) string {
	if within(target, "github.com/caarlos0/env") && !p.readsEnvironment() {
		return "only cmd reads the environment"
	}
	if ours, ok := strings.CutPrefix(target, module); ok {
		return p.mayNotImportOurs(ours)
	}
	gorm := within(target, "gorm.io")
	switch p.top {
	case "models", "services":
		switch {
		case within(target, "github.com/gofiber"), within(target, "github.com/valyala/fasthttp"):
			return "only api knows Fiber"
		case within(target, "github.com/danielgtaylor/huma"):
			return "only api knows Huma"
		case within(target, "net/http"):
			return p.top + " never imports net/http"
		case gorm && p.top == "models":
			return "models imports no GORM: its tags are strings"
		}
	case "api":
		if gorm {
			return "api never imports GORM: a use case reads and writes the rows"
		}
	}
	return ""
}

func (p place) mayNotImportOurs(ours string) string {
	to := placeOf(ours + "/x.go")
	switch to.top {
	case "cmd":
		if p.top == "cmd" {
			return "" // a program's own packages
		}
		return "nothing imports cmd"
	case "api":
		if p.isProgram() || p.isTest() || p.top == "api" {
			return ""
		}
		return "only cmd imports api"
	case "internal":
		switch {
		case p.isTest():
			return ""
		case slices.Contains(testPackages, to.pkg):
			return "only tests import " + to.pkg
		case p.isProgram(), p.top == "internal":
			return ""
		case p.top == "services":
			return "declare the interface here, implement it in internal/, wire it in cmd"
		}
		return "cmd wires what lies outside"
	}
	switch p.top {
	case "models", "migrations":
		if !p.test {
			return p.top + " imports nothing of ours"
		}
	case "services":
		return p.mayNotImportDomain(to)
	}
	return ""
}

// Tests are free of the order between domains: a test of one may need the rows of a later one.
func (p place) mayNotImportDomain(to place) string {
	if to.domain == "" || to.domain == p.domain || p.test {
		return ""
	}
	if p.domain == "" {
		return "the spine knows no domain"
	}
	own, other := rank(p.domain), rank(to.domain)
	switch {
	case other < 0:
		return to.domain + " has no place in domainOrder"
	case own == other:
		return p.domain + " and " + to.domain + " stand side by side and do not import one another"
	case own < other:
		return p.domain + " comes before " + to.domain + ": tell it by a job, or take what you need as an argument"
	}
	return ""
}

func rank(domain string) int {
	return slices.IndexFunc(domainOrder, func(row []string) bool { return slices.Contains(row, domain) })
}

func within(target, prefix string) bool {
	return target == prefix || strings.HasPrefix(target, prefix+"/")
}

// environmentReads finds the calls by the name under which the file imports the package.
func environmentReads(file *ast.File) []token.Pos {
	readers := map[string][]string{"os": {"Getenv", "LookupEnv", "ExpandEnv"}, "syscall": {"Getenv"}}
	byName := map[string][]string{} // what the package is called in this file -> its readers
	for _, spec := range file.Imports {
		target, _ := strconv.Unquote(spec.Path.Value)
		if readers[target] == nil {
			continue
		}
		name := target
		if spec.Name != nil {
			name = spec.Name.Name
		}
		byName[name] = readers[target]
	}
	var found []token.Pos
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok {
				if slices.Contains(byName[x.Name], n.Sel.Name) {
					found = append(found, n.Pos())
				}
				return false // else the selected name would be met again below, as if it stood alone
			}
		case *ast.Ident:
			if slices.Contains(byName["."], n.Name) {
				found = append(found, n.Pos())
			}
		}
		return true
	})
	return found
}

var words = regexp.MustCompile(`[A-Z]+[a-z0-9]*|[a-z0-9]+`)

// emptyNamesIn looks at the folders, the package, the file and the types it declares, word by word.
func emptyNamesIn(file string, parsed *ast.File) []string {
	names := append(strings.Split(path.Dir(file), "/"), strings.TrimSuffix(path.Base(file), ".go"))
	if folder := path.Base(path.Dir(file)); parsed.Name.Name != folder {
		names = append(names, parsed.Name.Name)
	}
	for _, decl := range parsed.Decls {
		if g, ok := decl.(*ast.GenDecl); ok {
			for _, spec := range g.Specs {
				if ts, ok := spec.(*ast.TypeSpec); ok {
					names = append(names, ts.Name.Name)
				}
			}
		}
	}
	var found []string
	for _, name := range names {
		for _, word := range words.FindAllString(name, -1) {
			if slices.Contains(emptyNames, strings.ToLower(word)) {
				found = append(found, word)
			}
		}
	}
	return found
}
