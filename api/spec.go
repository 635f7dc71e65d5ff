package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"homefront/services"
)

// describe is the operation's text: what it does, who may, and by which codes it says no.
func describe(o op, can *services.Permission) string {
	var b strings.Builder
	b.WriteString(strings.TrimSpace(o.Doc))
	if can.Public {
		b.WriteString("\n\nNeeds no token.")
	} else {
		roles := make([]string, len(can.Roles))
		for i, r := range can.Roles {
			roles[i] = "`" + string(r) + "`"
		}
		fmt.Fprintf(&b, "\n\nPermission `%s`: %s.", can.Name, strings.Join(roles, ", "))
	}
	if can.StepUp {
		b.WriteString(" Needs a sign-in or step-up of the last five minutes; else 403 `step_up_required`.")
	}
	if len(o.Errors) > 0 {
		b.WriteString("\n\nCodes of its own:")
		for _, c := range o.Errors {
			fmt.Fprintf(&b, " `%s`", c)
		}
		b.WriteString(".")
	}
	return strings.TrimSpace(b.String())
}

func headerParams(method string, o op) []*huma.Param {
	match := &huma.Param{Name: "If-Match", In: "header", Required: needsMatch(method, o), Schema: &huma.Schema{Type: "string"}, Example: `"3"`,
		Description: "The ETag of the record as you read it."}
	switch {
	case method == http.MethodPost && !o.NoKey:
		key := &huma.Param{Name: "Idempotency-Key", In: "header", Schema: &huma.Schema{Type: "string", MinLength: ptr(1), MaxLength: ptr(128)},
			Example:     "5f0c8f0e-3c55-4a0e-9a55-0b8f6f1f7a10",
			Description: "A value of your own, new for every new request. Sent again within 24 hours it answers what the first request answered and changes nothing."}
		if o.MayMatch {
			return []*huma.Param{key, match}
		}
		return []*huma.Param{key}
	case method == http.MethodPatch || needsMatch(method, o):
		return []*huma.Param{match}
	case o.Cached:
		return []*huma.Param{{Name: "If-None-Match", In: "header", Schema: &huma.Schema{Type: "string"},
			Description: "The ETag of the answer you have; 304 when it still holds."}}
	}
	return nil
}

func needsMatch(method string, o op) bool {
	return (method == http.MethodPatch || method == http.MethodPut || method == http.MethodDelete) && !o.NoMatch
}

// responses documents the success and every refusal that the operation can answer.
func (r *router) responses(method, path string, status int, output reflect.Type, o op, can *services.Permission, takesBody bool) map[string]*huma.Response {
	schemas := r.api.OpenAPI().Components.Schemas
	success := &huma.Response{Description: http.StatusText(status), Headers: map[string]*huma.Param{}}
	switch {
	case output == reflect.TypeFor[File]():
		success.Content = map[string]*huma.MediaType{}
		for _, kind := range append(o.Files, fileType(o)) {
			success.Content[kind] = &huma.MediaType{Schema: &huma.Schema{Type: "string", Format: "binary"}}
		}
	case status != http.StatusNoContent:
		success.Content = map[string]*huma.MediaType{"application/json": {Schema: schemas.Schema(output, true, o.ID+"Answer"), Example: plain(o.Example)}}
	}
	documentHeaders(success.Headers, status, output, o)
	out := map[string]*huma.Response{strconv.Itoa(status): success}
	problem := schemas.Schema(reflect.TypeFor[Problem](), true, "Problem")
	for _, code := range refusals(method, path, o, can, takesBody) {
		out[strconv.Itoa(code)] = &huma.Response{Description: meaning[code],
			Content: map[string]*huma.MediaType{"application/problem+json": {Schema: problem}}}
	}
	if o.Cached {
		out["304"] = &huma.Response{Description: "What you have still holds"}
	}
	return out
}

func fileType(o op) string {
	if f, ok := o.Example.(File); ok {
		return f.ContentType
	}
	return "application/octet-stream"
}

func documentHeaders(headers map[string]*huma.Param, status int, output reflect.Type, o op) {
	text := func(doc string) *huma.Param {
		return &huma.Param{Description: doc, Schema: &huma.Schema{Type: "string"}}
	}
	headers["X-Request-Id"] = text("The request's id, yours or ours")
	if output.Implements(reflect.TypeFor[interface{ Edition() int }]()) || o.Cached {
		headers["ETag"] = text("The version of the record, for If-Match; of polled reads the hash of the answer, for If-None-Match")
	}
	if status == http.StatusCreated {
		headers["Location"] = text("Where the new record is read")
	}
	if output.Implements(reflect.TypeFor[interface{ TotalCount() *int64 }]()) {
		headers["X-Total-Count"] = text("How many rows there are in all, when count=true was asked")
	}
}

var meaning = map[int]string{
	400: "The request cannot be read: bad JSON, unknown field or parameter, an id that is none",
	401: "No token, or one that no longer holds",
	403: "Known, but not allowed",
	404: "No such thing, or none that you may see",
	409: "The state of things stands in the way",
	412: "Somebody changed the record since you read it",
	413: "The file is too large",
	415: "The body is not plain JSON",
	422: "A value breaks a rule; errors names each",
	428: "If-Match is missing",
	429: "Too often; wait Retry-After seconds",
	503: "Not now; try again after Retry-After seconds",
}

// notYet are the codes with which a read answers 409: what it would show is not there before, or not any more.
var notYet = []services.Code{"not_confirmed", "not_completed", "not_issued", "wrong_state", "not_open", "not_now"}

func refusals(method, path string, o op, can *services.Permission, takesBody bool) []int {
	out := []int{400, 422, 429, 503}
	if !can.Public {
		out = append(out, 401, 403)
	}
	if strings.Contains(path, "{") || can.Public || slices.Contains(o.Errors, services.CodeNotFound) {
		out = append(out, 404)
	}
	if method != http.MethodGet || slices.ContainsFunc(o.Errors, func(c services.Code) bool { return slices.Contains(notYet, c) }) {
		out = append(out, 409)
	}
	if takesBody || method != http.MethodGet {
		out = append(out, 415)
	}
	if method == http.MethodPatch || needsMatch(method, o) || o.MayMatch {
		out = append(out, 412) // where If-Match is optional it still holds
	}
	if needsMatch(method, o) {
		out = append(out, 428)
	}
	if o.Upload != nil {
		out = append(out, 413)
	}
	if can.Public && takesBody {
		out = append(out, 401, 403)
	}
	return out
}

// finishBody gives the body its example, and lets a POST whose fields are all optional come without a body: nobody should
// have to send {} to cancel.
func (r *router) finishBody(path, method string, o op) {
	item := r.api.OpenAPI().Paths[path]
	for _, registered := range []*huma.Operation{item.Post, item.Put, item.Patch} {
		if registered == nil || registered.Method != method || registered.RequestBody == nil {
			continue
		}
		media := registered.RequestBody.Content["application/json"]
		if o.Request != nil {
			media.Example = plain(o.Request)
		}
		schema := media.Schema
		if schema.Ref != "" {
			schema = r.api.OpenAPI().Components.Schemas.SchemaFromRef(schema.Ref)
		}
		registered.RequestBody.Required = method != http.MethodPost || len(schema.Required) > 0
	}
}

// plain is the value as JSON has it: the spec's YAML knows nothing of our types.
func plain(v any) any {
	if v == nil {
		return nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	var out any
	if err := json.Unmarshal(b, &out); err != nil {
		panic(err)
	}
	return out
}

func ptr[T any](v T) *T { return &v }
