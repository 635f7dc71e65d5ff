package api_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"homefront/internal/apptest"
	"homefront/models"
)

// hostileTexts go into every query parameter and every text of every body.
var hostileTexts = []string{"'", `")`, ";--", `\`, "%", "_", "pg_sleep(3)", "'||pg_sleep(3)||'", "1 OR 1=1", "CASE WHEN (SELECT 1) THEN id END", "id; DROP TABLE members",
	"-1", "0", "1e9", "NaN", "null", "[]", "{}", "..", "../../etc/passwd", "<script>alert(1)</script>", "\u202e", "\u200b", "0000-00-00", "9999-12-31", "2025-02-30",
	"2026-01-01T00:00:00Z", "9223372036854775808", "1e400", strings.Repeat("a", 3000), "\r\nX-Injected: 1", "{{7*7}}", "${7*7}", "Ωμέγα", "🎖️"}

var hostileBodies = []string{"", "{", "null", "[]", `""`, "0", "true", `{"":""}`, `{"id":"x"}`, `{"id":"0199c1f2-0000-7000-8000-00000000dead","role":"admin","roles":["admin"],"version":99,"created_at":"2020-01-01T00:00:00Z","deleted_at":null,"status":"active","owner_id":"x"}`,
	`{"a":` + strings.Repeat("[", 100000) + strings.Repeat("]", 100000) + `}`, `{"a":1,"a":2}`, "{}{}", "\xff\xfe", `{"a":"\u0000"}`, `{"a":"\ud800"}`, `{"a":1e400}`}

// TestHostileInput sends nonsense to every operation as somebody who may call it. Whatever comes, it is answered with
// 4xx as problem+json or taken literally; never 5xx.
func TestHostileInput(t *testing.T) {
	a := apptest.New(t)
	admin := a.As("Ada Admin", models.Roles()...)
	sent := 0
	for path, item := range load(t, a).Paths.Map() {
		for method, o := range item.Operations() {
			if strings.HasPrefix(path, "/v1/auth/logout") || (method == "DELETE" && strings.HasPrefix(path, "/v1/me/sessions")) {
				continue
			}
			for _, target := range hostileTargets(path, o) {
				sent++
				expectRefusalOrSense(t, admin, method, target, nil)
			}
			if method == "GET" {
				continue
			}
			for _, body := range append(hostileBodies, hostileFields(o)...) {
				sent++
				if body == "" {
					expectRefusalOrSense(t, admin, method, concrete(path), nil)
					continue
				}
				expectRefusalOrSense(t, admin, method, concrete(path), body)
			}
		}
	}
	t.Logf("%d hostile requests", sent)
}

// hostileTargets puts each text into each query parameter, and a few into the path.
func hostileTargets(path string, o *openapi3.Operation) (out []string) {
	for _, p := range o.Parameters {
		if p.Value.In != "query" {
			continue
		}
		for _, text := range hostileTexts {
			out = append(out, concrete(path)+"?"+p.Value.Name+"="+url.QueryEscape(text))
		}
		out = append(out, concrete(path)+"?"+p.Value.Name+"=%00", concrete(path)+"?"+p.Value.Name+"=%ff", concrete(path)+"?"+p.Value.Name+"=1&"+p.Value.Name+"=2")
	}
	if strings.Contains(path, "{") {
		for _, text := range []string{"17", "'", "%00", "%ff", "..%2f", "0199c1f2-0000-7000-8000-00000000deadx", "{}", strings.Repeat("a", 3000)} {
			out = append(out, pathParam.ReplaceAllString(path, strings.ReplaceAll(text, "'", "%27")))
		}
	}
	return out
}

// hostileFields makes, for each property of the body, one body with each text in it.
func hostileFields(o *openapi3.Operation) (out []string) {
	if o.RequestBody == nil {
		return nil
	}
	media := o.RequestBody.Value.Content["application/json"]
	if media == nil || media.Schema == nil {
		return nil
	}
	for name := range media.Schema.Value.Properties {
		for _, text := range []string{`"'; DROP TABLE members; --"`, `"\u202e\u200b"`, `-1`, `1e308`, `9223372036854775808`, `[]`, `{}`, `null`, `true`, `"` + strings.Repeat("a", 5000) + `"`} {
			out = append(out, `{"`+name+`":`+text+`}`)
		}
	}
	return out
}

func expectRefusalOrSense(t *testing.T, c *apptest.Client, method, target string, body any) {
	t.Helper()
	answer := c.Do(method, target, body, "If-Match", `"1"`)
	if answer.Status == 429 {
		c.App.Exec(`truncate rate_limits`)
		answer = c.Do(method, target, body, "If-Match", `"1"`)
	}
	if answer.Status >= 500 {
		t.Errorf("%s %.200s %.200v: %d %s", method, target, body, answer.Status, answer.Body)
	}
	if answer.Status >= 400 && answer.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%s %.200s %.200v: %d as %s", method, target, body, answer.Status, answer.Header.Get("Content-Type"))
	}
}
