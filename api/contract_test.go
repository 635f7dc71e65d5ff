package api_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"homefront/internal/apptest"
)

// undescribed are pages for browsers, no part of the API.
var undescribed = []string{"GET /docs", "GET /docs/reference.js"}

var fiberParam = regexp.MustCompile(`:([a-z_]+)`)

// load is the description, read once for all tests: none changes it.
func load(t *testing.T, a *apptest.App) *openapi3.T {
	t.Helper()
	if loaded == nil {
		spec, err := a.Spec()
		if err != nil {
			t.Fatal(err)
		}
		if loaded, err = openapi3.NewLoader().LoadFromData(spec); err != nil {
			t.Fatal(err)
		}
	}
	return loaded
}

var loaded *openapi3.T

// TestSpecIsUpToDate compares the committed description with the running one.
func TestSpecIsUpToDate(t *testing.T) {
	a := apptest.New(t)
	want, err := a.Spec()
	if err != nil {
		t.Fatal(err)
	}
	have, err := os.ReadFile("../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`(?m)^  version: .*$`)
	if version.ReplaceAllString(string(have), "") != version.ReplaceAllString(string(want), "") {
		t.Error("openapi.yaml is behind the routes: run 'make spec' and commit it")
	}
}

// TestRouterAndSpecAgree walks the live router against the description, both ways.
func TestRouterAndSpecAgree(t *testing.T) {
	a := apptest.New(t)
	described := map[string]bool{}
	for path, item := range load(t, a).Paths.Map() {
		for method := range item.Operations() {
			described[method+" "+path] = true
		}
	}
	for _, route := range a.App.GetRoutes(true) {
		key := route.Method + " " + fiberParam.ReplaceAllString(route.Path, "{$1}")
		if !described[key] && !slices.Contains(undescribed, key) && route.Method != "HEAD" {
			t.Errorf("the router answers %s, which the description does not know", key)
		}
		delete(described, key)
	}
	for key := range described {
		t.Errorf("the description promises %s, which the router does not answer", key)
	}
}

// TestEveryOperationIsDescribed holds what a mobile developer needs of each operation.
func TestEveryOperationIsDescribed(t *testing.T) {
	a := apptest.New(t)
	ids := map[string]bool{}
	spec := load(t, a)
	for path, item := range spec.Paths.Map() {
		for method, o := range item.Operations() {
			name := method + " " + path
			if o.OperationID == "" || ids[o.OperationID] {
				t.Errorf("%s: operationId %q is missing or taken", name, o.OperationID)
			}
			ids[o.OperationID] = true
			if len(o.Tags) == 1 && spec.Tags.Get(o.Tags[0]) == nil {
				t.Errorf("%s: nothing says what the tag %q is about", name, o.Tags[0])
			}
			if len(o.Tags) != 1 || o.Summary == "" || len(strings.TrimSpace(o.Description)) < 20 || o.Extensions["x-permission"] == nil || o.Security == nil {
				t.Errorf("%s: tag, summary, description, permission or security is missing", name)
			}
			for status, response := range o.Responses.Map() {
				for kind, media := range response.Value.Content {
					if status[0] == '2' && kind == "application/json" && media.Example == nil {
						t.Errorf("%s: the answer %s has no example", name, status)
					}
				}
			}
			if o.RequestBody != nil {
				for _, media := range o.RequestBody.Value.Content {
					if media.Example == nil {
						t.Errorf("%s: the body has no example", name)
					}
				}
			}
		}
	}
}

// TestNoTokenMeans401 holds the exceptions equal to the description's `security: []`.
func TestNoTokenMeans401(t *testing.T) {
	a := apptest.New(t)
	for path, item := range load(t, a).Paths.Map() {
		for method, o := range item.Operations() {
			open := o.Security != nil && len(*o.Security) == 0
			answer := a.Nobody().Do(method, concrete(path), nil)
			if (answer.Status == 401) == open && !(open && method == "POST") {
				t.Errorf("%s %s without a token: %d, open: %v", method, path, answer.Status, open)
			}
		}
	}
}
