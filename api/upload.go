package api

import (
	"context"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"homefront/services"
)

const (
	// uploadLimit is what a file may hold, in bytes.
	uploadLimit = 20 << 20
	// uploadTime is how long one may take to arrive.
	uploadTime = time.Minute
)

// Upload is a file that came as a request's body. Its bytes are the server's: they are good until the operation answers.
type Upload struct {
	ContentType string
	Bytes       []byte
}

type uploadKey struct{}

func withUpload(ctx context.Context, c *fiber.Ctx) context.Context {
	kind, _, _ := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	return context.WithValue(ctx, uploadKey{}, Upload{kind, c.Request().Body()})
}

// uploaded is the file of an operation that takes one.
func uploaded(ctx context.Context) Upload { return ctx.Value(uploadKey{}).(Upload) }

func readableFile(c *fiber.Ctx, o op) *Problem {
	kind, params, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	if len(c.Request().Body()) == 0 && kind == "" {
		return nil // the operation says that nothing came
	}
	if err != nil || !slices.Contains(o.Upload, kind) || params["boundary"] != "" {
		return newProblem(http.StatusUnsupportedMediaType, "unsupported_media_type", "Send the file itself as the body, with one of these as its Content-Type: "+strings.Join(o.Upload, ", ")+".")
	}
	return nil
}

// roomFor lets the body of a file in that is larger than others may be, if its sender may send it: who they are is asked
// before anything is read, so that nobody else can make us hold twenty megabytes.
func (s *Server) roomFor(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
	path, _, _ := strings.Cut(string(h.RequestURI()), "?")
	can := s.files[string(h.Method())+" "+path]
	scheme, token, _ := strings.Cut(string(h.Peek(fiber.HeaderAuthorization)), " ")
	if can == nil || !strings.EqualFold(scheme, "Bearer") || len(token) > 4096 {
		return fasthttp.RequestConfig{}
	}
	ctx, cancel := context.WithTimeout(services.AsAnonymous(context.Background()), 2*time.Second)
	defer cancel()
	actor, err := s.Authenticate(ctx, token)
	if err != nil || !can.Allows(actor) {
		return fasthttp.RequestConfig{}
	}
	return fasthttp.RequestConfig{MaxRequestBodySize: uploadLimit, ReadTimeout: uploadTime}
}

// takesFile describes the body, which Huma must not see: it would parse it.
func (r *router) takesFile(path, method string, o op, can *services.Permission) {
	if r.server.files == nil {
		r.server.files = map[string]*services.Permission{}
	}
	r.server.files[method+" "+path] = can
	body := &huma.RequestBody{Required: true, Description: "The file itself", Content: map[string]*huma.MediaType{}}
	for _, kind := range o.Upload {
		body.Content[kind] = &huma.MediaType{Schema: &huma.Schema{Type: "string", Format: "binary"}, Example: o.Request}
	}
	r.api.OpenAPI().Paths[path].Post.RequestBody = body
}
