package apptest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"homefront/api"
)

// contract is the OpenAPI description that every answer is held against.
type contract struct {
	router routers.Router
}

var loadContract sync.Once
var loaded *contract

// contractOf reads the description once a process: it does not depend on the database.
func contractOf(t testing.TB, s *api.Server) *contract {
	t.Helper()
	loadContract.Do(func() {
		spec, err := s.Spec()
		if err != nil {
			t.Fatal(err)
		}
		doc, err := openapi3.NewLoader().LoadFromData(spec)
		if err != nil {
			t.Fatal(err)
		}
		doc.Servers = nil
		if err := oneDialect(doc); err != nil {
			t.Fatal(err)
		}
		router, err := gorillamux.NewRouter(doc)
		if err != nil {
			t.Fatal(err)
		}
		loaded = &contract{router}
	})
	if loaded == nil {
		t.Fatal("the API's description could not be read")
	}
	return loaded
}

// oneDialect has the answers validated without a JSON Schema compiled for each of them, as kin-openapi does for 3.1 only to
// come to the same: but for the keywords refused here its own validator knows all that the description says.
func oneDialect(doc *openapi3.T) error {
	doc.OpenAPI = "3.0.3"
	for name, schema := range doc.Components.Schemas {
		err := schema.WalkSubtree(func(path string, ref *openapi3.SchemaRef) error {
			s := ref.Value
			if s.Const != nil || s.PrefixItems != nil || s.Contains != nil || s.PatternProperties != nil || s.DependentSchemas != nil || s.DependentRequired != nil || s.PropertyNames != nil ||
				s.UnevaluatedItems.Has != nil || s.UnevaluatedItems.Schema != nil || s.UnevaluatedProperties.Has != nil || s.UnevaluatedProperties.Schema != nil || s.If != nil || s.Defs != nil || s.ContentSchema != nil {
				return fmt.Errorf("the schema %s has at %q a keyword that answers would not be held against", name, path)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// check fails the test when an answer is not what the description promises: an unknown status, header or shape.
func (k *contract) check(t testing.TB, method, path string, a *Answer) {
	t.Helper()
	req := httptest.NewRequest(method, path, http.NoBody)
	route, params, err := k.router.FindRoute(req)
	if err != nil {
		if a.Status != http.StatusNotFound && a.Status != http.StatusMethodNotAllowed {
			t.Errorf("%s %s answers %d and is not described: %v", method, path, a.Status, err)
		}
		return
	}
	if a.Status >= 500 && a.Status != http.StatusServiceUnavailable {
		return // told by the caller
	}
	err = openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: req, PathParams: params, Route: route},
		Status:                 a.Status,
		Header:                 a.Header,
		Body:                   io.NopCloser(bytes.NewReader(a.Body)),
		Options:                &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
	})
	if err != nil {
		t.Errorf("%s %s: the answer %d is not what the description promises: %v", method, path, a.Status, err)
	}
}
