package api

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/internal/coretest"
	"homefront/internal/pgtest"
	"homefront/models"
	"homefront/services"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

type Echo struct {
	Note  string                    `json:"note" minLength:"1" maxLength:"20"`
	Count int                       `json:"count" required:"false" minimum:"0"`
	Label services.Field[string]    `json:"label,omitzero" required:"false" maxLength:"5"`
	At    services.Field[time.Time] `json:"at,omitzero" required:"false"`
	Deep  []struct {
		Name string `json:"name" maxLength:"5"`
	} `json:"deep" required:"false" maxItems:"3"`
}

type EchoPath struct {
	EchoID uuid.UUID `path:"echo_id"`
}

// shell is the API with a few operations of the tests' own.
func shell(t *testing.T) *Server {
	t.Helper()
	core := coretest.New(t)
	s := New(Settings{Version: "test", Log: core.Log, PerSecond: 50, Origins: []string{"https://app.example.org"}}, Services{Core: core, Authenticate: func(_ context.Context, token string) (*services.Actor, error) {
		role, ok := strings.CutPrefix(token, "token-")
		if !ok {
			return nil, services.Unauthenticated("This token does not hold.")
		}
		return &services.Actor{Kind: models.ActorAccount, AccountID: uuid.NewSHA1(uuid.Nil, []byte(role)), Roles: []models.Role{models.Role(role)}, AuthTime: core.Clock.Now()}, nil
	}})
	r := s.router
	r.prefix = "/v1"
	post(r, "/echoes", op{ID: "echo", Tag: "Test", Summary: "Echo"}, services.CanUseAccount, func(_ context.Context, in *struct{ Body Echo }) (*Echo, error) {
		return &in.Body, nil
	})
	get(r, "/echoes/{echo_id}", op{ID: "getEcho", Tag: "Test", Summary: "Echo"}, services.CanUseAccount, func(_ context.Context, in *struct {
		EchoPath
		services.PageQuery
	}) (*EchoPath, error) {
		return &in.EchoPath, nil
	})
	act(r, "/panics", op{ID: "panics", Tag: "Test", Summary: "Panic"}, services.CanUseAccount, func(context.Context, *struct{}) (*Echo, error) { panic("secret in a panic") })
	act(r, "/fails", op{ID: "fails", Tag: "Test", Summary: "Fail"}, services.CanUseAccount, func(context.Context, *struct{}) (*Echo, error) {
		return nil, errors.New("secret in an error")
	})
	get(r, "/admins", op{ID: "admins", Tag: "Test", Summary: "Admins"}, services.CanReadAudit, func(context.Context, *struct{}) (*Echo, error) { return &Echo{Note: "x"}, nil })
	get(r, "/polled", op{ID: "polled", Tag: "Test", Summary: "Polled", Cached: true}, services.CanUseAccount, func(context.Context, *struct{}) (*Echo, error) {
		return &Echo{Note: strings.Repeat("x", 2000)}, nil
	})
	return s
}

func (s *Server) try(t *testing.T, method, path, body string, headers ...string) (*http.Response, []byte) {
	t.Helper()
	req := httptest.NewRequest(method, "http://homefront.example/", strings.NewReader(body))
	req.URL.Opaque = path
	req.RequestURI = path
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Authorization", "Bearer token-member")
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Del(headers[i])
		if headers[i+1] != "" {
			req.Header.Set(headers[i], headers[i+1])
		}
	}
	res, err := s.App.Test(req, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, got
}

func gzipped(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(s))
	_ = w.Close()
	return b.String()
}

func TestBadRequestsAreToldPrecisely(t *testing.T) {
	s := shell(t)
	deep := strings.Repeat(`{"deep":[`, 50) + strings.Repeat(`]}`, 50)
	cases := []struct {
		name, method, path, body string
		headers                  []string
		status                   int
		code                     services.Code
		field                    string
		fieldCode                services.Code
	}{
		{"no token", "GET", "/v1/polled", "", []string{"Authorization", ""}, 401, "unauthenticated", "", ""},
		{"bad token", "GET", "/v1/polled", "", []string{"Authorization", "Bearer nonsense"}, 401, "unauthenticated", "", ""},
		{"basic", "GET", "/v1/polled", "", []string{"Authorization", "Basic token-member"}, 401, "unauthenticated", "", ""},
		{"wrong role", "GET", "/v1/admins", "", nil, 403, "forbidden", "", ""},
		{"401 before 400", "POST", "/v1/echoes", "{", []string{"Authorization", ""}, 401, "unauthenticated", "", ""},
		{"no such path", "GET", "/v1/nothing", "", nil, 404, "not_found", "", ""},
		{"another case", "GET", "/V1/polled", "", nil, 404, "not_found", "", ""},
		{"slash at the end", "GET", "/v1/polled/", "", nil, 404, "not_found", "", ""},
		{"method", "DELETE", "/v1/polled", "", nil, 405, "method_not_allowed", "", ""},
		{"options", "OPTIONS", "/v1/polled", "", nil, 405, "method_not_allowed", "", ""},
		{"id that is none", "GET", "/v1/echoes/17", "", nil, 400, "unreadable", "path/echo_id", "unparsable"},
		{"unknown parameter", "GET", "/v1/echoes/0199c1f2-0000-7000-8000-000000000001?x=1", "", nil, 400, "unreadable", "query/x", "unknown_parameter"},
		{"limit no number", "GET", "/v1/echoes/0199c1f2-0000-7000-8000-000000000001?limit=a", "", nil, 400, "unreadable", "query/limit", "unparsable"},
		{"limit -1", "GET", "/v1/echoes/0199c1f2-0000-7000-8000-000000000001?limit=-1", "", nil, 422, "invalid", "query/limit", "too_small"},
		{"limit 1e9", "GET", "/v1/echoes/0199c1f2-0000-7000-8000-000000000001?limit=1000000000", "", nil, 422, "invalid", "query/limit", "too_large"},
		{"NUL in the query", "GET", "/v1/echoes/0199c1f2-0000-7000-8000-000000000001?cursor=%00", "", nil, 400, "unreadable", "query", "bad_text"},
		{"bad UTF-8 in the query", "GET", "/v1/echoes/0199c1f2-0000-7000-8000-000000000001?cursor=%ff", "", nil, 400, "unreadable", "query", "bad_text"},
		{"bad UTF-8 in the path", "GET", "/v1/echoes/%ff", "", nil, 400, "unreadable", "query", "bad_text"},
		{"no body", "POST", "/v1/echoes", "", nil, 400, "unreadable", "", ""},
		{"not JSON", "POST", "/v1/echoes", "{", nil, 400, "unreadable", "", "bad_json"},
		{"two values", "POST", "/v1/echoes", `{"note":"a"} {}`, nil, 400, "unreadable", "", "bad_json"},
		{"BOM", "POST", "/v1/echoes", "\xef\xbb\xbf{\"note\":\"a\"}", nil, 400, "unreadable", "", "bad_json"},
		{"duplicate name", "POST", "/v1/echoes", `{"note":"a","note":"b"}`, nil, 400, "unreadable", "/note", "duplicate_field"},
		{"other case", "POST", "/v1/echoes", `{"note":"a","NOTE":"b"}`, nil, 400, "unreadable", "/NOTE", "unknown_field"},
		{"unknown field", "POST", "/v1/echoes", `{"note":"a","role":"admin"}`, nil, 400, "unreadable", "/role", "unknown_field"},
		{"NUL", "POST", "/v1/echoes", `{"note":"a\u0000"}`, nil, 400, "unreadable", "/note", "bad_text"},
		{"an id of zeros", "POST", "/v1/echoes", `{"note":"a","deep":[{"id":"00000000-0000-0000-0000-000000000000"}]}`, nil, 422, "invalid", "/deep/0/id", "bad_format"},
		{"the same, written otherwise", "POST", "/v1/echoes", `{"note":"a","log_id":"urn:uuid:00000000-0000-0000-0000-000000000000"}`, nil, 422, "invalid", "/log_id", "bad_format"},
		{"lone surrogate", "POST", "/v1/echoes", `{"note":"\ud800"}`, nil, 400, "unreadable", "/note", "bad_json"},
		{"bad UTF-8", "POST", "/v1/echoes", "{\"note\":\"\xff\"}", nil, 400, "unreadable", "/note", "bad_json"},
		{"too deep", "POST", "/v1/echoes", deep, nil, 400, "unreadable", "", ""},
		{"wrong type", "POST", "/v1/echoes", `{"note":1}`, nil, 422, "invalid", "/note", "wrong_type"},
		{"array", "POST", "/v1/echoes", `[]`, nil, 422, "invalid", "", "wrong_type"},
		{"null", "POST", "/v1/echoes", `null`, nil, 422, "invalid", "", "wrong_type"},
		{"1e400", "POST", "/v1/echoes", `{"note":"a","count":1e400}`, nil, 400, "unreadable", "", "unparsable"},
		{"missing", "POST", "/v1/echoes", `{}`, nil, 422, "invalid", "/note", "required"},
		{"too long", "POST", "/v1/echoes", `{"note":"` + strings.Repeat("a", 21) + `"}`, nil, 422, "invalid", "/note", "too_long"},
		{"inside an array", "POST", "/v1/echoes", `{"note":"a","deep":[{"name":"too long"}]}`, nil, 422, "invalid", "/deep/0/name", "too_long"},
		{"PATCH field too long", "POST", "/v1/echoes", `{"note":"a","label":"too long"}`, nil, 422, "invalid", "/label", "too_long"},
		{"form", "POST", "/v1/echoes", `note=a`, []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, "unsupported_media_type", "", ""},
		{"no content type", "POST", "/v1/echoes", `{"note":"a"}`, []string{"Content-Type", ""}, 415, "unsupported_media_type", "", ""},
		{"latin-1", "POST", "/v1/echoes", `{"note":"a"}`, []string{"Content-Type", "application/json; charset=latin1"}, 415, "unsupported_media_type", "", ""},
		{"gzip", "POST", "/v1/echoes", gzipped(`{"note":"a"}`), []string{"Content-Encoding", "gzip"}, 415, "unsupported_media_type", "", ""},
		{"identity", "POST", "/v1/echoes", `{"note":"a"}`, []string{"Content-Encoding", "br, gzip"}, 415, "unsupported_media_type", "", ""},
		{"a body nobody takes", "POST", "/v1/fails", `{"note":"a"}`, nil, 400, "unreadable", "", "unknown_field"},
		{"bad key", "POST", "/v1/echoes", `{"note":"a"}`, []string{"Idempotency-Key", strings.Repeat("k", 129)}, 422, "invalid", "header/Idempotency-Key", "bad_format"},
		{"panic", "POST", "/v1/panics", "", nil, 500, "internal", "", ""},
		{"untyped error", "POST", "/v1/fails", "", nil, 500, "internal", "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			res, body := s.try(t, c.method, c.path, c.body, c.headers...)
			var p Problem
			if err := json.Unmarshal(body, &p); err != nil {
				t.Fatalf("%d %s", res.StatusCode, body)
			}
			if res.StatusCode != c.status || p.Status != c.status || p.Code != c.code {
				t.Fatalf("%d %s, want %d %s", res.StatusCode, body, c.status, c.code)
			}
			if got := res.Header.Get("Content-Type"); got != "application/problem+json" {
				t.Errorf("Content-Type %q", got)
			}
			if p.RequestID == "" || p.RequestID != res.Header.Get("X-Request-Id") {
				t.Errorf("request id %q in the body, %q in the header", p.RequestID, res.Header.Get("X-Request-Id"))
			}
			if c.status == 401 && res.Header.Get("WWW-Authenticate") == "" {
				t.Error("no WWW-Authenticate")
			}
			if c.status == 405 && res.Header.Get("Allow") == "" {
				t.Error("no Allow")
			}
			if bytes.Contains(body, []byte("secret in")) {
				t.Error("the answer tells what only the log should")
			}
			if c.fieldCode != "" && (len(p.Errors) == 0 || p.Errors[0].Field != c.field || p.Errors[0].Code != c.fieldCode) {
				t.Errorf("errors %+v, want %s %s", p.Errors, c.field, c.fieldCode)
			}
		})
	}
}

// What a panic was thrown with stands in no log: it may be somebody's words. Where it was thrown does.
func TestAPanicTellsTheLogNoWords(t *testing.T) {
	s := shell(t)
	var logged bytes.Buffer
	s.log = slog.New(slog.NewTextHandler(&logged, nil))
	res, _ := s.try(t, "POST", "/v1/panics", "")
	if text := logged.String(); res.StatusCode != 500 || strings.Contains(text, "secret") || !strings.Contains(text, "of type string") || !strings.Contains(text, "api.shell.func") ||
		!strings.Contains(text, res.Header.Get("X-Request-Id")) {
		t.Errorf("%d, and the log says %s", res.StatusCode, text)
	}
}

func TestPatchFieldsTellNullFromAbsent(t *testing.T) {
	s := shell(t)
	for body, want := range map[string]string{
		`{"note":"a"}`:                              `{"note":"a","count":0,"deep":null}`,
		`{"note":"a","label":null}`:                 `{"note":"a","count":0,"label":null,"deep":null}`,
		`{"note":"a","label":"b"}`:                  `{"note":"a","count":0,"label":"b","deep":null}`,
		`{"note":"a","at":"2026-01-02T03:04:05Z"}`:  `{"note":"a","count":0,"at":"2026-01-02T03:04:05Z","deep":null}`,
		"{\"note\":\"a\",\"label\":\"\\u00e9\\n\"}": "{\"note\":\"a\",\"count\":0,\"label\":\"é\\n\",\"deep\":null}",
	} {
		if res, got := s.try(t, "POST", "/v1/echoes", body); res.StatusCode != 201 || string(got) != want {
			t.Errorf("%s: %d %s, want %s", body, res.StatusCode, got, want)
		}
	}
}

func TestPolledReads(t *testing.T) {
	s := shell(t)
	res, body := s.try(t, "GET", "/v1/polled", "")
	tag := res.Header.Get("ETag")
	if res.StatusCode != 200 || tag == "" || len(body) < 2000 {
		t.Fatalf("%d, ETag %q, %d bytes", res.StatusCode, tag, len(body))
	}
	if res, body := s.try(t, "GET", "/v1/polled", "", "If-None-Match", tag); res.StatusCode != 304 || len(body) != 0 {
		t.Errorf("%d with %d bytes, want 304 with none", res.StatusCode, len(body))
	}
	if res, _ := s.try(t, "GET", "/v1/polled", "", "If-None-Match", `"other"`); res.StatusCode != 200 {
		t.Errorf("%d, want 200", res.StatusCode)
	}
	if res, body := s.try(t, "GET", "/v1/polled", "", "Accept-Encoding", "gzip"); res.Header.Get("Content-Encoding") != "gzip" || len(body) > 500 {
		t.Errorf("%s of %d bytes, want gzip", res.Header.Get("Content-Encoding"), len(body))
	}
}

func TestForeignOriginsGetNothing(t *testing.T) {
	s := shell(t)
	for origin, want := range map[string]string{"https://app.example.org": "https://app.example.org", "https://evil.example": "", "null": "",
		"https://app.example.org.evil.example": "", "http://app.example.org": ""} {
		res, _ := s.try(t, "GET", "/v1/polled", "", "Origin", origin)
		if got := res.Header.Get("Access-Control-Allow-Origin"); got != want {
			t.Errorf("%s gets %q, want %q", origin, got, want)
		}
	}
}

func TestGeneralLimit(t *testing.T) {
	s := shell(t)
	var refused *http.Response
	for range 220 {
		if res, _ := s.try(t, "GET", "/v1/admins", "", "Authorization", "Bearer token-admin"); res.StatusCode == 429 {
			refused = res
			break
		}
	}
	if refused == nil || refused.Header.Get("Retry-After") == "" || refused.Header.Get("RateLimit") == "" || refused.Header.Get("RateLimit-Policy") == "" {
		t.Fatalf("never refused, or without its headers: %v", refused)
	}
	if res, _ := s.try(t, "GET", "/v1/polled", ""); res.StatusCode != 200 {
		t.Errorf("another account is refused too: %d", res.StatusCode)
	}
}

func TestSafeHeadersEverywhere(t *testing.T) {
	s := shell(t)
	for _, path := range []string{"/v1/admins", "/v1/nothing", "/livez", "/v1/fails"} {
		res, _ := s.try(t, "GET", path, "")
		if res.Header.Get("X-Content-Type-Options") != "nosniff" || res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("Server") != "" {
			t.Errorf("%s: %v", path, res.Header)
		}
	}
	for sent, kept := range map[string]bool{"abc-123": true, "a b": false, "a\"b": false, strings.Repeat("x", 65): false} {
		res, _ := s.try(t, "GET", "/livez", "", "X-Request-Id", sent)
		if got := res.Header.Get("X-Request-Id"); (got == sent) != kept || got == "" {
			t.Errorf("request id %q became %q", sent, got)
		}
	}
}

func TestTraceOfTheCallerIsLogged(t *testing.T) {
	s := shell(t)
	var logged bytes.Buffer
	s.log = slog.New(slog.NewTextHandler(&logged, nil))
	s.try(t, "POST", "/v1/fails", "", "traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	if !strings.Contains(logged.String(), "trace_id=4bf92f3577b34da6a3ce929d0e0e4736") {
		t.Errorf("logged %s", logged.String())
	}
	logged.Reset()
	s.try(t, "POST", "/v1/fails", "", "traceparent", "nonsense\"")
	if strings.Contains(logged.String(), "nonsense") {
		t.Errorf("logged %s", logged.String())
	}
}

func TestMissingPathParameterPanics(t *testing.T) {
	s := shell(t)
	defer func() {
		if r := recover(); r == nil || !strings.Contains(fmt.Sprint(r), "{other_id}") {
			t.Errorf("recovered %v", r)
		}
	}()
	get(s.router, "/broken/{other_id}", op{ID: "broken"}, services.CanUseAccount, func(context.Context, *struct{ EchoPath }) (*Echo, error) { return nil, nil })
}
