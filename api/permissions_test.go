package api_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"homefront/api"
	"homefront/internal/apptest"
	"homefront/models"
	"homefront/services"
)

var update = flag.Bool("update", false, "write docs/permissions.md instead of comparing it")

const permissionsFile = "../docs/permissions.md"

// TestPermissions keeps the printed table of roles and operations equal to the declared one.
func TestPermissions(t *testing.T) {
	a := apptest.New(t)
	want := permissionTable(a.Routes())
	if *update {
		if err := os.WriteFile(permissionsFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(permissionsFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != want {
		t.Errorf("%s is not what the routes declare: run 'make permissions' and read the difference", permissionsFile)
	}
}

func permissionTable(routes []api.Route) string {
	var b strings.Builder
	b.WriteString("# Who may call what\n\nPrinted from the routes by `make permissions`. A mark says that the role may do this kind of thing; on which rows is for\n")
	b.WriteString("each domain's scope to say, and what is outside it answers 404. * needs a sign-in or step-up of the last five minutes.\n\n| operation | nobody |")
	for _, r := range models.Roles() {
		fmt.Fprintf(&b, " %s |", r)
	}
	b.WriteString("\n|---|" + strings.Repeat(":-:|", len(models.Roles())+1) + "\n")
	routes = slices.Clone(routes)
	slices.SortFunc(routes, func(x, y api.Route) int { return strings.Compare(x.Path+x.Method, y.Path+y.Method) })
	for _, route := range routes {
		star := ""
		if route.Can.StepUp {
			star = " *"
		}
		fmt.Fprintf(&b, "| `%s %s`%s | %s |", route.Method, route.Path, star, mark(route.Can.Public))
		for _, r := range models.Roles() {
			fmt.Fprintf(&b, " %s |", mark(route.Can.Public || slices.Contains(route.Can.Roles, r)))
		}
		b.WriteString("\n")
	}
	return b.String()
}

func mark(may bool) string {
	if may {
		return "✓"
	}
	return ""
}

var pathParam = regexp.MustCompile(`\{[a-z_]+\}`)

// concrete fills a route's parameters with an id that nothing has.
func concrete(path string) string {
	return pathParam.ReplaceAllString(path, "0199c1f2-0000-7000-8000-00000000dead")
}

// TestEveryRoleOnEveryOperation calls every operation as nobody and as each role, and holds the refusals against the
// declared table: a role that is not named gets 403, one that is named never does, nobody gets 401.
func TestEveryRoleOnEveryOperation(t *testing.T) {
	a := apptest.New(t)
	clients := map[models.Role]*apptest.Client{}
	for _, r := range models.Roles() {
		clients[r] = a.As("Role "+string(r), r)
	}
	cells := 0
	for _, route := range a.Routes() {
		if route.ID == "logout" || strings.HasPrefix(route.ID, "endAllSessions") || strings.HasPrefix(route.ID, "endOther") {
			continue // they end the session that the next call needs; accounts' own tests call them
		}
		answer := a.Nobody().Do(route.Method, concrete(route.Path), nil)
		cells++
		if unauthenticated := code(answer) == services.CodeUnauthenticated; unauthenticated == route.Can.Public && !(route.Can.Public && route.Method == "POST") {
			t.Errorf("%s %s as nobody: %d %s", route.Method, route.Path, answer.Status, answer.Body)
		}
		for role, client := range clients {
			cells++
			answer := client.Do(route.Method, concrete(route.Path), nil)
			refused := answer.Status == 403 && code(answer) == services.CodeForbidden
			if may := route.Can.Public || slices.Contains(route.Can.Roles, role); refused == may || answer.Status >= 500 {
				t.Errorf("%s %s as %s: %d %s; may: %v", route.Method, route.Path, role, answer.Status, answer.Body, may)
			}
		}
	}
	t.Logf("%d cells", cells)
}

func code(a *apptest.Answer) services.Code {
	var p api.Problem
	_ = json.Unmarshal(a.Body, &p)
	return p.Code
}
