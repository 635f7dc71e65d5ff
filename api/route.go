package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"
	"github.com/google/uuid"

	"homefront/services"
)

// op is what an operation says of itself, beside its types.
type op struct {
	ID, Tag, Summary, Doc string
	Errors                []services.Code // codes beside those that every operation may answer
	Request               any             // an example of the body
	Example               any             // an example of the answer
	NoKey                 bool            // a POST that takes no Idempotency-Key: it has no token, or its answer holds a secret
	NoMatch               bool            // a PATCH, PUT or DELETE that needs no If-Match: only its owner edits the record
	MayMatch              bool            // a POST that may be sent If-Match, which must hold then
	Cached                bool            // polled: the ETag is the hash of the bytes, If-None-Match answers 304
	MaxAge                int             // of what is Cached and the same for everybody: for how many seconds anybody may keep it
	Upload                []string        // media types of a file that is the body, in place of JSON; uploaded(ctx) holds it
	Files                 []string        // media types that a file may have as an answer, beside that of Example
}

// File is an answer that is not JSON.
type File struct {
	ContentType string
	Name        string // offered as the file's name when set
	Bytes       []byte
	Stream      io.ReadCloser // in place of Bytes: sent as it is read, then closed
	Size        int           // of Stream, in bytes
}

// router is where operations are declared. Paths are written without the version.
type router struct {
	api    huma.API
	server *Server
	prefix string
	routes []Route
}

// Route is one declared operation, for the tests that walk them all.
type Route struct {
	Method, Path, ID string
	Can              *services.Permission
}

func get[I, O any](r *router, path string, o op, can *services.Permission, do func(context.Context, *I) (O, error)) {
	handle(r, http.MethodGet, path, http.StatusOK, o, can, do)
}

// post creates: 201, Location, ETag.
func post[I, O any](r *router, path string, o op, can *services.Permission, do func(context.Context, *I) (O, error)) {
	handle(r, http.MethodPost, path, http.StatusCreated, o, can, do)
}

// act is for verbs: 200.
func act[I, O any](r *router, path string, o op, can *services.Permission, do func(context.Context, *I) (O, error)) {
	handle(r, http.MethodPost, path, http.StatusOK, o, can, do)
}

// start is for what ends later: 202.
func start[I, O any](r *router, path string, o op, can *services.Permission, do func(context.Context, *I) (O, error)) {
	handle(r, http.MethodPost, path, http.StatusAccepted, o, can, do)
}

func put[I, O any](r *router, path string, o op, can *services.Permission, do func(context.Context, *I) (O, error)) {
	handle(r, http.MethodPut, path, http.StatusOK, o, can, do)
}

func patch[I, O any](r *router, path string, o op, can *services.Permission, do func(context.Context, *I) (O, error)) {
	handle(r, http.MethodPatch, path, http.StatusOK, o, can, do)
}

func del[I any](r *router, path string, o op, can *services.Permission, do func(context.Context, *I) error) {
	handle(r, http.MethodDelete, path, http.StatusNoContent, o, can, func(ctx context.Context, in *I) (*struct{}, error) {
		return nil, do(ctx, in)
	})
}

// byID is what an operation does that is given nothing but the id in its path.
func byID[P interface{ id() uuid.UUID }, O any](do func(context.Context, uuid.UUID) (O, error)) func(context.Context, *P) (O, error) {
	return func(ctx context.Context, in *P) (O, error) { return do(ctx, (*in).id()) }
}

// answer lets us write the response ourselves, encoded once.
type answer struct{ Body func(huma.Context) }

func handle[I, O any](r *router, method, path string, status int, o op, can *services.Permission, do func(context.Context, *I) (O, error)) {
	path = r.prefix + path
	input, output := reflect.TypeFor[I](), reflect.TypeFor[O]()
	checkPathParams(path, input)
	_, takesBody := input.FieldByName("Body")
	r.describeFields(input)
	operation := huma.Operation{
		Method: method, Path: path, OperationID: o.ID, Tags: []string{o.Tag}, Summary: o.Summary, DefaultStatus: status,
		Description:     describe(o, can),
		BodyReadTimeout: -1,
		MaxBodyBytes:    -1, // Fiber's limit stands before it
		Extensions:      map[string]any{"x-permission": can.Name},
		Security:        []map[string][]string{{"bearer": {}}},
		Middlewares:     huma.Middlewares{r.server.guard(can, o, takesBody)},
		Parameters:      headerParams(method, o),
		Responses:       r.responses(method, path, status, output, o, can, takesBody),
	}
	if can.Public {
		operation.Security = []map[string][]string{}
	}
	huma.Register(r.api, operation, func(ctx context.Context, in *I) (*answer, error) {
		result, err := do(ctx, in)
		return &answer{func(hc huma.Context) {
			if err != nil {
				r.server.fail(hc, err)
				return
			}
			r.server.answer(hc, status, path, o, result)
		}}, nil
	})
	r.finishBody(path, method, o)
	if o.Upload != nil {
		r.takesFile(path, method, o, can)
	}
	r.routes = append(r.routes, Route{method, path, o.ID, can})
}

// checkPathParams: a {param} that no exported field takes would be silently zero.
func checkPathParams(path string, input reflect.Type) {
	declared := map[string]bool{}
	for _, f := range reflect.VisibleFields(input) {
		if f.Anonymous && !f.IsExported() {
			panic(path + ": embedded input structs must be exported: " + f.Name)
		}
		if name := f.Tag.Get("path"); name != "" {
			declared[name] = true
		}
	}
	for part := range strings.SplitSeq(path, "/") {
		if strings.HasPrefix(part, "{") && !declared[strings.Trim(part, "{}")] {
			panic(path + ": no field takes " + part)
		}
	}
}

// describeFields teaches the schema every services.Field[T] in an input: T or null.
func (r *router) describeFields(input reflect.Type) {
	body, ok := input.FieldByName("Body")
	if !ok {
		return
	}
	var walk func(t reflect.Type, seen map[reflect.Type]bool)
	walk = func(t reflect.Type, seen map[reflect.Type]bool) {
		for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct || seen[t] {
			return
		}
		seen[t] = true
		if value, ok := t.FieldByName("Value"); ok && strings.HasPrefix(t.Name(), "Field[") {
			r.api.OpenAPI().Components.Schemas.RegisterTypeAlias(t, value.Type)
			walk(value.Type, seen)
			return
		}
		for i := range t.NumField() {
			walk(t.Field(i).Type, seen)
		}
	}
	walk(body.Type, map[reflect.Type]bool{})
}

func (s *Server) fail(hc huma.Context, err error) {
	p := problemOf(err)
	c := humafiber.UnwrapV2(hc)
	p.RequestID = requestID(c)
	s.logFault(hc.Context(), p, hc.Method(), hc.Operation().Path)
	if err := p.send(c); err != nil {
		panic(err)
	}
}

func (s *Server) answer(hc huma.Context, status int, path string, o op, result any) {
	call, err := services.CallFrom(hc.Context())
	if err != nil {
		s.fail(hc, err)
		return
	}
	if call.Replayed {
		hc.SetHeader("Idempotency-Replayed", "true")
	}
	if f, ok := result.(File); ok {
		hc.SetHeader("Content-Type", f.ContentType)
		if f.Name != "" {
			hc.SetHeader("Content-Disposition", fmt.Sprintf("attachment; filename=%q", f.Name))
		}
		if f.Stream != nil {
			hc.SetStatus(status)
			humafiber.UnwrapV2(hc).Context().SetBodyStream(f.Stream, f.Size)
			return
		}
		s.write(hc, status, o, f.Bytes)
		return
	}
	if status == http.StatusNoContent {
		hc.SetStatus(status)
		return
	}
	identify(hc, status, path, result)
	body := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(body)
	body.Reset()
	enc := json.NewEncoder(body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(result); err != nil {
		s.fail(hc, err)
		return
	}
	hc.SetHeader("Content-Type", "application/json; charset=utf-8")
	s.write(hc, status, o, bytes.TrimSuffix(body.Bytes(), []byte("\n")))
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// identify sets what an answer says of itself: its place, its version, how many there are.
func identify(hc huma.Context, status int, path string, result any) {
	if v := reflect.ValueOf(result); v.Kind() == reflect.Pointer && v.IsNil() {
		return
	}
	if v, ok := result.(interface{ Edition() int }); ok {
		hc.SetHeader("ETag", services.ETag(v.Edition()))
	}
	if v, ok := result.(interface{ Identity() uuid.UUID }); ok && status == http.StatusCreated {
		hc.SetHeader("Location", location(path, v.Identity()))
	}
	if v, ok := result.(interface{ TotalCount() *int64 }); ok && v.TotalCount() != nil {
		hc.SetHeader("X-Total-Count", strconv.FormatInt(*v.TotalCount(), 10))
	}
}

// location is where the new record is read: the collection's own name below the version, and the id.
// /v1/workshops/{id}/registrations makes /v1/registrations/{id}; a clone is of the same collection as its original.
// What hangs on nothing is read below its own collection: /v1/me/dependents makes /v1/me/dependents/{id}.
func location(path string, id uuid.UUID) string {
	if !strings.Contains(path, "{") {
		return path + "/" + id.String()
	}
	parts := strings.Split(path, "/")
	last := len(parts) - 1
	if parts[last] == "clone" {
		last -= 2
	}
	name := parts[last]
	if own, ok := collections[name]; ok {
		name = own
	}
	return "/" + parts[1] + "/" + name + "/" + id.String()
}

// collections are those that have another name by themselves than under what they belong to.
var collections = map[string]string{"messages": "workshop-messages", "schedules": "coach-schedules", "time-off": "coach-time-off", "notes": "coaching-notes"}

func (s *Server) write(hc huma.Context, status int, o op, body []byte) {
	if o.Cached {
		sum := sha256.Sum256(body)
		tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
		hc.SetHeader("ETag", tag)
		hc.SetHeader("Cache-Control", "private, no-cache")
		if o.MaxAge > 0 {
			hc.SetHeader("Cache-Control", "public, max-age="+strconv.Itoa(o.MaxAge))
		}
		if slices.Contains(strings.Split(strings.ReplaceAll(hc.Header("If-None-Match"), " ", ""), ","), tag) {
			hc.SetStatus(http.StatusNotModified)
			return
		}
	}
	hc.SetStatus(status)
	if _, err := hc.BodyWriter().Write(body); err != nil {
		panic(err)
	}
}
