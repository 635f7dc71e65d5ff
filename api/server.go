// Package api is the HTTP face: routes, what goes in and out, and how errors are told. It decides nothing.
package api

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"
	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/cors"
	"github.com/google/uuid"
	"github.com/valyala/fasthttp"

	"homefront/models"
	"homefront/services"
)

// Settings is what the server needs of the configuration.
type Settings struct {
	Version        string
	TrustedProxies []string // addresses or networks whose X-Forwarded-For is believed; none by default
	Origins        []string // browsers' origins that may call; none by default
	Migration      int64    // the schema this program needs, for /readyz
	PerSecond      int      // requests a second that one caller may make, four seconds' worth at once
	Log            *slog.Logger
}

// Server is the running API.
type Server struct {
	Services
	App *fiber.App

	settings Settings
	log      *slog.Logger
	limits   *limiter
	metrics  *metrics
	router   *router
	files    map[string]*services.Permission // the operations that take a file, as "POST /v1/imports"
	draining atomic.Bool
}

const (
	bodyLimit   = 1 << 20
	headerLimit = 16 << 10
)

// New declares every route. It does not listen.
func New(s Settings, v Services) *Server {
	teachHuma()
	huma.ValidateStrictCasing = true
	huma.DefaultArrayNullable = false
	server := &Server{Services: v, settings: s, log: s.Log, limits: newLimiter(s.PerSecond), metrics: newMetrics()}
	server.App = fiber.New(fiber.Config{
		// Fiber reuses its buffers: a kept string would become the next request's.
		Immutable:               true,
		StrictRouting:           true,
		CaseSensitive:           true,
		DisableStartupMessage:   true,
		BodyLimit:               bodyLimit,
		ReadBufferSize:          headerLimit,
		ReadTimeout:             15 * time.Second,
		WriteTimeout:            30 * time.Second,
		IdleTimeout:             75 * time.Second,
		ErrorHandler:            server.onError,
		EnableTrustedProxyCheck: true,
		TrustedProxies:          s.TrustedProxies,
		ProxyHeader:             proxyHeader(s.TrustedProxies),
		EnableIPValidation:      true,
		ServerHeader:            "",
	})
	server.App.Use(server.observe, caught)
	if len(s.Origins) > 0 {
		server.App.Use(corsFor(s.Origins))
	}
	server.App.Use(compressed())
	server.declare()
	server.App.Server().HeaderReceived = server.roomFor
	server.refuseUnknownMethods()
	return server
}

// refuseUnknownMethods stands before Fiber's router, which answers a method it does not know in plain text.
func (s *Server) refuseUnknownMethods() {
	inner := s.App.Server().Handler
	s.App.Server().Handler = func(rc *fasthttp.RequestCtx) {
		if !slices.Contains(fiber.DefaultMethods, string(rc.Method())) {
			p := newProblem(http.StatusMethodNotAllowed, codes[http.StatusMethodNotAllowed], fiberDetails[http.StatusMethodNotAllowed])
			p.RequestID = uuid.NewString()
			body, _ := json.Marshal(p)
			rc.Response.Header.Set(fiber.HeaderXRequestID, p.RequestID)
			rc.Response.Header.Set(fiber.HeaderAllow, "GET, POST, PUT, PATCH, DELETE")
			rc.SetContentType("application/problem+json")
			rc.SetStatusCode(p.Status)
			rc.SetBody(body)
			return
		}
		inner(rc)
	}
}

func proxyHeader(trusted []string) string {
	if len(trusted) == 0 {
		return "" // else anybody could choose the address that limits count by
	}
	return fiber.HeaderXForwardedFor
}

// compressFrom is the size from which packing an answer is worth the work, in bytes.
const compressFrom = 1 << 10

// compressed packs larger answers for clients that ask.
func compressed() fiber.Handler {
	pack := fasthttp.CompressHandlerBrotliLevel(func(*fasthttp.RequestCtx) {}, fasthttp.CompressBrotliBestSpeed, fasthttp.CompressBestSpeed)
	return func(c *fiber.Ctx) error {
		err := c.Next()
		// To look at the length of a stream would read it whole.
		if err == nil && !c.Response().IsBodyStream() && len(c.Response().Body()) >= compressFrom && len(c.Response().Header.ContentEncoding()) == 0 {
			pack(c.Context())
		}
		return err
	}
}

func corsFor(origins []string) fiber.Handler {
	allowed := map[string]bool{}
	for _, o := range origins {
		allowed[o] = true
	}
	return cors.New(cors.Config{
		AllowOriginsFunc: func(origin string) bool { return allowed[origin] },
		AllowMethods:     "GET,POST,PUT,PATCH,DELETE",
		AllowHeaders:     "Authorization,Content-Type,If-Match,If-None-Match,Idempotency-Key,X-Request-Id,X-File-Name",
		ExposeHeaders:    "ETag,Location,Retry-After,X-Request-Id,X-Total-Count,Idempotency-Replayed,Content-Disposition,RateLimit,RateLimit-Policy",
		MaxAge:           600,
	})
}

func (s *Server) declare() {
	cfg := huma.DefaultConfig("Homefront", s.settings.Version)
	cfg.CreateHooks = nil
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath = "", "", ""
	cfg.RejectUnknownQueryParameters = true
	cfg.Info.Description = about
	cfg.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	cfg.Servers = []*huma.Server{{URL: "/", Description: "This server"}}
	cfg.Tags = tags
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"bearer": {Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "The access_token of POST /v1/auth/login. It lives ten minutes."}}
	asJSON := huma.Format{Marshal: func(w io.Writer, v any) error { return json.NewEncoder(w).Encode(v) }, Unmarshal: json.Unmarshal}
	cfg.Formats = map[string]huma.Format{"application/json": asJSON, "json": asJSON}
	schemas := cfg.Components.Schemas
	schemas.RegisterTypeAlias(reflect.TypeFor[uuid.UUID](), reflect.TypeFor[uuidText]())
	schemas.RegisterTypeAlias(reflect.TypeFor[models.Date](), reflect.TypeFor[dateText]())
	s.router = &router{api: humafiber.NewV2(s.App, cfg), server: s}
	s.routes(s.router)
	s.router.tellNulls()
}

// uuidText and dateText say in the schema what the types are on the wire.
type (
	uuidText struct{}
	dateText struct{}
)

func (uuidText) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: "string", Format: "uuid", Examples: []any{"0199c1f2-8f6b-7a34-b0d1-6a2f0c9be001"}}
}

func (dateText) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: "string", Format: "date", Examples: []any{"1984-03-17"}}
}

// Spec is the OpenAPI 3.1 document as YAML.
func (s *Server) Spec() ([]byte, error) { return s.router.api.OpenAPI().YAML() }

// Routes lists every declared operation.
func (s *Server) Routes() []Route { return s.router.routes }

// Shutdown says "not ready", lets requests in flight finish, then ends.
func (s *Server) Shutdown(ctx context.Context) error {
	s.draining.Store(true)
	return s.App.ShutdownWithContext(ctx)
}

// onError answers what no route did: unknown paths, wrong methods, oversized requests, panics.
func (s *Server) onError(c *fiber.Ctx, err error) error {
	p := problemOf(err)
	p.RequestID = requestID(c)
	s.logFault(c.UserContext(), p, c.Method(), "")
	return p.send(c)
}
